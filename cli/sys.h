/*
 * sys.h - the command's only door to the system
 *
 * What the C standard does not have and the library has no business with: terminals, users' names, local
 * time, the locale. Nothing here is called before it is needed: a process that links one file makes no
 * system call but the link's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NLINK_CLI_SYS_H
#define NLINK_CLI_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { SYS_STDIN = 0, SYS_STDOUT = 1, SYS_STDERR = 2 };

/* Write all bytes; 0, or the system's error number. */
int sys_write(int fd, const char *bytes, size_t length);

/*
 * Read one line from stdin, no byte beyond it; its first character, or 0 at the end of input. *error is the
 * system's number where reading failed, else as it was.
 */
int sys_read_answer(int *error);

/*
 * All that is in a file, or in what stdin gives where path is NULL; to be freed, with a NUL after its end. NULL:
 * not done, *error is the system's number.
 */
char *sys_read_file(const char *path, size_t *length, int *error);

const char *sys_environment(const char *name);

bool sys_is_terminal(int fd);
/* How many columns the terminal has; 80 where it does not tell. */
unsigned sys_columns(int fd);

/*
 * From now on SIGINT, SIGTERM and SIGHUP end nothing: sys_stop() answers with the number of the first that came; 0 =
 * none did. A signal that was ignored stays so.
 */
void sys_watch_stop(void);
int sys_stop(void);

/* Whether a closed pipe is told as a failed write instead of by a signal that ends the process. */
void sys_outlive_pipes(bool outlive);

/* Turn on the user's locale; done once, at the first call. True where its encoding is UTF-8. */
bool sys_locale_is_utf8(void);

/* The system's sentence for an error number. */
const char *sys_error_text(int error);

/* Open a directory to make names in it. Less than 0: not done, *error is the system's number. */
int sys_open_directory(const char *path, bool follow, int *error);
void sys_close(int fd);

int64_t sys_now_ns(void);
/* Time from some instant on, which nobody sets. */
int64_t sys_elapsed_ns(void);
/* Local time of an instant; false where it has none. */
bool sys_local_time(int64_t ns, struct tm *local);

/* The names of users and groups, each asked for once. All zeros = empty. */
struct sys_name;
struct sys_names {
  struct sys_name *users;
  size_t user_count;
  struct sys_name *groups;
  size_t group_count;
};
/* Borrowed until sys_names_fini(); the number as text where there is no name. */
const char *sys_user(struct sys_names *names, uint32_t uid);
const char *sys_group(struct sys_names *names, uint32_t gid);
void sys_names_fini(struct sys_names *names);

#endif
