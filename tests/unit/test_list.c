/*
 * test_list.c - listings: order, groups, trouble, depth
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A listing as text, a line an entry: "dir|name|group inside outside|-> target", so that tests read well. */
struct seen {
  struct place place;
  char text[8192];
  char events[2048];
  size_t event_count;
};

static void add(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add(char *text, size_t size, const char *format, ...) {
  size_t used = strlen(text);
  va_list list;
  va_start(list, format);
  vsnprintf(text + used, size - used, format, list);
  va_end(list);
}

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  struct seen *seen = ctx;
  seen->event_count++;
  add(seen->events, sizeof seen->events, "%s: %s: %s\n", path, nlink_step_name(error->step),
      nlink_status_name(error->status));
}

static enum nlink_status list(struct seen *seen, const char *const *paths, size_t count,
                              const struct nlink_list_options *options) {
  struct nlink_list *list = NULL;
  struct nlink_error error;
  seen->text[0] = '\0';
  seen->events[0] = '\0';
  seen->event_count = 0;
  enum nlink_status status =
      nlink_list_open(&list, seen->place.fd, paths, count, options, on_event, seen, &error);
  assert_int_equal(status < 0, list == NULL);
  if (status < 0)
    return status;
  const struct nlink_list_entry *entry = NULL;
  while (nlink_list_next(list, &entry) == NLINK_OK) {
    add(seen->text, sizeof seen->text, "%s|%s", entry->dir == NULL ? "" : entry->dir, entry->name);
    if (entry->group != 0)
      add(seen->text, sizeof seen->text, "|%d %d %d", (int)entry->group, (int)entry->names_inside,
          (int)entry->names_outside);
    if (entry->target != NULL)
      add(seen->text, sizeof seen->text, "|-> %s%s", entry->target, entry->dangles ? " dangles" : "");
    add(seen->text, sizeof seen->text, "\n");
  }
  assert_int_equal(nlink_list_next(list, &entry), NLINK_END);
  nlink_list_close(list);
  return status;
}

static int setup(void **state) {
  struct seen *seen = calloc(1, sizeof *seen);
  assert_non_null(seen);
  place_init(&seen->place);
  *state = seen;
  return 0;
}

static int teardown(void **state) {
  struct seen *seen = *state;
  place_fini(&seen->place);
  free(seen);
  return 0;
}

#define PATHS(...)                                                                                           \
  (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)
#define OPTIONS(...) (&(struct nlink_list_options){.size = sizeof(struct nlink_list_options), __VA_ARGS__})

/* ---------------------------------------------------------------- order */

static void names_are_sorted_by_bytes(void **state) {
  struct seen *seen = *state;
  const char *const names[] = {"b", "a", "B", "a b", "a-", "ab", "\xc3\xa4", "\xff", "10", "9", "a\n"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    place_file(&seen->place, names[i]);
  assert_int_equal(list(seen, NULL, 0, NULL), NLINK_OK);
  assert_string_equal(seen->text, ".|10\n.|9\n.|B\n.|a\n.|a\n\n.|a b\n.|a-\n.|ab\n.|b\n.|\xc3\xa4\n.|\xff\n");
}

static void a_name_can_hold_every_byte(void **state) {
  struct seen *seen = *state;
  char name[200] = "";
  size_t length = 0;
  for (int c = 1; c < 128; c++)
    if (c != '/')
      name[length++] = (char)c;
  place_file(&seen->place, name);
  length = 0;
  memset(name, 0, sizeof name);
  for (int c = 255; c >= 128; c--)
    name[length++] = (char)c;
  place_file(&seen->place, name);
  struct nlink_list *list = NULL;
  assert_int_equal(nlink_list_open(&list, seen->place.fd, NULL, 0, NULL, NULL, NULL, NULL), NLINK_OK);
  const struct nlink_list_entry *entry = NULL;
  assert_int_equal(nlink_list_next(list, &entry), NLINK_OK);
  assert_int_equal(strlen(entry->name), 126);
  for (int i = 0, c = 1; c < 128; c++)
    if (c != '/')
      assert_int_equal(entry->name[i++], (char)c);
  assert_int_equal(nlink_list_next(list, &entry), NLINK_OK);
  assert_string_equal(entry->name, name);
  assert_int_equal(nlink_list_next(list, &entry), NLINK_END);
  nlink_list_close(list);
}

static void dotted_names_come_when_asked_for(void **state) {
  struct seen *seen = *state;
  place_file(&seen->place, ".hidden");
  place_file(&seen->place, "...");
  place_file(&seen->place, "plain");
  assert_int_equal(list(seen, NULL, 0, NULL), NLINK_OK);
  assert_string_equal(seen->text, ".|plain\n");
  assert_int_equal(list(seen, NULL, 0, OPTIONS(.all = true)), NLINK_OK);
  assert_string_equal(seen->text, ".|...\n.|.hidden\n.|plain\n");
  assert_int_equal(list(seen, PATHS(".hidden"), NULL), NLINK_OK); /* whoever names it wants it */
  assert_string_equal(seen->text, "|.hidden\n");
}

static void files_come_first_then_directories(void **state) {
  struct seen *seen = *state;
  place_directory(&seen->place, "a");
  place_directory(&seen->place, "c");
  place_file(&seen->place, "b");
  place_file(&seen->place, "z");
  place_file(&seen->place, "a/in-a");
  place_file(&seen->place, "c/in-c");
  assert_int_equal(list(seen, PATHS("z", "c", "b", "a/"), NULL), NLINK_OK);
  assert_string_equal(seen->text, "|b\n|z\na/|in-a\nc|in-c\n");
  assert_int_equal(list(seen, PATHS("z", "c", "b", "a/"), OPTIONS(.directories = true)), NLINK_OK);
  assert_string_equal(seen->text, "|a/\n|b\n|c\n|z\n");
  assert_int_equal(list(seen, NULL, 0, OPTIONS(.directories = true)), NLINK_OK);
  assert_string_equal(seen->text, "|.\n");
}

static void the_tree_comes_depth_first(void **state) {
  struct seen *seen = *state;
  const char *const directories[] = {"a", "a/y", "a/x", "a/x/deep", "b", "empty"};
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
    place_directory(&seen->place, directories[i]);
  place_file(&seen->place, "a/x/deep/f");
  place_file(&seen->place, "a/y/g");
  place_file(&seen->place, "b/h");
  place_symlink(&seen->place, "a", "to-a"); /* not followed on the way */
  assert_int_equal(list(seen, NULL, 0, OPTIONS(.recursive = true)), NLINK_OK);
  assert_string_equal(seen->text, ".|a\n.|b\n.|empty\n.|to-a|-> a\n./a|x\n./a|y\n./a/x|deep\n./a/x/deep|f\n"
                                  "./a/y|g\n./b|h\n");
  assert_int_equal(list(seen, PATHS("to-a"), OPTIONS(.recursive = true)), NLINK_OK);
  assert_string_equal(seen->text, "|to-a|-> a\n");
  assert_int_equal(list(seen, PATHS("to-a/"), NULL), NLINK_OK); /* a slash asks for what it leads to */
  assert_string_equal(seen->text, "to-a/|x\nto-a/|y\n");
}

/* ---------------------------------------------------------------- groups */

static void outside_names_are_counted(void **state) {
  struct seen *seen = *state;
  place_directory(&seen->place, "d");
  place_directory(&seen->place, "e");
  place_file(&seen->place, "d/m");
  place_link(&seen->place, "d/m", "d/z");
  place_link(&seen->place, "d/m", "e/outside");
  place_file(&seen->place, "d/a");
  place_link(&seen->place, "d/a", "e/away");
  place_file(&seen->place, "d/alone");
  assert_int_equal(list(seen, PATHS("d"), NULL), NLINK_OK);
  assert_string_equal(seen->text, "d|a|1 1 1\nd|alone\nd|m|2 2 1\nd|z|2 2 1\n");
  assert_int_equal(list(seen, PATHS("d", "e"), NULL), NLINK_OK);
  assert_string_equal(seen->text,
                      "d|a|1 2 0\nd|alone\nd|m|2 3 0\nd|z|2 3 0\ne|away|1 2 0\ne|outside|2 3 0\n");
}

static void a_name_shown_twice_counts_once(void **state) {
  struct seen *seen = *state;
  place_directory(&seen->place, "d");
  place_file(&seen->place, "d/a");
  place_link(&seen->place, "d/a", "d/b");
  place_link(&seen->place, "d/a", "out");
  place_symlink(&seen->place, "d", "alias");
  assert_int_equal(list(seen, PATHS("d", "d", "./d/a", "alias/b", "d//a"), NULL), NLINK_OK);
  assert_string_equal(seen->text,
                      "|./d/a|1 2 1\n|alias/b|1 2 1\n|d//a|1 2 1\nd|a|1 2 1\nd|b|1 2 1\nd|a|1 2 1\n"
                      "d|b|1 2 1\n");
  /* Equal names in two directories are two names. */
  place_directory(&seen->place, "e");
  place_link(&seen->place, "d/a", "e/a");
  assert_int_equal(list(seen, PATHS("d/a", "e/a"), NULL), NLINK_OK);
  assert_string_equal(seen->text, "|d/a|1 2 2\n|e/a|1 2 2\n");
}

static void by_file_puts_names_of_one_file_together(void **state) {
  struct seen *seen = *state;
  place_directory(&seen->place, "d");
  place_file(&seen->place, "a-single");
  place_file(&seen->place, "b");
  place_file(&seen->place, "c");
  place_link(&seen->place, "c", "d/c2");
  place_link(&seen->place, "b", "z");
  place_link(&seen->place, "b", "d/b2");
  assert_int_equal(list(seen, NULL, 0, OPTIONS(.recursive = true, .by_file = true)), NLINK_OK);
  assert_string_equal(seen->text,
                      ".|b|1 3 0\n.|z|1 3 0\n./d|b2|1 3 0\n.|c|2 2 0\n./d|c2|2 2 0\n.|a-single\n.|d\n");
  assert_int_equal(list(seen, PATHS("a-single"), OPTIONS(.by_file = true)), NLINK_OK);
  assert_string_equal(seen->text, "|a-single\n");
}

static void soft_links_can_share_a_file_too(void **state) {
  struct seen *seen = *state;
  place_symlink(&seen->place, "nowhere", "s");
  if (linkat(seen->place.fd, "s", seen->place.fd, "t", 0) != 0)
    skip(); /* not on every file system */
  assert_int_equal(list(seen, NULL, 0, NULL), NLINK_OK);
  assert_string_equal(seen->text, ".|s|1 2 0|-> nowhere dangles\n.|t|1 2 0|-> nowhere dangles\n");
}

static void a_thousand_names_of_one_file(void **state) {
  struct seen *seen = *state;
  place_file(&seen->place, "n");
  for (int i = 1; i < 1000; i++) {
    char name[16];
    snprintf(name, sizeof name, "n%d", i);
    place_link(&seen->place, "n", name);
  }
  place_directory(&seen->place, "d");
  place_link(&seen->place, "n", "d/n");
  struct nlink_list *list = NULL;
  assert_int_equal(nlink_list_open(&list, seen->place.fd, NULL, 0, NULL, NULL, NULL, NULL), NLINK_OK);
  const struct nlink_list_entry *entry = NULL;
  size_t names = 0;
  while (nlink_list_next(list, &entry) == NLINK_OK) {
    if (entry->stat.kind == NLINK_DIRECTORY)
      continue;
    names++;
    assert_int_equal(entry->group, 1);
    assert_int_equal(entry->names_inside, 1000);
    assert_int_equal(entry->names_outside, 1);
  }
  assert_int_equal(names, 1000);
  nlink_list_close(list);
}

/* ---------------------------------------------------------------- soft links, and trouble */

static void soft_links_show_where_they_lead(void **state) {
  struct seen *seen = *state;
  char longest[NLINK_TARGET_SIZE];
  memset(longest, 'x', 1000);
  longest[1000] = '\0';
  place_file(&seen->place, "file");
  place_symlink(&seen->place, "file", "good");
  place_symlink(&seen->place, "missing", "gone");
  place_symlink(&seen->place, "loop", "loop");
  place_symlink(&seen->place, "file/below", "through-a-file");
  place_symlink(&seen->place, ".", "here");
  assert_int_equal(list(seen, NULL, 0, NULL), NLINK_OK);
  assert_string_equal(seen->text, ".|file\n.|gone|-> missing dangles\n.|good|-> file\n.|here|-> .\n"
                                  ".|loop|-> loop dangles\n.|through-a-file|-> file/below dangles\n");
  place_symlink(&seen->place, longest, "long");
  assert_int_equal(list(seen, PATHS("long"), NULL), NLINK_OK);
  assert_int_equal(strlen(seen->text), strlen("|long|-> ") + 1000 + strlen(" dangles\n"));
}

static void trouble_is_told_and_does_not_end_the_listing(void **state) {
  struct seen *seen = *state;
  place_file(&seen->place, "a");
  assert_int_equal(list(seen, PATHS("zz", "a", "a/b", "", "missing"), NULL), NLINK_PARTIAL);
  assert_string_equal(seen->text, "|a\n");
  assert_string_equal(seen->events, ": stat: NLINK_NOT_FOUND\na/b: stat: NLINK_NOT_DIRECTORY\n"
                                    "missing: stat: NLINK_NOT_FOUND\nzz: stat: NLINK_NOT_FOUND\n");
  struct nlink_list *list = NULL;
  assert_int_equal(nlink_list_open(&list, 9999, PATHS("x"), NULL, NULL, NULL, NULL), NLINK_PARTIAL);
  const struct nlink_list_entry *entry = NULL;
  assert_int_equal(nlink_list_next(list, &entry), NLINK_END);
  nlink_list_close(list);
}

static void unreadable_directories_are_told(void **state) {
  struct seen *seen = *state;
  assert_int_equal(fchmod(seen->place.fd, 0755), 0);
  place_directory(&seen->place, "blind");
  place_directory(&seen->place, "closed");
  place_directory(&seen->place, "open");
  place_file(&seen->place, "blind/in");
  place_file(&seen->place, "open/in");
  assert_int_equal(fchmodat(seen->place.fd, "closed", 0, 0), 0);
  assert_int_equal(fchmodat(seen->place.fd, "blind", 0444, 0), 0);
  bool is_root = geteuid() == 0;
  if (is_root)
    assert_int_equal(seteuid(65534), 0);
  enum nlink_status status = list(seen, NULL, 0, OPTIONS(.recursive = true));
  if (is_root)
    assert_int_equal(seteuid(0), 0);
  assert_int_equal(status, NLINK_PARTIAL);
  assert_string_equal(seen->text, ".|blind\n.|closed\n.|open\n./open|in\n");
  assert_string_equal(seen->events, "./blind/in: stat: NLINK_DENIED\n./closed: open: NLINK_DENIED\n");
}

/* Another thread takes names away and brings them back while the directory is listed. */
struct churn {
  int fd;
  atomic_bool enough;
};

static void *churn(void *argument) {
  struct churn *churn = argument;
  while (!atomic_load(&churn->enough)) {
    for (int i = 0; i < 200; i += 2) {
      char name[16];
      snprintf(name, sizeof name, "n%03d", i);
      unlinkat(churn->fd, name, 0);
    }
    for (int i = 0; i < 200; i += 2) {
      char name[16];
      snprintf(name, sizeof name, "n%03d", i);
      linkat(churn->fd, "n001", churn->fd, name, 0);
    }
  }
  return NULL;
}

static void names_that_vanish_are_told(void **state) {
  struct seen *seen = *state;
  for (int i = 0; i < 200; i++) {
    char name[16];
    snprintf(name, sizeof name, "n%03d", i);
    place_file(&seen->place, name);
  }
  struct churn churned = {.fd = seen->place.fd};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, churn, &churned), 0);
  for (int round = 0; round < 200; round++) {
    struct nlink_list *list = NULL;
    seen->event_count = 0;
    seen->events[0] = '\0';
    enum nlink_status status = nlink_list_open(&list, seen->place.fd, NULL, 0, NULL, on_event, seen, NULL);
    assert_int_equal(status, seen->event_count > 0 ? NLINK_PARTIAL : NLINK_OK);
    const struct nlink_list_entry *entry = NULL;
    int stayed = 0;
    char last[16] = "";
    while (nlink_list_next(list, &entry) == NLINK_OK) {
      assert_true(strcmp(last, entry->name) <= 0); /* a name that comes back can be read twice */
      snprintf(last, sizeof last, "%s", entry->name);
      stayed += (entry->name[3] - '0') % 2;
      assert_true(entry->group == 0 || entry->names_inside >= 1);
      assert_true(entry->stat.link_count <= entry->names_inside + entry->names_outside || entry->group == 0);
    }
    assert_int_equal(stayed, 100);
    nlink_list_close(list);
  }
  atomic_store(&churned.enough, true);
  pthread_join(thread, NULL);
}

/* ---------------------------------------------------------------- large and deep */

static void a_hundred_thousand_names(void **state) {
  struct seen *seen = *state;
  enum { COUNT = 100000, ALONE = 1000, SHARED = 5 }; /* most are further names: those are cheap to make */
  place_directory(&seen->place, "d");
  int dir = openat(seen->place.fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  unsigned number = 12345;
  char older[64] = "";
  for (int i = 0; i < COUNT; i++) {
    char name[64];
    number = number * 1103515245u + 12345u;
    snprintf(name, sizeof name, "%s-%08x-%d", i % 3 == 0 ? "a-rather-long-beginning" : "b", number, i);
    if (i < ALONE || i % SHARED == 0) {
      assert_int_equal(mknodat(dir, name, S_IFREG | 0600, 0), 0);
      strcpy(older, name);
    } else {
      assert_int_equal(linkat(dir, older, dir, name, 0), 0);
    }
  }
  close(dir);
  struct nlink_list *list = NULL;
  assert_int_equal(nlink_list_open(&list, seen->place.fd, PATHS("d"), NULL, NULL, NULL, NULL), NLINK_OK);
  const struct nlink_list_entry *entry = NULL;
  char last[64] = "";
  size_t count = 0;
  size_t shared = 0;
  uint64_t most = 0;
  for (; nlink_list_next(list, &entry) == NLINK_OK; count++) {
    assert_true(strcmp(last, entry->name) < 0);
    strcpy(last, entry->name);
    shared += entry->group != 0;
    assert_true(entry->group <= most + 1); /* in the order of appearance */
    most = entry->group > most ? entry->group : most;
    assert_int_equal(entry->names_inside, entry->group != 0 ? SHARED : 0);
    assert_int_equal(entry->names_outside, 0);
  }
  assert_int_equal(count, COUNT);
  assert_int_equal(shared, COUNT - ALONE);
  assert_int_equal(most, (COUNT - ALONE) / SHARED);
  nlink_list_close(list);
}

static void ten_thousand_levels(void **state) {
  struct seen *seen = *state;
  enum { DEPTH = 10000 };
  int at = openat(seen->place.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < DEPTH; i++) {
    assert_int_equal(mkdirat(at, "d", 0700), 0);
    if (i % 100 == 0)
      assert_int_equal(mkdirat(at, "e", 0700), 0); /* something to come back for */
    int below = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(below >= 0);
    close(at);
    at = below;
  }
  close(at);
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit few = {(rlim_t)place_open_files() + 20, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  struct nlink_list *list = NULL;
  enum nlink_status status =
      nlink_list_open(&list, seen->place.fd, NULL, 0, OPTIONS(.recursive = true), on_event, seen, NULL);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_int_equal(status, NLINK_OK);
  const struct nlink_list_entry *entry = NULL;
  size_t count = 0;
  size_t longest = 0;
  while (nlink_list_next(list, &entry) == NLINK_OK) {
    count++;
    longest = strlen(entry->dir) > longest ? strlen(entry->dir) : longest;
  }
  assert_int_equal(count, DEPTH + DEPTH / 100);
  assert_int_equal(longest, 1 + 2 * (DEPTH - 1));
  nlink_list_close(list);
}

/* ---------------------------------------------------------------- arguments */

static void wrong_arguments_are_refused(void **state) {
  struct seen *seen = *state;
  struct nlink_list *list = (struct nlink_list *)seen;
  struct nlink_error error;
  int fd = seen->place.fd;
  assert_int_equal(nlink_list_open(NULL, fd, NULL, 0, NULL, NULL, NULL, &error), NLINK_INVALID);
  assert_string_equal(error.text, "out is NULL");
  assert_int_equal(error.step, NLINK_STEP_ARGUMENTS);
  assert_int_equal(nlink_list_open(&list, fd, NULL, 1, NULL, NULL, NULL, &error), NLINK_INVALID);
  assert_string_equal(error.text, "paths is NULL, but count is not 0");
  assert_null(list);
  assert_int_equal(nlink_list_open(&list, fd, PATHS("a", NULL), NULL, NULL, NULL, &error), NLINK_INVALID);
  assert_string_equal(error.text, "a path is NULL");
  struct nlink_list_options options = {.size = 1};
  assert_int_equal(nlink_list_open(&list, fd, NULL, 0, &options, NULL, NULL, &error), NLINK_INVALID);
  assert_string_equal(error.text, "options->size is not the size of the options");
  assert_int_equal(nlink_list_open(&list, fd, NULL, 0, &options, NULL, NULL, NULL), NLINK_INVALID);
  nlink_list_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(names_are_sorted_by_bytes),        TEST(a_name_can_hold_every_byte),
      TEST(dotted_names_come_when_asked_for), TEST(files_come_first_then_directories),
      TEST(the_tree_comes_depth_first),       TEST(outside_names_are_counted),
      TEST(a_name_shown_twice_counts_once),   TEST(by_file_puts_names_of_one_file_together),
      TEST(soft_links_can_share_a_file_too),  TEST(a_thousand_names_of_one_file),
      TEST(soft_links_show_where_they_lead),  TEST(trouble_is_told_and_does_not_end_the_listing),
      TEST(unreadable_directories_are_told),  TEST(names_that_vanish_are_told),
      TEST(a_hundred_thousand_names),         TEST(ten_thousand_levels),
      TEST(wrong_arguments_are_refused),
  };
  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
