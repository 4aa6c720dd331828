/*
 * table.h - file -> its names: what a walk saw, put together by identity
 *
 * A name costs 56 bytes and its own bytes: a record of 40, and 16 while the names are in order. Who asks for more of
 * each file gets it in 32 bytes before the record.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_TABLE_H
#define NL_TABLE_H

#include "base/sort.h"
#include "tree/plan.h"

/** One name, as it was when it was seen. */
struct nl_name {
  uint64_t ino;
  uint64_t size_bytes;
  uint64_t allocated_bytes;
  uint32_t dir; /* the number of its directory */
  uint32_t link_count;
  uint32_t change; /* differs where ctime does */
  uint16_t dev;    /* the table's number of the device */
  uint16_t mode;   /* permission bits, and the kind above them */
  char text[];     /* the name, NUL-terminated */
};

/** What else is known of its file, in a table opened for that. */
struct nl_name_more {
  int64_t atime_ns;
  int64_t mtime_ns;
  int64_t ctime_ns;
  uint32_t uid;
  uint32_t gid;
};

static inline const struct nl_name_more *nl_name_more(const struct nl_name *name) {
  return (const struct nl_name_more *)(const void *)name - 1;
}

static inline enum nlink_kind nl_name_kind(const struct nl_name *name) {
  return (enum nlink_kind)(name->mode >> 12);
}

/** All names of one file that were seen. */
struct nl_group {
  struct nl_sort_item *items; /* each item's `what` is a struct nl_name; they may be put in another order */
  size_t count;
  uint64_t dev;
  uint64_t ino;
  uint64_t link_count; /* the largest that was seen */
  uint64_t size_bytes;
  uint64_t allocated_bytes;
  enum nlink_kind kind;
  uint32_t mode; /* permission bits */
  bool
      changed; /* the file changed between two looks: its names may be fewer, more or others than were seen */
};

static inline const struct nl_name *nl_group_name(const struct nl_group *group, size_t index) {
  return group->items[index].what;
}

struct nl_table;

/**
 * @param workers  As many may add at once, each under its own number.
 * @param more     Note what nl_name_more() tells.
 */
enum nlink_status nl_table_open(struct nl_table **out, unsigned workers, bool more);

/** Add a name that was looked at; false = memory is exhausted. */
bool nl_table_add(struct nl_table *table, const struct nl_sight *sight);

/** Put the names of each file together, when all were added. */
enum nlink_status nl_table_settle(struct nl_table *table);

size_t nl_table_count(const struct nl_table *table);

/** The device that the file of a name is on. */
uint64_t nl_table_device(const struct nl_table *table, const struct nl_name *name);

/** The group that begins at *at, from 0 on, and step behind it; in the order of inode numbers. false = there is none. */
bool nl_table_next(const struct nl_table *table, size_t *at, struct nl_group *group);

void nl_table_close(struct nl_table *table);

#endif
