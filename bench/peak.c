/*
 * peak.c - run a command, its output thrown away, and tell how long it took and how much memory it had at most
 *
 *   peak-bench COMMAND...
 *
 * Prints one JSON object: status, wall_ns, peak_bytes. The system counts to a process's peak what its memory was
 * before it became another program, so that a large parent (an interpreter) would be measured instead of the command;
 * this one is small.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include "clock.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
  posix_spawn_file_actions_t actions;
  struct rusage used;
  pid_t child;
  int status;
  if (argc < 2) {
    fprintf(stderr, "usage: peak-bench COMMAND...\n");
    return 2;
  }
  if (posix_spawn_file_actions_init(&actions) != 0 ||
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0)
    return 1;
  double start = clock_now_ns();
  if (posix_spawn(&child, argv[1], &actions, NULL, argv + 1, environ) != 0) {
    perror(argv[1]);
    return 1;
  }
  if (wait4(child, &status, 0, &used) != child) {
    perror("wait4");
    return 1;
  }
  double time = clock_now_ns() - start;
  printf("{\"status\": %d, \"wall_ns\": %.0f, \"peak_bytes\": %ld}\n",
         WIFEXITED(status) ? WEXITSTATUS(status) : -1, time, used.ru_maxrss * 1024L);
  posix_spawn_file_actions_destroy(&actions);
  return 0;
}
