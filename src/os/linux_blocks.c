/*
 * linux_blocks.c - where a file's bytes lie, and files that share blocks
 *
 * The structures are the kernel's, spelled out: not every libc comes with the kernel's headers.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "os/os.h"

#include <errno.h>
#include <sys/ioctl.h>

/* ---------------------------------------------------------------- extents */

enum { BATCH = 64, SYNC_FIRST = 1 };

/* What is told of an extent: FIEMAP_EXTENT_*. */
enum {
  LAST = 0x0001,
  UNKNOWN = 0x0002,
  NOT_ALLOCATED = 0x0004, /* still in memory only */
  ENCODED = 0x0008,       /* compressed, say */
  ENCRYPTED = 0x0080,
  NOT_ALIGNED = 0x0100,
  INLINE = 0x0200, /* lies among metadata */
  TAIL = 0x0400,   /* lies in a block with those of other files */
  UNWRITTEN = 0x0800,
  SHARED = 0x2000,
  NOT_PLAIN = UNKNOWN | NOT_ALLOCATED | ENCODED | ENCRYPTED | NOT_ALIGNED | INLINE | TAIL | UNWRITTEN
};

/* struct fiemap_extent */
struct extent {
  uint64_t at;
  uint64_t physical;
  uint64_t length;
  uint64_t reserved[2];
  uint32_t flags;
  uint32_t more_reserved[3];
};

/* struct fiemap; the extents follow it. */
struct map {
  uint64_t at;
  uint64_t length;
  uint32_t flags;
  uint32_t mapped; /* out: how many extents came */
  uint32_t room;   /* for so many */
  uint32_t reserved;
};

_Static_assert(sizeof(struct extent) == 56, "the kernel writes 56 bytes");
_Static_assert(sizeof(struct map) == 32, "the kernel reads 32 bytes");

struct batch {
  struct map map;
  struct extent extents[BATCH];
};

static int read_map(struct batch *batch, int fd, uint64_t at) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "fiemap");
  batch->map = (struct map){.at = at, .length = UINT64_MAX - at, .flags = SYNC_FIRST, .room = BATCH};
  return ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 'f', 11, sizeof batch->map), batch) == 0 ? 0 : errno;
}

int nl_os_each_extent(int fd, bool (*take)(void *ctx, const struct nl_os_extent *extent), void *ctx) {
  struct batch batch = {0};
  for (uint64_t at = 0;;) {
    int sys = read_map(&batch, fd, at);
    if (sys != 0)
      return sys;
    const struct extent *last = NULL;
    for (uint32_t i = 0; i < batch.map.mapped && i < BATCH; i++) {
      last = &batch.extents[i];
      const struct nl_os_extent extent = {
          .at = last->at,
          .physical = last->physical,
          .length = last->length,
          .shared = (last->flags & SHARED) != 0,
          .plain = (last->flags & NOT_PLAIN) == 0,
      };
      if (!take(ctx, &extent))
        return 0;
    }
    if (last == NULL || (last->flags & LAST) != 0 || last->at + last->length <= at)
      return 0;
    at = last->at + last->length;
  }
}

/* ---------------------------------------------------------------- sharing */

/* struct file_dedupe_range with one struct file_dedupe_range_info */
struct share {
  uint64_t from_at;
  uint64_t length;
  uint16_t files;
  uint16_t reserved;
  uint32_t more_reserved;
  int64_t to;
  uint64_t to_at;
  uint64_t done;
  int32_t answer; /* 0 = equal, 1 = a byte differs, below 0 = an error number */
  uint32_t unused;
};

_Static_assert(sizeof(struct share) == 56, "the kernel reads 24 bytes and 32 for each file");

int nl_os_share(uint64_t *shared, bool *equal, int from, int to, uint64_t at, uint64_t count) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "share");
  const uint64_t most = (uint64_t)16 << 20; /* what the kernel does in one call */
  struct share share = {
      .from_at = at, .length = count < most ? count : most, .files = 1, .to = to, .to_at = at};
  *shared = 0;
  *equal = true;
  if (ioctl(from, _IOC(_IOC_READ | _IOC_WRITE, 0x94, 54, 24), &share) != 0)
    return errno;
  if (share.answer < 0)
    return -share.answer;
  *equal = share.answer == 0;
  *shared = *equal ? share.done : 0;
  return 0;
}
