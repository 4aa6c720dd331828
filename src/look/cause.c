/*
 * cause.c - fail, and find out why
 *
 * One table, in the order in which Linux makes its checks. After a failure the rows of its status are asked
 * until one holds; to foresee, every row is asked, and each that holds is an obstacle.
 *
 * SPDX-License-Identifier: MIT
 */
#include "look/cause.h"

#include "base/error.h"
#include "look/checks.h"

#include <string.h>

static const struct {
  enum nlink_status status;
  unsigned acts;
  nl_check_function *check;
} rows[] = {
    {NLINK_BAD_POINTER, NL_FOR_ALL, nl_check_pointers},
    /* the way to the file */
    {NLINK_BAD_DESCRIPTOR, NL_FOR_SRC, nl_check_src_descriptor},
    {NLINK_NAME_TOO_LONG, NL_FOR_SRC, nl_check_src_length},
    {NLINK_NOT_FOUND, NL_FOR_SRC, nl_check_src_path},
    {NLINK_NOT_DIRECTORY, NL_FOR_SRC, nl_check_src_path},
    {NLINK_SYMLINK_LOOP, NL_FOR_SRC, nl_check_src_path},
    {NLINK_ESCAPES, NL_FOR_SRC, nl_check_src_path},
    {NLINK_DENIED, NL_FOR_SRC, nl_check_protected_symlinks},
    {NLINK_DENIED, NL_FOR_SRC, nl_check_src_path},
    {NLINK_DENIED, NL_FOR_LOOK, nl_check_readable},
    {NLINK_NOT_SYMLINK, NL_FOR_LOOK, nl_check_not_symlink},
    /* the way to the new name, or to the one that goes */
    {NLINK_BAD_DESCRIPTOR, NL_FOR_DST, nl_check_dst_descriptor},
    {NLINK_NAME_TOO_LONG, NL_FOR_DST, nl_check_dst_length},
    {NLINK_NOT_FOUND, NL_FOR_DST, nl_check_dst_slash},
    {NLINK_NOT_FOUND, NL_FOR_DST, nl_check_dst_path},
    {NLINK_NOT_FOUND, NL_FOR_LINK, nl_check_no_name_left},
    {NLINK_NOT_FOUND, NL_FOR_NEW, nl_check_proc},
    {NLINK_NOT_DIRECTORY, NL_FOR_DST, nl_check_dst_path},
    {NLINK_SYMLINK_LOOP, NL_FOR_DST, nl_check_dst_path},
    {NLINK_ESCAPES, NL_FOR_DST, nl_check_dst_path},
    {NLINK_DENIED, NL_FOR_DST, nl_check_dst_path},
    {NLINK_EXISTS, NL_FOR_NEW, nl_check_dst_exists},
    /* the border between the two */
    {NLINK_READ_ONLY, NL_FOR_DST, nl_check_read_only},
    {NLINK_CROSS_DEVICE, NL_FOR_LINK, nl_check_mounts},
    {NLINK_OVERFLOW, NL_FOR_NEW, nl_check_mapped_mount},
    /* what this user may */
    {NLINK_NOT_PERMITTED, NL_FOR_LINK, nl_check_protected_hardlinks},
    {NLINK_DENIED, NL_FOR_DST, nl_check_parent_rights},
    {NLINK_NOT_PERMITTED, NL_FOR_DST, nl_check_flags},
    {NLINK_NOT_PERMITTED, NL_FOR_DST, nl_check_sticky},
    {NLINK_NOT_PERMITTED, NL_FOR_LINK, nl_check_directory},
    {NLINK_NOT_PERMITTED, NL_FOR_LINK, nl_check_unmapped},
    /* what this file system can */
    {NLINK_NOT_PERMITTED, NL_FOR_NEW, nl_check_no_hard_links},
    {NLINK_NOT_SUPPORTED, NL_FOR_NEW, nl_check_no_hard_links},
    {NLINK_TOO_MANY_LINKS, NL_FOR_LINK, nl_check_link_limit},
    {NLINK_CROSS_DEVICE, NL_FOR_LINK, nl_check_project},
    {NLINK_CROSS_DEVICE, NL_FOR_LINK, nl_check_other_boundary},
    {NLINK_NO_SPACE, NL_FOR_DST, nl_check_space},
    {NLINK_QUOTA, NL_FOR_DST, nl_check_quota},
    /* the old name, which is looked at when all else is done */
    {NLINK_IS_DIRECTORY, NL_FOR_DST, nl_check_dst_directory},
    {NLINK_NOT_DIRECTORY, NL_FOR_DST, nl_check_dst_no_directory},
    {NLINK_BUSY, NL_FOR_DST, nl_check_mount_point},
    {NLINK_IO, NL_FOR_ALL, nl_check_device},
    {NLINK_INTERRUPTED, NL_FOR_ALL, nl_check_server},
    {NLINK_TRY_AGAIN, NL_FOR_ALL, nl_check_server},
    {NLINK_DENIED, NL_FOR_ALL, nl_check_server},
    {NLINK_NOT_PERMITTED, NL_FOR_ALL, nl_check_security},
    {NLINK_DENIED, NL_FOR_ALL, nl_check_security},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

/* The house's word where the step says more than the number. */
static enum nlink_status status_of(const struct nl_scene *scene, enum nlink_step step, int sys) {
  enum nlink_status status = nl_os_status(sys);
  if (scene->beneath && step == NLINK_STEP_RESOLVE && status == NLINK_CROSS_DEVICE)
    return NLINK_ESCAPES;
  if (step == NLINK_STEP_LINK && status == NLINK_TOO_SMALL) /* ntfs-3g: no room to note one more name */
    return NLINK_TOO_MANY_LINKS;
  if (step == NLINK_STEP_READLINK && status == NLINK_INVALID)
    return NLINK_NOT_SYMLINK;
  return status;
}

static void find(const struct nl_facts *facts, struct nlink_error *error) {
  for (size_t i = 0; i < ROWS; i++)
    if (rows[i].status == error->status && (rows[i].acts & 1u << facts->scene->act) != 0 &&
        rows[i].check(facts, true, error))
      return;
}

enum nlink_status nl_cause_fail(struct nlink_error *error, const struct nl_scene *scene, enum nlink_step step,
                                int sys) {
  enum nlink_status status = status_of(scene, step, sys);
  if (error == NULL)
    return status;
  nl_fail(error, status, step, sys, NULL);
  if (status == NLINK_BAD_POINTER) { /* the system has refused the pointers; we do not touch them either */
    nl_blame(error, NLINK_CAUSE_POINTER, NLINK_NEITHER, true, "%s", nlink_status_text(status));
    return status;
  }
  struct nl_facts facts;
  nl_facts_open(&facts, scene);
  error->dst_is_src = nl_facts_dst_is_src(&facts);
  find(&facts, error);
  nl_facts_close(&facts);
  return status;
}

/* One reason can have two rows, because systems answer it by different numbers. */
static bool is_listed(const struct nlink_why *why, enum nlink_cause cause) {
  for (size_t i = 0; i < why->count; i++)
    if (why->obstacle[i].cause == cause)
      return true;
  return false;
}

void nl_cause_foresee(struct nlink_why *out, const struct nl_scene *scene) {
  struct nl_facts facts;
  nl_facts_open(&facts, scene);
  out->count = 0;
  bool dst_is_src = nl_facts_dst_is_src(&facts);
  /* Replacing a name of the file by a name of it is no work, but for "f/", which is no name of a file. */
  bool is_done = scene->replace && dst_is_src && facts.src.stat.kind != NLINK_DIRECTORY &&
                 scene->dst[strlen(scene->dst) - 1] != '/';
  for (size_t i = 0; i < ROWS && out->count < NLINK_WHY_MAX && !is_done; i++) {
    if ((rows[i].acts & 1u << scene->act) == 0)
      continue;
    struct nlink_error *obstacle = &out->obstacle[out->count];
    nl_fail(obstacle, rows[i].status, NLINK_STEP_LINK, nl_os_number(rows[i].status), NULL);
    obstacle->dst_is_src = dst_is_src;
    if (rows[i].check(&facts, false, obstacle) && !is_listed(out, obstacle->cause))
      out->count++;
  }
  nl_remark(out->remark, sizeof out->remark, &facts);
  nl_facts_close(&facts);
}
