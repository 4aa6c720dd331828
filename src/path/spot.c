/*
 * spot.c - where a file is
 *
 * SPDX-License-Identifier: MIT
 */
#include "path/spot.h"

#include <string.h>

/* Step on to what a soft link holds. */
static int step_on(struct nl_spot *spot, const char *target) {
  struct nl_place next;
  int sys = nl_place_open(&next, spot->place.dir, target, false);
  if (sys != 0) {
    nl_place_close(&next);
    return sys;
  }
  if (next.owned == -1) { /* it stays in the same directory */
    next.owned = spot->place.owned;
    spot->place.owned = -1;
  }
  nl_place_close(&spot->place);
  spot->place = next;
  return 0;
}

static int follow_links(struct nl_spot *spot) {
  enum { MOST_LINKS = 40 };
  for (unsigned i = 0; i < MOST_LINKS; i++) {
    char *target = spot->target[i % 2];
    int sys = nl_os_readlink(target, sizeof spot->target[0], spot->place.dir, spot->place.name);
    enum nlink_status status = nl_os_status(sys);
    if (status == NLINK_INVALID || status == NLINK_NOT_SYMLINK)
      return 0;
    if (sys == 0)
      sys = step_on(spot, target);
    if (sys != 0)
      return sys;
  }
  return nl_os_number(NLINK_SYMLINK_LOOP);
}

int nl_spot_open(struct nl_spot *spot, int dir, const char *path, bool follow, uint64_t dev, uint64_t ino) {
  int sys = nl_place_open(&spot->place, dir, path, false);
  if (sys == 0 && follow)
    sys = follow_links(spot);
  struct nl_os_look look;
  if (sys == 0)
    sys = nl_os_look(&look, spot->place.dir, spot->place.name);
  if (sys == 0 && (look.dev != dev || look.ino != ino))
    sys = nl_os_number(NLINK_NOT_FOUND);
  return sys;
}

void nl_spot_close(struct nl_spot *spot) {
  nl_place_close(&spot->place);
}

int nl_absolute(struct nl_string *out, int dir, const char *name) {
  char path[NLINK_TARGET_SIZE];
  int sys = nl_os_directory_path(path, sizeof path, dir);
  if (sys != 0)
    return sys;
  nl_string_cut(out, 0);
  bool needs_slash = *name != '\0' && path[1] != '\0';
  bool added = nl_string_add(out, path, strlen(path)) && (!needs_slash || nl_string_add(out, "/", 1)) &&
               nl_string_add(out, name, strlen(name));
  return added ? 0 : nl_os_number(NLINK_NO_MEMORY);
}
