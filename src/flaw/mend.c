/*
 * mend.c - commands that mend a finding, as a person would type them into a shell
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/mend.h"

#include "nlink.h"

#include <string.h>

static bool add(struct nl_string *out, const char *text) {
  return nl_string_add(out, text, strlen(text));
}

static bool add_quoted(struct nl_string *out, const char *before, const char *name) {
  size_t length = nlink_quote(NULL, 0, name, 0);
  if (!add(out, before))
    return false;
  char *at = nl_string_extend(out, length);
  if (at == NULL)
    return false;
  nlink_quote(at, length + 1, name, 0);
  return true;
}

bool nl_mend_aim(struct nl_string *out, const char *text, const char *path) {
  return add_quoted(out, "ln -sfn -- ", text) && add_quoted(out, " ", path);
}

bool nl_mend_remove(struct nl_string *out, const char *path) {
  return add_quoted(out, "rm -- ", path);
}

/* Every name with a slash in it, so that the shell can cut off its last part. */
static bool add_names(struct nl_string *out, const char *const *names, size_t count) {
  bool added = add(out, "for n in");
  for (size_t i = 0; i < count && added; i++)
    added = add_quoted(out, strchr(names[i], '/') != NULL ? " " : " ./", names[i]);
  return added && add(out, "; do ");
}

bool nl_mend_part(struct nl_string *out, const char *const *names, size_t count) {
  return add_names(out, names, count) &&
         add(out, "t=$(mktemp -- \"${n%/*}/.nlink-XXXXXX\") && cp -a -- \"$n\" \"$t\" && "
                  "mv -f -- \"$t\" \"$n\"; done");
}

bool nl_mend_part_soft(struct nl_string *out, const char *text, const char *const *names, size_t count) {
  return add_names(out, names, count) && add_quoted(out, "ln -sfn -- ", text) && add(out, " \"$n\"; done");
}
