/*
 * checks.h - the single reasons why a call is refused
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_CHECKS_H
#define NL_CHECKS_H

#include "look/scene.h"

/**
 * Look whether one reason holds. If it does, blame it in @p error and answer true.
 *
 * @param happened  The call did fail with the row's status: then what the status itself proves is known too.
 *                  false = only foresee: answer true only for what is sure to make the call fail.
 */
typedef bool nl_check_function(const struct nl_facts *facts, bool happened, struct nlink_error *error);

enum {
  NL_FOR_LINK = 1u << NL_ACT_LINK,
  NL_FOR_SYMLINK = 1u << NL_ACT_SYMLINK,
  NL_FOR_UNLINK = 1u << NL_ACT_UNLINK,
  NL_FOR_LOOK = 1u << NL_ACT_LOOK,
  NL_FOR_NEW = NL_FOR_LINK | NL_FOR_SYMLINK,
  NL_FOR_DST = NL_FOR_NEW | NL_FOR_UNLINK,
  NL_FOR_SRC = NL_FOR_LINK | NL_FOR_LOOK,
  NL_FOR_ALL = NL_FOR_DST | NL_FOR_LOOK
};

/* paths.c: what is wrong on the way to a name */
nl_check_function nl_check_src_path, nl_check_dst_path, nl_check_dst_slash, nl_check_dst_exists,
    nl_check_dst_directory, nl_check_dst_no_directory, nl_check_pointers, nl_check_src_descriptor,
    nl_check_dst_descriptor, nl_check_src_length, nl_check_dst_length, nl_check_no_name_left,
    nl_check_not_symlink;

/* rights.c: what this user may not do */
nl_check_function nl_check_protected_hardlinks, nl_check_protected_symlinks, nl_check_parent_rights,
    nl_check_readable, nl_check_sticky, nl_check_flags, nl_check_unmapped, nl_check_mapped_mount,
    nl_check_security;

/* limits.c: what this file system cannot do */
nl_check_function nl_check_mounts, nl_check_mount_point, nl_check_project, nl_check_other_boundary,
    nl_check_directory, nl_check_no_hard_links, nl_check_proc, nl_check_link_limit, nl_check_read_only,
    nl_check_space, nl_check_quota, nl_check_device, nl_check_server;

/** What to know before a link is made although it stands in no one's way; "" = nothing. */
void nl_remark(char *out, size_t size, const struct nl_facts *facts);

#endif
