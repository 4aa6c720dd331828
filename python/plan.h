/*
 * What the plans that dedupe() and fix() return have in common: acted upon once, closed, and never by two at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_PYTHON_PLAN_H
#define NLINK_PYTHON_PLAN_H

#include "module.h"
#include <stddef.h>

struct plan;

/** How a kind of plan works. */
struct plan_kind {
  void (*close)(void *work);
  /** Act upon plan->work, without the global lock. */
  enum nlink_status (*act)(struct plan *plan, const struct nlink_apply_options *options,
                           struct nlink_error *error);
  /** Copy the figures out of plan->work, with the lock. */
  void (*note)(struct plan *plan);
  const char *(*journal)(const void *work);
};

/** How each of these objects begins. */
struct plan {
  PyObject ob_base; /* what PyObject_HEAD stands for */
  const struct module_state *state;
  const struct plan_kind *kind;
  PyObject *module; /* keeps the state alive */
  void *work;       /* the library's; NULL = closed */
  char applied;
  bool busy;        /* the library is at work on it */
  bool remove;      /* of fix(): soft links are to be removed, too */
  PyObject *like;   /* by which paths are str or bytes */
  PyObject *parts;  /* a list: of dedupe(), groups that were asked for; of fix(), mends */
  PyObject *errors; /* lists */
  PyObject *left;
  PyObject *journal; /* a path or None */
};

/** A plan without work yet; NULL with an exception set. */
struct plan *plan_new(PyObject *module, PyTypeObject *type, const struct plan_kind *kind, PyObject *like);

/** Let what a call hears go to the plan's lists. */
void plan_lend(struct plan *self, struct scan *scan);

/** 0 where its work can be used; else -1 with an exception set. */
int plan_refuse(const struct plan *self);

/** One of the parts that are there; NULL with IndexError set. */
PyObject *plan_part(const struct plan *self, Py_ssize_t index);

/** Act; -1 with an exception set, which has the plan as its attribute "report" where @p tells. */
int plan_run(struct plan *self, struct act *act, bool tells);

/** Methods, attributes and slots of the types. */
PyObject *plan_apply(PyObject *object, PyObject *const *args, Py_ssize_t positional, PyObject *names);
PyObject *plan_close(PyObject *object, PyObject *ignored);
PyObject *plan_enter(PyObject *object, PyObject *ignored);
PyObject *plan_errors(PyObject *object, void *closure);
PyObject *plan_left(PyObject *object, void *closure);
PyObject *plan_refuse_new(PyTypeObject *type, PyObject *args, PyObject *keywords);
int plan_traverse(PyObject *object, visitproc visit, void *arg);
int plan_clear(PyObject *object);
void plan_dealloc(PyObject *object);

#define PLAN_METHODS                                                                                         \
  {"apply", (PyCFunction)(void (*)(void))plan_apply, METH_FASTCALL | METH_KEYWORDS,                          \
   "apply($self, /, *, journal=None, no_journal=False, unguarded=False, threads=None,\n"                     \
   "      on_left=None, on_event=None, on_progress=None)\n"                                                  \
   "--\n\n"                                                                                                  \
   "Do what the plan says, once, and return the plan itself, whose figures tell what was done.\n\n"          \
   "A name that was changed, or whose file is open for writing, is left alone and told to\n"                 \
   "on_left(path, left, error), or else by the attribute left. What was done is in the journal,\n"           \
   "a new one in the state directory unless journal is a path, and undo() takes it back; with\n"             \
   "no_journal there is none. With unguarded, names are replaced also where nobody can tell\n"               \
   "whether a program has their file open for writing. on_progress(progress) can stop the work\n"            \
   "by returning False, which raises InterruptedError when what was begun is finished."},                    \
      {"close", plan_close, METH_NOARGS,                                                                     \
       "close($self, /)\n--\n\nGive back what the plan holds; its figures stay."},                           \
      {"__enter__", plan_enter, METH_NOARGS, NULL}, {                                                        \
    "__exit__", plan_close, METH_VARARGS, NULL                                                               \
  }

#define PLAN_ATTRIBUTES                                                                                      \
  {"errors", plan_errors, NULL, "a tuple of exceptions: what could not be looked at", NULL}, {               \
    "left", plan_left, NULL, "a tuple of the names that were left alone while acting", NULL                  \
  }

#define PLAN_MEMBERS                                                                                         \
  {"applied", T_BOOL, offsetof(struct plan, applied), READONLY, "whether the plan was carried out"}, {       \
    "journal", T_OBJECT, offsetof(struct plan, journal), READONLY,                                           \
        "the absolute path of the journal of what was done, or None"                                         \
  }

#define PLAN_SLOTS                                                                                           \
  {Py_tp_new, SLOT(plan_refuse_new)}, {Py_tp_dealloc, SLOT(plan_dealloc)},                                   \
      {Py_tp_traverse, SLOT(plan_traverse)}, {Py_tp_clear, SLOT(plan_clear)}, {                              \
    Py_tp_iter, SLOT(PySeqIter_New)                                                                          \
  }

#endif
