/*
 * names.c - nlink names: all names of a file
 *
 * SPDX-License-Identifier: MIT
 */
#include "nlink.h"
#include "options.h"
#include "out.h"
#include "scope.h"
#include "units.h"
#include "verb.h"

enum names_id { NAMES_ID_IN = 1, NAMES_ID_SOFT, NAMES_ID_DEREFERENCE, NAMES_ID_WALK };

static const struct options_row rows[] = {
    {NAMES_ID_IN, 'i', "in", OPTIONS_TAKES, "DIR", "look only below DIR; may be given several times"},
    {NAMES_ID_SOFT, 's', "soft", OPTIONS_ALONE, NULL, "also the soft links that lead to the file"},
    {NAMES_ID_DEREFERENCE, 'L', "dereference", OPTIONS_ALONE, NULL,
     "a FILE that is a soft link means what it leads to"},
    {NAMES_ID_WALK, 0, "walk", OPTIONS_ALONE, NULL, "walk also where the file system can tell"},
    {SCOPE_ID_FILES_FROM, 0, "files-from", OPTIONS_TAKES, "LIST",
     "the FILEs are the lines of LIST; -: of standard input"},
    {SCOPE_ID_NUL, '0', "null", OPTIONS_ALONE, NULL, "each name, and each in LIST, is ended by a NUL"},
    {SCOPE_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "one JSON object a line for each name and each file"},
    SCOPE_OPTIONS,
    SCOPE_DEPTH,
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

const struct options_command verb_names_command = {
    .name = "nlink names",
    .usage = "Usage: %s [OPTION]... FILE...\n"
             "Print all names of each FILE. Where the file system cannot tell them, it is\n"
             "walked until all are found; \"2 of 3 names\" says that some were not, and why.\n",
    .examples = SCOPE_HELP "Exit status: 0 all names found, 1 not all, 2 wrong usage, 3 nothing looked at.\n"
                           "Examples:\n"
                           "  nlink names Rain.txt             every name that this file has\n"
                           "  nlink names -s -i /srv Rain.txt  only below /srv, soft links too\n"
                           "  nlink names -0 f | xargs -0 ls   whatever bytes are in the names\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

struct wish {
  struct scope *scope;
  struct nlink_names_options how;
  struct scope_list roots;
};

/* "2 of 3 names: the likely reason". */
static void tell_missing(struct out *out, const struct wish *wish, const struct nlink_names_file *file) {
  char found[UNITS_GROUPED_SIZE];
  char all[UNITS_GROUPED_SIZE];
  units_grouped(found, file->found);
  units_grouped(all, file->stat.link_count);
  const char *word = file->stat.link_count == 1 ? "name" : "names";
  if (wish->scope->nul) {
    out_message(out, "%s: %s of %s %s: %s", out_quote(out, 0, file->path), found, all, word, file->text);
    return;
  }
  out_colour(out, OUT_YELLOW);
  out_print(out, "%s of %s %s: %s", found, all, word, file->text);
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
}

static void tell_name(struct out *out, const struct wish *wish, const struct nlink_names_file *file,
                      const struct nlink_names_entry *entry) {
  if (wish->scope->json) {
    out_json_begin(out);
    out_json_name(out, "file", file->path);
    out_json_name(out, "path", entry->path);
    out_json_bool(out, "soft", entry->soft);
    out_json_end(out);
    return;
  }
  if (wish->scope->nul) {
    out_text(out, entry->path);
    out_char(out, '\0');
    return;
  }
  out_name(out, entry->path);
  out_text(out, entry->soft ? " (soft link)\n" : "\n");
}

static void tell_file_json(struct out *out, const struct nlink_names_file *file) {
  out_json_begin(out);
  out_json_name(out, "file", file->path);
  out_json_number(out, "dev", file->stat.dev);
  out_json_number(out, "ino", file->stat.ino);
  out_json_number(out, "link_count", file->stat.link_count);
  out_json_number(out, "found", file->found);
  out_json_number(out, "soft_found", file->soft_found);
  out_json_bool(out, "told_by_system", file->told_by_system);
  out_json_text(out, "absence", nlink_absence_name(file->absence));
  out_json_text(out, "text", file->text);
  out_json_end(out);
}

static void tell_heading(struct out *out, const struct nlink_names_file *file, bool first) {
  out_text(out, first ? "" : "\n");
  out_colour(out, OUT_BOLD);
  out_name(out, file->path);
  out_char(out, ':');
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
}

/* Write the names file by file; returns how many of the files could be looked at. */
static size_t tell(struct out *out, const struct wish *wish, struct nlink_names *names) {
  const struct scope *scope = wish->scope;
  const struct nlink_names_entry *entry = NULL;
  size_t told = 0;
  bool more = nlink_names_next(names, &entry) == NLINK_OK;
  for (size_t i = 0; i < scope->count && out->failed == 0; i++) {
    const struct nlink_names_file *file = nlink_names_file(names, i);
    bool looked_at = file->stat.link_count > 0; /* else an event has told why not */
    if (looked_at && scope->count > 1 && !scope->json && !scope->nul)
      tell_heading(out, file, told == 0);
    told += looked_at;
    for (; more && entry->file == i; more = nlink_names_next(names, &entry) == NLINK_OK)
      tell_name(out, wish, file, entry);
    if (scope->json)
      tell_file_json(out, file);
    else if (file->absence != NLINK_ABSENCE_NONE)
      tell_missing(out, wish, file);
  }
  return told;
}

static int run(struct wish *wish) {
  struct scope *scope = wish->scope;
  struct nlink_names *names = NULL;
  struct nlink_error error;
  wish->how.roots = wish->roots.items;
  wish->how.root_count = wish->roots.count;
  enum nlink_status status =
      nlink_names_open(&names, NLINK_CWD, scope->paths, scope->count, &wish->how, &scope->look, &error);
  if (status < 0)
    return scope_failed(scope, &error, "find the names");
  progress_clear(&scope->progress);
  size_t told = tell(scope->out, wish, names);
  nlink_names_close(names);
  if (told == 0)
    return VERB_FAILED;
  /* A walk that found every name may end before it meets trouble; soft links are never known to be all. */
  return status == NLINK_OK && (!wish->how.soft || scope->events == 0) ? VERB_DONE : VERB_PART;
}

static bool take(void *verb, int id, const char *value) {
  struct wish *wish = verb;
  switch (id) {
  case NAMES_ID_IN:
    if (scope_list_add(&wish->roots, value))
      break;
    scope_exhausted(wish->scope);
    return false;
  case NAMES_ID_SOFT:
    wish->how.soft = true;
    break;
  case NAMES_ID_DEREFERENCE:
    wish->how.follow = true;
    break;
  case NAMES_ID_WALK:
    wish->how.walk = true;
    break;
  default:
    break;
  }
  return true;
}

int verb_names(struct out *out, int argc, char **argv) {
  struct scope scope;
  struct wish wish = {.scope = &scope, .how = {.size = sizeof wish.how}};
  struct options options;
  scope_init(&scope, out);
  options_init(&options, &verb_names_command, argc, argv);
  int status = scope_read(&scope, &options, take, &wish);
  if (status == SCOPE_GO && scope.files_from == NULL && options.operand_count == 0) {
    out_message(out, "missing operand");
    status = options_point_to_help(&options, out);
  }
  if (status == SCOPE_GO && scope.json && scope.nul && scope.files_from == NULL) {
    out_message(out, "--json and --null exclude each other");
    status = options_point_to_help(&options, out);
  }
  if (status == SCOPE_GO)
    status = scope_ready(&scope, &options);
  if (status == SCOPE_GO) /* an empty list asks for nothing, and that is done */
    status = scope.count > 0 ? run(&wish) : VERB_DONE;
  scope_list_fini(&wish.roots);
  scope_fini(&scope);
  return status;
}
