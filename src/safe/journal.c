/*
 * journal.c - what is going to be done, on the disk before the first name changes; and what was done
 *
 * Only the task is waited for: it is on the disk, and so is the journal's own name, before nl_journal_begin() returns.
 * What became of names follows in pieces, whenever the system likes. It is for people, and for undo; a recovery looks
 * at the tree itself. So a failure to write it stops nobody, and is told at the end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/journal.h"

#include "base/error.h"
#include "os/os.h"
#include "path/place.h"

#include <stdio.h>
#include <string.h>

enum {
  PATH_ROOM = 4352,
  OUTCOMES_BYTES = 1 << 16, /* so much of what became of names is handed on at once */
  NAME_TRIES = 16,
  LOCK_TRIES = 256
};

struct nl_journal {
  struct nl_os_monitor *monitor;
  struct nl_store store; /* under the monitor, as is_torn */
  bool is_torn;          /* behind store.at there is what has to be cut off before anything is written */
  char path[PATH_ROOM];
};

const char *nl_journal_path(const struct nl_journal *journal) {
  return journal->path;
}

static enum nlink_status fail(struct nlink_error *error, const char *what, int sys) {
  char text[128];
  return nl_fail(error, nl_os_status(sys), NLINK_STEP_JOURNAL, sys, "%s: %s", what,
                 nl_os_error_text(text, sizeof text, sys));
}

/* ---------------------------------------------------------------- where */

/* What was made in a directory is on the disk; some file systems cannot be asked that. */
static int sync_directory(int dir, const char *path) {
  int fd = -1;
  int sys = nl_os_open_to_read(&fd, dir, path, true);
  if (sys != 0)
    return sys;
  sys = nl_os_sync(fd);
  nl_os_close(fd);
  enum nlink_status status = nl_os_status(sys);
  return status == NLINK_INVALID || status == NLINK_NOT_SUPPORTED ? 0 : sys;
}

/* Make the directories of an absolute path that are missing, from the top; what each was made in is synced. */
static int make_directories(char *path) {
  for (char *slash = path; slash != NULL;) {
    char *next = strchr(slash + 1, '/');
    if (next != NULL)
      *next = '\0';
    int sys = nl_os_make_directory(NLINK_CWD, path);
    if (sys == 0) {
      *slash = '\0';
      sys = sync_directory(NLINK_CWD, slash == path ? "/" : path);
      *slash = '/';
    } else if (nl_os_status(sys) == NLINK_EXISTS || next != NULL) {
      sys = 0; /* one that exists can answer anything; that one is missing is seen below it */
    }
    if (next != NULL)
      *next = '/';
    if (sys != 0)
      return sys;
    slash = next;
  }
  return 0;
}

int nl_journal_directory(char *out, size_t size) {
  static const char own[] = "/nlink";
  int sys =
      size > sizeof own ? nl_os_state_directory(out, size - sizeof own) : nl_os_number(NLINK_NAME_TOO_LONG);
  if (sys == 0)
    memcpy(out + strlen(out), own, sizeof own);
  return sys;
}

/* Open the state directory, made where it is missing, as a place without a name. */
static int open_state(struct nl_place *place) {
  char path[PATH_ROOM];
  int sys = nl_journal_directory(path, sizeof path);
  if (sys == 0)
    sys = nl_os_open(&place->owned, NLINK_CWD, path, NL_OS_DIRECTORY);
  if (nl_os_status(sys) == NLINK_NOT_FOUND) {
    sys = make_directories(path);
    if (sys == 0)
      sys = nl_os_open(&place->owned, NLINK_CWD, path, NL_OS_DIRECTORY);
  }
  place->dir = place->owned;
  return sys;
}

/* Make an absolute path of a directory's own and a name in it. */
static int join(char path[PATH_ROOM], int dir, const char *name) {
  int sys = nl_os_directory_path(path, PATH_ROOM, dir);
  size_t length = sys == 0 ? strlen(path) : 0;
  size_t more = strlen(name);
  if (sys == 0 && length + 1 + more >= PATH_ROOM)
    sys = nl_os_number(NLINK_NAME_TOO_LONG);
  if (sys != 0)
    return sys;
  if (length > 0 && path[length - 1] != '/')
    path[length++] = '/';
  memcpy(path + length, name, more + 1);
  return 0;
}

/* ---------------------------------------------------------------- a new name */

static unsigned days_of_year(int64_t year) {
  bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return is_leap ? 366 : 365;
}

/* Write a time as 20261122T153400Z; the C library's own way is not safe in threads. */
static void write_time(char *out, size_t size, int64_t ns) {
  static const unsigned char months[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t seconds = ns > 0 ? ns / 1000000000 : 0;
  int64_t day = seconds / 86400;
  unsigned clock = (unsigned)(seconds % 86400);
  int64_t year = 1970;
  for (; day >= days_of_year(year); year++)
    day -= days_of_year(year);
  unsigned month = 0;
  for (; month < 11; month++) {
    unsigned days = months[month] + (month == 1 ? days_of_year(year) - 365 : 0);
    if (day < days)
      break;
    day -= days;
  }
  snprintf(out, size, "%04u%02u%02uT%02u%02u%02uZ", (unsigned)year, month + 1, (unsigned)day + 1,
           clock / 3600, clock / 60 % 60, clock % 60);
}

static int new_name(char *out, size_t size, const char *verb) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  unsigned char bits[8];
  char time[32];
  char random[sizeof bits + 1] = {0};
  int sys = nl_os_random(bits, sizeof bits);
  if (sys != 0)
    return sys;
  for (size_t i = 0; i < sizeof bits; i++)
    random[i] = letters[bits[i] & 31u];
  write_time(time, sizeof time, nl_os_wall_ns());
  snprintf(out, size, "%s-%s-%s.journal", time, verb, random);
  return 0;
}

/* ---------------------------------------------------------------- begin */

/* Who lists journals tries their locks for a moment; that is nobody at work. */
static int lock(int fd) {
  int sys = nl_os_lock(fd);
  for (int i = 0; i < LOCK_TRIES && nl_os_status(sys) == NLINK_BUSY; i++) {
    nl_os_yield();
    sys = nl_os_lock(fd);
  }
  return sys;
}

/* Make a file of a new name, which is written to @p name. */
static int create_new(int *fd, int dir, char *name, size_t size, const char *verb) {
  int sys = 0;
  for (int i = 0; i < NAME_TRIES; i++) {
    sys = new_name(name, size, verb);
    if (sys == 0)
      sys = nl_os_create(fd, dir, name);
    if (nl_os_status(sys) != NLINK_EXISTS)
      break;
  }
  return sys;
}

/* Write the task into the new file, and wait for it. */
static int write_task(struct nl_journal *journal, int dir, const struct nl_task *task) {
  int sys = lock(journal->store.fd);
  if (sys == 0)
    sys = nl_store_task(&journal->store, task, true);
  if (sys == 0)
    sys = nl_store_flush(&journal->store);
  if (sys == 0)
    sys = nl_os_sync_data(journal->store.fd);
  return sys == 0 ? sync_directory(dir, ".") : sys;
}

static struct nl_journal *journal_new(void) {
  struct nl_journal *journal = nl_alloc_zero(sizeof *journal);
  if (journal == NULL)
    return NULL;
  journal->store.fd = -1;
  if (nl_os_monitor_open(&journal->monitor) == 0)
    return journal;
  nl_free(journal);
  return NULL;
}

static void journal_free(struct nl_journal *journal) {
  nl_store_fini(&journal->store);
  nl_os_close(journal->store.fd);
  nl_os_monitor_close(journal->monitor);
  nl_free(journal);
}

/* In an open directory, under the name that was given or a new one. */
static int begin_in(struct nl_journal *journal, int dir, const char *given, const struct nl_task *task) {
  char made[80]; /* a time, a verb, some letters */
  const char *name = given != NULL ? given : made;
  int sys = given != NULL ? nl_os_create(&journal->store.fd, dir, given)
                          : create_new(&journal->store.fd, dir, made, sizeof made, task->verb);
  if (sys != 0)
    return sys;
  sys = join(journal->path, dir, name);
  if (sys == 0)
    sys = write_task(journal, dir, task);
  if (sys != 0)
    nl_os_unlink(dir, name);
  return sys;
}

enum nlink_status nl_journal_begin(struct nl_journal **out, int dir, const char *path,
                                   const struct nl_task *task, struct nlink_error *error) {
  struct nl_journal *journal = journal_new();
  *out = NULL;
  if (journal == NULL)
    return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  struct nl_place place = {.dir = -1, .owned = -1};
  int sys = path != NULL ? nl_place_open(&place, dir, path, false) : open_state(&place);
  if (sys == 0)
    sys = begin_in(journal, place.dir, place.name, task);
  nl_place_close(&place);
  if (sys != 0) {
    journal_free(journal);
    return fail(error, "the journal cannot be written", sys);
  }
  *out = journal;
  return NLINK_OK;
}

/* ---------------------------------------------------------------- resume */

/* Open, lock and name the file. */
static int reopen(struct nl_journal *journal, int dir, const char *path) {
  struct nl_place place = {.dir = -1, .owned = -1};
  int sys = nl_place_open(&place, dir, path, false);
  if (sys == 0)
    sys = nl_os_open_to_append(&journal->store.fd, place.dir, place.name);
  if (sys == 0)
    sys = join(journal->path, place.dir, place.name);
  nl_place_close(&place);
  return sys == 0 ? lock(journal->store.fd) : sys;
}

static enum nlink_status read_again(struct nl_journal *journal, struct nl_task *task,
                                    struct nl_store_tail *tail, struct nlink_error *error) {
  bool is_journal = false;
  uint64_t whole = 0;
  struct nlink_stat stat = {0};
  enum nlink_status status = nl_store_read(task, tail, &is_journal, &whole, journal->store.fd, error);
  if (status < 0)
    return status;
  int sys = nl_os_stat_fd(&stat, journal->store.fd);
  if (sys == 0 && is_journal) {
    nl_store_resume(&journal->store, task, whole);
    journal->is_torn = stat.size_bytes > whole;
    return NLINK_OK;
  }
  nl_task_fini(task);
  if (sys != 0)
    return fail(error, "the journal cannot be read", sys);
  return nl_fail(error, NLINK_INVALID, NLINK_STEP_JOURNAL, 0, "it is a plan, and no journal");
}

enum nlink_status nl_journal_resume(struct nl_journal **out, struct nl_task *task, struct nl_store_tail *tail,
                                    int dir, const char *path, struct nlink_error *error) {
  struct nl_journal *journal = journal_new();
  *out = NULL;
  if (journal == NULL)
    return nl_fail(error, NLINK_NO_MEMORY, NLINK_STEP_MEMORY, 0, NULL);
  enum nlink_status status = NLINK_OK;
  int sys = reopen(journal, dir, path);
  if (nl_os_status(sys) == NLINK_BUSY)
    status = nl_fail(error, NLINK_BUSY, NLINK_STEP_JOURNAL, sys, "a process is at work on the journal");
  else if (sys != 0)
    status = fail(error, "the journal cannot be opened", sys);
  else
    status = read_again(journal, task, tail, error);
  if (status < 0)
    journal_free(journal);
  else
    *out = journal;
  return status;
}

/* ---------------------------------------------------------------- going on */

/* Cut the torn end off before the first thing is written: who only looks changes nothing. Under the monitor. */
static void cut(struct nl_journal *journal) {
  struct nl_store *store = &journal->store;
  if (journal->is_torn && store->sys == 0)
    store->sys = nl_os_resize(store->fd, store->at);
  journal->is_torn = false;
}

void nl_journal_names(struct nl_journal *journal, const struct nl_task *task, const uint32_t *names,
                      size_t count) {
  if (journal == NULL || count == 0)
    return;
  nl_os_enter(journal->monitor);
  cut(journal);
  nl_store_names(&journal->store, task, names, count);
  if (journal->store.buffer.length >= OUTCOMES_BYTES)
    nl_store_flush(&journal->store);
  nl_os_leave(journal->monitor);
}

enum nlink_status nl_journal_end(struct nl_journal *journal, enum nlink_journal_state state,
                                 const struct nl_store_tail *tail, struct nlink_error *error) {
  nl_os_enter(journal->monitor);
  cut(journal);
  nl_store_end(&journal->store, state, tail);
  int sys = nl_store_flush(&journal->store);
  nl_os_leave(journal->monitor);
  return sys == 0 ? NLINK_OK : fail(error, "the journal could not be written", sys);
}

void nl_journal_close(struct nl_journal *journal) {
  if (journal == NULL)
    return;
  nl_store_flush(&journal->store);
  journal_free(journal);
}
