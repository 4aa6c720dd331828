# SPDX-License-Identifier: MIT
"""Which files become names of which others, found slowly and plainly: all contents are read, all files of a group compared
with each other. Nothing here is shared with the library but the definitions in nlink.h.

And random trees in which many files are equal, and differ in what keeps them from becoming one.
"""

import collections
import fnmatch
import hashlib
import os
import stat
import struct
import time

from model import View
from trees import Tree

CONTENTS = [b'a', b'b', b'one\n', b'two\n', b'x' * 4096, b'y' * 4096, b'x' * 4095 + b'y', b'z' * 70000,
            b'z' * 69999 + b'y', b'\0' * 5000, b'ab' * 8192, b'']
ACL = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in (
    (1, 6, 0xffffffff), (2, 4, 1), (4, 4, 0xffffffff), (16, 4, 0xffffffff), (32, 4, 0xffffffff)))
CAPABILITY = struct.pack('<5I', 0x02000000, 1 << 10, 0, 0, 0)
GATE = ('device', 'owner', 'group', 'mode', 'acl', 'xattr', 'security')


def try_to(function, *arguments):
    """What this user or this file system may not be able to do."""
    try:
        function(*arguments)
    except OSError:
        pass


class EqualTree(Tree):
    """Few contents for many files. Times are long ago, a moment ago, or to come."""

    def file(self):
        path, rng = self.place(), self.rng
        if rng.random() < 0.05:
            os.mkfifo(self.at(path))
            self.files.append(path)
            return
        for number in range(rng.choice([1, 1, 2, 3, 8])):  # the same once more, in another place
            if number > 0:
                path = self.place()
            elif rng.random() < 0.7 or not hasattr(self, 'content'):
                self.content = rng.choice(CONTENTS)
            with open(self.at(path), 'xb') as file:
                file.write(self.content)
            self.dress(self.at(path))
            self.files.append(path)

    def dress(self, path):
        """Most stay as they are."""
        rng = self.rng
        if rng.random() < 0.08:
            try_to(os.chown, path, 1000, -1)
        if rng.random() < 0.08:
            try_to(os.chown, path, -1, 1000)
        if rng.random() < 0.12:
            os.chmod(path, rng.choice([0o600, 0o755, 0o444]))
        if rng.random() < 0.08:
            try_to(os.setxattr, path, 'user.colour', rng.choice([b'red', b'blue']))
        if rng.random() < 0.04:
            try_to(os.setxattr, path, 'system.posix_acl_access', ACL)
        if rng.random() < 0.04:
            try_to(os.setxattr, path, 'security.capability', CAPABILITY)
        now = time.time_ns()
        when = 10**18 + rng.randint(0, 3) * 10**9
        if rng.random() < 0.1:
            when = rng.choice([now - 100 * 10**9, now + 50 * 10**9, now + 10**16])
        os.utime(path, ns=(when, when))


# ---------------------------------------------------------------- what is known of a file


class File:
    """An inode with names in view."""

    def __init__(self, name):
        at = self.at = name.at
        self.names = []
        path = name.path
        with open(path, 'rb') as file:
            self.content = file.read()
        attributes = {key: os.getxattr(path, key, follow_symlinks=False)
                      for key in os.listxattr(path, follow_symlinks=False)}

        def those(*begins):
            return {key: value for key, value in attributes.items() if key.startswith(begins)}
        acl, security = those('system.posix_acl_'), those('security.')
        self.aspects = {'device': at.st_dev, 'owner': at.st_uid, 'group': at.st_gid, 'mode': stat.S_IMODE(at.st_mode),
                        'acl': acl, 'security': security, 'mtime': at.st_mtime_ns,
                        'xattr': {key: value for key, value in attributes.items() if key not in {**acl, **security}}}
        self.act = self.left = self.keep = None
        self.is_reference = False
        self.joined = 0

    def differs(self, other, gate):
        """In which aspects of the gate two files differ."""
        found = {aspect for aspect in gate if aspect != 'name' and self.aspects[aspect] != other.aspects[aspect]}
        bases = [{os.path.basename(path) for path in file.names} for file in (self, other)]
        if 'name' in gate and not bases[0] & bases[1]:
            found.add('name')
        return found


class Wish:
    """Options, as words of the command and as what they mean."""

    def __init__(self, tree, reflink=False):
        rng = self.rng = tree.rng
        self.words = []
        self.mode = self.some('--mode', ['hardlink'] * 4 + ['symlink'], 0.4) or 'hardlink'
        if reflink:
            self.mode, self.words = 'reflink', ['--mode', 'reflink']
        self.ignore = self.some_words('--ignore', GATE[1:], 0.3)
        self.match = self.some_words('--match', ('mtime', 'name'), 0.3)
        self.min_age = int(self.some('--min-age', ['0', '0', '0', '1000'], 0.9) or 2)
        self.max_links = int(self.some('--max-links', ['1', '2', '3', '5'], 0.2) or 0)
        self.keep, self.patterns = 'most-names', []
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            word = rng.choice(['most-names', 'oldest', 'newest', 'first', 'a*', 'b', '*.o', 'x?', '[a-d]'])
            self.words += ['--keep', word]
            if word in ('most-names', 'oldest', 'newest', 'first'):
                self.keep = word
            else:
                self.patterns.append(os.fsencode(word))
        self.some('--memory', ['4K', '64K', '1M'], 0.3)
        self.some('--threads', ['1', '2', '5'], 0.4)
        if rng.random() < 0.2:
            self.words.append('-x')

    def some(self, option, values, likely):
        if self.rng.random() >= likely:
            return None
        value = self.rng.choice(values)
        self.words += [option, value]
        return value

    def some_words(self, option, words, likely):
        chosen = set()
        if self.rng.random() < likely:
            chosen = set(self.rng.sample(words, self.rng.randint(1, min(3, len(words)))))
            self.words += [option, ','.join(sorted(chosen))]
        return chosen

    def gate(self):
        if self.mode == 'reflink':
            return {'device'} | self.match
        return (set(GATE) - self.ignore) | self.match | ({'device'} if self.mode == 'hardlink' else set())


# ---------------------------------------------------------------- the plan


class Plan:
    """Groups of equal files below the roots, each a list of File in the order in which they deserve to be kept."""

    def __init__(self, tree, wish, roots, references, limits):
        self.wish = wish
        self.gate = wish.gate()
        view = View(tree.base, [*roots, *references], limits)
        self.roots = [view.true(root) for root in (*roots, *references)]
        self.first_reference = len(roots)
        self.files = {}
        self.empty_names, empty = 0, set()
        for name in view.seen.values():
            if name.kind == 'file' and name.at.st_size > 0:
                self.files.setdefault(name.file, File(name)).names.append(name.path)
            elif name.kind == 'file':
                self.empty_names += 1
                empty.add(name.file)
        self.empty_files = len(empty)
        same = {}
        for file in self.files.values():
            file.is_reference = any(self.holders(path, self.first_reference) for path in file.names)
            same.setdefault(file.content, []).append(file)
        self.groups = [sorted(files, key=self.worth) for files in same.values() if len(files) > 1]
        self.now = time.time_ns()
        for files in self.groups:
            self.choose(files)

    def holders(self, path, first=0):
        """The numbers of the roots that a name lies below, or that it is; those of references are the last."""
        return [number for number, root in enumerate(self.roots)
                if number >= first and (path == root or path.startswith(root.rstrip(b'/') + b'/'))]

    def place(self, path):
        """In the order of the paths that were given; below one of them, directory by directory."""
        return min(self.holders(path)), os.path.dirname(path), os.path.basename(path)

    def worth(self, file):
        """The less, the rather is it kept."""
        patterns = self.wish.patterns
        preference = min((number for number, pattern in enumerate(patterns) for path in file.names
                          if fnmatch.fnmatchcase(os.path.basename(path), pattern)), default=len(patterns))
        mtime = file.at.st_mtime_ns
        rule = {'most-names': (-file.at.st_nlink, mtime), 'oldest': (mtime,), 'newest': (-mtime,), 'first': ()}
        return not file.is_reference, preference, *rule[self.wish.keep], min(map(self.place, file.names))

    def is_young(self, file):
        return abs(self.now - file.at.st_mtime_ns) < self.wish.min_age * 10**9

    def choose(self, files):
        """One after the other joins the first that is kept already and does not differ; or is kept itself."""
        joinable = []
        limit = self.wish.max_links if self.wish.mode == 'hardlink' else 0
        for file in files:
            file.keep = file
            if self.is_young(file):
                file.act, file.left = 'leave', 'young'
                continue
            keep = next((one for one in joinable if not one.differs(file, self.gate)), None)
            if keep and file.is_reference:
                file.act, file.left, file.keep = 'leave', 'reference', keep
            elif keep and self.wish.mode == 'reflink':  # the trees are on a tmpfs
                file.act, file.left, file.keep = 'leave', 'unsupported', keep
            elif keep and not (limit and keep.at.st_nlink + keep.joined + len(file.names) > limit):
                file.act, file.keep = 'replace', keep
                keep.joined += len(file.names)
            else:
                file.act = 'keep'
                joinable = [one for one in joinable if one is not keep] + [file]  # no more may join that which is full
        self.settle(files)

    def settle(self, files):
        """Who is kept and joined by nobody is left alone; but one is kept, whatever it is."""
        kept = [file for file in files if file.act == 'keep']
        joined = [file for file in kept if file.joined]
        first = (joined or kept or files)[0]
        for file in files:
            if file.act == 'keep' and not file.joined:
                file.act, file.left = 'leave', 'differs' if first.differs(file, self.gate) else 'link-limit'
        first.act, first.left = 'keep', None

    def gain_of(self, file):
        goes = self.wish.mode == 'reflink' or len(file.names) == file.at.st_nlink
        return file.at.st_blocks * 512 if goes else 0

    def replaced(self, files=None):
        return [file for group in ([files] if files is not None else self.groups) for file in group if file.act == 'replace']

    def gain(self, files=None):
        return sum(map(self.gain_of, self.replaced(files)))

    def report(self):
        """The fields of the summary that are known beforehand."""
        left = sum(file.act == 'leave' for files in self.groups for file in files)
        return {'names': sum(len(file.names) for file in self.files.values()) + self.empty_names,
                'files': len(self.files) + self.empty_files, 'groups': len(self.groups),
                'planned_files': len(self.replaced()), 'planned_names': sum(len(file.names) for file in self.replaced()),
                'gain_bytes': self.gain(), 'left_files': left}


# ---------------------------------------------------------------- trees as they are


def picture(base):
    """Each name of a tree but its directories: the file, what it holds, and all that a user can see of it."""
    names = {}
    for here, _, files in os.walk(base):
        for name in files:
            path = os.path.join(here, name)
            at = os.lstat(path)
            if stat.S_ISLNK(at.st_mode):
                names[path] = ((at.st_dev, at.st_ino), 'soft link', os.readlink(path))
                continue
            content = None
            if stat.S_ISREG(at.st_mode):
                with open(path, 'rb') as file:
                    content = file.read()
                if len(content) > 64:
                    content = len(content), hashlib.sha256(content).hexdigest()
            attributes = {key: os.getxattr(path, key) for key in os.listxattr(path)}
            names[path] = ((at.st_dev, at.st_ino), content, at.st_mode, at.st_uid, at.st_gid, at.st_mtime_ns, at.st_nlink,
                           attributes)
    return names


def without_numbers(names):
    """The same, but for which inode it is: names of one file are told by the first of them."""
    firsts = {}
    for path in sorted(names):
        firsts.setdefault(names[path][0], path)
    return {path: (firsts[about[0]], *about[1:]) for path, about in names.items()}


def differences(got, wanted):
    """What is not as wanted: one line a name."""
    return [f'{path!r}: {got.get(path)}, not {wanted.get(path)}' for path in sorted({*got, *wanted})
            if got.get(path) != wanted.get(path)]


def counted(names):
    """The same with the link counts that follow: all names of each file are in the picture."""
    counts = collections.Counter(about[0] for about in names.values())
    return {path: about if about[1] == 'soft link' else (*about[:6], counts[about[0]], about[7])
            for path, about in names.items()}


def expected(before, plan):
    """The picture after the plan was applied, with hard links."""
    after = dict(before)
    for file in plan.replaced():
        after.update(dict.fromkeys(file.names, before[file.keep.names[0]]))
    return counted(after)


def undone(before, plan):
    """The picture after that was undone: as before, but that names that were not seen keep the old file to themselves."""
    after = dict(before)
    for file in plan.replaced():
        for path in file.names:
            after[path] = (('a file of its own', file.at.st_ino), *before[path][1:])
    return without_numbers(counted(after))


__all__ = ['EqualTree', 'Plan', 'Wish', 'differences', 'expected', 'picture', 'undone', 'without_numbers']
