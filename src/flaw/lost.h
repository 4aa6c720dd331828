/*
 * lost.h - what is left of the things that dangling soft links led to: something of the same name, nearest to where it
 * was
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_LOST_H
#define NL_LOST_H

#include "base/arena.h"
#include "tree/plan.h"

/** Something that is looked for, and what was found. */
struct nl_lost {
  const char *name;
  const char *expected; /* the absolute path of the directory where it was to be */
  const char *home;     /* that of the directory that the soft link is in */
  bool wants_directory;
  const char *candidate; /* out: its path, as a walk tells it; NULL = there is none */
  const char *fresh;     /* out: what the soft link is to hold to lead there; NULL = it cannot be told */
};

/**
 * Walk by names and find the nearest of each: that with the fewest steps up and down from where it was looked for; of
 * two such the first by the bytes of the path. A soft link that leads nowhere is none, nor is a directory that the
 * asking soft link is in.
 *
 * @param whole  Out: all was seen; else what was not found may be there all the same.
 * @param plan   The roots; what is to be looked at, and who takes, are filled in here.
 * @param arena  For what is found.
 *
 * @retval NLINK_OK, NLINK_CANCELLED, NLINK_NO_MEMORY
 */
enum nlink_status nl_lost_find(bool *whole, struct nl_lost *lost, size_t count,
                               const struct nl_walk_plan *plan, struct nl_arena *arena);

#endif
