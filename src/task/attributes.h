/*
 * attributes.h - the extended attributes of an open file: read, compared
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_ATTRIBUTES_H
#define NL_ATTRIBUTES_H

#include "task/task.h"

/**
 * Read all that a file has of its own: access control lists, capabilities, labels, what users gave it. What the system
 * makes by itself from other things is left out.
 *
 * @param out    In the arena, by name; NULL = it has none.
 * @returns      0, or the system's error number; a file system without attributes is one where no file has any.
 */
int nl_attributes_read(const struct nl_task_attribute **out, uint32_t *count, struct nl_arena *arena, int fd);

/** In which of the aspects ACL, XATTR and SECURITY two files differ: a set of 1u << enum nlink_aspect. */
unsigned nl_attributes_differ(const struct nl_task_attribute *a, uint32_t a_count,
                              const struct nl_task_attribute *b, uint32_t b_count);

#endif
