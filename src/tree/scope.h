/*
 * scope.h - what all that take roots and a scope check and fill in before they begin
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SCOPE_H
#define NL_SCOPE_H

#include "nlink.h"

struct nl_rules;

/** A scope that was checked, with its rules read. */
struct nl_scope {
  struct nlink_scope
      given; /* a copy: all limits are numbers to compare with, none says "no limit" by being 0 */
  struct nl_rules *rules; /* NULL = everything is taken in */
};

/**
 * Check a scope and copy it; its functions and ctx stay the caller's, its rules are not used any more.
 *
 * @param given  NULL = everything.
 * @param wrong  Out, where the result is NLINK_INVALID: what is wrong, a sentence without a full stop.
 *
 * @retval NLINK_OK         To be given back by nl_scope_fini().
 * @retval NLINK_INVALID    A wrong size or rule.
 * @retval NLINK_NO_MEMORY  Memory is exhausted.
 */
enum nlink_status nl_scope_open(struct nl_scope *out, const struct nlink_scope *given, const char **wrong);

/** Whether a look at each regular file is needed to know if it is taken in. */
bool nl_scope_needs_size(const struct nl_scope *scope);

/** Whether a regular file of this size is taken in. */
bool nl_scope_takes_size(const struct nl_scope *scope, uint64_t size_bytes);

void nl_scope_fini(struct nl_scope *scope);

/** What is wrong with the paths of a call, a sentence without a full stop; NULL = nothing. */
const char *nl_paths_wrong(const char *const *paths, size_t count);

#endif
