/*
 * Looking: stat, same_file, readlink.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <string.h>

/* ------------------------------------------------------------------ stat */

static PyStructSequence_Field stat_fields[] = {
    {"dev", "the device; with ino, the file's identity"},
    {"ino", "the inode number on that device"},
    {"btime_ns", "when the file was born, or None where that is not known"},
    {"link_count", "how many names the file has, as the file system says"},
    {"kind",
     "'regular', 'directory', 'symlink', 'fifo', 'socket', 'character-device', 'block-device', 'unknown'"},
    {"mode", "the permission bits, at most 0o7777"},
    {"uid", "the owner"},
    {"gid", "the group"},
    {"dev_major", "of the device that the file is on"},
    {"dev_minor", "of the device that the file is on"},
    {"rdev_major", "of the device that the file is"},
    {"rdev_minor", "of the device that the file is"},
    {"size_bytes", "the apparent size"},
    {"allocated_bytes", "what the contents occupy"},
    {"atime_ns", "times are nanoseconds since 1970-01-01 UTC"},
    {"mtime_ns", "when the contents changed"},
    {"ctime_ns", "when the contents, the names or the metadata changed"},
    {"mount_id", "the mount that it was reached through, or 0 where that is not known"},
    {"subvolume", "of btrfs and bcachefs, or 0"},
    {NULL, NULL},
};

PyStructSequence_Desc stat_description = {
    "nlink.stat_result",
    "A file as it was at one instant. Two files are one where dev and ino (and btime_ns, where known) are "
    "equal.",
    stat_fields,
    19,
};

static const char *const kind_texts[] = {
    [NLINK_KIND_UNKNOWN] = "unknown",
    [NLINK_REGULAR] = "regular",
    [NLINK_DIRECTORY] = "directory",
    [NLINK_SYMLINK] = "symlink",
    [NLINK_FIFO] = "fifo",
    [NLINK_SOCKET] = "socket",
    [NLINK_CHARACTER_DEVICE] = "character-device",
    [NLINK_BLOCK_DEVICE] = "block-device",
};

int kinds_make(struct module_state *state) {
  for (int i = 0; i < KIND_COUNT; i++) {
    state->kinds[i] = PyUnicode_InternFromString(kind_texts[i]);
    if (state->kinds[i] == NULL)
      return -1;
  }
  return 0;
}

PyObject *kind_object(const struct module_state *state, enum nlink_kind kind) {
  PyObject *word = state->kinds[(int)kind < KIND_COUNT ? kind : NLINK_KIND_UNKNOWN];
  Py_INCREF(word);
  return word;
}

static PyObject *time_or_none(int64_t ns) {
  if (ns == NLINK_TIME_UNKNOWN)
    Py_RETURN_NONE;
  return PyLong_FromLongLong(ns);
}

PyObject *stat_build(const struct module_state *state, const struct nlink_stat *stat) {
  PyObject *const values[] = {
      number_object(stat->dev),        number_object(stat->ino),
      time_or_none(stat->btime_ns),    number_object(stat->link_count),
      kind_object(state, stat->kind),  number_object(stat->mode),
      number_object(stat->uid),        number_object(stat->gid),
      number_object(stat->dev_major),  number_object(stat->dev_minor),
      number_object(stat->rdev_major), number_object(stat->rdev_minor),
      number_object(stat->size_bytes), number_object(stat->allocated_bytes),
      time_or_none(stat->atime_ns),    time_or_none(stat->mtime_ns),
      time_or_none(stat->ctime_ns),    number_object(stat->mount_id),
      number_object(stat->subvolume),
  };
  return record_build(state->stat_type, values, sizeof values / sizeof values[0]);
}

static const struct signature stat_signature = {
    "O|$OOO:stat", {WORD_path, WORD_dir_fd, WORD_follow_symlinks, WORD_beneath}, 1, 1, 4};

/** What cannot be said of an open descriptor; -1 with an exception set. */
static int refuse_beside_fd(const struct path *path, int dir, unsigned flags) {
  if (!path->is_fd)
    return 0;
  if (dir != NLINK_CWD) {
    PyErr_SetString(PyExc_ValueError, "stat: can't specify dir_fd without matching path");
  } else if ((flags & NLINK_NO_FOLLOW) != 0) {
    PyErr_SetString(PyExc_ValueError, "stat: cannot use fd and follow_symlinks together");
  } else if ((flags & NLINK_BENEATH) != 0) {
    PyErr_SetString(PyExc_ValueError, "stat: cannot use fd and beneath together");
  } else {
    return 0;
  }
  return -1;
}

static PyObject *do_stat(const struct module_state *state, struct path *path, PyObject *const *given) {
  int dir;
  unsigned flags = 0;
  if (path_or_fd_open(path, state, given[0], "stat", "path") < 0)
    return NULL;
  if (parse_dir_fd(given[1], &dir) < 0)
    return NULL;
  if (parse_flag(given[2], false, NLINK_NO_FOLLOW, &flags) < 0)
    return NULL;
  if (parse_flag(given[3], true, NLINK_BENEATH, &flags) < 0)
    return NULL;
  if (refuse_beside_fd(path, dir, flags) < 0)
    return NULL;
  struct nlink_error error;
  struct nlink_stat stat;
  enum nlink_status status;
  Py_BEGIN_ALLOW_THREADS;
  status = path->is_fd ? nlink_stat_fd(&stat, path->fd, &error)
                       : nlink_stat(&stat, dir, path->bytes, flags, &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, path->object, NULL);
  return stat_build(state, &stat);
}

PYTHON_FUNCTION(python_stat) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &stat_signature, args, positional, names, given) < 0)
    return NULL;
  struct path path = PATH_EMPTY;
  PyObject *result = do_stat(state, &path, given);
  path_close(&path);
  return result;
}

/* ------------------------------------------------------------------ same_file */

static const struct signature same_file_signature = {
    "OO|$OOO:same_file", {WORD_a, WORD_b, WORD_a_dir_fd, WORD_b_dir_fd, WORD_follow_symlinks}, 2, 2, 5};

static PyObject *do_same_file(const struct module_state *state, struct link_call *call,
                              PyObject *const *given) {
  if (pair_open(call, state, given, &same_file_signature) < 0)
    return NULL;
  struct nlink_error error;
  enum nlink_status status;
  bool same = false;
  Py_BEGIN_ALLOW_THREADS;
  status = nlink_same_file(&same, call->src_dir, call->src.bytes, call->dst_dir, call->dst.bytes, call->flags,
                           &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, error.at == NLINK_DST ? call->dst.object : call->src.object, NULL);
  return PyBool_FromLong(same);
}

PYTHON_FUNCTION(python_same_file) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &same_file_signature, args, positional, names, given) < 0)
    return NULL;
  struct link_call call = LINK_CALL_EMPTY;
  PyObject *result = do_same_file(state, &call, given);
  pair_close(&call);
  return result;
}

/* ------------------------------------------------------------------ readlink */

static const struct signature readlink_signature = {
    "O|$OO:readlink", {WORD_path, WORD_dir_fd, WORD_beneath}, 1, 1, 3};

static PyObject *do_readlink(const struct module_state *state, struct path *path, PyObject *const *given) {
  int dir;
  unsigned flags = 0;
  if (path_open(path, state, given[0], "readlink", "path") < 0)
    return NULL;
  if (parse_dir_fd(given[1], &dir) < 0)
    return NULL;
  if (parse_flag(given[2], true, NLINK_BENEATH, &flags) < 0)
    return NULL;
  char target[NLINK_TARGET_SIZE];
  struct nlink_error error;
  enum nlink_status status;
  Py_BEGIN_ALLOW_THREADS;
  status = nlink_readlink(target, sizeof target, dir, path->bytes, flags, &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, path->object, NULL);
  return path_text(target, path->object);
}

PYTHON_FUNCTION(python_readlink) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &readlink_signature, args, positional, names, given) < 0)
    return NULL;
  struct path path = PATH_EMPTY;
  PyObject *result = do_readlink(state, &path, given);
  path_close(&path);
  return result;
}
