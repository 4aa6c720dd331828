# SPDX-License-Identifier: MIT
"""What nlink_space() says a deletion frees, beside what the file system has more after the deletion.

A file system is unmounted and mounted again before each count: everything that it does later, or in the background,
is done then, and nothing has to be waited for.
"""

import fcntl
import os
import random
import shutil
import struct
import sys
import unittest

import ground

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'model'))
from library import Library
from trees import Tree

BLOCK = 4096
library = None


def setUpModule():
    global library
    ground.enter()
    library = Library()
    unittest.addModuleCleanup(library.close)


class Disk:
    """A file system of its own, on a loop device; what it has free."""

    mkfs = ()
    options = 'loop'
    megabytes = 400
    soft_links = True  # their blocks are told truly

    def setUp(self):
        self.kind = self.mkfs[0].removeprefix('mkfs.')
        self.image = ground.new_image(self.id(), self.megabytes, *self.mkfs)
        self.root = os.path.join(ground.home, self.id())
        ground.mount(self.image, self.root, '-o', self.options, kind=self.kind)
        self.addCleanup(os.unlink, self.image)
        self.addCleanup(ground.unmount, self.root)

    def settle(self):
        ground.run('umount', self.root)
        ground.run('mount', '-o', self.options, self.image, self.root)

    def count(self):
        """Bytes that are free, for check()."""
        about = os.statvfs(self.root)
        return about.f_bfree * about.f_frsize

    def check(self, before, after, told, what):
        """Whether the gain is what was told; to the block."""
        self.assertEqual(after - before, told, what)

    def path(self, *names):
        return os.path.join(os.fsencode(self.root), *map(os.fsencode, names))

    def mkdir(self, *names):
        for name in names:
            os.mkdir(self.path(name))

    def write(self, name, size, hole=0):
        """A file of `size` bytes of contents after a hole."""
        with open(self.path(name), 'wb') as file:
            file.seek(hole)
            file.write(os.urandom(size))
            if not size:
                file.truncate(hole)

    def link(self, name, *more):
        for other in more:
            os.link(self.path(name), self.path(other), follow_symlinks=False)

    def ask(self, *roots):
        answer = library.ask('space', base=self.root, root=roots, levels=0)
        self.assertEqual((answer.status, answer.events), ('OK', []))
        return answer

    def delete(self, *paths):
        for path in paths:
            if os.path.isdir(self.path(path)) and not os.path.islink(self.path(path)):
                shutil.rmtree(self.path(path))
            else:
                os.unlink(self.path(path))

    def gains(self, told, *paths):
        """Deleting these paths gives what was told."""
        self.settle()
        before = self.count()
        self.delete(*paths)
        self.settle()
        self.check(before, self.count(), told, paths)


class Deletions(Disk):
    """The tests, on each file system."""

    def plant(self):
        self.mkdir('d', 'd/in', 'd/in/deep', 'd/empty', 'e', 'e/more')
        self.write('d/alone', 100_000)
        self.write('d/inside', 50_000)
        self.link('d/inside', 'd/in/inside', 'd/in/deep/inside')
        self.write('d/outside', 70_000)
        self.link('d/outside', 'e/outside', 'd/in/outside', 'kept')
        self.write('e/sparse', 30_000, hole=40 << 20)
        self.link('e/sparse', 'e/more/sparse')
        self.write('d/in/hole', 0, hole=99 << 20)
        self.write('d/in/half', 9_000, hole=1 << 20)
        self.link('d/in/half', 'e/half')
        self.write('d/nothing', 0)
        self.link('d/nothing', 'd/nothing too')
        os.mkfifo(self.path('d/fifo'))
        if self.soft_links:
            os.symlink('x' * 40, self.path('d/short'))
            os.symlink('x' * 1000, self.path('d/long'))
            self.link('d/long', 'e/long')
            os.symlink('y' * 1000, self.path('d/in/lonely'))

    def test_one_directory(self):
        for path in 'd', 'e', 'd/in', 'd/empty', 'd/alone', 'd/outside', 'd/in/half':
            with self.subTest(path):
                self.plant()
                self.settle()
                told = self.ask(path).roots[0]
                self.assertEqual(told['once'], told['freed'] + told['held'])
                self.gains(told['freed'], path)
                self.delete(*os.listdir(self.root))

    def test_what_is_left_frees_the_rest(self):
        self.plant()
        self.settle()
        held = self.ask('d').roots[0]['held']
        self.assertGreater(held, 70_000)
        self.gains(self.ask('d').roots[0]['freed'], 'd')
        rest = self.ask('e', 'kept')
        self.gains(rest.set['freed'], 'e', 'kept')
        self.assertGreaterEqual(rest.set['freed'], held)

    def test_a_set(self):
        """Together they free more than each alone."""
        self.plant()
        self.settle()
        answer = self.ask('d', 'e', 'kept')
        self.assertGreater(answer.set['freed'], sum(row['freed'] for row in answer.roots))
        self.gains(answer.set['freed'], 'd', 'e', 'kept')

    def test_paths_that_overlap(self):
        self.plant()
        self.settle()
        answer = self.ask('d/in', 'd', 'd', 'd/alone', 'e/more')
        self.gains(answer.set['freed'], 'd', 'e/more')

    def plant_series(self):
        """Snapshots that share what has not changed, as rsync --link-dest makes them."""
        rng = random.Random(self.id())
        days = [f'day{number}' for number in range(6)]
        for number, day in enumerate(days):
            self.mkdir(day, day + '/sub')
            for file in range(30):
                name = f'{"sub/" if file % 3 else ""}f{file}'
                if number == 0 or rng.random() < 0.3:
                    self.write(f'{day}/{name}', rng.choice([10, 5_000, 20_000, 300_000]), rng.choice([0, 0, 1 << 20]))
                else:
                    self.link(f'{days[number - 1]}/{name}', f'{day}/{name}')
        self.settle()
        return days

    def test_the_oldest_together(self):
        days = self.plant_series()
        answer = self.ask(*days)
        before = self.count()
        for number, day in enumerate(days):
            self.delete(day)
            self.settle()
            self.check(before, self.count(), answer.oldest[number], day)

    def test_each_alone(self):
        for number in range(3):
            days = self.plant_series()
            self.gains(self.ask(*days).roots[number * 2]['freed'], days[number * 2])
            self.delete(*os.listdir(self.root))

    def test_random_trees(self):
        """One directory after the other goes, until nothing is left."""
        rng = random.Random(self.id())
        for number in range(3):
            base = self.path(str(number))
            os.mkdir(base)
            Tree(base, rng, soft_links=self.soft_links)
            self.settle()
            before = self.count()
            while left := sorted(os.listdir(base)):
                paths = rng.sample(left, min(len(left), rng.choice([1, 1, 2, 3])))
                told = library.ask('space', base=base, root=paths).set['freed']
                names = [os.path.join(base, path) for path in paths]
                self.delete(*names)
                self.settle()
                after = self.count()
                self.check(before, after, told, names)
                before = after


class Ext4(Deletions, unittest.TestCase):
    """Block for block: st_blocks has the blocks of directories, of the maps of extents and of attributes."""

    mkfs = 'mkfs.ext4', '-q', '-b', str(BLOCK)

    def test_a_large_directory_and_a_file_in_pieces(self):
        """Blocks that hold no contents: of a directory's index, and of a map with more than four extents."""
        self.mkdir('d', 'd/many')
        for number in range(3000):
            open(self.path(f'd/many/{number:0>100}'), 'wb').close()
        for piece in range(400):
            with open(self.path('d/pieces'), 'r+b' if piece else 'wb') as file:
                file.seek(piece * 2 * BLOCK)
                file.write(b'x')
        self.settle()
        self.gains(self.ask('d').roots[0]['freed'], 'd')

    def test_attributes(self):
        """An attribute that does not fit into the inode has a block, which st_blocks counts."""
        self.mkdir('d')
        self.write('d/a', 10)
        os.setxattr(self.path('d/a'), 'user.long', os.urandom(1000))
        self.settle()
        told = self.ask('d').roots[0]['freed']
        self.assertEqual(told, 3 * BLOCK)
        self.gains(told, 'd')

    def test_attributes_that_files_share(self):
        """Equal attributes share one block, which st_blocks counts for each: the one figure that is too large."""
        self.mkdir('d')
        for name in 'd/a', 'd/b', 'c':
            self.write(name, 10)
            os.setxattr(self.path(name), 'user.long', b'x' * 1000)
        self.settle()
        told = self.ask('d').roots[0]['freed']
        self.assertEqual(told, 5 * BLOCK)
        self.gains(told - 2 * BLOCK, 'd')

    def test_there_is_no_doubt_of_shared_extents(self):
        self.mkdir('d')
        self.assertFalse(self.ask('d').doubts['shared'])


class Ext4WithSmallBlocks(Deletions, unittest.TestCase):
    mkfs = 'mkfs.ext4', '-q', '-b', '1024'


class Ext4WithInlineData(Disk, unittest.TestCase):
    """Contents that lie in the inode: the system tells them as sectors of 512 bytes, which no deletion returns."""

    mkfs = 'mkfs.ext4', '-q', '-b', str(BLOCK), '-I', '256', '-O', 'inline_data'

    def test_a_sector_a_file_at_most(self):
        self.mkdir('d')
        for number in range(10):
            self.write(f'd/{number}', 20)
        self.write('d/large', 20_000)
        self.settle()
        told = self.ask('d').roots[0]['freed']
        blocks = 6 * BLOCK  # of the directory and the large file
        self.assertLessEqual(told - blocks, 512 * 10)
        self.assertGreaterEqual(told, blocks)
        self.gains(blocks, 'd')


class Xfs(Deletions, unittest.TestCase):
    """Inodes lie in chunks that are made and given back as a whole, 64 or 16 at a time: what these occupy is no
    file's, and is taken out of the sum. The rest is exact."""

    mkfs = 'mkfs.xfs', '-q', '-i', 'size=512'

    def count(self):
        ground.need('xfs_io')
        lines = ground.run('xfs_io', '-x', '-c', 'statfs', self.root).splitlines()
        facts = dict(line.split(' = ', 1) for line in lines if ' = ' in line)
        return super().count() + int(facts['counts.allocino']) * 512

    def test_shared_extents(self):
        """Blocks that two files share stay until the second one goes, and the doubt is told."""
        self.mkdir('d')
        self.write('a', 300_000)
        ground.run('cp', '--reflink=always', self.path('a'), self.path('d/a'))
        self.settle()
        answer = self.ask('d')
        self.assertTrue(answer.doubts['shared'])
        self.assertGreaterEqual(answer.roots[0]['freed'], 300_000)
        self.gains(0, 'd')


class Btrfs(Deletions, unittest.TestCase):
    """The contents' bytes are exact. Names, inodes and maps of extents lie in trees of 16 KiB nodes which no file
    owns and which st_blocks does not count: what statvfs says may differ by these.

    Contents that lie in such a node themselves are told as a block each by st_blocks: those of small files, which
    max_inline=0 keeps out, and of all soft links.
    """

    mkfs = 'mkfs.btrfs', '-q', '-d', 'single', '-m', 'single'
    options = 'loop,max_inline=0'
    soft_links = False
    trees = 1 << 20

    def count(self):
        return super().count(), -used_by_data(self.root)

    def check(self, before, after, told, what):
        self.assertEqual(after[1] - before[1], told, what)
        self.assertLessEqual(abs(after[0] - before[0] - told), self.trees, what)

    def test_shared_extents(self):
        self.mkdir('d')
        self.write('a', 300_000)
        ground.run('cp', '--reflink=always', self.path('a'), self.path('d/a'))
        self.settle()
        answer = self.ask('d')
        self.assertTrue(answer.doubts['shared'])
        self.gains(0, 'd')

    def test_soft_links(self):
        self.mkdir('d')
        for number in range(10):
            os.symlink('x' * 100 * number + 'x', self.path(f'd/{number}'))
        self.settle()
        self.assertEqual(self.ask('d').roots[0]['freed'], 10 * BLOCK)
        self.gains(0, 'd')


def used_by_data(root):
    """The bytes that contents occupy (BTRFS_IOC_SPACE_INFO)."""
    request, slots = 0xC0109414, 64
    buffer = bytearray(struct.pack('=QQ', slots, 0) + bytes(24 * slots))
    where = os.open(root, os.O_RDONLY)
    try:
        fcntl.ioctl(where, request, buffer)
    finally:
        os.close(where)
    _, count = struct.unpack_from('=QQ', buffer)
    rows = [struct.unpack_from('=QQQ', buffer, 16 + 24 * row) for row in range(count)]
    return sum(used for flags, _, used in rows if flags & 1)  # BTRFS_BLOCK_GROUP_DATA


if __name__ == '__main__':
    unittest.main()
