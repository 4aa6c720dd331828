/*
 * check_fix.c - nlink check --fix: soft links mended
 *
 * SPDX-License-Identifier: MIT
 */
#include "check.h"

#include "out.h"
#include "units.h"
#include "verb.h"

bool check_fix_goes_together(const struct check_fix *fix) {
  const struct nlink_apply_options *acting = &fix->act.how;
  const char *alone = fix->remove ? "--remove" : fix->apply ? "--apply" : NULL;
  if (!fix->wanted && alone != NULL) {
    out_message(fix->act.out, "%s goes with --fix only", alone);
    return false;
  }
  alone = acting->journal != NULL ? "--journal"
          : acting->no_journal    ? "--no-journal"
          : acting->unguarded     ? "--unguarded"
                                  : NULL;
  if (!fix->apply && alone != NULL) {
    out_message(fix->act.out, "%s goes with --fix --apply only", alone);
    return false;
  }
  return act_goes_together(&fix->act);
}

/* "path: old -> new" */
static void put_mend(const struct check_fix *fix, const struct nlink_finding *finding, const char *aim) {
  struct out *out = fix->act.out;
  if (fix->act.json) {
    out_json_begin(out);
    out_json_text(out, "what", "fix");
    out_json_name(out, "path", finding->path);
    out_json_name(out, "target", finding->target);
    out_json_name(out, "aim", aim);
    out_json_end(out);
    return;
  }
  out_name(out, finding->path);
  out_text(out, ": ");
  out_name(out, finding->target);
  out_text(out, " -> ");
  if (*aim != '\0')
    out_name(out, aim);
  else
    out_text(out, "(removed)");
  out_char(out, '\n');
}

static void tell_json(const struct check_fix *fix, const struct nlink_fix_report *report,
                      const char *journal) {
  struct out *out = fix->act.out;
  out_json_begin(out);
  out_json_text(out, "what", "summary");
  out_json_number(out, "planned_names", report->planned_names);
  out_json_number(out, "done_names", report->done_names);
  out_json_number(out, "left_names", report->left_names);
  out_json_number(out, "failed", report->failed);
  out_json_name(out, "journal", journal);
  out_json_end(out);
}

static void tell(struct check_fix *fix, const struct nlink_fix_report *report, const char *journal) {
  struct out *out = fix->act.out;
  char number[UNITS_GROUPED_SIZE];
  const char *word = report->planned_names == 1 ? "soft link" : "soft links";
  if (fix->act.json) {
    tell_json(fix, report, journal);
  } else if (report->planned_names == 0) {
    out_text(out, "nothing to mend\n");
  } else if (!fix->apply) {
    out_print(out, "%s %s would be mended.\n", units_grouped(number, report->planned_names), word);
    out_text(out, "Nothing was changed; with --apply it is done.\n");
  } else {
    out_text(out, units_grouped(number, report->done_names));
    if (report->done_names < report->planned_names)
      out_print(out, " of %s", units_grouped(number, report->planned_names));
    out_print(out, " %s %s mended.\n", word, report->done_names == 1 ? "was" : "were");
    act_tell_left(&fix->act, report->left_names);
    act_tell_journal(&fix->act, journal, report->done_names > 0);
  }
}

int check_fix_run(struct check_fix *fix, struct nlink_check *check) {
  struct nlink_fix_report report = {0};
  struct nlink_error error;
  const struct nlink_finding *finding;
  while (nlink_check_next(check, &finding) == NLINK_OK) {
    const char *aim = nlink_check_mended(check, finding);
    if (aim == NULL || (*aim == '\0' && !fix->remove))
      continue;
    put_mend(fix, finding, aim);
  }
  fix->act.how.dry_run = !fix->apply;
  act_begin(&fix->act);
  enum nlink_status status = nlink_check_fix(check, fix->remove, &fix->act.how, &report, &error);
  act_rest(&fix->act);
  tell(fix, &report, nlink_check_journal(check));
  return act_end(&fix->act, status, &error, "mend soft links", report.done_names > 0, report.failed);
}
