/*
 * exchange.c - one name: the new thing made beside it, the two exchanged, looked at, and finished or taken back
 *
 * What comes out of an exchange is looked at, not believed: between the last look and the exchange somebody may have
 * renamed another file over the name. Then that file goes back where it was, at once. If the name has changed hands once
 * more by then, what came last stays under the name, and what nobody knows is never removed: it stays under the
 * temporary name, and the caller is told.
 *
 * SPDX-License-Identifier: MIT
 */
#include "path/relative.h"
#include "safe/acting.h"
#include "safe/temp.h"

#include <string.h>

enum { TRIES = 4 };

static const char *text_of(const struct nl_act_job *job, uint32_t name) {
  return job->task->names[name].text;
}

/*
 * Where two names cannot change places in one step, the old file gets a second temporary name of this task, which
 * recovering knows, too; it ends under the first one.
 */
static int exchange_by_link(struct nl_act_job *job, uint32_t name, int dir, const char *temp) {
  char old[NL_TASK_TEMP_SIZE];
  nl_task_temp(old, job->task, job->task->name_count + name);
  int sys = nl_temp_exchange_by_link(dir, temp, text_of(job, name), old);
  if (sys != 0)
    return sys;
  for (int i = 0; i < TRIES; i++) {
    sys = nl_os_rename(dir, old, temp);
    if (sys == 0)
      return 0;
  }
  if (nl_os_rename(dir, old, text_of(job, name)) != 0)
    atomic_fetch_add(&job->stuck_names, 1);
  return sys;
}

static int exchange(struct nl_act_job *job, uint32_t name, int dir, const char *temp) {
  int sys = nl_os_exchange(dir, temp, text_of(job, name));
  return nl_temp_is_impossible(sys) ? exchange_by_link(job, name, dir, temp) : sys;
}

void nl_name_drop(struct nl_act_job *job, int dir, const char *temp) {
  if (nl_temp_remove(dir, temp) != 0)
    atomic_fetch_add(&job->stuck_names, 1);
}

static bool is_made(const struct nl_os_look *look, struct nl_made made) {
  return look->dev == made.dev && look->ino == made.ino;
}

/* A look that failed once may be answered the next time; nothing is decided without it. */
static int look_surely(struct nl_os_look *look, int dir, const char *name) {
  int sys = 0;
  for (int i = 0; i < TRIES; i++) {
    sys = nl_os_look(look, dir, name);
    if (sys == 0 || nl_os_status(sys) == NLINK_NOT_FOUND)
      break;
  }
  return sys;
}

/* ---------------------------------------------------------------- making */

/* The text that leads from the directory of @p name to the kept file. */
static int way_to(struct nl_string *out, const struct nl_task *task, uint32_t kept, uint32_t name) {
  struct nl_string target = {0};
  struct nl_string link = {0};
  int sys = nl_task_path(&target, task, kept) && nl_task_path(&link, task, name)
                ? nl_relative_path(out, NLINK_CWD, target.text, NLINK_CWD, link.text)
                : nl_os_number(NLINK_NO_MEMORY);
  nl_string_fini(&target);
  nl_string_fini(&link);
  return sys;
}

/* A soft link that leads to the kept file: that is looked at. */
static struct nl_act_why make_symlink(struct nl_act_job *job, const struct nl_kept *kept, uint32_t name,
                                      int dir, const char *temp, struct nl_made *made) {
  struct nl_string way = {0};
  int sys = way_to(&way, job->task, kept->name, name);
  if (sys == 0)
    sys = nl_os_symlink(way.text, dir, temp);
  nl_string_fini(&way);
  if (sys != 0)
    return nl_act_failed(NLINK_STEP_SYMLINK, sys);
  struct nl_os_look look = {0};
  struct nlink_stat stat = {0};
  sys = look_surely(&look, dir, temp);
  if (sys == 0)
    sys = nl_os_stat(&stat, dir, temp, true);
  *made = (struct nl_made){look.dev, look.ino};
  if (sys == 0 && nl_os_is_same(&stat, &kept->stat))
    return NL_ACT_GOOD;
  nl_name_drop(job, dir, temp);
  return sys != 0 ? nl_act_failed(NLINK_STEP_STAT, sys) : nl_act_left(NLINK_LEFT_CHANGED);
}

static struct nl_act_why make_link(const struct nl_kept *kept, int dir, const char *temp) {
  int sys = nl_os_link_fd(kept->fd, dir, temp);
  if (sys == 0)
    return NL_ACT_GOOD;
  /* Over a network the answer can be lost, and the link made all the same. */
  struct nl_os_look look = {0};
  if (look_surely(&look, dir, temp) == 0 && is_made(&look, (struct nl_made){kept->stat.dev, kept->stat.ino}))
    return NL_ACT_GOOD;
  enum nlink_status status = nl_os_status(sys);
  if (status == NLINK_TOO_MANY_LINKS || status == NLINK_TOO_SMALL) /* the latter is ntfs-3g's */
    return (struct nl_act_why){NLINK_LEFT_LINK_LIMIT, NLINK_STEP_LINK, sys};
  /* The kept file's last name is gone, or the directory. */
  return status == NLINK_NOT_FOUND ? nl_act_left(NLINK_LEFT_VANISHED) : nl_act_failed(NLINK_STEP_LINK, sys);
}

struct nl_act_why nl_name_make(struct nl_actor *actor, const struct nl_kept *kept, uint32_t name, int dir,
                               struct nl_made *made) {
  struct nl_act_job *job = actor->job;
  const struct nl_task_file *file = &job->task->files[job->task->names[name].file];
  char temp[NL_TASK_TEMP_SIZE];
  nl_task_temp(temp, job->task, name);
  if (file->deed == NL_DEED_SYMLINK)
    return make_symlink(job, kept, name, dir, temp, made);
  *made = (struct nl_made){kept->stat.dev, kept->stat.ino};
  if (kept->file != NL_TASK_NO_FILE)
    atomic_store(&job->marks[kept->file].touched, true);
  return make_link(kept, dir, temp);
}

/* ---------------------------------------------------------------- taking back */

enum outcome { GONE, AGAIN, STAYS };

/* The name holds what is ours, and the temporary name what is not: each goes where it was. */
static enum outcome exchange_back(struct nl_act_job *job, uint32_t name, int dir, const char *temp,
                                  struct nl_made made) {
  if (exchange(job, name, dir, temp) != 0)
    return AGAIN;
  struct nl_os_look look = {0};
  /* Somebody put that there meanwhile, after what we put back: it stays there. */
  if (look_surely(&look, dir, temp) == 0 && !is_made(&look, made))
    exchange(job, name, dir, temp);
  return AGAIN;
}

/* One step towards a temporary name that is gone, and a name that holds what it should. */
static enum outcome step_back(struct nl_act_job *job, uint32_t name, int dir, const char *temp,
                              struct nl_made made) {
  struct nl_os_look look = {0};
  int sys = look_surely(&look, dir, temp);
  if (sys != 0)
    return nl_os_status(sys) == NLINK_NOT_FOUND ? GONE : AGAIN;
  if (is_made(&look, made))
    return nl_temp_remove(dir, temp) == 0 ? GONE : STAYS;
  sys = look_surely(&look, dir, text_of(job, name));
  if (nl_os_status(sys) == NLINK_NOT_FOUND) {
    sys = nl_os_rename_new(dir, temp, text_of(job, name));
    if (nl_temp_is_impossible(sys)) {
      sys = nl_temp_link_surely(dir, temp, text_of(job, name));
      return sys == 0 && nl_temp_remove(dir, temp) == 0 ? GONE : AGAIN;
    }
    return sys == 0 ? GONE : AGAIN;
  }
  if (sys != 0)
    return AGAIN;
  return is_made(&look, made) ? exchange_back(job, name, dir, temp, made) : STAYS;
}

bool nl_name_take_back(struct nl_act_job *job, uint32_t name, int dir, struct nl_made made) {
  char temp[NL_TASK_TEMP_SIZE];
  nl_task_temp(temp, job->task, name);
  enum outcome outcome = AGAIN;
  for (int i = 0; i < 2 * TRIES && outcome == AGAIN; i++)
    outcome = step_back(job, name, dir, temp, made);
  if (outcome == GONE)
    return true;
  atomic_fetch_add(&job->stuck_names, 1);
  return false;
}

/* What is told of a name whose temporary one is left. */
static struct nl_act_why stuck(struct nl_act_why why) {
  return why.left == NLINK_LEFT_FAILED ? why : nl_act_failed(NLINK_STEP_BACKUP, nl_os_number(NLINK_EXISTS));
}

/* ---------------------------------------------------------------- exchanging */

struct nl_act_why nl_name_is_soft(const struct nl_act_job *job, uint32_t index, int dir, const char *text) {
  const struct nl_task_file *file = &job->task->files[index];
  struct nl_os_look look = {0};
  char target[NLINK_TARGET_SIZE];
  int sys = nl_os_look(&look, dir, text);
  if (sys != 0)
    return nl_os_status(sys) == NLINK_NOT_FOUND ? nl_act_left(NLINK_LEFT_VANISHED)
                                                : nl_act_failed(NLINK_STEP_STAT, sys);
  if (look.dev != file->dev || look.ino != file->ino || look.kind != NLINK_SYMLINK)
    return nl_act_left(NLINK_LEFT_VANISHED);
  sys = nl_os_readlink(target, sizeof target, dir, text);
  if (sys != 0)
    return nl_act_failed(NLINK_STEP_READLINK, sys);
  return strcmp(target, file->target) == 0 ? NL_ACT_GOOD : nl_act_left(NLINK_LEFT_VANISHED);
}

/* Whether it is the file of the grip, and nobody has changed it since it was looked at under its lease. */
static struct nl_act_why judge(const struct nl_act_job *job, const struct nl_grip *grip,
                               const struct nl_os_look *look) {
  const struct nl_task_file *file = &job->task->files[grip->file];
  const struct nlink_stat *stat = &grip->stat;
  if (look->dev != file->dev || look->ino != file->ino)
    return nl_act_left(NLINK_LEFT_VANISHED);
  if ((look->size_bytes != stat->size_bytes || look->mtime_ns != stat->mtime_ns || look->uid != stat->uid ||
       look->gid != stat->gid || look->mode != stat->mode))
    return nl_act_left(NLINK_LEFT_CHANGED);
  return NL_ACT_GOOD;
}

/*
 * Who wants to write to the kept file goes on with that, and may have found it by this very name: the name stays with it.
 * Only the rest of the group is not tried.
 */
static bool hold(const struct nl_grip *grip, struct nl_kept *kept) {
  if (kept != NULL && kept->leased && !nl_os_lease_holds(kept->fd))
    kept->why = nl_act_left(NLINK_LEFT_OPEN);
  return !grip->leased || nl_os_lease_holds(grip->fd);
}

/* Without a lease on it the kept file itself tells whether its bytes are still those that were compared. */
static struct nl_act_why look_at_kept(struct nl_kept *kept) {
  struct nlink_stat stat = {0};
  if (kept == NULL || kept->leased || kept->fd < 0 || kept->file == NL_TASK_NO_FILE)
    return NL_ACT_GOOD;
  int sys = nl_os_stat_fd(&stat, kept->fd);
  if (sys != 0)
    kept->why = nl_act_failed(NLINK_STEP_STAT, sys);
  else if (stat.size_bytes != kept->stat.size_bytes || stat.mtime_ns != kept->stat.mtime_ns)
    kept->why = nl_act_left(NLINK_LEFT_CHANGED);
  return kept->why;
}

static struct nl_act_why look_at_old(struct nl_os_look *look, const struct nl_act_job *job,
                                     const struct nl_grip *grip, int dir, const char *temp) {
  if (grip->fd < 0)
    return nl_name_is_soft(job, grip->file, dir, temp);
  int sys = nl_os_look(look, dir, temp);
  return sys != 0 ? nl_act_failed(NLINK_STEP_STAT, sys) : judge(job, grip, look);
}

/* On btrfs a directory can have room for the short temporary name of a file, and none for the name. */
static struct nl_act_why not_exchanged(int sys) {
  enum nlink_status status = nl_os_status(sys);
  if (status == NLINK_TOO_MANY_LINKS)
    return (struct nl_act_why){NLINK_LEFT_LINK_LIMIT, NLINK_STEP_EXCHANGE, sys};
  return status == NLINK_NOT_FOUND ? nl_act_left(NLINK_LEFT_VANISHED)
                                   : nl_act_failed(NLINK_STEP_EXCHANGE, sys);
}

struct nl_act_why nl_name_exchange(struct nl_actor *actor, struct nl_grip *grip, struct nl_kept *kept,
                                   uint32_t name, int dir, struct nl_made made) {
  struct nl_act_job *job = actor->job;
  char temp[NL_TASK_TEMP_SIZE];
  nl_task_temp(temp, job->task, name);
  atomic_store(&job->marks[grip->file].touched, true);
  struct nl_act_why why;
  struct nl_os_look look = {0};
  int sys = exchange(job, name, dir, temp);
  if (sys != 0) {
    why = not_exchanged(sys);
  } else {
    why = look_at_old(&look, job, grip, dir, temp);
    if (nl_act_is_good(why) && !hold(grip, kept))
      why = nl_act_left(NLINK_LEFT_OPEN);
    if (nl_act_is_good(why))
      why = look_at_kept(kept);
  }
  if (nl_act_is_good(why)) {
    bool changes = grip->is_split || job->marks[grip->file].is_shared;
    grip->ctime_ns = changes ? NLINK_TIME_UNKNOWN : look.ctime_ns;
    actor->batches[actor->now].exchanged_ns = nl_os_now_ns();
    return why;
  }
  /* While the leases are there: who is held up goes on with the old file, which has to have its name by then. */
  return nl_name_take_back(job, name, dir, made) ? why : stuck(why);
}

/* ---------------------------------------------------------------- finishing */

/* The last look at the old file, which nobody can have changed or asked for since the exchange. */
static struct nl_act_why look_again(const struct nl_act_job *job, struct nl_grip *grip, uint64_t *link_count,
                                    struct nl_arena *arena) {
  struct nlink_stat stat = {0};
  *link_count = 0;
  if (grip->fd < 0)
    return NL_ACT_GOOD;
  int sys = nl_os_stat_fd(&stat, grip->fd);
  if (sys != 0)
    return nl_act_failed(NLINK_STEP_STAT, sys);
  const struct nl_os_look look = {.dev = stat.dev,
                                  .ino = stat.ino,
                                  .size_bytes = stat.size_bytes,
                                  .mtime_ns = stat.mtime_ns,
                                  .uid = stat.uid,
                                  .gid = stat.gid,
                                  .mode = stat.mode};
  *link_count = stat.link_count;
  struct nl_act_why why = judge(job, grip, &look);
  if (nl_act_is_good(why) && grip->ctime_ns != NLINK_TIME_UNKNOWN && stat.ctime_ns != grip->ctime_ns)
    why = nl_act_left(NLINK_LEFT_CHANGED);
  if (nl_act_is_good(why))
    why = nl_grip_compare_again(grip, arena);
  if (nl_act_is_good(why) && grip->leased && !nl_os_lease_holds(grip->fd))
    why = nl_act_left(NLINK_LEFT_OPEN);
  return why;
}

void nl_name_finish(struct nl_actor *actor, struct nl_grip *grip, const struct nl_kept *kept, uint32_t name,
                    int dir, struct nl_made made, struct nl_arena *arena) {
  struct nl_act_job *job = actor->job;
  char temp[NL_TASK_TEMP_SIZE];
  nl_task_temp(temp, job->task, name);
  uint64_t link_count = 0;
  struct nl_act_why why = grip->why; /* what speaks against one of its names does so for all */
  if (nl_act_is_good(why))
    why = look_again(job, grip, &link_count, arena);
  grip->why = why;
  grip->ctime_ns = NLINK_TIME_UNKNOWN; /* from here on we change it by ourselves */
  if (nl_act_is_good(why)) {
    int sys = nl_temp_remove(dir, temp);
    if (sys == 0) {
      if (kept != NULL && kept->file != NL_TASK_NO_FILE)
        atomic_store_explicit(&job->marks[kept->file].is_used, true, memory_order_relaxed);
      if (link_count == 1 && job->task->files[grip->file].deed != NL_DEED_COPY)
        atomic_fetch_add_explicit(&job->gained_bytes, job->task->files[grip->file].allocated_bytes,
                                  memory_order_relaxed);
      nl_act_done(actor, name);
      return;
    }
    atomic_fetch_add(&job->stuck_names, 1);
    why = nl_act_failed(NLINK_STEP_UNLINK, sys);
  } else if (!nl_name_take_back(job, name, dir, made)) {
    why = stuck(why);
  }
  nl_act_leave(actor, name, why);
}
