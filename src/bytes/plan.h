/*
 * plan.h - what is compared, how a file is reached, and what comes of it
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SAME_PLAN_H
#define NL_SAME_PLAN_H

#include "base/sort.h"
#include "nlink.h"

/** Files of equal contents, two at least, in any order. */
struct nl_same_class {
  struct nl_same_class *next;
  uint64_t size_bytes;
  size_t count;
  const void *files[];
};

/** How far the comparing has come. What need not be read any more counts as done. */
struct nl_same_count {
  uint64_t files;
  uint64_t all_files;
  uint64_t bytes;
  uint64_t all_bytes;
};

/** What is compared, and how a file is reached. Every function but `between` is called by all workers at once. */
struct nl_same_plan {
  const struct nl_sort_item *items; /* by key = the size in bytes, not 0; each item's `what` is a file */
  size_t count;
  uint64_t memory_bytes; /* at most so much for contents */
  unsigned workers;
  int (*open)(void *ctx, unsigned worker, const void *file, int *fd);
  /* Look at whatever else the open file tells, once a file; not 0 = it is equal to nothing, for that reason. */
  int (*look)(void *ctx, unsigned worker, const void *file, int fd);
  /* It cannot be read, and equals nothing. sys 0 = its size is not what it was. */
  void (*trouble)(void *ctx, unsigned worker, const void *file, enum nlink_step step, int sys);
  /* Whether the file lies where files may share blocks, so that asking for those is worth while. */
  bool (*may_share)(void *ctx, const void *file);
  bool (*between)(void *ctx, const struct nl_same_count *count); /* in the caller's thread; false = stop */
  void *ctx;
};

#endif
