/*
 * why(): what stands in the way of a link.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <string.h>

/* ------------------------------------------------------------------ why */

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

static PyObject *obstacles_build(const struct module_state *state, const struct nlink_why *why) {
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
