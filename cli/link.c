/*
 * link.c - nlink link: give files further names
 *
 * The options are GNU ln's; what differs: a soft link given as SRC is followed, a failure says its cause,
 * and no name that this command made is replaced by the next one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nlink.h"
#include "options.h"
#include "order.h"
#include "out.h"
#include "place.h"
#include "sys.h"
#include "verb.h"

#include <stdlib.h>
#include <string.h>

static const struct options_row rows[] = {
    {ORDER_ID_SYMBOLIC, 's', "symbolic", OPTIONS_ALONE, NULL, "make soft links that hold the path SRC"},
    {ORDER_ID_RELATIVE, 'r', "relative", OPTIONS_ALONE, NULL, "with -s: hold the way from the link to SRC"},
    {ORDER_ID_FORCE, 'f', "force", OPTIONS_ALONE, NULL, "replace names that exist, atomically"},
    {ORDER_ID_INTERACTIVE, 'i', "interactive", OPTIONS_ALONE, NULL, "ask before replacing a name"},
    {ORDER_ID_BACKUP, 'b', "backup", OPTIONS_MAY_TAKE, "HOW",
     "back up first: none, simple, numbered, existing"},
    {ORDER_ID_SUFFIX, 'S', "suffix", OPTIONS_TAKES, "SUFFIX", "as -b, simple backups end in SUFFIX, not ~"},
    {ORDER_ID_TARGET_DIRECTORY, 't', "target-directory", OPTIONS_TAKES, "DIR", "make all the names in DIR"},
    {ORDER_ID_NO_TARGET_DIRECTORY, 'T', "no-target-directory", OPTIONS_ALONE, NULL,
     "DST is the new name, never a directory"},
    {ORDER_ID_NO_DEREFERENCE, 'n', "no-dereference", OPTIONS_ALONE, NULL,
     "a soft link to a directory is no directory"},
    {ORDER_ID_LOGICAL, 'L', "logical", OPTIONS_ALONE, NULL, "follow a soft link given as SRC (default)"},
    {ORDER_ID_PHYSICAL, 'P', "physical", OPTIONS_ALONE, NULL, "give the soft link itself one more name"},
    {ORDER_ID_BENEATH, 0, "beneath", OPTIONS_ALONE, NULL, "no path may lead out of the current directory"},
    {ORDER_ID_VERBOSE, 'v', "verbose", OPTIONS_ALONE, NULL, "print each name that was made"},
    {ORDER_ID_JSON, 0, "json", OPTIONS_ALONE, NULL, "print one JSON object for each link"},
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

const struct options_command verb_link_command = {
    .name = "nlink link",
    .usage = "Usage: %s [OPTION]... SRC DST | SRC... DIR | -t DIR SRC...\n"
             "Give each file SRC one more name: DST, or its own name in DIR.\n",
    .examples = "Examples:\n"
                "  nlink link Rain.txt RainLink     two names, one file\n"
                "  nlink link -t /srv/kept *.iso    each file gets a name in /srv/kept as well\n"
                "  nlink link -sr lib/a.so.1 a.so   a soft link that survives moving the tree\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = VERB_USAGE,
};

/* What all the links of one command line share. */
struct job {
  struct out *out;
  const struct order *order;
  struct nlink_backup *backup;
  struct place_made made;
  bool guards_made; /* look into `made` before a name is replaced */
  size_t done;
  size_t failed;
};

static unsigned link_flags(const struct order *order) {
  unsigned flags = order->beneath ? NLINK_BENEATH : 0;
  if (order->symbolic)
    return flags | (order->relative ? NLINK_RELATIVE : 0);
  return flags | (order->logical ? 0 : NLINK_NO_FOLLOW);
}

static enum nlink_status make(struct job *job, const char *src, const char *dst, bool replace,
                              struct nlink_error *error) {
  unsigned flags = link_flags(job->order) | (replace ? NLINK_REPLACE : 0);
  bool keep = replace && job->backup->kind != NLINK_BACKUP_NONE;
  if (job->order->symbolic)
    return keep ? nlink_symlink_backup(NLINK_CWD, src, NLINK_CWD, dst, flags, job->backup, error)
                : nlink_symlink(NLINK_CWD, src, NLINK_CWD, dst, flags, error);
  return keep ? nlink_link_backup(NLINK_CWD, src, NLINK_CWD, dst, flags, job->backup, error)
              : nlink_link(NLINK_CWD, src, NLINK_CWD, dst, flags, error);
}

/* Whether the path leads to a directory in which names can be made. */
static bool is_directory(const struct order *order, const char *path, struct nlink_error *error) {
  struct nlink_stat stat;
  unsigned flags = (order->keep_dst_link ? NLINK_NO_FOLLOW : 0) | (order->beneath ? NLINK_BENEATH : 0);
  enum nlink_status status = nlink_stat(&stat, NLINK_CWD, path, flags, error);
  if (error != NULL)
    error->status = status;
  return status >= 0 && stat.kind == NLINK_DIRECTORY;
}

/* ------------------------------------------------------------------ what is said of one link */

static void begin_json(const struct job *job, const char *src, const char *dst) {
  out_json_begin(job->out);
  out_json_text(job->out, "op", job->order->symbolic ? "symlink" : "link");
  out_json_name(job->out, "src", src);
  out_json_name(job->out, "dst", dst);
}

static void tell_done(struct job *job, const char *src, const char *dst) {
  struct out *out = job->out;
  const char *backup = job->backup->name;
  job->done++;
  if (job->order->json) {
    begin_json(job, src, dst);
    out_json_outcome(out, NULL);
    if (*backup != '\0')
      out_json_name(out, "backup", backup);
    out_json_end(out);
    return;
  }
  if (!job->order->verbose)
    return;
  char stored[NLINK_TARGET_SIZE];
  if (job->order->relative && nlink_readlink(stored, sizeof stored, NLINK_CWD, dst, 0, NULL) == NLINK_OK)
    src = stored;
  if (*backup != '\0')
    out_print(out, "%s ~ ", out_quote(out, 0, backup));
  out_print(out, "%s %s %s\n", out_quote(out, 0, dst), job->order->symbolic ? "->" : "=>",
            out_quote(out, 1, src));
}

static void tell_failed(struct job *job, const char *src, const char *dst, const struct nlink_error *error) {
  struct out *out = job->out;
  job->failed++;
  if (job->order->json) {
    begin_json(job, src, dst);
    out_json_outcome(out, error);
    out_json_end(out);
    return;
  }
  if (job->order->symbolic)
    out_trouble(out, error, "cannot make the soft link %s", out_quote(out, 0, dst));
  else
    out_trouble(out, error, "cannot link %s to %s", out_quote(out, 0, dst), out_quote(out, 1, src));
}

/* A refusal that is the command's own, in the form of the library's. */
static void tell_refused(struct job *job, const char *src, const char *dst, const char *text) {
  struct nlink_error error = {.status = NLINK_EXISTS, .cause = NLINK_CAUSE_DST_EXISTS, .at = NLINK_DST};
  error.certain = true;
  strncpy(error.text, text, sizeof error.text - 1);
  tell_failed(job, src, dst, &error);
}

/* ------------------------------------------------------------------ replacing */

static void replace(struct job *job, const char *src, const char *dst, struct nlink_error *error) {
  struct out *out = job->out;
  if (job->guards_made && place_made_has(&job->made, dst, 0, 0)) {
    tell_refused(job, src, dst, "this command made that name itself");
    return;
  }
  if (job->order->ask) {
    out_say(out, "%s: replace %s? ", out->program, out_quote(out, 0, dst));
    int unread = 0;
    int answer = sys_read_answer(&unread);
    if (unread != 0)
      out_message(out, "cannot read the answer: %s", sys_error_text(unread));
    if (answer != 'y' && answer != 'Y') {
      if (job->order->json)
        tell_refused(job, src, dst, "it was not to be replaced, the answer said");
      else
        job->failed++;
      return;
    }
  }
  if (make(job, src, dst, true, error) < 0)
    tell_failed(job, src, dst, error);
  else
    tell_done(job, src, dst);
}

/* Make one name. `unless_directory`: where dst is one, leave it and say so by false. */
static bool link_one(struct job *job, const char *src, const char *dst, bool unless_directory) {
  const struct order *order = job->order;
  struct nlink_error error;
  job->backup->name[0] = '\0';
  /* A name that is there is no failure yet, so its cause is looked for only at the second asking. */
  enum nlink_status status = make(job, src, dst, false, NULL);
  if (unless_directory && (status == NLINK_EXISTS || status == NLINK_NOT_DIRECTORY) &&
      is_directory(order, dst, NULL))
    return false;
  bool may_replace = order->force || order->ask || job->backup->kind != NLINK_BACKUP_NONE;
  if (status == NLINK_EXISTS && may_replace)
    replace(job, src, dst, &error);
  else if (status >= 0 || make(job, src, dst, false, &error) >= 0)
    tell_done(job, src, dst);
  else
    tell_failed(job, src, dst, &error);
  return true;
}

static void link_into(struct job *job, const char *dir, char **sources, size_t count) {
  bool may_replace = job->order->force || job->order->ask || job->backup->kind != NLINK_BACKUP_NONE;
  job->guards_made = count > 1 && may_replace && job->backup->kind != NLINK_BACKUP_NUMBERED;
  for (size_t i = 0; i < count; i++) {
    char *base;
    char *dst = place_in(dir, sources[i], &base);
    size_t done = job->done;
    if (dst == NULL) {
      out_message(job->out, "%s", nlink_status_text(NLINK_NO_MEMORY));
      job->failed++;
      continue;
    }
    link_one(job, sources[i], dst, false);
    if (job->guards_made && job->done > done)
      place_made_add(&job->made, dst, 0, 0);
    free(dst);
  }
  place_made_fini(&job->made);
}

/* ------------------------------------------------------------------ the command line */

/* Operands that cannot be meant; the result is the exit status, VERB_DONE = fine. */
static int check_operands(const struct order *order, const struct options *options, struct out *out) {
  size_t count = options->operand_count;
  char **operands = options->operands;
  if (count == 0)
    out_message(out, "missing operand");
  else if (order->relative && !order->symbolic)
    out_message(out, "--relative needs --symbolic");
  else if (order->no_target_directory && order->target_directory != NULL)
    out_message(out, "--target-directory and --no-target-directory exclude each other");
  else if (count == 1 && order->target_directory == NULL)
    out_message(out, "missing destination after %s", out_quote(out, 0, operands[0]));
  else if (count > 2 && order->no_target_directory)
    out_message(out, "extra operand %s", out_quote(out, 0, operands[2]));
  else
    return VERB_DONE;
  return options_point_to_help(options, out);
}

/* A directory was named and there is none: wrong usage. One that could not be looked at: not done. */
static int complain_of_directory(struct out *out, const char *path, const struct nlink_error *error) {
  if (error->status >= 0) {
    out_message(out, "%s is not a directory", out_quote(out, 0, path));
    return VERB_USAGE;
  }
  out_trouble(out, error, "cannot make names in %s", out_quote(out, 0, path));
  bool none = error->status == NLINK_NOT_FOUND || error->status == NLINK_NOT_DIRECTORY;
  return none ? VERB_USAGE : VERB_FAILED;
}

static int run(struct job *job, const struct options *options) {
  const struct order *order = job->order;
  size_t count = options->operand_count;
  char **operands = options->operands;
  const char *dir = order->target_directory;
  bool two = dir == NULL && count == 2;
  if (two && link_one(job, operands[0], operands[1], !order->no_target_directory))
    return job->failed > 0 ? VERB_FAILED : VERB_DONE;
  struct nlink_error error;
  if (dir == NULL)
    dir = operands[--count];
  if (!two && !is_directory(order, dir, &error))
    return complain_of_directory(job->out, dir, &error);
  link_into(job, dir, operands, count);
  if (job->failed == 0)
    return VERB_DONE;
  return job->done > 0 ? VERB_PART : VERB_FAILED;
}

int verb_link(struct out *out, int argc, char **argv) {
  struct options options;
  struct order order = {.logical = true};
  struct nlink_backup backup;
  options_init(&options, &verb_link_command, argc, argv);
  switch (order_read(&order, &options)) {
  case ORDER_HELP:
    return options_help(&options, out);
  case ORDER_VERSION:
    return options_version(&options, out);
  case ORDER_FAULT:
    return options_complain(&options, out);
  case ORDER_TWO_DIRECTORIES:
    out_message(out, "more than one --target-directory");
    return options_point_to_help(&options, out);
  case ORDER_GO:
    break;
  }
  int wrong = check_operands(&order, &options, out);
  if (wrong != VERB_DONE)
    return wrong;
  if (order.json && !out_json_ready(out))
    return VERB_USAGE;
  if (!order_backup(&order, out, false, &backup))
    return options_point_to_help(&options, out);
  struct job job = {.out = out, .order = &order, .backup = &backup};
  return run(&job, &options);
}
