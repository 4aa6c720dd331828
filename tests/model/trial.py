# SPDX-License-Identifier: MIT
"""What the tests against the model share: many random trees, one process that asks the library.

NLINK_TREES is the number of trees of each test, NLINK_SEED the first seed. A failure names its seed:
NLINK_SEED=<seed> NLINK_TREES=1 makes that tree again.
"""

import os
import random
import tempfile
import unittest

from library import Library
from trees import Tree, remove

TREES = int(os.environ.get('NLINK_TREES', '300'))
SEED = int(os.environ.get('NLINK_SEED', '1'))


def is_memory(path):
    """Whether a directory lies in a tmpfs."""
    found = ('', '')
    with open('/proc/self/mountinfo', encoding='utf-8', errors='surrogateescape') as lines:
        for line in lines:
            point, kind = line.split()[4], line.split(' - ')[1].split()[0]
            if (path + '/').startswith(point.rstrip('/') + '/'):
                found = max(found, (point, kind), key=lambda one: len(one[0]))
    return found[1] == 'tmpfs'


def memory(names):
    """A directory in a tmpfs that has room for so many names, or None. There each name takes the place of a file."""
    for path in '/dev/shm', '/run/shm', tempfile.gettempdir():
        if os.access(path, os.W_OK | os.X_OK) and is_memory(os.path.realpath(path)):
            about = os.statvfs(path)
            if about.f_files == 0 or about.f_favail > names:
                return path
    return None


class Trial(unittest.TestCase):
    maxDiff = None
    library = None
    where = None
    tree_kind = Tree
    names = 10_000  # as many as there are at one time

    @classmethod
    def setUpClass(cls):
        cls.where = os.fsencode(tempfile.mkdtemp(prefix='nlink-model-', dir=memory(cls.names)))
        cls.addClassCleanup(os.rmdir, cls.where)
        cls.library = Library()

    @classmethod
    def tearDownClass(cls):
        status = cls.library.close()
        if status != 0:
            raise AssertionError(f'the driver ended with status {status}')

    def ask(self, act, **words):
        return self.library.ask(act, **words)

    def each_tree(self, test, count=TREES, where=None, settled=False):
        """Call test(tree) with one tree after the other."""
        for seed in range(SEED, SEED + count):
            base = os.path.join(where or self.where, b'%d' % seed)
            os.mkdir(base)
            try:
                rng = random.Random(f'{self.id()} {seed}')
                test(self.tree_kind(base, rng, settled=settled))
            except AssertionError as error:
                raise AssertionError(f'NLINK_SEED={seed}, last asked: {self.library.request}\n{error}') from None
            finally:
                remove(base)
