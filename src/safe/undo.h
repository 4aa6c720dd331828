/*
 * undo.h - from what a journal's work did, the task that takes it back
 *
 * The task is acted upon by nl_act_run(), with a journal of its own. It is made of what the tree holds now; the
 * journal says what that was before. A group is one old file, whose names are to share one file again:
 *
 *   names of hard links  A file of deed COPY, `keep` = NL_TASK_NO_FILE: the kept file as it is now (dev, ino, size, mtime,
 *                        ctime), and those of its names that are to be given back. The copy is made of itself.
 *   soft links           First the kept file, deed NONE, with a name to open it by. Behind it a file of deed COPY for
 *                        each soft link, `keep` = the first: dev, ino and target are the soft link's. The copy is made of `keep`.
 *
 * In both, `own` is the old file's. A group with several files of deed COPY (soft links; a kept file that had as many names
 * as it could have) makes ONE new file: the names of all of them become names of that.
 *
 * Where the old file, or a copy that an interrupted undo made, still has a name, the group is like one of dedupe: the first
 * file is that one, deed NONE, and those behind it have deed LINK; soft links among them have their target noted.
 *
 * A soft link that was aimed is a group of one file of deed AIM: `aim` is what it held, `own` has its old owner and times.
 * One that was removed is made anew by undo itself: nothing stands there that could be lost.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_UNDO_H
#define NL_UNDO_H

#include "safe/journal.h"

/**
 * Take back what the work of a journal did.
 *
 * @param report   Added to.
 * @param dir      What @p path is relative to.
 * @param path     The journal.
 * @param options  Checked; its journal and no_journal are not looked at.
 *
 * The results are those of nlink_undo().
 */
enum nlink_status nl_undo_journal(struct nlink_repair_report *report, int dir, const char *path,
                                  const struct nlink_apply_options *options, struct nlink_error *error);

/**
 * Mend the journal at @p path, and what an interrupted undoing of it left: that is in "PATH.undo", where @p path is not in the
 * state directory. The results are those of nl_mend_journal().
 */
enum nlink_status nl_undo_recover(struct nlink_repair_report *report, int dir, const char *path,
                                  const struct nlink_apply_options *options, struct nlink_error *error);

#endif
