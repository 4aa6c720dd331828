/*
 * space(): what directories occupy, and what deleting them would free.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

static PyStructSequence_Field row_fields[] = {
    {"path", "the root as given and the way from there; None for all paths together"},
    {"depth", "how far below its root; 0 = a root"},
    {"kind", "what it is: a path may be no directory"},
    {"apparent_bytes", "the sizes of the files, and of the directories"},
    {"once_bytes", "what it occupies, each file counted once"},
    {"freed_bytes", "what deleting it alone returns to the file system"},
    {"held_bytes", "what stays, because names outside hold it"},
    {"held_files", "how many files those are"},
    {"outside_names", "how many names outside hold them"},
    {"names", "names of files that are no directories"},
    {"files", "how many files those lead to"},
    {"directories", "how many directories, itself among them"},
    {NULL, NULL},
};

PyStructSequence_Desc space_row_description = {"nlink.space_row", "What one directory occupies.", row_fields,
                                               12};

static PyStructSequence_Field step_fields[] = {
    {"alone_bytes", "what deleting this path alone frees, or None where it could not be looked at"},
    {"together_bytes", "what deleting the first path to this one frees"},
    {NULL, NULL},
};

PyStructSequence_Desc space_step_description = {"nlink.space_step", "One path of a row of snapshots.",
                                                step_fields, 2};

static PyStructSequence_Field group_fields[] = {
    {"dev", "the device; with ino, the file's identity"},
    {"ino", "the inode number on that device"},
    {"link_count", "how many names the file has, as the file system says"},
    {"kind", "what it is"},
    {"size_bytes", "the apparent size"},
    {"allocated_bytes", "what the contents occupy"},
    {"names", "a tuple of those of its names that were seen, by their bytes"},
    {"outside_names", "how many were not seen"},
    {NULL, NULL},
};

PyStructSequence_Desc space_group_description = {"nlink.space_group", "One file of several names.",
                                                 group_fields, 8};

static PyStructSequence_Field holder_fields[] = {
    {"path", "the name outside, or None where it was not found"},
    {"inside", "one of the file's names inside"},
    {"dev", "the device; with ino, the file's identity"},
    {"ino", "the inode number on that device"},
    {"allocated_bytes", "what it holds; the same bytes for each name of the same file"},
    {"missing", "where path is None: how many names were not found"},
    {NULL, NULL},
};

PyStructSequence_Desc space_holder_description = {
    "nlink.space_holder", "A name outside that keeps a file inside from being freed.", holder_fields, 6};

static PyStructSequence_Field doubts_fields[] = {
    {"changed_files", "files whose names changed while they were looked at; never told as freed"},
    {"wrong_counts", "files with more names than their count says"},
    {"unread", "how much could not be looked at; what is below is not in the figures"},
    {"may_share_extents", "whether the file system can share blocks between files: less may be freed"},
    {NULL, NULL},
};

PyStructSequence_Desc space_doubts_description = {
    "nlink.space_doubts", "What can make the true figures other than those told.", doubts_fields, 4};

static PyStructSequence_Field space_fields[] = {
    {"rows", "a tuple of rows, one for each path and for each directory down to depth"},
    {"total", "a row for all paths together"},
    {"series", "a tuple of what deleting each path alone, and the first paths together, frees"},
    {"groups", "a tuple of the groups that occupy most"},
    {"holders", "a tuple of names outside that keep bytes from being freed"},
    {"doubts", "what can make the true figures other than those told"},
    {"errors", "a tuple of exceptions: what could not be looked at"},
    {NULL, NULL},
};

PyStructSequence_Desc space_description = {"nlink.space_result", "What space() returns.", space_fields, 7};

/* ------------------------------------------------------------------ the parts */

#define RECORD(scan, kind, values)                                                                           \
  record_build((scan)->state->kind, values, sizeof(values) / sizeof((values)[0]))

static PyObject *row_build(const struct scan *scan, const struct nlink_space_row *row) {
  PyObject *const values[] = {
      path_or_none(row->path, row_like(&scan->paths)),
      number_object(row->depth),
      kind_object(scan->state, row->kind),
      number_object(row->apparent_bytes),
      number_object(row->once_bytes),
      number_object(row->freed_bytes),
      number_object(row->held_bytes),
      number_object(row->held_files),
      number_object(row->outside_names),
      number_object(row->names),
      number_object(row->files),
      number_object(row->directories),
  };
  return RECORD(scan, space_row_type, values);
}

static PyObject *group_build(const struct scan *scan, const struct nlink_space_group *group) {
  PyObject *const values[] = {
      number_object(group->dev),
      number_object(group->ino),
      number_object(group->link_count),
      kind_object(scan->state, group->kind),
      number_object(group->size_bytes),
      number_object(group->allocated_bytes),
      paths_tuple(group->names, (size_t)group->name_count, row_like(&scan->paths)),
      number_object(group->outside_names),
  };
  return RECORD(scan, space_group_type, values);
}

static PyObject *holder_build(const struct scan *scan, const struct nlink_space_holder *holder) {
  PyObject *const values[] = {
      path_or_none(holder->path, row_like(&scan->paths)),
      path_or_none(holder->inside, row_like(&scan->paths)),
      number_object(holder->dev),
      number_object(holder->ino),
      number_object(holder->allocated_bytes),
      number_object(holder->missing),
  };
  return RECORD(scan, space_holder_type, values);
}

static PyObject *doubts_build(const struct scan *scan, const struct nlink_space_doubts *doubts) {
  PyObject *const values[] = {
      number_object(doubts->changed_files),
      number_object(doubts->wrong_counts),
      number_object(doubts->unread),
      PyBool_FromLong(doubts->may_share_extents),
  };
  return RECORD(scan, space_doubts_type, values);
}

static PyObject *bytes_or_none(bool known, uint64_t bytes) {
  if (!known)
    Py_RETURN_NONE;
  return number_object(bytes);
}

static PyObject *step_build(const struct scan *scan, const struct nlink_space *space, size_t index) {
  const struct nlink_space_row *root = nlink_space_root(space, index);
  uint64_t together = nlink_space_oldest(space, index);
  PyObject *const values[] = {
      bytes_or_none(root != NULL, root == NULL ? 0 : root->freed_bytes),
      bytes_or_none(together != UINT64_MAX, together),
  };
  return RECORD(scan, space_step_type, values);
}

/* ------------------------------------------------------------------ the tuples of parts */

/** Put a new object at the end of a list; false with an exception set. The reference is taken. */
static bool append(PyObject *list, PyObject *object) {
  bool done = object != NULL && PyList_Append(list, object) == 0;
  Py_XDECREF(object);
  return done;
}

/** The next part of one kind, or NULL with an exception set; *end = there is none. */
typedef PyObject *part_function(const struct scan *scan, struct nlink_space *space, bool *end);

static PyObject *next_row(const struct scan *scan, struct nlink_space *space, bool *end) {
  const struct nlink_space_row *row;
  *end = nlink_space_next(space, &row) != NLINK_OK;
  return *end ? NULL : row_build(scan, row);
}

static PyObject *next_group(const struct scan *scan, struct nlink_space *space, bool *end) {
  const struct nlink_space_group *group;
  *end = nlink_space_next_group(space, &group) != NLINK_OK;
  return *end ? NULL : group_build(scan, group);
}

static PyObject *next_holder(const struct scan *scan, struct nlink_space *space, bool *end) {
  const struct nlink_space_holder *holder;
  *end = nlink_space_next_holder(space, &holder) != NLINK_OK;
  return *end ? NULL : holder_build(scan, holder);
}

static PyObject *all_parts(const struct scan *scan, struct nlink_space *space, part_function *next) {
  PyObject *list = PyList_New(0);
  bool end = false;
  while (list != NULL) {
    PyObject *part = next(scan, space, &end);
    if (end)
      break;
    if (!append(list, part))
      Py_CLEAR(list);
  }
  PyObject *tuple = list == NULL ? NULL : PyList_AsTuple(list);
  Py_XDECREF(list);
  return tuple;
}

static PyObject *series_build(const struct scan *scan, const struct nlink_space *space) {
  PyObject *tuple = PyTuple_New((Py_ssize_t)scan->paths.count);
  for (size_t i = 0; tuple != NULL && i < scan->paths.count; i++) {
    PyObject *step = step_build(scan, space, i);
    if (step == NULL) {
      Py_CLEAR(tuple);
    } else {
      PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, step);
    }
  }
  return tuple;
}

static PyObject *space_build(const struct scan *scan, struct nlink_space *space) {
  PyObject *const values[] = {
      all_parts(scan, space, next_row),    row_build(scan, nlink_space_set(space)),
      series_build(scan, space),           all_parts(scan, space, next_group),
      all_parts(scan, space, next_holder), doubts_build(scan, nlink_space_doubts(space)),
      PyList_AsTuple(scan->errors),
  };
  return RECORD(scan, space_type, values);
}

/* ------------------------------------------------------------------ the call */

static const char *order_word(unsigned order) {
  static const char *const words[] = {
      [NLINK_BY_FREED] = "freed", [NLINK_BY_ONCE] = "once",   [NLINK_BY_APPARENT] = "apparent",
      [NLINK_BY_HELD] = "held",   [NLINK_BY_NAMES] = "names", [NLINK_BY_FILES] = "files",
      [NLINK_BY_PATH] = "path",
  };
  return words[order];
}

static int take_holders(struct scan *scan, struct nlink_space_options *options, PyObject *holders,
                        PyObject *around) {
  if (parse_truth(holders, &options->holders) < 0)
    return -1;
  if (scan_open_places(scan, around, "around") < 0)
    return -1;
  if (scan->places.objects != NULL && !options->holders) {
    PyErr_SetString(PyExc_ValueError, "space: around is for holders, and holders is not given");
    return -1;
  }
  options->around = scan->places.bytes;
  options->around_count = scan->places.count;
  return 0;
}

static const struct signature space_signature = {
    "|$OOOOOO" SCAN_FORMAT ":space",
    {WORD_depth, WORD_order, WORD_groups, WORD_holders, WORD_around, WORD_listed, SCAN_WORDS},
    0,
    0,
    6 + SCAN_COUNT};

static int take_arguments(struct scan *scan, struct nlink_space_options *options, PyObject *const *args,
                          Py_ssize_t count, PyObject *const *given) {
  options->depth = 1;
  if (parse_short_count(scan, given[0], "depth", 0, &options->depth) < 0)
    return -1;
  unsigned order = options->order;
  if (parse_choice("space", "order", given[1], order_word, NLINK_BY_PATH + 1, &order) < 0)
    return -1;
  options->order = (enum nlink_space_order)order;
  if (parse_short_count(scan, given[2], "groups", 0, &options->groups) < 0)
    return -1;
  if (take_holders(scan, options, given[3], given[4]) < 0)
    return -1;
  if (parse_truth(given[5], &scan->scope.listed) < 0)
    return -1;
  if (scan_open_paths(scan, args, count, !scan->scope.listed) < 0)
    return -1;
  if (scan_open(scan, given + 6) < 0)
    return -1;
  if (row_audit(&scan->paths, ".") < 0)
    return -1;
  return options->holders ? row_audit(&scan->places, "/") : 0;
}

static PyObject *do_space(struct scan *scan, PyObject *const *args, Py_ssize_t count,
                          PyObject *const *given) {
  struct nlink_space_options options = {.size = sizeof options};
  if (take_arguments(scan, &options, args, count, given) < 0)
    return NULL;
  struct nlink_space *space = NULL;
  struct nlink_error error;
  scan_leave(scan);
  enum nlink_status status = nlink_space_open(&space, scan->dir, scan->paths.bytes, scan->paths.count,
                                              &options, &scan->scope, &error);
  scan_return(scan);
  PyObject *result = scan_raise(scan, status, &error) < 0 ? NULL : space_build(scan, space);
  nlink_space_close(space);
  return result;
}

PYTHON_FUNCTION(python_space) {
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state_of(module), &space_signature, args + positional, 0, names, given) < 0)
    return NULL;
  struct scan scan = {.state = state_of(module), .function = "space", .dir = NLINK_CWD};
  PyObject *result = do_space(&scan, args, positional, given);
  scan_close(&scan);
  return result;
}
