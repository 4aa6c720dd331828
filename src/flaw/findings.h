/*
 * findings.h - a list of findings, what can be done about them, and the memory that they are in
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_FINDINGS_H
#define NL_FINDINGS_H

#include "base/arena.h"
#include "base/memory.h"
#include "nlink.h"
#include "os/os.h"

/** A soft link that can be mended. */
struct nl_mendable {
  struct nl_os_look look; /* as it was when it was looked at */
  const char *home;       /* the absolute path of the directory that it is in */
  const char *base;       /* its name there */
  const char *aim;        /* what it is to hold; "" = it is to be removed */
};

/** A finding, as the caller gets it, and what can be done about it. */
struct nl_finding {
  struct nlink_finding told;          /* the first, so that the one leads to the other */
  const struct nl_mendable *mendable; /* NULL = nothing */
};

/** All zeros = empty. */
struct nl_findings {
  struct nl_arena arena; /* for what the findings point to */
  struct nl_finding *all;
  size_t count;
  size_t room;
};

/** What nlink_check_open() makes, and others step through and act upon. */
struct nlink_check {
  struct nl_findings findings;
  size_t next;
  bool is_fixed;            /* nlink_check_fix() was called */
  struct nl_string journal; /* the absolute path of what it wrote; empty = nothing */
};

/** Add a finding; all pointers are taken as they are. false = memory is exhausted. */
bool nl_findings_add(struct nl_findings *findings, const struct nlink_finding *finding,
                     const struct nl_mendable *mendable);

/** A string as a text in the findings' memory; NULL = memory is exhausted. */
const char *nl_findings_text(struct nl_findings *findings, const struct nl_string *text);

/** Put them in order: by kind, those of a kind by the bytes of the path. false = memory is exhausted. */
bool nl_findings_sort(struct nl_findings *findings);

void nl_findings_fini(struct nl_findings *findings);

#endif
