/*
 * repair.c - what `nlink recover` and `nlink undo` share: their report
 *
 * SPDX-License-Identifier: MIT
 */
#include "repair.h"

#include "out.h"
#include "units.h"

void repair_add(struct nlink_repair_report *sum, const struct nlink_repair_report *one) {
  sum->journals += one->journals;
  sum->names += one->names;
  sum->finished_names += one->finished_names;
  sum->returned_names += one->returned_names;
  sum->removed_names += one->removed_names;
  sum->missing_names += one->missing_names;
  sum->left_names += one->left_names;
  sum->failed += one->failed;
  sum->returned_bytes += one->returned_bytes;
}

void repair_json(struct out *out, const struct nlink_repair_report *report) {
  out_json_begin(out);
  out_json_text(out, "what", "summary");
  out_json_number(out, "journals", report->journals);
  out_json_number(out, "names", report->names);
  out_json_number(out, "finished_names", report->finished_names);
  out_json_number(out, "returned_names", report->returned_names);
  out_json_number(out, "removed_names", report->removed_names);
  out_json_number(out, "missing_names", report->missing_names);
  out_json_number(out, "left_names", report->left_names);
  out_json_number(out, "failed", report->failed);
  out_json_number(out, "returned_bytes", report->returned_bytes);
  out_json_end(out);
}

void repair_say(struct out *out, const struct nlink_repair_report *report) {
  char finished[UNITS_GROUPED_SIZE];
  char returned[UNITS_GROUPED_SIZE];
  out_message(out, "earlier work was left unfinished here, and is mended: %s finished, %s taken back",
              units_grouped(finished, report->finished_names),
              units_grouped(returned, report->returned_names));
}

void repair_put_count(struct out *out, uint64_t count, const char *one, const char *several) {
  char number[UNITS_GROUPED_SIZE];
  out_print(out, "%s %s", units_grouped(number, count), count == 1 ? one : several);
}
