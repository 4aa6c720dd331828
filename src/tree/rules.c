/*
 * rules.c - rules are read once, so that for most names one look at some bytes decides
 *
 * Nearly all patterns that people write are a name, "*.o" or "tmp*". They are kept as the bytes that have to be
 * equal; only the others are given to the matcher. Of a path that is not anchored, the matcher sees just as many
 * components as the pattern has. A pattern with "**" can match any number of them, so it gets "**" and a slash in
 * front.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/rules.h"

#include "base/memory.h"
#include "base/quote.h"
#include "tree/glob.h"

#include <string.h>

enum shape {
  WHOLE,  /* equal to the text */
  FRONT,  /* the text, then anything */
  BACK,   /* anything, then the text */
  GENERAL /* for the matcher */
};

struct rule {
  const char *text;
  size_t length;
  size_t slashes; /* in the pattern; only where by_end */
  enum shape shape;
  bool takes;
  bool directories_only;
  bool by_path; /* compared with the path, else with the last name */
  bool by_end;  /* compared with the end of the path, else with all of it */
};

struct nl_rules {
  size_t count;
  bool need_path;
  bool only_takes;
  struct rule rules[]; /* the texts follow them */
};

/* ---------------------------------------------------------------- reading */

/* Copy a pattern that stands for nothing but itself, without its backslashes; false = it is not so plain. */
static bool copy_plain(char *out, size_t *out_length, const char *pattern, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i < length;) {
    if (strchr("*?[", pattern[i]) != NULL)
      return false;
    if (pattern[i] == '\\' && i + 1 < length)
      i++;
    /* A stray byte could meet half a character. */
    bool is_ascii = (unsigned char)pattern[i] < 0x80;
    size_t size = is_ascii ? 1 : nl_printable((const unsigned char *)pattern + i);
    if (size == 0)
      return false;
    memcpy(out + count, pattern + i, size);
    count += size;
    i += size;
  }
  *out_length = count;
  return true;
}

/* Set what the rule compares with, and write that to `out`; returns behind its end. */
static char *set_text(struct rule *rule, char *out, const char *pattern, size_t length) {
  rule->text = out;
  rule->shape = WHOLE;
  if (copy_plain(out, &rule->length, pattern, length))
    return out + rule->length;
  rule->shape = BACK;
  if (!rule->by_path && pattern[0] == '*' && copy_plain(out, &rule->length, pattern + 1, length - 1))
    return out + rule->length;
  /* Were the star at the end quoted, the whole pattern would have been plain. */
  rule->shape = FRONT;
  bool is_front = !rule->by_path && pattern[length - 1] == '*';
  if (is_front && copy_plain(out, &rule->length, pattern, length - 1))
    return out + rule->length;
  rule->shape = GENERAL;
  size_t prefix = rule->by_end && strstr(pattern, "**") != NULL ? 3 : 0;
  rule->by_end = rule->by_end && prefix == 0;
  memcpy(out, "**/", prefix);
  memcpy(out + prefix, pattern, length);
  rule->length = prefix + length;
  out[rule->length] = '\0';
  return out + rule->length + 1;
}

/* The length of a pattern without the slashes at its end; of the last one's backslash too. */
static size_t cut_slashes(const char *pattern) {
  size_t length = strlen(pattern);
  size_t kept = length;
  while (kept > 0 && pattern[kept - 1] == '/')
    kept--;
  size_t backslashes = 0;
  while (backslashes < kept && pattern[kept - 1 - backslashes] == '\\')
    backslashes++;
  return kept < length && backslashes % 2 == 1 ? kept - 1 : kept;
}

/* Read one rule; its text goes to *text, which is moved on. False = it is none. */
static bool read_rule(struct rule *rule, char **text, const char *source) {
  if (source == NULL || (source[0] != '-' && source[0] != '+') || source[1] != ' ')
    return false;
  const char *pattern = source + 2 + strspn(source + 2, "/");
  size_t length = cut_slashes(pattern);
  if (length == 0)
    return false;
  bool is_anchored = pattern > source + 2;
  *rule = (struct rule){.takes = source[0] == '+', .directories_only = pattern[length] != '\0'};
  for (size_t i = 0; i < length; i++)
    rule->slashes += pattern[i] == '/';
  rule->by_path = is_anchored || rule->slashes > 0 || strstr(pattern, "**") != NULL;
  rule->by_end = rule->by_path && !is_anchored;
  *text = set_text(rule, *text, pattern, length);
  return true;
}

enum nlink_status nl_rules_open(struct nl_rules **out, const char *const *rules, size_t count,
                                size_t *wrong) {
  *out = NULL;
  if (count == 0)
    return NLINK_OK;
  size_t texts = 0;
  for (size_t i = 0; i < count; i++)
    texts += rules[i] != NULL ? strlen(rules[i]) + sizeof "**/" : 0;
  struct nl_rules *self = nl_alloc(sizeof *self + count * sizeof self->rules[0] + texts);
  if (self == NULL)
    return NLINK_NO_MEMORY;
  self->count = count;
  self->need_path = false;
  self->only_takes = true;
  char *text = (char *)(self->rules + count);
  for (size_t i = 0; i < count; i++) {
    struct rule *rule = &self->rules[i];
    if (!read_rule(rule, &text, rules[i])) {
      if (wrong != NULL)
        *wrong = i;
      nl_free(self);
      return NLINK_INVALID;
    }
    self->need_path = self->need_path || rule->by_path;
    self->only_takes = self->only_takes && rule->takes;
  }
  *out = self;
  return NLINK_OK;
}

void nl_rules_close(struct nl_rules *rules) {
  nl_free(rules);
}

bool nl_rules_need_path(const struct nl_rules *rules) {
  return rules != NULL && rules->need_path;
}

/* ---------------------------------------------------------------- asking */

/* Where the last `slashes` + 1 components of a path begin. One that has fewer is given whole: it cannot match. */
static const char *last_components(const char *path, size_t length, size_t slashes) {
  size_t found = 0;
  for (; length > 0; length--)
    if (path[length - 1] == '/' && found++ == slashes)
      return path + length;
  return path;
}

static bool fits(const struct rule *rule, const char *text, size_t length) {
  if (rule->shape == GENERAL) {
    if (rule->by_end)
      text = last_components(text, length, rule->slashes);
    return nl_glob_match(rule->text, text, NL_GLOB_PATH);
  }
  if (length < rule->length)
    return false;
  size_t before = length - rule->length;
  if (rule->shape == FRONT)
    return memcmp(text, rule->text, rule->length) == 0;
  bool may_be_longer = rule->shape == BACK || (rule->by_end && before > 0 && text[before - 1] == '/');
  return (before == 0 || may_be_longer) && memcmp(text + before, rule->text, rule->length) == 0;
}

bool nl_rules_take(const struct nl_rules *rules, const char *name, const char *path, bool is_directory) {
  if (rules == NULL)
    return true;
  size_t name_length = strlen(name);
  size_t path_length = rules->need_path ? strlen(path) : 0;
  for (size_t i = 0; i < rules->count; i++) {
    const struct rule *rule = &rules->rules[i];
    if (rule->directories_only && !is_directory)
      continue;
    if (fits(rule, rule->by_path ? path : name, rule->by_path ? path_length : name_length))
      return rule->takes;
  }
  return !rules->only_takes || is_directory;
}
