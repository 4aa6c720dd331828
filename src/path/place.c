/*
 * place.c - where a name stands, or is to stand
 *
 * SPDX-License-Identifier: MIT
 */
#include "path/place.h"

#include "path/beneath.h"

#include <string.h>

size_t nl_path_last(const char *path, size_t *length) {
  size_t end = strlen(path);
  while (end > 0 && path[end - 1] == '/')
    end--;
  size_t begin = end;
  while (begin > 0 && path[begin - 1] != '/')
    begin--;
  *length = end - begin;
  return begin;
}

bool nl_path_prefix(struct nl_string *out, const char *path, size_t length) {
  nl_string_cut(out, 0);
  return length > 0 ? nl_string_add(out, path, length) : nl_string_add(out, ".", 1);
}

int nl_path_open(int *fd, int dir, const char *path, enum nl_os_open how, bool beneath) {
  return beneath ? nl_beneath_open(fd, dir, path, how) : nl_os_open(fd, dir, path, how);
}

int nl_place_open(struct nl_place *place, int dir, const char *path, bool beneath) {
  size_t length = 0;
  size_t begin = nl_path_last(path, &length);
  *place = (struct nl_place){dir, path + begin, -1};
  if (beneath && path[0] == '/')
    return nl_os_number(NLINK_ESCAPES);
  if (length == 0) { /* "", or nothing but slashes: the system knows what to say of those */
    place->name = path;
    return 0;
  }
  bool is_up = beneath && length == 2 && memcmp(path + begin, "..", 2) == 0;
  if (begin == 0 && !is_up)
    return 0;
  if (is_up) { /* It must not lead out, even for the length of a look; where it stays inside it is a directory. */
    place->name = ".";
    begin += length;
  }
  struct nl_string parent = {0};
  int sys = nl_os_number(NLINK_NO_MEMORY);
  if (nl_path_prefix(&parent, path, begin))
    sys = nl_path_open(&place->owned, dir, parent.text, NL_OS_DIRECTORY, beneath);
  nl_string_fini(&parent);
  if (sys == 0)
    place->dir = place->owned;
  return sys;
}

void nl_place_close(struct nl_place *place) {
  if (place == NULL)
    return;
  nl_os_close(place->owned);
  place->owned = -1;
}

bool nl_path_ends(int sys) {
  switch (nl_os_status(sys)) {
  case NLINK_INVALID: /* no soft link */
  case NLINK_NOT_FOUND:
  case NLINK_NOT_DIRECTORY:
  case NLINK_DENIED:
  case NLINK_NAME_TOO_LONG:
  case NLINK_SYMLINK_LOOP: /* something below a circle */
    return true;
  default:
    return false;
  }
}
