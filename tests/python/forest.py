# SPDX-License-Identifier: MIT
"""What the tests of walk, names, space and check share: trees, and slow and obvious answers about them."""

import gc
import os
import random
import stat as stat_module
import subprocess
import sys
import time
import tracemalloc

import nlink
from place import InPlace

KINDS = {stat_module.S_IFREG: 'regular', stat_module.S_IFDIR: 'directory', stat_module.S_IFLNK: 'symlink',
         stat_module.S_IFIFO: 'fifo', stat_module.S_IFSOCK: 'socket'}


def kind_of(path):
    return KINDS[stat_module.S_IFMT(os.lstat(path).st_mode)]


def slow_walk(root, depth=0):
    """(path, depth) of a root and all names below it, in the order in which walk() gives them; for bytes."""
    yield root, depth
    if not os.path.islink(root) and os.path.isdir(root):
        for name in sorted(os.listdir(root)):
            yield from slow_walk(os.path.join(root, name), depth + 1)


def below(*roots):
    """All paths below the roots, as bytes."""
    return [path for root in roots for path, _ in slow_walk(os.fsencode(root))]


def descriptors():
    return sorted(os.listdir('/proc/self/fd'))[:-1]  # the last is that of the listing itself, or none of them


class Forest(InPlace):
    """Each test has a fresh directory; plant() fills one at random."""

    NAMES = [b'a', b'b c', b'.hidden', b'\xff', b'\xc3\xa4', b'new\nline', b"it's", b'-x', b'*', b'a.o', b'B', b'\x01', b'zz']

    def plant(self, seed, count=60, root=b't'):
        choose = random.Random(seed)
        directories, files = [root], []
        os.mkdir(root)
        for _ in range(count):
            path = os.path.join(choose.choice(directories), choose.choice(self.NAMES) + str(choose.randrange(9)).encode())
            if os.path.lexists(path):
                continue
            what = choose.random()
            if what < 0.25 and len(path) < 2000:
                os.mkdir(path)
                directories.append(path)
            elif what < 0.5 and files:
                os.link(choose.choice(files), path, follow_symlinks=False)
            elif what < 0.6:
                os.symlink(choose.choice([b'a0', b'../b c1', b'/nowhere', os.path.abspath(root), b'.']), path)
            elif what < 0.63:
                os.mkfifo(path)
            else:
                with open(path, 'wb') as file:
                    file.write(b'x' * choose.choice([0, 1, 100, 5000, 40000]))
                files.append(path)
        return root

    def assertKeepsNothing(self, call):
        """No descriptor stays open, whatever a call does."""
        gc.collect()
        before = descriptors()
        for _ in range(5):
            call()
        gc.collect()
        self.assertEqual(descriptors(), before)

    def assertLosesNothing(self, one):
        """No memory stays, however often something is done."""
        grown = []
        tracemalloc.start()
        try:
            # Python keeps a stock of small objects for later, which fills by and by; a leak grows every time.
            for _ in range(15):
                gc.collect()
                before = tracemalloc.get_traced_memory()[0]
                for _ in range(100):
                    one()
                gc.collect()
                grown.append(tracemalloc.get_traced_memory()[0] - before)
                if grown[-1] < 3000:
                    break
        finally:
            tracemalloc.stop()
        # A single object lost in each round would be five thousand bytes.
        self.assertLess(grown[-1], 3000, grown)

    def assertKeepsReferences(self, objects, some):
        """What is handed in, and the types of what comes out, are given back."""
        for _ in range(2):
            before = [sys.getrefcount(item) for item in objects]
            for _ in range(100):
                some()
            gc.collect()
            after = [sys.getrefcount(item) for item in objects]
        for item, first, last in zip(objects, before, after):
            # One reference lost in each round would be a hundred; some of these are shared with all that runs.
            self.assertLess(abs(last - first), 50, item)

    def run_as_nobody(self, code):
        """What a Python program prints that is run by a user who may nothing; needs root."""
        os.chmod('.', 0o755)
        begin = 'import os, nlink\nos.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n'
        return subprocess.run([sys.executable, '-c', begin + code], stdout=subprocess.PIPE, text=True, check=True).stdout


def spend():
    """Work for longer than passes between two calls of a function that is told of progress."""
    end = time.monotonic() + 0.11
    while time.monotonic() < end:
        pass


def grow(call):
    """Make a tree p, and let call(rules), which looks at it, take longer until it is told of progress, and is true."""
    for number in range(40):
        os.makedirs('p/%d' % number)
        for name in range(20):
            os.symlink('x', 'p/%d/%d' % (number, name))
    rules = ['- *a*b*%d*c' % number for number in range(1000)]
    while not call(rules):
        rules *= 2


class Gone(Exception):
    """What a function that is called back raises."""


def raiser(*ignored):
    raise Gone(*ignored)


def quietly(function, *args, **keywords):
    try:
        return function(*args, **keywords)
    except (OSError, TypeError, ValueError, Gone):
        return None


__all__ = ['Forest', 'Gone', 'below', 'descriptors', 'grow', 'kind_of', 'nlink', 'quietly', 'raiser', 'slow_walk', 'spend']
