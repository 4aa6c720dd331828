/*
 * space_table.c - rows of figures as aligned columns, and what they leave open
 *
 * SPDX-License-Identifier: MIT
 */
#include "space.h"

#include "out.h"
#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t space_size(char text[SPACE_NUMBER_SIZE], const struct space_wish *wish, uint64_t size_bytes) {
  if (wish->bytes)
    return (size_t)snprintf(text, SPACE_NUMBER_SIZE, "%llu", (unsigned long long)size_bytes);
  size_t length = units_human(text, size_bytes);
  text[length] = '\0';
  return length;
}

size_t space_count(char text[SPACE_NUMBER_SIZE], const struct space_wish *wish, uint64_t count) {
  if (wish->bytes)
    return space_size(text, wish, count);
  return strlen(units_grouped(text, count));
}

/* ------------------------------------------------------------------ rows */

enum { COLUMNS = 6, HELD_COLUMN = 2 };

static size_t cell(char text[SPACE_NUMBER_SIZE], const struct space_wish *wish,
                   const struct nlink_space_row *row, unsigned column) {
  static const bool is_size[COLUMNS] = {true, true, true, true, false, false};
  const uint64_t figures[COLUMNS] = {row->freed_bytes,    row->once_bytes, row->held_bytes,
                                     row->apparent_bytes, row->names,      row->files};
  return is_size[column] ? space_size(text, wish, figures[column]) : space_count(text, wish, figures[column]);
}

static void put_right(struct out *out, const char *text, size_t length, size_t width) {
  out_spaces(out, width - length);
  out_bytes(out, text, length);
}

static void put_row(const struct space_wish *wish, const struct nlink_space_row *row,
                    const size_t widths[COLUMNS]) {
  struct out *out = wish->scope->out;
  char text[SPACE_NUMBER_SIZE];
  for (unsigned i = 0; i < COLUMNS; i++) {
    bool marked = i == HELD_COLUMN && row->held_bytes > 0;
    size_t length = cell(text, wish, row, i);
    if (marked)
      out_colour(out, OUT_YELLOW);
    put_right(out, text, length, widths[i]);
    if (marked)
      out_colour(out, OUT_PLAIN);
    out_text(out, "  ");
  }
  if (row->path != NULL)
    out_name(out, row->path);
  else
    out_text(out, "together");
  out_char(out, '\n');
}

bool space_rows_gather(struct space_rows *rows, const struct space_wish *wish, struct nlink_space *space) {
  const struct nlink_space_row *row;
  size_t room = 0;
  *rows = (struct space_rows){0};
  while (nlink_space_next(space, &row) == NLINK_OK) {
    if (rows->count == room) {
      room = room > 0 ? 2 * room : 256;
      const struct nlink_space_row **more = realloc(rows->all, room * sizeof *more);
      if (more == NULL)
        return false;
      rows->all = more;
    }
    rows->all[rows->count++] = row;
  }
  for (size_t i = 0; wish->reverse && i < rows->count / 2; i++) {
    const struct nlink_space_row *other = rows->all[rows->count - 1 - i];
    rows->all[rows->count - 1 - i] = rows->all[i];
    rows->all[i] = other;
  }
  if (wish->top > 0 && wish->top < rows->count)
    rows->count = wish->top;
  return true;
}

void space_rows_fini(struct space_rows *rows) {
  free(rows->all);
}

/* A path that was given twice has one row. */
static bool was_told(const struct nlink_space *space, const struct nlink_space_row *root, size_t index) {
  for (size_t i = 0; i < index; i++)
    if (nlink_space_root(space, i) == root)
      return true;
  return false;
}

static void tell_held_by_path(const struct space_wish *wish, const struct nlink_space *space) {
  const struct scope *scope = wish->scope;
  /* Of a list, which can be long, only the whole is told. */
  if (!scope->look.listed)
    for (size_t i = 0; i < scope->count; i++) {
      const struct nlink_space_row *root = nlink_space_root(space, i);
      if (root != NULL && root->held_bytes > 0 && !was_told(space, root, i))
        space_tell_held(wish, root, scope->count > 1 ? root->path : NULL);
    }
  if (scope->count > 1 && (scope->look.listed || wish->shows == SPACE_SET))
    space_tell_held(wish, nlink_space_set(space), "");
}

static void put_table(const struct space_wish *wish, const struct space_rows *rows,
                      const struct nlink_space_row *set) {
  static const char *const heads[COLUMNS] = {"FREED", "ONCE", "HELD", "APPARENT", "NAMES", "FILES"};
  struct out *out = wish->scope->out;
  char text[SPACE_NUMBER_SIZE];
  size_t widths[COLUMNS];
  for (unsigned i = 0; i < COLUMNS; i++) {
    widths[i] = strlen(heads[i]);
    for (size_t j = 0; j < rows->count + (set != NULL); j++) {
      size_t length = cell(text, wish, j < rows->count ? rows->all[j] : set, i);
      widths[i] = length > widths[i] ? length : widths[i];
    }
  }
  out_colour(out, OUT_BOLD);
  for (unsigned i = 0; i < COLUMNS; i++) {
    put_right(out, heads[i], strlen(heads[i]), widths[i]);
    out_text(out, "  ");
  }
  out_text(out, "PATH");
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
  for (size_t i = 0; i < rows->count && out->failed == 0; i++)
    put_row(wish, rows->all[i], widths);
  if (set != NULL)
    put_row(wish, set, widths);
  out_char(out, '\n');
}

bool space_tell_rows(const struct space_wish *wish, struct nlink_space *space) {
  struct space_rows rows;
  bool done = space_rows_gather(&rows, wish, space);
  if (done) {
    put_table(wish, &rows, wish->shows == SPACE_SET ? nlink_space_set(space) : NULL);
    tell_held_by_path(wish, space);
  }
  space_rows_fini(&rows);
  return done;
}

/* ------------------------------------------------------------------ a row of snapshots */

static size_t series_cell(char text[SPACE_NUMBER_SIZE], const struct space_wish *wish,
                          const struct nlink_space *space, size_t index, bool oldest) {
  if (oldest)
    return space_size(text, wish, nlink_space_oldest(space, index));
  const struct nlink_space_row *root = nlink_space_root(space, index);
  if (root != NULL)
    return space_size(text, wish, root->freed_bytes);
  text[0] = '-'; /* it could not be looked at */
  text[1] = '\0';
  return 1;
}

size_t space_series_count(const struct space_wish *wish) {
  size_t count = wish->scope->count;
  return wish->top > 0 && wish->top < count ? wish->top : count;
}

void space_tell_series(const struct space_wish *wish, struct nlink_space *space) {
  static const char *const heads[] = {"ALONE", "OLDEST-TOGETHER"};
  const struct scope *scope = wish->scope;
  struct out *out = scope->out;
  char text[SPACE_NUMBER_SIZE];
  size_t count = space_series_count(wish);
  size_t widths[] = {strlen(heads[0]), strlen(heads[1])};
  for (size_t i = 0; i < count; i++)
    for (unsigned j = 0; j < 2; j++) {
      size_t length = series_cell(text, wish, space, i, j == 1);
      widths[j] = length > widths[j] ? length : widths[j];
    }
  out_colour(out, OUT_BOLD);
  put_right(out, heads[0], strlen(heads[0]), widths[0]);
  out_text(out, "  ");
  put_right(out, heads[1], strlen(heads[1]), widths[1]);
  out_text(out, "  PATH");
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
  for (size_t i = 0; i < count && out->failed == 0; i++) {
    for (unsigned j = 0; j < 2; j++) {
      size_t length = series_cell(text, wish, space, i, j == 1);
      put_right(out, text, length, widths[j]);
      out_text(out, "  ");
    }
    out_name(out, scope->paths[i]);
    out_char(out, '\n');
  }
  out_char(out, '\n');
}

/* ------------------------------------------------------------------ what the figures leave open */

static const char *plural(uint64_t count, const char *one, const char *many) {
  return count == 1 ? one : many;
}

void space_tell_held(const struct space_wish *wish, const struct nlink_space_row *row, const char *of) {
  struct out *out = wish->scope->out;
  char size[SPACE_NUMBER_SIZE];
  char files[SPACE_NUMBER_SIZE];
  char names[SPACE_NUMBER_SIZE];
  if (row->held_bytes == 0)
    return;
  space_size(size, wish, row->held_bytes);
  space_count(files, wish, row->held_files);
  space_count(names, wish, row->outside_names);
  out_colour(out, OUT_YELLOW);
  out_print(out, "held: %s in %s %s by %s %s outside", size, files, plural(row->held_files, "file", "files"),
            names, plural(row->outside_names, "name", "names"));
  if (of != NULL && *of == '\0')
    out_text(out, " them all");
  else if (of != NULL)
    out_print(out, " %s", out_quote(out, 0, of));
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
}

/* "3 files changed ...": one line with the count before it; nothing for none. */
static void doubt(const struct space_wish *wish, uint64_t count, const char *one, const char *many) {
  char text[SPACE_NUMBER_SIZE];
  if (count == 0)
    return;
  space_count(text, wish, count);
  out_print(wish->scope->out, "%s %s.\n", text, plural(count, one, many));
}

void space_tell_doubts(const struct space_wish *wish, const struct nlink_space *space, bool freed) {
  const struct nlink_space_doubts *doubts = nlink_space_doubts(space);
  if (!freed && doubts->changed_files + doubts->wrong_counts + doubts->unread > 0)
    out_char(wish->scope->out, '\n');
  doubt(wish, doubts->changed_files, "file changed while it was looked at, and is not told as freed",
        "files changed while they were looked at, and are not told as freed");
  doubt(wish, doubts->wrong_counts, "file has more names than its link count says",
        "files have more names than their link counts say");
  doubt(wish, doubts->unread, "place could not be looked at: what is there is not in the figures",
        "places could not be looked at: what is there is not in the figures");
  if (freed)
    out_text(wish->scope->out, doubts->may_share_extents
                                   ? "Open files and shared extents can make the true figure smaller.\n"
                                   : "Open files can make the true figure smaller.\n");
}
