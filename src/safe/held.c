/*
 * held.c - what stands under a name, in the eyes of a task
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/held.h"

#include <string.h>

/* ---------------------------------------------------------------- files by identity */

bool nl_known_open(struct nl_known *known, const struct nl_task *task) {
  *known = (struct nl_known){.task = task};
  known->items = nl_alloc_zero(((size_t)task->file_count + 1) * sizeof *known->items);
  if (known->items == NULL)
    return false;
  for (uint32_t i = 0; i < task->file_count; i++)
    if (task->files[i].target == NULL)
      known->items[known->count++] =
          (struct nl_sort_item){nl_os_hash(task->files[i].dev, task->files[i].ino), &task->files[i]};
  nl_sort_in_place(known->items, known->count, NULL, NULL);
  return true;
}

void nl_known_close(struct nl_known *known) {
  nl_free(known->items);
  *known = (struct nl_known){0};
}

/* The first item with the key, or with a larger one. */
static size_t first_of(const struct nl_known *known, uint64_t key) {
  size_t low = 0;
  size_t high = known->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (known->items[middle].key < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

uint32_t nl_known_find(const struct nl_known *known, uint64_t dev, uint64_t ino, uint32_t group,
                       uint32_t but) {
  uint64_t key = nl_os_hash(dev, ino);
  for (size_t i = first_of(known, key); i < known->count && known->items[i].key == key; i++) {
    const struct nl_task_file *file = known->items[i].what;
    uint32_t index = (uint32_t)(file - known->task->files);
    if (file->dev == dev && file->ino == ino && file->group == group && index != but)
      return index;
  }
  return NL_TASK_NO_FILE;
}

/* ---------------------------------------------------------------- looking */

/* A soft link that leads to a file of the group. */
static int judge_symlink_to(struct nl_held *held, const struct nl_known *known, uint32_t index, int dir,
                            const char *text) {
  struct nlink_stat stat;
  int sys = nl_os_stat(&stat, dir, text, true);
  switch (nl_os_status(sys)) {
  case NLINK_OK:
    held->file = stat.kind == NLINK_REGULAR ? nl_known_find(known, stat.dev, stat.ino,
                                                            known->task->files[index].group, NL_TASK_NO_FILE)
                                            : NL_TASK_NO_FILE;
    held->holding = held->file != NL_TASK_NO_FILE ? NL_HOLDS_NEW : NL_HOLDS_OTHER;
    return 0;
  case NLINK_NOT_FOUND: /* it leads nowhere, or is gone: the next look tells */
  case NLINK_NOT_DIRECTORY:
  case NLINK_SYMLINK_LOOP:
  case NLINK_NAME_TOO_LONG:
    return 0;
  default:
    return sys;
  }
}

/* A copy gets its times last, when it is whole. */
static bool is_whole_copy(const struct nl_held *held, const struct nl_task *task,
                          const struct nl_task_file *file) {
  const struct nl_os_look *look = &held->look;
  return look->kind == NLINK_REGULAR && look->size_bytes == task->groups[file->group].size_bytes &&
         look->mtime_ns == file->own.mtime_ns && (look->mode & 0777u) == (file->own.mode & 0777u);
}

/*
 * A file of the group. One that was replaced may be gone, and its number be that of a later file: only of the file that was to
 * be kept, changes are believed.
 */
static uint32_t find_in_group(const struct nl_held *held, const struct nl_known *known, uint32_t index) {
  const struct nl_task_file *file = &known->task->files[index];
  uint32_t found = nl_known_find(known, held->look.dev, held->look.ino, file->group, index);
  bool is_believed = found == NL_TASK_NO_FILE || found == file->keep ||
                     nl_held_is_unchanged(held, &known->task->files[found]);
  return is_believed ? found : NL_TASK_NO_FILE;
}

static int judge(struct nl_held *held, const struct nl_known *known, uint32_t index, int dir,
                 const char *text) {
  const struct nl_task_file *file = &known->task->files[index];
  const struct nl_os_look *look = &held->look;
  bool is_it = look->dev == file->dev && look->ino == file->ino;
  if (file->target == NULL ? is_it && look->kind == NLINK_REGULAR
                           : is_it && look->kind == NLINK_SYMLINK && strcmp(held->target, file->target) == 0)
    held->holding = NL_HOLDS_OLD;
  else if (file->deed == NL_DEED_LINK && look->kind == NLINK_REGULAR)
    held->file = find_in_group(held, known, index);
  else if (file->deed == NL_DEED_SYMLINK && look->kind == NLINK_SYMLINK)
    return judge_symlink_to(held, known, index, dir, text);
  else if ((file->deed == NL_DEED_AIM && file->aim != NULL && look->kind == NLINK_SYMLINK &&
            strcmp(held->target, file->aim) == 0) ||
           (file->deed == NL_DEED_COPY && is_whole_copy(held, known->task, file)))
    held->holding = NL_HOLDS_NEW;
  if (held->file != NL_TASK_NO_FILE)
    held->holding = NL_HOLDS_NEW;
  return 0;
}

int nl_held_look(struct nl_held *out, const struct nl_known *known, uint32_t name, int dir,
                 const char *text) {
  out->holding = NL_HOLDS_NOTHING;
  out->file = NL_TASK_NO_FILE;
  out->target[0] = '\0';
  int sys = nl_os_look(&out->look, dir, text);
  if (nl_os_status(sys) == NLINK_NOT_FOUND)
    return 0;
  if (sys == 0 && out->look.kind == NLINK_SYMLINK)
    sys = nl_os_readlink(out->target, sizeof out->target, dir, text);
  if (sys != 0)
    return sys;
  out->holding = NL_HOLDS_OTHER;
  return judge(out, known, known->task->names[name].file, dir, text);
}

bool nl_held_is_unchanged(const struct nl_held *held, const struct nl_task_file *file) {
  return held->look.size_bytes == file->size_bytes && held->look.mtime_ns == file->mtime_ns;
}

/* ---------------------------------------------------------------- directories, bytes */

int nl_held_open_dir(int *fd, const char *path) {
  enum { PIECE = 2048 }; /* the system takes paths of 4096 bytes */
  int at = NLINK_CWD;
  int sys = 0;
  *fd = -1;
  do {
    char piece[PIECE + 1];
    size_t length = strlen(path);
    if (length > PIECE) { /* up to the last slash that fits; no name is so long */
      length = PIECE;
      while (length > 1 && path[length] != '/')
        length--;
    }
    memcpy(piece, path, length);
    piece[length] = '\0';
    sys = nl_os_open(fd, at, piece, NL_OS_DIRECTORY);
    nl_os_close(at);
    at = *fd;
    path += length;
    while (*path == '/')
      path++;
  } while (sys == 0 && *path != '\0');
  if (sys != 0)
    *fd = -1;
  return sys;
}

static int sync_one(const char *path) {
  int fd = -1;
  int sys = nl_held_open_dir(&fd, path);
  if (sys != 0) /* what is gone needs none */
    return nl_os_status(sys) == NLINK_NOT_FOUND || nl_os_status(sys) == NLINK_NOT_DIRECTORY ? 0 : sys;
  sys = nl_os_sync_fs(fd);
  nl_os_close(fd);
  return sys;
}

/* A few devices are remembered; a task of more waits for some of them more than once. */
int nl_held_sync(const struct nl_task *task) {
  enum { DEVICES = 16 };
  uint64_t devices[DEVICES];
  size_t count = 0;
  int sys = 0;
  for (uint32_t i = 0; i < task->file_count && sys == 0; i++) {
    const struct nl_task_file *file = &task->files[i];
    if (!nl_task_replaces(file) || file->name_count == 0)
      continue;
    size_t at = 0;
    while (at < count && at < DEVICES && devices[at] != file->dev)
      at++;
    if (at < count && at < DEVICES)
      continue;
    devices[count++ % DEVICES] = file->dev;
    sys = sync_one(task->dirs[task->names[file->first_name].dir]);
  }
  return sys;
}

int nl_held_compare(bool *equal, int a, int b) {
  enum { PIECE = 128 * 1024 };
  *equal = true;
  char *room = nl_alloc(2 * (size_t)PIECE);
  if (room == NULL)
    return nl_os_number(NLINK_NO_MEMORY);
  int sys = 0;
  size_t got_a = PIECE;
  size_t got_b = PIECE;
  for (uint64_t at = 0; sys == 0 && *equal && got_a == PIECE; at += PIECE) {
    sys = nl_os_read(&got_a, a, room, PIECE, at);
    if (sys == 0)
      sys = nl_os_read(&got_b, b, room + PIECE, PIECE, at);
    *equal = sys == 0 && got_a == got_b && memcmp(room, room + PIECE, got_a) == 0;
  }
  nl_free(room);
  return sys;
}
