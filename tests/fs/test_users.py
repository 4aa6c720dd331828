# SPDX-License-Identifier: MIT
"""What another user than root may not do, and what the sentence tells of it."""

import errno
import os
import unittest

import confine
import ground

NOBODY = ground.NOBODY
OTHER = 4242


def setUpModule():
    ground.enter()


def rule(name):
    with open(f'/proc/sys/fs/{name}', encoding='ascii') as file:
        return file.read().strip()


class ProtectedHardlinks(ground.Case):
    def setUp(self):
        super().setUp()
        if rule('protected_hardlinks') != '1':
            self.skipTest('fs.protected_hardlinks is off on this machine')
        os.chmod(self.at, 0o777)

    def protected(self, act, why, src='a', **how):
        self.refused(act, src, 'b', user=NOBODY, status='NOT_PERMITTED', errno='EPERM', cause='protected-hardlinks',
                     at='src', **{'text': f"fs.protected_hardlinks=1: '{src}' belongs to uid 0, you are uid {NOBODY} "
                                          f'and {why}', **how})

    def test_a_file_that_one_may_not_write(self):
        self.write('a', mode=0o644)
        self.protected('link', 'may not write it')
        self.protected('link+replace', 'may not write it')
        self.protected('link+beneath', 'may not write it')
        self.write('b', 'old')
        self.protected('link+replace', 'may not write it')
        self.protected('backup', 'may not write it')

    def test_a_file_that_one_may_not_read(self):
        self.write('a', mode=0o622)
        self.protected('link', 'may not read it')

    def test_a_file_that_one_may_neither_read_nor_write(self):
        self.write('a', mode=0o600)
        self.protected('link', 'may neither read nor write it')

    def test_a_file_that_one_may_read_and_write(self):
        self.write('a', mode=0o666)
        self.done('link', 'a', 'b', user=NOBODY)

    def test_ones_own_file(self):
        self.write('a', mode=0, owner=NOBODY)
        self.done('link', 'a', 'b', user=NOBODY)

    def test_a_setuid_program(self):
        self.write('a', mode=0o4777)
        self.protected('link', 'it is a setuid program')

    def test_a_setgid_program(self):
        self.write('a', mode=0o2777)
        self.protected('link', 'it is a setgid program')
        os.chmod(self.path('a'), 0o2767)  # without the group's right to run it, it is none
        self.done('link', 'a', 'b', user=NOBODY)

    def test_other_kinds_of_files(self):
        os.mkfifo(self.path('a'))
        os.chmod(self.path('a'), 0o666)
        self.protected('link', 'it is not a regular file')

    def test_a_soft_link_itself(self):
        self.write('f', mode=0o666)
        os.symlink('f', self.path('a'))
        self.protected('link+nofollow', 'it is not a regular file')
        self.done('link', 'a', 'b', user=NOBODY)  # what it leads to may be linked

    def test_through_a_soft_link(self):
        self.write('f', mode=0o644)
        os.symlink('f', self.path('a'))
        self.protected('link', 'may not write it')

    def test_an_open_file(self):
        self.write('a', mode=0o644)
        self.refused('fd', 'a', 'b', user=NOBODY, status='NOT_PERMITTED', errno='EPERM', cause='protected-hardlinks',
                     at='src', text=f'fs.protected_hardlinks=1: the open file belongs to uid 0, you are uid {NOBODY} '
                                    'and may not write it')


class Directories(ground.Case):
    def test_no_permission_to_write(self):
        self.write('a', owner=NOBODY)
        self.mkdir('d', 0o755)
        refused = {'user': NOBODY, 'status': 'DENIED', 'errno': 'EACCES', 'cause': 'not-writable', 'at': 'dst',
                   'text': f"the directory 'd' refuses: no write permission for uid {NOBODY}"}
        self.refused('link', 'a', 'd/b', **refused)
        self.refused('link+beneath', 'a', 'd/b', **refused)
        self.refused('symlink', 'a', 'd/b', step='symlink', **refused)
        self.write('d/c', owner=NOBODY)
        self.refused('unlink', '', 'd/c', step='unlink', **refused)
        self.refused('link+replace', 'a', 'd/c', **refused)
        self.refused('link', 'a', 'd/c', user=NOBODY, status='EXISTS', errno='EEXIST', cause='dst-exists', at='dst',
                     text="'d/c' exists: it is a regular file")

    def test_no_permission_to_search(self):
        self.write('a', owner=NOBODY)
        self.mkdir('d', 0o722)
        self.refused('link', 'a', 'd/b', user=NOBODY, status='DENIED', errno='EACCES', cause='not-searchable',
                     at='dst', text=f"the directory 'd' refuses: no search permission for uid {NOBODY}")

    def test_no_permission_to_search_on_the_way(self):
        self.write('a', owner=NOBODY)
        self.mkdir('p', 0o700)
        self.mkdir('p/d', 0o777)
        self.write('p/d/c', owner=NOBODY)
        text = f"the directory 'p' refuses: no search permission for uid {NOBODY}"
        refused = {'user': NOBODY, 'status': 'DENIED', 'errno': 'EACCES', 'cause': 'not-searchable', 'text': text}
        self.refused('link', 'a', 'p/d/b', at='dst', **refused)
        self.refused('link', 'p/d/c', 'b', at='src', **refused)
        self.refused('link+beneath', 'a', 'p/d/b', at='dst', step='resolve', **refused)
        self.refused('link+beneath', 'p/d/c', 'b', at='src', step='resolve', **refused)
        self.refused('link', 'p/c', 'b', at='src', **refused)

    def test_a_soft_link_through_a_closed_directory(self):
        self.mkdir('p', 0o700)
        self.write('p/c', owner=NOBODY)
        os.symlink('p/c', self.path('s'))
        self.refused('link', 's', 'b', user=NOBODY, status='DENIED', errno='EACCES', cause='not-searchable', at='src',
                     text=f"the soft link 's' leads through a directory that refuses: no search permission for uid "
                          f'{NOBODY}')

    def test_a_sticky_directory(self):
        self.mkdir('d', 0o1777, owner=OTHER)
        self.write('d/c', owner=0)
        text = (f"the directory 'd' is sticky: only the owner of 'd/c' (uid 0) or of the directory (uid {OTHER}) may "
                f'take the name away, you are uid {NOBODY}')
        self.refused('unlink', '', 'd/c', user=NOBODY, step='unlink', status='NOT_PERMITTED', errno='EPERM',
                     cause='sticky', at='dst', text=text)
        self.write('a', owner=NOBODY)
        self.refused('link+replace', 'a', 'd/c', user=NOBODY, step='rename', status='NOT_PERMITTED',
                     errno='EPERM', cause='sticky', at='dst', text=text)
        self.assertEqual(os.listdir(self.path('d')), ['c'])
        self.done('link', 'a', 'd/b', user=NOBODY)
        self.done('unlink', '', 'd/b', user=NOBODY)

    def test_protected_symlinks(self):
        before = rule('protected_symlinks')
        if before != '1':
            self.set_rule('1')
            self.addCleanup(self.set_rule, before)
        self.mkdir('d', 0o1777)
        self.write('f', owner=NOBODY, mode=0o666)
        os.symlink('../f', self.path('d/s'))
        os.lchown(self.path('d/s'), OTHER, OTHER)
        os.chmod(self.at, 0o777)
        self.refused('link', 'd/s', 'b', user=NOBODY, status='DENIED', errno='EACCES',
                     cause='protected-symlinks', at='src',
                     text="fs.protected_symlinks=1: the soft link 'd/s' lies in a sticky directory that all may write "
                          f'and belongs to uid {OTHER}, you are uid {NOBODY}')

    def set_rule(self, value):
        try:
            with open('/proc/sys/fs/protected_symlinks', 'w', encoding='ascii') as file:
                file.write(value)
        except OSError as error:
            self.skipTest(f'fs.protected_symlinks is off and cannot be set: {error}')


class Namespaces(ground.Case):
    @classmethod
    def setUpClass(cls):
        confine.need_user_namespaces()
        super().setUpClass()

    def test_an_owner_without_a_number_here(self):
        """Root of a user namespace that does not map the file's owner."""
        self.write('a', mode=0o644, owner=OTHER)
        self.refused('link', 'a', 'b', prepare=confine.user_namespace(0), status='NOT_PERMITTED', errno='EPERM',
                     cause='unmapped-owner', at='src',
                     text="fs.protected_hardlinks=1: the owner or group of 'a' has no number in this user namespace, "
                          'you are uid 0 of it and may not write it')
        os.chmod(self.path('a'), 0o666)
        self.done('link', 'a', 'b', prepare=confine.user_namespace(0))

    def map_ids(self):
        """d, and m: the same directory with users 0 to 9 only."""
        self.mkdir('d', 0o777)
        self.write('d/a', mode=0o666, owner=OTHER)
        self.write('d/c', mode=0o666, owner=0)
        try:
            confine.mount_with_ids(self.path('d'), self.path('m'), 0, 0, 10)
        except OSError as error:
            if error.errno in (errno.ENOSYS, errno.EINVAL):
                self.skipTest(f'no mounts that map ids: {error}')
            raise

    def test_a_mount_that_does_not_map_the_owner(self):
        self.map_ids()
        self.refused('link', 'm/a', 'm/b', foreseen='', status='OVERFLOW', errno='EOVERFLOW', cause='unmapped-owner',
                     at='src', text="the mount maps users, and has no number for the owner or group of 'm/a'")
        self.done('link', 'm/c', 'm/b')

    def test_a_mount_that_does_not_map_the_user(self):
        self.map_ids()
        text = f"the mount of the directory 'm' maps users, and has no number for you (uid {NOBODY}, gid {NOBODY})"
        refused = {'user': NOBODY, 'foreseen': '', 'certain': False, 'status': 'OVERFLOW', 'errno': 'EOVERFLOW',
                   'cause': 'unmapped-owner', 'at': 'dst', 'text': text}
        self.refused('link', 'm/c', 'm/b', **refused)
        self.refused('symlink', 'c', 'm/b', step='symlink', **refused)


if __name__ == '__main__':
    unittest.main()
