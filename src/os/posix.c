/*
 * posix.c - what all POSIX systems share
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The house's word for the current directory as the system's; no code at all where the two are one. */
static int at(int dir) {
  return dir == NLINK_CWD ? AT_FDCWD : dir;
}

NL_ANY_POINTER int nl_os_link(int src_dir, const char *src, int dst_dir, const char *dst, bool follow) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "linkat");
  return linkat(at(src_dir), src, at(dst_dir), dst, follow ? AT_SYMLINK_FOLLOW : 0) == 0 ? 0 : errno;
}

NL_ANY_POINTER int nl_os_symlink(const char *target, int dir, const char *name) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "symlinkat");
  return symlinkat(target, at(dir), name) == 0 ? 0 : errno;
}

NL_ANY_POINTER int nl_os_readlink(char *target, size_t size, int dir, const char *path) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "readlinkat");
  if (size > INT_MAX) /* more would be a negative number to the system, and no soft link is so long */
    size = INT_MAX;
  ssize_t length = readlinkat(at(dir), path, target, size);
  if (length < 0)
    return errno;
  if ((size_t)length >= size)
    return ERANGE;
  target[length] = '\0';
  return 0;
}

NL_ANY_POINTER int nl_os_unlink(int dir, const char *name) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "unlinkat");
  return unlinkat(at(dir), name, 0) == 0 ? 0 : errno;
}

int nl_os_rename(int dir, const char *from, const char *to) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "renameat");
  return renameat(at(dir), from, at(dir), to) == 0 ? 0 : errno;
}

void nl_os_close(int fd) {
  if (fd >= 0)
    close(fd);
}

int nl_os_each_name(int dir, const char *path, bool (*take)(const char *name, void *ctx), void *ctx) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "opendir");
  int fd = openat(at(dir), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return errno;
  DIR *names = fdopendir(fd);
  if (names == NULL) {
    int sys = errno;
    close(fd);
    return sys;
  }
  int sys = 0;
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(names);
    if (entry == NULL) {
      sys = errno;
      break;
    }
    bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (!is_dots && !take(entry->d_name, ctx))
      break;
  }
  closedir(names);
  return sys;
}

int nl_os_may(int dir, const char *path, unsigned rights, bool follow) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "faccessat");
  int mode = ((rights & NL_OS_MAY_READ) != 0 ? R_OK : 0) | ((rights & NL_OS_MAY_WRITE) != 0 ? W_OK : 0) |
             ((rights & NL_OS_MAY_SEARCH) != 0 ? X_OK : 0);
  int flags = AT_EACCESS | (follow ? 0 : AT_SYMLINK_NOFOLLOW);
#ifdef AT_EMPTY_PATH
  flags |= path[0] == '\0' ? AT_EMPTY_PATH : 0;
#endif
  return faccessat(at(dir), path, mode, flags) == 0 ? 0 : errno;
}

/* ---------------------------------------------------------------- error numbers */

/* Every error number that a call of ours is known to give: number, the house's word. */
#define NL_ERRNO_MAP(X)                                                                                      \
  X(EINVAL, INVALID)                                                                                         \
  X(ENOMEM, NO_MEMORY)                                                                                       \
  X(EEXIST, EXISTS)                                                                                          \
  X(ENOTEMPTY, EXISTS)                                                                                       \
  X(ENOENT, NOT_FOUND)                                                                                       \
  X(ENOTDIR, NOT_DIRECTORY)                                                                                  \
  X(EISDIR, IS_DIRECTORY)                                                                                    \
  X(EACCES, DENIED)                                                                                          \
  X(EPERM, NOT_PERMITTED)                                                                                    \
  X(EXDEV, CROSS_DEVICE)                                                                                     \
  X(EMLINK, TOO_MANY_LINKS)                                                                                  \
  X(ELOOP, SYMLINK_LOOP)                                                                                     \
  X(ENAMETOOLONG, NAME_TOO_LONG)                                                                             \
  X(ENOSPC, NO_SPACE)                                                                                        \
  X(EDQUOT, QUOTA)                                                                                           \
  X(EROFS, READ_ONLY)                                                                                        \
  X(EIO, IO)                                                                                                 \
  X(EBADF, BAD_DESCRIPTOR)                                                                                   \
  X(EFAULT, BAD_POINTER)                                                                                     \
  X(EOPNOTSUPP, NOT_SUPPORTED)                                                                               \
  X(ENOSYS, NOT_SUPPORTED)                                                                                   \
  X(ENOTTY, NOT_SUPPORTED)                                                                                   \
  X(EINTR, INTERRUPTED)                                                                                      \
  X(EAGAIN, TRY_AGAIN)                                                                                       \
  X(EBUSY, BUSY)                                                                                             \
  X(ETXTBSY, BUSY)                                                                                           \
  X(EOVERFLOW, OVERFLOW)                                                                                     \
  X(ERANGE, TOO_SMALL)                                                                                       \
  X(ENXIO, FAILED)                                                                                           \
  X(ENODEV, FAILED)                                                                                          \
  X(EFBIG, FAILED)                                                                                           \
  X(EMFILE, FAILED)                                                                                          \
  X(ENFILE, FAILED)                                                                                          \
  X(ESTALE, FAILED)                                                                                          \
  X(ETIMEDOUT, FAILED)                                                                                       \
  X(ENOTCONN, FAILED)                                                                                        \
  X(ECONNABORTED, FAILED)                                                                                    \
  X(EHOSTDOWN, FAILED)                                                                                       \
  X(ENODATA, FAILED)

enum nlink_status nl_os_status(int sys) {
  switch (sys) {
  case 0:
    return NLINK_OK;
#define NL_ERRNO_STATUS(number, status)                                                                      \
  case number:                                                                                               \
    return NLINK_##status;
    NL_ERRNO_MAP(NL_ERRNO_STATUS)
#undef NL_ERRNO_STATUS
  default:
    return NLINK_FAILED;
  }
}

const char *nlink_errno_name(int sys) {
  switch (sys) {
#define NL_ERRNO_NAME(number, status)                                                                        \
  case number:                                                                                               \
    return #number;
    NL_ERRNO_MAP(NL_ERRNO_NAME)
#undef NL_ERRNO_NAME
  default:
    return "";
  }
}

int nl_os_number(enum nlink_status status) {
  switch (status) {
  case NLINK_ESCAPES:
    return EXDEV; /* what openat2() answers */
  case NLINK_LAST_NAME:
    return EPERM;
  case NLINK_NOT_SYMLINK:
    return EINVAL;
#define NL_STATUS_ERRNO(number, name)                                                                        \
  if (status == NLINK_##name)                                                                                \
    return number;
  default:
    NL_ERRNO_MAP(NL_STATUS_ERRNO)
#undef NL_STATUS_ERRNO
    return 0;
  }
}

const char *nl_os_error_text(char *out, size_t size, int sys) {
#if defined(__GLIBC__)
  const char *text =
      strerrordesc_np(sys); /* not translated, takes no lock, and never fails on a known number */
  snprintf(out, size, "%s", text != NULL ? text : "unknown error");
#else
  if (strerror_r(sys, out, size) != 0)
    snprintf(out, size, "unknown error");
#endif
  return out;
}
