/*
 * fuzz_text.c - two texts that are computed: the way from one directory to a path, and a quoted name
 *
 * From `from`, the way leads to `to`. A quoted name, read back, is the name; cut at any size it stays within.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"
#include "path/relative.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 600 };

/* Follow a relative text from an absolute path, by the text alone. */
static void follow(char *path, const char *text) {
  while (*text != '\0') {
    size_t length = strcspn(text, "/");
    if (length == 2 && memcmp(text, "..", 2) == 0) {
      char *slash = strrchr(path, '/');
      slash[slash == path] = '\0';
    } else if (length > 1 || (length == 1 && text[0] != '.')) {
      if (path[1] != '\0')
        strcat(path, "/");
      strncat(path, text, length);
    }
    text += length;
    text += strspn(text, "/");
  }
}

/* The bytes as an absolute path without ".", ".." and needless slashes. */
static void normal(char *out, const uint8_t *data, size_t size) {
  char text[LONGEST];
  size_t length = 0;
  for (size_t i = 0; i < size && i < LONGEST / 2; i++)
    if (data[i] != '\0')
      text[length++] = (char)data[i];
  text[length] = '\0';
  strcpy(out, "/");
  follow(out, text);
}

static void check_relative(const uint8_t *data, size_t size) {
  char from[2 * LONGEST];
  char to[LONGEST];
  struct nl_string way = {0};
  const uint8_t *half = size > 0 ? memchr(data, '\n', size) : NULL;
  size_t first = half != NULL ? (size_t)(half - data) : size / 2;
  normal(from, data, first);
  normal(to, data + first, size - first);
  if (!nl_relative_text(&way, from, to))
    return;
  char at[4 * LONGEST];
  strcpy(at, from);
  follow(at, way.text);
  if (way.text[0] == '/' || way.length != strlen(way.text) || strcmp(at, to) != 0) {
    fprintf(stderr, "from '%s' by '%s' to '%s', not '%s'\n", from, way.text, at, to);
    abort();
  }
  nl_string_fini(&way);
}

static void check_quote(const char *name, unsigned flags) {
  size_t size = 6 * strlen(name) + 16;
  char *text = malloc(size);
  char *again = malloc(size);
  if (text == NULL || again == NULL)
    abort();
  size_t length = nlink_quote(text, size, name, flags);
  if (length >= size || length != strlen(text) || !ground_unquote(again, text) || strcmp(again, name) != 0) {
    fprintf(stderr, "quoted with 0x%x: %s\n", flags, text);
    abort();
  }
  char *cut = malloc(length / 2 + 1);
  if (cut == NULL || nlink_quote(cut, length / 2 + 1, name, flags) != length ||
      strncmp(cut, text, length / 2) != 0)
    abort();
  free(cut);
  free(text);
  free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char name[LONGEST];
  size_t length = size < LONGEST - 1 ? size : LONGEST - 1;
  if (length > 0)
    memcpy(name, data, length);
  name[length] = '\0';
  for (unsigned flags = 0; flags < 4; flags++)
    check_quote(name, flags);
  check_relative(data, size);
  return 0;
}
