/*
 * act.c - what the verbs have in common that replace names
 *
 * SPDX-License-Identifier: MIT
 */
#include "act.h"

#include "out.h"
#include "place.h"
#include "scope.h"
#include "sys.h"
#include "units.h"
#include "verb.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ while it works */

static void on_left(const char *path, enum nlink_left left, const struct nlink_error *error, void *ctx) {
  struct act *act = ctx;
  progress_clear(&act->progress);
  act->left[(unsigned)left < NLINK_LEFTS ? left : NLINK_LEFT_FAILED]++;
  if (act->json) {
    out_json_begin(act->out);
    out_json_text(act->out, "what", "left");
    out_json_name(act->out, "path", path);
    out_json_text(act->out, "left", nlink_left_name(left));
    out_json_text(act->out, "text", error != NULL ? error->text : nlink_left_text(left));
    out_json_end(act->out);
    return;
  }
  const char *name = out_quote(act->out, 0, path);
  if (error == NULL)
    out_message(act->out, "left alone: %s: %s", name, nlink_left_text(left));
  else
    out_trouble(act->out, error, "left alone: %s: %s", name, nlink_left_text(left));
}

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  struct act *act = ctx;
  progress_clear(&act->progress);
  const char *name = out_quote(act->out, 0, path);
  if (error->status >= 0) { /* told, and nothing went wrong */
    out_message(act->out, "%s: %s", name, error->text);
    return;
  }
  act->events++;
  out_trouble(act->out, error, "%s", name);
}

static bool on_progress(const struct nlink_progress *now, void *ctx) {
  struct act *act = ctx;
  progress_show(&act->progress, now);
  return sys_stop() == 0;
}

void act_init(struct act *act, struct out *out) {
  *act = (struct act){
      .out = out,
      .how = {.size = sizeof act->how,
              .on_left = on_left,
              .on_event = on_event,
              .on_progress = on_progress,
              .ctx = act},
      .progress = {.out = out},
  };
}

void act_begin(struct act *act) {
  out_flush(act->out);
  sys_watch_stop();
  /* What reads our messages may go away; the work may not end in its middle for that. */
  sys_outlive_pipes(true);
}

void act_rest(struct act *act) {
  progress_clear(&act->progress);
  sys_outlive_pipes(false);
}

int act_stopped(void) {
  int number = sys_stop();
  return number != 0 ? 128 + number : 0;
}

int act_end(struct act *act, enum nlink_status status, const struct nlink_error *error, const char *what,
            bool some, uint64_t failed) {
  if (act_stopped() != 0)
    return act_stopped();
  if (status < 0) {
    out_trouble(act->out, error, some ? "cannot go on to %s" : "cannot %s", what);
    return some ? VERB_PART : VERB_FAILED;
  }
  if (failed > 0 && !some)
    return VERB_FAILED;
  return failed > 0 || act->events > 0 ? VERB_PART : VERB_DONE;
}

/* ------------------------------------------------------------------ what was left alone */

/* The reason behind a number of files or names: of one, and of several. */
static const char *const reasons[NLINK_LEFTS][2] = {
    [NLINK_LEFT_DIFFERS] = {"differs otherwise", "differ otherwise"},
    [NLINK_LEFT_REFERENCE] = {"has a name in a reference tree", "have names in a reference tree"},
    [NLINK_LEFT_SHARED] = {"shares its blocks already", "share their blocks already"},
    [NLINK_LEFT_YOUNG] = {"was changed a moment ago", "were changed a moment ago"},
    [NLINK_LEFT_CHANGED] = {"was changed since it was looked at", "were changed since they were looked at"},
    [NLINK_LEFT_VANISHED] = {"is gone or leads to another file", "are gone or lead to other files"},
    [NLINK_LEFT_OPEN] = {"is open for writing", "are open for writing"},
    [NLINK_LEFT_UNGUARDED] = {"cannot be guarded against writers", "cannot be guarded against writers"},
    [NLINK_LEFT_LINK_LIMIT] = {"would be one name too many", "would be too many names"},
    [NLINK_LEFT_UNSUPPORTED] = {"cannot share blocks where it is", "cannot share blocks where they are"},
    [NLINK_LEFT_STOPPED] = {"was not reached", "were not reached"},
    [NLINK_LEFT_FAILED] = {"was refused by the system", "were refused by the system"},
};

void act_put_reasons(struct out *out, const uint64_t left[NLINK_LEFTS]) {
  const char *comma = "";
  for (unsigned i = 0; i < NLINK_LEFTS; i++) {
    char number[UNITS_GROUPED_SIZE];
    if (left[i] == 0 || reasons[i][0] == NULL)
      continue;
    out_print(out, "%s%s %s", comma, units_grouped(number, left[i]), reasons[i][left[i] != 1]);
    comma = ", ";
  }
}

void act_tell_left(struct act *act, uint64_t names) {
  char number[UNITS_GROUPED_SIZE];
  if (names == 0)
    return;
  out_print(act->out, "%s %s left alone: ", units_grouped(number, names),
            names == 1 ? "name was" : "names were");
  act_put_reasons(act->out, act->left);
  out_text(act->out, ".\n");
}

/* What a person types for a journal: its name where it is in the state directory. */
static const char *typed_name(const struct act *act, const char *path) {
  return act->how.journal == NULL ? place_last(path) : path;
}

void act_tell_journal(struct act *act, const char *journal, bool some) {
  if (some && journal != NULL) {
    out_text(act->out, "To undo: nlink undo ");
    out_name(act->out, typed_name(act, journal));
    out_char(act->out, '\n');
  } else if (some) {
    out_text(act->out, "There is no journal: this cannot be undone.\n");
  }
}

/* ------------------------------------------------------------------ the command line */

bool act_take(struct act *act, int id, const char *value, bool *known) {
  switch (id) {
  case ACT_ID_JOURNAL:
    act->how.journal = value;
    return *value != '\0' || scope_refuse(act->out, "--journal", "the name of a file", value);
  case ACT_ID_NO_JOURNAL:
    act->how.no_journal = true;
    return true;
  case ACT_ID_UNGUARDED:
    act->how.unguarded = true;
    return true;
  case ACT_ID_THREADS:
    return scope_take_number(act->out, &act->how.threads, "--threads", value, 1);
  case ACT_ID_DRY_RUN:
    act->how.dry_run = true;
    return true;
  case ACT_ID_JSON:
    act->json = true;
    return true;
  default:
    *known = false;
    return true;
  }
}

bool act_goes_together(const struct act *act) {
  if (act->how.journal == NULL || !act->how.no_journal)
    return true;
  out_message(act->out, "--journal and --no-journal exclude each other");
  return false;
}

int act_want_one(const struct options *options, struct out *out) {
  if (options->operand_count == 0)
    out_message(out, "missing operand");
  else
    out_message(out, "extra operand %s", out_quote(out, 0, options->operands[1]));
  return options_point_to_help(options, out);
}

int act_read(struct act *act, struct options *options, act_own_function *own, void *verb) {
  for (const struct options_row *row; (row = options_next(options)) != NULL;) {
    bool known = true;
    if (row->id == OPTIONS_ID_HELP)
      return options_help(options, act->out);
    if (row->id == OPTIONS_ID_VERSION)
      return options_version(options, act->out);
    if (!act_take(act, row->id, options->value, &known))
      return options_point_to_help(options, act->out);
    if (!known && own != NULL)
      own(verb, row->id);
  }
  if (options->fault != OPTIONS_FINE)
    return options_complain(options, act->out);
  if (!act_goes_together(act))
    return options_point_to_help(options, act->out);
  return act->json && !out_json_ready(act->out) ? (int)VERB_USAGE : ACT_GO;
}

/* ------------------------------------------------------------------ journals by their names */

const char *act_find_journal(const char *operand, char **room) {
  struct nlink_journals *journals = NULL;
  const struct nlink_journal_entry *entry;
  *room = NULL;
  if (strchr(operand, '/') != NULL || nlink_journals_open(&journals, NLINK_CWD, NULL, NULL) < 0)
    return operand;
  const char *found = operand;
  while (*room == NULL && found != NULL && nlink_journals_next(journals, &entry) == NLINK_OK) {
    if (strcmp(place_last(entry->path), operand) != 0)
      continue;
    *room = malloc(strlen(entry->path) + 1);
    found = *room;
    if (*room != NULL)
      strcpy(*room, entry->path);
  }
  nlink_journals_close(journals);
  return found;
}
