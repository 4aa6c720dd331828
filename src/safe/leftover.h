/*
 * leftover.h - one name that a crash left in the middle: finished, or taken back
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_LEFTOVER_H
#define NL_LEFTOVER_H

#include "safe/held.h"

/** What became of a name. */
enum nl_verdict {
  NL_VERDICT_SETTLED,    /* nothing was left of us there, and the journal knows how it fared */
  NL_VERDICT_FINISHED,   /* it holds the new thing; or is gone, where it was to be */
  NL_VERDICT_RETURNED,   /* it holds what it held before */
  NL_VERDICT_SUPERSEDED, /* it holds what somebody else put there since */
  NL_VERDICT_MISSING,    /* nothing stands there */
  NL_VERDICT_STAYS,      /* our temporary name is left: its bytes stand nowhere else */
  NL_VERDICT_FAILED      /* the system refused */
};

struct nl_leftover {
  const struct nl_known *known;
  const struct nl_os_guard *guard; /* NULL = there are no leases */
  bool unguarded;                  /* finish also where there is no lease to be had */
  bool dry_run;
  uint32_t name;
  int dir; /* the directory of the name, open */
  /* Filled in by nl_leftover_mend(): */
  const struct nl_task_file *file;
  const char *text;
  char temp[NL_TASK_TEMP_SIZE];
  struct nl_held at_temp;
  struct nl_held at_name;
  int old;          /* the old file, under a lease until the name is settled; -1 = it is not open */
  unsigned removed; /* temporary names */
  bool touched;     /* the directory was changed */
  enum nlink_step step;
  int sys; /* why, where it FAILED */
};

enum nl_verdict nl_leftover_mend(struct nl_leftover *one);

#endif
