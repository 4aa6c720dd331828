/*
 * test_replace.c - the name in the place of another, there at every instant, and backups of what it was
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

static struct nlink_error error;

static size_t count_names(const char *path) {
  DIR *directory = opendir(path);
  assert_non_null(directory);
  size_t count = 0;
  for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(directory);
  return count;
}

static void replaces(void **state) {
  (void)state;
  for (unsigned beneath = 0; beneath <= NLINK_BENEATH; beneath += NLINK_BENEATH) {
    ground_file("f", "new");
    ground_file("g", "old");
    ground_symlink("f", "l");
    ground_symlink("nowhere", "dangles");
    static const char *const names[] = {"g", "l", "dangles", "fresh"};
    for (size_t i = 0; i < 4; i++) {
      assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, names[i], NLINK_REPLACE | beneath, &error),
                       NLINK_OK);
      assert_true(ground_same("f", names[i]));
    }
    assert_true(ground_link_count("f") == 5);
    assert_int_equal(count_names("."), 5);
    /* A name of the file already: no temporary name is left, and nothing changes. */
    char *before = ground_picture(true);
    assert_int_equal(nlink_link(NLINK_CWD, "g", NLINK_CWD, "l", NLINK_REPLACE | beneath, &error), NLINK_OK);
    assert_int_equal(nlink_link(NLINK_CWD, "g", NLINK_CWD, "g", NLINK_REPLACE | beneath, &error), NLINK_OK);
    char *after = ground_picture(true);
    assert_string_equal(before, after);
    free(before);
    free(after);
    ground_empty(ground_path());
  }
}

/* A soft link in the place of what it leads to, over whatever way: the contents would be gone. */
static void refuses_circles(void **state) {
  (void)state;
  static const struct {
    const char *target;
    const char *dst;
    unsigned flags;
  } circles[] = {{"f", "f", 0},
                 {"./f", "f", 0},
                 {"d/../f", "f", 0},
                 {"to f", "f", 0},
                 {"to to f", "f", 0},
                 {"in", "d/in", 0},
                 {"f", "./f", NLINK_RELATIVE},
                 {"f", "f", NLINK_ABSOLUTE},
                 {"d/in", "d/in", NLINK_RELATIVE},
                 {"f", "f", NLINK_BENEATH},
                 {"f/", "f", 0},
                 {"to f", "to f", 0}};
  ground_directory("d");
  ground_file("f", "contents");
  ground_file("d/in", "more");
  ground_symlink("f", "to f");
  ground_symlink("to f", "to to f");
  ground_symlink("../d/up", "d/up");
  char *before = ground_picture(true);
  for (size_t i = 0; i < sizeof circles / sizeof circles[0]; i++) {
    assert_int_equal(nlink_symlink(NLINK_CWD, circles[i].target, NLINK_CWD, circles[i].dst,
                                   NLINK_REPLACE | circles[i].flags, &error),
                     NLINK_EXISTS);
    assert_int_equal(error.cause, NLINK_CAUSE_DST_IS_SRC);
    assert_string_equal(error.text, "the soft link would lead to itself, and what it replaces would be lost");
  }
  char *after = ground_picture(true);
  assert_string_equal(before, after);
  free(before);
  free(after);
  assert_int_equal(nlink_symlink(NLINK_CWD, "../f", NLINK_CWD, "d/up", NLINK_REPLACE, &error), NLINK_OK);
  struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_SIMPLE};
  assert_int_equal(nlink_symlink_backup(NLINK_CWD, "f", NLINK_CWD, "f", 0, &backup, &error), NLINK_OK);
  assert_string_equal(backup.name, "f~");
  assert_int_equal(nlink_symlink(NLINK_CWD, "in", NLINK_CWD, "d/in", NLINK_REPLACE | NLINK_CIRCLE, &error),
                   NLINK_OK);
  ground_empty(ground_path());
}

static void refuses(void **state) {
  (void)state;
  ground_file("f", "new");
  ground_directory("d");
  ground_symlink("d", "ld");
  char *before = ground_picture(false);
  static const char *const directories[] = {"d", "d/", ".", "..", "d/.", "d/..", "/", "ld/", "ld/."};
  for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
    assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, directories[i], NLINK_REPLACE, &error),
                     NLINK_IS_DIRECTORY);
    assert_int_equal(error.cause, NLINK_CAUSE_DST_IS_DIRECTORY);
    assert_int_equal(nlink_symlink(NLINK_CWD, "f", NLINK_CWD, directories[i], NLINK_REPLACE, &error),
                     NLINK_IS_DIRECTORY);
    struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_SIMPLE};
    assert_int_equal(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, directories[i], 0, &backup, &error),
                     NLINK_IS_DIRECTORY);
  }
  assert_int_equal(nlink_link(NLINK_CWD, "d", NLINK_CWD, "d", NLINK_REPLACE, &error), NLINK_NOT_PERMITTED);
  assert_int_equal(nlink_link(NLINK_CWD, "no", NLINK_CWD, "f", NLINK_REPLACE, &error), NLINK_NOT_FOUND);
  assert_int_equal(nlink_link(NLINK_CWD, "f", NLINK_CWD, "f/", NLINK_REPLACE, &error), NLINK_NOT_DIRECTORY);
  char *after = ground_picture(false);
  assert_string_equal(before, after);
  free(before);
  free(after);
}

/* ---------------------------------------------------------------- there at every instant */

struct watch {
  atomic_bool ends;
  unsigned long looked, missing;
};

static void *look_on(void *ctx) {
  struct watch *watch = ctx;
  while (!atomic_load(&watch->ends)) {
    struct stat stat;
    watch->missing += lstat("dst", &stat) != 0;
    watch->looked++;
  }
  return NULL;
}

enum { ROUNDS = 3000 };

static void always_there(void **state) {
  (void)state;
  pthread_t thread;
  struct watch watch = {.ends = false};
  ground_file("a", "a");
  ground_file("b", "b");
  ground_link("a", "dst");
  assert_int_equal(pthread_create(&thread, NULL, look_on, &watch), 0);
  int failed = 0;
  for (int i = 0; i < ROUNDS; i++) {
    struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_SIMPLE};
    const char *src = i % 2 == 0 ? "b" : "a";
    switch (i % 5) {
    case 0:
      failed += nlink_symlink(NLINK_CWD, src, NLINK_CWD, "dst", NLINK_REPLACE, NULL) != NLINK_OK;
      break;
    case 1:
      failed += nlink_link_backup(NLINK_CWD, src, NLINK_CWD, "dst", 0, &backup, NULL) != NLINK_OK;
      break;
    case 2:
      failed += nlink_symlink_backup(NLINK_CWD, src, NLINK_CWD, "dst", 0, &backup, NULL) != NLINK_OK;
      break;
    case 3:
      failed += nlink_link(NLINK_CWD, src, NLINK_CWD, "dst", NLINK_REPLACE | NLINK_BENEATH, NULL) != NLINK_OK;
      break;
    default:
      failed += nlink_link(NLINK_CWD, src, NLINK_CWD, "dst", NLINK_REPLACE, NULL) != NLINK_OK;
    }
  }
  atomic_store(&watch.ends, true);
  pthread_join(thread, NULL);
  assert_int_equal(failed, 0);
  assert_true(watch.missing == 0);
  assert_int_equal(count_names("."), 4); /* a, b, dst, dst~ */
}

/* ---------------------------------------------------------------- backups */

static const char *keep(const char *dst, enum nlink_backup_kind kind, const char *suffix) {
  static struct nlink_backup backup;
  backup = (struct nlink_backup){.size = sizeof backup, .kind = kind, .suffix = suffix};
  memset(backup.name, 'x', sizeof backup.name);
  assert_int_equal(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, dst,
                                     kind == NLINK_BACKUP_NONE ? NLINK_REPLACE : 0, &backup, &error),
                   NLINK_OK);
  assert_true(ground_same("f", dst));
  return backup.name;
}

static void backups(void **state) {
  (void)state;
  ground_file("f", "new");
  ground_directory("d");
  assert_string_equal(keep("g", NLINK_BACKUP_NUMBERED, NULL), ""); /* nothing stood there */
  ground_file("h", "1");
  assert_string_equal(keep("h", NLINK_BACKUP_SIMPLE, NULL), "h~");
  assert_true(ground_holds("h~", "1"));
  unlink("h");
  ground_file("h", "2");
  assert_string_equal(keep("h", NLINK_BACKUP_EXISTING, NULL), "h~"); /* no numbered one yet */
  assert_true(ground_holds("h~", "2"));
  unlink("h");
  ground_file("h", "3");
  assert_string_equal(keep("h", NLINK_BACKUP_NUMBERED, NULL), "h.~1~");
  unlink("h");
  ground_file("h", "4");
  ground_file("h.~9~", "nine");
  ground_file("h.~09~", "not a number as we write it");
  ground_file("h.~99999999999999999999999~", "too large a number");
  ground_file("h.~12~x", "no backup");
  ground_file("hh.~20~", "of another");
  assert_string_equal(keep("h", NLINK_BACKUP_EXISTING, NULL), "h.~10~");
  assert_true(ground_holds("h.~10~", "4"));
  ground_file("d/i", "5");
  assert_string_equal(keep("./d//i", NLINK_BACKUP_SIMPLE, ".bak"), "./d//i.bak");
  assert_true(ground_holds("d/i.bak", "5"));
  ground_file("j", "6");
  /* Where nothing is to be kept, nothing is replaced without a word. */
  struct nlink_backup none = {.size = sizeof none, .kind = NLINK_BACKUP_NONE};
  assert_int_equal(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, "j", 0, &none, &error), NLINK_EXISTS);
  assert_int_equal(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, "j", 0, NULL, &error), NLINK_EXISTS);
  assert_int_equal(nlink_symlink_backup(NLINK_CWD, "f", NLINK_CWD, "j", 0, &none, &error), NLINK_EXISTS);
  assert_int_equal(nlink_symlink_backup(NLINK_CWD, "f", NLINK_CWD, "j", 0, NULL, &error), NLINK_EXISTS);
  assert_true(ground_holds("j", "6"));
  assert_string_equal(keep("j", NLINK_BACKUP_NONE, NULL), "");
  /* A dst that is the file already: its backup is one more name. */
  assert_string_equal(keep("j", NLINK_BACKUP_SIMPLE, NULL), "j~");
  assert_true(ground_same("f", "j~"));
}

static void backups_of_soft_links(void **state) {
  (void)state;
  struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_SIMPLE};
  ground_file("f", "f");
  ground_symlink("nowhere", "l");
  assert_int_equal(nlink_symlink_backup(NLINK_CWD, "f", NLINK_CWD, "l", NLINK_RELATIVE, &backup, &error),
                   NLINK_OK);
  char target[20];
  assert_string_equal(backup.name, "l~");
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "l~", 0, &error), NLINK_OK);
  assert_string_equal(target, "nowhere");
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "l", 0, &error), NLINK_OK);
  assert_string_equal(target, "f");
}

/* A backup that cannot be: the tree is as it was. */
static void backups_that_fail(void **state) {
  (void)state;
  struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_SIMPLE};
  ground_file("f", "new");
  ground_file("g", "old");
  ground_directory("g~");
  ground_file("g~/x", "x");
  char long_suffix[300];
  memset(long_suffix, 's', sizeof long_suffix);
  long_suffix[sizeof long_suffix - 1] = '\0';
  char *before = ground_picture(false);
  assert_int_equal(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, "g", 0, &backup, &error), NLINK_IS_DIRECTORY);
  backup.suffix = long_suffix;
  assert_int_equal(nlink_link_backup(NLINK_CWD, "f", NLINK_CWD, "g", 0, &backup, &error),
                   NLINK_NAME_TOO_LONG);
  backup.suffix = NULL;
  assert_int_equal(nlink_link_backup(NLINK_CWD, "no", NLINK_CWD, "g", 0, &backup, &error), NLINK_NOT_FOUND);
  char *after = ground_picture(false);
  assert_string_equal(before, after);
  free(before);
  free(after);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(replaces), TEST(refuses_circles),       TEST(refuses),           TEST(always_there),
      TEST(backups),  TEST(backups_of_soft_links), TEST(backups_that_fail),
  };
  return GROUND_RUN("replace", tests);
}
