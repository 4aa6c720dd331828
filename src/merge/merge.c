/*
 * merge.c - the way from trees to a task: walk, compare, choose, fill
 *
 * SPDX-License-Identifier: MIT
 */
#include "merge/merge.h"

#include "base/digest.h"
#include "bytes/same.h"
#include "look/limits.h"
#include "look/tell.h"
#include "merge/choose.h"
#include "path/spot.h"
#include "task/attributes.h"

#include <string.h>

enum { GATE = (1u << (NLINK_ASPECT_SECURITY + 1)) - 1, MIN_AGE_NS = 2000000000 };
static const uint64_t usual_memory = UINT64_C(256) << 20;

/* What is known of the file system of a device. */
struct ground {
  bool known;
  bool shares_blocks;
  bool tells_mapped_writes;
  uint64_t limit;
};

/* What a worker collects while it compares. */
struct reader {
  struct nl_arena arena;     /* attributes and troubles */
  struct nl_trouble *newest; /* troubles; NULL = none */
  struct nl_trouble *oldest;
  char apart[64];
};

struct job {
  int dir;
  const struct nlink_dedupe_options *options;
  const struct nl_scope *scope;
  struct nl_scope walking; /* the same, but that what it tells passes through here */
  struct nlink_progress latest;
  struct nl_candidates candidates;
  struct ground *grounds; /* by the table's numbers of devices */
  struct reader *readers;
  unsigned reader_count;
  atomic_bool is_short; /* of memory, in a callback */
};

/* ---------------------------------------------------------------- progress */

static bool tell_walking(const struct nlink_progress *progress, void *ctx) {
  struct job *job = ctx;
  job->latest = *progress;
  return job->scope->given.on_progress(progress, job->scope->given.ctx);
}

static bool tell_comparing(void *ctx, const struct nl_same_count *count) {
  struct job *job = ctx;
  const struct nlink_scope *given = &job->scope->given;
  job->latest.phase = NLINK_PHASE_COMPARING;
  job->latest.files = count->files;
  job->latest.all_files = count->all_files;
  job->latest.bytes = count->bytes;
  job->latest.all_bytes = count->all_bytes;
  return given->on_progress == NULL || given->on_progress(&job->latest, given->ctx);
}

/* ---------------------------------------------------------------- comparing */

static struct ground *ground_of(const struct job *job, const struct nl_candidate *file) {
  return &job->grounds[nl_candidate_name(file, 0)->dev];
}

/*
 * What is not compared once more before it is replaced (safe/guarded.c) stands and falls with this: that the bytes read are
 * those of the file that was noted, and that its times tell of whatever is written from now on. A directory may have been
 * renamed since the walk, and another one have come in its place: that leaves no trace in a file. And a page that is dirty
 * already can be written through a mapping without any, until it is cleaned.
 */
static int make_sure(const struct job *job, const struct nl_candidate *file, int fd) {
  const struct nl_name *name = nl_candidate_name(file, 0);
  const struct nl_name_more *more = nl_name_more(name);
  struct nlink_stat stat = {0};
  int sys = nl_os_stat_fd(&stat, fd);
  if (sys != 0)
    return sys;
  if (stat.dev != nl_candidate_dev(&job->candidates, file) || stat.ino != name->ino ||
      stat.size_bytes != name->size_bytes || stat.mtime_ns != more->mtime_ns ||
      stat.ctime_ns != more->ctime_ns)
    return nl_os_number(NLINK_BUSY);
  const struct ground *ground = ground_of(job, file);
  return ground->known && !ground->tells_mapped_writes ? 0 : nl_os_settle(fd);
}

static int open_file(void *ctx, unsigned worker, const void *file, int *fd) {
  enum { SURE_BYTES = 1 << 20 }; /* up to here it is compared once more */
  const struct job *job = ctx;
  const struct nl_candidate *candidate = file;
  (void)worker;
  int sys = nl_candidate_open(fd, &job->candidates, job->dir, candidate);
  if (sys != 0 || nl_candidate_name(candidate, 0)->size_bytes < SURE_BYTES)
    return sys;
  sys = make_sure(job, candidate, *fd);
  if (sys != 0) {
    nl_os_close(*fd);
    *fd = -1;
  }
  return sys;
}

/* How much of a file is shared, and, where all of it is, a digest of where that lies. */
struct lying {
  uint64_t shared_bytes;
  uint64_t blocks;
  bool all;
};

static bool add_extent(void *ctx, const struct nl_os_extent *extent) {
  struct lying *lying = ctx;
  const uint64_t row[] = {lying->blocks, extent->at, extent->physical, extent->length};
  lying->shared_bytes += extent->shared ? extent->length : 0;
  lying->all = lying->all && extent->shared && extent->plain;
  lying->blocks = nl_checksum(row, sizeof row);
  return true;
}

static void look_at_blocks(struct nl_beside *beside, int fd) {
  struct lying lying = {.all = true};
  if (nl_os_each_extent(fd, add_extent, &lying) != 0)
    return;
  beside->shared_bytes = lying.shared_bytes;
  beside->blocks = lying.all ? lying.blocks : 0;
}

static int look(void *ctx, unsigned worker, const void *file, int fd) {
  struct job *job = ctx;
  struct nl_arena *arena = &job->readers[worker].arena;
  /* Each file is looked at by one worker. */
  struct nl_candidate *candidate =
      &job->candidates.all[(const struct nl_candidate *)file - job->candidates.all];
  struct nl_beside beside = {0};
  int sys = 0;
  if (ground_of(job, candidate)->shares_blocks)
    look_at_blocks(&beside, fd);
  if (job->options->mode != NLINK_MODE_REFLINK)
    sys = nl_attributes_read(&beside.attributes, &beside.attribute_count, arena, fd);
  if (sys != 0 || (beside.attribute_count == 0 && beside.shared_bytes == 0))
    return sys;
  struct nl_beside *kept = nl_arena_take_tight(arena, sizeof *kept);
  if (kept == NULL)
    return nl_os_number(NLINK_NO_MEMORY);
  *kept = beside;
  candidate->beside = kept;
  return 0;
}

static bool may_share(void *ctx, const void *file) {
  return ground_of(ctx, file)->shares_blocks;
}

static void note_trouble(void *ctx, unsigned worker, const void *file, enum nlink_step step, int sys) {
  struct job *job = ctx;
  struct reader *reader = &job->readers[worker];
  const struct nl_candidate *candidate = file;
  const struct nl_name *name = nl_candidate_name(candidate, 0);
  const struct nl_dir *dir = job->candidates.rooms[name->dir].dir;
  size_t length = strlen(name->text);
  size_t whole = nl_dir_path(NULL, 0, dir, name->text, length);
  struct nl_trouble *trouble = nl_arena_take(&reader->arena, sizeof *trouble + whole + 1);
  if (trouble == NULL) {
    atomic_store(&job->is_short, true);
    return;
  }
  /* A file that has another size by now is in use. */
  *trouble = (struct nl_trouble){
      .next = reader->newest, .step = step, .sys = sys != 0 ? sys : nl_os_number(NLINK_BUSY)};
  nl_dir_path(trouble->path, whole + 1, dir, name->text, length);
  reader->newest = trouble;
  if (reader->oldest == NULL)
    reader->oldest = trouble;
}

/* What the file systems can do, asked at one file of each. */
static bool open_grounds(struct job *job) {
  const struct nl_candidates *candidates = &job->candidates;
  size_t count = 0;
  for (size_t i = 0; i < candidates->count; i++) {
    size_t number = (size_t)nl_candidate_name(&candidates->all[i], 0)->dev + 1;
    count = number > count ? number : count;
  }
  job->grounds = nl_alloc_zero((count + 1) * sizeof *job->grounds);
  for (size_t i = 0; job->grounds != NULL && i < candidates->count; i++) {
    struct ground *ground = ground_of(job, &candidates->all[i]);
    struct nl_os_fs fs = {0};
    int fd = -1;
    if (ground->known || nl_candidate_open(&fd, candidates, job->dir, &candidates->all[i]) != 0)
      continue;
    ground->known = nl_os_fs(&fs, fd) == 0;
    ground->shares_blocks = fs.shares_blocks;
    ground->tells_mapped_writes = fs.tells_mapped_writes;
    ground->limit = nl_link_limit(fs.type);
    nl_os_close(fd);
  }
  return job->grounds != NULL;
}

static enum nlink_status compare(struct job *job, struct nl_same **same) {
  job->readers = nl_alloc_zero(job->reader_count * sizeof *job->readers);
  if (job->readers == NULL || !open_grounds(job))
    return NLINK_NO_MEMORY;
  nl_candidates_anchor(&job->candidates, job->dir);
  const struct nl_same_plan plan = {
      .items = job->candidates.by_size,
      .count = job->candidates.count,
      .memory_bytes = job->options->memory_bytes > 0 ? job->options->memory_bytes : usual_memory,
      .workers = job->reader_count,
      .open = open_file,
      .look = look,
      .trouble = note_trouble,
      .may_share = may_share,
      .between = tell_comparing,
      .ctx = job,
  };
  enum nlink_status status = nl_same_find(same, &plan);
  nl_free(job->candidates.by_size);
  job->candidates.by_size = NULL;
  return status == NLINK_OK && atomic_load(&job->is_short) ? NLINK_NO_MEMORY : status;
}

/* ---------------------------------------------------------------- choosing */

static uint64_t limit_of(void *ctx, const struct nl_candidate *file) {
  return ground_of(ctx, file)->limit;
}

static bool can_share(void *ctx, const struct nl_candidate *file) {
  const struct ground *ground = ground_of(ctx, file);
  return !ground->known || ground->shares_blocks;
}

static enum nlink_status open_rules(struct nl_choice *choice) {
  size_t count = choice->options->keep_rule_count;
  choice->keep_rules = nl_alloc_zero((count + 1) * sizeof *choice->keep_rules);
  if (choice->keep_rules == NULL)
    return NLINK_NO_MEMORY;
  for (size_t i = 0; i < count; i++) {
    const char *rule = choice->options->keep_rules[i];
    if (rule == NULL || *rule != '+')
      return NLINK_INVALID;
    enum nlink_status status = nl_rules_open(&choice->keep_rules[i], &rule, 1, NULL);
    if (status != NLINK_OK)
      return status;
  }
  return NLINK_OK;
}

static void close_rules(struct nl_choice *choice) {
  for (size_t i = 0; choice->keep_rules != NULL && i < choice->options->keep_rule_count; i++)
    nl_rules_close(choice->keep_rules[i]);
  nl_free(choice->keep_rules);
}

static unsigned gate_of(const struct nlink_dedupe_options *options) {
  const unsigned device = 1u << NLINK_ASPECT_DEVICE;
  if (options->mode == NLINK_MODE_REFLINK)
    return device | options->match;
  unsigned gate = (GATE & ~options->ignore) | options->match;
  return options->mode == NLINK_MODE_HARDLINK ? gate | device : gate;
}

/* All classes one after the other, their files in `files`; false = memory is exhausted. */
static bool choose_all(struct nlink_dedupe_report *report, const struct nl_choice *choice,
                       const struct nl_same *same, struct nl_filling *fillings, struct nl_candidate **files,
                       size_t largest) {
  struct nl_candidate *all = choice->candidates->all;
  struct nl_candidate **spare = nl_alloc((largest + 1) * sizeof(struct nl_candidate *));
  bool made = spare != NULL;
  size_t number = 0;
  for (const struct nl_same_class *at = nl_same_first(same); at != NULL && made; at = at->next) {
    struct nl_chosen chosen;
    for (size_t i = 0; i < at->count; i++)
      files[i] = &all[(const struct nl_candidate *)at->files[i] - all];
    made = nl_choose(&chosen, choice, files, spare, (uint32_t)at->count);
    if (!made)
      break;
    fillings[number++] = (struct nl_filling){files, (uint32_t)at->count, chosen.gain_bytes};
    report->planned_files += chosen.planned_files;
    report->planned_names += chosen.planned_names;
    report->gain_bytes += chosen.gain_bytes;
    report->left_files += chosen.left_files;
    files += at->count;
  }
  nl_free(spare);
  report->groups = number;
  return made;
}

/* The classes are given back as soon as nobody needs them: what follows takes the most memory of all. */
static enum nlink_status choose_and_fill(struct job *job, struct nl_same **same, struct nl_task *task,
                                         struct nl_shown **shown, const char *base) {
  size_t classes = 0;
  size_t members = 0;
  size_t largest = 0;
  for (const struct nl_same_class *at = nl_same_first(*same); at != NULL; at = at->next) {
    classes++;
    members += at->count;
    largest = at->count > largest ? at->count : largest;
  }
  if (members >= NL_TASK_NO_FILE || job->candidates.names >= UINT32_MAX)
    return NLINK_OVERFLOW;
  struct nl_choice choice = {.candidates = &job->candidates,
                             .options = job->options,
                             .gate = gate_of(job->options),
                             .now_ns = task->made_ns, /* when nothing had been looked at yet */
                             .min_age_ns = job->options->min_age_ns == 0  ? MIN_AGE_NS
                                           : job->options->min_age_ns < 0 ? 0
                                                                          : job->options->min_age_ns,
                             .limit = limit_of,
                             .can_share = can_share,
                             .ctx = job};
  struct nl_filling *fillings = nl_alloc((classes + 1) * sizeof *fillings);
  struct nl_candidate **files = nl_alloc((members + 1) * sizeof(struct nl_candidate *));
  enum nlink_status status = fillings == NULL || files == NULL ? NLINK_NO_MEMORY : open_rules(&choice);
  if (status == NLINK_OK && !choose_all(&task->report, &choice, *same, fillings, files, largest))
    status = NLINK_NO_MEMORY;
  nl_same_close(*same);
  *same = NULL;
  if (status == NLINK_OK)
    status = nl_fill(task, shown, &job->candidates, fillings, (uint32_t)classes, job->options->mode, base);
  close_rules(&choice);
  nl_free(fillings);
  nl_free(files);
  return status;
}

/* ---------------------------------------------------------------- the whole */

static size_t tell_troubles(struct job *job) {
  const struct nl_trouble *troubles =
      job->candidates.walk == NULL ? NULL : nl_walk_troubles(job->candidates.walk);
  for (unsigned i = 0; job->readers != NULL && i < job->reader_count; i++)
    if (job->readers[i].newest != NULL) {
      job->readers[i].oldest->next = troubles;
      troubles = job->readers[i].newest;
    }
  return nl_tell(job->scope, job->dir, troubles);
}

static void close_job(struct job *job) {
  for (unsigned i = 0; job->readers != NULL && i < job->reader_count; i++)
    nl_arena_fini(&job->readers[i].arena);
  nl_free(job->readers);
  nl_free(job->grounds);
  nl_candidates_fini(&job->candidates);
}

static enum nlink_status run(struct job *job, struct nl_task *task, struct nl_shown **shown,
                             struct nl_walk_plan *plan, size_t first_reference, const char *base) {
  struct nl_same *same = NULL;
  enum nlink_status status = nl_candidates_open(&job->candidates, plan, first_reference);
  if (status == NLINK_OK)
    status = compare(job, &same);
  if (status == NLINK_OK) {
    task->report.names = job->candidates.names;
    task->report.files = job->candidates.files;
    task->report.read_bytes = nl_same_read_bytes(same);
    status = choose_and_fill(job, &same, task, shown, base);
  }
  nl_same_close(same);
  return status;
}

enum nlink_status nl_merge(struct nl_task *task, struct nl_shown **shown, int dir, const char *const *paths,
                           size_t count, const struct nlink_dedupe_options *options,
                           const struct nl_scope *scope, size_t *troubles) {
  struct job job = {.dir = dir, .options = options, .scope = scope, .walking = *scope};
  job.reader_count = nl_walk_workers(scope);
  job.walking.given.on_progress = scope->given.on_progress == NULL ? NULL : tell_walking;
  job.walking.given.ctx = &job;
  const char **roots = nl_alloc((count + options->reference_count) * sizeof *roots);
  struct nl_string base = {0};
  enum nlink_status status = roots == NULL ? NLINK_NO_MEMORY : nl_os_status(nl_absolute(&base, dir, ""));
  if (status == NLINK_OK) {
    memcpy(roots, paths, count * sizeof *roots);
    if (options->reference_count > 0)
      memcpy(roots + count, options->references, options->reference_count * sizeof *roots);
    struct nl_walk_plan plan = {
        .dir = dir, .paths = roots, .count = count + options->reference_count, .scope = &job.walking};
    status = run(&job, task, shown, &plan, count, base.text);
  }
  *troubles = tell_troubles(&job);
  close_job(&job);
  nl_string_fini(&base);
  nl_free(roots);
  return status;
}
