/*
 * seen.h - which directories have been walked already, told by several threads at once
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SEEN_H
#define NL_SEEN_H

#include "nlink.h"
#include "tree/node.h"

struct nl_seen;

enum nlink_status nl_seen_open(struct nl_seen **out);

/**
 * Add a directory whose dev and ino are known, and its birth where the system tells it.
 *
 * @param first  Out: the directory of the same identity that was added before; @p dir where there was none.
 */
enum nlink_status nl_seen_add(struct nl_seen *seen, struct nl_dir *dir, struct nl_dir **first);

/** A directory of this identity, whenever it was born; NULL = none. */
struct nl_dir *nl_seen_find(const struct nl_seen *seen, uint64_t dev, uint64_t ino);

/** Every one, in any order: *at begins with 0, NULL = there is no more. Only when no thread adds. */
struct nl_dir *nl_seen_next(const struct nl_seen *seen, size_t *at);

void nl_seen_close(struct nl_seen *seen);

#endif
