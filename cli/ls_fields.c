/*
 * ls_fields.c - the fields of a line: kind and mode, owners, sizes
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

unsigned ls_digits(uint64_t number) {
  unsigned digits = 1;
  for (; number >= 10; number /= 10)
    digits++;
  return digits;
}

/* Rounded up, so that a file never looks smaller than it is; one decimal below ten. */
size_t ls_human(char text[LS_HUMAN_SIZE], uint64_t size_bytes) {
  unsigned unit = 0;
  while (unit < 6 && size_bytes >> 10 * unit >= 1024)
    unit++;
  uint64_t one = UINT64_C(1) << 10 * unit;
  uint64_t whole = size_bytes / one;
  uint64_t rest = size_bytes % one;
  uint64_t tenths = unit > 0 ? (rest * 10 + one - 1) / one : 0; /* at most 10 exbibytes: it fits */
  if (whole >= 10 ? rest > 0 : tenths == 10) {
    whole++;
    tenths = 0;
  }
  if (whole == 1024 && unit < 6) {
    whole = 1;
    tenths = 0;
    unit++;
  }
  size_t length = ls_digits(whole);
  uint64_t left = whole;
  for (size_t i = length; i > 0; left /= 10)
    text[--i] = (char)('0' + left % 10);
  if (unit > 0 && whole < 10) {
    text[length++] = '.';
    text[length++] = (char)('0' + tenths);
  }
  if (unit > 0)
    text[length++] = " KMGTPE"[unit];
  return length;
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
