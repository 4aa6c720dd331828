/*
 * names_all.c - print all names of files, as the library finds them
 *
 *   names_all [-lsw] [-x RULE]... [-i ROOT]... FILE...
 *
 * -l: soft links lead on; -s: soft links, too; -w: walk in any case. The answer is words, each ending in NUL: "event",
 * its status, path and text; "name", which file, 0 or 1 for a soft link, path; "file", path, link count, found, soft
 * ones found, 1 for told by the file system, the reason's word, the sentence; "read", how many directories were read;
 * "status", its name.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "nlink.h"

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

int main(int argc, char **argv) {
  const char *roots[64];
  const char *rules[64];
  struct nlink_names_options options = {.size = sizeof options, .roots = roots};
  struct nlink_scope scope = {.size = sizeof scope, .rules = rules, .on_event = tell};
  for (int option; (option = getopt(argc, argv, "lswx:i:")) != -1;) {
    switch (option) {
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
  const struct nl_fault_plan count = {.kinds = 1u << NL_FAULT_LOOK, .only = "getdents"};
  struct nlink_names *names = NULL;
  struct nlink_error error;
  nl_fault_begin(&count);
  enum nlink_status status = nlink_names_open(&names, NLINK_CWD, (const char *const *)argv + optind,
                                              (size_t)(argc - optind), &options, &scope, &error);
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
