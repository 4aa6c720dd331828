/*
 * can.h - what the file system that a test runs on is known to be able to
 *
 * The tests of what is asked of the system run on any ground. Where NLINK_OS_CAN is set, as the tests on real file systems
 * do, its words are what this one can, and nothing else; where it is not, a refusal is a reason to skip.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_CAN_H
#define TEST_CAN_H

#include <stdbool.h>

/*
 * Whether the test is to go on: the file system can do @p what. @p sys is what it answered. false = it refused, as it is
 * known to, and nothing more is to be tested. Any other answer than the known one fails the test.
 */
bool can(const char *what, int sys);

/* Whether NLINK_OS_CAN is set, and has the word. */
bool can_is_told(const char *what);

/* Whether it has the word, or nothing is known. */
bool can_perhaps(const char *what);

#endif
