/*
 * test_quote.c - names as text: as GNU ls quotes them, and read back as the same bytes
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/quote.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

static void rows(void **state) {
  (void)state;
  static const struct {
    const char *name, *always, *needed;
  } table[] = {
      {"", "''", "''"},
      {"plain", "'plain'", "plain"},
      {"two words", "'two words'", "'two words'"},
      {"it's", "\"it's\"", "\"it's\""},
      {"it's $5", "'it'\\''s $5'", "'it'\\''s $5'"},
      {"a\"b", "'a\"b'", "'a\"b'"},
      {"new\nline", "'new'$'\\n''line'", "'new'$'\\n''line'"},
      {"\n", "''$'\\n'", "''$'\\n'"},
      {"\x01\x02", "''$'\\001\\002'", "''$'\\001\\002'"},
      {"bell\a", "'bell'$'\\a'", "'bell'$'\\a'"},
      {"\xff", "''$'\\377'", "''$'\\377'"},
      {"caf\xc3\xa9", "'caf\xc3\xa9'", "caf\xc3\xa9"},
      {"\xc3", "''$'\\303'", "''$'\\303'"},
      {"~", "'~'", "'~'"},
      {"a~", "'a~'", "a~"},
      {"#x", "'#x'", "'#x'"},
      {"back\\slash", "'back\\slash'", "'back\\slash'"},
      {"-n", "'-n'", "-n"},
      {"a=b", "'a=b'", "'a=b'"},
  };
  char out[200];
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    size_t length = nlink_quote(out, sizeof out, table[i].name, 0);
    assert_string_equal(out, table[i].always);
    assert_int_equal(length, strlen(out));
    length = nlink_quote(out, sizeof out, table[i].name, NLINK_QUOTE_NEEDED);
    assert_string_equal(out, table[i].needed);
    assert_int_equal(length, strlen(out));
  }
  nlink_quote(out, sizeof out, "caf\xc3\xa9", NLINK_QUOTE_ASCII);
  assert_string_equal(out, "'caf'$'\\303\\251'");
}

/* What would make one name look like another, or break a line, is never shown as it is. */
static void deceivers(void **state) {
  (void)state;
  static const char *const names[] = {
      "\xe2\x80\xa8",     "\xe2\x80\xa9", "\xe2\x80\xae", "\xe2\x81\xa6", "\xc2\x85", "\xed\xa0\x80",
      "\xf4\x90\x80\x80", "\xc0\xaf",     "\xe0\x80\xaf", "\xef\xbf\xbf", "\x7f"};
  char out[100];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    nlink_quote(out, sizeof out, names[i], 0);
    assert_int_equal(strncmp(out, "''$'\\", 5), 0);
    for (const char *at = out; *at != '\0'; at++)
      assert_true(*at >= 0x20 && *at < 0x7f);
    assert_int_equal(nl_printable((const unsigned char *)names[i]), 0);
  }
}

/* ---------------------------------------------------------------- reading back */

/* Mostly what is troublesome, some text, some bytes that are none. */
static void random_name(struct ground_chance *chance, char *out, bool for_file) {
  static const char trouble[] = "''\"\\$` \n\t\a~#{}=*?[]!&|;<>()^%-+,.:@_ab1";
  static const char *const letters[] = {"\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "\xc3\x9f"};
  uint32_t count = 1 + ground_below(chance, 12);
  char *end = out;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t kind = ground_below(chance, 20);
    if (kind == 0)
      *end++ = (char)(1 + ground_below(chance, 31));
    else if (kind == 1)
      *end++ = (char)(0x80 + ground_below(chance, 0x80));
    else if (kind == 2)
      end = stpcpy(end, letters[ground_below(chance, 4)]);
    else
      *end++ = trouble[ground_below(chance, sizeof trouble - 1)];
  }
  *end = '\0';
  if (for_file && (strcmp(out, ".") == 0 || strcmp(out, "..") == 0 || out[0] == '-'))
    out[0] = 'x';
}

static void reads_back(void **state) {
  (void)state;
  struct ground_chance chance = {5};
  for (int i = 0; i < 20000; i++) {
    char name[100];
    char out[700];
    char again[500];
    random_name(&chance, name, false);
    for (unsigned flags = 0; flags < 4; flags++) {
      size_t length = nlink_quote(out, sizeof out, name, flags);
      assert_int_equal(length, strlen(out));
      assert_true(length < 6 * strlen(name) + 16);
      assert_true(ground_unquote(again, out));
      assert_string_equal(again, name);
    }
  }
}

/* What needs the most room: marks and escapes in turn. */
static void longest(void **state) {
  (void)state;
  static const char *const pairs[] = {"'\001", ",\001", "'a", "\001\\"};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    char name[101] = "";
    char out[700];
    char again[700];
    for (int turn = 0; turn < 50; turn++)
      strcat(name, pairs[i]);
    assert_true(nlink_quote(out, sizeof out, name, 0) < 6 * strlen(name) + 16);
    assert_true(ground_unquote(again, out));
    assert_string_equal(again, name);
  }
}

/* Cut at every size: never beyond the room, always ended, the whole length told. */
static void cut(void **state) {
  (void)state;
  struct ground_chance chance = {6};
  for (int i = 0; i < 500; i++) {
    char name[100];
    char whole[700];
    random_name(&chance, name, false);
    for (unsigned flags = 0; flags < 4; flags++) {
      size_t length = nlink_quote(whole, sizeof whole, name, flags);
      assert_int_equal(nlink_quote(NULL, 0, name, flags), length);
      for (size_t size = 1; size < length + 3; size++) {
        char *room = malloc(size); /* of exactly that size, for the address sanitizer */
        assert_non_null(room);
        assert_int_equal(nlink_quote(room, size, name, flags), length);
        assert_int_equal(strlen(room), length < size ? length : size - 1);
        assert_int_equal(memcmp(room, whole, strlen(room)), 0);
        free(room);
      }
    }
  }
}

static void sentences(void **state) {
  (void)state;
  char name[5000];
  for (size_t length = 0; length < sizeof name - 1; length += length < 300 ? 1 : 97) {
    static const char *const pieces[] = {"x", "\xe4\xb8\xad", "\xff", "'", "\n"};
    for (int piece = 0; piece < 5; piece++) {
      size_t size = strlen(pieces[piece]);
      name[0] = '\0';
      for (size_t at = 0; at + size <= length; at += size)
        memcpy(name + at, pieces[piece], size + 1);
      struct nl_quoted quoted = nl_quoted(name);
      size_t got = strlen(quoted.text);
      assert_true(got < sizeof quoted.text);
      assert_true(quoted.text[got - 1] == '\'' || quoted.text[got - 1] == '"');
      if (strlen(name) < 40) { /* whole, and so readable */
        char again[300];
        assert_true(ground_unquote(again, quoted.text));
        assert_string_equal(again, name);
      } else if (strlen(name) > 200) {
        assert_non_null(strstr(quoted.text, "..."));
      }
    }
  }
}

/* ---------------------------------------------------------------- as GNU ls */

enum { NAMES = 400 };

static void compare_with_ls(const char *style, const char *locale, unsigned flags) {
  struct ground_chance chance = {flags + 1};
  char names[NAMES][100];
  size_t count = 0;
  while (count < NAMES) {
    random_name(&chance, names[count], true);
    if (ground_exists(names[count]))
      continue;
    ground_file(names[count], "");
    count++;
  }
  const char *arguments[NAMES + 10] = {"ls", "-U1d", style, "--"};
  for (size_t i = 0; i < count; i++)
    arguments[4 + i] = names[i];
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    setenv("LC_ALL", locale, 1);
    execvp("ls", (char *const *)(uintptr_t)arguments);
    _exit(127);
  }
  close(ends[1]);
  FILE *from = fdopen(ends[0], "r");
  assert_non_null(from);
  char line[1000];
  size_t compared = 0;
  for (size_t i = 0; i < count; i++) {
    char ours[1000];
    assert_non_null(fgets(line, sizeof line, from));
    line[strcspn(line, "\n")] = '\0';
    nlink_quote(ours, sizeof ours, names[i], flags);
    /* A name with a single quote that ends in an escape: ls (9.1) takes its first letter to be in that escape. */
    size_t length = strlen(ours);
    bool ends_in_escape =
        (length > 3 && ours[length - 3] == '\\') || (length > 5 && ours[length - 5] == '\\');
    if (strchr(names[i], '\'') != NULL && ends_in_escape)
      continue;
    assert_string_equal(ours, line);
    compared++;
  }
  assert_true(compared > count / 2);
  fclose(from);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

static void need_ls(void) {
  if (system("ls --version 2>/dev/null | head -n 1 | grep -q 'GNU coreutils'") != 0)
    ground_skip("GNU ls is not here");
}

static void as_ls(void **state) {
  (void)state;
  need_ls();
  compare_with_ls("--quoting-style=shell-escape-always", "C.UTF-8", 0);
}

static void as_ls_where_needed(void **state) {
  (void)state;
  need_ls();
  compare_with_ls("--quoting-style=shell-escape", "C.UTF-8", NLINK_QUOTE_NEEDED);
}

static void as_ls_in_ascii(void **state) {
  (void)state;
  need_ls();
  compare_with_ls("--quoting-style=shell-escape-always", "C", NLINK_QUOTE_ASCII);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows),
      cmocka_unit_test(deceivers),
      cmocka_unit_test(reads_back),
      cmocka_unit_test(longest),
      cmocka_unit_test(cut),
      cmocka_unit_test(sentences),
      TEST(as_ls),
      TEST(as_ls_where_needed),
      TEST(as_ls_in_ascii),
  };
  return GROUND_RUN("quote", tests);
}
