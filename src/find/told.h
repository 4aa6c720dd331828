/*
 * told.h - the names of a file that its file system tells, each verified
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_TOLD_H
#define NL_TOLD_H

#include "base/arena.h"
#include "nlink.h"

/** A name that was told, and that leads to the file. */
struct nl_told_name {
  struct nl_told_name *next;
  const char *path;  /* absolute */
  size_t dir_length; /* how much of it is its directory's; 0 = that is "/" */
};

/** All zeros = empty. */
struct nl_told {
  struct nl_arena texts;
  struct nl_told_name *names;
  uint64_t count;        /* how many these are */
  uint64_t out_of_sight; /* their directories are outside of what is mounted */
  uint64_t hidden;       /* something else is seen in their place, or nothing */
  uint64_t denied;       /* their directories may not be entered */
  const char *example;   /* the path of one that is hidden or denied; NULL = there is none */
};

/**
 * Ask the file system for all names of the file @p name in the directory @p dir.
 *
 * @param dev, ino  Its identity.
 * @returns         0 = all were told; else the system's error number, and @p told is empty.
 */
int nl_told_ask(struct nl_told *told, int dir, const char *name, uint64_t dev, uint64_t ino);

void nl_told_fini(struct nl_told *told);

#endif
