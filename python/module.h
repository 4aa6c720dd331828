/*
 * The Python module: what its rooms share.
 *
 * module.c     what Python sees: functions, documentation, types, the state of one interpreter's module
 * arguments.c  positional and keyword arguments, descriptors, truth values
 * path.c       str, bytes, PathLike -> the system's own bytes
 * row.c        several paths of one call
 * record.c     what functions return: records of named fields, tuples with an attribute
 * failure.c    struct nlink_error -> the exception that os would raise, and why
 * make.c       link, link_fd, symlink, unlink
 * backup.c     link and symlink where they keep what they replace
 * look.c       stat, same_file, readlink
 * why.c        why, and the type of its result
 * listing.c    listing and its iterator
 * choice.c     one of some words, a set of words
 * scan.c       what all that look at trees have in common: the scope keywords, the calls back
 * walk.c       walk and its iterator
 * names.c      names
 * space.c      space
 * check.c      check
 * act.c        what all that change trees have in common: how, which journal, the calls back
 * plan.c       what the plans of the next two have in common (plan.h)
 * dedupe.c     dedupe, load_plan and the plan that they return
 * fix.c        fix and the plan that it returns
 * journals.c   journals, journal, recover, undo
 * words.c      quote
 *
 * Everything the module keeps is in struct module_state, one for each interpreter: no global variable, so that
 * it works in sub-interpreters and without the global lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_PYTHON_MODULE_H
#define NLINK_PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <nlink.h>
#include <Python.h>
#include <stdint.h>
#include <string.h>

/** A function in a table of Python's, which holds them as void pointers. */
#define SLOT(function) ((void *)(uintptr_t)(function))

/* ------------------------------------------------------------------ keywords */

/** Every keyword that a function of the module takes; the parser compares the interned words by address. */
#define WORD_MAP(X)                                                                                          \
  X(src)                                                                                                     \
  X(dst)                                                                                                     \
  X(src_dir_fd)                                                                                              \
  X(dst_dir_fd)                                                                                              \
  X(follow_symlinks)                                                                                         \
  X(replace)                                                                                                 \
  X(beneath)                                                                                                 \
  X(backup)                                                                                                  \
  X(suffix)                                                                                                  \
  X(target_is_directory)                                                                                     \
  X(dir_fd)                                                                                                  \
  X(relative)                                                                                                \
  X(absolute)                                                                                                \
  X(path)                                                                                                    \
  X(paths)                                                                                                   \
  X(keep_last)                                                                                               \
  X(fd)                                                                                                      \
  X(a)                                                                                                       \
  X(b)                                                                                                       \
  X(a_dir_fd)                                                                                                \
  X(b_dir_fd)                                                                                                \
  X(all)                                                                                                     \
  X(recursive)                                                                                               \
  X(by_file)                                                                                                 \
  X(directories)                                                                                             \
  X(name)                                                                                                    \
  X(ascii)                                                                                                   \
  X(needed)                                                                                                  \
  X(stat)                                                                                                    \
  X(exclude)                                                                                                 \
  X(include)                                                                                                 \
  X(rules)                                                                                                   \
  X(min_size)                                                                                                \
  X(max_size)                                                                                                \
  X(max_depth)                                                                                               \
  X(one_file_system)                                                                                         \
  X(threads)                                                                                                 \
  X(progress)                                                                                                \
  X(on_event)                                                                                                \
  X(listed)                                                                                                  \
  X(roots)                                                                                                   \
  X(soft)                                                                                                    \
  X(follow)                                                                                                  \
  X(walk)                                                                                                    \
  X(depth)                                                                                                   \
  X(order)                                                                                                   \
  X(groups)                                                                                                  \
  X(holders)                                                                                                 \
  X(around)                                                                                                  \
  X(only)                                                                                                    \
  X(skip)                                                                                                    \
  X(apply)                                                                                                   \
  X(mode)                                                                                                    \
  X(keep)                                                                                                    \
  X(references)                                                                                              \
  X(ignore)                                                                                                  \
  X(match)                                                                                                   \
  X(min_age)                                                                                                 \
  X(max_links)                                                                                               \
  X(memory)                                                                                                  \
  X(remove)                                                                                                  \
  X(journal)                                                                                                 \
  X(no_journal)                                                                                              \
  X(unguarded)                                                                                               \
  X(on_left)                                                                                                 \
  X(on_progress)                                                                                             \
  X(below)                                                                                                   \
  X(dry_run)

enum word {
#define WORD_ENUM(name) WORD_##name,
  WORD_MAP(WORD_ENUM)
#undef WORD_ENUM
      WORD_COUNT
};

#define KIND_COUNT (NLINK_BLOCK_DEVICE + 1)

struct module_state {
  PyObject *words[WORD_COUNT];
  PyTypeObject *stat_type;
  PyTypeObject *obstacle_type;
  PyTypeObject *obstacles_type;
  PyTypeObject *entry_type;
  PyTypeObject *listing_type;
  PyTypeObject *walk_entry_type;
  PyTypeObject *walk_type;
  PyTypeObject *names_type;
  PyTypeObject *space_type;
  PyTypeObject *space_row_type;
  PyTypeObject *space_step_type;
  PyTypeObject *space_group_type;
  PyTypeObject *space_holder_type;
  PyTypeObject *space_doubts_type;
  PyTypeObject *finding_type;
  PyTypeObject *findings_type;
  PyTypeObject *progress_type;
  PyTypeObject *left_type;
  PyTypeObject *dedupe_file_type;
  PyTypeObject *dedupe_group_type;
  PyTypeObject *dedupe_type;
  PyTypeObject *mend_type;
  PyTypeObject *fix_type;
  PyTypeObject *journal_entry_type;
  PyTypeObject *journal_name_type;
  PyTypeObject *journal_type;
  PyTypeObject *repair_type;
  PyObject *kinds[KIND_COUNT]; /* the words for kinds of file */
  bool ascii_plain;            /* the file system's encoding leaves ASCII as it is, so it need not be asked */
  bool utf8;                   /* it is UTF-8, with "surrogateescape" for other bytes */
};

static inline struct module_state *state_of(PyObject *module) {
  return PyModule_GetState(module);
}

/* ------------------------------------------------------------------ arguments.c */

#define ARGUMENTS_MAX 26

/** What a function takes, in order; arguments that are not given come out as NULL. */
struct signature {
  const char *format; /* as PyArg_ParseTupleAndKeywords wants it; every item is an object */
  unsigned char words[ARGUMENTS_MAX];
  int required;
  int positional;
  int count;
};

/** Sort a call's arguments into @p out (room for ARGUMENTS_MAX, borrowed); -1 with an exception set. */
int parse_arguments(const struct module_state *state, const struct signature *signature,
                    PyObject *const *args, Py_ssize_t positional, PyObject *names, PyObject **out);

/** The name of an object's type, without its module. */
const char *type_name(PyObject *object);

/** A directory descriptor: NULL and None are NLINK_CWD; -1 with an exception set. */
int parse_dir_fd(PyObject *object, int *fd);

/** A descriptor, refused as os refuses it; -1 with an exception set. */
int parse_fd(PyObject *object, int *fd);

/** Set @p flag in @p flags where @p object is given and its truth equals @p truth; -1 with an exception set. */
int parse_flag(PyObject *object, bool truth, unsigned flag, unsigned *flags);

/** The truth of @p object, false where it is not given; -1 with an exception set. */
int parse_truth(PyObject *object, bool *truth);

/** A directory descriptor as audit hooks get it: -1 stands for "not given". */
static inline int audit_fd(int dir_fd) {
  return dir_fd == NLINK_CWD ? -1 : dir_fd;
}

/* ------------------------------------------------------------------ path.c */

/** One path of a call. Nothing is copied where the object's own bytes will do. */
struct path {
  const char *bytes; /* NUL-terminated, valid until path_close() */
  PyObject
      *object;    /* what the exception names and audit hooks see: the argument, or what __fspath__() gave */
  PyObject *held; /* references of this struct, or NULL */
  PyObject *encoded;
  int fd; /* where is_fd */
  bool is_fd;
};

#define PATH_EMPTY ((struct path){NULL, NULL, NULL, NULL, -1, false})

/**
 * Take @p object where its own bytes are the path's already: bytes, or str that is all ASCII, without NUL and
 * not of a subclass. False for all that path_open() has to look at. There is nothing to give back.
 */
static inline bool path_borrow(struct path *path, const struct module_state *state, PyObject *object) {
  Py_ssize_t size;
  if (PyUnicode_CheckExact(object) && PyUnicode_IS_COMPACT_ASCII(object) && state->ascii_plain) {
    path->bytes = (const char *)PyUnicode_DATA(object);
    size = PyUnicode_GET_LENGTH(object);
  } else if (PyBytes_CheckExact(object)) {
    path->bytes = PyBytes_AS_STRING(object);
    size = PyBytes_GET_SIZE(object);
  } else {
    return false;
  }
  path->object = object;
  return strlen(path->bytes) == (size_t)size;
}

/** Room for a path of up to 255 characters. */
#define PATH_ROOM 1024

/**
 * As path_borrow(), for exactly a str, beyond ASCII too, where the file system's encoding is UTF-8: the bytes go to @p room
 * (PATH_ROOM bytes) instead of a new object. False where the path is too long, or not in order.
 */
bool path_spell(struct path *path, const struct module_state *state, PyObject *object, char *room);

/** Take @p object as a path; @p function and @p argument are for the message. -1 with an exception set. */
int path_open(struct path *path, const struct module_state *state, PyObject *object, const char *function,
              const char *argument);

/** As path_open(), and an integer is a descriptor. */
int path_or_fd_open(struct path *path, const struct module_state *state, PyObject *object,
                    const char *function, const char *argument);

static inline void path_close(struct path *path) {
  Py_XDECREF(path->held);
  Py_XDECREF(path->encoded);
}

/** Bytes of the system as the caller speaks: bytes where @p like is bytes, else str. */
PyObject *path_text(const char *bytes, PyObject *like);

/* ------------------------------------------------------------------ failure.c */

/** Build the exception for @p error; the names may be NULL. NULL with another exception set. */
PyObject *failure_build(const struct nlink_error *error, PyObject *filename, PyObject *filename2);

/** Raise it. Always NULL, so that callers can return it. */
PyObject *failure_raise(const struct nlink_error *error, PyObject *filename, PyObject *filename2);

/** The error number that stands for an error, also where the system was not asked. */
int failure_errno(const struct nlink_error *error);

/** The sentence of a cause with "probably" before what was not observed; None where nothing was found. */
PyObject *failure_cause(const struct nlink_error *error);

static inline bool is_given(PyObject *object) {
  return object != NULL && object != Py_None;
}

/* ------------------------------------------------------------------ row.c */

/** The paths of a call that takes several. */
struct path_row {
  PyObject *objects; /* a list; NULL = none were given */
  size_t count;
  struct path *paths;
  const char **bytes;
  PyObject *index; /* a dictionary, made by row_find() where there are many */
};

#define ROW_EMPTY ((struct path_row){NULL, 0, NULL, NULL, NULL})

/** Whether an argument is one path, and no iterable of paths. */
bool row_is_single(PyObject *paths);

/** Take one path or an iterable of paths, NULL for none; to be closed also where this is -1, with an exception set. */
int row_open(struct path_row *row, const struct module_state *state, PyObject *paths, const char *function,
             const char *argument);

/** As row_open(), for paths that are arguments of their own. */
int row_open_arguments(struct path_row *row, const struct module_state *state, PyObject *const *args,
                       Py_ssize_t count, const char *function, const char *argument);

void row_close(struct path_row *row);

/** The first path as the caller gave it, by which the texts that come out are str or bytes; borrowed, or NULL. */
PyObject *row_like(const struct path_row *row);

/** The caller's own object for a path of the row; borrowed, or NULL where it is none of them. */
PyObject *row_find(struct path_row *row, const char *path);

/** Tell audit hooks of directories that are going to be read as os.listdir() tells them; -1 with an exception set. */
int row_audit(const struct path_row *row, const char *otherwise);

/* ------------------------------------------------------------------ record.c */

/** A record with these fields, whose references are taken, also where one is NULL; NULL with an exception set. */
PyObject *record_build(PyTypeObject *type, PyObject *const *values, size_t count);

PyObject *number_object(uint64_t value);

/** A sentence or a command of the library's, which is UTF-8 but for names in it. */
PyObject *sentence_object(const char *text);

/** As sentence_object(); None for an empty one. */
PyObject *sentence_or_none(const char *text);

/** As path_text(); None for NULL. */
PyObject *path_or_none(const char *bytes, PyObject *like);

PyObject *paths_tuple(const char *const *paths, size_t count, PyObject *like);

/** A type of tuple whose @p attribute can be read; NULL with an exception set. */
PyTypeObject *tuple_make_type(const char *name, const char *doc, PyGetSetDef *attribute);

/** What @p attribute reads; None where the tuple was made without. */
PyObject *tuple_attribute(PyObject *tuple, const char *name);

/** Such a tuple of the same items as @p items, NULL of which hands on its exception; @p value may be NULL. */
PyObject *tuple_build(PyTypeObject *type, PyObject *items, const char *name, PyObject *value);

/* ------------------------------------------------------------------ choice.c */

/** Words of the library's by their numbers. */
typedef const char *word_function(unsigned number);

/** One of @p count words; what is not given, or None, leaves @p number as it is. -1 with an exception set. */
int parse_choice(const char *function, const char *argument, PyObject *object, word_function *word,
                 unsigned count, unsigned *number);

/**
 * A set of 1u << number, from one word or an iterable of words. What is not given, or None, leaves @p set as it is.
 *
 * @param noun  What the message says that there is none of: "aspect".
 */
int parse_word_set(const char *function, const char *argument, const char *noun, PyObject *object,
                   word_function *word, unsigned count, unsigned *set);

/** The words of a set as a tuple. */
PyObject *words_tuple(unsigned set, word_function *word, unsigned count);

/* ------------------------------------------------------------------ scan.c */

/** The keywords that all functions that look at trees have, in this order, and how the parser knows them. */
#define SCAN_WORDS                                                                                           \
  WORD_exclude, WORD_include, WORD_rules, WORD_min_size, WORD_max_size, WORD_max_depth,                      \
      WORD_one_file_system, WORD_threads, WORD_dir_fd, WORD_progress, WORD_on_event
/** The same, but how far the work is is told as a record, for there is more to tell. */
#define SCAN_WORDS_ACT                                                                                       \
  WORD_exclude, WORD_include, WORD_rules, WORD_min_size, WORD_max_size, WORD_max_depth,                      \
      WORD_one_file_system, WORD_threads, WORD_dir_fd, WORD_on_progress, WORD_on_event
#define SCAN_FORMAT   "OOOOOOOOOOO"
#define SCAN_COUNT    11
#define SCAN_PATTERNS 3

/** One look at trees: its arguments as the library takes them, and what came back by its calls. */
struct scan {
  const struct module_state *state;
  const char *function;
  struct path_row paths;  /* what the call is about */
  struct path_row places; /* further directories that the caller named */
  struct path_row patterns[SCAN_PATTERNS];
  const char **rules;
  char *rule_room;
  int dir;
  struct nlink_scope scope;
  PyObject *like;     /* borrowed: by which texts come out as str or bytes; NULL = by the paths */
  bool is_act;        /* progress is told as a record */
  PyObject *progress; /* the caller's functions, or NULL */
  PyObject *on_event;
  PyObject *on_left;
  PyObject *errors;  /* a list of exceptions */
  PyObject *left;    /* a list of names that were left alone, or NULL */
  PyObject *raised;  /* what a call back raised, or NULL */
  PyObject *missing; /* the exception of a path that the caller named and that cannot be looked at, or NULL */
  PyThreadState *thread;
};

/** Take the SCAN_COUNT keywords; to be closed also where this is -1, with an exception set. The scan must not move. */
int scan_open(struct scan *scan, PyObject *const *given);

/** Take the paths that are arguments of their own; with @p here, none stand for the current directory. */
int scan_open_paths(struct scan *scan, PyObject *const *args, Py_ssize_t count, bool here);

/** Take one path or an iterable of paths, not empty, to be looked at beside the others; None is none. */
int scan_open_places(struct scan *scan, PyObject *places, const char *argument);

/** A number within bounds; one that is not given, or None, leaves @p count as it is. -1 with an exception set. */
int parse_count(const struct scan *scan, PyObject *object, const char *argument, uint64_t least,
                uint64_t most, uint64_t *count);

/** As parse_count(), up to UINT32_MAX. */
int parse_short_count(const struct scan *scan, PyObject *object, const char *argument, uint64_t least,
                      uint32_t *count);

/** A function or None; a new reference in @p out where it is given. -1 with an exception set. */
int parse_callable(const struct scan *scan, PyObject *object, const char *argument, PyObject **out);

/** What the library calls, with the scan as ctx. */
void scan_on_event(const char *path, const struct nlink_error *error, void *ctx);
bool scan_on_progress(const struct nlink_progress *progress, void *ctx);
void scan_on_left(const char *path, enum nlink_left left, const struct nlink_error *error, void *ctx);

static inline PyObject *scan_like(const struct scan *scan) {
  return scan->like != NULL ? scan->like : row_like(&scan->paths);
}

/** Give the global lock away for the library's work, and take it again. */
static inline void scan_leave(struct scan *scan) {
  scan->thread = PyEval_SaveThread();
}

static inline void scan_return(struct scan *scan) {
  PyEval_RestoreThread(scan->thread);
}

/** Whether something came back that ends the work. */
static inline bool scan_stops(const struct scan *scan) {
  return scan->raised != NULL || scan->missing != NULL;
}

/** After the work: 0, or -1 with what ended it set as an exception. */
int scan_raise(struct scan *scan, enum nlink_status status, const struct nlink_error *error);

int scan_visit(const struct scan *scan, visitproc visit, void *arg);

/** Give back the objects that can lead back to whoever holds the scan. */
void scan_clear(struct scan *scan);

/** Give back all. */
void scan_close(struct scan *scan);

/* Without the global lock two threads may share one object, but one at a time. */
#ifdef Py_BEGIN_CRITICAL_SECTION
#define ALONE_BEGIN(object) Py_BEGIN_CRITICAL_SECTION(object)
#define ALONE_END()         Py_END_CRITICAL_SECTION()
#else
#define ALONE_BEGIN(object) {
#define ALONE_END()         }
#endif

/* ------------------------------------------------------------------ check.c */

/** Take only and skip as the set of kinds of finding that are not looked for; -1 with an exception set. */
int parse_off(const char *function, PyObject *only, PyObject *skip, unsigned *off);

/* ------------------------------------------------------------------ act.c */

/** The keywords that all functions that change trees have, in this order, and how the parser knows them. */
#define ACT_WORDS  WORD_unguarded, WORD_threads, WORD_on_left, WORD_on_event, WORD_on_progress
#define ACT_FORMAT "OOOOO"
#define ACT_COUNT  5

/** What a piece of work on names takes, and what came back by its calls. All zeros = not opened. */
struct act {
  struct scan scan;
  struct path journal; /* the one to write, or to work on */
  struct nlink_apply_options options;
};

/** Take the ACT_COUNT keywords; to be closed also where this is -1, with an exception set. The act must not move. */
int act_open(struct act *act, const struct module_state *state, const char *function, PyObject *const *given);

/** Take journal and no_journal, for who writes one. */
int act_open_journal(struct act *act, PyObject *journal, PyObject *no_journal);

/** Tell audit hooks what is going to be done; -1 with an exception set. */
int act_audit(const struct act *act);

/** After the work: 0, or -1 with what ended it set as an exception. */
int act_raise(struct act *act, enum nlink_status status, const struct nlink_error *error);

void act_close(struct act *act);

/* ------------------------------------------------------------------ make.c, backup.c */

/** Two paths and what belongs to them, as the library takes them. */
struct link_call {
  struct path src;
  struct path dst;
  int src_dir;
  int dst_dir;
  unsigned flags;
};

#define LINK_CALL_EMPTY ((struct link_call){PATH_EMPTY, PATH_EMPTY, NLINK_CWD, NLINK_CWD, 0})

/**
 * Take the first five arguments of a function that only looks: two paths, their descriptors, follow_symlinks.
 * To be closed also where this is -1, with an exception set. (arguments.c)
 */
int pair_open(struct link_call *call, const struct module_state *state, PyObject *const *given,
              const struct signature *signature);

static inline void pair_close(struct link_call *call) {
  path_close(&call->src);
  path_close(&call->dst);
}

/** Tell audit hooks what os would tell them; -1 with an exception set. */
static inline int audit_link(const struct link_call *call) {
  return PySys_Audit("os.link", "OOii", call->src.object, call->dst.object, audit_fd(call->src_dir),
                     audit_fd(call->dst_dir));
}

static inline int audit_symlink(const struct link_call *call) {
  return PySys_Audit("os.symlink", "OOi", call->src.object, call->dst.object, audit_fd(call->dst_dir));
}

/** The arguments backup and suffix, borrowed; NULL and None are "not given". */
struct backup_wish {
  PyObject *backup;
  PyObject *suffix;
};

/** Whether backup_make() has to do the rest of a call. */
static inline bool backup_wanted(const struct backup_wish *wish) {
  return is_given(wish->backup) || is_given(wish->suffix);
}

/** Make the name and keep what it replaces: the backup's path, None, or NULL with an exception set. */
PyObject *backup_make(const struct module_state *state, const struct link_call *call,
                      const struct backup_wish *wish, bool symbolic);

/* ------------------------------------------------------------------ the functions */

#define PYTHON_FUNCTION(name)                                                                                \
  PyObject *name(PyObject *module, PyObject *const *args, Py_ssize_t positional, PyObject *names)

PYTHON_FUNCTION(python_link);
PYTHON_FUNCTION(python_link_fd);
PYTHON_FUNCTION(python_symlink);
PYTHON_FUNCTION(python_unlink);
PYTHON_FUNCTION(python_stat);
PYTHON_FUNCTION(python_same_file);
PYTHON_FUNCTION(python_readlink);
PYTHON_FUNCTION(python_why);
PYTHON_FUNCTION(python_listing);
PYTHON_FUNCTION(python_walk);
PYTHON_FUNCTION(python_names);
PYTHON_FUNCTION(python_space);
PYTHON_FUNCTION(python_check);
PYTHON_FUNCTION(python_dedupe);
PYTHON_FUNCTION(python_load_plan);
PYTHON_FUNCTION(python_fix);
PYTHON_FUNCTION(python_journals);
PYTHON_FUNCTION(python_journal);
PYTHON_FUNCTION(python_recover);
PYTHON_FUNCTION(python_undo);
PYTHON_FUNCTION(python_quote);

/** The fields of the result types, and a stat result from the library's. */
extern PyStructSequence_Desc stat_description;
extern PyStructSequence_Desc obstacle_description;
extern PyStructSequence_Desc entry_description;
extern PyType_Spec listing_specification;
extern PyStructSequence_Desc walk_entry_description;
extern PyType_Spec walk_specification;
extern PyStructSequence_Desc names_description;
extern PyStructSequence_Desc space_description;
extern PyStructSequence_Desc space_row_description;
extern PyStructSequence_Desc space_step_description;
extern PyStructSequence_Desc space_group_description;
extern PyStructSequence_Desc space_holder_description;
extern PyStructSequence_Desc space_doubts_description;
extern PyStructSequence_Desc finding_description;
extern PyStructSequence_Desc progress_description;
extern PyStructSequence_Desc left_description;
extern PyStructSequence_Desc dedupe_file_description;
extern PyStructSequence_Desc dedupe_group_description;
extern PyType_Spec dedupe_specification;
extern PyStructSequence_Desc mend_description;
extern PyType_Spec fix_specification;
extern PyStructSequence_Desc journal_entry_description;
extern PyStructSequence_Desc journal_name_description;
extern PyStructSequence_Desc repair_description;

/** The word for a kind of file. */
PyObject *kind_object(const struct module_state *state, enum nlink_kind kind);

PyObject *stat_build(const struct module_state *state, const struct nlink_stat *stat);

/** The types of what why(), check() and journal() return; NULL with an exception set. */
PyTypeObject *obstacles_make_type(void);
PyTypeObject *findings_make_type(void);
PyTypeObject *journal_make_type(void);

/** The words for kinds of file; -1 with an exception set. */
int kinds_make(struct module_state *state);

#endif
