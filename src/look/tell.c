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

struct telling {
  const struct nl_scope *scope;
  int dir;
  size_t looks;
  const char *denied_path; /* of the last name that was refused; NULL = none */
  struct nlink_error denied;
};

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

static void find_cause(struct telling *telling, struct nlink_error *error, const struct nl_trouble *trouble) {
  enum nlink_status status = nl_os_status(trouble->sys);
  bool may_repeat = trouble->step == NLINK_STEP_STAT && status == NLINK_DENIED;
  if (may_repeat && telling->denied_path != NULL && is_beside(trouble->path, telling->denied_path)) {
    *error = telling->denied;
    return;
  }
  bool vanished = trouble->step == NLINK_STEP_STAT && status == NLINK_NOT_FOUND;
  if (vanished || strlen(trouble->path) >= NLINK_TARGET_SIZE || telling->looks >= MOST_LOOKS) {
    nl_fail(error, status, trouble->step, trouble->sys, NULL);
    return;
  }
  telling->looks++;
  const struct nl_scene scene = {
      .act = NL_ACT_LOOK, .src_dir = telling->dir, .src = trouble->path, .src_fd = -1};
  nl_cause_fail(error, &scene, trouble->step, trouble->sys);
  if (may_repeat) {
    telling->denied_path = trouble->path;
    telling->denied = *error;
  }
}

static void tell_one(struct telling *telling, const struct nl_trouble *trouble) {
  const struct nlink_scope *given = &telling->scope->given;
  struct nlink_error error;
  if (given->on_event == NULL)
    return;
  if (trouble->sys == 0)
    nl_fail(&error, NLINK_REPEATED, trouble->step, 0, "it is the same directory as %s, which was looked at",
            nl_quoted(trouble->other).text);
  else
    find_cause(telling, &error, trouble);
  given->on_event(trouble->path, &error, given->ctx);
}

size_t nl_tell(const struct nl_scope *scope, int dir, const struct nl_trouble *troubles) {
  struct telling telling = {.scope = scope, .dir = dir};
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
      tell_one(&telling, at);
    return real;
  }
  size_t filled = 0;
  for (const struct nl_trouble *at = troubles; at != NULL; at = at->next)
    items[filled++] = (struct nl_sort_item){nl_sort_key(at->path), at};
  nl_sort(items, items + count, count, compare, NULL);
  for (size_t i = 0; i < count; i++)
    tell_one(&telling, items[i].what);
  nl_free(items);
  return real;
}
