/*
 * arena.c - memory for many small things that live and die together
 *
 * A chain of chunks, each twice as large as the one before up to a limit. Nothing is given back singly, so a
 * name costs its bytes and no more. What does not fit into the present chunk begins a new one; what is large
 * gets a chunk of its own behind the newest, so that the room in the newest is not lost.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/arena.h"

#include "base/memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

enum { FIRST_CHUNK_BYTES = 1 << 14, LARGEST_CHUNK_BYTES = 1 << 21 };

struct nl_arena_chunk {
  struct nl_arena_chunk *older;
  alignas(max_align_t) char bytes[];
};

static struct nl_arena_chunk *chunk_new(size_t size_bytes) {
  if (size_bytes > SIZE_MAX - sizeof(struct nl_arena_chunk))
    return NULL;
  return nl_alloc(sizeof(struct nl_arena_chunk) + size_bytes);
}

/* Put a chunk of its own for one block behind the newest, which stays in use. */
static void *take_large(struct nl_arena *arena, size_t size_bytes) {
  struct nl_arena_chunk *chunk = chunk_new(size_bytes);
  if (chunk == NULL)
    return NULL;
  struct nl_arena_chunk **place = arena->newest == NULL ? &arena->newest : &arena->newest->older;
  chunk->older = *place;
  *place = chunk;
  return chunk->bytes;
}

/* What does not fit into the newest chunk: it begins a new one, or is large and gets one to itself. */
static char *take_beyond(struct nl_arena *arena, size_t size_bytes) {
  size_t chunk_bytes = arena->next_bytes > 0 ? arena->next_bytes : FIRST_CHUNK_BYTES;
  if (size_bytes > chunk_bytes / 4)
    return take_large(arena, size_bytes);
  struct nl_arena_chunk *chunk = chunk_new(chunk_bytes);
  if (chunk == NULL)
    return NULL;
  chunk->older = arena->newest;
  arena->newest = chunk;
  arena->at = chunk->bytes + size_bytes;
  arena->left_bytes = chunk_bytes - size_bytes;
  arena->next_bytes = chunk_bytes < LARGEST_CHUNK_BYTES ? chunk_bytes * 2 : chunk_bytes;
  return chunk->bytes;
}

static char *take(struct nl_arena *arena, size_t size_bytes, size_t pad_bytes) {
  if (arena->left_bytes < pad_bytes || arena->left_bytes - pad_bytes < size_bytes)
    return take_beyond(arena, size_bytes);
  char *taken = arena->at + pad_bytes;
  arena->at = taken + size_bytes;
  arena->left_bytes -= pad_bytes + size_bytes;
  return taken;
}

static void *take_aligned(struct nl_arena *arena, size_t size_bytes, size_t alignment) {
  size_t off = (size_t)((uintptr_t)arena->at % alignment);
  size_t pad = off == 0 ? 0 : alignment - off;
  return take(arena, size_bytes > 0 ? size_bytes : 1, pad); /* NULL means something else than nothing */
}

void *nl_arena_take(struct nl_arena *arena, size_t size_bytes) {
  return take_aligned(arena, size_bytes, alignof(max_align_t));
}

void *nl_arena_take_tight(struct nl_arena *arena, size_t size_bytes) {
  return take_aligned(arena, size_bytes, alignof(uint64_t));
}

char *nl_arena_text(struct nl_arena *arena, const char *bytes, size_t length) {
  char *text = length < SIZE_MAX ? take(arena, length + 1, 0) : NULL;
  if (text == NULL)
    return NULL;
  if (length > 0)
    memcpy(text, bytes, length);
  text[length] = '\0';
  return text;
}

void nl_arena_fini(struct nl_arena *arena) {
  if (arena == NULL)
    return;
  for (struct nl_arena_chunk *chunk = arena->newest; chunk != NULL;) {
    struct nl_arena_chunk *older = chunk->older;
    nl_free(chunk);
    chunk = older;
  }
  *arena = (struct nl_arena){0};
}
