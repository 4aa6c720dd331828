/*
 * linux_attributes.c - the extended attributes of an open file, access control lists among them
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "os/os.h"

#include <errno.h>
#include <sys/xattr.h>

/*
 * What a call that fills a room answered. A room of no bytes is no room to the system but a question for the length, which
 * is an answer only where there is nothing to be put.
 */
static int take_length(size_t *length, ssize_t answer, size_t size) {
  if (answer < 0)
    return errno;
  *length = (size_t)answer;
  return *length > size ? ERANGE : 0;
}

int nl_os_xattr_names(size_t *length, int fd, char *names, size_t size) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "flistxattr");
  int sys = take_length(length, flistxattr(fd, names, size), size);
  if (sys == ERANGE && size > 0) {
    sys = take_length(length, flistxattr(fd, NULL, 0), 0);
    return sys == 0 ? ERANGE : sys;
  }
  if (sys != EOPNOTSUPP)
    return sys;
  *length = 0; /* a file system that has no attributes */
  return 0;
}

int nl_os_xattr(size_t *length, int fd, const char *name, void *value, size_t size) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "fgetxattr");
  int sys = take_length(length, fgetxattr(fd, name, value, size), size);
  if (sys == ERANGE && size > 0) {
    sys = take_length(length, fgetxattr(fd, name, NULL, 0), 0);
    return sys == 0 ? ERANGE : sys;
  }
  return sys;
}

int nl_os_set_xattr(int fd, const char *name, const void *value, size_t length) {
  NL_FAULT_SYS(NL_FAULT_CHANGE, "fsetxattr");
  return fsetxattr(fd, name, value, length, 0) == 0 ? 0 : errno;
}
