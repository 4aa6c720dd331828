/*
 * relative.h - what a soft link has to hold, computed from the two places
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_RELATIVE_H
#define NL_RELATIVE_H

#include "base/memory.h"

/**
 * The way from the directory that @p dst is really in to where @p target really leads.
 *
 * Soft links on both ways are resolved; components that do not exist are taken as they stand.
 *
 * @returns 0, or the system's error number.
 */
int nl_relative_path(struct nl_string *out, int target_dir, const char *target, int dst_dir, const char *dst);

/** The absolute path of @p target, its soft links kept. */
int nl_absolute_path(struct nl_string *out, int target_dir, const char *target);

/** The text from the absolute, resolved directory @p from to the absolute, resolved path @p to. */
bool nl_relative_text(struct nl_string *out, const char *from, const char *to);

#endif
