/*
 * scope.h - what the verbs that look at trees have in common
 *
 * Their options for what is looked at and what is left out, the files with patterns and names that these point to,
 * the events on the way, and the line that tells how far it is. A verb does:
 *
 *   struct scope scope;
 *   scope_init(&scope, out);
 *   int status = scope_read(&scope, &options, take, ctx);    the whole command line; its own options go to `take`
 *   if (status == SCOPE_GO)
 *     status = scope_ready(&scope, &options);                reads the files
 *   if (status == SCOPE_GO) ...                              scope.paths, scope.count and scope.look are ready
 *   scope_fini(&scope);
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_SCOPE_H
#define NLINK_CLI_SCOPE_H

#include "nlink.h"
#include "options.h"
#include "progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out;

enum scope_id {
  SCOPE_ID_EXCLUDE = 500, /* above every number of a verb's own options */
  SCOPE_ID_INCLUDE,
  SCOPE_ID_EXCLUDE_FROM,
  SCOPE_ID_MIN_SIZE,
  SCOPE_ID_MAX_SIZE,
  SCOPE_ID_ONE_FILE_SYSTEM,
  SCOPE_ID_MAX_DEPTH,
  SCOPE_ID_THREADS,
  SCOPE_ID_FILES_FROM,
  SCOPE_ID_NUL,
  SCOPE_ID_JSON,
};

/* clang-format off */
/* The rows that these verbs share; the help tells them all together, by SCOPE_HELP. */
#define SCOPE_OPTIONS                                                             \
  {SCOPE_ID_EXCLUDE, 0, "exclude", OPTIONS_TAKES, "PATTERN", NULL},               \
  {SCOPE_ID_INCLUDE, 0, "include", OPTIONS_TAKES, "PATTERN", NULL},               \
  {SCOPE_ID_EXCLUDE_FROM, 0, "exclude-from", OPTIONS_TAKES, "FILE", NULL},        \
  {SCOPE_ID_MIN_SIZE, 0, "min-size", OPTIONS_TAKES, "N", NULL},                   \
  {SCOPE_ID_MAX_SIZE, 0, "max-size", OPTIONS_TAKES, "N", NULL},                   \
  {SCOPE_ID_ONE_FILE_SYSTEM, 'x', "one-file-system", OPTIONS_ALONE, NULL, NULL},  \
  {SCOPE_ID_THREADS, 0, "threads", OPTIONS_TAKES, "N", NULL}

/* Not for a verb whose --max-depth is that of du, which limits what is shown and not what is looked at. */
#define SCOPE_DEPTH {SCOPE_ID_MAX_DEPTH, 0, "max-depth", OPTIONS_TAKES, "N", NULL}

#define SCOPE_HELP_BUT_DEPTH                                                      \
  "What is looked at, and what is left out:\n"                                    \
  "  --exclude=PATTERN, --include=PATTERN, --exclude-from=FILE, --min-size=N,\n"  \
  "  --max-size=N, -x, --one-file-system, --threads=N"
#define SCOPE_HELP SCOPE_HELP_BUT_DEPTH ", --max-depth=N\n"
/* clang-format on */

/* Strings in the order in which they came. All zeros = none. */
struct scope_list {
  const char **items;
  size_t count;
  size_t room;
};
/* The item is borrowed, and so are all of them from the list. False: memory is exhausted. */
bool scope_list_add(struct scope_list *list, const char *item);
void scope_list_fini(struct scope_list *list);

struct scope {
  struct out *out;
  bool json;
  bool nul;
  const char *files_from; /* the argument of --files-from; NULL = none */

  /* Ready after scope_ready(). */
  struct nlink_scope look;
  const char *const *paths; /* the operands, or what --files-from lists */
  size_t count;

  /* While it is looked. */
  uint64_t events;     /* troubles that were told */
  size_t paths_failed; /* how many of the paths could not be looked at themselves; not counted in a list */
  struct progress progress;

  /* The rest is its own. */
  struct scope_list wanted; /* each rule's kind and text, as on the command line */
  struct scope_list rules;
  struct scope_list listed;
  struct scope_list memory; /* what the rules and the list point into */
};

enum { SCOPE_GO = -1 };

/* Takes an option of the verb's own; false = its value is wrong, which has been told. */
typedef bool scope_take_function(void *verb, int id, const char *value);

void scope_init(struct scope *scope, struct out *out);
/* Read the whole command line. SCOPE_GO, else the exit status: help was printed, or a fault told. */
int scope_read(struct scope *scope, struct options *options, scope_take_function *take, void *verb);
/* Read the files that the options point to. SCOPE_GO, else the exit status; what is wrong was told. */
int scope_ready(struct scope *scope, const struct options *options);
/* The exit status where the library could not do it at all; told. */
int scope_failed(struct scope *scope, const struct nlink_error *error, const char *what);
/* The same for memory that ran out here. */
int scope_exhausted(struct scope *scope);
void scope_fini(struct scope *scope);

/* "- " or "+ " before a pattern, in memory of the scope's own; NULL = memory is exhausted. */
const char *scope_make_rule(struct scope *scope, const char *kind, const char *pattern);

/* Say that an option takes something else, for a verb's own options too; always false. */
bool scope_refuse(struct out *out, const char *option, const char *takes, const char *value);

/* Take a number from `least` to `most` as an option's value; false = it is none, which was told. */
bool scope_take_number(struct out *out, uint32_t *number, const char *option, const char *value,
                       uint32_t least);

#endif
