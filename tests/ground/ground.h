/*
 * ground.h - the ground that the C tests stand on: a fresh directory, seeded chance, pictures of a tree, TAP
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_GROUND_H
#define TEST_GROUND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Run the tests of a program and report them in TAP, a skip with its reason; the program's exit status. */
int ground_run(const char *name, const struct CMUnitTest *tests, size_t count);
#define GROUND_RUN(name, tests) ground_run(name, tests, sizeof(tests) / sizeof(tests)[0])

/* Leave the present test, with the reason for it. */
void ground_skip(const char *reason);

/* ---------------------------------------------------------------- a fresh directory */

/* Make a fresh directory and go into it; as a cmocka fixture. */
int ground_setup(void **state);
/* Leave and remove it; fails where a descriptor was left open since. */
int ground_teardown(void **state);
/* The absolute path of the fresh directory, without soft links. */
const char *ground_path(void);

/* Remove what is in a directory, however deep and whatever the modes. */
void ground_empty(const char *path);

/* How many descriptors the process has open. */
int ground_open_files(void);

/* Paths are relative to the fresh directory, as everything here. Each fails the test where it cannot. */
void ground_file(const char *path, const char *contents);
void ground_directory(const char *path);
void ground_symlink(const char *target, const char *path);
void ground_link(const char *from, const char *to);
bool ground_exists(const char *path);
bool ground_same(const char *a, const char *b);
uint64_t ground_link_count(const char *path);
/* Whether the file holds exactly this text. */
bool ground_holds(const char *path, const char *contents);

/* ---------------------------------------------------------------- pictures */

/*
 * All names below the fresh directory in order: path, kind, inode, mode, owner, contents or target; malloc'd.
 * With `times`, mtime, ctime and link counts too.
 */
char *ground_picture(bool times);

/* ---------------------------------------------------------------- chance */

/* The same numbers on every machine for the same seed. */
struct ground_chance {
  uint64_t state;
};
uint32_t ground_below(struct ground_chance *chance, uint32_t limit);

/* ---------------------------------------------------------------- pointers that lead nowhere */

/* The start of a page that is not mapped. */
const char *ground_unmapped(void);

/* ---------------------------------------------------------------- quoted names */

/* Read one shell word of the kind that nlink_quote() writes, no longer than the text; false = it is none. */
bool ground_unquote(char *out, const char *text);

#endif
