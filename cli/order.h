/*
 * order.h - what a command line of `nlink link` or of `ln` asks for
 *
 * Both have the same options with the same meaning, and each its own table, help and defaults.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_ORDER_H
#define NLINK_CLI_ORDER_H

#include "nlink.h"
#include "options.h"

enum order_id {
  ORDER_ID_BACKUP = 1,
  ORDER_ID_BENEATH,
  ORDER_ID_DIRECTORIES,
  ORDER_ID_FORCE,
  ORDER_ID_INTERACTIVE,
  ORDER_ID_JSON,
  ORDER_ID_LOGICAL,
  ORDER_ID_NO_DEREFERENCE,
  ORDER_ID_NO_TARGET_DIRECTORY,
  ORDER_ID_PHYSICAL,
  ORDER_ID_RELATIVE,
  ORDER_ID_SUFFIX,
  ORDER_ID_SYMBOLIC,
  ORDER_ID_TARGET_DIRECTORY,
  ORDER_ID_VERBOSE,
};

struct order {
  bool symbolic;
  bool relative;
  bool force;
  bool ask;
  bool logical;             /* follow a soft link at the end of SRC */
  bool keep_dst_link;       /* -n: a soft link to a directory is no directory */
  bool no_target_directory; /* -T */
  bool directories;         /* -d, -F */
  bool verbose;
  bool beneath;
  bool json;
  bool backs_up;
  const char *backup_word; /* the argument of --backup; NULL = none */
  const char *suffix;      /* the argument of -S; NULL = none */
  const char *target_directory;
};

enum order_end { ORDER_GO, ORDER_HELP, ORDER_VERSION, ORDER_FAULT, ORDER_TWO_DIRECTORIES };

/* Read the command line up to its end or to what ends it; the order holds what came before that. */
enum order_end order_read(struct order *order, struct options *options);

/* What a word for the kind of a backup means. */
enum order_word { ORDER_WORD_FINE, ORDER_WORD_INVALID, ORDER_WORD_AMBIGUOUS };
enum order_word order_backup_kind(const char *word, enum nlink_backup_kind *kind);

struct out;

/*
 * How existing names are kept, from the options and the environment. False: the word is wrong, which is told
 * with the quotation marks of GNU's tools or with our own.
 */
bool order_backup(const struct order *order, struct out *out, bool gnu, struct nlink_backup *backup);

#endif
