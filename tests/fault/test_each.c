/*
 * test_each.c - each system call and each allocation of each function fails once, or from then on
 *
 * After a failure the tree is as it was; after a success it is what it should be; no descriptor stays open.
 * Where all later calls fail too, what cannot be undone may be left: then no name and no contents are missing.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "acts.h"
#include "base/fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

static const int numbers[] = {EIO, ENOSPC, EINTR, ENOMEM, EPERM};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static unsigned wrong;

static void complain(const struct act *act, const struct nl_fault_plan *plan, const char *what) {
  print_error("%s: %ld. call %s answers %s%s: %s\n", act->name, plan->k,
              plan->kinds == 1u << NL_FAULT_ALLOC ? "(allocation)" : "", nlink_errno_name(plan->sys),
              plan->sticky ? ", and all after it" : "", what);
  wrong++;
}

static void fresh(void) {
  ground_empty(ground_path());
  acts_build();
}

/* Run an act under a plan; how many events there were. */
static long run(const struct act *act, struct nl_fault_plan plan) {
  fresh();
  plan.absent = act->absent;
  plan.absent_sys = act->absent_sys;
  char *before = ground_picture(false);
  int files = ground_open_files();
  struct nlink_error error;
  memset(&error, 0x55, sizeof error);
  nl_fault_begin(&plan);
  enum nlink_status status = act->run(&error);
  long count = nl_fault_count();
  nl_fault_begin(NULL);
  char *after = ground_picture(false);
  if (ground_open_files() != files)
    complain(act, &plan, "a descriptor is left open");
  bool changes_fail = (plan.kinds & 1u << NL_FAULT_CHANGE) != 0;
  if (status == NLINK_OK) {
    bool may_litter = plan.sticky && changes_fail; /* the temporary name could not be removed */
    if (!act->good() && !(may_litter && acts_nothing_lost(act)))
      complain(act, &plan, "done, but the result is wrong");
  } else if (status == NLINK_PARTIAL) {
    if (strcmp(act->name, "list") != 0 && strncmp(act->name, "walk", 4) != 0)
      complain(act, &plan, "done in part");
  } else {
    if (status > 0 || error.status != status || error.text[0] == '\0')
      complain(act, &plan, "the error struct does not tell the status");
    bool may_differ = plan.sticky && changes_fail;
    if (strcmp(before, after) != 0 && !(may_differ && acts_nothing_lost(act))) {
      complain(act, &plan, nlink_status_name(status));
      print_error("before:\n%safter:\n%s", before, after);
    }
  }
  free(before);
  free(after);
  return count;
}

static void fail_each(unsigned kinds, bool sticky) {
  wrong = 0;
  for (size_t a = 0; a < act_count; a++) {
    for (size_t n = 0; n < (sticky ? 1 : COUNT(numbers)); n++) {
      struct nl_fault_plan plan = {.kinds = kinds, .k = 1, .sys = numbers[n], .sticky = sticky};
      while (run(&acts[a], plan) >= plan.k && plan.k < 1000)
        plan.k++;
      assert_true(plan.k < 1000);
    }
  }
  assert_int_equal(wrong, 0);
}

enum {
  LOOKS = 1u << NL_FAULT_LOOK,
  CHANGES = 1u << NL_FAULT_CHANGE,
  ALLOCATIONS = 1u << NL_FAULT_ALLOC,
};

static void nothing_fails(void **state) {
  (void)state;
  wrong = 0;
  for (size_t a = 0; a < act_count; a++) {
    long count = run(&acts[a], (struct nl_fault_plan){.kinds = LOOKS | CHANGES});
    if (count == 0)
      complain(&acts[a], &(struct nl_fault_plan){0}, "the fault seam saw no call");
  }
  assert_int_equal(wrong, 0);
}

static void a_call_fails(void **state) {
  (void)state;
  fail_each(LOOKS | CHANGES, false);
}

static void all_calls_fail(void **state) {
  (void)state;
  fail_each(LOOKS | CHANGES, true);
}

static void all_looks_fail(void **state) {
  (void)state;
  fail_each(LOOKS, true);
}

static void all_changes_fail(void **state) {
  (void)state;
  fail_each(CHANGES, true);
}

static void an_allocation_fails(void **state) {
  (void)state;
  fail_each(ALLOCATIONS, false);
}

static void all_allocations_fail(void **state) {
  (void)state;
  fail_each(ALLOCATIONS, true);
}

/* ---------------------------------------------------------------- a power cut before each change */

/* End a child at the k-th change; false = it came to its end. */
static bool cut(const struct act *act, long k) {
  fresh();
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    const struct nl_fault_plan plan = {.kinds = CHANGES,
                                       .k = k,
                                       .sys = EIO,
                                       .kill = true,
                                       .absent = act->absent,
                                       .absent_sys = act->absent_sys};
    nl_fault_begin(&plan);
    act->run(NULL);
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) && WTERMSIG(status) == 9;
}

static void killed(void **state) {
  (void)state;
  unsigned lost = 0;
  for (size_t a = 0; a < act_count; a++) {
    for (long k = 1; cut(&acts[a], k); k++) {
      if (!acts_nothing_lost(&acts[a])) {
        char *picture = ground_picture(false);
        print_error("%s, ended before change %ld: something is lost\n%s", acts[a].name, k, picture);
        free(picture);
        lost++;
      }
    }
  }
  assert_int_equal(lost, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(nothing_fails),    TEST(a_call_fails),        TEST(all_calls_fail),       TEST(all_looks_fail),
      TEST(all_changes_fail), TEST(an_allocation_fails), TEST(all_allocations_fail), TEST(killed),
  };
  return GROUND_RUN("each", tests);
}
