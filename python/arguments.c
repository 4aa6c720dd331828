/*
 * The arguments of a call.
 *
 * The common case (all positional, or keywords that the caller's code spells literally, which Python interns)
 * costs a handful of pointer comparisons. Whatever is not in order goes to the interpreter's own parser, whose
 * messages are then the ones that os.link has in the same interpreter.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <limits.h>
#include <stdint.h>
#include <string.h>

static const char *const word_texts[] = {
#define WORD_TEXT(name) #name,
    WORD_MAP(WORD_TEXT)
#undef WORD_TEXT
};

/** The interpreter's own parser: it finds the right words for what is wrong. */
static int parse_slowly(const struct signature *signature, PyObject *const *args, Py_ssize_t positional,
                        PyObject *names, PyObject **out) {
  char *texts[ARGUMENTS_MAX + 1] = {NULL};
  for (int i = 0; i < signature->count; i++) {
    /* Python reads these only, though it takes a pointer to plain char. */
    texts[i] = (char *)(uintptr_t)word_texts[signature->words[i]];
  }
  for (int i = 0; i < ARGUMENTS_MAX; i++) {
    out[i] = NULL;
  }
  PyObject *tuple = PyTuple_New(positional);
  PyObject *keywords = PyDict_New();
  bool whole = tuple != NULL && keywords != NULL;
  for (Py_ssize_t i = 0; whole && i < positional; i++) {
    Py_INCREF(args[i]);
    PyTuple_SET_ITEM(tuple, i, args[i]);
  }
  Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
  for (Py_ssize_t i = 0; whole && i < named; i++) {
    whole = PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, i), args[positional + i]) == 0;
  }
  /* What comes out is borrowed from the caller's own vector, so that it outlives the tuple and the dict. */
  whole = whole && PyArg_ParseTupleAndKeywords(tuple, keywords, signature->format, texts, &out[0], &out[1],
                                               &out[2], &out[3], &out[4], &out[5], &out[6], &out[7], &out[8],
                                               &out[9], &out[10], &out[11], &out[12], &out[13], &out[14],
                                               &out[15], &out[16], &out[17], &out[18], &out[19], &out[20],
                                               &out[21], &out[22], &out[23], &out[24], &out[25]);
  Py_XDECREF(tuple);
  Py_XDECREF(keywords);
  return whole ? 0 : -1;
}

/** More positional arguments than there can be; the interpreter's parser would say "at most" of any number. */
static int refuse_positional(const struct signature *signature, Py_ssize_t positional) {
  PyErr_Format(PyExc_TypeError, "%s() takes %s %d positional argument%s (%zd given)",
               strchr(signature->format, ':') + 1,
               signature->required == signature->positional ? "exactly" : "at most", signature->positional,
               signature->positional == 1 ? "" : "s", positional);
  return -1;
}

/** The place of a keyword in the signature, or -1 for one that is not there, or not interned. */
static int place_of(const struct module_state *state, const struct signature *signature, PyObject *name) {
  for (int i = 0; i < signature->count; i++) {
    if (state->words[signature->words[i]] == name)
      return i;
  }
  return -1;
}

int parse_arguments(const struct module_state *state, const struct signature *signature,
                    PyObject *const *args, Py_ssize_t positional, PyObject *names, PyObject **out) {
  Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
  if (positional + named > signature->count)
    return parse_slowly(signature, args, positional, names, out);
  if (positional > signature->positional)
    return refuse_positional(signature, positional);
  for (Py_ssize_t i = 0; i < positional; i++) {
    out[i] = args[i];
  }
  for (Py_ssize_t i = positional; i < signature->count; i++) {
    out[i] = NULL;
  }
  for (Py_ssize_t i = 0; i < named; i++) {
    int place = place_of(state, signature, PyTuple_GET_ITEM(names, i));
    if (place < 0 || out[place] != NULL)
      return parse_slowly(signature, args, positional, names, out);
    out[place] = args[positional + i];
  }
  for (int i = 0; i < signature->required; i++) {
    if (out[i] == NULL)
      return parse_slowly(signature, args, positional, names, out);
  }
  return 0;
}

const char *type_name(PyObject *object) {
  const char *whole = Py_TYPE(object)->tp_name;
  const char *dot = strrchr(whole, '.');
  return dot == NULL ? whole : dot + 1;
}

int parse_fd(PyObject *object, int *fd) {
  if (PyBool_Check(object) &&
      PyErr_WarnEx(PyExc_RuntimeWarning, "bool is used as a file descriptor", 1) < 0) {
    return -1;
  }
  PyObject *index = PyNumber_Index(object);
  if (index == NULL)
    return -1;
  int overflow = 0;
  long value = PyLong_AsLongAndOverflow(index, &overflow);
  Py_DECREF(index);
  if (overflow > 0 || value > INT_MAX) {
    PyErr_SetString(PyExc_OverflowError, "fd is greater than maximum");
    return -1;
  }
  if (overflow < 0 || value < INT_MIN) {
    PyErr_SetString(PyExc_OverflowError, "fd is less than minimum");
    return -1;
  }
  *fd = (int)value;
  return 0;
}

int parse_dir_fd(PyObject *object, int *fd) {
  if (object == NULL || object == Py_None) {
    *fd = NLINK_CWD;
    return 0;
  }
  if (PyIndex_Check(object))
    return parse_fd(object, fd);
  PyErr_Format(PyExc_TypeError, "argument should be integer or None, not %.200s", type_name(object));
  return -1;
}

int parse_truth(PyObject *object, bool *truth) {
  *truth = false;
  if (object == NULL)
    return 0;
  int answer = PyObject_IsTrue(object);
  if (answer < 0)
    return -1;
  *truth = answer != 0;
  return 0;
}

int parse_flag(PyObject *object, bool truth, unsigned flag, unsigned *flags) {
  if (object == NULL)
    return 0;
  bool answer;
  if (parse_truth(object, &answer) < 0)
    return -1;
  if (answer == truth)
    *flags |= flag;
  return 0;
}

int pair_open(struct link_call *call, const struct module_state *state, PyObject *const *given,
              const struct signature *signature) {
  const char *function = strchr(signature->format, ':') + 1;
  if (path_open(&call->src, state, given[0], function, word_texts[signature->words[0]]) < 0)
    return -1;
  if (path_open(&call->dst, state, given[1], function, word_texts[signature->words[1]]) < 0)
    return -1;
  if (parse_dir_fd(given[2], &call->src_dir) < 0)
    return -1;
  if (parse_dir_fd(given[3], &call->dst_dir) < 0)
    return -1;
  return parse_flag(given[4], false, NLINK_NO_FOLLOW, &call->flags);
}
