/*
 * sorted.c - the names in a directory, read whole and sorted
 *
 * What the reading needs is kept for the next directory, unless it has become large: then whoever walks on below a
 * directory of a million names would carry all of it along.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/sorted.h"

#include "os/os.h"

#include <string.h>

enum { ROOM_BYTES = 1 << 16, KEPT_BYTES = 1 << 20 };

/* Note a name: its kind as one byte, then its text and a NUL. */
static bool note(struct nl_string *texts, const struct nl_os_entry *entry) {
  char *at = nl_string_extend(texts, entry->length + 2);
  if (at == NULL)
    return false;
  *at = (char)entry->kind;
  memcpy(at + 1, entry->name, entry->length + 1);
  return true;
}

static bool read_all(struct nl_sorter *sorter, int fd, size_t *count, int *sys) {
  *count = 0;
  for (;;) {
    size_t used = 0;
    *sys = nl_os_read_entries(&used, fd, sorter->room, ROOM_BYTES);
    if (*sys != 0 || used == 0)
      return true;
    struct nl_os_entry entry;
    for (size_t at = 0; nl_os_next_entry(&entry, sorter->room, used, &at); ++*count)
      if (!note(&sorter->texts, &entry))
        return false;
  }
}

static bool make_items(struct nl_sorter *sorter, size_t count) {
  if (count > sorter->item_room) {
    size_t room = count < 128 ? 128 : count;
    nl_free(sorter->items);
    sorter->item_room = 0;
    sorter->items =
        room > SIZE_MAX / sizeof *sorter->items / 2 ? NULL : nl_alloc(2 * room * sizeof *sorter->items);
    if (sorter->items == NULL)
      return false;
    sorter->item_room = room;
  }
  const char *at = sorter->texts.text;
  for (size_t i = 0; i < count; i++) {
    sorter->items[i].what = at + 1;
    at += strlen(at + 1) + 2;
  }
  return true;
}

/* Copy the sorted names into a block of their own. */
static bool copy_sorted(struct nl_sorter *sorter, struct nl_sorted *out, size_t count) {
  size_t texts_bytes = sorter->texts.length - count; /* the kinds are not copied */
  out->names = nl_alloc(count * sizeof *out->names + texts_bytes);
  if (out->names == NULL)
    return false;
  char *to = (char *)(out->names + count);
  for (size_t i = 0; i < count; i++) {
    const char *text = sorter->items[i].what;
    size_t length = strlen(text);
    memcpy(to, text, length + 1);
    out->names[i] = (struct nl_sorted_name){to, (uint32_t)length, (enum nlink_kind)text[-1]};
    to += length + 1;
  }
  out->count = count;
  return true;
}

static void give_back_large(struct nl_sorter *sorter) {
  if (sorter->texts.room > KEPT_BYTES)
    nl_string_fini(&sorter->texts);
  if (sorter->item_room > KEPT_BYTES / sizeof *sorter->items) {
    nl_free(sorter->items);
    sorter->items = NULL;
    sorter->item_room = 0;
  }
}

enum nlink_status nl_sorter_read(struct nl_sorter *sorter, struct nl_sorted *out, int fd, int *sys) {
  *out = (struct nl_sorted){0};
  *sys = 0;
  if (sorter->room == NULL)
    sorter->room = nl_alloc(ROOM_BYTES);
  if (sorter->room == NULL)
    return NLINK_NO_MEMORY;
  nl_string_cut(&sorter->texts, 0);
  size_t count = 0;
  bool done = read_all(sorter, fd, &count, sys);
  if (done && count > 0) {
    done = make_items(sorter, count);
    if (done) {
      nl_sort_text(sorter->items, sorter->items + sorter->item_room, count);
      done = copy_sorted(sorter, out, count);
    }
  }
  give_back_large(sorter);
  return done ? NLINK_OK : NLINK_NO_MEMORY;
}

void nl_sorter_fini(struct nl_sorter *sorter) {
  if (sorter == NULL)
    return;
  nl_free(sorter->room);
  nl_string_fini(&sorter->texts);
  nl_free(sorter->items);
  *sorter = (struct nl_sorter){0};
}
