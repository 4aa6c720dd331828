/*
 * beneath.h - open a path that cannot leave its directory
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_BENEATH_H
#define NL_BENEATH_H

#include "os/os.h"

/**
 * Open @p path beneath @p dir; no "..", absolute path, soft link or magic link can lead out of it, whatever
 * others do to its components meanwhile.
 *
 * @returns 0, or the system's error number; the number of CROSS_DEVICE where the path leads out.
 */
int nl_beneath_open(int *fd, int dir, const char *path, enum nl_os_open how);

/** The same without the system's help: component by component, through descriptors. */
int nl_beneath_walk(int *fd, int dir, const char *path, enum nl_os_open how);

#endif
