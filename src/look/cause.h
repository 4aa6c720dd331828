/*
 * cause.h - fail, and find out why
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_CAUSE_H
#define NL_CAUSE_H

#include "look/scene.h"

/**
 * Fail with what the system said, then look at the scene and tell the cause. The way to fail of every verb
 * that asked the system for something.
 *
 * @param error  NULL = no detail, and nothing is looked at.
 * @returns      The status for @p sys.
 */
enum nlink_status nl_cause_fail(struct nlink_error *error, const struct nl_scene *scene, enum nlink_step step,
                                int sys);

/** Find everything that stands in the way of the scene's act, in the order the system would say it. */
void nl_cause_foresee(struct nlink_why *out, const struct nl_scene *scene);

#endif
