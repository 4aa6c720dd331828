/*
 * shelf.c - what a listing holds, and which of its entries share a file
 *
 * Only files with a link count above 1 can share, so only they are noted and sorted: by identity, and where
 * that is equal by directory and name, so that a name that is shown twice is counted once. A group's number
 * is the rank of its first entry.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/shelf.h"

#include "base/memory.h"

#include <string.h>

/* Make room for one more element; false = memory is exhausted, and nothing changed. */
static bool make_room(void **block, size_t *room, size_t count, size_t element_bytes) {
  if (count < *room)
    return true;
  size_t wanted = *room < 16 ? 16 : *room * 2;
  void *grown = wanted > SIZE_MAX / element_bytes ? NULL : nl_realloc(*block, wanted * element_bytes);
  if (grown == NULL)
    return false;
  *block = grown;
  *room = wanted;
  return true;
}

bool nl_shelf_reserve_items(struct nl_shelf *shelf, size_t count) {
  if (count <= shelf->item_room)
    return true;
  if (count > SIZE_MAX / (2 * sizeof *shelf->items))
    return false;
  /* The old items are of no use to anyone: a new block is cheaper than a grown one. */
  struct nl_sort_item *items = nl_alloc(2 * count * sizeof *items);
  if (items == NULL)
    return false;
  nl_free(shelf->items);
  shelf->items = items;
  shelf->item_room = count;
  return true;
}

bool nl_shelf_add_row(struct nl_shelf *shelf, struct nlink_list_entry *entries, size_t count) {
  void *rows = shelf->rows;
  bool done = make_room(&rows, &shelf->row_room, shelf->row_count, sizeof *shelf->rows);
  shelf->rows = rows;
  if (done)
    shelf->rows[shelf->row_count++] = (struct nl_row){entries, count};
  return done;
}

bool nl_shelf_add_shared(struct nl_shelf *shelf, const struct nl_shared *shared) {
  void *all = shelf->shared;
  bool done = make_room(&all, &shelf->shared_room, shelf->shared_count, sizeof *shelf->shared);
  shelf->shared = all;
  if (done)
    shelf->shared[shelf->shared_count++] = *shared;
  return done;
}

/* ---------------------------------------------------------------- groups */

static int compare_numbers(uint64_t a, uint64_t b) {
  return a < b ? -1 : a > b;
}

/* Identity, but for the inode number, which is the key. */
static int compare_files(const struct nl_shared *a, const struct nl_shared *b) {
  int order = compare_numbers(a->entry->stat.dev, b->entry->stat.dev);
  if (order == 0 && a->entry->stat.btime_ns != b->entry->stat.btime_ns)
    order = a->entry->stat.btime_ns < b->entry->stat.btime_ns ? -1 : 1;
  return order;
}

static int compare_names(const struct nl_shared *a, const struct nl_shared *b) {
  int order = compare_numbers(a->dir_ino, b->dir_ino);
  if (order == 0)
    order = compare_numbers(a->dir_dev, b->dir_dev);
  return order != 0 ? order : strcmp(a->name, b->name);
}

static int compare_shared(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  int order = compare_files(a, b);
  return order != 0 ? order : compare_names(a, b);
}

/* Count the names of the file that the items begin with; the end of its run is *end. */
static uint64_t count_names(const struct nl_sort_item *items, size_t count, size_t *end) {
  uint64_t names = 1;
  size_t at = 1;
  for (; at < count && items[at].key == items[0].key && compare_files(items[at].what, items[0].what) == 0;
       at++)
    names += compare_names(items[at - 1].what, items[at].what) != 0;
  *end = at;
  return names;
}

bool nl_shelf_number_groups(struct nl_shelf *shelf) {
  size_t count = shelf->shared_count;
  if (count == 0)
    return true;
  if (!nl_shelf_reserve_items(shelf, count))
    return false;
  struct nl_sort_item *items = shelf->items;
  for (size_t i = 0; i < count; i++)
    items[i] = (struct nl_sort_item){shelf->shared[i].entry->stat.ino, &shelf->shared[i]};
  nl_sort(items, items + count, count, compare_shared, NULL);

  /* The spare half now tells for each shared entry where its run begins, if it is the first one of it. */
  struct nl_sort_item *first = items + count;
  memset(first, 0, count * sizeof *first);
  for (size_t at = 0; at < count;) {
    size_t length = 0;
    uint64_t names = count_names(items + at, count - at, &length);
    const struct nl_shared *earliest = items[at].what;
    for (size_t i = at; i < at + length; i++) {
      const struct nl_shared *shared = items[i].what;
      earliest = shared < earliest ? shared : earliest;
      shared->entry->names_inside = names;
    }
    first[earliest - shelf->shared] = (struct nl_sort_item){length, &items[at]};
    at += length;
  }
  uint64_t number = 0;
  for (size_t i = 0; i < count; i++) {
    if (first[i].what == NULL)
      continue;
    number++;
    const struct nl_sort_item *run = first[i].what;
    for (size_t j = 0; j < first[i].key; j++) {
      struct nlink_list_entry *entry = ((const struct nl_shared *)run[j].what)->entry;
      entry->group = number;
      entry->names_outside =
          entry->stat.link_count > entry->names_inside ? entry->stat.link_count - entry->names_inside : 0;
    }
  }
  return true;
}

const struct nlink_list_entry **nl_shelf_by_file(struct nl_shelf *shelf, size_t *count) {
  size_t all = 0;
  for (size_t i = 0; i < shelf->row_count; i++)
    all += shelf->rows[i].count;
  const struct nlink_list_entry **order = nl_arena_take(&shelf->arena, all * sizeof *order);
  if (order == NULL || !nl_shelf_reserve_items(shelf, shelf->shared_count))
    return NULL;
  struct nl_sort_item *items = shelf->items;
  for (size_t i = 0; i < shelf->shared_count; i++)
    items[i] = (struct nl_sort_item){shelf->shared[i].entry->group, shelf->shared[i].entry};
  if (shelf->shared_count > 0)
    nl_sort(items, items + shelf->shared_count, shelf->shared_count, NULL, NULL);
  size_t at = 0;
  for (; at < shelf->shared_count; at++)
    order[at] = items[at].what;
  for (size_t i = 0; i < shelf->row_count; i++)
    for (size_t j = 0; j < shelf->rows[i].count; j++)
      if (shelf->rows[i].entries[j].group == 0)
        order[at++] = &shelf->rows[i].entries[j];
  *count = all;
  return order;
}

/* ---------------------------------------------------------------- giving back */

void nl_shelf_settle(struct nl_shelf *shelf) {
  nl_free(shelf->items);
  nl_free(shelf->shared);
  shelf->items = NULL;
  shelf->item_room = 0;
  shelf->shared = NULL;
  shelf->shared_count = shelf->shared_room = 0;
}

void nl_shelf_fini(struct nl_shelf *shelf) {
  if (shelf == NULL)
    return;
  nl_shelf_settle(shelf);
  nl_free(shelf->rows);
  nl_arena_fini(&shelf->arena);
  *shelf = (struct nl_shelf){0};
}
