/*
 * test_rules.c - which names rules take in: by table, and beside rules that are read anew for each name
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "tree/rules.h"

#include "base/fault.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ground.h"
#include "slow_glob.h"

enum { MOST = 6 };

/* A path that ends in a slash is a directory's. */
static bool take(const struct nl_rules *rules, const char *path) {
  char whole[SLOW_LONGEST + 1];
  strcpy(whole, path);
  size_t length = strlen(whole);
  bool is_directory = length > 0 && whole[length - 1] == '/';
  if (is_directory)
    whole[length - 1] = '\0';
  const char *slash = strrchr(whole, '/');
  const char *name = slash != NULL ? slash + 1 : whole;
  return nl_rules_take(rules, name, nl_rules_need_path(rules) ? whole : NULL, is_directory);
}

static size_t count_of(const char *const *rules) {
  size_t count = 0;
  while (rules[count] != NULL)
    count++;
  return count;
}

static struct nl_rules *open_rules(const char *const *rules) {
  struct nl_rules *opened = NULL;
  size_t wrong = 99;
  assert_int_equal(nl_rules_open(&opened, rules, count_of(rules), &wrong), NLINK_OK);
  assert_int_equal(wrong, 99);
  return opened;
}

static void table(void **state) {
  (void)state;
  static const struct {
    const char *rules[MOST + 1];
    const char *taken;
    const char *left; /* paths, a space between them */
  } rows[] = {
      /* the last name */
      {{"- foo"}, "food afoo foo/bar fo a/foo/b", "foo foo/ a/foo a/b/foo/"},
      {{"- *.o"}, "a.c a.o.c o .oo", "a.o .o a/b.o x.o/"},
      {{"- tmp*"}, "atmp a/tm tmp/a", "tmp tmpx a/tmp1 tmp/"},
      {{"- *"}, "", "a a/b .c d/"},
      {{"- [ab]?"}, "a abc ca", "ab bb/ x/ax"},
      {{"- a\\*"}, "ab a", "a* x/a*"},
      {{"- a\\\\*"}, "a* ab", "a\\ a\\b"},
      {{"- \\a\\b*"}, "a b", "ab abc x/abd"},
      {{"- *\\*"}, "a ab", "a* *"},
      {{"- é*"}, "e", "é éa x/é"},
      {{"- *é"}, "e éa", "é aé"},
      {{"- \xc3*"}, "é", "\xc3 \xc3x"},
      {{"- [x"}, "x [", "[x a/[x"},
      {{"-  a"}, "a", ""},
      /* directories only */
      {{"- foo/"}, "foo a/foo foo/a", "foo/ a/foo/"},
      {{"- foo//"}, "foo", "foo/"},
      {{"- */"}, "a a/b", "a/ a/b/"},
      {{"- a\\/"}, "a", "a/"},
      {{"- a\\\\/"}, "a\\ a/", "a\\/"},
      /* the end of the path */
      {{"- foo/bar"}, "bar foo foo/bar/x xfoo/bar foo/barx", "foo/bar x/foo/bar x/y/foo/bar/"},
      {{"- foo/*.c"}, "a.c foo/a/b.c xfoo/a.c", "foo/a.c x/foo/.c"},
      {{"- */b"}, "b a", "a/b x/a/b"},
      {{"- a/*/b"}, "a/b */b", "a/x/b y/a/x/b/"},
      {{"- a/b/"}, "a/b x/a/b", "a/b/ x/a/b/"},
      {{"- a[/]b"}, "a/b", "a[/]b x/a[/]b"},
      /* the whole path */
      {{"- /foo"}, "a/foo foo/a food", "foo foo/"},
      {{"- //foo"}, "a/foo", "foo"},
      {{"- /foo/bar"}, "x/foo/bar foo", "foo/bar"},
      {{"- /*"}, "a/b a/b/c", "a b/"},
      {{"- /*/b/"}, "b a/b x/a/b/", "a/b/"},
      {{"- /**"}, "", "a a/b a/b/c/"},
      {{"- /**/b"}, "bb a/bb", "b a/b a/a/b"},
      /* across slashes */
      {{"- **"}, "", "a a/b"},
      {{"- a/**"}, "a b a/", "a/b a/b/c x/a/b"},
      {{"- a/**/b"}, "a b ab", "a/b a/x/b y/a/x/z/b"},
      {{"- a**b"}, "a xab a/bc", "ab x/ab a/b x/a/y/b"},
      {{"- **/b"}, "bb", "b a/b"},
      {{"- **b"}, "a b/a", "b a/xb xb"},
      {{"- a/**/"}, "a/ a/b", "a/b/ x/a/b/c/"},
      {{"- [**]"}, "a a/b", "* a/*"},
      /* the first that matches */
      {{"+ a.c", "- *.c"}, "a.c x/a.c b", "b.c"},
      {{"- a.c", "+ *.c"}, "b.c b d/", "a.c"},
      {{"- *.c", "+ a.c"}, "b", "a.c b.c"},
      {{"+ */", "+ *.c", "- *"}, "a/ b/a.c", "a b/d"},
      {{"- .git/", "+ *.c"}, ".git .gitx/ a.c b", ".git/"},
      /* only "+" */
      {{"+ *.c"}, "a.c a/ a/b/ a/b.c", "a a/b"},
      {{"+ *.c", "+ *.h"}, "a.c a.h d/", "a.o"},
      {{"+ src/"}, "src/ a/", "src/a src"},
      {{"+ src/**"}, "src/ src/a src/b/c", "a src"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct nl_rules *rules = open_rules(rows[i].rules);
    for (int taken = 0; taken < 2; taken++) {
      char paths[200];
      strcpy(paths, taken ? rows[i].taken : rows[i].left);
      char *rest = NULL;
      for (char *path = strtok_r(paths, " ", &rest); path != NULL; path = strtok_r(NULL, " ", &rest))
        if (take(rules, path) != taken)
          fail_msg("'%s'...: '%s' is%s taken", rows[i].rules[0], path, taken ? " not" : "");
    }
    nl_rules_close(rules);
  }
}

static void wrong(void **state) {
  (void)state;
  static const char *const bad[] = {"",     "-", "+",   "- ",    "+ ",   "a",     "-a",  "+a",    "*.c",
                                    " - a", "!", "- /", "+ ///", "-\ta", "\\- a", "P a", "- \\/", NULL};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const char *rules[] = {"- a", "+ b", bad[i], "wrong too"};
    struct nl_rules *opened = (struct nl_rules *)&rules;
    size_t at = 99;
    assert_int_equal(nl_rules_open(&opened, rules, 4, &at), NLINK_INVALID);
    assert_null(opened);
    assert_int_equal(at, 2);
    assert_int_equal(nl_rules_open(&opened, rules, 4, NULL), NLINK_INVALID);
  }
}

static void none(void **state) {
  (void)state;
  struct nl_rules *opened = (struct nl_rules *)state;
  assert_int_equal(nl_rules_open(&opened, NULL, 0, NULL), NLINK_OK);
  assert_null(opened);
  assert_false(nl_rules_need_path(NULL));
  assert_true(nl_rules_take(NULL, "a", NULL, false));
  nl_rules_close(NULL);
}

static void no_memory(void **state) {
  (void)state;
  static const char *const rules[] = {"- a", "+ *.c", "- a/**/b"};
  struct nl_rules *opened = (struct nl_rules *)state;
  const struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_ALLOC, .k = 1, .sys = ENOMEM};
  nl_fault_begin(&plan);
  enum nlink_status status = nl_rules_open(&opened, rules, 3, NULL);
  long count = nl_fault_count();
  nl_fault_begin(NULL);
  assert_int_equal(status, NLINK_NO_MEMORY);
  assert_null(opened);
  assert_int_equal(count, 1);
}

/* Asking takes no memory, whatever the rule. */
static void asks_without_memory(void **state) {
  (void)state;
  static const char *const sources[] = {"- a",    "+ *.h", "- x*",     "- [ab]?c", "- a/b",
                                        "- a/*b", "- /a",  "- a/**/b", NULL};
  struct nl_rules *rules = open_rules(sources);
  const struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_ALLOC};
  nl_fault_begin(&plan);
  assert_true(take(rules, "c/d/e/f"));
  assert_int_equal(nl_fault_count(), 0);
  nl_fault_begin(NULL);
  nl_rules_close(rules);
}

static void need_path(void **state) {
  (void)state;
  static const char *const no[] = {"- a", "- a/", "+ *.c", "- [a*]x?/", "- a\\*\\*", NULL};
  static const char *const yes[] = {"/a", "a/b", "a/b/", "**", "a**b", "*/x", "/a/"};
  struct nl_rules *rules = open_rules(no);
  assert_false(nl_rules_need_path(rules));
  nl_rules_close(rules);
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
    char text[20];
    snprintf(text, sizeof text, "- %s", yes[i]);
    const char *const two[] = {"- a", text, NULL};
    rules = open_rules(two);
    assert_true(nl_rules_need_path(rules));
    nl_rules_close(rules);
  }
}

static void copies(void **state) {
  (void)state;
  char text[] = "- ab*";
  const char *const one[] = {text, NULL};
  struct nl_rules *rules = open_rules(one);
  memset(text, 'x', sizeof text - 1);
  assert_false(take(rules, "abc"));
  assert_true(take(rules, "xxx"));
  nl_rules_close(rules);
}

static void beside_slow(void **state) {
  (void)state;
  static const char *const pieces[] = {"a", "b", "/", "*", "a", "b", "/", "**", "?", "\\", "[ab]", "é", "["};
  static const char *const letters[] = {"a", "b", "/a", "/b", "a", "b", "é", "\xa9", "*"};
  struct ground_chance chance = {21};
  int taken = 0;
  for (int i = 0; i < 60000; i++) {
    char texts[3][64];
    const char *sources[4] = {NULL};
    uint32_t count = 1 + ground_below(&chance, 3);
    for (uint32_t r = 0; r < count; r++) {
      strcpy(texts[r], ground_below(&chance, 2) == 0 ? "- " : "+ ");
      for (uint32_t n = 1 + ground_below(&chance, 6); n > 0; n--)
        strcat(texts[r], pieces[ground_below(&chance, sizeof pieces / sizeof *pieces)]);
      if (strspn(texts[r] + 2, "/\\") == strlen(texts[r] + 2))
        strcat(texts[r], "a");
      sources[r] = texts[r];
    }
    struct nl_rules *rules = open_rules(sources);
    for (int j = 0; j < 4; j++) {
      char path[64] = "a";
      path[0] = (char)('a' + ground_below(&chance, 2));
      for (uint32_t n = ground_below(&chance, 6); n > 0; n--)
        strcat(path, letters[ground_below(&chance, sizeof letters / sizeof *letters)]);
      bool is_directory = ground_below(&chance, 2) == 0;
      bool expected = slow_rules_take(sources, count, path, is_directory);
      taken += expected;
      if (is_directory)
        strcat(path, "/");
      if (take(rules, path) != expected)
        fail_msg("'%s' '%s' '%s': '%s' is%s taken", sources[0], sources[1], sources[2], path,
                 expected ? " not" : "");
    }
    nl_rules_close(rules);
  }
  assert_in_range(taken, 60000, 200000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(table),
      cmocka_unit_test(wrong),
      cmocka_unit_test(none),
      cmocka_unit_test(no_memory),
      cmocka_unit_test(asks_without_memory),
      cmocka_unit_test(need_path),
      cmocka_unit_test(copies),
      cmocka_unit_test(beside_slow),
  };
  return GROUND_RUN("rules", tests);
}
