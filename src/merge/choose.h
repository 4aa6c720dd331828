/*
 * choose.h - which of equal files is kept, which become names of it, and which are left alone
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_CHOOSE_H
#define NL_CHOOSE_H

#include "merge/candidate.h"

/** By what is chosen; the options are checked. */
struct nl_choice {
  const struct nl_candidates *candidates;
  const struct nlink_dedupe_options *options;
  struct nl_rules **keep_rules; /* one pattern each, options->keep_rule_count of them */
  unsigned gate;                /* a set of 1u << enum nlink_aspect that must be equal */
  int64_t now_ns;
  int64_t min_age_ns;
  uint64_t (*limit)(
      void *ctx, const struct nl_candidate *file); /* how many names the file can have; 0 = no end is known */
  bool (*can_share)(void *ctx,
                    const struct nl_candidate *file); /* whether files may share blocks where it is */
  void *ctx;
};

/** What came of a class of equal files. */
struct nl_chosen {
  uint64_t gain_bytes;
  uint32_t planned_files;
  uint32_t planned_names;
  uint32_t left_files;
};

/**
 * Choose: act, left, differs and keep of each are set, and the files put in the order of struct nlink_dedupe_group. keep is an index
 * among them.
 *
 * @param spare  Room for as many.
 * @returns      false = memory is exhausted.
 */
bool nl_choose(struct nl_chosen *out, const struct nl_choice *choice, struct nl_candidate **files,
               struct nl_candidate **spare, uint32_t count);

#endif
