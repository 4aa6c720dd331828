/*
 * rules_say.c - say for paths whether rules take them in
 *
 *   rules_say RULE...
 *
 * Reads paths from the input, a line each, a directory's with a slash at its end; writes "+" or "-" for each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/rules.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  struct nl_rules *rules = NULL;
  if (nl_rules_open(&rules, (const char *const *)argv + 1, (size_t)argc - 1, NULL) != NLINK_OK)
    return 2;
  char path[4096];
  while (fgets(path, sizeof path, stdin) != NULL) {
    size_t length = strcspn(path, "\n");
    bool is_directory = length > 0 && path[length - 1] == '/';
    path[length - is_directory] = '\0';
    const char *slash = strrchr(path, '/');
    putchar(nl_rules_take(rules, slash != NULL ? slash + 1 : path, path, is_directory) ? '+' : '-');
  }
  nl_rules_close(rules);
  return 0;
}
