/*
 * The module nlink._nlink, which the package nlink hands on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"
#include <stddef.h>
#include <string.h>

/* ------------------------------------------------------------------ documentation */

PyDoc_STRVAR(module_doc, "One file, many names: the compiled part of the package nlink.");

PyDoc_STRVAR(link_doc,
             "link($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None,\n"
             "     follow_symlinks=True, replace=False, beneath=False, backup=None,\n"
             "     suffix=None)\n"
             "--\n\n"
             "Give the file named src one more name, dst.\n\n"
             "As os.link does it since Python 3.14, on every version: a soft link at the end of src\n"
             "is followed unless follow_symlinks is false. With replace, a dst that exists is\n"
             "replaced atomically. With beneath, neither path can leave its directory by any way.\n\n"
             "With backup, dst is replaced too, and what it named is kept: 'simple' keeps it as dst and\n"
             "suffix ('~'), 'numbered' as dst.~1~ and so on, 'existing' as numbered where dst has\n"
             "numbered backups, else as simple; 'none' keeps nothing, and only replace replaces.\n"
             "Returns the backup's path, or None where nothing was kept.\n\n"
             "An exception tells in its attribute cause why it could not be done.");

PyDoc_STRVAR(link_fd_doc,
             "link_fd($module, /, fd, dst, *, dst_dir_fd=None, replace=False, beneath=False)\n"
             "--\n\n"
             "Give the file behind the open descriptor fd one more name, dst.\n\n"
             "The file may have been opened in any way, with O_TMPFILE or O_PATH too. Audit hooks\n"
             "get the event os.link with the descriptor as src.");

PyDoc_STRVAR(symlink_doc,
             "symlink($module, /, src, dst, target_is_directory=False, *, dir_fd=None,\n"
             "        src_dir_fd=None, relative=False, absolute=False, replace=False,\n"
             "        beneath=False, backup=None, suffix=None)\n"
             "--\n\n"
             "Make dst a soft link that holds the path src, as os.symlink does.\n\n"
             "With relative, it holds the way from where dst really is to where src really leads; with\n"
             "absolute, the absolute path of src. For these two a relative src is relative to src_dir_fd.\n"
             "With replace, a dst that exists is replaced atomically. With beneath, dst cannot leave its\n"
             "directory. backup and suffix are as for link(), and so is the result.");

PyDoc_STRVAR(unlink_doc, "unlink($module, /, path, *, dir_fd=None, keep_last=False, beneath=False)\n"
                         "--\n\n"
                         "Remove one name of a file and return how many names it still has.\n\n"
                         "As os.unlink does. With keep_last, the last name of a file is refused.");

PyDoc_STRVAR(stat_doc, "stat($module, /, path, *, dir_fd=None, follow_symlinks=True, beneath=False)\n"
                       "--\n\n"
                       "Tell what a name, or an open descriptor, leads to.");

PyDoc_STRVAR(same_file_doc, "same_file($module, /, a, b, *, a_dir_fd=None, b_dir_fd=None,\n"
                            "          follow_symlinks=True)\n"
                            "--\n\n"
                            "Tell whether two names lead to one file.");

PyDoc_STRVAR(readlink_doc, "readlink($module, /, path, *, dir_fd=None, beneath=False)\n"
                           "--\n\n"
                           "Return the path that a soft link holds: str for str, bytes for bytes.");

PyDoc_STRVAR(why_doc, "why($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None,\n"
                      "    follow_symlinks=True, replace=False, beneath=False)\n"
                      "--\n\n"
                      "Tell what stands in the way of link() with the same arguments, changing nothing.\n\n"
                      "Returns a tuple of obstacles in the order in which the system would say so; an empty\n"
                      "one means that nothing was found. Its attribute remark is a sentence that is good to\n"
                      "know although it is no obstacle, or None.");

PyDoc_STRVAR(listing_doc,
             "listing($module, /, paths='.', *, dir_fd=None, all=False, recursive=False,\n"
             "        by_file=False, directories=False)\n"
             "--\n\n"
             "Iterate over the names in directories, with the names of one file known as such.\n\n"
             "paths is one path or an iterable of paths. all gives names that begin with a dot too,\n"
             "recursive the directories below, by_file the names of one file together, and directories\n"
             "a directory itself in the place of what is in it.");

/* What walk, names, space and check have in common. */
#define SCAN_SIGNATURE                                                                                       \
  "exclude=None, include=None, rules=None,\n"                                                                \
  "      min_size=0, max_size=None, max_depth=None, one_file_system=False,\n"                                \
  "      threads=None, dir_fd=None, progress=None, on_event=None)\n"                                         \
  "--\n\n"
#define SCAN_DOC                                                                                             \
  "\n\nexclude and include are patterns as in a shell, one or several, for what is left out and\n"           \
  "what is taken in all the same; rules are such patterns with '- ' or '+ ' before them, of which\n"         \
  "the first that matches decides. progress(directories, names) is called now and then, and can\n"           \
  "stop the work by returning False, which raises InterruptedError. on_event(path, error) is\n"              \
  "called for what cannot be looked at; without it a given path that cannot be is an exception,\n"           \
  "and what is further down is told by the attribute errors."

PyDoc_STRVAR(walk_doc,
             "walk($module, /, *paths, stat=False, listed=False, " SCAN_SIGNATURE
             "Iterate over all names below the paths, or below the current directory.\n\n"
             "A directory comes before what is in it, and names of one directory by their bytes. Each\n"
             "name is seen once, and no soft link is followed. With stat, each entry tells what stat()\n"
             "does. With listed, the paths are names to be looked at themselves. The iterator has skip(),\n"
             "which keeps it out of the directory that it gave last, and close()." SCAN_DOC);

PyDoc_STRVAR(names_doc,
             "names($module, /, paths, *, roots=None, soft=False, follow=False, walk=False,\n"
             "      " SCAN_SIGNATURE
             "Find all names of a file: a names_result, or a list of them for an iterable of paths.\n\n"
             "Where the file system can tell them, nothing is walked, unless walk is true; else the\n"
             "file's own file system is, or what is below the roots, until all names are seen. With soft,\n"
             "soft links that lead to the file are found too. With follow, a path that is a soft link\n"
             "means the file that it leads to." SCAN_DOC);

PyDoc_STRVAR(space_doc,
             "space($module, /, *paths, depth=1, order='freed', groups=0, holders=False,\n"
             "      around=None, listed=False, " SCAN_SIGNATURE
             "Tell what directories occupy, and what deleting them would free.\n\n"
             "There is a row for each path, and for each directory down to depth; order is 'freed',\n"
             "'once', 'apparent', 'held', 'names', 'files' or 'path'. groups is how many of the files\n"
             "that occupy most are told with all their names. With holders, the names outside that keep\n"
             "files inside from being freed are looked for: in the paths of around, else on the paths' own\n"
             "file system." SCAN_DOC);

PyDoc_STRVAR(check_doc,
             "check($module, /, *paths, only=None, skip=None, " SCAN_SIGNATURE
             "Find and explain what is wrong with the links below the paths, changing nothing.\n\n"
             "only and skip are kinds of finding, one or several: 'dangles', 'loops', 'absolute-inside',\n"
             "'points-out', 'needlessly-long', 'partly-outside', 'near-limit', 'set-id-shared',\n"
             "'writable-and-read-only', 'empty-shared', 'soft-link-shared'." SCAN_DOC);

/* What dedupe and fix have in common, beside what they look at. */
#define ACT_SCAN_SIGNATURE                                                                                   \
  "exclude=None, include=None, rules=None,\n"                                                                \
  "      min_size=0, max_size=None, max_depth=None, one_file_system=False,\n"                                \
  "      threads=None, dir_fd=None, on_progress=None, on_event=None)\n"                                      \
  "--\n\n"
#define ACT_SCAN_DOC                                                                                         \
  "\n\nWith apply it is done at once; journal, no_journal, unguarded and on_left are for that, and\n"        \
  "are told with the method apply. An exception while names are replaced has the plan, which tells\n"        \
  "what was done, as its attribute report. exclude to dir_fd and on_event are as for walk();\n"              \
  "on_progress(progress) is called now and then, and can stop the work by returning False, which\n"          \
  "raises InterruptedError."

PyDoc_STRVAR(
    dedupe_doc,
    "dedupe($module, /, paths, *, apply=False, mode='hardlink', keep='most-names',\n"
    "       references=None, ignore=None, match=None, min_age=2.0, max_links=None,\n"
    "       memory=None, journal=None, no_journal=False, unguarded=False, on_left=None,\n"
    "       listed=False, " ACT_SCAN_SIGNATURE
    "Find files with equal contents below the paths, one or several, and plan how they become one.\n\n"
    "Returns the plan, which gives the groups when it is iterated over, and changes nothing. mode is\n"
    "'hardlink', 'reflink' or 'symlink'. keep is 'most-names', 'oldest', 'newest' or 'first', or\n"
    "patterns, one or several: a file with a name that the first matches is kept. Names below\n"
    "references are never replaced. ignore and match are words, one or several, for what need not be\n"
    "equal, and must be equal as well: 'device', 'owner', 'group', 'mode', 'acl', 'xattr',\n"
    "'security', 'mtime', 'name'. Files changed less than min_age seconds ago are left alone, and no\n"
    "file gets more than max_links names. memory is how many bytes contents may occupy while they\n"
    "are compared. With listed, the paths are names to be looked at themselves." ACT_SCAN_DOC);

PyDoc_STRVAR(load_plan_doc, "load_plan($module, /, path, *, dir_fd=None)\n"
                            "--\n\n"
                            "Load a plan of dedupe() that its method save() wrote.\n\n"
                            "Nothing of it is believed when it is applied: each file is looked at again.");

PyDoc_STRVAR(
    fix_doc,
    "fix($module, /, *paths, apply=False, remove=False, only=None, skip=None, journal=None,\n"
    "    no_journal=False, unguarded=False, on_left=None, " ACT_SCAN_SIGNATURE
    "Find soft links that can be mended below the paths, and plan how.\n\n"
    "Returns the plan, which gives the mends when it is iterated over, and changes nothing. Those\n"
    "that lead nowhere are to lead to the nearest thing of the lost name, absolute ones to be\n"
    "relative, long ones to be short, as check() proposes; with remove, those that lead nowhere and\n"
    "for which there is nothing, or round in circles, are to be removed. only and skip are as for\n"
    "check()." ACT_SCAN_DOC);

PyDoc_STRVAR(journals_doc,
             "journals($module, /, path=None, *, dir_fd=None)\n"
             "--\n\n"
             "Iterate over the journals in a directory, the newest first.\n\n"
             "Without a path that is the state directory, where apply() puts them. Each is a journal_entry.");

PyDoc_STRVAR(journal_doc, "journal($module, /, path, *, dir_fd=None)\n"
                          "--\n\n"
                          "Read a journal: a tuple of journal_name, one for each name that it was about.\n\n"
                          "Its attribute about is what journals() tells of it.");

PyDoc_STRVAR(recover_doc,
             "recover($module, /, journal=None, *, below=None, dir_fd=None, dry_run=False,\n"
             "        unguarded=False, threads=None, on_left=None, on_event=None, on_progress=None)\n"
             "--\n\n"
             "Finish or take back what a crash left unfinished, and remove its temporary names.\n\n"
             "Without a journal, all unfinished ones in the state directory are worked on, or with below\n"
             "those with names in these directories. With dry_run nothing is changed. Returns a\n"
             "repair_result.");

PyDoc_STRVAR(
    undo_doc,
    "undo($module, /, journal, *, dir_fd=None, dry_run=False, unguarded=False, threads=None,\n"
    "     on_left=None, on_event=None, on_progress=None)\n"
    "--\n\n"
    "Give every name that a journal's work replaced a file of its own again, as it was before.\n\n"
    "Names that shared a file share one again, and a soft link gets back what it held. A name that\n"
    "leads elsewhere since, or whose file was written to since, is left alone. With dry_run nothing\n"
    "is changed. Returns a repair_result.");

PyDoc_STRVAR(quote_doc,
             "quote($module, /, name, *, ascii=False, needed=False)\n"
             "--\n\n"
             "Write a name so that a person can read it and a shell reads it back as the same bytes.\n\n"
             "With ascii, every byte beyond ASCII is escaped, not only what is no valid UTF-8. With\n"
             "needed, a name is quoted only where a shell or a person needs it.");

/* ------------------------------------------------------------------ the module */

#define FUNCTION(name)                                                                                       \
  { #name, (PyCFunction)(void (*)(void))python_##name, METH_FASTCALL | METH_KEYWORDS, name##_doc }

static PyMethodDef functions[] = {
    FUNCTION(link),      FUNCTION(link_fd),     FUNCTION(symlink), FUNCTION(unlink),  FUNCTION(stat),
    FUNCTION(same_file), FUNCTION(readlink),    FUNCTION(why),     FUNCTION(listing), FUNCTION(walk),
    FUNCTION(names),     FUNCTION(space),       FUNCTION(check),   FUNCTION(dedupe),  FUNCTION(load_plan),
    FUNCTION(fix),       FUNCTION(journals),    FUNCTION(journal), FUNCTION(recover), FUNCTION(undo),
    FUNCTION(quote),     {NULL, NULL, 0, NULL},
};

static int make_words(struct module_state *state) {
  static const char *const texts[] = {
#define WORD_TEXT(name) #name,
      WORD_MAP(WORD_TEXT)
#undef WORD_TEXT
  };
  for (int i = 0; i < WORD_COUNT; i++) {
    state->words[i] = PyUnicode_InternFromString(texts[i]);
    if (state->words[i] == NULL)
      return -1;
  }
  return 0;
}

/** Ask the file system's encoding what becomes of @p text, which stands there in UTF-8; -1 with an exception set. */
static int is_encoded_as(const char *text, const char *expected, bool *same) {
  PyObject *object = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogatepass");
  if (object == NULL)
    return -1;
  PyObject *encoded = PyUnicode_EncodeFSDefault(object);
  Py_DECREF(object);
  if (encoded == NULL) {
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
      return -1;
    PyErr_Clear();
    *same = false;
    return 0;
  }
  *same = strcmp(PyBytes_AS_STRING(encoded), expected) == 0;
  Py_DECREF(encoded);
  return 0;
}

/** Find out once which paths need no asking: nearly every encoding leaves ASCII alone, and most are UTF-8. */
static int ask_encoding(struct module_state *state) {
  char ascii[128];
  for (int i = 0; i < 127; i++) {
    ascii[i] = (char)(i + 1);
  }
  ascii[127] = '\0';
  if (is_encoded_as(ascii, ascii, &state->ascii_plain) < 0)
    return -1;
  /* Two, three and four bytes, and the surrogate that stands for the byte FF. */
  static const char sample[] = "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  char text[16];
  char expected[16];
  (void)snprintf(text, sizeof text, "%s\xED\xB3\xBF", sample);
  (void)snprintf(expected, sizeof expected, "%s\xFF", sample);
  return is_encoded_as(text, expected, &state->utf8);
}

/** Make a type known under its own name. */
static int add_type(PyObject *module, const char *name, PyTypeObject *type) {
  if (type == NULL)
    return -1;
  Py_INCREF(type);
  if (PyModule_AddObject(module, name, (PyObject *)type) < 0) {
    Py_DECREF(type);
    return -1;
  }
  return 0;
}

/** The types that are records, each by its name here and its place in the state. */
static const struct {
  const char *name;
  size_t place;
  PyStructSequence_Desc *description;
} records[] = {
    {"stat_result", offsetof(struct module_state, stat_type), &stat_description},
    {"obstacle", offsetof(struct module_state, obstacle_type), &obstacle_description},
    {"entry", offsetof(struct module_state, entry_type), &entry_description},
    {"walk_entry", offsetof(struct module_state, walk_entry_type), &walk_entry_description},
    {"names_result", offsetof(struct module_state, names_type), &names_description},
    {"space_result", offsetof(struct module_state, space_type), &space_description},
    {"space_row", offsetof(struct module_state, space_row_type), &space_row_description},
    {"space_step", offsetof(struct module_state, space_step_type), &space_step_description},
    {"space_group", offsetof(struct module_state, space_group_type), &space_group_description},
    {"space_holder", offsetof(struct module_state, space_holder_type), &space_holder_description},
    {"space_doubts", offsetof(struct module_state, space_doubts_type), &space_doubts_description},
    {"finding", offsetof(struct module_state, finding_type), &finding_description},
    {"progress", offsetof(struct module_state, progress_type), &progress_description},
    {"left_name", offsetof(struct module_state, left_type), &left_description},
    {"dedupe_file", offsetof(struct module_state, dedupe_file_type), &dedupe_file_description},
    {"dedupe_group", offsetof(struct module_state, dedupe_group_type), &dedupe_group_description},
    {"mend", offsetof(struct module_state, mend_type), &mend_description},
    {"journal_entry", offsetof(struct module_state, journal_entry_type), &journal_entry_description},
    {"journal_name", offsetof(struct module_state, journal_name_type), &journal_name_description},
    {"repair_result", offsetof(struct module_state, repair_type), &repair_description},
};

/** The types that are tuples with an attribute. */
static const struct {
  const char *name;
  size_t place;
  PyTypeObject *(*make)(void);
} tuples[] = {
    {"Obstacles", offsetof(struct module_state, obstacles_type), obstacles_make_type},
    {"Findings", offsetof(struct module_state, findings_type), findings_make_type},
    {"Journal", offsetof(struct module_state, journal_type), journal_make_type},
};

/** All other types. */
static const struct {
  const char *name;
  size_t place;
  PyType_Spec *specification;
} objects[] = {
    {"Listing", offsetof(struct module_state, listing_type), &listing_specification},
    {"Walk", offsetof(struct module_state, walk_type), &walk_specification},
    {"Dedupe", offsetof(struct module_state, dedupe_type), &dedupe_specification},
    {"Fix", offsetof(struct module_state, fix_type), &fix_specification},
};

#define RECORD_COUNT (sizeof records / sizeof records[0])
#define TUPLE_COUNT  (sizeof tuples / sizeof tuples[0])
#define OBJECT_COUNT (sizeof objects / sizeof objects[0])
#define TYPE_COUNT   (RECORD_COUNT + TUPLE_COUNT + OBJECT_COUNT)

static PyTypeObject **type_place(struct module_state *state, size_t place) {
  return (PyTypeObject **)((char *)state + place);
}

/** The place of any type in the state, by a number below TYPE_COUNT. */
static PyTypeObject **any_type(struct module_state *state, size_t number) {
  if (number < RECORD_COUNT)
    return type_place(state, records[number].place);
  number -= RECORD_COUNT;
  return type_place(state, number < TUPLE_COUNT ? tuples[number].place : objects[number - TUPLE_COUNT].place);
}

static int make_types(PyObject *module, struct module_state *state) {
  for (size_t i = 0; i < RECORD_COUNT; i++) {
    *type_place(state, records[i].place) = PyStructSequence_NewType(records[i].description);
    if (add_type(module, records[i].name, *type_place(state, records[i].place)) < 0)
      return -1;
  }
  for (size_t i = 0; i < TUPLE_COUNT; i++) {
    *type_place(state, tuples[i].place) = tuples[i].make();
    if (add_type(module, tuples[i].name, *type_place(state, tuples[i].place)) < 0)
      return -1;
  }
  for (size_t i = 0; i < OBJECT_COUNT; i++) {
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, objects[i].specification, NULL);
    *type_place(state, objects[i].place) = type;
    if (add_type(module, objects[i].name, type) < 0)
      return -1;
  }
  return 0;
}

static int module_execute(PyObject *module) {
  struct module_state *state = state_of(module);
  if (make_words(state) < 0 || kinds_make(state) < 0 || ask_encoding(state) < 0)
    return -1;
  if (make_types(module, state) < 0)
    return -1;
  return PyModule_AddStringConstant(module, "__version__", nlink_version());
}

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
  struct module_state *state = state_of(module);
  if (state == NULL)
    return 0;
  for (size_t i = 0; i < TYPE_COUNT; i++) {
    Py_VISIT(*any_type(state, i));
  }
  return 0;
}

static int module_clear(PyObject *module) {
  struct module_state *state = state_of(module);
  if (state == NULL)
    return 0;
  for (int i = 0; i < WORD_COUNT; i++) {
    Py_CLEAR(state->words[i]);
  }
  for (int i = 0; i < KIND_COUNT; i++) {
    Py_CLEAR(state->kinds[i]);
  }
  for (size_t i = 0; i < TYPE_COUNT; i++) {
    Py_CLEAR(*any_type(state, i));
  }
  return 0;
}

static void module_free(void *module) {
  module_clear(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, SLOT(module_execute)},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,         .m_name = "nlink._nlink",
    .m_doc = module_doc,           .m_size = sizeof(struct module_state),
    .m_methods = functions,        .m_slots = slots,
    .m_traverse = module_traverse, .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__nlink(void);

PyMODINIT_FUNC PyInit__nlink(void) {
  return PyModuleDef_Init(&definition);
}
