/*
 * why(): what stands in the way of a link.
 *
 * Its result is a tuple of obstacles, so that it is empty where nothing was found, and of a type of its own for
 * the remark, which is there without an obstacle too.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <string.h>

/* ------------------------------------------------------------------ one obstacle */

static PyStructSequence_Field obstacle_fields[] = {
    {"status", "the library's status by name, such as 'NLINK_CROSS_DEVICE'"},
    {"errno", "the error number that link() would raise"},
    {"cause_name", "the cause as one word, such as 'other-mount'"},
    {"text", "the cause as one sentence"},
    {"certain", "whether the cause was observed; else it is the probable one"},
    {NULL, NULL},
};

PyStructSequence_Desc obstacle_description = {
    "nlink.obstacle",
    "One thing that stands in the way of a link.",
    obstacle_fields,
    5,
};

static PyObject *obstacle_build(const struct module_state *state, const struct nlink_error *error) {
  PyObject *result = PyStructSequence_New(state->obstacle_type);
  if (result == NULL)
    return NULL;
  PyObject *const values[] = {
      PyUnicode_FromString(nlink_status_name(error->status)),
      PyLong_FromLong(failure_errno(error)),
      PyUnicode_FromString(nlink_cause_name(error->cause)),
      PyUnicode_DecodeUTF8(error->text, (Py_ssize_t)strlen(error->text), "backslashreplace"),
      PyBool_FromLong(error->certain),
  };
  bool whole = true;
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    PyStructSequence_SetItem(result, (Py_ssize_t)i, values[i]);
    whole = whole && values[i] != NULL;
  }
  if (!whole)
    Py_CLEAR(result);
  return result;
}

/* ------------------------------------------------------------------ all of them, and the remark */

/** A tuple has no room for a field of ours, but one of a type made by a class statement has a dictionary. */
static PyObject *dictionary_of(PyObject *obstacles) {
  return PyObject_GetAttrString(obstacles, "__dict__");
}

static PyObject *obstacles_remark(PyObject *self, void *closure) {
  (void)closure;
  PyObject *dictionary = dictionary_of(self);
  if (dictionary == NULL)
    return NULL;
  PyObject *remark = PyMapping_GetItemString(dictionary, "remark");
  Py_DECREF(dictionary);
  if (remark == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
    PyErr_Clear();
    Py_RETURN_NONE;
  }
  return remark;
}

/** A getter without a setter: the remark can be read, copied and pickled, not changed. */
static PyGetSetDef remark_definition = {"remark", obstacles_remark, NULL,
                                        "what to know although it is no obstacle, as one sentence, or None",
                                        NULL};

static const char obstacles_doc[] = "What why() returns: a tuple of obstacles, with a remark.";

PyTypeObject *obstacles_make_type(void) {
  PyObject *type = PyObject_CallFunction((PyObject *)&PyType_Type, "s(O){ssss}", "Obstacles", &PyTuple_Type,
                                         "__module__", "nlink", "__doc__", obstacles_doc);
  if (type == NULL)
    return NULL;
  PyObject *remark = PyDescr_NewGetSet((PyTypeObject *)type, &remark_definition);
  if (remark == NULL || PyObject_SetAttrString(type, "remark", remark) < 0)
    Py_CLEAR(type);
  Py_XDECREF(remark);
  return (PyTypeObject *)type;
}

static PyObject *obstacles_tuple(const struct module_state *state, const struct nlink_why *why) {
  PyObject *result = PyTuple_New((Py_ssize_t)why->count);
  for (size_t i = 0; result != NULL && i < why->count; i++) {
    PyObject *obstacle = obstacle_build(state, &why->obstacle[i]);
    if (obstacle == NULL) {
      Py_CLEAR(result);
    } else {
      PyTuple_SET_ITEM(result, (Py_ssize_t)i, obstacle);
    }
  }
  return result;
}

/** -1 with an exception set. */
static int set_remark(PyObject *obstacles, const char *text) {
  if (text[0] == '\0')
    return 0;
  PyObject *dictionary = dictionary_of(obstacles);
  if (dictionary == NULL)
    return -1;
  PyObject *remark = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "backslashreplace");
  int result = remark == NULL ? -1 : PyDict_SetItemString(dictionary, "remark", remark);
  Py_XDECREF(remark);
  Py_DECREF(dictionary);
  return result;
}

static PyObject *obstacles_build(const struct module_state *state, const struct nlink_why *why) {
  PyObject *tuple = obstacles_tuple(state, why);
  if (tuple == NULL)
    return NULL;
  PyObject *result = PyObject_CallFunctionObjArgs((PyObject *)state->obstacles_type, tuple, NULL);
  Py_DECREF(tuple);
  if (result != NULL && set_remark(result, why->remark) < 0)
    Py_CLEAR(result);
  return result;
}

/* ------------------------------------------------------------------ why */

static const struct signature why_signature = {
    "OO|$OOOOO:why",
    {WORD_src, WORD_dst, WORD_src_dir_fd, WORD_dst_dir_fd, WORD_follow_symlinks, WORD_replace, WORD_beneath},
    2,
    2,
    7};

static PyObject *do_why(const struct module_state *state, struct path *src, struct path *dst,
                        PyObject *const *given) {
  int src_dir;
  int dst_dir;
  unsigned flags = 0;
  if (path_open(src, state, given[0], "why", "src") < 0)
    return NULL;
  if (path_open(dst, state, given[1], "why", "dst") < 0)
    return NULL;
  if (parse_dir_fd(given[2], &src_dir) < 0)
    return NULL;
  if (parse_dir_fd(given[3], &dst_dir) < 0)
    return NULL;
  if (parse_flag(given[4], false, NLINK_NO_FOLLOW, &flags) < 0)
    return NULL;
  if (parse_flag(given[5], true, NLINK_REPLACE, &flags) < 0)
    return NULL;
  if (parse_flag(given[6], true, NLINK_BENEATH, &flags) < 0)
    return NULL;
  struct nlink_why why;
  struct nlink_error error;
  enum nlink_status status;
  Py_BEGIN_ALLOW_THREADS;
  status = nlink_why(&why, src_dir, src->bytes, dst_dir, dst->bytes, flags, &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, src->object, dst->object);
  return obstacles_build(state, &why);
}

PYTHON_FUNCTION(python_why) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &why_signature, args, positional, names, given) < 0)
    return NULL;
  struct path src = PATH_EMPTY;
  struct path dst = PATH_EMPTY;
  PyObject *result = do_why(state, &src, &dst, given);
  path_close(&src);
  path_close(&dst);
  return result;
}
