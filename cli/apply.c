/*
 * apply.c - nlink apply: do what a saved plan says
 *
 * SPDX-License-Identifier: MIT
 */
#include "dedupe.h"

#include "options.h"
#include "out.h"
#include "verb.h"

/* clang-format off */
static const struct options_row rows[] = {
  {ACT_ID_DRY_RUN, 'n', "dry-run", OPTIONS_ALONE, NULL, "show the plan, and change nothing"},
  {ACT_ID_JOURNAL, 0, "journal", OPTIONS_TAKES, "FILE", "write the journal there; it must not exist"},
  {ACT_ID_NO_JOURNAL, 0, "no-journal", OPTIONS_ALONE, NULL, "write none: what is done cannot be undone"},
  {ACT_ID_UNGUARDED, 0, "unguarded", OPTIONS_ALONE, NULL, "also where nobody can tell who has a file open"},
  {ACT_ID_THREADS, 0, "threads", OPTIONS_TAKES, "N", "use at most N threads"},
  {ACT_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "one JSON object a group, and a summary"},
  OPTIONS_HELP,
  OPTIONS_VERSION,
};
/* clang-format on */

const struct options_command verb_apply_command = {
    .name = "nlink apply",
    .usage = "Usage: %s [OPTION]... PLAN\n"
             "Do what the PLAN says that nlink dedupe --plan saved. What was changed since\n"
             "then is left alone and told.\n",
    .examples = "Exit status: 0 done, 1 something was left alone because of an error, 2 wrong\n"
                "usage, 3 nothing done, 130 stopped by Ctrl-C.\n"
                "Examples:\n"
                "  nlink dedupe --plan night.plan /srv  find what is equal, and save the plan\n"
                "  nlink apply --dry-run night.plan     read it once more\n"
                "  nlink apply night.plan               do it\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

static int run(struct out *out, const char *path, struct act *act) {
  struct nlink_dedupe *dedupe = NULL;
  struct nlink_error error;
  struct dedupe_tale tale = {.out = out,
                             .form = act->json ? DEDUPE_JSON : DEDUPE_PEOPLE,
                             .groups = act->json || act->how.dry_run,
                             .saved = true};
  if (nlink_dedupe_load(&dedupe, NLINK_CWD, path, &error) < 0) {
    out_trouble(out, &error, "cannot read the plan %s", out_quote(out, 0, path));
    return VERB_FAILED;
  }
  int status = VERB_DONE;
  dedupe_tell_groups(&tale, dedupe);
  if (act->how.dry_run)
    dedupe_tell_plan(&tale, dedupe);
  else
    status = dedupe_apply(&tale, act, dedupe);
  dedupe_tale_fini(&tale);
  nlink_dedupe_close(dedupe);
  return status;
}

int verb_apply(struct out *out, int argc, char **argv) {
  struct act act;
  struct options options;
  act_init(&act, out);
  options_init(&options, &verb_apply_command, argc, argv);
  int status = act_read(&act, &options, NULL, NULL);
  if (status == ACT_GO && options.operand_count != 1)
    return act_want_one(&options, out);
  return status == ACT_GO ? run(out, options.operands[0], &act) : status;
}
