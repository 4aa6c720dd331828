/*
 * clock.h - what the benches share: time, medians, one line of result
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_BENCH_CLOCK_H
#define NLINK_BENCH_CLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double clock_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline int clock_compare(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The value below which the share `part` of all lies; sorts them. */
static inline double clock_quantile(double *values, size_t count, double part) {
  qsort(values, count, sizeof *values, clock_compare);
  return values[(size_t)(part * (double)(count - 1) + 0.5)];
}

/*
 * One line of JSON: the medians of both, the median of the paired ratios, and its 95 % interval (the order
 * statistics around the median, which need no assumption about how the times are spread).
 */
static inline void clock_report(const char *what, double *ours, double *theirs, size_t count, double target) {
  double *ratios = malloc(count * sizeof *ratios);
  if (ratios == NULL)
    exit(1);
  for (size_t i = 0; i < count; i++)
    ratios[i] = ours[i] / theirs[i];
  double root = 1;
  for (int i = 0; i < 40; i++) /* Newton's way, so that no libm is needed */
    root = (root + (double)count / root) / 2;
  double half = 0.98 / root;
  double low = clock_quantile(ratios, count, 0.5 - half > 0 ? 0.5 - half : 0);
  double high = clock_quantile(ratios, count, 0.5 + half < 1 ? 0.5 + half : 1);
  double ratio = clock_quantile(ratios, count, 0.5);
  printf("{\"what\": \"%s\", \"ours_ns\": %.1f, \"theirs_ns\": %.1f, \"ratio\": %.4f, \"low\": %.4f, "
         "\"high\": %.4f, \"pairs\": %zu, \"target\": %.2f}\n",
         what, clock_quantile(ours, count, 0.5), clock_quantile(theirs, count, 0.5), ratio, low, high, count,
         target);
  fflush(stdout);
  free(ratios);
}

#endif
