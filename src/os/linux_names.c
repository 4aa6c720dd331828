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

#include <dirent.h>
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

int nl_os_read_entries(size_t *used, int fd, void *room, size_t room_bytes) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "getdents");
  long got = syscall(SYS_getdents64, fd, room, room_bytes);
  if (got < 0)
    return errno;
  *used = (size_t)got;
  return 0;
}

static bool is_dots(const char *name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static enum nlink_kind kind_of(uint8_t type) {
  static const enum nlink_kind kinds[] = {
      [DT_FIFO] = NLINK_FIFO,        [DT_CHR] = NLINK_CHARACTER_DEVICE, [DT_DIR] = NLINK_DIRECTORY,
      [DT_BLK] = NLINK_BLOCK_DEVICE, [DT_REG] = NLINK_REGULAR,          [DT_LNK] = NLINK_SYMLINK,
      [DT_SOCK] = NLINK_SOCKET,
  };
  return type < sizeof kinds / sizeof *kinds ? kinds[type] : NLINK_KIND_UNKNOWN;
}

bool nl_os_next_entry(struct nl_os_entry *out, const void *room, size_t used, size_t *at) {
  while (*at < used) {
    const struct record *record = (const struct record *)(const void *)((const char *)room + *at);
    *at += record->length;
    if (is_dots(record->name))
      continue;
    *out = (struct nl_os_entry){record->name, strlen(record->name), record->ino, kind_of(record->type)};
    return true;
  }
  return false;
}

int nl_os_read_names(int fd, void *room, size_t room_bytes, nl_os_take_name *take, void *ctx) {
  for (;;) {
    size_t used = 0;
    int sys = nl_os_read_entries(&used, fd, room, room_bytes);
    if (sys != 0 || used == 0)
      return sys;
    struct nl_os_entry entry;
    for (size_t at = 0; nl_os_next_entry(&entry, room, used, &at);)
      if (!take(ctx, entry.name, entry.length))
        return 0;
  }
}
