/*
 * stroll.c - trees walked in order by one thread, name by name
 *
 * A directory is read whole when the stroll goes into it, and its names are sorted; they are forgotten when it is left.
 * What stays of each directory is its node, by which one that is reached again is known. Nothing is recursive on the
 * C stack, however deep the tree, and the trail keeps few descriptors.
 *
 * Where roots overlap, a name belongs to the innermost root that it is below: from there its depth is limited, its
 * path is compared with the rules, and its file system is told. So what is seen does not depend on the order of the
 * roots; only where it is told does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/stroll.h"

#include "os/os.h"
#include "tree/roots.h"
#include "tree/rules.h"
#include "tree/seen.h"
#include "tree/sorted.h"
#include "tree/trail.h"

#include <string.h>

enum { NAMES_BETWEEN = 64 };

/* One directory that the stroll is in; as many as the trail has steps. */
struct level {
  struct nl_dir *node;
  struct nl_sorted names;
  size_t next;
  uint32_t left;            /* how many levels of names are still told, this one included */
  size_t below;             /* where in the trail's path the way from the innermost root begins */
  uint64_t root_dev;        /* the file system of that root */
  struct nl_roots_in inner; /* roots whose names are in this directory */
  int lost;                 /* why its descriptor could not be won back; 0 = it could, or was not asked for */
};

/* What was given last. */
struct present {
  struct nlink_walk_entry entry;
  struct nlink_stat stat; /* where it was looked at and sys is 0 */
  int sys;
  bool looked;
  bool is_root; /* by whatever way it was found */
  bool go_in;   /* the next step leads into it */
};

struct nl_stroll {
  struct nl_stroll_plan plan;
  struct nl_roots roots;
  size_t next_root;
  bool begun;
  enum nlink_status ended; /* NLINK_OK = not yet */
  struct nl_trail trail;
  struct level *levels;
  size_t level_room;
  struct nl_sorter sorter;
  struct nl_arena nodes;
  struct nl_seen *seen;
  struct present present;
  struct nlink_progress progress;
  unsigned until_asked; /* names until plan.goes_on is asked */
};

static struct level *last(struct nl_stroll *stroll) {
  return &stroll->levels[stroll->trail.count - 1];
}

static const struct nl_step *last_step(const struct nl_stroll *stroll) {
  return &stroll->trail.steps[stroll->trail.count - 1];
}

/* ---------------------------------------------------------------- what goes wrong */

/* Tell of a name in a directory, mostly the present one; NULL = of a root. */
static enum nlink_status stumble(struct nl_stroll *stroll, const struct nl_dir *in, const char *name,
                                 enum nlink_step step, int sys, const char *other) {
  struct nl_string path = {0};
  if (!nl_dir_path_string(&path, in, name, strlen(name)))
    return NLINK_NO_MEMORY;
  stroll->plan.stumble(stroll->plan.ctx, path.text, step, sys, other);
  nl_string_fini(&path);
  return NLINK_OK;
}

/* ---------------------------------------------------------------- going in */

static bool is_above(const struct nl_dir *dir, const struct nl_dir *node) {
  while (node != NULL && node != dir)
    node = node->above;
  return node != NULL;
}

/*
 * Make the node of the directory where the trail has just arrived; NULL in @p out = it was walked already. That a root
 * lies in another is the caller's wish, but not in itself; any other second way is told.
 */
static enum nlink_status make_node(struct nl_stroll *stroll, struct nl_dir **out) {
  const struct nl_step *here = last_step(stroll);
  struct nl_dir *above = stroll->trail.count > 1 ? stroll->levels[stroll->trail.count - 2].node : NULL;
  struct nl_dir *node = nl_dir_new(&stroll->nodes, above, here->name, strlen(here->name), 0);
  *out = node;
  if (node == NULL)
    return NLINK_NO_MEMORY;
  node->dev = here->dev;
  node->ino = here->ino;
  node->btime_ns = here->btime_ns;
  struct nl_dir *first = NULL;
  if (nl_seen_add(stroll->seen, node, &first) != NLINK_OK)
    return NLINK_NO_MEMORY;
  if (first == node)
    return NLINK_OK;
  *out = NULL;
  if ((first->above == NULL && !is_above(first, node)) || stroll->present.is_root)
    return NLINK_OK;
  struct nl_string other = {0};
  if (!nl_dir_path_string(&other, first, NULL, 0))
    return NLINK_NO_MEMORY;
  enum nlink_status status = stumble(stroll, above, here->name, NLINK_STEP_OPEN, 0, other.text);
  nl_string_fini(&other);
  return status;
}

static bool make_level_room(struct nl_stroll *stroll) {
  if (stroll->trail.count <= stroll->level_room)
    return true;
  size_t room = stroll->level_room < 16 ? 16 : stroll->level_room * 2;
  struct level *levels = nl_realloc(stroll->levels, room * sizeof *levels);
  if (levels == NULL)
    return false;
  stroll->levels = levels;
  stroll->level_room = room;
  return true;
}

/* Read the directory where the trail has just arrived. What fails here leaves the trail again. */
static enum nlink_status read_names(struct nl_stroll *stroll, struct nl_dir *node) {
  const struct nl_step *here = last_step(stroll);
  const struct nlink_scope *given = &stroll->plan.scope->given;
  if (!make_level_room(stroll))
    return NLINK_NO_MEMORY;
  struct level *level = last(stroll);
  *level = (struct level){.node = node, .inner = nl_roots_in(&stroll->roots, here->dev, here->ino)};
  if (stroll->present.is_root) {
    const char *path = stroll->trail.path.text;
    level->left = given->max_depth;
    level->below = here->path_length + (here->path_length > 0 && path[here->path_length - 1] != '/');
    level->root_dev = here->dev;
  } else {
    level->left = level[-1].left - 1;
    level->below = level[-1].below;
    level->root_dev = level[-1].root_dev;
  }
  int sys = 0;
  enum nlink_status status = nl_sorter_read(&stroll->sorter, &level->names, here->fd, &sys);
  stroll->progress.directories++;
  if (status == NLINK_OK && sys != 0)
    status = stumble(stroll, node->above, here->name, NLINK_STEP_READ_DIRECTORY, sys, NULL);
  if (status != NLINK_OK)
    nl_free(level->names.names);
  return status;
}

static void leave(struct nl_stroll *stroll) {
  nl_free(last(stroll)->names.names);
  last(stroll)->names = (struct nl_sorted){0};
  nl_trail_up(&stroll->trail);
}

/* The descriptor of the present directory, which may have to be won back. */
static int descriptor(struct nl_stroll *stroll, int *fd) {
  struct level *level = last(stroll);
  if (level->lost == 0)
    level->lost = nl_trail_reopen(&stroll->trail, fd);
  return level->lost;
}

/* Whether the scope allows a directory on this device, below the directory that is so far into the tree. */
static bool allows(const struct nl_stroll *stroll, size_t levels, uint64_t dev) {
  return !stroll->plan.scope->given.one_file_system || stroll->present.is_root ||
         stroll->levels[levels - 1].root_dev == dev;
}

/* Whether to open the directory given last. Opening alone can mount something, so its file system is asked first. */
static enum nlink_status ask_first(struct nl_stroll *stroll, bool *open) {
  *open = true;
  if (!stroll->plan.scope->given.one_file_system || stroll->present.is_root)
    return NLINK_OK;
  const struct nlink_walk_entry *entry = &stroll->present.entry;
  uint64_t dev = stroll->present.stat.dev;
  if (entry->stat == NULL) {
    struct nl_os_look look;
    int fd = -1;
    int sys = descriptor(stroll, &fd);
    if (sys == 0)
      sys = nl_os_look(&look, fd, entry->name);
    *open = sys == 0;
    if (sys != 0)
      return stumble(stroll, last(stroll)->node, entry->name, NLINK_STEP_STAT, sys, NULL);
    dev = look.dev;
  }
  *open = allows(stroll, stroll->trail.count, dev);
  return NLINK_OK;
}

static enum nlink_status go_in(struct nl_stroll *stroll) {
  const char *name = stroll->present.entry.name;
  const struct nl_dir *in = stroll->trail.count > 0 ? last(stroll)->node : NULL;
  stroll->present.go_in = false;
  bool open = true;
  enum nlink_status status = ask_first(stroll, &open);
  if (status != NLINK_OK || !open)
    return status;
  int sys = 0;
  status = in == NULL ? nl_trail_begin(&stroll->trail, stroll->plan.dir, name, &sys)
                      : nl_trail_down(&stroll->trail, name, &sys);
  if (status != NLINK_OK)
    return sys == 0 ? NLINK_NO_MEMORY : stumble(stroll, in, name, NLINK_STEP_OPEN, sys, NULL);
  struct nl_dir *node = NULL;
  if (in == NULL || allows(stroll, stroll->trail.count - 1, last_step(stroll)->dev))
    status = make_node(stroll, &node);
  if (status == NLINK_OK && node != NULL)
    status = read_names(stroll, node);
  if (status != NLINK_OK || node == NULL)
    nl_trail_up(&stroll->trail);
  return status;
}

/* ---------------------------------------------------------------- names */

/* Look at the present name, once; present.sys tells whether it could be. */
static enum nlink_status look(struct nl_stroll *stroll) {
  struct present *present = &stroll->present;
  if (present->looked)
    return NLINK_OK;
  int fd = -1;
  present->looked = true;
  present->sys = descriptor(stroll, &fd);
  if (present->sys == 0)
    present->sys = nl_os_stat(&present->stat, fd, present->entry.name, false);
  if (present->sys != 0)
    return stumble(stroll, last(stroll)->node, present->entry.name, NLINK_STEP_STAT, present->sys, NULL);
  present->entry.kind = present->stat.kind;
  return NLINK_OK;
}

static bool is_seen(const struct present *present) {
  return present->looked && present->sys == 0;
}

static enum nlink_status ask_rules(struct nl_stroll *stroll, bool *takes) {
  const struct nlink_walk_entry *entry = &stroll->present.entry;
  const struct nl_rules *rules = stroll->plan.scope->rules;
  bool is_directory = entry->kind == NLINK_DIRECTORY;
  *takes = true;
  if (rules == NULL)
    return NLINK_OK;
  if (!nl_rules_need_path(rules)) {
    *takes = nl_rules_take(rules, entry->name, NULL, is_directory);
    return NLINK_OK;
  }
  if (!nl_trail_path_to(&stroll->trail, entry->name))
    return NLINK_NO_MEMORY;
  *takes = nl_rules_take(rules, entry->name, stroll->trail.path.text + last(stroll)->below, is_directory);
  nl_trail_path_back(&stroll->trail);
  return NLINK_OK;
}

/* Look at a regular file where its size decides, and at any name where that is wanted. */
static enum nlink_status ask_size(struct nl_stroll *stroll, bool *takes) {
  struct present *present = &stroll->present;
  const struct nl_scope *scope = stroll->plan.scope;
  bool decides = present->entry.kind == NLINK_REGULAR && nl_scope_needs_size(scope);
  enum nlink_status status = decides || stroll->plan.stat ? look(stroll) : NLINK_OK;
  if (is_seen(present))
    *takes = present->entry.kind != NLINK_REGULAR || nl_scope_takes_size(scope, present->stat.size_bytes);
  else if (present->looked) /* what vanished is not told; what only cannot be looked at is */
    *takes = !decides && nl_os_status(present->sys) != NLINK_NOT_FOUND;
  return status;
}

/* Whether the present name is told. */
static enum nlink_status examine(struct nl_stroll *stroll, bool *takes) {
  struct present *present = &stroll->present;
  const struct level *level = last(stroll);
  bool may_be_root = nl_roots_may_match(level->inner, present->entry.name);
  enum nlink_status status =
      may_be_root || present->entry.kind == NLINK_KIND_UNKNOWN ? look(stroll) : NLINK_OK;
  struct nl_root *root = NULL;
  if (may_be_root && is_seen(present))
    root = nl_roots_match(level->inner, present->entry.name, present->stat.dev, present->stat.ino);
  *takes = root == NULL || !root->told;
  if (status == NLINK_OK && *takes)
    status = ask_rules(stroll, takes);
  if (status == NLINK_OK && *takes)
    status = ask_size(stroll, takes);
  if (status != NLINK_OK || !*takes)
    return status;
  if (root != NULL)
    root->told = true;
  present->is_root = root != NULL;
  present->go_in = present->entry.kind == NLINK_DIRECTORY && (root != NULL || level->left > 1);
  present->entry.stat = stroll->plan.stat && is_seen(present) ? &present->stat : NULL;
  return NLINK_OK;
}

/* The next name of the present directory. */
static enum nlink_status take_name(struct nl_stroll *stroll, bool *takes) {
  struct level *level = last(stroll);
  const struct nl_sorted_name *name = &level->names.names[level->next++];
  struct present *present = &stroll->present;
  stroll->progress.names++;
  present->entry = (struct nlink_walk_entry){.name = name->text,
                                             .name_length = name->length,
                                             .place = (const struct nlink_place *)level->node,
                                             .depth = level->node->depth + 1,
                                             .kind = name->kind};
  present->looked = present->is_root = present->go_in = false;
  return examine(stroll, takes);
}

/* ---------------------------------------------------------------- roots */

/* Rules are for what is below a root; a name of a list is below the directory that the list is relative to. */
static bool takes_root(const struct nl_stroll *stroll, const struct nl_root *root,
                       const struct nlink_stat *stat) {
  const struct nl_scope *scope = stroll->plan.scope;
  if (stat->kind == NLINK_REGULAR && !nl_scope_takes_size(scope, stat->size_bytes))
    return false;
  return !scope->given.listed || nl_root_passes(root, scope->rules, stat->kind == NLINK_DIRECTORY);
}

static enum nlink_status take_root(struct nl_stroll *stroll, bool *takes) {
  const struct nl_root *root = &stroll->roots.all[stroll->next_root++];
  struct present *present = &stroll->present;
  *takes = !root->same->told;
  if (!*takes)
    return NLINK_OK;
  root->same->told = true;
  stroll->progress.names++;
  int sys = nl_os_stat(&present->stat, stroll->plan.dir, root->path, false);
  *takes = sys == 0 && takes_root(stroll, root, &present->stat);
  if (sys != 0)
    return stumble(stroll, NULL, root->path, NLINK_STEP_STAT, sys, NULL);
  present->entry = (struct nlink_walk_entry){.name = root->path,
                                             .name_length = strlen(root->path),
                                             .kind = present->stat.kind,
                                             .stat = stroll->plan.stat ? &present->stat : NULL};
  present->is_root = true;
  present->go_in = *takes && present->stat.kind == NLINK_DIRECTORY && !stroll->plan.scope->given.listed;
  return NLINK_OK;
}

/* ---------------------------------------------------------------- the whole */

enum nlink_status nl_stroll_open(struct nl_stroll **out, const struct nl_stroll_plan *plan) {
  *out = NULL;
  struct nl_stroll *stroll = nl_alloc_zero(sizeof *stroll);
  if (stroll == NULL)
    return NLINK_NO_MEMORY;
  stroll->plan = *plan;
  enum nlink_status status = nl_roots_open(&stroll->roots, plan->paths, plan->count);
  if (status == NLINK_OK)
    status = nl_seen_open(&stroll->seen);
  if (status == NLINK_OK)
    *out = stroll;
  else
    nl_stroll_close(stroll);
  return status;
}

/* One piece of work: mostly a name, which may or may not be told. */
static enum nlink_status step(struct nl_stroll *stroll, bool *takes) {
  *takes = false;
  if (!stroll->begun) {
    stroll->begun = true;
    /* One root alone is neither told twice nor in another. */
    return stroll->plan.count < 2
               ? NLINK_OK
               : nl_roots_look(&stroll->roots, stroll->plan.dir, stroll->plan.scope->given.listed);
  }
  if (stroll->present.go_in)
    return go_in(stroll);
  if (stroll->trail.count > 0) {
    if (last(stroll)->next < last(stroll)->names.count)
      return take_name(stroll, takes);
    leave(stroll);
    return NLINK_OK;
  }
  return stroll->next_root < stroll->roots.count ? take_root(stroll, takes) : NLINK_END;
}

/* Whether the caller wants to go on: asked before a directory is read, and after some names. */
static bool goes_on(struct nl_stroll *stroll) {
  if (stroll->plan.goes_on == NULL)
    return true;
  if (!stroll->present.go_in && stroll->until_asked-- > 0)
    return true;
  stroll->until_asked = NAMES_BETWEEN;
  return stroll->plan.goes_on(stroll->plan.ctx, &stroll->progress);
}

enum nlink_status nl_stroll_next(struct nl_stroll *stroll, const struct nlink_walk_entry **entry) {
  bool takes = false;
  while (stroll->ended == NLINK_OK && !takes)
    stroll->ended = goes_on(stroll) ? step(stroll, &takes) : NLINK_CANCELLED;
  if (stroll->ended == NLINK_OK)
    *entry = &stroll->present.entry;
  return stroll->ended;
}

void nl_stroll_skip(struct nl_stroll *stroll) {
  stroll->present.go_in = false;
}

void nl_stroll_close(struct nl_stroll *stroll) {
  if (stroll == NULL)
    return;
  for (size_t i = 0; i < stroll->trail.count; i++)
    nl_free(stroll->levels[i].names.names);
  nl_trail_fini(&stroll->trail);
  nl_free(stroll->levels);
  nl_sorter_fini(&stroll->sorter);
  nl_seen_close(stroll->seen);
  nl_arena_fini(&stroll->nodes);
  nl_roots_fini(&stroll->roots);
  nl_free(stroll);
}
