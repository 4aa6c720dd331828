/*
 * stroll.h - trees walked in order by one thread, name by name
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_STROLL_H
#define NL_STROLL_H

#include "nlink.h"
#include "tree/node.h"
#include "tree/scope.h"

struct nl_stroll;

struct nl_stroll_plan {
  int dir;
  const char *const *paths; /* copied */
  size_t count;
  const struct nl_scope *scope; /* borrowed until the end */
  bool stat;                    /* look at each name */
  /* Something could not be looked at; or, where sys is 0, it is the directory `other` and not looked at again. */
  void (*stumble)(void *ctx, const char *path, enum nlink_step step, int sys, const char *other);
  bool (*goes_on)(void *ctx, const struct nlink_progress *progress); /* asked now and then; false = stop */
  void *ctx;
};

/** Prepare; no system call yet. */
enum nlink_status nl_stroll_open(struct nl_stroll **out, const struct nl_stroll_plan *plan);

/**
 * Step to the next name.
 *
 * @param entry  Out: borrowed until the next call; its place is a struct nl_dir.
 *
 * @retval NLINK_OK         @p entry is written.
 * @retval NLINK_END        There is none, also again.
 * @retval NLINK_CANCELLED  plan->goes_on said so; also again.
 * @retval NLINK_NO_MEMORY  Memory is exhausted; also again.
 */
enum nlink_status nl_stroll_next(struct nl_stroll *stroll, const struct nlink_walk_entry **entry);

/** Do not go into the directory that was given last. */
void nl_stroll_skip(struct nl_stroll *stroll);

void nl_stroll_close(struct nl_stroll *stroll);

#endif
