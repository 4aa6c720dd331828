/*
 * Several paths of one call.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

bool row_is_single(PyObject *paths) {
  return PyUnicode_Check(paths) || PyBytes_Check(paths) ||
         PyObject_HasAttrString((PyObject *)Py_TYPE(paths), "__fspath__");
}

/** One path stands for itself; anything else is an iterable of paths. */
static PyObject *list_of_paths(PyObject *paths, const char *function, const char *argument) {
  if (row_is_single(paths))
    return Py_BuildValue("[O]", paths);
  PyObject *list = PySequence_List(paths);
  if (list == NULL && PyErr_ExceptionMatches(PyExc_TypeError) && Py_TYPE(paths)->tp_iter == NULL) {
    PyErr_Format(PyExc_TypeError, "%s: %s should be a path or an iterable of paths, not %.200s", function,
                 argument, type_name(paths));
  }
  return list;
}

/** Take row->objects as paths. */
static int take_list(struct path_row *row, const struct module_state *state, const char *function,
                     const char *argument) {
  if (row->objects == NULL)
    return -1;
  size_t count = (size_t)PyList_GET_SIZE(row->objects);
  row->paths = PyMem_Calloc(count + 1, sizeof *row->paths);
  row->bytes = PyMem_Calloc(count + 1, sizeof *row->bytes);
  if (row->paths == NULL || row->bytes == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  for (size_t i = 0; i < count; i++) {
    row->count = i + 1;
    PyObject *object = PyList_GET_ITEM(row->objects, (Py_ssize_t)i);
    if (path_open(&row->paths[i], state, object, function, argument) < 0)
      return -1;
    row->bytes[i] = row->paths[i].bytes;
  }
  return 0;
}

int row_open(struct path_row *row, const struct module_state *state, PyObject *paths, const char *function,
             const char *argument) {
  *row = ROW_EMPTY;
  if (paths == NULL)
    return 0;
  row->objects = list_of_paths(paths, function, argument);
  return take_list(row, state, function, argument);
}

int row_open_arguments(struct path_row *row, const struct module_state *state, PyObject *const *args,
                       Py_ssize_t count, const char *function, const char *argument) {
  *row = ROW_EMPTY;
  row->objects = PyList_New(count);
  for (Py_ssize_t i = 0; row->objects != NULL && i < count; i++) {
    Py_INCREF(args[i]);
    PyList_SET_ITEM(row->objects, i, args[i]);
  }
  return take_list(row, state, function, argument);
}

void row_close(struct path_row *row) {
  for (size_t i = 0; row->paths != NULL && i < row->count; i++) {
    path_close(&row->paths[i]);
  }
  PyMem_Free(row->paths);
  PyMem_Free((void *)row->bytes);
  Py_CLEAR(row->index);
  Py_CLEAR(row->objects);
  *row = ROW_EMPTY;
}

PyObject *row_like(const struct path_row *row) {
  return row->count > 0 ? row->paths[0].object : NULL;
}

/** So many paths are compared one by one in less time than a dictionary takes. */
#define FEW_PATHS 16

/** The paths by their bytes; of two that are equal, the first. NULL with an exception set. */
static PyObject *index_row(const struct path_row *row) {
  PyObject *index = PyDict_New();
  for (size_t i = 0; index != NULL && i < row->count; i++) {
    PyObject *key = PyBytes_FromString(row->bytes[i]);
    if (key == NULL || PyDict_SetDefault(index, key, row->paths[i].object) == NULL)
      Py_CLEAR(index);
    Py_XDECREF(key);
  }
  return index;
}

/** row_find() for many paths; false with an exception set. */
static bool find_by_index(struct path_row *row, const char *path, PyObject **found) {
  if (row->index == NULL)
    row->index = index_row(row);
  PyObject *key = row->index == NULL ? NULL : PyBytes_FromString(path);
  *found = key == NULL ? NULL : PyDict_GetItemWithError(row->index, key);
  Py_XDECREF(key);
  return *found != NULL || PyErr_Occurred() == NULL;
}

PyObject *row_find(struct path_row *row, const char *path) {
  PyObject *found = NULL;
  if (row->count > FEW_PATHS) {
    if (find_by_index(row, path, &found))
      return found;
    PyErr_Clear(); /* there is no memory for the short way */
  }
  for (size_t i = 0; i < row->count; i++) {
    if (strcmp(row->bytes[i], path) == 0)
      return row->paths[i].object;
  }
  return NULL;
}

int row_audit(const struct path_row *row, const char *otherwise) {
  if (row->objects == NULL)
    return PySys_Audit("os.listdir", "s", otherwise);
  for (size_t i = 0; i < row->count; i++) {
    if (PySys_Audit("os.listdir", "O", row->paths[i].object) < 0)
      return -1;
  }
  return 0;
}
