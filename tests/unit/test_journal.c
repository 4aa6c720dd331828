/*
 * test_journal.c - a journal: begun, told, ended, resumed; by several threads, and when calls fail
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "safe/journal.h"

#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "made.h"

static int setup(void **state) {
  char path[600];
  int status = ground_setup(state);
  snprintf(path, sizeof path, "%s/deep/er/state", ground_path());
  setenv("XDG_STATE_HOME", path, 1);
  return status;
}

static struct nl_task make_task(uint32_t groups) {
  struct nl_task task;
  struct ground_chance chance = {groups + 5};
  made_task(&task, &chance, groups);
  return task;
}

static struct nl_journal *begin(const char *path, const struct nl_task *task) {
  struct nl_journal *journal = NULL;
  struct nlink_error error;
  if (nl_journal_begin(&journal, NLINK_CWD, path, task, &error) != NLINK_OK)
    fail_msg("%s", error.text);
  return journal;
}

static struct nl_journal *resume(const char *path, struct nl_task *task, struct nl_store_tail *tail) {
  struct nl_journal *journal = NULL;
  struct nlink_error error;
  if (nl_journal_resume(&journal, task, tail, NLINK_CWD, path, &error) != NLINK_OK)
    fail_msg("%s", error.text);
  return journal;
}

static mode_t mode_of(const char *path) {
  struct stat stat;
  assert_int_equal(lstat(path, &stat), 0);
  return stat.st_mode & 07777;
}

static off_t size_of(const char *path) {
  struct stat stat;
  assert_int_equal(lstat(path, &stat), 0);
  return stat.st_size;
}

static void in_the_state_directory(void **state) {
  (void)state;
  struct nl_task task = make_task(5);
  char pattern[700];
  char path[600];
  regex_t regex;
  mode_t mask = umask(0);
  struct nl_journal *journal = begin(NULL, &task);
  struct nl_journal *another = begin(NULL, &task);
  umask(mask);
  snprintf(pattern, sizeof pattern,
           "^%s/deep/er/state/nlink/20[0-9]{6}T[0-9]{6}Z-dedupe-[a-z2-7]{8}\\.journal$", ground_path());
  assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
  assert_int_equal(regexec(&regex, nl_journal_path(journal), 0, NULL, 0), 0);
  regfree(&regex);
  assert_string_not_equal(nl_journal_path(journal), nl_journal_path(another));
  assert_int_equal(mode_of("deep/er/state/nlink"), 0700);
  assert_int_equal(mode_of(nl_journal_path(journal)), 0600);
  assert_int_equal(nl_journal_directory(path, sizeof path), 0);
  assert_memory_equal(nl_journal_path(journal), path, strlen(path));
  nl_journal_close(journal);
  nl_journal_close(another);
  nl_task_fini(&task);
}

static void at_a_path(void **state) {
  (void)state;
  struct nl_task task = make_task(5);
  struct nl_journal *journal = NULL;
  struct nlink_error error;
  char path[600];
  ground_directory("d");
  ground_symlink("d", "soft");
  ground_symlink("nowhere", "dangling");
  journal = begin("soft/j", &task);
  snprintf(path, sizeof path, "%s/d/j", ground_path());
  assert_string_equal(nl_journal_path(journal), path);
  nl_journal_close(journal);
  int dir = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(nl_journal_begin(&journal, dir, "k", &task, &error), NLINK_OK);
  snprintf(path, sizeof path, "%s/d/k", ground_path());
  assert_string_equal(nl_journal_path(journal), path);
  nl_journal_close(journal);
  close(dir);
  static const struct {
    const char *path;
    enum nlink_status status;
  } refused[] = {
      {"d/j", NLINK_EXISTS}, {"dangling", NLINK_EXISTS},     {"d", NLINK_EXISTS},
      {"", NLINK_NOT_FOUND}, {"nowhere/j", NLINK_NOT_FOUND}, {"d/j/k", NLINK_NOT_DIRECTORY},
  };
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    assert_int_equal(nl_journal_begin(&journal, NLINK_CWD, refused[i].path, &task, &error),
                     refused[i].status);
    assert_null(journal);
    assert_true(error.sys != 0 && error.step == NLINK_STEP_JOURNAL && error.text[0] != '\0');
  }
  assert_false(ground_exists("nowhere"));
  nl_task_fini(&task);
}

static void told_and_ended(void **state) {
  (void)state;
  struct nl_task task = make_task(30);
  struct nl_task read;
  struct nl_store_tail tail;
  struct ground_chance chance = {3};
  struct nl_journal *journal = begin("j", &task);
  made_fare(&task, &chance);
  for (uint32_t i = task.name_count; i-- > 0;)
    nl_journal_names(journal, &task, &i, 1);
  nl_journal_names(NULL, &task, NULL, 0);
  nl_journal_names(journal, &task, NULL, 0);
  const struct nl_store_tail told = {.done_names = 5, .gained_bytes = 6};
  assert_int_equal(nl_journal_end(journal, NLINK_JOURNAL_DONE, &told, NULL), NLINK_OK);
  nl_journal_close(journal);
  journal = resume("j", &read, &tail);
  made_same(&read, &task);
  assert_true(tail.state == NLINK_JOURNAL_DONE && tail.done_names == 5 && tail.gained_bytes == 6);
  nl_journal_close(journal);
  nl_task_fini(&read);
  nl_task_fini(&task);
  nl_journal_close(NULL);
}

/* Without an end it is unfinished; what was told before is there. */
static void left_unfinished(void **state) {
  (void)state;
  struct nl_task task = make_task(10);
  struct nl_task read;
  struct nl_store_tail tail;
  const uint32_t first[] = {0, 1};
  struct nl_journal *journal = begin("j", &task);
  task.names[0].state = NL_TASK_DONE;
  task.names[1].state = NL_TASK_LEFT;
  task.names[1].left = NLINK_LEFT_OPEN;
  nl_journal_names(journal, &task, first, 2);
  nl_journal_close(journal);
  journal = resume("j", &read, &tail);
  made_same(&read, &task);
  assert_true(tail.state == NLINK_JOURNAL_UNFINISHED && tail.done_names == 1);
  nl_journal_close(journal);
  nl_task_fini(&read);
  nl_task_fini(&task);
}

/* A torn end stays while somebody only looks, and is cut off before anything is added. */
static void torn(void **state) {
  (void)state;
  struct nl_task task = make_task(10);
  struct nl_task read;
  struct nl_store_tail tail;
  struct nl_journal *journal = begin("j", &task);
  nl_journal_close(journal);
  off_t whole = size_of("j");
  int fd = open("j", O_WRONLY | O_APPEND | O_CLOEXEC);
  assert_int_equal(write(fd, "torn by a power cut, or by whatever else", 40), 40);
  close(fd);
  for (int round = 0; round < 3; round++) {
    journal = resume("j", &read, &tail);
    assert_int_equal(tail.state, round < 2 ? NLINK_JOURNAL_UNFINISHED : NLINK_JOURNAL_RECOVERED);
    assert_int_equal(read.names[2].state, round < 2 ? NL_TASK_OPEN : NL_TASK_DONE);
    if (round == 1) {
      const uint32_t name = 2;
      read.names[name].state = NL_TASK_DONE;
      nl_journal_names(journal, &read, &name, 1);
      assert_int_equal(nl_journal_end(journal, NLINK_JOURNAL_RECOVERED, &tail, NULL), NLINK_OK);
    }
    nl_journal_close(journal);
    nl_task_fini(&read);
    if (round == 0)
      assert_int_equal(size_of("j"), whole + 40);
  }
  nl_task_fini(&task);
}

static void at_work(void **state) {
  (void)state;
  struct nl_task task = make_task(3);
  struct nl_task read;
  struct nl_store_tail tail;
  struct nlink_error error;
  struct nl_journal *other = NULL;
  struct nl_journal *journal = begin("j", &task);
  assert_int_equal(nl_journal_resume(&other, &read, &tail, NLINK_CWD, "j", &error), NLINK_BUSY);
  assert_true(other == NULL && error.status == NLINK_BUSY);
  pid_t child = fork();
  if (child == 0) {
    nl_journal_close(journal); /* the lock is of the open file, which the parent has, too */
    _exit(nl_journal_resume(&other, &read, &tail, NLINK_CWD, "j", NULL) == NLINK_BUSY ? 0 : 1);
  }
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  nl_journal_close(journal);
  journal = resume("j", &read, &tail);
  nl_task_fini(&read);
  assert_int_equal(nl_journal_resume(&other, &read, &tail, NLINK_CWD, "j", &error), NLINK_BUSY);
  nl_journal_close(journal);
  nl_task_fini(&task);
}

static void not_resumed(void **state) {
  (void)state;
  struct nl_task task = make_task(3);
  struct nl_store_tail tail;
  struct nlink_error error;
  struct nl_journal *journal = NULL;
  made_store("plan", &task, false, false, false);
  made_store("other", &task, true, false, false);
  ground_file("empty", "");
  ground_directory("d");
  ground_symlink("other", "soft");
  nl_task_fini(&task);
  static const struct {
    const char *path;
    enum nlink_status status;
  } refused[] = {{"plan", NLINK_INVALID},
                 {"empty", NLINK_INVALID},
                 {"nowhere", NLINK_NOT_FOUND},
                 {"d", NLINK_IS_DIRECTORY},
                 {"soft", NLINK_SYMLINK_LOOP}};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    assert_int_equal(nl_journal_resume(&journal, &task, &tail, NLINK_CWD, refused[i].path, &error),
                     refused[i].status);
    assert_null(journal);
  }
}

/* ---------------------------------------------------------------- threads */

enum { THREADS = 4 };

struct told {
  struct nl_journal *journal;
  struct nl_task *task;
  uint32_t number;
};

static void *tell(void *ctx) {
  const struct told *told = ctx;
  uint32_t names[7];
  size_t count = 0;
  for (uint32_t i = told->number; i < told->task->name_count; i += THREADS) {
    told->task->names[i].state = (uint8_t)(1 + i % 3);
    names[count++] = i;
    if (count == 7 || i + THREADS >= told->task->name_count) {
      nl_journal_names(told->journal, told->task, names, count);
      count = 0;
    }
  }
  return NULL;
}

static void many_threads(void **state) {
  (void)state;
  struct nl_task task = make_task(3000);
  struct nl_task read;
  struct nl_store_tail tail;
  struct nl_journal *journal = begin("j", &task);
  struct told told[THREADS];
  pthread_t threads[THREADS];
  for (uint32_t i = 0; i < THREADS; i++) {
    told[i] = (struct told){journal, &task, i};
    assert_int_equal(pthread_create(&threads[i], NULL, tell, &told[i]), 0);
  }
  for (uint32_t i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  nl_journal_close(journal);
  journal = resume("j", &read, &tail);
  made_same(&read, &task);
  nl_journal_close(journal);
  nl_task_fini(&read);
  nl_task_fini(&task);
}

/* ---------------------------------------------------------------- faults */

static unsigned count_names(const char *path) {
  unsigned count = 0;
  char command[700];
  snprintf(command, sizeof command, "ls -A '%s' 2>/dev/null | wc -l", path);
  FILE *from = popen(command, "re");
  assert_true(from != NULL && fscanf(from, "%u", &count) == 1);
  pclose(from);
  return count;
}

/* A journal that could not be begun leaves no file, unless its removal is what failed. */
static void beginning_fails(void **state) {
  (void)state;
  static const struct nl_fault_plan kinds[] = {
      {.kinds = 1u << NL_FAULT_ALLOC, .sys = ENOMEM},
      {.kinds = 1u << NL_FAULT_LOOK, .sys = EIO},
      {.kinds = 1u << NL_FAULT_CHANGE, .sys = ENOSPC},
      {.kinds = 1u << NL_FAULT_CHANGE | 1u << NL_FAULT_LOOK, .sys = EIO, .sticky = true},
  };
  struct nl_task task = make_task(5);
  char path[600];
  snprintf(path, sizeof path, "%s/deep/er/state/nlink", ground_path());
  for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
    for (int given = 0; given < 2; given++)
      for (long k = 1;; k++) {
        struct nl_fault_plan plan = kinds[kind];
        struct nl_journal *journal = NULL;
        struct nlink_error error;
        ground_empty(".");
        plan.k = k;
        nl_fault_begin(&plan);
        enum nlink_status status = nl_journal_begin(&journal, NLINK_CWD, given ? "j" : NULL, &task, &error);
        bool is_over = nl_fault_count() < k;
        nl_fault_begin(NULL);
        assert_int_equal(journal != NULL, status == NLINK_OK);
        if (is_over)
          assert_int_equal(status, NLINK_OK);
        unsigned left = given ? (unsigned)ground_exists("j") : count_names(path);
        if (status == NLINK_OK || !plan.sticky)
          assert_int_equal(left, status == NLINK_OK);
        if (status != NLINK_OK)
          assert_true(error.text[0] != '\0' && error.status == status);
        nl_journal_close(journal);
        if (is_over)
          break;
      }
  ground_empty(".");
  nl_task_fini(&task);
}

/* What cannot be written stops nobody, is told at the end, and leaves an unfinished journal that can be read. */
static void telling_fails(void **state) {
  (void)state;
  struct nl_task task = make_task(40);
  struct nl_task read;
  struct nl_store_tail tail;
  struct nlink_error error;
  for (int way = 0; way < 2; way++) {
    struct nl_journal *journal = begin("j", &task);
    const struct nl_fault_plan plan = {.kinds = 1u << (way == 0 ? NL_FAULT_CHANGE : NL_FAULT_ALLOC),
                                       .k = 1,
                                       .sys = way == 0 ? ENOSPC : ENOMEM};
    nl_fault_begin(&plan);
    for (uint32_t round = 0; round < 50; round++)
      for (uint32_t i = 0; i < task.name_count; i++)
        nl_journal_names(journal, &task, &i, 1);
    assert_int_equal(nl_journal_end(journal, NLINK_JOURNAL_DONE, &(struct nl_store_tail){0}, &error),
                     way == 0 ? NLINK_NO_SPACE : NLINK_NO_MEMORY);
    nl_fault_begin(NULL);
    assert_int_equal(error.sys, plan.sys);
    nl_journal_close(journal);
    journal = resume("j", &read, &tail);
    assert_int_equal(tail.state, NLINK_JOURNAL_UNFINISHED);
    nl_journal_close(journal);
    nl_task_fini(&read);
    assert_int_equal(unlink("j"), 0);
  }
  nl_task_fini(&task);
}

static void resuming_fails(void **state) {
  (void)state;
  struct nl_task task = make_task(5);
  nl_journal_close(begin("j", &task));
  for (unsigned kind = NL_FAULT_LOOK; kind <= NL_FAULT_ALLOC; kind++)
    for (long k = 1;; k++) {
      const struct nl_fault_plan plan = {
          .kinds = 1u << kind, .k = k, .sys = kind == NL_FAULT_ALLOC ? ENOMEM : EIO};
      struct nl_task read;
      struct nl_store_tail tail;
      struct nl_journal *journal = NULL;
      struct nlink_error error;
      nl_fault_begin(&plan);
      enum nlink_status status = nl_journal_resume(&journal, &read, &tail, NLINK_CWD, "j", &error);
      bool is_over = nl_fault_count() < k;
      nl_fault_begin(NULL);
      assert_int_equal(journal != NULL, status == NLINK_OK);
      assert_true(status == NLINK_OK || error.status == status);
      if (status == NLINK_OK) {
        made_same(&read, &task);
        nl_task_fini(&read);
      }
      nl_journal_close(journal);
      if (is_over) {
        assert_int_equal(status, NLINK_OK);
        break;
      }
    }
  nl_task_fini(&task);
}

/* Who lists journals holds a lock for a moment. */
static void locked_for_a_moment(void **state) {
  (void)state;
  const struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_LOOK, .k = 1, .sys = EBUSY, .only = "lock"};
  struct nl_task task = make_task(2);
  struct nl_task read;
  struct nl_store_tail tail;
  nl_fault_begin(&plan);
  nl_journal_close(begin("j", &task));
  nl_fault_begin(&plan);
  nl_journal_close(resume("j", &read, &tail));
  nl_fault_begin(NULL);
  nl_task_fini(&read);
  nl_task_fini(&task);
}

int main(void) {
#define ON_GROUND(name) cmocka_unit_test_setup_teardown(name, setup, ground_teardown)
  const struct CMUnitTest tests[] = {
      ON_GROUND(in_the_state_directory),
      ON_GROUND(at_a_path),
      ON_GROUND(told_and_ended),
      ON_GROUND(left_unfinished),
      ON_GROUND(torn),
      ON_GROUND(at_work),
      ON_GROUND(not_resumed),
      ON_GROUND(many_threads),
      ON_GROUND(beginning_fails),
      ON_GROUND(telling_fails),
      ON_GROUND(resuming_fails),
      ON_GROUND(locked_for_a_moment),
  };
  return GROUND_RUN("journal", tests);
}
