/*
 * fix.c - mend soft links
 *
 * What nlink_check_open() found knows how it can be mended; here that becomes a task, which is done as every other is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "flaw/repair.h"
#include "safe/deliver.h"

const char *nlink_check_mended(const struct nlink_check *check, const struct nlink_finding *finding) {
  (void)check;
  const struct nl_finding *whole = (const struct nl_finding *)(const void *)finding;
  return whole->mendable != NULL ? whole->mendable->aim : NULL;
}

const char *nlink_check_journal(const struct nlink_check *check) {
  return check->journal.length > 0 ? check->journal.text : NULL;
}

static const char *wrong_arguments(const struct nlink_check *check,
                                   const struct nlink_apply_options *options) {
  if (options != NULL && options->size != sizeof *options)
    return "options->size is not the size of the options";
  return check->is_fixed ? "they are mended already: look again" : NULL;
}

static enum nlink_status fix(struct nlink_check *check, struct nl_task *task, bool remove,
                             const struct nlink_apply_options *options, struct nlink_fix_report *report,
                             struct nlink_error *error) {
  int sys = nl_task_begin(task, "check");
  if (sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_RANDOM, sys, NULL);
  enum nlink_status status = nl_repair_plan(task, &check->findings, remove);
  if (status != NLINK_OK)
    return nl_fail(error, status, NLINK_STEP_MEMORY, 0, NULL);
  report->planned_names = task->name_count;
  if (options != NULL && options->dry_run)
    return NLINK_OK;
  struct nl_act_report done = {0};
  status = nl_deliver(&done, &check->journal, task, options, NLINK_PHASE_ACTING, error);
  check->is_fixed =
      status >= 0 || check->journal.length > 0 || done.done_names > 0; /* else it had not begun */
  report->done_names = done.done_names;
  report->left_names = done.left_names;
  report->failed = done.failed;
  return status;
}

enum nlink_status nlink_check_fix(struct nlink_check *check, bool remove,
                                  const struct nlink_apply_options *options, struct nlink_fix_report *report,
                                  struct nlink_error *error) {
  struct nlink_fix_report unwanted;
  struct nl_task task = {0};
  const char *wrong = wrong_arguments(check, options);
  if (report == NULL)
    report = &unwanted;
  *report = (struct nlink_fix_report){0};
  if (wrong != NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "%s", wrong);
  enum nlink_status status = fix(check, &task, remove, options, report, error);
  nl_task_fini(&task);
  return status;
}
