/*
 * way.c - the way that a soft link leads, from soft link to soft link
 *
 * One step opens the directory of a text's last name, looks whether that is below a root, and reads the soft link
 * that stands there. Soft links that stand for a directory on the way are the system's affair. What the system says
 * of the whole way decides: what it reaches must be what the steps reached, else a link of /proc lies between, whose
 * text is not where it leads, or somebody changed the tree.
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/way.h"

#include "base/quote.h"
#include "path/place.h"

#include <stdio.h>
#include <string.h>

enum { LINKS_MOST = 40 }; /* as many soft links as the system follows */

bool nl_way_is_proc(struct nl_way_knowledge *knowledge, int dir, uint64_t dev) {
  if (knowledge->has_last && knowledge->last_dev == dev)
    return knowledge->last_is_proc;
  struct nl_os_fs fs;
  knowledge->last_is_proc = nl_os_fs(&fs, dir) == 0 && strcmp(fs.type, "proc") == 0;
  knowledge->last_dev = dev;
  knowledge->has_last = true;
  return knowledge->last_is_proc;
}

/* Whether a text ends in a name, and not in a slash or dots, which ask for a directory; where the name begins. */
static bool ends_in_name(const char *text, size_t *begin) {
  size_t length = 0;
  *begin = nl_path_last(text, &length);
  const char *name = text + *begin;
  bool is_dots = name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
  return length > 0 && name[length] == '\0' && !is_dots;
}

static void close_dir(struct nl_way *way) {
  nl_os_close(way->owned_dir);
  way->owned_dir = way->dir = -1;
}

void nl_way_close(struct nl_way *way) {
  close_dir(way);
  nl_os_close(way->owned_base);
  way->owned_base = -1;
}

/* Go to the directory of the text's last name; with @p begin 0 that is where we are. */
static int open_last(struct nl_way *way, bool is_name, size_t begin) {
  way->last = is_name ? way->text + begin : "";
  if (is_name && begin == 0) {
    way->dir = way->base;
    return 0;
  }
  way->opened = true;
  char kept = way->text[begin];
  if (is_name)
    way->text[begin] = '\0';
  int sys = nl_os_open(&way->owned_dir, way->base, way->text, NL_OS_DIRECTORY);
  if (is_name)
    way->text[begin] = kept;
  if (sys == 0)
    way->dir = way->owned_dir;
  return sys;
}

/* Note whether the directory that was opened is outside. */
static void look_around(struct nl_way *way, struct nl_way_knowledge *knowledge) {
  struct nl_os_look look;
  bool is_inside = true;
  int sys = nl_os_look(&look, way->dir, "");
  if (sys == 0 && nl_way_is_proc(knowledge, way->dir, look.dev))
    way->by_proc = true;
  else if (sys == 0)
    sys = nl_inside_look(&is_inside, knowledge->inside, &knowledge->memory, way->dir, look.dev, look.ino);
  if (sys != 0)
    way->unseen = sys;
  way->outside = sys == 0 && !is_inside;
}

/* One text; *goes_on = it led to a soft link, whose text is the present one now. */
static int step(struct nl_way *way, struct nl_way_knowledge *knowledge, bool *goes_on) {
  size_t begin = 0;
  bool is_name = ends_in_name(way->text, &begin);
  *goes_on = false;
  way->by_proc |= strncmp(way->text, "/proc/", 6) == 0;
  int sys = open_last(way, is_name, begin);
  if (sys != 0)
    return sys;
  if (way->owned_dir >= 0 && knowledge != NULL)
    look_around(way, knowledge);
  way->end = (struct nl_os_look){0};
  sys = nl_os_look(&way->end, way->dir, way->last);
  if (sys == 0 && knowledge != NULL && nl_inside_is_root(knowledge->inside, way->end.dev, way->end.ino))
    way->outside = false;
  way->leaves |= way->outside;
  if (sys != 0 || way->end.kind != NLINK_SYMLINK)
    return sys;
  char next[NLINK_TARGET_SIZE];
  sys = nl_os_readlink(next, sizeof next, way->dir, way->last);
  if (sys != 0)
    return sys;
  if (++way->further >= LINKS_MOST)
    return nl_os_number(NLINK_SYMLINK_LOOP);
  memcpy(way->text, next, strlen(next) + 1);
  if (way->owned_dir >= 0) { /* else it is where we stood before */
    nl_os_close(way->owned_base);
    way->base = way->owned_base = way->owned_dir;
    way->owned_dir = -1;
  }
  way->dir = -1;
  *goes_on = true;
  return 0;
}

static void begin(struct nl_way *way, int dir, const char *text) {
  way->sys = way->unseen = 0;
  way->by_proc = way->leaves = way->outside = way->opened = false;
  way->further = 0;
  way->base = dir;
  way->owned_base = way->owned_dir = way->dir = -1;
  way->last = "";
  memcpy(way->text, text, strlen(text) + 1);
}

void nl_way_follow(struct nl_way *way, struct nl_way_knowledge *knowledge, int dir, const char *name,
                   const char *text) {
  begin(way, dir, text);
  for (bool goes_on = true; goes_on && way->sys == 0;)
    way->sys = step(way, knowledge, &goes_on);
  if (way->sys != 0 || !way->opened)
    return;
  struct nlink_stat stat;
  way->sys = nl_os_stat(&stat, dir, name, true);
  way->by_proc |= way->sys == 0 && (stat.dev != way->end.dev || stat.ino != way->end.ino);
}

int nl_way_end_path(struct nl_string *out, const struct nl_way *way) {
  char path[NLINK_TARGET_SIZE];
  int sys = nl_os_directory_path(path, sizeof path, way->dir);
  nl_string_cut(out, 0);
  if (sys != 0)
    return sys;
  size_t length = strlen(path);
  bool slash = *way->last != '\0' && length > 1;
  if (!nl_string_add(out, path, length) || !nl_string_add(out, "/", slash ? 1 : 0) ||
      !nl_string_add(out, way->last, strlen(way->last)))
    return nl_os_number(NLINK_NO_MEMORY);
  return 0;
}

/* ---------------------------------------------------------------- circles */

/* A soft link that the way came by. */
struct stop {
  uint64_t dev; /* of its directory */
  uint64_t ino;
  size_t name; /* where its last part begins among the names */
};

struct circle {
  struct stop stops[LINKS_MOST + 1];
  size_t count;
  struct nl_string names; /* each with its NUL */
};

static const char *name_of(const struct circle *circle, size_t index) {
  return circle->names.text + circle->stops[index].name;
}

/* Note where the way is; *first = where it was there before, else the count that there was. */
static int stop_at(struct circle *circle, int dir, const char *name, size_t *first) {
  struct nl_os_look look;
  int sys = nl_os_look(&look, dir, ".");
  if (sys != 0)
    return sys;
  *first = 0;
  while (*first < circle->count &&
         (circle->stops[*first].dev != look.dev || circle->stops[*first].ino != look.ino ||
          strcmp(name_of(circle, *first), name) != 0))
    ++*first;
  circle->stops[circle->count++] = (struct stop){look.dev, look.ino, circle->names.length};
  return nl_string_add(&circle->names, name, strlen(name) + 1) ? 0 : nl_os_number(NLINK_NO_MEMORY);
}

/* As told: "a -> b -> a"; of a long one the beginning and the end. */
static bool tell(struct nl_string *out, const struct circle *circle, size_t first, bool is_whole) {
  enum { SHOWN = 6 };
  char text[NL_QUOTED_SIZE + 32];
  size_t end = circle->count;
  bool added = nl_string_add(out, "", 0);
  for (size_t i = first; i < end && added; i++) {
    bool shown = i < first + SHOWN || i + 1 == end;
    if (!shown && i != first + SHOWN)
      continue;
    struct nl_quoted name = nl_quoted(name_of(circle, i));
    snprintf(text, sizeof text, "%s%s", i > first ? " -> " : "", shown ? name.text : "...");
    added = nl_string_add(out, text, strlen(text));
  }
  return added && (is_whole || nl_string_add(out, " -> ...", 7));
}

int nl_way_tell_circle(struct nl_string *out, bool *is_circle, int dir, const char *name, const char *text) {
  struct nl_way way;
  struct circle circle = {.count = 0};
  size_t first = 0;
  bool goes_on = true;
  begin(&way, dir, text);
  int sys = stop_at(&circle, dir, name, &first);
  while (sys == 0 && goes_on && circle.count < LINKS_MOST) {
    char from[NLINK_TARGET_SIZE];
    memcpy(from, way.text, strlen(way.text) + 1);
    sys = step(&way, NULL, &goes_on);
    if (sys != 0 || !goes_on)
      break;
    size_t begin_name = 0;
    ends_in_name(from, &begin_name);
    sys = stop_at(&circle, way.base, from + begin_name, &first);
    if (sys == 0 && first < circle.count - 1)
      break;
  }
  *is_circle = sys == 0 && circle.count > 1 && first < circle.count - 1;
  const char *words = *is_circle && first == 0     ? "leads back to itself: "
                      : *is_circle                 ? "leads into a circle of soft links: "
                      : circle.count >= LINKS_MOST ? "leads over more soft links than the system follows: "
                                                   : "leads into a circle on its way: ";
  bool out_of_memory = sys == nl_os_number(NLINK_NO_MEMORY) || !nl_string_add(out, words, strlen(words)) ||
                       (circle.names.length > 0 && !tell(out, &circle, *is_circle ? first : 0, *is_circle));
  nl_string_fini(&circle.names);
  nl_way_close(&way);
  return out_of_memory ? nl_os_number(NLINK_NO_MEMORY) : 0;
}
