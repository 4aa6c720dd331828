/*
 * verb.h - the verbs of the command, one function each
 *
 * A verb takes what it prints with, and its own arguments: argv[0] is the verb's name, argv[argc] is NULL.
 * Its result is the exit status of the process. `ln`, `link` and `unlink` are what the command is when it is
 * called by one of these names; their argv[0] is the name as called, and their exit status is 0 or 1.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_VERB_H
#define NLINK_CLI_VERB_H

struct out;
struct options_command;

enum verb_exit {
  VERB_DONE = 0,   /* why: the link could be made */
  VERB_PART = 1,   /* done in part; why: the link could not be made */
  VERB_USAGE = 2,  /* the command line is wrong, nothing was tried */
  VERB_FAILED = 3, /* not done */
};

int verb_link(struct out *out, int argc, char **argv);
int verb_unlink(struct out *out, int argc, char **argv);
int verb_ls(struct out *out, int argc, char **argv);
int verb_names(struct out *out, int argc, char **argv);
int verb_space(struct out *out, int argc, char **argv);
int verb_check(struct out *out, int argc, char **argv);
int verb_dedupe(struct out *out, int argc, char **argv);
int verb_apply(struct out *out, int argc, char **argv);
int verb_recover(struct out *out, int argc, char **argv);
int verb_undo(struct out *out, int argc, char **argv);
int verb_journal(struct out *out, int argc, char **argv);
int verb_why(struct out *out, int argc, char **argv);

int persona_ln(struct out *out, int argc, char **argv);
int persona_link(struct out *out, int argc, char **argv);
int persona_unlink(struct out *out, int argc, char **argv);

/* The option tables, for the parsers above and for the tests that are generated from them. */
extern const struct options_command verb_link_command;
extern const struct options_command verb_unlink_command;
extern const struct options_command verb_ls_command;
extern const struct options_command verb_names_command;
extern const struct options_command verb_space_command;
extern const struct options_command verb_check_command;
extern const struct options_command verb_dedupe_command;
extern const struct options_command verb_apply_command;
extern const struct options_command verb_recover_command;
extern const struct options_command verb_undo_command;
extern const struct options_command verb_journal_command;
extern const struct options_command verb_why_command;
extern const struct options_command persona_ln_command;
extern const struct options_command persona_link_command;
extern const struct options_command persona_unlink_command;

#endif
