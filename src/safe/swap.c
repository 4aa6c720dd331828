/*
 * swap.c - the one place that replaces a name in a user's tree
 *
 * The new thing is made under a temporary name in the same directory and then takes the place of the old
 * name in one step, so the name is there at every instant. The temporary name is removed whatever happens:
 * also after a rename that succeeded, because renaming one name of a file onto another name of the same file
 * does nothing and leaves both.
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/swap.h"

#include "os/os.h"
#include "safe/backup.h"
#include "safe/temp.h"

#include <string.h>

enum { TRIES = 16 };

/*
 * Make the new thing under a fresh name. Over a network the answer can be lost or wrong, and the thing made all
 * the same: nobody else knows a name of 80 random bits, so whatever stands there after a failure is ours to remove.
 */
static int make_temp(enum nlink_step *step, char *temp, const struct nl_place *place, nl_make_function *make,
                     void *ctx) {
  int sys = 0;
  for (int i = 0; i < TRIES; i++) {
    *step = NLINK_STEP_RANDOM;
    sys = nl_temp_random(temp);
    if (sys != 0)
      return sys;
    *step = NLINK_STEP_LINK;
    sys = make(place->dir, temp, ctx);
    if (sys != 0)
      nl_temp_remove(place->dir, temp);
    if (nl_os_status(sys) != NLINK_EXISTS)
      break;
  }
  return sys;
}

/* A directory is never replaced, nor held by a backup. */
static int refuse_directory(const struct nl_place *place, const char *name) {
  struct nlink_stat stat;
  int sys = nl_os_stat(&stat, place->dir, name, false);
  return sys != 0 ? sys : stat.kind == NLINK_DIRECTORY ? nl_os_number(NLINK_IS_DIRECTORY) : 0;
}

int nl_swap_replace(enum nlink_step *step, const struct nl_place *place, nl_make_function *make, void *ctx) {
  char temp[NL_TEMP_SIZE];
  int sys = make_temp(step, temp, place, make, ctx);
  if (sys != 0)
    return sys;
  *step = NLINK_STEP_RENAME;
  sys = nl_os_rename(place->dir, temp, place->name);
  nl_temp_remove(place->dir, temp);
  /* Of a directory the system says many things: that it is busy ("."), or none ("d/"). */
  if (sys != 0 && nl_os_status(refuse_directory(place, place->name)) == NLINK_IS_DIRECTORY)
    sys = nl_os_number(NLINK_IS_DIRECTORY);
  return sys;
}

/* ---------------------------------------------------------------- backups */

/* What they answer where a file cannot get one more name. */
static bool has_no_links(int sys) {
  enum nlink_status status = nl_os_status(sys);
  return status == NLINK_NOT_PERMITTED || status == NLINK_NOT_SUPPORTED || status == NLINK_TOO_MANY_LINKS;
}

/* Move the old file from @p temp to its backup name: over an older simple backup, never a numbered one. */
static int move_to_backup(struct nlink_backup *backup, const struct nl_place *place, const char *temp,
                          unsigned long number) {
  int sys = nl_backup_write(backup, place, number);
  if (number == 0 && sys == 0)
    return nl_os_rename(place->dir, temp, backup->name);
  while (sys == 0) {
    sys = nl_os_rename_new(place->dir, temp, backup->name);
    if (nl_temp_is_impossible(sys))
      sys = nl_temp_link_surely(place->dir, temp, backup->name); /* the caller removes temp */
    if (nl_os_status(sys) != NLINK_EXISTS)
      break;
    sys = nl_backup_write(backup, place, ++number);
  }
  return sys;
}

/* Where two names cannot change places in one step; temp is the old file's name afterwards. */
static int exchange_by_link(const struct nl_place *place, char *temp) {
  char old[NL_TEMP_SIZE];
  int sys = nl_temp_random(old);
  if (sys == 0)
    sys = nl_temp_exchange_by_link(place->dir, temp, place->name, old);
  if (sys == 0)
    memcpy(temp, old, sizeof old);
  return sys;
}

/* Where the old file can get no further name either, it is moved away, and the name is missing for an instant. */
static int keep_by_moving(struct nlink_backup *backup, const struct nl_place *place, const char *temp,
                          unsigned long number) {
  int sys = move_to_backup(backup, place, place->name, number);
  if (sys != 0)
    return sys;
  sys = nl_os_rename(place->dir, temp, place->name);
  if (sys != 0)
    nl_os_rename(place->dir, backup->name, place->name);
  return sys;
}

/* The name holds the new file, temp the old one, which may have changed since we looked. */
static int keep_what_came_out(struct nlink_backup *backup, const struct nl_place *place, const char *temp,
                              unsigned long number) {
  int sys = refuse_directory(place, temp);
  if (sys == 0)
    sys = move_to_backup(backup, place, temp, number);
  bool is_back = sys == 0 || nl_os_exchange(place->dir, temp, place->name) == 0 ||
                 nl_os_rename(place->dir, temp, place->name) == 0;
  if (is_back) /* else temp is the only place left for the old file */
    nl_temp_remove(place->dir, temp);
  return sys;
}

int nl_swap_keep(enum nlink_step *step, const struct nl_place *place, nl_make_function *make, void *ctx,
                 struct nlink_backup *backup) {
  char temp[NL_TEMP_SIZE];
  unsigned long number = 0;
  *step = NLINK_STEP_BACKUP;
  int sys = refuse_directory(place, place->name);
  if (sys == 0)
    sys = nl_backup_choose(&number, backup, place);
  if (sys == 0)
    sys = make_temp(step, temp, place, make, ctx);
  if (sys != 0)
    return sys;
  *step = NLINK_STEP_EXCHANGE;
  sys = nl_os_exchange(place->dir, temp, place->name);
  if (sys == 0 || nl_temp_is_impossible(sys))
    *step = NLINK_STEP_BACKUP;
  if (nl_temp_is_impossible(sys)) {
    sys = exchange_by_link(place, temp);
    if (has_no_links(sys)) {
      sys = keep_by_moving(backup, place, temp, number);
      nl_temp_remove(place->dir, temp);
      return sys;
    }
  }
  if (sys == 0)
    return keep_what_came_out(backup, place, temp, number);
  nl_temp_remove(place->dir, temp);
  return sys;
}
