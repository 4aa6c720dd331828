/*
 * test_check.c - what is wrong with the links in trees: nlink_check_open, nlink_check_next, nlink_check_close
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
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

/* ---------------------------------------------------------------- findings as text */

static char text[1 << 16];   /* a line a finding: kind, path, then what the caller wants of it */
static char events[1 << 12]; /* a line an event: path, step, status */

enum show { NAMES_ALONE, SENTENCES, MENDS, CANDIDATES, NAMES };

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void
add(char *to, size_t size, const char *format, ...) {
  size_t used = strlen(to);
  va_list list;
  va_start(list, format);
  vsnprintf(to + used, size - used, format, list);
  va_end(list);
}

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  assert_string_equal(ctx, "ctx");
  add(events, sizeof events, "%s: %s: %s\n", path, nlink_step_name(error->step),
      nlink_status_name(error->status));
}

static void put(const struct nlink_finding *finding, enum show show) {
  assert_non_null(finding->path);
  assert_true(finding->text[0] != '\0' && finding->text[strlen(finding->text) - 1] != '.');
  assert_non_null(finding->mend);
  assert_int_equal(finding->names != NULL, finding->name_count > 0);
  add(text, sizeof text, "%s %s", nlink_finding_name(finding->kind), finding->path);
  if (show == SENTENCES)
    add(text, sizeof text, ": %s", finding->text);
  if (show == MENDS)
    add(text, sizeof text, ": %s", finding->mend);
  if (show == CANDIDATES)
    add(text, sizeof text, ": %s", finding->candidate != NULL ? finding->candidate : "none");
  for (size_t i = 0; show == NAMES && i < finding->name_count; i++)
    add(text, sizeof text, " %s", finding->names[i]);
  add(text, sizeof text, "\n");
}

static enum nlink_status check(const char *const *paths, size_t count, struct nlink_scope scope, unsigned off,
                               enum show show) {
  static char ctx[] = "ctx";
  struct nlink_check *found = NULL;
  struct nlink_error error;
  const struct nlink_finding *finding = NULL;
  const struct nlink_check_options options = {.size = sizeof options, .off = off};
  text[0] = events[0] = '\0';
  scope.size = sizeof scope;
  scope.on_event = on_event;
  scope.ctx = ctx;
  enum nlink_status status = nlink_check_open(&found, NLINK_CWD, paths, count, &options, &scope, &error);
  if (status < 0) {
    assert_null(found);
    assert_int_equal(error.status, status);
    return status;
  }
  while (nlink_check_next(found, &finding) == NLINK_OK)
    put(finding, show);
  assert_int_equal(nlink_check_next(found, &finding), NLINK_END);
  nlink_check_close(found);
  return status;
}

#define EVERYTHING ((1u << NLINK_FINDING_KINDS) - 1)
#define ONLY(kind) (EVERYTHING & ~(1u << NLINK_FINDING_##kind))

static void expect_of(const char *root, unsigned off, enum show show, const char *expected) {
  const char *const paths[] = {root};
  assert_int_equal(check(paths, 1, (struct nlink_scope){0}, off, show), NLINK_OK);
  assert_string_equal(text, expected);
  assert_string_equal(events, "");
}

static void expect(enum show show, const char *expected) {
  expect_of("r", 0, show, expected);
}

/* Run each mend as it is told, in a shell; then nothing is found that could be mended. */
static void mend_all(const char *root) {
  const char *const paths[] = {root};
  struct nlink_check *found = NULL;
  const struct nlink_finding *finding = NULL;
  assert_int_equal(nlink_check_open(&found, NLINK_CWD, paths, 1, NULL, NULL, NULL), NLINK_OK);
  while (nlink_check_next(found, &finding) == NLINK_OK) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      execlp("bash", "bash", "-c", finding->mend, (char *)NULL);
      _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
  }
  nlink_check_close(found);
}

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

/* ---------------------------------------------------------------- files of several names */

static void groups(void **state) {
  (void)state;
  ground_directory("r");
  ground_directory("r/d");
  ground_file("r/b", "b");
  ground_link("r/b", "r/d/a");
  ground_link("r/b", "outside");
  ground_file("r/whole", "w");
  ground_link("r/whole", "r/d/whole");
  ground_file("r/e2", "");
  ground_link("r/e2", "r/e1");
  ground_link("r/e2", "r/d/e3");
  ground_symlink("whole", "r/s1");
  ground_link("r/s1", "r/s2");
  ground_file("r/set", "x");
  ground_link("r/set", "r/set2");
  assert_int_equal(chmod("r/set", 02755), 0);
  expect(NAMES, "partly-outside r/b r/b r/d/a\n"
                "set-id-shared r/set r/set r/set2\n"
                "empty-shared r/d/e3 r/d/e3 r/e1 r/e2\n"
                "soft-link-shared r/s1 r/s1 r/s2\n");
  expect(SENTENCES,
         "partly-outside r/b: 2 of 3 names are here, 1 outside\n"
         "set-id-shared r/set: is setgid and has 2 names: where one of them is replaced by a newer program, "
         "the old one keeps its rights under the others\n"
         "empty-shared r/d/e3: is empty and has 3 names: what is written by one of them is in all\n"
         "soft-link-shared r/s1: is a soft link with 2 names: most programs that copy a tree make as many "
         "of it\n");
  assert_int_equal(chmod("r/e1", 0640), 0);
  mend_all("r");
  expect(NAMES_ALONE, "partly-outside r/b\nset-id-shared r/set\n");
  static const char *const kept[] = {"r/e1", "r/e2", "r/d/e3"};
  for (int i = 0; i < 3; i++) {
    struct stat stat_;
    assert_int_equal(stat(kept[i], &stat_), 0);
    assert_int_equal(stat_.st_nlink, 1);
    assert_int_equal(stat_.st_mode & 0777, 0640);
  }
  assert_int_equal(ground_link_count("r/s1"), 1);
  assert_int_equal(ground_link_count("r/s2"), 1);
}

static void a_root_that_is_a_file(void **state) {
  (void)state;
  ground_directory("d");
  ground_file("d/f", "");
  ground_link("d/f", "d/g");
  ground_link("d/f", "h");
  const char *const paths[] = {"d/f", "h"};
  assert_int_equal(check(paths, 2, (struct nlink_scope){0}, 0, NAMES), NLINK_OK);
  assert_string_equal(text, "partly-outside d/f d/f h\nempty-shared d/f d/f h\n");
  const char *const one[] = {"h"};
  mend_all("h");
  assert_int_equal(check(one, 1, (struct nlink_scope){0}, 0, NAMES), NLINK_OK);
  assert_string_equal(text, "");
}

static void near_the_limit(void **state) {
  (void)state;
  struct statfs fs;
  assert_int_equal(statfs(".", &fs), 0);
  if (fs.f_type != 0xef53)
    ground_skip("the file system of the test is not ext4");
  char name[32];
  ground_directory("r");
  ground_file("r/0", "x");
  for (int i = 1; i < 58500; i++) {
    snprintf(name, sizeof name, "r/%d", i);
    assert_int_equal(link("r/0", name), 0);
    if (i == 58498)
      expect(NAMES_ALONE, "");
  }
  const char *const paths[] = {"r"};
  assert_int_equal(check(paths, 1, (struct nlink_scope){0}, 0, SENTENCES), NLINK_OK);
  assert_true(strncmp(text, "near-limit r/0: has 58500 names, and the file system (ext", 57) == 0);
}

/* ---------------------------------------------------------------- another user's eyes */

/* Run a test as an ordinary user; `.` belongs to that one. */
static void as_user(void (*run)(void)) {
  if (geteuid() != 0) {
    run();
    return;
  }
  assert_int_equal(chown(".", 65534, 65534), 0);
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0)
      _exit(1);
    run();
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

static void look_at_areas(void) {
  ground_directory("r");
  ground_directory("r/golden");
  ground_directory("r/work");
  ground_file("r/golden/b", "b");
  ground_link("r/golden/b", "r/work/b");
  ground_link("r/golden/b", "r/work/a");
  ground_file("r/golden/c", "c");
  ground_link("r/golden/c", "r/golden/d");
  ground_file("r/work/c", "c");
  ground_link("r/work/c", "r/work/d");
  assert_int_equal(chmod("r/golden", 0555), 0);
  expect(SENTENCES,
         "writable-and-read-only r/golden/b: one may write to the directory of 'r/work/a', and not to that "
         "of 'r/golden/b'\n");
  const char *const paths[] = {"r/golden/b", "r/work/b"};
  assert_int_equal(check(paths, 2, (struct nlink_scope){0}, ONLY(WRITABLE_AND_READ_ONLY), NAMES), NLINK_OK);
  assert_string_equal(text, "writable-and-read-only r/golden/b r/golden/b r/work/b\n");
  assert_int_equal(chmod("r/golden", 0755), 0);
  expect(NAMES_ALONE, "");
}

static void areas(void **state) {
  (void)state;
  as_user(look_at_areas);
}

static void look_behind_doors(void) {
  ground_directory("r");
  ground_directory("locked");
  ground_file("locked/f", "");
  ground_symlink("../locked/f", "r/unknown");
  ground_symlink("unknown", "r/over");
  ground_symlink("gone", "r/dangles");
  assert_int_equal(chmod("locked", 0), 0);
  const char *const paths[] = {"r"};
  assert_int_equal(check(paths, 1, (struct nlink_scope){0}, 0, NAMES_ALONE), NLINK_PARTIAL);
  assert_string_equal(text, "dangles r/dangles\n");
  assert_string_equal(events, "r/over: resolve: NLINK_DENIED\nr/unknown: resolve: NLINK_DENIED\n");
  assert_int_equal(chmod("locked", 0755), 0);
}

static void behind_doors(void **state) {
  (void)state;
  as_user(look_behind_doors);
}

/* ---------------------------------------------------------------- scope, arguments */

static bool stop(const struct nlink_progress *progress, void *ctx) {
  (void)progress;
  (void)ctx;
  return false;
}

static void scopes(void **state) {
  (void)state;
  ground_directory("r");
  ground_directory("r/d");
  ground_directory("r/d/d");
  ground_symlink("gone", "r/1");
  ground_symlink("gone", "r/d/2");
  ground_symlink("gone", "r/d/d/3");
  ground_file("r/e", "");
  ground_link("r/e", "r/d/e");
  const char *const paths[] = {"r"};
  const char *const rules[] = {"- [23]"};
  const char *const no_e[] = {"- /d/e"};
  assert_int_equal(check(paths, 1, (struct nlink_scope){.max_depth = 2}, ONLY(DANGLES), NAMES_ALONE),
                   NLINK_OK);
  assert_string_equal(text, "dangles r/1\ndangles r/d/2\n");
  assert_int_equal(
      check(paths, 1, (struct nlink_scope){.rules = rules, .rule_count = 1}, ONLY(DANGLES), NAMES_ALONE),
      NLINK_OK);
  assert_string_equal(text, "dangles r/1\n");
  assert_int_equal(
      check(paths, 1, (struct nlink_scope){.rules = no_e, .rule_count = 1}, ONLY(PARTLY_OUTSIDE), NAMES),
      NLINK_OK);
  assert_string_equal(text, "partly-outside r/e r/e\n");
  assert_int_equal(check(paths, 1, (struct nlink_scope){.min_bytes = 1}, ONLY(EMPTY_SHARED), NAMES),
                   NLINK_OK);
  assert_string_equal(text, "");
  assert_int_equal(check(paths, 1, (struct nlink_scope){.listed = true}, 0, NAMES), NLINK_INVALID);
  for (unsigned threads = 1; threads < 9; threads++) {
    assert_int_equal(check(paths, 1, (struct nlink_scope){.threads = threads}, 0, MENDS), NLINK_OK);
    assert_true(strncmp(text, "dangles r/1: rm -- 'r/1'\ndangles r/d/2: rm -- 'r/d/2'\n", 50) == 0);
  }
  const char *const missing[] = {"r", "missing"};
  assert_int_equal(check(missing, 2, (struct nlink_scope){0}, ONLY(LOOPS), NAMES), NLINK_PARTIAL);
  assert_string_equal(events, "missing: open: NLINK_NOT_FOUND\n");
}

static void arguments(void **state) {
  (void)state;
  struct nlink_check *found = (struct nlink_check *)(void *)&found;
  struct nlink_error error;
  const char *const paths[] = {"r", NULL};
  struct nlink_check_options options = {.size = sizeof options};
  struct nlink_scope scope = {.size = sizeof scope};
  assert_int_equal(nlink_check_open(NULL, NLINK_CWD, paths, 1, NULL, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_check_open(&found, NLINK_CWD, paths, 2, NULL, NULL, &error), NLINK_INVALID);
  assert_null(found);
  assert_int_equal(nlink_check_open(&found, NLINK_CWD, paths, 0, NULL, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_check_open(&found, NLINK_CWD, NULL, 1, NULL, NULL, &error), NLINK_INVALID);
  options.size = 1;
  assert_int_equal(nlink_check_open(&found, NLINK_CWD, paths, 1, &options, NULL, &error), NLINK_INVALID);
  options = (struct nlink_check_options){.size = sizeof options, .off = 1u << NLINK_FINDING_KINDS};
  assert_int_equal(nlink_check_open(&found, NLINK_CWD, paths, 1, &options, NULL, &error), NLINK_INVALID);
  scope.size = 1;
  assert_int_equal(nlink_check_open(&found, NLINK_CWD, paths, 1, NULL, &scope, &error), NLINK_INVALID);
  assert_int_equal(error.step, NLINK_STEP_ARGUMENTS);
  assert_true(error.text[0] != '\0');
  scope = (struct nlink_scope){.size = sizeof scope, .on_progress = stop};
  const char *const everything[] = {"/usr", "/"};
  assert_int_equal(nlink_check_open(&found, NLINK_CWD, everything, 2, NULL, &scope, &error), NLINK_CANCELLED);
  assert_null(found);
  nlink_check_close(NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(plain),          TEST(dangling),        TEST(candidates),
      TEST(loops),          TEST(absolute),        TEST(absolute_to_another_root),
      TEST(outside),        TEST(needlessly_long), TEST(order),
      TEST(roots),          TEST(any_names),       TEST(deep),
      TEST(of_processes),   TEST(groups),          TEST(a_root_that_is_a_file),
      TEST(near_the_limit), TEST(areas),           TEST(behind_doors),
      TEST(scopes),         TEST(arguments),
  };
  return GROUND_RUN("check", tests);
}
