/*
 * relative.c - what a soft link has to hold, computed from the two places
 *
 * Both places are resolved to absolute paths without soft links, "." and ".."; from there it is text. The
 * texts are only as long-lived as the tree: a directory that is moved afterwards makes the link dangle, as
 * every soft link does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "path/relative.h"

#include "os/os.h"
#include "path/place.h"

#include <string.h>

enum { LINKS_MAX = 40 };

static int no_memory(void) {
  return nl_os_number(NLINK_NO_MEMORY);
}

static bool add(struct nl_string *out, const char *text) {
  return nl_string_add(out, text, strlen(text));
}

static int start_at(struct nl_string *out, int dir, const char *path) {
  nl_string_cut(out, 0);
  if (path[0] == '/')
    return add(out, "/") ? 0 : no_memory();
  char text[NLINK_TARGET_SIZE];
  int sys = nl_os_directory_path(text, sizeof text, dir);
  if (sys != 0)
    return sys;
  return add(out, text) ? 0 : no_memory();
}

/* Drop the last component of an absolute path; "/" stays. */
static void go_up(struct nl_string *path) {
  size_t length = path->length;
  while (length > 1 && path->text[length - 1] != '/')
    length--;
  nl_string_cut(path, length > 1 ? length - 1 : 1);
}

static bool go_down(struct nl_string *path, const char *name, size_t length) {
  bool at_root = path->length == 1;
  return (at_root || nl_string_add(path, "/", 1)) && nl_string_add(path, name, length);
}

/*
 * If what @p out now leads to is a soft link, put its text before the rest; *links counts them. One that goes
 * round in a circle leads nowhere, and stands for itself as what does not exist does.
 */
static int follow(struct nl_string *out, struct nl_string *rest, size_t *at, unsigned *links) {
  char target[NLINK_TARGET_SIZE];
  int sys = nl_os_readlink(target, sizeof target, NLINK_CWD, out->text);
  if (sys != 0) /* it stands for itself; where the look gave no answer, a guess could lead elsewhere */
    return nl_path_ends(sys) ? 0 : sys;
  if (++*links > LINKS_MAX)
    return 0;
  struct nl_string next = {0};
  if (!add(&next, target) || !add(&next, rest->text + *at)) {
    nl_string_fini(&next);
    return no_memory();
  }
  nl_string_fini(rest);
  *rest = next;
  *at = 0;
  if (target[0] == '/')
    nl_string_cut(out, 1);
  else
    go_up(out);
  return 0;
}

/* The absolute path without soft links, "." and ".."; what does not exist is taken as it stands. */
static int resolve(struct nl_string *out, int dir, const char *path) {
  struct nl_string rest = {0};
  size_t at = 0;
  unsigned links = 0;
  int sys = add(&rest, path) ? start_at(out, dir, path) : no_memory();
  while (sys == 0) {
    at += strspn(rest.text + at, "/");
    size_t length = strcspn(rest.text + at, "/");
    if (length == 0)
      break;
    const char *name = rest.text + at;
    at += length;
    if (length == 1 && name[0] == '.')
      continue;
    if (length == 2 && memcmp(name, "..", 2) == 0)
      go_up(out);
    else
      sys = go_down(out, name, length) ? follow(out, &rest, &at, &links) : no_memory();
  }
  nl_string_fini(&rest);
  return sys;
}

/* How many bytes the two paths have in common, up to a border between components. */
static size_t common_length(const char *a, const char *b) {
  size_t border = 0;
  size_t i = 0;
  for (; a[i] != '\0' && a[i] == b[i]; i++)
    if (a[i] == '/')
      border = i;
  bool a_ends = a[i] == '\0' || a[i] == '/';
  bool b_ends = b[i] == '\0' || b[i] == '/';
  return a_ends && b_ends ? i : border;
}

bool nl_relative_text(struct nl_string *out, const char *from, const char *to) {
  nl_string_cut(out, 0);
  if (strcmp(from, "/") == 0)
    from = "";
  if (strcmp(to, "/") == 0)
    to = "";
  size_t common = common_length(from, to);
  for (const char *up = from + common; *up != '\0'; up++)
    if (*up == '/' && !add(out, out->length > 0 ? "/.." : ".."))
      return false;
  const char *down = to + common + (to[common] == '/');
  if (*down != '\0' && ((out->length > 0 && !add(out, "/")) || !add(out, down)))
    return false;
  return out->length > 0 || add(out, ".");
}

int nl_relative_path(struct nl_string *out, int target_dir, const char *target, int dst_dir,
                     const char *dst) {
  struct nl_string from = {0};
  struct nl_string to = {0};
  struct nl_string parent = {0};
  size_t length = 0;
  size_t begin = nl_path_last(dst, &length);
  int sys = nl_path_prefix(&parent, dst, begin) ? 0 : no_memory();
  if (sys == 0)
    sys = resolve(&from, dst_dir, parent.text);
  if (sys == 0)
    sys = resolve(&to, target_dir, target);
  if (sys == 0 && (from.text == NULL || to.text == NULL || !nl_relative_text(out, from.text, to.text)))
    sys = no_memory();
  nl_string_fini(&from);
  nl_string_fini(&to);
  nl_string_fini(&parent);
  return sys;
}

int nl_absolute_path(struct nl_string *out, int target_dir, const char *target) {
  if (target[0] == '/') {
    nl_string_cut(out, 0);
    return add(out, target) ? 0 : no_memory();
  }
  int sys = start_at(out, target_dir, target);
  if (sys != 0)
    return sys;
  while (target[0] == '.' && target[1] == '/')
    target += 1 + strspn(target + 1, "/");
  return go_down(out, target, strlen(target)) ? 0 : no_memory();
}
