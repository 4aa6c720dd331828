/*
 * journal.c - nlink journal: what was done, and can be undone
 *
 * SPDX-License-Identifier: MIT
 */
#include "act.h"
#include "options.h"
#include "out.h"
#include "place.h"
#include "sys.h"
#include "units.h"
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct options_row rows[] = {
  {ACT_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "one JSON object a journal, and one a name"},
  OPTIONS_HELP,
  OPTIONS_VERSION,
};
/* clang-format on */

const struct options_command verb_journal_command = {
    .name = "nlink journal",
    .usage = "Usage: %s [OPTION]... [JOURNAL]...\n"
             "List the journals of what was done to names: how each stands, when it began,\n"
             "how many names it was to replace, how many it did, and what that gained. Of a\n"
             "JOURNAL, which is a path or a name in that list, print the names.\n",
    .examples = "They are in $XDG_STATE_HOME/nlink, else ~/.local/state/nlink.\n"
                "Exit status: 0 done, 1 one could not be read, 2 wrong usage, 3 none could.\n"
                "Examples:\n"
                "  nlink journal         all of them, the newest first\n"
                "  nlink undo --last     take the last back\n"
                "  nlink recover         mend those that are unfinished\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

static const char *state_word(enum nlink_journal_state state) {
  static const char *const words[] = {
      [NLINK_JOURNAL_RUNNING] = "running", [NLINK_JOURNAL_UNFINISHED] = "unfinished",
      [NLINK_JOURNAL_DONE] = "done",       [NLINK_JOURNAL_RECOVERED] = "recovered",
      [NLINK_JOURNAL_UNDONE] = "undone",   [NLINK_JOURNAL_UNREADABLE] = "unreadable"};
  return words[state];
}

enum { TIME_SIZE = 32 };

static const char *time_text(char text[TIME_SIZE], int64_t ns) {
  struct tm local;
  if (ns == NLINK_TIME_UNKNOWN || !sys_local_time(ns, &local) ||
      strftime(text, TIME_SIZE, "%Y-%m-%d %H:%M", &local) == 0)
    strcpy(text, "?");
  return text;
}

/* ------------------------------------------------------------------ all journals */

static void put_entry_json(struct out *out, const struct nlink_journal_entry *entry) {
  out_json_begin(out);
  out_json_text(out, "what", "journal");
  out_json_name(out, "path", entry->path);
  out_json_text(out, "state", state_word(entry->state));
  out_json_text(out, "verb", entry->verb);
  if (entry->started_ns == NLINK_TIME_UNKNOWN)
    out_json_null(out, "started_ns");
  else
    out_json_signed(out, "started_ns", entry->started_ns);
  out_json_number(out, "names", entry->names);
  out_json_number(out, "done_names", entry->done_names);
  out_json_number(out, "gained_bytes", entry->gained_bytes);
  out_json_end(out);
}

enum { COLUMNS = 5, CELL_SIZE = 32 };

/* A row of the table; the name of the journal follows its cells. */
struct row {
  char cells[COLUMNS][CELL_SIZE];
  char *name;
};

struct table {
  struct row *rows;
  size_t count;
  size_t room;
};

/* False: memory is exhausted. */
static bool add(struct table *table, const struct nlink_journal_entry *entry) {
  if (table->count == table->room) {
    size_t room = table->room > 0 ? 2 * table->room : 16;
    struct row *more = realloc(table->rows, room * sizeof *more);
    if (more == NULL)
      return false;
    table->rows = more;
    table->room = room;
  }
  const char *name = place_last(entry->path);
  struct row *row = &table->rows[table->count];
  row->name = malloc(strlen(name) + 1);
  if (row->name == NULL)
    return false;
  strcpy(row->name, name);
  strcpy(row->cells[0], state_word(entry->state));
  time_text(row->cells[1], entry->started_ns);
  units_grouped(row->cells[2], entry->names);
  units_grouped(row->cells[3], entry->done_names);
  units_size(row->cells[4], entry->gained_bytes);
  table->count++;
  return true;
}

static void put_row(struct out *out, const char *const cells[COLUMNS], const size_t widths[COLUMNS]) {
  for (size_t i = 0; i < COLUMNS; i++) {
    size_t fill = widths[i] - strlen(cells[i]);
    out_spaces(out, i > 1 ? fill : 0); /* words to the left, numbers to the right */
    out_text(out, cells[i]);
    out_spaces(out, i > 1 ? 2 : fill + 2);
  }
}

static void put_table(struct out *out, const struct table *table) {
  static const char *const headings[COLUMNS] = {"STATE", "STARTED", "NAMES", "DONE", "GAINED"};
  size_t widths[COLUMNS];
  for (size_t i = 0; i < COLUMNS; i++) {
    widths[i] = strlen(headings[i]);
    for (size_t j = 0; j < table->count; j++) {
      size_t width = strlen(table->rows[j].cells[i]);
      widths[i] = width > widths[i] ? width : widths[i];
    }
  }
  out_colour(out, OUT_BOLD);
  put_row(out, headings, widths);
  out_text(out, "JOURNAL");
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
  for (size_t j = 0; j < table->count && out->failed == 0; j++) {
    const char *cells[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
      cells[i] = table->rows[j].cells[i];
    put_row(out, cells, widths);
    out_name(out, table->rows[j].name);
    out_char(out, '\n');
  }
}

static int list(struct act *act) {
  struct out *out = act->out;
  struct nlink_journals *journals = NULL;
  const struct nlink_journal_entry *entry;
  struct nlink_error error;
  struct table table = {0};
  if (nlink_journals_open(&journals, NLINK_CWD, NULL, &error) < 0) {
    out_trouble(out, &error, "cannot list the journals");
    return VERB_FAILED;
  }
  bool done = true;
  while (done && nlink_journals_next(journals, &entry) == NLINK_OK) {
    if (act->json)
      put_entry_json(out, entry);
    else
      done = add(&table, entry);
  }
  nlink_journals_close(journals);
  if (!done)
    out_message(out, "%s", nlink_status_text(NLINK_NO_MEMORY));
  else if (table.count > 0)
    put_table(out, &table);
  else if (!act->json)
    out_text(out, "no journals\n");
  for (size_t i = 0; i < table.count; i++)
    free(table.rows[i].name);
  free(table.rows);
  return done ? VERB_DONE : VERB_FAILED;
}

/* ------------------------------------------------------------------ one journal */

static void put_name_json(struct out *out, const struct nlink_journal_name *name) {
  out_json_begin(out);
  out_json_text(out, "what", "name");
  out_json_name(out, "path", name->path);
  out_json_name(out, "with", name->with);
  out_json_bool(out, "done", name->done);
  out_json_text(out, "left", name->done ? NULL : nlink_left_name(name->left));
  out_json_number(out, "size_bytes", name->size_bytes);
  out_json_number(out, "ino", name->ino);
  out_json_end(out);
}

/* "done  PATH => WITH", and why where it is not done. */
static void put_name(struct out *out, const struct nlink_journal_name *name, bool soft) {
  out_text(out, name->done ? "  done  " : "  left  ");
  out_name(out, name->path);
  out_text(out, soft ? " -> " : " => ");
  if (*name->with != '\0')
    out_name(out, name->with);
  else
    out_text(out, "(removed)");
  if (!name->done && name->left != NLINK_LEFT_NOTHING)
    out_print(out, "  (%s)", nlink_left_text(name->left));
  out_char(out, '\n');
}

static void put_heading(struct out *out, const struct nlink_journal_entry *about) {
  char time[TIME_SIZE];
  char done[UNITS_GROUPED_SIZE];
  char names[UNITS_GROUPED_SIZE];
  out_colour(out, OUT_BOLD);
  out_name(out, about->path);
  out_print(out, ": %s, %s, %s: ", about->verb, time_text(time, about->started_ns), state_word(about->state));
  out_print(out, "%s of %s %s", units_grouped(done, about->done_names), units_grouped(names, about->names),
            about->names == 1 ? "name" : "names");
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
}

static bool show(struct act *act, const char *operand, bool first) {
  struct out *out = act->out;
  struct nlink_journal *journal = NULL;
  const struct nlink_journal_name *name;
  struct nlink_error error;
  char *room = NULL;
  const char *path = act_find_journal(operand, &room);
  if (path == NULL)
    out_message(out, "%s", nlink_status_text(NLINK_NO_MEMORY));
  else if (nlink_journal_open(&journal, NLINK_CWD, path, &error) < 0)
    out_trouble(out, &error, "cannot read the journal %s", out_quote(out, 0, operand));
  free(room);
  if (journal == NULL)
    return false;
  const struct nlink_journal_entry *about = nlink_journal_about(journal);
  if (act->json) {
    put_entry_json(out, about);
  } else {
    out_text(out, first ? "" : "\n");
    put_heading(out, about);
  }
  while (nlink_journal_next(journal, &name) == NLINK_OK && out->failed == 0) {
    if (act->json)
      put_name_json(out, name);
    else
      put_name(out, name, strcmp(about->verb, "check") == 0);
  }
  nlink_journal_close(journal);
  return true;
}

int verb_journal(struct out *out, int argc, char **argv) {
  struct act act;
  struct options options;
  act_init(&act, out);
  options_init(&options, &verb_journal_command, argc, argv);
  int status = act_read(&act, &options, NULL, NULL);
  if (status != ACT_GO)
    return status;
  if (options.operand_count == 0)
    return list(&act);
  size_t done = 0;
  for (size_t i = 0; i < options.operand_count; i++)
    done += show(&act, options.operands[i], done == 0);
  return done == options.operand_count ? VERB_DONE : done > 0 ? VERB_PART : VERB_FAILED;
}
