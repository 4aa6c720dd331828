/*
 * recover.c - finish or take back what journals left unfinished
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/quote.h"
#include "os/os.h"
#include "path/spot.h"
#include "safe/mend.h"
#include "safe/undo.h"

/* The directories that were given, as absolute paths. */
struct directories {
  const char **paths; /* NULL = all that there are */
  size_t count;
  struct nl_arena arena;
};

static enum nlink_status exhausted(struct nlink_error *error) {
  return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
}

static enum nlink_status add(struct directories *directories, int dir, const char *given,
                             struct nlink_error *error) {
  struct nl_string path = {0};
  int fd = -1;
  int sys = nl_os_open(&fd, dir, given, NL_OS_DIRECTORY);
  if (sys == 0)
    sys = nl_absolute(&path, fd, "");
  nl_os_close(fd);
  const char *text = sys == 0 ? nl_arena_text(&directories->arena, path.text, path.length) : NULL;
  nl_string_fini(&path);
  if (sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_OPEN, sys, "%s: %s", nl_quoted(given).text,
                   nlink_status_text(nl_os_status(sys)));
  if (text == NULL)
    return exhausted(error);
  directories->paths[directories->count++] = text;
  return NLINK_OK;
}

static enum nlink_status open_directories(struct directories *directories, int dir, const char *const *given,
                                          size_t count, struct nlink_error *error) {
  if (given == NULL)
    return NLINK_OK;
  directories->paths = nl_alloc_zero((count + 1) * sizeof *directories->paths);
  if (directories->paths == NULL)
    return exhausted(error);
  enum nlink_status status = NLINK_OK;
  for (size_t i = 0; i < count && status == NLINK_OK; i++)
    status = add(directories, dir, given[i], error);
  return status;
}

static const char *wrong_arguments(const char *path, const char *const *below, size_t count,
                                   const struct nlink_apply_options *options) {
  if (options != NULL && options->size != sizeof *options)
    return "nlink_recover: options->size is wrong";
  if (below == NULL && count > 0)
    return "nlink_recover: below is NULL, and count is not 0";
  if (path != NULL && below != NULL)
    return "nlink_recover: directories are for all journals, not for one";
  for (size_t i = 0; i < count; i++)
    if (below[i] == NULL)
      return "nlink_recover: a directory is NULL";
  return NULL;
}

enum nlink_status nlink_recover(int dir, const char *path, const char *const *below, size_t count,
                                const struct nlink_apply_options *options, struct nlink_repair_report *report,
                                struct nlink_error *error) {
  struct nlink_repair_report own = {0};
  struct nlink_repair_report *told = report != NULL ? report : &own;
  const char *wrong = wrong_arguments(path, below, count, options);
  *told = (struct nlink_repair_report){0};
  if (wrong != NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "%s", wrong);
  if (path != NULL)
    return nl_undo_recover(told, dir, path, options, error);
  struct directories directories = {0};
  enum nlink_status status = open_directories(&directories, dir, below, count, error);
  if (status == NLINK_OK)
    status = nl_mend_below(told, directories.paths, directories.count, options, error);
  nl_free(directories.paths);
  nl_arena_fini(&directories.arena);
  return status;
}
