/*
 * findings.c - a list of findings, what can be done about them, and the memory that they are in
 *
 * SPDX-License-Identifier: MIT
 */
#include "flaw/findings.h"

#include "base/sort.h"

#include <string.h>

bool nl_findings_add(struct nl_findings *findings, const struct nlink_finding *finding,
                     const struct nl_mendable *mendable) {
  if (findings->count == findings->room) {
    size_t room = findings->room == 0 ? 64 : findings->room * 2;
    struct nl_finding *all = nl_realloc(findings->all, room * sizeof *all);
    if (all == NULL)
      return false;
    findings->all = all;
    findings->room = room;
  }
  findings->all[findings->count++] = (struct nl_finding){*finding, mendable};
  return true;
}

const char *nl_findings_text(struct nl_findings *findings, const struct nl_string *text) {
  return nl_arena_text(&findings->arena, text->length > 0 ? text->text : "", text->length);
}

static int compare(const void *a, const void *b, const void *ctx) {
  (void)ctx;
  return strcmp(((const struct nl_finding *)a)->told.path, ((const struct nl_finding *)b)->told.path);
}

bool nl_findings_sort(struct nl_findings *findings) {
  size_t count = findings->count;
  if (count < 2)
    return true;
  struct nl_sort_item *items = nl_alloc(2 * count * sizeof *items);
  struct nl_finding *sorted = nl_alloc(count * sizeof *sorted);
  bool made = items != NULL && sorted != NULL;
  for (size_t i = 0; i < count && made; i++)
    items[i] = (struct nl_sort_item){(uint64_t)findings->all[i].told.kind, &findings->all[i]};
  if (made)
    nl_sort(items, items + count, count, compare, NULL);
  for (size_t i = 0; i < count && made; i++)
    sorted[i] = *(const struct nl_finding *)items[i].what;
  nl_free(items);
  if (!made) {
    nl_free(sorted);
    return false;
  }
  nl_free(findings->all);
  findings->all = sorted;
  findings->room = count;
  return true;
}

void nl_findings_fini(struct nl_findings *findings) {
  nl_free(findings->all);
  nl_arena_fini(&findings->arena);
  *findings = (struct nl_findings){0};
}
