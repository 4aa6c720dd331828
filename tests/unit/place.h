/*
 * place.h - a directory of a test's own, removed with all that is in it afterwards
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_PLACE_H
#define TEST_PLACE_H

#include <stdbool.h>

struct place {
  char path[64];
  int fd;         /* of the directory */
  int open_files; /* of the process, before */
};

/* Make a fresh directory; a failing step ends the test. */
void place_init(struct place *place);
/* Remove it, however deep and whatever its modes; fails the test where a descriptor was left open since. */
void place_fini(struct place *place);

void place_file(const struct place *place, const char *name);
void place_directory(const struct place *place, const char *name);
void place_link(const struct place *place, const char *from, const char *to);
void place_symlink(const struct place *place, const char *target, const char *name);

/* How many descriptors the process has open. */
int place_open_files(void);

#endif
