/*
 * What all functions that change trees have in common: how it is done, which journal is written, and the calls back.
 *
 * What could not be done is told to on_left where that is given; else it is kept for the attribute "left", as what
 * on_event is not told is kept for "errors". What a function that is called back raises, and KeyboardInterrupt, stop the
 * work in order: what is begun is finished, then the exception comes out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

int act_open(struct act *act, const struct module_state *state, const char *function,
             PyObject *const *given) {
  struct scan *scan = &act->scan;
  struct nlink_apply_options *options = &act->options;
  scan->state = state;
  scan->function = function;
  scan->dir = NLINK_CWD;
  scan->is_act = true;
  scan->errors = PyList_New(0);
  scan->left = PyList_New(0);
  *options = (struct nlink_apply_options){.size = sizeof *options,
                                          .on_left = scan_on_left,
                                          .on_event = scan_on_event,
                                          .on_progress = scan_on_progress,
                                          .ctx = scan};
  if (scan->errors == NULL || scan->left == NULL)
    return -1;
  if (parse_truth(given[0], &options->unguarded) < 0)
    return -1;
  if (parse_short_count(scan, given[1], "threads", 0, &options->threads) < 0)
    return -1;
  if (parse_callable(scan, given[2], "on_left", &scan->on_left) < 0)
    return -1;
  if (parse_callable(scan, given[3], "on_event", &scan->on_event) < 0)
    return -1;
  return parse_callable(scan, given[4], "on_progress", &scan->progress);
}

int act_open_journal(struct act *act, PyObject *journal, PyObject *no_journal) {
  if (parse_truth(no_journal, &act->options.no_journal) < 0)
    return -1;
  if (!is_given(journal))
    return 0;
  if (path_open(&act->journal, act->scan.state, journal, act->scan.function, "journal") < 0)
    return -1;
  act->options.journal = act->journal.bytes;
  if (!act->options.no_journal)
    return 0;
  PyErr_Format(PyExc_ValueError, "%s: journal is given, and no_journal too", act->scan.function);
  return -1;
}

int act_audit(const struct act *act) {
  return PySys_Audit("nlink.act", "sO", act->scan.function,
                     act->journal.object == NULL ? Py_None : act->journal.object);
}

int act_raise(struct act *act, enum nlink_status status, const struct nlink_error *error) {
  if (status < 0 && !scan_stops(&act->scan) && error->step == NLINK_STEP_JOURNAL &&
      act->journal.object != NULL) {
    failure_raise(error, act->journal.object, NULL);
    return -1;
  }
  return scan_raise(&act->scan, status, error);
}

void act_close(struct act *act) {
  scan_close(&act->scan);
  path_close(&act->journal);
}
