/*
 * linux_names.c - the names in a directory, many with each system call
 *
 * readdir() asks for 32 KiB at a time and copies nothing away; the system call itself takes any buffer, and
 * the caller's can be as large as it likes.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's struct linux_dirent64. */
struct record {
  uint64_t ino;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

int nl_os_open_to_read(int *fd, int dir, const char *path, bool follow) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "opendir");
  int flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  int opened = openat(dir, path, flags);
  if (opened < 0)
    return errno;
  *fd = opened;
  return 0;
}

static int read_some(long *got, int fd, void *room, size_t room_bytes) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "getdents");
  *got = syscall(SYS_getdents64, fd, room, room_bytes);
  return *got < 0 ? errno : 0;
}

static bool is_dots(const char *name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

int nl_os_read_names(int fd, void *room, size_t room_bytes, nl_os_take_name *take, void *ctx) {
  for (;;) {
    long got = 0;
    int sys = read_some(&got, fd, room, room_bytes);
    if (sys != 0 || got == 0)
      return sys;
    for (const char *at = room, *end = at + got; at < end;) {
      const struct record *record = (const struct record *)(const void *)at;
      if (!is_dots(record->name) && !take(ctx, record->name, strlen(record->name)))
        return 0;
      at += record->length;
    }
  }
}
