/*
 * list.c - read directories into a listing that knows which names belong to one file
 *
 * The paths are sorted and looked at once: what is no directory makes the first row, then each directory is
 * walked from its top, a row a directory. Nothing is recursive on the C stack, however deep the tree. When
 * all is read, the groups are numbered, and what only the reading needed is given back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "base/memory.h"
#include "look/cause.h"
#include "os/os.h"
#include "tree/gather.h"
#include "tree/scope.h"
#include "tree/shelf.h"
#include "tree/trail.h"

#include <string.h>

struct nlink_list {
  struct nl_shelf shelf;
  const struct nlink_list_entry **by_file; /* NULL = in the order of the rows */
  size_t by_file_count;
  size_t row; /* where nlink_list_next() stands; by_file: `at` alone */
  size_t at;
};

/* One call of nlink_list_open(). */
struct job {
  struct nlink_list *list;
  struct nlink_list_options options;
  int dir;
  const char *const *paths;
  size_t count;
  struct nl_gather gather;
  struct nl_trail trail;
  nlink_event_function *on_event;
  void *ctx;
  size_t events;             /* how many troubles there were */
  struct nlink_error denied; /* the last refusal of a name, for those in the same directory */
  size_t denied_row;         /* the row that it is of, counted from 1; 0 = none */
  size_t *next; /* by the trail's steps: which entry of the step's row is to be looked at for going down */
  size_t *rows; /* by the trail's steps: the row */
  size_t step_room;
};

/* ---------------------------------------------------------------- trouble */

/*
 * Whether looking around would tell more than the system's answer does: not for a name that vanished from a
 * directory, nor for a path that is too long to be looked at.
 */
static bool is_worth_a_look(const struct job *job, const char *path, enum nlink_step step,
                            enum nlink_status status) {
  bool vanished = step == NLINK_STEP_STAT && job->trail.count > 0 && status == NLINK_NOT_FOUND;
  return !vanished && strlen(path) < NLINK_TARGET_SIZE;
}

/* Find out the cause and tell the caller. What refuses one name in a directory refuses the others as well. */
static void tell(void *ctx, const char *path, enum nlink_step step, int sys) {
  struct job *job = ctx;
  job->events++;
  if (job->on_event == NULL)
    return;
  enum nlink_status status = nl_os_status(sys);
  bool may_repeat = job->trail.count > 0 && step == NLINK_STEP_STAT && status == NLINK_DENIED;
  size_t row = job->list->shelf.row_count + 1;
  if (may_repeat && job->denied_row == row) {
    job->on_event(path, &job->denied, job->ctx);
    return;
  }
  struct nlink_error error;
  if (is_worth_a_look(job, path, step, status)) {
    const struct nl_scene scene = {.act = NL_ACT_LOOK, .src_dir = job->dir, .src = path, .src_fd = -1};
    nl_cause_fail(&error, &scene, step, sys);
  } else {
    nl_fail(&error, status, step, sys, NULL);
  }
  if (may_repeat) {
    job->denied = error;
    job->denied_row = row;
  }
  job->on_event(path, &error, job->ctx);
}

/* ---------------------------------------------------------------- walking */

static bool make_step_room(struct job *job) {
  if (job->trail.count < job->step_room)
    return true;
  size_t room = job->step_room < 16 ? 16 : job->step_room * 2;
  size_t *next = nl_realloc(job->next, room * sizeof *next);
  if (next == NULL)
    return false;
  job->next = next;
  size_t *rows = nl_realloc(job->rows, room * sizeof *rows);
  if (rows == NULL)
    return false;
  job->rows = rows;
  job->step_room = room;
  return true;
}

/* List the directory where the trail has just arrived. */
static enum nlink_status arrive(struct job *job) {
  if (!make_step_room(job))
    return NLINK_NO_MEMORY;
  job->next[job->trail.count - 1] = 0;
  job->rows[job->trail.count - 1] = job->list->shelf.row_count;
  return nl_gather_directory(&job->gather, &job->trail);
}

/* The next directory below the present one; NULL = there is none. */
static const struct nlink_list_entry *next_below(struct job *job) {
  const struct nl_row *row = &job->list->shelf.rows[job->rows[job->trail.count - 1]];
  size_t *next = &job->next[job->trail.count - 1];
  while (*next < row->count) {
    const struct nlink_list_entry *entry = &row->entries[(*next)++];
    if (entry->stat.kind == NLINK_DIRECTORY)
      return entry;
  }
  return NULL;
}

/* Trouble with a directory is told; only the end of memory ends the job. */
static enum nlink_status go_down(struct job *job, const char *name) {
  int sys = 0;
  enum nlink_status status = nl_trail_down(&job->trail, name, &sys);
  if (status == NLINK_OK)
    return arrive(job);
  if (sys == 0 || !nl_trail_path_to(&job->trail, name))
    return NLINK_NO_MEMORY;
  tell(job, job->trail.path.text, NLINK_STEP_OPEN, sys);
  nl_trail_path_back(&job->trail);
  return NLINK_OK;
}

static enum nlink_status walk(struct job *job, const char *path) {
  int sys = 0;
  enum nlink_status status = nl_trail_begin(&job->trail, job->dir, path, &sys);
  if (status != NLINK_OK) {
    if (sys == 0)
      return NLINK_NO_MEMORY;
    tell(job, path, NLINK_STEP_OPEN, sys);
    return NLINK_OK;
  }
  status = arrive(job);
  while (status == NLINK_OK && job->trail.count > 0) {
    const struct nlink_list_entry *below = job->options.recursive ? next_below(job) : NULL;
    if (below != NULL)
      status = go_down(job, below->name);
    else
      nl_trail_up(&job->trail);
  }
  return status;
}

/* ---------------------------------------------------------------- the paths as given */

static int compare_paths(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  return strcmp(a, b);
}

/* The paths in order, kept in the arena; the caller's need not outlive the call. */
static const char **sort_paths(struct job *job) {
  struct nl_shelf *shelf = &job->list->shelf;
  const char **sorted = nl_arena_take(&shelf->arena, job->count * sizeof *sorted);
  if (sorted == NULL || !nl_shelf_reserve_items(shelf, job->count))
    return NULL;
  struct nl_sort_item *items = shelf->items;
  for (size_t i = 0; i < job->count; i++) {
    const char *path = nl_arena_text(&shelf->arena, job->paths[i], strlen(job->paths[i]));
    if (path == NULL)
      return NULL;
    items[i] = (struct nl_sort_item){nl_sort_key(path), path};
  }
  nl_sort(items, items + job->count, job->count, compare_paths, NULL);
  for (size_t i = 0; i < job->count; i++)
    sorted[i] = items[i].what;
  return sorted;
}

static enum nlink_status list_paths(struct job *job) {
  const char **paths = sort_paths(job);
  struct nlink_list_entry *entries = nl_arena_take(&job->list->shelf.arena, job->count * sizeof *entries);
  if (paths == NULL || entries == NULL)
    return NLINK_NO_MEMORY;
  size_t directories = 0;
  size_t others = 0;
  for (size_t i = 0; i < job->count; i++) {
    struct nlink_list_entry *entry = &entries[others];
    *entry = (struct nlink_list_entry){.name = paths[i]};
    int sys = nl_os_stat(&entry->stat, job->dir, paths[i], false);
    if (sys != 0)
      tell(job, paths[i], NLINK_STEP_STAT, sys);
    else if (entry->stat.kind == NLINK_DIRECTORY && !job->options.directories)
      paths[directories++] = paths[i];
    else
      others++;
  }
  enum nlink_status status = nl_gather_paths(&job->gather, job->dir, entries, others);
  for (size_t i = 0; i < directories && status == NLINK_OK; i++)
    status = walk(job, paths[i]);
  return status;
}

/* ---------------------------------------------------------------- the three calls */

static enum nlink_status fill(struct job *job) {
  struct nlink_list *list = job->list;
  enum nlink_status status = list_paths(job);
  if (status == NLINK_OK && !nl_shelf_number_groups(&list->shelf))
    status = NLINK_NO_MEMORY;
  if (status == NLINK_OK && job->options.by_file) {
    list->by_file = nl_shelf_by_file(&list->shelf, &list->by_file_count);
    status = list->by_file != NULL ? NLINK_OK : NLINK_NO_MEMORY;
  }
  nl_shelf_settle(&list->shelf);
  return status;
}

static const char *wrong_argument(const char *const *paths, size_t count,
                                  const struct nlink_list_options *options) {
  if (options != NULL && options->size != sizeof *options)
    return "options->size is not the size of the options";
  return nl_paths_wrong(paths, count);
}

enum nlink_status nlink_list_open(struct nlink_list **out, int dir, const char *const *paths, size_t count,
                                  const struct nlink_list_options *options, nlink_event_function *on_event,
                                  void *ctx, struct nlink_error *error) {
  static const char *const here[] = {"."};
  const char *wrong = out == NULL ? "out is NULL" : wrong_argument(paths, count, options);
  if (out != NULL)
    *out = NULL;
  if (wrong != NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "%s", wrong);
  struct nlink_list *list = nl_alloc_zero(sizeof *list);
  if (list == NULL)
    return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  struct job job = {.list = list, .dir = dir, .paths = here, .count = 1, .on_event = on_event, .ctx = ctx};
  if (count > 0) {
    job.paths = paths;
    job.count = count;
  }
  if (options != NULL)
    job.options = *options;
  job.gather =
      (struct nl_gather){.shelf = &list->shelf, .all = job.options.all, .trouble = tell, .ctx = &job};
  enum nlink_status status = fill(&job);
  nl_trail_fini(&job.trail);
  nl_gather_fini(&job.gather);
  nl_free(job.next);
  nl_free(job.rows);
  if (status != NLINK_OK) {
    nlink_list_close(list);
    return nl_fail(error, status, NLINK_STEP_MEMORY, 0, NULL);
  }
  *out = list;
  return job.events > 0 ? NLINK_PARTIAL : NLINK_OK;
}

enum nlink_status nlink_list_next(struct nlink_list *list, const struct nlink_list_entry **entry) {
  if (list->by_file != NULL) {
    if (list->at == list->by_file_count)
      return NLINK_END;
    *entry = list->by_file[list->at++];
    return NLINK_OK;
  }
  for (; list->row < list->shelf.row_count; list->row++) {
    const struct nl_row *row = &list->shelf.rows[list->row];
    if (list->at < row->count) {
      *entry = &row->entries[list->at++];
      return NLINK_OK;
    }
    list->at = 0;
  }
  return NLINK_END;
}

void nlink_list_close(struct nlink_list *list) {
  if (list == NULL)
    return;
  nl_shelf_fini(&list->shelf);
  nl_free(list);
}
