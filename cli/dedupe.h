/*
 * dedupe.h - what the rooms of `nlink dedupe` and `nlink apply` share
 *
 * dedupe.c and apply.c read command lines and ask the library; dedupe_print.c writes plans and reports for people and
 * for scripts, dedupe_json.c as objects.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_DEDUPE_H
#define NLINK_CLI_DEDUPE_H

#include "act.h"
#include "nlink.h"
#include "sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out;

enum dedupe_form {
  DEDUPE_PEOPLE,
  DEDUPE_JSON,
  DEDUPE_LINES, /* names, a line each, an empty one behind each group */
  DEDUPE_NULS,  /* the same with NULs */
};

/* How a plan is told; all zeros but `out` = a summary for people. */
struct dedupe_tale {
  struct out *out;
  enum dedupe_form form;
  bool groups; /* each group, too */
  bool saved;  /* the plan came from a file, which does not say how its files are to share */
  enum nlink_dedupe_mode mode;
  const char *plan; /* where it was saved; NULL = nowhere */
  struct sys_names names;

  /* What was counted while the groups were told. */
  uint64_t kept_files; /* that others are to become names of */
  uint64_t left[NLINK_LEFTS];
  uint64_t differs[NLINK_ASPECTS];
};

/* Tell the groups, where that is wanted, and count. */
void dedupe_tell_groups(struct dedupe_tale *tale, struct nlink_dedupe *dedupe);
/* The summary of a plan that is not applied now. */
void dedupe_tell_plan(struct dedupe_tale *tale, const struct nlink_dedupe *dedupe);

/* Apply it and tell what was done; the exit status. */
int dedupe_apply(struct dedupe_tale *tale, struct act *act, struct nlink_dedupe *dedupe);

void dedupe_tale_fini(struct dedupe_tale *tale);

/* dedupe_json.c */
void dedupe_json_group(struct out *out, const struct nlink_dedupe_group *group);
void dedupe_json_summary(struct out *out, const struct nlink_dedupe *dedupe);

#endif
