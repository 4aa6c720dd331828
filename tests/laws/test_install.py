# SPDX-License-Identifier: MIT
"""What `meson install` lays down: the right files, and a library that C and C++ programs find and run with."""

import os
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ.get('NLINK_BUILD_DIR', '')
VERSION = os.environ.get('NLINK_VERSION', '')

PROGRAM = '''
#include <nlink.h>
#include <stdio.h>

int main(void) {
  struct nlink_stat stat;
  enum nlink_status status = nlink_stat(&stat, NLINK_CWD, "/", 0, NULL);
  printf("%d %s\\n", (int)status, nlink_version());
  return 0;
}
'''


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--quiet', '--destdir', cls.root], check=True)
        cls.files = set()
        for directory, _, names in os.walk(cls.root):
            cls.files.update(os.path.relpath(os.path.join(directory, name), cls.root) for name in names)

    def place(self, name):
        """The one installed file of this name, in full."""
        found = [path for path in self.files if os.path.basename(path) == name]
        self.assertEqual(len(found), 1, f'{name} in {sorted(self.files)}')
        return os.path.join(self.root, found[0])

    def test_files(self):
        names = {os.path.basename(path) for path in self.files if '/python3' not in path}
        self.assertEqual({name for name in names if not name.endswith('.gz')}, {
            'nlink', 'nlink.h', 'nlink.pc', 'nlink.1', 'nlink.3', 'libnlink.a', 'libnlink.so', 'libnlink.so.0',
            f'libnlink.so.{VERSION}',
        })

    def test_nothing_of_the_tests(self):
        self.assertEqual([path for path in self.files if 'fault' in path or 'test' in path], [])

    def test_command_runs(self):
        said = subprocess.run([self.place('nlink'), '--version'], capture_output=True, text=True, check=True).stdout
        self.assertIn(VERSION, said)

    def flags(self, *words):
        environment = dict(os.environ, PKG_CONFIG_LIBDIR=os.path.dirname(self.place('nlink.pc')),
                           PKG_CONFIG_SYSROOT_DIR=self.root)
        return subprocess.run(['pkg-config', *words, 'nlink'], capture_output=True, text=True, check=True,
                              env=environment).stdout.split()

    def test_version_of_pkg_config(self):
        self.assertEqual(self.flags('--modversion'), [VERSION])

    def compile_and_run(self, compiler, suffix, *words):
        if shutil.which(compiler) is None:
            self.skipTest(f'no {compiler} here')
        with tempfile.TemporaryDirectory() as directory:
            source = os.path.join(directory, 'program' + suffix)
            with open(source, 'w', encoding='utf-8') as file:
                file.write(PROGRAM)
            program = os.path.join(directory, 'program')
            subprocess.run([compiler, '-Wall', '-Wextra', '-Wpedantic', '-Werror', source, '-o', program,
                            *self.flags('--cflags'), *words, *self.flags('--libs')], check=True)
            environment = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(self.place('libnlink.so.0')))
            done = subprocess.run([program], capture_output=True, text=True, check=True, env=environment)
            self.assertEqual(done.stdout, f'0 {VERSION}\n')

    def test_c_program(self):
        self.compile_and_run('cc', '.c')

    def test_c_program_with_the_static_library(self):
        self.compile_and_run('cc', '.c', '-static')

    def test_cpp_program(self):
        self.compile_and_run('c++', '.cpp')


if __name__ == '__main__':
    unittest.main()
