/*
 * dedupe(): equal files made one; and the plan that it returns, which shows what is to be done and does it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plan.h"
#include <structmember.h>

static PyStructSequence_Field file_fields[] = {
    {"act", "what is to be done with it: 'keep', 'replace' or 'leave'"},
    {"left", "why it is left alone, as one word, such as 'differs'; None where it is not"},
    {"differs", "a tuple of that in which it differs, such as 'mode'"},
    {"keep", "which of the group's files it is to become, or was compared with"},
    {"stat", "what it was when it was looked at"},
    {"names", "a tuple of those of its names that were seen, by their bytes"},
    {"outside_names", "how many were not seen"},
    {NULL, NULL},
};

PyStructSequence_Desc dedupe_file_description = {"nlink.dedupe_file", "One file of several equal ones.",
                                                 file_fields, 7};

static PyStructSequence_Field group_fields[] = {
    {"size_bytes", "how large each of the files is"},
    {"gain_bytes", "what replacing them returns to the file system"},
    {"files", "a tuple of the files: each that is kept, and behind it those that become names of it"},
    {NULL, NULL},
};

PyStructSequence_Desc dedupe_group_description = {"nlink.dedupe_group", "Files of equal contents.",
                                                  group_fields, 3};

/** What dedupe() returns. */
struct dedupe {
  struct plan plan;
  struct nlink_dedupe_report report;
  bool at_end; /* all groups are among the parts */
};

/* ------------------------------------------------------------------ groups */

static const char *aspect_word(unsigned aspect) {
  return nlink_aspect_name((enum nlink_aspect)aspect);
}

static PyObject *left_or_none(const struct nlink_dedupe_file *file) {
  if (file->act != NLINK_ACT_LEAVE)
    Py_RETURN_NONE;
  return PyUnicode_FromString(nlink_left_name(file->left));
}

static PyObject *file_build(const struct dedupe *self, const struct nlink_dedupe_file *file) {
  static const char *const acts[] = {
      [NLINK_ACT_KEEP] = "keep", [NLINK_ACT_REPLACE] = "replace", [NLINK_ACT_LEAVE] = "leave"};
  PyObject *const values[] = {
      PyUnicode_FromString(acts[file->act]),
      left_or_none(file),
      words_tuple(file->differs, aspect_word, NLINK_ASPECTS),
      number_object(file->keep),
      stat_build(self->plan.state, &file->stat),
      paths_tuple(file->names, file->name_count, self->plan.like),
      number_object(file->outside_names),
  };
  return record_build(self->plan.state->dedupe_file_type, values, sizeof values / sizeof values[0]);
}

static PyObject *group_build(const struct dedupe *self, const struct nlink_dedupe_group *group) {
  PyObject *files = PyTuple_New((Py_ssize_t)group->file_count);
  for (size_t i = 0; files != NULL && i < group->file_count; i++) {
    PyObject *file = file_build(self, &group->files[i]);
    if (file == NULL) {
      Py_CLEAR(files);
    } else {
      PyTuple_SET_ITEM(files, (Py_ssize_t)i, file);
    }
  }
  PyObject *const values[] = {number_object(group->size_bytes), number_object(group->gain_bytes), files};
  return record_build(self->plan.state->dedupe_group_type, values, sizeof values / sizeof values[0]);
}

/** Step to the next group; -1 with an exception set. */
static int fetch(struct dedupe *self) {
  const struct nlink_dedupe_group *group = NULL;
  if (plan_refuse(&self->plan) < 0)
    return -1;
  enum nlink_status status = nlink_dedupe_next(self->plan.work, &group);
  if (status < 0) {
    PyErr_NoMemory();
    return -1;
  }
  if (status == NLINK_END) {
    self->at_end = true;
    return 0;
  }
  PyObject *record = group_build(self, group);
  int result = record == NULL ? -1 : PyList_Append(self->plan.parts, record);
  Py_XDECREF(record);
  return result;
}

static PyObject *item(struct dedupe *self, Py_ssize_t index) {
  PyObject *parts = self->plan.parts;
  while (index >= PyList_GET_SIZE(parts) && !self->at_end) {
    if (fetch(self) < 0)
      return NULL;
  }
  return plan_part(&self->plan, index);
}

static PyObject *dedupe_item(PyObject *object, Py_ssize_t index) {
  PyObject *result;
  ALONE_BEGIN(object);
  result = item((struct dedupe *)object, index);
  ALONE_END();
  return result;
}

/* ------------------------------------------------------------------ acting */

static void close_work(void *work) {
  nlink_dedupe_close(work);
}

static enum nlink_status act_upon(struct plan *plan, const struct nlink_apply_options *options,
                                  struct nlink_error *error) {
  return nlink_dedupe_apply(plan->work, options, error);
}

static void note(struct plan *plan) {
  ((struct dedupe *)plan)->report = *nlink_dedupe_report(plan->work);
}

static const char *journal_of(const void *work) {
  return nlink_dedupe_journal(work);
}

static const struct plan_kind dedupe_kind = {close_work, act_upon, note, journal_of};

/** The plan that the library made, as Python's; NULL with an exception set. */
static struct plan *dedupe_new(PyObject *module, PyObject *like) {
  return plan_new(module, state_of(module)->dedupe_type, &dedupe_kind, like);
}

static void take(struct plan *self, struct nlink_dedupe *dedupe) {
  self->work = dedupe;
  note(self);
}

/* ------------------------------------------------------------------ saving */

static const struct signature save_signature = {"O|$O:save", {WORD_path, WORD_dir_fd}, 1, 1, 2};

static int save(struct plan *self, const struct path *path, int dir) {
  struct nlink_error error;
  if (plan_refuse(self) < 0)
    return -1;
  if (PySys_Audit("open", "Osi", path->object, "x", 0) < 0)
    return -1;
  self->busy = true;
  PyThreadState *thread = PyEval_SaveThread();
  enum nlink_status status = nlink_dedupe_save(self->work, dir, path->bytes, &error);
  PyEval_RestoreThread(thread);
  self->busy = false;
  if (status >= 0)
    return 0;
  failure_raise(&error, path->object, NULL);
  return -1;
}

static PyObject *dedupe_save(PyObject *object, PyObject *const *args, Py_ssize_t positional,
                             PyObject *names) {
  struct plan *self = (struct plan *)object;
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(self->state, &save_signature, args, positional, names, given) < 0)
    return NULL;
  int dir;
  struct path path = PATH_EMPTY;
  int result = path_open(&path, self->state, given[0], "save", "path");
  if (result == 0)
    result = parse_dir_fd(given[1], &dir);
  if (result == 0) {
    ALONE_BEGIN(object);
    result = save(self, &path, dir);
    ALONE_END();
  }
  path_close(&path);
  if (result < 0)
    return NULL;
  Py_RETURN_NONE;
}

/* ------------------------------------------------------------------ the type */

static PyObject *dedupe_repr(PyObject *object) {
  const struct nlink_dedupe_report *report = &((struct dedupe *)object)->report;
  return PyUnicode_FromFormat("<nlink.Dedupe: %llu files, %llu groups, %llu to be replaced, %llu replaced>",
                              (unsigned long long)report->files, (unsigned long long)report->groups,
                              (unsigned long long)report->planned_files,
                              (unsigned long long)report->done_files);
}

static PyMethodDef dedupe_methods[] = {
    PLAN_METHODS,
    {"save", (PyCFunction)(void (*)(void))dedupe_save, METH_FASTCALL | METH_KEYWORDS,
     "save($self, /, path, *, dir_fd=None)\n"
     "--\n\n"
     "Save the plan in a new file, for load_plan()."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef dedupe_attributes[] = {
    PLAN_ATTRIBUTES,
    {NULL, NULL, NULL, NULL, NULL},
};

#define FIGURE(name, doc)                                                                                    \
  { #name, T_ULONGLONG, offsetof(struct dedupe, report.name), READONLY, doc }

static PyMemberDef dedupe_members[] = {
    FIGURE(names, "names of regular files that were seen"),
    FIGURE(files, "how many files those lead to"),
    FIGURE(read_bytes, "what was read to compare them"),
    FIGURE(groups, "groups of equal files"),
    FIGURE(planned_files, "files that are to be replaced"),
    FIGURE(planned_names, "names of those"),
    FIGURE(gain_bytes, "what replacing them returns to the file system"),
    FIGURE(left_files, "equal files that are left alone by the plan"),
    FIGURE(done_files, "files that were replaced, the last of their names, too"),
    FIGURE(done_names, "names that were replaced"),
    FIGURE(gained_bytes, "what that returned to the file system"),
    FIGURE(left_names, "names that were left alone while acting"),
    FIGURE(failed, "how many of those because of an error"),
    PLAN_MEMBERS,
    {NULL, 0, 0, 0, NULL},
};

static char dedupe_type_doc[] =
    "A plan of how equal files become one, and what was done of it; made by dedupe() and load_plan().\n\n"
    "Iterating gives the groups, that of the largest gain first. It is a context manager.";

static PyType_Slot dedupe_slots[] = {
    {Py_tp_doc, dedupe_type_doc},      PLAN_SLOTS,
    {Py_tp_repr, SLOT(dedupe_repr)},   {Py_sq_item, SLOT(dedupe_item)},
    {Py_tp_methods, dedupe_methods},   {Py_tp_members, dedupe_members},
    {Py_tp_getset, dedupe_attributes}, {0, NULL},
};

PyType_Spec dedupe_specification = {
    "nlink.Dedupe", sizeof(struct dedupe), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, dedupe_slots,
};

/* ------------------------------------------------------------------ what is to be looked for */

static const char *mode_word(unsigned mode) {
  static const char *const words[] = {
      [NLINK_MODE_HARDLINK] = "hardlink", [NLINK_MODE_REFLINK] = "reflink", [NLINK_MODE_SYMLINK] = "symlink"};
  return words[mode];
}

static const char *const keep_words[] = {
    [NLINK_KEEP_MOST_NAMES] = "most-names",
    [NLINK_KEEP_OLDEST] = "oldest",
    [NLINK_KEEP_NEWEST] = "newest",
    [NLINK_KEEP_FIRST] = "first",
};

/** What a call wants beside the scope. */
struct wish {
  struct nlink_dedupe_options options;
  struct path_row keep;
  const char **rules;
  char *rule_room;
};

/** Words say which of several is kept; all else are patterns, which go before. */
static int take_keep(struct wish *wish, const struct module_state *state, PyObject *object) {
  if (!is_given(object))
    return 0;
  if (row_open(&wish->keep, state, object, "dedupe", "keep") < 0)
    return -1;
  size_t size = 0;
  for (size_t i = 0; i < wish->keep.count; i++) {
    size += strlen(wish->keep.bytes[i]) + 3;
  }
  wish->rules = PyMem_Calloc(wish->keep.count + 1, sizeof *wish->rules);
  wish->rule_room = PyMem_Malloc(size + 1);
  if (wish->rules == NULL || wish->rule_room == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  char *end = wish->rule_room;
  for (size_t i = 0; i < wish->keep.count; i++) {
    unsigned word = 0;
    while (word <= NLINK_KEEP_FIRST && strcmp(wish->keep.bytes[i], keep_words[word]) != 0)
      word++;
    if (word <= NLINK_KEEP_FIRST) {
      wish->options.keep = (enum nlink_keep)word;
    } else {
      size_t left = size + 1 - (size_t)(end - wish->rule_room);
      wish->rules[wish->options.keep_rule_count++] = end;
      end += snprintf(end, left, "+ %s", wish->keep.bytes[i]) + 1;
    }
  }
  wish->options.keep_rules = wish->rules;
  return 0;
}

/** Seconds as the library counts; to that 0 is "not said". */
static int take_min_age(struct wish *wish, PyObject *object) {
  if (!is_given(object))
    return 0;
  double seconds = PyFloat_AsDouble(object);
  if (seconds == -1.0 && PyErr_Occurred() != NULL)
    return -1;
  if (!(seconds >= 0 && seconds <= 9e9)) {
    PyErr_Format(PyExc_ValueError, "dedupe: min_age should be seconds from 0 on, not %R", object);
    return -1;
  }
  int64_t age_ns = (int64_t)(seconds * 1e9);
  wish->options.min_age_ns = age_ns > 0 ? age_ns : -1;
  return 0;
}

/* The arguments of dedupe(), as given[] has them. */
enum {
  GIVEN_PATHS,
  GIVEN_APPLY,
  GIVEN_MODE,
  GIVEN_KEEP,
  GIVEN_REFERENCES,
  GIVEN_IGNORE,
  GIVEN_MATCH,
  GIVEN_MIN_AGE,
  GIVEN_MAX_LINKS,
  GIVEN_MEMORY,
  GIVEN_JOURNAL,
  GIVEN_NO_JOURNAL,
  GIVEN_UNGUARDED,
  GIVEN_ON_LEFT,
  GIVEN_LISTED,
  GIVEN_SCAN,
  GIVEN_THREADS = GIVEN_SCAN + 7,
  GIVEN_ON_PROGRESS = GIVEN_SCAN + 9,
  GIVEN_ON_EVENT = GIVEN_SCAN + 10,
  GIVEN_COUNT = GIVEN_SCAN + SCAN_COUNT
};

static const struct signature dedupe_signature = {"O|$OOOOOOOOOOOOOO" SCAN_FORMAT ":dedupe",
                                                  {WORD_paths, WORD_apply, WORD_mode, WORD_keep,
                                                   WORD_references, WORD_ignore, WORD_match, WORD_min_age,
                                                   WORD_max_links, WORD_memory, WORD_journal, WORD_no_journal,
                                                   WORD_unguarded, WORD_on_left, WORD_listed, SCAN_WORDS_ACT},
                                                  1,
                                                  1,
                                                  GIVEN_COUNT};

static int take_options(struct wish *wish, struct scan *scan, PyObject *const *given) {
  struct nlink_dedupe_options *options = &wish->options;
  options->size = sizeof *options;
  unsigned mode = NLINK_MODE_HARDLINK;
  if (parse_choice("dedupe", "mode", given[GIVEN_MODE], mode_word, NLINK_MODE_SYMLINK + 1, &mode) < 0)
    return -1;
  options->mode = (enum nlink_dedupe_mode)mode;
  if (take_keep(wish, scan->state, given[GIVEN_KEEP]) < 0)
    return -1;
  if (parse_word_set("dedupe", "ignore", "aspect", given[GIVEN_IGNORE], aspect_word, NLINK_ASPECTS,
                     &options->ignore) < 0)
    return -1;
  if (parse_word_set("dedupe", "match", "aspect", given[GIVEN_MATCH], aspect_word, NLINK_ASPECTS,
                     &options->match) < 0)
    return -1;
  if (take_min_age(wish, given[GIVEN_MIN_AGE]) < 0)
    return -1;
  if (parse_count(scan, given[GIVEN_MAX_LINKS], "max_links", 1, UINT64_MAX, &options->max_links) < 0)
    return -1;
  if (parse_count(scan, given[GIVEN_MEMORY], "memory", 1, UINT64_MAX, &options->memory_bytes) < 0)
    return -1;
  if (is_given(given[GIVEN_REFERENCES]) &&
      row_open(&scan->places, scan->state, given[GIVEN_REFERENCES], "dedupe", "references") < 0)
    return -1;
  options->references = scan->places.bytes;
  options->reference_count = scan->places.count;
  return 0;
}

static int take_arguments(struct wish *wish, struct scan *scan, struct act *act, PyObject *const *given) {
  PyObject *const how[] = {given[GIVEN_UNGUARDED], given[GIVEN_THREADS], given[GIVEN_ON_LEFT],
                           given[GIVEN_ON_EVENT], given[GIVEN_ON_PROGRESS]};
  if (row_open(&scan->paths, scan->state, given[GIVEN_PATHS], "dedupe", "paths") < 0)
    return -1;
  if (take_options(wish, scan, given) < 0)
    return -1;
  if (parse_truth(given[GIVEN_LISTED], &scan->scope.listed) < 0)
    return -1;
  if (scan_open(scan, given + GIVEN_SCAN) < 0)
    return -1;
  if (act_open(act, scan->state, "dedupe", how) < 0)
    return -1;
  return act_open_journal(act, given[GIVEN_JOURNAL], given[GIVEN_NO_JOURNAL]);
}

/* ------------------------------------------------------------------ the call */

/** Find equal files; NULL with an exception set. */
static struct nlink_dedupe *look(struct scan *scan, const struct wish *wish) {
  struct nlink_dedupe *dedupe = NULL;
  struct nlink_error error;
  if (row_audit(&scan->paths, ".") < 0)
    return NULL;
  if (scan->places.count > 0 && row_audit(&scan->places, ".") < 0)
    return NULL;
  scan_leave(scan);
  enum nlink_status status = nlink_dedupe_open(&dedupe, scan->dir, scan->paths.bytes, scan->paths.count,
                                               &wish->options, &scan->scope, &error);
  scan_return(scan);
  if (scan_raise(scan, status, &error) == 0)
    return dedupe;
  nlink_dedupe_close(dedupe);
  return NULL;
}

static PyObject *do_dedupe(PyObject *module, struct wish *wish, struct scan *scan, struct act *act,
                           PyObject *const *given) {
  bool apply;
  if (take_arguments(wish, scan, act, given) < 0)
    return NULL;
  if (parse_truth(given[GIVEN_APPLY], &apply) < 0)
    return NULL;
  struct plan *self = dedupe_new(module, row_like(&scan->paths));
  if (self == NULL)
    return NULL;
  plan_lend(self, scan);
  struct nlink_dedupe *dedupe = look(scan, wish);
  if (dedupe == NULL) {
    Py_DECREF(self);
    return NULL;
  }
  take(self, dedupe);
  if (apply && plan_run(self, act, true) < 0)
    Py_CLEAR(self);
  return (PyObject *)self;
}

PYTHON_FUNCTION(python_dedupe) {
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state_of(module), &dedupe_signature, args, positional, names, given) < 0)
    return NULL;
  struct wish wish = {.keep = ROW_EMPTY};
  struct scan scan = {.state = state_of(module), .function = "dedupe", .dir = NLINK_CWD, .is_act = true};
  struct act act = {.journal = PATH_EMPTY};
  PyObject *result = do_dedupe(module, &wish, &scan, &act, given);
  act_close(&act);
  scan_close(&scan);
  row_close(&wish.keep);
  PyMem_Free((void *)wish.rules);
  PyMem_Free(wish.rule_room);
  return result;
}

static const struct signature load_signature = {"O|$O:load_plan", {WORD_path, WORD_dir_fd}, 1, 1, 2};

static PyObject *do_load(PyObject *module, const struct path *path, int dir) {
  struct plan *self = dedupe_new(module, path->object);
  if (self == NULL)
    return NULL;
  struct nlink_dedupe *dedupe = NULL;
  struct nlink_error error;
  PyThreadState *thread = PyEval_SaveThread();
  enum nlink_status status = nlink_dedupe_load(&dedupe, dir, path->bytes, &error);
  PyEval_RestoreThread(thread);
  if (status < 0) {
    Py_DECREF(self);
    return failure_raise(&error, path->object, NULL);
  }
  take(self, dedupe);
  return (PyObject *)self;
}

PYTHON_FUNCTION(python_load_plan) {
  PyObject *given[ARGUMENTS_MAX];
  const struct module_state *state = state_of(module);
  if (parse_arguments(state, &load_signature, args, positional, names, given) < 0)
    return NULL;
  int dir;
  struct path path = PATH_EMPTY;
  PyObject *result = NULL;
  if (path_open(&path, state, given[0], "load_plan", "path") == 0 && parse_dir_fd(given[1], &dir) == 0 &&
      PySys_Audit("open", "Osi", path.object, "r", 0) == 0)
    result = do_load(module, &path, dir);
  path_close(&path);
  return result;
}
