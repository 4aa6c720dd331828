/*
 * test_error.c - the only way to fail, and the system's numbers as the house's words
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/error.h"

#include "os/os.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ground.h"

static void fails(void **state) {
  (void)state;
  struct nlink_error error;
  memset(&error, 0x55, sizeof error);
  assert_int_equal(nl_fail(&error, NLINK_IO, NLINK_STEP_LINK, EIO, NULL), NLINK_IO);
  assert_int_equal(error.status, NLINK_IO);
  assert_int_equal(error.sys, EIO);
  assert_int_equal(error.step, NLINK_STEP_LINK);
  assert_int_equal(error.cause, NLINK_CAUSE_UNKNOWN);
  assert_int_equal(error.at, NLINK_NEITHER);
  assert_false(error.certain);
  assert_false(error.dst_is_src);
  assert_string_equal(error.text, "input or output failed");
  assert_int_equal(nl_fail(&error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "%s: %d", "f", 7), NLINK_INVALID);
  assert_string_equal(error.text, "f: 7");
  assert_int_equal(error.cause, NLINK_CAUSE_ARGUMENT);
  assert_int_equal(nl_fail(NULL, NLINK_IO, NLINK_STEP_LINK, EIO, "%s", "x"), NLINK_IO);
}

static void long_texts_are_cut(void **state) {
  (void)state;
  struct nlink_error error;
  char text[3000];
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  nl_fail(&error, NLINK_IO, NLINK_STEP_LINK, EIO, "%s", text);
  assert_int_equal(strlen(error.text), NLINK_TEXT_SIZE - 1);
  nl_blame(&error, NLINK_CAUSE_FULL, NLINK_DST, true, "%s", text);
  assert_int_equal(strlen(error.text), NLINK_TEXT_SIZE - 1);
  assert_int_equal(error.cause, NLINK_CAUSE_FULL);
  assert_int_equal(error.at, NLINK_DST);
  assert_true(error.certain);
  assert_int_equal(error.status, NLINK_IO);
  nl_blame(NULL, NLINK_CAUSE_FULL, NLINK_DST, true, "x");
}

static void numbers(void **state) {
  (void)state;
  assert_int_equal(nl_os_status(0), NLINK_OK);
  /* Every number is a failure, and a status that the system gave goes back to a number of the same status. */
  for (int sys = 1; sys < 200; sys++) {
    enum nlink_status status = nl_os_status(sys);
    assert_true(status < 0);
    if (status != NLINK_FAILED)
      assert_int_equal(nl_os_status(nl_os_number(status)), status);
  }
  assert_int_equal(nl_os_status(-5), NLINK_FAILED);
  assert_int_equal(nl_os_status(99999), NLINK_FAILED);
  assert_int_equal(nl_os_number(NLINK_ESCAPES), EXDEV);
  assert_int_equal(nl_os_number(NLINK_LAST_NAME), EPERM);
  assert_int_equal(nl_os_number(NLINK_NOT_SYMLINK), EINVAL);
  assert_int_equal(nl_os_number(NLINK_OK), 0);
}

static void sentences(void **state) {
  (void)state;
  char text[100];
  assert_string_equal(nl_os_error_text(text, sizeof text, ENOENT), "No such file or directory");
  assert_string_equal(nl_os_error_text(text, sizeof text, 99999), "unknown error");
  char small[4];
  assert_string_equal(nl_os_error_text(small, sizeof small, ENOENT), "No ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fails),
      cmocka_unit_test(long_texts_are_cut),
      cmocka_unit_test(numbers),
      cmocka_unit_test(sentences),
  };
  return GROUND_RUN("error", tests);
}
