/*
 * test_list_faults.c - a listing whose k-th allocation or system call fails, for every k
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "nlink.h"
#include "place.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MORE = 100 };

/* A tree with all that a listing meets: depth, groups within and across directories, soft links. */
static int setup(void **state) {
  struct place *place = calloc(1, sizeof *place);
  assert_non_null(place);
  place_init(place);
  place_directory(place, "a");
  place_directory(place, "a/b");
  place_directory(place, "c");
  place_file(place, "a/x");
  place_file(place, "c/y");
  place_file(place, "f");
  place_link(place, "a/x", "a/b/x2");
  place_link(place, "a/x", "c/x3");
  place_link(place, "f", "a/f2");
  place_symlink(place, "missing", "s");
  place_symlink(place, "f", "a/t");
  for (int i = 0; i < MORE; i++) {
    char name[32];
    snprintf(name, sizeof name, "c/more-%d", i);
    place_link(place, "f", name);
  }
  *state = place;
  return 0;
}

static int teardown(void **state) {
  place_fini(*state);
  free(*state);
  return 0;
}

static void count_event(const char *path, const struct nlink_error *error, void *ctx) {
  assert_non_null(path);
  assert_true(error->status < 0);
  assert_true(error->text[0] != '\0');
  ++*(size_t *)ctx;
}

struct answer {
  enum nlink_status status;
  size_t entries;
  size_t events;
};

static struct answer list(const struct place *place, bool by_file, const struct nl_fault_plan *plan) {
  static const char *const paths[] = {"c", "f", ".", "a/x", "missing"};
  const struct nlink_list_options options = {
      .size = sizeof options, .all = true, .recursive = true, .by_file = by_file};
  struct answer answer = {0};
  struct nlink_list *list = NULL;
  struct nlink_error error = {0};
  nl_fault_begin(plan);
  answer.status = nlink_list_open(&list, place->fd, paths, sizeof paths / sizeof *paths, &options,
                                  count_event, &answer.events, &error);
  nl_fault_begin(NULL);
  if (answer.status < 0) {
    assert_null(list);
    assert_int_equal(error.status, answer.status);
    return answer;
  }
  const struct nlink_list_entry *entry = NULL;
  while (nlink_list_next(list, &entry) == NLINK_OK) {
    answer.entries++;
    assert_true(entry->stat.kind != NLINK_SYMLINK || entry->target == NULL || entry->target[0] != '\0');
  }
  nlink_list_close(list);
  return answer;
}

static void every_allocation(void **state, bool by_file) {
  const struct place *place = *state;
  struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_ALLOC, .sys = ENOMEM};
  for (plan.sticky = false;; plan.sticky = true) {
    for (plan.k = 1;; plan.k++) {
      struct answer answer = list(place, by_file, &plan);
      if (answer.status == NLINK_PARTIAL) {
        assert_true(plan.k > 10);
        break;
      }
      assert_int_equal(answer.status, NLINK_NO_MEMORY);
      assert_int_equal(place_open_files(), place->open_files + 1);
    }
    if (plan.sticky)
      return;
  }
}

static void every_allocation_can_fail(void **state) {
  every_allocation(state, false);
}

static void every_allocation_by_file_can_fail(void **state) {
  every_allocation(state, true);
}

static void every_look_can_fail(void **state) {
  const struct place *place = *state;
  static const int numbers[] = {EIO, ENOENT, EACCES, EMFILE, ESTALE};
  const struct answer whole = list(place, false, NULL);
  assert_int_equal(whole.status, NLINK_PARTIAL); /* "missing" is */
  assert_int_equal(whole.events, 1);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_LOOK, .sys = numbers[i]};
    list(place, false, &plan);
    for (plan.k = 1;; plan.k++) {
      struct answer answer = list(place, false, &plan);
      assert_int_equal(answer.status, NLINK_PARTIAL);
      assert_true(answer.events >= 1 && answer.events <= 2); /* one failure is one trouble at most */
      if (answer.entries == whole.entries && answer.events == whole.events && plan.k > 400)
        break;
    }
    assert_int_equal(place_open_files(), place->open_files + 1);
  }
}

static void all_looks_from_one_on_can_fail(void **state) {
  const struct place *place = *state;
  struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_LOOK, .sys = EIO, .sticky = true};
  for (plan.k = 1; plan.k < 500; plan.k++) {
    struct answer answer = list(place, plan.k % 2 == 0, &plan);
    assert_int_equal(answer.status, NLINK_PARTIAL);
    if (plan.k == 1)
      assert_int_equal(answer.entries, 0);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_allocation_can_fail),
      TEST(every_allocation_by_file_can_fail),
      TEST(every_look_can_fail),
      TEST(all_looks_from_one_on_can_fail),
  };
  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests_name("list-faults", tests, NULL, NULL);
}
