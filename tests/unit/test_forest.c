/*
 * test_forest.c - directories as one tree, beside a tree that is climbed step by step
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "sum/forest.h"

#include "base/fault.h"

#include <errno.h>
#include <stdlib.h>

#include "ground.h"

struct wood {
  struct nl_dir *dirs; /* by number */
  struct nl_dir **directories;
  size_t count;
};

static struct wood wood_open(size_t count) {
  struct wood wood = {calloc(count + 1, sizeof(struct nl_dir)), calloc(count + 1, sizeof(struct nl_dir *)),
                      count};
  assert_true(wood.dirs != NULL && wood.directories != NULL);
  for (size_t i = 0; i < count; i++) {
    wood.directories[i] = &wood.dirs[i];
    wood.dirs[i].number = (uint32_t)i;
  }
  return wood;
}

static void wood_close(struct wood *wood) {
  free(wood->dirs);
  free(wood->directories);
}

/* Each below one that was made before it, or a root; the numbers in any order. */
static void grow(struct wood *wood, struct ground_chance *chance, uint32_t bushy) {
  uint32_t count = (uint32_t)wood->count;
  uint32_t *order = calloc(count + 1, sizeof *order);
  assert_non_null(order);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t at = ground_below(chance, i + 1);
    order[i] = order[at];
    order[at] = i;
  }
  for (uint32_t i = 0; i < count; i++) {
    bool is_root = i == 0 || ground_below(chance, 12) == 0;
    uint32_t back = ground_below(chance, bushy < i ? bushy : i + (i == 0));
    wood->dirs[order[i]].above = is_root ? NULL : &wood->dirs[order[i - 1 - (back < i ? back : 0)]];
  }
  free(order);
}

static uint32_t slow_meet(const struct nl_forest *forest, uint32_t a, uint32_t b) {
  while (a != b) {
    if (forest->depth[a] >= forest->depth[b])
      a = forest->above[a];
    else
      b = forest->above[b];
  }
  return a;
}

static void check_places(const struct nl_forest *forest, const struct wood *wood) {
  assert_int_equal(forest->count, wood->count + 1);
  assert_int_equal(forest->last[0], wood->count);
  assert_int_equal(forest->depth[0], 0);
  assert_int_equal(forest->above[0], 0);
  for (uint32_t i = 0; i < wood->count; i++) {
    const struct nl_dir *above = wood->dirs[i].above;
    uint32_t place = forest->place[i];
    assert_true(place > 0 && place <= wood->count);
    assert_int_equal(forest->node[place], i);
    assert_int_equal(forest->above[place], above == NULL ? 0 : forest->place[above->number]);
    assert_true(forest->above[place] < place);
    assert_int_equal(forest->depth[place], forest->depth[forest->above[place]] + 1);
  }
}

static bool is_below(const struct nl_forest *forest, uint32_t place, uint32_t below) {
  while (below > place)
    below = forest->above[below];
  return below == place;
}

static void any_forest(void **state) {
  (void)state;
  struct ground_chance chance = {3};
  for (int round = 0; round < 400; round++) {
    struct wood wood = wood_open(ground_below(&chance, 40));
    struct nl_forest forest;
    grow(&wood, &chance, 1 + ground_below(&chance, 10));
    assert_int_equal(nl_forest_open(&forest, wood.directories, wood.count), NLINK_OK);
    check_places(&forest, &wood);
    for (uint32_t a = 0; a < forest.count; a++)
      for (uint32_t b = 0; b < forest.count; b++) {
        assert_int_equal(nl_forest_meet(&forest, a, b), slow_meet(&forest, a, b));
        assert_int_equal(nl_forest_holds(&forest, a, b), is_below(&forest, a, b));
      }
    nl_forest_close(&forest);
    wood_close(&wood);
  }
}

static void no_directory_at_all(void **state) {
  (void)state;
  struct nl_forest forest;
  assert_int_equal(nl_forest_open(&forest, NULL, 0), NLINK_OK);
  assert_int_equal(forest.count, 1);
  assert_int_equal(nl_forest_meet(&forest, 0, 0), 0);
  nl_forest_close(&forest);
  nl_forest_close(&forest);
  nl_forest_close(NULL);
}

/* A million levels; a way up that took them one by one would not come to an end. */
static void very_deep(void **state) {
  (void)state;
  enum { LEVELS = 1000000, PAIRS = 300000 };
  struct wood wood = wood_open(2 * LEVELS);
  for (size_t i = 1; i < LEVELS; i++) {
    wood.dirs[i].above = &wood.dirs[i - 1];
    wood.dirs[LEVELS + i].above = &wood.dirs[LEVELS + i - 1];
  }
  wood.dirs[LEVELS].above = &wood.dirs[LEVELS / 2]; /* a fork half way down */
  struct nl_forest forest;
  assert_int_equal(nl_forest_open(&forest, wood.directories, wood.count), NLINK_OK);
  check_places(&forest, &wood);
  uint32_t fork = forest.place[LEVELS / 2];
  struct ground_chance chance = {4};
  for (int i = 0; i < PAIRS; i++) {
    uint32_t left = ground_below(&chance, LEVELS);
    uint32_t right = ground_below(&chance, LEVELS);
    uint32_t a = forest.place[left];
    uint32_t b = forest.place[LEVELS + right];
    assert_int_equal(nl_forest_meet(&forest, a, b), left < LEVELS / 2 ? a : fork);
    uint32_t c = forest.place[right];
    assert_int_equal(nl_forest_meet(&forest, a, c), left < right ? a : c);
  }
  nl_forest_close(&forest);
  wood_close(&wood);
}

static void very_wide(void **state) {
  (void)state;
  struct wood wood = wood_open(500000);
  struct nl_forest forest;
  for (size_t i = 1; i < wood.count; i++)
    wood.dirs[i].above = &wood.dirs[0];
  assert_int_equal(nl_forest_open(&forest, wood.directories, wood.count), NLINK_OK);
  check_places(&forest, &wood);
  assert_int_equal(nl_forest_meet(&forest, forest.place[7], forest.place[400000]), forest.place[0]);
  nl_forest_close(&forest);
  wood_close(&wood);
}

static void memory_is_exhausted(void **state) {
  (void)state;
  struct wood wood = wood_open(10);
  struct nl_forest forest;
  for (long k = 1;; k++) {
    const struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_ALLOC, .k = k, .sys = ENOMEM};
    nl_fault_begin(&plan);
    enum nlink_status status = nl_forest_open(&forest, wood.directories, wood.count);
    long count = nl_fault_count();
    nl_fault_begin(NULL);
    nl_forest_close(&forest);
    assert_int_equal(status, count < k ? NLINK_OK : NLINK_NO_MEMORY);
    if (count < k)
      break;
  }
  wood_close(&wood);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_forest), cmocka_unit_test(no_directory_at_all), cmocka_unit_test(very_deep),
      cmocka_unit_test(very_wide),  cmocka_unit_test(memory_is_exhausted),
  };
  return GROUND_RUN("forest", tests);
}
