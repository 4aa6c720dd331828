/*
 * test_swap.c - the one place that replaces a name, and the choice of a backup's name
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "safe/swap.h"

#include "os/os.h"
#include "safe/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

static char made_under[64];

/* Make a file that holds the text in ctx. */
static int make_file(int dir, const char *name, void *ctx) {
  int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0)
    return errno;
  snprintf(made_under, sizeof made_under, "%s", name);
  const char *text = ctx;
  int sys = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : errno;
  close(fd);
  return sys;
}

static int make_nothing(int dir, const char *name, void *ctx) {
  (void)dir;
  (void)name;
  ++*(int *)ctx;
  return EEXIST;
}

static size_t count_names(void) {
  DIR *directory = opendir(".");
  assert_non_null(directory);
  size_t count = 0;
  while (readdir(directory) != NULL)
    count++;
  closedir(directory);
  return count - 2;
}

static const struct nl_place dst = {NLINK_CWD, "dst", -1};
static char new_text[] = "new";

static void replaces(void **state) {
  (void)state;
  enum nlink_step step = NLINK_STEP_NONE;
  ground_file("dst", "old");
  assert_int_equal(nl_swap_replace(&step, &dst, make_file, new_text), 0);
  assert_true(ground_holds("dst", "new"));
  assert_int_equal(count_names(), 1);
  assert_int_equal(strncmp(made_under, ".nlink-", 7), 0);
  assert_int_equal(strlen(made_under), 23);
}

/* The temporary names are not to be guessed, and not the same twice. */
static void temporary_names(void **state) {
  (void)state;
  char seen[50][64];
  enum nlink_step step = NLINK_STEP_NONE;
  ground_file("dst", "old");
  for (int i = 0; i < 50; i++) {
    assert_int_equal(nl_swap_replace(&step, &dst, make_file, new_text), 0);
    memcpy(seen[i], made_under, sizeof made_under);
    for (int j = 0; j < i; j++)
      assert_string_not_equal(seen[i], seen[j]);
  }
  /* All of them taken: that is an end, too. */
  int tries = 0;
  assert_int_equal(nl_swap_replace(&step, &dst, make_nothing, &tries), EEXIST);
  assert_true(tries > 1 && tries < 100);
  assert_true(ground_holds("dst", "new"));
}

static void refuses_directories(void **state) {
  (void)state;
  enum nlink_step step = NLINK_STEP_NONE;
  struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_SIMPLE};
  ground_directory("dst");
  assert_int_equal(nl_swap_replace(&step, &dst, make_file, new_text), EISDIR);
  assert_int_equal(step, NLINK_STEP_RENAME);
  assert_int_equal(nl_swap_keep(&step, &dst, make_file, new_text, &backup), EISDIR);
  assert_int_equal(count_names(), 1);
}

static void keeps(void **state) {
  (void)state;
  enum nlink_step step = NLINK_STEP_NONE;
  struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_NUMBERED};
  ground_file("dst", "old");
  ground_file("dst.~3~", "3");
  assert_int_equal(nl_swap_keep(&step, &dst, make_file, new_text, &backup), 0);
  assert_string_equal(backup.name, "dst.~4~");
  assert_true(ground_holds("dst.~4~", "old"));
  backup.kind = NLINK_BACKUP_SIMPLE;
  assert_int_equal(nl_swap_keep(&step, &dst, make_file, new_text, &backup), 0);
  assert_string_equal(backup.name, "dst~");
  assert_int_equal(count_names(), 4);
}

static void chooses(void **state) {
  (void)state;
  static const struct {
    const char *name;
    unsigned long number;
  } rows[] = {{"dst.~1~", 2},
              {"dst.~9~", 10},
              {"dst.~10~", 11},
              {"dst.~010~", 11},
              {"dst.~0~", 11},
              {"dst.~-20~", 11},
              {"dst.~20", 11},
              {"dst.~20~~", 11},
              {"ddst.~30~", 11},
              {"dst.~ 40~", 11},
              {"dst.~18446744073709551615~", 11},
              {"dst.~99999999999999999999999~", 11}};
  struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_EXISTING};
  unsigned long number = 77;
  assert_int_equal(nl_backup_choose(&number, &backup, &dst), 0);
  assert_int_equal(number, 0);
  backup.kind = NLINK_BACKUP_NUMBERED;
  assert_int_equal(nl_backup_choose(&number, &backup, &dst), 0);
  assert_int_equal(number, 1);
  backup.kind = NLINK_BACKUP_EXISTING;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    ground_file(rows[i].name, "");
    assert_int_equal(nl_backup_choose(&number, &backup, &dst), 0);
    assert_int_equal(number, rows[i].number);
  }
}

static void writes_names(void **state) {
  (void)state;
  struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_SIMPLE, .suffix = ".old"};
  const struct nl_place slashes = {NLINK_CWD, "dst///", -1};
  assert_int_equal(nl_backup_write(&backup, &slashes, 0), 0);
  assert_string_equal(backup.name, "dst.old");
  assert_int_equal(nl_backup_write(&backup, &slashes, 12), 0);
  assert_string_equal(backup.name, "dst.~12~");
  assert_int_equal(nl_backup_answer(&backup, "/a/b//dst//"), 0);
  assert_string_equal(backup.name, "/a/b//dst.~12~");
  char long_name[NLINK_NAME_SIZE + 10];
  memset(long_name, 'n', sizeof long_name - 1);
  long_name[sizeof long_name - 1] = '\0';
  const struct nl_place too_long = {NLINK_CWD, long_name, -1};
  assert_int_equal(nl_backup_write(&backup, &too_long, 1), ENAMETOOLONG);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(replaces), TEST(temporary_names), TEST(refuses_directories),
      TEST(keeps),    TEST(chooses),         TEST(writes_names),
  };
  return GROUND_RUN("swap", tests);
}
