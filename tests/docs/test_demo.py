# SPDX-License-Identifier: MIT
"""The demo runs through, for root and for others, and leaves nothing behind."""

import os
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.environ.get('NLINK_SOURCE') or os.path.realpath(os.path.join(os.path.dirname(__file__), '..', '..'))
BUILD = os.environ.get('NLINK_BUILD_DIR', '')
NLINK = os.environ.get('NLINK', '')
DEMO = os.path.join(SOURCE, 'tools', 'demo')
SHARED = '/dev/shm'


class Demo(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.mkdtemp(prefix='nlink-test-')
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)
        os.chmod(self.place, 0o777)
        self.before = set(os.listdir(SHARED)) if os.path.isdir(SHARED) else set()

    def run_demo(self, *arguments, before=(), **extra):
        env = {'PATH': os.environ['PATH'], 'TMPDIR': self.place, 'TERM': 'xterm', **extra}
        return subprocess.run([*before, DEMO, *arguments], capture_output=True, text=True, env=env, timeout=120,
                              check=False)

    def assert_nothing_left(self):
        self.assertEqual(os.listdir(self.place), [])
        if os.path.isdir(SHARED):
            left = set(os.listdir(SHARED)) - self.before
            self.assertEqual([name for name in left if 'Sun' in name], [])

    def assert_whole(self, done):
        self.assertEqual((done.returncode, done.stderr), (0, ''), done.stdout)
        numbers = re.findall(r'^(\d+)\. ', done.stdout, re.M)
        self.assertEqual(numbers, [str(number) for number in range(1, 14)])
        self.assertIn('What to try next', done.stdout)
        for words in ('[1, 1 outside]', '(dangles)', '1 name remains', 'last name',
                      "'attic' is a directory", 'leads out of its directory', 'can be linked', '1 of 3 names: ',
                      'held by ./wednesday/photos', 'OLDEST-TOGETHER', 'mend: ln -sfn -- ', 'nothing found', ' to gain: ',
                      'Nothing was changed; with --apply it is done.', 'To undo: nlink undo ', 'All is as it was.',
                      'the same bytes', 'the same modes, owners, times and counts'):
            self.assertIn(words, done.stdout)

    def test_runs_through(self):
        done = self.run_demo(NLINK)
        self.assert_whole(done)
        self.assertNotIn('\033', done.stdout)
        self.assert_nothing_left()

    def test_takes_a_build_directory(self):
        self.assert_whole(self.run_demo(BUILD))

    def test_as_another_user(self):
        if os.geteuid() != 0:
            self.skipTest('needs root')
        other = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
        reachable = subprocess.run([*other, 'test', '-x', NLINK, '-a', '-x', DEMO], check=False)
        if reachable.returncode != 0:
            self.skipTest('the checkout or the build directory is out of reach of other users')
        self.assert_whole(self.run_demo(NLINK, before=other))
        self.assert_nothing_left()

    def test_colours_on_a_terminal(self):
        for extra, coloured in (({}, True), ({'NO_COLOR': '1'}, False), ({'TERM': 'dumb'}, False)):
            with self.subTest(extra=extra):
                env = {'PATH': os.environ['PATH'], 'TMPDIR': self.place, 'TERM': 'xterm', **extra}
                master, slave = pty.openpty()
                with subprocess.Popen([DEMO, NLINK], stdout=slave, stderr=slave, stdin=slave, env=env) as demo:
                    os.close(slave)
                    said = b''
                    try:
                        while part := os.read(master, 65536):
                            said += part
                    except OSError:  # the terminal is gone with its last user
                        pass
                os.close(master)
                self.assertEqual(demo.returncode, 0)
                self.assertEqual(b'\033[1m' in said, coloured)
                self.assertEqual(b'\033[36m[1' in said, coloured)
        self.assert_nothing_left()

    def test_without_the_python_module(self):
        tools = os.path.join(self.place, 'tools')
        os.mkdir(tools)
        shutil.copy(NLINK, tools)
        done = self.run_demo(os.path.join(tools, 'nlink'))
        shutil.rmtree(tools)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assert_nothing_left()

    def test_a_command_that_fails_is_noticed(self):
        tools = os.path.join(self.place, 'tools')
        os.mkdir(tools)
        shutil.copy(shutil.which('false'), os.path.join(tools, 'nlink'))
        done = self.run_demo(os.path.join(tools, 'nlink'))
        shutil.rmtree(tools)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r'\n\d+ of the steps above did not come out as they should\.\n$')
        self.assert_nothing_left()

    def test_nothing_is_built(self):
        done = self.run_demo(os.path.join(self.place, 'none'))
        self.assertEqual(done.returncode, 2)
        self.assertIn('build it first: make', done.stderr)


if __name__ == '__main__':
    unittest.main()
