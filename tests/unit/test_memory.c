/*
 * test_memory.c - strings that grow
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/memory.h"

#include <stdint.h>
#include <string.h>

#include "ground.h"

static void grows(void **state) {
  (void)state;
  struct nl_string string = {0};
  struct ground_chance chance = {3};
  char wanted[20000] = "";
  size_t length = 0;
  for (int i = 0; i < 1000 && length < sizeof wanted - 200; i++) {
    char piece[200];
    size_t count = ground_below(&chance, sizeof piece);
    for (size_t j = 0; j < count; j++)
      piece[j] = (char)('a' + ground_below(&chance, 26));
    assert_true(nl_string_add(&string, piece, count));
    memcpy(wanted + length, piece, count);
    length += count;
    if (ground_below(&chance, 10) == 0 && length > 0) {
      length -= ground_below(&chance, (uint32_t)length) / 4;
      nl_string_cut(&string, length);
    }
    wanted[length] = '\0';
    assert_int_equal(string.length, length);
    assert_string_equal(string.text, wanted);
  }
  nl_string_fini(&string);
  assert_null(string.text);
  nl_string_fini(&string);
  nl_string_fini(NULL);
}

static void empty(void **state) {
  (void)state;
  struct nl_string string = {0};
  nl_string_cut(&string, 0);
  assert_null(string.text);
  assert_true(nl_string_add(&string, "", 0));
  assert_string_equal(string.text, "");
  nl_string_fini(&string);
}

static void too_much(void **state) {
  (void)state;
  struct nl_string string = {0};
  assert_true(nl_string_add(&string, "abc", 3));
  assert_false(nl_string_add(&string, "x", SIZE_MAX));
  assert_false(nl_string_add(&string, "x", SIZE_MAX / 2));
  assert_string_equal(string.text, "abc");
  assert_int_equal(string.length, 3);
  nl_string_fini(&string);
}

static void blocks(void **state) {
  (void)state;
  unsigned char *zero = nl_alloc_zero(100);
  for (int i = 0; i < 100; i++)
    assert_int_equal(zero[i], 0);
  zero = nl_realloc(zero, 1000);
  assert_non_null(zero);
  nl_free(zero);
  nl_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grows),
      cmocka_unit_test(empty),
      cmocka_unit_test(too_much),
      cmocka_unit_test(blocks),
  };
  return GROUND_RUN("memory", tests);
}
