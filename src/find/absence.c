/*
 * absence.c - why names of a file were not found
 *
 * Nobody can know where a name is that nobody has seen. So this is the likely reason: the first of those that something
 * was seen of, the strongest evidence first.
 *
 * SPDX-License-Identifier: MIT
 */
#include "find/absence.h"

#include "base/quote.h"
#include "os/os.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static bool
say(struct nl_absence *out, enum nlink_absence reason, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(out->text, sizeof out->text, format, values);
  va_end(values);
  out->reason = reason;
  return true;
}

static const char *many(uint64_t count) {
  return count == 1 ? "" : "s";
}

/* The troubles come in any order: the same one shall be told each time. */
static const char *first_of(const char *before, const char *path) {
  return before == NULL || strcmp(path, before) < 0 ? path : before;
}

void nl_search_note(struct nl_search *search, const struct nl_trouble *troubles, uint64_t unverified) {
  search->denied += unverified;
  for (; troubles != NULL; troubles = troubles->next) {
    if (troubles->sys == 0)
      continue;
    enum nlink_status status = nl_os_status(troubles->sys);
    if (status == NLINK_DENIED || status == NLINK_NOT_PERMITTED) {
      search->denied++;
      search->denied_at = first_of(search->denied_at, troubles->path);
    } else if (status != NLINK_NOT_FOUND) {
      search->failed++;
      search->failed_at = first_of(search->failed_at, troubles->path);
    }
  }
}

/* ---------------------------------------------------------------- the reasons, one function each */

typedef bool reason_function(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file);

static bool changed(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file) {
  (void)search;
  if (file->after == NULL)
    return say(out, NLINK_ABSENCE_CHANGED, "%s was removed or replaced meanwhile",
               nl_quoted(file->path).text);
  if (file->after->link_count != file->before->link_count)
    return say(out, NLINK_ABSENCE_CHANGED,
               "names came or went meanwhile: there were %" PRIu64 ", and now there are %" PRIu64,
               file->before->link_count, file->after->link_count);
  if (file->after->ctime_ns != file->before->ctime_ns)
    return say(out, NLINK_ABSENCE_CHANGED, "the file was changed meanwhile; names may have moved");
  if (file->found >= file->before->link_count)
    return say(out, NLINK_ABSENCE_CHANGED, "the file could not be looked at again; names may have moved");
  return false;
}

static bool no_permission(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file) {
  if (file->denied > 0)
    return say(out, NLINK_ABSENCE_NO_PERMISSION,
               "the file system tells %" PRIu64 " name%s that may not be looked at, such as %s", file->denied,
               many(file->denied), nl_quoted(file->example).text);
  if (search->denied > 0 && search->denied_at != NULL)
    return say(out, NLINK_ABSENCE_NO_PERMISSION, "%" PRIu64 " place%s may not be looked at, such as %s",
               search->denied, many(search->denied), nl_quoted(search->denied_at).text);
  if (search->denied > 0)
    return say(out, NLINK_ABSENCE_NO_PERMISSION, "%" PRIu64 " name%s may not be looked at", search->denied,
               many(search->denied));
  if (file->halted != 0 && nl_os_status(file->halted) == NLINK_DENIED)
    return say(out, NLINK_ABSENCE_NO_PERMISSION, "the directories above %s may not be looked at",
               nl_quoted(file->start).text);
  return false;
}

static bool outside_roots(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file) {
  (void)file;
  if (search->in_roots && search->limited)
    return say(out, NLINK_ABSENCE_OUTSIDE_ROOTS,
               "they lie outside of the directories that were looked at, or are left out by a rule or limit");
  if (search->in_roots)
    return say(out, NLINK_ABSENCE_OUTSIDE_ROOTS, "they lie outside of the directories that were looked at");
  if (search->limited)
    return say(out, NLINK_ABSENCE_OUTSIDE_ROOTS, "they may be left out by a rule or limit of the search");
  return false;
}

/* What asks a server, or a program, knows of counts what that tells: often 1 for all files. */
static bool is_served(const struct nl_os_fs *fs) {
  static const char *const types[] = {"cifs", "smb3", "9p", "vboxsf", "ncpfs", "afs"};
  bool served = strncmp(fs->type, "fuse", 4) == 0;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    served = served || strcmp(fs->type, types[i]) == 0;
  return served;
}

/* The file system of a directory, which may be the current one: that is no descriptor. */
static int file_system(struct nl_os_fs *fs, int dir) {
  int fd = -1;
  int sys = nl_os_open(&fd, dir, ".", NL_OS_SUBDIRECTORY);
  if (sys == 0)
    sys = nl_os_fs(fs, fd);
  nl_os_close(fd);
  return sys;
}

bool nl_counts_can_be_low(int dir) {
  struct nl_os_fs fs;
  return file_system(&fs, dir) == 0 && is_served(&fs);
}

static bool wrong_count(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file) {
  (void)search;
  struct nl_os_fs fs;
  if (file->dir == -1 || file_system(&fs, file->dir) != 0)
    return false;
  if (fs.splits_groups)
    return say(
        out, NLINK_ABSENCE_WRONG_COUNT,
        "the overlay tells the link count of a lower layer, some names of which may be parted from it");
  return is_served(&fs) &&
         say(out, NLINK_ABSENCE_WRONG_COUNT,
             "a file system of the type %s can tell wrong link counts and numbers of files", fs.type);
}

/* What the mounts tell of the place where the file is, or of where the walk for it began. */
static const struct nl_mounts_view *mounts_of(struct nl_search *search, const struct nl_missing *file) {
  uint64_t mount_id = file->before->mount_id;
  if (search->mounts_id == mount_id && search->mounts_start == file->start && mount_id != 0)
    return &search->mounts;
  struct nlink_stat at = {0};
  bool walked =
      file->start != NULL && file->start[0] == '/' && nl_os_stat(&at, NLINK_CWD, file->start, true) == 0;
  nl_mounts_look(&search->mounts, mount_id, walked ? at.mount_id : 0, walked ? file->start : NULL);
  search->mounts_id = mount_id;
  search->mounts_start = file->start;
  return &search->mounts;
}

/* The file system told of names that are not to be seen where it said. */
static bool told_elsewhere(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file) {
  if (file->out_of_sight + file->hidden == 0)
    return false;
  const char *other = mounts_of(search, file)->other;
  char also[300] = "";
  if (*other != '\0')
    snprintf(also, sizeof also, "; another mount of it, %s, may show more", other);
  if (file->out_of_sight > 0)
    return say(out, NLINK_ABSENCE_OTHER_MOUNT,
               "%" PRIu64 " name%s in a part of the file system that is not mounted here%s",
               file->out_of_sight, file->out_of_sight == 1 ? " is" : "s are", also);
  return say(out, NLINK_ABSENCE_HIDDEN,
             "the file system tells %" PRIu64 " name%s that something else is seen in place of, such as %s%s",
             file->hidden, many(file->hidden), nl_quoted(file->example).text, also);
}

static bool elsewhere(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file) {
  const struct nl_mounts_view *mounts = mounts_of(search, file);
  if (mounts->other[0] != '\0' && !mounts->whole)
    return say(out, NLINK_ABSENCE_OTHER_MOUNT,
               "only a part of the file system, %s, is seen here; another mount of it, %s, may hold them",
               mounts->part, mounts->other);
  if (mounts->other[0] != '\0')
    return say(out, NLINK_ABSENCE_OTHER_MOUNT,
               "%s is mounted over a part of the file system; another mount of it, %s, may show that",
               mounts->cover, mounts->other);
  if (mounts->known && !mounts->whole)
    return say(out, NLINK_ABSENCE_OTHER_MOUNT, "only a part of the file system, %s, is mounted here",
               mounts->part);
  if (mounts->covers > 0)
    return say(out, NLINK_ABSENCE_HIDDEN,
               "%" PRIu64 " mount%s over what the file system holds, such as %s, and may hide them",
               mounts->covers, mounts->covers == 1 ? " lies" : "s lie", mounts->cover);
  return false;
}

static bool unknown(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file) {
  if (search->failed > 0)
    return say(out, NLINK_ABSENCE_UNKNOWN, "%" PRIu64 " place%s could not be looked at, such as %s",
               search->failed, many(search->failed), nl_quoted(search->failed_at).text);
  if (file->start != NULL)
    return say(out, NLINK_ABSENCE_UNKNOWN, "all of the file system that is seen at %s was looked at",
               nl_quoted(file->start).text);
  return say(out, NLINK_ABSENCE_UNKNOWN, "nothing was seen that would explain it");
}

void nl_absence_find(struct nl_absence *out, struct nl_search *search, const struct nl_missing *file) {
  static reason_function *const reasons[] = {changed,     no_permission, outside_roots, told_elsewhere,
                                             wrong_count, elsewhere,     unknown};
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0] && !reasons[i](out, search, file); i++)
    ;
}
