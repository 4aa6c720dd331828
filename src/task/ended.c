/*
 * ended.c - whether a journal has an end, without reading all of it
 *
 * The end is the last record, and its length is known. A torn or a later record hides it: then the whole has to be read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "os/os.h"
#include "task/record.h"
#include "task/store.h"

#include <string.h>

bool nl_store_has_end(int fd) {
  struct nlink_stat stat;
  if (nl_os_stat_fd(&stat, fd) != 0)
    return false;
  struct nl_source source = {.fd = fd, .size = stat.size_bytes};
  const uint64_t length = nl_record_size(NL_RECORD_END_BYTES);
  const unsigned char *header = nl_source_at(&source, 0, NL_RECORD_HEADER);
  bool has_end = false;
  if (header != NULL && memcmp(header, NL_RECORD_MAGIC, 8) == 0 &&
      stat.size_bytes >= NL_RECORD_HEADER + length) {
    uint64_t seed = nl_get64(header + 24);
    struct nl_record record;
    has_end =
        nl_record_read(&record, &source, seed, stat.size_bytes - length) && record.type == NL_RECORD_END;
  }
  nl_source_fini(&source);
  return has_end;
}
