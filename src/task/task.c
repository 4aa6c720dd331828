/*
 * task.c - what is to be done to which names
 *
 * SPDX-License-Identifier: MIT
 */
#include "task/task.h"

#include "base/digest.h"
#include "os/os.h"

#include <stdio.h>
#include <string.h>

int nl_task_begin(struct nl_task *task, const char *verb) {
  snprintf(task->verb, sizeof task->verb, "%s", verb);

  task->made_ns = nl_os_wall_ns();
  if (task->noted_ns == 0)
    task->noted_ns = task->made_ns;
  return nl_os_random(task->seed, sizeof task->seed);
}

/* ".nlink-" and 80 bits of a digest in letters that every file system keeps apart: as those of swap.c look. */
void nl_task_temp(char out[NL_TASK_TEMP_SIZE], const struct nl_task *task, uint32_t name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  enum { PREFIX = 7, HALF = 8 };
  unsigned char bytes[NL_TASK_SEED_SIZE + 4];
  memcpy(bytes, task->seed, NL_TASK_SEED_SIZE);
  for (unsigned i = 0; i < 4; i++)
    bytes[NL_TASK_SEED_SIZE + i] = (unsigned char)(name >> (8 * i) & 0xffu);
  struct nl_digest digest = nl_digest(bytes, sizeof bytes, 0);
  memcpy(out, ".nlink-", PREFIX);
  for (unsigned i = 0; i < HALF; i++) {
    out[PREFIX + i] = letters[digest.high >> (5 * i) & 31u];
    out[PREFIX + HALF + i] = letters[digest.low >> (5 * i) & 31u];
  }
  out[PREFIX + 2 * HALF] = '\0';
}

bool nl_task_replaces(const struct nl_task_file *file) {
  return file->deed != NL_DEED_NONE && file->deed != NL_DEED_SHARE;
}

bool nl_task_path(struct nl_string *out, const struct nl_task *task, uint32_t name) {
  const char *dir = task->dirs[task->names[name].dir];
  const char *text = task->names[name].text;
  size_t length = strlen(dir);
  bool needs_slash = length == 0 || dir[length - 1] != '/';
  nl_string_cut(out, 0);
  return nl_string_add(out, dir, length) && (!needs_slash || nl_string_add(out, "/", 1)) &&
         nl_string_add(out, text, strlen(text));
}

void nl_task_fini(struct nl_task *task) {
  if (task == NULL)
    return;
  nl_free(task->files);
  nl_free(task->names);
  nl_free(task->groups);
  nl_free(task->dirs);
  nl_arena_fini(&task->arena);
  *task = (struct nl_task){0};
}
