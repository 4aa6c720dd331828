/*
 * check.c - find and explain what is wrong with the links in trees
 *
 * One walk: each worker looks at soft links where it meets them, and notes names of files with several. What it finds
 * has no path yet, only a directory and a name; paths, candidates for what dangles and the commands that mend come when
 * the walk has ended. So the findings do not depend on who met what.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "base/quote.h"
#include "flaw/groups.h"
#include "flaw/lost.h"
#include "flaw/mend.h"
#include "flaw/soft.h"
#include "look/tell.h"

#include <string.h>

/* A name of which nothing can be told. */
struct unseen {
  struct unseen *next;
  const struct nl_dir *dir;
  const char *name;
  size_t length;
  enum nlink_step step;
  int sys;
};

struct worker {
  struct nl_arena arena;
  struct nl_soft *softs;
  size_t dangling;
  struct unseen *unseen;
  struct nl_soft_looker looker;
  char apart[64];
};

struct job {
  struct nlink_check *check;
  struct nl_scope scope;
  struct nl_walk_plan plan;
  struct nl_groups groups;
  struct nl_inside inside;
  struct worker *workers;
  unsigned worker_count;
  unsigned off;
  struct nl_lost *lost; /* by the order in which the dangling soft links are met again */
  size_t lost_count;
  bool is_whole; /* all names were seen when that was looked for */
  /* The directory of the soft link that was told last, and its copy in the findings' memory. */
  const char *home;
  const char *home_kept;
  /* What progress tells is the sum of both walks. */
  nlink_progress_function *on_progress;
  void *ctx;
  struct nlink_progress before;
  struct nlink_progress latest;
};

enum {
  SOFT_KINDS = 1u << NLINK_FINDING_DANGLES | 1u << NLINK_FINDING_LOOPS | 1u << NLINK_FINDING_ABSOLUTE_INSIDE |
               1u << NLINK_FINDING_POINTS_OUT | 1u << NLINK_FINDING_NEEDLESSLY_LONG
};

/* ---------------------------------------------------------------- while the walk goes on */

static bool note_unseen(struct worker *worker, const struct nl_sight *sight, enum nlink_step step, int sys) {
  struct unseen *unseen = nl_arena_take(&worker->arena, sizeof *unseen);
  if (unseen == NULL)
    return false;
  *unseen =
      (struct unseen){worker->unseen, sight->dir, nl_arena_text(&worker->arena, sight->name, sight->length),
                      sight->length,  step,       sys};
  worker->unseen = unseen;
  return unseen->name != NULL;
}

static bool take(void *ctx, const struct nl_sight *sight) {
  struct job *job = ctx;
  struct worker *worker = &job->workers[sight->worker];
  const int no_memory = nl_os_number(NLINK_NO_MEMORY);
  int sys = job->plan.look ? nl_groups_take(&job->groups, sight) : 0;
  if (sys != 0 && (sys == no_memory || !note_unseen(worker, sight, NLINK_STEP_STAT, sys)))
    return false;
  if (sight->kind != NLINK_SYMLINK || (job->off & SOFT_KINDS) == SOFT_KINDS)
    return true;
  struct nl_soft *soft = NULL;
  enum nlink_step step = NLINK_STEP_NONE;
  sys = nl_soft_look(&soft, &step, &worker->looker, sight);
  if (sys != 0 && (sys == no_memory || !note_unseen(worker, sight, step, sys)))
    return false;
  if (soft != NULL) {
    soft->next = worker->softs;
    worker->softs = soft;
    worker->dangling += soft->kind == NLINK_FINDING_DANGLES;
  }
  return true;
}

static bool tell_progress(const struct nlink_progress *progress, void *ctx) {
  struct job *job = ctx;
  job->latest = (struct nlink_progress){.directories = job->before.directories + progress->directories,
                                        .names = job->before.names + progress->names};
  return job->on_progress(&job->latest, job->ctx);
}

/* ---------------------------------------------------------------- soft links, afterwards */

static bool is_lost(const struct nl_soft *soft) {
  return soft->kind == NLINK_FINDING_DANGLES && soft->expected != NULL && soft->home != NULL &&
         *soft->lost != '\0';
}

/* Look for what the dangling soft links have lost. */
static enum nlink_status find_lost(struct job *job) {
  size_t most = 0;
  for (unsigned i = 0; i < job->worker_count; i++)
    most += job->workers[i].dangling;
  if (most == 0)
    return NLINK_OK;
  job->lost = nl_alloc(most * sizeof *job->lost);
  if (job->lost == NULL)
    return NLINK_NO_MEMORY;
  for (unsigned i = 0; i < job->worker_count; i++)
    for (const struct nl_soft *soft = job->workers[i].softs; soft != NULL; soft = soft->next)
      if (is_lost(soft))
        job->lost[job->lost_count++] = (struct nl_lost){.name = soft->lost,
                                                        .expected = soft->expected,
                                                        .home = soft->home,
                                                        .wants_directory = soft->wants_directory};
  job->before = job->latest;
  return nl_lost_find(&job->is_whole, job->lost, job->lost_count, &job->plan, &job->check->findings.arena);
}

static bool add(struct nl_string *out, const char *text) {
  return nl_string_add(out, text, strlen(text));
}

/* The end of a dangling soft link's sentence, and its mend. Only where all was seen is nothing left but to remove it. */
static bool tell_lost(struct nl_string *text, struct nl_string *mend, const struct nl_lost *lost,
                      bool is_whole, const char *path) {
  struct nl_quoted name = nl_quoted(lost->candidate != NULL ? lost->candidate : lost->name);
  if (lost->candidate != NULL)
    return add(text, "; the nearest of that name is ") && add(text, name.text) &&
           (lost->fresh == NULL || nl_mend_aim(mend, lost->fresh, path));
  return add(text, "; nothing called ") && add(text, name.text) &&
         add(text, is_whole ? " is inside the root" : " was seen inside the root") &&
         (!is_whole || nl_mend_remove(mend, path));
}

/* What the soft link is to hold, as its mend says; "" = it is to be removed, NULL = nobody knows. */
static const char *aim_of(const struct job *job, const struct nl_soft *soft, const struct nl_lost *lost) {
  if (soft->look.kind != NLINK_SYMLINK || soft->home == NULL)
    return NULL;
  if (soft->fresh != NULL)
    return soft->fresh;
  if (soft->is_circle || (lost != NULL && lost->candidate == NULL && job->is_whole))
    return "";
  return lost != NULL ? lost->fresh : NULL;
}

/* Note how a soft link can be mended, in the findings' memory; NULL in @p out = it cannot. false = memory is exhausted. */
static bool keep_mendable(const struct nl_mendable **out, struct job *job, const struct nl_soft *soft,
                          const struct nl_lost *lost) {
  struct nl_arena *arena = &job->check->findings.arena;
  const char *aim = aim_of(job, soft, lost);
  if (aim == NULL)
    return true;
  if (job->home != soft->home) {
    job->home = soft->home;
    job->home_kept = nl_arena_text(arena, soft->home, strlen(soft->home));
  }
  struct nl_mendable *mendable = nl_arena_take(arena, sizeof *mendable);
  if (mendable == NULL || job->home_kept == NULL)
    return false;
  *mendable = (struct nl_mendable){.look = soft->look,
                                   .home = job->home_kept,
                                   .base = nl_arena_text(arena, soft->base, strlen(soft->base)),
                                   .aim = nl_arena_text(arena, aim, strlen(aim))};
  *out = mendable;
  return mendable->base != NULL && mendable->aim != NULL;
}

static bool add_soft(struct job *job, const struct nl_soft *soft, const struct nl_lost *lost) {
  struct nl_findings *findings = &job->check->findings;
  const struct nl_mendable *mendable = NULL;
  struct nl_string path = {0};
  struct nl_string text = {0};
  struct nl_string mend = {0};
  struct nlink_finding finding = {.kind = soft->kind, .link_count = 1};
  bool made = nl_dir_path_string(&path, soft->dir, soft->name, soft->length) && add(&text, soft->text);
  if (made && soft->fresh != NULL)
    made = nl_mend_aim(&mend, soft->fresh, path.text);
  else if (made && lost != NULL)
    made = tell_lost(&text, &mend, lost, job->is_whole, path.text);
  if (made)
    made = keep_mendable(&mendable, job, soft, lost);
  if (made) {
    finding.path = nl_findings_text(findings, &path);
    finding.text = nl_findings_text(findings, &text);
    finding.mend = nl_findings_text(findings, &mend);
    finding.target = nl_arena_text(&findings->arena, soft->target, strlen(soft->target));
    finding.candidate = lost != NULL ? lost->candidate : NULL;
  }
  nl_string_fini(&path);
  nl_string_fini(&text);
  nl_string_fini(&mend);
  return made && finding.path != NULL && finding.text != NULL && finding.mend != NULL &&
         finding.target != NULL && nl_findings_add(findings, &finding, mendable);
}

static enum nlink_status tell_softs(struct job *job) {
  enum nlink_status status = find_lost(job);
  const struct nl_lost *lost = job->lost;
  for (unsigned i = 0; i < job->worker_count && status == NLINK_OK; i++)
    for (const struct nl_soft *soft = job->workers[i].softs; soft != NULL && status == NLINK_OK;
         soft = soft->next)
      if (!add_soft(job, soft, is_lost(soft) ? lost++ : NULL))
        status = NLINK_NO_MEMORY;
  return status;
}

/* ---------------------------------------------------------------- events */

/* Tell what could not be seen, that of the walk and that of soft links and rights; how much that was. */
static enum nlink_status tell_unseen(struct job *job, const struct nl_walk *walk, size_t *count) {
  const struct nl_trouble *troubles = nl_walk_troubles(walk);
  struct nl_arena *arena = &job->workers[0].arena;
  if (job->groups.trouble != NULL) {
    job->groups.trouble->next = troubles;
    troubles = job->groups.trouble;
  }
  for (unsigned i = 0; i < job->worker_count; i++)
    for (const struct unseen *unseen = job->workers[i].unseen; unseen != NULL; unseen = unseen->next) {
      size_t length = nl_dir_path(NULL, 0, unseen->dir, unseen->name, unseen->length);
      struct nl_trouble *trouble = nl_arena_take(arena, sizeof *trouble + length + 1);
      if (trouble == NULL)
        return NLINK_NO_MEMORY;
      *trouble = (struct nl_trouble){.next = troubles, .step = unseen->step, .sys = unseen->sys};
      nl_dir_path(trouble->path, length + 1, unseen->dir, unseen->name, unseen->length);
      troubles = trouble;
    }
  *count = nl_tell(&job->scope, job->plan.dir, troubles);
  return NLINK_OK;
}

/* ---------------------------------------------------------------- the whole */

static const char *wrong_arguments(struct nlink_check **out, const char *const *paths, size_t count,
                                   const struct nlink_check_options *options,
                                   const struct nlink_scope *scope) {
  if (out == NULL)
    return "out is NULL";
  if (count == 0)
    return "there is no path";
  if (options != NULL && options->size != sizeof *options)
    return "options->size is not the size of the options";
  if (options != NULL && options->off >> NLINK_FINDING_KINDS != 0)
    return "options->off has a bit that is no kind of finding";
  if (scope != NULL && scope->size == sizeof *scope && scope->listed)
    return "scope->listed has no meaning here";
  return nl_paths_wrong(paths, count);
}

static enum nlink_status prepare(struct job *job) {
  job->worker_count = nl_walk_workers(&job->scope);
  job->check = nl_alloc_zero(sizeof *job->check);
  job->workers = nl_alloc_zero(job->worker_count * sizeof *job->workers);
  if (job->check == NULL || job->workers == NULL)
    return NLINK_NO_MEMORY;
  enum nlink_status status = nl_inside_open(&job->inside, job->plan.dir, job->plan.paths, job->plan.count);
  for (unsigned i = 0; i < job->worker_count; i++) {
    struct nl_soft_looker *looker = &job->workers[i].looker;
    looker->knowledge.inside = &job->inside;
    looker->arena = &job->workers[i].arena;
    looker->off = job->off;
  }
  job->on_progress = job->scope.given.on_progress;
  job->ctx = job->scope.given.ctx;
  job->groups = (struct nl_groups){.off = job->off, .dir = job->plan.dir};
  job->plan.scope = &job->scope;
  job->plan.take = take;
  job->plan.ctx = job;
  job->plan.look = (job->off & NL_GROUPS_KINDS) != NL_GROUPS_KINDS;
  job->plan.extra_bytes = job->plan.look ? NL_GROUPS_EXTRA : 0;
  if (status == NLINK_OK && job->plan.look)
    status = nl_table_open(&job->groups.table, job->worker_count, false);
  return status;
}

/* Both walks tell their progress here; events are told with the caller's own ctx. */
static enum nlink_status walk_and_find(struct job *job, struct nl_walk **walk) {
  struct nlink_scope *given = &job->scope.given;
  if (job->on_progress != NULL) {
    given->on_progress = tell_progress;
    given->ctx = job;
  }
  enum nlink_status status = nl_walk_run(walk, &job->plan);
  if (status == NLINK_END)
    status = NLINK_NO_MEMORY;
  if (status == NLINK_OK)
    status = tell_softs(job);
  given->on_progress = job->on_progress;
  given->ctx = job->ctx;
  return status;
}

static enum nlink_status run(struct job *job, size_t *unseen) {
  struct nl_walk *walk = NULL;
  enum nlink_status status = prepare(job);
  if (status == NLINK_OK)
    status = walk_and_find(job, &walk);
  if (status == NLINK_OK && job->plan.look)
    status = nl_groups_tell(&job->check->findings, &job->groups, walk);
  if (status == NLINK_OK && !nl_findings_sort(&job->check->findings))
    status = NLINK_NO_MEMORY;
  if (status == NLINK_OK)
    status = tell_unseen(job, walk, unseen);
  nl_walk_close(walk);
  return status;
}

static void fini(struct job *job) {
  for (unsigned i = 0; job->workers != NULL && i < job->worker_count; i++) {
    nl_arena_fini(&job->workers[i].arena);
    nl_soft_looker_fini(&job->workers[i].looker);
  }
  nl_free(job->workers);
  nl_free(job->lost);
  nl_inside_fini(&job->inside);
  nl_table_close(job->groups.table);
  nl_scope_fini(&job->scope);
}

enum nlink_status nlink_check_open(struct nlink_check **out, int dir, const char *const *paths, size_t count,
                                   const struct nlink_check_options *options, const struct nlink_scope *scope,
                                   struct nlink_error *error) {
  struct job job = {.plan = {.dir = dir, .paths = paths, .count = count}};
  size_t unseen = 0;
  const char *wrong = wrong_arguments(out, paths, count, options, scope);
  if (out != NULL)
    *out = NULL;
  enum nlink_status status = wrong != NULL ? NLINK_INVALID : nl_scope_open(&job.scope, scope, &wrong);
  if (status == NLINK_INVALID)
    return nl_fail(error, status, NLINK_STEP_ARGUMENTS, 0, "%s", wrong);
  job.off = options != NULL ? options->off : 0;
  if (status == NLINK_OK)
    status = run(&job, &unseen);
  fini(&job);
  if (status == NLINK_OK) {
    *out = job.check;
    return unseen > 0 ? NLINK_PARTIAL : NLINK_OK;
  }
  nlink_check_close(job.check);
  return nl_fail(error, status, status == NLINK_NO_MEMORY ? NLINK_STEP_MEMORY : NLINK_STEP_NONE, 0, NULL);
}

enum nlink_status nlink_check_next(struct nlink_check *check, const struct nlink_finding **finding) {
  if (check->next == check->findings.count)
    return NLINK_END;
  *finding = &check->findings.all[check->next++].told;
  return NLINK_OK;
}

void nlink_check_close(struct nlink_check *check) {
  if (check == NULL)
    return;
  nl_findings_fini(&check->findings);
  nl_string_fini(&check->journal);
  nl_free(check);
}
