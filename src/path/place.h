/*
 * place.h - where a name stands, or is to stand: an open directory and a last component
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_PLACE_H
#define NL_PLACE_H

#include "base/memory.h"
#include "nlink.h"
#include "os/os.h"

/** A directory that stays the same whatever happens to the path, and the name in it. */
struct nl_place {
  int dir;
  const char *name; /* borrowed from the path, or static; its trailing slashes kept, they mean something */
  int owned;        /* the descriptor to close, or -1 */
};

/**
 * Open the directory that @p path's last component is in.
 *
 * @param beneath  The directory must lie beneath @p dir; what leaves it answers CROSS_DEVICE's number.
 * @returns        0, or the system's error number; the place is to be closed in both cases.
 */
int nl_place_open(struct nl_place *place, int dir, const char *path, bool beneath);

void nl_place_close(struct nl_place *place);

/** Open @p path in the ordinary way, or, with @p beneath, so that it cannot leave @p dir. */
int nl_path_open(int *fd, int dir, const char *path, enum nl_os_open how, bool beneath);

/** Where the last component of @p path begins, in bytes; its length without trailing slashes. */
size_t nl_path_last(const char *path, size_t *length);

/** A path's bytes up to @p length as a string of its own, "." where there are none; false = no memory. */
bool nl_path_prefix(struct nl_string *out, const char *path, size_t length);

/** Whether @p sys only says that a way ends there (nothing there, no soft link, not for us to see), and is an answer. */
bool nl_path_ends(int sys);

#endif
