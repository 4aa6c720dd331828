/*
 * test_act_races.c - another program does something at every moment of the replacing, and nothing of it is lost
 *
 * The work is done over and over. Before its k-th system call, for every k, another program appends to a file, rewrites it
 * in place, through a mapping, or so that neither size nor mtime tell; truncates it; puts another file in its place;
 * moves, removes or links the name; changes its mode or its attributes. What is held up by a lease waits in a thread of
 * its own, as that program would. At the end, under the name that it used, there has to be what it did.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "errand.h"
#include "os/os.h"
#include "safe/act.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { EVENTS = 1u << NL_FAULT_LOOK | 1u << NL_FAULT_CHANGE };

#define BYTES "equal bytes"

static struct nl_act_report report;
static unsigned wrong;

/* ---------------------------------------------------------------- the tree, and the work */

static void build(struct nl_task *task) {
  ground_empty(".");
  ground_directory("d");
  ground_file("a", BYTES);
  ground_file("b", BYTES);
  ground_link("b", "d/b2");
  ground_file("c", BYTES);
  errand_begin(task);
  errand_group(task);
  uint32_t keep = ERRAND_FILE(task, NL_DEED_NONE, NL_TASK_NO_FILE, "a");
  ERRAND_FILE(task, NL_DEED_LINK, keep, "b", "d/b2");
  ERRAND_FILE(task, NL_DEED_LINK, keep, "c");
}

static enum nlink_status act(struct nl_task *task) {
  const struct nlink_apply_options options = {.size = sizeof options, .threads = 1};
  return nl_act_run(&report, task, NULL, &options, NLINK_PHASE_ACTING, NULL);
}

/* ---------------------------------------------------------------- the other program */

struct program {
  const char *what;
  void (*run)(const char *name);  /* what it does */
  bool (*kept)(const char *name); /* whether that is there */
  bool waits;                     /* it opens for writing, and may be held up */
};

static const struct program *program;
static const char *victim;
static atomic_int phase; /* of the thread: 0 = begins, 1 = is about to open, 2 = has done it */
static atomic_int thread_number;
static pthread_t thread;
static bool has_thread;

static int must_open(const char *name, int flags) {
  atomic_store(&phase, 1);
  int fd = open(name, flags | O_CLOEXEC);
  if (fd < 0)
    abort();
  return fd;
}

static void must(bool good) {
  if (!good)
    abort();
}

static void append(const char *name) {
  int fd = must_open(name, O_WRONLY | O_APPEND);
  must(write(fd, "+", 1) == 1);
  close(fd);
}

static bool is_appended(const char *name) {
  return ground_holds(name, BYTES "+");
}

static void rewrite(const char *name) {
  int fd = must_open(name, O_RDWR);
  must(pwrite(fd, "EQUAL", 5, 0) == 5);
  close(fd);
}

static bool is_rewritten(const char *name) {
  return ground_holds(name, "EQUAL bytes");
}

static void rewrite_and_hide(const char *name) {
  int fd = must_open(name, O_RDWR);
  struct stat before;
  must(fstat(fd, &before) == 0 && pwrite(fd, "EQUAL", 5, 0) == 5);
  const struct timespec times[2] = {before.st_atim, before.st_mtim};
  must(futimens(fd, times) == 0);
  close(fd);
}

static void rewrite_by_mapping(const char *name) {
  int fd = must_open(name, O_RDWR);
  char *map = mmap(NULL, 5, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  must(map != MAP_FAILED);
  close(fd);
  memcpy(map, "EQUAL", 5);
  munmap(map, 5);
}

static void cut(const char *name) {
  atomic_store(&phase, 1);
  must(truncate(name, 3) == 0);
}

static bool is_cut(const char *name) {
  return ground_holds(name, "equ");
}

static void open_and_truncate(const char *name) {
  int fd = must_open(name, O_WRONLY | O_TRUNC);
  must(write(fd, "new", 3) == 3);
  close(fd);
}

static bool is_new(const char *name) {
  return ground_holds(name, "new");
}

static void new_file(const char *name, const char *contents) {
  int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  must(fd >= 0 && write(fd, contents, strlen(contents)) == (ssize_t)strlen(contents));
  close(fd);
}

static void replace(const char *name) {
  new_file("other", "new");
  must(rename("other", name) == 0);
}

static void remove_and_create(const char *name) {
  must(unlink(name) == 0);
  new_file(name, "new");
}

static void remove_it(const char *name) {
  must(unlink(name) == 0);
}

static bool is_gone(const char *name) {
  return !ground_exists(name);
}

static void move(const char *name) {
  must(rename(name, "moved") == 0);
}

static bool is_moved(const char *name) {
  return !ground_exists(name) && ground_holds("moved", BYTES);
}

static void move_and_create(const char *name) {
  move(name);
  new_file(name, "new");
}

static bool is_moved_and_new(const char *name) {
  return is_new(name) && ground_holds("moved", BYTES);
}

static void move_and_append(const char *name) {
  must(rename(name, "moved") == 0);
  append("moved");
}

static bool is_moved_and_appended(const char *name) {
  (void)name;
  return is_appended("moved");
}

static void one_more_name(const char *name) {
  must(link(name, "more") == 0);
}

static bool has_one_more_name(const char *name) {
  return ground_holds("more", BYTES) && ground_holds(name, BYTES);
}

static void change_mode(const char *name) {
  must(chmod(name, 0600) == 0);
}

static bool has_mode(const char *name) {
  struct stat now;
  return stat(name, &now) == 0 && (now.st_mode & 07777) == 0600;
}

static void add_attribute(const char *name) {
  must(setxattr(name, "user.note", "kept", 4, 0) == 0);
}

static bool has_attribute(const char *name) {
  char value[8];
  return getxattr(name, "user.note", value, sizeof value) == 4;
}

static void to_soft_link(const char *name) {
  new_file("target", "new");
  must(symlink("target", "soft") == 0 && rename("soft", name) == 0);
}

static bool is_soft_link(const char *name) {
  char target[NLINK_TARGET_SIZE];
  return nl_os_readlink(target, sizeof target, NLINK_CWD, name) == 0 && strcmp(target, "target") == 0;
}

static const struct program programs[] = {
    {"appends", append, is_appended, true},
    {"rewrites", rewrite, is_rewritten, true},
    {"rewrites and hides it", rewrite_and_hide, is_rewritten, true},
    {"rewrites through a mapping", rewrite_by_mapping, is_rewritten, true},
    {"truncates", cut, is_cut, true},
    {"opens and truncates", open_and_truncate, is_new, true},
    {"moves and appends", move_and_append, is_moved_and_appended, true},
    {"replaces by a rename", replace, is_new, false},
    {"removes and creates", remove_and_create, is_new, false},
    {"removes", remove_it, is_gone, false},
    {"moves", move, is_moved, false},
    {"moves and creates", move_and_create, is_moved_and_new, false},
    {"links", one_more_name, has_one_more_name, false},
    {"changes the mode", change_mode, has_mode, false},
    {"adds an attribute", add_attribute, has_attribute, false},
    {"puts a soft link there", to_soft_link, is_soft_link, false},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void *run_thread(void *ctx) {
  (void)ctx;
  atomic_store(&thread_number, (int)syscall(SYS_gettid));
  program->run(victim);
  atomic_store(&phase, 2);
  return NULL;
}

/* Whether the thread sleeps: it was about to open, and is held up there. */
static bool is_held_up(void) {
  char path[64];
  char text[256] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", atomic_load(&thread_number));
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return false;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  const char *end = length > 0 ? strrchr(text, ')') : NULL;
  return end != NULL && end[2] == 'S' && atomic_load(&phase) == 1;
}

static void let_it_run(void) {
  if (!program->waits) {
    program->run(victim);
    return;
  }
  atomic_store(&phase, 0);
  atomic_store(&thread_number, 0);
  must(pthread_create(&thread, NULL, run_thread, NULL) == 0);
  has_thread = true;
  while (atomic_load(&phase) != 2 && !(atomic_load(&phase) == 1 && is_held_up()))
    sched_yield();
}

static void meanwhile(void *ctx, const char *call) {
  (void)ctx;
  (void)call;
  let_it_run();
}

/* ---------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *contents) {
  for (; *contents != NULL; contents++)
    if (ground_holds(name, *contents))
      return true;
  return false;
}

/* The names that the other program did not touch hold what they held, or what is written to the file they share now. */
static bool others_are_there(void) {
  static const char *const contents[] = {BYTES, BYTES "+", "EQUAL bytes", "equ", "new", NULL};
  static const char *const names[] = {"a", "b", "d/b2", "c"};
  for (size_t i = 0; i < COUNT(names); i++)
    if (strcmp(names[i], victim) != 0 && !is_one_of(names[i], contents))
      return false;
  return true;
}

/* Who writes to a file writes to all of its names; some of them may not have gone to another file meanwhile. */
static bool is_written_to_all_names(void) {
  return !program->waits || strstr(victim, "b") == NULL || !ground_exists(victim) || ground_same("b", "d/b2");
}

static void complain(long k, const char *what) {
  char *picture = ground_picture(false);
  print_error("another program %s %s before call %ld: %s\n%s", program->what, victim, k, what, picture);
  free(picture);
  wrong++;
}

/* One run, in which the program comes before the k-th call; false = there are not so many. */
static bool race(long k) {
  struct nl_task task;
  build(&task);
  const struct nl_fault_plan plan = {.kinds = EVENTS, .k = k, .meanwhile = meanwhile};
  int files = ground_open_files();
  has_thread = false;
  nl_fault_begin(&plan);
  enum nlink_status status = act(&task);
  bool came = nl_fault_count() >= k;
  nl_fault_begin(NULL);
  if (has_thread)
    pthread_join(thread, NULL);
  if (came) {
    if (!program->kept(victim))
      complain(k, "what it did is lost");
    if (!is_written_to_all_names())
      complain(k, "another name of the file has not got it");
    if (!others_are_there())
      complain(k, "another name is lost");
    if (errand_has_litter())
      complain(k, "a temporary name is left");
    if (status != NLINK_OK && status != NLINK_PARTIAL)
      complain(k, nlink_status_name(status));
    if (ground_open_files() != files)
      complain(k, "a descriptor is left open");
  }
  nl_task_fini(&task);
  return came;
}

static void race_each(const char *name, size_t from, size_t to) {
  wrong = 0;
  victim = name;
  for (size_t i = from; i < to; i++) {
    program = &programs[i];
    for (long k = 1; race(k); k++)
      assert_true(k < 1000);
  }
  assert_int_equal(wrong, 0);
}

static void on_a_replaced_file(void **state) {
  (void)state;
  race_each("b", 0, COUNT(programs));
}

static void on_its_other_name(void **state) {
  (void)state;
  race_each("d/b2", 0, COUNT(programs));
}

static void on_the_kept_file(void **state) {
  (void)state;
  race_each("a", 0, COUNT(programs));
}

static void on_the_last_file(void **state) {
  (void)state;
  race_each("c", 0, COUNT(programs));
}

/* ---------------------------------------------------------------- two moments */

static long second_k;
static bool first_came;
static bool second_came;

static void replace_again(void *ctx, const char *call) {
  (void)ctx;
  (void)call;
  new_file("other", "newest");
  must(rename("other", victim) == 0);
  second_came = true;
}

static void replace_and_wait(void *ctx, const char *call) {
  const struct nl_fault_plan plan = {.kinds = EVENTS, .k = second_k, .meanwhile = replace_again};
  (void)ctx;
  (void)call;
  replace(victim);
  first_came = true;
  nl_fault_begin(&plan);
}

/* Two programs put a file there one after the other: the last one's stays, whatever of ours came between. */
static void replaced_twice(void **state) {
  (void)state;
  victim = "b";
  wrong = 0;
  program = &programs[7];
  first_came = true;
  for (long k = 1; first_came; k++) {
    second_came = true;
    for (second_k = 1; second_came; second_k++) {
      struct nl_task task;
      build(&task);
      const struct nl_fault_plan plan = {.kinds = EVENTS, .k = k, .meanwhile = replace_and_wait};
      first_came = second_came = false;
      nl_fault_begin(&plan);
      act(&task);
      nl_fault_begin(NULL);
      if ((second_came && !ground_holds("b", "newest")) ||
          (first_came && !second_came && !ground_holds("b", "new")))
        complain(k, "what was put there is lost");
      char *picture = ground_picture(false);
      if (strstr(picture, ".nlink-") != NULL && report.stuck_names == 0)
        complain(k, "a temporary name is left, and not told");
      free(picture);
      nl_task_fini(&task);
    }
  }
  assert_int_equal(wrong, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  /* In memory a sync costs nothing; the real file systems have tests of their own. */
  if (access("/dev/shm", W_OK) == 0)
    setenv("TMPDIR", "/dev/shm", 0);
  const struct CMUnitTest tests[] = {
      TEST(on_a_replaced_file), TEST(on_its_other_name), TEST(on_the_kept_file),
      TEST(on_the_last_file),   TEST(replaced_twice),
  };
  return GROUND_RUN("act-races", tests);
}
