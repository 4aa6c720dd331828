/*
 * memory.h - allocation through the fault seam, and paths of any length
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_MEMORY_H
#define NL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** As malloc(), calloc() of one block, realloc() and free(); NULL = exhausted. */
void *nl_alloc(size_t size_bytes);
void *nl_alloc_zero(size_t size_bytes);
void *nl_realloc(void *block, size_t size_bytes);
void nl_free(void *block);

/** A string that grows; all zeros = empty. text is NUL-terminated wherever length > 0 or room > 0. */
struct nl_string {
  char *text;
  size_t length;
  size_t room;
};

/** Add @p count bytes of @p bytes at the end; false = memory is exhausted, and nothing changed. */
bool nl_string_add(struct nl_string *string, const char *bytes, size_t count);

/** Make @p count bytes more at the end, to be written at what is returned; NULL = memory is exhausted. */
char *nl_string_extend(struct nl_string *string, size_t count);

/** Cut to @p length bytes; @p length is at most the present one. */
void nl_string_cut(struct nl_string *string, size_t length);

void nl_string_fini(struct nl_string *string);

#endif
