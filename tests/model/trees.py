# SPDX-License-Identifier: MIT
"""Random trees: directories, files of all kinds and sizes, and many names for each. One seed, one tree."""

import os

# Names that a program may stumble over, and plain ones.
NAMES = [b'a', b'b', b'c', b'd', b'e', b'f', b'x1', b'x2', b'x3', b'.hidden', b'..2', b'...', b'-dash', b' ', b'sp ace',
         b'new\nline', b'tab\t', b'\xff', b'\x80\xfe', b'\x01', b'%41', b'quo"te', b"it's", b'back\\slash', b'*', b'[x]',
         b'?', b'a.o', b'b.o', b'long' * 63, 'ünï'.encode(), b'$HOME', b'#', b';', b'~', b'a b', b'A', b'aa', b'a.', b'a-']
SIZES = [0, 0, 1, 100, 4095, 4096, 4097, 12288, 70000]


class Tree:
    """A tree below `base`: what is in it as paths relative to that."""

    def __init__(self, base, rng, *, settled=False, soft_links=True):
        self.base = base
        self.rng = rng
        self.settled = settled  # sizes on disk are final only when the contents were written
        self.directories = []
        self.files = []
        self.taken = {b''}
        for _ in range(rng.randint(1, 12)):
            self.directory()
        for _ in range(rng.randint(0, 16)):
            self.file()
        for _ in range(rng.randint(0, 6) if soft_links else 0):
            self.soft_link()
        for _ in range(rng.randint(0, 30)):
            self.link()

    def at(self, path):
        return os.path.join(self.base, path)

    def place(self, anywhere=0.15):
        """A path that is not there yet; now and then in `base` itself."""
        rng = self.rng
        while True:
            home = b'' if not self.directories or rng.random() < anywhere else rng.choice(self.directories)
            name = rng.choice(NAMES)
            if rng.random() < 0.3:
                name += b'%d' % rng.randint(0, 99)
            path = os.path.join(home, name[:255])
            if path not in self.taken:
                self.taken.add(path)
                return path

    def directory(self):
        path = self.place(anywhere=0.4)
        os.mkdir(self.at(path))
        self.directories.append(path)

    def file(self):
        path = self.place()
        rng = self.rng
        kind = rng.random()
        if kind < 0.08:
            os.mkfifo(self.at(path))
        else:
            fd = os.open(self.at(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            size = rng.choice(SIZES)
            if kind < 0.3:  # holes: at the end, before the end, everywhere
                holes = rng.choice([1 << 20, 5 << 20, 12345])
                os.truncate(fd, holes)
                os.pwrite(fd, bytes(size), rng.choice([0, holes, holes // 3]))
            elif size:
                os.write(fd, bytes(size))
            if self.settled:
                os.fsync(fd)
            os.close(fd)
            if kind > 0.95:
                os.chmod(self.at(path), 0o4755)
        self.files.append(path)

    def soft_link(self):
        """To something, by a way of any kind, or to nothing."""
        rng = self.rng
        path = self.place()
        there = rng.choice(self.files + self.directories)
        relative = os.path.relpath(self.at(there), os.path.dirname(self.at(path)))
        target = rng.choice([relative, relative, self.at(there), b'nowhere', relative + b'/', os.path.basename(path),
                             b'./' + relative, b'..', b'/', relative + b'/../x', b'a', b'/nowhere'])
        os.symlink(target, self.at(path))
        self.files.append(path)

    def link(self):
        """One more name for a file; some files have many."""
        if not self.files:
            return
        rng = self.rng
        path = self.place()
        source = self.files[min(rng.randrange(len(self.files)), rng.randrange(len(self.files)))]
        os.link(self.at(source), self.at(path), follow_symlinks=False)
        self.files.append(path)

    def some_roots(self, *, overlapping=True, files=True):
        """Paths to look below, some spelled in odd ways. Without `overlapping` none lies in another."""
        rng = self.rng
        choices = self.directories + [b'.']
        roots = []
        for _ in range(rng.choice([1, 1, 2, 3, 5])):
            path = rng.choice(self.files) if files and self.files and rng.random() < 0.25 else rng.choice(choices)
            if not overlapping and any(within(path, other) or within(other, path) for other in roots):
                continue
            roots.append(path)
        if overlapping:
            roots = [self.respelled(path) for path in roots]
        return roots

    def respelled(self, path):
        rng = self.rng
        kind = rng.random()
        if kind < 0.1:
            return b'./' + path
        if kind < 0.2:
            return self.at(path)
        if kind < 0.3 and path in self.directories:
            return path + b'/'
        if kind < 0.4 and path in self.directories:
            return path + b'/.'
        if kind < 0.5:
            return os.path.join(os.path.dirname(path), b'.', os.path.basename(path))
        if kind < 0.6:  # in by a directory's child, and out again
            below = [other for other in self.directories if os.path.dirname(other) == path]
            return os.path.join(below[0], b'..') if below else path
        return path


def within(path, directory):
    """Whether a path is a directory or lies in it; both relative, b'.' is everything."""
    return directory == b'.' or path == directory or path.startswith(directory + b'/')


def remove(path):
    """What shutil.rmtree does, in less time."""
    for here, directories, files in os.walk(path, topdown=False):
        for name in files:
            os.unlink(os.path.join(here, name))
        for name in directories:
            inside = os.path.join(here, name)
            (os.unlink if os.path.islink(inside) else os.rmdir)(inside)
    os.rmdir(path)
