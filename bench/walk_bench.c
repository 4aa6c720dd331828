/*
 * walk_bench.c - the bare walk: print the paths of all names that equal one given, as `find PATH... -name NAME` does
 *
 *   walk-bench NAME PATH...
 *
 * Only what nlink.h gives is used. A NAME that nothing has costs the walk and one comparison a name.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nlink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wanted {
  const char *name;
  size_t length;
};

static bool look(const struct nlink_walk_entry *entry, void *ctx) {
  const struct wanted *wanted = ctx;
  if (entry->name_length != wanted->length || memcmp(entry->name, wanted->name, wanted->length) != 0)
    return true;
  size_t room = nlink_walk_path(NULL, 0, entry) + 1;
  char *path = malloc(room);
  if (path == NULL)
    return false;
  nlink_walk_path(path, room, entry);
  puts(path); /* one call, so that lines of several threads do not mix */
  free(path);
  return true;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: walk-bench NAME PATH...\n");
    return 2;
  }
  struct wanted wanted = {argv[1], strlen(argv[1])};
  enum nlink_status status = nlink_walk_each(NLINK_CWD, (const char *const *)(argv + 2), (size_t)argc - 2,
                                             NULL, 0, look, &wanted, NULL);
  if (status != NLINK_OK) {
    fprintf(stderr, "walk-bench: %s\n", nlink_status_text(status));
    return 1;
  }
  return fflush(stdout) == 0 ? 0 : 1;
}
