/*
 * shelf.h - what a listing holds: entries in the order of reading, and which of them share a file
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SHELF_H
#define NL_SHELF_H

#include "base/arena.h"
#include "base/sort.h"
#include "nlink.h"

/** The entries of one directory, or the paths as given; one array, in order. */
struct nl_row {
  struct nlink_list_entry *entries;
  size_t count;
};

/** A name of a file that has more than one: the directory's identity and the last part of the name tell it. */
struct nl_shared {
  struct nlink_list_entry *entry;
  uint64_t dir_dev;
  uint64_t dir_ino;
  const char *name;
};

/** All zeros = empty. */
struct nl_shelf {
  struct nl_arena arena; /* entries, names, paths, targets */
  struct nl_row *rows;
  size_t row_count;
  size_t row_room;
  struct nl_shared *shared; /* in the order of the entries */
  size_t shared_count;
  size_t shared_room;
  struct nl_sort_item *items; /* for sorting, twice item_room of them: the items and the spare */
  size_t item_room;
};

/** Make room for sorting @p count items; false = memory is exhausted. */
bool nl_shelf_reserve_items(struct nl_shelf *shelf, size_t count);

/** Add a row; false = memory is exhausted. */
bool nl_shelf_add_row(struct nl_shelf *shelf, struct nlink_list_entry *entries, size_t count);

/** Note that @p entry's file has further names. */
bool nl_shelf_add_shared(struct nl_shelf *shelf, const struct nl_shared *shared);

/** Number the groups in the order in which they first appear, and count their names; false = no memory. */
bool nl_shelf_number_groups(struct nl_shelf *shelf);

/** All entries, the groups first, in the order of their numbers; from the arena. NULL = no memory. */
const struct nlink_list_entry **nl_shelf_by_file(struct nl_shelf *shelf, size_t *count);

/** Give back what only the reading needed. */
void nl_shelf_settle(struct nl_shelf *shelf);

void nl_shelf_fini(struct nl_shelf *shelf);

#endif
