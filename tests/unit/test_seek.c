/*
 * test_seek.c - the names of many files found by one walk, beside a slow look at every name
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "find/seek.h"

#include "base/fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

static struct nl_scope open_scope(uint32_t threads) {
  const struct nlink_scope given = {.size = sizeof given, .threads = threads};
  struct nl_scope scope;
  const char *wrong = NULL;
  assert_int_equal(nl_scope_open(&scope, &given, &wrong), NLINK_OK);
  return scope;
}

static struct nl_seek_id id_of(const char *path) {
  struct stat stat;
  assert_int_equal(lstat(path, &stat), 0);
  return (struct nl_seek_id){stat.st_dev, stat.st_ino};
}

static const char *const here[] = {"."};

/* Seek in one directory; the caller's to close. */
static struct nl_seek *seek_in(const char *const *paths, size_t count, const struct nl_seek_file *files,
                               size_t file_count, uint32_t threads, enum nlink_status expected) {
  struct nl_scope scope = open_scope(threads);
  struct nl_seek *seek = NULL;
  const struct nl_seek_plan plan = {.dir = NLINK_CWD,
                                    .paths = paths,
                                    .count = count,
                                    .scope = &scope,
                                    .files = files,
                                    .file_count = file_count};
  assert_int_equal(nl_seek_run(&seek, &plan), expected);
  assert_non_null(seek);
  nl_scope_fini(&scope);
  return seek;
}

/* ---------------------------------------------------------------- random trees */

enum { DIRECTORIES = 60, FILES = 400, LINKS = 1500 };

static char file_paths[FILES + LINKS][300];

/* Directory n lies in directory (n - 1) / 3, and 0 is the top. */
static void directory_path(char out[200], unsigned number) {
  snprintf(out, 200, ".");
  for (; number > 0; number = (number - 1) / 3) {
    char rest[200];
    snprintf(rest, sizeof rest, "%s", out + 1);
    snprintf(out, 200, "./%u%.180s", number, rest);
  }
}

static void plant(struct ground_chance *chance) {
  char path[200];
  for (unsigned i = 1; i <= DIRECTORIES; i++) {
    directory_path(path, i);
    ground_directory(path);
  }
  for (unsigned i = 0; i < FILES + LINKS; i++) {
    directory_path(path, ground_below(chance, DIRECTORIES + 1));
    snprintf(file_paths[i], sizeof file_paths[i], "%s/n%u", path, i);
    if (i < FILES)
      ground_file(file_paths[i], "");
    else
      ground_link(file_paths[ground_below(chance, FILES)], file_paths[i]);
  }
}

static void many_files_at_once(void **state) {
  (void)state;
  struct ground_chance chance = {7};
  static struct nl_seek_file files[FILES];
  static unsigned seen[FILES];
  plant(&chance);
  size_t all = 0;
  for (unsigned i = 0; i < FILES; i++) {
    files[i] = (struct nl_seek_file){id_of(file_paths[i]), ground_link_count(file_paths[i])};
    all += files[i].names;
  }
  assert_int_equal(all, FILES + LINKS);
  for (uint32_t threads = 1; threads <= 4; threads++) {
    struct nl_seek *seek = seek_in(here, 1, files, FILES, threads, NLINK_END);
    size_t count = 0;
    const struct nl_seek_name *names = nl_seek_names(seek, &count);
    assert_int_equal(count, all);
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < count; i++) {
      struct nl_seek_id id = id_of(names[i].path);
      assert_false(names[i].soft);
      assert_int_equal(id.dev, files[names[i].file].id.dev);
      assert_int_equal(id.ino, files[names[i].file].id.ino);
      seen[names[i].file]++;
    }
    for (unsigned i = 0; i < FILES; i++)
      assert_int_equal(seen[i], files[i].names);
    assert_null(nl_seek_troubles(seek));
    assert_int_equal(nl_seek_unverified(seek) + nl_seek_unfollowed(seek), 0);
    nl_seek_close(seek);
  }
}

static void others_are_left_alone(void **state) {
  (void)state;
  ground_file("a", "");
  ground_file("b", "");
  ground_link("a", "c");
  ground_symlink("a", "s");
  struct nl_seek_file files[3] = {{id_of("a"), 3}, {id_of("b"), 1}, {id_of("b"), 1}};
  files[1].id.dev++; /* another file of the same number */
  files[2].id.ino = UINT64_MAX;
  struct nl_seek *seek = seek_in(here, 1, files, 3, 2, NLINK_OK);
  size_t count = 0;
  const struct nl_seek_name *names = nl_seek_names(seek, &count);
  assert_int_equal(count, 2);
  assert_int_equal(names[0].file + names[1].file, 0);
  nl_seek_close(seek);
}

/* Roots that are files themselves, and one directory by two ways: each name once, by the first root's text. */
static void any_roots(void **state) {
  (void)state;
  ground_directory("d");
  ground_directory("d/e");
  ground_file("d/e/a", "");
  ground_link("d/e/a", "b");
  ground_symlink("b", "s");
  static const char *const roots[] = {"d/e", "d", "./b", "d/e/a", "d/", "missing", "s"};
  struct nl_seek_file file = {id_of("b"), 3};
  struct nl_seek *seek = seek_in(roots, 7, &file, 1, 2, NLINK_OK);
  size_t count = 0;
  const struct nl_seek_name *names = nl_seek_names(seek, &count);
  assert_int_equal(count, 2);
  size_t single = strcmp(names[0].path, "./b") == 0 ? 0 : 1;
  assert_string_equal(names[single].path, "./b");
  assert_string_equal(names[1 - single].path, "d/e/a");
  const struct nl_trouble *trouble = nl_seek_troubles(seek);
  assert_non_null(trouble);
  assert_string_equal(trouble->path, "missing");
  assert_null(trouble->next);
  nl_seek_close(seek);
}

static void soft_links(void **state) {
  (void)state;
  ground_directory("d");
  ground_file("d/a", "");
  ground_symlink("d/a", "s");
  ground_symlink("../s", "d/t");
  ground_symlink("d", "u");
  ground_symlink("missing", "v");
  ground_symlink("w", "w");
  struct nl_scope scope = open_scope(0);
  const struct nl_seek_file file = {id_of("d/a"), 1};
  const struct nl_seek_id goal = id_of("d");
  const struct nl_seek_plan plan = {.dir = NLINK_CWD,
                                    .paths = here,
                                    .count = 1,
                                    .scope = &scope,
                                    .files = &file,
                                    .file_count = 1,
                                    .soft = true,
                                    .goals = &goal,
                                    .goal_count = 1};
  struct nl_seek *seek = NULL;
  assert_int_equal(nl_seek_run(&seek, &plan), NLINK_OK);
  nl_scope_fini(&scope);
  size_t count = 0;
  const struct nl_seek_name *names = nl_seek_names(seek, &count);
  assert_int_equal(count, 4);
  for (size_t i = 0; i < count; i++) {
    static const char *const expected[] = {"0 ./d/a", "0 ./s", "0 ./d/t", "1 ./u"};
    char text[300];
    snprintf(text, sizeof text, "%zu %s", names[i].file, names[i].path);
    bool known = false;
    for (size_t k = 0; k < 4; k++)
      known = known || strcmp(text, expected[k]) == 0;
    assert_true(known);
    assert_int_equal(names[i].soft, strcmp(names[i].path, "./d/a") != 0);
  }
  nl_seek_close(seek);
}

/* ---------------------------------------------------------------- no longer than needed */

static long count_reads(const struct nl_seek_file *files, size_t count, enum nlink_status expected) {
  const struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_LOOK, .only = "getdents"};
  nl_fault_begin(&plan);
  struct nl_seek *seek = seek_in(here, 1, files, count, 2, expected);
  long reads = nl_fault_count();
  nl_fault_begin(NULL);
  nl_seek_close(seek);
  return reads;
}

static void it_ends_early(void **state) {
  (void)state;
  enum { BESIDE = 200 };
  char path[40];
  ground_file("a", "");
  ground_link("a", "b");
  ground_file("c", "");
  for (unsigned i = 0; i < BESIDE; i++) {
    snprintf(path, sizeof path, "d%u", i);
    ground_directory(path);
  }
  struct nl_seek_file files[] = {{id_of("a"), 2}, {id_of("c"), 1}};
  assert_in_range(count_reads(files, 2, NLINK_END), 1, 10);
  files[0].names = 1; /* more are there than are wanted */
  assert_in_range(count_reads(files, 2, NLINK_END), 1, 10);
  files[0].names = 3; /* and fewer */
  assert_in_range(count_reads(files, 2, NLINK_OK), BESIDE, 3 * BESIDE);
  assert_int_equal(count_reads(files, 0, NLINK_END), 0);
  files[1].names = 0;
  assert_int_equal(count_reads(files + 1, 1, NLINK_END), 0);
}

/* ---------------------------------------------------------------- where to begin */

static void where_to_begin(void **state) {
  (void)state;
  struct nl_string start = {0};
  int halted = 1;
  ground_directory("d");
  ground_directory("d/e");
  int e = open("d/e", O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(nl_seek_start(&start, e, &halted), 0);
  assert_int_equal(halted, 0);
  /* It is above us, on our device, and what is above it is not. */
  struct stat at;
  struct stat top;
  struct stat above;
  char path[5000];
  assert_int_equal(stat("d", &at), 0);
  assert_int_equal(stat(start.text, &top), 0);
  snprintf(path, sizeof path, "%s/..", start.text);
  assert_int_equal(stat(path, &above), 0);
  assert_memory_equal(start.text, ground_path(), start.length);
  assert_int_equal(top.st_dev, at.st_dev);
  assert_true(above.st_dev != at.st_dev || above.st_ino == top.st_ino);
  char again[5000];
  snprintf(again, sizeof again, "%s", start.text);
  assert_int_equal(nl_seek_start(&start, NLINK_CWD, &halted), 0);
  assert_string_equal(start.text, again);
  close(e);
  assert_int_not_equal(nl_seek_start(&start, e, &halted), 0);
  nl_string_fini(&start);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(many_files_at_once), TEST(others_are_left_alone), TEST(any_roots),
      TEST(soft_links),         TEST(it_ends_early),         TEST(where_to_begin),
  };
  return GROUND_RUN("seek", tests);
}
