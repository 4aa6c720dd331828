/*
 * test_act.c - names replaced as a task says, and left alone where something speaks against it
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "errand.h"
#include "os/os.h"
#include "safe/act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static struct errand_left told;
static struct nl_act_report report;

static enum nlink_status run_with(struct nl_task *task, struct nlink_apply_options options) {
  struct nlink_error error = {0};
  told = (struct errand_left){0};
  options.size = sizeof options;
  options.on_left = errand_on_left;
  options.ctx = &told;
  enum nlink_status status = nl_act_run(&report, task, NULL, &options, NLINK_PHASE_ACTING, &error);
  assert_true(status >= 0 || error.status == status);
  assert_int_equal(report.left_names, told.count);
  assert_int_equal(report.stuck_names, 0);
  assert_false(errand_has_litter());
  return status;
}

static enum nlink_status run(struct nl_task *task) {
  return run_with(task, (struct nlink_apply_options){0});
}

static void pair(struct nl_task *task) {
  ground_file("a", "equal");
  ground_file("b", "equal");
  errand_begin(task);
  errand_group(task);
  uint32_t keep = ERRAND_FILE(task, NL_DEED_NONE, NL_TASK_NO_FILE, "a");
  ERRAND_FILE(task, NL_DEED_LINK, keep, "b");
}

/* The task's only change is refused, for this reason, and nothing is changed. */
static void refused(struct nl_task *task, enum nlink_left left) {
  assert_int_equal(run(task), NLINK_PARTIAL);
  assert_int_equal(told.count, 1);
  assert_int_equal(told.last, left);
  assert_int_equal(report.done_names, 0);
  assert_int_equal(task->names[1].state, NL_TASK_LEFT);
  assert_int_equal(task->names[1].left, left);
  nl_task_fini(task);
}

static void links(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  task.files[1].allocated_bytes = 4096;
  assert_int_equal(run(&task), NLINK_OK);
  assert_true(ground_same("a", "b"));
  assert_true(ground_holds("b", "equal"));
  assert_int_equal(ground_link_count("a"), 2);
  assert_int_equal(report.done_files, 1);
  assert_int_equal(report.done_names, 1);
  assert_int_equal(report.gained_bytes, 4096);
  assert_int_equal(task.names[1].state, NL_TASK_DONE);
  assert_int_equal(task.names[0].state, NL_TASK_OPEN);
  nl_task_fini(&task);
}

static void does_nothing(void **state) {
  (void)state;
  struct nl_task task;
  errand_begin(&task);
  assert_int_equal(run(&task), NLINK_OK);
  nl_task_fini(&task);
}

static void whole_groups(void **state) {
  (void)state;
  struct nl_task task;
  ground_directory("d");
  ground_directory("d/e");
  ground_file("a", "x");
  ground_file("d/b1", "x");
  ground_link("d/b1", "b2");
  ground_link("d/b1", "d/e/b3");
  ground_file("c1", "x");
  ground_link("c1", "outside");
  errand_begin(&task);
  errand_group(&task);
  uint32_t keep = ERRAND_FILE(&task, NL_DEED_NONE, NL_TASK_NO_FILE, "a");
  uint32_t b = ERRAND_FILE(&task, NL_DEED_LINK, keep, "b2", "d/b1", "d/e/b3");
  uint32_t c = ERRAND_FILE(&task, NL_DEED_LINK, keep, "c1");
  task.files[b].allocated_bytes = 1000;
  task.files[c].allocated_bytes = 1;
  assert_int_equal(run(&task), NLINK_OK);
  assert_true(ground_same("a", "b2") && ground_same("a", "d/b1") && ground_same("a", "d/e/b3") &&
              ground_same("a", "c1"));
  assert_false(ground_same("a", "outside"));
  assert_int_equal(report.done_files, 2);
  assert_int_equal(report.done_names, 4);
  assert_int_equal(report.gained_bytes, 1000);
  nl_task_fini(&task);
}

static void many_names(void **state) {
  (void)state;
  enum { FILES = 900, NAMES = 700 };
  struct nl_task task;
  char text[64];
  ground_file("a", "many");
  errand_begin(&task);
  errand_group(&task);
  uint32_t keep = ERRAND_FILE(&task, NL_DEED_NONE, NL_TASK_NO_FILE, "a");
  for (int i = 0; i < FILES; i++) {
    snprintf(text, sizeof text, "d%d", i);
    ground_directory(text);
    snprintf(text, sizeof text, "d%d/f", i);
    ground_file(text, "many");
    ERRAND_FILE(&task, NL_DEED_LINK, keep, text);
  }
  static char names[NAMES][16];
  const char *list[NAMES];
  ground_file("cluster", "many");
  for (int i = 0; i < NAMES; i++) { /* one file with more names than a batch has room for */
    snprintf(names[i], sizeof names[i], "d%d/n%d", i % FILES, i);
    ground_link("cluster", names[i]);
    list[i] = names[i];
  }
  uint32_t cluster = errand_file(&task, NL_DEED_LINK, keep, list, NAMES);
  unlink("cluster");
  task.files[cluster].ctime_ns = 0; /* removing the name changed it */
  struct nlink_stat stat = {0};
  assert_int_equal(nl_os_stat(&stat, NLINK_CWD, names[0], false), 0);
  task.files[cluster].ctime_ns = stat.ctime_ns;
  assert_int_equal(run_with(&task, (struct nlink_apply_options){.threads = 2}), NLINK_OK);
  assert_int_equal(report.done_files, FILES + 1);
  assert_int_equal(report.done_names, FILES + NAMES);
  assert_int_equal(ground_link_count("a"), 1 + FILES + NAMES);
  nl_task_fini(&task);
}

/* In a directory whose path the system does not take at once. */
static void a_long_path(void **state) {
  (void)state;
  enum { DEPTH = 40, NAME = 200 };
  char name[NAME + 1];
  struct nl_string path = {0};
  memset(name, 'n', NAME);
  name[NAME] = '\0';
  assert_true(nl_string_add(&path, ground_path(), strlen(ground_path())));
  for (int i = 0; i < DEPTH; i++) {
    assert_true(nl_string_add(&path, "/", 1) && nl_string_add(&path, name, NAME));
    assert_int_equal(mkdir(name, 0755), 0);
    assert_int_equal(chdir(name), 0);
  }
  struct nl_task task;
  pair(&task);
  task.dirs[0] = path.text;
  assert_int_equal(run(&task), NLINK_OK);
  assert_true(ground_same("a", "b"));
  nl_task_fini(&task);
  nl_string_fini(&path);
  assert_int_equal(unlink("a"), 0);
  assert_int_equal(unlink("b"), 0);
  for (int i = 0; i < DEPTH; i++) {
    assert_int_equal(chdir(".."), 0);
    assert_int_equal(rmdir(name), 0);
  }
}

static void few_descriptors(void **state) {
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  const struct rlimit few = {.rlim_cur = 24, .rlim_max = before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  many_names(state);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void a_change(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  FILE *file = fopen("b", "a");
  fputs("more", file);
  fclose(file);
  refused(&task, NLINK_LEFT_CHANGED);
  assert_true(ground_holds("b", "equalmore"));
}

static void a_change_of_the_kept_file(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  FILE *file = fopen("a", "a");
  fputs("more", file);
  fclose(file);
  refused(&task, NLINK_LEFT_CHANGED);
}

/* Neither size nor mtime tell. */
static void a_hidden_change(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  struct stat before;
  assert_int_equal(stat("b", &before), 0);
  int fd = open("b", O_WRONLY);
  assert_int_equal(pwrite(fd, "other", 5, 0), 5);
  const struct timespec times[2] = {before.st_atim, before.st_mtim};
  assert_int_equal(futimens(fd, times), 0);
  close(fd);
  refused(&task, NLINK_LEFT_CHANGED);
  assert_true(ground_holds("b", "other"));
}

/* Not even ctime does. */
static void other_bytes(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  ground_file("b2", "otheR");
  struct stat stat_b;
  assert_int_equal(rename("b2", "b"), 0);
  assert_int_equal(stat("b", &stat_b), 0);
  struct nlink_stat stat = {0};
  assert_int_equal(nl_os_stat(&stat, NLINK_CWD, "b", false), 0);
  task.files[1].ino = stat.ino;
  task.files[1].mtime_ns = stat.mtime_ns;
  task.files[1].ctime_ns = stat.ctime_ns;
  refused(&task, NLINK_LEFT_CHANGED);
  assert_true(ground_holds("b", "otheR"));
}

static void another_file(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  ground_file("new", "equal");
  assert_int_equal(rename("new", "b"), 0);
  refused(&task, NLINK_LEFT_VANISHED);
}

static void a_soft_link_now(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  assert_int_equal(rename("b", "c"), 0);
  ground_symlink("c", "b");
  refused(&task, NLINK_LEFT_VANISHED);
}

static void nothing_there(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  assert_int_equal(unlink("b"), 0);
  refused(&task, NLINK_LEFT_VANISHED);
  assert_false(ground_exists("b"));
}

static void no_kept_file(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  assert_int_equal(unlink("a"), 0);
  refused(&task, NLINK_LEFT_VANISHED);
  assert_true(ground_holds("b", "equal"));
}

/* The kept file is found by another of its names. */
static void another_name_of_the_kept_file(void **state) {
  (void)state;
  struct nl_task task;
  ground_file("a1", "equal");
  ground_link("a1", "a2");
  ground_file("b", "equal");
  errand_begin(&task);
  errand_group(&task);
  uint32_t keep = ERRAND_FILE(&task, NL_DEED_NONE, NL_TASK_NO_FILE, "a1", "a2");
  ERRAND_FILE(&task, NL_DEED_LINK, keep, "b");
  assert_int_equal(rename("a1", "a3"), 0);
  struct nlink_stat stat = {0};
  assert_int_equal(nl_os_stat(&stat, NLINK_CWD, "a2", false), 0);
  task.files[keep].ctime_ns = stat.ctime_ns;
  assert_int_equal(run(&task), NLINK_OK);
  assert_true(ground_same("a2", "b"));
  nl_task_fini(&task);
}

static void open_for_writing(void **state) {
  (void)state;
  const char *const names[] = {"a", "b"};
  for (int i = 0; i < 2; i++) {
    struct nl_task task;
    pair(&task);
    int fd = open(names[i], O_WRONLY | O_APPEND);
    refused(&task, NLINK_LEFT_OPEN);
    assert_int_equal(write(fd, "+", 1), 1);
    close(fd);
    assert_true(ground_holds(names[i], "equal+"));
    ground_empty(".");
  }
}

static void mapped_for_writing(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  int fd = open("b", O_RDWR);
  char *map = mmap(NULL, 5, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  refused(&task, NLINK_LEFT_OPEN);
  map[0] = 'E';
  munmap(map, 5);
  assert_true(ground_holds("b", "Equal"));
}

static void other_mode(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  assert_int_equal(chmod("a", 0600), 0);
  struct nlink_stat stat = {0};
  assert_int_equal(nl_os_stat(&stat, NLINK_CWD, "a", false), 0);
  task.files[0].ctime_ns = stat.ctime_ns; /* as if our own work had moved it */
  refused(&task, NLINK_LEFT_CHANGED);
  ground_empty(".");
  pair(&task); /* the same as was planned */
  assert_int_equal(chmod("a", 0600), 0);
  task.files[0].ctime_ns = 0;
  assert_int_equal(nl_os_stat(&stat, NLINK_CWD, "a", false), 0);
  task.files[0].ctime_ns = stat.ctime_ns;
  task.files[0].own.mode = 0600;
  assert_int_equal(run(&task), NLINK_OK);
  assert_true(ground_same("a", "b"));
  nl_task_fini(&task);
}

/* ---------------------------------------------------------------- what the system cannot */

static void without(const char *const *calls, int sys) {
  const struct nl_fault_plan plan = {.absent = calls, .absent_sys = sys};
  nl_fault_begin(&plan);
}

static void unguarded(void **state) {
  (void)state;
  static const char *const lease[] = {"lease", NULL};
  struct nl_task task;
  pair(&task);
  without(lease, EACCES);
  refused(&task, NLINK_LEFT_UNGUARDED);
  ground_empty(".");
  pair(&task);
  assert_int_equal(run_with(&task, (struct nlink_apply_options){.unguarded = true}), NLINK_OK);
  assert_true(ground_same("a", "b"));
  nl_task_fini(&task);
  ground_empty(".");
  pair(&task);
  without(lease, EAGAIN);
  assert_int_equal(run_with(&task, (struct nlink_apply_options){.unguarded = true}), NLINK_PARTIAL);
  assert_int_equal(told.last, NLINK_LEFT_OPEN);
  nl_task_fini(&task);
  nl_fault_begin(NULL);
}

static void no_exchange(void **state) {
  static const char *const calls[] = {"exchange", "rename-new", NULL};
  without(calls, EINVAL);
  links(state);
  ground_empty(".");
  whole_groups(state);
  nl_fault_begin(NULL);
}

/* Told to stop in the middle: what was begun is finished, the rest is left, and both are told. */
static bool stop_later(const struct nlink_progress *progress, void *ctx) {
  (void)ctx;
  return progress->files < 100;
}

static void cancelled_in_the_middle(void **state) {
  (void)state;
  enum { FILES = 3000 };
  struct nl_task task;
  char text[16];
  ground_file("a", "x");
  errand_begin(&task);
  errand_group(&task);
  uint32_t keep = ERRAND_FILE(&task, NL_DEED_NONE, NL_TASK_NO_FILE, "a");
  for (int i = 0; i < FILES; i++) {
    snprintf(text, sizeof text, "f%d", i);
    ground_file(text, "x");
    ERRAND_FILE(&task, NL_DEED_LINK, keep, text);
  }
  enum nlink_status status =
      run_with(&task, (struct nlink_apply_options){.on_progress = stop_later, .threads = 2});
  assert_int_equal(report.done_names + report.left_names, FILES);
  assert_int_equal(ground_link_count("a"), 1 + report.done_names);
  assert_true(status == NLINK_CANCELLED || report.done_names == FILES); /* a fast machine asks rarely */
  nl_task_fini(&task);
}

static bool stop_at_once(const struct nlink_progress *progress, void *ctx) {
  (void)ctx;
  assert_int_equal(progress->phase, NLINK_PHASE_ACTING);
  return false;
}

static void cancelled(void **state) {
  (void)state;
  struct nl_task task;
  pair(&task);
  assert_int_equal(run_with(&task, (struct nlink_apply_options){.on_progress = stop_at_once}),
                   NLINK_CANCELLED);
  assert_int_equal(told.last, NLINK_LEFT_STOPPED);
  assert_false(ground_same("a", "b"));
  nl_task_fini(&task);
}

/* The link limit is reached at the third link; the file at hand is kept for the others. */
static void link_limit(void **state) {
  (void)state;
  struct nl_task task;
  char text[8];
  ground_file("a", "x");
  errand_begin(&task);
  errand_group(&task);
  uint32_t keep = ERRAND_FILE(&task, NL_DEED_NONE, NL_TASK_NO_FILE, "a");
  for (char c = 'b'; c <= 'g'; c++) {
    snprintf(text, sizeof text, "%c", c);
    ground_file(text, "x");
    ERRAND_FILE(&task, NL_DEED_LINK, keep, text);
  }
  const struct nl_fault_plan plan = {
      .kinds = 1u << NL_FAULT_CHANGE, .only = "linkat-fd", .k = 3, .sys = EMLINK};
  nl_fault_begin(&plan);
  assert_int_equal(run(&task), NLINK_OK);
  nl_fault_begin(NULL);
  assert_true(ground_same("a", "b") && ground_same("a", "c"));
  assert_true(ground_same("d", "e") && ground_same("d", "f") && ground_same("d", "g"));
  assert_false(ground_same("a", "d"));
  assert_int_equal(report.done_files, 5);
  nl_task_fini(&task);
  ground_empty(".");
  pair(&task);
  static const char *const calls[] = {"linkat-fd", NULL};
  without(calls, EMLINK);
  refused(&task, NLINK_LEFT_LINK_LIMIT);
  nl_fault_begin(NULL);
}

static void full(void **state) {
  (void)state;
  static const char *const calls[] = {"linkat-fd", NULL};
  struct nl_task task;
  pair(&task);
  ground_file("c", "equal");
  ERRAND_FILE(&task, NL_DEED_LINK, 0, "c");
  without(calls, ENOSPC);
  assert_int_equal(run(&task), NLINK_NO_SPACE);
  nl_fault_begin(NULL);
  assert_int_equal(task.names[1].left, NLINK_LEFT_FAILED);
  assert_int_equal(task.names[2].left, NLINK_LEFT_STOPPED);
  assert_int_equal(report.failed, 1);
  nl_task_fini(&task);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(links),
      TEST(does_nothing),
      TEST(whole_groups),
      TEST(many_names),
      TEST(few_descriptors),
      TEST(a_long_path),
      TEST(a_change),
      TEST(a_change_of_the_kept_file),
      TEST(a_hidden_change),
      TEST(other_bytes),
      TEST(another_file),
      TEST(a_soft_link_now),
      TEST(nothing_there),
      TEST(no_kept_file),
      TEST(another_name_of_the_kept_file),
      TEST(open_for_writing),
      TEST(mapped_for_writing),
      TEST(other_mode),
      TEST(unguarded),
      TEST(no_exchange),
      TEST(cancelled),
      TEST(cancelled_in_the_middle),
      TEST(link_limit),
      TEST(full),
  };
  return GROUND_RUN("act", tests);
}
