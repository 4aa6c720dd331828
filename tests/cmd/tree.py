# SPDX-License-Identifier: MIT
"""A tree on disk to try commands on, and what it looks like afterwards."""

import json
import os
import pty
import shutil
import stat
import subprocess
import tempfile
import unittest

NLINK = os.environ.get('NLINK', '')
TABLE = os.environ.get('NLINK_TABLE', '')


def fresh(test, where=None):
    """An empty directory that goes with the test; bytes, as names are."""
    path = tempfile.mkdtemp(prefix='nlink-cmd-', dir=where)
    test.addCleanup(shutil.rmtree, path, ignore_errors=True)
    return os.fsencode(path)


def for_everybody(test):
    """The command where another user can reach it: the build may lie in a directory that is closed to them."""
    path = fresh(test)
    os.chmod(path, 0o755)
    copy = os.path.join(path, b'nlink')
    shutil.copyfile(NLINK, copy)
    os.chmod(copy, 0o755)
    return os.fsdecode(copy)


def is_sanitized():
    """Whether the command was built with a sanitizer, whose own system calls are no business of the tests."""
    with open(NLINK, 'rb') as file:
        binary = file.read()
    return b'__asan_init' in binary or b'__tsan_init' in binary


def build(root):
    """One of everything that a link can meet."""
    def at(name):
        return os.path.join(root, name)

    def write(name, text):
        with open(at(name), 'wb') as file:
            file.write(text)

    for name in (b'd', b'd/sub', b'd/sub/deep', b'e', b'sp dir', b'c:d'):
        os.mkdir(at(name))
    for name in (b'a', b'b', b'c', b'd/a', b'd/b', b'e/x', b'e/x.~1~', b'e/x.~7~', b'sp ace', b'new\nline',
                 b'-dash', b"it's", b'bad\xff', 'ünï'.encode(), b'b.old', b'co:lon', b'back\\slash', b'tab\there'):
        write(name, b'contents of ' + name)
    os.link(at(b'a'), at(b'a2'))
    os.link(at(b'a'), at(b'd/same'))
    for name, target in ((b'l', b'a'), (b'dangling', b'nowhere'), (b'loop', b'loop'), (b'dl', b'd'),
                         (b'd/up', b'../b'), (b'd/gone', b'gone too'), (b'abs', b'/'), (b'll', b'l')):
        os.symlink(target, at(name))
    os.mkfifo(at(b'fifo'))


def look(root):
    """Every name below: kind, mode, what it leads to or contains, and the names that share its file."""
    seen = {}
    groups = {}
    for here, dirs, files in os.walk(root):
        for name in dirs + files:
            path = os.path.join(here, name)
            info = os.lstat(path)
            inside = os.path.relpath(path, root)
            groups.setdefault((info.st_dev, info.st_ino), []).append(inside)
            held = b''
            if stat.S_ISLNK(info.st_mode):
                held = os.readlink(path)
            elif stat.S_ISREG(info.st_mode):
                try:
                    with open(path, 'rb') as file:
                        held = file.read()
                except PermissionError:
                    held = b'(unreadable)'
            count = 0 if stat.S_ISDIR(info.st_mode) else info.st_nlink
            seen[inside] = (oct(info.st_mode), held, count, (info.st_dev, info.st_ino))
    return {name: facts[:3] + (tuple(sorted(groups[facts[3]])),) for name, facts in seen.items()}


def run(program, args, cwd, called=None, env=None, stdin=b'', **more):
    """Run a program; (exit status, standard output, standard error). `called` is its argv[0]."""
    environment = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8'}
    environment.update(env or {})
    done = subprocess.run([called or program, *args], executable=program, cwd=cwd, env=environment,
                          input=stdin, capture_output=True, timeout=60, check=False, **more)
    return done.returncode, done.stdout, done.stderr


def run_on_terminal(program, args, cwd, env):
    """Run a program with both outputs on a terminal; (exit status, what it shows)."""
    environment = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8', **env}
    ours, theirs = pty.openpty()
    with subprocess.Popen([program, *args], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=theirs,
                          stderr=theirs) as child:
        os.close(theirs)
        shown = b''
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
        os.close(ours)
        return child.wait(), shown.replace(b'\r\n', b'\n')


class Verb(unittest.TestCase):
    """Runs `nlink VERB` in a fresh tree and compares everything with what is expected."""

    maxDiff = None
    verb = ''

    def setUp(self):
        self.root = os.path.join(fresh(self), b'tree')
        os.mkdir(self.root)
        build(self.root)
        self.before = look(self.root)

    def at(self, name):
        return os.path.join(self.root, os.fsencode(name))

    def run_verb(self, *words, **more):
        program = for_everybody(self) if 'user' in more else NLINK
        return run(program, [*self.verb.split(), *words], self.root, **more)

    def groups(self):
        """Name -> all the names of its file."""
        return {name: facts[3] for name, facts in look(self.root).items()}

    def gives(self, words, status, out='', err='', **more):
        """The exit status and both outputs, exactly."""
        text = [part.encode() if isinstance(part, str) else part for part in (out, err)]
        self.assertEqual(self.run_verb(*words, **more), (status, *text), words)

    def refuses(self, words, status, err, out='', **more):
        """The same, and the tree is as it was."""
        before = look(self.root)
        self.gives(words, status, out, err, **more)
        self.assertEqual(look(self.root), before, words)

    def objects(self, words, status, **more):
        """The JSON objects that a command line prints."""
        code, out, err = self.run_verb(*words, **more)
        if err == b'nlink: this build has no JSON\n':
            self.assertEqual((code, out), (2, b''))
            self.skipTest('this build has no JSON')
        self.assertEqual((code, err), (status, b''), words)
        self.assertTrue(out.endswith(b'\n'), out)
        return [json.loads(line) for line in out.decode('utf-8').splitlines()]

    def usage(self, words, message):
        """A wrong command line: its message, the pointer to the help, 2, and nothing tried."""
        self.refuses(words, 2, f"nlink: {message}\nTry 'nlink {self.verb} --help' for more information.\n")
