/*
 * test_check_faults.c - each call of a check fails once, or from then on
 *
 * What is found must be true, and where all is said to be seen it must be all. No mend may remove what another one
 * would keep.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "nlink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

enum { MOST = 64 };

struct finding {
  enum nlink_finding_kind kind;
  char path[64];
  char mend[600];
};

struct answer {
  enum nlink_status status;
  size_t count;
  unsigned events;
  struct finding all[MOST];
};

static struct answer truth;

static void build(void) {
  char target[400];
  ground_directory("r");
  ground_directory("r/d");
  ground_directory("r/d/in");
  ground_directory("s");
  ground_file("r/f", "f");
  ground_file("r/d/kept", "");
  ground_file("out", "");
  ground_symlink("f", "r/good");
  ground_symlink("d/in/../../f", "r/long");
  ground_symlink("../../d/in", "r/d/in/own");
  ground_symlink("nowhere/kept", "r/dangles");
  ground_symlink("dangles", "r/over");
  ground_symlink("gone", "r/d/gone-for-good");
  ground_symlink("b", "r/a");
  ground_symlink("a", "r/b");
  snprintf(target, sizeof target, "%s/r/d/kept", ground_path());
  ground_symlink(target, "r/absolute");
  ground_symlink("../out", "r/out");
  ground_symlink("/proc/self/fd/0", "r/process");
  ground_symlink("../r/f", "s/over-there");
  ground_file("r/e", "");
  ground_link("r/e", "r/d/e");
  ground_file("r/half", "h");
  ground_link("r/half", "half");
  ground_symlink("f", "r/soft");
  ground_link("r/soft", "r/d/in/soft");
}

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  (void)path;
  assert_true(error->status < 0 && error->text[0] != '\0');
  ++*(unsigned *)ctx;
}

static void look(struct answer *answer, struct nlink_error *error) {
  const char *const paths[] = {"r", "s"};
  struct nlink_check *check = NULL;
  const struct nlink_finding *finding = NULL;
  const struct nlink_scope scope = {
      .size = sizeof scope, .threads = 1, .on_event = on_event, .ctx = &answer->events};
  answer->count = answer->events = 0;
  answer->status = nlink_check_open(&check, NLINK_CWD, paths, 2, NULL, &scope, error);
  assert_int_equal(check == NULL, answer->status < 0);
  while (check != NULL && nlink_check_next(check, &finding) == NLINK_OK) {
    assert_true(answer->count < MOST);
    struct finding *to = &answer->all[answer->count++];
    to->kind = finding->kind;
    snprintf(to->path, sizeof to->path, "%s", finding->path);
    snprintf(to->mend, sizeof to->mend, "%s", finding->mend);
  }
  nlink_check_close(check);
}

/* Where some names could not be seen, a file can have fewer inside, and another that comes first. */
static bool may_be(const struct finding *finding) {
  bool is_e = strcmp(finding->path, "r/e") == 0 || strcmp(finding->path, "r/d/e") == 0;
  bool is_soft = strcmp(finding->path, "r/soft") == 0 || strcmp(finding->path, "r/d/in/soft") == 0;
  return (finding->kind == NLINK_FINDING_PARTLY_OUTSIDE && (is_e || is_soft)) ||
         (finding->kind == NLINK_FINDING_EMPTY_SHARED && is_e) ||
         (finding->kind == NLINK_FINDING_SOFT_LINK_SHARED && is_soft);
}

static bool is_true(const struct finding *finding) {
  for (size_t i = 0; i < truth.count; i++)
    if (truth.all[i].kind == finding->kind && strcmp(truth.all[i].path, finding->path) == 0)
      return finding->mend[0] == '\0' || strcmp(truth.all[i].mend, finding->mend) == 0;
  return false;
}

static bool is_told(const struct answer *answer, const char *path) {
  for (size_t i = 0; i < answer->count; i++)
    if (strcmp(answer->all[i].path, path) == 0)
      return true;
  return false;
}

/* Run with one fault; how many events of the fault's kind there were. */
static long run(const struct nl_fault_plan *plan) {
  struct answer answer;
  struct nlink_error error;
  memset(&error, 0x55, sizeof error);
  int files = ground_open_files();
  nl_fault_begin(plan);
  look(&answer, &error);
  long count = nl_fault_count();
  nl_fault_begin(NULL);
  const char *what = NULL;
  if (ground_open_files() != files)
    what = "a descriptor is left open";
  if (answer.status < 0 && (error.status != answer.status || error.text[0] == '\0'))
    what = "the error does not tell the status";
  if (answer.status < 0 && answer.status != NLINK_NO_MEMORY)
    what = "it failed for another reason than memory";
  /* Where the system does not tell the path of r/d/in, nobody knows that r/d/in/own is longer than it needs to be. */
  size_t least = truth.count - !is_told(&answer, "r/d/in/own");
  if (answer.status == NLINK_OK && (answer.count != least || answer.events > 0))
    what = "all is said to be seen";
  if (answer.status == NLINK_PARTIAL && answer.events == 0)
    what = "no event tells what is missing";
  for (size_t i = 0; i < answer.count; i++)
    if (!is_true(&answer.all[i]) && !(answer.events > 0 && may_be(&answer.all[i]))) {
      print_error("%s %s: %s\n", nlink_finding_name(answer.all[i].kind), answer.all[i].path,
                  answer.all[i].mend);
      what = "this is not true";
    }
  if (what != NULL) {
    print_error("call %ld answers %s%s: %s (%s, %zu of %zu found, %u events)\n", plan->k,
                nlink_errno_name(plan->sys), plan->sticky ? ", and all after it" : "", what,
                nlink_status_name(answer.status), answer.count, truth.count, answer.events);
    fail();
  }
  return count;
}

static void fail_each(unsigned kinds, bool sticky) {
  static const int numbers[] = {EIO, EINTR, ENOMEM, ESTALE};
  build();
  look(&truth, NULL);
  assert_int_equal(truth.status, NLINK_OK);
  assert_int_equal(truth.count, 13);
  for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
    struct nl_fault_plan plan = {.kinds = kinds, .k = 1, .sys = numbers[n], .sticky = sticky};
    while (run(&plan) >= plan.k && plan.k < 5000)
      plan.k++;
    assert_in_range(plan.k, 20, 4999);
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

static void an_allocation_fails(void **state) {
  (void)state;
  fail_each(1u << NL_FAULT_ALLOC, false);
}

static void all_allocations_fail(void **state) {
  (void)state;
  fail_each(1u << NL_FAULT_ALLOC, true);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_look_fails),
      TEST(all_looks_fail),
      TEST(an_allocation_fails),
      TEST(all_allocations_fail),
  };
  return GROUND_RUN("check-faults", tests);
}
