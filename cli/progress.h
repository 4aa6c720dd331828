/*
 * progress.h - the line that tells a person how far a piece of work has come
 *
 * Only where standard error is a terminal, and only after half a second: "123,456 names, 7,890 directories", then
 * "comparing: 12 of 98 files, 1.2 GiB of at most 3.4 GiB, 567 MiB/s, 3 s left", written again and again in its own
 * place, and gone when the answer comes. All zeros but `out` = nothing shown yet.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_PROGRESS_H
#define NLINK_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out;
struct nlink_progress;

struct progress {
  struct out *out;
  bool asked;       /* whether there is a terminal */
  bool terminal;    /* there is */
  int64_t next_ns;  /* when the line is due again; 0 = the first time was not yet set */
  size_t width;     /* of the line that stands there; 0 = none does */
  int phase;        /* of the last call */
  int64_t since_ns; /* when that phase began */
};

/* Say how far it is, where that is due. */
void progress_show(struct progress *progress, const struct nlink_progress *now);

/* Take the line away: before a message, and at the end. */
void progress_clear(struct progress *progress);

#endif
