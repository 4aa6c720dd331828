/*
 * place.c - where a new name goes
 *
 * SPDX-License-Identifier: MIT
 */
#include "place.h"

#include "nlink.h"

#include <stdlib.h>
#include <string.h>

const char *place_last(const char *path) {
  const char *last = path;
  while (*last == '/')
    last++;
  bool after_slash = false;
  for (const char *at = last; *at != '\0'; at++) {
    if (*at == '/')
      after_slash = true;
    else if (after_slash) {
      last = at;
      after_slash = false;
    }
  }
  return last;
}

/* How long the last component is without the slashes after it. */
static size_t last_length(const char *last) {
  size_t length = strlen(last);
  while (length > 0 && last[length - 1] == '/')
    length--;
  return length;
}

char *place_in(const char *dir, const char *src, char **base) {
  const char *last = place_last(src);
  size_t dir_length = strlen(dir);
  size_t length = last_length(last);
  char *path = malloc(dir_length + 1 + length + 1);
  if (path == NULL)
    return NULL;
  memcpy(path, dir, dir_length);
  char *at = path + dir_length;
  if (dir_length > 0 && at[-1] != '/')
    *at++ = '/';
  memcpy(at, last, length);
  at[length] = '\0';
  *base = at;
  return path;
}

/* Look at the directory that a path's last component is in. */
static bool look_at_parent(struct nlink_stat *stat, int dir, const char *path, const char *last) {
  size_t length = (size_t)(last - path);
  if (length == 0)
    return nlink_stat(stat, dir, ".", 0, NULL) == NLINK_OK;
  char *parent = malloc(length + 1);
  if (parent == NULL)
    return false;
  memcpy(parent, path, length);
  parent[length] = '\0';
  bool seen = nlink_stat(stat, dir, parent, 0, NULL) == NLINK_OK;
  free(parent);
  return seen;
}

bool place_is_same_name(int a_dir, const char *a, int b_dir, const char *b) {
  const char *a_last = place_last(a);
  const char *b_last = place_last(b);
  size_t length = last_length(a_last);
  if (length != last_length(b_last) || memcmp(a_last, b_last, length) != 0)
    return false;
  struct nlink_stat a_parent;
  struct nlink_stat b_parent;
  return look_at_parent(&a_parent, a_dir, a, a_last) && look_at_parent(&b_parent, b_dir, b, b_last) &&
         a_parent.dev == b_parent.dev && a_parent.ino == b_parent.ino;
}

/* `text` as it is read from the directory that `path` is in; the caller's to free, NULL = no memory. */
static char *beside(const char *path, const char *text) {
  size_t prefix = *text == '/' ? 0 : (size_t)(place_last(path) - path);
  size_t size = strlen(text) + 1;
  char *joined = malloc(prefix + size);
  if (joined == NULL)
    return NULL;
  memcpy(joined, path, prefix);
  memcpy(joined + prefix, text, size);
  return joined;
}

bool place_leads_to(const char *path, int dst_dir, const char *dst, bool at_end) {
  enum { HOPS = 40 };
  char *here = beside("", path);
  bool there = here == NULL; /* without memory the careful answer */
  for (int hop = 0; here != NULL && hop < HOPS; hop++) {
    for (size_t length = strlen(here); length > 1 && here[length - 1] == '/'; length--)
      here[length - 1] = '\0'; /* a slash only says that the way goes on */
    char held[NLINK_TARGET_SIZE];
    bool ends = nlink_readlink(held, sizeof held, NLINK_CWD, here, 0, NULL) != NLINK_OK;
    there = (ends || !at_end) && place_is_same_name(NLINK_CWD, here, dst_dir, dst);
    if (ends || there)
      break;
    char *next = beside(here, held);
    free(here);
    here = next;
    there = here == NULL;
  }
  free(here);
  return there;
}

/* ------------------------------------------------------------------ names made by this process */

struct place_name {
  char *text; /* NULL = a free place */
  uint64_t dev;
  uint64_t ino;
};

static size_t hash(const char *text, uint64_t dev, uint64_t ino) {
  uint64_t value = 0xcbf29ce484222325u ^ dev ^ ino * 0x9e3779b97f4a7c15u;
  for (; *text != '\0'; text++)
    value = (value ^ (unsigned char)*text) * 0x100000001b3u;
  return (size_t)(value ^ value >> 29);
}

/* The name's place, or the free one where it would go. There is always a free one. */
static struct place_name *find(const struct place_made *made, const char *name, uint64_t dev, uint64_t ino) {
  for (size_t at = hash(name, dev, ino);; at++) {
    struct place_name *here = &made->names[at & (made->room - 1)];
    if (here->text == NULL || (here->dev == dev && here->ino == ino && strcmp(here->text, name) == 0))
      return here;
  }
}

static bool grow(struct place_made *made) {
  struct place_made more = {.room = made->room == 0 ? 64 : 2 * made->room, .count = made->count};
  more.names = calloc(more.room, sizeof *more.names);
  if (more.names == NULL)
    return false;
  for (size_t i = 0; i < made->room; i++)
    if (made->names[i].text != NULL)
      *find(&more, made->names[i].text, made->names[i].dev, made->names[i].ino) = made->names[i];
  free(made->names);
  *made = more;
  return true;
}

bool place_made_add(struct place_made *made, const char *name, uint64_t dev, uint64_t ino) {
  if (2 * (made->count + 1) > made->room && !grow(made))
    return false;
  struct place_name *here = find(made, name, dev, ino);
  if (here->text != NULL)
    return true;
  size_t size = strlen(name) + 1;
  char *text = malloc(size);
  if (text == NULL)
    return false;
  memcpy(text, name, size);
  *here = (struct place_name){text, dev, ino};
  made->count++;
  return true;
}

bool place_made_has(const struct place_made *made, const char *name, uint64_t dev, uint64_t ino) {
  return made->count > 0 && find(made, name, dev, ino)->text != NULL;
}

void place_made_fini(struct place_made *made) {
  for (size_t i = 0; i < made->room; i++)
    free(made->names[i].text);
  free(made->names);
  *made = (struct place_made){0};
}
