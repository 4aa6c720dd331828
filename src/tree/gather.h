/*
 * gather.h - look at the names in a directory, and at single paths, and put them on a shelf
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_GATHER_H
#define NL_GATHER_H

#include "base/memory.h"
#include "nlink.h"
#include "tree/shelf.h"
#include "tree/trail.h"

/** Trouble with @p path. Names of one directory come in a row, from the first on. */
typedef void nl_gather_trouble(void *ctx, const char *path, enum nlink_step step, int sys);

/** What gathering takes along; all zeros but the first four = ready. */
struct nl_gather {
  struct nl_shelf *shelf;
  bool all; /* also names that begin with a dot */
  nl_gather_trouble *trouble;
  void *ctx;
  char *room;         /* for the system's answers about a directory */
  const char **names; /* of the directory at hand */
  size_t name_count;
  size_t name_room;
  bool out_of_memory; /* while names were taken */
};

/**
 * Put the names in the directory where @p trail is on the shelf, as one row in order.
 *
 * A name that cannot be looked at is told and left out.
 */
enum nlink_status nl_gather_directory(struct nl_gather *gather, struct nl_trail *trail);

/**
 * Put @p count paths, already looked at, on the shelf as one row; their stats are filled in.
 */
enum nlink_status nl_gather_paths(struct nl_gather *gather, int dir, struct nlink_list_entry *entries,
                                  size_t count);

void nl_gather_fini(struct nl_gather *gather);

#endif
