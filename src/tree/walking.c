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

static bool remember_again(struct nl_walk *walk, struct nl_dir *first, struct nl_dir *dir) {
  if (walk->again_count == walk->again_room) {
    size_t room = walk->again_room == 0 ? 16 : walk->again_room * 2;
    struct nl_again *again = nl_realloc(walk->again, room * sizeof *again);
    if (again == NULL)
      return false;
    walk->again = again;
    walk->again_room = room;
  }
  walk->again[walk->again_count++] = (struct nl_again){first, dir};
  return true;
}

/*
 * A directory was reached a second time. That roots overlap is the caller's wish; every other second way is trouble,
 * told with the path of the first.
 */
void nl_walk_note_again(struct nl_walk *walk, struct nl_dir *first, struct nl_dir *dir) {
  bool wished = ((first->flags | dir->flags) & NL_DIR_ROOT) != 0;
  nl_os_enter(walk->common);
  bool noted = remember_again(walk, first, dir);
  struct nl_trouble *trouble = wished || !noted ? NULL : new_trouble(walk, dir, NULL, 0);
  if (trouble != NULL) {
    size_t whole = nl_dir_path(NULL, 0, first, NULL, 0);
    char *other = nl_arena_take_tight(&walk->arena, whole + 1);
    if (other != NULL)
      nl_dir_path(other, whole + 1, first, NULL, 0);
    noted = other != NULL;
    trouble->other = other != NULL ? other : "";
    trouble->step = NLINK_STEP_OPEN;
  }
  nl_os_leave(walk->common);
  if (!noted || (!wished && trouble == NULL))
    nl_walk_stop(walk, NLINK_NO_MEMORY);
}
