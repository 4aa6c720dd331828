/*
 * singles.h - the paths of a walk that are looked at by themselves: roots that are no directories, and listed names
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SINGLES_H
#define NL_SINGLES_H

struct nl_walk;

/** Tell them; in the caller's thread, when the directories have been walked. */
void nl_walk_singles(struct nl_walk *walk);

#endif
