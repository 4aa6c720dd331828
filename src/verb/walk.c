/*
 * walk.c - walk trees in order, name by name
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "base/memory.h"
#include "look/tell.h"
#include "tree/scope.h"
#include "tree/stroll.h"

struct nlink_walk {
  struct nl_scope scope;
  struct nl_stroll *stroll;
  struct nl_telling telling;
  uint64_t troubles; /* without those of the status NLINK_REPEATED */
  uint64_t asked_ns; /* when on_progress was called last */
};

static const uint64_t progress_every_ns = 100000000;

static void stumble(void *ctx, const char *path, enum nlink_step step, int sys, const char *other) {
  struct nlink_walk *walk = ctx;
  walk->troubles += sys != 0;
  nl_tell_one(&walk->telling, path, step, sys, other);
}

static bool goes_on(void *ctx, const struct nlink_progress *progress) {
  struct nlink_walk *walk = ctx;
  uint64_t now_ns = nl_os_now_ns();
  if (now_ns - walk->asked_ns < progress_every_ns)
    return true;
  walk->asked_ns = now_ns;
  return walk->scope.given.on_progress(progress, walk->scope.given.ctx);
}

enum nlink_status nlink_walk_open(struct nlink_walk **out, int dir, const char *const *paths, size_t count,
                                  const struct nlink_scope *scope, unsigned flags,
                                  struct nlink_error *error) {
  const char *wrong = out == NULL ? "out is NULL" : nl_paths_wrong(paths, count);
  if (out != NULL)
    *out = NULL;
  if (wrong == NULL && (flags & ~NLINK_STAT) != 0)
    wrong = "flags has a flag that this function does not take";
  if (wrong != NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "%s", wrong);
  struct nlink_walk *walk = nl_alloc_zero(sizeof *walk);
  if (walk == NULL)
    return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  enum nlink_status status = nl_scope_open(&walk->scope, scope, &wrong);
  if (status == NLINK_OK) {
    walk->telling = (struct nl_telling){.scope = &walk->scope, .dir = dir};
    walk->asked_ns = nl_os_now_ns();
    const struct nl_stroll_plan plan = {.dir = dir,
                                        .paths = paths,
                                        .count = count,
                                        .scope = &walk->scope,
                                        .stat = (flags & NLINK_STAT) != 0,
                                        .stumble = stumble,
                                        .goes_on = walk->scope.given.on_progress != NULL ? goes_on : NULL,
                                        .ctx = walk};
    status = nl_stroll_open(&walk->stroll, &plan);
  }
  if (status == NLINK_OK) {
    *out = walk;
    return status;
  }
  nlink_walk_close(walk);
  if (status == NLINK_INVALID)
    return nl_fail(error, status, NLINK_STEP_ARGUMENTS, 0, "%s", wrong);
  return nl_fail(error, status, NLINK_STEP_MEMORY, 0, NULL);
}

enum nlink_status nlink_walk_next(struct nlink_walk *walk, const struct nlink_walk_entry **entry,
                                  struct nlink_error *error) {
  enum nlink_status status = nl_stroll_next(walk->stroll, entry);
  if (status < 0)
    return nl_fail(error, status, status == NLINK_NO_MEMORY ? NLINK_STEP_MEMORY : NLINK_STEP_NONE, 0, NULL);
  return status == NLINK_END && walk->troubles > 0 ? NLINK_PARTIAL : status;
}

void nlink_walk_skip(struct nlink_walk *walk) {
  nl_stroll_skip(walk->stroll);
}

void nlink_walk_close(struct nlink_walk *walk) {
  if (walk == NULL)
    return;
  nl_stroll_close(walk->stroll);
  nl_telling_fini(&walk->telling);
  nl_scope_fini(&walk->scope);
  nl_free(walk);
}
