/*
 * test_os_leases.c - what a read lease vouches for, and that its signal reaches nobody
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "can.h"
#include "ground.h"

static struct nl_os_guard *guard;

static int setup(void **state) {
  int bad = ground_setup(state);
  return bad == 0 ? nl_os_guard_open(&guard) : bad;
}

static void end_guard(void) {
  nl_os_guard_close(guard);
  guard = NULL;
}

static int teardown(void **state) {
  end_guard();
  return ground_teardown(state);
}

/* A new file "a", opened and leased; -1 = leases cannot be had here. */
static int leased(void) {
  int fd = -1;
  ground_file("a", "old");
  assert_int_equal(nl_os_open_file(&fd, NLINK_CWD, "a"), 0);
  int sys = nl_os_lease(fd, guard);
  if (sys != 0) {
    nl_os_close(fd);
    fd = -1;
  }
  return can("leases", sys) ? fd : -1;
}

/* What a child's function returns, which it has run; signals end it as they would end any program. */
static int in_child(int (*run)(void *ctx), void *ctx) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0)
    _exit(run(ctx));
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Open and close at once, without waiting; the error number. */
static int open_other(const char *path, int flags) {
  int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);
  int sys = fd < 0 ? errno : 0;
  nl_os_close(fd);
  return sys;
}

static int open_to_write(void *ctx) {
  return open_other(ctx, O_WRONLY);
}

static int open_to_read(void *ctx) {
  return open_other(ctx, O_RDONLY);
}

static void granted(void **state) {
  (void)state;
  int fd = leased();
  if (fd < 0)
    return;
  assert_true(nl_os_lease_holds(fd));
  assert_int_equal(in_child(open_to_read, (void *)(uintptr_t) "a"), 0);
  assert_true(nl_os_lease_holds(fd));
  nl_os_lease_end(fd);
  assert_false(nl_os_lease_holds(fd));
  assert_int_equal(in_child(open_to_write, (void *)(uintptr_t) "a"), 0);
  nl_os_close(fd);
}

static void ends_with_the_descriptor(void **state) {
  (void)state;
  int fd = leased();
  nl_os_close(fd);
  if (fd >= 0)
    assert_int_equal(open_other("a", O_WRONLY), 0);
}

/* What we do to the names ourselves takes no lease away. */
static void names_may_change(void **state) {
  (void)state;
  int fd = leased();
  if (fd < 0)
    return;
  ground_file("b", "new");
  assert_int_equal(nl_os_link_fd(fd, NLINK_CWD, "c"), 0);
  assert_int_equal(nl_os_exchange(NLINK_CWD, "a", "b"), 0);
  assert_int_equal(nl_os_rename(NLINK_CWD, "c", "d"), 0);
  assert_int_equal(nl_os_unlink(NLINK_CWD, "d"), 0);
  assert_true(nl_os_lease_holds(fd));
  nl_os_close(fd);
}

static void refused_while_open_for_writing(void **state) {
  (void)state;
  int fd = leased();
  if (fd < 0)
    return;
  nl_os_lease_end(fd);
  ground_link("a", "other name");
  int writer = open("other name", O_WRONLY | O_CLOEXEC);
  assert_true(writer >= 0);
  assert_int_equal(nl_os_status(nl_os_lease(fd, guard)), NLINK_TRY_AGAIN);
  assert_false(nl_os_lease_holds(fd));
  close(writer);
  assert_int_equal(nl_os_lease(fd, guard), 0);
  nl_os_close(fd);
}

static void refused_while_mapped_for_writing(void **state) {
  (void)state;
  int fd = leased();
  if (fd < 0)
    return;
  nl_os_lease_end(fd);
  int writer = open("a", O_RDWR | O_CLOEXEC);
  void *mapping = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
  assert_ptr_not_equal(mapping, MAP_FAILED);
  close(writer);
  assert_int_equal(nl_os_status(nl_os_lease(fd, guard)), NLINK_TRY_AGAIN);
  munmap(mapping, 1);
  assert_int_equal(nl_os_lease(fd, guard), 0);
  nl_os_close(fd);
}

static void broken_through_another_name(void **state) {
  (void)state;
  int fd = leased();
  if (fd < 0)
    return;
  ground_link("a", "other name");
  assert_int_equal(in_child(open_to_write, (void *)(uintptr_t) "other name"), EWOULDBLOCK);
  assert_false(nl_os_lease_holds(fd));
  nl_os_lease_end(fd);
  assert_int_equal(in_child(open_to_write, (void *)(uintptr_t) "other name"), 0);
  nl_os_close(fd);
}

static void broken_by_truncation(void **state) {
  (void)state;
  int fd = leased();
  if (fd < 0)
    return;
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0)
    _exit(truncate("a", 0) == 0 ? 0 : 1);
  while (nl_os_lease_holds(fd))
    sched_yield();
  assert_true(ground_holds("a", "old"));
  nl_os_lease_end(fd);
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_true(ground_holds("a", ""));
  nl_os_close(fd);
}

/* The one way around a lease: to be opened only for reading, and to be emptied by that. Only the file itself tells it. */
static void emptied_by_a_reader(void **state) {
  (void)state;
  int fd = leased();
  if (fd < 0)
    return;
  struct nlink_stat before = {0};
  struct nlink_stat after = {0};
  assert_int_equal(nl_os_stat_fd(&before, fd), 0);
  (void)open_other("a", O_RDONLY | O_TRUNC);
  assert_int_equal(nl_os_stat_fd(&after, fd), 0);
  assert_true(!nl_os_lease_holds(fd) || (before.size_bytes == 3 && after.size_bytes == 0));
  nl_os_close(fd);
}

/* A program with signals as they are by default: its lease is broken, and it comes to its end. */
static int lose_a_lease(void *ctx) {
  bool has_guard = *(bool *)ctx;
  int fd = -1;
  struct nl_os_guard *own = NULL;
  sigset_t none;
  signal(SIGIO, SIG_DFL);
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, NULL) != 0 || nl_os_guard_open(&own) != 0 ||
      nl_os_open_file(&fd, NLINK_CWD, "a") != 0)
    return 2;
  if (has_guard ? nl_os_lease(fd, own) != 0 : fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
    return 3;
  if (in_child(open_to_write, (void *)(uintptr_t) "a") != EWOULDBLOCK || nl_os_lease_holds(fd))
    return 4;
  nl_os_guard_close(own); /* the signal goes with its thread, and its lease outlives it */
  nl_os_close(fd);
  return 1;
}

static void its_signal_reaches_nobody(void **state) {
  (void)state;
  int fd = leased();
  nl_os_close(fd);
  if (fd < 0)
    return;
  end_guard(); /* a child of several threads starts none (as the thread sanitizer has it) */
  bool has_guard = true;
  assert_int_equal(in_child(lose_a_lease, &has_guard), 1);
  has_guard = false; /* and that this would be seen */
  assert_int_equal(in_child(lose_a_lease, &has_guard), 128 + SIGIO);
}

struct lost {
  bool has_guard;
  int answer;
};

/* Also where it is another thread that takes the lease: all of them share the process's signals. */
static void run_lost(void *ctx, unsigned member) {
  struct lost *lost = ctx;
  if (member == 1)
    lost->answer = lose_a_lease(&lost->has_guard);
}

static int lose_in_a_thread(void *ctx) {
  (void)ctx;
  struct lost lost = {.has_guard = true};
  struct nl_os_team *team = NULL;
  if (nl_os_team_open(&team, 2, run_lost, &lost) != 0 || !nl_os_team_more(team))
    return 5;
  nl_os_team_close(team);
  return lost.answer;
}

static void its_signal_reaches_no_thread(void **state) {
  (void)state;
  int fd = leased();
  nl_os_close(fd);
  end_guard();
  if (fd >= 0)
    assert_int_equal(in_child(lose_in_a_thread, NULL), 1);
}

/* Who was held up goes on with the file that it had found under the name, and that has to be the old one. */
static void who_is_held_up_keeps_the_old_file(void **state) {
  (void)state;
  int fd = leased();
  if (fd < 0)
    return;
  ground_file("b", "new");
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    int late = open("a", O_WRONLY | O_TRUNC | O_CLOEXEC);
    _exit(late >= 0 && write(late, "late", 4) == 4 ? 0 : 1);
  }
  while (nl_os_lease_holds(fd))
    sched_yield();
  assert_int_equal(nl_os_exchange(NLINK_CWD, "a", "b"), 0);
  assert_true(ground_holds("b", "old"));
  nl_os_lease_end(fd);
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_true(ground_holds("a", "new"));
  assert_true(ground_holds("b", "late"));
  nl_os_close(fd);
}

static int lease_as_another(void *ctx) {
  int fd = -1;
  struct nl_os_guard *own = NULL;
  (void)ctx;
  if (setgid(65534) != 0 || setuid(65534) != 0 || nl_os_open_file(&fd, NLINK_CWD, "a") != 0 ||
      nl_os_guard_open(&own) != 0)
    return 255;
  int sys = nl_os_lease(fd, own);
  nl_os_guard_close(own);
  nl_os_close(fd);
  return sys;
}

static void refused_for_files_of_others(void **state) {
  (void)state;
  if (geteuid() != 0)
    ground_skip("becoming another user needs root");
  int fd = leased();
  nl_os_close(fd);
  end_guard();
  if (fd >= 0)
    assert_int_equal(nl_os_status(in_child(lease_as_another, NULL)), NLINK_DENIED);
}

static void refused_for_directories(void **state) {
  (void)state;
  int fd = -1;
  assert_int_equal(nl_os_open_to_read(&fd, NLINK_CWD, ".", false), 0);
  enum nlink_status status = nl_os_status(nl_os_lease(fd, guard));
  assert_true(status == NLINK_INVALID || status == NLINK_NOT_SUPPORTED);
  assert_false(nl_os_lease_holds(fd));
  nl_os_close(fd);
}

static void many_guards(void **state) {
  (void)state;
  nl_os_guard_close(NULL);
  for (int i = 0; i < 200; i++) {
    struct nl_os_guard *one = NULL;
    assert_int_equal(nl_os_guard_open(&one), 0);
    nl_os_guard_close(one);
  }
}

static void guards_fail(void **state) {
  (void)state;
  const unsigned kinds = 1u << NL_FAULT_LOOK | 1u << NL_FAULT_ALLOC;
  long k = 0;
  for (long count = 0; count >= k;) {
    k++;
    struct nl_os_guard *one = NULL;
    nl_fault_begin(&(struct nl_fault_plan){.kinds = kinds, .k = k, .sys = EMFILE});
    int sys = nl_os_guard_open(&one);
    count = nl_fault_count();
    nl_fault_begin(NULL);
    assert_true(k > count ? sys == 0 : sys == EOPNOTSUPP || sys == ENOMEM);
    nl_os_guard_close(one);
  }
  assert_true(k > 3);
}

/* A lease that cannot be asked about does not hold. */
static void asking_fails(void **state) {
  (void)state;
  int fd = leased();
  if (fd < 0)
    return;
  nl_fault_begin(&(struct nl_fault_plan){.kinds = 1u << NL_FAULT_LOOK, .k = 1, .sys = EIO});
  bool holds = nl_os_lease_holds(fd);
  nl_fault_begin(NULL);
  assert_false(holds);
  assert_true(nl_os_lease_holds(fd));
  nl_os_close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(granted),
      TEST(ends_with_the_descriptor),
      TEST(names_may_change),
      TEST(refused_while_open_for_writing),
      TEST(refused_while_mapped_for_writing),
      TEST(broken_through_another_name),
      TEST(broken_by_truncation),
      TEST(emptied_by_a_reader),
      TEST(its_signal_reaches_nobody),
      TEST(its_signal_reaches_no_thread),
      TEST(who_is_held_up_keeps_the_old_file),
      TEST(refused_for_files_of_others),
      TEST(refused_for_directories),
      TEST(many_guards),
      TEST(guards_fail),
      TEST(asking_fails),
  };
  return GROUND_RUN("os leases", tests);
}
