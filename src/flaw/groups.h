/*
 * groups.h - what is wrong with files that have several names
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_GROUPS_H
#define NL_GROUPS_H

#include "flaw/findings.h"
#include "tree/table.h"
#include "tree/walk.h"

/** The kinds of findings that are found here, each as 1u << kind. */
#define NL_GROUPS_KINDS                                                                                      \
  (1u << NLINK_FINDING_PARTLY_OUTSIDE | 1u << NLINK_FINDING_NEAR_LIMIT | 1u << NLINK_FINDING_SET_ID_SHARED | \
   1u << NLINK_FINDING_WRITABLE_AND_READ_ONLY | 1u << NLINK_FINDING_EMPTY_SHARED |                           \
   1u << NLINK_FINDING_SOFT_LINK_SHARED)

/** So many extra bytes each node of the walk must have. */
enum { NL_GROUPS_EXTRA = 8 };

struct nl_groups {
  struct nl_table *table;
  unsigned off;               /* kinds that are not looked for */
  int dir;                    /* what paths are relative to */
  struct nl_trouble *trouble; /* out: why a limit is not known, in the findings' memory; NULL = nothing */
};

/**
 * Note a name with a look, whatever it is.
 *
 * @returns 0, or the number of a look that gave no answer; NO_MEMORY's among them.
 */
int nl_groups_take(struct nl_groups *groups, const struct nl_sight *sight);

/** Add all findings once the walk has ended. */
enum nlink_status nl_groups_tell(struct nl_findings *findings, struct nl_groups *groups,
                                 const struct nl_walk *walk);

#endif
