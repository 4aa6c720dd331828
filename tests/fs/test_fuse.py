# SPDX-License-Identifier: MIT
"""File systems that a process serves (FUSE): one without hard links, one without exchange, and servers that
refuse or lie."""

import ctypes
import errno
import os
import unittest

import ground


def setUpModule():
    ground.enter()
    if not os.path.exists('/dev/fuse'):
        raise unittest.SkipTest('there is no /dev/fuse')


FRESH = '-o', 'attr_timeout=0,entry_timeout=0,negative_timeout=0'


def serve_directory(test, name, options=FRESH, **environment):
    """bindfs: another directory once more; every answer fresh unless the options say otherwise."""
    ground.need('bindfs')
    backing = test.mkdir(name + '.backing')
    root = test.path(name)
    server = ground.serve(root, 'bindfs', '-f', *options, backing, root, **environment)
    test.addCleanup(server.wait)
    test.addCleanup(ground.unmount, root)
    return root


class Exfat(ground.Case):
    """No hard links, no soft links."""

    @classmethod
    def setUpClass(cls):
        ground.need('mount.exfat-fuse')
        image = ground.new_image('exfat', 16, 'mkfs.exfat')
        device = ground.run('losetup', '-f', '--show', image).strip()
        cls.root = os.path.join(ground.home, 'exfat')
        server = ground.serve(cls.root, 'mount.exfat-fuse', '-d', device, cls.root)
        ground.run('losetup', '-d', device)  # as soon as nobody has it open any more
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(ground.unmount, cls.root)

    def test_no_hard_links(self):
        self.write('a')
        self.write('b', 'old')
        refused = {'status': 'NOT_PERMITTED', 'errno': 'EPERM', 'cause': 'no-hard-links', 'at': 'dst',
                   'text': 'the file system (fuseblk) has no hard links', 'certain': False}
        self.refused('link', 'a', 'c', foreseen='', **refused)
        self.refused('link+replace', 'a', 'c', foreseen='', **refused)
        self.refused('link+replace', 'a', 'b', foreseen='', **refused)
        self.refused('link+beneath', 'a', 'c', foreseen='', **refused)
        self.refused('backup', 'a', 'b', **refused)
        self.refused('fd', 'a', 'c', **refused)

    def test_no_soft_links(self):
        self.refused('symlink', 'a', 's', step='symlink', status='NOT_SUPPORTED', errno='ENOSYS',
                     cause='no-hard-links', at='dst', text='the file system (fuseblk) takes no soft links')

    def test_what_comes_first(self):
        self.write('a')
        self.write('b')
        self.refused('link', 'a', 'b', status='EXISTS', errno='EEXIST', cause='dst-exists', at='dst',
                     text="'b' exists: it is a regular file")
        self.refused('link', 'x', 'y', status='NOT_FOUND', errno='ENOENT', cause='src-missing', at='src',
                     text="'x' does not exist")


class Served(ground.Case):
    """What works without RENAME_EXCHANGE."""

    def test_there_is_no_exchange(self):
        root = serve_directory(self, 'fs')
        ground.write(root + '/a')
        ground.write(root + '/b')
        at = os.open(root, os.O_RDONLY)
        self.addCleanup(os.close, at)
        self.assertEqual(ground.libc.renameat2(at, b'a', at, b'b', 2), -1)
        self.assertEqual(ctypes.get_errno(), errno.EINVAL)

    def test_names_and_counts(self):
        root = serve_directory(self, 'fs')
        ground.write(root + '/a')
        self.done('link', 'a', 'b', cwd=root)
        self.assertTrue(os.path.samefile(root + '/a', root + '/b'))
        self.assertEqual(self.done('stat', 'b', '', cwd=root).call['link_count'], 2)
        self.assertEqual(self.done('unlink', '', 'a', cwd=root).call['names_left'], 1)
        self.refused('unlink+keep-last', '', 'b', cwd=root, step='unlink', status='LAST_NAME', errno='',
                     cause='last-name-kept', at='dst',
                     text="'b' is the file's last name: its contents would go with it")

    def test_the_last_name_is_kept_though_the_count_is_old(self):
        # Each name is a file of its own to the kernel here, which remembers its count for a second.
        root = serve_directory(self, 'fs', options=())
        ground.write(root + '.backing/a')
        os.link(root + '.backing/a', root + '.backing/b')
        self.assertEqual(os.stat(root + '/a').st_nlink, 2)
        self.assertEqual(self.done('unlink', '', 'b', cwd=root).call['names_left'], 1)
        answer = ground.probe('unlink+keep-last', '', 'a', cwd=root)
        self.assertEqual(answer.status, 'LAST_NAME')
        self.assertEqual(os.listdir(root), ['a'])

    def test_a_name_of_the_file_already(self):
        root = serve_directory(self, 'fs')
        ground.write(root + '/a')
        os.link(root + '/a', root + '/b')
        self.refused('link', 'a', 'b', cwd=root, dst_is_src=True, status='EXISTS', errno='EEXIST',
                     cause='dst-is-src', at='dst', text="'b' is already a name of 'a'")
        self.done('link+replace', 'a', 'b', cwd=root)


class Merged(ground.Case):
    """mergerfs shows several directories as one; a link cannot go from one of them to another."""

    def test_another_branch(self):
        ground.need('mergerfs')
        for name in 'b1', 'b2':
            ground.mount('none', self.path(name), '-t', 'tmpfs')
        self.mkdir('b1/d')
        self.write('b1/d/a')
        self.mkdir('b2/e')
        root = self.path('fs')
        server = ground.serve(root, 'mergerfs', '-f', '-o', 'category.create=epmfs,cache.attr=0,cache.entry=0',
                              self.path('b1') + ':' + self.path('b2'), root)
        self.addCleanup(server.wait)
        self.addCleanup(ground.unmount, root)
        self.refused('link', 'd/a', 'e/b', cwd=root, watch=root, foreseen='', certain=False, status='CROSS_DEVICE',
                     errno='EXDEV', cause='other-branch', at='dst',
                     text='mergerfs: the two names lie on different branches')
        self.done('link', 'd/a', 'd/b', cwd=root)
        # Two names of one file have two numbers here: nobody can see that there is nothing to replace.
        self.assertNotEqual(os.stat(root + '/d/a').st_ino, os.stat(root + '/d/b').st_ino)
        self.done('link+replace', 'd/a', 'd/b', cwd=root)
        self.assertEqual(self.done('numbered', 'd/a', 'd/b', cwd=root).call['backup'], 'd/b.~1~')
        self.assertEqual(sorted(os.listdir(root + '/d')), ['a', 'b', 'b.~1~'])
        self.assertEqual(os.stat(self.path('b1/d/a')).st_nlink, 3)


class Lying(ground.Case):
    """Servers that answer with an error of their own choice."""

    def serve_liar(self, number, makes):
        environment = {'LD_PRELOAD': os.path.join(ground.home, os.path.basename(os.environ['NLINK_FS_LIE'])),
                       'NLINK_TEST_LIE': str(number)}
        if not makes:
            environment['NLINK_TEST_REFUSE'] = '1'
        root = serve_directory(self, f'fs{number}{makes}', **environment)
        ground.write(root + '/a')
        return root

    def refused_by_server(self, number, status, cause, text, *, makes=False, error=None, certain=False, at='neither'):
        root = self.serve_liar(number, makes)
        expected = {'status': status, 'errno': error or errno.errorcode[number], 'cause': cause, 'text': text, 'at': at,
                    'certain': certain}
        if not makes:
            self.refused('link', 'a', 'b', cwd=root, watch=root, foreseen='', **expected)
            return
        answer = ground.probe('link', 'a', 'b', cwd=root)
        self.assertEqual(answer.errors, [{**expected, 'step': 'link', 'dst_is_src': True}])
        self.assertTrue(os.path.samefile(root + '/a', root + '/b'))

    def test_refusals(self):
        server = 'the server of this file system (fuse) '
        self.refused_by_server(errno.EIO, 'IO', 'server', server + 'failed, or does not know the operation')
        self.refused_by_server(errno.EAGAIN, 'TRY_AGAIN', 'server', server + 'refused')
        self.refused_by_server(errno.EINTR, 'INTERRUPTED', 'server', server + 'refused')
        self.refused_by_server(errno.EXDEV, 'CROSS_DEVICE', 'server', server + 'sees a boundary here', at='dst')
        self.refused_by_server(errno.EOPNOTSUPP, 'NOT_SUPPORTED', 'no-hard-links',
                               'the file system (fuse) has no hard links', at='dst', certain=True, error='EOPNOTSUPP')
        self.refused_by_server(errno.EMLINK, 'TOO_MANY_LINKS', 'link-limit',
                               "'a' has 1 name, and the file system (fuse) takes no more", at='src', certain=True)
        self.refused_by_server(errno.ERANGE, 'TOO_MANY_LINKS', 'link-limit',
                               "'a' has 1 name, and the file system (fuse) takes no more", at='src', certain=True)
        self.refused_by_server(errno.EDQUOT, 'QUOTA', 'quota-used', "the quota for the directory '.' is used up (fuse)",
                               at='dst', certain=True)
        self.refused_by_server(errno.ESTALE, 'FAILED', 'unknown', 'the system refused')
        self.refused_by_server(errno.EACCES, 'DENIED', 'server', server + 'refused')

    def test_a_link_that_was_made_and_denied(self):
        server = 'the server of this file system (fuse) '
        self.refused_by_server(errno.EEXIST, 'EXISTS', 'dst-is-src', "'b' is already a name of 'a'", makes=True,
                               at='dst', certain=True)
        self.refused_by_server(errno.EIO, 'IO', 'server', server + 'failed, or does not know the operation', makes=True)
        self.refused_by_server(errno.EAGAIN, 'TRY_AGAIN', 'server', server + 'refused', makes=True)

    def test_no_temporary_name_is_left(self):
        """A liar makes each link that it denies: also those under names that nobody is to see."""
        for number in errno.EEXIST, errno.EIO:
            root = self.serve_liar(number, makes=True)
            for act in 'link+replace', 'backup', 'numbered':
                with self.subTest(act=act, error=errno.errorcode[number]):
                    ground.write(root + '/b', 'old')
                    answer = ground.probe(act, 'a', 'b', cwd=root)
                    self.assertEqual(answer.errors[0]['errno'], errno.errorcode[number])
                    self.assertFalse(answer.errors[0]['dst_is_src'])
                    self.assertEqual(sorted(os.listdir(root)), ['a', 'b'])
                    with open(root + '/b', encoding='ascii') as file:
                        self.assertEqual(file.read(), 'old')

    def test_a_backup_that_was_made_and_denied(self):
        """Without exchange the old file gets its backup name as a further link, here with a lie."""
        root = self.serve_liar(errno.EEXIST, makes=True)
        ground.write(root + '/b', 'old')
        answer = self.done('soft-numbered', 'a', 'b', cwd=root)
        self.assertEqual(answer.call['backup'], 'b.~1~')
        self.assertEqual(sorted(os.listdir(root)), ['a', 'b', 'b.~1~'])
        self.assertEqual(os.readlink(root + '/b'), 'a')


if __name__ == '__main__':
    unittest.main()
