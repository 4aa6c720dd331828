/*
 * linux_links.h - what linux_links.c shares with the file systems that keep the names of a file
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_LINUX_LINKS_H
#define NL_LINUX_LINKS_H

#include "nlink.h"

enum {
  NL_LINUX_NAME = 256, /* the longest name, with its NUL */
  NL_LINUX_STOP = -1   /* no error number: whoever takes the names wants no more of them */
};

/** A file or a directory as its file system knows it. */
struct nl_linux_inode {
  uint64_t ino;
  uint32_t generation; /* 0 where the file system asks for none */
};

/** All names of one file, on their way from the file system to whoever asked. */
struct nl_linux_links;

/**
 * A file system's answer: the directory @p above the directory @p of, and the name that @p of has there.
 * ENOENT = there is none: it is the file system's root, or has gone.
 */
typedef int nl_linux_above(struct nl_linux_inode *above, char name[NL_LINUX_NAME], int fd,
                           struct nl_linux_inode of);

/** Tell one name, of @p length bytes, in the directory @p parent. 0 = go on; else stop and answer that. */
int nl_linux_tell(struct nl_linux_links *links, struct nl_linux_inode parent, const char *name,
                  size_t length);

/**
 * Tell all names of the file @p name in @p dir, which has the number @p ino.
 *
 * @param fd  The same directory, opened to read: what the file system is asked through.
 */
int nl_linux_btrfs_names(struct nl_linux_links *links, int fd, uint64_t ino);
int nl_linux_xfs_names(struct nl_linux_links *links, int fd, const char *name);

nl_linux_above nl_linux_btrfs_above;
nl_linux_above nl_linux_xfs_above;

#endif
