/*
 * posix_thread.c - several threads on one piece of work, and what they need to agree
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "base/memory.h"
#include "os/os.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 32)
#define HAS_SIGNAL_MASK_ATTRIBUTE 1
#endif
#endif

struct member {
  void (*run)(void *ctx, unsigned member);
  void *ctx;
  unsigned number;
  pthread_t thread;
};

static void *begin(void *argument) {
  const struct member *member = argument;
  member->run(member->ctx, member->number);
  return NULL;
}

/*
 * The caller's signals are the caller's threads' to handle, so the new one has to start with all of them
 * blocked, and without the caller's own mask being touched for it. A libc that cannot do that gets no thread.
 */
static int allow(void) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "thread");
  return 0;
}

static bool start(struct member *member) {
  if (allow() != 0)
    return false;
#if defined(HAS_SIGNAL_MASK_ATTRIBUTE)
  pthread_attr_t attributes;
  sigset_t all;
  sigfillset(&all);
  if (pthread_attr_init(&attributes) != 0)
    return false;
  bool started = pthread_attr_setsigmask_np(&attributes, &all) == 0 &&
                 pthread_create(&member->thread, &attributes, begin, member) == 0;
  pthread_attr_destroy(&attributes);
  return started;
#else
  (void)member;
  (void)begin;
  return false;
#endif
}

void nl_os_team(unsigned count, void (*run)(void *ctx, unsigned member), void *ctx) {
  enum { MOST = 256 };
  struct member members[MOST];
  unsigned started = 1;
  for (; started < count && started < MOST; started++) {
    members[started] = (struct member){.run = run, .ctx = ctx, .number = started};
    if (!start(&members[started]))
      break;
  }
  run(ctx, 0);
  while (started-- > 1)
    pthread_join(members[started].thread, NULL);
}

struct nl_os_monitor {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
};

int nl_os_monitor_open(struct nl_os_monitor **out) {
  struct nl_os_monitor *monitor = nl_alloc(sizeof *monitor);
  if (monitor == NULL)
    return ENOMEM;
  int sys = pthread_mutex_init(&monitor->mutex, NULL);
  if (sys == 0) {
    sys = pthread_cond_init(&monitor->changed, NULL);
    if (sys != 0)
      pthread_mutex_destroy(&monitor->mutex);
  }
  if (sys == 0)
    *out = monitor;
  else
    nl_free(monitor);
  return sys;
}

void nl_os_enter(struct nl_os_monitor *monitor) {
  pthread_mutex_lock(&monitor->mutex);
}

void nl_os_leave(struct nl_os_monitor *monitor) {
  pthread_mutex_unlock(&monitor->mutex);
}

void nl_os_wait(struct nl_os_monitor *monitor) {
  pthread_cond_wait(&monitor->changed, &monitor->mutex);
}

void nl_os_wake(struct nl_os_monitor *monitor, bool all) {
  if (all)
    pthread_cond_broadcast(&monitor->changed);
  else
    pthread_cond_signal(&monitor->changed);
}

void nl_os_monitor_close(struct nl_os_monitor *monitor) {
  if (monitor == NULL)
    return;
  pthread_cond_destroy(&monitor->changed);
  pthread_mutex_destroy(&monitor->mutex);
  nl_free(monitor);
}
