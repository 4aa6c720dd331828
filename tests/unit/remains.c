/*
 * remains.c - what a crash can leave of one name
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "remains.h"

#include "os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

const char *const remains_deed_names[] = {"link", "symlink", "copy", "copy of a soft link", "aim", "remove"};
const char *const remains_thing_names[] = {"nothing", "old", "new", "other"};

static const char old_aim[] = "where/it/led";
static const char new_aim[] = "where/it/leads";
static const char to_keep[] = "../k/keep";
static const char *const others[] = {"somebody wrote this", "and somebody that, too"};

enum { KEEP, OLD };

static bool is_soft(enum remains_deed deed) {
  return deed == REMAINS_COPY_OF_SOFT || deed == REMAINS_AIM || deed == REMAINS_REMOVE;
}

/* ---------------------------------------------------------------- building */

static void set_times(const char *path, int64_t mtime_ns) {
  struct timespec times[2] = {{mtime_ns / 1000000000, mtime_ns % 1000000000},
                              {mtime_ns / 1000000000, mtime_ns % 1000000000}};
  assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void note(struct nl_task_file *file, const char *path) {
  struct nlink_stat stat;
  assert_int_equal(nl_os_stat(&stat, NLINK_CWD, path, false), 0);
  file->dev = stat.dev;
  file->ino = stat.ino;
  file->size_bytes = stat.size_bytes;
  file->allocated_bytes = stat.allocated_bytes;
  file->link_count = 1;
  file->mtime_ns = stat.mtime_ns;
  file->ctime_ns = stat.ctime_ns;
  file->own.mode = 0640;
  file->own.uid = stat.uid;
  file->own.gid = stat.gid;
  file->own.atime_ns = INT64_C(1111111111000000011);
  file->own.mtime_ns = INT64_C(1222222222000000022);
}

static void begin_task(struct remains *remains) {
  static char dirs[2][4200];
  struct nl_task *task = &remains->task;
  static const uint8_t deeds[] = {NL_DEED_LINK, NL_DEED_SYMLINK, NL_DEED_COPY,
                                  NL_DEED_COPY, NL_DEED_AIM,     NL_DEED_REMOVE};
  *task = (struct nl_task){0};
  assert_int_equal(nl_task_begin(task, "test"), 0);
  task->file_count = 2;
  task->name_count = 2;
  task->group_count = 1;
  task->dir_count = 2;
  task->files = nl_alloc_zero(2 * sizeof *task->files);
  task->names = nl_alloc_zero(2 * sizeof *task->names);
  task->groups = nl_alloc_zero(sizeof *task->groups);
  task->dirs = nl_alloc_zero(2 * sizeof *task->dirs);
  snprintf(dirs[KEEP], sizeof dirs[KEEP], "%s/k", ground_path());
  snprintf(dirs[OLD], sizeof dirs[OLD], "%s/d", ground_path());
  task->dirs[KEEP] = dirs[KEEP];
  task->dirs[OLD] = dirs[OLD];
  task->groups[0] = (struct nl_task_group){.size_bytes = REMAINS_SIZE, .file_count = 2};
  task->names[KEEP] = (struct nl_task_name){.text = "keep", .dir = KEEP, .file = KEEP};
  task->names[OLD] = (struct nl_task_name){.text = "name", .dir = OLD, .file = OLD};
  task->files[KEEP] = (struct nl_task_file){
      .first_name = KEEP, .name_count = 1, .keep = NL_TASK_NO_FILE, .deed = NL_DEED_NONE};
  task->files[OLD] = (struct nl_task_file){.first_name = OLD, .name_count = 1, .deed = deeds[remains->deed]};
  task->files[OLD].keep =
      remains->deed == REMAINS_COPY || remains->deed >= REMAINS_AIM ? NL_TASK_NO_FILE : KEEP;
  if (remains->deed == REMAINS_AIM || remains->deed == REMAINS_REMOVE)
    task->files[OLD].target = old_aim;
  if (remains->deed == REMAINS_COPY_OF_SOFT)
    task->files[OLD].target = to_keep;
  if (remains->deed == REMAINS_AIM)
    task->files[OLD].aim = new_aim;
}

static void make_old(const struct remains *remains) {
  if (remains->deed == REMAINS_COPY)
    ground_link("k/keep", "s/old");
  else if (is_soft(remains->deed))
    ground_symlink(remains->deed == REMAINS_COPY_OF_SOFT ? to_keep : old_aim, "s/old");
  else
    ground_file("s/old", REMAINS_BYTES);
  set_times("s/old", INT64_C(1333333333000000033));
}

static void make_new(const struct remains *remains) {
  if (remains->deed == REMAINS_LINK) {
    ground_link("k/keep", "s/new");
  } else if (remains->deed == REMAINS_SYMLINK || remains->deed == REMAINS_AIM) {
    ground_symlink(remains->deed == REMAINS_AIM ? new_aim : to_keep, "s/new");
  } else {
    ground_file("s/new", REMAINS_BYTES);
    assert_int_equal(chmod("s/new", 0640), 0);
    set_times("s/new", remains->task.files[OLD].own.mtime_ns);
  }
}

static void bring(const char *from, const char *to) {
  assert_int_equal(linkat(AT_FDCWD, from, AT_FDCWD, to, 0), 0);
}

static void put(enum remains_thing thing, const char *path, int which) {
  if (thing == REMAINS_OLD)
    bring("s/old", path);
  else if (thing == REMAINS_NEW)
    bring("s/new", path);
  else if (thing == REMAINS_OTHER)
    ground_file(path, others[which]);
}

static void build(struct remains *remains, enum remains_deed deed, enum remains_thing at_temp,
                  enum remains_thing at_name, bool has_second) {
  ground_empty(ground_path());
  *remains = (struct remains){.deed = deed, .name = OLD};
  ground_directory("k");
  ground_directory("d");
  ground_directory("s");
  ground_file("k/keep", REMAINS_BYTES);
  begin_task(remains);
  make_old(remains);
  note(&remains->task.files[KEEP], "k/keep");
  note(&remains->task.files[OLD], "s/old");
  remains->old_ino = remains->task.files[OLD].ino;
  make_new(remains);
  nl_task_temp(remains->temp, &remains->task, remains->name);
  snprintf(remains->temp_path, sizeof remains->temp_path, "d/%s", remains->temp);
  put(at_temp, remains->temp_path, 0);
  put(at_name, "d/name", 1);
  char second[NL_TASK_TEMP_SIZE];
  nl_task_temp(second, &remains->task, remains->task.name_count + remains->name);
  snprintf(remains->second_path, sizeof remains->second_path, "d/%s", second);
  if (has_second)
    put(REMAINS_OLD, remains->second_path, 0);
  assert_int_equal(unlink("s/old"), 0);
  assert_int_equal(unlink("s/new"), 0);
  assert_int_equal(rmdir("s"), 0);
}

void remains_build(struct remains *remains, enum remains_deed deed, enum remains_thing at_temp,
                   enum remains_thing at_name) {
  build(remains, deed, at_temp, at_name, false);
}

void remains_build_second(struct remains *remains, enum remains_deed deed, enum remains_thing at_temp,
                          enum remains_thing at_name) {
  build(remains, deed, at_temp, at_name, true);
}

void remains_forget(struct remains *remains) {
  remains->task.names[OLD].state = NL_TASK_OPEN;
  remains->task.names[OLD].left = NLINK_LEFT_NOTHING;
}

void remains_fini(struct remains *remains) {
  nl_task_fini(&remains->task);
}

/* ---------------------------------------------------------------- seeing */

static bool is_text(const char *path, const char *text) {
  char target[64];
  ssize_t length = readlink(path, target, sizeof target);
  return length == (ssize_t)strlen(text) && memcmp(target, text, strlen(text)) == 0;
}

static bool is_new(const struct remains *remains, const char *path, const struct stat *stat) {
  switch (remains->deed) {
  case REMAINS_LINK:
    return ground_same(path, "k/keep");
  case REMAINS_SYMLINK:
    return is_text(path, to_keep);
  case REMAINS_AIM:
    return is_text(path, new_aim);
  case REMAINS_COPY:
  case REMAINS_COPY_OF_SOFT:
    return S_ISREG(stat->st_mode) && stat->st_mtim.tv_nsec == 22 && ground_holds(path, REMAINS_BYTES);
  default:
    return false;
  }
}

enum remains_thing remains_see(const struct remains *remains, const char *path) {
  struct stat stat;
  if (lstat(path, &stat) != 0)
    return REMAINS_NOTHING;
  bool is_right_kind = is_soft(remains->deed) ? S_ISLNK(stat.st_mode) : S_ISREG(stat.st_mode);
  if (stat.st_ino == remains->old_ino && is_right_kind)
    return REMAINS_OLD;
  return is_new(remains, path, &stat) ? REMAINS_NEW : REMAINS_OTHER;
}

bool remains_has_other(const struct remains *remains, int which) {
  return ground_holds("d/name", others[which]) || ground_holds(remains->temp_path, others[which]);
}
