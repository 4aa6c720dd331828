/*
 * node.c - a directory of a walked tree
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/node.h"

#include <string.h>

struct nl_dir *nl_dir_new(struct nl_arena *arena, struct nl_dir *above, const char *name, size_t length,
                          size_t extra) {
  if (length > UINT32_MAX)
    return NULL;
  char *block = nl_arena_take_tight(arena, extra + sizeof(struct nl_dir) + length + 1);
  if (block == NULL)
    return NULL;
  memset(block, 0, extra);
  struct nl_dir *dir = (struct nl_dir *)(void *)(block + extra);
  char *text = (char *)(dir + 1);
  memcpy(text, name, length);
  text[length] = '\0';
  *dir = (struct nl_dir){.flags = above == NULL ? NL_DIR_ROOT : 0,
                         .depth = above == NULL ? 0 : above->depth + 1,
                         .above = above,
                         .btime_ns = NLINK_TIME_UNKNOWN,
                         .fd = -1,
                         .name = text,
                         .name_length = (uint32_t)length};
  return dir;
}

/* Whether a slash goes between a directory's own text and what is in it. */
static bool parts(const struct nl_dir *dir) {
  return dir->name_length > 0 && dir->name[dir->name_length - 1] != '/';
}

static size_t length_of(const struct nl_dir *dir) {
  size_t length = 0;
  for (; dir != NULL; dir = dir->above)
    length += dir->name_length + (dir->above != NULL && parts(dir->above));
  return length;
}

/* Write a part that ends where @p end stands in the whole text; what does not fit into the room is left out. */
static size_t put_before(char *out, size_t size, size_t end, const char *part, size_t length) {
  size_t begin = end - length;
  if (begin < size)
    memcpy(out + begin, part, length < size - begin ? length : size - begin);
  return begin;
}

size_t nl_dir_path(char *out, size_t size, const struct nl_dir *dir, const char *name, size_t length) {
  bool parted = dir != NULL && name != NULL && parts(dir);
  size_t whole = length_of(dir) + (name != NULL ? length + parted : 0);
  if (size == 0)
    return whole;
  size_t at = whole;
  if (name != NULL)
    at = put_before(out, size, at, name, length);
  if (parted)
    at = put_before(out, size, at, "/", 1);
  for (; dir != NULL; dir = dir->above) {
    at = put_before(out, size, at, dir->name, dir->name_length);
    if (dir->above != NULL && parts(dir->above))
      at = put_before(out, size, at, "/", 1);
  }
  out[whole < size ? whole : size - 1] = '\0';
  return whole;
}

bool nl_dir_path_string(struct nl_string *out, const struct nl_dir *dir, const char *name, size_t length) {
  size_t whole = nl_dir_path(NULL, 0, dir, name, length);
  char *at = nl_string_extend(out, whole);
  if (at != NULL)
    nl_dir_path(at, whole + 1, dir, name, length);
  return at != NULL;
}
