/*
 * errand.h - tasks made by hand over the fresh directory of a test
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_ERRAND_H
#define TEST_ERRAND_H

#include "task/task.h"

#include "ground.h"

/* Begin an empty task; given back by nl_task_fini(). */
void errand_begin(struct nl_task *task);

/* A new group; files that are added from now on are in it. */
void errand_group(struct nl_task *task);

/*
 * Add the file that the first of the names leads to, as it is now, with these names; its index. The names are paths
 * relative to the fresh directory, or absolute.
 *
 * @param keep  NL_TASK_NO_FILE = none.
 */
uint32_t errand_file(struct nl_task *task, enum nl_deed deed, uint32_t keep, const char *const *names,
                     size_t count);

/* The same with the names as arguments. */
#define ERRAND_FILE(task, deed, keep, ...)                                                                   \
  errand_file(task, deed, keep, (const char *const[]){__VA_ARGS__},                                          \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* Add a soft link with one name, that is to hold @p aim (AIM), or be removed. */
uint32_t errand_symlink(struct nl_task *task, enum nl_deed deed, const char *name, const char *aim);

/* Whether any temporary name stands below the fresh directory. */
bool errand_has_litter(void);

/* What on_left told. */
struct errand_left {
  unsigned count;
  enum nlink_left last;
  enum nlink_status status; /* of the last error; OK = there was none */
  char path[512];
  char text[NLINK_TEXT_SIZE];
};
void errand_on_left(const char *path, enum nlink_left left, const struct nlink_error *error, void *ctx);

#endif
