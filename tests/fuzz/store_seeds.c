/*
 * store_seeds.c - good plans or journals, for a fuzzer to begin with
 *
 *   store-seeds plan|journal DIRECTORY
 *
 * Each file begins with the byte that all fuzz targets are given in front.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/made.h"

int main(int argc, char **argv) {
  if (argc != 3 || chdir(argv[2]) != 0)
    return 2;
  bool is_journal = strcmp(argv[1], "journal") == 0;
  struct ground_chance chance = {23};
  for (uint32_t i = 0; i < 12; i++) {
    struct nl_task task;
    char name[16];
    size_t size;
    made_task(&task, &chance, i / 3);
    if (is_journal)
      made_fare(&task, &chance);
    snprintf(name, sizeof name, "seed-%u", i);
    made_store(name, &task, is_journal, is_journal, is_journal && i % 2 == 0);
    unsigned char *bytes = made_read(name, &size);
    memmove(bytes + 1, bytes, size); /* there is room for one more */
    bytes[0] = i % 4 == 3;           /* as it is, or with its sums put right */
    made_write(name, bytes, size + 1);
    free(bytes);
    nl_task_fini(&task);
  }
  return 0;
}
