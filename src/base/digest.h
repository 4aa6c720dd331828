/*
 * digest.h - a number of 128 bits that tells bytes apart, for sorting: equal bytes have equal ones, and others nearly never
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_DIGEST_H
#define NL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

struct nl_digest {
  uint64_t high;
  uint64_t low;
};

/** XXH3, 128 bits; another seed gives other numbers. */
struct nl_digest nl_digest(const void *bytes, size_t count, uint64_t seed);

/** XXH3, 64 bits: a checksum. */
uint64_t nl_checksum(const void *bytes, size_t count);

#endif
