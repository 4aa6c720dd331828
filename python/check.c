/*
 * check(): what is wrong with the links in trees.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

static PyStructSequence_Field finding_fields[] = {
    {"kind", "what was found, as one word, such as 'dangles'"},
    {"path", "the soft link, or the first name of the file"},
    {"target", "what the soft link holds; None where it is about a file"},
    {"candidate", "of a soft link that dangles: the nearest existing thing of the lost name, or None"},
    {"names", "a tuple of the file's names inside, by their bytes; empty where it is about a soft link"},
    {"link_count", "how many names there are, as the file system says"},
    {"text", "what is wrong, as one sentence"},
    {"mend", "a command that would mend it; None where that depends on what is wanted"},
    {NULL, NULL},
};

PyStructSequence_Desc finding_description = {"nlink.finding", "One thing that is wrong.", finding_fields, 8};

/* ------------------------------------------------------------------ all of them, and the errors */

static PyObject *findings_errors(PyObject *self, void *closure) {
  (void)closure;
  PyObject *errors = tuple_attribute(self, "errors");
  if (errors != Py_None)
    return errors;
  Py_DECREF(errors);
  return PyTuple_New(0);
}

static PyGetSetDef errors_definition = {"errors", findings_errors, NULL,
                                        "a tuple of exceptions: what could not be looked at", NULL};

PyTypeObject *findings_make_type(void) {
  return tuple_make_type("Findings",
                         "What check() returns: a tuple of findings, with what could not be looked at.",
                         &errors_definition);
}

static PyObject *finding_build(const struct scan *scan, const struct nlink_finding *finding) {
  PyObject *like = row_like(&scan->paths);
  PyObject *const values[] = {
      PyUnicode_FromString(nlink_finding_name(finding->kind)),
      path_text(finding->path, like),
      path_or_none(finding->target, like),
      path_or_none(finding->candidate, like),
      paths_tuple(finding->names, finding->names == NULL ? 0 : finding->name_count, like),
      number_object(finding->link_count),
      sentence_object(finding->text),
      sentence_or_none(finding->mend),
  };
  return record_build(scan->state->finding_type, values, sizeof values / sizeof values[0]);
}

static PyObject *findings_build(const struct scan *scan, struct nlink_check *check) {
  PyObject *list = PyList_New(0);
  const struct nlink_finding *finding = NULL;
  while (list != NULL && nlink_check_next(check, &finding) == NLINK_OK) {
    PyObject *object = finding_build(scan, finding);
    if (object == NULL || PyList_Append(list, object) < 0)
      Py_CLEAR(list);
    Py_XDECREF(object);
  }
  PyObject *errors = list == NULL ? NULL : PyList_AsTuple(scan->errors);
  PyObject *result = errors == NULL ? NULL : tuple_build(scan->state->findings_type, list, "errors", errors);
  Py_XDECREF(errors);
  Py_XDECREF(list);
  return result;
}

/* ------------------------------------------------------------------ only and skip */

static const char *kind_word(unsigned kind) {
  return nlink_finding_name((enum nlink_finding_kind)kind);
}

int parse_off(const char *function, PyObject *only, PyObject *skip, unsigned *off) {
  unsigned wanted = (1U << NLINK_FINDING_KINDS) - 1;
  if (parse_word_set(function, "only", "kind of finding", only, kind_word, NLINK_FINDING_KINDS, &wanted) < 0)
    return -1;
  *off = ~wanted & ((1U << NLINK_FINDING_KINDS) - 1);
  unsigned skipped = 0;
  if (parse_word_set(function, "skip", "kind of finding", skip, kind_word, NLINK_FINDING_KINDS, &skipped) < 0)
    return -1;
  *off |= skipped;
  return 0;
}

/* ------------------------------------------------------------------ the call */

static const struct signature check_signature = {
    "|$OO" SCAN_FORMAT ":check", {WORD_only, WORD_skip, SCAN_WORDS}, 0, 0, 2 + SCAN_COUNT};

static PyObject *do_check(struct scan *scan, PyObject *const *args, Py_ssize_t count,
                          PyObject *const *given) {
  struct nlink_check_options options = {.size = sizeof options};
  if (parse_off("check", given[0], given[1], &options.off) < 0)
    return NULL;
  if (scan_open_paths(scan, args, count, true) < 0)
    return NULL;
  if (scan_open(scan, given + 2) < 0)
    return NULL;
  if (row_audit(&scan->paths, ".") < 0)
    return NULL;
  struct nlink_check *check = NULL;
  struct nlink_error error;
  scan_leave(scan);
  enum nlink_status status = nlink_check_open(&check, scan->dir, scan->paths.bytes, scan->paths.count,
                                              &options, &scan->scope, &error);
  scan_return(scan);
  PyObject *result = scan_raise(scan, status, &error) < 0 ? NULL : findings_build(scan, check);
  nlink_check_close(check);
  return result;
}

PYTHON_FUNCTION(python_check) {
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state_of(module), &check_signature, args + positional, 0, names, given) < 0)
    return NULL;
  struct scan scan = {.state = state_of(module), .function = "check", .dir = NLINK_CWD};
  PyObject *result = do_check(&scan, args, positional, given);
  scan_close(&scan);
  return result;
}
