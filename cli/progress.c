/*
 * progress.c - the line that tells a person how far a look at a tree has come
 *
 * The numbers only grow, so that a line always covers the one before. It is taken away by spaces, which every
 * terminal understands.
 *
 * SPDX-License-Identifier: MIT
 */
#include "progress.h"

#include "nlink.h"
#include "out.h"
#include "sys.h"
#include "units.h"

#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 500, PAUSE_MS = 100, LINE_SIZE = 100 };

static bool has_terminal(struct progress *progress) {
  if (!progress->asked) {
    const char *terminal = sys_environment("TERM");
    progress->asked = true;
    progress->terminal = sys_is_terminal(SYS_STDERR) && (terminal == NULL || strcmp(terminal, "dumb") != 0);
  }
  return progress->terminal;
}

void progress_show(struct progress *progress, const struct nlink_progress *now) {
  int64_t now_ns = sys_elapsed_ns();
  bool first = progress->next_ns == 0;
  if (!first && now_ns < progress->next_ns)
    return;
  progress->next_ns = now_ns + (first ? PATIENCE_MS : PAUSE_MS) * INT64_C(1000000);
  if (first || !has_terminal(progress))
    return;
  char names[UNITS_GROUPED_SIZE];
  char directories[UNITS_GROUPED_SIZE];
  char line[LINE_SIZE];
  int length = snprintf(line, sizeof line, "%s %s, %s %s", units_grouped(names, now->names),
                        now->names == 1 ? "name" : "names", units_grouped(directories, now->directories),
                        now->directories == 1 ? "directory" : "directories");
  progress->width = length > 0 ? (size_t)length : 0;
  out_say(progress->out, "\r%s", line);
}

void progress_clear(struct progress *progress) {
  if (progress->width == 0)
    return;
  out_say(progress->out, "\r%*s\r", (int)progress->width, "");
  progress->width = 0;
}
