/*
 * forest.h - the directories of a walk as one tree, in an order in which what is below a directory follows it
 *
 * A directory's place is its number in that order. Above all roots stands one more that is no directory: place 0.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_FOREST_H
#define NL_FOREST_H

#include "tree/node.h"

/** All zeros = closed. The arrays but `place` are by place. */
struct nl_forest {
  size_t count;    /* of places: the directories and one */
  uint32_t *place; /* by the number of a directory */
  uint32_t *node;  /* the number of the directory; of place 0: none */
  uint32_t *above; /* a smaller place; of place 0: itself */
  uint32_t *last;  /* the last place below, or the place itself */
  uint32_t *depth; /* below place 0 */
  uint32_t *jump;  /* a place further above, for ways up in few steps */
};

/** @param directories  By their numbers, as nl_walk_directories() tells; NULL where there are none. */
enum nlink_status nl_forest_open(struct nl_forest *out, struct nl_dir *const *directories, size_t count);

/** Whether @p below is @p place or anywhere below it. */
static inline bool nl_forest_holds(const struct nl_forest *forest, uint32_t place, uint32_t below) {
  return place <= below && below <= forest->last[place];
}

/** The lowest place that holds both; the steps grow with the logarithm of the depth. */
uint32_t nl_forest_meet(const struct nl_forest *forest, uint32_t a, uint32_t b);

void nl_forest_close(struct nl_forest *forest);

#endif
