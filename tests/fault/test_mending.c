/*
 * test_mending.c - work that is ended at any of its changes, recovered, undone; and that itself is ended, or fails, at any call
 *
 * Whatever happens, each name is there and holds its bytes. When all is recovered, no temporary name is left and no
 * journal is unfinished; when all is undone, modes, times and groups of names are as before.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "nlink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

enum {
  LOOKS = 1u << NL_FAULT_LOOK,
  CHANGES = 1u << NL_FAULT_CHANGE,
  ALLOCATIONS = 1u << NL_FAULT_ALLOC,
};

/* ---------------------------------------------------------------- the tree */

static const char first[] = "what the first group holds";
static const char second[] = "and what the second does";

static const struct {
  const char *path;
  const char *contents; /* NULL = a further name of the one before */
  unsigned mode;
  long mtime;
} tree[] = {
    {"t/a/one", first, 0644, 1000000001},   {"t/a/one-again", NULL, 0, 0},
    {"t/b/two", first, 0644, 1000000002},   {"t/b/two-again", NULL, 0, 0},
    {"t/a/three", first, 0600, 1000000003}, {"t/a/four", second, 0444, 1000000004},
    {"t/b/five", second, 0444, 1000000005},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static enum nlink_dedupe_mode mode = NLINK_MODE_HARDLINK;
static const char *own_journal;

static const char *contents_of(size_t i) {
  while (tree[i].contents == NULL)
    i--;
  return tree[i].contents;
}

static void build(void) {
  ground_empty(ground_path());
  ground_directory("t");
  ground_directory("t/a");
  ground_directory("t/b");
  for (size_t i = 0; i < COUNT(tree); i++) {
    if (tree[i].contents == NULL) {
      ground_link(tree[i - 1].path, tree[i].path);
      continue;
    }
    ground_file(tree[i].path, tree[i].contents);
    assert_int_equal(chmod(tree[i].path, tree[i].mode), 0);
    const struct timespec times[2] = {{.tv_sec = tree[i].mtime}, {.tv_sec = tree[i].mtime}};
    assert_int_equal(utimensat(AT_FDCWD, tree[i].path, times, 0), 0);
  }
}

static bool is_temporary(const struct dirent *entry) {
  return strncmp(entry->d_name, ".nlink-", 7) == 0;
}

static unsigned count_temporary(const char *path) {
  DIR *directory = opendir(path);
  unsigned count = 0;
  assert_non_null(directory);
  for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
    count += is_temporary(entry);
  closedir(directory);
  return count;
}

static bool holds(const char *path, const char *contents) {
  char found[64] = "";
  FILE *file = fopen(path, "re"); /* a soft link leads on */
  if (file == NULL)
    return false;
  size_t length = fread(found, 1, sizeof found - 1, file);
  fclose(file);
  return length == strlen(contents) && memcmp(found, contents, length) == 0;
}

static bool all_hold_their_bytes(void) {
  for (size_t i = 0; i < COUNT(tree); i++)
    if (!holds(tree[i].path, contents_of(i)))
      return false;
  return true;
}

/* Everything is as it was built. */
static bool all_is_as_before(void) {
  struct stat stat;
  for (size_t i = 0; i < COUNT(tree); i++) {
    if (lstat(tree[i].path, &stat) != 0 || !S_ISREG(stat.st_mode))
      return false;
    bool is_further = tree[i].contents == NULL;
    bool has_further = i + 1 < COUNT(tree) && tree[i + 1].contents == NULL;
    if (stat.st_nlink != (is_further || has_further ? 2u : 1u) ||
        (is_further && !ground_same(tree[i].path, tree[i - 1].path)))
      return false;
    if (!is_further && ((stat.st_mode & 07777u) != tree[i].mode || stat.st_mtim.tv_sec != tree[i].mtime))
      return false;
  }
  return true;
}

/* ---------------------------------------------------------------- what is done */

static char journal[4352];

static enum nlink_status dedupe(void) {
  const struct nlink_dedupe_options options = {
      .size = sizeof options, .mode = mode, .min_age_ns = -1, .ignore = 1u << NLINK_ASPECT_MODE};
  const struct nlink_apply_options apply = {.size = sizeof apply, .threads = 1, .journal = own_journal};
  const struct nlink_scope scope = {.size = sizeof scope, .threads = 1};
  const char *const paths[] = {"t"};
  struct nlink_dedupe *dedupe = NULL;
  struct nlink_error error = {0};
  enum nlink_status status = nlink_dedupe_open(&dedupe, NLINK_CWD, paths, 1, &options, &scope, &error);
  if (status >= 0)
    status = nlink_dedupe_apply(dedupe, &apply, &error);
  const char *path = dedupe != NULL ? nlink_dedupe_journal(dedupe) : NULL;
  snprintf(journal, sizeof journal, "%s", path != NULL ? path : "");
  nlink_dedupe_close(dedupe);
  return status;
}

static enum nlink_status recover(void) {
  const struct nlink_apply_options options = {.size = sizeof options, .threads = 1};
  struct nlink_error error = {0};
  return nlink_recover(NLINK_CWD, own_journal, NULL, 0, &options, NULL, &error);
}

static enum nlink_status undo(void) {
  const struct nlink_apply_options options = {.size = sizeof options, .threads = 1};
  struct nlink_error error = {0};
  return nlink_undo(NLINK_CWD, journal, &options, NULL, &error);
}

typedef enum nlink_status work(void);

/* In a child that is ended at the k-th change; false = it came to its end. */
static bool cut(work *what, long k) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    const struct nl_fault_plan plan = {.kinds = CHANGES, .k = k, .kill = true};
    nl_fault_begin(&plan);
    what();
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status);
}

/* The only journal of dedupe that there is, for what a child did; "" = there is none. */
static void find_journal(void) {
  struct nlink_journals *all = NULL;
  const struct nlink_journal_entry *entry = NULL;
  journal[0] = '\0';
  if (own_journal != NULL) {
    struct stat stat;
    if (lstat(own_journal, &stat) == 0 && stat.st_size > 0)
      snprintf(journal, sizeof journal, "%s", own_journal);
    return;
  }
  assert_int_equal(nlink_journals_open(&all, NLINK_CWD, NULL, NULL), NLINK_OK);
  while (nlink_journals_next(all, &entry) == NLINK_OK)
    if (strcmp(entry->verb, "dedupe") == 0)
      snprintf(journal, sizeof journal, "%s", entry->path);
  nlink_journals_close(all);
}

static unsigned unfinished(void) {
  struct nlink_journals *all = NULL;
  const struct nlink_journal_entry *entry = NULL;
  unsigned count = 0;
  assert_int_equal(nlink_journals_open(&all, NLINK_CWD, NULL, NULL), NLINK_OK);
  while (nlink_journals_next(all, &entry) == NLINK_OK)
    count += entry->state == NLINK_JOURNAL_UNFINISHED;
  nlink_journals_close(all);
  return count;
}

static void complain(const char *what, long k, long j) {
  fail_msg("mode %d, journal %s, ended at %ld, then at %ld: %s", (int)mode,
           own_journal != NULL ? own_journal : "", k, j, what);
}

#define EXPECT(condition, k, j)                                                                              \
  do {                                                                                                       \
    if (!(condition))                                                                                        \
      complain(#condition, k, j);                                                                            \
  } while (0)

/* All is mended: no name is missing, no temporary one is left, no journal is unfinished. */
static void expect_mended(long k, long j) {
  EXPECT(all_hold_their_bytes(), k, j);
  EXPECT(count_temporary("t/a") + count_temporary("t/b") == 0, k, j);
  EXPECT(unfinished() == 0, k, j);
}

static void expect_undone(long k, long j) {
  find_journal();
  if (journal[0] != '\0')
    EXPECT(undo() == NLINK_OK, k, j);
  EXPECT(all_is_as_before(), k, j);
  expect_mended(k, j);
}

/* ---------------------------------------------------------------- dedupe is ended, recovered, and undone */

static void recovered(void **state) {
  (void)state;
  bool was_cut = true;
  for (long k = 1; was_cut; k++) {
    build();
    was_cut = cut(dedupe, k);
    EXPECT(all_hold_their_bytes(), k, 0);
    find_journal();
    if (own_journal == NULL || journal[0] != '\0')
      EXPECT(recover() == NLINK_OK, k, 0);
    expect_mended(k, 0);
    /* A second run completes it. */
    if (own_journal == NULL && k % 4 == 0) {
      EXPECT(dedupe() == NLINK_OK, k, 0);
      EXPECT(ground_same("t/a/four", "t/b/five") || mode != NLINK_MODE_HARDLINK, k, 0);
      continue;
    }
    expect_undone(k, 0);
  }
}

/* The mending is ended, too. */
static void recovered_again(void **state) {
  (void)state;
  bool was_cut = true;
  for (long k = 3; was_cut; k += 3) {
    bool was_cut_again = true;
    for (long j = 1; was_cut_again; j++) {
      build();
      was_cut = cut(dedupe, k);
      find_journal();
      if (own_journal != NULL && journal[0] == '\0')
        break;
      was_cut_again = cut(recover, j);
      EXPECT(all_hold_their_bytes(), k, j);
      EXPECT(recover() == NLINK_OK, k, j);
      expect_mended(k, j);
    }
  }
}

/* ---------------------------------------------------------------- undo is ended */

static void undone(void **state) {
  (void)state;
  bool was_cut = true;
  for (long k = 1; was_cut; k++) {
    build();
    EXPECT(dedupe() == NLINK_OK, k, 0);
    was_cut = cut(undo, k);
    EXPECT(all_hold_their_bytes(), k, 0);
    if (k % 2 == 0) { /* undoing mends by itself */
      EXPECT(recover() == NLINK_OK, k, 0);
      expect_mended(k, 0);
    }
    expect_undone(k, 0);
  }
}

/* A kept file that takes no more names: others are kept instead, and undo finds them. */
static void too_many_links(void **state) {
  (void)state;
  struct nl_fault_plan plan = {.kinds = CHANGES, .k = 1, .sys = EMLINK, .only = "linkat-fd"};
  for (long count = 1; plan.k <= count; plan.k++) {
    build();
    nl_fault_begin(&plan);
    enum nlink_status status = dedupe();
    count = nl_fault_count();
    nl_fault_begin(NULL);
    EXPECT(status == NLINK_OK || status == NLINK_PARTIAL, plan.k, 0);
    EXPECT(all_hold_their_bytes(), plan.k, 0);
    expect_undone(plan.k, 0);
  }
  assert_true(plan.k > 4);
}

/* ---------------------------------------------------------------- a call fails */

static void fail_each(work *what, unsigned kinds, bool sticky, int sys) {
  struct nl_fault_plan plan = {.kinds = kinds, .k = 1, .sys = sys, .sticky = sticky};
  for (long count = 1; plan.k <= count; plan.k++) {
    build();
    nl_fault_begin(NULL);
    if (what == undo) {
      EXPECT(dedupe() == NLINK_OK, plan.k, 0);
    } else {
      cut(dedupe, 12 + plan.k % 40);
      find_journal();
    }
    int files = ground_open_files();
    nl_fault_begin(&plan);
    what();
    count = nl_fault_count();
    nl_fault_begin(NULL);
    EXPECT(ground_open_files() == files, plan.k, 0);
    EXPECT(all_hold_their_bytes(), plan.k, 0);
    EXPECT(recover() == NLINK_OK, plan.k, 0);
    expect_mended(plan.k, 0);
    expect_undone(plan.k, 0);
  }
}

static void a_call_of_recover_fails(void **state) {
  (void)state;
  fail_each(recover, LOOKS | CHANGES, false, EIO);
  fail_each(recover, CHANGES, true, ENOSPC);
}

static void an_allocation_of_recover_fails(void **state) {
  (void)state;
  fail_each(recover, ALLOCATIONS, false, ENOMEM);
}

static void a_call_of_undo_fails(void **state) {
  (void)state;
  fail_each(undo, LOOKS | CHANGES, false, EIO);
}

static void all_changes_of_undo_fail(void **state) {
  (void)state;
  fail_each(undo, CHANGES, true, ENOSPC);
}

static void an_allocation_of_undo_fails(void **state) {
  (void)state;
  fail_each(undo, ALLOCATIONS, false, ENOMEM);
}

static int setup(void **state) {
  int result = ground_setup(state);
  char home[4200];
  snprintf(home, sizeof home, "%s/state", ground_path());
  assert_int_equal(setenv("XDG_STATE_HOME", home, 1), 0);
  mode = NLINK_MODE_HARDLINK;
  own_journal = NULL;
  return result;
}

static int setup_symlink(void **state) {
  int result = setup(state);
  mode = NLINK_MODE_SYMLINK;
  return result;
}

static int setup_elsewhere(void **state) {
  int result = setup(state);
  own_journal = "own-journal";
  return result;
}

#define HARD(test) cmocka_unit_test_setup_teardown(test, setup, ground_teardown)
#define SYMLINK(test)                                                                                        \
  { #test "_symlink", test, setup_symlink, ground_teardown, NULL }
#define ELSEWHERE(test)                                                                                      \
  { #test "_elsewhere", test, setup_elsewhere, ground_teardown, NULL }

int main(void) {
  const struct CMUnitTest tests[] = {
      HARD(recovered),
      SYMLINK(recovered),
      ELSEWHERE(recovered),
      HARD(recovered_again),
      SYMLINK(recovered_again),
      HARD(undone),
      SYMLINK(undone),
      ELSEWHERE(undone),
      HARD(too_many_links),
      HARD(a_call_of_recover_fails),
      HARD(an_allocation_of_recover_fails),
      HARD(a_call_of_undo_fails),
      SYMLINK(a_call_of_undo_fails),
      HARD(all_changes_of_undo_fail),
      HARD(an_allocation_of_undo_fails),
  };
  return GROUND_RUN("mending", tests);
}
