/*
 * inside.c - whether a directory is one of the roots or lies below one, by identity and not by its path
 *
 * From the directory the way goes up by ".." until a root, a directory that is known already, or the top. All that
 * it comes by gets the same answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/inside.h"

#include "base/memory.h"

enum nlink_status nl_inside_open(struct nl_inside *out, int dir, const char *const *paths, size_t count) {
  *out = (struct nl_inside){0};
  out->roots = nl_alloc_zero((count + 1) * sizeof *out->roots);
  if (out->roots == NULL)
    return NLINK_NO_MEMORY;
  for (size_t i = 0; i < count; i++) {
    struct nl_os_look look;
    int sys = nl_os_look(&look, dir, paths[i]);
    if (sys != 0 && nl_os_status(sys) != NLINK_NOT_FOUND)
      out->unseen = sys;
    if (sys != 0 || look.kind != NLINK_DIRECTORY)
      continue;
    if (!nl_inside_is_root(out, look.dev, look.ino))
      out->roots[out->count++] = (struct nl_inside_dir){look.dev, look.ino, true, true};
  }
  return NLINK_OK;
}

bool nl_inside_is_root(const struct nl_inside *inside, uint64_t dev, uint64_t ino) {
  for (size_t i = 0; i < inside->count; i++)
    if (inside->roots[i].ino == ino && inside->roots[i].dev == dev)
      return true;
  return false;
}

/* Where the directory is in the table, or would be; the table has a free place. */
static struct nl_inside_dir *place_of(const struct nl_inside_memory *memory, uint64_t dev, uint64_t ino) {
  uint64_t hash = nl_os_hash(dev, ino);
  for (size_t at = (size_t)(hash >> 32);; at++) {
    struct nl_inside_dir *dir = &memory->known[at & (memory->room - 1)];
    if (!dir->used || (dir->ino == ino && dir->dev == dev))
      return dir;
  }
}

static bool grow(struct nl_inside_memory *memory) {
  if (memory->count < memory->room / 2)
    return true;
  struct nl_inside_memory larger = {.room = memory->room == 0 ? 64 : memory->room * 2};
  larger.known = nl_alloc_zero(larger.room * sizeof *larger.known);
  if (larger.known == NULL)
    return false;
  for (size_t i = 0; i < memory->room; i++)
    if (memory->known[i].used)
      *place_of(&larger, memory->known[i].dev, memory->known[i].ino) = memory->known[i];
  larger.count = memory->count;
  nl_free(memory->known);
  *memory = larger;
  return true;
}

static bool remember(struct nl_inside_memory *memory, struct nl_inside_dir dir) {
  if (!grow(memory))
    return false;
  struct nl_inside_dir *place = place_of(memory, dir.dev, dir.ino);
  memory->count += !place->used;
  *place = dir;
  return true;
}

/* Whether the answer is known for a directory without a look at what is above it. */
static bool is_known(bool *is_inside, const struct nl_inside *inside, const struct nl_inside_memory *memory,
                     const struct nl_inside_dir *dir) {
  const struct nl_inside_dir *place = memory->room == 0 ? NULL : place_of(memory, dir->dev, dir->ino);
  bool met = place != NULL && place->used;
  *is_inside = met ? place->inside : nl_inside_is_root(inside, dir->dev, dir->ino);
  return met || *is_inside;
}

/* The directories on a way up. */
struct climb {
  struct nl_inside_dir *met;
  size_t count;
  size_t room;
};

static bool meet(struct climb *climb, struct nl_inside_dir dir) {
  if (climb->count == climb->room) {
    size_t room = climb->room == 0 ? 32 : climb->room * 2;
    struct nl_inside_dir *met = nl_realloc(climb->met, room * sizeof *met);
    if (met == NULL)
      return false;
    climb->met = met;
    climb->room = room;
  }
  climb->met[climb->count++] = dir;
  return true;
}

static int go_up(bool *is_inside, const struct nl_inside *inside, const struct nl_inside_memory *memory,
                 struct climb *climb, int fd, struct nl_inside_dir dir) {
  int owned = -1;
  int sys = 0;
  while (sys == 0 && !is_known(is_inside, inside, memory, &dir)) {
    int above = -1;
    struct nl_os_look look;
    sys = meet(climb, dir) ? nl_os_open(&above, fd, "..", NL_OS_DIRECTORY) : nl_os_number(NLINK_NO_MEMORY);
    nl_os_close(owned);
    fd = owned = above;
    if (sys == 0)
      sys = nl_os_look(&look, fd, "");
    if (sys == 0 && look.dev == dir.dev && look.ino == dir.ino)
      break; /* the top */
    if (sys == 0)
      dir = (struct nl_inside_dir){look.dev, look.ino, true, false};
  }
  nl_os_close(owned);
  return sys;
}

int nl_inside_look(bool *is_inside, const struct nl_inside *inside, struct nl_inside_memory *memory, int fd,
                   uint64_t dev, uint64_t ino) {
  struct climb climb = {0};
  *is_inside = false;
  int sys = go_up(is_inside, inside, memory, &climb, fd, (struct nl_inside_dir){dev, ino, true, false});
  for (size_t i = 0; i < climb.count && sys == 0; i++) {
    climb.met[i].inside = *is_inside;
    if (!remember(memory, climb.met[i]))
      sys = nl_os_number(NLINK_NO_MEMORY);
  }
  nl_free(climb.met);
  return sys == 0 && !*is_inside ? inside->unseen : sys;
}

void nl_inside_memory_fini(struct nl_inside_memory *memory) {
  nl_free(memory->known);
  *memory = (struct nl_inside_memory){0};
}

void nl_inside_fini(struct nl_inside *inside) {
  nl_free(inside->roots);
  *inside = (struct nl_inside){0};
}
