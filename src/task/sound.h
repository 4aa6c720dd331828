/*
 * sound.h - whether a task hangs together
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SOUND_H
#define NL_SOUND_H

#include "task/task.h"

/**
 * Look at every index, range, number of an enum and text of a task from outside.
 *
 *   A directory is an absolute path. A name is one component. Each name is one of its file's, each file has one at least and
 *   is one of its group's, and nothing is left over. A `keep` is a file of the same group that stands before it and is not
 *   replaced, or the file itself, where that is kept; what becomes names, soft links or shares of one has it. A soft link
 *   that is to be aimed has an aim.
 *
 * @returns What is wrong, without a full stop; NULL = nothing.
 */
const char *nl_task_unsound(const struct nl_task *task);

#endif
