/*
 * glob.h - whether a name fits a shell pattern, on bytes and whatever the locale
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_GLOB_H
#define NL_GLOB_H

#include <stdbool.h>

enum {
  /** The text is a path: only a slash in the pattern, or "**", matches a slash in the text. */
  NL_GLOB_PATH = 1
};

/**
 * Whether a pattern matches a whole text.
 *
 * Compared are characters: a valid sequence of UTF-8 is one, and so is each byte that is part of none.
 *
 *   *         any characters; in a path no slash
 *   **        any characters; in a path slashes too; "**" and a slash at the start of a component match nothing
 *             as well, so that a pattern of "a", "**" and "b" with slashes between them matches "a/b"
 *   ?         one character; in a path no slash
 *   [ab-d]    one of these characters; in a path no slash. [!a] and [^a]: any other one. [[:alpha:]]: one of a
 *             class, in ASCII. ']' stands first to be one of them.
 *   \x        x itself, within brackets too; a backslash at the end is a backslash
 *
 * A '[' that is not closed (in a path: before the next slash) is an ordinary character, and so is each '['
 * between it and that end. A class of an unknown name is none, and its '[' one of the characters.
 *
 * @param flags  0 or NL_GLOB_PATH.
 *
 * Takes time for at most each character of the pattern with each one of the text, and no memory.
 */
bool nl_glob_match(const char *pattern, const char *text, unsigned flags);

#endif
