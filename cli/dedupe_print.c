/*
 * dedupe_print.c - what would be done with equal files, and what was, for people and for scripts
 *
 * SPDX-License-Identifier: MIT
 */
#include "dedupe.h"

#include "out.h"
#include "units.h"

#include <stdio.h>

/* ------------------------------------------------------------------ one group, for people */

static void put_act(const struct dedupe_tale *tale, enum nlink_dedupe_act act) {
  static const char *const words[] = {[NLINK_ACT_KEEP] = "  keep     ",
                                      [NLINK_ACT_REPLACE] = "  replace  ",
                                      [NLINK_ACT_LEAVE] = "  leave    "};
  static const enum out_colour colours[] = {
      [NLINK_ACT_KEEP] = OUT_GREEN, [NLINK_ACT_REPLACE] = OUT_YELLOW, [NLINK_ACT_LEAVE] = OUT_DIM};
  bool shares = act == NLINK_ACT_REPLACE && tale->mode == NLINK_MODE_REFLINK; /* no name is replaced then */
  out_colour(tale->out, colours[act]);
  out_text(tale->out, shares ? "  share    " : words[act]);
  out_colour(tale->out, OUT_PLAIN);
}

/* In what a file differs from the one that it was compared with, with the values where these are short. */
static void put_differs(struct dedupe_tale *tale, const struct nlink_dedupe_file *file,
                        const struct nlink_stat *kept) {
  static const char *const words[] = {
      [NLINK_ASPECT_DEVICE] = "it is on another file system",
      [NLINK_ASPECT_OWNER] = "its owner differs: ",
      [NLINK_ASPECT_GROUP] = "its group differs: ",
      [NLINK_ASPECT_MODE] = "its permissions differ: ",
      [NLINK_ASPECT_ACL] = "its access control list differs",
      [NLINK_ASPECT_XATTR] = "its extended attributes differ",
      [NLINK_ASPECT_SECURITY] = "its capabilities or security labels differ",
      [NLINK_ASPECT_MTIME] = "its modification time differs",
      [NLINK_ASPECT_NAME] = "none of its names is the same",
  };
  struct out *out = tale->out;
  const char *comma = "";
  for (unsigned i = 0; i < NLINK_ASPECTS; i++) {
    if ((file->differs & 1u << i) == 0)
      continue;
    out_print(out, "%s%s", comma, words[i]);
    comma = ", ";
    if (i == NLINK_ASPECT_MODE)
      out_print(out, "%04o and %04o", (unsigned)kept->mode, (unsigned)file->stat.mode);
    if (i == NLINK_ASPECT_OWNER) {
      out_print(out, "%s and ", sys_user(&tale->names, kept->uid));
      out_text(out, sys_user(&tale->names, file->stat.uid));
    }
    if (i == NLINK_ASPECT_GROUP) {
      out_print(out, "%s and ", sys_group(&tale->names, kept->gid));
      out_text(out, sys_group(&tale->names, file->stat.gid));
    }
  }
}

static void put_file(struct dedupe_tale *tale, const struct nlink_dedupe_group *group,
                     const struct nlink_dedupe_file *file) {
  struct out *out = tale->out;
  put_act(tale, file->act);
  for (size_t i = 0; i < file->name_count && out->failed == 0; i++) {
    out_text(out, i > 0 ? "\n           " : "");
    out_name(out, file->names[i]);
  }
  if (file->outside_names > 0) {
    char number[UNITS_GROUPED_SIZE];
    out_print(out, "%sand %s %s outside", file->name_count > 0 ? "\n           " : "",
              units_grouped(number, file->outside_names), file->outside_names == 1 ? "name" : "names");
  }
  if (file->act == NLINK_ACT_LEAVE) {
    out_text(out, "  (");
    if (file->left == NLINK_LEFT_DIFFERS && file->differs != 0)
      put_differs(tale, file, &group->files[file->keep < group->file_count ? file->keep : 0].stat);
    else
      out_text(out, nlink_left_text(file->left));
    out_char(out, ')');
  }
  out_char(out, '\n');
}

static void put_group(struct dedupe_tale *tale, const struct nlink_dedupe_group *group) {
  struct out *out = tale->out;
  char gain[UNITS_SIZE_SIZE];
  char count[UNITS_GROUPED_SIZE];
  char size[UNITS_SIZE_SIZE];
  out_colour(out, OUT_BOLD);
  out_text(out, group->gain_bytes > 0 ? units_size(gain, group->gain_bytes) : "nothing");
  out_print(out, " to gain: %s files of %s", units_grouped(count, group->file_count),
            units_size(size, group->size_bytes));
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
  for (size_t i = 0; i < group->file_count && out->failed == 0; i++)
    put_file(tale, group, &group->files[i]);
}

/* ------------------------------------------------------------------ one group, for scripts */

static void put_names(struct out *out, const struct nlink_dedupe_group *group, char mark) {
  for (size_t i = 0; i < group->file_count; i++)
    for (size_t j = 0; j < group->files[i].name_count; j++) {
      out_text(out, group->files[i].names[j]);
      out_char(out, mark);
    }
  out_char(out, mark);
}

/* ------------------------------------------------------------------ all groups */

static void count(struct dedupe_tale *tale, const struct nlink_dedupe_group *group) {
  bool kept = false; /* the last that is kept was counted already */
  for (size_t i = 0; i < group->file_count; i++) {
    const struct nlink_dedupe_file *file = &group->files[i];
    if (file->act == NLINK_ACT_KEEP)
      kept = false;
    if (file->act == NLINK_ACT_REPLACE) {
      tale->kept_files += !kept;
      kept = true;
    }
    if (file->act != NLINK_ACT_LEAVE)
      continue;
    if (file->left != NLINK_LEFT_DIFFERS || file->differs == 0)
      tale->left[(unsigned)file->left < NLINK_LEFTS ? file->left : NLINK_LEFT_FAILED]++;
    for (unsigned aspect = 0; aspect < NLINK_ASPECTS; aspect++)
      tale->differs[aspect] += (file->differs >> aspect & 1u) != 0;
  }
}

void dedupe_tell_groups(struct dedupe_tale *tale, struct nlink_dedupe *dedupe) {
  struct out *out = tale->out;
  const struct nlink_dedupe_group *group;
  while (nlink_dedupe_next(dedupe, &group) == NLINK_OK && out->failed == 0) {
    count(tale, group);
    if (!tale->groups)
      continue;
    switch (tale->form) {
    case DEDUPE_PEOPLE:
      put_group(tale, group);
      out_char(out, '\n');
      break;
    case DEDUPE_JSON:
      dedupe_json_group(out, group);
      break;
    case DEDUPE_LINES:
      put_names(out, group, '\n');
      break;
    case DEDUPE_NULS:
      put_names(out, group, '\0');
      break;
    }
  }
}

/* ------------------------------------------------------------------ summaries */

static const char *file_word(uint64_t count) {
  return count == 1 ? "file" : "files";
}

/* "3 files with 4 names", or "3 files" where the names do not change. */
static void put_planned(struct dedupe_tale *tale, uint64_t files, uint64_t names) {
  char number[UNITS_GROUPED_SIZE];
  struct out *out = tale->out;
  out_print(out, "%s %s", units_grouped(number, files), file_word(files));
  if (tale->mode == NLINK_MODE_REFLINK && !tale->saved)
    return;
  out_print(out, " with %s %s", units_grouped(number, names), names == 1 ? "name" : "names");
}

/* " would become names of 2 others", or " became ..." where it is done, in the words of what is done. */
static void put_becoming(struct dedupe_tale *tale, bool done, uint64_t files, uint64_t names) {
  char number[UNITS_GROUPED_SIZE];
  struct out *out = tale->out;
  bool one = names == 1;
  bool shares = tale->saved || tale->mode == NLINK_MODE_REFLINK;
  if (shares)
    out_print(out, " %s%s", done ? "share" : "would share", done && files == 1 ? "s" : "");
  else
    out_text(out, done ? " became" : " would become");
  if (shares)
    out_text(out, tale->saved ? " what is occupied by" : " blocks with");
  if (!tale->saved && tale->mode == NLINK_MODE_HARDLINK)
    out_text(out, one ? " a name of" : " names of");
  if (!tale->saved && tale->mode == NLINK_MODE_SYMLINK)
    out_text(out, one ? " a soft link to" : " soft links to");
  out_print(out, " %s %s", units_grouped(number, tale->kept_files),
            tale->kept_files == 1 ? "other" : "others");
}

/* What equal files the plan leaves alone, and why. */
static void tell_left_files(struct dedupe_tale *tale, uint64_t files) {
  static const char *const words[NLINK_ASPECTS][2] = {
      [NLINK_ASPECT_DEVICE] = {"is on another file system", "are on other file systems"},
      [NLINK_ASPECT_OWNER] = {"has another owner", "have other owners"},
      [NLINK_ASPECT_GROUP] = {"has another group", "have other groups"},
      [NLINK_ASPECT_MODE] = {"differs in mode", "differ in mode"},
      [NLINK_ASPECT_ACL] = {"differs in its access control list", "differ in their access control lists"},
      [NLINK_ASPECT_XATTR] = {"differs in extended attributes", "differ in extended attributes"},
      [NLINK_ASPECT_SECURITY] = {"differs in capabilities or security labels",
                                 "differ in capabilities or security labels"},
      [NLINK_ASPECT_MTIME] = {"has another modification time", "have other modification times"},
      [NLINK_ASPECT_NAME] = {"has other names", "have other names"},
  };
  char number[UNITS_GROUPED_SIZE];
  struct out *out = tale->out;
  const char *comma = "";
  if (files == 0)
    return;
  out_print(out, "%s equal %s left alone: ", units_grouped(number, files),
            files == 1 ? "file is" : "files are");
  for (unsigned i = 0; i < NLINK_ASPECTS; i++) {
    if (tale->differs[i] == 0)
      continue;
    out_print(out, "%s%s %s", comma, units_grouped(number, tale->differs[i]),
              words[i][tale->differs[i] != 1]);
    comma = ", ";
  }
  bool others = false;
  for (unsigned i = 0; i < NLINK_LEFTS; i++)
    others = others || tale->left[i] > 0;
  out_text(out, others ? comma : "");
  act_put_reasons(out, tale->left);
  out_text(out, ".\n");
}

static void tell_nothing(struct dedupe_tale *tale, const struct nlink_dedupe_report *report) {
  char number[UNITS_GROUPED_SIZE];
  out_print(tale->out, "Nothing to do: %s %s looked at", units_grouped(number, report->files),
            report->files == 1 ? "file was" : "files were");
  out_text(tale->out, report->groups == 0 ? ", and no two are equal.\n" : ".\n");
}

void dedupe_tell_plan(struct dedupe_tale *tale, const struct nlink_dedupe *dedupe) {
  const struct nlink_dedupe_report *report = nlink_dedupe_report(dedupe);
  struct out *out = tale->out;
  char size[UNITS_SIZE_SIZE];
  if (tale->form == DEDUPE_JSON)
    dedupe_json_summary(out, dedupe);
  if (tale->form != DEDUPE_PEOPLE)
    return;
  if (report->planned_files == 0) {
    tell_nothing(tale, report);
  } else {
    put_planned(tale, report->planned_files, report->planned_names);
    put_becoming(tale, false, report->planned_files, report->planned_names);
    out_print(out, ", and %s would be returned.\n",
              report->gain_bytes > 0 ? units_size(size, report->gain_bytes) : "nothing");
  }
  tell_left_files(tale, report->left_files);
  if (tale->plan != NULL) {
    out_text(out, "Nothing was changed; to do it: nlink apply ");
    out_name(out, tale->plan);
    out_char(out, '\n');
  } else if (report->planned_files > 0) {
    out_print(out, "Nothing was changed; with%s it is done.\n", tale->saved ? "out --dry-run" : " --apply");
  }
}

static void tell_done(struct dedupe_tale *tale, struct act *act, const struct nlink_dedupe *dedupe) {
  const struct nlink_dedupe_report *report = nlink_dedupe_report(dedupe);
  struct out *out = tale->out;
  char number[UNITS_GROUPED_SIZE];
  char size[UNITS_SIZE_SIZE];
  if (tale->form == DEDUPE_JSON) {
    dedupe_json_summary(out, dedupe);
    return;
  }
  if (report->planned_files == 0) {
    tell_nothing(tale, report);
  } else if (report->done_files + report->done_names == 0) {
    out_text(out, tale->mode == NLINK_MODE_REFLINK ? "Nothing was shared.\n" : "Nothing was replaced.\n");
  } else {
    out_text(out, units_grouped(number, report->done_files));
    if (report->done_files < report->planned_files)
      out_print(out, " of %s", units_grouped(number, report->planned_files));
    out_print(out, " %s", file_word(report->planned_files));
    put_becoming(tale, true, report->done_files, report->done_names);
    out_print(out, ": %s returned.\n",
              report->gained_bytes > 0 ? units_size(size, report->gained_bytes) : "nothing");
  }
  tell_left_files(tale, report->left_files);
  act_tell_left(act, report->left_names);
  if (tale->mode != NLINK_MODE_REFLINK) /* else no name has changed, and there is nothing to undo */
    act_tell_journal(act, nlink_dedupe_journal(dedupe), report->done_files + report->done_names > 0);
}

int dedupe_apply(struct dedupe_tale *tale, struct act *act, struct nlink_dedupe *dedupe) {
  struct nlink_error error;
  act->json = tale->form == DEDUPE_JSON;
  act_begin(act);
  enum nlink_status status = nlink_dedupe_apply(dedupe, &act->how, &error);
  act_rest(act);
  const struct nlink_dedupe_report *report = nlink_dedupe_report(dedupe);
  tell_done(tale, act, dedupe);
  bool some = report->done_files + report->done_names > 0;
  int code = act_end(act, status, &error, "replace names", some, report->failed);
  if (status < 0 && act_stopped() == 0 && !some && !act->how.no_journal &&
      nlink_dedupe_journal(dedupe) == NULL)
    out_message(act->out,
                "no journal was made%s; nothing was changed (--journal=FILE puts it elsewhere, --no-journal "
                "does without)",
                act->how.journal != NULL ? "" : " in $XDG_STATE_HOME/nlink, else ~/.local/state/nlink");
  return code;
}

void dedupe_tale_fini(struct dedupe_tale *tale) {
  sys_names_fini(&tale->names);
}
