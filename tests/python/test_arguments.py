# SPDX-License-Identifier: MIT
"""What nlink.link takes and refuses, with the exact messages; they are the same on every version of Python."""

import errno
import os
import pathlib
import random
import subprocess
import sys
import unittest
import warnings

import nlink
from place import Hook, Index, InPlace, Path, Truth

OLD_PARSER = sys.version_info < (3, 13)


class Text(str):
    pass


class Types(InPlace):
    def setUp(self):
        super().setUp()
        self.make('a')

    def test_no_path(self):
        for value, name in ((3, 'int'), (None, 'NoneType'), (True, 'bool'), (1.5, 'float'), (['a'], 'list'),
                            (object(), 'object'), (str, 'type')):
            with self.subTest(value=value):
                self.assertRaisesText(TypeError, 'link: src should be string, bytes or os.PathLike, not ' + name,
                                      nlink.link, value, 'b')
                self.assertRaisesText(TypeError, 'link: dst should be string, bytes or os.PathLike, not ' + name,
                                      nlink.link, 'a', value)

    def test_buffers(self):
        """Taken with a warning as long as os takes them, which is until 3.11."""
        for value in (bytearray(b'a'), memoryview(b'a')):
            text = 'link: src should be string, bytes or os.PathLike, not ' + type(value).__name__
            if sys.version_info >= (3, 12):
                self.assertRaisesText(TypeError, text, nlink.link, value, 'b')
                continue
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter('always')
                nlink.link(value, 'b')
                self.assertRaises(FileExistsError, nlink.link, value, 'b')
            self.assertEqual([(w.category, str(w.message)) for w in caught], [(DeprecationWarning, text)] * 2)
            os.unlink('b')
            with warnings.catch_warnings():
                warnings.simplefilter('error')
                self.assertRaisesText(DeprecationWarning, text, nlink.link, value, 'b')
            self.assertNames(['a'])

    def test_descriptors_are_no_paths(self):
        with open('a') as file:
            self.assertRaisesText(TypeError, 'link: src should be string, bytes or os.PathLike, not int',
                                  nlink.link, file.fileno(), 'b')

    def test_path_like_gives_something_else(self):
        self.assertRaisesText(TypeError, 'expected Path.__fspath__() to return str or bytes, not int',
                              nlink.link, Path(3), 'b')
        self.assertRaisesText(TypeError, 'expected Path.__fspath__() to return str or bytes, not NoneType',
                              nlink.link, 'a', Path(None))
        self.assertRaisesText(TypeError, 'expected Path.__fspath__() to return str or bytes, not Path',
                              nlink.link, 'a', Path(Path('b')))

    def test_path_like_raises(self):
        error = ZeroDivisionError('mine')
        with self.assertRaises(ZeroDivisionError) as caught:
            nlink.link(Path(error), 'b')
        self.assertIs(caught.exception, error)

    def test_path_like_that_says_no(self):
        class No:
            __fspath__ = None
        self.assertRaisesText(TypeError, 'link: src should be string, bytes or os.PathLike, not No', nlink.link, No(), 'b')

    def test_mixed_kinds(self):
        kinds = (lambda name: name, os.fsencode, Text, pathlib.Path, Path, lambda name: Path(os.fsencode(name)))
        for number, source in enumerate(kinds):
            for other, target in enumerate(kinds):
                name = 'n%d%d' % (number, other)
                self.assertIsNone(nlink.link(source('a'), target(name)))
                self.assertSameFile('a', name)

    def test_directory_entry(self):
        with os.scandir() as entries:
            nlink.link(next(entries), 'b')
        self.assertSameFile('a', 'b')

    def test_nul(self):
        for value in ('\0', 'a\0', '\0a', 'a\0b', 'ä\0', Text('a\0'), b'\0', b'a\0b', Path('a\0'), Path(b'a\0')):
            with self.subTest(value=value):
                self.assertRaisesText(ValueError, 'link: embedded null character in src', nlink.link, value, 'b')
                self.assertRaisesText(ValueError, 'link: embedded null character in dst', nlink.link, 'a', value)

    def test_surrogates(self):
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.link('\udcff', 'b')
        self.assertEqual(caught.exception.filename, '\udcff')
        nlink.link('a', 'n\udcff')
        self.assertIn(b'n\xff', os.listdir(b'.'))
        nlink.link('n\udcff', b'm\xfe')
        self.assertSameFile('a', 'm\udcfe')
        with self.assertRaises(UnicodeEncodeError) as caught:
            nlink.link('\ud800', 'b')
        self.assertEqual(str(caught.exception),
                         "'utf-8' codec can't encode character '\\ud800' in position 0: surrogates not allowed")

    def test_every_kind_of_character(self):
        """Names reach the system in the very bytes that os.fsencode() gives."""
        choose = random.Random(5)
        ranges = ((1, 0x2E), (0x30, 0x7F), (0x80, 0x7FF), (0x800, 0xD7FF), (0xDC80, 0xDCFF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF))
        edges = [chr(edge) for pair in ranges for edge in pair]
        names = edges + [''.join(chr(choose.randint(*choose.choice(ranges))) for _ in range(choose.randint(1, 40))) for _ in range(300)]
        names += ['ä' * 127, 'ä' * 128, '€' * 84, '€' * 86, '\U0001F600' * 63, '\U0001F600' * 64, './' * 126 + 'ä', './' * 127 + 'ä',
                  './' * 400 + 'ö']
        for name in names:
            if name in ('.', '..', 'a') or os.path.exists(name):
                continue
            with self.subTest(name=name):
                if len(os.fsencode(os.path.basename(name))) > 255:
                    with self.assertRaises(OSError) as caught:
                        nlink.link('a', name)
                    self.assertEqual(caught.exception.errno, errno.ENAMETOOLONG)
                    continue
                nlink.link('a', name)
                self.assertEqual(set(os.listdir(b'.')), {b'a', os.path.basename(os.fsencode(name))})
                self.assertRaises(FileExistsError, nlink.link, name, name)
                os.unlink(os.fsencode(name))
        for bad in ('\ud800', 'ä\udbff', '\udc7f', '\udd00', '\udfff', 'ok\udc00'):
            for args in ((bad, 'b'), ('a', bad)):
                with self.subTest(args=args), self.assertRaises(UnicodeEncodeError) as caught:
                    nlink.link(*args)
                with self.assertRaises(UnicodeEncodeError) as own:
                    os.fsencode(bad)
                self.assertEqual(str(caught.exception), str(own.exception))
        self.assertNames(['a'])

    def test_order_of_the_arguments(self):
        """From left to right, and nothing is done before all of them are in order."""
        bad = Truth(ZeroDivisionError())
        self.assertRaisesText(TypeError, 'link: src should be string, bytes or os.PathLike, not int', nlink.link, 1, 2,
                              src_dir_fd=1.5, dst_dir_fd=b'', follow_symlinks=bad)
        self.assertRaisesText(TypeError, 'link: dst should be string, bytes or os.PathLike, not int', nlink.link, 'a', 2,
                              follow_symlinks=bad, dst_dir_fd=b'', src_dir_fd=1.5)
        self.assertRaisesText(TypeError, 'argument should be integer or None, not float', nlink.link, 'a', 'b',
                              follow_symlinks=bad, dst_dir_fd=b'', src_dir_fd=1.5)
        self.assertRaisesText(TypeError, 'argument should be integer or None, not bytes', nlink.link, 'a', 'b',
                              follow_symlinks=bad, dst_dir_fd=b'')
        with Hook() as hook:
            self.assertRaises(ZeroDivisionError, nlink.link, 'a', 'b', follow_symlinks=bad)
            self.assertRaises(ZeroDivisionError, nlink.link, 'a', 'b', replace=bad)
            self.assertRaises(ZeroDivisionError, nlink.link, 'a', 'b', beneath=bad)
        self.assertEqual(hook.events, [])
        self.assertNames(['a'])


class OtherEncodings(InPlace):
    """The file system's encoding is the interpreter's affair, also where it is not UTF-8."""

    def test_ascii_locale(self):
        self.make('a')
        code = ('import os, sys, nlink\n'
                'print(sys.getfilesystemencoding())\n'
                'nlink.link("a", "b"); nlink.link("a", "n\\udcff"); nlink.link(b"a", b"\\xc3\\xa4")\n'
                'def same(name):\n'
                '    try: expected = os.fsencode(name)\n'
                '    except UnicodeEncodeError as e: expected = str(e)\n'
                '    try: nlink.link("a", name); found = [n for n in os.listdir(b".") if n == expected][0]\n'
                '    except UnicodeEncodeError as e: found = str(e)\n'
                '    print(found == expected)\n'
                'same("\\xe9"); same("\\u20ac"); same("\\U0001F600")\n')
        environment = dict(os.environ, LC_ALL='POSIX', PYTHONUTF8='0', PYTHONCOERCECLOCALE='0', PYTHONIOENCODING='utf-8')
        result = subprocess.run([sys.executable, '-c', code], env=environment, capture_output=True, text=True)
        self.assertEqual(result.stdout.splitlines()[1:], ['True'] * 3, result.stderr)
        self.assertLessEqual({b'a', b'b', b'n\xff', b'\xc3\xa4'}, set(os.listdir(b'.')))


class Shapes(InPlace):
    def setUp(self):
        super().setUp()
        self.make('a')

    def test_missing(self):
        self.assertRaisesText(TypeError, "link() missing required argument 'src' (pos 1)", nlink.link)
        self.assertRaisesText(TypeError, "link() missing required argument 'dst' (pos 2)", nlink.link, 'a')
        self.assertRaisesText(TypeError, "link() missing required argument 'src' (pos 1)", nlink.link, dst='b')

    def test_too_many(self):
        self.assertRaisesText(TypeError, 'link() takes exactly 2 positional arguments (3 given)',
                              nlink.link, 'a', 'b', 'c')
        self.assertRaisesText(TypeError, 'link() takes at most 9 arguments (10 given)', nlink.link, *'abcdefghij')
        self.assertRaisesText(TypeError, 'symlink() takes at most 11 arguments (12 given)', nlink.symlink, *'abcdefghijkl')
        self.assertRaisesText(TypeError, 'symlink() takes at most 3 positional arguments (4 given)',
                              nlink.symlink, *'abcd')
        self.assertRaisesText(TypeError, 'unlink() takes exactly 1 positional argument (2 given)', nlink.unlink, 'a', 'b')
        self.assertRaisesText(TypeError, 'listing() takes at most 1 positional argument (2 given)', nlink.listing, 'a', 'b')

    def test_twice(self):
        self.assertRaisesText(TypeError, "argument for link() given by name ('src') and position (1)",
                              nlink.link, 'a', 'b', src='c')
        self.assertRaisesText(TypeError, "argument for link() given by name ('dst') and position (2)",
                              nlink.link, 'a', 'b', dst='c')

    def test_unknown(self):
        text = "'zip' is an invalid keyword argument for link()" if OLD_PARSER else \
            "link() got an unexpected keyword argument 'zip'"
        self.assertRaisesText(TypeError, text, nlink.link, 'a', 'b', zip=1)

    def test_by_name(self):
        nlink.link(dst='b', src='a')
        nlink.link('a', dst='c')
        nlink.link(**{Text('src'): 'a', Text('dst'): 'd', ''.join(('repl', 'ace')): False})
        self.assertCount(4, 'a')

    def test_everything_given(self):
        nlink.link('a', 'b', src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True, replace=False, beneath=False,
                   backup=None, suffix=None)
        self.assertCount(2, 'b')
        nlink.symlink('a', 's', target_is_directory=False, dir_fd=None, src_dir_fd=None, relative=False, absolute=False,
                      replace=False, beneath=False, backup=None, suffix=None)
        self.assertEqual(os.readlink('s'), 'a')


class Descriptors(InPlace):
    def setUp(self):
        super().setUp()
        os.mkdir('d')
        self.make('a', 'd/a')

    def test_directories(self):
        fd = self.open_dir('d')
        nlink.link('a', 'b', src_dir_fd=fd)
        self.assertSameFile('d/a', 'b')
        nlink.link('a', 'b', dst_dir_fd=fd)
        self.assertSameFile('a', 'd/b')
        nlink.link('a', 'c', src_dir_fd=fd, dst_dir_fd=Index(fd))
        self.assertSameFile('d/a', 'd/c')

    def test_none_is_the_current_directory(self):
        nlink.link('a', 'b', src_dir_fd=None, dst_dir_fd=None)
        self.assertSameFile('a', 'b')

    def test_at_fdcwd(self):
        with Hook() as hook:
            nlink.link('a', 'b', src_dir_fd=-100, dst_dir_fd=-100)
        self.assertSameFile('a', 'b')
        self.assertEqual(hook.events, [('os.link', ('a', 'b', -1, -1))])

    def test_bad_ones(self):
        for fd in (-1, -2, 9999, 2 ** 31 - 1, -2 ** 31):
            with self.subTest(fd=fd), self.assertRaises(OSError) as caught:
                nlink.link('a', 'b', src_dir_fd=fd)
            self.assertEqual(caught.exception.errno, errno.EBADF)

    def test_bad_one_beside_an_absolute_path(self):
        with Hook() as hook:
            nlink.link(os.path.abspath('a'), 'b', src_dir_fd=9999)
        self.assertEqual(hook.events, [('os.link', (os.path.abspath('a'), 'b', 9999, -1))])
        self.assertSameFile('a', 'b')

    def test_no_directory(self):
        with open('a') as file, self.assertRaises(NotADirectoryError):
            nlink.link('a', 'b', dst_dir_fd=file.fileno())

    def test_types(self):
        for value, name in ((1.5, 'float'), ('1', 'str'), (b'1', 'bytes'), ([], 'list'), (object(), 'object')):
            for keyword in ('src_dir_fd', 'dst_dir_fd'):
                with self.subTest(value=value, keyword=keyword):
                    self.assertRaisesText(TypeError, 'argument should be integer or None, not ' + name,
                                          nlink.link, 'a', 'b', **{keyword: value})

    def test_range(self):
        for value in (2 ** 31, 2 ** 63, 2 ** 200):
            self.assertRaisesText(OverflowError, 'fd is greater than maximum', nlink.link, 'a', 'b', src_dir_fd=value)
            self.assertRaisesText(OverflowError, 'fd is less than minimum', nlink.link, 'a', 'b', dst_dir_fd=-value - 1)

    def test_index_raises(self):
        self.assertRaises(ZeroDivisionError, nlink.link, 'a', 'b', src_dir_fd=Index(ZeroDivisionError()))

    def test_bool_warns(self):
        for value in (True, False):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter('always')
                self.assertRaises(OSError, nlink.link, 'a', 'no/b', src_dir_fd=value)
            self.assertEqual([(w.category, str(w.message), w.filename) for w in caught],
                             [(RuntimeWarning, 'bool is used as a file descriptor', unittest.case.__file__)])
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            self.assertRaisesText(RuntimeWarning, 'bool is used as a file descriptor',
                                  nlink.link, 'a', 'b', dst_dir_fd=True)
        self.assertNames(['a', 'd'])


class Follow(InPlace):
    """By the truth of the object."""

    def setUp(self):
        super().setUp()
        self.make('a')
        os.symlink('a', 'soft')

    def test_truth(self):
        for value in (True, 1, 'no', [0], Truth(True), object()):
            with self.subTest(value=value):
                nlink.link('soft', 'b', follow_symlinks=value)
                self.assertSameFile('a', 'b')
                os.unlink('b')

    def test_untruth(self):
        for value in (False, 0, '', [], None, Truth(False)):
            with self.subTest(value=value):
                nlink.link('soft', 'b', follow_symlinks=value)
                self.assertSameFile('soft', 'b')
                os.unlink('b')


class OtherFunctions(InPlace):
    """The messages name the function and the argument that are meant."""

    def setUp(self):
        super().setUp()
        self.make('a')

    def test_types(self):
        for function, arguments, name in (
                (nlink.symlink, (1, 'b'), 'symlink: src'), (nlink.symlink, ('a', 1), 'symlink: dst'),
                (nlink.unlink, (1,), 'unlink: path'), (nlink.readlink, (1,), 'readlink: path'),
                (nlink.same_file, (1, 'a'), 'same_file: a'), (nlink.same_file, ('a', 1), 'same_file: b'),
                (nlink.why, (1, 'a'), 'why: src'), (nlink.why, ('a', 1), 'why: dst'),
                (nlink.link_fd, (0, 1), 'link_fd: dst'), (nlink.listing, ([1],), 'listing: paths'),
                (nlink.quote, (1,), 'quote: name')):
            with self.subTest(name=name):
                self.assertRaisesText(TypeError, name + ' should be string, bytes or os.PathLike, not int',
                                      function, *arguments)
        self.assertRaisesText(TypeError, 'stat: path should be string, bytes, os.PathLike or integer, not float',
                              nlink.stat, 1.5)
        self.assertRaisesText(TypeError, 'listing: paths should be a path or an iterable of paths, not int',
                              nlink.listing, 1)

    def test_nul(self):
        for function, arguments, name in (
                (nlink.symlink, ('\0', 'b'), 'symlink: embedded null character in src'),
                (nlink.symlink, ('a', '\0'), 'symlink: embedded null character in dst'),
                (nlink.unlink, ('\0',), 'unlink: embedded null character in path'),
                (nlink.readlink, ('\0',), 'readlink: embedded null character in path'),
                (nlink.stat, ('\0',), 'stat: embedded null character in path'),
                (nlink.same_file, ('a', '\0'), 'same_file: embedded null character in b'),
                (nlink.why, ('a', '\0'), 'why: embedded null character in dst'),
                (nlink.link_fd, (0, '\0'), 'link_fd: embedded null character in dst'),
                (nlink.listing, (['a', '\0'],), 'listing: embedded null character in paths'),
                (nlink.quote, ('a\0b',), 'quote: embedded null character in name')):
            with self.subTest(name=name):
                self.assertRaisesText(ValueError, name, function, *arguments)

    def test_descriptor_of_link_fd(self):
        self.assertRaisesText(TypeError, 'argument must be an int, or have a fileno() method.', nlink.link_fd, 'a', 'b')
        self.assertRaisesText(ValueError, 'file descriptor cannot be a negative integer (-1)', nlink.link_fd, -1, 'b')

    def test_descriptor_of_stat(self):
        with open('a') as file:
            fd = file.fileno()
            self.assertRaisesText(ValueError, "stat: can't specify dir_fd without matching path",
                                  nlink.stat, fd, dir_fd=fd)
            self.assertRaisesText(ValueError, 'stat: cannot use fd and follow_symlinks together',
                                  nlink.stat, fd, follow_symlinks=False)
            self.assertRaisesText(ValueError, 'stat: cannot use fd and beneath together', nlink.stat, fd, beneath=True)
        self.assertRaisesText(OverflowError, 'fd is greater than maximum', nlink.stat, 2 ** 40)

    def test_relative_and_absolute(self):
        with self.assertRaises(ValueError):
            nlink.symlink('a', 'b', relative=True, absolute=True)
        self.assertNames(['a'])

    def test_keywords_only(self):
        self.assertRaisesText(TypeError, 'stat() takes exactly 1 positional argument (2 given)', nlink.stat, 'a', None)
        self.assertRaisesText(TypeError, 'why() takes exactly 2 positional arguments (3 given)', nlink.why, 'a', 'b', 1)
        self.assertRaisesText(TypeError, 'quote() takes exactly 1 positional argument (2 given)', nlink.quote, 'a', True)


if __name__ == '__main__':
    unittest.main()
