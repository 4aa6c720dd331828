/*
 * node.h - a directory of a walked tree
 *
 * A node lives as long as the walk that made it. Its path is never stored: it is the names from its root down.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_NODE_H
#define NL_NODE_H

#include "base/arena.h"
#include "base/memory.h"
#include "nlink.h"

#include <stdatomic.h>

/** What a directory's node is not, or not yet. */
enum nl_dir_flag {
  NL_DIR_ROOT = 1,   /* its name is a path as given */
  NL_DIR_LISTED = 2, /* not walked: it only holds paths that were given one by one */
  NL_DIR_KNOWN = 4   /* dev and ino are set */
};

struct nl_dir {
  unsigned char piece; /* the walk's own: what kind of work this is */
  unsigned char flags; /* enum nl_dir_flag */
  uint16_t tries;      /* how often it could not be opened for want of a descriptor */
  uint32_t depth;      /* below its root */
  struct nl_dir *above;
  uint64_t dev;
  uint64_t ino;
  int64_t btime_ns;  /* tells a new directory from one that had its inode number before; NLINK_TIME_UNKNOWN */
  atomic_uint needs; /* who still opens or looks at something through fd */
  atomic_uint refs;  /* who is at work in it or below it */
  atomic_int fd;     /* -1 = not open, or given back for the time being */
  atomic_uint users; /* who uses fd at this instant */
  uint32_t number;   /* of those walked, from 0, in any order */
  uint32_t name_length;
  const char *name; /* in the directory above; of a root: the path as given */
};

/** Make a node; @p above NULL = a root. @p extra bytes, all zero, lie before it. NULL = memory is exhausted. */
struct nl_dir *nl_dir_new(struct nl_arena *arena, struct nl_dir *above, const char *name, size_t length,
                          size_t extra);

/** The extra bytes of a node made with as many. */
static inline void *nl_dir_extra(const struct nl_dir *dir, size_t extra) {
  return (char *)(uintptr_t)dir - extra; /* NOLINT(performance-no-int-to-ptr): its own block, and not const */
}

/**
 * Write the path of the name @p name in @p dir, as nlink_walk_path() does; a NULL name = of the directory itself.
 *
 * @param dir  NULL = the name is a path itself.
 * @returns    The length of the whole path, without NUL.
 */
size_t nl_dir_path(char *out, size_t size, const struct nl_dir *dir, const char *name, size_t length);

/** The same as a string; false = memory is exhausted. */
bool nl_dir_path_string(struct nl_string *out, const struct nl_dir *dir, const char *name, size_t length);

#endif
