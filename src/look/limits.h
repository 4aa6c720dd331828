/*
 * limits.h - what file systems cannot do
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_LIMITS_H
#define NL_LIMITS_H

#include <stdint.h>

/** The most names a file can have by any driver or version of a type of file system; 0 = not known to us. */
uint64_t nl_link_limit(const char *type);

#endif
