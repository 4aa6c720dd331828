/*
 * test_beneath.c - the walk and the system agree on every path, and neither ever leaves the root
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "path/beneath.h"
#include "path/place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

static const enum nl_os_open ways[] = {NL_OS_NODE, NL_OS_NODE_FOLLOW, NL_OS_DIRECTORY, NL_OS_SUBDIRECTORY};

enum { WAYS = 4, INSIDE_MAX = 200 };

static struct {
  ino_t ino[INSIDE_MAX];
  size_t count;
} inside; /* the root and all that is in it */

static int note(const char *path, const struct stat *stat, int kind, struct FTW *way) {
  (void)path;
  (void)kind;
  (void)way;
  assert_true(inside.count < INSIDE_MAX);
  inside.ino[inside.count++] = stat->st_ino;
  return 0;
}

static void note_inside(const char *root) {
  inside.count = 0;
  assert_int_equal(nftw(root, note, 16, FTW_PHYS), 0);
}

static bool is_inside(uint64_t ino) {
  for (size_t i = 0; i < inside.count; i++)
    if (inside.ino[i] == ino)
      return true;
  return false;
}

/* ---------------------------------------------------------------- random trees and paths */

static const char *const words[] = {"a", "b", "c", "..", "..", ".", "out", "root"};

static void random_path(struct ground_chance *chance, char *out, bool may_be_absolute) {
  uint32_t count = ground_below(chance, 7);
  out[0] = '\0';
  if (may_be_absolute && ground_below(chance, 12) == 0)
    strcat(out, ground_below(chance, 2) ? "/" : ground_path());
  for (uint32_t i = 0; i <= count; i++) {
    if (i > 0)
      strcat(out, ground_below(chance, 10) == 0 ? "//" : "/");
    strcat(out, words[ground_below(chance, sizeof words / sizeof words[0])]);
  }
  if (ground_below(chance, 6) == 0)
    strcat(out, "/");
}

/* Whether the path leads through directories only: a soft link could lead to where the test has no business. */
static bool is_directory(const char *path) {
  char prefix[100];
  struct stat stat;
  for (size_t i = 1; i <= strlen(path); i++) {
    if (path[i] != '/' && path[i] != '\0')
      continue;
    snprintf(prefix, sizeof prefix, "%.*s", (int)i, path);
    if (lstat(prefix, &stat) != 0 || !S_ISDIR(stat.st_mode))
      return false;
  }
  return true;
}

/* Directories, files and soft links two or three deep, in root/; some names outside it. */
static void random_tree(struct ground_chance *chance) {
  static const char *const places[] = {"root", "root/a", "root/b", "root/a/b", "root/a/c", "out"};
  static const char *const letters[] = {"a", "b", "c"};
  ground_empty(ground_path());
  ground_directory("root");
  ground_directory("out");
  for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
    for (int i = 0; is_directory(places[p]) && i < 3; i++) {
      char path[64];
      char target[512];
      snprintf(path, sizeof path, "%s/%s", places[p], letters[i]);
      random_path(chance, target, true);
      switch (ground_below(chance, 4)) {
      case 0:
        ground_directory(path);
        break;
      case 1:
        ground_file(path, "");
        break;
      case 2:
        ground_symlink(target, path);
        break;
      default:
        break;
      }
    }
  }
}

/* ---------------------------------------------------------------- the comparison */

struct answer {
  int sys;
  struct nlink_stat stat;
};

static void finish(struct answer *answer, int fd) {
  if (answer->sys != 0)
    return;
  assert_true(fd >= 0);
  assert_int_equal(nl_os_stat_fd(&answer->stat, fd), 0);
  close(fd);
}

static void compare(int root, const char *path, enum nl_os_open how) {
  struct answer system = {0};
  struct answer walk = {0};
  int fd = -1;
  system.sys = nl_os_open_beneath(&fd, root, path, how);
  finish(&system, fd);
  fd = -1;
  walk.sys = nl_beneath_walk(&fd, root, path, how);
  finish(&walk, fd);
  if (system.sys == ENOSYS)
    ground_skip("this system has no openat2");
  if (system.sys != walk.sys || system.stat.ino != walk.stat.ino || system.stat.dev != walk.stat.dev)
    fail_msg("'%s', way %d: the system says %s, inode %lu; the walk %s, inode %lu", path, (int)how,
             nlink_errno_name(system.sys), (unsigned long)system.stat.ino, nlink_errno_name(walk.sys),
             (unsigned long)walk.stat.ino);
  if (walk.sys == 0 && !is_inside(walk.stat.ino))
    fail_msg("'%s', way %d, leads out", path, (int)how);
}

static void agrees(void **state) {
  (void)state;
  enum { TREES = 60, PATHS = 60 };
  struct ground_chance chance = {20240611};
  for (int t = 0; t < TREES; t++) {
    random_tree(&chance);
    note_inside("root");
    int root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int p = 0; p < PATHS; p++) {
      char path[600];
      random_path(&chance, path, true);
      for (int way = 0; way < WAYS; way++)
        compare(root, path, ways[way]);
    }
    close(root);
  }
}

static void agrees_on_corners(void **state) {
  (void)state;
  static const char *const paths[] = {
      "",     "/",      ".",       "./",     "..",       "../",  "a/..",   "a/../..", "f",   "f/",
      "f/.",  "f/..",   "no",      "no/",    "no/..",    "l",    "l/",     "l/..",    "dl",  "dl/",
      "up",   "up/",    "up/root", "abs",    "abs/",     "loop", "loop/x", "//",      ".//", "a//.",
      "self", "self/a", "empty",   "a/back", "a/back/f", "deep", "deep/a"};
  ground_directory("root");
  ground_directory("root/a");
  ground_file("root/f", "f");
  ground_symlink("f", "root/l");
  ground_symlink("a", "root/dl");
  ground_symlink("..", "root/up");
  ground_symlink("/", "root/abs");
  ground_symlink("loop", "root/loop");
  ground_symlink(".", "root/self");
  ground_symlink("..", "root/a/back");
  ground_symlink("a/../a/../dl/./", "root/deep");
  note_inside("root");
  int root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  char long_name[300] = "";
  memset(long_name, 'n', 280);
  for (int way = 0; way < WAYS; way++) {
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
      compare(root, paths[i], ways[way]);
    compare(root, long_name, ways[way]);
    compare(-1, "f", ways[way]);
    compare(9999, "a/f", ways[way]);
  }
  close(root);
}

/* As many soft links as the system follows, and one more. */
static void agrees_on_chains(void **state) {
  (void)state;
  ground_directory("root");
  ground_file("root/0", "end");
  for (int i = 1; i <= 45; i++) {
    char target[16];
    char path[32];
    snprintf(target, sizeof target, "%d", i - 1);
    snprintf(path, sizeof path, "root/%d", i);
    ground_symlink(target, path);
  }
  note_inside("root");
  int root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (int i = 30; i <= 45; i++) {
    char path[16];
    snprintf(path, sizeof path, "%d", i);
    compare(root, path, NL_OS_NODE_FOLLOW);
    compare(root, path, NL_OS_NODE);
    compare(root, path, NL_OS_DIRECTORY);
  }
  close(root);
}

/* The links of /proc that are more than their text: none is followed, in either way. */
static void magic_links(void **state) {
  (void)state;
  static const char *const paths[] = {"cwd",  "cwd/",   "cwd/f",  "root",     "root/etc",    "exe",
                                      "fd/0", "fd/0/x", "ns/mnt", "ns/mnt/x", "task/../cwd", "fd/../exe"};
  int root = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0)
    ground_skip("there is no /proc");
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    int fd = -1;
    int by_system = nl_beneath_open(&fd, root, paths[i], NL_OS_NODE_FOLLOW);
    assert_int_equal(fd, -1);
    int by_walk = nl_beneath_walk(&fd, root, paths[i], NL_OS_NODE_FOLLOW);
    assert_int_equal(fd, -1);
    assert_int_not_equal(by_walk, 0);
    assert_int_equal(by_system, by_walk);
  }
  /* The link itself is a thing inside like any other. */
  int fd = -1;
  struct nlink_stat stat;
  assert_int_equal(nl_beneath_open(&fd, root, "cwd", NL_OS_NODE), 0);
  assert_int_equal(nl_os_stat_fd(&stat, fd), 0);
  assert_int_equal(stat.kind, NLINK_SYMLINK);
  close(fd);
  close(root);
}

/* A place beneath never opens what is outside, and keeps the name's meaning. */
static void places(void **state) {
  (void)state;
  struct nl_place place;
  ground_directory("root");
  ground_directory("root/a");
  ground_symlink("..", "root/up");
  int root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  static const struct {
    const char *path;
    enum nlink_status status;
    const char *name;
  } rows[] = {
      {"new", NLINK_OK, "new"},
      {"new/", NLINK_OK, "new/"},
      {"a/new", NLINK_OK, "new"},
      {"a//new", NLINK_OK, "new"},
      {"a/../new", NLINK_OK, "new"},
      {"up", NLINK_OK, "up"},
      {".", NLINK_OK, "."},
      {"a/..", NLINK_OK, "."},
      {"..", NLINK_CROSS_DEVICE, NULL},
      {"a/../..", NLINK_CROSS_DEVICE, NULL},
      {"../new", NLINK_CROSS_DEVICE, NULL},
      {"up/new", NLINK_CROSS_DEVICE, NULL},
      {"/new", NLINK_CROSS_DEVICE, NULL},
      {"/", NLINK_CROSS_DEVICE, NULL},
      {"no/new", NLINK_NOT_FOUND, NULL},
      {"", NLINK_OK, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int sys = nl_place_open(&place, root, rows[i].path, true);
    if (nl_os_status(sys) != rows[i].status)
      fail_msg("'%s': %s", rows[i].path, nlink_errno_name(sys));
    if (sys == 0)
      assert_string_equal(place.name, rows[i].name);
    nl_place_close(&place);
    assert_int_equal(place.owned, -1);
    nl_place_close(&place);
  }
  nl_place_close(NULL);
  close(root);
}

static void last_components(void **state) {
  (void)state;
  static const struct {
    const char *path;
    size_t begin, length;
  } rows[] = {{"", 0, 0},   {"/", 0, 0},    {"///", 0, 0},     {"a", 0, 1},  {"a/", 0, 1},   {"a//", 0, 1},
              {"/a", 1, 1}, {"a/bc", 2, 2}, {"a//bc//", 3, 2}, {"..", 0, 2}, {"a/..", 2, 2}, {"./.", 2, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    size_t length = 77;
    assert_int_equal(nl_path_last(rows[i].path, &length), rows[i].begin);
    assert_int_equal(length, rows[i].length);
  }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(agrees), TEST(agrees_on_corners), TEST(agrees_on_chains), TEST(magic_links),
      TEST(places), TEST(last_components),
  };
  return GROUND_RUN("beneath", tests);
}
