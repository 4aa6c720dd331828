/*
 * link.c - give a file one more name
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "look/cause.h"
#include "os/os.h"
#include "path/beneath.h"
#include "path/place.h"
#include "safe/backup.h"
#include "safe/swap.h"

/* The file that is to get a name: an open one, or a path. */
struct source {
  bool by_fd;
  int fd;
  int dir;
  const char *path;
  bool follow;
};

static int make_link(int dir, const char *name, void *ctx) {
  const struct source *source = ctx;
  return source->by_fd ? nl_os_link_fd(source->fd, dir, name)
                       : nl_os_link(source->dir, source->path, dir, name, source->follow);
}

static int stat_source(struct nlink_stat *out, const struct source *source) {
  return source->by_fd ? nl_os_stat_fd(out, source->fd)
                       : nl_os_stat(out, source->dir, source->path, source->follow);
}

static bool is_name_of(const struct nl_place *place, const struct source *source) {
  struct nlink_stat file;
  struct nlink_stat name;
  return stat_source(&file, source) == 0 && file.kind != NLINK_DIRECTORY &&
         nl_os_stat(&name, place->dir, place->name, false) == 0 && nl_os_is_same(&file, &name);
}

/*
 * The name at the place, new or in the place of an old one; 0, or the system's error number and the step.
 * A name that is already the file's is left alone, unless a backup of it is wanted.
 */
static int put(enum nlink_step *step, const struct nl_place *place, struct source *source, bool replace,
               struct nlink_backup *backup) {
  *step = NLINK_STEP_LINK;
  int sys = make_link(place->dir, place->name, source);
  if (!replace || nl_os_status(sys) != NLINK_EXISTS)
    return sys;
  if (backup != NULL)
    return nl_swap_keep(step, place, make_link, source, backup);
  return is_name_of(place, source) ? 0 : nl_swap_replace(step, place, make_link, source);
}

/* A bad pointer is the system's to refuse: it must look at dst before we do. */
static int probe(int dir, const char *path) {
  int fd = -1;
  struct nlink_stat stat;
  int sys = nl_os_open_beneath(&fd, dir, path, NL_OS_NODE);
  if (sys == 0)
    nl_os_close(fd);
  else if (nl_os_status(sys) == NLINK_NOT_SUPPORTED || nl_os_status(sys) == NLINK_NOT_PERMITTED)
    sys = nl_os_stat(&stat, dir, path, false);
  return nl_os_status(sys) == NLINK_BAD_POINTER ? sys : 0;
}

/* All but the plain link: beneath, by descriptor, in the place of another name. */
static enum nlink_status link_carefully(const struct nl_scene *scene, struct nlink_backup *backup,
                                        struct nlink_error *error) {
  struct source source = {scene->by_fd, scene->src_fd, scene->src_dir, scene->src, scene->follow};
  struct nl_place place = {NLINK_CWD, NULL, -1};
  enum nlink_step step = NLINK_STEP_RESOLVE;
  int opened = -1;
  int sys = 0;
  if (scene->beneath && !scene->by_fd) {
    sys =
        nl_beneath_open(&opened, scene->src_dir, scene->src, scene->follow ? NL_OS_NODE_FOLLOW : NL_OS_NODE);
    source.by_fd = true;
    source.fd = opened;
  }
  if (sys == 0)
    sys = probe(scene->dst_dir, scene->dst);
  if (sys == 0)
    sys = nl_place_open(&place, scene->dst_dir, scene->dst, scene->beneath);
  if (sys == 0)
    sys = put(&step, &place, &source, scene->replace, backup);
  if (sys == 0 && backup != NULL)
    sys = nl_backup_answer(backup, scene->dst);
  enum nlink_status status = sys == 0 ? NLINK_OK : nl_cause_fail(error, scene, step, sys);
  nl_place_close(&place);
  nl_os_close(opened);
  return status;
}

/* The plain call answered @p sys (0 = it was not made): go on where there is more to do, else fail. */
static enum nlink_status go_on(const struct nl_scene *scene, int sys, struct nlink_error *error) {
  if (scene->beneath || (scene->replace && nl_os_status(sys) == NLINK_EXISTS))
    return link_carefully(scene, NULL, error);
  return nl_cause_fail(error, scene, NLINK_STEP_LINK, sys);
}

enum nlink_status nlink_link(int src_dir, const char *src, int dst_dir, const char *dst, unsigned flags,
                             struct nlink_error *error) {
  if ((flags & ~(NLINK_NO_FOLLOW | NLINK_REPLACE | NLINK_BENEATH)) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_link: unknown flag in 0x%x", flags);
  int sys = 0;
  /* The way of success is one system call, and nothing is prepared before it. */
  if ((flags & NLINK_BENEATH) == 0) {
    sys = nl_os_link(src_dir, src, dst_dir, dst, (flags & NLINK_NO_FOLLOW) == 0);
    if (sys == 0)
      return NLINK_OK;
  }
  const struct nl_scene scene = nl_scene_of_link(src_dir, src, dst_dir, dst, flags);
  return go_on(&scene, sys, error);
}

enum nlink_status nlink_link_backup(int src_dir, const char *src, int dst_dir, const char *dst,
                                    unsigned flags, struct nlink_backup *backup, struct nlink_error *error) {
  if ((flags & ~(NLINK_NO_FOLLOW | NLINK_REPLACE | NLINK_BENEATH)) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_link_backup: unknown flag in 0x%x",
                   flags);
  enum nlink_status status = nl_backup_check("nlink_link_backup", backup, error);
  if (status != NLINK_OK)
    return status;
  if (backup == NULL || backup->kind == NLINK_BACKUP_NONE)
    return nlink_link(src_dir, src, dst_dir, dst, flags, error);
  const struct nl_scene scene = nl_scene_of_link(src_dir, src, dst_dir, dst, flags | NLINK_REPLACE);
  return link_carefully(&scene, backup, error);
}

enum nlink_status nlink_link_fd(int fd, int dst_dir, const char *dst, unsigned flags,
                                struct nlink_error *error) {
  if ((flags & ~(NLINK_REPLACE | NLINK_BENEATH)) != 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "nlink_link_fd: unknown flag in 0x%x",
                   flags);
  int sys = 0;
  if ((flags & NLINK_BENEATH) == 0) {
    sys = nl_os_link_fd(fd, dst_dir, dst);
    if (sys == 0)
      return NLINK_OK;
  }
  struct nl_scene scene = nl_scene_of_link(NLINK_CWD, NULL, dst_dir, dst, flags);
  scene.by_fd = true;
  scene.src_fd = fd;
  return go_on(&scene, sys, error);
}
