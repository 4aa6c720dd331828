/*
 * starts.c - where a walk for the names of files begins, when nothing is said of where to look
 *
 * SPDX-License-Identifier: MIT
 */
#include "find/starts.h"

#include "base/memory.h"
#include "find/seek.h"
#include "os/os.h"

#include <string.h>

enum {
  MOST_NEAR = 64
}; /* whoever looks for the names of many files has to see most of the file system anyway */

static const char *find(const struct nl_starts_list *list, const char *text) {
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->texts[i], text) == 0)
      return list->texts[i];
  return NULL;
}

static const char *add(struct nl_starts *starts, struct nl_starts_list *list, const char *text) {
  const char *known = find(list, text);
  if (known != NULL)
    return known;
  if (list->count == list->room) {
    size_t room = list->room == 0 ? 8 : list->room * 2;
    const char **texts = nl_realloc(list->texts, room * sizeof(const char *));
    if (texts == NULL)
      return NULL;
    list->texts = texts;
    list->room = room;
  }
  const char *copy = nl_arena_text(&starts->texts, text, strlen(text));
  if (copy != NULL)
    list->texts[list->count++] = copy;
  return copy;
}

/* The directory and those above it, down to the one where the walk has to begin in any case. Those that cannot be read are
   met from above. */
static bool add_near(struct nl_starts *starts, int dir, const char *start) {
  char path[NLINK_TARGET_SIZE];
  size_t least = strlen(start);
  if (nl_os_directory_path(path, sizeof path, dir) != 0 || strncmp(path, start, least) != 0)
    return true;
  for (size_t length = strlen(path); length > least && length > 1 && starts->near.count < MOST_NEAR;) {
    if (nl_os_may(NLINK_CWD, path, NL_OS_MAY_READ | NL_OS_MAY_SEARCH, false) == 0 &&
        add(starts, &starts->near, path) == NULL)
      return false;
    while (length > 0 && path[length - 1] != '/')
      length--;
    length -= length > 1;
    path[length] = '\0';
  }
  return true;
}

int nl_starts_add(struct nl_starts *starts, int dir, bool near, const char **start, int *halted) {
  struct nl_string text = {0};
  int sys = nl_seek_start(&text, dir, halted);
  if (sys == 0) {
    *start = add(starts, &starts->far, text.text);
    if (*start == NULL || (near && !add_near(starts, dir, *start)))
      sys = nl_os_number(NLINK_NO_MEMORY);
  }
  nl_string_fini(&text);
  return sys;
}

const char *nl_starts_add_path(struct nl_starts *starts, const char *path) {
  return add(starts, &starts->far, path);
}

const char **nl_starts_roots(const struct nl_starts *starts, size_t *count) {
  const struct nl_starts_list *lists[] = {&starts->near, &starts->far};
  *count = 0;
  const char **roots = nl_alloc((starts->near.count + starts->far.count + 1) * sizeof(const char *));
  for (size_t i = 0; i < 2 && roots != NULL; i++)
    for (size_t n = 0; n < lists[i]->count; n++)
      roots[(*count)++] = lists[i]->texts[n];
  return roots;
}

void nl_starts_fini(struct nl_starts *starts) {
  if (starts == NULL)
    return;
  nl_free(starts->far.texts);
  nl_free(starts->near.texts);
  nl_arena_fini(&starts->texts);
  *starts = (struct nl_starts){0};
}
