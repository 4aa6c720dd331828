# SPDX-License-Identifier: MIT
"""tmpfs: an inode for each name, and a size."""

import os
import unittest

import ground


def setUpModule():
    ground.enter()


class Tmpfs(ground.Case):
    def new_tmpfs(self, *options):
        root = ground.mount('none', self.path('fs'), '-t', 'tmpfs', '-o', ','.join(options))
        ground.write(os.path.join(root, 'a'))
        return root

    def test_no_inodes(self):
        root = self.new_tmpfs('nr_inodes=10')
        made = 0
        while ground.probe('link', 'a', str(made), cwd=root).status == 'OK':
            made += 1
        self.assertEqual(made, 8)
        self.refused('link', 'a', 'b', cwd=root, foreseen='', status='NO_SPACE', errno='ENOSPC', cause='no-inodes',
                     at='dst', text='the file system (tmpfs) has no free inode left')
        # Each name counts as one: a name less is room for another.
        self.done('unlink', '', '0', cwd=root)
        self.done('link', 'a', 'b', cwd=root)

    def test_full(self):
        root = self.new_tmpfs('size=64k')
        ground.write(os.path.join(root, 'filler'))
        with open(os.path.join(root, 'filler'), 'wb', buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                pass
        self.done('link', 'a', 'b', cwd=root)  # a name takes nothing of the size
        self.refused('symlink', 'x' * 3000, 'c', cwd=root, step='symlink', status='NO_SPACE', errno='ENOSPC',
                     cause='full', at='dst',
                     text="the file system (tmpfs) has no free block left for the directory '.'")

    def test_the_longest_target(self):
        root = self.new_tmpfs('size=1m')
        self.done('symlink', 'x' * 4095, 'long', cwd=root)
        self.refused('symlink', 'x' * 4096, 'longer', cwd=root, step='symlink', status='NAME_TOO_LONG',
                     errno='ENAMETOOLONG', cause='too-long', at='src',
                     text='the target has 4096 bytes; tmpfs holds fewer')


if __name__ == '__main__':
    unittest.main()
