/*
 * walk.h - trees walked in parallel: each name once, whatever happens meanwhile
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_WALK_H
#define NL_WALK_H

#include "tree/plan.h"

struct nl_walk;

/** How many workers a walk of this scope has. */
unsigned nl_walk_workers(const struct nl_scope *scope);

/**
 * Walk.
 *
 * @param out  The walk, with its nodes; NULL where the result is NLINK_NO_MEMORY.
 *
 * @retval NLINK_OK         All was seen but what nl_walk_troubles() tells.
 * @retval NLINK_END        plan->take said stop.
 * @retval NLINK_CANCELLED  The scope's on_progress said stop.
 */
enum nlink_status nl_walk_run(struct nl_walk **out, const struct nl_walk_plan *plan);

/** The directory that the path @p index is; NULL = it is none, or could not be entered. */
struct nl_dir *nl_walk_root(const struct nl_walk *walk, size_t index);

/** The path @p index; NULL = it is a directory that was walked, could not be looked at, or is left out. */
const struct nl_walk_single *nl_walk_single(const struct nl_walk *walk, size_t index);

/** The directory of this identity, walked or NL_DIR_LISTED; NULL = there is none. */
struct nl_dir *nl_walk_find(const struct nl_walk *walk, uint64_t dev, uint64_t ino);

/**
 * All directories by their numbers: those that were walked, and those (NL_DIR_LISTED) that only hold single names.
 * The caller's to give back by nl_free(); NULL = memory is exhausted, or there are none.
 */
struct nl_dir **nl_walk_directories(const struct nl_walk *walk, size_t *count);

/** What went wrong, in any order; NULL = nothing. */
const struct nl_trouble *nl_walk_troubles(const struct nl_walk *walk);

void nl_walk_close(struct nl_walk *walk);

#endif
