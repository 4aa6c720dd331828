/*
 * largest.h - the files of several names that occupy most
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_LARGEST_H
#define NL_LARGEST_H

#include "sum/account.h"

/** What decides which of two files comes first; the last two are for files that are alike. */
struct nl_large {
  uint64_t allocated_bytes;
  uint64_t size_bytes;
  uint64_t ino;
  uint64_t dev;
  size_t begin; /* nl_shared.begin */
};

/** At most so many of those that were added; all zeros but `most` = empty. */
struct nl_largest {
  size_t most;
  struct nl_large *files; /* the smallest of them first, in the order of a heap */
  size_t count;
  size_t room;
};

/** false = memory is exhausted. */
bool nl_largest_add(struct nl_largest *largest, const struct nl_shared *shared);

/** Put them in order, the largest first; nothing can be added afterwards. */
void nl_largest_settle(struct nl_largest *largest);

void nl_largest_fini(struct nl_largest *largest);

#endif
