# SPDX-License-Identifier: MIT
"""Every law of tools/check-house is broken once in a small house, and has to be caught."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

SOURCE = os.environ.get('NLINK_SOURCE') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
CHECK = os.path.join(SOURCE, 'tools', 'check-house')
LICENSE = '/* SPDX-License-Identifier: MIT */\n'

# A house in which every law is kept, one room a floor; what is close to breaking a law is in it on purpose.
SOUND = {
    'include/nlink.h': 'int nlink_link(void);\nint nlink_stat(void);\n'
                       'typedef void nlink_event_function(const char *path, void *ctx);\n',
    'src/base/error.h': '#include <stdbool.h>\n#include "nlink.h"\nint nl_fail(void);\n',
    'src/base/error.c': '#include "base/error.h"\n#include <stdio.h>\n'
                        'static const char *const names[] = {"printf(1)", "exit(1)"};\n'
                        'int nl_fail(void) {\n  static const int zero = 0;\n  return zero + (names[0] != 0);\n}\n',
    'src/base/fault.c': '#include "base/error.h"\n#ifdef NLINK_FAULT\nstatic int countdown;\n'
                        'int nl_fault(void) {\n  return countdown--;\n}\n#endif\n',
    'src/os/os.h': 'int nl_os_link(void);\nint nl_os_rename(void);\n',
    'src/os/posix.c': '#include "os/os.h"\n#include "base/error.h"\n#include <unistd.h>\n'
                      'int nl_os_link(void) {\n  return nl_fail();\n}\n'
                      'int nl_os_rename(void) {\n  return renameat(0, "a", 0, "b");\n}\n',
    'src/path/place.h': '#include "os/os.h"\nint nl_place(void);\n',
    'src/path/place.c': '#include "path/place.h"\nint nl_place(void) {\n  return nl_os_link();\n}\n',
    'src/tree/trail.h': 'struct nl_trail;\nint nl_trail(void);\n',
    'src/tree/trail.c': '#include "tree/trail.h"\nint nl_trail(void) {\n  return 0;\n}\n',
    'src/look/scene.h': 'int nl_scene(void);\n',
    'src/look/scene.c': '#include "look/scene.h"\n#include "path/place.h"\nint nl_scene(void) {\n'
                        '  return nl_place();\n}\n',
    'src/safe/swap.h': 'int nl_swap(void);\n',
    'src/safe/swap.c': '#include "safe/swap.h"\n#include "os/os.h"\nint nl_swap(void) {\n'
                       '  return nl_os_rename();\n}\n',
    'src/verb/link.c': '#include "look/scene.h"\n#include "nlink.h"\n#include "safe/swap.h"\n'
                       '/* It never calls exit(), says a comment. */\n'
                       'int nlink_link(void) {\n  return nl_swap() + nl_scene();\n}\n',
    'src/verb/stat.c': '#include "nlink.h"\n#include "os/os.h"\nint nlink_stat(void) {\n  return nl_os_link();\n}\n',
    'src/meson.build': "files('base/error.c', 'base/fault.c', 'os/posix.c', 'path/place.c', 'tree/trail.c',\n"
                       "'look/scene.c', 'safe/swap.c', 'verb/link.c', 'verb/stat.c')\n",
    'cli/out.h': 'void out_text(const char *text);\n',
    'cli/out.c': '#include "out.h"\n#include <stdio.h>\nvoid out_text(const char *text) {\n  puts(text);\n}\n',
    'cli/sys.c': '#include <unistd.h>\nint sys_is_terminal(void) {\n  return isatty(1);\n}\n',
    'cli/options.c': '#include <getopt.h>\nstatic int state;\nint options(void) {\n  return state;\n}\n',
    'cli/main.c': '#include "out.h"\n#include "nlink.h"\n#include <stdlib.h>\nint main(void) {\n'
                  '  out_text("x");\n  exit(nlink_link());\n}\n',
    'cli/meson.build': "files('out.c', 'sys.c', 'options.c', 'main.c')\n",
    'python/module.c': '#include <Python.h>\n#include "nlink.h"\ntypedef struct {\n  int x;\n} Thing;\n',
}


def load_check():
    """tools/check-house as a module: a process for each of a hundred houses would take longer than the houses."""
    loader = importlib.machinery.SourceFileLoader('check_house', CHECK)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('check_house', loader))
    loader.exec_module(module)
    return module


check_house = load_check()


class House(unittest.TestCase):
    def run_check(self, changes):
        """Build the sound house with `changes` (path -> text, None = no such file) and check it."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**SOUND, **changes}.items():
                if text is None:
                    continue
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, 'w', encoding='utf-8') as file:
                    file.write((LICENSE if path.endswith(('.c', '.h')) and 'SPDX' not in text else '') + text)
            said = io.StringIO()
            with mock.patch.object(sys, 'argv', [CHECK, root]), contextlib.redirect_stdout(said):
                code = check_house.main()
        return code, said.getvalue()

    def caught(self, law, path, line, text, words=''):
        """The house with `text` added to the file `path` breaks just `law`, at `line` of what was added."""
        before = SOUND.get(path, '')
        place = f'{path}:{before.count(chr(10)) + 1 + line}: {law}: '
        code, said = self.run_check({path: before + text})
        self.assertEqual(code, 1, said)
        self.assertEqual([row for row in said.splitlines() if not row.startswith(place)], [], 'too much')
        self.assertIn(words, said)

    def test_sound_house_passes(self):
        self.assertEqual(self.run_check({}), (0, ''))

    def test_this_house_passes(self):
        done = subprocess.run([sys.executable, CHECK, SOURCE], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ''))

    def test_empty_house_is_no_house(self):
        with tempfile.TemporaryDirectory() as root:
            done = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)

    # ---- arrows

    def test_include_upward(self):
        self.caught('floor', 'src/os/posix.c', 1, '#include "safe/swap.h"\n', 'goes up to src/safe/swap.h')

    def test_include_upward_by_a_relative_path(self):
        self.caught('floor', 'src/os/posix.c', 1, '#include "../path/place.h"\n', 'goes up to src/path/place.h')

    def test_include_in_a_header(self):
        self.caught('floor', 'src/base/error.h', 1, '#include "tree/trail.h"\n', 'goes up to src/tree/trail.h')

    def test_include_on_the_same_floor(self):
        self.caught('floor', 'src/path/place.c', 1, '#include "tree/trail.h"\n', 'same floor')

    def test_public_header_knows_nothing(self):
        self.caught('floor', 'include/nlink.h', 1, '#include "safe/swap.h"\n', 'goes up')

    def test_call_upward(self):
        self.caught('floor', 'src/os/posix.c', 2, 'int nl_os_all(void) {\n  return nl_swap();\n}\n', 'nl_swap()')

    def test_call_upward_through_the_public_header(self):
        self.caught('floor', 'src/safe/swap.c', 2, 'int nl_all(void) {\n  return nlink_link();\n}\n', 'nlink_link()')

    def test_call_in_a_macro(self):
        self.caught('floor', 'src/os/os.h', 1, '#define ALL nl_swap()\n', 'nl_swap()')

    def test_type_that_bears_the_name_of_a_verb(self):
        code, said = self.run_check({'src/look/scene.h': SOUND['src/look/scene.h'] + 'void nl_see(struct nlink_stat *s);\n'})
        self.assertEqual((code, said), (0, ''))

    def test_unknown_floor(self):
        self.caught('floor', 'src/attic/box.h', 0, 'struct nl_box;\n', 'on no floor')

    def test_verb_includes_verb(self):
        code, said = self.run_check({'src/verb/stat.h': 'struct nl_verb_stat;\n',
                                     'src/verb/link.c': SOUND['src/verb/link.c'] + '#include "verb/stat.h"\n'})
        self.assertEqual((code, 'src/verb/link.c:9: verb: ' in said), (1, True), said)

    def test_verb_calls_verb(self):
        self.caught('verb', 'src/verb/link.c', 2, 'int nlink_more(void) {\n  return nlink_stat();\n}\n', 'src/verb/stat.c')

    def test_circle_of_headers(self):
        code, said = self.run_check({'src/path/a.h': '#include "path/b.h"\n', 'src/path/b.h': '#include "path/a.h"\n'})
        self.assertEqual((code, ': circle: src/path/a -> src/path/b -> src/path/a' in said), (1, True), said)

    def test_circle_of_rooms(self):
        code, said = self.run_check({
            'src/path/beneath.h': 'struct nl_beneath;\n',
            'src/path/beneath.c': '#include "path/place.h"\n',
            'src/path/place.c': SOUND['src/path/place.c'] + '#include "path/beneath.h"\n',
            'src/meson.build': SOUND['src/meson.build'] + "files('path/beneath.c')\n",
        })
        self.assertEqual((code, ': circle: ' in said), (1, True), said)

    # ---- doors

    def test_system_header_in_the_library(self):
        self.caught('system', 'src/verb/link.c', 1, '#include <unistd.h>\n', '<unistd.h>')

    def test_system_header_in_os_h(self):
        self.caught('system', 'src/os/os.h', 1, '#include <sys/stat.h>\n')

    def test_system_header_in_the_command(self):
        self.caught('system', 'cli/main.c', 1, '#include <unistd.h>\n')

    def test_system_header_under_a_condition(self):
        self.caught('system', 'src/safe/swap.c', 2, '#ifdef __linux__\n#  include <fcntl.h>\n#endif\n')

    def test_system_header_in_the_module(self):
        self.caught('system', 'python/module.c', 1, '#include <fcntl.h>\n')

    def test_unknown_header(self):
        self.caught('system', 'src/verb/link.c', 1, '#include "config.h"\n', 'no file of ours')

    def test_command_knows_the_library_inside(self):
        self.caught('client', 'cli/main.c', 1, '#include "../src/os/os.h"\n')

    def test_module_knows_the_library_inside(self):
        self.caught('client', 'python/module.c', 1, '#include "base/error.h"\n')

    def test_command_calls_the_library_inside(self):
        self.caught('client', 'cli/main.c', 2, 'int more(void) {\n  return nl_fail();\n}\n', 'nl_fail()')

    # ---- manners

    def test_library_prints(self):
        for call in ('printf("x")', 'fprintf(file, "x")', 'puts("x")', 'putchar(1)', 'perror("x")',
                     'fwrite("x", 1, 1, file)'):
            with self.subTest(call=call):
                self.caught('print', 'src/verb/link.c', 2, f'int nlink_more(void) {{\n  {call};\n}}\n')

    def test_library_knows_stdout(self):
        self.caught('print', 'src/base/error.c', 1, 'static void *const where[] = {stderr};\n')

    def test_other_file_of_the_command_prints(self):
        self.caught('print', 'cli/main.c', 2, 'int more(void) {\n  fputs("x", stdout);\n}\n')

    def test_formatting_is_not_printing(self):
        code, said = self.run_check({'src/base/error.c': SOUND['src/base/error.c'] +
                                     'int nl_text(char *t) {\n  return snprintf(t, 1, "printf(");\n}\n'})
        self.assertEqual((code, said), (0, ''))

    def test_library_is_a_good_guest(self):
        for call in ('exit(1)', 'abort()', '_exit(1)', 'assert(1)', 'chdir("/")', 'fchdir(1)', 'umask(0)',
                     'signal(1, 0)', 'sigaction(1, 0, 0)', 'setenv("a", "b", 1)', 'setlocale(0, "")', 'raise(9)'):
            with self.subTest(call=call):
                self.caught('guest', 'src/os/posix.c', 2, f'int nl_os_more(void) {{\n  {call};\n}}\n')

    def test_library_holds_state(self):
        for text in ('static int count;\n', 'int nl_count = 0;\n', 'static const char *names[] = {"a"};\n',
                     'static struct nl_trail *last;\n', 'static struct { int x; } state;\n',
                     'static const char *name = "x";\n', 'nlink_event_function *kept;\n',
                     '_Thread_local char nl_text[10];\n'):
            with self.subTest(text=text):
                self.caught('state', 'src/verb/link.c', 1, text)

    def test_library_holds_state_in_a_function(self):
        self.caught('state', 'src/verb/link.c', 2, 'int nlink_more(void) {\n  static int count = 0;\n  return count++;\n}\n')

    def test_fault_seam_only_under_its_name(self):
        self.caught('state', 'src/base/fault.c', 1, 'static int always;\n')

    def test_constants_and_types_are_no_state(self):
        code, said = self.run_check({'src/verb/link.c': SOUND['src/verb/link.c'] + 'struct nl_a {\n  int x;\n};\n'
                                     'enum { A = 1 };\nstatic const struct nl_a table[2] = {{1}, {2}};\n'
                                     'static int later(int x);\nstatic const char *const words[] = {"a"};\n'
                                     'typedef int nl_check(int x);\nnl_check nl_one, nl_two;\n'
                                     'static_assert(sizeof(int) == 4, "x");\n'
                                     'static int later(int x) {\n  return x + (int)sizeof(words) + table[0].x;\n}\n'})
        self.assertEqual((code, said), (0, ''))

    def test_only_swap_replaces(self):
        self.caught('replace', 'src/verb/link.c', 2, 'int nlink_more(void) {\n  return nl_os_rename();\n}\n')

    def test_only_os_knows_the_call_that_replaces(self):
        for call in ('rename', 'renameat', 'renameat2'):
            with self.subTest(call=call):
                self.caught('replace', 'src/safe/swap.c', 2, f'int nl_more(void) {{\n  return {call}();\n}}\n')

    # ---- shape

    def test_long_file(self):
        self.caught('length', 'src/verb/link.c', 1 - 8, '/* a line */\n' * 700, 'the file has ')

    def test_long_function(self):
        self.caught('length', 'src/verb/link.c', 1, 'int nlink_more(int x) {\n' + '  x++;\n' * 70 + '  return x;\n}\n',
                    'nlink_more() has 73 lines')

    def test_length_within_tolerance(self):
        code, said = self.run_check({'src/verb/link.c': SOUND['src/verb/link.c'] +
                                     'int nlink_more(int x) {\n' + '  x++;\n' * 62 + '  return x;\n}\n'})
        self.assertEqual((code, said), (0, ''))

    def test_empty_names(self):
        for name in ('utils', 'common', 'link_helpers', 'misc'):
            with self.subTest(name=name):
                self.caught('name', f'src/path/{name}.h', 0, 'struct nl_x;\n')

    def test_typedef(self):
        for text in ('typedef struct nl_x nl_x;\n', 'typedef struct {\n  int x;\n} nl_y;\n', 'typedef int nl_number;\n'):
            with self.subTest(text=text):
                self.caught('type', 'src/path/place.h', 1, text)

    def test_name_of_posix(self):
        self.caught('type', 'src/path/place.h', 1, 'struct nl_place_t;\n')

    def test_unlisted_source(self):
        self.caught('listed', 'src/path/more.c', 0, 'int nl_more(void);\n')

    def test_source_without_license(self):
        code, said = self.run_check({'tests/test_x.py': 'x = 1\n'})
        self.assertEqual((code, said), (1, 'tests/test_x.py:1: word: no line "SPDX-License-Identifier: MIT"\n'))

    def test_tab(self):
        self.caught('word', 'src/path/place.h', 1, 'struct\tnl_x;\n')

    def test_number_of_a_discussion(self):
        self.caught('word', 'src/path/place.h', 1, '/* as said in ' + 'issue ' + '12 */\n')

    def test_path_of_one_machine(self):
        self.caught('word', 'src/path/place.h', 1, '/* see /' + 'home/ada/notes */\n')


if __name__ == '__main__':
    unittest.main()
