/*
 * fill.h - a task out of classes of equal files that were chosen from
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_FILL_H
#define NL_FILL_H

#include "merge/candidate.h"

/** How the directories of a task were given: what is shown of their paths. */
struct nl_shown {
  uint32_t from; /* so many bytes of the absolute path are not shown */
  bool dotted;   /* "./" is shown in front */
};

/** A class, its files in the order of their group. */
struct nl_filling {
  struct nl_candidate **files;
  uint32_t count;
  uint64_t gain_bytes;
};

/**
 * Fill a task that was begun.
 *
 * @param shown  Out: by the task's directories; the caller's to give back by nl_free().
 * @param base   The absolute path of what relative paths are relative to.
 */
enum nlink_status nl_fill(struct nl_task *task, struct nl_shown **shown, struct nl_candidates *candidates,
                          const struct nl_filling *fillings, uint32_t count, enum nlink_dedupe_mode mode,
                          const char *base);

#endif
