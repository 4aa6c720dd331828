/*
 * slow_glob.c - a pattern as a row of tokens, a text as a row of characters, and a table of which ends match
 *
 * Nothing here is shared with the matcher under test: tokens are read once, sets are bitmaps and pairs, and the
 * table has an answer for every end of the pattern with every end of the text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "slow_glob.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum token_kind { CHARACTER, ANY, SET, STAR, DEEP, DEEP_SLASH };

struct range {
  uint32_t low;
  uint32_t high;
};

struct token {
  enum token_kind kind;
  uint32_t c;
  bool negated;
  bool ascii[128]; /* of classes */
  size_t range_count;
  struct range ranges[SLOW_LONGEST];
};

static uint32_t next_character(const char **text) {
  const unsigned char *b = (const unsigned char *)*text;
  uint32_t c = b[0];
  size_t size = 1;
  if (b[0] >= 0xc2 && b[0] <= 0xdf && b[1] >> 6 == 2) {
    c = (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu);
    size = 2;
  } else if (b[0] >> 4 == 0xe && b[1] >> 6 == 2 && b[2] >> 6 == 2) {
    c = (b[0] & 0xfu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
    size = c >= 0x800 && c >> 11 != 0x1b ? 3 : 1;
  } else if (b[0] >= 0xf0 && b[0] <= 0xf4 && b[1] >> 6 == 2 && b[2] >> 6 == 2 && b[3] >> 6 == 2) {
    c = (b[0] & 7u) << 18 | (b[1] & 0x3fu) << 12 | (b[2] & 0x3fu) << 6 | (b[3] & 0x3fu);
    size = c >= 0x10000 && c <= 0x10ffff ? 4 : 1;
  }
  if (size == 1 && b[0] >= 0x80)
    c = 0x200000u + b[0];
  *text += size;
  return c;
}

/* The class at "[:", or NULL; *length is that of all of it. In the C locale, as the tests are run. */
static int (*class_at(const char *p, size_t *length))(int) {
  static const struct {
    const char *name;
    int (*is)(int);
  } classes[] = {{"[:alnum:]", isalnum}, {"[:alpha:]", isalpha}, {"[:blank:]", isblank},
                 {"[:cntrl:]", iscntrl}, {"[:digit:]", isdigit}, {"[:graph:]", isgraph},
                 {"[:lower:]", islower}, {"[:print:]", isprint}, {"[:punct:]", ispunct},
                 {"[:space:]", isspace}, {"[:upper:]", isupper}, {"[:xdigit:]", isxdigit}};
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
    *length = strlen(classes[i].name);
    if (strncmp(p, classes[i].name, *length) == 0)
      return classes[i].is;
  }
  return NULL;
}

static uint32_t set_character(const char **p, const char *end) {
  if (**p == '\\' && *p + 1 < end)
    (*p)++;
  return next_character(p);
}

/* Read a set whose pattern ends, for a set, at `end`; NULL = it is not closed, else behind it. */
static const char *read_set(struct token *token, const char *p, const char *end) {
  token->kind = SET;
  p++;
  if (p < end && (*p == '!' || *p == '^')) {
    token->negated = true;
    p++;
  }
  for (const char *first = p; p < end;) {
    size_t length = 0;
    int (*is)(int) = class_at(p, &length);
    if (*p == ']' && p > first)
      return p + 1;
    if (is != NULL) {
      for (int c = 0; c < 128; c++)
        token->ascii[c] |= is(c) != 0;
      p += length;
      continue;
    }
    struct range *range = &token->ranges[token->range_count++];
    range->low = range->high = set_character(&p, end);
    if (p + 1 < end && p[0] == '-' && p[1] != ']') {
      p++;
      range->high = set_character(&p, end);
    }
  }
  return NULL;
}

static size_t read_tokens(struct token *tokens, const char *pattern, bool is_path) {
  size_t count = 0;
  const char *ordinary = pattern; /* up to here, '[' is an ordinary character */
  for (const char *p = pattern; *p != '\0'; count++) {
    struct token *token = &tokens[count];
    memset(token, 0, sizeof *token);
    size_t stars = strspn(p, "*");
    if (stars > 0) {
      bool fresh = p == pattern || p[-1] == '/';
      p += stars;
      token->kind = !is_path || stars == 1 ? STAR : fresh && *p == '/' ? DEEP_SLASH : DEEP;
      p += token->kind == DEEP_SLASH;
      continue;
    }
    if (*p == '?') {
      token->kind = ANY;
      p++;
      continue;
    }
    if (*p == '[' && p >= ordinary) {
      const char *end = p + strcspn(p, is_path ? "/" : "");
      const char *behind = read_set(token, p, end);
      if (behind != NULL) {
        p = behind;
        continue;
      }
      ordinary = end;
    }
    if (p[0] == '\\' && p[1] != '\0')
      p++;
    token->kind = CHARACTER;
    token->c = next_character(&p);
  }
  return count;
}

static bool is_one(const struct token *token, uint32_t c, bool is_path) {
  if (token->kind == CHARACTER)
    return token->c == c;
  if (c == '/' && is_path)
    return false;
  if (token->kind == ANY)
    return true;
  bool is_in = c < 128 && token->ascii[c];
  for (size_t i = 0; i < token->range_count; i++)
    is_in = is_in || (c >= token->ranges[i].low && c <= token->ranges[i].high);
  return is_in != token->negated;
}

bool slow_glob_match(const char *pattern, const char *text, bool is_path) {
  if (strlen(pattern) > SLOW_LONGEST || strlen(text) > SLOW_LONGEST)
    abort();
  static struct token tokens[SLOW_LONGEST];
  size_t count = read_tokens(tokens, pattern, is_path);
  uint32_t characters[SLOW_LONGEST];
  size_t length = 0;
  for (const char *at = text; *at != '\0';)
    characters[length++] = next_character(&at);
  static bool ends[SLOW_LONGEST + 1][SLOW_LONGEST + 1];
  for (size_t i = count + 1; i-- > 0;) {
    bool slash_ahead = false; /* the rest of the pattern matches behind some slash from here on */
    for (size_t j = length + 1; j-- > 0;) {
      bool *end = &ends[i][j];
      bool more = j < length;
      if (i == count) {
        *end = !more;
        continue;
      }
      slash_ahead = slash_ahead || (more && characters[j] == '/' && ends[i + 1][j + 1]);
      switch (tokens[i].kind) {
      case STAR:
        *end = ends[i + 1][j] || (more && (characters[j] != '/' || !is_path) && ends[i][j + 1]);
        break;
      case DEEP:
        *end = ends[i + 1][j] || (more && ends[i][j + 1]);
        break;
      case DEEP_SLASH:
        *end = ends[i + 1][j] || slash_ahead;
        break;
      case CHARACTER:
      case ANY:
      case SET:
        *end = more && is_one(&tokens[i], characters[j], is_path) && ends[i + 1][j + 1];
        break;
      }
    }
  }
  return ends[0][0];
}

/* ---------------------------------------------------------------- rules */

/* Whether the pattern matches the path, or what follows one of its slashes. */
static bool matches_an_end(const char *pattern, const char *path) {
  for (; path != NULL; path = strchr(path, '/') != NULL ? strchr(path, '/') + 1 : NULL)
    if (slow_glob_match(pattern, path, true))
      return true;
  return false;
}

static bool rule_matches(const char *source, const char *path, bool is_directory) {
  char pattern[SLOW_LONGEST + 1];
  snprintf(pattern, sizeof pattern, "%s", source + strspn(source, "/"));
  size_t length = strlen(pattern);
  bool cut = false;
  for (; length > 0 && pattern[length - 1] == '/'; cut = true)
    pattern[--length] = '\0';
  size_t backslashes = 0;
  while (backslashes < length && pattern[length - 1 - backslashes] == '\\')
    backslashes++;
  if (cut && backslashes % 2 == 1)
    pattern[length - 1] = '\0';
  if (cut && !is_directory)
    return false;
  return source[0] == '/' ? slow_glob_match(pattern, path, true) : matches_an_end(pattern, path);
}

bool slow_rules_take(const char *const *rules, size_t count, const char *path, bool is_directory) {
  bool all_take = count > 0;
  for (size_t i = 0; i < count; i++) {
    if (rule_matches(rules[i] + 2, path, is_directory))
      return rules[i][0] == '+';
    all_take = all_take && rules[i][0] == '+';
  }
  return !all_take || is_directory;
}
