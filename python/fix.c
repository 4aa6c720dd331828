/*
 * fix(): soft links mended; and the plan that it returns, which shows what is to be done and does it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plan.h"
#include <structmember.h>

static PyStructSequence_Field mend_fields[] = {
    {"path", "the soft link"},
    {"target", "what it holds"},
    {"aim", "what it is to hold; None = it is to be removed"},
    {NULL, NULL},
};

PyStructSequence_Desc mend_description = {"nlink.mend", "What is to be done to one soft link.", mend_fields,
                                          3};

/** What fix() returns. */
struct fix {
  struct plan plan;
  struct nlink_fix_report report;
};

/* ------------------------------------------------------------------ acting */

static void close_work(void *work) {
  nlink_check_close(work);
}

static enum nlink_status act_upon(struct plan *plan, const struct nlink_apply_options *options,
                                  struct nlink_error *error) {
  struct nlink_fix_report report;
  enum nlink_status status = nlink_check_fix(plan->work, plan->remove, options, &report, error);
  if (status != NLINK_INVALID)
    ((struct fix *)plan)->report = report;
  return status;
}

static void note(struct plan *plan) {
  (void)plan;
}

static const char *journal_of(const void *work) {
  return nlink_check_journal(work);
}

static const struct plan_kind fix_kind = {close_work, act_upon, note, journal_of};

/* ------------------------------------------------------------------ mends */

static PyObject *mend_build(const struct plan *self, const struct nlink_finding *finding, const char *aim) {
  PyObject *const values[] = {
      path_text(finding->path, self->like),
      path_text(finding->target, self->like),
      path_or_none(*aim == '\0' ? NULL : aim, self->like),
  };
  return record_build(self->state->mend_type, values, sizeof values / sizeof values[0]);
}

/** List what is to be done; -1 with an exception set. */
static int list_mends(struct plan *self) {
  const struct nlink_finding *finding = NULL;
  while (nlink_check_next(self->work, &finding) == NLINK_OK) {
    const char *aim = nlink_check_mended(self->work, finding);
    if (aim == NULL || (*aim == '\0' && !self->remove))
      continue;
    PyObject *mend = mend_build(self, finding, aim);
    int result = mend == NULL ? -1 : PyList_Append(self->parts, mend);
    Py_XDECREF(mend);
    if (result < 0)
      return -1;
  }
  ((struct fix *)self)->report.planned_names = (uint64_t)PyList_GET_SIZE(self->parts);
  return 0;
}

static PyObject *fix_item(PyObject *object, Py_ssize_t index) {
  return plan_part((struct plan *)object, index);
}

static PyObject *fix_repr(PyObject *object) {
  const struct nlink_fix_report *report = &((struct fix *)object)->report;
  return PyUnicode_FromFormat("<nlink.Fix: %llu soft links to be mended, %llu mended>",
                              (unsigned long long)report->planned_names,
                              (unsigned long long)report->done_names);
}

/* ------------------------------------------------------------------ the type */

static PyMethodDef fix_methods[] = {
    PLAN_METHODS,
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef fix_attributes[] = {
    PLAN_ATTRIBUTES,
    {NULL, NULL, NULL, NULL, NULL},
};

#define FIGURE(name, doc)                                                                                    \
  { #name, T_ULONGLONG, offsetof(struct fix, report.name), READONLY, doc }

static PyMemberDef fix_members[] = {
    FIGURE(planned_names, "soft links that are to be mended"),
    FIGURE(done_names, "soft links that were mended"),
    FIGURE(left_names, "soft links that were left alone while acting"),
    FIGURE(failed, "how many of those because of an error"),
    PLAN_MEMBERS,
    {NULL, 0, 0, 0, NULL},
};

static char fix_type_doc[] =
    "A plan of how soft links are mended, and what was done of it; made by fix().\n\n"
    "Iterating gives the mends. It is a context manager.";

static PyType_Slot fix_slots[] = {
    {Py_tp_doc, fix_type_doc},      PLAN_SLOTS,
    {Py_tp_repr, SLOT(fix_repr)},   {Py_sq_item, SLOT(fix_item)},
    {Py_tp_methods, fix_methods},   {Py_tp_members, fix_members},
    {Py_tp_getset, fix_attributes}, {0, NULL},
};

PyType_Spec fix_specification = {
    "nlink.Fix", sizeof(struct fix), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, fix_slots,
};

/* ------------------------------------------------------------------ the call */

/* The arguments of fix(), as given[] has them. */
enum {
  GIVEN_APPLY,
  GIVEN_REMOVE,
  GIVEN_ONLY,
  GIVEN_SKIP,
  GIVEN_JOURNAL,
  GIVEN_NO_JOURNAL,
  GIVEN_UNGUARDED,
  GIVEN_ON_LEFT,
  GIVEN_SCAN,
  GIVEN_THREADS = GIVEN_SCAN + 7,
  GIVEN_ON_PROGRESS = GIVEN_SCAN + 9,
  GIVEN_ON_EVENT = GIVEN_SCAN + 10,
  GIVEN_COUNT = GIVEN_SCAN + SCAN_COUNT
};

static const struct signature fix_signature = {"|$OOOOOOOO" SCAN_FORMAT ":fix",
                                               {WORD_apply, WORD_remove, WORD_only, WORD_skip, WORD_journal,
                                                WORD_no_journal, WORD_unguarded, WORD_on_left,
                                                SCAN_WORDS_ACT},
                                               0,
                                               0,
                                               GIVEN_COUNT};

/** The plan, before anything is looked at. */
struct wish {
  struct nlink_check_options options;
  bool apply;
  bool remove;
};

static int take_arguments(struct wish *wish, struct scan *scan, struct act *act, PyObject *const *args,
                          Py_ssize_t count, PyObject *const *given) {
  PyObject *const how[] = {given[GIVEN_UNGUARDED], given[GIVEN_THREADS], given[GIVEN_ON_LEFT],
                           given[GIVEN_ON_EVENT], given[GIVEN_ON_PROGRESS]};
  wish->options.size = sizeof wish->options;
  if (parse_truth(given[GIVEN_APPLY], &wish->apply) < 0)
    return -1;
  if (parse_truth(given[GIVEN_REMOVE], &wish->remove) < 0)
    return -1;
  if (parse_off("fix", given[GIVEN_ONLY], given[GIVEN_SKIP], &wish->options.off) < 0)
    return -1;
  if (scan_open_paths(scan, args, count, true) < 0)
    return -1;
  if (scan_open(scan, given + GIVEN_SCAN) < 0)
    return -1;
  if (act_open(act, scan->state, "fix", how) < 0)
    return -1;
  if (act_open_journal(act, given[GIVEN_JOURNAL], given[GIVEN_NO_JOURNAL]) < 0)
    return -1;
  return row_audit(&scan->paths, ".");
}

/** Look what there is to be mended; -1 with an exception set. */
static int look(struct plan *self, struct scan *scan, const struct wish *wish) {
  struct nlink_check *check = NULL;
  struct nlink_error error;
  scan_leave(scan);
  enum nlink_status status = nlink_check_open(&check, scan->dir, scan->paths.bytes, scan->paths.count,
                                              &wish->options, &scan->scope, &error);
  scan_return(scan);
  self->work = check;
  if (scan_raise(scan, status, &error) < 0)
    return -1;
  return list_mends(self);
}

static PyObject *do_fix(PyObject *module, struct scan *scan, struct act *act, PyObject *const *args,
                        Py_ssize_t count, PyObject *const *given) {
  struct wish wish = {.apply = false};
  if (take_arguments(&wish, scan, act, args, count, given) < 0)
    return NULL;
  struct plan *self = plan_new(module, scan->state->fix_type, &fix_kind, row_like(&scan->paths));
  if (self == NULL)
    return NULL;
  self->remove = wish.remove;
  plan_lend(self, scan);
  if (look(self, scan, &wish) < 0)
    Py_CLEAR(self);
  else if (wish.apply && plan_run(self, act, true) < 0)
    Py_CLEAR(self);
  return (PyObject *)self;
}

PYTHON_FUNCTION(python_fix) {
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state_of(module), &fix_signature, args + positional, 0, names, given) < 0)
    return NULL;
  struct scan scan = {.state = state_of(module), .function = "fix", .dir = NLINK_CWD, .is_act = true};
  struct act act = {.journal = PATH_EMPTY};
  PyObject *result = do_fix(module, &scan, &act, args, positional, given);
  act_close(&act);
  scan_close(&scan);
  return result;
}
