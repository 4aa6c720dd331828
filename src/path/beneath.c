/*
 * beneath.c - open a path that cannot leave its directory
 *
 * The system does it where it can. Where not, the path is walked: each component is opened by itself,
 * relative to the descriptor of the one before and without following, so that a component that is swapped
 * for a soft link is seen as one. A soft link's text is put before what remains of the path. ".." goes back
 * to the descriptor that we came through and never asks the system where "up" is, so a directory that is
 * moved meanwhile cannot lead us out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "path/beneath.h"

#include "base/memory.h"

#include <string.h>

enum { LINKS_MAX = 40 }; /* as many soft links as Linux follows in one path */

struct walk {
  int root;
  int *stack; /* the directories between the root and here */
  size_t depth, room;
  struct nl_string rest; /* what is still to walk, from `at` on */
  size_t at;
  unsigned links;
  enum nl_os_open how;
};

static int here(const struct walk *walk) {
  return walk->depth > 0 ? walk->stack[walk->depth - 1] : walk->root;
}

static int push(struct walk *walk, int fd) {
  if (walk->depth == walk->room) {
    size_t room = walk->room > 0 ? 2 * walk->room : 16;
    int *stack = nl_realloc(walk->stack, room * sizeof *stack);
    if (stack == NULL) {
      nl_os_close(fd);
      return nl_os_number(NLINK_NO_MEMORY);
    }
    walk->stack = stack;
    walk->room = room;
  }
  walk->stack[walk->depth++] = fd;
  return 0;
}

/* A soft link on the way, open as @p fd: its text comes before what remains. */
static int enter_link(struct walk *walk, int fd) {
  char target[NLINK_TARGET_SIZE];
  if (++walk->links > LINKS_MAX)
    return nl_os_number(NLINK_SYMLINK_LOOP);
  int sys = nl_os_readlink(target, sizeof target, fd, "");
  if (sys != 0)
    return sys;
  if (target[0] == '/')
    return nl_os_number(NLINK_ESCAPES);
  struct nl_string rest = {0};
  const char *remains = walk->rest.text + walk->at;
  if (!nl_string_add(&rest, target, strlen(target)) ||
      (*remains != '\0' && !nl_string_add(&rest, remains, strlen(remains)))) {
    nl_string_fini(&rest);
    return nl_os_number(NLINK_NO_MEMORY);
  }
  nl_string_fini(&walk->rest);
  walk->rest = rest;
  walk->at = 0;
  return 0;
}

/* What the component just opened is for: go into it, follow it, or end with it (*found). */
static int take(struct walk *walk, int fd, bool is_last, bool wants_directory, int *found) {
  struct nlink_stat stat;
  int sys = nl_os_stat_fd(&stat, fd);
  bool follows =
      !is_last || wants_directory || walk->how == NL_OS_NODE_FOLLOW || walk->how == NL_OS_DIRECTORY;
  if (sys == 0 && stat.kind == NLINK_SYMLINK && follows) {
    sys = enter_link(walk, fd);
    nl_os_close(fd);
    return sys;
  }
  bool needs_directory =
      !is_last || wants_directory || walk->how == NL_OS_DIRECTORY || walk->how == NL_OS_SUBDIRECTORY;
  if (sys == 0 && needs_directory && stat.kind != NLINK_DIRECTORY)
    sys = nl_os_number(NLINK_NOT_DIRECTORY);
  if (sys != 0) {
    nl_os_close(fd);
    return sys;
  }
  if (!is_last)
    return push(walk, fd);
  *found = fd;
  return 0;
}

/* One component of what remains; *found is set when it was the last one. */
static int step(struct walk *walk, int *found) {
  const char *text = walk->rest.text + walk->at;
  size_t length = strcspn(text, "/");
  size_t slashes = strspn(text + length, "/");
  bool is_last = text[length + slashes] == '\0';
  walk->at += length;
  if (length == 0 || (length == 1 && text[0] == '.')) {
    walk->at += slashes;
    return 0;
  }
  if (length == 2 && memcmp(text, "..", 2) == 0) {
    walk->at += slashes;
    if (walk->depth == 0)
      return nl_os_number(NLINK_ESCAPES);
    nl_os_close(walk->stack[--walk->depth]);
    return 0;
  }
  struct nl_string name = {0};
  int fd = -1;
  int sys = nl_os_number(NLINK_NO_MEMORY);
  if (nl_string_add(&name, text, length))
    sys = nl_os_open(&fd, here(walk), name.text, NL_OS_NODE);
  nl_string_fini(&name);
  return sys != 0 ? sys : take(walk, fd, is_last, slashes > 0, found);
}

int nl_beneath_walk(int *fd, int dir, const char *path, enum nl_os_open how) {
  if (path[0] == '/')
    return nl_os_number(NLINK_ESCAPES);
  if (path[0] == '\0')
    return nl_os_number(NLINK_NOT_FOUND);
  struct walk walk = {.root = dir, .how = how};
  int found = -1;
  int sys = nl_string_add(&walk.rest, path, strlen(path)) ? 0 : nl_os_number(NLINK_NO_MEMORY);
  while (sys == 0 && found < 0 && walk.rest.text[walk.at] != '\0')
    sys = step(&walk, &found);
  if (sys == 0 && found < 0) /* it ended in "." or "..": the directory we stand in */
    sys = nl_os_open(&found, here(&walk), ".", NL_OS_DIRECTORY);
  while (walk.depth > 0)
    nl_os_close(walk.stack[--walk.depth]);
  nl_free(walk.stack);
  nl_string_fini(&walk.rest);
  if (sys == 0)
    *fd = found;
  return sys;
}

int nl_beneath_open(int *fd, int dir, const char *path, enum nl_os_open how) {
  enum { TRIES = 16 };
  struct nlink_stat stat;
  int sys = 0;
  for (int i = 0; i < TRIES; i++) {
    sys = nl_os_open_beneath(fd, dir, path, how);
    if (nl_os_status(sys) != NLINK_TRY_AGAIN)
      break;
  }
  switch (nl_os_status(sys)) {
  case NLINK_NOT_SUPPORTED: /* an old system */
  case NLINK_NOT_PERMITTED: /* a call filter that does not know openat2 */
    /* Nobody has looked at the pointer yet, and a bad one is the system's to refuse. */
    if (nl_os_status(nl_os_stat(&stat, dir, path, false)) == NLINK_BAD_POINTER)
      return nl_os_number(NLINK_BAD_POINTER);
    return nl_beneath_walk(fd, dir, path, how);
  case NLINK_TRY_AGAIN:    /* somebody renames without pause */
  case NLINK_SYMLINK_LOOP: /* a magic link too, which the walk tells from a loop */
    return nl_beneath_walk(fd, dir, path, how);
  default:
    return sys;
  }
}
