/*
 * options.h - command lines by table
 *
 * A verb states its options once, as rows. The rows feed getopt_long(), --help, the messages about a wrong
 * option and the tests. Reading a command line prints nothing and touches nothing:
 *
 *   struct options options;
 *   options_init(&options, &command, argc, argv);
 *   for (const struct options_row *row; (row = options_next(&options)) != NULL;)
 *     switch (row->id) ...                 options.value is the argument, NULL where none was given
 *   if (options.fault != OPTIONS_FINE)
 *     return options_complain(&options, out);   says what is wrong, and the exit status
 *   ...                                    options.operands, options.operand_count
 *
 * Every table ends with OPTIONS_HELP and OPTIONS_VERSION, which a verb answers by options_help() and
 * options_version().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_OPTIONS_H
#define NLINK_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct out;

enum options_argument { OPTIONS_ALONE, OPTIONS_TAKES, OPTIONS_MAY_TAKE };

struct options_row {
  int id;                         /* the verb's own number, from 1 on; rows may share one */
  char letter;                    /* -x; 0 = none */
  const char *name;               /* --name; NULL = none */
  enum options_argument argument; /* the letter never has an argument where it is OPTIONS_MAY_TAKE */
  const char *value;              /* the argument's word in the help; NULL = none */
  const char *help;               /* at most one line; NULL = not in the help */
};

enum { OPTIONS_ID_HELP = 1000, OPTIONS_ID_VERSION = 1001 };

/* clang-format off */
#define OPTIONS_HELP {OPTIONS_ID_HELP, 0, "help", OPTIONS_ALONE, NULL, "this help; --version: the version"}
#define OPTIONS_VERSION {OPTIONS_ID_VERSION, 0, "version", OPTIONS_ALONE, NULL, NULL}
/* clang-format on */

struct options_command {
  const char *name;     /* "nlink link": what messages and the help call it; NULL = as called */
  const char *usage;    /* lines for the head of the help; %s is the name */
  const char *examples; /* lines for the end of the help */
  const struct options_row *rows;
  size_t count; /* of the rows, at most OPTIONS_MAX */
  int wrong;    /* the exit status for a wrong command line */
};

enum { OPTIONS_MAX = 30 };

enum options_fault {
  OPTIONS_FINE,
  OPTIONS_UNKNOWN_LETTER,
  OPTIONS_UNKNOWN_NAME,
  OPTIONS_AMBIGUOUS,
  OPTIONS_ARGUMENT_MISSING, /* the option takes an argument */
  OPTIONS_ARGUMENT_REFUSED, /* the option takes none */
};

struct options {
  const struct options_command *command;
  int argc;
  char **argv;
  const char *value;             /* the argument of the row that options_next() gave */
  enum options_fault fault;      /* why options_next() ended, where it is not OPTIONS_FINE */
  const struct options_row *row; /* the option at fault; NULL = an unknown one */
  char letter;                   /* the letter at fault; 0 = the fault lies in a long option */
  const char *element;           /* the element of argv at fault, for a long option */
  char **operands;               /* valid after options_next() gave NULL without a fault */
  size_t operand_count;
};

void options_init(struct options *options, const struct options_command *command, int argc, char **argv);

/* The next option of the command line; NULL at the end and at a fault. Not for two command lines at once. */
const struct options_row *options_next(struct options *options);

/* Write what is wrong, as one line without its newline; the length of the whole text. */
size_t options_fault_text(const struct options *options, char *at, size_t size);

/* Say what is wrong and point to --help; returns the exit status. */
int options_complain(const struct options *options, struct out *out);
/* Point to --help after a message of the verb's own; returns the exit status. */
int options_point_to_help(const struct options *options, struct out *out);

/* Print; both return the exit status 0. */
int options_help(const struct options *options, struct out *out);
int options_version(const struct options *options, struct out *out);

#endif
