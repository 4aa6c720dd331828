/*
 * ln.c - the command called as `ln`: what GNU ln does, option for option and word for word
 *
 * The order of the looks below decides which message a user gets where several would be true, so it follows
 * GNU's. Making and replacing names is the library's; a name that is replaced is there at every instant.
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
    {ORDER_ID_BACKUP, 'b', "backup", OPTIONS_MAY_TAKE, "HOW", "keep what is replaced, under a backup name"},
    {ORDER_ID_DIRECTORIES, 'd', NULL, OPTIONS_ALONE, NULL, NULL},
    {ORDER_ID_DIRECTORIES, 'F', "directory", OPTIONS_ALONE, NULL, "-d too: try to hard-link directories"},
    {ORDER_ID_NO_DEREFERENCE, 'n', "no-dereference", OPTIONS_ALONE, NULL,
     "a soft link to a directory is no DIRECTORY"},
    {ORDER_ID_NO_TARGET_DIRECTORY, 'T', "no-target-directory", OPTIONS_ALONE, NULL,
     "LINK_NAME is never taken as a DIRECTORY"},
    {ORDER_ID_FORCE, 'f', "force", OPTIONS_ALONE, NULL, "replace names that exist"},
    {ORDER_ID_INTERACTIVE, 'i', "interactive", OPTIONS_ALONE, NULL, "ask before replacing a name"},
    {ORDER_ID_SUFFIX, 'S', "suffix", OPTIONS_TAKES, "SUFFIX", "as -b, with this at the end of backup names"},
    {ORDER_ID_TARGET_DIRECTORY, 't', "target-directory", OPTIONS_TAKES, "DIRECTORY",
     "make the names in there"},
    {ORDER_ID_LOGICAL, 'L', "logical", OPTIONS_ALONE, NULL, "follow a soft link given as TARGET"},
    {ORDER_ID_PHYSICAL, 'P', "physical", OPTIONS_ALONE, NULL, "hard-link a soft link itself (the default)"},
    {ORDER_ID_RELATIVE, 'r', "relative", OPTIONS_ALONE, NULL, "with -s: store the way from there to TARGET"},
    {ORDER_ID_SYMBOLIC, 's', "symbolic", OPTIONS_ALONE, NULL, "make soft links"},
    {ORDER_ID_VERBOSE, 'v', "verbose", OPTIONS_ALONE, NULL, "print each name that was made"},
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

const struct options_command persona_ln_command = {
    .name = NULL,
    .usage = "Usage: %s [OPTION]... [-T] TARGET LINK_NAME\n"
             "  or:  %s [OPTION]... TARGET\n"
             "  or:  %s [OPTION]... TARGET... DIRECTORY\n"
             "  or:  %s [OPTION]... -t DIRECTORY TARGET...\n"
             "Give TARGET one more name (a hard link), or make soft links with -s.\n",
    .examples = "HOW is none, simple, numbered or existing (numbered where there are such); else\n"
                "VERSION_CONTROL says how, and SIMPLE_BACKUP_SUFFIX what stands in place of ~.\n",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .wrong = 1,
};

/* What all the links of one command line share. */
struct job {
  struct out *out;
  const struct order *order;
  struct nlink_backup *backup;
  struct place_made *made; /* NULL = no name can be replaced by a later one */
  int *unread;             /* why an answer could not be read; the system's number, 0 = all were */
};

/* One link: TARGET, and where its new name goes. */
struct link {
  const char *source;
  int dir;          /* what `base` is relative to */
  const char *base; /* the new name */
  const char *dest; /* the same for messages */
  bool tried;       /* made, or refused with `error` */
  struct nlink_error error;
};

static const char *always(const struct job *job, unsigned slot, const char *name) {
  return out_gnu_quote(job->out, slot, OUT_GNU_ALWAYS, name);
}

/* Make the name where none is; the detail is asked for only where it will be needed. */
static void try_once(const struct job *job, struct link *link, bool loud) {
  struct nlink_error *error = loud ? &link->error : NULL;
  enum nlink_status status;
  if (job->order->symbolic)
    status = nlink_symlink(NLINK_CWD, link->source, link->dir, link->base, 0, error);
  else
    status = nlink_link(NLINK_CWD, link->source, link->dir, link->base,
                        job->order->logical ? 0 : NLINK_NO_FOLLOW, error);
  link->tried = true;
  link->error.status = status;
}

/* As the one call that GNU tries before it looks at anything. */
static void try_first(const struct job *job, struct link *link) {
  if (job->order->symbolic && job->order->relative)
    return; /* what to store is not known yet */
  try_once(job, link, false);
  if (link->error.status < 0 && link->error.status != NLINK_EXISTS)
    try_once(job, link, true);
}

/* The last attempt: replace, keep a backup, store a relative path. */
static void try_hard(const struct job *job, struct link *link, bool replace) {
  const struct order *order = job->order;
  bool keep = replace && job->backup->kind != NLINK_BACKUP_NONE;
  unsigned flags = replace ? NLINK_REPLACE : 0;
  job->backup->name[0] = '\0';
  for (bool relative = order->relative;; relative = false) {
    if (!order->symbolic) {
      flags |= order->logical ? 0 : NLINK_NO_FOLLOW;
      link->error.status =
          keep ? nlink_link_backup(NLINK_CWD, link->source, link->dir, link->base, flags, job->backup,
                                   &link->error)
               : nlink_link(NLINK_CWD, link->source, link->dir, link->base, flags, &link->error);
      return;
    }
    /* What GNU refuses is looked at above; a circle that it makes is made. */
    unsigned more = flags | NLINK_CIRCLE | (relative ? NLINK_RELATIVE : 0);
    link->error.status =
        keep ? nlink_symlink_backup(NLINK_CWD, link->source, link->dir, link->base, more, job->backup,
                                    &link->error)
             : nlink_symlink(NLINK_CWD, link->source, link->dir, link->base, more, &link->error);
    /* Where the way cannot be worked out, TARGET is stored as it was given. */
    if (!relative || link->error.status >= 0 || link->error.step != NLINK_STEP_RESOLVE)
      return;
  }
}

/* Whether replacing the new name would remove TARGET's own name. */
static bool is_own_name(const struct link *link, const struct nlink_stat *source,
                        const struct nlink_stat *dest) {
  return source->dev == dest->dev && source->ino == dest->ino &&
         (source->link_count == 1 || place_is_same_name(NLINK_CWD, link->source, link->dir, link->base));
}

/* GNU gives the old name to the backup first; a soft link on the way to TARGET then leads nowhere. */
static bool would_back_up_the_way(const struct job *job, const struct link *link) {
  return job->backup->kind != NLINK_BACKUP_NONE && !job->order->symbolic && job->order->logical &&
         place_leads_to(link->source, link->dir, link->base, false);
}

enum destination { DESTINATION_FREE, DESTINATION_REPLACE, DESTINATION_REFUSED, DESTINATION_LEFT };

static bool user_agrees(const struct job *job, const struct link *link) {
  out_say(job->out, "%s: replace %s? ", job->out->program, always(job, 0, link->dest));
  int answer = sys_read_answer(job->unread);
  return answer == 'y' || answer == 'Y';
}

/* Look at the name that is to be replaced. `source` is NULL where it was not looked at. */
static enum destination look_at_destination(const struct job *job, const struct link *link,
                                            const struct nlink_stat *source) {
  struct nlink_stat dest;
  struct nlink_error error;
  enum nlink_status status = nlink_stat(&dest, link->dir, link->base, NLINK_NO_FOLLOW, NULL);
  if (status < 0 && status != NLINK_NOT_FOUND)
    status = nlink_stat(&dest, link->dir, link->base, NLINK_NO_FOLLOW, &error);
  if (status == NLINK_NOT_FOUND)
    return DESTINATION_FREE;
  if (status < 0) {
    out_message(job->out, "failed to access %s: %s", always(job, 0, link->dest), sys_error_text(error.sys));
    return DESTINATION_REFUSED;
  }
  if (dest.kind == NLINK_DIRECTORY) {
    out_message(job->out, "%s: cannot overwrite directory",
                out_gnu_quote(job->out, 0, OUT_GNU_NEEDED, link->dest));
    return DESTINATION_REFUSED;
  }
  if (job->made != NULL && place_made_has(job->made, link->dest, dest.dev, dest.ino)) {
    out_message(job->out, "will not overwrite just-created %s with %s", always(job, 0, link->dest),
                always(job, 1, link->source));
    return DESTINATION_REFUSED;
  }
  /* A backup keeps the contents that a soft link would replace, but not those that a hard link needs. */
  bool dangerous = job->backup->kind != NLINK_BACKUP_NONE ? !job->order->symbolic : job->order->force;
  struct nlink_stat followed;
  if (dangerous && source == NULL && nlink_stat(&followed, NLINK_CWD, link->source, 0, NULL) == NLINK_OK)
    source = &followed;
  /* With -r the way to where TARGET really is gets stored, so that is what must not be replaced. */
  bool relative = job->order->symbolic && job->order->relative;
  bool itself = dangerous && ((source != NULL && is_own_name(link, source, &dest)) ||
                              (relative && place_leads_to(link->source, link->dir, link->base, true)));
  if (itself) {
    out_message(job->out, "%s and %s are the same file",
                always(job, 0, relative ? place_last(link->dest) : link->source), always(job, 1, link->dest));
    return DESTINATION_REFUSED;
  }
  bool in_the_way = !link->tried || link->error.status == NLINK_EXISTS;
  if (in_the_way && job->order->ask && !user_agrees(job, link))
    return DESTINATION_LEFT;
  if (in_the_way && would_back_up_the_way(job, link)) {
    /* The answer to no name at all is the system's number for what GNU meets then. */
    nlink_stat(&dest, NLINK_CWD, "", 0, &error);
    out_message(job->out, "failed to create hard link %s => %s: %s", always(job, 0, link->dest),
                always(job, 1, link->source), sys_error_text(error.sys));
    return DESTINATION_REFUSED;
  }
  return DESTINATION_REPLACE;
}

/* GNU renames to the backup first, so a directory that cannot be changed shows there. */
static bool is_backup_failure(const struct job *job, const struct nlink_error *error) {
  enum nlink_status status = error->status;
  bool refuses = status == NLINK_DENIED || status == NLINK_NOT_PERMITTED || status == NLINK_READ_ONLY;
  return error->step == NLINK_STEP_BACKUP ||
         (job->backup->kind != NLINK_BACKUP_NONE && refuses && error->at == NLINK_DST);
}

static void report_failure(const struct job *job, const struct link *link) {
  const struct nlink_error *error = &link->error;
  const char *dest = always(job, 0, link->dest);
  const char *source = always(job, 1, link->source);
  const char *why = sys_error_text(error->sys);
  enum nlink_status status = error->status;
  if (is_backup_failure(job, error))
    out_message(job->out, "cannot backup %s: %s", dest, why);
  else if (job->order->symbolic && (status == NLINK_NAME_TOO_LONG || *link->source == '\0'))
    out_message(job->out, "failed to create symbolic link %s -> %s: %s", dest, source, why);
  else if (job->order->symbolic)
    out_message(job->out, "failed to create symbolic link %s: %s", dest, why);
  else if (status == NLINK_TOO_MANY_LINKS)
    out_message(job->out, "failed to create hard link to %s: %s", source, why);
  else if (status == NLINK_QUOTA || status == NLINK_EXISTS || status == NLINK_NO_SPACE ||
           status == NLINK_READ_ONLY)
    out_message(job->out, "failed to create hard link %s: %s", dest, why);
  else
    out_message(job->out, "failed to create hard link %s => %s: %s", dest, source, why);
}

static void report_success(const struct job *job, const struct link *link) {
  char *backup = NULL;
  char stored[NLINK_TARGET_SIZE];
  const char *source = link->source;
  if (job->backup->name[0] != '\0') {
    /* The backup's name is relative to the directory; the message has the path as the user would write it. */
    size_t prefix = (size_t)(link->base - link->dest);
    size_t size = prefix + strlen(job->backup->name) + 1;
    backup = malloc(size);
    if (backup != NULL) {
      memcpy(backup, link->dest, prefix);
      memcpy(backup + prefix, job->backup->name, size - prefix);
    }
  }
  if (job->order->relative &&
      nlink_readlink(stored, sizeof stored, link->dir, link->base, 0, NULL) == NLINK_OK)
    source = stored;
  if (backup != NULL)
    out_print(job->out, "%s ~ ", always(job, 2, backup));
  free(backup);
  out_print(job->out, "%s %c> %s\n", always(job, 0, link->dest), job->order->symbolic ? '-' : '=',
            always(job, 1, source));
}

/* What has to be done where the first attempt did not do it. True: go on to report_success(). */
static enum destination make_after_looking(const struct job *job, struct link *link,
                                           const struct nlink_stat *source) {
  const struct order *order = job->order;
  if (source != NULL && !order->directories && source->kind == NLINK_DIRECTORY) {
    out_message(job->out, "%s: hard link not allowed for directory",
                out_gnu_quote(job->out, 0, OUT_GNU_NEEDED, link->source));
    return DESTINATION_REFUSED;
  }
  enum destination found = DESTINATION_FREE;
  if (order->force || order->ask || job->backup->kind != NLINK_BACKUP_NONE)
    found = look_at_destination(job, link, source);
  if (found == DESTINATION_REFUSED || found == DESTINATION_LEFT)
    return found;
  if (!link->tried || (found == DESTINATION_REPLACE && link->error.status == NLINK_EXISTS))
    try_hard(job, link, found == DESTINATION_REPLACE);
  else if (link->error.status == NLINK_EXISTS)
    try_once(job, link, true); /* the same answer, with the system's number */
  if (link->error.status >= 0)
    return found;
  report_failure(job, link);
  return DESTINATION_REFUSED;
}

static bool make_link(const struct job *job, struct link *link) {
  struct nlink_stat stat;
  const struct nlink_stat *source = NULL;
  job->backup->name[0] = '\0';
  if (!link->tried)
    try_first(job, link);
  bool done = link->tried && link->error.status >= 0;
  if ((!done || job->made != NULL) && !job->order->symbolic) {
    struct nlink_error error;
    unsigned flags = job->order->logical ? 0 : NLINK_NO_FOLLOW;
    if (nlink_stat(&stat, NLINK_CWD, link->source, flags, &error) < 0) {
      out_message(job->out, "failed to access %s: %s", always(job, 0, link->source),
                  sys_error_text(error.sys));
      return false;
    }
    source = &stat;
  }
  if (!done) {
    enum destination found = make_after_looking(job, link, source);
    if (found == DESTINATION_REFUSED || found == DESTINATION_LEFT)
      return found == DESTINATION_LEFT;
  }
  if (job->made != NULL && source != NULL)
    place_made_add(job->made, link->dest, source->dev, source->ino);
  if (job->order->verbose)
    report_success(job, link);
  return true;
}

static bool make_links_in(const struct job *job, const char *dir_path, int dir, char **sources,
                          size_t count) {
  bool all = true;
  for (size_t i = 0; i < count; i++) {
    char *base;
    char *dest = place_in(dir_path, sources[i], &base);
    if (dest == NULL) {
      out_message(job->out, "memory exhausted");
      return false;
    }
    struct link link = {.source = sources[i], .dir = dir, .base = base, .dest = dest};
    all = make_link(job, &link) && all;
    free(dest);
  }
  return all;
}

/* What is wrong with -t is said before what is wrong with the options after it. */
static bool target_directory_is_good(struct out *out, const char *path) {
  struct nlink_stat stat;
  struct nlink_error error;
  if (nlink_stat(&stat, NLINK_CWD, path, 0, &error) < 0)
    out_message(out, "failed to access %s: %s", out_gnu_quote(out, 0, OUT_GNU_ALWAYS, path),
                sys_error_text(error.sys));
  else if (stat.kind != NLINK_DIRECTORY)
    out_message(out, "target %s is not a directory", out_gnu_quote(out, 0, OUT_GNU_ALWAYS, path));
  else
    return true;
  return false;
}

/* Operands that cannot be meant; the result is the exit status, 0 = fine. */
static int check_operands(const struct order *order, const struct options *options, struct out *out) {
  size_t count = options->operand_count;
  char **operands = options->operands;
  if (count == 0) {
    out_message(out, "missing file operand");
    return options_point_to_help(options, out);
  }
  if (order->relative && !order->symbolic) {
    out_message(out, "cannot do --relative without --symbolic");
    return 1;
  }
  if (!order->no_target_directory)
    return 0;
  if (order->target_directory != NULL) {
    out_message(out, "cannot combine --target-directory and --no-target-directory");
    return 1;
  }
  if (count == 2)
    return 0;
  if (count < 2)
    out_message(out, "missing destination file operand after %s",
                out_gnu_quote(out, 0, OUT_GNU_ALWAYS, operands[0]));
  else
    out_message(out, "extra operand %s", out_gnu_quote(out, 0, OUT_GNU_ALWAYS, operands[2]));
  return options_point_to_help(options, out);
}

static bool may_be_directory(const struct link *link) {
  enum nlink_status status = link->error.status;
  return !link->tried || status == NLINK_EXISTS || status == NLINK_NOT_DIRECTORY || status == NLINK_INVALID;
}

/* Read the operands as GNU does, and make the links. */
static int run(struct job *job, const struct options *options) {
  const struct order *order = job->order;
  size_t count = options->operand_count;
  char **operands = options->operands;
  /* GNU looks at the word for the backup only after its first attempt; a wrong one must not leave a link. */
  struct link first = {.source = operands[0], .dir = NLINK_CWD};
  const char *dir_path = order->target_directory;
  int dir = NLINK_CWD;
  bool backup_is_good = true;
  if (order->no_target_directory || (count == 2 && dir_path == NULL))
    backup_is_good = order_backup(order, job->out, true, job->backup);
  if (!backup_is_good)
    return options_point_to_help(options, job->out);
  if (!order->no_target_directory && count < 2 && dir_path == NULL) {
    dir_path = ".";
  } else if (!order->no_target_directory) {
    bool two = count == 2 && dir_path == NULL;
    if (two) {
      first.base = first.dest = operands[1];
      try_first(job, &first);
    }
    if (!two || may_be_directory(&first)) {
      const char *path = dir_path != NULL ? dir_path : operands[count - 1];
      int error = 0;
      dir = sys_open_directory(path, !order->keep_dst_link, &error);
      if (dir >= 0) {
        count -= dir_path == NULL;
        dir_path = path;
      } else if (!two) {
        out_message(job->out, "target %s: %s", always(job, 0, path), sys_error_text(error));
        return 1;
      } else {
        dir = NLINK_CWD;
      }
    }
  }
  if (!order_backup(order, job->out, true, job->backup))
    return options_point_to_help(options, job->out);
  bool done;
  if (dir_path != NULL) {
    struct place_made made = {0};
    if (count >= 2 && order->force && !order->symbolic && job->backup->kind != NLINK_BACKUP_NUMBERED)
      job->made = &made;
    done = make_links_in(job, dir_path, dir, operands, count);
    job->made = NULL;
    place_made_fini(&made);
    sys_close(dir);
  } else {
    first.base = first.dest = operands[1];
    done = make_link(job, &first);
  }
  return done ? 0 : 1;
}

int persona_ln(struct out *out, int argc, char **argv) {
  struct options options;
  struct order order = {0};
  struct nlink_backup backup;
  options_init(&options, &persona_ln_command, argc, argv);
  enum order_end end = order_read(&order, &options);
  if (order.target_directory != NULL && !target_directory_is_good(out, order.target_directory))
    return 1;
  switch (end) {
  case ORDER_HELP:
    return options_help(&options, out);
  case ORDER_VERSION:
    return options_version(&options, out);
  case ORDER_FAULT:
    return options_complain(&options, out);
  case ORDER_TWO_DIRECTORIES:
    out_message(out, "multiple target directories specified");
    return 1;
  case ORDER_GO:
    break;
  }
  int wrong = check_operands(&order, &options, out);
  if (wrong != 0)
    return wrong;
  int unread = 0;
  struct job job = {out, &order, &backup, NULL, &unread};
  int status = run(&job, &options);
  if (unread == 0)
    return status;
  /* Said at the end, where GNU closes what it read from. */
  if (strcmp(nlink_errno_name(unread), "EBADF") == 0)
    out_message(out, "error closing file: %s", sys_error_text(unread));
  else
    out_message(out, "error closing file");
  return 1;
}
