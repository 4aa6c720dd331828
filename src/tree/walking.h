/*
 * walking.h - a walk on its way: what its rooms share, and nobody else includes
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_WALKING_H
#define NL_WALKING_H

#include "base/arena.h"
#include "tree/descend.h"
#include "tree/plan.h"
#include "tree/roots.h"
#include "tree/rules.h"
#include "tree/seen.h"
#include "work/pool.h"

enum { NL_ROOM_BYTES = 1 << 16 };

/** Entries of a large directory, read and not yet looked at: a piece of work for whoever is free. */
struct nl_batch {
  unsigned char piece;
  struct nl_dir *dir;
  size_t used;
  struct nl_batch *next; /* of those that nobody uses */
  union {
    uint64_t aligned;
    char room[NL_ROOM_BYTES];
  };
};

/** A directory that was reached again, by way of a second node that is not walked. */
struct nl_again {
  struct nl_dir *first;
  struct nl_dir *dir;
};

/** What a thread of the walk has to itself. */
struct nl_worker {
  unsigned number;
  struct nl_arena arena;
  struct nl_batch *batch; /* for reading into */
  struct nl_dir **children;
  size_t child_count;
  size_t child_room;
  struct nl_string path;    /* below the root, for rules that need it */
  size_t path_before;       /* how much of it is the directory's */
  struct nl_roots_in inner; /* roots whose names are in the directory at hand */
  _Atomic uint64_t names;
  _Atomic uint64_t directories;
  char apart[64];
};

struct nl_walk {
  struct nl_walk_plan plan;
  struct nl_descent descent;
  struct nl_seen *seen;
  struct nl_seen *places; /* the directories of single names; NULL = there are none */
  struct nl_pool *pool;
  struct nl_roots given; /* the paths, and which of them are one name */
  size_t *chosen; /* by the paths: of those that are one name, the path that comes first by its bytes */
  struct nl_dir **roots;          /* by the paths */
  _Atomic(bool) *single;          /* by the paths: it is no directory */
  struct nl_walk_single *singles; /* by the paths: what those turned out to be; NULL = there are none */
  struct nl_os_monitor *common;   /* over what follows up to the counts */
  struct nl_arena arena;
  struct nl_trouble *troubles;
  struct nl_again *again;
  size_t again_count;
  size_t again_room;
  atomic_uint batches; /* on their way */
  atomic_uint numbers;
  atomic_int stopped; /* enum nlink_status; NLINK_OK = go on */
  uint64_t told_ns;   /* when progress was told last */
  unsigned worker_count;
  struct nl_worker *workers;
};

/** End the walk, with this for its result unless there is one already. */
void nl_walk_stop(struct nl_walk *walk, enum nlink_status status);

/** Note trouble with a name in @p dir, or with @p dir itself where the name is NULL. */
void nl_walk_note(struct nl_walk *walk, const struct nl_dir *dir, const char *name, size_t length,
                  enum nlink_step step, int sys);

/** Note that the directory @p first, which is walked, was reached again by way of @p dir. */
void nl_walk_note_again(struct nl_walk *walk, struct nl_dir *first, struct nl_dir *dir);

/** When the walk has ended: settle which way leads to each of those, and make the others trouble. */
void nl_walk_settle_again(struct nl_walk *walk);

/** Whether @p dir is @p below or above it. */
bool nl_dir_leads_to(const struct nl_dir *dir, const struct nl_dir *below);

/** Whether the walk is to end. */
static inline bool nl_walk_is_stopped(struct nl_walk *walk) {
  return atomic_load_explicit(&walk->stopped, memory_order_relaxed) != NLINK_OK;
}

#endif
