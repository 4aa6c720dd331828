/*
 * test_relative.c - the text of a relative soft link, as GNU realpath and ln compute it
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "path/relative.h"

#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

static void texts(void **state) {
  (void)state;
  static const struct {
    const char *from, *to, *text;
  } rows[] = {
      {"/", "/", "."},
      {"/a", "/", ".."},
      {"/", "/a", "a"},
      {"/a", "/a", "."},
      {"/a/b", "/a", ".."},
      {"/a", "/a/b", "b"},
      {"/a/b", "/a/c", "../c"},
      {"/a/b", "/a/bc", "../bc"},
      {"/a/bc", "/a/b", "../b"},
      {"/a/b/c", "/d/e", "../../../d/e"},
      {"/ab", "/a", "../a"},
      {"/a/b/c/d", "/a/b", "../.."},
      {"/x", "/a/b/c", "../a/b/c"},
  };
  struct nl_string out = {0};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_true(nl_relative_text(&out, rows[i].from, rows[i].to));
    assert_string_equal(out.text, rows[i].text);
  }
  nl_string_fini(&out);
}

/* What a program prints, its last newline cut; false = it failed. */
static bool output_of(char *out, size_t size, const char *const *arguments) {
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(ends[1], STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
  }
  close(ends[1]);
  size_t length = 0;
  for (ssize_t got; (got = read(ends[0], out + length, size - 1 - length)) > 0;)
    length += (size_t)got;
  close(ends[0]);
  while (length > 0 && out[length - 1] == '\n')
    length--;
  out[length] = '\0';
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const char *const words[] = {"a", "b", "c", "d", "..", ".", "l", "m"};

static char deep[400]; /* so far below the fresh directory that no ".." of a test leads out of it */

static void go_deep(void) {
  assert_int_equal(chdir(ground_path()), 0);
  ground_empty(ground_path());
  for (int i = 0; i < 40; i++) {
    ground_directory("w");
    assert_int_equal(chdir("w"), 0);
  }
  assert_non_null(getcwd(deep, sizeof deep));
}

/* Whether the path leads through directories only. */
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

/* With `links` the path may lead through soft links; those lead through none, so that nothing goes round. */
static void random_path(struct ground_chance *chance, char *out, bool links) {
  uint32_t count = ground_below(chance, 5);
  strcpy(out, "");
  if (ground_below(chance, 8) == 0)
    sprintf(out, "%s/", deep);
  for (uint32_t i = 0; i <= count; i++) {
    if (i > 0)
      strcat(out, ground_below(chance, 12) == 0 ? "//" : "/");
    strcat(out, words[ground_below(chance, links ? 8 : 6)]);
  }
}

static void random_tree(struct ground_chance *chance) {
  static const char *const places[] = {".", "a", "b", "a/b", "a/c", "b/d"};
  static const char *const letters[] = {"a", "b", "c", "d", "l", "m"};
  go_deep();
  for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
    for (size_t i = 0; is_directory(places[p]) && i < sizeof letters / sizeof letters[0]; i++) {
      char path[64];
      char target[512];
      snprintf(path, sizeof path, "%s/%s", places[p], letters[i]);
      random_path(chance, target, false);
      switch (i >= 4 ? 2u : ground_below(chance, 2)) {
      case 0:
        ground_directory(path);
        break;
      case 1:
        ground_file(path, "");
        break;
      default:
        ground_symlink(target, path);
        break;
      }
    }
  }
}

/* Soft links that go round in a circle are left to each program's taste. */
static bool is_circle(const char *path) {
  char prefix[600];
  struct stat stat_of;
  size_t length = strlen(path);
  for (size_t i = 1; i <= length; i++) {
    snprintf(prefix, sizeof prefix, "%.*s", (int)i, path);
    if (stat(prefix, &stat_of) != 0 && errno == ELOOP)
      return true;
  }
  return false;
}

static bool has_tool(const char *name) {
  char out[4000];
  const char *const arguments[] = {name, "--version", NULL};
  return output_of(out, sizeof out, arguments) && strstr(out, "GNU coreutils") != NULL;
}

static void as_realpath(void **state) {
  (void)state;
  enum { TREES = 20, PATHS = 15 };
  struct ground_chance chance = {7};
  struct nl_string ours = {0};
  unsigned compared = 0;
  if (!has_tool("realpath"))
    ground_skip("GNU realpath is not here");
  for (int t = 0; t < TREES; t++) {
    random_tree(&chance);
    for (int p = 0; p < PATHS; p++) {
      char target[600];
      char dir[600];
      char dst[610];
      char from[700];
      char theirs[5000];
      random_path(&chance, target, true);
      random_path(&chance, dir, true);
      if (is_circle(target) || is_circle(dir))
        continue;
      snprintf(dst, sizeof dst, "%s/new", dir);
      snprintf(from, sizeof from, "--relative-to=%s", dir);
      const char *const arguments[] = {"realpath", "-m", from, "--", target, NULL};
      if (!output_of(theirs, sizeof theirs, arguments))
        continue;
      assert_int_equal(nl_relative_path(&ours, NLINK_CWD, target, NLINK_CWD, dst), 0);
      if (strcmp(ours.text, theirs) != 0)
        fail_msg("from '%s' to '%s': we say '%s', realpath '%s'", dir, target, ours.text, theirs);
      compared++;
    }
  }
  nl_string_fini(&ours);
  assert_true(compared > 100);
}

static void as_ln(void **state) {
  (void)state;
  enum { TREES = 10, PATHS = 15 };
  struct ground_chance chance = {11};
  struct nl_string ours = {0};
  unsigned compared = 0;
  if (!has_tool("ln"))
    ground_skip("GNU ln is not here");
  for (int t = 0; t < TREES; t++) {
    random_tree(&chance);
    for (int p = 0; p < PATHS; p++) {
      char target[600];
      char dir[600];
      char dst[610];
      char theirs[5000] = "";
      random_path(&chance, target, true);
      random_path(&chance, dir, true);
      if (is_circle(target) || is_circle(dir))
        continue;
      snprintf(dst, sizeof dst, "%s/new", dir);
      const char *const arguments[] = {"ln", "-srT", "--", target, dst, NULL};
      int sys = nl_relative_path(&ours, NLINK_CWD, target, NLINK_CWD, dst);
      if (!output_of(theirs, sizeof theirs, arguments))
        continue;
      ssize_t length = readlink(dst, theirs, sizeof theirs - 1);
      assert_true(length > 0);
      theirs[length] = '\0';
      unlink(dst);
      assert_int_equal(sys, 0);
      if (strcmp(ours.text, theirs) != 0)
        fail_msg("'%s' at '%s': we say '%s', ln '%s'", target, dst, ours.text, theirs);
      compared++;
    }
  }
  nl_string_fini(&ours);
  assert_true(compared > 20);
}

/* Where the place exists, the text really leads to where the target leads. */
static void leads_there(void **state) {
  (void)state;
  enum { TREES = 40, PATHS = 40 };
  struct ground_chance chance = {13};
  struct nl_string ours = {0};
  unsigned compared = 0;
  for (int t = 0; t < TREES; t++) {
    random_tree(&chance);
    for (int p = 0; p < PATHS; p++) {
      char target[600];
      char dir[600];
      char dst[610];
      struct stat wanted;
      struct stat found;
      for (int i = 0; i == 0 || (i < 50 && stat(target, &wanted) != 0); i++)
        random_path(&chance, target, true);
      for (int i = 0; i == 0 || (i < 50 && stat(dir, &found) != 0); i++)
        random_path(&chance, dir, true);
      snprintf(dst, sizeof dst, "%s/new", dir);
      if (stat(target, &wanted) != 0 || stat(dir, &found) != 0 || !S_ISDIR(found.st_mode))
        continue;
      assert_int_equal(nl_relative_path(&ours, NLINK_CWD, target, NLINK_CWD, dst), 0);
      assert_true(ours.text[0] != '/');
      assert_int_equal(symlink(ours.text, dst), 0);
      if (stat(dst, &found) != 0 || found.st_ino != wanted.st_ino || found.st_dev != wanted.st_dev)
        fail_msg("'%s' at '%s' by '%s' leads elsewhere", target, dst, ours.text);
      unlink(dst);
      compared++;
    }
  }
  nl_string_fini(&ours);
  assert_true(compared > 100);
}

static void absolute(void **state) {
  (void)state;
  struct nl_string out = {0};
  char wanted[400];
  static const char *const rows[][2] = {
      {"a", "/a"}, {"./a", "/a"}, {".//a/../b", "/a/../b"}, {"../x", "/../x"}, {"a/", "/a/"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    snprintf(wanted, sizeof wanted, "%s%s", ground_path(), rows[i][1]);
    assert_int_equal(nl_absolute_path(&out, NLINK_CWD, rows[i][0]), 0);
    assert_string_equal(out.text, wanted);
  }
  assert_int_equal(nl_absolute_path(&out, 9999, "/x/../y"), 0);
  assert_string_equal(out.text, "/x/../y");
  int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(nl_absolute_path(&out, root, "etc"), 0);
  assert_string_equal(out.text, "/etc");
  close(root);
  assert_int_equal(nl_os_status(nl_absolute_path(&out, 9999, "x")), NLINK_BAD_DESCRIPTOR);
  nl_string_fini(&out);
}

/* A directory that is gone has no path. */
static void removed_directory(void **state) {
  (void)state;
  struct nl_string out = {0};
  ground_directory("gone");
  int gone = open("gone", O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(rmdir("gone"), 0);
  assert_int_equal(nl_absolute_path(&out, gone, "x"), ENOENT);
  assert_int_equal(nl_relative_path(&out, gone, "x", NLINK_CWD, "new"), ENOENT);
  assert_int_equal(nl_relative_path(&out, NLINK_CWD, "x", gone, "new"), ENOENT);
  /* Another directory that bears the name which /proc then shows is not taken for it. */
  ground_directory("gone (deleted)");
  assert_int_equal(nl_absolute_path(&out, gone, "x"), ENOENT);
  close(gone);
  nl_string_fini(&out);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(texts), TEST(as_realpath), TEST(as_ln), TEST(leads_there), TEST(absolute), TEST(removed_directory),
  };
  return GROUND_RUN("relative", tests);
}
