/*
 * soft.h - what is wrong with a soft link
 *
 * One soft link has one finding at most, the first of: it dangles; it loops; it leads out of the roots; it is absolute
 * and leads inside; it is longer than it needs to be. A kind that is not looked for leaves the next its turn. What leads
 * out by one soft link and in again by another leads out: it needs what is there. What leads over /proc is different
 * for each process: nothing is told of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SOFT_H
#define NL_SOFT_H

#include "base/arena.h"
#include "flaw/way.h"
#include "tree/plan.h"

/** One finding; the texts are the arena's. */
struct nl_soft {
  enum nlink_finding_kind kind;
  const struct nl_dir *dir; /* where it is; NULL as in struct nl_sight */
  const char *name;
  size_t length;
  const char *target; /* what it holds */
  const char *text;   /* what is wrong */
  const char *fresh;  /* what it should hold; NULL = not known */
  bool is_circle;     /* LOOPS: it was seen to lead round and round */
  /* Of one that can be mended: itself, of an unknown kind where it is gone; the absolute path of its directory, NULL = not
     known; and its name there. */
  struct nl_os_look look;
  const char *home;
  const char *base;
  /* Of one that dangles: the name that is missing, "" = it has none, and the absolute path of the directory where
     it was looked for; NULL = not known. */
  const char *lost;
  const char *expected;
  bool wants_directory; /* the missing thing was to be a directory */
  struct nl_soft *next;
};

/** What one thread needs to look at soft links: the first three are the caller's to fill in, the others all zeros. */
struct nl_soft_looker {
  struct nl_way_knowledge knowledge; /* `inside` set */
  struct nl_arena *arena;
  unsigned off; /* kinds that are not looked for, 1u << enum nlink_finding_kind */
  struct nl_way way;
  struct nl_string home; /* of the directory home_of */
  const struct nl_dir *home_of;
  const char *home_kept; /* the same in the arena; NULL = not there yet */
  struct nl_string fresh;
  struct nl_string text;
};

/**
 * Look at a soft link that a walk has met.
 *
 * @param out   The finding; NULL = none.
 * @param step  Out: which step @p sys is about.
 * @returns     0, or the system's number where nothing can be told for that reason; NO_MEMORY's among them.
 */
int nl_soft_look(struct nl_soft **out, enum nlink_step *step, struct nl_soft_looker *looker,
                 const struct nl_sight *sight);

void nl_soft_looker_fini(struct nl_soft_looker *looker);

#endif
