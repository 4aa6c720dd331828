/*
 * test_space.c - what directories occupy and what deleting them frees: every promise of the header
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---------------------------------------------------------------- asking */

static size_t events;

static void count_event(const char *path, const struct nlink_error *error, void *ctx) {
  assert_non_null(path);
  assert_true(error->status != NLINK_OK && error->text[0] != '\0');
  assert_ptr_equal(ctx, &events);
  events++;
}

static struct nlink_scope plain_scope(void) {
  events = 0;
  return (struct nlink_scope){.size = sizeof(struct nlink_scope), .on_event = count_event, .ctx = &events};
}

static struct nlink_space_options plain_options(void) {
  return (struct nlink_space_options){.size = sizeof(struct nlink_space_options)};
}

static struct nlink_space *ask(const char *const *paths, size_t count,
                               const struct nlink_space_options *options, enum nlink_status expected) {
  struct nlink_space *space = NULL;
  const struct nlink_scope scope = plain_scope();
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, paths, count, options, &scope, NULL), expected);
  assert_int_equal(space == NULL, expected < 0);
  return space;
}
#define ASK(options, expected, ...)                                                                          \
  ask((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})), options, expected)

/* What the system says that something occupies. */
static uint64_t bytes(const char *path) {
  struct stat stat;
  assert_int_equal(lstat(path, &stat), 0);
  return (uint64_t)stat.st_blocks * 512;
}

static uint64_t size(const char *path) {
  struct stat stat;
  assert_int_equal(lstat(path, &stat), 0);
  return (uint64_t)stat.st_size;
}

/* A file that occupies so many KiB or a little more. */
static void fill(const char *path, size_t kib) {
  char block[1024];
  memset(block, 'x', sizeof block);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  assert_true(fd >= 0);
  for (size_t i = 0; i < kib; i++)
    assert_int_equal(write(fd, block, sizeof block), sizeof block);
  fsync(fd); /* until then some file systems do not say what it occupies */
  close(fd);
}

/*
 * a/one       40 KiB, its only name
 * a/two       80 KiB, also a/sub/two2 and b/two3
 * b/three     120 KiB, also b/sub/three2
 * b/out       160 KiB, also out
 */
static int setup(void **state) {
  int result = ground_setup(state);
  ground_directory("a");
  ground_directory("a/sub");
  ground_directory("b");
  ground_directory("b/sub");
  fill("a/one", 40);
  fill("a/two", 80);
  ground_link("a/two", "a/sub/two2");
  ground_link("a/two", "b/two3");
  fill("b/three", 120);
  ground_link("b/three", "b/sub/three2");
  fill("b/out", 160);
  ground_link("b/out", "out");
  return result;
}

/* ---------------------------------------------------------------- arguments */

static void wrong_arguments(void **state) {
  (void)state;
  static const char *const paths[] = {"a", NULL};
  struct nlink_space *space = (struct nlink_space *)(void *)&space;
  struct nlink_error error;
  struct nlink_space_options options = plain_options();
  struct nlink_scope scope = plain_scope();
  assert_int_equal(nlink_space_open(NULL, NLINK_CWD, paths, 1, NULL, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, paths, 0, NULL, NULL, &error), NLINK_INVALID);
  assert_null(space);
  assert_string_equal(error.text, "there is no path");
  assert_int_equal(error.step, NLINK_STEP_ARGUMENTS);
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, NULL, 1, NULL, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, paths, 2, NULL, NULL, &error), NLINK_INVALID);
  options.size--;
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, paths, 1, &options, NULL, &error), NLINK_INVALID);
  options = plain_options();
  options.order = (enum nlink_space_order)(NLINK_BY_PATH + 1);
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, paths, 1, &options, NULL, NULL), NLINK_INVALID);
  options = plain_options();
  options.around_count = 1;
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, paths, 1, &options, NULL, NULL), NLINK_INVALID);
  scope.size++;
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, paths, 1, NULL, &scope, &error), NLINK_INVALID);
  assert_null(space);
  nlink_space_close(NULL);
}

/* ---------------------------------------------------------------- figures */

static void one_directory(void **state) {
  (void)state;
  struct nlink_space *space = ASK(NULL, NLINK_OK, "a");
  const struct nlink_space_row *row;
  assert_int_equal(nlink_space_next(space, &row), NLINK_OK);
  uint64_t own = bytes("a") + bytes("a/sub");
  assert_string_equal(row->path, "a");
  assert_int_equal(row->depth, 0);
  assert_int_equal(row->kind, NLINK_DIRECTORY);
  assert_int_equal(row->once_bytes, own + bytes("a/one") + bytes("a/two"));
  assert_int_equal(row->freed_bytes, own + bytes("a/one"));
  assert_int_equal(row->held_bytes, bytes("a/two"));
  assert_int_equal(row->apparent_bytes, size("a") + size("a/sub") + (40 + 80) * 1024);
  assert_int_equal(row->held_files, 1);
  assert_int_equal(row->outside_names, 1);
  assert_int_equal(row->names, 3);
  assert_int_equal(row->files, 2);
  assert_int_equal(row->directories, 2);
  assert_ptr_equal(nlink_space_root(space, 0), row);
  assert_null(nlink_space_root(space, 1));
  assert_int_equal(nlink_space_oldest(space, 0), row->freed_bytes);
  assert_int_equal(nlink_space_oldest(space, 1), UINT64_MAX);
  assert_null(nlink_space_set(space)->path);
  assert_int_equal(nlink_space_set(space)->freed_bytes, row->freed_bytes);
  assert_int_equal(nlink_space_next(space, &row), NLINK_END);
  assert_int_equal(nlink_space_next(space, &row), NLINK_END);
  const struct nlink_space_group *group;
  const struct nlink_space_holder *holder;
  assert_int_equal(nlink_space_next_group(space, &group), NLINK_END);
  assert_int_equal(nlink_space_next_holder(space, &holder), NLINK_END);
  const struct nlink_space_doubts *doubts = nlink_space_doubts(space);
  assert_true(doubts->changed_files == 0 && doubts->wrong_counts == 0 && doubts->unread == 0);
  nlink_space_close(space);
}

static void several_together(void **state) {
  (void)state;
  struct nlink_space *space = ASK(NULL, NLINK_OK, "a", "b");
  uint64_t in_a = bytes("a") + bytes("a/sub") + bytes("a/one");
  uint64_t in_b = bytes("b") + bytes("b/sub") + bytes("b/three");
  const struct nlink_space_row *set = nlink_space_set(space);
  assert_int_equal(nlink_space_root(space, 0)->freed_bytes, in_a);
  assert_int_equal(nlink_space_root(space, 1)->freed_bytes, in_b);
  assert_int_equal(nlink_space_root(space, 1)->outside_names, 3);
  assert_int_equal(set->freed_bytes, in_a + in_b + bytes("a/two"));
  assert_int_equal(set->held_bytes, bytes("b/out"));
  assert_int_equal(set->outside_names, 1);
  assert_int_equal(set->names, 7);
  assert_int_equal(set->files, 4);
  assert_int_equal(set->directories, 4);
  assert_int_equal(nlink_space_oldest(space, 0), in_a);
  assert_int_equal(nlink_space_oldest(space, 1), set->freed_bytes);
  nlink_space_close(space);
}

/* Inside each other, twice, in other words: each row once, each name once, whatever the order. */
static void roots_that_overlap(void **state) {
  (void)state;
  static const char *const orders[][5] = {{"a", "a/sub", "./a", "a/two", "a/../a/sub/"},
                                          {"a/../a/sub/", "a/two", "./a", "a/sub", "a"},
                                          {"a/two", "a", "a/sub", "a/../a/sub/", "./a"}};
  for (size_t i = 0; i < COUNT(orders); i++) {
    struct nlink_space *space = ask(orders[i], 5, NULL, NLINK_OK);
    const struct nlink_space_row *row;
    size_t rows = 0;
    for (; nlink_space_next(space, &row) == NLINK_OK; rows++) {
      bool is_file = strcmp(row->path, "a/two") == 0;
      assert_true(is_file || strcmp(row->path, "./a") == 0 || strcmp(row->path, "a/../a/sub/") == 0);
      assert_int_equal(row->kind, is_file ? NLINK_REGULAR : NLINK_DIRECTORY);
      assert_int_equal(row->depth, 0);
      if (is_file)
        assert_true(row->freed_bytes == 0 && row->outside_names == 2 && row->held_files == 1);
    }
    assert_int_equal(rows, 3);
    for (size_t at = 0; at < 5; at++) {
      row = nlink_space_root(space, at);
      assert_non_null(row);
      assert_int_equal(row->directories, strstr(orders[i][at], "two") != NULL   ? 0
                                         : strstr(orders[i][at], "sub") != NULL ? 1
                                                                                : 2);
    }
    assert_int_equal(nlink_space_set(space)->names, 3);
    assert_int_equal(nlink_space_set(space)->freed_bytes, bytes("a") + bytes("a/sub") + bytes("a/one"));
    nlink_space_close(space);
  }
}

static void rows_to_a_depth(void **state) {
  (void)state;
  static const char *const by_path[] = {".", "./a", "./a/sub", "./b", "./b/sub"};
  struct nlink_space_options options = plain_options();
  for (uint32_t depth = 0; depth < 4; depth++) {
    options.depth = depth;
    options.order = NLINK_BY_PATH;
    struct nlink_space *space = ASK(&options, NLINK_OK, ".");
    const struct nlink_space_row *row;
    size_t rows = 0;
    for (; nlink_space_next(space, &row) == NLINK_OK; rows++)
      if (depth > 1)
        assert_string_equal(row->path, by_path[rows]);
    assert_int_equal(rows, depth == 0 ? 1 : depth == 1 ? 3 : 5);
    nlink_space_close(space);
  }
}

static uint64_t figure(const struct nlink_space_row *row, enum nlink_space_order order) {
  const uint64_t figures[] = {row->freed_bytes, row->once_bytes, row->apparent_bytes,
                              row->held_bytes,  row->names,      row->files};
  return figures[order];
}

static void rows_in_order(void **state) {
  (void)state;
  for (int order = NLINK_BY_FREED; order < NLINK_BY_PATH; order++) {
    struct nlink_space_options options = plain_options();
    options.depth = 9;
    options.order = (enum nlink_space_order)order;
    struct nlink_space *space = ASK(&options, NLINK_OK, "a", "b", "out", ".");
    const struct nlink_space_row *before = NULL;
    const struct nlink_space_row *row;
    for (; nlink_space_next(space, &row) == NLINK_OK; before = row) {
      if (before == NULL)
        continue;
      uint64_t larger = figure(before, options.order);
      assert_true(larger > figure(row, options.order) ||
                  (larger == figure(row, options.order) && strcmp(before->path, row->path) < 0));
    }
    nlink_space_close(space);
  }
}

static void a_hole_occupies_nothing(void **state) {
  (void)state;
  ground_directory("h");
  ground_file("h/hole", "");
  assert_int_equal(truncate("h/hole", 1 << 30), 0);
  struct nlink_space *space = ASK(NULL, NLINK_OK, "h");
  assert_int_equal(nlink_space_set(space)->once_bytes, bytes("h") + bytes("h/hole"));
  assert_true(nlink_space_set(space)->once_bytes < 1 << 20);
  assert_int_equal(nlink_space_set(space)->apparent_bytes, size("h") + (1 << 30));
  nlink_space_close(space);
}

static void a_file_is_a_row(void **state) {
  (void)state;
  ground_symlink("a", "soft");
  struct nlink_space *space = ASK(NULL, NLINK_OK, "a/one", "out", "soft");
  const struct nlink_space_row *one = nlink_space_root(space, 0);
  assert_int_equal(one->kind, NLINK_REGULAR);
  assert_int_equal(one->freed_bytes, bytes("a/one"));
  assert_true(one->names == 1 && one->files == 1 && one->directories == 0 && one->outside_names == 0);
  const struct nlink_space_row *out = nlink_space_root(space, 1);
  assert_int_equal(out->freed_bytes, 0);
  assert_int_equal(out->held_bytes, bytes("out"));
  assert_int_equal(out->outside_names, 1);
  const struct nlink_space_row *soft = nlink_space_root(space, 2);
  assert_int_equal(soft->kind, NLINK_SYMLINK);
  assert_int_equal(soft->apparent_bytes, 1);
  assert_int_equal(nlink_space_set(space)->freed_bytes, bytes("a/one") + bytes("soft"));
  assert_int_equal(nlink_space_set(space)->directories, 0);
  nlink_space_close(space);
  /* Both names of a file: each row is about one, the set about both. */
  space = ASK(NULL, NLINK_OK, "out", "b/out");
  assert_int_equal(nlink_space_root(space, 0)->freed_bytes, 0);
  assert_int_equal(nlink_space_root(space, 1)->freed_bytes, 0);
  assert_int_equal(nlink_space_set(space)->freed_bytes, bytes("out"));
  assert_int_equal(nlink_space_oldest(space, 0), 0);
  assert_int_equal(nlink_space_oldest(space, 1), bytes("out"));
  nlink_space_close(space);
}

/* A row of snapshots; then paths inside each other: what goes first takes what is below it along. */
static void the_oldest_together(void **state) {
  (void)state;
  struct nlink_space *space = ASK(NULL, NLINK_OK, "a/sub", "b", "a", "out");
  uint64_t freed = bytes("a/sub");
  assert_int_equal(nlink_space_oldest(space, 0), freed);
  freed += bytes("b") + bytes("b/sub") + bytes("b/three");
  assert_int_equal(nlink_space_oldest(space, 1), freed);
  freed += bytes("a") + bytes("a/one") + bytes("a/two");
  assert_int_equal(nlink_space_oldest(space, 2), freed);
  freed += bytes("out");
  assert_int_equal(nlink_space_oldest(space, 3), freed);
  nlink_space_close(space);
  space = ASK(NULL, NLINK_OK, "a/one", "a", "a/two");
  assert_int_equal(nlink_space_oldest(space, 0), bytes("a/one"));
  assert_int_equal(nlink_space_oldest(space, 1), bytes("a/one") + bytes("a") + bytes("a/sub"));
  assert_int_equal(nlink_space_oldest(space, 2), nlink_space_oldest(space, 1));
  nlink_space_close(space);
}

static void names_listed(void **state) {
  (void)state;
  static const char *const paths[] = {"a", "a/one", "./a/one", "b/out", "out", "a/"};
  struct nlink_space *space = NULL;
  struct nlink_scope scope = plain_scope();
  scope.listed = true;
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, paths, COUNT(paths), NULL, &scope, NULL), NLINK_OK);
  const struct nlink_space_row *set = nlink_space_set(space);
  assert_int_equal(set->freed_bytes, bytes("a") + bytes("a/one") + bytes("out"));
  assert_int_equal(set->names, 3);
  assert_int_equal(set->files, 2);
  assert_int_equal(set->directories, 1);
  assert_int_equal(nlink_space_root(space, 0)->once_bytes, bytes("a"));
  assert_ptr_equal(nlink_space_root(space, 1), nlink_space_root(space, 2));
  assert_ptr_equal(nlink_space_root(space, 0), nlink_space_root(space, 5));
  assert_int_equal(nlink_space_root(space, 3)->freed_bytes, 0);
  nlink_space_close(space);
}

/* What the scope leaves out is outside. */
static void left_out(void **state) {
  (void)state;
  static const char *const rules[] = {"- two2"};
  static const char *const path = ".";
  struct nlink_space *space = NULL;
  struct nlink_scope scope = plain_scope();
  scope.rules = rules;
  scope.rule_count = 1;
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, &path, 1, NULL, &scope, NULL), NLINK_OK);
  assert_int_equal(nlink_space_set(space)->held_bytes, bytes("a/two"));
  assert_int_equal(nlink_space_set(space)->outside_names, 1);
  nlink_space_close(space);
  scope = plain_scope();
  scope.max_depth = 1;
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, &path, 1, NULL, &scope, NULL), NLINK_OK);
  assert_int_equal(nlink_space_set(space)->names, 1);
  assert_int_equal(nlink_space_set(space)->directories, 3);
  nlink_space_close(space);
}

static void what_is_missing(void **state) {
  (void)state;
  struct nlink_space *space = ASK(NULL, NLINK_PARTIAL, "a", "nowhere", "a/one/below");
  assert_int_equal(events, 2);
  assert_int_equal(nlink_space_doubts(space)->unread, 2);
  assert_non_null(nlink_space_root(space, 0));
  assert_null(nlink_space_root(space, 1));
  assert_null(nlink_space_root(space, 2));
  assert_int_equal(nlink_space_oldest(space, 2), nlink_space_root(space, 0)->freed_bytes);
  nlink_space_close(space);
  space = ASK(NULL, NLINK_PARTIAL, "nowhere");
  const struct nlink_space_row *row;
  assert_int_equal(nlink_space_next(space, &row), NLINK_END);
  assert_int_equal(nlink_space_set(space)->once_bytes, 0);
  assert_int_equal(nlink_space_oldest(space, 0), 0);
  nlink_space_close(space);
}

/* ---------------------------------------------------------------- groups */

static void the_largest_groups(void **state) {
  (void)state;
  static const char *const first[] = {"./b/out", "./out"};
  static const char *const third[] = {"./a/sub/two2", "./a/two", "./b/two3"};
  struct nlink_space_options options = plain_options();
  const struct nlink_space_group *group;
  options.groups = 9;
  struct nlink_space *space = ASK(&options, NLINK_OK, ".");
  assert_int_equal(nlink_space_next_group(space, &group), NLINK_OK);
  assert_int_equal(group->name_count, 2);
  assert_int_equal(group->link_count, 2);
  assert_int_equal(group->kind, NLINK_REGULAR);
  assert_int_equal(group->size_bytes, 160 * 1024);
  assert_int_equal(group->allocated_bytes, bytes("out"));
  for (size_t i = 0; i < 2; i++)
    assert_string_equal(group->names[i], first[i]);
  assert_int_equal(nlink_space_next_group(space, &group), NLINK_OK);
  assert_int_equal(nlink_space_next_group(space, &group), NLINK_OK);
  assert_int_equal(group->name_count, 3);
  for (size_t i = 0; i < 3; i++)
    assert_string_equal(group->names[i], third[i]);
  assert_int_equal(group->outside_names, 0);
  assert_int_equal(nlink_space_next_group(space, &group), NLINK_END);
  nlink_space_close(space);
  options.groups = 1;
  space = ASK(&options, NLINK_OK, "a", "b");
  assert_int_equal(nlink_space_next_group(space, &group), NLINK_OK);
  assert_string_equal(group->names[0], "b/out");
  assert_int_equal(group->outside_names, 1);
  assert_int_equal(nlink_space_next_group(space, &group), NLINK_END);
  nlink_space_close(space);
}

/* ---------------------------------------------------------------- holders */

static void expect_holder(struct nlink_space *space, const char *path, const char *inside, uint64_t held,
                          uint64_t missing) {
  const struct nlink_space_holder *holder;
  assert_int_equal(nlink_space_next_holder(space, &holder), NLINK_OK);
  if (path == NULL)
    assert_null(holder->path);
  else
    assert_string_equal(holder->path, path);
  assert_string_equal(holder->inside, inside);
  assert_int_equal(holder->allocated_bytes, held);
  assert_int_equal(holder->missing, missing);
}

static void names_outside(void **state) {
  (void)state;
  static const char *const around[] = {".", "b", "a"};
  struct nlink_space_options options = plain_options();
  const struct nlink_space_holder *holder;
  options.holders = true;
  options.around = around;
  options.around_count = 1;
  struct nlink_space *space = ASK(&options, NLINK_OK, "b");
  expect_holder(space, "./out", "b/out", bytes("out"), 0);
  expect_holder(space, "./a/sub/two2", "b/two3", bytes("a/two"), 0);
  expect_holder(space, "./a/two", "b/two3", bytes("a/two"), 0);
  assert_int_equal(nlink_space_next_holder(space, &holder), NLINK_END);
  nlink_space_close(space);
  /* Some are found, some not; the place to look in is inside itself. */
  options.around = around + 1;
  options.around_count = 2;
  space = ASK(&options, NLINK_OK, "b");
  expect_holder(space, NULL, "b/out", bytes("out"), 1);
  expect_holder(space, "a/sub/two2", "b/two3", bytes("a/two"), 0);
  expect_holder(space, "a/two", "b/two3", bytes("a/two"), 0);
  assert_int_equal(nlink_space_next_holder(space, &holder), NLINK_END);
  nlink_space_close(space);
  /* Two names of a file, both given: the third is the only one outside. */
  options.around = around;
  options.around_count = 1;
  space = ASK(&options, NLINK_OK, "a/two", "a/sub/two2");
  expect_holder(space, "./b/two3", "a/sub/two2", bytes("a/two"), 0);
  assert_int_equal(nlink_space_next_holder(space, &holder), NLINK_END);
  nlink_space_close(space);
}

static void nothing_is_held(void **state) {
  (void)state;
  static const char *const nowhere = "nowhere";
  struct nlink_space_options options = plain_options();
  const struct nlink_space_holder *holder;
  options.holders = true;
  struct nlink_space *space = ASK(&options, NLINK_OK, ".");
  assert_int_equal(nlink_space_next_holder(space, &holder), NLINK_END);
  nlink_space_close(space);
  options.around = &nowhere;
  options.around_count = 1;
  space = ASK(&options, NLINK_PARTIAL, "b");
  assert_int_equal(events, 1);
  expect_holder(space, NULL, "b/out", bytes("out"), 1);
  nlink_space_close(space);
}

/* ---------------------------------------------------------------- threads, stopping */

static bool stop(const struct nlink_progress *progress, void *ctx) {
  (void)ctx;
  assert_non_null(progress);
  return false;
}

/* Enough directories for progress to be told. */
static void grow_tree(void) {
  char path[64];
  for (int i = 0; i < 300; i++) {
    snprintf(path, sizeof path, "d%d", i);
    ground_directory(path);
    for (int j = 0; j < 12; j++) {
      snprintf(path, sizeof path, "d%d/f%d", i, j);
      if (j % 3 == 0)
        ground_link("a/one", path);
      else
        ground_file(path, "some text");
    }
  }
}

static void threads_change_nothing(void **state) {
  (void)state;
  static const char *const paths[] = {".", "d7", "a/one", "d9"};
  grow_tree();
  struct nlink_space_row first = {0};
  for (uint32_t threads = 1; threads < 10; threads++) {
    struct nlink_space *space = NULL;
    struct nlink_scope scope = plain_scope();
    scope.threads = threads;
    assert_int_equal(nlink_space_open(&space, NLINK_CWD, paths, COUNT(paths), NULL, &scope, NULL), NLINK_OK);
    const struct nlink_space_row *set = nlink_space_set(space);
    if (threads == 1)
      first = *set;
    assert_memory_equal(set, &first, sizeof first);
    assert_int_equal(set->names, 8 + 300 * 12);
    assert_int_equal(set->files, 4 + 300 * 8);
    assert_int_equal(set->freed_bytes, set->once_bytes);
    nlink_space_close(space);
  }
}

static void stopped(void **state) {
  (void)state;
  static const char *const path = "/";
  struct nlink_space *space = NULL;
  struct nlink_error error;
  struct nlink_scope scope = {.size = sizeof scope, .on_progress = stop};
  assert_int_equal(nlink_space_open(&space, NLINK_CWD, &path, 1, NULL, &scope, &error), NLINK_CANCELLED);
  assert_null(space);
  assert_int_equal(error.status, NLINK_CANCELLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(wrong_arguments),
      TEST(one_directory),
      TEST(several_together),
      TEST(roots_that_overlap),
      TEST(rows_to_a_depth),
      TEST(rows_in_order),
      TEST(a_hole_occupies_nothing),
      TEST(a_file_is_a_row),
      TEST(the_oldest_together),
      TEST(names_listed),
      TEST(left_out),
      TEST(what_is_missing),
      TEST(the_largest_groups),
      TEST(names_outside),
      TEST(nothing_is_held),
      TEST(threads_change_nothing),
      TEST(stopped),
  };
  return GROUND_RUN("space", tests);
}
