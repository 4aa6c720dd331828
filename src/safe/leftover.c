/*
 * leftover.c - one name that a crash left in the middle: finished, or taken back
 *
 * Two looks decide about a name: what the temporary name holds, and what the name itself holds. "Old" is the file that the
 * task was to replace there, "new" what was to come; the temporary name cannot be guessed, so whatever stands
 * there was made, or exchanged away, by us.
 *
 *   temporary name   name             what is done
 *   --------------   --------------   ---------------------------------------------------------------------------------
 *   nothing          old, new, other  nothing is left of us
 *   nothing          nothing          the name is missing; told (removed, where it was to be)
 *   old              new              finished: the temporary name goes, where the old file is unchanged, nobody has it open
 *                                     for writing, and its bytes are those that the name leads to; else exchanged back
 *   old              old              one file under both: the temporary name goes
 *   old              nothing          put back (where it was to be removed: goes)
 *   old              other            somebody else replaced the name since: goes, where its bytes stand elsewhere too
 *   new              old              it was not exchanged: goes
 *   new              new              finished: goes
 *   new              nothing          put under the name
 *   new              other            goes, where its bytes stand elsewhere too
 *   other            new              what we exchanged was not the old file any more: exchanged back
 *   other            old              the new thing while it was being made: goes; of links no such thing is made
 *   other            nothing          put under the name; a copy that is not whole: stays
 *   other            other            stays
 *
 * Where names cannot be exchanged, the old file can have a second temporary name, for which the same holds.
 *
 * What stays is told, and the journal stays unfinished. No bytes are removed that stand nowhere else, whatever came between.
 * A name that the journal tells as done is looked at in the same way: the disk may hold an earlier state.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/leftover.h"

#include "safe/temp.h"

#include <string.h>

static enum nl_verdict failed(struct nl_leftover *one, enum nlink_step step, int sys) {
  one->step = step;
  one->sys = sys;
  return NL_VERDICT_FAILED;
}

static bool is_same(const struct nl_os_look *a, const struct nl_os_look *b) {
  return a->dev == b->dev && a->ino == b->ino;
}

/* ---------------------------------------------------------------- acts */

/* The temporary name goes. */
static enum nl_verdict drop(struct nl_leftover *one, enum nl_verdict verdict) {
  int sys = one->dry_run ? 0 : nl_temp_remove(one->dir, one->temp);
  if (sys != 0)
    return failed(one, NLINK_STEP_UNLINK, sys);
  one->touched = true;
  one->removed++;
  return verdict;
}

/* What the temporary name holds comes under the name, where nothing stands. */
static enum nl_verdict put_back(struct nl_leftover *one, enum nl_verdict verdict) {
  if (one->dry_run)
    return verdict;
  one->touched = true;
  int sys = nl_os_rename_new(one->dir, one->temp, one->text);
  if (nl_temp_is_impossible(sys)) {
    sys = nl_temp_link_surely(one->dir, one->temp, one->text);
    if (sys == 0)
      return drop(one, verdict);
  }
  return sys == 0 ? verdict : failed(one, NLINK_STEP_RENAME, sys);
}

/* Open a file at a name, if it is still the one that was seen there; else *fd is -1. */
static int open_seen(int *fd, int dir, const char *text, uint64_t dev, uint64_t ino) {
  struct nlink_stat stat;
  int sys = nl_os_open_file(fd, dir, text);
  if (sys != 0) {
    *fd = -1;
    return sys;
  }
  sys = nl_os_stat_fd(&stat, *fd);
  if (sys == 0 && stat.dev == dev && stat.ino == ino)
    return 0;
  nl_os_close(*fd);
  *fd = -1;
  return sys;
}

/* Open a file of the task by any of its names; *fd is -1 where none of them leads to it. */
static int open_known(int *fd, const struct nl_task *task, uint32_t index) {
  *fd = -1;
  if (index == NL_TASK_NO_FILE)
    return 0;
  const struct nl_task_file *file = &task->files[index];
  int sys = 0;
  for (uint32_t i = 0; i < file->name_count && *fd < 0; i++) {
    const struct nl_task_name *name = &task->names[file->first_name + i];
    int dir = -1;
    sys = nl_held_open_dir(&dir, task->dirs[name->dir]);
    if (sys == 0)
      sys = open_seen(fd, dir, name->text, file->dev, file->ino);
    nl_os_close(dir);
  }
  return *fd >= 0 ? 0 : sys;
}

/* Whether the old file behind @p fd is as it was, nobody can write to it now, and its bytes are those of @p other. */
static bool is_equal_and_quiet(const struct nl_leftover *one, int fd, int other) {
  struct nlink_stat stat;
  int lease = one->guard != NULL ? nl_os_lease(fd, one->guard) : nl_os_number(NLINK_NOT_SUPPORTED);
  if (lease != 0 && (nl_os_status(lease) == NLINK_TRY_AGAIN || !one->unguarded))
    return false;
  bool equal = false;
  return nl_held_compare(&equal, fd, other) == 0 && equal && nl_os_stat_fd(&stat, fd) == 0 &&
         stat.size_bytes == one->file->size_bytes && stat.mtime_ns == one->file->mtime_ns &&
         (lease != 0 || nl_os_lease_holds(fd));
}

/*
 * Whether the old file under the temporary name may go, because its bytes are those of the file @p file of the task, or, with
 * NL_TASK_NO_FILE, of what the name holds. What cannot be found out is a no: then nothing is lost. The lease stays until the
 * end, so that who is held up finds the name as it will be.
 */
static bool may_go(struct nl_leftover *one, uint32_t file) {
  int other = -1;
  const struct nl_os_look *seen = &one->at_name.look;
  bool may = nl_held_is_unchanged(&one->at_temp, one->file) &&
             open_seen(&one->old, one->dir, one->temp, one->file->dev, one->file->ino) == 0 && one->old >= 0;
  if (may && file == NL_TASK_NO_FILE)
    may = open_seen(&other, one->dir, one->text, seen->dev, seen->ino) == 0;
  else if (may)
    may = open_known(&other, one->known->task, file) == 0;
  may = may && other >= 0 && is_equal_and_quiet(one, one->old, other);
  /* A copy is new: what it was copied from goes only when it is on the disk. */
  if (may && one->file->deed == NL_DEED_COPY && !one->dry_run)
    may = nl_os_sync_data(other) == 0;
  nl_os_close(other);
  return may;
}

/* The same where the old thing is a soft link: its text is in the journal, but a copy has to be whole. */
static bool soft_may_go(const struct nl_leftover *one) {
  if (one->file->deed != NL_DEED_COPY)
    return true;
  int source = -1;
  int copy = -1;
  bool equal = false;
  const struct nl_os_look *seen = &one->at_name.look;
  bool may = open_known(&source, one->known->task, one->file->keep) == 0 && source >= 0 &&
             open_seen(&copy, one->dir, one->text, seen->dev, seen->ino) == 0 && copy >= 0 &&
             nl_held_compare(&equal, source, copy) == 0 && equal &&
             (one->dry_run || nl_os_sync_data(copy) == 0);
  nl_os_close(copy);
  nl_os_close(source);
  return may;
}

/* Whether the bytes under the temporary name are those of a file that was opened; it is closed. */
static bool equals(const struct nl_leftover *one, int other) {
  const struct nl_os_look *look = &one->at_temp.look;
  int temp = -1;
  bool equal = false;
  if (other < 0 || open_seen(&temp, one->dir, one->temp, look->dev, look->ino) != 0 || temp < 0 ||
      nl_held_compare(&equal, temp, other) != 0)
    equal = false;
  nl_os_close(temp);
  nl_os_close(other);
  return equal;
}

/* Whether the thing under the temporary name, which is not the old file, can be done without. */
static bool is_spare(const struct nl_leftover *one) {
  const struct nl_os_look *look = &one->at_temp.look;
  const struct nl_held *name = &one->at_name;
  if (look->kind == NLINK_SYMLINK)
    return one->file->deed != NL_DEED_LINK;
  if (look->kind != NLINK_REGULAR)
    return false;
  if (look->link_count > 1)
    return true;
  bool is_copy = one->file->deed == NL_DEED_COPY;
  struct nlink_stat stat;
  if (is_copy && name->holding == NL_HOLDS_OLD) /* what it is a copy of stands there, or where that leads */
    return name->look.kind == NLINK_REGULAR ||
           (nl_os_stat(&stat, one->dir, one->text, true) == 0 && stat.kind == NLINK_REGULAR);
  int other = -1;
  if (name->holding != NL_HOLDS_NOTHING && name->look.kind == NLINK_REGULAR &&
      open_seen(&other, one->dir, one->text, name->look.dev, name->look.ino) == 0 && equals(one, other))
    return true;
  if (open_known(&other, one->known->task, one->file->keep) == 0 && equals(one, other))
    return true;
  if (!is_copy)
    return false;
  /* What it is a copy of may have names of its own in the task, or others that are to be replaced. */
  uint32_t self = one->known->task->names[one->name].file;
  uint32_t source = nl_known_find(one->known, one->file->dev, one->file->ino, one->file->group, self);
  return (open_known(&other, one->known->task, source) == 0 && equals(one, other)) ||
         (open_known(&other, one->known->task, self) == 0 && equals(one, other));
}

static enum nl_verdict drop_if_spare(struct nl_leftover *one, enum nl_verdict verdict) {
  return is_spare(one) ? drop(one, verdict) : NL_VERDICT_STAYS;
}

/* After an exchange the two looks have changed places. */
static void swap_looks(struct nl_leftover *one) {
  struct nl_held held = one->at_temp;
  one->at_temp = one->at_name;
  one->at_name = held;
}

/* Where names cannot be exchanged: what is under the name goes, and must stand elsewhere. */
static enum nl_verdict rename_back(struct nl_leftover *one, enum nl_verdict verdict) {
  struct nl_os_look now;
  swap_looks(one);
  bool spare = is_spare(one);
  swap_looks(one);
  int sys = nl_os_look(&now, one->dir, one->text);
  if (sys != 0)
    return failed(one, NLINK_STEP_STAT, sys);
  if (!spare || !is_same(&now, &one->at_name.look))
    return NL_VERDICT_STAYS;
  one->touched = true;
  sys = nl_os_rename(one->dir, one->temp, one->text);
  return sys == 0 ? drop(one, verdict) : failed(one, NLINK_STEP_RENAME, sys);
}

/* The temporary name and the name change places, and what is then under the temporary name goes. */
static enum nl_verdict exchange_back(struct nl_leftover *one, enum nl_verdict verdict) {
  if (one->dry_run) {
    one->removed++;
    return verdict;
  }
  int sys = nl_os_exchange(one->dir, one->temp, one->text);
  if (nl_temp_is_impossible(sys))
    return rename_back(one, verdict);
  if (sys != 0)
    return failed(one, NLINK_STEP_EXCHANGE, sys);
  one->touched = true;
  struct nl_os_look out = {0};
  sys = nl_os_look(&out, one->dir, one->temp);
  if (sys == 0 && is_same(&out, &one->at_name.look)) {
    swap_looks(one);
    one->at_temp.look = out;
    return drop_if_spare(one, verdict);
  }
  /* Somebody replaced the name since the look: what he put there belongs there. */
  int again = nl_os_exchange(one->dir, one->temp, one->text);
  return sys != 0     ? failed(one, NLINK_STEP_STAT, sys)
         : again != 0 ? failed(one, NLINK_STEP_EXCHANGE, again)
                      : NL_VERDICT_STAYS;
}

/* ---------------------------------------------------------------- the rule */

static bool is_soft(const struct nl_leftover *one) {
  return one->file->target != NULL;
}

static enum nl_verdict judge_old(struct nl_leftover *one) {
  switch (one->at_name.holding) {
  case NL_HOLDS_NEW: {
    uint32_t led_to = one->file->deed == NL_DEED_SYMLINK ? one->at_name.file : NL_TASK_NO_FILE;
    bool may = is_soft(one) ? soft_may_go(one) : may_go(one, led_to);
    return may ? drop(one, NL_VERDICT_FINISHED) : exchange_back(one, NL_VERDICT_RETURNED);
  }
  case NL_HOLDS_OLD:
    return drop(one, NL_VERDICT_RETURNED);
  case NL_HOLDS_NOTHING:
    return one->file->deed == NL_DEED_REMOVE ? drop(one, NL_VERDICT_FINISHED)
                                             : put_back(one, NL_VERDICT_RETURNED);
  default:
    break;
  }
  /* The text of a soft link stands in the journal. */
  if (is_soft(one) || one->at_temp.look.link_count > 1 ||
      may_go(one, one->file->deed == NL_DEED_COPY ? NL_TASK_NO_FILE : one->file->keep))
    return drop(one, one->file->deed == NL_DEED_REMOVE ? NL_VERDICT_FINISHED : NL_VERDICT_SUPERSEDED);
  return NL_VERDICT_STAYS;
}

static enum nl_verdict judge_new(struct nl_leftover *one) {
  switch (one->at_name.holding) {
  case NL_HOLDS_OLD:
    return drop_if_spare(one, NL_VERDICT_RETURNED);
  case NL_HOLDS_NEW:
    return is_same(&one->at_temp.look, &one->at_name.look) ? drop(one, NL_VERDICT_FINISHED)
                                                           : drop_if_spare(one, NL_VERDICT_FINISHED);
  case NL_HOLDS_NOTHING:
    /* Whether all bytes of a copy came to the disk cannot be told from its size. */
    return one->file->deed == NL_DEED_COPY ? NL_VERDICT_STAYS : put_back(one, NL_VERDICT_FINISHED);
  default:
    return drop_if_spare(one, NL_VERDICT_SUPERSEDED);
  }
}

static enum nl_verdict judge_other(struct nl_leftover *one) {
  enum nl_deed deed = (enum nl_deed)one->file->deed;
  enum nlink_kind kind = one->at_temp.look.kind;
  switch (one->at_name.holding) {
  case NL_HOLDS_NEW:
    return exchange_back(one, NL_VERDICT_SUPERSEDED);
  case NL_HOLDS_OLD: {
    bool is_ours = (deed == NL_DEED_COPY && kind == NLINK_REGULAR) ||
                   (deed == NL_DEED_SYMLINK && kind == NLINK_SYMLINK); /* the kept file was moved */
    return is_ours ? drop_if_spare(one, NL_VERDICT_RETURNED) : NL_VERDICT_STAYS;
  }
  case NL_HOLDS_NOTHING:
    return deed == NL_DEED_COPY && kind == NLINK_REGULAR ? NL_VERDICT_STAYS
                                                         : put_back(one, NL_VERDICT_SUPERSEDED);
  default:
    return NL_VERDICT_STAYS;
  }
}

/* No temporary name: what the name holds is how it stays. */
static enum nl_verdict judge_nothing(const struct nl_leftover *one) {
  enum nl_task_state state = (enum nl_task_state)one->known->task->names[one->name].state;
  switch (one->at_name.holding) {
  case NL_HOLDS_NOTHING:
    if (one->file->deed != NL_DEED_REMOVE)
      return NL_VERDICT_MISSING;
    return state == NL_TASK_OPEN ? NL_VERDICT_FINISHED : NL_VERDICT_SETTLED;
  case NL_HOLDS_OLD: /* told as done, but the disk did not keep that */
    return state == NL_TASK_OPEN || state == NL_TASK_DONE ? NL_VERDICT_RETURNED : NL_VERDICT_SETTLED;
  case NL_HOLDS_NEW:
    return state == NL_TASK_OPEN ? NL_VERDICT_FINISHED : NL_VERDICT_SETTLED;
  default:
    return state == NL_TASK_OPEN ? NL_VERDICT_SUPERSEDED : NL_VERDICT_SETTLED;
  }
}

static enum nl_verdict judge(struct nl_leftover *one) {
  int sys = nl_held_look(&one->at_temp, one->known, one->name, one->dir, one->temp);
  if (sys == 0)
    sys = nl_held_look(&one->at_name, one->known, one->name, one->dir, one->text);
  if (sys != 0)
    return failed(one, NLINK_STEP_STAT, sys);
  switch (one->at_temp.holding) {
  case NL_HOLDS_NOTHING:
    return judge_nothing(one);
  case NL_HOLDS_OLD:
    return judge_old(one);
  case NL_HOLDS_NEW:
    return judge_new(one);
  default:
    return judge_other(one);
  }
}

/* Where names cannot be exchanged, the old file gets a second temporary name for a while. */
static enum nl_verdict mend_second(struct nl_leftover *one) {
  const struct nl_task *task = one->known->task;
  struct nl_os_look look;
  nl_task_temp(one->temp, task, task->name_count + one->name);
  int sys = nl_os_look(&look, one->dir, one->temp);
  if (nl_os_status(sys) == NLINK_NOT_FOUND)
    return NL_VERDICT_SETTLED;
  if (sys != 0)
    return failed(one, NLINK_STEP_STAT, sys);
  enum nl_verdict verdict = judge(one);
  nl_os_close(one->old);
  one->old = -1;
  return verdict;
}

enum nl_verdict nl_leftover_mend(struct nl_leftover *one) {
  const struct nl_task *task = one->known->task;
  struct nl_os_look look;
  one->file = &task->files[task->names[one->name].file];
  one->text = task->names[one->name].text;
  one->old = -1;
  one->removed = 0;
  one->touched = false;
  enum nl_verdict verdict = mend_second(one);
  if (verdict == NL_VERDICT_STAYS || verdict == NL_VERDICT_FAILED)
    return verdict;
  nl_task_temp(one->temp, task, one->name);
  if (verdict != NL_VERDICT_SETTLED &&
      nl_os_status(nl_os_look(&look, one->dir, one->temp)) == NLINK_NOT_FOUND)
    return verdict;
  verdict = judge(one);
  nl_os_close(one->old);
  return verdict;
}
