/*
 * reverse.h - the task that takes back what another one did, made of what stands under its names now
 *
 * Its form is told in undo.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_REVERSE_H
#define NL_REVERSE_H

#include "task/task.h"

/** A name that is left alone. */
struct nl_reverse_left {
  uint32_t name; /* of the task that was done */
  uint8_t left;  /* enum nlink_left */
  uint8_t step;  /* enum nlink_step */
  int sys;
};

struct nl_reverse {
  struct nl_task task; /* to be acted upon; its texts are borrowed from the one that was done */
  uint32_t *origin;    /* of each of its names: which name of the task that was done it is */
  uint32_t *settled;   /* names that have what they had before already, by whomever */
  uint32_t *removed;   /* soft links that were removed and are to be made anew */
  struct nl_reverse_left *left;
  size_t settled_count;
  size_t removed_count;
  size_t left_count;
  uint64_t missing_names; /* of those left alone: that are not there */
  uint64_t give_names;    /* that the task would give files back to */
  uint64_t give_bytes;    /* what those will occupy */
};

/**
 * Look at all names that @p done tells as done, and make the task. NLINK_OK or NLINK_NO_MEMORY, or what the system's
 * random numbers answer; in every case to be given back by nl_reverse_fini().
 */
enum nlink_status nl_reverse(struct nl_reverse *out, const struct nl_task *done);

void nl_reverse_fini(struct nl_reverse *reverse);

#endif
