/*
 * symlink.c - make a soft link
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "look/cause.h"
#include "os/os.h"
#include "path/circle.h"
#include "path/place.h"
#include "path/relative.h"
#include "safe/backup.h"
#include "safe/swap.h"

#include <string.h>

static int make_symlink(int dir, const char *name, void *ctx) {
  return nl_os_symlink(ctx, dir, name);
}

/* As for a hard link: new, or in the place of an old name. */
static int put(enum nlink_step *step, const struct nl_place *place, char *target, bool replace,
               struct nlink_backup *backup) {
  *step = NLINK_STEP_SYMLINK;
  int sys = nl_os_symlink(target, place->dir, place->name);
  if (!replace || nl_os_status(sys) != NLINK_EXISTS)
    return sys;
  if (backup != NULL)
    sys = nl_swap_keep(step, place, make_symlink, target, backup);
  else
    sys = nl_swap_replace(step, place, make_symlink, target);
  if (*step == NLINK_STEP_LINK)
    *step = NLINK_STEP_SYMLINK;
  return sys;
}

static enum nlink_status refuse_itself(struct nlink_error *error) {
  nl_fail(error, NLINK_EXISTS, NLINK_STEP_SYMLINK, 0, NULL);
  nl_blame(error, NLINK_CAUSE_DST_IS_SRC, NLINK_DST, true,
           "the soft link would lead to itself, and what it replaces would be lost");
  return NLINK_EXISTS;
}

static enum nlink_status symlink_carefully(struct nl_scene *scene, unsigned flags,
                                           struct nlink_backup *backup, struct nlink_error *error) {
  struct nl_place place = {NLINK_CWD, NULL, -1};
  struct nl_string computed = {0};
  enum nlink_step step = NLINK_STEP_RESOLVE;
  int sys = 0;
  if (scene->target[0] == '\0') /* nothing to compute from; the system refuses it by the same word */
    flags &= ~(NLINK_RELATIVE | NLINK_ABSOLUTE);
  if ((flags & NLINK_RELATIVE) != 0)
    sys = nl_relative_path(&computed, scene->src_dir, scene->target, scene->dst_dir, scene->dst);
  else if ((flags & NLINK_ABSOLUTE) != 0)
    sys = nl_absolute_path(&computed, scene->src_dir, scene->target);
  else
    sys = nl_string_add(&computed, scene->target, strlen(scene->target)) ? 0 : nl_os_number(NLINK_NO_MEMORY);
  scene->target = sys == 0 ? computed.text : NULL;
  if (sys == 0)
    sys = nl_place_open(&place, scene->dst_dir, scene->dst, scene->beneath);
  /* The system would do it without a word, and what it replaces would be gone. */
  bool loses = scene->replace && (flags & NLINK_CIRCLE) == 0 && backup == NULL;
  bool is_circle = false;
  if (sys == 0 && loses)
    sys = nl_circle_look(&is_circle, &place, computed.text);
  if (sys == 0 && !is_circle)
    sys = put(&step, &place, computed.text, scene->replace, backup);
  if (sys == 0 && backup != NULL)
    sys = nl_backup_answer(backup, scene->dst);
  enum nlink_status status = is_circle  ? refuse_itself(error)
                             : sys == 0 ? NLINK_OK
                                        : nl_cause_fail(error, scene, step, sys);
  nl_place_close(&place);
  nl_string_fini(&computed);
  return status;
}

static enum nlink_status symlink_any(const char *function, struct nl_scene *scene, unsigned flags,
                                     struct nlink_backup *backup, struct nlink_error *error) {
  if ((flags & ~(NLINK_REPLACE | NLINK_BENEATH | NLINK_RELATIVE | NLINK_ABSOLUTE | NLINK_CIRCLE)) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "%s: unknown flag in 0x%x", function,
                   flags);
  if ((flags & NLINK_RELATIVE) != 0 && (flags & NLINK_ABSOLUTE) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0,
                   "%s: a soft link is either relative or absolute, not both", function);
  scene->act = NL_ACT_SYMLINK;
  scene->src_fd = -1;
  scene->beneath = (flags & NLINK_BENEATH) != 0;
  scene->replace = backup != NULL || (flags & NLINK_REPLACE) != 0;
  /* The system sees both pointers before we look through them. */
  const char *target = scene->target;
  bool is_plain = (flags & (NLINK_BENEATH | NLINK_RELATIVE | NLINK_ABSOLUTE)) == 0 && backup == NULL;
  struct nlink_stat stat;
  int sys = is_plain ? nl_os_symlink(target, scene->dst_dir, scene->dst)
                     : nl_os_stat(&stat, scene->dst_dir, scene->dst, false);
  if (!is_plain && nl_os_status(sys) != NLINK_BAD_POINTER)
    sys = nl_os_stat(&stat, NLINK_CWD, target, false);
  bool goes_on =
      is_plain ? scene->replace && nl_os_status(sys) == NLINK_EXISTS : nl_os_status(sys) != NLINK_BAD_POINTER;
  if (goes_on)
    return symlink_carefully(scene, flags, backup, error);
  return sys == 0 ? NLINK_OK : nl_cause_fail(error, scene, NLINK_STEP_SYMLINK, sys);
}

enum nlink_status nlink_symlink(int target_dir, const char *target, int dst_dir, const char *dst,
                                unsigned flags, struct nlink_error *error) {
  struct nl_scene scene = {.src_dir = target_dir, .target = target, .dst_dir = dst_dir, .dst = dst};
  return symlink_any("nlink_symlink", &scene, flags, NULL, error);
}

enum nlink_status nlink_symlink_backup(int target_dir, const char *target, int dst_dir, const char *dst,
                                       unsigned flags, struct nlink_backup *backup,
                                       struct nlink_error *error) {
  struct nl_scene scene = {.src_dir = target_dir, .target = target, .dst_dir = dst_dir, .dst = dst};
  enum nlink_status status = nl_backup_check("nlink_symlink_backup", backup, error);
  if (backup != NULL && status == NLINK_OK && backup->kind == NLINK_BACKUP_NONE)
    backup = NULL;
  return status != NLINK_OK ? status : symlink_any("nlink_symlink_backup", &scene, flags, backup, error);
}
