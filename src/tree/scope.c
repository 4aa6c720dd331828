/*
 * scope.c - what all that take roots and a scope check and fill in before they begin
 *
 * SPDX-License-Identifier: MIT
 */
#include "tree/scope.h"

#include "tree/rules.h"

static const char *wrong_scope(const struct nlink_scope *given) {
  if (given->size != sizeof *given)
    return "scope->size is not the size of the scope";
  if (given->rules == NULL && given->rule_count > 0)
    return "scope->rules is NULL, but scope->rule_count is not 0";
  for (size_t i = 0; i < given->rule_count; i++)
    if (given->rules[i] == NULL)
      return "a rule is NULL";
  return NULL;
}

enum nlink_status nl_scope_open(struct nl_scope *out, const struct nlink_scope *given, const char **wrong) {
  *out = (struct nl_scope){.given = {.size = sizeof out->given}};
  *wrong = given == NULL ? NULL : wrong_scope(given);
  if (*wrong != NULL)
    return NLINK_INVALID;
  if (given != NULL)
    out->given = *given;
  if (out->given.max_bytes == 0)
    out->given.max_bytes = UINT64_MAX;
  if (out->given.max_depth == 0)
    out->given.max_depth = UINT32_MAX;
  enum nlink_status status = nl_rules_open(&out->rules, out->given.rules, out->given.rule_count, NULL);
  if (status == NLINK_INVALID)
    *wrong = "a rule is not \"- PATTERN\" or \"+ PATTERN\"";
  out->given.rules = NULL;
  out->given.rule_count = 0;
  return status;
}

bool nl_scope_needs_size(const struct nl_scope *scope) {
  return scope->given.min_bytes > 0 || scope->given.max_bytes < UINT64_MAX;
}

bool nl_scope_takes_size(const struct nl_scope *scope, uint64_t size_bytes) {
  return size_bytes >= scope->given.min_bytes && size_bytes <= scope->given.max_bytes;
}

void nl_scope_fini(struct nl_scope *scope) {
  if (scope == NULL)
    return;
  nl_rules_close(scope->rules);
  *scope = (struct nl_scope){0};
}

const char *nl_paths_wrong(const char *const *paths, size_t count) {
  if (paths == NULL && count > 0)
    return "paths is NULL, but count is not 0";
  for (size_t i = 0; i < count; i++)
    if (paths[i] == NULL)
      return "a path is NULL";
  return NULL;
}
