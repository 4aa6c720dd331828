/*
 * way.h - the way that a soft link leads, from soft link to soft link
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_WAY_H
#define NL_WAY_H

#include "base/memory.h"
#include "flaw/inside.h"

/** What the one who follows knows, and what it has found out; all but the first zeros = nothing yet. */
struct nl_way_knowledge {
  const struct nl_inside *inside;
  struct nl_inside_memory memory;
  uint64_t last_dev; /* the last device that was asked about */
  bool has_last;
  bool last_is_proc;
};

/** A way that was followed to its end. */
struct nl_way {
  int sys;      /* 0 = it leads to something; else why it ends */
  int unseen;   /* the number of a look beside the way that gave no answer; 0 = none */
  bool by_proc; /* it comes by what each process sees in its own way: nothing can be told */
  bool leaves;  /* it comes by a place outside of the roots, or ends there */
  bool outside; /* it ends outside */
  struct nl_os_look end;
  unsigned further; /* soft links on the way behind the first, without those that stand for a directory */
  int base;         /* the directory where the last text begins */
  int dir;          /* the directory that the last name is in; -1 = it was not reached */
  const char *last; /* the last name, in the text; "" = the directory itself */
  int owned_base;
  int owned_dir;
  bool opened;                  /* some directory had to be opened */
  char text[NLINK_TARGET_SIZE]; /* the last text that was followed */
};

/**
 * Follow a soft link; the way is to be closed.
 *
 * @param dir   The directory that it is in, below a root; stays the caller's, and is used until the way is closed.
 * @param name  Its name there.
 * @param text  What it holds.
 */
void nl_way_follow(struct nl_way *way, struct nl_way_knowledge *knowledge, int dir, const char *name,
                   const char *text);

void nl_way_close(struct nl_way *way);

/**
 * Add a sentence about the circle that a way, which ended in one, goes round in.
 *
 * @param is_circle  Out: it was seen to go round. Else there are more soft links than the system follows, or the circle is on
 *                   the way of a directory.
 * @returns          0, or the number of NO_MEMORY.
 */
int nl_way_tell_circle(struct nl_string *out, bool *is_circle, int dir, const char *name, const char *text);

/** Whether the directory @p dir is on a file system where each process sees something else. */
bool nl_way_is_proc(struct nl_way_knowledge *knowledge, int dir, uint64_t dev);

/** The absolute path of the directory where a way ends, or of the end itself where it is a directory's own name. */
int nl_way_end_path(struct nl_string *out, const struct nl_way *way);

#endif
