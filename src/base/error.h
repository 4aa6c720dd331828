/*
 * error.h - the only way to fail
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_ERROR_H
#define NL_ERROR_H

#include "nlink.h"

/**
 * Fill @p error and return @p status, so that `return nl_fail(...)` is the only way to fail.
 *
 * @param error   The caller's; NULL = no detail wanted.
 * @param status  Negative.
 * @param step    Which step of the work failed.
 * @param sys     The system's error number; 0 = the system was not asked.
 * @param format  The sentence, printf-like, without a full stop; NULL = the status's own.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
enum nlink_status
nl_fail(struct nlink_error *error, enum nlink_status status, enum nlink_step step, int sys,
        const char *format, ...);

/**
 * Give @p error the cause that was found, and its sentence.
 *
 * @param certain  It was observed, not guessed.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void nl_blame(struct nlink_error *error, enum nlink_cause cause, enum nlink_which at, bool certain,
              const char *format, ...);

#endif
