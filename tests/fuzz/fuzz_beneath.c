/*
 * fuzz_beneath.c - the walk and the system agree on where a path beneath a directory leads, and it is inside
 *
 * An input is lines: the texts of the soft links in the tree, then the path. The tree is made in the present
 * directory: root/ with a file, directories and the soft links, and things outside it.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "path/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const links[] = {"root/a", "root/b", "root/d/c", "root/d/dd/e", "root/l"};
static const char *const things[] = {"root", "root/f", "root/d", "root/d/g", "root/d/dd"};

enum { LINKS = 5, THINGS = 5, LONGEST = 600 };

static int root = -1;
static ino_t inside[THINGS + LINKS];

static void need(int done) {
  if (!done) {
    perror("fuzz_beneath");
    abort();
  }
}

static ino_t inode_of(const char *path) {
  struct stat stat;
  need(lstat(path, &stat) == 0);
  return stat.st_ino;
}

static void build(void) {
  static const char *const directories[] = {"out", "out/d", "root", "root/d", "root/d/dd"};
  static const char *const files[] = {"secret", "out/f", "root/f", "root/d/g"};
  for (size_t i = 0; i < 5; i++)
    need(mkdir(directories[i], 0755) == 0 || errno == EEXIST);
  for (size_t i = 0; i < 4; i++) {
    int fd = open(files[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    need(fd >= 0 && close(fd) == 0);
  }
  root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  need(root >= 0);
  for (size_t i = 0; i < THINGS; i++)
    inside[i] = inode_of(things[i]);
}

/* The next line of the input, as a string. */
static const uint8_t *take_line(char *out, const uint8_t *at, const uint8_t *end) {
  size_t length = 0;
  for (; at < end && *at != '\n'; at++)
    if (length < LONGEST - 1 && *at != '\0')
      out[length++] = (char)*at;
  out[length] = '\0';
  return at < end ? at + 1 : end;
}

static void set_link(size_t i, const char *text) {
  unlink(links[i]);
  inside[THINGS + i] = 0;
  if (text[0] == '\0')
    return;
  need(symlink(text, links[i]) == 0);
  inside[THINGS + i] = inode_of(links[i]);
}

static ino_t reached(int fd) {
  struct stat stat;
  need(fd >= 0 && fstat(fd, &stat) == 0 && close(fd) == 0);
  return stat.st_ino;
}

static void compare(const char *path, enum nl_os_open how) {
  int fd = -1;
  int by_system = nl_os_open_beneath(&fd, root, path, how);
  ino_t system_ino = by_system == 0 ? reached(fd) : 0;
  fd = -1;
  int by_walk = nl_beneath_walk(&fd, root, path, how);
  ino_t walk_ino = by_walk == 0 ? reached(fd) : 0;
  bool is_inside = walk_ino == 0;
  for (size_t i = 0; i < THINGS + LINKS; i++)
    is_inside = is_inside || inside[i] == walk_ino;
  /* A magic link is refused by the system as a loop; the walk reads its text. */
  bool agree = by_system == by_walk || by_system == ENOSYS || by_system == EPERM;
  if (!is_inside || !agree || (by_system == 0 && system_ino != walk_ino)) {
    fprintf(stderr, "'%s', way %d: system %s, walk %s%s\n", path, (int)how, nlink_errno_name(by_system),
            nlink_errno_name(by_walk), is_inside ? "" : ", outside");
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static char texts[LINKS][LONGEST];
  char line[LONGEST];
  const uint8_t *at = data;
  const uint8_t *end = data + size;
  if (root < 0)
    build();
  for (size_t i = 0; i < LINKS; i++) {
    at = take_line(line, at, end);
    if (strcmp(line, texts[i]) == 0)
      continue;
    strcpy(texts[i], line);
    set_link(i, line);
  }
  take_line(line, at, end);
  compare(line, NL_OS_NODE);
  compare(line, NL_OS_NODE_FOLLOW);
  compare(line, NL_OS_DIRECTORY);
  compare(line, NL_OS_SUBDIRECTORY);
  return 0;
}
