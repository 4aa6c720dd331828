/*
 * acting.h - what the rooms of acting share: the job, its workers, and a worker's batch
 *
 * The protocol is told at the head of act.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_ACTING_H
#define NL_ACTING_H

#include "os/os.h"
#include "safe/journal.h"

#include <stdatomic.h>

enum {
  NL_BATCH_FILES = 128, /* one worker has two batches */
  NL_BATCH_NAMES = 512,
  NL_BATCH_SLOTS = 1024, /* of the table of its directories: a power of two */
  NL_COMPARE_AGAIN =
      1 << 20,             /* files of up to so many bytes are compared once more whatever their times say */
  NL_BATCH_NS = 100000000, /* nobody who wants to write is held up much longer */
  NL_BATCH_RIPE_NS = 1000000, /* who was about to open an old file has so long to show up */
  NL_PROGRESS_NS = 50000000
};

/** Why something is left alone; left == NLINK_LEFT_NOTHING = it is not. */
struct nl_act_why {
  enum nlink_left left;
  enum nlink_step step;
  int sys;
};

#define NL_ACT_GOOD ((struct nl_act_why){NLINK_LEFT_NOTHING, NLINK_STEP_NONE, 0})

static inline struct nl_act_why nl_act_left(enum nlink_left left) {
  return (struct nl_act_why){left, NLINK_STEP_NONE, 0};
}

static inline struct nl_act_why nl_act_failed(enum nlink_step step, int sys) {
  return (struct nl_act_why){NLINK_LEFT_FAILED, step, sys};
}

/** What is known of a file beside the task. */
struct nl_act_mark {
  _Atomic uint32_t instead; /* it has as many names as it can have: which file is kept from now on */
  atomic_bool is_instead;   /* it is such a one, */
  atomic_bool is_used;      /* and others became names of it */
  atomic_bool touched;      /* its ctime was changed by ourselves, or may be */
  bool is_shared; /* other files of the task are the same one: an undo gives it back in several copies */
};

/** A file system. */
struct nl_act_system {
  uint64_t dev;
  bool synced;
  bool tells_mapped_writes; /* every way of writing shows in mtime */
};

/** A name left alone, until on_left is told. */
struct nl_act_note {
  uint32_t name;
  uint8_t left;
  uint8_t step;
  int sys;
};

enum { NL_ACT_NOTES = 256 };

struct nl_act_notes {
  struct nl_act_notes *next;
  size_t count;
  struct nl_act_note notes[NL_ACT_NOTES];
};

/** One job. */
struct nl_act_job {
  struct nl_task *task;
  struct nl_journal *journal;
  const struct nlink_apply_options *options;
  enum nlink_phase phase;
  struct nl_os_guard *guard; /* NULL = there are no leases here */
  struct nl_act_mark *marks; /* one a file */
  unsigned descriptors;      /* so many may a batch have open */
  struct nl_os_monitor *common;
  /* under `common`: */
  struct nl_act_system *systems;
  size_t system_count;
  struct nl_act_notes *told;
  struct nl_act_why end; /* why it ended before its time */
  uint32_t end_name;
  /* counted by all: */
  atomic_int status;     /* enum nlink_status: OK = go on */
  atomic_size_t waiting; /* pieces of work that nobody has begun */
  _Atomic uint64_t done_files;
  _Atomic uint64_t done_names;
  _Atomic uint64_t gained_bytes;
  _Atomic uint64_t stuck_names;
  _Atomic uint64_t progress_files;
  _Atomic uint64_t progress_bytes;
  uint64_t all_files;
  uint64_t all_bytes;
  uint64_t left_names; /* the caller's thread alone */
  uint64_t failed;
  uint64_t asked_ns;
};

/** The file that others become names of, open and guarded; or a copy that was made. */
struct nl_kept {
  int fd;                /* -1 = it cannot be used, */
  struct nl_act_why why; /* for this reason */
  uint32_t file;         /* NL_TASK_NO_FILE = a copy that was made */
  uint32_t name;         /* by which it was opened */
  bool is_guarded;       /* a lease was asked for */
  bool leased;
  bool tells_mapped_writes; /* every way of writing on its file system shows in mtime */
  bool has_attributes;      /* the two below are read */
  uint32_t attribute_count;
  const struct nl_task_attribute *attributes;
  struct nlink_stat stat;
};

/** A file whose names are being replaced, open and guarded; fd -1 = a soft link. */
struct nl_grip {
  int fd;
  uint32_t file;
  uint32_t name; /* by which it was opened; NL_TASK_NO_FILE = none */
  bool leased;
  struct nl_act_why why; /* what was found to speak against it after all */
  bool knows_attributes; /* the two below are what it was compared by */
  uint32_t attribute_count;
  const struct nl_task_attribute *attributes;
  bool is_split;    /* names of it are in another batch, too */
  int64_t ctime_ns; /* as our own last change left it; NLINK_TIME_UNKNOWN = it says nothing */
  struct nlink_stat stat;
};

/** What we made, by its identity. */
struct nl_made {
  uint64_t dev;
  uint64_t ino;
};

enum nl_held_state { NL_HELD_MADE, NL_HELD_EXCHANGED };

#define NL_NO_KEPT UINT16_MAX

/** A name whose old file is under its temporary name; or, MADE, whose new one still is. */
struct nl_held_name {
  uint32_t name; /* NL_TASK_NO_FILE = it was left alone since */
  uint16_t grip;
  uint16_t kept; /* NL_NO_KEPT = none */
  uint16_t dir;
  uint8_t state; /* enum nl_held_state */
  struct nl_made made;
};

struct nl_batch_dir {
  uint32_t dir;
  int fd;
};

/** What one worker has in hands at once. */
struct nl_batch {
  uint64_t begun_ns;     /* 0 = it is empty */
  uint64_t exchanged_ns; /* the last time */
  unsigned open;         /* descriptors */
  unsigned made;         /* how many names are of the state MADE */
  size_t kept_count;
  size_t grip_count;
  size_t name_count;
  size_t dir_count;
  struct nl_kept kept[NL_BATCH_FILES];
  struct nl_grip grips[NL_BATCH_FILES];
  struct nl_held_name names[NL_BATCH_NAMES];
  struct nl_batch_dir dirs[NL_BATCH_FILES];
  uint16_t dir_slots[NL_BATCH_SLOTS]; /* 1 + place in dirs */
  struct nl_arena arena;              /* attributes of kept files */
};

struct nl_actor {
  struct nl_act_job *job;
  unsigned number; /* 0 = the caller's thread */
  unsigned now;    /* which batch is being filled; the other one is older */
  struct nl_act_notes *notes;
  size_t fared_count;
  uint32_t fared[NL_BATCH_NAMES];   /* names to be told to the journal */
  const struct nl_kept *content_of; /* whose contents rooms[0] has */
  char *rooms[2];                   /* of NL_COMPARE_AGAIN bytes */
  /* The copy of the group at hand: */
  uint32_t copy_group;
  uint64_t copy_dev;
  uint64_t copy_ino;
  struct nl_act_why copy_why;
  struct nl_batch batches[2];
};

static inline bool nl_act_is_good(struct nl_act_why why) {
  return why.left == NLINK_LEFT_NOTHING;
}

/* ---------------------------------------------------------------- fared.c: how names fared, and how the whole does */

/** Whether the job goes on; the caller is asked now and then. */
bool nl_act_goes_on(struct nl_actor *actor);

/** End the job, for the first reason that comes. */
void nl_act_end(struct nl_act_job *job, enum nlink_status status, struct nl_act_why why, uint32_t name);

/** A name is replaced. */
void nl_act_done(struct nl_actor *actor, uint32_t name);

/** A name is left alone, and told. A failure that concerns the whole file system ends the job. */
void nl_act_leave(struct nl_actor *actor, uint32_t name, struct nl_act_why why);
void nl_act_leave_all(struct nl_actor *actor, uint32_t from, uint32_t to, struct nl_act_why why);

/** Note how a name fared, whose state is set, for the journal. */
void nl_act_note(struct nl_actor *actor, uint32_t name);

/** Hand on what was noted. */
void nl_act_hand_on(struct nl_actor *actor);

/** Tell the caller of all names left alone so far; in the caller's thread. */
void nl_act_tell(struct nl_act_job *job);

/** Tell one. */
void nl_act_tell_one(struct nl_act_job *job, const struct nl_act_note *note);

/* ---------------------------------------------------------------- batch.c: batches, and what they hold open */

/** The batch that is being filled; a full or old one is put aside before, and the one put aside finished. */
struct nl_batch *nl_batch_now(struct nl_actor *actor);

/** Whether it has room for one more name in another directory. */
bool nl_batch_has_room(const struct nl_actor *actor);

/** Finish all that this worker has in hands. */
void nl_batch_finish_all(struct nl_actor *actor);

/** The place of the open directory @p dir. */
struct nl_act_why nl_batch_dir(uint16_t *place, struct nl_actor *actor, uint32_t dir);

/* ---------------------------------------------------------------- guarded.c: opened, leased, looked at, compared */

/**
 * The kept file @p file, in the batch at hand; kept->why tells where it cannot be used. Never NULL.
 *
 * @param leased  With a lease, and what stands on its file system synced.
 */
struct nl_kept *nl_kept_get(struct nl_actor *actor, uint32_t file, bool leased);

/** Take hold of a file by one of its names [@p from, @p to): opened, guarded, and as it was noted. */
struct nl_act_why nl_grip_take(struct nl_grip **out, struct nl_actor *actor, uint32_t file, uint32_t from,
                               uint32_t to, bool leased);

/** The same for a soft link, which cannot be opened. */
struct nl_grip *nl_grip_take_soft(struct nl_actor *actor, uint32_t file);

/** Let go of the last one, which no name of the batch uses. */
void nl_grip_drop(struct nl_actor *actor, struct nl_grip *grip);

/** Whether the two are still equal in bytes and what else has to be; kept->why where it lies with that. */
struct nl_act_why nl_grip_compare(struct nl_actor *actor, struct nl_grip *grip, struct nl_kept *kept);

/** Whether its attributes are those that it had when it was compared. Asked once. */
struct nl_act_why nl_grip_compare_again(struct nl_grip *grip, struct nl_arena *arena);

/** Bring what stands on the file system of an open file to its disk, once a job. */
struct nl_act_why nl_act_sync(struct nl_act_job *job, uint64_t dev, int fd, bool *tells_mapped_writes);

/* ---------------------------------------------------------------- exchange.c: one name */

/** Remove a temporary name that holds what is ours; where that fails, the journal stays unfinished. */
void nl_name_drop(struct nl_act_job *job, int dir, const char *temp);

/** Whether the soft link of a task, with its text, stands under a name. (A number alone can be another one's by now.) */
struct nl_act_why nl_name_is_soft(const struct nl_act_job *job, uint32_t index, int dir, const char *text);

/** Make the kept file's further name, or the soft link to it, under the temporary name of @p name. */
struct nl_act_why nl_name_make(struct nl_actor *actor, const struct nl_kept *kept, uint32_t name, int dir,
                               struct nl_made *made);

/** Exchange the two, look at what came out, and take it back where that is not the file of the grip, unchanged. */
struct nl_act_why nl_name_exchange(struct nl_actor *actor, struct nl_grip *grip, struct nl_kept *kept,
                                   uint32_t name, int dir, struct nl_made made);

/** Remove the temporary name with the old file; or, where that was touched, put it back. The name's state is set. */
void nl_name_finish(struct nl_actor *actor, struct nl_grip *grip, const struct nl_kept *kept, uint32_t name,
                    int dir, struct nl_made made, struct nl_arena *arena);

/**
 * Give the name back what is under the temporary name, and remove that.
 *
 * @returns  false = the temporary name is left, because its bytes stand nowhere else, or for a failure.
 */
bool nl_name_take_back(struct nl_act_job *job, uint32_t name, int dir, struct nl_made made);

/* ---------------------------------------------------------------- deeds.c: what is done with a file */

/** Do what is to be done with the files [first, first + count), all of one group. */
void nl_deeds_do(struct nl_actor *actor, uint32_t first, uint32_t count);

#endif
