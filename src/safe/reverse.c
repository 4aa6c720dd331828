/*
 * reverse.c - the task that takes back what another one did
 *
 * First every name is looked at, those of one directory together; then each old file is a group of the new task. The kept
 * file of a name need not be the one that was planned: any file of the group will do, if it is as it was noted.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/reverse.h"

#include "safe/held.h"
#include "task/attributes.h"

#include <string.h>

enum { KEPT_TRIES = 32 }; /* names of a kept file that are looked at, until one leads to it */

/* What is to be done with a name. */
enum fate {
  NOTHING,
  GIVE, /* it leads to a kept file, or is our soft link: it gets its old file back */
  HOME, /* it leads to the old file, or to a copy of it that was given back before; others may share that */
  REMOVED, /* it was a soft link, and nothing stands there */
  LEFT
};

struct seen {
  uint8_t fate; /* enum fate */
  struct nl_os_look look;
  const char *target; /* what it holds, where it is a soft link that gets a file back */
};

struct making {
  const struct nl_task *done;
  struct nl_reverse *out;
  struct nl_known known;
  struct seen *seen;          /* one a name */
  struct nl_sort_item *items; /* names to be looked at: keys are directory and name */
  size_t count;
  uint32_t *kept_names; /* one a file: 1 + a name that leads to it; 0 = not sought yet */
  size_t file_room;
  size_t name_room;
  size_t group_room;
  size_t origin_room;
  bool no_memory;
};

/* ---------------------------------------------------------------- lists that grow */

static bool make_room(struct making *making, void **array, size_t *room, size_t count, size_t item_bytes) {
  if (count < *room)
    return true;
  size_t more = 2 * *room + 64;
  void *grown = nl_realloc(*array, more * item_bytes);
  making->no_memory = making->no_memory || grown == NULL;
  if (grown == NULL)
    return false;
  *array = grown;
  *room = more;
  return true;
}

static void leave(struct making *making, uint32_t name, enum nlink_left left, enum nlink_step step, int sys) {
  struct nl_reverse *out = making->out;
  making->seen[name].fate = LEFT;
  out->left[out->left_count++] = (struct nl_reverse_left){name, (uint8_t)left, (uint8_t)step, sys};
}

/* ---------------------------------------------------------------- looking */

static const struct nl_task_file *file_of(const struct making *making, uint32_t name) {
  return &making->done->files[making->done->names[name].file];
}

static bool is_done(const struct making *making, uint32_t name) {
  return making->done->names[name].state == NL_TASK_DONE;
}

static bool has_done_name(const struct making *making, const struct nl_task_file *file) {
  for (uint32_t i = 0; i < file->name_count; i++)
    if (is_done(making, file->first_name + i))
      return true;
  return false;
}

/* Whether what stands there is as the old file was: given back before, by us or by somebody else. */
static bool is_as_before(const struct nl_held *held, const struct nl_task_file *file) {
  const struct nl_os_look *look = &held->look;
  if (file->target != NULL)
    return look->kind == NLINK_SYMLINK && strcmp(held->target, file->target) == 0;
  return look->kind == NLINK_REGULAR && look->size_bytes == file->size_bytes &&
         look->mtime_ns == file->own.mtime_ns && (look->mode & 0777u) == (file->own.mode & 0777u);
}

/* Whether the kept file that the name leads to is still as it was noted. */
static bool is_kept_unchanged(const struct making *making, const struct nl_held *held, int dir,
                              const char *text) {
  const struct nl_task_file *kept = &making->done->files[held->file];
  if (held->look.kind == NLINK_REGULAR)
    return nl_held_is_unchanged(held, kept);
  struct nlink_stat stat;
  return nl_os_stat(&stat, dir, text, true) == 0 && stat.size_bytes == kept->size_bytes &&
         stat.mtime_ns == kept->mtime_ns;
}

static void judge_done(struct making *making, uint32_t name, const struct nl_held *held, int dir) {
  const struct nl_task_file *file = file_of(making, name);
  struct seen *seen = &making->seen[name];
  bool is_unchanged = held->holding == NL_HOLDS_NEW && held->file != NL_TASK_NO_FILE
                          ? is_kept_unchanged(making, held, dir, making->done->names[name].text)
                          : true;
  switch (held->holding) {
  case NL_HOLDS_NOTHING:
    if (file->deed == NL_DEED_REMOVE) {
      seen->fate = REMOVED;
    } else {
      making->out->missing_names++;
      leave(making, name, NLINK_LEFT_VANISHED, NLINK_STEP_NONE, 0);
    }
    break;
  case NL_HOLDS_OLD: /* or a later file, to which the system has given the same number */
    seen->fate = HOME;
    if (!nl_held_is_unchanged(held, file))
      leave(making, name, NLINK_LEFT_VANISHED, NLINK_STEP_NONE, 0);
    break;
  case NL_HOLDS_NEW:
    seen->fate = GIVE;
    seen->target = held->target[0] != '\0'
                       ? nl_arena_text(&making->out->task.arena, held->target, strlen(held->target))
                       : NULL;
    making->no_memory = making->no_memory || (held->target[0] != '\0' && seen->target == NULL);
    if (!is_unchanged)
      leave(making, name, NLINK_LEFT_CHANGED, NLINK_STEP_NONE, 0);
    break;
  default:
    seen->fate = HOME;
    if (!is_as_before(held, file))
      leave(making, name, NLINK_LEFT_VANISHED, NLINK_STEP_NONE, 0);
    break;
  }
}

/* A name that was not replaced, or got its file back before: others may share that file with it again. */
static void judge_other(struct making *making, uint32_t name, const struct nl_held *held) {
  const struct nl_task_file *file = file_of(making, name);
  bool was_given = making->done->names[name].state == NL_TASK_UNDONE && held->holding == NL_HOLDS_OTHER &&
                   is_as_before(held, file);
  if ((held->holding == NL_HOLDS_OLD && nl_held_is_unchanged(held, file)) || was_given)
    making->seen[name].fate = HOME;
}

static void look_at(struct making *making, uint32_t name, int dir, int dir_sys) {
  struct nl_held held;
  int sys = dir_sys;
  if (sys == 0)
    sys = nl_held_look(&held, &making->known, name, dir, making->done->names[name].text);
  enum nlink_status status = nl_os_status(dir_sys);
  bool is_gone = status == NLINK_NOT_FOUND || status == NLINK_NOT_DIRECTORY;
  if (sys == 0) {
    making->seen[name].look = held.look;
    if (is_done(making, name))
      judge_done(making, name, &held, dir);
    else
      judge_other(making, name, &held);
  } else if (is_done(making, name)) {
    making->out->missing_names += is_gone;
    if (is_gone)
      leave(making, name, NLINK_LEFT_VANISHED, NLINK_STEP_NONE, 0);
    else
      leave(making, name, NLINK_LEFT_FAILED, dir_sys != 0 ? NLINK_STEP_OPEN : NLINK_STEP_STAT, sys);
  }
}

static bool gather(struct making *making) {
  const struct nl_task *done = making->done;
  size_t names = (size_t)done->name_count + 1;
  making->items = nl_alloc_zero(names * sizeof *making->items);
  making->seen = nl_alloc_zero(names * sizeof *making->seen);
  making->kept_names = nl_alloc_zero(((size_t)done->file_count + 1) * sizeof *making->kept_names);
  making->out->settled = nl_alloc_zero(names * sizeof *making->out->settled);
  making->out->removed = nl_alloc_zero(names * sizeof *making->out->removed);
  making->out->left = nl_alloc_zero(names * sizeof *making->out->left);
  if (making->items == NULL || making->seen == NULL || making->kept_names == NULL ||
      making->out->settled == NULL || making->out->removed == NULL || making->out->left == NULL)
    return false;
  for (uint32_t f = 0; f < done->file_count; f++) {
    const struct nl_task_file *file = &done->files[f];
    if (!nl_task_replaces(file) || !has_done_name(making, file))
      continue;
    for (uint32_t i = file->first_name; i < file->first_name + file->name_count; i++)
      making->items[making->count++].key = (uint64_t)done->names[i].dir << 32 | i;
  }
  nl_sort_in_place(making->items, making->count, NULL, NULL);
  return true;
}

static void look_at_all(struct making *making) {
  for (size_t i = 0; i < making->count;) {
    uint32_t place = (uint32_t)(making->items[i].key >> 32);
    int dir = -1;
    int sys = nl_held_open_dir(&dir, making->done->dirs[place]);
    for (; i < making->count && making->items[i].key >> 32 == place; i++)
      look_at(making, (uint32_t)(making->items[i].key & UINT32_MAX), dir, sys);
    nl_os_close(dir);
  }
}

/* ---------------------------------------------------------------- building */

static struct nl_task_group *push_group(struct making *making, uint64_t size_bytes) {
  struct nl_task *task = &making->out->task;
  if (!make_room(making, (void **)&task->groups, &making->group_room, task->group_count,
                 sizeof *task->groups))
    return NULL;
  struct nl_task_group *group = &task->groups[task->group_count++];
  *group = (struct nl_task_group){.size_bytes = size_bytes, .first_file = task->file_count};
  return group;
}

/* A file of the last group, as it was seen; its names follow. */
static struct nl_task_file *push_file(struct making *making, const struct nl_os_look *look,
                                      enum nl_deed deed) {
  struct nl_task *task = &making->out->task;
  if (!make_room(making, (void **)&task->files, &making->file_room, task->file_count, sizeof *task->files))
    return NULL;
  task->groups[task->group_count - 1].file_count++;
  struct nl_task_file *file = &task->files[task->file_count++];
  *file = (struct nl_task_file){.dev = look->dev,
                                .ino = look->ino,
                                .size_bytes = look->size_bytes,
                                .link_count = look->link_count,
                                .mtime_ns = look->mtime_ns,
                                .ctime_ns = look->ctime_ns,
                                .first_name = task->name_count,
                                .keep = NL_TASK_NO_FILE,
                                .group = task->group_count - 1,
                                .deed = (uint8_t)deed};
  file->own = (struct nl_task_own){.atime_ns = look->atime_ns,
                                   .mtime_ns = look->mtime_ns,
                                   .uid = look->uid,
                                   .gid = look->gid,
                                   .mode = look->mode};
  return file;
}

/* A name of the last file. */
static bool push_name(struct making *making, uint32_t name) {
  struct nl_task *task = &making->out->task;
  const struct nl_task_name *done = &making->done->names[name];
  if (!make_room(making, (void **)&task->names, &making->name_room, task->name_count, sizeof *task->names) ||
      !make_room(making, (void **)&making->out->origin, &making->origin_room, task->name_count,
                 sizeof *making->out->origin))
    return false;
  making->out->origin[task->name_count] = name;
  task->names[task->name_count++] =
      (struct nl_task_name){.text = done->text, .dir = done->dir, .file = task->file_count - 1};
  task->files[task->file_count - 1].name_count++;
  return true;
}

/* All names of an old file that lead to what the name @p first leads to: a file of the new task. */
static struct nl_task_file *push_part(struct making *making, const struct nl_task_file *old, uint32_t first,
                                      enum nl_deed deed) {
  const struct nl_os_look *look = &making->seen[first].look;
  uint32_t end = old->first_name + old->name_count;
  if (push_file(making, look, deed) == NULL)
    return NULL;
  for (uint32_t i = first; i < end; i++) {
    struct seen *seen = &making->seen[i];
    if (seen->fate != GIVE || seen->look.dev != look->dev || seen->look.ino != look->ino)
      continue;
    if (!push_name(making, i))
      return NULL;
    seen->fate = NOTHING;
    making->out->give_names++;
    if (old->deed == NL_DEED_SYMLINK)
      break; /* each soft link is looked at by itself: it is a file of its own */
  }
  return &making->out->task.files[making->out->task.file_count - 1];
}

/* ---------------------------------------------------------------- old files */

/* The first of its names, from @p from on, with this fate. */
static uint32_t first_with(const struct making *making, const struct nl_task_file *old, enum fate fate,
                           uint32_t from) {
  for (uint32_t i = from; i < old->first_name + old->name_count; i++)
    if (making->seen[i].fate == fate)
      return i;
  return NL_TASK_NO_FILE;
}

/* A file that still has a name, or has one again: the others get it by LINK. Differences that nobody minded are noted. */
static bool push_home(struct making *making, uint32_t name) {
  struct nl_task_file *file = push_file(making, &making->seen[name].look, NL_DEED_NONE);
  if (file == NULL || !push_name(making, name))
    return false;
  int dir = -1;
  int fd = -1;
  const struct nl_task_name *entry = &making->done->names[name];
  if (nl_held_open_dir(&dir, making->done->dirs[entry->dir]) == 0 &&
      nl_os_open_file(&fd, dir, entry->text) == 0)
    nl_attributes_read(&file->own.attributes, &file->own.attribute_count, &making->out->task.arena, fd);
  nl_os_close(fd);
  nl_os_close(dir);
  return true;
}

/* One of the names of a kept file that still leads to it; NL_TASK_NO_FILE = none does. */
static uint32_t find_kept(struct making *making, uint32_t index, struct nl_os_look *look) {
  const struct nl_task_file *kept = &making->done->files[index];
  uint32_t at = making->kept_names[index];
  uint32_t from = at > 0 ? at - 1 : kept->first_name;
  for (uint32_t i = 0; i < kept->name_count && i < KEPT_TRIES; i++) {
    uint32_t name = at > 0 ? from : from + i;
    int dir = -1;
    int sys = nl_held_open_dir(&dir, making->done->dirs[making->done->names[name].dir]);
    if (sys == 0)
      sys = nl_os_look(look, dir, making->done->names[name].text);
    nl_os_close(dir);
    if (sys == 0 && look->dev == kept->dev && look->ino == kept->ino && look->kind == NLINK_REGULAR) {
      making->kept_names[index] = 1 + name;
      return name;
    }
  }
  return NL_TASK_NO_FILE;
}

/* The kept file, by a name of its own; where it has none any more, soft links that lead to it by other ways are left. */
static bool push_source(struct making *making, const struct nl_task_file *old) {
  struct nl_os_look look;
  uint32_t name = old->keep != NL_TASK_NO_FILE ? find_kept(making, old->keep, &look) : NL_TASK_NO_FILE;
  if (name == NL_TASK_NO_FILE)
    return false;
  return push_file(making, &look, NL_DEED_NONE) != NULL && push_name(making, name);
}

static void leave_all(struct making *making, const struct nl_task_file *old) {
  for (uint32_t i = old->first_name; i < old->first_name + old->name_count; i++)
    if (making->seen[i].fate == GIVE)
      leave(making, i, NLINK_LEFT_VANISHED, NLINK_STEP_NONE, 0);
}

/* The names of one old file: back to it, where it still is; else to one copy. */
static bool give_file(struct making *making, const struct nl_task_file *old) {
  bool is_soft = old->deed == NL_DEED_SYMLINK;
  uint32_t home = first_with(making, old, HOME, old->first_name);
  enum nl_deed deed = home != NL_TASK_NO_FILE ? NL_DEED_LINK : NL_DEED_COPY;
  if (push_group(making, old->size_bytes) == NULL)
    return false;
  uint32_t first = making->out->task.file_count;
  bool has_first = home != NL_TASK_NO_FILE ? push_home(making, home) : push_source(making, old);
  if (making->no_memory)
    return false;
  if (is_soft && !has_first) { /* nobody knows where to read what it leads to */
    making->out->task.group_count--;
    leave_all(making, old);
    return true;
  }
  bool is_counted = false;
  for (uint32_t i = old->first_name; (i = first_with(making, old, GIVE, i)) != NL_TASK_NO_FILE;) {
    struct nl_task_file *file = push_part(making, old, i, deed);
    if (file == NULL)
      return false;
    file->target = is_soft ? making->seen[i].target : NULL;
    file->keep = is_soft || deed == NL_DEED_LINK ? first : NL_TASK_NO_FILE;
    if (deed == NL_DEED_LINK)
      continue;
    file->own = old->own;
    file->allocated_bytes = is_counted ? 0 : old->allocated_bytes;
    making->out->give_bytes += file->allocated_bytes;
    is_counted = true;
  }
  return true;
}

/* A soft link that was aimed: its names hold the old text again. */
static bool give_aim(struct making *making, const struct nl_task_file *old) {
  for (uint32_t i = old->first_name; (i = first_with(making, old, GIVE, i)) != NL_TASK_NO_FILE;) {
    struct nl_task_file *file =
        push_group(making, strlen(old->aim)) != NULL ? push_part(making, old, i, NL_DEED_AIM) : NULL;
    if (file == NULL)
      return false;
    file->own = old->own;
    file->target = old->aim;
    file->aim = old->target;
  }
  return true;
}

static bool build(struct making *making) {
  const struct nl_task *done = making->done;
  struct nl_reverse *out = making->out;
  for (uint32_t f = 0; f < done->file_count; f++) {
    const struct nl_task_file *old = &done->files[f];
    if (first_with(making, old, GIVE, old->first_name) == NL_TASK_NO_FILE)
      continue;
    if (!(old->deed == NL_DEED_AIM ? give_aim(making, old) : give_file(making, old)))
      return false;
  }
  for (size_t i = 0; i < making->count; i++) {
    uint32_t name = (uint32_t)(making->items[i].key & UINT32_MAX);
    enum fate fate = (enum fate)making->seen[name].fate;
    if (fate == HOME && is_done(making, name))
      out->settled[out->settled_count++] = name;
    else if (fate == REMOVED)
      out->removed[out->removed_count++] = name;
  }
  return true;
}

/* The directories are those of the other task. */
static bool begin_task(struct making *making) {
  struct nl_task *task = &making->out->task;
  task->dirs = nl_alloc_zero(((size_t)making->done->dir_count + 1) * sizeof *task->dirs);
  if (task->dirs == NULL)
    return false;
  memcpy(task->dirs, making->done->dirs, making->done->dir_count * sizeof *task->dirs);
  task->dir_count = making->done->dir_count;
  return true;
}

enum nlink_status nl_reverse(struct nl_reverse *out, const struct nl_task *done) {
  struct making making = {.done = done, .out = out};
  *out = (struct nl_reverse){0};
  int sys = nl_task_begin(&out->task, "undo");
  bool good = sys == 0 && nl_known_open(&making.known, done) && gather(&making) && begin_task(&making);
  if (good) {
    look_at_all(&making);
    good = !making.no_memory && build(&making);
  }
  nl_known_close(&making.known);
  nl_free(making.items);
  nl_free(making.seen);
  nl_free(making.kept_names);
  return sys != 0 ? nl_os_status(sys) : good ? NLINK_OK : NLINK_NO_MEMORY;
}

void nl_reverse_fini(struct nl_reverse *reverse) {
  nl_task_fini(&reverse->task);
  nl_free(reverse->origin);
  nl_free(reverse->settled);
  nl_free(reverse->removed);
  nl_free(reverse->left);
  *reverse = (struct nl_reverse){0};
}
