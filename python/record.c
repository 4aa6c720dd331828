/*
 * What the functions return: records of named fields, and tuples that carry one word more.
 *
 * None of them can be changed. A record is a struct sequence; a tuple with an attribute is of a type made as a
 * class statement makes one, for a tuple itself has no room for a field of ours.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <string.h>

PyObject *record_build(PyTypeObject *type, PyObject *const *values, size_t count) {
  PyObject *result = PyStructSequence_New(type);
  bool whole = result != NULL;
  for (size_t i = 0; i < count; i++) {
    whole = whole && values[i] != NULL;
    /* A place that stays NULL is allowed in a struct sequence that is about to be given up. */
    if (result != NULL)
      PyStructSequence_SetItem(result, (Py_ssize_t)i, values[i]);
    else
      Py_XDECREF(values[i]);
  }
  if (!whole)
    Py_CLEAR(result);
  return result;
}

PyObject *number_object(uint64_t value) {
  return PyLong_FromUnsignedLongLong(value);
}

PyObject *sentence_object(const char *text) {
  return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "backslashreplace");
}

PyObject *sentence_or_none(const char *text) {
  if (text[0] == '\0')
    Py_RETURN_NONE;
  return sentence_object(text);
}

PyObject *path_or_none(const char *bytes, PyObject *like) {
  if (bytes == NULL)
    Py_RETURN_NONE;
  return path_text(bytes, like);
}

PyObject *paths_tuple(const char *const *paths, size_t count, PyObject *like) {
  PyObject *result = PyTuple_New((Py_ssize_t)count);
  for (size_t i = 0; result != NULL && i < count; i++) {
    PyObject *path = path_text(paths[i], like);
    if (path == NULL) {
      Py_CLEAR(result);
    } else {
      PyTuple_SET_ITEM(result, (Py_ssize_t)i, path);
    }
  }
  return result;
}

/* ------------------------------------------------------------------ tuples with an attribute */

PyTypeObject *tuple_make_type(const char *name, const char *doc, PyGetSetDef *attribute) {
  PyObject *type = PyObject_CallFunction((PyObject *)&PyType_Type, "s(O){ssss}", name, &PyTuple_Type,
                                         "__module__", "nlink", "__doc__", doc);
  if (type == NULL)
    return NULL;
  PyObject *getter = PyDescr_NewGetSet((PyTypeObject *)type, attribute);
  if (getter == NULL || PyObject_SetAttrString(type, attribute->name, getter) < 0)
    Py_CLEAR(type);
  Py_XDECREF(getter);
  return (PyTypeObject *)type;
}

/** The type made by a class statement gives each of its tuples a dictionary. */
static PyObject *dictionary_of(PyObject *tuple) {
  return PyObject_GetAttrString(tuple, "__dict__");
}

PyObject *tuple_attribute(PyObject *tuple, const char *name) {
  PyObject *dictionary = dictionary_of(tuple);
  if (dictionary == NULL)
    return NULL;
  PyObject *value = PyMapping_GetItemString(dictionary, name);
  Py_DECREF(dictionary);
  if (value == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
    PyErr_Clear();
    Py_RETURN_NONE;
  }
  return value;
}

PyObject *tuple_build(PyTypeObject *type, PyObject *items, const char *name, PyObject *value) {
  PyObject *result = items == NULL ? NULL : PyObject_CallFunctionObjArgs((PyObject *)type, items, NULL);
  if (result == NULL || value == NULL)
    return result;
  PyObject *dictionary = dictionary_of(result);
  if (dictionary == NULL || PyDict_SetItemString(dictionary, name, value) < 0)
    Py_CLEAR(result);
  Py_XDECREF(dictionary);
  return result;
}
