/*
 * holders.c - the names outside the roots that keep files inside them from being freed
 *
 * The search meets the names inside, too. Which those are is told by the identity of their directories, never by the
 * text of a path: one directory can be reached by many.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sum/holders.h"

#include <string.h>

bool nl_holders_add(struct nl_holders *holders, const struct nl_shared *shared) {
  if (holders->count == holders->room) {
    size_t room = holders->room == 0 ? 64 : holders->room * 2;
    size_t *begins = nl_realloc(holders->begins, room * sizeof *begins);
    if (begins == NULL)
      return false;
    holders->begins = begins;
    holders->room = room;
  }
  holders->begins[holders->count++] = shared->begin;
  return true;
}

static void get(struct nl_shared *shared, const struct nl_holders_plan *plan, size_t begin) {
  nl_account_next(plan->account, plan->given->forest, &begin, shared);
}

/* ---------------------------------------------------------------- where to look */

/* Some texts, each once. */
struct texts {
  struct nl_arena arena;
  const char **all;
  size_t count, room;
};

static bool add_text(struct texts *texts, const char *text) {
  for (size_t i = 0; i < texts->count; i++)
    if (strcmp(texts->all[i], text) == 0)
      return true;
  if (texts->count == texts->room) {
    size_t room = texts->room == 0 ? 8 : texts->room * 2;
    const char **all = nl_realloc(texts->all, room * sizeof(const char *));
    if (all == NULL)
      return false;
    texts->all = all;
    texts->room = room;
  }
  texts->all[texts->count] = nl_arena_text(&texts->arena, text, strlen(text));
  return texts->all[texts->count++] != NULL;
}

static void fini_texts(struct texts *texts) {
  nl_arena_fini(&texts->arena);
  nl_free(texts->all);
}

/* The length of the directory's part of a path, without the slash behind it unless it is the root's. */
static size_t length_above(const char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/')
    length--;
  while (length > 0 && path[length - 1] != '/')
    length--;
  while (length > 1 && path[length - 1] == '/')
    length--;
  return length;
}

static bool add_directory_of(struct nl_string *out, const char *path) {
  size_t length = length_above(path);
  return nl_string_add(out, length == 0 ? "." : path, length == 0 ? 1 : length);
}

/* Of each place the topmost one above that is on the same device. NULL = memory is exhausted. */
static uint32_t *find_tops(const struct nl_given *given) {
  const struct nl_forest *forest = given->forest;
  uint32_t *tops = nl_alloc(forest->count * sizeof *tops);
  if (tops == NULL)
    return NULL;
  tops[0] = 0;
  for (uint32_t place = 1; place < forest->count; place++) {
    uint32_t above = forest->above[place];
    bool goes_on = above != 0 && given->directories[forest->node[above]]->dev ==
                                     given->directories[forest->node[place]]->dev;
    tops[place] = goes_on ? tops[above] : place;
  }
  return tops;
}

/* The text of a path to the directory at a place, in which the name is. */
static bool write_directory(struct nl_string *out, const struct nl_given *given, uint32_t place,
                            const struct nl_name *name) {
  nl_string_cut(out, 0);
  if (given->root[place] == 0) /* not walked: the name is a path itself */
    return add_directory_of(out, name->text);
  return nl_given_path(out, given, place, NULL);
}

static bool add_start(struct texts *texts, int dir, const char *path) {
  int fd = -1;
  int halted = 0;
  struct nl_string start = {0};
  bool added = true;
  if (nl_os_open(&fd, dir, path, NL_OS_DIRECTORY) == 0 && nl_seek_start(&start, fd, &halted) == 0)
    added = add_text(texts, start.text);
  nl_os_close(fd);
  nl_string_fini(&start);
  return added;
}

/* Where the file systems begin that the files are on. */
static bool find_starts(struct texts *texts, const struct nl_holders *holders,
                        const struct nl_holders_plan *plan) {
  const struct nl_given *given = plan->given;
  uint32_t *tops = find_tops(given);
  bool *done = nl_alloc_zero(given->forest->count * sizeof *done);
  bool is_short = tops == NULL || done == NULL;
  struct nl_string path = {0};
  for (size_t i = 0; i < holders->count && !is_short; i++) {
    struct nl_shared shared;
    get(&shared, plan, holders->begins[i]);
    uint32_t place = (uint32_t)shared.group.items[0].key;
    uint32_t top = tops[place];
    if (done[top])
      continue;
    done[top] = true;
    is_short = !write_directory(&path, given, top, nl_group_name(&shared.group, 0)) ||
               !add_start(texts, plan->dir, path.text);
  }
  nl_string_fini(&path);
  nl_free(tops);
  nl_free(done);
  return !is_short;
}

/* ---------------------------------------------------------------- searching */

static enum nlink_status run(struct nl_holders *holders, const struct nl_holders_plan *plan,
                             const struct texts *starts) {
  struct nl_seek_file *files = nl_alloc(holders->count * sizeof *files);
  if (files == NULL)
    return NLINK_NO_MEMORY;
  for (size_t i = 0; i < holders->count; i++) {
    struct nl_shared shared;
    get(&shared, plan, holders->begins[i]);
    files[i] = (struct nl_seek_file){{shared.group.dev, shared.group.ino}, shared.all_names};
  }
  bool everywhere = plan->around_count == 0;
  const struct nlink_scope *own = &plan->scope->given;
  const struct nlink_scope given = {.size = sizeof given,
                                    .threads = own->threads,
                                    .one_file_system = everywhere,
                                    .on_progress = own->on_progress,
                                    .ctx = own->ctx};
  struct nl_scope scope;
  const char *wrong = NULL;
  enum nlink_status status = nl_scope_open(&scope, &given, &wrong);
  if (status == NLINK_OK) {
    const struct nl_seek_plan seek = {.dir = everywhere ? NLINK_CWD : plan->dir,
                                      .paths = everywhere ? starts->all : plan->around,
                                      .count = everywhere ? starts->count : plan->around_count,
                                      .scope = &scope,
                                      .files = files,
                                      .file_count = holders->count};
    status = nl_seek_run(&holders->seek, &seek);
  }
  nl_scope_fini(&scope);
  nl_free(files);
  return status == NLINK_END ? NLINK_OK : status;
}

enum nlink_status nl_holders_seek(struct nl_holders *holders, const struct nl_holders_plan *plan) {
  if (holders->count == 0)
    return NLINK_OK;
  struct texts starts = {.count = 0};
  enum nlink_status status = NLINK_OK;
  if (plan->around_count == 0 && !find_starts(&starts, holders, plan))
    status = NLINK_NO_MEMORY;
  if (status == NLINK_OK)
    status = run(holders, plan, &starts);
  fini_texts(&starts);
  return status;
}

/* ---------------------------------------------------------------- inside or outside */

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

/* Names in one directory by their last parts: that of a name which is a path itself has more before it. */
static int compare_last(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  return strcmp(last_part(((const struct nl_name *)a)->text), last_part(((const struct nl_name *)b)->text));
}

/* The names of a group in an order to look one up in: by place, then by last part. */
static void sort_inside(const struct nl_group *group) {
  if (group->count > 1)
    nl_sort_in_place(group->items, group->count, compare_last, NULL);
}

static bool has_name(const struct nl_group *group, uint32_t place, const char *text) {
  for (size_t low = 0, high = group->count; low < high;) {
    size_t middle = low + (high - low) / 2;
    const struct nl_sort_item *item = &group->items[middle];
    int order = place != item->key ? (place > item->key) - (place < item->key)
                                   : strcmp(text, last_part(((const struct nl_name *)item->what)->text));
    if (order == 0)
      return true;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return false;
}

/* A path whose directory could not be looked at is in that of identity 0: what is called like it may be it. */
static bool is_inside(const struct nl_holders_plan *plan, const struct nl_group *group,
                      const struct nl_seek_name *found) {
  const struct nl_dir *dirs[] = {nl_walk_find(plan->walk, found->in.dev, found->in.ino),
                                 nl_walk_find(plan->walk, 0, 0)};
  for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
    if (dirs[i] != NULL &&
        has_name(group, plan->given->forest->place[dirs[i]->number], last_part(found->path)))
      return true;
  return false;
}

/* ---------------------------------------------------------------- writing down */

struct writing {
  const struct nl_holders *holders;
  const struct nl_holders_plan *plan;
  struct nl_arena *arena;
  struct nlink_space_holder *out;
  size_t filled;
  struct nl_string room;
};

/* The first by its bytes of the names inside; NULL = memory is exhausted. */
static const char *first_inside(struct writing *writing, const struct nl_group *group) {
  struct nl_string first = {0};
  struct nl_string *room = &writing->room;
  const struct nl_given *given = writing->plan->given;
  bool is_short = false;
  for (size_t i = 0; i < group->count && !is_short; i++) {
    nl_string_cut(room, 0);
    is_short = !nl_given_path(room, given, (uint32_t)group->items[i].key, nl_group_name(group, i)->text);
    if (is_short || (first.text != NULL && strcmp(first.text, room->text) <= 0))
      continue;
    struct nl_string other = first;
    first = *room;
    *room = other;
  }
  const char *kept = is_short ? NULL : nl_arena_text(writing->arena, first.text, first.length);
  nl_string_fini(&first);
  return kept;
}

/*
 * The holders of one file. @p found are its names that were found, each item's `what` a struct nl_seek_name.
 */
static bool write_file(struct writing *writing, size_t file, struct nl_sort_item *found, size_t count,
                       struct nl_sort_item *spare) {
  struct nl_shared shared;
  get(&shared, writing->plan, writing->holders->begins[file]);
  const struct nl_group *group = &shared.group;
  struct nlink_space_holder holder = {.inside = first_inside(writing, group),
                                      .dev = group->dev,
                                      .ino = group->ino,
                                      .allocated_bytes = group->allocated_bytes};
  uint64_t missing = shared.all_names - group->count;
  if (holder.inside == NULL)
    return false;
  sort_inside(group);
  size_t outside = 0;
  for (size_t i = 0; i < count; i++) {
    const struct nl_seek_name *name = found[i].what;
    if (!is_inside(writing->plan, group, name))
      found[outside++].what = name->path;
  }
  nl_sort_text(found, spare, outside);
  for (size_t i = 0; i < outside; i++) {
    holder.path = nl_arena_text(writing->arena, found[i].what, strlen(found[i].what));
    if (holder.path == NULL)
      return false;
    writing->out[writing->filled++] = holder;
    missing -= missing > 0;
  }
  holder.path = NULL;
  holder.missing = missing;
  if (missing > 0)
    writing->out[writing->filled++] = holder;
  return true;
}

/* Put all names that were found in the order of the files; begins[i] is where those of the file i begin. */
static void sort_found(struct nl_sort_item *items, size_t *begins, size_t files,
                       const struct nl_seek_name *names, size_t count) {
  memset(begins, 0, (files + 2) * sizeof *begins);
  for (size_t i = 0; i < count; i++)
    begins[names[i].file + 2]++;
  for (size_t i = 0; i < files; i++)
    begins[i + 2] += begins[i + 1];
  for (size_t i = 0; i < count; i++)
    items[begins[names[i].file + 1]++].what = &names[i];
}

static int compare_files(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  const struct nlink_space_holder *one = a;
  const struct nlink_space_holder *other = b;
  int order = strcmp(one->inside, other->inside);
  if (order != 0 || one->path == other->path)
    return order;
  if (one->path == NULL || other->path == NULL)
    return one->path == NULL ? 1 : -1;
  return strcmp(one->path, other->path);
}

static bool sort_holders(struct nlink_space_holder **out, struct writing *writing) {
  size_t count = writing->filled;
  struct nl_sort_item *items = nl_alloc((2 * count + 1) * sizeof *items);
  struct nlink_space_holder *sorted = nl_arena_take(writing->arena, (count + 1) * sizeof *sorted);
  if (items != NULL && sorted != NULL) {
    for (size_t i = 0; i < count; i++)
      items[i] = (struct nl_sort_item){~writing->out[i].allocated_bytes, &writing->out[i]};
    nl_sort(items, items + count, count, compare_files, NULL);
    for (size_t i = 0; i < count; i++)
      sorted[i] = *(const struct nlink_space_holder *)items[i].what;
    *out = sorted;
  }
  bool done = items != NULL && sorted != NULL;
  nl_free(items);
  return done;
}

bool nl_holders_write(struct nlink_space_holder **out, size_t *count, struct nl_arena *arena,
                      const struct nl_holders *holders, const struct nl_holders_plan *plan) {
  *count = 0;
  if (holders->seek == NULL)
    return true;
  size_t found = 0;
  const struct nl_seek_name *names = nl_seek_names(holders->seek, &found);
  struct writing writing = {.holders = holders, .plan = plan, .arena = arena};
  size_t *begins = nl_alloc((holders->count + 2) * sizeof *begins);
  struct nl_sort_item *items = nl_alloc((2 * found + 1) * sizeof *items);
  writing.out = nl_alloc((found + holders->count) * sizeof *writing.out);
  bool done = begins != NULL && items != NULL && writing.out != NULL;
  if (done)
    sort_found(items, begins, holders->count, names, found);
  for (size_t i = 0; i < holders->count && done; i++)
    done = write_file(&writing, i, items + begins[i], begins[i + 1] - begins[i], items + found);
  done = done && sort_holders(out, &writing);
  *count = done ? writing.filled : 0;
  nl_string_fini(&writing.room);
  nl_free(writing.out);
  nl_free(items);
  nl_free(begins);
  return done;
}

void nl_holders_fini(struct nl_holders *holders) {
  nl_seek_close(holders->seek);
  nl_free(holders->begins);
  *holders = (struct nl_holders){0};
}
