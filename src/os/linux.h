/*
 * linux.h - what the files of this folder that speak Linux share; nobody else includes it
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_LINUX_H
#define NL_LINUX_H

#include "nlink.h"

struct nl_linux_time {
  int64_t seconds;
  uint32_t nanoseconds;
  int32_t reserved;
};

/* The kernel's struct statx, as of Linux 6.10: 256 bytes on every architecture. */
struct nl_linux_statx {
  uint32_t mask;
  uint32_t block_size;
  uint64_t attributes;
  uint32_t nlink;
  uint32_t uid;
  uint32_t gid;
  uint16_t mode;
  uint16_t spare0;
  uint64_t ino;
  uint64_t size;
  uint64_t blocks;
  uint64_t attributes_mask;
  struct nl_linux_time atime, btime, ctime, mtime;
  uint32_t rdev_major, rdev_minor;
  uint32_t dev_major, dev_minor;
  uint64_t mount_id;
  uint32_t direct_io[2];
  uint64_t subvolume;
  uint64_t spare[11];
};

_Static_assert(sizeof(struct nl_linux_statx) == 256, "the kernel writes 256 bytes");

#define NL_STATX_BASIC     0x07ffu
#define NL_STATX_BTIME     0x0800u
#define NL_STATX_MOUNT_ID  0x1000u
#define NL_STATX_SUBVOLUME 0x8000u

#define NL_STATX_ATTRIBUTE_IMMUTABLE 0x010u
#define NL_STATX_ATTRIBUTE_APPEND    0x020u
#define NL_STATX_ATTRIBUTE_ENCRYPTED 0x800u

/** Turn the kernel's answer into the house's. */
void nl_linux_stat_from(struct nlink_stat *out, const struct nl_linux_statx *from);

#endif
