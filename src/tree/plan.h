/*
 * plan.h - what a walk is asked to do, and what it tells
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_PLAN_H
#define NL_PLAN_H

#include "nlink.h"
#include "os/os.h"
#include "tree/node.h"
#include "tree/scope.h"

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
  bool again;                    /* a directory that was told before, by another way */
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

/** A path of the walk that is no directory to be walked, but a name that was looked at by itself. */
struct nl_walk_single {
  struct nl_dir *dir; /* the directory that it is in, walked or NL_DIR_LISTED; NULL = it is no such path */
  const char *name;   /* borrowed from the path */
  size_t length;      /* without slashes at its end */
  struct nl_os_look look;
};

/** Something that could not be looked at, or was not looked at again. */
struct nl_trouble {
  const struct nl_trouble *next;
  enum nlink_step step;
  int sys;           /* 0 = the directory is the same as `other` */
  const char *other; /* its path */
  char path[];
};

#endif
