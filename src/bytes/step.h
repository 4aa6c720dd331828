/*
 * step.h - files of one size compared in step: a piece of each is read, and only what is equal so far goes on
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_STEP_H
#define NL_STEP_H

#include "base/arena.h"
#include "bytes/plan.h"

#include <stdatomic.h>

/** A file on its way through the steps. */
struct nl_member {
  const void *file;      /* NULL = it is out: it could not be read */
  const char *piece;     /* what was read last */
  struct nl_twin *twins; /* files of the same blocks, which need no reading */
  int fd;                /* -1 = closed between two steps */
  bool looked;           /* the plan's `look` had it */
};

/** A file that has all its blocks in common with a member. */
struct nl_twin {
  struct nl_twin *next;
  const void *file;
};

/** What all workers of one comparison share. */
struct nl_steps {
  const struct nl_same_plan *plan;
  unsigned descriptors; /* as many may stay open between two steps */
  atomic_uint opened;   /* as many do */
  atomic_int status;    /* enum nlink_status: why all stop; NLINK_OK = go on */
  size_t room_bytes;    /* of each worker */
};

/** One worker's own. */
struct nl_stepper {
  struct nl_steps *steps;
  unsigned number;
  char *room;
  struct nl_arena arena;       /* classes and twins */
  struct nl_same_class *first; /* found so far */
  _Atomic uint64_t files_done; /* read by the progress of another thread */
  _Atomic uint64_t bytes_done;
  uint64_t read_bytes;
  char apart[64];
};

/** Whether all is to end. */
static inline bool nl_steps_stopped(struct nl_steps *steps) {
  return atomic_load_explicit(&steps->status, memory_order_relaxed) != NLINK_OK;
}

/** Let all end, for the first reason that is told. */
void nl_steps_stop(struct nl_steps *steps, enum nlink_status status);

/** Open a member where it is closed, and look at it once. Where that fails, it is told and dropped. */
bool nl_step_open(struct nl_stepper *stepper, struct nl_member *member, uint64_t size_bytes, uint64_t at);

/**
 * Read a piece of a member: open it where it is closed, close it where nothing follows or too many are open. Where that
 * fails, member->file is NULL afterwards, and that is told.
 */
void nl_step_read(struct nl_stepper *stepper, struct nl_member *member, char *to, uint64_t size_bytes,
                  uint64_t at, size_t count);

/** Close a member where too many are open; it is opened again when it is needed. */
void nl_step_rest(struct nl_stepper *stepper, struct nl_member *member);

/** Close a member whose part somebody else plays from now on. */
void nl_step_leave(struct nl_stepper *stepper, struct nl_member *member, uint64_t size_bytes);

/** Forget a member at @p at: it equals none of the others; its twins, if it has any, and it are a class. */
void nl_step_drop(struct nl_stepper *stepper, struct nl_member *member, uint64_t size_bytes, uint64_t at);

/** These are equal to their end. */
void nl_step_emit(struct nl_stepper *stepper, struct nl_member *members, size_t count, uint64_t size_bytes);

/**
 * Put members whose pieces of @p length bytes are equal next to each other; those that are out get lost.
 *
 * @param spare  Room for as many.
 * @param ends   Out: where each class ends, ascending; room for as many.
 * @returns      How many classes there are; NLINK_NO_MEMORY stops the steps, and there are none.
 */
size_t nl_step_part(struct nl_stepper *stepper, struct nl_member *members, size_t count, size_t length,
                    struct nl_member *spare, uint32_t *ends);

#endif
