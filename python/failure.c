/*
 * A failure of the library as an exception of Python.
 *
 * It is the exception that os would raise: OSError, which picks its own subclass by the error number, with the
 * caller's own objects as filename and filename2. What os cannot tell comes on top: the cause as attributes
 * and, where Python knows notes (3.11), as a note under the traceback.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <errno.h>
#include <string.h>

/** Statuses that are the library's own judgement: the system's number, if there is one, would mislead. */
static bool is_own_judgement(enum nlink_status status) {
  return status == NLINK_ESCAPES || status == NLINK_LAST_NAME;
}

/** The error number that means the same, for a status that no system call stands behind. */
static int errno_of_status(enum nlink_status status) {
  switch (status) {
  case NLINK_OK: /* something that is good to know */
    return 0;
  case NLINK_EXISTS:
    return EEXIST;
  case NLINK_NOT_FOUND:
    return ENOENT;
  case NLINK_NOT_DIRECTORY:
    return ENOTDIR;
  case NLINK_IS_DIRECTORY:
    return EISDIR;
  case NLINK_DENIED:
    return EACCES;
  case NLINK_NOT_PERMITTED:
  case NLINK_ESCAPES:
  case NLINK_LAST_NAME:
    return EPERM;
  case NLINK_CROSS_DEVICE:
    return EXDEV;
  case NLINK_TOO_MANY_LINKS:
    return EMLINK;
  case NLINK_SYMLINK_LOOP:
  case NLINK_REPEATED:
    return ELOOP;
  case NLINK_NAME_TOO_LONG:
  case NLINK_TOO_SMALL:
    return ENAMETOOLONG;
  case NLINK_BAD_DESCRIPTOR:
    return EBADF;
  case NLINK_BUSY:
    return EBUSY;
  case NLINK_TRY_AGAIN:
    return EAGAIN;
  case NLINK_INTERRUPTED:
  case NLINK_CANCELLED:
    return EINTR;
  case NLINK_INVALID:
  case NLINK_NOT_SYMLINK:
    return EINVAL;
  case NLINK_NO_MEMORY:
    return ENOMEM;
  case NLINK_OVERFLOW:
    return ERANGE;
  case NLINK_NO_SPACE:
    return ENOSPC;
  case NLINK_QUOTA:
    return EDQUOT;
  case NLINK_READ_ONLY:
    return EROFS;
  case NLINK_NOT_SUPPORTED:
    return EOPNOTSUPP;
  default:
    return EIO;
  }
}

int failure_errno(const struct nlink_error *error) {
  if (error->sys != 0 && !is_own_judgement(error->status))
    return error->sys;
  return errno_of_status(error->status);
}

PyObject *failure_cause(const struct nlink_error *error) {
  if (error->cause == NLINK_CAUSE_UNKNOWN)
    Py_RETURN_NONE;
  PyObject *text = sentence_object(error->text);
  if (text == NULL || error->certain || strncmp(error->text, "probably ", 9) == 0)
    return text;
  PyObject *doubtful = PyUnicode_FromFormat("probably %U", text);
  Py_DECREF(text);
  return doubtful;
}

/** OSError(number, words, filename, None, filename2), as os builds it. */
static PyObject *build_os_error(const struct nlink_error *error, PyObject *filename, PyObject *filename2) {
  int number = failure_errno(error);
  const char *words = error->sys != 0 && !is_own_judgement(error->status) ? strerror(number)
                                                                          : nlink_status_text(error->status);
  /* A remark is no answer of the system's: its own text says more. */
  PyObject *text =
      error->status >= 0 ? sentence_object(error->text) : PyUnicode_DecodeLocale(words, "surrogateescape");
  if (text == NULL)
    return NULL;
  PyObject *exception;
  if (filename2 != NULL) {
    exception = PyObject_CallFunction(PyExc_OSError, "iOOiO", number, text,
                                      filename == NULL ? Py_None : filename, 0, filename2);
  } else if (filename != NULL) {
    exception = PyObject_CallFunction(PyExc_OSError, "iOO", number, text, filename);
  } else {
    exception = PyObject_CallFunction(PyExc_OSError, "iO", number, text);
  }
  Py_DECREF(text);
  return exception;
}

static int set_attribute(PyObject *exception, const char *name, PyObject *value) {
  if (value == NULL)
    return -1;
  int result = PyObject_SetAttrString(exception, name, value);
  Py_DECREF(value);
  return result;
}

/** What os cannot tell: why. */
static int add_cause(PyObject *exception, const struct nlink_error *error) {
  PyObject *cause = failure_cause(error);
  if (cause == NULL)
    return -1;
#if PY_VERSION_HEX >= 0x030B0000
  if (cause != Py_None) {
    PyObject *done = PyObject_CallMethod(exception, "add_note", "O", cause);
    if (done == NULL) {
      Py_DECREF(cause);
      return -1;
    }
    Py_DECREF(done);
  }
#endif
  if (set_attribute(exception, "cause", cause) < 0)
    return -1;
  if (set_attribute(exception, "cause_name", PyUnicode_FromString(nlink_cause_name(error->cause))) < 0)
    return -1;
  if (set_attribute(exception, "status", PyUnicode_FromString(nlink_status_name(error->status))) < 0)
    return -1;
  return set_attribute(exception, "dst_is_src", PyBool_FromLong(error->dst_is_src));
}

/** An exception that no system call stands behind: the library's own words, and the function as Python names it. */
static PyObject *build_plain(PyObject *type, const char *text) {
  static const char prefix[] = "nlink_";
  static const char suffix[] = "_backup";
  if (strncmp(text, prefix, sizeof prefix - 1) != 0)
    return PyObject_CallFunction(type, "s", text);
  text += sizeof prefix - 1;
  /* In Python a backup is an argument of link and symlink, no function of its own. */
  size_t name = strcspn(text, ":");
  size_t length = sizeof suffix - 1;
  size_t cut = name > length && strncmp(text + name - length, suffix, length) == 0 ? length : 0;
  char words[NLINK_TEXT_SIZE];
  (void)snprintf(words, sizeof words, "%.*s%s", (int)(name - cut), text, text + name);
  return PyObject_CallFunction(type, "s", words);
}

PyObject *failure_build(const struct nlink_error *error, PyObject *filename, PyObject *filename2) {
  if (error->sys == 0 && error->status == NLINK_INVALID)
    return build_plain(PyExc_ValueError, error->text);
  if (error->sys == 0 && error->status == NLINK_NO_MEMORY)
    return build_plain(PyExc_MemoryError, error->text);
  PyObject *exception = build_os_error(error, filename, filename2);
  if (exception != NULL && add_cause(exception, error) < 0)
    Py_CLEAR(exception);
  return exception;
}

PyObject *failure_raise(const struct nlink_error *error, PyObject *filename, PyObject *filename2) {
  /* A signal's own exception goes before the news that a signal came. */
  if (error->sys == EINTR && PyErr_CheckSignals() < 0)
    return NULL;
  PyObject *exception = failure_build(error, filename, filename2);
  if (exception == NULL)
    return NULL;
  PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
  Py_DECREF(exception);
  return NULL;
}
