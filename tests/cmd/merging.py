# SPDX-License-Identifier: MIT
"""Trees with equal files, and a state directory for the journals, for the tests of the verbs that replace names."""

import hashlib
import json
import os
import shutil
import stat
import subprocess

import tree

BLOCK = 65536  # a multiple of every file system's block, so that sizes are what is allocated


def facts(root):
    """Every name below with all that undo has to give back, and which names share a file."""
    seen = {}
    groups = {}
    for here, dirs, files in os.walk(root):
        for name in dirs + files:
            path = os.path.join(here, name)
            info = os.lstat(path)
            inside = os.path.relpath(path, root)
            groups.setdefault((info.st_dev, info.st_ino), []).append(inside)
            held = None
            if stat.S_ISREG(info.st_mode):
                with open(path, 'rb') as file:
                    held = hashlib.sha256(file.read()).hexdigest()  # shorter to be shown where a test fails
            elif stat.S_ISLNK(info.st_mode):
                held = os.readlink(path)
            mtime = 0 if stat.S_ISDIR(info.st_mode) else info.st_mtime_ns
            seen[inside] = (info.st_mode, info.st_uid, info.st_gid, mtime, held, (info.st_dev, info.st_ino))
    return {name: fact[:-1] + (tuple(sorted(groups[fact[-1]])),) for name, fact in seen.items()}


class Merging(tree.Verb):
    """A tree with two groups of equal files, all of them a minute old or older."""

    def setUp(self):
        # Not the tree of the other verbs: its files are small, and how much they occupy differs between file systems.
        self.root = os.path.join(tree.fresh(self), b'tree')
        self.state = os.path.join(tree.fresh(self), b'state')
        os.makedirs(self.at('d/sub'))
        os.mkdir(self.at('e'))
        big = os.urandom(4 * BLOCK)
        small = os.urandom(BLOCK)
        self.write('d/photo', big, -300)
        self.write('e/copy', big, -200)
        self.write('d/sub/again', big, -100)
        self.write('d/note', small, -300)
        self.write('e/note', small, -200)
        self.write('alone', os.urandom(BLOCK), -300)
        self.before = facts(self.root)

    def write(self, name, content, age=-300, mode=0o644):
        with open(self.at(name), 'wb') as file:
            file.write(content)
        os.chmod(self.at(name), mode)
        when = self.now() + age
        os.utime(self.at(name), (when, when))

    @staticmethod
    def now():
        return 1700000000  # long ago and always the same: nothing depends on the clock

    def run_verb(self, *words, **more):
        env = {'XDG_STATE_HOME': os.fsdecode(self.state), **more.pop('env', {})}
        return super().run_verb(*words, env=env, **more)

    def run_other(self, verb, *words, **more):
        """Another verb in the same tree."""
        ours, self.verb = self.verb, verb
        try:
            return self.run_verb(*words, **more)
        finally:
            self.verb = ours

    def journals(self):
        """The names of the journals in the state directory."""
        try:
            return sorted(name for name in os.listdir(os.path.join(self.state, b'nlink')))
        except FileNotFoundError:
            return []

    def by_kind(self, words, status, **more):
        """The JSON objects of a command line, by what they are."""
        kinds = {}
        for row in self.objects(words, status, **more):
            kinds.setdefault(row.pop('what'), []).append(row)
        return kinds

    def trace(self, *words):
        """The command line of strace, with these words; skips where it cannot trace the command."""
        if tree.is_sanitized():
            self.skipTest('a sanitizer makes system calls of its own')
        quiet = ['strace', '-f', '-qq', '-o', '/dev/null']
        if not shutil.which('strace') or subprocess.run([*quiet, 'true'], check=False).returncode:
            self.skipTest('strace cannot trace here')
        return [*quiet, *words]

    def environment(self):
        """For what is not run by run_verb()."""
        return {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8', 'XDG_STATE_HOME': os.fsdecode(self.state)}

    def same(self, *names):
        """Whether all these names lead to one file."""
        return len({(os.lstat(self.at(name)).st_dev, os.lstat(self.at(name)).st_ino) for name in names}) == 1

    def unchanged(self):
        self.assertEqual(facts(self.root), self.before)

    @staticmethod
    def lines_of(out):
        return [json.loads(line) for line in out.decode('utf-8').splitlines()]
