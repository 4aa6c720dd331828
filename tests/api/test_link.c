/*
 * test_link.c - one more name, and nothing else
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

static struct nlink_error error;

static void gives_a_name(void **state) {
  (void)state;
  ground_file("f", "contents");
  ground_directory("d");
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "d/g", 0, &error), NLINK_OK);
  assert_true(ground_same("f", "d/g"));
  assert_true(ground_link_count("f") == 2);
  assert_true(ground_holds("d/g", "contents"));
  int d = open("d", O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(nlink_link(d, "g", NLINK_CWD, "h", 0, &error), NLINK_OK);
  assert_int_equal(nlink_link(d, "../f", d, "i", NLINK_NO_FOLLOW, &error), NLINK_OK);
  close(d);
  assert_true(ground_link_count("f") == 4);
}

static void follows(void **state) {
  (void)state;
  ground_file("f", "contents");
  ground_symlink("f", "l");
  ground_symlink("l", "ll");
  assert_int_equal(nlink_link(NLINK_CWD, "ll", NLINK_CWD, "followed", 0, &error), NLINK_OK);
  assert_true(ground_same("f", "followed"));
  assert_int_equal(nlink_link(NLINK_CWD, "ll", NLINK_CWD, "itself", NLINK_NO_FOLLOW, &error), NLINK_OK);
  assert_true(ground_same("ll", "itself"));
  assert_int_equal(nlink_link(NLINK_CWD, "ll", NLINK_CWD, "beneath", NLINK_BENEATH, &error), NLINK_OK);
  assert_true(ground_same("f", "beneath"));
  assert_int_equal(nlink_link(NLINK_CWD, "ll", NLINK_CWD, "both", NLINK_BENEATH | NLINK_NO_FOLLOW, &error),
                   NLINK_OK);
  assert_true(ground_same("ll", "both"));
  /* A soft link at the end of dst is in the way, wherever it leads. */
  ground_symlink("nowhere", "dangles");
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "dangles", 0, &error), NLINK_EXISTS);
  assert_int_equal(error.cause, NLINK_CAUSE_DST_DANGLES);
  assert_false(ground_exists("nowhere"));
}

static void other_kinds(void **state) {
  (void)state;
  assert_int_equal(mkfifo("pipe", 0600), 0);
  assert_int_equal(nlink_link(NLINK_CWD, "pipe", NLINK_CWD, "pipe2", 0, &error), NLINK_OK);
  assert_true(ground_same("pipe", "pipe2"));
  ground_directory("d");
  assert_int_equal(nlink_link(NLINK_CWD, "d", NLINK_CWD, "d2", 0, &error), NLINK_NOT_PERMITTED);
  assert_int_equal(error.cause, NLINK_CAUSE_SRC_IS_DIRECTORY);
  assert_int_equal(error.sys, EPERM);
}

static void tells_in_full(void **state) {
  (void)state;
  ground_file("f", "1");
  ground_link("f", "same");
  ground_file("g", "2");
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", 0, &error), NLINK_EXISTS);
  assert_int_equal(error.status, NLINK_EXISTS);
  assert_int_equal(error.sys, EEXIST);
  assert_int_equal(error.step, NLINK_STEP_LINK);
  assert_int_equal(error.cause, NLINK_CAUSE_DST_EXISTS);
  assert_int_equal(error.at, NLINK_DST);
  assert_true(error.certain);
  assert_false(error.dst_is_src);
  assert_string_equal(error.text, "'g' exists: it is a regular file");
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "same", 0, &error), NLINK_EXISTS);
  assert_int_equal(error.cause, NLINK_CAUSE_DST_IS_SRC);
  assert_true(error.dst_is_src);
  assert_string_equal(error.text, "'same' is already a name of 'f'");
  assert_int_equal(nlink_link(NLINK_CWD, "no/f", NLINK_CWD, "new", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.cause, NLINK_CAUSE_SRC_PARENT_MISSING);
  assert_string_equal(error.text, "'no': no such directory");
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "new/", 0, &error), NLINK_NOT_FOUND);
  assert_int_equal(error.cause, NLINK_CAUSE_DST_SLASH);
}

/* The error struct is the caller's: written on failure only. */
static void success_writes_no_error(void **state) {
  (void)state;
  struct nlink_error before;
  struct nlink_stat stat;
  uint64_t left = 0;
  char target[10];
  bool same = false;
  memset(&error, 0x5a, sizeof error);
  memcpy(&before, &error, sizeof error);
  ground_file("f", "1");
  ground_file("g", "2");
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "h", 0, &error), NLINK_OK);
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", NLINK_REPLACE, &error), NLINK_OK);
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", NLINK_REPLACE, &error), NLINK_OK);
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "i", NLINK_BENEATH, &error), NLINK_OK);
  assert_int_equal(nlink_symlink(NLINK_CWD, "f", NLINK_CWD, "l", NLINK_RELATIVE, &error), NLINK_OK);
  assert_int_equal(nlink_symlink(NLINK_CWD, "f", NLINK_CWD, "l", NLINK_REPLACE, &error), NLINK_OK);
  assert_int_equal(nlink_unlink(&left, NLINK_CWD, "i", NLINK_KEEP_LAST, &error), NLINK_OK);
  assert_int_equal(nlink_stat(&stat, NLINK_CWD, "f", 0, &error), NLINK_OK);
  assert_int_equal(nlink_same_file(&same, NLINK_CWD, "f", NLINK_CWD, "h", 0, &error), NLINK_OK);
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "l", 0, &error), NLINK_OK);
  assert_int_equal(memcmp(&before, &error, sizeof error), 0);
}

/* No result depends on what errno held. */
static void errno_does_not_matter(void **state) {
  (void)state;
  static const int numbers[] = {0, EIO, EEXIST, ENOENT, EINVAL, 99999};
  ground_file("f", "1");
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    errno = numbers[i];
    assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", 0, &error), NLINK_OK);
    errno = numbers[i];
    assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", NLINK_REPLACE, &error), NLINK_OK);
    errno = numbers[i];
    assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", 0, &error), NLINK_EXISTS);
    errno = numbers[i];
    assert_int_equal(nlink_unlink(NULL, NLINK_CWD, "g", NLINK_KEEP_LAST, &error), NLINK_OK);
    errno = numbers[i];
    assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "", 0, &error), NLINK_NOT_FOUND);
  }
}

/* ---------------------------------------------------------------- one system call */

/* The child's system calls between its two markers, seen by its parent; -1 = it cannot be traced. */
static long calls_of(void (*act)(void)) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
      _exit(77);
    raise(SIGSTOP);
    syscall(SYS_getppid);
    act();
    syscall(SYS_getppid);
    _exit(0);
  }
  int status = 0;
  long calls = 0;
  int markers = 0;
  bool entering = true;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
    return -1;
  ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  while (ptrace(PTRACE_SYSCALL, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child &&
         WIFSTOPPED(status)) {
    if (WSTOPSIG(status) != (SIGTRAP | 0x80))
      continue;
    struct __ptrace_syscall_info info; /* as glibc calls it */
    if (ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof info, &info) <= 0)
      break;
    entering = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    if (!entering)
      continue;
    if (info.entry.nr == SYS_getppid)
      markers++;
    else if (markers == 1)
      calls++;
  }
  return markers == 2 ? calls : -1;
}

static void one_link(void) {
  if (nlink_link(NLINK_CWD, "f", NLINK_CWD, "g", 0, &error) != NLINK_OK)
    abort();
}

static void one_link_in_place(void) {
  if (nlink_link(NLINK_CWD, "f", NLINK_CWD, "h", NLINK_REPLACE | NLINK_NO_FOLLOW, &error) != NLINK_OK)
    abort();
}

static void one_symlink(void) {
  if (nlink_symlink(NLINK_CWD, "f", NLINK_CWD, "l", 0, &error) != NLINK_OK)
    abort();
}

static void one_unlink(void) {
  if (nlink_unlink(NULL, NLINK_CWD, "g", 0, &error) != NLINK_OK)
    abort();
}

static void one_stat(void) {
  struct nlink_stat stat;
  if (nlink_stat(&stat, NLINK_CWD, "f", 0, &error) != NLINK_OK)
    abort();
}

static void one_failure(void) {
  if (nlink_link(NLINK_CWD, "f", NLINK_CWD, "f", 0, NULL) != NLINK_EXISTS)
    abort();
}

static void costs_one_call(void **state) {
  (void)state;
  static void (*const acts[])(void) = {one_link,   one_link_in_place, one_symlink,
                                       one_unlink, one_stat,          one_failure};
  ground_file("f", "1");
  for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
    long calls = calls_of(acts[i]);
    if (calls < 0)
      ground_skip("a process cannot be traced here");
    assert_int_equal(calls, 1);
  }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(gives_a_name),
      TEST(follows),
      TEST(other_kinds),
      TEST(tells_in_full),
      TEST(success_writes_no_error),
      TEST(errno_does_not_matter),
      TEST(costs_one_call),
  };
  return GROUND_RUN("link", tests);
}
