/*
 * lie.c - a linkat() that makes the link and then answers as if it had failed
 *
 * Loaded before libc. It stands for a server whose answer was lost: NFS asks again and is told that the name
 * exists; some desktop's file server says EIO for a link that it has made. NLINK_TEST_LIE is the error number.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int linkat(int src_dir, const char *src, int dst_dir, const char *dst, int flags) {
  const char *lie = getenv("NLINK_TEST_LIE");
  if (syscall(SYS_linkat, src_dir, src, dst_dir, dst, flags) != 0)
    return -1;
  if (lie == NULL)
    return 0;
  errno = atoi(lie);
  return -1;
}
