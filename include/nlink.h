/*
 * nlink.h - one file, many names
 *
 * A file has contents and any number of names (hard links). This header is all that a client of
 * libnlink needs; it reads as a book:
 *
 *   1  What a call answers     status, cause, error
 *   2  What a file is          identity, names, sizes, times
 *   3  Making a name           nlink_link, nlink_link_fd, nlink_link_backup, nlink_symlink
 *   4  Removing a name         nlink_unlink
 *   5  Looking                 nlink_stat, nlink_same_file, nlink_readlink, nlink_why, nlink_list
 *   6  Walking trees           nlink_scope, nlink_walk
 *   7  All names of a file     nlink_names
 *   8  What a deletion frees   nlink_space
 *   9  What is wrong           nlink_check
 *  10  Words                   nlink_quote, names of statuses and causes, version
 *
 * Conventions, valid for every function unless it says otherwise:
 *   - A path is a string of the system's own bytes (UTF-8 on Windows), relative to the directory
 *     descriptor before it; NLINK_CWD is the current directory; an absolute path ignores it.
 *   - The result is an enum nlink_status: negative = not done, 0 = done, positive = done with a remark.
 *   - `error` is the caller's; NULL = no detail, and no looking for the cause; else it is written only
 *     where the result is negative.
 *   - Any number of threads may call any function at the same time on different objects.
 *   - Nothing is printed; the current directory, umask, signals and errno's meaning stay the caller's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_H
#define NLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(NLINK_BUILD) && defined(__GNUC__)
#define NLINK_API __attribute__((visibility("default")))
#else
#define NLINK_API
#endif

#define NLINK_VERSION "0.3.0"

/** The current directory, wherever a directory descriptor is asked for. */
#define NLINK_CWD (-100)

/* ------------------------------------------------------------------ 1  What a call answers */

/**
 * Every outcome: name, number, sentence, the Python exception that carries it.
 *
 * The numbers are pinned and equal on all systems.
 */
#define NLINK_STATUS_MAP(X)                                                                                  \
  X(OK, 0, "done", "")                                                                                       \
  X(END, 1, "there is no further entry", "StopIteration")                                                    \
  X(PARTIAL, 2, "done, but some entries were left alone", "")                                                \
  X(REPEATED, 3, "it was looked at already, under another path", "")                                         \
  X(INVALID, -1, "the arguments are not valid", "ValueError")                                                \
  X(NO_MEMORY, -2, "memory is exhausted", "MemoryError")                                                     \
  X(EXISTS, -3, "the name exists already", "FileExistsError")                                                \
  X(NOT_FOUND, -4, "there is no such name", "FileNotFoundError")                                             \
  X(NOT_DIRECTORY, -5, "a directory was needed and something else found", "NotADirectoryError")              \
  X(IS_DIRECTORY, -6, "it is a directory", "IsADirectoryError")                                              \
  X(DENIED, -7, "permission denied", "PermissionError")                                                      \
  X(NOT_PERMITTED, -8, "the operation is not permitted", "PermissionError")                                  \
  X(CROSS_DEVICE, -9, "a file cannot have names in both places", "OSError")                                  \
  X(TOO_MANY_LINKS, -10, "the file has as many names as it can have", "OSError")                             \
  X(SYMLINK_LOOP, -11, "too many soft links on the way", "OSError")                                          \
  X(NAME_TOO_LONG, -12, "the name or the path is too long", "OSError")                                       \
  X(NO_SPACE, -13, "the file system is full", "OSError")                                                     \
  X(QUOTA, -14, "the quota is used up", "OSError")                                                           \
  X(READ_ONLY, -15, "the file system is read-only", "OSError")                                               \
  X(IO, -16, "input or output failed", "OSError")                                                            \
  X(BAD_DESCRIPTOR, -17, "the descriptor is not an open one", "OSError")                                     \
  X(BAD_POINTER, -18, "a path points outside the process's memory", "OSError")                               \
  X(NOT_SUPPORTED, -19, "this file system or system cannot do that", "OSError")                              \
  X(INTERRUPTED, -20, "a signal or the file system's server interrupted the call", "InterruptedError")       \
  X(TRY_AGAIN, -21, "not possible just now", "BlockingIOError")                                              \
  X(BUSY, -22, "it is in use", "OSError")                                                                    \
  X(ESCAPES, -23, "the path leads out of its directory", "PermissionError")                                  \
  X(LAST_NAME, -24, "it is the file's last name", "PermissionError")                                         \
  X(OVERFLOW, -25, "a value does not fit", "OverflowError")                                                  \
  X(NOT_SYMLINK, -26, "it is not a soft link", "OSError")                                                    \
  X(TOO_SMALL, -27, "the caller's buffer is too small", "ValueError")                                        \
  X(FAILED, -28, "the system refused", "OSError")                                                            \
  X(CANCELLED, -29, "the caller asked to stop", "InterruptedError")

enum nlink_status {
#define NLINK_STATUS_ENUM(name, number, sentence, python) NLINK_##name = (number),
  NLINK_STATUS_MAP(NLINK_STATUS_ENUM)
#undef NLINK_STATUS_ENUM
};

/** Which step of the work failed. */
#define NLINK_STEP_MAP(X)                                                                                    \
  X(NONE, "none")                                                                                            \
  X(ARGUMENTS, "arguments")                                                                                  \
  X(LINK, "link")                                                                                            \
  X(SYMLINK, "symlink")                                                                                      \
  X(READLINK, "readlink")                                                                                    \
  X(UNLINK, "unlink")                                                                                        \
  X(STAT, "stat")                                                                                            \
  X(OPEN, "open")                                                                                            \
  X(RESOLVE, "resolve")                                                                                      \
  X(RENAME, "rename")                                                                                        \
  X(EXCHANGE, "exchange")                                                                                    \
  X(BACKUP, "backup")                                                                                        \
  X(READ_DIRECTORY, "read-directory")                                                                        \
  X(RANDOM, "random")                                                                                        \
  X(READ, "read")                                                                                            \
  X(WRITE, "write")                                                                                          \
  X(SYNC, "sync")                                                                                            \
  X(LEASE, "lease")                                                                                          \
  X(SHARE, "share")                                                                                          \
  X(ATTRIBUTES, "attributes")                                                                                \
  X(JOURNAL, "journal")                                                                                      \
  X(MEMORY, "memory")

enum nlink_step {
#define NLINK_STEP_ENUM(name, word) NLINK_STEP_##name,
  NLINK_STEP_MAP(NLINK_STEP_ENUM)
#undef NLINK_STEP_ENUM
};

/** Why the system said what it said, found out by looking after the failure: name and word. */
#define NLINK_CAUSE_MAP(X)                                                                                   \
  X(UNKNOWN, "unknown")                                                                                      \
  X(ARGUMENT, "argument")                                                                                    \
  X(DST_EXISTS, "dst-exists")                                                                                \
  X(DST_DANGLES, "dst-dangles")                                                                              \
  X(DST_IS_SRC, "dst-is-src")                                                                                \
  X(DST_IS_DIRECTORY, "dst-is-directory")                                                                    \
  X(SRC_MISSING, "src-missing")                                                                              \
  X(SRC_DANGLES, "src-dangles")                                                                              \
  X(SRC_PARENT_MISSING, "src-parent-missing")                                                                \
  X(DST_PARENT_MISSING, "dst-parent-missing")                                                                \
  X(DST_SLASH, "dst-slash")                                                                                  \
  X(EMPTY_PATH, "empty-path")                                                                                \
  X(NO_NAME_LEFT, "no-name-left")                                                                            \
  X(FOREIGN_DESCRIPTOR, "foreign-descriptor")                                                                \
  X(DIRECTORY_REMOVED, "directory-removed")                                                                  \
  X(NOT_A_DIRECTORY, "not-a-directory")                                                                      \
  X(OTHER_FILE_SYSTEM, "other-file-system")                                                                  \
  X(OTHER_MOUNT, "other-mount")                                                                              \
  X(OTHER_SUBVOLUME, "other-subvolume")                                                                      \
  X(OTHER_PROJECT, "other-project")                                                                          \
  X(ENCRYPTION, "encryption")                                                                                \
  X(OTHER_BRANCH, "other-branch")                                                                            \
  X(SRC_IS_DIRECTORY, "src-is-directory")                                                                    \
  X(PROTECTED_HARDLINKS, "protected-hardlinks")                                                              \
  X(PROTECTED_SYMLINKS, "protected-symlinks")                                                                \
  X(IMMUTABLE, "immutable")                                                                                  \
  X(APPEND_ONLY, "append-only")                                                                              \
  X(NO_HARD_LINKS, "no-hard-links")                                                                          \
  X(UNMAPPED_OWNER, "unmapped-owner")                                                                        \
  X(NOT_WRITABLE, "not-writable")                                                                            \
  X(NOT_SEARCHABLE, "not-searchable")                                                                        \
  X(NOT_READABLE, "not-readable")                                                                            \
  X(STICKY, "sticky")                                                                                        \
  X(SECURITY_MODULE, "security-module")                                                                      \
  X(LINK_LIMIT, "link-limit")                                                                                \
  X(READ_ONLY_MOUNT, "read-only-mount")                                                                      \
  X(READ_ONLY_FILE_SYSTEM, "read-only-file-system")                                                          \
  X(FULL, "full")                                                                                            \
  X(NO_INODES, "no-inodes")                                                                                  \
  X(QUOTA_USED, "quota-used")                                                                                \
  X(DEVICE_FAILED, "device-failed")                                                                          \
  X(TOO_LONG, "too-long")                                                                                    \
  X(LOOP, "loop")                                                                                            \
  X(LEAVES_DIRECTORY, "leaves-directory")                                                                    \
  X(DESCRIPTOR, "descriptor")                                                                                \
  X(POINTER, "pointer")                                                                                      \
  X(SERVER, "server")                                                                                        \
  X(LAST_NAME_KEPT, "last-name-kept")                                                                        \
  X(NOT_A_SYMLINK, "not-a-symlink")

enum nlink_cause {
#define NLINK_CAUSE_ENUM(name, word) NLINK_CAUSE_##name,
  NLINK_CAUSE_MAP(NLINK_CAUSE_ENUM)
#undef NLINK_CAUSE_ENUM
};

/** Which of a call's two paths is meant. */
enum nlink_which { NLINK_NEITHER, NLINK_SRC, NLINK_DST };

#define NLINK_TEXT_SIZE 1024

/** What failed, where, and why. Fixed size, the caller's memory, no pointer inside. */
struct nlink_error {
  enum nlink_status status;   /* the function's own result */
  int sys;                    /* the system's error number (errno, GetLastError); 0 = not asked */
  enum nlink_step step;       /* which call failed */
  enum nlink_cause cause;     /* UNKNOWN = nothing found by looking */
  enum nlink_which at;        /* the path that the cause lies in */
  bool certain;               /* the cause was observed; false = probable */
  bool dst_is_src;            /* dst is a name of src all the same: the link stands, by whoever made it */
  char text[NLINK_TEXT_SIZE]; /* the cause, else the status, as one sentence without a full stop */
};

/* ------------------------------------------------------------------ 2  What a file is */

enum nlink_kind {
  NLINK_KIND_UNKNOWN,
  NLINK_REGULAR,
  NLINK_DIRECTORY,
  NLINK_SYMLINK,
  NLINK_FIFO,
  NLINK_SOCKET,
  NLINK_CHARACTER_DEVICE,
  NLINK_BLOCK_DEVICE
};

#define NLINK_TIME_UNKNOWN INT64_MIN

/** A file as it was at one instant. Two files are one where dev and ino are equal (and btime_ns, where known). */
struct nlink_stat {
  uint64_t dev;        /* identity: the device, encoded by the system */
  uint64_t ino;        /* identity: the inode number on it */
  int64_t btime_ns;    /* birth, or NLINK_TIME_UNKNOWN */
  uint64_t link_count; /* how many names the file has, as the file system says */
  enum nlink_kind kind;
  uint32_t mode; /* permission bits, at most 07777 */
  uint32_t uid;
  uint32_t gid;
  uint32_t dev_major; /* of the device that the file is on */
  uint32_t dev_minor;
  uint32_t rdev_major; /* of the device that the file is */
  uint32_t rdev_minor;
  uint64_t size_bytes;      /* apparent size */
  uint64_t allocated_bytes; /* what the contents occupy */
  int64_t atime_ns;         /* times: nanoseconds since 1970-01-01 UTC */
  int64_t mtime_ns;
  int64_t ctime_ns;
  uint64_t mount_id;  /* the mount that it was reached through; 0 = unknown */
  uint64_t subvolume; /* btrfs, bcachefs; 0 = none or unknown */
};

/** Flags; each function names those that it takes and refuses the others with NLINK_INVALID. */
#define NLINK_NO_FOLLOW 0x01u /* src: take a soft link at the end itself, not what it leads to */
#define NLINK_REPLACE   0x02u /* dst: replace a name that exists, atomically */
#define NLINK_BENEATH   0x04u /* no path may leave its directory by any way */
#define NLINK_KEEP_LAST 0x08u /* unlink: refuse the file's last name */
#define NLINK_RELATIVE  0x10u /* symlink: store the way from dst to the target */
#define NLINK_ABSOLUTE  0x20u /* symlink: store the target's absolute path */
#define NLINK_CIRCLE    0x40u /* symlink: with NLINK_REPLACE, allow a soft link that leads to itself */
#define NLINK_STAT      0x80u /* walk: tell each name's nlink_stat as well */

/* ------------------------------------------------------------------ 3  Making a name */

/**
 * Give the file named @p src one more name, @p dst.
 *
 * The file's link count rises by one and its ctime changes; contents, owner, mode and times stay,
 * shared by all names. A soft link at the end of @p src is followed unless NLINK_NO_FOLLOW, on every
 * system; one at the end of @p dst never is. An existing @p dst is refused unless NLINK_REPLACE: then
 * it is replaced atomically, there at every instant, and a @p dst that is already a name of the file
 * is success. With NLINK_BENEATH neither path can lead out of its directory: by "..", an absolute path,
 * a soft or a magic link, also when components are swapped meanwhile. Never copies.
 *
 * @param src_dir  Directory descriptor that @p src is relative to, or NLINK_CWD.
 * @param src      The file; not a directory. A bad pointer is the system's to refuse.
 * @param dst_dir  Directory descriptor that @p dst is relative to, or NLINK_CWD.
 * @param dst      The new name.
 * @param flags    0 or NLINK_NO_FOLLOW | NLINK_REPLACE | NLINK_BENEATH.
 * @param error    NULL = no detail and no looking for the cause; else written only on failure.
 *
 * @retval NLINK_OK              The name is there.
 * @retval NLINK_EXISTS          @p dst exists (error->dst_is_src tells whether it is this file).
 * @retval NLINK_NOT_FOUND       @p src, or the directory of either, is missing.
 * @retval NLINK_NOT_DIRECTORY   A component, or a descriptor, is not a directory.
 * @retval NLINK_IS_DIRECTORY    NLINK_REPLACE, and @p dst is a directory.
 * @retval NLINK_CROSS_DEVICE    Other file system, mount, subvolume or project.
 * @retval NLINK_NOT_PERMITTED   A directory, fs.protected_hardlinks, an immutable file, or no hard links there.
 * @retval NLINK_DENIED          A directory denies search or write, or a security module does.
 * @retval NLINK_TOO_MANY_LINKS  The file has as many names as it can have.
 * @retval NLINK_READ_ONLY, NLINK_NO_SPACE, NLINK_QUOTA, NLINK_IO, NLINK_NAME_TOO_LONG,
 *         NLINK_SYMLINK_LOOP, NLINK_BAD_DESCRIPTOR, NLINK_BAD_POINTER, NLINK_NO_MEMORY,
 *         NLINK_NOT_SUPPORTED, NLINK_OVERFLOW, NLINK_INTERRUPTED, NLINK_TRY_AGAIN, NLINK_FAILED
 *                               As their sentences say.
 * @retval NLINK_ESCAPES         NLINK_BENEATH, and a path leads out of its directory.
 * @retval NLINK_INVALID         A flag that is not listed above.
 *
 * @par After an error   The tree is as it was; no temporary name is left. The status is what the system
 *                       said, also where error->dst_is_src says that the link stands.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once, on the same directories too.
 * @par Cost             Success: one system call, no allocation (NLINK_REPLACE over an existing name: about
 *                       eight, NLINK_BENEATH: about six). A failure with @p error looks for its cause.
 * @par Source           POSIX.1-2017 linkat(); Python os.link, 3.14
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_link(int src_dir, const char *src, int dst_dir, const char *dst,
                                       unsigned flags, struct nlink_error *error);

/**
 * Give the file behind an open descriptor one more name, @p dst.
 *
 * Works for a file opened in any way, O_PATH and O_TMPFILE among them, for one inherited across exec or
 * opened before a change of user, and for a soft link opened as itself. A file whose last name is gone
 * cannot get a new one (an O_TMPFILE file can, once).
 *
 * @param fd       The file; not a directory.
 * @param dst_dir  Directory descriptor that @p dst is relative to, or NLINK_CWD.
 * @param dst      The new name.
 * @param flags    0 or NLINK_REPLACE | NLINK_BENEATH (of @p dst).
 * @param error    NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK         The name is there.
 * @retval NLINK_NOT_FOUND  The file has no name left, was made with O_EXCL, or the directory is missing.
 * @retval ...              As nlink_link().
 *
 * @par After an error   The tree is as it was.
 * @par Ownership        @p fd stays the caller's, open.
 * @par Threads          Any number at once.
 * @par Cost             One system call; two more where the system wants the way through /proc.
 * @par Source           Linux linkat(2) AT_EMPTY_PATH; proc(5)
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_link_fd(int fd, int dst_dir, const char *dst, unsigned flags,
                                          struct nlink_error *error);

/** How an existing dst is kept under another name before it is replaced. */
enum nlink_backup_kind {
  NLINK_BACKUP_NONE,     /* nothing is kept, and only NLINK_REPLACE replaces */
  NLINK_BACKUP_SIMPLE,   /* dst and the suffix; an older backup of that name is replaced */
  NLINK_BACKUP_NUMBERED, /* dst.~1~, dst.~2~, ... */
  NLINK_BACKUP_EXISTING  /* numbered where dst has numbered backups, else simple */
};

#define NLINK_NAME_SIZE 4352

/** Options and answer of the functions that keep what they replace. */
struct nlink_backup {
  size_t size; /* sizeof (struct nlink_backup) */
  enum nlink_backup_kind kind;
  const char *suffix;         /* of a simple backup; NULL = "~"; no slash */
  char name[NLINK_NAME_SIZE]; /* out: the backup's path as dst was given; "" = nothing stood there */
};

/**
 * As nlink_link() with NLINK_REPLACE, and keep what @p dst named under a backup name.
 *
 * The name @p dst is there at every instant: where the system can exchange two names it never points
 * nowhere. Where @p dst does not exist, nothing is backed up.
 *
 * @param backup  Kind and suffix in, the backup's name out. NULL or NLINK_BACKUP_NONE = as nlink_link() with
 *                these flags: @p dst is replaced only where NLINK_REPLACE says so.
 * @param flags   0 or NLINK_NO_FOLLOW | NLINK_REPLACE | NLINK_BENEATH.
 *
 * @retval NLINK_OK       Done; backup->name is set.
 * @retval NLINK_INVALID  Wrong size, unknown kind, or a suffix that is empty or has a slash.
 * @retval ...            As nlink_link().
 *
 * @par After an error   The tree is as it was.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once; two that back up one name each take what they found.
 * @par Cost             About ten system calls, and a read of the directory for a numbered backup.
 * @par Source           GNU coreutils manual, "Backup options"
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_link_backup(int src_dir, const char *src, int dst_dir, const char *dst,
                                              unsigned flags, struct nlink_backup *backup,
                                              struct nlink_error *error);

/**
 * Make @p dst a soft link that holds the path @p target.
 *
 * By default the text is stored as given, and neither has to exist nor is looked at. NLINK_RELATIVE
 * stores the way from the directory that @p dst is really in to where @p target really leads;
 * NLINK_ABSOLUTE stores the target's absolute path, its soft links kept. For these two, a relative
 * @p target is relative to @p target_dir, and its last components need not exist.
 *
 * @param target_dir  Only for NLINK_RELATIVE and NLINK_ABSOLUTE.
 * @param target      The path to hold; not empty; at most 4095 bytes (1023 on some file systems).
 * @param dst_dir     Directory descriptor that @p dst is relative to, or NLINK_CWD.
 * @param dst         The soft link's name.
 * @param flags       0 or NLINK_REPLACE | NLINK_BENEATH (of @p dst) | NLINK_CIRCLE | NLINK_RELATIVE or
 *                    NLINK_ABSOLUTE.
 * @param error       NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK             The soft link is there.
 * @retval NLINK_EXISTS         @p dst exists; or, with NLINK_REPLACE, the soft link would lead to itself, and
 *                              what it replaces would be lost (NLINK_CIRCLE allows that).
 * @retval NLINK_NOT_FOUND      @p target is empty, or the directory of @p dst is missing.
 * @retval NLINK_NAME_TOO_LONG  The file system does not hold so long a target, or a name is too long.
 * @retval NLINK_INVALID        Unknown flag, or NLINK_RELATIVE together with NLINK_ABSOLUTE.
 * @retval ...                  As nlink_link().
 *
 * @par After an error   The tree is as it was.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once.
 * @par Cost             One system call; NLINK_RELATIVE one for each component on both ways.
 * @par Source           POSIX.1-2017 symlinkat(); GNU ln --relative
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_symlink(int target_dir, const char *target, int dst_dir, const char *dst,
                                          unsigned flags, struct nlink_error *error);

/**
 * As nlink_symlink() with NLINK_REPLACE, and keep what @p dst named under a backup name.
 *
 * @param backup  As for nlink_link_backup().
 *
 * @retval ...    As nlink_symlink() and nlink_link_backup().
 *
 * @par After an error   The tree is as it was.
 * @par Ownership        None changes hands.
 * @par Threads          As nlink_link_backup().
 * @par Cost             As nlink_link_backup().
 * @par Source           GNU coreutils manual, "Backup options"
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_symlink_backup(int target_dir, const char *target, int dst_dir,
                                                 const char *dst, unsigned flags, struct nlink_backup *backup,
                                                 struct nlink_error *error);

/* ------------------------------------------------------------------ 4  Removing a name */

/**
 * Remove one name of a file; its contents go with the last one.
 *
 * @param names_left  Out: how many names the file has after this; NULL = not asked, saves three system calls.
 * @param dir         Directory descriptor that @p path is relative to, or NLINK_CWD.
 * @param path        The name; a soft link is removed itself; not a directory.
 * @param flags       0 or NLINK_KEEP_LAST | NLINK_BENEATH.
 * @param error       NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK             The name is gone.
 * @retval NLINK_LAST_NAME      NLINK_KEEP_LAST, and the file has no other name. The count is looked at just
 *                              before: two processes that remove the last two names of one file at the same
 *                              instant can both see two, and a file system whose counts lie (see the manual)
 *                              can mislead. The contents are safe against everything else.
 * @retval NLINK_IS_DIRECTORY   A directory.
 * @retval NLINK_INVALID        Unknown flag.
 * @retval ...                  As nlink_link().
 *
 * @par After an error   The name is there as it was; @p names_left is not written.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once.
 * @par Cost             One system call, and four more for @p names_left or NLINK_KEEP_LAST.
 * @par Source           POSIX.1-2017 unlinkat()
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_unlink(uint64_t *names_left, int dir, const char *path, unsigned flags,
                                         struct nlink_error *error);

/* ------------------------------------------------------------------ 5  Looking */

/**
 * Tell what a name leads to: identity, how many names, kind, sizes, times.
 *
 * @param out    Written on success only.
 * @param dir    Directory descriptor that @p path is relative to, or NLINK_CWD.
 * @param path   The name.
 * @param flags  0 (a soft link at the end is followed) or NLINK_NO_FOLLOW | NLINK_BENEATH.
 * @param error  NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK         @p out is written.
 * @retval NLINK_NOT_FOUND  No such name, or a soft link that dangles.
 * @retval NLINK_INVALID    @p out is NULL, or an unknown flag.
 * @retval ...              NLINK_DENIED, NLINK_NOT_DIRECTORY, NLINK_SYMLINK_LOOP, NLINK_NAME_TOO_LONG,
 *                          NLINK_BAD_DESCRIPTOR, NLINK_BAD_POINTER, NLINK_IO, NLINK_ESCAPES.
 *
 * @par After an error   @p out is as it was.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once.
 * @par Cost             One system call, no allocation.
 * @par Source           Linux statx(2); POSIX.1-2017 fstatat()
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_stat(struct nlink_stat *out, int dir, const char *path, unsigned flags,
                                       struct nlink_error *error);

/**
 * As nlink_stat(), for an open descriptor.
 *
 * @param fd  Any open descriptor.
 *
 * @retval NLINK_OK, NLINK_BAD_DESCRIPTOR, NLINK_INVALID, NLINK_IO  As nlink_stat().
 *
 * @par After an error   @p out is as it was.
 * @par Ownership        @p fd stays the caller's.
 * @par Threads          Any number at once.
 * @par Cost             One system call.
 * @par Source           POSIX.1-2017 fstat()
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_stat_fd(struct nlink_stat *out, int fd, struct nlink_error *error);

/**
 * Tell whether two names lead to one file.
 *
 * @param same   Written on success only.
 * @param a_dir, a, b_dir, b  The two names, each relative to its directory descriptor.
 * @param flags  0 (soft links at the end are followed) or NLINK_NO_FOLLOW.
 * @param error  NULL = no detail; error->at says which of the two failed.
 *
 * @retval NLINK_OK       @p same is written.
 * @retval NLINK_INVALID  @p same is NULL, or an unknown flag.
 * @retval ...            As nlink_stat().
 *
 * @par After an error   @p same is as it was.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once.
 * @par Cost             Two system calls.
 * @par Source           Python os.path.samefile
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_same_file(bool *same, int a_dir, const char *a, int b_dir, const char *b,
                                            unsigned flags, struct nlink_error *error);

/** Room for the longest target that a soft link can hold on any of the systems, with its NUL. */
#define NLINK_TARGET_SIZE 4096

/**
 * Read the path that a soft link holds.
 *
 * @param target  Out: the path, NUL-terminated, never cut short.
 * @param size    Room in @p target, in bytes; NLINK_TARGET_SIZE is always enough on Linux.
 * @param dir     Directory descriptor that @p path is relative to, or NLINK_CWD.
 * @param path    The soft link.
 * @param flags   0 or NLINK_BENEATH.
 * @param error   NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK           @p target is written.
 * @retval NLINK_NOT_SYMLINK  @p path is something else.
 * @retval NLINK_TOO_SMALL    The path and its NUL do not fit into @p size bytes.
 * @retval NLINK_INVALID      @p target is NULL, @p size is 0, or an unknown flag.
 * @retval ...                As nlink_stat().
 *
 * @par After an error   @p target's bytes are unspecified.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once.
 * @par Cost             One system call.
 * @par Source           POSIX.1-2017 readlinkat()
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_readlink(char *target, size_t size, int dir, const char *path,
                                           unsigned flags, struct nlink_error *error);

#define NLINK_WHY_MAX 8

/** What stands in the way of a link, in the order in which the system would say so. */
struct nlink_why {
  size_t count;                               /* 0 = nothing was found: the link could be made */
  struct nlink_error obstacle[NLINK_WHY_MAX]; /* the first is what nlink_link() would most likely answer */
  char remark[NLINK_TEXT_SIZE];               /* what to know although it is no obstacle; "" = nothing */
};

/**
 * Tell whether nlink_link() with the same arguments would succeed, and what stands in the way.
 *
 * Looks only: no name and no time of a file changes. The future stays open: another process, a security
 * module or a full disk can still refuse.
 *
 * @param out    Written on success only.
 * @param ...    As nlink_link().
 *
 * @retval NLINK_OK       The looking was done; out->count tells the answer.
 * @retval NLINK_INVALID  @p out, @p src or @p dst is NULL, or an unknown flag.
 * @retval NLINK_NO_MEMORY
 *
 * @par After an error   @p out is as it was.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once.
 * @par Cost             About twenty system calls.
 * @par Source           Linux fs/namei.c, the order of its checks
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_why(struct nlink_why *out, int src_dir, const char *src, int dst_dir,
                                      const char *dst, unsigned flags, struct nlink_error *error);

/** What nlink_list_open() takes; all zeros but size = the defaults. */
struct nlink_list_options {
  size_t size;      /* sizeof (struct nlink_list_options) */
  bool all;         /* also names that begin with a dot (never "." and "..") */
  bool recursive;   /* also the directories below; soft links are not followed on the way */
  bool by_file;     /* names of one file together, groups first by their first name */
  bool directories; /* a directory given as a path is listed itself, not what is in it */
};

/**
 * One name in a listing. Every pointer is borrowed from the listing, valid until it is closed; the names that
 * were read together from one directory share one pointer `dir`.
 */
struct nlink_list_entry {
  const char *dir;        /* the path of the directory that the name is in; NULL = a path as given */
  const char *name;       /* the name in it, or the path as given */
  struct nlink_stat stat; /* of the name itself: soft links are not followed */
  const char *target;     /* what a soft link holds; NULL = not a soft link, or unreadable */
  bool dangles;           /* the soft link leads nowhere */
  uint64_t group;         /* 1, 2, ...: names of one file share it; 0 = link count 1, or a directory */
  uint64_t names_inside;  /* how many names of the file this listing has; counted only where group is not 0 */
  uint64_t names_outside; /* how many it does not have, by the link count; never below 0 */
};

/** One file or directory that could not be looked at; error and path are the callee's for the call only. */
typedef void nlink_event_function(const char *path, const struct nlink_error *error, void *ctx);

struct nlink_list;

/**
 * Read directories into a listing that knows which names belong to one file.
 *
 * Sorted by name, bytes compared; paths that are no directories come first, then one directory after the
 * other, as `ls` does. A directory that cannot be read, or a name that vanishes meanwhile, is an event.
 *
 * @param out      The listing; the caller's to close.
 * @param dir      Directory descriptor that the paths are relative to, or NLINK_CWD.
 * @param paths    What to list; may be NULL where @p count is 0, which lists the directory itself.
 * @param count    How many paths.
 * @param options  NULL = the defaults.
 * @param on_event Called for each trouble, in the caller's thread; NULL = they are only counted.
 * @param ctx      Handed to @p on_event.
 * @param error    NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK         Read whole.
 * @retval NLINK_PARTIAL    Read, but for what the events told.
 * @retval NLINK_INVALID    @p out is NULL, or options->size is wrong.
 * @retval NLINK_NO_MEMORY
 *
 * @par After an error   @p out is NULL.
 * @par Ownership        The listing is the caller's until nlink_list_close().
 * @par Threads          One thread at a time for one listing.
 * @par Cost             One system call a name and some a directory; memory linear in the names.
 * @par Source           POSIX.1-2017 ls
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_list_open(struct nlink_list **out, int dir, const char *const *paths,
                                            size_t count, const struct nlink_list_options *options,
                                            nlink_event_function *on_event, void *ctx,
                                            struct nlink_error *error);

/**
 * Step to the next entry of a listing.
 *
 * @param entry  Written where the result is NLINK_OK; borrowed until nlink_list_close().
 *
 * @retval NLINK_OK   @p entry is the next one.
 * @retval NLINK_END  There is none; again after that, too.
 *
 * @par After an error   Cannot fail.
 * @par Ownership        The listing keeps the entry.
 * @par Threads          One thread at a time for one listing.
 * @par Cost             No system call, no allocation.
 * @par Source           none
 * @par Since            0.1
 */
NLINK_API enum nlink_status nlink_list_next(struct nlink_list *list, const struct nlink_list_entry **entry);

/** Give back all that a listing holds; NULL is allowed. */
NLINK_API void nlink_list_close(struct nlink_list *list);

/* ------------------------------------------------------------------ 6  Walking trees */

/** What a piece of work is at. */
enum nlink_phase {
  NLINK_PHASE_LOOKING,   /* walking trees */
  NLINK_PHASE_COMPARING, /* reading files */
  NLINK_PHASE_ACTING,    /* replacing names */
  NLINK_PHASE_MENDING    /* recovering, undoing */
};

/** How far a piece of work has come; the numbers only grow. */
struct nlink_progress {
  uint64_t directories; /* read */
  uint64_t names;       /* seen, directories among them */
  enum nlink_phase phase;
  uint64_t files; /* compared, or acted upon, of */
  uint64_t all_files;
  uint64_t bytes;     /* compared, of */
  uint64_t all_bytes; /* at most: who differs early is not read to its end */
};

/** Called now and then in the caller's thread; false = stop, and the call answers NLINK_CANCELLED. */
typedef bool nlink_progress_function(const struct nlink_progress *progress, void *ctx);

/**
 * What is looked at and what is left out; all zeros but size = everything below the paths.
 *
 * The paths of a call are its roots. A root that is a directory is walked with all that is in it, hidden names
 * included; a soft link is never followed, at a root neither. Roots may overlap or be given twice: each name is
 * seen once. A directory that is reached again by another way (a bind mount) is an event with the status
 * NLINK_REPEATED, and is not walked again; nothing is missing for that. What cannot be read, what vanishes meanwhile
 * and a root that does not exist are events too; none ends the call, and its result is NLINK_PARTIAL then.
 */
struct nlink_scope {
  size_t size; /* sizeof (struct nlink_scope) */
  /*
   * "- PATTERN" leaves out, "+ PATTERN" takes in; the first that matches decides. A pattern without a slash is
   * compared with the name, one with a slash with the end of the path below the root, one that begins with a slash
   * with that whole path; one that ends in a slash concerns directories only. *, ?, [...] as in a shell, ** also
   * across slashes. A directory that is left out is not walked. What no rule matches is taken in, unless there are
   * "+" rules alone: then only directories are.
   */
  const char *const *rules;
  size_t rule_count;
  uint64_t min_bytes; /* regular files with less are left out */
  uint64_t max_bytes; /* regular files with more are left out; 0 = no limit */
  uint32_t
      max_depth; /* names further below their root are left out: 1 = only those in the root; 0 = no limit */
  uint32_t threads;     /* at most so many; 0 = as suits the machine */
  bool one_file_system; /* directories of another file system than their root's are not walked */
  bool listed;          /* the paths are names to be looked at themselves, and nothing is walked */
  nlink_event_function
      *on_event; /* each trouble, in the caller's thread, ordered by path; NULL = only counted */
  nlink_progress_function *on_progress; /* NULL = nobody wants to know */
  void *ctx;                            /* handed to both */
};

struct nlink_place;

/** One name as a walk sees it; every pointer is borrowed, until the callback returns or the next step. */
struct nlink_walk_entry {
  const char *name; /* the last part of the path; of a root: the path as given */
  size_t name_length;
  const struct nlink_place *place; /* the directory that it is in, for nlink_walk_path() */
  uint32_t depth;                  /* below its root; 0 = a root itself */
  enum nlink_kind kind;
  const struct nlink_stat
      *stat; /* of the name itself; NULL without NLINK_STAT, or it could not be looked at */
};

/** One name; false = stop, and the call answers NLINK_CANCELLED. */
typedef bool nlink_walk_function(const struct nlink_walk_entry *entry, void *ctx);

/**
 * Walk trees in parallel and call @p function for each name: for speed.
 *
 * The order is any, but for this: a directory comes before what is in it.
 *
 * @param dir       Directory descriptor that the paths are relative to, or NLINK_CWD.
 * @param paths     The roots.
 * @param count     How many.
 * @param scope     NULL = everything.
 * @param flags     0 or NLINK_STAT.
 * @param function  Called from several threads at once.
 * @param ctx       Handed to @p function.
 * @param error     NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK         All was seen.
 * @retval NLINK_PARTIAL    All but what the events told.
 * @retval NLINK_CANCELLED  @p function or scope->on_progress said so.
 * @retval NLINK_INVALID    A NULL path or function, a wrong scope->size or rule, an unknown flag.
 * @retval NLINK_NO_MEMORY
 *
 * @par After an error   Some names may have been told.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once. Threads of the call's own have ended when it returns; no signal reaches
 *                       them.
 * @par Cost             About four system calls a directory, and one a name with NLINK_STAT or a size limit; memory
 *                       linear in the directories.
 * @par Source           POSIX.1-2017 find
 * @par Since            0.2
 */
NLINK_API enum nlink_status nlink_walk_each(int dir, const char *const *paths, size_t count,
                                            const struct nlink_scope *scope, unsigned flags,
                                            nlink_walk_function *function, void *ctx,
                                            struct nlink_error *error);

struct nlink_walk;

/**
 * Begin to walk trees in order: roots as given, names of one directory by their bytes, a directory before what
 * is in it and that before its next sibling. One thread, name by name.
 *
 * @param out    The walk; the caller's to close.
 * @param ...    As nlink_walk_each(). Events are told while nlink_walk_next() runs. The paths are copied; the scope's
 *               functions and ctx are used until the walk is closed.
 *
 * @retval NLINK_OK
 * @retval NLINK_INVALID, NLINK_NO_MEMORY  As nlink_walk_each().
 *
 * @par After an error   @p out is NULL.
 * @par Ownership        The walk is the caller's until nlink_walk_close().
 * @par Threads          One thread at a time for one walk.
 * @par Cost             No system call yet.
 * @par Source           BSD fts_open()
 * @par Since            0.2
 */
NLINK_API enum nlink_status nlink_walk_open(struct nlink_walk **out, int dir, const char *const *paths,
                                            size_t count, const struct nlink_scope *scope, unsigned flags,
                                            struct nlink_error *error);

/**
 * Step to the next name.
 *
 * @param entry  Written where the result is NLINK_OK; borrowed until the next call for this walk.
 *
 * @retval NLINK_OK         @p entry is the next one.
 * @retval NLINK_END        There is none; all was seen.
 * @retval NLINK_PARTIAL    There is none; all was seen but what the events told.
 * @retval NLINK_CANCELLED  scope->on_progress said so; again after that, too.
 * @retval NLINK_NO_MEMORY  The walk has ended.
 *
 * @par After an error   The walk can be closed.
 * @par Ownership        The walk keeps the entry.
 * @par Threads          One thread at a time for one walk.
 * @par Cost             As nlink_walk_each(); memory linear in the names of the directories on the way.
 * @par Source           BSD fts_read()
 * @par Since            0.2
 */
NLINK_API enum nlink_status nlink_walk_next(struct nlink_walk *walk, const struct nlink_walk_entry **entry,
                                            struct nlink_error *error);

/** Do not walk the directory that nlink_walk_next() gave last. */
NLINK_API void nlink_walk_skip(struct nlink_walk *walk);

/** End a walk at any point; NULL is allowed. */
NLINK_API void nlink_walk_close(struct nlink_walk *walk);

/**
 * Write the path of an entry: its root's path as given, and the way from there.
 *
 * @param out   Room for the path; NULL only where @p size is 0. Always NUL-terminated where size > 0.
 * @param size  Room in bytes. Paths can be longer than any constant of the system.
 *
 * @returns     The length that the whole path has, without NUL; size or more = it was cut.
 *
 * @par After an error   Cannot fail.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once, while @p entry is valid.
 * @par Cost             No system call, no allocation.
 * @par Source           none
 * @par Since            0.2
 */
NLINK_API size_t nlink_walk_path(char *out, size_t size, const struct nlink_walk_entry *entry);

/* ------------------------------------------------------------------ 7  All names of a file */

/** Why names of a file were not found: name, word. */
#define NLINK_ABSENCE_MAP(X)                                                                                 \
  X(NONE, "none")                                                                                            \
  X(OUTSIDE_ROOTS, "outside-roots")                                                                          \
  X(OTHER_MOUNT, "other-mount")                                                                              \
  X(NO_PERMISSION, "no-permission")                                                                          \
  X(HIDDEN, "hidden")                                                                                        \
  X(CHANGED, "changed")                                                                                      \
  X(WRONG_COUNT, "wrong-count")                                                                              \
  X(UNKNOWN, "unknown")

enum nlink_absence {
#define NLINK_ABSENCE_ENUM(name, word) NLINK_ABSENCE_##name,
  NLINK_ABSENCE_MAP(NLINK_ABSENCE_ENUM)
#undef NLINK_ABSENCE_ENUM
};

/** What nlink_names_open() takes; all zeros but size = the defaults. */
struct nlink_names_options {
  size_t size;              /* sizeof (struct nlink_names_options) */
  const char *const *roots; /* look only below these; without any: everywhere on the file's own file system */
  size_t root_count;
  bool soft;   /* also the soft links below the roots that lead to the file */
  bool follow; /* a path that is a soft link means the file that it leads to */
  bool walk;   /* walk also where the file system could tell */
};

/** One of the files that were asked for; borrowed until nlink_names_close(). */
struct nlink_names_file {
  const char *path;           /* as given */
  struct nlink_stat stat;     /* when it was first looked at; link_count is how many names there are */
  uint64_t found;             /* how many of its names were found and verified */
  uint64_t soft_found;        /* how many soft links that lead to it */
  bool told_by_system;        /* the file system told them, nothing was walked */
  enum nlink_absence absence; /* the likely reason where names are missing, or may be; else NONE */
  const char *text;           /* the same as a sentence without a full stop; "" = none is missing */
};

/** One name of one of the files; borrowed until nlink_names_close(). */
struct nlink_names_entry {
  size_t file;      /* which, from 0, in the order of the paths */
  const char *path; /* below a root as it was given; else absolute */
  bool soft;        /* a soft link that leads to the file */
};

struct nlink_names;

/**
 * Find all names of files.
 *
 * Where the file system can tell them (btrfs; XFS with parent pointers; for a process with the right to ask),
 * nothing is walked. Else the file's own file system is walked in parallel, or the roots, and the walk stops as soon
 * as all names of all files have been seen. Each name was verified to be the file's when it was found.
 *
 * @param out      The names, by file in the order of @p paths; those of a file by their bytes, hard links first.
 * @param dir      Directory descriptor that all paths are relative to, or NLINK_CWD.
 * @param paths    The files.
 * @param count    How many; at least 1.
 * @param options  NULL = the defaults.
 * @param scope    For the walk; NULL = everything. `listed` is refused. What could not be read on the way is no event
 *                 where all names were found without roots or soft links being asked for.
 * @param error    NULL = no detail; else written only on failure. A path that cannot be looked at is an event of
 *                 the scope, and its file has no names and a link_count of 0.
 *
 * @retval NLINK_OK         Every name of every file was found.
 * @retval NLINK_PARTIAL    Some were not; nlink_names_file() tells of which file, and why.
 * @retval NLINK_CANCELLED  scope->on_progress said so.
 * @retval NLINK_INVALID    @p out is NULL, no or a NULL path, a wrong size or rule.
 * @retval NLINK_NO_MEMORY
 *
 * @par After an error   @p out is NULL.
 * @par Ownership        The names are the caller's until nlink_names_close().
 * @par Threads          One thread at a time for one set of names.
 * @par Cost             Told by the file system: some system calls a name. Else a walk of at most the whole file
 *                       system, without a look at each name where the directories tell inode numbers that count.
 * @par Source           Linux btrfs-ioctl(2), ioctl_xfs_getparents(2); GNU find -samefile
 * @par Since            0.2
 */
NLINK_API enum nlink_status nlink_names_open(struct nlink_names **out, int dir, const char *const *paths,
                                             size_t count, const struct nlink_names_options *options,
                                             const struct nlink_scope *scope, struct nlink_error *error);

/** Step to the next name: NLINK_OK, and @p entry is written; or NLINK_END, also again. */
NLINK_API enum nlink_status nlink_names_next(struct nlink_names *names,
                                             const struct nlink_names_entry **entry);

/** The file @p index, from 0; NULL = there is no such. */
NLINK_API const struct nlink_names_file *nlink_names_file(const struct nlink_names *names, size_t index);

/** Give back all that the names hold; NULL is allowed. */
NLINK_API void nlink_names_close(struct nlink_names *names);

/* ------------------------------------------------------------------ 8  What a deletion frees */

/** What rows are sorted by, largest first; PATH by bytes. */
enum nlink_space_order {
  NLINK_BY_FREED,
  NLINK_BY_ONCE,
  NLINK_BY_APPARENT,
  NLINK_BY_HELD,
  NLINK_BY_NAMES,
  NLINK_BY_FILES,
  NLINK_BY_PATH
};

/** What nlink_space_open() takes; all zeros but size = the defaults. */
struct nlink_space_options {
  size_t size;                  /* sizeof (struct nlink_space_options) */
  enum nlink_space_order order; /* of the rows */
  uint32_t depth;               /* rows also for directories this far below a root; 0 = the roots alone */
  uint32_t groups;              /* how many of the groups that occupy most are kept; 0 = none */
  bool holders;                 /* find the outside names that keep bytes of the roots from being freed */
  const char *const *around;    /* where to look for those; without any: on the file's own file system */
  size_t around_count;
};

/**
 * What a directory occupies, and what its deletion would return. Bytes are allocated ones (a hole occupies nothing),
 * but for apparent_bytes; a directory's own blocks count; every file counts once, however many names it has here.
 */
struct nlink_space_row {
  const char *path;        /* the root as given, and the way from there; NULL for a set */
  uint32_t depth;          /* 0 = a root */
  enum nlink_kind kind;    /* of a root that is no directory: its own */
  uint64_t apparent_bytes; /* the sizes of the files, and of the directories */
  uint64_t once_bytes;     /* what it occupies */
  uint64_t freed_bytes;    /* what deleting it alone returns to the file system */
  uint64_t held_bytes;     /* what stays, because names outside hold it: once_bytes less freed_bytes */
  uint64_t held_files;     /* how many files those are */
  uint64_t outside_names;  /* how many names outside hold them */
  uint64_t names;          /* names of files that are no directories */
  uint64_t files;          /* how many files those lead to */
  uint64_t directories;    /* itself among them */
};

/** One file of several names. */
struct nlink_space_group {
  uint64_t dev;
  uint64_t ino;
  uint64_t link_count;
  enum nlink_kind kind;
  uint64_t size_bytes;
  uint64_t allocated_bytes;
  uint64_t name_count;      /* how many of its names were seen: all that `names` holds */
  const char *const *names; /* by their bytes */
  uint64_t outside_names;   /* how many were not seen */
};

/** A name outside the roots that keeps a file inside them from being freed. */
struct nlink_space_holder {
  const char *path;   /* the name outside; NULL = it was not found */
  const char *inside; /* one of the file's names inside */
  uint64_t dev;
  uint64_t ino;
  uint64_t allocated_bytes; /* what it holds; the same bytes for each name of the same file */
  uint64_t missing;         /* with path NULL: how many names were not found */
};

/** What can make the true figures other than those told. */
struct nlink_space_doubts {
  uint64_t changed_files; /* files whose names changed while they were looked at: never told as freed */
  uint64_t wrong_counts; /* files with more names than their count says: told as freed where all are inside */
  uint64_t unread;       /* how many events there were: what is below them is not in the figures */
  bool may_share_extents; /* a file system that can share blocks between files: less may be freed */
};

struct nlink_space;

/**
 * Tell what directories occupy and what deleting them would free.
 *
 * The figures do not depend on the order of the paths. Files that processes have open, and blocks that files
 * share (reflinks, snapshots of the file system), can make what a deletion really returns smaller than freed_bytes.
 * Names that the scope leaves out are names outside.
 *
 * @param out      The figures; the caller's to close.
 * @param dir      Directory descriptor that all paths are relative to, or NLINK_CWD.
 * @param paths    Directories or files; a file is a row of its own.
 * @param count    How many; at least 1.
 * @param options  NULL = the defaults.
 * @param scope    NULL = everything.
 * @param error    NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK         All was looked at.
 * @retval NLINK_PARTIAL    All but what the events told.
 * @retval NLINK_CANCELLED  scope->on_progress said so.
 * @retval NLINK_INVALID    @p out is NULL, no or a NULL path, a wrong size, order or rule.
 * @retval NLINK_NO_MEMORY
 *
 * @par After an error   @p out is NULL.
 * @par Ownership        The figures are the caller's until nlink_space_close().
 * @par Threads          One thread at a time for one object.
 * @par Cost             One system call a name and four a directory, in parallel; memory for each directory and for
 *                       each name of a file with several.
 * @par Source           POSIX.1-2017 du
 * @par Since            0.2
 */
NLINK_API enum nlink_status nlink_space_open(struct nlink_space **out, int dir, const char *const *paths,
                                             size_t count, const struct nlink_space_options *options,
                                             const struct nlink_scope *scope, struct nlink_error *error);

/** Step to the next row, as options->order says: NLINK_OK, and @p row is written; or NLINK_END. */
NLINK_API enum nlink_status nlink_space_next(struct nlink_space *space, const struct nlink_space_row **row);

/** What all the paths occupy together, and what deleting them all together frees. */
NLINK_API const struct nlink_space_row *nlink_space_set(const struct nlink_space *space);

/**
 * The paths as a row of snapshots, the first given being the oldest: what deleting the paths 0 to @p index together
 * frees; the row of path @p index itself tells what deleting it alone does. UINT64_MAX = there is no such path.
 */
NLINK_API uint64_t nlink_space_oldest(const struct nlink_space *space, size_t index);

/** The row of the path @p index as given; NULL = there is no such, or it could not be looked at. */
NLINK_API const struct nlink_space_row *nlink_space_root(const struct nlink_space *space, size_t index);

/** Step to the next group, that which occupies most first: NLINK_OK, and @p group is written; or NLINK_END. */
NLINK_API enum nlink_status nlink_space_next_group(struct nlink_space *space,
                                                   const struct nlink_space_group **group);

/** Step to the next holder, that of most bytes first: NLINK_OK, and @p holder is written; or NLINK_END. */
NLINK_API enum nlink_status nlink_space_next_holder(struct nlink_space *space,
                                                    const struct nlink_space_holder **holder);

/** What can make the true figures other than those told. */
NLINK_API const struct nlink_space_doubts *nlink_space_doubts(const struct nlink_space *space);

/** Give back all that the figures hold; NULL is allowed. */
NLINK_API void nlink_space_close(struct nlink_space *space);

/* ------------------------------------------------------------------ 9  What is wrong */

/** What nlink_check_open() finds: name, word, sentence. */
#define NLINK_FINDING_MAP(X)                                                                                 \
  X(DANGLES, "dangles", "a soft link that leads nowhere")                                                    \
  X(LOOPS, "loops", "a soft link that leads back to itself")                                                 \
  X(ABSOLUTE_INSIDE, "absolute-inside", "an absolute soft link to something inside the root")                \
  X(POINTS_OUT, "points-out", "a soft link that leads out of the root")                                      \
  X(NEEDLESSLY_LONG, "needlessly-long", "a soft link with a longer way than it needs")                       \
  X(PARTLY_OUTSIDE, "partly-outside", "a file with names inside and outside")                                \
  X(NEAR_LIMIT, "near-limit", "a file with nearly as many names as it can have")                             \
  X(SET_ID_SHARED, "set-id-shared", "a setuid or setgid file with several names")                            \
  X(WRITABLE_AND_READ_ONLY, "writable-and-read-only", "a file with names where one may write and where not") \
  X(EMPTY_SHARED, "empty-shared", "an empty file with several names")                                        \
  X(SOFT_LINK_SHARED, "soft-link-shared", "a soft link with several names")

enum nlink_finding_kind {
#define NLINK_FINDING_ENUM(name, word, sentence) NLINK_FINDING_##name,
  NLINK_FINDING_MAP(NLINK_FINDING_ENUM)
#undef NLINK_FINDING_ENUM
      NLINK_FINDING_KINDS /* how many there are */
};

/** One finding; borrowed until nlink_check_close(). */
struct nlink_finding {
  enum nlink_finding_kind kind;
  const char *path;         /* the soft link, or the first name of the file */
  const char *target;       /* what a soft link holds; NULL = it is about a file */
  const char *candidate;    /* DANGLES: the nearest existing thing of the lost name; NULL = none was seen */
  const char *const *names; /* the file's names inside, by their bytes; NULL = it is about a soft link */
  size_t name_count;
  uint64_t link_count;
  const char *text; /* what is wrong, with the values seen; without a full stop */
  const char *mend; /* a command that would mend it; "" = it depends on what is wanted */
};

/** What nlink_check_open() takes; all zeros but size = the defaults. */
struct nlink_check_options {
  size_t size;  /* sizeof (struct nlink_check_options) */
  unsigned off; /* a set of 1u << nlink_finding_kind: what is not looked for */
};

struct nlink_check;

/**
 * Find and explain what is wrong with the links in trees. Nothing is changed.
 *
 * @param out      The findings by kind, those of a kind by path; the caller's to close.
 * @param dir      Directory descriptor that all paths are relative to, or NLINK_CWD.
 * @param paths    The roots. "Inside" means below any of them.
 * @param count    How many; at least 1.
 * @param options  NULL = the defaults.
 * @param scope    NULL = everything. `listed` is refused.
 * @param error    NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK         All was looked at.
 * @retval NLINK_PARTIAL    All but what the events told.
 * @retval NLINK_CANCELLED  scope->on_progress said so.
 * @retval NLINK_INVALID    @p out is NULL, no or a NULL path, a wrong size or rule.
 * @retval NLINK_NO_MEMORY
 *
 * @par After an error   @p out is NULL.
 * @par Ownership        The findings are the caller's until nlink_check_close().
 * @par Threads          One thread at a time for one object.
 * @par Cost             As nlink_space_open(); a few system calls a soft link; a second walk where some dangle.
 * @par Source           none
 * @par Since            0.2
 */
NLINK_API enum nlink_status nlink_check_open(struct nlink_check **out, int dir, const char *const *paths,
                                             size_t count, const struct nlink_check_options *options,
                                             const struct nlink_scope *scope, struct nlink_error *error);

/** Step to the next finding: NLINK_OK, and @p finding is written; or NLINK_END. */
NLINK_API enum nlink_status nlink_check_next(struct nlink_check *check, const struct nlink_finding **finding);

/** Give back all that the findings hold; NULL is allowed. */
NLINK_API void nlink_check_close(struct nlink_check *check);

/* ------------------------------------------------------------------ 10  Equal files made one */

/** How equal files are made to share what they occupy. */
enum nlink_dedupe_mode {
  NLINK_MODE_HARDLINK, /* they become names of one file */
  NLINK_MODE_REFLINK,  /* the system compares them and lets them share blocks; each stays a file of its own */
  NLINK_MODE_SYMLINK   /* they become relative soft links to the one that is kept */
};

/** Which of several equal files is kept, where options->keep_rules do not say. */
enum nlink_keep {
  NLINK_KEEP_MOST_NAMES, /* by the link count; then the oldest */
  NLINK_KEEP_OLDEST,     /* by mtime */
  NLINK_KEEP_NEWEST,
  NLINK_KEEP_FIRST /* whose path was given first; below one path, by the bytes of its directory's path, then of its name */
};

/**
 * In what equal files can differ all the same: name, word, sentence. Files that differ in DEVICE to SECURITY do not
 * become one unless `ignore` says so (DEVICE: never by hard links); in MTIME and NAME, only where `match` asks for it.
 */
#define NLINK_ASPECT_MAP(X)                                                                                  \
  X(DEVICE, "device", "they are on different file systems")                                                  \
  X(OWNER, "owner", "their owners differ")                                                                   \
  X(GROUP, "group", "their groups differ")                                                                   \
  X(MODE, "mode", "their permissions differ")                                                                \
  X(ACL, "acl", "their access control lists differ")                                                         \
  X(XATTR, "xattr", "their extended attributes differ")                                                      \
  X(SECURITY, "security", "their capabilities or security labels differ")                                    \
  X(MTIME, "mtime", "their modification times differ")                                                       \
  X(NAME, "name", "no two of their names are equal")

enum nlink_aspect {
#define NLINK_ASPECT_ENUM(name, word, sentence) NLINK_ASPECT_##name,
  NLINK_ASPECT_MAP(NLINK_ASPECT_ENUM)
#undef NLINK_ASPECT_ENUM
      NLINK_ASPECTS /* how many there are */
};

/** Why a file, or a name, is or was left alone: name, word, sentence; and whether that is because of an error. */
#define NLINK_LEFT_MAP(X)                                                                                    \
  X(NOTHING, "nothing", "it is not left alone", false)                                                       \
  X(DIFFERS, "differs", "it has equal bytes but differs otherwise", false)                                   \
  X(REFERENCE, "reference", "it has a name in a reference tree", false)                                      \
  X(SHARED, "shared", "it shares its blocks already", false)                                                 \
  X(YOUNG, "young", "it was changed a moment ago", false)                                                    \
  X(CHANGED, "changed", "it was changed since it was looked at", false)                                      \
  X(VANISHED, "vanished", "its name is gone or leads to another file", false)                                \
  X(OPEN, "open", "a program has it open for writing", false)                                                \
  X(UNGUARDED, "unguarded", "nobody can tell whether a program has it open for writing", false)              \
  X(LINK_LIMIT, "link-limit", "the file that is kept has as many names as it can have", false)               \
  X(UNSUPPORTED, "unsupported", "its file system cannot share blocks", false)                                \
  X(STOPPED, "stopped", "the work was stopped before", false)                                                \
  X(FAILED, "failed", "the system refused", true)

enum nlink_left {
#define NLINK_LEFT_ENUM(name, word, sentence, is_error) NLINK_LEFT_##name,
  NLINK_LEFT_MAP(NLINK_LEFT_ENUM)
#undef NLINK_LEFT_ENUM
      NLINK_LEFTS /* how many there are */
};

/** What nlink_dedupe_open() takes; all zeros but size = the defaults. */
struct nlink_dedupe_options {
  size_t size; /* sizeof (struct nlink_dedupe_options) */
  enum nlink_dedupe_mode mode;
  enum nlink_keep keep;
  /* Each "+ PATTERN" as in a scope: who has a name that the first matches is kept before all others, and so on. */
  const char *const *keep_rules;
  size_t keep_rule_count;
  unsigned ignore; /* a set of 1u << nlink_aspect that need not be equal */
  unsigned match;  /* a set of 1u << nlink_aspect that must be equal as well */
  /* Trees, walked as well, whose names are never replaced; a file with a name in one is kept before all others. */
  const char *const *references;
  size_t reference_count;
  int64_t min_age_ns; /* files changed less long ago are left alone (YOUNG); 0 = two seconds, -1 = none is */
  uint64_t max_links; /* no file gets more names than so many; 0 = as many as it can have */
  uint64_t memory_bytes; /* for contents while they are compared; 0 = 256 MiB */
};

/** What is to be done with a file of a group, or was. */
enum nlink_dedupe_act {
  NLINK_ACT_KEEP,    /* it stays; others become names of it */
  NLINK_ACT_REPLACE, /* its names here become names of the kept file */
  NLINK_ACT_LEAVE    /* it stays, for the reason told */
};

/** A file of a group of equal files; borrowed. */
struct nlink_dedupe_file {
  enum nlink_dedupe_act act;
  enum nlink_left left;     /* LEAVE: why */
  unsigned differs;         /* LEAVE for DIFFERS: in what, a set of 1u << nlink_aspect */
  size_t keep;              /* which of the group's files it is to become, or was compared with */
  struct nlink_stat stat;   /* when it was looked at; mount_id and subvolume are 0 */
  const char *const *names; /* those that were seen, by their bytes */
  size_t name_count;
  uint64_t outside_names; /* how many were not seen */
};

/** Files of equal contents, of which some are to be replaced; borrowed. */
struct nlink_dedupe_group {
  uint64_t size_bytes;                   /* of each */
  uint64_t gain_bytes;                   /* what the replacing returns to the file system */
  const struct nlink_dedupe_file *files; /* each that is kept, followed by those that become names of it */
  size_t file_count;
};

/** What was found, what is to be done, and what was done. */
struct nlink_dedupe_report {
  uint64_t names;         /* of regular files, seen */
  uint64_t files;         /* those they lead to */
  uint64_t read_bytes;    /* what was read to compare them */
  uint64_t groups;        /* of equal files */
  uint64_t planned_files; /* to be replaced */
  uint64_t planned_names; /* of those */
  uint64_t gain_bytes;    /* what that returns: allocated bytes of files that lose their last name */
  uint64_t left_files;    /* of groups: left alone, by the plan */
  uint64_t done_files;    /* replaced: the last of their names, too */
  uint64_t done_names;
  uint64_t gained_bytes;
  uint64_t left_names; /* left alone while acting: on_left told each */
  uint64_t failed;     /* of those: because of an error */
};

/**
 * A name that was left alone while acting.
 *
 * @param error  What the system said, for NLINK_LEFT_FAILED and others that have it; NULL = it said nothing.
 */
typedef void nlink_left_function(const char *path, enum nlink_left left, const struct nlink_error *error,
                                 void *ctx);

/** What all that act upon a plan or a journal take; all zeros but size = the defaults. */
struct nlink_apply_options {
  size_t size;         /* sizeof (struct nlink_apply_options) */
  const char *journal; /* the file to write; it must not exist. NULL = a new one in the state directory */
  bool no_journal;     /* write none: what was done cannot be undone, and a crash leaves temporary names */
  bool unguarded; /* act also where nobody can tell whether a program has a file open; where one has: never */
  bool dry_run;   /* recover, undo: tell what would be done, and change nothing */
  uint32_t threads;                     /* at most so many; 0 = as suits the machine */
  nlink_left_function *on_left;         /* in the caller's thread; NULL = only counted */
  nlink_event_function *on_event;       /* trouble that is not one name's; NULL = only counted */
  nlink_progress_function *on_progress; /* false = finish what is begun and stop: NLINK_CANCELLED */
  void *ctx;                            /* handed to all three */
};

struct nlink_dedupe;

/**
 * Find files with equal contents and plan how they become one. Nothing is changed.
 *
 * Contents are compared byte for byte; none is read twice, nor further than it is still equal to another. Files that are
 * names of one file already are read once. Empty files and what is no regular file are never part of a group. Paths and
 * references may overlap.
 *
 * @param out      The plan; the caller's to close.
 * @param dir      Directory descriptor that all paths are relative to, or NLINK_CWD.
 * @param paths    The trees to look at.
 * @param count    How many; at least 1.
 * @param options  NULL = the defaults.
 * @param scope    NULL = everything; with it, files of less than scope->min_bytes are left out. on_progress is told
 *                 of the comparing, too.
 * @param error    NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK         All was looked at and compared.
 * @retval NLINK_PARTIAL    All but what the events told; a file that could not be read equals no other.
 * @retval NLINK_CANCELLED  scope->on_progress said so.
 * @retval NLINK_INVALID    @p out is NULL, no or a NULL path, a wrong size, mode, keep, set or rule.
 * @retval NLINK_NO_MEMORY
 *
 * @par After an error   @p out is NULL.
 * @par Ownership        The plan is the caller's until nlink_dedupe_close().
 * @par Threads          One thread at a time for one object.
 * @par Cost             A walk; for each file that has another's size four system calls and its bytes, in parallel; at most
 *                       options->memory_bytes for contents; memory linear in the names of regular files.
 * @par Source           none
 * @par Since            0.3
 */
NLINK_API enum nlink_status nlink_dedupe_open(struct nlink_dedupe **out, int dir, const char *const *paths,
                                              size_t count, const struct nlink_dedupe_options *options,
                                              const struct nlink_scope *scope, struct nlink_error *error);

/** Step to the next group, that of the largest gain first: NLINK_OK, and @p group is written; or NLINK_END. */
NLINK_API enum nlink_status nlink_dedupe_next(struct nlink_dedupe *dedupe,
                                              const struct nlink_dedupe_group **group);

/** What was found and planned, and after nlink_dedupe_apply() what was done. */
NLINK_API const struct nlink_dedupe_report *nlink_dedupe_report(const struct nlink_dedupe *dedupe);

/**
 * Save a plan, to be loaded and applied later. The file is made anew, readable by its owner alone.
 *
 * @retval NLINK_OK         It is on the disk.
 * @retval NLINK_EXISTS     @p path exists.
 * @retval NLINK_NO_MEMORY, NLINK_NO_SPACE, NLINK_QUOTA, NLINK_IO, NLINK_READ_ONLY, NLINK_DENIED,
 *         NLINK_NOT_FOUND  As their sentences say.
 */
NLINK_API enum nlink_status nlink_dedupe_save(const struct nlink_dedupe *dedupe, int dir, const char *path,
                                              struct nlink_error *error);

/**
 * Load a plan saved by nlink_dedupe_save(). Nothing of it is believed when it is applied: each file is looked at again.
 *
 * @retval NLINK_OK       @p out is as it was after nlink_dedupe_open().
 * @retval NLINK_INVALID  It is no plan, of a version that is not known, or damaged; the text says which.
 */
NLINK_API enum nlink_status nlink_dedupe_load(struct nlink_dedupe **out, int dir, const char *path,
                                              struct nlink_error *error);

/**
 * Do what the plan says.
 *
 * Each name holds, at every instant and after a crash at any, its old bytes or equal ones. A name whose file was
 * changed, is open for writing, or differs from the kept file by a byte is left alone and told. What was done is in
 * the journal, for nlink_undo(); what a crash left is mended by nlink_recover(), which this calls first for journals
 * that were left unfinished in the plan's directories.
 *
 * @param dedupe   Can be applied once.
 * @param options  NULL = the defaults.
 * @param error    NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK         All was done.
 * @retval NLINK_PARTIAL    Some names were left alone; on_left told each.
 * @retval NLINK_CANCELLED  on_progress said so; what was begun is finished.
 * @retval NLINK_NO_SPACE, NLINK_QUOTA, NLINK_IO, NLINK_READ_ONLY
 *                          The work ended there; what was done stands.
 * @retval NLINK_EXISTS     options->journal exists.
 * @retval NLINK_INVALID    Applied already, or a wrong size.
 * @retval NLINK_NO_MEMORY
 *
 * @par After an error   Every name is there with its bytes; the report tells what was done, the journal knows it.
 * @par Ownership        None changes hands.
 * @par Threads          One thread at a time for one object. Two processes may work on one tree.
 * @par Cost             About twenty system calls a name, in parallel; one sync of the journal, two of each file system.
 * @par Source           Linux renameat2(2), F_SETLEASE in fcntl(2), ioctl_fideduperange(2)
 * @par Since            0.3
 */
NLINK_API enum nlink_status nlink_dedupe_apply(struct nlink_dedupe *dedupe,
                                               const struct nlink_apply_options *options,
                                               struct nlink_error *error);

/** The journal that nlink_dedupe_apply() wrote, an absolute path; NULL = none. */
NLINK_API const char *nlink_dedupe_journal(const struct nlink_dedupe *dedupe);

/** Give back all that the plan holds; NULL is allowed. */
NLINK_API void nlink_dedupe_close(struct nlink_dedupe *dedupe);

/* ------------------------------------------------------------------ 11  Journals, mending */

/** How a journal's work stands. */
enum nlink_journal_state {
  NLINK_JOURNAL_RUNNING,    /* a process is at work */
  NLINK_JOURNAL_UNFINISHED, /* it ended before its work did: nlink_recover() */
  NLINK_JOURNAL_DONE,
  NLINK_JOURNAL_RECOVERED, /* ended, and was mended */
  NLINK_JOURNAL_UNDONE,
  NLINK_JOURNAL_UNREADABLE /* no journal, of an unknown version, or damaged before its first record */
};

/** One journal; borrowed. */
struct nlink_journal_entry {
  const char *path; /* absolute */
  enum nlink_journal_state state;
  const char *verb;   /* "dedupe", "check", "undo" */
  int64_t started_ns; /* since 1970 UTC; NLINK_TIME_UNKNOWN */
  uint64_t names;     /* that it meant to replace */
  uint64_t done_names;
  uint64_t gained_bytes;
};

struct nlink_journals;

/**
 * List the journals of a directory, the newest first.
 *
 * @param path  NULL = the state directory: $XDG_STATE_HOME/nlink, else ~/.local/state/nlink; may be missing.
 */
NLINK_API enum nlink_status nlink_journals_open(struct nlink_journals **out, int dir, const char *path,
                                                struct nlink_error *error);

/** Step to the next journal: NLINK_OK, and @p entry is written; or NLINK_END. */
NLINK_API enum nlink_status nlink_journals_next(struct nlink_journals *journals,
                                                const struct nlink_journal_entry **entry);

NLINK_API void nlink_journals_close(struct nlink_journals *journals);

/** What a journal did, or meant to do, to one name; borrowed until the next step. */
struct nlink_journal_name {
  const char *path; /* absolute */
  /*
   * The name of the kept file, or what the soft link was to hold; "" = the name was to be removed. Of an undo's: the first of
   * the names that were to share a file of their own.
   */
  const char *with;
  bool done;
  enum nlink_left left; /* not done: why, as far as the journal knows */
  uint64_t size_bytes;
  uint64_t ino; /* of the file that the name led to before */
};

struct nlink_journal;

/**
 * Read one journal: its names in the order of its directories.
 *
 * @retval NLINK_INVALID  It is no journal, of a version that is not known, or damaged; the text says which.
 */
NLINK_API enum nlink_status nlink_journal_open(struct nlink_journal **out, int dir, const char *path,
                                               struct nlink_error *error);

/** What the journal is as a whole. */
NLINK_API const struct nlink_journal_entry *nlink_journal_about(const struct nlink_journal *journal);

/** Step to the next name: NLINK_OK, and @p name is written; or NLINK_END; or NLINK_NO_MEMORY. */
NLINK_API enum nlink_status nlink_journal_next(struct nlink_journal *journal,
                                               const struct nlink_journal_name **name);

NLINK_API void nlink_journal_close(struct nlink_journal *journal);

/** What recovering or undoing did. */
struct nlink_repair_report {
  uint64_t journals;       /* worked on */
  uint64_t names;          /* looked at */
  uint64_t finished_names; /* recover: whose replacing was finished */
  uint64_t
      returned_names; /* recover: that hold what they held before; undo: that have a file of their own again */
  uint64_t removed_names;  /* temporary ones */
  uint64_t missing_names;  /* that are not there, whoever removed them */
  uint64_t left_names;     /* told by on_left */
  uint64_t failed;         /* of those: because of an error */
  uint64_t returned_bytes; /* undo: what the files of their own occupy */
};

/**
 * Finish or take back what journals left unfinished, remove their temporary names, and prove that no name is missing.
 *
 * @param path     A journal; NULL = all unfinished ones in the state directory. One at whose work a process is, is left
 *                 alone: NLINK_BUSY for a single one.
 * @param below    With path NULL: only journals with names in these directories; NULL = all.
 * @param count    How many directories.
 * @param options  NULL = the defaults; journal and no_journal are not used.
 * @param report   NULL = nobody wants to know.
 *
 * @retval NLINK_OK         Nothing is left of them.
 * @retval NLINK_PARTIAL    Something stays as it is: on_left and on_event told it.
 * @retval NLINK_BUSY, NLINK_INVALID, NLINK_NOT_FOUND, NLINK_NO_MEMORY
 *
 * @par After an error   Every name is there; it can be called again.
 */
NLINK_API enum nlink_status nlink_recover(int dir, const char *path, const char *const *below, size_t count,
                                          const struct nlink_apply_options *options,
                                          struct nlink_repair_report *report, struct nlink_error *error);

/**
 * Give every name that a journal's work replaced a file of its own again, with the bytes, mode, owner, times and
 * attributes that it had; names that shared a file share one again. A soft link gets back what it held.
 *
 * A name that leads elsewhere since, or whose file was written to since, is left alone and told. What undo itself does is in
 * a journal of its own while it works, so that a crash is mended by nlink_recover().
 *
 * @retval NLINK_OK         All are as they were.
 * @retval NLINK_PARTIAL    Some were left alone: on_left told each.
 * @retval NLINK_CANCELLED  on_progress said so; it can be called again for the rest.
 * @retval NLINK_BUSY       A process is at work on the journal.
 * @retval NLINK_NO_SPACE, NLINK_QUOTA, NLINK_IO, NLINK_READ_ONLY, NLINK_INVALID, NLINK_NOT_FOUND, NLINK_NO_MEMORY
 *
 * @par After an error   Every name is there with its bytes; it can be called again.
 */
NLINK_API enum nlink_status nlink_undo(int dir, const char *path, const struct nlink_apply_options *options,
                                       struct nlink_repair_report *report, struct nlink_error *error);

/** What nlink_check_fix() did. */
struct nlink_fix_report {
  uint64_t planned_names; /* soft links that it was to mend */
  uint64_t done_names;
  uint64_t left_names; /* left alone: on_left told each */
  uint64_t failed;     /* of those: because of an error */
};

/**
 * What nlink_check_fix() would let the soft link of this finding hold, as finding->mend says it.
 *
 * @param finding  One that nlink_check_next() gave, itself and no copy.
 * @returns        "" = it would be removed, where removing is asked for; NULL = it would be left as it is. Borrowed until
 *                 nlink_check_close().
 */
NLINK_API const char *nlink_check_mended(const struct nlink_check *check,
                                         const struct nlink_finding *finding);

/**
 * Mend soft links: re-aim those that lead nowhere at their candidate, make absolute ones relative, shorten long ones. Of what
 * leads out, and of files, nothing is mended.
 *
 * By the same swap and journal as nlink_dedupe_apply(); nlink_undo() takes it back. A soft link that is another one
 * since it was looked at is left alone. Names of one soft link that are to hold the same share one afterwards, too.
 *
 * @param check    Can be mended once.
 * @param remove   Remove those that lead nowhere and have no candidate, where all names were seen, and those that
 *                 lead round in circles.
 * @param options  NULL = the defaults. With dry_run nothing is done but filling in report->planned_names, and it can be
 *                 mended yet.
 * @param report   NULL = nobody wants to know; else written in every case.
 * @param error    NULL = no detail; else written only on failure.
 *
 * @retval NLINK_OK         All was done, or there was nothing to do: then there is no journal.
 * @retval NLINK_PARTIAL    Some were left alone; on_left told each.
 * @retval NLINK_INVALID    Mended already, or a wrong size.
 * @retval ...              As nlink_dedupe_apply().
 *
 * @par After an error   Every name is there, as it was or mended; the journal knows.
 * @par Ownership        None changes hands.
 * @par Threads          One thread at a time for one object.
 * @par Cost             As nlink_dedupe_apply().
 * @par Source           none
 * @par Since            0.3
 */
NLINK_API enum nlink_status nlink_check_fix(struct nlink_check *check, bool remove,
                                            const struct nlink_apply_options *options,
                                            struct nlink_fix_report *report, struct nlink_error *error);

/** The journal that nlink_check_fix() wrote, an absolute path; NULL = none. */
NLINK_API const char *nlink_check_journal(const struct nlink_check *check);

/* ------------------------------------------------------------------ 12  Words */

#define NLINK_QUOTE_ASCII  0x01u /* escape every byte beyond ASCII, not only what is no valid UTF-8 */
#define NLINK_QUOTE_NEEDED 0x02u /* quote only where a shell or a person would need it */

/**
 * Write a name so that a person can read it and a shell would read it back as the same bytes.
 *
 * Single quotes, and $'...' around bytes that are no printable text.
 *
 * @param out    Room for the text; NULL only where @p size is 0. Always NUL-terminated where size > 0.
 * @param size   Room in bytes; 6 times the name's length plus 16 is always enough.
 * @param name   Any bytes.
 * @param flags  0 or NLINK_QUOTE_ASCII | NLINK_QUOTE_NEEDED.
 *
 * @returns      The length that the whole text has, without NUL; size or more = it was cut.
 *
 * @par After an error   Cannot fail.
 * @par Ownership        None changes hands.
 * @par Threads          Any number at once.
 * @par Cost             No system call, no allocation.
 * @par Source           POSIX.1-2024 dollar-single-quotes
 * @par Since            0.1
 */
NLINK_API size_t nlink_quote(char *out, size_t size, const char *name, unsigned flags);

/** The status as a sentence, as a name ("NLINK_EXISTS"); static text, never NULL. */
NLINK_API const char *nlink_status_text(enum nlink_status status);
NLINK_API const char *nlink_status_name(enum nlink_status status);

/** The cause, the step as one word ("protected-hardlinks", "link"); static text, never NULL. */
NLINK_API const char *nlink_cause_name(enum nlink_cause cause);
NLINK_API const char *nlink_step_name(enum nlink_step step);

/** The absence, the kind of finding as one word ("other-mount", "dangles"); the latter as a sentence; static text. */
NLINK_API const char *nlink_absence_name(enum nlink_absence absence);
NLINK_API const char *nlink_finding_name(enum nlink_finding_kind kind);
NLINK_API const char *nlink_finding_text(enum nlink_finding_kind kind);

/** The aspect, the reason to be left alone, as one word ("owner", "changed") and as a sentence; static text. */
NLINK_API const char *nlink_aspect_name(enum nlink_aspect aspect);
NLINK_API const char *nlink_aspect_text(enum nlink_aspect aspect);
NLINK_API const char *nlink_left_name(enum nlink_left left);
NLINK_API const char *nlink_left_text(enum nlink_left left);

/** The name of a system's error number ("EXDEV"), "" where it has none; static text. */
NLINK_API const char *nlink_errno_name(int sys);

/** The library's version as it runs, "major.minor.patch"; NLINK_VERSION is the header's. */
NLINK_API const char *nlink_version(void);

#ifdef __cplusplus
}
#endif

#endif
