# SPDX-License-Identifier: MIT
"""XFS: project ids, the short targets of its soft links, and what it says after a shutdown."""

import errno
import os
import unittest

import confine
import ground

MKFS = 'mkfs.xfs', '-q'


def setUpModule():
    ground.enter()


class Xfs(ground.Case):
    @classmethod
    def setUpClass(cls):
        ground.need('xfs_io')
        cls.root = ground.new_mount('xfs', 320, *MKFS)

    def give_project(self, name, number, inherits):
        ground.run('xfs_io', '-c', f'chproj {number}', self.path(name))
        if inherits:
            ground.run('xfs_io', '-c', 'chattr +P', self.path(name))

    def test_another_project(self):
        self.write('a')
        self.mkdir('d')
        self.give_project('d', 41, inherits=False)
        self.done('link', 'a', 'd/b')  # the id alone keeps nobody out
        self.give_project('d', 41, inherits=True)
        self.refused('link', 'a', 'd/c', status='CROSS_DEVICE', errno='EXDEV', cause='other-project', at='dst',
                     text="the directory 'd' gives its project id 41 to all in it, and 'a' has project id 0")
        self.give_project('a', 41, inherits=False)
        self.done('link', 'a', 'd/c')
        self.give_project('a', 7, inherits=False)
        self.refused('link+beneath', 'a', 'd/e', status='CROSS_DEVICE', errno='EXDEV', cause='other-project',
                     at='dst',
                     text="the directory 'd' gives its project id 41 to all in it, and 'a' has project id 7")

    def test_another_project_of_an_unreadable_file(self):
        self.write('a', mode=0o200, owner=ground.NOBODY)
        self.mkdir('d', mode=0o777)
        self.mkdir('e', mode=0o333)
        self.give_project('d', 41, inherits=True)
        self.give_project('e', 42, inherits=True)
        crossed = {'user': ground.NOBODY, 'status': 'CROSS_DEVICE', 'errno': 'EXDEV', 'cause': 'other-project',
                   'at': 'dst'}
        # A kernel that tells the project only of open files, as all did before 6.17.
        old = confine.refuse_calls(file_getattr=errno.ENOSYS)
        self.refused('link', 'a', 'd/b', **crossed, confine=old, certain=False, foreseen='',
                     text="the directory 'd' gives its project id 41 to all in it, and 'a', whose id cannot be "
                          'read, has another')
        self.refused('link', 'a', 'e/b', **crossed, confine=old, certain=False, foreseen='',
                     text="the directory 'e', which cannot be read, gives a project id to all in it, and 'a' has "
                          'another')
        if confine.has_call('file_getattr'):
            self.refused('link', 'a', 'e/b', **crossed,
                         text="the directory 'e' gives its project id 42 to all in it, and 'a' has project id 0")

    def test_other_kinds_of_files_in_a_project(self):
        self.mkdir('d')
        self.give_project('d', 41, inherits=True)
        os.mkfifo(self.path('p'))
        self.assertEqual(ground.probe('why', 'p', 'd/p', cwd=self.at).errors, [])
        self.done('link', 'p', 'd/p')  # XFS gives special files no project
        os.symlink('p', self.path('s'))
        if confine.has_call('file_getattr'):
            self.refused('link+nofollow', 's', 'd/s', status='CROSS_DEVICE', errno='EXDEV', cause='other-project',
                         at='dst',
                         text="the directory 'd' gives its project id 41 to all in it, and 's' has project id 0")

    def test_the_longest_target(self):
        self.done('symlink', 'x' * 1023, 'long')
        self.refused('symlink', 'x' * 1024, 'longer', step='symlink', status='NAME_TOO_LONG', errno='ENAMETOOLONG',
                     cause='too-long', at='src', text='the target has 1024 bytes; xfs holds fewer')

    def test_many_names(self):
        """More than ext4 and btrfs can hold."""
        file = self.write('a')
        directory = os.open(self.mkdir('names'), os.O_RDONLY)
        self.addCleanup(os.close, directory)
        for number in range(65536):
            os.link(file, str(number), dst_dir_fd=directory)
        self.done('link', 'a', 'b')
        self.assertEqual(os.stat(file).st_nlink, 65538)


class Broken(ground.Case):
    def test_after_a_shutdown(self):
        ground.need('xfs_io')
        root = ground.new_mount('broken', 320, *MKFS)
        self.addCleanup(ground.unmount, root)
        ground.write(os.path.join(root, 'a'))
        inside = os.open(root, os.O_RDONLY)
        self.addCleanup(os.close, inside)
        ground.run('xfs_io', '-x', '-c', 'shutdown', root)
        # Nothing can be looked at any more.
        self.refused('link', 'a', 'b', cwd=root, watch=self.at, certain=False, foreseen='', status='IO',
                     errno='EIO', cause='device-failed', at='neither',
                     text='the device failed, or the file system (xfs) has shut down after an error')


if __name__ == '__main__':
    unittest.main()
