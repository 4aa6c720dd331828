/*
 * test_soft.c - the rooms behind the check of soft links: shorter texts, what is inside, ways, commands
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "flaw/inside.h"
#include "flaw/mend.h"
#include "flaw/shorter.h"
#include "flaw/way.h"
#include "look/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

/* ---------------------------------------------------------------- shorter texts */

static void texts(void **state) {
  (void)state;
  static const struct {
    const char *text, *shorter;
  } rows[] = {
      {"f", "f"},
      {".", "."},
      {"..", ".."},
      {"/", "/"},
      {"//", "/"},
      {"./", "."},
      {"./.", "."},
      {"./f", "f"},
      {"f/.", "f"},
      {"d//f", "d/f"},
      {"d/./f", "d/f"},
      {"d/../f", "f"},
      {"d/..", "."},
      {"d/../", "."},
      {"d/../..", ".."},
      {"d/in/../../f", "f"},
      {"d/in/../f", "d/f"},
      {"../d", "../d"},
      {"../../f", "../../f"},
      {"soft/../f", "soft/../f"}, /* it leads to what is beside the directory that soft leads to */
      {"d/soft/../f", "d/soft/../f"},
      {"soft/in/../f", "soft/f"}, /* in is a directory, whatever leads to it */
      {"missing/../f", "missing/../f"},
      {"f/../f", "f/../f"},
      {"d//", "d/"},
      {"d/in/", "d/in/"},
      {"//f", "/f"},
      {"/./f", "/f"},
      {"/tmp/../f", "/f"},
      {"/..", "/.."},
      {"...", "..."},
      {"..d/../f", "..d/../f"},
  };
  ground_directory("d");
  ground_directory("d/in");
  ground_file("f", "");
  ground_symlink("d", "soft");
  ground_symlink("in", "d/soft");
  struct nl_string out = {0};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(nl_shorter_text(&out, NLINK_CWD, rows[i].text), 0);
    assert_string_equal(out.text, rows[i].shorter);
    assert_int_equal(out.length, strlen(out.text));
  }
  nl_string_fini(&out);
}

static void ways(void **state) {
  (void)state;
  static const struct {
    const char *home, *text, *shorter;
  } rows[] = {
      {"/a/b", "f", "f"},
      {"/a/b", "..", ".."},
      {"/a/b", "../f", "../f"},
      {"/a/b", "../b", "."},
      {"/a/b", "../b/", "."},
      {"/a/b", "../b/f", "f"},
      {"/a/b", "../bb/f", "../bb/f"},
      {"/a/b", "../../a/f", "../f"},
      {"/a/b", "../../a/b/f", "f"},
      {"/a/b", "../../a/c/f", "../c/f"},
      {"/a/b", "../../a", ".."},
      {"/a/b", "../../a/", ".."},
      {"/a/b", "../../../x", "../../../x"}, /* further up than there is something */
      {"/a/b", "/a/b/f", "/a/b/f"},
      {"/", "../x", "../x"},
      {"/b/b", "../b/../b", "."},
  };
  struct nl_string text = {0};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    nl_string_cut(&text, 0);
    assert_true(nl_string_add(&text, rows[i].text, strlen(rows[i].text)));
    nl_shorter_way(&text, rows[i].home);
    assert_string_equal(text.text, rows[i].shorter);
    assert_int_equal(text.length, strlen(text.text));
  }
  nl_string_fini(&text);
}

/* ---------------------------------------------------------------- what is inside */

static bool is_inside(const struct nl_inside *inside, struct nl_inside_memory *memory, const char *path) {
  struct nl_os_look look;
  bool answer = false;
  int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(nl_os_look(&look, fd, ""), 0);
  assert_int_equal(nl_inside_look(&answer, inside, memory, fd, look.dev, look.ino), 0);
  close(fd);
  return answer;
}

static void insides(void **state) {
  (void)state;
  ground_directory("a");
  ground_directory("a/b");
  ground_directory("a/b/c");
  ground_directory("ab");
  ground_directory("x");
  ground_file("file", "");
  ground_symlink("x", "soft");
  const char *const paths[] = {"a/b", "file", "a/b/../b", "missing", "soft"};
  struct nl_inside inside;
  struct nl_inside_memory memory = {0};
  assert_int_equal(nl_inside_open(&inside, NLINK_CWD, paths, 5), NLINK_OK);
  assert_int_equal(inside.count, 1);
  for (int again = 0; again < 2; again++) {
    assert_true(is_inside(&inside, &memory, "a/b/c"));
    assert_true(is_inside(&inside, &memory, "a/b"));
    assert_false(is_inside(&inside, &memory, "a"));
    assert_false(is_inside(&inside, &memory, "ab"));
    assert_false(is_inside(&inside, &memory, "soft/.."));
    assert_false(is_inside(&inside, &memory, "/"));
  }
  char name[32];
  for (int i = 0; i < 300; i++) { /* the memory grows */
    snprintf(name, sizeof name, "%s/%d", i % 2 == 0 ? "a/b/c" : "x", i);
    ground_directory(name);
    assert_int_equal(is_inside(&inside, &memory, name), i % 2 == 0);
  }
  assert_true(is_inside(&inside, &memory, "a/b/c/0"));
  assert_false(is_inside(&inside, &memory, "x/1"));
  nl_inside_memory_fini(&memory);
  nl_inside_fini(&inside);
}

/* ---------------------------------------------------------------- ways and circles */

static void follow(struct nl_way *way, const char *name) {
  static const struct nl_inside none;
  struct nl_way_knowledge knowledge = {.inside = &none};
  char text[NLINK_TARGET_SIZE];
  assert_int_equal(nl_os_readlink(text, sizeof text, NLINK_CWD, name), 0);
  nl_way_follow(way, &knowledge, NLINK_CWD, name, text);
  nl_way_close(way);
  nl_inside_memory_fini(&knowledge.memory);
}

static void chains(void **state) {
  (void)state;
  char name[16];
  char target[16] = "end";
  struct nl_way way;
  ground_file("end", "");
  for (int i = 1; i <= 45; i++) {
    snprintf(name, sizeof name, "l%d", i);
    ground_symlink(target, name);
    memcpy(target, name, sizeof name);
    struct stat stat_;
    follow(&way, name);
    assert_int_equal(way.sys, stat(name, &stat_) == 0 ? 0 : errno);
    if (i <= 40)
      assert_int_equal(way.further, i - 1);
  }
}

static void ends(void **state) {
  (void)state;
  struct nl_way way;
  ground_directory("d");
  ground_file("d/f", "");
  ground_symlink("d/f", "plain");
  ground_symlink("d/f/x", "below-file");
  ground_symlink("d/f/", "file-with-slash");
  ground_symlink("none/x", "nowhere");
  ground_symlink("circle", "circle");
  ground_symlink("/proc/self/fd/0", "process");
  static const struct {
    const char *name;
    int sys;
  } rows[] = {{"plain", 0},
              {"below-file", ENOTDIR},
              {"file-with-slash", ENOTDIR},
              {"nowhere", ENOENT},
              {"circle", ELOOP}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    follow(&way, rows[i].name);
    assert_int_equal(way.sys, rows[i].sys);
    assert_false(way.by_proc);
  }
  follow(&way, "process");
  assert_true(way.by_proc);
}

static void circle(const char *name, bool expected_circle, const char *expected) {
  bool is_circle = !expected_circle;
  char text[NLINK_TARGET_SIZE];
  struct nl_string out = {0};
  assert_int_equal(nl_os_readlink(text, sizeof text, NLINK_CWD, name), 0);
  assert_int_equal(nl_way_tell_circle(&out, &is_circle, NLINK_CWD, name, text), 0);
  assert_int_equal(is_circle, expected_circle);
  assert_string_equal(out.text, expected);
  nl_string_fini(&out);
}

static void circles(void **state) {
  (void)state;
  ground_directory("d");
  ground_symlink("one", "one");
  ground_symlink("d/b", "a");
  ground_symlink("../a", "d/b");
  ground_symlink("a", "to");
  ground_symlink("one/x", "below");
  circle("one", true, "leads back to itself: 'one' -> 'one'");
  circle("a", true, "leads back to itself: 'a' -> 'b' -> 'a'");
  circle("to", true, "leads into a circle of soft links: 'a' -> 'b' -> 'a'");
  circle("below", false, "leads into a circle on its way: 'below' -> ...");
}

/* ---------------------------------------------------------------- commands, limits */

static void commands(void **state) {
  (void)state;
  struct nl_string out = {0};
  const char *const names[] = {"a b", "d/-x"};
  assert_true(nl_mend_aim(&out, "it's", "-l"));
  assert_string_equal(out.text, "ln -sfn -- \"it's\" '-l'");
  nl_string_cut(&out, 0);
  assert_true(nl_mend_remove(&out, "new\nline"));
  assert_string_equal(out.text, "rm -- 'new'$'\\n''line'");
  nl_string_cut(&out, 0);
  assert_true(nl_mend_part_soft(&out, "t", names, 2));
  assert_string_equal(out.text, "for n in ./'a b' 'd/-x'; do ln -sfn -- 't' \"$n\"; done");
  nl_string_fini(&out);
}

static void limits(void **state) {
  (void)state;
  assert_int_equal(nl_link_limit("ext4"), 65000);
  assert_int_equal(nl_link_limit("btrfs"), 65535);
  assert_int_equal(nl_link_limit("tmpfs"), 0);
  assert_int_equal(nl_link_limit(""), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(texts),
      TEST(ways),
      TEST(insides),
      TEST(chains),
      TEST(ends),
      TEST(circles),
      cmocka_unit_test(commands),
      cmocka_unit_test(limits),
  };
  return GROUND_RUN("soft", tests);
}
