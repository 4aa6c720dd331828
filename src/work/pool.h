/*
 * pool.h - many pieces of work, some of which make further ones, on several threads
 *
 * Each worker has a queue of its own. It puts new pieces at its own end and takes them from there, so that it goes
 * on where it has just been, near the caches; who has nothing left takes a piece from the far end of another's
 * queue, where the oldest and mostly the largest pieces lie.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_POOL_H
#define NL_POOL_H

#include "nlink.h"

struct nl_pool;

/** Do one piece. @p worker is the caller's thread where it is 0. */
typedef void nl_pool_run(void *ctx, unsigned worker, void *piece);

/** Called in the caller's thread between two pieces of its own. */
typedef void nl_pool_between(void *ctx);

/**
 * @param workers  How many at most, the caller's own thread among them; at least 1. Up to the number of processors they
 *                 are started as pieces pile up; beyond it only where the processors are idle meanwhile.
 * @param between  NULL = nobody.
 */
enum nlink_status nl_pool_open(struct nl_pool **out, unsigned workers, nl_pool_run *run,
                               nl_pool_between *between, void *ctx);

/**
 * Add a piece, before nl_pool_work() or from inside run().
 *
 * @param worker  Who adds it: its own queue is taken.
 * @param last    At the far end: after all that this worker has.
 * @returns       false = memory is exhausted, and the piece was not added.
 */
bool nl_pool_push(struct nl_pool *pool, unsigned worker, void *piece, bool last);

/** Work until every piece is done, those added meanwhile among them. The caller's thread works too. */
void nl_pool_work(struct nl_pool *pool);

void nl_pool_close(struct nl_pool *pool);

#endif
