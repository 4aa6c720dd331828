/*
 * backup.h - under which name the old file of a replaced name is kept
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_BACKUP_H
#define NL_BACKUP_H

#include "nlink.h"
#include "path/place.h"

/** Refuse options that are not valid, in the name of @p function; else make backup->name empty. NULL is valid. */
enum nlink_status nl_backup_check(const char *function, struct nlink_backup *backup,
                                  struct nlink_error *error);

/** The first number to try: 0 = a simple backup. 0, or the system's error number. */
int nl_backup_choose(unsigned long *number, const struct nlink_backup *backup, const struct nl_place *place);

/** Write the last component of the backup's name, of this number, to backup->name. */
int nl_backup_write(struct nlink_backup *backup, const struct nl_place *place, unsigned long number);

/** Turn backup->name, a last component, into a path in the way that @p dst was given. */
int nl_backup_answer(struct nlink_backup *backup, const char *dst);

#endif
