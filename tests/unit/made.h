/*
 * made.h - tasks made up by chance, compared, and read from bytes
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_MADE_H
#define TEST_MADE_H

#include "task/store.h"

#include "ground.h"

/* Make up a task of so many groups, sound in every way; the same for the same chance. To be given back by nl_task_fini(). */
void made_task(struct nl_task *task, struct ground_chance *chance, uint32_t groups);

/* Fail the test where two tasks differ. */
void made_same(const struct nl_task *a, const struct nl_task *b);

/* Let chance decide how each name fared. */
void made_fare(struct nl_task *task, struct ground_chance *chance);

/* All bytes of a file, malloc'd. */
unsigned char *made_read(const char *path, size_t *size);
void made_write(const char *path, const void *bytes, size_t size);

/* Store a task in a new file; with outcomes of all names and an end, if so wanted. */
void made_store(const char *path, const struct nl_task *task, bool is_journal, bool fared, bool ended);

#endif
