/*
 * pool.c - many pieces of work, some of which make further ones, on several threads
 *
 * A queue is a ring under a lock of its own, which is nearly always free: a piece takes microseconds at least, a
 * push or a take some nanoseconds. Who finds nothing anywhere sleeps on one common monitor. A sleeper counts itself
 * before it looks into every queue for the last time, and a pusher looks at that count after it has pushed. Both
 * hold the queue's lock in between, one of them first: either the piece is seen, or the sleeper.
 *
 * SPDX-License-Identifier: MIT
 */
#include "work/pool.h"

#include "base/memory.h"
#include "os/os.h"

#include <stdatomic.h>

struct queue {
  struct nl_os_monitor *lock;
  void **ring; /* of `room` places, a power of two */
  size_t room;
  size_t first; /* the oldest; both count on and on, and wrap by the room */
  size_t end;
  char apart[64]; /* two workers' queues share no cache line */
};

enum {
  PIECES_PER_WORKER = 4, /* as many must wait for each before one more is started */
  ASK_EVERY_NS = 1000000
};

struct nl_pool {
  nl_pool_run *run;
  nl_pool_between *between;
  void *ctx;
  unsigned workers;
  struct nl_os_monitor *common;
  struct nl_os_team *team;
  unsigned processors;
  _Atomic uint64_t asked_ns; /* are_idle(): when it was asked, */
  uint64_t used_ns;          /* and what had been used until then */
  atomic_uint started;       /* workers; never goes down */
  atomic_bool at_work;
  atomic_uint sleepers;
  atomic_size_t pending; /* pushed and not yet done */
  struct queue queues[];
};

enum nlink_status nl_pool_open(struct nl_pool **out, unsigned workers, nl_pool_run *run,
                               nl_pool_between *between, void *ctx) {
  *out = NULL;
  struct nl_pool *pool = nl_alloc_zero(sizeof *pool + workers * sizeof pool->queues[0]);
  if (pool == NULL)
    return NLINK_NO_MEMORY;
  pool->run = run;
  pool->between = between;
  pool->ctx = ctx;
  pool->workers = workers;
  pool->processors = nl_os_processors();
  bool made = nl_os_monitor_open(&pool->common) == 0;
  for (unsigned i = 0; i < workers && made; i++)
    made = nl_os_monitor_open(&pool->queues[i].lock) == 0;
  if (!made) {
    nl_pool_close(pool);
    return NLINK_NO_MEMORY;
  }
  *out = pool;
  return NLINK_OK;
}

static bool grow(struct queue *queue) {
  size_t room = queue->room == 0 ? 64 : queue->room * 2;
  void **ring = nl_alloc(room * sizeof *ring);
  if (ring == NULL)
    return false;
  size_t count = queue->end - queue->first;
  for (size_t i = 0; i < count; i++)
    ring[i] = queue->ring[(queue->first + i) & (queue->room - 1)];
  nl_free(queue->ring);
  queue->ring = ring;
  queue->room = room;
  queue->first = 0;
  queue->end = count;
  return true;
}

/* Whether the workers there are mostly wait, for a disk that is: for the time since the last answer. */
static bool are_idle(struct nl_pool *pool) {
  uint64_t now_ns = nl_os_now_ns();
  uint64_t used_ns = nl_os_processor_ns();
  uint64_t asked_ns = atomic_load_explicit(&pool->asked_ns, memory_order_relaxed);
  bool idle = used_ns - pool->used_ns < (now_ns - asked_ns) * pool->processors / 2;
  atomic_store_explicit(&pool->asked_ns, now_ns, memory_order_relaxed);
  pool->used_ns = used_ns;
  return idle;
}

/* Whether it is time to ask whether one more worker than processors would help; for the first ones it always is. */
static bool is_time(struct nl_pool *pool, unsigned started) {
  return started < pool->processors ||
         nl_os_now_ns() - atomic_load_explicit(&pool->asked_ns, memory_order_relaxed) >= ASK_EVERY_NS;
}

/*
 * A thread costs more than a small tree: one more is started only when several pieces wait for each of those there
 * are. More than there are processors only help where those that there are wait themselves.
 */
static void start_more(struct nl_pool *pool, size_t pending) {
  unsigned started = atomic_load_explicit(&pool->started, memory_order_relaxed);
  if (pending <= (size_t)started * PIECES_PER_WORKER || started >= pool->workers ||
      !atomic_load_explicit(&pool->at_work, memory_order_relaxed) || !is_time(pool, started))
    return;
  nl_os_enter(pool->common);
  if (atomic_load(&pool->started) == started && (started < pool->processors || are_idle(pool)))
    atomic_store(&pool->started, nl_os_team_more(pool->team) ? started + 1 : pool->workers);
  nl_os_leave(pool->common);
}

bool nl_pool_push(struct nl_pool *pool, unsigned worker, void *piece, bool last) {
  struct queue *queue = &pool->queues[worker];
  size_t pending = atomic_fetch_add_explicit(&pool->pending, 1, memory_order_relaxed) + 1;
  nl_os_enter(queue->lock);
  bool fits = queue->end - queue->first < queue->room || grow(queue);
  if (fits && last)
    queue->ring[--queue->first & (queue->room - 1)] = piece;
  else if (fits)
    queue->ring[queue->end++ & (queue->room - 1)] = piece;
  nl_os_leave(queue->lock);
  if (!fits) {
    atomic_fetch_sub_explicit(&pool->pending, 1, memory_order_relaxed);
    return false;
  }
  if (atomic_load(&pool->sleepers) > 0) {
    nl_os_enter(pool->common);
    nl_os_wake(pool->common, false);
    nl_os_leave(pool->common);
  }
  start_more(pool, pending);
  return true;
}

static void *take(struct queue *queue, bool own) {
  void *piece = NULL;
  nl_os_enter(queue->lock);
  if (queue->end != queue->first)
    piece = queue->ring[(own ? --queue->end : queue->first++) & (queue->room - 1)];
  nl_os_leave(queue->lock);
  return piece;
}

/* The own queue, then those of the others, beginning with the next. */
static void *find(struct nl_pool *pool, unsigned worker) {
  void *piece = take(&pool->queues[worker], true);
  for (unsigned i = 1; i < pool->workers && piece == NULL; i++)
    piece = take(&pool->queues[(worker + i) % pool->workers], false);
  return piece;
}

/* Sleep until there is a piece; NULL = all is done. */
static void *wait_for(struct nl_pool *pool, unsigned worker) {
  void *piece = NULL;
  nl_os_enter(pool->common);
  atomic_fetch_add(&pool->sleepers, 1);
  for (;;) {
    piece = find(pool, worker);
    if (piece != NULL || atomic_load(&pool->pending) == 0)
      break;
    nl_os_wait(pool->common);
  }
  atomic_fetch_sub(&pool->sleepers, 1);
  nl_os_leave(pool->common);
  return piece;
}

static void work(void *ctx, unsigned worker) {
  struct nl_pool *pool = ctx;
  for (;;) {
    void *piece = find(pool, worker);
    if (piece == NULL)
      piece = wait_for(pool, worker);
    if (piece == NULL)
      return;
    pool->run(pool->ctx, worker, piece);
    /* While this piece counts, the work has not ended, and the team is there. */
    start_more(pool, atomic_load_explicit(&pool->pending, memory_order_relaxed) - 1);
    if (atomic_fetch_sub(&pool->pending, 1) == 1) {
      nl_os_enter(pool->common);
      nl_os_wake(pool->common, true);
      nl_os_leave(pool->common);
    }
    if (worker == 0 && pool->between != NULL)
      pool->between(pool->ctx);
  }
}

void nl_pool_work(struct nl_pool *pool) {
  if (nl_os_team_open(&pool->team, pool->workers, work, pool) != 0)
    pool->team = NULL;
  atomic_store(&pool->started, pool->team == NULL ? pool->workers : 1);
  atomic_store(&pool->asked_ns, nl_os_now_ns());
  pool->used_ns = nl_os_processor_ns();
  atomic_store(&pool->at_work, true);
  start_more(pool, atomic_load(&pool->pending));
  work(pool, 0);
  atomic_store(&pool->at_work, false);
  nl_os_team_close(pool->team);
}

void nl_pool_close(struct nl_pool *pool) {
  if (pool == NULL)
    return;
  for (unsigned i = 0; i < pool->workers; i++) {
    nl_os_monitor_close(pool->queues[i].lock);
    nl_free(pool->queues[i].ring);
  }
  nl_os_monitor_close(pool->common);
  nl_free(pool);
}
