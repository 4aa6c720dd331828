/*
 * account.h - what directories occupy, and what deleting them would free
 *
 * A file with one name is added to its directory's sums while the trees are walked, and is nowhere kept. Names of
 * files with several go into a table; when all are there, each file is added where its names are, and taken away
 * again where the ways of two neighbouring names upward meet. So each directory holds it once.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_ACCOUNT_H
#define NL_ACCOUNT_H

#include "sum/forest.h"
#include "tree/table.h"

/** What a directory and all below it hold. */
struct nl_figures {
  uint64_t apparent_bytes;
  uint64_t once_bytes;
  uint64_t freed_bytes;
  uint64_t names; /* of files that are no directories */
  uint64_t files;
  uint64_t freed_files;
  uint64_t all_names; /* of the same files, inside and outside */
  uint64_t directories;
};

/** One file of the table, its names in the order of their places, which are the items' keys. */
struct nl_shared {
  struct nl_group group;
  size_t begin;       /* where nl_account_next() finds it again */
  uint64_t all_names; /* as far as is known: seen, counted, or one more where the file changed */
  bool all_inside;    /* every name was seen: who deletes all of them frees it */
};

/** Called for each file of the table. */
typedef void nl_account_each(void *ctx, const struct nl_shared *shared);

struct nl_account;

/** The bytes that a directory's node needs besides, for the sums: nl_walk_plan.extra_bytes. */
size_t nl_account_extra(void);

/** @param workers  As many as the walk has. */
enum nlink_status nl_account_open(struct nl_account **out, unsigned workers);

/** For nl_walk_plan.take, with nl_walk_plan.look; @p account is a struct nl_account. */
bool nl_account_take(void *account, const struct nl_sight *sight);

/** Whether memory was exhausted while names were taken. */
bool nl_account_is_short(const struct nl_account *account);

/** When the walk has ended: put the names of each file together, and bring the last sums to their directories. */
enum nlink_status nl_account_settle(struct nl_account *account);

/** What a directory itself, its files of one name and what in it could not be entered occupy: all are freed with it. */
uint64_t nl_account_own_bytes(const struct nl_dir *dir);

/**
 * Write the figures of every place, when the account is settled.
 *
 * @param out   Room for as many as the forest has places.
 * @param each  NULL = nobody wants to know.
 */
void nl_account_figures(struct nl_figures *out, const struct nl_account *account,
                        const struct nl_forest *forest, struct nl_dir *const *directories,
                        nl_account_each *each, void *ctx);

/** The file of the table that begins at *at, as nl_table_next(), with what is known of its names. */
bool nl_account_next(const struct nl_account *account, const struct nl_forest *forest, size_t *at,
                     struct nl_shared *shared);

void nl_account_close(struct nl_account *account);

#endif
