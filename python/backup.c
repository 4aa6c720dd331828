/*
 * link and symlink where they keep what they replace.
 *
 * A room of its own, so that the common call stays as short as it is: here is room for the backup's name, and
 * two arguments more to look at.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

/** The kinds by their words, which are those of the command; in the order of the enum. */
static const char *const kind_words[] = {
    [NLINK_BACKUP_NONE] = "none",
    [NLINK_BACKUP_SIMPLE] = "simple",
    [NLINK_BACKUP_NUMBERED] = "numbered",
    [NLINK_BACKUP_EXISTING] = "existing",
};

/** The argument backup as a kind; -1 with an exception set. */
static int take_kind(enum nlink_backup_kind *kind, PyObject *object, const char *function) {
  if (!is_given(object)) {
    /* Else a suffix that was meant to keep something would keep nothing, or replace what nobody said. */
    PyErr_Format(PyExc_ValueError, "%s: suffix is for a backup, and backup is not given", function);
    return -1;
  }
  if (!PyUnicode_Check(object)) {
    PyErr_Format(PyExc_TypeError, "%s: backup should be string or None, not %.200s", function,
                 type_name(object));
    return -1;
  }
  for (size_t i = 0; i < sizeof kind_words / sizeof kind_words[0]; i++) {
    if (PyUnicode_CompareWithASCIIString(object, kind_words[i]) == 0) {
      *kind = (enum nlink_backup_kind)i;
      return 0;
    }
  }
  PyErr_Format(PyExc_ValueError, "%s: backup should be 'none', 'simple', 'numbered' or 'existing', not %R",
               function, object);
  return -1;
}

/** The argument suffix as bytes, NULL where it is not given; -1 with an exception set. */
static int take_suffix(struct path *suffix, const struct module_state *state, PyObject *object,
                       const char *function) {
  if (!is_given(object))
    return 0;
  if (!PyUnicode_Check(object) && !PyBytes_Check(object)) {
    PyErr_Format(PyExc_TypeError, "%s: suffix should be string, bytes or None, not %.200s", function,
                 type_name(object));
    return -1;
  }
  return path_open(suffix, state, object, function, "suffix");
}

/** The call itself, and the backup's path in the caller's kind of text. */
static PyObject *make_now(const struct link_call *call, struct nlink_backup *backup, bool symbolic) {
  struct nlink_error error;
  enum nlink_status status;
  Py_BEGIN_ALLOW_THREADS;
  status = (symbolic ? nlink_symlink_backup : nlink_link_backup)(
      call->src_dir, call->src.bytes, call->dst_dir, call->dst.bytes, call->flags, backup, &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, call->src.object, call->dst.object);
  if (backup->name[0] == '\0')
    Py_RETURN_NONE;
  return path_text(backup->name, call->dst.object);
}

PyObject *backup_make(const struct module_state *state, const struct link_call *call,
                      const struct backup_wish *wish, bool symbolic) {
  const char *function = symbolic ? "symlink" : "link";
  struct nlink_backup backup;
  /* The room for the answer is left as it is: it is large, and the library writes it. */
  backup.size = sizeof backup;
  struct path suffix = PATH_EMPTY;
  PyObject *result = NULL;
  if (take_kind(&backup.kind, wish->backup, function) == 0 &&
      take_suffix(&suffix, state, wish->suffix, function) == 0 &&
      (symbolic ? audit_symlink : audit_link)(call) == 0) {
    backup.suffix = suffix.bytes;
    result = make_now(call, &backup, symbolic);
  }
  path_close(&suffix);
  return result;
}
