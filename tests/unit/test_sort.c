/*
 * test_sort.c - sorting where things stand, beside qsort()
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

#include "ground.h"

/* What is sorted: a number that is looked at only where keys are equal. */
static int compare_things(const void *a, const void *b, const void *ctx) {
  int sign = *(const int *)ctx;
  uint32_t left = *(const uint32_t *)a;
  uint32_t right = *(const uint32_t *)b;
  return sign * ((left > right) - (left < right));
}

static int by_key_and_thing(const void *a, const void *b) {
  const struct nl_sort_item *left = a;
  const struct nl_sort_item *right = b;
  if (left->key != right->key)
    return left->key < right->key ? -1 : 1;
  const int sign = 1;
  return compare_things(left->what, right->what, &sign);
}

enum shape { RANDOM, FEW, EQUAL, UP, DOWN, HIGH_BYTES, ORGAN, SHAPES };

static uint64_t key_of(enum shape shape, size_t i, size_t count, struct ground_chance *chance) {
  switch (shape) {
  case RANDOM:
    return (uint64_t)ground_below(chance, UINT32_MAX) << 32 | ground_below(chance, UINT32_MAX);
  case FEW:
    return ground_below(chance, 5);
  case EQUAL:
    return 0x0102030405060708;
  case UP:
    return i;
  case DOWN:
    return count - i;
  case HIGH_BYTES:
    return (uint64_t)ground_below(chance, 3) << 56 | ground_below(chance, 3);
  case ORGAN:
  case SHAPES:
    break;
  }
  return i < count / 2 ? i : count - i;
}

static void try_one(enum shape shape, size_t count, struct ground_chance *chance) {
  struct nl_sort_item *items = calloc(count + 1, sizeof *items);
  struct nl_sort_item *expected = calloc(count + 1, sizeof *items);
  uint32_t *things = calloc(count + 1, sizeof *things);
  assert_true(items != NULL && expected != NULL && things != NULL);
  for (size_t i = 0; i < count; i++) {
    things[i] = ground_below(chance, count > 1000 ? UINT32_MAX : 3);
    items[i] = (struct nl_sort_item){key_of(shape, i, count, chance), &things[i]};
  }
  memcpy(expected, items, count * sizeof *items);
  qsort(expected, count, sizeof *items, by_key_and_thing);
  const int up = 1;
  nl_sort_in_place(items, count, compare_things, &up);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(items[i].key, expected[i].key);
    assert_int_equal(*(const uint32_t *)items[i].what, *(const uint32_t *)expected[i].what);
  }
  /* Each thing is there once. */
  unsigned char *seen = calloc(count + 1, 1);
  assert_non_null(seen);
  for (size_t i = 0; i < count; i++)
    assert_int_equal(seen[(const uint32_t *)items[i].what - things]++, 0);
  /* By the keys alone. */
  for (size_t i = 0; i < count; i++)
    items[i].key = key_of(shape, i, count, chance);
  nl_sort_in_place(items, count, NULL, NULL);
  for (size_t i = 1; i < count; i++)
    assert_true(items[i - 1].key <= items[i].key);
  free(seen);
  free(things);
  free(expected);
  free(items);
}

static void all_shapes_and_sizes(void **state) {
  (void)state;
  struct ground_chance chance = {1};
  static const size_t counts[] = {0, 1, 2, 3, 47, 48, 49, 96, 257, 1000, 20000};
  for (int shape = 0; shape < SHAPES; shape++)
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
      for (int again = 0; again < (counts[i] < 300 ? 20 : 1); again++)
        try_one((enum shape)shape, counts[i], &chance);
}

static void a_file_of_65000_names(void **state) {
  (void)state;
  struct ground_chance chance = {2};
  try_one(EQUAL, 65000, &chance);
  try_one(FEW, 65000, &chance);
}

/* Every order of up to seven things. */
static void permute(size_t count) {
  size_t orders = 1;
  for (size_t i = 2; i <= count; i++)
    orders *= i;
  for (size_t order = 0; order < orders; order++) {
    struct nl_sort_item items[8];
    uint32_t left[8];
    for (uint32_t i = 0; i < count; i++)
      left[i] = i;
    size_t rest = order;
    for (size_t i = 0; i < count; i++) {
      size_t at = rest % (count - i);
      rest /= count - i;
      items[i] = (struct nl_sort_item){left[at], NULL};
      memmove(left + at, left + at + 1, (count - i - at - 1) * sizeof *left);
    }
    nl_sort_in_place(items, count, NULL, NULL);
    for (uint32_t i = 0; i < count; i++)
      assert_int_equal(items[i].key, i);
  }
}

static void all_orders_of_a_few(void **state) {
  (void)state;
  for (size_t count = 0; count <= 7; count++)
    permute(count);
}

static void the_order_is_the_comparisons(void **state) {
  (void)state;
  uint32_t things[200];
  struct nl_sort_item items[200];
  for (uint32_t i = 0; i < 200; i++) {
    things[i] = i * 77 % 200;
    items[i] = (struct nl_sort_item){7, &things[i]};
  }
  const int down = -1;
  nl_sort_in_place(items, 200, compare_things, &down);
  for (uint32_t i = 0; i < 200; i++)
    assert_int_equal(*(const uint32_t *)items[i].what, 199 - i);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_shapes_and_sizes),
      cmocka_unit_test(a_file_of_65000_names),
      cmocka_unit_test(all_orders_of_a_few),
      cmocka_unit_test(the_order_is_the_comparisons),
  };
  return GROUND_RUN("sort", tests);
}
