/*
 * moved.c - names that moved while they were sought
 *
 * A name that moves while a walk goes on can be met twice, and then as many names were found as the file has, though one
 * of them was not. Every change of a name changes the file's ctime: where that is the same after the last look as before
 * the first, all names stood at one moment.
 *
 * SPDX-License-Identifier: MIT
 */
#include "find/moved.h"

#include "os/os.h"
#include "path/spot.h"

static bool stands(int dir, const char *path, const struct nlink_stat *file) {
  struct nl_spot spot;
  int sys = nl_spot_open(&spot, dir, path, false, file->dev, file->ino);
  nl_spot_close(&spot);
  return sys == 0;
}

bool nl_moved_drop(struct nl_found **names, uint64_t *count, int dir, const char *path, bool follow,
                   const struct nlink_stat *before) {
  enum { MOST_TRIES = 3 };
  struct nlink_stat last = *before;
  for (unsigned tries = 0;; tries++) {
    struct nlink_stat now;
    if (nl_os_stat(&now, dir, path, follow) != 0 || !nl_os_is_same(&now, &last))
      return false;
    if (now.ctime_ns == last.ctime_ns && now.link_count == last.link_count)
      return *count >= now.link_count;
    if (tries == MOST_TRIES)
      return false;
    last = now;
    for (struct nl_found **at = names; *at != NULL;) {
      if (stands(dir, (*at)->path, &now)) {
        at = &(*at)->next;
      } else {
        *at = (*at)->next;
        --*count;
      }
    }
  }
}
