/*
 * test_account.c - what directories hold and free, beside a count of every file in every directory
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "sum/account.h"

#include "base/fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ground.h"

enum { DIRS = 14, FILES = 14, NAMES = 40, WORKERS = 3, DEVICE = 9 };

/* A small world: directories, files, and names of files in directories. */
struct world {
  struct nl_arena arena;
  size_t dir_count, file_count, name_count;
  struct nl_dir *dirs[DIRS];
  struct nl_os_look dir_looks[DIRS];
  uint64_t closed[DIRS]; /* directories in it that were not entered */
  struct nl_os_look files[FILES];
  bool changed[FILES];
  struct {
    size_t dir, file;
  } names[NAMES];
};

static const struct nl_os_look closed_look = {
    .dev = DEVICE, .size_bytes = 7, .allocated_bytes = 1024, .kind = NLINK_DIRECTORY};

static void make_directories(struct world *world, struct ground_chance *chance) {
  world->dir_count = 1 + ground_below(chance, DIRS);
  for (uint32_t i = 0; i < world->dir_count; i++) {
    struct nl_dir *above =
        i == 0 || ground_below(chance, 6) == 0 ? NULL : world->dirs[ground_below(chance, i)];
    if (above != NULL && (above->flags & NL_DIR_LISTED) != 0)
      above = NULL;
    struct nl_dir *dir = nl_dir_new(&world->arena, above, "d", 1, nl_account_extra());
    assert_non_null(dir);
    dir->number = i;
    dir->dev = DEVICE;
    if (above == NULL && ground_below(chance, 3) == 0)
      dir->flags |= NL_DIR_LISTED;
    world->dirs[i] = dir;
    world->dir_looks[i] = (struct nl_os_look){.dev = DEVICE,
                                              .size_bytes = ground_below(chance, 5000),
                                              .allocated_bytes = ground_below(chance, 10) * 512,
                                              .kind = NLINK_DIRECTORY,
                                              .link_count = 2};
    world->closed[i] = ground_below(chance, 5) == 0;
  }
}

static void make_files(struct world *world, struct ground_chance *chance) {
  world->file_count = ground_below(chance, FILES + 1);
  world->name_count = 0;
  for (uint32_t i = 0; i < world->file_count; i++) {
    uint32_t names = 1 + (ground_below(chance, 2) == 0 ? 0 : ground_below(chance, 5));
    uint32_t odd = ground_below(chance, 8);
    world->files[i] = (struct nl_os_look){.dev = DEVICE + ground_below(chance, 2),
                                          .ino = 100 + i,
                                          .size_bytes = ground_below(chance, 100000),
                                          .allocated_bytes = ground_below(chance, 100) * 512,
                                          .link_count = names,
                                          .kind = NLINK_REGULAR};
    if (odd == 0)
      world->files[i].link_count += 1 + ground_below(chance, 3); /* some are outside */
    if (odd == 1 && names > 2)
      world->files[i].link_count = 2; /* more are seen than there are */
    if (odd == 2)
      world->files[i].link_count = 0;
    world->changed[i] = odd == 3 && names > 1;
    for (uint32_t n = 0; n < names && world->name_count < NAMES; n++) {
      world->names[world->name_count].dir = ground_below(chance, (uint32_t)world->dir_count);
      world->names[world->name_count++].file = i;
    }
  }
}

static bool tell(struct nl_account *account, const struct world *world, struct ground_chance *chance) {
  bool goes_on = true;
  for (size_t i = 0; i < world->dir_count && goes_on; i++) {
    struct nl_dir *dir = world->dirs[i];
    if ((dir->flags & NL_DIR_LISTED) == 0) {
      const struct nl_sight sight = {.dir = dir->above,
                                     .kind = NLINK_DIRECTORY,
                                     .look = &world->dir_looks[i],
                                     .self = dir,
                                     .worker = ground_below(chance, WORKERS)};
      goes_on = nl_account_take(account, &sight);
    }
    struct nl_os_look look = closed_look;
    struct nl_sight sight = {.dir = dir, .kind = NLINK_DIRECTORY, .look = &look};
    for (uint64_t n = 0; n < world->closed[i] && goes_on; n++)
      goes_on = nl_account_take(account, &sight);
    look.dev = DEVICE + 1; /* of another file system: nobody's, unless it was named by itself */
    if ((dir->flags & NL_DIR_LISTED) == 0)
      goes_on = goes_on && nl_account_take(account, &sight);
  }
  /* The names in any order. */
  size_t begin = world->name_count > 0 ? ground_below(chance, (uint32_t)world->name_count) : 0;
  for (size_t i = 0; i < world->name_count && goes_on; i++) {
    size_t at = (begin + i) % world->name_count;
    size_t file = world->names[at].file;
    struct nl_os_look look = world->files[file];
    if (world->changed[file])
      look.ctime_ns = (int64_t)at;
    const struct nl_sight sight = {.dir = world->dirs[world->names[at].dir],
                                   .name = "name",
                                   .length = 4,
                                   .kind = look.kind,
                                   .ino = look.ino,
                                   .look = &look,
                                   .worker = ground_below(chance, WORKERS)};
    goes_on = nl_account_take(account, &sight);
  }
  return goes_on;
}

/* ---------------------------------------------------------------- slowly */

static bool is_in(const struct nl_dir *dir, const struct nl_dir *above) {
  while (dir != NULL && dir != above)
    dir = dir->above;
  return dir == above; /* NULL is above all */
}

static void count_file(struct nl_figures *out, const struct world *world, size_t file,
                       const struct nl_dir *in) {
  const struct nl_os_look *look = &world->files[file];
  uint64_t inside = 0;
  uint64_t seen = 0;
  for (size_t i = 0; i < world->name_count; i++)
    if (world->names[i].file == file) {
      seen++;
      inside += is_in(world->dirs[world->names[i].dir], in);
    }
  if (inside == 0)
    return;
  bool changed = world->changed[file] && seen > 1;
  uint64_t all = look->link_count > seen ? look->link_count : seen;
  out->apparent_bytes += look->size_bytes;
  out->once_bytes += look->allocated_bytes;
  out->names += inside;
  out->files++;
  out->all_names += all + changed;
  if (inside == all && !changed) {
    out->freed_bytes += look->allocated_bytes;
    out->freed_files++;
  }
}

static struct nl_figures count(const struct world *world, const struct nl_dir *in) {
  struct nl_figures figures = {0};
  for (size_t i = 0; i < world->dir_count; i++) {
    if (!is_in(world->dirs[i], in))
      continue;
    bool listed = (world->dirs[i]->flags & NL_DIR_LISTED) != 0;
    uint64_t bytes = world->closed[i] * closed_look.allocated_bytes;
    bytes += listed ? 0 : world->dir_looks[i].allocated_bytes;
    figures.apparent_bytes += world->closed[i] * closed_look.size_bytes;
    figures.apparent_bytes += listed ? 0 : world->dir_looks[i].size_bytes;
    figures.once_bytes += bytes;
    figures.freed_bytes += bytes;
    figures.directories += world->closed[i] + !listed;
  }
  for (size_t i = 0; i < world->file_count; i++)
    count_file(&figures, world, i, in);
  return figures;
}

static void expect_figures(const struct nl_figures *told, const struct nl_figures *expected) {
  assert_int_equal(told->apparent_bytes, expected->apparent_bytes);
  assert_int_equal(told->once_bytes, expected->once_bytes);
  assert_int_equal(told->freed_bytes, expected->freed_bytes);
  assert_int_equal(told->names, expected->names);
  assert_int_equal(told->files, expected->files);
  assert_int_equal(told->freed_files, expected->freed_files);
  assert_int_equal(told->all_names, expected->all_names);
  assert_int_equal(told->directories, expected->directories);
}

/* ---------------------------------------------------------------- beside each other */

struct each {
  const struct world *world;
  size_t files;
};

static void see(void *ctx, const struct nl_shared *shared) {
  struct each *each = ctx;
  const struct nl_os_look *look = &each->world->files[shared->group.ino - 100];
  assert_int_equal(shared->group.allocated_bytes, look->allocated_bytes);
  assert_true(look->link_count != 1);
  for (size_t i = 1; i < shared->group.count; i++)
    assert_true(shared->group.items[i - 1].key <= shared->group.items[i].key);
  each->files++;
}

static void any_world(void **state) {
  (void)state;
  struct ground_chance chance = {6};
  for (int round = 0; round < 4000; round++) {
    struct world world = {.dir_count = 0};
    make_directories(&world, &chance);
    make_files(&world, &chance);
    struct nl_account *account = NULL;
    struct nl_forest forest;
    struct nl_figures figures[DIRS + 1];
    assert_int_equal(nl_account_open(&account, WORKERS), NLINK_OK);
    assert_true(tell(account, &world, &chance));
    assert_false(nl_account_is_short(account));
    assert_int_equal(nl_account_settle(account), NLINK_OK);
    assert_int_equal(nl_forest_open(&forest, world.dirs, world.dir_count), NLINK_OK);
    struct each each = {&world, 0};
    nl_account_figures(figures, account, &forest, world.dirs, see, &each);
    struct nl_figures all = count(&world, NULL);
    expect_figures(&figures[0], &all);
    for (size_t i = 0; i < world.dir_count; i++) {
      struct nl_figures expected = count(&world, world.dirs[i]);
      expect_figures(&figures[forest.place[i]], &expected);
    }
    assert_true(each.files <= world.file_count);
    nl_forest_close(&forest);
    nl_account_close(account);
    nl_arena_fini(&world.arena);
  }
}

static void memory_is_exhausted(void **state) {
  (void)state;
  for (long k = 1, count = k; count >= k; k++) {
    struct ground_chance chance = {7};
    struct world world = {.dir_count = 0};
    make_directories(&world, &chance);
    make_files(&world, &chance);
    struct nl_account *account = NULL;
    const struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_ALLOC, .k = k, .sys = ENOMEM};
    nl_fault_begin(&plan);
    if (nl_account_open(&account, WORKERS) == NLINK_OK) {
      bool told = tell(account, &world, &chance);
      assert_int_equal(nl_account_is_short(account), !told);
      enum nlink_status status = told ? nl_account_settle(account) : NLINK_NO_MEMORY;
      assert_int_equal(status, nl_fault_count() < k ? NLINK_OK : NLINK_NO_MEMORY);
    } else {
      assert_null(account);
    }
    count = nl_fault_count();
    nl_fault_begin(NULL);
    nl_account_close(account);
    nl_arena_fini(&world.arena);
    assert_true(k < 100);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_world),
      cmocka_unit_test(memory_is_exhausted),
  };
  return GROUND_RUN("account", tests);
}
