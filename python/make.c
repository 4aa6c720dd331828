/*
 * Making and removing names: link, link_fd, symlink, unlink.
 *
 * Each function goes the way of its namesake in os: arguments from left to right, then the audit event, then
 * the system call without the global lock, then the exception.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

/* ------------------------------------------------------------------ link */

static const struct signature link_signature = {"OO|$OOOOOOO:link",
                                                {WORD_src, WORD_dst, WORD_src_dir_fd, WORD_dst_dir_fd,
                                                 WORD_follow_symlinks, WORD_replace, WORD_beneath,
                                                 WORD_backup, WORD_suffix},
                                                2,
                                                2,
                                                9};

/** The keywords of link beyond the two paths; none given is the common case. */
static int take_link_options(struct link_call *call, PyObject *const *given) {
  if (parse_dir_fd(given[2], &call->src_dir) < 0)
    return -1;
  if (parse_dir_fd(given[3], &call->dst_dir) < 0)
    return -1;
  if (parse_flag(given[4], false, NLINK_NO_FOLLOW, &call->flags) < 0)
    return -1;
  if (parse_flag(given[5], true, NLINK_REPLACE, &call->flags) < 0)
    return -1;
  return parse_flag(given[6], true, NLINK_BENEATH, &call->flags);
}

/** The audit event, the one system call, the exception. */
static PyObject *link_now(const struct link_call *call) {
  PyObject *src = call->src.object;
  PyObject *dst = call->dst.object;
  if (audit_link(call) < 0)
    return NULL;
  struct nlink_error error;
  enum nlink_status status;
  Py_BEGIN_ALLOW_THREADS;
  status = nlink_link(call->src_dir, call->src.bytes, call->dst_dir, call->dst.bytes, call->flags, &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, src, dst);
  Py_RETURN_NONE;
}

/** One of the paths, by the shortest way that it allows. */
static inline int take_path(struct path *path, const struct module_state *state, PyObject *object, char *room,
                            const char *argument) {
  *path = PATH_EMPTY;
  if (path_borrow(path, state, object))
    return 0;
  if (PyUnicode_CheckExact(object) && path_spell(path, state, object, room))
    return 0;
  return path_open(path, state, object, "link", argument);
}

/** The options, then the link, with a backup where one is wanted. */
static PyObject *link_with_options(const struct module_state *state, struct link_call *call,
                                   PyObject *const *given) {
  if (take_link_options(call, given) < 0)
    return NULL;
  const struct backup_wish wish = {given[7], given[8]};
  return backup_wanted(&wish) ? backup_make(state, call, &wish, false) : link_now(call);
}

/** The two paths, then the options where there are any. */
static PyObject *do_link(const struct module_state *state, struct link_call *call, PyObject *const *given,
                         bool options) {
  char rooms[2][PATH_ROOM];
  PyObject *result = NULL;
  if (take_path(&call->src, state, given[0], rooms[0], "src") == 0) {
    if (take_path(&call->dst, state, given[1], rooms[1], "dst") == 0)
      result = options ? link_with_options(state, call, given) : link_now(call);
    path_close(&call->dst);
  }
  path_close(&call->src);
  return result;
}

PYTHON_FUNCTION(python_link) {
  const struct module_state *state = state_of(module);
  struct link_call call;
  call.src_dir = call.dst_dir = NLINK_CWD;
  call.flags = 0;
  if (positional == 2 && names == NULL) {
    /* The commonest call by far, two plain paths and nothing else: nothing to convert or to give back. */
    if (path_borrow(&call.src, state, args[0]) && path_borrow(&call.dst, state, args[1])) {
      return link_now(&call);
    }
    return do_link(state, &call, args, false);
  }
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &link_signature, args, positional, names, given) < 0)
    return NULL;
  return do_link(state, &call, given, true);
}

/* ------------------------------------------------------------------ link_fd */

static const struct signature link_fd_signature = {
    "OO|$OOO:link_fd", {WORD_fd, WORD_dst, WORD_dst_dir_fd, WORD_replace, WORD_beneath}, 2, 2, 5};

static PyObject *do_link_fd(const struct module_state *state, struct path *dst, PyObject *const *given) {
  int fd = PyObject_AsFileDescriptor(given[0]);
  int dst_dir;
  unsigned flags = 0;
  if (fd < 0)
    return NULL;
  if (path_open(dst, state, given[1], "link_fd", "dst") < 0)
    return NULL;
  if (parse_dir_fd(given[2], &dst_dir) < 0)
    return NULL;
  if (parse_flag(given[3], true, NLINK_REPLACE, &flags) < 0)
    return NULL;
  if (parse_flag(given[4], true, NLINK_BENEATH, &flags) < 0)
    return NULL;
  if (PySys_Audit("os.link", "iOii", fd, dst->object, -1, audit_fd(dst_dir)) < 0)
    return NULL;
  struct nlink_error error;
  enum nlink_status status;
  Py_BEGIN_ALLOW_THREADS;
  status = nlink_link_fd(fd, dst_dir, dst->bytes, flags, &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, dst->object, NULL);
  Py_RETURN_NONE;
}

PYTHON_FUNCTION(python_link_fd) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &link_fd_signature, args, positional, names, given) < 0)
    return NULL;
  struct path dst = PATH_EMPTY;
  PyObject *result = do_link_fd(state, &dst, given);
  path_close(&dst);
  return result;
}

/* ------------------------------------------------------------------ symlink */

static const struct signature symlink_signature = {"OO|O$OOOOOOOO:symlink",
                                                   {WORD_src, WORD_dst, WORD_target_is_directory, WORD_dir_fd,
                                                    WORD_src_dir_fd, WORD_relative, WORD_absolute,
                                                    WORD_replace, WORD_beneath, WORD_backup, WORD_suffix},
                                                   2,
                                                   3,
                                                   11};

static int take_symlink_options(struct link_call *call, PyObject *const *given) {
  bool ignored; /* only Windows knows two kinds of soft link; the argument's truth is asked all the same */
  if (parse_truth(given[2], &ignored) < 0)
    return -1;
  if (parse_dir_fd(given[3], &call->dst_dir) < 0)
    return -1;
  if (parse_dir_fd(given[4], &call->src_dir) < 0)
    return -1;
  if (parse_flag(given[5], true, NLINK_RELATIVE, &call->flags) < 0)
    return -1;
  if (parse_flag(given[6], true, NLINK_ABSOLUTE, &call->flags) < 0)
    return -1;
  if (parse_flag(given[7], true, NLINK_REPLACE, &call->flags) < 0)
    return -1;
  return parse_flag(given[8], true, NLINK_BENEATH, &call->flags);
}

static PyObject *do_symlink(const struct module_state *state, struct link_call *call,
                            PyObject *const *given) {
  if (path_open(&call->src, state, given[0], "symlink", "src") < 0)
    return NULL;
  if (path_open(&call->dst, state, given[1], "symlink", "dst") < 0)
    return NULL;
  if (take_symlink_options(call, given) < 0)
    return NULL;
  const struct backup_wish wish = {given[9], given[10]};
  if (backup_wanted(&wish))
    return backup_make(state, call, &wish, true);
  if (audit_symlink(call) < 0)
    return NULL;
  struct nlink_error error;
  enum nlink_status status;
  Py_BEGIN_ALLOW_THREADS;
  status = nlink_symlink(call->src_dir, call->src.bytes, call->dst_dir, call->dst.bytes, call->flags, &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, call->src.object, call->dst.object);
  Py_RETURN_NONE;
}

PYTHON_FUNCTION(python_symlink) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &symlink_signature, args, positional, names, given) < 0)
    return NULL;
  struct link_call call = LINK_CALL_EMPTY;
  PyObject *result = do_symlink(state, &call, given);
  pair_close(&call);
  return result;
}

/* ------------------------------------------------------------------ unlink */

static const struct signature unlink_signature = {
    "O|$OOO:unlink", {WORD_path, WORD_dir_fd, WORD_keep_last, WORD_beneath}, 1, 1, 4};

static PyObject *do_unlink(const struct module_state *state, struct path *path, PyObject *const *given) {
  int dir;
  unsigned flags = 0;
  if (path_open(path, state, given[0], "unlink", "path") < 0)
    return NULL;
  if (parse_dir_fd(given[1], &dir) < 0)
    return NULL;
  if (parse_flag(given[2], true, NLINK_KEEP_LAST, &flags) < 0)
    return NULL;
  if (parse_flag(given[3], true, NLINK_BENEATH, &flags) < 0)
    return NULL;
  if (PySys_Audit("os.remove", "Oi", path->object, audit_fd(dir)) < 0)
    return NULL;
  struct nlink_error error;
  enum nlink_status status;
  uint64_t left = 0;
  Py_BEGIN_ALLOW_THREADS;
  status = nlink_unlink(&left, dir, path->bytes, flags, &error);
  Py_END_ALLOW_THREADS;
  if (status < 0)
    return failure_raise(&error, path->object, NULL);
  return PyLong_FromUnsignedLongLong(left);
}

PYTHON_FUNCTION(python_unlink) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &unlink_signature, args, positional, names, given) < 0)
    return NULL;
  struct path path = PATH_EMPTY;
  PyObject *result = do_unlink(state, &path, given);
  path_close(&path);
  return result;
}
