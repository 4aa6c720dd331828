/*
 * options.c - command lines by table
 *
 * getopt_long() does the reading, silent. Its long options are numbered from LONG_BASE on, so that what it
 * says about a fault tells a letter from a name.
 *
 * SPDX-License-Identifier: MIT
 */
#include "options.h"

#include "nlink.h"
#include "out.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_BASE = 256 };

void options_init(struct options *options, const struct options_command *command, int argc, char **argv) {
  *options = (struct options){.command = command, .argc = argc, .argv = argv};
  opterr = 0;
  optind = 0; /* forget an earlier command line */
}

/* Whether getopt_long() saw an abbreviation of several names, or of none. */
static size_t count_matches(const struct options *options, const char *element) {
  size_t length = strcspn(element + 2, "=");
  size_t matches = 0;
  for (size_t i = 0; i < options->command->count; i++) {
    const char *name = options->command->rows[i].name;
    matches += name != NULL && strncmp(name, element + 2, length) == 0;
  }
  return matches;
}

static const struct options_row *find_letter(const struct options *options, int letter) {
  for (size_t i = 0; i < options->command->count; i++)
    if (options->command->rows[i].letter == letter)
      return &options->command->rows[i];
  return NULL;
}

static void note_fault(struct options *options, int answer) {
  if (optopt >= LONG_BASE || optopt == 0) {
    options->element = options->argv[optind - 1];
    options->row = optopt == 0 ? NULL : &options->command->rows[optopt - LONG_BASE];
    options->fault =
        options->row == NULL
            ? (count_matches(options, options->element) > 1 ? OPTIONS_AMBIGUOUS : OPTIONS_UNKNOWN_NAME)
        : answer == ':' ? OPTIONS_ARGUMENT_MISSING
                        : OPTIONS_ARGUMENT_REFUSED;
    return;
  }
  options->letter = (char)optopt;
  options->row = find_letter(options, optopt);
  options->fault = answer == ':' ? OPTIONS_ARGUMENT_MISSING : OPTIONS_UNKNOWN_LETTER;
}

const struct options_row *options_next(struct options *options) {
  static const int has[] = {[OPTIONS_ALONE] = no_argument,
                            [OPTIONS_TAKES] = required_argument,
                            [OPTIONS_MAY_TAKE] = optional_argument};
  struct option names[OPTIONS_MAX + 1];
  char letters[2 * OPTIONS_MAX + 2] = ":";
  size_t name_count = 0;
  size_t letter_count = 1;
  for (size_t i = 0; i < options->command->count; i++) {
    const struct options_row *row = &options->command->rows[i];
    if (row->name != NULL)
      names[name_count++] = (struct option){row->name, has[row->argument], NULL, LONG_BASE + (int)i};
    if (row->letter != 0)
      letters[letter_count++] = row->letter;
    if (row->letter != 0 && row->argument == OPTIONS_TAKES)
      letters[letter_count++] = ':';
  }
  names[name_count] = (struct option){NULL, 0, NULL, 0};
  letters[letter_count] = '\0';
  int answer = getopt_long(options->argc, options->argv, letters, names, NULL);
  options->value = optarg;
  if (answer == '?' || answer == ':') {
    note_fault(options, answer);
    return NULL;
  }
  if (answer == -1) {
    options->operands = options->argv + optind;
    options->operand_count = optind < options->argc ? (size_t)(options->argc - optind) : 0;
    return NULL;
  }
  return answer >= LONG_BASE ? &options->command->rows[answer - LONG_BASE] : find_letter(options, answer);
}

/* ------------------------------------------------------------------ what is said about them */

/* Text that grows to the end of its room and is counted beyond it. */
struct text {
  char *at;
  size_t size;
  size_t length;
};

static void put(struct text *text, const char *part) {
  for (; *part != '\0'; part++) {
    if (text->length + 1 < text->size)
      text->at[text->length] = *part;
    text->length++;
  }
}

/* The name as it was typed: raw where the command stands in for another that writes it raw. */
static void put_typed(struct text *text, const struct options *options, const char *typed) {
  if (options->command->name == NULL) {
    put(text, "'");
    put(text, typed);
    put(text, "'");
    return;
  }
  char small[512];
  size_t size = 6 * strlen(typed) + 16;
  char *room = size <= sizeof small ? small : malloc(size);
  if (room == NULL)
    return;
  nlink_quote(room, size, typed, 0);
  put(text, room);
  if (room != small)
    free(room);
}

static void put_possibilities(struct text *text, const struct options *options) {
  size_t length = strcspn(options->element + 2, "=");
  for (size_t i = 0; i < options->command->count; i++) {
    const char *name = options->command->rows[i].name;
    if (name != NULL && strncmp(name, options->element + 2, length) == 0) {
      put(text, " '--");
      put(text, name);
      put(text, "'");
    }
  }
}

size_t options_fault_text(const struct options *options, char *at, size_t size) {
  struct text text = {at, size, 0};
  char letter[] = {options->letter, '\0'};
  switch (options->fault) {
  case OPTIONS_FINE:
    break;
  case OPTIONS_UNKNOWN_LETTER:
    put(&text, "invalid option -- ");
    put_typed(&text, options, letter);
    break;
  case OPTIONS_UNKNOWN_NAME:
    put(&text, "unrecognized option ");
    put_typed(&text, options, options->element);
    break;
  case OPTIONS_AMBIGUOUS:
    put(&text, "option ");
    put_typed(&text, options, options->element);
    put(&text, " is ambiguous; possibilities:");
    put_possibilities(&text, options);
    break;
  case OPTIONS_ARGUMENT_MISSING:
  case OPTIONS_ARGUMENT_REFUSED:
    if (options->letter != 0) {
      put(&text, "option requires an argument -- ");
      put_typed(&text, options, letter);
      break;
    }
    put(&text, "option '--");
    put(&text, options->row->name);
    put(&text, options->fault == OPTIONS_ARGUMENT_MISSING ? "' requires an argument"
                                                          : "' doesn't allow an argument");
    break;
  }
  if (size > 0)
    at[text.length < size ? text.length : size - 1] = '\0';
  return text.length;
}

int options_point_to_help(const struct options *options, struct out *out) {
  const char *name = options->command->name != NULL ? options->command->name : out->program;
  out_say(out, "Try '%s --help' for more information.\n", name);
  return options->command->wrong;
}

int options_complain(const struct options *options, struct out *out) {
  char small[512];
  size_t length = options_fault_text(options, small, sizeof small);
  char *text = length < sizeof small ? small : malloc(length + 1);
  if (text != NULL && text != small)
    options_fault_text(options, text, length + 1);
  out_message(out, "%s", text != NULL ? text : small);
  if (text != small)
    free(text);
  return options_point_to_help(options, out);
}

/* "  -S, --suffix=SUFFIX": how wide it is, and written where `out` is not NULL. */
static size_t put_left_side(const struct options_row *row, struct out *out) {
  char text[80];
  const char *open = row->argument == OPTIONS_MAY_TAKE ? "[=" : "=";
  bool valued = row->value != NULL;
  int width = snprintf(text, sizeof text, "  %c%c%s%s%s%s%s%s", row->letter != 0 ? '-' : ' ',
                       row->letter != 0 ? row->letter : ' ',
                       row->name == NULL  ? ""
                       : row->letter != 0 ? ", "
                                          : "  ",
                       row->name == NULL ? "" : "--", row->name == NULL ? "" : row->name,
                       !valued             ? ""
                       : row->name == NULL ? " "
                                           : open,
                       valued ? row->value : "", valued && row->argument == OPTIONS_MAY_TAKE ? "]" : "");
  if (out != NULL)
    out_text(out, text);
  return width > 0 ? (size_t)width : 0;
}

int options_help(const struct options *options, struct out *out) {
  const struct options_command *command = options->command;
  /* %s in the usage lines is the name that the command was called by. */
  const char *name = command->name != NULL ? command->name : out->program;
  for (const char *at = command->usage; *at != '\0';) {
    const char *mark = strstr(at, "%s");
    size_t length = mark != NULL ? (size_t)(mark - at) : strlen(at);
    out_bytes(out, at, length);
    if (mark != NULL)
      out_text(out, name);
    at += length + (mark != NULL ? 2 : 0);
  }
  size_t widest = 0;
  for (size_t i = 0; i < command->count; i++) {
    size_t width = command->rows[i].help == NULL ? 0 : put_left_side(&command->rows[i], NULL);
    widest = width > widest ? width : widest;
  }
  for (size_t i = 0; i < command->count; i++) {
    if (command->rows[i].help == NULL)
      continue;
    size_t width = put_left_side(&command->rows[i], out);
    out_spaces(out, widest + 2 - width);
    out_text(out, command->rows[i].help);
    out_char(out, '\n');
  }
  out_text(out, command->examples);
  return 0;
}

int options_version(const struct options *options, struct out *out) {
  (void)options;
  out_print(out, "nlink %s\n", nlink_version());
  return 0;
}
