/*
 * fuzz_options.c - any bytes as a command line
 *
 * The first byte chooses the command, the rest is its arguments, each ended by a NUL. Reading a command line
 * touches no file and prints nothing, so whatever the fuzzer finds is in the reading itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include "options.h"
#include "order.h"
#include "verb.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGUMENTS_MAX = 40 };

static void require(bool condition) {
  if (!condition)
    abort();
}

/* Cut the input into arguments of their own memory, so that a read beyond an end is seen. */
static int split(const uint8_t *data, size_t size, char **argv) {
  int argc = 0;
  argv[argc++] = strdup("name");
  while (size > 0 && argc < ARGUMENTS_MAX) {
    const uint8_t *end = memchr(data, '\0', size);
    size_t length = end != NULL ? (size_t)(end - data) : size;
    argv[argc] = malloc(length + 1);
    require(argv[argc] != NULL);
    memcpy(argv[argc], data, length);
    argv[argc++][length] = '\0';
    data += length + (end != NULL);
    size -= length + (end != NULL);
  }
  argv[argc] = NULL;
  return argc;
}

/* Whether a text is in one of the arguments. */
static bool is_inside(const char *text, char *const *argv, int argc) {
  for (int i = 0; i < argc; i++)
    if (text >= argv[i] && text <= argv[i] + strlen(argv[i]))
      return true;
  return false;
}

static void check_fault(const struct options *options) {
  char whole[8192];
  size_t length = options_fault_text(options, whole, sizeof whole);
  require((options->fault == OPTIONS_FINE) == (length == 0));
  if (length >= sizeof whole)
    return;
  require(strlen(whole) == length);
  for (size_t size = 0; size < 40; size++) {
    char *room = malloc(size > 0 ? size : 1);
    require(room != NULL && options_fault_text(options, room, size) == length);
    if (size > 0)
      require(strncmp(room, whole, size - 1) == 0);
    free(room);
  }
}

static void check_operands(const struct options *options) {
  size_t before = (size_t)(options->operands - options->argv);
  require(before + options->operand_count == (size_t)options->argc);
  for (size_t i = 0; i < options->operand_count; i++)
    require(options->operands[i] != NULL);
}

static void read_options(const struct options_command *command, int argc, char **argv) {
  struct options options;
  options_init(&options, command, argc, argv);
  int turns = 0;
  for (const struct options_row *row; (row = options_next(&options)) != NULL; turns++) {
    require(row >= command->rows && row < command->rows + command->count);
    require(row->argument != OPTIONS_TAKES || options.value != NULL);
    require(options.value == NULL || is_inside(options.value, argv, argc));
    require(turns < 100000);
  }
  check_fault(&options);
  if (options.fault == OPTIONS_FINE)
    check_operands(&options);
}

static void read_order(const struct options_command *command, int argc, char **argv) {
  struct options options;
  struct order order = {0};
  options_init(&options, command, argc, argv);
  enum order_end end = order_read(&order, &options);
  require((end == ORDER_FAULT) == (options.fault != OPTIONS_FINE));
  require(!(order.force && order.ask));
  if (end == ORDER_GO)
    check_operands(&options);
  enum nlink_backup_kind kind = NLINK_BACKUP_NONE;
  for (int i = 0; i < argc; i++)
    order_backup_kind(argv[i], &kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct options_command *const commands[] = {
      &persona_ln_command,  &persona_link_command, &persona_unlink_command, &verb_link_command,
      &verb_unlink_command, &verb_ls_command,      &verb_why_command,
  };
  if (size == 0)
    return 0;
  const struct options_command *command = commands[data[0] % (sizeof commands / sizeof *commands)];
  /* Reading moves the arguments about, so the memory is remembered apart. */
  char *argv[ARGUMENTS_MAX + 1];
  char *memory[ARGUMENTS_MAX + 1];
  int argc = split(data + 1, size - 1, argv);
  memcpy(memory, argv, sizeof argv);
  read_options(command, argc, argv);
  if (command == &persona_ln_command || command == &verb_link_command)
    read_order(command, argc, argv);
  for (int i = 0; i < argc; i++)
    free(memory[i]);
  return 0;
}
