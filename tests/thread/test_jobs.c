/*
 * test_jobs.c - eight threads on one directory, on one name, and each with a job of its own
 *
 * To be run under the thread sanitizer too. Fixed numbers of rounds; nobody waits for time to pass.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

enum { THREADS = 8, ROUNDS = 300 };

struct worker {
  pthread_t thread;
  int number;
  int wrong; /* results that should not be; told by the main thread, cmocka's asserts are not for others */
};

static void run_all(void *(*job)(void *), struct worker *workers) {
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){.number = i};
    assert_int_equal(pthread_create(&workers[i].thread, NULL, job, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(workers[i].wrong, 0);
}

static size_t count_names(void) {
  DIR *directory = opendir(".");
  assert_non_null(directory);
  size_t count = 0;
  while (readdir(directory) != NULL)
    count++;
  closedir(directory);
  return count - 2;
}

/* ---------------------------------------------------------------- one directory */

/* Each thread has names of its own of one file, and all fight for one name. */
static void *link_and_unlink(void *ctx) {
  struct worker *worker = ctx;
  struct nlink_error error;
  for (int i = 0; i < ROUNDS; i++) {
    char name[40];
    uint64_t left = 0;
    snprintf(name, sizeof name, "n%d-%d", worker->number, i % 3);
    unsigned beneath = i % 2 == 0 ? NLINK_BENEATH : 0;
    worker->wrong += nlink_link(NLINK_CWD, "f", NLINK_CWD, name, beneath, &error) != NLINK_OK;
    worker->wrong += nlink_link(NLINK_CWD, "f", NLINK_CWD, name, beneath, &error) != NLINK_EXISTS;
    worker->wrong += !error.dst_is_src || error.cause != NLINK_CAUSE_DST_IS_SRC;
    enum nlink_status shared = nlink_link(NLINK_CWD, name, NLINK_CWD, "shared", 0, &error);
    worker->wrong += shared != NLINK_OK && shared != NLINK_EXISTS;
    shared = nlink_unlink(&left, NLINK_CWD, "shared", beneath, &error);
    worker->wrong += shared != NLINK_OK && shared != NLINK_NOT_FOUND;
    worker->wrong += nlink_unlink(&left, NLINK_CWD, name, NLINK_KEEP_LAST, &error) != NLINK_OK;
  }
  return NULL;
}

static void one_directory(void **state) {
  (void)state;
  struct worker workers[THREADS];
  ground_file("f", "contents");
  run_all(link_and_unlink, workers);
  unlink("shared");
  assert_int_equal(count_names(), 1);
  assert_true(ground_link_count("f") == 1);
  assert_true(ground_holds("f", "contents"));
}

/* ---------------------------------------------------------------- one name */

/* Half of the threads replace it, half look at it: it is always there, and always one of the files. */
static void *replace_or_look(void *ctx) {
  struct worker *worker = ctx;
  char file[20];
  snprintf(file, sizeof file, "f%d", worker->number);
  for (int i = 0; i < ROUNDS; i++) {
    struct nlink_stat stat;
    struct nlink_error error;
    if (worker->number % 2 == 0) {
      worker->wrong += nlink_link(NLINK_CWD, file, NLINK_CWD, "dst", NLINK_REPLACE, &error) != NLINK_OK;
    } else {
      worker->wrong += nlink_stat(&stat, NLINK_CWD, "dst", 0, &error) != NLINK_OK;
      worker->wrong += stat.kind != NLINK_REGULAR;
    }
  }
  return NULL;
}

static void one_name(void **state) {
  (void)state;
  struct worker workers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    char name[20];
    snprintf(name, sizeof name, "f%d", i);
    ground_file(name, name);
  }
  ground_link("f0", "dst");
  run_all(replace_or_look, workers);
  assert_int_equal(count_names(), THREADS + 1);
}

/* Every backup is kept: as many names as there were files in the place. */
static void *back_up(void *ctx) {
  struct worker *worker = ctx;
  for (int i = 0; i < 20; i++) {
    char file[40];
    struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_NUMBERED};
    snprintf(file, sizeof file, "f%d-%d", worker->number, i);
    worker->wrong += nlink_link_backup(NLINK_CWD, file, NLINK_CWD, "dst", 0, &backup, NULL) != NLINK_OK;
    worker->wrong += strncmp(backup.name, "dst.~", 5) != 0;
  }
  return NULL;
}

static void every_backup(void **state) {
  (void)state;
  struct worker workers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    for (int j = 0; j < 20; j++) {
      char name[40];
      snprintf(name, sizeof name, "f%d-%d", i, j);
      ground_file(name, name);
    }
  }
  ground_file("dst", "first");
  run_all(back_up, workers);
  /* 160 files, dst, and the 160 that dst was before. */
  assert_int_equal(count_names(), 2 * 20 * THREADS + 1);
  for (int number = 1; number <= 20 * THREADS; number++) {
    char name[40];
    snprintf(name, sizeof name, "dst.~%d~", number);
    assert_true(ground_exists(name));
  }
  /* Each file of a thread has one name more: under dst or as a backup. */
  for (int i = 0; i < THREADS; i++) {
    for (int j = 0; j < 20; j++) {
      char name[40];
      snprintf(name, sizeof name, "f%d-%d", i, j);
      assert_true(ground_link_count(name) == 2);
    }
  }
}

/* ---------------------------------------------------------------- each its own */

static int whole_job(int number, int dir) {
  struct nlink_error error;
  struct nlink_why why;
  struct nlink_list *list = NULL;
  const struct nlink_list_entry *entry;
  char target[100];
  bool same = false;
  int wrong = 0;
  wrong += nlink_symlink(dir, "f", dir, "r", NLINK_RELATIVE | NLINK_REPLACE, &error) != NLINK_OK;
  wrong += nlink_readlink(target, sizeof target, dir, "r", NLINK_BENEATH, &error) != NLINK_OK;
  wrong += strcmp(target, "f") != 0;
  wrong += nlink_link(dir, "r", dir, "g", NLINK_REPLACE | NLINK_BENEATH, &error) != NLINK_OK;
  wrong += nlink_same_file(&same, dir, "f", dir, "g", 0, &error) != NLINK_OK || !same;
  wrong += nlink_why(&why, dir, "missing", dir, "g", 0, &error) != NLINK_OK || why.count != 2;
  wrong += nlink_link(dir, "../../f", dir, "x", NLINK_BENEATH, &error) != NLINK_ESCAPES;
  wrong += nlink_list_open(&list, dir, NULL, 0, NULL, NULL, NULL, &error) != NLINK_OK;
  int names = 0;
  while (list != NULL && nlink_list_next(list, &entry) == NLINK_OK)
    names++;
  nlink_list_close(list);
  wrong += names != 3;
  char quoted[100];
  snprintf(target, sizeof target, "name %d\n", number);
  wrong += nlink_quote(quoted, sizeof quoted, target, 0) < strlen(target);
  wrong += nlink_unlink(NULL, dir, "g", NLINK_KEEP_LAST, &error) != NLINK_OK;
  wrong += nlink_unlink(NULL, dir, "f", NLINK_KEEP_LAST, &error) != NLINK_LAST_NAME;
  return wrong;
}

static void *own_directory(void *ctx) {
  struct worker *worker = ctx;
  char name[20];
  snprintf(name, sizeof name, "d%d", worker->number);
  int dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < ROUNDS / 3; i++)
    worker->wrong += whole_job(worker->number, dir);
  close(dir);
  return NULL;
}

static void each_its_own(void **state) {
  (void)state;
  struct worker workers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    char name[20];
    snprintf(name, sizeof name, "d%d", i);
    ground_directory(name);
    strcat(name, "/f");
    ground_file(name, name);
  }
  run_all(own_directory, workers);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(one_directory),
      TEST(one_name),
      TEST(every_backup),
      TEST(each_its_own),
  };
  return GROUND_RUN("jobs", tests);
}
