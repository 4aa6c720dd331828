/*
 * test_pointers.c - bad pointers are the system's to refuse: no call looks through one
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

/* Address and thread sanitizers look through what readlink() gets, before the system does. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||     \
    __has_feature(thread_sanitizer)
enum { READLINK_IS_WATCHED = 1 };
#else
enum { READLINK_IS_WATCHED = 0 };
#endif

static const unsigned link_flags[] = {0,
                                      NLINK_NO_FOLLOW,
                                      NLINK_REPLACE,
                                      NLINK_BENEATH,
                                      NLINK_NO_FOLLOW | NLINK_REPLACE,
                                      NLINK_NO_FOLLOW | NLINK_BENEATH,
                                      NLINK_REPLACE | NLINK_BENEATH,
                                      NLINK_NO_FOLLOW | NLINK_REPLACE | NLINK_BENEATH};

static const unsigned symlink_flags[] = {0,
                                         NLINK_REPLACE,
                                         NLINK_BENEATH,
                                         NLINK_RELATIVE,
                                         NLINK_ABSOLUTE,
                                         NLINK_REPLACE | NLINK_BENEATH,
                                         NLINK_REPLACE | NLINK_RELATIVE,
                                         NLINK_REPLACE | NLINK_ABSOLUTE,
                                         NLINK_BENEATH | NLINK_RELATIVE,
                                         NLINK_BENEATH | NLINK_ABSOLUTE,
                                         NLINK_REPLACE | NLINK_BENEATH | NLINK_RELATIVE,
                                         NLINK_REPLACE | NLINK_BENEATH | NLINK_ABSOLUTE};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { BAD = 3 };

static const char *bad(int i) {
  return i == 0 ? NULL : i == 1 ? (const char *)(uintptr_t)1 : ground_unmapped();
}

static void expect_pointer(enum nlink_status status, const struct nlink_error *error) {
  assert_string_equal(nlink_status_name(status), "NLINK_BAD_POINTER");
  assert_int_equal(error->status, status);
  assert_string_equal(nlink_cause_name(error->cause), "pointer");
  assert_true(error->certain);
  assert_string_equal(error->text, "a path points outside the process's memory");
}

/* Refused in some way: the system may find another fault first. */
static void expect_refused(enum nlink_status status, const struct nlink_error *error) {
  assert_true(status < 0);
  assert_int_equal(error->status, status);
}

static void link_refuses(void **state) {
  (void)state;
  struct nlink_error error;
  ground_file("f", "1");
  ground_file("old", "2");
  for (size_t f = 0; f < COUNT(link_flags); f++) {
    unsigned flags = link_flags[f];
    for (int i = 0; i < BAD; i++) {
      expect_pointer(nlink_link(NLINK_CWD, bad(i), NLINK_CWD, "new", flags, &error), &error);
      expect_pointer(nlink_link(NLINK_CWD, bad(i), NLINK_CWD, "old", flags, &error), &error);
      expect_pointer(nlink_link(NLINK_CWD, "f", NLINK_CWD, bad(i), flags, &error), &error);
      expect_pointer(nlink_link(NLINK_CWD, bad(i), NLINK_CWD, bad(i), flags, &error), &error);
      assert_true(nlink_link(NLINK_CWD, bad(i), NLINK_CWD, "new", flags, NULL) == NLINK_BAD_POINTER);
      assert_true(nlink_link(NLINK_CWD, "f", NLINK_CWD, bad(i), flags, NULL) == NLINK_BAD_POINTER);
      expect_refused(nlink_link(NLINK_CWD, "missing", NLINK_CWD, bad(i), flags, &error), &error);
      expect_refused(nlink_link(NLINK_CWD, "", NLINK_CWD, bad(i), flags, &error), &error);
      expect_refused(nlink_link(NLINK_CWD, "f/", NLINK_CWD, bad(i), flags, &error), &error);
      expect_refused(nlink_link(9999, "f", NLINK_CWD, bad(i), flags, &error), &error);
      expect_refused(nlink_link(NLINK_CWD, bad(i), 9999, "new", flags, &error), &error);
      expect_refused(nlink_link(NLINK_CWD, bad(i), NLINK_CWD, "", flags, &error), &error);
      expect_refused(nlink_link(NLINK_CWD, bad(i), NLINK_CWD, "no/new", flags, &error), &error);
      expect_refused(nlink_link(NLINK_CWD, "../f", NLINK_CWD, bad(i), flags, &error), &error);
    }
  }
  assert_true(ground_link_count("f") == 1);
  assert_false(ground_exists("new"));
  assert_true(ground_holds("old", "2"));
}

static void link_backup_refuses(void **state) {
  (void)state;
  struct nlink_error error;
  ground_file("f", "1");
  for (size_t f = 0; f < COUNT(link_flags); f++) {
    for (int i = 0; i < BAD; i++) {
      struct nlink_backup backup = {.size = sizeof backup, .kind = (enum nlink_backup_kind)(1 + i)};
      unsigned flags = link_flags[f];
      expect_pointer(nlink_link_backup(NLINK_CWD, bad(i), NLINK_CWD, "new", flags, &backup, &error), &error);
      expect_pointer(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, bad(i), flags, &backup, &error), &error);
      expect_pointer(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, bad(i), flags, NULL, &error), &error);
      expect_refused(nlink_link_backup(NLINK_CWD, "no", NLINK_CWD, bad(i), flags, &backup, &error), &error);
    }
  }
}

static void link_fd_refuses(void **state) {
  (void)state;
  struct nlink_error error;
  static const unsigned flags[] = {0, NLINK_REPLACE, NLINK_BENEATH, NLINK_REPLACE | NLINK_BENEATH};
  ground_file("f", "1");
  int fd = open("f", O_RDONLY | O_CLOEXEC);
  for (size_t f = 0; f < COUNT(flags); f++) {
    for (int i = 0; i < BAD; i++) {
      expect_pointer(nlink_link_fd(fd, NLINK_CWD, bad(i), flags[f], &error), &error);
      expect_refused(nlink_link_fd(9999, NLINK_CWD, bad(i), flags[f], &error), &error);
      expect_refused(nlink_link_fd(-1, NLINK_CWD, bad(i), flags[f], &error), &error);
      expect_refused(nlink_link_fd(NLINK_CWD, NLINK_CWD, bad(i), flags[f], &error), &error);
    }
  }
  close(fd);
}

static void symlink_refuses(void **state) {
  (void)state;
  struct nlink_error error;
  ground_file("old", "2");
  for (size_t f = 0; f < COUNT(symlink_flags); f++) {
    unsigned flags = symlink_flags[f];
    for (int i = 0; i < BAD; i++) {
      struct nlink_backup backup = {.size = sizeof backup, .kind = (enum nlink_backup_kind)(1 + i)};
      expect_pointer(nlink_symlink(NLINK_CWD, bad(i), NLINK_CWD, "new", flags, &error), &error);
      expect_pointer(nlink_symlink(NLINK_CWD, bad(i), NLINK_CWD, "old", flags, &error), &error);
      expect_pointer(nlink_symlink(NLINK_CWD, "t", NLINK_CWD, bad(i), flags, &error), &error);
      expect_refused(nlink_symlink(NLINK_CWD, "", NLINK_CWD, bad(i), flags, &error), &error);
      expect_refused(nlink_symlink(NLINK_CWD, bad(i), NLINK_CWD, "", flags, &error), &error);
      expect_refused(nlink_symlink(NLINK_CWD, bad(i), 9999, "new", flags, &error), &error);
      expect_refused(nlink_symlink(9999, "t", NLINK_CWD, bad(i), flags, &error), &error);
      expect_pointer(nlink_symlink_backup(NLINK_CWD, bad(i), NLINK_CWD, "old", flags, &backup, &error),
                     &error);
      expect_pointer(nlink_symlink_backup(NLINK_CWD, "t", NLINK_CWD, bad(i), flags, &backup, &error), &error);
    }
  }
  assert_true(ground_holds("old", "2"));
  assert_false(ground_exists("new"));
}

static void unlink_refuses(void **state) {
  (void)state;
  struct nlink_error error;
  static const unsigned flags[] = {0, NLINK_KEEP_LAST, NLINK_BENEATH, NLINK_KEEP_LAST | NLINK_BENEATH};
  for (size_t f = 0; f < COUNT(flags); f++) {
    for (int i = 0; i < BAD; i++) {
      uint64_t left = 77;
      expect_pointer(nlink_unlink(&left, NLINK_CWD, bad(i), flags[f], &error), &error);
      expect_pointer(nlink_unlink(NULL, NLINK_CWD, bad(i), flags[f], &error), &error);
      expect_refused(nlink_unlink(NULL, 9999, bad(i), flags[f], &error), &error);
      assert_true(left == 77);
    }
  }
}

static void looking_refuses(void **state) {
  (void)state;
  struct nlink_error error;
  struct nlink_stat stat;
  char target[100];
  bool same = false;
  ground_file("f", "1");
  ground_symlink("f", "l");
  for (int i = 0; i < BAD; i++) {
    for (unsigned flags = 0; flags < 8; flags++) {
      unsigned stat_flags = flags & (NLINK_NO_FOLLOW | NLINK_BENEATH);
      expect_pointer(nlink_stat(&stat, NLINK_CWD, bad(i), stat_flags, &error), &error);
      if (!READLINK_IS_WATCHED)
        expect_pointer(
            nlink_readlink(target, sizeof target, NLINK_CWD, bad(i), flags & NLINK_BENEATH, &error), &error);
      expect_pointer(
          nlink_same_file(&same, NLINK_CWD, "f", NLINK_CWD, bad(i), flags & NLINK_NO_FOLLOW, &error), &error);
      assert_int_equal(error.at, NLINK_DST);
      expect_pointer(
          nlink_same_file(&same, NLINK_CWD, bad(i), NLINK_CWD, "f", flags & NLINK_NO_FOLLOW, &error), &error);
      assert_int_equal(error.at, NLINK_SRC);
    }
  }
  /* Room for the answer is the system's to refuse as well. */
  for (int i = 1; i < BAD && !READLINK_IS_WATCHED; i++)
    assert_true(nlink_readlink((char *)(uintptr_t)bad(i), 10, NLINK_CWD, "l", 0, &error) ==
                NLINK_BAD_POINTER);
}

static void why_refuses(void **state) {
  (void)state;
  struct nlink_error error;
  struct nlink_why why;
  ground_file("f", "1");
  for (size_t f = 0; f < COUNT(link_flags); f++) {
    for (int i = 1; i < BAD; i++) { /* NULL is an argument error there */
      memset(&error, 0, sizeof error);
      assert_true(nlink_why(&why, NLINK_CWD, "f", NLINK_CWD, bad(i), link_flags[f], &error) == NLINK_OK);
      assert_true(why.count > 0);
      expect_pointer(why.obstacle[0].status, &why.obstacle[0]);
      assert_true(nlink_why(&why, NLINK_CWD, bad(i), NLINK_CWD, "new", link_flags[f], &error) == NLINK_OK);
      assert_true(why.count > 0);
      expect_pointer(why.obstacle[0].status, &why.obstacle[0]);
      assert_true(nlink_why(&why, NLINK_CWD, bad(i), NLINK_CWD, bad(i), link_flags[f], &error) == NLINK_OK);
      expect_pointer(why.obstacle[0].status, &why.obstacle[0]);
    }
  }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(link_refuses),   TEST(link_backup_refuses), TEST(link_fd_refuses), TEST(symlink_refuses),
      TEST(unlink_refuses), TEST(looking_refuses),     TEST(why_refuses),
  };
  return GROUND_RUN("pointers", tests);
}
