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

/* Remove the names in a directory that are no directories; the name of one that is, or "" where none is left. */
static void clear(int fd, char directory[256]) {
  directory[0] = '\0';
  int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *names = fdopendir(own);
  assert_non_null(names);
  for (const struct dirent *entry; (entry = readdir(names)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (unlinkat(fd, entry->d_name, 0) != 0)
      strcpy(directory, entry->d_name);
  }
  closedir(names);
}

/* Empty the directory: down by names, up by "..", so that neither depth nor the length of a path matters. */
static void empty(int fd) {
  char(*trail)[256] = NULL;
  size_t depth = 0;
  size_t room = 0;
  int at = dup(fd);
  for (;;) {
    if (depth == room) {
      room = room * 2 + 16;
      trail = realloc(trail, room * sizeof *trail);
      assert_non_null(trail);
    }
    clear(at, trail[depth]);
    int next;
    if (trail[depth][0] != '\0') {
      fchmodat(at, trail[depth], 0700, 0);
      next = openat(at, trail[depth++], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      assert_true(next >= 0);
    } else if (depth > 0) {
      next = openat(at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      assert_int_equal(unlinkat(next, trail[--depth], AT_REMOVEDIR), 0);
    } else {
      break;
    }
    close(at);
    at = next;
  }
  close(at);
  free(trail);
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
