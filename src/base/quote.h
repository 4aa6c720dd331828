/*
 * quote.h - bytes of a name as text, for sentences
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_QUOTE_H
#define NL_QUOTE_H

#include "nlink.h"

/** Room for a quoted name in a sentence; longer names are cut in the middle. */
#define NL_QUOTED_SIZE 200

/** A quoted name, short enough for a sentence, held by value so that several fit into one printf. */
struct nl_quoted {
  char text[NL_QUOTED_SIZE];
};

/** Quote @p name for a sentence; a long one keeps its beginning and its end. */
struct nl_quoted nl_quoted(const char *name);

/** The length of the printable character that @p bytes begins with, 1 to 4; 0 = no printable character. */
size_t nl_printable(const unsigned char *bytes);

#endif
