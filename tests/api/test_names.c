/*
 * test_names.c - all names of files, through the public header
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

static struct nlink_error error;

static unsigned event_count;
static enum nlink_status last_event;

static void on_event(const char *path, const struct nlink_error *event, void *ctx) {
  assert_non_null(path);
  assert_true(event->text[0] != '\0');
  assert_ptr_equal(ctx, &event_count);
  event_count++;
  last_event = event->status;
}

static void plant(void) {
  ground_directory("d");
  ground_directory("d/e");
  ground_directory("f");
  ground_file("d/a", "text");
  ground_link("d/a", "d/e/b");
  ground_link("d/a", "f/c");
  ground_file("one", "");
  ground_symlink("d/e/b", "s");
  ground_symlink("../s", "f/t");
  ground_symlink("d", "to-d");
  event_count = 0;
}

/* What is asked; the rest of it is 0. */
struct ask {
  const char *const *paths;
  size_t count;
  const char *const *roots;
  size_t root_count;
  bool soft, follow, walk;
};

static enum nlink_status open_names(struct nlink_names **names, const struct ask *ask) {
  const struct nlink_names_options options = {.size = sizeof options,
                                              .roots = ask->roots,
                                              .root_count = ask->root_count,
                                              .soft = ask->soft,
                                              .follow = ask->follow,
                                              .walk = ask->walk};
  const struct nlink_scope scope = {.size = sizeof scope, .on_event = on_event, .ctx = &event_count};
  return nlink_names_open(names, NLINK_CWD, ask->paths, ask->count, &options, &scope, &error);
}

/* The next names are just these: "0 path" or "0 path (soft)" each, in this order. */
static void expect_names(struct nlink_names *names, const char *const *expected) {
  const struct nlink_names_entry *entry = NULL;
  for (; *expected != NULL; expected++) {
    char text[600];
    assert_int_equal(nlink_names_next(names, &entry), NLINK_OK);
    snprintf(text, sizeof text, "%zu %s%s", entry->file, entry->path, entry->soft ? " (soft)" : "");
    assert_string_equal(text, *expected);
  }
  for (int i = 0; i < 3; i++)
    assert_int_equal(nlink_names_next(names, &entry), NLINK_END);
}

static const char *const here[] = {"."};

static void all_names(void **state) {
  (void)state;
  plant();
  static const char *const paths[] = {"f/c", "one", "d/a"};
  static const char *const expected[] = {"0 ./d/a", "0 ./d/e/b", "0 ./f/c", "1 ./one",
                                         "2 ./d/a", "2 ./d/e/b", "2 ./f/c", NULL};
  struct nlink_names *names = NULL;
  assert_int_equal(
      open_names(&names, &(struct ask){.paths = paths, .count = 3, .roots = here, .root_count = 1}),
      NLINK_OK);
  expect_names(names, expected);
  for (size_t i = 0; i < 3; i++) {
    const struct nlink_names_file *file = nlink_names_file(names, i);
    assert_string_equal(file->path, paths[i]);
    assert_ptr_not_equal(file->path, paths[i]); /* the caller may give the paths back */
    assert_int_equal(file->stat.link_count, i == 1 ? 1 : 3);
    assert_int_equal(file->found, file->stat.link_count);
    assert_int_equal(file->soft_found, 0);
    assert_int_equal(file->absence, NLINK_ABSENCE_NONE);
    assert_string_equal(file->text, "");
  }
  assert_null(nlink_names_file(names, 3));
  assert_null(nlink_names_file(names, SIZE_MAX));
  assert_int_equal(event_count, 0);
  nlink_names_close(names);
}

static void some_are_outside(void **state) {
  (void)state;
  plant();
  static const char *const paths[] = {"d/a", "one"};
  static const char *const roots[] = {"d/e", "f/", "d/e"};
  static const char *const expected[] = {"0 d/e/b", "0 f/c", NULL};
  struct nlink_names *names = NULL;
  const struct ask ask = {.paths = paths, .count = 2, .roots = roots, .root_count = 3};
  assert_int_equal(open_names(&names, &ask), NLINK_PARTIAL);
  expect_names(names, expected);
  for (size_t i = 0; i < 2; i++) {
    const struct nlink_names_file *file = nlink_names_file(names, i);
    assert_int_equal(file->found, i == 0 ? 2 : 0);
    assert_int_equal(file->absence, NLINK_ABSENCE_OUTSIDE_ROOTS);
    assert_true(file->text[0] != '\0');
    assert_true(file->text[strlen(file->text) - 1] != '.');
  }
  assert_int_equal(event_count, 0);
  nlink_names_close(names);
}

static void soft_links(void **state) {
  (void)state;
  plant();
  static const char *const paths[] = {"f/c", "s", "d", "to-d"};
  static const char *const followed[] = {"0 ./d/a",        "0 ./d/e/b",    "0 ./f/c",   "0 ./f/t (soft)",
                                         "0 ./s (soft)",   "1 ./d/a",      "1 ./d/e/b", "1 ./f/c",
                                         "1 ./f/t (soft)", "1 ./s (soft)", NULL};
  static const char *const themselves[] = {"0 ./d/a",      "0 ./d/e/b", "0 ./f/c", "0 ./f/t (soft)",
                                           "0 ./s (soft)", "1 ./s",     NULL};
  struct nlink_names *names = NULL;
  struct ask ask = {.paths = paths, .count = 2, .roots = here, .root_count = 1, .soft = true, .follow = true};
  assert_int_equal(open_names(&names, &ask), NLINK_OK);
  expect_names(names, followed);
  assert_int_equal(nlink_names_file(names, 1)->soft_found, 2);
  nlink_names_close(names);
  ask.follow = false;
  assert_int_equal(open_names(&names, &ask), NLINK_OK);
  expect_names(names, themselves);
  assert_int_equal(nlink_names_file(names, 1)->stat.kind, NLINK_SYMLINK);
  nlink_names_close(names);
  char first[600];
  char second[600];
  snprintf(first, sizeof first, "0 %s/d", ground_path());
  snprintf(second, sizeof second, "1 %s/d", ground_path());
  const char *const directories[] = {first, "0 ./to-d (soft)", second, "1 ./to-d (soft)", NULL};
  ask.paths = paths + 2;
  ask.follow = true;
  assert_int_equal(open_names(&names, &ask), NLINK_OK);
  expect_names(names, directories);
  nlink_names_close(names);
}

/* A file of one name, and a directory, are answered without any look elsewhere; their paths are absolute. */
static void known_at_once(void **state) {
  (void)state;
  plant();
  static const char *const paths[] = {"one", "./f/../one", "d/e/", "to-d", ".", "s"};
  char texts[6][600];
  const char *const ends[] = {"/one", "/one", "/d/e", "/d", "", "/s"};
  const char *expected[7] = {0};
  for (int i = 0; i < 6; i++)
    snprintf(texts[i], sizeof texts[i], "%d %s%s", i, ground_path(), ends[i]);
  snprintf(texts[3], sizeof texts[3], "3 %s/to-d", ground_path());
  for (int i = 0; i < 6; i++)
    expected[i] = texts[i];
  struct nlink_names *names = NULL;
  struct ask ask = {.paths = paths, .count = 6};
  assert_int_equal(open_names(&names, &ask), NLINK_OK);
  expect_names(names, expected);
  assert_int_equal(nlink_names_file(names, 2)->stat.link_count, 1);
  nlink_names_close(names);
  ask.walk = true;
  assert_int_equal(open_names(&names, &ask), NLINK_OK);
  expect_names(names, expected);
  nlink_names_close(names);
  assert_int_equal(nlink_names_open(&names, NLINK_CWD, paths, 1, NULL, NULL, NULL), NLINK_OK);
  nlink_names_close(names);
}

static void what_is_not_there(void **state) {
  (void)state;
  plant();
  static const char *const paths[] = {"missing", "one", "", "one/x"};
  static const char *const expected[] = {"1 ./one", NULL};
  struct nlink_names *names = NULL;
  const struct ask ask = {.paths = paths, .count = 4, .roots = here, .root_count = 1};
  assert_int_equal(open_names(&names, &ask), NLINK_PARTIAL);
  assert_int_equal(event_count, 3);
  expect_names(names, expected);
  const struct nlink_names_file *file = nlink_names_file(names, 0);
  assert_string_equal(file->path, "missing");
  assert_int_equal(file->stat.link_count, 0);
  assert_int_equal(file->found, 0);
  assert_int_equal(file->absence, NLINK_ABSENCE_NONE);
  assert_string_equal(file->text, "");
  nlink_names_close(names);
  static const char *const roots[] = {"missing", "."};
  const struct ask again = {.paths = paths + 1, .count = 1, .roots = roots, .root_count = 2};
  event_count = 0;
  assert_int_equal(open_names(&names, &again), NLINK_OK);
  nlink_names_close(names);
}

/* A file that was removed and is held open has no names; through /proc it is found all the same. */
static void removed_files(void **state) {
  (void)state;
  plant();
  char path[64];
  int fd = open("one", O_RDONLY | O_CLOEXEC);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const char *const paths[] = {path};
  static const char *const expected[] = {"0 ./one", NULL};
  static const char *const none[] = {NULL};
  struct nlink_names *names = NULL;
  struct ask ask = {.paths = paths, .count = 1, .roots = here, .root_count = 1, .follow = true};
  assert_int_equal(open_names(&names, &ask), NLINK_OK);
  expect_names(names, expected);
  nlink_names_close(names);
  assert_int_equal(unlink("one"), 0);
  ask.root_count = 0;
  assert_int_equal(open_names(&names, &ask), NLINK_OK);
  expect_names(names, none);
  assert_int_equal(nlink_names_file(names, 0)->stat.link_count, 0);
  nlink_names_close(names);
  close(fd);
}

static bool stop(const struct nlink_progress *progress, void *ctx) {
  (void)progress;
  (void)ctx;
  return false;
}

/* Somebody removes a name while others are looked at. */
static void remove_one(const char *path, const struct nlink_error *event, void *ctx) {
  (void)path;
  (void)event;
  assert_int_equal(unlink(ctx), 0);
}

static void names_that_go(void **state) {
  (void)state;
  plant();
  static const char *const paths[] = {"missing", "d/a"};
  static const char *const expected[] = {"1 ./d/a", "1 ./d/e/b", NULL};
  static char last[] = "f/c";
  const struct nlink_names_options options = {.size = sizeof options, .roots = here, .root_count = 1};
  const struct nlink_scope scope = {.size = sizeof scope, .on_event = remove_one, .ctx = last};
  struct nlink_names *names = NULL;
  /* The file is first looked at after the event: so it has two names from the beginning. */
  assert_int_equal(nlink_names_open(&names, NLINK_CWD, paths, 2, &options, &scope, &error), NLINK_PARTIAL);
  expect_names(names, expected);
  assert_int_equal(nlink_names_file(names, 1)->stat.link_count, 2);
  nlink_names_close(names);
  /* And here before it: one name is missing, and it is told that there were changes. */
  static const char *const turned[] = {"d/a", "missing"};
  static const char *const found[] = {"0 ./d/a", NULL};
  static char second[] = "d/e/b";
  const struct nlink_scope again = {.size = sizeof again, .on_event = remove_one, .ctx = second};
  assert_int_equal(nlink_names_open(&names, NLINK_CWD, turned, 2, &options, &again, &error), NLINK_PARTIAL);
  expect_names(names, found);
  const struct nlink_names_file *file = nlink_names_file(names, 0);
  assert_int_equal(file->stat.link_count, 2);
  assert_int_equal(file->found, 1);
  assert_int_equal(file->absence, NLINK_ABSENCE_CHANGED);
  nlink_names_close(names);
}

static void wrong_arguments(void **state) {
  (void)state;
  plant();
  static const char *const paths[] = {"one", NULL};
  static const char *const bad_rule[] = {"* no rule"};
  struct nlink_names_options options = {.size = sizeof options};
  struct nlink_scope scope = {.size = sizeof scope};
  struct nlink_names *names = (struct nlink_names *)(void *)&options;
#define REFUSED(...)                                                                                         \
  do {                                                                                                       \
    assert_int_equal(nlink_names_open(__VA_ARGS__), NLINK_INVALID);                                          \
    assert_int_equal(error.status, NLINK_INVALID);                                                           \
    assert_int_equal(error.step, NLINK_STEP_ARGUMENTS);                                                      \
    assert_null(names);                                                                                      \
  } while (0)
  REFUSED(&names, NLINK_CWD, NULL, 1, NULL, NULL, &error);
  REFUSED(&names, NLINK_CWD, paths, 0, NULL, NULL, &error);
  REFUSED(&names, NLINK_CWD, NULL, 0, NULL, NULL, &error);
  REFUSED(&names, NLINK_CWD, paths, 2, NULL, NULL, &error);
  REFUSED(NULL, NLINK_CWD, paths, 1, NULL, NULL, &error);
  options.size--;
  REFUSED(&names, NLINK_CWD, paths, 1, &options, NULL, &error);
  options.size++;
  options.root_count = 1;
  REFUSED(&names, NLINK_CWD, paths, 1, &options, NULL, &error);
  options.roots = paths + 1;
  REFUSED(&names, NLINK_CWD, paths, 1, &options, NULL, &error);
  options.root_count = 0;
  scope.size++;
  REFUSED(&names, NLINK_CWD, paths, 1, &options, &scope, &error);
  scope.size--;
  scope.listed = true;
  REFUSED(&names, NLINK_CWD, paths, 1, &options, &scope, &error);
  scope.listed = false;
  scope.rules = bad_rule;
  scope.rule_count = 1;
  REFUSED(&names, NLINK_CWD, paths, 1, &options, &scope, &error);
  nlink_names_close(NULL);
}

static void relative_to_a_directory(void **state) {
  (void)state;
  plant();
  int d = open("d", O_PATH | O_DIRECTORY | O_CLOEXEC);
  static const char *const paths[] = {"a"};
  static const char *const roots[] = {"e", "../f"};
  static const char *const expected[] = {"0 ../f/c", "0 e/b", NULL};
  const struct nlink_names_options options = {.size = sizeof options, .roots = roots, .root_count = 2};
  struct nlink_names *names = NULL;
  assert_int_equal(nlink_names_open(&names, d, paths, 1, &options, NULL, &error), NLINK_PARTIAL);
  expect_names(names, expected);
  nlink_names_close(names);
  close(d);
}

/* Progress is told now and then: of a short walk perhaps never, and of this long one mostly. */
static void cancelled(void **state) {
  (void)state;
  plant();
  static const char *const paths[] = {"d/a"};
  static const char *const roots[] = {"/usr", "/proc"};
  const struct nlink_names_options options = {
      .size = sizeof options, .roots = roots, .root_count = 2, .soft = true};
  const struct nlink_scope scope = {.size = sizeof scope, .on_progress = stop};
  struct nlink_names *names = NULL;
  enum nlink_status status = nlink_names_open(&names, NLINK_CWD, paths, 1, &options, &scope, &error);
  assert_true(status == NLINK_CANCELLED || status == NLINK_PARTIAL);
  assert_int_equal(names == NULL, status == NLINK_CANCELLED);
  assert_true(names != NULL || error.status == NLINK_CANCELLED);
  nlink_names_close(names);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(all_names),     TEST(some_are_outside),  TEST(soft_links),
      TEST(known_at_once), TEST(what_is_not_there), TEST(removed_files),
      TEST(names_that_go), TEST(wrong_arguments),   TEST(relative_to_a_directory),
      TEST(cancelled),
  };
  return GROUND_RUN("names", tests);
}
