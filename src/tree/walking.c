/*
 * walking.c - what is noted on the way of a walk
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/walking.h"

#include <string.h>

void nl_walk_stop(struct nl_walk *walk, enum nlink_status status) {
  int going = NLINK_OK;
  atomic_compare_exchange_strong(&walk->stopped, &going, status);
}

static struct nl_trouble *new_trouble(struct nl_walk *walk, const struct nl_dir *dir, const char *name,
                                      size_t length) {
  size_t whole = nl_dir_path(NULL, 0, dir, name, length);
  struct nl_trouble *trouble = nl_arena_take_tight(&walk->arena, sizeof *trouble + whole + 1);
  if (trouble != NULL) {
    *trouble = (struct nl_trouble){.next = walk->troubles, .other = ""};
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

/* ---------------------------------------------------------------- directories reached again */

/* Two roots that are one directory by two ways are the caller's wish; every other second way is trouble. */
void nl_walk_note_again(struct nl_walk *walk, struct nl_dir *first, struct nl_dir *dir) {
  if (first->above == NULL && dir->above == NULL)
    return;
  nl_os_enter(walk->common);
  bool fits = walk->again_count < walk->again_room;
  if (!fits) {
    size_t room = walk->again_room == 0 ? 16 : walk->again_room * 2;
    struct nl_again *again = nl_realloc(walk->again, room * sizeof *again);
    fits = again != NULL;
    walk->again = fits ? again : walk->again;
    walk->again_room = fits ? room : walk->again_room;
  }
  if (fits)
    walk->again[walk->again_count++] = (struct nl_again){first, dir};
  nl_os_leave(walk->common);
  if (!fits)
    nl_walk_stop(walk, NLINK_NO_MEMORY);
}

bool nl_dir_leads_to(const struct nl_dir *dir, const struct nl_dir *below) {
  while (below != NULL && below != dir)
    below = below->above;
  return below != NULL;
}

/* 1 = the second way comes first by its bytes, 0 = it does not, -1 = memory is exhausted. */
static int comes_first(const struct nl_again *again) {
  struct nl_string first = {0};
  struct nl_string second = {0};
  int answer = -1;
  if (nl_dir_path_string(&first, again->first, NULL, 0) && nl_dir_path_string(&second, again->dir, NULL, 0))
    answer = strcmp(second.text, first.text) < 0;
  nl_string_fini(&first);
  nl_string_fini(&second);
  return answer;
}

/* Which way was taken is a matter of chance; which one the directory has in the end is not. */
static void choose_way(struct nl_walk *walk, const struct nl_again *again) {
  struct nl_dir *first = again->first;
  struct nl_dir *dir = again->dir;
  if (first->above == NULL || dir->above == NULL || nl_dir_leads_to(first, dir->above))
    return;
  int answer = comes_first(again);
  if (answer < 0)
    nl_walk_stop(walk, NLINK_NO_MEMORY);
  if (answer != 1)
    return;
  const struct nl_dir before = {
      .above = first->above, .name = first->name, .name_length = first->name_length};
  first->above = dir->above;
  first->name = dir->name;
  first->name_length = dir->name_length;
  dir->above = before.above;
  dir->name = before.name;
  dir->name_length = before.name_length;
}

void nl_walk_settle_again(struct nl_walk *walk) {
  for (size_t i = 0; i < walk->again_count; i++)
    choose_way(walk, &walk->again[i]);
  for (size_t i = 0; i < walk->again_count; i++) {
    const struct nl_dir *first = walk->again[i].first;
    struct nl_trouble *trouble = new_trouble(walk, walk->again[i].dir, NULL, 0);
    size_t whole = nl_dir_path(NULL, 0, first, NULL, 0);
    char *other = nl_arena_take_tight(&walk->arena, whole + 1);
    if (trouble == NULL || other == NULL) {
      nl_walk_stop(walk, NLINK_NO_MEMORY);
      return;
    }
    nl_dir_path(other, whole + 1, first, NULL, 0);
    trouble->step = NLINK_STEP_OPEN;
    trouble->other = other;
  }
}
