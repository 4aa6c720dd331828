/*
 * holders.h - the names outside the roots that keep files inside them from being freed
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_HOLDERS_H
#define NL_HOLDERS_H

#include "find/seek.h"
#include "sum/account.h"
#include "sum/given.h"

/** All zeros = nothing is held. */
struct nl_holders {
  size_t *begins; /* nl_shared.begin of each file that is held */
  size_t count, room;
  struct nl_seek *seek; /* what was found, until it is written down */
};

/** What is known of the roots, and where to look. */
struct nl_holders_plan {
  int dir;
  const struct nl_walk *walk;
  const struct nl_account *account;
  const struct nl_given *given;
  const char *const *around; /* relative to dir; without any: the file systems that the files are on */
  size_t around_count;
  const struct nl_scope *scope; /* for its threads and its progress; nothing is left out of the search */
};

/** Remember a file that is held; false = memory is exhausted. */
bool nl_holders_add(struct nl_holders *holders, const struct nl_shared *shared);

/** Search. As nl_seek_run(), but NLINK_OK also where all was found. */
enum nlink_status nl_holders_seek(struct nl_holders *holders, const struct nl_holders_plan *plan);

/**
 * Write down what was found: that of most bytes first, those of one file by their bytes, and what is missing behind.
 *
 * @param out    In the arena, as all the texts.
 * @returns      false = memory is exhausted.
 */
bool nl_holders_write(struct nlink_space_holder **out, size_t *count, struct nl_arena *arena,
                      const struct nl_holders *holders, const struct nl_holders_plan *plan);

void nl_holders_fini(struct nl_holders *holders);

#endif
