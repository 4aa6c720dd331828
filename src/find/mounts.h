/*
 * mounts.h - where else a file system is seen, and where not
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_MOUNTS_H
#define NL_MOUNTS_H

#include "nlink.h"

/** What a look at a file system from one place leaves out; the paths are quoted, and short enough for a sentence. */
struct nl_mounts_view {
  bool known;
  bool whole;      /* all of the file system is there to be seen, but for what is covered */
  char other[200]; /* where another mount shows what is not seen here, or may show it; "" = nowhere */
  char part[200];  /* where not all is seen: what of it */
  uint64_t covers; /* how many names something else is mounted over */
  char cover[200]; /* one of them, the newest */
};

/**
 * Find out.
 *
 * @param mount_id  The mount that the file was seen through.
 * @param start_id  The mount that the look began in, and further into those of the same file system; 0 = no further.
 * @param start     Where it began: an absolute path; NULL = at the mount itself.
 */
void nl_mounts_look(struct nl_mounts_view *out, uint64_t mount_id, uint64_t start_id, const char *start);

/** Whether nothing is mounted in the directory of this absolute path; false = something is, or it is not known. */
bool nl_mounts_none_in(const char *path);

#endif
