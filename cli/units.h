/*
 * units.h - numbers as people write and read them
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_UNITS_H
#define NLINK_CLI_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNITS_HUMAN_SIZE = 8, UNITS_GROUPED_SIZE = 27, UNITS_SIZE_SIZE = 16, UNITS_DURATION_SIZE = 40 };

unsigned units_digits(uint64_t number);

/* "1.5K", rounded up, in powers of 1024; without a NUL. Returns the length. */
size_t units_human(char text[UNITS_HUMAN_SIZE], uint64_t size_bytes);

/* "1.5 KiB", "24.6 MiB", "345 bytes", ended by a NUL, which is returned for the use in a format. */
const char *units_size(char text[UNITS_SIZE_SIZE], uint64_t size_bytes);

/* "3 s", "5 min", "2 h 10 min", rounded up; as above. */
const char *units_duration(char text[UNITS_DURATION_SIZE], uint64_t seconds);

/* "1,234,567", ended by a NUL, which is returned for the use in a format. */
const char *units_grouped(char text[UNITS_GROUPED_SIZE], uint64_t number);

/* A size as GNU's tools take it: 10, 10K, 10KiB (1024), 10KB (1000), up to E. False: it is none, or too large. */
bool units_read_size(uint64_t *size_bytes, const char *text);

/* A number in decimal digits and nothing else, at most `most`. */
bool units_read_number(uint64_t *number, const char *text, uint64_t most);

#endif
