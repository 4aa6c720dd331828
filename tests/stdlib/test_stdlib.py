# SPDX-License-Identifier: MIT
"""The standard library's own tests of os.link, with nlink.link in its place.

Each group runs twice in a process of its own, with Python's function and with ours. Every single test has to end
in the same way both times, its reason for a skip included, and calls must have reached our function: many of these
tests turn a PermissionError into a skip, so that a function which never worked would pass them.

They run as root and as a user without rights; as whoever runs them, where that is not root.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import nlink

RUNNER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'runner.py')
NOBODY = 65534

GROUPS = {
    'os': ['test.test_os.LinkTests', 'test.test_os.OSErrorTests', 'test.test_os.TestScandir'],
    'posix': ['test.test_posix.TestPosixDirFd'],
    'genericpath': ['test.test_genericpath'],
    'posixpath': ['test.test_posixpath'],
    'shutil': ['test.test_shutil'],
    'tarfile': ['test.test_tarfile'],
    'mailbox': ['test.test_mailbox'],
    'pathlib': ['test.test_pathlib'],
    'compileall': ['test.test_compileall.HardlinkDedupTestsNoSourceEpoch',
                   'test.test_compileall.HardlinkDedupTestsWithSourceEpoch'],
}


class Run:
    """One run of runner.py, in a directory of its own; it goes on while another is started."""

    def __init__(self, which, uid, names):
        self.place = tempfile.mkdtemp(prefix='nlink-stdlib-')
        os.chown(self.place, uid, -1)
        os.chmod(self.place, 0o755)
        environment = dict(os.environ, HOME=self.place, TMPDIR=self.place,
                           PYTHONPATH=os.path.dirname(os.path.dirname(nlink.__file__)))
        # These tests are about written bytecode and its time.
        for name in ('PYTHONDONTWRITEBYTECODE', 'SOURCE_DATE_EPOCH'):
            environment.pop(name, None)
        self.command = [sys.executable, '-B', RUNNER, which, str(uid), *names]
        self.process = subprocess.Popen(self.command, cwd=self.place, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def result(self):
        """What it says."""
        try:
            out, err = self.process.communicate(timeout=600)
        finally:
            self.process.kill()
            self.process.wait()
            shutil.rmtree(self.place)
        for line in out.splitlines():
            if line.startswith(b'@@'):
                return json.loads(line[2:])
        raise AssertionError('%s ended with %d:\n%s' % (self.command, self.process.returncode, err.decode(errors='replace')))


class Base:
    uid = os.geteuid()

    def check(self, name):
        names = [one for one in GROUPS[name] if importlib.util.find_spec(one.rpartition('.')[0] if one.count('.') > 1 else one)]
        own, ours = [one.result() for one in [Run('own', self.uid, names), Run('nlink', self.uid, names)]]
        skips = sum(any(word.startswith('skip') for word in words) for words in ours['tests'].values())
        sys.stderr.write('%s as uid %d: %d tests, %d skipped, %d failed; %d calls reached nlink.link\n' % (
            name, self.uid, len(ours['tests']), skips, len(ours['failed']), ours['calls']))
        self.assertGreater(len(own['tests']), 0)
        self.maxDiff = None
        self.assertEqual(ours['tests'], own['tests'])
        self.assertEqual(ours['calls'], own['calls'])
        self.assertEqual(ours['known'], [], 'somebody still has the old function')
        self.assertGreater(ours['calls'], 0, 'no call reached nlink.link')


def add_groups(kind):
    for name in GROUPS:
        def method(self, name=name):
            self.check(name)
        setattr(kind, 'test_' + name, method)
    return kind


HAVE_TESTS = importlib.util.find_spec('test') is not None and importlib.util.find_spec('test.test_os') is not None
NEEDED = 'the tests of the standard library are not installed (Debian: libpython3.11-testsuite)'


@unittest.skipUnless(HAVE_TESTS, NEEDED)
@add_groups
class AsWhoRunsIt(Base, unittest.TestCase):
    pass


@unittest.skipUnless(HAVE_TESTS, NEEDED)
@unittest.skipUnless(os.geteuid() == 0, 'needs root, to become another user')
@add_groups
class AsUser(Base, unittest.TestCase):
    uid = NOBODY

    @classmethod
    def setUpClass(cls):
        code = 'import os; os.setgroups([]); os.setresgid(%d, %d, %d); os.setresuid(%d, %d, %d); import test.support'
        if subprocess.run([sys.executable, '-c', code % ((NOBODY,) * 6)], stderr=subprocess.DEVNULL).returncode != 0:
            raise unittest.SkipTest('this Python lies where no other user can read it')


if __name__ == '__main__':
    unittest.main()
