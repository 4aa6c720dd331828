/*
 * posix_thread.c - one piece of work beside another
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "os/os.h"

#include <pthread.h>
#include <signal.h>

#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 32)
#define HAS_SIGNAL_MASK_ATTRIBUTE 1
#endif
#endif

struct piece {
  void (*run)(void *ctx);
  void *ctx;
};

static void *begin(void *argument) {
  const struct piece *piece = argument;
  piece->run(piece->ctx);
  return NULL;
}

/*
 * The caller's signals are the caller's threads' to handle, so the new one has to start with all of them
 * blocked, and without the caller's own mask being touched for it. A libc that cannot do that gets no thread.
 */
static bool start(pthread_t *thread, struct piece *piece) {
#if defined(HAS_SIGNAL_MASK_ATTRIBUTE)
  pthread_attr_t attributes;
  sigset_t all;
  sigfillset(&all);
  if (pthread_attr_init(&attributes) != 0)
    return false;
  bool started = pthread_attr_setsigmask_np(&attributes, &all) == 0 &&
                 pthread_create(thread, &attributes, begin, piece) == 0;
  pthread_attr_destroy(&attributes);
  return started;
#else
  (void)thread;
  (void)piece;
  (void)begin;
  return false;
#endif
}

void nl_os_side_by_side(void (*run)(void *ctx), void *here, void *beside) {
  struct piece piece = {run, beside};
  pthread_t thread;
  bool started = start(&thread, &piece);
  run(here);
  if (started)
    pthread_join(thread, NULL);
  else
    run(beside);
}
