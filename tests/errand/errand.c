/*
 * errand.c - tasks made by hand over the fresh directory of a test
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "errand.h"

#include "os/os.h"
#include "task/attributes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void errand_begin(struct nl_task *task) {
  *task = (struct nl_task){0};
  assert_int_equal(nl_task_begin(task, "dedupe"), 0);
}

static void *more(void *block, size_t count, size_t size) {
  void *longer = nl_realloc(block, (count + 1) * size);
  assert_non_null(longer);
  return longer;
}

void errand_group(struct nl_task *task) {
  task->groups = more(task->groups, task->group_count, sizeof *task->groups);
  task->groups[task->group_count++] = (struct nl_task_group){.first_file = task->file_count};
}

static uint32_t add_dir(struct nl_task *task, const char *path, size_t length) {
  for (uint32_t i = 0; i < task->dir_count; i++)
    if (strlen(task->dirs[i]) == length && memcmp(task->dirs[i], path, length) == 0)
      return i;
  task->dirs = more(task->dirs, task->dir_count, sizeof *task->dirs);
  task->dirs[task->dir_count] = nl_arena_text(&task->arena, path, length);
  return task->dir_count++;
}

static void add_name(struct nl_task *task, const char *path) {
  struct nl_string whole = {0};
  bool is_absolute = path[0] == '/';
  assert_true(is_absolute ||
              (nl_string_add(&whole, ground_path(), strlen(ground_path())) && nl_string_add(&whole, "/", 1)));
  assert_true(nl_string_add(&whole, path, strlen(path)));
  const char *last = strrchr(whole.text, '/') + 1;
  task->names = more(task->names, task->name_count, sizeof *task->names);
  task->names[task->name_count++] = (struct nl_task_name){
      .text = nl_arena_text(&task->arena, last, strlen(last)),
      .dir = add_dir(task, whole.text, (size_t)(last - whole.text - 1)),
      .file = task->file_count,
  };
  nl_string_fini(&whole);
}

/* Open by a path of any length: the directory was made by steps, too. */
static void look(struct nl_task *task, struct nl_task_file *file, const char *path) {
  struct nlink_stat stat = {0};
  assert_int_equal(nl_os_stat(&stat, NLINK_CWD, path, false), 0);
  *file = (struct nl_task_file){.dev = stat.dev,
                                .ino = stat.ino,
                                .size_bytes = stat.size_bytes,
                                .allocated_bytes = stat.allocated_bytes,
                                .link_count = stat.link_count,
                                .ctime_ns = stat.ctime_ns,
                                .mtime_ns = stat.mtime_ns,
                                .own = {.atime_ns = stat.atime_ns,
                                        .mtime_ns = stat.mtime_ns,
                                        .uid = stat.uid,
                                        .gid = stat.gid,
                                        .mode = stat.mode},
                                .first_name = task->name_count,
                                .keep = NL_TASK_NO_FILE,
                                .group = task->group_count - 1};
  int fd = -1;
  if (stat.kind != NLINK_REGULAR)
    return;
  assert_int_equal(nl_os_open_file(&fd, NLINK_CWD, path), 0);
  assert_int_equal(nl_attributes_read(&file->own.attributes, &file->own.attribute_count, &task->arena, fd),
                   0);
  nl_os_close(fd);
}

uint32_t errand_file(struct nl_task *task, enum nl_deed deed, uint32_t keep, const char *const *names,
                     size_t count) {
  struct nl_task_file file = {0};
  look(task, &file, names[0]);
  file.deed = (uint8_t)deed;
  file.keep = keep;
  for (size_t i = 0; i < count; i++)
    add_name(task, names[i]);
  file.name_count = (uint32_t)count;
  task->files = more(task->files, task->file_count, sizeof *task->files);
  task->files[task->file_count] = file;
  struct nl_task_group *group = &task->groups[task->group_count - 1];
  group->file_count++;
  group->size_bytes = file.size_bytes;
  return task->file_count++;
}

uint32_t errand_symlink(struct nl_task *task, enum nl_deed deed, const char *name, const char *aim) {
  char target[NLINK_TARGET_SIZE];
  errand_group(task);
  uint32_t index = errand_file(task, deed, NL_TASK_NO_FILE, &name, 1);
  assert_int_equal(nl_os_readlink(target, sizeof target, NLINK_CWD, name), 0);
  task->files[index].target = nl_arena_text(&task->arena, target, strlen(target));
  task->files[index].aim = aim == NULL ? NULL : nl_arena_text(&task->arena, aim, strlen(aim));
  return index;
}

bool errand_has_litter(void) {
  char *picture = ground_picture(false);
  bool has = strstr(picture, ".nlink-") != NULL;
  if (has)
    print_error("%s", picture);
  free(picture);
  return has;
}

void errand_on_left(const char *path, enum nlink_left left, const struct nlink_error *error, void *ctx) {
  struct errand_left *told = ctx;
  told->count++;
  told->last = left;
  told->status = error != NULL ? error->status : NLINK_OK;
  snprintf(told->path, sizeof told->path, "%s", path);
  snprintf(told->text, sizeof told->text, "%s", error != NULL ? error->text : "");
}
