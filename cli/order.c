/*
 * order.c - what a command line of `nlink link` or of `ln` asks for
 *
 * SPDX-License-Identifier: MIT
 */
#include "order.h"

#include "out.h"
#include "place.h"
#include "sys.h"

#include <string.h>

/* False where the option ends the reading. */
static bool take(struct order *order, const struct options_row *row, const char *value) {
  switch ((enum order_id)row->id) {
  case ORDER_ID_BACKUP:
    order->backs_up = true;
    if (value != NULL)
      order->backup_word = value;
    return true;
  case ORDER_ID_BENEATH:
    return order->beneath = true;
  case ORDER_ID_DIRECTORIES:
    return order->directories = true;
  case ORDER_ID_FORCE:
    order->ask = false;
    return order->force = true;
  case ORDER_ID_INTERACTIVE:
    order->force = false;
    return order->ask = true;
  case ORDER_ID_JSON:
    return order->json = true;
  case ORDER_ID_LOGICAL:
    return order->logical = true;
  case ORDER_ID_NO_DEREFERENCE:
    return order->keep_dst_link = true;
  case ORDER_ID_NO_TARGET_DIRECTORY:
    return order->no_target_directory = true;
  case ORDER_ID_PHYSICAL:
    order->logical = false;
    return true;
  case ORDER_ID_RELATIVE:
    return order->relative = true;
  case ORDER_ID_SUFFIX:
    order->suffix = value;
    return order->backs_up = true;
  case ORDER_ID_SYMBOLIC:
    return order->symbolic = true;
  case ORDER_ID_TARGET_DIRECTORY:
    if (order->target_directory != NULL)
      return false;
    order->target_directory = value;
    return true;
  case ORDER_ID_VERBOSE:
    return order->verbose = true;
  }
  return true;
}

enum order_end order_read(struct order *order, struct options *options) {
  for (const struct options_row *row; (row = options_next(options)) != NULL;) {
    if (row->id == OPTIONS_ID_HELP)
      return ORDER_HELP;
    if (row->id == OPTIONS_ID_VERSION)
      return ORDER_VERSION;
    if (!take(order, row, options->value))
      return ORDER_TWO_DIRECTORIES;
  }
  return options->fault == OPTIONS_FINE ? ORDER_GO : ORDER_FAULT;
}

/* ------------------------------------------------------------------ backups */

struct word {
  const char *text;
  enum nlink_backup_kind kind;
};

/* Two words for each kind, in the order in which they are named to the user. */
static const struct word words[] = {
    {"none", NLINK_BACKUP_NONE},         {"off", NLINK_BACKUP_NONE},          {"simple", NLINK_BACKUP_SIMPLE},
    {"never", NLINK_BACKUP_SIMPLE},      {"existing", NLINK_BACKUP_EXISTING}, {"nil", NLINK_BACKUP_EXISTING},
    {"numbered", NLINK_BACKUP_NUMBERED}, {"t", NLINK_BACKUP_NUMBERED},
};
enum { WORDS = sizeof words / sizeof *words };

enum order_word order_backup_kind(const char *word, enum nlink_backup_kind *kind) {
  size_t length = strlen(word);
  size_t matches = 0;
  for (size_t i = 0; i < WORDS; i++) {
    if (strncmp(words[i].text, word, length) != 0)
      continue;
    bool exact = words[i].text[length] == '\0';
    if (!exact && matches > 0 && words[i].kind != *kind)
      return ORDER_WORD_AMBIGUOUS; /* no word here is the beginning of another */
    *kind = words[i].kind;
    matches++;
  }
  return matches > 0 ? ORDER_WORD_FINE : ORDER_WORD_INVALID;
}

static const char *mark(struct out *out, unsigned slot, bool gnu, const char *text) {
  return gnu ? out_gnu_quote(out, slot, OUT_GNU_LOCALE, text) : out_quote(out, slot, text);
}

static void complain(struct out *out, bool gnu, enum order_word trouble, const char *word,
                     const char *context) {
  out_message(out, "%s argument %s for %s", trouble == ORDER_WORD_AMBIGUOUS ? "ambiguous" : "invalid",
              mark(out, 0, gnu, word), mark(out, 1, gnu, context));
  out_say(out, "Valid arguments are:\n");
  for (size_t i = 0; i < WORDS; i += 2)
    out_say(out, "  - %s, %s\n", mark(out, 0, gnu, words[i].text), mark(out, 1, gnu, words[i + 1].text));
}

bool order_backup(const struct order *order, struct out *out, bool gnu, struct nlink_backup *backup) {
  /* The room for the answer is left as it is: it is large, and the library writes it. */
  backup->size = sizeof *backup;
  backup->kind = NLINK_BACKUP_NONE;
  backup->suffix = NULL;
  backup->name[0] = '\0';
  if (!order->backs_up)
    return true;
  const char *word = order->backup_word;
  const char *context = "backup type";
  if (word == NULL || *word == '\0') {
    word = sys_environment("VERSION_CONTROL");
    context = "$VERSION_CONTROL";
  }
  backup->kind = NLINK_BACKUP_EXISTING;
  if (word != NULL && *word != '\0') {
    enum order_word trouble = order_backup_kind(word, &backup->kind);
    if (trouble != ORDER_WORD_FINE) {
      complain(out, gnu, trouble, word, context);
      return false;
    }
  }
  const char *suffix = order->suffix != NULL ? order->suffix : sys_environment("SIMPLE_BACKUP_SUFFIX");
  /* A suffix that would lead into a directory is no suffix. */
  if (suffix != NULL && *suffix != '\0' && strchr(suffix, '/') == NULL)
    backup->suffix = suffix;
  return true;
}
