/*
 * test_undo.c - nlink_undo: every name has a file of its own again, as it was
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ground.h"

/* ---------------------------------------------------------------- pictures of a tree */

static struct {
  char text[1 << 16];
  size_t length;
  struct {
    ino_t ino;
    char path[256];
  } first[64]; /* the first name of each file with several */
  size_t first_count;
} picture;

static void add(const char *what, size_t length) {
  assert_true(picture.length + length < sizeof picture.text);
  memcpy(picture.text + picture.length, what, length);
  picture.length += length;
  picture.text[picture.length] = '\0';
}

static void add_text(const char *text) {
  add(text, strlen(text));
}

static void add_number(const char *before, long long number) {
  char text[64];
  snprintf(text, sizeof text, " %s%lld", before, number);
  add_text(text);
}

static void add_group(const char *path, const struct stat *stat) {
  for (size_t i = 0; i < picture.first_count; i++) {
    if (picture.first[i].ino == stat->st_ino) {
      add_text(" is ");
      add_text(picture.first[i].path);
      return;
    }
  }
  assert_true(picture.first_count < sizeof picture.first / sizeof picture.first[0]);
  picture.first[picture.first_count].ino = stat->st_ino;
  snprintf(picture.first[picture.first_count++].path, 256, "%s", path);
}

static void add_attributes(const char *path) {
  char names[1024];
  char value[1024];
  ssize_t length = llistxattr(path, names, sizeof names);
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
    ssize_t count = lgetxattr(path, names + at, value, sizeof value);
    add_text(" ");
    add_text(names + at);
    add_text("=");
    for (ssize_t i = 0; i < count; i++) {
      char byte[4];
      snprintf(byte, sizeof byte, "%02x", (unsigned char)value[i]);
      add_text(byte);
    }
  }
}

/* The first bytes, and a sum of all. */
static void add_contents(const char *path) {
  static unsigned char room[1 << 16];
  uint64_t sum = 1469598103934665603u;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOATIME);
  assert_true(fd >= 0);
  for (ssize_t got = 0; (got = read(fd, room, sizeof room)) > 0;)
    for (ssize_t i = 0; i < got; i++)
      sum = (sum ^ room[i]) * 1099511628211u;
  close(fd);
  add_number("sum ", (long long)(sum >> 1));
}

static void see(const char *path, const struct stat *stat) {
  add_text(path);
  if (S_ISDIR(stat->st_mode)) {
    add_text("/\n");
    return;
  }
  add_number("mode ", stat->st_mode);
  add_number("owner ", stat->st_uid);
  add_number("group ", stat->st_gid);
  add_number("size ", stat->st_size);
  add_number("names ", (long long)stat->st_nlink);
  add_number("mtime ", stat->st_mtim.tv_sec);
  add_number("", stat->st_mtim.tv_nsec);
  if (S_ISREG(stat->st_mode)) { /* resolving a soft link is reading it */
    add_number("atime ", stat->st_atim.tv_sec);
    add_number("", stat->st_atim.tv_nsec);
  }
  if (stat->st_nlink > 1)
    add_group(path, stat);
  add_attributes(path);
  char target[256] = "";
  if (S_ISLNK(stat->st_mode) && readlink(path, target, sizeof target - 1) > 0)
    add_text(target);
  if (S_ISREG(stat->st_mode))
    add_contents(path);
  add_text("\n");
}

/* In a fixed order. */
static int by_name(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

static void walk(const char *path) {
  struct stat stat;
  struct dirent **entries = NULL;
  assert_int_equal(lstat(path, &stat), 0);
  see(path, &stat);
  if (!S_ISDIR(stat.st_mode))
    return;
  int count = scandir(path, &entries, NULL, by_name);
  assert_true(count >= 0);
  for (int i = 0; i < count; i++) {
    char below[512];
    snprintf(below, sizeof below, "%s/%s", path, entries[i]->d_name);
    if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
      walk(below);
    free(entries[i]);
  }
  free(entries);
}

static char *take_picture(void) {
  picture.length = 0;
  picture.first_count = 0;
  walk("t");
  return strdup(picture.text);
}

static void expect_picture(char *before) {
  char *after = take_picture();
  assert_string_equal(after, before);
  free(after);
  free(before);
}

/* ---------------------------------------------------------------- the tree, and what is done to it */

static void set_times(const char *path, long seconds) {
  const struct timespec times[2] = {{seconds + 7, 123456789}, {seconds, 987654321}};
  assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void file(const char *path, const char *contents, unsigned mode, long seconds) {
  ground_file(path, contents);
  assert_int_equal(chmod(path, mode), 0);
  set_times(path, seconds);
}

static int setup(void **state) {
  int result = ground_setup(state);
  char home[4200];
  snprintf(home, sizeof home, "%s/state", ground_path());
  assert_int_equal(setenv("XDG_STATE_HOME", home, 1), 0);
  ground_directory("t");
  ground_directory("t/a");
  ground_directory("t/b");
  return result;
}

static struct {
  unsigned left;
  unsigned changed;
  unsigned vanished;
  unsigned events;
} told;

static void on_left(const char *path, enum nlink_left left, const struct nlink_error *error, void *ctx) {
  (void)ctx;
  (void)error;
  assert_true(path[0] == '/');
  told.left++;
  told.changed += left == NLINK_LEFT_CHANGED;
  told.vanished += left == NLINK_LEFT_VANISHED;
}

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  (void)path;
  (void)error;
  (void)ctx;
  told.events++;
}

static const struct nlink_apply_options plain = {
    .size = sizeof plain, .on_left = on_left, .on_event = on_event};

static char journal[4352];

/* Make all equal files below t one; the journal's path is in `journal`. */
static void dedupe(enum nlink_dedupe_mode mode, unsigned ignore, const char *into) {
  const struct nlink_dedupe_options options = {
      .size = sizeof options, .mode = mode, .min_age_ns = -1, .ignore = ignore};
  struct nlink_apply_options apply = plain;
  struct nlink_dedupe *dedupe = NULL;
  struct nlink_error error = {0};
  const char *const paths[] = {"t"};
  apply.journal = into;
  assert_int_equal(nlink_dedupe_open(&dedupe, NLINK_CWD, paths, 1, &options, NULL, &error), NLINK_OK);
  enum nlink_status status = nlink_dedupe_apply(dedupe, &apply, &error);
  if (status != NLINK_OK)
    fail_msg("%s: %s", nlink_status_name(status), error.text);
  assert_true(nlink_dedupe_report(dedupe)->done_names > 0);
  snprintf(journal, sizeof journal, "%s", nlink_dedupe_journal(dedupe));
  nlink_dedupe_close(dedupe);
}

static enum nlink_status undo_with(const struct nlink_apply_options *options,
                                   struct nlink_repair_report *report) {
  struct nlink_error error = {0};
  memset(&told, 0, sizeof told);
  memset(report, 0x55, sizeof *report);
  enum nlink_status status = nlink_undo(NLINK_CWD, journal, options, report, &error);
  if (status < 0)
    print_message("# %s: %s\n", nlink_status_name(status), error.text);
  return status;
}

static enum nlink_status undo(struct nlink_repair_report *report) {
  return undo_with(&plain, report);
}

static enum nlink_journal_state state_of_journal(void) {
  struct nlink_journal *read = NULL;
  struct nlink_error error = {0};
  assert_int_equal(nlink_journal_open(&read, NLINK_CWD, journal, &error), NLINK_OK);
  enum nlink_journal_state state = nlink_journal_about(read)->state;
  nlink_journal_close(read);
  return state;
}

/* How many journals there are in the state directory. */
static unsigned journals(void) {
  struct nlink_journals *all = NULL;
  struct nlink_error error = {0};
  const struct nlink_journal_entry *entry = NULL;
  unsigned count = 0;
  assert_int_equal(nlink_journals_open(&all, NLINK_CWD, NULL, &error), NLINK_OK);
  while (nlink_journals_next(all, &entry) == NLINK_OK)
    count++;
  nlink_journals_close(all);
  return count;
}

/* ---------------------------------------------------------------- all as it was */

static const char some[] = "some contents that several files have";

static void build(void) {
  file("t/a/one", some, 0644, 1000000000);
  file("t/b/two", some, 0644, 1100000000);
  ground_link("t/b/two", "t/a/two-again");
  ground_link("t/b/two", "t/b/two-once-more");
  file("t/b/three", some, 0644, 1200000000);
  file("t/a/other", "other contents", 0600, 1300000000);
  file("t/b/other", "other contents", 0600, 1400000000);
}

static void gives_all_back(void **state) {
  (void)state;
  static const enum nlink_dedupe_mode modes[] = {NLINK_MODE_HARDLINK, NLINK_MODE_SYMLINK};
  struct nlink_repair_report report;
  for (size_t i = 0; i < 2; i++) {
    ground_empty("t");
    ground_directory("t/a");
    ground_directory("t/b");
    build();
    char *before = take_picture();
    dedupe(modes[i], 0, NULL);
    assert_int_equal(undo(&report), NLINK_OK);
    expect_picture(before);
    assert_int_equal(report.journals, 1);
    assert_int_equal(report.names, report.returned_names);
    assert_int_equal(report.returned_names, 3);
    assert_int_equal(report.left_names, 0);
    assert_true(report.returned_bytes > 0);
    assert_int_equal(told.left + told.events, 0);
    assert_int_equal(state_of_journal(), NLINK_JOURNAL_UNDONE);
    assert_int_equal(journals(), i + 1);
    /* Twice: nothing is left to be done. */
    assert_int_equal(undo(&report), NLINK_OK);
    assert_int_equal(report.names + report.returned_names + report.left_names, 0);
    assert_int_equal(state_of_journal(), NLINK_JOURNAL_UNDONE);
  }
}

static void keeps_what_they_differed_in(void **state) {
  (void)state;
  struct nlink_repair_report report;
  file("t/a/one", some, 0644, 1000000000);
  file("t/b/two", some, 0600, 1100000000);
  file("t/b/three", some, 0755, 1200000000);
  ground_link("t/b/two", "t/b/two-again");
  bool has_attributes = setxattr("t/a/one", "user.colour", "red", 3, 0) == 0;
  if (has_attributes)
    assert_int_equal(setxattr("t/b/three", "user.shape", "\0round", 6, 0), 0);
  if (geteuid() == 0) {
    assert_int_equal(chown("t/b/three", 1234, 4321), 0);
    assert_int_equal(chmod("t/b/three", 06755), 0);
  }
  set_times("t/a/one", 1000000000);
  set_times("t/b/three", 1200000000);
  char *before = take_picture();
  dedupe(NLINK_MODE_HARDLINK,
         1u << NLINK_ASPECT_MODE | 1u << NLINK_ASPECT_XATTR | 1u << NLINK_ASPECT_OWNER |
             1u << NLINK_ASPECT_GROUP,
         NULL);
  assert_true(ground_same("t/a/one", "t/b/three"));
  assert_int_equal(undo(&report), NLINK_OK);
  expect_picture(before);
}

static void keeps_access_lists(void **state) {
  (void)state;
  /* user::rw-, user:1234:r--, group::r--, mask::r--, other::r-- */
  static const unsigned char list[] = {2, 0,    0,   0,   1,   0,   6,  0, 255, 255, 255, 255, 2,   0,  4,
                                       0, 0xd2, 4,   0,   0,   4,   0,  4, 0,   255, 255, 255, 255, 16, 0,
                                       4, 0,    255, 255, 255, 255, 32, 0, 4,   0,   255, 255, 255, 255};
  struct nlink_repair_report report;
  file("t/a/one", some, 0644, 1000000000);
  file("t/b/two", some, 0644, 1100000000);
  for (int i = 0; i < 2; i++)
    if (setxattr(i == 0 ? "t/a/one" : "t/b/two", "system.posix_acl_access", list, sizeof list, 0) != 0)
      ground_skip("the file system has no access control lists");
  set_times("t/a/one", 1000000000);
  set_times("t/b/two", 1100000000);
  char *before = take_picture();
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  assert_true(ground_same("t/a/one", "t/b/two"));
  assert_int_equal(undo(&report), NLINK_OK);
  expect_picture(before);
}

/* A directory that gives new files a list since then: the old file had none, and its like gets none. */
static void takes_on_no_access_list(void **state) {
  (void)state;
  /* user::rwx, user:1234:rwx, group::r-x, mask::rwx, other::r-x */
  static const unsigned char list[] = {2, 0,    0,   0,   1,   0,   7,  0, 255, 255, 255, 255, 2,   0,  7,
                                       0, 0xd2, 4,   0,   0,   4,   0,  5, 0,   255, 255, 255, 255, 16, 0,
                                       7, 0,    255, 255, 255, 255, 32, 0, 5,   0,   255, 255, 255, 255};
  struct nlink_repair_report report;
  file("t/a/one", some, 0644, 1000000000);
  file("t/b/two", some, 0644, 1100000000);
  char *before = take_picture();
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  for (int i = 0; i < 2; i++)
    if (setxattr(i == 0 ? "t/a" : "t/b", "system.posix_acl_default", list, sizeof list, 0) != 0)
      ground_skip("the file system has no access control lists");
  assert_int_equal(undo(&report), NLINK_OK);
  expect_picture(before);
}

static void keeps_holes(void **state) {
  (void)state;
  static const char *const paths[] = {"t/a/sparse", "t/b/sparse"};
  struct nlink_repair_report report;
  struct stat stat_before[2];
  struct stat after;
  for (int i = 0; i < 2; i++) {
    int fd = open(paths[i], O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    assert_int_equal(pwrite(fd, "begin", 5, 0), 5);
    assert_int_equal(pwrite(fd, "middle", 6, 16 << 20), 6);
    assert_int_equal(ftruncate(fd, 32 << 20), 0);
    assert_int_equal(fsync(fd), 0);
    close(fd);
    set_times(paths[i], 1000000000 + i);
    assert_int_equal(lstat(paths[i], &stat_before[i]), 0);
  }
  if (stat_before[0].st_blocks > 1 << 11)
    ground_skip("the file system has no holes");
  char *before = take_picture();
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  assert_true(ground_same(paths[0], paths[1]));
  assert_int_equal(undo(&report), NLINK_OK);
  expect_picture(before);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(lstat(paths[i], &after), 0);
    assert_true(after.st_blocks <= stat_before[i].st_blocks + 64);
  }
}

/* A journal elsewhere: what undo writes meanwhile is beside it, and goes. */
static void journal_elsewhere(void **state) {
  (void)state;
  struct nlink_repair_report report;
  build();
  char *before = take_picture();
  dedupe(NLINK_MODE_HARDLINK, 0, "own-journal");
  assert_int_equal(undo(&report), NLINK_OK);
  expect_picture(before);
  assert_false(ground_exists("own-journal.undo"));
  assert_false(ground_exists("state"));
  assert_int_equal(state_of_journal(), NLINK_JOURNAL_UNDONE);
}

static void dry_run(void **state) {
  (void)state;
  struct nlink_repair_report report;
  struct nlink_apply_options dry = plain;
  dry.dry_run = true;
  build();
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  char *before = ground_picture(true);
  assert_int_equal(undo_with(&dry, &report), NLINK_OK);
  char *after = ground_picture(true);
  assert_string_equal(before, after);
  free(before);
  free(after);
  assert_int_equal(report.returned_names, 3);
  assert_true(report.returned_bytes > 0);
  assert_int_equal(state_of_journal(), NLINK_JOURNAL_DONE);
}

static void soft_links(void **state) {
  (void)state;
  struct nlink_repair_report report;
  struct nlink_fix_report fixed;
  struct nlink_error error = {0};
  struct nlink_check *check = NULL;
  const char *const paths[] = {"t"};
  char absolute[4300];
  file("t/a/real", "real", 0644, 1000000000);
  snprintf(absolute, sizeof absolute, "%s/t/a/real", ground_path());
  ground_symlink(absolute, "t/b/absolute");
  ground_symlink("nowhere/at/all", "t/b/dangles");
  ground_link("t/b/absolute", "t/b/absolute-too");
  set_times("t/b/absolute", 1111111111);
  set_times("t/b/dangles", 1222222222);
  char *before = take_picture();
  const struct nlink_check_options options = {.size = sizeof options};
  assert_true(nlink_check_open(&check, NLINK_CWD, paths, 1, &options, NULL, &error) >= 0);
  assert_int_equal(nlink_check_fix(check, true, &plain, &fixed, &error), NLINK_OK);
  assert_int_equal(fixed.done_names, 3);
  snprintf(journal, sizeof journal, "%s", nlink_check_journal(check));
  nlink_check_close(check);
  assert_false(ground_exists("t/b/dangles"));
  char *mended = take_picture();
  assert_string_not_equal(mended, before);
  free(mended);
  assert_int_equal(undo(&report), NLINK_OK);
  assert_int_equal(report.returned_names, 3);
  expect_picture(before);
  assert_int_equal(state_of_journal(), NLINK_JOURNAL_UNDONE);
}

/* ---------------------------------------------------------------- names that are not what they were */

static void other_names(void **state) {
  (void)state;
  struct nlink_repair_report report;
  build();
  ground_directory("t/c");
  file("t/c/four", some, 0644, 1250000000);
  file("t/c/five", some, 0644, 1260000000);
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  /* One is replaced by somebody, one is gone, one is a soft link now. */
  assert_int_equal(unlink("t/c/four"), 0);
  file("t/c/new", "somebody wrote this", 0644, 1270000000);
  assert_int_equal(rename("t/c/new", "t/c/four"), 0);
  assert_int_equal(unlink("t/b/three"), 0);
  assert_int_equal(unlink("t/c/five"), 0);
  ground_symlink("four", "t/c/five");
  assert_int_equal(undo(&report), NLINK_PARTIAL);
  assert_int_equal(report.left_names, 3);
  assert_int_equal(report.missing_names, 1);
  assert_int_equal(told.vanished, 3);
  assert_int_equal(report.failed, 0);
  assert_true(ground_holds("t/c/four", "somebody wrote this"));
  assert_false(ground_exists("t/b/three"));
  assert_int_equal(report.returned_names, report.names - 3);
  assert_false(ground_same("t/a/one", "t/b/two"));
  assert_int_equal(state_of_journal(), NLINK_JOURNAL_DONE);
  /* A second time: only those are left. */
  assert_int_equal(undo(&report), NLINK_PARTIAL);
  assert_int_equal(report.names, 3);
  assert_int_equal(report.returned_names, 0);
}

static void kept_file_written_to(void **state) {
  (void)state;
  struct nlink_repair_report report;
  build();
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  int fd = open("t/a/one", O_WRONLY | O_APPEND | O_CLOEXEC);
  assert_int_equal(write(fd, "+", 1), 1);
  close(fd);
  assert_int_equal(undo(&report), NLINK_PARTIAL);
  assert_int_equal(told.changed, 2);
  assert_int_equal(report.returned_names, 1); /* t/?/other */
  assert_true(ground_same("t/a/one", "t/b/three"));
  assert_false(ground_same("t/a/other", "t/b/other"));
}

/* Of the names of one old file, one comes back later: it shares the file that the others got. */
static void the_rest_later(void **state) {
  (void)state;
  struct nlink_repair_report report;
  file("t/a/one", some, 0644, 1000000000);
  ground_link("t/a/one", "t/a/one-again");
  ground_link("t/a/one", "t/a/one-once-more");
  file("t/b/two", some, 0644, 1100000000);
  ground_link("t/b/two", "t/b/two-again");
  char *before = take_picture();
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  assert_int_equal(rename("t/b/two-again", "aside"), 0);
  assert_int_equal(undo(&report), NLINK_PARTIAL);
  assert_int_equal(report.returned_names, 1);
  assert_int_equal(rename("aside", "t/b/two-again"), 0);
  assert_int_equal(undo(&report), NLINK_OK);
  assert_int_equal(report.returned_names, 1);
  expect_picture(before);
  assert_int_equal(state_of_journal(), NLINK_JOURNAL_UNDONE);
}

/* Somebody has put it back from elsewhere: that is good, too. */
static void given_back_already(void **state) {
  (void)state;
  struct nlink_repair_report report;
  file("t/a/one", some, 0644, 1000000000);
  ground_link("t/a/one", "t/a/one-again");
  file("t/b/two", some, 0644, 1100000000);
  char *before = take_picture();
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  assert_int_equal(unlink("t/b/two"), 0);
  file("t/b/two", some, 0644, 1100000000);
  assert_int_equal(undo(&report), NLINK_OK);
  assert_int_equal(report.left_names, 0);
  expect_picture(before);
  assert_int_equal(state_of_journal(), NLINK_JOURNAL_UNDONE);
}

static bool stop_at_once(const struct nlink_progress *progress, void *ctx) {
  (void)ctx;
  assert_int_equal(progress->phase, NLINK_PHASE_MENDING);
  return false;
}

/* Stopped, and done the next time. */
static void cancelled(void **state) {
  (void)state;
  struct nlink_repair_report report;
  struct nlink_apply_options stop = plain;
  stop.on_progress = stop_at_once;
  build();
  char *before = take_picture();
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  enum nlink_status status = undo_with(&stop, &report);
  if (status != NLINK_OK) { /* few names can be done before anybody is asked */
    assert_int_equal(status, NLINK_CANCELLED);
    assert_int_equal(state_of_journal(), NLINK_JOURNAL_DONE);
    assert_int_equal(undo(&report), NLINK_OK);
  }
  expect_picture(before);
  assert_int_equal(journals(), 1);
}

/* ---------------------------------------------------------------- refusals */

static void refusals(void **state) {
  (void)state;
  struct nlink_error error;
  struct nlink_repair_report report;
  struct nlink_apply_options wrong = plain;
  wrong.size = 1;
  ground_file("no-journal", "this is none");
  assert_int_equal(nlink_undo(NLINK_CWD, NULL, NULL, &report, &error), NLINK_INVALID);
  assert_int_equal(nlink_undo(NLINK_CWD, "x", &wrong, &report, &error), NLINK_INVALID);
  assert_int_equal(nlink_undo(NLINK_CWD, "missing", NULL, NULL, &error), NLINK_NOT_FOUND);
  assert_int_equal(nlink_undo(NLINK_CWD, "no-journal", NULL, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_undo(NLINK_CWD, "no-journal", NULL, NULL, NULL), NLINK_INVALID);
  assert_int_equal(nlink_recover(NLINK_CWD, "missing", NULL, 0, NULL, NULL, &error), NLINK_NOT_FOUND);
  assert_int_equal(nlink_recover(NLINK_CWD, "no-journal", NULL, 0, NULL, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_recover(NLINK_CWD, NULL, NULL, 1, NULL, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_recover(NLINK_CWD, NULL, NULL, 0, &wrong, NULL, &error), NLINK_INVALID);
  const char *const below[] = {"t", NULL};
  assert_int_equal(nlink_recover(NLINK_CWD, NULL, below, 2, NULL, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_recover(NLINK_CWD, "x", below, 1, NULL, NULL, &error), NLINK_INVALID);
  const char *const none[] = {"not-there"};
  assert_int_equal(nlink_recover(NLINK_CWD, NULL, none, 1, NULL, NULL, &error), NLINK_NOT_FOUND);
  /* No state directory: nothing to recover. */
  assert_int_equal(nlink_recover(NLINK_CWD, NULL, NULL, 0, NULL, &report, &error), NLINK_OK);
  assert_int_equal(report.journals, 0);
  assert_false(ground_exists("state"));
}

static void nothing_to_recover(void **state) {
  (void)state;
  struct nlink_error error;
  struct nlink_repair_report report;
  build();
  dedupe(NLINK_MODE_HARDLINK, 0, NULL);
  char *before = ground_picture(true);
  assert_int_equal(nlink_recover(NLINK_CWD, NULL, NULL, 0, &plain, &report, &error), NLINK_OK);
  assert_int_equal(report.journals, 0);
  assert_int_equal(nlink_recover(NLINK_CWD, journal, NULL, 0, &plain, &report, &error), NLINK_OK);
  assert_int_equal(report.journals, 0);
  char *after = ground_picture(true);
  assert_string_equal(before, after);
  free(before);
  free(after);
}

#define IN_A_FRESH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_A_FRESH_DIRECTORY(gives_all_back),
      IN_A_FRESH_DIRECTORY(keeps_what_they_differed_in),
      IN_A_FRESH_DIRECTORY(keeps_access_lists),
      IN_A_FRESH_DIRECTORY(takes_on_no_access_list),
      IN_A_FRESH_DIRECTORY(keeps_holes),
      IN_A_FRESH_DIRECTORY(journal_elsewhere),
      IN_A_FRESH_DIRECTORY(dry_run),
      IN_A_FRESH_DIRECTORY(soft_links),
      IN_A_FRESH_DIRECTORY(other_names),
      IN_A_FRESH_DIRECTORY(kept_file_written_to),
      IN_A_FRESH_DIRECTORY(the_rest_later),
      IN_A_FRESH_DIRECTORY(given_back_already),
      IN_A_FRESH_DIRECTORY(cancelled),
      IN_A_FRESH_DIRECTORY(refusals),
      IN_A_FRESH_DIRECTORY(nothing_to_recover),
  };
  return GROUND_RUN("undo", tests);
}
