/*
 * act.h - what the verbs have in common that replace names: dedupe, apply, recover, undo
 *
 * Their options, what is told while they work, and how they end. A verb does:
 *
 *   struct act act;
 *   act_init(&act, out);
 *   ... act_read(), or act_take() for each option and act_goes_together() at the end of the command line
 *   act_begin(&act);
 *   status = nlink_dedupe_apply(..., &act.how, &error);
 *   return act_end(&act, status, &error, what, done, failed);      after the report was written
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_ACT_H
#define NLINK_CLI_ACT_H

#include "nlink.h"
#include "options.h"
#include "progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out;

enum act_id {
  ACT_ID_JOURNAL = 400,
  ACT_ID_NO_JOURNAL,
  ACT_ID_UNGUARDED,
  ACT_ID_THREADS,
  ACT_ID_DRY_RUN,
  ACT_ID_JSON
};

struct act {
  struct out *out;
  bool json;
  struct nlink_apply_options how;
  uint64_t left[NLINK_LEFTS]; /* how many names were told of, by their reasons */
  uint64_t events;
  struct progress progress;
};

void act_init(struct act *act, struct out *out);

/* Take an option; false = its value is wrong, which was told. *known is false where the option is the verb's own. */
bool act_take(struct act *act, int id, const char *value, bool *known);

/* Whether the options go together; else it was told. */
bool act_goes_together(const struct act *act);

enum { ACT_GO = -1 };

/* Take an option of the verb's own. */
typedef void act_own_function(void *verb, int id);

/*
 * Read the whole command line of a verb that walks no trees; `own` may be NULL. ACT_GO, else the exit status: help was
 * printed, or a fault told.
 */
int act_read(struct act *act, struct options *options, act_own_function *own, void *verb);

/* Say that one operand is wanted; the exit status. */
int act_want_one(const struct options *options, struct out *out);

/* Before the first name is replaced: what was printed goes out, and signals are watched. */
void act_begin(struct act *act);
/* After the last, before the report is printed. */
void act_rest(struct act *act);

/*
 * The exit status, and a message where it ended early. `what` names the work, "replace names"; `some` = a part of it
 * was done; `failed` names were left alone because of an error.
 */
int act_end(struct act *act, enum nlink_status status, const struct nlink_error *error, const char *what,
            bool some, uint64_t failed);

/* 128 and the number of the signal that came, as a shell tells it; 0 = none did. */
int act_stopped(void);

/* "4 are open for writing, 1 is gone": each reason with its number, those of 0 left out. */
void act_put_reasons(struct out *out, const uint64_t left[NLINK_LEFTS]);
/* "7 names were left alone: 4 are ...": a line, where it is one. */
void act_tell_left(struct act *act, uint64_t names);

/* "To undo: nlink undo JOURNAL", or that it cannot be undone, where `some` was done. */
void act_tell_journal(struct act *act, const char *journal, bool some);

/* A name without a slash is that of a journal in the state directory, where there is one; else a path as given.
   Borrowed from `room`, which the caller frees. NULL = memory is exhausted. */
const char *act_find_journal(const char *operand, char **room);

#endif
