/*
 * test_store.c - a task in a file: read back as it was, or refused; never half of it, whatever happened to the file
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "os/os.h"
#include "task/record.h"
#include "task/sound.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "made.h"

/* What a reading gave. */
struct answer {
  enum nlink_status status;
  struct nl_task task;
  struct nl_store_tail tail;
  bool is_journal;
  uint64_t whole;
  struct nlink_error error;
};

/* From memory of its exact size, so that a read beyond its end is seen. */
static void read_bytes(struct answer *answer, const unsigned char *bytes, size_t size) {
  unsigned char *exact = malloc(size > 0 ? size : 1);
  assert_non_null(exact);
  memcpy(exact, bytes, size);
  answer->status = nl_store_read_bytes(&answer->task, &answer->tail, &answer->is_journal, &answer->whole,
                                       exact, size, &answer->error);
  free(exact);
  if (answer->status != NLINK_OK) {
    assert_int_equal(answer->task.file_count, 0);
    assert_true(answer->error.text[0] != '\0');
    return;
  }
  assert_null(nl_task_unsound(&answer->task));
  assert_true(answer->whole <= size);
}

static void read_fd(struct answer *answer, const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  answer->status =
      nl_store_read(&answer->task, &answer->tail, &answer->is_journal, &answer->whole, fd, &answer->error);
  close(fd);
}

static void give_back(struct answer *answer) {
  if (answer->status == NLINK_OK)
    nl_task_fini(&answer->task);
}

/* Where each record of a good file begins; the last is where the file ends. */
static size_t find_records(uint64_t at[], size_t most, const unsigned char *bytes, size_t size) {
  size_t count = 0;
  at[0] = NL_RECORD_HEADER;
  while (at[count] < size) {
    assert_true(count + 1 < most);
    at[count + 1] = at[count] + nl_record_size(nl_get32(bytes + at[count] + 12));
    count++;
  }
  assert_true(at[count] == size);
  return count;
}

static uint32_t type_at(const unsigned char *bytes, uint64_t at) {
  return nl_get32(bytes + at + 8);
}

/* Where the task ends. */
static uint64_t find_ready(const unsigned char *bytes, size_t size) {
  uint64_t at[4096];
  size_t count = find_records(at, 4096, bytes, size);
  for (size_t i = 0; i < count; i++)
    if (type_at(bytes, at[i]) == NL_RECORD_READY)
      return at[i + 1];
  fail();
  return 0;
}

/* ---------------------------------------------------------------- there and back */

static void round_trip(void **state) {
  (void)state;
  struct ground_chance chance = {7};
  for (uint32_t i = 0; i < 120; i++) {
    struct nl_task task;
    struct answer answer;
    size_t size;
    bool is_journal = i % 3 != 0;
    made_task(&task, &chance, i / 3);
    made_store("f", &task, is_journal, false, false);
    unsigned char *bytes = made_read("f", &size);
    for (int way = 0; way < 2; way++) {
      if (way == 0)
        read_bytes(&answer, bytes, size);
      else
        read_fd(&answer, "f");
      if (answer.status != NLINK_OK)
        fail_msg("%u: %s", i, answer.error.text);
      assert_int_equal(answer.is_journal, is_journal);
      assert_int_equal(answer.whole, size);
      assert_int_equal(answer.tail.state, NLINK_JOURNAL_UNFINISHED);
      assert_true(answer.tail.ended_ns == NLINK_TIME_UNKNOWN && answer.tail.done_names == 0);
      char boot[40];
      nl_os_boot(boot);
      assert_string_equal(answer.tail.boot, boot);
      made_same(&answer.task, &task);
      nl_task_fini(&answer.task);
    }
    free(bytes);
    nl_task_fini(&task);
  }
}

static void outcomes_and_ends(void **state) {
  (void)state;
  struct ground_chance chance = {8};
  for (uint32_t i = 0; i < 60; i++) {
    struct nl_task task;
    struct answer answer;
    made_task(&task, &chance, 1 + i / 2);
    made_fare(&task, &chance);
    made_store("f", &task, true, true, i % 2 == 0);
    read_fd(&answer, "f");
    assert_int_equal(answer.status, NLINK_OK);
    made_same(&answer.task, &task);
    uint64_t done = 0;
    for (uint32_t name = 0; name < task.name_count; name++)
      done += task.names[name].state == NL_TASK_DONE;
    if (i % 2 == 0) {
      assert_int_equal(answer.tail.state, NLINK_JOURNAL_DONE);
      assert_true(answer.tail.done_names == 12 && answer.tail.gained_bytes == 345);
      assert_true(answer.tail.ended_ns > 1700000000000000000);
    } else {
      assert_int_equal(answer.tail.state, NLINK_JOURNAL_UNFINISHED);
      assert_true(answer.tail.done_names == done && answer.tail.ended_ns == NLINK_TIME_UNKNOWN);
    }
    nl_task_fini(&answer.task);
    nl_task_fini(&task);
  }
}

/* Whether it is ended is seen from its last bytes. */
static void has_an_end(void **state) {
  (void)state;
  struct ground_chance chance = {10};
  struct nl_task task;
  made_task(&task, &chance, 4);
  static const struct {
    bool is_journal, fared, ended;
    off_t more;
  } files[] = {{true, true, true, 0},    {true, false, true, 0}, {true, true, false, 0},
               {false, false, false, 0}, {true, true, true, -1}, {true, true, true, 8},
               {true, false, false, -9}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    made_store("f", &task, files[i].is_journal, files[i].fared, files[i].ended);
    int fd = open("f", O_RDWR | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) + files[i].more), 0);
    assert_int_equal(nl_store_has_end(fd), files[i].ended && files[i].more == 0);
    for (off_t size = NL_RECORD_HEADER + 100; i == 0 && size >= 0; size -= 13) {
      assert_int_equal(ftruncate(fd, size), 0);
      assert_false(nl_store_has_end(fd));
    }
    close(fd);
  }
  nl_task_fini(&task);
}

/* Records longer than what is read at once, many records of a kind, and more than fits a buffer. */
static void large_ones(void **state) {
  (void)state;
  enum { LARGE = 3 << 20, NAMES = 100000 };
  struct ground_chance chance = {9};
  struct nl_task task;
  struct answer answer;
  made_task(&task, &chance, 3);
  char *value = malloc(LARGE);
  char *dir = malloc(LARGE);
  assert_true(value != NULL && dir != NULL);
  for (size_t i = 0; i < LARGE; i++)
    value[i] = (char)ground_below(&chance, 256);
  memset(dir, 'd', LARGE);
  dir[0] = '/';
  dir[LARGE - 1] = '\0';
  const struct nl_task_attribute attribute = {"user.large", value, LARGE};
  task.files[1].own.attributes = &attribute;
  task.files[1].own.attribute_count = 1;
  task.dirs[0] = dir;
  struct nl_task_file *last = &task.files[task.file_count - 1];
  task.names = nl_realloc(task.names, NAMES * sizeof *task.names);
  assert_non_null(task.names);
  for (uint32_t i = task.name_count; i < NAMES; i++)
    task.names[i] = (struct nl_task_name){.text = "a name like any other", .file = task.file_count - 1};
  last->name_count += NAMES - task.name_count;
  task.name_count = NAMES;
  made_store("f", &task, true, true, true);
  read_fd(&answer, "f");
  if (answer.status != NLINK_OK)
    fail_msg("%s", answer.error.text);
  made_same(&answer.task, &task);
  nl_task_fini(&answer.task);
  nl_task_fini(&task);
  free(value);
  free(dir);
}

static void too_long(void **state) {
  (void)state;
  char *name = malloc(UINT16_MAX + 2);
  assert_non_null(name);
  memset(name, 'n', UINT16_MAX + 1);
  name[UINT16_MAX + 1] = '\0';
  struct nl_task_name names[] = {{.text = name}};
  const char *dirs[] = {"/"};
  const struct nl_task task = {.dirs = dirs, .dir_count = 1, .names = names, .name_count = 1};
  struct nl_store store = {.fd = -1};
  assert_int_equal(nl_os_status(nl_store_task(&store, &task, false)), NLINK_NAME_TOO_LONG);
  assert_int_equal(nl_os_status(nl_store_flush(&store)), NLINK_NAME_TOO_LONG);
  nl_store_fini(&store);
  free(name);
}

/* ---------------------------------------------------------------- the page about it */

/* Compare one line of a dump, "00000010: 00 10 ...  text", with the file; whether it is one. */
static bool compare_line(const char *line, const unsigned char *bytes, size_t size) {
  unsigned long at = 0;
  int used = 0;
  if (sscanf(line, "%8lx:%n", &at, &used) != 1 || used != 9)
    return false;
  for (const char *from = line + used; from[0] == ' ' && from[1] != ' ' && from[1] != '\n'; from += 3, at++) {
    if (at >= size || strtoul(from + 1, NULL, 16) != bytes[at])
      fail_msg("at %lx: %s", at, line);
  }
  return true;
}

/* The example of docs/journal.md is what is really written, in the version that is written now. */
static void as_documented(void **state) {
  (void)state;
  const char *dirs[] = {"/data/ann"};
  struct nl_task_name names[] = {{.text = "sun.png"}, {.text = "copy of sun.png", .file = 1}};
  struct nl_task_file files[] = {
      {.dev = 0xfe01, .ino = 10, .name_count = 1},
      {.dev = 0xfe01, .ino = 11, .first_name = 1, .name_count = 1, .deed = NL_DEED_LINK}};
  struct nl_task_group groups[] = {{4, 4096, 0, 2}};
  struct nl_task task = {.verb = "dedupe",
                         .made_ns = 1795361640000000000,
                         .files = files,
                         .names = names,
                         .groups = groups,
                         .dirs = dirs,
                         .file_count = 2,
                         .name_count = 2,
                         .group_count = 1,
                         .dir_count = 1};
  for (unsigned char i = 0; i < NL_TASK_SEED_SIZE; i++)
    task.seed[i] = (unsigned char)(0x10 + i);
  for (int i = 0; i < 2; i++) {
    files[i].size_bytes = 4;
    files[i].allocated_bytes = 4096;
    files[i].link_count = 1;
    files[i].own.mode = 0644;
  }
  struct nl_store store = {.fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  const uint32_t done = 1;
  assert_int_equal(nl_store_task(&store, &task, true), 0);
  names[done].state = NL_TASK_DONE;
  nl_store_names(&store, &task, &done, 1);
  assert_int_equal(nl_store_flush(&store), 0);
  nl_store_fini(&store);
  close(store.fd);
  size_t size;
  unsigned char *bytes = made_read("f", &size);
  char line[600];
  char temp[NL_TASK_TEMP_SIZE];
  unsigned lines = 0;
  bool is_named = false;
  nl_task_temp(temp, &task, done);
  snprintf(line, sizeof line, "%s/docs/journal.md", getenv("NLINK_SOURCE"));
  FILE *page = fopen(line, "re");
  assert_non_null(page);
  while (fgets(line, sizeof line, page) != NULL) {
    lines += compare_line(line, bytes, size);
    is_named = is_named || strstr(line, temp) != NULL;
  }
  fclose(page);
  assert_int_equal(lines, 15);
  assert_true(is_named);
  free(bytes);
}

/* ---------------------------------------------------------------- cut, and changed */

static unsigned char *make_example(struct nl_task *task, size_t *size, bool is_journal, bool ended) {
  struct ground_chance chance = {11};
  made_task(task, &chance, 8);
  made_fare(task, &chance);
  if (!is_journal)
    for (uint32_t i = 0; i < task->name_count; i++)
      task->names[i].state = task->names[i].left = 0;
  made_store("f", task, is_journal, is_journal, ended);
  return made_read("f", size);
}

static void every_cut_plan(void **state) {
  (void)state;
  struct nl_task task;
  struct answer answer;
  size_t size;
  unsigned char *bytes = make_example(&task, &size, false, false);
  for (size_t cut = 0; cut < size; cut++) {
    read_bytes(&answer, bytes, cut);
    assert_int_equal(answer.status, NLINK_INVALID);
  }
  bytes = realloc(bytes, size + 8);
  assert_non_null(bytes);
  memset(bytes + size, 0, 8);
  for (size_t more = 1; more <= 8; more++) {
    read_bytes(&answer, bytes, size + more);
    assert_int_equal(answer.status, NLINK_INVALID);
  }
  free(bytes);
  nl_task_fini(&task);
}

/* Up to the end of the task there is nothing; from there on as many outcomes as are whole; the end at the very end. */
static void every_cut_journal(void **state) {
  (void)state;
  struct nl_task task;
  struct answer answer;
  size_t size;
  unsigned char *bytes = make_example(&task, &size, true, true);
  uint64_t ready = find_ready(bytes, size);
  uint64_t at[4096];
  size_t records = find_records(at, 4096, bytes, size);
  for (size_t cut = 0; cut <= size; cut++) {
    uint64_t whole = NL_RECORD_HEADER;
    for (size_t i = 0; i <= records; i++)
      if (at[i] <= cut && at[i] >= ready)
        whole = at[i];
    read_bytes(&answer, bytes, cut);
    assert_int_equal(answer.status, cut < NL_RECORD_HEADER ? NLINK_INVALID : NLINK_OK);
    if (answer.status != NLINK_OK)
      continue;
    assert_true(answer.is_journal);
    assert_int_equal(answer.whole, whole);
    assert_int_equal(answer.tail.state, cut == size ? NLINK_JOURNAL_DONE : NLINK_JOURNAL_UNFINISHED);
    assert_int_equal(answer.task.name_count, cut < ready ? 0 : task.name_count);
    assert_string_equal(answer.task.verb, task.verb);
    assert_memory_equal(answer.task.seed, task.seed, sizeof task.seed);
    if (cut == size)
      made_same(&answer.task, &task);
    nl_task_fini(&answer.task);
  }
  free(bytes);
  nl_task_fini(&task);
}

/* The same with what a file system may leave behind what it wrote: zeros, other bytes, a piece of the file itself. */
static void cut_and_filled(void **state) {
  (void)state;
  struct nl_task task;
  struct answer answer;
  struct ground_chance chance = {12};
  size_t size;
  unsigned char *bytes = make_example(&task, &size, true, true);
  unsigned char *torn = malloc(2 * size);
  assert_non_null(torn);
  uint64_t ready = find_ready(bytes, size);
  for (size_t cut = NL_RECORD_HEADER; cut < size; cut += 1 + ground_below(&chance, 7)) {
    size_t more = 1 + ground_below(&chance, (uint32_t)size - 1);
    uint32_t with = ground_below(&chance, 3);
    memcpy(torn, bytes, cut);
    for (size_t i = 0; i < more; i++)
      torn[cut + i] = (unsigned char)(with == 0 ? 0 : with == 1 ? ground_below(&chance, 256) : bytes[i]);
    read_bytes(&answer, torn, cut + more);
    if (answer.status != NLINK_OK)
      fail_msg("%zu and %zu: %s", cut, more, answer.error.text);
    assert_true(answer.whole <= cut + 8); /* of the last sum, some bytes can be right by chance */
    assert_int_equal(answer.task.name_count, answer.whole < ready ? 0 : task.name_count);
    assert_int_equal(answer.tail.state, NLINK_JOURNAL_UNFINISHED);
    nl_task_fini(&answer.task);
  }
  free(torn);
  free(bytes);
  nl_task_fini(&task);
}

/* Each byte, changed: in a plan, and in the task of a journal, it is refused; behind that it is cut off there. */
static void every_changed_byte(void **state) {
  (void)state;
  for (int is_journal = 0; is_journal < 2; is_journal++) {
    struct nl_task task;
    struct answer answer;
    struct ground_chance chance = {13};
    size_t size;
    unsigned char *bytes = make_example(&task, &size, is_journal, is_journal);
    uint64_t ready = find_ready(bytes, size);
    for (size_t i = 0; i < size; i++) {
      unsigned char old = bytes[i];
      bytes[i] ^= (unsigned char)(1 + ground_below(&chance, 255));
      read_bytes(&answer, bytes, size);
      if (i < ready)
        assert_int_equal(answer.status, NLINK_INVALID);
      else
        assert_true(answer.status == NLINK_OK && answer.whole >= ready && answer.whole <= i &&
                    answer.tail.state == NLINK_JOURNAL_UNFINISHED);
      give_back(&answer);
      bytes[i] = old;
    }
    free(bytes);
    nl_task_fini(&task);
  }
}

/* A journal goes on after its torn end was cut off, and ends; also one whose task was never whole. */
static void resumed(void **state) {
  (void)state;
  struct nl_task task;
  size_t size;
  unsigned char *bytes = make_example(&task, &size, true, false);
  for (size_t cut = NL_RECORD_HEADER; cut <= size; cut += 37) {
    struct answer answer;
    read_bytes(&answer, bytes, cut);
    assert_int_equal(answer.status, NLINK_OK);
    made_write("g", bytes, (size_t)answer.whole);
    struct nl_store store = {.fd = open("g", O_RDWR | O_APPEND | O_CLOEXEC)};
    const struct nl_store_tail tail = {.done_names = 3};
    uint32_t names = answer.task.name_count;
    nl_store_resume(&store, &answer.task, answer.whole);
    for (uint32_t i = 0; i < names; i++) {
      answer.task.names[i].state = NL_TASK_UNDONE;
      assert_int_equal(nl_store_names(&store, &answer.task, &i, 1), 0);
    }
    assert_int_equal(nl_store_end(&store, NLINK_JOURNAL_UNDONE, &tail), 0);
    assert_int_equal(nl_store_flush(&store), 0);
    nl_store_fini(&store);
    close(store.fd);
    nl_task_fini(&answer.task);
    read_fd(&answer, "g");
    if (answer.status != NLINK_OK)
      fail_msg("%zu: %s", cut, answer.error.text);
    assert_int_equal(answer.tail.state, NLINK_JOURNAL_UNDONE);
    assert_int_equal(answer.task.name_count, names);
    for (uint32_t i = 0; i < names; i++)
      assert_int_equal(answer.task.names[i].state, NL_TASK_UNDONE);
    nl_task_fini(&answer.task);
  }
  free(bytes);
  nl_task_fini(&task);
}

/* Records of another journal, such as a file system brings to light again, are none of this one. */
static void strange_records(void **state) {
  (void)state;
  struct nl_task task;
  struct nl_task other;
  struct ground_chance chance = {11};
  struct answer answer;
  size_t size;
  size_t other_size;
  unsigned char *bytes = make_example(&task, &size, true, true);
  made_task(&other, &chance, 8);
  other.seed[3] ^= 1;
  made_store("g", &other, true, true, true);
  unsigned char *others = made_read("g", &other_size);
  assert_int_equal(size, other_size);
  uint64_t ready = find_ready(bytes, size);
  memcpy(bytes + ready, others + ready, size - (size_t)ready);
  read_bytes(&answer, bytes, size);
  assert_int_equal(answer.status, NLINK_OK);
  assert_int_equal(answer.whole, ready);
  nl_task_fini(&answer.task);
  free(bytes);
  free(others);
  nl_task_fini(&task);
  nl_task_fini(&other);
}

/* ---------------------------------------------------------------- made to be believed */

static void seal(unsigned char *bytes, uint64_t at) {
  nl_record_seal(bytes + at, at, nl_get64(bytes + 24), (enum nl_record_type)type_at(bytes, at),
                 nl_get32(bytes + at + 12));
}

/* Any number anywhere in a payload, with the sum put right: what is read is sound, or it is refused. */
static void hostile_numbers(void **state) {
  (void)state;
  static const uint32_t extremes[] = {0,      1,       2,          7,          0x7f,       0xff,
                                      0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  struct nl_task task;
  struct ground_chance chance = {17};
  struct answer answer;
  size_t size;
  unsigned refused = 0;
  unsigned taken = 0;
  unsigned char *bytes = make_example(&task, &size, true, true);
  unsigned char *hostile = malloc(size);
  assert_non_null(hostile);
  uint64_t at[4096];
  size_t records = find_records(at, 4096, bytes, size);
  for (size_t i = 0; i < records; i++)
    for (uint64_t place = at[i] + NL_RECORD_HEAD; place + 12 <= at[i + 1];
         place += 1 + ground_below(&chance, 4)) {
      memcpy(hostile, bytes, size);
      uint32_t value = ground_below(&chance, 3) == 0
                           ? ground_below(&chance, 300)
                           : extremes[ground_below(&chance, sizeof extremes / sizeof extremes[0])];
      if (ground_below(&chance, 2) == 0)
        nl_put32(hostile + place, value);
      else
        hostile[place] = (unsigned char)(value & 0xffu);
      seal(hostile, at[i]);
      read_bytes(&answer, hostile, size);
      assert_true(answer.status == NLINK_OK || answer.status == NLINK_INVALID);
      refused += answer.status != NLINK_OK;
      taken += answer.status == NLINK_OK;
      give_back(&answer);
    }
  assert_true(refused > 500 && taken > 500);
  free(hostile);
  free(bytes);
  nl_task_fini(&task);
}

/* Records of every length and type, in any order, sums right. */
static void hostile_records(void **state) {
  (void)state;
  struct ground_chance chance = {19};
  unsigned char bytes[4096];
  struct nl_task task;
  struct answer answer;
  size_t size;
  unsigned char *example = make_example(&task, &size, true, false);
  for (unsigned i = 0; i < 20000; i++) {
    memcpy(bytes, example, NL_RECORD_HEADER);
    uint64_t at = NL_RECORD_HEADER;
    for (uint32_t record = ground_below(&chance, 6); record < 6; record++) {
      static const uint32_t lengths[] = {0, 8, 24, 72, 112, 128};
      uint32_t length =
          ground_below(&chance, 3) == 0 ? ground_below(&chance, 200) : lengths[ground_below(&chance, 6)];
      for (uint32_t j = 0; j < length; j++)
        bytes[at + NL_RECORD_HEAD + j] =
            (unsigned char)(ground_below(&chance, 4) == 0 ? ground_below(&chance, 4) : 0);
      uint32_t type =
          ground_below(&chance, 2) == 0 && record > 0 ? record : ground_below(&chance, NL_RECORD_TYPES + 2);
      nl_record_seal(bytes + at, at, nl_get64(bytes + 24), (enum nl_record_type)type, length);
      at += nl_record_size(length);
    }
    read_bytes(&answer, bytes, (size_t)at);
    assert_true(answer.status == NLINK_OK || answer.status == NLINK_INVALID);
    give_back(&answer);
  }
  free(example);
  nl_task_fini(&task);
}

static void no_such_file(void **state) {
  (void)state;
  struct answer answer;
  ground_file("empty", "");
  ground_file("text", "This is a text that is longer than the header of a journal, and nothing else: just a "
                      "text, of letters.");
  ground_directory("directory");
  read_fd(&answer, "empty");
  assert_int_equal(answer.status, NLINK_INVALID);
  read_fd(&answer, "text");
  assert_int_equal(answer.status, NLINK_INVALID);
  assert_string_equal(answer.error.text, "it is neither a plan nor a journal of nlink");
  read_fd(&answer, "directory");
  assert_int_equal(answer.status, NLINK_INVALID);
  struct nl_task task;
  size_t size;
  unsigned char *bytes = make_example(&task, &size, true, false);
  nl_put16(bytes + 8, 2);
  read_bytes(&answer, bytes, size);
  assert_int_equal(answer.status, NLINK_INVALID);
  assert_string_equal(answer.error.text, "it is of a version that this nlink does not know");
  free(bytes);
  nl_task_fini(&task);
}

/* A file that says that it is very long, and is a hole: it costs neither its length in memory nor in time. */
static void a_hole(void **state) {
  (void)state;
  struct nl_task task;
  struct answer answer;
  size_t size;
  unsigned char *bytes = make_example(&task, &size, true, false);
  assert_int_equal(truncate("f", (off_t)1 << 40), 0);
  read_fd(&answer, "f");
  assert_int_equal(answer.status, NLINK_OK);
  assert_int_equal(answer.whole, size);
  nl_task_fini(&answer.task);
  made_write("f", bytes, size / 4);
  assert_int_equal(truncate("f", (off_t)1 << 40), 0);
  read_fd(&answer, "f"); /* too much to look through for records that stand behind */
  assert_int_equal(answer.status, NLINK_INVALID);
  free(bytes);
  nl_task_fini(&task);
}

/* ---------------------------------------------------------------- faults */

static void reading_fails(void **state) {
  (void)state;
  struct nl_task task;
  struct answer answer;
  size_t size;
  unsigned char *bytes = make_example(&task, &size, true, true);
  static const struct nl_fault_plan kinds[] = {{.kinds = 1u << NL_FAULT_ALLOC, .sys = ENOMEM},
                                               {.kinds = 1u << NL_FAULT_LOOK, .sys = EIO}};
  for (size_t kind = 0; kind < 2; kind++)
    for (long k = 1;; k++) {
      struct nl_fault_plan plan = kinds[kind];
      plan.k = k;
      nl_fault_begin(&plan);
      read_fd(&answer, "f");
      bool is_over = nl_fault_count() < k;
      nl_fault_begin(NULL);
      assert_int_equal(answer.status, is_over ? NLINK_OK : kind == 0 ? NLINK_NO_MEMORY : NLINK_IO);
      give_back(&answer);
      if (is_over) {
        assert_true(k > 2);
        break;
      }
    }
  free(bytes);
  nl_task_fini(&task);
}

/* What is left of the file is one that was cut, or none. */
static void writing_fails(void **state) {
  (void)state;
  struct nl_task task;
  struct answer answer;
  size_t size;
  free(make_example(&task, &size, true, true));
  static const struct nl_fault_plan kinds[] = {{.kinds = 1u << NL_FAULT_ALLOC, .sys = ENOMEM},
                                               {.kinds = 1u << NL_FAULT_CHANGE, .sys = ENOSPC}};
  for (size_t kind = 0; kind < 2; kind++)
    for (long k = 1;; k++) {
      struct nl_fault_plan plan = kinds[kind];
      struct nl_store store = {.fd = open("g", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
      plan.k = k;
      nl_fault_begin(&plan);
      nl_store_task(&store, &task, true);
      nl_store_flush(&store);
      for (uint32_t i = 0; i < task.name_count; i++)
        nl_store_names(&store, &task, &i, 1);
      nl_store_flush(&store);
      nl_store_end(&store, NLINK_JOURNAL_DONE, &(struct nl_store_tail){0});
      int sys = nl_store_flush(&store);
      bool is_over = nl_fault_count() < k;
      nl_fault_begin(NULL);
      nl_store_fini(&store);
      close(store.fd);
      /* Without memory to ask for the run of the system, that is not told, and all else is. */
      assert_true(sys == plan.sys || (sys == 0 && (is_over || kind == 0)));
      read_fd(&answer, "g");
      assert_true(answer.status == NLINK_OK || (sys != 0 && answer.status == NLINK_INVALID));
      if (answer.status == NLINK_OK)
        assert_int_equal(answer.tail.state, sys == 0 ? NLINK_JOURNAL_DONE : NLINK_JOURNAL_UNFINISHED);
      give_back(&answer);
      if (is_over)
        break;
    }
  nl_task_fini(&task);
}

int main(void) {
#define ON_GROUND(name) cmocka_unit_test_setup_teardown(name, ground_setup, ground_teardown)
  const struct CMUnitTest tests[] = {
      ON_GROUND(round_trip),      ON_GROUND(outcomes_and_ends),
      ON_GROUND(has_an_end),      ON_GROUND(large_ones),
      ON_GROUND(too_long),        ON_GROUND(as_documented),
      ON_GROUND(every_cut_plan),  ON_GROUND(every_cut_journal),
      ON_GROUND(cut_and_filled),  ON_GROUND(every_changed_byte),
      ON_GROUND(resumed),         ON_GROUND(strange_records),
      ON_GROUND(hostile_numbers), ON_GROUND(hostile_records),
      ON_GROUND(no_such_file),    ON_GROUND(a_hole),
      ON_GROUND(reading_fails),   ON_GROUND(writing_fails),
  };
  return GROUND_RUN("store", tests);
}
