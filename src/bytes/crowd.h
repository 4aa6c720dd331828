/*
 * crowd.h - so many files of one size that one worker's room does not hold a piece of each
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_CROWD_H
#define NL_CROWD_H

#include "bytes/step.h"

/** Files of one size, equal up to `at`. */
struct nl_crowd {
  struct nl_crowd *next;
  uint64_t size_bytes;
  uint64_t at;
  size_t count;
  size_t piece_bytes; /* read of each in this step */
  char *pieces;
  atomic_size_t slices; /* not yet read */
  struct nl_member members[];
};

enum { NL_CROWD_SLICE = 256 };

/** Make one; the members are the caller's to fill in. NULL = memory is exhausted. */
struct nl_crowd *nl_crowd_new(uint64_t size_bytes, uint64_t at, size_t count);

/** Take room for one piece of each member, all within @p memory_bytes; false = memory is exhausted. */
bool nl_crowd_begin(struct nl_crowd *crowd, uint64_t memory_bytes);

/** How many slices there are to be read. */
size_t nl_crowd_slices(const struct nl_crowd *crowd);

/** Read one slice; true = it was the last of all. */
bool nl_crowd_read(struct nl_crowd *crowd, struct nl_stepper *stepper, size_t slice);

/**
 * When all are read: tell the classes apart, and hand each of those that go on to @p go_on.
 * Members, pieces and the crowd itself are given back.
 */
void nl_crowd_end(struct nl_crowd *crowd, struct nl_stepper *stepper,
                  void (*go_on)(void *ctx, struct nl_stepper *stepper, struct nl_member *members,
                                size_t count, uint64_t size_bytes, uint64_t at),
                  void *ctx);

void nl_crowd_free(struct nl_crowd *crowd);

#endif
