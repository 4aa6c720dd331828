/*
 * check.c - nlink check: what is wrong with the links in trees, and how to mend it
 *
 * SPDX-License-Identifier: MIT
 */
#include "check.h"
#include "nlink.h"
#include "options.h"
#include "out.h"
#include "scope.h"
#include "sys.h"
#include "units.h"
#include "verb.h"

#include <stdlib.h>
#include <string.h>

enum check_id { CHECK_ID_ONLY = 1, CHECK_ID_SKIP, CHECK_ID_FIX, CHECK_ID_APPLY, CHECK_ID_REMOVE };

enum { NAMES_SHOWN = 5 };

static const struct options_row rows[] = {
    {CHECK_ID_ONLY, 0, "only", OPTIONS_TAKES, "KIND[,KIND]", "look for these kinds only"},
    {CHECK_ID_SKIP, 0, "skip", OPTIONS_TAKES, "KIND[,KIND]", "do not look for these kinds"},
    {CHECK_ID_FIX, 0, "fix", OPTIONS_ALONE, NULL, "say which soft links could be mended, and how"},
    {CHECK_ID_APPLY, 0, "apply", OPTIONS_ALONE, NULL, "with --fix: mend them; --journal=FILE, --no-journal"},
    {CHECK_ID_REMOVE, 0, "remove", OPTIONS_ALONE, NULL, "with --fix: remove what leads nowhere, too"},
    {ACT_ID_JOURNAL, 0, "journal", OPTIONS_TAKES, "FILE", NULL},
    {ACT_ID_NO_JOURNAL, 0, "no-journal", OPTIONS_ALONE, NULL, NULL},
    {SCOPE_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "one JSON object a line for each finding"},
    SCOPE_OPTIONS,
    SCOPE_DEPTH,
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

const struct options_command verb_check_command = {
    .name = "nlink check",
    .usage = "Usage: %s [OPTION]... [PATH]...\n"
             "Find what is wrong with the links below each PATH, say why, and which command\n"
             "would mend it. Nothing is changed without --fix --apply.\n",
    .examples = SCOPE_HELP "Kinds of soft links: dangles, loops, absolute-inside, points-out,\n"
                           "  needlessly-long, soft-link-shared. Of files: partly-outside, near-limit,\n"
                           "  set-id-shared, writable-and-read-only, empty-shared.\n"
                           "Exit status: 0 nothing found, 1 something found or not all seen, 2 wrong\n"
                           "usage, 3 nothing looked at.\n"
                           "Examples:\n"
                           "  nlink check                         everything below this directory\n"
                           "  nlink check --only dangles /usr     soft links that lead nowhere\n"
                           "  nlink check --fix --apply .         mend what can be mended\n"
                           "  nlink check --json . | jq -r .mend  the commands\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

struct wish {
  struct scope *scope;
  struct nlink_check_options how;
  unsigned only; /* a set of 1u << kind; 0 = --only was not given */
  unsigned skip;
  struct check_fix fix;
};

/* ------------------------------------------------------------------ for people */

/* A heading over the findings of a kind. */
static const char *heading(enum nlink_finding_kind kind) {
  switch (kind) {
  case NLINK_FINDING_DANGLES:
    return "Soft links that lead nowhere";
  case NLINK_FINDING_LOOPS:
    return "Soft links that lead back to themselves";
  case NLINK_FINDING_ABSOLUTE_INSIDE:
    return "Absolute soft links to something inside";
  case NLINK_FINDING_POINTS_OUT:
    return "Soft links that lead out";
  case NLINK_FINDING_NEEDLESSLY_LONG:
    return "Soft links with a longer way than they need";
  case NLINK_FINDING_PARTLY_OUTSIDE:
    return "Files with names inside and outside";
  case NLINK_FINDING_NEAR_LIMIT:
    return "Files with nearly as many names as they can have";
  case NLINK_FINDING_SET_ID_SHARED:
    return "Setuid or setgid files with several names";
  case NLINK_FINDING_WRITABLE_AND_READ_ONLY:
    return "Files with names where one may write and where not";
  case NLINK_FINDING_EMPTY_SHARED:
    return "Empty files with several names";
  case NLINK_FINDING_SOFT_LINK_SHARED:
    return "Soft links with several names";
  default:
    return nlink_finding_text(kind);
  }
}

static void put_heading(struct out *out, enum nlink_finding_kind kind, size_t count) {
  char number[UNITS_GROUPED_SIZE];
  out_colour(out, OUT_BOLD);
  out_print(out, "%s: %s", heading(kind), units_grouped(number, count));
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
}

static void put_finding(struct out *out, const struct nlink_finding *finding) {
  out_text(out, "  ");
  out_name(out, finding->path);
  out_print(out, "\n    %s\n", finding->text);
  size_t left = 0;
  for (size_t i = 0; i < finding->name_count; i++) {
    if (strcmp(finding->names[i], finding->path) == 0)
      continue;
    if (left++ < NAMES_SHOWN) {
      out_text(out, "    also: ");
      out_name(out, finding->names[i]);
      out_char(out, '\n');
    }
  }
  if (left > NAMES_SHOWN) {
    char number[UNITS_GROUPED_SIZE];
    left -= NAMES_SHOWN;
    out_print(out, "    and %s more %s\n", units_grouped(number, left), left == 1 ? "name" : "names");
  }
  if (*finding->mend != '\0') {
    out_text(out, "    mend: ");
    out_colour(out, OUT_GREEN);
    out_text(out, finding->mend);
    out_colour(out, OUT_PLAIN);
    out_char(out, '\n');
  }
}

struct findings {
  const struct nlink_finding **all;
  size_t count;
};

/* False: memory is exhausted. */
static bool gather(struct nlink_check *check, struct findings *findings) {
  size_t room = 0;
  const struct nlink_finding *finding;
  while (nlink_check_next(check, &finding) == NLINK_OK) {
    if (findings->count == room) {
      room = room > 0 ? 2 * room : 256;
      const struct nlink_finding **more = realloc(findings->all, room * sizeof *more);
      if (more == NULL)
        return false;
      findings->all = more;
    }
    findings->all[findings->count++] = finding;
  }
  return true;
}

static void tell(struct out *out, const struct findings *findings) {
  char number[UNITS_GROUPED_SIZE];
  size_t end = 0; /* of the findings of one kind */
  for (size_t i = 0; i < findings->count && out->failed == 0; i++) {
    if (i == end) {
      while (end < findings->count && findings->all[end]->kind == findings->all[i]->kind)
        end++;
      put_heading(out, findings->all[i]->kind, end - i);
    }
    put_finding(out, findings->all[i]);
    if (i + 1 == end)
      out_char(out, '\n');
  }
  if (findings->count == 0)
    out_text(out, "nothing found\n");
  else
    out_print(out, "%s %s\n", units_grouped(number, findings->count),
              findings->count == 1 ? "finding" : "findings");
}

/* ------------------------------------------------------------------ for programs */

static void tell_json(struct out *out, const struct findings *findings) {
  for (size_t i = 0; i < findings->count && out->failed == 0; i++) {
    const struct nlink_finding *finding = findings->all[i];
    out_json_begin(out);
    out_json_text(out, "kind", nlink_finding_name(finding->kind));
    out_json_name(out, "path", finding->path);
    out_json_name(out, "target", finding->target);
    out_json_name(out, "candidate", finding->candidate);
    out_json_paths(out, "names", finding->names, finding->name_count);
    out_json_number(out, "link_count", finding->link_count);
    out_json_text(out, "text", finding->text);
    out_json_text(out, "mend", finding->mend);
    out_json_end(out);
  }
}

/* ------------------------------------------------------------------ the journey */

/* Mend instead of telling; the exit status. */
static int mend(struct wish *wish, struct nlink_check *check) {
  struct scope *scope = wish->scope;
  if (act_stopped() != 0) {
    out_message(scope->out, "stopped: nothing was changed");
    return act_stopped();
  }
  wish->fix.act.json = scope->json;
  wish->fix.act.how.threads = scope->look.threads;
  int status = scope->paths_failed < scope->count ? check_fix_run(&wish->fix, check) : (int)VERB_FAILED;
  return status == VERB_DONE && scope->events > 0 ? (int)VERB_PART : status;
}

static int run(struct wish *wish) {
  struct scope *scope = wish->scope;
  struct nlink_check *check = NULL;
  struct nlink_error error;
  struct findings findings = {0};
  if (wish->fix.wanted)
    sys_watch_stop();
  enum nlink_status status =
      nlink_check_open(&check, NLINK_CWD, scope->paths, scope->count, &wish->how, &scope->look, &error);
  if (status == NLINK_CANCELLED)
    return mend(wish, NULL);
  if (status < 0)
    return scope_failed(scope, &error, "check the links");
  progress_clear(&scope->progress);
  if (wish->fix.wanted) {
    int result = mend(wish, check);
    nlink_check_close(check);
    return result;
  }
  bool nothing = scope->paths_failed >= scope->count;
  bool done = gather(check, &findings);
  if (done && scope->json)
    tell_json(scope->out, &findings);
  else if (done && (!nothing || findings.count > 0))
    tell(scope->out, &findings);
  bool clean = findings.count == 0 && scope->events == 0;
  nothing = nothing && findings.count == 0;
  free(findings.all);
  nlink_check_close(check);
  if (!done)
    return scope_exhausted(scope);
  return nothing ? VERB_FAILED : clean ? VERB_DONE : VERB_PART;
}

/* ------------------------------------------------------------------ the command line */

/* The kind of a word of `length`; NLINK_FINDING_KINDS = there is none. */
static unsigned kind_of(const char *word, size_t length) {
  unsigned kind = 0;
  for (; kind < NLINK_FINDING_KINDS; kind++) {
    const char *name = nlink_finding_name((enum nlink_finding_kind)kind);
    if (strlen(name) == length && memcmp(name, word, length) == 0)
      break;
  }
  return kind;
}

static bool take_kinds(struct out *out, unsigned *kinds, const char *option, const char *value) {
  for (const char *at = value;; at++) {
    size_t length = strcspn(at, ",");
    unsigned kind = kind_of(at, length);
    if (kind == NLINK_FINDING_KINDS)
      return scope_refuse(out, option, "kinds of findings as the help names them", value);
    *kinds |= 1u << kind;
    at += length;
    if (*at == '\0')
      return true;
  }
}

static bool take(void *verb, int id, const char *value) {
  struct wish *wish = verb;
  struct out *out = wish->scope->out;
  bool known = true;
  switch (id) {
  case CHECK_ID_ONLY:
    return take_kinds(out, &wish->only, "--only", value);
  case CHECK_ID_SKIP:
    return take_kinds(out, &wish->skip, "--skip", value);
  case CHECK_ID_FIX:
    wish->fix.wanted = true;
    return true;
  case CHECK_ID_APPLY:
    wish->fix.apply = true;
    return true;
  case CHECK_ID_REMOVE:
    wish->fix.remove = true;
    return true;
  default:
    return act_take(&wish->fix.act, id, value, &known);
  }
}

int verb_check(struct out *out, int argc, char **argv) {
  static const char *const here[] = {"."};
  static const unsigned all = (1u << NLINK_FINDING_KINDS) - 1;
  struct scope scope;
  struct wish wish = {.scope = &scope, .how = {.size = sizeof wish.how}};
  struct options options;
  scope_init(&scope, out);
  act_init(&wish.fix.act, out);
  options_init(&options, &verb_check_command, argc, argv);
  int status = scope_read(&scope, &options, take, &wish);
  wish.how.off = wish.skip | (wish.only != 0 ? all & ~wish.only : 0);
  if (status == SCOPE_GO && wish.how.off == all) {
    out_message(out, "--only and --skip leave nothing to look for");
    status = options_point_to_help(&options, out);
  }
  if (status == SCOPE_GO && !check_fix_goes_together(&wish.fix))
    status = options_point_to_help(&options, out);
  if (status == SCOPE_GO)
    status = scope_ready(&scope, &options);
  if (status == SCOPE_GO && scope.count == 0) {
    scope.paths = here;
    scope.count = 1;
  }
  if (status == SCOPE_GO)
    status = run(&wish);
  scope_fini(&scope);
  return status;
}
