/*
 * test_fix_faults.c - each call of a mending of soft links fails once, or from then on; or the process ends there
 *
 * Each soft link holds its old text or its new one at every moment, unless it is one that is to be removed; and what was left
 * in the middle is mended by the journal, after which the rest can be done.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "nlink.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

static const struct soft {
  const char *path;
  const char *old;
  const char *new; /* NULL = removed, "" = left as it is */
} softs[] = {
    {"r/dangles", "nowhere/kept", "d/kept"},
    {"r/d/long", "../d/../f", "../f"},
    {"r/d/again", "../d/../f", "../f"}, /* the same soft link */
    {"r/again", "nowhere/kept", "d/kept"},
    {"r/d/gone", "gone", NULL},
    {"r/a", "b", NULL},
    {"r/b", "a", NULL},
    {"r/good", "f", ""},
};

enum { SOFTS = sizeof softs / sizeof softs[0] };

static void plant(void) {
  ground_directory("r");
  ground_directory("r/d");
  ground_file("r/f", "f");
  ground_file("r/d/kept", "kept");
  for (size_t i = 0; i < SOFTS; i++)
    if (strcmp(softs[i].path, "r/d/again") == 0)
      ground_link("r/d/long", softs[i].path);
    else
      ground_symlink(softs[i].old, softs[i].path);
}

static void clear(void) {
  ground_empty("r");
  rmdir("r");
  ground_empty("state");
}

/* Whether a soft link has its new state; -1 = neither that nor its old one. */
static int is_new(const struct soft *soft) {
  char target[256] = "";
  bool is_there = readlink(soft->path, target, sizeof target - 1) >= 0;
  if (is_there && strcmp(target, soft->old) == 0)
    return soft->new != NULL && soft->new[0] == '\0';
  if (soft->new == NULL)
    return is_there ? -1 : 1;
  return is_there && strcmp(target, soft->new) == 0 ? 1 : -1;
}

/* How many have their new state; fails where one has neither. */
static size_t count_new(const char *when) {
  size_t count = 0;
  for (size_t i = 0; i < SOFTS; i++) {
    int state = is_new(&softs[i]);
    if (state < 0)
      fail_msg("%s: %s is neither as it was nor mended", when, softs[i].path);
    count += state == 1;
  }
  return count;
}

static size_t count_strangers(const char *path) {
  size_t count = 0;
  DIR *dir = opendir(path);
  assert_non_null(dir);
  for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
    count += strncmp(entry->d_name, ".nlink-", 7) == 0;
  closedir(dir);
  return count;
}

static struct nlink_check *look(void) {
  static const char *const paths[] = {"r"};
  const struct nlink_scope scope = {.size = sizeof scope, .threads = 1};
  struct nlink_check *check = NULL;
  assert_int_equal(nlink_check_open(&check, NLINK_CWD, paths, 1, NULL, &scope, NULL), NLINK_OK);
  return check;
}

static enum nlink_status fix(struct nlink_check *check, bool no_journal, struct nlink_fix_report *report,
                             struct nlink_error *error) {
  const struct nlink_apply_options options = {.size = sizeof options, .no_journal = no_journal, .threads = 1};
  return nlink_check_fix(check, true, &options, report, error);
}

/* Mend what was left, and do the rest: then all is as it should be, and nothing else is there. */
static void finish(const char *when) {
  struct nlink_repair_report repair = {0};
  struct nlink_error error = {.text = ""};
  enum nlink_status status = nlink_recover(NLINK_CWD, NULL, NULL, 0, NULL, &repair, &error);
  if (status != NLINK_OK)
    fail_msg("%s: recover answers %s %s", when, nlink_status_name(status), error.text);
  if (count_strangers("r") + count_strangers("r/d") > 0)
    fail_msg("%s: a temporary name is left", when);
  count_new(when);
  struct nlink_check *check = look();
  status = fix(check, true, NULL, &error);
  if (status != NLINK_OK || count_new(when) != SOFTS)
    fail_msg("%s: the rest is not done: %s", when, nlink_status_name(status));
  nlink_check_close(check);
}

/* One run under a plan; how many events of its kinds there were. */
static long run(const struct nl_fault_plan *plan) {
  char when[128];
  struct nlink_fix_report report = {0};
  struct nlink_error error = {.text = ""};
  snprintf(when, sizeof when, "call %ld answers %s%s", plan->k, nlink_errno_name(plan->sys),
           plan->sticky ? " and all after it" : "");
  plant();
  struct nlink_check *check = look();
  int files = ground_open_files();
  nl_fault_begin(plan);
  enum nlink_status status = fix(check, false, &report, &error);
  long count = nl_fault_count();
  nl_fault_begin(NULL);
  nlink_check_close(check);
  if (ground_open_files() != files)
    fail_msg("%s: a descriptor is left open", when);
  if (status < 0 && (error.status != status || error.text[0] == '\0'))
    fail_msg("%s: the error does not tell the status", when);
  size_t done = count_new(when);
  if (status == NLINK_OK && done != SOFTS)
    fail_msg("%s: all is said to be done", when);
  if (report.done_names + 1 > done) /* one is good from the beginning */
    fail_msg("%s: %zu are said to be done, %zu are", when, (size_t)report.done_names, done - 1);
  finish(when);
  clear();
  return count;
}

static void fail_each(unsigned kinds, bool sticky) {
  static const int numbers[] = {EIO, EPERM, ENOSPC};
  size_t many = (kinds & 1u << NL_FAULT_ALLOC) != 0 ? 1 : sticky ? 2 : 3;
  for (size_t n = 0; n < many; n++) {
    struct nl_fault_plan plan = {.kinds = kinds, .k = 1, .sys = numbers[n], .sticky = sticky};
    while (run(&plan) >= plan.k && plan.k < 5000)
      plan.k++;
    assert_in_range(plan.k, 10, 4999);
  }
}

static void a_look_fails(void **state) {
  (void)state;
  fail_each(1u << NL_FAULT_LOOK, false);
}

static void all_looks_fail(void **state) {
  (void)state;
  fail_each(1u << NL_FAULT_LOOK, true);
}

static void a_change_fails(void **state) {
  (void)state;
  fail_each(1u << NL_FAULT_CHANGE, false);
}

static void all_changes_fail(void **state) {
  (void)state;
  fail_each(1u << NL_FAULT_CHANGE, true);
}

static void an_allocation_fails(void **state) {
  (void)state;
  fail_each(1u << NL_FAULT_ALLOC, false);
}

static void all_allocations_fail(void **state) {
  (void)state;
  fail_each(1u << NL_FAULT_ALLOC, true);
}

/* ---------------------------------------------------------------- the process ends */

/* In a process of its own; whether it ended by itself. */
static bool run_to_the_end(const struct nl_fault_plan *plan) {
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    static const char *const paths[] = {"r"};
    struct nlink_check *check = NULL;
    nlink_check_open(&check, NLINK_CWD, paths, 1, NULL, NULL, NULL);
    nl_fault_begin(plan);
    enum nlink_status status = fix(check, false, NULL, NULL);
    _exit(nl_fault_count() < plan->k && status == NLINK_OK ? 7 : 8);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 8)
    fail_msg("at change %ld the process neither ended nor was done", plan->k);
  return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static void it_is_killed(void **state) {
  (void)state;
  struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_CHANGE, .k = 1, .kill = true};
  for (bool ended = false; !ended && plan.k < 5000; plan.k++) {
    char when[64];
    snprintf(when, sizeof when, "killed at change %ld", plan.k);
    plant();
    ended = run_to_the_end(&plan);
    count_new(when);
    finish(when);
    clear();
  }
  assert_in_range(plan.k, 10, 4999);
}

static int setup(void **state) {
  int result = ground_setup(state);
  char path[4200];
  snprintf(path, sizeof path, "%s/state", ground_path());
  setenv("XDG_STATE_HOME", path, 1);
  ground_directory("state");
  return result;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_look_fails),        TEST(all_looks_fail),       TEST(a_change_fails), TEST(all_changes_fail),
      TEST(an_allocation_fails), TEST(all_allocations_fail), TEST(it_is_killed),
  };
  return GROUND_RUN("fix-faults", tests);
}
