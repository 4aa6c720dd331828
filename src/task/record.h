/*
 * record.h - what the file of a plan or a journal is made of: a header, then records with a checksum each
 *
 * Numbers are little-endian, everything begins at a multiple of 8 bytes. docs/journal.md tells it byte by byte.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NL_RECORD_H
#define NL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NL_RECORD_MAGIC "\211nlink\n\032"

enum {
  NL_RECORD_VERSION = 1,
  NL_RECORD_HEADER = 104,     /* bytes of the header */
  NL_RECORD_HEAD = 16,        /* of what stands before a payload: mark, type, length */
  NL_RECORD_FRAME = 24,       /* of that and of the checksum behind it */
  NL_RECORD_BATCH = 1 << 16,  /* a record with many items is ended when it is longer than that */
  NL_RECORD_LARGEST = 1 << 24 /* no payload is longer: one item may be long */
};

/* Sizes of the fixed parts of items. */
enum {
  NL_RECORD_TASK_BYTES = 128,
  NL_RECORD_DIR_BYTES = 4,
  NL_RECORD_FILE_BYTES = 112,
  NL_RECORD_ATTRIBUTE_BYTES = 12,
  NL_RECORD_NAME_BYTES = 12,
  NL_RECORD_GROUP_BYTES = 24,
  NL_RECORD_READY_BYTES = 24,
  NL_RECORD_OUTCOME_BYTES = 8,
  NL_RECORD_END_BYTES = 72
};

enum nl_record_kind { NL_RECORD_PLAN = 1, NL_RECORD_JOURNAL };

/** In the order in which they stand. */
enum nl_record_type {
  NL_RECORD_TASK = 1, /* how many of each there are, and the report of the planning */
  NL_RECORD_DIRS,
  NL_RECORD_FILES,
  NL_RECORD_ATTRIBUTES,
  NL_RECORD_NAMES,
  NL_RECORD_GROUPS,
  NL_RECORD_READY, /* the task is whole */
  NL_RECORD_OUTCOMES,
  NL_RECORD_END,
  NL_RECORD_TYPES
};

#define NL_RECORD_NO_TEXT UINT32_MAX /* as the length of a text that is NULL */

/** How long a record with a payload of so many bytes is. */
static inline uint64_t nl_record_size(uint64_t payload_bytes) {
  return NL_RECORD_FRAME + ((payload_bytes + 7u) & ~UINT64_C(7));
}

/* ---------------------------------------------------------------- numbers */

static inline void nl_put16(unsigned char *to, uint16_t value) {
  to[0] = (unsigned char)(value & 0xffu);
  to[1] = (unsigned char)(value >> 8);
}

static inline void nl_put32(unsigned char *to, uint32_t value) {
  nl_put16(to, (uint16_t)(value & 0xffffu));
  nl_put16(to + 2, (uint16_t)(value >> 16));
}

static inline void nl_put64(unsigned char *to, uint64_t value) {
  nl_put32(to, (uint32_t)(value & 0xffffffffu));
  nl_put32(to + 4, (uint32_t)(value >> 32));
}

static inline uint16_t nl_get16(const unsigned char *from) {
  return (uint16_t)(from[0] | (unsigned)from[1] << 8);
}

static inline uint32_t nl_get32(const unsigned char *from) {
  return nl_get16(from) | (uint32_t)nl_get16(from + 2) << 16;
}

static inline uint64_t nl_get64(const unsigned char *from) {
  return nl_get32(from) | (uint64_t)nl_get32(from + 4) << 32;
}

/* ---------------------------------------------------------------- writing */

/** Finish the record that lies at @p record and will stand at @p at in the file: all but the payload is filled in. */
void nl_record_seal(unsigned char *record, uint64_t at, uint64_t seed, enum nl_record_type type,
                    uint32_t length);

/* ---------------------------------------------------------------- reading */

/** Where bytes are read from: memory, or a file through a window. All zeros but bytes and size, or fd and size. */
struct nl_source {
  const unsigned char *bytes; /* NULL = there is a file */
  int fd;
  uint64_t size;
  int sys; /* why a read failed; it stays */
  unsigned char *window;
  size_t window_room;
  uint64_t window_at;
  size_t window_count;
};

/** The bytes from @p at on, borrowed until the next call; NULL = there are fewer, or source->sys tells why. */
const unsigned char *nl_source_at(struct nl_source *source, uint64_t at, size_t count);

void nl_source_fini(struct nl_source *source);

struct nl_record {
  enum nl_record_type type;
  uint32_t length;
  const unsigned char *payload; /* borrowed from the source */
  uint64_t next;                /* where the next one begins */
};

/** Read the record at @p at; false = there is no good one. */
bool nl_record_read(struct nl_record *out, struct nl_source *source, uint64_t seed, uint64_t at);

/** Whether a good record stands anywhere behind @p at, where there is none: then that one was damaged, not cut. */
bool nl_record_stands_behind(struct nl_source *source, uint64_t seed, uint64_t at);

#endif
