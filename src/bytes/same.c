/*
 * same.c - which of many files have equal contents
 *
 * Files come sorted by size. Runs of them, whole sizes each, are handed to workers as pieces of work: of each size the
 * files are read in step, piece by piece, and who differs drops out (step.c), so no file is read twice, nor further than it is
 * equal to another. Small files are read whole in one go. Of large ones the classes that a step leaves become
 * pieces of work of their own. A size with too many files for one worker's room is a crowd, read by all together (crowd.c).
 *
 * SPDX-License-Identifier: MIT
 */
#include "bytes/same.h"

#include "base/memory.h"
#include "bytes/blocks.h"
#include "bytes/crowd.h"
#include "os/os.h"
#include "work/pool.h"

#include <string.h>

enum {
  ROOM_MOST = 4 << 20, /* of a worker, for a piece of each file that it compares at once */
  ROOM_LEAST = 256 << 10,
  PIECE_LEAST = 4096,     /* read of a file in one step, unless it ends before */
  PIECE_FIRST = 32 << 10, /* of a large file at first: most that differ do so there */
  PIECE_MOST = 1 << 20,
  WHOLE = 128 << 10,       /* files up to so much are read in one go */
  RUN_FILES = 256,         /* in one piece of work, at most */
  ALONE_BYTES = 8 << 20,   /* with so much to be read a class is a piece of work of its own */
  SHARED_LEAST = 32 << 10, /* files of less are read sooner than their blocks are asked for */
  DESCRIPTORS = 1024,
  TELL_EVERY_NS = 50000000
};

enum kind { RUN, CLASS, SLICE };

/* A run of sizes: first and count among the items. */
struct run {
  enum kind kind;
  size_t first;
  size_t count;
};

/* A class that goes on by itself. */
struct class {
  enum kind kind;
  uint64_t size_bytes;
  uint64_t at;
  size_t count;
  struct nl_member members[];
};

/* A part of the crowd that is read at present. */
struct slice {
  enum kind kind;
  size_t number;
};

struct nl_same {
  struct nl_same_plan plan;
  struct nl_steps steps;
  struct nl_pool *pool;
  struct nl_os_monitor *common; /* over the crowds */
  struct nl_crowd *crowd;       /* that which is read; NULL = none */
  struct nl_crowd *waiting;
  struct slice *slices; /* of that crowd */
  struct run *runs;
  size_t run_count;
  struct nl_same_count all;
  uint64_t told_ns;
  struct nl_same_class *first;
  uint64_t read_bytes;
  struct nl_stepper steppers[];
};

/* ---------------------------------------------------------------- progress */

static void tell(void *ctx) {
  struct nl_same *same = ctx;
  uint64_t now_ns = nl_os_now_ns();
  if (same->plan.between == NULL || nl_steps_stopped(&same->steps) || now_ns - same->told_ns < TELL_EVERY_NS)
    return;
  same->told_ns = now_ns;
  struct nl_same_count count = same->all;
  for (unsigned i = 0; i < same->plan.workers; i++) {
    count.files += atomic_load_explicit(&same->steppers[i].files_done, memory_order_relaxed);
    count.bytes += atomic_load_explicit(&same->steppers[i].bytes_done, memory_order_relaxed);
  }
  if (!same->plan.between(same->plan.ctx, &count))
    nl_steps_stop(&same->steps, NLINK_CANCELLED);
}

/* ---------------------------------------------------------------- crowds */

/* Let the workers read the next crowd. Who calls this holds the monitor, and no crowd is at work. */
static void start_crowd(struct nl_same *same, unsigned worker) {
  uint64_t room = same->plan.memory_bytes - same->steps.room_bytes * same->plan.workers;
  struct nl_crowd *crowd = same->waiting;
  if (crowd == NULL)
    return;
  same->waiting = crowd->next;
  size_t slices = nl_crowd_slices(crowd);
  nl_free(same->slices);
  same->slices = nl_alloc(slices * sizeof *same->slices);
  if (same->slices == NULL || !nl_crowd_begin(crowd, room)) {
    nl_crowd_free(crowd);
    nl_steps_stop(&same->steps, NLINK_NO_MEMORY);
    return;
  }
  same->crowd = crowd;
  for (size_t i = 0; i < slices; i++) {
    same->slices[i] = (struct slice){SLICE, i};
    if (nl_pool_push(same->pool, worker, &same->slices[i], false))
      continue;
    nl_steps_stop(&same->steps, NLINK_NO_MEMORY);
    atomic_fetch_sub(&crowd->slices, slices - i);
    break;
  }
}

static bool add_crowd(struct nl_same *same, unsigned worker, const struct nl_member *members, size_t count,
                      uint64_t size_bytes, uint64_t at) {
  struct nl_crowd *crowd = nl_crowd_new(size_bytes, at, count);
  if (crowd == NULL)
    return false;
  memcpy(crowd->members, members, count * sizeof *members);
  nl_os_enter(same->common);
  crowd->next = same->waiting;
  same->waiting = crowd;
  if (same->crowd == NULL)
    start_crowd(same, worker);
  nl_os_leave(same->common);
  return true;
}

/* ---------------------------------------------------------------- classes */

/* Whether a worker's room holds a piece of each, of a size worth reading. */
static bool fits(const struct nl_steps *steps, size_t count, uint64_t left) {
  size_t share = steps->room_bytes / count;
  return left <= share || share >= PIECE_LEAST;
}

/* A class that goes on as a piece of work of its own; false = memory is exhausted. */
static bool push_class(struct nl_same *same, unsigned worker, const struct nl_member *members, size_t count,
                       uint64_t size_bytes, uint64_t at) {
  struct class *class = nl_alloc(sizeof *class + count * sizeof class->members[0]);
  if (class == NULL)
    return false;
  *class = (struct class){CLASS, size_bytes, at, count};
  memcpy(class->members, members, count * sizeof *members);
  if (nl_pool_push(same->pool, worker, class, false))
    return true;
  nl_free(class);
  return false;
}

/* A class that goes on alone, or as a crowd. */
static void go_on_alone(void *ctx, struct nl_stepper *stepper, struct nl_member *members, size_t count,
                        uint64_t size_bytes, uint64_t at) {
  struct nl_same *same = ctx;
  bool goes_on = fits(&same->steps, count, size_bytes - at)
                     ? push_class(same, stepper->number, members, count, size_bytes, at)
                     : add_crowd(same, stepper->number, members, count, size_bytes, at);
  if (goes_on)
    return;
  nl_steps_stop(&same->steps, NLINK_NO_MEMORY);
  for (size_t i = 0; i < count; i++)
    nl_step_leave(stepper, &members[i], size_bytes);
}

/* How much of each file is read in the next step. */
static size_t choose_piece(const struct nl_steps *steps, size_t count, uint64_t left, uint64_t at) {
  size_t share = steps->room_bytes / count;
  if (left <= share && (left <= WHOLE || at > 0) && left <= PIECE_MOST)
    return (size_t)left;
  size_t piece = at == 0 ? PIECE_FIRST : PIECE_MOST;
  if (piece > share)
    piece = share & ~(size_t)(PIECE_LEAST - 1);
  return piece < left ? piece : (size_t)left;
}

/* What the step left: single ones drop out, the others go on alone, but for one class that the caller goes on with. */
static size_t settle(struct nl_same *same, struct nl_stepper *stepper, struct nl_member *members,
                     const uint32_t *ends, size_t classes, uint64_t size_bytes, uint64_t at) {
  size_t kept = 0;
  for (size_t i = 0, begin = 0; i < classes; begin = ends[i++]) {
    size_t count = ends[i] - begin;
    if (count == 1) {
      nl_step_drop(stepper, &members[begin], size_bytes, at);
    } else if (at == size_bytes) {
      nl_step_emit(stepper, &members[begin], count, size_bytes);
    } else if (kept == 0 && (i + 1 == classes || (size_bytes - at) * count < ALONE_BYTES)) {
      memmove(members, &members[begin], count * sizeof *members);
      kept = count;
    } else {
      go_on_alone(same, stepper, &members[begin], count, size_bytes, at);
    }
  }
  return kept;
}

enum { AT_ONCE = 64 }; /* of so few the bookkeeping is on the stack */

static void compare(struct nl_same *same, struct nl_stepper *stepper, struct nl_member *members, size_t count,
                    uint64_t size_bytes, uint64_t at) {
  struct nl_member few[AT_ONCE];
  uint32_t few_ends[AT_ONCE];
  struct nl_member *spare = count <= AT_ONCE ? few : nl_alloc(count * sizeof *spare);
  uint32_t *ends = count <= AT_ONCE ? few_ends : nl_alloc(count * sizeof *ends);
  if (spare == NULL || ends == NULL)
    nl_steps_stop(&same->steps, NLINK_NO_MEMORY);
  while (count > 0 && !nl_steps_stopped(&same->steps)) {
    size_t piece = choose_piece(&same->steps, count, size_bytes - at, at);
    for (size_t i = 0; i < count; i++)
      nl_step_read(stepper, &members[i], stepper->room + i * piece, size_bytes, at, piece);
    at += piece;
    size_t classes = nl_step_part(stepper, members, count, piece, spare, ends);
    count = settle(same, stepper, members, ends, classes, size_bytes, at);
    if (stepper->number == 0)
      tell(same);
  }
  if (nl_steps_stopped(&same->steps))
    for (size_t i = 0; i < count; i++)
      nl_step_leave(stepper, &members[i], size_bytes);
  if (spare != few)
    nl_free(spare);
  if (ends != few_ends)
    nl_free(ends);
}

/* ---------------------------------------------------------------- pieces of work */

static void fill(struct nl_member *members, const struct nl_sort_item *items, size_t count) {
  for (size_t i = 0; i < count; i++)
    members[i] = (struct nl_member){.file = items[i].what, .fd = -1};
}

/* All files of one size, from the first byte on. */
static void compare_size(struct nl_same *same, struct nl_stepper *stepper, const struct nl_sort_item *items,
                         size_t count) {
  const struct nl_same_plan *plan = &same->plan;
  uint64_t size_bytes = items[0].key;
  struct nl_member few[AT_ONCE];
  struct nl_member *members = count <= AT_ONCE ? few : nl_alloc(count * sizeof *members);
  if (members == NULL) {
    nl_steps_stop(&same->steps, NLINK_NO_MEMORY);
    return;
  }
  fill(members, items, count);
  if (size_bytes >= SHARED_LEAST && plan->may_share(plan->ctx, items[0].what))
    count = nl_blocks_unite(stepper, members, count, size_bytes);
  if (count == 1)
    nl_step_drop(stepper, &members[0], size_bytes, 0);
  else
    compare(same, stepper, members, count, size_bytes, 0);
  if (members != few)
    nl_free(members);
}

static size_t count_size(const struct nl_same_plan *plan, size_t first) {
  size_t end = first + 1;
  while (end < plan->count && plan->items[end].key == plan->items[first].key)
    end++;
  return end - first;
}

static void run_crowd(struct nl_same *same, struct nl_stepper *stepper, const struct slice *slice) {
  struct nl_crowd *crowd = same->crowd;
  if (!nl_crowd_read(crowd, stepper, slice->number))
    return;
  nl_crowd_end(crowd, stepper, go_on_alone, same);
  nl_os_enter(same->common);
  same->crowd = NULL;
  start_crowd(same, stepper->number);
  nl_os_leave(same->common);
}

static void run_piece(void *ctx, unsigned worker, void *piece) {
  struct nl_same *same = ctx;
  struct nl_stepper *stepper = &same->steppers[worker];
  if (stepper->room == NULL)
    stepper->room = nl_alloc(same->steps.room_bytes);
  if (stepper->room == NULL)
    nl_steps_stop(&same->steps, NLINK_NO_MEMORY);
  const struct run *run = piece;
  struct class *class = piece;
  switch (*(const enum kind *)piece) {
  case RUN:
    for (size_t at = run->first; at < run->first + run->count && !nl_steps_stopped(&same->steps);) {
      size_t count = count_size(&same->plan, at);
      if (count > 1)
        compare_size(same, stepper, same->plan.items + at, count);
      at += count;
    }
    break;
  case CLASS:
    compare(same, stepper, class->members, class->count, class->size_bytes, class->at);
    nl_free(class);
    break;
  case SLICE:
    run_crowd(same, stepper, piece);
    break;
  }
}

/* ---------------------------------------------------------------- the whole */

/* Cut the items into runs; a size with too many files is a crowd. */
static bool cut(struct nl_same *same) {
  const struct nl_same_plan *plan = &same->plan;
  struct run run = {.kind = RUN};
  uint64_t bytes = 0;
  for (size_t at = 0; at < plan->count;) {
    size_t count = count_size(plan, at);
    uint64_t size_bytes = plan->items[at].key;
    if (count > 1) {
      same->all.all_files += count;
      same->all.all_bytes += count * size_bytes;
    }
    bool is_crowd = !fits(&same->steps, count, size_bytes);
    if (is_crowd || run.count + count > RUN_FILES || bytes > ALONE_BYTES) {
      if (run.count > 0)
        same->runs[same->run_count++] = run;
      run = (struct run){RUN, at, 0};
      bytes = 0;
    }
    if (is_crowd) {
      struct nl_crowd *crowd = nl_crowd_new(size_bytes, 0, count);
      if (crowd == NULL)
        return false;
      fill(crowd->members, plan->items + at, count);
      crowd->next = same->waiting;
      same->waiting = crowd;
      run.first = at + count;
    } else {
      run.count += count;
      bytes += count > 1 ? count * size_bytes : 0;
    }
    at += count;
  }
  if (run.count > 0)
    same->runs[same->run_count++] = run;
  return true;
}

static bool open_all(struct nl_same *same) {
  const struct nl_same_plan *plan = &same->plan;
  uint64_t room = plan->memory_bytes / 2 / plan->workers;
  room = room > ROOM_MOST ? ROOM_MOST : room < ROOM_LEAST ? ROOM_LEAST : room;
  if (room * plan->workers * 2 > same->plan.memory_bytes)
    same->plan.memory_bytes = room * plan->workers * 2;
  same->steps.plan = &same->plan;
  same->steps.room_bytes = (size_t)room;
  same->steps.descriptors = nl_os_descriptors(DESCRIPTORS) / 2;
  for (unsigned i = 0; i < plan->workers; i++) {
    same->steppers[i].steps = &same->steps;
    same->steppers[i].number = i;
  }
  same->runs = nl_alloc((plan->count + 1) / 2 * sizeof *same->runs + sizeof *same->runs);
  return same->runs != NULL && nl_os_monitor_open(&same->common) == 0 &&
         nl_pool_open(&same->pool, plan->workers, run_piece, tell, same) == NLINK_OK;
}

/* Begin with the largest files, and let who has nothing to do begin with the smallest. */
static bool push_all(struct nl_same *same) {
  for (size_t i = 0; i < same->run_count; i++)
    if (!nl_pool_push(same->pool, 0, &same->runs[i], false))
      return false;
  nl_os_enter(same->common);
  start_crowd(same, 0);
  nl_os_leave(same->common);
  return true;
}

/* Put the workers' classes into one list. */
static void join(struct nl_same *same) {
  for (unsigned i = 0; i < same->plan.workers; i++) {
    struct nl_stepper *stepper = &same->steppers[i];
    struct nl_same_class *next = NULL;
    for (struct nl_same_class *found = stepper->first; found != NULL; found = next) {
      next = found->next;
      found->next = same->first;
      same->first = found;
    }
    same->read_bytes += stepper->read_bytes;
    nl_free(stepper->room);
    stepper->room = NULL;
  }
  nl_free(same->runs);
  same->runs = NULL;
}

enum nlink_status nl_same_find(struct nl_same **out, const struct nl_same_plan *plan) {
  struct nl_same *same = nl_alloc_zero(sizeof *same + plan->workers * sizeof same->steppers[0]);
  *out = same;
  if (same == NULL)
    return NLINK_NO_MEMORY;
  same->plan = *plan;
  bool made = open_all(same) && cut(same) && push_all(same);
  if (!made)
    nl_steps_stop(&same->steps, NLINK_NO_MEMORY);
  if (same->pool != NULL)
    nl_pool_work(same->pool);
  same->told_ns = 0;
  tell(same);
  join(same);
  return (enum nlink_status)atomic_load(&same->steps.status);
}

const struct nl_same_class *nl_same_first(const struct nl_same *same) {
  return same->first;
}

uint64_t nl_same_read_bytes(const struct nl_same *same) {
  return same->read_bytes;
}

void nl_same_close(struct nl_same *same) {
  if (same == NULL)
    return;
  for (struct nl_crowd *crowd = same->waiting; crowd != NULL;) {
    struct nl_crowd *next = crowd->next;
    nl_crowd_free(crowd);
    crowd = next;
  }
  nl_crowd_free(same->crowd);
  for (unsigned i = 0; i < same->plan.workers; i++)
    nl_arena_fini(&same->steppers[i].arena);
  nl_pool_close(same->pool);
  nl_os_monitor_close(same->common);
  nl_free(same->slices);
  nl_free(same->runs);
  nl_free(same);
}
