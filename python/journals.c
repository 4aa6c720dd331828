/*
 * journals(), journal(): what was done; recover(), undo(): mended, and taken back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

static PyStructSequence_Field entry_fields[] = {
    {"path", "the journal, an absolute path"},
    {"state", "'running', 'unfinished', 'done', 'recovered', 'undone' or 'unreadable'"},
    {"verb", "what was at work: 'dedupe', 'check' or 'undo'"},
    {"started_ns", "when, in nanoseconds since 1970, or None where that is not known"},
    {"names", "how many names it meant to replace"},
    {"done_names", "how many it replaced"},
    {"gained_bytes", "what that returned to the file system"},
    {NULL, NULL},
};

PyStructSequence_Desc journal_entry_description = {"nlink.journal_entry", "One journal as a whole.",
                                                   entry_fields, 7};

static PyStructSequence_Field name_fields[] = {
    {"path", "the name, an absolute path"},
    {"with_", "the name of the kept file, or what the soft link was to hold; None = it was to be removed"},
    {"done", "whether it was done"},
    {"left", "where it was not: why, as one word, as far as the journal knows; else None"},
    {"size_bytes", "how large the file was that the name led to before"},
    {"ino", "the inode number of that file"},
    {NULL, NULL},
};

PyStructSequence_Desc journal_name_description = {"nlink.journal_name", "What a journal did to one name.",
                                                  name_fields, 6};

static PyStructSequence_Field repair_fields[] = {
    {"journals", "worked on"},
    {"names", "looked at"},
    {"finished_names", "of recover(): whose replacing was finished"},
    {"returned_names", "that hold what they held before"},
    {"removed_names", "temporary ones that were removed"},
    {"missing_names", "that are not there, whoever removed them"},
    {"left_names", "that were left alone"},
    {"failed", "how many of those because of an error"},
    {"returned_bytes", "of undo(): what the files of their own occupy"},
    {"left", "a tuple of the names that were left alone"},
    {"errors", "a tuple of exceptions: trouble that is not one name's"},
    {NULL, NULL},
};

PyStructSequence_Desc repair_description = {"nlink.repair_result", "What recover() and undo() return.",
                                            repair_fields, 11};

/* ------------------------------------------------------------------ lists of journals, and of names */

static PyObject *time_or_none(int64_t time_ns) {
  if (time_ns == NLINK_TIME_UNKNOWN)
    Py_RETURN_NONE;
  return PyLong_FromLongLong(time_ns);
}

static PyObject *entry_build(const struct module_state *state, const struct nlink_journal_entry *entry,
                             PyObject *like) {
  static const char *const states[] = {
      [NLINK_JOURNAL_RUNNING] = "running", [NLINK_JOURNAL_UNFINISHED] = "unfinished",
      [NLINK_JOURNAL_DONE] = "done",       [NLINK_JOURNAL_RECOVERED] = "recovered",
      [NLINK_JOURNAL_UNDONE] = "undone",   [NLINK_JOURNAL_UNREADABLE] = "unreadable",
  };
  PyObject *const values[] = {
      path_text(entry->path, like),       PyUnicode_FromString(states[entry->state]),
      sentence_object(entry->verb),       time_or_none(entry->started_ns),
      number_object(entry->names),        number_object(entry->done_names),
      number_object(entry->gained_bytes),
  };
  return record_build(state->journal_entry_type, values, sizeof values / sizeof values[0]);
}

static PyObject *name_build(const struct module_state *state, const struct nlink_journal_name *name,
                            PyObject *like) {
  PyObject *left = Py_None;
  if (!name->done && name->left != NLINK_LEFT_NOTHING)
    left = PyUnicode_FromString(nlink_left_name(name->left));
  else
    Py_INCREF(left);
  PyObject *const values[] = {
      path_text(name->path, like),     path_or_none(name->with[0] == '\0' ? NULL : name->with, like),
      PyBool_FromLong(name->done),     left,
      number_object(name->size_bytes), number_object(name->ino),
  };
  return record_build(state->journal_name_type, values, sizeof values / sizeof values[0]);
}

/** Add a new reference to a list; -1 with an exception set. */
static int append(PyObject *list, PyObject *object) {
  int result = object == NULL ? -1 : PyList_Append(list, object);
  Py_XDECREF(object);
  return result;
}

static PyObject *all_journals(const struct module_state *state, struct nlink_journals *journals,
                              PyObject *like) {
  PyObject *list = PyList_New(0);
  const struct nlink_journal_entry *entry = NULL;
  while (list != NULL && nlink_journals_next(journals, &entry) == NLINK_OK) {
    if (append(list, entry_build(state, entry, like)) < 0)
      Py_CLEAR(list);
  }
  PyObject *iterator = list == NULL ? NULL : PyObject_GetIter(list);
  Py_XDECREF(list);
  return iterator;
}

static PyObject *all_names(const struct module_state *state, struct nlink_journal *journal, PyObject *like) {
  PyObject *list = PyList_New(0);
  const struct nlink_journal_name *name = NULL;
  while (list != NULL && nlink_journal_next(journal, &name) == NLINK_OK) {
    if (append(list, name_build(state, name, like)) < 0)
      Py_CLEAR(list);
  }
  return list;
}

static PyObject *journal_about(PyObject *self, void *closure) {
  (void)closure;
  return tuple_attribute(self, "about");
}

static PyGetSetDef about_definition = {"about", journal_about, NULL, "what the journal is as a whole", NULL};

PyTypeObject *journal_make_type(void) {
  return tuple_make_type(
      "Journal", "What journal() returns: a tuple of names, and in about what the journal is as a whole.",
      &about_definition);
}

static PyObject *journal_build(const struct module_state *state, struct nlink_journal *journal,
                               PyObject *like) {
  PyObject *about = entry_build(state, nlink_journal_about(journal), like);
  PyObject *names = about == NULL ? NULL : all_names(state, journal, like);
  PyObject *result = names == NULL ? NULL : tuple_build(state->journal_type, names, "about", about);
  Py_XDECREF(about);
  Py_XDECREF(names);
  return result;
}

/* ------------------------------------------------------------------ journals and journal */

static const struct signature journals_signature = {"|O$O:journals", {WORD_path, WORD_dir_fd}, 0, 1, 2};
static const struct signature journal_signature = {"O|$O:journal", {WORD_path, WORD_dir_fd}, 1, 1, 2};

static PyObject *do_journals(const struct module_state *state, struct path *path, PyObject *const *given) {
  struct nlink_journals *journals = NULL;
  struct nlink_error error;
  int dir;
  if (is_given(given[0]) && path_open(path, state, given[0], "journals", "path") < 0)
    return NULL;
  if (parse_dir_fd(given[1], &dir) < 0)
    return NULL;
  if (path->object != NULL && PySys_Audit("os.listdir", "O", path->object) < 0)
    return NULL;
  PyThreadState *thread = PyEval_SaveThread();
  enum nlink_status status = nlink_journals_open(&journals, dir, path->bytes, &error);
  PyEval_RestoreThread(thread);
  if (status < 0)
    return failure_raise(&error, path->object, NULL);
  PyObject *result = all_journals(state, journals, path->object);
  nlink_journals_close(journals);
  return result;
}

PYTHON_FUNCTION(python_journals) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &journals_signature, args, positional, names, given) < 0)
    return NULL;
  struct path path = PATH_EMPTY;
  PyObject *result = do_journals(state, &path, given);
  path_close(&path);
  return result;
}

static PyObject *do_journal(const struct module_state *state, struct path *path, PyObject *const *given) {
  struct nlink_journal *journal = NULL;
  struct nlink_error error;
  int dir;
  if (path_open(path, state, given[0], "journal", "path") < 0)
    return NULL;
  if (parse_dir_fd(given[1], &dir) < 0)
    return NULL;
  if (PySys_Audit("open", "Osi", path->object, "r", 0) < 0)
    return NULL;
  PyThreadState *thread = PyEval_SaveThread();
  enum nlink_status status = nlink_journal_open(&journal, dir, path->bytes, &error);
  PyEval_RestoreThread(thread);
  if (status < 0)
    return failure_raise(&error, path->object, NULL);
  PyObject *result = journal_build(state, journal, path->object);
  nlink_journal_close(journal);
  return result;
}

PYTHON_FUNCTION(python_journal) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &journal_signature, args, positional, names, given) < 0)
    return NULL;
  struct path path = PATH_EMPTY;
  PyObject *result = do_journal(state, &path, given);
  path_close(&path);
  return result;
}

/* ------------------------------------------------------------------ recover and undo */

static const struct signature recover_signature = {
    "|O$OOO" ACT_FORMAT ":recover",
    {WORD_journal, WORD_below, WORD_dir_fd, WORD_dry_run, ACT_WORDS},
    0,
    1,
    4 + ACT_COUNT};

static const struct signature undo_signature = {
    "O|$OO" ACT_FORMAT ":undo", {WORD_journal, WORD_dir_fd, WORD_dry_run, ACT_WORDS}, 1, 1, 3 + ACT_COUNT};

static PyObject *report_build(const struct act *act, const struct nlink_repair_report *report) {
  PyObject *const values[] = {
      number_object(report->journals),       number_object(report->names),
      number_object(report->finished_names), number_object(report->returned_names),
      number_object(report->removed_names),  number_object(report->missing_names),
      number_object(report->left_names),     number_object(report->failed),
      number_object(report->returned_bytes), PyList_AsTuple(act->scan.left),
      PyList_AsTuple(act->scan.errors),
  };
  return record_build(act->scan.state->repair_type, values, sizeof values / sizeof values[0]);
}

/** The journal to work on; -1 with an exception set. */
static int take_journal(struct act *act, PyObject *journal, PyObject *dir_fd, PyObject *dry_run) {
  struct scan *scan = &act->scan;
  if (is_given(journal) && path_open(&act->journal, scan->state, journal, scan->function, "journal") < 0)
    return -1;
  scan->like = act->journal.object;
  if (parse_dir_fd(dir_fd, &scan->dir) < 0)
    return -1;
  if (parse_truth(dry_run, &act->options.dry_run) < 0)
    return -1;
  return act_audit(act);
}

/** What the library answered, as Python's result. */
static PyObject *finish(struct act *act, enum nlink_status status, const struct nlink_repair_report *report,
                        const struct nlink_error *error) {
  if (status < 0 && !scan_stops(&act->scan) && act->journal.object != NULL)
    return failure_raise(error, act->journal.object, NULL);
  return act_raise(act, status, error) < 0 ? NULL : report_build(act, report);
}

static PyObject *do_recover(struct act *act, PyObject *const *given) {
  struct nlink_repair_report report = {.journals = 0};
  struct nlink_error error;
  if (take_journal(act, given[0], given[2], given[3]) < 0)
    return NULL;
  if (scan_open_places(&act->scan, given[1], "below") < 0)
    return NULL;
  if (act->journal.object != NULL && act->scan.places.count > 0) {
    PyErr_SetString(PyExc_ValueError, "recover: below is for all journals, and one is given");
    return NULL;
  }
  if (act->scan.like == NULL)
    act->scan.like = row_like(&act->scan.places);
  const char *const *below = act->scan.places.count > 0 ? act->scan.places.bytes : NULL;
  scan_leave(&act->scan);
  enum nlink_status status = nlink_recover(act->scan.dir, act->journal.bytes, below, act->scan.places.count,
                                           &act->options, &report, &error);
  scan_return(&act->scan);
  return finish(act, status, &report, &error);
}

PYTHON_FUNCTION(python_recover) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &recover_signature, args, positional, names, given) < 0)
    return NULL;
  struct act act = {.journal = PATH_EMPTY};
  PyObject *result = act_open(&act, state, "recover", given + 4) < 0 ? NULL : do_recover(&act, given);
  act_close(&act);
  return result;
}

static PyObject *do_undo(struct act *act, PyObject *const *given) {
  struct nlink_repair_report report = {.journals = 0};
  struct nlink_error error;
  if (take_journal(act, given[0], given[1], given[2]) < 0)
    return NULL;
  if (act->journal.object == NULL) {
    PyErr_SetString(PyExc_TypeError, "undo: journal should be a path, not None");
    return NULL;
  }
  scan_leave(&act->scan);
  enum nlink_status status = nlink_undo(act->scan.dir, act->journal.bytes, &act->options, &report, &error);
  scan_return(&act->scan);
  return finish(act, status, &report, &error);
}

PYTHON_FUNCTION(python_undo) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &undo_signature, args, positional, names, given) < 0)
    return NULL;
  struct act act = {.journal = PATH_EMPTY};
  PyObject *result = act_open(&act, state, "undo", given + 3) < 0 ? NULL : do_undo(&act, given);
  act_close(&act);
  return result;
}
