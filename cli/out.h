/*
 * out.h - the only code that prints
 *
 * Standard output is collected and written in large pieces; messages go to standard error at once, after
 * what was collected. Names of files never go out raw: out_name() and the out_quote() slots make them
 * readable. Nothing is allocated and no system call made until something is printed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_OUT_H
#define NLINK_CLI_OUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define OUT_FORMAT(text, first) __attribute__((format(printf, text, first)))
#else
#define OUT_FORMAT(text, first)
#endif

struct nlink_error;

enum { OUT_SIZE = 65536, OUT_SLOTS = 3, OUT_NESTING = 4 };

struct out {
  const char *program;      /* what messages begin with */
  int failed;               /* the system's number of the first failed write to standard output; 0 = none */
  bool said_failed;         /* a message could not be written */
  signed char colours;      /* -1 = not yet asked */
  size_t used;              /* of the buffer */
  char *slots[OUT_SLOTS];   /* memory of out_quote() */
  void *json;               /* the object or array being built; NULL = none */
  void *outer[OUT_NESTING]; /* what it is in, from outside */
  size_t depth;             /* how many of these */
  char buffer[OUT_SIZE];
};

void out_init(struct out *out, const char *program);

/* Write what is left and give back memory. A failed write is told and turns the exit status into `wrong`. */
int out_fini(struct out *out, int status, int wrong);

/* ------------------------------------------------------------------ text to standard output */

void out_bytes(struct out *out, const char *bytes, size_t length);
void out_text(struct out *out, const char *text);
void out_char(struct out *out, char c);
void out_spaces(struct out *out, size_t count);
void out_number(struct out *out, uint64_t number, unsigned width); /* right-aligned */
void out_print(struct out *out, const char *format, ...) OUT_FORMAT(2, 3);
/* A name as a person and a shell can read it, quoted only where needed. */
void out_name(struct out *out, const char *name);
void out_flush(struct out *out);

/* Colours: only on a terminal, and never where NO_COLOR is set to something or TERM is "dumb". */
enum out_colour {
  OUT_PLAIN,
  OUT_RED,
  OUT_GREEN,
  OUT_YELLOW,
  OUT_BLUE,
  OUT_MAGENTA,
  OUT_CYAN,
  OUT_BOLD,
  OUT_DIM
};
bool out_has_colours(struct out *out);
void out_colour(struct out *out, enum out_colour colour); /* nothing without colours; OUT_PLAIN ends one */

/* ------------------------------------------------------------------ messages to standard error */

/* "program: text\n" */
void out_message(struct out *out, const char *format, ...) OUT_FORMAT(2, 3);
/* The text alone, for prompts and further lines. */
void out_say(struct out *out, const char *format, ...) OUT_FORMAT(2, 3);
/* "program: text: what the system said: the cause that was found\n" */
void out_trouble(struct out *out, const struct nlink_error *error, const char *format, ...) OUT_FORMAT(3, 4);

/* The quoted name, borrowed until the slot's next use. Slots 0 to OUT_SLOTS - 1. */
const char *out_quote(struct out *out, unsigned slot, const char *name);

/* How GNU's tools quote in their messages: 'a' always; a only where it needs none; 'a' as the locale writes. */
enum out_gnu_style { OUT_GNU_ALWAYS, OUT_GNU_NEEDED, OUT_GNU_LOCALE };
const char *out_gnu_quote(struct out *out, unsigned slot, enum out_gnu_style style, const char *name);

/* ------------------------------------------------------------------ JSON, one object a line */

/* False where this build has no JSON, which is told: the verb ends with a usage error. */
bool out_json_ready(struct out *out);
void out_json_begin(struct out *out);
void out_json_end(struct out *out);                                     /* writes the line */
void out_json_text(struct out *out, const char *key, const char *text); /* NULL = null */
/* Bytes of a name: text; where it is no valid UTF-8 also "KEY_hex", the exact bytes. NULL = null. */
void out_json_name(struct out *out, const char *key, const char *name);
/* Bytes of several names: an array of objects with "path", and "path_hex" under the same rule. */
void out_json_paths(struct out *out, const char *key, const char *const *paths, size_t count);
/* Single words: an array of texts. */
void out_json_words(struct out *out, const char *key, const char *const *words, size_t count);
/* An array of objects: out_json_array() ... out_json_item() with its keys, out_json_item_end() ... the end. */
void out_json_array(struct out *out);
void out_json_item(struct out *out);
void out_json_item_end(struct out *out);
void out_json_array_end(struct out *out, const char *key);
void out_json_number(struct out *out, const char *key, uint64_t number); /* above 2^63 - 1: as text */
void out_json_signed(struct out *out, const char *key, int64_t number);
void out_json_bool(struct out *out, const char *key, bool value);
void out_json_null(struct out *out, const char *key);
/* status, errno, cause, text, and for a failure certain and dst_is_src; NULL = success. */
void out_json_outcome(struct out *out, const struct nlink_error *error);

#endif
