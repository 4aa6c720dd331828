/*
 * why.c - nlink why: say what would stand in the way of a link, changing nothing
 *
 * SPDX-License-Identifier: MIT
 */
#include "nlink.h"
#include "options.h"
#include "out.h"
#include "place.h"
#include "sys.h"
#include "verb.h"

#include <stdlib.h>

enum why_id {
  WHY_ID_BENEATH = 1,
  WHY_ID_FORCE,
  WHY_ID_JSON,
  WHY_ID_LOGICAL,
  WHY_ID_NO_TARGET_DIRECTORY,
  WHY_ID_PHYSICAL,
};

static const struct options_row rows[] = {
    {WHY_ID_FORCE, 'f', "force", OPTIONS_ALONE, NULL, "as if DST were to be replaced"},
    {WHY_ID_LOGICAL, 'L', "logical", OPTIONS_ALONE, NULL, "follow a soft link given as SRC (default)"},
    {WHY_ID_PHYSICAL, 'P', "physical", OPTIONS_ALONE, NULL, "look at the soft link itself"},
    {WHY_ID_NO_TARGET_DIRECTORY, 'T', "no-target-directory", OPTIONS_ALONE, NULL,
     "DST is the new name, never a directory"},
    {WHY_ID_BENEATH, 0, "beneath", OPTIONS_ALONE, NULL, "no path may lead out of the current directory"},
    {WHY_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "print one JSON object for each obstacle"},
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

const struct options_command verb_why_command = {
    .name = "nlink why",
    .usage = "Usage: %s [OPTION]... SRC DST\n"
             "Say whether 'nlink link SRC DST' could make the link, else what stands in the\n"
             "way, the first obstacle first. Nothing is changed.\n",
    .examples = "Exit status: 0 it could be made, 1 it could not, 2 wrong usage, 3 not looked at.\n"
                "Examples:\n"
                "  nlink why Rain.txt RainLink\n"
                "  nlink why --json /etc/passwd /tmp/p\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

struct wish {
  unsigned flags;
  bool no_target_directory;
  bool json;
};

static void tell_json(struct out *out, const char *src, const char *dst, const struct nlink_error *error,
                      const char *remark) {
  out_json_begin(out);
  out_json_text(out, "op", "why");
  out_json_name(out, "src", src);
  out_json_name(out, "dst", dst);
  out_json_outcome(out, error);
  if (*remark != '\0')
    out_json_text(out, "remark", remark);
  out_json_end(out);
}

static int tell(struct out *out, const struct wish *wish, const char *src, const char *dst,
                const struct nlink_why *why) {
  if (wish->json) {
    for (size_t i = 0; i < why->count; i++)
      tell_json(out, src, dst, &why->obstacle[i], why->remark);
    if (why->count == 0)
      tell_json(out, src, dst, NULL, why->remark);
    return why->count == 0 ? VERB_DONE : VERB_PART;
  }
  if (why->count == 0)
    out_print(out, "%s can be linked to %s\n", out_quote(out, 0, dst), out_quote(out, 1, src));
  else
    out_print(out, "%s cannot be linked to %s:\n", out_quote(out, 0, dst), out_quote(out, 1, src));
  for (size_t i = 0; i < why->count; i++) {
    const struct nlink_error *obstacle = &why->obstacle[i];
    bool sure = obstacle->certain || obstacle->cause == NLINK_CAUSE_UNKNOWN;
    out_text(out, "  ");
    if (obstacle->sys != 0)
      out_print(out, "%s: ", sys_error_text(obstacle->sys));
    out_print(out, "%s%s\n", sure ? "" : "probably ", obstacle->text);
  }
  if (why->remark[0] != '\0')
    out_print(out, "  remark: %s\n", why->remark);
  return why->count == 0 ? VERB_DONE : VERB_PART;
}

static int run(struct out *out, const struct wish *wish, const char *src, const char *dst) {
  char *inside = NULL;
  char *base;
  struct nlink_stat stat;
  unsigned beneath = wish->flags & NLINK_BENEATH;
  /* As `nlink link` does: a directory is where the name would go. */
  if (!wish->no_target_directory && nlink_stat(&stat, NLINK_CWD, dst, beneath, NULL) == NLINK_OK &&
      stat.kind == NLINK_DIRECTORY) {
    inside = place_in(dst, src, &base);
    if (inside == NULL) {
      out_message(out, "%s", nlink_status_text(NLINK_NO_MEMORY));
      return VERB_FAILED;
    }
  }
  const char *place = inside != NULL ? inside : dst;
  struct nlink_why why;
  struct nlink_error error;
  int status;
  if (nlink_why(&why, NLINK_CWD, src, NLINK_CWD, place, wish->flags, &error) >= 0) {
    status = tell(out, wish, src, place, &why);
  } else {
    out_trouble(out, &error, "cannot look at %s and %s", out_quote(out, 0, src), out_quote(out, 1, place));
    status = VERB_FAILED;
  }
  free(inside);
  return status;
}

int verb_why(struct out *out, int argc, char **argv) {
  struct options options;
  struct wish wish = {0};
  options_init(&options, &verb_why_command, argc, argv);
  for (const struct options_row *row; (row = options_next(&options)) != NULL;) {
    switch (row->id) {
    case OPTIONS_ID_HELP:
      return options_help(&options, out);
    case OPTIONS_ID_VERSION:
      return options_version(&options, out);
    case WHY_ID_BENEATH:
      wish.flags |= NLINK_BENEATH;
      break;
    case WHY_ID_FORCE:
      wish.flags |= NLINK_REPLACE;
      break;
    case WHY_ID_JSON:
      wish.json = true;
      break;
    case WHY_ID_LOGICAL:
      wish.flags &= ~NLINK_NO_FOLLOW;
      break;
    case WHY_ID_NO_TARGET_DIRECTORY:
      wish.no_target_directory = true;
      break;
    case WHY_ID_PHYSICAL:
      wish.flags |= NLINK_NO_FOLLOW;
      break;
    }
  }
  if (options.fault != OPTIONS_FINE)
    return options_complain(&options, out);
  size_t count = options.operand_count;
  if (count == 2) {
    if (wish.json && !out_json_ready(out))
      return VERB_USAGE;
    return run(out, &wish, options.operands[0], options.operands[1]);
  }
  if (count == 0)
    out_message(out, "missing operand");
  else if (count == 1)
    out_message(out, "missing destination after %s", out_quote(out, 0, options.operands[0]));
  else
    out_message(out, "extra operand %s", out_quote(out, 0, options.operands[2]));
  return options_point_to_help(&options, out);
}
