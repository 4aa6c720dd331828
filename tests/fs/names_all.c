/*
 * names_all.c - print all names of files, as the library finds them
 *
 *   names_all [-1lsw] [-x RULE]... [-i ROOT]... FILE...
 *
 * -1: one thread; -l: soft links lead on; -s: soft links, too; -w: walk in any case. The answer is words, each ending in NUL: "event",
 * its status, path and text; "name", which file, 0 or 1 for a soft link, path; "file", path, link count, found, soft
 * ones found, 1 for told by the file system, the reason's word, the sentence; "read", how many directories were read;
 * "status", its name.
 *
 * With NAMES_ALL_FAULTS=1 in the environment, each system call that looks and each allocation is made to fail in turn, once
 * and from then on, and no answer may claim more than it has found: then the answer is "tries", their number.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "nlink.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void put(const char *text) {
  fputs(text, stdout);
  putchar('\0');
}

static void put_number(uint64_t number) {
  printf("%" PRIu64, number);
  putchar('\0');
}

static void tell(const char *path, const struct nlink_error *error, void *ctx) {
  (void)ctx;
  put("event");
  put(nlink_status_name(error->status));
  put(path);
  put(error->text);
}

static void tell_all(struct nlink_names *names) {
  const struct nlink_names_entry *entry;
  const struct nlink_names_file *file;
  while (nlink_names_next(names, &entry) == NLINK_OK) {
    put("name");
    put_number(entry->file);
    put_number(entry->soft);
    put(entry->path);
  }
  for (size_t i = 0; (file = nlink_names_file(names, i)) != NULL; i++) {
    put("file");
    put(file->path);
    put_number(file->stat.link_count);
    put_number(file->found);
    put_number(file->soft_found);
    put_number(file->told_by_system);
    put(nlink_absence_name(file->absence));
    put(file->text);
  }
}

static int open_files(void) {
  int count = 0;
  DIR *directory = opendir("/proc/self/fd");
  while (directory != NULL && readdir(directory) != NULL)
    count++;
  if (directory != NULL)
    closedir(directory);
  return count;
}

/** What is asked, again and again. */
struct question {
  const char *const *files;
  size_t count;
  const struct nlink_names_options *options;
  const struct nlink_scope *scope;
};

/* What is wrong with an answer; NULL = nothing. */
static const char *wrong_answer(const struct question *question, const struct nl_fault_plan *plan,
                                long *events) {
  struct nlink_names *names = NULL;
  struct nlink_error error = {0};
  nl_fault_begin(plan);
  enum nlink_status status = nlink_names_open(&names, NLINK_CWD, question->files, question->count,
                                              question->options, question->scope, &error);
  *events = nl_fault_count();
  nl_fault_begin(NULL);
  const char *wrong = NULL;
  bool broken = *events >= plan->k;
  if ((status < 0) != (names == NULL) || (status < 0 && error.status != status))
    wrong = "status and names do not fit";
  else if (status < 0 && (status != NLINK_NO_MEMORY || !broken))
    wrong = "another failure than a lack of memory";
  const struct nlink_names_file *file;
  for (size_t i = 0; names != NULL && (file = nlink_names_file(names, i)) != NULL; i++) {
    bool whole = file->stat.link_count > 0 && file->found >= file->stat.link_count;
    if (!whole && (status == NLINK_OK || !broken))
      wrong = "names are missing";
    bool reasoned = file->absence != NLINK_ABSENCE_NONE;
    if (file->stat.link_count > 0 && (reasoned ? status == NLINK_OK : !whole))
      wrong = "the reason does not fit";
  }
  nlink_names_close(names);
  return wrong;
}

static int break_each(const struct question *question) {
  uint64_t tries = 0;
  for (int kind = NL_FAULT_LOOK; kind <= NL_FAULT_ALLOC; kind++) {
    for (int how = 0; how < 4; how++) {
      struct nl_fault_plan plan = {
          .kinds = 1u << kind, .sys = how < 2 ? EIO : EACCES, .sticky = how % 2 == 1};
      bool broken = true;
      for (plan.k = 1; broken; plan.k++, tries++) {
        long events = 0;
        int files = open_files();
        const char *wrong = wrong_answer(question, &plan, &events);
        broken = events >= plan.k;
        if (wrong == NULL && open_files() != files)
          wrong = "a descriptor is left open";
        if (wrong == NULL)
          continue;
        fprintf(stderr, "kind %d, how %d, event %ld of %ld: %s\n", kind, how, plan.k, events, wrong);
        return 1;
      }
    }
  }
  put("tries");
  put_number(tries);
  return 0;
}

int main(int argc, char **argv) {
  const char *roots[64];
  const char *rules[64];
  struct nlink_names_options options = {.size = sizeof options, .roots = roots};
  struct nlink_scope scope = {.size = sizeof scope, .rules = rules, .on_event = tell};
  for (int option; (option = getopt(argc, argv, "1lswx:i:")) != -1;) {
    switch (option) {
    case '1':
      scope.threads = 1;
      break;
    case 'l':
      options.follow = true;
      break;
    case 's':
      options.soft = true;
      break;
    case 'w':
      options.walk = true;
      break;
    case 'x':
      rules[scope.rule_count++] = optarg;
      break;
    case 'i':
      roots[options.root_count++] = optarg;
      break;
    default:
      return 2;
    }
  }
  const char *const *files = (const char *const *)argv + optind;
  size_t file_count = (size_t)(argc - optind);
  if (getenv("NAMES_ALL_FAULTS") != NULL) {
    scope.on_event = NULL;
    return break_each(&(struct question){files, file_count, &options, &scope});
  }
  const struct nl_fault_plan count = {.kinds = 1u << NL_FAULT_LOOK, .only = "getdents"};
  struct nlink_names *names = NULL;
  struct nlink_error error;
  nl_fault_begin(&count);
  enum nlink_status status = nlink_names_open(&names, NLINK_CWD, files, file_count, &options, &scope, &error);
  long read = nl_fault_count();
  nl_fault_begin(NULL);
  if (names != NULL)
    tell_all(names);
  nlink_names_close(names);
  put("read");
  put_number((uint64_t)read);
  put("status");
  put(nlink_status_name(status));
  return 0;
}
