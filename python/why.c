/*
 * why(): what stands in the way of a link.
 *
 * Its result is a tuple of obstacles, so that it is empty where nothing was found, and of a type of its own for
 * the remark, which is there without an obstacle too.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

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
  PyObject *const values[] = {
      PyUnicode_FromString(nlink_status_name(error->status)),
      PyLong_FromLong(failure_errno(error)),
      PyUnicode_FromString(nlink_cause_name(error->cause)),
      sentence_object(error->text),
      PyBool_FromLong(error->certain),
  };
  return record_build(state->obstacle_type, values, sizeof values / sizeof values[0]);
}

/* ------------------------------------------------------------------ all of them, and the remark */

static PyObject *obstacles_remark(PyObject *self, void *closure) {
  (void)closure;
  return tuple_attribute(self, "remark");
}

/** A getter without a setter: the remark can be read, copied and pickled, not changed. */
static PyGetSetDef remark_definition = {"remark", obstacles_remark, NULL,
                                        "what to know although it is no obstacle, as one sentence, or None",
                                        NULL};

PyTypeObject *obstacles_make_type(void) {
  return tuple_make_type("Obstacles", "What why() returns: a tuple of obstacles, with a remark.",
                         &remark_definition);
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

static PyObject *obstacles_build(const struct module_state *state, const struct nlink_why *why) {
  PyObject *remark = NULL;
  if (why->remark[0] != '\0' && (remark = sentence_object(why->remark)) == NULL)
    return NULL;
  PyObject *tuple = obstacles_tuple(state, why);
  PyObject *result = tuple_build(state->obstacles_type, tuple, "remark", remark);
  Py_XDECREF(tuple);
  Py_XDECREF(remark);
  return result;
}

/* ------------------------------------------------------------------ why */

static const struct signature why_signature = {
    "OO|$OOOOO:why",
    {WORD_src, WORD_dst, WORD_src_dir_fd, WORD_dst_dir_fd, WORD_follow_symlinks, WORD_replace, WORD_beneath},
    2,
    2,
    7};

static PyObject *do_why(const struct module_state *state, struct link_call *call, PyObject *const *given) {
  if (pair_open(call, state, given, &why_signature) < 0)
    return NULL;
  if (parse_flag(given[5], true, NLINK_REPLACE, &call->flags) < 0)
    return NULL;
  if (parse_flag(given[6], true, NLINK_BENEATH, &call->flags) < 0)
    return NULL;
  struct nlink_why why;
  struct nlink_error error;
  enum nlink_status status;
  Py_BEGIN_ALLOW_THREADS;
  status =
      nlink_why(&why, call->src_dir, call->src.bytes, call->dst_dir, call->dst.bytes, call->flags, &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, call->src.object, call->dst.object);
  return obstacles_build(state, &why);
}

PYTHON_FUNCTION(python_why) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &why_signature, args, positional, names, given) < 0)
    return NULL;
  struct link_call call = LINK_CALL_EMPTY;
  PyObject *result = do_why(state, &call, given);
  pair_close(&call);
  return result;
}
