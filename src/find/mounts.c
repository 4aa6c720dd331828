/*
 * mounts.c - where else a file system is seen, and where not
 *
 * One file system can be mounted at several places, each time a part of it or all. What one mount shows can be covered
 * by others mounted in it. From a list of the mounts both can be told without a look at the file system.
 *
 * SPDX-License-Identifier: MIT
 */
#include "find/mounts.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/quote.h"
#include "os/os.h"

#include <stdio.h>
#include <string.h>

struct mount {
  struct nl_os_mount is;
  bool seen; /* it is part of what was looked at */
};

struct mounts {
  struct nl_arena texts;
  struct mount *all;
  size_t count;
  size_t room;
};

static const char *copy(struct mounts *mounts, const char *text) {
  return nl_arena_text(&mounts->texts, text, strlen(text));
}

static bool take(void *ctx, const struct nl_os_mount *mount) {
  struct mounts *mounts = ctx;
  if (mounts->count == mounts->room) {
    size_t room = mounts->room == 0 ? 64 : mounts->room * 2;
    struct mount *all = nl_realloc(mounts->all, room * sizeof *all);
    if (all == NULL)
      return false;
    mounts->all = all;
    mounts->room = room;
  }
  struct nl_os_mount is = *mount;
  is.root = copy(mounts, mount->root);
  is.point = copy(mounts, mount->point);
  is.type = copy(mounts, mount->type);
  if (is.root == NULL || is.point == NULL || is.type == NULL)
    return false;
  mounts->all[mounts->count++] = (struct mount){is, false};
  return true;
}

static struct mount *find(const struct mounts *mounts, uint64_t id) {
  for (size_t i = 0; i < mounts->count && id != 0; i++)
    if (mounts->all[i].is.id == id)
      return &mounts->all[i];
  return NULL;
}

static bool is_same_system(const struct mount *a, const struct mount *b) {
  return a->is.dev_major == b->is.dev_major && a->is.dev_minor == b->is.dev_minor;
}

/* Whether a path is @p above, or lies below it. */
static bool lies_in(const char *path, const char *above) {
  size_t length = strlen(above);
  if (above[length - 1] == '/')
    return strncmp(path, above, length) == 0;
  return strncmp(path, above, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* What of the file system stands below a point that lies in this mount; a path of the file system's own. */
static bool root_of(struct nl_string *out, const struct mount *mount, const char *point) {
  const char *rest = point + strlen(mount->is.point);
  while (*rest == '/')
    rest++;
  nl_string_cut(out, 0);
  size_t length = strlen(mount->is.root);
  return nl_string_add(out, mount->is.root, length) &&
         (mount->is.root[length - 1] == '/' || nl_string_add(out, "/", 1)) &&
         nl_string_add(out, rest, strlen(rest));
}

/* A look that begins in one mount goes on into those of the same file system that are mounted in it. */
static void mark_seen(struct mounts *mounts, struct mount *first, const char *start) {
  first->seen = true;
  for (bool more = start != NULL; more;) {
    more = false;
    for (size_t i = 0; i < mounts->count; i++) {
      struct mount *mount = &mounts->all[i];
      const struct mount *above = find(mounts, mount->is.above);
      if (mount->seen || above == NULL || !above->seen || !is_same_system(mount, first) ||
          !lies_in(mount->is.point, start))
        continue;
      mount->seen = more = true;
    }
  }
}

/* The root of a subvolume is all that is to be seen of it: no file has names in two of them. */
static bool shows_all(const struct mount *mount) {
  enum { SUBVOLUME_ROOT = 256 };
  struct nlink_stat stat;
  if (strcmp(mount->is.root, "/") == 0)
    return true;
  return strcmp(mount->is.type, "btrfs") == 0 && nl_os_stat(&stat, NLINK_CWD, mount->is.point, false) == 0 &&
         stat.ino == SUBVOLUME_ROOT;
}

static void put(char out[200], const char *path) {
  snprintf(out, 200, "%s", nl_quoted(path).text);
}

/* Another mount, not looked at, that shows more than those that were. */
static void find_other(struct nl_mounts_view *out, const struct mounts *mounts, const struct mount *first) {
  for (size_t i = 0; i < mounts->count && out->other[0] == '\0'; i++) {
    const struct mount *mount = &mounts->all[i];
    bool adds = !mount->seen && is_same_system(mount, first);
    for (size_t k = 0; k < mounts->count && adds; k++)
      adds = !mounts->all[k].seen || !lies_in(mount->is.root, mounts->all[k].is.root);
    if (adds)
      put(out->other, mount->is.point);
  }
}

/*
 * What is mounted over names of what was looked at, and another mount that may show one of these. That may lie in what was
 * looked at, too: a directory that was seen by another way is not looked at again, though there it may hide less.
 */
static void find_covers(struct nl_mounts_view *out, const struct mounts *mounts, const struct mount *first,
                        const char *start) {
  struct nl_string root = {0};
  uint64_t newest = 0;
  for (size_t i = 0; i < mounts->count; i++) {
    const struct mount *cover = &mounts->all[i];
    const struct mount *above = find(mounts, cover->is.above);
    if (cover == first || above == NULL || !above->seen || cover == above ||
        (start != NULL && !lies_in(cover->is.point, start)) || !lies_in(cover->is.point, above->is.point))
      continue;
    out->covers++;
    if (cover->is.id >= newest)
      put(out->cover, cover->is.point);
    newest = cover->is.id >= newest ? cover->is.id : newest;
    bool known = root_of(&root, above, cover->is.point);
    for (size_t k = 0; k < mounts->count && known && out->other[0] == '\0'; k++) {
      const struct mount *other = &mounts->all[k];
      if (other != above && is_same_system(other, first) && lies_in(root.text, other->is.root))
        put(out->other, other->is.point);
    }
  }
  nl_string_fini(&root);
}

void nl_mounts_look(struct nl_mounts_view *out, uint64_t mount_id, uint64_t start_id, const char *start) {
  struct mounts mounts = {0};
  *out = (struct nl_mounts_view){0};
  struct mount *first = nl_os_each_mount(take, &mounts) == 0 ? find(&mounts, start_id) : NULL;
  if (first != NULL)
    mark_seen(&mounts, first, start);
  struct mount *own = find(&mounts, mount_id);
  if (own != NULL &&
      !own->seen) { /* a file that is a mount itself, on another file system than what is around it */
    for (size_t i = 0; i < mounts.count; i++)
      mounts.all[i].seen = false;
    own->seen = true;
    first = own;
    start = NULL;
  }
  out->known = first != NULL;
  for (size_t i = 0; i < mounts.count && !out->whole; i++)
    out->whole = mounts.all[i].seen && shows_all(&mounts.all[i]);
  if (out->known && !out->whole) {
    put(out->part, first->is.root);
    find_other(out, &mounts, first);
  }
  if (out->known)
    find_covers(out, &mounts, first, start);
  nl_free(mounts.all);
  nl_arena_fini(&mounts.texts);
}

/* A search for a mount below a path. */
struct below {
  const char *path;
  bool found;
};

static bool is_below(void *ctx, const struct nl_os_mount *mount) {
  struct below *below = ctx;
  below->found = lies_in(mount->point, below->path) && strcmp(mount->point, below->path) != 0;
  return !below->found;
}

bool nl_mounts_none_in(const char *path) {
  struct below below = {path, false};
  return nl_os_each_mount(is_below, &below) == 0 && !below.found;
}
