/*
 * seen.c - which directories have been walked already, told by several threads at once
 *
 * Several tables, each under a lock of its own, chosen by the identity's hash: threads seldom meet in one. A table is
 * open addressing over pointers, at most three quarters full.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/seen.h"

#include "base/memory.h"
#include "os/os.h"

enum { TABLES = 16 };

struct table {
  struct nl_os_monitor *lock;
  struct nl_dir **slots; /* `room` of them, a power of two */
  size_t room;
  size_t count;
};

struct nl_seen {
  struct table tables[TABLES];
};

enum nlink_status nl_seen_open(struct nl_seen **out) {
  struct nl_seen *seen = nl_alloc_zero(sizeof *seen);
  *out = seen;
  if (seen == NULL)
    return NLINK_NO_MEMORY;
  for (size_t i = 0; i < TABLES; i++)
    if (nl_os_monitor_open(&seen->tables[i].lock) != 0) {
      nl_seen_close(seen);
      *out = NULL;
      return NLINK_NO_MEMORY;
    }
  return NLINK_OK;
}

/* The lower bits choose the table and the place in it. */
static uint64_t hash_of(uint64_t dev, uint64_t ino) {
  uint64_t hash = nl_os_hash(dev, ino);
  return hash ^ hash >> 29;
}

/* A removed directory's inode number may be a new one's. */
static bool is_one_birth(int64_t a_ns, int64_t b_ns) {
  return a_ns == b_ns || a_ns == NLINK_TIME_UNKNOWN || b_ns == NLINK_TIME_UNKNOWN;
}

/* The place of an identity: where it is, or the empty one where it would be. */
static struct nl_dir **place_of(const struct table *table, uint64_t hash, uint64_t dev, uint64_t ino,
                                int64_t btime_ns) {
  size_t at = hash / TABLES & (table->room - 1);
  for (;; at = (at + 1) & (table->room - 1)) {
    const struct nl_dir *dir = table->slots[at];
    if (dir == NULL || (dir->ino == ino && dir->dev == dev && is_one_birth(dir->btime_ns, btime_ns)))
      return &table->slots[at];
  }
}

static bool grow(struct table *table) {
  struct table larger = {.room = table->room == 0 ? 64 : table->room * 2};
  larger.slots = nl_alloc_zero(larger.room * sizeof(struct nl_dir *));
  if (larger.slots == NULL)
    return false;
  for (size_t i = 0; i < table->room; i++) {
    struct nl_dir *dir = table->slots[i];
    if (dir != NULL)
      *place_of(&larger, hash_of(dir->dev, dir->ino), dir->dev, dir->ino, dir->btime_ns) = dir;
  }
  nl_free(table->slots);
  table->slots = larger.slots;
  table->room = larger.room;
  return true;
}

enum nlink_status nl_seen_add(struct nl_seen *seen, struct nl_dir *dir, struct nl_dir **first) {
  uint64_t hash = hash_of(dir->dev, dir->ino);
  struct table *table = &seen->tables[hash % TABLES];
  enum nlink_status status = NLINK_OK;
  nl_os_enter(table->lock);
  if (table->count >= table->room / 4 * 3 && !grow(table)) {
    status = NLINK_NO_MEMORY;
  } else {
    struct nl_dir **place = place_of(table, hash, dir->dev, dir->ino, dir->btime_ns);
    if (*place == NULL) {
      *place = dir;
      table->count++;
    }
    *first = *place;
  }
  nl_os_leave(table->lock);
  return status;
}

struct nl_dir *nl_seen_find(const struct nl_seen *seen, uint64_t dev, uint64_t ino) {
  uint64_t hash = hash_of(dev, ino);
  const struct table *table = &seen->tables[hash % TABLES];
  return table->room == 0 ? NULL : *place_of(table, hash, dev, ino, NLINK_TIME_UNKNOWN);
}

struct nl_dir *nl_seen_next(const struct nl_seen *seen, size_t *at) {
  size_t begin = 0; /* the number of the table's first slot among those of all */
  for (size_t i = 0; i < TABLES; begin += seen->tables[i].room, i++)
    while (*at < begin + seen->tables[i].room) {
      struct nl_dir *dir = seen->tables[i].slots[*at - begin];
      (*at)++;
      if (dir != NULL)
        return dir;
    }
  return NULL;
}

void nl_seen_close(struct nl_seen *seen) {
  if (seen == NULL)
    return;
  for (size_t i = 0; i < TABLES; i++) {
    nl_os_monitor_close(seen->tables[i].lock);
    nl_free(seen->tables[i].slots);
  }
  nl_free(seen);
}
