/*
 * test_pool.c - pieces of work on several threads: each is done once, whoever adds it
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/memory.h"
#include "work/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A piece makes two of the next lower level, down to none: a tree of work. */
struct tree {
  struct nl_pool *pool;
  unsigned workers;
  atomic_long done;
  atomic_long by_worker[64];
  atomic_long between;
  atomic_bool wrong_worker;
};

static void run(void *ctx, unsigned worker, void *piece) {
  struct tree *tree = ctx;
  uintptr_t level = (uintptr_t)piece;
  if (worker >= tree->workers)
    atomic_store(&tree->wrong_worker, true);
  else
    atomic_fetch_add(&tree->by_worker[worker], 1);
  atomic_fetch_add(&tree->done, 1);
  for (int i = 0; i < 2 && level > 1; i++)
    if (!nl_pool_push(tree->pool, worker, (void *)(level - 1), i == 1))
      atomic_store(&tree->wrong_worker, true);
}

static void between(void *ctx) {
  struct tree *tree = ctx;
  atomic_fetch_add(&tree->between, 1);
}

static void every_piece_is_done_once(void **state) {
  (void)state;
  static const unsigned workers[] = {1, 2, 3, 8, 64};
  for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
    struct tree tree = {.workers = workers[i]};
    assert_int_equal(nl_pool_open(&tree.pool, workers[i], run, between, &tree), NLINK_OK);
    const uintptr_t level = 14;
    assert_true(nl_pool_push(tree.pool, 0, (void *)level, false));
    nl_pool_work(tree.pool);
    assert_int_equal(atomic_load(&tree.done), (1 << level) - 1);
    assert_false(atomic_load(&tree.wrong_worker));
    assert_int_equal(atomic_load(&tree.between), atomic_load(&tree.by_worker[0]));
    nl_pool_close(tree.pool);
  }
}

static void nothing_to_do_ends_at_once(void **state) {
  (void)state;
  struct tree tree = {.workers = 4};
  assert_int_equal(nl_pool_open(&tree.pool, 4, run, NULL, &tree), NLINK_OK);
  nl_pool_work(tree.pool);
  assert_int_equal(atomic_load(&tree.done), 0);
  nl_pool_close(tree.pool);
  nl_pool_close(NULL);
}

/* What one worker alone does comes in the order that the queue promises. */
struct order {
  struct nl_pool *pool;
  uintptr_t seen[16];
  size_t count;
};

static void note(void *ctx, unsigned worker, void *piece) {
  struct order *order = ctx;
  (void)worker;
  order->seen[order->count++] = (uintptr_t)piece;
}

static void the_newest_is_taken_first_and_the_last_last(void **state) {
  (void)state;
  struct order order = {0};
  assert_int_equal(nl_pool_open(&order.pool, 1, note, NULL, &order), NLINK_OK);
  assert_true(nl_pool_push(order.pool, 0, (void *)(uintptr_t)1, false));
  assert_true(nl_pool_push(order.pool, 0, (void *)(uintptr_t)2, false));
  assert_true(nl_pool_push(order.pool, 0, (void *)(uintptr_t)3, true));
  assert_true(nl_pool_push(order.pool, 0, (void *)(uintptr_t)4, false));
  nl_pool_work(order.pool);
  const uintptr_t expected[] = {4, 2, 1, 3};
  assert_int_equal(order.count, 4);
  assert_memory_equal(order.seen, expected, sizeof expected);
  nl_pool_close(order.pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_piece_is_done_once),
      cmocka_unit_test(nothing_to_do_ends_at_once),
      cmocka_unit_test(the_newest_is_taken_first_and_the_last_last),
  };
  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
