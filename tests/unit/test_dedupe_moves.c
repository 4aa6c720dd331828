/*
 * test_dedupe_moves.c - trees that change between the walk and the reading of a file
 *
 * The linker puts a function of ours between the library and the opening of files: what is to happen "meanwhile" happens
 * just before a file is opened.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"
#include "os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

enum { LONG = 3 << 20 }; /* longer than what is compared once more before it is replaced */

static void (*meanwhile)(const char *path); /* once, before the first file is opened that it cares for */

int __real_nl_os_open_file(int *fd, int dir, const char *path);
int __wrap_nl_os_open_file(int *fd, int dir, const char *path);

int __wrap_nl_os_open_file(int *fd, int dir, const char *path) {
  if (meanwhile != NULL)
    meanwhile(path);
  return __real_nl_os_open_file(fd, dir, path);
}

static void put(const char *path, int byte) {
  char *bytes = malloc(LONG);
  assert_non_null(bytes);
  memset(bytes, byte, LONG);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, LONG), LONG);
  close(fd);
  free(bytes);
}

static int byte_at(const char *path, off_t at) {
  unsigned char byte = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(pread(fd, &byte, 1, at), 1);
  close(fd);
  return byte;
}

/* Make equal files in "t" one, whatever their age. @p between = after they were compared, before they are replaced. */
static void dedupe(void (*between)(void)) {
  const struct nlink_dedupe_options options = {.size = sizeof options, .min_age_ns = -1};
  const struct nlink_apply_options how = {.size = sizeof how, .no_journal = true};
  const char *const paths[] = {"t"};
  struct nlink_dedupe *plan = NULL;
  struct nlink_error error;
  enum nlink_status status = nlink_dedupe_open(&plan, NLINK_CWD, paths, 1, &options, NULL, &error);
  assert_true(status >= 0);
  assert_null(meanwhile);
  if (between != NULL)
    between();
  assert_true(nlink_dedupe_apply(plan, &how, &error) >= 0);
  nlink_dedupe_close(plan);
}

/* The directory by which the file F is opened becomes another one. */
static void rotate(const char *path) {
  bool is_new = strcmp(path + strlen(path) - 1, "a") == 0;
  if (!is_new && strcmp(path + strlen(path) - 1, "b") != 0)
    return;
  meanwhile = NULL;
  assert_int_equal(rename(is_new ? "t/new" : "t/old", "away"), 0);
  assert_int_equal(rename("other", is_new ? "t/new" : "t/old"), 0);
}

/* As snapshots are rotated: the path leads to another file now, and the one that was seen has a further name. */
static void a_directory_is_replaced(void **state) {
  (void)state;
  static const char *const dirs[] = {"t", "t/new", "t/old", "other"};
  for (size_t i = 0; i < 4; i++)
    ground_directory(dirs[i]);
  put("t/k", 'K');
  ground_link("t/k", "t/k2");
  ground_link("t/k", "t/k3");
  put("other/a", 'K');
  ground_link("other/a", "other/b");
  put("t/new/a", 'F');
  ground_link("t/new/a", "t/old/b");
  meanwhile = rotate;
  dedupe(NULL);
  bool is_new = ground_exists("away/a");
  assert_int_equal(byte_at(is_new ? "away/a" : "away/b", 0), 'F');
  assert_int_equal(byte_at(is_new ? "t/old/b" : "t/new/a", 0), 'F');
}

static unsigned char *mapping;

static void write_and_let_go(void) {
  mapping[LONG - 1] = 'x';
  munmap(mapping, LONG);
}

/*
 * A program has the file mapped since before the walk, and has written to a page of it, which is dirty since: its next write
 * to that page would leave no trace in the file's times. It comes behind the comparing, and the mapping is gone by the time
 * that a lease is asked for.
 */
static void a_mapped_page_is_written(void **state) {
  (void)state;
  ground_directory("t");
  put("t/a", 'K');
  put("t/k", 'K');
  ground_link("t/k", "t/k2");
  int fd = open("t/a", O_RDWR | O_CLOEXEC);
  mapping = mmap(NULL, LONG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  assert_ptr_not_equal(mapping, MAP_FAILED);
  mapping[LONG - 1] = 'K';
  /* Long ago, so that the clock's coarseness is not what decides. */
  assert_int_equal(nl_os_set_times_of(NLINK_CWD, "t/a", 1000, 1000), 0);
  dedupe(write_and_let_go);
  assert_int_equal(byte_at("t/a", LONG - 1), 'x');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {TEST(a_directory_is_replaced), TEST(a_mapped_page_is_written)};
  return GROUND_RUN("dedupe moves", tests);
}
