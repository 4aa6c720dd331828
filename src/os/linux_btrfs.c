/*
 * linux_btrfs.c - what btrfs keeps of a file's names
 *
 * They are items of the subvolume's tree: INODE_REF, one for each directory with all names that fit into it,
 * and INODE_EXTREF for the others. BTRFS_IOC_INO_PATHS tells paths at once, but no more than fit into 4096 bytes.
 * The items are read as they are (CAP_SYS_ADMIN), through a directory of the same subvolume; a snapshot is another.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE 1

#include "base/fault.h"
#include "base/memory.h"
#include "os/linux_links.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
  INODE_REF = 12,
  INODE_EXTREF = 13,
  REF_HEAD = 10,       /* index: 8 bytes, length of the name: 2 */
  EXTREF_HEAD = 18,    /* parent: 8, index: 8, length of the name: 2 */
  LARGEST_NODE = 65536 /* of a tree; no item is larger */
};

/* The kernel's struct btrfs_ioctl_search_key: items from the least to the largest key. */
struct search_key {
  uint64_t tree; /* 0 = the subvolume of the descriptor */
  uint64_t min_ino, max_ino;
  uint64_t min_offset, max_offset;
  uint64_t min_transaction, max_transaction;
  uint32_t min_type, max_type;
  uint32_t items; /* in: at most; out: how many came */
  uint32_t unused;
  uint64_t more_unused[4];
};

/* struct btrfs_ioctl_search_args_v2; what was found follows it. */
struct search {
  struct search_key key;
  uint64_t room_bytes;
};

/* struct btrfs_ioctl_search_header; the item follows it. */
struct found {
  uint64_t transaction;
  uint64_t ino;
  uint64_t offset; /* INODE_REF: the directory */
  uint32_t type;
  uint32_t length;
};

_Static_assert(sizeof(struct search_key) == 104, "the kernel reads 104 bytes");
_Static_assert(sizeof(struct search) == 112, "the kernel reads 112 bytes");
_Static_assert(sizeof(struct found) == 32, "the kernel writes 32 bytes");

/* Items are little-endian and not aligned. */
static uint64_t number(const unsigned char *bytes, unsigned count) {
  uint64_t value = 0;
  while (count-- > 0)
    value = value << 8 | bytes[count];
  return value;
}

static int search_tree(struct search *search, int fd) {
  NL_FAULT_SYS(NL_FAULT_LOOK, "tree-search");
  return ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 0x94, 17, sizeof *search), search) == 0 ? 0 : errno;
}

static struct search_key names_of(uint64_t ino, uint32_t items) {
  return (struct search_key){
      .min_ino = ino,
      .max_ino = ino,
      .max_offset = UINT64_MAX,
      .max_transaction = UINT64_MAX,
      .min_type = INODE_REF,
      .max_type = INODE_EXTREF,
      .items = items,
  };
}

/* One name in an item. */
struct name {
  uint64_t parent;
  const char *text;
  size_t length;
};

/* Take the next name off an item; false = there is none. */
static bool next_name(struct name *name, const struct found *found, const unsigned char **at,
                      const unsigned char *end) {
  bool is_plain = found->type == INODE_REF;
  const unsigned head = is_plain ? REF_HEAD : EXTREF_HEAD;
  if ((size_t)(end - *at) < head)
    return false;
  name->parent = is_plain ? found->offset : number(*at, 8);
  name->length = (size_t)number(*at + head - 2, 2);
  *at += head;
  if ((size_t)(end - *at) < name->length)
    return false;
  name->text = (const char *)*at;
  *at += name->length;
  return true;
}

int nl_linux_btrfs_above(struct nl_linux_inode *above, char text[NL_LINUX_NAME], int fd,
                         struct nl_linux_inode of) {
  struct {
    struct search search;
    struct found found;
    unsigned char item[1024]; /* a directory has one name */
  } answer = {.search = {names_of(of.ino, 1), sizeof answer.found + sizeof answer.item}};
  int sys = search_tree(&answer.search, fd);
  if (sys != 0)
    return sys;
  struct name name;
  const unsigned char *at = answer.item;
  if (answer.search.key.items == 0 || answer.found.length > sizeof answer.item ||
      !next_name(&name, &answer.found, &at, at + answer.found.length))
    return ENOENT;
  /* The root of a subvolume is above itself, by the name "..". */
  if (name.parent == of.ino || name.length == 0 || name.length >= NL_LINUX_NAME)
    return ENOENT;
  *above = (struct nl_linux_inode){.ino = name.parent};
  memcpy(text, name.text, name.length);
  text[name.length] = '\0';
  return 0;
}

/* Tell the names in what was found, and go to the key after it. */
static int tell_found(struct nl_linux_links *links, struct search *search) {
  const unsigned char *at = (const unsigned char *)(search + 1);
  const unsigned char *end = at + search->room_bytes;
  for (uint32_t i = 0; i < search->key.items; i++) {
    struct found found;
    if ((size_t)(end - at) < sizeof found)
      return EIO;
    memcpy(&found, at, sizeof found);
    at += sizeof found;
    if ((size_t)(end - at) < found.length)
      return EIO;
    const unsigned char *item_end = at + found.length;
    for (struct name name; next_name(&name, &found, &at, item_end);) {
      int sys = name.parent == found.ino ? 0
                                         : nl_linux_tell(links, (struct nl_linux_inode){.ino = name.parent},
                                                         name.text, name.length);
      if (sys != 0)
        return sys;
    }
    at = item_end;
    search->key.min_type = found.type + (found.offset == UINT64_MAX);
    search->key.min_offset = found.offset + 1;
  }
  return 0;
}

int nl_linux_btrfs_names(struct nl_linux_links *links, int fd, uint64_t ino) {
  const size_t room = sizeof(struct found) + LARGEST_NODE;
  struct search *search = nl_alloc(sizeof *search + room);
  if (search == NULL)
    return ENOMEM;
  *search = (struct search){names_of(ino, UINT32_MAX), room};
  int sys;
  while ((sys = search_tree(search, fd)) == 0 && search->key.items > 0) {
    sys = tell_found(links, search);
    if (sys != 0 || search->key.min_type > INODE_EXTREF)
      break;
    search->key.items = UINT32_MAX;
  }
  nl_free(search);
  return sys;
}
