/*
 * sys.c - the command's only door to the system, for POSIX
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* O_PATH, ioctl() */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <langinfo.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int sys_write(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t done = write(fd, bytes, length);
    if (done < 0) {
      if (errno == EINTR)
        continue;
      return errno;
    }
    bytes += done;
    length -= (size_t)done;
  }
  return 0;
}

int sys_read_answer(int *error) {
  /* One byte at a time: what follows the line belongs to whoever reads stdin after us. */
  int first = 0;
  for (bool begun = false;; begun = true) {
    char c;
    ssize_t got = read(SYS_STDIN, &c, 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      *error = errno;
    if (got <= 0 || c == '\n')
      return first;
    if (!begun)
      first = (unsigned char)c;
  }
}

static char *read_all(int fd, size_t *length, int *error) {
  size_t room = 65536;
  size_t used = 0;
  char *text = malloc(room);
  while (text != NULL) {
    if (room - used < 2) {
      char *more = room > SIZE_MAX / 2 ? NULL : realloc(text, 2 * room);
      if (more == NULL)
        break;
      text = more;
      room *= 2;
    }
    ssize_t got = read(fd, text + used, room - used - 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      *error = errno;
      free(text);
      return NULL;
    }
    used += (size_t)got;
    if (got == 0) {
      text[used] = '\0';
      *length = used;
      return text;
    }
  }
  free(text);
  *error = ENOMEM;
  return NULL;
}

char *sys_read_file(const char *path, size_t *length, int *error) {
  int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : SYS_STDIN;
  if (fd < 0) {
    *error = errno;
    return NULL;
  }
  char *text = read_all(fd, length, error);
  if (path != NULL)
    close(fd);
  return text;
}

const char *sys_environment(const char *name) {
  return getenv(name);
}

bool sys_is_terminal(int fd) {
  return isatty(fd) == 1;
}

unsigned sys_columns(int fd) {
  struct winsize size = {0};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* ------------------------------------------------------------------ signals */

/* The one thing that a signal's handler can reach: it has no argument of ours. */
static volatile sig_atomic_t stop;

static void on_stop(int number) {
  if (stop == 0)
    stop = number;
}

void sys_watch_stop(void) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  static bool watching;
  if (watching)
    return;
  watching = true;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct sigaction before = {0};
    struct sigaction after = {0};
    after.sa_handler = on_stop;
    after.sa_flags = SA_RESTART;
    sigemptyset(&after.sa_mask);
    if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
      sigaction(numbers[i], &after, NULL);
  }
}

int sys_stop(void) {
  return stop;
}

void sys_outlive_pipes(bool outlive) {
  static struct sigaction before; /* the process's, as all that is about signals */
  struct sigaction ignore = {0};
  ignore.sa_handler = SIG_IGN;
  sigemptyset(&ignore.sa_mask);
  if (outlive)
    sigaction(SIGPIPE, &ignore, &before);
  else
    sigaction(SIGPIPE, &before, NULL);
}

bool sys_locale_is_utf8(void) {
  static enum { NOT_ASKED, NO, YES } answer; /* the locale is the process's: one answer for all */
  if (answer == NOT_ASKED) {
    setlocale(LC_ALL, "");
    answer = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? YES : NO;
  }
  return answer == YES;
}

const char *sys_error_text(int error) {
  return strerror(error);
}

int sys_open_directory(const char *path, bool follow, int *error) {
  int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  if (fd < 0)
    *error = errno;
  return fd;
}

void sys_close(int fd) {
  if (fd >= 0)
    close(fd);
}

int64_t sys_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t sys_elapsed_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool sys_local_time(int64_t ns, struct tm *local) {
  int64_t seconds = ns / 1000000000 - (ns % 1000000000 < 0 ? 1 : 0);
  time_t time = (time_t)seconds;
  return localtime_r(&time, local) != NULL;
}

/* ------------------------------------------------------------------ names of users and groups */

struct sys_name {
  uint32_t id;
  char *text;
};

/* Listings repeat the same few owners, mostly the one before: the last answer comes first. */
static const char *known(const struct sys_name *names, size_t count, uint32_t id) {
  for (size_t i = count; i > 0; i--)
    if (names[i - 1].id == id)
      return names[i - 1].text;
  return NULL;
}

static const char *keep(struct sys_name **names, size_t *count, uint32_t id, const char *text) {
  char number[16];
  if (text == NULL) {
    snprintf(number, sizeof number, "%lu", (unsigned long)id);
    text = number;
  }
  struct sys_name *more = realloc(*names, (*count + 1) * sizeof *more);
  if (more == NULL)
    return "?";
  *names = more;
  char *copy = strdup(text);
  if (copy == NULL)
    return "?";
  more[(*count)++] = (struct sys_name){id, copy};
  return copy;
}

const char *sys_user(struct sys_names *names, uint32_t uid) {
  const char *text = known(names->users, names->user_count, uid);
  if (text != NULL)
    return text;
  const struct passwd *user = getpwuid(uid);
  return keep(&names->users, &names->user_count, uid, user != NULL ? user->pw_name : NULL);
}

const char *sys_group(struct sys_names *names, uint32_t gid) {
  const char *text = known(names->groups, names->group_count, gid);
  if (text != NULL)
    return text;
  const struct group *group = getgrgid(gid);
  return keep(&names->groups, &names->group_count, gid, group != NULL ? group->gr_name : NULL);
}

static void drop(struct sys_name *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(names[i].text);
  free(names);
}

void sys_names_fini(struct sys_names *names) {
  if (names == NULL)
    return;
  drop(names->users, names->user_count);
  drop(names->groups, names->group_count);
  *names = (struct sys_names){0};
}
