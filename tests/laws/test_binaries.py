# SPDX-License-Identifier: MIT
"""What leaves the build keeps the laws too: exported names, needed libraries, undefined symbols."""

import os
import re
import subprocess
import unittest

SHARED = os.environ.get('NLINK_SHARED', '')
STATIC = os.environ.get('NLINK_STATIC', '')
COMMAND = os.environ.get('NLINK', '')
SOURCE = os.environ.get('NLINK_SOURCE', '')


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def exported(path):
    """Name -> kind of every symbol that a shared library gives away."""
    names = {}
    for row in run('nm', '-D', '--defined-only', path).splitlines():
        _, kind, name = row.split()
        names[name.split('@')[0]] = kind
    return names


def needed(path):
    return re.findall(r'\(NEEDED\).*\[(.*)\]', run('readelf', '-dW', path))


def declared():
    """The functions that nlink.h declares."""
    with open(os.path.join(SOURCE, 'include', 'nlink.h'), encoding='utf-8') as file:
        text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
    return set(re.findall(r'^NLINK_API[^;(]*?\b(nlink_\w+)\(', text, re.M))


class SharedLibrary(unittest.TestCase):
    def test_exports_only_nlink_names(self):
        others = [name for name, kind in exported(SHARED).items() if not name.startswith('nlink_') and kind != 'A']
        self.assertEqual(others, [])

    def test_exports_functions_and_no_variables(self):
        variables = [name for name, kind in exported(SHARED).items() if kind not in 'TiA']
        self.assertEqual(variables, [])

    def test_exports_what_the_header_declares(self):
        functions = {name for name in exported(SHARED) if name.startswith('nlink_')}
        self.assertTrue(declared())
        self.assertEqual(functions, declared())

    def test_soname_carries_the_version_of_the_interface(self):
        self.assertIn('[libnlink.so.0]', run('readelf', '-dW', SHARED))

    def test_needs_only_libc(self):
        self.assertEqual([name for name in needed(SHARED) if not re.match(r'lib(c|asan|ubsan|tsan)\.', name)], [])


class StaticLibrary(unittest.TestCase):
    def test_global_names_are_ours(self):
        names = re.findall(r'^\S+ [A-Z] (\S+)$', run('nm', '-g', '--defined-only', STATIC), re.M)
        names = [name for name in names if not re.match(r'nl(ink)?_', name) and not re.match(r'__|DW\.', name)]
        self.assertEqual(names, [])

    def test_holds_no_writable_data(self):
        """No static state: no symbol in .data or .bss, but for what the compiler puts there itself."""
        kinds = re.findall(r'^\S+ ([bBdDcCsS]) (\S+)$', run('nm', '--defined-only', STATIC), re.M)
        kinds = [row for row in kinds if not re.match(r'__|\.', row[1]) and 'san' not in row[1]]
        # Constant tables of pointers stand in .data.rel.ro, which nm shows as data too: ask for their section.
        sections = run('objdump', '-t', STATIC)
        writable = [name for _, name in kinds
                    if not re.search(rf'\s\.data\.rel\.ro\S*\s+[0-9a-f]+(\s+\.hidden)?\s+{re.escape(name)}$', sections, re.M)]
        self.assertEqual(writable, [])

    def test_knows_no_printing(self):
        names = set(re.findall(r'^\s+U (\S+)$', run('nm', '-u', STATIC), re.M))
        self.assertEqual(names & {'printf', 'puts', 'putchar', 'stdout', 'stderr', 'perror', 'exit', 'abort', 'chdir',
                                  'umask', 'signal', 'sigaction', 'setenv', 'fwrite', '__printf_chk', '__fprintf_chk',
                                  '__assert_fail'}, set())


class Command(unittest.TestCase):
    def test_holds_the_library_itself(self):
        allowed = r'(libc|libjansson|libasan|libubsan|libtsan|liblsan|libm|libgcc_s|ld-linux.*|libclang_rt.*)\.'
        self.assertEqual([name for name in needed(COMMAND) if not re.match(allowed, name)], [])


if __name__ == '__main__':
    unittest.main()
