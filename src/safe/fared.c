/*
 * fared.c - how names fared, and how the whole job does
 *
 * A worker keeps in mind which names it left alone and why, a few bytes each. It hands that on when a batch is finished,
 * and the caller's thread tells it to the caller between two of its own pieces of work: sentences and causes are made
 * only there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "look/cause.h"
#include "safe/acting.h"

/* What concerns all that is to come, not only the name at hand. */
static bool ends_all(enum nlink_status status) {
  return status == NLINK_NO_SPACE || status == NLINK_QUOTA || status == NLINK_IO || status == NLINK_READ_ONLY;
}

/* A file that cannot be read says nothing of the others; where nothing can be changed, it is useless to go on. */
static bool changes(enum nlink_step step) {
  switch (step) {
  case NLINK_STEP_LINK:
  case NLINK_STEP_SYMLINK:
  case NLINK_STEP_UNLINK:
  case NLINK_STEP_RENAME:
  case NLINK_STEP_EXCHANGE:
  case NLINK_STEP_WRITE:
  case NLINK_STEP_SYNC:
    return true;
  default:
    return false;
  }
}

void nl_act_end(struct nl_act_job *job, enum nlink_status status, struct nl_act_why why, uint32_t name) {
  int going_on = NLINK_OK;
  if (!atomic_compare_exchange_strong(&job->status, &going_on, (int)status))
    return;
  nl_os_enter(job->common);
  job->end = why;
  job->end_name = name;
  nl_os_leave(job->common);
}

static void ask(struct nl_act_job *job) {
  uint64_t now_ns = nl_os_now_ns();
  if (job->options->on_progress == NULL || now_ns - job->asked_ns < NL_PROGRESS_NS)
    return;
  job->asked_ns = now_ns;
  const struct nlink_progress progress = {
      .phase = job->phase,
      .files = atomic_load_explicit(&job->progress_files, memory_order_relaxed),
      .all_files = job->all_files,
      .bytes = atomic_load_explicit(&job->progress_bytes, memory_order_relaxed),
      .all_bytes = job->all_bytes,
  };
  if (!job->options->on_progress(&progress, job->options->ctx))
    nl_act_end(job, NLINK_CANCELLED, NL_ACT_GOOD, NL_TASK_NO_FILE);
}

bool nl_act_goes_on(struct nl_actor *actor) {
  if (actor->number == 0)
    ask(actor->job);
  return atomic_load_explicit(&actor->job->status, memory_order_relaxed) == NLINK_OK;
}

/* ---------------------------------------------------------------- names */

void nl_act_note(struct nl_actor *actor, uint32_t name) {
  if (actor->fared_count == NL_BATCH_NAMES) {
    nl_journal_names(actor->job->journal, actor->job->task, actor->fared, actor->fared_count);
    actor->fared_count = 0;
  }
  actor->fared[actor->fared_count++] = name;
}

void nl_act_done(struct nl_actor *actor, uint32_t name) {
  struct nl_task *task = actor->job->task;
  task->names[name].state = NL_TASK_DONE;
  task->names[name].left = NLINK_LEFT_NOTHING;
  atomic_fetch_add_explicit(&actor->job->done_names, 1, memory_order_relaxed);
  nl_act_note(actor, name);
}

/* Room for one note more; the full notes go to those that wait to be told. */
static bool make_room(struct nl_actor *actor) {
  if (actor->notes->count < NL_ACT_NOTES)
    return true;
  struct nl_act_notes *fresh = nl_alloc(sizeof *fresh);
  if (fresh == NULL)
    return false;
  struct nl_act_job *job = actor->job;
  nl_os_enter(job->common);
  actor->notes->next = job->told;
  job->told = actor->notes;
  nl_os_leave(job->common);
  fresh->next = NULL;
  fresh->count = 0;
  actor->notes = fresh;
  return true;
}

void nl_act_leave(struct nl_actor *actor, uint32_t name, struct nl_act_why why) {
  struct nl_act_job *job = actor->job;
  enum nlink_status status = nl_os_status(why.sys);
  if (!make_room(actor)) { /* it stays as if nobody had come so far */
    nl_act_end(job, NLINK_NO_MEMORY, nl_act_failed(NLINK_STEP_MEMORY, 0), name);
    return;
  }
  job->task->names[name].state = NL_TASK_LEFT;
  job->task->names[name].left = (uint8_t)why.left;
  actor->notes->notes[actor->notes->count++] =
      (struct nl_act_note){name, (uint8_t)why.left, (uint8_t)why.step, why.sys};
  nl_act_note(actor, name);
  if (why.left == NLINK_LEFT_FAILED && changes(why.step) && ends_all(status))
    nl_act_end(job, status, why, name);
}

void nl_act_leave_all(struct nl_actor *actor, uint32_t from, uint32_t to, struct nl_act_why why) {
  const struct nl_task *task = actor->job->task;
  for (uint32_t i = from; i < to; i++)
    if (task->names[i].state == NL_TASK_OPEN)
      nl_act_leave(actor, i, why);
}

void nl_act_hand_on(struct nl_actor *actor) {
  struct nl_act_job *job = actor->job;
  if (actor->fared_count > 0)
    nl_journal_names(job->journal, job->task, actor->fared, actor->fared_count);
  actor->fared_count = 0;
}

/* ---------------------------------------------------------------- telling */

static uint32_t keep_of(const struct nl_task *task, uint32_t name) {
  uint32_t keep = task->files[task->names[name].file].keep;
  return keep < task->file_count && task->files[keep].name_count > 0 ? task->files[keep].first_name
                                                                     : NL_TASK_NO_FILE;
}

/* What the system said, and where it refused a name, why it did. */
static void explain(struct nlink_error *error, const struct nl_task *task, const struct nl_act_note *note,
                    const char *path) {
  enum nlink_step step = (enum nlink_step)note->step;
  struct nl_string kept = {0};
  uint32_t keep = keep_of(task, note->name);
  if (step == NLINK_STEP_BACKUP) {
    char temp[NL_TASK_TEMP_SIZE];
    nl_task_temp(temp, task, note->name);
    nl_fail(error, nl_os_status(note->sys), step, note->sys,
            "another file came to stand there meanwhile; what it held before is under the name %s beside it",
            temp);
  } else if (step == NLINK_STEP_LINK && keep != NL_TASK_NO_FILE && nl_task_path(&kept, task, keep)) {
    struct nl_scene scene = nl_scene_of_link(NLINK_CWD, kept.text, NLINK_CWD, path, NLINK_REPLACE);
    nl_cause_fail(error, &scene, step, note->sys);
  } else if (step == NLINK_STEP_OPEN || step == NLINK_STEP_STAT) {
    struct nl_scene scene = {.act = NL_ACT_LOOK, .src_dir = NLINK_CWD, .src = path, .dst_dir = NLINK_CWD};
    nl_cause_fail(error, &scene, step, note->sys);
  } else {
    nl_fail(error, nl_os_status(note->sys), step, note->sys, NULL);
  }
  nl_string_fini(&kept);
}

void nl_act_tell_one(struct nl_act_job *job, const struct nl_act_note *note) {
  job->left_names++;
  if (note->left == NLINK_LEFT_FAILED)
    job->failed++;
  if (job->options->on_left == NULL)
    return;
  struct nl_string path = {0};
  bool known = nl_task_path(&path, job->task, note->name);
  const char *text = known ? path.text : job->task->names[note->name].text;
  struct nlink_error error;
  if (note->sys != 0)
    explain(&error, job->task, note, text);
  job->options->on_left(text, (enum nlink_left)note->left, note->sys != 0 ? &error : NULL, job->options->ctx);
  nl_string_fini(&path);
}

/* The chain has the newest first. */
static struct nl_act_notes *reversed(struct nl_act_notes *chain) {
  struct nl_act_notes *back = NULL;
  while (chain != NULL) {
    struct nl_act_notes *next = chain->next;
    chain->next = back;
    back = chain;
    chain = next;
  }
  return back;
}

void nl_act_tell(struct nl_act_job *job) {
  nl_os_enter(job->common);
  struct nl_act_notes *chain = job->told;
  job->told = NULL;
  nl_os_leave(job->common);
  chain = reversed(chain);
  while (chain != NULL) {
    struct nl_act_notes *next = chain->next;
    for (size_t i = 0; i < chain->count; i++)
      nl_act_tell_one(job, &chain->notes[i]);
    nl_free(chain);
    chain = next;
  }
}
