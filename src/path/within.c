/*
 * within.c - directories by their absolute paths, and which of them another path lies in
 *
 * SPDX-License-Identifier: MIT
 */
#include "path/within.h"

#include "os/os.h"
#include "path/spot.h"

#include <string.h>

static int look_at(struct nl_within_root *root, int dir, const char *given) {
  struct nl_string path = {0};
  struct nlink_stat stat;
  int fd = -1;
  int sys = nl_os_open(&fd, dir, given, NL_OS_SUBDIRECTORY);
  if (sys == 0)
    sys = nl_os_stat_fd(&stat, fd);
  if (sys == 0)
    sys = nl_absolute(&path, fd, "");
  nl_os_close(fd);
  if (sys != 0) {
    nl_string_fini(&path);
    return sys;
  }
  *root = (struct nl_within_root){given, path.text, stat.mount_id};
  return 0;
}

int nl_within_open(struct nl_within *out, int dir, const char *const *roots, size_t count) {
  *out = (struct nl_within){.roots = nl_alloc_zero((count + 1) * sizeof *out->roots)};
  if (out->roots == NULL)
    return nl_os_number(NLINK_NO_MEMORY);
  int sys = 0;
  for (; out->count < count && sys == 0; out->count++)
    sys = look_at(&out->roots[out->count], dir, roots[out->count]);
  if (sys != 0)
    nl_within_close(out);
  return sys;
}

/* What of a path is below the root; NULL = it does not lie in it. */
static const char *rest_of(const struct nl_within_root *root, const char *path) {
  size_t length = strlen(root->path);
  if (strncmp(path, root->path, length) != 0)
    return NULL;
  if (length == 1) /* "/" */
    return path + 1;
  return path[length] == '/' ? path + length + 1 : NULL;
}

bool nl_within_path(struct nl_string *out, bool *inside, const struct nl_within *within, const char *path) {
  const struct nl_within_root *best = NULL;
  const char *best_rest = NULL;
  for (size_t i = 0; i < within->count; i++) {
    const struct nl_within_root *root = &within->roots[i];
    const char *rest = rest_of(root, path);
    if (rest == NULL || (best != NULL && rest > best_rest))
      continue;
    if (best == NULL || rest < best_rest || strcmp(root->given, best->given) < 0)
      best = root;
    best_rest = rest;
  }
  *inside = best != NULL;
  if (best == NULL)
    return true;
  size_t length = strlen(best->given);
  bool needs_slash = length > 0 && best->given[length - 1] != '/';
  nl_string_cut(out, 0);
  return nl_string_add(out, best->given, length) && (!needs_slash || nl_string_add(out, "/", 1)) &&
         nl_string_add(out, best_rest, strlen(best_rest));
}

void nl_within_close(struct nl_within *within) {
  if (within == NULL)
    return;
  for (size_t i = 0; i < within->count; i++)
    nl_free(within->roots[i].path);
  nl_free(within->roots);
  *within = (struct nl_within){0};
}
