/*
 * memory.c - allocation through the fault seam, and strings that grow
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/memory.h"

#include "base/fault.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *nl_alloc(size_t size_bytes) {
  return NL_FAULT_MEMORY() ? NULL : malloc(size_bytes);
}

void *nl_alloc_zero(size_t size_bytes) {
  return NL_FAULT_MEMORY() ? NULL : calloc(1, size_bytes);
}

void *nl_realloc(void *block, size_t size_bytes) {
  return NL_FAULT_MEMORY() ? NULL : realloc(block, size_bytes);
}

void nl_free(void *block) {
  free(block);
}

char *nl_string_extend(struct nl_string *string, size_t count) {
  if (count >= SIZE_MAX / 2 - string->length)
    return NULL;
  size_t needed = string->length + count + 1;
  if (needed > string->room) {
    size_t room = needed < 64 ? 64 : needed + needed / 2;
    char *text = nl_realloc(string->text, room);
    if (text == NULL)
      return NULL;
    string->text = text;
    string->room = room;
  }
  char *end = string->text + string->length;
  string->length += count;
  string->text[string->length] = '\0';
  return end;
}

bool nl_string_add(struct nl_string *string, const char *bytes, size_t count) {
  char *end = nl_string_extend(string, count);
  if (end != NULL && count > 0)
    memcpy(end, bytes, count);
  return end != NULL;
}

void nl_string_cut(struct nl_string *string, size_t length) {
  string->length = length;
  if (string->text != NULL)
    string->text[length] = '\0';
}

void nl_string_fini(struct nl_string *string) {
  if (string == NULL)
    return;
  nl_free(string->text);
  *string = (struct nl_string){0};
}
