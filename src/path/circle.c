/*
 * circle.c - whether a soft link would lead to itself
 *
 * The way is gone soft link by soft link, through descriptors, as the system would go it if the new soft link
 * stood at the place. It is a circle if it comes by the place's own name: one directory, one last component.
 *
 * SPDX-License-Identifier: MIT
 */
#include "path/circle.h"

#include "os/os.h"

#include <string.h>

enum { HOPS = 40 }; /* as many soft links as the system follows */

static int is_same_name(bool *same, const struct nl_place *a, const struct nl_place *b) {
  struct nlink_stat a_dir;
  struct nlink_stat b_dir;
  size_t a_length = 0;
  size_t b_length = 0;
  const char *a_name = a->name + nl_path_last(a->name, &a_length);
  const char *b_name = b->name + nl_path_last(b->name, &b_length);
  *same = a_length == b_length && memcmp(a_name, b_name, a_length) == 0;
  if (!*same)
    return 0;
  int sys = nl_os_stat(&a_dir, a->dir, ".", true);
  if (sys != 0)
    return sys;
  sys = nl_os_stat(&b_dir, b->dir, ".", true);
  if (sys != 0)
    return sys;
  *same = nl_os_is_same(&a_dir, &b_dir);
  return 0;
}

/*
 * One step: from the directory @p dir along @p path, whose last component may be a soft link. *found = it is the
 * place's own name; else @p held is what the soft link there holds, and *next the directory that it is read from.
 */
static int step(bool *found, struct nl_place *next, char *held, const struct nl_place *place, int dir,
                const char *path) {
  struct nl_string way = {0}; /* without the slashes at the end, which only say that it goes on */
  size_t length = 0;
  size_t last = nl_path_last(path, &length);
  int sys = nl_path_prefix(&way, path, last + length) ? 0 : nl_os_number(NLINK_NO_MEMORY);
  if (sys == 0)
    sys = nl_place_open(next, dir, way.text, false);
  if (sys == 0)
    sys = is_same_name(found, place, next);
  if (sys == 0 && !*found)
    sys = nl_os_readlink(held, NLINK_TARGET_SIZE, next->dir, next->name);
  nl_string_fini(&way);
  return sys;
}

int nl_circle_look(bool *itself, const struct nl_place *place, const char *target) {
  struct nlink_stat old;
  char held[NLINK_TARGET_SIZE];
  int dir = place->dir;
  int owned = -1; /* `dir`, where it is ours to close */
  bool found = false;
  int sys = nl_os_stat(&old, place->dir, place->name, false);
  for (int hop = 0; sys == 0 && !found && hop < HOPS; hop++) {
    struct nl_place next = {dir, NULL, -1};
    sys = step(&found, &next, held, place, dir, target);
    target = held;
    if (next.owned >= 0) { /* else it is where we stood before */
      nl_os_close(owned);
      dir = owned = next.owned;
    }
  }
  nl_os_close(owned);
  *itself = sys == 0 && found;
  return sys == 0 || nl_path_ends(sys) ? 0 : sys;
}
