/*
 * backup.c - under which name the old file of a replaced name is kept
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/backup.h"

#include "base/error.h"
#include "os/os.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum nlink_status nl_backup_check(const char *function, struct nlink_backup *backup,
                                  struct nlink_error *error) {
  if (backup == NULL)
    return NLINK_OK;
  if (backup->size != sizeof *backup)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "%s: backup->size is %zu and must be %zu",
                   function, backup->size, sizeof *backup);
  int kind = (int)backup->kind;
  if (kind < NLINK_BACKUP_NONE || kind > NLINK_BACKUP_EXISTING)
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0, "%s: unknown kind of backup %d", function,
                   kind);
  if (backup->suffix != NULL && (backup->suffix[0] == '\0' || strchr(backup->suffix, '/') != NULL))
    return nl_fail(error, NLINK_INVALID, NLINK_STEP_ARGUMENTS, 0,
                   "%s: a backup's suffix must not be empty nor hold a slash", function);
  backup->name[0] = '\0';
  return NLINK_OK;
}

struct numbers {
  const char *base;
  size_t base_length;
  unsigned long highest; /* 0 = no numbered backup */
};

/* Is it BASE.~N~? */
static bool see_number(const char *name, void *ctx) {
  struct numbers *numbers = ctx;
  if (strncmp(name, numbers->base, numbers->base_length) != 0 ||
      strncmp(name + numbers->base_length, ".~", 2) != 0)
    return true;
  const char *digits = name + numbers->base_length + 2;
  char *end = NULL;
  if (*digits < '1' || *digits > '9')
    return true;
  unsigned long number = strtoul(digits, &end, 10);
  if (strcmp(end, "~") == 0 && number > numbers->highest && number < ULONG_MAX)
    numbers->highest = number;
  return true;
}

int nl_backup_choose(unsigned long *number, const struct nlink_backup *backup, const struct nl_place *place) {
  *number = 0;
  if (backup->kind == NLINK_BACKUP_SIMPLE)
    return 0;
  struct numbers numbers = {.base = place->name};
  nl_path_last(place->name, &numbers.base_length);
  int sys = nl_os_each_name(place->dir, ".", see_number, &numbers);
  if (sys == 0 && (backup->kind == NLINK_BACKUP_NUMBERED || numbers.highest > 0))
    *number = numbers.highest + 1;
  return sys;
}

int nl_backup_write(struct nlink_backup *backup, const struct nl_place *place, unsigned long number) {
  size_t length = 0;
  nl_path_last(place->name, &length);
  const char *suffix = backup->suffix != NULL ? backup->suffix : "~";
  int written =
      number == 0
          ? snprintf(backup->name, sizeof backup->name, "%.*s%s", (int)length, place->name, suffix)
          : snprintf(backup->name, sizeof backup->name, "%.*s.~%lu~", (int)length, place->name, number);
  return written >= 0 && (size_t)written < sizeof backup->name ? 0 : nl_os_number(NLINK_NAME_TOO_LONG);
}

int nl_backup_answer(struct nlink_backup *backup, const char *dst) {
  size_t length = 0;
  size_t parent = nl_path_last(dst, &length);
  size_t name = strlen(backup->name);
  if (name == 0)
    return 0;
  if (parent + name >= sizeof backup->name) /* a path that the system took is shorter; never happens */
    return nl_os_number(NLINK_NAME_TOO_LONG);
  memmove(backup->name + parent, backup->name, name + 1);
  memcpy(backup->name, dst, parent);
  return 0;
}
