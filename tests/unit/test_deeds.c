/*
 * test_deeds.c - all that can be done with a file but linking: soft links, copies, mended and removed soft links
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
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static struct errand_left told;
static struct nl_act_report report;

static enum nlink_status run(struct nl_task *task) {
  struct nlink_error error = {0};
  const struct nlink_apply_options options = {
      .size = sizeof options, .on_left = errand_on_left, .ctx = &told, .threads = 2};
  told = (struct errand_left){0};
  enum nlink_status status = nl_act_run(&report, task, NULL, &options, NLINK_PHASE_MENDING, &error);
  assert_int_equal(report.left_names, told.count);
  assert_int_equal(report.stuck_names, 0);
  assert_false(errand_has_litter());
  return status;
}

static void assert_leads(const char *name, const char *target) {
  char text[NLINK_TARGET_SIZE];
  assert_int_equal(nl_os_readlink(text, sizeof text, NLINK_CWD, name), 0);
  assert_string_equal(text, target);
}

static void soft_links(void **state) {
  (void)state;
  struct nl_task task;
  ground_directory("d");
  ground_directory("d/e");
  ground_file("d/a", "equal");
  ground_file("d/e/b", "equal");
  ground_file("c", "equal");
  errand_begin(&task);
  errand_group(&task);
  uint32_t keep = ERRAND_FILE(&task, NL_DEED_NONE, NL_TASK_NO_FILE, "d/a");
  ERRAND_FILE(&task, NL_DEED_SYMLINK, keep, "d/e/b");
  ERRAND_FILE(&task, NL_DEED_SYMLINK, keep, "c");
  assert_int_equal(run(&task), NLINK_OK);
  assert_leads("d/e/b", "../a");
  assert_leads("c", "d/a");
  assert_int_equal(report.done_files, 2);
  assert_int_equal(report.done_names, 2);
  assert_int_equal(ground_link_count("d/a"), 1);
  nl_task_fini(&task);
}

/* ---------------------------------------------------------------- copies */

/* The names of a file get one of their own again, the other names of it keep it. */
static void copies(void **state) {
  (void)state;
  struct nl_task task;
  ground_directory("d");
  ground_file("a", "shared");
  ground_link("a", "b");
  ground_link("a", "d/c");
  errand_begin(&task);
  errand_group(&task);
  uint32_t file = ERRAND_FILE(&task, NL_DEED_COPY, NL_TASK_NO_FILE, "b", "d/c");
  struct nl_task_own *own = &task.files[file].own;
  const struct nl_task_attribute attribute = {"user.colour", "blue", 4};
  own->mode = 0640;
  own->mtime_ns = 1234567890123456789;
  own->atime_ns = 1111111111000000000;
  own->attributes = &attribute;
  own->attribute_count = 1;
  if (geteuid() == 0) {
    own->uid = 12;
    own->gid = 34;
  }
  assert_int_equal(run(&task), NLINK_OK);
  assert_true(ground_same("b", "d/c"));
  assert_false(ground_same("a", "b"));
  assert_true(ground_holds("b", "shared"));
  assert_int_equal(ground_link_count("a"), 1);
  struct nlink_stat stat = {0};
  assert_int_equal(nl_os_stat(&stat, NLINK_CWD, "b", false), 0);
  assert_int_equal(stat.mode, 0640);
  assert_int_equal(stat.mtime_ns, 1234567890123456789);
  assert_int_equal(stat.uid, own->uid);
  assert_int_equal(stat.gid, own->gid);
  char value[8];
  assert_int_equal(getxattr("b", "user.colour", value, sizeof value), 4);
  assert_int_equal(report.done_files, 1);
  assert_int_equal(report.done_names, 2);
  assert_int_equal(report.gained_bytes, 0);
  nl_task_fini(&task);
}

/* Two files of one group, as where a kept file had as many names as it could have: one copy. */
static void one_copy_of_two(void **state) {
  (void)state;
  struct nl_task task;
  ground_file("a1", "same");
  ground_link("a1", "b1");
  ground_file("a2", "same");
  ground_link("a2", "b2");
  errand_begin(&task);
  errand_group(&task);
  ERRAND_FILE(&task, NL_DEED_COPY, NL_TASK_NO_FILE, "b1");
  ERRAND_FILE(&task, NL_DEED_COPY, NL_TASK_NO_FILE, "b2");
  assert_int_equal(run(&task), NLINK_OK);
  assert_true(ground_same("b1", "b2"));
  assert_int_equal(ground_link_count("b1"), 2);
  assert_int_equal(ground_link_count("a1"), 1);
  assert_int_equal(ground_link_count("a2"), 1);
  nl_task_fini(&task);
}

/* More names than one batch takes still share one copy. */
static void a_copy_of_many_names(void **state) {
  (void)state;
  enum { NAMES = 1300 };
  static char names[NAMES][16];
  const char *list[NAMES];
  struct nl_task task;
  ground_file("a", "many");
  for (int i = 0; i < NAMES; i++) {
    snprintf(names[i], sizeof names[i], "n%d", i);
    ground_link("a", names[i]);
    list[i] = names[i];
  }
  errand_begin(&task);
  errand_group(&task);
  errand_file(&task, NL_DEED_COPY, NL_TASK_NO_FILE, list, NAMES);
  assert_int_equal(run(&task), NLINK_OK);
  assert_int_equal(ground_link_count("a"), 1);
  assert_int_equal(ground_link_count("n7"), NAMES);
  assert_int_equal(report.done_files, 1);
  nl_task_fini(&task);
}

/* Soft links that had been made of files become files again: names of one copy of what they lead to. */
static void copies_for_soft_links(void **state) {
  (void)state;
  struct nl_task task;
  ground_file("a", "kept");
  ground_symlink("a", "b");
  ground_symlink("./a", "c");
  errand_begin(&task);
  errand_group(&task);
  uint32_t keep = ERRAND_FILE(&task, NL_DEED_NONE, NL_TASK_NO_FILE, "a");
  const char *const names[] = {"b", "c"};
  const char *const targets[] = {"a", "./a"};
  for (int i = 0; i < 2; i++) {
    uint32_t file = errand_file(&task, NL_DEED_COPY, keep, &names[i], 1);
    task.files[file].target = targets[i];
    task.files[file].own = task.files[keep].own;
  }
  assert_int_equal(run(&task), NLINK_OK);
  assert_true(ground_same("b", "c"));
  assert_false(ground_same("a", "b"));
  assert_true(ground_holds("b", "kept"));
  assert_int_equal(ground_link_count("b"), 2);
  assert_int_equal(report.done_files, 2);
  nl_task_fini(&task);
}

static void no_room_for_a_copy(void **state) {
  (void)state;
  static const char *const calls[] = {"resize", "clone", NULL};
  const struct nl_fault_plan plan = {.absent = calls, .absent_sys = ENOSPC};
  struct nl_task task;
  ground_file("a", "shared");
  ground_link("a", "b");
  errand_begin(&task);
  errand_group(&task);
  ERRAND_FILE(&task, NL_DEED_COPY, NL_TASK_NO_FILE, "b");
  nl_fault_begin(&plan);
  assert_int_equal(run(&task), NLINK_NO_SPACE);
  nl_fault_begin(NULL);
  assert_true(ground_same("a", "b"));
  nl_task_fini(&task);
}

/* ---------------------------------------------------------------- soft links, mended */

static void aims(void **state) {
  (void)state;
  struct nl_task task;
  ground_file("there", "");
  ground_symlink("nowhere", "a");
  ground_link("a", "a2");
  errand_begin(&task);
  uint32_t file = errand_symlink(&task, NL_DEED_AIM, "a", "there");
  nl_task_fini(&task);
  errand_begin(&task);
  errand_group(&task);
  const char *const names[] = {"a", "a2"};
  file = errand_file(&task, NL_DEED_AIM, NL_TASK_NO_FILE, names, 2);
  task.files[file].target = "nowhere";
  task.files[file].aim = "there";
  struct nlink_stat before = {0};
  struct nlink_stat after = {0};
  assert_int_equal(nl_os_stat(&before, NLINK_CWD, "a", false), 0);
  assert_int_equal(run(&task), NLINK_OK);
  assert_leads("a", "there");
  assert_true(ground_same("a", "a2"));
  assert_int_equal(nl_os_stat(&after, NLINK_CWD, "a", false), 0);
  assert_int_equal(after.mtime_ns, before.mtime_ns);
  assert_int_equal(after.link_count, 2);
  assert_int_equal(report.done_files, 1);
  nl_task_fini(&task);
}

static void removes(void **state) {
  (void)state;
  struct nl_task task;
  ground_symlink("nowhere", "a");
  ground_symlink("nowhere", "b");
  errand_begin(&task);
  errand_symlink(&task, NL_DEED_REMOVE, "a", NULL);
  errand_symlink(&task, NL_DEED_REMOVE, "b", NULL);
  assert_int_equal(unlink("b"), 0);
  ground_file("b", "a file now");
  assert_int_equal(run(&task), NLINK_PARTIAL);
  assert_false(ground_exists("a"));
  assert_true(ground_holds("b", "a file now"));
  assert_int_equal(told.last, NLINK_LEFT_VANISHED);
  assert_int_equal(report.done_files, 1);
  nl_task_fini(&task);
}

/* Another soft link in its place: put there before, and between the look and the act. */
static void put_another(void *ctx, const char *call) {
  (void)ctx;
  (void)call;
  unlink("a");
  assert_int_equal(symlink("of somebody else", "a"), 0);
}

static void another_soft_link(void **state) {
  (void)state;
  static const enum nl_deed deeds[] = {NL_DEED_AIM, NL_DEED_REMOVE};
  for (int i = 0; i < 2; i++)
    for (long k = 0; k < 12; k++) {
      struct nl_task task;
      ground_empty(".");
      ground_symlink("nowhere", "a");
      errand_begin(&task);
      errand_symlink(&task, deeds[i], "a", "there");
      const struct nl_fault_plan plan = {
          .kinds = 1u << NL_FAULT_LOOK | 1u << NL_FAULT_CHANGE, .k = k, .meanwhile = put_another};
      if (k == 0)
        put_another(NULL, NULL);
      nl_fault_begin(&plan);
      run(&task);
      bool came = k == 0 || nl_fault_count() >= k;
      nl_fault_begin(NULL);
      if (came)
        assert_leads("a", "of somebody else");
      nl_task_fini(&task);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(soft_links),
      TEST(copies),
      TEST(one_copy_of_two),
      TEST(a_copy_of_many_names),
      TEST(copies_for_soft_links),
      TEST(no_room_for_a_copy),
      TEST(aims),
      TEST(removes),
      TEST(another_soft_link),
  };
  return GROUND_RUN("deeds", tests);
}
