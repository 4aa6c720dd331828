/*
 * inside.h - whether a directory is one of the roots or lies below one, by identity and not by its path
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_INSIDE_H
#define NL_INSIDE_H

#include "nlink.h"
#include "os/os.h"

/** The roots that are directories; all zeros = there are none. */
struct nl_inside {
  struct nl_inside_dir *roots;
  size_t count;
  int unseen; /* why a root could not be looked at; 0 = all could: then what is not inside is outside */
};

struct nl_inside_dir {
  uint64_t dev;
  uint64_t ino;
  bool used;
  bool inside;
};

/** What one thread has found out of directories; all zeros = nothing yet. */
struct nl_inside_memory {
  struct nl_inside_dir *known; /* a table of open addressing */
  size_t count;
  size_t room; /* a power of two, or 0 */
};

/** Look at the roots; one that does not exist is none. */
enum nlink_status nl_inside_open(struct nl_inside *out, int dir, const char *const *paths, size_t count);

/** Whether it is a root itself. */
bool nl_inside_is_root(const struct nl_inside *inside, uint64_t dev, uint64_t ino);

/**
 * Tell whether the directory @p fd, whose identity is this, is a root or below one.
 *
 * @returns 0, or the system's number where the way up could not be seen, or a root that it may lie below.
 */
int nl_inside_look(bool *is_inside, const struct nl_inside *inside, struct nl_inside_memory *memory, int fd,
                   uint64_t dev, uint64_t ino);

void nl_inside_memory_fini(struct nl_inside_memory *memory);
void nl_inside_fini(struct nl_inside *inside);

#endif
