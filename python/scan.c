/*
 * What all functions that look at trees have in common: the scope keywords, and the calls back. Those that change trees
 * use the latter, too.
 *
 * The library works without the global lock, which is taken again for a call back. An exception from there, or a
 * signal's own, ends the work at the next chance and comes out of the function itself. Trouble goes to on_event
 * where that is given; else a path that the caller named and that cannot be looked at is an exception, as from
 * listing(), and what is further down is kept for the attribute "errors".
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

/* ------------------------------------------------------------------ the calls back */

/** Keep the exception that is set, so that it can be set again when the library has returned. */
static void keep_exception(struct scan *scan) {
  PyObject *type;
  PyObject *value;
  PyObject *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (trace != NULL)
    PyException_SetTraceback(value, trace);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  scan->raised = value;
}

/** The caller's own object for a path that was asked for; NULL for one further down. */
static PyObject *asked_for(struct scan *scan, const char *path) {
  PyObject *given = row_find(&scan->paths, path);
  return given == NULL ? row_find(&scan->places, path) : given;
}

/** One trouble; -1 with an exception set. */
static int tell_event(struct scan *scan, const char *path, const struct nlink_error *error) {
  if (scan->on_event == NULL && error->status >= 0)
    return 0; /* a remark is no trouble */
  PyObject *given = asked_for(scan, path);
  Py_XINCREF(given);
  PyObject *name = given == NULL ? path_text(path, scan_like(scan)) : given;
  PyObject *exception = name == NULL ? NULL : failure_build(error, name, NULL);
  int result = exception == NULL ? -1 : 0;
  if (exception == NULL) {
    /* Memory ran out, and the news of it go the same way as any other exception. */
  } else if (scan->on_event != NULL) {
    PyObject *answer = PyObject_CallFunctionObjArgs(scan->on_event, name, exception, NULL);
    Py_XDECREF(answer);
    result = answer == NULL ? -1 : 0;
  } else if (given != NULL) {
    Py_INCREF(exception);
    scan->missing = exception;
  } else if (scan->errors != NULL) {
    result = PyList_Append(scan->errors, exception);
  }
  Py_XDECREF(name);
  Py_XDECREF(exception);
  return result;
}

void scan_on_event(const char *path, const struct nlink_error *error, void *ctx) {
  struct scan *scan = ctx;
  if (scan_stops(scan))
    return;
  scan_return(scan);
  if (tell_event(scan, path, error) < 0)
    keep_exception(scan);
  scan_leave(scan);
}

static PyStructSequence_Field progress_fields[] = {
    {"phase", "'looking', 'comparing', 'acting' or 'mending'"},
    {"directories", "read"},
    {"names", "seen"},
    {"files", "compared, or acted upon"},
    {"all_files", "of so many"},
    {"bytes", "compared"},
    {"all_bytes", "of at most so many"},
    {NULL, NULL},
};

PyStructSequence_Desc progress_description = {"nlink.progress", "How far a piece of work is.",
                                              progress_fields, 7};

static PyObject *progress_build(const struct scan *scan, const struct nlink_progress *progress) {
  static const char *const phases[] = {
      [NLINK_PHASE_LOOKING] = "looking",
      [NLINK_PHASE_COMPARING] = "comparing",
      [NLINK_PHASE_ACTING] = "acting",
      [NLINK_PHASE_MENDING] = "mending",
  };
  PyObject *const values[] = {
      PyUnicode_FromString(phases[progress->phase]),
      number_object(progress->directories),
      number_object(progress->names),
      number_object(progress->files),
      number_object(progress->all_files),
      number_object(progress->bytes),
      number_object(progress->all_bytes),
  };
  return record_build(scan->state->progress_type, values, sizeof values / sizeof values[0]);
}

static PyObject *call_progress(const struct scan *scan, const struct nlink_progress *progress) {
  if (!scan->is_act)
    return PyObject_CallFunction(scan->progress, "KK", (unsigned long long)progress->directories,
                                 (unsigned long long)progress->names);
  PyObject *record = progress_build(scan, progress);
  PyObject *answer = record == NULL ? NULL : PyObject_CallFunctionObjArgs(scan->progress, record, NULL);
  Py_XDECREF(record);
  return answer;
}

/** Whether to go on; -1 with an exception set. */
static int tell_progress(const struct scan *scan, const struct nlink_progress *progress) {
  if (PyErr_CheckSignals() < 0)
    return -1;
  if (scan->progress == NULL)
    return 1;
  PyObject *answer = call_progress(scan, progress);
  if (answer == NULL)
    return -1;
  /* A function that returns nothing returns None, and has nothing against going on. */
  int result = answer != Py_False;
  Py_DECREF(answer);
  return result;
}

bool scan_on_progress(const struct nlink_progress *progress, void *ctx) {
  struct scan *scan = ctx;
  if (scan_stops(scan))
    return false;
  scan_return(scan);
  int go_on = tell_progress(scan, progress);
  if (go_on < 0)
    keep_exception(scan);
  scan_leave(scan);
  return go_on > 0;
}

static PyStructSequence_Field left_fields[] = {
    {"path", "the name that was left alone"},
    {"left", "why, as one word, such as 'changed'"},
    {"text", "why, as a sentence"},
    {"error", "an exception that tells what the system said, or None where it said nothing"},
    {NULL, NULL},
};

PyStructSequence_Desc left_description = {"nlink.left_name", "A name that was left alone.", left_fields, 4};

/** One name that was left alone; -1 with an exception set. */
static int tell_left(struct scan *scan, const char *path, enum nlink_left left,
                     const struct nlink_error *error) {
  PyObject *name = path_text(path, scan_like(scan));
  PyObject *word = PyUnicode_FromString(nlink_left_name(left));
  PyObject *said = Py_None;
  if (error != NULL && name != NULL)
    said = failure_build(error, name, NULL);
  else
    Py_INCREF(said);
  int result = -1;
  if (name != NULL && word != NULL && said != NULL && scan->on_left != NULL) {
    PyObject *answer = PyObject_CallFunctionObjArgs(scan->on_left, name, word, said, NULL);
    Py_XDECREF(answer);
    result = answer == NULL ? -1 : 0;
  } else if (name != NULL && word != NULL && said != NULL) {
    PyObject *const values[] = {name, word, sentence_object(nlink_left_text(left)), said};
    PyObject *record = record_build(scan->state->left_type, values, sizeof values / sizeof values[0]);
    result = record == NULL ? -1 : PyList_Append(scan->left, record);
    Py_XDECREF(record);
    return result;
  }
  Py_XDECREF(name);
  Py_XDECREF(word);
  Py_XDECREF(said);
  return result;
}

void scan_on_left(const char *path, enum nlink_left left, const struct nlink_error *error, void *ctx) {
  struct scan *scan = ctx;
  if (scan_stops(scan))
    return;
  scan_return(scan);
  if (tell_left(scan, path, left, error) < 0)
    keep_exception(scan);
  scan_leave(scan);
}

/* ------------------------------------------------------------------ the keywords */

int parse_count(const struct scan *scan, PyObject *object, const char *argument, uint64_t least,
                uint64_t most, uint64_t *count) {
  if (!is_given(object))
    return 0;
  PyObject *index = PyNumber_Index(object);
  if (index == NULL)
    return -1;
  unsigned long long value = PyLong_AsUnsignedLongLong(index);
  bool wrong = PyErr_Occurred() != NULL;
  if (wrong && !PyErr_ExceptionMatches(PyExc_OverflowError)) {
    Py_DECREF(index);
    return -1;
  }
  if (wrong || value < least || value > most) {
    PyErr_Format(PyExc_ValueError, "%s: %s should be from %llu to %llu, not %R", scan->function, argument,
                 (unsigned long long)least, (unsigned long long)most, index);
    Py_DECREF(index);
    return -1;
  }
  Py_DECREF(index);
  *count = value;
  return 0;
}

int parse_short_count(const struct scan *scan, PyObject *object, const char *argument, uint64_t least,
                      uint32_t *count) {
  uint64_t value = *count;
  if (parse_count(scan, object, argument, least, UINT32_MAX, &value) < 0)
    return -1;
  *count = (uint32_t)value;
  return 0;
}

int parse_callable(const struct scan *scan, PyObject *object, const char *argument, PyObject **out) {
  if (!is_given(object))
    return 0;
  if (!PyCallable_Check(object)) {
    PyErr_Format(PyExc_TypeError, "%s: %s should be callable or None, not %.200s", scan->function, argument,
                 type_name(object));
    return -1;
  }
  Py_INCREF(object);
  *out = object;
  return 0;
}

/**
 * The rules, in the order in which they are tried: those that say themselves what they are; then what is taken in,
 * for after what is left out it would mean nothing; then what is left out.
 */
static int take_rules(struct scan *scan, PyObject *rules, PyObject *include, PyObject *exclude) {
  static const char *const words[] = {"rules", "include", "exclude"};
  static const char *const marks[] = {"", "+ ", "- "};
  PyObject *const given[] = {rules, include, exclude};
  size_t count = 0;
  size_t size = 0;
  for (size_t i = 0; i < SCAN_PATTERNS; i++) {
    PyObject *object = is_given(given[i]) ? given[i] : NULL;
    if (row_open(&scan->patterns[i], scan->state, object, scan->function, words[i]) < 0)
      return -1;
    count += scan->patterns[i].count;
    for (size_t k = 0; k < scan->patterns[i].count; k++) {
      size += strlen(scan->patterns[i].bytes[k]) + 3;
    }
  }
  if (count == 0)
    return 0;
  scan->rules = PyMem_Calloc(count, sizeof *scan->rules);
  scan->rule_room = PyMem_Malloc(size);
  if (scan->rules == NULL || scan->rule_room == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  char *end = scan->rule_room;
  size_t rule = 0;
  for (size_t i = 0; i < SCAN_PATTERNS; i++) {
    for (size_t k = 0; k < scan->patterns[i].count; k++) {
      size_t left = size - (size_t)(end - scan->rule_room);
      scan->rules[rule++] = end;
      end += snprintf(end, left, "%s%s", marks[i], scan->patterns[i].bytes[k]) + 1;
    }
  }
  scan->scope.rules = scan->rules;
  scan->scope.rule_count = count;
  return 0;
}

int scan_open(struct scan *scan, PyObject *const *given) {
  struct nlink_scope *scope = &scan->scope;
  scope->size = sizeof *scope;
  scope->on_event = scan_on_event;
  scope->on_progress = scan_on_progress;
  scope->ctx = scan;
  if (scan->errors == NULL)
    scan->errors = PyList_New(0);
  if (scan->errors == NULL)
    return -1;
  if (take_rules(scan, given[2], given[1], given[0]) < 0)
    return -1;
  if (parse_count(scan, given[3], "min_size", 0, UINT64_MAX, &scope->min_bytes) < 0)
    return -1;
  if (parse_count(scan, given[4], "max_size", 1, UINT64_MAX, &scope->max_bytes) < 0)
    return -1;
  if (parse_short_count(scan, given[5], "max_depth", 1, &scope->max_depth) < 0)
    return -1;
  if (parse_truth(given[6], &scope->one_file_system) < 0)
    return -1;
  if (parse_short_count(scan, given[7], "threads", 0, &scope->threads) < 0)
    return -1;
  if (parse_dir_fd(given[8], &scan->dir) < 0)
    return -1;
  if (parse_callable(scan, given[9], scan->is_act ? "on_progress" : "progress", &scan->progress) < 0)
    return -1;
  return parse_callable(scan, given[10], "on_event", &scan->on_event);
}

int scan_open_paths(struct scan *scan, PyObject *const *args, Py_ssize_t count, bool here) {
  if (count > 0 || !here)
    return row_open_arguments(&scan->paths, scan->state, args, count, scan->function, "paths");
  PyObject *dot = PyUnicode_FromString(".");
  if (dot == NULL)
    return -1;
  int result = row_open_arguments(&scan->paths, scan->state, &dot, 1, scan->function, "paths");
  Py_DECREF(dot);
  return result;
}

int scan_open_places(struct scan *scan, PyObject *places, const char *argument) {
  if (!is_given(places))
    return 0;
  if (row_open(&scan->places, scan->state, places, scan->function, argument) < 0)
    return -1;
  if (scan->places.count > 0)
    return 0;
  /* To the library none means everywhere, which is not what an empty list says. */
  PyErr_Format(PyExc_ValueError, "%s: %s is empty", scan->function, argument);
  return -1;
}

/* ------------------------------------------------------------------ the end */

int scan_raise(struct scan *scan, enum nlink_status status, const struct nlink_error *error) {
  PyObject **exception = scan->raised == NULL ? &scan->missing : &scan->raised;
  if (*exception != NULL) {
    PyErr_SetObject((PyObject *)Py_TYPE(*exception), *exception);
    Py_CLEAR(*exception);
    return -1;
  }
  if (status < 0) {
    failure_raise(error, NULL, NULL);
    return -1;
  }
  return 0;
}

int scan_visit(const struct scan *scan, visitproc visit, void *arg) {
  Py_VISIT(scan->paths.objects);
  Py_VISIT(scan->paths.index);
  Py_VISIT(scan->progress);
  Py_VISIT(scan->on_event);
  Py_VISIT(scan->on_left);
  Py_VISIT(scan->errors);
  Py_VISIT(scan->left);
  Py_VISIT(scan->raised);
  Py_VISIT(scan->missing);
  return 0;
}

void scan_clear(struct scan *scan) {
  Py_CLEAR(scan->progress);
  Py_CLEAR(scan->on_event);
  Py_CLEAR(scan->on_left);
  Py_CLEAR(scan->errors);
  Py_CLEAR(scan->left);
  Py_CLEAR(scan->raised);
  Py_CLEAR(scan->missing);
}

void scan_close(struct scan *scan) {
  scan_clear(scan);
  row_close(&scan->paths);
  row_close(&scan->places);
  for (size_t i = 0; i < SCAN_PATTERNS; i++) {
    row_close(&scan->patterns[i]);
  }
  PyMem_Free((void *)scan->rules);
  PyMem_Free(scan->rule_room);
  scan->rules = NULL;
  scan->rule_room = NULL;
}
