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

/*
 * The node of the directory that a root's name is in, walked or listed; NULL = memory is exhausted. A listed one has no
 * text of its own: there may be several ways of writing it.
 */
static struct nl_dir *place_of(struct nl_walk *walk, const struct nl_root *root) {
  struct nl_dir *first = nl_seen_find(walk->seen, root->in_dev, root->in_ino);
  if (first == NULL)
    first = nl_seen_find(walk->places, root->in_dev, root->in_ino);
  if (first != NULL)
    return first;
  struct nl_dir *dir = nl_dir_new(&walk->arena, NULL, "", 0, walk->plan.extra_bytes);
  if (dir == NULL)
    return NULL;
  dir->flags |= NL_DIR_LISTED | NL_DIR_KNOWN;
  dir->dev = root->in_dev;
  dir->ino = root->in_ino;
  dir->number = atomic_fetch_add(&walk->numbers, 1);
  return nl_seen_add(walk->places, dir, &first) == NLINK_OK ? dir : NULL;
}

static bool takes(const struct nl_scope *scope, const struct nl_root *root, const struct nl_os_look *look) {
  if (scope->given.listed && !nl_root_passes(root, scope->rules, look->kind == NLINK_DIRECTORY))
    return false;
  return look->kind != NLINK_REGULAR || nl_scope_takes_size(scope, look->size_bytes);
}

static void look_at(struct nl_walk *walk, size_t index) {
  const struct nl_root *root = &walk->given.all[index];
  const char *path = root->path;
  struct nl_os_look look = {0};
  int sys = *path == '\0' ? nl_os_number(NLINK_NOT_FOUND) : nl_os_look(&look, walk->plan.dir, path);
  if (sys != 0) {
    nl_walk_note(walk, NULL, path, strlen(path), NLINK_STEP_STAT, sys);
    return;
  }
  if (!takes(walk->plan.scope, root, &look))
    return;
  struct nl_dir *dir = place_of(walk, root);
  if (dir == NULL) {
    nl_walk_stop(walk, NLINK_NO_MEMORY);
    return;
  }
  /* In a walked directory the name is as it would have been found there; else it is the path as given. */
  const char *name = (dir->flags & NL_DIR_LISTED) == 0 ? root->last : path;
  size_t length = strlen(name);
  while (length > 1 && name[length - 1] == '/')
    length--;
  walk->singles[index] = (struct nl_walk_single){dir, name, length, look};
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
  if (count == 0)
    return;
  walk->singles = nl_alloc_zero(walk->plan.count * sizeof *walk->singles);
  if (walk->singles == NULL || nl_seen_open(&walk->places) != NLINK_OK) {
    nl_walk_stop(walk, NLINK_NO_MEMORY);
    return;
  }
  for (size_t i = 0; i < walk->plan.count && !nl_walk_is_stopped(walk); i++)
    if (atomic_load(&walk->single[i]))
      look_at(walk, i);
}
