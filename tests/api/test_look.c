/*
 * test_look.c - soft links, removing, looking: nlink_symlink, nlink_unlink, nlink_stat, nlink_readlink
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ground.h"

static struct nlink_error error;

static void expect_target(const char *path, const char *wanted) {
  char target[NLINK_TARGET_SIZE];
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, path, 0, &error), NLINK_OK);
  assert_string_equal(target, wanted);
}

static void soft_links(void **state) {
  (void)state;
  char text[600];
  ground_directory("d");
  ground_symlink("d", "ld");
  int d = open("d", O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(nlink_symlink(9999, "any/../text", NLINK_CWD, "as-given", 0, &error), NLINK_OK);
  expect_target("as-given", "any/../text");
  assert_int_equal(nlink_symlink(NLINK_CWD, "f", NLINK_CWD, "ld/r", NLINK_RELATIVE, &error), NLINK_OK);
  expect_target("d/r", "../f");
  assert_int_equal(nlink_symlink(d, "f", NLINK_CWD, "r2", NLINK_RELATIVE, &error), NLINK_OK);
  expect_target("r2", "d/f");
  assert_int_equal(nlink_symlink(d, "./f", d, "a", NLINK_ABSOLUTE, &error), NLINK_OK);
  snprintf(text, sizeof text, "%s/d/f", ground_path());
  expect_target("d/a", text);
  assert_int_equal(nlink_symlink(NLINK_CWD, "x", NLINK_CWD, "d/a", 0, &error), NLINK_EXISTS);
  assert_int_equal(nlink_symlink(NLINK_CWD, "x", NLINK_CWD, "d/a", NLINK_REPLACE, &error), NLINK_OK);
  expect_target("d/a", "x");
  for (unsigned flags = 0; flags <= NLINK_ABSOLUTE; flags += NLINK_RELATIVE) {
    assert_int_equal(nlink_symlink(NLINK_CWD, "", NLINK_CWD, "n", flags, &error), NLINK_NOT_FOUND);
    assert_false(ground_exists("n"));
  }
  assert_int_equal(nlink_symlink(NLINK_CWD, "x", NLINK_CWD, "no/n", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.cause, NLINK_CAUSE_DST_PARENT_MISSING);
  assert_int_equal(nlink_symlink(NLINK_CWD, "x", NLINK_CWD, "n/", 0, &error), NLINK_NOT_FOUND);
  close(d);
  static char long_target[5000];
  memset(long_target, 't', sizeof long_target - 1);
  assert_int_equal(nlink_symlink(NLINK_CWD, long_target, NLINK_CWD, "n", 0, &error), NLINK_NAME_TOO_LONG);
  assert_int_equal(error.cause, NLINK_CAUSE_TOO_LONG);
}

/* A soft link that would lead to itself is not put in the place of what it would lead to. */
static void circles(void **state) {
  (void)state;
  static const char *const targets[] = {"c", "./c", "lc", "llc", "d/../c"};
  ground_file("c", "kept");
  ground_directory("d");
  ground_symlink("c", "lc");
  ground_symlink("d/../lc", "llc");
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
    for (unsigned how = 0; how <= NLINK_ABSOLUTE; how += NLINK_RELATIVE) {
      assert_int_equal(nlink_symlink(NLINK_CWD, targets[i], NLINK_CWD, "c", how | NLINK_REPLACE, &error),
                       NLINK_EXISTS);
      assert_int_equal(error.cause, NLINK_CAUSE_DST_IS_SRC);
      assert_true(ground_holds("c", "kept"));
    }
  }
  assert_int_equal(nlink_symlink(NLINK_CWD, "c", NLINK_CWD, "c", NLINK_REPLACE | NLINK_CIRCLE, &error),
                   NLINK_OK);
  expect_target("c", "c");
}

static void removes(void **state) {
  (void)state;
  uint64_t left = 77;
  ground_file("f", "1");
  ground_link("f", "g");
  ground_link("f", "h");
  ground_directory("d");
  ground_symlink("d", "ld");
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "h", 0, &error), NLINK_OK);
  assert_true(left == 2);
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "g", NLINK_KEEP_LAST | NLINK_BENEATH, &error), NLINK_OK);
  assert_true(left == 1);
  left = 77;
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "f", NLINK_KEEP_LAST, &error), NLINK_LAST_NAME);
  assert_int_equal(error.cause, NLINK_CAUSE_LAST_NAME_KEPT);
  assert_string_equal(error.text, "'f' is the file's last name: its contents would go with it");
  assert_true(left == 77);
  assert_int_equal(nlink_unlink(NULL, NLINK_CWD, "f", NLINK_KEEP_LAST, NULL), NLINK_LAST_NAME);
  assert_true(ground_holds("f", "1"));
  static const char *const directories[] = {"d", "d/", ".", "d/."};
  for (unsigned flags = 0; flags <= (NLINK_KEEP_LAST | NLINK_BENEATH); flags += NLINK_BENEATH)
    for (size_t i = 0; i < 4; i++)
      assert_int_equal(nlink_unlink(NULL, NLINK_CWD, directories[i], flags, &error), NLINK_IS_DIRECTORY);
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "f/", 0, &error), NLINK_NOT_DIRECTORY);
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "no", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.cause, NLINK_CAUSE_EMPTY_PATH);
  assert_true(left == 77);
  /* A soft link goes itself, and is kept itself. */
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "ld", NLINK_KEEP_LAST, &error), NLINK_LAST_NAME);
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "ld", 0, &error), NLINK_OK);
  assert_true(left == 0);
  assert_true(ground_exists("d"));
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "f", 0, &error), NLINK_OK);
  assert_true(left == 0);
}

/* ---------------------------------------------------------------- stat */

static int64_t nanoseconds(struct timespec time) {
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void expect_as(const struct nlink_stat *ours, const struct stat *theirs, enum nlink_kind kind) {
  assert_true(ours->dev == theirs->st_dev);
  assert_true(ours->ino == theirs->st_ino);
  assert_true(ours->link_count == theirs->st_nlink);
  assert_int_equal(ours->kind, kind);
  assert_int_equal(ours->mode, theirs->st_mode & 07777);
  assert_int_equal(ours->uid, theirs->st_uid);
  assert_int_equal(ours->gid, theirs->st_gid);
  assert_int_equal(ours->dev_major, major(theirs->st_dev));
  assert_int_equal(ours->dev_minor, minor(theirs->st_dev));
  assert_int_equal(ours->rdev_major, major(theirs->st_rdev));
  assert_int_equal(ours->rdev_minor, minor(theirs->st_rdev));
  assert_true(ours->size_bytes == (uint64_t)theirs->st_size);
  assert_true(ours->allocated_bytes == (uint64_t)theirs->st_blocks * 512);
  assert_true(ours->atime_ns == nanoseconds(theirs->st_atim));
  assert_true(ours->mtime_ns == nanoseconds(theirs->st_mtim));
  assert_true(ours->ctime_ns == nanoseconds(theirs->st_ctim));
}

static void stats(void **state) {
  (void)state;
  ground_file("f", "some text");
  ground_link("f", "g");
  ground_directory("d");
  ground_symlink("f", "l");
  assert_int_equal(mkfifo("pipe", 0640), 0);
  assert_int_equal(chmod("f", 04711), 0);
  const struct timespec early[2] = {{.tv_sec = -5, .tv_nsec = 7}, {.tv_sec = -100, .tv_nsec = 999999999}};
  assert_int_equal(utimensat(AT_FDCWD, "g", early, 0), 0);
  assert_int_equal(truncate("f", 100000), 0);
  static const struct {
    const char *path;
    enum nlink_kind kind;
    unsigned flags;
  } rows[] = {{"f", NLINK_REGULAR, 0},
              {"d", NLINK_DIRECTORY, 0},
              {"l", NLINK_REGULAR, 0},
              {"l", NLINK_SYMLINK, NLINK_NO_FOLLOW},
              {"pipe", NLINK_FIFO, 0},
              {"/dev/null", NLINK_CHARACTER_DEVICE, 0},
              {"f", NLINK_REGULAR, NLINK_BENEATH},
              {".", NLINK_DIRECTORY, NLINK_BENEATH}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct nlink_stat ours;
    struct stat theirs;
    int flags = (rows[i].flags & NLINK_NO_FOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
    assert_int_equal(fstatat(AT_FDCWD, rows[i].path, &theirs, flags), 0);
    assert_int_equal(nlink_stat(&ours, NLINK_CWD, rows[i].path, rows[i].flags, &error), NLINK_OK);
    expect_as(&ours, &theirs, rows[i].kind);
    int fd = open(rows[i].path, O_PATH | O_CLOEXEC | (flags != 0 ? O_NOFOLLOW : 0));
    struct nlink_stat by_fd;
    assert_int_equal(nlink_stat_fd(&by_fd, fd, &error), NLINK_OK);
    assert_int_equal(memcmp(&ours, &by_fd, sizeof ours), 0);
    close(fd);
  }
  int ends[2];
  struct nlink_stat socket_stat;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  assert_int_equal(nlink_stat_fd(&socket_stat, ends[0], &error), NLINK_OK);
  assert_int_equal(socket_stat.kind, NLINK_SOCKET);
  close(ends[0]);
  close(ends[1]);
}

static void stats_that_fail(void **state) {
  (void)state;
  struct nlink_stat stat;
  struct nlink_stat before;
  memset(&stat, 0x5a, sizeof stat);
  memcpy(&before, &stat, sizeof stat);
  ground_symlink("no", "dangles");
  ground_symlink("loop", "loop");
  ground_file("f", "");
  assert_int_equal(nlink_stat(&stat, NLINK_CWD, "no", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(nlink_stat(&stat, NLINK_CWD, "dangles", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.cause, NLINK_CAUSE_SRC_DANGLES);
  assert_int_equal(nlink_stat(&stat, NLINK_CWD, "loop", 0, &error), NLINK_SYMLINK_LOOP);
  assert_int_equal(error.cause, NLINK_CAUSE_LOOP);
  assert_int_equal(nlink_stat(&stat, NLINK_CWD, "f/x", 0, &error), NLINK_NOT_DIRECTORY);
  assert_int_equal(nlink_stat(&stat, NLINK_CWD, "", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(memcmp(&stat, &before, sizeof stat), 0);
}

static void same_files(void **state) {
  (void)state;
  bool same = false;
  ground_file("f", "1");
  ground_link("f", "g");
  ground_file("h", "1");
  ground_symlink("f", "l");
  assert_int_equal(nlink_same_file(&same, NLINK_CWD, "f", NLINK_CWD, "g", 0, &error), NLINK_OK);
  assert_true(same);
  assert_int_equal(nlink_same_file(&same, NLINK_CWD, "f", NLINK_CWD, "l", 0, &error), NLINK_OK);
  assert_true(same);
  assert_int_equal(nlink_same_file(&same, NLINK_CWD, "f", NLINK_CWD, "l", NLINK_NO_FOLLOW, &error), NLINK_OK);
  assert_false(same);
  assert_int_equal(nlink_same_file(&same, NLINK_CWD, "f", NLINK_CWD, "h", 0, &error), NLINK_OK);
  assert_false(same);
  same = true;
  assert_int_equal(nlink_same_file(&same, NLINK_CWD, "no", NLINK_CWD, "h", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.at, NLINK_SRC);
  assert_int_equal(nlink_same_file(&same, NLINK_CWD, "f", NLINK_CWD, "no", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.at, NLINK_DST);
  assert_true(same);
}

static void reads_targets(void **state) {
  (void)state;
  static char text[NLINK_TARGET_SIZE];
  static char target[NLINK_TARGET_SIZE];
  for (size_t length = 1; length < NLINK_TARGET_SIZE; length = length < 20 ? length + 1 : length * 4 + 15) {
    memset(text, 'a', length);
    text[length] = '\0';
    unlink("l");
    if (symlink(text, "l") != 0)
      break; /* longer than this file system holds */
    for (unsigned flags = 0; flags <= NLINK_BENEATH; flags += NLINK_BENEATH) {
      assert_int_equal(nlink_readlink(target, length + 1, NLINK_CWD, "l", flags, &error), NLINK_OK);
      assert_string_equal(target, text);
      assert_int_equal(nlink_readlink(target, length, NLINK_CWD, "l", flags, &error), NLINK_TOO_SMALL);
      assert_int_equal(nlink_readlink(target, 1, NLINK_CWD, "l", flags, &error), NLINK_TOO_SMALL);
    }
  }
  assert_int_equal(nlink_readlink(target, 1, NLINK_CWD, "l", 0, &error), NLINK_TOO_SMALL);
  assert_string_equal(error.text, "the target of 'l' and its NUL do not fit into 1 bytes");
  /* A size beyond what the system's call can be told is not another answer. */
  unlink("l");
  ground_symlink("f", "l");
  static const size_t sizes[] = {INT_MAX, (size_t)INT_MAX + 1, UINT_MAX, (size_t)UINT_MAX + 1, SIZE_MAX / 2};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    assert_int_equal(nlink_readlink(target, sizes[i], NLINK_CWD, "l", 0, &error), NLINK_OK);
    assert_string_equal(target, "f");
  }
}

static void reads_no_target(void **state) {
  (void)state;
  char target[100];
  ground_file("f", "");
  ground_directory("d");
  ground_symlink("d", "ld");
  for (unsigned flags = 0; flags <= NLINK_BENEATH; flags += NLINK_BENEATH) {
    static const char *const others[] = {"f", "d", "d/", ".", "ld/"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
      assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, others[i], flags, &error),
                       NLINK_NOT_SYMLINK);
      assert_int_equal(error.cause, NLINK_CAUSE_NOT_A_SYMLINK);
    }
    assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "no", flags, &error), NLINK_NOT_FOUND);
    assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "", flags, &error), NLINK_NOT_FOUND);
  }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(soft_links),      TEST(circles),    TEST(removes),       TEST(stats),
      TEST(stats_that_fail), TEST(same_files), TEST(reads_targets), TEST(reads_no_target),
  };
  return GROUND_RUN("look", tests);
}
