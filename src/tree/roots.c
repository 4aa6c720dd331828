/*
 * roots.c - the paths that a walk begins at, and which of them are one name, or lie below another
 *
 * The directory of a root's name is looked at once; a list of names often has many of one directory in a row, so the
 * last answer is kept. A root such as "." has no name in its own text: the system tells it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/roots.h"

#include "base/memory.h"
#include "os/os.h"

#include <string.h>

/* The path without what makes no difference in front and behind; in the path itself, where that has nothing behind. */
static const char *plain_path(struct nl_arena *texts, const char *path) {
  const char *from = path;
  for (;;) {
    size_t skip = from[0] == '.' && from[1] == '/' ? 2 : from[0] == '/';
    if (skip == 0 || from[skip + strspn(from + skip, "/")] == '\0')
      break;
    from += skip;
  }
  size_t length = strlen(from);
  while (length > 1 && from[length - 1] == '/')
    length--;
  return from[length] == '\0' ? from : nl_arena_text(texts, from, length);
}

enum nlink_status nl_roots_open(struct nl_roots *out, const char *const *paths, size_t count) {
  *out = (struct nl_roots){.count = count};
  if (count == 0)
    return NLINK_OK;
  out->all = count > SIZE_MAX / sizeof *out->all ? NULL : nl_alloc_zero(count * sizeof *out->all);
  for (size_t i = 0; i < count && out->all != NULL; i++) {
    struct nl_root *root = &out->all[i];
    root->path = root->last = nl_arena_text(&out->texts, paths[i], strlen(paths[i]));
    root->same = root;
    if (root->path != NULL)
      root->plain = plain_path(&out->texts, root->path);
    if (root->plain != NULL)
      continue;
    nl_free(out->all);
    out->all = NULL;
  }
  if (out->all != NULL)
    return NLINK_OK;
  nl_roots_fini(out);
  return NLINK_NO_MEMORY;
}

/* ---------------------------------------------------------------- where a name is */

/* The directory that was looked at last. */
struct above {
  struct nl_string path;
  int sys;
  uint64_t dev;
  uint64_t ino;
};

/* The directory of the first `length` bytes of a path; 0 = the one that paths are relative to. */
static bool look_above(struct above *above, int dir, const char *path, size_t length, bool *known) {
  const char *text = length == 0 ? "." : path;
  length = length == 0 ? 1 : length;
  if (above->path.length != length || memcmp(above->path.text, text, length) != 0) {
    nl_string_cut(&above->path, 0);
    if (!nl_string_add(&above->path, text, length))
      return false;
    struct nlink_stat stat;
    above->sys = nl_os_stat(&stat, dir, above->path.text, true);
    above->dev = stat.dev;
    above->ino = stat.ino;
  }
  *known = above->sys == 0;
  return true;
}

static bool is_dots(const char *name, size_t length) {
  return (length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.');
}

/* Where the last part of a path begins, and its length without the slashes behind it. */
static size_t last_part(const char *path, size_t *length) {
  size_t end = strlen(path);
  while (end > 0 && path[end - 1] == '/')
    end--;
  size_t begin = end;
  while (begin > 0 && path[begin - 1] != '/')
    begin--;
  *length = end - begin;
  return begin;
}

/* Whether the last part is the name itself: no dots, and no slash behind a soft link, which asks for its target. */
static bool is_plain(const struct nl_root *root, int dir, const char *text, size_t begin, size_t length) {
  if (length == 0 || is_dots(root->path + begin, length))
    return false;
  struct nlink_stat stat;
  return root->path[begin + length] == '\0' ||
         (nl_os_stat(&stat, dir, text, false) == 0 && stat.kind == NLINK_DIRECTORY);
}

/* The absolute path of a directory that has no name in its own text; NULL = the system does not tell. */
static const char *absolute_path(struct nl_roots *roots, int dir, const char *path, bool *no_memory) {
  char text[NLINK_TARGET_SIZE];
  int fd = -1;
  int sys = nl_os_open(&fd, dir, path, NL_OS_DIRECTORY);
  if (sys == 0)
    sys = nl_os_directory_path(text, sizeof text, fd);
  nl_os_close(fd);
  if (sys != 0)
    return NULL;
  const char *kept = nl_arena_text(&roots->texts, text, strlen(text));
  *no_memory = kept == NULL;
  return kept;
}

static bool find_name(struct nl_roots *roots, struct nl_root *root, int dir, struct above *above) {
  size_t length = 0;
  const char *path = root->path;
  size_t begin = last_part(path, &length);
  const char *whole =
      path[begin + length] == '\0' ? path : nl_arena_text(&roots->texts, path, begin + length);
  if (whole == NULL)
    return false;
  if (!is_plain(root, dir, whole, begin, length)) {
    bool no_memory = false;
    whole = length == 0 && begin == 0 ? NULL : absolute_path(roots, dir, path, &no_memory);
    if (whole == NULL)
      return !no_memory;
    begin = last_part(whole, &length);
  }
  bool known = false;
  if (length == 0 || !look_above(above, dir, whole, begin, &known))
    return length == 0;
  if (known) {
    root->last = whole + begin;
    root->in_dev = above->dev;
    root->in_ino = above->ino;
  }
  return true;
}

/* ---------------------------------------------------------------- which are one */

static int compare_numbers(uint64_t a, uint64_t b) {
  return a < b ? -1 : a > b;
}

static int compare_roots(const void *left, const void *right, const void *ctx) {
  (void)ctx;
  const struct nl_root *a = left;
  const struct nl_root *b = right;
  int order = compare_numbers(a->in_dev, b->in_dev);
  if (order == 0)
    order = compare_numbers(a->in_ino, b->in_ino);
  if (order == 0)
    order = strcmp(a->last, b->last);
  if (order == 0)
    order = compare_numbers(a->dev, b->dev);
  return order != 0 ? order : compare_numbers(a->ino, b->ino);
}

enum nlink_status nl_roots_look(struct nl_roots *roots, int dir, bool listed) {
  struct above above = {0};
  bool done = roots->count <= SIZE_MAX / sizeof *roots->by_name / 2;
  for (size_t i = 0; i < roots->count && done; i++) {
    struct nl_root *root = &roots->all[i];
    struct nlink_stat stat;
    if (!listed && nl_os_stat(&stat, dir, root->path, false) == 0) {
      root->dev = stat.dev;
      root->ino = stat.ino;
    }
    done = find_name(roots, root, dir, &above);
  }
  nl_string_fini(&above.path);
  roots->by_name = done ? nl_alloc((roots->count * 2 + 1) * sizeof *roots->by_name) : NULL;
  if (roots->by_name == NULL)
    return NLINK_NO_MEMORY;
  for (size_t i = 0; i < roots->count; i++) {
    const struct nl_root *root = &roots->all[i];
    roots->by_name[i] = (struct nl_sort_item){nl_os_hash(root->in_dev, root->in_ino), root};
  }
  nl_sort(roots->by_name, roots->by_name + roots->count, roots->count, compare_roots, NULL);
  for (size_t i = 1; i < roots->count; i++) {
    const struct nl_root *before = roots->by_name[i - 1].what;
    const struct nl_root *root = roots->by_name[i].what;
    if (compare_roots(before, root, NULL) == 0)
      roots->all[root - roots->all].same = before->same;
  }
  return NLINK_OK;
}

/* ---------------------------------------------------------------- asking */

struct nl_roots_in nl_roots_in(const struct nl_roots *roots, uint64_t dev, uint64_t ino) {
  struct nl_roots_in in = {0};
  if (roots->by_name == NULL)
    return in;
  uint64_t hash = nl_os_hash(dev, ino);
  size_t at = 0;
  for (size_t end = roots->count; at < end;) {
    size_t middle = at + (end - at) / 2;
    if (roots->by_name[middle].key < hash)
      at = middle + 1;
    else
      end = middle;
  }
  for (; at < roots->count && roots->by_name[at].key == hash; at++) {
    const struct nl_root *root = roots->by_name[at].what;
    if (root->in_dev != dev || root->in_ino != ino)
      continue;
    if (in.count++ == 0)
      in.items = &roots->by_name[at];
  }
  return in;
}

/* The first of the roots in a directory that is called so, or would stand behind it. */
static size_t place_of(struct nl_roots_in in, const char *name) {
  size_t at = 0;
  for (size_t end = in.count; at < end;) {
    size_t middle = at + (end - at) / 2;
    if (strcmp(((const struct nl_root *)in.items[middle].what)->last, name) < 0)
      at = middle + 1;
    else
      end = middle;
  }
  return at;
}

bool nl_roots_may_match(struct nl_roots_in in, const char *name) {
  size_t at = place_of(in, name);
  return at < in.count && strcmp(((const struct nl_root *)in.items[at].what)->last, name) == 0;
}

struct nl_root *nl_roots_match(struct nl_roots_in in, const char *name, uint64_t dev, uint64_t ino) {
  for (size_t at = place_of(in, name); at < in.count; at++) {
    const struct nl_root *root = in.items[at].what;
    if (strcmp(root->last, name) != 0)
      break;
    if (root->dev == dev && root->ino == ino)
      return root->same;
  }
  return NULL;
}

bool nl_root_passes(const struct nl_root *root, const struct nl_rules *rules, bool is_directory) {
  const char *slash = strrchr(root->plain, '/');
  return nl_rules_take(rules, slash == NULL || slash[1] == '\0' ? root->plain : slash + 1, root->plain,
                       is_directory);
}

void nl_roots_fini(struct nl_roots *roots) {
  if (roots == NULL)
    return;
  nl_free(roots->all);
  nl_free(roots->by_name);
  nl_arena_fini(&roots->texts);
  *roots = (struct nl_roots){0};
}
