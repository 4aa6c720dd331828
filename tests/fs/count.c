/*
 * count.c - a system that tells wrong numbers of names
 *
 * Loaded into a file system's server before libc: every file that is no directory has NLINK_TEST_COUNT names.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What programs that were built against older C libraries call. */
int __fxstat64(int version, int fd, struct stat64 *out);
int __lxstat64(int version, const char *path, struct stat64 *out);

static int tell(int result, struct stat64 *out) {
  const char *count = getenv("NLINK_TEST_COUNT");
  if (result == 0 && count != NULL && !S_ISDIR(out->st_mode))
    out->st_nlink = (nlink_t)strtoul(count, NULL, 10);
  return result;
}

static int look(int dir, const char *path, struct stat64 *out, int flags) {
  int (*real)(int, const char *, struct stat64 *, int);
  *(void **)&real = dlsym(RTLD_NEXT, "fstatat64");
  return tell(real(dir, path, out, flags), out);
}

int fstatat64(int dir, const char *path, struct stat64 *out, int flags) {
  return look(dir, path, out, flags);
}

int lstat64(const char *path, struct stat64 *out) {
  return look(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

int fstat64(int fd, struct stat64 *out) {
  return look(fd, "", out, AT_EMPTY_PATH);
}

int __lxstat64(int version, const char *path, struct stat64 *out) {
  (void)version;
  return lstat64(path, out);
}

int __fxstat64(int version, int fd, struct stat64 *out) {
  (void)version;
  return fstat64(fd, out);
}
