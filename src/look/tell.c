/*
 * tell.c - what went wrong during a walk, told to the caller
 *
 * Looking for a cause takes some twenty system calls. What refuses one name in a directory refuses the others as well,
 * so that is looked for once; and after many causes the system's own word has to do.
 *
 * SPDX-License-Identifier: MIT
 */
#include "look/tell.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/quote.h"
#include "base/sort.h"
#include "look/cause.h"

#include <string.h>

enum { MOST_LOOKS = 256 };

static int compare(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  return strcmp(((const struct nl_trouble *)a)->path, ((const struct nl_trouble *)b)->path);
}

/* The length of the path of the directory that a name is in. */
static size_t before_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? 0 : (size_t)(slash - path);
}

static bool is_beside(const char *path, const char *other) {
  size_t length = before_name(path);
  return length == before_name(other) && memcmp(path, other, length) == 0;
}

static void find_cause(struct nl_telling *telling, struct nlink_error *error, const char *path,
                       enum nlink_step step, int sys) {
  enum nlink_status status = nl_os_status(sys);
  bool may_repeat = step == NLINK_STEP_STAT && status == NLINK_DENIED;
  if (may_repeat && telling->denied_path.length > 0 && is_beside(path, telling->denied_path.text)) {
    *error = telling->denied;
    return;
  }
  if (strlen(path) >= NLINK_TARGET_SIZE || telling->looks >= MOST_LOOKS) {
    nl_fail(error, status, step, sys, NULL);
    return;
  }
  telling->looks++;
  const struct nl_scene scene = {.act = NL_ACT_LOOK,
                                 .src_dir = telling->dir,
                                 .src = path,
                                 .src_fd = -1,
                                 .follow = step == NLINK_STEP_RESOLVE};
  nl_cause_fail(error, &scene, step, sys);
  if (!may_repeat)
    return;
  nl_string_cut(&telling->denied_path, 0);
  if (nl_string_add(&telling->denied_path, path, strlen(path)))
    telling->denied = *error;
}

void nl_tell_one(struct nl_telling *telling, const char *path, enum nlink_step step, int sys,
                 const char *other) {
  const struct nlink_scope *given = &telling->scope->given;
  struct nlink_error error;
  if (given->on_event == NULL)
    return;
  if (sys == 0)
    nl_fail(&error, NLINK_REPEATED, step, 0, "it is the same directory as %s, which was looked at",
            nl_quoted(other).text);
  else
    find_cause(telling, &error, path, step, sys);
  given->on_event(path, &error, given->ctx);
}

void nl_telling_fini(struct nl_telling *telling) {
  nl_string_fini(&telling->denied_path);
}

static void tell(struct nl_telling *telling, const struct nl_trouble *trouble) {
  nl_tell_one(telling, trouble->path, trouble->step, trouble->sys, trouble->other);
}

size_t nl_tell(const struct nl_scope *scope, int dir, const struct nl_trouble *troubles) {
  struct nl_telling telling = {.scope = scope, .dir = dir};
  size_t count = 0;
  size_t real = 0;
  for (const struct nl_trouble *at = troubles; at != NULL; at = at->next) {
    count++;
    real += at->sys != 0;
  }
  if (count == 0 || scope->given.on_event == NULL)
    return real;
  struct nl_sort_item *items = nl_alloc(2 * count * sizeof *items);
  if (items == NULL) {
    for (const struct nl_trouble *at = troubles; at != NULL; at = at->next)
      tell(&telling, at);
    nl_telling_fini(&telling);
    return real;
  }
  size_t filled = 0;
  for (const struct nl_trouble *at = troubles; at != NULL; at = at->next)
    items[filled++] = (struct nl_sort_item){nl_sort_key(at->path), at};
  nl_sort(items, items + count, count, compare, NULL);
  for (size_t i = 0; i < count; i++)
    tell(&telling, items[i].what);
  nl_telling_fini(&telling);
  nl_free(items);
  return real;
}
