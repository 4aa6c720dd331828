/*
 * Arguments that are words: one of some, or a set of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

/** The number of a word; @p count where there is no such word. */
static unsigned number_of(PyObject *object, word_function *word, unsigned count) {
  unsigned number = 0;
  if (!PyUnicode_Check(object))
    return count;
  while (number < count && PyUnicode_CompareWithASCIIString(object, word(number)) != 0)
    number++;
  return number;
}

int parse_choice(const char *function, const char *argument, PyObject *object, word_function *word,
                 unsigned count, unsigned *number) {
  if (!is_given(object))
    return 0;
  unsigned found = number_of(object, word, count);
  if (found < count) {
    *number = found;
    return 0;
  }
  char words[256] = "";
  size_t used = 0;
  for (unsigned i = 0; i < count && used < sizeof words; i++) {
    const char *before = i == 0 ? "" : i + 1 < count ? ", " : " or ";
    used += (size_t)snprintf(words + used, sizeof words - used, "%s'%s'", before, word(i));
  }
  PyErr_Format(PyExc_ValueError, "%s: %s should be %s, not %R", function, argument, words, object);
  return -1;
}

int parse_word_set(const char *function, const char *argument, const char *noun, PyObject *object,
                   word_function *word, unsigned count, unsigned *set) {
  if (!is_given(object))
    return 0;
  PyObject *words = PyUnicode_Check(object) ? Py_BuildValue("[O]", object) : PySequence_List(object);
  if (words == NULL)
    return -1;
  unsigned found = 0;
  int result = 0;
  for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(words); i++) {
    unsigned number = number_of(PyList_GET_ITEM(words, i), word, count);
    if (number < count) {
      found |= 1U << number;
    } else {
      PyErr_Format(PyExc_ValueError, "%s: %s: there is no %s %R", function, argument, noun,
                   PyList_GET_ITEM(words, i));
      result = -1;
    }
  }
  Py_DECREF(words);
  if (result == 0)
    *set = found;
  return result;
}

PyObject *words_tuple(unsigned set, word_function *word, unsigned count) {
  PyObject *list = PyList_New(0);
  for (unsigned i = 0; list != NULL && i < count; i++) {
    if ((set & 1U << i) == 0)
      continue;
    PyObject *text = PyUnicode_FromString(word(i));
    if (text == NULL || PyList_Append(list, text) < 0)
      Py_CLEAR(list);
    Py_XDECREF(text);
  }
  PyObject *tuple = list == NULL ? NULL : PyList_AsTuple(list);
  Py_XDECREF(list);
  return tuple;
}
