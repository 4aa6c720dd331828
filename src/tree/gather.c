/*
 * gather.c - look at the names in a directory, and at single paths, and put them on a shelf
 *
 * A directory is read whole, its names sorted, and each looked at once, relative to the directory's
 * descriptor.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/gather.h"

#include "os/os.h"

#include <stdatomic.h>
#include <string.h>

enum { ROOM_BYTES = 1 << 18, LOOKS_AT_ONCE = 128, WORTH_A_THREAD = 2048 };

/* ---------------------------------------------------------------- the names, sorted */

static bool take_name(void *ctx, const char *name, size_t length) {
  struct nl_gather *gather = ctx;
  if (name[0] == '.' && !gather->all)
    return true;
  if (gather->name_count == gather->name_room) {
    size_t room = gather->name_room < 64 ? 64 : gather->name_room * 2;
    const char **names = nl_realloc(gather->names, room * sizeof *names);
    if (names == NULL) {
      gather->out_of_memory = true;
      return false;
    }
    gather->names = names;
    gather->name_room = room;
  }
  const char *kept = nl_arena_text(&gather->shelf->arena, name, length);
  gather->out_of_memory = kept == NULL;
  if (kept != NULL)
    gather->names[gather->name_count++] = kept;
  return kept != NULL;
}

/* The names of the present directory as sorted items in shelf->items. */
static bool sort_names(struct nl_gather *gather) {
  size_t count = gather->name_count;
  if (!nl_shelf_reserve_items(gather->shelf, count))
    return false;
  struct nl_sort_item *items = gather->shelf->items;
  for (size_t i = 0; i < count; i++)
    items[i].what = gather->names[i];
  nl_sort_text(items, items + count, count);
  return true;
}

/* ---------------------------------------------------------------- looking */

/* Fill in what a soft link leads to. One that vanished or cannot be read since has no target. */
static bool look_at_target(struct nl_gather *gather, struct nlink_list_entry *entry, int dir) {
  char target[NLINK_TARGET_SIZE];
  struct nlink_stat stat;
  if (nl_os_readlink(target, sizeof target, dir, entry->name) != 0)
    return true;
  entry->target = nl_arena_text(&gather->shelf->arena, target, strlen(target));
  switch (nl_os_status(nl_os_stat(&stat, dir, entry->name, true))) {
  case NLINK_NOT_FOUND:
  case NLINK_NOT_DIRECTORY:
  case NLINK_SYMLINK_LOOP:
  case NLINK_NAME_TOO_LONG:
    entry->dangles = true;
    break;
  default:
    break;
  }
  return entry->target != NULL;
}

static bool shares(const struct nlink_list_entry *entry) {
  return entry->stat.link_count > 1 && entry->stat.kind != NLINK_DIRECTORY;
}

static enum nlink_status tell_of_name(struct nl_gather *gather, struct nl_trail *trail, const char *name,
                                      int sys) {
  if (!nl_trail_path_to(trail, name))
    return NLINK_NO_MEMORY;
  gather->trouble(gather->ctx, trail->path.text, NLINK_STEP_STAT, sys);
  nl_trail_path_back(trail);
  return NLINK_OK;
}

/* The names of a directory that are being looked at, by one thread or by two. */
struct looks {
  const struct nl_sort_item *items;
  struct nlink_list_entry *entries; /* by the items; where a look failed, group holds the error number */
  size_t count;
  atomic_size_t next; /* the first name that nobody has taken yet */
  int fd;
};

/* Names lie in memory in the directory's order and are used in their own: each would be waited for. */
static void expect(const struct looks *looks, size_t at) {
#if defined(__GNUC__)
  enum { AHEAD = 8 };
  if (looks->count - at > AHEAD)
    __builtin_prefetch(looks->items[at + AHEAD].what);
#else
  (void)looks;
  (void)at;
#endif
}

static void look_at_some(void *ctx, unsigned member) {
  (void)member;
  struct looks *looks = ctx;
  for (;;) {
    size_t at = atomic_fetch_add_explicit(&looks->next, LOOKS_AT_ONCE, memory_order_relaxed);
    if (at >= looks->count)
      return;
    size_t end = looks->count - at < LOOKS_AT_ONCE ? looks->count : at + LOOKS_AT_ONCE;
    for (; at < end; at++) {
      struct nlink_list_entry *entry = &looks->entries[at];
      expect(looks, at);
      entry->group = (uint64_t)nl_os_stat(&entry->stat, looks->fd, looks->items[at].what, false);
    }
  }
}

/* Where there is no second thread to be had, the first does it all. */
static void look_by_two(struct looks *looks) {
  struct nl_os_team *team = NULL;
  if (nl_os_team_open(&team, 2, look_at_some, looks) == 0)
    nl_os_team_more(team);
  look_at_some(looks, 0);
  nl_os_team_close(team);
}

static enum nlink_status add_entry(struct nl_gather *gather, struct nlink_list_entry *entry,
                                   const struct nl_step *here) {
  if (entry->stat.kind == NLINK_SYMLINK && !look_at_target(gather, entry, here->fd))
    return NLINK_NO_MEMORY;
  if (!shares(entry))
    return NLINK_OK;
  const struct nl_shared shared = {entry, here->dev, here->ino, entry->name};
  return nl_shelf_add_shared(gather->shelf, &shared) ? NLINK_OK : NLINK_NO_MEMORY;
}

/*
 * Look at each of the sorted names; *looked counts those that have an entry, which stand without gaps.
 *
 * Nearly all the time of a listing goes into these looks, one system call each, so a second thread takes its
 * part where there are many. All that is told to the caller is told afterwards, from the caller's thread.
 */
static enum nlink_status look_at_names(struct nl_gather *gather, struct nl_trail *trail, const char *path,
                                       struct nlink_list_entry *entries, size_t *looked) {
  const struct nl_step *here = &trail->steps[trail->count - 1];
  struct looks looks = {
      .items = gather->shelf->items, .entries = entries, .count = gather->name_count, .fd = here->fd};
  if (looks.count < WORTH_A_THREAD)
    look_at_some(&looks, 0);
  else
    look_by_two(&looks);
  enum nlink_status status = NLINK_OK;
  size_t kept = 0;
  for (size_t i = 0; i < looks.count && status == NLINK_OK; i++) {
    const char *name = looks.items[i].what;
    int sys = (int)entries[i].group;
    if (sys != 0) {
      status = tell_of_name(gather, trail, name, sys);
      continue;
    }
    struct nlink_list_entry *entry = &entries[kept++];
    if (entry != &entries[i])
      entry->stat = entries[i].stat;
    entry->dir = path;
    entry->name = name;
    entry->target = NULL;
    entry->dangles = false;
    entry->group = entry->names_inside = entry->names_outside = 0;
    status = add_entry(gather, entry, here);
  }
  *looked = kept;
  return status;
}

enum nlink_status nl_gather_directory(struct nl_gather *gather, struct nl_trail *trail) {
  if (gather->room == NULL)
    gather->room = nl_alloc(ROOM_BYTES);
  if (gather->room == NULL)
    return NLINK_NO_MEMORY;
  gather->name_count = 0;
  gather->out_of_memory = false;
  int sys = nl_os_read_names(trail->steps[trail->count - 1].fd, gather->room, ROOM_BYTES, take_name, gather);
  if (gather->out_of_memory)
    return NLINK_NO_MEMORY;
  if (sys != 0)
    gather->trouble(gather->ctx, trail->path.text, NLINK_STEP_READ_DIRECTORY, sys);
  if (gather->name_count == 0)
    return nl_shelf_add_row(gather->shelf, NULL, 0) ? NLINK_OK : NLINK_NO_MEMORY;
  if (!sort_names(gather))
    return NLINK_NO_MEMORY;
  struct nlink_list_entry *entries =
      nl_arena_take(&gather->shelf->arena, gather->name_count * sizeof *entries);
  const char *path = nl_arena_text(&gather->shelf->arena, trail->path.text, trail->path.length);
  if (entries == NULL || path == NULL)
    return NLINK_NO_MEMORY;
  size_t looked = 0;
  enum nlink_status status = look_at_names(gather, trail, path, entries, &looked);
  if (status == NLINK_OK && !nl_shelf_add_row(gather->shelf, entries, looked))
    status = NLINK_NO_MEMORY;
  return status;
}

/* ---------------------------------------------------------------- single paths */

/* The directory and the last part of a path tell the name apart from others; a path without both is itself. */
static bool note_path(struct nl_gather *gather, int dir, struct nlink_list_entry *entry) {
  struct nl_shared shared = {entry, 0, 0, entry->name};
  const char *slash = strrchr(entry->name, '/');
  struct nl_string above = {0};
  if (!nl_string_add(&above, slash == NULL ? "." : entry->name,
                     slash == NULL ? 1 : (size_t)(slash - entry->name) + 1))
    return false;
  struct nlink_stat stat;
  if (nl_os_stat(&stat, dir, above.text, true) == 0) {
    shared.dir_dev = stat.dev;
    shared.dir_ino = stat.ino;
    shared.name = slash == NULL ? entry->name : slash + 1;
  }
  nl_string_fini(&above);
  return nl_shelf_add_shared(gather->shelf, &shared);
}

enum nlink_status nl_gather_paths(struct nl_gather *gather, int dir, struct nlink_list_entry *entries,
                                  size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct nlink_list_entry *entry = &entries[i];
    if (entry->stat.kind == NLINK_SYMLINK && !look_at_target(gather, entry, dir))
      return NLINK_NO_MEMORY;
    if (shares(entry) && !note_path(gather, dir, entry))
      return NLINK_NO_MEMORY;
  }
  return nl_shelf_add_row(gather->shelf, entries, count) ? NLINK_OK : NLINK_NO_MEMORY;
}

void nl_gather_fini(struct nl_gather *gather) {
  if (gather == NULL)
    return;
  nl_free(gather->room);
  nl_free(gather->names);
  gather->room = NULL;
  gather->names = NULL;
}
