/*
 * test_unfinished.c - journals whose work came to no end: which of them are found and mended, and in what shape they may be
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "made.h"
#include "remains.h"
#include "safe/mend.h"
#include "task/record.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

static unsigned events;

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  (void)ctx;
  assert_true(path[0] == '/');
  assert_string_not_equal(error->text, "");
  events++;
}

static const struct nlink_apply_options plain = {.size = sizeof plain, .on_event = on_event};

static int setup(void **state) {
  int result = ground_setup(state);
  char home[4200];
  snprintf(home, sizeof home, "%s/state", ground_path());
  assert_int_equal(setenv("XDG_STATE_HOME", home, 1), 0);
  events = 0;
  return result;
}

/* A name whose old file is under its temporary name, and a journal that knows it; its path. */
static void leave(struct remains *remains, char path[4352], int dir, const char *into) {
  struct nl_journal *journal = NULL;
  remains_build(remains, REMAINS_LINK, REMAINS_OLD, REMAINS_NEW);
  assert_int_equal(nl_journal_begin(&journal, dir, into, &remains->task, NULL), NLINK_OK);
  snprintf(path, 4352, "%s", nl_journal_path(journal));
  nl_journal_close(journal);
}

static bool is_mended(const struct remains *remains) {
  return remains_see(remains, remains->temp_path) == REMAINS_NOTHING &&
         remains_see(remains, "d/name") == REMAINS_NEW;
}

static enum nlink_journal_state state_of(const char *path) {
  struct nl_task task = {0};
  struct nl_store_tail tail = {0};
  bool is_journal = false;
  uint64_t whole = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  enum nlink_status status = nl_store_read(&task, &tail, &is_journal, &whole, fd, NULL);
  bool has_end = nl_store_has_end(fd);
  close(fd);
  if (status != NLINK_OK)
    return NLINK_JOURNAL_UNREADABLE;
  assert_int_equal(has_end, tail.state != NLINK_JOURNAL_UNFINISHED);
  nl_task_fini(&task);
  return tail.state;
}

static enum nlink_status mend_below(struct nlink_repair_report *report, const char *first,
                                    const char *second) {
  const char *const dirs[] = {first, second};
  *report = (struct nlink_repair_report){0};
  return nl_mend_below(report, first != NULL ? dirs : NULL, second != NULL ? 2 : 1, &plain, NULL);
}

static void found_by_directory(void **state) {
  (void)state;
  struct remains remains;
  struct nlink_repair_report report;
  char path[4352];
  char dirs[5][4400];
  snprintf(dirs[0], sizeof dirs[0], "%s/d", ground_path());
  snprintf(dirs[1], sizeof dirs[1], "%s", ground_path());
  snprintf(dirs[2], sizeof dirs[2], "%s/d2", ground_path());
  snprintf(dirs[3], sizeof dirs[3], "%s/", ground_path());
  dirs[3][strlen(dirs[3]) - 2] = '\0'; /* the beginning of a name */
  snprintf(dirs[4], sizeof dirs[4], "%s/d/below", ground_path());
  leave(&remains, path, NLINK_CWD, NULL);
  for (int i = 2; i < 5; i++) {
    assert_int_equal(mend_below(&report, dirs[i], "/nowhere"), NLINK_OK);
    assert_int_equal(report.journals, 0);
    assert_false(is_mended(&remains));
  }
  assert_int_equal(nl_mend_below(&report, (const char *const[]){NULL}, 0, &plain, NULL), NLINK_OK);
  assert_int_equal(report.journals, 0);
  assert_int_equal(state_of(path), NLINK_JOURNAL_UNFINISHED);
  remains_fini(&remains);
  static const char root[] = "/";
  const char *const good[] = {dirs[0], dirs[1], root, NULL};
  for (int i = 0; i < 4; i++) {
    leave(&remains, path, NLINK_CWD, NULL);
    assert_int_equal(mend_below(&report, good[i], good[i] != NULL ? "/nowhere" : NULL), NLINK_OK);
    assert_int_equal(report.journals, 1);
    assert_int_equal(report.finished_names, 1);
    assert_true(is_mended(&remains));
    assert_int_equal(state_of(path), NLINK_JOURNAL_RECOVERED);
    assert_int_equal(mend_below(&report, NULL, NULL), NLINK_OK);
    assert_int_equal(report.journals, 0);
    remains_fini(&remains);
  }
  assert_int_equal(events, 0);
}

static void somebody_at_work(void **state) {
  (void)state;
  struct remains remains;
  struct nlink_repair_report report = {0};
  struct nl_journal *journal = NULL;
  struct nl_task task = {0};
  struct nl_store_tail tail = {0};
  char path[4352];
  leave(&remains, path, NLINK_CWD, NULL);
  assert_int_equal(nl_journal_resume(&journal, &task, &tail, NLINK_CWD, path, NULL), NLINK_OK);
  assert_int_equal(nl_mend_journal(&report, NLINK_CWD, path, &plain, NULL), NLINK_BUSY);
  assert_int_equal(mend_below(&report, NULL, NULL), NLINK_OK);
  assert_int_equal(report.journals, 0);
  assert_false(is_mended(&remains));
  nl_journal_close(journal);
  nl_task_fini(&task);
  assert_int_equal(nl_mend_journal(&report, NLINK_CWD, path, &plain, NULL), NLINK_OK);
  assert_true(is_mended(&remains));
  remains_fini(&remains);
}

static void one_cannot_be_read(void **state) {
  (void)state;
  struct remains remains;
  struct nlink_repair_report report;
  char path[4352];
  leave(&remains, path, NLINK_CWD, NULL);
  ground_file("state/nlink/00000000T000000Z-x.journal",
              "a journal was here, and was written over by somebody who should not");
  ground_file("state/nlink/begun.journal", "\211nli");
  ground_file("state/nlink/empty.journal", "");
  ground_file("state/nlink/other", "no journal at all");
  assert_int_equal(mend_below(&report, NULL, NULL), NLINK_PARTIAL);
  assert_int_equal(events, 1);
  assert_int_equal(report.journals, 1);
  assert_true(is_mended(&remains));
  remains_fini(&remains);
}

static void dry(void **state) {
  (void)state;
  struct remains remains;
  struct nlink_repair_report report = {0};
  struct nlink_apply_options options = plain;
  char path[4352];
  size_t before_size = 0;
  size_t after_size = 0;
  options.dry_run = true;
  leave(&remains, path, NLINK_CWD, NULL);
  unsigned char *before = made_read(path, &before_size);
  assert_int_equal(nl_mend_below(&report, NULL, 0, &options, NULL), NLINK_OK);
  assert_int_equal(report.finished_names, 1);
  assert_false(is_mended(&remains));
  unsigned char *after = made_read(path, &after_size);
  assert_int_equal(before_size, after_size);
  assert_memory_equal(before, after, before_size);
  free(before);
  free(after);
  remains_fini(&remains);
}

/* Cut anywhere: before the task is whole nothing was done, and nothing is; behind that all is mended. */
static void cut_anywhere(void **state) {
  (void)state;
  struct remains remains;
  char path[4352];
  size_t size = 0;
  leave(&remains, path, NLINK_CWD, "own");
  unsigned char *bytes = made_read("own", &size);
  /* What was told of names, too: torn. */
  assert_true(size > NL_RECORD_HEADER);
  for (size_t length = 0; length <= size; length++) {
    struct nlink_repair_report report = {0};
    made_write("own", bytes, length);
    enum nlink_status status = nl_mend_journal(&report, NLINK_CWD, "own", &plain, NULL);
    assert_int_equal(status, NLINK_OK);
    assert_int_equal(report.names, length == size);
    assert_int_equal(is_mended(&remains), length == size);
    enum nlink_journal_state expected =
        length < NL_RECORD_HEADER ? NLINK_JOURNAL_UNREADABLE : NLINK_JOURNAL_RECOVERED;
    assert_int_equal(state_of("own"), expected);
  }
  free(bytes);
  remains_fini(&remains);
}

/* Let an ended journal be one of another run of the system. */
static void age(const char *path) {
  size_t size = 0;
  unsigned char *bytes = made_read(path, &size);
  unsigned char *record = bytes + size - nl_record_size(NL_RECORD_END_BYTES);
  memset(record + NL_RECORD_HEAD + 32, 'x', 36);
  nl_record_seal(record, size - nl_record_size(NL_RECORD_END_BYTES), nl_get64(bytes + 24), NL_RECORD_END,
                 NL_RECORD_END_BYTES);
  made_write(path, bytes, size);
  free(bytes);
}

/* After a power cut the disk may be in an earlier state than an ended journal tells; without one that cannot be. */
static void ended_before_a_power_cut(void **state) {
  (void)state;
  for (int aged = 0; aged < 2; aged++) {
    struct remains remains;
    struct nlink_repair_report report = {0};
    struct nl_journal *journal = NULL;
    const struct nl_store_tail tail = {.done_names = 1};
    remains_build(&remains, REMAINS_LINK, REMAINS_OLD, REMAINS_NEW);
    assert_int_equal(nl_journal_begin(&journal, NLINK_CWD, "own", &remains.task, NULL), NLINK_OK);
    remains.task.names[remains.name].state = NL_TASK_DONE;
    nl_journal_names(journal, &remains.task, &remains.name, 1);
    assert_int_equal(nl_journal_end(journal, NLINK_JOURNAL_DONE, &tail, NULL), NLINK_OK);
    nl_journal_close(journal);
    if (aged)
      age("own");
    assert_int_equal(nl_mend_journal(&report, NLINK_CWD, "own", &plain, NULL), NLINK_OK);
    assert_int_equal(report.journals, aged);
    assert_int_equal(is_mended(&remains), aged);
    assert_int_equal(state_of("own"), NLINK_JOURNAL_DONE);
    remains_fini(&remains);
  }
}

/* What cannot be mended stays unfinished, and is mended when it can be. */
static void stays_unfinished(void **state) {
  (void)state;
  struct remains remains;
  struct nl_journal *journal = NULL;
  struct nlink_repair_report report = {0};
  remains_build(&remains, REMAINS_LINK, REMAINS_OTHER, REMAINS_OTHER);
  assert_int_equal(nl_journal_begin(&journal, NLINK_CWD, "own", &remains.task, NULL), NLINK_OK);
  nl_journal_close(journal);
  assert_int_equal(nl_mend_journal(&report, NLINK_CWD, "own", &plain, NULL), NLINK_PARTIAL);
  assert_int_equal(report.left_names, 1);
  assert_int_equal(state_of("own"), NLINK_JOURNAL_UNFINISHED);
  assert_int_equal(unlink(remains.temp_path), 0);
  assert_int_equal(nl_mend_journal(&report, NLINK_CWD, "own", &plain, NULL), NLINK_OK);
  assert_int_equal(state_of("own"), NLINK_JOURNAL_RECOVERED);
  remains_fini(&remains);
}

#define IN_A_FRESH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_A_FRESH_DIRECTORY(found_by_directory), IN_A_FRESH_DIRECTORY(somebody_at_work),
      IN_A_FRESH_DIRECTORY(one_cannot_be_read), IN_A_FRESH_DIRECTORY(dry),
      IN_A_FRESH_DIRECTORY(cut_anywhere),       IN_A_FRESH_DIRECTORY(ended_before_a_power_cut),
      IN_A_FRESH_DIRECTORY(stays_unfinished),
  };
  return GROUND_RUN("unfinished", tests);
}
