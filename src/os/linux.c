/*
 * linux.c - what Linux answers in its own way
 *
 * System calls that a libc may lack (musl 1.2.3 has no statx) are made by number, and structures that grow
 * with the kernel are spelled out here, so that the build depends on neither libc's nor the headers' age.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "os/linux.h"
#include "base/fault.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---------------------------------------------------------------- names */

NL_ANY_POINTER int nl_os_link_fd(int fd, int dst_dir, const char *dst) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "linkat-fd");
  if (linkat(fd, "", dst_dir, dst, AT_EMPTY_PATH) == 0)
    return 0;
  /*
   * ENOENT also means: this descriptor was opened under other credentials (across exec, before setuid, or by
   * anyone before Linux 6.10). The way through /proc has no such rule. A wrong dst answers the same there.
   */
  if (errno != ENOENT && errno != EINVAL)
    return errno;
  char path[48];
  snprintf(path, sizeof path, "/proc/thread-self/fd/%d", fd);
  return linkat(AT_FDCWD, path, dst_dir, dst, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

static int rename_with(int dir, const char *from, const char *to, unsigned flags) {
  return syscall(SYS_renameat2, dir, from, dir, to, flags) == 0 ? 0 : errno;
}

int nl_os_rename_new(int dir, const char *from, const char *to) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "rename-new");
  return rename_with(dir, from, to, 1u << 0); /* RENAME_NOREPLACE */
}

int nl_os_exchange(int dir, const char *a, const char *b) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "exchange");
  return rename_with(dir, a, b, 1u << 1); /* RENAME_EXCHANGE */
}

/* ---------------------------------------------------------------- descriptors */

static int open_flags(enum nl_os_open how) {
  switch (how) {
  case NL_OS_NODE:
    return O_PATH | O_NOFOLLOW | O_CLOEXEC;
  case NL_OS_NODE_FOLLOW:
    return O_PATH | O_CLOEXEC;
  case NL_OS_DIRECTORY:
    return O_PATH | O_DIRECTORY | O_CLOEXEC;
  case NL_OS_SUBDIRECTORY:
    break;
  }
  return O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
}

NL_ANY_POINTER int nl_os_open(int *fd, int dir, const char *path, enum nl_os_open how) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "openat");
  int opened = openat(dir, path, open_flags(how));
  if (opened < 0)
    return errno;
  *fd = opened;
  return 0;
}

int nl_os_open_beneath(int *fd, int dir, const char *path, enum nl_os_open how) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "openat2");
  enum { NO_MAGICLINKS = 0x02, BENEATH = 0x08 };
  struct {
    uint64_t flags, mode, resolve;
  } request = {(unsigned)open_flags(how), 0, NO_MAGICLINKS | BENEATH};
  long opened = syscall(SYS_openat2, dir, path, &request, sizeof request);
  if (opened < 0)
    return errno;
  *fd = (int)opened;
  return 0;
}

/* ---------------------------------------------------------------- looking */

static enum nlink_kind kind_of(unsigned mode) {
  switch (mode & S_IFMT) {
  case S_IFREG:
    return NLINK_REGULAR;
  case S_IFDIR:
    return NLINK_DIRECTORY;
  case S_IFLNK:
    return NLINK_SYMLINK;
  case S_IFIFO:
    return NLINK_FIFO;
  case S_IFSOCK:
    return NLINK_SOCKET;
  case S_IFCHR:
    return NLINK_CHARACTER_DEVICE;
  case S_IFBLK:
    return NLINK_BLOCK_DEVICE;
  default:
    return NLINK_KIND_UNKNOWN;
  }
}

/* File systems keep times that 64 bits of nanoseconds do not hold; those become the first or the last that fits. */
static int64_t nanoseconds(int64_t seconds, uint32_t nanoseconds) {
  const int64_t most = INT64_MAX / 1000000000 - 1;
  if (seconds > most)
    return INT64_MAX;
  return seconds < -most ? INT64_MIN + 1 : seconds * 1000000000 + nanoseconds;
}

void nl_linux_stat_from(struct nlink_stat *out, const struct nl_linux_statx *from) {
  *out = (struct nlink_stat){
      .dev = makedev(from->dev_major, from->dev_minor),
      .ino = from->ino,
      .btime_ns = NLINK_TIME_UNKNOWN,
      .link_count = from->nlink,
      .kind = kind_of(from->mode),
      .mode = from->mode & 07777u,
      .uid = from->uid,
      .gid = from->gid,
      .dev_major = from->dev_major,
      .dev_minor = from->dev_minor,
      .rdev_major = from->rdev_major,
      .rdev_minor = from->rdev_minor,
      .size_bytes = from->size,
      .allocated_bytes = from->blocks * 512,
      .atime_ns = nanoseconds(from->atime.seconds, from->atime.nanoseconds),
      .mtime_ns = nanoseconds(from->mtime.seconds, from->mtime.nanoseconds),
      .ctime_ns = nanoseconds(from->ctime.seconds, from->ctime.nanoseconds),
  };
  if ((from->mask & NL_STATX_BTIME) != 0)
    out->btime_ns = nanoseconds(from->btime.seconds, from->btime.nanoseconds);
  if ((from->mask & NL_STATX_MOUNT_ID) != 0)
    out->mount_id = from->mount_id;
  if ((from->mask & NL_STATX_SUBVOLUME) != 0)
    out->subvolume = from->subvolume;
}

static int64_t nanoseconds_of(const struct timespec *time) {
  return nanoseconds(time->tv_sec, (uint32_t)time->tv_nsec);
}

/* For a kernel or a call filter that does not know statx. */
NL_ANY_POINTER static int stat_the_old_way(struct nlink_stat *out, int dir, const char *path, int flags) {
  struct stat from;
  if (fstatat(dir, path, &from, flags) != 0)
    return errno;
  *out = (struct nlink_stat){
      .dev = from.st_dev,
      .ino = from.st_ino,
      .btime_ns = NLINK_TIME_UNKNOWN,
      .link_count = from.st_nlink,
      .kind = kind_of(from.st_mode),
      .mode = from.st_mode & 07777u,
      .uid = from.st_uid,
      .gid = from.st_gid,
      .dev_major = major(from.st_dev),
      .dev_minor = minor(from.st_dev),
      .rdev_major = major(from.st_rdev),
      .rdev_minor = minor(from.st_rdev),
      .size_bytes = (uint64_t)from.st_size,
      .allocated_bytes = (uint64_t)from.st_blocks * 512,
      .atime_ns = nanoseconds_of(&from.st_atim),
      .mtime_ns = nanoseconds_of(&from.st_mtim),
      .ctime_ns = nanoseconds_of(&from.st_ctim),
  };
  return 0;
}

enum { FORCE_SYNC = 0x2000 }; /* AT_STATX_FORCE_SYNC */

static int stat_with(struct nlink_stat *out, int dir, const char *path, int flags) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "statx");
  struct nl_linux_statx from;
  unsigned mask = NL_STATX_BASIC | NL_STATX_BTIME | NL_STATX_MOUNT_ID | NL_STATX_SUBVOLUME;
  /* As stat() does, and statx() without the flag does not: looking at a name mounts nothing. */
  flags |= AT_NO_AUTOMOUNT;
  if (syscall(SYS_statx, dir, path, flags, mask, &from) == 0) {
    nl_linux_stat_from(out, &from);
    return 0;
  }
  return errno == ENOSYS ? stat_the_old_way(out, dir, path, flags & ~FORCE_SYNC) : errno;
}

int nl_os_stat(struct nlink_stat *out, int dir, const char *path, bool follow) {
  return stat_with(out, dir, path, follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

int nl_os_stat_fd(struct nlink_stat *out, int fd) {
  return stat_with(out, fd, "", AT_EMPTY_PATH);
}

int nl_os_stat_fresh(struct nlink_stat *out, int fd) {
  return stat_with(out, fd, "", AT_EMPTY_PATH | FORCE_SYNC);
}

static int look_the_old_way(struct nl_os_look *out, int dir, const char *name, int flags) {
  struct nlink_stat stat;
  int sys = stat_the_old_way(&stat, dir, name, flags);
  if (sys == 0)
    *out = (struct nl_os_look){.dev = stat.dev,
                               .ino = stat.ino,
                               .size_bytes = stat.size_bytes,
                               .allocated_bytes = stat.allocated_bytes,
                               .atime_ns = stat.atime_ns,
                               .mtime_ns = stat.mtime_ns,
                               .ctime_ns = stat.ctime_ns,
                               .btime_ns = stat.btime_ns,
                               .uid = stat.uid,
                               .gid = stat.gid,
                               .link_count = (uint32_t)stat.link_count,
                               .kind = stat.kind,
                               .mode = stat.mode};
  return sys;
}

int nl_os_look(struct nl_os_look *out, int dir, const char *name) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "statx");
  struct nl_linux_statx from;
  bool itself = *name == '\0';
  int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (itself ? AT_EMPTY_PATH : 0);
  if (syscall(SYS_statx, dir, name, flags, itself ? NL_STATX_BASIC | NL_STATX_BTIME : NL_STATX_BASIC,
              &from) != 0)
    return errno == ENOSYS ? look_the_old_way(out, dir, name, flags) : errno;
  *out = (struct nl_os_look){
      .dev = makedev(from.dev_major, from.dev_minor),
      .ino = from.ino,
      .size_bytes = from.size,
      .allocated_bytes = from.blocks * 512,
      .atime_ns = nanoseconds(from.atime.seconds, from.atime.nanoseconds),
      .mtime_ns = nanoseconds(from.mtime.seconds, from.mtime.nanoseconds),
      .ctime_ns = nanoseconds(from.ctime.seconds, from.ctime.nanoseconds),
      .btime_ns = (from.mask & NL_STATX_BTIME) != 0 ? nanoseconds(from.btime.seconds, from.btime.nanoseconds)
                                                    : NLINK_TIME_UNKNOWN,
      .uid = from.uid,
      .gid = from.gid,
      .link_count = from.nlink,
      .kind = kind_of(from.mode),
      .mode = from.mode & 07777u,
  };
  return 0;
}

int nl_os_directory_path(char *out, size_t size, int dir) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "getcwd");
  if (dir == NLINK_CWD)
    return getcwd(out, size) == NULL ? errno : out[0] == '/' ? 0 : ENOENT;
  char path[48];
  snprintf(path, sizeof path, "/proc/thread-self/fd/%d", dir);
  struct nlink_stat by_fd = {0};
  struct nlink_stat by_path = {0};
  int sys = nl_os_stat_fd(&by_fd, dir);
  if (sys == 0)
    sys = by_fd.kind == NLINK_DIRECTORY ? nl_os_readlink(out, size, NLINK_CWD, path) : ENOTDIR;
  if (sys != 0)
    return sys;
  /* The text can be a lie: "(deleted)", or a path of another root. What it leads to decides. */
  if (nl_os_stat(&by_path, NLINK_CWD, out, true) != 0)
    return ENOENT;
  return nl_os_is_same(&by_fd, &by_path) ? 0 : ENOENT;
}

int nl_os_random(void *out, size_t size) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "getrandom");
  return getrandom(out, size, 0) == (ssize_t)size ? 0 : EIO;
}
