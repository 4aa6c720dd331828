/*
 * test_walk_faults.c - a walk in order whose k-th allocation or system call fails, for every k
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

enum { MORE = 200, DEPTH = 40 };

/* A tree with all that a walk meets: depth beyond the descriptors that are kept, many names, soft links, overlap. */
static int setup(void **state) {
  struct place *place = calloc(1, sizeof *place);
  assert_non_null(place);
  place_init(place);
  place_directory(place, "a");
  place_directory(place, "a/b");
  place_directory(place, "c");
  place_file(place, "a/x");
  place_file(place, "f");
  place_link(place, "a/x", "a/b/x2");
  place_symlink(place, "missing", "s");
  char name[2 * DEPTH + 40] = "a/deep";
  for (int i = 0; i < DEPTH; i++) {
    place_directory(place, name);
    size_t length = strlen(name);
    strcpy(name + length, "/z");
    place_file(place, name);
    strcpy(name + length, "/d");
  }
  for (int i = 0; i < MORE; i++) {
    snprintf(name, sizeof name, "c/a-somewhat-longer-name-%d", i);
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

static bool go_on(const struct nlink_progress *progress, void *ctx) {
  (void)progress;
  (void)ctx;
  return true;
}

struct answer {
  enum nlink_status status;
  size_t entries;
  size_t events;
  long faults;
};

static struct answer walk(const struct place *place, bool scoped, const struct nl_fault_plan *plan) {
  static const char *const paths[] = {"a/b", "c/", "f", ".", "a/x", "missing", "c/.."};
  static const char *const rules[] = {"- a-somewhat-longer-name-7*", "- c/nothing", "+ *"};
  struct answer answer = {0};
  struct nlink_walk *walk = NULL;
  struct nlink_error error = {0};
  struct nlink_scope scope = {.size = sizeof scope, .on_event = count_event, .ctx = &answer.events};
  if (scoped) {
    scope.rules = rules;
    scope.rule_count = 3;
    scope.max_bytes = 1 << 20;
    scope.one_file_system = true;
    scope.on_progress = go_on;
  }
  nl_fault_begin(plan);
  answer.status = nlink_walk_open(&walk, place->fd, paths, sizeof paths / sizeof *paths, &scope,
                                  scoped ? 0 : NLINK_STAT, &error);
  assert_true((answer.status < 0) == (walk == NULL));
  const struct nlink_walk_entry *entry = NULL;
  while (answer.status == NLINK_OK) {
    answer.status = nlink_walk_next(walk, &entry, &error);
    if (answer.status != NLINK_OK)
      break;
    char path[300];
    assert_true(nlink_walk_path(path, sizeof path, entry) < sizeof path);
    answer.entries++;
  }
  if (walk != NULL)
    assert_int_equal(nlink_walk_next(walk, &entry, NULL), answer.status);
  nlink_walk_close(walk);
  answer.faults = nl_fault_count();
  nl_fault_begin(NULL);
  if (answer.status < 0)
    assert_int_equal(error.status, answer.status);
  assert_int_equal(place_open_files(), place->open_files + 1);
  return answer;
}

static void every_allocation(const struct place *place, bool scoped) {
  struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_ALLOC, .sys = ENOMEM};
  const struct answer whole = walk(place, scoped, NULL);
  for (plan.sticky = false;; plan.sticky = true) {
    for (plan.k = 1;; plan.k++) {
      struct answer answer = walk(place, scoped, &plan);
      if (answer.faults < plan.k) {
        assert_int_equal(answer.status, NLINK_PARTIAL);
        assert_true(plan.k > 20);
        break;
      }
      /* What only helps to find a cause may be missing; no name may. */
      if (answer.status != NLINK_NO_MEMORY) {
        assert_int_equal(answer.status, NLINK_PARTIAL);
        assert_int_equal(answer.entries, whole.entries);
        assert_int_equal(answer.events, whole.events);
      }
    }
    if (plan.sticky)
      return;
  }
}

static void every_allocation_can_fail(void **state) {
  every_allocation(*state, false);
}

static void every_allocation_within_a_scope_can_fail(void **state) {
  every_allocation(*state, true);
}

static void every_look(const struct place *place, bool scoped) {
  static const int numbers[] = {EIO, ENOENT, EACCES, EMFILE, ESTALE, ELOOP};
  const struct answer whole = walk(place, scoped, NULL);
  assert_int_equal(whole.status, NLINK_PARTIAL); /* "missing" is */
  assert_int_equal(whole.events, 1);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_LOOK, .sys = numbers[i]};
    for (plan.k = 1;; plan.k++) {
      struct answer answer = walk(place, scoped, &plan);
      assert_int_equal(answer.status, NLINK_PARTIAL);
      assert_in_range(answer.events, 1, 2); /* one failure is one trouble at most */
      /* That roots overlap may not be known then, and names be told by both. */
      if (answer.events == 1)
        assert_true(answer.entries >= whole.entries);
      if (answer.faults < plan.k)
        break;
    }
  }
}

static void every_look_can_fail(void **state) {
  every_look(*state, false);
}

static void every_look_within_a_scope_can_fail(void **state) {
  every_look(*state, true);
}

static void all_looks_from_one_on_can_fail(void **state) {
  const struct place *place = *state;
  struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_LOOK, .sys = EIO, .sticky = true};
  for (plan.k = 1; plan.k < 800; plan.k++) {
    struct answer answer = walk(place, plan.k % 2 == 0, &plan);
    assert_int_equal(answer.status, NLINK_PARTIAL);
    if (plan.k == 1)
      assert_int_equal(answer.entries, 0);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_allocation_can_fail),
      TEST(every_allocation_within_a_scope_can_fail),
      TEST(every_look_can_fail),
      TEST(every_look_within_a_scope_can_fail),
      TEST(all_looks_from_one_on_can_fail),
  };
  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests_name("walk-faults", tests, NULL, NULL);
}
