/*
 * unfinished.c - journals whose work came to no end: found, and mended
 *
 * A journal that ends with its end is passed by without being read. One at which a process works is locked.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/sort.h"
#include "os/os.h"
#include "safe/mend.h"
#include "task/record.h"

#include <string.h>

enum { PATH_ROOM = 4352 };

/* Directories in order, to find out which others lie in them; none = all do. */
struct below {
  struct nl_sort_item *items;
  size_t count;
  bool is_all;
};

static bool below_open(struct below *below, const char *const *dirs, size_t count) {
  *below = (struct below){.is_all = dirs == NULL};
  if (dirs == NULL)
    return true;
  below->items = nl_alloc_zero(2 * (count + 1) * sizeof *below->items);
  if (below->items == NULL)
    return false;
  for (size_t i = 0; i < count; i++)
    below->items[i].what = dirs[i];
  below->count = count;
  nl_sort_text(below->items, below->items + count, count);
  return true;
}

static int compare_start(const char *path, size_t length, const char *dir) {
  int order = strncmp(path, dir, length);
  return order != 0 ? order : dir[length] == '\0' ? 0 : -1;
}

static bool has(const struct below *below, const char *path, size_t length) {
  size_t low = 0;
  size_t high = below->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare_start(path, length, below->items[middle].what);
    if (order == 0)
      return true;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return false;
}

/* Whether the directory, or one above it, is among them. */
static bool lies_below(const struct below *below, const char *dir) {
  if (has(below, dir, strlen(dir)) || has(below, "/", 1))
    return true;
  for (const char *slash = strchr(dir + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
    if (has(below, dir, (size_t)(slash - dir)))
      return true;
  return false;
}

static bool concerns(const struct below *below, const struct nl_task *task) {
  if (below->is_all)
    return true;
  for (uint32_t i = 0; i < task->dir_count; i++)
    if (task->dirs[i][0] != '\0' && lies_below(below, task->dirs[i]))
      return true;
  return false;
}

/* After a power cut the tree may be in an earlier state than an ended journal tells. */
static bool is_of_another_run(const struct nl_store_tail *tail) {
  char boot[40] = "";
  nl_os_boot(boot);
  return boot[0] != '\0' && tail->boot[0] != '\0' && strcmp(boot, tail->boot) != 0;
}

/* Such a file is left where it is: its writer may just be about to go on. */
bool nl_mend_is_only_begun(int dir, const char *path) {
  char head[sizeof NL_RECORD_MAGIC] = {0};
  size_t got = 0;
  struct nlink_stat stat = {0};
  int fd = -1;
  bool answer = nl_os_open_file(&fd, dir, path) == 0 && nl_os_stat_fd(&stat, fd) == 0 &&
                stat.size_bytes < NL_RECORD_HEADER &&
                nl_os_read(&got, fd, head, sizeof NL_RECORD_MAGIC - 1, 0) == 0 &&
                memcmp(head, NL_RECORD_MAGIC, got) == 0;
  nl_os_close(fd);
  return answer;
}

static enum nlink_status mend_journal(struct nlink_repair_report *report, int dir, const char *path,
                                      const struct below *below, bool ended_too,
                                      const struct nlink_apply_options *options, struct nlink_error *error) {
  struct nl_journal *journal = NULL;
  struct nl_task task = {0};
  struct nl_store_tail tail = {0};
  enum nlink_status status = nl_journal_resume(&journal, &task, &tail, dir, path, error);
  if (status == NLINK_INVALID && nl_mend_is_only_begun(dir, path))
    return NLINK_OK;
  if (status < 0)
    return status;
  bool needed = tail.state == NLINK_JOURNAL_UNFINISHED || (ended_too && is_of_another_run(&tail));
  if (needed && concerns(below, &task)) {
    report->journals++;
    status = nl_act_mend(report, &task, &tail, journal, options, error);
  }
  nl_journal_close(journal);
  nl_task_fini(&task);
  return status;
}

enum nlink_status nl_mend_journal(struct nlink_repair_report *report, int dir, const char *path,
                                  const struct nlink_apply_options *options, struct nlink_error *error) {
  const struct below all = {.is_all = true};
  return mend_journal(report, dir, path, &all, true, options, error);
}

struct listing {
  struct nlink_repair_report *report;
  const struct nlink_apply_options *options;
  struct below below;
  int dir;
  const char *path;
  struct nl_arena arena;
  struct nl_sort_item *names;
  size_t count;
  size_t room;
  bool no_memory;
};

static bool take_name(const char *name, void *ctx) {
  static const char suffix[] = ".journal";
  struct listing *listing = ctx;
  size_t length = strlen(name);
  size_t behind = sizeof suffix - 1;
  if (length <= behind || memcmp(name + length - behind, suffix, behind) != 0)
    return true;
  if (listing->count == listing->room) {
    size_t room = 2 * listing->room + 16;
    struct nl_sort_item *names = nl_realloc(listing->names, room * sizeof *names);
    listing->no_memory = names == NULL;
    if (names == NULL)
      return false;
    listing->names = names;
    listing->room = room;
  }
  const char *text = nl_arena_text(&listing->arena, name, length);
  listing->no_memory = text == NULL;
  if (text == NULL)
    return false;
  listing->names[listing->count++] = (struct nl_sort_item){nl_sort_key(text), text};
  return true;
}

static int by_text(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  return strcmp(a, b);
}

static bool has_end(int dir, const char *name) {
  int fd = -1;
  bool answer = nl_os_open_file(&fd, dir, name) == 0 && nl_store_has_end(fd);
  nl_os_close(fd);
  return answer;
}

static bool tell_unreadable(const struct listing *listing, const char *name,
                            const struct nlink_error *error) {
  struct nl_string path = {0};
  bool good = nl_string_add(&path, listing->path, strlen(listing->path)) && nl_string_add(&path, "/", 1) &&
              nl_string_add(&path, name, strlen(name));
  if (good && listing->options != NULL && listing->options->on_event != NULL)
    listing->options->on_event(path.text, error, listing->options->ctx);
  nl_string_fini(&path);
  return good;
}

/* The oldest first: their names begin with the time. */
static enum nlink_status mend_listed(struct listing *listing, struct nlink_error *error) {
  enum nlink_status worst = NLINK_OK;
  nl_sort_in_place(listing->names, listing->count, by_text, NULL);
  for (size_t i = 0; i < listing->count; i++) {
    const char *name = listing->names[i].what;
    struct nlink_error own;
    if (has_end(listing->dir, name))
      continue;
    enum nlink_status status =
        mend_journal(listing->report, listing->dir, name, &listing->below, false, listing->options, &own);
    if (status == NLINK_CANCELLED || status == NLINK_NO_MEMORY)
      return nl_fail(error, status, own.step, own.sys, NULL);
    if (status == NLINK_OK || status == NLINK_BUSY || status == NLINK_NOT_FOUND)
      continue; /* a process is at work, or has just removed it */
    worst = NLINK_PARTIAL;
    if (status < 0 && !tell_unreadable(listing, name, &own))
      return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  }
  return worst;
}

static enum nlink_status mend_in(struct listing *listing, struct nlink_error *error) {
  int sys = nl_os_open(&listing->dir, NLINK_CWD, listing->path, NL_OS_DIRECTORY);
  if (nl_os_status(sys) == NLINK_NOT_FOUND)
    return NLINK_OK;
  if (sys == 0)
    sys = nl_os_each_name(listing->dir, ".", take_name, listing);
  if (listing->no_memory)
    return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  if (sys != 0)
    return nl_fail(error, nl_os_status(sys), NLINK_STEP_READ_DIRECTORY, sys, NULL);
  return mend_listed(listing, error);
}

enum nlink_status nl_mend_below(struct nlink_repair_report *report, const char *const *dirs, size_t count,
                                const struct nlink_apply_options *options, struct nlink_error *error) {
  char path[PATH_ROOM];
  struct listing listing = {.report = report, .options = options, .dir = -1, .path = path};
  if (nl_journal_directory(path, sizeof path) != 0)
    return NLINK_OK; /* who has no home has no journals there */
  enum nlink_status status = NLINK_OK;
  if (!below_open(&listing.below, dirs, count))
    status = nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  else
    status = mend_in(&listing, error);
  nl_os_close(listing.dir);
  nl_arena_fini(&listing.arena);
  nl_free(listing.names);
  nl_free(listing.below.items);
  return status;
}
