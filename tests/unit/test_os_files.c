/*
 * test_os_files.c - contents and attributes of files, as the system gives and takes them
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "can.h"
#include "ground.h"

static int created(const char *path, const void *bytes, size_t count) {
  int fd = -1;
  assert_int_equal(nl_os_create(&fd, NLINK_CWD, path), 0);
  assert_int_equal(nl_os_write(fd, bytes, count), 0);
  return fd;
}

static struct nl_os_look look(const char *name) {
  struct nl_os_look at = {0};
  assert_int_equal(nl_os_look(&at, NLINK_CWD, name), 0);
  return at;
}

/* ---------------------------------------------------------------- opening, reading, writing */

static void opens_files_only(void **state) {
  (void)state;
  int fd = -1;
  ground_file("a", "text");
  ground_symlink("a", "s");
  assert_int_equal(mkfifo("p", 0600), 0);
  assert_int_equal(nl_os_open_file(&fd, NLINK_CWD, "s"), ELOOP);
  assert_int_equal(nl_os_open_file(&fd, NLINK_CWD, "none"), ENOENT);
  assert_int_equal(fd, -1);
  /* Nobody writes to the pipe: it would be waited for without end. */
  assert_int_equal(nl_os_open_file(&fd, NLINK_CWD, "p"), 0);
  nl_os_close(fd);
  int dir = -1;
  assert_int_equal(nl_os_open(&dir, NLINK_CWD, ".", NL_OS_DIRECTORY), 0);
  assert_int_equal(nl_os_open_file(&fd, dir, "a"), 0);
  assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  nl_os_close(fd);
  nl_os_close(dir);
}

static int read_as_another(void) {
  int fd = -1;
  char room[8];
  size_t got = 0;
  bool done = setgid(65534) == 0 && setuid(65534) == 0 && nl_os_open_file(&fd, NLINK_CWD, "a") == 0 &&
              nl_os_read(&got, fd, room, sizeof room, 0) == 0 && got == 4;
  return done ? 0 : 1;
}

/* Only an owner may ask for atime to be left alone. */
static void reads_files_of_others(void **state) {
  (void)state;
  if (geteuid() != 0)
    ground_skip("becoming another user needs root");
  ground_file("a", "text");
  assert_int_equal(chmod("a", 0644), 0);
  pid_t child = fork();
  if (child == 0)
    _exit(read_as_another());
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

static void reading_leaves_no_trace(void **state) {
  (void)state;
  ground_file("a", "text");
  assert_int_equal(nl_os_set_times_of(NLINK_CWD, "a", 1000, 2000), 0);
  int fd = -1;
  char room[8];
  size_t got = 9;
  assert_int_equal(nl_os_open_file(&fd, NLINK_CWD, "a"), 0);
  nl_os_will_read(fd, 0, UINT64_C(1) << 40);
  assert_int_equal(nl_os_read(&got, fd, room, 2, 0), 0);
  assert_int_equal(got, 2);
  assert_memory_equal(room, "te", 2);
  assert_int_equal(nl_os_read(&got, fd, room, sizeof room, 1), 0);
  assert_int_equal(got, 3);
  assert_memory_equal(room, "ext", 3);
  assert_int_equal(nl_os_read(&got, fd, room, sizeof room, 4), 0);
  assert_int_equal(got, 0);
  assert_int_equal(nl_os_read(&got, fd, room, 0, 0), 0);
  assert_int_equal(got, 0);
  nl_os_close(fd);
  nl_os_will_read(-1, 0, 1);
  assert_int_equal(nl_os_read(&got, -1, room, 1, 0), EBADF);
  if (can_perhaps("noatime"))
    assert_true(look("a").atime_ns == 1000);
}

static void creates_and_appends(void **state) {
  (void)state;
  mode_t mask = umask(0);
  int fd = created("a", "one", 3);
  umask(mask);
  assert_int_equal(look("a").mode, 0600);
  int other = -1;
  assert_int_equal(nl_os_create(&other, NLINK_CWD, "a"), EEXIST);
  ground_symlink("nowhere", "s");
  assert_int_equal(nl_os_create(&other, NLINK_CWD, "s"), EEXIST);
  assert_int_equal(nl_os_open_to_append(&other, NLINK_CWD, "s"), ELOOP);
  assert_int_equal(nl_os_open_to_append(&other, NLINK_CWD, "b"), ENOENT);
  assert_int_equal(nl_os_open_to_append(&other, NLINK_CWD, "a"), 0);
  assert_int_equal(nl_os_write(other, "two", 3), 0);
  assert_int_equal(nl_os_write(other, "", 0), 0);
  assert_true(ground_holds("a", "onetwo"));
  assert_int_equal(nl_os_resize(other, 4), 0);
  assert_int_equal(nl_os_write(other, "more", 4), 0);
  assert_true(ground_holds("a", "onetmore"));
  assert_int_equal(nl_os_resize(fd, UINT64_C(5) << 30), 0);
  assert_true(look("a").size_bytes == UINT64_C(5) << 30);
  nl_os_close(fd);
  nl_os_close(other);
  int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full >= 0)
    assert_int_equal(nl_os_write(full, "x", 1), ENOSPC);
  nl_os_close(full);
}

static void syncs(void **state) {
  (void)state;
  int fd = created("a", "text", 4);
  assert_int_equal(nl_os_sync_data(fd), 0);
  assert_int_equal(nl_os_sync_fs(fd), 0);
  nl_os_close(fd);
  assert_int_equal(nl_os_open_to_read(&fd, NLINK_CWD, ".", false), 0);
  assert_int_equal(nl_os_sync_data(fd), 0);
  assert_int_equal(nl_os_sync_fs(fd), 0);
  nl_os_close(fd);
  /* A directory that is open only to resolve names in. */
  int files = ground_open_files();
  assert_int_equal(nl_os_open(&fd, NLINK_CWD, ".", NL_OS_DIRECTORY), 0);
  assert_int_equal(nl_os_sync_fs(fd), 0);
  nl_os_close(fd);
  assert_int_equal(ground_open_files(), files);
  assert_int_equal(nl_os_sync_fs(-1), EBADF);
}

static void locks(void **state) {
  (void)state;
  int one = created("a", "", 0);
  int two = -1;
  assert_int_equal(nl_os_open_to_append(&two, NLINK_CWD, "a"), 0);
  assert_int_equal(nl_os_lock(one), 0);
  assert_int_equal(nl_os_lock(one), 0);
  assert_int_equal(nl_os_status(nl_os_lock(two)), NLINK_BUSY);
  nl_os_close(one);
  assert_int_equal(nl_os_lock(two), 0);
  nl_os_close(two);
}

static void makes_directories(void **state) {
  (void)state;
  assert_int_equal(nl_os_make_directory(NLINK_CWD, "d"), 0);
  assert_int_equal(look("d").mode, 0700);
  assert_int_equal(nl_os_make_directory(NLINK_CWD, "d"), EEXIST);
  assert_int_equal(nl_os_make_directory(NLINK_CWD, "x/y"), ENOENT);
}

/* ---------------------------------------------------------------- copying */

enum { HOLE = 1 << 20, LONG = 3 * HOLE + 5 };

/* Data, a hole, data, a hole, and an end that is no whole block. */
static int sparse(const char *path) {
  char *bytes = malloc(HOLE);
  assert_non_null(bytes);
  for (size_t i = 0; i < HOLE; i++)
    bytes[i] = (char)(i % 251 + 1);
  int fd = created(path, bytes, 65536);
  assert_int_equal(pwrite(fd, bytes, 100000, HOLE), 100000);
  assert_int_equal(pwrite(fd, "end!!", 5, LONG - 5), 5);
  free(bytes);
  assert_int_equal(nl_os_sync_data(fd), 0);
  return fd;
}

static bool equal(int a, int b) {
  size_t room = LONG + 10;
  unsigned char *bytes = malloc(2 * room);
  assert_non_null(bytes);
  size_t count_a = 0;
  size_t count_b = 0;
  assert_int_equal(nl_os_read(&count_a, a, bytes, room, 0), 0);
  assert_int_equal(nl_os_read(&count_b, b, bytes + room, room, 0), 0);
  bool same = count_a == count_b && memcmp(bytes, bytes + room, count_a) == 0;
  free(bytes);
  return same;
}

static const char *const no_clone[] = {"clone", NULL};
static const char *const no_copy_range[] = {"clone", "copy-range", NULL};
static const char *const *const absences[] = {NULL, no_clone, no_copy_range};

static void copies(void **state) {
  (void)state;
  int from = sparse("a");
  uint64_t allocated = look("a").allocated_bytes;
  for (size_t i = 0; i < sizeof absences / sizeof absences[0]; i++) {
    int to = created("b", "", 0);
    struct nl_fault_plan plan = {.absent = absences[i], .absent_sys = EOPNOTSUPP};
    nl_fault_begin(&plan);
    int sys = nl_os_copy(from, to, LONG);
    nl_fault_begin(NULL);
    assert_int_equal(sys, 0);
    assert_true(look("b").size_bytes == LONG);
    assert_true(equal(from, to));
    assert_int_equal(nl_os_sync_data(to), 0);
    if (allocated < 2 * HOLE && can_perhaps("holes"))
      assert_true(look("b").allocated_bytes < 2 * HOLE);
    nl_os_close(to);
    assert_int_equal(nl_os_unlink(NLINK_CWD, "b"), 0);
  }
  nl_os_close(from);
}

static void copies_as_much_as_asked(void **state) {
  (void)state;
  int from = sparse("a");
  for (size_t i = 0; i < sizeof absences / sizeof absences[0]; i++) {
    static const uint64_t sizes[] = {0, 1, 65536, HOLE, HOLE + 17, LONG - 2};
    for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
      int to = created("b", "", 0);
      struct nl_fault_plan plan = {.absent = absences[i], .absent_sys = EXDEV};
      nl_fault_begin(&plan);
      int sys = nl_os_copy(from, to, sizes[j]);
      nl_fault_begin(NULL);
      assert_int_equal(sys, 0);
      assert_true(look("b").size_bytes == sizes[j]);
      nl_os_close(to);
      assert_int_equal(nl_os_unlink(NLINK_CWD, "b"), 0);
    }
  }
  nl_os_close(from);
}

/* Each call fails once, or from then on: what is answered is a failure, or the copy is whole. */
static void copying_fails(void **state) {
  (void)state;
  int from = sparse("a");
  for (size_t i = 0; i < sizeof absences / sizeof absences[0]; i++) {
    for (unsigned sticky = 0; sticky < 2; sticky++) {
      long k = 0;
      for (long count = 1; count >= k; k++) {
        int to = created("b", "", 0);
        struct nl_fault_plan plan = {.kinds =
                                         1u << NL_FAULT_LOOK | 1u << NL_FAULT_CHANGE | 1u << NL_FAULT_ALLOC,
                                     .k = k + 1,
                                     .sys = ENOSPC,
                                     .sticky = sticky != 0,
                                     .absent = absences[i],
                                     .absent_sys = EOPNOTSUPP};
        nl_fault_begin(&plan);
        int sys = nl_os_copy(from, to, LONG);
        count = nl_fault_count();
        nl_fault_begin(NULL);
        assert_true(sys == ENOSPC || sys == ENOMEM || (sys == 0 && equal(from, to)));
        nl_os_close(to);
        assert_int_equal(nl_os_unlink(NLINK_CWD, "b"), 0);
      }
      assert_true(k > 2);
    }
  }
  nl_os_close(from);
}

static void sees_what_became_shorter(void **state) {
  (void)state;
  int from = created("a", "text", 4);
  for (size_t i = 0; i < sizeof absences / sizeof absences[0]; i++) {
    int to = created("b", "", 0);
    struct nl_fault_plan plan = {.absent = absences[i], .absent_sys = EOPNOTSUPP};
    nl_fault_begin(&plan);
    int sys = nl_os_copy(from, to, 9);
    nl_fault_begin(NULL);
    assert_int_equal(nl_os_status(sys), NLINK_TRY_AGAIN);
    nl_os_close(to);
    assert_int_equal(nl_os_unlink(NLINK_CWD, "b"), 0);
  }
  nl_os_close(from);
}

/* ---------------------------------------------------------------- attributes */

static void tells_extended_attributes(void **state) {
  (void)state;
  int fd = created("a", "", 0);
  char names[256];
  char value[16];
  size_t length = 0;
  int sys = nl_os_set_xattr(fd, "user.one", "value", 5);
  if (sys != 0) {
    assert_int_equal(nl_os_xattr_names(&length, fd, names, sizeof names), 0);
    assert_int_equal(length, 0);
    nl_os_close(fd);
  }
  if (!can("xattrs", sys))
    return;
  assert_int_equal(nl_os_set_xattr(fd, "user.one", "other", 5), 0);
  assert_int_equal(nl_os_set_xattr(fd, "user.nothing", "", 0), 0);
  assert_int_equal(nl_os_xattr_names(&length, fd, names, sizeof names), 0);
  size_t whole = length;
  assert_true(whole >= sizeof "user.one" + sizeof "user.nothing");
  unsigned found = 0;
  for (size_t at = 0; at < length; at += strlen(names + at) + 1)
    found += strcmp(names + at, "user.one") == 0 || strcmp(names + at, "user.nothing") == 0;
  assert_int_equal(found, 2);
  for (size_t room = 0; room < whole; room++) {
    assert_int_equal(nl_os_status(nl_os_xattr_names(&length, fd, names, room)), NLINK_TOO_SMALL);
    assert_int_equal(length, whole);
  }
  assert_int_equal(nl_os_xattr(&length, fd, "user.one", value, sizeof value), 0);
  assert_int_equal(length, 5);
  assert_memory_equal(value, "other", 5);
  for (size_t room = 0; room < 5; room++) {
    assert_int_equal(nl_os_status(nl_os_xattr(&length, fd, "user.one", value, room)), NLINK_TOO_SMALL);
    assert_int_equal(length, 5);
  }
  assert_int_equal(nl_os_xattr(&length, fd, "user.nothing", value, 0), 0);
  assert_int_equal(length, 0);
  assert_int_equal(nl_os_xattr(&length, fd, "user.none", value, sizeof value), ENODATA);
  nl_os_close(fd);
}

static void tells_access_control_lists(void **state) {
  (void)state;
  /* Version 2; the owner, the user 1, the group, the mask, all others: tag, rights, id, little-endian. */
  static const unsigned char list[] = {2,    0, 0, 0,                         /**/
                                       1,    0, 6, 0, 0xff, 0xff, 0xff, 0xff, /**/
                                       2,    0, 4, 0, 1,    0,    0,    0,    /**/
                                       4,    0, 4, 0, 0xff, 0xff, 0xff, 0xff, /**/
                                       0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /**/
                                       0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
  int fd = created("a", "", 0);
  unsigned char value[64];
  char names[256];
  size_t length = 0;
  int sys = nl_os_set_xattr(fd, "system.posix_acl_access", list, sizeof list);
  if (sys != 0)
    nl_os_close(fd);
  if (!can("acls", sys))
    return;
  assert_int_equal(nl_os_xattr_names(&length, fd, names, sizeof names), 0);
  bool found = false;
  for (size_t at = 0; at < length; at += strlen(names + at) + 1)
    found = found || strcmp(names + at, "system.posix_acl_access") == 0;
  assert_true(found);
  assert_int_equal(nl_os_xattr(&length, fd, "system.posix_acl_access", value, sizeof value), 0);
  assert_int_equal(length, sizeof list);
  assert_memory_equal(value, list, sizeof list);
  nl_os_close(fd);
}

static void sets_owner_mode_and_times(void **state) {
  (void)state;
  const int64_t early = -1500000000; /* 1969-12-31 23:59:58.5 */
  bool is_root = geteuid() == 0;
  uint32_t uid = is_root ? 12 : (uint32_t)geteuid();
  uint32_t gid = is_root ? 34 : (uint32_t)getegid();
  int fd = created("a", "", 0);
  ground_symlink("a", "s");
  assert_int_equal(nl_os_set_owner(fd, uid, gid), 0);
  assert_int_equal(nl_os_set_mode(fd, 04751), 0);
  assert_int_equal(nl_os_set_times(fd, early, 1700000000123456789), 0);
  nl_os_close(fd);
  struct nl_os_look at = look("a");
  assert_int_equal(at.uid, uid);
  assert_int_equal(at.gid, gid);
  assert_int_equal(at.mode, 04751);
  assert_true(at.atime_ns == early);
  assert_true(at.mtime_ns == 1700000000123456789);
  assert_int_equal(nl_os_set_owner_of(NLINK_CWD, "s", uid, gid), 0);
  assert_int_equal(nl_os_set_times_of(NLINK_CWD, "s", 1, 2000000003), 0);
  assert_int_equal(nl_os_set_times_of(NLINK_CWD, "s", NLINK_TIME_UNKNOWN, 2000000004), 0);
  at = look("s");
  assert_int_equal(at.uid, uid);
  assert_int_equal(at.gid, gid);
  if (can_perhaps("times"))
    assert_true(at.mtime_ns == 2000000004);
  assert_true(look("a").mtime_ns == 1700000000123456789);
}

/* What a walk asks for says the same as what a stat does. */
static void looks_as_stat_does(void **state) {
  (void)state;
  ground_file("a", "text");
  ground_symlink("a", "s");
  ground_directory("d");
  static const char *const names[] = {"a", "s", "d"};
  for (size_t i = 0; i < 3; i++) {
    struct nlink_stat stat = {0};
    struct nl_os_look at = look(names[i]);
    assert_int_equal(nl_os_stat(&stat, NLINK_CWD, names[i], false), 0);
    assert_true(at.dev == stat.dev && at.ino == stat.ino && at.size_bytes == stat.size_bytes);
    assert_true(at.atime_ns == stat.atime_ns && at.mtime_ns == stat.mtime_ns && at.ctime_ns == stat.ctime_ns);
    assert_true(at.uid == stat.uid && at.gid == stat.gid && at.mode == stat.mode && at.kind == stat.kind);
  }
}

/* A page that a sync has cleaned: where mtime is said to tell of a write to it, it does. */
static void mapped_writes_are_told(void **state) {
  (void)state;
  struct nl_os_fs fs;
  int fd = created("a", "text", 4);
  assert_int_equal(nl_os_fs(&fs, fd), 0);
  char *mapping = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  nl_os_close(fd);
  assert_ptr_not_equal(mapping, MAP_FAILED);
  int (*const ways[])(int fd) = {nl_os_settle, nl_os_sync_data, nl_os_sync_fs};
  for (unsigned turn = 0; turn < 3; turn++) {
    mapping[0]++; /* from now on it can be written without anybody being asked */
    assert_int_equal(nl_os_set_times_of(NLINK_CWD, "a", 1000, 1000), 0);
    assert_int_equal(nl_os_open_file(&fd, NLINK_CWD, "a"), 0);
    assert_int_equal(ways[turn](fd), 0);
    nl_os_close(fd);
    mapping[1]++;
    if (fs.tells_mapped_writes)
      assert_true(look("a").mtime_ns != 1000);
  }
  munmap(mapping, 4);
}

/* ---------------------------------------------------------------- this machine */

static void finds_the_state_directory(void **state) {
  (void)state;
  static const struct {
    const char *xdg, *home, *answer;
  } rows[] = {
      {"/state", "/users/me", "/state"},
      {"relative", "/users/me", "/users/me/.local/state"},
      {"", "/users/me", "/users/me/.local/state"},
      {NULL, "/users/me", "/users/me/.local/state"},
      {NULL, "relative", NULL},
      {NULL, "", NULL},
      {NULL, NULL, NULL},
  };
  char out[4096];
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    rows[i].xdg != NULL ? setenv("XDG_STATE_HOME", rows[i].xdg, 1) : unsetenv("XDG_STATE_HOME");
    rows[i].home != NULL ? setenv("HOME", rows[i].home, 1) : unsetenv("HOME");
    int sys = nl_os_state_directory(out, sizeof out);
    if (rows[i].answer != NULL) {
      assert_int_equal(sys, 0);
      assert_string_equal(out, rows[i].answer);
    } else if (sys == 0) { /* the list of users knows */
      assert_int_equal(out[0], '/');
      assert_string_equal(out + strlen(out) - strlen("/.local/state"), "/.local/state");
    } else {
      assert_int_equal(sys, ENOENT);
    }
  }
  setenv("XDG_STATE_HOME", "/state", 1);
  assert_int_equal(nl_os_state_directory(out, sizeof "/state"), 0);
  assert_int_equal(nl_os_status(nl_os_state_directory(out, sizeof "/state" - 1)), NLINK_TOO_SMALL);
}

static void knows_time_and_boot(void **state) {
  (void)state;
  char boot[40];
  char again[40];
  int64_t before = nl_os_wall_ns();
  nl_os_boot(boot);
  nl_os_boot(again);
  assert_string_equal(boot, again);
  assert_true(strlen(boot) == 36 || boot[0] == '\0');
  assert_true(before > 1700000000000000000 && nl_os_wall_ns() >= before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(opens_files_only),
      TEST(reads_files_of_others),
      TEST(reading_leaves_no_trace),
      TEST(creates_and_appends),
      TEST(syncs),
      TEST(locks),
      TEST(makes_directories),
      TEST(copies),
      TEST(copies_as_much_as_asked),
      TEST(copying_fails),
      TEST(sees_what_became_shorter),
      TEST(tells_extended_attributes),
      TEST(tells_access_control_lists),
      TEST(sets_owner_mode_and_times),
      TEST(mapped_writes_are_told),
      TEST(looks_as_stat_does),
      TEST(finds_the_state_directory),
      TEST(knows_time_and_boot),
  };
  return GROUND_RUN("os files", tests);
}
