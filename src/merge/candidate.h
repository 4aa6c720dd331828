/*
 * candidate.h - the files that may be equal to others, and the directories that they are in
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_CANDIDATE_H
#define NL_CANDIDATE_H

#include "task/task.h"
#include "tree/rules.h"
#include "tree/table.h"
#include "tree/walk.h"

/** What few files have. */
struct nl_beside {
  const struct nl_task_attribute *attributes;
  uint32_t attribute_count;
  uint64_t shared_bytes; /* of what it occupies: in blocks that other files have, too */
  uint64_t blocks;       /* a digest of where it lies; 0 = that is not in shared blocks alone */
};

/** A regular file with bytes in it, and another of its size. */
struct nl_candidate {
  struct nl_sort_item *items;     /* its names that were seen, in a row: each `what` is a struct nl_name */
  const struct nl_beside *beside; /* NULL = it has nothing of that */
  uint32_t name_count;
  uint32_t preference; /* of the caller's patterns, the first that one of its names matches */
  uint32_t keep;       /* which of its group it is to become, or was compared with */
  uint16_t differs;
  uint8_t left; /* enum nlink_left */
  uint8_t act;  /* enum nlink_dedupe_act */
  bool is_reference;
  bool unsettled; /* it changed while its names were seen */
};

/** What is known of a directory. */
struct nl_room {
  const struct nl_dir *dir; /* NULL = no directory has this number */
  uint32_t rank;            /* in the order of the roots, then of the paths */
  uint32_t root; /* the first of the paths given that it lies below; UINT32_MAX = it holds such paths */
  bool is_reference;
  bool is_placed; /* it was asked whether it lies in a reference */
  int anchor;     /* a descriptor of it, which paths to what is below may begin at; -1 = there is none */
};

/** All that was seen. */
struct nl_candidates {
  struct nl_walk *walk;
  struct nl_table *table;
  struct nl_candidate *all;     /* by size */
  struct nl_sort_item *by_size; /* the same: the key is the size, `what` the candidate */
  size_t count;
  uint64_t names; /* of regular files, empty ones among them */
  uint64_t files;
  struct nl_room *rooms; /* by the directories' numbers */
  size_t room_count;
  struct nl_sort_item
      *singles; /* paths given by themselves, by their bytes: the index of each among them is the key */
  size_t single_count;
};

/**
 * Walk and put together.
 *
 * @param plan    Its take and ctx are set here.
 * @param first_reference  The index of the first of the plan's paths that is a reference.
 *
 * @returns  As nl_walk_run(). To be given back in every case.
 */
enum nlink_status nl_candidates_open(struct nl_candidates *out, struct nl_walk_plan *plan,
                                     size_t first_reference);

void nl_candidates_fini(struct nl_candidates *candidates);

static inline const struct nl_name *nl_candidate_name(const struct nl_candidate *file, size_t index) {
  return file->items[index].what;
}

/** What it has beside its bytes; never NULL. */
const struct nl_beside *nl_candidate_beside(const struct nl_candidate *file);

/** What it occupies alone: allocated, and in no block that another file has. */
uint64_t nl_candidate_own_bytes(const struct nl_candidate *file);

/** The device of a candidate. */
uint64_t nl_candidate_dev(const struct nl_candidates *candidates, const struct nl_candidate *file);

/** The name that comes first in the order of ranks. */
const struct nl_name *nl_candidate_first_name(const struct nl_candidates *candidates,
                                              const struct nl_candidate *file);

/** The order of two names: by their directories' ranks, then by their bytes; as strcmp(). */
int nl_candidate_compare_names(const struct nl_candidates *candidates, const struct nl_name *a,
                               const struct nl_name *b);

/** Keep some directories open, so that the ways to their files are shorter. */
void nl_candidates_anchor(struct nl_candidates *candidates, int dir);

/** Open one to read; 0, or the system's error number. */
int nl_candidate_open(int *fd, const struct nl_candidates *candidates, int dir,
                      const struct nl_candidate *file);

#endif
