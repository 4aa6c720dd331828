/*
 * absence.h - why names of a file were not found
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_ABSENCE_H
#define NL_ABSENCE_H

#include "find/mounts.h"
#include "tree/plan.h"

/** What one search has in common for all files; all zeros = nothing was walked. */
struct nl_search {
  bool in_roots;         /* only below roots that the caller gave */
  bool limited;          /* by rules, sizes or depth */
  uint64_t denied;       /* directories and names that could not be looked at for want of a right */
  const char *denied_at; /* one of them; borrowed; NULL = its path is not known */
  uint64_t failed;       /* those that could not be looked at for another reason */
  const char *failed_at;
  /* What the mounts tell is the same for all files of one mount. */
  const char *mounts_start;
  uint64_t mounts_id;
  struct nl_mounts_view mounts;
};

/** Count what could not be looked at; the paths are borrowed. */
void nl_search_note(struct nl_search *search, const struct nl_trouble *troubles, uint64_t unverified);

/** What is known of one file, some names of which were not found. */
struct nl_missing {
  const char *path; /* as given */
  const struct nlink_stat *before;
  const struct nlink_stat *after; /* NULL = it is not there any more */
  uint64_t found;
  int dir; /* the directory that it was found in; -1 = not known */
  const char *
      start; /* where the walk of its file system began, the same text for all files of one; NULL = none did */
  int halted; /* why it could not begin further up: the system's error number; else 0 */
  /* Of the names that the file system told: */
  uint64_t out_of_sight;
  uint64_t hidden;
  uint64_t denied;
  const char *example; /* one that is hidden or denied */
};

struct nl_absence {
  enum nlink_absence reason;
  char text[640];
};

/** Whether files of the file system of this directory can have more names than their counts say. */
bool nl_counts_can_be_low(int dir);

/** The likely reason, with what was seen of it. */
void nl_absence_find(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file);

#endif
