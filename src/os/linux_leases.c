/*
 * linux_leases.c - read leases: while one holds, nobody has the file open for writing
 *
 * The kernel tells the holder by a signal, SIGIO, that somebody wants the lease back, and SIGIO ends a program that does
 * not expect it. So the signal is sent to a thread of ours that takes none: it stays pending there, and goes with the
 * thread. Whether the lease was asked back is found out by asking.
 *
 * The kernel counts writers by its own inode, the one behind the descriptor. That is the file itself on a local file system.
 * It is not on one that is stacked on another: overlay grants a lease on a file that a program has mapped for writing and
 * closed, for the mapping is one of the file below; and of a FUSE server's file there can be an inode for each name, and
 * other writers behind the server. A lease that does not see all writers is worse than none, so none is taken there.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "base/memory.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

struct nl_os_guard {
  struct nl_os_team *team;
  struct nl_os_monitor *monitor; /* of the two below */
  int thread;                    /* its number; 0 = it has not begun */
  bool ends;
};

/* Member 0 is the caller's own thread; the other one only has to be there. */
static void stand(void *ctx, unsigned member) {
  struct nl_os_guard *guard = ctx;
  if (member == 0)
    return;
  nl_os_enter(guard->monitor);
  guard->thread = (int)syscall(SYS_gettid);
  nl_os_wake(guard->monitor, true);
  while (!guard->ends)
    nl_os_wait(guard->monitor);
  nl_os_leave(guard->monitor);
}

int nl_os_guard_open(struct nl_os_guard **out) {
  struct nl_os_guard *guard = nl_alloc_zero(sizeof *guard);
  if (guard == NULL)
    return ENOMEM;
  int sys = nl_os_monitor_open(&guard->monitor);
  if (sys == 0)
    sys = nl_os_team_open(&guard->team, 2, stand, guard);
  if (sys == 0 && !nl_os_team_more(guard->team))
    sys = EOPNOTSUPP; /* no thread to be had: not now, or not with this libc (posix_thread.c) */
  if (sys != 0) {
    nl_os_guard_close(guard);
    return sys;
  }
  nl_os_enter(guard->monitor);
  while (guard->thread == 0)
    nl_os_wait(guard->monitor);
  nl_os_leave(guard->monitor);
  *out = guard;
  return 0;
}

void nl_os_guard_close(struct nl_os_guard *guard) {
  if (guard == NULL)
    return;
  if (guard->monitor != NULL) {
    nl_os_enter(guard->monitor);
    guard->ends = true;
    nl_os_wake(guard->monitor, true);
    nl_os_leave(guard->monitor);
  }
  nl_os_team_close(guard->team);
  nl_os_monitor_close(guard->monitor);
  nl_free(guard);
}

/* Whether the inode is the file. What is not known to be so is not: network and stacked file systems come by any name. */
static int find_writers_are_seen(int fd) {
  enum { EXT = 0xef53, XFS = 0x58465342, TMPFS = 0x01021994 };
  const unsigned long btrfs = 0x9123683e;
  const unsigned long f2fs = 0xf2f52010;
  struct statfs from;
  if (fstatfs(fd, &from) != 0)
    return errno;
  unsigned long magic = (unsigned long)from.f_type & 0xffffffff;
  bool seen = magic == EXT || magic == XFS || magic == TMPFS || magic == btrfs || magic == f2fs;
  return seen ? 0 : EOPNOTSUPP;
}

/* The owner first: a lease without one makes its taker's whole process the owner, and an owner that is set stays. */
int nl_os_lease(int fd, const struct nl_os_guard *guard) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "lease");
  int sys = find_writers_are_seen(fd);
  if (sys != 0)
    return sys;
  struct f_owner_ex owner = {F_OWNER_TID, guard->thread};
  if (fcntl(fd, F_SETOWN_EX, &owner) != 0)
    return errno;
  return fcntl(fd, F_SETLEASE, F_RDLCK) == 0 ? 0 : errno;
}

static int ask(bool *holds, int fd) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "lease-holds");
  *holds = fcntl(fd, F_GETLEASE) == F_RDLCK;
  return 0;
}

bool nl_os_lease_holds(int fd) {
  bool holds = false;
  return ask(&holds, fd) == 0 && holds;
}

void nl_os_lease_end(int fd) {
  (void)fcntl(fd, F_SETLEASE, F_UNLCK);
}
