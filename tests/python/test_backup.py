# SPDX-License-Identifier: MIT
"""link and symlink with backup and suffix: what is kept, what is told, what is refused."""

import os
import unittest

import nlink
from place import Hook, InPlace, Path, Truth

KINDS = "'none', 'simple', 'numbered' or 'existing'"


class Text(str):
    pass


class Cases(InPlace):
    def setUp(self):
        super().setUp()
        self.make('a', 'b')
        self.first = os.lstat('b').st_ino

    def assertKept(self, name):
        """The old file of b has this name, and still its contents."""
        self.assertEqual(os.lstat(name).st_ino, self.first)
        with open(name, 'rb') as file:
            self.assertEqual(file.read(), b'b')

    def both(self):
        """link and symlink, each with how to see that it was made as b."""
        yield nlink.link, lambda: self.assertSameFile('a', 'b')
        os.unlink('b')
        for name in os.listdir():
            if name != 'a':
                os.unlink(name)
        self.make('b')
        self.first = os.lstat('b').st_ino
        yield nlink.symlink, lambda: self.assertEqual(os.readlink('b'), 'a')


class Kinds(Cases):
    def test_simple(self):
        for function, made in self.both():
            self.assertEqual(function('a', 'b', backup='simple'), 'b~')
            made()
            self.assertKept('b~')
            self.assertNames(['a', 'b', 'b~'])

    def test_simple_replaces_an_older_backup(self):
        self.make('b~')
        self.assertEqual(nlink.link('a', 'b', backup='simple'), 'b~')
        self.assertKept('b~')
        self.assertNames(['a', 'b', 'b~'])

    def test_suffix(self):
        for suffix in ('.old', b'.old', Text('.old')):
            self.make('n')
            self.assertEqual(nlink.link('a', 'n', backup='simple', suffix=suffix), 'n.old')
            self.assertEqual(nlink.symlink('a', 'n', backup='simple', suffix=suffix), 'n.old')
            os.unlink('n')
        self.assertEqual(nlink.link('a', 'b', backup='simple', suffix='ä\udcff'), 'bä\udcff')
        self.assertKept('bä\udcff')

    def test_numbered(self):
        for function, made in self.both():
            self.assertEqual(function('a', 'b', backup='numbered'), 'b.~1~')
            self.assertKept('b.~1~')
            self.assertEqual(function('a', 'b', backup='numbered', suffix='.of no use'), 'b.~2~')
            made()
            self.assertNames(['a', 'b', 'b.~1~', 'b.~2~'])

    def test_existing(self):
        self.assertEqual(nlink.link('a', 'b', backup='existing'), 'b~')
        self.make('b.~9~')
        self.assertEqual(nlink.link('a', 'b', backup='existing', suffix='.of no use'), 'b.~10~')
        self.assertEqual(nlink.symlink('a', 'b', backup=Text('existing')), 'b.~11~')
        self.assertNames(['a', 'b', 'b.~10~', 'b.~11~', 'b.~9~', 'b~'])

    def test_none_keeps_nothing_and_replaces_where_told(self):
        for function, made in self.both():
            self.assertRaises(FileExistsError, function, 'a', 'b', backup='none')
            self.assertIsNone(function('a', 'b', backup='none', replace=True))
            made()
            self.assertNames(['a', 'b'])

    def test_replace_says_no_more(self):
        self.assertEqual(nlink.link('a', 'b', backup='simple', replace=True), 'b~')
        self.assertEqual(nlink.link('a', 'b', backup='numbered', replace=False), 'b.~1~')


class Result(Cases):
    def test_nothing_stood_there(self):
        for kind in ('none', 'simple', 'numbered', 'existing'):
            self.assertIsNone(nlink.link('a', 'l' + kind, backup=kind))
            self.assertIsNone(nlink.symlink('a', 's' + kind, backup=kind))
            self.assertSameFile('a', 'l' + kind)

    def test_without_a_backup(self):
        self.assertIsNone(nlink.link('a', 'b', replace=True, backup=None, suffix=None))
        self.assertIsNone(nlink.symlink('a', 'b', replace=True, backup=None, suffix=None))
        self.assertRaises(FileExistsError, nlink.link, 'a', 'b', backup=None)
        self.assertNames(['a', 'b'])

    def test_as_dst_was_given(self):
        for given, expected in (('b', 'b~'), (b'b', b'b~'), (Path('b'), 'b~'), (Path(b'b'), b'b~'), ('./b', './b~'),
                                (os.path.abspath('b'), os.path.abspath('b~'))):
            with self.subTest(given=given):
                for function in (nlink.link, nlink.symlink):
                    kept = function(b'a', given, backup='simple')
                    self.assertEqual((type(kept), kept), (type(expected), expected))

    def test_name_that_is_no_text(self):
        self.make(b'\xff')
        self.assertEqual(nlink.link('a', '\udcff', backup='simple'), '\udcff~')
        self.assertEqual(nlink.link('a', b'\xff', backup='numbered'), b'\xff.~1~')

    def test_in_a_directory(self):
        os.mkdir('d')
        self.make('d/x', 'd/y')
        fd = self.open_dir('d')
        self.assertEqual(nlink.link('a', 'x', dst_dir_fd=fd, backup='simple', beneath=True), 'x~')
        self.assertEqual(nlink.symlink('a', 'y', dir_fd=fd, backup='simple', beneath=True, relative=True), 'y~')
        self.assertSameFile('a', 'd/x')
        self.assertEqual(os.readlink('d/y'), '../a')
        self.assertNames(['x', 'x~', 'y', 'y~'], 'd')

    def test_other_options_stay(self):
        os.symlink('a', 's')
        self.assertEqual(nlink.link('s', 'b', follow_symlinks=False, backup='simple'), 'b~')
        self.assertSameFile('s', 'b')


class Refused(Cases):
    def tearDown(self):
        self.assertNames(['a', 'b'])
        self.assertKept('b')

    def test_kind(self):
        for function, name in ((nlink.link, 'link'), (nlink.symlink, 'symlink')):
            for value in ('', 'off', 'Simple', 'simple ', 'simple\0', 'ä', Text('zip')):
                with self.subTest(function=name, value=value):
                    self.assertRaisesText(ValueError, '%s: backup should be %s, not %r' % (name, KINDS, value),
                                          function, 'a', 'b', backup=value)
            for value, kind in ((True, 'bool'), (1, 'int'), (b'simple', 'bytes'), (['simple'], 'list'), (Path('simple'), 'Path')):
                with self.subTest(function=name, value=value):
                    self.assertRaisesText(TypeError, '%s: backup should be string or None, not %s' % (name, kind),
                                          function, 'a', 'b', backup=value)

    def test_suffix(self):
        for function, name in ((nlink.link, 'link'), (nlink.symlink, 'symlink')):
            for kind in ('none', 'simple', 'numbered', 'existing'):
                for value in ('', b'', '/', '.d/x', b'x/'):
                    with self.subTest(function=name, kind=kind, value=value):
                        self.assertRaisesText(ValueError, name + ": a backup's suffix must not be empty nor hold a slash",
                                              function, 'a', 'b', backup=kind, suffix=value)
            for value in ('.\0', b'\0'):
                self.assertRaisesText(ValueError, name + ': embedded null character in suffix',
                                      function, 'a', 'b', backup='simple', suffix=value)
            for value, kind in ((1, 'int'), (Path('.old'), 'Path'), (bytearray(b'.old'), 'bytearray')):
                self.assertRaisesText(TypeError, '%s: suffix should be string, bytes or None, not %s' % (name, kind),
                                      function, 'a', 'b', backup='simple', suffix=value)
            self.assertRaises(UnicodeEncodeError, function, 'a', 'b', backup='simple', suffix='\ud800')

    def test_suffix_without_a_backup(self):
        for function, name in ((nlink.link, 'link'), (nlink.symlink, 'symlink')):
            for keywords in ({}, {'replace': True}, {'backup': None}):
                self.assertRaisesText(ValueError, name + ': suffix is for a backup, and backup is not given',
                                      function, 'a', 'b', suffix='.old', **keywords)

    def test_order(self):
        """Behind all other arguments, before the audit event."""
        bad = Truth(ZeroDivisionError())
        with Hook() as hook:
            self.assertRaises(ZeroDivisionError, nlink.link, 'a', 'b', beneath=bad, backup='zip')
            self.assertRaises(ZeroDivisionError, nlink.symlink, 'a', 'b', beneath=bad, backup='zip')
            self.assertRaises(ValueError, nlink.link, 'a', 'b', backup='zip', suffix=1)
            self.assertRaises(TypeError, nlink.symlink, 'a', 'b', backup='simple', suffix=1)
        self.assertEqual(hook.events, [])

    def test_by_a_hook(self):
        for function in (nlink.link, nlink.symlink):
            with Hook(refuse=ZeroDivisionError()):
                self.assertRaises(ZeroDivisionError, function, 'a', 'b', backup='simple')

    def test_by_the_system(self):
        source = 'x'
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.link(source, 'b', backup='simple')
        self.assertIs(caught.exception.filename, source)
        self.assertEqual((caught.exception.filename2, caught.exception.cause), ('b', "'x' does not exist"))
        for function in (nlink.link, nlink.symlink):
            self.assertRaises(IsADirectoryError, function, 'a', '.', backup='numbered')

    def test_relative_and_absolute(self):
        self.assertRaisesText(ValueError, 'symlink: a soft link is either relative or absolute, not both',
                              nlink.symlink, 'a', 'b', relative=True, absolute=True, backup='simple')


class Audit(Cases):
    def test_event(self):
        fd = self.open_dir('.')
        with Hook() as hook:
            nlink.link('a', b'b', dst_dir_fd=fd, backup='simple')
            nlink.symlink('a', 'b', dir_fd=fd, backup='numbered')
            nlink.symlink('a', 'b', backup='none', replace=True)
        self.assertEqual(hook.events, [('os.link', ('a', b'b', -1, fd)), ('os.symlink', ('a', 'b', fd)),
                                       ('os.symlink', ('a', 'b', -1))])


if __name__ == '__main__':
    unittest.main()
