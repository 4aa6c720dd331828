/*
 * groups.c - what is wrong with files that have several names
 *
 * A name with a look goes into the table; whether one may write to its directory is looked at when the first such name
 * in it is met, and kept with the directory. Paths are made only for files that something is wrong with.
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/groups.h"

#include "base/quote.h"
#include "flaw/mend.h"
#include "look/limits.h"
#include "os/os.h"
#include "path/place.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum right { RIGHT_UNKNOWN, RIGHT_WRITE, RIGHT_NONE, RIGHT_UNSEEN };

/* In the extra bytes of a directory's node. */
struct place {
  atomic_uchar right; /* enum right */
  char apart[NL_GROUPS_EXTRA - sizeof(atomic_uchar)];
};

static bool wants(const struct nl_groups *groups, enum nlink_finding_kind kind) {
  return (groups->off & 1u << kind) == 0;
}

static struct place *place_of(const struct nl_dir *dir) {
  return nl_dir_extra(dir, NL_GROUPS_EXTRA);
}

/* ---------------------------------------------------------------- while the walk goes on */

/* Whether one may write to the directory that a name is in. */
static int ask_right(const struct nl_sight *sight) {
  enum { RIGHTS = NL_OS_MAY_WRITE | NL_OS_MAY_SEARCH };
  size_t length = 0;
  size_t last = nl_path_last(sight->at_name, &length);
  struct nl_string above = {0};
  if (last == 0)
    return nl_os_may(sight->at, ".", RIGHTS, true);
  int sys = nl_path_prefix(&above, sight->at_name, last) ? nl_os_may(sight->at, above.text, RIGHTS, true)
                                                         : nl_os_number(NLINK_NO_MEMORY);
  nl_string_fini(&above);
  return sys;
}

static int look_at_right(const struct nl_sight *sight) {
  struct place *place = place_of(sight->dir);
  if (atomic_load_explicit(&place->right, memory_order_relaxed) != RIGHT_UNKNOWN)
    return 0;
  int sys = ask_right(sight);
  enum nlink_status status = nl_os_status(sys);
  bool is_refused = status == NLINK_DENIED || status == NLINK_NOT_PERMITTED || status == NLINK_READ_ONLY;
  enum right right = sys == 0 ? RIGHT_WRITE : is_refused ? RIGHT_NONE : RIGHT_UNSEEN;
  atomic_store_explicit(&place->right, (unsigned char)right, memory_order_relaxed);
  return right == RIGHT_UNSEEN ? sys : 0;
}

int nl_groups_take(struct nl_groups *groups, const struct nl_sight *sight) {
  if (sight->kind == NLINK_DIRECTORY || sight->look == NULL || sight->look->link_count < 2)
    return 0;
  if (!nl_table_add(groups->table, sight))
    return nl_os_number(NLINK_NO_MEMORY);
  return wants(groups, NLINK_FINDING_WRITABLE_AND_READ_ONLY) ? look_at_right(sight) : 0;
}

/* ---------------------------------------------------------------- afterwards */

struct teller {
  struct nl_findings *findings;
  struct nl_groups *groups;
  struct nl_dir **directories;
  const struct nl_group *group;
  bool is_whole;                /* all names that are inside were seen */
  struct nlink_finding finding; /* with what all findings about the present group share */
  struct nl_string text;
  struct nl_string mend;
  /* The limit of the device that was asked about last. */
  uint64_t limit;
  uint64_t limit_dev;
  bool has_limit;
  char type[32];
};

static struct nl_dir *dir_of(const struct teller *teller, size_t index) {
  return teller->directories[nl_group_name(teller->group, index)->dir];
}

static enum right right_of(const struct nl_dir *dir) {
  return (enum right)atomic_load_explicit(&place_of(dir)->right, memory_order_relaxed);
}

/* Note that a limit could not be asked for; once is enough. */
static bool note_limit(struct teller *teller, const char *path, int sys) {
  struct nl_trouble *trouble = teller->groups->trouble;
  if (sys == 0 || nl_path_ends(sys) || trouble != NULL)
    return sys != nl_os_number(NLINK_NO_MEMORY);
  trouble = nl_arena_take(&teller->findings->arena, sizeof *trouble + strlen(path) + 1);
  if (trouble == NULL)
    return false;
  *trouble = (struct nl_trouble){.step = NLINK_STEP_STAT, .sys = sys};
  memcpy(trouble->path, path, strlen(path) + 1);
  teller->groups->trouble = trouble;
  return true;
}

/* Find the most names a file can have where the group is; 0 = not known. false = memory is exhausted. */
static bool find_limit(struct teller *teller) {
  enum { FEWEST = 1000 }; /* no limit is known that is so low that fewer names would be near it */
  if (teller->group->link_count < FEWEST || !wants(teller->groups, NLINK_FINDING_NEAR_LIMIT))
    return true;
  if (teller->has_limit && teller->limit_dev == teller->group->dev)
    return true;
  struct nl_string path = {0};
  struct nl_os_fs fs = {.type = ""};
  int fd = -1;
  const char *name = nl_group_name(teller->group, 0)->text;
  if (!nl_dir_path_string(&path, dir_of(teller, 0), name, strlen(name)))
    return false;
  int sys = nl_os_open(&fd, teller->groups->dir, path.text, NL_OS_NODE);
  if (sys == 0)
    sys = nl_os_fs(&fs, fd);
  nl_os_close(fd);
  teller->limit = sys == 0 ? nl_link_limit(fs.type) : 0;
  teller->limit_dev = teller->group->dev;
  teller->has_limit = true;
  memcpy(teller->type, fs.type, sizeof teller->type);
  bool noted = note_limit(teller, path.text, sys);
  nl_string_fini(&path);
  return noted;
}

static bool is_near_limit(const struct teller *teller) {
  return teller->has_limit && teller->limit > 0 && teller->limit_dev == teller->group->dev &&
         teller->group->link_count >= teller->limit - teller->limit / 10;
}

/* Whether some of the names are where one may write, and some where one may not. */
static bool is_in_both(const struct teller *teller) {
  bool met[4] = {false};
  for (size_t i = 0; i < teller->group->count; i++)
    met[right_of(dir_of(teller, i))] = true;
  return met[RIGHT_WRITE] && met[RIGHT_NONE];
}

/* The kinds of findings there are about the present group, each as 1u << kind. */
static unsigned kinds_of(const struct teller *teller) {
  const struct nl_group *group = teller->group;
  bool is_file = group->kind == NLINK_REGULAR;
  unsigned kinds = 0;
  if (group->count < group->link_count && !group->changed)
    kinds |= 1u << NLINK_FINDING_PARTLY_OUTSIDE;
  if (is_near_limit(teller))
    kinds |= 1u << NLINK_FINDING_NEAR_LIMIT;
  if (is_file && (group->mode & 06000u) != 0)
    kinds |= 1u << NLINK_FINDING_SET_ID_SHARED;
  if (wants(teller->groups, NLINK_FINDING_WRITABLE_AND_READ_ONLY) && is_in_both(teller))
    kinds |= 1u << NLINK_FINDING_WRITABLE_AND_READ_ONLY;
  if (is_file && group->size_bytes == 0 && !group->changed)
    kinds |= 1u << NLINK_FINDING_EMPTY_SHARED;
  if (group->kind == NLINK_SYMLINK)
    kinds |= 1u << NLINK_FINDING_SOFT_LINK_SHARED;
  return kinds & ~teller->groups->off;
}

/*
 * The paths of the names, sorted; before each text there is a byte that tells the right to write to its directory.
 */
static bool make_names(struct teller *teller) {
  const struct nl_group *group = teller->group;
  struct nl_arena *arena = &teller->findings->arena;
  struct nl_sort_item *items = nl_alloc(2 * group->count * sizeof *items);
  const char **names = nl_arena_take(arena, group->count * sizeof(const char *));
  bool made = items != NULL && names != NULL;
  for (size_t i = 0; i < group->count && made; i++) {
    const struct nl_dir *dir = dir_of(teller, i);
    const char *name = nl_group_name(group, i)->text;
    size_t name_length = strlen(name);
    size_t length = nl_dir_path(NULL, 0, dir, name, name_length);
    char *block = nl_arena_take_tight(arena, length + 2);
    made = block != NULL;
    if (!made)
      break;
    block[0] = (char)right_of(dir);
    nl_dir_path(block + 1, length + 1, dir, name, name_length);
    items[i] = (struct nl_sort_item){0, block + 1};
  }
  if (made)
    nl_sort_text(items, items + group->count, group->count);
  for (size_t i = 0; i < group->count && made; i++)
    names[i] = items[i].what;
  nl_free(items);
  if (made)
    teller->finding = (struct nlink_finding){
        .path = names[0], .names = names, .name_count = group->count, .link_count = group->link_count};
  return made;
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static bool
say(struct teller *teller, const char *format, ...) {
  char text[NLINK_TEXT_SIZE];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  nl_string_cut(&teller->text, 0);
  return length > 0 && nl_string_add(&teller->text, text, strlen(text));
}

static const char *first_of_right(const struct teller *teller, enum right right) {
  for (size_t i = 0; i < teller->finding.name_count; i++)
    if (teller->finding.names[i][-1] == (char)right)
      return teller->finding.names[i];
  return "";
}

/* Those names that are to get a file of their own, so that one is left with the present one. */
static const char *const *further_names(const struct teller *teller, size_t *count) {
  const struct nlink_finding *finding = &teller->finding;
  size_t skip = finding->name_count >= finding->link_count ? 1 : 0;
  *count = finding->name_count - skip;
  return finding->names + skip;
}

static bool tell_soft_link(struct teller *teller) {
  char target[NLINK_TARGET_SIZE];
  size_t count = 0;
  const char *const *names = further_names(teller, &count);
  struct nlink_finding *finding = &teller->finding;
  if (nl_os_readlink(target, sizeof target, teller->groups->dir, finding->path) == 0) {
    finding->target = nl_arena_text(&teller->findings->arena, target, strlen(target));
    if (finding->target == NULL || !nl_mend_part_soft(&teller->mend, target, names, count))
      return false;
  }
  return say(teller,
             "is a soft link with %" PRIu64 " names: most programs that copy a tree make as many of it",
             teller->group->link_count);
}

static bool tell_kind(struct teller *teller, enum nlink_finding_kind kind) {
  const struct nl_group *group = teller->group;
  uint64_t count = group->link_count;
  size_t further = 0;
  const char *const *names = further_names(teller, &further);
  switch (kind) {
  case NLINK_FINDING_PARTLY_OUTSIDE:
    return say(teller, "%zu of %" PRIu64 " names %s here, %" PRIu64 " outside%s", group->count, count,
               group->count == 1 ? "is" : "are", count - group->count,
               teller->is_whole ? "" : ", or where one could not look");
  case NLINK_FINDING_NEAR_LIMIT:
    return say(teller, "has %" PRIu64 " names, and the file system (%s) allows %" PRIu64, count, teller->type,
               teller->limit);
  case NLINK_FINDING_SET_ID_SHARED:
    return say(teller,
               "is %s and has %" PRIu64 " names: where one of them is replaced by a newer program, "
               "the old one keeps its rights under the others",
               (group->mode & 04000u) != 0 ? "setuid" : "setgid", count);
  case NLINK_FINDING_WRITABLE_AND_READ_ONLY:
    return say(teller, "one may write to the directory of %s, and not to that of %s",
               nl_quoted(first_of_right(teller, RIGHT_WRITE)).text,
               nl_quoted(first_of_right(teller, RIGHT_NONE)).text);
  case NLINK_FINDING_EMPTY_SHARED:
    return nl_mend_part(&teller->mend, names, further) &&
           say(teller, "is empty and has %" PRIu64 " names: what is written by one of them is in all", count);
  default:
    return tell_soft_link(teller);
  }
}

static bool tell_group(struct teller *teller) {
  if (!find_limit(teller))
    return false;
  unsigned kinds = kinds_of(teller);
  if (kinds == 0)
    return true;
  if (!make_names(teller))
    return false;
  for (int kind = 0; kind < NLINK_FINDING_KINDS; kind++) {
    if ((kinds & 1u << kind) == 0)
      continue;
    struct nlink_finding *finding = &teller->finding;
    nl_string_cut(&teller->mend, 0);
    finding->kind = (enum nlink_finding_kind)kind;
    finding->target = NULL;
    if (!tell_kind(teller, finding->kind))
      return false;
    finding->text = nl_findings_text(teller->findings, &teller->text);
    finding->mend = nl_findings_text(teller->findings, &teller->mend);
    if (finding->text == NULL || finding->mend == NULL || !nl_findings_add(teller->findings, finding, NULL))
      return false;
  }
  return true;
}

enum nlink_status nl_groups_tell(struct nl_findings *findings, struct nl_groups *groups,
                                 const struct nl_walk *walk) {
  struct teller teller = {.findings = findings, .groups = groups, .is_whole = true};
  struct nl_group group;
  size_t directory_count = 0;
  enum nlink_status status = nl_table_settle(groups->table);
  if (status != NLINK_OK || nl_table_count(groups->table) == 0)
    return status;
  for (const struct nl_trouble *at = nl_walk_troubles(walk); at != NULL; at = at->next)
    teller.is_whole &= at->sys == 0; /* else it is only the same directory by another way */
  teller.directories = nl_walk_directories(walk, &directory_count);
  bool made = teller.directories != NULL;
  for (size_t at = 0; made && nl_table_next(groups->table, &at, &group);) {
    teller.group = &group;
    made = tell_group(&teller);
  }
  nl_free(teller.directories);
  nl_string_fini(&teller.text);
  nl_string_fini(&teller.mend);
  return made ? NLINK_OK : NLINK_NO_MEMORY;
}
