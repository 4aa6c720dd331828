# SPDX-License-Identifier: MIT
"""Every way to make a name, on every file system that has names."""

import os
import unittest

import ground


def setUpModule():
    ground.enter()


class Ways:
    """What has to work everywhere; a class below says where."""

    temporary_files = True

    def names(self):
        return sorted(os.listdir(self.at))

    def text(self, name):
        with open(self.path(name), encoding='ascii') as file:
            return file.read()

    def assertNames(self, *names):
        """They are names of one file."""
        files = {os.lstat(self.path(name)).st_ino for name in names}
        self.assertEqual(len(files), 1, names)
        counts = {self.done('stat', name, '').call['link_count'] for name in names}
        self.assertEqual(counts, {len(names)})

    def test_link(self):
        self.write('a', 'text')
        self.mkdir('d')
        self.assertEqual(ground.probe('why', 'a', 'd/b', cwd=self.at).errors, [])
        self.done('link', 'a', 'd/b')
        self.assertNames('a', 'd/b')
        self.assertEqual(self.done('unlink', '', 'a').call['names_left'], 1)
        self.assertEqual(self.text('d/b'), 'text')

    def test_a_soft_link_is_followed_or_not(self):
        self.write('a')
        os.symlink('a', self.path('s'))
        self.done('link', 's', 'b')
        self.assertNames('a', 'b')
        self.done('link+nofollow', 's', 't')
        self.assertNames('s', 't')
        self.assertEqual(os.readlink(self.path('t')), 'a')

    def test_other_kinds(self):
        os.mkfifo(self.path('p'))
        self.done('link', 'p', 'q')
        self.assertNames('p', 'q')

    def test_replace(self):
        self.write('a', 'new')
        self.write('b', 'old')
        self.assertEqual(ground.probe('why+replace', 'a', 'b', cwd=self.at).errors, [])
        self.done('link+replace', 'a', 'b')
        self.assertNames('a', 'b')
        self.assertEqual(self.names(), ['a', 'b'])
        self.done('link+replace', 'a', 'b')  # it is one already
        self.done('link+replace', 'b', 'b')
        self.assertEqual(self.names(), ['a', 'b'])
        self.done('link+replace', 'a', 'c')  # nothing stands there
        self.assertNames('a', 'b', 'c')

    def test_replace_what_is_no_file(self):
        self.write('a')
        self.mkdir('d')
        os.symlink('nowhere', self.path('s'))
        self.done('link+replace', 'a', 's')
        self.assertNames('a', 's')
        self.refused('link+replace', 'a', 'd', step='rename', status='IS_DIRECTORY', errno='EISDIR',
                     cause='dst-is-directory', at='dst', text="'d' is a directory")
        self.assertEqual(self.names(), ['a', 'd', 's'])

    def test_beneath(self):
        self.write('a')
        self.mkdir('d')
        os.symlink('d', self.path('s'))
        self.done('link+beneath', 's/../a', 's/b')
        self.write('d/c', 'old')
        self.done('link+beneath+replace', 'a', 's/c')
        self.assertNames('a', 'd/b', 'd/c')
        self.refused('link+beneath', 'a', '../b', step='resolve', status='ESCAPES', errno='EXDEV',
                     cause='leaves-directory', at='dst', text="'../b' leads out of its directory")

    def test_an_open_file(self):
        self.write('a')
        self.write('c', 'old')
        self.done('fd', 'a', 'b')
        self.done('fd+replace', 'a', 'c')
        self.assertNames('a', 'b', 'c')

    def test_a_file_without_a_name(self):
        if not self.temporary_files:
            with self.assertRaises(OSError):
                os.open(self.at, os.O_TMPFILE | os.O_WRONLY)
            return
        self.write('b', 'old')
        self.done('tmpfile', '.', 'a')
        self.done('tmpfile+replace', '.', 'b')
        self.assertEqual((self.text('b'), self.names()), ('', ['a', 'b']))

    def test_a_backup(self):
        self.write('a', 'new')
        self.write('b', 'old')
        self.assertEqual(self.done('backup', 'a', 'b').call['backup'], 'b~')
        self.assertEqual((self.text('b'), self.text('b~')), ('new', 'old'))
        self.write('c', 'other')
        self.assertEqual(self.done('backup', 'c', 'b').call['backup'], 'b~')  # over the old backup
        self.assertNames('a', 'b~')
        self.assertEqual(self.names(), ['a', 'b', 'b~', 'c'])

    def test_numbered_backups(self):
        self.write('a', 'new')
        for number in 1, 2, 3:
            self.done('unlink', '', 'b') if number > 1 else None
            self.write('b', str(number))
            self.assertEqual(self.done('numbered', 'a', 'b').call['backup'], f'b.~{number}~')
        self.assertEqual([self.text(f'b.~{number}~') for number in (1, 2, 3)], ['1', '2', '3'])
        self.assertNames('a', 'b')
        self.assertEqual(self.names(), ['a', 'b', 'b.~1~', 'b.~2~', 'b.~3~'])

    def test_soft_links(self):
        self.write('a')
        self.write('b', 'old')
        self.done('symlink', 'a', 's')
        self.done('symlink+replace', 'a', 'b')
        self.assertEqual([os.readlink(self.path(name)) for name in ('s', 'b')], ['a', 'a'])
        self.write('c', 'old')
        self.assertEqual(self.done('soft-numbered', 'a', 'c').call['backup'], 'c.~1~')
        self.assertEqual((os.readlink(self.path('c')), self.text('c.~1~')), ('a', 'old'))
        self.assertEqual(self.names(), ['a', 'b', 'c', 'c.~1~', 's'])

    def test_the_last_name_is_kept(self):
        self.write('a')
        self.refused('unlink+keep-last', '', 'a', step='unlink', status='LAST_NAME', errno='', cause='last-name-kept',
                     at='dst', text="'a' is the file's last name: its contents would go with it")
        self.done('link', 'a', 'b')
        self.assertEqual(self.done('unlink+keep-last', '', 'a').call['names_left'], 1)
        self.assertEqual(ground.probe('unlink+keep-last', '', 'b', cwd=self.at).status, 'LAST_NAME')


class OnExt4(Ways, ground.Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('ext4', 16, 'mkfs.ext4', '-q')


class OnXfs(Ways, ground.Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('xfs', 320, 'mkfs.xfs', '-q')


class OnBtrfs(Ways, ground.Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('btrfs', 128, 'mkfs.btrfs', '-q')


class OnTmpfs(Ways, ground.Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.mount('none', os.path.join(ground.home, 'tmpfs'), '-t', 'tmpfs')


class OnOverlay(Ways, ground.Case):
    @classmethod
    def setUpClass(cls):
        backing = ground.new_mount('backing', 16, 'mkfs.ext4', '-q')
        for name in 'lower', 'upper', 'work':
            os.mkdir(os.path.join(backing, name))
        cls.root = ground.mount('none', os.path.join(ground.home, 'overlay'), '-t', 'overlay', '-o',
                                f'lowerdir={backing}/lower,upperdir={backing}/upper,workdir={backing}/work',
                                kind='overlay')


class OnFuse(Ways, ground.Case):
    temporary_files = False

    @classmethod
    def setUpClass(cls):
        ground.need('bindfs')
        backing = os.path.join(ground.home, 'bindfs.backing')
        os.mkdir(backing)
        cls.root = os.path.join(ground.home, 'bindfs')
        server = ground.serve(cls.root, 'bindfs', '-f', '-o', 'attr_timeout=0,entry_timeout=0,negative_timeout=0',
                              backing, cls.root)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(ground.unmount, cls.root)


if __name__ == '__main__':
    unittest.main()
