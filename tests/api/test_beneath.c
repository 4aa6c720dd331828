/*
 * test_beneath.c - no path leaves its directory, whatever somebody does to its components meanwhile
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
#include <sys/syscall.h>
#include <unistd.h>

#include "ground.h"

static struct nlink_error error;

static void build(void) {
  ground_file("secret", "secret");
  ground_directory("root");
  ground_directory("root/d");
  ground_file("root/f", "f");
  ground_file("root/d/g", "g");
  ground_symlink("../secret", "root/out");
  ground_symlink("..", "root/up");
  ground_symlink("d", "root/ld");
  ground_symlink("../f", "root/d/back");
  ground_symlink(ground_path(), "root/absolute");
  ground_symlink("/proc/self/cwd", "root/magic");
}

static void refuses(void **state) {
  (void)state;
  static const char *const leaving[] = {"../secret",       "up/secret",       "d/../../secret",
                                        "ld/../../secret", "absolute/secret", "magic/secret",
                                        "d/../up/secret",  "./../secret",     "..//secret"};
  build();
  int root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  char *before = ground_picture(false);
  for (size_t i = 0; i < sizeof leaving / sizeof leaving[0]; i++) {
    for (unsigned flags = NLINK_BENEATH; flags < 8; flags++) {
      struct nlink_stat stat;
      char target[10];
      struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_SIMPLE};
      const char *path = leaving[i];
      assert_int_equal(nlink_link(root, path, root, "new", flags, &error), NLINK_ESCAPES);
      assert_int_equal(error.cause, NLINK_CAUSE_LEAVES_DIRECTORY);
      assert_int_equal(error.at, NLINK_SRC);
      assert_int_equal(nlink_link(root, "f", root, path, flags, &error), NLINK_ESCAPES);
      assert_int_equal(error.cause, NLINK_CAUSE_LEAVES_DIRECTORY);
      assert_int_equal(error.at, NLINK_DST);
      assert_int_equal(nlink_link_backup(root, "f", root, path, flags, &backup, &error), NLINK_ESCAPES);
      assert_int_equal(nlink_symlink(root, "f", root, path, NLINK_BENEATH | NLINK_REPLACE, &error),
                       NLINK_ESCAPES);
      assert_int_equal(nlink_unlink(NULL, root, path, NLINK_BENEATH, &error), NLINK_ESCAPES);
      assert_int_equal(nlink_stat(&stat, root, path, flags & ~NLINK_REPLACE, &error), NLINK_ESCAPES);
      assert_int_equal(nlink_readlink(target, sizeof target, root, path, NLINK_BENEATH, &error),
                       NLINK_ESCAPES);
    }
  }
  /* A soft link at the end that leads out: not followed it is a thing inside. */
  assert_int_equal(nlink_link(root, "out", root, "new", NLINK_BENEATH, &error), NLINK_ESCAPES);
  assert_int_equal(nlink_link(root, "f", root, "up/", NLINK_BENEATH, &error), NLINK_EXISTS);
  assert_int_equal(nlink_link(root, "f", root, "up/", NLINK_BENEATH | NLINK_REPLACE, &error) < 0, 1);
  char *after = ground_picture(false);
  assert_string_equal(before, after);
  free(before);
  free(after);
  assert_int_equal(nlink_link(root, "out", root, "new", NLINK_BENEATH | NLINK_NO_FOLLOW, &error), NLINK_OK);
  assert_true(ground_same("root/out", "root/new"));
  close(root);
}

static void allows(void **state) {
  (void)state;
  static const char *const staying[] = {"f", "./f", "d/../f", "ld/../f", "d/back", "ld/back", "d//..//f"};
  build();
  int root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (size_t i = 0; i < sizeof staying / sizeof staying[0]; i++) {
    char name[40];
    snprintf(name, sizeof name, "ld/.././d/n%zu", i);
    assert_int_equal(nlink_link(root, staying[i], root, name, NLINK_BENEATH, &error), NLINK_OK);
    snprintf(name, sizeof name, "root/d/n%zu", i);
    assert_true(ground_same("root/f", name));
  }
  close(root);
}

/* ---------------------------------------------------------------- somebody swaps components */

static atomic_bool attack_ends;

/* root/way is now a directory inside, now a soft link to the directory outside; so is root/file. */
static void *attack(void *ctx) {
  (void)ctx;
  while (!atomic_load(&attack_ends)) {
    syscall(SYS_renameat2, AT_FDCWD, "root/way", AT_FDCWD, "root/trap", 2u);
    syscall(SYS_renameat2, AT_FDCWD, "root/file", AT_FDCWD, "root/lure", 2u);
    syscall(SYS_renameat2, AT_FDCWD, "root/way/deep", AT_FDCWD, "root/moved", 2u);
  }
  return NULL;
}

static size_t count_names(const char *path) {
  DIR *directory = opendir(path);
  assert_non_null(directory);
  size_t count = 0;
  for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
    count++;
  closedir(directory);
  return count - 2;
}

enum { ROUNDS = 20000 };

static void one_round(int root, int i) {
  char name[40];
  snprintf(name, sizeof name, i % 3 == 0 ? "way/n%d" : "way/deep/../n%d", i);
  struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_NUMBERED};
  switch (i % 6) {
  case 0:
    nlink_link(root, "f", root, name, NLINK_BENEATH, NULL);
    break;
  case 1:
    nlink_link(root, "f", root, "way/again", NLINK_BENEATH | NLINK_REPLACE, NULL);
    break;
  case 2:
    nlink_link(root, "file", root, name, NLINK_BENEATH, NULL);
    break;
  case 3:
    nlink_symlink(root, "f", root, name, NLINK_BENEATH, NULL);
    break;
  case 4:
    nlink_link_backup(root, "way/deep/../g", root, "way/kept", NLINK_BENEATH, &backup, NULL);
    break;
  default:
    nlink_unlink(NULL, root, "way/precious", NLINK_BENEATH, NULL);
  }
}

static void under_attack(void **state) {
  (void)state;
  pthread_t thread;
  ground_directory("outside");
  ground_directory("outside/deep");
  ground_file("outside/precious", "precious");
  ground_file("outside/g", "outside");
  ground_directory("root");
  ground_directory("root/way");
  ground_directory("root/way/deep");
  ground_directory("root/moved");
  ground_file("root/way/g", "inside");
  ground_file("root/f", "f");
  ground_file("root/file", "file");
  ground_symlink("../outside", "root/trap");
  ground_symlink("../outside/precious", "root/lure");
  int root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  atomic_store(&attack_ends, false);
  assert_int_equal(pthread_create(&thread, NULL, attack, NULL), 0);
  for (int i = 0; i < ROUNDS; i++)
    one_round(root, i);
  atomic_store(&attack_ends, true);
  pthread_join(thread, NULL);
  close(root);
  /* Nothing outside got a name, lost one, or got one inside. */
  assert_int_equal(count_names("outside"), 3);
  assert_true(ground_holds("outside/precious", "precious"));
  assert_true(ground_link_count("outside/precious") == 1);
  assert_true(ground_link_count("outside/g") == 1);
  assert_int_equal(count_names("outside/deep"), 0);
  /* And it was not for nothing: many names were made. */
  const char *inside =
      ground_exists("root/way/g") && ground_holds("root/way/g", "inside") ? "root/way" : "root/trap";
  assert_true(count_names(inside) > 100);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(refuses),
      TEST(allows),
      TEST(under_attack),
  };
  return GROUND_RUN("beneath", tests);
}
