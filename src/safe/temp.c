/*
 * temp.c - names that nobody else knows
 *
 * SPDX-License-Identifier: MIT
 */
#include "safe/temp.h"

#include "os/os.h"

#include <string.h>

int nl_temp_random(char out[NL_TEMP_SIZE]) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  unsigned char bits[16];
  int sys = nl_os_random(bits, sizeof bits);
  if (sys != 0)
    return sys;
  memcpy(out, ".nlink-", 7);
  for (size_t i = 0; i < sizeof bits; i++)
    out[7 + i] = letters[bits[i] & 31u];
  out[NL_TEMP_SIZE - 1] = '\0';
  return 0;
}

int nl_temp_remove(int dir, const char *temp) {
  int sys = 0;
  for (int i = 0; i < 3; i++) {
    sys = nl_os_unlink(dir, temp);
    if (sys == 0 || nl_os_status(sys) == NLINK_NOT_FOUND)
      return 0;
  }
  return sys;
}

int nl_temp_link_surely(int dir, const char *from, const char *to) {
  struct nlink_stat a;
  struct nlink_stat b;
  int sys = nl_os_link(dir, from, dir, to, false);
  bool stands = sys != 0 && nl_os_stat(&a, dir, from, false) == 0 && nl_os_stat(&b, dir, to, false) == 0 &&
                nl_os_is_same(&a, &b);
  return stands ? 0 : sys;
}

bool nl_temp_is_impossible(int sys) {
  enum nlink_status status = nl_os_status(sys);
  return status == NLINK_INVALID || status == NLINK_NOT_SUPPORTED;
}

int nl_temp_exchange_by_link(int dir, const char *temp, const char *name, const char *old) {
  int sys = nl_temp_link_surely(dir, name, old);
  if (sys != 0)
    return sys;
  sys = nl_os_rename(dir, temp, name);
  nl_temp_remove(dir, sys == 0 ? temp : old); /* two names of one file are both left by a rename */
  return sys;
}
