/*
 * act.c - do a task: many names replaced, and nothing lost
 *
 * The task is in the journal, and that on the disk, before this begins. Then, for each name that is to become a name of
 * the kept file:
 *
 *  1. Both files are opened, each by a name that leads to it, and get a read lease: granted only where nobody has the
 *     file open for writing, or mapped so; who wants to, afterwards, is held up until we let go, and we can ask
 *     whether one came. Where no lease is to be had the name is left alone, unless the caller said otherwise.
 *  2. Both are looked at: device, number, size, mtime and ctime have to be as noted before the first byte was read.
 *     (After our own first change of a file, without its ctime.) Files of up to a mebibyte, and all on file systems
 *     where a write through a mapping need not show in mtime, are compared once more, byte by byte; owner, mode and
 *     attributes of all. From here to the end of the leases nobody can change a byte of either.
 *  3. Once for each file system: all of it is written to the disk. The kept file's bytes have to be there before an
 *     old file goes. No more syncs are needed before the journal's end: file systems order their own changes, and recovering
 *     looks at the tree.
 *  4. The kept file gets a further name, the temporary one, which the task's random seed makes: nobody can guess it,
 *     and recovering knows it. It is exchanged with the name, in one step.
 *  5. What came out is looked at: the file of (2), unchanged, its lease whole? If not, it is exchanged back while
 *     the lease still holds up who came: an opener that was held up goes on with the old file, so this has to have
 *     its name again by then.
 *  6. Later, a batch after the exchange, so that a program that had found the old file by name just before had time to
 *     show up: the old file is looked at for the last time. Unchanged, its lease whole: the temporary name is
 *     removed. Else it is exchanged back.
 *  7. The files are closed, which ends the leases, and the journal is told.
 *
 * Where two names cannot be exchanged, the old file gets a second temporary name first, and then the kept one is renamed over
 * the name: at every instant the name is there, and the old file has a name until (6).
 *
 * What failed is taken back by looking, step by step (nl_name_take_back()); what nobody knows is never removed. A
 * temporary name that could not be removed makes the journal stay unfinished, so that recovering tries again.
 *
 * The work is shared by groups, in the order of their directories, so that a worker stays where it is and two of them do
 * not wait for one directory. A group with many names is cut; its kept file is then guarded by each worker for itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/act.h"

#include "base/error.h"
#include "base/quote.h"
#include "base/sort.h"
#include "safe/acting.h"
#include "work/pool.h"

enum { CUT_NAMES = 512, PIECE_NAMES = 256, PIECE_BYTES = 64 << 20, LEAST_DESCRIPTORS = 8 };

/* Files of one group. */
struct item {
  uint32_t first;
  uint32_t count;
  uint32_t names;
  uint32_t dir;
  uint64_t bytes;
};

/* Items for one worker. */
struct piece {
  size_t first;
  size_t count;
};

struct plan {
  struct nl_act_job *job;
  struct item *items;
  size_t item_count;
  struct nl_sort_item *order; /* of items, by directory */
  struct piece *pieces;
  size_t piece_count;
  struct nl_actor **actors;
  unsigned actor_count;
  bool needs_guard;
};

/* ---------------------------------------------------------------- what is to be done, in which order */

static void add_item(struct plan *plan, const struct item *item) {
  if (item->count == 0 || item->names == 0)
    return;
  if (plan->items != NULL)
    plan->items[plan->item_count] = *item;
  plan->item_count++;
}

/* Cut a group into items; a group of copies makes one new file and stays whole. */
static void cut_group(struct plan *plan, const struct nl_task *task, const struct nl_task_group *group) {
  struct item item = {.first = group->first_file};
  for (uint32_t i = 0; i < group->file_count; i++) {
    const struct nl_task_file *file = &task->files[group->first_file + i];
    item.count++;
    if (file->deed == NL_DEED_NONE)
      continue;
    if (item.names == 0 && file->name_count > 0)
      item.dir = task->names[file->first_name].dir;
    item.names += file->name_count;
    item.bytes += file->size_bytes;
    if (item.names >= CUT_NAMES && file->deed != NL_DEED_COPY) {
      add_item(plan, &item);
      item = (struct item){.first = group->first_file + i + 1};
    }
  }
  add_item(plan, &item);
}

static bool make_items(struct plan *plan, const struct nl_task *task) {
  for (int round = 0; round < 2; round++) { /* counted, then written */
    size_t count = plan->item_count;
    plan->item_count = 0;
    if (round == 1) {
      plan->items = nl_alloc((count + 1) * sizeof *plan->items);
      plan->order = nl_alloc(2 * (count + 1) * sizeof *plan->order);
      plan->pieces = nl_alloc((count + 1) * sizeof *plan->pieces);
      if (plan->items == NULL || plan->order == NULL || plan->pieces == NULL)
        return false;
    }
    for (uint32_t i = 0; i < task->group_count; i++)
      cut_group(plan, task, &task->groups[i]);
  }
  return true;
}

static void make_pieces(struct plan *plan) {
  for (size_t i = 0; i < plan->item_count; i++)
    plan->order[i] = (struct nl_sort_item){plan->items[i].dir, &plan->items[i]};
  nl_sort(plan->order, plan->order + plan->item_count, plan->item_count, NULL, NULL);
  uint64_t names = PIECE_NAMES;
  uint64_t bytes = 0;
  for (size_t i = 0; i < plan->item_count; i++) {
    const struct item *item = plan->order[i].what;
    if (names >= PIECE_NAMES || bytes >= PIECE_BYTES) {
      plan->pieces[plan->piece_count++] = (struct piece){.first = i};
      names = bytes = 0;
    }
    plan->pieces[plan->piece_count - 1].count++;
    names += item->names;
    bytes += item->bytes;
  }
}

static void count_all(struct plan *plan, const struct nl_task *task) {
  for (uint32_t i = 0; i < task->file_count; i++) {
    const struct nl_task_file *file = &task->files[i];
    if (file->deed == NL_DEED_NONE)
      continue;
    plan->job->all_files++;
    plan->job->all_bytes += file->size_bytes;
    plan->needs_guard = plan->needs_guard || (file->deed != NL_DEED_SHARE && file->deed != NL_DEED_AIM &&
                                              file->deed != NL_DEED_REMOVE);
  }
}

/* ---------------------------------------------------------------- workers */

static void run_piece(void *ctx, unsigned worker, void *what) {
  struct plan *plan = ctx;
  const struct piece *piece = what;
  struct nl_actor *actor = plan->actors[worker];
  struct nl_act_job *job = plan->job;
  size_t waiting = atomic_fetch_sub(&job->waiting, 1) - 1;
  bool links_only = true;
  for (size_t i = 0; i < piece->count; i++) {
    const struct item *item = plan->order[piece->first + i].what;
    uint8_t deed = job->task->files[item->first + item->count - 1].deed;
    links_only = links_only && (deed == NL_DEED_LINK || deed == NL_DEED_NONE);
    nl_deeds_do(actor, item->first, item->count);
  }
  /* Who has nothing more to do holds nobody up; nor who may be busy for long with what comes next. */
  if (waiting == 0 || !links_only || !nl_act_goes_on(actor))
    nl_batch_finish_all(actor);
}

static void tell(void *ctx) {
  const struct plan *plan = ctx;
  nl_act_tell(plan->job);
}

static void close_actor(struct nl_actor *actor) {
  if (actor == NULL)
    return;
  nl_free(actor->notes);
  nl_free(actor->rooms[0]);
  nl_free(actor->rooms[1]);
  nl_free(actor);
}

static struct nl_actor *open_actor(struct nl_act_job *job, unsigned number) {
  struct nl_actor *actor = nl_alloc_zero(sizeof *actor);
  if (actor == NULL)
    return NULL;
  actor->job = job;
  actor->number = number;
  actor->copy_group = UINT32_MAX;
  actor->notes = nl_alloc_zero(sizeof *actor->notes);
  actor->rooms[0] = nl_alloc(NL_COMPARE_AGAIN);
  actor->rooms[1] = nl_alloc(NL_COMPARE_AGAIN);
  if (actor->notes != NULL && actor->rooms[0] != NULL && actor->rooms[1] != NULL)
    return actor;
  close_actor(actor);
  return NULL;
}

static bool open_actors(struct plan *plan) {
  struct nl_act_job *job = plan->job;
  unsigned threads = job->options->threads != 0 ? job->options->threads : nl_os_processors();
  if (threads > plan->piece_count)
    threads = (unsigned)plan->piece_count;
  unsigned most = 3 * NL_BATCH_FILES * 2 * threads;
  job->descriptors = nl_os_descriptors(most) / (2 * threads);
  if (job->descriptors < LEAST_DESCRIPTORS)
    job->descriptors = LEAST_DESCRIPTORS;
  plan->actors = nl_alloc_zero(threads * sizeof *plan->actors);
  while (plan->actors != NULL && plan->actor_count < threads) {
    plan->actors[plan->actor_count] = open_actor(job, plan->actor_count);
    if (plan->actors[plan->actor_count] == NULL)
      break;
    plan->actor_count++;
  }
  return plan->actor_count > 0; /* fewer will do */
}

static enum nlink_status work(struct plan *plan) {
  struct nl_act_job *job = plan->job;
  struct nl_pool *pool = NULL;
  enum nlink_status status = nl_pool_open(&pool, plan->actor_count, run_piece, tell, plan);
  if (status != NLINK_OK)
    return status;
  atomic_store(&job->waiting, plan->piece_count);
  bool pushed = true;
  for (size_t i = 0; i < plan->piece_count && pushed; i++)
    pushed = nl_pool_push(pool, 0, &plan->pieces[i], false);
  if (!pushed)
    nl_act_end(job, NLINK_NO_MEMORY, nl_act_failed(NLINK_STEP_MEMORY, 0), NL_TASK_NO_FILE);
  nl_pool_work(pool);
  nl_pool_close(pool);
  for (unsigned i = 0; i < plan->actor_count; i++)
    nl_batch_finish_all(plan->actors[i]);
  return NLINK_OK;
}

/* ---------------------------------------------------------------- the end */

/* A name that is left alone for a reason that only now is known. */
static void leave_late(struct nl_act_job *job, uint32_t name, enum nlink_left left) {
  job->task->names[name].state = NL_TASK_LEFT;
  job->task->names[name].left = (uint8_t)left;
  nl_journal_names(job->journal, job->task, &name, 1);
  const struct nl_act_note note = {name, (uint8_t)left, NLINK_STEP_NONE, 0};
  nl_act_tell_one(job, &note);
}

/* Names that were not reached; names of files that were to be kept for others, and never were. */
static void tell_rest(struct nl_act_job *job) {
  const struct nl_task *task = job->task;
  for (uint32_t i = 0; i < task->file_count; i++) {
    const struct nl_task_file *file = &task->files[i];
    bool is_useless = atomic_load(&job->marks[i].is_instead) && !atomic_load(&job->marks[i].is_used);
    for (uint32_t n = file->first_name; n < file->first_name + file->name_count && file->deed != NL_DEED_NONE;
         n++) {
      const struct nl_task_name *name = &task->names[n];
      if (name->state == NL_TASK_OPEN)
        leave_late(job, n, NLINK_LEFT_STOPPED);
      else if (is_useless && name->state == NL_TASK_LEFT && name->left == NLINK_LEFT_LINK_LIMIT)
        leave_late(job, n, NLINK_LEFT_LINK_LIMIT);
    }
  }
}

static void tell_all(struct plan *plan) {
  struct nl_act_job *job = plan->job;
  for (unsigned i = 0; i < plan->actor_count; i++) {
    nl_act_hand_on(plan->actors[i]);
    plan->actors[i]->notes->next = job->told;
    job->told = plan->actors[i]->notes;
    plan->actors[i]->notes = NULL;
  }
  nl_act_tell(job);
  tell_rest(job);
}

static enum nlink_status answer(struct nl_act_report *report, const struct nl_act_job *job,
                                struct nlink_error *error) {
  *report = (struct nl_act_report){
      .done_files = atomic_load(&job->done_files),
      .done_names = atomic_load(&job->done_names),
      .gained_bytes = atomic_load(&job->gained_bytes),
      .stuck_names = atomic_load(&job->stuck_names),
      .left_names = job->left_names,
      .failed = job->failed,
  };
  enum nlink_status status = (enum nlink_status)atomic_load(&job->status);
  if (status == NLINK_OK)
    return report->left_names > 0 ? NLINK_PARTIAL : NLINK_OK;
  struct nl_string path = {0};
  if (job->end_name != NL_TASK_NO_FILE && job->end.sys != 0 && nl_task_path(&path, job->task, job->end_name))
    nl_fail(error, status, job->end.step, job->end.sys, "%s: %s", nl_quoted(path.text).text,
            nlink_status_text(status));
  else
    nl_fail(error, status, job->end.step, job->end.sys, NULL);
  nl_string_fini(&path);
  return status;
}

static int compare_devices(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  const struct nl_task_file *one = a;
  const struct nl_task_file *other = b;
  return one->dev < other->dev ? -1 : one->dev > other->dev;
}

/*
 * What an undo makes copies of is one file, from which each copy takes some names. Who takes the first of them changes
 * its ctime for all others, whichever worker has them.
 */
static bool mark_shared(struct nl_act_mark *marks, const struct nl_task *task) {
  uint32_t copies = 0;
  for (uint32_t i = 0; i < task->file_count; i++)
    copies += task->files[i].deed == NL_DEED_COPY;
  if (copies == 0)
    return true;
  struct nl_sort_item *items = nl_alloc(task->file_count * sizeof *items);
  if (items == NULL)
    return false;
  for (uint32_t i = 0; i < task->file_count; i++)
    items[i] = (struct nl_sort_item){task->files[i].ino, &task->files[i]};
  nl_sort_in_place(items, task->file_count, compare_devices, NULL);
  for (uint32_t i = 1; i < task->file_count; i++) {
    const struct nl_task_file *one = items[i - 1].what;
    const struct nl_task_file *other = items[i].what;
    if (one->ino != other->ino || one->dev != other->dev)
      continue;
    marks[one - task->files].is_shared = marks[other - task->files].is_shared = true;
  }
  for (uint32_t i = 0; i < task->file_count; i++)
    atomic_init(&marks[i].touched, marks[i].is_shared);
  nl_free(items);
  return true;
}

static struct nl_act_mark *make_marks(const struct nl_task *task) {
  struct nl_act_mark *marks = nl_alloc_zero(((size_t)task->file_count + 1) * sizeof *marks);
  for (uint32_t i = 0; i < task->file_count && marks != NULL; i++)
    atomic_init(&marks[i].instead, NL_TASK_NO_FILE);
  if (marks == NULL || mark_shared(marks, task))
    return marks;
  nl_free(marks);
  return NULL;
}

/* All that is needed before the first name changes; 0, or the system's error number. */
static int prepare(struct plan *plan) {
  struct nl_act_job *job = plan->job;
  int sys = nl_os_monitor_open(&job->common);
  if (sys == 0 && plan->needs_guard) {
    sys = nl_os_guard_open(&job->guard);
    if (nl_os_status(sys) == NLINK_NOT_SUPPORTED)
      sys = 0;
  }
  if (sys != 0)
    return sys;
  job->marks = make_marks(job->task);
  return job->marks != NULL && open_actors(plan) ? 0 : nl_os_number(NLINK_NO_MEMORY);
}

static void give_back(struct plan *plan) {
  struct nl_act_job *job = plan->job;
  for (unsigned i = 0; i < plan->actor_count; i++)
    close_actor(plan->actors[i]);
  nl_free(plan->actors);
  nl_free(plan->items);
  nl_free(plan->order);
  nl_free(plan->pieces);
  nl_free(job->marks);
  nl_free(job->systems);
  nl_os_guard_close(job->guard);
  nl_os_monitor_close(job->common);
}

enum nlink_status nl_act_run(struct nl_act_report *report, struct nl_task *task, struct nl_journal *journal,
                             const struct nlink_apply_options *options, enum nlink_phase phase,
                             struct nlink_error *error) {
  struct nl_act_job job = {
      .task = task, .journal = journal, .options = options, .phase = phase, .end_name = NL_TASK_NO_FILE};
  struct plan plan = {.job = &job};
  *report = (struct nl_act_report){0};
  count_all(&plan, task);
  enum nlink_status status = NLINK_NO_MEMORY;
  int sys = 0;
  if (make_items(&plan, task)) {
    make_pieces(&plan);
    if (plan.piece_count == 0)
      status = NLINK_OK;
    else if ((sys = prepare(&plan)) == 0 && work(&plan) == NLINK_OK) {
      tell_all(&plan);
      status = answer(report, &job, error);
      give_back(&plan);
      return status;
    }
  }
  give_back(&plan);
  if (sys != 0)
    status = nl_os_status(sys);
  return status == NLINK_OK ? status : nl_fail(error, status, NLINK_STEP_MEMORY, sys, NULL);
}
