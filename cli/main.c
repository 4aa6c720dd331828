/*
 * nlink - one file, many names: the command
 *
 * The house, from the roof down; an include only goes down, and nobody but the lowest floor and the two
 * doors (cli/sys.c here) asks the system:
 *
 *   cli/   main     what was called: nlink VERB, or ln, link, unlink by their own names
 *          link ln unlink ls why names space check   the verbs, and GNU's three commands (ln.c)
 *          dedupe apply recover undo journal         equal files made one, and that undone
 *          order place                 what `link` and `ln` share: their options, where a new name goes
 *          scope act progress          what the verbs share that look at trees, and that replace names
 *          options units out sys       command lines by table; numbers; all printing; asking of the system
 *   include/nlink.h                    all that the command knows of what follows
 *   src/verb/   link ... check dedupe recover undo journal   what the library can do
 *   src/safe/   swap backup journal act mend ...      replacing names, so that each is there at every instant
 *   src/flaw/   soft groups mend ...   what is wrong with links
 *   src/merge/  candidate choose fill  equal files, and which of them is kept
 *   src/look/   scene cause paths rights limits       why a call failed, found out by looking
 *   src/sum/    account forest ...     what trees hold, and what deleting them frees
 *   src/find/   seek told absence ...  all names of a file
 *   src/path/   beneath place relative circle ...     paths resolved by descriptors
 *   src/tree/   walk table rules stroll ...           directories read and walked
 *   src/bytes/  step crowd same        contents compared
 *   src/task/   task store restore     what is to be done to which names, and that in a file
 *   src/work/   pool                   work shared by several threads
 *   src/os/     posix linux btrfs xfs  the only door to the system
 *   src/base/   error quote memory arena sort fault   knows nothing above it
 *
 * SPDX-License-Identifier: MIT
 */
#include "nlink.h"
#include "options.h"
#include "out.h"
#include "place.h"
#include "verb.h"

#include <stdbool.h>
#include <string.h>

struct verb {
  const char *name;
  int (*run)(struct out *out, int argc, char **argv);
};

static const struct verb verbs[] = {
    {"link", verb_link},   {"unlink", verb_unlink}, {"ls", verb_ls},           {"names", verb_names},
    {"space", verb_space}, {"check", verb_check},   {"why", verb_why},         {"dedupe", verb_dedupe},
    {"apply", verb_apply}, {"undo", verb_undo},     {"recover", verb_recover}, {"journal", verb_journal},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static const struct verb personas[] = {
    {"ln", persona_ln},
    {"link", persona_link},
    {"unlink", persona_unlink},
};
enum { PERSONAS = sizeof personas / sizeof *personas };

static const struct verb *find(const struct verb *list, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(list[i].name, name) == 0)
      return &list[i];
  return NULL;
}

static int help(struct out *out) {
  out_text(out, "Usage: nlink VERB [OPTION]... [NAME]...\n"
                "One file, many names: make, count, find and explain hard links.\n"
                "\n"
                "  link SRC... DST    give files further names; -s makes soft links, as ln does\n"
                "  unlink NAME...     remove names, and say how many each file has left\n"
                "  ls [PATH...]       list names, and which of them belong to one file\n"
                "  names FILE...      print all names of a file, wherever they are\n"
                "  space [PATH...]    what directories occupy, and what deleting them would free\n"
                "  check [PATH...]    what is wrong with the links in a tree, and how to mend it\n"
                "  why SRC DST        say what would stand in the way of a link; change nothing\n"
                "  dedupe PATH...     find equal files; with --apply, make them one\n"
                "  apply PLAN         do what nlink dedupe --plan has saved\n"
                "  undo JOURNAL       give every name its own file back\n"
                "  recover [JOURNAL]  finish or take back what a crash left in the middle\n"
                "  journal [JOURNAL]  list what was done, and can be undone\n"
                "\n"
                "nlink VERB --help tells the options of a verb; nlink --version: the version.\n"
                "Called ln, link or unlink, it does what GNU's command of that name does.\n"
                "Exit status: 0 done, 1 done in part, 2 wrong usage, 3 not done.\n"
                "Examples:\n"
                "  nlink link Rain.txt RainLink    both names lead to one file now\n"
                "  nlink names Rain.txt            where they are, and whether these are all\n"
                "  nlink dedupe Pictures           what is equal, and what one file would gain\n");
  return VERB_DONE;
}

/* How many letters two words differ in, counting the shorter one's missing letters; small words only. */
static size_t distance(const char *a, const char *b) {
  size_t row[16];
  size_t length = strlen(b);
  if (length >= sizeof row / sizeof *row)
    return length;
  for (size_t j = 0; j <= length; j++)
    row[j] = j;
  for (size_t i = 1; a[i - 1] != '\0'; i++) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= length; j++) {
      size_t change = corner + (a[i - 1] != b[j - 1]);
      size_t drop = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
      corner = row[j];
      row[j] = change < drop ? change : drop;
    }
  }
  return row[length];
}

static int complain(struct out *out, const char *word) {
  const char *nearest = NULL;
  size_t least = 3;
  /* What people type for these out of habit. */
  static const char *const habits[][2] = {
      {"ln", "link"},        {"symlink", "link"},   {"hardlink", "link"},     {"rm", "unlink"},
      {"list", "ls"},        {"dir", "ls"},         {"explain", "why"},       {"fsck", "check"},
      {"symlinks", "check"}, {"dangling", "check"}, {"broken", "check"},      {"verify", "check"},
      {"lint", "check"},     {"du", "space"},       {"df", "space"},          {"ncdu", "space"},
      {"usage", "space"},    {"size", "space"},     {"find", "names"},        {"locate", "names"},
      {"samefile", "names"}, {"dedup", "dedupe"},   {"duplicates", "dedupe"}, {"fdupes", "dedupe"},
      {"jdupes", "dedupe"},  {"rdfind", "dedupe"},  {"rmlint", "dedupe"},     {"fclones", "dedupe"},
      {"merge", "dedupe"},   {"restore", "undo"},   {"revert", "undo"},       {"repair", "recover"},
      {"resume", "recover"}, {"log", "journal"},    {"history", "journal"},   {"journals", "journal"}};
  for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
    if (strcmp(word, habits[i][0]) == 0) {
      nearest = habits[i][1];
      least = 0;
    }
  for (size_t i = 0; i < VERBS; i++) {
    size_t far = distance(word, verbs[i].name);
    if (far < least && far < strlen(verbs[i].name)) {
      least = far;
      nearest = verbs[i].name;
    }
  }
  const char *what = *word == '-' ? "unrecognized option" : "unknown verb";
  if (nearest != NULL && *word != '-')
    out_message(out, "%s %s; did you mean '%s'?", what, out_quote(out, 0, word), nearest);
  else
    out_message(out, "%s %s", what, out_quote(out, 0, word));
  out_say(out, "Try 'nlink --help' for more information.\n");
  return VERB_USAGE;
}

static int run_nlink(struct out *out, int argc, char **argv) {
  if (argc < 2) {
    out_message(
        out,
        "missing verb: link, unlink, ls, names, space, check, why, dedupe, apply, undo, recover or journal");
    out_say(out, "Try 'nlink --help' for more information.\n");
    return VERB_USAGE;
  }
  const struct verb *verb = find(verbs, VERBS, argv[1]);
  if (verb != NULL)
    return verb->run(out, argc - 1, argv + 1);
  if (strcmp(argv[1], "--help") == 0)
    return help(out);
  if (strcmp(argv[1], "--version") == 0) {
    out_print(out, "nlink %s\n", nlink_version());
    return VERB_DONE;
  }
  return complain(out, argv[1]);
}

int main(int argc, char **argv) {
  const char *called = argc > 0 ? place_last(argv[0]) : "nlink";
  const struct verb *persona = find(personas, PERSONAS, called);
  /* Not on the stack: what is printed has a large buffer, and its pages shall cost nothing until it is used. */
  static struct out out;
  out_init(&out, persona != NULL ? argv[0] : "nlink");
  int status = persona != NULL ? persona->run(&out, argc, argv) : run_nlink(&out, argc, argv);
  return out_fini(&out, status, persona != NULL ? 1 : VERB_FAILED);
}
