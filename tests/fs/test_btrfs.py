# SPDX-License-Identifier: MIT
"""btrfs: subvolumes, snapshots, quota groups, and its two limits of names."""

import os
import unittest

import ground

LIMIT = 65535


def setUpModule():
    ground.enter()


class Btrfs(ground.Case):
    @classmethod
    def setUpClass(cls):
        ground.need('btrfs')
        cls.root = ground.new_mount('btrfs', 256, 'mkfs.btrfs', '-q')

    def subvolume(self, name):
        ground.run('btrfs', 'subvolume', 'create', self.path(name))

    def test_another_subvolume(self):
        self.write('a')
        self.subvolume('s')
        self.refused('link', 'a', 's/b', status='CROSS_DEVICE', errno='EXDEV', cause='other-subvolume', at='dst',
                     text="btrfs: another subvolume: 'a' is in one, the directory 's' in another")
        self.refused('link+beneath', 'a', 's/b', status='CROSS_DEVICE', errno='EXDEV', cause='other-subvolume',
                     at='dst', text="btrfs: another subvolume: 'a' is in one, the directory 's' in another")

    def test_a_snapshot(self):
        self.subvolume('s')
        self.write('s/a')
        ground.run('btrfs', 'subvolume', 'snapshot', self.path('s'), self.path('t'))
        # The inode numbers are equal, the files are two.
        self.assertEqual(os.stat(self.path('s/a')).st_ino, os.stat(self.path('t/a')).st_ino)
        self.refused('link', 's/a', 't/a', status='EXISTS', errno='EEXIST', cause='dst-exists', at='dst',
                     text="'t/a' exists: it is a regular file")
        self.refused('link', 's/a', 't/b', status='CROSS_DEVICE', errno='EXDEV', cause='other-subvolume', at='dst',
                     text="btrfs: another subvolume: 's/a' is in one, the directory 't' in another")

    def test_a_read_only_snapshot(self):
        self.subvolume('s')
        self.write('s/a')
        ground.run('btrfs', 'subvolume', 'snapshot', '-r', self.path('s'), self.path('t'))
        self.refused('link', 't/a', 't/b', status='READ_ONLY', errno='EROFS', cause='read-only-file-system',
                     at='dst', text="the subvolume of the directory 't' is read-only")
        self.refused('unlink', '', 't/a', step='unlink', status='READ_ONLY', errno='EROFS',
                     cause='read-only-file-system', at='dst', text="the subvolume of the directory 't' is read-only")
        # From another subvolume too it is the first thing that the system sees.
        self.refused('link', 's/a', 't/b', status='READ_ONLY', errno='EROFS', cause='read-only-file-system',
                     at='dst', text="the subvolume of the directory 't' is read-only")

    def test_the_limit_of_names(self):
        file = self.write('a')
        directory = os.open(self.mkdir('names'), os.O_RDONLY)
        self.addCleanup(os.close, directory)
        for number in range(LIMIT - 1):
            os.link(file, str(number), dst_dir_fd=directory)
        self.refused('link', 'a', 'b', watch=self.at, status='TOO_MANY_LINKS', errno='EMLINK', cause='link-limit',
                     at='src', text="65535 names is this file system's limit (btrfs)")

    def test_the_quota(self):
        self.subvolume('s')
        self.write('s/a')
        ground.run('btrfs', 'quota', 'enable', self.root)
        self.addCleanup(ground.run, 'btrfs', 'quota', 'disable', self.root)
        ground.run('btrfs', 'quota', 'rescan', '-w', self.root)
        ground.run('btrfs', 'qgroup', 'limit', '64k', self.path('s'))
        try:
            with open(self.path('s/filler'), 'wb', buffering=0) as filler:
                while filler.write(bytes(4096)):
                    pass
        except OSError:
            pass
        made = 0
        while ground.probe('link', 's/a', f's/{made:0>250}', cwd=self.at).status == 'OK':
            made += 1
            self.assertLess(made, 2000)
        self.refused('link', 's/a', f's/{made:0>250}', foreseen='', status='QUOTA', errno='EDQUOT',
                     cause='quota-used', at='dst', text="the quota for the directory 's' is used up (btrfs)")

    def test_the_longest_target(self):
        self.done('symlink', 'x' * 4095, 'long')
        self.refused('symlink', 'x' * 4096, 'longer', step='symlink', status='NAME_TOO_LONG', errno='ENAMETOOLONG',
                     cause='too-long', at='src', text='the target has 4096 bytes; btrfs holds fewer')


class NamesInOneDirectory(ground.Case):
    """Without extended references the names that one directory gives a file lie in one block."""

    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('small', 256, 'mkfs.btrfs', '-q', '-O', '^extref', '-n', '4096')

    def test_the_limit_of_names(self):
        self.write('a')
        self.mkdir('d')
        made = 0
        while made < 400:
            try:
                os.link(self.path('a'), self.path(f'd/{made:0>200}'))
            except OSError:
                break
            made += 1
        self.assertLess(made, 30)
        self.refused('link', 'a', f'd/{made:0>200}', foreseen='', status='TOO_MANY_LINKS', errno='EMLINK',
                     cause='link-limit', at='dst',
                     text=f"the directory 'd' holds as many names of 'a' as btrfs can note for one directory "
                          f'(it has {made + 1} names in all)')
        self.done('link', 'a', 'b')  # another directory can


if __name__ == '__main__':
    unittest.main()
