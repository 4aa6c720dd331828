/*
 * test_task.c - temporary names, paths, and what hangs together
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/fault.h"
#include "task/sound.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"

static int compare(const void *a, const void *b) {
  return memcmp(a, b, NL_TASK_TEMP_SIZE);
}

static void temporary_names(void **state) {
  (void)state;
  enum { COUNT = 20000 };
  static char names[COUNT][NL_TASK_TEMP_SIZE];
  struct nl_task task = {0};
  struct nl_task other = {0};
  char again[NL_TASK_TEMP_SIZE];
  assert_int_equal(nl_task_begin(&task, "dedupe"), 0);
  assert_int_equal(nl_task_begin(&other, "a verb that is too long"), 0);
  assert_string_equal(task.verb, "dedupe");
  assert_int_equal(strlen(other.verb), sizeof other.verb - 1);
  assert_true(task.made_ns > 1700000000000000000 && other.made_ns >= task.made_ns);
  for (uint32_t i = 0; i < COUNT; i++) {
    nl_task_temp(names[i], i % 2 == 0 ? &task : &other, i / 2);
    assert_int_equal(strlen(names[i]), NL_TASK_TEMP_SIZE - 1);
    assert_memory_equal(names[i], ".nlink-", 7);
    assert_int_equal(strspn(names[i] + 7, "abcdefghijklmnopqrstuvwxyz234567"), 16);
    nl_task_temp(again, i % 2 == 0 ? &task : &other, i / 2);
    assert_string_equal(again, names[i]);
  }
  qsort(names, COUNT, sizeof names[0], compare);
  for (uint32_t i = 1; i < COUNT; i++)
    assert_string_not_equal(names[i - 1], names[i]);
}

static void paths(void **state) {
  (void)state;
  const char *dirs[] = {"/", "/a/b"};
  struct nl_task_name names[] = {{.text = "x", .dir = 1}, {.text = "y"}, {.text = "..z", .dir = 1}};
  const struct nl_task task = {.dirs = dirs, .dir_count = 2, .names = names, .name_count = 3};
  struct nl_string path = {0};
  assert_true(nl_task_path(&path, &task, 0));
  assert_string_equal(path.text, "/a/b/x");
  assert_true(nl_task_path(&path, &task, 1));
  assert_string_equal(path.text, "/y");
  assert_true(nl_task_path(&path, &task, 2));
  assert_string_equal(path.text, "/a/b/..z");
  nl_string_fini(&path);
}

static void what_replaces(void **state) {
  (void)state;
  for (uint8_t deed = 0; deed < NL_DEEDS; deed++) {
    const struct nl_task_file file = {.deed = deed};
    assert_int_equal(nl_task_replaces(&file), deed != NL_DEED_NONE && deed != NL_DEED_SHARE);
  }
}

/* A task without a seed would have temporary names that others can guess. */
static void no_chance(void **state) {
  (void)state;
  const struct nl_fault_plan plan = {.kinds = 1u << NL_FAULT_LOOK, .k = 1, .sys = EIO, .only = "getrandom"};
  struct nl_task task = {0};
  nl_fault_begin(&plan);
  assert_int_equal(nl_task_begin(&task, "dedupe"), EIO);
  nl_fault_begin(NULL);
}

static void made_ones_are_sound(void **state) {
  (void)state;
  struct ground_chance chance = {1};
  for (uint32_t i = 0; i < 300; i++) {
    struct nl_task task;
    made_task(&task, &chance, i % 20);
    const char *wrong = nl_task_unsound(&task);
    if (wrong != NULL)
      fail_msg("%s", wrong);
    nl_task_fini(&task);
  }
  nl_task_fini(NULL);
}

/* What each breaks in a task of a kept file, one that becomes a name of it, and a soft link. */
static void break_dir(struct nl_task *task) {
  task->dirs[0] = "relative";
}
static void break_dir_empty(struct nl_task *task) {
  task->dirs[0] = "";
}
static void break_name_empty(struct nl_task *task) {
  task->names[1].text = "";
}
static void break_name_slash(struct nl_task *task) {
  task->names[1].text = "a/b";
}
static void break_name_dot(struct nl_task *task) {
  task->names[1].text = ".";
}
static void break_name_dots(struct nl_task *task) {
  task->names[1].text = "..";
}
static void break_name_dir(struct nl_task *task) {
  task->names[1].dir = 1;
}
static void break_name_file(struct nl_task *task) {
  task->names[1].file = 0;
}
static void break_name_no_file(struct nl_task *task) {
  task->names[1].file = 3;
}
static void break_name_state(struct nl_task *task) {
  task->names[1].state = NL_TASK_UNDONE + 1;
}
static void break_name_left(struct nl_task *task) {
  task->names[1].left = NLINK_LEFTS;
}
static void break_first_name(struct nl_task *task) {
  task->files[1].first_name = 0;
}
static void break_no_names(struct nl_task *task) {
  task->files[2].name_count = 0;
}
static void break_many_names(struct nl_task *task) {
  task->files[2].name_count = UINT32_MAX;
}
static void break_name_left_over(struct nl_task *task) {
  task->file_count = 2;
  task->groups[0].file_count = 2;
  task->group_count = 1;
}
static void break_group(struct nl_task *task) {
  task->files[1].group = 1;
}
static void break_no_group(struct nl_task *task) {
  task->files[2].group = 2;
}
static void break_group_first(struct nl_task *task) {
  task->groups[1].first_file = 1;
}
static void break_group_empty(struct nl_task *task) {
  task->groups[1].file_count = 0;
}
static void break_group_many(struct nl_task *task) {
  task->groups[1].file_count = UINT32_MAX;
}
static void break_group_count(struct nl_task *task) {
  task->group_count = 1;
}
static void break_deed(struct nl_task *task) {
  task->files[1].deed = NL_DEEDS;
}
static void break_left(struct nl_task *task) {
  task->files[0].left = NLINK_LEFTS;
}
static void break_differs(struct nl_task *task) {
  task->files[0].differs = (uint16_t)(1u << NLINK_ASPECTS);
}
static void break_mode(struct nl_task *task) {
  task->files[0].own.mode = 010000;
}
static void break_keep_none(struct nl_task *task) {
  task->files[1].keep = NL_TASK_NO_FILE;
}
static void break_keep_self(struct nl_task *task) {
  task->files[1].keep = 1;
}
static void break_keep_behind(struct nl_task *task) {
  task->files[0].keep = 1;
}
static void break_keep_beyond(struct nl_task *task) {
  task->files[1].keep = 1000;
}
static void break_keep_group(struct nl_task *task) {
  task->files[2].keep = 0;
}
static void break_keep_replaced(struct nl_task *task) {
  task->files[0].deed = NL_DEED_COPY;
}
static void break_aim(struct nl_task *task) {
  task->files[2].aim = NULL;
}
static void break_aim_empty(struct nl_task *task) {
  task->files[2].aim = "";
}
static void break_remove(struct nl_task *task) {
  task->files[2].deed = NL_DEED_REMOVE;
  task->files[2].target = NULL;
}

static void unsound_ones(void **state) {
  (void)state;
  static void (*const breaks[])(struct nl_task *) = {
      break_dir,           break_dir_empty,  break_name_empty,  break_name_slash,   break_name_dot,
      break_name_dots,     break_name_dir,   break_name_file,   break_name_no_file, break_name_state,
      break_name_left,     break_first_name, break_no_names,    break_many_names,   break_name_left_over,
      break_group,         break_no_group,   break_group_first, break_group_empty,  break_group_many,
      break_group_count,   break_deed,       break_left,        break_differs,      break_mode,
      break_keep_none,     break_keep_self,  break_keep_behind, break_keep_beyond,  break_keep_group,
      break_keep_replaced, break_aim,        break_aim_empty,   break_remove,
  };
  for (size_t i = 0; i <= sizeof breaks / sizeof breaks[0]; i++) {
    const char *dirs[] = {"/a"};
    struct nl_task_name names[] = {{.text = "x"}, {.text = "y", .file = 1}, {.text = "z", .file = 2}};
    struct nl_task_file files[] = {
        {.name_count = 1, .keep = NL_TASK_NO_FILE},
        {.first_name = 1, .name_count = 1, .keep = 0, .deed = NL_DEED_LINK},
        {.first_name = 2,
         .name_count = 1,
         .keep = NL_TASK_NO_FILE,
         .group = 1,
         .deed = NL_DEED_AIM,
         .target = "t",
         .aim = "a"},
    };
    struct nl_task_group groups[] = {{.file_count = 2}, {.first_file = 2, .file_count = 1}};
    struct nl_task task = {.dirs = dirs,
                           .names = names,
                           .files = files,
                           .groups = groups,
                           .dir_count = 1,
                           .name_count = 3,
                           .file_count = 3,
                           .group_count = 2};
    bool is_broken = i < sizeof breaks / sizeof breaks[0];
    if (is_broken)
      breaks[i](&task);
    const char *wrong = nl_task_unsound(&task);
    if ((wrong != NULL) != is_broken)
      fail_msg("%zu: %s", i, wrong != NULL ? wrong : "nothing is seen");
    if (is_broken) { /* stored all the same, it is refused when it is read */
      struct nl_task read;
      struct nl_store_tail tail;
      struct nlink_error error;
      uint64_t whole;
      bool is_journal;
      size_t size;
      made_store("broken", &task, i % 2 == 0, false, false);
      unsigned char *bytes = made_read("broken", &size);
      assert_int_equal(nl_store_read_bytes(&read, &tail, &is_journal, &whole, bytes, size, &error),
                       NLINK_INVALID);
      assert_string_equal(error.text, wrong);
      free(bytes);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(temporary_names),
      cmocka_unit_test(paths),
      cmocka_unit_test(what_replaces),
      cmocka_unit_test(no_chance),
      cmocka_unit_test(made_ones_are_sound),
      cmocka_unit_test_setup_teardown(unsound_ones, ground_setup, ground_teardown),
  };
  return GROUND_RUN("task", tests);
}
