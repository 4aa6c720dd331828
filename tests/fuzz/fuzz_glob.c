/*
 * fuzz_glob.c - patterns and rules answer as the slow and obvious ones do, whatever the bytes
 *
 * An input is a byte that says nothing, as all targets are given one in front, and lines: a pattern that is a rule's
 * too, a text that is a path too, then more rules. A line that is no rule is the pattern of one that leaves out.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "tree/glob.h"
#include "tree/rules.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/slow_glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 60, RULES = 4 };

/* The next line of the input in memory of its exact size, so that a read beyond its end is seen. */
static char *take_line(const uint8_t **at, const uint8_t *end) {
  char line[LONGEST + 1];
  size_t length = 0;
  for (; *at < end && **at != '\n'; *at += 1)
    if (length < LONGEST && **at != '\0')
      line[length++] = (char)**at;
  *at += *at < end;
  line[length] = '\0';
  char *copy = strdup(line);
  if (copy == NULL)
    abort();
  return copy;
}

static void check_match(const char *pattern, const char *text) {
  for (unsigned flags = 0; flags <= NL_GLOB_PATH; flags++) {
    bool matches = nl_glob_match(pattern, text, flags);
    if (matches != slow_glob_match(pattern, text, flags != 0)) {
      fprintf(stderr, "'%s' and '%s' with %u: %d\n", pattern, text, flags, matches);
      abort();
    }
  }
}

/* A rule of a line; its pattern may be none. */
static char *make_rule(const char *line) {
  char *rule = NULL;
  bool is_rule = (line[0] == '-' || line[0] == '+') && line[1] == ' ';
  if (asprintf(&rule, "%s%s", is_rule ? "" : "- ", line) < 0)
    abort();
  return rule;
}

/* Leave no slash but between two components. */
static void make_path(char *text) {
  char *to = text;
  for (const char *at = text; *at != '\0'; at++)
    if (*at != '/' || (to > text && at[1] != '/' && at[1] != '\0'))
      *to++ = *at;
  *to = '\0';
}

static void check_rules(const char *const *rules, size_t count, const char *path) {
  struct nl_rules *opened = NULL;
  size_t wrong = count;
  enum nlink_status status = nl_rules_open(&opened, rules, count, &wrong);
  /* Rules without a pattern are the only ones that are made wrong here. */
  if (status == NLINK_INVALID && opened == NULL && wrong < count) {
    const char *pattern = rules[wrong] + 2;
    if (strspn(pattern, "/\\") == strlen(pattern))
      return;
  }
  if (status != NLINK_OK)
    abort();
  const char *slash = strrchr(path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  for (int is_directory = 0; is_directory < 2; is_directory++) {
    bool takes = nl_rules_take(opened, name, nl_rules_need_path(opened) ? path : NULL, is_directory);
    if (takes != slow_rules_take(rules, count, path, is_directory)) {
      fprintf(stderr, "'%s'%s: %d by", path, is_directory ? ", a directory" : "", takes);
      for (size_t i = 0; i < count; i++)
        fprintf(stderr, " '%s'", rules[i]);
      abort();
    }
  }
  nl_rules_close(opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *end = data + size;
  data += size > 0;
  char *rules[RULES];
  char *pattern = take_line(&data, end);
  char *text = take_line(&data, end);
  check_match(pattern, text);
  make_path(text);
  size_t count = 0;
  rules[count++] = make_rule(pattern);
  while (count < RULES && data < end) {
    char *line = take_line(&data, end);
    rules[count++] = make_rule(line);
    free(line);
  }
  if (text[0] != '\0')
    check_rules((const char *const *)rules, count, text);
  for (size_t i = 0; i < count; i++)
    free(rules[i]);
  free(pattern);
  free(text);
  return 0;
}
