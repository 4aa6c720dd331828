/*
 * space_files.c - single files: the groups that occupy most, and the names outside that hold bytes
 *
 * SPDX-License-Identifier: MIT
 */
#include "space.h"

#include "out.h"

#include <stdlib.h>

/* ------------------------------------------------------------------ groups */

static void put_group(const struct space_wish *wish, const struct nlink_space_group *group) {
  struct out *out = wish->scope->out;
  char size[SPACE_NUMBER_SIZE];
  char seen[SPACE_NUMBER_SIZE];
  char all[SPACE_NUMBER_SIZE];
  space_size(size, wish, group->allocated_bytes);
  space_count(seen, wish, group->name_count);
  space_count(all, wish, group->link_count);
  out_colour(out, OUT_BOLD);
  if (group->outside_names == 0)
    out_print(out, "%s  %s %s", size, seen, group->name_count == 1 ? "name" : "names");
  else
    out_print(out, "%s  %s of %s names", size, seen, all);
  out_colour(out, OUT_PLAIN);
  out_char(out, '\n');
  for (uint64_t i = 0; i < group->name_count && out->failed == 0; i++) {
    out_text(out, "  ");
    out_name(out, group->names[i]);
    out_char(out, '\n');
  }
}

void space_tell_groups(const struct space_wish *wish, struct nlink_space *space) {
  struct out *out = wish->scope->out;
  const struct nlink_space_group *group = NULL;
  size_t count = 0;
  for (; nlink_space_next_group(space, &group) == NLINK_OK && out->failed == 0; count++) {
    out_text(out, count > 0 ? "\n" : "");
    put_group(wish, group);
  }
  if (count == 0)
    out_text(out, "no file has several names\n");
}

/* ------------------------------------------------------------------ names outside */

struct holders {
  const struct nlink_space_holder **all;
  size_t count;
  size_t width; /* of the sizes */
};

static bool gather(const struct space_wish *wish, struct nlink_space *space, struct holders *holders) {
  char text[SPACE_NUMBER_SIZE];
  size_t room = 0;
  const struct nlink_space_holder *holder;
  while (nlink_space_next_holder(space, &holder) == NLINK_OK) {
    if (holders->count == room) {
      room = room > 0 ? 2 * room : 64;
      const struct nlink_space_holder **more = realloc(holders->all, room * sizeof *more);
      if (more == NULL)
        return false;
      holders->all = more;
    }
    holders->all[holders->count++] = holder;
    size_t width = space_size(text, wish, holder->allocated_bytes);
    holders->width = width > holders->width ? width : holders->width;
  }
  return true;
}

static void put_inside(const struct space_wish *wish, const struct nlink_space_holder *holder, size_t width) {
  struct out *out = wish->scope->out;
  char text[SPACE_NUMBER_SIZE];
  size_t length = space_size(text, wish, holder->allocated_bytes);
  out_spaces(out, width - length);
  out_bytes(out, text, length);
  out_text(out, "  ");
  out_name(out, holder->inside);
  out_char(out, '\n');
}

static void put_holder(const struct space_wish *wish, const struct nlink_space_holder *holder, size_t width) {
  struct out *out = wish->scope->out;
  char text[SPACE_NUMBER_SIZE];
  out_spaces(out, width + 2);
  out_text(out, "held by ");
  if (holder->path != NULL) {
    out_name(out, holder->path);
  } else {
    space_count(text, wish, holder->missing);
    out_print(out, holder->missing == 1 ? "%s name that was not found" : "%s names that were not found",
              text);
  }
  out_char(out, '\n');
}

bool space_tell_holders(const struct space_wish *wish, struct nlink_space *space) {
  struct out *out = wish->scope->out;
  const struct nlink_space_row *set = nlink_space_set(space);
  struct holders holders = {0};
  if (!gather(wish, space, &holders)) {
    free(holders.all);
    return false;
  }
  size_t files = 0;
  for (size_t i = 0; i < holders.count && out->failed == 0; i++) {
    const struct nlink_space_holder *holder = holders.all[i];
    const struct nlink_space_holder *before = i > 0 ? holders.all[i - 1] : NULL;
    if (before == NULL || before->dev != holder->dev || before->ino != holder->ino) {
      if (wish->top > 0 && files == wish->top)
        break;
      put_inside(wish, holder, holders.width);
      files++;
    }
    put_holder(wish, holder, holders.width);
  }
  if (holders.count > 0)
    out_char(out, '\n');
  free(holders.all);
  char freed[SPACE_NUMBER_SIZE];
  char once[SPACE_NUMBER_SIZE];
  space_size(freed, wish, set->freed_bytes);
  space_size(once, wish, set->once_bytes);
  if (set->held_files == 0)
    out_text(out, "held: nothing, no file in it has a name outside\n");
  space_tell_held(wish, set, NULL);
  out_print(out, "freed: %s of %s\n", freed, once);
  return true;
}
