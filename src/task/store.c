/*
 * store.c - a task as bytes in a file: the writing
 *
 * Items are put into a buffer, many to a record; a record is sealed when it is long enough, and the buffer is handed to
 * the system when it is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "task/store.h"

#include "base/digest.h"
#include "os/os.h"
#include "task/record.h"

#include <string.h>

enum { BUFFER_BYTES = 1 << 20 };

void nl_store_resume(struct nl_store *store, const struct nl_task *task, uint64_t whole) {
  store->at = whole;
  store->seed = nl_get64(task->seed);
}

int nl_store_flush(struct nl_store *store) {
  if (store->sys == 0 && store->buffer.length > 0)
    store->sys = nl_os_write(store->fd, store->buffer.text, store->buffer.length);
  store->at += store->buffer.length;
  nl_string_cut(&store->buffer, 0);
  return store->sys;
}

void nl_store_fini(struct nl_store *store) {
  if (store != NULL)
    nl_string_fini(&store->buffer);
}

/* ---------------------------------------------------------------- records */

/* Room for so many bytes more; NULL = it failed, now or before. */
static unsigned char *take(struct nl_store *store, size_t count) {
  char *room = store->sys == 0 ? nl_string_extend(&store->buffer, count) : NULL;
  if (room == NULL && store->sys == 0)
    store->sys = nl_os_number(NLINK_NO_MEMORY);
  return (unsigned char *)room;
}

static void begin(struct nl_store *store) {
  store->record = store->buffer.length;
  take(store, NL_RECORD_HEAD);
}

static size_t length_of_record(const struct nl_store *store) {
  return store->buffer.length - store->record - NL_RECORD_HEAD;
}

static void end(struct nl_store *store, enum nl_record_type type) {
  if (store->sys != 0)
    return;
  size_t length = length_of_record(store);
  size_t whole = (size_t)nl_record_size(length);
  if (length > NL_RECORD_LARGEST) {
    store->sys = nl_os_number(NLINK_NAME_TOO_LONG);
    return;
  }
  if (take(store, whole - NL_RECORD_HEAD - length) == NULL)
    return;
  unsigned char *record = (unsigned char *)store->buffer.text + store->record;
  nl_record_seal(record, store->at + store->record, store->seed, type, (uint32_t)length);
  if (store->buffer.length >= BUFFER_BYTES)
    nl_store_flush(store);
}

/* Between two items: begin another record where the present one is long. */
static void part(struct nl_store *store, enum nl_record_type type) {
  if (length_of_record(store) < NL_RECORD_BATCH || store->sys != 0)
    return;
  end(store, type);
  begin(store);
}

/* ---------------------------------------------------------------- the parts of a task */

static void put_header(struct nl_store *store, const struct nl_task *task, bool is_journal) {
  unsigned char *to = take(store, NL_RECORD_HEADER);
  if (to == NULL)
    return;
  char boot[40] = {0};
  nl_os_boot(boot);
  memset(to, 0, NL_RECORD_HEADER);
  memcpy(to, NL_RECORD_MAGIC, 8);
  nl_put16(to + 8, NL_RECORD_VERSION);
  to[10] = is_journal ? NL_RECORD_JOURNAL : NL_RECORD_PLAN;
  nl_put32(to + 12, NL_RECORD_HEADER);
  nl_put64(to + 16, (uint64_t)task->made_ns);
  memcpy(to + 24, task->seed, NL_TASK_SEED_SIZE);
  memcpy(to + 40, task->verb, sizeof task->verb);
  memcpy(to + 56, boot, sizeof boot);
  nl_put64(to + NL_RECORD_HEADER - 8, nl_checksum(to, NL_RECORD_HEADER - 8));
}

static uint32_t attribute_count(const struct nl_task *task) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < task->file_count; i++)
    count += task->files[i].own.attribute_count;
  return count;
}

static void put_counts(unsigned char *to, const struct nl_task *task, uint32_t attributes) {
  nl_put32(to, task->dir_count);
  nl_put32(to + 4, task->file_count);
  nl_put32(to + 8, attributes);
  nl_put32(to + 12, task->name_count);
  nl_put32(to + 16, task->group_count);
  nl_put32(to + 20, 0);
}

static void put_task(struct nl_store *store, const struct nl_task *task, uint32_t attributes) {
  const struct nlink_dedupe_report *report = &task->report;
  const uint64_t figures[] = {
      report->names,         report->files,         report->read_bytes,   report->groups,
      report->planned_files, report->planned_names, report->gain_bytes,   report->left_files,
      report->done_files,    report->done_names,    report->gained_bytes, report->left_names,
      report->failed,
  };
  begin(store);
  unsigned char *to = take(store, NL_RECORD_TASK_BYTES);
  if (to == NULL)
    return;
  put_counts(to, task, attributes);
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
    nl_put64(to + 24 + 8 * i, figures[i]);
  end(store, NL_RECORD_TASK);
}

static void put_dirs(struct nl_store *store, const struct nl_task *task) {
  begin(store);
  for (uint32_t i = 0; i < task->dir_count && store->sys == 0; i++) {
    size_t length = strlen(task->dirs[i]);
    part(store, NL_RECORD_DIRS);
    unsigned char *to = length < NL_RECORD_LARGEST ? take(store, NL_RECORD_DIR_BYTES + length) : NULL;
    if (to != NULL) {
      nl_put32(to, (uint32_t)length);
      memcpy(to + NL_RECORD_DIR_BYTES, task->dirs[i], length);
    } else if (store->sys == 0) {
      store->sys = nl_os_number(NLINK_NAME_TOO_LONG);
    }
  }
  end(store, NL_RECORD_DIRS);
}

static void put_file_fields(unsigned char *to, const struct nl_task_file *file) {
  nl_put64(to, file->dev);
  nl_put64(to + 8, file->ino);
  nl_put64(to + 16, file->size_bytes);
  nl_put64(to + 24, file->allocated_bytes);
  nl_put64(to + 32, file->link_count);
  nl_put64(to + 40, (uint64_t)file->ctime_ns);
  nl_put64(to + 48, (uint64_t)file->mtime_ns);
  nl_put64(to + 56, (uint64_t)file->own.atime_ns);
  nl_put64(to + 64, (uint64_t)file->own.mtime_ns);
  nl_put32(to + 72, file->own.uid);
  nl_put32(to + 76, file->own.gid);
  nl_put32(to + 80, file->own.mode);
  nl_put32(to + 84, file->first_name);
  nl_put32(to + 88, file->name_count);
  nl_put32(to + 92, file->keep);
  nl_put32(to + 96, file->group);
  to[100] = file->deed;
  to[101] = file->left;
  nl_put16(to + 102, file->differs);
}

/* The texts of soft links are no longer than paths, which no system makes longer than a record can be. */
static void put_files(struct nl_store *store, const struct nl_task *task) {
  begin(store);
  for (uint32_t i = 0; i < task->file_count && store->sys == 0; i++) {
    const struct nl_task_file *file = &task->files[i];
    size_t target = file->target != NULL ? strlen(file->target) : 0;
    size_t aim = file->aim != NULL ? strlen(file->aim) : 0;
    part(store, NL_RECORD_FILES);
    unsigned char *to = take(store, NL_RECORD_FILE_BYTES + target + aim);
    if (to == NULL)
      return;
    put_file_fields(to, file);
    nl_put32(to + 104, file->target != NULL ? (uint32_t)target : NL_RECORD_NO_TEXT);
    nl_put32(to + 108, file->aim != NULL ? (uint32_t)aim : NL_RECORD_NO_TEXT);
    if (target > 0)
      memcpy(to + NL_RECORD_FILE_BYTES, file->target, target);
    if (aim > 0)
      memcpy(to + NL_RECORD_FILE_BYTES + target, file->aim, aim);
  }
  end(store, NL_RECORD_FILES);
}

static void put_attribute(struct nl_store *store, uint32_t file, const struct nl_task_attribute *attribute) {
  size_t name = strlen(attribute->name);
  unsigned char *to = take(store, NL_RECORD_ATTRIBUTE_BYTES + name + attribute->length);
  if (to == NULL)
    return;
  nl_put32(to, file);
  nl_put32(to + 4, (uint32_t)name);
  nl_put32(to + 8, (uint32_t)attribute->length);
  memcpy(to + NL_RECORD_ATTRIBUTE_BYTES, attribute->name, name);
  if (attribute->length > 0)
    memcpy(to + NL_RECORD_ATTRIBUTE_BYTES + name, attribute->value, attribute->length);
}

static void put_attributes(struct nl_store *store, const struct nl_task *task) {
  begin(store);
  for (uint32_t i = 0; i < task->file_count; i++)
    for (uint32_t j = 0; j < task->files[i].own.attribute_count && store->sys == 0; j++) {
      part(store, NL_RECORD_ATTRIBUTES);
      put_attribute(store, i, &task->files[i].own.attributes[j]);
    }
  end(store, NL_RECORD_ATTRIBUTES);
}

static void put_names(struct nl_store *store, const struct nl_task *task) {
  begin(store);
  for (uint32_t i = 0; i < task->name_count && store->sys == 0; i++) {
    const struct nl_task_name *name = &task->names[i];
    size_t length = strlen(name->text);
    part(store, NL_RECORD_NAMES);
    unsigned char *to = length <= UINT16_MAX ? take(store, NL_RECORD_NAME_BYTES + length) : NULL;
    if (to == NULL) {
      store->sys = store->sys != 0 ? store->sys : nl_os_number(NLINK_NAME_TOO_LONG);
      return;
    }
    nl_put32(to, name->dir);
    nl_put32(to + 4, name->file);
    to[8] = name->state;
    to[9] = name->left;
    nl_put16(to + 10, (uint16_t)length);
    memcpy(to + NL_RECORD_NAME_BYTES, name->text, length);
  }
  end(store, NL_RECORD_NAMES);
}

static void put_groups(struct nl_store *store, const struct nl_task *task) {
  begin(store);
  for (uint32_t i = 0; i < task->group_count && store->sys == 0; i++) {
    part(store, NL_RECORD_GROUPS);
    unsigned char *to = take(store, NL_RECORD_GROUP_BYTES);
    if (to == NULL)
      return;
    nl_put64(to, task->groups[i].size_bytes);
    nl_put64(to + 8, task->groups[i].gain_bytes);
    nl_put32(to + 16, task->groups[i].first_file);
    nl_put32(to + 20, task->groups[i].file_count);
  }
  end(store, NL_RECORD_GROUPS);
}

int nl_store_task(struct nl_store *store, const struct nl_task *task, bool is_journal) {
  uint32_t attributes = attribute_count(task);
  nl_store_resume(store, task, 0);
  put_header(store, task, is_journal);
  put_task(store, task, attributes);
  put_dirs(store, task);
  put_files(store, task);
  if (attributes > 0)
    put_attributes(store, task);
  put_names(store, task);
  put_groups(store, task);
  begin(store);
  unsigned char *to = take(store, NL_RECORD_READY_BYTES);
  if (to != NULL)
    put_counts(to, task, attributes);
  end(store, NL_RECORD_READY);
  return store->sys;
}

/* ---------------------------------------------------------------- what became of it */

int nl_store_names(struct nl_store *store, const struct nl_task *task, const uint32_t *names, size_t count) {
  if (count == 0)
    return store->sys;
  begin(store);
  for (size_t i = 0; i < count && store->sys == 0; i++) {
    part(store, NL_RECORD_OUTCOMES);
    unsigned char *to = take(store, NL_RECORD_OUTCOME_BYTES);
    if (to == NULL)
      break;
    nl_put32(to, names[i]);
    to[4] = task->names[names[i]].state;
    to[5] = task->names[names[i]].left;
    nl_put16(to + 6, 0);
  }
  end(store, NL_RECORD_OUTCOMES);
  return store->sys;
}

int nl_store_end(struct nl_store *store, enum nlink_journal_state state, const struct nl_store_tail *tail) {
  char boot[40] = {0};
  nl_os_boot(boot);
  begin(store);
  unsigned char *to = take(store, NL_RECORD_END_BYTES);
  if (to != NULL) {
    nl_put32(to, (uint32_t)state);
    nl_put32(to + 4, 0);
    nl_put64(to + 8, tail->done_names);
    nl_put64(to + 16, tail->gained_bytes);
    nl_put64(to + 24, (uint64_t)nl_os_wall_ns());
    memcpy(to + 32, boot, sizeof boot);
  }
  end(store, NL_RECORD_END);
  return store->sys;
}
