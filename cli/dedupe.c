/*
 * dedupe.c - nlink dedupe: equal files found, and made one
 *
 * SPDX-License-Identifier: MIT
 */
#include "dedupe.h"

#include "options.h"
#include "out.h"
#include "repair.h"
#include "scope.h"
#include "units.h"
#include "verb.h"

#include <string.h>

enum dedupe_id {
  DEDUPE_ID_APPLY = 1,
  DEDUPE_ID_PLAN,
  DEDUPE_ID_MODE,
  DEDUPE_ID_KEEP,
  DEDUPE_ID_REFERENCE,
  DEDUPE_ID_IGNORE,
  DEDUPE_ID_MATCH,
  DEDUPE_ID_MIN_AGE,
  DEDUPE_ID_MAX_LINKS,
  DEDUPE_ID_MEMORY,
  DEDUPE_ID_VERBOSE,
  DEDUPE_ID_QUIET,
  DEDUPE_ID_FORMAT,
};

/* clang-format off */
static const struct options_row rows[] = {
  {DEDUPE_ID_APPLY, 0, "apply", OPTIONS_ALONE, NULL, "do it; what is in use or was changed is left alone"},
  {DEDUPE_ID_PLAN, 0, "plan", OPTIONS_TAKES, "FILE", "save the plan, to be done later by nlink apply FILE"},
  {DEDUPE_ID_MODE, 0, "mode", OPTIONS_TAKES, "MODE", "hardlink (the default), reflink or symlink"},
  {DEDUPE_ID_KEEP, 0, "keep", OPTIONS_TAKES, "WHICH", "most-names, oldest, newest, first, or a PATTERN"},
  {DEDUPE_ID_REFERENCE, 0, "reference", OPTIONS_TAKES, "DIR", "look here, too, and never replace a name in it"},
  {DEDUPE_ID_IGNORE, 0, "ignore", OPTIONS_TAKES, "LIST", "may differ: owner,group,mode,acl,xattr,security,device"},
  {DEDUPE_ID_MATCH, 0, "match", OPTIONS_TAKES, "LIST", "must be equal, too: mtime,name"},
  {DEDUPE_ID_MIN_AGE, 0, "min-age", OPTIONS_TAKES, "SECONDS", "leave alone what was changed since (2)"},
  {DEDUPE_ID_QUIET, 'q', "quiet", OPTIONS_ALONE, NULL, "the summary alone; -v, --verbose: all with --apply"},
  {SCOPE_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "one JSON object a group; --format=fdupes: as fdupes"},
  {SCOPE_ID_NUL, '0', "null", OPTIONS_ALONE, NULL, "names are ended by a NUL, those in LIST, too"},
  {DEDUPE_ID_VERBOSE, 'v', "verbose", OPTIONS_ALONE, NULL, NULL},
  {DEDUPE_ID_FORMAT, 0, "format", OPTIONS_TAKES, "FORMAT", NULL},
  {SCOPE_ID_FILES_FROM, 0, "files-from", OPTIONS_TAKES, "LIST", NULL},
  {DEDUPE_ID_MAX_LINKS, 0, "max-links", OPTIONS_TAKES, "N", NULL},
  {DEDUPE_ID_MEMORY, 0, "memory", OPTIONS_TAKES, "SIZE", NULL},
  {ACT_ID_JOURNAL, 0, "journal", OPTIONS_TAKES, "FILE", NULL},
  {ACT_ID_NO_JOURNAL, 0, "no-journal", OPTIONS_ALONE, NULL, NULL},
  {ACT_ID_UNGUARDED, 0, "unguarded", OPTIONS_ALONE, NULL, NULL},
  SCOPE_OPTIONS,
  SCOPE_DEPTH,
  OPTIONS_HELP,
  OPTIONS_VERSION,
};
/* clang-format on */

const struct options_command verb_dedupe_command = {
    .name = "nlink dedupe",
    .usage = "Usage: %s [OPTION]... PATH...\n"
             "Find files with equal contents, and show how they would become names of one.\n"
             "Nothing is changed without --apply.\n",
    .examples = "More: --files-from=LIST, --max-links=N, --memory=SIZE, --format=FORMAT; with\n"
                "  --apply: --journal=FILE, --no-journal, --unguarded. They are in nlink(1).\n" SCOPE_HELP
                "Examples:\n"
                "  nlink dedupe ~                    what is equal, and what one file would gain\n"
                "  nlink dedupe --apply /srv/mirror  do it; nlink undo takes it back\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

struct wish {
  struct scope scope;
  struct act act;
  struct nlink_dedupe_options how;
  struct scope_list rules; /* --keep */
  struct scope_list references;
  struct dedupe_tale tale;
  bool apply;
  bool quiet;
  bool verbose;
};

/* ------------------------------------------------------------------ the command line */

/* The number of the word that `value` is; `count` = it is none of them. */
static size_t find_word(const char *const *words, size_t count, const char *value, size_t length) {
  size_t i = 0;
  while (i < count && (strlen(words[i]) != length || memcmp(words[i], value, length) != 0))
    i++;
  return i;
}

static bool take_mode(struct wish *wish, const char *value) {
  static const char *const words[] = {
      [NLINK_MODE_HARDLINK] = "hardlink", [NLINK_MODE_REFLINK] = "reflink", [NLINK_MODE_SYMLINK] = "symlink"};
  size_t mode = find_word(words, sizeof words / sizeof *words, value, strlen(value));
  if (mode == sizeof words / sizeof *words)
    return scope_refuse(wish->scope.out, "--mode", "hardlink, reflink or symlink", value);
  wish->how.mode = (enum nlink_dedupe_mode)mode;
  return true;
}

static bool add(struct wish *wish, struct scope_list *list, const char *item) {
  if (scope_list_add(list, item))
    return true;
  scope_exhausted(&wish->scope);
  return false;
}

static bool take_keep(struct wish *wish, const char *value) {
  static const char *const words[] = {[NLINK_KEEP_MOST_NAMES] = "most-names",
                                      [NLINK_KEEP_OLDEST] = "oldest",
                                      [NLINK_KEEP_NEWEST] = "newest",
                                      [NLINK_KEEP_FIRST] = "first"};
  size_t keep = find_word(words, sizeof words / sizeof *words, value, strlen(value));
  if (keep < sizeof words / sizeof *words) {
    wish->how.keep = (enum nlink_keep)keep;
    return true;
  }
  if (*value == '\0')
    return scope_refuse(wish->scope.out, "--keep", "most-names, oldest, newest, first or a pattern", value);
  const char *rule = scope_make_rule(&wish->scope, "+ ", value);
  if (rule == NULL) {
    scope_exhausted(&wish->scope);
    return false;
  }
  return add(wish, &wish->rules, rule);
}

/* Words of aspects with commas between; `from` to `to`: those that the option takes. */
static bool take_aspects(struct out *out, unsigned *set, const char *option, const char *value, unsigned from,
                         unsigned to) {
  const char *words[NLINK_ASPECTS];
  for (unsigned i = from; i <= to; i++)
    words[i - from] = nlink_aspect_name((enum nlink_aspect)i);
  size_t count = to - from + 1;
  for (const char *at = value;; at++) {
    size_t length = strcspn(at, ",");
    size_t word = find_word(words, count, at, length);
    if (word == count)
      return scope_refuse(out, option, "words as the help names them", value);
    *set |= 1u << (from + word);
    at += length;
    if (*at == '\0')
      return true;
  }
}

static bool take_age(struct wish *wish, const char *value) {
  uint64_t seconds;
  if (!units_read_number(&seconds, value, INT64_MAX / 1000000000))
    return scope_refuse(wish->scope.out, "--min-age", "a number of seconds", value);
  wish->how.min_age_ns = seconds > 0 ? (int64_t)seconds * 1000000000 : -1;
  return true;
}

static bool take_format(struct wish *wish, const char *value) {
  bool fdupes = strcmp(value, "fdupes") == 0;
  if (!fdupes && strcmp(value, "people") != 0)
    return scope_refuse(wish->scope.out, "--format", "people or fdupes", value);
  wish->tale.form = fdupes ? DEDUPE_LINES : DEDUPE_PEOPLE;
  return true;
}

static bool take_number(struct wish *wish, int id, const char *value) {
  if (id == DEDUPE_ID_MAX_LINKS)
    return (units_read_number(&wish->how.max_links, value, UINT64_MAX) && wish->how.max_links > 0) ||
           scope_refuse(wish->scope.out, "--max-links", "a number from 1 on", value);
  return (units_read_size(&wish->how.memory_bytes, value) && wish->how.memory_bytes > 0) ||
         scope_refuse(wish->scope.out, "--memory", "a size such as 64M or 1G", value);
}

static bool take(void *verb, int id, const char *value) {
  struct wish *wish = verb;
  bool known = true;
  switch (id) {
  case DEDUPE_ID_APPLY:
    wish->apply = true;
    return true;
  case DEDUPE_ID_PLAN:
    wish->tale.plan = value;
    return *value != '\0' || scope_refuse(wish->scope.out, "--plan", "the name of a file", value);
  case DEDUPE_ID_MODE:
    return take_mode(wish, value);
  case DEDUPE_ID_KEEP:
    return take_keep(wish, value);
  case DEDUPE_ID_REFERENCE:
    return add(wish, &wish->references, value);
  case DEDUPE_ID_IGNORE:
    return take_aspects(wish->scope.out, &wish->how.ignore, "--ignore", value, NLINK_ASPECT_DEVICE,
                        NLINK_ASPECT_SECURITY);
  case DEDUPE_ID_MATCH:
    return take_aspects(wish->scope.out, &wish->how.match, "--match", value, NLINK_ASPECT_MTIME,
                        NLINK_ASPECT_NAME);
  case DEDUPE_ID_MIN_AGE:
    return take_age(wish, value);
  case DEDUPE_ID_MAX_LINKS:
  case DEDUPE_ID_MEMORY:
    return take_number(wish, id, value);
  case DEDUPE_ID_VERBOSE:
    wish->verbose = true;
    return true;
  case DEDUPE_ID_QUIET:
    wish->quiet = true;
    return true;
  case DEDUPE_ID_FORMAT:
    return take_format(wish, value);
  default:
    return act_take(&wish->act, id, value, &known);
  }
}

/* Whether what was asked for goes together; else it was told. */
static bool goes_together(const struct wish *wish) {
  const struct scope *scope = &wish->scope;
  const struct nlink_apply_options *acting = &wish->act.how;
  bool nuls = scope->nul && scope->files_from == NULL; /* with a list, it can be the list that needs it */
  bool lines = wish->tale.form == DEDUPE_LINES;
  const char *first = NULL;
  const char *second = "--apply";
  if (wish->apply && wish->tale.plan != NULL)
    first = "--plan";
  else if (wish->apply && (nuls || lines))
    first = nuls ? "--null" : "--format=fdupes";
  else if (scope->json && (nuls || lines))
    first = nuls ? "--null" : "--format=fdupes", second = "--json";
  else if (nuls && lines)
    first = "--null", second = "--format=fdupes";
  else if (wish->quiet && wish->verbose)
    first = "--quiet", second = "--verbose";
  if (first != NULL) {
    out_message(scope->out, "%s and %s exclude each other", first, second);
    return false;
  }
  const char *alone = acting->journal != NULL ? "--journal"
                      : acting->no_journal    ? "--no-journal"
                      : acting->unguarded     ? "--unguarded"
                                              : NULL;
  if (!wish->apply && alone != NULL) {
    out_message(scope->out, "%s goes with --apply only", alone);
    return false;
  }
  return act_goes_together(&wish->act);
}

/* ------------------------------------------------------------------ the journey */

static int save(struct wish *wish, const struct nlink_dedupe *dedupe) {
  struct nlink_error error;
  struct out *out = wish->scope.out;
  if (wish->tale.plan == NULL || nlink_dedupe_save(dedupe, NLINK_CWD, wish->tale.plan, &error) >= 0)
    return VERB_DONE;
  out_trouble(out, &error, "cannot save the plan as %s", out_quote(out, 0, wish->tale.plan));
  return VERB_FAILED;
}

static int tell(struct wish *wish, struct nlink_dedupe *dedupe) {
  struct scope *scope = &wish->scope;
  int status = save(wish, dedupe);
  if (status != VERB_DONE)
    return status;
  dedupe_tell_groups(&wish->tale, dedupe);
  if (wish->apply)
    status = dedupe_apply(&wish->tale, &wish->act, dedupe);
  else
    dedupe_tell_plan(&wish->tale, dedupe);
  return status == VERB_DONE && scope->events > 0 ? VERB_PART : status;
}

/*
 * What a crash left is mended before the trees are looked at: applying would do that itself, but what was planned by
 * then would not fit any more. Trouble is told where it is met again.
 */
static void mend_first(const struct wish *wish) {
  struct act act;
  struct nlink_repair_report report = {0};
  const struct scope *scope = &wish->scope;
  act_init(&act, scope->out);
  act.json = scope->json;
  act_begin(&act);
  nlink_recover(NLINK_CWD, NULL, scope->paths, scope->count, &act.how, &report, NULL);
  act_rest(&act);
  if (report.journals > 0)
    repair_say(scope->out, &report);
}

static int run(struct wish *wish) {
  struct scope *scope = &wish->scope;
  struct nlink_dedupe *dedupe = NULL;
  struct nlink_error error;
  sys_watch_stop();
  if (wish->apply && scope->files_from == NULL)
    mend_first(wish);
  enum nlink_status status =
      nlink_dedupe_open(&dedupe, NLINK_CWD, scope->paths, scope->count, &wish->how, &scope->look, &error);
  progress_clear(&scope->progress);
  if (status == NLINK_CANCELLED || act_stopped() != 0) { /* also where it came too late to be asked for */
    nlink_dedupe_close(dedupe);
    out_message(scope->out, "stopped: nothing was changed");
    return act_stopped();
  }
  if (status < 0)
    return scope_failed(scope, &error, "find equal files");
  int result = VERB_FAILED;
  if (scope->paths_failed < scope->count || nlink_dedupe_report(dedupe)->names > 0)
    result = tell(wish, dedupe);
  nlink_dedupe_close(dedupe);
  return result;
}

/* What the command line says as a whole, once all of it was read. */
static void settle(struct wish *wish) {
  struct scope *scope = &wish->scope;
  struct dedupe_tale *tale = &wish->tale;
  wish->how.keep_rules = wish->rules.items;
  wish->how.keep_rule_count = wish->rules.count;
  wish->how.references = wish->references.items;
  wish->how.reference_count = wish->references.count;
  wish->act.how.threads = scope->look.threads;
  scope->look.listed = scope->files_from != NULL;
  tale->mode = wish->how.mode;
  if (scope->json)
    tale->form = DEDUPE_JSON;
  else if (scope->nul && !wish->apply)
    tale->form = DEDUPE_NULS;
  tale->groups = !wish->quiet && (!wish->apply || wish->verbose || scope->json);
}

int verb_dedupe(struct out *out, int argc, char **argv) {
  struct wish wish = {.how = {.size = sizeof wish.how}, .tale = {.out = out}};
  struct options options;
  scope_init(&wish.scope, out);
  act_init(&wish.act, out);
  options_init(&options, &verb_dedupe_command, argc, argv);
  int status = scope_read(&wish.scope, &options, take, &wish);
  if (status == SCOPE_GO && wish.scope.files_from == NULL && options.operand_count == 0) {
    out_message(out, "missing operand");
    status = options_point_to_help(&options, out);
  }
  if (status == SCOPE_GO && !goes_together(&wish))
    status = options_point_to_help(&options, out);
  if (status == SCOPE_GO)
    status = scope_ready(&wish.scope, &options);
  if (status == SCOPE_GO) {
    settle(&wish);
    status = wish.scope.count > 0 ? run(&wish) : VERB_DONE; /* an empty list asks for nothing */
  }
  dedupe_tale_fini(&wish.tale);
  scope_list_fini(&wish.rules);
  scope_list_fini(&wish.references);
  scope_fini(&wish.scope);
  return status;
}
