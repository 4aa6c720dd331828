/*
 * table.c - print the option tables of the command, for the tests that are generated from them
 *
 * One line an option: command, letter, long name, argument (alone, takes, may-take), its word; "-" = none.
 *
 * SPDX-License-Identifier: MIT
 */
#include "options.h"
#include "verb.h"

#include <stdio.h>

static void print(const char *name, const struct options_command *command) {
  static const char *const words[] = {
      [OPTIONS_ALONE] = "alone", [OPTIONS_TAKES] = "takes", [OPTIONS_MAY_TAKE] = "may-take"};
  for (size_t i = 0; i < command->count; i++) {
    const struct options_row *row = &command->rows[i];
    printf("%s\t%c\t%s\t%s\t%s\n", name, row->letter != 0 ? row->letter : '-',
           row->name != NULL ? row->name : "-", words[row->argument], row->value != NULL ? row->value : "-");
  }
}

int main(void) {
  print("ln", &persona_ln_command);
  print("link", &persona_link_command);
  print("unlink", &persona_unlink_command);
  print("nlink link", &verb_link_command);
  print("nlink unlink", &verb_unlink_command);
  print("nlink ls", &verb_ls_command);
  print("nlink names", &verb_names_command);
  print("nlink space", &verb_space_command);
  print("nlink check", &verb_check_command);
  print("nlink why", &verb_why_command);
  print("nlink dedupe", &verb_dedupe_command);
  print("nlink apply", &verb_apply_command);
  print("nlink undo", &verb_undo_command);
  print("nlink recover", &verb_recover_command);
  print("nlink journal", &verb_journal_command);
  return 0;
}
