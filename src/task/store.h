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

/** How it is written: appended to an open file, in large pieces. All zeros but fd. */
struct nl_store {
  int fd;
  int sys; /* the first failure; all that follows does nothing */
  struct nl_string buffer;
  uint64_t at;   /* where in the file the buffer begins */
  uint64_t seed; /* what the marks of its records are made of */
  size_t record; /* where in the buffer the record begins that is being written */
};

/** Go on with a journal that was read, behind its first @p whole bytes. */
void nl_store_resume(struct nl_store *store, const struct nl_task *task, uint64_t whole);

/**
 * Write the header and all records of a task; @p is_journal tells a journal from a plan. What is last in the buffer is
 * handed on by nl_store_flush(); nothing is synced.
 *
 * @returns 0, or the system's error number: also what the buffer has no memory for, or an item that is too long.
 */
int nl_store_task(struct nl_store *store, const struct nl_task *task, bool is_journal);

/** Append how names fared: of each of the @p count names in @p names, as the task has it. */
int nl_store_names(struct nl_store *store, const struct nl_task *task, const uint32_t *names, size_t count);

/** Append how the whole ended: DONE, RECOVERED or UNDONE. Of the tail, the counts are written. */
int nl_store_end(struct nl_store *store, enum nlink_journal_state state, const struct nl_store_tail *tail);

/** Hand what is still in the buffer to the system. */
int nl_store_flush(struct nl_store *store);

void nl_store_fini(struct nl_store *store); /* the descriptor stays the caller's */

/**
 * Read a plan or a journal.
 *
 * @param task  Out: what it held is not given back. To be given back by nl_task_fini() where the result is NLINK_OK. Of a
 *              journal that was cut before the end of its task nothing had been done yet: the task is then empty but for
 *              seed, verb and made_ns, tail->state is UNFINISHED, and a journal that goes on with it begins behind the header.
 *              A name whose outcome was not told is NL_TASK_OPEN.
 * @param tail  Out. Without an end, done_names is what the names tell.
 * @param whole Out: how many bytes of the file are good. What follows is torn and may be cut off: after a power cut it can
 *              be anything, since what became of names is not synced; the tree knows better.
 * @param error NULL = no detail.
 *
 * @retval NLINK_OK       All that a caller may stumble over was looked at: indexes, ranges, counts, numbers of enums, texts.
 * @retval NLINK_INVALID  Not such a file, of an unknown version, or damaged: a plan that was cut, a bad record in the task
 *                        with good ones behind it, or a good one that holds nonsense.
 * @retval NLINK_NO_MEMORY, and what reading answers.
 */
enum nlink_status nl_store_read(struct nl_task *task, struct nl_store_tail *tail, bool *is_journal,
                                uint64_t *whole, int fd, struct nlink_error *error);

/** The same from memory, for who has the bytes. */
enum nlink_status nl_store_read_bytes(struct nl_task *task, struct nl_store_tail *tail, bool *is_journal,
                                      uint64_t *whole, const void *bytes, size_t count,
                                      struct nlink_error *error);

/** Whether the journal ends with its end: a quick look; false = it may have none, read it. */
bool nl_store_has_end(int fd);

#endif
