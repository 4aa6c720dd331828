/*
 * scene.h - what was tried, and what stands there now
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_SCENE_H
#define NL_SCENE_H

#include "base/quote.h"
#include "nlink.h"
#include "os/os.h"

enum nl_act { NL_ACT_LINK, NL_ACT_SYMLINK, NL_ACT_UNLINK, NL_ACT_LOOK };

/** What a call was to do. Acts with one path have it as dst if they change it, as src if they look. */
struct nl_scene {
  enum nl_act act;
  int src_dir;
  const char *src; /* NULL = none, or by_fd */
  bool by_fd;      /* the file is the open one src_fd, and src is NULL */
  int src_fd;
  bool follow; /* a soft link at the end of src is followed */
  int dst_dir;
  const char *dst;    /* NULL = none */
  const char *target; /* what a soft link was to hold; NULL = none */
  bool replace;
  bool beneath;
};

/** The scene of nlink_link() and of nlink_why() with these arguments. */
struct nl_scene nl_scene_of_link(int src_dir, const char *src, int dst_dir, const char *dst, unsigned flags);

/** One of the two paths, looked at. */
struct nl_side {
  int dir;
  const char *path;        /* NULL = an open file, or no such side */
  struct nl_quoted quoted; /* the path for a sentence */
  int sys;                 /* 0 = stat holds; else what the system said */
  struct nlink_stat stat;  /* src: as followed; dst: the name itself */
  struct nlink_stat link;  /* src: the name itself, where link_sys is 0 */
  int link_sys;
};

/** All that was seen. */
struct nl_facts {
  const struct nl_scene *scene;
  struct nl_scene own;          /* the caller's, without the paths that lie outside our memory */
  enum nlink_which bad_pointer; /* the first of those paths */
  struct nl_side src;
  struct nl_side dst;
  struct nl_side parent; /* dst's directory */
  struct nl_quoted parent_name;
  int parent_fd; /* open, or -1 */
  int src_fd;    /* the open source, or -1 */
  struct nl_os_who who;
};

/** Look at everything the scene names; nothing changes. To be closed, and not to be copied. */
void nl_facts_open(struct nl_facts *facts, const struct nl_scene *scene);

void nl_facts_close(struct nl_facts *facts);

/** The file system of the source, of dst's directory; all zeros = unknown. Asked anew at each call: it is slow. */
struct nl_os_fs nl_facts_src_fs(const struct nl_facts *facts);
struct nl_os_fs nl_facts_parent_fs(const struct nl_facts *facts);

/** Whether dst is a name of the file src, as far as can be seen. */
bool nl_facts_dst_is_src(const struct nl_facts *facts);

#endif
