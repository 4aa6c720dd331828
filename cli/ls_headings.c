/*
 * ls_headings.c - the line before the names of each directory, also before none
 *
 * A listing is made of names, so a directory without any does not appear in it. But every directory that is
 * to appear is known beforehand: those given, and below each the directories among its names, in order. What
 * was expected before the one that comes next has no names, and gets its heading alone, unless it could not be
 * opened, which was told.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ls.h"

#include "out.h"

#include <stdlib.h>
#include <string.h>

/* The directories that are expected in one directory, or those given. */
struct ls_frame {
  const char *dir; /* NULL = those given */
  const char **names;
  size_t count;
  size_t next;
};

static bool is_path(const char *path, const char *dir, const char *name) {
  if (dir == NULL)
    return strcmp(path, name) == 0;
  size_t length = strlen(dir);
  if (strncmp(path, dir, length) != 0)
    return false;
  path += length;
  if (length > 0 && dir[length - 1] != '/' && *path++ != '/')
    return false;
  return strcmp(path, name) == 0;
}

static void put_heading(struct ls *ls, const char *dir, const char *name) {
  if (ls->entries > 0 || ls->headings.written)
    out_char(ls->out, '\n');
  ls->headings.written = true;
  ls_path(ls, dir, name);
  out_text(ls->out, ":\n");
}

/* A directory that has no names, or could not be opened: the troubles come in the same order. */
static void skip(struct ls *ls, const struct ls_frame *frame, const char *name) {
  struct ls_headings *headings = &ls->headings;
  if (headings->trouble_next < headings->trouble_count &&
      is_path(headings->troubles[headings->trouble_next], frame->dir, name))
    headings->trouble_next++;
  else
    put_heading(ls, frame->dir, name);
}

static bool push(struct ls_headings *headings, const char *dir, const char **names, size_t count) {
  if (headings->depth == headings->room) {
    size_t room = headings->room == 0 ? 16 : headings->room * 2;
    struct ls_frame *frames = realloc(headings->frames, room * sizeof *frames);
    if (frames == NULL)
      return false;
    headings->frames = frames;
    headings->room = room;
  }
  headings->frames[headings->depth++] = (struct ls_frame){dir, names, count, 0};
  return true;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool ls_headings_begin(struct ls *ls, const char *const *paths, size_t count) {
  static const char *const here[] = {"."};
  if (!ls->with_headings)
    return true;
  paths = count == 0 ? here : paths;
  count = count == 0 ? 1 : count;
  const char **names = malloc(count * sizeof *names);
  if (names == NULL)
    return false;
  size_t directories = 0;
  for (size_t i = 0; i < count; i++) {
    struct nlink_stat stat;
    if (nlink_stat(&stat, NLINK_CWD, paths[i], NLINK_NO_FOLLOW, NULL) == NLINK_OK &&
        stat.kind == NLINK_DIRECTORY)
      names[directories++] = paths[i];
  }
  qsort(names, directories, sizeof *names, compare_names);
  if (push(&ls->headings, NULL, names, directories))
    return true;
  free(names);
  return false;
}

bool ls_headings_trouble(struct ls *ls, const char *path) {
  struct ls_headings *headings = &ls->headings;
  if (!ls->with_headings)
    return true;
  if (headings->trouble_count == headings->trouble_room) {
    size_t room = headings->trouble_room == 0 ? 16 : headings->trouble_room * 2;
    char **troubles = realloc(headings->troubles, room * sizeof *troubles);
    if (troubles == NULL)
      return false;
    headings->troubles = troubles;
    headings->trouble_room = room;
  }
  char *copy = malloc(strlen(path) + 1);
  if (copy == NULL)
    return false;
  headings->troubles[headings->trouble_count++] = strcpy(copy, path);
  return true;
}

/* Whether the directory is among those still expected; one that came into being meanwhile is not. */
static bool is_expected(const struct ls_headings *headings, const char *dir) {
  for (size_t i = headings->depth; i > 0; i--) {
    const struct ls_frame *frame = &headings->frames[i - 1];
    for (size_t j = frame->next; j < frame->count; j++)
      if (is_path(dir, frame->dir, frame->names[j]))
        return true;
  }
  return false;
}

/* Write the headings of all that was expected before `dir`; NULL = of all that is left. */
static void catch_up(struct ls *ls, const char *dir) {
  struct ls_headings *headings = &ls->headings;
  while (headings->depth > 0) {
    struct ls_frame *frame = &headings->frames[headings->depth - 1];
    if (frame->next == frame->count) {
      free(frame->names);
      headings->depth--;
      continue;
    }
    const char *name = frame->names[frame->next++];
    if (dir != NULL && is_path(dir, frame->dir, name))
      return;
    skip(ls, frame, name);
  }
}

bool ls_headings_write(struct ls *ls, const struct nlink_list_entry *const *entries, size_t count) {
  const char *dir = entries[0]->dir;
  if (!ls->with_headings || dir == NULL)
    return true;
  if (is_expected(&ls->headings, dir))
    catch_up(ls, dir);
  put_heading(ls, NULL, dir);
  if (!ls->recursive)
    return true;
  size_t directories = 0;
  for (size_t i = 0; i < count; i++)
    directories += entries[i]->stat.kind == NLINK_DIRECTORY;
  if (directories == 0)
    return true;
  const char **names = malloc(directories * sizeof *names);
  if (names == NULL)
    return false;
  directories = 0;
  for (size_t i = 0; i < count; i++)
    if (entries[i]->stat.kind == NLINK_DIRECTORY)
      names[directories++] = entries[i]->name;
  if (push(&ls->headings, dir, names, directories))
    return true;
  free(names);
  return false;
}

void ls_headings_end(struct ls *ls) {
  catch_up(ls, NULL);
}

void ls_headings_fini(struct ls *ls) {
  struct ls_headings *headings = &ls->headings;
  for (size_t i = 0; i < headings->depth; i++)
    free(headings->frames[i].names);
  free(headings->frames);
  for (size_t i = 0; i < headings->trouble_count; i++)
    free(headings->troubles[i]);
  free(headings->troubles);
  *headings = (struct ls_headings){0};
}
