/*
 * walk.h - trees walked in parallel: each name once, whatever happens meanwhile
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_WALK_H
#define NL_WALK_H

#include "nlink.h"
#include "os/os.h"
#include "tree/node.h"
#include "tree/scope.h"

struct nl_walk;
struct nl_seen;

/** One name as the walk sees it, borrowed for the call. */
struct nl_sight {
  struct nl_dir *dir; /* the directory that it is in; NULL = a root that is a directory */
  const char *name;
  size_t length;
  uint32_t depth; /* below its root */
  enum nlink_kind kind;
  uint64_t ino;                  /* as its directory tells; with a look, as the file tells */
  const struct nl_os_look *look; /* NULL = not asked for, or it could not be looked at */
  struct nl_dir *self;           /* a directory that is walked now: its own node, numbered; else NULL */
  int at; /* a descriptor to look at the name through, with at_name; "" = the descriptor is the thing itself */
  const char *at_name;
  unsigned worker; /* whose thread this is: below nl_walk_workers() */
};

struct nl_walk_plan {
  int dir;
  const char *const *paths;
  size_t count;
  const struct nl_scope *scope;
  bool look; /* look at each name; without it only where the scope or the file system asks for that */
  size_t extra_bytes; /* of each node, for whoever takes; see nl_dir_extra() */
  /*
   * A name; false = stop. Called by all workers at once; those of one directory mostly by one of them. A directory comes
   * before what is in it, when it is entered.
   */
  bool (*take)(void *ctx, const struct nl_sight *sight);
  void *ctx;
};

/** Something that could not be looked at, or was not looked at again. */
struct nl_trouble {
  struct nl_trouble *next;
  enum nlink_step step;
  int sys;           /* 0 = the directory is the same as `other` */
  const char *other; /* its path */
  char path[];
};

/** How many workers a walk of this scope has. */
unsigned nl_walk_workers(const struct nl_scope *scope);

/**
 * Walk.
 *
 * @param out  The walk, with its nodes; NULL where the result is NLINK_NO_MEMORY.
 *
 * @retval NLINK_OK         All was seen but what nl_walk_troubles() tells.
 * @retval NLINK_END        plan->take said stop.
 * @retval NLINK_CANCELLED  The scope's on_progress said stop.
 */
enum nlink_status nl_walk_run(struct nl_walk **out, const struct nl_walk_plan *plan);

/** The directory that the path @p index is; NULL = it is none, or could not be entered. */
struct nl_dir *nl_walk_root(const struct nl_walk *walk, size_t index);

/** The directories that were walked. Their numbers go from 0 to one less than there are. */
const struct nl_seen *nl_walk_seen(const struct nl_walk *walk);

/** What went wrong, in any order; NULL = nothing. */
const struct nl_trouble *nl_walk_troubles(const struct nl_walk *walk);

void nl_walk_close(struct nl_walk *walk);

#endif
