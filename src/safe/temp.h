/*
 * temp.h - names that nobody else knows, and how two names change places where the system cannot do that in one step
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_TEMP_H
#define NL_TEMP_H

#include "nlink.h"

#include <stdbool.h>

#define NL_TEMP_SIZE 24 /* with its NUL */

/** ".nlink-" and 80 random bits in letters that every file system keeps apart; 0, or the system's error number. */
int nl_temp_random(char out[NL_TEMP_SIZE]);

/**
 * Remove a temporary name. It must not be left because somebody interrupted that: it is tried again.
 *
 * @returns 0, also where nothing stands there; or the system's error number.
 */
int nl_temp_remove(int dir, const char *temp);

/** Give what is under @p from the further name @p to, both in @p dir; made and denied, as over a network, is made. */
int nl_temp_link_surely(int dir, const char *from, const char *to);

/** What file systems answer that cannot exchange names, nor rename to a new one only. */
bool nl_temp_is_impossible(int sys);

/**
 * The same as an exchange, in two steps: the old file gets the further name @p old, then what @p temp holds takes the place
 * of @p name. The name is there at every instant. Not done = nothing changed.
 */
int nl_temp_exchange_by_link(int dir, const char *temp, const char *name, const char *old);

#endif
