/*
 * digest.c - digests by xxHash
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/digest.h"

/* All of it is in its header. */
#define XXH_INLINE_ALL
#include <xxhash.h>

struct nl_digest nl_digest(const void *bytes, size_t count, uint64_t seed) {
  XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, count, seed);
  return (struct nl_digest){hash.high64, hash.low64};
}

uint64_t nl_checksum(const void *bytes, size_t count) {
  return XXH3_64bits(bytes, count);
}
