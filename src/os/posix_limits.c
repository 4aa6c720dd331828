/*
 * posix_limits.c - the clock, and how much of the machine and of the process there is to use
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

unsigned nl_os_processors(void) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 0)
    return (unsigned)CPU_COUNT(&allowed);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (unsigned)online : 1;
}

void nl_os_yield(void) {
  sched_yield();
}

static uint64_t read_clock(clockid_t clock) {
  struct timespec now = {0};
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t nl_os_now_ns(void) {
  return read_clock(CLOCK_MONOTONIC);
}

uint64_t nl_os_processor_ns(void) {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

unsigned nl_os_descriptors(unsigned most) {
  struct rlimit limit;
  /* Half of what there is: the other half is the caller's. */
  unsigned budget = 32;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    budget =
        limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur / 2 > most ? most : (unsigned)(limit.rlim_cur / 2);
  int probe = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, (int)budget);
  nl_os_close(probe);
  return budget;
}

bool nl_os_is_out_of_descriptors(int sys) {
  return sys == EMFILE || sys == ENFILE;
}
