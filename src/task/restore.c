/*
 * restore.c - a task as bytes in a file: the reading
 *
 * Nothing is believed. Counts are compared with the length of the file before memory is taken for them, items with what is
 * left of their record, texts are copied, and in the end all that points from one thing to another is looked at (sound.c).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/digest.h"
#include "base/error.h"
#include "os/os.h"
#include "task/record.h"
#include "task/sound.h"
#include "task/store.h"

#include <string.h>

/* Of each kind of thing. */
struct counts {
  uint32_t dirs;
  uint32_t files;
  uint32_t attributes;
  uint32_t names;
  uint32_t groups;
};

struct reader {
  struct nl_task *task;
  struct nl_store_tail *tail;
  struct nl_source source;
  uint64_t seed;
  uint64_t at;
  bool is_journal;
  bool is_ready;             /* the whole task was read */
  bool is_cut;               /* it ends before that */
  enum nl_record_type stage; /* of the last record */
  struct counts counts;      /* of all, as the task says */
  uint32_t attributes;       /* read so far */
  uint32_t attribute_file;   /* whose the last one was */
  struct nl_task_attribute *all_attributes;
  const char *wrong; /* what is wrong, where it is not memory or the source */
  bool no_memory;
};

/* The items of a record, one after the other. */
struct items {
  const unsigned char *at;
  size_t left;
};

static bool wrong(struct reader *reader, const char *text) {
  reader->wrong = text;
  return false;
}

static bool exhausted(struct reader *reader) {
  reader->no_memory = true;
  return false;
}

/* The next part of an item; NULL = the record ends before. */
static const unsigned char *take(struct items *items, size_t count) {
  if (count > items->left)
    return NULL;
  const unsigned char *taken = items->at;
  items->at += count;
  items->left -= count;
  return taken;
}

/* The one item of a record whose length was looked at. */
static const unsigned char *take_whole(struct items *items) {
  items->left = 0;
  return items->at;
}

/* A text of the item, copied; a NUL in it is wrong. */
static const char *take_text(struct reader *reader, struct items *items, size_t length) {
  const unsigned char *text = take(items, length);
  if (text == NULL || memchr(text, '\0', length) != NULL) {
    wrong(reader, "a text in it is cut or has a NUL");
    return NULL;
  }
  const char *copy = nl_arena_text(&reader->task->arena, (const char *)text, length);
  if (copy == NULL)
    exhausted(reader);
  return copy;
}

/* ---------------------------------------------------------------- header */

/* A text with a NUL, in a field. */
static bool read_field(char *to, const unsigned char *from, size_t size) {
  memcpy(to, from, size);
  return memchr(from, '\0', size) != NULL;
}

static bool read_header(struct reader *reader) {
  struct nl_task *task = reader->task;
  const unsigned char *from = nl_source_at(&reader->source, 0, 12);
  if (from == NULL || memcmp(from, NL_RECORD_MAGIC, 8) != 0)
    return wrong(reader, "it is neither a plan nor a journal of nlink");
  if (nl_get16(from + 8) != NL_RECORD_VERSION)
    return wrong(reader, "it is of a version that this nlink does not know");
  from = nl_source_at(&reader->source, 0, NL_RECORD_HEADER);
  if (from == NULL)
    return wrong(reader, "it is cut short");
  if (nl_get64(from + NL_RECORD_HEADER - 8) != nl_checksum(from, NL_RECORD_HEADER - 8))
    return wrong(reader, "its header is damaged");
  if (from[10] != NL_RECORD_PLAN && from[10] != NL_RECORD_JOURNAL)
    return wrong(reader, "it is neither a plan nor a journal");
  reader->is_journal = from[10] == NL_RECORD_JOURNAL;
  task->made_ns = (int64_t)nl_get64(from + 16);
  task->noted_ns = task->made_ns;
  memcpy(task->seed, from + 24, NL_TASK_SEED_SIZE);
  reader->seed = nl_get64(task->seed);
  reader->at = NL_RECORD_HEADER;
  if (!read_field(task->verb, from + 40, sizeof task->verb) ||
      !read_field(reader->tail->boot, from + 56, sizeof reader->tail->boot))
    return wrong(reader, "its header holds nonsense");
  return true;
}

/* ---------------------------------------------------------------- parts of a task */

static struct counts read_counts(const unsigned char *from) {
  return (struct counts){nl_get32(from), nl_get32(from + 4), nl_get32(from + 8), nl_get32(from + 12),
                         nl_get32(from + 16)};
}

/* Whether the file can hold so much. Where it cannot, it was cut. */
static bool can_hold(const struct reader *reader) {
  const struct counts *counts = &reader->counts;
  uint64_t needed =
      (uint64_t)counts->dirs * (NL_RECORD_DIR_BYTES + 1) + (uint64_t)counts->files * NL_RECORD_FILE_BYTES +
      (uint64_t)counts->attributes * (NL_RECORD_ATTRIBUTE_BYTES + 1) +
      (uint64_t)counts->names * (NL_RECORD_NAME_BYTES + 1) + (uint64_t)counts->groups * NL_RECORD_GROUP_BYTES;
  return needed <= reader->source.size;
}

static bool make(struct reader *reader, void *out, uint32_t count, size_t size_bytes) {
  void *made = count > 0 ? nl_alloc_zero(count * size_bytes) : NULL;
  memcpy(out, &made, sizeof made);
  return made != NULL || count == 0 ? true : exhausted(reader);
}

static bool read_task(struct reader *reader, struct items *items) {
  struct nl_task *task = reader->task;
  struct nlink_dedupe_report *report = &task->report;
  uint64_t *const figures[] = {
      &report->names,         &report->files,         &report->read_bytes,   &report->groups,
      &report->planned_files, &report->planned_names, &report->gain_bytes,   &report->left_files,
      &report->done_files,    &report->done_names,    &report->gained_bytes, &report->left_names,
      &report->failed,
  };
  const unsigned char *from = take_whole(items);
  reader->counts = read_counts(from);
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
    *figures[i] = nl_get64(from + 24 + 8 * i);
  reader->is_cut = !can_hold(reader);
  if (reader->is_cut)
    return false;
  if (reader->counts.attributes > 0) {
    reader->all_attributes =
        nl_arena_take(&task->arena, reader->counts.attributes * sizeof *reader->all_attributes);
    if (reader->all_attributes == NULL)
      return exhausted(reader);
  }
  return make(reader, &task->dirs, reader->counts.dirs, sizeof *task->dirs) &&
         make(reader, &task->files, reader->counts.files, sizeof *task->files) &&
         make(reader, &task->names, reader->counts.names, sizeof *task->names) &&
         make(reader, &task->groups, reader->counts.groups, sizeof *task->groups);
}

static bool read_dir(struct reader *reader, struct items *items) {
  struct nl_task *task = reader->task;
  const unsigned char *from = take(items, NL_RECORD_DIR_BYTES);
  if (from == NULL || task->dir_count == reader->counts.dirs)
    return wrong(reader, "its directories are cut or too many");
  task->dirs[task->dir_count] = take_text(reader, items, nl_get32(from));
  return task->dirs[task->dir_count++] != NULL;
}

static void read_file_fields(struct nl_task_file *file, const unsigned char *from) {
  file->dev = nl_get64(from);
  file->ino = nl_get64(from + 8);
  file->size_bytes = nl_get64(from + 16);
  file->allocated_bytes = nl_get64(from + 24);
  file->link_count = nl_get64(from + 32);
  file->ctime_ns = (int64_t)nl_get64(from + 40);
  file->mtime_ns = (int64_t)nl_get64(from + 48);
  file->own.atime_ns = (int64_t)nl_get64(from + 56);
  file->own.mtime_ns = (int64_t)nl_get64(from + 64);
  file->own.uid = nl_get32(from + 72);
  file->own.gid = nl_get32(from + 76);
  file->own.mode = nl_get32(from + 80);
  file->first_name = nl_get32(from + 84);
  file->name_count = nl_get32(from + 88);
  file->keep = nl_get32(from + 92);
  file->group = nl_get32(from + 96);
  file->deed = from[100];
  file->left = from[101];
  file->differs = nl_get16(from + 102);
}

static bool read_file(struct reader *reader, struct items *items) {
  struct nl_task *task = reader->task;
  const unsigned char *from = take(items, NL_RECORD_FILE_BYTES);
  if (from == NULL || task->file_count == reader->counts.files)
    return wrong(reader, "its files are cut or too many");
  struct nl_task_file *file = &task->files[task->file_count++];
  uint32_t target = nl_get32(from + 104);
  uint32_t aim = nl_get32(from + 108);
  read_file_fields(file, from);
  if (target != NL_RECORD_NO_TEXT && (file->target = take_text(reader, items, target)) == NULL)
    return false;
  return aim == NL_RECORD_NO_TEXT || (file->aim = take_text(reader, items, aim)) != NULL;
}

static bool read_attribute(struct reader *reader, struct items *items) {
  const struct nl_task *task = reader->task;
  const unsigned char *from = take(items, NL_RECORD_ATTRIBUTE_BYTES);
  if (from == NULL || reader->attributes == reader->counts.attributes)
    return wrong(reader, "its attributes are cut or too many");
  uint32_t file = nl_get32(from);
  uint32_t name = nl_get32(from + 4);
  uint32_t length = nl_get32(from + 8);
  if (file >= task->file_count || file < reader->attribute_file || name == 0)
    return wrong(reader, "an attribute is no file's, or has no name");
  struct nl_task_attribute *attribute = &reader->all_attributes[reader->attributes++];
  attribute->name = take_text(reader, items, name);
  if (attribute->name == NULL)
    return false;
  from = take(items, length);
  if (from == NULL)
    return wrong(reader, "its attributes are cut");
  attribute->value = nl_arena_text(&reader->task->arena, (const char *)from, length);
  attribute->length = length;
  struct nl_task_own *own = &reader->task->files[file].own;
  if (own->attribute_count++ == 0)
    own->attributes = attribute;
  reader->attribute_file = file;
  return attribute->value != NULL ? true : exhausted(reader);
}

static bool read_name(struct reader *reader, struct items *items) {
  struct nl_task *task = reader->task;
  const unsigned char *from = take(items, NL_RECORD_NAME_BYTES);
  if (from == NULL || task->name_count == reader->counts.names)
    return wrong(reader, "its names are cut or too many");
  struct nl_task_name *name = &task->names[task->name_count++];
  name->dir = nl_get32(from);
  name->file = nl_get32(from + 4);
  name->state = from[8];
  name->left = from[9];
  name->text = take_text(reader, items, nl_get16(from + 10));
  return name->text != NULL;
}

static bool read_group(struct reader *reader, struct items *items) {
  struct nl_task *task = reader->task;
  const unsigned char *from = take(items, NL_RECORD_GROUP_BYTES);
  if (from == NULL || task->group_count == reader->counts.groups)
    return wrong(reader, "its groups are cut or too many");
  struct nl_task_group *group = &task->groups[task->group_count++];
  group->size_bytes = nl_get64(from);
  group->gain_bytes = nl_get64(from + 8);
  group->first_file = nl_get32(from + 16);
  group->file_count = nl_get32(from + 20);
  return true;
}

/* The task is whole where all that was announced came. */
static bool read_ready(struct reader *reader, struct items *items) {
  struct nl_task *task = reader->task;
  const unsigned char *from = take_whole(items);
  const struct counts got = {task->dir_count, task->file_count, reader->attributes, task->name_count,
                             task->group_count};
  struct counts told = read_counts(from);
  if (memcmp(&got, &reader->counts, sizeof got) != 0 || memcmp(&got, &told, sizeof got) != 0)
    return wrong(reader, "it does not hold what it says");
  reader->wrong = nl_task_unsound(task);
  reader->is_ready = reader->wrong == NULL;
  return reader->is_ready;
}

/* ---------------------------------------------------------------- what became of it */

static bool read_outcome(struct reader *reader, struct items *items) {
  const unsigned char *from = take(items, NL_RECORD_OUTCOME_BYTES);
  if (from == NULL)
    return wrong(reader, "its outcomes are cut");
  uint32_t name = nl_get32(from);
  if (name >= reader->task->name_count || from[4] > NL_TASK_UNDONE || from[5] >= NLINK_LEFTS)
    return wrong(reader, "an outcome is no name's, or not known");
  reader->task->names[name].state = from[4];
  reader->task->names[name].left = from[5];
  return true;
}

static bool read_end(struct reader *reader, struct items *items) {
  struct nl_store_tail *tail = reader->tail;
  const unsigned char *from = take_whole(items);
  uint32_t state = nl_get32(from);
  if (state != NLINK_JOURNAL_DONE && state != NLINK_JOURNAL_RECOVERED && state != NLINK_JOURNAL_UNDONE)
    return wrong(reader, "it ended in a way that is not known");
  tail->state = (enum nlink_journal_state)state;
  tail->done_names = nl_get64(from + 8);
  tail->gained_bytes = nl_get64(from + 16);
  tail->ended_ns = (int64_t)nl_get64(from + 24);
  return read_field(tail->boot, from + 32, sizeof tail->boot) ? true : wrong(reader, "it ended in nonsense");
}

/* ---------------------------------------------------------------- all records */

/* Whether a record may stand here. A journal that was cut before its task was whole has an end and no task. */
static bool has_place(const struct reader *reader, enum nl_record_type type) {
  if (type == NL_RECORD_TASK)
    return reader->stage == 0;
  if (type == NL_RECORD_END && reader->stage == 0)
    return reader->is_journal;
  if (type >= NL_RECORD_OUTCOMES)
    return reader->is_journal && (reader->is_ready || reader->stage == NL_RECORD_END);
  return reader->stage != 0 && type >= reader->stage && !reader->is_ready;
}

/* Those that hold one item each. */
static uint32_t length_of(enum nl_record_type type) {
  return type == NL_RECORD_TASK    ? NL_RECORD_TASK_BYTES
         : type == NL_RECORD_READY ? NL_RECORD_READY_BYTES
         : type == NL_RECORD_END   ? NL_RECORD_END_BYTES
                                   : 0;
}

static bool read_item(struct reader *reader, enum nl_record_type type, struct items *items) {
  switch (type) {
  case NL_RECORD_TASK:
    return read_task(reader, items);
  case NL_RECORD_DIRS:
    return read_dir(reader, items);
  case NL_RECORD_FILES:
    return read_file(reader, items);
  case NL_RECORD_ATTRIBUTES:
    return read_attribute(reader, items);
  case NL_RECORD_NAMES:
    return read_name(reader, items);
  case NL_RECORD_GROUPS:
    return read_group(reader, items);
  case NL_RECORD_READY:
    return read_ready(reader, items);
  case NL_RECORD_OUTCOMES:
    return read_outcome(reader, items);
  case NL_RECORD_END:
    return read_end(reader, items);
  case NL_RECORD_TYPES:
    break;
  }
  return wrong(reader, "a record in it is of no known type");
}

static bool read_record(struct reader *reader, const struct nl_record *record) {
  struct items items = {record->payload, record->length};
  uint32_t length = length_of(record->type);
  if (!has_place(reader, record->type))
    return wrong(reader, "its records are in an order that makes no sense");
  if (length > 0 && length != record->length)
    return wrong(reader, "a record in it is too short or too long");
  reader->stage = record->type;
  while (items.left > 0)
    if (!read_item(reader, record->type, &items))
      return false;
  return true;
}

static void read_records(struct reader *reader) {
  struct nl_source *source = &reader->source;
  struct nl_record record;
  while (nl_record_read(&record, source, reader->seed, reader->at)) {
    if (!read_record(reader, &record))
      return;
    reader->at = record.next;
  }
  if (reader->is_ready && !reader->is_journal && reader->at < source->size)
    reader->wrong = "something stands behind its end";
  if (reader->is_ready || reader->stage == NL_RECORD_END || source->sys != 0)
    return;
  reader->is_cut = reader->at >= source->size || !nl_record_stands_behind(source, reader->seed, reader->at);
  if (!reader->is_cut)
    reader->wrong = "it is damaged";
}

/* Forget what came of a task that is not whole: nothing of it had been done. */
static void forget(struct reader *reader) {
  struct nl_task *task = reader->task;
  struct nl_task kept = {.made_ns = task->made_ns};
  memcpy(kept.seed, task->seed, sizeof kept.seed);
  memcpy(kept.verb, task->verb, sizeof kept.verb);
  nl_task_fini(task);
  *task = kept;
  reader->at = NL_RECORD_HEADER;
}

static void count_done(struct reader *reader) {
  for (uint32_t i = 0; i < reader->task->name_count; i++)
    reader->tail->done_names += reader->task->names[i].state == NL_TASK_DONE;
}

static enum nlink_status tell(const struct reader *reader, struct nlink_error *error) {
  int sys = reader->source.sys;
  if (reader->no_memory)
    return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  if (sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_READ, sys, NULL);
  if (reader->wrong != NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_JOURNAL, 0, "%s", reader->wrong);
  return NLINK_OK;
}

/* The source is given; all else is begun here. */
static enum nlink_status read_all(struct reader *reader, bool *is_journal, uint64_t *whole,
                                  struct nlink_error *error) {
  *reader->task = (struct nl_task){0};
  *reader->tail = (struct nl_store_tail){.ended_ns = NLINK_TIME_UNKNOWN, .state = NLINK_JOURNAL_UNFINISHED};
  if (read_header(reader))
    read_records(reader);
  if (reader->is_cut && reader->is_journal)
    forget(reader);
  else if (reader->is_cut)
    wrong(reader, "it is cut short");
  enum nlink_status status = tell(reader, error);
  nl_source_fini(&reader->source);
  if (status < 0) {
    nl_task_fini(reader->task);
    return status;
  }
  if (reader->tail->state == NLINK_JOURNAL_UNFINISHED)
    count_done(reader);
  *is_journal = reader->is_journal;
  *whole = reader->at;
  return NLINK_OK;
}

enum nlink_status nl_store_read(struct nl_task *task, struct nl_store_tail *tail, bool *is_journal,
                                uint64_t *whole, int fd, struct nlink_error *error) {
  struct nlink_stat stat = {0};
  int sys = nl_os_stat_fd(&stat, fd);
  if (sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_STAT, sys, NULL);
  if (stat.kind != NLINK_REGULAR)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_JOURNAL, 0, "it is no regular file");
  struct reader reader = {.task = task, .tail = tail, .source = {.fd = fd, .size = stat.size_bytes}};
  return read_all(&reader, is_journal, whole, error);
}

enum nlink_status nl_store_read_bytes(struct nl_task *task, struct nl_store_tail *tail, bool *is_journal,
                                      uint64_t *whole, const void *bytes, size_t count,
                                      struct nlink_error *error) {
  struct reader reader = {
      .task = task, .tail = tail, .source = {.bytes = count > 0 ? bytes : "", .size = count}};
  return read_all(&reader, is_journal, whole, error);
}
