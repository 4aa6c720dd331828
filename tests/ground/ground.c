/*
 * ground.c - the ground that the C tests stand on
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "ground.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REASON "# reason to skip: "

/* cmocka reports a skip as "not ok", without a reason: the lines are put right on their way. */
static int tell(FILE *from, pid_t child) {
  char line[8192];
  char reason[256] = "not told";
  while (fgets(line, sizeof line, from) != NULL) {
    unsigned number = 0;
    char name[256];
    if (strncmp(line, REASON, strlen(REASON)) == 0)
      snprintf(reason, sizeof reason, "%.*s", (int)strcspn(line + strlen(REASON), "\n"),
               line + strlen(REASON));
    else if (sscanf(line, "not ok %u # SKIP %255s", &number, name) == 2)
      printf("ok %u - %s # SKIP %s\n", number, name, reason);
    else
      fputs(line, stdout);
    fflush(stdout);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  if (WIFSIGNALED(status))
    printf("Bail out! ended by signal %d\n", WTERMSIG(status));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int ground_run(const char *name, const struct CMUnitTest *tests, size_t count) {
  int ends[2];
  if (pipe(ends) != 0)
    return 1;
  fflush(stdout);
  pid_t child = fork();
  if (child < 0)
    return 1;
  if (child > 0) {
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r");
    int status = from != NULL ? tell(from, child) : 1;
    if (from != NULL)
      fclose(from);
    return status;
  }
  dup2(ends[1], STDOUT_FILENO);
  close(ends[0]);
  close(ends[1]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  umask(022);
  cmocka_set_message_output(CM_OUTPUT_TAP);
  int failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
  fflush(stdout);
  exit(failed == 0 ? 0 : 1); /* not _exit: the leak sanitizer looks at the end */
}

void ground_skip(const char *reason) {
  print_message(REASON "%s\n", reason);
  skip();
}

/* ---------------------------------------------------------------- a fresh directory */

static char ground[256];
static int files_before;

const char *ground_path(void) {
  return ground;
}

int ground_open_files(void) {
  DIR *files = opendir("/proc/self/fd");
  if (files == NULL)
    return 0;
  int count = 0;
  while (readdir(files) != NULL)
    count++;
  closedir(files);
  return count;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *way) {
  (void)stat;
  (void)kind;
  if (way->level > 0)
    remove(path);
  return 0;
}

static int open_up(const char *path, const struct stat *stat, int kind, struct FTW *way) {
  (void)way;
  if (kind == FTW_D || kind == FTW_DNR)
    chmod(path, (stat->st_mode & 07777u) | 0700u);
  return 0;
}

void ground_empty(const char *path) {
  if (geteuid() != 0) /* modes stop others only */
    nftw(path, open_up, 16, FTW_PHYS);
  nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

int ground_setup(void **state) {
  (void)state;
  const char *above = getenv("TMPDIR");
  char made[200];
  files_before = ground_open_files();
  snprintf(made, sizeof made, "%s/nlink-test-XXXXXX", above != NULL && strlen(above) < 100 ? above : "/tmp");
  if (mkdtemp(made) == NULL || chmod(made, 0755) != 0 || chdir(made) != 0)
    return -1;
  return getcwd(ground, sizeof ground) != NULL ? 0 : -1;
}

int ground_teardown(void **state) {
  (void)state;
  if (chdir("/") != 0)
    return -1;
  ground_empty(ground);
  int removed = rmdir(ground);
  int left = ground_open_files() - files_before;
  if (removed != 0)
    print_error("the directory could not be removed: %s\n", strerror(errno));
  if (left != 0)
    print_error("%d descriptors were left open\n", left);
  return removed == 0 && left == 0 ? 0 : -1;
}

void ground_file(const char *path, const char *contents) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, contents, strlen(contents)), (ssize_t)strlen(contents));
  close(fd);
}

void ground_directory(const char *path) {
  assert_int_equal(mkdir(path, 0755), 0);
}

void ground_symlink(const char *target, const char *path) {
  assert_int_equal(symlink(target, path), 0);
}

void ground_link(const char *from, const char *to) {
  assert_int_equal(linkat(AT_FDCWD, from, AT_FDCWD, to, 0), 0);
}

bool ground_exists(const char *path) {
  struct stat stat;
  return lstat(path, &stat) == 0;
}

bool ground_same(const char *a, const char *b) {
  struct stat one;
  struct stat other;
  return lstat(a, &one) == 0 && lstat(b, &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

uint64_t ground_link_count(const char *path) {
  struct stat stat;
  assert_int_equal(lstat(path, &stat), 0);
  return stat.st_nlink;
}

bool ground_holds(const char *path, const char *contents) {
  char found[4096];
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return false;
  ssize_t length = read(fd, found, sizeof found);
  close(fd);
  return length == (ssize_t)strlen(contents) && memcmp(found, contents, (size_t)length) == 0;
}

/* ---------------------------------------------------------------- pictures */

/* nftw has no argument for a context; the tests that take pictures have one thread. */
static struct {
  char **lines;
  size_t count, room;
  bool times;
} album;

static int see(const char *path, const struct stat *stat, int kind, struct FTW *way) {
  char what[4200] = "";
  char times[200] = "";
  (void)kind;
  if (S_ISLNK(stat->st_mode)) {
    ssize_t length = readlink(path, what, sizeof what - 1);
    what[length > 0 ? length : 0] = '\0';
  } else if (S_ISREG(stat->st_mode)) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, what, sizeof what - 1) : 0;
    what[length > 0 ? length : 0] = '\0';
    if (fd >= 0)
      close(fd);
  }
  /* The directory itself shows in the times only. */
  if (way->level == 0 && !album.times)
    return 0;
  if (album.times)
    snprintf(times, sizeof times, " %lld.%09ld %lld.%09ld x%lu", (long long)stat->st_mtim.tv_sec,
             stat->st_mtim.tv_nsec, (long long)stat->st_ctim.tv_sec, stat->st_ctim.tv_nsec,
             (unsigned long)stat->st_nlink);
  if (album.count == album.room) {
    album.room = album.room > 0 ? 2 * album.room : 64;
    album.lines = realloc(album.lines, album.room * sizeof *album.lines);
  }
  if (album.lines == NULL ||
      asprintf(&album.lines[album.count], "%s %lu %o %u:%u%s [%s]\n", path, (unsigned long)stat->st_ino,
               (unsigned)stat->st_mode, (unsigned)stat->st_uid, (unsigned)stat->st_gid, times, what) < 0)
    return -1;
  album.count++;
  return 0;
}

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

char *ground_picture(bool times) {
  album.count = 0;
  album.times = times;
  assert_int_equal(nftw(".", see, 16, FTW_PHYS), 0);
  if (album.count > 0)
    qsort(album.lines, album.count, sizeof *album.lines, compare_lines);
  size_t length = 1;
  for (size_t i = 0; i < album.count; i++)
    length += strlen(album.lines[i]);
  char *picture = malloc(length);
  assert_non_null(picture);
  char *end = picture;
  *end = '\0';
  for (size_t i = 0; i < album.count; i++) {
    end = stpcpy(end, album.lines[i]);
    free(album.lines[i]);
  }
  free(album.lines);
  album.lines = NULL;
  album.room = 0;
  return picture;
}

/* ---------------------------------------------------------------- chance, pointers */

/* splitmix64 */
uint32_t ground_below(struct ground_chance *chance, uint32_t limit) {
  uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ (z >> 31)) % limit);
}

const char *ground_unmapped(void) {
  static char *page;
  if (page == NULL) {
    long size = sysconf(_SC_PAGESIZE);
    page = mmap(NULL, (size_t)size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
  }
  return page;
}

/* ---------------------------------------------------------------- quoted names */

bool ground_unquote(char *out, const char *text) {
  for (; *text != '\0';) {
    if (*text == '\'') {
      const char *end = strchr(text + 1, '\'');
      if (end == NULL)
        return false;
      out = mempcpy(out, text + 1, (size_t)(end - text - 1));
      text = end + 1;
    } else if (*text == '"') {
      const char *end = strchr(text + 1, '"');
      if (end == NULL || strpbrk(text, "$`\\") != NULL)
        return false;
      out = mempcpy(out, text + 1, (size_t)(end - text - 1));
      text = end + 1;
    } else if (text[0] == '\\' && text[1] == '\'') {
      *out++ = '\'';
      text += 2;
    } else if (text[0] == '$' && text[1] == '\'') {
      for (text += 2; *text != '\'';) {
        static const char letters[] = "abtnvfr";
        if (text[0] != '\\' || text[1] == '\0')
          return false;
        const char *letter = strchr(letters, text[1]);
        if (letter != NULL) {
          *out++ = (char)(7 + (letter - letters));
          text += 2;
        } else {
          char digits[4] = {text[1], text[2], text[3], '\0'};
          *out++ = (char)strtoul(digits, NULL, 8);
          text += 4;
        }
      }
      text++;
    } else {
      *out++ = *text++;
    }
  }
  *out = '\0';
  return true;
}
