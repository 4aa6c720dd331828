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

static const char refusal[] = "%s: %s should be %s, not %.200s";

static const char *kinds(bool fd_allowed) {
  return fd_allowed ? "string, bytes, os.PathLike or integer" : "string, bytes or os.PathLike";
}

/** Whether an object's type has no __fspath__(), or says by None that it is no path. */
static bool has_no_fspath(PyObject *object) {
  PyObject *method = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__fspath__");
  bool missing = method == NULL || method == Py_None;
  Py_XDECREF(method);
  return missing;
}

/** What __fspath__() gives; NULL with an exception set. */
static PyObject *ask_path_like(PyObject *object, const char *function, const char *argument,
                               bool fd_allowed) {
  PyObject *answer = PyOS_FSPath(object);
  if (answer != NULL)
    return answer;
  PyObject *type;
  PyObject *value;
  PyObject *trace;
  PyErr_Fetch(&type, &value, &trace);
  if (has_no_fspath(object)) {
    /* Python's own words for this name neither the function nor the argument. */
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    PyErr_Format(PyExc_TypeError, refusal, function, argument, kinds(fd_allowed), type_name(object));
  } else {
    PyErr_Restore(type, value, trace);
  }
  return NULL;
}

/**
 * Until 3.11 os takes a buffer with a warning, and so does this module: a program must not notice which of the two
 * it calls. -1 with an exception set, 0 where it is no buffer or buffers are out, 1 where path->encoded is the path.
 */
static int take_buffer(struct path *path, PyObject *object, const char *function, const char *argument,
                       bool fd_allowed) {
#if PY_VERSION_HEX < 0x030C0000
  const PyBufferProcs *buffer = Py_TYPE(object)->tp_as_buffer;
  if (buffer == NULL || buffer->bf_getbuffer == NULL)
    return 0;
  if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1, refusal, function, argument, kinds(fd_allowed),
                       type_name(object)) < 0) {
    return -1;
  }
  path->encoded = PyBytes_FromObject(object);
  return path->encoded == NULL ? -1 : 1;
#else
  (void)path, (void)object, (void)function, (void)argument, (void)fd_allowed;
  return 0;
#endif
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

static int take_encoded(struct path *path, const char *function, const char *argument) {
  return take_bytes(path, PyBytes_AS_STRING(path->encoded), PyBytes_GET_SIZE(path->encoded), function,
                    argument);
}

static int open_path(struct path *path, const struct module_state *state, PyObject *object,
                     const char *function, const char *argument, bool fd_allowed) {
  *path = PATH_EMPTY;
  if (fd_allowed && PyIndex_Check(object)) {
    path->object = object;
    path->is_fd = true;
    return parse_fd(object, &path->fd);
  }
  path->object = object;
  if (!PyUnicode_Check(object) && !PyBytes_Check(object)) {
    int taken = take_buffer(path, object, function, argument, fd_allowed);
    if (taken < 0)
      return -1;
    if (taken > 0)
      return take_encoded(path, function, argument);
    path->object = object = path->held = ask_path_like(object, function, argument, fd_allowed);
    if (object == NULL)
      return -1;
    if (path_borrow(path, state, object))
      return 0;
  }
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

/** One code point in UTF-8; how many bytes, or 0 for what only Python's own encoder should judge. */
static size_t spell(char *out, Py_UCS4 c) {
  if (c == 0)
    return 0;
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  if (c < 0x800) {
    out[0] = (char)(0xC0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3F));
    return 2;
  }
  if (c >= 0xD800 && c < 0xE000) {
    /* A byte that was no UTF-8 when it was read, as "surrogateescape" keeps it. */
    out[0] = (char)(c & 0xFF);
    return c >= 0xDC80 && c < 0xDD00 ? 1 : 0;
  }
  if (c < 0x10000) {
    out[0] = (char)(0xE0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3F));
    out[2] = (char)(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = (char)(0xF0 | c >> 18);
  out[1] = (char)(0x80 | (c >> 12 & 0x3F));
  out[2] = (char)(0x80 | (c >> 6 & 0x3F));
  out[3] = (char)(0x80 | (c & 0x3F));
  return 4;
}

bool path_spell(struct path *path, const struct module_state *state, PyObject *object, char *room) {
  if (!state->utf8 || PyUnicode_GET_LENGTH(object) >= PATH_ROOM / 4)
    return false;
#if PY_VERSION_HEX < 0x030C0000
  if (!PyUnicode_IS_READY(object))
    return false;
#endif
  int kind = PyUnicode_KIND(object);
  const void *data = PyUnicode_DATA(object);
  Py_ssize_t length = PyUnicode_GET_LENGTH(object);
  size_t used = 0;
  for (Py_ssize_t i = 0; i < length; i++) {
    size_t size = spell(room + used, PyUnicode_READ(kind, data, i));
    if (size == 0)
      return false;
    used += size;
  }
  room[used] = '\0';
  path->object = object;
  path->bytes = room;
  return true;
}

PyObject *path_text(const char *bytes, PyObject *like) {
  if (like != NULL && PyBytes_Check(like))
    return PyBytes_FromString(bytes);
  return PyUnicode_DecodeFSDefault(bytes);
}
