/*
 * ls.h - what the rooms of `nlink ls` share
 *
 * ls.c reads the command line and the directories; ls_table.c writes columns, ls_fields.c the fields in them,
 * ls_time.c the times, ls_headings.c the lines between directories, ls_json.c objects.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_LS_H
#define NLINK_CLI_LS_H

#include "nlink.h"
#include "sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out;

enum { LS_ID_SLOTS = 64, LS_DAY_SLOTS = 1024, LS_YEAR_SIZE = 24, LS_ID_MAX = 256 };

/* The name of an owner or a group, remembered. */
struct ls_id {
  const char *text; /* NULL = an empty slot */
  size_t length;    /* in the columns: at most LS_ID_MAX */
  uint32_t id;
};

/* How far local time is from UTC all through one UTC day. */
struct ls_day {
  int64_t day;
  int64_t offset_s;
  enum { LS_DAY_EMPTY, LS_DAY_EVEN, LS_DAY_UNEVEN } state; /* UNEVEN: the offset changes within it */
};

/* A day as text: "Nov 22 " and its year, as "%5d" writes it. */
struct ls_date {
  int64_t day;
  unsigned char year_length; /* 0 = an empty slot */
  char text[7 + LS_YEAR_SIZE];
};

struct ls_frame;

/* Which directories are still to come, and which of them could not be opened. All zeros = none. */
struct ls_headings {
  struct ls_frame *frames;
  size_t depth;
  size_t room;
  char **troubles;
  size_t trouble_count;
  size_t trouble_room;
  size_t trouble_next;
  bool written; /* a heading stands already */
};

struct ls {
  struct out *out;
  bool json;
  bool nul;
  bool human;
  bool numeric;
  bool recursive;
  bool with_headings; /* a line with the directory's path before its names */
  bool with_path;     /* names with their directory's path before them */
  bool out_of_memory; /* while troubles were noted */
  size_t events;      /* troubles that were told */
  size_t entries;     /* names that were written */
  struct ls_headings headings;
  int64_t now_ns;
  struct sys_names names;
  struct ls_id users[LS_ID_SLOTS];
  struct ls_id groups[LS_ID_SLOTS];
  struct ls_day days[LS_DAY_SLOTS];
  struct ls_date dates[LS_DAY_SLOTS];
};

/* Write the listing as columns; false = memory is exhausted. */
bool ls_table(struct ls *ls, struct nlink_list *list);

/* The path of a name in a directory, quoted as a whole where needed; dir NULL = the name alone. */
void ls_path(struct ls *ls, const char *dir, const char *name);

/* The kind of a file as one word of JSON. */
const char *ls_kind_word(enum nlink_kind kind);
void ls_json_entry(struct ls *ls, const struct nlink_list_entry *entry);
void ls_json_event(struct ls *ls, const char *path, const struct nlink_error *error);

/* The name with its directory before it where one is wanted; raw, ended by a NUL. */
void ls_nul_entry(struct ls *ls, const struct nlink_list_entry *entry);

/* ------------------------------------------------------------------ headings */

/* All that answer bool answer false where memory is exhausted. Begin with the paths as given. */
bool ls_headings_begin(struct ls *ls, const char *const *paths, size_t count);
/* Note that a directory could not be opened, in the order of the listing. */
bool ls_headings_trouble(struct ls *ls, const char *path);
/* Write what comes before the names of one directory. */
bool ls_headings_write(struct ls *ls, const struct nlink_list_entry *const *entries, size_t count);
/* Write what comes after all names: the headings of directories without any. */
void ls_headings_end(struct ls *ls);
void ls_headings_fini(struct ls *ls);

/* ------------------------------------------------------------------ fields */

const struct ls_id *ls_user(struct ls *ls, uint32_t uid);
const struct ls_id *ls_group(struct ls *ls, uint32_t gid);

enum { LS_MODE_LENGTH = 10, LS_TIME_SIZE = 40 };

/* "-rw-r--r--", without a NUL. */
void ls_mode(char text[LS_MODE_LENGTH], const struct nlink_stat *stat);
char ls_kind(enum nlink_kind kind);

/* "Nov 22 09:16", or the year instead of the time where it is long ago or ahead; returns the length. */
size_t ls_time(struct ls *ls, char text[LS_TIME_SIZE], int64_t time_ns);

#endif
