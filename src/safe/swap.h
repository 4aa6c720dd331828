/*
 * swap.h - the one place that replaces a name in a user's tree
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SWAP_H
#define NL_SWAP_H

#include "nlink.h"
#include "path/place.h"

/** Make the new thing under the name that it is told; 0, or the system's error number. */
typedef int nl_make_function(int dir, const char *name, void *ctx);

/**
 * Put what @p make makes in the place of a name that exists. The name is there at every instant.
 *
 * @param step  Out, on failure: which step it was.
 * @returns     0, or the system's error number; then the tree is as it was.
 */
int nl_swap_replace(enum nlink_step *step, const struct nl_place *place, nl_make_function *make, void *ctx);

/**
 * The same, and keep what the name held under a backup name beside it.
 *
 * @param backup  Kind and suffix in; the backup's last component out, in backup->name.
 */
int nl_swap_keep(enum nlink_step *step, const struct nl_place *place, nl_make_function *make, void *ctx,
                 struct nlink_backup *backup);

#endif
