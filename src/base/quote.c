/*
 * quote.c - bytes of a name as text that a person can read and a shell reads back
 *
 * A name goes between single quotes. What is no printable text goes between $' and ' as escapes. A name
 * whose only trouble is the single quote itself goes between double quotes. Printable is what is valid
 * UTF-8 and neither a control character, a separator of lines, nor one that turns the direction of writing:
 * those could make one name look like another.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/quote.h"

#include <string.h>

/* Where the text goes; counts on past the end of the room, so that the caller learns the whole length. */
struct sink {
  char *out;
  size_t size;
  size_t length;
};

static void put(struct sink *sink, char c) {
  if (sink->length + 1 < sink->size)
    sink->out[sink->length] = c;
  sink->length++;
}

static void put_text(struct sink *sink, const char *text) {
  for (; *text != '\0'; text++)
    put(sink, *text);
}

static bool is_forbidden(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || (c >= 0xd800 && c <= 0xdfff) || (c >= 0xfdd0 && c <= 0xfdef) ||
         (c & 0xfffe) == 0xfffe || c > 0x10ffff;
}

size_t nl_printable(const unsigned char *bytes) {
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (bytes[0] < 0x80)
    return is_forbidden(bytes[0]) ? 0 : 1;
  size_t length = bytes[0] >= 0xf0 && bytes[0] < 0xf8   ? 4
                  : bytes[0] >= 0xe0 && bytes[0] < 0xf0 ? 3
                  : bytes[0] >= 0xc0 && bytes[0] < 0xe0 ? 2
                                                        : 0;
  if (length == 0)
    return 0;
  uint32_t c = bytes[0] & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) {
    if ((bytes[i] & 0xc0u) != 0x80) /* the NUL at the end stops us here too */
      return 0;
    c = c << 6 | (bytes[i] & 0x3fu);
  }
  return c < smallest[length] || is_forbidden(c) ? 0 : length;
}

/* The printable character's length as the flags see it. */
static size_t printable(const char *at, unsigned flags) {
  if ((flags & NLINK_QUOTE_ASCII) != 0 && (unsigned char)*at >= 0x80)
    return 0;
  return nl_printable((const unsigned char *)at);
}

static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
         c == '\'' || strchr("%+,-./:]_@", c) != NULL;
}

/* What a look over the whole name tells before the first byte is written. */
struct shape {
  bool has_single_quote;
  bool double_quotes_do; /* every character means the same between double quotes */
  bool is_bare;          /* nothing in it that a shell would take for its own */
};

static struct shape look(const char *name, unsigned flags) {
  struct shape shape = {false, true, *name != '\0'};
  for (const char *at = name; *at != '\0';) {
    size_t length = printable(at, flags);
    bool multibyte = (unsigned char)*at >= 0x80;
    bool plain = length > 0 && (multibyte || is_plain(*at));
    bool leading = (*at == '#' || *at == '~') && at == name;
    bool alone = (*at == '{' || *at == '}') && at == name && at[1] == '\0';
    shape.has_single_quote |= *at == '\'';
    shape.double_quotes_do &= plain || leading || alone;
    bool harmless = *at == '#' || *at == '~' || *at == '{' || *at == '}';
    shape.is_bare &= (plain && *at != ' ' && *at != '\'') || (harmless && !leading && !alone);
    at += length > 0 ? length : 1;
  }
  return shape;
}

static void put_escape(struct sink *sink, unsigned char c) {
  static const char letters[] = "abtnvfr"; /* 7 to 13 */
  put(sink, '\\');
  if (c >= 7 && c <= 13) {
    put(sink, letters[c - 7]);
    return;
  }
  put(sink, (char)('0' + (c >> 6)));
  put(sink, (char)('0' + ((c >> 3) & 7)));
  put(sink, (char)('0' + (c & 7)));
}

static void put_quoted(struct sink *sink, const char *name, unsigned flags) {
  bool in_escape = false;
  put(sink, '\'');
  for (const char *at = name; *at != '\0';) {
    size_t length = printable(at, flags);
    if (length == 0) {
      if (!in_escape)
        put_text(sink, "'$'");
      in_escape = true;
      put_escape(sink, (unsigned char)*at++);
      continue;
    }
    if (*at == '\'') {
      put_text(sink, "'\\''");
      in_escape = false;
      at++;
      continue;
    }
    if (in_escape)
      put_text(sink, "''");
    in_escape = false;
    for (; length > 0; length--)
      put(sink, *at++);
  }
  put(sink, '\'');
}

/*
 * The length of a name that holds nothing but letters, digits and % + , - . / : ] _ @ and so is written as it
 * is; 0 = it holds something else. Nearly every name is such a one, and a listing writes many.
 */
static size_t simple_length(const char *name) {
  /* clang-format off */
  static const unsigned char simple[256] = {
      ['%'] = 1, ['+'] = 1, [','] = 1, ['-'] = 1, ['.'] = 1, ['/'] = 1, [':'] = 1, ['@'] = 1, [']'] = 1, ['_'] = 1,
      ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1,
      ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1,
      ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1,
      ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,
      ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1,
      ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1,
      ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
  };
  /* clang-format on */
  size_t length = 0;
  while (simple[(unsigned char)name[length]] != 0)
    length++;
  return name[length] == '\0' ? length : 0;
}

size_t nlink_quote(char *out, size_t size, const char *name, unsigned flags) {
  size_t simple = (flags & NLINK_QUOTE_NEEDED) != 0 ? simple_length(name) : 0;
  if (simple > 0 && simple < size) {
    memcpy(out, name, simple + 1);
    return simple;
  }
  struct sink sink = {out, size, 0};
  struct shape shape = look(name, flags);
  if ((flags & NLINK_QUOTE_NEEDED) != 0 && shape.is_bare) {
    put_text(&sink, name);
  } else if (shape.has_single_quote && shape.double_quotes_do) {
    put(&sink, '"');
    put_text(&sink, name);
    put(&sink, '"');
  } else {
    put_quoted(&sink, name, flags);
  }
  if (size > 0)
    out[sink.length < size ? sink.length : size - 1] = '\0';
  return sink.length;
}

static bool goes_on(char c) {
  return ((unsigned char)c & 0xc0u) == 0x80;
}

struct nl_quoted nl_quoted(const char *name) {
  struct nl_quoted quoted;
  /* Longer ones are cut between characters, and the cut is shown. Every byte can take four. */
  enum { HEAD = 60, TAIL = 60, WHOLE = 180, ROOM = (NL_QUOTED_SIZE - 3) / 2 };
  if (nlink_quote(quoted.text, sizeof quoted.text, name, 0) < WHOLE)
    return quoted;
  size_t length = strlen(name);
  char head[HEAD + 1];
  size_t cut = length < HEAD ? length : HEAD;
  memcpy(head, name, cut);
  do {
    while (cut > 0 && goes_on(name[cut]))
      cut--;
    head[cut] = '\0';
  } while (nlink_quote(NULL, 0, head, 0) >= ROOM && cut-- > 0);
  const char *tail = name + length - (length < TAIL ? length : TAIL);
  do {
    while (goes_on(*tail))
      tail++;
  } while (nlink_quote(NULL, 0, tail, 0) >= ROOM && *tail++ != '\0');
  size_t used = nlink_quote(quoted.text, ROOM, head, 0);
  memcpy(quoted.text + used, "...", 3);
  nlink_quote(quoted.text + used + 3, sizeof quoted.text - used - 3, tail, 0);
  return quoted;
}
