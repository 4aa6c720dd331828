/* SPDX-License-Identifier: MIT */
#include "can.h"

#include "os/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground.h"

bool can_is_told(const char *what) {
  const char *words = getenv("NLINK_OS_CAN");
  size_t length = strlen(what);
  while (words != NULL && *words != '\0') {
    size_t word = strcspn(words, " ");
    if (word == length && memcmp(words, what, length) == 0)
      return true;
    words += word + (words[word] == ' ');
  }
  return false;
}

bool can_perhaps(const char *what) {
  return getenv("NLINK_OS_CAN") == NULL || can_is_told(what);
}

bool can(const char *what, int sys) {
  bool is_known = getenv("NLINK_OS_CAN") != NULL;
  enum nlink_status status = nl_os_status(sys);
  if (sys != 0 && status != NLINK_NOT_SUPPORTED && status != NLINK_INVALID)
    fail_msg("%s: %s", what, nlink_errno_name(sys));
  if (is_known && (sys == 0) != can_is_told(what))
    fail_msg("%s: %s", what, sys == 0 ? "there, and should not be" : nlink_errno_name(sys));
  if (sys != 0 && !is_known) {
    char reason[80];
    snprintf(reason, sizeof reason, "the file system of the tests has no %s", what);
    ground_skip(reason);
  }
  return sys == 0;
}
