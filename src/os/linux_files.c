/*
 * linux_files.c - a file as a copy of another, and a file system brought to the disk
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "base/memory.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int nl_os_sync_fs(int fd) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "syncfs");
  if (syncfs(fd) == 0)
    return 0;
  if (errno != EBADF)
    return errno;
  /* A directory that was opened only to resolve names in. */
  int directory = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0)
    return errno;
  int sys = syncfs(directory) == 0 ? 0 : errno;
  close(directory);
  return sys;
}

/* Without a flush of the disk's own cache, nor a commit of metadata: for a file with nothing to write it costs nothing. */
int nl_os_settle(int fd) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "settle");
  const unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  return sync_file_range(fd, 0, 0, all) == 0 ? 0 : errno;
}

/* Share all blocks at once: FICLONE. */
static int clone_file(int from, int to) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "clone");
  return ioctl(to, _IOC(_IOC_WRITE, 0x94, 9, sizeof(int)), from) == 0 ? 0 : errno;
}

/* One step of a copy, inside the system; *done = 0 where the file ends. */
static int copy_inside(size_t *done, int from, int to, uint64_t at, uint64_t count) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "copy-range");
  const size_t most = (size_t)1 << 30;
  int64_t read_at = (int64_t)at;
  int64_t write_at = (int64_t)at;
  long copied;
  do
    copied =
        syscall(SYS_copy_file_range, from, &read_at, to, &write_at, count < most ? (size_t)count : most, 0u);
  while (copied < 0 && errno == EINTR);
  if (copied < 0)
    return errno;
  *done = (size_t)copied;
  return 0;
}

static int write_at(int fd, const unsigned char *bytes, size_t count, uint64_t at) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "copy-write");
  while (count > 0) {
    ssize_t piece = pwrite(fd, bytes, count, (off_t)at);
    if (piece < 0 && errno != EINTR)
      return errno;
    if (piece == 0)
      return EIO;
    if (piece > 0) {
      bytes += piece;
      count -= (size_t)piece;
      at += (uint64_t)piece;
    }
  }
  return 0;
}

static int copy_by_hand(int from, int to, uint64_t at, uint64_t end) {
  const size_t room = (size_t)256 << 10;
  unsigned char *bytes = nl_alloc(room);
  if (bytes == NULL)
    return ENOMEM;
  int sys = 0;
  while (sys == 0 && at < end) {
    size_t got = 0;
    sys = nl_os_read(&got, from, bytes, end - at < room ? (size_t)(end - at) : room, at);
    if (sys == 0 && got == 0)
      sys = EAGAIN; /* it has become shorter */
    if (sys == 0)
      sys = write_at(to, bytes, got, at);
    at += got;
  }
  nl_free(bytes);
  return sys;
}

/* The bytes from @p at to @p end. Whatever the system refuses to copy inside itself is tried by hand. */
static int copy_piece(int from, int to, uint64_t at, uint64_t end) {
  while (at < end) {
    size_t done = 0;
    if (copy_inside(&done, from, to, at, end - at) != 0 || done == 0)
      return copy_by_hand(from, to, at, end);
    at += done;
  }
  return 0;
}

/* Where data begins from @p at on, and where it ends; a file system that cannot tell has nothing but data. */
static bool find_data(uint64_t *begin, uint64_t *end, int fd, uint64_t at, uint64_t size_bytes) {
  off_t data = lseek(fd, (off_t)at, SEEK_DATA);
  if (data < 0 && errno == ENXIO)
    return false;
  if (data < 0)
    data = (off_t)at;
  off_t hole = lseek(fd, data, SEEK_HOLE);
  *begin = (uint64_t)data;
  *end = hole <= data || (uint64_t)hole > size_bytes ? size_bytes : (uint64_t)hole;
  return *begin < size_bytes;
}

/* Behind the end of a file nothing but a hole is found: whether there is an end by now has to be asked. */
static int find_long_enough(int fd, uint64_t size_bytes) {
  struct nlink_stat at = {0};
  int sys = nl_os_stat_fd(&at, fd);
  if (sys != 0)
    return sys;
  return at.size_bytes < size_bytes ? EAGAIN : 0;
}

int nl_os_copy(int from, int to, uint64_t size_bytes) {
  bool is_cloned = clone_file(from, to) == 0;
  int sys = nl_os_resize(to, size_bytes);
  uint64_t at = 0;
  uint64_t end = 0;
  while (sys == 0 && !is_cloned && at < size_bytes && find_data(&at, &end, from, at, size_bytes)) {
    sys = copy_piece(from, to, at, end);
    at = end;
  }
  return sys == 0 ? find_long_enough(from, size_bytes) : sys;
}
