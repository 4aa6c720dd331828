/*
 * tell.h - what went wrong during a walk, told to the caller
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_TELL_H
#define NL_TELL_H

#include "tree/scope.h"
#include "tree/walk.h"

/**
 * Call the scope's on_event for each trouble, in the order of the paths, with its cause.
 *
 * @param dir  What the paths are relative to.
 * @returns    How many there were, without those of the status NLINK_REPEATED; where memory for putting them in order
 *             is exhausted they are told in any.
 */
size_t nl_tell(const struct nl_scope *scope, int dir, const struct nl_trouble *troubles);

#endif
