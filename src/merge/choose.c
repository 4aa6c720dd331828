/*
 * choose.c - which of equal files is kept, which become names of it, and which are left alone
 *
 * The files come into the order in which they deserve to be kept. One after the other they join the first that is kept
 * already and from which they do not differ; who finds none is kept itself. Where there are many, those that are
 * kept are found by a hash over what has to be equal, so the work stays linear.
 *
 * SPDX-License-Identifier: MIT
 */
#include "merge/choose.h"

#include "base/digest.h"
#include "task/attributes.h"

#include <string.h>

#define NONE UINT32_MAX

enum { FEW = 16 };

/* ---------------------------------------------------------------- in what two files differ */

/* A path that was given by itself is a name's whole text. */
static const char *last_part(const struct nl_name *name) {
  const char *slash = strrchr(name->text, '/');
  return slash == NULL ? name->text : slash + 1;
}

static bool share_a_name(const struct nl_candidate *a, const struct nl_candidate *b) {
  for (size_t i = 0; i < a->name_count; i++)
    for (size_t j = 0; j < b->name_count; j++)
      if (strcmp(last_part(nl_candidate_name(a, i)), last_part(nl_candidate_name(b, j))) == 0)
        return true;
  return false;
}

static unsigned differences(const struct nl_choice *choice, const struct nl_candidate *a,
                            const struct nl_candidate *b) {
  const struct nl_name *one = nl_candidate_name(a, 0);
  const struct nl_name *other = nl_candidate_name(b, 0);
  const struct nl_name_more *one_more = nl_name_more(one);
  const struct nl_name_more *other_more = nl_name_more(other);
  unsigned differs = 0;
  differs |= (unsigned)(one->dev != other->dev) << NLINK_ASPECT_DEVICE;
  differs |= (unsigned)(one_more->uid != other_more->uid) << NLINK_ASPECT_OWNER;
  differs |= (unsigned)(one_more->gid != other_more->gid) << NLINK_ASPECT_GROUP;
  differs |= (unsigned)(one->mode != other->mode) << NLINK_ASPECT_MODE;
  differs |= (unsigned)(one_more->mtime_ns != other_more->mtime_ns) << NLINK_ASPECT_MTIME;
  const struct nl_beside *a_has = nl_candidate_beside(a);
  const struct nl_beside *b_has = nl_candidate_beside(b);
  differs |= nl_attributes_differ(a_has->attributes, a_has->attribute_count, b_has->attributes,
                                  b_has->attribute_count);
  if ((choice->gate & 1u << NLINK_ASPECT_NAME) != 0)
    differs |= (unsigned)!share_a_name(a, b) << NLINK_ASPECT_NAME;
  return differs & choice->gate;
}

/* ---------------------------------------------------------------- who deserves to be kept */

static int compare_times(int64_t a, int64_t b) {
  return (a > b) - (a < b);
}

static int compare_worth(const struct nl_choice *choice, const struct nl_candidate *a,
                         const struct nl_candidate *b) {
  const struct nl_name *one = nl_candidate_name(a, 0);
  const struct nl_name *other = nl_candidate_name(b, 0);
  int older = compare_times(nl_name_more(one)->mtime_ns, nl_name_more(other)->mtime_ns);
  switch (choice->options->keep) {
  case NLINK_KEEP_MOST_NAMES:
    if (one->link_count != other->link_count)
      return one->link_count > other->link_count ? -1 : 1;
    return older;
  case NLINK_KEEP_OLDEST:
    return older;
  case NLINK_KEEP_NEWEST:
    return -older;
  case NLINK_KEEP_FIRST:
    break;
  }
  return 0;
}

static int compare(const void *a, const void *b, const void *ctx) {
  const struct nl_choice *choice = ctx;
  const struct nl_candidate *one = *(struct nl_candidate *const *)a;
  const struct nl_candidate *other = *(struct nl_candidate *const *)b;
  if (one->is_reference != other->is_reference)
    return one->is_reference ? -1 : 1;
  if (one->preference != other->preference)
    return one->preference < other->preference ? -1 : 1;
  int order = compare_worth(choice, one, other);
  if (order != 0)
    return order;
  const struct nl_candidates *candidates = choice->candidates;
  return nl_candidate_compare_names(candidates, nl_candidate_first_name(candidates, one),
                                    nl_candidate_first_name(candidates, other));
}

/* The path below its root, where a rule asks for it. */
static const char *path_below(struct nl_string *path, const struct nl_choice *choice,
                              const struct nl_name *name) {
  const struct nl_dir *dir = choice->candidates->rooms[name->dir].dir;
  nl_string_cut(path, 0);
  if (!nl_dir_path_string(path, dir, name->text, strlen(name->text)))
    return NULL;
  while (dir->above != NULL)
    dir = dir->above;
  const char *below = path->text + ((dir->flags & NL_DIR_LISTED) != 0 ? 0 : dir->name_length);
  while (*below == '/')
    below++;
  return below;
}

static bool set_preference(const struct nl_choice *choice, struct nl_candidate *file,
                           struct nl_string *path) {
  size_t rules = choice->options->keep_rule_count;
  file->preference = (uint32_t)rules;
  for (size_t i = 0; i < file->name_count; i++) {
    const struct nl_name *name = nl_candidate_name(file, i);
    const char *below = path_below(path, choice, name);
    if (below == NULL)
      return false;
    for (uint32_t rule = 0; rule < file->preference; rule++)
      if (nl_rules_take(choice->keep_rules[rule], last_part(name), below, false))
        file->preference = rule;
  }
  return true;
}

static bool put_in_order(const struct nl_choice *choice, struct nl_candidate **files,
                         struct nl_candidate **spare, uint32_t count) {
  struct nl_string path = {0};
  bool made = true;
  for (uint32_t i = 0; i < count && made; i++)
    made = choice->options->keep_rule_count == 0 || set_preference(choice, files[i], &path);
  nl_string_fini(&path);
  if (!made)
    return false;
  if (count == 2) {
    if (compare(&files[0], &files[1], choice) > 0) {
      struct nl_candidate *first = files[1];
      files[1] = files[0];
      files[0] = first;
    }
    return true;
  }
  struct nl_sort_item few[FEW];
  struct nl_sort_item *items = count <= FEW ? few : nl_alloc(count * sizeof *items);
  if (items == NULL)
    return false;
  memcpy(spare, files, count * sizeof *files);
  for (uint32_t i = 0; i < count; i++)
    items[i] = (struct nl_sort_item){0, &spare[i]};
  nl_sort_in_place(items, count, compare, choice);
  for (uint32_t i = 0; i < count; i++)
    files[i] = *(struct nl_candidate *const *)items[i].what;
  if (items != few)
    nl_free(items);
  return true;
}

/* ---------------------------------------------------------------- who joins whom */

/* Which of the files that are kept a file may join, by a hash over what has to be equal. */
struct keeps {
  uint32_t *places; /* open addressing; NULL = few files, all are looked at */
  uint32_t mask;
};

static uint64_t hash(const struct nl_choice *choice, const struct nl_candidate *file,
                     const struct nl_name *name) {
  const struct nl_name_more *more = nl_name_more(name);
  const char *last = last_part(name);
  const struct nl_beside *has = nl_candidate_beside(file);
  uint64_t key[7] = {0};
  key[0] = (choice->gate & 1u << NLINK_ASPECT_DEVICE) != 0 ? name->dev : 0;
  key[1] = (choice->gate & 1u << NLINK_ASPECT_OWNER) != 0 ? more->uid : 0;
  key[2] = (choice->gate & 1u << NLINK_ASPECT_GROUP) != 0 ? more->gid : 0;
  key[3] = (choice->gate & 1u << NLINK_ASPECT_MODE) != 0 ? name->mode : 0;
  key[4] = (choice->gate & 1u << NLINK_ASPECT_MTIME) != 0 ? (uint64_t)more->mtime_ns : 0;
  key[5] = (choice->gate & 1u << NLINK_ASPECT_NAME) != 0 ? nl_checksum(last, strlen(last)) : 0;
  const unsigned attributes = 1u << NLINK_ASPECT_ACL | 1u << NLINK_ASPECT_XATTR | 1u << NLINK_ASPECT_SECURITY;
  if ((choice->gate & attributes) == attributes)
    for (uint32_t i = 0; i < has->attribute_count; i++)
      key[6] ^= nl_checksum(has->attributes[i].value, has->attributes[i].length) + i;
  return nl_checksum(key, sizeof key);
}

static size_t names_that_count(const struct nl_choice *choice, const struct nl_candidate *file) {
  return (choice->gate & 1u << NLINK_ASPECT_NAME) != 0 ? file->name_count : 1;
}

static uint32_t find_keep(const struct keeps *keeps, const struct nl_choice *choice,
                          struct nl_candidate *const *files, uint32_t file) {
  if (keeps->places == NULL) {
    for (uint32_t i = 0; i < file; i++)
      if (files[i]->act == NLINK_ACT_KEEP && differences(choice, files[i], files[file]) == 0)
        return i;
    return NONE;
  }
  for (size_t i = 0; i < names_that_count(choice, files[file]); i++)
    for (uint64_t at = hash(choice, files[file], nl_candidate_name(files[file], i));; at++) {
      uint32_t found = keeps->places[at & keeps->mask];
      if (found == NONE)
        break;
      if (differences(choice, files[found], files[file]) == 0)
        return found;
    }
  return NONE;
}

/* @p instead NONE = a further one; else it takes that one's place, which has as many names as it can have. */
static void add_keep(const struct keeps *keeps, const struct nl_choice *choice,
                     struct nl_candidate *const *files, uint32_t file, uint32_t instead) {
  files[file]->act = NLINK_ACT_KEEP;
  files[file]->keep = file;
  if (keeps->places == NULL) {
    if (instead != NONE)
      files[instead]->act = NLINK_ACT_LEAVE; /* for the time being: no more may join it */
    return;
  }
  for (size_t i = 0; i < names_that_count(choice, files[file]); i++) {
    uint64_t at = hash(choice, files[file], nl_candidate_name(files[file], i));
    while (keeps->places[at & keeps->mask] != NONE && keeps->places[at & keeps->mask] != instead)
      at++;
    keeps->places[at & keeps->mask] = file;
  }
}

static bool open_keeps(struct keeps *keeps, const struct nl_choice *choice, struct nl_candidate *const *files,
                       uint32_t count) {
  *keeps = (struct keeps){0};
  if (count <= FEW)
    return true;
  uint64_t names = 0;
  for (uint32_t i = 0; i < count; i++)
    names += names_that_count(choice, files[i]);
  uint64_t room = 64;
  while (room < names * 2)
    room *= 2;
  keeps->places = nl_alloc(room * sizeof *keeps->places);
  keeps->mask = (uint32_t)(room - 1);
  if (keeps->places != NULL)
    memset(keeps->places, 0xff, room * sizeof *keeps->places);
  return keeps->places != NULL;
}

static bool is_young(const struct nl_choice *choice, const struct nl_candidate *file) {
  int64_t age = 0;
  /* A time far off, in the future too, is as good as one long ago: a write would change it. */
  return choice->min_age_ns > 0 &&
         !__builtin_sub_overflow(choice->now_ns, nl_name_more(nl_candidate_name(file, 0))->mtime_ns, &age) &&
         age < choice->min_age_ns && age > -choice->min_age_ns;
}

/* Whether one more file's names fit onto a kept one: by the limit of its file system, or the caller's. */
static bool has_room(const struct nl_choice *choice, const struct nl_candidate *keep, uint64_t names,
                     const struct nl_candidate *file) {
  if (choice->options->mode != NLINK_MODE_HARDLINK)
    return true;
  uint64_t limit = choice->limit(choice->ctx, keep);
  if (choice->options->max_links > 0 && (limit == 0 || choice->options->max_links < limit))
    limit = choice->options->max_links;
  return limit == 0 || names + file->name_count <= limit;
}

/* ---------------------------------------------------------------- a class */

static uint64_t gain_of(const struct nl_choice *choice, const struct nl_candidate *file) {
  const struct nl_name *name = nl_candidate_name(file, 0);
  bool goes = choice->options->mode == NLINK_MODE_REFLINK ||
              (file->name_count >= name->link_count && !file->unsettled);
  uint64_t own = nl_candidate_own_bytes(file);
  return goes ? own : 0;
}

static void leave(struct nl_candidate *file, enum nlink_left left, uint32_t keep) {
  file->act = NLINK_ACT_LEAVE;
  file->left = (uint8_t)left;
  file->keep = keep;
}

/* Why a file that may join a kept one does not. */
static enum nlink_left why_not(const struct nl_choice *choice, const struct nl_candidate *file,
                               const struct nl_candidate *keep) {
  if (file->is_reference)
    return NLINK_LEFT_REFERENCE;
  if (choice->options->mode != NLINK_MODE_REFLINK)
    return NLINK_LEFT_NOTHING;
  if (!choice->can_share(choice->ctx, file))
    return NLINK_LEFT_UNSUPPORTED;
  uint64_t blocks = nl_candidate_beside(file)->blocks;
  return blocks != 0 && blocks == nl_candidate_beside(keep)->blocks ? NLINK_LEFT_SHARED : NLINK_LEFT_NOTHING;
}

/* How many names each that is kept will have, while the class is gone through. */
static bool join_all(struct nl_chosen *out, const struct nl_choice *choice, struct nl_candidate **files,
                     uint32_t count, uint64_t *names) {
  struct keeps keeps;
  if (!open_keeps(&keeps, choice, files, count))
    return false;
  for (uint32_t i = 0; i < count; i++) {
    struct nl_candidate *file = files[i];
    file->act = NLINK_ACT_LEAVE; /* nobody joins it before it is kept */
    names[i] = nl_candidate_name(file, 0)->link_count;
    if (is_young(choice, file)) {
      leave(file, NLINK_LEFT_YOUNG, 0);
      continue;
    }
    uint32_t keep = find_keep(&keeps, choice, files, i);
    enum nlink_left left = keep == NONE ? NLINK_LEFT_NOTHING : why_not(choice, file, files[keep]);
    if (left != NLINK_LEFT_NOTHING) {
      leave(file, left, keep);
    } else if (keep != NONE && has_room(choice, files[keep], names[keep], file)) {
      file->act = NLINK_ACT_REPLACE;
      file->keep = keep;
      names[keep] += file->name_count;
      out->gain_bytes += gain_of(choice, file);
      out->planned_files++;
      out->planned_names += file->name_count;
    } else {
      add_keep(&keeps, choice, files, i, keep);
    }
  }
  nl_free(keeps.places);
  return true;
}

/*
 * Those that are kept and joined by others stay so; without any, the first is kept. Every other one that found nobody to join,
 * and nobody joined, differs from it.
 */
static void settle(const struct nl_choice *choice, struct nl_candidate **files, uint32_t count,
                   const uint64_t *names) {
  uint32_t first = NONE;
  for (uint32_t i = 0; i < count; i++) {
    struct nl_candidate *file = files[i];
    if (file->act == NLINK_ACT_REPLACE || file->left != NLINK_LEFT_NOTHING)
      continue;
    bool is_joined = names[i] > nl_candidate_name(file, 0)->link_count;
    file->act = is_joined ? NLINK_ACT_KEEP : NLINK_ACT_LEAVE;
    if (is_joined && first == NONE)
      first = i;
  }
  if (first == NONE) {
    first = 0;
    for (uint32_t i = count; i-- > 0;)
      if (files[i]->left == NLINK_LEFT_NOTHING)
        first = i;
    leave(files[first], NLINK_LEFT_NOTHING, first);
    files[first]->act = NLINK_ACT_KEEP;
  }
  for (uint32_t i = 0; i < count; i++) {
    struct nl_candidate *file = files[i];
    if (file->act != NLINK_ACT_LEAVE)
      continue;
    if (file->left == NLINK_LEFT_YOUNG)
      file->keep = first;
    if (file->left != NLINK_LEFT_NOTHING)
      continue;
    unsigned differs = differences(choice, files[first], file);
    leave(file, differs != 0 ? NLINK_LEFT_DIFFERS : NLINK_LEFT_LINK_LIMIT, first);
    file->differs = (uint16_t)differs;
  }
}

/* Put each that is kept in front of those that join it; who is left alone comes last. */
static bool regroup(struct nl_candidate **files, struct nl_candidate **spare, uint32_t count) {
  uint32_t *next = nl_alloc((2 * (size_t)count + 1) * sizeof *next);
  if (next == NULL)
    return false;
  uint32_t *place = next + count; /* where each goes: by its keep, then as it stands */
  memset(next, 0, count * sizeof *next);
  uint32_t left = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (files[i]->act == NLINK_ACT_LEAVE)
      left++;
    else
      next[files[i]->keep]++;
  }
  uint32_t at = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t members = next[i];
    next[i] = at;
    at += members;
  }
  for (uint32_t i = 0, behind = count - left; i < count; i++)
    place[i] = files[i]->act == NLINK_ACT_LEAVE ? behind++ : next[files[i]->keep]++;
  memcpy(spare, files, count * sizeof *files);
  for (uint32_t i = 0; i < count; i++) {
    files[place[i]] = spare[i];
    spare[i]->keep = place[spare[i]->keep];
  }
  nl_free(next);
  return true;
}

bool nl_choose(struct nl_chosen *out, const struct nl_choice *choice, struct nl_candidate **files,
               struct nl_candidate **spare, uint32_t count) {
  uint64_t few[FEW];
  *out = (struct nl_chosen){0};
  uint64_t *names = count <= FEW ? few : nl_alloc(count * sizeof *names);
  bool made = names != NULL && put_in_order(choice, files, spare, count) &&
              join_all(out, choice, files, count, names);
  if (made) {
    settle(choice, files, count, names);
    for (uint32_t i = 0; i < count; i++)
      out->left_files += files[i]->act == NLINK_ACT_LEAVE;
    made = (count == 2 && files[0]->act == NLINK_ACT_KEEP) || regroup(files, spare, count);
  }
  if (names != few)
    nl_free(names);
  return made;
}
