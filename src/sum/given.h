/*
 * given.h - the paths of a call, as the walk of them came out: which directories and names they are
 *
 * Paths may be given twice, in other words, and inside each other. Each directory and each name is one all the same,
 * with that of its paths that comes first by its bytes for its text.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_GIVEN_H
#define NL_GIVEN_H

#include "base/sort.h"
#include "sum/forest.h"
#include "tree/walk.h"

/** A path that is a name by itself. */
struct nl_given_name {
  const struct nl_walk_single *single;
  const char *path;
  size_t least; /* the first of the paths that are this name */
};

/** All zeros = closed. */
struct nl_given {
  const struct nl_forest *forest;
  struct nl_dir *const *directories;
  const char *const *paths;
  size_t path_count;
  /* By place. */
  uint32_t *text;  /* which path is the root's text; UINT32_MAX = it is no root */
  uint32_t *root;  /* the nearest root at or above; 0 = there is none */
  uint32_t *least; /* the first path at or above; UINT32_MAX = there is none */
  /* The names, in the order of their directories' numbers and of their bytes. */
  struct nl_given_name *names;
  size_t name_count;
  /* By path. */
  uint32_t *place; /* of the directory; 0 = it is none */
  uint32_t *name;  /* which of the names; UINT32_MAX = it is none */
};

/** Everything that is handed in is borrowed until nl_given_close(). */
enum nlink_status nl_given_open(struct nl_given *out, const struct nl_walk *walk,
                                const struct nl_forest *forest, struct nl_dir *const *directories,
                                const char *const *paths, size_t path_count);

/** The name @p text in the directory of this number, if it is one of the paths; else NULL. */
struct nl_given_name *nl_given_find(const struct nl_given *given, uint32_t directory, const char *text);

/** How far a place is below the nearest root; UINT32_MAX = below none. */
uint32_t nl_given_depth(const struct nl_given *given, uint32_t place);

/**
 * Add the path of the name @p name in the directory at @p place, below the nearest root; NULL = of the directory
 * itself. false = memory is exhausted.
 */
bool nl_given_path(struct nl_string *out, const struct nl_given *given, uint32_t place, const char *name);

void nl_given_close(struct nl_given *given);

#endif
