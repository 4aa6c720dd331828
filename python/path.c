/*
 * A path as Python has it, as the system wants it.
 *
 * Accepted and refused exactly as CPython 3.14's os does: str and bytes with their subclasses, and whatever has
 * __fspath__(). The object that the exception will name is the argument itself, never a copy.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <string.h>

static int refuse_type(PyObject *object, const char *function, const char *argument, bool fd_allowed) {
  PyErr_Format(PyExc_TypeError, "%s: %s should be %s, not %.200s", function, argument,
               fd_allowed ? "string, bytes, os.PathLike or integer" : "string, bytes or os.PathLike",
               type_name(object));
  return -1;
}

/** What __fspath__() gives; NULL with an exception set. */
static PyObject *ask_path_like(PyObject *object, const char *function, const char *argument,
                               bool fd_allowed) {
  /* PyOS_FSPath() would refuse an object that has no __fspath__() without naming function and argument. */
  PyObject *method = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__fspath__");
  bool missing = method == NULL || method == Py_None;
  Py_XDECREF(method);
  if (missing) {
    PyErr_Clear();
    refuse_type(object, function, argument, fd_allowed);
    return NULL;
  }
  return PyOS_FSPath(object);
}

/** Fill path->bytes and check that they are the whole path. */
static int take_bytes(struct path *path, const char *bytes, Py_ssize_t size, const char *function,
                      const char *argument) {
  if (memchr(bytes, 0, (size_t)size) != NULL) {
    PyErr_Format(PyExc_ValueError, "%s: embedded null character in %s", function, argument);
    return -1;
  }
  path->bytes = bytes;
  return 0;
}

static int open_path(struct path *path, const struct module_state *state, PyObject *object,
                     const char *function, const char *argument, bool fd_allowed) {
  *path = PATH_EMPTY;
  if (fd_allowed && PyIndex_Check(object)) {
    path->object = object;
    path->is_fd = true;
    return parse_fd(object, &path->fd);
  }
  if (!PyUnicode_Check(object) && !PyBytes_Check(object)) {
    object = path->held = ask_path_like(object, function, argument, fd_allowed);
    if (object == NULL)
      return -1;
  }
  path->object = object;
  if (PyBytes_Check(object)) {
    return take_bytes(path, PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object), function, argument);
  }
  if (state->ascii_plain && PyUnicode_IS_COMPACT_ASCII(object)) {
    return take_bytes(path, (const char *)PyUnicode_DATA(object), PyUnicode_GET_LENGTH(object), function,
                      argument);
  }
  path->encoded = PyUnicode_EncodeFSDefault(object);
  if (path->encoded == NULL)
    return -1;
  return take_bytes(path, PyBytes_AS_STRING(path->encoded), PyBytes_GET_SIZE(path->encoded), function,
                    argument);
}

int path_open(struct path *path, const struct module_state *state, PyObject *object, const char *function,
              const char *argument) {
  return open_path(path, state, object, function, argument, false);
}

int path_or_fd_open(struct path *path, const struct module_state *state, PyObject *object,
                    const char *function, const char *argument) {
  return open_path(path, state, object, function, argument, true);
}

void path_close(struct path *path) {
  Py_CLEAR(path->held);
  Py_CLEAR(path->encoded);
  path->bytes = NULL;
}

PyObject *path_text(const char *bytes, PyObject *like) {
  if (like != NULL && PyBytes_Check(like))
    return PyBytes_FromString(bytes);
  return PyUnicode_DecodeFSDefault(bytes);
}
