/*
 * undo.c - take back what the work of a journal did
 *
 * The task that does so has a journal of its own: a new one in the state directory, where the given one is there, too; else
 * one beside it, "JOURNAL.undo". It goes when all that it tells is on the disk and written down in the given
 * journal. A crash before that leaves it, and it is mended like any other; what it gave back by then is recognised by its size,
 * mode and mtime, and is settled when the undoing is done once more.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/undo.h"

#include "base/error.h"
#include "path/place.h"
#include "safe/act.h"
#include "safe/held.h"
#include "safe/mend.h"
#include "safe/reverse.h"

#include <string.h>

enum { PATH_ROOM = 4352 };

struct undoing {
  struct nlink_repair_report *report;
  const struct nlink_apply_options *options;
  struct nl_journal *journal; /* the given one */
  struct nl_task done;
  struct nl_store_tail tail;
  struct nl_string beside; /* the path of the journal beside the given one */
  struct nl_string path;
  uint32_t *given; /* names that have a file of their own again, to be told to the journal */
  size_t given_count;
  bool has_trouble;
};

static enum nlink_status exhausted(struct nlink_error *error) {
  return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
}

static void tell_event(const struct undoing *undoing, const char *path, const struct nlink_error *error) {
  if (undoing->options->on_event != NULL)
    undoing->options->on_event(path, error, undoing->options->ctx);
}

/* ---------------------------------------------------------------- the journal of an undoing */

static bool add_undo(struct nl_string *out, const char *path) {
  nl_string_cut(out, 0);
  return nl_string_add(out, path, strlen(path)) && nl_string_add(out, ".undo", 5);
}

/* Remove it, if it has an end, or not even a beginning: nothing is to be found in it any more. */
static void remove_ended(int dir, const char *path, bool is_locked) {
  int fd = -1;
  if (nl_os_open_file(&fd, dir, path) == 0 &&
      (nl_store_has_end(fd) || (is_locked && nl_mend_is_only_begun(dir, path))))
    nl_os_unlink(dir, path);
  nl_os_close(fd);
}

/*
 * What an undoing that was interrupted left, is mended first. Who has the lock of the given journal knows that nobody is about
 * to write the one beside it.
 */
static enum nlink_status mend_beside(struct nlink_repair_report *report, int dir, const char *path,
                                     bool is_locked, const struct nlink_apply_options *options,
                                     struct nlink_error *error) {
  struct nl_string beside = {0};
  struct nl_os_look look;
  enum nlink_status status = NLINK_OK;
  if (!add_undo(&beside, path))
    status = exhausted(error);
  else if (nl_os_look(&look, dir, beside.text) == 0)
    status = nl_mend_journal(report, dir, beside.text, options, error);
  if (status == NLINK_INVALID) /* a file of somebody else's; a new one of that name is refused */
    status = NLINK_OK;
  if (status >= 0 && beside.text != NULL && (options == NULL || !options->dry_run))
    remove_ended(dir, beside.text, is_locked);
  nl_string_fini(&beside);
  return status;
}

enum nlink_status nl_undo_recover(struct nlink_repair_report *report, int dir, const char *path,
                                  const struct nlink_apply_options *options, struct nlink_error *error) {
  enum nlink_status beside = mend_beside(report, dir, path, false, options, error);
  if (beside < 0)
    return beside;
  enum nlink_status status = nl_mend_journal(report, dir, path, options, error);
  return status == NLINK_OK ? beside : status;
}

/* Whether the given journal is one of those in the state directory. */
static bool is_in_state(const struct undoing *undoing) {
  char state[PATH_ROOM];
  char real[PATH_ROOM];
  int fd = -1;
  if (nl_journal_directory(state, sizeof state) != 0 ||
      nl_os_open(&fd, NLINK_CWD, state, NL_OS_DIRECTORY) != 0)
    return false;
  int sys = nl_os_directory_path(real, sizeof real, fd);
  nl_os_close(fd);
  size_t length = sys == 0 ? strlen(real) : 0;
  const char *path = nl_journal_path(undoing->journal);
  return sys == 0 && strncmp(path, real, length) == 0 && path[length] == '/' &&
         strchr(path + length + 1, '/') == NULL;
}

static enum nlink_status begin_own(struct nl_journal **out, struct undoing *undoing,
                                   const struct nl_reverse *reverse, struct nlink_error *error) {
  if (is_in_state(undoing))
    return nl_journal_begin(out, NLINK_CWD, NULL, &reverse->task, error);
  if (!add_undo(&undoing->beside, nl_journal_path(undoing->journal)))
    return exhausted(error);
  return nl_journal_begin(out, NLINK_CWD, undoing->beside.text, &reverse->task, error);
}

/* ---------------------------------------------------------------- names */

static void note_given(struct undoing *undoing, uint32_t name) {
  undoing->done.names[name].state = NL_TASK_UNDONE;
  undoing->given[undoing->given_count++] = name;
}

static bool tell_left(struct undoing *undoing, const struct nl_reverse_left *left) {
  struct nlink_error error;
  bool has_error = left->left == NLINK_LEFT_FAILED;
  if (has_error)
    nl_fail(&error, nl_os_status(left->sys), (enum nlink_step)left->step, left->sys, NULL);
  undoing->report->left_names++;
  undoing->report->failed += has_error;
  undoing->has_trouble = true;
  if (undoing->options->on_left == NULL)
    return true;
  if (!nl_task_path(&undoing->path, &undoing->done, left->name))
    return false;
  undoing->options->on_left(undoing->path.text, (enum nlink_left)left->left, has_error ? &error : NULL,
                            undoing->options->ctx);
  return true;
}

/* A soft link's owner that cannot be given is told; its times are what a file system allows. */
static void dress(const struct undoing *undoing, int dir, const char *text, const char *path,
                  const struct nl_task_own *own) {
  struct nl_os_look look;
  struct nlink_error error;
  int sys = nl_os_look(&look, dir, text);
  if (sys == 0 && (look.uid != own->uid || look.gid != own->gid))
    sys = nl_os_set_owner_of(dir, text, own->uid, own->gid);
  if (sys != 0) {
    nl_fail(&error, nl_os_status(sys), NLINK_STEP_ATTRIBUTES, sys,
            "the soft link is there again, but does not belong to user %u and group %u as before", own->uid,
            own->gid);
    tell_event(undoing, path, &error);
  }
  nl_os_set_times_of(dir, text, own->atime_ns, own->mtime_ns);
}

/*
 * Make a soft link anew that was removed. Nothing stands there, so that nothing is replaced; what somebody puts there first stays.
 */
static enum nlink_status make_anew(struct undoing *undoing, uint32_t name, struct nlink_error *error) {
  const struct nl_task_name *entry = &undoing->done.names[name];
  const struct nl_task_file *file = &undoing->done.files[entry->file];
  int dir = -1;
  enum nlink_step step = NLINK_STEP_OPEN;
  if (!nl_task_path(&undoing->path, &undoing->done, name))
    return exhausted(error);
  int sys = nl_held_open_dir(&dir, undoing->done.dirs[entry->dir]);
  if (sys == 0) {
    step = NLINK_STEP_SYMLINK;
    sys = nl_os_symlink(file->target, dir, entry->text);
  }
  if (sys == 0) {
    dress(undoing, dir, entry->text, undoing->path.text, &file->own);
    note_given(undoing, name);
    undoing->report->returned_names++;
  }
  nl_os_close(dir);
  if (sys == 0)
    return NLINK_OK;
  bool is_taken = nl_os_status(sys) == NLINK_EXISTS;
  const struct nl_reverse_left left = {name, is_taken ? NLINK_LEFT_VANISHED : NLINK_LEFT_FAILED,
                                       (uint8_t)step, sys};
  return tell_left(undoing, &left) ? NLINK_OK : exhausted(error);
}

/* ---------------------------------------------------------------- acting */

/* What nl_act_run() did is written into the given journal, also where it came to no good end. */
static void take_result(struct undoing *undoing, const struct nl_reverse *reverse,
                        const struct nl_act_report *acted) {
  const struct nl_task *task = &reverse->task;
  for (uint32_t f = 0; f < task->file_count; f++) {
    const struct nl_task_file *file = &task->files[f];
    bool is_given = false;
    for (uint32_t i = file->first_name; i < file->first_name + file->name_count; i++) {
      if (!nl_task_replaces(file) || task->names[i].state != NL_TASK_DONE)
        continue;
      is_given = true;
      note_given(undoing, reverse->origin[i]);
      undoing->report->returned_names++;
    }
    undoing->report->returned_bytes += is_given && file->deed == NL_DEED_COPY ? file->allocated_bytes : 0;
  }
  undoing->report->left_names += acted->left_names;
  undoing->report->failed += acted->failed;
  undoing->has_trouble = undoing->has_trouble || acted->left_names > 0;
}

/* Its own journal goes when what it tells is on the disk; where temporary names are left, it stays unfinished. */
static enum nlink_status end_own(struct nl_journal *own, const struct nl_task *task, bool is_clean,
                                 struct nlink_error *error) {
  if (!is_clean)
    return NLINK_OK;
  struct nl_store_tail tail = {0};
  int sys = nl_held_sync(task);
  if (sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_SYNC, sys, NULL);
  nl_mend_count(&tail, task);
  nl_journal_end(own, NLINK_JOURNAL_DONE, &tail, NULL);
  nl_os_unlink(NLINK_CWD, nl_journal_path(own));
  return NLINK_OK;
}

static enum nlink_status act(struct undoing *undoing, struct nl_reverse *reverse, struct nlink_error *error) {
  struct nl_act_report acted = {0};
  struct nl_journal *own = NULL;
  enum nlink_status status = begin_own(&own, undoing, reverse, error);
  if (status < 0)
    return status;
  status = nl_act_run(&acted, &reverse->task, own, undoing->options, NLINK_PHASE_MENDING, error);
  take_result(undoing, reverse, &acted);
  nl_journal_names(undoing->journal, &undoing->done, undoing->given, undoing->given_count);
  undoing->given_count = 0;
  enum nlink_status ended = end_own(own, &reverse->task, acted.stuck_names == 0, error);
  nl_journal_close(own);
  return status < 0 ? status : ended;
}

/* ---------------------------------------------------------------- the whole */

static enum nlink_status give_back(struct undoing *undoing, struct nl_reverse *reverse,
                                   struct nlink_error *error) {
  for (size_t i = 0; i < reverse->settled_count; i++)
    note_given(undoing, reverse->settled[i]);
  for (size_t i = 0; i < reverse->left_count; i++)
    if (!tell_left(undoing, &reverse->left[i]))
      return exhausted(error);
  undoing->report->missing_names += reverse->missing_names;
  if (undoing->options->dry_run) {
    undoing->report->returned_names += reverse->give_names + reverse->removed_count;
    undoing->report->returned_bytes += reverse->give_bytes;
    return NLINK_OK;
  }
  enum nlink_status status = NLINK_OK;
  for (size_t i = 0; i < reverse->removed_count && status == NLINK_OK; i++)
    status = make_anew(undoing, reverse->removed[i], error);
  if (status == NLINK_OK && reverse->give_names > 0)
    status = act(undoing, reverse, error);
  return status;
}

static bool is_all_given(const struct undoing *undoing) {
  const struct nl_task *done = &undoing->done;
  for (uint32_t i = 0; i < done->name_count; i++)
    if (done->names[i].state == NL_TASK_DONE && nl_task_replaces(&done->files[done->names[i].file]))
      return false;
  return true;
}

/* What was given back is written down whatever came in between. */
static enum nlink_status end_given(struct undoing *undoing, struct nlink_error *error) {
  if (undoing->options->dry_run)
    return NLINK_OK;
  nl_journal_names(undoing->journal, &undoing->done, undoing->given, undoing->given_count);
  enum nlink_journal_state state = is_all_given(undoing) ? NLINK_JOURNAL_UNDONE : undoing->tail.state;
  nl_mend_count(&undoing->tail, &undoing->done);
  return nl_journal_end(undoing->journal, state, &undoing->tail, error);
}

static enum nlink_status mend_first(struct undoing *undoing, struct nlink_error *error) {
  struct nlink_repair_report mended = {0};
  struct nlink_apply_options quiet = *undoing->options;
  quiet.on_left = NULL;
  enum nlink_status status = NLINK_OK;
  if (!quiet.dry_run)
    status = nl_mend_below(&mended, undoing->done.dirs, undoing->done.dir_count, &quiet, error);
  if (status >= 0 && undoing->tail.state == NLINK_JOURNAL_UNFINISHED)
    status = nl_act_mend(&mended, &undoing->done, &undoing->tail, undoing->journal, &quiet, error);
  undoing->report->removed_names += mended.removed_names;
  return status < 0 ? status : NLINK_OK;
}

static enum nlink_status undo(struct undoing *undoing, struct nlink_error *error) {
  struct nl_reverse reverse;
  if (strcmp(undoing->done.verb, "undo") == 0)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_JOURNAL, 0,
                   "it is the journal of an undoing; undo the journal that it was for once more");
  enum nlink_status status = mend_first(undoing, error);
  if (status < 0)
    return status;
  undoing->given = nl_alloc_zero(((size_t)undoing->done.name_count + 1) * sizeof *undoing->given);
  if (undoing->given == NULL)
    return exhausted(error);
  for (uint32_t i = 0; i < undoing->done.name_count; i++)
    undoing->report->names += undoing->done.names[i].state == NL_TASK_DONE &&
                              nl_task_replaces(&undoing->done.files[undoing->done.names[i].file]);
  status = nl_reverse(&reverse, &undoing->done);
  if (status != NLINK_OK) {
    nl_reverse_fini(&reverse);
    return nl_fail(error, status, status == NLINK_NO_MEMORY ? NLINK_STEP_MEMORY : NLINK_STEP_RANDOM, 0, NULL);
  }
  status = give_back(undoing, &reverse, error);
  struct nlink_error own;
  enum nlink_status ended = end_given(undoing, status < 0 ? &own : error);
  nl_reverse_fini(&reverse);
  if (status < 0 || ended < 0)
    return status < 0 ? status : ended;
  return undoing->has_trouble ? NLINK_PARTIAL : NLINK_OK;
}

enum nlink_status nl_undo_journal(struct nlink_repair_report *report, int dir, const char *path,
                                  const struct nlink_apply_options *options, struct nlink_error *error) {
  static const struct nlink_apply_options defaults = {.size = sizeof defaults};
  struct undoing undoing = {.report = report, .options = options != NULL ? options : &defaults};
  struct nlink_repair_report mended = {0};
  enum nlink_status status =
      nl_journal_resume(&undoing.journal, &undoing.done, &undoing.tail, dir, path, error);
  if (status < 0)
    return status;
  report->journals = 1;
  status = mend_beside(&mended, dir, path, true, undoing.options, error);
  report->removed_names += mended.removed_names;
  if (status >= 0)
    status = undo(&undoing, error);
  nl_journal_close(undoing.journal);
  nl_task_fini(&undoing.done);
  nl_string_fini(&undoing.beside);
  nl_string_fini(&undoing.path);
  nl_free(undoing.given);
  return status;
}
