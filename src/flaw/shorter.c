/*
 * shorter.c - what a soft link could hold instead, and lead to the same thing
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/shorter.h"

#include "os/os.h"
#include "path/place.h"

#include <string.h>

static bool is_up(const char *name, size_t length) {
  return length == 2 && name[0] == '.' && name[1] == '.';
}

/* Whether the way so far ends in a directory that ".." leads back from: no soft link, and not "..". */
static int ends_in_directory(bool *answer, const struct nl_string *way, int dir) {
  size_t length = 0;
  *answer = false;
  if (way->length == 0)
    return 0;
  size_t last = nl_path_last(way->text, &length);
  if (length == 0 || is_up(way->text + last, length))
    return 0;
  struct nl_os_look look;
  int sys = nl_os_look(&look, dir, way->text);
  *answer = sys == 0 && look.kind == NLINK_DIRECTORY;
  return sys == 0 || nl_path_ends(sys) ? 0 : sys;
}

static void drop_last(struct nl_string *way) {
  size_t length = 0;
  size_t last = nl_path_last(way->text, &length);
  bool after_top = last == 1 && way->text[0] == '/';
  nl_string_cut(way, last > 0 && !after_top ? last - 1 : last);
}

static int go(struct nl_string *way, int dir, const char *name, size_t length) {
  bool back = false;
  int sys = is_up(name, length) ? ends_in_directory(&back, way, dir) : 0;
  if (sys != 0)
    return sys;
  bool at_top = way->length == 1 && way->text[0] == '/';
  if (back)
    drop_last(way);
  else if ((way->length > 0 && !at_top && !nl_string_add(way, "/", 1)) || !nl_string_add(way, name, length))
    return nl_os_number(NLINK_NO_MEMORY);
  return 0;
}

int nl_shorter_text(struct nl_string *out, int dir, const char *text) {
  int sys = 0;
  bool absolute = text[0] == '/';
  nl_string_cut(out, 0);
  if (!nl_string_add(out, "/", absolute ? 1 : 0))
    return nl_os_number(NLINK_NO_MEMORY);
  size_t end = strlen(text);
  for (const char *at = text; sys == 0 && *at != '\0';) {
    at += strspn(at, "/");
    size_t length = strcspn(at, "/");
    if (length > 0 && !(length == 1 && *at == '.'))
      sys = go(out, dir, at, length);
    at += length;
  }
  bool has_name = out->length > (absolute ? 1 : 0);
  bool needs_slash = has_name && text[end - 1] == '/'; /* it says that a directory is meant */
  if (sys == 0 && ((needs_slash && !nl_string_add(out, "/", 1)) ||
                   (!has_name && !absolute && !nl_string_add(out, ".", 1))))
    sys = nl_os_number(NLINK_NO_MEMORY);
  return sys;
}

/* How often a text begins with "../"; *rest = what follows. */
static size_t count_ups(const char *text, const char **rest) {
  size_t ups = 0;
  for (; text[0] == '.' && text[1] == '.' && text[2] == '/'; text += 3)
    ups++;
  *rest = text;
  return ups;
}

bool nl_shorter_goes_up(const char *text) {
  const char *rest = NULL;
  return count_ups(text, &rest) > 0 && *rest != '\0' && strcmp(rest, "..") != 0;
}

/* The last part of a path but some, and its length; "" = there are not so many. */
static const char *part_from_end(const char *path, size_t skip, size_t *length) {
  size_t end = strlen(path);
  for (;; skip--) {
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
      begin--;
    *length = end - begin;
    if (skip == 0 || begin == 0)
      return skip == 0 ? path + begin : "";
    end = begin - 1;
  }
}

void nl_shorter_way(struct nl_string *text, const char *home) {
  while (nl_shorter_goes_up(text->text)) {
    const char *rest = NULL;
    size_t ups = count_ups(text->text, &rest);
    size_t length = 0;
    const char *own = part_from_end(home, ups - 1, &length);
    if (*own == '\0' || length == 0 || strcspn(rest, "/") != length || memcmp(own, rest, length) != 0)
      return;
    const char *tail = rest + length + (rest[length] == '/');
    size_t kept = (size_t)(rest - text->text) - 3;
    size_t tail_length = strlen(tail);
    memmove(text->text + kept, tail, tail_length + 1);
    nl_string_cut(text, kept + tail_length);
    if (text->length == 0) { /* the directory itself; there was room for more */
      memcpy(text->text, ".", 2);
      text->length = 1;
    } else if (tail_length == 0 && text->text[text->length - 1] == '/') {
      nl_string_cut(text, text->length - 1);
    }
  }
}
