/*
 * starts.h - where a walk for the names of files begins, when nothing is said of where to look
 *
 * Names of one file mostly lie near each other. So a walk begins with the directory of the file and those above it, from
 * the nearest up to where the file system begins: it ends as soon as all names are found.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_STARTS_H
#define NL_STARTS_H

#include "base/arena.h"
#include "nlink.h"

struct nl_starts_list {
  const char **texts;
  size_t count;
  size_t room;
};

/** All zeros = empty. */
struct nl_starts {
  struct nl_arena texts;
  struct nl_starts_list far;  /* as nl_seek_start() tells */
  struct nl_starts_list near; /* directories below these, the nearest to its file first */
};

/**
 * Add what a file in the directory @p dir needs.
 *
 * @param near    Also the directories near it.
 * @param start   Out: the far one; the same text for all files that have it in common.
 * @param halted  As nl_seek_start().
 * @returns       0, or the system's error number.
 */
int nl_starts_add(struct nl_starts *starts, int dir, bool near, const char **start, int *halted);

/** Add this path, where no other is known; NULL = memory is exhausted. */
const char *nl_starts_add_path(struct nl_starts *starts, const char *path);

/** All of them as the roots of a walk, in one block that nl_free() gives back; NULL = memory is exhausted. */
const char **nl_starts_roots(const struct nl_starts *starts, size_t *count);

void nl_starts_fini(struct nl_starts *starts);

#endif
