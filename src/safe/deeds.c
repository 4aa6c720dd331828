/*
 * deeds.c - what is done with the files of a group, one deed after the other
 *
 * LINK and SYMLINK go name by name: made, exchanged, looked at. COPY makes all names' new files in a batch first; they
 * are exchanged when they are on the disk, all by one sync. AIM is like SYMLINK without a kept file. REMOVE moves a soft
 * link to its temporary name and looks at it there. SHARE changes no name: the system itself compares and shares.
 *
 * A kept file that has as many names as it can have: the file at hand is not replaced, but kept from now on for all the
 * rest of the group, whoever works on it. Its names count as left alone (LINK_LIMIT), and are told so only where no
 * other name became one of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/acting.h"
#include "safe/temp.h"
#include "task/attributes.h"

#include <string.h>

/* ---------------------------------------------------------------- one name */

static void hold(struct nl_actor *actor, const struct nl_grip *grip, const struct nl_kept *kept,
                 uint32_t name, uint16_t place, struct nl_made made, enum nl_held_state state) {
  struct nl_batch *batch = &actor->batches[actor->now];
  batch->names[batch->name_count++] = (struct nl_held_name){
      .name = name,
      .grip = (uint16_t)(grip - batch->grips),
      .kept = kept == NULL ? NL_NO_KEPT : (uint16_t)(kept - batch->kept),
      .dir = place,
      .state = (uint8_t)state,
      .made = made,
  };
  batch->made += state == NL_HELD_MADE;
}

/* Whether the name leads to the file still. What it was opened by a moment ago need not be asked. */
static struct nl_act_why look_at(const struct nl_actor *actor, const struct nl_grip *grip, uint32_t name,
                                 int dir) {
  if (name == grip->name)
    return NL_ACT_GOOD;
  const struct nl_task *task = actor->job->task;
  const struct nl_task_file *file = &task->files[grip->file];
  if (file->target != NULL)
    return nl_name_is_soft(actor->job, grip->file, dir, task->names[name].text);
  struct nl_os_look look = {0};
  int sys = nl_os_look(&look, dir, task->names[name].text);
  if (sys != 0)
    return nl_os_status(sys) == NLINK_NOT_FOUND ? nl_act_left(NLINK_LEFT_VANISHED)
                                                : nl_act_failed(NLINK_STEP_STAT, sys);
  bool is_it = look.dev == file->dev && look.ino == file->ino && look.kind == NLINK_REGULAR;
  return is_it ? NL_ACT_GOOD : nl_act_left(NLINK_LEFT_VANISHED);
}

static struct nl_act_why find(uint16_t *place, int *dir, struct nl_actor *actor, const struct nl_grip *grip,
                              uint32_t name) {
  struct nl_act_why why = nl_batch_dir(place, actor, actor->job->task->names[name].dir);
  if (!nl_act_is_good(why))
    return why;
  *dir = actor->batches[actor->now].dirs[*place].fd;
  return look_at(actor, grip, name, *dir);
}

/*
 * Where somebody wants to write to the kept file since the first name of this one was exchanged, the others follow all the
 * same: he is held up, and what he writes by the first is to be seen by all of them, as before.
 */
static struct nl_act_why replace_name(struct nl_actor *actor, struct nl_grip *grip, struct nl_kept *kept,
                                      uint32_t name) {
  uint16_t place = 0;
  int dir = -1;
  struct nl_made made = {0};
  struct nl_act_why why = find(&place, &dir, actor, grip, name);
  if (nl_act_is_good(why))
    why = nl_name_make(actor, kept, name, dir, &made);
  if (nl_act_is_good(why))
    why = nl_name_exchange(actor, grip, kept, name, dir, made);
  if (nl_act_is_good(why))
    hold(actor, grip, kept, name, place, made, NL_HELD_EXCHANGED);
  return why;
}

/* ---------------------------------------------------------------- a file's names, as many as a batch takes */

/* Handle names from @p at on; the first that is not handled. @p why = none of them can be, for this reason. */
typedef uint32_t part_function(struct nl_actor *actor, uint32_t index, uint32_t at, uint32_t end,
                               struct nl_act_why *why);

/* The file that is kept in the place of one that has as many names as it can have. */
static uint32_t kept_now(const struct nl_act_job *job, uint32_t keep) {
  for (uint32_t next; (next = atomic_load(&job->marks[keep].instead)) != NL_TASK_NO_FILE;)
    keep = next;
  return keep;
}

/* Be kept from now on, or let the one that another worker found be. */
static uint32_t be_kept(struct nl_actor *actor, uint32_t keep, uint32_t index, uint32_t at, uint32_t end) {
  struct nl_act_job *job = actor->job;
  uint32_t none = NL_TASK_NO_FILE;
  if (!atomic_compare_exchange_strong(&job->marks[keep].instead, &none, index))
    return at;
  atomic_store(&job->marks[index].is_instead, true);
  for (; at < end; at++) {
    struct nl_task_name *name = &job->task->names[at];
    if (name->state != NL_TASK_OPEN)
      continue;
    name->state = NL_TASK_LEFT;
    name->left = NLINK_LEFT_LINK_LIMIT;
    nl_act_note(actor, at);
  }
  return end;
}

/* What is to be seen to when no more names of a file are tried in this batch. */
static void let_go(struct nl_actor *actor, struct nl_grip *grip, size_t names_before, bool is_split) {
  const struct nl_batch *batch = &actor->batches[actor->now];
  if (batch->name_count == names_before) {
    nl_grip_drop(actor, grip);
  } else if (is_split) {
    grip->is_split = true;
    grip->ctime_ns = NLINK_TIME_UNKNOWN;
  }
}

static uint32_t replace_part(struct nl_actor *actor, uint32_t index, uint32_t at, uint32_t end,
                             struct nl_act_why *why) {
  struct nl_act_job *job = actor->job;
  const struct nl_task_file *file = &job->task->files[index];
  struct nl_batch *batch = nl_batch_now(actor);
  struct nl_grip *grip = NULL;
  uint32_t keep = kept_now(job, file->keep);
  struct nl_kept *kept = nl_kept_get(actor, keep, true);
  *why = kept->why;
  bool is_soft = file->target != NULL; /* in an undo: what it leads to is not what it gets */
  if (nl_act_is_good(*why) && is_soft)
    grip = nl_grip_take_soft(actor, index);
  else if (nl_act_is_good(*why))
    *why = nl_grip_take(&grip, actor, index, at, end, true);
  if (!nl_act_is_good(*why) || grip == NULL)
    return at;
  grip->is_split = at > file->first_name;
  size_t before = batch->name_count;
  if (!is_soft)
    *why = nl_grip_compare(actor, grip, kept);
  bool is_first = true;
  bool is_limited = false;
  for (; nl_act_is_good(*why) && at < end && !is_limited && (is_first || nl_batch_has_room(actor));
       is_first = false) {
    struct nl_act_why one =
        job->task->names[at].state == NL_TASK_OPEN ? replace_name(actor, grip, kept, at) : NL_ACT_GOOD;
    is_limited = one.left == NLINK_LEFT_LINK_LIMIT && !is_soft;
    if (!nl_act_is_good(one) && !is_limited)
      nl_act_leave(actor, at, one);
    at += !is_limited;
  }
  let_go(actor, grip, before, at < end);
  return is_limited ? be_kept(actor, keep, index, at, end) : at;
}

/* ---------------------------------------------------------------- copies */

static int set_attributes(int fd, const struct nl_task_own *own) {
  int sys = 0;
  for (uint32_t i = 0; i < own->attribute_count && sys == 0; i++)
    sys = nl_os_set_xattr(fd, own->attributes[i].name, own->attributes[i].value, own->attributes[i].length);
  return sys;
}

/*
 * A directory can give the files that are made in it an access list, which the old file had not. One that says no more than
 * the mode takes it away.
 */
static int drop_access_list(int fd, const struct nl_task_own *own, struct nl_arena *arena) {
  static const char name[] = "system.posix_acl_access";
  static const unsigned char tags[] = {1, 4, 0x20}; /* the owner, the group, others */
  const struct nl_task_attribute *given = NULL;
  uint32_t count = 0;
  bool is_there = false;
  unsigned char list[28] = {2};
  for (unsigned i = 0; i < 3; i++) {
    list[4 + 8 * i] = tags[i];
    list[6 + 8 * i] = (unsigned char)(own->mode >> (6 - 3 * i) & 7u);
    memset(list + 8 + 8 * (size_t)i, 255, 4);
  }
  int sys = nl_attributes_read(&given, &count, arena, fd);
  for (uint32_t i = 0; i < count && sys == 0; i++)
    is_there = is_there || strcmp(given[i].name, name) == 0;
  return is_there ? nl_os_set_xattr(fd, name, list, sizeof list) : sys;
}

/* Owner, attributes, mode, times: each undoes what a later one would change, or needs what it would take away. */
static struct nl_act_why dress(int fd, struct nlink_stat *stat, const struct nl_task_own *own,
                               struct nl_arena *arena) {
  int sys = nl_os_stat_fd(stat, fd);
  if (sys != 0)
    return nl_act_failed(NLINK_STEP_STAT, sys);
  if (stat->uid != own->uid || stat->gid != own->gid)
    sys = nl_os_set_owner(fd, own->uid, own->gid);
  if (sys == 0)
    sys = drop_access_list(fd, own, arena);
  if (sys == 0)
    sys = set_attributes(fd, own);
  if (sys == 0)
    sys = nl_os_set_mode(fd, own->mode);
  if (sys == 0)
    sys = nl_os_set_times(fd, own->atime_ns, own->mtime_ns);
  return sys == 0 ? NL_ACT_GOOD : nl_act_failed(NLINK_STEP_ATTRIBUTES, sys);
}

/* Make the group's copy under the temporary name of @p name. */
static struct nl_act_why make_copy(struct nl_kept **out, struct nl_actor *actor, int from,
                                   uint64_t size_bytes, const struct nl_task_own *own, uint32_t name,
                                   int dir) {
  struct nl_batch *batch = &actor->batches[actor->now];
  char temp[NL_TASK_TEMP_SIZE];
  nl_task_temp(temp, actor->job->task, name);
  int fd = -1;
  int sys = nl_os_create(&fd, dir, temp);
  if (sys != 0)
    return nl_act_failed(NLINK_STEP_WRITE, sys);
  sys = nl_os_copy(from, fd, size_bytes);
  struct nlink_stat stat = {0};
  struct nl_act_why why =
      sys == 0 ? dress(fd, &stat, own, &batch->arena) : nl_act_failed(NLINK_STEP_WRITE, sys);
  if (!nl_act_is_good(why)) {
    nl_os_close(fd);
    nl_name_drop(actor->job, dir, temp);
    return why;
  }
  *out = &batch->kept[batch->kept_count++];
  **out = (struct nl_kept){.fd = fd, .file = NL_TASK_NO_FILE, .name = name, .stat = stat};
  batch->open++;
  actor->copy_dev = stat.dev;
  actor->copy_ino = stat.ino;
  return NL_ACT_GOOD;
}

/* The copy of the group at hand, where this batch has it open. */
static struct nl_kept *copy_here(struct nl_actor *actor) {
  struct nl_batch *batch = &actor->batches[actor->now];
  for (size_t i = batch->kept_count; i > 0; i--) {
    struct nl_kept *kept = &batch->kept[i - 1];
    if (kept->file == NL_TASK_NO_FILE && kept->stat.ino == actor->copy_ino &&
        kept->stat.dev == actor->copy_dev)
      return kept;
  }
  return NULL;
}

/* An earlier batch made it: it is opened again by a name that it has by now. */
static struct nl_act_why reopen_copy(struct nl_kept **out, struct nl_actor *actor, uint32_t group) {
  struct nl_batch *batch = &actor->batches[actor->now];
  const struct nl_task *task = actor->job->task;
  const struct nl_task_group *files = &task->groups[group];
  for (uint32_t f = files->first_file; f < files->first_file + files->file_count; f++) {
    const struct nl_task_file *file = &task->files[f];
    for (uint32_t i = 0; i < file->name_count && file->deed == NL_DEED_COPY && nl_batch_has_room(actor);
         i++) {
      uint32_t name = file->first_name + i;
      uint16_t place = 0;
      int fd = -1;
      struct nlink_stat stat = {0};
      if (!nl_act_is_good(nl_batch_dir(&place, actor, task->names[name].dir)) ||
          nl_os_open_file(&fd, batch->dirs[place].fd, task->names[name].text) != 0)
        continue;
      if (nl_os_stat_fd(&stat, fd) == 0 && stat.dev == actor->copy_dev && stat.ino == actor->copy_ino) {
        *out = &batch->kept[batch->kept_count++];
        **out = (struct nl_kept){.fd = fd, .file = NL_TASK_NO_FILE, .name = name, .stat = stat};
        batch->open++;
        return NL_ACT_GOOD;
      }
      nl_os_close(fd);
    }
  }
  return nl_act_left(NLINK_LEFT_VANISHED);
}

/* What the copy is made of: the file itself, or for a soft link the one that it led to. */
static struct nl_act_why make_group_copy(struct nl_kept **out, struct nl_actor *actor,
                                         const struct nl_grip *grip, uint32_t name, int dir) {
  const struct nl_task *task = actor->job->task;
  const struct nl_task_file *file = &task->files[grip->file];
  int from = grip->fd;
  uint64_t size_bytes = file->size_bytes;
  if (file->keep != NL_TASK_NO_FILE) {
    const struct nl_kept *kept = nl_kept_get(actor, file->keep, true);
    if (!nl_act_is_good(kept->why))
      return kept->why;
    from = kept->fd;
    size_bytes = task->files[file->keep].size_bytes;
  }
  return make_copy(out, actor, from, size_bytes, &file->own, name, dir);
}

/* The new file under the temporary name: the first one of the group is the copy itself, the others are names of it. */
static struct nl_act_why copy_name(struct nl_actor *actor, struct nl_grip *grip, uint32_t name) {
  uint32_t group = actor->job->task->files[grip->file].group;
  uint16_t place = 0;
  int dir = -1;
  struct nl_made made = {0};
  struct nl_act_why why = find(&place, &dir, actor, grip, name);
  if (!nl_act_is_good(why))
    return why;
  struct nl_kept *copy = NULL;
  if (actor->copy_group != group) {
    why = make_group_copy(&copy, actor, grip, name, dir);
    if (!nl_act_is_good(why) || copy == NULL)
      return why;
    actor->copy_group = group;
    made = (struct nl_made){copy->stat.dev, copy->stat.ino};
  } else {
    copy = copy_here(actor);
    if (copy == NULL)
      why = reopen_copy(&copy, actor, group);
    if (nl_act_is_good(why))
      why = nl_name_make(actor, copy, name, dir, &made);
  }
  if (nl_act_is_good(why))
    hold(actor, grip, copy, name, place, made, NL_HELD_MADE);
  return why;
}

static uint32_t copy_part(struct nl_actor *actor, uint32_t index, uint32_t at, uint32_t end,
                          struct nl_act_why *why) {
  const struct nl_task *task = actor->job->task;
  const struct nl_batch *batch = nl_batch_now(actor);
  struct nl_grip *grip = NULL;
  if (task->files[index].target != NULL)
    grip = nl_grip_take_soft(actor, index);
  else
    *why = nl_grip_take(&grip, actor, index, at, end, true);
  if (!nl_act_is_good(*why) || grip == NULL)
    return at;
  size_t before = batch->name_count;
  for (bool is_first = true; at < end && (is_first || nl_batch_has_room(actor)); at++, is_first = false) {
    struct nl_act_why one = task->names[at].state == NL_TASK_OPEN ? copy_name(actor, grip, at) : NL_ACT_GOOD;
    if (!nl_act_is_good(one))
      nl_act_leave(actor, at, one);
  }
  let_go(actor, grip, before, true);
  return at;
}

/* ---------------------------------------------------------------- soft links */

/* What a refusal does not keep from being done: a soft link's own owner and times mean little. */
static void keep_own(int dir, const char *temp, const struct nl_task_own *own) {
  nl_os_set_owner_of(dir, temp, own->uid, own->gid);
  nl_os_set_times_of(dir, temp, own->atime_ns, own->mtime_ns);
}

/* A further name of the soft link that was made last, where that is one of the same file. */
static bool link_last(const struct nl_actor *actor, const struct nl_grip *grip, int dir, const char *temp) {
  const struct nl_task *task = actor->job->task;
  const struct nl_batch *batch = &actor->batches[actor->now];
  if (batch->name_count == 0)
    return false;
  const struct nl_held_name *last = &batch->names[batch->name_count - 1];
  if (last->name == NL_TASK_NO_FILE || task->names[last->name].file != grip->file ||
      nl_os_link(batch->dirs[last->dir].fd, task->names[last->name].text, dir, temp, false) != 0)
    return false;
  struct nl_os_look look = {0};
  if (nl_os_look(&look, dir, temp) == 0 && look.dev == last->made.dev && look.ino == last->made.ino)
    return true;
  nl_name_drop(actor->job, dir, temp); /* of what somebody else put there meanwhile */
  return false;
}

/* The first name of a soft link gets a new one, the others become names of that where they can. */
static struct nl_act_why make_aimed(struct nl_actor *actor, const struct nl_grip *grip, uint32_t name,
                                    int dir, struct nl_made *made) {
  const struct nl_task *task = actor->job->task;
  const struct nl_task_file *file = &task->files[grip->file];
  char temp[NL_TASK_TEMP_SIZE];
  nl_task_temp(temp, task, name);
  if (!link_last(actor, grip, dir, temp)) {
    int sys = nl_os_symlink(file->aim, dir, temp);
    if (sys != 0)
      return nl_act_failed(NLINK_STEP_SYMLINK, sys);
    keep_own(dir, temp, &file->own);
  }
  struct nl_os_look look = {0};
  int sys = nl_os_look(&look, dir, temp);
  *made = (struct nl_made){look.dev, look.ino};
  if (sys == 0)
    return NL_ACT_GOOD;
  nl_name_drop(actor->job, dir, temp);
  return nl_act_failed(NLINK_STEP_STAT, sys);
}

static struct nl_act_why aim_name(struct nl_actor *actor, struct nl_grip *grip, uint32_t name) {
  uint16_t place = 0;
  int dir = -1;
  struct nl_made made = {0};
  struct nl_act_why why = find(&place, &dir, actor, grip, name);
  if (nl_act_is_good(why))
    why = make_aimed(actor, grip, name, dir, &made);
  if (nl_act_is_good(why))
    why = nl_name_exchange(actor, grip, NULL, name, dir, made);
  if (nl_act_is_good(why))
    hold(actor, grip, NULL, name, place, made, NL_HELD_EXCHANGED);
  return why;
}

/* Away from its name, and looked at where nobody else finds it: what was put there just before goes back. */
static struct nl_act_why remove_name(struct nl_actor *actor, const struct nl_grip *grip, uint32_t name) {
  const struct nl_task *task = actor->job->task;
  uint16_t place = 0;
  int dir = -1;
  struct nl_act_why why = find(&place, &dir, actor, grip, name);
  if (!nl_act_is_good(why))
    return why;
  char temp[NL_TASK_TEMP_SIZE];
  nl_task_temp(temp, task, name);
  int sys = nl_os_rename_new(dir, task->names[name].text, temp);
  if (nl_temp_is_impossible(sys))
    sys = nl_os_rename(dir, task->names[name].text, temp);
  if (sys != 0)
    return nl_os_status(sys) == NLINK_NOT_FOUND ? nl_act_left(NLINK_LEFT_VANISHED)
                                                : nl_act_failed(NLINK_STEP_RENAME, sys);
  why = nl_name_is_soft(actor->job, grip->file, dir, temp);
  if (nl_act_is_good(why)) {
    sys = nl_temp_remove(dir, temp);
    if (sys == 0)
      return why;
    why = nl_act_failed(NLINK_STEP_UNLINK, sys);
  }
  /* Nothing here is ours, so that whatever the temporary name holds goes back, or stays where it is. */
  return nl_name_take_back(actor->job, name, dir, (struct nl_made){0}) || why.left == NLINK_LEFT_FAILED
             ? why
             : nl_act_failed(NLINK_STEP_BACKUP, nl_os_number(NLINK_EXISTS));
}

static bool is_done(const struct nl_task *task, const struct nl_task_file *file) {
  uint32_t done = 0;
  while (done < file->name_count && task->names[file->first_name + done].state == NL_TASK_DONE)
    done++;
  return done == file->name_count;
}

static uint32_t mend_part(struct nl_actor *actor, uint32_t index, uint32_t at, uint32_t end,
                          struct nl_act_why *why) {
  const struct nl_task *task = actor->job->task;
  const struct nl_batch *batch = nl_batch_now(actor);
  bool removes = task->files[index].deed == NL_DEED_REMOVE;
  struct nl_grip *grip = nl_grip_take_soft(actor, index);
  size_t before = batch->name_count;
  (void)why;
  for (bool is_first = true; at < end && (is_first || nl_batch_has_room(actor)); at++, is_first = false) {
    if (task->names[at].state != NL_TASK_OPEN)
      continue;
    struct nl_act_why one = removes ? remove_name(actor, grip, at) : aim_name(actor, grip, at);
    if (!nl_act_is_good(one))
      nl_act_leave(actor, at, one);
    else if (removes)
      nl_act_done(actor, at);
  }
  let_go(actor, grip, before, false);
  if (removes && at == end && is_done(task, &task->files[index]))
    atomic_fetch_add_explicit(&actor->job->done_files, 1, memory_order_relaxed);
  return at;
}

/* ---------------------------------------------------------------- blocks */

static struct nl_act_why share(struct nl_actor *actor, int from, int to, uint64_t size_bytes) {
  enum { PIECE = 16 << 20 };
  for (uint64_t at = 0; at < size_bytes;) {
    uint64_t rest = size_bytes - at;
    uint64_t shared = 0;
    bool equal = true;
    if (!nl_act_goes_on(actor))
      return nl_act_left(NLINK_LEFT_STOPPED);
    int sys = nl_os_share(&shared, &equal, from, to, at, rest < PIECE ? rest : PIECE);
    if (sys != 0)
      return nl_act_failed(NLINK_STEP_SHARE, sys);
    if (!equal)
      return nl_act_left(NLINK_LEFT_CHANGED);
    if (shared == 0)
      return nl_act_failed(NLINK_STEP_SHARE, nl_os_number(NLINK_NOT_SUPPORTED));
    at += shared;
  }
  return NL_ACT_GOOD;
}

static uint32_t share_part(struct nl_actor *actor, uint32_t index, uint32_t at, uint32_t end,
                           struct nl_act_why *why) {
  struct nl_act_job *job = actor->job;
  const struct nl_task_file *file = &job->task->files[index];
  nl_batch_now(actor);
  struct nl_grip *grip = NULL;
  struct nl_kept *kept = nl_kept_get(actor, file->keep, false);
  *why = kept->why;
  if (nl_act_is_good(*why))
    *why = nl_grip_take(&grip, actor, index, at, end, false);
  if (!nl_act_is_good(*why) || grip == NULL)
    return at;
  *why = share(actor, kept->fd, grip->fd, file->size_bytes);
  nl_grip_drop(actor, grip);
  if (!nl_act_is_good(*why))
    return at;
  for (; at < end; at++)
    nl_act_done(actor, at);
  atomic_fetch_add_explicit(&job->gained_bytes, file->allocated_bytes, memory_order_relaxed);
  atomic_fetch_add_explicit(&job->done_files, 1, memory_order_relaxed);
  return at;
}

/* ---------------------------------------------------------------- a file */

static part_function *const parts[NL_DEEDS] = {
    [NL_DEED_LINK] = replace_part, [NL_DEED_SYMLINK] = replace_part, [NL_DEED_SHARE] = share_part,
    [NL_DEED_COPY] = copy_part,    [NL_DEED_AIM] = mend_part,        [NL_DEED_REMOVE] = mend_part,
};

static bool lacks_descriptors(struct nl_act_why why) {
  return why.left == NLINK_LEFT_FAILED && why.step == NLINK_STEP_OPEN && nl_os_is_out_of_descriptors(why.sys);
}

static void do_file(struct nl_actor *actor, uint32_t index) {
  struct nl_act_job *job = actor->job;
  const struct nl_task_file *file = &job->task->files[index];
  uint32_t at = file->first_name;
  uint32_t end = at + file->name_count;
  bool tried_alone = false;
  while (at < end && nl_act_goes_on(actor)) {
    struct nl_act_why why = NL_ACT_GOOD;
    at = parts[file->deed](actor, index, at, end, &why);
    if (lacks_descriptors(why) && !tried_alone) { /* with nothing else open there may be enough */
      tried_alone = true;
      nl_batch_finish_all(actor);
    } else if (why.left == NLINK_LEFT_STOPPED) {
      break;
    } else if (!nl_act_is_good(why)) {
      nl_act_leave_all(actor, at, end, why);
      at = end;
    }
  }
  atomic_fetch_add_explicit(&job->progress_files, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&job->progress_bytes, file->size_bytes, memory_order_relaxed);
}

void nl_deeds_do(struct nl_actor *actor, uint32_t first, uint32_t count) {
  const struct nl_task *task = actor->job->task;
  for (uint32_t i = first; i < first + count && nl_act_goes_on(actor); i++)
    if (task->files[i].deed != NL_DEED_NONE && task->files[i].deed < NL_DEEDS)
      do_file(actor, i);
}
