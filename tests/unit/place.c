/*
 * place.c - a directory of a test's own, removed with all that is in it afterwards
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int place_open_files(void) {
  DIR *open_files = opendir("/proc/self/fd");
  if (open_files == NULL)
    return 0;
  int count = 0;
  while (readdir(open_files) != NULL)
    count++;
  closedir(open_files);
  return count;
}

void place_init(struct place *place) {
  const char *above = getenv("TMPDIR");
  strcpy(place->path, "/tmp/nlink-test-XXXXXX");
  if (above != NULL && strlen(above) < 32) {
    strcpy(place->path, above);
    strcat(place->path, "/nlink-test-XXXXXX");
  }
  place->open_files = place_open_files();
  assert_non_null(mkdtemp(place->path));
  place->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true(place->fd >= 0);
}

/*
 * Empty the directory without going deep: what is in a directory below is moved up before that is removed, so
 * neither the depth nor the length of a path matters.
 */
static void empty(int fd) {
  unsigned long moved = 0;
  for (bool found = true; found;) {
    found = false;
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fdopendir(own);
    assert_non_null(names);
    for (const struct dirent *entry; (entry = readdir(names)) != NULL;) {
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        continue;
      found = true;
      if (unlinkat(fd, entry->d_name, 0) == 0)
        continue;
      fchmodat(fd, entry->d_name, 0700, 0);
      int below = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      DIR *inner = fdopendir(below);
      assert_non_null(inner);
      for (const struct dirent *name; (name = readdir(inner)) != NULL;) {
        if (strcmp(name->d_name, ".") == 0 || strcmp(name->d_name, "..") == 0 ||
            unlinkat(below, name->d_name, 0) == 0)
          continue;
        char fresh[40];
        snprintf(fresh, sizeof fresh, "moved %lu", moved++);
        fchmodat(below, name->d_name, 0700, 0);
        assert_int_equal(renameat(below, name->d_name, fd, fresh), 0);
      }
      closedir(inner);
      unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(names);
  }
}

void place_fini(struct place *place) {
  empty(place->fd);
  close(place->fd);
  assert_int_equal(rmdir(place->path), 0);
  assert_int_equal(place_open_files(), place->open_files);
}

void place_file(const struct place *place, const char *name) {
  int fd = openat(place->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  assert_true(fd >= 0);
  close(fd);
}

void place_directory(const struct place *place, const char *name) {
  assert_int_equal(mkdirat(place->fd, name, 0755), 0);
}

void place_link(const struct place *place, const char *from, const char *to) {
  assert_int_equal(linkat(place->fd, from, place->fd, to, 0), 0);
}

void place_symlink(const struct place *place, const char *target, const char *name) {
  assert_int_equal(symlinkat(target, place->fd, name), 0);
}
