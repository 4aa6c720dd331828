/*
 * seek.c - find the names of given files in trees, and no longer than needed
 *
 * Directories tell a number with each name. On most file systems that is the number of the file, and the name of another
 * file needs no look: a few bits of a filter tell nearly always that the number is none of those sought. On the others
 * (overlays, servers, what is unknown) each name is looked at. What a directory is worth is found out once where a
 * walk comes to another device, and handed down.
 *
 * SPDX-License-Identifier: MIT
 */
#include "find/seek.h"

#include "tree/walk.h"

#include <string.h>

/* ---------------------------------------------------------------- sets of identities */

#define NONE SIZE_MAX

struct set {
  const struct nl_seek_id **ids;
  uint32_t *slots; /* open addressing: which, plus one; 0 = free */
  uint64_t *bits;  /* of the numbers, with some chance: 16 bits for each */
  size_t count;
  unsigned slot_shift;
  unsigned bit_shift;
};

static uint64_t mix(uint64_t ino) {
  return ino * UINT64_C(0x9e3779b97f4a7c15);
}

/* Whether a file of this number may be in the set. */
static inline bool set_may_hold(const struct set *set, uint64_t ino) {
  uint64_t bit = mix(ino) >> set->bit_shift;
  return (set->bits[bit / 64] >> bit % 64 & 1) != 0;
}

/* Where it is, or where it would be. */
static size_t slot_of(const struct set *set, uint64_t dev, uint64_t ino) {
  size_t mask = ((size_t)1 << (64 - set->slot_shift)) - 1;
  size_t slot = (size_t)(mix(ino + mix(dev)) >> set->slot_shift);
  for (; set->slots[slot] != 0; slot = (slot + 1) & mask) {
    const struct nl_seek_id *id = set->ids[set->slots[slot] - 1];
    if (id->ino == ino && id->dev == dev)
      break;
  }
  return slot;
}

static size_t set_find(const struct set *set, uint64_t dev, uint64_t ino) {
  if (set->count == 0 || !set_may_hold(set, ino))
    return NONE;
  uint32_t which = set->slots[slot_of(set, dev, ino)];
  return which == 0 ? NONE : which - 1;
}

/* Room for so many; false = memory is exhausted. */
static bool set_open(struct set *set, size_t count) {
  enum { FEWEST_LOG = 9, MOST_LOG = 31 };
  unsigned log = FEWEST_LOG;
  while (log < MOST_LOG && ((size_t)1 << log) < count * 2)
    log++;
  if (count * 2 > (size_t)1 << log)
    return false;
  set->slot_shift = 64 - log;
  set->bit_shift = 64 - (log + 3);
  set->ids = nl_alloc((count + 1) * sizeof *set->ids);
  set->slots = nl_alloc_zero(((size_t)1 << log) * sizeof *set->slots);
  set->bits = nl_alloc_zero(((size_t)1 << log));
  return set->ids != NULL && set->slots != NULL && set->bits != NULL;
}

static void set_add(struct set *set, const struct nl_seek_id *id) {
  size_t slot = slot_of(set, id->dev, id->ino);
  if (set->slots[slot] != 0)
    return;
  uint64_t bit = mix(id->ino) >> set->bit_shift;
  set->bits[bit / 64] |= UINT64_C(1) << bit % 64;
  set->ids[set->count++] = id;
  set->slots[slot] = (uint32_t)set->count;
}

static void set_close(struct set *set) {
  nl_free(set->ids);
  nl_free(set->slots);
  nl_free(set->bits);
}

/* ---------------------------------------------------------------- what is known during the walk */

/* What is known of a directory, before its node. */
struct mark {
  unsigned char how; /* enum how */
};

enum how {
  LOOK_AT_EACH, /* nothing is known of what its numbers mean */
  BY_NUMBER,
  NOTHING_THERE /* no file that is sought is on its device, and its numbers can be trusted */
};

enum { MARK_BYTES = 8 }; /* of a struct mark, and what a node's alignment asks for */

struct found {
  struct found *next;
  const struct nl_dir *dir;
  size_t file;
  uint32_t length;
  bool soft;
  char name[];
};

/* How many names of a file are still wanted. */
struct missing {
  _Atomic uint64_t names;
};

struct seeker {
  struct nl_arena arena;
  struct found *found;
  size_t count;
  uint64_t unverified;
  uint64_t unfollowed;
  char apart[64];
};

struct nl_seek {
  struct nl_seek_plan plan;
  struct set files;
  struct set goals;           /* what soft links may lead to; its numbers are the files', and on from there */
  struct nl_seek_id *devices; /* those of the files, each with the number 0 */
  struct set on;              /* the same */
  struct missing *missing;    /* of each file */
  _Atomic size_t unfinished;  /* how many files have names missing */
  atomic_bool out_of_memory;
  struct seeker *seekers;
  unsigned seeker_count;
  struct nl_walk *walk;
  struct nl_arena paths;
  struct nl_seek_name *names;
  size_t name_count;
};

static struct mark *mark_of(const struct nl_dir *dir) {
  return nl_dir_extra(dir, MARK_BYTES);
}

/* A directory is entered: what its names are worth. */
static void enter(struct nl_seek *seek, const struct nl_sight *sight) {
  struct nl_dir *self = sight->self;
  struct mark *mark = mark_of(self);
  const struct nl_dir *above = self->above;
  if (above != NULL && above->dev == self->dev) {
    mark->how = mark_of(above)->how;
    return;
  }
  bool tells = false;
  if (nl_os_tells_numbers(&tells, sight->at) != 0 || !tells)
    mark->how = LOOK_AT_EACH;
  else
    mark->how = set_find(&seek->on, self->dev, 0) != NONE ? BY_NUMBER : NOTHING_THERE;
}

/* ---------------------------------------------------------------- a name */

static bool note(struct nl_seek *seek, const struct nl_sight *sight, size_t file, bool soft) {
  struct seeker *seeker = &seek->seekers[sight->worker];
  struct found *found = nl_arena_take_tight(&seeker->arena, sizeof *found + sight->length + 1);
  if (found == NULL) {
    atomic_store(&seek->out_of_memory, true);
    return false;
  }
  *found = (struct found){seeker->found, sight->dir, file, (uint32_t)sight->length, soft};
  memcpy(found->name, sight->name, sight->length + 1);
  seeker->found = found;
  seeker->count++;
  return true;
}

/* One of the names of a file; false = it was the last that was missing. */
static bool note_name(struct nl_seek *seek, const struct nl_sight *sight, size_t file) {
  if (!note(seek, sight, file, false))
    return false;
  uint64_t before = atomic_load_explicit(&seek->missing[file].names, memory_order_relaxed);
  while (before > 0 && !atomic_compare_exchange_weak(&seek->missing[file].names, &before, before - 1))
    ;
  return before != 1 || atomic_fetch_sub(&seek->unfinished, 1) != 1 || seek->plan.soft;
}

static bool take_by_look(struct nl_seek *seek, const struct nl_sight *sight, const struct nl_os_look *look) {
  size_t file = look->kind == NLINK_DIRECTORY ? NONE : set_find(&seek->files, look->dev, look->ino);
  return file == NONE || note_name(seek, sight, file);
}

static bool take_name(struct nl_seek *seek, const struct nl_sight *sight) {
  if (sight->look != NULL)
    return take_by_look(seek, sight, sight->look);
  if (mark_of(sight->dir)->how == NOTHING_THERE)
    return true;
  if (mark_of(sight->dir)->how == BY_NUMBER && set_find(&seek->files, sight->dir->dev, sight->ino) == NONE)
    return true;
  struct nl_os_look look;
  int sys = nl_os_look(&look, sight->at, sight->at_name);
  if (sys == 0)
    return take_by_look(seek, sight, &look);
  seek->seekers[sight->worker].unverified += nl_os_status(sys) != NLINK_NOT_FOUND;
  return true;
}

/* Whether a soft link that cannot be followed leads nowhere, or where nobody lets us see: that is no trouble. */
static bool leads_nowhere(int sys) {
  switch (nl_os_status(sys)) {
  case NLINK_NOT_FOUND:
  case NLINK_NOT_DIRECTORY:
  case NLINK_DENIED:
  case NLINK_NAME_TOO_LONG:
  case NLINK_SYMLINK_LOOP:
    return true;
  default:
    return false;
  }
}

static bool take_soft(struct nl_seek *seek, const struct nl_sight *sight) {
  struct nlink_stat stat;
  int sys = nl_os_stat(&stat, sight->at, sight->at_name, true);
  if (sys != 0) {
    seek->seekers[sight->worker].unfollowed += !leads_nowhere(sys);
    return true;
  }
  size_t goal = set_find(&seek->goals, stat.dev, stat.ino);
  return goal == NONE || note(seek, sight, goal, true);
}

static bool take(void *ctx, const struct nl_sight *sight) {
  struct nl_seek *seek = ctx;
  if (sight->self != NULL)
    enter(seek, sight);
  if (sight->kind == NLINK_DIRECTORY)
    return true;
  if (seek->plan.soft && sight->kind == NLINK_SYMLINK && !take_soft(seek, sight))
    return false;
  return take_name(seek, sight);
}

/* ---------------------------------------------------------------- the whole */

static bool prepare(struct nl_seek *seek) {
  const struct nl_seek_plan *plan = &seek->plan;
  size_t goals = plan->file_count + plan->goal_count;
  seek->seeker_count = nl_walk_workers(plan->scope);
  seek->seekers = nl_alloc_zero(seek->seeker_count * sizeof *seek->seekers);
  seek->missing = nl_alloc_zero((plan->file_count + 1) * sizeof *seek->missing);
  seek->devices = nl_alloc_zero((plan->file_count + 1) * sizeof *seek->devices);
  if (seek->seekers == NULL || seek->missing == NULL || seek->devices == NULL ||
      !set_open(&seek->files, plan->file_count) || !set_open(&seek->goals, goals) ||
      !set_open(&seek->on, plan->file_count))
    return false;
  for (size_t i = 0; i < plan->file_count; i++) {
    set_add(&seek->files, &plan->files[i].id);
    set_add(&seek->goals, &plan->files[i].id);
    seek->devices[i].dev = plan->files[i].id.dev;
    set_add(&seek->on, &seek->devices[i]);
    atomic_store(&seek->missing[i].names, plan->files[i].names);
    if (plan->files[i].names > 0)
      atomic_fetch_add(&seek->unfinished, 1);
  }
  for (size_t i = 0; i < plan->goal_count; i++)
    set_add(&seek->goals, &plan->goals[i]);
  return true;
}

/* The names with their paths, which are known for good only now. */
static bool gather(struct nl_seek *seek) {
  size_t count = 0;
  for (unsigned i = 0; i < seek->seeker_count; i++)
    count += seek->seekers[i].count;
  if (count == 0)
    return true;
  seek->names = nl_alloc(count * sizeof *seek->names);
  if (seek->names == NULL)
    return false;
  for (unsigned i = 0; i < seek->seeker_count; i++) {
    for (const struct found *at = seek->seekers[i].found; at != NULL; at = at->next) {
      size_t length = nl_dir_path(NULL, 0, at->dir, at->name, at->length);
      char *path = nl_arena_take_tight(&seek->paths, length + 1);
      if (path == NULL)
        return false;
      nl_dir_path(path, length + 1, at->dir, at->name, at->length);
      const struct nl_seek_id in = {at->dir->dev, at->dir->ino};
      seek->names[seek->name_count++] = (struct nl_seek_name){at->file, at->soft, in, path};
    }
    nl_arena_fini(&seek->seekers[i].arena);
    seek->seekers[i].found = NULL;
  }
  return true;
}

enum nlink_status nl_seek_run(struct nl_seek **out, const struct nl_seek_plan *plan) {
  *out = NULL;
  struct nl_seek *seek = nl_alloc_zero(sizeof *seek);
  if (seek == NULL)
    return NLINK_NO_MEMORY;
  seek->plan = *plan;
  const struct nl_walk_plan walk = {.dir = plan->dir,
                                    .paths = plan->paths,
                                    .count = plan->count,
                                    .scope = plan->scope,
                                    .extra_bytes = MARK_BYTES,
                                    .take = take,
                                    .ctx = seek};
  enum nlink_status status = prepare(seek) ? NLINK_OK : NLINK_NO_MEMORY;
  if (status == NLINK_OK && (atomic_load(&seek->unfinished) > 0 || plan->soft))
    status = nl_walk_run(&seek->walk, &walk);
  else if (status == NLINK_OK)
    status = NLINK_END;
  if (atomic_load(&seek->out_of_memory) || status == NLINK_NO_MEMORY || !gather(seek)) {
    nl_seek_close(seek);
    return NLINK_NO_MEMORY;
  }
  *out = seek;
  return status;
}

const struct nl_seek_name *nl_seek_names(const struct nl_seek *seek, size_t *count) {
  *count = seek->name_count;
  return seek->names;
}

const struct nl_trouble *nl_seek_troubles(const struct nl_seek *seek) {
  return seek->walk != NULL ? nl_walk_troubles(seek->walk) : NULL;
}

uint64_t nl_seek_unverified(const struct nl_seek *seek) {
  uint64_t count = 0;
  for (unsigned i = 0; i < seek->seeker_count; i++)
    count += seek->seekers[i].unverified;
  return count;
}

uint64_t nl_seek_unfollowed(const struct nl_seek *seek) {
  uint64_t count = 0;
  for (unsigned i = 0; i < seek->seeker_count; i++)
    count += seek->seekers[i].unfollowed;
  return count;
}

void nl_seek_close(struct nl_seek *seek) {
  if (seek == NULL)
    return;
  for (unsigned i = 0; seek->seekers != NULL && i < seek->seeker_count; i++)
    nl_arena_fini(&seek->seekers[i].arena);
  nl_walk_close(seek->walk);
  set_close(&seek->files);
  set_close(&seek->goals);
  set_close(&seek->on);
  nl_free(seek->devices);
  nl_free(seek->missing);
  nl_free(seek->seekers);
  nl_free(seek->names);
  nl_arena_fini(&seek->paths);
  nl_free(seek);
}

/* ---------------------------------------------------------------- where to begin */

/* Step up to the directory above, if it is on the same device and another one; false = stay. */
static bool climb(int *fd, struct nl_os_look *here, int *halted) {
  int above = -1;
  struct nl_os_look look = {0};
  *halted = nl_os_open(&above, *fd, "..", NL_OS_SUBDIRECTORY);
  if (*halted == 0)
    *halted = nl_os_look(&look, above, "");
  if (*halted != 0 || look.dev != here->dev || look.ino == here->ino) {
    nl_os_close(above);
    return false;
  }
  nl_os_close(*fd);
  *fd = above;
  *here = look;
  return true;
}

int nl_seek_start(struct nl_string *out, int dir, int *halted) {
  enum { MOST_LEVELS = 1 << 20 }; /* somebody may move directories under us for ever */
  char path[NLINK_TARGET_SIZE];
  struct nl_os_look here;
  int fd = -1;
  *halted = 0;
  int sys = nl_os_open(&fd, dir, ".", NL_OS_SUBDIRECTORY);
  if (sys == 0)
    sys = nl_os_look(&here, fd, "");
  for (unsigned level = 0; sys == 0 && level < MOST_LEVELS && climb(&fd, &here, halted);)
    level++;
  if (sys == 0)
    sys = nl_os_directory_path(path, sizeof path, fd);
  nl_os_close(fd);
  if (sys == 0 && path[0] != '/')
    sys = nl_os_number(NLINK_NOT_FOUND);
  nl_string_cut(out, 0);
  if (sys == 0 && !nl_string_add(out, path, strlen(path)))
    sys = nl_os_number(NLINK_NO_MEMORY);
  return sys;
}
