/*
 * posix_files.c - the contents of files, and what stands beside them: owner, mode, times
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The house's word for the current directory as the system's; no code at all where the two are one. */
static int where(int dir) {
  return dir == NLINK_CWD ? AT_FDCWD : dir;
}

/* ---------------------------------------------------------------- contents */

/* Anything but a regular file may stand there by now: a pipe must not make us wait, nor a terminal become ours. */
int nl_os_open_file(int *fd, int dir, const char *path) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "open-file");
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  int opened;
#if defined(O_NOATIME)
  /* Who does not own the file may not read it without leaving a trace, and reads it all the same. */
  opened = openat(where(dir), path, flags | O_NOATIME);
  if (opened < 0 && errno == EPERM)
#endif
    opened = openat(where(dir), path, flags);
  if (opened < 0)
    return errno;
  *fd = opened;
  return 0;
}

int nl_os_read(size_t *got, int fd, void *room, size_t count, uint64_t at) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "pread");
  unsigned char *to = room;
  size_t done = 0;
  while (done < count) {
    ssize_t piece = pread(fd, to + done, count - done, (off_t)(at + done));
    if (piece == 0)
      break;
    if (piece > 0)
      done += (size_t)piece;
    else if (errno != EINTR)
      return errno;
  }
  *got = done;
  return 0;
}

static int hint(int fd, uint64_t at, uint64_t count) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "will-read");
  return posix_fadvise(fd, (off_t)at, (off_t)count, POSIX_FADV_WILLNEED);
}

void nl_os_will_read(int fd, uint64_t at, uint64_t count) {
  (void)hint(fd, at, count);
}

static int open_to_change(int *fd, int dir, const char *path, int flags) {
  int opened = openat(where(dir), path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
  if (opened < 0)
    return errno;
  *fd = opened;
  return 0;
}

int nl_os_create(int *fd, int dir, const char *path) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "create");
  return open_to_change(fd, dir, path, O_CREAT | O_EXCL);
}

int nl_os_open_to_append(int *fd, int dir, const char *path) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "open-append");
  return open_to_change(fd, dir, path, O_APPEND);
}

int nl_os_write(int fd, const void *bytes, size_t count) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "write");
  const unsigned char *from = bytes;
  while (count > 0) {
    ssize_t piece = write(fd, from, count);
    if (piece < 0 && errno != EINTR)
      return errno;
    if (piece == 0)
      return EIO;
    if (piece > 0) {
      from += piece;
      count -= (size_t)piece;
    }
  }
  return 0;
}

int nl_os_resize(int fd, uint64_t size_bytes) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "resize");
  while (ftruncate(fd, (off_t)size_bytes) != 0)
    if (errno != EINTR)
      return errno;
  return 0;
}

int nl_os_sync_data(int fd) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "sync-data");
  return fdatasync(fd) == 0 ? 0 : errno;
}

int nl_os_sync(int fd) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "sync");
  return fsync(fd) == 0 ? 0 : errno;
}

int nl_os_lock(int fd) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "lock");
  if (flock(fd, LOCK_EX | LOCK_NB) == 0)
    return 0;
  return errno == EWOULDBLOCK ? EBUSY : errno;
}

int nl_os_make_directory(int dir, const char *path) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "mkdirat");
  return mkdirat(where(dir), path, 0700) == 0 ? 0 : errno;
}

/* ---------------------------------------------------------------- attributes */

int nl_os_set_owner(int fd, uint32_t uid, uint32_t gid) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "fchown");
  return fchown(fd, uid, gid) == 0 ? 0 : errno;
}

int nl_os_set_owner_of(int dir, const char *name, uint32_t uid, uint32_t gid) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "fchownat");
  return fchownat(where(dir), name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

int nl_os_set_mode(int fd, uint32_t mode) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "fchmod");
  return fchmod(fd, (mode_t)mode) == 0 ? 0 : errno;
}

/* Times before 1970 too: the nanoseconds always count forward. */
static struct timespec time_from(int64_t nanoseconds) {
  const int64_t second = 1000000000;
  if (nanoseconds == NLINK_TIME_UNKNOWN)
    return (struct timespec){.tv_nsec = UTIME_OMIT};
  int64_t rest = nanoseconds % second;
  if (rest < 0)
    rest += second;
  return (struct timespec){.tv_sec = (time_t)((nanoseconds - rest) / second), .tv_nsec = (long)rest};
}

int nl_os_set_times(int fd, int64_t atime_ns, int64_t mtime_ns) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "futimens");
  const struct timespec times[2] = {time_from(atime_ns), time_from(mtime_ns)};
  return futimens(fd, times) == 0 ? 0 : errno;
}

int nl_os_set_times_of(int dir, const char *name, int64_t atime_ns, int64_t mtime_ns) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "utimensat");
  const struct timespec times[2] = {time_from(atime_ns), time_from(mtime_ns)};
  return utimensat(where(dir), name, times, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}
