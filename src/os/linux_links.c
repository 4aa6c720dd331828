/*
 * linux_links.c - all names of a file, from the file system itself, with their directories' paths
 *
 * A file system that keeps the names of a file keeps them as (directory, name), and a directory as a number.
 * The path of that directory, as this process sees it, is found by asking the file system the same about the
 * directory, and so on upward, until a directory is reached whose path is known. Known from the beginning are
 * the directory that the file was named in and all above it, as far as they are on the file system. So a mount
 * that shows only a part of a file system, a subvolume below another one and a path of any length need no rule
 * of their own: what does not lead up to a known directory is out of sight. Each directory is asked about once.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "os/linux_links.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/memory.h"
#include "os/os.h"

#include <errno.h>
#include <string.h>
#include <sys/statfs.h>

/* ---------------------------------------------------------------- directories */

#define NOWHERE UINT32_MAX       /* nothing is known above: out of sight */
#define TOP     (UINT32_MAX - 1) /* the name is an absolute path, "" for "/" */
#define MOST    (UINT32_MAX - 2)

struct directory {
  uint64_t ino;
  const char *name;
  size_t length;
  uint32_t above; /* which directory, or NOWHERE or TOP */
};

struct nl_linux_links {
  nl_os_take_link *take;
  void *ctx;
  nl_linux_above *ask_above;
  int fd; /* to ask the file system through */
  struct directory *directories;
  uint32_t *slots; /* by number: which directory, plus one; 0 = free */
  uint32_t count, room;
  uint32_t slot_count; /* a power of two, more than count */
  struct nl_arena names;
  char *path; /* of the directory told last, where it is in sight */
  size_t path_room;
  uint32_t last; /* the directory told last; NOWHERE = none */
  bool in_sight; /* of that directory */
};

static uint32_t slot_of(const struct nl_linux_links *links, uint64_t ino) {
  uint64_t mixed = ino * UINT64_C(0x9e3779b97f4a7c15);
  uint32_t slot = (uint32_t)(mixed >> 32) & (links->slot_count - 1);
  while (links->slots[slot] != 0 && links->directories[links->slots[slot] - 1].ino != ino)
    slot = (slot + 1) & (links->slot_count - 1);
  return slot;
}

static uint32_t find(const struct nl_linux_links *links, uint64_t ino) {
  uint32_t which = links->slot_count == 0 ? 0 : links->slots[slot_of(links, ino)];
  return which == 0 ? NOWHERE : which - 1;
}

static bool make_room(struct nl_linux_links *links) {
  if (links->count < links->room)
    return true;
  if (links->room > MOST / 4)
    return false;
  uint32_t room = links->room == 0 ? 64 : links->room * 2;
  struct directory *directories = nl_realloc(links->directories, room * sizeof *directories);
  if (directories == NULL)
    return false;
  links->directories = directories;
  uint32_t *slots = nl_alloc_zero((size_t)room * 2 * sizeof *slots);
  if (slots == NULL)
    return false;
  nl_free(links->slots);
  links->slots = slots;
  links->slot_count = room * 2;
  links->room = room;
  for (uint32_t i = 0; i < links->count; i++)
    links->slots[slot_of(links, directories[i].ino)] = i + 1;
  return true;
}

/* A directory that find() does not know; which one it is now, or NOWHERE where memory is exhausted. */
static uint32_t add(struct nl_linux_links *links, uint64_t ino) {
  if (!make_room(links))
    return NOWHERE;
  uint32_t which = links->count++;
  links->slots[slot_of(links, ino)] = which + 1;
  links->directories[which] = (struct directory){.ino = ino, .above = NOWHERE};
  return which;
}

static bool give_name(struct nl_linux_links *links, uint32_t which, const char *name, uint32_t above) {
  struct directory *directory = &links->directories[which];
  directory->length = strlen(name);
  directory->name = nl_arena_text(&links->names, name, directory->length);
  if (directory->name == NULL)
    return false;
  directory->above = above;
  return true;
}

/* Which directory it is, after asking upward as far as nothing is known. */
static int learn(uint32_t *out, struct nl_linux_links *links, struct nl_linux_inode inode) {
  *out = find(links, inode.ino);
  if (*out != NOWHERE)
    return 0;
  const uint32_t first = *out = add(links, inode.ino);
  for (uint32_t at = first; at != NOWHERE;) {
    struct nl_linux_inode above = {0};
    char name[NL_LINUX_NAME];
    int sys = links->ask_above(&above, name, links->fd, inode);
    if (sys != 0)
      return sys == ENOENT ? 0 : sys;
    uint32_t next = find(links, above.ino);
    bool is_known = next != NOWHERE;
    if (is_known && next >= first) /* a circle: somebody moves directories about while we ask */
      return 0;
    if (!is_known && (next = add(links, above.ino)) == NOWHERE)
      return ENOMEM;
    if (!give_name(links, at, name, next))
      return ENOMEM;
    if (is_known)
      return 0;
    at = next;
    inode = above;
  }
  return ENOMEM;
}

/* Make links->path the path of a directory, where that is in sight. */
static int write_path(struct nl_linux_links *links, uint32_t which) {
  const struct directory *directories = links->directories;
  links->last = NOWHERE;
  size_t length = 0;
  for (uint32_t at = which; at != TOP; at = directories[at].above) {
    if (at == NOWHERE || directories[at].above == NOWHERE) {
      links->last = which;
      links->in_sight = false;
      return 0;
    }
    length += directories[at].length + (directories[at].above != TOP);
  }
  if (length + 2 > links->path_room) {
    char *path = nl_realloc(links->path, length * 2 + 256);
    if (path == NULL)
      return ENOMEM;
    links->path = path;
    links->path_room = length * 2 + 256;
  }
  memcpy(links->path, "/", 2);
  char *end = links->path + length;
  if (length > 0)
    *end = '\0';
  for (uint32_t at = which; at != TOP; at = directories[at].above) {
    end -= directories[at].length;
    memcpy(end, directories[at].name, directories[at].length);
    if (directories[at].above != TOP)
      *--end = '/';
  }
  links->last = which;
  links->in_sight = true;
  return 0;
}

int nl_linux_tell(struct nl_linux_links *links, struct nl_linux_inode parent, const char *name,
                  size_t length) {
  char text[NL_LINUX_NAME];
  if (length == 0 || length >= sizeof text)
    return EIO;
  memcpy(text, name, length);
  text[length] = '\0';
  uint32_t which = links->last;
  if (which == NOWHERE || links->directories[which].ino != parent.ino) {
    int sys = learn(&which, links, parent);
    if (sys == 0)
      sys = write_path(links, which);
    if (sys != 0)
      return sys;
  }
  return links->take(links->ctx, links->in_sight ? links->path : NULL, text) ? 0 : NL_LINUX_STOP;
}

/* ---------------------------------------------------------------- what is known from the beginning */

enum { PATH_ROOM = 4096 };

/* The path of the directory, or of the nearest one above it whose path the system can tell. */
static int nearest_path(char path[PATH_ROOM], int fd) {
  int at = fd;
  int sys;
  for (;;) {
    sys = nl_os_directory_path(path, PATH_ROOM, at);
    if (sys != ENAMETOOLONG && sys != ERANGE)
      break;
    int above = -1;
    sys = nl_os_open(&above, at, "..", NL_OS_SUBDIRECTORY);
    if (sys != 0)
      break;
    if (at != fd)
      nl_os_close(at);
    at = above;
  }
  if (at != fd)
    nl_os_close(at);
  return sys;
}

/* The directory of that path, and all above it, as far as they are on the device. */
static int begin(struct nl_linux_links *links, uint64_t dev) {
  char path[PATH_ROOM];
  int sys = nearest_path(path, links->fd);
  if (sys == ENOENT || (sys == 0 && path[0] != '/')) /* removed, or not below the root of this process */
    return EOPNOTSUPP;
  if (sys != 0)
    return sys;
  for (;;) {
    struct nlink_stat stat;
    bool is_root = path[1] == '\0';
    if (nl_os_stat(&stat, NLINK_CWD, path, false) == 0 && stat.dev == dev &&
        find(links, stat.ino) == NOWHERE) {
      uint32_t which = add(links, stat.ino);
      if (which == NOWHERE || !give_name(links, which, is_root ? "" : path, TOP))
        return ENOMEM;
    }
    if (is_root)
      return 0;
    char *slash = strrchr(path, '/');
    slash[slash == path] = '\0';
  }
}

static void finish(struct nl_linux_links *links) {
  nl_free(links->directories);
  nl_free(links->slots);
  nl_free(links->path);
  nl_arena_fini(&links->names);
}

/* ---------------------------------------------------------------- the question */

#define BTRFS UINT32_C(0x9123683e)
#define XFS   UINT32_C(0x58465342)

static int type_of(uint32_t *magic, int dir) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "statfs");
  struct statfs fs;
  if ((dir == NLINK_CWD ? statfs(".", &fs) : fstatfs(dir, &fs)) != 0)
    return errno;
  *magic = (uint32_t)fs.f_type;
  return 0;
}

static int tell_all(struct nl_linux_links *links, uint32_t magic, const char *name) {
  struct nlink_stat directory = {0};
  struct nlink_stat file = {0};
  int sys = nl_os_stat_fd(&directory, links->fd);
  if (sys == 0)
    sys = nl_os_stat(&file, links->fd, name, false);
  if (sys == 0 && file.dev != directory.dev)
    sys =
        EOPNOTSUPP; /* something is mounted on the name, or it is a subvolume: the directory knows nothing of it */
  if (sys == 0)
    sys = begin(links, directory.dev);
  if (sys != 0)
    return sys;
  return magic == XFS ? nl_linux_xfs_names(links, links->fd, name)
                      : nl_linux_btrfs_names(links, links->fd, file.ino);
}

int nl_os_names_of(int dir, const char *name, nl_os_take_link *take, void *ctx) {
  uint32_t magic = 0;
  int sys = type_of(&magic, dir);
  if (sys == 0 && magic != BTRFS && magic != XFS)
    sys = EOPNOTSUPP;
  if (sys != 0)
    return sys;
  struct nl_linux_links links = {
      .take = take,
      .ctx = ctx,
      .ask_above = magic == XFS ? nl_linux_xfs_above : nl_linux_btrfs_above,
      .fd = -1,
      .last = NOWHERE,
  };
  sys = nl_os_open_to_read(&links.fd, dir, ".", false);
  if (sys != 0)
    return sys;
  sys = tell_all(&links, magic, name);
  finish(&links);
  nl_os_close(links.fd);
  return sys == NL_LINUX_STOP ? 0 : sys;
}
