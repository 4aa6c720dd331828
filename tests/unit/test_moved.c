/*
 * test_moved.c - names that moved while they were sought are taken out, and only a file at rest is complete
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "find/moved.h"

#include "os/os.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

enum { MOST = 6 };

struct set {
  struct nl_found items[MOST];
  struct nl_found *first;
  uint64_t count;
  struct nlink_stat before;
};

/* A file of three names, and what a walk has found of them. */
static void make(struct set *set, const char *const *found) {
  ground_directory("d");
  ground_file("a", "contents");
  ground_link("a", "b");
  ground_link("a", "d/c");
  ground_file("other", "");
  assert_int_equal(nl_os_stat(&set->before, NLINK_CWD, "a", false), 0);
  set->first = NULL;
  for (set->count = 0; found[set->count] != NULL; set->count++) {
    struct nl_found *item = &set->items[set->count];
    *item = (struct nl_found){set->first, found[set->count]};
    set->first = item;
  }
}

static bool drop(struct set *set) {
  return nl_moved_drop(&set->first, &set->count, NLINK_CWD, "a", false, &set->before);
}

static void expect(const struct set *set, const char *left) {
  char text[100] = "";
  uint64_t count = 0;
  for (const struct nl_found *at = set->first; at != NULL; at = at->next, count++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", at->path);
  assert_string_equal(text, left);
  assert_true(count == set->count);
}

#define FOUND(...) ((const char *const[]){__VA_ARGS__, NULL})

static void nothing_happened(void **state) {
  (void)state;
  struct set set;
  make(&set, FOUND("d/c", "b", "a"));
  assert_true(drop(&set));
  expect(&set, "a b d/c ");
}

/* It was met before and after it moved: as many as there are, but one was not found. */
static void a_name_moved(void **state) {
  (void)state;
  struct set set;
  make(&set, FOUND("b", "moved", "a"));
  assert_int_equal(rename("b", "moved"), 0);
  set.before.ctime_ns--; /* the clock of some kernels does not go on between two calls */
  assert_false(drop(&set));
  expect(&set, "a moved ");
}

static void a_name_moved_and_all_are_found(void **state) {
  (void)state;
  struct set set;
  make(&set, FOUND("d/c", "b", "a", "moved"));
  assert_int_equal(rename("b", "moved"), 0);
  set.before.ctime_ns--;
  assert_true(drop(&set));
  expect(&set, "moved a d/c ");
}

static void a_name_went(void **state) {
  (void)state;
  struct set set;
  make(&set, FOUND("d/c", "b", "a"));
  assert_int_equal(unlink("d/c"), 0);
  assert_true(drop(&set)); /* of those that there are now */
  expect(&set, "a b ");
}

static void a_name_came(void **state) {
  (void)state;
  struct set set;
  make(&set, FOUND("d/c", "b", "a"));
  ground_link("a", "new");
  assert_false(drop(&set));
  expect(&set, "a b d/c ");
}

static void a_name_is_of_another_file_now(void **state) {
  (void)state;
  struct set set;
  make(&set, FOUND("d/c", "b", "a"));
  assert_int_equal(rename("other", "b"), 0);
  assert_true(drop(&set));
  expect(&set, "a d/c ");
}

static void the_path_leads_elsewhere(void **state) {
  (void)state;
  struct set set;
  make(&set, FOUND("d/c", "b", "a"));
  assert_int_equal(rename("other", "a"), 0);
  assert_false(drop(&set));
  assert_int_equal(unlink("a"), 0);
  assert_false(drop(&set));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(nothing_happened),
      TEST(a_name_moved),
      TEST(a_name_moved_and_all_are_found),
      TEST(a_name_went),
      TEST(a_name_came),
      TEST(a_name_is_of_another_file_now),
      TEST(the_path_leads_elsewhere),
  };
  return GROUND_RUN("moved", tests);
}
