/*
 * rules.h - which names a walk takes in and which it leaves out
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_RULES_H
#define NL_RULES_H

#include "nlink.h"

#include <stdbool.h>
#include <stddef.h>

struct nl_rules;

/**
 * Read rules, each "- PATTERN" (leave out) or "+ PATTERN" (take in); the first one that matches decides.
 *
 * Patterns are those of nl_glob_match() in a path. A pattern with a slash in front is compared with the whole
 * path below the root of the walk; one with a slash inside, or with "**", with as many components from the end of
 * that path as it can match; any other with the last name. A slash at the end: directories only.
 *
 * What no rule matches is taken in; if there are "+" rules only, just directories are, so that the walk
 * finds what is wanted inside them.
 *
 * @param out    NULL where @p count is 0. The strings are copied.
 * @param wrong  The index of the rule that is none; NULL = do not tell.
 *
 * @retval NLINK_OK         Done.
 * @retval NLINK_INVALID    A rule does not begin with "- " or "+ ", or its pattern is empty or only slashes.
 * @retval NLINK_NO_MEMORY  Memory is exhausted.
 */
enum nlink_status nl_rules_open(struct nl_rules **out, const char *const *rules, size_t count, size_t *wrong);

/** Whether some rule looks at more than the last name; NULL = no rules. */
bool nl_rules_need_path(const struct nl_rules *rules);

/**
 * Whether a name is taken in. Any number of threads may ask at once.
 *
 * @param rules  NULL = everything is taken in.
 * @param path   From the root of the walk, without a slash in front ("a/b/name"); NULL where no rule needs it.
 */
bool nl_rules_take(const struct nl_rules *rules, const char *name, const char *path, bool is_directory);

void nl_rules_close(struct nl_rules *rules);

#endif
