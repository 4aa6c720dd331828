/*
 * glob.c - shell patterns without backtracking that grows
 *
 * What stands between two stars is put at the first place where it fits: any later place leaves less for the
 * rest. So only the last star ever has to take one character more, never one before it. In a path there are two
 * kinds. When the last "*" can take no more, because a slash or the end is reached, the last "**" moves on. If a
 * "*" came after it, then it moves to the next component at once: at any other place in the same component, the
 * same "*" would end at the same slash. So each part of the pattern meets each part of the text once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/glob.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A byte that is no part of valid UTF-8, as a number that is no character's. */
enum { STRAY = 0x110000 };

/* The character after the first byte of several; only the first byte is taken where they are not valid UTF-8. */
static uint32_t take_long(const char **text) {
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *bytes = (const unsigned char *)*text;
  size_t length = bytes[0] >= 0xf0 && bytes[0] < 0xf8   ? 4
                  : bytes[0] >= 0xe0 && bytes[0] < 0xf0 ? 3
                  : bytes[0] >= 0xc0 && bytes[0] < 0xe0 ? 2
                                                        : 0;
  uint32_t c = length > 0 ? bytes[0] & (0x7fu >> length) : 0;
  size_t at = 1;
  for (; at < length && (bytes[at] & 0xc0u) == 0x80; at++)
    c = c << 6 | (bytes[at] & 0x3fu);
  if (length == 0 || at < length || c < smallest[length] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff) {
    *text += 1;
    return STRAY + bytes[0];
  }
  *text += length;
  return c;
}

/* Take one character; the text must not be at its end. */
static inline uint32_t take(const char **text) {
  unsigned char byte = (unsigned char)**text;
  if (byte >= 0x80)
    return take_long(text);
  *text += 1;
  return byte;
}

/* ---------------------------------------------------------------- brackets */

static bool is_between(uint32_t c, char low, char high) {
  return c >= (uint32_t)low && c <= (uint32_t)high;
}

static bool is_letter(uint32_t c) {
  return is_between(c, 'a', 'z') || is_between(c, 'A', 'Z');
}

static bool is_digit(uint32_t c) {
  return is_between(c, '0', '9');
}

enum kind { ALNUM, ALPHA, BLANK, CNTRL, DIGIT, GRAPH, LOWER, PRINT, PUNCT, SPACE, UPPER, XDIGIT, KINDS };

static bool is_of_kind(uint32_t c, enum kind kind) {
  switch (kind) {
  case ALNUM:
    return is_letter(c) || is_digit(c);
  case ALPHA:
    return is_letter(c);
  case BLANK:
    return c == ' ' || c == '\t';
  case CNTRL:
    return c < ' ' || c == 0x7f;
  case DIGIT:
    return is_digit(c);
  case GRAPH:
    return is_between(c, '!', '~');
  case LOWER:
    return is_between(c, 'a', 'z');
  case PRINT:
    return is_between(c, ' ', '~');
  case PUNCT:
    return is_between(c, '!', '~') && !is_letter(c) && !is_digit(c);
  case SPACE:
    return c == ' ' || (c >= '\t' && c <= '\r');
  case UPPER:
    return is_between(c, 'A', 'Z');
  case XDIGIT:
    return is_digit(c) || is_between(c, 'a', 'f') || is_between(c, 'A', 'F');
  case KINDS:
    break;
  }
  return false;
}

/* The class whose name begins here, behind "[:"; KINDS = none. Its name and ":]" are passed over. */
static enum kind read_kind(const char **at) {
  static const char *const names[] = {"alnum:]", "alpha:]", "blank:]", "cntrl:]", "digit:]", "graph:]",
                                      "lower:]", "print:]", "punct:]", "space:]", "upper:]", "xdigit:]"};
  enum kind kind = ALNUM;
  for (; kind < KINDS; kind++) {
    size_t length = strlen(names[kind]);
    if (strncmp(*at, names[kind], length) == 0) {
      *at += length;
      break;
    }
  }
  return kind;
}

static bool is_end(char c, bool is_path) {
  return c == '\0' || (c == '/' && is_path);
}

static uint32_t take_member(const char **at, bool is_path) {
  if (**at == '\\' && !is_end((*at)[1], is_path))
    *at += 1;
  return take(at);
}

/*
 * Read the bracket at *at and look whether c is in it. True: *at is behind its end. False: it is not closed, and
 * *at is where the search for its end ended.
 */
static bool read_bracket(const char **at, uint32_t c, bool is_path, bool *is_hit) {
  const char *p = *at + 1;
  bool is_negated = *p == '!' || *p == '^';
  bool is_in = false;
  p += is_negated;
  for (bool is_first = true; *p != ']' || is_first; is_first = false) {
    if (is_end(*p, is_path)) {
      *at = p;
      return false;
    }
    if (p[0] == '[' && p[1] == ':') {
      const char *name = p + 2;
      enum kind kind = read_kind(&name);
      if (kind != KINDS) {
        is_in |= is_of_kind(c, kind);
        p = name;
        continue;
      }
    }
    uint32_t low = take_member(&p, is_path);
    uint32_t high = low;
    if (*p == '-' && p[1] != ']' && !is_end(p[1], is_path)) {
      p++;
      high = take_member(&p, is_path);
    }
    is_in |= low <= c && c <= high;
  }
  *at = p + 1;
  *is_hit = is_in != is_negated;
  return true;
}

/* ---------------------------------------------------------------- the match */

/* Where the match stands, or where it can be taken up again; pattern NULL = nowhere. */
struct place {
  const char *pattern;
  const char *text;
};

struct match {
  bool is_path;
  bool by_component; /* the last "**" ends with a slash: what follows it is at the start of a component */
  struct place at;
  struct place star; /* behind the last "*" since the last "**" */
  struct place deep; /* behind the last "**" */
  /* Each '[' from here to there is an ordinary character. */
  const char *plain_from;
  const char *plain_to;
};

/* Match the present element of the pattern, which is no star, with the present character; false = it differs. */
static bool match_one(struct match *match) {
  const char *p = match->at.pattern;
  const char *text = match->at.text;
  uint32_t c = take(&text);
  bool is_hit = c != '/' || !match->is_path;
  if (*p == '?') {
    p++;
  } else {
    bool is_bracket = *p == '[' && !(p >= match->plain_from && p < match->plain_to);
    if (is_bracket && !read_bracket(&p, c, match->is_path, &is_hit)) {
      match->plain_from = match->at.pattern;
      match->plain_to = p;
      p = match->at.pattern;
      is_bracket = false;
    }
    if (is_bracket) {
      is_hit = is_hit && (c != '/' || !match->is_path);
    } else {
      p += p[0] == '\\' && p[1] != '\0';
      is_hit = take(&p) == c;
    }
  }
  if (is_hit)
    match->at = (struct place){p, text};
  return is_hit;
}

/* Pass over a row of stars, and remember it. */
static void pass_stars(struct match *match, const char *whole) {
  const char *from = match->at.pattern;
  const char *p = from + strspn(from, "*");
  match->at.pattern = p;
  if (!match->is_path || p - from == 1) {
    match->star = match->at;
    return;
  }
  match->by_component = *p == '/' && (from == whole || from[-1] == '/');
  match->at.pattern += match->by_component;
  match->deep = match->at;
  match->star.pattern = NULL;
}

/* Take up again at the last star that can take more; false = there is none. */
static bool resume(struct match *match) {
  struct place *star = &match->star;
  struct place *deep = &match->deep;
  if (star->pattern != NULL && !is_end(*star->text, match->is_path)) {
    take(&star->text);
    match->at = *star;
    return true;
  }
  if (deep->pattern == NULL)
    return false;
  if (match->by_component || star->pattern != NULL) {
    const char *slash = strchr(deep->text, '/');
    if (slash == NULL)
      return false;
    deep->text = slash + 1;
  } else if (*deep->text != '\0') {
    take(&deep->text);
  } else {
    return false;
  }
  star->pattern = NULL;
  match->at = *deep;
  return true;
}

bool nl_glob_match(const char *pattern, const char *text, unsigned flags) {
  struct match match = {.is_path = (flags & NL_GLOB_PATH) != 0, .at = {pattern, text}};
  for (;;) {
    char next = *match.at.pattern;
    if (next == '*') {
      pass_stars(&match, pattern);
      continue;
    }
    bool is_done = *match.at.text == '\0';
    if (next == '\0' && is_done)
      return true;
    if (next != '\0' && !is_done && match_one(&match))
      continue;
    if (!resume(&match))
      return false;
  }
}
