/*
 * unlink.c - remove one name of a file
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "look/cause.h"
#include "os/os.h"
#include "path/place.h"

static enum nlink_status refuse_last(struct nlink_error *error, const char *path) {
  nl_fail(error, NLINK_LAST_NAME, NLINK_STEP_UNLINK, 0, NULL);
  nl_blame(error, NLINK_CAUSE_LAST_NAME_KEPT, NLINK_DST, true,
           "%s is the file's last name: its contents would go with it", nl_quoted(path).text);
  return NLINK_LAST_NAME;
}

/* Some servers know a file by the name that is gone now: then it is what it was before, less that name. */
static uint64_t count_left(int file, uint64_t before) {
  struct nlink_stat stat;
  if (nl_os_stat_fresh(&stat, file) == 0)
    return stat.link_count;
  return before > 0 ? before - 1 : 0;
}

enum nlink_status nlink_unlink(uint64_t *names_left, int dir, const char *path, unsigned flags,
                               struct nlink_error *error) {
  if ((flags & ~(NLINK_KEEP_LAST | NLINK_BENEATH)) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_unlink: unknown flag in 0x%x",
                   flags);
  const struct nl_scene scene = {.act = NL_ACT_UNLINK,
                                 .src_fd = -1,
                                 .dst_dir = dir,
                                 .dst = path,
                                 .beneath = (flags & NLINK_BENEATH) != 0};
  struct nl_place place = {dir, path, -1};
  struct nlink_stat stat = {0};
  enum nlink_step step = NLINK_STEP_OPEN;
  bool keep_last = (flags & NLINK_KEEP_LAST) != 0;
  int file = -1;
  int sys = 0;
  if (scene.beneath) {
    step = NLINK_STEP_RESOLVE;
    sys = nl_os_stat(&stat, dir, path, false); /* a bad pointer is the system's to refuse */
    sys = nl_os_status(sys) == NLINK_BAD_POINTER ? sys : nl_place_open(&place, dir, path, true);
  }
  /* The file is held open, so that its count can be asked when the name is gone. Remembered counts can be old. */
  if (sys == 0 && (keep_last || names_left != NULL)) {
    step = NLINK_STEP_OPEN;
    sys = nl_os_open(&file, place.dir, place.name, NL_OS_NODE);
  }
  bool is_last = false;
  if (sys == 0 && file >= 0) {
    step = NLINK_STEP_STAT;
    sys = nl_os_stat_fresh(&stat, file);
    is_last = sys == 0 && keep_last && stat.kind != NLINK_DIRECTORY && stat.link_count <= 1;
  }
  if (sys == 0 && !is_last) {
    step = NLINK_STEP_UNLINK;
    sys = nl_os_unlink(place.dir, place.name);
    if (sys == 0 && names_left != NULL)
      *names_left = count_left(file, stat.link_count);
  }
  enum nlink_status status = is_last    ? refuse_last(error, path)
                             : sys == 0 ? NLINK_OK
                                        : nl_cause_fail(error, &scene, step, sys);
  nl_os_close(file);
  nl_place_close(&place);
  return status;
}
