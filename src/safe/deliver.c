/*
 * deliver.c - a task from its journal's beginning to its end
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/deliver.h"

#include "base/error.h"
#include "os/os.h"
#include "safe/held.h"
#include "safe/mend.h"

#include <inttypes.h>
#include <string.h>

enum { PATH_ROOM = 4352 };

static bool is_idle(const struct nl_task *task) {
  for (uint32_t i = 0; i < task->file_count; i++)
    if (task->files[i].deed != NL_DEED_NONE)
      return false;
  return true;
}

static void tell(const struct nlink_apply_options *options, const char *path,
                 const struct nlink_error *error) {
  if (options->on_event != NULL)
    options->on_event(path, error, options->ctx);
}

/* What earlier work left unfinished where this one is to be done. */
static enum nlink_status mend_first(const struct nl_task *task, const struct nlink_apply_options *options,
                                    struct nlink_error *error) {
  struct nlink_repair_report report = {0};
  enum nlink_status status = nl_mend_below(&report, task->dirs, task->dir_count, options, error);
  char path[PATH_ROOM];
  if (report.journals > 0 && nl_journal_directory(path, sizeof path) == 0) {
    struct nlink_error event;
    nl_fail(&event, NLINK_OK, NLINK_STEP_JOURNAL, 0,
            "earlier work was not finished here, and is mended; names finished: %" PRIu64
            ", taken back: %" PRIu64,
            report.finished_names, report.returned_names);
    tell(options, path, &event);
  }
  return status < 0 ? status : NLINK_OK;
}

/*
 * A temporary name that is left makes the journal stay unfinished: recovering looks at it again. At one that has an end
 * nobody looks, so it gets none before what it tells is on the disk: after a power cut a temporary name that was
 * removed could be there again.
 */
static enum nlink_status end(struct nl_journal *journal, const struct nl_task *task,
                             const struct nl_act_report *report, const struct nlink_apply_options *options) {
  struct nl_store_tail tail = {.done_names = report->done_names,
                               .gained_bytes = report->gained_bytes,
                               .ended_ns = nl_os_wall_ns(),
                               .state = NLINK_JOURNAL_DONE};
  nl_os_boot(tail.boot);
  struct nlink_error event;
  if (report->stuck_names > 0)
    return NLINK_OK;
  int sys = nl_held_sync(task);
  enum nlink_status status = sys != 0 ? nl_fail(&event, nl_os_status(sys), NLINK_STEP_SYNC, sys, NULL)
                                      : nl_journal_end(journal, NLINK_JOURNAL_DONE, &tail, &event);
  if (status == NLINK_OK)
    return NLINK_OK;
  tell(options, nl_journal_path(journal), &event);
  return NLINK_PARTIAL;
}

enum nlink_status nl_deliver(struct nl_act_report *report, struct nl_string *journal, struct nl_task *task,
                             const struct nlink_apply_options *options, enum nlink_phase phase,
                             struct nlink_error *error) {
  static const struct nlink_apply_options defaults = {.size = sizeof defaults};
  *report = (struct nl_act_report){0};
  if (options == NULL)
    options = &defaults;
  if (options->size != sizeof *options)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0,
                   "options->size is not the size of struct nlink_apply_options");
  if (is_idle(task))
    return NLINK_OK;
  enum nlink_status status = mend_first(task, options, error);
  if (status != NLINK_OK)
    return status;
  struct nl_journal *writer = NULL;
  if (!options->no_journal) {
    status = nl_journal_begin(&writer, NLINK_CWD, options->journal, task, error);
    if (status != NLINK_OK)
      return status;
    const char *path = nl_journal_path(writer);
    nl_string_cut(journal, 0);
    if (!nl_string_add(journal, path, strlen(path))) {
      nl_journal_close(writer);
      return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
    }
  }
  status = nl_act_run(report, task, writer, options, phase, error);
  if (writer != NULL && end(writer, task, report, options) != NLINK_OK && status == NLINK_OK)
    status = NLINK_PARTIAL;
  nl_journal_close(writer);
  return status;
}
