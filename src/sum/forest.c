/*
 * forest.c - the directories of a walk as one tree
 *
 * Nothing here recurses, so depth costs no stack. Each place has one jump besides the way to the place above: its
 * lengths along a way up are those of a counting system in which each number is 2^k - 1 and only the last may come
 * twice, so that any place above is reached in a number of steps that grows with the logarithm of the depth.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sum/forest.h"

#include <string.h>

enum { ARRAYS = 6 };

static const uint32_t none = UINT32_MAX;

/* The first directory below each, and the next one beside it; by number, the root above all at `count`. */
struct beside {
  uint32_t *first;
  uint32_t *next;
};

static void put_below(const struct beside *beside, struct nl_dir *const *directories, size_t count) {
  memset(beside->first, 0xff, (count + 1) * sizeof *beside->first);
  for (size_t i = count; i-- > 0;) {
    const struct nl_dir *above = directories[i]->above;
    size_t at = above == NULL ? count : above->number;
    beside->next[i] = beside->first[at];
    beside->first[at] = (uint32_t)i;
  }
}

static void enter(struct nl_forest *forest, uint32_t place, uint32_t above, uint32_t number) {
  forest->node[place] = number;
  forest->above[place] = above;
  forest->last[place] = place;
  forest->depth[place] = place == 0 ? 0 : forest->depth[above] + 1;
  uint32_t jump = forest->jump[above];
  bool doubles = place != 0 && forest->depth[above] - forest->depth[jump] ==
                                   forest->depth[jump] - forest->depth[forest->jump[jump]];
  forest->jump[place] = doubles ? forest->jump[jump] : above;
}

/* Down to the first below as long as there is one, else to the next beside, of the place itself or of one above. */
static void number_places(struct nl_forest *forest, const struct beside *beside, size_t count) {
  uint32_t place = 0;
  uint32_t filled = 1;
  forest->jump[0] = 0;
  enter(forest, 0, 0, (uint32_t)count);
  for (uint32_t number = beside->first[count]; number != none;) {
    uint32_t at = filled++;
    enter(forest, at, place, number);
    forest->place[number] = at;
    place = at;
    uint32_t next = beside->first[number];
    while (next == none && place != 0) {
      forest->last[place] = filled - 1;
      next = beside->next[forest->node[place]];
      place = forest->above[place];
    }
    number = next;
  }
  forest->last[0] = filled - 1;
  forest->count = filled;
}

enum nlink_status nl_forest_open(struct nl_forest *out, struct nl_dir *const *directories, size_t count) {
  *out = (struct nl_forest){0};
  size_t room = count + 1;
  uint32_t *block = nl_alloc(ARRAYS * room * sizeof *block);
  struct beside beside = {nl_alloc(2 * room * sizeof *block), NULL};
  if (block == NULL || beside.first == NULL) {
    nl_free(block);
    nl_free(beside.first);
    return NLINK_NO_MEMORY;
  }
  beside.next = beside.first + room;
  out->place = block;
  out->node = block + room;
  out->above = block + 2 * room;
  out->last = block + 3 * room;
  out->depth = block + 4 * room;
  out->jump = block + 5 * room;
  memset(block, 0, room * sizeof *block);
  put_below(&beside, directories, count);
  number_places(out, &beside, count);
  nl_free(beside.first);
  return NLINK_OK;
}

uint32_t nl_forest_meet(const struct nl_forest *forest, uint32_t a, uint32_t b) {
  uint32_t at = a < b ? a : b;
  uint32_t other = a < b ? b : a;
  while (!nl_forest_holds(forest, at, other))
    at = nl_forest_holds(forest, forest->jump[at], other) ? forest->above[at] : forest->jump[at];
  return at;
}

void nl_forest_close(struct nl_forest *forest) {
  if (forest == NULL)
    return;
  nl_free(forest->place);
  *forest = (struct nl_forest){0};
}
