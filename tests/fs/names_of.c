/*
 * names_of.c - print all names that a file system tells of a file
 *
 *   names_of DIR NAME [STOP]
 *
 * DIR is opened without a right to read; "." is the current directory itself. Each name is printed as the path of its
 * directory (nothing at all where that is out of sight) and the name, both ending in NUL. With STOP no more names
 * than that are taken. The exit status is 0 as soon as there was an answer; the last line on standard error is the
 * house's word for it.
 *
 * With NAMES_OF_FAULTS=1 in the environment, each system call and each allocation on the way is made to fail in
 * turn, quietly: then nothing is printed but the number of tries, and the word is that of an undisturbed call.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct taker {
  unsigned long count, most;
  bool is_quiet;
};

static bool take(void *ctx, const char *dir_path, const char *name) {
  struct taker *taker = ctx;
  if (dir_path != NULL && dir_path[0] != '/')
    abort();
  if (!taker->is_quiet) {
    printf("%s", dir_path != NULL ? dir_path : "");
    putchar('\0');
    printf("%s", name);
    putchar('\0');
  }
  return ++taker->count < taker->most;
}

static int open_files(void) {
  int count = 0;
  DIR *names = opendir("/proc/self/fd");
  if (names == NULL)
    return 0;
  while (readdir(names) != NULL)
    count++;
  closedir(names);
  return count;
}

/* Each event of one kind fails in turn: what is answered is that failure, or a whole answer without it. */
static unsigned long break_each(int dir, const char *name, enum nl_fault_kind kind, unsigned long whole) {
  unsigned long tries = 0;
  for (long k = 1;; k++) {
    struct taker taker = {.most = (unsigned long)-1, .is_quiet = true};
    struct nl_fault_plan plan = {.kinds = 1u << kind, .k = k, .sys = EIO};
    nl_fault_begin(&plan);
    int sys = nl_os_names_of(dir, name, take, &taker);
    long events = nl_fault_count();
    nl_fault_begin(NULL);
    bool is_broken = events >= k;
    /* A directory above that cannot be looked at is one known directory less, and no failure. */
    if (is_broken ? sys == 0 && kind == NL_FAULT_ALLOC : sys != 0 || taker.count != whole) {
      fprintf(stderr, "event %ld of %ld: answered %d after %lu names\n", k, events, sys, taker.count);
      exit(1);
    }
    bool is_path_unknown = kind == NL_FAULT_LOOK && sys == EOPNOTSUPP;
    if (is_broken && sys != 0 && sys != (kind == NL_FAULT_ALLOC ? ENOMEM : EIO) && !is_path_unknown) {
      fprintf(stderr, "event %ld of %ld: answered %d\n", k, events, sys);
      exit(1);
    }
    if (!is_broken)
      return tries;
    tries++;
  }
}

int main(int argc, char **argv) {
  if (argc != 3 && argc != 4) {
    fprintf(stderr, "names_of DIR NAME [STOP]\n");
    return 2;
  }
  bool breaks = getenv("NAMES_OF_FAULTS") != NULL;
  int dir = strcmp(argv[1], ".") == 0 ? NLINK_CWD : open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir == -1) {
    perror(argv[1]);
    return 2;
  }
  int before = open_files();
  struct taker taker = {.most = argc == 4 ? strtoul(argv[3], NULL, 10) : (unsigned long)-1,
                        .is_quiet = breaks};
  int sys = nl_os_names_of(dir, argv[2], take, &taker);
  if (breaks && sys == 0)
    printf("%lu", break_each(dir, argv[2], NL_FAULT_LOOK, taker.count) +
                      break_each(dir, argv[2], NL_FAULT_ALLOC, taker.count));
  if (open_files() != before) {
    fprintf(stderr, "a descriptor was left open\n");
    return 1;
  }
  fprintf(stderr, "%s\n", nlink_status_name(nl_os_status(sys)));
  return 0;
}
