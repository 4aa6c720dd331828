/*
 * test_fix.c - soft links mended: nlink_check_fix, nlink_check_mended, nlink_check_journal
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

#define EVERYTHING ((1u << NLINK_FINDING_KINDS) - 1)
#define ONLY(kind) (EVERYTHING & ~(1u << NLINK_FINDING_##kind))

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

/* A tree with a soft link of each kind. */
static void plant(void) {
  char path[4096];
  ground_directory("r");
  ground_directory("r/d");
  ground_directory("r/d/e");
  ground_file("r/d/e/lost", "lost");
  ground_file("r/file", "file");
  ground_file("out", "out");
  snprintf(path, sizeof path, "%s/r/file", ground_path());
  ground_symlink(path, "r/d/absolute");
  ground_symlink("lost", "r/d/dangles");
  ground_symlink("../d/../file", "r/d/long");
  ground_symlink("../../out", "r/d/beyond");
  ground_symlink("nothing", "r/gone");
  ground_symlink("nowhere/..", "r/strange");
  ground_symlink("b", "r/a");
  ground_symlink("a", "r/b");
  ground_symlink("file", "r/good");
}

static struct nlink_check *look_with(unsigned off) {
  static const char *const paths[] = {"r"};
  struct nlink_check *check = NULL;
  const struct nlink_check_options options = {.size = sizeof options, .off = off};
  assert_int_equal(nlink_check_open(&check, NLINK_CWD, paths, 1, &options, NULL, NULL), NLINK_OK);
  return check;
}

static struct nlink_check *look(void) {
  return look_with(0);
}

/* All soft links in a tree and what they hold, a line each; to be given back. */
static char *held(const char *root) {
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry = NULL;
  const char *const paths[] = {root};
  char *all = calloc(1, 1 << 16);
  assert_non_null(all);
  assert_int_equal(nlink_walk_open(&walk, NLINK_CWD, paths, 1, NULL, 0, NULL), NLINK_OK);
  while (nlink_walk_next(walk, &entry, NULL) == NLINK_OK) {
    char path[4096];
    char target[NLINK_TARGET_SIZE];
    nlink_walk_path(path, sizeof path, entry);
    if (entry->kind != NLINK_SYMLINK)
      continue;
    assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, path, 0, NULL), NLINK_OK);
    add(all, 1 << 16, "%s -> %s\n", path, target);
  }
  nlink_walk_close(walk);
  return all;
}

static void expect_held(const char *expected) {
  char *all = held("r");
  assert_string_equal(all, expected);
  free(all);
}

static void on_left(const char *path, enum nlink_left left, const struct nlink_error *error, void *ctx) {
  const char *name = strrchr(path, '/');
  add(ctx, 1024, "%s %s%s\n", name == NULL ? path : name + 1, nlink_left_name(left),
      error == NULL ? "" : "!");
}

static struct nlink_apply_options options_with(const char *journal, char *told) {
  return (struct nlink_apply_options){.size = sizeof(struct nlink_apply_options),
                                      .journal = journal,
                                      .no_journal = journal == NULL,
                                      .on_left = told == NULL ? NULL : on_left,
                                      .ctx = told};
}

/* ---------------------------------------------------------------- what would be done */

static void told(void **state) {
  (void)state;
  plant();
  struct nlink_check *check = look();
  const struct nlink_finding *finding = NULL;
  char all[4096] = "";
  while (nlink_check_next(check, &finding) == NLINK_OK) {
    const char *aim = nlink_check_mended(check, finding);
    add(all, sizeof all, "%s: %s\n", finding->path, aim == NULL ? "nothing" : *aim == '\0' ? "removed" : aim);
    if (aim != NULL && *aim != '\0') { /* the same as the command */
      char command[512];
      snprintf(command, sizeof command, "ln -sfn -- '%s' '%s'", aim, finding->path);
      assert_string_equal(finding->mend, command);
    }
  }
  assert_string_equal(all, "r/d/dangles: e/lost\n"
                           "r/gone: removed\n"
                           "r/strange: nothing\n"
                           "r/a: removed\n"
                           "r/b: removed\n"
                           "r/d/absolute: ../file\n"
                           "r/d/beyond: nothing\n"
                           "r/d/long: ../file\n");
  assert_null(nlink_check_journal(check));
  nlink_check_close(check);
}

static void dry(void **state) {
  (void)state;
  plant();
  char *before = ground_picture(true);
  struct nlink_check *check = look();
  struct nlink_fix_report report = {0};
  struct nlink_apply_options options = options_with("journal", NULL);
  options.dry_run = true;
  assert_int_equal(nlink_check_fix(check, false, &options, &report, NULL), NLINK_OK);
  assert_int_equal(report.planned_names, 3);
  assert_int_equal(nlink_check_fix(check, true, &options, &report, NULL), NLINK_OK);
  assert_int_equal(report.planned_names, 6);
  assert_int_equal(report.done_names + report.left_names + report.failed, 0);
  assert_null(nlink_check_journal(check));
  nlink_check_close(check);
  char *after = ground_picture(true);
  assert_string_equal(after, before);
  free(before);
  free(after);
}

/* ---------------------------------------------------------------- what is done */

static void done(void **state) {
  (void)state;
  plant();
  struct nlink_check *check = look();
  struct nlink_fix_report report = {0};
  const struct nlink_apply_options options = options_with("journal", NULL);
  assert_int_equal(nlink_check_fix(check, false, &options, &report, NULL), NLINK_OK);
  assert_int_equal(report.planned_names, 3);
  assert_int_equal(report.done_names, 3);
  assert_int_equal(report.left_names + report.failed, 0);
  expect_held("r/a -> b\n"
              "r/b -> a\n"
              "r/d/absolute -> ../file\n"
              "r/d/beyond -> ../../out\n"
              "r/d/dangles -> e/lost\n"
              "r/d/long -> ../file\n"
              "r/gone -> nothing\n"
              "r/good -> file\n"
              "r/strange -> nowhere/..\n");
  char path[4096];
  snprintf(path, sizeof path, "%s/journal", ground_path());
  assert_string_equal(nlink_check_journal(check), path);
  /* Only once. */
  struct nlink_error error;
  assert_int_equal(nlink_check_fix(check, false, &options, &report, &error), NLINK_INVALID);
  assert_int_equal(error.status, NLINK_INVALID);
  nlink_check_close(check);
}

static void undone(void **state) {
  (void)state;
  plant();
  char *before = held("r");
  struct nlink_check *check = look();
  struct nlink_fix_report report = {0};
  const struct nlink_apply_options options = options_with("journal", NULL);
  assert_int_equal(nlink_check_fix(check, true, &options, &report, NULL), NLINK_OK);
  assert_int_equal(report.done_names, 6);
  nlink_check_close(check);
  expect_held("r/d/absolute -> ../file\n"
              "r/d/beyond -> ../../out\n"
              "r/d/dangles -> e/lost\n"
              "r/d/long -> ../file\n"
              "r/good -> file\n"
              "r/strange -> nowhere/..\n");
  struct nlink_repair_report repair = {0};
  assert_int_equal(nlink_undo(NLINK_CWD, "journal", NULL, &repair, NULL), NLINK_OK);
  assert_int_equal(repair.returned_names, 6);
  expect_held(before);
  free(before);
}

static void nothing(void **state) {
  (void)state;
  plant();
  struct nlink_check *check = look_with(EVERYTHING & ~(1u << NLINK_FINDING_POINTS_OUT));
  struct nlink_fix_report report = {.planned_names = 7};
  const struct nlink_apply_options options = options_with("journal", NULL);
  assert_int_equal(nlink_check_fix(check, true, &options, &report, NULL), NLINK_OK);
  assert_int_equal(report.planned_names, 0);
  assert_null(nlink_check_journal(check));
  assert_false(ground_exists("journal"));
  nlink_check_close(check);
}

static void chosen(void **state) {
  (void)state;
  plant();
  struct nlink_check *check = look_with(ONLY(NEEDLESSLY_LONG));
  const struct nlink_apply_options options = options_with(NULL, NULL);
  assert_int_equal(nlink_check_fix(check, true, &options, NULL, NULL), NLINK_OK);
  assert_null(nlink_check_journal(check));
  nlink_check_close(check);
  char target[NLINK_TARGET_SIZE];
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "r/d/long", 0, NULL), NLINK_OK);
  assert_string_equal(target, "../file"); /* it is long alone: the others are as they were */
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "r/d/dangles", 0, NULL), NLINK_OK);
  assert_string_equal(target, "lost");
}

/* ---------------------------------------------------------------- what changed meanwhile */

static void changed(void **state) {
  (void)state;
  plant();
  char left[1024] = "";
  struct nlink_check *check = look();
  /* Another soft link, a file, nothing, a directory. */
  assert_int_equal(unlink("r/d/dangles"), 0);
  ground_symlink("e", "r/d/dangles");
  assert_int_equal(unlink("r/d/long"), 0);
  ground_file("r/d/long", "mine");
  assert_int_equal(unlink("r/gone"), 0);
  assert_int_equal(unlink("r/a"), 0);
  ground_directory("r/a");
  struct nlink_fix_report report = {0};
  const struct nlink_apply_options options = options_with("journal", left);
  assert_int_equal(nlink_check_fix(check, true, &options, &report, NULL), NLINK_PARTIAL);
  assert_int_equal(report.planned_names, 6);
  assert_int_equal(report.done_names, 2);
  assert_int_equal(report.left_names, 4);
  assert_int_equal(report.failed, 0);
  /* The number of the old one can be that of the new one. */
  assert_true(strstr(left, "dangles vanished\n") != NULL || strstr(left, "dangles changed\n") != NULL);
  assert_non_null(strstr(left, "long vanished\n"));
  assert_non_null(strstr(left, "gone vanished\n"));
  assert_non_null(strstr(left, "a vanished\n"));
  nlink_check_close(check);
  expect_held("r/d/absolute -> ../file\n"
              "r/d/beyond -> ../../out\n"
              "r/d/dangles -> e\n"
              "r/good -> file\n"
              "r/strange -> nowhere/..\n");
  assert_true(ground_holds("r/d/long", "mine"));
}

/* ---------------------------------------------------------------- several names */

static void shared(void **state) {
  (void)state;
  char path[4096];
  plant();
  snprintf(path, sizeof path, "%s/r/file", ground_path());
  ground_directory("r/f");
  ground_link("r/d/absolute", "r/d/again");
  ground_link("r/d/absolute", "r/f/again");
  ground_link("r/d/absolute", "r/nearer");
  ground_link("r/d/absolute", "outside");
  char *before = held("r");
  struct nlink_check *check = look();
  struct nlink_fix_report report = {0};
  const struct nlink_apply_options options = options_with("journal", NULL);
  assert_int_equal(nlink_check_fix(check, false, &options, &report, NULL), NLINK_OK);
  assert_int_equal(report.planned_names, 6);
  assert_int_equal(report.done_names, 6);
  nlink_check_close(check);
  /* Those that hold the same are names of one soft link, in different directories, too. */
  assert_true(ground_same("r/d/absolute", "r/d/again"));
  assert_true(ground_same("r/d/absolute", "r/f/again"));
  assert_false(ground_same("r/d/absolute", "r/nearer"));
  char target[NLINK_TARGET_SIZE];
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "r/f/again", 0, NULL), NLINK_OK);
  assert_string_equal(target, "../file");
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "r/nearer", 0, NULL), NLINK_OK);
  assert_string_equal(target, "file");
  assert_int_equal(nlink_readlink(target, sizeof target, NLINK_CWD, "outside", 0, NULL), NLINK_OK);
  assert_string_equal(target, path);
  assert_int_equal(nlink_undo(NLINK_CWD, "journal", NULL, NULL, NULL), NLINK_OK);
  expect_held(before);
  free(before);
}

/* ---------------------------------------------------------------- the same as the commands */

static void as_commands(void **state) {
  (void)state;
  static const char *const targets[] = {"f1",      "../f1",    "x/f2", "d1/../f1", "./f2",
                                        "d1//f3",  "../d1/f3", "s1",   "d1/s2/",   "../../r/f1",
                                        "nowhere", "nix/f1",   "s3",   "."};
  struct ground_chance chance = {20};
  for (int round = 0; round < 30; round++) {
    char path[128];
    ground_directory("r");
    for (int i = 1; i < 4; i++) {
      snprintf(path, sizeof path, "r/d%d", i);
      ground_directory(path);
      snprintf(path, sizeof path, "r/%s%sf%d", i == 1 ? "" : "d", i == 1 ? "" : i == 2 ? "2/" : "1/", i);
      ground_file(path, "f");
    }
    for (int i = 0; i < 12; i++) {
      char target[5000];
      uint32_t dir = ground_below(&chance, 4);
      snprintf(path, sizeof path, dir == 0 ? "r/s%d" : "r/d%d/s%d", dir == 0 ? i : (int)dir, i);
      uint32_t which = ground_below(&chance, 17);
      snprintf(target, sizeof target, which < 14 ? "%s" : "%s/r/f1",
               which < 14 ? targets[which] : ground_path());
      ground_symlink(target, path);
    }
    assert_int_equal(system("cp -a r other"), 0);
    struct nlink_check *check = look();
    const struct nlink_apply_options options = options_with(NULL, NULL);
    assert_int_equal(nlink_check_fix(check, false, &options, NULL, NULL), NLINK_OK);
    /* The commands of all that is only to be removed are left out. */
    assert_int_equal(rename("r", "fixed"), 0);
    assert_int_equal(rename("other", "r"), 0);
    nlink_check_close(check);
    check = look();
    const struct nlink_finding *finding = NULL;
    while (nlink_check_next(check, &finding) == NLINK_OK)
      if (strncmp(finding->mend, "ln ", 3) == 0)
        assert_int_equal(system(finding->mend), 0);
    nlink_check_close(check);
    char *expected = held("r");
    assert_int_equal(rename("r", "other"), 0);
    assert_int_equal(rename("fixed", "r"), 0);
    expect_held(expected);
    free(expected);
    ground_empty(".");
  }
}

/* ---------------------------------------------------------------- arguments */

static void arguments(void **state) {
  (void)state;
  plant();
  char *before = held("r");
  struct nlink_check *check = look();
  struct nlink_error error;
  struct nlink_fix_report report = {0};
  struct nlink_apply_options options = {.size = 3};
  assert_int_equal(nlink_check_fix(check, false, &options, &report, &error), NLINK_INVALID);
  assert_int_equal(error.step, NLINK_STEP_ARGUMENTS);
  ground_file("journal", "");
  options = options_with("journal", NULL);
  assert_int_equal(nlink_check_fix(check, false, &options, &report, &error), NLINK_EXISTS);
  nlink_check_close(check);
  assert_int_equal(unlink("journal"), 0);
  char *after = held("r");
  assert_string_equal(after, before);
  free(before);
  free(after);
}

/* Journals that are looked for, or written without a path, are of this test alone. */
static int setup(void **state) {
  int result = ground_setup(state);
  setenv("XDG_STATE_HOME", ground_path(), 1);
  return result;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(told, setup, ground_teardown),
      cmocka_unit_test_setup_teardown(dry, setup, ground_teardown),
      cmocka_unit_test_setup_teardown(done, setup, ground_teardown),
      cmocka_unit_test_setup_teardown(undone, setup, ground_teardown),
      cmocka_unit_test_setup_teardown(nothing, setup, ground_teardown),
      cmocka_unit_test_setup_teardown(chosen, setup, ground_teardown),
      cmocka_unit_test_setup_teardown(changed, setup, ground_teardown),
      cmocka_unit_test_setup_teardown(shared, setup, ground_teardown),
      cmocka_unit_test_setup_teardown(as_commands, setup, ground_teardown),
      cmocka_unit_test_setup_teardown(arguments, setup, ground_teardown),
  };
  return GROUND_RUN("fix", tests);
}
