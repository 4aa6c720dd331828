/*
 * test_words.c - statuses, causes, steps, error numbers: names and sentences are pinned
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ground.h"

static void statuses(void **state) {
  (void)state;
  /* The numbers are part of the promise: a row here is never changed. */
  static const struct {
    int number;
    const char *name, *text;
  } rows[] = {
      {0, "NLINK_OK", "done"},
      {1, "NLINK_END", "there is no further entry"},
      {2, "NLINK_PARTIAL", "done, but some entries were left alone"},
      {-1, "NLINK_INVALID", "the arguments are not valid"},
      {-2, "NLINK_NO_MEMORY", "memory is exhausted"},
      {-3, "NLINK_EXISTS", "the name exists already"},
      {-4, "NLINK_NOT_FOUND", "there is no such name"},
      {-5, "NLINK_NOT_DIRECTORY", "a directory was needed and something else found"},
      {-6, "NLINK_IS_DIRECTORY", "it is a directory"},
      {-7, "NLINK_DENIED", "permission denied"},
      {-8, "NLINK_NOT_PERMITTED", "the operation is not permitted"},
      {-9, "NLINK_CROSS_DEVICE", "a file cannot have names in both places"},
      {-10, "NLINK_TOO_MANY_LINKS", "the file has as many names as it can have"},
      {-11, "NLINK_SYMLINK_LOOP", "too many soft links on the way"},
      {-12, "NLINK_NAME_TOO_LONG", "the name or the path is too long"},
      {-13, "NLINK_NO_SPACE", "the file system is full"},
      {-14, "NLINK_QUOTA", "the quota is used up"},
      {-15, "NLINK_READ_ONLY", "the file system is read-only"},
      {-16, "NLINK_IO", "input or output failed"},
      {-17, "NLINK_BAD_DESCRIPTOR", "the descriptor is not an open one"},
      {-18, "NLINK_BAD_POINTER", "a path points outside the process's memory"},
      {-19, "NLINK_NOT_SUPPORTED", "this file system or system cannot do that"},
      {-20, "NLINK_INTERRUPTED", "a signal or the file system's server interrupted the call"},
      {-21, "NLINK_TRY_AGAIN", "not possible just now"},
      {-22, "NLINK_BUSY", "it is in use"},
      {-23, "NLINK_ESCAPES", "the path leads out of its directory"},
      {-24, "NLINK_LAST_NAME", "it is the file's last name"},
      {-25, "NLINK_OVERFLOW", "a value does not fit"},
      {-26, "NLINK_NOT_SYMLINK", "it is not a soft link"},
      {-27, "NLINK_TOO_SMALL", "the caller's buffer is too small"},
      {-28, "NLINK_FAILED", "the system refused"},
      {3, "NLINK_REPEATED", "it was looked at already, under another path"},
      {-29, "NLINK_CANCELLED", "the caller asked to stop"},
  };
  size_t count = 0;
#define COUNT_STATUS(name, number, sentence, python) count++;
  NLINK_STATUS_MAP(COUNT_STATUS)
#undef COUNT_STATUS
  assert_int_equal(count, sizeof rows / sizeof rows[0]);
  for (size_t i = 0; i < count; i++) {
    enum nlink_status status = (enum nlink_status)rows[i].number;
    assert_string_equal(nlink_status_name(status), rows[i].name);
    assert_string_equal(nlink_status_text(status), rows[i].text);
  }
  assert_string_equal(nlink_status_name((enum nlink_status)99), "NLINK_?");
  assert_string_equal(nlink_status_text((enum nlink_status)99), "unknown status");
}

static bool is_word(const char *text) {
  return text[0] != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyz-") == strlen(text);
}

static void words(void **state) {
  (void)state;
  const char *seen[100];
  size_t count = 0;
  for (int cause = 0; cause <= NLINK_CAUSE_NOT_A_SYMLINK; cause++) {
    const char *word = nlink_cause_name((enum nlink_cause)cause);
    assert_true(is_word(word));
    for (size_t i = 0; i < count; i++)
      assert_string_not_equal(seen[i], word);
    seen[count++] = word;
  }
  count = 0;
  for (int step = 0; step <= NLINK_STEP_MEMORY; step++) {
    const char *word = nlink_step_name((enum nlink_step)step);
    assert_true(is_word(word));
    for (size_t i = 0; i < count; i++)
      assert_string_not_equal(seen[i], word);
    seen[count++] = word;
  }
  assert_string_equal(nlink_cause_name(NLINK_CAUSE_PROTECTED_HARDLINKS), "protected-hardlinks");
  assert_string_equal(nlink_step_name(NLINK_STEP_READ_DIRECTORY), "read-directory");
  assert_string_equal(nlink_cause_name((enum nlink_cause)1000), "unknown");
  assert_string_equal(nlink_step_name((enum nlink_step)1000), "none");
}

static void error_numbers(void **state) {
  (void)state;
  assert_string_equal(nlink_errno_name(EXDEV), "EXDEV");
  assert_string_equal(nlink_errno_name(EDQUOT), "EDQUOT");
  assert_string_equal(nlink_errno_name(EAGAIN), "EAGAIN");
  assert_string_equal(nlink_errno_name(EOPNOTSUPP), "EOPNOTSUPP");
  assert_string_equal(nlink_errno_name(0), "");
  assert_string_equal(nlink_errno_name(-1), "");
  assert_string_equal(nlink_errno_name(12345), "");
#if defined(__GLIBC__)
  /* Where there is a name it is the system's own. */
  for (int sys = 1; sys < 140; sys++) {
    const char *name = nlink_errno_name(sys);
    if (name[0] != '\0')
      assert_string_equal(name, strerrorname_np(sys));
  }
#endif
}

static void version(void **state) {
  (void)state;
  assert_string_equal(nlink_version(), NLINK_VERSION);
  const char *wanted = getenv("NLINK_VERSION");
  if (wanted != NULL)
    assert_string_equal(nlink_version(), wanted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(statuses),
      cmocka_unit_test(words),
      cmocka_unit_test(error_numbers),
      cmocka_unit_test(version),
  };
  return GROUND_RUN("words", tests);
}
