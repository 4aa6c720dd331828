/*
 * scope.c - what the verbs that look at trees have in common
 *
 * SPDX-License-Identifier: MIT
 */
#include "scope.h"

#include "out.h"
#include "sys.h"
#include "units.h"
#include "verb.h"

#include <stdlib.h>
#include <string.h>

bool scope_list_add(struct scope_list *list, const char *item) {
  if (list->count == list->room) {
    size_t room = list->room > 0 ? 2 * list->room : 16;
    const char **more = realloc(list->items, room * sizeof *more);
    if (more == NULL)
      return false;
    list->items = more;
    list->room = room;
  }
  list->items[list->count++] = item;
  return true;
}

void scope_list_fini(struct scope_list *list) {
  free(list->items);
  *list = (struct scope_list){0};
}

void scope_init(struct scope *scope, struct out *out) {
  *scope = (struct scope){.out = out, .look = {.size = sizeof scope->look}, .progress = {.out = out}};
}

void scope_fini(struct scope *scope) {
  for (size_t i = 0; i < scope->memory.count; i++) {
    union {
      const char *held;
      void *free;
    } text = {scope->memory.items[i]};
    free(text.free);
  }
  scope_list_fini(&scope->memory);
  scope_list_fini(&scope->wanted);
  scope_list_fini(&scope->rules);
  scope_list_fini(&scope->listed);
}

int scope_exhausted(struct scope *scope) {
  progress_clear(&scope->progress);
  out_message(scope->out, "%s", nlink_status_text(NLINK_NO_MEMORY));
  return VERB_FAILED;
}

/* ------------------------------------------------------------------ while it is looked */

/* Whether the path is one of those that were given. */
static bool is_given(const struct scope *scope, const char *path) {
  for (size_t i = 0; i < scope->count; i++)
    if (strcmp(scope->paths[i], path) == 0)
      return true;
  return false;
}

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  struct scope *scope = ctx;
  progress_clear(&scope->progress);
  if (error->status == NLINK_REPEATED) { /* told, but nothing is missing */
    out_message(scope->out, "%s: %s", out_quote(scope->out, 0, path), error->text);
    return;
  }
  scope->events++;
  if (!scope->look.listed && is_given(scope, path))
    scope->paths_failed++;
  bool opened = error->step == NLINK_STEP_OPEN || error->step == NLINK_STEP_READ_DIRECTORY;
  const char *what = error->step == NLINK_STEP_READ               ? "read"
                     : opened && error->status != NLINK_NOT_FOUND ? "read the directory"
                                                                  : "look at";
  out_trouble(scope->out, error, "cannot %s %s", what, out_quote(scope->out, 0, path));
}

static bool on_progress(const struct nlink_progress *now, void *ctx) {
  struct scope *scope = ctx;
  progress_show(&scope->progress, now);
  return sys_stop() == 0;
}

int scope_failed(struct scope *scope, const struct nlink_error *error, const char *what) {
  progress_clear(&scope->progress);
  out_trouble(scope->out, error, "cannot %s", what);
  return error->status == NLINK_INVALID ? VERB_USAGE : VERB_FAILED;
}

/* ------------------------------------------------------------------ the command line */

bool scope_refuse(struct out *out, const char *option, const char *takes, const char *value) {
  out_message(out, "%s takes %s, not %s", option, takes, out_quote(out, 0, value));
  return false;
}

bool scope_take_number(struct out *out, uint32_t *number, const char *option, const char *value,
                       uint32_t least) {
  uint64_t read;
  if (!units_read_number(&read, value, UINT32_MAX) || read < least)
    return scope_refuse(out, option, least == 0 ? "a number" : "a number from 1 on", value);
  *number = (uint32_t)read;
  return true;
}

static bool take_size(struct out *out, uint64_t *size_bytes, const char *option, const char *value) {
  if (!units_read_size(size_bytes, value))
    return scope_refuse(out, option, "a size such as 4096, 10K or 2MB", value);
  return true;
}

/* Rules keep the order of the command line; files with rules are read only when all of it is right. */
static bool want(struct scope *scope, const char *option, const char *kind, const char *text) {
  if (*text == '\0')
    return scope_refuse(scope->out, option, *kind != '\0' ? "a pattern" : "the name of a file", text);
  if (scope_list_add(&scope->wanted, kind) && scope_list_add(&scope->wanted, text))
    return true;
  scope_exhausted(scope);
  return false;
}

static bool take_max_size(struct scope *scope, const char *value) {
  if (!take_size(scope->out, &scope->look.max_bytes, "--max-size", value))
    return false;
  return scope->look.max_bytes > 0 || scope_refuse(scope->out, "--max-size", "a size of at least 1", value);
}

/* False = the value is wrong, which was told. *known is false where the option is the verb's own. */
static bool take_shared(struct scope *scope, int id, const char *value, bool *known) {
  switch (id) {
  case SCOPE_ID_EXCLUDE:
    return want(scope, "--exclude", "- ", value);
  case SCOPE_ID_INCLUDE:
    return want(scope, "--include", "+ ", value);
  case SCOPE_ID_EXCLUDE_FROM:
    return want(scope, "--exclude-from", "", value);
  case SCOPE_ID_MIN_SIZE:
    return take_size(scope->out, &scope->look.min_bytes, "--min-size", value);
  case SCOPE_ID_MAX_SIZE:
    return take_max_size(scope, value);
  case SCOPE_ID_ONE_FILE_SYSTEM:
    scope->look.one_file_system = true;
    return true;
  case SCOPE_ID_MAX_DEPTH:
    return scope_take_number(scope->out, &scope->look.max_depth, "--max-depth", value, 1);
  case SCOPE_ID_THREADS:
    return scope_take_number(scope->out, &scope->look.threads, "--threads", value, 1);
  case SCOPE_ID_FILES_FROM:
    scope->files_from = value;
    return true;
  case SCOPE_ID_NUL:
    scope->nul = true;
    return true;
  case SCOPE_ID_JSON:
    scope->json = true;
    return true;
  default:
    *known = false;
    return true;
  }
}

/* Whether more than one of the files that are to be read is standard input. */
static bool shares_input(const struct scope *scope) {
  size_t count = scope->files_from != NULL && strcmp(scope->files_from, "-") == 0;
  for (size_t i = 0; i < scope->wanted.count; i += 2)
    count += *scope->wanted.items[i] == '\0' && strcmp(scope->wanted.items[i + 1], "-") == 0;
  return count > 1;
}

int scope_read(struct scope *scope, struct options *options, scope_take_function *take, void *verb) {
  for (const struct options_row *row; (row = options_next(options)) != NULL;) {
    bool known = true;
    if (row->id == OPTIONS_ID_HELP)
      return options_help(options, scope->out);
    if (row->id == OPTIONS_ID_VERSION)
      return options_version(options, scope->out);
    if (!take_shared(scope, row->id, options->value, &known) ||
        (!known && !take(verb, row->id, options->value)))
      return options_point_to_help(options, scope->out);
  }
  if (options->fault != OPTIONS_FINE)
    return options_complain(options, scope->out);
  if (scope->files_from != NULL && options->operand_count > 0) {
    out_message(scope->out, "extra operand %s: --files-from gives the names",
                out_quote(scope->out, 0, options->operands[0]));
    return options_point_to_help(options, scope->out);
  }
  if (shares_input(scope)) {
    out_message(scope->out, "standard input can be read only once");
    return options_point_to_help(options, scope->out);
  }
  return SCOPE_GO;
}

/* ------------------------------------------------------------------ files with patterns, and with names */

/* Read a file of the command line; NULL = not done, *status is the exit status and it was told. */
static char *read_file(struct scope *scope, const char *name, size_t *length, int *status) {
  bool is_input = strcmp(name, "-") == 0;
  const char *called = is_input ? "standard input" : out_quote(scope->out, 0, name);
  int error = 0;
  char *text = sys_read_file(is_input ? NULL : name, length, &error);
  if (text == NULL) {
    out_message(scope->out, "cannot read %s: %s", called, sys_error_text(error));
    *status = VERB_FAILED;
  } else if (!scope_list_add(&scope->memory, text)) {
    free(text);
    *status = scope_exhausted(scope);
    text = NULL;
  }
  return text;
}

/* The next line or NUL-ended piece, ended by a NUL in its place; NULL = none is left. */
static char *next_piece(char **at, const char *end, char mark) {
  if (*at == end)
    return NULL;
  char *piece = *at;
  char *stop = memchr(piece, mark, (size_t)(end - piece));
  *at = stop != NULL ? stop + 1 : piece + (end - piece);
  if (stop != NULL)
    *stop = '\0';
  return piece;
}

const char *scope_make_rule(struct scope *scope, const char *kind, const char *pattern) {
  size_t length = strlen(pattern);
  char *rule = malloc(length + 3);
  if (rule == NULL)
    return NULL;
  memcpy(rule, kind, 2);
  memcpy(rule + 2, pattern, length + 1);
  if (scope_list_add(&scope->memory, rule))
    return rule;
  free(rule);
  return NULL;
}

static int read_rules(struct scope *scope, const char *name) {
  size_t length = 0;
  int status = SCOPE_GO;
  char *text = read_file(scope, name, &length, &status);
  if (text == NULL)
    return status;
  char *at = text;
  for (char *line; (line = next_piece(&at, text + length, '\n')) != NULL;) {
    size_t used = strlen(line);
    if (used > 0 && line[used - 1] == '\r')
      line[used - 1] = '\0';
    if (*line == '\0' || *line == '#' || *line == ';')
      continue;
    bool is_rule = (line[0] == '-' || line[0] == '+') && line[1] == ' ';
    const char *rule = is_rule ? line : scope_make_rule(scope, "- ", line);
    if (rule == NULL || !scope_list_add(&scope->rules, rule))
      return scope_exhausted(scope);
  }
  return SCOPE_GO;
}

static int read_names(struct scope *scope) {
  size_t length = 0;
  int status = SCOPE_GO;
  char *text = read_file(scope, scope->files_from, &length, &status);
  if (text == NULL)
    return status;
  if (!scope->nul && memchr(text, '\0', length) != NULL) {
    out_message(scope->out, "the names in %s are ended by NUL: that needs --null",
                strcmp(scope->files_from, "-") == 0 ? "standard input"
                                                    : out_quote(scope->out, 0, scope->files_from));
    return VERB_USAGE;
  }
  char *at = text;
  for (const char *name; (name = next_piece(&at, text + length, scope->nul ? '\0' : '\n')) != NULL;)
    if ((*name != '\0' || scope->nul) && !scope_list_add(&scope->listed, name))
      return scope_exhausted(scope);
  return SCOPE_GO;
}

int scope_ready(struct scope *scope, const struct options *options) {
  int status = SCOPE_GO;
  if (scope->json && !out_json_ready(scope->out))
    return VERB_USAGE;
  for (size_t i = 0; i < scope->wanted.count && status == SCOPE_GO; i += 2) {
    const char *kind = scope->wanted.items[i];
    const char *text = scope->wanted.items[i + 1];
    if (*kind == '\0') {
      status = read_rules(scope, text);
      continue;
    }
    const char *rule = scope_make_rule(scope, kind, text);
    if (rule == NULL || !scope_list_add(&scope->rules, rule))
      status = scope_exhausted(scope);
  }
  if (status == SCOPE_GO && scope->files_from != NULL)
    status = read_names(scope);
  bool listed = scope->files_from != NULL;
  scope->paths = listed ? scope->listed.items : (const char *const *)options->operands;
  scope->count = listed ? scope->listed.count : options->operand_count;
  scope->look.rules = scope->rules.items;
  scope->look.rule_count = scope->rules.count;
  scope->look.on_event = on_event;
  scope->look.on_progress = on_progress;
  scope->look.ctx = scope;
  return status;
}
