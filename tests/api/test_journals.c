/*
 * test_journals.c - which journals there are, and what one of them tells
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "nlink.h"
#include "safe/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/made.h"

static int setup(void **state) {
  int status = ground_setup(state);
  setenv("XDG_STATE_HOME", ground_path(), 1);
  return status;
}

/* A plan of two groups and two soft links, as names in /a and /b. */
struct example {
  const char *dirs[2];
  struct nl_task_name names[7];
  struct nl_task_file files[6];
  struct nl_task_group groups[4];
  struct nl_task task;
};

static void make_example(struct example *example, int64_t made_ns) {
  *example = (struct example){
      .dirs = {"/b", "/a/b\n"},
      .names = {{.text = "kept", .dir = 1},
                {.text = "x", .dir = 0, .file = 1},
                {.text = "y", .dir = 1, .file = 1},
                {.text = "left", .dir = 0, .file = 2},
                {.text = "aimed", .dir = 1, .file = 3},
                {.text = "removed", .dir = 0, .file = 4},
                {.text = "copy", .dir = 0, .file = 5}},
      .files = {{.ino = 10, .size_bytes = 100, .name_count = 1, .keep = NL_TASK_NO_FILE},
                {.ino = 11, .size_bytes = 100, .first_name = 1, .name_count = 2, .deed = NL_DEED_LINK},
                {.ino = 12,
                 .size_bytes = 100,
                 .first_name = 3,
                 .name_count = 1,
                 .left = NLINK_LEFT_DIFFERS,
                 .differs = 1u << NLINK_ASPECT_MODE},
                {.ino = 13,
                 .size_bytes = 1,
                 .first_name = 4,
                 .name_count = 1,
                 .keep = NL_TASK_NO_FILE,
                 .group = 1,
                 .deed = NL_DEED_AIM,
                 .target = "t",
                 .aim = "../new"},
                {.ino = 14,
                 .size_bytes = 1,
                 .first_name = 5,
                 .name_count = 1,
                 .keep = NL_TASK_NO_FILE,
                 .group = 2,
                 .deed = NL_DEED_REMOVE,
                 .target = "t"},
                {.ino = 15,
                 .size_bytes = 7,
                 .first_name = 6,
                 .name_count = 1,
                 .keep = NL_TASK_NO_FILE,
                 .group = 3,
                 .deed = NL_DEED_COPY}},
      .groups = {{.size_bytes = 100, .file_count = 3},
                 {.size_bytes = 1, .first_file = 3, .file_count = 1},
                 {.size_bytes = 1, .first_file = 4, .file_count = 1},
                 {.size_bytes = 7, .first_file = 5, .file_count = 1}},
      .task = {.verb = "dedupe", .dir_count = 2, .name_count = 7, .file_count = 6, .group_count = 4},
  };
  example->task.made_ns = made_ns;
  example->task.dirs = example->dirs;
  example->task.names = example->names;
  example->task.files = example->files;
  example->task.groups = example->groups;
}

static struct nl_journal *begin(const char *path, int64_t made_ns) {
  struct example example;
  struct nl_journal *journal = NULL;
  make_example(&example, made_ns);
  assert_int_equal(nl_journal_begin(&journal, NLINK_CWD, path, &example.task, NULL), NLINK_OK);
  return journal;
}

static void end(const char *path, int64_t made_ns, enum nlink_journal_state state) {
  struct nl_journal *journal = begin(path, made_ns);
  const struct nl_store_tail tail = {.done_names = 3, .gained_bytes = 4096};
  assert_int_equal(nl_journal_end(journal, state, &tail, NULL), NLINK_OK);
  nl_journal_close(journal);
}

static struct nlink_journals *list(const char *path) {
  struct nlink_journals *journals = NULL;
  struct nlink_error error;
  if (nlink_journals_open(&journals, NLINK_CWD, path, &error) != NLINK_OK)
    fail_msg("%s", error.text);
  return journals;
}

static const struct nlink_journal_entry *next(struct nlink_journals *journals) {
  const struct nlink_journal_entry *entry = NULL;
  return nlink_journals_next(journals, &entry) == NLINK_OK ? entry : NULL;
}

static void expect(struct nlink_journals *journals, const char *name, enum nlink_journal_state state,
                   int64_t started_ns) {
  char path[600];
  const struct nlink_journal_entry *entry = next(journals);
  if (entry == NULL) {
    fail_msg("%s is not told", name);
    return;
  }
  snprintf(path, sizeof path, "%s/%s", ground_path(), name);
  assert_string_equal(entry->path, path);
  assert_int_equal(entry->state, state);
  assert_true(entry->started_ns == started_ns);
  bool is_ended =
      state == NLINK_JOURNAL_DONE || state == NLINK_JOURNAL_RECOVERED || state == NLINK_JOURNAL_UNDONE;
  assert_string_equal(entry->verb, state == NLINK_JOURNAL_UNREADABLE ? "" : "dedupe");
  assert_int_equal(entry->names, state == NLINK_JOURNAL_UNREADABLE ? 0 : 5);
  assert_int_equal(entry->done_names, is_ended ? 3 : 0);
  assert_int_equal(entry->gained_bytes, is_ended ? 4096 : 0);
}

/* ---------------------------------------------------------------- all of them */

static void none(void **state) {
  (void)state;
  struct nlink_journals *journals = list(NULL);
  assert_null(next(journals));
  nlink_journals_close(journals);
  assert_false(ground_exists("nlink")); /* looking makes nothing */
  ground_directory("nlink");
  journals = list(NULL);
  assert_null(next(journals));
  assert_null(next(journals));
  nlink_journals_close(journals);
  nlink_journals_close(NULL);
}

static void every_state(void **state) {
  (void)state;
  ground_directory("nlink");
  end("nlink/done.journal", 500, NLINK_JOURNAL_DONE);
  end("nlink/recovered.journal", 300, NLINK_JOURNAL_RECOVERED);
  end("nlink/undone.journal", 400, NLINK_JOURNAL_UNDONE);
  nl_journal_close(begin("nlink/unfinished.journal", 600));
  struct nl_journal *running = begin("nlink/running.journal", 200);
  ground_file("nlink/b-unreadable.journal", "This is none.");
  ground_directory("nlink/a-unreadable.journal");
  ground_symlink("done.journal", "nlink/c-unreadable.journal");
  assert_int_equal(mkfifo("nlink/d-unreadable.journal", 0600), 0);
  struct example example;
  make_example(&example, 100);
  made_store("nlink/plan.journal", &example.task, false, false, false);
  end("nlink/no journal by its name", 900, NLINK_JOURNAL_DONE);
  end("nlink/.journal", 900, NLINK_JOURNAL_DONE);
  for (int way = 0; way < 2; way++) {
    struct nlink_journals *journals = list(way == 0 ? NULL : "nlink");
    expect(journals, "nlink/unfinished.journal", NLINK_JOURNAL_UNFINISHED, 600);
    expect(journals, "nlink/done.journal", NLINK_JOURNAL_DONE, 500);
    expect(journals, "nlink/undone.journal", NLINK_JOURNAL_UNDONE, 400);
    expect(journals, "nlink/recovered.journal", NLINK_JOURNAL_RECOVERED, 300);
    expect(journals, "nlink/running.journal", NLINK_JOURNAL_RUNNING, 200);
    static const char *const unreadable[] = {"nlink/a-unreadable.journal", "nlink/b-unreadable.journal",
                                             "nlink/c-unreadable.journal", "nlink/d-unreadable.journal",
                                             "nlink/plan.journal"};
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++)
      expect(journals, unreadable[i], NLINK_JOURNAL_UNREADABLE, NLINK_TIME_UNKNOWN);
    assert_null(next(journals));
    nlink_journals_close(journals);
  }
  nl_journal_close(running);
}

/* One that was ended without the lock being let go is ended all the same. */
static void ended_and_locked(void **state) {
  (void)state;
  ground_directory("nlink");
  struct nl_journal *journal = begin("nlink/j.journal", 5);
  assert_int_equal(
      nl_journal_end(journal, NLINK_JOURNAL_DONE, &(struct nl_store_tail){3, 4096, 0, 0, ""}, NULL),
      NLINK_OK);
  struct nlink_journals *journals = list(NULL);
  expect(journals, "nlink/j.journal", NLINK_JOURNAL_DONE, 5);
  nlink_journals_close(journals);
  nl_journal_close(journal);
}

static void refused(void **state) {
  (void)state;
  struct nlink_journals *journals = NULL;
  struct nlink_journal *journal = NULL;
  struct nlink_error error;
  ground_file("file", "");
  ground_directory("d");
  assert_int_equal(nlink_journals_open(NULL, NLINK_CWD, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_journals_open(&journals, NLINK_CWD, "nowhere", &error), NLINK_NOT_FOUND);
  assert_int_equal(nlink_journals_open(&journals, NLINK_CWD, "file", &error), NLINK_NOT_DIRECTORY);
  assert_int_equal(nlink_journals_open(&journals, -7, "file", NULL), NLINK_BAD_DESCRIPTOR);
  assert_null(journals);
  assert_int_equal(nlink_journal_open(NULL, NLINK_CWD, "file", &error), NLINK_INVALID);
  assert_int_equal(nlink_journal_open(&journal, NLINK_CWD, NULL, &error), NLINK_INVALID);
  assert_int_equal(nlink_journal_open(&journal, NLINK_CWD, "nowhere", &error), NLINK_NOT_FOUND);
  assert_int_equal(nlink_journal_open(&journal, NLINK_CWD, "file", &error), NLINK_INVALID);
  assert_string_equal(error.text, "it is neither a plan nor a journal of nlink");
  assert_int_equal(nlink_journal_open(&journal, NLINK_CWD, "d", &error), NLINK_INVALID);
  struct example example;
  make_example(&example, 1);
  made_store("plan", &example.task, false, false, false);
  assert_int_equal(nlink_journal_open(&journal, NLINK_CWD, "plan", &error), NLINK_INVALID);
  assert_string_equal(error.text, "it is a plan, and no journal");
  assert_null(journal);
  nlink_journal_close(NULL);
}

/* ---------------------------------------------------------------- one of them */

static void expect_name(struct nlink_journal *journal, const char *path, const char *with, bool done,
                        enum nlink_left left, uint64_t ino) {
  const struct nlink_journal_name *name = NULL;
  assert_int_equal(nlink_journal_next(journal, &name), NLINK_OK);
  assert_string_equal(name->path, path);
  assert_string_equal(name->with, with);
  assert_int_equal(name->done, done);
  assert_int_equal(name->left, left);
  assert_int_equal(name->ino, ino);
  assert_int_equal(name->size_bytes, ino == 11 ? 100 : ino == 15 ? 7 : 1);
}

static void one(void **state) {
  (void)state;
  struct example example;
  struct nl_journal *written = NULL;
  struct nlink_journal *journal = NULL;
  const struct nlink_journal_name *name = NULL;
  const uint32_t told[] = {1, 5, 2};
  char path[600];
  make_example(&example, 12345);
  assert_int_equal(nl_journal_begin(&written, NLINK_CWD, "j", &example.task, NULL), NLINK_OK);
  example.names[1].state = NL_TASK_DONE;
  example.names[5].state = NL_TASK_DONE;
  example.names[2].state = NL_TASK_LEFT;
  example.names[2].left = NLINK_LEFT_CHANGED;
  nl_journal_names(written, &example.task, told, 3);
  nl_journal_close(written);
  assert_int_equal(nlink_journal_open(&journal, NLINK_CWD, "j", NULL), NLINK_OK);
  const struct nlink_journal_entry *about = nlink_journal_about(journal);
  snprintf(path, sizeof path, "%s/j", ground_path());
  assert_string_equal(about->path, path);
  assert_string_equal(about->verb, "dedupe");
  assert_true(about->state == NLINK_JOURNAL_UNFINISHED && about->started_ns == 12345);
  assert_true(about->names == 5 && about->done_names == 2 && about->gained_bytes == 0);
  expect_name(journal, "/b/x", "/a/b\n/kept", true, NLINK_LEFT_NOTHING, 11);
  expect_name(journal, "/b/removed", "", true, NLINK_LEFT_NOTHING, 14);
  expect_name(journal, "/b/copy", "/b/copy", false, NLINK_LEFT_NOTHING, 15);
  expect_name(journal, "/a/b\n/y", "/a/b\n/kept", false, NLINK_LEFT_CHANGED, 11);
  expect_name(journal, "/a/b\n/aimed", "../new", false, NLINK_LEFT_NOTHING, 13);
  assert_int_equal(nlink_journal_next(journal, &name), NLINK_END);
  assert_int_equal(nlink_journal_next(journal, &name), NLINK_END);
  nlink_journal_close(journal);
}

static void one_at_work(void **state) {
  (void)state;
  struct nlink_journal *journal = NULL;
  struct nl_journal *written = begin("j", 1);
  int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(nlink_journal_open(&journal, dir, "j", NULL), NLINK_OK);
  assert_int_equal(nlink_journal_about(journal)->state, NLINK_JOURNAL_RUNNING);
  nlink_journal_close(journal);
  nl_journal_close(written);
  assert_int_equal(nlink_journal_open(&journal, dir, "j", NULL), NLINK_OK);
  assert_int_equal(nlink_journal_about(journal)->state, NLINK_JOURNAL_UNFINISHED);
  nlink_journal_close(journal);
  close(dir);
}

/* ---------------------------------------------------------------- faults */

/* Each allocation and each call fails once: it is told, or the journal concerned is one that cannot be read. */
static void faults(void **state) {
  (void)state;
  ground_directory("nlink");
  nl_journal_close(begin("nlink/a.journal", 2));
  end("nlink/b.journal", 1, NLINK_JOURNAL_DONE);
  for (unsigned kind = NL_FAULT_LOOK; kind <= NL_FAULT_ALLOC; kind++)
    for (long k = 1;; k++) {
      const struct nl_fault_plan plan = {
          .kinds = 1u << kind, .k = k, .sys = kind == NL_FAULT_ALLOC ? ENOMEM : EIO};
      struct nlink_journals *journals = NULL;
      struct nlink_journal *journal = NULL;
      const struct nlink_journal_name *name = NULL;
      struct nlink_error error;
      unsigned seen = 0;
      nl_fault_begin(&plan);
      enum nlink_status all = nlink_journals_open(&journals, NLINK_CWD, NULL, &error);
      assert_true(all == NLINK_OK || error.status == all);
      enum nlink_status one = nlink_journal_open(&journal, NLINK_CWD, "nlink/a.journal", &error);
      assert_true(one == NLINK_OK || error.status == one);
      enum nlink_status last = NLINK_OK;
      while (journal != NULL && (last = nlink_journal_next(journal, &name)) == NLINK_OK)
        seen++;
      bool is_over = nl_fault_count() < k;
      nl_fault_begin(NULL);
      assert_true(journals == NULL ||
                  (next(journals) != NULL && next(journals) != NULL && next(journals) == NULL));
      assert_true(last != NLINK_END || seen == 5);
      nlink_journals_close(journals);
      nlink_journal_close(journal);
      if (is_over) {
        assert_true(all == NLINK_OK && one == NLINK_OK && seen == 5 && last == NLINK_END);
        break;
      }
    }
}

int main(void) {
#define ON_GROUND(name) cmocka_unit_test_setup_teardown(name, setup, ground_teardown)
  const struct CMUnitTest tests[] = {
      ON_GROUND(none), ON_GROUND(every_state), ON_GROUND(ended_and_locked), ON_GROUND(refused),
      ON_GROUND(one),  ON_GROUND(one_at_work), ON_GROUND(faults),
  };
  return GROUND_RUN("journals", tests);
}
