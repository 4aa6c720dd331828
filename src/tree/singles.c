/*
 * singles.c - the paths of a walk that are looked at by themselves: roots that are no directories, and listed names
 *
 * A name is told by the identity of the directory that it is in and by its last part, so that two ways of writing one
 * path are one name, and a path into a tree that was walked is none of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/singles.h"

#include "tree/walking.h"

#include <string.h>

/* A name that was told, in a table of open addressing. */
struct single {
  const struct nl_dir *dir; /* NULL = an empty place */
  const char *name;
  size_t length;
};

struct singles {
  struct nl_walk *walk;
  struct single *told;
  size_t room; /* a power of two, more than there are names */
  /* The directory of the path before: mostly it is that of the next one too. */
  struct nl_dir *place;
  const char *place_text;
  size_t place_length;
};

/* The last part of a path begins here; slashes at its end belong to it. */
static size_t last_part(const char *path) {
  size_t end = strlen(path);
  while (end > 1 && path[end - 1] == '/')
    end--;
  while (end > 0 && path[end - 1] != '/')
    end--;
  return end;
}

/* The node of the directory that a path is in; NULL = it cannot be looked at, or memory is exhausted. */
static struct nl_dir *place_of(struct singles *singles, const char *path, size_t length) {
  struct nl_walk *walk = singles->walk;
  if (singles->place != NULL && length == singles->place_length &&
      memcmp(path, singles->place_text, length) == 0)
    return singles->place;
  struct nl_dir *dir = nl_dir_new(&walk->arena, NULL, path, length, walk->plan.extra_bytes);
  struct nl_dir *first = NULL;
  struct nlink_stat stat; /* followed: the directory is what its path leads to */
  if (dir == NULL) {
    nl_walk_stop(walk, NLINK_NO_MEMORY);
    return NULL;
  }
  if (nl_os_stat(&stat, walk->plan.dir, length == 0 ? "." : dir->name, true) != 0)
    return NULL;
  dir->flags |= NL_DIR_LISTED;
  dir->dev = stat.dev;
  dir->ino = stat.ino;
  first = nl_seen_find(walk->seen, dir->dev, dir->ino);
  if (first == NULL && nl_seen_add(walk->places, dir, &first) != NLINK_OK) {
    nl_walk_stop(walk, NLINK_NO_MEMORY);
    return NULL;
  }
  if (first == dir)
    dir->number = atomic_fetch_add(&walk->numbers, 1);
  singles->place = first;
  singles->place_text = path;
  singles->place_length = length;
  return first;
}

/* Whether a name is told for the first time. */
static bool is_first(struct singles *singles, const struct nl_dir *dir, const char *name, size_t length) {
  uint64_t hash = (uint64_t)(uintptr_t)dir;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3u;
  for (size_t at = (hash ^ hash >> 32) & (singles->room - 1);; at = (at + 1) & (singles->room - 1)) {
    struct single *told = &singles->told[at];
    if (told->dir == NULL) {
      *told = (struct single){dir, name, length};
      return true;
    }
    if (told->dir == dir && told->length == length && memcmp(told->name, name, length) == 0)
      return false;
  }
}

static bool takes(const struct nl_scope *scope, const char *path, const char *name,
                  const struct nl_os_look *look) {
  while (*path == '/')
    path++;
  if (scope->given.listed && !nl_rules_take(scope->rules, name, path, look->kind == NLINK_DIRECTORY))
    return false;
  return look->kind != NLINK_REGULAR || nl_scope_takes_size(scope, look->size_bytes);
}

static void look_at(struct singles *singles, size_t index) {
  struct nl_walk *walk = singles->walk;
  const char *path = walk->plan.paths[index];
  size_t begin = last_part(path);
  const char *name = path + begin;
  size_t length = strlen(name);
  size_t bare = length; /* without slashes at the end */
  while (bare > 1 && name[bare - 1] == '/')
    bare--;
  struct nl_os_look look;
  int sys = nl_os_look(&look, walk->plan.dir, path);
  if (*path == '\0')
    sys = nl_os_number(NLINK_NOT_FOUND);
  if (sys != 0) {
    nl_walk_note(walk, NULL, path, strlen(path), NLINK_STEP_STAT, sys);
    return;
  }
  if (!takes(walk->plan.scope, path, name, &look))
    return;
  struct nl_dir *dir = place_of(singles, path, begin);
  walk->singles[index] = (struct nl_walk_single){dir, name, bare, look};
  if (dir == NULL || (dir->flags & NL_DIR_LISTED) == 0 || !is_first(singles, dir, name, bare))
    return; /* a directory that was walked has told this name already */
  const struct nl_sight sight = {.dir = dir,
                                 .name = name,
                                 .length = length,
                                 .kind = look.kind,
                                 .ino = look.ino,
                                 .look = &look,
                                 .at = walk->plan.dir,
                                 .at_name = path};
  if (!walk->plan.take(walk->plan.ctx, &sight))
    nl_walk_stop(walk, NLINK_END);
}

void nl_walk_singles(struct nl_walk *walk) {
  size_t count = 0;
  for (size_t i = 0; i < walk->plan.count; i++)
    count += atomic_load(&walk->single[i]);
  struct singles singles = {.walk = walk, .room = 16};
  while (singles.room < count * 2)
    singles.room *= 2;
  if (count == 0)
    return;
  singles.told = nl_alloc_zero(singles.room * sizeof *singles.told);
  walk->singles = nl_alloc_zero(walk->plan.count * sizeof *walk->singles);
  if (singles.told == NULL || walk->singles == NULL || nl_seen_open(&walk->places) != NLINK_OK)
    nl_walk_stop(walk, NLINK_NO_MEMORY);
  for (size_t i = 0; i < walk->plan.count && atomic_load(&walk->stopped) == NLINK_OK; i++)
    if (atomic_load(&walk->single[i]))
      look_at(&singles, i);
  nl_free(singles.told);
}
