/*
 * table.c - file -> its names: what a walk saw, put together by identity
 *
 * Each worker adds to an arena of its own and to a list of chunks of pointers; nothing is shared until the walk has
 * ended. Then the pointers come into one array with their inode numbers, which is sorted where it stands.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/table.h"

#include "base/arena.h"
#include "base/memory.h"

#include <string.h>

enum { PAGE_BYTES = 1 << 18, DEVICES_MOST = UINT16_MAX };

/* Records that follow each other; those of one page are found again by their own lengths. */
struct page {
  struct page *older;
  size_t used;
  uint64_t bytes[(PAGE_BYTES - 2 * sizeof(size_t)) / sizeof(uint64_t)];
};

struct shelf {
  struct page *newest;
  size_t count;
  uint64_t last_dev;
  uint16_t last_number;
  bool has_last;
  char apart[64];
};

struct nl_table {
  struct nl_os_monitor *common; /* over the devices */
  uint64_t *devices;
  size_t device_count;
  size_t device_room;
  struct nl_sort_item *items; /* NULL = not settled, or empty */
  size_t count;
  unsigned workers;
  size_t more_bytes; /* before each record */
  struct shelf shelves[];
};

enum nlink_status nl_table_open(struct nl_table **out, unsigned workers, bool more) {
  struct nl_table *table = nl_alloc_zero(sizeof *table + workers * sizeof table->shelves[0]);
  *out = table;
  if (table == NULL)
    return NLINK_NO_MEMORY;
  table->workers = workers;
  table->more_bytes = more ? sizeof(struct nl_name_more) : 0;
  if (nl_os_monitor_open(&table->common) != 0) {
    nl_table_close(table);
    *out = NULL;
    return NLINK_NO_MEMORY;
  }
  return NLINK_OK;
}

/* ---------------------------------------------------------------- adding */

/* The number of a device; DEVICES_MOST = there are too many, or memory is exhausted. */
static uint16_t number_device(struct nl_table *table, uint64_t dev) {
  size_t number = 0;
  nl_os_enter(table->common);
  while (number < table->device_count && table->devices[number] != dev)
    number++;
  if (number == table->device_count && number < DEVICES_MOST) {
    if (number == table->device_room) {
      size_t room = number == 0 ? 8 : number * 2;
      uint64_t *devices = nl_realloc(table->devices, room * sizeof *devices);
      if (devices != NULL) {
        table->devices = devices;
        table->device_room = room;
      }
    }
    if (number < table->device_room)
      table->devices[table->device_count++] = dev;
    else
      number = DEVICES_MOST;
  }
  nl_os_leave(table->common);
  return (uint16_t)number;
}

static bool find_device(struct nl_table *table, struct shelf *shelf, uint64_t dev) {
  if (shelf->has_last && shelf->last_dev == dev)
    return true;
  shelf->last_number = number_device(table, dev);
  shelf->last_dev = dev;
  shelf->has_last = shelf->last_number != DEVICES_MOST;
  return shelf->has_last;
}

static size_t record_bytes(size_t name_length) {
  size_t bytes = offsetof(struct nl_name, text) + name_length + 1;
  return (bytes + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
}

/* Room for a record, and for what stands before it; a name of a file system has at most some hundred bytes, but nobody promises that. */
static void *take(struct shelf *shelf, size_t bytes) {
  struct page *page = shelf->newest;
  if (bytes > sizeof page->bytes)
    return NULL;
  if (page == NULL || sizeof page->bytes - page->used < bytes) {
    page = nl_alloc(sizeof *page);
    if (page == NULL)
      return NULL;
    page->older = shelf->newest;
    page->used = 0;
    shelf->newest = page;
  }
  void *room = (char *)page->bytes + page->used;
  page->used += bytes;
  return room;
}

bool nl_table_add(struct nl_table *table, const struct nl_sight *sight) {
  struct shelf *shelf = &table->shelves[sight->worker];
  const struct nl_os_look *look = sight->look;
  if (!find_device(table, shelf, look->dev))
    return false;
  char *room = take(shelf, table->more_bytes + record_bytes(sight->length));
  if (room == NULL)
    return false;
  if (table->more_bytes > 0)
    *(struct nl_name_more *)(void *)room =
        (struct nl_name_more){look->atime_ns, look->mtime_ns, look->ctime_ns, look->uid, look->gid};
  struct nl_name *name = (struct nl_name *)(void *)(room + table->more_bytes);
  uint64_t ctime = (uint64_t)look->ctime_ns;
  *name = (struct nl_name){.ino = look->ino,
                           .size_bytes = look->size_bytes,
                           .allocated_bytes = look->allocated_bytes,
                           .dir = sight->dir->number,
                           .link_count = look->link_count,
                           .change = (uint32_t)(ctime ^ ctime >> 32),
                           .dev = shelf->last_number,
                           .mode = (uint16_t)((unsigned)look->kind << 12 | look->mode)};
  memcpy(name->text, sight->name, sight->length);
  name->text[sight->length] = '\0';
  shelf->count++;
  return true;
}

/* ---------------------------------------------------------------- putting together */

static int compare_devices(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  const struct nl_name *one = a;
  const struct nl_name *other = b;
  return (one->dev > other->dev) - (one->dev < other->dev);
}

enum nlink_status nl_table_settle(struct nl_table *table) {
  for (unsigned i = 0; i < table->workers; i++)
    table->count += table->shelves[i].count;
  if (table->count == 0)
    return NLINK_OK;
  table->items = nl_alloc(table->count * sizeof *table->items);
  if (table->items == NULL)
    return NLINK_NO_MEMORY;
  size_t filled = 0;
  for (unsigned i = 0; i < table->workers; i++)
    for (const struct page *page = table->shelves[i].newest; page != NULL; page = page->older)
      for (size_t at = 0; at < page->used;) {
        const char *room = (const char *)page->bytes + at + table->more_bytes;
        const struct nl_name *name = (const struct nl_name *)(const void *)room;
        table->items[filled++] = (struct nl_sort_item){name->ino, name};
        at += table->more_bytes + record_bytes(strlen(name->text));
      }
  nl_sort_in_place(table->items, table->count, compare_devices, NULL);
  return NLINK_OK;
}

size_t nl_table_count(const struct nl_table *table) {
  return table->count;
}

uint64_t nl_table_device(const struct nl_table *table, const struct nl_name *name) {
  return table->devices[name->dev];
}

bool nl_table_next(const struct nl_table *table, size_t *at, struct nl_group *group) {
  if (*at >= table->count)
    return false;
  struct nl_sort_item *items = table->items + *at;
  const struct nl_name *first = items->what;
  *group = (struct nl_group){.items = items,
                             .dev = table->devices[first->dev],
                             .ino = first->ino,
                             .link_count = first->link_count,
                             .size_bytes = first->size_bytes,
                             .allocated_bytes = first->allocated_bytes,
                             .kind = nl_name_kind(first),
                             .mode = first->mode & 07777u};
  size_t end = *at;
  for (; end < table->count; end++) {
    const struct nl_name *name = table->items[end].what;
    if (name->ino != first->ino || name->dev != first->dev)
      break;
    group->changed |= name->change != first->change || name->link_count != first->link_count;
    if (name->link_count > group->link_count)
      group->link_count = name->link_count;
  }
  group->count = end - *at;
  *at = end;
  return true;
}

void nl_table_close(struct nl_table *table) {
  if (table == NULL)
    return;
  for (unsigned i = 0; i < table->workers; i++)
    for (struct page *page = table->shelves[i].newest; page != NULL;) {
      struct page *older = page->older;
      nl_free(page);
      page = older;
    }
  nl_os_monitor_close(table->common);
  nl_free(table->devices);
  nl_free(table->items);
  nl_free(table);
}
