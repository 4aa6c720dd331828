/*
 * out.c - the only code that prints
 *
 * Not stdio's streams: they would cost a buffer and a look at the file at the first character, and their
 * errors come too late to be told apart. Formatting alone is stdio's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "out.h"

#include "nlink.h"
#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void out_init(struct out *out, const char *program) {
  /* Field by field: clearing the buffer too would be most of the work of a process that prints nothing. */
  out->program = program;
  out->failed = 0;
  out->said_failed = false;
  out->colours = -1;
  out->used = 0;
  for (unsigned i = 0; i < OUT_SLOTS; i++)
    out->slots[i] = NULL;
  out->json = NULL;
  out->depth = 0;
}

void out_flush(struct out *out) {
  if (out->used == 0)
    return;
  int error = sys_write(SYS_STDOUT, out->buffer, out->used);
  if (out->failed == 0)
    out->failed = error;
  out->used = 0;
}

int out_fini(struct out *out, int status, int wrong) {
  out_flush(out);
  if (out->failed != 0) {
    int error = out->failed;
    out->failed = 0; /* told now, not again by the message's own flush */
    out_message(out, "write error: %s", sys_error_text(error));
    status = wrong;
  }
  for (unsigned i = 0; i < OUT_SLOTS; i++)
    free(out->slots[i]);
  return out->said_failed && status == 0 ? wrong : status;
}

/* ------------------------------------------------------------------ text to standard output */

void out_bytes(struct out *out, const char *bytes, size_t length) {
  while (length > 0) {
    if (out->used == OUT_SIZE)
      out_flush(out);
    size_t room = OUT_SIZE - out->used;
    size_t part = length < room ? length : room;
    memcpy(out->buffer + out->used, bytes, part);
    out->used += part;
    bytes += part;
    length -= part;
  }
}

void out_text(struct out *out, const char *text) {
  out_bytes(out, text, strlen(text));
}

void out_char(struct out *out, char c) {
  if (out->used == OUT_SIZE)
    out_flush(out);
  out->buffer[out->used++] = c;
}

void out_spaces(struct out *out, size_t count) {
  for (; count > 0; count--)
    out_char(out, ' ');
}

void out_number(struct out *out, uint64_t number, unsigned width) {
  char digits[20];
  size_t first = sizeof digits;
  do {
    digits[--first] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  size_t length = sizeof digits - first;
  if (width > length)
    out_spaces(out, width - length);
  out_bytes(out, digits + first, length);
}

/* Format into `small`, or into allocated memory where that is too small; NULL without memory. */
static char *format_text(char *small, size_t size, const char *format, va_list list) OUT_FORMAT(3, 0);

static char *format_text(char *small, size_t size, const char *format, va_list list) {
  va_list again;
  va_copy(again, list);
  int length = vsnprintf(small, size, format, list);
  char *text = small;
  if (length >= 0 && (size_t)length >= size) {
    text = malloc((size_t)length + 1);
    if (text != NULL)
      vsnprintf(text, (size_t)length + 1, format, again);
  }
  va_end(again);
  return length < 0 ? NULL : text;
}

void out_print(struct out *out, const char *format, ...) {
  char small[1024];
  va_list list;
  va_start(list, format);
  char *text = format_text(small, sizeof small, format, list);
  va_end(list);
  out_text(out, text != NULL ? text : small);
  if (text != small)
    free(text);
}

void out_name(struct out *out, const char *name) {
  /* The usual name fits into the buffer as it is, so it is quoted right there. */
  if (OUT_SIZE - out->used < 6 * NLINK_TARGET_SIZE + 16)
    out_flush(out);
  size_t length = nlink_quote(out->buffer + out->used, OUT_SIZE - out->used, name, NLINK_QUOTE_NEEDED);
  if (length < OUT_SIZE - out->used)
    out->used += length;
  else
    out_text(out, out_quote(out, 0, name));
}

/* ------------------------------------------------------------------ colours */

bool out_has_colours(struct out *out) {
  if (out->colours < 0) {
    const char *no = sys_environment("NO_COLOR");
    const char *terminal = sys_environment("TERM");
    out->colours = (no == NULL || *no == '\0') && terminal != NULL && strcmp(terminal, "dumb") != 0 &&
                   sys_is_terminal(SYS_STDOUT);
  }
  return out->colours == 1;
}

void out_colour(struct out *out, enum out_colour colour) {
  static const char codes[][6] = {"\033[0m",  "\033[31m", "\033[32m", "\033[33m", "\033[34m",
                                  "\033[35m", "\033[36m", "\033[1m",  "\033[2m"};
  if (out_has_colours(out))
    out_bytes(out, codes[colour], strlen(codes[colour]));
}

/* ------------------------------------------------------------------ messages to standard error */

static void say(struct out *out, const char *text, size_t length) {
  out_flush(out); /* what was printed before stands before */
  if (sys_write(SYS_STDERR, text, length) != 0)
    out->said_failed = true;
}

void out_say(struct out *out, const char *format, ...) {
  char small[1024];
  va_list list;
  va_start(list, format);
  char *text = format_text(small, sizeof small, format, list);
  va_end(list);
  if (text == NULL)
    text = small; /* cut short, but said */
  say(out, text, strlen(text));
  if (text != small)
    free(text);
}

/* One write for the whole line, so that lines of several processes do not mix. */
static void message(struct out *out, const char *text, const char *tail) {
  char small[2048];
  const char *parts[] = {out->program, ": ", text, tail, "\n"};
  size_t length = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    length += strlen(parts[i]);
  char *line = length <= sizeof small ? small : malloc(length);
  if (line == NULL) {
    line = small;
    length = sizeof small;
  }
  size_t used = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    size_t part = strlen(parts[i]);
    part = part < length - used ? part : length - used;
    memcpy(line + used, parts[i], part);
    used += part;
  }
  say(out, line, used);
  if (line != small)
    free(line);
}

void out_message(struct out *out, const char *format, ...) {
  char small[1024];
  va_list list;
  va_start(list, format);
  char *text = format_text(small, sizeof small, format, list);
  va_end(list);
  message(out, text != NULL ? text : small, "");
  if (text != small)
    free(text);
}

void out_trouble(struct out *out, const struct nlink_error *error, const char *format, ...) {
  char small[1024];
  va_list list;
  va_start(list, format);
  char *text = format_text(small, sizeof small, format, list);
  va_end(list);
  /* The text of an error without a cause is the status's sentence, which only repeats the system's. */
  bool asked = error->sys != 0 && error->status != NLINK_ESCAPES && error->status != NLINK_LAST_NAME;
  bool found = error->cause != NLINK_CAUSE_UNKNOWN || !asked;
  bool sure = error->certain || error->cause == NLINK_CAUSE_UNKNOWN;
  bool stands = error->dst_is_src && error->cause != NLINK_CAUSE_DST_IS_SRC;
  char tail[NLINK_TEXT_SIZE + 256];
  snprintf(tail, sizeof tail, "%s%s%s%s%s%s", asked ? ": " : "", asked ? sys_error_text(error->sys) : "",
           found ? ": " : "", found && !sure ? "probably " : "", found ? error->text : "",
           stands ? "; the new name leads to that file all the same" : "");
  message(out, text != NULL ? text : small, tail);
  if (text != small)
    free(text);
}

/* Make room in a slot; NULL without memory. */
static char *slot_room(struct out *out, unsigned slot, size_t size) {
  char *room = realloc(out->slots[slot], size);
  if (room != NULL)
    out->slots[slot] = room;
  return room;
}

const char *out_quote(struct out *out, unsigned slot, const char *name) {
  size_t size = 6 * strlen(name) + 16;
  char *room = slot_room(out, slot, size);
  if (room == NULL)
    return name;
  nlink_quote(room, size, name, 0);
  return room;
}
