/*
 * journal.h - what is going to be done, on the disk before the first name changes; and what was done
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_JOURNAL_H
#define NL_JOURNAL_H

#include "task/store.h"

struct nl_journal;

/** Where journals are when nobody says where: the absolute path of a directory that may be missing; 0, or the system's error number. */
int nl_journal_directory(char *out, size_t size);

/**
 * Begin a journal: write the task, lock the file, and wait until it is on the disk, its directory entry too.
 *
 * @param path  Relative to @p dir; must not exist. NULL = a new one in the state directory, which is made where it is missing
 *              (nlink below it, with mode 0700).
 */
enum nlink_status nl_journal_begin(struct nl_journal **out, int dir, const char *path,
                                   const struct nl_task *task, struct nlink_error *error);

/**
 * Open an existing one to go on with it (recover, undo): locked and read. Its torn end is cut off when the first thing is
 * written; until then nothing is changed.
 *
 * @param task  Out: to be given back by nl_task_fini() where the result is NLINK_OK.
 *
 * @retval NLINK_BUSY  A process is at work on it.
 */
enum nlink_status nl_journal_resume(struct nl_journal **out, struct nl_task *task, struct nl_store_tail *tail,
                                    int dir, const char *path, struct nlink_error *error);

/** Its absolute path. */
const char *nl_journal_path(const struct nl_journal *journal);

/** Tell it how names fared, as the task has it; buffered, any thread, one at a time is seen to here. NULL = nothing. */
void nl_journal_names(struct nl_journal *journal, const struct nl_task *task, const uint32_t *names,
                      size_t count);

/**
 * Write all that is buffered, and the end: DONE, RECOVERED or UNDONE. The first failure of all writing since the beginning, or
 * NLINK_OK; after a failure it has no end, and is an unfinished one.
 */
enum nlink_status nl_journal_end(struct nl_journal *journal, enum nlink_journal_state state,
                                 const struct nl_store_tail *tail, struct nlink_error *error);

/** Unlock and forget; without nl_journal_end() before it is an unfinished one. NULL is allowed. */
void nl_journal_close(struct nl_journal *journal);

#endif
