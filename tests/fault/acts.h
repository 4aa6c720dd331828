/*
 * acts.h - what the fault tests do: each act, its tree, and what it leaves where it succeeds
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_ACTS_H
#define TEST_ACTS_H

#include "nlink.h"

struct act {
  const char *name;
  enum nlink_status (*run)(struct nlink_error *error);
  bool (*good)(void);        /* after a success: is everything as it should be? */
  const char *const *absent; /* calls that the system shall not have */
  int absent_sys;
};

extern const struct act acts[];
extern const size_t act_count;

/* The tree that each act finds, in the present, empty directory. */
void acts_build(void);

/*
 * Whether no name of the tree is missing and each holds its old or its new contents; where the act keeps what
 * it replaces, that has to be under some name too.
 */
bool acts_nothing_lost(const struct act *act);

#endif
