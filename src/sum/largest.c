/*
 * largest.c - the files of several names that occupy most
 *
 * A heap with the smallest on top, so that memory is needed for those only that are kept.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sum/largest.h"

static bool is_smaller(const struct nl_large *a, const struct nl_large *b) {
  if (a->allocated_bytes != b->allocated_bytes)
    return a->allocated_bytes < b->allocated_bytes;
  if (a->size_bytes != b->size_bytes)
    return a->size_bytes < b->size_bytes;
  return a->ino != b->ino ? a->ino > b->ino : a->dev > b->dev;
}

static void exchange(struct nl_large *a, struct nl_large *b) {
  struct nl_large large = *a;
  *a = *b;
  *b = large;
}

static void sink(struct nl_large *files, size_t count, size_t at) {
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && is_smaller(&files[child + 1], &files[child]))
      child++;
    if (!is_smaller(&files[child], &files[at]))
      return;
    exchange(&files[at], &files[child]);
  }
}

static void rise(struct nl_large *files, size_t at) {
  for (; at > 0 && is_smaller(&files[at], &files[(at - 1) / 2]); at = (at - 1) / 2)
    exchange(&files[at], &files[(at - 1) / 2]);
}

static bool grow(struct nl_largest *largest) {
  size_t room = largest->room == 0 ? 16 : largest->room * 2;
  struct nl_large *files = nl_realloc(largest->files, room * sizeof *files);
  if (files == NULL)
    return false;
  largest->files = files;
  largest->room = room;
  return true;
}

bool nl_largest_add(struct nl_largest *largest, const struct nl_shared *shared) {
  const struct nl_group *group = &shared->group;
  const struct nl_large large = {group->allocated_bytes, group->size_bytes, group->ino, group->dev,
                                 shared->begin};
  if (largest->most == 0)
    return true;
  if (largest->count == largest->most) {
    if (is_smaller(&largest->files[0], &large)) {
      largest->files[0] = large;
      sink(largest->files, largest->count, 0);
    }
    return true;
  }
  if (largest->count == largest->room && !grow(largest))
    return false;
  largest->files[largest->count] = large;
  rise(largest->files, largest->count++);
  return true;
}

void nl_largest_settle(struct nl_largest *largest) {
  for (size_t end = largest->count; end-- > 1;) {
    exchange(&largest->files[0], &largest->files[end]);
    sink(largest->files, end, 0);
  }
}

void nl_largest_fini(struct nl_largest *largest) {
  nl_free(largest->files);
  *largest = (struct nl_largest){0};
}
