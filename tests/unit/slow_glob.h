/*
 * slow_glob.h - patterns and rules as their headers tell of them, in the slow and obvious way, to compare with
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_SLOW_GLOB_H
#define TEST_SLOW_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* As nl_glob_match(), for a pattern and a text of at most SLOW_LONGEST bytes. */
enum { SLOW_LONGEST = 250 };
bool slow_glob_match(const char *pattern, const char *text, bool is_path);

/* As nl_rules_take(), for rules that are right. */
bool slow_rules_take(const char *const *rules, size_t count, const char *path, bool is_directory);

#endif
