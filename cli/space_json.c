/*
 * space_json.c - figures as JSON, one object a line; "what" says of which kind
 *
 * SPDX-License-Identifier: MIT
 */
#include "space.h"

#include "ls.h"
#include "out.h"

static void begin(struct out *out, const char *what) {
  out_json_begin(out);
  out_json_text(out, "what", what);
}

static void put_row(struct out *out, const struct nlink_space_row *row) {
  out_json_name(out, "path", row->path);
  out_json_number(out, "depth", row->depth);
  out_json_text(out, "kind", ls_kind_word(row->kind));
  out_json_number(out, "apparent_bytes", row->apparent_bytes);
  out_json_number(out, "once_bytes", row->once_bytes);
  out_json_number(out, "freed_bytes", row->freed_bytes);
  out_json_number(out, "held_bytes", row->held_bytes);
  out_json_number(out, "held_files", row->held_files);
  out_json_number(out, "outside_names", row->outside_names);
  out_json_number(out, "names", row->names);
  out_json_number(out, "files", row->files);
  out_json_number(out, "directories", row->directories);
}

static bool tell_rows(const struct space_wish *wish, struct nlink_space *space) {
  struct out *out = wish->scope->out;
  struct space_rows rows;
  bool done = space_rows_gather(&rows, wish, space);
  for (size_t i = 0; done && i < rows.count && out->failed == 0; i++) {
    begin(out, "row");
    put_row(out, rows.all[i]);
    out_json_end(out);
  }
  space_rows_fini(&rows);
  return done;
}

static void tell_set(struct out *out, const struct nlink_space *space) {
  begin(out, "together");
  put_row(out, nlink_space_set(space));
  out_json_end(out);
}

static void tell_series(const struct space_wish *wish, const struct nlink_space *space) {
  const struct scope *scope = wish->scope;
  struct out *out = scope->out;
  size_t count = space_series_count(wish);
  for (size_t i = 0; i < count && out->failed == 0; i++) {
    const struct nlink_space_row *root = nlink_space_root(space, i);
    begin(out, "series");
    if (root != NULL)
      put_row(out, root);
    else
      out_json_name(out, "path", scope->paths[i]);
    out_json_number(out, "oldest_bytes", nlink_space_oldest(space, i));
    out_json_end(out);
  }
}

static void tell_groups(struct out *out, struct nlink_space *space) {
  const struct nlink_space_group *group = NULL;
  while (nlink_space_next_group(space, &group) == NLINK_OK && out->failed == 0) {
    begin(out, "group");
    out_json_number(out, "dev", group->dev);
    out_json_number(out, "ino", group->ino);
    out_json_number(out, "link_count", group->link_count);
    out_json_text(out, "kind", ls_kind_word(group->kind));
    out_json_number(out, "size_bytes", group->size_bytes);
    out_json_number(out, "allocated_bytes", group->allocated_bytes);
    out_json_number(out, "name_count", group->name_count);
    out_json_number(out, "outside_names", group->outside_names);
    out_json_paths(out, "names", group->names, (size_t)group->name_count);
    out_json_end(out);
  }
}

static void tell_holders(struct out *out, struct nlink_space *space) {
  const struct nlink_space_holder *holder = NULL;
  while (nlink_space_next_holder(space, &holder) == NLINK_OK && out->failed == 0) {
    begin(out, "holder");
    out_json_name(out, "path", holder->path);
    out_json_name(out, "inside", holder->inside);
    out_json_number(out, "dev", holder->dev);
    out_json_number(out, "ino", holder->ino);
    out_json_number(out, "allocated_bytes", holder->allocated_bytes);
    out_json_number(out, "missing", holder->missing);
    out_json_end(out);
  }
}

static void tell_doubts(struct out *out, const struct nlink_space *space) {
  const struct nlink_space_doubts *doubts = nlink_space_doubts(space);
  begin(out, "doubts");
  out_json_number(out, "changed_files", doubts->changed_files);
  out_json_number(out, "wrong_counts", doubts->wrong_counts);
  out_json_number(out, "unread", doubts->unread);
  out_json_bool(out, "may_share_extents", doubts->may_share_extents);
  out_json_end(out);
}

bool space_tell_json(const struct space_wish *wish, struct nlink_space *space) {
  struct out *out = wish->scope->out;
  switch (wish->shows) {
  case SPACE_ROWS:
  case SPACE_SET:
    if (!tell_rows(wish, space))
      return false;
    break;
  case SPACE_SERIES:
    tell_series(wish, space);
    break;
  case SPACE_GROUPS:
    tell_groups(out, space);
    break;
  case SPACE_WHY_NOT:
    tell_holders(out, space);
    break;
  }
  if (wish->shows == SPACE_SET || wish->shows == SPACE_WHY_NOT)
    tell_set(out, space);
  tell_doubts(out, space);
  return true;
}
