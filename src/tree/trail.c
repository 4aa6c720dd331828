/*
 * trail.c - the way down into a tree and up again: any depth, few descriptors
 *
 * Each directory is opened by its name relative to the one above, so no path is ever too long, and a
 * directory that is moved meanwhile cannot lead the walk elsewhere. Only the first and the last few steps
 * keep their descriptors. On the way up, a descriptor that was given back is won again through "..", and
 * taken only where it proves to be the same directory; else by the names from the first step down.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/trail.h"

#include "os/os.h"

#include <string.h>

enum { KEPT_OPEN = 16 };

static enum nlink_status refused(int *sys, int number) {
  *sys = number;
  return nl_os_status(number);
}

static struct nl_step *last(struct nl_trail *trail) {
  return &trail->steps[trail->count - 1];
}

/* Put the open directory at the end of the trail; the descriptor is closed where that fails. */
static enum nlink_status add_step(struct nl_trail *trail, const char *name, int fd, int *sys) {
  struct nlink_stat stat;
  int number = nl_os_stat_fd(&stat, fd);
  if (number != 0) {
    nl_os_close(fd);
    return refused(sys, number);
  }
  if (trail->count == trail->room) {
    size_t room = trail->room < 16 ? 16 : trail->room * 2;
    struct nl_step *steps = nl_realloc(trail->steps, room * sizeof *steps);
    if (steps == NULL) {
      nl_os_close(fd);
      return NLINK_NO_MEMORY;
    }
    trail->steps = steps;
    trail->room = room;
  }
  trail->steps[trail->count++] = (struct nl_step){.name = name,
                                                  .fd = fd,
                                                  .path_length = trail->path.length,
                                                  .dev = stat.dev,
                                                  .ino = stat.ino,
                                                  .btime_ns = stat.btime_ns};
  return NLINK_OK;
}

enum nlink_status nl_trail_begin(struct nl_trail *trail, int dir, const char *path, int *sys) {
  *sys = 0;
  nl_string_cut(&trail->path, 0);
  if (!nl_string_add(&trail->path, path, strlen(path)))
    return NLINK_NO_MEMORY;
  int fd = -1;
  int number = nl_os_open_to_read(&fd, dir, path, false);
  return number != 0 ? refused(sys, number) : add_step(trail, path, fd, sys);
}

/* Win back the last step's descriptor by the names from the first step on. */
static int find_again(struct nl_trail *trail) {
  int at = trail->steps[0].fd;
  for (size_t i = 1; i < trail->count; i++) {
    int next = -1;
    int number = nl_os_open(&next, at, trail->steps[i].name, NL_OS_SUBDIRECTORY);
    if (at != trail->steps[0].fd)
      nl_os_close(at);
    if (number != 0)
      return number;
    at = next;
  }
  struct nl_step *step = last(trail);
  struct nlink_stat stat;
  int number = nl_os_stat_fd(&stat, at);
  if (number == 0 && (stat.dev != step->dev || stat.ino != step->ino))
    number = nl_os_number(NLINK_NOT_FOUND);
  if (number == 0)
    step->fd = at;
  else
    nl_os_close(at);
  return number;
}

int nl_trail_reopen(struct nl_trail *trail, int *fd) {
  int number = last(trail)->fd < 0 ? find_again(trail) : 0;
  *fd = last(trail)->fd;
  return number;
}

enum nlink_status nl_trail_down(struct nl_trail *trail, const char *name, int *sys) {
  *sys = 0;
  int above = -1;
  int fd = -1;
  int number = nl_trail_reopen(trail, &above);
  if (number == 0)
    number = nl_os_open_to_read(&fd, above, name, false);
  if (number != 0)
    return refused(sys, number);
  if (!nl_trail_path_to(trail, name)) {
    nl_os_close(fd);
    return NLINK_NO_MEMORY;
  }
  enum nlink_status status = add_step(trail, name, fd, sys);
  if (status != NLINK_OK) {
    nl_trail_path_back(trail);
    return status;
  }
  if (trail->count > KEPT_OPEN + 1) {
    struct nl_step *old = &trail->steps[trail->count - KEPT_OPEN - 1]; /* never the first */
    nl_os_close(old->fd);
    old->fd = -1;
  }
  return NLINK_OK;
}

/* Win back the descriptor of the directory above through "..". What does not prove to be it is left alone. */
static void find_above(struct nl_step *above, int below) {
  int fd = -1;
  struct nlink_stat stat;
  if (below < 0 || nl_os_open(&fd, below, "..", NL_OS_SUBDIRECTORY) != 0)
    return;
  if (nl_os_stat_fd(&stat, fd) == 0 && stat.dev == above->dev && stat.ino == above->ino)
    above->fd = fd;
  else
    nl_os_close(fd);
}

void nl_trail_up(struct nl_trail *trail) {
  int fd = last(trail)->fd;
  trail->count--;
  if (trail->count > 0) {
    if (last(trail)->fd < 0)
      find_above(last(trail), fd);
    nl_trail_path_back(trail);
  }
  nl_os_close(fd);
}

bool nl_trail_path_to(struct nl_trail *trail, const char *name) {
  size_t length = trail->path.length;
  bool needs_slash = length > 0 && trail->path.text[length - 1] != '/';
  if (needs_slash && !nl_string_add(&trail->path, "/", 1))
    return false;
  if (nl_string_add(&trail->path, name, strlen(name)))
    return true;
  nl_string_cut(&trail->path, length);
  return false;
}

void nl_trail_path_back(struct nl_trail *trail) {
  nl_string_cut(&trail->path, last(trail)->path_length);
}

void nl_trail_fini(struct nl_trail *trail) {
  if (trail == NULL)
    return;
  for (size_t i = 0; i < trail->count; i++)
    nl_os_close(trail->steps[i].fd);
  nl_free(trail->steps);
  nl_string_fini(&trail->path);
  *trail = (struct nl_trail){0};
}
