/*
 * test_glob.c - shell patterns: by table, beside libc's fnmatch(), beside a slow matcher, and at their worst
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "tree/glob.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground.h"
#include "slow_glob.h"

struct row {
  const char *pattern;
  const char *text;
  bool matches;
};

static void check(const struct row *rows, size_t count, unsigned flags) {
  for (size_t i = 0; i < count; i++) {
    const struct row *row = &rows[i];
    if (nl_glob_match(row->pattern, row->text, flags) != row->matches)
      fail_msg("'%s' and '%s' with %u: not %d", row->pattern, row->text, flags, row->matches);
    if (slow_glob_match(row->pattern, row->text, flags != 0) != row->matches)
      fail_msg("slow: '%s' and '%s' with %u: not %d", row->pattern, row->text, flags, row->matches);
  }
}
#define CHECK(rows, flags) check(rows, sizeof(rows) / sizeof(rows)[0], flags)

/* What is the same for a name and for a path. */
static void names(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"a", "a", true},
      {"a", "A", false},
      {"a", "aa", false},
      {"*", "", true},
      {"*", ".hidden", true},
      {"**", "", true},
      {"***", "abc", true},
      {"*.c", "a.c", true},
      {"*.c", ".c", true},
      {"*.c", "a.c.h", false},
      {"*.c", "a.c.c", true},
      {"a*", "b", false},
      {"a*b*c", "aXbYbZc", true},
      {"a*b*c", "aXbYbZ", false},
      {"*ab", "aab", true},
      {"*aab*", "aaab", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"??", "ab", true},
      {"*?", "", false},
      {"*?*?", "a", false},
      {"?*?", "ab", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\\a", "a", true},
      {"\\\\", "\\", true},
      {"a\\", "a\\", true},
      {"a\\", "a", false},
      {"\\", "\\", true},
      {"\\[a]", "[a]", true},
      {"\\[a]", "a", false},
      {"a\\?", "a?", true},
      {"a\\?", "ab", false},
  };
  CHECK(rows, 0);
  CHECK(rows, NL_GLOB_PATH);
}

static void brackets(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"[a]", "a", true},
      {"[a]", "b", false},
      {"[a]", "", false},
      {"[abc]x", "bx", true},
      {"[a-c]", "b", true},
      {"[a-c]", "d", false},
      {"[c-a]", "b", false},
      {"[a-a]", "a", true},
      {"[a-]", "-", true},
      {"[-a]", "-", true},
      {"[a-c-e]", "-", true},
      {"[a-c-e]", "d", false},
      {"[!-a]", "-", false},
      {"[!-a]", "b", true},
      {"[--0]", ".", true},
      {"[!a]", "a", false},
      {"[!a]", "b", true},
      {"[^a]", "a", false},
      {"[^a]", "b", true},
      {"[!a]", "", false},
      {"[a!]", "!", true},
      {"[a^]", "^", true},
      {"[!!]", "!", false},
      {"[]]", "]", true},
      {"[]a]", "a", true},
      {"[!]]", "]", false},
      {"[!]]", "a", true},
      {"[]-a]", "_", true},
      {"[[]", "[", true},
      {"[a[b]", "[", true},
      {"[*?]", "*", true},
      {"[*?]", "a", false},
      {"[\\]]", "]", true},
      {"[\\]]", "\\", false},
      {"[\\a-c]", "b", true},
      {"[a-\\c]", "b", true},
      {"[\\!a]", "!", true},
      {"[\\\\]", "\\", true},
      {"[+--]", ",", true},
      {"*[0-9].c", "ab7.c", true},
      {"*[0-9].c", "ab.c", false},
      /* not closed */
      {"[", "[", true},
      {"[", "a", false},
      {"[a", "[a", true},
      {"[a", "a", false},
      {"[]", "[]", true},
      {"[!]", "[!]", true},
      {"[!", "[!", true},
      {"[a-", "[a-", true},
      {"[a\\]", "[a]", true},
      {"[*", "[abc", true},
      {"*[", "ab[", true},
      {"x[?", "x[y", true},
      {"[[[[", "[[[[", true},
      {"a]", "a]", true},
      {"[a\\", "[a\\", true},
  };
  CHECK(rows, 0);
  CHECK(rows, NL_GLOB_PATH);
}

static void classes(void **state) {
  (void)state;
  static const char *const all[] = {"alnum", "alpha", "blank", "cntrl", "digit", "graph",
                                    "lower", "print", "punct", "space", "upper", "xdigit"};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    for (int negated = 0; negated < 2; negated++)
      for (int c = 1; c < 128; c++) {
        char pattern[30];
        char text[2] = {(char)c, '\0'};
        snprintf(pattern, sizeof pattern, "[%s[:%s:]]", negated ? "!" : "", all[i]);
        assert_int_equal(nl_glob_match(pattern, text, 0), fnmatch(pattern, text, 0) == 0);
      }
  static const struct row rows[] = {
      {"[[:digit:]]", "7", true},
      {"[[:digit:]x]", "x", true},
      {"[x[:digit:]]", "8", true},
      {"[[:digit:][:upper:]_]", "A", true},
      {"[[:digit:][:upper:]_]", "a", false},
      {"[![:space:]]", " ", false},
      {"[[:alpha:]]", "\xc3\xa4", false},
      {"[![:alpha:]]", "\xc3\xa4", true},
      {"[[:alpha:]]", "\xff", false},
      {"[:digit:]", "7", false},
      {"[:digit:]", "g", true},
      /* no class of that name: its '[' is a member, the first ']' ends it */
      {"[[:none:]]", "n]", true},
      {"[[:none:]]", "[]", true},
      {"[[:ALPHA:]]", "a", false},
      {"[[:alpha]]", "p]", true},
      /* not closed, and so is nothing in it */
      {"[[:alpha:]", "[[:alpha:]", true},
      {"[[:alpha:]", "[a", false},
  };
  CHECK(rows, 0);
  CHECK(rows, NL_GLOB_PATH);
}

static void characters(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"?", "\xc3\xa4", true},
      {"??", "\xc3\xa4", false},
      {"?", "\xe2\x82\xac", true},
      {"*??", "\xe2\x82\xac", false},
      {"?", "\xf0\x9f\x98\x80", true},
      {"?", "\xff", true},
      {"?", "\xc3", true},
      {"??", "\xe2\x82", true},
      {"?", "\xe2\x82", false},
      {"??", "\xc0\x80", true},
      {"???", "\xed\xa0\x80", true},
      {"????", "\xf4\x90\x80\x80", true},
      {"????", "\xf5\x80\x80\x80", true},
      {"???", "\xe0\x80\x80", true},
      {"????", "\xf0\x80\x80\x80", true},
      {"?a", "\xc3\x61", true},
      {"\xc3\xa4", "\xc3\xa4", true},
      {"\\\xc3\xa4", "\xc3\xa4", true},
      {"*\xa4", "\xc3\xa4", false},
      {"*\xa4", "x\xa4", true},
      {"\xc3*", "\xc3\xa4", false},
      {"[\xc3\xa4]", "\xc3\xa4", true},
      {"[\xc3\xa4]", "\xc3\xb6", false},
      {"[\xc3\xa0-\xc3\xbf]", "\xc3\xb6", true},
      {"[\xc3\xa0-\xc3\xbf]", "\xc3\x80", false},
      {"[!\xc3\xa4]", "\xc3\xb6", true},
      {"[!a]", "\xc3\xb6", true},
      {"[!a]", "\xff", true},
      {"[\x80-\xff]", "\xb0", true},
      {"[\x80-\xff]", "\xc3\xb6", false},
      {"[\\\xc3\xa4]", "\xc3\xa4", true},
  };
  CHECK(rows, 0);
  CHECK(rows, NL_GLOB_PATH);
}

static void paths(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"*", "a/b", false},
      {"*", "/", false},
      {"?", "/", false},
      {"a?b", "a/b", false},
      {"a[/]b", "a/b", false},
      {"a[!x]b", "a/b", false},
      {"a[.-0]b", "a/b", false},
      {"a[[:punct:]]b", "a/b", false},
      {"a/b", "a/b", true},
      {"a\\/b", "a/b", true},
      {"a/*", "a/b", true},
      {"a/*", "a/", true},
      {"a/*", "a/b/c", false},
      {"*/b", "a/b", true},
      {"*/b", "a/c/b", false},
      {"*/*/b", "a/c/b", true},
      {"*a*/b*c", "xax/bxc", true},
      {"*a*/b*c", "xax/bx/c", false},
      /* a bracket ends before a slash */
      {"[a/b]", "a", false},
      {"[a/b]", "[a/b]", true},
      {"[a/b]", "[a/b", false},
      {"[a\\/b]", "[a/b]", true},
      {"[a-/b]", "[a-/b]", true},
      {"[/[a]", "[/a", true},
      {"x[[:alpha:]/[a]", "x[[:alpha:]/a", true},
      /* across slashes */
      {"**", "a/b/c", true},
      {"**", "/", true},
      {"a**", "a/b/c", true},
      {"a**c", "a/b/c", true},
      {"a**c", "ac", true},
      {"a**b", "a/b/c", false},
      {"***c", "a/b/c", true},
      {"**/b", "b", true},
      {"**/b", "a/b", true},
      {"**/b", "a/c/b", true},
      {"**/b", "ab", false},
      {"**/b", "a/xb", false},
      {"**/b", "/b", true},
      {"a/**", "a/b", true},
      {"a/**", "a/b/c", true},
      {"a/**", "a/", true},
      {"a/**", "a", false},
      {"a/**/b", "a/b", true},
      {"a/**/b", "a/x/b", true},
      {"a/**/b", "a/x/y/b", true},
      {"a/**/b", "a/xb", false},
      {"a/**/b", "ab", false},
      {"a/***/b", "a/b", true},
      {"a/**b", "a/x/yb", true},
      {"a/**b", "a/b", true},
      {"a**/b", "a/b", true},
      {"a**/b", "axx/y/b", true},
      {"**/**/b", "b", true},
      {"**/**", "b", true},
      {"a/**/**/b", "a/b", true},
      {"**/*.c", "x/y/a.c", true},
      {"**/a*/b", "ax/ay/b", true},
      {"**/a*/b", "ax/y/b", false},
      {"**a*b", "a/ab", true},
      {"**a*b/c*d", "a/abb/cd", true},
      {"**a*b/c*d", "axb/cx/ab/cd", true},
      {"**/x/**/y", "a/x/b/x/c/y", true},
      {"a/**/b*d/**", "a/bc/bd/e", true},
      {"**b", "b/a", false},
      {"\\**", "*x", true},
      {"\\**", "*x/y", false},
  };
  CHECK(rows, NL_GLOB_PATH);
  static const struct row plain[] = {
      {"*", "a/b", true},   {"?", "/", true},         {"a*c", "a/b/c", true},  {"[/]", "/", true},
      {"[!a]", "/", true},  {"a/**/b", "a/b", false}, {"**/b", "b", false},    {"[a/b]", "a", true},
      {"[.-0]", "/", true}, {"[\\/]", "/", true},     {"a**b", "a/x/b", true}, {"a/**/b", "a/x/b", true},
  };
  CHECK(plain, 0);
}

/* ---------------------------------------------------------------- beside others */

static void add_one_of(char *out, struct ground_chance *chance, const char *const *pieces, uint32_t count) {
  strcat(out, pieces[ground_below(chance, count)]);
}

/* Patterns that mean the same to libc: no "**" in a path, no slash in brackets, all brackets closed. */
static void beside_libc(void **state) {
  (void)state;
  static const char *const pieces[] = {
      "a",    "b",     "a",           "/",     "*",   "*",   "?", "[ab]",   "[!a]",         "[^b]", "[a-b]",
      "[]a]", "[!]a]", "[[:alpha:]]", "[.a-]", "\\a", "\\*", ".", "[\\]a]", "[[:punct:]b]", "]"};
  static const char *const letters[] = {"a", "b", "a", "/", ".", "*", "]"};
  struct ground_chance chance = {11};
  int matched = 0;
  for (int i = 0; i < 200000; i++) {
    char pattern[200] = "";
    char text[20] = "";
    for (uint32_t n = ground_below(&chance, 8); n > 0; n--)
      add_one_of(pattern, &chance, pieces, sizeof pieces / sizeof *pieces);
    for (uint32_t n = ground_below(&chance, 9); n > 0; n--)
      add_one_of(text, &chance, letters, sizeof letters / sizeof *letters);
    for (unsigned flags = 0; flags <= NL_GLOB_PATH; flags++) {
      if (flags == NL_GLOB_PATH && strstr(pattern, "**") != NULL)
        continue;
      bool expected = fnmatch(pattern, text, flags == NL_GLOB_PATH ? FNM_PATHNAME : 0) == 0;
      matched += expected;
      if (nl_glob_match(pattern, text, flags) != expected)
        fail_msg("'%s' and '%s' with %u: fnmatch() says %d", pattern, text, flags, expected);
    }
  }
  assert_true(matched > 5000);
}

/* Any pattern at all. */
static void beside_slow(void **state) {
  (void)state;
  static const char *const pieces[] = {
      "a",  "b",  "/",  "/",          "*",           "**", "**/", "/**/", "?",    "[",  "]",   "!",  "-",
      "\\", "[a", "[!", "[[:alpha:]", "[[:alpha:]]", "^a", ":",   "é",    "\xc3", "a*", "/a*", "b/", "[:"};
  static const char *const letters[] = {"a", "b", "a", "b", "/", "/", "[", "é", "\xa9", "]", "\\"};
  struct ground_chance chance = {12};
  int matched = 0;
  for (int i = 0; i < 100000; i++) {
    char pattern[200] = "";
    char text[60] = "";
    uint32_t some = i % 2 == 0 ? 10 : sizeof pieces / sizeof *pieces;
    for (uint32_t n = ground_below(&chance, 9); n > 0; n--)
      add_one_of(pattern, &chance, pieces, some);
    some = i % 2 == 0 ? 6 : sizeof letters / sizeof *letters;
    for (uint32_t n = ground_below(&chance, 12); n > 0; n--)
      add_one_of(text, &chance, letters, some);
    for (unsigned flags = 0; flags <= NL_GLOB_PATH; flags++) {
      bool expected = slow_glob_match(pattern, text, flags != 0);
      matched += expected;
      if (nl_glob_match(pattern, text, flags) != expected)
        fail_msg("'%s' and '%s' with %u: not %d", pattern, text, flags, expected);
    }
  }
  assert_true(matched > 5000);
}

/* ---------------------------------------------------------------- at their worst */

static char *repeat(const char *front, const char *piece, size_t times, const char *back) {
  size_t length = strlen(piece);
  char *text = malloc(strlen(front) + length * times + strlen(back) + 1);
  assert_non_null(text);
  char *at = stpcpy(text, front);
  for (size_t i = 0; i < times; i++)
    at = stpcpy(at, piece);
  strcpy(at, back);
  return text;
}

/*
 * Some ten million steps each, where each character of the pattern meets each of the text once; a matcher that
 * takes up again what it has tried would not end in a lifetime.
 */
static void worst(void **state) {
  (void)state;
  static const struct {
    const char *front, *piece, *back;
    const char *text_piece, *text_back;
    size_t pieces, texts;
  } rows[] = {
      {"", "a*", "b", "a", "", 1000, 10000},
      {"", "*a", "*b", "a", "", 1000, 10000},
      {"", "a**", "b", "a", "", 1000, 10000},
      {"", "**/a*", "/b", "a/", "", 1000, 10000},
      {"**", "a*", "b", "a", "", 1000, 10000},
      {"**", "a*", "/b", "a", "/c", 1000, 10000},
      {"**", "a*", "b/c", "a", "b/d", 1000, 10000},
      {"**/", "*a", "*b", "aaaaaaaaa/", "", 1000, 2000},
      {"**", "a*/", "b", "aaaaaaaaa/", "", 500, 2000},
      {"**x*", "**a*", "b", "aaaaxaaaa/", "", 500, 2000},
      {"**a*", "a", "b", "a", "", 1000, 10000},
      {"**a*", "a", "b/c", "a", "b/d", 1000, 10000},
      {"**/a*", "a", "b", "aaaaaaaaaaaaaaaaaaaa/", "", 1000, 1000},
      {"*", "?", "b", "a", "", 5000, 10000},
      {"*", "[a-z]", "b", "a", "", 1000, 10000},
      {"*", "[", "", "[", "a", 5000, 10000},
      {"**", "[[:alpha:]", "/x", "[", "a", 1000, 10000},
      {"**", "[/", "x", "[/", "a", 2000, 4000},
      {"*", "[![:alpha:]", "", "[", "", 1000, 10000},
      {"*", "\\", "", "\\", "a", 5000, 10000},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char *pattern = repeat(rows[i].front, rows[i].piece, rows[i].pieces, rows[i].back);
    char *text = repeat("", rows[i].text_piece, rows[i].texts, rows[i].text_back);
    assert_false(nl_glob_match(pattern, text, NL_GLOB_PATH));
    assert_false(nl_glob_match(pattern, text, 0));
    free(pattern);
    free(text);
  }
  char *pattern = repeat("", "*a", 100000, "");
  char *text = repeat("", "a", 100000, "");
  assert_true(nl_glob_match(pattern, text, NL_GLOB_PATH));
  assert_true(nl_glob_match("**", text, NL_GLOB_PATH));
  free(pattern);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names),       cmocka_unit_test(brackets), cmocka_unit_test(classes),
      cmocka_unit_test(characters),  cmocka_unit_test(paths),    cmocka_unit_test(beside_libc),
      cmocka_unit_test(beside_slow), cmocka_unit_test(worst),
  };
  return GROUND_RUN("glob", tests);
}
