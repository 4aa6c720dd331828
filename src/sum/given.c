/*
 * given.c - the paths of a call, as the walk of them came out: which directories and names they are
 *
 * SPDX-License-Identifier: MIT
 */
#include "sum/given.h"

#include <string.h>

static const uint32_t none = UINT32_MAX;

/* ---------------------------------------------------------------- roots */

static void find_roots(struct nl_given *given, const struct nl_walk *walk) {
  for (size_t i = 0; i < given->path_count; i++) {
    const struct nl_dir *dir = nl_walk_root(walk, i);
    given->place[i] = 0;
    if (dir == NULL)
      continue;
    uint32_t place = given->forest->place[dir->number];
    given->place[i] = place;
    uint32_t *text = &given->text[place];
    if (*text == none || strcmp(given->paths[i], given->paths[*text]) < 0)
      *text = (uint32_t)i;
    if (given->least[place] == none)
      given->least[place] = (uint32_t)i;
  }
  for (uint32_t place = 1; place < given->forest->count; place++) {
    uint32_t above = given->forest->above[place];
    given->root[place] = given->text[place] != none ? place : given->root[above];
    if (given->least[above] < given->least[place])
      given->least[place] = given->least[above];
  }
}

/* ---------------------------------------------------------------- names */

struct wanted {
  const char *text;
  size_t length;
};

static int compare_text(const struct wanted *a, const struct nl_walk_single *b) {
  size_t common = a->length < b->length ? a->length : b->length;
  int order = memcmp(a->text, b->name, common);
  return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_names(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  const struct nl_given_name *one = a;
  const struct wanted wanted = {one->single->name, one->single->length};
  return compare_text(&wanted, ((const struct nl_given_name *)b)->single);
}

/* Each name once, in order; items[i].what is one of the `all`, which is the i-th path that is a name. */
static void put_names(struct nl_given *given, const struct nl_given_name *all,
                      const struct nl_sort_item *items, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const struct nl_given_name *name = items[i].what;
    bool is_new =
        i == 0 || items[i].key != items[i - 1].key || compare_names(items[i - 1].what, name, NULL) != 0;
    if (is_new) {
      given->names[given->name_count++] = *name;
    } else {
      struct nl_given_name *known = &given->names[given->name_count - 1];
      if (strcmp(name->path, known->path) < 0)
        known->path = name->path;
      if (name->least < known->least)
        known->least = name->least;
    }
    given->name[all[name - all].least] = (uint32_t)(given->name_count - 1);
  }
}

static enum nlink_status find_names(struct nl_given *given, const struct nl_walk *walk) {
  size_t count = 0;
  for (size_t i = 0; i < given->path_count; i++) {
    given->name[i] = none;
    count += nl_walk_single(walk, i) != NULL;
  }
  if (count == 0)
    return NLINK_OK;
  struct nl_given_name *all = nl_alloc(count * sizeof *all);
  struct nl_sort_item *items = nl_alloc(2 * count * sizeof *items);
  given->names = nl_alloc(count * sizeof *given->names);
  if (all != NULL && items != NULL && given->names != NULL) {
    size_t filled = 0;
    for (size_t i = 0; i < given->path_count; i++) {
      const struct nl_walk_single *single = nl_walk_single(walk, i);
      if (single == NULL)
        continue;
      all[filled] = (struct nl_given_name){single, given->paths[i], i};
      items[filled] = (struct nl_sort_item){single->dir->number, &all[filled]};
      filled++;
    }
    nl_sort(items, items + count, count, compare_names, NULL);
    put_names(given, all, items, count);
  }
  bool done = all != NULL && items != NULL && given->names != NULL;
  nl_free(all);
  nl_free(items);
  return done ? NLINK_OK : NLINK_NO_MEMORY;
}

enum nlink_status nl_given_open(struct nl_given *out, const struct nl_walk *walk,
                                const struct nl_forest *forest, struct nl_dir *const *directories,
                                const char *const *paths, size_t path_count) {
  *out = (struct nl_given){
      .forest = forest, .directories = directories, .paths = paths, .path_count = path_count};
  size_t places = forest->count;
  uint32_t *block = nl_alloc((3 * places + 2 * path_count) * sizeof *block);
  if (block == NULL)
    return NLINK_NO_MEMORY;
  memset(block, 0xff, 2 * places * sizeof *block);
  out->text = block;
  out->least = block + places;
  out->root = block + 2 * places;
  out->place = block + 3 * places;
  out->name = out->place + path_count;
  out->root[0] = 0;
  find_roots(out, walk);
  enum nlink_status status = find_names(out, walk);
  if (status != NLINK_OK)
    nl_given_close(out);
  return status;
}

struct nl_given_name *nl_given_find(const struct nl_given *given, uint32_t directory, const char *text) {
  size_t low = 0;
  size_t high = given->name_count;
  if (high == 0)
    return NULL;
  const struct wanted wanted = {text, strlen(text)};
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct nl_walk_single *single = given->names[middle].single;
    uint32_t number = single->dir->number;
    int order =
        directory != number ? (directory > number) - (directory < number) : compare_text(&wanted, single);
    if (order == 0)
      return &given->names[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

/* ---------------------------------------------------------------- paths */

uint32_t nl_given_depth(const struct nl_given *given, uint32_t place) {
  uint32_t root = given->root[place];
  return root == 0 ? none : given->forest->depth[place] - given->forest->depth[root];
}

static bool ends_in_slash(const char *text, size_t length) {
  return length > 0 && text[length - 1] == '/';
}

bool nl_given_path(struct nl_string *out, const struct nl_given *given, uint32_t place, const char *name) {
  const struct nl_forest *forest = given->forest;
  uint32_t root = given->root[place];
  if (root == 0) /* nothing there was walked: the names are paths themselves */
    return name == NULL || nl_string_add(out, name, strlen(name));
  const char *text = given->paths[given->text[root]];
  size_t text_length = strlen(text);
  size_t name_length = name != NULL ? strlen(name) : 0;
  size_t length = name != NULL ? name_length + 1 : 0;
  for (uint32_t at = place; at != root; at = forest->above[at])
    length += given->directories[forest->node[at]]->name_length + 1;
  if (length > 0 && ends_in_slash(text, text_length))
    length--;
  char *begin = nl_string_extend(out, text_length + length);
  if (begin == NULL)
    return false;
  char *end = begin + text_length + length;
  if (name != NULL) {
    end -= name_length;
    memcpy(end, name, name_length);
    *--end = '/';
  }
  for (uint32_t at = place; at != root; at = forest->above[at]) {
    const struct nl_dir *dir = given->directories[forest->node[at]];
    end -= dir->name_length;
    memcpy(end, dir->name, dir->name_length);
    *--end = '/';
  }
  memcpy(begin, text, text_length);
  return true;
}

void nl_given_close(struct nl_given *given) {
  if (given == NULL)
    return;
  nl_free(given->text);
  nl_free(given->names);
  *given = (struct nl_given){0};
}
