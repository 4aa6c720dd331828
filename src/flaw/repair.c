/*
 * repair.c - the soft links that can be mended, as a task
 *
 * Names come in the order of their directories. Those that share a soft link are found by sorting them once more, by
 * identity and by what they are to hold, and chained; each chain makes a file of the task.
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/repair.h"

#include "base/sort.h"

#include <string.h>

#define NONE UINT32_MAX

/* A name to be mended. */
struct wanted {
  const struct nl_finding *finding;
  uint32_t number;  /* its own */
  uint32_t dir;     /* the number of its directory */
  uint32_t next;    /* the next name of the same soft link that is to hold the same; NONE = there is none */
  bool is_followed; /* it is another one's next */
};

struct work {
  struct nl_sort_item *items; /* and as many to spare */
  struct wanted *wanted;
  uint32_t count;
};

static int compare_places(const void *left, const void *right, const void *ctx) {
  (void)ctx;
  const struct nl_mendable *a = ((const struct nl_finding *)left)->mendable;
  const struct nl_mendable *b = ((const struct nl_finding *)right)->mendable;
  int order = a->home == b->home ? 0 : strcmp(a->home, b->home);
  return order != 0 ? order : strcmp(a->base, b->base);
}

static int compare_links(const void *left, const void *right, const void *ctx) {
  (void)ctx;
  const struct nl_mendable *a = ((const struct wanted *)left)->finding->mendable;
  const struct nl_mendable *b = ((const struct wanted *)right)->finding->mendable;
  if (a->look.dev != b->look.dev)
    return a->look.dev < b->look.dev ? -1 : 1;
  if (a->look.ino != b->look.ino)
    return a->look.ino < b->look.ino ? -1 : 1;
  return strcmp(a->aim, b->aim);
}

/* Sort what is to be mended by directory and name. */
static void choose(struct work *work, const struct nl_findings *findings, bool remove) {
  for (size_t i = 0; i < findings->count; i++) {
    const struct nl_mendable *mendable = findings->all[i].mendable;
    if (mendable != NULL && (remove || *mendable->aim != '\0'))
      work->items[work->count++] = (struct nl_sort_item){0, &findings->all[i]};
  }
  nl_sort(work->items, work->items + work->count, work->count, compare_places, NULL);
}

/* Number the directories. */
static bool number(struct work *work, struct nl_task *task) {
  work->wanted = nl_alloc(work->count * sizeof *work->wanted);
  task->dirs = nl_alloc(work->count * sizeof *task->dirs);
  if (work->wanted == NULL || task->dirs == NULL)
    return false;
  for (uint32_t i = 0; i < work->count; i++) {
    const struct nl_finding *finding = work->items[i].what;
    const char *home = finding->mendable->home;
    if (i == 0 || strcmp(task->dirs[task->dir_count - 1], home) != 0)
      task->dirs[task->dir_count++] = home;
    work->wanted[i] =
        (struct wanted){.finding = finding, .number = i, .dir = task->dir_count - 1, .next = NONE};
  }
  return true;
}

/* Chain the names of one soft link that are to hold the same. */
static void chain(struct work *work) {
  uint32_t shared = 0;
  for (uint32_t i = 0; i < work->count; i++)
    if (work->wanted[i].finding->mendable->look.link_count > 1)
      work->items[shared++] =
          (struct nl_sort_item){work->wanted[i].finding->mendable->look.ino, &work->wanted[i]};
  nl_sort(work->items, work->items + shared, shared, compare_links, NULL);
  for (uint32_t i = 1; i < shared; i++) {
    const struct wanted *before = work->items[i - 1].what;
    const struct wanted *wanted = work->items[i].what;
    if (compare_links(before, wanted, NULL) == 0) {
      work->wanted[before->number].next = wanted->number;
      work->wanted[wanted->number].is_followed = true;
    }
  }
}

static struct nl_task_file file_of(const struct nl_finding *finding) {
  const struct nl_os_look *look = &finding->mendable->look;
  bool is_aimed = *finding->mendable->aim != '\0';
  return (struct nl_task_file){
      .dev = look->dev,
      .ino = look->ino,
      .size_bytes = look->size_bytes,
      .allocated_bytes = look->allocated_bytes,
      .link_count = look->link_count,
      .ctime_ns = look->ctime_ns,
      .mtime_ns = look->mtime_ns,
      .own = {.atime_ns = look->atime_ns,
              .mtime_ns = look->mtime_ns,
              .uid = look->uid,
              .gid = look->gid,
              .mode = look->mode},
      .target = finding->told.target,
      .aim = is_aimed ? finding->mendable->aim : NULL,
      .keep = NL_TASK_NO_FILE,
      .deed = is_aimed ? NL_DEED_AIM : NL_DEED_REMOVE,
  };
}

static bool fill(const struct work *work, struct nl_task *task) {
  task->files = nl_alloc(work->count * sizeof *task->files);
  task->names = nl_alloc(work->count * sizeof *task->names);
  task->groups = nl_alloc(work->count * sizeof *task->groups);
  if (task->files == NULL || task->names == NULL || task->groups == NULL)
    return false;
  for (uint32_t i = 0; i < work->count; i++) {
    if (work->wanted[i].is_followed)
      continue;
    struct nl_task_file *file = &task->files[task->file_count];
    *file = file_of(work->wanted[i].finding);
    file->first_name = task->name_count;
    file->group = task->group_count;
    for (uint32_t at = i; at != NONE; at = work->wanted[at].next)
      task->names[task->name_count++] =
          (struct nl_task_name){.text = work->wanted[at].finding->mendable->base,
                                .dir = work->wanted[at].dir,
                                .file = task->file_count};
    file->name_count = task->name_count - file->first_name;
    task->groups[task->group_count++] = (struct nl_task_group){
        .size_bytes = file->size_bytes, .first_file = task->file_count, .file_count = 1};
    task->file_count++;
  }
  task->report.files = task->report.groups = task->report.planned_files = task->file_count;
  task->report.names = task->report.planned_names = task->name_count;
  return true;
}

enum nlink_status nl_repair_plan(struct nl_task *task, const struct nl_findings *findings, bool remove) {
  struct work work = {0};
  if (findings->count >= NONE)
    return NLINK_OVERFLOW;
  work.items = nl_alloc((2 * findings->count + 1) * sizeof *work.items);
  bool made = work.items != NULL;
  if (made)
    choose(&work, findings, remove);
  if (made && work.count > 0) {
    made = number(&work, task);
    if (made)
      chain(&work);
    made = made && fill(&work, task);
  }
  nl_free(work.items);
  nl_free(work.wanted);
  return made ? NLINK_OK : NLINK_NO_MEMORY;
}
