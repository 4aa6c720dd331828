/*
 * rights.c - what this user may not do
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "look/checks.h"
#include "path/place.h"

enum { SET_UID = 04000, SET_GID = 02000, STICKY = 01000, GROUP_EXECUTE = 010, OTHER_WRITE = 02 };

static bool blame_protected(struct nlink_error *error, const struct nl_facts *facts, int rule,
                            const char *why) {
  bool is_known = rule >= 0;
  nl_blame(error, NLINK_CAUSE_PROTECTED_HARDLINKS, NLINK_SRC, is_known,
           "fs.protected_hardlinks%s: %s belongs to uid %u, you are uid %u and %s",
           is_known ? "=1" : " (which cannot be read)", facts->src.quoted.text, (unsigned)facts->src.stat.uid,
           (unsigned)facts->who.uid, why);
  return true;
}

/* The kernel's rule: without owning it, one may link only an ordinary file that one may read and write. */
static const char *rule_broken(const struct nl_facts *facts) {
  const struct nlink_stat *stat = &facts->src.stat;
  if (stat->kind != NLINK_REGULAR)
    return "it is not a regular file";
  if ((stat->mode & SET_UID) != 0)
    return "it is a setuid program";
  if ((stat->mode & SET_GID) != 0 && (stat->mode & GROUP_EXECUTE) != 0)
    return "it is a setgid program";
  bool by_path = facts->src.path != NULL; /* an open file is asked through its own descriptor */
  int dir = by_path ? facts->src.dir : facts->scene->src_fd;
  const char *path = by_path ? facts->src.path : "";
  bool follow = !by_path || facts->scene->follow;
  bool reads = nl_os_may(dir, path, NL_OS_MAY_READ, follow) == 0;
  bool writes = nl_os_may(dir, path, NL_OS_MAY_WRITE, follow) == 0;
  return reads && writes ? NULL
         : reads         ? "may not write it"
         : writes        ? "may not read it"
                         : "may neither read nor write it";
}

bool nl_check_protected_hardlinks(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nlink_stat *stat = &facts->src.stat;
  if (facts->src.sys != 0 || facts->who.may_own_all || stat->uid == facts->who.uid)
    return false;
  int rule = nl_os_protected_hardlinks();
  if (rule == 0 || (rule < 0 && !happened))
    return false;
  if (stat->kind == NLINK_DIRECTORY) /* refused here already, but that it is a directory says more */
    return nl_check_directory(facts, happened, error);
  const char *why = rule_broken(facts);
  return why != NULL && blame_protected(error, facts, rule, why);
}

/* The kernel's rule: in a sticky directory that all may write, one follows only one's own or its owner's links. */
bool nl_check_protected_symlinks(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  const struct nl_side *src = &facts->src;
  struct nlink_stat parent;
  if (nl_os_status(src->sys) != NLINK_DENIED || src->path == NULL || src->link_sys != 0 ||
      src->link.kind != NLINK_SYMLINK || !facts->scene->follow || src->link.uid == facts->who.uid)
    return false;
  int rule = nl_os_protected_symlinks();
  if (rule == 0)
    return false;
  struct nl_place place;
  bool seen = nl_place_open(&place, src->dir, src->path, facts->scene->beneath) == 0 &&
              nl_os_stat(&parent, place.dir, ".", true) == 0;
  nl_place_close(&place);
  if (!seen || (parent.mode & STICKY) == 0 || (parent.mode & OTHER_WRITE) == 0 || parent.uid == src->link.uid)
    return false;
  nl_blame(error, NLINK_CAUSE_PROTECTED_SYMLINKS, NLINK_SRC, rule > 0,
           "fs.protected_symlinks%s: the soft link %s lies in a sticky directory that all may write and "
           "belongs to uid %u, you are uid %u",
           rule > 0 ? "=1" : " (which cannot be read)", src->quoted.text, (unsigned)src->link.uid,
           (unsigned)facts->who.uid);
  return true;
}

bool nl_check_parent_rights(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  if (facts->parent.sys != 0)
    return false;
  bool writes = nl_os_status(nl_os_may(facts->parent_fd, ".", NL_OS_MAY_WRITE, true)) != NLINK_DENIED;
  bool searches = nl_os_status(nl_os_may(facts->parent_fd, ".", NL_OS_MAY_SEARCH, true)) != NLINK_DENIED;
  if (writes && searches)
    return false;
  nl_blame(error, writes ? NLINK_CAUSE_NOT_SEARCHABLE : NLINK_CAUSE_NOT_WRITABLE, NLINK_DST, true,
           "the directory %s refuses: no %s permission for uid %u", facts->parent_name.text,
           writes     ? "search"
           : searches ? "write"
                      : "write or search",
           (unsigned)facts->who.uid);
  return true;
}

bool nl_check_readable(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nl_side *src = &facts->src;
  bool is_directory = src->stat.kind == NLINK_DIRECTORY;
  if (!happened || src->path == NULL || src->sys != 0 || (!is_directory && src->stat.kind != NLINK_REGULAR) ||
      nl_os_status(nl_os_may(src->dir, src->path, NL_OS_MAY_READ, facts->scene->follow)) != NLINK_DENIED)
    return false;
  nl_blame(error, NLINK_CAUSE_NOT_READABLE, NLINK_SRC, true,
           "the %s %s refuses: no read permission for uid %u", is_directory ? "directory" : "file",
           src->quoted.text, (unsigned)facts->who.uid);
  return true;
}

bool nl_check_sticky(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  if (facts->scene->act != NL_ACT_UNLINK && !facts->scene->replace)
    return false;
  const struct nlink_stat *parent = &facts->parent.stat;
  const struct nlink_stat *file = &facts->dst.stat;
  if (facts->parent.sys != 0 || facts->dst.sys != 0 || (parent->mode & STICKY) == 0 ||
      facts->who.may_own_all || facts->who.uid == parent->uid || facts->who.uid == file->uid)
    return false;
  nl_blame(error, NLINK_CAUSE_STICKY, NLINK_DST, true,
           "the directory %s is sticky: only the owner of %s (uid %u) or of the directory (uid %u) may take "
           "the name away, you are uid %u",
           facts->parent_name.text, facts->dst.quoted.text, (unsigned)file->uid, (unsigned)parent->uid,
           (unsigned)facts->who.uid);
  return true;
}

static bool blame_flag(struct nlink_error *error, bool immutable, const char *name, const char *thing,
                       enum nlink_which at) {
  nl_blame(error, immutable ? NLINK_CAUSE_IMMUTABLE : NLINK_CAUSE_APPEND_ONLY, at, true, "%s%s is %s", thing,
           name, immutable ? "immutable (chattr +i)" : "append-only (chattr +a)");
  return true;
}

/* Immutable and append-only: of the file, of its new directory, of the name that is to go. */
bool nl_check_flags(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  const struct nl_scene *scene = facts->scene;
  struct nl_os_attributes flags;
  int src_fd = facts->src.path != NULL ? facts->src_fd : scene->src_fd;
  if (scene->act == NL_ACT_LINK && src_fd >= 0 && nl_os_attributes_fd(&flags, src_fd) == 0 &&
      (flags.immutable || flags.append_only))
    return blame_flag(error, flags.immutable, facts->src.quoted.text, "", NLINK_SRC);
  if (facts->parent_fd < 0 || nl_os_attributes_fd(&flags, facts->parent_fd) != 0)
    return false;
  bool removes = scene->act == NL_ACT_UNLINK || scene->replace;
  if (flags.immutable || (removes && flags.append_only))
    return blame_flag(error, flags.immutable, facts->parent_name.text, "the directory ", NLINK_DST);
  if (removes && facts->dst.sys == 0 &&
      nl_os_attributes(&flags, facts->dst.dir, facts->dst.path, false) == 0 &&
      (flags.immutable || flags.append_only))
    return blame_flag(error, flags.immutable, facts->dst.quoted.text, "", NLINK_DST);
  return false;
}

/* Root of a user namespace owns all in it, but for files whose owner has no number there. */
bool nl_check_unmapped(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nlink_stat *stat = &facts->src.stat;
  if (facts->src.sys != 0 || !nl_os_is_unmapped(stat->uid, stat->gid))
    return false;
  const char *name = facts->src.quoted.text;
  const char *why = nl_os_protected_hardlinks() == 1 ? rule_broken(facts) : NULL;
  if (why != NULL)
    nl_blame(error, NLINK_CAUSE_UNMAPPED_OWNER, NLINK_SRC, true,
             "fs.protected_hardlinks=1: the owner or group of %s has no number in this user namespace, "
             "you are uid %u of it and %s",
             name, (unsigned)facts->who.uid, why);
  else if (happened)
    nl_blame(error, NLINK_CAUSE_UNMAPPED_OWNER, NLINK_SRC, false,
             "the owner or group of %s has no number in this user namespace", name);
  else
    return false;
  return true;
}

/* EOVERFLOW: a mount that shows other numbers for users has none for the file's, or for our own. */
bool nl_check_mapped_mount(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  if (!happened)
    return false;
  const struct nlink_stat *stat = &facts->src.stat;
  if (facts->scene->act == NL_ACT_LINK && facts->src.sys == 0 && nl_os_is_nobody(stat->uid, stat->gid))
    nl_blame(error, NLINK_CAUSE_UNMAPPED_OWNER, NLINK_SRC, true,
             "the mount maps users, and has no number for the owner or group of %s", facts->src.quoted.text);
  else
    nl_blame(error, NLINK_CAUSE_UNMAPPED_OWNER, NLINK_DST, false,
             "the mount of the directory %s maps users, and has no number for you (uid %u, gid %u)",
             facts->parent_name.text, (unsigned)facts->who.uid, (unsigned)facts->who.gid);
  return true;
}

/* The last resort for a refusal that nothing seen explains. */
bool nl_check_security(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  if (!happened)
    return false;
  enum nlink_which at = facts->scene->dst != NULL ? NLINK_DST : NLINK_SRC;
  bool filtered = error->status == NLINK_NOT_PERMITTED && nl_os_is_filtered() == 1;
  if (filtered)
    nl_blame(error, NLINK_CAUSE_SECURITY_MODULE, at, false,
             "this process's system calls are filtered (seccomp)");
  else if (error->status == NLINK_DENIED)
    nl_blame(
        error, NLINK_CAUSE_SECURITY_MODULE, at, false,
        "the permissions allow it: a security module (SELinux, AppArmor, Landlock) or the system's sandbox "
        "refuses");
  else
    return false;
  return true;
}
