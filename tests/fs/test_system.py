# SPDX-License-Identifier: MIT
"""What is asked of the system for replacing files (tests/unit/test_os_*.c), on every file system that has names."""

import os
import shutil
import subprocess
import unittest

import ground


def setUpModule():
    ground.enter()


class System:
    """A class below says where, and what that file system can do: all of it, and no more."""

    can = ''

    def program(self, name):
        copy = shutil.copy(os.environ['NLINK_UNIT_OS_' + name.upper()], ground.home)
        done = subprocess.run([copy], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=ground.environment(TMPDIR=self.at, NLINK_OS_CAN=self.can))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn('not ok', done.stdout)
        self.assertNotIn('# SKIP', done.stdout)
        self.assertEqual(os.listdir(self.at), [])

    def test_files(self):
        self.program('files')

    def test_leases(self):
        self.program('leases')

    def test_blocks(self):
        self.program('blocks')


class OnExt4(System, ground.Case):
    can = 'leases extents xattrs acls mapped-writes noatime holes times'

    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('ext4', 256, 'mkfs.ext4', '-q')


class OnXfs(System, ground.Case):
    can = 'leases extents shares xattrs acls mapped-writes noatime holes times'

    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('xfs', 320, 'mkfs.xfs', '-q')


class OnBtrfs(System, ground.Case):
    can = OnXfs.can

    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('btrfs', 256, 'mkfs.btrfs', '-q')


class OnCompressedBtrfs(System, ground.Case):
    """Where compressed bytes lie is nothing to sort by."""

    can = OnXfs.can + ' compressed'

    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('compressed', 256, 'mkfs.btrfs', '-q', options='loop,compress-force')


class OnTmpfs(System, ground.Case):
    can = 'leases xattrs acls noatime holes times'

    @classmethod
    def setUpClass(cls):
        cls.root = ground.mount('none', os.path.join(ground.home, 'tmpfs'), '-t', 'tmpfs')


class OnOverlay(System, ground.Case):
    """A lease would be granted, and does not see who has the file below mapped."""

    can = 'extents xattrs acls noatime holes times'

    @classmethod
    def setUpClass(cls):
        backing = ground.new_mount('backing', 256, 'mkfs.ext4', '-q')
        for name in 'lower', 'upper', 'work':
            os.mkdir(os.path.join(backing, name))
        cls.root = ground.mount('none', os.path.join(ground.home, 'overlay'), '-t', 'overlay', '-o',
                                f'lowerdir={backing}/lower,upperdir={backing}/upper,workdir={backing}/work',
                                kind='overlay')


class OnFuse(System, ground.Case):
    can = 'xattrs acls'

    @classmethod
    def setUpClass(cls):
        ground.need('bindfs')
        backing = ground.new_mount('bindfs.backing', 256, 'mkfs.ext4', '-q')
        cls.root = os.path.join(ground.home, 'bindfs')
        server = ground.serve(cls.root, 'bindfs', '-f', '-o', 'attr_timeout=0,entry_timeout=0,negative_timeout=0',
                              backing, cls.root)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(ground.unmount, cls.root)


if __name__ == '__main__':
    unittest.main()
