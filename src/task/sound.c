/*
 * sound.c - whether a task hangs together
 *
 * SPDX-License-Identifier: MIT
 */
#include "task/sound.h"

#include <string.h>

/* Whether first and count are a part of @p whole that begins where the last one ended. */
static bool is_next(uint32_t first, uint32_t count, uint32_t at, uint32_t whole) {
  return first == at && count > 0 && count <= whole - at;
}

static const char *look_at_deed(const struct nl_task *task, uint32_t index) {
  const struct nl_task_file *file = &task->files[index];
  bool needs_keep =
      file->deed == NL_DEED_LINK || file->deed == NL_DEED_SYMLINK || file->deed == NL_DEED_SHARE;
  if (file->deed >= NL_DEEDS || file->left >= NLINK_LEFTS || file->differs >= 1u << NLINK_ASPECTS)
    return "a file has a deed or a reason that is not known";
  if (file->own.mode > 07777)
    return "a file has a mode that none can have";
  if (file->deed == NL_DEED_AIM && (file->aim == NULL || file->aim[0] == '\0'))
    return "a soft link is to be aimed at nothing";
  if (file->deed == NL_DEED_REMOVE && file->target == NULL)
    return "what is no soft link is to be removed";
  if (file->keep == NL_TASK_NO_FILE)
    return needs_keep ? "a file is to become one that is not there" : NULL;
  if (file->keep == index) /* it is a kept one */
    return file->deed == NL_DEED_NONE ? NULL : "a file is to become itself";
  if (file->keep > index || task->files[file->keep].group != file->group)
    return "a file was compared with one that is not before it in its group";
  if (file->deed == NL_DEED_NONE)
    return NULL;
  if (task->files[file->keep].deed != NL_DEED_NONE)
    return "a file is to become one that is to be replaced itself";
  return NULL;
}

/* The names of all files, and the files of all groups, follow each other without a gap. */
static const char *look_at_files(const struct nl_task *task) {
  uint32_t name = 0;
  for (uint32_t i = 0; i < task->file_count; i++) {
    const struct nl_task_file *file = &task->files[i];
    if (!is_next(file->first_name, file->name_count, name, task->name_count))
      return "the names of a file do not follow those of the file before";
    for (uint32_t end = name + file->name_count; name < end; name++)
      if (task->names[name].file != i)
        return "a name is another file's";
    if (file->group >= task->group_count)
      return "a file is in no group";
    const char *wrong = look_at_deed(task, i);
    if (wrong != NULL)
      return wrong;
  }
  return name == task->name_count ? NULL : "a name is no file's";
}

static const char *look_at_groups(const struct nl_task *task) {
  uint32_t file = 0;
  for (uint32_t i = 0; i < task->group_count; i++) {
    const struct nl_task_group *group = &task->groups[i];
    if (!is_next(group->first_file, group->file_count, file, task->file_count))
      return "the files of a group do not follow those of the group before";
    for (uint32_t end = file + group->file_count; file < end; file++)
      if (task->files[file].group != i)
        return "a file is in another group";
  }
  return file == task->file_count ? NULL : "a file is in no group";
}

const char *nl_task_unsound(const struct nl_task *task) {
  for (uint32_t i = 0; i < task->dir_count; i++)
    if (task->dirs[i][0] != '/')
      return "a directory is no absolute path";
  for (uint32_t i = 0; i < task->name_count; i++) {
    const struct nl_task_name *name = &task->names[i];
    if (name->dir >= task->dir_count || name->file >= task->file_count)
      return "a name is in no directory, or no file's";
    if (name->state > NL_TASK_UNDONE || name->left >= NLINK_LEFTS)
      return "a name has a state or a reason that is not known";
    if (name->text[0] == '\0' || strcmp(name->text, ".") == 0 || strcmp(name->text, "..") == 0 ||
        strchr(name->text, '/') != NULL)
      return "a name is none";
  }
  const char *wrong = look_at_files(task);
  return wrong != NULL ? wrong : look_at_groups(task);
}
