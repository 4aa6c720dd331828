/*
 * deliver.h - a task from its journal's beginning to its end
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_DELIVER_H
#define NL_DELIVER_H

#include "safe/act.h"

/**
 * Do what a task says, as every verb does that acts upon one: what earlier work left unfinished in its directories is
 * mended first, and told to on_event; then the task is in a journal before the first name changes. A task in which nothing
 * is to be done needs no journal.
 *
 * @param report   What was done; written in every case.
 * @param journal  Out: the absolute path of the journal; as it was where there is none. The caller's to give back.
 * @param task     With a seed of its own: see nl_task_begin().
 * @param options  NULL = the defaults. dry_run is not looked at.
 * @param phase    What on_progress is told.
 *
 * @retval NLINK_INVALID  A wrong size.
 * @retval ...            As nl_journal_begin() and nl_act_run(). Where only the journal's end could not be written, that is
 *                        told to on_event, and the answer is PARTIAL.
 */
enum nlink_status nl_deliver(struct nl_act_report *report, struct nl_string *journal, struct nl_task *task,
                             const struct nlink_apply_options *options, enum nlink_phase phase,
                             struct nlink_error *error);

#endif
