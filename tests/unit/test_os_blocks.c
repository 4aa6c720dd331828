/*
 * test_os_blocks.c - where a file's bytes lie, and files that share blocks
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "os/os.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "can.h"
#include "ground.h"

enum { BLOCK = 65536, MANY = 20 << 20 };

/* A file of chance bytes, the same for one seed. */
static int chance_file(const char *path, size_t size, uint64_t seed) {
  struct ground_chance chance = {seed};
  unsigned char *bytes = malloc(size);
  assert_non_null(bytes);
  for (size_t i = 0; i < size; i++)
    bytes[i] = (unsigned char)ground_below(&chance, 256);
  int fd = -1;
  assert_int_equal(nl_os_create(&fd, NLINK_CWD, path), 0);
  assert_int_equal(nl_os_write(fd, bytes, size), 0);
  free(bytes);
  return fd;
}

struct told {
  struct nl_os_extent extents[1000];
  size_t count;
  size_t most;
};

static bool take(void *ctx, const struct nl_os_extent *extent) {
  struct told *told = ctx;
  assert_true(told->count < 1000);
  told->extents[told->count++] = *extent;
  return told->count < told->most;
}

static struct told told;

static int tell(int fd) {
  told = (struct told){.most = 1000};
  return nl_os_each_extent(fd, take, &told);
}

static void tells_extents(void **state) {
  (void)state;
  int fd = chance_file("a", BLOCK, 1);
  char piece[4096];
  memset(piece, 'x', sizeof piece);
  /* More pieces than are told at once, each with a hole before it. */
  for (off_t i = 1; i <= 150; i++)
    assert_int_equal(pwrite(fd, piece, sizeof piece, 2 * i * BLOCK), sizeof piece);
  int sys = tell(fd);
  if (sys != 0)
    nl_os_close(fd);
  if (!can("extents", sys))
    return;
  assert_true(told.count >= 151);
  uint64_t end = 0;
  unsigned ours = 0;
  for (size_t i = 0; i < told.count; i++) {
    const struct nl_os_extent *extent = &told.extents[i];
    assert_true(extent->at >= end && extent->length > 0 && !extent->shared);
    end = extent->at + extent->length;
    /* In the holes, and behind the end, there may be reserved blocks (XFS). */
    bool is_ours = extent->at % (2 * BLOCK) == 0 && extent->at <= UINT64_C(300) * BLOCK;
    assert_true(!is_ours || (extent->plain && extent->physical > 0));
    ours += is_ours;
  }
  assert_int_equal(ours, 151);
  told = (struct told){.most = 3};
  assert_int_equal(nl_os_each_extent(fd, take, &told), 0);
  assert_int_equal(told.count, 3);
  assert_int_equal(nl_os_resize(fd, 0), 0);
  assert_int_equal(tell(fd), 0);
  assert_int_equal(told.count, 0);
  nl_os_close(fd);
}

/* Blocks that were reserved, and never written: nobody may read them from the device. */
static void reserved_blocks_are_not_plain(void **state) {
  (void)state;
  int fd = chance_file("a", BLOCK, 1);
  int sys = tell(fd);
  int reserved = posix_fallocate(fd, 0, 4 * BLOCK);
  if (sys == 0 && reserved == 0)
    sys = tell(fd);
  nl_os_close(fd);
  if (!can("extents", sys) || reserved != 0)
    return;
  bool found = false;
  for (size_t i = 0; i < told.count; i++) {
    assert_true(told.extents[i].plain == (told.extents[i].at < BLOCK));
    found = found || !told.extents[i].plain;
  }
  assert_true(found);
}

static void encoded_blocks_are_not_plain(void **state) {
  (void)state;
  int fd = -1;
  char *bytes = calloc(4, BLOCK);
  assert_non_null(bytes);
  assert_int_equal(nl_os_create(&fd, NLINK_CWD, "a"), 0);
  assert_int_equal(nl_os_write(fd, bytes, 4 * (size_t)BLOCK), 0);
  free(bytes);
  int sys = tell(fd);
  nl_os_close(fd);
  if (can("extents", sys))
    assert_true(told.count > 0 && told.extents[0].plain != can_is_told("compressed"));
}

static void shares(void **state) {
  (void)state;
  int a = chance_file("a", MANY, 1);
  int b = chance_file("b", MANY, 1);
  struct nlink_stat before = {0};
  struct nlink_stat after = {0};
  assert_int_equal(nl_os_sync_data(a) | nl_os_sync_data(b) | nl_os_stat_fd(&before, b), 0);
  uint64_t at = 0;
  uint64_t done = 9;
  bool equal = false;
  int sys = nl_os_share(&done, &equal, a, b, 0, MANY);
  if (sys != 0) {
    nl_os_close(a);
    nl_os_close(b);
  }
  if (!can("shares", sys))
    return;
  unsigned calls = 1;
  for (at = done; at < MANY; at += done, calls++) {
    assert_int_equal(nl_os_share(&done, &equal, a, b, at, MANY - at), 0);
    assert_true(equal && done > 0);
  }
  assert_true(calls > 1 && at == MANY);
  assert_int_equal(nl_os_stat_fd(&after, b), 0);
  assert_true(before.mtime_ns == after.mtime_ns && before.ino == after.ino);
  assert_int_equal(tell(a), 0);
  struct told of_a = told;
  assert_int_equal(tell(b), 0);
  assert_true(told.count > 0 && of_a.count > 0);
  for (size_t i = 0; i < told.count && told.extents[i].at < MANY; i++) {
    assert_true(told.extents[i].shared && of_a.extents[i].shared);
    assert_true(told.extents[i].physical == of_a.extents[i].physical);
  }
  nl_os_close(a);
  nl_os_close(b);
}

/* The end of a file that is no whole block, and files that differ in one byte. */
static void shares_only_what_is_equal(void **state) {
  (void)state;
  int a = chance_file("a", BLOCK + 17, 1);
  int b = chance_file("b", BLOCK + 17, 1);
  int c = chance_file("c", BLOCK + 17, 1);
  assert_int_equal(pwrite(c, "?", 1, BLOCK + 16), 1);
  uint64_t done = 9;
  uint64_t not_done = 9;
  bool equal = false;
  bool not_equal = true;
  int sys = nl_os_share(&done, &equal, a, b, 0, BLOCK + 17);
  int other = nl_os_share(&not_done, &not_equal, a, c, 0, BLOCK + 17);
  int bad = nl_os_share(&not_done, &not_equal, a, -1, 0, BLOCK);
  nl_os_close(a);
  nl_os_close(b);
  nl_os_close(c);
  assert_int_equal(not_done, 0);
  if (!can("shares", sys))
    return;
  assert_true(equal && done == BLOCK + 17);
  assert_int_equal(other, 0);
  assert_int_not_equal(bad, 0);
}

static void tells_a_difference(void **state) {
  (void)state;
  int a = chance_file("a", BLOCK, 1);
  int b = chance_file("b", BLOCK, 2);
  uint64_t done = 9;
  bool equal = true;
  int sys = nl_os_share(&done, &equal, a, b, 0, BLOCK);
  nl_os_close(a);
  nl_os_close(b);
  if (!can("shares", sys))
    return;
  assert_false(equal);
  assert_int_equal(done, 0);
}

/* A copy is of shared blocks where there can be such. */
static void copies_share(void **state) {
  (void)state;
  int a = chance_file("a", BLOCK, 1);
  int b = -1;
  assert_int_equal(nl_os_create(&b, NLINK_CWD, "b"), 0);
  assert_int_equal(nl_os_copy(a, b, BLOCK), 0);
  int sys = tell(b);
  nl_os_close(a);
  nl_os_close(b);
  if (sys == 0)
    assert_true(told.count > 0 && told.extents[0].at == 0 &&
                (told.extents[0].shared || !can_is_told("shares")));
}

static void file_systems_say_what_they_can(void **state) {
  (void)state;
  struct nl_os_fs fs;
  int fd = -1;
  assert_int_equal(nl_os_open(&fd, NLINK_CWD, ".", NL_OS_DIRECTORY), 0);
  assert_int_equal(nl_os_fs(&fs, fd), 0);
  nl_os_close(fd);
  assert_true(fs.tells_mapped_writes || !fs.shares_blocks);
  if (getenv("NLINK_OS_CAN") != NULL) {
    assert_true(fs.tells_mapped_writes == can_is_told("mapped-writes"));
    assert_true(fs.shares_blocks == (can_is_told("mapped-writes") && can_is_told("shares")));
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_setup, ground_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(tells_extents), TEST(reserved_blocks_are_not_plain),  TEST(encoded_blocks_are_not_plain),
      TEST(shares),        TEST(shares_only_what_is_equal),      TEST(tells_a_difference),
      TEST(copies_share),  TEST(file_systems_say_what_they_can),
  };
  return GROUND_RUN("os blocks", tests);
}
