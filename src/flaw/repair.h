/*
 * repair.h - the soft links that can be mended, as a task
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_REPAIR_H
#define NL_REPAIR_H

#include "flaw/findings.h"
#include "task/task.h"

/**
 * Fill a task that nl_task_begin() began.
 *
 * Names of one soft link that are to hold the same stay together; names that are to hold different things, which a
 * relative text can ask for in two directories, are parted.
 *
 * @param task    Its texts are borrowed from the findings, and live as long as they do. To be given back by
 *                nl_task_fini() in any case.
 * @param remove  Take in those that can only be removed, too.
 *
 * @retval NLINK_OK, NLINK_NO_MEMORY, NLINK_OVERFLOW
 */
enum nlink_status nl_repair_plan(struct nl_task *task, const struct nl_findings *findings, bool remove);

#endif
