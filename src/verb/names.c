/*
 * names.c - find all names of files
 *
 * Each file is looked at, and paths that lead to one file are put together. What is known at once (a directory, a file
 * of one name) or told by the file system is answered so; one walk looks for the names of all the others.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/sort.h"
#include "find/absence.h"
#include "find/moved.h"
#include "find/seek.h"
#include "find/starts.h"
#include "find/told.h"
#include "look/tell.h"
#include "path/spot.h"
#include "path/within.h"
#include "tree/scope.h"

#include <string.h>

struct nlink_names {
  struct nl_arena texts;
  struct nlink_names_file *files;
  size_t file_count;
  struct nlink_names_entry *entries;
  size_t entry_count;
  size_t next;
};

/** A file that was asked for, by whatever number of paths. */
struct sought {
  size_t first; /* the first path that leads to it */
  struct nl_found *hard;
  struct nl_found *soft;
  uint64_t hard_count;
  uint64_t soft_count;
  bool settled;      /* its hard names were not, or need not be, walked for */
  bool told;         /* by the file system */
  bool moved;        /* as many were found as there are, but not at one moment */
  const char *start; /* where its walk begins */
  bool open_end;     /* it can have more names than its count says */
  struct nl_missing missing;
  const char **sorted; /* hard names, then soft ones */
  enum nlink_absence absence;
  const char *text;
};

struct job {
  int dir;
  const char *const *paths;
  size_t count;
  struct nlink_names_options options;
  struct nl_scope scope;
  struct nlink_names *names;
  struct sought *sought;
  size_t sought_count;
  size_t *which; /* of each path: which of these; SIZE_MAX = it could not be looked at */
  struct nl_starts starts;
  struct nl_search search;
  struct nl_within within; /* the roots, where the file system can tell; empty = not known */
  bool within_tried;
  uint64_t count_dev; /* of this device is known what its counts are worth */
  bool counts_can_be_low;
  bool lost; /* something could not be looked at */
};

static struct nlink_stat *stat_of(const struct job *job, const struct sought *sought) {
  return &job->names->files[sought->first].stat;
}

static bool add_name(struct job *job, struct sought *sought, const char *path, bool soft) {
  struct nl_found *name = nl_arena_take_tight(&job->names->texts, sizeof *name);
  if (name == NULL)
    return false;
  struct nl_found **list = soft ? &sought->soft : &sought->hard;
  *name = (struct nl_found){*list, path};
  *list = name;
  ++*(soft ? &sought->soft_count : &sought->hard_count);
  return true;
}

static bool copy_name(struct job *job, struct sought *sought, const char *path, bool soft) {
  const char *copy = nl_arena_text(&job->names->texts, path, strlen(path));
  return copy != NULL && add_name(job, sought, copy, soft);
}

/* ---------------------------------------------------------------- the files */

static int compare_devices(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  uint64_t left = ((const struct nlink_names_file *)a)->stat.dev;
  uint64_t right = ((const struct nlink_names_file *)b)->stat.dev;
  return left < right ? -1 : left > right;
}

/* Look at all paths; what fails is an event. */
static void look_at_all(struct job *job) {
  struct nl_telling telling = {.scope = &job->scope, .dir = job->dir};
  for (size_t i = 0; i < job->count; i++) {
    struct nlink_names_file *file = &job->names->files[i];
    job->which[i] = SIZE_MAX;
    int sys = nl_os_stat(&file->stat, job->dir, job->paths[i], job->options.follow);
    if (sys == 0) {
      job->which[i] = 0;
      continue;
    }
    file->stat = (struct nlink_stat){0};
    job->lost = true;
    nl_tell_one(&telling, job->paths[i], NLINK_STEP_STAT, sys, NULL);
  }
  nl_telling_fini(&telling);
}

/* Put the paths that lead to one file together. */
static bool group(struct job *job) {
  struct nl_sort_item *items = nl_alloc(2 * job->count * sizeof *items);
  if (items == NULL)
    return false;
  size_t count = 0;
  for (size_t i = 0; i < job->count; i++)
    if (job->which[i] != SIZE_MAX)
      items[count++] = (struct nl_sort_item){job->names->files[i].stat.ino, &job->names->files[i]};
  nl_sort(items, items + count, count, compare_devices, NULL);
  for (size_t i = 0; i < count; i++) {
    const struct nlink_names_file *file = items[i].what;
    const struct nlink_names_file *before = i > 0 ? items[i - 1].what : NULL;
    if (before == NULL || !nl_os_is_same(&before->stat, &file->stat))
      job->sought[job->sought_count++] =
          (struct sought){.first = (size_t)(file - job->names->files), .text = ""};
    job->which[file - job->names->files] = job->sought_count - 1;
  }
  nl_free(items);
  return true;
}

/* ---------------------------------------------------------------- where a file is */

static int find_spot(struct nl_spot *spot, const struct job *job, const struct sought *sought) {
  const struct nlink_stat *stat = stat_of(job, sought);
  return nl_spot_open(spot, job->dir, job->paths[sought->first], job->options.follow, stat->dev, stat->ino);
}

/* The path as given, made absolute without asking what its parts are: for paths too long for the system to tell. */
static int absolute_as_given(struct nl_string *out, const struct job *job, const char *path) {
  if (*path != '/')
    return nl_absolute(out, job->dir, path);
  nl_string_cut(out, 0);
  return nl_string_add(out, path, strlen(path)) ? 0 : nl_os_number(NLINK_NO_MEMORY);
}

/* ---------------------------------------------------------------- what is known at once */

/* The path of the file itself as its one name: @p text, or, where @p sys says that the system cannot tell it, as given. */
static enum nlink_status own_path(struct job *job, struct sought *sought, struct nl_string *text, int sys) {
  const char *path = job->paths[sought->first];
  if (sys != 0 && nl_os_status(sys) != NLINK_NO_MEMORY)
    sys = absolute_as_given(text, job, path);
  if (nl_os_status(sys) == NLINK_NO_MEMORY || !copy_name(job, sought, sys == 0 ? text->text : path, false))
    return NLINK_NO_MEMORY;
  return NLINK_OK;
}

static enum nlink_status answer_single(struct job *job, struct sought *sought, const struct nl_spot *spot) {
  struct nl_string text = {0};
  int sys = nl_absolute(&text, spot->place.dir, spot->place.name);
  enum nlink_status status = own_path(job, sought, &text, sys);
  nl_string_fini(&text);
  sought->settled = true;
  return status;
}

/* Take over what the file system told. */
static bool take_told(struct job *job, struct sought *sought, const struct nl_told *told) {
  sought->missing.out_of_sight = told->out_of_sight;
  sought->missing.hidden = told->hidden;
  sought->missing.denied = told->denied;
  if (told->example != NULL) {
    sought->missing.example = nl_arena_text(&job->names->texts, told->example, strlen(told->example));
    if (sought->missing.example == NULL)
      return false;
  }
  sought->told = sought->settled = true;
  for (const struct nl_told_name *name = told->names; name != NULL; name = name->next)
    if (!copy_name(job, sought, name->path, false))
      return false;
  return true;
}

/* Whether each root is just a part of the mount that the file is in: then no name in it has another path than was told. */
static bool are_plain(const struct job *job, const struct nlink_stat *stat) {
  for (size_t i = 0; i < job->within.count; i++)
    if (job->within.roots[i].mount_id != stat->mount_id || !nl_mounts_none_in(job->within.roots[i].path))
      return false;
  return stat->mount_id != 0;
}

/* The same of the names that lie in the roots, where it is sure that there are no others. */
static bool take_told_within(struct job *job, struct sought *sought, const struct nl_told *told) {
  const struct nlink_stat *stat = stat_of(job, sought);
  struct nl_string text = {0};
  bool done = true;
  for (const struct nl_told_name *name = told->names; name != NULL && done; name = name->next) {
    bool inside = false;
    done = nl_within_path(&text, &inside, &job->within, name->path);
    if (done && inside)
      done = copy_name(job, sought, text.text, false);
  }
  nl_string_fini(&text);
  bool all = sought->hard_count == told->count && told->count == stat->link_count;
  if (all || (told->hidden + told->denied == 0 && are_plain(job, stat))) {
    sought->told = sought->settled = true;
  } else {
    sought->hard = NULL;
    sought->hard_count = 0;
  }
  return done;
}

/* Whether it makes sense to ask the file system; where the roots are directories, they are known after this. */
static bool may_ask(struct job *job) {
  const struct nlink_names_options *options = &job->options;
  if (options->walk || job->search.limited)
    return false;
  if (options->root_count > 0 && !job->within_tried)
    nl_within_open(&job->within, job->dir, options->roots, options->root_count);
  job->within_tried = true;
  return options->root_count == 0 || job->within.count > 0;
}

/* Ask the file system; while names come and go it is asked again, and after that the walk has to do. */
static enum nlink_status ask(struct job *job, struct sought *sought, const struct nl_spot *spot) {
  enum { MOST_TRIES = 3 };
  const struct nlink_stat *stat = stat_of(job, sought);
  for (unsigned i = 0; i < MOST_TRIES; i++) {
    struct nl_told told;
    int sys = nl_told_ask(&told, spot->place.dir, spot->place.name, stat->dev, stat->ino);
    if (sys != 0)
      return nl_os_status(sys) == NLINK_NO_MEMORY ? NLINK_NO_MEMORY : NLINK_OK;
    struct nl_os_look look;
    sys = nl_os_look(&look, spot->place.dir, spot->place.name);
    bool whole = sys == 0 && told.count + told.out_of_sight + told.hidden + told.denied == look.link_count;
    bool taken = !whole || (job->options.root_count > 0 ? take_told_within(job, sought, &told)
                                                        : take_told(job, sought, &told));
    nl_told_fini(&told);
    if (whole)
      return taken ? NLINK_OK : NLINK_NO_MEMORY;
  }
  return NLINK_OK;
}

static enum nlink_status begin_at(struct job *job, struct sought *sought, int dir, int sys);

/* A directory has one name, whatever its count says: that is of something else. */
static enum nlink_status answer_directory(struct job *job, struct sought *sought) {
  const char *path = job->paths[sought->first];
  struct nl_string text = {0};
  int fd = -1;
  int sys = nl_os_open(&fd, job->dir, path, NL_OS_DIRECTORY);
  int untold = sys != 0 ? sys : nl_absolute(&text, fd, "");
  enum nlink_status status = own_path(job, sought, &text, untold);
  if (status == NLINK_OK && job->options.root_count == 0 && job->options.soft)
    status = begin_at(job, sought, fd, sys);
  nl_os_close(fd);
  nl_string_fini(&text);
  stat_of(job, sought)->link_count = 1;
  sought->settled = true;
  return status;
}

/* Whether a walk may end when it has found as many names as the count says. */
static void judge_count(struct job *job, struct sought *sought, int dir) {
  const struct nlink_stat *stat = stat_of(job, sought);
  if (job->count_dev != stat->dev) {
    job->count_dev = stat->dev;
    job->counts_can_be_low = nl_counts_can_be_low(dir);
  }
  sought->open_end = job->counts_can_be_low || stat->link_count == 0;
}

/* What can be said of a file before any walk, and where that begins. */
static enum nlink_status answer_at_once(struct job *job, struct sought *sought) {
  const struct nlink_stat *stat = stat_of(job, sought);
  const struct nlink_names_options *options = &job->options;
  if (stat->kind == NLINK_DIRECTORY)
    return answer_directory(job, sought);
  struct nl_spot spot;
  int sys = find_spot(&spot, job, sought);
  enum nlink_status status = nl_os_status(sys) == NLINK_NO_MEMORY ? NLINK_NO_MEMORY : NLINK_OK;
  if (sys == 0)
    judge_count(job, sought, spot.place.dir);
  else
    sought->settled = stat->link_count == 0; /* it was removed, and is held open */
  bool everywhere = options->root_count == 0;
  if (sys == 0 && stat->link_count == 1 && everywhere)
    status = answer_single(job, sought, &spot);
  else if (sys == 0 && !sought->open_end && may_ask(job))
    status = ask(job, sought, &spot);
  if (status == NLINK_OK && everywhere && (!sought->settled || options->soft))
    status = begin_at(job, sought, spot.place.dir, sys);
  nl_spot_close(&spot);
  return status;
}

/* ---------------------------------------------------------------- the walk */

/* Where the walk for a file in this directory begins; each such place is a root of the walk. */
static enum nlink_status begin_at(struct job *job, struct sought *sought, int dir, int sys) {
  bool near = !job->search.limited &&
              !job->options.soft; /* limits count from roots, and soft links may be anywhere */
  if (sys == 0)
    sys = nl_starts_add(&job->starts, dir, near, &sought->start, &sought->missing.halted);
  if (sys != 0 && nl_os_status(sys) != NLINK_NO_MEMORY) { /* at least the directory that the path names */
    struct nl_string text = {0};
    size_t length = 0;
    const char *path = job->paths[sought->first];
    if (nl_path_prefix(&text, path, nl_path_last(path, &length)))
      sought->start = nl_starts_add_path(&job->starts, text.text);
    nl_string_fini(&text);
    sys = sought->start == NULL ? nl_os_number(NLINK_NO_MEMORY) : 0;
  }
  return sys == 0 ? NLINK_OK : NLINK_NO_MEMORY;
}

/** What the walk looks for, and which file each of it is. */
struct lists {
  struct nl_seek_file *files;
  struct nl_seek_id *goals;
  size_t *which; /* the files', then the goals' */
  size_t file_count;
  size_t goal_count;
};

static bool fill_lists(struct lists *lists, const struct job *job) {
  size_t count = job->sought_count;
  lists->files = nl_alloc((count + 1) * sizeof *lists->files);
  lists->goals = nl_alloc((count + 1) * sizeof *lists->goals);
  lists->which = nl_alloc((count + 1) * sizeof *lists->which);
  if (lists->files == NULL || lists->goals == NULL || lists->which == NULL)
    return false;
  size_t filled = 0;
  for (size_t i = 0; i < count; i++) {
    const struct nlink_stat *stat = stat_of(job, &job->sought[i]);
    if (job->sought[i].settled)
      continue;
    lists->files[lists->file_count++] = (struct nl_seek_file){
        {stat->dev, stat->ino}, job->sought[i].open_end ? UINT64_MAX : stat->link_count};
    lists->which[filled++] = i;
  }
  for (size_t i = 0; i < count && job->options.soft; i++) {
    const struct nlink_stat *stat = stat_of(job, &job->sought[i]);
    if (!job->sought[i].settled)
      continue;
    lists->goals[lists->goal_count++] = (struct nl_seek_id){stat->dev, stat->ino};
    lists->which[filled++] = i;
  }
  return true;
}

static bool take_found(struct job *job, const struct nl_seek *seek, const struct lists *lists) {
  size_t count = 0;
  const struct nl_seek_name *found = nl_seek_names(seek, &count);
  for (size_t i = 0; i < count; i++)
    if (!copy_name(job, &job->sought[lists->which[found[i].file]], found[i].path, found[i].soft))
      return false;
  return true;
}

static bool is_short(const struct job *job, const struct sought *sought) {
  return sought->moved || sought->hard_count < stat_of(job, sought)->link_count;
}

/* The names that moved meanwhile must not make up for others. */
static void drop_moved(struct job *job) {
  for (size_t i = 0; i < job->sought_count; i++) {
    struct sought *sought = &job->sought[i];
    if (!sought->settled && !is_short(job, sought))
      sought->moved = !nl_moved_drop(&sought->hard, &sought->hard_count, job->dir, job->paths[sought->first],
                                     job->options.follow, stat_of(job, sought));
  }
}

static bool has_all(const struct job *job) {
  for (size_t i = 0; i < job->sought_count; i++)
    if (is_short(job, &job->sought[i]))
      return false;
  return true;
}

static enum nlink_status tell_absences(struct job *job);

static enum nlink_status walk(struct job *job, const struct lists *lists) {
  bool everywhere = job->options.root_count == 0;
  struct nl_scope scope = job->scope;
  scope.given.one_file_system = scope.given.one_file_system || everywhere;
  size_t start_count = 0;
  const char **starts = nl_starts_roots(&job->starts, &start_count);
  if (starts == NULL)
    return NLINK_NO_MEMORY;
  const struct nl_seek_plan plan = {
      .dir = job->dir,
      .paths = everywhere ? starts : job->options.roots,
      .count = everywhere ? start_count : job->options.root_count,
      .scope = &scope,
      .files = lists->files,
      .file_count = lists->file_count,
      .soft = job->options.soft,
      .goals = lists->goals,
      .goal_count = lists->goal_count,
  };
  struct nl_seek *seek = NULL;
  enum nlink_status status = nl_seek_run(&seek, &plan);
  nl_free(starts);
  if (seek == NULL)
    return status;
  const struct nl_trouble *troubles = nl_seek_troubles(seek);
  bool taken = status < 0 || take_found(job, seek, lists);
  drop_moved(job);
  /* What the walk met on its way to the last name is a matter of chance, and nothing is missing for it. */
  bool matters = !everywhere || job->options.soft || !has_all(job);
  size_t told = matters ? nl_tell(&job->scope, job->dir, troubles) : 0;
  job->lost = job->lost || (told > 0 && job->options.soft) || nl_seek_unfollowed(seek) > 0;
  nl_search_note(&job->search, troubles, nl_seek_unverified(seek));
  if (status >= 0)
    status = taken ? tell_absences(job) : NLINK_NO_MEMORY;
  nl_seek_close(seek);
  return status;
}

/* ---------------------------------------------------------------- the answer */

static enum nlink_status tell_absence(struct job *job, struct sought *sought) {
  struct nl_spot spot;
  struct nlink_stat after;
  struct nl_absence absence = {NLINK_ABSENCE_NONE, ""};
  struct nl_missing *missing = &sought->missing;
  int sys = nl_os_stat(&after, job->dir, job->paths[sought->first], job->options.follow);
  missing->path = job->paths[sought->first];
  missing->before = stat_of(job, sought);
  missing->after = sys == 0 && nl_os_is_same(&after, missing->before) ? &after : NULL;
  missing->found = sought->hard_count;
  missing->start = sought->start;
  missing->dir = find_spot(&spot, job, sought) == 0 ? spot.place.dir : -1;
  nl_absence_find(&absence, &job->search, missing);
  nl_spot_close(&spot);
  sought->absence = absence.reason;
  sought->text = nl_arena_text(&job->names->texts, absence.text, strlen(absence.text));
  return sought->text != NULL ? NLINK_OK : NLINK_NO_MEMORY;
}

static enum nlink_status tell_absences(struct job *job) {
  enum nlink_status status = NLINK_OK;
  for (size_t i = 0; i < job->sought_count && status == NLINK_OK; i++)
    if (is_short(job, &job->sought[i]))
      status = tell_absence(job, &job->sought[i]);
  return status;
}

static bool sort_names(struct job *job, struct sought *sought) {
  size_t count = (size_t)(sought->hard_count + sought->soft_count);
  struct nl_sort_item *items = nl_alloc((2 * count + 1) * sizeof *items);
  sought->sorted = nl_arena_take_tight(&job->names->texts, (count + 1) * sizeof(const char *));
  if (items == NULL || sought->sorted == NULL) {
    nl_free(items);
    return false;
  }
  size_t filled = 0;
  for (unsigned soft = 0; soft < 2; soft++) {
    size_t begin = filled;
    for (const struct nl_found *name = soft ? sought->soft : sought->hard; name != NULL; name = name->next)
      items[filled++] = (struct nl_sort_item){0, name->path};
    nl_sort_text(items + begin, items + count, filled - begin);
  }
  for (size_t i = 0; i < count; i++)
    sought->sorted[i] = items[i].what;
  nl_free(items);
  return true;
}

/* The entries and the files as the caller sees them. */
static enum nlink_status put_answer(struct job *job) {
  struct nlink_names *names = job->names;
  size_t total = 0;
  for (size_t i = 0; i < job->sought_count; i++)
    if (!sort_names(job, &job->sought[i]))
      return NLINK_NO_MEMORY;
  for (size_t i = 0; i < job->count; i++)
    if (job->which[i] != SIZE_MAX)
      total += (size_t)(job->sought[job->which[i]].hard_count + job->sought[job->which[i]].soft_count);
  names->entries = nl_alloc((total + 1) * sizeof *names->entries);
  if (names->entries == NULL)
    return NLINK_NO_MEMORY;
  bool partial = job->lost;
  for (size_t i = 0; i < job->count; i++) {
    if (job->which[i] == SIZE_MAX)
      continue;
    const struct sought *sought = &job->sought[job->which[i]];
    struct nlink_names_file *file = &names->files[i];
    file->stat = *stat_of(job, sought);
    file->found = sought->hard_count;
    file->soft_found = sought->soft_count;
    file->told_by_system = sought->told;
    file->absence = sought->absence;
    file->text = sought->text;
    partial = partial || is_short(job, sought);
    for (size_t n = 0; n < sought->hard_count + sought->soft_count; n++)
      names->entries[names->entry_count++] =
          (struct nlink_names_entry){i, sought->sorted[n], n >= sought->hard_count};
  }
  return partial ? NLINK_PARTIAL : NLINK_OK;
}

static enum nlink_status find_names(struct job *job) {
  look_at_all(job);
  if (!group(job))
    return NLINK_NO_MEMORY;
  bool walks = false;
  for (size_t i = 0; i < job->sought_count; i++) {
    enum nlink_status status = answer_at_once(job, &job->sought[i]);
    if (status != NLINK_OK)
      return status;
    walks = walks || !job->sought[i].settled || job->options.soft;
  }
  struct lists lists = {0};
  enum nlink_status status = NLINK_OK;
  if (walks)
    status = fill_lists(&lists, job) ? walk(job, &lists) : NLINK_NO_MEMORY;
  else
    status = tell_absences(job);
  nl_free(lists.files);
  nl_free(lists.goals);
  nl_free(lists.which);
  return status == NLINK_OK ? put_answer(job) : status;
}

/* ---------------------------------------------------------------- the public functions */

static const char *wrong_arguments(struct job *job, const struct nlink_names_options *options,
                                   const struct nlink_scope *scope) {
  const char *wrong = nl_paths_wrong(job->paths, job->count);
  if (wrong == NULL && job->count == 0)
    wrong = "there is no path";
  if (wrong == NULL && options != NULL && options->size != sizeof *options)
    wrong = "options->size is not the size of the options";
  if (wrong == NULL && options != NULL) {
    job->options = *options;
    if (nl_paths_wrong(options->roots, options->root_count) != NULL)
      wrong = "options->roots or one of the roots is NULL";
  }
  if (wrong == NULL && scope != NULL && scope->size == sizeof *scope && scope->listed)
    wrong = "scope->listed has no meaning here";
  return wrong;
}

static enum nlink_status prepare(struct job *job) {
  const struct nlink_scope *given = &job->scope.given;
  job->search.in_roots = job->options.root_count > 0;
  job->search.limited =
      job->scope.rules != NULL || nl_scope_needs_size(&job->scope) || given->max_depth < UINT32_MAX;
  job->names = nl_alloc_zero(sizeof *job->names);
  if (job->names == NULL)
    return NLINK_NO_MEMORY;
  job->names->file_count = job->count;
  job->names->files = nl_alloc_zero(job->count * sizeof *job->names->files);
  job->sought = nl_alloc_zero(job->count * sizeof *job->sought);
  job->which = nl_alloc_zero(job->count * sizeof *job->which);
  if (job->names->files == NULL || job->sought == NULL || job->which == NULL)
    return NLINK_NO_MEMORY;
  for (size_t i = 0; i < job->count; i++) {
    const char *path = nl_arena_text(&job->names->texts, job->paths[i], strlen(job->paths[i]));
    if (path == NULL)
      return NLINK_NO_MEMORY;
    job->names->files[i] = (struct nlink_names_file){.path = path, .text = ""};
  }
  return NLINK_OK;
}

enum nlink_status nlink_names_open(struct nlink_names **out, int dir, const char *const *paths, size_t count,
                                   const struct nlink_names_options *options, const struct nlink_scope *scope,
                                   struct nlink_error *error) {
  struct job job = {.dir = dir, .paths = paths, .count = count};
  if (out != NULL)
    *out = NULL;
  const char *wrong = out == NULL ? "out is NULL" : wrong_arguments(&job, options, scope);
  enum nlink_status status = wrong != NULL ? NLINK_INVALID : nl_scope_open(&job.scope, scope, &wrong);
  if (status == NLINK_INVALID)
    return nl_fail(error, status, NLINK_STEP_ARGUMENTS, 0, "nlink_names_open: %s", wrong);
  if (status == NLINK_OK)
    status = prepare(&job);
  if (status == NLINK_OK)
    status = find_names(&job);
  nl_within_close(&job.within);
  nl_free(job.sought);
  nl_free(job.which);
  nl_starts_fini(&job.starts);
  nl_scope_fini(&job.scope);
  if (status >= 0) {
    *out = job.names;
    return status;
  }
  nlink_names_close(job.names);
  return nl_fail(error, status, status == NLINK_NO_MEMORY ? NLINK_STEP_MEMORY : NLINK_STEP_NONE, 0, NULL);
}

enum nlink_status nlink_names_next(struct nlink_names *names, const struct nlink_names_entry **entry) {
  if (names->next == names->entry_count)
    return NLINK_END;
  *entry = &names->entries[names->next++];
  return NLINK_OK;
}

const struct nlink_names_file *nlink_names_file(const struct nlink_names *names, size_t index) {
  return index < names->file_count ? &names->files[index] : NULL;
}

void nlink_names_close(struct nlink_names *names) {
  if (names == NULL)
    return;
  nl_free(names->files);
  nl_free(names->entries);
  nl_arena_fini(&names->texts);
  nl_free(names);
}
