/*
 * sort.h - sort by a number first, and by a look at the things themselves where the numbers are equal
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SORT_H
#define NL_SORT_H

#include <stddef.h>
#include <stdint.h>

/** What is sorted: a key, and what it is the key of. */
struct nl_sort_item {
  uint64_t key;
  const void *what;
};

/** Compare two things whose keys are equal, as strcmp() does. */
typedef int nl_sort_compare(const void *a, const void *b, const void *ctx);

/**
 * Sort, stably; linear in the count where the keys tell things apart.
 *
 * @param spare    Room for as many items; its contents are lost.
 * @param compare  Asked where keys are equal; NULL = never.
 */
void nl_sort(struct nl_sort_item *items, struct nl_sort_item *spare, size_t count, nl_sort_compare *compare,
             const void *ctx);

/**
 * Sort strings by their bytes. The keys are lost.
 *
 * @param spare  Room for as many items; its contents are lost.
 */
void nl_sort_text(struct nl_sort_item *items, struct nl_sort_item *spare, size_t count);

/** The same without spare room, and not stably. */
void nl_sort_in_place(struct nl_sort_item *items, size_t count, nl_sort_compare *compare, const void *ctx);

/** The first eight bytes of a string as a number in the same order; a shorter string is filled with zeros. */
uint64_t nl_sort_key(const char *text);

#endif
