/*
 * lie.c - a link() and a linkat() that answer as if they had failed
 *
 * Loaded before libc. NLINK_TEST_LIE is the error number. The link is made all the same: so NFS asks again when
 * an answer was lost, and is told that the name exists, and some desktop's file server says EIO for a link that
 * it has made. With NLINK_TEST_REFUSE it is not made.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int linkat(int src_dir, const char *src, int dst_dir, const char *dst, int flags) {
  const char *lie = getenv("NLINK_TEST_LIE");
  if (getenv("NLINK_TEST_REFUSE") == NULL && syscall(SYS_linkat, src_dir, src, dst_dir, dst, flags) != 0)
    return -1;
  if (lie == NULL)
    return 0;
  errno = atoi(lie);
  return -1;
}

int link(const char *src, const char *dst) {
  return linkat(AT_FDCWD, src, AT_FDCWD, dst, 0);
}
