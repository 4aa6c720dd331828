/*
 * seek.h - find the names of given files in trees, and no longer than needed
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SEEK_H
#define NL_SEEK_H

#include "base/memory.h"
#include "tree/plan.h"

/** A file or a directory by its identity. */
struct nl_seek_id {
  uint64_t dev;
  uint64_t ino;
};

/** A file that is sought: no directory. No two of a plan are the same. */
struct nl_seek_file {
  struct nl_seek_id id;
  uint64_t names; /* how many are wanted; more are told, too, where they are seen before all are found */
};

struct nl_seek_plan {
  int dir;
  const char *const *paths; /* where to look */
  size_t count;
  const struct nl_scope *scope;
  const struct nl_seek_file *files;
  size_t file_count;
  bool soft;                      /* also the soft links that lead to a file, and to these directories */
  const struct nl_seek_id *goals; /* what soft links may lead to besides the files: numbered after them */
  size_t goal_count;
};

/** A name that was found. */
struct nl_seek_name {
  size_t file;          /* which of the plan */
  bool soft;            /* a soft link that leads there */
  struct nl_seek_id in; /* the directory that it is in */
  const char *path;
};

struct nl_seek;

/**
 * Walk until each file has as many names as are wanted; with plan->soft, to the end. Each name was looked at.
 *
 * @param out  NULL where the result is NLINK_NO_MEMORY.
 *
 * @retval NLINK_OK         To the end: some names are missing, or soft links were sought.
 * @retval NLINK_END        All names were found, and the walk ended there.
 * @retval NLINK_CANCELLED  The scope's on_progress said stop.
 * @retval NLINK_NO_MEMORY
 */
enum nlink_status nl_seek_run(struct nl_seek **out, const struct nl_seek_plan *plan);

/** What was found, in any order; NULL = nothing. */
const struct nl_seek_name *nl_seek_names(const struct nl_seek *seek, size_t *count);

/** What could not be looked at, as nl_walk_troubles(). */
const struct nl_trouble *nl_seek_troubles(const struct nl_seek *seek);

/** How many names could not be looked at, though they may be wanted ones; mostly their directory may not be searched. */
uint64_t nl_seek_unverified(const struct nl_seek *seek);

/** How many soft links could not be followed for another reason than that they lead nowhere, or where one may not look. */
uint64_t nl_seek_unfollowed(const struct nl_seek *seek);

void nl_seek_close(struct nl_seek *seek);

/**
 * Where to look for the names of a file in the directory @p dir, where nothing else is said: as far up from there as
 * directories are on the same device, so that a bind mount above is seen as well. To be walked with one_file_system.
 *
 * @param out     Its absolute path.
 * @param halted  Out: the system's error number where a directory above could not be looked at; else 0.
 * @returns       0, or the system's error number.
 */
int nl_seek_start(struct nl_string *out, int dir, int *halted);

#endif
