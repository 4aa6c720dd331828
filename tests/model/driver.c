/*
 * driver.c - answer requests about trees through nlink.h, one a line, so that one process serves thousands
 *
 *   ACT KEY=VALUE KEY=VALUE ...
 *
 * Acts: each, walk, names, space, check. Keys: base (the directory that paths are relative to), root (a path; any
 * number); the scope's: rule, min, max, depth, threads, xdev, listed, stop (a progress function that says stop);
 * walk: stat, skip (each directory of that name is skipped); names: in, soft, follow, walk; space: order, levels,
 * groups, holders, around; check: off; and quiet, where nothing is told name by name.
 *
 * In values, and in the answer's texts, any byte but letters, digits and "._/-" is %XX. The answer is some lines,
 * fields separated by one space, a NULL told as "!"; the last line is "done STATUS".
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct list {
  const char **texts;
  size_t count;
  size_t room;
};

struct request {
  const char *act;
  int base;
  struct list roots;
  struct list rules;
  struct list in;
  struct list around;
  const char *skip;
  bool stat;
  bool stop;
  bool quiet;
  struct nlink_scope scope;
  struct nlink_names_options names;
  struct nlink_space_options space;
  struct nlink_check_options check;
};

/* Lines come from several threads. */
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

/* ---------------------------------------------------------------- texts */

static void put(const char *text) {
  if (text == NULL) {
    fputs(" !", stdout);
    return;
  }
  putchar_unlocked(' ');
  for (; *text != '\0'; text++) {
    unsigned char byte = (unsigned char)*text;
    if (isalnum(byte) || strchr("._/-", byte) != NULL) {
      putchar_unlocked(byte);
    } else {
      putchar_unlocked('%');
      putchar_unlocked("0123456789ABCDEF"[byte >> 4]);
      putchar_unlocked("0123456789ABCDEF"[byte & 15]);
    }
  }
}

static void put_number(uint64_t number) {
  printf(" %" PRIu64, number);
}

static void decode(char *text) {
  char *out = text;
  while (*text != '\0') {
    char digits[3] = "";
    if (*text == '%' && text[1] != '\0' && text[2] != '\0') {
      memcpy(digits, text + 1, 2);
      *out++ = (char)strtoul(digits, NULL, 16);
      text += 3;
    } else {
      *out++ = *text++;
    }
  }
  *out = '\0';
}

static void add(struct list *list, const char *text) {
  if (list->count == list->room) {
    list->room = list->room > 0 ? 2 * list->room : 16;
    list->texts = realloc(list->texts, list->room * sizeof *list->texts);
    if (list->texts == NULL)
      abort();
  }
  list->texts[list->count++] = text;
}

/* ---------------------------------------------------------------- a request */

static void read_switch(struct request *request, const char *key, const char *value) {
  uint64_t number = strtoull(value, NULL, 10);
  struct {
    const char *key;
    bool *flag;
  } flags[] = {
      {"xdev", &request->scope.one_file_system},
      {"listed", &request->scope.listed},
      {"stop", &request->stop},
      {"stat", &request->stat},
      {"quiet", &request->quiet},
      {"soft", &request->names.soft},
      {"follow", &request->names.follow},
      {"walk", &request->names.walk},
      {"holders", &request->space.holders},
  };
  struct {
    const char *key;
    uint32_t *number;
  } numbers[] = {
      {"depth", &request->scope.max_depth},
      {"threads", &request->scope.threads},
      {"levels", &request->space.depth},
      {"groups", &request->space.groups},
  };
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    if (strcmp(key, flags[i].key) == 0) {
      *flags[i].flag = number != 0;
      return;
    }
  }
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    if (strcmp(key, numbers[i].key) == 0) {
      *numbers[i].number = (uint32_t)number;
      return;
    }
  }
  if (strcmp(key, "min") == 0) {
    request->scope.min_bytes = number;
  } else if (strcmp(key, "max") == 0) {
    request->scope.max_bytes = number;
  } else if (strcmp(key, "order") == 0) {
    request->space.order = (enum nlink_space_order)number;
  } else if (strcmp(key, "off") == 0) {
    request->check.off = (unsigned)number;
  } else {
    fprintf(stderr, "driver: no such key: %s\n", key);
    exit(2);
  }
}

static void read_word(struct request *request, char *word) {
  char *value = strchr(word, '=');
  if (value == NULL) {
    fprintf(stderr, "driver: not KEY=VALUE: %s\n", word);
    exit(2);
  }
  *value++ = '\0';
  decode(value);
  if (strcmp(word, "base") == 0) {
    request->base = open(value, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (request->base < 0) {
      perror(value);
      exit(2);
    }
  } else if (strcmp(word, "root") == 0) {
    add(&request->roots, value);
  } else if (strcmp(word, "rule") == 0) {
    add(&request->rules, value);
  } else if (strcmp(word, "in") == 0) {
    add(&request->in, value);
  } else if (strcmp(word, "around") == 0) {
    add(&request->around, value);
  } else if (strcmp(word, "skip") == 0) {
    request->skip = value;
  } else {
    read_switch(request, word, value);
  }
}

static void tell_event(const char *path, const struct nlink_error *error, void *ctx) {
  (void)ctx;
  pthread_mutex_lock(&output);
  printf("event %s", nlink_status_name(error->status) + strlen("NLINK_"));
  put(path);
  put(error->text);
  putchar('\n');
  pthread_mutex_unlock(&output);
}

static bool tell_progress(const struct nlink_progress *progress, void *ctx) {
  (void)progress;
  const struct request *request = ctx;
  return !request->stop;
}

static void read_request(struct request *request, char *line) {
  char *rest = NULL;
  *request = (struct request){
      .base = NLINK_CWD,
      .scope = {.size = sizeof request->scope, .on_event = tell_event, .on_progress = tell_progress},
      .names = {.size = sizeof request->names},
      .space = {.size = sizeof request->space},
      .check = {.size = sizeof request->check},
  };
  line[strcspn(line, "\n")] = '\0';
  request->act = strtok_r(line, " ", &rest);
  for (char *word; (word = strtok_r(NULL, " ", &rest)) != NULL;)
    read_word(request, word);
  request->scope.ctx = request;
  request->scope.rules = request->rules.texts;
  request->scope.rule_count = request->rules.count;
  request->names.roots = request->in.texts;
  request->names.root_count = request->in.count;
  request->space.around = request->around.texts;
  request->space.around_count = request->around.count;
}

static void end_request(struct request *request) {
  if (request->base >= 0)
    close(request->base);
  free(request->roots.texts);
  free(request->rules.texts);
  free(request->in.texts);
  free(request->around.texts);
}

/* ---------------------------------------------------------------- walks */

static void put_name(const struct nlink_walk_entry *entry) {
  size_t size = nlink_walk_path(NULL, 0, entry) + 1;
  char *path = malloc(size);
  if (path == NULL)
    abort();
  nlink_walk_path(path, size, entry);
  pthread_mutex_lock(&output);
  fputs("name", stdout);
  put(path);
  printf(" %d %" PRIu32, (int)entry->kind, entry->depth);
  if (entry->stat != NULL) {
    put_number(entry->stat->dev);
    put_number(entry->stat->ino);
    put_number(entry->stat->link_count);
    put_number(entry->stat->size_bytes);
    put_number(entry->stat->allocated_bytes);
  }
  putchar('\n');
  pthread_mutex_unlock(&output);
  free(path);
}

struct tally {
  const struct request *request;
  pthread_mutex_t lock;
  uint64_t names;
  uint64_t directories;
  uint64_t deepest;
  uint64_t bytes; /* of all the names */
};

static bool see(const struct nlink_walk_entry *entry, void *ctx) {
  struct tally *tally = ctx;
  if (!tally->request->quiet)
    put_name(entry);
  pthread_mutex_lock(&tally->lock);
  tally->names++;
  tally->bytes += entry->name_length;
  tally->directories += entry->kind == NLINK_DIRECTORY;
  if (entry->depth > tally->deepest)
    tally->deepest = entry->depth;
  pthread_mutex_unlock(&tally->lock);
  return true;
}

static enum nlink_status walk_in_order(const struct request *request, struct tally *tally,
                                       struct nlink_error *error) {
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry;
  enum nlink_status status = nlink_walk_open(&walk, request->base, request->roots.texts, request->roots.count,
                                             &request->scope, request->stat ? NLINK_STAT : 0, error);
  if (status != NLINK_OK)
    return status;
  while ((status = nlink_walk_next(walk, &entry, error)) == NLINK_OK) {
    see(entry, tally);
    if (request->skip != NULL && entry->kind == NLINK_DIRECTORY && strcmp(entry->name, request->skip) == 0)
      nlink_walk_skip(walk);
  }
  nlink_walk_close(walk);
  return status == NLINK_END ? NLINK_OK : status;
}

static enum nlink_status walk(const struct request *request, struct nlink_error *error) {
  struct tally tally = {.request = request, .lock = PTHREAD_MUTEX_INITIALIZER};
  enum nlink_status status;
  if (strcmp(request->act, "walk") == 0)
    status = walk_in_order(request, &tally, error);
  else
    status = nlink_walk_each(request->base, request->roots.texts, request->roots.count, &request->scope,
                             request->stat ? NLINK_STAT : 0, see, &tally, error);
  printf("tally %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", tally.names, tally.directories,
         tally.deepest, tally.bytes);
  return status;
}

/* ---------------------------------------------------------------- names */

static enum nlink_status names(const struct request *request, struct nlink_error *error) {
  struct nlink_names *found = NULL;
  const struct nlink_names_entry *entry;
  enum nlink_status status = nlink_names_open(&found, request->base, request->roots.texts,
                                              request->roots.count, &request->names, &request->scope, error);
  if (status < 0)
    return status;
  const struct nlink_names_file *file;
  for (size_t i = 0; (file = nlink_names_file(found, i)) != NULL; i++) {
    printf("file %zu", i);
    put(file->path);
    put_number(file->stat.dev);
    put_number(file->stat.ino);
    put_number(file->stat.link_count);
    put_number(file->found);
    put_number(file->soft_found);
    put_number(file->told_by_system);
    put(nlink_absence_name(file->absence));
    put(file->text);
    putchar('\n');
  }
  while (nlink_names_next(found, &entry) == NLINK_OK) {
    if (request->quiet)
      continue;
    printf("found %zu %d", entry->file, entry->soft);
    put(entry->path);
    putchar('\n');
  }
  nlink_names_close(found);
  return status;
}

/* ---------------------------------------------------------------- space */

static void put_row(const struct nlink_space_row *row) {
  if (row == NULL) {
    fputs(" !\n", stdout);
    return;
  }
  put(row->path);
  printf(" %" PRIu32 " %d", row->depth, (int)row->kind);
  const uint64_t figures[] = {
      row->apparent_bytes, row->once_bytes, row->freed_bytes, row->held_bytes,  row->held_files,
      row->outside_names,  row->names,      row->files,       row->directories,
  };
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
    put_number(figures[i]);
  putchar('\n');
}

static void put_group(const struct nlink_space_group *group) {
  fputs("group", stdout);
  put_number(group->dev);
  put_number(group->ino);
  put_number(group->link_count);
  put_number((uint64_t)group->kind);
  put_number(group->size_bytes);
  put_number(group->allocated_bytes);
  put_number(group->outside_names);
  put_number(group->name_count);
  for (uint64_t i = 0; i < group->name_count; i++)
    put(group->names[i]);
  putchar('\n');
}

static void put_holder(const struct nlink_space_holder *holder) {
  fputs("holder", stdout);
  put(holder->path);
  put(holder->inside);
  put_number(holder->dev);
  put_number(holder->ino);
  put_number(holder->allocated_bytes);
  put_number(holder->missing);
  putchar('\n');
}

static enum nlink_status space(const struct request *request, struct nlink_error *error) {
  struct nlink_space *found = NULL;
  enum nlink_status status = nlink_space_open(&found, request->base, request->roots.texts,
                                              request->roots.count, &request->space, &request->scope, error);
  if (status < 0)
    return status;
  const struct nlink_space_row *row;
  const struct nlink_space_group *group;
  const struct nlink_space_holder *holder;
  for (size_t i = 0; i < request->roots.count; i++) {
    printf("root");
    put_row(nlink_space_root(found, i));
    printf("oldest %" PRIu64 "\n", nlink_space_oldest(found, i));
  }
  if (nlink_space_root(found, request->roots.count) != NULL ||
      nlink_space_oldest(found, request->roots.count) != UINT64_MAX)
    printf("wrong: there is one root more\n");
  printf("set");
  put_row(nlink_space_set(found));
  while (!request->quiet && nlink_space_next(found, &row) == NLINK_OK) {
    printf("row");
    put_row(row);
  }
  while (!request->quiet && nlink_space_next_group(found, &group) == NLINK_OK)
    put_group(group);
  while (!request->quiet && nlink_space_next_holder(found, &holder) == NLINK_OK)
    put_holder(holder);
  const struct nlink_space_doubts *doubts = nlink_space_doubts(found);
  printf("doubts %" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n", doubts->changed_files, doubts->wrong_counts,
         doubts->unread, doubts->may_share_extents);
  nlink_space_close(found);
  return status;
}

/* ---------------------------------------------------------------- check */

static enum nlink_status check(const struct request *request, struct nlink_error *error) {
  struct nlink_check *found = NULL;
  const struct nlink_finding *finding;
  enum nlink_status status = nlink_check_open(&found, request->base, request->roots.texts,
                                              request->roots.count, &request->check, &request->scope, error);
  if (status < 0)
    return status;
  uint64_t counts[NLINK_FINDING_KINDS] = {0};
  while (nlink_check_next(found, &finding) == NLINK_OK) {
    counts[finding->kind]++;
    if (request->quiet)
      continue;
    printf("finding %s", nlink_finding_name(finding->kind));
    put(finding->path);
    put(finding->target);
    put(finding->candidate);
    put(finding->text);
    put(finding->mend);
    put_number(finding->link_count);
    put_number(finding->name_count);
    for (size_t i = 0; finding->names != NULL && i < finding->name_count; i++)
      put(finding->names[i]);
    putchar('\n');
  }
  for (int kind = 0; kind < NLINK_FINDING_KINDS; kind++)
    printf("count %s %" PRIu64 "\n", nlink_finding_name((enum nlink_finding_kind)kind), counts[kind]);
  nlink_check_close(found);
  return status;
}

int main(void) {
  static const struct {
    const char *name;
    enum nlink_status (*act)(const struct request *request, struct nlink_error *error);
  } acts[] = {{"each", walk}, {"walk", walk}, {"names", names}, {"space", space}, {"check", check}};
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    struct request request;
    struct nlink_error error = {.status = NLINK_OK};
    enum nlink_status status = NLINK_INVALID;
    read_request(&request, line);
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
      if (strcmp(request.act, acts[i].name) == 0)
        status = acts[i].act(&request, &error);
    }
    if (status < 0) {
      printf("error");
      put(error.text);
      putchar('\n');
    }
    end_request(&request); /* before the answer: nothing is open when it is read */
    printf("done %s\n", nlink_status_name(status) + strlen("NLINK_"));
    fflush(stdout);
  }
  free(line);
  return 0;
}
