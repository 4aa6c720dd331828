/*
 * walk_each.c - walk trees in parallel and tell each name to a function
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "look/tell.h"
#include "tree/scope.h"
#include "tree/walk.h"

struct job {
  bool wants_stat;
  nlink_walk_function *function;
  void *ctx;
};

static int stat_of(struct nlink_stat *out, const struct nl_sight *sight) {
  return *sight->at_name == '\0' ? nl_os_stat_fd(out, sight->at)
                                 : nl_os_stat(out, sight->at, sight->at_name, false);
}

static bool take(void *ctx, const struct nl_sight *sight) {
  const struct job *job = ctx;
  struct nlink_stat stat;
  struct nlink_walk_entry entry = {.name = sight->name,
                                   .name_length = sight->length,
                                   .place = (const struct nlink_place *)(const void *)sight->dir,
                                   .depth = sight->depth,
                                   .kind = sight->kind};
  if (job->wants_stat && stat_of(&stat, sight) == 0)
    entry.stat = &stat;
  return job->function(&entry, job->ctx);
}

enum nlink_status nlink_walk_each(int dir, const char *const *paths, size_t count,
                                  const struct nlink_scope *scope, unsigned flags,
                                  nlink_walk_function *function, void *ctx, struct nlink_error *error) {
  struct nl_scope checked;
  const char *wrong = function == NULL ? "function is NULL" : nl_paths_wrong(paths, count);
  if (wrong == NULL && (flags & ~NLINK_STAT) != 0)
    wrong = "flags has a flag that this function does not take";
  enum nlink_status status = wrong != NULL ? NLINK_INVALID : nl_scope_open(&checked, scope, &wrong);
  if (status != NLINK_OK)
    return nl_fail(error, status, status == NLINK_INVALID ? NLINK_STEP_ARGUMENTS : NLINK_STEP_MEMORY, 0,
                   wrong != NULL ? "%s" : NULL, wrong);
  struct job job = {(flags & NLINK_STAT) != 0, function, ctx};
  const struct nl_walk_plan plan = {
      .dir = dir, .paths = paths, .count = count, .scope = &checked, .take = take, .ctx = &job};
  struct nl_walk *walk = NULL;
  status = nl_walk_run(&walk, &plan);
  size_t troubles = walk != NULL ? nl_tell(&checked, dir, nl_walk_troubles(walk)) : 0;
  nl_walk_close(walk);
  nl_scope_fini(&checked);
  if (status == NLINK_END || status == NLINK_CANCELLED)
    return nl_fail(error, NLINK_CANCELLED, NLINK_STEP_NONE, 0, NULL);
  if (status != NLINK_OK)
    return nl_fail(error, status, NLINK_STEP_MEMORY, 0, NULL);
  return troubles > 0 ? NLINK_PARTIAL : NLINK_OK;
}

size_t nlink_walk_path(char *out, size_t size, const struct nlink_walk_entry *entry) {
  const struct nl_dir *dir = (const struct nl_dir *)(const void *)entry->place;
  return nl_dir_path(out, size, dir, entry->name, entry->name_length);
}
