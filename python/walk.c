/*
 * walk(): the names in trees, one after the other.
 *
 * The library gives name by name, and giving up the global lock for each would cost more than the name, and a wait
 * for each where another thread wants the lock. So names are fetched ahead: without the lock, as many as come until
 * the next directory, for there the caller may say skip().
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <stddef.h>
#include <stdlib.h>
#include <structmember.h>

static PyStructSequence_Field walk_entry_fields[] = {
    {"path", "the root's path as given, and the way from there"},
    {"name", "the last part of the path; of a root, the path as given"},
    {"kind", "'regular', 'directory', 'symlink' and so on, as stat_result has it"},
    {"depth", "how far below its root; 0 = a root"},
    {"stat", "of the name itself, or None without stat=True, or where it could not be looked at"},
    {NULL, NULL},
};

PyStructSequence_Desc walk_entry_description = {"nlink.walk_entry", "One name in a walk.", walk_entry_fields,
                                                5};

/* ------------------------------------------------------------------ fetching */

/** One name that was fetched; its path is in the walk's text. */
struct fetched {
  size_t path_at;
  size_t path_length;
  size_t name_at; /* in the path */
  uint32_t depth;
  enum nlink_kind kind;
  bool has_stat;
};

/** How many names are fetched at once, at most. */
#define FETCH_MAX 128

/** What walk() returns. */
struct walk {
  PyObject ob_base; /* what PyObject_HEAD stands for */
  struct scan scan;
  PyObject *module;        /* keeps the state alive */
  struct nlink_walk *walk; /* NULL = it has ended */
  bool busy;               /* the library is at work for it */
  bool at_directory;       /* the last name that was handed out is a directory, and the library is there */
  enum nlink_status status;
  struct nlink_error error; /* where status is negative */
  struct fetched fetched[FETCH_MAX];
  struct nlink_stat *stats; /* beside them, or NULL */
  size_t count;
  size_t handed_out;
  char *text; /* the paths; not Python's memory, for it grows without the global lock */
  size_t text_size;
  size_t text_used;
  /* The directory of the name before: the next name in it has the same path up to its own name. */
  const struct nlink_place *place;
  size_t place_at;
  size_t place_length;
};

/** Room for so many bytes more. */
static bool text_reserve(struct walk *self, size_t more) {
  if (more <= self->text_size - self->text_used)
    return true;
  size_t size = (self->text_used + more) * 2;
  char *text = realloc(self->text, size);
  if (text == NULL)
    return false;
  self->text = text;
  self->text_size = size;
  return true;
}

/** Write the path of an entry behind the others; false where memory runs out. */
static bool fetch_path(struct walk *self, struct fetched *fetched, const struct nlink_walk_entry *entry) {
  fetched->path_at = self->text_used;
  if (self->place != NULL && entry->place == self->place && entry->depth > 0) {
    fetched->path_length = self->place_length + entry->name_length;
    if (!text_reserve(self, fetched->path_length + 1))
      return false;
    char *path = self->text + fetched->path_at;
    memcpy(path, self->text + self->place_at, self->place_length);
    memcpy(path + self->place_length, entry->name, entry->name_length);
  } else {
    size_t room = self->text_size - self->text_used;
    fetched->path_length = nlink_walk_path(room == 0 ? NULL : self->text + self->text_used, room, entry);
    if (fetched->path_length >= room) {
      if (!text_reserve(self, fetched->path_length + 1))
        return false;
      nlink_walk_path(self->text + self->text_used, fetched->path_length + 1, entry);
    }
    /*
     * A place can be given up and its memory used for another one, but only behind a directory's name; and there
     * fetching ends, which forgets the place.
     */
    self->place = entry->depth > 0 ? entry->place : NULL;
    self->place_at = fetched->path_at;
    self->place_length = fetched->path_length - entry->name_length;
  }
  fetched->name_at = fetched->path_length - entry->name_length;
  self->text_used += fetched->path_length;
  return true;
}

static bool fetch_entry(struct walk *self, const struct nlink_walk_entry *entry) {
  struct fetched *fetched = &self->fetched[self->count];
  if (!fetch_path(self, fetched, entry))
    return false;
  fetched->depth = entry->depth;
  fetched->kind = entry->kind;
  fetched->has_stat = entry->stat != NULL && self->stats != NULL;
  if (fetched->has_stat)
    self->stats[self->count] = *entry->stat;
  self->count++;
  return true;
}

/** Fetch names, without the global lock; the status is that of the last step. */
static void fetch(struct walk *self) {
  self->count = self->handed_out = 0;
  self->text_used = 0;
  self->place = NULL;
  while (self->count < FETCH_MAX) {
    const struct nlink_walk_entry *entry = NULL;
    self->status = nlink_walk_next(self->walk, &entry, &self->error);
    if (self->status != NLINK_OK || scan_stops(&self->scan))
      return;
    if (!fetch_entry(self, entry)) {
      self->status = NLINK_NO_MEMORY;
      return;
    }
    if (entry->kind == NLINK_DIRECTORY)
      return;
  }
}

/* ------------------------------------------------------------------ handing out */

static PyObject *text_object(const char *bytes, size_t length, PyObject *like) {
  if (like != NULL && PyBytes_Check(like))
    return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)length);
  return PyUnicode_DecodeFSDefaultAndSize(bytes, (Py_ssize_t)length);
}

static PyObject *stat_or_none(const struct walk *self, size_t index) {
  if (!self->fetched[index].has_stat)
    Py_RETURN_NONE;
  return stat_build(self->scan.state, &self->stats[index]);
}

static PyObject *hand_out(struct walk *self) {
  size_t index = self->handed_out++;
  const struct fetched *fetched = &self->fetched[index];
  const char *path = self->text + fetched->path_at;
  PyObject *like = row_like(&self->scan.paths);
  PyObject *const values[] = {
      text_object(path, fetched->path_length, like),
      text_object(path + fetched->name_at, fetched->path_length - fetched->name_at, like),
      kind_object(self->scan.state, fetched->kind),
      PyLong_FromUnsignedLong(fetched->depth),
      stat_or_none(self, index),
  };
  self->at_directory = fetched->kind == NLINK_DIRECTORY;
  return record_build(self->scan.state->walk_entry_type, values, sizeof values / sizeof values[0]);
}

/** End the walk and give back what it held open. */
static void end(struct walk *self) {
  nlink_walk_close(self->walk);
  self->walk = NULL;
  self->count = self->handed_out = 0;
  self->at_directory = false;
}

static int refuse_while_busy(const struct walk *self) {
  if (!self->busy)
    return 0;
  PyErr_SetString(PyExc_ValueError, "walk already executing");
  return -1;
}

/** All that was fetched is handed out, and nothing more can be: StopIteration, or what ended the walk. */
static PyObject *finish(struct walk *self) {
  end(self);
  if (self->status == NLINK_NO_MEMORY && !scan_stops(&self->scan))
    return PyErr_NoMemory();
  scan_raise(&self->scan, self->status, &self->error);
  return NULL;
}

static PyObject *step(struct walk *self) {
  if (refuse_while_busy(self) < 0)
    return NULL;
  if (self->handed_out < self->count)
    return hand_out(self);
  if (self->walk == NULL)
    return NULL;
  if (self->status != NLINK_OK || scan_stops(&self->scan))
    return finish(self);
  self->busy = true;
  scan_leave(&self->scan);
  fetch(self);
  scan_return(&self->scan);
  self->busy = false;
  /* What a call back wants, above all an exception from a signal, does not wait for what was fetched before it. */
  if (self->count == 0 || self->scan.raised != NULL || self->status == NLINK_CANCELLED)
    return finish(self);
  return hand_out(self);
}

/* ------------------------------------------------------------------ the iterator */

static PyObject *walk_next(PyObject *object) {
  PyObject *result;
  ALONE_BEGIN(object);
  result = step((struct walk *)object);
  ALONE_END();
  return result;
}

static PyObject *walk_skip(PyObject *object, PyObject *ignored) {
  (void)ignored;
  struct walk *self = (struct walk *)object;
  int result;
  ALONE_BEGIN(object);
  result = refuse_while_busy(self);
  if (result == 0 && self->at_directory && self->walk != NULL)
    nlink_walk_skip(self->walk);
  ALONE_END();
  if (result < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *walk_close(PyObject *object, PyObject *ignored) {
  (void)ignored;
  int result;
  ALONE_BEGIN(object);
  result = refuse_while_busy((struct walk *)object);
  if (result == 0)
    end((struct walk *)object);
  ALONE_END();
  if (result < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *walk_enter(PyObject *object, PyObject *ignored) {
  (void)ignored;
  Py_INCREF(object);
  return object;
}

static PyObject *walk_errors(PyObject *object, void *closure) {
  (void)closure;
  const struct walk *self = (struct walk *)object;
  return self->scan.errors == NULL ? PyTuple_New(0) : PyList_AsTuple(self->scan.errors);
}

static int walk_traverse(PyObject *object, visitproc visit, void *arg) {
  struct walk *self = (struct walk *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->module);
  return scan_visit(&self->scan, visit, arg);
}

static int walk_clear(PyObject *object) {
  scan_clear(&((struct walk *)object)->scan);
  return 0;
}

static void walk_dealloc(PyObject *object) {
  struct walk *self = (struct walk *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  end(self);
  scan_close(&self->scan);
  free(self->text);
  PyMem_Free(self->stats);
  Py_CLEAR(self->module);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyObject *walk_refuse(PyTypeObject *type, PyObject *args, PyObject *keywords) {
  (void)args;
  (void)keywords;
  PyErr_Format(PyExc_TypeError, "cannot create '%.100s' instances", type->tp_name);
  return NULL;
}

static PyMethodDef walk_methods[] = {
    {"skip", walk_skip, METH_NOARGS,
     "skip($self, /)\n--\n\nDo not walk the directory that was given last; after any other name, do "
     "nothing."},
    {"close", walk_close, METH_NOARGS, "close($self, /)\n--\n\nEnd the walk; no further name comes."},
    {"__enter__", walk_enter, METH_NOARGS, NULL},
    {"__exit__", walk_close, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef walk_attributes[] = {
    {"errors", walk_errors, NULL,
     "a tuple of exceptions: what could not be looked at below the given paths until now", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static char walk_type_doc[] = "An iterator over the names in trees, and a context manager; made by walk().";

static PyType_Slot walk_slots[] = {
    {Py_tp_doc, walk_type_doc},          {Py_tp_new, SLOT(walk_refuse)},
    {Py_tp_dealloc, SLOT(walk_dealloc)}, {Py_tp_traverse, SLOT(walk_traverse)},
    {Py_tp_clear, SLOT(walk_clear)},     {Py_tp_iter, SLOT(PyObject_SelfIter)},
    {Py_tp_iternext, SLOT(walk_next)},   {Py_tp_methods, walk_methods},
    {Py_tp_getset, walk_attributes},     {0, NULL},
};

PyType_Spec walk_specification = {
    "nlink.Walk", sizeof(struct walk), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, walk_slots,
};

/* ------------------------------------------------------------------ opening */

static const struct signature walk_signature = {
    "|$OO" SCAN_FORMAT ":walk", {WORD_stat, WORD_listed, SCAN_WORDS}, 0, 0, 2 + SCAN_COUNT};

static int open_walk(struct walk *self, PyObject *const *args, Py_ssize_t count, PyObject *const *given) {
  struct scan *scan = &self->scan;
  unsigned flags = 0;
  if (parse_flag(given[0], true, NLINK_STAT, &flags) < 0)
    return -1;
  if (parse_truth(given[1], &scan->scope.listed) < 0)
    return -1;
  if (scan_open_paths(scan, args, count, !scan->scope.listed) < 0)
    return -1;
  if (scan_open(scan, given + 2) < 0)
    return -1;
  if ((flags & NLINK_STAT) != 0) {
    self->stats = PyMem_Calloc(FETCH_MAX, sizeof *self->stats);
    if (self->stats == NULL) {
      PyErr_NoMemory();
      return -1;
    }
  }
  if (row_audit(&scan->paths, ".") < 0)
    return -1;
  self->status = nlink_walk_open(&self->walk, scan->dir, scan->paths.bytes, scan->paths.count, &scan->scope,
                                 flags, &self->error);
  return scan_raise(scan, self->status, &self->error);
}

PYTHON_FUNCTION(python_walk) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &walk_signature, args + positional, 0, names, given) < 0)
    return NULL;
  struct walk *self = (struct walk *)state->walk_type->tp_alloc(state->walk_type, 0);
  if (self == NULL)
    return NULL;
  Py_INCREF(module);
  self->module = module;
  self->scan.state = state;
  self->scan.function = "walk";
  if (open_walk(self, args, positional, given) < 0) {
    Py_DECREF(self);
    return NULL;
  }
  return (PyObject *)self;
}
