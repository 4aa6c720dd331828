/*
 * fix.c - mend soft links
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/repair.h"

const char *nlink_check_mended(const struct nlink_check *check, const struct nlink_finding *finding) {
  (void)check;
  const struct nl_finding *whole = (const struct nl_finding *)(const void *)finding;
  return whole->mendable != NULL ? whole->mendable->aim : NULL;
}

const char *nlink_check_journal(const struct nlink_check *check) {
  return check->journal;
}
