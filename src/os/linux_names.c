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
#include <sys/vfs.h>
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

int nl_os_tells_numbers(bool *tells, int fd) {
  /* Those of which it is known. What is put together of others (overlays), served (FUSE, networks), or has no
     numbers of its own (FAT) may tell one here and another there. */
  static const uint32_t known[] = {
      0xef53 /* ext2, 3, 4 */,   0x58465342 /* xfs */,   0x9123683e /* btrfs */,    0x01021994 /* tmpfs */,
      0xf2f52010 /* f2fs */,     0x2fc12fc1 /* zfs */,   0xca451a4e /* bcachefs */, 0x3434 /* nilfs2 */,
      0x73717368 /* squashfs */, 0xe0f5e1e2 /* erofs */, 0x858458f6 /* ramfs */,    0x52654973 /* reiserfs */,
      0x3153464a /* jfs */,      0x137f /* minix */,     0x138f /* minix */,        0x2468 /* minix 2 */,
      0x2478 /* minix 2 */,      0x4d5a /* minix 3 */,   0x24051905 /* ubifs */,    0x72b6 /* jffs2 */,
  };
  NL_FAULT_SYS(NL_FAULT_LOOK, "statfs");
  struct statfs fs;
  if (fstatfs(fd, &fs) != 0)
    return errno;
  *tells = false;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    *tells = *tells || (uint32_t)fs.f_type == known[i];
  return 0;
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
