/*
 * listing(): a directory's names, with those of one file known as such.
 *
 * The library reads everything when the listing is opened; the iterator only hands out what is there. A path
 * that was asked for and cannot be read is an exception, as from os.listdir(); trouble further down is kept in
 * the iterator's attribute "errors".
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <stddef.h>
#include <string.h>
#include <structmember.h>

static PyStructSequence_Field entry_fields[] = {
    {"dir", "the path of the directory that the name is in, or None for a path as given"},
    {"name", "the name in it, or the path as given"},
    {"stat", "of the name itself, as stat(..., follow_symlinks=False) gives it"},
    {"target", "what a soft link holds, or None"},
    {"dangles", "whether the soft link leads nowhere"},
    {"group", "a number that the names of one file share, or 0 for a file with one name"},
    {"names_inside", "how many names of the file this listing has; counted only where group is not 0"},
    {"names_outside", "how many it does not have, by the link count"},
    {NULL, NULL},
};

PyStructSequence_Desc entry_description = {"nlink.entry", "One name in a listing.", entry_fields, 8};

/* ------------------------------------------------------------------ the iterator */

/** What listing() returns. */
struct listing {
  PyObject ob_base;        /* what PyObject_HEAD stands for */
  struct nlink_list *list; /* NULL after the last entry */
  PyObject *errors;        /* a tuple of exceptions */
  PyObject *like;          /* bytes where the names shall be bytes */
  const struct module_state *state;
  PyObject *module; /* keeps the state alive */
};

static PyObject *entry_build(const struct listing *self, const struct nlink_list_entry *entry) {
  PyObject *const values[] = {
      path_or_none(entry->dir, self->like),  path_text(entry->name, self->like),
      stat_build(self->state, &entry->stat), path_or_none(entry->target, self->like),
      PyBool_FromLong(entry->dangles),       number_object(entry->group),
      number_object(entry->names_inside),    number_object(entry->names_outside),
  };
  return record_build(self->state->entry_type, values, sizeof values / sizeof values[0]);
}

static PyObject *step(struct listing *self) {
  if (self->list == NULL)
    return NULL;
  const struct nlink_list_entry *entry = NULL;
  if (nlink_list_next(self->list, &entry) == NLINK_OK)
    return entry_build(self, entry);
  nlink_list_close(self->list);
  self->list = NULL;
  return NULL;
}

static PyObject *listing_next(PyObject *object) {
  PyObject *result;
  /* Without the global lock two threads may share one iterator, but one at a time. */
#ifdef Py_BEGIN_CRITICAL_SECTION
  Py_BEGIN_CRITICAL_SECTION(object);
#endif
  result = step((struct listing *)object);
#ifdef Py_BEGIN_CRITICAL_SECTION
  Py_END_CRITICAL_SECTION();
#endif
  return result;
}

static int listing_traverse(PyObject *object, visitproc visit, void *arg) {
  struct listing *self = (struct listing *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->errors);
  Py_VISIT(self->module);
  return 0;
}

static int listing_clear(PyObject *object) {
  struct listing *self = (struct listing *)object;
  Py_CLEAR(self->errors);
  return 0;
}

static void listing_dealloc(PyObject *object) {
  struct listing *self = (struct listing *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  nlink_list_close(self->list);
  Py_CLEAR(self->errors);
  Py_CLEAR(self->like);
  Py_CLEAR(self->module);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyObject *listing_refuse(PyTypeObject *type, PyObject *args, PyObject *keywords) {
  (void)args;
  (void)keywords;
  PyErr_Format(PyExc_TypeError, "cannot create '%.100s' instances", type->tp_name);
  return NULL;
}

static PyMemberDef listing_members[] = {
    {"errors", T_OBJECT, offsetof(struct listing, errors), READONLY,
     "a tuple of exceptions: what could not be looked at below the given paths"},
    {NULL, 0, 0, 0, NULL},
};

static char listing_type_doc[] = "An iterator over the entries of a listing; made by listing().";

static PyType_Slot listing_slots[] = {
    {Py_tp_doc, listing_type_doc},
    {Py_tp_new, SLOT(listing_refuse)},
    {Py_tp_dealloc, SLOT(listing_dealloc)},
    {Py_tp_traverse, SLOT(listing_traverse)},
    {Py_tp_clear, SLOT(listing_clear)},
    {Py_tp_iter, SLOT(PyObject_SelfIter)},
    {Py_tp_iternext, SLOT(listing_next)},
    {Py_tp_members, listing_members},
    {0, NULL},
};

PyType_Spec listing_specification = {
    "nlink.Listing", sizeof(struct listing), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, listing_slots,
};

/* ------------------------------------------------------------------ opening */

/** What the library's events turn into; they come in the caller's own thread. */
struct trouble {
  PyThreadState *thread;
  struct path_row *row;
  PyObject *like;
  PyObject *errors; /* a list */
  bool failed;      /* an exception is set: memory ran out */
  bool asked_for;   /* errors[0] is about a path that the caller named */
};

static void note_trouble(struct trouble *trouble, const char *path, const struct nlink_error *error) {
  if (trouble->failed || trouble->asked_for)
    return;
  PyObject *given = row_find(trouble->row, path);
  PyObject *name = given == NULL ? path_text(path, trouble->like) : given;
  Py_XINCREF(given);
  PyObject *exception = name == NULL ? NULL : failure_build(error, name, NULL);
  trouble->asked_for = given != NULL || (trouble->row->objects == NULL && strcmp(path, ".") == 0);
  trouble->failed = exception == NULL || (trouble->asked_for ? PyList_Insert(trouble->errors, 0, exception)
                                                             : PyList_Append(trouble->errors, exception)) < 0;
  Py_XDECREF(name);
  Py_XDECREF(exception);
}

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  struct trouble *trouble = ctx;
  PyEval_RestoreThread(trouble->thread);
  note_trouble(trouble, path, error);
  trouble->thread = PyEval_SaveThread();
}

static PyObject *listing_build(PyObject *module, struct nlink_list *list, PyObject *errors, PyObject *like) {
  const struct module_state *state = state_of(module);
  PyObject *tuple = PyList_AsTuple(errors);
  struct listing *self =
      tuple == NULL ? NULL : (struct listing *)state->listing_type->tp_alloc(state->listing_type, 0);
  if (self == NULL) {
    Py_XDECREF(tuple);
    nlink_list_close(list);
    return NULL;
  }
  self->list = list;
  self->errors = tuple;
  Py_XINCREF(like);
  self->like = like;
  self->state = state;
  Py_INCREF(module);
  self->module = module;
  return (PyObject *)self;
}

/** Read; the listing is NULL with an exception set, or what is to be returned. */
static PyObject *read_row(PyObject *module, struct path_row *row, int dir,
                          const struct nlink_list_options *options) {
  PyObject *like = row_like(row);
  struct trouble trouble = {NULL, row, like, PyList_New(0), false, false};
  if (trouble.errors == NULL)
    return NULL;
  struct nlink_list *list = NULL;
  struct nlink_error error;
  enum nlink_status status = NLINK_OK;
  if (row->objects == NULL || row->count > 0) {
    trouble.thread = PyEval_SaveThread();
    status = nlink_list_open(&list, dir, row->bytes, row->count, options, on_event, &trouble, &error);
    PyEval_RestoreThread(trouble.thread);
  }
  PyObject *result = NULL;
  if (trouble.failed) {
    nlink_list_close(list);
  } else if (status < 0) {
    failure_raise(&error, like, NULL);
  } else if (trouble.asked_for) {
    nlink_list_close(list);
    PyObject *first = PyList_GET_ITEM(trouble.errors, 0);
    PyErr_SetObject((PyObject *)Py_TYPE(first), first);
  } else {
    result = listing_build(module, list, trouble.errors, like);
  }
  Py_DECREF(trouble.errors);
  return result;
}

static const struct signature listing_signature = {
    "|O$OOOOO:listing",
    {WORD_paths, WORD_dir_fd, WORD_all, WORD_recursive, WORD_by_file, WORD_directories},
    0,
    1,
    6};

static PyObject *do_listing(PyObject *module, struct path_row *row, PyObject *const *given) {
  int dir;
  struct nlink_list_options options = {.size = sizeof options};
  if (row_open(row, state_of(module), given[0], "listing", "paths") < 0)
    return NULL;
  if (parse_dir_fd(given[1], &dir) < 0)
    return NULL;
  if (parse_truth(given[2], &options.all) < 0)
    return NULL;
  if (parse_truth(given[3], &options.recursive) < 0)
    return NULL;
  if (parse_truth(given[4], &options.by_file) < 0)
    return NULL;
  if (parse_truth(given[5], &options.directories) < 0)
    return NULL;
  if (row_audit(row, ".") < 0)
    return NULL;
  return read_row(module, row, dir, &options);
}

PYTHON_FUNCTION(python_listing) {
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state_of(module), &listing_signature, args, positional, names, given) < 0)
    return NULL;
  struct path_row row = ROW_EMPTY;
  PyObject *result = do_listing(module, &row, given);
  row_close(&row);
  return result;
}
