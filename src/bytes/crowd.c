/*
 * crowd.c - so many files of one size that one worker's room does not hold a piece of each
 *
 * All workers read slices of the crowd into one common room; who reads the last slice tells the classes apart. Only one
 * crowd is at work at a time, so the room is what the caller allows, however many crowds there are. The more files, the
 * smaller the piece of each; files that differ mostly do so early.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bytes/crowd.h"

#include "base/memory.h"
#include "os/os.h"

enum { SMALLEST_PIECE = 64, FIRST_PIECE = 4096, USUAL_PIECE = 1024, LARGEST_PIECE = 65536 };

struct nl_crowd *nl_crowd_new(uint64_t size_bytes, uint64_t at, size_t count) {
  struct nl_crowd *crowd = nl_alloc(sizeof *crowd + count * sizeof crowd->members[0]);
  if (crowd != NULL)
    *crowd = (struct nl_crowd){.size_bytes = size_bytes, .at = at, .count = count};
  return crowd;
}

/* Small files whole where that fits; else first only what tells most of them apart. */
static size_t choose_piece(const struct nl_crowd *crowd, uint64_t memory_bytes) {
  uint64_t left = crowd->size_bytes - crowd->at;
  uint64_t share = memory_bytes / crowd->count;
  if (left <= share && left <= FIRST_PIECE)
    return (size_t)left;
  uint64_t piece = crowd->at == 0 ? USUAL_PIECE : LARGEST_PIECE;
  piece = piece < share ? piece : share;
  piece = piece < SMALLEST_PIECE ? SMALLEST_PIECE : piece;
  return (size_t)(piece < left ? piece : left);
}

bool nl_crowd_begin(struct nl_crowd *crowd, uint64_t memory_bytes) {
  crowd->piece_bytes = choose_piece(crowd, memory_bytes);
  crowd->pieces = nl_alloc(crowd->piece_bytes * crowd->count);
  atomic_store(&crowd->slices, nl_crowd_slices(crowd));
  return crowd->pieces != NULL;
}

size_t nl_crowd_slices(const struct nl_crowd *crowd) {
  return (crowd->count + NL_CROWD_SLICE - 1) / NL_CROWD_SLICE;
}

bool nl_crowd_read(struct nl_crowd *crowd, struct nl_stepper *stepper, size_t slice) {
  size_t end = (slice + 1) * NL_CROWD_SLICE;
  for (size_t i = slice * NL_CROWD_SLICE; i < crowd->count && i < end; i++)
    if (!nl_steps_stopped(stepper->steps))
      nl_step_read(stepper, &crowd->members[i], crowd->pieces + i * crowd->piece_bytes, crowd->size_bytes,
                   crowd->at, crowd->piece_bytes);
  return atomic_fetch_sub(&crowd->slices, 1) == 1;
}

void nl_crowd_end(struct nl_crowd *crowd, struct nl_stepper *stepper,
                  void (*go_on)(void *ctx, struct nl_stepper *stepper, struct nl_member *members,
                                size_t count, uint64_t size_bytes, uint64_t at),
                  void *ctx) {
  uint64_t at = crowd->at + crowd->piece_bytes;
  struct nl_member *spare = nl_alloc(crowd->count * sizeof *spare);
  uint32_t *ends = nl_alloc(crowd->count * sizeof *ends);
  size_t classes = 0;
  if (spare == NULL || ends == NULL)
    nl_steps_stop(stepper->steps, NLINK_NO_MEMORY);
  else if (!nl_steps_stopped(stepper->steps))
    classes = nl_step_part(stepper, crowd->members, crowd->count, crowd->piece_bytes, spare, ends);
  for (size_t i = 0, begin = 0; i < classes; begin = ends[i++]) {
    struct nl_member *members = crowd->members + begin;
    size_t count = ends[i] - begin;
    if (count == 1)
      nl_step_drop(stepper, members, crowd->size_bytes, at);
    else if (at == crowd->size_bytes)
      nl_step_emit(stepper, members, count, crowd->size_bytes);
    else
      go_on(ctx, stepper, members, count, crowd->size_bytes, at);
  }
  nl_free(spare);
  nl_free(ends);
  if (classes > 0)
    crowd->count = 0; /* all members have gone on, or dropped out */
  nl_crowd_free(crowd);
}

void nl_crowd_free(struct nl_crowd *crowd) {
  if (crowd == NULL)
    return;
  for (size_t i = 0; i < crowd->count; i++)
    if (crowd->members[i].file != NULL)
      nl_os_close(crowd->members[i].fd);
  nl_free(crowd->pieces);
  nl_free(crowd);
}
