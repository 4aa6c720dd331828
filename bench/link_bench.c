/*
 * link_bench.c - nlink_link() beside the system call that it makes
 *
 *   link-bench NAME DIRECTORY BATCH PAIRS
 *
 * A batch makes BATCH names of one file in an empty directory; removing them again is not timed. Batches of the
 * two kinds take turns, first one, then the other, in one process, so that both see the same machine. Before
 * that, the system call is measured beside itself: what comes out there is noise.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include "clock.h"

#include "nlink.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME_SIZE = 16, BATCH_MOST = 999999 };

struct ground {
  int dir;
  size_t batch;
  char (*names)[NAME_SIZE];
};

typedef double batch_function(const struct ground *ground);

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double batch_call(const struct ground *ground) {
  double start = clock_now_ns();
  for (size_t i = 0; i < ground->batch; i++)
    if (syscall(SYS_linkat, ground->dir, "file", ground->dir, ground->names[i], AT_SYMLINK_FOLLOW) != 0)
      fail("linkat");
  return clock_now_ns() - start;
}

static double batch_nlink(const struct ground *ground) {
  struct nlink_error error;
  double start = clock_now_ns();
  for (size_t i = 0; i < ground->batch; i++)
    if (nlink_link(ground->dir, "file", ground->dir, ground->names[i], 0, &error) < 0)
      fail(error.text);
  return clock_now_ns() - start;
}

static void clear(const struct ground *ground) {
  for (size_t i = 0; i < ground->batch; i++)
    if (unlinkat(ground->dir, ground->names[i], 0) != 0)
      fail("unlinkat");
}

static double run(const struct ground *ground, batch_function *batch) {
  double time = batch(ground) / (double)ground->batch;
  clear(ground);
  return time;
}

static void compare(const char *what, const struct ground *ground, batch_function *ours, size_t pairs,
                    double target) {
  double *a = malloc(pairs * sizeof *a);
  double *b = malloc(pairs * sizeof *b);
  if (a == NULL || b == NULL)
    fail("malloc");
  for (size_t i = 0; i < pairs / 10 + 1; i++) { /* warm up */
    run(ground, ours);
    run(ground, batch_call);
  }
  for (size_t i = 0; i < pairs; i++) {
    if (i % 2 == 0) {
      a[i] = run(ground, ours);
      b[i] = run(ground, batch_call);
    } else {
      b[i] = run(ground, batch_call);
      a[i] = run(ground, ours);
    }
  }
  clock_report(what, a, b, pairs, target);
  free(a);
  free(b);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: link-bench NAME DIRECTORY BATCH PAIRS\n");
    return 2;
  }
  struct ground ground = {.batch = (size_t)strtoul(argv[3], NULL, 10)};
  size_t pairs = (size_t)strtoul(argv[4], NULL, 10);
  ground.names = malloc(ground.batch * sizeof *ground.names);
  ground.dir = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (ground.names == NULL || ground.dir < 0 || pairs == 0 || ground.batch > BATCH_MOST)
    fail(argv[2]);
  for (size_t i = 0; i < ground.batch; i++)
    snprintf(ground.names[i], NAME_SIZE, "n%06u", (unsigned)i % (BATCH_MOST + 1u));
  int file = openat(ground.dir, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0)
    fail("file");
  close(file);

  cpu_set_t here; /* one processor, so that no move between two is measured */
  CPU_ZERO(&here);
  CPU_SET((size_t)sched_getcpu(), &here);
  sched_setaffinity(0, sizeof here, &here);

  char what[128];
  snprintf(what, sizeof what, "linkat beside itself, %s", argv[1]);
  compare(what, &ground, batch_call, pairs, 0);
  snprintf(what, sizeof what, "nlink_link beside linkat, %s", argv[1]);
  compare(what, &ground, batch_nlink, pairs, 1.02);
  unlinkat(ground.dir, "file", 0);
  free(ground.names);
  return 0;
}
