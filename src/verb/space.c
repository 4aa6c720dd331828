/*
 * space.c - what directories occupy, and what deleting them would free
 *
 * One walk, which adds up what can be added up at once and keeps the names of the files that have several; then the
 * directories are put in an order, the sums go upward, and what was asked for is written down: rows, the paths
 * as a row of snapshots, groups, holders. All else is given back before the call ends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "look/tell.h"
#include "sum/account.h"
#include "sum/given.h"
#include "sum/holders.h"
#include "sum/largest.h"

#include <string.h>

struct nlink_space {
  struct nl_arena arena; /* rows, texts, groups */
  struct nlink_space_row set;
  const struct nlink_space_row **rows; /* in the order asked for */
  size_t row_count, next_row;
  const struct nlink_space_row **roots; /* by path; NULL = it could not be looked at */
  uint64_t *oldest;                     /* by path */
  size_t path_count;
  struct nlink_space_group *groups;
  size_t group_count, next_group;
  struct nlink_space_holder *holders;
  size_t holder_count, next_holder;
  struct nlink_space_doubts doubts;
};

/* A call on its way. */
struct job {
  struct nlink_space *space;
  struct nl_scope scope;
  struct nlink_space_options options;
  int dir;
  const char *const *paths;
  size_t path_count;
  struct nl_walk *walk;
  struct nl_account *account;
  struct nl_dir **directories;
  size_t directory_count;
  struct nl_forest forest;
  struct nl_given given;
  struct nl_figures *figures;       /* by place */
  struct nlink_space_row *unsorted; /* first those of places, then those of names */
  uint64_t *all_names; /* of each of the given names that is one of a file with several; 0 = it is not */
  struct nl_largest largest;
  struct nl_holders holders;
  bool is_short; /* memory is exhausted */
};

/* ---------------------------------------------------------------- arguments */

static const char *wrong_options(const struct nlink_space_options *options) {
  if (options->size != sizeof *options)
    return "options->size is not the size of the options";
  if ((unsigned)options->order > NLINK_BY_PATH)
    return "options->order is not one of the orders";
  return nl_paths_wrong(options->around, options->around_count);
}

static const char *wrong_arguments(struct nlink_space **out, const char *const *paths, size_t count,
                                   const struct nlink_space_options *options) {
  if (out == NULL)
    return "out is NULL";
  if (count == 0)
    return "there is no path";
  const char *wrong = nl_paths_wrong(paths, count);
  return wrong == NULL && options != NULL ? wrong_options(options) : wrong;
}

/* ---------------------------------------------------------------- each file of several names */

/* The first of the paths that a name is below, or is itself. */
static uint32_t least_of(const struct job *job, uint32_t place, const struct nl_given_name *itself) {
  uint32_t least = job->given.least[place];
  return itself != NULL && itself->least < least ? (uint32_t)itself->least : least;
}

static struct nl_given_name *given_name(const struct job *job, const struct nl_name *name) {
  return nl_given_find(&job->given, name->dir, name->text);
}

/* A file is gone when the last of its names is: with the highest of the paths that its names are below. */
static void take_shared(void *ctx, const struct nl_shared *shared) {
  struct job *job = ctx;
  struct nlink_space *space = job->space;
  const struct nl_group *group = &shared->group;
  uint32_t gone = 0;
  for (size_t i = 0; i < group->count; i++) {
    struct nl_given_name *itself = given_name(job, nl_group_name(group, i));
    if (itself != NULL)
      job->all_names[itself - job->given.names] = shared->all_names;
    uint32_t least = least_of(job, (uint32_t)group->items[i].key, itself);
    gone = least > gone ? least : gone;
  }
  if (shared->all_inside && gone < job->path_count)
    space->oldest[gone] += group->allocated_bytes;
  space->doubts.changed_files += group->changed;
  space->doubts.wrong_counts += !group->changed && group->count > group->link_count;
  if (group->count > 1 || group->link_count > 1)
    job->is_short |= !nl_largest_add(&job->largest, shared);
  if (job->options.holders && shared->all_names > group->count)
    job->is_short |= !nl_holders_add(&job->holders, shared);
}

/* ---------------------------------------------------------------- the paths as a row of snapshots */

/*
 * What a directory holds alone goes with the first of the paths at or above it; a name that is a path itself
 * may go before its directory does, or without it. Then each path's own share becomes a sum of all before it.
 */
static void settle_oldest(struct job *job) {
  uint64_t *oldest = job->space->oldest;
  const struct nl_given *given = &job->given;
  for (size_t i = 0; i < job->directory_count; i++) {
    uint32_t least = given->least[job->forest.place[i]];
    if (least < job->path_count)
      oldest[least] += nl_account_own_bytes(job->directories[i]);
  }
  for (size_t i = 0; i < given->name_count; i++) {
    const struct nl_given_name *name = &given->names[i];
    const struct nl_os_look *look = &name->single->look;
    uint32_t least = given->least[job->forest.place[name->single->dir->number]];
    if (job->all_names[i] != 0 || (look->kind != NLINK_DIRECTORY && look->link_count != 1) ||
        name->least >= least)
      continue;
    oldest[name->least] += look->allocated_bytes;
    if (least < job->path_count)
      oldest[least] -= look->allocated_bytes;
  }
  for (size_t i = 1; i < job->path_count; i++)
    oldest[i] += oldest[i - 1];
}

/* ---------------------------------------------------------------- rows */

static struct nlink_space_row row_of(const struct nl_figures *figures) {
  return (struct nlink_space_row){
      .apparent_bytes = figures->apparent_bytes,
      .once_bytes = figures->once_bytes,
      .freed_bytes = figures->freed_bytes,
      .held_bytes = figures->once_bytes - figures->freed_bytes,
      .held_files = figures->files - figures->freed_files,
      .outside_names = figures->all_names - figures->names,
      .names = figures->names,
      .files = figures->files,
      .directories = figures->directories,
  };
}

static bool has_row(const struct job *job, uint32_t place) {
  return job->given.text[place] != UINT32_MAX || nl_given_depth(&job->given, place) <= job->options.depth;
}

static const char *place_path(struct job *job, struct nl_string *room, uint32_t place, const char *name) {
  nl_string_cut(room, 0);
  const char *path = NULL;
  if (nl_given_path(room, &job->given, place, name))
    path = nl_arena_text(&job->space->arena, room->text, room->length);
  job->is_short |= path == NULL;
  return path;
}

static void write_place_rows(struct job *job, struct nlink_space_row *rows) {
  struct nl_string room = {0};
  size_t filled = 0;
  for (uint32_t place = 1; place < job->forest.count; place++) {
    if (!has_row(job, place))
      continue;
    struct nlink_space_row *row = &rows[filled++];
    *row = row_of(&job->figures[place]);
    row->kind = NLINK_DIRECTORY;
    row->depth = nl_given_depth(&job->given, place);
    row->path = place_path(job, &room, place, NULL);
    if (job->given.text[place] != UINT32_MAX)
      job->space->roots[job->given.text[place]] = row;
  }
  nl_string_fini(&room);
}

/* A name by itself: it is freed where it is the only one of its file. */
static void write_name_row(struct job *job, struct nlink_space_row *row, size_t index) {
  const struct nl_given_name *name = &job->given.names[index];
  const struct nl_os_look *look = &name->single->look;
  bool is_directory = look->kind == NLINK_DIRECTORY;
  uint64_t all_names = job->all_names[index];
  if (all_names == 0)
    all_names = is_directory || look->link_count == 0 ? 1 : look->link_count;
  bool is_held = all_names > 1;
  size_t length = strlen(name->path);
  *row = (struct nlink_space_row){.path = nl_arena_text(&job->space->arena, name->path, length),
                                  .kind = look->kind,
                                  .apparent_bytes = look->size_bytes,
                                  .once_bytes = look->allocated_bytes,
                                  .freed_bytes = is_held ? 0 : look->allocated_bytes,
                                  .held_bytes = is_held ? look->allocated_bytes : 0,
                                  .held_files = is_held,
                                  .outside_names = all_names - 1,
                                  .names = !is_directory,
                                  .files = !is_directory,
                                  .directories = is_directory};
  job->is_short |= row->path == NULL;
}

static uint64_t figure_of(const struct nlink_space_row *row, enum nlink_space_order order) {
  switch (order) {
  case NLINK_BY_FREED:
    return row->freed_bytes;
  case NLINK_BY_ONCE:
    return row->once_bytes;
  case NLINK_BY_APPARENT:
    return row->apparent_bytes;
  case NLINK_BY_HELD:
    return row->held_bytes;
  case NLINK_BY_NAMES:
    return row->names;
  case NLINK_BY_FILES:
    return row->files;
  case NLINK_BY_PATH:
    break;
  }
  return 0;
}

static int compare_paths(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  return strcmp(((const struct nlink_space_row *)a)->path, ((const struct nlink_space_row *)b)->path);
}

static enum nlink_status sort_rows(struct nlink_space *space, const struct nlink_space_row *rows,
                                   enum nlink_space_order order) {
  size_t count = space->row_count;
  struct nl_sort_item *items = nl_alloc((2 * count + 1) * sizeof *items);
  if (items == NULL)
    return NLINK_NO_MEMORY;
  for (size_t i = 0; i < count; i++) {
    uint64_t key = order == NLINK_BY_PATH ? nl_sort_key(rows[i].path) : ~figure_of(&rows[i], order);
    items[i] = (struct nl_sort_item){key, &rows[i]};
  }
  nl_sort(items, items + count, count, compare_paths, NULL);
  for (size_t i = 0; i < count; i++)
    space->rows[i] = items[i].what;
  nl_free(items);
  return NLINK_OK;
}

static enum nlink_status write_rows(struct job *job) {
  struct nlink_space *space = job->space;
  size_t places = 0;
  for (uint32_t place = 1; place < job->forest.count; place++)
    places += has_row(job, place);
  space->row_count = places + job->given.name_count;
  struct nlink_space_row *rows = nl_arena_take(&space->arena, (space->row_count + 1) * sizeof *rows);
  space->rows = nl_arena_take(&space->arena, (space->row_count + 1) * sizeof(const struct nlink_space_row *));
  if (rows == NULL || space->rows == NULL)
    return NLINK_NO_MEMORY;
  space->set = row_of(&job->figures[0]);
  write_place_rows(job, rows);
  for (size_t i = 0; i < job->given.name_count; i++)
    write_name_row(job, &rows[places + i], i);
  for (size_t i = 0; i < job->path_count; i++) {
    const struct nl_given *given = &job->given;
    if (given->place[i] != 0)
      space->roots[i] = space->roots[given->text[given->place[i]]];
    else if (given->name[i] != UINT32_MAX)
      space->roots[i] = &rows[places + given->name[i]];
  }
  return job->is_short ? NLINK_NO_MEMORY : sort_rows(space, rows, job->options.order);
}

/* ---------------------------------------------------------------- groups */

/* All names of a file by their bytes; NULL = memory is exhausted. */
static const char **names_of(struct job *job, struct nl_string *room, const struct nl_group *group) {
  size_t count = group->count;
  const char **names = nl_arena_take(&job->space->arena, count * sizeof(const char *));
  struct nl_sort_item *items = nl_alloc(2 * count * sizeof *items);
  if (names != NULL && items != NULL) {
    for (size_t i = 0; i < count; i++) {
      const struct nl_name *name = nl_group_name(group, i);
      items[i].what = place_path(job, room, job->forest.place[name->dir], name->text);
    }
    if (!job->is_short)
      nl_sort_text(items, items + count, count);
    for (size_t i = 0; i < count; i++)
      names[i] = items[i].what;
  }
  bool done = names != NULL && items != NULL && !job->is_short;
  nl_free(items);
  return done ? names : NULL;
}

static enum nlink_status write_groups(struct job *job) {
  struct nlink_space *space = job->space;
  size_t count = job->largest.count;
  nl_largest_settle(&job->largest);
  if (count == 0)
    return NLINK_OK;
  space->groups = nl_arena_take(&space->arena, count * sizeof *space->groups);
  if (space->groups == NULL)
    return NLINK_NO_MEMORY;
  struct nl_string room = {0};
  for (size_t i = 0; i < count && !job->is_short; i++) {
    struct nl_shared shared;
    size_t at = job->largest.files[i].begin;
    nl_account_next(job->account, &job->forest, &at, &shared);
    const struct nl_group *group = &shared.group;
    const char **names = names_of(job, &room, group);
    job->is_short |= names == NULL;
    space->groups[i] = (struct nlink_space_group){.dev = group->dev,
                                                  .ino = group->ino,
                                                  .link_count = group->link_count,
                                                  .kind = group->kind,
                                                  .size_bytes = group->size_bytes,
                                                  .allocated_bytes = group->allocated_bytes,
                                                  .name_count = group->count,
                                                  .names = names,
                                                  .outside_names = shared.all_names - group->count};
  }
  nl_string_fini(&room);
  space->group_count = count;
  return job->is_short ? NLINK_NO_MEMORY : NLINK_OK;
}

/* ---------------------------------------------------------------- holders */

/*
 * What cannot be looked at in a search of whole file systems only lets names be missing, which is told; of the places
 * that the caller named it is told by itself.
 */
static enum nlink_status find_holders(struct job *job, size_t *troubles) {
  const struct nl_holders_plan plan = {.dir = job->dir,
                                       .walk = job->walk,
                                       .account = job->account,
                                       .given = &job->given,
                                       .around = job->options.around,
                                       .around_count = job->options.around_count,
                                       .scope = &job->scope};
  enum nlink_status status = nl_holders_seek(&job->holders, &plan);
  if (job->holders.seek != NULL && plan.around_count > 0)
    *troubles = nl_tell(&job->scope, job->dir, nl_seek_troubles(job->holders.seek));
  if (status != NLINK_OK)
    return status;
  struct nlink_space *space = job->space;
  bool done = nl_holders_write(&space->holders, &space->holder_count, &space->arena, &job->holders, &plan);
  return done ? NLINK_OK : NLINK_NO_MEMORY;
}

/* ---------------------------------------------------------------- doubts */

/* Types of file systems that let files share blocks; behind a network or a process nobody knows. */
static bool is_sharing(const char *type) {
  static const char *const types[] = {"btrfs", "xfs",  "zfs",  "bcachefs", "ocfs2", "overlay",
                                      "nfs",   "nfs4", "cifs", "smb3",     "9p",    "virtiofs"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(type, types[i]) == 0)
      return true;
  return strncmp(type, "fuse", strlen("fuse")) == 0;
}

/* The devices that were asked. */
struct asked {
  uint64_t devices[64];
  size_t count;
};

/* Whether the file system of a path says that it can share; asked once a device. */
static bool may_share(struct asked *asked, const struct job *job, uint64_t dev, const char *path) {
  size_t at = asked->count;
  while (at > 0 && asked->devices[at - 1] != dev)
    at--;
  if (at > 0 || asked->count == sizeof asked->devices / sizeof *asked->devices)
    return false;
  asked->devices[asked->count++] = dev;
  int fd = -1;
  struct nl_os_fs fs;
  bool is_known = nl_os_open(&fd, job->dir, path, NL_OS_NODE) == 0 && nl_os_fs(&fs, fd) == 0;
  nl_os_close(fd);
  return is_known && is_sharing(fs.type);
}

static bool find_sharing(const struct job *job) {
  struct asked asked = {.count = 0};
  struct nl_string room = {0};
  bool found = false;
  uint64_t last_dev = 0;
  for (uint32_t place = 1; place < job->forest.count && !found; place++) {
    uint64_t dev = job->directories[job->forest.node[place]]->dev;
    bool is_new = job->given.root[place] != 0 && (place == 1 || dev != last_dev);
    last_dev = dev;
    nl_string_cut(&room, 0);
    if (is_new && nl_given_path(&room, &job->given, place, NULL))
      found = may_share(&asked, job, dev, room.text);
  }
  for (size_t i = 0; i < job->given.name_count && !found; i++)
    found = may_share(&asked, job, job->given.names[i].single->look.dev, job->given.names[i].path);
  nl_string_fini(&room);
  return found;
}

/* ---------------------------------------------------------------- the whole */

static enum nlink_status walk(struct job *job) {
  unsigned workers = nl_walk_workers(&job->scope);
  if (nl_account_open(&job->account, workers) != NLINK_OK)
    return NLINK_NO_MEMORY;
  const struct nl_walk_plan plan = {.dir = job->dir,
                                    .paths = job->paths,
                                    .count = job->path_count,
                                    .scope = &job->scope,
                                    .look = true,
                                    .extra_bytes = nl_account_extra(),
                                    .take = nl_account_take,
                                    .ctx = job->account};
  enum nlink_status status = nl_walk_run(&job->walk, &plan);
  if (nl_account_is_short(job->account))
    return NLINK_NO_MEMORY;
  if (job->walk != NULL)
    job->space->doubts.unread = nl_tell(&job->scope, job->dir, nl_walk_troubles(job->walk));
  return status;
}

static enum nlink_status count_up(struct job *job) {
  if (nl_account_settle(job->account) != NLINK_OK)
    return NLINK_NO_MEMORY;
  job->directories = nl_walk_directories(job->walk, &job->directory_count);
  if (job->directories == NULL && job->directory_count > 0)
    return NLINK_NO_MEMORY;
  if (nl_forest_open(&job->forest, job->directories, job->directory_count) != NLINK_OK ||
      nl_given_open(&job->given, job->walk, &job->forest, job->directories, job->paths, job->path_count) !=
          NLINK_OK)
    return NLINK_NO_MEMORY;
  job->figures = nl_alloc(job->forest.count * sizeof *job->figures);
  job->all_names = nl_alloc_zero((job->given.name_count + 1) * sizeof *job->all_names);
  if (job->figures == NULL || job->all_names == NULL)
    return NLINK_NO_MEMORY;
  job->largest.most = job->options.groups;
  nl_account_figures(job->figures, job->account, &job->forest, job->directories, take_shared, job);
  return job->is_short ? NLINK_NO_MEMORY : NLINK_OK;
}

static enum nlink_status run(struct job *job) {
  struct nlink_space *space = job->space;
  space->path_count = job->path_count;
  space->roots = nl_arena_take(&space->arena, job->path_count * sizeof(const struct nlink_space_row *));
  space->oldest = nl_arena_take(&space->arena, job->path_count * sizeof *space->oldest);
  if (space->roots == NULL || space->oldest == NULL)
    return NLINK_NO_MEMORY;
  for (size_t i = 0; i < job->path_count; i++) {
    space->roots[i] = NULL;
    space->oldest[i] = 0;
  }
  enum nlink_status status = walk(job);
  if (status == NLINK_OK)
    status = count_up(job);
  if (status != NLINK_OK)
    return status;
  settle_oldest(job);
  space->doubts.may_share_extents = find_sharing(job);
  status = write_rows(job);
  if (status == NLINK_OK)
    status = write_groups(job);
  size_t troubles = 0;
  if (status == NLINK_OK)
    status = find_holders(job, &troubles);
  if (status == NLINK_OK && space->doubts.unread + troubles > 0)
    status = NLINK_PARTIAL;
  return status;
}

static void fini_job(struct job *job) {
  nl_holders_fini(&job->holders);
  nl_largest_fini(&job->largest);
  nl_free(job->all_names);
  nl_free(job->figures);
  nl_given_close(&job->given);
  nl_forest_close(&job->forest);
  nl_free(job->directories);
  nl_account_close(job->account);
  nl_walk_close(job->walk);
  nl_scope_fini(&job->scope);
}

enum nlink_status nlink_space_open(struct nlink_space **out, int dir, const char *const *paths, size_t count,
                                   const struct nlink_space_options *options, const struct nlink_scope *scope,
                                   struct nlink_error *error) {
  struct job job = {.dir = dir, .paths = paths, .path_count = count};
  const char *wrong = wrong_arguments(out, paths, count, options);
  if (out != NULL)
    *out = NULL;
  enum nlink_status status = wrong != NULL ? NLINK_INVALID : nl_scope_open(&job.scope, scope, &wrong);
  if (status == NLINK_INVALID)
    return nl_fail(error, status, NLINK_STEP_ARGUMENTS, 0, "%s", wrong);
  if (options != NULL)
    job.options = *options;
  job.space = nl_alloc_zero(sizeof *job.space);
  if (status == NLINK_OK)
    status = job.space != NULL ? run(&job) : NLINK_NO_MEMORY;
  fini_job(&job);
  if (status >= 0) {
    *out = job.space;
    return status;
  }
  nlink_space_close(job.space);
  return nl_fail(error, status, status == NLINK_CANCELLED ? NLINK_STEP_NONE : NLINK_STEP_MEMORY, 0, NULL);
}

enum nlink_status nlink_space_next(struct nlink_space *space, const struct nlink_space_row **row) {
  if (space->next_row == space->row_count)
    return NLINK_END;
  *row = space->rows[space->next_row++];
  return NLINK_OK;
}

const struct nlink_space_row *nlink_space_set(const struct nlink_space *space) {
  return &space->set;
}

uint64_t nlink_space_oldest(const struct nlink_space *space, size_t index) {
  return index < space->path_count ? space->oldest[index] : UINT64_MAX;
}

const struct nlink_space_row *nlink_space_root(const struct nlink_space *space, size_t index) {
  return index < space->path_count ? space->roots[index] : NULL;
}

enum nlink_status nlink_space_next_group(struct nlink_space *space, const struct nlink_space_group **group) {
  if (space->next_group == space->group_count)
    return NLINK_END;
  *group = &space->groups[space->next_group++];
  return NLINK_OK;
}

enum nlink_status nlink_space_next_holder(struct nlink_space *space,
                                          const struct nlink_space_holder **holder) {
  if (space->next_holder == space->holder_count)
    return NLINK_END;
  *holder = &space->holders[space->next_holder++];
  return NLINK_OK;
}

const struct nlink_space_doubts *nlink_space_doubts(const struct nlink_space *space) {
  return &space->doubts;
}

void nlink_space_close(struct nlink_space *space) {
  if (space == NULL)
    return;
  nl_arena_fini(&space->arena);
  nl_free(space);
}
