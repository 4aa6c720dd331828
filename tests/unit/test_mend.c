/*
 * test_mend.c - the rule of recovery: each thing that a temporary name and a name can hold, for each deed
 *
 * Whatever stands there: the old bytes, what somebody else wrote, and the name itself are not lost; the temporary name goes
 * unless what it leads to stands nowhere else. Also where exchanging is impossible, where calls fail, and where the
 * mending is ended at any of its changes.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "safe/mend.h"

#include "base/fault.h"
#include "remains.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

/* What comes of it. */
enum outcome {
  MISSING,  /* the name is not there, and told */
  GONE,     /* it is not there, as it was meant to be */
  FINISHED, /* it holds the new thing */
  RETURNED, /* it holds the old thing */
  OTHERS,   /* it holds what somebody else put there */
  STAYS     /* both names hold what they held, and that is told */
};

/* By what the temporary name holds, and what the name holds: nothing, old, new, other. */
typedef enum outcome rule[REMAINS_THINGS][REMAINS_THINGS];

static const rule rules[REMAINS_DEEDS] = {
    [REMAINS_LINK] = {{MISSING, RETURNED, FINISHED, OTHERS},
                      {RETURNED, RETURNED, FINISHED, OTHERS},
                      {FINISHED, RETURNED, FINISHED, OTHERS},
                      {OTHERS, STAYS, OTHERS, STAYS}},
    [REMAINS_SYMLINK] = {{MISSING, RETURNED, FINISHED, OTHERS},
                         {RETURNED, RETURNED, FINISHED, OTHERS},
                         {FINISHED, RETURNED, FINISHED, OTHERS},
                         {OTHERS, STAYS, OTHERS, STAYS}},
    [REMAINS_COPY] = {{MISSING, RETURNED, FINISHED, OTHERS},
                      {RETURNED, RETURNED, FINISHED, OTHERS},
                      {STAYS, RETURNED, FINISHED, OTHERS},
                      {STAYS, RETURNED, OTHERS, STAYS}},
    [REMAINS_COPY_OF_SOFT] = {{MISSING, RETURNED, FINISHED, OTHERS},
                              {RETURNED, RETURNED, FINISHED, OTHERS},
                              {STAYS, RETURNED, FINISHED, OTHERS},
                              {STAYS, RETURNED, OTHERS, STAYS}},
    [REMAINS_AIM] = {{MISSING, RETURNED, FINISHED, OTHERS},
                     {RETURNED, RETURNED, FINISHED, OTHERS},
                     {FINISHED, RETURNED, FINISHED, OTHERS},
                     {OTHERS, STAYS, OTHERS, STAYS}},
    [REMAINS_REMOVE] = {{GONE, RETURNED, GONE, OTHERS},
                        {GONE, RETURNED, GONE, OTHERS},
                        {GONE, RETURNED, GONE, OTHERS},
                        {OTHERS, STAYS, GONE, STAYS}},
};

struct told {
  unsigned count;
  enum nlink_left last;
};

static void on_left(const char *path, enum nlink_left left, const struct nlink_error *error, void *ctx) {
  struct told *told = ctx;
  char expected[4300];
  snprintf(expected, sizeof expected, "%s/d/name", ground_path());
  assert_string_equal(path, expected);
  if (left == NLINK_LEFT_CHANGED || left == NLINK_LEFT_FAILED) {
    assert_non_null(error);
    assert_string_not_equal(error->text, "");
  }
  told->count++;
  told->last = left;
}

static enum nlink_status mend(struct remains *remains, struct nlink_repair_report *report, struct told *told,
                              bool dry_run, bool unguarded) {
  const struct nlink_apply_options options = {
      .size = sizeof options, .dry_run = dry_run, .unguarded = unguarded, .on_left = on_left, .ctx = told};
  struct nl_store_tail tail = {.state = NLINK_JOURNAL_UNFINISHED};
  struct nlink_error error;
  memset(told, 0, sizeof *told);
  memset(report, 0, sizeof *report);
  return nl_act_mend(report, &remains->task, &tail, NULL, &options, &error);
}

static bool is_possible(enum remains_deed deed, enum remains_thing at_temp, enum remains_thing at_name) {
  return deed != REMAINS_REMOVE || (at_temp != REMAINS_NEW && at_name != REMAINS_NEW);
}

/* Call @p check for each state of each deed. */
static void for_each(void (*check)(enum remains_deed, enum remains_thing, enum remains_thing)) {
  for (int deed = 0; deed < REMAINS_DEEDS; deed++)
    for (int temp = 0; temp < REMAINS_THINGS; temp++)
      for (int name = 0; name < REMAINS_THINGS; name++)
        if (is_possible((enum remains_deed)deed, (enum remains_thing)temp, (enum remains_thing)name))
          check((enum remains_deed)deed, (enum remains_thing)temp, (enum remains_thing)name);
}

static void complain(const struct remains *remains, enum remains_thing at_temp, enum remains_thing at_name,
                     const char *what) {
  fail_msg("%s: temporary name with %s, name with %s: %s", remains_deed_names[remains->deed],
           remains_thing_names[at_temp], remains_thing_names[at_name], what);
}

#define EXPECT(condition)                                                                                    \
  do {                                                                                                       \
    if (!(condition))                                                                                        \
      complain(remains, at_temp, at_name, #condition);                                                       \
  } while (0)

/* What has to be so whatever was done. */
static void nothing_is_lost(const struct remains *remains, enum remains_thing at_temp,
                            enum remains_thing at_name) {
  EXPECT(ground_holds("k/keep", REMAINS_BYTES));
  EXPECT(at_temp != REMAINS_OTHER || remains->deed == REMAINS_COPY || remains->deed == REMAINS_COPY_OF_SOFT ||
         remains_has_other(remains, 0));
  EXPECT(at_name != REMAINS_OTHER || remains_has_other(remains, 1));
  bool is_there = remains_see(remains, "d/name") != REMAINS_NOTHING;
  EXPECT(is_there || at_name == REMAINS_NOTHING);
}

static void see_counts(const struct remains *remains, enum remains_thing at_temp, enum remains_thing at_name,
                       enum outcome outcome, const struct nlink_repair_report *report) {
  EXPECT(report->names == 1);
  EXPECT(report->failed == 0);
  EXPECT(report->missing_names == (outcome == MISSING));
  EXPECT(report->left_names == (outcome == MISSING || outcome == STAYS));
  EXPECT(report->finished_names == (outcome == FINISHED || (outcome == GONE && at_name != REMAINS_OTHER)) ||
         remains->deed == REMAINS_REMOVE);
  EXPECT(report->returned_names == (outcome == RETURNED));
}

static void see_tree(const struct remains *remains, enum remains_thing at_temp, enum remains_thing at_name,
                     enum outcome outcome) {
  enum remains_thing temp = remains_see(remains, remains->temp_path);
  enum remains_thing name = remains_see(remains, "d/name");
  nothing_is_lost(remains, at_temp, at_name);
  EXPECT(temp == (outcome == STAYS ? at_temp : REMAINS_NOTHING));
  EXPECT(outcome != STAYS || name == at_name);
  EXPECT(outcome != FINISHED || name == REMAINS_NEW);
  EXPECT(outcome != RETURNED || name == REMAINS_OLD);
  EXPECT(outcome != OTHERS || name == REMAINS_OTHER);
  EXPECT((outcome != MISSING && outcome != GONE) || name == REMAINS_NOTHING);
}

static const char *const no_exchange[] = {"exchange", "rename-new", NULL};

/* ---------------------------------------------------------------- each state */

static void check_state(enum remains_deed deed, enum remains_thing at_temp, enum remains_thing at_name) {
  struct remains state;
  struct remains *remains = &state;
  struct nlink_repair_report report;
  struct nlink_repair_report dry;
  struct told told;
  enum outcome outcome = rules[deed][at_temp][at_name];
  remains_build(remains, deed, at_temp, at_name);
  char *before = ground_picture(true);
  mend(remains, &dry, &told, true, false);
  char *after = ground_picture(true);
  EXPECT(strcmp(before, after) == 0);
  free(before);
  free(after);
  remains_forget(remains);
  enum nlink_status status = mend(remains, &report, &told, false, false);
  see_tree(remains, at_temp, at_name, outcome);
  see_counts(remains, at_temp, at_name, outcome, &report);
  EXPECT(memcmp(&dry, &report, sizeof dry) == 0);
  EXPECT(status == (outcome == MISSING || outcome == STAYS ? NLINK_PARTIAL : NLINK_OK));
  EXPECT(told.count == (outcome == MISSING || outcome == STAYS));
  EXPECT(outcome != MISSING || told.last == NLINK_LEFT_VANISHED);
  /* Once more: the same. */
  mend(remains, &report, &told, false, false);
  see_tree(remains, at_temp, at_name, outcome);
  EXPECT(told.count == (outcome == MISSING || outcome == STAYS));
  remains_fini(remains);
}

static void each_state(void **state) {
  (void)state;
  for_each(check_state);
}

/* Names of tasks that were told as done or left alone are looked at, too. */
static void check_told(enum remains_deed deed, enum remains_thing at_temp, enum remains_thing at_name) {
  struct remains state;
  struct remains *remains = &state;
  struct nlink_repair_report report;
  struct told told;
  for (int as = NL_TASK_DONE; as <= NL_TASK_LEFT; as++) {
    remains_build(remains, deed, at_temp, at_name);
    remains->task.names[remains->name].state = (uint8_t)as;
    mend(remains, &report, &told, false, false);
    see_tree(remains, at_temp, at_name, rules[deed][at_temp][at_name]);
    remains_fini(remains);
  }
}

static void each_state_told(void **state) {
  (void)state;
  for_each(check_told);
}

/* ---------------------------------------------------------------- changed, open */

static void old_file_changed(void **state) {
  (void)state;
  static const enum remains_deed deeds[] = {REMAINS_LINK, REMAINS_SYMLINK};
  struct remains remains;
  struct nlink_repair_report report;
  struct told told;
  for (size_t i = 0; i < 2; i++) {
    remains_build(&remains, deeds[i], REMAINS_OLD, REMAINS_NEW);
    int fd = open(remains.temp_path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "+", 1), 1);
    close(fd);
    assert_int_equal(mend(&remains, &report, &told, false, true), NLINK_OK);
    assert_true(ground_holds("d/name", REMAINS_BYTES "+"));
    assert_true(ground_holds("k/keep", REMAINS_BYTES));
    assert_false(ground_exists(remains.temp_path));
    assert_int_equal(report.returned_names, 1);
    remains_fini(&remains);
  }
}

/* Its times tell nothing, but the bytes differ. */
static void kept_file_changed(void **state) {
  (void)state;
  static const enum remains_deed deeds[] = {REMAINS_LINK, REMAINS_SYMLINK, REMAINS_COPY};
  struct remains remains;
  struct nlink_repair_report report;
  struct told told;
  for (size_t i = 0; i < 3; i++) {
    remains_build(&remains, deeds[i], REMAINS_OLD, REMAINS_NEW);
    struct stat stat;
    const char *written = deeds[i] == REMAINS_COPY ? "d/name" : "k/keep";
    assert_int_equal(lstat(written, &stat), 0);
    int fd = open(written, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "B", 1, 0), 1);
    const struct timespec times[2] = {stat.st_atim, stat.st_mtim};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
    mend(&remains, &report, &told, false, true);
    if (deeds[i] ==
        REMAINS_COPY) { /* what was written stands nowhere else, and belongs to the name's old file no more */
      assert_true(ground_exists(remains.temp_path) || ground_exists("d/name"));
      assert_true(ground_holds("k/keep", REMAINS_BYTES));
    } else {
      assert_true(ground_holds("d/name", REMAINS_BYTES));
      assert_false(ground_holds("k/keep", REMAINS_BYTES));
      assert_false(ground_exists(remains.temp_path));
    }
    remains_fini(&remains);
  }
}

/* Who has the old file open for writing may still write: it belongs under its name, guarded or not. */
static void old_file_open(void **state) {
  (void)state;
  struct remains remains;
  struct nlink_repair_report report;
  struct told told;
  for (int unguarded = 0; unguarded < 2; unguarded++) {
    remains_build(&remains, REMAINS_LINK, REMAINS_OLD, REMAINS_NEW);
    int fd = open(remains.temp_path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(mend(&remains, &report, &told, false, unguarded != 0), NLINK_OK);
    assert_int_equal(write(fd, "+", 1), 1);
    close(fd);
    assert_true(ground_holds("d/name", REMAINS_BYTES "+"));
    assert_false(ground_exists(remains.temp_path));
    assert_int_equal(report.returned_names, 1);
    remains_fini(&remains);
  }
}

/* Where nobody can tell who has it open, it is taken back; finished only where the caller says so. */
static void without_leases(void **state) {
  (void)state;
  static const char *const no_lease[] = {"lease", NULL};
  struct remains remains;
  struct nlink_repair_report report;
  struct told told;
  for (int unguarded = 0; unguarded < 2; unguarded++) {
    remains_build(&remains, REMAINS_LINK, REMAINS_OLD, REMAINS_NEW);
    const struct nl_fault_plan plan = {.absent = no_lease, .absent_sys = EACCES};
    nl_fault_begin(&plan);
    enum nlink_status status = mend(&remains, &report, &told, false, unguarded != 0);
    nl_fault_begin(NULL);
    assert_int_equal(status, NLINK_OK);
    assert_int_equal(remains_see(&remains, "d/name"), unguarded ? REMAINS_NEW : REMAINS_OLD);
    assert_false(ground_exists(remains.temp_path));
    remains_fini(&remains);
  }
}

/* A file whose last name the temporary one is, is never removed unless its bytes stand under the name. */
static void last_names(void **state) {
  (void)state;
  struct remains remains;
  struct nlink_repair_report report;
  struct told told;
  remains_build(&remains, REMAINS_LINK, REMAINS_NEW, REMAINS_OTHER);
  assert_int_equal(unlink("k/keep"), 0);
  assert_int_equal(mend(&remains, &report, &told, false, false), NLINK_PARTIAL);
  assert_true(ground_holds(remains.temp_path, REMAINS_BYTES));
  assert_int_equal(told.last, NLINK_LEFT_CHANGED);
  remains_fini(&remains);

  remains_build(&remains, REMAINS_LINK, REMAINS_OLD, REMAINS_OTHER);
  assert_int_equal(unlink("k/keep"), 0);
  assert_int_equal(mend(&remains, &report, &told, false, true), NLINK_PARTIAL);
  assert_true(ground_holds(remains.temp_path, REMAINS_BYTES));
  remains_fini(&remains);

  remains_build(&remains, REMAINS_LINK, REMAINS_NEW, REMAINS_OLD);
  assert_int_equal(unlink("k/keep"), 0);
  assert_int_equal(mend(&remains, &report, &told, false, false), NLINK_OK);
  assert_true(ground_holds("d/name", REMAINS_BYTES));
  assert_false(ground_exists(remains.temp_path));
  remains_fini(&remains);
}

static void a_directory_is_gone(void **state) {
  (void)state;
  struct remains remains;
  struct nlink_repair_report report;
  struct told told;
  remains_build(&remains, REMAINS_LINK, REMAINS_NOTHING, REMAINS_NOTHING);
  assert_int_equal(rmdir("d"), 0);
  assert_int_equal(mend(&remains, &report, &told, false, false), NLINK_PARTIAL);
  assert_int_equal(report.missing_names, 1);
  assert_int_equal(report.failed, 0);
  remains_fini(&remains);
}

/* ---------------------------------------------------------------- without exchange */

static void check_without_exchange(enum remains_deed deed, enum remains_thing at_temp,
                                   enum remains_thing at_name) {
  struct remains state;
  struct remains *remains = &state;
  struct nlink_repair_report report;
  struct told told;
  remains_build(remains, deed, at_temp, at_name);
  /* Force the taking back of what could be finished, too. */
  const struct nl_fault_plan plan = {.absent = no_exchange, .absent_sys = EINVAL};
  nl_fault_begin(&plan);
  mend(remains, &report, &told, false, false);
  nl_fault_begin(NULL);
  nothing_is_lost(remains, at_temp, at_name);
  bool stays = remains_see(remains, remains->temp_path) != REMAINS_NOTHING;
  bool told_so = told.count == 1 || rules[deed][at_temp][at_name] != STAYS;
  EXPECT(!stays || told.count == 1);
  EXPECT(told_so);
  remains_fini(remains);
}

static void each_state_without_exchange(void **state) {
  (void)state;
  for_each(check_without_exchange);
}

static void taken_back_without_exchange(void **state) {
  (void)state;
  static const char *const absent[] = {"exchange", "lease", NULL};
  struct remains remains;
  struct nlink_repair_report report;
  struct told told;
  remains_build(&remains, REMAINS_LINK, REMAINS_OLD, REMAINS_NEW);
  const struct nl_fault_plan plan = {.absent = absent, .absent_sys = EINVAL};
  nl_fault_begin(&plan);
  enum nlink_status status = mend(&remains, &report, &told, false, false);
  nl_fault_begin(NULL);
  assert_int_equal(status, NLINK_OK);
  assert_int_equal(remains_see(&remains, "d/name"), REMAINS_OLD);
  assert_false(ground_exists(remains.temp_path));
  remains_fini(&remains);
}

/* Where the old file got a second temporary name: before and after the new one came under the name. */
static void second_names(void **state) {
  (void)state;
  static const enum remains_thing states[][2] = {
      {REMAINS_NEW, REMAINS_OLD}, {REMAINS_NOTHING, REMAINS_NEW}, {REMAINS_NEW, REMAINS_OTHER}};
  static const enum remains_thing after[] = {REMAINS_OLD, REMAINS_NEW, REMAINS_OTHER};
  struct remains remains;
  struct nlink_repair_report report;
  struct told told;
  for (int deed = REMAINS_LINK; deed < REMAINS_REMOVE; deed++) {
    for (size_t i = 0; i < 3; i++) {
      remains_build_second(&remains, (enum remains_deed)deed, states[i][0], states[i][1]);
      assert_int_equal(mend(&remains, &report, &told, false, false), NLINK_OK);
      assert_int_equal(remains_see(&remains, "d/name"), after[i]);
      assert_int_equal(remains_see(&remains, remains.temp_path), REMAINS_NOTHING);
      assert_false(ground_exists(remains.second_path));
      assert_true(ground_holds("k/keep", REMAINS_BYTES));
      remains_fini(&remains);
    }
  }
}

/* ---------------------------------------------------------------- a call fails */

enum {
  LOOKS = 1u << NL_FAULT_LOOK,
  CHANGES = 1u << NL_FAULT_CHANGE,
  ALLOCATIONS = 1u << NL_FAULT_ALLOC,
};

/* Whatever a mending that failed left: one that does not fail comes to a good end. */
static void see_end(struct remains *remains, enum remains_thing at_temp, enum remains_thing at_name) {
  struct nlink_repair_report report;
  struct told told;
  nothing_is_lost(remains, at_temp, at_name);
  remains_forget(remains);
  mend(remains, &report, &told, false, false);
  nothing_is_lost(remains, at_temp, at_name);
  EXPECT(report.failed == 0);
  enum outcome outcome = rules[remains->deed][at_temp][at_name];
  enum remains_thing name = remains_see(remains, "d/name");
  EXPECT(outcome == STAYS || !ground_exists(remains->temp_path));
  /* What could have been finished may have been taken back. */
  EXPECT(outcome != FINISHED || name == REMAINS_NEW || name == REMAINS_OLD);
  EXPECT(outcome != RETURNED || name == REMAINS_OLD);
  EXPECT(outcome != OTHERS || name == REMAINS_OTHER);
}

static void fail_state(enum remains_deed deed, enum remains_thing at_temp, enum remains_thing at_name,
                       unsigned kinds, bool sticky) {
  struct remains state;
  struct remains *remains = &state;
  struct nlink_repair_report report;
  struct told told;
  struct nl_fault_plan plan = {.kinds = kinds, .k = 1, .sys = EIO, .sticky = sticky};
  for (long count = 1; plan.k <= count; plan.k++) {
    remains_build(remains, deed, at_temp, at_name);
    int files = ground_open_files();
    nl_fault_begin(&plan);
    mend(remains, &report, &told, false, false);
    count = nl_fault_count();
    nl_fault_begin(NULL);
    EXPECT(ground_open_files() == files);
    see_end(remains, at_temp, at_name);
    remains_fini(remains);
  }
}

static void check_call_fails(enum remains_deed deed, enum remains_thing at_temp, enum remains_thing at_name) {
  fail_state(deed, at_temp, at_name, LOOKS | CHANGES, false);
  fail_state(deed, at_temp, at_name, LOOKS | CHANGES, true);
}

static void check_change_fails(enum remains_deed deed, enum remains_thing at_temp,
                               enum remains_thing at_name) {
  fail_state(deed, at_temp, at_name, CHANGES, true);
}

static void check_allocation_fails(enum remains_deed deed, enum remains_thing at_temp,
                                   enum remains_thing at_name) {
  fail_state(deed, at_temp, at_name, ALLOCATIONS, false);
}

static void a_call_fails(void **state) {
  (void)state;
  for_each(check_call_fails);
}

static void all_changes_fail(void **state) {
  (void)state;
  for_each(check_change_fails);
}

static void an_allocation_fails(void **state) {
  (void)state;
  for_each(check_allocation_fails);
}

/* ---------------------------------------------------------------- ended at a change */

static bool cut(struct remains *remains, long k) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    struct nlink_repair_report report;
    struct told told;
    const struct nl_fault_plan plan = {.kinds = CHANGES, .k = k, .kill = true};
    nl_fault_begin(&plan);
    mend(remains, &report, &told, false, false);
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status);
}

static void check_cut(enum remains_deed deed, enum remains_thing at_temp, enum remains_thing at_name) {
  struct remains state;
  struct remains *remains = &state;
  bool was_cut = true;
  for (long k = 1; was_cut; k++) {
    remains_build(remains, deed, at_temp, at_name);
    was_cut = cut(remains, k);
    see_end(remains, at_temp, at_name);
    remains_fini(remains);
  }
}

static void ended_at_each_change(void **state) {
  (void)state;
  for_each(check_cut);
}

#define IN_A_FRESH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_A_FRESH_DIRECTORY(each_state),
      IN_A_FRESH_DIRECTORY(each_state_told),
      IN_A_FRESH_DIRECTORY(old_file_changed),
      IN_A_FRESH_DIRECTORY(kept_file_changed),
      IN_A_FRESH_DIRECTORY(old_file_open),
      IN_A_FRESH_DIRECTORY(without_leases),
      IN_A_FRESH_DIRECTORY(last_names),
      IN_A_FRESH_DIRECTORY(a_directory_is_gone),
      IN_A_FRESH_DIRECTORY(each_state_without_exchange),
      IN_A_FRESH_DIRECTORY(taken_back_without_exchange),
      IN_A_FRESH_DIRECTORY(second_names),
      IN_A_FRESH_DIRECTORY(a_call_fails),
      IN_A_FRESH_DIRECTORY(all_changes_fail),
      IN_A_FRESH_DIRECTORY(an_allocation_fails),
      IN_A_FRESH_DIRECTORY(ended_at_each_change),
  };
  return GROUND_RUN("mend", tests);
}
