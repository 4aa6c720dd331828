/*
 * remains.h - what a crash can leave of one name: the temporary name and the name, each holding what it may hold
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_REMAINS_H
#define TEST_REMAINS_H

#include "task/task.h"

/** The deeds that replace names; a copy can come in the place of a file or of a soft link. */
enum remains_deed {
  REMAINS_LINK,
  REMAINS_SYMLINK,
  REMAINS_COPY,
  REMAINS_COPY_OF_SOFT,
  REMAINS_AIM,
  REMAINS_REMOVE,
  REMAINS_DEEDS
};

enum remains_thing { REMAINS_NOTHING, REMAINS_OLD, REMAINS_NEW, REMAINS_OTHER, REMAINS_THINGS };

#define REMAINS_BYTES "bytes that are equal in two files"
#define REMAINS_SIZE  (sizeof REMAINS_BYTES - 1)

/** The name in question is d/name, the kept file k/keep; the temporary name is in d. */
struct remains {
  struct nl_task task;
  enum remains_deed deed;
  uint32_t name; /* which of the task */
  char temp[NL_TASK_TEMP_SIZE];
  char temp_path[NL_TASK_TEMP_SIZE + 2];
  char second_path[NL_TASK_TEMP_SIZE + 2];
  uint64_t old_ino;
};

extern const char *const remains_deed_names[];
extern const char *const remains_thing_names[];

/** Build the tree in the present, empty directory, and the task. */
void remains_build(struct remains *remains, enum remains_deed deed, enum remains_thing at_temp,
                   enum remains_thing at_name);

/** The same where names cannot be exchanged, and the old file has a second temporary name, for that. */
void remains_build_second(struct remains *remains, enum remains_deed deed, enum remains_thing at_temp,
                          enum remains_thing at_name);

/** The same task once more, as a journal would give it: nothing is known of how names fared. */
void remains_forget(struct remains *remains);

void remains_fini(struct remains *remains);

/** What stands there now. */
enum remains_thing remains_see(const struct remains *remains, const char *path);

/** Whether the text that somebody else wrote is under one of the two names; @p which as it was built there: 0 = temp, 1 = name. */
bool remains_has_other(const struct remains *remains, int which);

#endif
