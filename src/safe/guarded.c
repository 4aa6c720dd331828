/*
 * guarded.c - files held open under leases, looked at and compared
 *
 * A read lease is granted only where nobody has the file open for writing, nor mapped so. Who opens it for writing
 * afterwards is held up until the lease is given back, and nl_os_lease_holds() tells that one came. What is seen of a
 * file under its lease is so until then.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/acting.h"
#include "task/attributes.h"

#include <string.h>

/* ---------------------------------------------------------------- file systems */

/* Under `common`; NULL = no memory. */
static struct nl_act_system *system_of(struct nl_act_job *job, uint64_t dev, int fd) {
  for (size_t i = 0; i < job->system_count; i++)
    if (job->systems[i].dev == dev)
      return &job->systems[i];
  struct nl_act_system *more = nl_realloc(job->systems, (job->system_count + 1) * sizeof *job->systems);
  if (more == NULL)
    return NULL;
  job->systems = more;
  struct nl_os_fs fs = {0};
  bool known = nl_os_fs(&fs, fd) == 0;
  job->systems[job->system_count] =
      (struct nl_act_system){.dev = dev, .tells_mapped_writes = known && fs.tells_mapped_writes};
  return &job->systems[job->system_count++];
}

struct nl_act_why nl_act_sync(struct nl_act_job *job, uint64_t dev, int fd, bool *tells_mapped_writes) {
  struct nl_act_why why = NL_ACT_GOOD;
  nl_os_enter(job->common);
  struct nl_act_system *system = system_of(job, dev, fd);
  if (system == NULL) {
    why = nl_act_failed(NLINK_STEP_MEMORY, nl_os_number(NLINK_NO_MEMORY));
  } else {
    int sys = system->synced ? 0 : nl_os_sync_fs(fd);
    if (nl_os_status(sys) == NLINK_INTERRUPTED)
      sys = nl_os_sync_fs(fd);
    system->synced = sys == 0;
    *tells_mapped_writes = system->tells_mapped_writes;
    if (sys != 0)
      why = nl_act_failed(NLINK_STEP_SYNC, sys);
  }
  nl_os_leave(job->common);
  return why;
}

/* ---------------------------------------------------------------- opening */

/* Put a lease on it. */
static struct nl_act_why guard(bool *leased, const struct nl_act_job *job, int fd) {
  int sys = job->guard != NULL ? nl_os_lease(fd, job->guard) : nl_os_number(NLINK_NOT_SUPPORTED);
  *leased = sys == 0;
  switch (nl_os_status(sys)) {
  case NLINK_OK:
    return NL_ACT_GOOD;
  case NLINK_TRY_AGAIN:
    return nl_act_left(NLINK_LEFT_OPEN);
  case NLINK_DENIED:
  case NLINK_NOT_PERMITTED:
  case NLINK_INVALID:
  case NLINK_NOT_SUPPORTED:
    return job->options->unguarded ? NL_ACT_GOOD : nl_act_left(NLINK_LEFT_UNGUARDED);
  default:
    return nl_act_failed(NLINK_STEP_LEASE, sys);
  }
}

static struct nl_act_why open_name(int *fd, struct nl_actor *actor, uint32_t name) {
  const struct nl_task *task = actor->job->task;
  uint16_t place = 0;
  struct nl_act_why why = nl_batch_dir(&place, actor, task->names[name].dir);
  if (!nl_act_is_good(why))
    return why;
  int sys = nl_os_open_file(fd, actor->batches[actor->now].dirs[place].fd, task->names[name].text);
  switch (nl_os_status(sys)) {
  case NLINK_OK:
    return NL_ACT_GOOD;
  case NLINK_NOT_FOUND:
  case NLINK_SYMLINK_LOOP:
  case NLINK_NOT_DIRECTORY:
    return nl_act_left(NLINK_LEFT_VANISHED);
  case NLINK_TRY_AGAIN: /* somebody has a lease for writing on it */
    return nl_act_left(NLINK_LEFT_OPEN);
  default:
    return nl_act_failed(NLINK_STEP_OPEN, sys);
  }
}

/*
 * Open the file by one of its names, lease it, and look at it under its lease: whether it is as it was noted. VANISHED =
 * the name does not lead to it any more; another one may.
 */
static struct nl_act_why try_name(int *fd, bool *leased, bool guarded, struct nlink_stat *stat,
                                  struct nl_actor *actor, uint32_t index, uint32_t name) {
  const struct nl_task_file *file = &actor->job->task->files[index];
  struct nl_act_why why = open_name(fd, actor, name);
  if (!nl_act_is_good(why))
    return why;
  *leased = false;
  if (guarded)
    why = guard(leased, actor->job, *fd);
  int sys = nl_os_stat_fd(stat, *fd);
  bool is_it = stat->dev == file->dev && stat->ino == file->ino && stat->kind == NLINK_REGULAR;
  if (sys != 0)
    why = nl_act_failed(NLINK_STEP_STAT, sys);
  else if (!is_it)
    why = nl_act_left(NLINK_LEFT_VANISHED);
  /* Whoever changed its ctime in this job has said so before. */
  else if (nl_act_is_good(why) &&
           (stat->size_bytes != file->size_bytes || stat->mtime_ns != file->mtime_ns ||
            (stat->ctime_ns != file->ctime_ns && !atomic_load(&actor->job->marks[index].touched))))
    why = nl_act_left(NLINK_LEFT_CHANGED);
  if (!nl_act_is_good(why)) {
    nl_os_close(*fd);
    *fd = -1;
  }
  return why;
}

/* By the first of the names that leads to it; where none does, the reason that says most. */
static struct nl_act_why take_hold(int *fd, bool *leased, bool guarded, uint32_t *name,
                                   struct nlink_stat *stat, struct nl_actor *actor, uint32_t index,
                                   uint32_t from, uint32_t to) {
  enum { MOST_TRIES = 32 }; /* a batch has no room for the directories of all names */
  struct nl_act_why why = nl_act_left(NLINK_LEFT_VANISHED);
  *fd = -1;
  for (uint32_t i = 0; from + i < to && i < MOST_TRIES && why.left == NLINK_LEFT_VANISHED; i++) {
    if (i > 0 && !nl_batch_has_room(actor))
      break;
    *name = from + i;
    why = try_name(fd, leased, guarded, stat, actor, index, *name);
  }
  return why;
}

struct nl_kept *nl_kept_get(struct nl_actor *actor, uint32_t file, bool leased) {
  struct nl_batch *batch = &actor->batches[actor->now];
  struct nl_kept *last = batch->kept_count > 0 ? &batch->kept[batch->kept_count - 1] : NULL;
  if (last != NULL && last->file == file && last->is_guarded == leased)
    return last;
  const struct nl_task_file *noted = &actor->job->task->files[file];
  struct nl_kept *kept = &batch->kept[batch->kept_count++];
  *kept = (struct nl_kept){.fd = -1, .file = file, .is_guarded = leased};
  kept->why = take_hold(&kept->fd, &kept->leased, leased, &kept->name, &kept->stat, actor, file,
                        noted->first_name, noted->first_name + noted->name_count);
  if (nl_act_is_good(kept->why) && leased)
    kept->why = nl_act_sync(actor->job, kept->stat.dev, kept->fd, &kept->tells_mapped_writes);
  batch->open += kept->fd >= 0;
  return kept;
}

struct nl_act_why nl_grip_take(struct nl_grip **out, struct nl_actor *actor, uint32_t file, uint32_t from,
                               uint32_t to, bool leased) {
  struct nl_batch *batch = &actor->batches[actor->now];
  struct nl_grip *grip = &batch->grips[batch->grip_count];
  *grip = (struct nl_grip){.fd = -1, .file = file, .name = NL_TASK_NO_FILE};
  *out = grip;
  struct nl_act_why why =
      take_hold(&grip->fd, &grip->leased, leased, &grip->name, &grip->stat, actor, file, from, to);
  batch->grip_count += nl_act_is_good(why);
  batch->open += grip->fd >= 0;
  return why;
}

struct nl_grip *nl_grip_take_soft(struct nl_actor *actor, uint32_t file) {
  struct nl_batch *batch = &actor->batches[actor->now];
  struct nl_grip *grip = &batch->grips[batch->grip_count++];
  *grip = (struct nl_grip){.fd = -1, .file = file, .name = NL_TASK_NO_FILE, .ctime_ns = NLINK_TIME_UNKNOWN};
  return grip;
}

void nl_grip_drop(struct nl_actor *actor, struct nl_grip *grip) {
  struct nl_batch *batch = &actor->batches[actor->now];
  nl_os_close(grip->fd);
  batch->open -= grip->fd >= 0;
  batch->grip_count--;
}

/* ---------------------------------------------------------------- comparing */

static struct nl_act_why read_all(int fd, char *room, size_t count, uint64_t at) {
  size_t got = 0;
  int sys = nl_os_read(&got, fd, room, count, at);
  if (sys != 0)
    return nl_act_failed(NLINK_STEP_READ, sys);
  return got == count ? NL_ACT_GOOD : nl_act_left(NLINK_LEFT_CHANGED);
}

/* A piece of both. What is read of a kept file that is no longer than a piece is kept for the next one. */
static struct nl_act_why compare_piece(struct nl_actor *actor, const struct nl_grip *grip,
                                       struct nl_kept *kept, size_t count, uint64_t at) {
  if (actor->content_of != kept) {
    actor->content_of = NULL;
    kept->why = read_all(kept->fd, actor->rooms[0], count, at);
    if (!nl_act_is_good(kept->why))
      return kept->why;
    if (kept->stat.size_bytes <= NL_COMPARE_AGAIN)
      actor->content_of = kept;
  }
  struct nl_act_why why = read_all(grip->fd, actor->rooms[1], count, at);
  if (nl_act_is_good(why) && memcmp(actor->rooms[0], actor->rooms[1], count) != 0)
    why = nl_act_left(NLINK_LEFT_CHANGED);
  return why;
}

/* A clock that ticks some hundred times a second shows two changes as one: a time of a moment ago tells little. */
static bool is_recent(const struct nl_task *task, const struct nlink_stat *stat) {
  enum { MOMENT_NS = 2000000000 };
  int64_t age_ns = 0;
  return !__builtin_sub_overflow(task->noted_ns, stat->mtime_ns, &age_ns) && age_ns < MOMENT_NS &&
         age_ns > -MOMENT_NS;
}

/* Whether the times of both tell that nobody has changed a byte since they were compared. */
static bool tells_all(const struct nl_task *task, const struct nl_grip *grip, const struct nl_kept *kept) {
  return kept->tells_mapped_writes && grip->stat.dev == kept->stat.dev && !is_recent(task, &grip->stat) &&
         !is_recent(task, &kept->stat);
}

static struct nl_act_why compare_bytes(struct nl_actor *actor, const struct nl_grip *grip,
                                       struct nl_kept *kept) {
  uint64_t size_bytes = kept->stat.size_bytes;
  if (grip->stat.size_bytes != size_bytes)
    return nl_act_left(NLINK_LEFT_CHANGED);
  if (size_bytes > NL_COMPARE_AGAIN && tells_all(actor->job->task, grip, kept))
    return NL_ACT_GOOD;
  struct nl_act_why why = NL_ACT_GOOD;
  for (uint64_t at = 0; at < size_bytes && nl_act_is_good(why); at += NL_COMPARE_AGAIN) {
    uint64_t rest = size_bytes - at;
    size_t count = rest < NL_COMPARE_AGAIN ? (size_t)rest : NL_COMPARE_AGAIN;
    why = at > 0 && !nl_act_goes_on(actor) ? nl_act_left(NLINK_LEFT_STOPPED)
                                           : compare_piece(actor, grip, kept, count, at);
  }
  return why;
}

/* The kept file's attributes, and whether they are those that were noted. */
static struct nl_act_why read_attributes(struct nl_actor *actor, struct nl_kept *kept) {
  if (kept->has_attributes)
    return NL_ACT_GOOD;
  struct nl_batch *batch = &actor->batches[actor->now];
  int sys = nl_attributes_read(&kept->attributes, &kept->attribute_count, &batch->arena, kept->fd);
  if (sys != 0) {
    kept->why = nl_act_failed(NLINK_STEP_ATTRIBUTES, sys);
    return kept->why;
  }
  kept->has_attributes = true;
  return NL_ACT_GOOD;
}

/* What the two differ in, in owner, group, mode and attributes. */
static unsigned differ(const struct nlink_stat *a, const struct nlink_stat *b) {
  return (a->uid != b->uid ? 1u << NLINK_ASPECT_OWNER : 0) |
         (a->gid != b->gid ? 1u << NLINK_ASPECT_GROUP : 0) |
         (a->mode != b->mode ? 1u << NLINK_ASPECT_MODE : 0);
}

static bool is_as_noted(const struct nl_task_file *file, const struct nlink_stat *stat,
                        const struct nl_task_attribute *attributes, uint32_t count) {
  const struct nl_task_own *own = &file->own;
  return stat->uid == own->uid && stat->gid == own->gid && stat->mode == own->mode &&
         nl_attributes_differ(attributes, count, own->attributes, own->attribute_count) == 0;
}

/* Where the two differ, because the caller did not mind, each has to be as it was noted. */
static struct nl_act_why compare_owners(struct nl_actor *actor, struct nl_grip *grip, struct nl_kept *kept) {
  const struct nl_task_file *files = actor->job->task->files;
  struct nl_act_why why = read_attributes(actor, kept);
  if (!nl_act_is_good(why))
    return why;
  struct nl_arena *arena = &actor->batches[actor->now].arena;
  int sys = nl_attributes_read(&grip->attributes, &grip->attribute_count, arena, grip->fd);
  if (sys != 0)
    return nl_act_failed(NLINK_STEP_ATTRIBUTES, sys);
  bool good = (differ(&grip->stat, &kept->stat) == 0 &&
               nl_attributes_differ(grip->attributes, grip->attribute_count, kept->attributes,
                                    kept->attribute_count) == 0) ||
              (is_as_noted(&files[kept->file], &kept->stat, kept->attributes, kept->attribute_count) &&
               is_as_noted(&files[grip->file], &grip->stat, grip->attributes, grip->attribute_count));
  return good ? NL_ACT_GOOD : nl_act_left(NLINK_LEFT_CHANGED);
}

struct nl_act_why nl_grip_compare(struct nl_actor *actor, struct nl_grip *grip, struct nl_kept *kept) {
  struct nl_act_why why = compare_owners(actor, grip, kept);
  grip->knows_attributes = nl_act_is_good(why);
  return nl_act_is_good(why) ? compare_bytes(actor, grip, kept) : why;
}

struct nl_act_why nl_grip_compare_again(struct nl_grip *grip, struct nl_arena *arena) {
  const struct nl_task_attribute *attributes = NULL;
  uint32_t count = 0;
  if (!grip->knows_attributes)
    return NL_ACT_GOOD;
  int sys = nl_attributes_read(&attributes, &count, arena, grip->fd);
  if (sys != 0)
    return nl_act_failed(NLINK_STEP_ATTRIBUTES, sys);
  grip->knows_attributes =
      false; /* once is enough: from here on its ctime tells, or there is nothing left to ask */
  return nl_attributes_differ(attributes, count, grip->attributes, grip->attribute_count) == 0
             ? NL_ACT_GOOD
             : nl_act_left(NLINK_LEFT_CHANGED);
}
