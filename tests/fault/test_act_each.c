/*
 * test_act_each.c - each system call and each allocation of acting upon a task fails once, or from then on; or is the last
 *
 * Whatever fails: every name is there with its old bytes or equal ones, no descriptor is left open, and no temporary name,
 * unless its removal was what failed. Where the process ends, temporary names are left, and nothing else.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "errand.h"
#include "os/os.h"
#include "safe/act.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  LOOKS = 1u << NL_FAULT_LOOK,
  CHANGES = 1u << NL_FAULT_CHANGE,
  ALLOCATIONS = 1u << NL_FAULT_ALLOC,
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BYTES        "equal bytes"

static unsigned wrong;

/* ---------------------------------------------------------------- what is done */

/* A name, and what it may hold: bytes, or what a soft link does; `may_go` = nothing, too. */
struct hold {
  const char *name;
  const char *contents;
  const char *targets[2];
  bool may_go;
};

struct errand {
  const char *what;
  void (*build)(struct nl_task *task);
  bool (*good)(void); /* after it was all done */
  struct hold holds[6];
};

static void plain_tree(void) {
  ground_directory("d");
  ground_file("a", BYTES);
  ground_link("a", "d/a2");
  ground_file("b", BYTES);
  ground_link("b", "d/b2");
  ground_file("c", BYTES);
}

static void equal_files(struct nl_task *task, enum nl_deed deed) {
  plain_tree();
  errand_begin(task);
  errand_group(task);
  uint32_t keep = ERRAND_FILE(task, NL_DEED_NONE, NL_TASK_NO_FILE, "a", "d/a2");
  ERRAND_FILE(task, deed, keep, "b", "d/b2");
  ERRAND_FILE(task, deed, keep, "c");
}

static void to_link(struct nl_task *task) {
  equal_files(task, NL_DEED_LINK);
}

static bool is_linked(void) {
  return ground_same("a", "b") && ground_same("a", "d/b2") && ground_same("a", "c");
}

static void to_symlink(struct nl_task *task) {
  equal_files(task, NL_DEED_SYMLINK);
}

static bool is_symlinked(void) {
  char target[NLINK_TARGET_SIZE];
  return nl_os_readlink(target, sizeof target, NLINK_CWD, "d/b2") == 0 && ground_link_count("a") == 2;
}

static void to_copy(struct nl_task *task) {
  ground_directory("d");
  ground_file("a", BYTES);
  ground_link("a", "d/a2");
  ground_link("a", "b");
  ground_link("a", "d/b2");
  ground_file("c", BYTES);
  ground_link("c", "c2");
  errand_begin(task);
  errand_group(task);
  ERRAND_FILE(task, NL_DEED_COPY, NL_TASK_NO_FILE, "b", "d/b2");
  errand_group(task);
  ERRAND_FILE(task, NL_DEED_COPY, NL_TASK_NO_FILE, "c");
  task->files[0].own.mode = 0600;
  task->files[0].own.mtime_ns = 1000000000;
}

static bool is_copied(void) {
  return !ground_same("a", "b") && ground_same("b", "d/b2") && !ground_same("c", "c2") &&
         ground_link_count("a") == 2;
}

static void to_mend(struct nl_task *task) {
  ground_symlink("nowhere", "a");
  ground_symlink("nowhere", "b");
  ground_directory("d");
  ground_file("d/there", "");
  errand_begin(task);
  errand_symlink(task, NL_DEED_AIM, "a", "d/there");
  errand_symlink(task, NL_DEED_REMOVE, "b", NULL);
}

static bool is_mended(void) {
  char target[NLINK_TARGET_SIZE];
  return nl_os_readlink(target, sizeof target, NLINK_CWD, "a") == 0 && strcmp(target, "d/there") == 0 &&
         !ground_exists("b");
}

#define FILES_HELD                                                                                           \
  {                                                                                                          \
    {.name = "a", .contents = BYTES}, {.name = "d/a2", .contents = BYTES}, {.name = "b", .contents = BYTES}, \
        {.name = "d/b2", .contents = BYTES}, {                                                               \
      .name = "c", .contents = BYTES                                                                         \
    }                                                                                                        \
  }

static const struct errand errands[] = {
    {"link", to_link, is_linked, FILES_HELD},
    {"symlink", to_symlink, is_symlinked, FILES_HELD},
    {"copy", to_copy, is_copied, FILES_HELD},
    {"mend",
     to_mend,
     is_mended,
     {{.name = "a", .targets = {"nowhere", "d/there"}},
      {.name = "b", .targets = {"nowhere", "nowhere"}, .may_go = true}}},
};

/* ---------------------------------------------------------------- what must hold */

static bool has_contents(const char *name, const char *contents) {
  char text[64] = "";
  FILE *file = fopen(name, "r"); /* follows soft links */
  if (file == NULL)
    return false;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  return length == strlen(contents) && memcmp(text, contents, length) == 0;
}

static bool holds(const struct hold *hold) {
  char target[NLINK_TARGET_SIZE];
  if (hold->contents != NULL)
    return has_contents(hold->name, hold->contents);
  if (!ground_exists(hold->name))
    return hold->may_go;
  return nl_os_readlink(target, sizeof target, NLINK_CWD, hold->name) == 0 &&
         (strcmp(target, hold->targets[0]) == 0 || strcmp(target, hold->targets[1]) == 0);
}

static bool nothing_lost(const struct errand *errand) {
  for (size_t i = 0; i < COUNT(errand->holds) && errand->holds[i].name != NULL; i++)
    if (!holds(&errand->holds[i]))
      return false;
  return true;
}

static void complain(const struct errand *errand, const struct nl_fault_plan *plan, const char *what) {
  char *picture = ground_picture(false);
  print_error("%s: %ld. call %s answers %s%s: %s\n%s", errand->what, plan->k,
              plan->kinds == ALLOCATIONS ? "(allocation)" : "", nlink_errno_name(plan->sys),
              plan->sticky ? ", and all after it" : "", what, picture);
  free(picture);
  wrong++;
}

static unsigned told;

static void on_left(const char *path, enum nlink_left left, const struct nlink_error *error, void *ctx) {
  const unsigned *kinds = ctx;
  if ((path[0] != '/' && *kinds != ALLOCATIONS) || left == NLINK_LEFT_NOTHING ||
      (left == NLINK_LEFT_FAILED && error == NULL))
    wrong++;
  told++;
}

/* Every name that was to be changed is either done or told. */
static bool adds_up(const struct nl_task *task, const struct nl_act_report *report) {
  uint64_t names = 0;
  for (uint32_t i = 0; i < task->file_count; i++)
    names += task->files[i].deed != NL_DEED_NONE ? task->files[i].name_count : 0;
  return report->left_names == told && report->done_names + report->left_names == names;
}

/* Run an errand under a plan; how many events there were. */
static long run(const struct errand *errand, struct nl_fault_plan plan) {
  struct nl_task task;
  struct nl_act_report report;
  const struct nlink_apply_options options = {
      .size = sizeof options, .on_left = on_left, .threads = 1, .ctx = &plan.kinds};
  ground_empty(".");
  errand->build(&task);
  int files = ground_open_files();
  struct nlink_error error;
  memset(&error, 0x55, sizeof error);
  told = 0;
  nl_fault_begin(&plan);
  enum nlink_status status = nl_act_run(&report, &task, NULL, &options, NLINK_PHASE_ACTING, &error);
  long count = nl_fault_count();
  nl_fault_begin(NULL);
  if (ground_open_files() != files)
    complain(errand, &plan, "a descriptor is left open");
  if (!nothing_lost(errand))
    complain(errand, &plan, "something is lost");
  char *picture = ground_picture(false);
  bool has_litter = strstr(picture, ".nlink-") != NULL;
  free(picture);
  bool may_litter = plan.sticky && (plan.kinds & CHANGES) != 0;
  bool looks_sticky = plan.sticky && (plan.kinds & LOOKS) != 0; /* nobody knows what stands there */
  if (has_litter && ((!may_litter && !looks_sticky) || report.stuck_names == 0))
    complain(errand, &plan, "a temporary name is left");
  if (!has_litter && report.stuck_names > 0 && !plan.sticky)
    complain(errand, &plan, "a temporary name is told and not there");
  if (status == NLINK_OK && !errand->good())
    complain(errand, &plan, "done, but the result is wrong");
  if (status == NLINK_PARTIAL && report.left_names == 0)
    complain(errand, &plan, "done in part, and nothing was left alone");
  if (status > NLINK_PARTIAL || (status < 0 && (error.status != status || error.text[0] == '\0')))
    complain(errand, &plan, "the error struct does not tell the status");
  if (plan.kinds != ALLOCATIONS && (status >= 0 || told > 0) && !adds_up(&task, &report))
    complain(errand, &plan, "a name was neither done nor told");
  nl_task_fini(&task);
  return count;
}

static const char *const no_exchange[] = {"exchange", "rename-new", NULL};

static void fail_each(unsigned kinds, bool sticky, const char *const *absent) {
  static const int numbers[] = {EIO, ENOSPC, EINTR, ENOMEM, EPERM};
  wrong = 0;
  for (size_t e = 0; e < COUNT(errands); e++) {
    for (size_t n = 0; n < (sticky || kinds == ALLOCATIONS ? 1 : COUNT(numbers)); n++) {
      struct nl_fault_plan plan = {.kinds = kinds,
                                   .k = 1,
                                   .sys = numbers[n],
                                   .sticky = sticky,
                                   .absent = absent,
                                   .absent_sys = EINVAL};
      while (run(&errands[e], plan) >= plan.k && plan.k < 1000)
        plan.k++;
      assert_true(plan.k < 1000);
    }
  }
  assert_int_equal(wrong, 0);
}

static void nothing_fails(void **state) {
  (void)state;
  wrong = 0;
  for (size_t e = 0; e < COUNT(errands); e++) {
    assert_true(run(&errands[e], (struct nl_fault_plan){.kinds = LOOKS | CHANGES}) > 0);
    assert_true(errands[e].good());
  }
  assert_int_equal(wrong, 0);
}

static void a_call_fails(void **state) {
  (void)state;
  fail_each(LOOKS | CHANGES, false, NULL);
}

static void a_call_fails_where_names_cannot_be_exchanged(void **state) {
  (void)state;
  fail_each(LOOKS | CHANGES, false, no_exchange);
}

static void all_calls_fail(void **state) {
  (void)state;
  fail_each(LOOKS | CHANGES, true, NULL);
}

static void all_looks_fail(void **state) {
  (void)state;
  fail_each(LOOKS, true, NULL);
}

static void all_changes_fail(void **state) {
  (void)state;
  fail_each(CHANGES, true, NULL);
}

static void an_allocation_fails(void **state) {
  (void)state;
  fail_each(ALLOCATIONS, false, NULL);
}

static void all_allocations_fail(void **state) {
  (void)state;
  fail_each(ALLOCATIONS, true, NULL);
}

/* ---------------------------------------------------------------- the process ends */

/* End a child at the k-th change; false = it came to its end. */
static bool cut(const struct errand *errand, long k, const char *const *absent) {
  struct nl_task task;
  ground_empty(".");
  errand->build(&task);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    const struct nl_fault_plan plan = {
        .kinds = CHANGES, .k = k, .kill = true, .absent = absent, .absent_sys = EINVAL};
    const struct nlink_apply_options options = {.size = sizeof options, .threads = 1};
    struct nl_act_report report;
    nl_fault_begin(&plan);
    nl_act_run(&report, &task, NULL, &options, NLINK_PHASE_ACTING, NULL);
    _exit(0);
  }
  nl_task_fini(&task);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void killed(void **state) {
  (void)state;
  unsigned lost = 0;
  for (size_t e = 0; e < COUNT(errands); e++)
    for (int i = 0; i < 2; i++)
      for (long k = 1; cut(&errands[e], k, i == 0 ? NULL : no_exchange); k++) {
        /* A soft link that was on its way out is under its temporary name. */
        if (nothing_lost(&errands[e]))
          continue;
        char *picture = ground_picture(false);
        print_error("%s, ended before change %ld: something is lost\n%s", errands[e].what, k, picture);
        free(picture);
        lost++;
      }
  assert_int_equal(lost, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  /* In memory a sync costs nothing; the real file systems have tests of their own. */
  if (access("/dev/shm", W_OK) == 0)
    setenv("TMPDIR", "/dev/shm", 0);
  const struct CMUnitTest tests[] = {
      TEST(nothing_fails),
      TEST(a_call_fails),
      TEST(a_call_fails_where_names_cannot_be_exchanged),
      TEST(all_calls_fail),
      TEST(all_looks_fail),
      TEST(all_changes_fail),
      TEST(an_allocation_fails),
      TEST(all_allocations_fail),
      TEST(killed),
  };
  return GROUND_RUN("act-each", tests);
}
