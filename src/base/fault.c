/*
 * fault.c - the fault seam; empty in every build but the tests'
 *
 * The count is the one piece of global state in the library, and exists only where NLINK_FAULT is defined.
 * A program under test may also set NLINK_FAULT_PLAN="KINDS:K:SYS[:sticky|:kill][:CALL]" in its environment,
 * where KINDS is made of the letters l (look), c (change) and a (alloc).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/fault.h"

#ifdef NLINK_FAULT

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct nl_fault_plan nl_plan;
static atomic_long nl_events;
static atomic_bool nl_started;
static char nl_only[32];

void nl_fault_begin(const struct nl_fault_plan *plan) {
  static const struct nl_fault_plan nothing;
  nl_plan = plan != NULL ? *plan : nothing;
  atomic_store(&nl_events, 0);
  atomic_store(&nl_started, true);
}

long nl_fault_count(void) {
  return atomic_load(&nl_events);
}

static void begin_from_environment(void) {
  const char *text = getenv("NLINK_FAULT_PLAN");
  struct nl_fault_plan plan = {0};
  if (text != NULL) {
    for (; *text != '\0' && *text != ':'; text++)
      plan.kinds |= 1u << (*text == 'c' ? NL_FAULT_CHANGE : *text == 'a' ? NL_FAULT_ALLOC : NL_FAULT_LOOK);
    char *end = NULL;
    plan.k = *text == ':' ? strtol(text + 1, &end, 10) : 0;
    plan.sys = end != NULL && *end == ':' ? (int)strtol(end + 1, &end, 10) : 5;
    if (end != NULL && strncmp(end, ":sticky", 7) == 0) {
      plan.sticky = true;
      end += 7;
    } else if (end != NULL && strncmp(end, ":kill", 5) == 0) {
      plan.kill = true;
      end += 5;
    }
    if (end != NULL && *end == ':') {
      snprintf(nl_only, sizeof nl_only, "%s", end + 1);
      plan.only = nl_only;
    }
  }
  nl_fault_begin(&plan);
}

int nl_fault_event(enum nl_fault_kind kind, const char *call) {
  if (!atomic_load(&nl_started))
    begin_from_environment();
  for (const char *const *absent = nl_plan.absent; absent != NULL && *absent != NULL; absent++)
    if (strcmp(*absent, call) == 0)
      return nl_plan.absent_sys;
  if ((nl_plan.kinds & 1u << kind) == 0 || (nl_plan.only != NULL && strcmp(nl_plan.only, call) != 0))
    return 0;
  long now = atomic_fetch_add(&nl_events, 1) + 1;
  if (nl_plan.k == 0 || (nl_plan.sticky ? now < nl_plan.k : now != nl_plan.k))
    return 0;
  if (nl_plan.kill)
    raise(SIGKILL);
  if (nl_plan.meanwhile != NULL) {
    nl_plan.meanwhile(nl_plan.ctx, call);
    return 0;
  }
  return nl_plan.sys;
}

#else

/* ISO C wants a translation unit to hold something. */
extern int nl_fault_is_not_built;

#endif
