/*
 * undo.c - nlink undo: every name its own file again
 *
 * SPDX-License-Identifier: MIT
 */
#include "act.h"
#include "options.h"
#include "out.h"
#include "repair.h"
#include "units.h"
#include "verb.h"

#include <stdlib.h>
#include <string.h>

enum undo_id { UNDO_ID_LAST = 1 };

/* clang-format off */
static const struct options_row rows[] = {
  {UNDO_ID_LAST, 0, "last", OPTIONS_ALONE, NULL, "the newest journal that is done, instead of JOURNAL"},
  {ACT_ID_DRY_RUN, 'n', "dry-run", OPTIONS_ALONE, NULL, "say what would be done, and change nothing"},
  {ACT_ID_UNGUARDED, 0, "unguarded", OPTIONS_ALONE, NULL, "also where nobody can tell who has a file open"},
  {ACT_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "one JSON object a name left alone, and a summary"},
  OPTIONS_HELP,
  OPTIONS_VERSION,
};
/* clang-format on */

const struct options_command verb_undo_command = {
    .name = "nlink undo",
    .usage = "Usage: %s [OPTION]... JOURNAL\n"
             "Give every name that was replaced a file of its own again, with the bytes, mode,\n"
             "owner, times and attributes that it had. JOURNAL is a path, or a name as nlink\n"
             "journal lists it. A name that leads elsewhere since then is left alone.\n",
    .examples = "Exit status: 0 all is as it was, 1 something was left alone, 2 wrong usage,\n"
                "3 nothing done, 130 stopped by Ctrl-C (it can be called again).\n"
                "Examples:\n"
                "  nlink journal      what was done, and when\n"
                "  nlink undo --last  take the last back\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

/* ------------------------------------------------------------------ the report */

static void tell(struct act *act, const struct nlink_repair_report *report) {
  struct out *out = act->out;
  bool dry = act->how.dry_run;
  char size[UNITS_SIZE_SIZE];
  bool one = report->returned_names == 1;
  if (report->returned_names + report->left_names + report->missing_names == 0) {
    out_text(out, "nothing to undo\n");
    return;
  }
  repair_put_count(out, report->returned_names, "name", "names");
  if (report->returned_bytes > 0) {
    out_text(out, dry ? " would have " : one ? " has " : " have ");
    out_print(out, "%s: %s occupied.\n", one ? "a file of its own again" : "files of their own again",
              units_size(size, report->returned_bytes));
  } else { /* soft links, or files that shared blocks */
    out_text(out, dry ? " would lead" : one ? " leads" : " lead");
    out_text(out, " to what was there before.\n");
  }
  if (report->missing_names > 0) {
    repair_put_count(out, report->missing_names, "name is", "names are");
    out_text(out, " not there any more.\n");
  }
  act_tell_left(act, report->left_names);
  if (!dry && report->left_names == 0 && report->missing_names == 0)
    out_text(out, "All is as it was.\n");
}

/* ------------------------------------------------------------------ the journey */

/* The newest journal whose work is done and was not undone; a copy, NULL = none, which was told. */
static char *find_last(struct out *out) {
  struct nlink_journals *journals = NULL;
  const struct nlink_journal_entry *entry;
  struct nlink_error error;
  if (nlink_journals_open(&journals, NLINK_CWD, NULL, &error) < 0) {
    out_trouble(out, &error, "cannot list the journals");
    return NULL;
  }
  char *last = NULL;
  bool found = false;
  while (!found && nlink_journals_next(journals, &entry) == NLINK_OK) {
    bool done = entry->state == NLINK_JOURNAL_DONE || entry->state == NLINK_JOURNAL_RECOVERED;
    if (!done || strcmp(entry->verb, "undo") == 0 || entry->done_names == 0)
      continue;
    found = true;
    last = malloc(strlen(entry->path) + 1);
    if (last != NULL)
      strcpy(last, entry->path);
  }
  nlink_journals_close(journals);
  if (!found)
    out_message(out, "there is no journal of work that is done");
  else if (last == NULL)
    out_message(out, "%s", nlink_status_text(NLINK_NO_MEMORY));
  return last;
}

static int run(struct act *act, const char *path, const char *called) {
  struct nlink_repair_report report = {0};
  struct nlink_error error;
  act_begin(act);
  enum nlink_status status = nlink_undo(NLINK_CWD, path, &act->how, &report, &error);
  act_rest(act);
  bool begun = status >= 0 || status == NLINK_CANCELLED || report.returned_names > 0;
  if (act->json)
    repair_json(act->out, &report);
  else if (begun)
    tell(act, &report);
  if (!begun) {
    out_trouble(act->out, &error, "cannot undo %s", out_quote(act->out, 0, called));
    return VERB_FAILED;
  }
  int result = act_end(act, status, &error, "undo", report.returned_names > 0, report.failed);
  return result == VERB_DONE && status == NLINK_PARTIAL ? VERB_PART : result;
}

static void own(void *verb, int id) {
  bool *last = verb;
  *last = *last || id == UNDO_ID_LAST;
}

int verb_undo(struct out *out, int argc, char **argv) {
  struct act act;
  struct options options;
  bool last = false;
  act_init(&act, out);
  options_init(&options, &verb_undo_command, argc, argv);
  int status = act_read(&act, &options, own, &last);
  if (status != ACT_GO)
    return status;
  if (last && options.operand_count > 0) {
    out_message(out, "extra operand %s: --last finds the journal", out_quote(out, 0, options.operands[0]));
    return options_point_to_help(&options, out);
  }
  if (!last && options.operand_count == 0) {
    out_message(out, "missing operand: a journal, or --last for the newest");
    return options_point_to_help(&options, out);
  }
  if (!last && options.operand_count > 1)
    return act_want_one(&options, out);
  char *room = NULL;
  const char *path = NULL;
  if (last) {
    path = room = find_last(out);
  } else {
    path = act_find_journal(options.operands[0], &room);
    if (path == NULL)
      out_message(out, "%s", nlink_status_text(NLINK_NO_MEMORY));
  }
  status = path != NULL ? run(&act, path, last ? path : options.operands[0]) : VERB_FAILED;
  free(room);
  return status;
}
