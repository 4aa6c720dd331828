/*
 * fill.c - a task out of classes of equal files that were chosen from
 *
 * SPDX-License-Identifier: MIT
 */
#include "merge/fill.h"

#include <string.h>

struct filling {
  struct nl_task *task;
  struct nl_candidates *candidates;
  enum nl_deed deed;
  const char *base;
  struct nl_shown *shown;
  uint32_t *dirs; /* by the numbers of the walk's directories: the task's number and 1; 0 = none yet */
  uint32_t dir_room;
  uint32_t last_listed; /* the task's number, and 1, of the last that is a part of a path given by itself */
  struct nl_string path;
  struct nl_string absolute;
};

/* ---------------------------------------------------------------- directories */

/* The absolute path of what is written, and how much of it was given. "./" in front is left out of it. */
static bool make_absolute(struct filling *fill, const char *path, size_t length, struct nl_shown *shown) {
  *shown = (struct nl_shown){0};
  nl_string_cut(&fill->absolute, 0);
  if (length > 0 && *path == '/')
    return nl_string_add(&fill->absolute, path, length);
  while (length > 0 && *path == '.' && (length == 1 || path[1] == '/')) {
    size_t skip = 1;
    while (skip < length && path[skip] == '/')
      skip++;
    path += skip;
    length -= skip;
    shown->dotted = true;
  }
  size_t base = strlen(fill->base);
  bool slash = base == 0 || fill->base[base - 1] != '/';
  if (!nl_string_add(&fill->absolute, fill->base, base) ||
      (length > 0 && slash && !nl_string_add(&fill->absolute, "/", 1)))
    return false;
  shown->from = (uint32_t)(length > 0 ? fill->absolute.length : base);
  return length == 0 || nl_string_add(&fill->absolute, path, length);
}

static bool grow_dirs(struct filling *fill) {
  struct nl_task *task = fill->task;
  if (task->dir_count < fill->dir_room)
    return true;
  uint32_t room = fill->dir_room == 0 ? 256 : fill->dir_room * 2;
  const char **dirs = nl_realloc(task->dirs, room * sizeof *dirs);
  if (dirs != NULL)
    task->dirs = dirs;
  struct nl_shown *shown = dirs == NULL ? NULL : nl_realloc(fill->shown, room * sizeof *shown);
  if (shown == NULL)
    return false;
  fill->shown = shown;
  fill->dir_room = room;
  return true;
}

/* The number, and 1, of a further directory; 0 = memory is exhausted. */
static uint32_t add_dir(struct filling *fill, const char *path, size_t length) {
  struct nl_task *task = fill->task;
  struct nl_shown shown;
  if (!grow_dirs(fill) || !make_absolute(fill, path, length, &shown))
    return 0;
  const char *text = nl_arena_text(&task->arena, fill->absolute.text, fill->absolute.length);
  if (text == NULL)
    return 0;
  task->dirs[task->dir_count] = text;
  fill->shown[task->dir_count] = shown;
  return ++task->dir_count;
}

/* Of a path given by itself: its directory is what stands before its last part. */
static uint32_t add_listed(struct filling *fill, const char **text) {
  const char *slash = strrchr(*text, '/');
  const char *path = *text;
  size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
  *text = slash == NULL ? path : slash + 1;
  struct nl_shown shown;
  if (!make_absolute(fill, path, length, &shown))
    return 0;
  /* Names of one directory mostly follow each other. */
  if (fill->last_listed > 0 && strcmp(fill->task->dirs[fill->last_listed - 1], fill->absolute.text) == 0 &&
      fill->shown[fill->last_listed - 1].from == shown.from &&
      fill->shown[fill->last_listed - 1].dotted == shown.dotted)
    return fill->last_listed;
  fill->last_listed = add_dir(fill, path, length);
  return fill->last_listed;
}

static uint32_t find_dir(struct filling *fill, uint32_t number, const char **text) {
  const struct nl_dir *dir = fill->candidates->rooms[number].dir;
  if ((dir->flags & NL_DIR_LISTED) != 0)
    return add_listed(fill, text);
  if (fill->dirs[number] == 0) {
    nl_string_cut(&fill->path, 0);
    if (!nl_dir_path_string(&fill->path, dir, NULL, 0))
      return 0;
    fill->dirs[number] = add_dir(fill, fill->path.text, fill->path.length);
  }
  return fill->dirs[number];
}

/* ---------------------------------------------------------------- files */

static int compare_names(const void *a, const void *b, const void *ctx) {
  return nl_candidate_compare_names(ctx, a, b);
}

static bool add_names(struct filling *fill, struct nl_candidate *from, uint32_t file) {
  struct nl_task *task = fill->task;
  nl_sort_in_place(from->items, from->name_count, compare_names, fill->candidates);
  for (uint32_t i = 0; i < from->name_count; i++) {
    const struct nl_name *name = nl_candidate_name(from, i);
    const char *text = name->text;
    uint32_t dir = find_dir(fill, name->dir, &text);
    text = dir > 0 ? nl_arena_text(&task->arena, text, strlen(text)) : NULL;
    if (text == NULL)
      return false;
    task->names[task->name_count++] = (struct nl_task_name){.text = text, .dir = dir - 1, .file = file};
  }
  return true;
}

/* The attributes as the task's own. */
static bool copy_attributes(struct nl_task *task, struct nl_task_own *own, const struct nl_candidate *from) {
  const struct nl_beside *has = nl_candidate_beside(from);
  if (has->attribute_count == 0)
    return true;
  struct nl_task_attribute *list = nl_arena_take(&task->arena, has->attribute_count * sizeof *list);
  bool made = list != NULL;
  for (uint32_t i = 0; i < has->attribute_count && made; i++) {
    const struct nl_task_attribute *attribute = &has->attributes[i];
    list[i] = (struct nl_task_attribute){
        nl_arena_text(&task->arena, attribute->name, strlen(attribute->name)),
        nl_arena_text(&task->arena, attribute->value, attribute->length), attribute->length};
    made = list[i].name != NULL && list[i].value != NULL;
  }
  own->attributes = list;
  own->attribute_count = has->attribute_count;
  return made;
}

static bool add_file(struct filling *fill, struct nl_candidate *from, uint32_t first_file, uint32_t group) {
  struct nl_task *task = fill->task;
  const struct nl_name *name = nl_candidate_name(from, 0);
  const struct nl_name_more *more = nl_name_more(name);
  uint32_t number = task->file_count++;
  struct nl_task_file *file = &task->files[number];
  *file = (struct nl_task_file){
      .dev = nl_candidate_dev(fill->candidates, from),
      .ino = name->ino,
      .size_bytes = name->size_bytes,
      .allocated_bytes = nl_candidate_own_bytes(from),
      .link_count = name->link_count,
      .ctime_ns = more->ctime_ns,
      .own = {.atime_ns = more->atime_ns,
              .mtime_ns = more->mtime_ns,
              .uid = more->uid,
              .gid = more->gid,
              .mode = name->mode & 07777u},
      .mtime_ns = more->mtime_ns,
      .first_name = task->name_count,
      .name_count = from->name_count,
      .keep = first_file + from->keep,
      .group = group,
      .deed = (uint8_t)(from->act == NLINK_ACT_REPLACE ? fill->deed : NL_DEED_NONE),
      .left = from->left,
      .differs = from->differs,
  };
  return copy_attributes(task, &file->own, from) && add_names(fill, from, number);
}

/* ---------------------------------------------------------------- groups */

static int compare_fillings(const void *a, const void *b, const void *ctx) {
  const struct nl_filling *one = a;
  const struct nl_filling *other = b;
  return nl_candidate_compare_names(ctx, nl_candidate_first_name(ctx, one->files[0]),
                                    nl_candidate_first_name(ctx, other->files[0]));
}

static bool add_group(struct filling *fill, const struct nl_filling *filling) {
  struct nl_task *task = fill->task;
  uint32_t number = task->group_count++;
  uint32_t first_file = task->file_count;
  task->groups[number] = (struct nl_task_group){
      .size_bytes = nl_candidate_name(filling->files[0], 0)->size_bytes,
      .gain_bytes = filling->gain_bytes,
      .first_file = first_file,
      .file_count = filling->count,
  };
  for (uint32_t i = 0; i < filling->count; i++)
    if (!add_file(fill, filling->files[i], first_file, number))
      return false;
  return true;
}

/* Those of the largest gain first. */
static bool add_groups(struct filling *fill, const struct nl_filling *fillings, uint32_t count) {
  struct nl_sort_item *items = nl_alloc(count * sizeof *items);
  if (items == NULL)
    return false;
  for (uint32_t i = 0; i < count; i++)
    items[i] = (struct nl_sort_item){UINT64_MAX - fillings[i].gain_bytes, &fillings[i]};
  nl_sort_in_place(items, count, compare_fillings, fill->candidates);
  bool made = true;
  for (uint32_t i = 0; i < count && made; i++)
    made = add_group(fill, items[i].what);
  nl_free(items);
  return made;
}

static bool take_room(struct filling *fill, const struct nl_filling *fillings, uint32_t count) {
  struct nl_task *task = fill->task;
  size_t files = 0;
  size_t names = 0;
  for (uint32_t i = 0; i < count; i++) {
    files += fillings[i].count;
    for (uint32_t j = 0; j < fillings[i].count; j++)
      names += fillings[i].files[j]->name_count;
  }
  task->files = nl_alloc(files * sizeof *task->files);
  task->names = nl_alloc(names * sizeof *task->names);
  task->groups = nl_alloc(count * sizeof *task->groups);
  fill->dirs = nl_alloc_zero((fill->candidates->room_count + 1) * sizeof *fill->dirs);
  return task->files != NULL && task->names != NULL && task->groups != NULL && fill->dirs != NULL;
}

enum nlink_status nl_fill(struct nl_task *task, struct nl_shown **shown, struct nl_candidates *candidates,
                          const struct nl_filling *fillings, uint32_t count, enum nlink_dedupe_mode mode,
                          const char *base) {
  struct filling fill = {.task = task,
                         .candidates = candidates,
                         .deed = mode == NLINK_MODE_REFLINK   ? NL_DEED_SHARE
                                 : mode == NLINK_MODE_SYMLINK ? NL_DEED_SYMLINK
                                                              : NL_DEED_LINK,
                         .base = base};
  *shown = NULL;
  bool made = count == 0 || (take_room(&fill, fillings, count) && add_groups(&fill, fillings, count));
  nl_free(fill.dirs);
  nl_string_fini(&fill.path);
  nl_string_fini(&fill.absolute);
  if (made)
    *shown = fill.shown;
  else
    nl_free(fill.shown);
  return made ? NLINK_OK : NLINK_NO_MEMORY;
}
