# SPDX-License-Identifier: MIT
"""What the library has to answer, computed slowly and plainly: every name is listed, every question is a loop over
the list. Nothing here is shared with the library but the definitions in nlink.h."""

import errno
import fnmatch
import os
import stat

KINDS = {stat.S_IFREG: 'file', stat.S_IFDIR: 'directory', stat.S_IFLNK: 'symlink', stat.S_IFIFO: 'fifo'}


class Limits:
    """What is left out of a view: depth, sizes of regular files, names that match a pattern."""

    def __init__(self, depth=0, least=0, most=0, excluded=()):
        self.depth = depth
        self.least = least
        self.most = most
        self.excluded = excluded

    def words(self):
        """The same for the library."""
        return {'depth': self.depth, 'min': self.least, 'max': self.most,
                'rule': [b'- ' + pattern for pattern in self.excluded]}

    def leaves_out(self, name, at):
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.excluded):
            return True
        return self.has_wrong_size(at)

    def has_wrong_size(self, at):
        if stat.S_ISREG(at.st_mode):
            return at.st_size < self.least or bool(self.most) and at.st_size > self.most
        return False


def is_directory(path):
    return stat.S_ISDIR(os.lstat(path).st_mode)


def true_path(path):
    """The one path of a name: without soft links, dots and doubled slashes before its last part."""
    if is_directory(path):
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(os.path.dirname(path) or b'.'), os.path.basename(path))


class Name:
    def __init__(self, path, at, depth):
        self.path = path  # the one path of the name
        self.at = at  # as lstat tells
        self.depth = depth  # below the root that it was seen from
        self.file = at.st_dev, at.st_ino
        self.allocated = at.st_blocks * 512
        self.kind = KINDS[stat.S_IFMT(at.st_mode)]


def names_below(root, limits):
    """Every name in a root, itself among them: a list of Name."""
    root = true_path(root)
    at = os.lstat(root)
    seen = [Name(root, at, 0)]
    if not stat.S_ISDIR(at.st_mode):
        return [] if limits.has_wrong_size(at) else seen  # patterns are for what is found, not for what is asked for
    left_out = set()
    for here, directories, files in os.walk(root):
        if here in left_out:
            directories.clear()
            continue
        depth = 1 if here == root else os.path.relpath(here, root).count(b'/') + 2
        if limits.depth and depth > limits.depth:
            directories.clear()
            continue
        for name in directories + files:
            path = os.path.join(here, name)
            at = os.lstat(path)
            if limits.leaves_out(name, at):
                left_out.add(path)
            else:
                seen.append(Name(path, at, depth))
    return seen


class View:
    """All names in view: those below any of the roots."""

    def __init__(self, base, roots, limits=None):
        self.base = base
        self.roots = roots
        self.limits = limits or Limits()
        self.seen = {}
        for root in roots:
            for name in names_below(os.path.join(base, root), self.limits):
                known = self.seen.get(name.path)
                if known is None or known.depth > name.depth:
                    self.seen[name.path] = name

    def true(self, path):
        return true_path(os.path.join(self.base, path))

    def below(self, *paths):
        """The names in view that any of these paths holds."""
        wholes = [self.true(path) for path in paths]
        return [name for name in self.seen.values()
                if any(name.path == whole or name.path.startswith(whole.rstrip(b'/') + b'/') for whole in wholes)]

    def figures(self, *paths):
        """What these paths hold, all together."""
        names = self.below(*paths)
        directories = [name for name in names if name.kind == 'directory']
        files = {}
        for name in names:
            if name.kind != 'directory':
                files.setdefault(name.file, []).append(name)
        figures = dict.fromkeys(('apparent', 'once', 'freed', 'held', 'held_files', 'outside'), 0)
        figures['names'] = sum(map(len, files.values()))
        figures['files'] = len(files)
        figures['directories'] = len(directories)
        for directory in directories:
            figures['apparent'] += directory.at.st_size
            figures['once'] += directory.allocated
            figures['freed'] += directory.allocated
        for same in files.values():
            one = same[0]
            figures['apparent'] += one.at.st_size
            figures['once'] += one.allocated
            if len(same) == one.at.st_nlink:
                figures['freed'] += one.allocated
            else:
                figures['held'] += one.allocated
                figures['held_files'] += 1
                figures['outside'] += one.at.st_nlink - len(same)
        return figures

    def rows(self, levels):
        """The directories and roots that get a row: the true path of each, and its least depth below a root."""
        rows = {}
        for root in self.roots:
            whole = self.true(root)
            for name in self.below(root):
                depth = 0 if name.path == whole else os.path.relpath(name.path, whole).count(b'/') + 1
                if depth == 0 or name.kind == 'directory' and depth <= levels:
                    rows[name.path] = min(depth, rows.get(name.path, depth))
        return rows

    def oldest(self):
        """What deleting the roots 0 to j together frees, for each j."""
        return [self.figures(*self.roots[:j + 1])['freed'] for j in range(len(self.roots))]

    def groups(self):
        """The files of several names: file -> (its lstat, the true paths of its names in view)."""
        groups = {}
        for name in self.seen.values():
            if name.kind != 'directory' and name.at.st_nlink > 1:
                groups.setdefault(name.file, (name.at, []))[1].append(name.path)
        return groups

    def names_of(self, path):
        """The true paths of all names in view that are names of this file."""
        at = os.lstat(os.path.join(self.base, path))
        return sorted(name.path for name in self.seen.values() if name.file == (at.st_dev, at.st_ino))

    def soft_names_of(self, path):
        """The true paths of the soft links in view that lead to this file."""
        at = os.lstat(os.path.join(self.base, path))
        return sorted(name.path for name in self.seen.values()
                      if name.kind == 'symlink' and leads_to(name.path) == (at.st_dev, at.st_ino))

    def soft_links(self, *errors):
        """The true paths of the soft links in view that cannot be followed, for one of these reasons."""
        return sorted(name.path for name in self.seen.values() if name.kind == 'symlink' and leads_to(name.path) in errors)


def leads_to(path):
    """The file that a soft link leads to, or the number of the error."""
    try:
        at = os.stat(path)
    except OSError as error:
        return errno.ENOENT if error.errno == errno.ENOTDIR else error.errno
    return at.st_dev, at.st_ino
