/*
 * check.h - what the rooms of `nlink check` share
 *
 * check.c reads the command line and tells findings; check_fix.c mends soft links.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_CHECK_H
#define NLINK_CLI_CHECK_H

#include "act.h"
#include "nlink.h"

#include <stdbool.h>

/* What of --fix the command line asks for. */
struct check_fix {
  bool wanted;
  bool apply;
  bool remove;
  struct act act;
};

/* Whether its options go together; else it was told. */
bool check_fix_goes_together(const struct check_fix *fix);

/* Tell what would be mended, do it where that is wanted, and tell what was done; the exit status. */
int check_fix_run(struct check_fix *fix, struct nlink_check *check);

#endif
