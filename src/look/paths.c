/*
 * paths.c - what is wrong on the way to a name
 *
 * SPDX-License-Identifier: MIT
 */
#include "look/checks.h"

#include "base/error.h"
#include "path/beneath.h"
#include "path/place.h"

#include <string.h>

enum { PATH_MAX_BYTES = 4095 };

static const char *kind_text(enum nlink_kind kind) {
  switch (kind) {
  case NLINK_REGULAR:
    return "a regular file";
  case NLINK_DIRECTORY:
    return "a directory";
  case NLINK_SYMLINK:
    return "a soft link";
  case NLINK_FIFO:
    return "a pipe";
  case NLINK_SOCKET:
    return "a socket";
  case NLINK_CHARACTER_DEVICE:
  case NLINK_BLOCK_DEVICE:
    return "a device";
  case NLINK_KIND_UNKNOWN:
    break;
  }
  return "something else";
}

/* Which directory denies the search for @p path, a path that cannot be looked at, or not through. */
static void blame_search(struct nlink_error *error, const struct nl_side *side, enum nlink_which at,
                         const char *path, uint32_t uid) {
  struct nlink_stat stat;
  size_t length = 0;
  size_t begin = nl_path_last(path, &length);
  struct nl_string parent = {0};
  if (nl_os_stat(&stat, side->dir, path, false) == 0 && stat.kind == NLINK_SYMLINK) {
    nl_blame(error, NLINK_CAUSE_NOT_SEARCHABLE, at, true,
             "the soft link %s leads through a directory that refuses: no search permission for uid %u",
             nl_quoted(path).text, (unsigned)uid);
    return;
  }
  while (begin > 1 && path[begin - 1] == '/')
    begin--;
  if (nl_path_prefix(&parent, path, begin))
    nl_blame(error, NLINK_CAUSE_NOT_SEARCHABLE, at, true,
             "the directory %s refuses: no search permission for uid %u", nl_quoted(parent.text).text,
             (unsigned)uid);
  nl_string_fini(&parent);
}

/* What a failure at the directory @p prefix of the path means. */
static void blame_prefix(struct nlink_error *error, const struct nl_side *side, enum nlink_which at,
                         const char *prefix, int sys, uint32_t uid) {
  struct nl_quoted name = nl_quoted(prefix);
  struct nlink_stat stat;
  int stat_sys = nl_os_stat(&stat, side->dir, prefix, false);
  enum nlink_cause missing =
      at == NLINK_SRC ? NLINK_CAUSE_SRC_PARENT_MISSING : NLINK_CAUSE_DST_PARENT_MISSING;
  switch (nl_os_status(sys)) {
  case NLINK_NOT_FOUND:
    if (stat_sys == 0 && stat.kind == NLINK_SYMLINK)
      nl_blame(error, missing, at, true, "%s is a soft link that leads nowhere", name.text);
    else
      nl_blame(error, missing, at, true, "%s: no such directory", name.text);
    return;
  case NLINK_NOT_DIRECTORY:
    nl_blame(error, NLINK_CAUSE_NOT_A_DIRECTORY, at, true, "%s is %s, not a directory", name.text,
             stat_sys != 0                ? "something else"
             : stat.kind == NLINK_SYMLINK ? "a soft link to something else"
                                          : kind_text(stat.kind));
    return;
  case NLINK_DENIED:
    blame_search(error, side, at, prefix, uid);
    return;
  case NLINK_SYMLINK_LOOP:
    nl_blame(error, NLINK_CAUSE_LOOP, at, true,
             "the soft links at %s lead round in a circle, or over more than 40", name.text);
    return;
  case NLINK_CROSS_DEVICE:
    nl_blame(error, NLINK_CAUSE_LEAVES_DIRECTORY, at, true, "%s leads out of its directory",
             side->quoted.text);
    return;
  default:
    return;
  }
}

/*
 * Walk the directories of a path from the front, and blame the first that fails with @p status. Each one is
 * asked for as far as its own slash, so that the sentence names the very component.
 */
static bool blame_way(struct nlink_error *error, const struct nl_facts *facts, const struct nl_side *side,
                      enum nlink_which at, enum nlink_status status) {
  struct nl_string prefix = {0};
  bool found = false;
  size_t last_length = 0;
  size_t last = nl_path_last(side->path, &last_length);
  for (size_t i = 1; i <= last && !found; i++) {
    bool border = side->path[i - 1] != '/' && (side->path[i] == '/' || i == last);
    if (!border || !nl_path_prefix(&prefix, side->path, i))
      continue;
    int fd = -1;
    int sys = nl_path_open(&fd, side->dir, prefix.text, NL_OS_DIRECTORY, facts->scene->beneath);
    nl_os_close(fd);
    if (sys == 0)
      continue;
    found =
        nl_os_status(sys) == status || (status == NLINK_ESCAPES && nl_os_status(sys) == NLINK_CROSS_DEVICE);
    if (found)
      blame_prefix(error, side, at, prefix.text, sys, facts->who.uid);
    break;
  }
  nl_string_fini(&prefix);
  return found;
}

/* The way was free: then it is the last component itself. */
static bool blame_end(struct nlink_error *error, const struct nl_facts *facts, const struct nl_side *side,
                      enum nlink_which at, enum nlink_status status) {
  size_t length = strlen(side->path);
  char target[NLINK_TARGET_SIZE];
  switch (status) {
  case NLINK_NOT_FOUND:
    if (at == NLINK_SRC && side->link_sys == 0 && side->link.kind == NLINK_SYMLINK &&
        nl_os_readlink(target, sizeof target, side->dir, side->path) == 0)
      nl_blame(error, NLINK_CAUSE_SRC_DANGLES, at, true, "%s is a soft link to %s, which does not exist",
               side->quoted.text, nl_quoted(target).text);
    else
      nl_blame(error, NLINK_CAUSE_SRC_MISSING, at, true, "%s does not exist", side->quoted.text);
    return true;
  case NLINK_NOT_DIRECTORY:
    if (length == 0 || side->path[length - 1] != '/')
      return false;
    nl_blame(error, NLINK_CAUSE_NOT_A_DIRECTORY, at, true, "%s ends in a slash and is not a directory",
             side->quoted.text);
    return true;
  case NLINK_DENIED:
    blame_search(error, side, at, side->path, facts->who.uid);
    return true;
  case NLINK_SYMLINK_LOOP:
    nl_blame(error, NLINK_CAUSE_LOOP, at, true,
             "the soft links at %s lead round in a circle, or over more than 40", side->quoted.text);
    return true;
  case NLINK_ESCAPES:
    nl_blame(error, NLINK_CAUSE_LEAVES_DIRECTORY, at, true, "%s leads out of its directory",
             side->quoted.text);
    return true;
  default:
    return false;
  }
}

static enum nlink_status side_status(const struct nl_facts *facts, int sys) {
  enum nlink_status status = nl_os_status(sys);
  return facts->scene->beneath && status == NLINK_CROSS_DEVICE ? NLINK_ESCAPES : status;
}

bool nl_check_src_path(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nl_side *side = &facts->src;
  (void)happened;
  if (side->path == NULL || side->sys == 0)
    return false;
  enum nlink_status status = side_status(facts, side->sys);
  if (status != error->status)
    return false;
  if (side->path[0] == '\0') {
    nl_blame(error, NLINK_CAUSE_EMPTY_PATH, NLINK_SRC, true, "the path of the file is empty");
    return true;
  }
  return blame_way(error, facts, side, NLINK_SRC, status) || blame_end(error, facts, side, NLINK_SRC, status);
}

bool nl_check_dst_path(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  const struct nl_side *side = &facts->dst;
  if (side->path == NULL)
    return false;
  if (side->path[0] == '\0' && error->status == NLINK_NOT_FOUND) {
    nl_blame(error, NLINK_CAUSE_EMPTY_PATH, NLINK_DST, true, "the path of the %s is empty",
             facts->scene->act == NL_ACT_UNLINK ? "name" : "new name");
    return true;
  }
  const char *target = facts->scene->target;
  if (target != NULL && target[0] == '\0' && error->status == NLINK_NOT_FOUND) {
    nl_blame(error, NLINK_CAUSE_EMPTY_PATH, NLINK_SRC, true,
             "the path that the soft link is to hold is empty");
    return true;
  }
  if (side->sys == 0)
    return false;
  if (blame_way(error, facts, side, NLINK_DST, error->status))
    return true;
  bool is_relative = side->path[0] != '/';
  struct nlink_stat stat;
  if (error->status == NLINK_NOT_FOUND && is_relative && facts->parent.sys == 0 &&
      facts->parent.stat.link_count == 0) {
    nl_blame(error, NLINK_CAUSE_DIRECTORY_REMOVED, NLINK_DST, true, "the directory %s has been removed",
             facts->parent_name.text);
    return true;
  }
  if (error->status == NLINK_NOT_DIRECTORY && is_relative && side->dir != NLINK_CWD &&
      nl_os_stat_fd(&stat, side->dir) == 0 && stat.kind != NLINK_DIRECTORY) {
    nl_blame(error, NLINK_CAUSE_DESCRIPTOR, NLINK_DST, true, "descriptor %d is %s, not a directory",
             side->dir, kind_text(stat.kind));
    return true;
  }
  bool is_missing = nl_os_status(side->sys) == NLINK_NOT_FOUND;
  if (error->status == NLINK_NOT_FOUND && is_missing && facts->scene->act == NL_ACT_UNLINK) {
    nl_blame(error, NLINK_CAUSE_SRC_MISSING, NLINK_DST, true, "%s does not exist", side->quoted.text);
    return true;
  }
  if (is_missing || side_status(facts, side->sys) != error->status)
    return false;
  return blame_end(error, facts, side, NLINK_DST, error->status);
}

bool nl_check_dst_slash(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  const char *path = facts->dst.path;
  size_t length = path != NULL ? strlen(path) : 0;
  if (length == 0 || path[length - 1] != '/' || nl_os_status(facts->dst.sys) != NLINK_NOT_FOUND ||
      facts->parent.sys != 0)
    return false;
  nl_blame(error, NLINK_CAUSE_DST_SLASH, NLINK_DST, true, "%s: no such directory", facts->dst.quoted.text);
  return true;
}

bool nl_check_dst_exists(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nl_side *dst = &facts->dst;
  struct nlink_stat stat;
  if (dst->path == NULL || dst->sys != 0 || (facts->scene->replace && !happened))
    return false;
  if (nl_facts_dst_is_src(facts)) {
    nl_blame(error, NLINK_CAUSE_DST_IS_SRC, NLINK_DST, true, "%s is already a name of %s", dst->quoted.text,
             facts->src.quoted.text);
  } else if (dst->stat.kind == NLINK_SYMLINK &&
             nl_os_status(nl_os_stat(&stat, dst->dir, dst->path, true)) == NLINK_NOT_FOUND) {
    nl_blame(error, NLINK_CAUSE_DST_DANGLES, NLINK_DST, true,
             "%s is a soft link that dangles; the new name is never put where a soft link leads",
             dst->quoted.text);
  } else {
    nl_blame(error, NLINK_CAUSE_DST_EXISTS, NLINK_DST, true, "%s exists: it is %s", dst->quoted.text,
             kind_text(dst->stat.kind));
  }
  return true;
}

/* A directory, or a soft link to one where the slash behind it says that the directory is meant. */
static bool is_directory(const struct nl_side *side) {
  struct nlink_stat stat;
  size_t length = strlen(side->path);
  return side->stat.kind == NLINK_DIRECTORY ||
         (side->stat.kind == NLINK_SYMLINK && side->path[length - 1] == '/' &&
          nl_os_stat(&stat, side->dir, side->path, true) == 0 && stat.kind == NLINK_DIRECTORY);
}

/* "f/" of a file f: only who replaces it, or failed at it, comes to know. */
bool nl_check_dst_no_directory(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nl_side *dst = &facts->dst;
  if (dst->path == NULL || dst->sys != 0 || (!happened && !facts->scene->replace) || is_directory(dst))
    return false;
  return blame_end(error, facts, dst, NLINK_DST, NLINK_NOT_DIRECTORY);
}

bool nl_check_dst_directory(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  bool foresees = facts->scene->replace || facts->scene->act == NL_ACT_UNLINK;
  if (facts->dst.path == NULL || facts->dst.sys != 0 || (!happened && !foresees) ||
      !is_directory(&facts->dst))
    return false;
  nl_blame(error, NLINK_CAUSE_DST_IS_DIRECTORY, NLINK_DST, true, "%s is a directory", facts->dst.quoted.text);
  return true;
}

static bool blame_descriptor(struct nlink_error *error, const struct nl_side *side, enum nlink_which at) {
  struct nlink_stat stat;
  bool is_asked = side->path != NULL && side->path[0] != '/' && side->dir != NLINK_CWD;
  if (!is_asked || nl_os_status(nl_os_stat_fd(&stat, side->dir)) != NLINK_BAD_DESCRIPTOR)
    return false;
  nl_blame(error, NLINK_CAUSE_DESCRIPTOR, at, true, "descriptor %d, which %s is relative to, is not open",
           side->dir, side->quoted.text);
  return true;
}

bool nl_check_pointers(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  if (facts->bad_pointer == NLINK_NEITHER)
    return false;
  nl_blame(error, NLINK_CAUSE_POINTER, facts->bad_pointer, true, "%s", nlink_status_text(NLINK_BAD_POINTER));
  return true;
}

bool nl_check_src_descriptor(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nl_scene *scene = facts->scene;
  if (happened && scene->by_fd && nl_os_status(facts->src.sys) == NLINK_BAD_DESCRIPTOR) {
    nl_blame(error, NLINK_CAUSE_DESCRIPTOR, NLINK_SRC, true, "descriptor %d is not open", scene->src_fd);
    return true;
  }
  return blame_descriptor(error, &facts->src, NLINK_SRC);
}

bool nl_check_dst_descriptor(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  return blame_descriptor(error, &facts->dst, NLINK_DST);
}

/* The first component that is longer than the file system takes, or the path as a whole. */
static bool blame_length(struct nlink_error *error, const struct nl_side *side, enum nlink_which at,
                         const struct nl_os_fs *fs) {
  if (side->path == NULL)
    return false;
  size_t whole = strlen(side->path);
  if (whole > PATH_MAX_BYTES) {
    nl_blame(error, NLINK_CAUSE_TOO_LONG, at, true, "the path %s has %zu bytes; the system takes %d",
             side->quoted.text, whole, PATH_MAX_BYTES);
    return true;
  }
  size_t most = fs->name_max > 0 ? fs->name_max : 255;
  for (const char *name = side->path; *name != '\0';) {
    size_t length = strcspn(name, "/");
    if (length > most) {
      struct nl_string text = {0};
      if (nl_path_prefix(&text, name, length))
        nl_blame(error, NLINK_CAUSE_TOO_LONG, at, true, "the name %s has %zu bytes; %s takes %zu",
                 nl_quoted(text.text).text, length, fs->type[0] != '\0' ? fs->type : "the file system", most);
      nl_string_fini(&text);
      return true;
    }
    name += length;
    name += strspn(name, "/");
  }
  return false;
}

bool nl_check_src_length(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  if (!happened && nl_os_status(facts->src.sys) != NLINK_NAME_TOO_LONG)
    return false;
  const struct nl_os_fs fs = nl_facts_src_fs(facts);
  return blame_length(error, &facts->src, NLINK_SRC, &fs);
}

bool nl_check_dst_length(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  /* The slashes at the end, without which dst was looked at, count as well. */
  bool whole_fits = facts->dst.path == NULL || strlen(facts->dst.path) <= PATH_MAX_BYTES;
  if (!happened && whole_fits && nl_os_status(facts->dst.sys) != NLINK_NAME_TOO_LONG)
    return false;
  const struct nl_os_fs fs = nl_facts_parent_fs(facts);
  if (blame_length(error, &facts->dst, NLINK_DST, &fs))
    return true;
  const char *target = facts->scene->target;
  if (!happened || target == NULL)
    return false;
  nl_blame(error, NLINK_CAUSE_TOO_LONG, NLINK_SRC, true, "the target has %zu bytes; %s holds fewer",
           strlen(target), fs.type[0] != '\0' ? fs.type : "the file system");
  return true;
}

bool nl_check_no_name_left(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  if (!happened || facts->src.path != NULL || facts->src.sys != 0)
    return false;
  if (facts->src.stat.link_count == 0)
    nl_blame(error, NLINK_CAUSE_NO_NAME_LEFT, NLINK_SRC, true,
             "the open file has no name left, or was made to have none: it cannot get a new one");
  else
    nl_blame(error, NLINK_CAUSE_FOREIGN_DESCRIPTOR, NLINK_SRC, false,
             "the descriptor was opened under other credentials, and /proc is not there to help");
  return true;
}

bool nl_check_not_symlink(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  if (!happened || facts->src.link_sys != 0 || facts->src.path == NULL ||
      facts->src.link.kind == NLINK_SYMLINK)
    return false;
  nl_blame(error, NLINK_CAUSE_NOT_A_SYMLINK, NLINK_SRC, true, "%s is %s, not a soft link",
           facts->src.quoted.text, kind_text(facts->src.link.kind));
  return true;
}
