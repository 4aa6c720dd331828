/*
 * test_arguments.c - every argument error, with its exact text
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

static struct nlink_error error;

/* An argument error asks the system nothing, and says so in every field. */
static void expect_invalid(enum nlink_status status, const char *text) {
  assert_string_equal(error.text, text);
  assert_string_equal(nlink_status_name(status), "NLINK_INVALID");
  assert_int_equal(error.status, NLINK_INVALID);
  assert_int_equal(error.sys, 0);
  assert_int_equal(error.step, NLINK_STEP_ARGUMENTS);
  assert_int_equal(error.cause, NLINK_CAUSE_ARGUMENT);
  assert_int_equal(error.at, NLINK_NEITHER);
  assert_true(error.certain);
  assert_false(error.dst_is_src);
  memset(&error, 0x55, sizeof error);
}

static void unknown_flags(void **state) {
  (void)state;
  struct nlink_backup backup = {.size = sizeof backup};
  struct nlink_stat stat;
  struct nlink_why why;
  uint64_t left;
  bool same;
  char target[10];
  ground_file("f", "1");
  int fd = open("f", O_RDONLY | O_CLOEXEC);
  expect_invalid(nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", 0x08, &error), "nlink_link: unknown flag in 0x8");
  expect_invalid(nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", 0x42 | NLINK_REPLACE, &error),
                 "nlink_link: unknown flag in 0x42");
  expect_invalid(nlink_link(NLINK_CWD, NULL, NLINK_CWD, NULL, 0x80000000u, &error),
                 "nlink_link: unknown flag in 0x80000000");
  expect_invalid(nlink_link_fd(fd, NLINK_CWD, "g", NLINK_NO_FOLLOW, &error),
                 "nlink_link_fd: unknown flag in 0x1");
  expect_invalid(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, "g", NLINK_RELATIVE, &backup, &error),
                 "nlink_link_backup: unknown flag in 0x10");
  expect_invalid(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, "g", NLINK_RELATIVE, NULL, &error),
                 "nlink_link_backup: unknown flag in 0x10");
  expect_invalid(nlink_symlink(NLINK_CWD, "f", NLINK_CWD, "g", NLINK_NO_FOLLOW, &error),
                 "nlink_symlink: unknown flag in 0x1");
  expect_invalid(nlink_symlink(NLINK_CWD, "f", NLINK_CWD, "g", NLINK_RELATIVE | NLINK_ABSOLUTE, &error),
                 "nlink_symlink: a soft link is either relative or absolute, not both");
  expect_invalid(nlink_symlink_backup(NLINK_CWD, "f", NLINK_CWD, "g", 0x88, &backup, &error),
                 "nlink_symlink_backup: unknown flag in 0x88");
  expect_invalid(nlink_symlink_backup(NLINK_CWD, "f", NLINK_CWD, "g", 0x80, NULL, &error),
                 "nlink_symlink_backup: unknown flag in 0x80");
  expect_invalid(nlink_unlink(&left, NLINK_CWD, "f", NLINK_REPLACE, &error),
                 "nlink_unlink: unknown flag in 0x2");
  expect_invalid(nlink_stat(&stat, NLINK_CWD, "f", NLINK_REPLACE, &error), "nlink_stat: unknown flag in 0x2");
  expect_invalid(nlink_same_file(&same, NLINK_CWD, "f", NLINK_CWD, "f", NLINK_BENEATH, &error),
                 "nlink_same_file: unknown flag in 0x4");
  expect_invalid(nlink_readlink(target, 10, NLINK_CWD, "f", NLINK_NO_FOLLOW, &error),
                 "nlink_readlink: unknown flag in 0x1");
  expect_invalid(nlink_why(&why, NLINK_CWD, "f", NLINK_CWD, "g", 0x20, &error),
                 "nlink_why: unknown flag in 0x20");
  close(fd);
  assert_false(ground_exists("g"));
  assert_true(ground_link_count("f") == 1);
}

static void missing_arguments(void **state) {
  (void)state;
  bool same;
  char target[10];
  struct nlink_why why;
  expect_invalid(nlink_stat(NULL, NLINK_CWD, "f", 0, &error), "nlink_stat: out is NULL");
  expect_invalid(nlink_stat_fd(NULL, 0, &error), "nlink_stat_fd: out is NULL");
  expect_invalid(nlink_same_file(NULL, NLINK_CWD, "f", NLINK_CWD, "f", 0, &error),
                 "nlink_same_file: same is NULL");
  expect_invalid(nlink_readlink(NULL, 10, NLINK_CWD, "f", 0, &error),
                 "nlink_readlink: target is NULL or size is 0");
  expect_invalid(nlink_readlink(target, 0, NLINK_CWD, "f", 0, &error),
                 "nlink_readlink: target is NULL or size is 0");
  expect_invalid(nlink_why(NULL, NLINK_CWD, "f", NLINK_CWD, "g", 0, &error), "nlink_why: out is NULL");
  expect_invalid(nlink_why(&why, NLINK_CWD, NULL, NLINK_CWD, "g", 0, &error), "nlink_why: src is NULL");
  expect_invalid(nlink_why(&why, NLINK_CWD, "f", NLINK_CWD, NULL, 0, &error), "nlink_why: dst is NULL");
  assert_true(nlink_same_file(&same, NLINK_CWD, NULL, NLINK_CWD, "f", 0, &error) == NLINK_BAD_POINTER);
}

static void wrong_options(void **state) {
  (void)state;
  struct nlink_backup backup = {.size = sizeof backup - 1, .kind = NLINK_BACKUP_SIMPLE};
  char text[200];
  ground_file("f", "1");
  ground_file("g", "2");
  snprintf(text, sizeof text, "nlink_link_backup: backup->size is %zu and must be %zu", sizeof backup - 1,
           sizeof backup);
  expect_invalid(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, "g", 0, &backup, &error), text);
  backup.size = 0;
  snprintf(text, sizeof text, "nlink_symlink_backup: backup->size is 0 and must be %zu", sizeof backup);
  expect_invalid(nlink_symlink_backup(NLINK_CWD, "f", NLINK_CWD, "g", 0, &backup, &error), text);
  backup.size = sizeof backup;
  backup.kind = (enum nlink_backup_kind)4;
  expect_invalid(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, "g", 0, &backup, &error),
                 "nlink_link_backup: unknown kind of backup 4");
  backup.kind = NLINK_BACKUP_SIMPLE;
  backup.suffix = "";
  expect_invalid(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, "g", 0, &backup, &error),
                 "nlink_link_backup: a backup's suffix must not be empty nor hold a slash");
  backup.suffix = "/x";
  expect_invalid(nlink_symlink_backup(NLINK_CWD, "f", NLINK_CWD, "g", 0, &backup, &error),
                 "nlink_symlink_backup: a backup's suffix must not be empty nor hold a slash");
  assert_true(ground_holds("g", "2"));
}

static void wrong_list(void **state) {
  (void)state;
  struct nlink_list *list = (struct nlink_list *)(void *)&list;
  const struct nlink_list_options options = {.size = 1};
  static const char *const paths[] = {".", NULL};
  enum nlink_status status = nlink_list_open(NULL, NLINK_CWD, paths, 1, NULL, NULL, NULL, &error);
  assert_int_equal(status, NLINK_INVALID);
  assert_int_equal(error.cause, NLINK_CAUSE_ARGUMENT);
  status = nlink_list_open(&list, NLINK_CWD, paths, 1, &options, NULL, NULL, &error);
  assert_int_equal(status, NLINK_INVALID);
  assert_null(list);
  status = nlink_list_open(&list, NLINK_CWD, paths, 2, NULL, NULL, NULL, &error);
  assert_int_equal(status, NLINK_INVALID);
  status = nlink_list_open(&list, NLINK_CWD, NULL, 1, NULL, NULL, NULL, &error);
  assert_int_equal(status, NLINK_INVALID);
  nlink_list_close(NULL);
}

/* Without an error struct the answer is the same. */
static void no_error_struct(void **state) {
  (void)state;
  struct nlink_stat stat;
  struct nlink_why why;
  char target[4];
  bool same;
  ground_file("f", "1");
  ground_symlink("a long target", "l");
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", 0x100, NULL), NLINK_INVALID);
  assert_int_equal(nlink_link(NLINK_CWD, "no", NLINK_CWD, "g", 0, NULL), NLINK_NOT_FOUND);
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "f", 0, NULL), NLINK_EXISTS);
  assert_int_equal(nlink_symlink(NLINK_CWD, "f", NLINK_CWD, "f", 0, NULL), NLINK_EXISTS);
  assert_int_equal(nlink_unlink(NULL, NLINK_CWD, "no", 0, NULL), NLINK_NOT_FOUND);
  assert_int_equal(nlink_unlink(NULL, NLINK_CWD, "f", NLINK_KEEP_LAST, NULL), NLINK_LAST_NAME);
  assert_int_equal(nlink_stat(&stat, NLINK_CWD, "no", 0, NULL), NLINK_NOT_FOUND);
  assert_int_equal(nlink_stat(NULL, NLINK_CWD, "no", 0, NULL), NLINK_INVALID);
  assert_int_equal(nlink_same_file(&same, NLINK_CWD, "f", NLINK_CWD, "no", 0, NULL), NLINK_NOT_FOUND);
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "l", 0, NULL), NLINK_TOO_SMALL);
  assert_int_equal(nlink_why(&why, NLINK_CWD, NULL, NLINK_CWD, "g", 0, NULL), NLINK_INVALID);
}

/* Every descriptor that cannot be a directory. */
static void descriptors(void **state) {
  (void)state;
  ground_file("f", "1");
  int file = open("f", O_RDONLY | O_CLOEXEC);
  static const int closed[] = {-1, -2, -99, -101, 9999, INT_MAX, INT_MIN};
  for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
    char text[200];
    assert_int_equal(nlink_link(closed[i], "f", NLINK_CWD, "g", 0, &error), NLINK_BAD_DESCRIPTOR);
    snprintf(text, sizeof text, "descriptor %d, which 'f' is relative to, is not open", closed[i]);
    assert_string_equal(error.text, text);
    assert_int_equal(error.cause, NLINK_CAUSE_DESCRIPTOR);
    assert_int_equal(error.at, NLINK_SRC);
    for (unsigned flags = 0; flags < 8; flags++) {
      assert_int_equal(nlink_link(closed[i], "f", NLINK_CWD, "g", flags, &error), NLINK_BAD_DESCRIPTOR);
      assert_int_equal(error.at, NLINK_SRC);
      assert_int_equal(nlink_link(NLINK_CWD, "f", closed[i], "g", flags, &error), NLINK_BAD_DESCRIPTOR);
      assert_int_equal(error.at, NLINK_DST);
      assert_int_equal(nlink_link(NLINK_CWD, "f", file, "g", flags, &error), NLINK_NOT_DIRECTORY);
      assert_int_equal(nlink_link(file, "f", NLINK_CWD, "g", flags, &error), NLINK_NOT_DIRECTORY);
    }
    assert_int_equal(nlink_link_fd(closed[i], NLINK_CWD, "g", 0, &error), NLINK_BAD_DESCRIPTOR);
    snprintf(text, sizeof text, "descriptor %d is not open", closed[i]);
    assert_string_equal(error.text, text);
    assert_int_equal(nlink_link_fd(closed[i], NLINK_CWD, "g", NLINK_BENEATH, &error), NLINK_BAD_DESCRIPTOR);
    assert_int_equal(nlink_link_fd(closed[i], NLINK_CWD, "f", NLINK_REPLACE, &error), NLINK_BAD_DESCRIPTOR);
    struct nlink_stat stat;
    assert_int_equal(nlink_stat_fd(&stat, closed[i], &error), NLINK_BAD_DESCRIPTOR);
    assert_string_equal(error.text, text);
    assert_int_equal(nlink_stat(&stat, closed[i], "f", 0, &error), NLINK_BAD_DESCRIPTOR);
    assert_int_equal(nlink_unlink(NULL, closed[i], "f", 0, &error), NLINK_BAD_DESCRIPTOR);
    assert_int_equal(error.at, NLINK_DST);
    assert_int_equal(nlink_symlink(NLINK_CWD, "f", closed[i], "g", 0, &error), NLINK_BAD_DESCRIPTOR);
  }
  close(file);
  assert_true(ground_link_count("f") == 1);
}

/* An absolute path does not care for its descriptor. */
static void absolute_paths(void **state) {
  (void)state;
  char f[300];
  char g[300];
  snprintf(f, sizeof f, "%s/f", ground_path());
  snprintf(g, sizeof g, "%s/g", ground_path());
  ground_file("f", "1");
  assert_int_equal(nlink_link(9999, f, 9999, g, 0, &error), NLINK_OK);
  assert_true(ground_same("f", "g"));
  assert_int_equal(nlink_link(NLINK_CWD, "f", 9999, g, NLINK_REPLACE, &error), NLINK_OK);
  assert_int_equal(nlink_unlink(NULL, 9999, g, 0, &error), NLINK_OK);
  assert_int_equal(nlink_symlink(9999, f, 9999, g, NLINK_RELATIVE, &error), NLINK_OK);
  char target[20];
  assert_int_equal(nlink_readlink(target, sizeof target, 9999, g, 0, &error), NLINK_OK);
  assert_string_equal(target, "f");
  assert_int_equal(nlink_link(NLINK_CWD, f, NLINK_CWD, "h", NLINK_BENEATH, &error), NLINK_ESCAPES);
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, g, NLINK_BENEATH, &error), NLINK_ESCAPES);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(unknown_flags),   TEST(missing_arguments), TEST(wrong_options),  TEST(wrong_list),
      TEST(no_error_struct), TEST(descriptors),       TEST(absolute_paths),
  };
  return GROUND_RUN("arguments", tests);
}
