/*
 * dedupe_json.c - groups of equal files, and what was planned and done, as JSON; "what" says of which kind
 *
 * SPDX-License-Identifier: MIT
 */
#include "dedupe.h"

#include "out.h"

static void put_file(struct out *out, const struct nlink_dedupe_file *file) {
  static const char *const acts[] = {
      [NLINK_ACT_KEEP] = "keep", [NLINK_ACT_REPLACE] = "replace", [NLINK_ACT_LEAVE] = "leave"};
  const char *differs[NLINK_ASPECTS];
  size_t count = 0;
  for (unsigned i = 0; i < NLINK_ASPECTS; i++)
    if ((file->differs & 1u << i) != 0)
      differs[count++] = nlink_aspect_name((enum nlink_aspect)i);
  out_json_item(out);
  out_json_text(out, "act", acts[file->act]);
  out_json_text(out, "left", file->act == NLINK_ACT_LEAVE ? nlink_left_name(file->left) : NULL);
  out_json_words(out, "differs", differs, count);
  out_json_number(out, "keep", file->keep);
  out_json_number(out, "dev", file->stat.dev);
  out_json_number(out, "ino", file->stat.ino);
  out_json_number(out, "link_count", file->stat.link_count);
  out_json_paths(out, "names", file->names, file->name_count);
  out_json_number(out, "outside_names", file->outside_names);
  out_json_item_end(out);
}

void dedupe_json_group(struct out *out, const struct nlink_dedupe_group *group) {
  out_json_begin(out);
  out_json_text(out, "what", "group");
  out_json_number(out, "size_bytes", group->size_bytes);
  out_json_number(out, "gain_bytes", group->gain_bytes);
  out_json_array(out);
  for (size_t i = 0; i < group->file_count; i++)
    put_file(out, &group->files[i]);
  out_json_array_end(out, "files");
  out_json_end(out);
}

void dedupe_json_summary(struct out *out, const struct nlink_dedupe *dedupe) {
  const struct nlink_dedupe_report *report = nlink_dedupe_report(dedupe);
  out_json_begin(out);
  out_json_text(out, "what", "summary");
  out_json_number(out, "names", report->names);
  out_json_number(out, "files", report->files);
  out_json_number(out, "read_bytes", report->read_bytes);
  out_json_number(out, "groups", report->groups);
  out_json_number(out, "planned_files", report->planned_files);
  out_json_number(out, "planned_names", report->planned_names);
  out_json_number(out, "gain_bytes", report->gain_bytes);
  out_json_number(out, "left_files", report->left_files);
  out_json_number(out, "done_files", report->done_files);
  out_json_number(out, "done_names", report->done_names);
  out_json_number(out, "gained_bytes", report->gained_bytes);
  out_json_number(out, "left_names", report->left_names);
  out_json_number(out, "failed", report->failed);
  out_json_name(out, "journal", nlink_dedupe_journal(dedupe));
  out_json_end(out);
}
