/*
 * limits.c - what this file system cannot do
 *
 * SPDX-License-Identifier: MIT
 */
#include "look/limits.h"

#include "base/error.h"
#include "look/checks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_one_of(const char *type, const char *const *types) {
  for (; *types != NULL; types++)
    if (strcmp(type, *types) == 0)
      return true;
  return false;
}

static bool is_fuse(const char *type) {
  return strncmp(type, "fuse", 4) == 0;
}

static bool is_served(const char *type) {
  static const char *const served[] = {"nfs",      "nfs4", "cifs", "smb3",   "9p",
                                       "virtiofs", "ceph", "afs",  "lustre", NULL};
  return is_fuse(type) || is_one_of(type, served);
}

static const char *type_text(const struct nl_os_fs *fs) {
  return fs->type[0] != '\0' ? fs->type : "unknown type";
}

/* The file system that the act was to change, or to look at. */
static struct nl_os_fs acted_on(const struct nl_facts *facts) {
  return facts->scene->dst != NULL ? nl_facts_parent_fs(facts) : nl_facts_src_fs(facts);
}

/* A name on which something is mounted can neither be replaced nor removed; containers have such files. */
bool nl_check_mount_point(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nlink_stat *dst = &facts->dst.stat;
  bool is_known = facts->dst.sys == 0 && facts->parent.sys == 0 && dst->mount_id != 0;
  if (dst->kind == NLINK_DIRECTORY && !happened) /* refused as a directory, mounted on or not */
    return false;
  if (!is_known || dst->mount_id == facts->parent.stat.mount_id || (!happened && !facts->scene->replace))
    return false;
  nl_blame(error, NLINK_CAUSE_OTHER_MOUNT, NLINK_DST, true,
           "something is mounted on %s (mount id %" PRIu64 ")", facts->dst.quoted.text, dst->mount_id);
  return true;
}

static bool has_projects(const char *type) {
  static const char *const with[] = {"xfs", "ext4", "f2fs", NULL};
  return is_one_of(type, with);
}

/* The file and the new name's directory on two file systems, mounts or subvolumes. */
bool nl_check_mounts(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  if (facts->src.sys != 0 || facts->parent.sys != 0)
    return false;
  const struct nlink_stat *src = &facts->src.stat;
  const struct nlink_stat *dst = &facts->parent.stat;
  const char *name = facts->src.quoted.text;
  const char *parent = facts->parent_name.text;
  bool same_device = src->dev == dst->dev;
  bool knows_mounts = src->mount_id != 0 && dst->mount_id != 0;
  bool same_mount = knows_mounts && src->mount_id == dst->mount_id;
  if (same_device && !same_mount && knows_mounts) {
    nl_blame(error, NLINK_CAUSE_OTHER_MOUNT, NLINK_DST, true,
             "same disk, but two mounts (id %" PRIu64 " and %" PRIu64
             "): %s and the directory %s are reached "
             "through different ones",
             src->mount_id, dst->mount_id, name, parent);
    return true;
  }
  if (same_device)
    return false;
  const struct nl_os_fs fs = nl_facts_parent_fs(facts);
  if (same_mount) {
    bool is_subvolume = strcmp(fs.type, "btrfs") == 0 || src->subvolume != dst->subvolume;
    if (!is_subvolume) /* overlay shows several devices within one mount, and links all the same */
      return false;
    nl_blame(error, NLINK_CAUSE_OTHER_SUBVOLUME, NLINK_DST, true,
             "%s: another subvolume: %s is in one, the directory %s in another", type_text(&fs), name,
             parent);
    return true;
  }
  if (!knows_mounts && !happened)
    return false;
  const struct nl_os_fs src_fs = nl_facts_src_fs(facts);
  nl_blame(error, NLINK_CAUSE_OTHER_FILE_SYSTEM, NLINK_DST, knows_mounts,
           "two file systems: %s is on %s (device %u:%u), the directory %s on %s (device %u:%u)", name,
           type_text(&src_fs), (unsigned)src->dev_major, (unsigned)src->dev_minor, parent, type_text(&fs),
           (unsigned)dst->dev_major, (unsigned)dst->dev_minor);
  return true;
}

/* Where project ids stand in the way. XFS gives special files none, and lets them in wherever they want. */
bool nl_check_project(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  struct nl_os_attributes file;
  struct nl_os_attributes parent;
  int src_fd = facts->src.path != NULL ? facts->src_fd : facts->scene->src_fd;
  if (src_fd < 0 || facts->parent_fd < 0 || nl_os_attributes_fd(&file, src_fd) != 0 ||
      nl_os_attributes_fd(&parent, facts->parent_fd) != 0)
    return false;
  const char *name = facts->src.quoted.text;
  const char *directory = facts->parent_name.text;
  enum nlink_kind kind = facts->src.stat.kind;
  bool is_special = kind != NLINK_REGULAR && kind != NLINK_SYMLINK;
  bool is_known = file.knows_project && parent.knows_project;
  if (is_known && (!parent.inherits_project || file.project_id == parent.project_id))
    return false;
  if (!happened && (!is_known || is_special))
    return false;
  if (is_known)
    nl_blame(error, NLINK_CAUSE_OTHER_PROJECT, NLINK_DST, true,
             "the directory %s gives its project id %u to all in it, and %s has project id %u", directory,
             (unsigned)parent.project_id, name, (unsigned)file.project_id);
  else if (parent.knows_project && parent.inherits_project)
    nl_blame(
        error, NLINK_CAUSE_OTHER_PROJECT, NLINK_DST, false,
        "the directory %s gives its project id %u to all in it, and %s, whose id cannot be read, has another",
        directory, (unsigned)parent.project_id, name);
  else if (!parent.knows_project && has_projects(nl_facts_parent_fs(facts).type))
    nl_blame(error, NLINK_CAUSE_OTHER_PROJECT, NLINK_DST, false,
             "the directory %s, which cannot be read, gives a project id to all in it, and %s has another",
             directory, name);
  else
    return false;
  return true;
}

/* EXDEV on one mount of one file system, and no project id in the way. */
bool nl_check_other_boundary(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  if (!happened)
    return false;
  const struct nl_os_fs fs = nl_facts_parent_fs(facts);
  const char *type = fs.type;
  struct nl_os_attributes parent;
  if (strcmp(type, "fuse.mergerfs") == 0)
    nl_blame(error, NLINK_CAUSE_OTHER_BRANCH, NLINK_DST, false,
             "mergerfs: the two names lie on different branches");
  else if (facts->parent_fd >= 0 && nl_os_attributes_fd(&parent, facts->parent_fd) == 0 && parent.encrypted)
    nl_blame(error, NLINK_CAUSE_ENCRYPTION, NLINK_DST, false,
             "the directory %s is encrypted, and %s is not encrypted with the same policy",
             facts->parent_name.text, facts->src.quoted.text);
  else if (is_served(type))
    nl_blame(error, NLINK_CAUSE_SERVER, NLINK_DST, false,
             "the server of this file system (%s) sees a boundary here", type);
  else
    nl_blame(error, NLINK_CAUSE_SECURITY_MODULE, NLINK_DST, false,
             "one file system and one mount: a Landlock rule that keeps files in their directories");
  return true;
}

bool nl_check_directory(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  if (facts->src.sys != 0 || facts->src.stat.kind != NLINK_DIRECTORY)
    return false;
  nl_blame(error, NLINK_CAUSE_SRC_IS_DIRECTORY, NLINK_SRC, true,
           "%s is a directory, and a directory has one name only", facts->src.quoted.text);
  return true;
}

/*
 * Some drivers and versions allow less than the most that any does: ext2's own driver, where it is not ext4's that
 * serves ext2, 32000; minix v1 250; an older ntfs3 1024.
 */
uint64_t nl_link_limit(const char *type) {
  static const struct {
    const char *type;
    uint64_t limit;
  } limits[] = {{"ext2", 65000},  {"ext3", 65000},   {"ext4", 65000}, {"btrfs", 65535},  {"xfs", 2147483647u},
                {"minix", 65530}, {"nilfs2", 32000}, {"ntfs3", 4000}, {"hfsplus", 32767}};
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
    if (strcmp(type, limits[i].type) == 0)
      return limits[i].limit;
  return 0;
}

/* Whether a file system is known to take hard links: then it is something else that refuses. */
static bool takes_links(const char *type) {
  static const char *const takes[] = {"tmpfs", "overlay", "f2fs", "zfs", "bcachefs",
                                      "jfs",   "ramfs",   "",     NULL};
  return nl_link_limit(type) > 0 || is_one_of(type, takes);
}

bool nl_check_no_hard_links(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  static const char *const without[] = {"vfat",    "msdos",      "exfat",  "vboxsf",  "beegfs",
                                        "sysfs",   "devpts",     "cgroup", "cgroup2", "debugfs",
                                        "tracefs", "securityfs", "mqueue", NULL};
  const struct nl_os_fs fs = nl_facts_parent_fs(facts);
  bool is_link = facts->scene->act == NL_ACT_LINK;
  bool is_known = is_one_of(fs.type, without);
  bool refuses = error->status == NLINK_NOT_SUPPORTED; /* which leaves no doubt */
  bool may_be = refuses || is_served(fs.type) || (!takes_links(fs.type) && nl_os_is_filtered() != 1);
  if (happened ? !is_known && (!may_be || fs.type[0] == '\0') : !is_known || !is_link)
    return false;
  nl_blame(error, NLINK_CAUSE_NO_HARD_LINKS, NLINK_DST, is_known || refuses, "the file system (%s) %s",
           fs.type, is_link ? "has no hard links" : "takes no soft links");
  return true;
}

/* There a name that is not there cannot come to be: the system does not even look who asks. */
bool nl_check_proc(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  (void)happened;
  const struct nl_os_fs fs = nl_facts_parent_fs(facts);
  if (facts->parent.sys != 0 || strcmp(fs.type, "proc") != 0 ||
      nl_os_status(facts->dst.sys) != NLINK_NOT_FOUND)
    return false;
  nl_blame(error, NLINK_CAUSE_NO_HARD_LINKS, NLINK_DST, true,
           "no name can be made on this file system (proc)");
  return true;
}

bool nl_check_link_limit(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  if (facts->src.sys != 0)
    return false;
  const struct nl_os_fs fs = nl_facts_src_fs(facts);
  const char *type = type_text(&fs);
  uint64_t count = facts->src.stat.link_count;
  uint64_t limit = nl_link_limit(fs.type);
  if (limit > 0 && count >= limit)
    nl_blame(error, NLINK_CAUSE_LINK_LIMIT, NLINK_SRC, true,
             "%" PRIu64 " names is this file system's limit (%s)", count, type);
  else if (!happened)
    return false;
  else if (strcmp(fs.type, "btrfs") == 0)
    nl_blame(error, NLINK_CAUSE_LINK_LIMIT, NLINK_DST, true,
             "the directory %s holds as many names of %s as btrfs can note for one directory (it has %" PRIu64
             " names in all)",
             facts->parent_name.text, facts->src.quoted.text, count);
  else
    nl_blame(error, NLINK_CAUSE_LINK_LIMIT, NLINK_SRC, true,
             "%s has %" PRIu64 " name%s, and the file system (%s) takes no more", facts->src.quoted.text,
             count, count == 1 ? "" : "s", type);
  return true;
}

bool nl_check_read_only(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nl_os_fs fs = nl_facts_parent_fs(facts);
  if (facts->parent.sys != 0)
    return false;
  bool seen = fs.read_only || fs.read_only_mount;
  if (!seen && !happened &&
      nl_os_status(nl_os_may(facts->parent_fd, ".", NL_OS_MAY_WRITE, true)) != NLINK_READ_ONLY)
    return false;
  if (fs.known_read_only && fs.read_only)
    nl_blame(error, NLINK_CAUSE_READ_ONLY_FILE_SYSTEM, NLINK_DST, true,
             "the file system (%s) of the directory %s is read-only", type_text(&fs),
             facts->parent_name.text);
  else if (fs.known_read_only && fs.read_only_mount)
    nl_blame(error, NLINK_CAUSE_READ_ONLY_MOUNT, NLINK_DST, true,
             "the directory %s is reached through a read-only mount (id %" PRIu64 ") of a %s file system",
             facts->parent_name.text, facts->parent.stat.mount_id, type_text(&fs));
  else
    nl_blame(error, NLINK_CAUSE_READ_ONLY_FILE_SYSTEM, NLINK_DST, fs.known_read_only,
             "the %s of the directory %s is read-only",
             strcmp(fs.type, "btrfs") == 0 ? "subvolume" : "file system", facts->parent_name.text);
  return true;
}

bool nl_check_space(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nl_os_fs fs = nl_facts_parent_fs(facts);
  if (!happened || facts->parent.sys != 0)
    return false;
  if (fs.counts_inodes && fs.free_inodes == 0)
    nl_blame(error, NLINK_CAUSE_NO_INODES, NLINK_DST, true, "the file system (%s) has no free inode left",
             type_text(&fs));
  else if (fs.free_blocks == 0)
    nl_blame(error, NLINK_CAUSE_FULL, NLINK_DST, true,
             "the file system (%s) has no free block left for the directory %s", type_text(&fs),
             facts->parent_name.text);
  else
    nl_blame(error, NLINK_CAUSE_FULL, NLINK_DST, false,
             "the directory %s cannot grow on this file system (%s), though %" PRIu64 " blocks are free",
             facts->parent_name.text, type_text(&fs), fs.free_blocks);
  return true;
}

bool nl_check_quota(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  if (!happened)
    return false;
  const struct nl_os_fs fs = nl_facts_parent_fs(facts);
  nl_blame(error, NLINK_CAUSE_QUOTA_USED, NLINK_DST, true, "the quota for the directory %s is used up (%s)",
           facts->parent_name.text, type_text(&fs));
  return true;
}

bool nl_check_device(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nl_os_fs fs = acted_on(facts);
  if (!happened)
    return false;
  if (is_served(fs.type))
    nl_blame(error, NLINK_CAUSE_SERVER, NLINK_NEITHER, false,
             "the server of this file system (%s) failed, or does not know the operation", fs.type);
  else
    nl_blame(error, NLINK_CAUSE_DEVICE_FAILED, NLINK_NEITHER, false,
             "the device failed, or the file system (%s) has shut down after an error", type_text(&fs));
  return true;
}

void nl_remark(char *out, size_t size, const struct nl_facts *facts) {
  uint64_t count = facts->src.sys == 0 ? facts->src.stat.link_count : 0;
  uint64_t others = count > 0 ? count - 1 : 0;
  bool splits = others > 0 && facts->src.stat.kind != NLINK_DIRECTORY && nl_facts_src_fs(facts).splits_groups;
  out[0] = '\0';
  if (splits && others == 1)
    snprintf(out, size,
             "overlay without index=on: if %s lies in a lower layer, linking it parts it from its other name",
             facts->src.quoted.text);
  else if (splits)
    snprintf(out, size,
             "overlay without index=on: if %s lies in a lower layer, linking it parts it from its %" PRIu64
             " other names",
             facts->src.quoted.text, others);
}

bool nl_check_server(const struct nl_facts *facts, bool happened, struct nlink_error *error) {
  const struct nl_os_fs fs = acted_on(facts);
  if (!happened || !is_served(fs.type))
    return false;
  nl_blame(error, NLINK_CAUSE_SERVER, NLINK_NEITHER, false, "the server of this file system (%s) refused",
           fs.type);
  return true;
}
