/*
 * unlink.c - nlink unlink: remove names, and say how many each file has left
 *
 * SPDX-License-Identifier: MIT
 */
#include "nlink.h"
#include "options.h"
#include "out.h"
#include "verb.h"

enum unlink_id {
  UNLINK_ID_BENEATH = 1,
  UNLINK_ID_FORCE,
  UNLINK_ID_JSON,
  UNLINK_ID_KEEP_LAST,
  UNLINK_ID_QUIET
};

static const struct options_row rows[] = {
    {UNLINK_ID_KEEP_LAST, 'k', "keep-last", OPTIONS_ALONE, NULL,
     "refuse the last name: no contents are lost"},
    {UNLINK_ID_FORCE, 'f', "force", OPTIONS_ALONE, NULL, "a name that does not exist is no failure"},
    {UNLINK_ID_BENEATH, 0, "beneath", OPTIONS_ALONE, NULL, "no path may lead out of the current directory"},
    {UNLINK_ID_QUIET, 'q', "quiet", OPTIONS_ALONE, NULL, "do not say how many names remain"},
    {UNLINK_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "print one JSON object for each name"},
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

const struct options_command verb_unlink_command = {
    .name = "nlink unlink",
    .usage = "Usage: %s [OPTION]... NAME...\n"
             "Remove names, and say how many names each file has left. The contents of a\n"
             "file go with its last name. A soft link is removed itself.\n",
    .examples = "Examples:\n"
                "  nlink unlink RainLink          RainLink: 1 name remains\n"
                "  nlink unlink --keep-last *     only names that have another one\n"
                "  nlink unlink -- -f             a name that begins with a dash\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

/* What the command line asks for. */
struct wish {
  unsigned flags;
  bool force;
  bool quiet;
  bool json;
};

static void tell(struct out *out, const struct wish *wish, const char *name, uint64_t left,
                 const struct nlink_error *error) {
  if (wish->json) {
    out_json_begin(out);
    out_json_text(out, "op", "unlink");
    out_json_name(out, "src", name);
    out_json_null(out, "dst");
    out_json_outcome(out, error);
    if (error == NULL)
      out_json_number(out, "names_left", left);
    out_json_end(out);
    return;
  }
  if (error != NULL) {
    out_trouble(out, error, "cannot unlink %s", out_quote(out, 0, name));
    return;
  }
  if (wish->quiet)
    return;
  out_name(out, name);
  if (left == 0)
    out_text(out, ": that was the last name\n");
  else
    out_print(out, ": %llu %s\n", (unsigned long long)left, left == 1 ? "name remains" : "names remain");
}

static int run(struct out *out, const struct wish *wish, const struct options *options) {
  size_t done = 0;
  size_t failed = 0;
  for (size_t i = 0; i < options->operand_count; i++) {
    const char *name = options->operands[i];
    struct nlink_error error;
    uint64_t left = 0;
    bool asks = wish->json || !wish->quiet;
    enum nlink_status status = nlink_unlink(asks ? &left : NULL, NLINK_CWD, name, wish->flags, &error);
    if (status == NLINK_NOT_FOUND && wish->force && *name != '\0')
      continue;
    done += status >= 0;
    failed += status < 0;
    tell(out, wish, name, left, status < 0 ? &error : NULL);
  }
  if (failed == 0)
    return VERB_DONE;
  return done > 0 ? VERB_PART : VERB_FAILED;
}

int verb_unlink(struct out *out, int argc, char **argv) {
  struct options options;
  struct wish wish = {0};
  options_init(&options, &verb_unlink_command, argc, argv);
  for (const struct options_row *row; (row = options_next(&options)) != NULL;) {
    switch (row->id) {
    case OPTIONS_ID_HELP:
      return options_help(&options, out);
    case OPTIONS_ID_VERSION:
      return options_version(&options, out);
    case UNLINK_ID_BENEATH:
      wish.flags |= NLINK_BENEATH;
      break;
    case UNLINK_ID_FORCE:
      wish.force = true;
      break;
    case UNLINK_ID_JSON:
      wish.json = true;
      break;
    case UNLINK_ID_KEEP_LAST:
      wish.flags |= NLINK_KEEP_LAST;
      break;
    case UNLINK_ID_QUIET:
      wish.quiet = true;
      break;
    }
  }
  if (options.fault != OPTIONS_FINE)
    return options_complain(&options, out);
  if (options.operand_count == 0) {
    out_message(out, "missing operand");
    return options_point_to_help(&options, out);
  }
  if (wish.json && !out_json_ready(out))
    return VERB_USAGE;
  return run(out, &wish, &options);
}
