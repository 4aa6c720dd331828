/*
 * walking.c - what is noted on the way of a walk
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/walking.h"

void nl_walk_stop(struct nl_walk *walk, enum nlink_status status) {
  int going = NLINK_OK;
  atomic_compare_exchange_strong(&walk->stopped, &going, status);
}

static struct nl_trouble *new_trouble(struct nl_walk *walk, const struct nl_dir *dir, const char *name,
                                      size_t length) {
  size_t whole = nl_dir_path(NULL, 0, dir, name, length);
  struct nl_trouble *trouble = nl_arena_take_tight(&walk->arena, sizeof *trouble + whole + 1);
  if (trouble != NULL) {
    *trouble = (struct nl_trouble){.next = walk->troubles};
    nl_dir_path(trouble->path, whole + 1, dir, name, length);
    walk->troubles = trouble;
  }
  return trouble;
}

void nl_walk_note(struct nl_walk *walk, const struct nl_dir *dir, const char *name, size_t length,
                  enum nlink_step step, int sys) {
  nl_os_enter(walk->common);
  struct nl_trouble *trouble = new_trouble(walk, dir, name, length);
  if (trouble != NULL) {
    trouble->step = step;
    trouble->sys = sys;
  }
  nl_os_leave(walk->common);
  if (trouble == NULL)
    nl_walk_stop(walk, NLINK_NO_MEMORY);
}

/* Two roots that are one directory by two ways are the caller's wish; every other second way is trouble. */
void nl_walk_note_again(struct nl_walk *walk, const struct nl_dir *first, const struct nl_dir *dir) {
  if (first->above == NULL && dir->above == NULL)
    return;
  nl_os_enter(walk->common);
  struct nl_trouble *trouble = new_trouble(walk, dir, NULL, 0);
  size_t whole = nl_dir_path(NULL, 0, first, NULL, 0);
  char *other = nl_arena_take_tight(&walk->arena, whole + 1);
  if (trouble != NULL) {
    trouble->step = NLINK_STEP_OPEN;
    trouble->other = other != NULL ? other : "";
  }
  if (other != NULL)
    nl_dir_path(other, whole + 1, first, NULL, 0);
  nl_os_leave(walk->common);
  if (trouble == NULL || other == NULL)
    nl_walk_stop(walk, NLINK_NO_MEMORY);
}
