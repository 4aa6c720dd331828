/*
 * trail.h - the way down into a tree and up again: any depth, few descriptors
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_TRAIL_H
#define NL_TRAIL_H

#include "base/memory.h"
#include "nlink.h"

/** One directory on the way. */
struct nl_step {
  const char *name;   /* in the directory above; the caller's, as long as the step is on the trail */
  int fd;             /* open to read names; -1 = given back for the time being, or lost */
  size_t path_length; /* of the trail's path at this step */
  uint64_t dev;
  uint64_t ino;
  int64_t btime_ns;
};

/** All zeros = not begun. The last step is where the trail is; path is that directory's. */
struct nl_trail {
  struct nl_step *steps;
  size_t count;
  size_t room;
  struct nl_string path;
};

/**
 * Begin at the directory @p path, which may be no soft link. Between nl_trail_begin() and the last nl_trail_up() a trail holds
 * descriptors; nl_trail_fini() gives them back at any time.
 *
 * @param sys  Out, where the result is negative: the system's error number; 0 = it was not asked.
 */
enum nlink_status nl_trail_begin(struct nl_trail *trail, int dir, const char *path, int *sys);

/** Step down into the directory @p name, which may be no soft link. Not done = the trail is where it was. */
enum nlink_status nl_trail_down(struct nl_trail *trail, const char *name, int *sys);

/** The descriptor of the present directory, won back where it was given back; 0, or the system's error number. */
int nl_trail_reopen(struct nl_trail *trail, int *fd);

/** Step up into the directory above; from the first one, off the trail. */
void nl_trail_up(struct nl_trail *trail);

/** Make trail->path the path of @p name in the present directory, until nl_trail_path_back(). */
bool nl_trail_path_to(struct nl_trail *trail, const char *name);
void nl_trail_path_back(struct nl_trail *trail);

void nl_trail_fini(struct nl_trail *trail);

#endif
