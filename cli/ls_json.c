/*
 * ls_json.c - the listing as JSON, one object a line
 *
 * SPDX-License-Identifier: MIT
 */
#include "ls.h"

#include "out.h"

const char *ls_kind_word(enum nlink_kind kind) {
  switch (kind) {
  case NLINK_REGULAR:
    return "regular";
  case NLINK_DIRECTORY:
    return "directory";
  case NLINK_SYMLINK:
    return "symlink";
  case NLINK_FIFO:
    return "fifo";
  case NLINK_SOCKET:
    return "socket";
  case NLINK_CHARACTER_DEVICE:
    return "character-device";
  case NLINK_BLOCK_DEVICE:
    return "block-device";
  default:
    return "unknown";
  }
}

static void put_time(struct out *out, const char *key, int64_t time_ns) {
  if (time_ns == NLINK_TIME_UNKNOWN)
    out_json_null(out, key);
  else
    out_json_signed(out, key, time_ns);
}

void ls_json_entry(struct ls *ls, const struct nlink_list_entry *entry) {
  struct out *out = ls->out;
  const struct nlink_stat *stat = &entry->stat;
  char mode[5] = "0000";
  for (unsigned i = 0; i < 4; i++)
    mode[i] = (char)('0' + (stat->mode >> 3 * (3 - i) & 7));
  out_json_begin(out);
  out_json_name(out, "dir", entry->dir);
  out_json_name(out, "name", entry->name);
  out_json_text(out, "kind", ls_kind_word(stat->kind));
  out_json_text(out, "mode", mode);
  out_json_number(out, "mode_number", stat->mode);
  out_json_number(out, "link_count", stat->link_count);
  out_json_number(out, "uid", stat->uid);
  out_json_number(out, "gid", stat->gid);
  out_json_name(out, "owner", ls->numeric ? NULL : ls_user(ls, stat->uid)->text);
  out_json_name(out, "group_name", ls->numeric ? NULL : ls_group(ls, stat->gid)->text);
  out_json_number(out, "size_bytes", stat->size_bytes);
  out_json_number(out, "allocated_bytes", stat->allocated_bytes);
  put_time(out, "mtime_ns", stat->mtime_ns);
  out_json_number(out, "dev", stat->dev);
  out_json_number(out, "ino", stat->ino);
  out_json_name(out, "target", entry->target);
  out_json_bool(out, "dangles", entry->dangles);
  out_json_number(out, "group", entry->group);
  out_json_number(out, "names_inside", entry->names_inside);
  out_json_number(out, "names_outside", entry->names_outside);
  out_json_end(out);
}

void ls_json_event(struct ls *ls, const char *path, const struct nlink_error *error) {
  out_json_begin(ls->out);
  out_json_text(ls->out, "op", "ls");
  out_json_name(ls->out, "src", path);
  out_json_null(ls->out, "dst");
  out_json_outcome(ls->out, error);
  out_json_end(ls->out);
}
