/*
 * units.c - numbers as people write and read them
 *
 * SPDX-License-Identifier: MIT
 */
#include "units.h"

#include <stdio.h>
#include <string.h>

unsigned units_digits(uint64_t number) {
  unsigned digits = 1;
  for (; number >= 10; number /= 10)
    digits++;
  return digits;
}

/* Rounded up, so that a file never looks smaller than it is; one decimal below ten. */
size_t units_human(char text[UNITS_HUMAN_SIZE], uint64_t size_bytes) {
  unsigned unit = 0;
  while (unit < 6 && size_bytes >> 10 * unit >= 1024)
    unit++;
  uint64_t one = UINT64_C(1) << 10 * unit;
  uint64_t whole = size_bytes / one;
  uint64_t rest = size_bytes % one;
  uint64_t tenths = unit > 0 ? (rest * 10 + one - 1) / one : 0; /* at most 10 exbibytes: it fits */
  if (whole >= 10 ? rest > 0 : tenths == 10) {
    whole++;
    tenths = 0;
  }
  if (whole == 1024 && unit < 6) {
    whole = 1;
    tenths = 0;
    unit++;
  }
  size_t length = units_digits(whole);
  uint64_t left = whole;
  for (size_t i = length; i > 0; left /= 10)
    text[--i] = (char)('0' + left % 10);
  if (unit > 0 && whole < 10) {
    text[length++] = '.';
    text[length++] = (char)('0' + tenths);
  }
  if (unit > 0)
    text[length++] = " KMGTPE"[unit];
  return length;
}

/* Rounded to the nearest, with three digits: what is gained shall look neither smaller nor larger than it is. */
const char *units_size(char text[UNITS_SIZE_SIZE], uint64_t size_bytes) {
  static const char letters[] = "KMGTPE";
  if (size_bytes < 1024) {
    snprintf(text, UNITS_SIZE_SIZE, size_bytes == 1 ? "%u byte" : "%u bytes", (unsigned)size_bytes);
    return text;
  }
  unsigned unit = 1;
  while (unit < 6 && size_bytes >> 10 * unit >= 1024)
    unit++;
  uint64_t one = UINT64_C(1) << 10 * unit;
  uint64_t whole = size_bytes / one;
  uint64_t rest = size_bytes % one;
  uint64_t tenths = whole * 10 + (rest * 10 + one / 2) / one; /* at most 10 exbibytes: it fits */
  if (tenths >= 1000) {
    whole += rest >= one / 2;
    tenths = whole * 10;
  }
  if (tenths == 10240 && unit < 6) {
    tenths = 10;
    unit++;
  }
  if (tenths >= 1000)
    snprintf(text, UNITS_SIZE_SIZE, "%u %ciB", (unsigned)(tenths / 10), letters[unit - 1]);
  else
    snprintf(text, UNITS_SIZE_SIZE, "%u.%u %ciB", (unsigned)(tenths / 10), (unsigned)(tenths % 10),
             letters[unit - 1]);
  return text;
}

const char *units_duration(char text[UNITS_DURATION_SIZE], uint64_t seconds) {
  uint64_t minutes = (seconds + 59) / 60;
  if (seconds < 60)
    snprintf(text, UNITS_DURATION_SIZE, "%u s", (unsigned)seconds);
  else if (minutes < 60)
    snprintf(text, UNITS_DURATION_SIZE, "%u min", (unsigned)minutes);
  else
    snprintf(text, UNITS_DURATION_SIZE, "%llu h %u min", (unsigned long long)(minutes / 60),
             (unsigned)(minutes % 60));
  return text;
}

const char *units_grouped(char text[UNITS_GROUPED_SIZE], uint64_t number) {
  unsigned digits = units_digits(number);
  size_t at = digits + (digits - 1) / 3;
  text[at] = '\0';
  for (unsigned i = 0; i < digits; i++, number /= 10) {
    if (i > 0 && i % 3 == 0)
      text[--at] = ',';
    text[--at] = (char)('0' + number % 10);
  }
  return text;
}

/* ------------------------------------------------------------------ reading */

/* The digits at the beginning; *rest is what follows. False: there are none, or the number is too large. */
static bool read_digits(uint64_t *number, const char *text, const char **rest) {
  uint64_t value = 0;
  const char *at = text;
  for (; *at >= '0' && *at <= '9'; at++) {
    unsigned digit = (unsigned)(*at - '0');
    if (value > (UINT64_MAX - digit) / 10)
      return false;
    value = value * 10 + digit;
  }
  *number = value;
  *rest = at;
  return at != text;
}

bool units_read_size(uint64_t *size_bytes, const char *text) {
  static const char letters[] = "KMGTPEkmgtpe";
  const char *unit;
  uint64_t value;
  if (!read_digits(&value, text, &unit))
    return false;
  if (*unit != '\0') {
    const char *letter = strchr(letters, *unit);
    bool thousands = strcmp(unit + 1, "B") == 0;
    if (letter == NULL || (unit[1] != '\0' && !thousands && strcmp(unit + 1, "iB") != 0))
      return false;
    uint64_t step = thousands ? 1000 : 1024;
    for (size_t steps = (size_t)(letter - letters) % 6 + 1; steps > 0; steps--) {
      if (value > UINT64_MAX / step)
        return false;
      value *= step;
    }
  }
  *size_bytes = value;
  return true;
}

bool units_read_number(uint64_t *number, const char *text, uint64_t most) {
  const char *rest;
  return read_digits(number, text, &rest) && *rest == '\0' && *number <= most;
}
