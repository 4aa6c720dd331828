/*
 * What the plans that dedupe() and fix() return have in common.
 *
 * The library works on a plan without the global lock; `busy` keeps other threads, and what is called back, away from it
 * meanwhile. The figures are copies, so that they can be read at any time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plan.h"

struct plan *plan_new(PyObject *module, PyTypeObject *type, const struct plan_kind *kind, PyObject *like) {
  struct plan *self = (struct plan *)type->tp_alloc(type, 0);
  if (self == NULL)
    return NULL;
  Py_INCREF(module);
  self->module = module;
  self->state = state_of(module);
  self->kind = kind;
  Py_XINCREF(like);
  self->like = like;
  Py_INCREF(Py_None);
  self->journal = Py_None;
  self->parts = PyList_New(0);
  self->errors = PyList_New(0);
  self->left = PyList_New(0);
  if (self->parts == NULL || self->errors == NULL || self->left == NULL)
    Py_CLEAR(self);
  return self;
}

void plan_lend(struct plan *self, struct scan *scan) {
  Py_INCREF(self->errors);
  Py_XSETREF(scan->errors, self->errors);
  Py_INCREF(self->left);
  Py_XSETREF(scan->left, self->left);
  scan->like = self->like;
}

int plan_refuse(const struct plan *self) {
  if (!self->busy && self->work != NULL)
    return 0;
  PyErr_SetString(PyExc_ValueError, self->busy ? "the plan is being worked on" : "the plan is closed");
  return -1;
}

PyObject *plan_part(const struct plan *self, Py_ssize_t index) {
  if (index < 0 || index >= PyList_GET_SIZE(self->parts)) {
    PyErr_SetString(PyExc_IndexError, "the plan has not so many parts");
    return NULL;
  }
  PyObject *part = PyList_GET_ITEM(self->parts, index);
  Py_INCREF(part);
  return part;
}

static int note_journal(struct plan *self) {
  PyObject *path = path_or_none(self->kind->journal(self->work), self->like);
  if (path == NULL)
    return -1;
  Py_SETREF(self->journal, path);
  return 0;
}

static int run(struct plan *self, struct act *act) {
  struct nlink_error error;
  if (plan_refuse(self) < 0)
    return -1;
  if (act_audit(act) < 0)
    return -1;
  plan_lend(self, &act->scan);
  self->busy = true;
  scan_leave(&act->scan);
  enum nlink_status status = self->kind->act(self, &act->options, &error);
  scan_return(&act->scan);
  self->busy = false;
  self->applied = (char)(self->applied || status >= 0);
  self->kind->note(self);
  if (note_journal(self) < 0)
    return -1;
  return act_raise(act, status, &error);
}

/** What was done stands, whatever ended it: let the exception that is set tell it. */
static void tell_report(struct plan *self) {
  PyObject *type;
  PyObject *value;
  PyObject *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (PyObject_SetAttrString(value, "report", (PyObject *)self) < 0)
    PyErr_Clear();
  PyErr_Restore(type, value, trace);
}

int plan_run(struct plan *self, struct act *act, bool tells) {
  int result = run(self, act);
  if (result < 0 && tells)
    tell_report(self);
  return result;
}

/* ------------------------------------------------------------------ methods */

static const struct signature apply_signature = {
    "|$OO" ACT_FORMAT ":apply", {WORD_journal, WORD_no_journal, ACT_WORDS}, 0, 0, 2 + ACT_COUNT};

PyObject *plan_apply(PyObject *object, PyObject *const *args, Py_ssize_t positional, PyObject *names) {
  struct plan *self = (struct plan *)object;
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(self->state, &apply_signature, args, positional, names, given) < 0)
    return NULL;
  struct act act = {.journal = PATH_EMPTY};
  int result = act_open(&act, self->state, "apply", given + 2);
  if (result == 0)
    result = act_open_journal(&act, given[0], given[1]);
  if (result == 0) {
    ALONE_BEGIN(object);
    result = plan_run(self, &act, false);
    ALONE_END();
  }
  act_close(&act);
  if (result < 0)
    return NULL;
  Py_INCREF(object);
  return object;
}

PyObject *plan_close(PyObject *object, PyObject *ignored) {
  (void)ignored;
  struct plan *self = (struct plan *)object;
  int result = 0;
  ALONE_BEGIN(object);
  if (self->busy) {
    result = plan_refuse(self);
  } else if (self->work != NULL) {
    self->kind->close(self->work);
    self->work = NULL;
  }
  ALONE_END();
  if (result < 0)
    return NULL;
  Py_RETURN_NONE;
}

PyObject *plan_enter(PyObject *object, PyObject *ignored) {
  (void)ignored;
  Py_INCREF(object);
  return object;
}

static PyObject *tuple_of(PyObject *list) {
  return list == NULL ? PyTuple_New(0) : PyList_AsTuple(list);
}

PyObject *plan_errors(PyObject *object, void *closure) {
  (void)closure;
  return tuple_of(((struct plan *)object)->errors);
}

PyObject *plan_left(PyObject *object, void *closure) {
  (void)closure;
  return tuple_of(((struct plan *)object)->left);
}

/* ------------------------------------------------------------------ life and death */

PyObject *plan_refuse_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
  (void)args;
  (void)keywords;
  PyErr_Format(PyExc_TypeError, "cannot create '%.100s' instances", type->tp_name);
  return NULL;
}

int plan_traverse(PyObject *object, visitproc visit, void *arg) {
  struct plan *self = (struct plan *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->module);
  Py_VISIT(self->like);
  Py_VISIT(self->parts);
  Py_VISIT(self->errors);
  Py_VISIT(self->left);
  Py_VISIT(self->journal);
  return 0;
}

/* An exception among the errors can lead back to the plan; nothing else can. */
int plan_clear(PyObject *object) {
  struct plan *self = (struct plan *)object;
  Py_CLEAR(self->errors);
  Py_CLEAR(self->left);
  return 0;
}

void plan_dealloc(PyObject *object) {
  struct plan *self = (struct plan *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  if (self->work != NULL)
    self->kind->close(self->work);
  plan_clear(object);
  Py_CLEAR(self->like);
  Py_CLEAR(self->parts);
  Py_CLEAR(self->journal);
  Py_CLEAR(self->module);
  type->tp_free(object);
  Py_DECREF(type);
}
