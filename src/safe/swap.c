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

#include <string.h>

enum { TEMP_SIZE = 24, TRIES = 16 };

/* ".nlink-" and 80 random bits in letters that every file system keeps apart. */
static int temp_name(char *out) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  unsigned char bits[16];
  int sys = nl_os_random(bits, sizeof bits);
  if (sys != 0)
    return sys;
  memcpy(out, ".nlink-", 7);
  for (size_t i = 0; i < sizeof bits; i++)
    out[7 + i] = letters[bits[i] & 31u];
  out[TEMP_SIZE - 1] = '\0';
  return 0;
}

/* A temporary name must not be left because somebody interrupted its removal: it is tried again. */
static void remove_temp(const struct nl_place *place, const char *temp) {
  for (int i = 0; i < 3; i++) {
    int sys = nl_os_unlink(place->dir, temp);
    if (sys == 0 || nl_os_status(sys) == NLINK_NOT_FOUND)
      return;
  }
}

/*
 * Make the new thing under a fresh name. Over a network the answer can be lost or wrong, and the thing made all
 * the same: nobody else knows a name of 80 random bits, so whatever stands there after a failure is ours to remove.
 */
static int make_temp(enum nlink_step *step, char *temp, const struct nl_place *place, nl_make_function *make,
                     void *ctx) {
  int sys = 0;
  for (int i = 0; i < TRIES; i++) {
    *step = NLINK_STEP_RANDOM;
    sys = temp_name(temp);
    if (sys != 0)
      return sys;
    *step = NLINK_STEP_LINK;
    sys = make(place->dir, temp, ctx);
    if (sys != 0)
      remove_temp(place, temp);
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
  char temp[TEMP_SIZE];
  int sys = make_temp(step, temp, place, make, ctx);
  if (sys != 0)
    return sys;
  *step = NLINK_STEP_RENAME;
  sys = nl_os_rename(place->dir, temp, place->name);
  remove_temp(place, temp);
  /* Of a directory the system says many things: that it is busy ("."), or none ("d/"). */
  if (sys != 0 && nl_os_status(refuse_directory(place, place->name)) == NLINK_IS_DIRECTORY)
    sys = nl_os_number(NLINK_IS_DIRECTORY);
  return sys;
}

/* ---------------------------------------------------------------- backups */

/* A further name; made and denied, as over a network, is made. */
static int link_surely(const struct nl_place *place, const char *from, const char *to) {
  struct nlink_stat a;
  struct nlink_stat b;
  int sys = nl_os_link(place->dir, from, place->dir, to, false);
  bool stands = sys != 0 && nl_os_stat(&a, place->dir, from, false) == 0 &&
                nl_os_stat(&b, place->dir, to, false) == 0 && nl_os_is_same(&a, &b);
  return stands ? 0 : sys;
}

/* What file systems answer that cannot exchange names, nor rename to a new one only. */
static bool is_impossible(int sys) {
  enum nlink_status status = nl_os_status(sys);
  return status == NLINK_INVALID || status == NLINK_NOT_SUPPORTED;
}

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
    if (is_impossible(sys))
      sys = link_surely(place, temp, backup->name); /* the caller removes temp */
    if (nl_os_status(sys) != NLINK_EXISTS)
      break;
    sys = nl_backup_write(backup, place, ++number);
  }
  return sys;
}

/* The same as an exchange in two steps: the old file gets a further name, then the new one takes its place. */
static int exchange_by_link(const struct nl_place *place, char *temp) {
  char old[TEMP_SIZE];
  int sys = temp_name(old);
  if (sys == 0)
    sys = link_surely(place, place->name, old);
  if (sys != 0)
    return sys;
  sys = nl_os_rename(place->dir, temp, place->name);
  remove_temp(place, sys == 0 ? temp : old); /* two names of one file are both left by a rename */
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
    remove_temp(place, temp);
  return sys;
}

int nl_swap_keep(enum nlink_step *step, const struct nl_place *place, nl_make_function *make, void *ctx,
                 struct nlink_backup *backup) {
  char temp[TEMP_SIZE];
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
  if (sys == 0 || is_impossible(sys))
    *step = NLINK_STEP_BACKUP;
  if (is_impossible(sys)) {
    sys = exchange_by_link(place, temp);
    if (has_no_links(sys)) {
      sys = keep_by_moving(backup, place, temp, number);
      remove_temp(place, temp);
      return sys;
    }
  }
  if (sys == 0)
    return keep_what_came_out(backup, place, temp, number);
  remove_temp(place, temp);
  return sys;
}
