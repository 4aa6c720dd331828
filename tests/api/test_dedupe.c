/*
 * test_dedupe.c - what is planned for equal files: nlink_dedupe_open, nlink_dedupe_next, nlink_dedupe_report
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ground.h"

static char said[8192];
static char events[4096];

static void say(char *room, size_t size, const char *before, const char *text, const char *behind) {
  size_t length = strlen(room);
  int added = snprintf(room + length, size - length, "%s%s%s", before, text, behind);
  assert_true(added >= 0 && length + (size_t)added < size);
}

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  (void)ctx;
  say(events, sizeof events, "", path, ": ");
  say(events, sizeof events, "", nlink_status_name(error->status), "\n");
}

static void say_file(const struct nlink_dedupe_group *group, const struct nlink_dedupe_file *file) {
  static const char *const acts[] = {"keep", "replace", "leave"};
  say(said, sizeof said, " ", acts[file->act], "");
  if (file->act == NLINK_ACT_LEAVE) {
    say(said, sizeof said, "(", nlink_left_name(file->left), "");
    for (unsigned aspect = 0; aspect < NLINK_ASPECTS; aspect++)
      if ((file->differs & 1u << aspect) != 0)
        say(said, sizeof said, " ", nlink_aspect_name((enum nlink_aspect)aspect), "");
    say(said, sizeof said, ")", "", "");
  }
  for (size_t i = 0; i < file->name_count; i++)
    say(said, sizeof said, " ", file->names[i], "");
  if (file->outside_names > 0)
    say(said, sizeof said, "", " +outside", "");
  assert_true(file->keep < group->file_count);
  if (file->act == NLINK_ACT_REPLACE)
    assert_int_equal(group->files[file->keep].act, NLINK_ACT_KEEP);
  say(said, sizeof said, "", ";", "");
}

/* The plan in one line a group, without what file systems see differently. */
static void plan_of(const struct nlink_dedupe_options *options, const char *const *paths, size_t count) {
  const struct nlink_scope scope = {.size = sizeof scope, .on_event = on_event};
  struct nlink_dedupe *dedupe = NULL;
  struct nlink_error error = {0};
  said[0] = events[0] = '\0';
  enum nlink_status status = nlink_dedupe_open(&dedupe, NLINK_CWD, paths, count, options, &scope, &error);
  if (status < 0)
    fail_msg("%s: %s", nlink_status_name(status), error.text);
  assert_int_equal(status, events[0] == '\0' ? NLINK_OK : NLINK_PARTIAL);
  const struct nlink_dedupe_group *group = NULL;
  uint64_t gain = 0;
  uint64_t groups = 0;
  uint64_t planned = 0;
  uint64_t left = 0;
  uint64_t before = UINT64_MAX;
  for (; nlink_dedupe_next(dedupe, &group) == NLINK_OK; groups++) {
    assert_true(group->gain_bytes <= before);
    before = group->gain_bytes;
    gain += group->gain_bytes;
    for (size_t i = 0; i < group->file_count; i++) {
      say_file(group, &group->files[i]);
      planned += group->files[i].act == NLINK_ACT_REPLACE;
      left += group->files[i].act == NLINK_ACT_LEAVE;
    }
    say(said, sizeof said, "", "\n", "");
  }
  assert_null(group);
  const struct nlink_dedupe_report *report = nlink_dedupe_report(dedupe);
  assert_int_equal(report->gain_bytes, gain);
  assert_int_equal(report->groups, groups);
  assert_int_equal(report->planned_files, planned);
  assert_int_equal(report->left_files, left);
  nlink_dedupe_close(dedupe);
}

#define DEFAULTS .size = sizeof(struct nlink_dedupe_options), .min_age_ns = -1

static void expect(const struct nlink_dedupe_options *options, const char *path, const char *plan) {
  plan_of(options, &path, 1);
  assert_string_equal(said, plan);
}

static void set_mtime(const char *path, long seconds) {
  const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
  assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void old_file(const char *path, const char *contents, long seconds) {
  ground_file(path, contents);
  set_mtime(path, seconds);
}

static const struct nlink_dedupe_options any_age = {DEFAULTS};

/* ---------------------------------------------------------------- what is equal */

static void nothing_is_equal(void **state) {
  (void)state;
  ground_file("empty", "");
  ground_file("also-empty", "");
  ground_file("a", "one");
  ground_file("b", "two");
  ground_file("c", "three");
  ground_symlink("a", "soft");
  ground_directory("d");
  expect(&any_age, ".", "");
}

static void a_pair(void **state) {
  (void)state;
  old_file("b", "same", 1000);
  old_file("a", "same", 2000);
  expect(&any_age, ".", " keep ./b; replace ./a;\n");
}

static void the_most_names_are_kept_then_the_oldest(void **state) {
  (void)state;
  old_file("a", "same", 1000);
  old_file("b", "same", 3000);
  ground_link("b", "b2");
  old_file("c", "same", 2000);
  expect(&any_age, ".", " keep ./b ./b2; replace ./a; replace ./c;\n");
}

static void whole_clusters(void **state) {
  (void)state;
  ground_directory("d");
  old_file("a", "same", 1000);
  ground_link("a", "d/a");
  ground_link("a", "d/a2");
  old_file("b", "same", 1000);
  ground_link("b", "d/b");
  expect(&any_age, ".", " keep ./a ./d/a ./d/a2; replace ./b ./d/b;\n");
}

static void outside_names(void **state) {
  (void)state;
  ground_directory("in");
  ground_directory("out");
  old_file("in/a", "same", 1000);
  ground_link("in/a", "out/a");
  ground_link("in/a", "out/a2");
  old_file("in/b", "same", 1000);
  ground_link("in/b", "out/b");
  expect(&any_age, "in", " keep in/a +outside; replace in/b +outside;\n");
  /* Nothing would be returned: the name outside holds the bytes. */
  const char *path = "in";
  struct nlink_dedupe *dedupe = NULL;
  assert_int_equal(nlink_dedupe_open(&dedupe, NLINK_CWD, &path, 1, &any_age, NULL, NULL), NLINK_OK);
  assert_int_equal(nlink_dedupe_report(dedupe)->gain_bytes, 0);
  nlink_dedupe_close(dedupe);
}

static void holes_return_nothing(void **state) {
  (void)state;
  ground_file("a", "");
  ground_file("b", "");
  assert_int_equal(truncate("a", 50 << 20), 0);
  assert_int_equal(truncate("b", 50 << 20), 0);
  const char *path = ".";
  struct nlink_dedupe *dedupe = NULL;
  assert_int_equal(nlink_dedupe_open(&dedupe, NLINK_CWD, &path, 1, &any_age, NULL, NULL), NLINK_OK);
  assert_int_equal(nlink_dedupe_report(dedupe)->planned_files, 1);
  assert_int_equal(nlink_dedupe_report(dedupe)->gain_bytes, 0);
  nlink_dedupe_close(dedupe);
}

static void paths_that_overlap(void **state) {
  (void)state;
  ground_directory("d");
  old_file("d/a", "same", 1000);
  old_file("d/b", "same", 1000);
  const char *paths[] = {"d/a", "d", "d/b", "./d"};
  plan_of(&any_age, paths, 4);
  assert_string_equal(said, " keep ./d/a; replace ./d/b;\n");
}

static void files_by_themselves(void **state) {
  (void)state;
  ground_directory("d");
  old_file("d/a", "same", 1000);
  old_file("b", "same", 1000);
  old_file("d/c", "same", 1000);
  const char *paths[] = {"d/a", "b"};
  plan_of(&any_age, paths, 2);
  assert_string_equal(said, " keep d/a; replace b;\n");
}

static void what_is_missing_is_an_event(void **state) {
  (void)state;
  old_file("a", "same", 1000);
  old_file("b", "same", 1000);
  const char *paths[] = {".", "gone"};
  plan_of(&any_age, paths, 2);
  assert_string_equal(said, " keep ./a; replace ./b;\n");
  assert_string_equal(events, "gone: NLINK_NOT_FOUND\n");
}

static void unreadable_pairs_are_not_equal(void **state) {
  (void)state;
  if (geteuid() == 0)
    ground_skip("root reads everything");
  ground_file("a", "one");
  ground_file("b", "two");
  assert_int_equal(chmod("a", 0), 0);
  assert_int_equal(chmod("b", 0), 0);
  expect(&any_age, ".", "");
  assert_string_equal(events, "./a: NLINK_DENIED\n./b: NLINK_DENIED\n");
}

/* ---------------------------------------------------------------- what is kept */

static void kept_by_age(void **state) {
  (void)state;
  old_file("a", "same", 2000);
  old_file("b", "same", 1000);
  ground_link("a", "a2");
  old_file("c", "same", 3000);
  expect(&(struct nlink_dedupe_options){DEFAULTS, .keep = NLINK_KEEP_OLDEST}, ".",
         " keep ./b; replace ./a ./a2; replace ./c;\n");
  expect(&(struct nlink_dedupe_options){DEFAULTS, .keep = NLINK_KEEP_NEWEST}, ".",
         " keep ./c; replace ./a ./a2; replace ./b;\n");
}

static void kept_by_the_order_of_the_paths(void **state) {
  (void)state;
  ground_directory("x");
  ground_directory("y");
  old_file("x/a", "same", 1000);
  old_file("y/z", "same", 2000);
  old_file("y/b", "same", 3000);
  const char *paths[] = {"y", "x"};
  plan_of(&(struct nlink_dedupe_options){DEFAULTS, .keep = NLINK_KEEP_FIRST}, paths, 2);
  assert_string_equal(said, " keep y/b; replace y/z; replace x/a;\n");
}

static void kept_by_patterns(void **state) {
  (void)state;
  ground_directory("gold");
  old_file("a.old", "same", 1000);
  old_file("gold/b", "same", 2000);
  old_file("c.new", "same", 3000);
  const char *rules[] = {"+ *.new", "+ gold/**"};
  expect(&(struct nlink_dedupe_options){DEFAULTS, .keep_rules = rules, .keep_rule_count = 2}, ".",
         " keep ./c.new; replace ./gold/b; replace ./a.old;\n");
  rules[0] = "+ nothing";
  expect(&(struct nlink_dedupe_options){DEFAULTS, .keep_rules = rules, .keep_rule_count = 2}, ".",
         " keep ./gold/b; replace ./a.old; replace ./c.new;\n");
}

static void references_are_never_replaced(void **state) {
  (void)state;
  ground_directory("gold");
  ground_directory("work");
  old_file("gold/a", "same", 3000);
  old_file("gold/b", "same", 4000);
  old_file("work/c", "same", 1000);
  ground_link("work/c", "work/d");
  old_file("work/e", "other", 1000);
  const char *gold = "gold";
  expect(&(struct nlink_dedupe_options){DEFAULTS, .references = &gold, .reference_count = 1}, "work",
         " keep gold/a; replace work/c work/d; leave(reference) gold/b;\n");
  /* The same where the golden tree lies in the other. */
  expect(&(struct nlink_dedupe_options){DEFAULTS, .references = &gold, .reference_count = 1}, ".",
         " keep ./gold/a; replace ./work/c ./work/d; leave(reference) ./gold/b;\n");
  const char *file = "gold/b";
  expect(&(struct nlink_dedupe_options){DEFAULTS, .references = &file, .reference_count = 1}, "work",
         " keep gold/b; replace work/c work/d;\n");
}

static void no_more_names_than_allowed(void **state) {
  (void)state;
  for (char name[] = "a"; name[0] <= 'g'; name[0]++)
    old_file(name, "same", 1000);
  expect(&(struct nlink_dedupe_options){DEFAULTS, .max_links = 3}, ".",
         " keep ./a; replace ./b; replace ./c; keep ./d; replace ./e; replace ./f; leave(link-limit) ./g;\n");
}

/* ---------------------------------------------------------------- what differs */

static void modes(void **state) {
  (void)state;
  old_file("a", "same", 1000);
  old_file("b", "same", 2000);
  old_file("c", "same", 3000);
  old_file("d", "same", 4000);
  assert_int_equal(chmod("a", 0600), 0);
  assert_int_equal(chmod("b", 0644), 0);
  assert_int_equal(chmod("c", 0644), 0);
  assert_int_equal(chmod("d", 0640), 0);
  expect(&any_age, ".", " keep ./b; replace ./c; leave(differs mode) ./a; leave(differs mode) ./d;\n");
  expect(&(struct nlink_dedupe_options){DEFAULTS, .ignore = 1u << NLINK_ASPECT_MODE}, ".",
         " keep ./a; replace ./b; replace ./c; replace ./d;\n");
}

static void owners(void **state) {
  (void)state;
  if (geteuid() != 0)
    ground_skip("only root gives files away");
  old_file("a", "same", 1000);
  old_file("b", "same", 2000);
  old_file("c", "same", 3000);
  assert_int_equal(chown("b", 65534, (gid_t)-1), 0);
  assert_int_equal(chown("c", (uid_t)-1, 65534), 0);
  set_mtime("b", 2000);
  expect(&any_age, ".", " keep ./a; leave(differs owner) ./b; leave(differs group) ./c;\n");
  expect(&(struct nlink_dedupe_options){DEFAULTS, .ignore = 1u << NLINK_ASPECT_OWNER}, ".",
         " keep ./a; replace ./b; leave(differs group) ./c;\n");
}

static void attributes(void **state) {
  (void)state;
  old_file("a", "same", 1000);
  old_file("b", "same", 2000);
  old_file("c", "same", 3000);
  if (setxattr("b", "user.x", "1", 1, 0) != 0)
    ground_skip("no attributes of users here");
  assert_int_equal(setxattr("c", "user.x", "1", 1, 0), 0);
  expect(&any_age, ".", " keep ./b; replace ./c; leave(differs xattr) ./a;\n");
  assert_int_equal(setxattr("c", "user.x", "2", 1, 0), 0);
  expect(&any_age, ".", " keep ./a; leave(differs xattr) ./b; leave(differs xattr) ./c;\n");
  expect(&(struct nlink_dedupe_options){DEFAULTS, .ignore = 1u << NLINK_ASPECT_XATTR}, ".",
         " keep ./a; replace ./b; replace ./c;\n");
}

static void times_and_names_where_asked(void **state) {
  (void)state;
  ground_directory("d");
  old_file("a", "same", 1000);
  old_file("b", "same", 1000);
  old_file("d/a", "same", 2000);
  expect(&(struct nlink_dedupe_options){DEFAULTS, .match = 1u << NLINK_ASPECT_MTIME}, ".",
         " keep ./a; replace ./b; leave(differs mtime) ./d/a;\n");
  expect(&(struct nlink_dedupe_options){DEFAULTS, .match = 1u << NLINK_ASPECT_NAME}, ".",
         " keep ./a; replace ./d/a; leave(differs name) ./b;\n");
}

/* As many that it is done by a hash: pairs of equal names, all of equal bytes. */
static void many_names_to_match(void **state) {
  (void)state;
  ground_directory("x");
  ground_directory("y");
  for (int i = 0; i < 200; i++) {
    char path[16];
    snprintf(path, sizeof path, "x/%03d", i);
    old_file(path, "same", 1000);
    path[0] = 'y';
    old_file(path, "same", 2000);
  }
  const char *path = ".";
  struct nlink_dedupe *dedupe = NULL;
  const struct nlink_dedupe_options options = {DEFAULTS, .match = 1u << NLINK_ASPECT_NAME};
  assert_int_equal(nlink_dedupe_open(&dedupe, NLINK_CWD, &path, 1, &options, NULL, NULL), NLINK_OK);
  const struct nlink_dedupe_group *group = NULL;
  assert_int_equal(nlink_dedupe_next(dedupe, &group), NLINK_OK);
  assert_int_equal(group->file_count, 400);
  for (size_t i = 0; i < 400; i++) {
    const struct nlink_dedupe_file *file = &group->files[i];
    assert_int_equal(file->act, i % 2 == 0 ? NLINK_ACT_KEEP : NLINK_ACT_REPLACE);
    assert_string_equal(file->names[0] + 4, group->files[file->keep].names[0] + 4);
  }
  assert_int_equal(nlink_dedupe_next(dedupe, &group), NLINK_END);
  assert_int_equal(nlink_dedupe_next(dedupe, &group), NLINK_END);
  nlink_dedupe_close(dedupe);
}

static void the_young_are_left_alone(void **state) {
  (void)state;
  old_file("a", "same", 1000);
  old_file("b", "same", 2000);
  ground_file("c", "same");
  expect(&(struct nlink_dedupe_options){.size = sizeof(struct nlink_dedupe_options),
                                        .min_age_ns = INT64_C(3600) * 1000000000},
         ".", " keep ./a; replace ./b; leave(young) ./c;\n");
  /* A time to come is none of a moment ago. */
  set_mtime("c", 32503680000);
  expect(NULL, ".", " keep ./a; replace ./b; replace ./c;\n");
}

static void modes_of_working(void **state) {
  (void)state;
  old_file("a", "same", 1000);
  old_file("b", "same", 2000);
  assert_int_equal(chmod("b", 0600), 0);
  /* Owner and mode do not matter where each stays a file of its own; where blocks cannot be shared, nothing is planned. */
  const char *path = ".";
  plan_of(&(struct nlink_dedupe_options){DEFAULTS, .mode = NLINK_MODE_REFLINK}, &path, 1);
  if (strcmp(said, " keep ./a; leave(unsupported) ./b;\n") != 0)
    assert_string_equal(said, " keep ./a; replace ./b;\n");
  expect(&(struct nlink_dedupe_options){DEFAULTS, .mode = NLINK_MODE_SYMLINK}, ".",
         " keep ./a; leave(differs mode) ./b;\n");
}

/* ---------------------------------------------------------------- what is refused */

static void refuse(const struct nlink_dedupe_options *options, const char *const *paths, size_t count) {
  struct nlink_dedupe *dedupe = (void *)said;
  struct nlink_error error = {0};
  assert_int_equal(nlink_dedupe_open(&dedupe, NLINK_CWD, paths, count, options, NULL, &error), NLINK_INVALID);
  assert_null(dedupe);
  assert_int_equal(error.step, NLINK_STEP_ARGUMENTS);
  assert_true(error.text[0] != '\0');
}

static void arguments(void **state) {
  (void)state;
  const char *path = ".";
  const char *none = NULL;
  refuse(NULL, NULL, 1);
  refuse(NULL, &path, 0);
  refuse(NULL, &none, 1);
  refuse(&(struct nlink_dedupe_options){.size = 1}, &path, 1);
  refuse(&(struct nlink_dedupe_options){DEFAULTS, .mode = 9}, &path, 1);
  refuse(&(struct nlink_dedupe_options){DEFAULTS, .keep = 9}, &path, 1);
  refuse(&(struct nlink_dedupe_options){DEFAULTS, .ignore = 1u << NLINK_ASPECTS}, &path, 1);
  refuse(&(struct nlink_dedupe_options){DEFAULTS, .match = 1u << NLINK_ASPECTS}, &path, 1);
  refuse(&(struct nlink_dedupe_options){DEFAULTS, .reference_count = 1}, &path, 1);
  refuse(&(struct nlink_dedupe_options){DEFAULTS, .keep_rule_count = 1}, &path, 1);
  refuse(&(struct nlink_dedupe_options){DEFAULTS, .references = &none, .reference_count = 1}, &path, 1);
  const char *rule = "- a";
  refuse(&(struct nlink_dedupe_options){DEFAULTS, .keep_rules = &rule, .keep_rule_count = 1}, &path, 1);
  assert_int_equal(nlink_dedupe_open(NULL, NLINK_CWD, &path, 1, NULL, NULL, NULL), NLINK_INVALID);
  nlink_dedupe_close(NULL);
}

static bool say_no(const struct nlink_progress *progress, void *ctx) {
  (void)ctx;
  return progress->phase != NLINK_PHASE_COMPARING;
}

static void stopped(void **state) {
  (void)state;
  ground_file("a", "same");
  ground_file("b", "same");
  const char *path = ".";
  const struct nlink_scope scope = {.size = sizeof scope, .on_progress = say_no};
  struct nlink_dedupe *dedupe = NULL;
  assert_int_equal(nlink_dedupe_open(&dedupe, NLINK_CWD, &path, 1, NULL, &scope, NULL), NLINK_CANCELLED);
  assert_null(dedupe);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(nothing_is_equal),
      TEST(a_pair),
      TEST(the_most_names_are_kept_then_the_oldest),
      TEST(whole_clusters),
      TEST(outside_names),
      TEST(holes_return_nothing),
      TEST(paths_that_overlap),
      TEST(files_by_themselves),
      TEST(what_is_missing_is_an_event),
      TEST(unreadable_pairs_are_not_equal),
      TEST(kept_by_age),
      TEST(kept_by_the_order_of_the_paths),
      TEST(kept_by_patterns),
      TEST(references_are_never_replaced),
      TEST(no_more_names_than_allowed),
      TEST(modes),
      TEST(owners),
      TEST(attributes),
      TEST(times_and_names_where_asked),
      TEST(many_names_to_match),
      TEST(the_young_are_left_alone),
      TEST(modes_of_working),
      TEST(arguments),
      TEST(stopped),
  };
  return GROUND_RUN("dedupe", tests);
}
