/*
 * record.c - records with a mark and a checksum
 *
 * The mark is made of the file's own seed and of the place: a record of another file, or one that stands elsewhere, as
 * file systems bring to light after a power cut, is none. It also makes looking for records in garbage cheap.
 *
 * SPDX-License-Identifier: MIT
 */
#include "task/record.h"

#include "base/digest.h"
#include "base/memory.h"
#include "os/os.h"

#include <string.h>

enum { WINDOW_BYTES = 1 << 20 };

/* How far it is looked for records behind a bad one, and how many bytes may be summed: a file can be made to cost much. */
#define MOST_LOOKED (UINT64_C(64) << 20)
#define MOST_SUMMED (UINT64_C(256) << 20)

static uint64_t mark_of(uint64_t seed, uint64_t at) {
  return seed ^ at;
}

void nl_record_seal(unsigned char *record, uint64_t at, uint64_t seed, enum nl_record_type type,
                    uint32_t length) {
  size_t summed = (size_t)nl_record_size(length) - 8;
  nl_put64(record, mark_of(seed, at));
  nl_put32(record + 8, (uint32_t)type);
  nl_put32(record + 12, length);
  memset(record + NL_RECORD_HEAD + length, 0, summed - NL_RECORD_HEAD - length);
  nl_put64(record + summed, nl_checksum(record, summed));
}

/* ---------------------------------------------------------------- reading */

/* Read a new window that begins at @p at and has @p count bytes at least, which are there. */
static bool move_window(struct nl_source *source, uint64_t at, size_t count) {
  uint64_t left = source->size - at;
  size_t wanted = count > WINDOW_BYTES ? count : WINDOW_BYTES;
  wanted = left < wanted ? (size_t)left : wanted;
  source->window_count = 0;
  if (wanted > source->window_room) {
    nl_free(source->window);
    source->window_room = 0;
    source->window = nl_alloc(wanted);
    if (source->window == NULL) {
      source->sys = nl_os_number(NLINK_NO_MEMORY);
      return false;
    }
    source->window_room = wanted;
  }
  source->sys = nl_os_read(&source->window_count, source->fd, source->window, wanted, at);
  source->window_at = at;
  if (source->sys == 0 && source->window_count < wanted) /* somebody cuts it meanwhile */
    source->size = at + source->window_count;
  return source->sys == 0 && source->window_count >= count;
}

const unsigned char *nl_source_at(struct nl_source *source, uint64_t at, size_t count) {
  if (source->sys != 0 || at > source->size || source->size - at < count)
    return NULL;
  if (source->bytes != NULL)
    return source->bytes + (size_t)at;
  uint64_t end = source->window_at + source->window_count;
  bool is_inside = at >= source->window_at && at <= end && end - at >= count;
  if (!is_inside && !move_window(source, at, count))
    return NULL;
  return source->window + (size_t)(at - source->window_at);
}

void nl_source_fini(struct nl_source *source) {
  nl_free(source->window);
  source->window = NULL;
}

/* Whether a record may begin here: its head, without its sum. */
static bool read_head(struct nl_record *out, struct nl_source *source, uint64_t seed, uint64_t at) {
  const unsigned char *head = nl_source_at(source, at, NL_RECORD_HEAD);
  if (head == NULL || nl_get64(head) != mark_of(seed, at))
    return false;
  uint32_t type = nl_get32(head + 8);
  out->length = nl_get32(head + 12);
  if (type == 0 || type >= NL_RECORD_TYPES || out->length > NL_RECORD_LARGEST)
    return false;
  out->type = (enum nl_record_type)type;
  out->next = at + nl_record_size(out->length);
  return out->next <= source->size;
}

bool nl_record_read(struct nl_record *out, struct nl_source *source, uint64_t seed, uint64_t at) {
  if (!read_head(out, source, seed, at))
    return false;
  size_t summed = (size_t)(out->next - at) - 8;
  const unsigned char *record = nl_source_at(source, at, summed + 8);
  if (record == NULL || nl_get64(record + summed) != nl_checksum(record, summed))
    return false;
  out->payload = record + NL_RECORD_HEAD;
  return true;
}

bool nl_record_stands_behind(struct nl_source *source, uint64_t seed, uint64_t at) {
  uint64_t summed = 0;
  for (uint64_t from = at + 8; from < source->size; from += 8) {
    struct nl_record record;
    if (from - at > MOST_LOOKED || summed > MOST_SUMMED)
      return true; /* nothing that we would leave behind */
    if (!read_head(&record, source, seed, from)) {
      if (source->sys != 0)
        break;
      continue;
    }
    if (nl_record_read(&record, source, seed, from))
      return true;
    summed += record.next - from;
  }
  return false;
}
