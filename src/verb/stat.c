/*
 * stat.c - look at a name: what it leads to, whether two lead to one file, what a soft link holds
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "look/cause.h"
#include "os/os.h"
#include "path/beneath.h"

static enum nlink_status look(struct nlink_stat *out, const struct nl_scene *scene,
                              struct nlink_error *error) {
  enum nlink_step step = NLINK_STEP_STAT;
  int sys = 0;
  if (scene->beneath) {
    int fd = -1;
    step = NLINK_STEP_RESOLVE;
    sys = nl_beneath_open(&fd, scene->src_dir, scene->src, scene->follow ? NL_OS_NODE_FOLLOW : NL_OS_NODE);
    if (sys == 0) {
      step = NLINK_STEP_STAT;
      sys = nl_os_stat_fd(out, fd);
    }
    nl_os_close(fd);
  } else {
    sys = nl_os_stat(out, scene->src_dir, scene->src, scene->follow);
  }
  return sys == 0 ? NLINK_OK : nl_cause_fail(error, scene, step, sys);
}

enum nlink_status nlink_stat(struct nlink_stat *out, int dir, const char *path, unsigned flags,
                             struct nlink_error *error) {
  if (out == NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_stat: out is NULL");
  if ((flags & ~(NLINK_NO_FOLLOW | NLINK_BENEATH)) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_stat: unknown flag in 0x%x", flags);
  const struct nl_scene scene = {
      .act = NL_ACT_LOOK,
      .src_dir = dir,
      .src = path,
      .src_fd = -1,
      .follow = (flags & NLINK_NO_FOLLOW) == 0,
      .beneath = (flags & NLINK_BENEATH) != 0,
  };
  return look(out, &scene, error);
}

enum nlink_status nlink_stat_fd(struct nlink_stat *out, int fd, struct nlink_error *error) {
  if (out == NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_stat_fd: out is NULL");
  int sys = nl_os_stat_fd(out, fd);
  const struct nl_scene scene = {.act = NL_ACT_LOOK, .by_fd = true, .src_fd = fd};
  return sys == 0 ? NLINK_OK : nl_cause_fail(error, &scene, NLINK_STEP_STAT, sys);
}

enum nlink_status nlink_same_file(bool *same, int a_dir, const char *a, int b_dir, const char *b,
                                  unsigned flags, struct nlink_error *error) {
  if (same == NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_same_file: same is NULL");
  if ((flags & ~NLINK_NO_FOLLOW) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_same_file: unknown flag in 0x%x",
                   flags);
  struct nlink_stat one = {0};
  struct nlink_stat other = {0};
  enum nlink_status status = nlink_stat(&one, a_dir, a, flags, error);
  if (status != NLINK_OK) {
    if (error != NULL)
      error->at = NLINK_SRC;
    return status;
  }
  status = nlink_stat(&other, b_dir, b, flags, error);
  if (status != NLINK_OK) {
    if (error != NULL)
      error->at = NLINK_DST;
    return status;
  }
  *same = nl_os_is_same(&one, &other);
  return NLINK_OK;
}

enum nlink_status nlink_readlink(char *target, size_t size, int dir, const char *path, unsigned flags,
                                 struct nlink_error *error) {
  if (target == NULL || size == 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0,
                   "nlink_readlink: target is NULL or size is 0");
  if ((flags & ~NLINK_BENEATH) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_readlink: unknown flag in 0x%x",
                   flags);
  const struct nl_scene scene = {
      .act = NL_ACT_LOOK, .src_dir = dir, .src = path, .src_fd = -1, .beneath = (flags & NLINK_BENEATH) != 0};
  enum nlink_step step = NLINK_STEP_READLINK;
  int sys = 0;
  if (scene.beneath) {
    int fd = -1;
    step = NLINK_STEP_RESOLVE;
    sys = nl_beneath_open(&fd, dir, path, NL_OS_NODE);
    if (sys == 0) {
      step = NLINK_STEP_READLINK;
      sys = nl_os_readlink(target, size, fd, "");
      /* By descriptor the system says of what is no soft link that there is nothing. */
      sys = nl_os_status(sys) == NLINK_NOT_FOUND ? nl_os_number(NLINK_NOT_SYMLINK) : sys;
    }
    nl_os_close(fd);
  } else {
    sys = nl_os_readlink(target, size, dir, path);
  }
  if (nl_os_status(sys) == NLINK_TOO_SMALL)
    return nl_fail(error, NLINK_TOO_SMALL, step, sys,
                   "the target of %s and its NUL do not fit into %zu bytes", nl_quoted(path).text, size);
  return sys == 0 ? NLINK_OK : nl_cause_fail(error, &scene, step, sys);
}
