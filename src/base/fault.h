/*
 * fault.h - the fault seam: make the k-th system call or allocation fail, or end the process there
 *
 * Compiled in only where NLINK_FAULT is defined, for tests. In every other build the seam costs nothing:
 * NL_FAULT_SYS and NL_FAULT_MEMORY are constants, and no state exists.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_FAULT_H
#define NL_FAULT_H

#include <stdbool.h>

enum nl_fault_kind {
  NL_FAULT_LOOK,   /* a system call that changes nothing */
  NL_FAULT_CHANGE, /* a system call that changes a tree */
  NL_FAULT_ALLOC   /* an allocation */
};

#ifdef NLINK_FAULT

/** What to break: the k-th event (from 1) among the kinds in @p kinds, a set of 1 << nl_fault_kind. */
struct nl_fault_plan {
  unsigned kinds;
  long k;      /* 0 = nothing; events are counted all the same */
  int sys;     /* the error number to answer */
  bool sticky; /* all later events of these kinds fail too */
  bool kill;   /* end the process at once instead, as a power cut would */
  /* Called instead, just before the event, which then goes on: what another program does at that moment. */
  void (*meanwhile)(void *ctx, const char *call);
  void *ctx;
  const char *only; /* only the call of this name; NULL = any */
  /* Calls that this system does not have: always refused with absent_sys, and not counted; ends in NULL. */
  const char *const *absent;
  int absent_sys;
};

/** Begin a new count under @p plan; NULL = let everything through. The plan is copied; `only` and `absent` are borrowed. */
void nl_fault_begin(const struct nl_fault_plan *plan);

/** How many events of the plan's kinds came since nl_fault_begin(). */
long nl_fault_count(void);

/** One event: 0 = go on, else the error number to answer. */
int nl_fault_event(enum nl_fault_kind kind, const char *call);

#define NL_FAULT_SYS(kind, call)                                                                             \
  do {                                                                                                       \
    int nl_fault_answer = nl_fault_event(kind, call);                                                        \
    if (nl_fault_answer != 0)                                                                                \
      return nl_fault_answer;                                                                                \
  } while (0)
#define NL_FAULT_MEMORY() (nl_fault_event(NL_FAULT_ALLOC, "alloc") != 0)

#else

#define NL_FAULT_SYS(kind, call) ((void)0)
#define NL_FAULT_MEMORY()        (false)

#endif

#endif
