# SPDX-License-Identifier: MIT
"""Borders: other file systems, other mounts of one, and what is read-only and why."""

import os
import unittest

import ground


def setUpModule():
    ground.enter()


class Borders(ground.Case):
    def setUp(self):
        super().setUp()
        self.write('a')

    def mount_id(self, name):
        fd = os.open(self.path(name), os.O_PATH)
        with open(f'/proc/self/fdinfo/{fd}', encoding='ascii') as lines:
            number = dict(line.split(':\t') for line in lines)['mnt_id'].strip()
        os.close(fd)
        return number

    def test_another_file_system(self):
        ground.mount('none', self.path('fs'), '-t', 'tmpfs')
        text = (f"two file systems: 'a' is on tmpfs (device {self.device('a')}), the directory 'fs' on tmpfs "
                f"(device {self.device('fs')})")
        crossed = {'status': 'CROSS_DEVICE', 'errno': 'EXDEV', 'cause': 'other-file-system', 'at': 'dst', 'text': text}
        self.refused('link', 'a', 'fs/b', **crossed)
        self.refused('link+beneath', 'a', 'fs/b', **crossed)
        self.refused('link+replace', 'a', 'fs/b', **crossed)
        self.write('fs/b', 'old')
        # What stands in the way comes before the border, unless it is to be replaced.
        self.refused('link', 'a', 'fs/b', status='EXISTS', errno='EEXIST', cause='dst-exists', at='dst',
                     text="'fs/b' exists: it is a regular file")
        self.refused('link+replace', 'a', 'fs/b', **crossed)
        self.refused('backup', 'a', 'fs/b', **crossed)

    def test_a_directory_to_another_file_system(self):
        # The border comes before what the file is; `why` names both.
        self.mkdir('d')
        ground.mount('none', self.path('fs'), '-t', 'tmpfs')
        text = (f"two file systems: 'd' is on tmpfs (device {self.device('d')}), the directory 'fs' on tmpfs "
                f"(device {self.device('fs')})")
        self.refused('link', 'd', 'fs/b', status='CROSS_DEVICE', errno='EXDEV', cause='other-file-system', at='dst',
                     text=text)
        causes = [error['cause'] for error in ground.probe('why', 'd', 'fs/b', cwd=self.at).errors]
        self.assertEqual(causes, ['other-file-system', 'src-is-directory'])

    def test_a_directory(self):
        self.mkdir('d')
        self.refused('link', 'd', 'b', status='NOT_PERMITTED', errno='EPERM', cause='src-is-directory', at='src',
                     text="'d' is a directory, and a directory has one name only")
        self.refused('fd', 'd', 'b', status='NOT_PERMITTED', errno='EPERM', cause='src-is-directory', at='src',
                     text='the open file is a directory, and a directory has one name only')

    def test_another_mount(self):
        self.mkdir('d')
        ground.mount(self.path('d'), self.path('m'), '--bind')
        self.refused('link', 'a', 'm/b', status='CROSS_DEVICE', errno='EXDEV', cause='other-mount', at='dst',
                     text=f"same disk, but two mounts (id {self.mount_id('a')} and {self.mount_id('m')}): 'a' and "
                          "the directory 'm' are reached through different ones")
        self.done('link', 'a', 'd/b')  # the same directory through our own mount

    def test_a_file_that_is_a_mount(self):
        # As containers get single files: the file is a mount, its directory is another.
        self.write('m')
        ground.run('mount', '--bind', self.path('a'), self.path('m'))
        self.refused('link', 'm', 'b', status='CROSS_DEVICE', errno='EXDEV', cause='other-mount', at='dst',
                     text=f"same disk, but two mounts (id {self.mount_id('m')} and {self.mount_id('.')}): 'm' and "
                          "the directory '.' are reached through different ones")
        self.done('link+replace', 'm', 'a')  # it is a name of the file already

    def test_a_name_that_is_a_mount_cannot_go(self):
        self.write('m')
        self.write('c')
        ground.run('mount', '--bind', self.path('a'), self.path('m'))
        busy = {'status': 'BUSY', 'errno': 'EBUSY', 'cause': 'other-mount', 'at': 'dst',
                'text': "something is mounted on 'm' (mount id %s)" % self.mount_id('m')}
        self.refused('unlink', '', 'm', step='unlink', **busy)
        self.refused('link+replace', 'c', 'm', step='rename', **busy)
        self.refused('symlink+replace', 'c', 'm', step='rename', **busy)
        self.refused('backup', 'c', 'm', step='exchange', **busy)
        self.refused('numbered', 'c', 'm', step='exchange', **busy)
        self.assertEqual(sorted(os.listdir(self.at)), ['a', 'c', 'm'])

    def test_the_link_of_proc(self):
        # Not followed, it is a soft link of another file system.
        fd = os.open(self.path('a'), os.O_PATH)
        self.addCleanup(os.close, fd)
        way = f'/proc/{os.getpid()}/fd/{fd}'
        self.done('link', way, 'b')
        answer = ground.probe('link+nofollow', way, 'c', cwd=self.at)
        self.assertEqual([(error['errno'], error['cause']) for error in answer.errors],
                         [('EXDEV', 'other-file-system')])


class WithoutLinks(ground.Case):
    """File systems of the kernel's own, in which nobody makes names."""

    def refuse(self, kind, name, *, certain=True):
        root = ground.mount('none', self.path(kind), '-t', kind, kind=kind)
        empty = self.mkdir('empty')
        refused = {'cwd': root, 'watch': empty, 'status': 'NOT_PERMITTED', 'errno': 'EPERM', 'cause': 'no-hard-links',
                   'at': 'dst', 'certain': certain}
        self.refused('link', name, 'nlink-test', foreseen=True if certain else '', **refused,
                     text=f'the file system ({kind}) has no hard links')
        self.refused('symlink', name, 'nlink-test', step='symlink', **refused,
                     text=f'the file system ({kind}) takes no soft links')

    def test_sysfs(self):
        self.refuse('sysfs', 'kernel/notes')

    def test_devpts(self):
        self.refuse('devpts', 'ptmx')

    def test_cgroup2(self):
        self.refuse('cgroup2', 'cgroup.procs')

    def test_one_that_is_not_known(self):
        self.refuse('binfmt_misc', 'status', certain=False)

    def test_proc(self):
        root = ground.mount('none', self.path('proc'), '-t', 'proc')
        empty = self.mkdir('empty')
        for act in 'link', 'symlink':
            self.refused(act, 'version', 'nlink-test', cwd=root, watch=empty, step=act, status='NOT_FOUND',
                         errno='ENOENT', cause='no-hard-links', at='dst',
                         text='no name can be made on this file system (proc)')


class ReadOnly(ground.Case):
    def test_a_read_only_mount(self):
        self.write('a')
        self.mkdir('d')
        self.write('d/c')
        ground.mount(self.path('d'), self.path('m'), '--bind')
        ground.run('mount', '-o', 'remount,bind,ro', self.path('m'))
        fd = os.open(self.path('m'), os.O_PATH)
        self.addCleanup(os.close, fd)
        with open(f'/proc/self/fdinfo/{fd}', encoding='ascii') as lines:
            number = dict(line.split(':\t') for line in lines)['mnt_id'].strip()
        refused = {'status': 'READ_ONLY', 'errno': 'EROFS', 'cause': 'read-only-mount', 'at': 'dst',
                   'text': f"the directory 'm' is reached through a read-only mount (id {number}) of a tmpfs file "
                           'system'}
        self.refused('link', 'm/c', 'm/b', **refused)
        self.refused('link', 'a', 'm/b', **refused)  # before the border of the mounts
        self.refused('symlink', 'a', 'm/b', step='symlink', **refused)
        self.refused('unlink', '', 'm/c', step='unlink', **refused)
        self.refused('link', 'a', 'm/c', status='EXISTS', errno='EEXIST', cause='dst-exists', at='dst',
                     text="'m/c' exists: it is a regular file")
        self.refused('link+replace', 'm/c', 'm/b', **refused)

    def test_a_read_only_file_system(self):
        root = ground.mount('none', self.path('fs'), '-t', 'tmpfs')
        ground.write(os.path.join(root, 'a'))
        ground.run('mount', '-o', 'remount,ro', root)
        refused = {'status': 'READ_ONLY', 'errno': 'EROFS', 'cause': 'read-only-file-system', 'at': 'dst',
                   'text': "the file system (tmpfs) of the directory '.' is read-only"}
        self.refused('link', 'a', 'b', cwd=root, **refused)
        self.refused('link', 'a', 'b', cwd=root, user=ground.NOBODY, **refused)
        self.refused('symlink', 'a', 'b', cwd=root, step='symlink', **refused)

    def test_squashfs(self):
        ground.need('mksquashfs')
        self.mkdir('d')
        self.write('d/a')
        os.link(self.path('d/a'), self.path('d/b'))
        ground.run('mksquashfs', self.path('d'), self.path('image'), '-quiet', '-no-progress')
        root = ground.mount(self.path('image'), self.path('fs'), '-o', 'loop', kind='squashfs')
        self.assertEqual(os.stat(os.path.join(root, 'a')).st_nlink, 2)
        self.refused('link', 'a', 'c', cwd=root, status='READ_ONLY', errno='EROFS', cause='read-only-file-system',
                     at='dst', text="the file system (squashfs) of the directory '.' is read-only")


if __name__ == '__main__':
    unittest.main()
