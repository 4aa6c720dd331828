/*
 * names(): all names of a file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

static PyStructSequence_Field names_fields[] = {
    {"path", "the path as given"},
    {"stat", "the file when it was first looked at, or None where it could not be"},
    {"names", "a tuple of the names that were found and verified, by their bytes"},
    {"soft", "a tuple of the soft links that lead to the file"},
    {"found", "how many names were found"},
    {"link_count", "how many names there are, as the file system says"},
    {"complete", "whether all were found"},
    {"absence",
     "the likely reason where some are missing, or may be, as one word, such as 'other-mount', or None"},
    {"text", "the same as a sentence, or None"},
    {"told_by_system", "whether the file system told the names, and nothing was walked"},
    {"errors", "a tuple of exceptions: what could not be looked at in the whole call"},
    {NULL, NULL},
};

PyStructSequence_Desc names_description = {"nlink.names_result", "All names of one file.", names_fields, 11};

/** The names of one file after the other, as the library gives them: by file, hard links first. */
struct names_reader {
  struct nlink_names *names;
  const struct nlink_names_entry *next; /* NULL = there is none */
  PyObject *like;
};

static void read_next(struct names_reader *reader) {
  if (nlink_names_next(reader->names, &reader->next) != NLINK_OK)
    reader->next = NULL;
}

/** The names of the file @p index that are soft links, or those that are none. */
static PyObject *read_names(struct names_reader *reader, size_t index, bool soft) {
  PyObject *list = PyList_New(0);
  while (list != NULL && reader->next != NULL && reader->next->file == index && reader->next->soft == soft) {
    PyObject *path = path_text(reader->next->path, reader->like);
    if (path == NULL || PyList_Append(list, path) < 0)
      Py_CLEAR(list);
    Py_XDECREF(path);
    read_next(reader);
  }
  PyObject *tuple = list == NULL ? NULL : PyList_AsTuple(list);
  Py_XDECREF(list);
  return tuple;
}

static PyObject *new_reference(PyObject *object) {
  Py_XINCREF(object);
  return object;
}

static PyObject *file_build(const struct scan *scan, struct names_reader *reader, size_t index,
                            PyObject *errors) {
  const struct nlink_names_file *file = nlink_names_file(reader->names, index);
  bool seen = file->stat.link_count > 0 || file->stat.kind != NLINK_KIND_UNKNOWN;
  bool absent = file->absence != NLINK_ABSENCE_NONE;
  PyObject *hard = read_names(reader, index, false);
  PyObject *soft = read_names(reader, index, true);
  PyObject *const values[] = {
      path_text(file->path, scan->paths.paths[index].object),
      seen ? stat_build(scan->state, &file->stat) : new_reference(Py_None),
      hard,
      soft,
      number_object(file->found),
      number_object(file->stat.link_count),
      PyBool_FromLong(seen && !absent),
      absent ? PyUnicode_FromString(nlink_absence_name(file->absence)) : new_reference(Py_None),
      sentence_or_none(file->text),
      PyBool_FromLong(file->told_by_system),
      new_reference(errors),
  };
  return record_build(scan->state->names_type, values, sizeof values / sizeof values[0]);
}

static PyObject *names_build(const struct scan *scan, struct nlink_names *names) {
  PyObject *errors = PyList_AsTuple(scan->errors);
  PyObject *list = PyList_New((Py_ssize_t)scan->paths.count);
  struct names_reader reader = {names, NULL, NULL};
  read_next(&reader);
  for (size_t i = 0; errors != NULL && list != NULL && i < scan->paths.count; i++) {
    reader.like = scan->paths.paths[i].object;
    PyObject *file = file_build(scan, &reader, i, errors);
    if (file == NULL) {
      Py_CLEAR(list);
    } else {
      PyList_SET_ITEM(list, (Py_ssize_t)i, file);
    }
  }
  if (errors == NULL)
    Py_CLEAR(list);
  Py_XDECREF(errors);
  return list;
}

/* ------------------------------------------------------------------ the call */

static const struct signature names_signature = {
    "O|$OOOO" SCAN_FORMAT ":names",
    {WORD_paths, WORD_roots, WORD_soft, WORD_follow, WORD_walk, SCAN_WORDS},
    1,
    1,
    5 + SCAN_COUNT};

static int take_arguments(struct scan *scan, struct nlink_names_options *options, PyObject *const *given) {
  if (row_open(&scan->paths, scan->state, given[0], scan->function, "paths") < 0)
    return -1;
  if (scan_open_places(scan, given[1], "roots") < 0)
    return -1;
  if (parse_truth(given[2], &options->soft) < 0)
    return -1;
  if (parse_truth(given[3], &options->follow) < 0)
    return -1;
  if (parse_truth(given[4], &options->walk) < 0)
    return -1;
  if (scan_open(scan, given + 5) < 0)
    return -1;
  options->roots = scan->places.bytes;
  options->root_count = scan->places.count;
  /* Without roots a whole file system may be read. */
  return row_audit(&scan->places, "/");
}

static PyObject *find_names(struct scan *scan, const struct nlink_names_options *options) {
  if (scan->paths.count == 0)
    return PyList_New(0);
  struct nlink_names *names = NULL;
  struct nlink_error error;
  scan_leave(scan);
  enum nlink_status status = nlink_names_open(&names, scan->dir, scan->paths.bytes, scan->paths.count,
                                              options, &scan->scope, &error);
  scan_return(scan);
  PyObject *result = scan_raise(scan, status, &error) < 0 ? NULL : names_build(scan, names);
  nlink_names_close(names);
  return result;
}

static PyObject *do_names(struct scan *scan, PyObject *const *given) {
  struct nlink_names_options options = {.size = sizeof options};
  if (take_arguments(scan, &options, given) < 0)
    return NULL;
  PyObject *list = find_names(scan, &options);
  if (list == NULL || !row_is_single(given[0]))
    return list;
  PyObject *file = new_reference(PyList_GET_ITEM(list, 0));
  Py_DECREF(list);
  return file;
}

PYTHON_FUNCTION(python_names) {
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state_of(module), &names_signature, args, positional, names, given) < 0)
    return NULL;
  struct scan scan = {.state = state_of(module), .function = "names", .dir = NLINK_CWD};
  PyObject *result = do_names(&scan, given);
  scan_close(&scan);
  return result;
}
