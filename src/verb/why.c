/*
 * why.c - tell whether a link could be made, and what stands in the way
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "look/cause.h"

enum nlink_status nlink_why(struct nlink_why *out, int src_dir, const char *src, int dst_dir, const char *dst,
                            unsigned flags, struct nlink_error *error) {
  if (out == NULL || src == NULL || dst == NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_why: %s is NULL",
                   out == NULL   ? "out"
                   : src == NULL ? "src"
                                 : "dst");
  if ((flags & ~(NLINK_NO_FOLLOW | NLINK_REPLACE | NLINK_BENEATH)) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_why: unknown flag in 0x%x", flags);
  const struct nl_scene scene = nl_scene_of_link(src_dir, src, dst_dir, dst, flags);
  nl_cause_foresee(out, &scene);
  return NLINK_OK;
}
