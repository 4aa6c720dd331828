/*
 * soft.c - what is wrong with a soft link
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/soft.h"

#include "base/quote.h"
#include "flaw/shorter.h"
#include "path/place.h"
#include "path/relative.h"

#include <stdio.h>
#include <string.h>

/* The soft link at hand. */
struct scene {
  struct nl_soft_looker *looker;
  const struct nl_sight *sight;
  int dir; /* the directory that it is in */
  const char *name;
  const char *target;
};

static int no_memory(void) {
  return nl_os_number(NLINK_NO_MEMORY);
}

static bool wants(const struct scene *scene, enum nlink_finding_kind kind) {
  return (scene->looker->off & 1u << kind) == 0;
}

static bool add(struct nl_string *out, const char *text) {
  return nl_string_add(out, text, strlen(text));
}

/* A part of a sentence with one quoted name in it. */
static bool add_words(struct nl_string *out, const char *before, const char *name, const char *after) {
  struct nl_quoted quoted = nl_quoted(name);
  return add(out, before) && add(out, quoted.text) && add(out, after);
}

static const char *keep(struct nl_arena *arena, const struct nl_string *string) {
  return nl_arena_text(arena, string->text, string->length);
}

/* A finding with the looker's text; NULL = memory is exhausted. */
static struct nl_soft *make(const struct scene *scene, enum nlink_finding_kind kind) {
  struct nl_arena *arena = scene->looker->arena;
  const struct nl_sight *sight = scene->sight;
  struct nl_soft *soft = nl_arena_take(arena, sizeof *soft);
  if (soft == NULL)
    return NULL;
  *soft = (struct nl_soft){.kind = kind,
                           .dir = sight->dir,
                           .name = nl_arena_text(arena, sight->name, sight->length),
                           .length = sight->length,
                           .target = nl_arena_text(arena, scene->target, strlen(scene->target)),
                           .text = keep(arena, &scene->looker->text)};
  return soft->name != NULL && soft->target != NULL && soft->text != NULL ? soft : NULL;
}

static int found(struct nl_soft **out, const struct scene *scene, enum nlink_finding_kind kind) {
  *out = make(scene, kind);
  return *out != NULL ? 0 : no_memory();
}

/* The absolute path of the soft link's directory; *known = false: it cannot be told. */
static int find_home(const struct scene *scene, bool *known) {
  struct nl_soft_looker *looker = scene->looker;
  const struct nl_dir *dir = scene->sight->dir;
  if (looker->home_of != dir || dir == NULL) {
    char path[NLINK_TARGET_SIZE];
    int sys = nl_os_directory_path(path, sizeof path, scene->dir);
    looker->home_of = NULL;
    looker->home_kept = NULL;
    nl_string_cut(&looker->home, 0);
    if (sys != 0 && !nl_path_ends(sys) && nl_os_status(sys) != NLINK_TOO_SMALL)
      return sys;
    if (sys == 0 && !add(&looker->home, path))
      return no_memory();
    looker->home_of = dir;
  }
  *known = looker->home.length > 0;
  return 0;
}

/* Note what mending the soft link needs to know of it; without the path of its directory there is none. */
static int describe(struct nl_soft *soft, const struct scene *scene) {
  struct nl_soft_looker *looker = scene->looker;
  bool known = false;
  int sys = 0;
  if (scene->sight->look != NULL)
    soft->look = *scene->sight->look;
  else
    sys = nl_os_look(&soft->look, scene->dir, scene->name);
  if (sys == 0)
    sys = find_home(scene, &known);
  if (sys != 0 || !known)
    return sys != 0 && nl_path_ends(sys) ? 0 : sys;
  if (looker->home_kept == NULL)
    looker->home_kept = keep(looker->arena, &looker->home);
  soft->home = looker->home_kept;
  soft->base = nl_arena_text(looker->arena, scene->name, strlen(scene->name));
  return soft->home != NULL && soft->base != NULL ? 0 : no_memory();
}

/* Whether a text leads where the soft link leads now. */
static int leads_there(const struct scene *scene, const char *text, bool *answer) {
  struct nlink_stat stat;
  const struct nl_os_look *end = &scene->looker->way.end;
  int sys = nl_os_stat(&stat, scene->dir, text, true);
  *answer = sys == 0 && stat.dev == end->dev && stat.ino == end->ino;
  return sys == 0 || nl_path_ends(sys) ? 0 : sys;
}

/* ---------------------------------------------------------------- it leads nowhere */

/* Say which part of the last text is the first that is missing. */
static int tell_missing(const struct scene *scene) {
  const struct nl_way *way = &scene->looker->way;
  char part[NLINK_TARGET_SIZE];
  size_t length = strlen(way->text);
  size_t there = 0; /* so much of it leads to something */
  const char *words = " is no directory";
  memcpy(part, way->text, length + 1);
  for (size_t at = strspn(part, "/"); at < length;) {
    struct nlink_stat stat;
    size_t end = at + strcspn(part + at, "/");
    part[end] = '\0';
    int sys = nl_os_stat(&stat, way->base, part, true);
    if (sys != 0 && (nl_os_status(sys) != NLINK_NOT_DIRECTORY || there == 0)) {
      words = !nl_path_ends(sys)                               ? " could not be looked at"
              : nl_os_stat(&stat, way->base, part, false) == 0 ? " leads nowhere itself"
                                                               : " does not exist";
      there = end;
    }
    if (sys != 0)
      break;
    part[end] = way->text[end];
    there = end;
    at = end + strspn(part + end, "/");
  }
  part[there] = '\0';
  return add_words(&scene->looker->text, "", part, words) ? 0 : no_memory();
}

static int tell_dangling(const struct scene *scene) {
  const struct nl_way *way = &scene->looker->way;
  struct nl_string *text = &scene->looker->text;
  char words[64];
  nl_string_cut(text, 0);
  if (way->further == 1 && !add(text, "leads to another soft link, and that nowhere: "))
    return no_memory();
  snprintf(words, sizeof words, "leads over %u more soft links nowhere: ", way->further);
  if (way->further > 1 && !add(text, words))
    return no_memory();
  if (way->further == 0 && !add(text, "leads nowhere: "))
    return no_memory();
  return tell_missing(scene);
}

/* The absolute path of the directory where the missing name was looked for, as the last text says. */
static int find_expected(struct nl_string *out, const struct scene *scene, size_t end) {
  const struct nl_way *way = &scene->looker->way;
  char path[NLINK_TARGET_SIZE] = "/";
  int sys = way->text[0] == '/' ? 0 : nl_os_directory_path(path, sizeof path, way->base);
  if (sys != 0 || !add(out, path))
    return sys != 0 ? sys : no_memory();
  for (size_t at = 0; at < end;) {
    at += strspn(way->text + at, "/");
    size_t length = at < end ? strcspn(way->text + at, "/") : 0;
    const char *part = way->text + at;
    at += length;
    if (length == 0 || (length == 1 && *part == '.'))
      continue;
    if (length == 2 && part[0] == '.' && part[1] == '.') {
      size_t last_length = 0;
      size_t last = nl_path_last(out->text, &last_length);
      nl_string_cut(out, last > 1 ? last - 1 : 1);
    } else if ((out->length > 1 && !add(out, "/")) || !nl_string_add(out, part, length)) {
      return no_memory();
    }
  }
  return 0;
}

/* What a search for the missing thing needs to know; without the paths there is none. */
static int describe_lost(struct nl_soft *soft, const struct scene *scene) {
  struct nl_arena *arena = scene->looker->arena;
  const char *text = scene->looker->way.text;
  size_t length = 0;
  size_t last = nl_path_last(text, &length);
  bool is_dots = text[last] == '.' && (length == 1 || (length == 2 && text[last + 1] == '.'));
  soft->wants_directory = text[last + length] == '/';
  soft->lost = nl_arena_text(arena, text + last, is_dots ? 0 : length);
  bool known = false;
  int sys = find_home(scene, &known);
  if (sys != 0 || soft->lost == NULL)
    return sys != 0 ? sys : no_memory();
  struct nl_string expected = {0};
  sys = known && !is_dots ? find_expected(&expected, scene, last) : 0;
  if (sys == 0 && expected.length > 0) {
    soft->expected = keep(arena, &expected);
    sys = soft->expected != NULL ? 0 : no_memory();
  }
  nl_string_fini(&expected);
  return sys != 0 && nl_path_ends(sys) ? 0 : sys;
}

static int found_circle(struct nl_soft **out, const struct scene *scene) {
  bool is_circle = false;
  nl_string_cut(&scene->looker->text, 0);
  int sys = nl_way_tell_circle(&scene->looker->text, &is_circle, scene->dir, scene->name, scene->target);
  if (sys == 0)
    sys = found(out, scene, NLINK_FINDING_LOOPS);
  if (*out != NULL)
    (*out)->is_circle = is_circle;
  return sys;
}

static int look_at_end(struct nl_soft **out, const struct scene *scene) {
  const struct nl_way *way = &scene->looker->way;
  switch (nl_os_status(way->sys)) {
  case NLINK_SYMLINK_LOOP:
    return wants(scene, NLINK_FINDING_LOOPS) ? found_circle(out, scene) : 0;
  case NLINK_NOT_FOUND:
  case NLINK_NOT_DIRECTORY:
  case NLINK_NAME_TOO_LONG:
    if (!wants(scene, NLINK_FINDING_DANGLES))
      return 0;
    break;
  default:
    return way->sys;
  }
  int sys = tell_dangling(scene);
  if (sys != 0)
    return sys;
  *out = make(scene, NLINK_FINDING_DANGLES);
  return *out != NULL ? describe_lost(*out, scene) : no_memory();
}

/* ---------------------------------------------------------------- it leads somewhere */

static int found_outside(struct nl_soft **out, const struct scene *scene) {
  struct nl_string *text = &scene->looker->text;
  struct nl_string path = {0};
  const struct nl_way *way = &scene->looker->way;
  int sys = nl_way_end_path(&path, way);
  if (sys != 0 && sys != no_memory()) { /* the text has to do */
    nl_string_cut(&path, 0);
    sys = add(&path, scene->target) ? 0 : no_memory();
  }
  nl_string_cut(text, 0);
  const char *words = way->outside ? "leads out of the root, to "
                                   : "leads out of the root, and by soft links there back in, to ";
  if (sys == 0 && !add_words(text, words, path.text, ""))
    sys = no_memory();
  nl_string_fini(&path);
  return sys != 0 ? sys : found(out, scene, NLINK_FINDING_POINTS_OUT);
}

/* Whether going up as often as a text begins with ".." stays inside the roots. */
static int stays_inside(const struct scene *scene, const char *text, bool *answer) {
  char up[NLINK_TARGET_SIZE] = ".";
  size_t length = 0;
  while (strncmp(text + length, "..", 2) == 0 && (text[length + 2] == '/' || text[length + 2] == '\0'))
    length += text[length + 2] == '/' ? 3 : 2;
  memcpy(up, length > 0 ? text : ".", length > 0 ? length : 1);
  up[length > 0 ? length : 1] = '\0';
  struct nl_way_knowledge *knowledge = &scene->looker->knowledge;
  struct nl_os_look look;
  int fd = -1;
  int sys = nl_os_open(&fd, scene->dir, up, NL_OS_DIRECTORY);
  if (sys == 0)
    sys = nl_os_look(&look, fd, "");
  if (sys == 0)
    sys = nl_inside_look(answer, knowledge->inside, &knowledge->memory, fd, look.dev, look.ino);
  nl_os_close(fd);
  return sys;
}

/* The relative way to where an absolute text really leads, its last name kept. */
static int real_way(struct nl_string *out, const struct scene *scene) {
  struct nl_way first = {.text = ""};
  struct nl_string path = {0};
  struct nl_place place = {.owned = -1};
  size_t length = 0;
  size_t last = nl_path_last(scene->target, &length);
  bool is_dots =
      scene->target[last] == '.' && (length == 1 || (length == 2 && scene->target[last + 1] == '.'));
  bool is_name = length > 0 && !is_dots && scene->target[last + length] == '\0';
  int sys = is_name ? nl_place_open(&place, scene->dir, scene->target, false)
                    : nl_os_open(&place.owned, scene->dir, scene->target, NL_OS_DIRECTORY);
  first.dir = is_name ? place.dir : place.owned;
  first.last = is_name ? scene->target + last : "";
  if (sys == 0)
    sys = nl_way_end_path(&path, &first);
  if (sys == 0 && !nl_relative_text(out, scene->looker->home.text, path.text))
    sys = no_memory();
  nl_place_close(&place);
  nl_string_fini(&path);
  return sys;
}

/*
 * What an absolute soft link could hold: the relative way to its own text where that stays inside, so that soft links
 * on its way keep their say; else that by the real directories.
 *
 * @param is_good  Out: there is one.
 * @param stays    Out: it stays inside, so that it leads there wherever the root is.
 */
static int find_relative(const struct scene *scene, bool *is_good, bool *stays) {
  struct nl_string *fresh = &scene->looker->fresh;
  struct nl_string plain = {0};
  bool known = false;
  *is_good = *stays = false;
  int sys = find_home(scene, &known);
  if (sys != 0 || !known)
    return sys;
  sys = nl_shorter_text(&plain, scene->dir, scene->target);
  while (sys == 0 && plain.length > 1 && plain.text[plain.length - 1] == '/')
    nl_string_cut(&plain, plain.length - 1);
  if (sys == 0 && !nl_relative_text(fresh, scene->looker->home.text, plain.text))
    sys = no_memory();
  nl_string_fini(&plain);
  if (sys == 0)
    sys = stays_inside(scene, fresh->text, stays);
  if (sys == 0 && *stays)
    sys = leads_there(scene, fresh->text, is_good);
  if (sys != 0 || *is_good)
    return sys;
  sys = real_way(fresh, scene);
  if (sys == 0)
    sys = stays_inside(scene, fresh->text, stays);
  return sys == 0 ? leads_there(scene, fresh->text, is_good) : sys;
}

static int found_absolute(struct nl_soft **out, const struct scene *scene) {
  struct nl_string *text = &scene->looker->text;
  bool is_good = false;
  bool stays = false;
  int sys = find_relative(scene, &is_good, &stays);
  if (sys != 0 && !nl_path_ends(sys))
    return sys;
  nl_string_cut(text, 0);
  if (!add(text, "is absolute, though it leads to something inside the root") ||
      (is_good && !add_words(text, ": ", scene->looker->fresh.text,
                             stays ? " would do, and lead there wherever the root is" : " would do")))
    return no_memory();
  *out = make(scene, NLINK_FINDING_ABSOLUTE_INSIDE);
  if (*out != NULL && is_good)
    (*out)->fresh = keep(scene->looker->arena, &scene->looker->fresh);
  bool done = *out != NULL && (!is_good || (*out)->fresh != NULL);
  return done ? 0 : no_memory();
}

static int look_at_length(struct nl_soft **out, const struct scene *scene) {
  struct nl_soft_looker *looker = scene->looker;
  size_t length = strlen(scene->target);
  if (strchr(scene->target, '/') == NULL)
    return 0;
  int sys = nl_shorter_text(&looker->fresh, scene->dir, scene->target);
  bool known = false;
  if (sys == 0 && nl_shorter_goes_up(looker->fresh.text))
    sys = find_home(scene, &known);
  if (sys == 0 && known)
    nl_shorter_way(&looker->fresh, looker->home.text);
  bool is_good = sys == 0 && looker->fresh.length < length;
  if (is_good)
    sys = leads_there(scene, looker->fresh.text, &is_good);
  if (sys != 0 || !is_good)
    return sys;
  nl_string_cut(&looker->text, 0);
  char words[96];
  snprintf(words, sizeof words, "has %zu bytes where %zu would do: ", length, looker->fresh.length);
  if (!add_words(&looker->text, words, looker->fresh.text, ""))
    return no_memory();
  *out = make(scene, NLINK_FINDING_NEEDLESSLY_LONG);
  if (*out != NULL)
    (*out)->fresh = keep(looker->arena, &looker->fresh);
  return *out != NULL && (*out)->fresh != NULL ? 0 : no_memory();
}

/* ---------------------------------------------------------------- the whole */

static int look_at(struct nl_soft **out, enum nlink_step *step, const struct scene *scene) {
  struct nl_way *way = &scene->looker->way;
  bool is_below = scene->sight->depth > 0; /* a root itself is in no root, and leads out of none */
  int sys = 0;
  *step = NLINK_STEP_RESOLVE;
  if (way->by_proc)
    return 0;
  if (way->sys != 0)
    return look_at_end(out, scene);
  if (way->unseen != 0 && is_below)
    return way->unseen;
  if (is_below && way->leaves && wants(scene, NLINK_FINDING_POINTS_OUT))
    return found_outside(out, scene);
  if (is_below && !way->leaves && scene->target[0] == '/' && wants(scene, NLINK_FINDING_ABSOLUTE_INSIDE))
    sys = found_absolute(out, scene);
  else if (wants(scene, NLINK_FINDING_NEEDLESSLY_LONG))
    sys = look_at_length(out, scene);
  return sys;
}

int nl_soft_look(struct nl_soft **out, enum nlink_step *step, struct nl_soft_looker *looker,
                 const struct nl_sight *sight) {
  char target[NLINK_TARGET_SIZE];
  struct nl_place place = {sight->at, sight->at_name, -1};
  *out = NULL;
  *step = NLINK_STEP_READLINK;
  int sys = strchr(sight->at_name, '/') != NULL ? nl_place_open(&place, sight->at, sight->at_name, false) : 0;
  if (sys == 0)
    sys = nl_os_readlink(target, sizeof target, place.dir, place.name);
  bool by_proc =
      sys == 0 && sight->dir != NULL && nl_way_is_proc(&looker->knowledge, place.dir, sight->dir->dev);
  if (sys == 0 && !by_proc) {
    const struct scene scene = {looker, sight, place.dir, place.name, target};
    nl_way_follow(&looker->way, &looker->knowledge, place.dir, place.name, target);
    sys = look_at(out, step, &scene);
    if (sys == 0 && *out != NULL && (*out)->kind != NLINK_FINDING_POINTS_OUT)
      sys = describe(*out, &scene);
    nl_way_close(&looker->way);
  }
  nl_place_close(&place);
  return sys;
}

void nl_soft_looker_fini(struct nl_soft_looker *looker) {
  nl_inside_memory_fini(&looker->knowledge.memory);
  nl_string_fini(&looker->home);
  nl_string_fini(&looker->fresh);
  nl_string_fini(&looker->text);
}
