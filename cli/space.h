/*
 * space.h - what the rooms of `nlink space` share
 *
 * space.c reads the command line and asks the library; space_table.c writes rows and what they leave open,
 * space_files.c single files: groups, and the names outside that hold them; space_json.c objects.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_SPACE_H
#define NLINK_CLI_SPACE_H

#include "nlink.h"
#include "scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out;

enum space_shows { SPACE_ROWS, SPACE_SET, SPACE_SERIES, SPACE_GROUPS, SPACE_WHY_NOT };

/* What the command line asks for. */
struct space_wish {
  struct scope *scope;
  struct nlink_space_options how;
  enum space_shows shows;
  struct scope_list inside; /* the arguments of --why-not */
  bool bytes;               /* exact numbers */
  bool reverse;
  uint32_t top; /* no more rows than these; 0 = all */
};

enum { SPACE_NUMBER_SIZE = 27 };

/* A size, a count as the wish has it, ended by a NUL; both return the length. */
size_t space_size(char text[SPACE_NUMBER_SIZE], const struct space_wish *wish, uint64_t size_bytes);
size_t space_count(char text[SPACE_NUMBER_SIZE], const struct space_wish *wish, uint64_t count);

/* All that answer bool answer false where memory is exhausted. */
bool space_tell_rows(const struct space_wish *wish, struct nlink_space *space);
void space_tell_series(const struct space_wish *wish, struct nlink_space *space);
void space_tell_groups(const struct space_wish *wish, struct nlink_space *space);
bool space_tell_holders(const struct space_wish *wish, struct nlink_space *space);

/* How many of the paths are shown as a row of snapshots. */
size_t space_series_count(const struct space_wish *wish);

/* "held: 12M in 45 files by 67 names outside", and where it is outside of; nothing where nothing is held. */
void space_tell_held(const struct space_wish *wish, const struct nlink_space_row *row, const char *of);
/* What can make the true figures other than those told; `freed` = some tell what a deletion frees. */
void space_tell_doubts(const struct space_wish *wish, const struct nlink_space *space, bool freed);

/* All that was asked for, as objects; false = memory is exhausted. */
bool space_tell_json(const struct space_wish *wish, struct nlink_space *space);

/* The rows that are to be shown, in their order. */
struct space_rows {
  const struct nlink_space_row **all;
  size_t count;
};
/* To be given back in any case; false = memory is exhausted. */
bool space_rows_gather(struct space_rows *rows, const struct space_wish *wish, struct nlink_space *space);
void space_rows_fini(struct space_rows *rows);

#endif
