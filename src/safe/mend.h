/*
 * mend.h - what a crash left in the middle: finished, or taken back
 *
 * The rule is told at the head of mend.c. What is done is the same whether the process was killed or the power was cut:
 * the tree itself is looked at, and the journal is believed only in what was meant, never in what is on the disk.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SAFE_MEND_H
#define NL_SAFE_MEND_H

#include "safe/journal.h"

/**
 * Look at each name of a task that a crash may have left in the middle, and finish it or take it back: the temporary
 * name is gone afterwards, and the name holds its old file or the kept one. States in the task are set, the journal is
 * told of them, and ended: RECOVERED, unless something of ours stays in the tree, or on_progress said stop.
 *
 * With options->dry_run nothing is changed, neither in the tree nor in the journal; the report tells what would be done.
 *
 * @param report   Added to.
 * @param task     As the journal has it.
 * @param tail     As the journal has it; what it counts is counted anew.
 * @param journal  Resumed; NULL = nobody is told.
 * @param options  Checked.
 *
 * @retval NLINK_OK         Nothing is left in the middle, and no name is missing.
 * @retval NLINK_PARTIAL    on_left and on_event told what stays, and which names are missing.
 * @retval NLINK_CANCELLED  on_progress said so.
 * @retval NLINK_NO_MEMORY, and what writing the journal answers: it can be called again.
 */
enum nlink_status nl_act_mend(struct nlink_repair_report *report, struct nl_task *task,
                              struct nl_store_tail *tail, struct nl_journal *journal,
                              const struct nlink_apply_options *options, struct nlink_error *error);

/** Count anew what a journal's end tells: how many names are done, and what files without a name left occupied. */
void nl_mend_count(struct nl_store_tail *tail, const struct nl_task *task);

/**
 * nl_act_mend() for the journal at @p path: it is resumed, mended where it is unfinished, and closed. An ended one is looked at
 * only where the system was started anew since: after a power cut the tree can be in an earlier state than it tells.
 *
 * @retval NLINK_BUSY  A process is at work on it.
 * @retval ...         As nl_journal_resume() and nl_act_mend().
 */
enum nlink_status nl_mend_journal(struct nlink_repair_report *report, int dir, const char *path,
                                  const struct nlink_apply_options *options, struct nlink_error *error);

/** Whether a journal ends within its header: who wrote it was killed there, before anything was done. */
bool nl_mend_is_only_begun(int dir, const char *path);

/**
 * The same for all unfinished journals in the state directory with names in these directories or below them: for who is
 * about to act there. Those at which a process works are left alone, those that cannot be read are told to on_event.
 *
 * @param report  Added to; report->journals = how many were mended, 0 = there is nothing to tell.
 * @param dirs    Absolute paths, without soft links, as a task has them; NULL = everywhere.
 * @param count   How many.
 *
 * @retval NLINK_OK  Also where there is no state directory.
 * @retval ...       The worst that came: NO_MEMORY and CANCELLED end it, all else is PARTIAL.
 */
enum nlink_status nl_mend_below(struct nlink_repair_report *report, const char *const *dirs, size_t count,
                                const struct nlink_apply_options *options, struct nlink_error *error);

#endif
