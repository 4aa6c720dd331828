/*
 * step.c - files of one size compared in step: a piece of each is read, and only what is equal so far goes on
 *
 * Bytes decide: a digest only brings together, where there are many, what is worth comparing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bytes/step.h"

#include "base/digest.h"
#include "base/memory.h"
#include "os/os.h"

#include <string.h>

/* Up to so many are compared each with each; above, a digest sorts them first. */
enum { FEW = 8 };

enum { AHEAD_LEAST = 64 << 10, AHEAD = 8 << 20 };

void nl_steps_stop(struct nl_steps *steps, enum nlink_status status) {
  int none = NLINK_OK;
  atomic_compare_exchange_strong(&steps->status, &none, (int)status);
}

/* ---------------------------------------------------------------- one member */

static void close_member(struct nl_stepper *stepper, struct nl_member *member) {
  if (member->fd < 0)
    return;
  nl_os_close(member->fd);
  member->fd = -1;
  atomic_fetch_sub_explicit(&stepper->steps->opened, 1, memory_order_relaxed);
}

static void add_done(struct nl_stepper *stepper, uint64_t files, uint64_t bytes) {
  atomic_store_explicit(&stepper->files_done,
                        atomic_load_explicit(&stepper->files_done, memory_order_relaxed) + files,
                        memory_order_relaxed);
  atomic_store_explicit(&stepper->bytes_done,
                        atomic_load_explicit(&stepper->bytes_done, memory_order_relaxed) + bytes,
                        memory_order_relaxed);
}

/* It cannot be read, so it is equal to nothing, nor is what has its blocks. */
static void fail(struct nl_stepper *stepper, struct nl_member *member, uint64_t size_bytes, uint64_t at,
                 enum nlink_step step, int sys) {
  const struct nl_same_plan *plan = stepper->steps->plan;
  plan->trouble(plan->ctx, stepper->number, member->file, step, sys);
  member->twins = NULL;
  nl_step_drop(stepper, member, size_bytes, at);
}

bool nl_step_open(struct nl_stepper *stepper, struct nl_member *member, uint64_t size_bytes, uint64_t at) {
  const struct nl_same_plan *plan = stepper->steps->plan;
  if (member->fd < 0) {
    int sys = plan->open(plan->ctx, stepper->number, member->file, &member->fd);
    if (sys != 0) {
      member->fd = -1;
      fail(stepper, member, size_bytes, at, NLINK_STEP_READ, sys); /* OPEN is what is said of directories */
      return false;
    }
    atomic_fetch_add_explicit(&stepper->steps->opened, 1, memory_order_relaxed);
  }
  if (!member->looked) {
    member->looked = true;
    int sys = plan->look(plan->ctx, stepper->number, member->file, member->fd);
    if (sys != 0) {
      fail(stepper, member, size_bytes, at, NLINK_STEP_ATTRIBUTES, sys);
      return false;
    }
  }
  return true;
}

/* Of a large file a disk brings what comes next while this is compared; it is asked for that now and then only. */
static void read_ahead(int fd, uint64_t from, uint64_t to) {
  if (to - from >= AHEAD_LEAST && (from < AHEAD_LEAST || from / AHEAD != to / AHEAD))
    nl_os_will_read(fd, to, 2 * (uint64_t)AHEAD);
}

void nl_step_read(struct nl_stepper *stepper, struct nl_member *member, char *to, uint64_t size_bytes,
                  uint64_t at, size_t count) {
  member->piece = to;
  if (!nl_step_open(stepper, member, size_bytes, at))
    return;
  size_t got = 0;
  int sys = nl_os_read(&got, member->fd, to, count, at);
  stepper->read_bytes += got;
  if (sys != 0 || got != count) {
    fail(stepper, member, size_bytes, at, NLINK_STEP_READ, sys);
    return;
  }
  add_done(stepper, at + count == size_bytes, count);
  if (at + count == size_bytes) {
    close_member(stepper, member);
    return;
  }
  read_ahead(member->fd, at, at + count);
  nl_step_rest(stepper, member);
}

void nl_step_rest(struct nl_stepper *stepper, struct nl_member *member) {
  const struct nl_steps *steps = stepper->steps;
  if (atomic_load_explicit(&steps->opened, memory_order_relaxed) > steps->descriptors)
    close_member(stepper, member);
}

void nl_step_leave(struct nl_stepper *stepper, struct nl_member *member, uint64_t size_bytes) {
  close_member(stepper, member);
  add_done(stepper, 1, size_bytes);
}

void nl_step_drop(struct nl_stepper *stepper, struct nl_member *member, uint64_t size_bytes, uint64_t at) {
  close_member(stepper, member);
  if (at < size_bytes)
    add_done(stepper, 1, size_bytes - at);
  if (member->file != NULL && member->twins != NULL)
    nl_step_emit(stepper, member, 1, size_bytes);
  member->file = NULL;
}

static size_t count_all(const struct nl_member *members, size_t count) {
  size_t all = count;
  for (size_t i = 0; i < count; i++)
    for (const struct nl_twin *twin = members[i].twins; twin != NULL; twin = twin->next)
      all++;
  return all;
}

void nl_step_emit(struct nl_stepper *stepper, struct nl_member *members, size_t count, uint64_t size_bytes) {
  size_t all = count_all(members, count);
  struct nl_same_class *found =
      nl_arena_take_tight(&stepper->arena, sizeof *found + all * sizeof found->files[0]);
  if (found == NULL) {
    nl_steps_stop(stepper->steps, NLINK_NO_MEMORY);
    return;
  }
  *found = (struct nl_same_class){.next = stepper->first, .size_bytes = size_bytes, .count = all};
  size_t filled = 0;
  for (size_t i = 0; i < count; i++) {
    found->files[filled++] = members[i].file;
    for (const struct nl_twin *twin = members[i].twins; twin != NULL; twin = twin->next)
      found->files[filled++] = twin->file;
  }
  stepper->first = found;
}

/* ---------------------------------------------------------------- telling classes apart */

/* Each with each: whoever is first leads a class, and all that are equal to it follow. */
static size_t part_few(struct nl_member *members, size_t count, size_t length, struct nl_member *spare,
                       uint32_t *ends, size_t classes, size_t base) {
  size_t done = 0;
  while (done < count) {
    size_t others = 0;
    size_t equal = done + 1;
    for (size_t i = done + 1; i < count; i++) {
      if (memcmp(members[done].piece, members[i].piece, length) == 0)
        members[equal++] = members[i];
      else
        spare[others++] = members[i];
    }
    memcpy(members + equal, spare, others * sizeof *members);
    done = equal;
    ends[classes++] = (uint32_t)(base + done);
  }
  return classes;
}

/* By a digest first; members of equal digests are then compared. */
static size_t part_many(struct nl_member *members, size_t count, size_t length, struct nl_member *spare,
                        struct nl_sort_item *items, uint32_t *ends) {
  for (size_t i = 0; i < count; i++)
    items[i] = (struct nl_sort_item){nl_digest(members[i].piece, length, 0).low, &members[i]};
  nl_sort_in_place(items, count, NULL, NULL);
  for (size_t i = 0; i < count; i++)
    spare[i] = *(const struct nl_member *)items[i].what;
  memcpy(members, spare, count * sizeof *members);
  size_t classes = 0;
  for (size_t begin = 0, end = 0; begin < count; begin = end) {
    for (end = begin + 1; end < count && items[end].key == items[begin].key;)
      end++;
    classes = part_few(members + begin, end - begin, length, spare, ends, classes, begin);
  }
  return classes;
}

/* Who is out leaves; how many are left. */
static size_t close_ranks(struct nl_member *members, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (members[i].file != NULL)
      members[kept++] = members[i];
  return kept;
}

size_t nl_step_part(struct nl_stepper *stepper, struct nl_member *members, size_t count, size_t length,
                    struct nl_member *spare, uint32_t *ends) {
  if (count <= FEW)
    return part_few(members, close_ranks(members, count), length, spare, ends, 0, 0);
  struct nl_sort_item *items = nl_alloc(count * sizeof *items);
  if (items == NULL) {
    nl_steps_stop(stepper->steps, NLINK_NO_MEMORY);
    return 0;
  }
  size_t classes = part_many(members, close_ranks(members, count), length, spare, items, ends);
  nl_free(items);
  return classes;
}
