/*
 * roots.h - the paths that a walk begins at, and which of them are one name, or lie below another
 *
 * A name is told apart by the directory that it is in and the last part of its path, whatever way leads there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_ROOTS_H
#define NL_ROOTS_H

#include "base/arena.h"
#include "base/sort.h"
#include "nlink.h"
#include "tree/rules.h"

/** One path as given. */
struct nl_root {
  const char *path;
  const char *plain; /* the path without "./" and slashes in front, and without slashes behind */
  const char *last;  /* its name in the directory that it is in; unknown = the path */
  uint64_t in_dev;   /* that directory; 0 and 0 = unknown */
  uint64_t in_ino;
  uint64_t dev; /* what the name led to when the roots were looked at; 0 and 0 = unknown, or not asked */
  uint64_t ino;
  struct nl_root *same; /* the first root of the same name; mostly itself */
  bool told;            /* of the first of a name: it has been told */
};

/** All zeros = empty. */
struct nl_roots {
  struct nl_root *all; /* as given */
  size_t count;
  struct nl_sort_item *by_name; /* names of one directory in a row; NULL = not looked at */
  struct nl_arena texts;
};

/** Some of the roots, those in one directory. */
struct nl_roots_in {
  const struct nl_sort_item *items;
  size_t count;
};

/** Copy the paths; nothing is looked at yet. */
enum nlink_status nl_roots_open(struct nl_roots *out, const char *const *paths, size_t count);

/**
 * Find out where the names of the roots are. Without this each root is a name of its own, and none lies in another.
 *
 * @param listed  The same name is the same root, and none is walked: what it leads to does not matter.
 */
enum nlink_status nl_roots_look(struct nl_roots *roots, int dir, bool listed);

/** The roots whose names are in this directory. */
struct nl_roots_in nl_roots_in(const struct nl_roots *roots, uint64_t dev, uint64_t ino);

/** The first root of this name that leads to this file; NULL = there is none. */
struct nl_root *nl_roots_match(struct nl_roots_in in, const char *name, uint64_t dev, uint64_t ino);

/** Whether some root is called like this, wherever it leads. */
bool nl_roots_may_match(struct nl_roots_in in, const char *name);

/** Whether rules take in a name of a list, which is below the directory that the list is relative to. */
bool nl_root_passes(const struct nl_root *root, const struct nl_rules *rules, bool is_directory);

void nl_roots_fini(struct nl_roots *roots);

#endif
