/*
 * acts.c - what the fault tests do
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "acts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground.h"

/* ---------------------------------------------------------------- the tree */

static const char *const names[] = {"src",  "dst",   "dst.~1~", "dst~",  "d",  "d/in", "l",
                                    "d/up", "twice", "again",   "other", "rl", NULL};

void acts_build(void) {
  ground_file("src", "new");
  ground_file("dst", "old");
  ground_file("dst.~1~", "older");
  ground_file("dst~", "simple");
  ground_directory("d");
  ground_file("d/in", "inner");
  ground_symlink("d/in", "l");
  ground_symlink("..", "d/up");
  ground_file("twice", "two");
  ground_link("twice", "again");
  ground_symlink("d", "rl");
  ground_file("other", "new");
}

static bool leads_to(const char *name, const char *target) {
  char text[300] = "";
  return readlink(name, text, sizeof text - 1) > 0 && strcmp(text, target) == 0;
}

static bool is_held(const char *text) {
  DIR *directory = opendir(".");
  bool held = false;
  for (const struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
    held = held || ground_holds(entry->d_name, text);
  if (directory != NULL)
    closedir(directory);
  return held || ground_holds("d/in", text);
}

bool acts_nothing_lost(const struct act *act) {
  bool keeps = strstr(act->name, " backup") != NULL;
  for (size_t i = 0; names[i] != NULL; i++)
    if (!ground_exists(names[i]))
      return false;
  bool changed = !ground_holds("dst", "old");
  bool right = !changed || ground_holds("dst", "new") || leads_to("dst", "d/in");
  return right && (!changed || !keeps || is_held("old")) && ground_holds("src", "new") &&
         ground_holds("dst.~1~", "older") && ground_holds("twice", "two") && ground_holds("d/in", "inner") &&
         (ground_holds("dst~", "simple") || (keeps && ground_holds("dst~", "old")));
}

/* No name that the act made on its way is left. */
static bool is_tidy(void) {
  static const char *const places[] = {".", "d"};
  bool tidy = true;
  for (int i = 0; i < 2; i++) {
    DIR *directory = opendir(places[i]);
    for (const struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
      tidy = tidy && strncmp(entry->d_name, ".nlink", 6) != 0;
    if (directory != NULL)
      closedir(directory);
  }
  return tidy;
}

/* ---------------------------------------------------------------- linking */

static enum nlink_status link_with(const char *src, const char *dst, unsigned flags,
                                   struct nlink_error *error) {
  return nlink_link(NLINK_CWD, src, NLINK_CWD, dst, flags, error);
}

static enum nlink_status link_plain(struct nlink_error *error) {
  return link_with("src", "d/new", 0, error);
}

static enum nlink_status link_beneath(struct nlink_error *error) {
  return link_with("rl/up/src", "rl/new", NLINK_BENEATH, error);
}

static bool made_new(void) {
  return is_tidy() && ground_same("src", "d/new") && ground_link_count("src") == 2;
}

static enum nlink_status link_exists(struct nlink_error *error) {
  return link_with("src", "dst", 0, error);
}

static enum nlink_status link_missing(struct nlink_error *error) {
  return link_with("missing", "no/new", 0, error);
}

static enum nlink_status link_escapes(struct nlink_error *error) {
  return link_with("src", "d/up/../new", NLINK_BENEATH, error);
}

static enum nlink_status link_directory(struct nlink_error *error) {
  return link_with("d", "dst", NLINK_REPLACE, error);
}

static bool never(void) {
  return false;
}

static enum nlink_status replace(struct nlink_error *error) {
  return link_with("src", "dst", NLINK_REPLACE, error);
}

static enum nlink_status replace_beneath(struct nlink_error *error) {
  return link_with("rl/up/src", "d/up/dst", NLINK_REPLACE | NLINK_BENEATH, error);
}

static bool replaced(void) {
  return is_tidy() && ground_same("src", "dst") && ground_link_count("src") == 2;
}

static enum nlink_status replace_same(struct nlink_error *error) {
  return link_with("twice", "again", NLINK_REPLACE, error);
}

static bool still_two(void) {
  return is_tidy() && ground_same("twice", "again") && ground_link_count("twice") == 2;
}

static enum nlink_status link_fd(struct nlink_error *error) {
  int fd = open("src", O_PATH | O_CLOEXEC);
  enum nlink_status status = nlink_link_fd(fd, NLINK_CWD, "d/new", 0, error);
  close(fd);
  return status;
}

static enum nlink_status link_fd_replace(struct nlink_error *error) {
  int fd = open("src", O_RDONLY | O_CLOEXEC);
  enum nlink_status status = nlink_link_fd(fd, NLINK_CWD, "d/up/dst", NLINK_REPLACE | NLINK_BENEATH, error);
  close(fd);
  return status;
}

/* ---------------------------------------------------------------- backups */

static struct nlink_backup backup;

static enum nlink_status keep(enum nlink_backup_kind kind, unsigned flags, struct nlink_error *error) {
  backup = (struct nlink_backup){.size = sizeof backup, .kind = kind};
  return nlink_link_backup(NLINK_CWD, "src", NLINK_CWD, "dst", flags, &backup, error);
}

static enum nlink_status keep_none(struct nlink_error *error) {
  return keep(NLINK_BACKUP_NONE, NLINK_REPLACE, error);
}

static enum nlink_status keep_simple(struct nlink_error *error) {
  return keep(NLINK_BACKUP_SIMPLE, 0, error);
}

static enum nlink_status keep_numbered(struct nlink_error *error) {
  return keep(NLINK_BACKUP_NUMBERED, 0, error);
}

static enum nlink_status keep_existing(struct nlink_error *error) {
  return keep(NLINK_BACKUP_EXISTING, NLINK_BENEATH, error);
}

static bool kept_simple(void) {
  return replaced() && strcmp(backup.name, "dst~") == 0 && ground_holds("dst~", "old") &&
         ground_link_count("dst~") == 1;
}

static bool kept_numbered(void) {
  return replaced() && strcmp(backup.name, "dst.~2~") == 0 && ground_holds("dst.~2~", "old") &&
         ground_link_count("dst.~2~") == 1 && ground_holds("dst.~1~", "older");
}

static enum nlink_status symlink_keep(struct nlink_error *error) {
  backup = (struct nlink_backup){.size = sizeof backup, .kind = NLINK_BACKUP_NUMBERED};
  return nlink_symlink_backup(NLINK_CWD, "d/in", NLINK_CWD, "dst", 0, &backup, error);
}

static bool symlink_kept(void) {
  return is_tidy() && leads_to("dst", "d/in") && ground_holds("dst.~2~", "old") &&
         strcmp(backup.name, "dst.~2~") == 0 && ground_link_count("dst.~2~") == 1;
}

/* ---------------------------------------------------------------- soft links */

static enum nlink_status symlink_with(const char *target, const char *dst, unsigned flags,
                                      struct nlink_error *error) {
  return nlink_symlink(NLINK_CWD, target, NLINK_CWD, dst, flags, error);
}

static enum nlink_status symlink_plain(struct nlink_error *error) {
  return symlink_with("any", "new", 0, error);
}

static bool symlinked(void) {
  return is_tidy() && leads_to("new", "any");
}

static enum nlink_status symlink_relative(struct nlink_error *error) {
  return symlink_with("rl/up/src", "rl/new", NLINK_RELATIVE | NLINK_BENEATH, error);
}

static bool symlinked_relative(void) {
  return is_tidy() && leads_to("d/new", "../src");
}

static enum nlink_status symlink_absolute(struct nlink_error *error) {
  return symlink_with("./rl/in", "d/new", NLINK_ABSOLUTE, error);
}

static bool symlinked_absolute(void) {
  char text[400];
  snprintf(text, sizeof text, "%s/rl/in", ground_path());
  return is_tidy() && leads_to("d/new", text);
}

static enum nlink_status symlink_replace(struct nlink_error *error) {
  return symlink_with("d/in", "dst", NLINK_REPLACE, error);
}

static bool symlink_replaced(void) {
  return is_tidy() && leads_to("dst", "d/in");
}

static enum nlink_status symlink_circle(struct nlink_error *error) {
  return symlink_with("../l", "d/in", NLINK_REPLACE, error);
}

/* ---------------------------------------------------------------- removing and looking */

static uint64_t left;

static enum nlink_status remove_counted(struct nlink_error *error) {
  left = 77;
  enum nlink_status status = nlink_unlink(&left, NLINK_CWD, "again", NLINK_KEEP_LAST, error);
  return status;
}

static enum nlink_status remove_beneath(struct nlink_error *error) {
  left = 77;
  return nlink_unlink(&left, NLINK_CWD, "rl/up/again", NLINK_BENEATH, error);
}

static bool removed(void) {
  return is_tidy() && !ground_exists("again") && ground_link_count("twice") == 1 && left == 1;
}

static enum nlink_status keep_last(struct nlink_error *error) {
  return nlink_unlink(NULL, NLINK_CWD, "src", NLINK_KEEP_LAST, error);
}

static struct nlink_stat seen;

static enum nlink_status look(struct nlink_error *error) {
  memset(&seen, 0, sizeof seen);
  return nlink_stat(&seen, NLINK_CWD, "rl/up/twice", NLINK_BENEATH, error);
}

static bool looked(void) {
  struct stat stat;
  return lstat("twice", &stat) == 0 && seen.ino == stat.st_ino && seen.dev == stat.st_dev &&
         seen.link_count == 2;
}

static bool same;

static enum nlink_status compare(struct nlink_error *error) {
  same = false;
  return nlink_same_file(&same, NLINK_CWD, "twice", NLINK_CWD, "again", 0, error);
}

static bool is_same(void) {
  return same;
}

static char target[300];

static enum nlink_status read_beneath(struct nlink_error *error) {
  target[0] = '\0';
  return nlink_readlink(target, sizeof target, NLINK_CWD, "rl/up/l", NLINK_BENEATH, error);
}

static bool read_right(void) {
  return strcmp(target, "d/in") == 0;
}

static enum nlink_status foresee(struct nlink_error *error) {
  struct nlink_why why;
  return nlink_why(&why, NLINK_CWD, "rl/up/missing", NLINK_CWD, "d/up/dst", NLINK_BENEATH, error);
}

static bool anything(void) {
  return true;
}

static size_t listed;

static enum nlink_status list_all(struct nlink_error *error) {
  struct nlink_list *list = NULL;
  const struct nlink_list_options options = {.size = sizeof options, .recursive = true, .by_file = true};
  enum nlink_status status = nlink_list_open(&list, NLINK_CWD, NULL, 0, &options, NULL, NULL, error);
  listed = 0;
  const struct nlink_list_entry *entry;
  if ((status < 0) != (list == NULL))
    return NLINK_OK;
  while (list != NULL && nlink_list_next(list, &entry) == NLINK_OK)
    listed++;
  nlink_list_close(list);
  return status;
}

static bool listed_all(void) {
  return listed == 12;
}

static size_t walked;

static enum nlink_status walk_all(struct nlink_error *error) {
  static const char *const paths[] = {"d", "src", "."};
  struct nlink_walk *walk = NULL;
  const struct nlink_walk_entry *entry;
  enum nlink_status status = nlink_walk_open(&walk, NLINK_CWD, paths, 3, NULL, NLINK_STAT, error);
  walked = 0;
  if ((status < 0) != (walk == NULL))
    return NLINK_OK;
  while (status == NLINK_OK && (status = nlink_walk_next(walk, &entry, error)) == NLINK_OK)
    walked += nlink_walk_path(NULL, 0, entry) > 0;
  nlink_walk_close(walk);
  return status == NLINK_END ? NLINK_OK : status;
}

/* What the faults hide may make a name be told by two roots. */
static bool walked_all(void) {
  return walked >= 13 && walked <= 16;
}

/* What two of the names occupy, and which name outside holds one of them: what cannot be looked at is missing. */
static struct nlink_space_row together;
static bool is_told;

static enum nlink_status count_space(struct nlink_error *error) {
  static const char *const paths[] = {"d", "again", "d"};
  static const char *const around = ".";
  const struct nlink_scope scope = {.size = sizeof scope, .threads = 1};
  const struct nlink_space_options options = {
      .size = sizeof options, .depth = 1, .groups = 2, .holders = true, .around = &around, .around_count = 1};
  struct nlink_space *space = NULL;
  const struct nlink_space_group *group;
  const struct nlink_space_holder *holder;
  enum nlink_status status = nlink_space_open(&space, NLINK_CWD, paths, 3, &options, &scope, error);
  together = (struct nlink_space_row){0};
  if ((status < 0) != (space == NULL))
    return NLINK_OK;
  if (space == NULL)
    return status;
  together = *nlink_space_set(space);
  is_told = nlink_space_next_group(space, &group) == NLINK_OK && strcmp(group->names[0], "again") == 0 &&
            nlink_space_next_holder(space, &holder) == NLINK_OK && strcmp(holder->inside, "again") == 0 &&
            (holder->path != NULL ? strcmp(holder->path, "./twice") == 0 : holder->missing == 1) &&
            nlink_space_next_holder(space, &holder) == NLINK_END;
  nlink_space_close(space);
  return status;
}

static bool counted_space(void) {
  return is_told && together.names == 3 && together.files == 3 && together.directories == 1 &&
         together.held_files == 1 && together.outside_names == 1;
}

/* The names as one text; a directory and what has one name are known at once. */
static char found[400];

static enum nlink_status find_names(const char *const *roots, size_t root_count, struct nlink_error *error) {
  static const char *const paths[] = {"again", "l", "src", "rl/"};
  const struct nlink_scope scope = {.size = sizeof scope, .threads = 1};
  const struct nlink_names_options options = {.size = sizeof options,
                                              .roots = roots,
                                              .root_count = root_count,
                                              .soft = root_count > 0,
                                              .follow = true};
  struct nlink_names *all = NULL;
  const struct nlink_names_entry *entry;
  size_t skip = root_count > 0 ? 0 : 2;
  found[0] = '\0';
  enum nlink_status status =
      nlink_names_open(&all, NLINK_CWD, paths + skip, 4 - skip, &options, &scope, error);
  if ((status < 0) != (all == NULL))
    return NLINK_OK;
  while (all != NULL && nlink_names_next(all, &entry) == NLINK_OK) {
    const char *path = strncmp(entry->path, "./", 2) == 0 ? entry->path + 2 : strrchr(entry->path, '/');
    size_t length = strlen(found);
    snprintf(found + length, sizeof found - length, "%zu%s%s ", entry->file, entry->soft ? "s" : ":",
             path != NULL ? path : entry->path);
  }
  nlink_names_close(all);
  return status;
}

static enum nlink_status find_in_root(struct nlink_error *error) {
  static const char *const root = ".";
  return find_names(&root, 1, error);
}

/* Where the system does not tell what a path leads to, or where we are, it stays as it was given. */
static bool found_in_root(void) {
  return strcmp(found, "0:again 0:twice 1:d/in 1sl 2:src 3:/d 3srl ") == 0 ||
         strcmp(found, "0:again 0:twice 1:d/in 1sl 2:src 3:/ 3srl ") == 0;
}

static enum nlink_status find_everywhere(struct nlink_error *error) {
  return find_names(NULL, 0, error);
}

static bool found_everywhere(void) {
  return strcmp(found, "0:/src 1:/d ") == 0 || strcmp(found, "0:src 1:/d ") == 0 ||
         strcmp(found, "0:src 1:/ ") == 0 || strcmp(found, "0:/src 1:/ ") == 0;
}

/* ---------------------------------------------------------------- the table */

static const char *const no_openat2[] = {"openat2", NULL};
static const char *const no_exchange[] = {"exchange", "rename-new", NULL};

const struct act acts[] = {
    {"link", link_plain, made_new, NULL, 0},
    {"link beneath", link_beneath, made_new, NULL, 0},
    {"link beneath by walking", link_beneath, made_new, no_openat2, ENOSYS},
    {"link where a name exists", link_exists, never, NULL, 0},
    {"link of what is missing", link_missing, never, NULL, 0},
    {"link that escapes", link_escapes, never, NULL, 0},
    {"link that escapes by walking", link_escapes, never, no_openat2, ENOSYS},
    {"link of a directory", link_directory, never, NULL, 0},
    {"replace", replace, replaced, NULL, 0},
    {"replace beneath", replace_beneath, replaced, NULL, 0},
    {"replace beneath by walking", replace_beneath, replaced, no_openat2, EPERM},
    {"replace a name of the file", replace_same, still_two, NULL, 0},
    {"link_fd", link_fd, made_new, NULL, 0},
    {"link_fd, replace", link_fd_replace, replaced, NULL, 0},
    {"link_fd, replace by walking", link_fd_replace, replaced, no_openat2, ENOSYS},
    {"none kept", keep_none, replaced, NULL, 0},
    {"simple backup", keep_simple, kept_simple, NULL, 0},
    {"simple backup without exchange", keep_simple, kept_simple, no_exchange, EINVAL},
    {"numbered backup", keep_numbered, kept_numbered, NULL, 0},
    {"numbered backup without exchange", keep_numbered, kept_numbered, no_exchange, EINVAL},
    {"existing backup", keep_existing, kept_numbered, NULL, 0},
    {"existing backup without exchange", keep_existing, kept_numbered, no_exchange, ENOSYS},
    {"numbered backup by a soft link", symlink_keep, symlink_kept, NULL, 0},
    {"numbered backup by a soft link without exchange", symlink_keep, symlink_kept, no_exchange, EINVAL},
    {"symlink", symlink_plain, symlinked, NULL, 0},
    {"relative symlink", symlink_relative, symlinked_relative, NULL, 0},
    {"relative symlink by walking", symlink_relative, symlinked_relative, no_openat2, ENOSYS},
    {"absolute symlink", symlink_absolute, symlinked_absolute, NULL, 0},
    {"symlink, replace", symlink_replace, symlink_replaced, NULL, 0},
    {"symlink that would lead to itself", symlink_circle, never, NULL, 0},
    {"unlink, counted", remove_counted, removed, NULL, 0},
    {"unlink beneath", remove_beneath, removed, NULL, 0},
    {"unlink beneath by walking", remove_beneath, removed, no_openat2, ENOSYS},
    {"unlink of the last name", keep_last, never, NULL, 0},
    {"stat", look, looked, NULL, 0},
    {"stat by walking", look, looked, no_openat2, ENOSYS},
    {"same_file", compare, is_same, NULL, 0},
    {"readlink", read_beneath, read_right, NULL, 0},
    {"readlink by walking", read_beneath, read_right, no_openat2, ENOSYS},
    {"why", foresee, anything, NULL, 0},
    {"list", list_all, listed_all, NULL, 0},
    {"walk in order", walk_all, walked_all, NULL, 0},
    {"walk for space", count_space, counted_space, NULL, 0},
    {"walk for names", find_in_root, found_in_root, NULL, 0},
    {"walk for names known at once", find_everywhere, found_everywhere, NULL, 0},
};

const size_t act_count = sizeof acts / sizeof acts[0];
