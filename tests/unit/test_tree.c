/*
 * test_tree.c - what a listing stands on: sorting, memory, the way down and up a tree
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/arena.h"
#include "base/sort.h"
#include "os/os.h"
#include "place.h"
#include "tree/trail.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---------------------------------------------------------------- sorting */

static uint64_t next_random(uint64_t *seed) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 20;
}

static int compare_items(const void *a, const void *b) {
  const struct nl_sort_item *left = a;
  const struct nl_sort_item *right = b;
  if (left->key != right->key)
    return left->key < right->key ? -1 : 1;
  return left->what < right->what ? -1 : left->what > right->what; /* as they came: stable */
}

static void numbers_are_sorted_stably(void **state) {
  (void)state;
  uint64_t seed = 1;
  static const size_t counts[] = {1, 2, 3, 7, 8, 9, 15, 17, 95, 96, 97, 100, 1000, 5000};
  static const uint64_t masks[] = {0, 1, 0xff, 0xff00, UINT64_C(0xff00000000000000), UINT64_MAX};
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    for (size_t m = 0; m < sizeof masks / sizeof *masks; m++) {
      size_t count = counts[c];
      struct nl_sort_item *items = calloc(count * 3, sizeof *items);
      assert_non_null(items);
      struct nl_sort_item *expected = items + 2 * count;
      for (size_t i = 0; i < count; i++)
        items[i] = (struct nl_sort_item){next_random(&seed) << 20 & masks[m], (char *)items + i};
      memcpy(expected, items, count * sizeof *items);
      qsort(expected, count, sizeof *items, compare_items);
      nl_sort(items, items + count, count, NULL, NULL);
      assert_memory_equal(items, expected, count * sizeof *items);
      free(items);
    }
  }
}

static int compare_text(const void *a, const void *b, const void *ctx) {
  assert_string_equal(ctx, "ctx");
  return strcmp(a, b);
}

static void equal_keys_are_told_apart_by_looking(void **state) {
  (void)state;
  enum { COUNT = 3000 };
  static char texts[COUNT][24];
  static struct nl_sort_item items[2 * COUNT];
  uint64_t seed = 2;
  for (size_t i = 0; i < COUNT; i++) {
    snprintf(texts[i], sizeof texts[i], "%s%u", i % 3 == 0 ? "abcdefghij" : "abcdefgh",
             (unsigned)(next_random(&seed) % 2000));
    items[i] = (struct nl_sort_item){nl_sort_key(texts[i]), texts[i]};
  }
  nl_sort(items, items + COUNT, COUNT, compare_text, "ctx");
  for (size_t i = 1; i < COUNT; i++)
    assert_true(strcmp(items[i - 1].what, items[i].what) <= 0);
}

static void keys_are_in_the_order_of_texts(void **state) {
  (void)state;
  static const char *const texts[] = {"",         "\x01", "a",    "a\x01", "aa",      "abcdefg",
                                      "abcdefgh", "b",    "\x7f", "\x80",  "\xff\xff"};
  for (size_t i = 1; i < sizeof texts / sizeof *texts; i++)
    assert_true(nl_sort_key(texts[i - 1]) < nl_sort_key(texts[i]));
  assert_true(nl_sort_key("abcdefghi") == nl_sort_key("abcdefghz"));
  assert_true(nl_sort_key("") == 0);
}

static void texts_are_sorted_by_their_bytes(void **state) {
  (void)state;
  enum { COUNT = 4000 };
  static const char *const fronts[] = {"", "a", "prefix-that-is-long-", "prefix-that-is-long-and-longer-",
                                       "\xff\xfe"};
  static char texts[COUNT][48];
  static struct nl_sort_item items[2 * COUNT];
  uint64_t seed = 4;
  for (size_t i = 0; i < COUNT; i++) {
    const char *front = fronts[next_random(&seed) % (i % 2 == 0 ? 5 : 3)];
    snprintf(texts[i], sizeof texts[i], "%s%u", front, (unsigned)(next_random(&seed) % 3000));
  }
  static const size_t counts[] = {0, 1, 2, 31, 32, 33, 300, COUNT};
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    for (size_t i = 0; i < counts[c]; i++)
      items[i].what = texts[i];
    nl_sort_text(items, items + COUNT, counts[c]);
    for (size_t i = 1; i < counts[c]; i++)
      assert_true(strcmp(items[i - 1].what, items[i].what) <= 0);
  }
}

/* ---------------------------------------------------------------- memory */

static void an_arena_gives_blocks_that_stay(void **state) {
  (void)state;
  enum { COUNT = 20000 };
  static char *blocks[COUNT];
  static size_t sizes[COUNT];
  struct nl_arena arena = {0};
  uint64_t seed = 3;
  for (size_t i = 0; i < COUNT; i++) {
    sizes[i] = next_random(&seed) % (i % 1000 == 0 ? 3000000 : 100);
    if (i % 3 == 0) {
      blocks[i] = nl_arena_text(&arena, "", 0);
      assert_string_equal(blocks[i], "");
      sizes[i] = 1;
    } else {
      blocks[i] = nl_arena_take(&arena, sizes[i]);
      assert_non_null(blocks[i]);
      assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
    }
    memset(blocks[i], (int)(i % 251), sizes[i]);
  }
  for (size_t i = 0; i < COUNT; i++)
    for (size_t j = 0; j < sizes[i]; j++)
      assert_int_equal((unsigned char)blocks[i][j], i % 251);
  nl_arena_fini(&arena);
  assert_null(arena.newest);
  char *text = nl_arena_text(&arena, "again\0x", 7);
  assert_memory_equal(text, "again\0x", 8);
  assert_null(nl_arena_take(&arena, SIZE_MAX));
  assert_null(nl_arena_take(&arena, SIZE_MAX - 4));
  nl_arena_fini(&arena);
  nl_arena_fini(NULL);
}

/* ---------------------------------------------------------------- the trail */

enum { DEPTH = 60 };

static int setup(void **state) {
  struct place *place = calloc(1, sizeof *place);
  assert_non_null(place);
  place_init(place);
  *state = place;
  return 0;
}

static int teardown(void **state) {
  place_fini(*state);
  free(*state);
  return 0;
}

/* d/d/d/..., each with a directory "other" beside. */
static void make_depth(const struct place *place) {
  char path[3 * DEPTH + 16] = "";
  for (int i = 0; i < DEPTH; i++) {
    strcat(path, i == 0 ? "d" : "/d");
    place_directory(place, path);
    size_t length = strlen(path);
    strcat(path, "/other");
    place_directory(place, path);
    path[length] = '\0';
  }
}

static void go_down(struct nl_trail *trail, const struct place *place) {
  int sys = 0;
  assert_int_equal(nl_trail_begin(trail, place->fd, "d", &sys), NLINK_OK);
  for (int i = 1; i < DEPTH; i++)
    assert_int_equal(nl_trail_down(trail, "d", &sys), NLINK_OK);
  assert_int_equal(trail->count, DEPTH);
  assert_int_equal(trail->path.length, 2 * DEPTH - 1);
  assert_true(place_open_files() < place->open_files + 1 + 30);
}

static void a_trail_leads_down_and_up_again(void **state) {
  const struct place *place = *state;
  make_depth(place);
  struct nl_trail trail = {0};
  go_down(&trail, place);
  int sys = 0;
  for (int i = DEPTH; i > 0; i--) {
    assert_int_equal(nl_trail_down(&trail, "missing", &sys), NLINK_NOT_FOUND);
    assert_int_equal(sys, ENOENT);
    assert_int_equal(nl_trail_down(&trail, "other", &sys), NLINK_OK);
    struct nlink_stat here;
    char path[3 * DEPTH + 16];
    assert_int_equal(trail.path.length, 2 * i - 1 + 6);
    memcpy(path, trail.path.text, trail.path.length + 1);
    assert_int_equal(nl_os_stat(&here, place->fd, path, false), 0);
    assert_int_equal(here.ino, trail.steps[trail.count - 1].ino);
    nl_trail_up(&trail);
    nl_trail_up(&trail);
  }
  assert_int_equal(trail.count, 0);
  nl_trail_fini(&trail);
}

static void a_directory_moved_meanwhile_is_found_by_its_name_or_lost(void **state) {
  const struct place *place = *state;
  make_depth(place);
  struct nl_trail trail = {0};
  go_down(&trail, place);
  /* ".." of the moved part leads elsewhere now, but the names from the top still lead to what stayed. */
  char at_20[] = "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d";
  char at_21[sizeof at_20 + 2];
  snprintf(at_21, sizeof at_21, "%s/d", at_20);
  assert_int_equal(renameat(place->fd, at_21, place->fd, "moved"), 0);
  int sys = 0;
  while (trail.count > 21) {
    assert_int_equal(nl_trail_down(&trail, "other", &sys), NLINK_OK);
    nl_trail_up(&trail);
    nl_trail_up(&trail);
  }
  while (trail.count > 20)
    nl_trail_up(&trail);
  assert_int_equal(nl_trail_down(&trail, "other", &sys), NLINK_OK);
  struct nlink_stat here;
  assert_int_equal(nl_os_stat(&here, place->fd, trail.path.text, false), 0);
  assert_int_equal(here.ino, trail.steps[trail.count - 1].ino);
  nl_trail_up(&trail);
  assert_int_equal(nl_trail_down(&trail, "d", &sys), NLINK_NOT_FOUND); /* it is "moved" now */
  nl_trail_fini(&trail);
}

static void another_directory_in_the_place_is_not_taken(void **state) {
  const struct place *place = *state;
  make_depth(place);
  struct nl_trail trail = {0};
  go_down(&trail, place);
  char at_20[] = "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d";
  char at_21[sizeof at_20 + 2];
  snprintf(at_21, sizeof at_21, "%s/d", at_20);
  /* What was the 20th is elsewhere with another parent; what bears its name is another. */
  assert_int_equal(renameat(place->fd, at_21, place->fd, "moved"), 0);
  assert_int_equal(renameat(place->fd, at_20, place->fd, "away"), 0);
  place_directory(place, at_20);
  int sys = 0;
  while (trail.count > 20)
    nl_trail_up(&trail);
  assert_int_equal(nl_trail_down(&trail, "other", &sys), NLINK_NOT_FOUND);
  assert_int_equal(trail.count, 20);
  nl_trail_up(&trail);
  assert_int_equal(nl_trail_down(&trail, "other", &sys), NLINK_OK); /* the 19th is where it was */
  nl_trail_fini(&trail);
}

static void a_soft_link_is_no_way_down(void **state) {
  const struct place *place = *state;
  place_directory(place, "d");
  place_symlink(place, "d", "s");
  place_file(place, "f");
  struct nl_trail trail = {0};
  int sys = 0;
  assert_int_equal(nl_trail_begin(&trail, place->fd, ".", &sys), NLINK_OK);
  assert_int_equal(nl_trail_down(&trail, "s", &sys), NLINK_NOT_DIRECTORY);
  assert_int_equal(nl_trail_down(&trail, "f", &sys), NLINK_NOT_DIRECTORY);
  assert_string_equal(trail.path.text, ".");
  nl_trail_fini(&trail);
  assert_int_equal(nl_trail_begin(&trail, place->fd, "f", &sys), NLINK_NOT_DIRECTORY);
  assert_int_equal(sys, ENOTDIR);
  nl_trail_fini(&trail);
  assert_int_equal(nl_trail_begin(&trail, place->fd, "s", &sys), NLINK_NOT_DIRECTORY);
  nl_trail_fini(&trail);
  assert_int_equal(nl_trail_begin(&trail, place->fd, "s/", &sys), NLINK_OK); /* the slash asks for it */
  nl_trail_fini(&trail);
  nl_trail_fini(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_sorted_stably),
      cmocka_unit_test(equal_keys_are_told_apart_by_looking),
      cmocka_unit_test(keys_are_in_the_order_of_texts),
      cmocka_unit_test(texts_are_sorted_by_their_bytes),
      cmocka_unit_test(an_arena_gives_blocks_that_stay),
      TEST(a_trail_leads_down_and_up_again),
      TEST(a_directory_moved_meanwhile_is_found_by_its_name_or_lost),
      TEST(another_directory_in_the_place_is_not_taken),
      TEST(a_soft_link_is_no_way_down),
  };
  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
