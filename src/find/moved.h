/*
 * moved.h - names that moved while they were sought
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_MOVED_H
#define NL_MOVED_H

#include "nlink.h"

/** A name that was found. */
struct nl_found {
  struct nl_found *next;
  const char *path;
};

/**
 * Take out the names that are not the file's any more, where the file has changed since @p before.
 *
 * @param names, count  What was found since then.
 * @param dir           What all paths are relative to.
 * @param path, follow  The file, and whether a soft link at the end leads on.
 * @returns             Whether those that are left are as many as the file has, all of them at one moment.
 */
bool nl_moved_drop(struct nl_found **names, uint64_t *count, int dir, const char *path, bool follow,
                   const struct nlink_stat *before);

#endif
