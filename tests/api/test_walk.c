/*
 * test_walk.c - trees walked in order: nlink_walk_open, nlink_walk_next, nlink_walk_skip, nlink_walk_close
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ground.h"

/* ---------------------------------------------------------------- a walk as text */

/* A line a name: the depth, the path, a mark of the kind. Events: the path, the step, the status. */
static char text[8192];
static char events[2048];
static struct nlink_error error;
static struct nlink_error last_event;

static void add(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add(char *to, size_t size, const char *format, ...) {
  size_t used = strlen(to);
  va_list list;
  va_start(list, format);
  vsnprintf(to + used, size - used, format, list);
  va_end(list);
}

static void on_event(const char *path, const struct nlink_error *told, void *ctx) {
  assert_string_equal(ctx, "ctx");
  last_event = *told;
  add(events, sizeof events, "%s: %s: %s\n", path, nlink_step_name(told->step),
      nlink_status_name(told->status));
}

static const char *path_of(const struct nlink_walk_entry *entry) {
  static char path[4096];
  size_t length = nlink_walk_path(path, sizeof path, entry);
  assert_true(length < sizeof path);
  assert_int_equal(length, strlen(path));
  assert_int_equal(entry->name_length, strlen(entry->name));
  assert_string_equal(path + length - entry->name_length, entry->name);
  return path;
}

static void tell(const struct nlink_walk_entry *entry) {
  static const char marks[] = "?-/@|=cb";
  add(text, sizeof text, "%u %s%c\n", (unsigned)entry->depth, path_of(entry), marks[entry->kind]);
}

static struct nlink_walk *begin(const char *const *paths, size_t count, struct nlink_scope scope,
                                unsigned flags) {
  static char ctx[] = "ctx";
  struct nlink_walk *walk = NULL;
  text[0] = events[0] = '\0';
  scope.size = sizeof scope;
  scope.on_event = on_event;
  scope.ctx = ctx;
  assert_int_equal(nlink_walk_open(&walk, NLINK_CWD, paths, count, &scope, flags, &error), NLINK_OK);
  assert_non_null(walk);
  return walk;
}

static enum nlink_status finish(struct nlink_walk *walk) {
  const struct nlink_walk_entry *entry = NULL;
  enum nlink_status status;
  while ((status = nlink_walk_next(walk, &entry, &error)) == NLINK_OK)
    tell(entry);
  assert_int_equal(nlink_walk_next(walk, &entry, &error), status);
  nlink_walk_close(walk);
  return status;
}

static enum nlink_status walk_with(const char *const *paths, size_t count, struct nlink_scope scope) {
  return finish(begin(paths, count, scope, 0));
}

#define PATHS(...)                                                                                           \
  (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)
#define SCOPE(...) ((struct nlink_scope){.size = sizeof(struct nlink_scope), __VA_ARGS__})
#define RULES(...)                                                                                           \
  .rules = (const char *const[]){__VA_ARGS__},                                                               \
  .rule_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

/* Step to the name with this path. */
static const struct nlink_walk_entry *step_to(struct nlink_walk *walk, const char *path) {
  const struct nlink_walk_entry *entry = NULL;
  do
    assert_int_equal(nlink_walk_next(walk, &entry, &error), NLINK_OK);
  while (strcmp(path_of(entry), path) != 0);
  return entry;
}

/* ---------------------------------------------------------------- order */

static void make_tree(void) {
  ground_directory("t");
  ground_directory("t/b");
  ground_directory("t/b/deep");
  ground_directory("t/.hidden");
  ground_directory("t/empty");
  ground_file("t/a", "a");
  ground_file("t/b/f", "12345");
  ground_file("t/b/deep/g", "");
  ground_file("t/.hidden/h", "h");
  ground_link("t/a", "t/z");
  ground_symlink("b", "t/link");
  assert_int_equal(mkfifo("t/pipe", 0600), 0);
}

static const char whole[] =
    "0 t/\n1 t/.hidden/\n2 t/.hidden/h-\n1 t/a-\n1 t/b/\n2 t/b/deep/\n3 t/b/deep/g-\n2 t/b/f-\n"
    "1 t/empty/\n1 t/link@\n1 t/pipe|\n1 t/z-\n";

static void a_directory_comes_before_what_is_in_it(void **state) {
  (void)state;
  make_tree();
  assert_int_equal(walk_with(PATHS("t"), SCOPE()), NLINK_END);
  assert_string_equal(text, whole);
  assert_string_equal(events, "");
  assert_int_equal(walk_with(PATHS("t/b/"), SCOPE()), NLINK_END);
  assert_string_equal(text, "0 t/b//\n1 t/b/deep/\n2 t/b/deep/g-\n1 t/b/f-\n");
}

static void names_come_by_their_bytes(void **state) {
  (void)state;
  static const char *const names[] = {"b", "a", "B", "a b", "a-", "ab", "\xc3\xa4", "\xff", "10", "9", "a\n"};
  ground_directory("t");
  char path[64];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "t/%s", names[i]);
    ground_file(path, "");
  }
  assert_int_equal(walk_with(PATHS("t"), SCOPE()), NLINK_END);
  assert_string_equal(text,
                      "0 t/\n1 t/10-\n1 t/9-\n1 t/B-\n1 t/a-\n1 t/a\n-\n1 t/a b-\n1 t/a--\n1 t/ab-\n1 t/b-\n"
                      "1 t/\xc3\xa4-\n1 t/\xff-\n");
}

static void a_name_can_hold_every_byte(void **state) {
  (void)state;
  char names[2][200] = {"", ""};
  size_t lengths[2] = {0, 0};
  for (int c = 1; c < 256; c++)
    if (c != '/')
      names[c >= 128][lengths[c >= 128]++] = (char)c;
  ground_directory("t");
  for (int i = 0; i < 2; i++) {
    char path[500];
    snprintf(path, sizeof path, "t/%s", names[i]);
    ground_directory(path);
    strcat(path, "/f");
    ground_file(path, "");
  }
  struct nlink_walk *walk = begin(PATHS("t"), SCOPE(), 0);
  const struct nlink_walk_entry *entry = step_to(walk, "t");
  for (int i = 0; i < 2; i++) {
    assert_int_equal(nlink_walk_next(walk, &entry, &error), NLINK_OK);
    assert_string_equal(entry->name, names[i]);
    assert_int_equal(nlink_walk_next(walk, &entry, &error), NLINK_OK);
    assert_string_equal(entry->name, "f");
    assert_int_equal(nlink_walk_path(NULL, 0, entry), 2 + lengths[i] + 2);
  }
  assert_int_equal(nlink_walk_next(walk, &entry, &error), NLINK_END);
  nlink_walk_close(walk);
}

static void a_path_that_does_not_fit_is_cut(void **state) {
  (void)state;
  make_tree();
  struct nlink_walk *walk = begin(PATHS("t"), SCOPE(), 0);
  const struct nlink_walk_entry *entry = step_to(walk, "t/b/deep/g");
  char room[16];
  for (size_t size = 1; size < sizeof room; size++) {
    memset(room, 'x', sizeof room);
    assert_int_equal(nlink_walk_path(room, size, entry), 10);
    size_t kept = size - 1 < 10 ? size - 1 : 10;
    assert_int_equal(strlen(room), kept);
    assert_memory_equal(room, "t/b/deep/g", kept);
  }
  nlink_walk_close(walk);
}

/* ---------------------------------------------------------------- roots */

static void roots_can_be_anything(void **state) {
  (void)state;
  make_tree();
  assert_int_equal(walk_with(PATHS("t/z", "t/link", "missing", "t/empty", "t/link/", "", "t/a/x"), SCOPE()),
                   NLINK_PARTIAL);
  assert_string_equal(
      text, "0 t/z-\n0 t/link@\n0 t/empty/\n0 t/link//\n1 t/link/deep/\n2 t/link/deep/g-\n1 t/link/f-\n");
  assert_string_equal(events, "missing: stat: NLINK_NOT_FOUND\n: stat: NLINK_NOT_FOUND\n"
                              "t/a/x: stat: NLINK_NOT_DIRECTORY\n");
  assert_int_equal(walk_with(NULL, 0, SCOPE()), NLINK_END);
  assert_string_equal(text, "");
}

static void roots_are_relative_to_the_directory(void **state) {
  (void)state;
  make_tree();
  int t = open("t", O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct nlink_walk *walk = NULL;
  text[0] = '\0';
  assert_int_equal(nlink_walk_open(&walk, t, PATHS("b", "a"), NULL, 0, NULL), NLINK_OK);
  assert_int_equal(finish(walk), NLINK_END);
  assert_string_equal(text, "0 b/\n1 b/deep/\n2 b/deep/g-\n1 b/f-\n0 a-\n");
  close(t);
}

static void each_name_is_told_once(void **state) {
  (void)state;
  make_tree();
  assert_int_equal(walk_with(PATHS("t", "t", "./t", "t/", "t/../t", "t/b/..", "t/."), SCOPE()), NLINK_END);
  assert_string_equal(text, whole);
  assert_int_equal(walk_with(PATHS("t", "t/b", "t/b/f", "t/link/f", "t/z", "t/b/deep/g"), SCOPE()),
                   NLINK_END);
  assert_string_equal(text, whole);
  assert_int_equal(walk_with(PATHS("t/b/f", "t/b/deep", "t"), SCOPE()), NLINK_END);
  assert_string_equal(text,
                      "0 t/b/f-\n0 t/b/deep/\n1 t/b/deep/g-\n0 t/\n1 t/.hidden/\n2 t/.hidden/h-\n1 t/a-\n"
                      "1 t/b/\n1 t/empty/\n1 t/link@\n1 t/pipe|\n1 t/z-\n");
  assert_int_equal(walk_with(PATHS("t/link/", "t/b"), SCOPE()), NLINK_END);
  assert_string_equal(text, "0 t/link//\n1 t/link/deep/\n2 t/link/deep/g-\n1 t/link/f-\n");
  char above[600];
  snprintf(above, sizeof above, "%s/t/b/../b", ground_path());
  assert_int_equal(chdir("t/b"), 0);
  assert_int_equal(walk_with(PATHS(".", "..", above), SCOPE()), NLINK_END);
  assert_string_equal(text,
                      "0 ./\n1 ./deep/\n2 ./deep/g-\n1 ./f-\n0 ../\n1 ../.hidden/\n2 ../.hidden/h-\n1 ../a-\n"
                      "1 ../empty/\n1 ../link@\n1 ../pipe|\n1 ../z-\n");
  assert_string_equal(events, "");
  assert_int_equal(chdir(ground_path()), 0);
}

static void a_root_in_another_has_its_own_depth(void **state) {
  (void)state;
  make_tree();
  static const char expected[] =
      "0 t/\n1 t/.hidden/\n1 t/a-\n1 t/b/\n2 t/b/deep/\n2 t/b/f-\n1 t/empty/\n1 t/link@\n"
      "1 t/pipe|\n1 t/z-\n";
  assert_int_equal(walk_with(PATHS("t"), SCOPE(.max_depth = 1)), NLINK_END);
  assert_string_equal(text, "0 t/\n1 t/.hidden/\n1 t/a-\n1 t/b/\n1 t/empty/\n1 t/link@\n1 t/pipe|\n1 t/z-\n");
  assert_int_equal(walk_with(PATHS("t", "t/b"), SCOPE(.max_depth = 1)), NLINK_END);
  assert_string_equal(text, expected);
  assert_int_equal(walk_with(PATHS("t", "t/b"), SCOPE(.max_depth = 1, RULES("- /b", "- empty"))), NLINK_END);
  assert_string_equal(
      text, "0 t/\n1 t/.hidden/\n1 t/a-\n1 t/link@\n1 t/pipe|\n1 t/z-\n0 t/b/\n1 t/b/deep/\n1 t/b/f-\n");
}

static void two_hundred_roots(void **state) {
  (void)state;
  static char names[200][16];
  const char *paths[200];
  for (int i = 0; i < 200; i++) {
    snprintf(names[i], sizeof names[i], i < 100 ? "d%d" : "d%d/f", i % 100);
    paths[i] = names[i];
    if (i < 100)
      ground_directory(names[i]);
    else
      ground_file(names[i], "");
  }
  struct nlink_walk *walk = begin(paths, 200, SCOPE(), 0);
  const struct nlink_walk_entry *entry = NULL;
  int count = 0;
  while (nlink_walk_next(walk, &entry, &error) == NLINK_OK)
    assert_int_equal(entry->depth, count++ % 2);
  assert_int_equal(count, 200);
  nlink_walk_close(walk);
}

/* ---------------------------------------------------------------- stat */

static void a_stat_is_that_of_the_name(void **state) {
  (void)state;
  make_tree();
  struct nlink_walk *walk = begin(PATHS("t"), SCOPE(), NLINK_STAT);
  const struct nlink_walk_entry *entry = NULL;
  while (nlink_walk_next(walk, &entry, &error) == NLINK_OK) {
    struct nlink_stat stat;
    assert_non_null(entry->stat);
    assert_int_equal(nlink_stat(&stat, NLINK_CWD, path_of(entry), NLINK_NO_FOLLOW, &error), NLINK_OK);
    stat.atime_ns = entry->stat->atime_ns;
    assert_memory_equal(&stat, entry->stat, sizeof stat);
    assert_int_equal(entry->kind, stat.kind);
  }
  nlink_walk_close(walk);
  walk = begin(PATHS("t"), SCOPE(.min_bytes = 1), 0);
  while (nlink_walk_next(walk, &entry, &error) == NLINK_OK)
    assert_null(entry->stat);
  nlink_walk_close(walk);
}

/* ---------------------------------------------------------------- the scope */

static void sizes_are_for_regular_files(void **state) {
  (void)state;
  make_tree();
  assert_int_equal(walk_with(PATHS("t"), SCOPE(.min_bytes = 2)), NLINK_END);
  assert_string_equal(
      text, "0 t/\n1 t/.hidden/\n1 t/b/\n2 t/b/deep/\n2 t/b/f-\n1 t/empty/\n1 t/link@\n1 t/pipe|\n");
  assert_int_equal(walk_with(PATHS("t/b", "t/b/f", "t/a"), SCOPE(.max_bytes = 4)), NLINK_END);
  assert_string_equal(text, "0 t/b/\n1 t/b/deep/\n2 t/b/deep/g-\n0 t/a-\n");
  assert_int_equal(walk_with(PATHS("t/b"), SCOPE(.min_bytes = 5, .max_bytes = 5)), NLINK_END);
  assert_string_equal(text, "0 t/b/\n1 t/b/deep/\n1 t/b/f-\n");
}

static void rules_decide(void **state) {
  (void)state;
  make_tree();
  assert_int_equal(walk_with(PATHS("t"), SCOPE(RULES("- b", "- .*", "- link"))), NLINK_END);
  assert_string_equal(text, "0 t/\n1 t/a-\n1 t/empty/\n1 t/pipe|\n1 t/z-\n");
  assert_int_equal(walk_with(PATHS("t"), SCOPE(RULES("+ g"))), NLINK_END);
  assert_string_equal(text, "0 t/\n1 t/.hidden/\n1 t/b/\n2 t/b/deep/\n3 t/b/deep/g-\n1 t/empty/\n");
  assert_int_equal(walk_with(PATHS("t", "t/b"), SCOPE(RULES("- /deep", "- /b/f", "- deep/g", "- /[.elpz]*"))),
                   NLINK_END);
  assert_string_equal(text, "0 t/\n1 t/a-\n1 t/b/\n2 t/b/f-\n");
  assert_int_equal(walk_with(PATHS("t/"), SCOPE(RULES("- /b/deep", "- a/", "- /[.elpz]*"))), NLINK_END);
  assert_string_equal(text, "0 t//\n1 t/a-\n1 t/b/\n2 t/b/f-\n");
  /* What is given is not left out, unless it is a list. */
  assert_int_equal(walk_with(PATHS("t/empty", "t/a"), SCOPE(RULES("- empty", "- a"))), NLINK_END);
  assert_string_equal(text, "0 t/empty/\n0 t/a-\n");
}

static void a_list_is_not_walked(void **state) {
  (void)state;
  make_tree();
  assert_int_equal(
      walk_with(PATHS("t", "t/b", "t/a", "./t/a", "t/link/f", "t/b/f", "t/link", "missing", "t/b/", "t"),
                SCOPE(.listed = true)),
      NLINK_PARTIAL);
  assert_string_equal(text, "0 t/\n0 t/b/\n0 t/a-\n0 t/link/f-\n0 t/link@\n");
  assert_string_equal(events, "missing: stat: NLINK_NOT_FOUND\n");
  assert_int_equal(walk_with(PATHS("t/b/f", "t/b", "t/a", "t/z"),
                             SCOPE(.listed = true, RULES("- b/", "- /t/z"), .min_bytes = 2)),
                   NLINK_END);
  assert_string_equal(text, "0 t/b/f-\n");
  assert_int_equal(walk_with(PATHS("./t/b/", "t/empty//", ".//t/a", "t/link/f"),
                             SCOPE(.listed = true, RULES("- b/", "- /t/empty", "- /t/a"))),
                   NLINK_END);
  assert_string_equal(text, "0 t/link/f-\n");
}

/* ---------------------------------------------------------------- skip, close */

static void a_skipped_directory_is_not_walked(void **state) {
  (void)state;
  make_tree();
  struct nlink_walk *walk = begin(PATHS("t"), SCOPE(), 0);
  nlink_walk_skip(walk);
  assert_int_equal(step_to(walk, "t/b")->kind, NLINK_DIRECTORY);
  nlink_walk_skip(walk);
  nlink_walk_skip(walk);
  tell(step_to(walk, "t/empty"));
  nlink_walk_skip(walk);
  tell(step_to(walk, "t/link"));
  nlink_walk_skip(walk);
  assert_int_equal(finish(walk), NLINK_END);
  assert_string_equal(text, "1 t/empty/\n1 t/link@\n1 t/pipe|\n1 t/z-\n");
  walk = begin(PATHS("t", "t/b/deep", "t/b"), SCOPE(), 0);
  step_to(walk, "t");
  nlink_walk_skip(walk);
  assert_int_equal(finish(walk), NLINK_END);
  assert_string_equal(text, "0 t/b/deep/\n1 t/b/deep/g-\n0 t/b/\n1 t/b/f-\n");
  /* What was skipped where it lies in one root is not walked as another. */
  walk = begin(PATHS("t/b", "t/b/deep"), SCOPE(), 0);
  step_to(walk, "t/b/deep");
  nlink_walk_skip(walk);
  assert_int_equal(finish(walk), NLINK_END);
  assert_string_equal(text, "1 t/b/f-\n");
}

static void a_skipped_directory_is_not_even_opened(void **state) {
  (void)state;
  make_tree();
  struct nlink_walk *walk = begin(PATHS("t"), SCOPE(), 0);
  step_to(walk, "t/empty");
  assert_int_equal(rmdir("t/empty"), 0);
  nlink_walk_skip(walk);
  assert_int_equal(finish(walk), NLINK_END);
}

static void a_walk_can_be_closed_anywhere(void **state) {
  (void)state;
  make_tree();
  for (int steps = 0; steps < 15; steps++) {
    struct nlink_walk *walk = begin(PATHS("t", "t/b"), SCOPE(), NLINK_STAT);
    const struct nlink_walk_entry *entry = NULL;
    for (int i = 0; i < steps; i++)
      nlink_walk_next(walk, &entry, &error);
    nlink_walk_close(walk);
  }
  nlink_walk_close(NULL);
}

/* ---------------------------------------------------------------- trouble */

static void what_changes_is_an_event(void **state) {
  (void)state;
  make_tree();
  struct nlink_walk *walk = begin(PATHS("t", "t/z"), SCOPE(), NLINK_STAT);
  step_to(walk, "t/.hidden");
  assert_int_equal(unlink("t/.hidden/h"), 0); /* not read yet: nobody knows of it */
  assert_int_equal(unlink("t/a"), 0);         /* read, and gone */
  step_to(walk, "t/b");
  assert_int_equal(rename("t/b", "moved"), 0);
  ground_symlink("../moved", "t/b"); /* not followed */
  step_to(walk, "t/empty");
  assert_int_equal(rmdir("t/empty"), 0);
  ground_directory("t/empty"); /* another one: it is walked */
  ground_file("t/empty/new", "");
  assert_int_equal(finish(walk), NLINK_PARTIAL);
  assert_string_equal(text, "2 t/empty/new-\n1 t/link@\n1 t/pipe|\n1 t/z-\n");
  assert_string_equal(events, "t/a: stat: NLINK_NOT_FOUND\nt/b: open: NLINK_NOT_DIRECTORY\n");
  assert_true(last_event.text[0] != '\0');
}

static void what_is_denied_is_an_event(void **state) {
  (void)state;
  make_tree();
  ground_file("t/b/more", "");
  assert_int_equal(chmod("t/.hidden", 0), 0); /* cannot be read */
  assert_int_equal(chmod("t/b", 0444), 0);    /* can be read, but not searched */
  bool is_root = geteuid() == 0;
  if (is_root)
    assert_int_equal(seteuid(65534), 0);
  enum nlink_status plain = walk_with(PATHS("t"), SCOPE());
  char plain_text[sizeof text];
  char plain_events[sizeof events];
  strcpy(plain_text, text);
  strcpy(plain_events, events);
  const struct nlink_walk_entry *entry = NULL;
  struct nlink_walk *walk = begin(PATHS("t"), SCOPE(.max_depth = 2), NLINK_STAT);
  int unknown = 0;
  enum nlink_status status;
  while ((status = nlink_walk_next(walk, &entry, &error)) == NLINK_OK)
    unknown += entry->stat == NULL;
  nlink_walk_close(walk);
  if (is_root)
    assert_int_equal(seteuid(0), 0);
  assert_int_equal(plain, NLINK_PARTIAL);
  assert_string_equal(plain_text,
                      "0 t/\n1 t/.hidden/\n1 t/a-\n1 t/b/\n2 t/b/deep/\n2 t/b/f-\n2 t/b/more-\n1 t/empty/\n"
                      "1 t/link@\n1 t/pipe|\n1 t/z-\n");
  assert_string_equal(plain_events, "t/.hidden: open: NLINK_DENIED\nt/b/deep: open: NLINK_DENIED\n");
  assert_int_equal(status, NLINK_PARTIAL);
  assert_int_equal(unknown, 3);
  assert_string_equal(
      events, "t/.hidden: open: NLINK_DENIED\nt/b/deep: stat: NLINK_DENIED\nt/b/f: stat: NLINK_DENIED\n"
              "t/b/more: stat: NLINK_DENIED\n");
  assert_int_equal(last_event.cause, NLINK_CAUSE_NOT_SEARCHABLE);
}

static void events_are_counted_without_a_function(void **state) {
  (void)state;
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry = NULL;
  assert_int_equal(nlink_walk_open(&walk, NLINK_CWD, PATHS("missing"), NULL, 0, NULL), NLINK_OK);
  assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_PARTIAL);
  nlink_walk_close(walk);
}

/* In a process of its own: what it mounts is gone with it. */
static int in_own_mounts(void (*run)(void)) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
      _exit(77);
    run();
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect(int number, bool holds) {
  if (holds)
    return;
  print_message("# %d: names:\n%s# events:\n%s", number, text, events);
  _exit(number);
}

static void walk_bind_mounts(void) {
  if (mount("t/b", "t/empty", NULL, MS_BIND, NULL) != 0)
    _exit(77);
  enum nlink_status status = walk_with(PATHS("t"), SCOPE());
  expect(1, status == NLINK_END && strcmp(text, whole) == 0);
  expect(2,
         strcmp(events, "t/empty: open: NLINK_REPEATED\n") == 0 && strstr(last_event.text, "'t/b'") != NULL);
  status =
      walk_with(PATHS("t/empty", "t"), SCOPE()); /* that roots lead to one directory is the caller's wish */
  expect(3, status == NLINK_END && events[0] == '\0' &&
                strstr(text, "0 t/empty/\n1 t/empty/deep/\n") == text &&
                strstr(text, "1 t/b/\n1 t/link@\n") != NULL);
  expect(4, mount("none", "t/.hidden", "tmpfs", 0, NULL) == 0);
  ground_file("t/.hidden/other", "");
  status = walk_with(PATHS("t"), SCOPE(.one_file_system = true));
  expect(5, status == NLINK_END && strstr(text, "1 t/.hidden/\n1 t/a-\n") != NULL);
  status = finish(begin(PATHS("t"), SCOPE(.one_file_system = true), NLINK_STAT));
  expect(6, status == NLINK_END && strstr(text, "1 t/.hidden/\n1 t/a-\n") != NULL);
  status = walk_with(PATHS("t"), SCOPE());
  expect(7, status == NLINK_END && strstr(text, "1 t/.hidden/\n2 t/.hidden/other-\n1 t/a-\n") != NULL);
  status = walk_with(PATHS("t", "t/.hidden"), SCOPE(.one_file_system = true));
  expect(8, status == NLINK_END && strstr(text, "1 t/.hidden/\n2 t/.hidden/other-\n1 t/a-\n") != NULL);
}

static void what_is_mounted_twice_is_walked_once(void **state) {
  (void)state;
  make_tree();
  int code = in_own_mounts(walk_bind_mounts);
  if (code == 77)
    ground_skip("this user cannot mount");
  assert_int_equal(code, 0);
}

/* ---------------------------------------------------------------- progress */

struct watch {
  int calls;
  struct nlink_progress progress;
};

static bool on_progress(const struct nlink_progress *progress, void *ctx) {
  struct watch *watch = ctx;
  assert_true(progress->names >= watch->progress.names);
  watch->progress = *progress;
  return ++watch->calls < 2;
}

/* Let the tenth of a second pass that lies between two calls at least. */
static void pass_time(void) {
  struct timespec from, now;
  clock_gettime(CLOCK_MONOTONIC, &from);
  do
    clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000 <= 110);
}

static void progress_can_cancel(void **state) {
  (void)state;
  char path[64];
  for (int i = 0; i < 300; i++) {
    snprintf(path, sizeof path, "%d", i);
    ground_file(path, "");
  }
  struct watch watch = {0};
  const struct nlink_scope scope = {.size = sizeof scope, .on_progress = on_progress, .ctx = &watch};
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry = NULL;
  assert_int_equal(nlink_walk_open(&walk, NLINK_CWD, PATHS("."), &scope, 0, &error), NLINK_OK);
  assert_int_equal(watch.calls, 0);
  for (int i = 0; i < 2; i++) {
    pass_time();
    for (int names = 0; watch.calls == i; names++) {
      assert_true(names < 300);
      enum nlink_status status = nlink_walk_next(walk, &entry, &error);
      assert_int_equal(status, watch.calls < 2 ? NLINK_OK : NLINK_CANCELLED);
    }
  }
  assert_int_equal(error.status, NLINK_CANCELLED);
  assert_true(watch.progress.directories <= 1);
  assert_in_range(watch.progress.names, 1, 301);
  assert_int_equal(nlink_walk_next(walk, &entry, &error), NLINK_CANCELLED);
  assert_int_equal(watch.calls, 2);
  nlink_walk_close(walk);
}

/* ---------------------------------------------------------------- arguments */

static void refused(struct nlink_walk **out, const char *const *paths, size_t count,
                    const struct nlink_scope *scope, unsigned flags, const char *sentence) {
  memset(&error, 0x55, sizeof error);
  assert_int_equal(nlink_walk_open(out, NLINK_CWD, paths, count, scope, flags, &error), NLINK_INVALID);
  assert_int_equal(error.status, NLINK_INVALID);
  assert_int_equal(error.step, NLINK_STEP_ARGUMENTS);
  assert_string_equal(error.text, sentence);
  assert_int_equal(nlink_walk_open(out, NLINK_CWD, paths, count, scope, flags, NULL), NLINK_INVALID);
  assert_true(out == NULL || *out == NULL);
}

static void wrong_arguments_are_refused(void **state) {
  (void)state;
  static char anything;
  struct nlink_walk *walk = (struct nlink_walk *)(void *)&anything;
  refused(NULL, PATHS("."), NULL, 0, "out is NULL");
  refused(&walk, NULL, 1, NULL, 0, "paths is NULL, but count is not 0");
  refused(&walk, PATHS(".", NULL), NULL, 0, "a path is NULL");
  refused(&walk, PATHS("."), NULL, NLINK_NO_FOLLOW, "flags has a flag that this function does not take");
  refused(&walk, PATHS("."), &(struct nlink_scope){0}, 0, "scope->size is not the size of the scope");
  refused(&walk, PATHS("."), &SCOPE(.rule_count = 1), 0,
          "scope->rules is NULL, but scope->rule_count is not 0");
  refused(&walk, PATHS("."), &SCOPE(RULES("- a", NULL)), 0, "a rule is NULL");
  static const char *const wrong[] = {"", "a", "-a", "- ", "+ /", "-  "};
  for (size_t i = 0; i < 5; i++)
    refused(&walk, PATHS("."), &SCOPE(RULES("- x", wrong[i])), 0,
            "a rule is not \"- PATTERN\" or \"+ PATTERN\"");
}

static void a_bad_descriptor_is_an_event(void **state) {
  (void)state;
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry = NULL;
  assert_int_equal(nlink_walk_open(&walk, 9999, PATHS("a", "b"), NULL, 0, NULL), NLINK_OK);
  assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_PARTIAL);
  nlink_walk_close(walk);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_directory_comes_before_what_is_in_it),
      TEST(names_come_by_their_bytes),
      TEST(a_name_can_hold_every_byte),
      TEST(a_path_that_does_not_fit_is_cut),
      TEST(roots_can_be_anything),
      TEST(roots_are_relative_to_the_directory),
      TEST(each_name_is_told_once),
      TEST(a_root_in_another_has_its_own_depth),
      TEST(two_hundred_roots),
      TEST(a_stat_is_that_of_the_name),
      TEST(sizes_are_for_regular_files),
      TEST(rules_decide),
      TEST(a_list_is_not_walked),
      TEST(a_skipped_directory_is_not_walked),
      TEST(a_skipped_directory_is_not_even_opened),
      TEST(a_walk_can_be_closed_anywhere),
      TEST(what_changes_is_an_event),
      TEST(what_is_denied_is_an_event),
      TEST(events_are_counted_without_a_function),
      TEST(what_is_mounted_twice_is_walked_once),
      TEST(progress_can_cancel),
      TEST(wrong_arguments_are_refused),
      TEST(a_bad_descriptor_is_an_event),
  };
  return GROUND_RUN("walk", tests);
}
