/*
 * os.h - what the house asks of a system
 *
 * Every function that can fail returns 0 or the system's own error number, which nl_os_status() turns into
 * the house's word. A directory descriptor may be NLINK_CWD everywhere. Nothing here follows a soft link at
 * the end of a path unless it says so. Each system answers in its own file: posix.c what all of them share,
 * linux.c the rest.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_OS_H
#define NL_OS_H

#include "nlink.h"

/*
 * Before a function that hands the caller's path to the system unseen. The C library declares its paths to be
 * never NULL; to the system NULL is a bad pointer like any other, and refusing one is its own affair.
 */
#if defined(__GNUC__)
#define NL_ANY_POINTER __attribute__((no_sanitize("nonnull-attribute")))
#else
#define NL_ANY_POINTER
#endif

/* ---------------------------------------------------------------- names */

/** Give src the further name dst; with @p follow a soft link at the end of src is followed. */
int nl_os_link(int src_dir, const char *src, int dst_dir, const char *dst, bool follow);

/** Give the file behind @p fd the further name dst, by whichever way the system allows this process. */
int nl_os_link_fd(int fd, int dst_dir, const char *dst);

int nl_os_symlink(const char *target, int dir, const char *name);

/** Read a soft link; the target is NUL-terminated and whole, else TOO_SMALL is answered. */
int nl_os_readlink(char *target, size_t size, int dir, const char *path);

int nl_os_unlink(int dir, const char *name);

/** Put @p from in the place of @p to, atomically; both in @p dir. */
int nl_os_rename(int dir, const char *from, const char *to);

/** As nl_os_rename(), but refuse (EXISTS) where @p to stands. Not every file system can: NOT_SUPPORTED. */
int nl_os_rename_new(int dir, const char *from, const char *to);

/** Exchange two names, atomically; both in @p dir. Not every file system can: NOT_SUPPORTED or INVALID. */
int nl_os_exchange(int dir, const char *a, const char *b);

/* ---------------------------------------------------------------- descriptors */

enum nl_os_open {
  NL_OS_NODE,        /* the thing itself, without any right to read: soft links are not followed */
  NL_OS_NODE_FOLLOW, /* the same, but a soft link at the end is followed */
  NL_OS_DIRECTORY,   /* a directory, to resolve names in; a soft link at the end is followed */
  NL_OS_SUBDIRECTORY /* the same, but a soft link at the end is refused */
};

int nl_os_open(int *fd, int dir, const char *path, enum nl_os_open how);

/**
 * As nl_os_open(), but the system itself makes sure that the path stays beneath @p dir.
 *
 * NOT_SUPPORTED = this system cannot; ESCAPES = it would leave; TRY_AGAIN = a component moved meanwhile.
 */
int nl_os_open_beneath(int *fd, int dir, const char *path, enum nl_os_open how);

/** Close; -1 and NLINK_CWD are left alone. */
void nl_os_close(int fd);

/* ---------------------------------------------------------------- looking */

int nl_os_stat(struct nlink_stat *out, int dir, const char *path, bool follow);
int nl_os_stat_fd(struct nlink_stat *out, int fd);

/** Whether the two are one file. */
static inline bool nl_os_is_same(const struct nlink_stat *a, const struct nlink_stat *b) {
  return a->dev == b->dev && a->ino == b->ino;
}

/** A number for tables of identities. Inode numbers are mostly counted up; the upper bits of a product spread them. */
static inline uint64_t nl_os_hash(uint64_t dev, uint64_t ino) {
  return (ino ^ (dev << 32 | dev >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
}

/** As nl_os_stat_fd(), but a file system's server is asked anew: what is remembered of its answers is not used. */
int nl_os_stat_fresh(struct nlink_stat *out, int fd);

/** What a walk wants to know of a name, and no more: fewer bits to fill in, and to carry. */
struct nl_os_look {
  uint64_t dev;
  uint64_t ino;
  uint64_t size_bytes;
  uint64_t allocated_bytes;
  int64_t atime_ns;
  int64_t mtime_ns;
  int64_t ctime_ns;
  int64_t btime_ns; /* birth, or NLINK_TIME_UNKNOWN; asked only of @p dir itself */
  uint32_t uid;
  uint32_t gid;
  uint32_t link_count;
  enum nlink_kind kind;
  uint32_t mode; /* permission bits, at most 07777 */
};

/** Look at a name, not following; "" = @p dir itself. */
int nl_os_look(struct nl_os_look *out, int dir, const char *name);

/** The names in a directory, one call a name; @p take answers false to stop. "." and ".." are left out. */
int nl_os_each_name(int dir, const char *path, bool (*take)(const char *name, void *ctx), void *ctx);

/** Open a directory to read the names in it; a soft link at the end is followed only with @p follow. */
int nl_os_open_to_read(int *fd, int dir, const char *path, bool follow);

/** One name as its directory tells it. */
struct nl_os_entry {
  const char *name; /* NUL-terminated, in the room that was read into */
  size_t length;
  uint64_t ino;         /* what the directory says: not that of a file system mounted there */
  enum nlink_kind kind; /* UNKNOWN = the file system does not tell */
};

/**
 * Read some entries of a directory opened by nl_os_open_to_read() into @p room, in the system's order.
 *
 * @param used  Out: how much of the room holds entries; 0 = there are no more.
 */
int nl_os_read_entries(size_t *used, int fd, void *room, size_t room_bytes);

/** The entry at *at, and step behind it; "." and ".." are left out. false = there is none before @p used. */
bool nl_os_next_entry(struct nl_os_entry *out, const void *room, size_t used, size_t *at);

/**
 * Whether the numbers that directories on the file system of @p fd tell with their names are those of the files, and the
 * files on the same device as the directories. Not known to = false.
 */
int nl_os_tells_numbers(bool *tells, int fd);

/** One name and its length; false = stop. */
typedef bool nl_os_take_name(void *ctx, const char *name, size_t length);

/**
 * All names in a directory opened by nl_os_open_to_read(), in the system's order, without "." and "..".
 *
 * @param room  The caller's, for the system's answers: at least 4096 bytes, aligned for any type. The more,
 *              the fewer system calls.
 */
int nl_os_read_names(int fd, void *room, size_t room_bytes, nl_os_take_name *take, void *ctx);

/** The absolute path of the directory @p dir. */
int nl_os_directory_path(char *out, size_t size, int dir);

int nl_os_random(void *out, size_t size);

/* ---------------------------------------------------------------- contents */

/** Open a regular file to read: it never waits, follows no soft link at the end, and leaves atime alone where it may. */
int nl_os_open_file(int *fd, int dir, const char *path);

/** Read @p count bytes from @p at on; fewer = the file ends there. An interruption is no failure. */
int nl_os_read(size_t *got, int fd, void *room, size_t count, uint64_t at);

/** Say that this part of the file will be read soon. */
void nl_os_will_read(int fd, uint64_t at, uint64_t count);

/** Make a new file to read and write, which its owner alone may; EXISTS where something stands. */
int nl_os_create(int *fd, int dir, const char *path);

/** Open an existing file to read, and to write at its end only. */
int nl_os_open_to_append(int *fd, int dir, const char *path);

/** Write all of it, at the descriptor's position. An interruption is no failure. */
int nl_os_write(int fd, const void *bytes, size_t count);

/** Cut a file, or let it grow by a hole. */
int nl_os_resize(int fd, uint64_t size_bytes);

/**
 * Wait until what was written to the file is on the disk; until all of its file system is. The first wants a file opened to
 * read or write (a directory by nl_os_open_to_read()), the second takes any directory that may be read, too.
 */
int nl_os_sync_data(int fd);
int nl_os_sync_fs(int fd);

/** Wait until all of a file is on the disk: of a directory the names in it, too, which not every file system takes for data. */
int nl_os_sync(int fd);

/**
 * Write the file's dirty pages out, so that from now on the first write to each through a mapping shows in mtime, where the
 * file system tells such writes at all (struct nl_os_fs). Between a look at a file's mtime and the reading of its bytes this
 * makes the one vouch for the other. It does not make the bytes safe from a power cut.
 */
int nl_os_settle(int fd);

/**
 * Fill the new file @p to with the @p size_bytes of @p from: by sharing blocks where that is possible, with its holes.
 * TRY_AGAIN = @p from has become shorter. After an error, @p to holds anything.
 */
int nl_os_copy(int from, int to, uint64_t size_bytes);

/** Lock a file against other processes that do the same, until it is closed; BUSY = one has it. */
int nl_os_lock(int fd);

/** Make a directory that its owner alone may use. */
int nl_os_make_directory(int dir, const char *path);

/* ---------------------------------------------------------------- leases */

/**
 * Where the system's signals about leases go, so that none reaches the caller's program: a thread that blocks them all.
 */
struct nl_os_guard;

/** NOT_SUPPORTED = there is no such thread to be had, and so no lease. */
int nl_os_guard_open(struct nl_os_guard **out);
void nl_os_guard_close(struct nl_os_guard *guard);

/**
 * Take a read lease on a file opened to read: while it holds, nobody has the file open for writing, and who tries
 * to is held up. TRY_AGAIN = somebody has; DENIED, INVALID, NOT_SUPPORTED = nobody can tell. NOT_SUPPORTED also where the
 * system would grant one that does not see all writers (overlay, FUSE, network): it is for local file systems.
 *
 * Not noticed: a file that is opened only for reading, and emptied by that (O_RDONLY | O_TRUNC); its size tells. Neither
 * are changes of owner, mode, times, attributes and names; ctime tells.
 */
int nl_os_lease(int fd, const struct nl_os_guard *guard);

/** Whether the lease was not asked back since. It is given back by nl_os_lease_end() or by closing. */
bool nl_os_lease_holds(int fd);
void nl_os_lease_end(int fd);

/* ---------------------------------------------------------------- attributes of an open file */

/** The names of the extended attributes, each NUL-terminated, none where there can be none; TOO_SMALL, and *length is what is needed. */
int nl_os_xattr_names(size_t *length, int fd, char *names, size_t size);

/** The value of one; TOO_SMALL, and *length is what is needed. */
int nl_os_xattr(size_t *length, int fd, const char *name, void *value, size_t size);
int nl_os_set_xattr(int fd, const char *name, const void *value, size_t length);

int nl_os_set_owner(int fd, uint32_t uid, uint32_t gid);
int nl_os_set_mode(int fd, uint32_t mode);
/** A time of NLINK_TIME_UNKNOWN is left as it is. */
int nl_os_set_times(int fd, int64_t atime_ns, int64_t mtime_ns);

/** The same for the name itself, also of a soft link. */
int nl_os_set_owner_of(int dir, const char *name, uint32_t uid, uint32_t gid);
int nl_os_set_times_of(int dir, const char *name, int64_t atime_ns, int64_t mtime_ns);

/* ---------------------------------------------------------------- blocks */

/** A piece of a file, as it lies on the device. */
struct nl_os_extent {
  uint64_t at; /* in the file */
  uint64_t physical;
  uint64_t length;
  bool shared; /* other files have it too */
  bool plain;  /* physical tells where its bytes are: it is written, not encoded, and lies in nothing else */
};

/**
 * Tell a file's extents in order, those that are reserved behind its end too; false = stop. NOT_SUPPORTED = this file
 * system cannot tell.
 */
int nl_os_each_extent(int fd, bool (*take)(void *ctx, const struct nl_os_extent *extent), void *ctx);

/**
 * Let the file @p to share the blocks of @p from, from @p at on, where the system finds both equal.
 *
 * @param shared  Out: how many bytes were; fewer than asked = to be called again for the rest.
 * @param equal   Out: false = a byte differs.
 */
int nl_os_share(uint64_t *shared, bool *equal, int from, int to, uint64_t at, uint64_t count);

/* ---------------------------------------------------------------- this machine */

/** Nanoseconds since 1970 UTC, as files are stamped. */
int64_t nl_os_wall_ns(void);

/** What tells this run of the system from all others; 36 letters, "" where it is not known. */
void nl_os_boot(char out[40]);

/** Where this user's programs keep their state: $XDG_STATE_HOME, else ~/.local/state; an absolute path. */
int nl_os_state_directory(char *out, size_t size);

/* ---------------------------------------------------------------- what a file system knows of a file's names */

/**
 * One name that a file system keeps for a file; false = stop.
 *
 * @param dir_path  The absolute path of its directory as this process sees it, of any length: longer than the
 *                  system takes at once, too. NULL = the directory is out of sight, outside of what is mounted.
 */
typedef bool nl_os_take_link(void *ctx, const char *dir_path, const char *name);

/**
 * Tell all names that the file system itself keeps for the file @p name in the directory @p dir; the file is of any
 * kind, and never opened. Nothing is verified: a name may have come or gone since, or lie below another mount.
 *
 * 0 = all were told, or @p take stopped. Else this file system, system or process cannot tell (NOT_SUPPORTED and
 * NOT_PERMITTED mostly), or failed on the way, after some names perhaps: walk.
 */
int nl_os_names_of(int dir, const char *name, nl_os_take_link *take, void *ctx);

/* ---------------------------------------------------------------- facts, for finding causes */

/** What is known of the file system that a directory is on. */
struct nl_os_fs {
  char type[32];        /* "ext4", "" = unknown */
  bool read_only_mount; /* this mount is read-only */
  bool read_only;       /* the file system itself is, whatever the mount says */
  bool known_read_only; /* whether the two above could be told apart */
  uint64_t free_blocks; /* for an ordinary user */
  uint64_t free_inodes;
  bool counts_inodes; /* free_inodes means something */
  uint32_t name_max;  /* bytes; 0 = unknown */
  bool splits_groups; /* linking a name of a lower layer parts it from the file's other names */
  /*
   * The first write through a mapping to a page that is not dirty changes mtime, as ext2, ext3, ext4, XFS, btrfs and F2FS
   * have it. A page stays dirty until it is written to the disk, and further writes to it leave no trace meanwhile: mtime
   * vouches only for bytes that were read after the pages were cleaned (nl_os_settle()), and that after the look at mtime.
   * Elsewhere (tmpfs, overlay, FUSE, network) mtime says nothing of writes through a mapping.
   */
  bool tells_mapped_writes;
  bool shares_blocks; /* files can share blocks (btrfs, XFS); this one was perhaps made without */
};

int nl_os_fs(struct nl_os_fs *out, int fd);

/** One mount that this process sees. */
struct nl_os_mount {
  uint64_t id;
  uint64_t above;     /* the mount that it is mounted in */
  uint32_t dev_major; /* of the file system: another one than that of its files on some */
  uint32_t dev_minor;
  const char *root;  /* what of the file system is mounted: "/" = all of it */
  const char *point; /* where; an absolute path */
  const char *type;
};

/** Tell all mounts that this process sees, in any order; false = stop. The texts are borrowed for the call. */
int nl_os_each_mount(bool (*take)(void *ctx, const struct nl_os_mount *mount), void *ctx);

/** Attributes that a stat does not tell. */
struct nl_os_attributes {
  bool immutable;
  bool append_only;
  bool encrypted;
  bool knows_project; /* the two below are set */
  uint32_t project_id;
  bool inherits_project;
};

int nl_os_attributes(struct nl_os_attributes *out, int dir, const char *path, bool follow);

/** The same for an open descriptor, also one that may not be read. */
int nl_os_attributes_fd(struct nl_os_attributes *out, int fd);

/** Who asks, in the system's eyes. */
struct nl_os_who {
  uint32_t uid; /* effective, as files see it */
  uint32_t gid;
  bool may_own_all;    /* CAP_FOWNER, or all rights */
  bool may_read_all;   /* CAP_DAC_OVERRIDE or as good */
  bool may_link_by_fd; /* CAP_DAC_READ_SEARCH */
};

void nl_os_who(struct nl_os_who *out);

enum nl_os_right { NL_OS_MAY_READ = 4, NL_OS_MAY_WRITE = 2, NL_OS_MAY_SEARCH = 1 };

/** Whether the effective user may do all of @p rights; 0 = yes, else the system's refusal. "" = @p dir itself. */
int nl_os_may(int dir, const char *path, unsigned rights, bool follow);

/** fs.protected_hardlinks, fs.protected_symlinks: the value, or -1 where it cannot be read or does not exist. */
int nl_os_protected_hardlinks(void);
int nl_os_protected_symlinks(void);

/** Whether one of them is the id that the system shows where it has none to show. */
bool nl_os_is_nobody(uint32_t uid, uint32_t gid);

/** Whether an id stands for "no such user here" (an owner that the namespace does not map). */
bool nl_os_is_unmapped(uint32_t uid, uint32_t gid);

/** Whether calls are filtered (seccomp): 1, 0, or -1 unknown. */
int nl_os_is_filtered(void);

/* ---------------------------------------------------------------- threads, time, limits */

/** Threads for one piece of work. No signal reaches them. */
struct nl_os_team;

/** @param most  How many members there may be; member 0 is the caller's own thread, which starts nothing by this. */
int nl_os_team_open(struct nl_os_team **out, unsigned most, void (*run)(void *ctx, unsigned member),
                    void *ctx);

/** Start one more member: run(ctx, its number) in a thread of its own. One caller at a time; false = no more. */
bool nl_os_team_more(struct nl_os_team *team);

/** Wait until all have ended. */
void nl_os_team_close(struct nl_os_team *team);

/** A lock, with a place to wait until what it guards changes. */
struct nl_os_monitor;

int nl_os_monitor_open(struct nl_os_monitor **out);
void nl_os_enter(struct nl_os_monitor *monitor);
void nl_os_leave(struct nl_os_monitor *monitor);
/** Let go, wait for a wake, and hold it again; can return without one. */
void nl_os_wait(struct nl_os_monitor *monitor);
void nl_os_wake(struct nl_os_monitor *monitor, bool all);
void nl_os_monitor_close(struct nl_os_monitor *monitor);

/** Let other threads go first. */
void nl_os_yield(void);

/** How many processors this process may use; at least 1. */
unsigned nl_os_processors(void);

/** A clock that only goes forward; and the processor time of all threads of this process. */
uint64_t nl_os_now_ns(void);
uint64_t nl_os_processor_ns(void);

/**
 * How many descriptors a piece of work may hold open at once without starving its process; at most @p most. Makes
 * room for them in the process's table beforehand: growing it later, with several threads, is slow.
 */
unsigned nl_os_descriptors(unsigned most);

/* ---------------------------------------------------------------- error numbers */

enum nlink_status nl_os_status(int sys);

/** Whether the number says that the process, or the system, has no descriptor left. */
bool nl_os_is_out_of_descriptors(int sys);

/** The system's own sentence, as strerror(), but safe in threads. */
const char *nl_os_error_text(char *out, size_t size, int sys);

/** The system's number for a status that the house found out by itself; 0 = none fits. */
int nl_os_number(enum nlink_status status);

#endif
