/*
 * findings.h - a list of findings, and the memory that they are in
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_FINDINGS_H
#define NL_FINDINGS_H

#include "base/arena.h"
#include "base/memory.h"
#include "nlink.h"

/** All zeros = empty. */
struct nl_findings {
  struct nl_arena arena; /* for what the findings point to */
  struct nlink_finding *all;
  size_t count;
  size_t room;
};

/** Add a finding; its pointers are taken as they are. false = memory is exhausted. */
bool nl_findings_add(struct nl_findings *findings, const struct nlink_finding *finding);

/** A string as a text in the findings' memory; NULL = memory is exhausted. */
const char *nl_findings_text(struct nl_findings *findings, const struct nl_string *text);

/** Put them in order: by kind, those of a kind by the bytes of the path. false = memory is exhausted. */
bool nl_findings_sort(struct nl_findings *findings);

void nl_findings_fini(struct nl_findings *findings);

#endif
