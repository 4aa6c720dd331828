/*
 * dedupe.c - equal files made one: the plan, how it is shown, saved and loaded, and the word to do it
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "base/quote.h"
#include "merge/merge.h"
#include "path/place.h"
#include "safe/deliver.h"
#include "task/store.h"

#include <string.h>

struct nlink_dedupe {
  struct nl_task task;
  struct nl_shown
      *shown; /* by the task's directories; NULL = a plan that was loaded: all of each path is shown */
  uint32_t next;
  bool applied;
  struct nl_string journal; /* its path; empty = none */
  struct nl_arena texts;    /* of the group at hand */
  struct nlink_dedupe_group group;
};

/* ---------------------------------------------------------------- opening */

static const char *options_wrong(const struct nlink_dedupe_options *options) {
  const unsigned aspects = (1u << NLINK_ASPECTS) - 1;
  if (options->size != sizeof *options)
    return "options->size is not the size of struct nlink_dedupe_options";
  if ((unsigned)options->mode > NLINK_MODE_SYMLINK)
    return "options->mode is none";
  if ((unsigned)options->keep > NLINK_KEEP_FIRST)
    return "options->keep is none";
  if ((options->ignore & ~aspects) != 0 || (options->match & ~aspects) != 0)
    return "options->ignore or options->match has what is no aspect";
  if ((options->keep_rules == NULL && options->keep_rule_count > 0) ||
      (options->references == NULL && options->reference_count > 0))
    return "options->keep_rules or options->references is NULL";
  return options->reference_count > 0 ? nl_paths_wrong(options->references, options->reference_count) : NULL;
}

static enum nlink_status fail(struct nlink_error *error, enum nlink_status status, const char *wrong) {
  return nl_fail(error, status, status == NLINK_INVALID ? NLINK_STEP_ARGUMENTS : NLINK_STEP_MEMORY, 0,
                 wrong != NULL ? "%s" : NULL, wrong);
}

/* The task, filled; *dedupe is the caller's to close in every case. */
static enum nlink_status open_plan(struct nlink_dedupe **dedupe, int dir, const char *const *paths,
                                   size_t count, const struct nlink_dedupe_options *options,
                                   const struct nl_scope *scope, size_t *troubles,
                                   struct nlink_error *error) {
  *dedupe = nl_alloc_zero(sizeof **dedupe);
  if (*dedupe == NULL)
    return fail(error, NLINK_NO_MEMORY, NULL);
  int sys = nl_task_begin(&(*dedupe)->task, "dedupe");
  if (sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_RANDOM, sys, NULL);
  enum nlink_status status =
      nl_merge(&(*dedupe)->task, &(*dedupe)->shown, dir, paths, count, options, scope, troubles);
  if (status == NLINK_OK)
    return NLINK_OK;
  return fail(error, status,
              status == NLINK_INVALID ? "options->keep_rules has what is no \"+ PATTERN\"" : NULL);
}

enum nlink_status nlink_dedupe_open(struct nlink_dedupe **out, int dir, const char *const *paths,
                                    size_t count, const struct nlink_dedupe_options *options,
                                    const struct nlink_scope *scope, struct nlink_error *error) {
  static const struct nlink_dedupe_options defaults = {.size = sizeof defaults};
  struct nl_scope checked;
  size_t troubles = 0;
  const char *wrong = out == NULL  ? "out is NULL"
                      : count == 0 ? "there is no path"
                                   : nl_paths_wrong(paths, count);
  if (out != NULL)
    *out = NULL;
  if (options == NULL)
    options = &defaults;
  if (wrong == NULL)
    wrong = count == 0 ? "there is no path" : options_wrong(options);
  enum nlink_status status = wrong != NULL ? NLINK_INVALID : nl_scope_open(&checked, scope, &wrong);
  if (status != NLINK_OK)
    return fail(error, status, wrong);
  struct nlink_dedupe *dedupe = NULL;
  status = open_plan(&dedupe, dir, paths, count, options, &checked, &troubles, error);
  nl_scope_fini(&checked);
  if (status != NLINK_OK) {
    nlink_dedupe_close(dedupe);
    return status;
  }
  *out = dedupe;
  return troubles > 0 ? NLINK_PARTIAL : NLINK_OK;
}

/* ---------------------------------------------------------------- groups */

/* The path of a name as the caller gave its directory; NULL = memory is exhausted. */
static const char *shown_path(struct nlink_dedupe *dedupe, const struct nl_task_name *name) {
  struct nl_shown shown = {0};
  if (dedupe->shown != NULL)
    shown = dedupe->shown[name->dir];
  const char *dir = dedupe->task.dirs[name->dir] + shown.from;
  size_t length = strlen(dir);
  bool slash = length > 0 && dir[length - 1] != '/';
  const char *dots = shown.dotted ? "./" : "";
  size_t dotted = strlen(dots);
  size_t name_length = strlen(name->text);
  char *path = nl_arena_take_tight(&dedupe->texts, dotted + length + 1 + name_length + 1);
  if (path == NULL)
    return NULL;
  memcpy(path, dots, dotted);
  memcpy(path + dotted, dir, length);
  if (slash)
    path[dotted + length] = '/';
  memcpy(path + dotted + length + slash, name->text, name_length + 1);
  return path;
}

/* The paths of a file's names, by their bytes. */
static const char *const *shown_names(struct nlink_dedupe *dedupe, const struct nl_task_file *file) {
  const char **names = nl_arena_take(&dedupe->texts, (file->name_count + 1) * sizeof *names);
  struct nl_sort_item *items =
      file->name_count < 2 ? NULL : nl_alloc(2 * (size_t)file->name_count * sizeof *items);
  bool made = names != NULL && (file->name_count < 2 || items != NULL);
  for (uint32_t i = 0; i < file->name_count && made; i++) {
    names[i] = shown_path(dedupe, &dedupe->task.names[file->first_name + i]);
    made = names[i] != NULL;
    if (items != NULL)
      items[i] = (struct nl_sort_item){0, names[i]};
  }
  if (made && items != NULL) {
    nl_sort_text(items, items + file->name_count, file->name_count);
    for (uint32_t i = 0; i < file->name_count; i++)
      names[i] = items[i].what;
  }
  nl_free(items);
  return made ? names : NULL;
}

static bool show_file(struct nlink_dedupe_file *out, struct nlink_dedupe *dedupe, uint32_t first_file,
                      const struct nl_task_file *file) {
  uint32_t self = (uint32_t)(file - dedupe->task.files);
  bool is_kept = file->deed == NL_DEED_NONE && file->left == NLINK_LEFT_NOTHING && file->keep == self;
  *out = (struct nlink_dedupe_file){
      .act = is_kept                      ? NLINK_ACT_KEEP
             : file->deed == NL_DEED_NONE ? NLINK_ACT_LEAVE
                                          : NLINK_ACT_REPLACE,
      .left = (enum nlink_left)file->left,
      .differs = file->differs,
      .keep = file->keep - first_file,
      .stat = {.dev = file->dev,
               .ino = file->ino,
               .btime_ns = NLINK_TIME_UNKNOWN,
               .link_count = file->link_count,
               .kind = NLINK_REGULAR,
               .mode = file->own.mode,
               .uid = file->own.uid,
               .gid = file->own.gid,
               .size_bytes = file->size_bytes,
               .allocated_bytes = file->allocated_bytes,
               .atime_ns = file->own.atime_ns,
               .mtime_ns = file->mtime_ns,
               .ctime_ns = file->ctime_ns},
      .names = shown_names(dedupe, file),
      .name_count = file->name_count,
      .outside_names = file->link_count > file->name_count ? file->link_count - file->name_count : 0,
  };
  return out->names != NULL;
}

enum nlink_status nlink_dedupe_next(struct nlink_dedupe *dedupe, const struct nlink_dedupe_group **group) {
  const struct nl_task *task = &dedupe->task;
  *group = NULL;
  if (dedupe->next >= task->group_count)
    return NLINK_END;
  const struct nl_task_group *from = &task->groups[dedupe->next];
  nl_arena_fini(&dedupe->texts);
  struct nlink_dedupe_file *files = nl_arena_take(&dedupe->texts, from->file_count * sizeof *files);
  if (files == NULL)
    return NLINK_NO_MEMORY;
  for (uint32_t i = 0; i < from->file_count; i++)
    if (!show_file(&files[i], dedupe, from->first_file, &task->files[from->first_file + i]))
      return NLINK_NO_MEMORY;
  dedupe->group = (struct nlink_dedupe_group){from->size_bytes, from->gain_bytes, files, from->file_count};
  dedupe->next++;
  *group = &dedupe->group;
  return NLINK_OK;
}

/* ---------------------------------------------------------------- saved, loaded */

/* Write the plan into a new file in an open directory, and wait until it is on the disk, its name too. */
static int save_in(const struct nl_task *task, const struct nl_place *place) {
  struct nl_store store = {.fd = -1};
  int sys = nl_os_create(&store.fd, place->dir, place->name);
  if (sys != 0)
    return sys;
  sys = nl_store_task(&store, task, false);
  if (sys == 0)
    sys = nl_store_flush(&store);
  if (sys == 0)
    sys = nl_os_sync_data(store.fd);
  nl_store_fini(&store);
  nl_os_close(store.fd);
  int fd = -1;
  if (sys == 0 && nl_os_open_to_read(&fd, place->dir, ".", false) == 0)
    nl_os_sync(fd); /* some file systems cannot be asked that for a directory */
  nl_os_close(fd);
  if (sys != 0)
    nl_os_unlink(place->dir, place->name);
  return sys;
}

enum nlink_status nlink_dedupe_save(const struct nlink_dedupe *dedupe, int dir, const char *path,
                                    struct nlink_error *error) {
  if (dedupe == NULL || path == NULL)
    return fail(error, NLINK_INVALID, "dedupe or path is NULL");
  struct nl_place place;
  int sys = nl_place_open(&place, dir, path, false);
  if (sys == 0)
    sys = save_in(&dedupe->task, &place);
  nl_place_close(&place);
  return sys == 0 ? NLINK_OK
                  : nl_fail(error, nl_os_status(sys), NLINK_STEP_WRITE, sys, "%s: %s", nl_quoted(path).text,
                            nlink_status_text(nl_os_status(sys)));
}

enum nlink_status nlink_dedupe_load(struct nlink_dedupe **out, int dir, const char *path,
                                    struct nlink_error *error) {
  if (out != NULL)
    *out = NULL;
  if (out == NULL || path == NULL)
    return fail(error, NLINK_INVALID, "out or path is NULL");
  int fd = -1;
  int sys = nl_os_open_file(&fd, dir, path);
  if (sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_OPEN, sys, "%s: %s", nl_quoted(path).text,
                   nlink_status_text(nl_os_status(sys)));
  struct nlink_dedupe *dedupe = nl_alloc_zero(sizeof *dedupe);
  struct nl_store_tail tail = {0};
  bool is_journal = false;
  uint64_t whole = 0;
  enum nlink_status status = dedupe == NULL
                                 ? fail(error, NLINK_NO_MEMORY, NULL)
                                 : nl_store_read(&dedupe->task, &tail, &is_journal, &whole, fd, error);
  nl_os_close(fd);
  if (status == NLINK_OK && is_journal)
    status = fail(error, NLINK_INVALID, "it is a journal, not a plan");
  if (status == NLINK_OK)
    *out = dedupe;
  else
    nlink_dedupe_close(dedupe);
  return status;
}

/* ---------------------------------------------------------------- done */

enum nlink_status nlink_dedupe_apply(struct nlink_dedupe *dedupe, const struct nlink_apply_options *options,
                                     struct nlink_error *error) {
  if (dedupe == NULL || dedupe->applied)
    return fail(error, NLINK_INVALID, dedupe == NULL ? "dedupe is NULL" : "the plan was applied already");
  if (options != NULL && options->size != sizeof *options)
    return fail(error, NLINK_INVALID, "options->size is not the size of struct nlink_apply_options");
  struct nl_task *task = &dedupe->task;
  int sys = nl_task_begin(task, "dedupe"); /* from now on, and with names that no earlier run had */
  if (sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_RANDOM, sys, NULL);
  struct nl_act_report report;
  enum nlink_status status = nl_deliver(&report, &dedupe->journal, task, options, NLINK_PHASE_ACTING, error);
  dedupe->applied = status >= 0 || report.done_names + report.left_names > 0;
  task->report.done_files = report.done_files;
  task->report.done_names = report.done_names;
  task->report.gained_bytes = report.gained_bytes;
  task->report.left_names = report.left_names;
  task->report.failed = report.failed;
  return status;
}

const char *nlink_dedupe_journal(const struct nlink_dedupe *dedupe) {
  return dedupe->journal.length > 0 ? dedupe->journal.text : NULL;
}

const struct nlink_dedupe_report *nlink_dedupe_report(const struct nlink_dedupe *dedupe) {
  return &dedupe->task.report;
}

void nlink_dedupe_close(struct nlink_dedupe *dedupe) {
  if (dedupe == NULL)
    return;
  nl_task_fini(&dedupe->task);
  nl_free(dedupe->shown);
  nl_string_fini(&dedupe->journal);
  nl_arena_fini(&dedupe->texts);
  nl_free(dedupe);
}
