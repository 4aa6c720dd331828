/*
 * test_table.c - file -> its names: what several workers add comes out file by file
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "tree/table.h"

#include "base/fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground.h"

static struct nl_dir dirs[16];

static void number_dirs(void) {
  for (uint32_t i = 0; i < 16; i++)
    dirs[i].number = i;
}

static struct nl_os_look look_of(uint64_t dev, uint64_t ino, uint32_t links) {
  return (struct nl_os_look){.dev = dev,
                             .ino = ino,
                             .size_bytes = ino * 3,
                             .allocated_bytes = ino * 4096,
                             .ctime_ns = (int64_t)(dev * 1000003 + ino * 1000000007),
                             .link_count = links,
                             .kind = NLINK_REGULAR,
                             .mode = 0640};
}

static bool add(struct nl_table *table, unsigned worker, uint32_t dir, const char *name,
                const struct nl_os_look *look) {
  const struct nl_sight sight = {.dir = &dirs[dir],
                                 .name = name,
                                 .length = strlen(name),
                                 .kind = look->kind,
                                 .ino = look->ino,
                                 .look = look,
                                 .worker = worker};
  return nl_table_add(table, &sight);
}

static struct nl_table *open_table(unsigned workers) {
  struct nl_table *table = NULL;
  number_dirs();
  assert_int_equal(nl_table_open(&table, workers, false), NLINK_OK);
  return table;
}

static void nothing(void **state) {
  (void)state;
  struct nl_table *table = open_table(3);
  struct nl_group group;
  size_t at = 0;
  assert_int_equal(nl_table_settle(table), NLINK_OK);
  assert_int_equal(nl_table_count(table), 0);
  assert_false(nl_table_next(table, &at, &group));
  nl_table_close(table);
  nl_table_close(NULL);
}

static void one_file(void **state) {
  (void)state;
  struct nl_table *table = open_table(2);
  struct nl_os_look look = look_of(5, 7, 3);
  look.kind = NLINK_SYMLINK;
  look.mode = 07777;
  assert_true(add(table, 0, 1, "a", &look));
  assert_true(add(table, 1, 2, "", &look));
  assert_int_equal(nl_table_settle(table), NLINK_OK);
  struct nl_group group;
  size_t at = 0;
  assert_true(nl_table_next(table, &at, &group));
  assert_int_equal(group.count, 2);
  assert_int_equal(group.dev, 5);
  assert_int_equal(group.ino, 7);
  assert_int_equal(group.link_count, 3);
  assert_int_equal(group.size_bytes, 21);
  assert_int_equal(group.allocated_bytes, 7 * 4096);
  assert_int_equal(group.kind, NLINK_SYMLINK);
  assert_int_equal(group.mode, 07777);
  assert_false(group.changed);
  const struct nl_name *name = nl_group_name(&group, 0);
  const struct nl_name *other = nl_group_name(&group, 1);
  assert_string_equal(name->dir == 1 ? name->text : other->text, "a");
  assert_string_equal(name->dir == 1 ? other->text : name->text, "");
  assert_false(nl_table_next(table, &at, &group));
  nl_table_close(table);
}

static void changes_are_seen(void **state) {
  (void)state;
  struct nl_table *table = open_table(1);
  struct nl_os_look look = look_of(1, 1, 2);
  assert_true(add(table, 0, 0, "a", &look));
  look.ctime_ns++;
  assert_true(add(table, 0, 0, "b", &look));
  look = look_of(1, 2, 2);
  assert_true(add(table, 0, 0, "a", &look));
  look.link_count = 5;
  assert_true(add(table, 0, 0, "b", &look));
  look = look_of(2, 2, 2); /* the same number on another device */
  assert_true(add(table, 0, 0, "a", &look));
  assert_int_equal(nl_table_settle(table), NLINK_OK);
  struct nl_group group;
  size_t at = 0;
  assert_true(nl_table_next(table, &at, &group));
  assert_true(group.ino == 1 && group.count == 2 && group.changed);
  for (int i = 0; i < 2; i++) {
    assert_true(nl_table_next(table, &at, &group));
    assert_int_equal(group.ino, 2);
    assert_int_equal(group.changed, group.dev == 1);
    assert_int_equal(group.count, group.dev == 1 ? 2 : 1);
    assert_int_equal(group.link_count, group.dev == 1 ? 5 : 2);
  }
  nl_table_close(table);
}

/* Chance says what is added; each file's names are marked off. */
static void many(void **state) {
  (void)state;
  enum { FILES = 3000, DEVICES = 3, NAMES = 60000, WORKERS = 4 };
  struct nl_table *table = open_table(WORKERS);
  struct ground_chance chance = {5};
  static unsigned expected[DEVICES][FILES];
  static unsigned char marked[NAMES];
  memset(expected, 0, sizeof expected);
  memset(marked, 0, sizeof marked);
  static uint32_t file_of[NAMES];
  for (uint32_t i = 0; i < NAMES; i++) {
    uint32_t dev = ground_below(&chance, DEVICES);
    uint32_t file = ground_below(&chance, 4) == 0 ? 0 : ground_below(&chance, FILES);
    char name[300] = "";
    int length = snprintf(name, sizeof name, "%u-", i);
    memset(name + length, 'x', ground_below(&chance, 200));
    name[(size_t)length + ground_below(&chance, 200)] = '\0';
    const struct nl_os_look look = look_of(dev + 40, file, 9);
    assert_true(add(table, ground_below(&chance, WORKERS), i % 16, name, &look));
    file_of[i] = dev * FILES + file;
    expected[dev][file]++;
  }
  assert_int_equal(nl_table_settle(table), NLINK_OK);
  assert_int_equal(nl_table_count(table), NAMES);
  struct nl_group group;
  uint64_t before = 0;
  for (size_t at = 0; nl_table_next(table, &at, &group);) {
    assert_true(before <= group.ino);
    before = group.ino;
    uint64_t dev = group.dev - 40;
    assert_int_equal(group.count, expected[dev][group.ino]);
    expected[dev][group.ino] = 0;
    for (size_t i = 0; i < group.count; i++) {
      const struct nl_name *name = nl_group_name(&group, i);
      unsigned long number = strtoul(name->text, NULL, 10);
      assert_true(number < NAMES);
      assert_int_equal(file_of[number], dev * FILES + group.ino);
      assert_int_equal(name->dir, number % 16);
      assert_int_equal(marked[number]++, 0);
    }
  }
  for (size_t dev = 0; dev < DEVICES; dev++)
    for (size_t file = 0; file < FILES; file++)
      assert_int_equal(expected[dev][file], 0);
  nl_table_close(table);
}

static void fill_and_settle(long k) {
  const struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_ALLOC, .k = k, .sys = ENOMEM};
  struct nl_table *table = NULL;
  nl_fault_begin(&plan);
  if (nl_table_open(&table, 2, false) == NLINK_OK) {
    bool added = true;
    for (uint64_t i = 0; i < 30 && added; i++) {
      const struct nl_os_look look = look_of(i % 12, i / 3, 2);
      added = add(table, i % 2, 0, "name", &look);
    }
    enum nlink_status status = added ? nl_table_settle(table) : NLINK_NO_MEMORY;
    assert_int_equal(status, nl_fault_count() < k ? NLINK_OK : NLINK_NO_MEMORY);
  }
  nl_table_close(table);
}

static void memory_is_exhausted(void **state) {
  (void)state;
  number_dirs();
  for (long k = 1; k == 1 || nl_fault_count() >= k - 1; k++) {
    fill_and_settle(k);
    assert_true(k < 100);
  }
  nl_fault_begin(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing),
      cmocka_unit_test(one_file),
      cmocka_unit_test(changes_are_seen),
      cmocka_unit_test(many),
      cmocka_unit_test(memory_is_exhausted),
  };
  return GROUND_RUN("table", tests);
}
