/*
 * walk.c - trees walked in parallel: each name once, whatever happens meanwhile
 *
 * A piece of work is a directory to be entered: opened relative to the one above, looked at, compared with those that
 * were walked before, told, read. Directories found in it become pieces when it has been read, so that the newest is
 * taken next and few descriptors are open at once. A directory too large for one read shares its further entries out
 * in batches, where each of them is to be looked at.
 *
 * What is counted and when it is given back: a directory's `needs` are those who open something relative to it (its
 * reader, its batches, the directories found in it and not yet opened); its `refs` those and all that is at work below.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/walk.h"

#include "tree/singles.h"
#include "tree/walking.h"

#include <string.h>

enum { PIECE_DIRECTORY, PIECE_BATCH };
enum { MOST_TRIES = 100, BATCHES_PER_WORKER = 4 };

static const uint64_t progress_every_ns = 100000000;

/* ---------------------------------------------------------------- giving back */

static void release_need(struct nl_walk *walk, struct nl_dir *dir) {
  if (dir != NULL && atomic_fetch_sub(&dir->needs, 1) == 1 && dir->above != NULL)
    nl_descent_close(&walk->descent, dir);
}

static void release_ref(struct nl_walk *walk, struct nl_dir *dir) {
  while (dir != NULL && atomic_fetch_sub(&dir->refs, 1) == 1) {
    nl_descent_close(&walk->descent, dir);
    dir = dir->above;
  }
}

static void release(struct nl_walk *walk, struct nl_dir *dir) {
  release_need(walk, dir);
  release_ref(walk, dir);
}

/* ---------------------------------------------------------------- names */

static bool add_child(struct nl_worker *worker, struct nl_dir *child) {
  if (worker->child_count == worker->child_room) {
    size_t room = worker->child_room == 0 ? 64 : worker->child_room * 2;
    struct nl_dir **children = nl_realloc(worker->children, room * sizeof(struct nl_dir *));
    if (children == NULL)
      return false;
    worker->children = children;
    worker->child_room = room;
  }
  worker->children[worker->child_count++] = child;
  return true;
}

/* What is the same for all names of a directory. */
static bool begin_names(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir) {
  worker->inner = nl_roots_in(&walk->given, dir->dev, dir->ino);
  if (!nl_rules_need_path(walk->plan.scope->rules))
    return true;
  const struct nl_dir *root = dir;
  while (root->above != NULL)
    root = root->above;
  nl_string_cut(&worker->path, 0);
  if (!nl_dir_path_string(&worker->path, dir, "", 0))
    return false;
  /* What is above the root, and the root's own text, are no part of it. */
  size_t skip = nl_dir_path(NULL, 0, root, "", 0);
  memmove(worker->path.text, worker->path.text + skip, worker->path.length - skip + 1);
  nl_string_cut(&worker->path, worker->path.length - skip);
  worker->path_before = worker->path.length;
  return true;
}

static bool passes(struct nl_walk *walk, struct nl_worker *worker, const struct nl_os_entry *entry,
                   bool is_directory) {
  const struct nl_rules *rules = walk->plan.scope->rules;
  if (rules == NULL)
    return true;
  const char *path = NULL;
  if (nl_rules_need_path(rules)) {
    nl_string_cut(&worker->path, worker->path_before);
    if (!nl_string_add(&worker->path, entry->name, entry->length)) {
      nl_walk_stop(walk, NLINK_NO_MEMORY);
      return false;
    }
    path = worker->path.text;
  }
  return nl_rules_take(rules, entry->name, path, is_directory);
}

static void found_directory(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir,
                            const struct nl_os_entry *entry) {
  if (!passes(walk, worker, entry, true))
    return;
  struct nl_dir *child = nl_dir_new(&worker->arena, dir, entry->name, entry->length, walk->plan.extra_bytes);
  if (child == NULL || !add_child(worker, child))
    nl_walk_stop(walk, NLINK_NO_MEMORY);
  else
    child->piece = PIECE_DIRECTORY;
}

/* One name that may be anything; what turns out to be a directory is put with the others. A root tells itself. */
static void take_entry(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir, int fd,
                       const struct nl_os_entry *entry) {
  if (worker->inner.count > 0 && nl_roots_may_match(worker->inner, entry->name))
    return;
  if (entry->kind == NLINK_DIRECTORY) {
    found_directory(walk, worker, dir, entry);
    return;
  }
  if (entry->kind != NLINK_KIND_UNKNOWN && !passes(walk, worker, entry, false))
    return;
  const struct nl_scope *scope = walk->plan.scope;
  bool needs_size = entry->kind == NLINK_REGULAR && nl_scope_needs_size(scope);
  struct nl_os_look look;
  struct nl_sight sight = {.dir = dir,
                           .name = entry->name,
                           .length = entry->length,
                           .depth = dir->depth + 1,
                           .kind = entry->kind,
                           .ino = entry->ino,
                           .at = fd,
                           .at_name = entry->name,
                           .worker = worker->number};
  if (walk->plan.look || needs_size || entry->kind == NLINK_KIND_UNKNOWN) {
    int sys = nl_os_look(&look, fd, entry->name);
    if (sys != 0) {
      nl_walk_note(walk, dir, entry->name, entry->length, NLINK_STEP_STAT, sys);
      return;
    }
    if (look.kind == NLINK_DIRECTORY) {
      found_directory(walk, worker, dir, entry);
      return;
    }
    if (entry->kind == NLINK_KIND_UNKNOWN && !passes(walk, worker, entry, false))
      return;
    if (look.kind == NLINK_REGULAR && !nl_scope_takes_size(scope, look.size_bytes))
      return;
    sight.kind = look.kind;
    sight.ino = look.ino;
    sight.look = &look;
  }
  if (!walk->plan.take(walk->plan.ctx, &sight))
    nl_walk_stop(walk, NLINK_END);
}

static void take_entries(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir, int fd,
                         const struct nl_batch *batch) {
  struct nl_os_entry entry;
  uint64_t names = 0;
  for (size_t at = 0; nl_os_next_entry(&entry, batch->room, batch->used, &at) && !nl_walk_is_stopped(walk);
       names++)
    take_entry(walk, worker, dir, fd, &entry);
  atomic_store_explicit(&worker->names, atomic_load_explicit(&worker->names, memory_order_relaxed) + names,
                        memory_order_relaxed);
}

/* The directories found become pieces; the need and the ref of each are counted before anybody can take one. */
static void push_children(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir) {
  size_t count = worker->child_count;
  if (count == 0)
    return;
  worker->child_count = 0;
  if (nl_walk_is_stopped(walk))
    return;
  atomic_fetch_add(&dir->needs, (unsigned)count);
  atomic_fetch_add(&dir->refs, (unsigned)count);
  for (size_t i = 0; i < count; i++)
    if (!nl_pool_push(walk->pool, worker->number, worker->children[i], false)) {
      nl_walk_stop(walk, NLINK_NO_MEMORY);
      release(walk, dir);
    }
}

/* ---------------------------------------------------------------- reading a directory */

/* Hand what was read to whoever is free; false = nobody needs it so, the reader goes on with it. */
static bool hand_over(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir) {
  bool large = worker->batch->used > NL_ROOM_BYTES / 2;
  bool looks = walk->plan.look || nl_scope_needs_size(walk->plan.scope);
  if (!looks || !large || walk->worker_count < 2 ||
      atomic_load_explicit(&walk->batches, memory_order_relaxed) >= walk->worker_count * BATCHES_PER_WORKER)
    return false;
  struct nl_batch *fresh = nl_alloc(sizeof *fresh);
  if (fresh == NULL)
    return false;
  struct nl_batch *batch = worker->batch;
  batch->piece = PIECE_BATCH;
  batch->dir = dir;
  atomic_fetch_add(&dir->needs, 1);
  atomic_fetch_add(&dir->refs, 1);
  atomic_fetch_add(&walk->batches, 1);
  if (!nl_pool_push(walk->pool, worker->number, batch, false)) {
    atomic_fetch_sub(&walk->batches, 1);
    release(walk, dir);
    nl_free(fresh);
    return false;
  }
  worker->batch = fresh;
  return true;
}

static void read_directory(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir, int fd) {
  if (worker->batch == NULL)
    worker->batch = nl_alloc(sizeof *worker->batch);
  if (worker->batch == NULL || !begin_names(walk, worker, dir)) {
    nl_walk_stop(walk, NLINK_NO_MEMORY);
    return;
  }
  while (!nl_walk_is_stopped(walk)) {
    int sys = nl_os_read_entries(&worker->batch->used, fd, worker->batch->room, NL_ROOM_BYTES);
    if (sys != 0)
      nl_walk_note(walk, dir, NULL, 0, NLINK_STEP_READ_DIRECTORY, sys);
    if (sys != 0 || worker->batch->used == 0)
      break;
    if (!hand_over(walk, worker, dir))
      take_entries(walk, worker, dir, fd, worker->batch);
  }
}

static void run_batch(struct nl_walk *walk, struct nl_worker *worker, struct nl_batch *batch) {
  struct nl_dir *dir = batch->dir;
  int fd = -1;
  int sys = nl_walk_is_stopped(walk) ? 0 : nl_descent_borrow(&walk->descent, dir, &fd);
  if (sys != 0)
    nl_walk_note(walk, dir, NULL, 0, NLINK_STEP_OPEN, sys);
  if (fd >= 0) {
    if (begin_names(walk, worker, dir))
      take_entries(walk, worker, dir, fd, batch);
    else
      nl_walk_stop(walk, NLINK_NO_MEMORY);
    nl_descent_return(dir);
    push_children(walk, worker, dir);
  }
  nl_free(batch);
  atomic_fetch_sub(&walk->batches, 1);
  release(walk, dir);
}

/* ---------------------------------------------------------------- entering a directory */

/* A root that is no directory is looked at later, by itself. */
static bool is_single(struct nl_walk *walk, struct nl_dir *dir, int sys) {
  enum nlink_status status = nl_os_status(sys);
  if (dir->above != NULL || (status != NLINK_NOT_DIRECTORY && status != NLINK_SYMLINK_LOOP))
    return false;
  atomic_store(&walk->single[dir->number], true);
  return true;
}

/* @p at_name "" = @p at is the directory itself, open. */
static bool tell_directory(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir,
                           const struct nl_os_look *look, int at, const char *at_name, struct nl_dir *self,
                           bool again) {
  const struct nl_sight sight = {.dir = dir->above,
                                 .name = dir->name,
                                 .length = dir->name_length,
                                 .depth = dir->depth,
                                 .kind = NLINK_DIRECTORY,
                                 .ino = look->ino,
                                 .look = look,
                                 .at = at,
                                 .at_name = at_name,
                                 .self = self,
                                 .again = again,
                                 .worker = worker->number};
  bool goes_on = walk->plan.take(walk->plan.ctx, &sight);
  if (!goes_on)
    nl_walk_stop(walk, NLINK_END);
  return goes_on;
}

/* What cannot be opened still is a name. */
static void tell_closed(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir, int sys) {
  if (is_single(walk, dir, sys))
    return;
  nl_walk_note(walk, dir, NULL, 0, NLINK_STEP_OPEN, sys);
  struct nl_os_look look;
  int at = walk->descent.dir;
  if (dir->above != NULL && nl_descent_borrow(&walk->descent, dir->above, &at) != 0)
    return;
  if (nl_os_look(&look, at, dir->name) == 0 && look.kind == NLINK_DIRECTORY)
    tell_directory(walk, worker, dir, &look, at, dir->name, NULL, false);
  if (dir->above != NULL)
    nl_descent_return(dir->above);
}

/* Whether a directory that was just opened is to be read; else it is told here, as a name and no more. */
static bool is_new(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir,
                   const struct nl_os_look *look, int fd) {
  if (walk->plan.scope->given.one_file_system && dir->above != NULL && dir->above->dev != look->dev) {
    tell_directory(walk, worker, dir, look, fd, "", NULL, false);
    return false;
  }
  struct nl_dir *first = NULL;
  if (nl_seen_add(walk->seen, dir, &first) != NLINK_OK) {
    nl_walk_stop(walk, NLINK_NO_MEMORY);
    return false;
  }
  if (first != dir) {
    nl_walk_note_again(walk, first, dir);
    tell_directory(walk, worker, dir, look, fd, "", NULL, true);
    return false;
  }
  return true;
}

static void read_if_new(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir) {
  int fd = -1;
  struct nl_os_look look;
  int sys = nl_descent_borrow(&walk->descent, dir, &fd);
  if (sys == 0)
    sys = nl_os_look(&look, fd, "");
  if (sys != 0) {
    nl_walk_note(walk, dir, NULL, 0, NLINK_STEP_STAT, sys);
  } else {
    dir->dev = look.dev;
    dir->ino = look.ino;
    dir->btime_ns = look.btime_ns;
    dir->flags |= NL_DIR_KNOWN;
    if (is_new(walk, worker, dir, &look, fd)) {
      dir->number = atomic_fetch_add(&walk->numbers, 1);
      if (tell_directory(walk, worker, dir, &look, fd, "", dir, false) &&
          dir->depth < walk->plan.scope->given.max_depth)
        read_directory(walk, worker, dir, fd);
    }
  }
  if (fd >= 0)
    nl_descent_return(dir);
}

/* Descriptors may be free again when others are done: a piece waits behind all others a number of times. */
static bool try_later(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir, int sys) {
  if (!nl_os_is_out_of_descriptors(sys) || dir->tries >= MOST_TRIES)
    return false;
  dir->tries++;
  nl_os_yield();
  return nl_pool_push(walk->pool, worker->number, dir, true);
}

static void run_directory(struct nl_walk *walk, struct nl_worker *worker, struct nl_dir *dir) {
  atomic_store_explicit(&dir->needs, 1, memory_order_relaxed);
  atomic_store_explicit(&dir->refs, 1, memory_order_relaxed);
  if (!nl_walk_is_stopped(walk)) {
    int sys = nl_descend(&walk->descent, dir);
    if (sys != 0 && try_later(walk, worker, dir, sys))
      return;
    if (sys != 0)
      tell_closed(walk, worker, dir, sys);
    release_need(walk, dir->above);
    if (sys == 0)
      read_if_new(walk, worker, dir);
    push_children(walk, worker, dir);
    atomic_store_explicit(&worker->directories,
                          atomic_load_explicit(&worker->directories, memory_order_relaxed) + 1,
                          memory_order_relaxed);
  } else {
    release_need(walk, dir->above);
  }
  release(walk, dir);
}

static void run_piece(void *ctx, unsigned number, void *piece) {
  struct nl_walk *walk = ctx;
  struct nl_worker *worker = &walk->workers[number];
  if (*(unsigned char *)piece == PIECE_BATCH)
    run_batch(walk, worker, piece);
  else
    run_directory(walk, worker, piece);
}

/* ---------------------------------------------------------------- the whole */

static void tell_progress(void *ctx) {
  struct nl_walk *walk = ctx;
  const struct nlink_scope *given = &walk->plan.scope->given;
  if (given->on_progress == NULL || nl_walk_is_stopped(walk))
    return;
  uint64_t now_ns = nl_os_now_ns();
  if (now_ns - walk->told_ns < progress_every_ns)
    return;
  walk->told_ns = now_ns;
  struct nlink_progress progress = {0};
  for (unsigned i = 0; i < walk->worker_count; i++) {
    progress.names += atomic_load_explicit(&walk->workers[i].names, memory_order_relaxed);
    progress.directories += atomic_load_explicit(&walk->workers[i].directories, memory_order_relaxed);
  }
  if (!given->on_progress(&progress, given->ctx))
    nl_walk_stop(walk, NLINK_CANCELLED);
}

/*
 * On a cold disk most workers wait for it, so more of them than processors keep it busy. The pool starts those only where
 * the processors are idle.
 */
unsigned nl_walk_workers(const struct nl_scope *scope) {
  enum { FEWEST = 16, MOST = 64 };
  unsigned wanted = scope->given.threads;
  if (wanted == 0) {
    wanted = nl_os_processors();
    wanted = wanted < FEWEST ? FEWEST : wanted;
  }
  return wanted > MOST ? MOST : wanted;
}

static bool open_workers(struct nl_walk *walk) {
  walk->worker_count = nl_walk_workers(walk->plan.scope);
  walk->workers = nl_alloc_zero(walk->worker_count * sizeof *walk->workers);
  if (walk->workers == NULL)
    return false;
  for (unsigned i = 0; i < walk->worker_count; i++) {
    walk->workers[i].number = i;
  }
  return nl_pool_open(&walk->pool, walk->worker_count, run_piece, tell_progress, walk) == NLINK_OK;
}

/* Of roots that are one name, the one whose text comes first. */
static void choose_roots(struct nl_walk *walk) {
  const struct nl_roots *given = &walk->given;
  for (size_t i = 0; i < given->count; i++)
    walk->chosen[i] = SIZE_MAX;
  for (size_t i = 0; i < given->count; i++) {
    size_t *chosen = &walk->chosen[given->all[i].same - given->all];
    if (*chosen == SIZE_MAX || strcmp(given->all[i].path, given->all[*chosen].path) < 0)
      *chosen = i;
  }
  for (size_t i = 0; i < given->count; i++)
    walk->chosen[i] = walk->chosen[given->all[i].same - given->all];
}

/* The roots as pieces, the first on top. Until it is numbered, a root's number is its place among the paths. */
static bool open_roots(struct nl_walk *walk) {
  size_t count = walk->plan.count;
  bool listed = walk->plan.scope->given.listed;
  walk->roots = nl_alloc_zero((count + 1) * sizeof(struct nl_dir *));
  walk->single = nl_alloc_zero((count + 1) * sizeof *walk->single);
  walk->chosen = nl_alloc((count + 1) * sizeof *walk->chosen);
  if (walk->roots == NULL || walk->single == NULL || walk->chosen == NULL ||
      nl_roots_open(&walk->given, walk->plan.paths, count) != NLINK_OK ||
      nl_roots_look(&walk->given, walk->plan.dir, listed) != NLINK_OK)
    return false;
  choose_roots(walk);
  for (size_t i = count; i-- > 0;) {
    const char *path = walk->given.all[i].path;
    if (walk->chosen[i] != i)
      continue;
    if (listed) {
      atomic_store(&walk->single[i], true);
      continue;
    }
    struct nl_dir *root = nl_dir_new(&walk->arena, NULL, path, strlen(path), walk->plan.extra_bytes);
    if (root == NULL)
      return false;
    root->piece = PIECE_DIRECTORY;
    root->number = (uint32_t)i;
    walk->roots[i] = root;
    if (!nl_pool_push(walk->pool, 0, root, false))
      return false;
  }
  return true;
}

/*
 * A root in a directory that was walked belongs below it, and its path is the way from there. Two roots that are one
 * directory by two ways have one node between them: whichever came first.
 */
static void settle_roots(struct nl_walk *walk) {
  for (size_t i = 0; i < walk->plan.count; i++) {
    struct nl_dir *root = walk->roots[i];
    const struct nl_root *given = &walk->given.all[i];
    bool known = root != NULL && (root->flags & NL_DIR_KNOWN) != 0;
    walk->roots[i] = known ? nl_seen_find(walk->seen, root->dev, root->ino) : NULL;
    struct nl_dir *above = known ? nl_seen_find(walk->seen, given->in_dev, given->in_ino) : NULL;
    if (above == NULL || walk->roots[i] != root || nl_dir_leads_to(root, above))
      continue;
    root->above = above;
    root->name = given->last;
    root->name_length = (uint32_t)strlen(given->last);
  }
  for (size_t i = 0; i < walk->plan.count; i++)
    walk->roots[i] = walk->roots[walk->chosen[i]];
}

enum nlink_status nl_walk_run(struct nl_walk **out, const struct nl_walk_plan *plan) {
  *out = NULL;
  struct nl_walk *walk = nl_alloc_zero(sizeof *walk);
  if (walk == NULL)
    return NLINK_NO_MEMORY;
  walk->plan = *plan;
  nl_descent_init(&walk->descent, plan->dir);
  if (nl_os_monitor_open(&walk->common) != 0 || nl_seen_open(&walk->seen) != NLINK_OK ||
      !open_workers(walk) || !open_roots(walk)) {
    nl_walk_close(walk);
    return NLINK_NO_MEMORY;
  }
  walk->told_ns = nl_os_now_ns();
  nl_pool_work(walk->pool);
  nl_walk_settle_again(walk);
  settle_roots(walk);
  nl_walk_singles(walk);
  enum nlink_status status = (enum nlink_status)atomic_load(&walk->stopped);
  if (status == NLINK_NO_MEMORY) {
    nl_walk_close(walk);
    return status;
  }
  *out = walk;
  return status;
}

struct nl_dir *nl_walk_root(const struct nl_walk *walk, size_t index) {
  return walk->roots[index];
}

const struct nl_walk_single *nl_walk_single(const struct nl_walk *walk, size_t index) {
  const struct nl_walk_single *single = walk->singles != NULL ? &walk->singles[walk->chosen[index]] : NULL;
  return single != NULL && single->dir != NULL ? single : NULL;
}

struct nl_dir *nl_walk_find(const struct nl_walk *walk, uint64_t dev, uint64_t ino) {
  struct nl_dir *dir = nl_seen_find(walk->seen, dev, ino);
  return dir == NULL && walk->places != NULL ? nl_seen_find(walk->places, dev, ino) : dir;
}

static void put_by_number(struct nl_dir **directories, const struct nl_seen *seen) {
  size_t at = 0;
  for (struct nl_dir *dir; (dir = nl_seen_next(seen, &at)) != NULL;)
    directories[dir->number] = dir;
}

struct nl_dir **nl_walk_directories(const struct nl_walk *walk, size_t *count) {
  *count = atomic_load(&walk->numbers);
  struct nl_dir **directories = *count > 0 ? nl_alloc(*count * sizeof(struct nl_dir *)) : NULL;
  if (directories == NULL)
    return NULL;
  put_by_number(directories, walk->seen);
  if (walk->places != NULL)
    put_by_number(directories, walk->places);
  return directories;
}

const struct nl_trouble *nl_walk_troubles(const struct nl_walk *walk) {
  return walk->troubles;
}

void nl_walk_close(struct nl_walk *walk) {
  if (walk == NULL)
    return;
  for (unsigned i = 0; walk->workers != NULL && i < walk->worker_count; i++) {
    struct nl_worker *worker = &walk->workers[i];
    nl_arena_fini(&worker->arena);
    nl_free(worker->batch);
    nl_free(worker->children);
    nl_string_fini(&worker->path);
  }
  nl_free(walk->workers);
  nl_pool_close(walk->pool);
  nl_seen_close(walk->seen);
  nl_seen_close(walk->places);
  nl_os_monitor_close(walk->common);
  nl_arena_fini(&walk->arena);
  nl_roots_fini(&walk->given);
  nl_free(walk->chosen);
  nl_free(walk->again);
  nl_free(walk->roots);
  nl_free(walk->single);
  nl_free(walk->singles);
  nl_free(walk);
}
