/*
 * fuzz_store.c - plans and journals are read without believing a byte of them
 *
 * Built twice: for plans, where FUZZ_PLAN is defined, and for journals. An input is a byte that tells what to do, as all targets are given one in front, and a file. Most inputs have wrong sums
 * and would be refused at once; so the sums are put right first, unless the byte says not to, as far as lengths lead.
 * What is read must be sound, and reads the same once more after it was written.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1
#include "base/digest.h"
#include "task/record.h"
#include "task/sound.h"
#include "task/store.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef FUZZ_PLAN
enum { KIND = NL_RECORD_PLAN };
#else
enum { KIND = NL_RECORD_JOURNAL };
#endif

enum { AS_IT_IS = 1 };

/* Make each record a good one, and the last as long as what is left. */
static void seal(unsigned char *bytes, size_t size) {
  if (size < NL_RECORD_HEADER)
    return;
  memcpy(bytes, NL_RECORD_MAGIC, 8);
  nl_put16(bytes + 8, NL_RECORD_VERSION);
  bytes[10] = KIND;
  bytes[55] = bytes[95] = '\0';
  nl_put64(bytes + NL_RECORD_HEADER - 8, nl_checksum(bytes, NL_RECORD_HEADER - 8));
  for (uint64_t at = NL_RECORD_HEADER; at + NL_RECORD_FRAME <= size;) {
    uint32_t type = nl_get32(bytes + at + 8);
    uint32_t length = nl_get32(bytes + at + 12);
    if (nl_record_size(length) > size - at)
      length = (uint32_t)(size - at - NL_RECORD_FRAME) & ~UINT32_C(7);
    if (type == 0 || type >= NL_RECORD_TYPES)
      type = 1 + type % (NL_RECORD_TYPES - 1);
    nl_record_seal(bytes + at, at, nl_get64(bytes + 24), (enum nl_record_type)type, length);
    at += nl_record_size(length);
  }
}

/* Touch all that a caller would. */
static size_t use(const struct nl_task *task) {
  struct nl_string path = {0};
  size_t sum = 0;
  for (uint32_t i = 0; i < task->name_count; i++) {
    const struct nl_task_file *file = &task->files[task->names[i].file];
    const struct nl_task_group *group = &task->groups[file->group];
    if (!nl_task_path(&path, task, i))
      abort();
    sum += path.length + task->files[group->first_file].name_count;
    if (file->keep != NL_TASK_NO_FILE)
      sum += task->names[task->files[file->keep].first_name].dir;
    for (uint32_t j = 0; j < file->own.attribute_count; j++)
      sum += strlen(file->own.attributes[j].name) +
             nl_checksum(file->own.attributes[j].value, file->own.attributes[j].length);
  }
  nl_string_fini(&path);
  return sum;
}

static void write_again(const struct nl_task *task) {
  struct nl_store store = {.fd = memfd_create("store", MFD_CLOEXEC)};
  struct nl_task again;
  struct nl_store_tail tail;
  bool is_journal = false;
  uint64_t whole = 0;
  if (store.fd < 0 || nl_store_task(&store, task, true) != 0 || nl_store_flush(&store) != 0)
    abort();
  if (nl_store_read(&again, &tail, &is_journal, &whole, store.fd, NULL) != NLINK_OK || !is_journal ||
      again.name_count != task->name_count || use(&again) != use(task))
    abort();
  nl_store_fini(&store);
  close(store.fd);
  nl_task_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  unsigned how = size > 0 ? data[0] : 0;
  data += size > 0;
  size -= size > 0;
  unsigned char *bytes = malloc(size > 0 ? size : 1);
  struct nl_task task;
  struct nl_store_tail tail;
  bool is_journal = false;
  uint64_t whole = 0;
  if (bytes == NULL)
    abort();
  memcpy(bytes, data, size);
  if ((how & AS_IT_IS) == 0)
    seal(bytes, size);
  enum nlink_status status = nl_store_read_bytes(&task, &tail, &is_journal, &whole, bytes, size, NULL);
  if (status == NLINK_OK) {
    if (nl_task_unsound(&task) != NULL || whole > size || whole < NL_RECORD_HEADER ||
        (!is_journal && whole != size) || tail.state == NLINK_JOURNAL_RUNNING ||
        strlen(tail.boot) >= sizeof tail.boot)
      abort();
    use(&task);
    write_again(&task);
    nl_task_fini(&task);
  } else if (status != NLINK_INVALID) {
    abort();
  }
  free(bytes);
  return 0;
}
