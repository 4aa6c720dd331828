/*
 * batch.c - batches: what a worker has in hands at once, and what it holds open for that
 *
 * A worker has two batches. One is being filled: its names are exchanged. The other one was filled before, and its old
 * files still stand under their temporary names. When the first is full, the older is finished (looked at again, its
 * temporary names removed, all closed, which gives the leases up) and is the next to be filled. So between a name's
 * exchange and the removal of its old file there is the time of a whole batch, in which a program shows up that had
 * found the old file by its name just before.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/memory.h"
#include "safe/acting.h"
#include "safe/held.h"

#include <string.h>

enum { PER_NAME = 5 }; /* descriptors: kept file, file, copy, and the directories of two names */

static struct nl_batch *at_hand(struct nl_actor *actor) {
  return &actor->batches[actor->now];
}

static void close_all(struct nl_batch *batch) {
  for (size_t i = 0; i < batch->grip_count; i++)
    nl_os_close(batch->grips[i].fd);
  for (size_t i = 0; i < batch->kept_count; i++)
    nl_os_close(batch->kept[i].fd);
  for (size_t i = 0; i < batch->dir_count; i++)
    nl_os_close(batch->dirs[i].fd);
  nl_arena_fini(&batch->arena);
  memset(batch->dir_slots, 0, sizeof batch->dir_slots);
  batch->begun_ns = 0;
  batch->open = batch->made = 0;
  batch->grip_count = batch->kept_count = batch->dir_count = batch->name_count = 0;
}

/* Write the copies that were made, and all else on their file systems, to the disk. */
static struct nl_act_why sync_copies(const struct nl_batch *batch) {
  uint64_t dev = 0;
  bool is_first = true;
  for (size_t i = 0; i < batch->kept_count; i++) {
    const struct nl_kept *kept = &batch->kept[i];
    if (kept->file != NL_TASK_NO_FILE || kept->fd < 0 || (!is_first && kept->stat.dev == dev))
      continue;
    int sys = nl_os_sync_fs(kept->fd);
    if (sys != 0)
      return nl_act_failed(NLINK_STEP_SYNC, sys);
    dev = kept->stat.dev;
    is_first = false;
  }
  return NL_ACT_GOOD;
}

/* Exchange the names whose new file is made but was not on the disk yet. */
static void ripen(struct nl_actor *actor, struct nl_batch *batch) {
  struct nl_act_why synced = batch->made > 0 ? sync_copies(batch) : NL_ACT_GOOD;
  for (size_t i = 0; i < batch->name_count && batch->made > 0; i++) {
    struct nl_held_name *held = &batch->names[i];
    if (held->state != NL_HELD_MADE)
      continue;
    int dir = batch->dirs[held->dir].fd;
    struct nl_act_why why = synced;
    if (nl_act_is_good(why))
      why = nl_name_exchange(actor, &batch->grips[held->grip], &batch->kept[held->kept], held->name, dir,
                             held->made);
    else
      nl_name_take_back(actor->job, held->name, dir, held->made);
    held->state = NL_HELD_EXCHANGED;
    batch->made--;
    if (nl_act_is_good(why))
      continue;
    nl_act_leave(actor, held->name, why);
    held->name = NL_TASK_NO_FILE;
  }
}

/* A file is done when the last of its names is. */
static void count_files(struct nl_actor *actor, const struct nl_batch *batch) {
  const struct nl_task *task = actor->job->task;
  for (size_t i = 0; i < batch->grip_count; i++) {
    const struct nl_task_file *file = &task->files[batch->grips[i].file];
    uint32_t done = 0;
    while (done < file->name_count && task->names[file->first_name + done].state == NL_TASK_DONE)
      done++;
    if (done == file->name_count)
      atomic_fetch_add_explicit(&actor->job->done_files, 1, memory_order_relaxed);
  }
}

static void finish(struct nl_actor *actor, struct nl_batch *batch) {
  for (size_t i = 0; i < batch->name_count; i++) {
    const struct nl_held_name *held = &batch->names[i];
    if (held->name != NL_TASK_NO_FILE)
      nl_name_finish(actor, &batch->grips[held->grip],
                     held->kept == NL_NO_KEPT ? NULL : &batch->kept[held->kept], held->name,
                     batch->dirs[held->dir].fd, held->made, &batch->arena);
  }
  count_files(actor, batch);
  if (actor->content_of >= batch->kept && actor->content_of < batch->kept + NL_BATCH_FILES)
    actor->content_of = NULL;
  close_all(batch);
  nl_act_hand_on(actor);
}

/* Put the batch at hand aside, and finish the one that was. */
static void turn(struct nl_actor *actor) {
  ripen(actor, at_hand(actor));
  actor->now ^= 1u;
  finish(actor, at_hand(actor));
}

bool nl_batch_has_room(const struct nl_actor *actor) {
  const struct nl_batch *batch = &actor->batches[actor->now];
  return batch->open + PER_NAME <= actor->job->descriptors && batch->name_count < NL_BATCH_NAMES &&
         batch->dir_count + 4 <= NL_BATCH_FILES;
}

struct nl_batch *nl_batch_now(struct nl_actor *actor) {
  struct nl_batch *batch = at_hand(actor);
  bool is_old = batch->begun_ns != 0 && nl_os_now_ns() - batch->begun_ns > NL_BATCH_NS;
  if (is_old || !nl_batch_has_room(actor) || batch->grip_count == NL_BATCH_FILES ||
      batch->kept_count + 2 > NL_BATCH_FILES) {
    turn(actor);
    batch = at_hand(actor);
  }
  if (batch->begun_ns == 0)
    batch->begun_ns = nl_os_now_ns();
  return batch;
}

void nl_batch_finish_all(struct nl_actor *actor) {
  turn(actor);
  const struct nl_batch *last = &actor->batches[actor->now ^ 1u];
  while (last->name_count > 0 && nl_os_now_ns() - last->exchanged_ns < NL_BATCH_RIPE_NS)
    nl_os_yield();
  turn(actor);
}

struct nl_act_why nl_batch_dir(uint16_t *place, struct nl_actor *actor, uint32_t dir) {
  struct nl_batch *batch = at_hand(actor);
  size_t slot = dir * UINT32_C(2654435761) % NL_BATCH_SLOTS;
  for (; batch->dir_slots[slot] != 0; slot = (slot + 1) % NL_BATCH_SLOTS) {
    *place = (uint16_t)(batch->dir_slots[slot] - 1);
    if (batch->dirs[*place].dir == dir)
      return NL_ACT_GOOD;
  }
  if (batch->dir_count == NL_BATCH_FILES)
    return nl_act_failed(NLINK_STEP_OPEN, nl_os_number(NLINK_NO_MEMORY));
  int fd = -1;
  int sys = nl_held_open_dir(&fd, actor->job->task->dirs[dir]);
  if (sys != 0) {
    enum nlink_status status = nl_os_status(sys);
    return status == NLINK_NOT_FOUND || status == NLINK_NOT_DIRECTORY ? nl_act_left(NLINK_LEFT_VANISHED)
                                                                      : nl_act_failed(NLINK_STEP_OPEN, sys);
  }
  *place = (uint16_t)batch->dir_count++;
  batch->dirs[*place] = (struct nl_batch_dir){dir, fd};
  batch->dir_slots[slot] = (uint16_t)(*place + 1);
  batch->open++;
  return NL_ACT_GOOD;
}
