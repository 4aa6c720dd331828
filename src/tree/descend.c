/*
 * descend.c - the descriptors of a walk: how a directory is opened below another, and how few are open at once
 *
 * A descriptor can be taken away from a directory while other threads want to use it. Who uses it counts itself first
 * and looks then whether it is there; who takes it away removes it first and waits then until nobody uses it. One of
 * the two sees the other. A use lasts one system call.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/descend.h"

#include "os/os.h"

enum {
  MOST_DESCRIPTORS = 4096,
  FEWEST_DESCRIPTORS = 8,
  NEAR = 4, /* levels above that stay open: the walk comes back to them soonest */
  ANCHOR_EVERY =
      32 /* levels; anchors stay open longer, so that the way from the next open directory is short */
};

void nl_descent_init(struct nl_descent *descent, int dir) {
  descent->dir = dir;
  atomic_init(&descent->opened, 0);
  atomic_init(&descent->budget, nl_os_descriptors(MOST_DESCRIPTORS));
}

static bool borrow(struct nl_dir *dir, int *fd) {
  atomic_fetch_add(&dir->users, 1);
  *fd = atomic_load(&dir->fd);
  if (*fd >= 0)
    return true;
  atomic_fetch_sub(&dir->users, 1);
  return false;
}

void nl_descent_return(struct nl_dir *dir) {
  atomic_fetch_sub(&dir->users, 1);
}

void nl_descent_close(struct nl_descent *descent, struct nl_dir *dir) {
  int fd = atomic_exchange(&dir->fd, -1);
  if (fd < 0)
    return;
  while (atomic_load(&dir->users) > 0)
    nl_os_yield();
  nl_os_close(fd);
  atomic_fetch_sub_explicit(&descent->opened, 1, memory_order_relaxed);
}

/* Give back what lies further up until the budget is kept: first all but the anchors, then those far away, too. */
static void save(struct nl_descent *descent, struct nl_dir *dir, unsigned budget) {
  for (unsigned anchors = 0; anchors < 2; anchors++) {
    unsigned far = 0;
    for (struct nl_dir *up = dir->above; up != NULL && up->above != NULL; up = up->above) {
      if (atomic_load_explicit(&descent->opened, memory_order_relaxed) <= budget)
        return;
      far++;
      bool is_anchor = up->depth % ANCHOR_EVERY == 0;
      if (far > (is_anchor ? NEAR * ANCHOR_EVERY : NEAR) && (anchors == 1 || !is_anchor))
        nl_descent_close(descent, up);
    }
  }
}

/* Keep a descriptor in its directory, unless somebody else put one there meanwhile. */
static void keep(struct nl_descent *descent, struct nl_dir *dir, int fd) {
  int none = -1;
  if (atomic_compare_exchange_strong(&dir->fd, &none, fd))
    atomic_fetch_add_explicit(&descent->opened, 1, memory_order_relaxed);
  else
    nl_os_close(fd);
}

static int check_identity(int fd, const struct nl_dir *dir) {
  struct nl_os_look look;
  int sys = nl_os_look(&look, fd, "");
  if (sys == 0 && (look.dev != dir->dev || look.ino != dir->ino))
    sys = nl_os_number(NLINK_NOT_FOUND);
  return sys;
}

/* Step down from an open directory to the next of those that lead to @p dir, and keep it open. */
static int step_down(struct nl_descent *descent, struct nl_dir *from, struct nl_dir *to) {
  int at = -1;
  if (!borrow(from, &at))
    return nl_os_number(NLINK_TRY_AGAIN);
  int fd = -1;
  int sys = nl_os_open(&fd, at, to->name, NL_OS_SUBDIRECTORY);
  nl_descent_return(from);
  if (sys != 0)
    return sys;
  sys = check_identity(fd, to);
  if (sys == 0)
    keep(descent, to, fd);
  else
    nl_os_close(fd);
  return sys;
}

/* Open again a directory whose descriptor was given back, and those between it and the next open one above. */
static int find_again(struct nl_descent *descent, struct nl_dir *dir) {
  int fd = -1;
  for (;;) {
    struct nl_dir *below = dir; /* the first on the way down that is not open */
    struct nl_dir *open = dir->above;
    while (open != NULL && !borrow(open, &fd)) {
      below = open;
      open = open->above;
    }
    if (open == NULL)
      return nl_os_number(NLINK_NOT_FOUND);
    nl_descent_return(open);
    int sys = step_down(descent, open, below);
    if (sys != 0 && sys != nl_os_number(NLINK_TRY_AGAIN))
      return sys;
    if (sys == 0 && below == dir)
      return 0;
    if (sys == 0)
      save(descent, below, atomic_load(&descent->budget));
  }
}

int nl_descent_borrow(struct nl_descent *descent, struct nl_dir *dir, int *fd) {
  while (!borrow(dir, fd)) {
    int sys = find_again(descent, dir);
    if (sys != 0)
      return sys;
  }
  return 0;
}

static int open_below(struct nl_descent *descent, struct nl_dir *dir, int *fd) {
  if (dir->above == NULL)
    return nl_os_open_to_read(fd, descent->dir, dir->name, false);
  int at = -1;
  int sys = nl_descent_borrow(descent, dir->above, &at);
  if (sys != 0)
    return sys;
  sys = nl_os_open_to_read(fd, at, dir->name, false);
  nl_descent_return(dir->above);
  return sys;
}

int nl_descend(struct nl_descent *descent, struct nl_dir *dir) {
  int fd = -1;
  int sys = open_below(descent, dir, &fd);
  if (nl_os_is_out_of_descriptors(sys)) {
    unsigned opened = atomic_load(&descent->opened);
    unsigned budget = opened / 2 > FEWEST_DESCRIPTORS ? opened / 2 : FEWEST_DESCRIPTORS;
    atomic_store(&descent->budget, budget);
    save(descent, dir, budget);
    sys = open_below(descent, dir, &fd);
  }
  if (sys != 0)
    return sys;
  keep(descent, dir, fd);
  unsigned budget = atomic_load_explicit(&descent->budget, memory_order_relaxed);
  if (atomic_load_explicit(&descent->opened, memory_order_relaxed) > budget)
    save(descent, dir, budget);
  return 0;
}
