# SPDX-License-Identifier: MIT
"""The public header alone: in C99, C17 and C++, without a warning, and with nothing of the system's needed before it."""

import os
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.environ['NLINK_SOURCE']
STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-pedantic-errors', '-Werror', '-Wundef', '-Wconversion']

USE = '''
#include <nlink.h>
int main(void)
{
  struct nlink_error error;
  struct nlink_backup backup = { sizeof (struct nlink_backup), NLINK_BACKUP_SIMPLE, 0, { 0 } };
  error.status = NLINK_OK;
  error.cause = NLINK_CAUSE_UNKNOWN;
  if (nlink_link_backup(NLINK_CWD, "no", NLINK_CWD, "new", NLINK_REPLACE | NLINK_BENEATH, &backup, &error) != NLINK_NOT_FOUND)
    return 1;
  return nlink_version()[0] == '0' ? 0 : 2;
}
'''


def compilers(*names):
    return [name for name in names if shutil.which(name) is not None]


class Header(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory(prefix='nlink-header-')
        self.addCleanup(self.work.cleanup)

    def compile(self, compiler, standard, language, text, *more):
        # In C++ a function that bears the name of a struct, as stat() does too, hides its constructor.
        shadow = [] if language == 'c++' else ['-Wshadow']
        suffix = '.cc' if language == 'c++' else '.c'
        path = os.path.join(self.work.name, 'use' + suffix)
        with open(path, 'w', encoding='ascii') as file:
            file.write(text)
        done = subprocess.run(
            [compiler, '-x', language, '-std=' + standard, *STRICT, *shadow, '-I' + os.path.join(SOURCE, 'include'), path, *more],
            cwd=self.work.name, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ''), f'{compiler} -std={standard}')

    def everywhere(self, language, standards, *names):
        found = compilers(*names)
        if not found:
            self.skipTest('none of these compilers is here: ' + ', '.join(names))
        for compiler in found:
            for standard in standards:
                with self.subTest(compiler=compiler, standard=standard):
                    self.compile(compiler, standard, language, '#include <nlink.h>\nint x;\n', '-fsyntax-only')
                    self.compile(compiler, standard, language, USE, '-fsyntax-only')

    def test_c(self):
        self.everywhere('c', ['c99', 'c11', 'c17'], 'gcc', 'clang', 'cc')

    def test_cxx(self):
        self.everywhere('c++', ['c++11', 'c++17', 'c++20'], 'g++', 'clang++')

    def test_linked_from_c_and_cxx(self):
        """A program of either language runs with the shared library."""
        shared = os.environ['NLINK_SHARED']
        if os.environ.get('NLINK_SANITIZED'):
            self.skipTest('the library is built with a sanitizer')
        for language, standard, names in (('c', 'c99', ('gcc', 'clang')), ('c++', 'c++11', ('g++', 'clang++'))):
            for compiler in compilers(*names):
                with self.subTest(compiler=compiler):
                    self.compile(compiler, standard, language, USE, '-x', 'none', shared,
                                 '-Wl,-rpath,' + os.path.dirname(shared), '-o', 'use')
                    subprocess.run(['./use'], cwd=self.work.name, check=True)


if __name__ == '__main__':
    unittest.main()
