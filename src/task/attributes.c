/*
 * attributes.c - the extended attributes of an open file: read, compared
 *
 * SPDX-License-Identifier: MIT
 */
#include "task/attributes.h"

#include "base/sort.h"
#include "os/os.h"

#include <string.h>

enum { AT_ONCE = 1024 };

/* Of the system's own attributes only the access control lists are a file's; the others are other views of it. */
static bool is_own(const char *name) {
  return strncmp(name, "system.", 7) != 0 || strncmp(name, "system.posix_acl_", 17) == 0 ||
         strcmp(name, "system.nfs4_acl") == 0 || strcmp(name, "system.richacl") == 0;
}

static enum nlink_aspect aspect_of(const char *name) {
  if (strncmp(name, "system.", 7) == 0)
    return NLINK_ASPECT_ACL;
  return strncmp(name, "security.", 9) == 0 ? NLINK_ASPECT_SECURITY : NLINK_ASPECT_XATTR;
}

/* The names, each with its NUL; *names is the caller's `few` where they fit, else to be given back. */
static int read_names(char **names, size_t *length, int fd, char *few) {
  *names = few;
  int sys = nl_os_xattr_names(length, fd, few, AT_ONCE);
  while (nl_os_status(sys) == NLINK_TOO_SMALL) {
    size_t room = *length;
    char *more = nl_realloc(*names == few ? NULL : *names, room);
    if (more == NULL)
      return nl_os_number(NLINK_NO_MEMORY);
    *names = more;
    sys = nl_os_xattr_names(length, fd, more, room);
  }
  if (nl_os_status(sys) == NLINK_NOT_SUPPORTED) {
    *length = 0;
    return 0;
  }
  return sys;
}

static int read_value(struct nl_task_attribute *out, struct nl_arena *arena, int fd, const char *name) {
  char few[AT_ONCE];
  char *room = few;
  size_t length = 0;
  int sys = nl_os_xattr(&length, fd, name, few, sizeof few);
  while (nl_os_status(sys) == NLINK_TOO_SMALL) {
    size_t needed = length;
    char *more = nl_realloc(room == few ? NULL : room, needed);
    if (more == NULL) {
      sys = nl_os_number(NLINK_NO_MEMORY);
      break;
    }
    room = more;
    sys = nl_os_xattr(&length, fd, name, room, needed);
  }
  if (sys == 0) {
    *out = (struct nl_task_attribute){nl_arena_text(arena, name, strlen(name)),
                                      nl_arena_text(arena, room, length), length};
    if (out->name == NULL || out->value == NULL)
      sys = nl_os_number(NLINK_NO_MEMORY);
  }
  if (room != few)
    nl_free(room);
  return sys;
}

/* There are few of them; those that come in any order are put in their place one by one. */
static void sort_last(struct nl_task_attribute *list, uint32_t count) {
  struct nl_task_attribute last = list[count - 1];
  uint32_t at = count - 1;
  for (; at > 0 && strcmp(last.name, list[at - 1].name) < 0; at--)
    list[at] = list[at - 1];
  list[at] = last;
}

static int read_values(const struct nl_task_attribute **out, uint32_t *count, struct nl_arena *arena, int fd,
                       const char *names, size_t length) {
  uint32_t most = 0;
  for (size_t at = 0; at < length; at += strlen(names + at) + 1)
    most += is_own(names + at);
  if (most == 0)
    return 0;
  struct nl_task_attribute *list = nl_arena_take(arena, most * sizeof *list);
  if (list == NULL)
    return nl_os_number(NLINK_NO_MEMORY);
  uint32_t filled = 0;
  for (size_t at = 0; at < length; at += strlen(names + at) + 1) {
    if (!is_own(names + at))
      continue;
    int sys = read_value(&list[filled], arena, fd, names + at);
    if (sys != 0)
      return sys;
    sort_last(list, ++filled);
  }
  *out = list;
  *count = filled;
  return 0;
}

int nl_attributes_read(const struct nl_task_attribute **out, uint32_t *count, struct nl_arena *arena,
                       int fd) {
  char few[AT_ONCE];
  char *names = few;
  size_t length = 0;
  *out = NULL;
  *count = 0;
  int sys = read_names(&names, &length, fd, few);
  if (sys == 0 && length > 0)
    sys = read_values(out, count, arena, fd, names, length);
  if (names != few)
    nl_free(names);
  return sys;
}

static bool are_equal(const struct nl_task_attribute *a, const struct nl_task_attribute *b) {
  return a->length == b->length && memcmp(a->value, b->value, a->length) == 0;
}

unsigned nl_attributes_differ(const struct nl_task_attribute *a, uint32_t a_count,
                              const struct nl_task_attribute *b, uint32_t b_count) {
  unsigned differs = 0;
  while (a_count > 0 || b_count > 0) {
    int order = a_count == 0 ? 1 : b_count == 0 ? -1 : strcmp(a->name, b->name);
    if (order != 0 || !are_equal(a, b))
      differs |= 1u << aspect_of(order <= 0 ? a->name : b->name);
    if (order <= 0) {
      a++;
      a_count--;
    }
    if (order >= 0) {
      b++;
      b_count--;
    }
  }
  return differs;
}
