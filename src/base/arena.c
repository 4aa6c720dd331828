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

static void *take_large(struct nl_arena *arena, size_t size_bytes) {
  struct nl_arena_chunk *chunk = chunk_new(size_bytes);
  if (chunk == NULL)
    return NULL;
  if (arena->newest == NULL) {
    chunk->older = NULL;
    arena->newest = chunk;
  } else {
    chunk->older = arena->newest->older;
    arena->newest->older = chunk;
  }
  return chunk->bytes;
}

/* The bytes are not aligned; a caller that needs that has made arena->at so. */
static char *take_bytes(struct nl_arena *arena, size_t size_bytes) {
  if (size_bytes > arena->left_bytes) {
    size_t chunk_bytes = arena->next_bytes > 0 ? arena->next_bytes : FIRST_CHUNK_BYTES;
    if (size_bytes > chunk_bytes / 4)
      return take_large(arena, size_bytes);
    struct nl_arena_chunk *chunk = chunk_new(chunk_bytes);
    if (chunk == NULL)
      return NULL;
    chunk->older = arena->newest;
    arena->newest = chunk;
    arena->at = chunk->bytes;
    arena->left_bytes = chunk_bytes;
    arena->next_bytes = chunk_bytes < LARGEST_CHUNK_BYTES ? chunk_bytes * 2 : chunk_bytes;
  }
  char *taken = arena->at;
  arena->at += size_bytes;
  arena->left_bytes -= size_bytes;
  return taken;
}

void *nl_arena_take(struct nl_arena *arena, size_t size_bytes) {
  if (size_bytes == 0)
    size_bytes = 1; /* NULL means something else */
  size_t off = (size_t)((uintptr_t)arena->at % alignof(max_align_t));
  size_t pad = off == 0 ? 0 : alignof(max_align_t) - off;
  if (arena->left_bytes >= pad && arena->left_bytes - pad >= size_bytes) {
    arena->at += pad;
    arena->left_bytes -= pad;
  } else {
    arena->left_bytes = 0; /* a new chunk begins aligned */
  }
  return take_bytes(arena, size_bytes);
}

char *nl_arena_text(struct nl_arena *arena, const char *bytes, size_t length) {
  char *text = length < SIZE_MAX ? take_bytes(arena, length + 1) : NULL;
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
