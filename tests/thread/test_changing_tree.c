/*
 * test_changing_tree.c - looking at a tree in which names come, go and move all the time
 *
 * Writers work until the readers have made their rounds; the numbers of rounds are fixed. What must hold at every
 * moment: nothing crashes or races, every call ends, and nothing claims to be complete that is not. One file has a
 * name outside of the root, always, while its names inside move about: a look that meets a moved name twice counts
 * as many names as there are.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

enum { DIRECTORIES = 24, INSIDE = 6, MANY = 200, ROUNDS = 40, WRITERS = 4, READERS = 2 };

/* The held file is larger than everything else in the tree together. */
#define HELD_BYTES (UINT64_C(4) << 20)

static const char *const root = "tree";

struct worker {
  pthread_t thread;
  int number;
  atomic_bool *stop; /* of a writer: the readers are done */
  int wrong;
  const char *what; /* the first thing that was wrong */
};

static void expect(struct worker *worker, bool right, const char *what) {
  if (right)
    return;
  if (worker->wrong++ == 0)
    worker->what = what;
}

/* ---------------------------------------------------------------- the tree */

static void place(char *out, size_t size, uint32_t directory, const char *name) {
  snprintf(out, size, "%s/d%u/%s", root, directory % DIRECTORIES, name);
}

static void make_tree(void) {
  char path[100];
  ground_directory(root);
  ground_directory("outside");
  for (uint32_t i = 0; i < DIRECTORIES; i++) {
    snprintf(path, sizeof path, "%s/d%u", root, i);
    ground_directory(path);
    strcat(path, "/fixed");
    ground_file(path, "");
  }
  int fd = open("outside/held", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  assert_true(fd >= 0);
  char *contents = calloc(1, HELD_BYTES);
  assert_non_null(contents);
  assert_int_equal(write(fd, contents, HELD_BYTES), (ssize_t)HELD_BYTES);
  assert_int_equal(fsync(fd), 0);
  close(fd);
  free(contents);
  for (uint32_t i = 0; i < INSIDE; i++) {
    char name[20];
    snprintf(name, sizeof name, "held%u", i);
    place(path, sizeof path, i, name);
    ground_link("outside/held", path);
  }
  place(path, sizeof path, 0, "shared");
  ground_file(path, "");
  place(path, sizeof path, 1, "broken");
  ground_symlink("nowhere", path);
}

/* ---------------------------------------------------------------- writers */

/* Its names inside move from directory to directory. Never is there one more or less. */
static void move_held(struct ground_chance *chance, uint32_t *at) {
  uint32_t which = ground_below(chance, INSIDE);
  uint32_t to = ground_below(chance, DIRECTORIES);
  char name[20];
  char old[100];
  char new[100];
  snprintf(name, sizeof name, "held%u", which);
  place(old, sizeof old, at[which], name);
  place(new, sizeof new, to, name);
  if (rename(old, new) == 0)
    at[which] = to;
}

static void link_and_unlink(struct ground_chance *chance, int number) {
  char name[40];
  char from[100];
  char to[100];
  snprintf(name, sizeof name, "n%d-%u", number, ground_below(chance, 9));
  place(from, sizeof from, 0, "shared");
  place(to, sizeof to, ground_below(chance, DIRECTORIES), name);
  if (linkat(AT_FDCWD, from, AT_FDCWD, to, 0) != 0)
    unlink(to);
}

/* Directories appear, with a file of two names in them, and disappear. */
static void make_and_remove(struct ground_chance *chance, int number) {
  char path[100];
  char file[120];
  char other[120];
  char name[40];
  snprintf(name, sizeof name, "new%d-%u", number, ground_below(chance, 5));
  place(path, sizeof path, ground_below(chance, DIRECTORIES), name);
  snprintf(file, sizeof file, "%s/file", path);
  snprintf(other, sizeof other, "%s/other", path);
  if (mkdir(path, 0755) == 0) {
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0)
      close(fd);
    if (linkat(AT_FDCWD, file, AT_FDCWD, other, 0) != 0 || symlink("gone", file) != 0)
      return;
  } else {
    unlink(other);
    unlink(file);
    rmdir(path);
  }
}

/* A directory with a directory in it moves about, above and below others. */
static void move_directory(struct ground_chance *chance, uint32_t *at) {
  char old[100];
  char new[100];
  uint32_t to = ground_below(chance, DIRECTORIES);
  place(old, sizeof old, *at, "moving");
  place(new, sizeof new, to, "moving");
  if (rename(old, new) == 0) {
    *at = to;
  } else if (mkdir(old, 0755) == 0) {
    strcat(old, "/below");
    mkdir(old, 0755);
  }
}

static void *write_all_the_time(void *ctx) {
  struct worker *worker = ctx;
  struct ground_chance chance = {.state = (uint64_t)worker->number};
  uint32_t at[INSIDE];
  uint32_t moving = 0;
  for (uint32_t i = 0; i < INSIDE; i++)
    at[i] = i;
  while (!atomic_load(worker->stop)) {
    if (worker->number == 0) {
      move_held(&chance, at);
    } else if (worker->number == 1) {
      make_and_remove(&chance, worker->number);
    } else if (worker->number == 2) {
      move_directory(&chance, &moving);
      link_and_unlink(&chance, worker->number);
    } else {
      link_and_unlink(&chance, worker->number);
      make_and_remove(&chance, worker->number);
    }
  }
  return NULL;
}

/* ---------------------------------------------------------------- readers */

static bool is_done(enum nlink_status status) {
  return status == NLINK_OK || status == NLINK_PARTIAL;
}

struct sight {
  atomic_int fixed;
  atomic_int names;
};

static bool see(const struct nlink_walk_entry *entry, void *ctx) {
  struct sight *sight = ctx;
  char path[4096];
  atomic_fetch_add(&sight->names, 1);
  if (strcmp(entry->name, "fixed") == 0)
    atomic_fetch_add(&sight->fixed, 1);
  return nlink_walk_path(path, sizeof path, entry) < sizeof path;
}

/* What stays where it is is seen exactly once, whatever happens around it. */
static void walk(struct worker *worker, unsigned flags) {
  struct nlink_error error;
  struct nlink_scope scope = {.size = sizeof scope, .threads = 4};
  struct sight sight = {0};
  enum nlink_status status = nlink_walk_each(NLINK_CWD, &root, 1, &scope, flags, see, &sight, &error);
  expect(worker, is_done(status), "walk_each: the result");
  expect(worker, atomic_load(&sight.fixed) == DIRECTORIES, "walk_each: a name that stays");
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry;
  struct sight ordered = {0};
  expect(worker, nlink_walk_open(&walk, NLINK_CWD, &root, 1, NULL, flags, &error) == NLINK_OK, "walk_open");
  while ((status = nlink_walk_next(walk, &entry, &error)) == NLINK_OK)
    see(entry, &ordered);
  nlink_walk_close(walk);
  expect(worker, status == NLINK_END || status == NLINK_PARTIAL, "walk_next: the result");
  expect(worker, atomic_load(&ordered.fixed) == DIRECTORIES, "walk_next: a name that stays");
}

/* One name is outside always: all were never found. */
static void find_names(struct worker *worker) {
  struct nlink_error error;
  struct nlink_names *names = NULL;
  const char *const paths[] = {"outside/held", "tree/d0/shared"};
  const struct nlink_names_entry *entry;
  struct nlink_names_options options = {
      .size = sizeof options, .roots = &root, .root_count = 1, .soft = worker->number == 1};
  struct nlink_scope scope = {.size = sizeof scope, .threads = 3};
  enum nlink_status status = nlink_names_open(&names, NLINK_CWD, paths, 2, &options, &scope, &error);
  expect(worker, status == NLINK_PARTIAL, "names: complete");
  if (status < 0)
    return;
  const struct nlink_names_file *held = nlink_names_file(names, 0);
  expect(worker, held->stat.link_count == INSIDE + 1, "names: the count");
  expect(worker, held->absence != NLINK_ABSENCE_NONE && held->text[0] != '\0', "names: no reason");
  uint64_t told = 0;
  while (nlink_names_next(names, &entry) == NLINK_OK)
    told += entry->file == 0 && !entry->soft;
  expect(worker, told == held->found, "names: not what was told");
  nlink_names_close(names);
}

/* The same for what a deletion frees: the large file is never in it. */
static void ask_space(struct worker *worker) {
  struct nlink_error error;
  struct nlink_space *space = NULL;
  const struct nlink_space_row *row;
  const struct nlink_space_group *group;
  const struct nlink_space_holder *holder;
  const char *const paths[] = {root, "tree/d1", root};
  struct nlink_space_options options = {
      .size = sizeof options, .depth = 5, .groups = 10, .holders = worker->number == 1};
  const char *const around = ".";
  options.around = &around;
  options.around_count = 1;
  struct nlink_scope scope = {.size = sizeof scope, .threads = 3};
  enum nlink_status status = nlink_space_open(&space, NLINK_CWD, paths, 3, &options, &scope, &error);
  expect(worker, is_done(status), "space: the result");
  if (status < 0)
    return;
  while (nlink_space_next(space, &row) == NLINK_OK) {
    expect(worker, row->freed_bytes < HELD_BYTES, "space: a row that frees what is held");
    expect(worker, row->once_bytes == row->freed_bytes + row->held_bytes, "space: a sum");
  }
  expect(worker, nlink_space_set(space)->freed_bytes < HELD_BYTES, "space: together they free what is held");
  for (size_t i = 0; i < 3; i++)
    expect(worker, nlink_space_oldest(space, i) < HELD_BYTES, "space: the oldest free what is held");
  while (nlink_space_next_group(space, &group) == NLINK_OK)
    expect(worker, group->names != NULL && group->name_count > 0, "space: a group without names");
  while (nlink_space_next_holder(space, &holder) == NLINK_OK)
    expect(worker, holder->inside != NULL, "space: a holder of nothing");
  nlink_space_close(space);
}

static void run_check(struct worker *worker) {
  struct nlink_error error;
  struct nlink_check *check = NULL;
  const struct nlink_finding *finding;
  enum nlink_status status = nlink_check_open(&check, NLINK_CWD, &root, 1, NULL, NULL, &error);
  expect(worker, is_done(status), "check: the result");
  if (status < 0)
    return;
  bool broken = false;
  while (nlink_check_next(check, &finding) == NLINK_OK)
    broken |= finding->kind == NLINK_FINDING_DANGLES && strcmp(finding->path, "tree/d1/broken") == 0;
  expect(worker, broken, "check: a soft link that stays");
  nlink_check_close(check);
}

static void *look_again_and_again(void *ctx) {
  struct worker *worker = ctx;
  for (int i = 0; i < ROUNDS; i++) {
    walk(worker, i % 2 == 0 ? NLINK_STAT : 0);
    find_names(worker);
    ask_space(worker);
    run_check(worker);
  }
  return NULL;
}

static void all_at_once(void **state) {
  (void)state;
  struct worker workers[WRITERS + READERS];
  atomic_bool stop = false;
  make_tree();
  for (int i = 0; i < WRITERS + READERS; i++) {
    bool writes = i < WRITERS;
    workers[i] = (struct worker){.number = writes ? i : i - WRITERS, .stop = &stop};
    assert_int_equal(pthread_create(&workers[i].thread, NULL,
                                    writes ? write_all_the_time : look_again_and_again, &workers[i]),
                     0);
  }
  for (int i = WRITERS; i < WRITERS + READERS; i++)
    assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
  atomic_store(&stop, true);
  for (int i = 0; i < WRITERS; i++)
    assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
  for (int i = WRITERS; i < WRITERS + READERS; i++) {
    if (workers[i].wrong > 0)
      fail_msg("%d times: %s", workers[i].wrong, workers[i].what);
  }
  assert_true(ground_link_count("outside/held") == INSIDE + 1);
}

/* ---------------------------------------------------------------- a count that changes */

/*
 * All names of a file are inside, and one more comes and goes, outside: whatever is claimed has to be true of some
 * moment. Where all names were found the count was INSIDE, where not it was one more.
 */
static void *come_and_go(void *ctx) {
  struct worker *worker = ctx;
  while (!atomic_load(worker->stop)) {
    if (link("tree/d0/file", "outside/file") != 0 || unlink("outside/file") != 0)
      worker->wrong++;
  }
  return NULL;
}

static void a_count_that_changes(void **state) {
  (void)state;
  atomic_bool stop = false;
  struct worker writer = {.stop = &stop};
  struct worker reader = {.number = 0};
  ground_directory("tree");
  ground_directory("tree/d0");
  ground_directory("outside");
  ground_file("tree/d0/file", "contents");
  for (uint32_t i = 1; i < INSIDE; i++) {
    char path[100];
    snprintf(path, sizeof path, "tree/d0/file%u", i);
    ground_link("tree/d0/file", path);
  }
  assert_int_equal(pthread_create(&writer.thread, NULL, come_and_go, &writer), 0);
  for (int i = 0; i < MANY; i++) {
    struct nlink_error error;
    struct nlink_names *names = NULL;
    const char *const file = "tree/d0/file";
    struct nlink_names_options options = {.size = sizeof options, .roots = &root, .root_count = 1};
    enum nlink_status status = nlink_names_open(&names, NLINK_CWD, &file, 1, &options, NULL, &error);
    expect(&reader, is_done(status), "names: the result");
    const struct nlink_names_file *found = nlink_names_file(names, 0);
    expect(&reader, found != NULL && found->found == INSIDE, "names: those that stay");
    expect(&reader, (status == NLINK_OK) == (found != NULL && found->absence == NLINK_ABSENCE_NONE),
           "names: the reason");
    nlink_names_close(names);
    struct nlink_space *space = NULL;
    expect(&reader, is_done(nlink_space_open(&space, NLINK_CWD, &root, 1, NULL, NULL, &error)),
           "space: the result");
    const struct nlink_space_row *row = nlink_space_set(space);
    expect(&reader, row->files == 1 && row->names == INSIDE, "space: what is there");
    expect(&reader, row->outside_names <= 1 && row->held_files <= 1, "space: what is held");
    nlink_space_close(space);
  }
  atomic_store(&stop, true);
  assert_int_equal(pthread_join(writer.thread, NULL), 0);
  if (reader.wrong > 0)
    fail_msg("%d times: %s", reader.wrong, reader.what);
  assert_int_equal(writer.wrong, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(all_at_once),
      TEST(a_count_that_changes),
  };
  return GROUND_RUN("changing_tree", tests);
}
