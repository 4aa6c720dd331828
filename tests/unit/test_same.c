/*
 * test_same.c - which of many files have equal contents: compared with what a slow look at all pairs says
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "bytes/same.h"

#include "base/fault.h"
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground.h"

enum { MOST = 6000 };

/* A file of the test: what it holds is known, and how often it was opened and looked at. */
struct file {
  char name[24];
  size_t size;
  unsigned content;  /* equal numbers and sizes = equal bytes */
  size_t differs_at; /* the byte in which this content differs from content 0 */
  atomic_uint looks;
  atomic_uint opens;
  bool unreadable;
  bool cut; /* it is shorter than told */
  bool refused;
  size_t class;
};

struct scene {
  struct file files[MOST];
  size_t count;
  atomic_uint troubles;
  unsigned stop_after; /* calls of between; 0 = never */
  unsigned asked;
  unsigned kinds; /* of fault */
};

static struct scene *scene_new(void) {
  struct scene *scene = calloc(1, sizeof *scene);
  assert_non_null(scene);
  return scene;
}

static void add(struct scene *scene, size_t size, unsigned content, size_t differs_at) {
  struct file *file = &scene->files[scene->count++];
  snprintf(file->name, sizeof file->name, "f%zu", scene->count);
  file->size = size;
  file->content = content;
  file->differs_at = differs_at;
}

static void write_files(const struct scene *scene) {
  char *bytes = malloc(8u << 20);
  assert_non_null(bytes);
  for (size_t i = 0; i < scene->count; i++) {
    const struct file *file = &scene->files[i];
    assert_true(file->size <= 8u << 20);
    memset(bytes, 'x', file->size);
    if (file->content != 0)
      memcpy(bytes + file->differs_at,
             &(unsigned char){(unsigned char)(file->content + (file->content >= 'x'))}, 1);
    int fd = open(file->name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    size_t size = file->cut ? file->size / 2 : file->size;
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
  }
  free(bytes);
}

static int open_file(void *ctx, unsigned worker, const void *what, int *fd) {
  struct scene *scene = ctx;
  (void)worker;
  struct file *file = &scene->files[(const struct file *)what - scene->files];
  atomic_fetch_add(&file->opens, 1);
  if (file->unreadable)
    return EACCES;
  return nl_os_open_file(fd, NLINK_CWD, file->name);
}

static int look(void *ctx, unsigned worker, const void *what, int fd) {
  struct scene *scene = ctx;
  (void)worker;
  (void)fd;
  struct file *file = &scene->files[(const struct file *)what - scene->files];
  atomic_fetch_add(&file->looks, 1);
  return file->refused ? EIO : 0;
}

static void trouble(void *ctx, unsigned worker, const void *what, enum nlink_step step, int sys) {
  struct scene *scene = ctx;
  const struct file *file = what;
  (void)worker;
  (void)step;
  if (!file->cut && !file->unreadable && !file->refused && scene->kinds == 0)
    fail_msg("trouble with %s: %d", file->name, sys);
  atomic_fetch_add(&scene->troubles, 1);
}

static bool may_share(void *ctx, const void *what) {
  (void)ctx;
  (void)what;
  return false;
}

static bool between(void *ctx, const struct nl_same_count *count) {
  struct scene *scene = ctx;
  assert_true(count->files <= count->all_files);
  assert_true(count->bytes <= count->all_bytes);
  return scene->stop_after == 0 || ++scene->asked < scene->stop_after;
}

static bool is_equal(const struct file *a, const struct file *b) {
  bool readable = !a->unreadable && !b->unreadable && !a->cut && !b->cut && !a->refused && !b->refused;
  return readable && a->size == b->size && a->content == b->content &&
         (a->content == 0 || a->differs_at == b->differs_at);
}

static int compare_items(const void *a, const void *b) {
  const struct nl_sort_item *one = a;
  const struct nl_sort_item *other = b;
  return (one->key > other->key) - (one->key < other->key);
}

/* Every class holds equal files only, every file is in one at most, and those in none equal no other. */
static void check_classes(struct scene *scene, const struct nl_same *same) {
  size_t number = 0;
  for (const struct nl_same_class *at = nl_same_first(same); at != NULL; at = at->next) {
    number++;
    assert_true(at->count >= 2);
    for (size_t i = 0; i < at->count; i++) {
      struct file *file = &scene->files[(const struct file *)at->files[i] - scene->files];
      assert_int_equal(file->class, 0);
      file->class = number;
      assert_true(is_equal(file, at->files[0]));
      assert_int_equal(file->size, at->size_bytes);
    }
  }
  for (size_t i = 0; i < scene->count; i++)
    for (size_t j = 0; j < i; j++)
      if (is_equal(&scene->files[i], &scene->files[j]))
        assert_int_equal(scene->files[i].class, scene->files[j].class);
}

static enum nlink_status find(struct scene *scene, struct nl_same **same, uint64_t memory_bytes,
                              unsigned workers) {
  struct nl_sort_item *items = malloc(scene->count * sizeof *items);
  assert_non_null(items);
  for (size_t i = 0; i < scene->count; i++)
    items[i] = (struct nl_sort_item){scene->files[i].size, &scene->files[i]};
  qsort(items, scene->count, sizeof *items, compare_items);
  const struct nl_same_plan plan = {.items = items,
                                    .count = scene->count,
                                    .memory_bytes = memory_bytes,
                                    .workers = workers,
                                    .open = open_file,
                                    .look = look,
                                    .trouble = trouble,
                                    .may_share = may_share,
                                    .between = between,
                                    .ctx = scene};
  enum nlink_status status = nl_same_find(same, &plan);
  free(items);
  return status;
}

/* Compare, check, and see that nothing was read twice, looked at twice or left open. */
static void prove(struct scene *scene, uint64_t memory_bytes, unsigned workers) {
  struct nl_same *same = NULL;
  int open_before = ground_open_files();
  write_files(scene);
  assert_int_equal(find(scene, &same, memory_bytes, workers), NLINK_OK);
  check_classes(scene, same);
  uint64_t most = 0;
  unsigned wrong = 0;
  for (size_t i = 0; i < scene->count; i++) {
    most += scene->files[i].size;
    assert_true(atomic_load(&scene->files[i].looks) <= 1);
    wrong += scene->files[i].unreadable || scene->files[i].cut || scene->files[i].refused;
  }
  assert_true(nl_same_read_bytes(same) <= most);
  assert_int_equal(atomic_load(&scene->troubles), wrong);
  nl_same_close(same);
  assert_int_equal(ground_open_files(), open_before);
  free(scene);
}

static void nothing_at_all(void **state) {
  (void)state;
  prove(scene_new(), 1 << 20, 2);
}

static void sizes_that_one_file_has_are_not_read(void **state) {
  (void)state;
  struct scene *scene = scene_new();
  for (size_t size = 1; size < 40; size++)
    add(scene, size, 0, 0);
  write_files(scene);
  struct nl_same *same = NULL;
  assert_int_equal(find(scene, &same, 1 << 20, 2), NLINK_OK);
  assert_null(nl_same_first(same));
  assert_int_equal(nl_same_read_bytes(same), 0);
  for (size_t i = 0; i < scene->count; i++)
    assert_int_equal(atomic_load(&scene->files[i].opens), 0);
  nl_same_close(same);
  free(scene);
}

/* Around every border of a piece: equal, and different in the first, the last and some byte between. */
static void borders(void **state) {
  (void)state;
  static const size_t sizes[] = {1,
                                 2,
                                 4095,
                                 4096,
                                 4097,
                                 32767,
                                 32768,
                                 32769,
                                 131071,
                                 131072,
                                 131073,
                                 163840,
                                 1u << 20,
                                 (1u << 20) + 1,
                                 (1u << 20) + 32768,
                                 (2u << 20) + 7,
                                 (4u << 20) - 1};
  struct scene *scene = scene_new();
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    size_t size = sizes[i];
    for (unsigned content = 0; content < 3; content++)
      for (unsigned twice = 0; twice < 2; twice++)
        add(scene, size, content, content == 1 ? 0 : size - 1);
    if (size > 40000)
      add(scene, size, 9, 33000);
  }
  prove(scene, 64u << 20, 3);
}

/* Very little memory: every size is a crowd, and goes on in small pieces. */
static void a_crowd(void **state) {
  (void)state;
  struct scene *scene = scene_new();
  for (unsigned i = 0; i < 700; i++)
    add(scene, 9000, i % 7, i % 3 == 0 ? 0 : i % 3 == 1 ? 5000 : 8999);
  for (unsigned i = 0; i < 300; i++)
    add(scene, 5000, i % 100 + 1, 0);
  prove(scene, 1 << 20, 2);
}

static void a_crowd_of_small_files(void **state) {
  (void)state;
  struct scene *scene = scene_new();
  for (unsigned i = 0; i < 3000; i++)
    add(scene, 100, i % 250 + 1, i % 90);
  prove(scene, 1 << 20, 2);
}

static void many_different_files_of_one_size_are_read_once_and_little(void **state) {
  (void)state;
  struct scene *scene = scene_new();
  for (unsigned i = 0; i < 250; i++)
    add(scene, 300000, i + 1, i);
  write_files(scene);
  struct nl_same *same = NULL;
  assert_int_equal(find(scene, &same, 64u << 20, 2), NLINK_OK);
  assert_null(nl_same_first(same));
  assert_true(nl_same_read_bytes(same) <= (uint64_t)scene->count * 32768);
  for (size_t i = 0; i < scene->count; i++)
    assert_int_equal(atomic_load(&scene->files[i].opens), 1);
  nl_same_close(same);
  free(scene);
}

static void what_cannot_be_read_equals_nothing(void **state) {
  (void)state;
  struct scene *scene = scene_new();
  for (unsigned i = 0; i < 40; i++) {
    add(scene, i < 20 ? 500 : 200000, 0, 0);
    struct file *file = &scene->files[scene->count - 1];
    file->unreadable = i % 5 == 1;
    file->cut = i % 5 == 2;
    file->refused = i % 5 == 3;
  }
  add(scene, 77, 0, 0);
  add(scene, 77, 0, 0);
  scene->files[40].unreadable = scene->files[41].unreadable = true;
  prove(scene, 64u << 20, 2);
}

static void unreadable_ones_in_a_crowd(void **state) {
  (void)state;
  struct scene *scene = scene_new();
  for (unsigned i = 0; i < 900; i++) {
    add(scene, 6000, i % 3, 5999);
    scene->files[i].unreadable = i % 11 == 0;
    scene->files[i].cut = i % 13 == 0 && i % 11 != 0;
  }
  prove(scene, 1 << 20, 2);
}

static void it_stops_when_told(void **state) {
  (void)state;
  int open_before = ground_open_files();
  for (unsigned after = 1; after < 4; after++) {
    struct scene *scene = scene_new();
    for (unsigned i = 0; i < 20; i++)
      add(scene, 6u << 20, 0, 0);
    scene->stop_after = after;
    if (after == 1)
      write_files(scene);
    struct nl_same *same = NULL;
    enum nlink_status status = find(scene, &same, 64u << 20, 1);
    assert_true(status == NLINK_CANCELLED || status == NLINK_OK);
    if (after == 1)
      assert_int_equal(status, NLINK_CANCELLED);
    nl_same_close(same);
    free(scene);
  }
  assert_int_equal(ground_open_files(), open_before);
}

/* Whatever fails, what is told to be equal is equal, and no descriptor is left. */
static void failing(unsigned kinds, int sys, uint64_t memory_bytes) {
  int open_before = ground_open_files();
  for (long k = 1;; k++) {
    struct scene *scene = scene_new();
    for (unsigned i = 0; i < 12; i++)
      add(scene, 700, i % 3, 0);
    for (unsigned i = 0; i < 6; i++)
      add(scene, 200000, i % 2, 199999);
    for (unsigned i = 0; i < 300; i++)
      add(scene, 5000, i % 50 + 1, 4000);
    if (k == 1)
      write_files(scene);
    scene->kinds = kinds;
    struct nl_same *same = NULL;
    nl_fault_begin(&(struct nl_fault_plan){.kinds = kinds, .k = k, .sys = sys});
    enum nlink_status status = find(scene, &same, memory_bytes, 1);
    long events = nl_fault_count();
    nl_fault_begin(NULL);
    assert_true(status == NLINK_OK || status == NLINK_NO_MEMORY);
    for (const struct nl_same_class *at = same == NULL ? NULL : nl_same_first(same); at != NULL;
         at = at->next)
      for (size_t i = 1; i < at->count; i++)
        assert_true(is_equal(at->files[0], at->files[i]));
    nl_same_close(same);
    free(scene);
    assert_int_equal(ground_open_files(), open_before);
    if (events < k)
      break;
    k += k > 60 ? 40 : 0;
  }
}

static void every_call_fails(void **state) {
  (void)state;
  failing(1u << NL_FAULT_LOOK, EIO, 64u << 20);
  failing(1u << NL_FAULT_LOOK, EIO, 1);
}

static void every_allocation_fails(void **state) {
  (void)state;
  failing(1u << NL_FAULT_ALLOC, ENOMEM, 64u << 20);
  failing(1u << NL_FAULT_ALLOC, ENOMEM, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(nothing_at_all, ground_setup, ground_teardown),
      cmocka_unit_test_setup_teardown(sizes_that_one_file_has_are_not_read, ground_setup, ground_teardown),
      cmocka_unit_test_setup_teardown(borders, ground_setup, ground_teardown),
      cmocka_unit_test_setup_teardown(a_crowd, ground_setup, ground_teardown),
      cmocka_unit_test_setup_teardown(a_crowd_of_small_files, ground_setup, ground_teardown),
      cmocka_unit_test_setup_teardown(many_different_files_of_one_size_are_read_once_and_little, ground_setup,
                                      ground_teardown),
      cmocka_unit_test_setup_teardown(what_cannot_be_read_equals_nothing, ground_setup, ground_teardown),
      cmocka_unit_test_setup_teardown(unreadable_ones_in_a_crowd, ground_setup, ground_teardown),
      cmocka_unit_test_setup_teardown(it_stops_when_told, ground_setup, ground_teardown),
      cmocka_unit_test_setup_teardown(every_call_fails, ground_setup, ground_teardown),
      cmocka_unit_test_setup_teardown(every_allocation_fails, ground_setup, ground_teardown),
  };
  return GROUND_RUN("same", tests);
}
