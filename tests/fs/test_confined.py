# SPDX-License-Identifier: MIT
"""Processes that are kept from things: Landlock, call filters, no /proc, descriptors of other users."""

import errno
import os
import unittest

import confine
import ground

NOBODY = ground.NOBODY


def setUpModule():
    ground.enter()


class Landlock(ground.Case):
    def setUp(self):
        super().setUp()
        self.write('a', owner=NOBODY)
        self.mkdir('d', 0o777)
        os.chmod(self.at, 0o777)

    def test_a_file_may_not_leave_its_directory(self):
        # No right to refer is what every rule of Landlock means, whatever it is about.
        rule = confine.landlock('/', confine.MAKE_REG, confine.MAKE_REG)
        text = 'one file system and one mount: a Landlock rule that keeps files in their directories'
        refused = {'confine': rule, 'foreseen': '', 'certain': False, 'status': 'CROSS_DEVICE', 'errno': 'EXDEV',
                   'cause': 'security-module', 'at': 'dst', 'text': text}
        self.refused('link', 'a', 'd/b', **refused)
        self.refused('link', 'a', 'd/b', user=NOBODY, **refused)
        self.refused('link+beneath', 'a', 'd/b', **refused)
        self.done('link', 'a', 'b', confine=rule)
        self.done('link+replace', 'a', 'b', confine=rule)

    def test_no_new_files_at_all(self):
        rule = confine.landlock(self.mkdir('allowed'), confine.MAKE_REG | confine.REFER,
                                confine.MAKE_REG | confine.REFER)
        self.refused('link', 'a', 'b', confine=rule, foreseen='', certain=False, status='DENIED', errno='EACCES',
                     cause='security-module', at='dst',
                     text='the permissions allow it: a security module (SELinux, AppArmor, Landlock) or the '
                          "system's sandbox refuses")


class Filters(ground.Case):
    def setUp(self):
        super().setUp()
        self.write('a')

    def test_links_are_forbidden(self):
        rule = confine.refuse_calls(linkat=errno.EPERM)
        refused = {'confine': rule, 'foreseen': '', 'certain': False, 'status': 'NOT_PERMITTED', 'errno': 'EPERM',
                   'cause': 'security-module', 'at': 'dst',
                   'text': "this process's system calls are filtered (seccomp)"}
        self.refused('link', 'a', 'b', **refused)
        self.refused('link+replace', 'a', 'b', **refused)
        self.refused('fd', 'a', 'b', **refused)

    def test_there_is_no_openat2(self):
        """As on an old kernel, or in an old container: the paths are walked."""
        self.mkdir('d')
        os.symlink('..', self.path('d/up'))
        os.symlink('../..', self.path('d/out'))
        os.symlink('/', self.path('root'))
        for error in errno.ENOSYS, errno.EPERM:
            rule = confine.refuse_calls(openat2=error)
            with self.subTest(error=errno.errorcode[error]):
                self.done('link+beneath', 'a', 'd/b', confine=rule)
                self.done('link+beneath', 'd/up/a', 'd/up/d/c', confine=rule)
                self.done('unlink+beneath', '', 'd/b', confine=rule)
                self.done('unlink+beneath', '', 'd/up/d/c', confine=rule)
                for out in '../x', '/etc', 'd/out/x', 'root/x':
                    self.refused('link+beneath', 'a', out, confine=rule, step='resolve', status='ESCAPES',
                                 errno='EXDEV', cause='leaves-directory', at='dst',
                                 text=f"'{out}' leads out of its directory")
                    self.refused('link+beneath', out, 'b', confine=rule, step='resolve', status='ESCAPES',
                                 errno='EXDEV', cause='leaves-directory', at='src',
                                 text=f"'{out}' leads out of its directory")

    def test_there_is_no_statx(self):
        """What is known then: no mount, so no cause of that kind is told as certain."""
        rule = confine.refuse_calls(statx=errno.ENOSYS)
        self.done('link', 'a', 'b', confine=rule)
        self.done('link+replace', 'a', 'b', confine=rule)
        self.assertEqual(self.done('stat', 'b', '', confine=rule).call['link_count'], 2)
        ground.mount('none', self.path('fs'), '-t', 'tmpfs')
        self.refused('link', 'a', 'fs/b', confine=rule, foreseen='', certain=False, status='CROSS_DEVICE',
                     errno='EXDEV', cause='other-file-system', at='dst',
                     text=f"two file systems: 'a' is on tmpfs (device {self.device('a')}), the directory 'fs' on "
                          f"tmpfs (device {self.device('fs')})")


class WithoutProc(ground.Case):
    """In a root directory of its own that has the programs and libraries, but neither /proc nor /sys."""

    @classmethod
    def setUpClass(cls):
        cls.jail = os.path.join(ground.home, 'jail')
        for name in os.listdir('/'):
            if name in ('usr', 'lib', 'lib32', 'lib64', 'libx32', 'bin', 'etc'):
                ground.mount('/' + name, os.path.join(cls.jail, name), '--bind')
        ground.mount(ground.home, cls.jail + ground.home, '--bind')
        cls.root = ground.mount('none', os.path.join(cls.jail, 'test'), '-t', 'tmpfs')

    def enter(self):
        os.chroot(self.jail)
        os.chdir('/test/' + self._testMethodName)

    def setUp(self):
        super().setUp()
        os.chmod(self.at, 0o777)
        self.write('a')

    def test_it_works(self):
        self.done('link', 'a', 'b', prepare=self.enter)
        self.done('link+replace', 'a', 'b', prepare=self.enter)
        self.done('link+beneath', 'a', 'c', prepare=self.enter)
        self.done('fd', 'a', 'd', prepare=self.enter)
        self.done('tmpfile', '.', 'e', prepare=self.enter)
        self.done('numbered', 'a', 'e', prepare=self.enter)

    def test_protected_hardlinks_that_cannot_be_read(self):
        self.refused('link', 'a', 'b', prepare=self.enter, user=NOBODY, certain=False, foreseen='',
                     status='NOT_PERMITTED', errno='EPERM', cause='protected-hardlinks', at='src',
                     text="fs.protected_hardlinks (which cannot be read): 'a' belongs to uid 0, you are uid "
                          f'{NOBODY} and may not write it')

    def test_borders(self):
        self.mkdir('d')
        ground.mount('none', self.path('fs'), '-t', 'tmpfs')
        ground.mount(self.path('d'), self.path('m'), '--bind')
        self.refused('link', 'a', 'fs/b', prepare=self.enter, status='CROSS_DEVICE', errno='EXDEV',
                     cause='other-file-system', at='dst',
                     text=f"two file systems: 'a' is on tmpfs (device {self.device('a')}), the directory 'fs' on "
                          f"tmpfs (device {self.device('fs')})")
        answer = ground.probe('link', 'a', 'm/b', cwd=self.at, prepare=self.enter)
        self.assertEqual([(e['cause'], e['certain']) for e in answer.errors], [('other-mount', True)])

    def test_read_only(self):
        """Whether it is the mount or the file system cannot be told."""
        root = ground.mount('none', self.path('fs'), '-t', 'tmpfs')
        ground.write(root + '/a')
        ground.run('mount', '-o', 'remount,ro', root)
        self.refused('link', 'fs/a', 'fs/b', prepare=self.enter, certain=False, status='READ_ONLY', errno='EROFS',
                     cause='read-only-file-system', at='dst',
                     text="the file system of the directory 'fs' is read-only")

    def test_a_descriptor_of_another_user(self):
        self.write('f', mode=0o666, owner=NOBODY)
        fd = os.open(self.path('f'), os.O_RDONLY)
        self.addCleanup(os.close, fd)
        self.refused('inherited', str(fd), 'b', prepare=self.enter, user=NOBODY, pass_fds=[fd], certain=False,
                     status='NOT_FOUND', errno='ENOENT', cause='foreign-descriptor', at='src',
                     text='the descriptor was opened under other credentials, and /proc is not there to help')


class Descriptors(ground.Case):
    """Files that are already open."""

    def setUp(self):
        super().setUp()
        os.chmod(self.at, 0o777)

    def test_opened_by_another_user(self):
        self.write('a', mode=0o666, owner=NOBODY)
        fd = os.open(self.path('a'), os.O_RDONLY)
        self.addCleanup(os.close, fd)
        self.done('inherited', str(fd), 'b', pass_fds=[fd])
        self.done('inherited', str(fd), 'c', user=NOBODY, pass_fds=[fd])
        self.assertEqual(os.stat(self.path('a')).st_nlink, 3)

    def test_a_file_whose_last_name_is_gone(self):
        self.write('a')
        fd = os.open(self.path('a'), os.O_RDONLY)
        self.addCleanup(os.close, fd)
        os.unlink(self.path('a'))
        self.refused('inherited', str(fd), 'b', pass_fds=[fd], status='NOT_FOUND', errno='ENOENT',
                     cause='no-name-left', at='src',
                     text='the open file has no name left, or was made to have none: it cannot get a new one')

    def test_a_file_that_was_to_have_no_name(self):
        self.refused('tmpfile+excl', '.', 'b', status='NOT_FOUND', errno='ENOENT', cause='no-name-left', at='src',
                     text='the open file has no name left, or was made to have none: it cannot get a new one')

    def test_a_soft_link_opened_as_itself(self):
        os.symlink('nowhere', self.path('s'))
        self.done('fd', 's', 't')
        self.assertEqual(os.readlink(self.path('t')), 'nowhere')
        self.assertEqual(os.lstat(self.path('s')).st_nlink, 2)

    def test_no_open_file(self):
        self.refused('inherited', '77', 'b', status='BAD_DESCRIPTOR', errno='EBADF', cause='descriptor', at='src',
                     text='descriptor 77 is not open')

    def test_the_directory_is_gone(self):
        os.mkdir(self.path('d'))

        def leave():
            os.chdir(self.path('d'))
            os.rmdir(self.path('d'))

        self.write('a')
        answer = ground.probe('link', self.path('a'), 'b', cwd=self.at, prepare=leave)
        self.assertEqual([(e['errno'], e['cause'], e['certain'], e['text']) for e in answer.errors],
                         [('ENOENT', 'directory-removed', True, "the directory '.' has been removed")])


if __name__ == '__main__':
    unittest.main()
