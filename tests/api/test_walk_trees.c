/*
 * test_walk_trees.c - both walks on trees that chance made, and on large ones, beside a slow and obvious walk
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

/* ---------------------------------------------------------------- sets of paths */

struct set {
  char **paths;
  size_t count;
  size_t room;
};

static void put(struct set *set, const char *path) {
  if (set->count == set->room) {
    set->room = set->room == 0 ? 256 : set->room * 2;
    set->paths = realloc(set->paths, set->room * sizeof *set->paths);
    assert_non_null(set->paths);
  }
  set->paths[set->count] = strdup(path);
  assert_non_null(set->paths[set->count++]);
}

static int compare(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct set *set) {
  if (set->count > 0)
    qsort(set->paths, set->count, sizeof *set->paths, compare);
}

static void empty(struct set *set) {
  for (size_t i = 0; i < set->count; i++)
    free(set->paths[i]);
  free(set->paths);
  *set = (struct set){0};
}

static void put_once(struct set *set, const char *path) {
  for (size_t i = 0; i < set->count; i++)
    if (strcmp(set->paths[i], path) == 0)
      return;
  put(set, path);
}

/* The roots are ways below the ground: "a/./b/../b" and "a/b" are one. No soft link is on the way. */
static void shorten(char *out, const char *path) {
  char *end = out;
  for (const char *at = path; *at != '\0';) {
    size_t length = strcspn(at, "/");
    if (length == 2 && memcmp(at, "..", 2) == 0) {
      while (end > out && *--end != '/')
        continue;
    } else if (length > 0 && !(length == 1 && *at == '.')) {
      if (end > out)
        *end++ = '/';
      memcpy(end, at, length);
      end += length;
    }
    at += length;
    at += strspn(at, "/");
  }
  *end = '\0';
}

static bool same_sets(const struct set *a, const struct set *b) {
  bool same = a->count == b->count;
  for (size_t i = 0; i < a->count && same; i++)
    same = strcmp(a->paths[i], b->paths[i]) == 0;
  if (same)
    return true;
  for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
    int order = i == a->count ? 1 : j == b->count ? -1 : strcmp(a->paths[i], b->paths[j]);
    if (order != 0)
      print_error("%s %s\n", order < 0 ? "missing:" : "too much:", order < 0 ? a->paths[i] : b->paths[j]);
    i += order <= 0;
    j += order >= 0;
  }
  return false;
}

/* ---------------------------------------------------------------- the slow and obvious walk */

static void walk_slowly(struct set *set, const char *path, uint32_t left, const struct nlink_scope *scope) {
  struct stat stat;
  assert_int_equal(lstat(*path == '\0' ? "." : path, &stat), 0);
  uint64_t size = (uint64_t)stat.st_size;
  if (S_ISREG(stat.st_mode) &&
      (size < scope->min_bytes || (scope->max_bytes != 0 && size > scope->max_bytes)))
    return;
  put_once(set, path);
  if (!S_ISDIR(stat.st_mode) || left == 0)
    return;
  DIR *directory = opendir(*path == '\0' ? "." : path);
  assert_non_null(directory);
  for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    char below[600];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    snprintf(below, sizeof below, "%.300s%s%s", path, *path == '\0' ? "" : "/", entry->d_name);
    walk_slowly(set, below, left - 1, scope);
  }
  closedir(directory);
}

/* ---------------------------------------------------------------- trees by chance */

enum { MOST_ROOTS = 6 };

static void make_by_chance(struct ground_chance *chance, struct set *paths) {
  put(paths, "");
  for (uint32_t i = 5 + ground_below(chance, 40); i > 0; i--) {
    const char *above = paths->paths[ground_below(chance, (uint32_t)paths->count)];
    char path[400];
    struct stat stat;
    snprintf(path, sizeof path, "%s%s%c%s", above, *above == '\0' ? "" : "/",
             'a' + (int)ground_below(chance, 6), ground_below(chance, 3) == 0 ? "a" : "");
    if (strlen(path) > 100 || lstat(path, &stat) == 0 ||
        (*above != '\0' && (lstat(above, &stat) != 0 || !S_ISDIR(stat.st_mode))))
      continue;
    switch (ground_below(chance, 4)) {
    case 0:
    case 1:
      ground_directory(path);
      break;
    case 2:
      ground_file(path, &"12345678"[ground_below(chance, 9)]);
      break;
    default:
      ground_symlink(ground_below(chance, 2) == 0 ? "." : "..", path);
      break;
    }
    put(paths, path);
  }
}

/* Rules see the names of a list as they are written, but for what is in front and behind. */
static void choose_root(struct ground_chance *chance, const struct set *paths, char *root, size_t size,
                        bool listed) {
  const char *path = paths->paths[ground_below(chance, (uint32_t)paths->count)];
  struct stat stat;
  bool is_directory = *path == '\0' || (lstat(path, &stat) == 0 && S_ISDIR(stat.st_mode));
  uint32_t way = ground_below(chance, !is_directory ? 3 : listed ? 4 : 6);
  if (*path == '\0')
    snprintf(root, size, "%s", way < 3 ? "." : listed || way < 4 ? "./" : ground_path());
  else
    snprintf(root, size, "%s%s%s",
             way == 1   ? "./"
             : way == 2 ? ".//"
                        : "",
             path,
             way == 3   ? "/"
             : way == 4 ? "/."
             : way == 5 ? "//./"
                        : "");
}

static struct set seen;
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

static bool see(const struct nlink_walk_entry *entry, void *ctx) {
  char path[1000];
  char shorter[1000];
  (void)ctx;
  nlink_walk_path(path, sizeof path, entry);
  size_t ground = strlen(ground_path());
  shorten(shorter, strncmp(path, ground_path(), ground) == 0 ? path + ground : path);
  pthread_mutex_lock(&seen_lock);
  put(&seen, shorter);
  pthread_mutex_unlock(&seen_lock);
  return true;
}

static void see_in_order(const char *const *roots, size_t count, const struct nlink_scope *scope,
                         unsigned flags) {
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry = NULL;
  assert_int_equal(nlink_walk_open(&walk, NLINK_CWD, roots, count, scope, flags, NULL), NLINK_OK);
  while (nlink_walk_next(walk, &entry, NULL) == NLINK_OK)
    see(entry, NULL);
  assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_END);
  nlink_walk_close(walk);
}

static void one_tree(uint64_t seed, bool parallel) {
  struct ground_chance chance = {seed};
  struct set paths = {0};
  struct set expected = {0};
  make_by_chance(&chance, &paths);
  struct nlink_scope scope = {.size = sizeof scope};
  if (ground_below(&chance, 2) == 0)
    scope.max_depth = 1 + ground_below(&chance, 3);
  if (ground_below(&chance, 3) == 0)
    scope.min_bytes = ground_below(&chance, 5);
  if (ground_below(&chance, 3) == 0)
    scope.max_bytes = 4 + ground_below(&chance, 5);
  char roots[MOST_ROOTS][300];
  const char *pointers[MOST_ROOTS];
  uint32_t count = 1 + ground_below(&chance, MOST_ROOTS);
  for (uint32_t i = 0; i < count; i++) {
    char shorter[300];
    choose_root(&chance, &paths, roots[i], sizeof roots[i], false);
    pointers[i] = roots[i];
    size_t ground = strlen(ground_path());
    shorten(shorter, strncmp(roots[i], ground_path(), ground) == 0 ? roots[i] + ground : roots[i]);
    walk_slowly(&expected, shorter, scope.max_depth == 0 ? UINT32_MAX : scope.max_depth, &scope);
  }
  unsigned flags = ground_below(&chance, 2) == 0 ? NLINK_STAT : 0;
  if (parallel)
    assert_int_equal(nlink_walk_each(NLINK_CWD, pointers, count, &scope, flags, see, NULL, NULL), NLINK_OK);
  else
    see_in_order(pointers, count, &scope, flags);
  sort(&expected);
  sort(&seen);
  bool same = same_sets(&expected, &seen);
  for (uint32_t i = 0; i < count && !same; i++)
    print_error("seed %d, depth %u, size %d to %d, root: %s\n", (int)seed, (unsigned)scope.max_depth,
                (int)scope.min_bytes, (int)scope.max_bytes, roots[i]);
  assert_true(same);
  empty(&expected);
  empty(&seen);
  empty(&paths);
  ground_empty(ground_path());
}

static void trees_by_chance_in_order(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 150; seed++)
    one_tree(seed, false);
}

static void trees_by_chance_in_parallel(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 150; seed++)
    one_tree(seed, true);
}

/* With rules, and for lists, the two walks are each other's measure. */
static void one_agreement(uint64_t seed, bool listed) {
  static const char *const some[] = {"- a",    "- /a",    "- b/a", "+ aa", "- *a/",
                                     "- /a/b", "+ /b/**", "- c*/", "+ */", "- /*"};
  struct ground_chance chance = {seed};
  struct set paths = {0};
  const char *rules[4];
  char roots[MOST_ROOTS][300];
  const char *pointers[MOST_ROOTS];
  make_by_chance(&chance, &paths);
  struct nlink_scope scope = {.size = sizeof scope, .rules = rules, .listed = listed};
  for (scope.rule_count = 0; scope.rule_count < 4 && ground_below(&chance, 4) > 0; scope.rule_count++)
    rules[scope.rule_count] = some[ground_below(&chance, sizeof some / sizeof *some)];
  scope.max_depth = ground_below(&chance, 4);
  uint32_t count = 1 + ground_below(&chance, MOST_ROOTS);
  for (uint32_t i = 0; i < count; i++) {
    choose_root(&chance, &paths, roots[i], sizeof roots[i], listed);
    pointers[i] = roots[i];
  }
  see_in_order(pointers, count, &scope, 0);
  struct set ordered = seen;
  seen = (struct set){0};
  assert_int_equal(nlink_walk_each(NLINK_CWD, pointers, count, &scope, 0, see, NULL, NULL), NLINK_OK);
  sort(&ordered);
  sort(&seen);
  bool same = same_sets(&ordered, &seen);
  for (uint32_t i = 0; i < count && !same; i++)
    print_error("seed %d, depth %u, root: %s\n", (int)seed, (unsigned)scope.max_depth, roots[i]);
  for (size_t i = 0; i < scope.rule_count && !same; i++)
    print_error("rule: %s\n", rules[i]);
  assert_true(same);
  empty(&ordered);
  empty(&seen);
  empty(&paths);
  ground_empty(ground_path());
}

static void both_walks_agree_on_rules(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 150; seed++)
    one_agreement(seed, false);
}

static void both_walks_agree_on_lists(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 50; seed++)
    one_agreement(seed, true);
}

/* ---------------------------------------------------------------- large ones */

static void a_hundred_thousand_names(void **state) {
  (void)state;
  enum { COUNT = 100000 };
  char path[64];
  ground_directory("t");
  int t = open("t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < COUNT; i++) {
    snprintf(path, sizeof path, "name-%05d", (int)((unsigned)i * 7919u % COUNT));
    assert_int_equal(mknodat(t, path, S_IFREG | 0600, 0), 0);
  }
  close(t);
  const char *const roots[] = {"t"};
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry = NULL;
  assert_int_equal(nlink_walk_open(&walk, NLINK_CWD, roots, 1, NULL, 0, NULL), NLINK_OK);
  assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_OK);
  for (int i = 0; i < COUNT; i++) {
    assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_OK);
    snprintf(path, sizeof path, "name-%05d", i);
    assert_string_equal(entry->name, path);
  }
  assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_END);
  nlink_walk_close(walk);
}

enum { LEVELS = 10000 };

static void make_levels(void) {
  int at = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < LEVELS; i++) {
    assert_int_equal(mkdirat(at, "d", 0700), 0);
    int file = openat(at, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    close(file);
    int below = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(below >= 0);
    close(at);
    at = below;
  }
  close(at);
}

/* From the deepest up: no path is long enough to be refused that way. */
static void remove_levels(void) {
  assert_int_equal(chdir(ground_path()), 0);
  for (int i = 0; i < LEVELS; i++)
    assert_int_equal(chdir("d"), 0);
  for (int i = 0; i < LEVELS; i++) {
    assert_int_equal(chdir(".."), 0);
    unlink("f");
    assert_int_equal(rmdir("d"), 0);
  }
}

static void ten_thousand_levels(void **state) {
  (void)state;
  make_levels();
  const char *const roots[] = {"."};
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry = NULL;
  int before = ground_open_files();
  assert_int_equal(nlink_walk_open(&walk, NLINK_CWD, roots, 1, NULL, NLINK_STAT, NULL), NLINK_OK);
  assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_OK);
  for (uint32_t i = 1; i <= LEVELS; i++) {
    assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_OK);
    assert_string_equal(entry->name, "d");
    assert_int_equal(entry->depth, i);
    assert_int_equal(nlink_walk_path(NULL, 0, entry), 1 + 2 * i);
  }
  assert_true(ground_open_files() - before < 32);
  for (uint32_t i = LEVELS; i > 0; i--) {
    assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_OK);
    assert_string_equal(entry->name, "f");
    assert_int_equal(entry->depth, i);
    assert_non_null(entry->stat);
    assert_int_equal(entry->stat->kind, NLINK_REGULAR);
  }
  assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_END);
  nlink_walk_close(walk);
  assert_int_equal(nlink_walk_open(&walk, NLINK_CWD, roots, 1, NULL, 0, NULL), NLINK_OK);
  for (uint32_t i = 0; i < LEVELS / 2; i++)
    assert_int_equal(nlink_walk_next(walk, &entry, NULL), NLINK_OK);
  nlink_walk_close(walk);
  remove_levels();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(trees_by_chance_in_order),  TEST(trees_by_chance_in_parallel), TEST(both_walks_agree_on_rules),
      TEST(both_walks_agree_on_lists), TEST(a_hundred_thousand_names),    TEST(ten_thousand_levels),
  };
  return GROUND_RUN("walk-trees", tests);
}
