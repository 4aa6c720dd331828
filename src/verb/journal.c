/*
 * journal.c - what journals there are, and what one of them tells
 *
 * A journal without an end is unfinished, unless its lock is held: then a process is at work. Who gets the lock has to read
 * once more, since the process may have written the end in between.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/journal.h"

#include "base/error.h"
#include "base/sort.h"
#include "os/os.h"
#include "path/place.h"

#include <string.h>

enum { PATH_ROOM = 4352, NAMES_ROOM = 1 << 15 };

/* ---------------------------------------------------------------- one journal */

struct nlink_journal {
  struct nl_task task;
  struct nlink_journal_entry about;
  char path[PATH_ROOM];
  struct nl_sort_item *items; /* the names in the order in which they are told */
  size_t count;
  size_t next;
  struct nlink_journal_name name;
  struct nl_string name_path;
  struct nl_string with_path;
};

static enum nlink_status exhausted(struct nlink_error *error) {
  return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
}

static enum nlink_status refuse(struct nlink_error *error, enum nlink_step step, int sys) {
  return nl_fail(error, nl_os_status(sys), step, sys, NULL);
}

static enum nlink_status read_once(struct nl_task *task, struct nl_store_tail *tail, int fd,
                                   struct nlink_error *error) {
  bool is_journal = false;
  uint64_t whole = 0;
  enum nlink_status status = nl_store_read(task, tail, &is_journal, &whole, fd, error);
  if (status < 0 || is_journal)
    return status;
  nl_task_fini(task);
  return nl_fail(error, NLINK_INVALID, NLINK_STEP_JOURNAL, 0, "it is a plan, and no journal");
}

/* Read an open journal, and find out whether a process is at work on it; the lock goes with the descriptor. */
static enum nlink_status read_journal(struct nl_task *task, struct nl_store_tail *tail, int fd,
                                      struct nlink_error *error) {
  enum nlink_status status = read_once(task, tail, fd, error);
  if (status < 0 || tail->state != NLINK_JOURNAL_UNFINISHED)
    return status;
  int sys = nl_os_lock(fd);
  if (nl_os_status(sys) == NLINK_BUSY)
    tail->state = NLINK_JOURNAL_RUNNING;
  if (sys != 0)
    return status;
  nl_task_fini(task);
  return read_once(task, tail, fd, error);
}

static bool is_meant(const struct nl_task *task, const struct nl_task_name *name) {
  return task->files[name->file].deed != NL_DEED_NONE;
}

/* All but path and verb. */
static void describe(struct nlink_journal_entry *entry, const struct nl_task *task,
                     const struct nl_store_tail *tail) {
  entry->state = tail->state;
  entry->started_ns = task->made_ns;
  entry->done_names = tail->done_names;
  entry->gained_bytes = tail->gained_bytes;
  for (uint32_t i = 0; i < task->name_count; i++)
    entry->names += is_meant(task, &task->names[i]);
}

/* Put a name behind a directory's path, of which there are @p length bytes. */
static int append(char path[PATH_ROOM], size_t length, const char *name) {
  size_t more = strlen(name);
  if (length + 1 + more >= PATH_ROOM)
    return nl_os_number(NLINK_NAME_TOO_LONG);
  if (length > 0 && path[length - 1] != '/')
    path[length++] = '/';
  memcpy(path + length, name, more + 1);
  return 0;
}

/* The names to be told, by directory; those of one directory as the task has them. */
static bool order_names(struct nlink_journal *journal) {
  const struct nl_task *task = &journal->task;
  struct nl_sort_item *items = nl_alloc((task->name_count + (size_t)1) * sizeof *items);
  if (items == NULL)
    return false;
  for (uint32_t i = 0; i < task->name_count; i++)
    if (is_meant(task, &task->names[i]))
      items[journal->count++] =
          (struct nl_sort_item){(uint64_t)task->names[i].dir << 32 | i, &task->names[i]};
  nl_sort_in_place(items, journal->count, NULL, NULL);
  journal->items = items;
  return true;
}

static enum nlink_status read_into(struct nlink_journal *journal, int dir, const char *path,
                                   struct nlink_error *error) {
  struct nl_place place = {.dir = -1, .owned = -1};
  struct nl_store_tail tail = {0};
  enum nlink_status status = NLINK_OK;
  int fd = -1;
  int sys = nl_place_open(&place, dir, path, false);
  if (sys == 0)
    sys = nl_os_open_file(&fd, place.dir, place.name);
  if (sys == 0)
    sys = nl_os_directory_path(journal->path, PATH_ROOM, place.dir);
  if (sys == 0)
    sys = append(journal->path, strlen(journal->path), place.name);
  nl_place_close(&place);
  if (sys != 0)
    status = refuse(error, NLINK_STEP_OPEN, sys);
  else
    status = read_journal(&journal->task, &tail, fd, error);
  nl_os_close(fd);
  if (status < 0)
    return status;
  describe(&journal->about, &journal->task, &tail);
  journal->about.path = journal->path;
  journal->about.verb = journal->task.verb;
  return order_names(journal) ? NLINK_OK : exhausted(error);
}

enum nlink_status nlink_journal_open(struct nlink_journal **out, int dir, const char *path,
                                     struct nlink_error *error) {
  if (out != NULL)
    *out = NULL;
  if (out == NULL || path == NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "out and path must not be NULL");
  struct nlink_journal *journal = nl_alloc_zero(sizeof *journal);
  if (journal == NULL)
    return exhausted(error);
  enum nlink_status status = read_into(journal, dir, path, error);
  if (status < 0)
    nlink_journal_close(journal);
  else
    *out = journal;
  return status;
}

const struct nlink_journal_entry *nlink_journal_about(const struct nlink_journal *journal) {
  return &journal->about;
}

/* What comes, or came, to stand under the name; NULL = memory is exhausted. */
static const char *find_with(struct nlink_journal *journal, const struct nl_task_file *file) {
  if (file->deed == NL_DEED_AIM)
    return file->aim;
  if (file->deed == NL_DEED_REMOVE)
    return "";
  const struct nl_task_file *kept = file->keep != NL_TASK_NO_FILE ? &journal->task.files[file->keep] : file;
  return nl_task_path(&journal->with_path, &journal->task, kept->first_name) ? journal->with_path.text : NULL;
}

enum nlink_status nlink_journal_next(struct nlink_journal *journal, const struct nlink_journal_name **name) {
  if (journal->next == journal->count)
    return NLINK_END;
  const struct nl_task *task = &journal->task;
  const struct nl_task_name *from = journal->items[journal->next].what;
  const struct nl_task_file *file = &task->files[from->file];
  const char *with = find_with(journal, file);
  if (with == NULL || !nl_task_path(&journal->name_path, task, (uint32_t)(from - task->names)))
    return NLINK_NO_MEMORY;
  journal->name = (struct nlink_journal_name){
      .path = journal->name_path.text,
      .with = with,
      .done = from->state == NL_TASK_DONE,
      .left = (enum nlink_left)from->left,
      .size_bytes = file->size_bytes,
      .ino = file->ino,
  };
  journal->next++;
  *name = &journal->name;
  return NLINK_OK;
}

void nlink_journal_close(struct nlink_journal *journal) {
  if (journal == NULL)
    return;
  nl_task_fini(&journal->task);
  nl_string_fini(&journal->name_path);
  nl_string_fini(&journal->with_path);
  nl_free(journal->items);
  nl_free(journal);
}

/* ---------------------------------------------------------------- those of a directory */

struct nlink_journals {
  struct nl_arena arena;
  struct nlink_journal_entry *entries;
  size_t count;
  size_t room;
  size_t next;
  bool no_memory;
};

/* Note the name of a journal, as the path of an entry; the rest comes later. */
static bool take_name(void *ctx, const char *name, size_t length) {
  static const char suffix[] = ".journal";
  struct nlink_journals *journals = ctx;
  size_t behind = sizeof suffix - 1;
  if (length <= behind || memcmp(name + length - behind, suffix, behind) != 0)
    return true;
  if (journals->count == journals->room) {
    size_t room = journals->room * 2 + 16;
    struct nlink_journal_entry *entries = nl_realloc(journals->entries, room * sizeof *entries);
    journals->no_memory = entries == NULL;
    if (journals->no_memory)
      return false;
    journals->entries = entries;
    journals->room = room;
  }
  const char *path = nl_arena_text(&journals->arena, name, length);
  journals->no_memory = path == NULL;
  if (journals->no_memory)
    return false;
  journals->entries[journals->count++] = (struct nlink_journal_entry){
      .path = path, .state = NLINK_JOURNAL_UNREADABLE, .verb = "", .started_ns = NLINK_TIME_UNKNOWN};
  return true;
}

static bool copy_verb(struct nlink_journals *journals, struct nlink_journal_entry *entry,
                      const struct nl_task *task) {
  entry->verb = nl_arena_text(&journals->arena, task->verb, strlen(task->verb));
  return entry->verb != NULL;
}

/* Only a lack of memory is a failure; what cannot be read is an entry that says so. */
static enum nlink_status look_at(struct nlink_journals *journals, struct nlink_journal_entry *entry, int dir,
                                 struct nlink_error *error) {
  struct nl_task task = {0};
  struct nl_store_tail tail = {0};
  int fd = -1;
  int sys = nl_os_open_file(&fd, dir, entry->path);
  if (sys != 0)
    return nl_os_status(sys) == NLINK_NO_MEMORY ? exhausted(error) : NLINK_OK;
  enum nlink_status status = read_journal(&task, &tail, fd, NULL);
  nl_os_close(fd);
  if (status < 0)
    return status == NLINK_NO_MEMORY ? exhausted(error) : NLINK_OK;
  describe(entry, &task, &tail);
  bool copied = copy_verb(journals, entry, &task);
  nl_task_fini(&task);
  return copied ? NLINK_OK : exhausted(error);
}

/* Make absolute paths of names. */
static enum nlink_status complete(struct nlink_journals *journals, int dir, struct nlink_error *error) {
  char path[PATH_ROOM];
  int sys = nl_os_directory_path(path, sizeof path, dir);
  size_t length = sys == 0 ? strlen(path) : 0;
  if (sys != 0)
    return refuse(error, NLINK_STEP_OPEN, sys);
  for (size_t i = 0; i < journals->count; i++) {
    struct nlink_journal_entry *entry = &journals->entries[i];
    enum nlink_status status = look_at(journals, entry, dir, error);
    if (status < 0)
      return status;
    sys = append(path, length, entry->path);
    if (sys != 0)
      return refuse(error, NLINK_STEP_OPEN, sys);
    entry->path = nl_arena_text(&journals->arena, path, strlen(path));
    if (entry->path == NULL)
      return exhausted(error);
  }
  return NLINK_OK;
}

/* Larger for the older; those of which nothing is known come last. */
static uint64_t age_of(const struct nlink_journal_entry *entry) {
  return UINT64_MAX - ((uint64_t)entry->started_ns ^ UINT64_C(1) << 63);
}

static int compare_paths(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  return strcmp(((const struct nlink_journal_entry *)a)->path, ((const struct nlink_journal_entry *)b)->path);
}

static bool sort(struct nlink_journals *journals) {
  size_t count = journals->count;
  if (count < 2)
    return true;
  struct nl_sort_item *items = nl_alloc(count * sizeof *items);
  struct nlink_journal_entry *sorted = nl_alloc(count * sizeof *sorted);
  if (items == NULL || sorted == NULL) {
    nl_free(items);
    nl_free(sorted);
    return false;
  }
  for (size_t i = 0; i < count; i++)
    items[i] = (struct nl_sort_item){age_of(&journals->entries[i]), &journals->entries[i]};
  nl_sort_in_place(items, count, compare_paths, NULL);
  for (size_t i = 0; i < count; i++)
    sorted[i] = *(const struct nlink_journal_entry *)items[i].what;
  nl_free(items);
  nl_free(journals->entries);
  journals->entries = sorted;
  return true;
}

/* Open the directory; it is -1 where the state directory is missing. */
static int open_directory(int *fd, int dir, const char *path) {
  char state[PATH_ROOM];
  if (path != NULL)
    return nl_os_open_to_read(fd, dir, path, true);
  int sys = nl_journal_directory(state, sizeof state);
  if (sys == 0)
    sys = nl_os_open_to_read(fd, NLINK_CWD, state, true);
  return nl_os_status(sys) == NLINK_NOT_FOUND ? 0 : sys;
}

static enum nlink_status list(struct nlink_journals *journals, int fd, struct nlink_error *error) {
  void *room = nl_alloc(NAMES_ROOM);
  if (room == NULL)
    return exhausted(error);
  int sys = nl_os_read_names(fd, room, NAMES_ROOM, take_name, journals);
  nl_free(room);
  if (sys != 0)
    return refuse(error, NLINK_STEP_READ_DIRECTORY, sys);
  if (journals->no_memory)
    return exhausted(error);
  enum nlink_status status = complete(journals, fd, error);
  return status < 0 || sort(journals) ? status : exhausted(error);
}

enum nlink_status nlink_journals_open(struct nlink_journals **out, int dir, const char *path,
                                      struct nlink_error *error) {
  if (out == NULL)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "out must not be NULL");
  *out = NULL;
  struct nlink_journals *journals = nl_alloc_zero(sizeof *journals);
  if (journals == NULL)
    return exhausted(error);
  int fd = -1;
  int sys = open_directory(&fd, dir, path);
  enum nlink_status status = NLINK_OK;
  if (sys != 0)
    status = refuse(error, NLINK_STEP_OPEN, sys);
  else if (fd >= 0)
    status = list(journals, fd, error);
  nl_os_close(fd);
  if (status < 0)
    nlink_journals_close(journals);
  else
    *out = journals;
  return status;
}

enum nlink_status nlink_journals_next(struct nlink_journals *journals,
                                      const struct nlink_journal_entry **entry) {
  if (journals->next == journals->count)
    return NLINK_END;
  *entry = &journals->entries[journals->next++];
  return NLINK_OK;
}

void nlink_journals_close(struct nlink_journals *journals) {
  if (journals == NULL)
    return;
  nl_arena_fini(&journals->arena);
  nl_free(journals->entries);
  nl_free(journals);
}
