/*
 * sort.c - sorting of many names or numbers, stably, or where they stand
 *
 * Large sets go through one counting pass for each byte in which the keys differ at all, from the lowest up;
 * small sets, and things with equal keys, through a merge sort. Neither depends on the order in which things
 * come, and neither needs the C stack. Strings that are sorted together, the names in a directory, often begin
 * alike, so their keys are taken behind what they share.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/sort.h"

#include <stdbool.h>
#include <string.h>

enum { KEY_BYTES = 8, SMALL = 96, RUN = 8 };

struct order {
  nl_sort_compare *compare;
  const void *ctx;
};

static bool is_before(const struct nl_sort_item *a, const struct nl_sort_item *b, const struct order *order) {
  if (a->key != b->key)
    return a->key < b->key;
  return order->compare != NULL && order->compare(a->what, b->what, order->ctx) < 0;
}

static void insertion_sort(struct nl_sort_item *items, size_t count, const struct order *order) {
  for (size_t i = 1; i < count; i++) {
    struct nl_sort_item item = items[i];
    size_t at = i;
    for (; at > 0 && is_before(&item, &items[at - 1], order); at--)
      items[at] = items[at - 1];
    items[at] = item;
  }
}

static void merge(struct nl_sort_item *to, const struct nl_sort_item *a, size_t a_count,
                  const struct nl_sort_item *b, size_t b_count, const struct order *order) {
  while (a_count > 0 && b_count > 0) {
    if (is_before(b, a, order)) {
      *to++ = *b++;
      b_count--;
    } else {
      *to++ = *a++;
      a_count--;
    }
  }
  memcpy(to, a, a_count * sizeof *a);
  memcpy(to + a_count, b, b_count * sizeof *b);
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

static void merge_sort(struct nl_sort_item *items, struct nl_sort_item *spare, size_t count,
                       const struct order *order) {
  for (size_t at = 0; at < count; at += RUN)
    insertion_sort(items + at, smaller(RUN, count - at), order);
  struct nl_sort_item *from = items;
  struct nl_sort_item *to = spare;
  for (size_t width = RUN; width < count; width *= 2) {
    for (size_t at = 0; at < count;) {
      size_t a = smaller(width, count - at);
      size_t b = smaller(width, count - at - a);
      merge(to + at, from + at, a, from + at + a, b, order);
      at += a + b;
    }
    struct nl_sort_item *swap = from;
    from = to;
    to = swap;
  }
  if (from != items)
    memcpy(items, from, count * sizeof *items);
}

/* Sort by the keys alone. One look at all keys tells which of their bytes differ; the others cost nothing. */
static void radix_sort(struct nl_sort_item *items, struct nl_sort_item *spare, size_t count) {
  uint64_t differing = 0;
  for (size_t i = 1; i < count; i++)
    differing |= items[i].key ^ items[0].key;
  struct nl_sort_item *from = items;
  struct nl_sort_item *to = spare;
  for (unsigned shift = 0; shift < 8 * KEY_BYTES; shift += 8) {
    if ((differing >> shift & 0xff) == 0)
      continue;
    size_t start[256] = {0};
    for (size_t i = 0; i < count; i++)
      start[from[i].key >> shift & 0xff]++;
    size_t sum = 0;
    for (size_t i = 0; i < 256; i++) {
      size_t here = start[i];
      start[i] = sum;
      sum += here;
    }
    for (size_t i = 0; i < count; i++)
      to[start[from[i].key >> shift & 0xff]++] = from[i];
    struct nl_sort_item *swap = from;
    from = to;
    to = swap;
  }
  if (from != items)
    memcpy(items, from, count * sizeof *items);
}

void nl_sort(struct nl_sort_item *items, struct nl_sort_item *spare, size_t count, nl_sort_compare *compare,
             const void *ctx) {
  const struct order order = {compare, ctx};
  if (count < SMALL) {
    merge_sort(items, spare, count, &order);
    return;
  }
  radix_sort(items, spare, count);
  if (compare == NULL)
    return;
  for (size_t at = 0; at < count;) {
    size_t end = at + 1;
    while (end < count && items[end].key == items[at].key)
      end++;
    if (end - at > 1)
      merge_sort(items + at, spare, end - at, &order);
    at = end;
  }
}

/* ---------------------------------------------------------------- in place */

static void swap_items(struct nl_sort_item *a, struct nl_sort_item *b) {
  struct nl_sort_item item = *a;
  *a = *b;
  *b = item;
}

static void sift_down(struct nl_sort_item *items, size_t at, size_t count, const struct order *order) {
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && is_before(&items[child], &items[child + 1], order))
      child++;
    if (!is_before(&items[at], &items[child], order))
      return;
    swap_items(&items[at], &items[child]);
  }
}

static void heap_sort(struct nl_sort_item *items, size_t count, const struct order *order) {
  for (size_t at = count / 2; at-- > 0;)
    sift_down(items, at, count, order);
  for (size_t end = count; end-- > 1;) {
    swap_items(&items[0], &items[end]);
    sift_down(items, 0, end, order);
  }
}

/* Bring each item into the part that the byte at @p shift of its key names; the parts begin at start[]. */
static void deal(struct nl_sort_item *items, size_t count, unsigned shift, size_t start[257]) {
  size_t next[256];
  memset(start, 0, 257 * sizeof *start);
  for (size_t i = 0; i < count; i++)
    start[(items[i].key >> shift & 0xff) + 1]++;
  for (size_t i = 0; i < 256; i++) {
    start[i + 1] += start[i];
    next[i] = start[i];
  }
  for (size_t part = 0; part < 256; part++)
    while (next[part] < start[part + 1]) {
      size_t wanted = items[next[part]].key >> shift & 0xff;
      if (wanted == part)
        next[part]++;
      else
        swap_items(&items[next[part]], &items[next[wanted]++]);
    }
}

/* Deal by the highest byte in which the keys differ, then each part by what follows: at most eight deep. */
static void sort_in_place(struct nl_sort_item *items, size_t count, const struct order *order) {
  if (count < SMALL / 2) {
    insertion_sort(items, count, order);
    return;
  }
  uint64_t differing = 0;
  for (size_t i = 1; i < count; i++)
    differing |= items[i].key ^ items[0].key;
  if (differing == 0) {
    if (order->compare != NULL)
      heap_sort(items, count, order);
    return;
  }
  unsigned shift = 8 * (KEY_BYTES - 1);
  while (differing >> shift == 0)
    shift -= 8;
  size_t start[257];
  deal(items, count, shift, start);
  for (size_t part = 0; part < 256; part++)
    if (start[part + 1] - start[part] > 1)
      sort_in_place(items + start[part], start[part + 1] - start[part], order);
}

void nl_sort_in_place(struct nl_sort_item *items, size_t count, nl_sort_compare *compare, const void *ctx) {
  const struct order order = {compare, ctx};
  sort_in_place(items, count, &order);
}

/* ---------------------------------------------------------------- texts */

uint64_t nl_sort_key(const char *text) {
  uint64_t key = 0;
  size_t i = 0;
  for (; i < KEY_BYTES && text[i] != '\0'; i++)
    key = key << 8 | (unsigned char)text[i];
  return i == 0 ? 0 : key << 8 * (KEY_BYTES - i);
}

/* How many bytes all texts have in common behind the first `from`. */
static size_t common_length(const struct nl_sort_item *items, size_t count, size_t from) {
  const char *first = (const char *)items[0].what + from;
  size_t common = strlen(first);
  for (size_t i = 1; i < count && common > 0; i++) {
    const char *text = (const char *)items[i].what + from;
    size_t same = 0;
    while (same < common && text[same] == first[same])
      same++;
    common = same;
  }
  return common;
}

static int compare_tails(const void *a, const void *b, const void *ctx) {
  const size_t *from = ctx;
  return strcmp((const char *)a + *from, (const char *)b + *from);
}

/*
 * Sort texts that are equal in their first `from` bytes, by the next eight that tell them apart. Large sets
 * that are equal in those too are sorted again by what follows; the depth is bound by a text's length.
 */
static void sort_from(struct nl_sort_item *items, struct nl_sort_item *spare, size_t count, size_t from) {
  enum { FEW = 32 };
  from += common_length(items, count, from);
  for (size_t i = 0; i < count; i++)
    items[i].key = nl_sort_key((const char *)items[i].what + from);
  if (count < FEW) {
    nl_sort(items, spare, count, compare_tails, &from);
    return;
  }
  nl_sort(items, spare, count, NULL, NULL);
  for (size_t at = 0; at < count;) {
    size_t end = at + 1;
    while (end < count && items[end].key == items[at].key)
      end++;
    bool ended = (items[at].key & 0xff) == 0; /* equal to the end: the same text several times */
    if (end - at > 1 && !ended)
      sort_from(items + at, spare, end - at, from + sizeof items->key);
    at = end;
  }
}

void nl_sort_text(struct nl_sort_item *items, struct nl_sort_item *spare, size_t count) {
  if (count > 1)
    sort_from(items, spare, count, 0);
}
