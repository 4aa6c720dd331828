/*
 * bare.c - replace names by hard links with nothing that makes it safe: what the safety of nlink is compared with
 *
 *   bare-bench DIRECTORY LIST
 *
 * LIST holds pairs of paths below DIRECTORY, each followed by NUL: the file that is kept, and the name that becomes one of
 * its names, by link() to a temporary name and rename() over it. Nothing is compared, noted, guarded or synced.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *read_whole(const char *path, size_t *length) {
  struct stat st;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &st) != 0)
    return NULL;
  char *text = malloc((size_t)st.st_size + 1);
  for (*length = 0; text != NULL && *length < (size_t)st.st_size;) {
    ssize_t got = read(fd, text + *length, (size_t)st.st_size - *length);
    if (got <= 0)
      return NULL;
    *length += (size_t)got;
  }
  close(fd);
  return text;
}

int main(int argc, char **argv) {
  size_t length = 0;
  char *list = argc == 3 ? read_whole(argv[2], &length) : NULL;
  if (list == NULL || chdir(argv[1]) != 0) {
    fprintf(stderr, "usage: bare-bench DIRECTORY LIST\n");
    return 2;
  }
  for (const char *kept = list; kept < list + length;) {
    const char *name = kept + strlen(kept) + 1;
    const char *slash = strrchr(name, '/');
    char temporary[8192];
    snprintf(temporary, sizeof temporary, "%.*s.bare-bench", slash == NULL ? 0 : (int)(slash + 1 - name),
             name);
    if (link(kept, temporary) != 0 || rename(temporary, name) != 0) {
      perror(name);
      return 1;
    }
    kept = name + strlen(name) + 1;
  }
  free(list);
  return 0;
}
