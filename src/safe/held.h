/*
 * held.h - what stands under a name, in the eyes of a task: the old file, what was to come there, or something else
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_HELD_H
#define NL_HELD_H

#include "base/sort.h"
#include "os/os.h"
#include "task/task.h"

/** The files of a task by their identity. All zeros = none. */
struct nl_known {
  const struct nl_task *task;
  struct nl_sort_item *items;
  size_t count;
};

/** false = memory is exhausted. */
bool nl_known_open(struct nl_known *known, const struct nl_task *task);
void nl_known_close(struct nl_known *known);

/** The first regular file of this identity in the group @p group, another one than @p but; NL_TASK_NO_FILE = there is none. */
uint32_t nl_known_find(const struct nl_known *known, uint64_t dev, uint64_t ino, uint32_t group,
                       uint32_t but);

enum nl_holding {
  NL_HOLDS_NOTHING,
  NL_HOLDS_OLD,  /* the task's file, as far as its identity tells; a soft link with the old text */
  NL_HOLDS_NEW,  /* a file of its group; the whole copy; a soft link to the kept file or with the new text */
  NL_HOLDS_OTHER /* something else */
};

struct nl_held {
  enum nl_holding holding;
  struct nl_os_look look;
  uint32_t file;                  /* LINK, SYMLINK, and NEW: which file of the group it is, or leads to */
  char target[NLINK_TARGET_SIZE]; /* what a soft link holds; only where look.kind says that it is one */
};

/**
 * See what stands under @p text in the open directory @p dir: the name @p name of the task, or its temporary name.
 *
 * @returns 0, also where nothing stands there; or the system's error number.
 */
int nl_held_look(struct nl_held *out, const struct nl_known *known, uint32_t name, int dir, const char *text);

/** Whether size and mtime of what was seen are still those of the task's file. */
bool nl_held_is_unchanged(const struct nl_held *held, const struct nl_task_file *file);

/** Open a directory by an absolute path of any length; 0, or the system's error number. */
int nl_held_open_dir(int *fd, const char *path);

/** Wait until all that was changed on the file systems of a task's files is on the disk; 0, or the system's error number. */
int nl_held_sync(const struct nl_task *task);

/** Compare two open files, byte by byte, to the end of both; 0, or the system's error number. */
int nl_held_compare(bool *equal, int a, int b);

#endif
