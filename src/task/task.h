/*
 * task.h - what is to be done to which names: the plan of a verb, as it is shown, saved, journaled and acted upon
 *
 * A task is filled by who plans, stored and read back by store.h, and acted upon by src/safe. It knows files by their
 * identity and names by (directory, name). Equal files make a group; a soft link to be mended is a group of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_TASK_H
#define NL_TASK_H

#include "base/arena.h"
#include "base/memory.h"
#include "nlink.h"

/** What is to be done with all names of a file. */
enum nl_deed {
  NL_DEED_NONE,    /* nothing: it is kept, or left alone */
  NL_DEED_LINK,    /* they become names of the file `keep` */
  NL_DEED_SYMLINK, /* they become soft links to the first name of the file `keep` */
  NL_DEED_SHARE,   /* the file shares the blocks of `keep`, and no name changes */
  NL_DEED_COPY,    /* they and all such files of the group become names of one new file: see safe/undo.h */
  NL_DEED_AIM,     /* a soft link: it is to hold `aim` */
  NL_DEED_REMOVE,  /* a soft link: it is removed */
  NL_DEEDS
};

/** An extended attribute. */
struct nl_task_attribute {
  const char *name;
  const void *value;
  size_t length;
};

/** What a file has beside its bytes, for giving it back. */
struct nl_task_own {
  int64_t atime_ns;
  int64_t mtime_ns;
  uint32_t uid;
  uint32_t gid;
  uint32_t mode;
  uint32_t attribute_count;
  const struct nl_task_attribute *attributes; /* all but those that the system makes by itself */
};

#define NL_TASK_NO_FILE UINT32_MAX

/** A file as it was before its first byte was read. */
struct nl_task_file {
  uint64_t dev;
  uint64_t ino;
  uint64_t size_bytes;
  uint64_t
      allocated_bytes; /* without blocks that other files share: what it returns when its last name goes */
  uint64_t link_count;
  int64_t ctime_ns;
  struct nl_task_own own; /* LINK, SYMLINK: as it is; COPY: as the new file is to have it */
  int64_t mtime_ns;       /* of the file itself; own.mtime_ns is another one for COPY */
  const char *target;     /* what a soft link holds; NULL = a regular file */
  const char *aim;        /* AIM: what it is to hold */
  uint32_t first_name;    /* its names: names[first_name] and so on, by directory */
  uint32_t name_count;
  uint32_t
      keep; /* the file that its names are to be names of, or that it was compared with; NL_TASK_NO_FILE = none */
  uint32_t group;
  uint8_t deed;     /* enum nl_deed */
  uint8_t left;     /* enum nlink_left: why it has no deed */
  uint16_t differs; /* a set of 1u << enum nlink_aspect */
};

/** How a name fared. */
enum nl_task_state {
  NL_TASK_OPEN,  /* not yet, or nothing is to be done with it */
  NL_TASK_DONE,  /* replaced; the old file is gone from the temporary name too */
  NL_TASK_LEFT,  /* left alone, for the reason in `left` */
  NL_TASK_UNDONE /* was replaced, and has a file of its own again */
};

/** A name. */
struct nl_task_name {
  const char *text; /* the last component */
  uint32_t dir;
  uint32_t file;
  uint8_t state; /* enum nl_task_state */
  uint8_t left;  /* enum nlink_left */
};

/** Files of equal contents: files[first_file] and so on; one with a keep stands behind that. */
struct nl_task_group {
  uint64_t size_bytes;
  uint64_t gain_bytes;
  uint32_t first_file;
  uint32_t file_count;
};

#define NL_TASK_SEED_SIZE 16
#define NL_TASK_TEMP_SIZE 24 /* of a temporary name, with its NUL */

/** All zeros = empty. */
struct nl_task {
  unsigned char seed[NL_TASK_SEED_SIZE]; /* random: makes the temporary names that only this task has */
  char verb[16];                         /* "dedupe", "check", "undo" */
  int64_t made_ns;                       /* since 1970 UTC */
  int64_t noted_ns; /* when its files were noted: made_ns, but of a plan that is applied later */
  struct nl_task_file *files;
  struct nl_task_name *names;
  struct nl_task_group *groups;
  const char **dirs; /* absolute paths */
  uint32_t file_count;
  uint32_t name_count;
  uint32_t group_count;
  uint32_t dir_count;
  struct nlink_dedupe_report report; /* of the planning */
  struct nl_arena arena;             /* what the pointers above lead to, the arrays apart */
};

/** Fill in verb, seed and made_ns of a task, and noted_ns of an empty one; 0, or the system's error number. */
int nl_task_begin(struct nl_task *task, const char *verb);

/** The temporary name that the name @p name has while it is replaced: nobody else can guess it. */
void nl_task_temp(char out[NL_TASK_TEMP_SIZE], const struct nl_task *task, uint32_t name);

/** Whether something is to be done with the file's names (not with its blocks: NL_DEED_SHARE). */
bool nl_task_replaces(const struct nl_task_file *file);

/** Write the path of a name, absolute, in the place of what @p out held; false = memory is exhausted. */
bool nl_task_path(struct nl_string *out, const struct nl_task *task, uint32_t name);

void nl_task_fini(struct nl_task *task);

#endif
