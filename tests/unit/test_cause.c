/*
 * test_cause.c - what is made of a number of the system, given what stands there
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "look/cause.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

static struct nl_scene scene_of(const char *src, const char *to) {
  return (struct nl_scene){.act = NL_ACT_LINK,
                           .src_dir = NLINK_CWD,
                           .src = src,
                           .src_fd = -1,
                           .follow = true,
                           .dst_dir = NLINK_CWD,
                           .dst = to};
}

/* Numbers that nothing here explains: the cause is probable at most, and never one that is seen not to be. */
static void unexplained(void **state) {
  (void)state;
  static const struct {
    int sys;
    enum nlink_status status;
    enum nlink_cause cause;
  } rows[] = {
      {EACCES, NLINK_DENIED, NLINK_CAUSE_SECURITY_MODULE},
      {ENOSPC, NLINK_NO_SPACE, NLINK_CAUSE_FULL},
      {EIO, NLINK_IO, NLINK_CAUSE_DEVICE_FAILED},
      {EDQUOT, NLINK_QUOTA, NLINK_CAUSE_QUOTA_USED},
      {EXDEV, NLINK_CROSS_DEVICE, NLINK_CAUSE_SECURITY_MODULE},
      {EMLINK, NLINK_TOO_MANY_LINKS, NLINK_CAUSE_LINK_LIMIT},
      {ENOMEM, NLINK_NO_MEMORY, NLINK_CAUSE_UNKNOWN},
      {12345, NLINK_FAILED, NLINK_CAUSE_UNKNOWN},
      {ENOENT, NLINK_NOT_FOUND, NLINK_CAUSE_UNKNOWN},
      {EEXIST, NLINK_EXISTS, NLINK_CAUSE_UNKNOWN},
      {ENOTDIR, NLINK_NOT_DIRECTORY, NLINK_CAUSE_UNKNOWN},
      {ELOOP, NLINK_SYMLINK_LOOP, NLINK_CAUSE_UNKNOWN},
      {ENAMETOOLONG, NLINK_NAME_TOO_LONG, NLINK_CAUSE_UNKNOWN},
      {EBADF, NLINK_BAD_DESCRIPTOR, NLINK_CAUSE_UNKNOWN},
      {EISDIR, NLINK_IS_DIRECTORY, NLINK_CAUSE_UNKNOWN},
      {EINTR, NLINK_INTERRUPTED, NLINK_CAUSE_UNKNOWN},
      {EAGAIN, NLINK_TRY_AGAIN, NLINK_CAUSE_UNKNOWN},
  };
  ground_file("f", "1");
  const struct nl_scene scene = scene_of("f", "new");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct nlink_error error;
    assert_int_equal(nl_cause_fail(&error, &scene, NLINK_STEP_LINK, rows[i].sys), rows[i].status);
    assert_int_equal(error.status, rows[i].status);
    assert_int_equal(error.sys, rows[i].sys);
    assert_false(error.dst_is_src);
    if (error.cause != rows[i].cause)
      fail_msg("%s: %s: %s", nlink_errno_name(rows[i].sys), nlink_cause_name(error.cause), error.text);
    if (error.cause == NLINK_CAUSE_UNKNOWN)
      assert_string_equal(error.text, nlink_status_text(error.status));
    if (rows[i].sys == EACCES || rows[i].sys == EIO || rows[i].sys == EXDEV)
      assert_false(error.certain);
    assert_int_equal(nl_cause_fail(NULL, &scene, NLINK_STEP_LINK, rows[i].sys), rows[i].status);
  }
}

/* The call failed, and the link stands all the same: the status stays, a field tells. */
static void stands_all_the_same(void **state) {
  (void)state;
  static const int numbers[] = {EEXIST, EIO, EINTR, EAGAIN, ETIMEDOUT, EPERM};
  ground_file("f", "1");
  ground_link("f", "g");
  ground_symlink("f", "l");
  ground_file("h", "2");
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    struct nlink_error error;
    struct nl_scene scene = scene_of("f", "g");
    nl_cause_fail(&error, &scene, NLINK_STEP_LINK, numbers[i]);
    assert_true(error.dst_is_src);
    assert_int_equal(error.sys, numbers[i]);
    scene = scene_of("l", "g"); /* followed */
    nl_cause_fail(&error, &scene, NLINK_STEP_LINK, numbers[i]);
    assert_true(error.dst_is_src);
    scene.follow = false;
    nl_cause_fail(&error, &scene, NLINK_STEP_LINK, numbers[i]);
    assert_false(error.dst_is_src);
    scene = scene_of("f", "h");
    nl_cause_fail(&error, &scene, NLINK_STEP_LINK, numbers[i]);
    assert_false(error.dst_is_src);
  }
}

static void looking_changes_nothing(void **state) {
  (void)state;
  ground_file("f", "1");
  ground_directory("d");
  ground_symlink("d", "ld");
  char *before = ground_picture(true);
  int files = ground_open_files();
  for (int sys = 1; sys < 140; sys++) {
    for (int act = NL_ACT_LINK; act <= NL_ACT_LOOK; act++) {
      for (int beneath = 0; beneath < 2; beneath++) {
        struct nlink_error error;
        struct nl_scene scene = scene_of("ld/../f", "ld/new/x/");
        scene.act = (enum nl_act)act;
        scene.beneath = beneath == 1;
        assert_true(nl_cause_fail(&error, &scene, NLINK_STEP_RESOLVE, sys) < 0);
        assert_true(error.text[0] != '\0');
      }
    }
  }
  assert_int_equal(ground_open_files(), files);
  char *after = ground_picture(true);
  assert_string_equal(before, after);
  free(before);
  free(after);
}

static void facts(void **state) {
  (void)state;
  struct nl_facts facts;
  ground_file("f", "1");
  ground_directory("d");
  ground_link("f", "d/g");
  struct nl_scene scene = scene_of("f", "d/g");
  nl_facts_open(&facts, &scene);
  assert_int_equal(facts.src.sys, 0);
  assert_int_equal(facts.dst.sys, 0);
  assert_int_equal(facts.parent.sys, 0);
  assert_string_equal(facts.parent_name.text, "'d'");
  assert_int_equal(facts.parent.stat.kind, NLINK_DIRECTORY);
  assert_true(nl_facts_dst_is_src(&facts));
  nl_facts_close(&facts);
  /* A path that cannot be looked through is left out, and the rest is seen. */
  scene.dst = ground_unmapped();
  nl_facts_open(&facts, &scene);
  assert_int_equal(facts.bad_pointer, NLINK_DST);
  assert_int_equal(facts.src.sys, 0);
  assert_null(facts.dst.path);
  assert_false(nl_facts_dst_is_src(&facts));
  nl_facts_close(&facts);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(unexplained),
      TEST(stands_all_the_same),
      TEST(looking_changes_nothing),
      TEST(facts),
  };
  return GROUND_RUN("cause", tests);
}
