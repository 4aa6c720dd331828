/*
 * linux_facts.c - what Linux tells about file systems, rights and rules, for finding causes
 *
 * Nothing here is on a path of success: these calls are made after a failure, or when somebody asks why.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "base/memory.h"
#include "os/linux.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Read a small file of /proc whole; 0, or the system's error number. */
static int read_whole(struct nl_string *out, const char *path) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "read-proc");
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno;
  char buffer[4096];
  int sys = 0;
  for (;;) {
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count <= 0) {
      sys = count < 0 ? errno : 0;
      break;
    }
    if (!nl_string_add(out, buffer, (size_t)count)) {
      sys = ENOMEM;
      break;
    }
  }
  close(fd);
  return sys;
}

static int read_number(const char *path) {
  struct nl_string text = {0};
  int value = -1;
  if (read_whole(&text, path) == 0 && text.length > 0)
    value = (int)strtol(text.text, NULL, 10);
  nl_string_fini(&text);
  return value;
}

int nl_os_protected_hardlinks(void) {
  return read_number("/proc/sys/fs/protected_hardlinks");
}

int nl_os_protected_symlinks(void) {
  return read_number("/proc/sys/fs/protected_symlinks");
}

bool nl_os_is_nobody(uint32_t uid, uint32_t gid) {
  return (int)uid == read_number("/proc/sys/kernel/overflowuid") ||
         (int)gid == read_number("/proc/sys/kernel/overflowgid");
}

bool nl_os_is_unmapped(uint32_t uid, uint32_t gid) {
  struct nl_string map = {0};
  /* Where every id is mapped, the overflow id is an ordinary user: nobody. */
  bool all_mapped = read_whole(&map, "/proc/self/uid_map") != 0 || map.length == 0 ||
                    strstr(map.text, "4294967295") != NULL;
  nl_string_fini(&map);
  return !all_mapped && nl_os_is_nobody(uid, gid);
}

int nl_os_is_filtered(void) {
  struct nl_string text = {0};
  int answer = -1;
  if (read_whole(&text, "/proc/thread-self/status") == 0 && text.length > 0) {
    const char *line = strstr(text.text, "\nSeccomp:");
    answer = line != NULL ? strtol(line + 9, NULL, 10) != 0 : -1;
  }
  nl_string_fini(&text);
  return answer;
}

void nl_os_boot(char out[40]) {
  struct nl_string text = {0};
  out[0] = '\0';
  if (read_whole(&text, "/proc/sys/kernel/random/boot_id") == 0 && text.length > 0)
    snprintf(out, 40, "%.*s", (int)strcspn(text.text, "\n"), text.text);
  nl_string_fini(&text);
}

void nl_os_who(struct nl_os_who *out) {
  enum { VERSION_3 = 0x20080522, DAC_OVERRIDE = 1, DAC_READ_SEARCH = 2, FOWNER = 3 };
  struct {
    uint32_t version;
    int pid;
  } header = {VERSION_3, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } sets[2] = {{0, 0, 0}, {0, 0, 0}};
  bool known = syscall(SYS_capget, &header, sets) == 0;
  uint32_t effective = known ? sets[0].effective : geteuid() == 0 ? ~0u : 0u;
  *out = (struct nl_os_who){
      .uid = geteuid(),
      .gid = getegid(),
      .may_own_all = (effective & 1u << FOWNER) != 0,
      .may_read_all = (effective & 1u << DAC_OVERRIDE) != 0,
      .may_link_by_fd = (effective & 1u << DAC_READ_SEARCH) != 0,
  };
}

/* ---------------------------------------------------------------- file systems */

/* The n-th field (from 0) of a line whose fields are parted by single spaces; its length goes to *length. */
static const char *field(const char *line, unsigned n, size_t *length) {
  for (; n > 0; n--) {
    line += strcspn(line, " \n");
    if (*line != ' ')
      return NULL;
    line++;
  }
  *length = strcspn(line, " \n");
  return line;
}

static bool has_option(const char *options, size_t length, const char *option) {
  size_t wanted = strlen(option);
  for (const char *at = options; at < options + length;) {
    size_t size = strcspn(at, ", \n");
    if (size == wanted && memcmp(at, option, wanted) == 0)
      return true;
    at += size + 1;
  }
  return false;
}

/* Overlay keeps the names of a lower file together only with an index; the default is the kernel's. */
static bool overlay_splits(const char *options, size_t length) {
  if (has_option(options, length, "index=on") || has_option(options, length, "index=off"))
    return has_option(options, length, "index=off");
  struct nl_string text = {0};
  bool by_default = read_whole(&text, "/sys/module/overlay/parameters/index") == 0 && text.length > 0 &&
                    (text.text[0] == 'Y' || text.text[0] == '1');
  nl_string_fini(&text);
  return !by_default;
}

/* The line of /proc/self/mountinfo for a mount: "id parent major:minor root point options ... - type source superoptions". */
static void learn_from_line(struct nl_os_fs *out, const char *line) {
  size_t length = 0;
  const char *options = field(line, 5, &length);
  const char *end = line + strcspn(line, "\n");
  const char *dash = strstr(line, " - ");
  if (options == NULL || dash == NULL || dash > end)
    return;
  out->read_only_mount = has_option(options, length, "ro");
  const char *type = field(dash + 3, 0, &length);
  if (type != NULL)
    snprintf(out->type, sizeof out->type, "%.*s", (int)length, type);
  const char *super = field(dash + 3, 2, &length);
  out->read_only = super != NULL && has_option(super, length, "ro");
  out->known_read_only = super != NULL;
  out->splits_groups = super != NULL && strcmp(out->type, "overlay") == 0 && overlay_splits(super, length);
}

static void learn_from_mounts(struct nl_os_fs *out, uint64_t mount_id) {
  struct nl_string mounts = {0};
  if (mount_id != 0 && read_whole(&mounts, "/proc/thread-self/mountinfo") == 0 && mounts.length > 0) {
    for (const char *line = mounts.text; *line != '\0';) {
      char *after = NULL;
      if (strtoull(line, &after, 10) == mount_id && after > line && *after == ' ') {
        learn_from_line(out, line);
        break;
      }
      line += strcspn(line, "\n");
      line += *line == '\n';
    }
  }
  nl_string_fini(&mounts);
}

/* Take the next field of a line out of it, in place: what is written as \\ooo is one byte. */
static char *take_field(char **line) {
  char *begin = *line;
  char *out = begin;
  char *at = begin;
  while (*at != ' ' && *at != '\0') {
    bool escaped = at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
                   at[3] >= '0' && at[3] <= '7';
    *out++ = escaped ? (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0')) : *at;
    at += escaped ? 4 : 1;
  }
  *line = at + (*at == ' ');
  *out = '\0';
  return begin;
}

static bool read_mount(struct nl_os_mount *out, char *line) {
  out->id = strtoull(take_field(&line), NULL, 10);
  out->above = strtoull(take_field(&line), NULL, 10);
  char *minor = NULL;
  out->dev_major = (uint32_t)strtoul(take_field(&line), &minor, 10);
  out->dev_minor = *minor == ':' ? (uint32_t)strtoul(minor + 1, NULL, 10) : 0;
  out->root = take_field(&line);
  out->point = take_field(&line);
  while (*line != '\0' && strcmp(take_field(&line), "-") != 0)
    ;
  out->type = take_field(&line);
  return out->root[0] == '/' && out->point[0] == '/';
}

int nl_os_each_mount(bool (*take)(void *ctx, const struct nl_os_mount *mount), void *ctx) {
  struct nl_string mounts = {0};
  int sys = read_whole(&mounts, "/proc/thread-self/mountinfo");
  for (char *line = mounts.text; sys == 0 && line != NULL && *line != '\0';) {
    char *end = line + strcspn(line, "\n");
    char *next = end + (*end == '\n');
    *end = '\0';
    struct nl_os_mount mount;
    if (read_mount(&mount, line) && !take(ctx, &mount))
      break;
    line = next;
  }
  nl_string_fini(&mounts);
  return sys;
}

/* For where /proc does not tell: the magic numbers of statfs(2). */
static const char *type_by_magic(unsigned long magic) {
  static const struct {
    unsigned long magic;
    const char *type;
  } known[] = {
      {0xef53, "ext4"},         {0x58465342, "xfs"},  {0x9123683e, "btrfs"}, {0x01021994, "tmpfs"},
      {0x794c7630, "overlay"},  {0x65735546, "fuse"}, {0x6969, "nfs"},       {0x4d44, "vfat"},
      {0x2011bab0, "exfat"},    {0x2fc12fc1, "zfs"},  {0xf2f52010, "f2fs"},  {0x73717368, "squashfs"},
      {0xff534d42, "cifs"},     {0xfe534d42, "smb3"}, {0x9fa0, "proc"},      {0x62656572, "sysfs"},
      {0xca451a4e, "bcachefs"},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (known[i].magic == magic)
      return known[i].type;
  return "";
}

/* By its number, which the kernel itself tells, not by a name that a server of files can choose. */
static void learn_from_magic(struct nl_os_fs *out, unsigned long magic) {
  enum { EXT = 0xef53, XFS = 0x58465342 };
  const unsigned long btrfs = 0x9123683e;
  const unsigned long f2fs = 0xf2f52010;
  out->tells_mapped_writes = magic == EXT || magic == XFS || magic == btrfs || magic == f2fs;
  out->shares_blocks = magic == XFS || magic == btrfs;
  snprintf(out->type, sizeof out->type, "%s", type_by_magic(magic));
}

int nl_os_fs(struct nl_os_fs *out, int fd) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "statfs");
  struct statfs from;
  struct nlink_stat stat;
  if (fstatfs(fd, &from) != 0)
    return errno;
  *out = (struct nl_os_fs){
      .read_only_mount = (from.f_flags & 1) != 0, /* ST_RDONLY: of the mount or of the file system */
      .free_blocks = from.f_bavail,
      .free_inodes = from.f_ffree,
      .counts_inodes = from.f_files > 0,
      .name_max = (uint32_t)from.f_namelen,
  };
  learn_from_magic(out, (unsigned long)from.f_type & 0xffffffff);
  if (nl_os_stat_fd(&stat, fd) == 0) /* a file system that has shut down tells its kind and no more */
    learn_from_mounts(out, stat.mount_id);
  return 0;
}

/* ---------------------------------------------------------------- attributes */

enum { INHERITS_PROJECT = 0x200 }; /* FS_XFLAG_PROJINHERIT */

/* By path, which asks for no right to read and works for every kind of file: file_getattr(), Linux 6.17. */
static bool ask_by_path(struct nl_os_attributes *out, int dir, const char *path, int flags) {
  enum { FILE_GETATTR = 468 };
  struct {
    uint64_t flags;
    uint32_t extent_size, extents, project_id, cow_extent_size;
  } from = {0};
  if (syscall(FILE_GETATTR, dir, path, &from, sizeof from, flags) != 0)
    return false;
  out->knows_project = true;
  out->project_id = from.project_id;
  out->inherits_project = (from.flags & INHERITS_PROJECT) != 0;
  return true;
}

/* Through an open file: FS_IOC_FSGETXATTR. */
static void ask_by_opening(struct nl_os_attributes *out, int dir, const char *path, int flags) {
  struct {
    uint32_t flags, extent_size, extents, project_id, cow_extent_size;
    unsigned char padding[8];
  } from = {0};
  int fd = openat(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
  if (fd < 0)
    return;
  if (ioctl(fd, _IOC(_IOC_READ, 'X', 31, sizeof from), &from) == 0) {
    out->knows_project = true;
    out->project_id = from.project_id;
    out->inherits_project = (from.flags & INHERITS_PROJECT) != 0;
  }
  close(fd);
}

static void learn_project(struct nl_os_attributes *out, int dir, const char *path, bool follow,
                          bool may_open) {
  if (!ask_by_path(out, dir, path, follow ? 0 : AT_SYMLINK_NOFOLLOW) && may_open)
    ask_by_opening(out, dir, path, follow ? 0 : O_NOFOLLOW);
}

static int learn_flags(struct nl_os_attributes *out, bool *may_open, int dir, const char *path, int flags) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "attributes");
  struct nl_linux_statx from;
  if (syscall(SYS_statx, dir, path, flags, NL_STATX_BASIC, &from) != 0)
    return errno;
  *out = (struct nl_os_attributes){
      .immutable = (from.attributes & NL_STATX_ATTRIBUTE_IMMUTABLE) != 0,
      .append_only = (from.attributes & NL_STATX_ATTRIBUTE_APPEND) != 0,
      .encrypted = (from.attributes & NL_STATX_ATTRIBUTE_ENCRYPTED) != 0,
  };
  *may_open = S_ISREG(from.mode) || S_ISDIR(from.mode); /* opening a device or a pipe can do things */
  return 0;
}

int nl_os_attributes(struct nl_os_attributes *out, int dir, const char *path, bool follow) {
  bool may_open = false;
  int sys = learn_flags(out, &may_open, dir, path, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  if (sys != 0)
    return sys;
  learn_project(out, dir, path, follow, may_open);
  return 0;
}

int nl_os_attributes_fd(struct nl_os_attributes *out, int fd) {
  bool may_open = false;
  int sys = learn_flags(out, &may_open, fd, "", AT_EMPTY_PATH);
  if (sys != 0)
    return sys;
  char path[48];
  snprintf(path, sizeof path, "/proc/thread-self/fd/%d", fd);
  learn_project(out, AT_FDCWD, path, true, may_open);
  return 0;
}
