/*
 * act.h - do a task: many names replaced, and nothing lost
 *
 * The protocol is told at the head of act.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_ACT_H
#define NL_ACT_H

#include "safe/journal.h"

/** What was done. */
struct nl_act_report {
  uint64_t done_files;
  uint64_t done_names;
  uint64_t gained_bytes;
  uint64_t left_names;
  uint64_t failed;
  uint64_t stuck_names; /* whose temporary name is left: the journal has to stay unfinished */
};

/**
 * Do what the task says, in parallel. Every name's state and reason are in the task afterwards and told to the journal.
 *
 * @param journal  Begun with this task; NULL = none.
 * @param options  Checked; its journal and no_journal are not looked at.
 * @param phase    What on_progress is told.
 *
 * @retval NLINK_OK         All was done.
 * @retval NLINK_PARTIAL    Some names were left alone.
 * @retval NLINK_CANCELLED  on_progress said so.
 * @retval NLINK_NO_SPACE, NLINK_QUOTA, NLINK_IO, NLINK_READ_ONLY, NLINK_NO_MEMORY
 *                          It ended there; names not reached are left for NLINK_LEFT_STOPPED.
 */
enum nlink_status nl_act_run(struct nl_act_report *report, struct nl_task *task, struct nl_journal *journal,
                             const struct nlink_apply_options *options, enum nlink_phase phase,
                             struct nlink_error *error);

#endif
