/*
 * ls_table.c - the listing as aligned columns, directory by directory
 *
 * A directory's names are looked over twice: once to find how wide the columns are, once to write them.
 * A line is put together in place and handed on whole, because a listing of many names is mostly this.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ls.h"

#include "out.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

/* The names that make one table: those of a directory, or all of them. */
struct table {
  const struct nlink_list_entry **entries;
  size_t count;
  size_t room;
  unsigned links;
  unsigned user;
  unsigned group;
  unsigned major;
  unsigned minor;
  unsigned size; /* or major, a comma, a space and minor */
};

static bool is_device(const struct nlink_list_entry *entry) {
  return entry->stat.kind == NLINK_CHARACTER_DEVICE || entry->stat.kind == NLINK_BLOCK_DEVICE;
}

static void widen(unsigned *width, size_t length) {
  if (length > *width)
    *width = (unsigned)length;
}

static unsigned id_width(const struct ls *ls, const struct ls_id *id) {
  return ls->numeric ? units_digits(id->id) : (unsigned)id->length;
}

static void measure(struct ls *ls, struct table *table) {
  table->links = table->user = table->group = table->major = table->minor = table->size = 0;
  uint64_t most_links = 0;
  uint64_t most_bytes = 0;
  for (size_t i = 0; i < table->count; i++) {
    const struct nlink_stat *stat = &table->entries[i]->stat;
    if (stat->link_count > most_links)
      most_links = stat->link_count;
    widen(&table->user, id_width(ls, ls_user(ls, stat->uid)));
    widen(&table->group, id_width(ls, ls_group(ls, stat->gid)));
    if (is_device(table->entries[i])) {
      widen(&table->major, units_digits(stat->rdev_major));
      widen(&table->minor, units_digits(stat->rdev_minor));
    } else if (ls->human) {
      char text[UNITS_HUMAN_SIZE];
      widen(&table->size, units_human(text, stat->size_bytes));
    } else if (stat->size_bytes > most_bytes) {
      most_bytes = stat->size_bytes;
    }
  }
  table->links = units_digits(most_links);
  if (!ls->human)
    widen(&table->size, units_digits(most_bytes));
  if (table->major > 0)
    widen(&table->size, table->major + 2 + table->minor);
}

/* ------------------------------------------------------------------ one line */

static char *put_number(char *at, uint64_t number, unsigned width) {
  unsigned digits = units_digits(number);
  width = width < digits ? digits : width;
  memset(at, ' ', width - digits);
  char *end = at + width;
  for (at = end; digits > 0; digits--) {
    *--at = (char)('0' + number % 10);
    number /= 10;
  }
  return end;
}

/* A name to the left, a number to the right, as `ls -l` has them. */
static char *put_id(const struct ls *ls, const struct ls_id *id, unsigned width, char *at) {
  if (ls->numeric)
    at = put_number(at, id->id, width);
  else if (id->text[0] >= '0' && id->text[0] <= '9') {
    memset(at, ' ', width - id->length);
    memcpy(at + width - id->length, id->text, id->length);
    at += width;
  } else {
    memcpy(at, id->text, id->length);
    memset(at + id->length, ' ', width - id->length);
    at += width;
  }
  *at++ = ' ';
  return at;
}

static char *put_size(const struct ls *ls, const struct table *table, const struct nlink_list_entry *entry,
                      char *at) {
  const struct nlink_stat *stat = &entry->stat;
  if (is_device(entry)) {
    unsigned left = table->size - 2 - table->minor;
    at = put_number(at, stat->rdev_major, left);
    *at++ = ',';
    *at++ = ' ';
    return put_number(at, stat->rdev_minor, table->minor);
  }
  if (!ls->human)
    return put_number(at, stat->size_bytes, table->size);
  char text[UNITS_HUMAN_SIZE];
  size_t length = units_human(text, stat->size_bytes);
  memset(at, ' ', table->size - length);
  memcpy(at + table->size - length, text, length);
  return at + table->size;
}

static enum out_colour colour_of(const struct nlink_list_entry *entry) {
  switch (entry->stat.kind) {
  case NLINK_DIRECTORY:
    return OUT_BLUE;
  case NLINK_SYMLINK:
    return entry->dangles ? OUT_RED : OUT_CYAN;
  case NLINK_FIFO:
  case NLINK_CHARACTER_DEVICE:
  case NLINK_BLOCK_DEVICE:
    return OUT_YELLOW;
  case NLINK_SOCKET:
    return OUT_MAGENTA;
  case NLINK_REGULAR:
    return (entry->stat.mode & 0111u) != 0 ? OUT_GREEN : OUT_PLAIN;
  default:
    return OUT_PLAIN;
  }
}

void ls_path(struct ls *ls, const char *dir, const char *name) {
  if (dir == NULL) {
    out_name(ls->out, name);
    return;
  }
  size_t dir_length = strlen(dir);
  size_t name_length = strlen(name);
  bool slash = dir_length > 0 && dir[dir_length - 1] != '/';
  char small[512];
  size_t size = dir_length + name_length + 2;
  char *path = size <= sizeof small ? small : malloc(size);
  if (path == NULL) {
    out_name(ls->out, name);
    return;
  }
  memcpy(path, dir, dir_length);
  path[dir_length] = '/';
  memcpy(path + dir_length + slash, name, name_length + 1);
  out_name(ls->out, path);
  if (path != small)
    free(path);
}

static void put_coloured_path(struct ls *ls, const struct nlink_list_entry *entry) {
  enum out_colour colour = colour_of(entry);
  if (colour != OUT_PLAIN)
    out_colour(ls->out, colour);
  ls_path(ls, ls->with_path ? entry->dir : NULL, entry->name);
  if (colour != OUT_PLAIN)
    out_colour(ls->out, OUT_PLAIN);
}

static void put_target(struct ls *ls, const struct nlink_list_entry *entry) {
  out_text(ls->out, " -> ");
  if (entry->dangles)
    out_colour(ls->out, OUT_RED);
  out_name(ls->out, entry->target);
  if (entry->dangles) {
    out_text(ls->out, " (dangles)");
    out_colour(ls->out, OUT_PLAIN);
  }
}

/* Neighbouring groups get different colours, and a group the same one in every place. */
static void put_group(struct ls *ls, const struct nlink_list_entry *entry) {
  static const enum out_colour rotation[] = {OUT_CYAN, OUT_MAGENTA, OUT_YELLOW, OUT_GREEN, OUT_BLUE};
  char text[64];
  char *at = text;
  out_char(ls->out, ' ');
  out_colour(ls->out, rotation[(entry->group - 1) % (sizeof rotation / sizeof *rotation)]);
  *at++ = '[';
  at = put_number(at, entry->group, 0);
  if (entry->names_outside > 0) {
    *at++ = ',';
    *at++ = ' ';
    at = put_number(at, entry->names_outside, 0);
    memcpy(at, " outside", 8);
    at += 8;
  }
  *at++ = ']';
  out_bytes(ls->out, text, (size_t)(at - text));
  out_colour(ls->out, OUT_PLAIN);
}

static void put_line(struct ls *ls, const struct table *table, const struct nlink_list_entry *entry) {
  enum { OTHERS = 160 }; /* all columns but the owners' and the name's take less */
  char text[OTHERS + 2 * LS_ID_MAX];
  ls_mode(text, &entry->stat);
  char *at = text + LS_MODE_LENGTH;
  *at++ = ' ';
  at = put_number(at, entry->stat.link_count, table->links);
  *at++ = ' ';
  at = put_id(ls, ls_user(ls, entry->stat.uid), table->user, at);
  at = put_id(ls, ls_group(ls, entry->stat.gid), table->group, at);
  at = put_size(ls, table, entry, at);
  *at++ = ' ';
  at += ls_time(ls, at, entry->stat.mtime_ns);
  *at++ = ' ';
  out_bytes(ls->out, text, (size_t)(at - text));
  put_coloured_path(ls, entry);
  if (entry->target != NULL)
    put_target(ls, entry);
  if (entry->group != 0)
    put_group(ls, entry);
  out_char(ls->out, '\n');
}

/* ------------------------------------------------------------------ the tables */

static bool add(struct table *table, const struct nlink_list_entry *entry) {
  if (table->count == table->room) {
    size_t room = table->room == 0 ? 256 : table->room * 2;
    const struct nlink_list_entry **entries = realloc(table->entries, room * sizeof *entries);
    if (entries == NULL)
      return false;
    table->entries = entries;
    table->room = room;
  }
  table->entries[table->count++] = entry;
  return true;
}

/* Names are not where their entries are: without this, each would be waited for. */
static void expect(const struct table *table, size_t at) {
#if defined(__GNUC__)
  enum { AHEAD = 8 };
  if (table->count - at > AHEAD)
    __builtin_prefetch(table->entries[at + AHEAD]->name);
#else
  (void)table;
  (void)at;
#endif
}

static bool write_table(struct ls *ls, struct table *table) {
  if (!ls_headings_write(ls, table->entries, table->count))
    return false;
  measure(ls, table);
  for (size_t i = 0; i < table->count && ls->out->failed == 0; i++) {
    expect(table, i);
    put_line(ls, table, table->entries[i]);
  }
  ls->entries += table->count;
  table->count = 0;
  return true;
}

bool ls_table(struct ls *ls, struct nlink_list *list) {
  struct table table = {0};
  const struct nlink_list_entry *entry = NULL;
  bool done = true;
  while (done && nlink_list_next(list, &entry) == NLINK_OK && ls->out->failed == 0) {
    /* Names that were read together share one pointer; a directory that is given twice has two. */
    if (!ls->with_path && table.count > 0 && table.entries[0]->dir != entry->dir)
      done = write_table(ls, &table);
    done = done && add(&table, entry);
  }
  if (done && table.count > 0)
    done = write_table(ls, &table);
  if (done)
    ls_headings_end(ls);
  free(table.entries);
  return done;
}

void ls_nul_entry(struct ls *ls, const struct nlink_list_entry *entry) {
  /* A path that begins with a dash would be an option to the program that it is handed to. */
  const char *dir = entry->dir != NULL ? entry->dir : entry->name[0] == '-' ? "." : "";
  size_t length = strlen(dir);
  if (length > 0 && entry->dir != NULL && dir[0] == '-')
    out_text(ls->out, "./");
  out_bytes(ls->out, dir, length);
  if (length > 0 && dir[length - 1] != '/')
    out_char(ls->out, '/');
  out_bytes(ls->out, entry->name, strlen(entry->name) + 1);
}
