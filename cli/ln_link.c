/*
 * ln_link.c - the command called as `link` and as `unlink`: GNU's two commands for one system call each
 *
 * SPDX-License-Identifier: MIT
 */
#include "nlink.h"
#include "options.h"
#include "out.h"
#include "sys.h"
#include "verb.h"

static const struct options_row rows[] = {
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

const struct options_command persona_link_command = {
    .name = NULL,
    .usage = "Usage: %s FILE1 FILE2\n"
             "Give FILE1 the further name FILE2. FILE1 can be a soft link: it is not followed.\n",
    .examples = "",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = 1,
};

const struct options_command persona_unlink_command = {
    .name = NULL,
    .usage = "Usage: %s FILE\n"
             "Remove the name FILE. What it names is gone with its last name.\n",
    .examples = "",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = 1,
};

/* Read a command line of `wanted` operands; the exit status in *status where it ends there. */
static bool read_operands(struct options *options, struct out *out, size_t wanted, int *status) {
  const struct options_row *row = options_next(options);
  size_t count = options->operand_count;
  char **operands = options->operands;
  if (row != NULL)
    *status = row->id == OPTIONS_ID_HELP ? options_help(options, out) : options_version(options, out);
  else if (options->fault != OPTIONS_FINE)
    *status = options_complain(options, out);
  else if (count == wanted)
    return true;
  else {
    if (count == 0)
      out_message(out, "missing operand");
    else if (count < wanted)
      out_message(out, "missing operand after %s", out_gnu_quote(out, 0, OUT_GNU_LOCALE, operands[0]));
    else
      out_message(out, "extra operand %s", out_gnu_quote(out, 0, OUT_GNU_LOCALE, operands[wanted]));
    *status = options_point_to_help(options, out);
  }
  return false;
}

int persona_link(struct out *out, int argc, char **argv) {
  struct options options;
  struct nlink_error error;
  int status;
  options_init(&options, &persona_link_command, argc, argv);
  if (!read_operands(&options, out, 2, &status))
    return status;
  const char *src = options.operands[0];
  const char *dst = options.operands[1];
  if (nlink_link(NLINK_CWD, src, NLINK_CWD, dst, NLINK_NO_FOLLOW, &error) >= 0)
    return 0;
  out_message(out, "cannot create link %s to %s: %s", out_gnu_quote(out, 0, OUT_GNU_ALWAYS, dst),
              out_gnu_quote(out, 1, OUT_GNU_ALWAYS, src), sys_error_text(error.sys));
  return 1;
}

int persona_unlink(struct out *out, int argc, char **argv) {
  struct options options;
  struct nlink_error error;
  int status;
  options_init(&options, &persona_unlink_command, argc, argv);
  if (!read_operands(&options, out, 1, &status))
    return status;
  const char *path = options.operands[0];
  if (nlink_unlink(NULL, NLINK_CWD, path, 0, &error) >= 0)
    return 0;
  out_message(out, "cannot unlink %s: %s", out_gnu_quote(out, 0, OUT_GNU_ALWAYS, path),
              sys_error_text(error.sys));
  return 1;
}
