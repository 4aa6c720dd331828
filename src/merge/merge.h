/*
 * merge.h - the way from trees to a task: walk, compare, choose, fill
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_MERGE_H
#define NL_MERGE_H

#include "merge/fill.h"
#include "tree/scope.h"

/**
 * Plan how equal files become one.
 *
 * @param task      Begun; filled here, its report too.
 * @param shown     Out: as nl_fill() has it.
 * @param options   Checked.
 * @param troubles  Out: how many there were; each was told to the scope's on_event.
 *
 * @retval NLINK_OK, NLINK_CANCELLED, NLINK_NO_MEMORY
 * @retval NLINK_INVALID  A rule of options->keep_rules is none.
 */
enum nlink_status nl_merge(struct nl_task *task, struct nl_shown **shown, int dir, const char *const *paths,
                           size_t count, const struct nlink_dedupe_options *options,
                           const struct nl_scope *scope, size_t *troubles);

#endif
