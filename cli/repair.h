/*
 * repair.h - what `nlink recover` and `nlink undo` share: their report
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_REPAIR_H
#define NLINK_CLI_REPAIR_H

#include "nlink.h"

struct out;

/* Add what one journal took to what others did. */
void repair_add(struct nlink_repair_report *sum, const struct nlink_repair_report *one);

/* The report as one JSON object. */
void repair_json(struct out *out, const struct nlink_repair_report *report);

/* Say on standard error that earlier work was mended by the way. */
void repair_say(struct out *out, const struct nlink_repair_report *report);

/* "3 names": a number and its word. */
void repair_put_count(struct out *out, uint64_t count, const char *one, const char *several);

#endif
