/*
 * ls_fields.c - the fields of a line: kind and mode, owners
 *
 * SPDX-License-Identifier: MIT
 */
#include "ls.h"

#include <string.h>

char ls_kind(enum nlink_kind kind) {
  static const char letters[] = {
      [NLINK_KIND_UNKNOWN] = '?',     [NLINK_REGULAR] = '-',      [NLINK_DIRECTORY] = 'd',
      [NLINK_SYMLINK] = 'l',          [NLINK_FIFO] = 'p',         [NLINK_SOCKET] = 's',
      [NLINK_CHARACTER_DEVICE] = 'c', [NLINK_BLOCK_DEVICE] = 'b',
  };
  return letters[kind];
}

/* Set-id and sticky bits share the place of the right to execute: small where both are set. */
static char execute(bool may, bool special, char letter) {
  if (!special)
    return may ? 'x' : '-';
  return may ? letter : (char)(letter - 'a' + 'A');
}

void ls_mode(char text[LS_MODE_LENGTH], const struct nlink_stat *stat) {
  static const char rights[] = "rwxrwxrwx";
  text[0] = ls_kind(stat->kind);
  for (unsigned i = 0; i < 9; i++)
    text[1 + i] = '-';
  for (unsigned i = 0; i < 9; i++)
    if ((stat->mode & 0400u >> i) != 0)
      text[1 + i] = rights[i];
  if ((stat->mode & 07000u) == 0)
    return;
  text[3] = execute((stat->mode & 0100u) != 0, (stat->mode & 04000u) != 0, 's');
  text[6] = execute((stat->mode & 0010u) != 0, (stat->mode & 02000u) != 0, 's');
  text[9] = execute((stat->mode & 0001u) != 0, (stat->mode & 01000u) != 0, 't');
}

/* ------------------------------------------------------------------ owners */

static const struct ls_id *remember(struct ls_id *slot, uint32_t id, const char *text) {
  slot->id = id;
  slot->text = text;
  size_t length = strlen(text);
  slot->length = length < LS_ID_MAX ? length : LS_ID_MAX;
  return slot;
}

const struct ls_id *ls_user(struct ls *ls, uint32_t uid) {
  struct ls_id *slot = &ls->users[uid % LS_ID_SLOTS];
  return slot->text != NULL && slot->id == uid
             ? slot
             : remember(slot, uid, ls->numeric ? "" : sys_user(&ls->names, uid));
}

const struct ls_id *ls_group(struct ls *ls, uint32_t gid) {
  struct ls_id *slot = &ls->groups[gid % LS_ID_SLOTS];
  return slot->text != NULL && slot->id == gid
             ? slot
             : remember(slot, gid, ls->numeric ? "" : sys_group(&ls->names, gid));
}
