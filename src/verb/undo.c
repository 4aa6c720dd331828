/*
 * undo.c - give names the files back that a journal's work replaced
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/undo.h"
#include "base/error.h"

enum nlink_status nlink_undo(int dir, const char *path, const struct nlink_apply_options *options,
                             struct nlink_repair_report *report, struct nlink_error *error) {
  struct nlink_repair_report own = {0};
  struct nlink_repair_report *told = report != NULL ? report : &own;
  *told = (struct nlink_repair_report){0};
  if (path == NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_undo: path is NULL");
  if (options != NULL && options->size != sizeof *options)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0,
                   "nlink_undo: options->size is %zu and must be %zu", options->size, sizeof *options);
  return nl_undo_journal(told, dir, path, options, error);
}
