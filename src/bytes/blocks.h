/*
 * blocks.h - files that have all their blocks in common, and so need no reading
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_BLOCKS_H
#define NL_BLOCKS_H

#include "bytes/step.h"

/**
 * Make members that lie on the same blocks twins of one of them.
 *
 * @returns  How many are left, in front; who could not be opened is out (file NULL) or gone.
 */
size_t nl_blocks_unite(struct nl_stepper *stepper, struct nl_member *members, size_t count,
                       uint64_t size_bytes);

#endif
