/*
 * scene.c - what was tried, and what stands there now
 *
 * SPDX-License-Identifier: MIT
 */
#include "look/scene.h"

#include "path/beneath.h"
#include "path/place.h"

struct nl_scene nl_scene_of_link(int src_dir, const char *src, int dst_dir, const char *dst, unsigned flags) {
  return (struct nl_scene){
      .act = NL_ACT_LINK,
      .src_dir = src_dir,
      .src = src,
      .src_fd = -1,
      .follow = (flags & NLINK_NO_FOLLOW) == 0,
      .dst_dir = dst_dir,
      .dst = dst,
      .replace = (flags & NLINK_REPLACE) != 0,
      .beneath = (flags & NLINK_BENEATH) != 0,
  };
}

/* Stat a path within the bounds that the scene sets. */
static int stat_path(struct nlink_stat *out, const struct nl_scene *scene, int dir, const char *path,
                     bool follow) {
  if (!scene->beneath)
    return nl_os_stat(out, dir, path, follow);
  int fd = -1;
  int sys = nl_beneath_open(&fd, dir, path, follow ? NL_OS_NODE_FOLLOW : NL_OS_NODE);
  if (sys == 0)
    sys = nl_os_stat_fd(out, fd);
  nl_os_close(fd);
  return sys;
}

static void look_at_src(struct nl_facts *facts) {
  const struct nl_scene *scene = facts->scene;
  struct nl_side *side = &facts->src;
  if (scene->by_fd) {
    side->quoted = (struct nl_quoted){"the open file"};
    side->sys = nl_os_stat_fd(&side->stat, scene->src_fd);
    side->link = side->stat;
    side->link_sys = side->sys;
    return;
  }
  *side = (struct nl_side){.dir = scene->src_dir, .path = scene->src, .quoted = nl_quoted(scene->src)};
  side->link_sys = stat_path(&side->link, scene, side->dir, side->path, false);
  side->sys = stat_path(&side->stat, scene, side->dir, side->path, scene->follow);
  enum nl_os_open how = scene->follow ? NL_OS_NODE_FOLLOW : NL_OS_NODE;
  if (side->sys == 0 && nl_path_open(&facts->src_fd, side->dir, side->path, how, scene->beneath) != 0)
    facts->src_fd = -1;
}

static void look_at_dst(struct nl_facts *facts) {
  const struct nl_scene *scene = facts->scene;
  facts->dst = (struct nl_side){.dir = scene->dst_dir, .path = scene->dst, .quoted = nl_quoted(scene->dst)};

  size_t length = 0;
  size_t begin = nl_path_last(scene->dst, &length);
  struct nl_string parent = {0};
  facts->dst.sys = facts->parent.sys = nl_os_number(NLINK_NO_MEMORY);
  /* Whether a new name would be in the way of an old one is asked without the slashes at its end. */
  if (scene->act == NL_ACT_UNLINK || length == 0)
    facts->dst.sys = stat_path(&facts->dst.stat, scene, scene->dst_dir, scene->dst, false);
  else if (nl_path_prefix(&parent, scene->dst, begin + length))
    facts->dst.sys = stat_path(&facts->dst.stat, scene, scene->dst_dir, parent.text, false);
  while (begin > 1 && scene->dst[begin - 1] == '/')
    begin--; /* the slash between a directory and what is in it belongs to neither */
  if (nl_path_prefix(&parent, scene->dst, begin)) {
    facts->parent_name = nl_quoted(parent.text);
    facts->parent.sys =
        nl_path_open(&facts->parent_fd, scene->dst_dir, parent.text, NL_OS_DIRECTORY, scene->beneath);
  }
  nl_string_fini(&parent);
  if (facts->parent.sys == 0)
    facts->parent.sys = nl_os_stat_fd(&facts->parent.stat, facts->parent_fd);
}

/*
 * A call can fail before the system has looked at its second path, so that this one may still lead outside
 * our memory. The system is asked about each path before we look through the pointer.
 */
static void leave_out(struct nl_facts *facts, const char **path, enum nlink_which which) {
  struct nlink_stat stat;
  if (nl_os_status(nl_os_stat(&stat, NLINK_CWD, *path, false)) != NLINK_BAD_POINTER)
    return;
  *path = NULL;
  if (facts->bad_pointer == NLINK_NEITHER)
    facts->bad_pointer = which;
}

void nl_facts_open(struct nl_facts *facts, const struct nl_scene *scene) {
  *facts = (struct nl_facts){.own = *scene, .parent_fd = -1, .src_fd = -1};
  facts->scene = &facts->own;
  facts->src.sys = facts->src.link_sys = facts->dst.sys = facts->parent.sys = nl_os_number(NLINK_BAD_POINTER);
  if (!scene->by_fd && (scene->act == NL_ACT_LINK || scene->act == NL_ACT_LOOK))
    leave_out(facts, &facts->own.src, NLINK_SRC);
  if (scene->act != NL_ACT_LOOK)
    leave_out(facts, &facts->own.dst, NLINK_DST);
  nl_os_who(&facts->who);
  if (facts->own.src != NULL || facts->own.by_fd)
    look_at_src(facts);
  if (facts->own.dst != NULL)
    look_at_dst(facts);
}

void nl_facts_close(struct nl_facts *facts) {
  nl_os_close(facts->parent_fd);
  nl_os_close(facts->src_fd);
}

static struct nl_os_fs fs_of(int fd) {
  struct nl_os_fs fs = {0};
  if (fd >= 0 && nl_os_fs(&fs, fd) != 0)
    fs = (struct nl_os_fs){0};
  return fs;
}

struct nl_os_fs nl_facts_src_fs(const struct nl_facts *facts) {
  return fs_of(facts->src_fd >= 0 ? facts->src_fd : facts->scene->src_fd);
}

struct nl_os_fs nl_facts_parent_fs(const struct nl_facts *facts) {
  return fs_of(facts->parent_fd);
}

bool nl_facts_dst_is_src(const struct nl_facts *facts) {
  const struct nl_scene *scene = facts->scene;
  return scene->act == NL_ACT_LINK && scene->dst != NULL && facts->src.sys == 0 && facts->dst.sys == 0 &&
         nl_os_is_same(&facts->src.stat, &facts->dst.stat);
}
