/*
 * posix_machine.c - the time of day, and where the user's programs keep their state
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "base/memory.h"
#include "os/os.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int64_t nl_os_wall_ns(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int put(char *out, size_t size, const char *directory, const char *behind) {
  int length = snprintf(out, size, "%s%s", directory, behind);
  return length < 0 || (size_t)length >= size ? ERANGE : 0;
}

static bool is_absolute(const char *path) {
  return path != NULL && path[0] == '/';
}

/* What the system's list of users says; nobody there = ENOENT. */
static int put_home(char *out, size_t size, const char *behind) {
  int sys = ERANGE;
  /* An entry has no largest size; what is larger than this is no entry of a user. */
  for (size_t room = 1024; sys == ERANGE && room <= (size_t)1 << 20; room *= 4) {
    char *texts = nl_alloc(room);
    if (texts == NULL)
      return ENOMEM;
    struct passwd user = {0};
    struct passwd *found = NULL;
    do
      sys = getpwuid_r(geteuid(), &user, texts, room, &found);
    while (sys == EINTR);
    if (sys == 0) {
      bool known = found != NULL && is_absolute(found->pw_dir);
      sys = known ? put(out, size, found->pw_dir, behind) : ENOENT;
      nl_free(texts);
      return sys;
    }
    nl_free(texts);
  }
  return sys;
}

/* A program that runs with rights its caller lacks does not let the caller say where it writes: secure_getenv(). */
int nl_os_state_directory(char *out, size_t size) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "state-directory");
  static const char behind_home[] = "/.local/state";
  const char *state = secure_getenv("XDG_STATE_HOME");
  if (is_absolute(state))
    return put(out, size, state, "");
  const char *home = secure_getenv("HOME");
  if (is_absolute(home))
    return put(out, size, home, behind_home);
  return put_home(out, size, behind_home);
}
