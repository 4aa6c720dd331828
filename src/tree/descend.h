/*
 * descend.h - the descriptors of a walk: how a directory is opened below another, and how few are open at once
 *
 * A directory is opened relative to the one above it, so a path may be of any length, and nobody who renames a
 * directory above can lead the walk astray. Where too many would be open, those further up are given back; who needs
 * one of them again finds it by the names from the next open one down, and checks that it is still the same.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_DESCEND_H
#define NL_DESCEND_H

#include "tree/node.h"

/** The descriptors of one walk. */
struct nl_descent {
  int dir; /* that roots are relative to */
  atomic_uint opened;
  atomic_uint budget;
};

void nl_descent_init(struct nl_descent *descent, int dir);

/** Open a directory to read it, and keep its descriptor in it; 0, or the system's error number. */
int nl_descend(struct nl_descent *descent, struct nl_dir *dir);

/** The descriptor of an open directory, valid until nl_descent_return(); 0, or the system's error number. */
int nl_descent_borrow(struct nl_descent *descent, struct nl_dir *dir, int *fd);
void nl_descent_return(struct nl_dir *dir);

/** Close a directory's descriptor, if it is open. */
void nl_descent_close(struct nl_descent *descent, struct nl_dir *dir);

#endif
