/*
 * told.c - the names of a file that its file system tells, each verified
 *
 * A name that was told may have come to an end since, or lie below something that is mounted over it. So its directory is
 * opened, and the name looked at there. Names of one directory mostly come in a row: it is opened once for them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "find/told.h"

#include "base/memory.h"
#include "os/os.h"

#include <string.h>

/* The telling on its way. */
struct telling {
  struct nl_told *told;
  uint64_t dev;
  uint64_t ino;
  struct nl_string place_path; /* of the directory of the name before */
  int place;                   /* that directory; -1 = it could not be opened */
  int place_sys;               /* why not */
  struct nl_string step;       /* a part of a long path */
  bool out_of_memory;
};

/* Open a directory by a path of any length, in steps that the system takes. */
static int open_long(struct telling *telling, int *fd, const char *path) {
  enum { STEP_BYTES = NLINK_TARGET_SIZE - 96 };
  int at = NLINK_CWD;
  for (size_t left = strlen(path);;) {
    size_t length = left;
    if (left > STEP_BYTES) {
      length = STEP_BYTES;
      while (length > 1 && path[length] != '/')
        length--;
    }
    nl_string_cut(&telling->step, 0);
    if (!nl_string_add(&telling->step, path, length)) {
      nl_os_close(at);
      return nl_os_number(NLINK_NO_MEMORY);
    }
    int below = -1;
    int sys = nl_os_open(&below, at, telling->step.text, NL_OS_SUBDIRECTORY);
    nl_os_close(at);
    at = below;
    path += length;
    left -= length;
    for (; left > 0 && *path == '/'; left--)
      path++;
    if (sys != 0 || left == 0) {
      *fd = at;
      return sys;
    }
  }
}

/* Make telling->place the directory of this path. */
static bool go_to(struct telling *telling, const char *dir_path) {
  if (telling->place_path.length > 0 && strcmp(telling->place_path.text, dir_path) == 0)
    return true;
  nl_os_close(telling->place);
  telling->place = -1;
  nl_string_cut(&telling->place_path, 0);
  if (!nl_string_add(&telling->place_path, dir_path, strlen(dir_path)))
    return false;
  telling->place_sys = open_long(telling, &telling->place, dir_path);
  return nl_os_status(telling->place_sys) != NLINK_NO_MEMORY;
}

static char *path_text(struct nl_told *told, const char *dir_path, size_t dir_length, const char *name) {
  size_t length = strlen(name);
  char *path = nl_arena_take_tight(&told->texts, dir_length + length + 2);
  if (path == NULL)
    return NULL;
  memcpy(path, dir_path, dir_length);
  path[dir_length] = '/';
  memcpy(path + dir_length + 1, name, length + 1);
  return path;
}

static bool keep(struct nl_told *told, const char *dir_path, const char *name) {
  size_t dir_length = dir_path[1] == '\0' ? 0 : strlen(dir_path);
  struct nl_told_name *kept = nl_arena_take_tight(&told->texts, sizeof *kept);
  char *path = kept == NULL ? NULL : path_text(told, dir_path, dir_length, name);
  if (path == NULL)
    return false;
  *kept = (struct nl_told_name){told->names, path, dir_length};
  told->names = kept;
  told->count++;
  return true;
}

static bool take(void *ctx, const char *dir_path, const char *name) {
  struct telling *telling = ctx;
  struct nl_told *told = telling->told;
  if (dir_path == NULL) {
    told->out_of_sight++;
    return true;
  }
  telling->out_of_memory = !go_to(telling, dir_path);
  if (telling->out_of_memory)
    return false;
  struct nl_os_look look;
  int sys = telling->place_sys != 0 ? telling->place_sys : nl_os_look(&look, telling->place, name);
  if (sys == 0 && look.dev == telling->dev && look.ino == telling->ino) {
    telling->out_of_memory = !keep(told, dir_path, name);
    return !telling->out_of_memory;
  }
  if (sys != 0 && nl_os_status(sys) == NLINK_DENIED)
    told->denied++;
  else
    told->hidden++;
  if (told->example == NULL)
    told->example = path_text(told, dir_path, dir_path[1] == '\0' ? 0 : strlen(dir_path), name);
  return true;
}

int nl_told_ask(struct nl_told *told, int dir, const char *name, uint64_t dev, uint64_t ino) {
  struct telling telling = {.told = told, .dev = dev, .ino = ino, .place = -1};
  *told = (struct nl_told){0};
  int sys = nl_os_names_of(dir, name, take, &telling);
  nl_os_close(telling.place);
  nl_string_fini(&telling.place_path);
  nl_string_fini(&telling.step);
  if (telling.out_of_memory)
    sys = nl_os_number(NLINK_NO_MEMORY);
  if (sys != 0)
    nl_told_fini(told);
  return sys;
}

void nl_told_fini(struct nl_told *told) {
  if (told == NULL)
    return;
  nl_arena_fini(&told->texts);
  *told = (struct nl_told){0};
}
