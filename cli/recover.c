/*
 * recover.c - nlink recover: finish or take back what a crash left in the middle
 *
 * SPDX-License-Identifier: MIT
 */
#include "act.h"
#include "options.h"
#include "out.h"
#include "repair.h"
#include "verb.h"

#include <stdlib.h>

/* clang-format off */
static const struct options_row rows[] = {
  {ACT_ID_DRY_RUN, 'n', "dry-run", OPTIONS_ALONE, NULL, "say what would be done, and change nothing"},
  {ACT_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "one JSON object a name left alone, and a summary"},
  OPTIONS_HELP,
  OPTIONS_VERSION,
};
/* clang-format on */

const struct options_command verb_recover_command = {
    .name = "nlink recover",
    .usage = "Usage: %s [OPTION]... [JOURNAL]...\n"
             "After a crash: look at each name that was being replaced, finish it or give its\n"
             "old file back, remove temporary names, and prove that no name is missing.\n"
             "Without JOURNAL: all that nlink journal lists as unfinished.\n",
    .examples = "Exit status: 0 done, or nothing to do; 1 something stays as it is, 2 wrong\n"
                "usage, 3 nothing done.\n"
                "Examples:\n"
                "  nlink recover -n  what a crash has left\n"
                "  nlink recover     mend it\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

/* The sentences of the report. */
static void tell(struct act *act, const struct nlink_repair_report *report) {
  struct out *out = act->out;
  bool dry = act->how.dry_run;
  if (report->journals == 0) {
    out_text(out, "nothing to recover\n");
    return;
  }
  repair_put_count(out, report->journals, "journal", "journals");
  out_text(out, dry                     ? " would be mended, with "
                : report->journals == 1 ? " was mended, with "
                                        : " were mended, with ");
  repair_put_count(out, report->names, "name", "names");
  out_text(out, ": ");
  repair_put_count(out, report->finished_names, "was finished", "were finished");
  out_text(out, ", ");
  repair_put_count(out, report->returned_names, "was given its old file back",
                   "were given their old files back");
  out_text(out, ", ");
  repair_put_count(out, report->removed_names, "temporary name was removed", "temporary names were removed");
  out_text(out, ".\n");
  if (report->missing_names == 0) {
    out_text(out, "No name is missing.\n");
  } else {
    repair_put_count(out, report->missing_names, "name is", "names are");
    out_text(out, " not there, removed by somebody else.\n");
  }
  act_tell_left(act, report->left_names);
}

/* Mend one journal, or all of them where it is NULL; the exit status. */
static int mend(struct act *act, const char *operand, struct nlink_repair_report *sum) {
  struct nlink_repair_report one = {0};
  struct nlink_error error;
  char *room = NULL;
  const char *path = operand != NULL ? act_find_journal(operand, &room) : NULL;
  if (operand != NULL && path == NULL) {
    out_message(act->out, "%s", nlink_status_text(NLINK_NO_MEMORY));
    return VERB_FAILED;
  }
  enum nlink_status status = nlink_recover(NLINK_CWD, path, NULL, 0, &act->how, &one, &error);
  progress_clear(&act->progress);
  repair_add(sum, &one);
  int result = VERB_DONE;
  if (status < 0 && status != NLINK_CANCELLED && operand != NULL) {
    out_trouble(act->out, &error, "cannot recover %s", out_quote(act->out, 0, operand));
    result = VERB_FAILED;
  } else {
    result = act_end(act, status, &error, "recover", one.names > 0, one.failed);
  }
  free(room);
  return result == VERB_DONE && status == NLINK_PARTIAL ? VERB_PART : result;
}

int verb_recover(struct out *out, int argc, char **argv) {
  struct act act;
  struct options options;
  struct nlink_repair_report sum = {0};
  act_init(&act, out);
  options_init(&options, &verb_recover_command, argc, argv);
  int status = act_read(&act, &options, NULL, NULL);
  if (status != ACT_GO)
    return status;
  act_begin(&act);
  if (options.operand_count == 0)
    status = mend(&act, NULL, &sum);
  size_t failed = 0;
  for (size_t i = 0; i < options.operand_count && act_stopped() == 0; i++) {
    int one = mend(&act, options.operands[i], &sum);
    failed += one == VERB_FAILED;
    status = one != VERB_DONE ? VERB_PART : status == ACT_GO ? VERB_DONE : status;
  }
  if (failed > 0 && failed == options.operand_count)
    status = VERB_FAILED;
  act_rest(&act);
  if (act.json)
    repair_json(out, &sum);
  else if (status != VERB_FAILED)
    tell(&act, &sum);
  return act_stopped() != 0 ? act_stopped() : status;
}
