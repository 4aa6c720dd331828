/*
 * test_why.c - what nlink_why foresees is what nlink_link then answers, and looking changes nothing
 *
 * Every source of a list against every new name of a list, with every set of flags, as root and as another
 * user: the first obstacle's status and cause have to be those of the real call's failure.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "nlink.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground.h"

enum { NOBODY = 65534 };

static char long_name[300];
static char long_path[5000];
static char elsewhere[100]; /* most likely on another file system */

static const char *const sources[] = {
    "f",
    "g",
    "./f",
    "d",
    "d/",
    "d/x",
    "d/../f",
    ".",
    "..",
    "l",
    "ld",
    "ld/",
    "ld/x",
    "dangles",
    "circle",
    "f/",
    "l/",
    "missing",
    "no/x",
    "f/x",
    "dangles/x",
    "circle/x",
    "",
    "/",
    "pipe",
    "socket",
    "mine",
    "theirs",
    "setuid",
    "closed/x",
    "locked/x",
    "locked",
    "../out",
    "up/out",
    "/proc/version",
    "/proc/self/exe",
    "/proc/self/cwd/f",
    long_name,
    long_path,
};

static const char *const names[] = {
    "new",        "f",          "g",        "l",        "d",       "d/new",      "d/x",    ".",
    "..",         "/",          "",         "new/",     "f/",      "d/",         "l/",     "ld",
    "ld/",        "ld/new",     "dangles",  "dangles/", "circle",  "circle/new", "no/new", "f/new",
    "locked/new", "closed/new", "closed/x", "locked/x", "../out",  "../new/",    "up/new", "up/out",
    elsewhere,    "same",       "d/..",     "d/.",      long_name, long_path,
};

static const unsigned flag_sets[] = {0, 1, 2, 3, 4, 5, 6, 7};

/* Enough where the whole is tried elsewhere. */
static const unsigned few_flag_sets[] = {0, NLINK_REPLACE, NLINK_NO_FOLLOW | NLINK_BENEATH};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The tree lies one directory deep, so that there is something to escape to. */
static void build(uid_t owner) {
  assert_int_equal(chdir(ground_path()), 0);
  ground_empty(ground_path());
  unlink(elsewhere);
  ground_file("out", "outside");
  ground_directory("in");
  assert_int_equal(chown("in", owner, owner), 0);
  assert_int_equal(chdir("in"), 0);
  ground_file("f", "f");
  ground_link("f", "same");
  ground_file("g", "g");
  ground_file("mine", "mine");
  ground_directory("d");
  ground_file("d/x", "x");
  ground_symlink("f", "l");
  ground_symlink("d", "ld");
  ground_symlink("missing", "dangles");
  ground_symlink("circle", "circle");
  ground_symlink("..", "up");
  assert_int_equal(mkfifo("pipe", 0666), 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
  close(fd);
  static const char *const owned[] = {"f", "g", "mine", "d", "d/x", "l", "ld", "dangles", "circle", "up"};
  for (size_t i = 0; i < COUNT(owned); i++)
    assert_int_equal(lchown(owned[i], owner, owner), 0);
  ground_file("theirs", "theirs");
  ground_file("setuid", "setuid");
  assert_int_equal(chown("setuid", owner, owner), 0);
  assert_int_equal(chmod("setuid", 04755), 0);
  ground_directory("locked");
  ground_file("locked/x", "locked x");
  assert_int_equal(chmod("locked", 0555), 0);
  ground_directory("closed");
  ground_file("closed/x", "closed x");
  assert_int_equal(chmod("closed", 0600), 0);
}

/* Build as whoever we are for the moment: as another user only root can put the owners right. */
static void build_again(uid_t owner) {
  uid_t now = geteuid();
  if (now != getuid())
    assert_int_equal(seteuid(getuid()), 0);
  build(owner);
  if (now != geteuid())
    assert_int_equal(seteuid(now), 0);
}

static const char *shown(const char *path) {
  return strlen(path) > 100 ? "(long)" : path;
}

/* One case; true = the tree is as it was. */
static bool compare(const char *src, const char *dst, unsigned flags, unsigned *wrong) {
  struct nlink_why why;
  struct nlink_error error;
  enum nlink_status looked = nlink_why(&why, NLINK_CWD, src, NLINK_CWD, dst, flags, NULL);
  enum nlink_status status = nlink_link(NLINK_CWD, src, NLINK_CWD, dst, flags, &error);
  const struct nlink_error *first = &why.obstacle[0];
  if (looked != NLINK_OK || why.count > NLINK_WHY_MAX) {
    print_error("'%s' '%s' 0x%x: nlink_why answers %s\n", shown(src), shown(dst), flags,
                nlink_status_name(looked));
    ++*wrong;
  } else if (status == NLINK_OK) {
    if (why.count != 0)
      print_error("'%s' '%s' 0x%x: done, but foreseen %s %s: %s\n", shown(src), shown(dst), flags,
                  nlink_status_name(first->status), nlink_cause_name(first->cause), first->text);
    *wrong += why.count != 0;
  } else if (why.count == 0) {
    print_error("'%s' '%s' 0x%x: %s %s at %d, not foreseen: %s\n", shown(src), shown(dst), flags,
                nlink_status_name(status), nlink_cause_name(error.cause), error.at, error.text);
    ++*wrong;
  } else if (first->status != status || first->cause != error.cause || first->at != error.at ||
             strcmp(first->text, error.text) != 0 || first->dst_is_src != error.dst_is_src) {
    print_error("'%s' '%s' 0x%x: %s %s at %d (%s), but foreseen %s %s at %d (%s)\n", shown(src), shown(dst),
                flags, nlink_status_name(status), nlink_cause_name(error.cause), error.at, error.text,
                nlink_status_name(first->status), nlink_cause_name(first->cause), first->at, first->text);
    ++*wrong;
  }
  if (status != NLINK_OK && (error.cause == NLINK_CAUSE_UNKNOWN || !error.certain)) {
    print_error("'%s' '%s' 0x%x: %s without a certain cause: %s\n", shown(src), shown(dst), flags,
                nlink_status_name(status), error.text);
    ++*wrong;
  }
  return status != NLINK_OK;
}

static unsigned compare_all(uid_t owner, const unsigned *flags, size_t count) {
  unsigned wrong = 0;
  build_again(owner);
  for (size_t f = 0; f < count; f++)
    for (size_t i = 0; i < COUNT(sources); i++)
      for (size_t j = 0; j < COUNT(names); j++)
        if (!compare(sources[i], names[j], flags[f], &wrong))
          build_again(owner);
  return wrong;
}

static void agrees(void **state) {
  (void)state;
  assert_int_equal(compare_all(geteuid(), flag_sets, COUNT(flag_sets)), 0);
}

static void agrees_for_another_user(void **state) {
  (void)state;
  if (geteuid() != 0)
    ground_skip("only root can become another user");
  assert_int_equal(setgroups(0, NULL), 0);
  assert_int_equal(setegid(NOBODY), 0);
  assert_int_equal(seteuid(NOBODY), 0);
  unsigned wrong = compare_all(NOBODY, few_flag_sets, COUNT(few_flag_sets));
  assert_int_equal(seteuid(0), 0);
  assert_int_equal(setegid(0), 0);
  assert_int_equal(wrong, 0);
}

static void changes_nothing(void **state) {
  (void)state;
  build(geteuid());
  char *before = ground_picture(true);
  for (size_t f = 0; f < COUNT(few_flag_sets); f++) {
    for (size_t i = 0; i < COUNT(sources); i++) {
      for (size_t j = 0; j < COUNT(names); j++) {
        struct nlink_why why;
        assert_int_equal(nlink_why(&why, NLINK_CWD, sources[i], NLINK_CWD, names[j], few_flag_sets[f], NULL),
                         NLINK_OK);
      }
    }
  }
  char *after = ground_picture(true);
  assert_string_equal(before, after);
  free(before);
  free(after);
}

static void tells_all(void **state) {
  (void)state;
  struct nlink_why why;
  struct nlink_error error;
  build(geteuid());
  assert_int_equal(nlink_why(&why, NLINK_CWD, "f", NLINK_CWD, "new", 0, &error), NLINK_OK);
  assert_int_equal(why.count, 0);
  assert_int_equal(nlink_why(&why, NLINK_CWD, "d", NLINK_CWD, "g", 0, &error), NLINK_OK);
  assert_int_equal(why.count, 2);
  assert_string_equal(why.obstacle[0].text, "'g' exists: it is a regular file");
  assert_string_equal(why.obstacle[1].text, "'d' is a directory, and a directory has one name only");
  assert_int_equal(nlink_why(&why, NLINK_CWD, "missing", NLINK_CWD, "no/new", 0, &error), NLINK_OK);
  assert_int_equal(why.count, 2);
  assert_string_equal(why.obstacle[0].text, "'missing' does not exist");
  assert_int_equal(why.obstacle[0].at, NLINK_SRC);
  assert_string_equal(why.obstacle[1].text, "'no': no such directory");
  assert_int_equal(why.obstacle[1].at, NLINK_DST);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, ground_setup, ground_teardown)

int main(void) {
  memset(long_name, 'n', 290);
  memset(long_path, '/', sizeof long_path - 1);
  long_path[0] = '.';
  snprintf(elsewhere, sizeof elsewhere, "/dev/shm/nlink-test-%ld", (long)getpid());
  const struct CMUnitTest tests[] = {
      TEST(agrees),
      TEST(agrees_for_another_user),
      TEST(changes_nothing),
      TEST(tells_all),
  };
  return GROUND_RUN("why", tests);
}
