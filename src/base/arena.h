/*
 * arena.h - memory for many small things that live and die together
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_ARENA_H
#define NL_ARENA_H

#include <stddef.h>

struct nl_arena_chunk;

/** All zeros = empty. What an arena gave stays where it is until nl_arena_fini(). */
struct nl_arena {
  struct nl_arena_chunk *newest;
  char *at;
  size_t left_bytes;
  size_t next_bytes; /* of the next chunk; chunks grow with what was taken so far */
};

/** Take a block, aligned for any type; NULL = memory is exhausted. */
void *nl_arena_take(struct nl_arena *arena, size_t size_bytes);

/** The same, aligned for 64 bits only: of many small things the gaps between them count. */
void *nl_arena_take_tight(struct nl_arena *arena, size_t size_bytes);

/** Take room for @p length bytes and a NUL, and copy them into it; NULL = memory is exhausted. */
char *nl_arena_text(struct nl_arena *arena, const char *bytes, size_t length);

/** Give everything back; the arena is empty afterwards and can be used again. */
void nl_arena_fini(struct nl_arena *arena);

#endif
