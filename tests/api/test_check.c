/*
 * test_check.c - what is wrong with the soft links in trees: nlink_check_open, nlink_check_next, nlink_check_close
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "check_say.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Whether two names lead to one file. */
static bool lead_to_one(const char *a, const char *b) {
  struct stat one;
  struct stat other;
  return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_ino == other.st_ino &&
         one.st_dev == other.st_dev;
}

/* ---------------------------------------------------------------- soft links */

static void plain(void **state) {
  (void)state;
  ground_directory("r");
  ground_directory("r/d");
  ground_file("r/f", "f");
  ground_symlink("f", "r/l");
  ground_symlink("../f", "r/d/l");
  ground_symlink("d", "r/to-d");
  ground_symlink("d/", "r/to-d-slash");
  ground_symlink(".", "r/to-r");
  ground_symlink("..", "r/d/to-r");
  ground_symlink("to-d/l", "r/chain");
  expect(NAMES_ALONE, "");
}

static void dangling(void **state) {
  (void)state;
  ground_directory("r");
  ground_directory("r/a");
  ground_directory("r/b");
  ground_directory("r/b/lost");
  ground_directory("r/a/deep");
  ground_file("r/a/deep/near", "");
  ground_file("r/b/near", "");
  ground_file("r/b/lost/thing", "");
  ground_file("r/z", "");
  ground_symlink("near", "r/a/l");    /* one step down, against two */
  ground_symlink("nothing", "r/b/l"); /* there is none */
  ground_symlink("l", "r/b/over");    /* by a soft link */
  ground_symlink("z/x", "r/under-file");
  ground_symlink("lost/", "r/a/directory");
  ground_symlink("near/", "r/a/no-directory"); /* the things of the name are files */
  ground_symlink("../gone/thing", "r/b/elsewhere");
  ground_symlink("/no/z", "r/absolute");
  expect(CANDIDATES, "dangles r/a/directory: r/b/lost\n"
                     "dangles r/a/l: r/a/deep/near\n"
                     "dangles r/a/no-directory: none\n"
                     "dangles r/absolute: r/z\n"
                     "dangles r/b/elsewhere: r/b/lost/thing\n"
                     "dangles r/b/l: none\n"
                     "dangles r/b/over: none\n"
                     "dangles r/under-file: none\n");
  expect(
      SENTENCES,
      "dangles r/a/directory: leads nowhere: 'lost' does not exist; the nearest of that name is 'r/b/lost'\n"
      "dangles r/a/l: leads nowhere: 'near' does not exist; the nearest of that name is 'r/a/deep/near'\n"
      "dangles r/a/no-directory: leads nowhere: 'near' does not exist; nothing called 'near' is inside the "
      "root\n"
      "dangles r/absolute: leads nowhere: '/no' does not exist; the nearest of that name is 'r/z'\n"
      "dangles r/b/elsewhere: leads nowhere: '../gone' does not exist; the nearest of that name is "
      "'r/b/lost/thing'\n"
      "dangles r/b/l: leads nowhere: 'nothing' does not exist; nothing called 'nothing' is inside the root\n"
      "dangles r/b/over: leads to another soft link, and that nowhere: 'nothing' does not exist; nothing "
      "called "
      "'nothing' is inside the root\n"
      "dangles r/under-file: leads nowhere: 'z' is no directory; nothing called 'x' is inside the root\n");
  expect(MENDS, "dangles r/a/directory: ln -sfn -- '../b/lost' 'r/a/directory'\n"
                "dangles r/a/l: ln -sfn -- 'deep/near' 'r/a/l'\n"
                "dangles r/a/no-directory: rm -- 'r/a/no-directory'\n"
                "dangles r/absolute: ln -sfn -- 'z' 'r/absolute'\n"
                "dangles r/b/elsewhere: ln -sfn -- 'lost/thing' 'r/b/elsewhere'\n"
                "dangles r/b/l: rm -- 'r/b/l'\n"
                "dangles r/b/over: rm -- 'r/b/over'\n"
                "dangles r/under-file: rm -- 'r/under-file'\n");
  mend_all("r");
  expect(NAMES_ALONE, "");
  assert_true(lead_to_one("r/a/l", "r/a/deep/near"));
  assert_true(lead_to_one("r/absolute", "r/z"));
  assert_true(ground_exists("r/b/near"));
}

/* Of several that are as near, the first by its bytes; never the directory that the soft link is in, nor itself. */
static void candidates(void **state) {
  (void)state;
  ground_directory("r");
  ground_directory("r/b");
  ground_directory("r/a");
  ground_directory("r/x");
  ground_directory("r/x/y");
  ground_directory("r/loose");
  ground_file("r/b/f", "");
  ground_file("r/a/f", "");
  ground_symlink("f", "r/x/l");
  ground_symlink("gone/x", "r/x/y/x");
  ground_symlink("gone/l2", "r/x/l2");
  ground_symlink("a/f", "r/loose/a-link");
  ground_symlink("../a", "r/x/g");
  ground_symlink("gone/g", "r/x/h");
  expect_of("r", ONLY(DANGLES), CANDIDATES,
            "dangles r/loose/a-link: r/a/f\n"
            "dangles r/x/h: r/x/g\n"
            "dangles r/x/l: r/a/f\n"
            "dangles r/x/l2: none\n"
            "dangles r/x/y/x: none\n");
  const char *const paths[] = {"r/x", "r/b"};
  assert_int_equal(check(paths, 2, (struct nlink_scope){0}, ONLY(DANGLES), CANDIDATES), NLINK_OK);
  assert_string_equal(
      text, "dangles r/x/h: r/x/g\ndangles r/x/l: r/b/f\ndangles r/x/l2: none\ndangles r/x/y/x: none\n");
  mend_all("r");
  expect_of("r", ONLY(DANGLES), NAMES_ALONE, "");
}

static void loops(void **state) {
  (void)state;
  ground_directory("r");
  ground_symlink("one", "r/one");
  ground_symlink("b", "r/a");
  ground_symlink("./a", "r/b");
  ground_symlink("a", "r/c");
  expect(SENTENCES, "loops r/a: leads back to itself: 'a' -> 'b' -> 'a'\n"
                    "loops r/b: leads back to itself: 'b' -> 'a' -> 'b'\n"
                    "loops r/c: leads into a circle of soft links: 'a' -> 'b' -> 'a'\n"
                    "loops r/one: leads back to itself: 'one' -> 'one'\n");
}

static void absolute(void **state) {
  (void)state;
  char target[400];
  ground_directory("r");
  ground_directory("r/v1");
  ground_directory("r/d");
  ground_file("r/v1/f", "");
  ground_symlink("v1", "r/current");
  ground_symlink("f", "r/v1/soft");
  snprintf(target, sizeof target, "%s/r/v1/f", ground_path());
  ground_symlink(target, "r/d/plain");
  snprintf(target, sizeof target, "%s//r/./current/f", ground_path());
  ground_symlink(target, "r/d/by-current"); /* what somebody may want to turn stays */
  snprintf(target, sizeof target, "%s/r/v1/soft", ground_path());
  ground_symlink(target, "r/d/to-soft");
  snprintf(target, sizeof target, "%s/r", ground_path());
  ground_symlink(target, "r/d/root");
  ground_symlink("r", "other");
  snprintf(target, sizeof target, "%s/other/v1/f", ground_path());
  ground_symlink(target, "r/d/roundabout");
  expect(MENDS, "absolute-inside r/d/by-current: ln -sfn -- '../current/f' 'r/d/by-current'\n"
                "absolute-inside r/d/plain: ln -sfn -- '../v1/f' 'r/d/plain'\n"
                "absolute-inside r/d/root: ln -sfn -- '..' 'r/d/root'\n"
                "absolute-inside r/d/roundabout: ln -sfn -- '../v1/f' 'r/d/roundabout'\n"
                "absolute-inside r/d/to-soft: ln -sfn -- '../v1/soft' 'r/d/to-soft'\n");
  expect_of(
      "r/d", 0, NAMES_ALONE,
      "points-out r/d/by-current\npoints-out r/d/plain\npoints-out r/d/root\npoints-out r/d/roundabout\n"
      "points-out r/d/to-soft\n");
  mend_all("r");
  expect(NAMES_ALONE, "");
  assert_true(lead_to_one("r/d/roundabout", "r/v1/f"));
}

/* From one root to another the way leaves both. */
static void absolute_to_another_root(void **state) {
  (void)state;
  char target[400];
  ground_directory("r");
  ground_directory("s");
  ground_file("s/f", "");
  snprintf(target, sizeof target, "%s/s/f", ground_path());
  ground_symlink(target, "r/l");
  const char *const paths[] = {"r", "s"};
  assert_int_equal(check(paths, 2, (struct nlink_scope){0}, 0, SENTENCES), NLINK_OK);
  assert_string_equal(text, "absolute-inside r/l: is absolute, though it leads to something inside the root: "
                            "'../s/f' would do\n");
}

static void outside(void **state) {
  (void)state;
  char expected[1200];
  const char *here = ground_path();
  ground_directory("r");
  ground_directory("r/d");
  ground_directory("rr");
  ground_directory("out");
  ground_file("r/f", "");
  ground_file("rr/f", "");
  ground_file("out/f", "");
  ground_symlink("../../out/f", "r/d/out");
  ground_symlink("../rr/f", "r/sibling"); /* its path begins as the root's does */
  ground_symlink("..", "r/up");
  ground_symlink("../r/f", "out/back");
  ground_symlink("../out/back", "r/there-and-back");
  ground_symlink("out", "r/over");
  ground_symlink("d/out", "r/chain");
  snprintf(
      expected, sizeof expected,
      "dangles r/over: leads nowhere: 'out' does not exist; the nearest of that name is 'r/d/out'\n"
      "points-out r/chain: leads out of the root, to '%s/out/f'\n"
      "points-out r/d/out: leads out of the root, to '%s/out/f'\n"
      "points-out r/sibling: leads out of the root, to '%s/rr/f'\n"
      "points-out r/there-and-back: leads out of the root, and by soft links there back in, to '%s/r/f'\n"
      "points-out r/up: leads out of the root, to '%s'\n",
      here, here, here, here, here);
  expect(SENTENCES, expected);
  const char *const both[] = {"r", "out", "rr"};
  assert_int_equal(check(both, 3, (struct nlink_scope){0}, ONLY(POINTS_OUT), NAMES_ALONE), NLINK_OK);
  assert_string_equal(text, "points-out r/up\n");
}

static void needlessly_long(void **state) {
  (void)state;
  ground_directory("r");
  ground_directory("r/d");
  ground_directory("r/d/in");
  ground_file("r/f", "");
  ground_file("r/d/f", "");
  ground_symlink("d", "r/soft");
  ground_symlink("./f", "r/dot");
  ground_symlink("d//f", "r/slashes");
  ground_symlink("d/../f", "r/back");
  ground_symlink("../d/f", "r/d/own");
  ground_symlink("../../d/in", "r/d/in/self");
  ground_symlink("soft/../f", "r/turn"); /* nothing can go: soft may lead elsewhere one day */
  ground_symlink("soft/./f", "r/turn-dot");
  expect(MENDS, "needlessly-long r/back: ln -sfn -- 'f' 'r/back'\n"
                "needlessly-long r/d/in/self: ln -sfn -- '.' 'r/d/in/self'\n"
                "needlessly-long r/d/own: ln -sfn -- 'f' 'r/d/own'\n"
                "needlessly-long r/dot: ln -sfn -- 'f' 'r/dot'\n"
                "needlessly-long r/slashes: ln -sfn -- 'd/f' 'r/slashes'\n"
                "needlessly-long r/turn-dot: ln -sfn -- 'soft/f' 'r/turn-dot'\n");
  mend_all("r");
  expect(NAMES_ALONE, "");
}

/* One soft link, one finding: which of several, and what comes when that is not wanted. */
static void order(void **state) {
  (void)state;
  char target[400];
  ground_directory("r");
  ground_file("r/f", "");
  ground_file("out", "");
  ground_symlink("./../out", "r/out");
  snprintf(target, sizeof target, "%s/./r/f", ground_path());
  ground_symlink(target, "r/absolute");
  ground_symlink(".//lost", "r/gone");
  expect(NAMES_ALONE, "dangles r/gone\nabsolute-inside r/absolute\npoints-out r/out\n");
  expect_of("r", 1u << NLINK_FINDING_POINTS_OUT | 1u << NLINK_FINDING_DANGLES, NAMES_ALONE,
            "absolute-inside r/absolute\nneedlessly-long r/out\n");
  expect_of("r", ONLY(NEEDLESSLY_LONG), NAMES_ALONE, "needlessly-long r/absolute\nneedlessly-long r/out\n");
  expect_of("r", EVERYTHING, NAMES_ALONE, "");
}

/* A soft link that is a root itself is in no root. */
static void roots(void **state) {
  (void)state;
  ground_file("f", "");
  ground_directory("d");
  ground_symlink("f", "good");
  ground_symlink("/etc", "absolute");
  ground_symlink("none", "bad");
  ground_symlink("./f", "d/bad");
  ground_symlink(".//f", "long");
  const char *const paths[] = {"good", "absolute", "bad", "d/bad", "long"};
  assert_int_equal(check(paths, 5, (struct nlink_scope){0}, 0, MENDS), NLINK_OK);
  assert_string_equal(text, "dangles bad: rm -- 'bad'\n"
                            "dangles d/bad: rm -- 'd/bad'\n"
                            "needlessly-long long: ln -sfn -- 'f' 'long'\n");
}

static void any_names(void **state) {
  (void)state;
  ground_directory("r");
  ground_directory("r/-d");
  ground_directory("r/new\nline\n");
  ground_file("r/new\nline\n/it's \xff\"$x`", "kept");
  ground_file("r/-d/$(touch hacked)", "");
  ground_symlink("it's \xff\"$x`", "r/-d/\x01 l\\\n");
  ground_symlink("no/$(touch hacked)", "r/-n");
  ground_symlink("./-d", "r/~");
  ground_link("r/-d/$(touch hacked)", "r/new\nline\n/e\n");
  mend_all("r");
  expect(NAMES_ALONE, "");
  assert_true(lead_to_one("r/-d/\x01 l\\\n", "r/new\nline\n/it's \xff\"$x`"));
  assert_false(ground_exists("hacked"));
  assert_true(lead_to_one("r/-n", "r/-d/$(touch hacked)"));
}

/* A directory that is too deep for a path. */
static void deep(void **state) {
  (void)state;
  char name[201];
  memset(name, 'd', 200);
  name[200] = '\0';
  ground_directory("r");
  int at = open("r", O_PATH | O_CLOEXEC);
  for (int i = 0; i < 30; i++) {
    assert_int_equal(mkdirat(at, name, 0777), 0);
    int below = openat(at, name, O_PATH | O_CLOEXEC);
    close(at);
    at = below;
  }
  assert_int_equal(symlinkat("gone", at, "dangles"), 0);
  assert_int_equal(symlinkat("../x", at, "up"), 0);
  assert_int_equal(symlinkat("./dangles/../.", at, "long"), 0);
  assert_int_equal(symlinkat("././.", at, "dots"), 0);
  assert_int_equal(symlinkat("/etc", at, "out"), 0);
  close(at);
  const char *const paths[] = {"r"};
  assert_int_equal(check(paths, 1, (struct nlink_scope){0}, 0, NAMES_ALONE), NLINK_OK);
  unsigned lines = 0;
  for (const char *c = text; *c != '\0'; c++)
    lines += *c == '\n';
  assert_int_equal(lines, 5);
  assert_int_equal(system("rm -rf r"), 0);
}

static void of_processes(void **state) {
  (void)state;
  ground_directory("r");
  ground_symlink("/proc/self/fd/0", "r/in");
  ground_symlink("/proc/self/fd/999", "r/none");
  ground_symlink("../../../../../../proc/self/cwd", "r/cwd");
  const char *const paths[] = {"r", "/proc/self/ns", "/proc/self/fd"};
  enum nlink_status status = check(paths, 3, (struct nlink_scope){0}, EVERYTHING & ~0x1fu, NAMES_ALONE);
  assert_true(status >= 0);
  assert_string_equal(text, "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(plain),        TEST(dangling),        TEST(candidates),
      TEST(loops),        TEST(absolute),        TEST(absolute_to_another_root),
      TEST(outside),      TEST(needlessly_long), TEST(order),
      TEST(roots),        TEST(any_names),       TEST(deep),
      TEST(of_processes),
  };
  return GROUND_RUN("check", tests);
}
