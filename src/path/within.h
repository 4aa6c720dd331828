/*
 * within.h - directories by their absolute paths, and which of them another path lies in
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_WITHIN_H
#define NL_WITHIN_H

#include "base/memory.h"
#include "nlink.h"

struct nl_within_root {
  const char *given; /* borrowed */
  char *path;        /* absolute, as the system tells it */
  uint64_t mount_id;
};

/** All zeros = none. */
struct nl_within {
  struct nl_within_root *roots;
  size_t count;
};

/**
 * @param roots  Directories, and no soft links; they are borrowed.
 * @returns      0, or the system's error number where one of them is none or its path is not known: then all is given back.
 */
int nl_within_open(struct nl_within *out, int dir, const char *const *roots, size_t count);

/**
 * Turn the absolute path of a name, as the system tells it, into one below the outermost root that it lies in, as that
 * was given.
 *
 * @param inside  Out: whether it lies in one; if not, @p out is as it was.
 * @returns       false = memory is exhausted.
 */
bool nl_within_path(struct nl_string *out, bool *inside, const struct nl_within *within, const char *path);

void nl_within_close(struct nl_within *within);

#endif
