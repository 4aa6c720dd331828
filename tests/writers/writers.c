/*
 * writers.c - processes that write to the files of a tree, each with a log of what it did
 *
 *   writers TREE LOGS SECONDS SEED
 *
 * Makes a tree of small files, most of them with one of a few standard contents, prints "ready", and lets 8 processes
 * append to, rewrite, reset, truncate, map, replace by rename, link, unlink and create random ones, while a ninth looks
 * whether each name that should be there is. What each did is in LOGS/N.log, rows of struct entry, which ledger.py reads
 * afterwards: it knows then what has to be in the tree.
 *
 * Two writers never work on one name at one time (there is a lock for each name, in memory they share), so that the order
 * of what was done to a name is known; but they do work on one file by two of its names. A counter that all share tells
 * what was before what: an entry has its value before the first system call and after the last. All that is written is in
 * lines of 32 bytes at multiples of 32, each with a number that is written once only, or a line of a standard content.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  WRITERS = 8,
  DIRECTORIES = 16,
  NAMES = 1200,
  HOT = 100,
  LINE = 32,
  LARGEST = 16384,
  STANDARDS = 6,
  PACE_US = 600
};

#define NO_NAME UINT32_MAX

enum kind {
  SEE = 1,  /* the name was opened, and led to this file */
  APPEND,   /* a line was added to the file */
  REWRITE,  /* a line of it was written anew */
  RESET,    /* all of it was replaced by a standard content */
  CUT,      /* it was truncated to `offset` */
  MAKE,     /* the name leads to this file now, whatever it was before */
  LINK,     /* `other` is one more name of what `name` leads to */
  UNLINK,   /* the name is gone */
  ABSENT,   /* a name that should be there was not, at least for an instant */
  RETURNED, /* a name that was removed was there again */
  TROUBLE   /* a call failed in a way that none should; `id` is its errno */
};

/* A row of a log, as ledger.py reads it. */
struct entry {
  uint64_t before; /* the shared counter */
  uint64_t after;
  uint64_t opened; /* when the name was opened through which this was written */
  uint64_t ino;
  uint64_t id; /* of the line, or which standard content */
  uint32_t generation;
  uint32_t offset;
  uint32_t length;
  uint32_t kind;
  uint32_t name;
  uint32_t other;
};

/* What all processes share. */
struct shared {
  _Atomic uint64_t clock;
  _Atomic bool end;
  _Atomic bool locked[NAMES];
  _Atomic uint32_t there[NAMES]; /* odd = the name should be there; changes with each making and unlinking */
};

/* An open file, and by which name. */
struct handle {
  int fd;
  char *map; /* then the descriptor may be closed already */
  size_t size;
  uint64_t before; /* of the operation */
  uint64_t opened;
  uint64_t ino;
  uint32_t generation;
  uint32_t name;
};

struct writer {
  struct shared *shared;
  FILE *log;
  unsigned number;
  uint64_t random;
  uint64_t next_id;
  struct handle held; /* open for a while, with the name unlocked */
  unsigned hold;      /* so many operations more */
};

static sigjmp_buf cut_off; /* where a write to a mapping goes on whose file was truncated */

static void on_bus(int number) {
  (void)number;
  siglongjmp(cut_off, 1);
}

/* ---------------------------------------------------------------- small things */

static uint64_t now(struct shared *shared) {
  return atomic_fetch_add(&shared->clock, 1);
}

static uint32_t chance(struct writer *w, uint32_t below) {
  w->random ^= w->random << 13;
  w->random ^= w->random >> 7;
  w->random ^= w->random << 17;
  return (uint32_t)((w->random >> 20) % below);
}

static void rest(struct writer *w, uint32_t most_us) {
  nanosleep(&(struct timespec){.tv_nsec = (long)chance(w, most_us) * 1000}, NULL);
}

static const char *path_of(uint32_t name, char path[static 32]) {
  snprintf(path, 32, "d%02u/f%04u", (unsigned)(name % DIRECTORIES), (unsigned)name);
  return path;
}

static void line_of(uint64_t id, char line[static LINE + 1]) {
  snprintf(line, LINE + 1, "%031" PRIx64 "\n", id);
}

/* Standard contents have different lengths, but for the last two: these differ in their last line. */
static uint32_t standard_of(uint64_t which, char content[static LARGEST]) {
  static const uint32_t lines[STANDARDS] = {1, 16, 128, 200, 40, 40};
  uint64_t first = which == STANDARDS - 1 ? which - 1 : which;
  for (uint32_t i = 0; i < lines[which]; i++) {
    char line[LINE + 1];
    line_of((i + 1 == lines[which] ? which : first) << 32 | i, line);
    memcpy(content + (size_t)i * LINE, line, LINE);
  }
  return lines[which] * LINE;
}

static void note(struct writer *w, enum kind kind, const struct handle *handle, struct entry entry) {
  entry.kind = kind;
  if (handle != NULL) {
    entry.opened = handle->opened;
    entry.ino = handle->ino;
    entry.generation = handle->generation;
    entry.name = handle->name;
  }
  if (entry.after == 0)
    entry.after = now(w->shared);
  if (fwrite(&entry, sizeof entry, 1, w->log) != 1)
    abort();
}

static void trouble(struct writer *w, uint32_t name, int error) {
  note(w, error == ENOENT ? ABSENT : TROUBLE, NULL,
       (struct entry){.before = now(w->shared), .name = name, .id = (uint64_t)error});
}

static bool identify(struct handle *handle) {
  struct stat st;
  int generation = 0;
  if (fstat(handle->fd, &st) != 0)
    return false;
  if (ioctl(handle->fd, FS_IOC_GETVERSION, &generation) != 0)
    generation = 0; /* a tmpfs has none, and uses no inode number twice */
  handle->ino = st.st_ino;
  handle->generation = (uint32_t)generation;
  handle->size = (size_t)st.st_size;
  return true;
}

/* ---------------------------------------------------------------- names */

/* Lock a name that should be there, or should not; some names are asked for more often. */
static uint32_t pick(struct writer *w, bool there) {
  for (int i = 0; i < 200; i++) {
    uint32_t name = chance(w, chance(w, 3) == 0 ? HOT : NAMES);
    if (atomic_exchange(&w->shared->locked[name], true))
      continue;
    if ((atomic_load(&w->shared->there[name]) & 1) == there)
      return name;
    atomic_store(&w->shared->locked[name], false);
  }
  return NO_NAME;
}

static void let_go(struct writer *w, uint32_t name) {
  if (name != NO_NAME)
    atomic_store(&w->shared->locked[name], false);
}

static bool open_name(struct writer *w, uint32_t name, int flags, struct handle *handle) {
  char path[32];
  *handle = (struct handle){.before = now(w->shared), .name = name};
  handle->fd = open(path_of(name, path), flags | O_CLOEXEC);
  if (handle->fd < 0) {
    trouble(w, name, errno);
    return false;
  }
  if (!identify(handle))
    abort();
  handle->opened = now(w->shared);
  note(w, SEE, handle, (struct entry){.before = handle->before, .after = handle->opened});
  return true;
}

/* ---------------------------------------------------------------- writing */

static void put_line(struct writer *w, struct handle *handle, bool append) {
  char line[LINE + 1];
  struct entry entry = {.before = now(w->shared), .id = w->next_id++, .length = LINE};
  line_of(entry.id, line);
  if (append) {
    if (lseek(handle->fd, 0, SEEK_END) < 0 || fcntl(handle->fd, F_SETFL, O_APPEND) != 0 ||
        write(handle->fd, line, LINE) != LINE)
      abort();
    entry.offset = (uint32_t)(lseek(handle->fd, 0, SEEK_CUR) - LINE);
  } else {
    entry.offset = handle->size < LINE ? 0 : chance(w, (uint32_t)(handle->size / LINE)) * LINE;
    if (handle->map == NULL && pwrite(handle->fd, line, LINE, entry.offset) != LINE)
      abort();
    if (handle->map != NULL) {
      entry.before = handle->before; /* what is cut off since the mapping was made takes the line with it */
      if (sigsetjmp(cut_off, 1) != 0)
        return; /* another one truncated it, and nothing was written */
      memcpy(handle->map + entry.offset, line, LINE);
    }
  }
  note(w, append ? APPEND : REWRITE, handle, entry);
}

static void put_standard(struct writer *w, struct handle *handle, bool cut) {
  char content[LARGEST];
  struct entry entry = {.before = now(w->shared), .id = chance(w, STANDARDS)};
  entry.length = standard_of(entry.id, content);
  if (cut && ftruncate(handle->fd, 0) != 0)
    abort();
  if (pwrite(handle->fd, content, entry.length, 0) != (ssize_t)entry.length)
    abort();
  note(w, RESET, handle, entry);
}

/* Map a file; the descriptor is closed, so that only the mapping is left. */
static bool map(struct handle *handle) {
  if (handle->size < LINE)
    return false;
  handle->map = mmap(NULL, handle->size, PROT_READ | PROT_WRITE, MAP_SHARED, handle->fd, 0);
  if (handle->map == MAP_FAILED)
    abort();
  close(handle->fd);
  handle->fd = -1;
  return true;
}

static void put_away(struct handle *handle) {
  if (handle->map != NULL)
    munmap(handle->map, handle->size);
  if (handle->fd >= 0)
    close(handle->fd);
  *handle = (struct handle){.fd = -1};
}

/* ---------------------------------------------------------------- operations; the name is locked and there */

static void do_append(struct writer *w, uint32_t name) {
  struct handle handle;
  if (!open_name(w, name, O_RDWR, &handle))
    return;
  if (chance(w, 8) == 0)
    rest(w, 1500); /* it thinks before it writes */
  if (handle.size >= LARGEST - LINE)
    put_standard(w, &handle, true);
  else
    put_line(w, &handle, true);
  put_away(&handle);
}

static void do_rewrite(struct writer *w, uint32_t name) {
  struct handle handle;
  if (!open_name(w, name, O_RDWR, &handle))
    return;
  if (chance(w, 8) == 0)
    rest(w, 1500);
  put_line(w, &handle, false);
  put_away(&handle);
}

static void do_reset(struct writer *w, uint32_t name) {
  struct handle handle;
  if (!open_name(w, name, O_WRONLY, &handle))
    return;
  put_standard(w, &handle, true);
  put_away(&handle);
}

static void do_cut(struct writer *w, uint32_t name) {
  struct handle handle;
  if (!open_name(w, name, O_WRONLY, &handle))
    return;
  if (handle.size > LINE) {
    struct entry entry = {.before = now(w->shared)};
    entry.offset = (1 + chance(w, (uint32_t)(handle.size / LINE - 1))) * LINE;
    if (ftruncate(handle.fd, entry.offset) != 0)
      abort();
    note(w, CUT, &handle, entry);
  }
  put_away(&handle);
}

static void do_map(struct writer *w, uint32_t name) {
  struct handle handle;
  if (!open_name(w, name, O_RDWR, &handle))
    return;
  if (map(&handle)) {
    for (uint32_t lines = 1 + chance(w, 3); lines > 0; lines--) {
      put_line(w, &handle, false);
      if (chance(w, 4) == 0)
        rest(w, 1000);
    }
  }
  put_away(&handle);
}

/* Open or map a file, to write to it after some other operations. */
static void do_hold(struct writer *w, uint32_t name) {
  if (w->hold > 0 || !open_name(w, name, O_RDWR, &w->held))
    return;
  if (chance(w, 2) == 0 && !map(&w->held)) {
    put_away(&w->held);
    return;
  }
  w->hold = 1 + chance(w, 40);
}

static void write_held(struct writer *w) {
  put_line(w, &w->held, w->held.map == NULL && chance(w, 2) == 0);
  put_away(&w->held);
}

/* As an editor saves: a new file beside it, renamed over it. */
static void do_replace(struct writer *w, uint32_t name) {
  char path[32];
  char new[64];
  struct handle handle = {.fd = -1, .name = NO_NAME};
  snprintf(new, sizeof new, "%s.new-%u", path_of(name, path), w->number);
  handle.fd = open(new, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (handle.fd < 0 || !identify(&handle)) {
    if (errno == EEXIST)
      note(w, RETURNED, NULL, (struct entry){.before = now(w->shared), .name = NO_NAME});
    else
      trouble(w, NO_NAME, errno);
    unlink(new);
    return;
  }
  put_standard(w, &handle, false);
  if (chance(w, 4) == 0)
    rest(w, 1500);
  if (chance(w, 3) == 0)
    put_line(w, &handle, true);
  close(handle.fd);
  handle.name = name;
  uint64_t before = now(w->shared);
  if (rename(new, path) != 0) {
    trouble(w, NO_NAME, errno);
    return;
  }
  note(w, MAKE, &handle, (struct entry){.before = before});
  unlink(new); /* two names of one file: then the renaming did nothing */
}

static void do_link(struct writer *w, uint32_t name) {
  char from[32];
  char to[32];
  uint32_t other = pick(w, false);
  struct handle handle;
  if (other == NO_NAME)
    return;
  if (open_name(w, name, O_RDONLY, &handle)) {
    uint64_t before = now(w->shared);
    if (link(path_of(name, from), path_of(other, to)) == 0) {
      note(w, LINK, &handle, (struct entry){.before = before, .other = other});
      atomic_fetch_add(&w->shared->there[other], 1);
    } else if (errno == EEXIST) {
      note(w, RETURNED, NULL, (struct entry){.before = before, .name = other});
      unlink(to);
    } else {
      trouble(w, name, errno);
    }
    put_away(&handle);
  }
  let_go(w, other);
}

static void do_unlink(struct writer *w, uint32_t name) {
  char path[32];
  uint64_t before = now(w->shared);
  atomic_fetch_add(&w->shared->there[name], 1); /* from here on nobody expects it */
  if (unlink(path_of(name, path)) != 0) {
    int error = errno;
    atomic_fetch_sub(&w->shared->there[name], 1);
    trouble(w, name, error);
    return;
  }
  note(w, UNLINK, NULL, (struct entry){.before = before, .name = name});
}

/* The name is not there. */
static void do_create(struct writer *w, uint32_t name) {
  char path[32];
  struct handle handle = {.before = now(w->shared), .name = name};
  handle.fd = open(path_of(name, path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (handle.fd < 0 || !identify(&handle)) {
    if (errno != EEXIST) {
      trouble(w, NO_NAME, errno);
      return;
    }
    note(w, RETURNED, NULL, (struct entry){.before = handle.before, .name = name});
    unlink(path);
    return;
  }
  handle.opened = now(w->shared);
  note(w, MAKE, &handle, (struct entry){.before = handle.before, .after = handle.opened});
  atomic_fetch_add(&w->shared->there[name], 1);
  put_standard(w, &handle, false);
  put_away(&handle);
}

static void operate(struct writer *w) {
  static const struct {
    void (*act)(struct writer *w, uint32_t name);
    uint32_t weight;
  } acts[] = {{do_append, 16}, {do_rewrite, 10}, {do_reset, 10}, {do_cut, 5},   {do_map, 10},
              {do_hold, 4},    {do_replace, 34}, {do_link, 5},   {do_unlink, 6}};
  uint32_t number = chance(w, 100 + 6);
  if (w->hold > 0 && --w->hold == 0)
    write_held(w);
  if (number >= 100) {
    uint32_t name = pick(w, false);
    if (name != NO_NAME)
      do_create(w, name);
    let_go(w, name);
    return;
  }
  uint32_t name = pick(w, true);
  if (name == NO_NAME)
    return;
  size_t i = 0;
  for (uint32_t left = number; left >= acts[i].weight; i++)
    left -= acts[i].weight;
  acts[i].act(w, name);
  let_go(w, name);
}

/* ---------------------------------------------------------------- processes */

static struct writer begin(struct shared *shared, const char *logs, unsigned number, uint64_t seed) {
  char path[4096];
  struct writer w = {.shared = shared, .number = number, .held = {.fd = -1}};
  w.random = (seed + 1) * 0x9e3779b97f4a7c15u ^ (number + 1) * 0xbf58476d1ce4e5b9u;
  w.next_id = (uint64_t)(number + 1) << 48;
  snprintf(path, sizeof path, "%s/%u.log", logs, number);
  w.log = fopen(path, "we");
  if (w.log == NULL) {
    perror(path);
    exit(1);
  }
  return w;
}

static int end(struct writer *w) {
  return fclose(w->log) == 0 ? 0 : 1;
}

static int write_all_the_time(struct writer *w) {
  unsigned done = 0;
  while (!atomic_load(&w->shared->end)) {
    operate(w);
    done++;
    rest(w, 2 * PACE_US);
  }
  if (w->hold > 0)
    write_held(w);
  printf("%u operations\n", done);
  fflush(stdout);
  return end(w);
}

/* Whether each name that should be there is there, again and again; one that is missing is counted once. */
static int watch(struct writer *w) {
  char path[32];
  struct stat st;
  while (!atomic_load(&w->shared->end)) {
    for (uint32_t i = 0; i < 64; i++) {
      uint32_t name = chance(w, NAMES);
      uint32_t there = atomic_load(&w->shared->there[name]);
      if ((there & 1) == 0 || lstat(path_of(name, path), &st) == 0 ||
          atomic_load(&w->shared->there[name]) != there)
        continue;
      trouble(w, name, errno);
      for (int tries = 0; tries < 1000 && lstat(path, &st) != 0 && !atomic_load(&w->shared->end); tries++)
        rest(w, 200);
    }
    rest(w, 300);
  }
  return end(w);
}

static int plant(struct shared *shared, const char *logs, uint64_t seed) {
  struct writer w = begin(shared, logs, WRITERS + 1, seed);
  for (uint32_t i = 0; i < DIRECTORIES; i++) {
    char path[32];
    snprintf(path, sizeof path, "d%02u", (unsigned)i);
    if (mkdir(path, 0755) != 0) {
      perror(path);
      return 1;
    }
  }
  for (uint32_t name = 0; name < NAMES; name++) {
    if (chance(&w, 10) != 0)
      do_create(&w, name);
  }
  return end(&w);
}

int main(int argc, char **argv) {
  if (argc != 5 || chdir(argv[1]) != 0) {
    fprintf(stderr, "usage: writers TREE LOGS SECONDS SEED\n");
    return 2;
  }
  uint64_t seed = strtoull(argv[4], NULL, 10);
  struct shared *shared =
      mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED || plant(shared, argv[2], seed) != 0)
    return 1;
  signal(SIGBUS, on_bus);
  printf("ready\n");
  fflush(stdout);
  for (unsigned number = 0; number <= WRITERS; number++) {
    pid_t child = fork();
    if (child < 0)
      return 1;
    if (child == 0) {
      struct writer w = begin(shared, argv[2], number, seed);
      _exit(number < WRITERS ? write_all_the_time(&w) : watch(&w));
    }
  }
  double seconds = strtod(argv[3], NULL);
  nanosleep(&(struct timespec){.tv_sec = (time_t)seconds,
                               .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)},
            NULL);
  atomic_store(&shared->end, true);
  int worst = 0;
  for (int status; wait(&status) > 0;)
    worst |= status;
  return worst == 0 ? 0 : 1;
}
