/*
 * blocks.c - files that have all their blocks in common, and so need no reading
 *
 * Only what the file system tells for certain counts: every extent written, shared, not encoded and lying in nothing else.
 * A file with one extent of another kind is read like any other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bytes/blocks.h"

#include "base/digest.h"
#include "base/memory.h"
#include "os/os.h"

#include <string.h>

/* Where a file lies: one row an extent. */
struct map {
  struct nl_string rows;
  bool plain;
};

static bool take_extent(void *ctx, const struct nl_os_extent *extent) {
  struct map *map = ctx;
  const uint64_t row[] = {extent->at, extent->physical, extent->length};
  map->plain = extent->plain && extent->shared && nl_string_add(&map->rows, (const char *)row, sizeof row);
  return map->plain;
}

/* The digest of where the member lies; false = that is not known well enough. */
static bool locate(struct map *map, const struct nl_member *member) {
  *map = (struct map){.plain = true};
  return nl_os_each_extent(member->fd, take_extent, map) == 0 && map->plain && map->rows.length > 0;
}

static bool are_equal(const struct map *a, const struct map *b) {
  return a->rows.length == b->rows.length && memcmp(a->rows.text, b->rows.text, a->rows.length) == 0;
}

static bool add_twin(struct nl_stepper *stepper, struct nl_member *member, const void *file) {
  struct nl_twin *twin = nl_arena_take_tight(&stepper->arena, sizeof *twin);
  if (twin == NULL)
    return false;
  *twin = (struct nl_twin){member->twins, file};
  member->twins = twin;
  return true;
}

/* Compare one member's place with those of the leaders before it, of equal digests only. */
static struct nl_member *find_leader(struct nl_member *leaders, const struct map *maps,
                                     const uint64_t *digests, size_t count, const struct map *map,
                                     uint64_t digest) {
  for (size_t i = 0; i < count; i++)
    if (digests[i] == digest && maps[i].plain && are_equal(&maps[i], map))
      return &leaders[i];
  return NULL;
}

size_t nl_blocks_unite(struct nl_stepper *stepper, struct nl_member *members, size_t count,
                       uint64_t size_bytes) {
  struct map *maps = nl_alloc_zero(count * sizeof *maps);
  uint64_t *digests = nl_alloc_zero(count * sizeof *digests);
  size_t leaders = 0;
  if (maps == NULL || digests == NULL) {
    nl_steps_stop(stepper->steps, NLINK_NO_MEMORY);
    nl_free(maps);
    nl_free(digests);
    return count;
  }
  for (size_t i = 0; i < count && !nl_steps_stopped(stepper->steps); i++) {
    struct nl_member member = members[i];
    if (!nl_step_open(stepper, &member, size_bytes, 0))
      continue;
    struct map map;
    map.plain = locate(&map, &member);
    uint64_t digest = map.plain ? nl_checksum(map.rows.text, map.rows.length) : 0;
    struct nl_member *leader = map.plain ? find_leader(members, maps, digests, leaders, &map, digest) : NULL;
    if (leader != NULL && add_twin(stepper, leader, member.file)) {
      nl_step_leave(stepper, &member, size_bytes);
      nl_string_fini(&map.rows);
      continue;
    }
    maps[leaders] = map;
    digests[leaders] = digest;
    nl_step_rest(stepper, &member);
    members[leaders++] = member;
  }
  for (size_t i = 0; i < leaders; i++)
    nl_string_fini(&maps[i].rows);
  nl_free(maps);
  nl_free(digests);
  return leaders;
}
