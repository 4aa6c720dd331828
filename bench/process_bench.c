/*
 * process_bench.c - two commands that make one link, each as a process, from start to end
 *
 *   process-bench NAME TARGET PAIRS DIRECTORY OURS... -- THEIRS...
 *
 * Each command line is run in DIRECTORY, where the file `a` is, and has to make the name `b`, which is removed
 * again without being timed. The two take turns. A process is started as a shell does it at best: posix_spawn,
 * which shares memory with its parent until the new program is there. A loop in a shell would measure the shell.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include "clock.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double run(char **command) {
  static char path[] = "PATH=/usr/bin:/bin";
  static char locale[] = "LC_ALL=C.UTF-8";
  static char *environment[] = {path, locale, NULL};
  pid_t child;
  int status;
  double start = clock_now_ns();
  if (posix_spawn(&child, command[0], NULL, NULL, command, environment) != 0)
    fail(command[0]);
  if (waitpid(child, &status, 0) != child)
    fail("waitpid");
  double time = clock_now_ns() - start;
  if (status != 0 || unlink("b") != 0)
    fail(command[0]);
  return time;
}

int main(int argc, char **argv) {
  int middle = 5;
  while (middle < argc && strcmp(argv[middle], "--") != 0)
    middle++;
  if (argc < 8 || middle + 1 >= argc) {
    fprintf(stderr, "usage: process-bench NAME TARGET PAIRS DIRECTORY OURS... -- THEIRS...\n");
    return 2;
  }
  argv[middle] = NULL;
  char **ours = argv + 5;
  char **theirs = argv + middle + 1;
  size_t pairs = (size_t)strtoul(argv[3], NULL, 10);
  double *a = malloc(pairs * sizeof *a);
  double *b = malloc(pairs * sizeof *b);
  if (a == NULL || b == NULL || pairs == 0 || chdir(argv[4]) != 0)
    fail(argv[4]);
  int file = open("a", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0)
    fail("a");
  close(file);
  for (size_t i = 0; i < pairs / 20 + 1; i++) { /* warm up */
    run(ours);
    run(theirs);
  }
  for (size_t i = 0; i < pairs; i++) {
    if (i % 2 == 0) {
      a[i] = run(ours);
      b[i] = run(theirs);
    } else {
      b[i] = run(theirs);
      a[i] = run(ours);
    }
  }
  clock_report(argv[1], a, b, pairs, strtod(argv[2], NULL));
  unlink("a");
  free(a);
  free(b);
  return 0;
}
