/*
 * test_check_files.c - what is wrong with files of several names, as users with fewer rights see it too; scopes, arguments
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "check_say.h"

#include <sys/stat.h>
#include <sys/vfs.h>

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
      TEST(groups),    TEST(a_root_that_is_a_file), TEST(near_the_limit),
      TEST(areas),     TEST(behind_doors),          TEST(scopes),
      TEST(arguments),
  };
  return GROUND_RUN("check-files", tests);
}
