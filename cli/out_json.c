/*
 * out_json.c - JSON objects, one a line
 *
 * SPDX-License-Identifier: MIT
 */
#include "nlink.h"
#include "out.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#ifdef NLINK_JSON

#include <jansson.h>

/* Memory that ran out is noticed where the line is written: it is then left out and said. */
static void set(struct out *out, const char *key, json_t *value) {
  if (json_object_set_new(out->json, key, value) != 0) {
    json_decref(out->json);
    out->json = NULL;
  }
}

bool out_json_ready(struct out *out) {
  (void)out;
  return true;
}

void out_json_begin(struct out *out) {
  out->json = json_object();
}

static int write_part(const char *bytes, size_t length, void *ctx) {
  struct out *out = ctx;
  out_bytes(out, bytes, length);
  return 0;
}

void out_json_end(struct out *out) {
  if (out->json == NULL || json_dump_callback(out->json, write_part, out, JSON_COMPACT) != 0)
    out_message(out, "memory is exhausted");
  else
    out_char(out, '\n');
  json_decref(out->json);
  out->json = NULL;
}

void out_json_number(struct out *out, const char *key, uint64_t number) {
  if (number <= INT64_MAX) {
    set(out, key, json_integer((json_int_t)number));
    return;
  }
  char digits[21];
  size_t at = sizeof digits - 1;
  digits[at] = '\0';
  for (; number > 0; number /= 10)
    digits[--at] = (char)('0' + number % 10);
  set(out, key, json_string(digits + at));
}

void out_json_signed(struct out *out, const char *key, int64_t number) {
  set(out, key, json_integer(number));
}

void out_json_bool(struct out *out, const char *key, bool value) {
  set(out, key, json_boolean(value));
}

void out_json_null(struct out *out, const char *key) {
  set(out, key, json_null());
}

/* Length of the valid UTF-8 character at `text`; 0 where there is none. A NUL ends every sequence. */
static size_t utf8_length(const char *bytes) {
  const unsigned char *text = (const unsigned char *)bytes;
  unsigned char c = text[0];
  if (c < 0x80)
    return 1;
  size_t length = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xc0u) != 0x80)
      return 0;
  /* Longer than needed, a surrogate, or beyond the last character. */
  if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xf0 && text[1] < 0x90) || (c == 0xed && text[1] > 0x9f) ||
      (c == 0xf4 && text[1] > 0x8f))
    return 0;
  return length;
}

static json_t *hex_of(const char *bytes, size_t length) {
  static const char digits[] = "0123456789abcdef";
  char *hex = malloc(2 * length + 1);
  if (hex == NULL)
    return NULL;
  for (size_t i = 0; i < length; i++) {
    hex[2 * i] = digits[(unsigned char)bytes[i] >> 4];
    hex[2 * i + 1] = digits[(unsigned char)bytes[i] & 15];
  }
  json_t *value = json_stringn(hex, 2 * length);
  free(hex);
  return value;
}

void out_json_name(struct out *out, const char *key, const char *name) {
  if (name == NULL) {
    out_json_null(out, key);
    return;
  }
  json_t *value = json_string(name);
  if (value != NULL) {
    set(out, key, value);
    return;
  }
  size_t length = strlen(name);
  char *text = malloc(3 * length + 1);
  char *hex_key = malloc(strlen(key) + sizeof "_hex");
  if (text != NULL && hex_key != NULL) {
    text[0] = '\0';
    size_t used = 0;
    for (size_t i = 0; i < length;) {
      size_t valid = utf8_length(name + i);
      const char *from = valid > 0 ? name + i : "\xef\xbf\xbd";
      size_t part = valid > 0 ? valid : 3;
      memcpy(text + used, from, part);
      used += part;
      i += valid > 0 ? valid : 1;
    }
    set(out, key, json_stringn(text, used));
    strcpy(hex_key, key);
    strcat(hex_key, "_hex");
    set(out, hex_key, hex_of(name, length));
  } else {
    set(out, key, NULL);
  }
  free(text);
  free(hex_key);
}

void out_json_paths(struct out *out, const char *key, const char *const *paths, size_t count) {
  void *outer = out->json; /* each path is an object for a while */
  json_t *array = json_array();
  bool done = array != NULL;
  for (size_t i = 0; i < count && done; i++) {
    out->json = json_object();
    out_json_name(out, "path", paths[i]);
    done = out->json != NULL && json_array_append_new(array, out->json) == 0;
  }
  out->json = outer;
  if (!done) {
    json_decref(array);
    array = NULL;
  }
  set(out, key, array);
}

void out_json_words(struct out *out, const char *key, const char *const *words, size_t count) {
  json_t *array = json_array();
  for (size_t i = 0; i < count; i++)
    if (json_array_append_new(array, json_string(words[i])) != 0) {
      json_decref(array);
      array = NULL;
      break;
    }
  set(out, key, array);
}

static void go_in(struct out *out, json_t *inner) {
  out->outer[out->depth++] = out->json;
  out->json = inner;
}

void out_json_array(struct out *out) {
  go_in(out, json_array());
}

void out_json_item(struct out *out) {
  go_in(out, json_object());
}

void out_json_item_end(struct out *out) {
  json_t *item = out->json;
  json_t *array = out->outer[--out->depth];
  if (item == NULL || json_array_append_new(array, item) != 0) {
    json_decref(array);
    array = NULL;
  }
  out->json = array;
}

void out_json_array_end(struct out *out, const char *key) {
  json_t *array = out->json;
  out->json = out->outer[--out->depth];
  set(out, key, array);
}

void out_json_text(struct out *out, const char *key, const char *text) {
  /* Sentences are UTF-8; a locale's message in another encoding is not, and goes the way of names. */
  out_json_name(out, key, text);
}

#else

bool out_json_ready(struct out *out) {
  out_message(out, "this build has no JSON");
  return false;
}

void out_json_begin(struct out *out) {
  (void)out;
}

void out_json_end(struct out *out) {
  (void)out;
}

void out_json_number(struct out *out, const char *key, uint64_t number) {
  (void)out, (void)key, (void)number;
}

void out_json_signed(struct out *out, const char *key, int64_t number) {
  (void)out, (void)key, (void)number;
}

void out_json_bool(struct out *out, const char *key, bool value) {
  (void)out, (void)key, (void)value;
}

void out_json_null(struct out *out, const char *key) {
  (void)out, (void)key;
}

void out_json_name(struct out *out, const char *key, const char *name) {
  (void)out, (void)key, (void)name;
}

void out_json_paths(struct out *out, const char *key, const char *const *paths, size_t count) {
  (void)out, (void)key, (void)paths, (void)count;
}

void out_json_words(struct out *out, const char *key, const char *const *words, size_t count) {
  (void)out, (void)key, (void)words, (void)count;
}

void out_json_array(struct out *out) {
  (void)out;
}

void out_json_item(struct out *out) {
  (void)out;
}

void out_json_item_end(struct out *out) {
  (void)out;
}

void out_json_array_end(struct out *out, const char *key) {
  (void)out, (void)key;
}

void out_json_text(struct out *out, const char *key, const char *text) {
  (void)out, (void)key, (void)text;
}

#endif

/* "NLINK_EXISTS" is the C name; a reader of JSON gets "exists", in the form that causes have. */
static void put_status(struct out *out, enum nlink_status status) {
  char word[64] = "";
  const char *name = nlink_status_name(status);
  name += strncmp(name, "NLINK_", 6) == 0 ? 6 : 0;
  size_t length = 0;
  for (; name[length] != '\0' && length + 1 < sizeof word; length++)
    word[length] = name[length] == '_' ? '-' : (char)tolower((unsigned char)name[length]);
  word[length] = '\0';
  out_json_text(out, "status", word);
}

void out_json_outcome(struct out *out, const struct nlink_error *error) {
  if (error == NULL) {
    put_status(out, NLINK_OK);
    out_json_null(out, "errno");
    out_json_null(out, "cause");
    out_json_text(out, "text", nlink_status_text(NLINK_OK));
    return;
  }
  const char *number = nlink_errno_name(error->sys);
  put_status(out, error->status);
  out_json_text(out, "errno", error->sys == 0 || *number == '\0' ? NULL : number);
  out_json_text(out, "cause", nlink_cause_name(error->cause));
  out_json_bool(out, "certain", error->certain);
  out_json_bool(out, "dst_is_src", error->dst_is_src);
  out_json_text(out, "text", error->text);
}
