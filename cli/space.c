/*
 * space.c - nlink space: what directories occupy, and what deleting them would free
 *
 * SPDX-License-Identifier: MIT
 */
#include "space.h"

#include "options.h"
#include "out.h"
#include "verb.h"

#include <stdlib.h>
#include <string.h>

enum space_id {
  SPACE_ID_DEPTH = 1,
  SPACE_ID_SORT,
  SPACE_ID_REVERSE,
  SPACE_ID_TOP,
  SPACE_ID_BYTES,
  SPACE_ID_SET,
  SPACE_ID_SERIES,
  SPACE_ID_GROUPS,
  SPACE_ID_WHY_NOT,
};

/* clang-format off */
static const struct options_row rows[] = {
  {SPACE_ID_DEPTH, 'd', "depth", OPTIONS_TAKES, "N", "rows down to N below PATH (1), as du's --max-depth"},
  {SPACE_ID_DEPTH, 0, "max-depth", OPTIONS_TAKES, "N", NULL}, /* as du has it */
  {SPACE_ID_SORT, 0, "sort", OPTIONS_TAKES, "COLUMN", "freed, once, held, apparent, names, files or path"},
  {SPACE_ID_REVERSE, 'r', "reverse", OPTIONS_ALONE, NULL, "the smallest first"},
  {SPACE_ID_TOP, 0, "top", OPTIONS_TAKES, "N", "only the first N rows"},
  {SPACE_ID_BYTES, 0, "bytes", OPTIONS_ALONE, NULL, "exact numbers instead of 1.5K, 23M"},
  {SPACE_ID_SET, 0, "set", OPTIONS_ALONE, NULL, "also what deleting all PATHs together frees"},
  {SPACE_ID_SERIES, 0, "series", OPTIONS_ALONE, NULL, "PATHs are snapshots, the oldest first"},
  {SPACE_ID_GROUPS, 0, "groups", OPTIONS_MAY_TAKE, "N", "the N (10) largest files of several names, with them"},
  {SPACE_ID_WHY_NOT, 0, "why-not", OPTIONS_TAKES, "DIR", "what holds DIR's bytes, looked for in the PATHs"},
  {SCOPE_ID_FILES_FROM, 0, "files-from", OPTIONS_TAKES, "LIST", "only the names in LIST, a line each; -: of stdin"},
  {SCOPE_ID_NUL, '0', "null", OPTIONS_ALONE, NULL, "names in LIST are ended by a NUL"},
  {SCOPE_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "one JSON object a line"},
  SCOPE_OPTIONS,
  OPTIONS_HELP,
  OPTIONS_VERSION,
};
/* clang-format on */

const struct options_command verb_space_command = {
    .name = "nlink space",
    .usage = "Usage: %s [OPTION]... [PATH]...\n"
             "What directories occupy, each file counted ONCE; what deleting one alone FREES,\n"
             "and what stays because names outside HOLD it.\n",
    .examples = SCOPE_HELP_BUT_DEPTH "\n"
                                     "Examples:\n"
                                     "  nlink space -d 2 --top 20 /srv  the twenty that free most\n"
                                     "  nlink space --series snap.*     what deleting the oldest ones frees\n"
                                     "  nlink space --why-not snap.1 .  which other names keep its bytes\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

/* ------------------------------------------------------------------ the command line */

static bool take_order(struct space_wish *wish, const char *value) {
  static const char *const words[] = {
      [NLINK_BY_FREED] = "freed", [NLINK_BY_ONCE] = "once",   [NLINK_BY_APPARENT] = "apparent",
      [NLINK_BY_HELD] = "held",   [NLINK_BY_NAMES] = "names", [NLINK_BY_FILES] = "files",
      [NLINK_BY_PATH] = "path"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(words[i], value) == 0) {
      wish->how.order = (enum nlink_space_order)i;
      return true;
    }
  return scope_refuse(wish->scope->out, "--sort", "freed, once, held, apparent, names, files or path", value);
}

static bool take_shows(struct space_wish *wish, enum space_shows shows) {
  static const char *const words[] = {[SPACE_SET] = "--set",
                                      [SPACE_SERIES] = "--series",
                                      [SPACE_GROUPS] = "--groups",
                                      [SPACE_WHY_NOT] = "--why-not"};
  if (wish->shows != SPACE_ROWS && wish->shows != shows) {
    out_message(wish->scope->out, "%s and %s exclude each other", words[wish->shows], words[shows]);
    return false;
  }
  wish->shows = shows;
  return true;
}

static bool take_inside(struct space_wish *wish, const char *value) {
  if (scope_list_add(&wish->inside, value))
    return take_shows(wish, SPACE_WHY_NOT);
  scope_exhausted(wish->scope);
  return false;
}

static bool take(void *verb, int id, const char *value) {
  struct space_wish *wish = verb;
  struct out *out = wish->scope->out;
  switch (id) {
  case SPACE_ID_DEPTH:
    return scope_take_number(out, &wish->how.depth, "--depth", value, 0);
  case SPACE_ID_SORT:
    return take_order(wish, value);
  case SPACE_ID_REVERSE:
    wish->reverse = true;
    return true;
  case SPACE_ID_TOP:
    return scope_take_number(out, &wish->top, "--top", value, 1);
  case SPACE_ID_BYTES:
    wish->bytes = true;
    return true;
  case SPACE_ID_SET:
    return take_shows(wish, SPACE_SET);
  case SPACE_ID_SERIES:
    return take_shows(wish, SPACE_SERIES);
  case SPACE_ID_GROUPS:
    wish->how.groups = 10;
    return take_shows(wish, SPACE_GROUPS) &&
           (value == NULL || scope_take_number(out, &wish->how.groups, "--groups", value, 1));
  case SPACE_ID_WHY_NOT:
    return take_inside(wish, value);
  default:
    return true;
  }
}

/* Whether what was asked for goes together; else it was told. */
static bool goes_together(struct out *out, const struct space_wish *wish) {
  const struct scope *scope = wish->scope;
  if (wish->shows == SPACE_WHY_NOT && scope->files_from != NULL)
    out_message(out, "--why-not and --files-from exclude each other");
  else if (scope->nul && scope->files_from == NULL)
    out_message(out, "--null goes with --files-from only");
  else
    return true;
  return false;
}

/* ------------------------------------------------------------------ the journey */

static bool tell(struct space_wish *wish, struct nlink_space *space) {
  if (wish->scope->json)
    return space_tell_json(wish, space);
  switch (wish->shows) {
  case SPACE_SERIES:
    space_tell_series(wish, space);
    break;
  case SPACE_GROUPS:
    space_tell_groups(wish, space);
    break;
  case SPACE_WHY_NOT:
    if (!space_tell_holders(wish, space))
      return false;
    break;
  default:
    if (!space_tell_rows(wish, space))
      return false;
    break;
  }
  space_tell_doubts(wish, space, wish->shows != SPACE_GROUPS);
  return true;
}

static bool nothing_was_seen(const struct scope *scope, const struct nlink_space *space) {
  for (size_t i = 0; i < scope->count; i++)
    if (nlink_space_root(space, i) != NULL)
      return scope->paths_failed >= scope->count;
  return true;
}

static int run(struct space_wish *wish) {
  struct scope *scope = wish->scope;
  struct nlink_space *space = NULL;
  struct nlink_error error;
  enum nlink_status status =
      nlink_space_open(&space, NLINK_CWD, scope->paths, scope->count, &wish->how, &scope->look, &error);
  if (status < 0)
    return scope_failed(scope, &error, "tell what is occupied");
  progress_clear(&scope->progress);
  bool nothing = nothing_was_seen(scope, space);
  bool done = nothing || tell(wish, space);
  nlink_space_close(space);
  if (!done)
    return scope_exhausted(scope);
  return nothing ? VERB_FAILED : scope->events > 0 ? VERB_PART : VERB_DONE;
}

/* What the library is to look at, from the operands, the list and --why-not. */
static void aim(struct space_wish *wish) {
  static const char *const here[] = {"."};
  struct scope *scope = wish->scope;
  if (wish->shows != SPACE_ROWS && wish->shows != SPACE_SET)
    wish->how.depth = 0;
  if (wish->shows == SPACE_WHY_NOT) {
    wish->how.holders = true;
    wish->how.around = scope->paths;
    wish->how.around_count = scope->count;
    scope->paths = wish->inside.items;
    scope->count = wish->inside.count;
  } else if (scope->files_from != NULL) {
    scope->look.listed = true;
  } else if (scope->count == 0) {
    scope->paths = here;
    scope->count = 1;
  }
}

int verb_space(struct out *out, int argc, char **argv) {
  struct scope scope;
  struct space_wish wish = {.scope = &scope, .how = {.size = sizeof wish.how, .depth = 1}};
  struct options options;
  scope_init(&scope, out);
  options_init(&options, &verb_space_command, argc, argv);
  int status = scope_read(&scope, &options, take, &wish);
  if (status == SCOPE_GO && !goes_together(out, &wish))
    status = options_point_to_help(&options, out);
  if (status == SCOPE_GO)
    status = scope_ready(&scope, &options);
  if (status == SCOPE_GO) {
    aim(&wish);
    status = scope.count > 0 ? run(&wish) : VERB_DONE; /* an empty list asks for nothing */
  }
  scope_list_fini(&wish.inside);
  scope_fini(&scope);
  return status;
}
