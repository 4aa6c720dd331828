/*
 * tell.h - what went wrong during a walk, told to the caller
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_TELL_H
#define NL_TELL_H

#include "base/memory.h"
#include "tree/scope.h"
#include "tree/walk.h"

/** What is remembered from one trouble to the next; all zeros but the first two = ready. */
struct nl_telling {
  const struct nl_scope *scope;
  int dir; /* what the paths are relative to */
  size_t looks;
  struct nl_string denied_path; /* of the last name that was refused; empty = none */
  struct nlink_error denied;
};

/**
 * Call the scope's on_event, if there is any, with the cause of one trouble.
 *
 * @param other  Where @p sys is 0: the path of the same directory that was looked at.
 */
void nl_tell_one(struct nl_telling *telling, const char *path, enum nlink_step step, int sys,
                 const char *other);

void nl_telling_fini(struct nl_telling *telling);

/**
 * Call the scope's on_event for each trouble, in the order of the paths, with its cause.
 *
 * @param dir  What the paths are relative to.
 * @returns    How many there were, without those of the status NLINK_REPEATED; where memory for putting them in order
 *             is exhausted they are told in any.
 */
size_t nl_tell(const struct nl_scope *scope, int dir, const struct nl_trouble *troubles);

#endif
