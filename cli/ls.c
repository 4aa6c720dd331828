/*
 * ls.c - `nlink ls`: list names, and show which of them belong to one file
 *
 * SPDX-License-Identifier: MIT
 */
#include "ls.h"

#include "options.h"
#include "out.h"
#include "verb.h"

#include <string.h>

enum {
  OPTION_ALL = 1,
  OPTION_DIRECTORY,
  OPTION_RECURSIVE,
  OPTION_BY_FILE,
  OPTION_HUMAN,
  OPTION_NUMERIC,
  OPTION_LONG,
  OPTION_COLOUR,
  OPTION_JSON,
  OPTION_NUL
};

/* clang-format off */
static const struct options_row rows[] = {
  {OPTION_ALL, 'a', "all", OPTIONS_ALONE, NULL, "also names that begin with a dot; never . and .."},
  {OPTION_ALL, 'A', "almost-all", OPTIONS_ALONE, NULL, "the same"},
  {OPTION_DIRECTORY, 'd', "directory", OPTIONS_ALONE, NULL, "directories themselves, not what is in them"},
  {OPTION_RECURSIVE, 'R', "recursive", OPTIONS_ALONE, NULL, "also the directories below"},
  {OPTION_BY_FILE, 0, "by-file", OPTIONS_ALONE, NULL, "names of one file together, shared files first"},
  {OPTION_HUMAN, 'h', "human-readable", OPTIONS_ALONE, NULL, "sizes as 1.5K, 23M, 4.0G"},
  {OPTION_NUMERIC, 'n', "numeric-uid-gid", OPTIONS_ALONE, NULL, "owners and groups as numbers"},
  {OPTION_LONG, 'l', NULL, OPTIONS_ALONE, NULL, "columns, which is how it is anyway"},
  {OPTION_COLOUR, 0, "color", OPTIONS_MAY_TAKE, "WHEN", "always, auto (the default: on a terminal) or never"},
  {OPTION_JSON, 0, "json", OPTIONS_ALONE, NULL, "one JSON object a line for each name"},
  {OPTION_NUL, '0', "null", OPTIONS_ALONE, NULL, "paths only, each ended by a NUL, for xargs -0"},
  OPTIONS_HELP,
  OPTIONS_VERSION,
};
/* clang-format on */

const struct options_command verb_ls_command = {
    .name = "nlink ls",
    .usage = "Usage: %s [OPTION]... [PATH]...\n"
             "List names as ls -l does. Names of one file carry one number: [1];\n"
             "[1, 2 outside] says that two further names of the file are elsewhere.\n"
             "(dangles) marks a soft link that leads nowhere.\n",
    .examples = "Examples:\n"
                "  nlink ls                    what is in this directory\n"
                "  nlink ls -R --by-file src   which names below src belong to one file\n"
                "  nlink ls -R0 | xargs -0 ... every path, whatever bytes are in it\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

/* ------------------------------------------------------------------ reading */

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  struct ls *ls = ctx;
  ls->events++;
  const char *what = error->step == NLINK_STEP_STAT ? "look at" : "read the directory";
  out_trouble(ls->out, error, "cannot %s %s", what, out_quote(ls->out, 0, path));
  if (ls->json)
    ls_json_event(ls, path, error);
  if (error->step == NLINK_STEP_OPEN && !ls_headings_trouble(ls, path))
    ls->out_of_memory = true;
}

/* Write the listing in whichever form was asked for; false = memory is exhausted. */
static bool write_listing(struct ls *ls, struct nlink_list *list) {
  if (!ls->json && !ls->nul)
    return ls_table(ls, list);
  const struct nlink_list_entry *entry = NULL;
  for (; nlink_list_next(list, &entry) == NLINK_OK && ls->out->failed == 0; ls->entries++) {
    if (ls->json)
      ls_json_entry(ls, entry);
    else
      ls_nul_entry(ls, entry);
  }
  return true;
}

static int run(struct ls *ls, const struct nlink_list_options *how, const char *const *paths, size_t count) {
  struct nlink_list *list = NULL;
  struct nlink_error error;
  enum nlink_status status = nlink_list_open(&list, NLINK_CWD, paths, count, how, on_event, ls, &error);
  if (status < 0) {
    out_trouble(ls->out, &error, "cannot list");
    return VERB_FAILED;
  }
  ls->now_ns = sys_now_ns();
  bool done = !ls->out_of_memory && ls_headings_begin(ls, paths, count) && write_listing(ls, list);
  nlink_list_close(list);
  if (!done) {
    out_message(ls->out, "memory is exhausted");
    return VERB_FAILED;
  }
  if (status == NLINK_OK)
    return VERB_DONE;
  /* An empty directory beside a missing one is a part of what was asked for; nothing but troubles is not. */
  return ls->entries == 0 && ls->events >= count ? VERB_FAILED : VERB_PART;
}

/* ------------------------------------------------------------------ the command line */

static bool take_colour(struct out *out, const char *when) {
  if (when == NULL || strcmp(when, "always") == 0)
    out->colours = 1;
  else if (strcmp(when, "never") == 0)
    out->colours = 0;
  else if (strcmp(when, "auto") == 0)
    out->colours = -1;
  else
    return false;
  return true;
}

/* False = the value of --color is none of the three. */
static bool take_option(struct ls *ls, struct nlink_list_options *how, int id, const char *value) {
  switch (id) {
  case OPTION_ALL:
    how->all = true;
    break;
  case OPTION_DIRECTORY:
    how->directories = true;
    break;
  case OPTION_RECURSIVE:
    how->recursive = true;
    break;
  case OPTION_BY_FILE:
    how->by_file = true;
    break;
  case OPTION_HUMAN:
    ls->human = true;
    break;
  case OPTION_NUMERIC:
    ls->numeric = true;
    break;
  case OPTION_COLOUR:
    return take_colour(ls->out, value);
  case OPTION_JSON:
    ls->json = true;
    break;
  case OPTION_NUL:
    ls->nul = true;
    break;
  default:
    break;
  }
  return true;
}

int verb_ls(struct out *out, int argc, char **argv) {
  struct ls ls = {.out = out};
  struct nlink_list_options how = {.size = sizeof how};
  struct options options;
  options_init(&options, &verb_ls_command, argc, argv);
  for (const struct options_row *row; (row = options_next(&options)) != NULL;) {
    if (row->id == OPTIONS_ID_HELP)
      return options_help(&options, out);
    if (row->id == OPTIONS_ID_VERSION)
      return options_version(&options, out);
    if (!take_option(&ls, &how, row->id, options.value)) {
      out_message(out, "--color takes always, auto or never, not %s", out_quote(out, 0, options.value));
      return options_point_to_help(&options, out);
    }
  }
  if (options.fault != OPTIONS_FINE)
    return options_complain(&options, out);
  if (ls.json && ls.nul) {
    out_message(out, "--json and --null exclude each other");
    return options_point_to_help(&options, out);
  }
  if (ls.json && !out_json_ready(out))
    return VERB_USAGE;
  bool many = how.recursive || options.operand_count > 1;
  ls.recursive = how.recursive;
  ls.with_headings = many && !how.by_file && !how.directories && !ls.json && !ls.nul;
  ls.with_path = many && how.by_file;
  int status = run(&ls, &how, (const char *const *)options.operands, options.operand_count);
  sys_names_fini(&ls.names);
  ls_headings_fini(&ls);
  return status;
}
