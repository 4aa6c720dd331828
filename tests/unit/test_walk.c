/*
 * test_walk.c - trees walked in parallel: each name once, few descriptors, every trouble told
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/memory.h"
#include "place.h"
#include "tree/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What a walk told, as sorted lines. */
struct told {
  struct nl_os_monitor *lock;
  char *lines[4096];
  size_t count;
  atomic_size_t names;
  atomic_size_t directories;
  size_t stop_after; /* 0 = never */
};

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool take_line(void *ctx, const struct nl_sight *sight) {
  struct told *told = ctx;
  struct nl_string path = {0};
  assert_true(nl_dir_path_string(&path, sight->dir, sight->name, sight->length));
  if (sight->self != NULL)
    assert_true(nl_string_add(&path, "/", 1));
  nl_os_enter(told->lock);
  if (told->count < sizeof told->lines / sizeof *told->lines)
    told->lines[told->count++] = path.text;
  bool goes_on = told->stop_after == 0 || told->count < told->stop_after;
  nl_os_leave(told->lock);
  return goes_on;
}

static bool take_count(void *ctx, const struct nl_sight *sight) {
  struct told *told = ctx;
  atomic_fetch_add(sight->kind == NLINK_DIRECTORY ? &told->directories : &told->names, 1);
  return true;
}

static void told_init(struct told *told) {
  memset(told, 0, sizeof *told);
  assert_int_equal(nl_os_monitor_open(&told->lock), 0);
}

static void told_fini(struct told *told) {
  for (size_t i = 0; i < told->count; i++)
    free(told->lines[i]);
  nl_os_monitor_close(told->lock);
}

static enum nlink_status walk(struct nl_walk **out, struct told *told, const struct place *place,
                              const struct nlink_scope *scope, const char *const *paths, size_t count,
                              bool (*take)(void *ctx, const struct nl_sight *sight)) {
  struct nl_scope checked;
  const char *wrong = NULL;
  assert_int_equal(nl_scope_open(&checked, scope, &wrong), NLINK_OK);
  const struct nl_walk_plan plan = {.dir = place->fd,
                                    .paths = paths,
                                    .count = count,
                                    .scope = &checked,
                                    .extra_bytes = 24,
                                    .take = take,
                                    .ctx = told};
  enum nlink_status status = nl_walk_run(out, &plan);
  qsort(told->lines, told->count, sizeof *told->lines, compare_lines);
  nl_scope_fini(&checked);
  return status;
}

static void expect_lines(const struct told *told, const char *const *lines, size_t count) {
  for (size_t i = 0; i < told->count && i < count; i++)
    assert_string_equal(told->lines[i], lines[i]);
  assert_int_equal(told->count, count);
}
#define EXPECT(told, ...)                                                                                    \
  do {                                                                                                       \
    static const char *const expected[] = {__VA_ARGS__};                                                     \
    expect_lines(told, expected, sizeof expected / sizeof *expected);                                        \
  } while (0)

static void fill(const struct place *place) {
  place_directory(place, "a");
  place_directory(place, "a/b");
  place_file(place, "a/b/deep");
  place_file(place, "a/.hidden");
  place_link(place, "a/b/deep", "a/again");
  place_directory(place, "c");
  place_symlink(place, "a", "soft");
  place_file(place, "c/x");
}

static void every_name_is_told_once(void **state) {
  (void)state;
  struct place place;
  struct told told;
  struct nl_walk *found = NULL;
  place_init(&place);
  fill(&place);
  told_init(&told);
  const char *roots[] = {"."};
  assert_int_equal(walk(&found, &told, &place, NULL, roots, 1, take_line), NLINK_OK);
  EXPECT(&told, "./", "./a/", "./a/.hidden", "./a/again", "./a/b/", "./a/b/deep", "./c/", "./c/x", "./soft");
  assert_null(nl_walk_troubles(found));
  size_t count = 0;
  struct nl_dir **directories = nl_walk_directories(found, &count);
  assert_int_equal(count, 4);
  for (size_t i = 0; i < count; i++)
    assert_int_equal(directories[i]->number, i);
  nl_free(directories);
  nl_walk_close(found);
  told_fini(&told);
  place_fini(&place);
}

static void roots_may_overlap(void **state) {
  (void)state;
  struct place place;
  place_init(&place);
  fill(&place);
  const char *roots[] = {"a/b", "a", "./a/../a", "a/b/deep", "a/b", "c/x", "c/../c/x", "c//x", "soft"};
  for (unsigned threads = 1; threads <= 8; threads *= 2)
    for (size_t first = 0; first < 9; first++) {
      const char *turned[9];
      for (size_t i = 0; i < 9; i++)
        turned[i] = roots[(first + i) % 9];
      struct nl_walk *found = NULL;
      struct told told;
      told_init(&told);
      const struct nlink_scope scope = {.size = sizeof scope, .threads = threads};
      assert_int_equal(walk(&found, &told, &place, &scope, turned, 9, take_count), NLINK_OK);
      /* a, a/b; again, .hidden, deep, c/x, soft */
      assert_int_equal(atomic_load(&told.directories), 2);
      assert_int_equal(atomic_load(&told.names), 5);
      assert_null(nl_walk_troubles(found));
      struct nl_dir *above = NULL;
      struct nl_dir *below = NULL;
      for (size_t i = 0; i < 9; i++) {
        above = strcmp(turned[i], "a") == 0 ? nl_walk_root(found, i) : above;
        below = strcmp(turned[i], "a/b") == 0 ? nl_walk_root(found, i) : below;
      }
      assert_ptr_equal(below->above, above);
      assert_string_equal(below->name, "b");
      assert_string_equal(above->name, "./a/../a"); /* of two texts the one that comes first */
      nl_walk_close(found);
      told_fini(&told);
    }
  place_fini(&place);
}

static void a_scope_leaves_out(void **state) {
  (void)state;
  struct place place;
  place_init(&place);
  fill(&place);
  const char *roots[] = {"."};
  static const char *const no_b[] = {"- b"};
  static const char *const only_x[] = {"+ x"};
  static const char *const anchored[] = {"- /a/again", "- /b"};
  const struct nlink_scope scopes[] = {
      {.size = sizeof scopes[0], .rules = no_b, .rule_count = 1},
      {.size = sizeof scopes[0], .rules = only_x, .rule_count = 1},
      {.size = sizeof scopes[0], .rules = anchored, .rule_count = 2},
      {.size = sizeof scopes[0], .max_depth = 1},
      {.size = sizeof scopes[0], .min_bytes = 1},
  };
  for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
    struct nl_walk *found = NULL;
    struct told told;
    told_init(&told);
    assert_int_equal(walk(&found, &told, &place, &scopes[i], roots, 1, take_line), NLINK_OK);
    switch (i) {
    case 0:
      EXPECT(&told, "./", "./a/", "./a/.hidden", "./a/again", "./c/", "./c/x", "./soft");
      break;
    case 1:
      EXPECT(&told, "./", "./a/", "./a/b/", "./c/", "./c/x");
      break;
    case 2:
      EXPECT(&told, "./", "./a/", "./a/.hidden", "./a/b/", "./a/b/deep", "./c/", "./c/x", "./soft");
      break;
    case 3:
      EXPECT(&told, "./", "./a/", "./c/", "./soft");
      break;
    default:
      EXPECT(&told, "./", "./a/", "./a/b/", "./c/", "./soft"); /* the files are empty */
    }
    nl_walk_close(found);
    told_fini(&told);
  }
  place_fini(&place);
}

static void listed_names_are_not_walked(void **state) {
  (void)state;
  struct place place;
  struct told told;
  struct nl_walk *found = NULL;
  place_init(&place);
  fill(&place);
  told_init(&told);
  const struct nlink_scope scope = {.size = sizeof scope, .listed = true};
  const char *paths[] = {"a", "a/again", "./a/again", "c/x", "c/x", "c/none"};
  assert_int_equal(walk(&found, &told, &place, &scope, paths, 6, take_line), NLINK_OK);
  EXPECT(&told, "./a/again", "a", "c/x"); /* of two texts the one that comes first */
  const struct nl_trouble *trouble = nl_walk_troubles(found);
  assert_non_null(trouble);
  assert_string_equal(trouble->path, "c/none");
  assert_int_equal(trouble->sys, ENOENT);
  assert_null(trouble->next);
  nl_walk_close(found);
  told_fini(&told);
  place_fini(&place);
}

static void a_walk_can_be_stopped(void **state) {
  (void)state;
  struct place place;
  place_init(&place);
  fill(&place);
  const char *roots[] = {"."};
  for (size_t after = 1; after < 9; after++) {
    struct told told;
    struct nl_walk *found = NULL;
    told_init(&told);
    told.stop_after = after;
    assert_int_equal(walk(&found, &told, &place, NULL, roots, 1, take_line), NLINK_END);
    assert_true(told.count >= after);
    nl_walk_close(found);
    told_fini(&told);
  }
  place_fini(&place);
}

/* A directory in each directory, and beside it another, deeper than any path and with few descriptors to be had. */
static void any_depth_with_few_descriptors(void **state) {
  (void)state;
  enum { LEVELS = 1500 };
  struct place place;
  place_init(&place);
  int at = dup(place.fd);
  for (int i = 0; i < LEVELS; i++) {
    assert_int_equal(mkdirat(at, "down", 0755), 0);
    assert_int_equal(mkdirat(at, "side", 0755), 0);
    int next = openat(at, "down", O_RDONLY | O_DIRECTORY);
    assert_true(next >= 0);
    close(at);
    at = next;
  }
  close(at);
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  static const rlim_t limits[] = {1024, 64, 24};
  for (size_t i = 0; i < 3; i++) {
    const struct rlimit limit = {limits[i], before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    struct told told;
    struct nl_walk *found = NULL;
    const char *roots[] = {"."};
    told_init(&told);
    assert_int_equal(walk(&found, &told, &place, NULL, roots, 1, take_count), NLINK_OK);
    assert_null(nl_walk_troubles(found));
    assert_int_equal(atomic_load(&told.directories), 2 * LEVELS + 1);
    nl_walk_close(found);
    told_fini(&told);
  }
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  place_fini(&place);
}

static void a_large_directory_is_shared_out(void **state) {
  (void)state;
  enum { FILES = 20000 };
  struct place place;
  place_init(&place);
  for (int i = 0; i < FILES; i++) {
    char name[64];
    snprintf(name, sizeof name, "a-name-of-some-length-for-full-rooms-%d", i);
    if (i % 100 == 0)
      place_directory(&place, name);
    else
      place_file(&place, name);
  }
  struct told told;
  struct nl_walk *found = NULL;
  const char *roots[] = {"."};
  const struct nlink_scope scope = {.size = sizeof scope, .max_bytes = 1000, .threads = 4};
  told_init(&told);
  assert_int_equal(walk(&found, &told, &place, &scope, roots, 1, take_count), NLINK_OK);
  assert_int_equal(atomic_load(&told.names), FILES - FILES / 100);
  assert_int_equal(atomic_load(&told.directories), FILES / 100 + 1);
  nl_walk_close(found);
  told_fini(&told);
  place_fini(&place);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_name_is_told_once),
      cmocka_unit_test(roots_may_overlap),
      cmocka_unit_test(a_scope_leaves_out),
      cmocka_unit_test(listed_names_are_not_walked),
      cmocka_unit_test(a_walk_can_be_stopped),
      cmocka_unit_test(any_depth_with_few_descriptors),
      cmocka_unit_test(a_large_directory_is_shared_out),
  };
  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
