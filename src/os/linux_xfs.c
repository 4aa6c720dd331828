/*
 * linux_xfs.c - what XFS keeps of a file's names
 *
 * Parent pointers (Linux 6.10, a file system made with them, CAP_SYS_ADMIN): each file holds the numbers of its
 * directories and its names in them. They are asked by handle, so that nothing but a directory is ever opened.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "base/memory.h"
#include "os/linux_links.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's struct xfs_handle. */
struct handle {
  uint64_t file_system; /* for programs; the kernel goes by the descriptor */
  uint16_t length;      /* of what follows */
  uint16_t padding;
  uint32_t generation;
  uint64_t ino;
};

/* struct xfs_getparents_by_handle. */
struct question {
  struct handle of;
  uint32_t cursor[4]; /* zeros at first, then the kernel's */
  uint16_t flags_in, flags_out;
  uint32_t room_bytes;
  uint64_t reserved;
  uint64_t room; /* where to write the answers */
};

/* struct xfs_getparents_rec; the last one in the room is as long as the room has bytes left. */
struct answer {
  struct handle parent;
  uint32_t length;
  uint32_t reserved;
  char name[]; /* ends in NUL */
};

_Static_assert(sizeof(struct handle) == 24, "the kernel's handle has 24 bytes");
_Static_assert(sizeof(struct question) == 64, "the kernel reads 64 bytes");
_Static_assert(offsetof(struct answer, name) == 32, "a name begins after 32 bytes");

enum {
  ALL_TOLD = 2,           /* in flags_out */
  ROOM_BYTES = 32768,     /* for all names of a file; the kernel takes up to 65536 */
  ONE_NAME = 32 + 256 + 8 /* for one */
};

static int ask(struct question *question, void *room, size_t room_bytes, int fd) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "get-parents");
  question->room = (uint64_t)(uintptr_t)room;
  question->room_bytes = (uint32_t)room_bytes;
  question->flags_out = 0;
  memset(room, 0, sizeof(struct answer)); /* where there is no name, nothing is written */
  if (ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 'X', 63, sizeof *question), question) == 0)
    return 0;
  return errno == ESTALE ? ENOENT : errno; /* it has gone meanwhile */
}

static struct question question_for(struct nl_linux_inode inode) {
  return (struct question){.of = {.length = sizeof(struct handle) - offsetof(struct handle, padding),
                                  .generation = inode.generation,
                                  .ino = inode.ino}};
}

static struct nl_linux_inode inode_of(const struct handle *handle) {
  return (struct nl_linux_inode){.ino = handle->ino, .generation = handle->generation};
}

/* The answer at @p at, if there is one, and the length of its name. */
static const struct answer *answer_at(const unsigned char *at, const unsigned char *end, size_t *length) {
  const struct answer *answer = (const struct answer *)(const void *)at;
  if ((size_t)(end - at) <= sizeof *answer || answer->length <= sizeof *answer ||
      answer->length > (size_t)(end - at))
    return NULL;
  size_t most = answer->length - sizeof *answer;
  *length = strnlen(answer->name, most < NL_LINUX_NAME ? most : NL_LINUX_NAME);
  return answer;
}

int nl_linux_xfs_above(struct nl_linux_inode *above, char name[NL_LINUX_NAME], int fd,
                       struct nl_linux_inode of) {
  uint64_t room[ONE_NAME / sizeof(uint64_t)] = {0};
  struct question question = question_for(of);
  int sys = ask(&question, room, sizeof room, fd);
  if (sys != 0)
    return sys;
  size_t length = 0;
  const unsigned char *at = (const unsigned char *)room;
  const struct answer *answer = answer_at(at, at + sizeof room, &length);
  if (answer == NULL || length == 0 || length >= NL_LINUX_NAME || answer->parent.ino == of.ino)
    return ENOENT;
  *above = inode_of(&answer->parent);
  memcpy(name, answer->name, length);
  name[length] = '\0';
  return 0;
}

/* The number and the generation of a file that is never opened, from the handle that the system makes of it. */
static int identify(struct nl_linux_inode *out, int dir, const char *name) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "name-to-handle");
  enum { WITH_32_BITS = 0x01, WITH_64_BITS = 0x81 };
  struct {
    uint32_t length;
    int type;
    uint32_t words[32]; /* MAX_HANDLE_SZ */
  } handle = {.length = sizeof handle.words};
  int mount = 0;
  if (syscall(SYS_name_to_handle_at, dir, name, &handle, &mount, 0) != 0)
    return errno == EOVERFLOW ? EOPNOTSUPP : errno;
  if (handle.type == WITH_32_BITS && handle.length >= 8) {
    *out = (struct nl_linux_inode){.ino = handle.words[0], .generation = handle.words[1]};
    return 0;
  }
  if (handle.type != WITH_64_BITS || handle.length < 12)
    return EOPNOTSUPP;
  memcpy(&out->ino, handle.words, sizeof out->ino);
  out->generation = handle.words[2];
  return 0;
}

static int tell_answers(struct nl_linux_links *links, const unsigned char *at, const unsigned char *end) {
  size_t length = 0;
  for (const struct answer *answer; (answer = answer_at(at, end, &length)) != NULL; at += answer->length) {
    int sys = nl_linux_tell(links, inode_of(&answer->parent), answer->name, length);
    if (sys != 0)
      return sys;
  }
  return 0;
}

int nl_linux_xfs_names(struct nl_linux_links *links, int fd, const char *name) {
  struct nl_linux_inode file = {0};
  int sys = identify(&file, fd, name);
  if (sys != 0)
    return sys;
  unsigned char *room = nl_alloc(ROOM_BYTES);
  if (room == NULL)
    return ENOMEM;
  struct question question = question_for(file);
  do {
    sys = ask(&question, room, ROOM_BYTES, fd);
    if (sys == 0)
      sys = tell_answers(links, room, room + ROOM_BYTES);
  } while (sys == 0 && (question.flags_out & ALL_TOLD) == 0);
  nl_free(room);
  return sys;
}
