/*
 * error.c - the only way to fail, and the words for every outcome
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

enum nlink_status nl_fail(struct nlink_error *error, enum nlink_status status, enum nlink_step step, int sys,
                          const char *format, ...) {
  if (error == NULL)
    return status;
  /* Not `= {0}` of the whole struct: the text alone is a kilobyte, and failing is a hot path for lock files. */
  error->status = status;
  error->sys = sys;
  error->step = step;
  error->cause = step == NLINK_STEP_ARGUMENTS ? NLINK_CAUSE_ARGUMENT : NLINK_CAUSE_UNKNOWN;
  error->at = NLINK_NEITHER;
  error->certain = step == NLINK_STEP_ARGUMENTS;
  error->dst_is_src = false;
  error->text[0] = '\0';
  if (format == NULL) {
    snprintf(error->text, sizeof error->text, "%s", nlink_status_text(status));
    return status;
  }
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return status;
}

void nl_blame(struct nlink_error *error, enum nlink_cause cause, enum nlink_which at, bool certain,
              const char *format, ...) {
  if (error == NULL)
    return;
  error->cause = cause;
  error->at = at;
  error->certain = certain;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
}

const char *nlink_status_text(enum nlink_status status) {
  switch (status) {
#define NL_STATUS_TEXT(name, number, sentence, python)                                                       \
  case NLINK_##name:                                                                                         \
    return sentence;
    NLINK_STATUS_MAP(NL_STATUS_TEXT)
#undef NL_STATUS_TEXT
  }
  return "unknown status";
}

const char *nlink_status_name(enum nlink_status status) {
  switch (status) {
#define NL_STATUS_NAME(name, number, sentence, python)                                                       \
  case NLINK_##name:                                                                                         \
    return "NLINK_" #name;
    NLINK_STATUS_MAP(NL_STATUS_NAME)
#undef NL_STATUS_NAME
  }
  return "NLINK_?";
}

const char *nlink_cause_name(enum nlink_cause cause) {
  switch (cause) {
#define NL_CAUSE_NAME(name, word)                                                                            \
  case NLINK_CAUSE_##name:                                                                                   \
    return word;
    NLINK_CAUSE_MAP(NL_CAUSE_NAME)
#undef NL_CAUSE_NAME
  }
  return "unknown";
}

const char *nlink_step_name(enum nlink_step step) {
  switch (step) {
#define NL_STEP_NAME(name, word)                                                                             \
  case NLINK_STEP_##name:                                                                                    \
    return word;
    NLINK_STEP_MAP(NL_STEP_NAME)
#undef NL_STEP_NAME
  }
  return "none";
}

const char *nlink_absence_name(enum nlink_absence absence) {
  switch (absence) {
#define NL_ABSENCE_NAME(name, word)                                                                          \
  case NLINK_ABSENCE_##name:                                                                                 \
    return word;
    NLINK_ABSENCE_MAP(NL_ABSENCE_NAME)
#undef NL_ABSENCE_NAME
  }
  return "unknown";
}

const char *nlink_finding_name(enum nlink_finding_kind kind) {
  static const char *const words[] = {
#define NL_FINDING_WORD(name, word, sentence) word,
      NLINK_FINDING_MAP(NL_FINDING_WORD)
#undef NL_FINDING_WORD
  };
  return (unsigned)kind < NLINK_FINDING_KINDS ? words[kind] : "unknown";
}

const char *nlink_finding_text(enum nlink_finding_kind kind) {
  static const char *const sentences[] = {
#define NL_FINDING_SENTENCE(name, word, sentence) sentence,
      NLINK_FINDING_MAP(NL_FINDING_SENTENCE)
#undef NL_FINDING_SENTENCE
  };
  return (unsigned)kind < NLINK_FINDING_KINDS ? sentences[kind] : "unknown";
}

#define NL_ASPECT_WORD(name, word, sentence)             word,
#define NL_ASPECT_SENTENCE(name, word, sentence)         sentence,
#define NL_LEFT_WORD(name, word, sentence, is_error)     word,
#define NL_LEFT_SENTENCE(name, word, sentence, is_error) sentence,

const char *nlink_aspect_name(enum nlink_aspect aspect) {
  static const char *const words[] = {NLINK_ASPECT_MAP(NL_ASPECT_WORD)};
  return (unsigned)aspect < NLINK_ASPECTS ? words[aspect] : "unknown";
}

const char *nlink_aspect_text(enum nlink_aspect aspect) {
  static const char *const sentences[] = {NLINK_ASPECT_MAP(NL_ASPECT_SENTENCE)};
  return (unsigned)aspect < NLINK_ASPECTS ? sentences[aspect] : "unknown";
}

const char *nlink_left_name(enum nlink_left left) {
  static const char *const words[] = {NLINK_LEFT_MAP(NL_LEFT_WORD)};
  return (unsigned)left < NLINK_LEFTS ? words[left] : "unknown";
}

const char *nlink_left_text(enum nlink_left left) {
  static const char *const sentences[] = {NLINK_LEFT_MAP(NL_LEFT_SENTENCE)};
  return (unsigned)left < NLINK_LEFTS ? sentences[left] : "unknown";
}

const char *nlink_version(void) {
  return NLINK_VERSION;
}
