/*
 * Words: quote.
 *
 * SPDX-License-Identifier: MIT
 */
#include "module.h"

static const struct signature quote_signature = {
    "O|$OO:quote", {WORD_name, WORD_ascii, WORD_needed}, 1, 1, 3};

/** Room for nearly every name; a longer text is written again where it fits. */
#define TEXT_ROOM 1024

/** The text is UTF-8 whatever the name is: what is none of it is escaped. */
static PyObject *text_object(const char *text, size_t length) {
  return PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, NULL);
}

static PyObject *quote_text(const char *name, unsigned flags) {
  char room[TEXT_ROOM];
  size_t length = nlink_quote(room, sizeof room, name, flags);
  if (length < sizeof room)
    return text_object(room, length);
  char *text = PyMem_Malloc(length + 1);
  if (text == NULL)
    return PyErr_NoMemory();
  nlink_quote(text, length + 1, name, flags);
  PyObject *result = text_object(text, length);
  PyMem_Free(text);
  return result;
}

static PyObject *do_quote(const struct module_state *state, struct path *name, PyObject *const *given) {
  unsigned flags = 0;
  if (path_open(name, state, given[0], "quote", "name") < 0)
    return NULL;
  if (parse_flag(given[1], true, NLINK_QUOTE_ASCII, &flags) < 0)
    return NULL;
  if (parse_flag(given[2], true, NLINK_QUOTE_NEEDED, &flags) < 0)
    return NULL;
  return quote_text(name->bytes, flags);
}

PYTHON_FUNCTION(python_quote) {
  const struct module_state *state = state_of(module);
  PyObject *given[ARGUMENTS_MAX];
  if (parse_arguments(state, &quote_signature, args, positional, names, given) < 0)
    return NULL;
  struct path name = PATH_EMPTY;
  PyObject *result = do_quote(state, &name, given);
  path_close(&name);
  return result;
}
