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
  struct nl_os_team *team;
  unsigned number;
  pthread_t thread;
};

struct nl_os_team {
  void (*run)(void *ctx, unsigned member);
  void *ctx;
  unsigned most;
  unsigned count; /* member 0 among them */
  struct member members[];
};

static void *begin(void *argument) {
  const struct member *member = argument;
  member->team->run(member->team->ctx, member->number);
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

int nl_os_team_open(struct nl_os_team **out, unsigned most, void (*run)(void *ctx, unsigned member),
                    void *ctx) {
  struct nl_os_team *team = nl_alloc(sizeof *team + most * sizeof team->members[0]);
  *out = team;
  if (team == NULL)
    return ENOMEM;
  team->run = run;
  team->ctx = ctx;
  team->most = most;
  team->count = 1;
  return 0;
}

bool nl_os_team_more(struct nl_os_team *team) {
  if (team->count >= team->most)
    return false;
  struct member *member = &team->members[team->count];
  member->team = team;
  member->number = team->count;
  if (!start(member)) {
    team->most = team->count; /* there is none to be had, now and later */
    return false;
  }
  team->count++;
  return true;
}

void nl_os_team_close(struct nl_os_team *team) {
  if (team == NULL)
    return;
  while (team->count-- > 1)
    pthread_join(team->members[team->count].thread, NULL);
  nl_free(team);
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
