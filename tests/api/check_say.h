/*
 * check_say.h - run nlink_check_open() and say what it found, as text; run the commands that it proposes
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TEST_CHECK_SAY_H
#define TEST_CHECK_SAY_H

#include "nlink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

static char text[1 << 16];   /* a line a finding: kind, path, then what the caller wants of it */
static char events[1 << 12]; /* a line an event: path, step, status */

enum show { NAMES_ALONE, SENTENCES, MENDS, CANDIDATES, NAMES };

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void
add(char *to, size_t size, const char *format, ...) {
  size_t used = strlen(to);
  va_list list;
  va_start(list, format);
  vsnprintf(to + used, size - used, format, list);
  va_end(list);
}

static void on_event(const char *path, const struct nlink_error *error, void *ctx) {
  assert_string_equal(ctx, "ctx");
  add(events, sizeof events, "%s: %s: %s\n", path, nlink_step_name(error->step),
      nlink_status_name(error->status));
}

static void put(const struct nlink_finding *finding, enum show show) {
  assert_non_null(finding->path);
  assert_true(finding->text[0] != '\0' && finding->text[strlen(finding->text) - 1] != '.');
  assert_non_null(finding->mend);
  assert_int_equal(finding->names != NULL, finding->name_count > 0);
  add(text, sizeof text, "%s %s", nlink_finding_name(finding->kind), finding->path);
  if (show == SENTENCES)
    add(text, sizeof text, ": %s", finding->text);
  if (show == MENDS)
    add(text, sizeof text, ": %s", finding->mend);
  if (show == CANDIDATES)
    add(text, sizeof text, ": %s", finding->candidate != NULL ? finding->candidate : "none");
  for (size_t i = 0; show == NAMES && i < finding->name_count; i++)
    add(text, sizeof text, " %s", finding->names[i]);
  add(text, sizeof text, "\n");
}

static enum nlink_status check(const char *const *paths, size_t count, struct nlink_scope scope, unsigned off,
                               enum show show) {
  static char ctx[] = "ctx";
  struct nlink_check *found = NULL;
  struct nlink_error error;
  const struct nlink_finding *finding = NULL;
  const struct nlink_check_options options = {.size = sizeof options, .off = off};
  text[0] = events[0] = '\0';
  scope.size = sizeof scope;
  scope.on_event = on_event;
  scope.ctx = ctx;
  enum nlink_status status = nlink_check_open(&found, NLINK_CWD, paths, count, &options, &scope, &error);
  if (status < 0) {
    assert_null(found);
    assert_int_equal(error.status, status);
    return status;
  }
  while (nlink_check_next(found, &finding) == NLINK_OK)
    put(finding, show);
  assert_int_equal(nlink_check_next(found, &finding), NLINK_END);
  nlink_check_close(found);
  return status;
}

#define EVERYTHING ((1u << NLINK_FINDING_KINDS) - 1)
#define ONLY(kind) (EVERYTHING & ~(1u << NLINK_FINDING_##kind))

static void expect_of(const char *root, unsigned off, enum show show, const char *expected) {
  const char *const paths[] = {root};
  assert_int_equal(check(paths, 1, (struct nlink_scope){0}, off, show), NLINK_OK);
  assert_string_equal(text, expected);
  assert_string_equal(events, "");
}

static void expect(enum show show, const char *expected) {
  expect_of("r", 0, show, expected);
}

/* Run each mend as it is told, in a shell; then nothing is found that could be mended. */
static void mend_all(const char *root) {
  const char *const paths[] = {root};
  struct nlink_check *found = NULL;
  const struct nlink_finding *finding = NULL;
  assert_int_equal(nlink_check_open(&found, NLINK_CWD, paths, 1, NULL, NULL, NULL), NLINK_OK);
  while (nlink_check_next(found, &finding) == NLINK_OK) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      execlp("bash", "bash", "-c", finding->mend, (char *)NULL);
      _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
  }
  nlink_check_close(found);
}

#endif
