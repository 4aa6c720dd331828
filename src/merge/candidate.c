/*
 * candidate.c - the files that may be equal to others, and the directories that they are in
 *
 * SPDX-License-Identifier: MIT
 */
#include "merge/candidate.h"

#include "path/spot.h"
#include "path/within.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- while walking */

static bool take(void *ctx, const struct nl_sight *sight) {
  struct nl_candidates *candidates = ctx;
  if (sight->kind != NLINK_REGULAR || sight->look == NULL)
    return true;
  return nl_table_add(candidates->table, sight);
}

/* ---------------------------------------------------------------- directories */

/* What a directory has from all those above it, settled or not: a root may be entered before the directory it is in. */
static void settle_room(const struct nl_room *rooms, struct nl_room *room) {
  for (const struct nl_dir *above = room->dir->above; above != NULL; above = above->above) {
    const struct nl_room *upper = &rooms[above->number];
    room->is_reference |= upper->is_reference;
    if (upper->root < room->root)
      room->root = upper->root;
  }
}

static void mark_roots(struct nl_candidates *candidates, size_t paths, size_t first_reference) {
  for (size_t i = 0; i < paths; i++) {
    const struct nl_dir *root = nl_walk_root(candidates->walk, i);
    if (root == NULL)
      continue;
    struct nl_room *room = &candidates->rooms[root->number];
    room->is_reference |= i >= first_reference;
    if (i < room->root)
      room->root = (uint32_t)i;
  }
}

/* The directory of one of the paths, or the one that it is in, where no other that was walked lies above it. */
static struct nl_room *top_of(const struct nl_candidates *candidates, size_t path) {
  const struct nl_walk_single *single = nl_walk_single(candidates->walk, path);
  const struct nl_dir *dir = single != NULL ? single->dir : nl_walk_root(candidates->walk, path);
  return dir == NULL || dir->above != NULL ? NULL : &candidates->rooms[dir->number];
}

/* The absolute path of that; false = it is not known. */
static bool find_top(struct nl_string *out, const struct nl_candidates *candidates, int dir, const char *path,
                     size_t index) {
  struct nl_string way = {0};
  int fd = -1;
  const char *slash = strrchr(path, '/');
  size_t length = slash == NULL ? 0 : (size_t)(slash + 1 - path);
  if (nl_walk_single(candidates->walk, index) == NULL)
    length = strlen(path);
  bool found = nl_string_add(&way, length == 0 ? "." : path, length == 0 ? 1 : length) &&
               nl_os_open(&fd, dir, way.text, NL_OS_DIRECTORY) == 0 && nl_absolute(out, fd, "") == 0;
  nl_os_close(fd);
  nl_string_fini(&way);
  return found;
}

/*
 * A path can lie in a reference and not be seen from there: too deep, or below what is left out. It belongs to it all the
 * same. false = memory is exhausted.
 */
static bool mark_unseen(struct nl_candidates *candidates, const struct nl_walk_plan *plan,
                        size_t first_reference) {
  struct nl_within within = {0};
  const char **trees = nl_alloc((plan->count + 1) * sizeof *trees);
  size_t count = 0;
  for (size_t i = first_reference; i < plan->count && trees != NULL; i++)
    if (nl_walk_root(candidates->walk, i) != NULL)
      trees[count++] = plan->paths[i];
  bool made = trees != NULL;
  if (count > 0 && nl_within_open(&within, plan->dir, trees, count) == 0) {
    for (size_t i = 0; i < first_reference && made; i++) {
      struct nl_room *room = top_of(candidates, i);
      struct nl_string path = {0};
      if (room == NULL || room->is_reference || room->is_placed)
        continue;
      room->is_placed = true;
      made = !find_top(&path, candidates, plan->dir, plan->paths[i], i) ||
             nl_within_path(&path, &room->is_reference, &within, path.text);
      nl_string_fini(&path);
    }
  }
  nl_within_close(&within);
  nl_free(trees);
  return made;
}

/* Rank by root and path. Texts that are sorted together are alive together; they are given back at once. */
static bool rank_rooms(struct nl_candidates *candidates, struct nl_dir *const *dirs, size_t count) {
  struct nl_arena texts = {0};
  struct nl_sort_item *items = nl_alloc(2 * count * sizeof *items);
  struct nl_string path = {0};
  bool made = items != NULL;
  for (size_t i = 0; i < count && made; i++) {
    const struct nl_room *room = &candidates->rooms[dirs[i]->number];
    /* The root's number in front, its highest byte first and none of them 0: it comes before all of the path. */
    char number[5];
    for (size_t byte = 0; byte < sizeof number; byte++)
      number[byte] = (char)(1 + ((uint64_t)room->root >> (7 * (sizeof number - 1 - byte)) & 127u));
    nl_string_cut(&path, 0);
    made = nl_string_add(&path, number, sizeof number) && nl_dir_path_string(&path, dirs[i], NULL, 0);
    /* The number of the directory stands behind the text. */
    char *text = made ? nl_arena_take_tight(&texts, path.length + 1 + sizeof(uint32_t)) : NULL;
    made = text != NULL;
    if (made) {
      memcpy(text, path.text, path.length + 1);
      memcpy(text + path.length + 1, &dirs[i]->number, sizeof(uint32_t));
      items[i] = (struct nl_sort_item){0, text};
    }
  }
  if (made)
    nl_sort_text(items, items + count, count);
  for (size_t i = 0; i < count && made; i++) {
    const char *text = items[i].what;
    uint32_t number = 0;
    memcpy(&number, text + strlen(text) + 1, sizeof number);
    candidates->rooms[number].rank = (uint32_t)i;
  }
  nl_string_fini(&path);
  nl_free(items);
  nl_arena_fini(&texts);
  return made;
}

static bool open_rooms(struct nl_candidates *candidates, const struct nl_walk_plan *plan,
                       size_t first_reference) {
  size_t count = 0;
  struct nl_dir **dirs = nl_walk_directories(candidates->walk, &count);
  if (dirs == NULL)
    return count == 0;
  size_t room_count = (size_t)dirs[count - 1]->number + 1;
  candidates->rooms = nl_alloc_zero(room_count * sizeof *candidates->rooms);
  candidates->room_count = room_count;
  bool made = candidates->rooms != NULL;
  for (size_t i = 0; i < count && made; i++)
    candidates->rooms[dirs[i]->number] = (struct nl_room){.dir = dirs[i], .root = UINT32_MAX, .anchor = -1};
  if (made) {
    mark_roots(candidates, plan->count, first_reference);
    made = mark_unseen(candidates, plan, first_reference);
  }
  for (size_t i = 0; i < count && made; i++)
    settle_room(candidates->rooms, &candidates->rooms[dirs[i]->number]);
  made = made && rank_rooms(candidates, dirs, count);
  nl_free(dirs);
  return made;
}

/* ---------------------------------------------------------------- files */

static int compare_singles(const void *a, const void *b) {
  const struct nl_sort_item *one = a;
  const struct nl_sort_item *other = b;
  const struct nl_walk_single *first = one->what;
  const struct nl_walk_single *second = other->what;
  if (first->dir->number != second->dir->number)
    return first->dir->number < second->dir->number ? -1 : 1;
  size_t common = first->length < second->length ? first->length : second->length;
  int order = memcmp(first->name, second->name, common);
  return order != 0 ? order : (first->length > second->length) - (first->length < second->length);
}

/* Paths given by themselves in an order in which a name is found among them. */
static bool open_singles(struct nl_candidates *candidates, size_t paths) {
  size_t most = 0;
  for (size_t i = 0; i < paths; i++)
    most += nl_walk_single(candidates->walk, i) != NULL;
  if (most == 0)
    return true;
  candidates->singles = nl_alloc(most * sizeof *candidates->singles);
  if (candidates->singles == NULL)
    return false;
  for (size_t i = 0; i < paths; i++) {
    const struct nl_walk_single *single = nl_walk_single(candidates->walk, i);
    if (single != NULL && single->dir != NULL)
      candidates->singles[candidates->single_count++] = (struct nl_sort_item){i, single};
  }
  qsort(candidates->singles, candidates->single_count, sizeof *candidates->singles, compare_singles);
  return true;
}

/* Which of the paths a name is; UINT32_MAX = none. */
static uint32_t find_single(const struct nl_candidates *candidates, const struct nl_name *name) {
  if (candidates->single_count == 0)
    return UINT32_MAX;
  struct nl_dir dir = {.number = name->dir};
  const struct nl_walk_single wanted = {.dir = &dir, .name = name->text, .length = strlen(name->text)};
  const struct nl_sort_item key = {0, &wanted};
  const struct nl_sort_item *found = bsearch(&key, candidates->singles, candidates->single_count,
                                             sizeof *candidates->singles, compare_singles);
  return found == NULL ? UINT32_MAX : (uint32_t)found->key;
}

static bool is_reference(const struct nl_candidates *candidates, const struct nl_group *group,
                         size_t first_reference) {
  for (size_t i = 0; i < group->count; i++) {
    const struct nl_name *name = nl_group_name(group, i);
    uint32_t single = find_single(candidates, name);
    if (candidates->rooms[name->dir].is_reference || (single != UINT32_MAX && single >= first_reference))
      return true;
  }
  return false;
}

/* All files with bytes in them by their sizes: `what` is where the names of each begin. */
static size_t sort_files(struct nl_candidates *candidates) {
  struct nl_group group;
  size_t count = 0;
  for (size_t at = 0; nl_table_next(candidates->table, &at, &group); candidates->files++) {
    candidates->names += group.count;
    if (group.size_bytes > 0)
      candidates->by_size[count++] = (struct nl_sort_item){group.size_bytes, group.items};
  }
  nl_sort_in_place(candidates->by_size, count, NULL, NULL);
  return count;
}

/* Of those the ones of a size that several have; how many. */
static size_t keep_pairs(struct nl_sort_item *items, size_t count) {
  size_t kept = 0;
  for (size_t at = 0; at < count;) {
    size_t end = at + 1;
    while (end < count && items[end].key == items[at].key)
      end++;
    if (end - at > 1)
      for (size_t i = at; i < end; i++)
        items[kept++] = items[i];
    at = end;
  }
  return kept;
}

static bool open_files(struct nl_candidates *candidates, size_t first_reference) {
  struct nl_group group;
  size_t first = 0;
  candidates->by_size = nl_alloc((nl_table_count(candidates->table) + 1) * sizeof *candidates->by_size);
  if (candidates->by_size == NULL)
    return false;
  candidates->count = keep_pairs(candidates->by_size, sort_files(candidates));
  candidates->all = nl_alloc((candidates->count + 1) * sizeof *candidates->all);
  if (candidates->all == NULL || !nl_table_next(candidates->table, &first, &group))
    return candidates->all != NULL;
  const struct nl_sort_item *begin = group.items;
  for (size_t i = 0; i < candidates->count; i++) {
    size_t at = (size_t)((const struct nl_sort_item *)candidates->by_size[i].what - begin);
    nl_table_next(candidates->table, &at, &group);
    candidates->all[i] =
        (struct nl_candidate){.items = group.items,
                              .name_count = (uint32_t)group.count,
                              .is_reference = is_reference(candidates, &group, first_reference),
                              .unsettled = group.changed};
    candidates->by_size[i].what = &candidates->all[i];
  }
  return true;
}

/* ---------------------------------------------------------------- the whole */

enum nlink_status nl_candidates_open(struct nl_candidates *out, struct nl_walk_plan *plan,
                                     size_t first_reference) {
  *out = (struct nl_candidates){0};
  if (nl_table_open(&out->table, nl_walk_workers(plan->scope), true) != NLINK_OK)
    return NLINK_NO_MEMORY;
  plan->take = take;
  plan->ctx = out;
  plan->look = true;
  enum nlink_status status = nl_walk_run(&out->walk, plan);
  if (status == NLINK_END) /* take() says stop only where memory is exhausted */
    status = NLINK_NO_MEMORY;
  if (status == NLINK_OK)
    status = nl_table_settle(out->table);
  if (status == NLINK_OK && (!open_rooms(out, plan, first_reference) || !open_singles(out, plan->count) ||
                             !open_files(out, first_reference)))
    status = NLINK_NO_MEMORY;
  return status;
}

void nl_candidates_fini(struct nl_candidates *candidates) {
  for (size_t i = 0; candidates->rooms != NULL && i < candidates->room_count; i++)
    nl_os_close(candidates->rooms[i].anchor);
  nl_free(candidates->by_size);
  nl_free(candidates->all);
  nl_free(candidates->rooms);
  nl_free(candidates->singles);
  nl_table_close(candidates->table);
  nl_walk_close(candidates->walk);
  *candidates = (struct nl_candidates){0};
}

const struct nl_beside *nl_candidate_beside(const struct nl_candidate *file) {
  static const struct nl_beside nothing = {0};
  return file->beside != NULL ? file->beside : &nothing;
}

uint64_t nl_candidate_own_bytes(const struct nl_candidate *file) {
  uint64_t allocated = nl_candidate_name(file, 0)->allocated_bytes;
  uint64_t shared = nl_candidate_beside(file)->shared_bytes;
  return allocated > shared ? allocated - shared : 0;
}

uint64_t nl_candidate_dev(const struct nl_candidates *candidates, const struct nl_candidate *file) {
  return nl_table_device(candidates->table, nl_candidate_name(file, 0));
}

/* The first path given that a name lies below, or that it is. */
static uint32_t path_of(const struct nl_candidates *candidates, const struct nl_name *name) {
  uint32_t root = candidates->rooms[name->dir].root;
  uint32_t single = find_single(candidates, name);
  return root < single ? root : single;
}

int nl_candidate_compare_names(const struct nl_candidates *candidates, const struct nl_name *a,
                               const struct nl_name *b) {
  if (candidates->single_count > 0) {
    uint32_t one = path_of(candidates, a);
    uint32_t other = path_of(candidates, b);
    if (one != other)
      return one < other ? -1 : 1;
  }
  if (a->dir != b->dir)
    return candidates->rooms[a->dir].rank < candidates->rooms[b->dir].rank ? -1 : 1;
  return strcmp(a->text, b->text);
}

const struct nl_name *nl_candidate_first_name(const struct nl_candidates *candidates,
                                              const struct nl_candidate *file) {
  const struct nl_name *first = nl_candidate_name(file, 0);
  for (size_t i = 1; i < file->name_count; i++)
    if (nl_candidate_compare_names(candidates, nl_candidate_name(file, i), first) < 0)
      first = nl_candidate_name(file, i);
  return first;
}

/* ---------------------------------------------------------------- opening */

enum { USUAL_PATH = 4096, DEEPEST = 63, MOST_ANCHORS = 1024, WORTH_ANCHORS = 512 };

/* A path that is longer than the system takes, a part of it after the other. */
static int open_far(int *fd, int dir, char *path) {
  enum { PART = 3072 };
  int at = dir;
  int sys = 0;
  while (sys == 0 && strlen(path) > PART) {
    char *cut = path + PART;
    while (cut > path && *cut != '/')
      cut--;
    *cut = '\0';
    int next = -1;
    sys = nl_os_open(&next, at, path, NL_OS_DIRECTORY);
    if (at != dir)
      nl_os_close(at);
    at = sys == 0 ? next : dir;
    path = cut + 1;
  }
  if (sys == 0)
    sys = nl_os_open_file(fd, at, path);
  if (at != dir)
    nl_os_close(at);
  return sys;
}

/* The whole path, of any length. */
static int open_whole(int *fd, const struct nl_candidates *candidates, int dir, const struct nl_name *name) {
  struct nl_string path = {0};
  int sys = nl_os_number(NLINK_NO_MEMORY);
  if (nl_dir_path_string(&path, candidates->rooms[name->dir].dir, name->text, strlen(name->text)))
    sys = open_far(fd, dir, path.text);
  nl_string_fini(&path);
  return sys;
}

static int open_name(int *fd, const struct nl_candidates *candidates, int dir, const struct nl_name *name) {
  char path[USUAL_PATH];
  const struct nl_dir *in = candidates->rooms[name->dir].dir;
  size_t length = strlen(name->text);
  size_t at = sizeof path - 1;
  path[at] = '\0';
  if (length > at)
    return open_whole(fd, candidates, dir, name);
  at -= length;
  memcpy(path + at, name->text, length);
  /* From its end to the next directory that is open. */
  for (; in != NULL && candidates->rooms[in->number].anchor < 0; in = in->above) {
    bool parted = in->name_length > 0 && in->name[in->name_length - 1] != '/';
    if (at < in->name_length + (size_t)parted)
      return open_whole(fd, candidates, dir, name);
    at -= parted;
    path[at] = parted ? '/' : path[at];
    at -= in->name_length;
    memcpy(path + at, in->name, in->name_length);
  }
  return nl_os_open_file(fd, in == NULL ? dir : candidates->rooms[in->number].anchor, path + at);
}

/* How far below the roots directories can be kept open without there being too many. */
static uint32_t choose_depth(const struct nl_candidates *candidates, size_t most) {
  size_t counts[DEEPEST + 1] = {0};
  for (size_t i = 0; i < candidates->room_count; i++) {
    const struct nl_dir *dir = candidates->rooms[i].dir;
    if (dir != NULL && dir->depth <= DEEPEST)
      counts[dir->depth]++;
  }
  uint32_t depth = 0;
  for (size_t all = counts[0]; depth < DEEPEST && counts[depth + 1] > 0 && all + counts[depth + 1] <= most;)
    all += counts[++depth];
  return depth;
}

/* Those furthest down serve for all that is below; those between them and a root for what is in themselves. */
void nl_candidates_anchor(struct nl_candidates *candidates, int dir) {
  char path[USUAL_PATH];
  if (candidates->count < WORTH_ANCHORS)
    return;
  size_t most = nl_os_descriptors(2 * MOST_ANCHORS) / 4;
  uint32_t depth = choose_depth(candidates, most);
  for (size_t i = 0; i < candidates->room_count && most > 0; i++) {
    struct nl_room *room = &candidates->rooms[i];
    int fd = -1;
    if (room->dir == NULL || room->dir->depth > depth || (room->dir->flags & NL_DIR_LISTED) != 0 ||
        nl_dir_path(path, sizeof path, room->dir, NULL, 0) >= sizeof path ||
        nl_os_open(&fd, dir, path, NL_OS_SUBDIRECTORY) != 0)
      continue;
    room->anchor = fd;
    most--;
  }
}

int nl_candidate_open(int *fd, const struct nl_candidates *candidates, int dir,
                      const struct nl_candidate *file) {
  int sys = 0;
  for (size_t i = 0; i < file->name_count; i++) {
    sys = open_name(fd, candidates, dir, nl_candidate_name(file, i));
    if (nl_os_status(sys) != NLINK_NOT_FOUND) /* else that name vanished, and another may be there */
      break;
  }
  return sys;
}
