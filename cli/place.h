/*
 * place.h - where a new name goes
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_PLACE_H
#define NLINK_CLI_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last component of a path, with the slashes that follow it; "" for the root. */
const char *place_last(const char *path);

/*
 * The path of SRC's name in a directory, to be freed; *base is its last component in it. NULL: no memory.
 * Slashes after the last component are left out.
 */
char *place_in(const char *dir, const char *src, char **base);

/* Whether two paths are one name: the same last component in the same directory. */
bool place_is_same_name(int a_dir, const char *a, int b_dir, const char *b);

/*
 * Whether the way from a path over the soft links at its end comes by the name dst, or with `at_end` whether it
 * ends there: what a soft link in the place of dst must not hold, as given or worked out.
 */
bool place_leads_to(const char *path, int dst_dir, const char *dst, bool at_end);

/*
 * The names that this process made, so that it does not replace one by the next: with `a/f b/f DIR` the
 * second would take the first one's place. All zeros = empty.
 */
struct place_made {
  struct place_name *names;
  size_t room; /* a power of two; open addressing */
  size_t count;
};
/* Both take the identity that the name leads to. False: no memory, or not made before. */
bool place_made_add(struct place_made *made, const char *name, uint64_t dev, uint64_t ino);
bool place_made_has(const struct place_made *made, const char *name, uint64_t dev, uint64_t ino);
void place_made_fini(struct place_made *made);

#endif
