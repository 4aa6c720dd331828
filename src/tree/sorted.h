/*
 * sorted.h - the names in a directory, read whole and sorted
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SORTED_H
#define NL_SORTED_H

#include "base/memory.h"
#include "base/sort.h"
#include "nlink.h"

/** One name of a directory. */
struct nl_sorted_name {
  const char *text;
  uint32_t length;
  enum nlink_kind kind; /* as the directory tells it; UNKNOWN = it does not */
};

/** Names of one directory by their bytes, in one block that nl_free() gives back; NULL = none. */
struct nl_sorted {
  struct nl_sorted_name *names;
  size_t count;
};

/** What reading takes along from one directory to the next; all zeros = ready. */
struct nl_sorter {
  void *room;
  struct nl_string texts;
  struct nl_sort_item *items; /* for sorting, twice item_room of them: the items and the spare */
  size_t item_room;
};

/**
 * Read the names in a directory that was opened to be read.
 *
 * @param out  What could be read, also where reading ended early.
 * @param sys  Out: the system's error number where it did; else 0.
 *
 * @retval NLINK_OK         @p out is the caller's.
 * @retval NLINK_NO_MEMORY  @p out holds nothing.
 */
enum nlink_status nl_sorter_read(struct nl_sorter *sorter, struct nl_sorted *out, int fd, int *sys);

void nl_sorter_fini(struct nl_sorter *sorter);

#endif
