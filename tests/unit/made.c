/*
 * made.c - tasks made up by chance, compared, and read from bytes
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "made.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FILES = 6, MOST_NAMES = 4, MOST_ATTRIBUTES = 3 };

static uint64_t draw64(struct ground_chance *chance) {
  return (uint64_t)ground_below(chance, UINT32_MAX) << 32 | ground_below(chance, UINT32_MAX);
}

static const char *text(struct nl_task *task, const char *bytes) {
  const char *copy = nl_arena_text(&task->arena, bytes, strlen(bytes));
  assert_non_null(copy);
  return copy;
}

static void make_dirs(struct nl_task *task, uint32_t count) {
  char path[64];
  task->dirs = nl_alloc(count * sizeof *task->dirs);
  assert_non_null(task->dirs);
  for (uint32_t i = 0; i < count; i++) {
    snprintf(path, sizeof path, i == 0 ? "/" : "/d\xff\n%u/in %u", i, i * 7);
    task->dirs[task->dir_count++] = text(task, path);
  }
}

static void make_attributes(struct nl_task *task, struct nl_task_own *own, struct ground_chance *chance) {
  uint32_t count = ground_below(chance, 3) == 0 ? 1 + ground_below(chance, MOST_ATTRIBUTES) : 0;
  if (count == 0)
    return;
  struct nl_task_attribute *attributes = nl_arena_take(&task->arena, count * sizeof *attributes);
  assert_non_null(attributes);
  for (uint32_t i = 0; i < count; i++) {
    char name[32];
    size_t length = ground_below(chance, 300);
    unsigned char *value = nl_arena_take(&task->arena, length + 1);
    assert_non_null(value);
    for (size_t j = 0; j < length; j++)
      value[j] = (unsigned char)ground_below(chance, 256);
    snprintf(name, sizeof name, "user.attribute %u", i);
    attributes[i] = (struct nl_task_attribute){text(task, name), value, length};
  }
  own->attributes = attributes;
  own->attribute_count = count;
}

static void make_names(struct nl_task *task, struct nl_task_file *file, struct ground_chance *chance) {
  char name[260];
  file->first_name = task->name_count;
  file->name_count = 1 + ground_below(chance, MOST_NAMES);
  for (uint32_t i = 0; i < file->name_count; i++) {
    snprintf(name, sizeof name, "n%u\xfe%.*s", task->name_count, (int)ground_below(chance, 40),
             "abcdefghijklmnopqrstuvwxyz \"'$()[]{}|~..");
    task->names[task->name_count++] = (struct nl_task_name){
        .text = text(task, name), .dir = ground_below(chance, task->dir_count), .file = task->file_count};
  }
}

static struct nl_task_file *make_file(struct nl_task *task, struct ground_chance *chance) {
  struct nl_task_file *file = &task->files[task->file_count];
  *file = (struct nl_task_file){
      .dev = draw64(chance),
      .ino = draw64(chance),
      .size_bytes = draw64(chance),
      .allocated_bytes = draw64(chance),
      .link_count = draw64(chance),
      .ctime_ns = (int64_t)draw64(chance),
      .mtime_ns = (int64_t)draw64(chance),
      .own = {.atime_ns = (int64_t)draw64(chance),
              .mtime_ns = (int64_t)draw64(chance),
              .uid = ground_below(chance, UINT32_MAX),
              .gid = ground_below(chance, UINT32_MAX),
              .mode = ground_below(chance, 010000)},
      .keep = NL_TASK_NO_FILE,
      .group = task->group_count,
  };
  make_attributes(task, &file->own, chance);
  make_names(task, file, chance);
  task->file_count++;
  return file;
}

/* A soft link to be mended. */
static void make_soft(struct nl_task *task, struct ground_chance *chance) {
  struct nl_task_file *file = make_file(task, chance);
  file->target = text(task, "../nowhere/\xc3\xa9");
  file->deed = NL_DEED_REMOVE;
  if (ground_below(chance, 2) == 0) {
    file->deed = NL_DEED_AIM;
    file->aim = text(task, "there");
  }
}

static void make_equal(struct nl_task *task, struct ground_chance *chance) {
  static const uint8_t deeds[] = {NL_DEED_LINK, NL_DEED_SYMLINK, NL_DEED_SHARE, NL_DEED_COPY, NL_DEED_NONE};
  uint32_t first = task->file_count;
  uint32_t count = 1 + ground_below(chance, MOST_FILES);
  for (uint32_t i = 0; i < count; i++) {
    struct nl_task_file *file = make_file(task, chance);
    if (i == 0)
      continue;
    file->keep = first;
    file->deed = deeds[ground_below(chance, sizeof deeds)];
    if (file->deed == NL_DEED_NONE) {
      file->left = (uint8_t)(1 + ground_below(chance, NLINK_LEFTS - 1));
      file->differs = (uint16_t)ground_below(chance, 1u << NLINK_ASPECTS);
    }
  }
}

void made_task(struct nl_task *task, struct ground_chance *chance, uint32_t groups) {
  *task = (struct nl_task){0};
  assert_int_equal(nl_task_begin(task, "dedupe"), 0);
  task->made_ns = 1795361640000000000 + (int64_t)ground_below(chance, 1000000);
  for (size_t i = 0; i < sizeof task->seed; i++)
    task->seed[i] = (unsigned char)ground_below(chance, 256);
  if (groups == 0)
    return;
  make_dirs(task, 1 + groups);
  task->files = nl_alloc(groups * (size_t)MOST_FILES * sizeof *task->files);
  task->names = nl_alloc(groups * (size_t)MOST_FILES * MOST_NAMES * sizeof *task->names);
  task->groups = nl_alloc(groups * sizeof *task->groups);
  assert_true(task->files != NULL && task->names != NULL && task->groups != NULL);
  for (uint32_t i = 0; i < groups; i++) {
    uint32_t first = task->file_count;
    if (ground_below(chance, 4) == 0)
      make_soft(task, chance);
    else
      make_equal(task, chance);
    task->groups[task->group_count++] =
        (struct nl_task_group){draw64(chance), draw64(chance), first, task->file_count - first};
  }
  task->report.names = task->name_count;
  task->report.failed = 77;
  task->report.gain_bytes = draw64(chance);
}

void made_fare(struct nl_task *task, struct ground_chance *chance) {
  for (uint32_t i = 0; i < task->name_count; i++) {
    task->names[i].state = (uint8_t)ground_below(chance, NL_TASK_UNDONE + 1);
    task->names[i].left =
        (uint8_t)(task->names[i].state == NL_TASK_LEFT ? ground_below(chance, NLINK_LEFTS) : 0);
  }
}

/* ---------------------------------------------------------------- comparing */

static void same_text(const char *a, const char *b) {
  assert_int_equal(a == NULL, b == NULL);
  if (a != NULL)
    assert_string_equal(a, b);
}

static void same_own(const struct nl_task_own *a, const struct nl_task_own *b) {
  assert_true(a->atime_ns == b->atime_ns && a->mtime_ns == b->mtime_ns);
  assert_true(a->uid == b->uid && a->gid == b->gid && a->mode == b->mode);
  assert_int_equal(a->attribute_count, b->attribute_count);
  for (uint32_t i = 0; i < a->attribute_count; i++) {
    assert_string_equal(a->attributes[i].name, b->attributes[i].name);
    assert_int_equal(a->attributes[i].length, b->attributes[i].length);
    assert_memory_equal(a->attributes[i].value, b->attributes[i].value, a->attributes[i].length);
  }
}

static void same_file(const struct nl_task_file *a, const struct nl_task_file *b) {
  assert_true(a->dev == b->dev && a->ino == b->ino && a->link_count == b->link_count);
  assert_true(a->size_bytes == b->size_bytes && a->allocated_bytes == b->allocated_bytes);
  assert_true(a->ctime_ns == b->ctime_ns && a->mtime_ns == b->mtime_ns);
  assert_true(a->first_name == b->first_name && a->name_count == b->name_count);
  assert_true(a->keep == b->keep && a->group == b->group);
  assert_true(a->deed == b->deed && a->left == b->left && a->differs == b->differs);
  same_text(a->target, b->target);
  same_text(a->aim, b->aim);
  same_own(&a->own, &b->own);
}

void made_same(const struct nl_task *a, const struct nl_task *b) {
  assert_memory_equal(a->seed, b->seed, sizeof a->seed);
  assert_string_equal(a->verb, b->verb);
  assert_true(a->made_ns == b->made_ns);
  assert_memory_equal(&a->report, &b->report, sizeof a->report);
  assert_int_equal(a->dir_count, b->dir_count);
  assert_int_equal(a->file_count, b->file_count);
  assert_int_equal(a->name_count, b->name_count);
  assert_int_equal(a->group_count, b->group_count);
  for (uint32_t i = 0; i < a->dir_count; i++)
    assert_string_equal(a->dirs[i], b->dirs[i]);
  for (uint32_t i = 0; i < a->file_count; i++)
    same_file(&a->files[i], &b->files[i]);
  for (uint32_t i = 0; i < a->name_count; i++) {
    const struct nl_task_name *left = &a->names[i];
    const struct nl_task_name *right = &b->names[i];
    assert_string_equal(left->text, right->text);
    assert_true(left->dir == right->dir && left->file == right->file);
    assert_true(left->state == right->state && left->left == right->left);
  }
  if (a->group_count > 0)
    assert_memory_equal(a->groups, b->groups, a->group_count * sizeof *a->groups);
}

/* ---------------------------------------------------------------- files */

unsigned char *made_read(const char *path, size_t *size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  off_t end = lseek(fd, 0, SEEK_END);
  unsigned char *bytes = malloc((size_t)end + 1);
  assert_non_null(bytes);
  assert_int_equal(pread(fd, bytes, (size_t)end, 0), end);
  close(fd);
  *size = (size_t)end;
  return bytes;
}

void made_write(const char *path, const void *bytes, size_t size) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, size), (ssize_t)size);
  close(fd);
}

void made_store(const char *path, const struct nl_task *task, bool is_journal, bool fared, bool ended) {
  struct nl_store store = {.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  assert_true(store.fd >= 0);
  assert_int_equal(nl_store_task(&store, task, is_journal), 0);
  for (uint32_t i = 0; fared && i < task->name_count; i += 5) {
    uint32_t names[5];
    size_t count = 0;
    for (uint32_t name = i; name < task->name_count && count < 5; name++)
      names[count++] = name;
    assert_int_equal(nl_store_names(&store, task, names, count), 0);
  }
  const struct nl_store_tail tail = {.done_names = 12, .gained_bytes = 345};
  if (ended)
    assert_int_equal(nl_store_end(&store, NLINK_JOURNAL_DONE, &tail), 0);
  assert_int_equal(nl_store_flush(&store), 0);
  nl_store_fini(&store);
  close(store.fd);
}
