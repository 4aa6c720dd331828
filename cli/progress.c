/*
 * progress.c - the line that tells a person how far a piece of work has come
 *
 * A line is filled up with spaces to the length of the one before, and taken away by spaces, which every terminal
 * understands. It is never wider than the terminal: what wraps cannot be written over.
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

enum { PATIENCE_MS = 500, PAUSE_MS = 100, LINE_SIZE = 200, RATE_AFTER_MS = 1000 };

static bool has_terminal(struct progress *progress) {
  if (!progress->asked) {
    const char *terminal = sys_environment("TERM");
    progress->asked = true;
    progress->terminal = sys_is_terminal(SYS_STDERR) && (terminal == NULL || strcmp(terminal, "dumb") != 0);
  }
  return progress->terminal;
}

/* A line that is being put together; what does not fit is left out. */
struct line {
  char text[LINE_SIZE];
  size_t length;
};

static void put(struct line *line, const char *before, const char *text, const char *after) {
  int length =
      snprintf(line->text + line->length, sizeof line->text - line->length, "%s%s%s", before, text, after);
  size_t room = sizeof line->text - line->length - 1;
  if (length > 0)
    line->length += (size_t)length < room ? (size_t)length : room;
}

/* "567 MiB/s, 3 s left", as far as that can be told: nobody can from the first moments. */
static void put_rate(struct line *line, const struct nlink_progress *now, int64_t elapsed_ns) {
  char text[UNITS_DURATION_SIZE];
  if (elapsed_ns < RATE_AFTER_MS * INT64_C(1000000))
    return;
  bool by_bytes = now->all_bytes > 0;
  double done = (double)(by_bytes ? now->bytes : now->files);
  double all = (double)(by_bytes ? now->all_bytes : now->all_files);
  double a_second = done * 1e9 / (double)elapsed_ns;
  if (by_bytes)
    put(line, ", ", units_size(text, (uint64_t)a_second), "/s");
  if (a_second > 0 && all >= done && (all - done) / a_second < 1e6)
    put(line, ", ", units_duration(text, (uint64_t)((all - done) / a_second + 1)), " left");
}

static void compose(struct line *line, const struct nlink_progress *now, int64_t elapsed_ns) {
  static const char *const phases[] = {[NLINK_PHASE_COMPARING] = "comparing: ",
                                       [NLINK_PHASE_ACTING] = "acting: ",
                                       [NLINK_PHASE_MENDING] = "mending: "};
  char number[UNITS_GROUPED_SIZE];
  if (now->phase == NLINK_PHASE_LOOKING) {
    put(line, "", units_grouped(number, now->names), now->names == 1 ? " name" : " names");
    put(line, ", ", units_grouped(number, now->directories),
        now->directories == 1 ? " directory" : " directories");
    return;
  }
  put(line, phases[now->phase], units_grouped(number, now->files), "");
  put(line, " of ", units_grouped(number, now->all_files), now->all_files == 1 ? " file" : " files");
  if (now->all_bytes > 0) {
    put(line, ", ", units_size(number, now->bytes), "");
    put(line, now->phase == NLINK_PHASE_COMPARING ? " of at most " : " of ",
        units_size(number, now->all_bytes), "");
  }
  put_rate(line, now, elapsed_ns);
}

void progress_show(struct progress *progress, const struct nlink_progress *now) {
  int64_t now_ns = sys_elapsed_ns();
  bool first = progress->next_ns == 0;
  if (first || progress->phase != (int)now->phase) {
    progress->phase = (int)now->phase;
    progress->since_ns = now_ns;
  }
  if (!first && now_ns < progress->next_ns)
    return;
  progress->next_ns = now_ns + (first ? PATIENCE_MS : PAUSE_MS) * INT64_C(1000000);
  if (first || !has_terminal(progress))
    return;
  struct line line = {.length = 0};
  compose(&line, now, now_ns - progress->since_ns);
  size_t room = sys_columns(SYS_STDERR) - 1;
  size_t length = line.length < room ? line.length : room;
  size_t fill = progress->width > length ? progress->width - length : 0;
  out_say(progress->out, "\r%.*s%*s", (int)length, line.text, (int)fill, "");
  progress->width = length;
}

void progress_clear(struct progress *progress) {
  if (progress->width == 0)
    return;
  out_say(progress->out, "\r%*s\r", (int)progress->width, "");
  progress->width = 0;
}
