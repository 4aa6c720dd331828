/*
 * account.c - what directories occupy, and what deleting them would free
 *
 * Figures are sums, added in any order; what is taken away may come before what it is taken from, which unsigned
 * numbers forgive. So neither the order of the paths nor the chance of threads changes any of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sum/account.h"

#include <string.h>

/* Before each node: what lies in the directory itself. */
struct own {
  _Atomic uint64_t allocated_bytes; /* of the directory too, and of directories in it that were not entered */
  _Atomic uint64_t apparent_bytes;
  _Atomic uint64_t files;  /* with one name */
  _Atomic uint64_t closed; /* directories in it that were not entered */
};

/* Sums of the directory that a worker is in, not yet added to it. */
struct sums {
  struct nl_dir *dir;
  uint64_t allocated_bytes;
  uint64_t apparent_bytes;
  uint64_t files;
  char apart[64];
};

struct nl_account {
  struct nl_table *table;
  atomic_bool is_short;
  unsigned workers;
  struct sums sums[];
};

size_t nl_account_extra(void) {
  return sizeof(struct own);
}

enum nlink_status nl_account_open(struct nl_account **out, unsigned workers) {
  struct nl_account *account = nl_alloc_zero(sizeof *account + workers * sizeof account->sums[0]);
  *out = account;
  if (account == NULL)
    return NLINK_NO_MEMORY;
  account->workers = workers;
  if (nl_table_open(&account->table, workers, false) != NLINK_OK) {
    nl_account_close(account);
    *out = NULL;
    return NLINK_NO_MEMORY;
  }
  return NLINK_OK;
}

/* ---------------------------------------------------------------- while walking */

static struct own *own_of(const struct nl_dir *dir) {
  return nl_dir_extra(dir, sizeof(struct own));
}

static void add(_Atomic uint64_t *to, uint64_t more) {
  atomic_fetch_add_explicit(to, more, memory_order_relaxed);
}

static void flush(struct sums *sums) {
  if (sums->dir != NULL && sums->files > 0) {
    struct own *own = own_of(sums->dir);
    add(&own->allocated_bytes, sums->allocated_bytes);
    add(&own->apparent_bytes, sums->apparent_bytes);
    add(&own->files, sums->files);
  }
  sums->allocated_bytes = 0;
  sums->apparent_bytes = 0;
  sums->files = 0;
}

/*
 * A directory that is not walked belongs to the one that it is in; one of another file system to nobody: deleting
 * does not reach it. One that is nowhere is a path that could not be entered.
 */
static void take_directory(const struct nl_sight *sight) {
  const struct nl_dir *dir = sight->self != NULL ? sight->self : sight->dir;
  if (dir == NULL || sight->look == NULL || sight->again)
    return;
  struct own *own = own_of(dir);
  if (sight->self == NULL) {
    if ((dir->flags & NL_DIR_LISTED) == 0 && sight->look->dev != dir->dev)
      return;
    add(&own->closed, 1);
  }
  add(&own->allocated_bytes, sight->look->allocated_bytes);
  add(&own->apparent_bytes, sight->look->size_bytes);
}

bool nl_account_take(void *ctx, const struct nl_sight *sight) {
  struct nl_account *account = ctx;
  const struct nl_os_look *look = sight->look;
  if (sight->kind == NLINK_DIRECTORY) {
    take_directory(sight);
    return true;
  }
  if (look == NULL || sight->dir == NULL)
    return true;
  if (look->link_count != 1) {
    bool added = nl_table_add(account->table, sight);
    if (!added)
      atomic_store_explicit(&account->is_short, true, memory_order_relaxed);
    return added;
  }
  struct sums *sums = &account->sums[sight->worker];
  if (sums->dir != sight->dir) {
    flush(sums);
    sums->dir = sight->dir;
  }
  sums->allocated_bytes += look->allocated_bytes;
  sums->apparent_bytes += look->size_bytes;
  sums->files++;
  return true;
}

bool nl_account_is_short(const struct nl_account *account) {
  return atomic_load(&account->is_short);
}

/* ---------------------------------------------------------------- afterwards */

enum nlink_status nl_account_settle(struct nl_account *account) {
  for (unsigned i = 0; i < account->workers; i++)
    flush(&account->sums[i]);
  return nl_table_settle(account->table);
}

uint64_t nl_account_own_bytes(const struct nl_dir *dir) {
  return atomic_load_explicit(&own_of(dir)->allocated_bytes, memory_order_relaxed);
}

/* Of a file that grew between two looks the larger figures are taken, whichever came first. */
static void settle_changed(struct nl_group *group) {
  for (size_t i = 0; i < group->count; i++) {
    const struct nl_name *name = nl_group_name(group, i);
    if (name->allocated_bytes > group->allocated_bytes)
      group->allocated_bytes = name->allocated_bytes;
    if (name->size_bytes > group->size_bytes)
      group->size_bytes = name->size_bytes;
  }
}

bool nl_account_next(const struct nl_account *account, const struct nl_forest *forest, size_t *at,
                     struct nl_shared *shared) {
  struct nl_group *group = &shared->group;
  shared->begin = *at;
  if (!nl_table_next(account->table, at, group))
    return false;
  for (size_t i = 0; i < group->count; i++)
    group->items[i].key = forest->place[nl_group_name(group, i)->dir];
  if (group->count > 1)
    nl_sort_in_place(group->items, group->count, NULL, NULL);
  uint64_t seen = group->count;
  shared->all_names = group->link_count > seen ? group->link_count : seen;
  shared->all_inside = !group->changed && seen >= group->link_count;
  if (group->changed) {
    shared->all_names += shared->all_names == seen; /* one at least may be elsewhere by now */
    settle_changed(group);
  }
  return true;
}

static void add_file(struct nl_figures *to, const struct nl_shared *shared) {
  to->apparent_bytes += shared->group.size_bytes;
  to->once_bytes += shared->group.allocated_bytes;
  to->files++;
  to->all_names += shared->all_names;
}

static void take_away_file(struct nl_figures *from, const struct nl_shared *shared) {
  from->apparent_bytes -= shared->group.size_bytes;
  from->once_bytes -= shared->group.allocated_bytes;
  from->files--;
  from->all_names -= shared->all_names;
}

static void put_file(struct nl_figures *out, const struct nl_forest *forest, const struct nl_shared *shared) {
  const struct nl_group *group = &shared->group;
  uint32_t first = (uint32_t)group->items[0].key;
  uint32_t last = (uint32_t)group->items[group->count - 1].key;
  uint32_t before = first;
  add_file(&out[first], shared);
  for (size_t i = 0; i < group->count; i++) {
    uint32_t at = (uint32_t)group->items[i].key;
    out[at].names++;
    if (at == before)
      continue;
    add_file(&out[at], shared);
    take_away_file(&out[nl_forest_meet(forest, before, at)], shared);
    before = at;
  }
  if (!shared->all_inside)
    return;
  struct nl_figures *meet = &out[nl_forest_meet(forest, first, last)];
  meet->freed_bytes += group->allocated_bytes;
  meet->freed_files++;
}

static void put_own(struct nl_figures *out, const struct nl_dir *dir) {
  const struct own *own = own_of(dir);
  uint64_t files = atomic_load_explicit(&own->files, memory_order_relaxed);
  out->apparent_bytes = atomic_load_explicit(&own->apparent_bytes, memory_order_relaxed);
  out->once_bytes = atomic_load_explicit(&own->allocated_bytes, memory_order_relaxed);
  out->freed_bytes = out->once_bytes;
  out->names = files;
  out->files = files;
  out->freed_files = files;
  out->all_names = files;
  out->directories = atomic_load_explicit(&own->closed, memory_order_relaxed);
  if ((dir->flags & NL_DIR_LISTED) == 0)
    out->directories++;
}

static void add_up(struct nl_figures *to, const struct nl_figures *from) {
  to->apparent_bytes += from->apparent_bytes;
  to->once_bytes += from->once_bytes;
  to->freed_bytes += from->freed_bytes;
  to->names += from->names;
  to->files += from->files;
  to->freed_files += from->freed_files;
  to->all_names += from->all_names;
  to->directories += from->directories;
}

void nl_account_figures(struct nl_figures *out, const struct nl_account *account,
                        const struct nl_forest *forest, struct nl_dir *const *directories,
                        nl_account_each *each, void *ctx) {
  out[0] = (struct nl_figures){0};
  for (size_t place = 1; place < forest->count; place++)
    put_own(&out[place], directories[forest->node[place]]);
  struct nl_shared shared;
  for (size_t at = 0; nl_account_next(account, forest, &at, &shared);) {
    put_file(out, forest, &shared);
    if (each != NULL)
      each(ctx, &shared);
  }
  for (size_t place = forest->count; place-- > 1;)
    add_up(&out[forest->above[place]], &out[place]);
}

void nl_account_close(struct nl_account *account) {
  if (account == NULL)
    return;
  nl_table_close(account->table);
  nl_free(account);
}
