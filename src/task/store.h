/*
 * store.h - a task as bytes in a file: a saved plan, and the beginning of a journal
 *
 * The format is told in docs/journal.md. Records with a length and a checksum each: a file that was cut anywhere is
 * read up to there, and nothing in it is believed that does not fit (every index, length and count is checked).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_STORE_H
#define NL_STORE_H

#include "task/task.h"

/** What became of names, and of the whole. */
struct nl_store_tail {
  uint64_t done_names;
  uint64_t gained_bytes;
  int64_t ended_ns;               /* NLINK_TIME_UNKNOWN = it has no end */
  enum nlink_journal_state state; /* UNFINISHED = it has no end; else as the last end says */
  char boot[40];                  /* the run of the system in which it was written last */
};

/** How it is written: appended to an open file, in large pieces. */
struct nl_store {
  int fd;
  int sys; /* the first failure; all that follows does nothing */
  struct nl_string buffer;
};

/** Write the header and all records of a task; @p is_journal tells a journal from a plan. Nothing is synced. */
int nl_store_task(struct nl_store *store, const struct nl_task *task, bool is_journal);

/** Append how names fared: of each name from @p first on, @p count of them, as the task has it. */
int nl_store_names(struct nl_store *store, const struct nl_task *task, const uint32_t *names, size_t count);

/** Append how the whole ended. */
int nl_store_end(struct nl_store *store, enum nlink_journal_state state, const struct nl_store_tail *tail);

/** Hand what is still in the buffer to the system. */
int nl_store_flush(struct nl_store *store);

void nl_store_fini(struct nl_store *store); /* the descriptor stays the caller's */

/**
 * Read a plan or a journal.
 *
 * @param task  Out: to be given back by nl_task_fini() where the result is NLINK_OK. With a journal that was cut before the end of
 *              its task, nothing had been done yet: the task is then as far as it is whole, and tail->state UNFINISHED.
 * @param whole Out: how many bytes of the file are good; what follows is torn and may be cut off.
 * @param error NULL = no detail.
 *
 * @retval NLINK_INVALID  Not such a file, of an unknown version, or damaged (a record whose checksum is wrong, before others that are good).
 */
enum nlink_status nl_store_read(struct nl_task *task, struct nl_store_tail *tail, bool *is_journal,
                                uint64_t *whole, int fd, struct nlink_error *error);

/** The same from memory, for who has the bytes. */
enum nlink_status nl_store_read_bytes(struct nl_task *task, struct nl_store_tail *tail, bool *is_journal,
                                      uint64_t *whole, const void *bytes, size_t count,
                                      struct nlink_error *error);

#endif
