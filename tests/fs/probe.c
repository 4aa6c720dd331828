/*
 * probe.c - do one thing through nlink.h and print what the library answers, one JSON object a line
 *
 *   probe ACT[+FLAG]... SRC DST
 *
 * Acts: link, fd (SRC opened here), inherited (SRC is a descriptor's number), tmpfile (a file without a name
 * made in the directory SRC), symlink (SRC is the target), backup, numbered, soft-numbered (a soft link, with a
 * backup), why, stat (DST is not used), unlink (SRC is not used). Flags: nofollow, replace, beneath, keep-last,
 * and for tmpfile: excl.
 *
 * The first line is the call's own answer; `why` prints one more for each obstacle. The exit status is 0 as
 * soon as there was an answer, whatever it was.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "nlink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXCL 0x1000u /* no flag of the library's: the file without a name is to stay without */

/* Asked by a sanitizer, where one is built in: without /proc it can read no options, nor search for leaks. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return access("/proc/self", F_OK) == 0 ? "" : "detect_leaks=0";
}

static void print_text(const char *key, const char *text) {
  printf(", \"%s\": \"", key);
  for (; *text != '\0'; text++)
    printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
  putchar('"');
}

static void print_error(const struct nlink_error *error) {
  static const char *const sides[] = {"neither", "src", "dst"};
  printf("{\"status\": \"%s\", \"errno\": \"%s\", \"step\": \"%s\", \"cause\": \"%s\", \"at\": \"%s\"",
         nlink_status_name(error->status), nlink_errno_name(error->sys), nlink_step_name(error->step),
         nlink_cause_name(error->cause), sides[error->at]);
  printf(", \"certain\": %s, \"dst_is_src\": %s", error->certain ? "true" : "false",
         error->dst_is_src ? "true" : "false");
  print_text("text", error->text);
  printf("}\n");
}

static int usage(const char *what) {
  fprintf(stderr, "probe: %s\n", what);
  return 2;
}

static bool read_flags(unsigned *flags, const char *text) {
  static const struct {
    const char *name;
    unsigned flag;
  } known[] = {{"nofollow", NLINK_NO_FOLLOW},  {"replace", NLINK_REPLACE},
               {"beneath", NLINK_BENEATH},     {"excl", EXCL},
               {"keep-last", NLINK_KEEP_LAST}, {NULL, 0}};
  for (*flags = 0; *text == '+';) {
    size_t length = strcspn(++text, "+");
    size_t i = 0;
    while (known[i].name != NULL &&
           (strlen(known[i].name) != length || memcmp(known[i].name, text, length) != 0))
      i++;
    if (known[i].name == NULL)
      return false;
    *flags |= known[i].flag;
    text += length;
  }
  return true;
}

/* The calls with something of their own to tell; each answers its status and prints further members. */

static enum nlink_status link_open_file(const char *act, const char *src, const char *dst, unsigned flags,
                                        struct nlink_error *error) {
  int fd = strcmp(act, "fd") == 0 ? open(src, O_PATH | O_NOFOLLOW | O_CLOEXEC)
           : strcmp(act, "inherited") == 0
               ? atoi(src)
               : open(src, O_TMPFILE | O_WRONLY | O_CLOEXEC | ((flags & EXCL) != 0 ? O_EXCL : 0), 0600);
  if (fd < 0) {
    perror(src);
    exit(3);
  }
  return nlink_link_fd(fd, NLINK_CWD, dst, flags & ~EXCL, error);
}

static enum nlink_status link_with_backup(const char *act, const char *src, const char *dst, unsigned flags,
                                          struct nlink_error *error) {
  struct nlink_backup backup = {.size = sizeof backup, .kind = NLINK_BACKUP_SIMPLE};
  if (strcmp(act, "backup") != 0)
    backup.kind = NLINK_BACKUP_NUMBERED;
  bool soft = strcmp(act, "soft-numbered") == 0;
  enum nlink_status status = soft
                                 ? nlink_symlink_backup(NLINK_CWD, src, NLINK_CWD, dst, flags, &backup, error)
                                 : nlink_link_backup(NLINK_CWD, src, NLINK_CWD, dst, flags, &backup, error);
  print_text("backup", backup.name);
  return status;
}

static enum nlink_status stat_name(const char *src, unsigned flags, struct nlink_error *error) {
  struct nlink_stat stat;
  enum nlink_status status = nlink_stat(&stat, NLINK_CWD, src, flags, error);
  if (status == NLINK_OK)
    printf(", \"ino\": %llu, \"link_count\": %llu", (unsigned long long)stat.ino,
           (unsigned long long)stat.link_count);
  return status;
}

static enum nlink_status unlink_name(const char *dst, unsigned flags, struct nlink_error *error) {
  uint64_t names_left = 0;
  enum nlink_status status = nlink_unlink(&names_left, NLINK_CWD, dst, flags, error);
  if (status == NLINK_OK)
    printf(", \"names_left\": %llu", (unsigned long long)names_left);
  return status;
}

int main(int argc, char **argv) {
  unsigned flags;
  char act[16] = "";
  if (argc != 4)
    return usage("ACT[+FLAG]... SRC DST");
  size_t length = strcspn(argv[1], "+");
  if (length >= sizeof act || !read_flags(&flags, argv[1] + length))
    return usage("unknown flag");
  memcpy(act, argv[1], length);
  const char *src = argv[2];
  const char *dst = argv[3];

  struct nlink_why why = {0};
  struct nlink_error error = {0};
  enum nlink_status status;
  printf("{\"call\": \"%s\"", act);
  if (strcmp(act, "link") == 0)
    status = nlink_link(NLINK_CWD, src, NLINK_CWD, dst, flags, &error);
  else if (strcmp(act, "fd") == 0 || strcmp(act, "inherited") == 0 || strcmp(act, "tmpfile") == 0)
    status = link_open_file(act, src, dst, flags, &error);
  else if (strcmp(act, "symlink") == 0)
    status = nlink_symlink(NLINK_CWD, src, NLINK_CWD, dst, flags, &error);
  else if (strcmp(act, "backup") == 0 || strcmp(act, "numbered") == 0 || strcmp(act, "soft-numbered") == 0)
    status = link_with_backup(act, src, dst, flags, &error);
  else if (strcmp(act, "why") == 0)
    status = nlink_why(&why, NLINK_CWD, src, NLINK_CWD, dst, flags, &error);
  else if (strcmp(act, "stat") == 0)
    status = stat_name(src, flags, &error);
  else if (strcmp(act, "unlink") == 0)
    status = unlink_name(dst, flags, &error);
  else
    return usage("unknown act");
  if (strcmp(act, "why") == 0)
    print_text("remark", why.remark);
  printf(", \"answer\": \"%s\"}\n", nlink_status_name(status));
  if (status < 0)
    print_error(&error);
  for (size_t i = 0; i < why.count; i++)
    print_error(&why.obstacle[i]);
  return 0;
}
