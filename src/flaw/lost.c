/*
 * lost.c - what is left of the things that dangling soft links led to
 *
 * The things found are sorted by name and by the directory they are in, part by part. Seen from any place in that order
 * the directories to both sides have less and less of their path in common with it, so the search goes outward from
 * where the thing was to be and ends when whatever follows must be further away than what was found.
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/lost.h"

#include "base/sort.h"
#include "path/place.h"
#include "path/relative.h"
#include "tree/walk.h"

#include <string.h>

/* Something of a name that is looked for. */
struct candidate {
  struct candidate *next;
  const struct nl_dir *dir;
  const struct nl_dir *self; /* a directory that was walked; else NULL */
  const char *name;
  size_t length;
  const char
      *home; /* the absolute path of its directory; "" = not known: it is further away than any other */
  const char *path; /* as a walk tells it */
  bool is_directory;
};

struct worker {
  struct nl_arena arena;
  struct candidate *first;
  size_t count;
  const struct nl_dir *home_of;
  const char *home; /* of the directory home_of; "" = not known */
  bool missed;      /* something of a name could not be looked at */
  char apart[64];
};

struct search {
  struct nl_sort_item *names; /* those looked for, each once, sorted */
  size_t name_count;
  struct worker *workers;
  unsigned worker_count;
  struct nl_sort_item *found; /* candidates by name and place */
  size_t found_count;
  struct nl_string scratch;
};

/* ---------------------------------------------------------------- finding */

static const char *find_name(const struct search *search, const char *name) {
  size_t begin = 0;
  for (size_t end = search->name_count; begin < end;) {
    size_t middle = begin + (end - begin) / 2;
    const char *other = search->names[middle].what;
    int order = strcmp(name, other);
    if (order == 0)
      return other;
    if (order < 0)
      end = middle;
    else
      begin = middle + 1;
  }
  return NULL;
}

/* The absolute path of the directory that a name is in, once for many names; false = memory is exhausted. */
static bool find_home(struct candidate *out, struct worker *worker, const struct nl_sight *sight) {
  char path[NLINK_TARGET_SIZE];
  if (worker->home_of != sight->dir) {
    bool known = nl_os_directory_path(path, sizeof path, sight->at) == 0;
    worker->home = known ? nl_arena_text(&worker->arena, path, strlen(path)) : "";
    worker->home_of = sight->dir;
    if (worker->home == NULL)
      return false;
  }
  out->home = worker->home;
  return true;
}

/* The same of a directory that is open itself, a root perhaps, whose name its path does not tell. */
static bool find_own(struct candidate *out, const struct search *search, struct worker *worker,
                     const struct nl_sight *sight) {
  char path[NLINK_TARGET_SIZE];
  const char *slash = nl_os_directory_path(path, sizeof path, sight->at) == 0 ? strrchr(path, '/') : NULL;
  if (slash == NULL) { /* of a root not even the name is known */
    out->home = out->name != NULL ? "" : NULL;
    worker->missed |= out->name == NULL;
    return true;
  }
  out->name = find_name(search, slash + 1);
  out->length = strlen(slash + 1);
  size_t length = slash == path ? 1 : (size_t)(slash - path);
  out->home = out->name != NULL ? nl_arena_text(&worker->arena, path, length) : NULL;
  return out->name == NULL || out->home != NULL;
}

static bool take(void *ctx, const struct nl_sight *sight) {
  struct search *search = ctx;
  bool is_open = *sight->at_name == '\0';
  bool is_root = sight->depth == 0;
  const char *name = is_root ? NULL : find_name(search, sight->name);
  if (is_root ? !is_open : name == NULL)
    return true;
  struct worker *worker = &search->workers[sight->worker];
  enum nlink_kind kind = sight->kind;
  struct nlink_stat stat;
  if (kind == NLINK_SYMLINK) { /* what it leads to counts */
    int sys = nl_os_stat(&stat, sight->at, sight->at_name, true);
    worker->missed |= sys != 0 && !nl_path_ends(sys);
    if (sys != 0)
      return true;
    kind = stat.kind;
  }
  struct candidate candidate = {.next = worker->first,
                                .dir = sight->dir,
                                .self = sight->self,
                                .name = name,
                                .length = sight->length,
                                .is_directory = kind == NLINK_DIRECTORY};
  if (!(is_open ? find_own(&candidate, search, worker, sight) : find_home(&candidate, worker, sight)))
    return false;
  if (candidate.home == NULL) /* a root of another name */
    return true;
  worker->first = nl_arena_take(&worker->arena, sizeof candidate);
  if (worker->first == NULL)
    return false;
  *worker->first = candidate;
  worker->count++;
  return true;
}

/* ---------------------------------------------------------------- comparing places */

static int rank(char c) {
  return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 1;
}

/* Part by part, so that what is below a directory stands together behind it. */
static int compare_places(const char *a, const char *b) {
  while (*a != '\0' && *a == *b) {
    a++;
    b++;
  }
  return rank(*a) - rank(*b);
}

static int compare_candidates(const void *left, const void *right, const void *ctx) {
  (void)ctx;
  const struct candidate *a = left;
  const struct candidate *b = right;
  int order = strcmp(a->name, b->name);
  if (order == 0)
    order = compare_places(a->home, b->home);
  return order != 0 ? order : strcmp(a->path, b->path);
}

/* How many parts two absolute paths have in common, and how many each has. */
static void count_parts(const char *a, const char *b, size_t *common, size_t *a_parts, size_t *b_parts) {
  *common = *a_parts = *b_parts = 0;
  bool same = true;
  while (*a != '\0' || *b != '\0') {
    a += strspn(a, "/");
    b += strspn(b, "/");
    size_t a_length = strcspn(a, "/");
    size_t b_length = strcspn(b, "/");
    same = same && a_length > 0 && a_length == b_length && memcmp(a, b, a_length) == 0;
    *common += same;
    *a_parts += a_length > 0;
    *b_parts += b_length > 0;
    a += a_length;
    b += b_length;
  }
}

/* ---------------------------------------------------------------- the nearest */

struct nearest {
  const struct candidate *best;
  size_t steps;
};

/* Whether the soft link is in the directory that the candidate is. */
static bool holds(const struct candidate *candidate, const char *home) {
  size_t length = strlen(candidate->home);
  if (!candidate->is_directory || strncmp(home, candidate->home, length) != 0)
    return false;
  if (home[length] != '/' && length > 1)
    return false;
  const char *rest = home + length + strspn(home + length, "/");
  return strncmp(rest, candidate->name, candidate->length) == 0 &&
         (rest[candidate->length] == '/' || rest[candidate->length] == '\0');
}

/* Weigh one candidate; false = whatever follows in this direction is further away than the best. */
static bool weigh(struct nearest *nearest, const struct nl_lost *lost, const struct candidate *candidate) {
  size_t common, up, down;
  count_parts(lost->expected, candidate->home, &common, &up, &down);
  down = *candidate->home == '\0' ? SIZE_MAX / 2 : down;
  if (nearest->best != NULL && up - common > nearest->steps)
    return false;
  size_t steps = up + down - 2 * common;
  bool is_better = nearest->best == NULL || steps < nearest->steps ||
                   (steps == nearest->steps && strcmp(candidate->path, nearest->best->path) < 0);
  if ((lost->wants_directory && !candidate->is_directory) || !is_better || holds(candidate, lost->home))
    return true;
  nearest->best = candidate;
  nearest->steps = steps;
  return true;
}

/* The first candidate of this name that is at this place or behind it. */
static size_t place_of(const struct search *search, const struct nl_lost *lost) {
  size_t begin = 0;
  for (size_t end = search->found_count; begin < end;) {
    size_t middle = begin + (end - begin) / 2;
    const struct candidate *candidate = search->found[middle].what;
    int order = strcmp(candidate->name, lost->name);
    if (order == 0)
      order = compare_places(candidate->home, lost->expected);
    if (order < 0)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

static bool is_called(const struct search *search, size_t index, const struct nl_lost *lost) {
  return strcmp(((const struct candidate *)search->found[index].what)->name, lost->name) == 0;
}

static bool choose(struct search *search, struct nl_lost *lost, struct nl_arena *arena) {
  struct nearest nearest = {0};
  size_t middle = place_of(search, lost);
  for (size_t i = middle; i < search->found_count && is_called(search, i, lost); i++)
    if (!weigh(&nearest, lost, search->found[i].what))
      break;
  for (size_t i = middle; i-- > 0 && is_called(search, i, lost);)
    if (!weigh(&nearest, lost, search->found[i].what))
      break;
  const struct candidate *best = nearest.best;
  if (best == NULL)
    return true;
  lost->candidate = nl_arena_text(arena, best->path, strlen(best->path));
  if (*best->home == '\0' || lost->candidate == NULL)
    return lost->candidate != NULL;
  struct nl_string whole = {0};
  struct nl_string *way = &search->scratch;
  bool made = nl_string_add(&whole, best->home, strlen(best->home)) &&
              nl_string_add(&whole, "/", whole.length > 1 ? 1 : 0) &&
              nl_string_add(&whole, best->name, best->length) &&
              nl_relative_text(way, lost->home, whole.text);
  nl_string_fini(&whole);
  lost->fresh = made ? nl_arena_text(arena, way->text, way->length) : NULL;
  return lost->fresh != NULL;
}

/* ---------------------------------------------------------------- the whole */

static bool collect_names(struct search *search, const struct nl_lost *lost, size_t count) {
  search->names = nl_alloc(2 * count * sizeof *search->names);
  if (search->names == NULL)
    return false;
  for (size_t i = 0; i < count; i++)
    search->names[i] = (struct nl_sort_item){0, lost[i].name};
  nl_sort_text(search->names, search->names + count, count);
  for (size_t i = 0; i < count; i++)
    if (i == 0 || strcmp(search->names[i].what, search->names[search->name_count - 1].what) != 0)
      search->names[search->name_count++] = search->names[i];
  return true;
}

static bool sort_found(struct search *search) {
  for (unsigned i = 0; i < search->worker_count; i++)
    search->found_count += search->workers[i].count;
  search->found = nl_alloc((2 * search->found_count + 1) * sizeof *search->found);
  size_t filled = 0;
  for (unsigned i = 0; i < search->worker_count && search->found != NULL; i++) {
    struct worker *worker = &search->workers[i];
    for (struct candidate *at = worker->first; at != NULL; at = at->next) {
      const struct nl_dir *dir = at->self != NULL ? at->self : at->dir;
      const char *name = at->self != NULL ? NULL : at->name;
      size_t length = nl_dir_path(NULL, 0, dir, name, at->length);
      char *path = nl_arena_take_tight(&worker->arena, length + 1);
      if (path == NULL)
        return false;
      nl_dir_path(path, length + 1, dir, name, at->length);
      at->path = path;
      search->found[filled++] = (struct nl_sort_item){nl_sort_key(at->name), at};
    }
  }
  if (search->found != NULL)
    nl_sort(search->found, search->found + filled, filled, compare_candidates, NULL);
  return search->found != NULL;
}

static void close_search(struct search *search) {
  for (unsigned i = 0; search->workers != NULL && i < search->worker_count; i++)
    nl_arena_fini(&search->workers[i].arena);
  nl_free(search->workers);
  nl_free(search->names);
  nl_free(search->found);
  nl_string_fini(&search->scratch);
}

enum nlink_status nl_lost_find(bool *whole, struct nl_lost *lost, size_t count,
                               const struct nl_walk_plan *plan, struct nl_arena *arena) {
  struct search search = {.worker_count = nl_walk_workers(plan->scope)};
  struct nl_walk *walk = NULL;
  struct nl_walk_plan by_names = *plan;
  by_names.look = false;
  by_names.extra_bytes = 0;
  by_names.take = take;
  by_names.ctx = &search;
  *whole = true;
  if (count == 0)
    return NLINK_OK;
  search.workers = nl_alloc_zero(search.worker_count * sizeof *search.workers);
  bool made = search.workers != NULL && collect_names(&search, lost, count);
  enum nlink_status status = made ? nl_walk_run(&walk, &by_names) : NLINK_NO_MEMORY;
  made = status == NLINK_OK && sort_found(&search);
  for (size_t i = 0; i < count && made; i++)
    made = choose(&search, &lost[i], arena);
  for (const struct nl_trouble *at = walk != NULL ? nl_walk_troubles(walk) : NULL; at != NULL; at = at->next)
    *whole &= at->sys == 0; /* else it is only the same directory by another way */
  for (unsigned i = 0; search.workers != NULL && i < search.worker_count; i++)
    *whole &= !search.workers[i].missed;
  nl_walk_close(walk);
  close_search(&search);
  return status == NLINK_OK || status == NLINK_CANCELLED
             ? (made || status != NLINK_OK ? status : NLINK_NO_MEMORY)
             : NLINK_NO_MEMORY;
}
