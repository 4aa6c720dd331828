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
      nl_os_unlink(place->dir, temp);
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
  nl_os_unlink(place->dir, temp);
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
                nl_os_stat(&b, place->dir, to, false) == 0 && a.dev == b.dev && a.ino == b.ino;
  return stands ? 0 : sys;
}

/* Move the old file from @p temp to its backup name: over an older simple backup, never a numbered one. */
static int move_to_backup(struct nlink_backup *backup, const struct nl_place *place, const char *temp,
                          unsigned long number) {
  int sys = nl_backup_write(backup, place, number);
  if (number == 0 && sys == 0)
    return nl_os_rename(place->dir, temp, backup->name);
  while (sys == 0) {
    sys = nl_os_rename_new(place->dir, temp, backup->name);
    if (nl_os_status(sys) == NLINK_INVALID || nl_os_status(sys) == NLINK_NOT_SUPPORTED)
      sys = link_surely(place, temp, backup->name); /* the caller removes temp */
    if (nl_os_status(sys) != NLINK_EXISTS)
      break;
    sys = nl_backup_write(backup, place, ++number);
  }
  return sys;
}

/*
 * Where two names cannot be exchanged: the old file gets its backup name first, as a further name where
 * that is possible, else by a rename that leaves the name missing for an instant.
 */
static int keep_without_exchange(struct nlink_backup *backup, const struct nl_place *place, const char *temp,
                                 unsigned long number) {
  char old[TEMP_SIZE];
  int sys = temp_name(old);
  if (sys != 0)
    return sys;
  bool linked = link_surely(place, place->name, old) == 0;
  sys = move_to_backup(backup, place, linked ? old : place->name, number);
  if (linked)
    nl_os_unlink(place->dir, old);
  if (sys != 0)
    return sys;
  sys = nl_os_rename(place->dir, temp, place->name);
  if (sys != 0 && !linked)
    nl_os_rename(place->dir, backup->name, place->name);
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
  if (nl_os_status(sys) == NLINK_INVALID || nl_os_status(sys) == NLINK_NOT_SUPPORTED) {
    *step = NLINK_STEP_BACKUP;
    sys = keep_without_exchange(backup, place, temp, number);
  } else if (sys == 0) {
    /* The name holds the new file, temp the old one. What came out may have changed since we looked. */
    *step = NLINK_STEP_BACKUP;
    sys = refuse_directory(place, temp);
    if (sys == 0)
      sys = move_to_backup(backup, place, temp, number);
    if (sys != 0 && nl_os_exchange(place->dir, temp, place->name) != 0)
      return sys; /* the old file is safe under temp, the only place left for it */
  }
  nl_os_unlink(place->dir, temp);
  return sys;
}
