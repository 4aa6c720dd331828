/*
 * mend.h - commands that mend a finding, as a person would type them into a shell
 *
 * Every name is quoted, so that the shell reads the same bytes. Each adds to a string; false = memory is exhausted.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_MEND_H
#define NL_MEND_H

#include "base/memory.h"

/** Let the soft link @p path hold @p text. */
bool nl_mend_aim(struct nl_string *out, const char *text, const char *path);

bool nl_mend_remove(struct nl_string *out, const char *path);

/** Give each of the names a file of its own, equal to the present one; no name is missing at any time. */
bool nl_mend_part(struct nl_string *out, const char *const *names, size_t count);

/** Make each of the names a soft link of its own that holds @p text. */
bool nl_mend_part_soft(struct nl_string *out, const char *text, const char *const *names, size_t count);

#endif
