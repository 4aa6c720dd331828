/*
 * same.h - which of many files have equal contents
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SAME_H
#define NL_SAME_H

#include "bytes/plan.h"

struct nl_same;

/**
 * Compare.
 *
 * @param out  To be closed in every case; NULL where memory was exhausted at once.
 *
 * @retval NLINK_OK
 * @retval NLINK_CANCELLED  `between` said stop.
 * @retval NLINK_NO_MEMORY
 */
enum nlink_status nl_same_find(struct nl_same **out, const struct nl_same_plan *plan);

/** The first of the classes; NULL = there is none. */
const struct nl_same_class *nl_same_first(const struct nl_same *same);

/** How much was read. */
uint64_t nl_same_read_bytes(const struct nl_same *same);

void nl_same_close(struct nl_same *same);

#endif
