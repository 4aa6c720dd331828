/*
 * test_link_fd.c - a name for an open file, however it was opened, and by whom
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

enum { NOBODY = 65534 };

static struct nlink_error error;
static const char *program;

static void opened_in_any_way(void **state) {
  (void)state;
  static const int flags[] = {O_RDONLY, O_WRONLY, O_RDWR, O_PATH, O_PATH | O_NOFOLLOW};
  ground_file("f", "1");
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    char name[20];
    int fd = open("f", flags[i] | O_CLOEXEC);
    snprintf(name, sizeof name, "g%zu", i);
    assert_int_equal(nlink_link_fd(fd, NLINK_CWD, name, i % 2 == 0 ? 0 : NLINK_BENEATH, &error), NLINK_OK);
    assert_true(ground_same("f", name));
    assert_int_equal(nlink_link_fd(fd, NLINK_CWD, name, 0, &error), NLINK_EXISTS);
    assert_true(error.dst_is_src);
    assert_int_equal(nlink_link_fd(fd, NLINK_CWD, name, NLINK_REPLACE, &error), NLINK_OK);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
  }
  ground_symlink("f", "l");
  int link = open("l", O_PATH | O_NOFOLLOW | O_CLOEXEC);
  assert_int_equal(nlink_link_fd(link, NLINK_CWD, "l2", 0, &error), NLINK_OK);
  assert_true(ground_same("l", "l2"));
  close(link);
}

static void unnamed_files(void **state) {
  (void)state;
  int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    ground_skip("this file system has no unnamed files");
  assert_int_equal(write(fd, "text", 4), 4);
  assert_int_equal(nlink_link_fd(fd, NLINK_CWD, "no/f", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.cause, NLINK_CAUSE_DST_PARENT_MISSING);
  assert_int_equal(nlink_link_fd(fd, NLINK_CWD, "f", 0, &error), NLINK_OK);
  assert_true(ground_holds("f", "text"));
  /* Its last name gone, it gets no new one. */
  assert_int_equal(unlink("f"), 0);
  assert_int_equal(nlink_link_fd(fd, NLINK_CWD, "f", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.cause, NLINK_CAUSE_NO_NAME_LEFT);
  assert_int_equal(error.at, NLINK_SRC);
  close(fd);
  fd = open(".", O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(nlink_link_fd(fd, NLINK_CWD, "f", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.cause, NLINK_CAUSE_NO_NAME_LEFT);
  close(fd);
  /* In the place of a name that stands. */
  ground_file("old", "old");
  fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  assert_int_equal(nlink_link_fd(fd, NLINK_CWD, "old", 0, &error), NLINK_EXISTS);
  assert_int_equal(nlink_link_fd(fd, NLINK_CWD, "old", NLINK_REPLACE, &error), NLINK_OK);
  assert_true(ground_holds("old", ""));
  close(fd);
}

static void deleted_files(void **state) {
  (void)state;
  ground_file("f", "1");
  int fd = open("f", O_RDONLY | O_CLOEXEC);
  unlink("f");
  for (unsigned flags = 0; flags <= NLINK_BENEATH; flags += NLINK_REPLACE) {
    assert_int_equal(nlink_link_fd(fd, NLINK_CWD, "g", flags, &error), NLINK_NOT_FOUND);
    assert_int_equal(error.cause, NLINK_CAUSE_NO_NAME_LEFT);
  }
  close(fd);
  assert_false(ground_exists("g"));
}

static void directories(void **state) {
  (void)state;
  ground_directory("d");
  int fd = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(nlink_link_fd(fd, NLINK_CWD, "e", 0, &error), NLINK_NOT_PERMITTED);
  assert_int_equal(error.cause, NLINK_CAUSE_SRC_IS_DIRECTORY);
  assert_int_equal(nlink_link_fd(NLINK_CWD, NLINK_CWD, "e", 0, &error), NLINK_NOT_PERMITTED);
  assert_int_equal(error.cause, NLINK_CAUSE_SRC_IS_DIRECTORY);
  close(fd);
}

/* What the program does when it is started again: link descriptor 9 to the name given. */
static int link_inherited(const char *name) {
  return nlink_link_fd(9, NLINK_CWD, name, 0, NULL) == NLINK_OK ? 0 : 1;
}

static void inherited_across_exec(void **state) {
  (void)state;
  ground_file("f", "1");
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    int fd = open("f", O_RDONLY | O_CLOEXEC);
    dup2(fd, 9);
    execl(program, program, "g", (char *)NULL);
    _exit(9);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_true(ground_same("f", "g"));
}

static int become_nobody(void) {
  return setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
         setresuid(NOBODY, NOBODY, NOBODY) != 0;
}

static void opened_before_a_change_of_user(void **state) {
  (void)state;
  if (geteuid() != 0)
    ground_skip("only root can become another user");
  ground_directory("open");
  assert_int_equal(chmod("open", 0777), 0);
  ground_file("theirs", "1");
  assert_int_equal(chown("theirs", NOBODY, NOBODY), 0);
  ground_file("ours", "2");
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    int theirs = open("theirs", O_RDONLY | O_CLOEXEC);
    int ours = open("ours", O_RDONLY | O_CLOEXEC);
    if (become_nobody() != 0)
      _exit(2);
    if (nlink_link_fd(theirs, NLINK_CWD, "open/g", 0, &error) != NLINK_OK)
      _exit(3);
    /* The file of somebody else: the rule says no, and the cause says why. */
    if (nlink_link_fd(ours, NLINK_CWD, "open/h", 0, &error) != NLINK_OK &&
        (error.status != NLINK_NOT_PERMITTED || error.cause != NLINK_CAUSE_PROTECTED_HARDLINKS))
      _exit(4);
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(WEXITSTATUS(status), 0);
  assert_true(ground_same("theirs", "open/g"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(int count, char **arguments) {
  static char own[4096];
  if (count == 2)
    return link_inherited(arguments[1]);
  ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
  program = length > 0 ? own : arguments[0];
  const struct CMUnitTest tests[] = {
      TEST(opened_in_any_way), TEST(unnamed_files),         TEST(deleted_files),
      TEST(directories),       TEST(inherited_across_exec), TEST(opened_before_a_change_of_user),
  };
  return GROUND_RUN("link_fd", tests);
}
