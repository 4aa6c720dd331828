/*
 * shorter.h - what a soft link could hold instead, and lead to the same thing
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SHORTER_H
#define NL_SHORTER_H

#include "base/memory.h"

/**
 * The text without what it does not need: "//", "/./", and "x/.." where x is a directory and no soft link. Soft links
 * on the way stay: somebody may have put them there in order to turn them.
 *
 * @param dir  The directory that the soft link is in.
 * @returns    0, or the system's number where a look gave no answer.
 */
int nl_shorter_text(struct nl_string *out, int dir, const char *text);

/**
 * Let a text that nl_shorter_text() wrote go no further up than it must: "../x" in a directory called x.
 *
 * @param home  The absolute path of the directory that the soft link is in, without soft links.
 */
void nl_shorter_way(struct nl_string *text, const char *home);

/** Whether nl_shorter_way() could do something, if it knew the directory. */
bool nl_shorter_goes_up(const char *text);

#endif
