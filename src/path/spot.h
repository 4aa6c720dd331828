/*
 * spot.h - where a file is: the directory, and the file's name in it, after all soft links at the end of its path
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SPOT_H
#define NL_SPOT_H

#include "base/memory.h"
#include "path/place.h"

struct nl_spot {
  struct nl_place place;             /* its name is one part of a path, or static */
  char target[2][NLINK_TARGET_SIZE]; /* what the soft links on the way held, by turns */
};

/**
 * Find out where a file is.
 *
 * @param follow    Soft links at the end of the path lead on.
 * @param dev, ino  What has to stand there: what the system finds by some paths (/proc/self/fd/3) is elsewhere.
 * @returns         0, or the system's error number; the spot is to be closed in both cases.
 */
int nl_spot_open(struct nl_spot *spot, int dir, const char *path, bool follow, uint64_t dev, uint64_t ino);

void nl_spot_close(struct nl_spot *spot);

/** The absolute path of a name in an open directory; "" = of the directory. 0, or the system's error number. */
int nl_absolute(struct nl_string *out, int dir, const char *name);

#endif
