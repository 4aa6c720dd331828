/*
 * out_gnu.c - names in messages as GNU's tools write them
 *
 * Two of the three ways are the library's own, in ASCII only where the locale is no UTF-8 one. The third is
 * text between the locale's quotation marks, with backslashes for what is not printable.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nlink.h"
#include "out.h"
#include "sys.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static char *put_escaped(char *at, unsigned char c) {
  static const char letters[] = "abtnvfr"; /* 7 to 13 */
  *at++ = '\\';
  if (c >= 7 && c <= 13) {
    *at++ = letters[c - 7];
    return at;
  }
  *at++ = (char)('0' + (c >> 6));
  *at++ = (char)('0' + ((c >> 3) & 7));
  *at++ = (char)('0' + (c & 7));
  return at;
}

/* Length of the printable character at `name`; 0 where there is none. */
static size_t printable(const char *name, size_t left, bool utf8) {
  if ((unsigned char)*name < 0x80)
    return isprint((unsigned char)*name) ? 1 : 0;
  if (!utf8)
    return 0;
  wchar_t wide;
  mbstate_t state;
  memset(&state, 0, sizeof state);
  size_t length = mbrtowc(&wide, name, left, &state);
  return length <= left && iswprint((wint_t)wide) ? length : 0;
}

static void quote_by_locale(char *at, const char *name) {
  bool utf8 = sys_locale_is_utf8();
  const char *opening = utf8 ? "\xe2\x80\x98" : "'";
  const char *closing = utf8 ? "\xe2\x80\x99" : "'";
  size_t mark = strlen(closing);
  memcpy(at, opening, mark);
  at += mark;
  for (size_t left = strlen(name); left > 0;) {
    size_t length = printable(name, left, utf8);
    if (*name == '\\' || strncmp(name, closing, mark) == 0)
      *at++ = '\\';
    if (length == 0)
      at = put_escaped(at, (unsigned char)*name);
    else
      memcpy(at, name, length);
    at += length;
    name += length > 0 ? length : 1;
    left -= length > 0 ? length : 1;
  }
  memcpy(at, closing, mark + 1);
}

const char *out_gnu_quote(struct out *out, unsigned slot, enum out_gnu_style style, const char *name) {
  size_t size = 6 * strlen(name) + 16;
  char *room = realloc(out->slots[slot], size);
  if (room == NULL)
    return name;
  out->slots[slot] = room;
  if (style == OUT_GNU_LOCALE) {
    quote_by_locale(room, name);
    return room;
  }
  unsigned flags = 0;
  for (const char *at = name; *at != '\0'; at++)
    if ((unsigned char)*at >= 0x80) {
      flags = sys_locale_is_utf8() ? 0 : NLINK_QUOTE_ASCII;
      break;
    }
  /* A bare name stands before a colon, so one inside the name would mislead. */
  if (style == OUT_GNU_NEEDED && strchr(name, ':') == NULL)
    flags |= NLINK_QUOTE_NEEDED;
  nlink_quote(room, size, name, flags);
  return room;
}
