/*
 * mend.c - what a crash left in the middle, name by name of a task
 *
 * Names of one directory are looked at together, through its open descriptor. What is done with each is told in leftover.c;
 * here it is counted, told, and written down. Names that the journal tells as done or left alone are looked at like all
 * others: that costs two looks a name, and the disk may hold an earlier state than the journal.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/mend.h"

#include "base/error.h"
#include "safe/leftover.h"

#include <string.h>

enum { BETWEEN = 256 }; /* so many names from one telling of the progress to the next */

struct mending {
  struct nlink_repair_report *report;
  struct nl_task *task;
  struct nl_journal *journal;
  const struct nlink_apply_options *options;
  struct nl_known known;
  struct nl_os_guard *guard; /* NULL = there are no leases */
  struct nl_string path;
  struct nl_sort_item *items; /* keys: directory and name */
  size_t count;
  uint32_t *told; /* names of the present directory whose state is new */
  size_t told_count;
  bool touched;     /* something was changed in the tree */
  bool is_new;      /* a name's state is not what the journal told */
  bool remains;     /* something of ours stays, or could not be looked at */
  bool has_trouble; /* on_left was told something */
  bool no_memory;
};

/* ---------------------------------------------------------------- telling */

static void tell_left(struct mending *mending, uint32_t name, enum nlink_left left,
                      const struct nlink_error *error) {
  mending->report->left_names++;
  mending->has_trouble = true;
  if (mending->options->on_left == NULL)
    return;
  if (!nl_task_path(&mending->path, mending->task, name)) {
    mending->no_memory = true;
    return;
  }
  mending->options->on_left(mending->path.text, left, error, mending->options->ctx);
}

static void tell_failed(struct mending *mending, uint32_t name, enum nlink_step step, int sys) {
  struct nlink_error error;
  nl_fail(&error, nl_os_status(sys), step, sys, NULL);
  mending->remains = true;
  mending->report->failed++;
  tell_left(mending, name, NLINK_LEFT_FAILED, &error);
}

static void tell_missing(struct mending *mending, uint32_t name) {
  mending->report->missing_names++;
  tell_left(mending, name, NLINK_LEFT_VANISHED, NULL);
}

static void tell_staying(struct mending *mending, const struct nl_leftover *one) {
  struct nlink_error error;
  nl_fail(&error, NLINK_EXISTS, NLINK_STEP_NONE, 0,
          "the name '%s' beside it is kept: what it leads to stands nowhere else", one->temp);
  mending->remains = true;
  tell_left(mending, one->name, NLINK_LEFT_CHANGED, &error);
}

static void note(struct mending *mending, uint32_t name, enum nl_task_state state, enum nlink_left left) {
  struct nl_task_name *entry = &mending->task->names[name];
  if (entry->state == (uint8_t)state && entry->left == (uint8_t)left)
    return;
  entry->state = (uint8_t)state;
  entry->left = (uint8_t)left;
  mending->told[mending->told_count++] = name;
  mending->is_new = true;
}

/* A name that is missing stays what the journal told of it; one of which it told nothing, was not done. */
static void note_missing(struct mending *mending, uint32_t name) {
  if (mending->task->names[name].state == NL_TASK_OPEN)
    note(mending, name, NL_TASK_LEFT, NLINK_LEFT_VANISHED);
  tell_missing(mending, name);
}

static void take_verdict(struct mending *mending, const struct nl_leftover *one, enum nl_verdict verdict) {
  switch (verdict) {
  case NL_VERDICT_SETTLED:
    break;
  case NL_VERDICT_FINISHED:
    mending->report->finished_names++;
    note(mending, one->name, NL_TASK_DONE, NLINK_LEFT_NOTHING);
    break;
  case NL_VERDICT_RETURNED:
    mending->report->returned_names++;
    note(mending, one->name, NL_TASK_LEFT, NLINK_LEFT_STOPPED);
    break;
  case NL_VERDICT_SUPERSEDED:
    note(mending, one->name, NL_TASK_LEFT, NLINK_LEFT_VANISHED);
    break;
  case NL_VERDICT_MISSING:
    note_missing(mending, one->name);
    break;
  case NL_VERDICT_STAYS:
    tell_staying(mending, one);
    break;
  case NL_VERDICT_FAILED:
    tell_failed(mending, one->name, one->step, one->sys);
    break;
  }
}

/* ---------------------------------------------------------------- the names */

static uint32_t name_of(const struct nl_sort_item *item) {
  return (uint32_t)(item->key & UINT32_MAX);
}

static uint32_t dir_of(const struct nl_sort_item *item) {
  return (uint32_t)(item->key >> 32);
}

/* All names that were to be replaced, by directory. */
static bool gather(struct mending *mending) {
  const struct nl_task *task = mending->task;
  mending->items = nl_alloc_zero(((size_t)task->name_count + 1) * sizeof *mending->items);
  mending->told = nl_alloc_zero(((size_t)task->name_count + 1) * sizeof *mending->told);
  if (mending->items == NULL || mending->told == NULL)
    return false;
  for (uint32_t i = 0; i < task->name_count; i++)
    if (nl_task_replaces(&task->files[task->names[i].file]))
      mending->items[mending->count++].key = (uint64_t)task->names[i].dir << 32 | i;
  nl_sort_in_place(mending->items, mending->count, NULL, NULL);
  return true;
}

/* The directory cannot be opened: what does that say of its names? */
static void tell_directory(struct mending *mending, uint32_t name, int sys) {
  enum nlink_status status = nl_os_status(sys);
  bool is_gone = status == NLINK_NOT_FOUND || status == NLINK_NOT_DIRECTORY;
  const struct nl_task *task = mending->task;
  if (!is_gone)
    tell_failed(mending, name, NLINK_STEP_OPEN, sys);
  else if (task->files[task->names[name].file].deed == NL_DEED_REMOVE)
    note(mending, name, NL_TASK_DONE, NLINK_LEFT_NOTHING);
  else
    note_missing(mending, name);
}

static bool goes_on(const struct mending *mending, size_t done) {
  struct nlink_progress progress = {
      .names = done, .phase = NLINK_PHASE_MENDING, .files = done, .all_files = mending->count};
  return mending->options->on_progress == NULL ||
         mending->options->on_progress(&progress, mending->options->ctx);
}

/* The names of one directory, from @p first on; how many there were. */
static size_t mend_directory(struct mending *mending, size_t first) {
  const struct nlink_apply_options *options = mending->options;
  const uint32_t dir = dir_of(&mending->items[first]);
  struct nl_leftover one = {.known = &mending->known,
                            .guard = mending->guard,
                            .unguarded = options->unguarded,
                            .dry_run = options->dry_run,
                            .dir = -1};
  int sys = nl_held_open_dir(&one.dir, mending->task->dirs[dir]);
  size_t i = first;
  mending->told_count = 0;
  for (; i < mending->count && dir_of(&mending->items[i]) == dir; i++) {
    one.name = name_of(&mending->items[i]);
    mending->report->names++;
    if (sys != 0) {
      tell_directory(mending, one.name, sys);
      continue;
    }
    enum nl_verdict verdict = nl_leftover_mend(&one);
    take_verdict(mending, &one, verdict);
    mending->report->removed_names += one.removed;
    mending->touched = mending->touched || (one.touched && !options->dry_run);
  }
  nl_os_close(one.dir);
  if (!options->dry_run)
    nl_journal_names(mending->journal, mending->task, mending->told, mending->told_count);
  return i - first;
}

static enum nlink_status mend_all(struct mending *mending, struct nlink_error *error) {
  size_t next_telling = 0;
  for (size_t i = 0; i < mending->count;) {
    if (i >= next_telling) {
      if (!goes_on(mending, i))
        return nl_fail(error, NLINK_CANCELLED, NLINK_STEP_NONE, 0, NULL);
      next_telling = i + BETWEEN;
    }
    i += mend_directory(mending, i);
  }
  return NLINK_OK;
}

/* ---------------------------------------------------------------- the whole */

void nl_mend_count(struct nl_store_tail *tail, const struct nl_task *task) {
  tail->done_names = 0;
  tail->gained_bytes = 0;
  for (uint32_t i = 0; i < task->file_count; i++) {
    const struct nl_task_file *file = &task->files[i];
    uint64_t done = 0;
    for (uint32_t j = 0; j < file->name_count; j++)
      done += task->names[file->first_name + j].state == NL_TASK_DONE;
    bool is_replaced = file->deed == NL_DEED_LINK || file->deed == NL_DEED_SYMLINK;
    bool is_freed = file->deed == NL_DEED_SHARE || (is_replaced && done >= file->link_count);
    tail->done_names += done;
    tail->gained_bytes += done > 0 && is_freed ? file->allocated_bytes : 0;
  }
}

static enum nlink_status end_journal(struct mending *mending, struct nl_store_tail *tail,
                                     struct nlink_error *error) {
  bool was_open = tail->state == NLINK_JOURNAL_UNFINISHED;
  nl_mend_count(tail, mending->task);
  if (mending->options->dry_run || mending->remains || (!was_open && !mending->is_new))
    return NLINK_OK;
  if (was_open)
    tail->state = NLINK_JOURNAL_RECOVERED;
  return mending->journal == NULL ? NLINK_OK : nl_journal_end(mending->journal, tail->state, tail, error);
}

static enum nlink_status mend(struct mending *mending, struct nl_store_tail *tail,
                              struct nlink_error *error) {
  if (!nl_known_open(&mending->known, mending->task) || !gather(mending))
    return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  if (nl_os_guard_open(&mending->guard) != 0)
    mending->guard = NULL;
  enum nlink_status status = mend_all(mending, error);
  /* The journal has no end before what it tells is on the disk. */
  int sys = mending->touched ? nl_held_sync(mending->task) : 0;
  if (status == NLINK_OK && mending->no_memory)
    return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  if (status == NLINK_OK && sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_SYNC, sys, NULL);
  if (status == NLINK_OK)
    status = end_journal(mending, tail, error);
  return status == NLINK_OK && mending->has_trouble ? NLINK_PARTIAL : status;
}

enum nlink_status nl_act_mend(struct nlink_repair_report *report, struct nl_task *task,
                              struct nl_store_tail *tail, struct nl_journal *journal,
                              const struct nlink_apply_options *options, struct nlink_error *error) {
  static const struct nlink_apply_options defaults = {.size = sizeof defaults};
  struct mending mending = {
      .report = report, .task = task, .journal = journal, .options = options != NULL ? options : &defaults};
  enum nlink_status status = mend(&mending, tail, error);
  nl_os_guard_close(mending.guard);
  nl_known_close(&mending.known);
  nl_string_fini(&mending.path);
  nl_free(mending.items);
  nl_free(mending.told);
  return status;
}
