# SPDX-License-Identifier: MIT
"""names: all names of a file, against a slow search; soft links; what is missing and why; called back; nothing is kept."""

import errno
import os
import pathlib
import pickle
import threading
import unittest

import nlink
from forest import Forest, Gone, below, grow, quietly, raiser
from place import Hook, Path, Truth


def same(path, other):
    return os.path.samestat(os.lstat(path), os.lstat(other))


class Found(Forest):
    def test_beside_a_slow_search(self):
        for seed in range(25):
            root = self.plant(seed, root=b't%d' % seed)
            paths = below(root)
            for file in [path for path in paths if not os.path.isdir(path) or os.path.islink(path)][::5]:
                result = nlink.names(file, roots=root)
                expected = sorted(path for path in paths if same(path, file))
                self.assertEqual(list(result.names), expected)
                self.assertEqual(result.path, file)
                self.assertEqual((result.found, result.link_count), (len(expected), os.lstat(file).st_nlink))
                self.assertEqual((result.complete, result.absence, result.text), (True, None, None))
                self.assertEqual(result.stat[:2], nlink.stat(file, follow_symlinks=False)[:2])
                self.assertEqual((result.soft, result.errors), ((), ()))

    def test_several_files(self):
        root = self.plant(3, 150)
        files = [path for path in below(root) if os.path.isfile(path) and not os.path.islink(path)]
        results = nlink.names(files, roots=[root])
        self.assertIs(type(results), list)
        self.assertEqual([result.path for result in results], files)
        for file, result in zip(files, results):
            self.assertEqual(list(result.names), sorted(path for path in below(root) if same(path, file)))
        self.assertEqual(nlink.names(iter(files), roots=root), results)
        self.assertEqual(nlink.names([files[0]], roots=root), [nlink.names(files[0], roots=root)])
        self.assertEqual(nlink.names([]), [])

    def test_soft(self):
        os.makedirs('d/e')
        self.make('a')
        os.link('a', 'd/b')
        os.symlink('../a', 'd/s')
        os.symlink(os.path.abspath('a'), 'd/e/t')
        os.symlink('../d/s', 'd/u')
        os.symlink('b', 'd/v')
        os.symlink('missing', 'd/w')
        os.symlink('.', 'd/x')
        result = nlink.names('a', roots='d', soft=True)
        self.assertEqual(result.names, ('d/b',))
        self.assertEqual(result.soft, ('d/e/t', 'd/s', 'd/u', 'd/v'))
        self.assertEqual((result.found, result.complete), (1, False))
        self.assertEqual(nlink.names('a', roots='d').soft, ())

    def test_follow(self):
        self.make('a')
        os.symlink('a', 's')
        os.link('s', 't', follow_symlinks=False)
        self.assertEqual(nlink.names('s', roots='.').names, ('./s', './t'))
        self.assertEqual(nlink.names('s', roots='.', follow=Truth(True)).names, ('./a',))

    def test_outside_the_roots(self):
        os.makedirs('d')
        os.makedirs('e')
        self.make('d/a')
        os.link('d/a', 'e/b')
        os.link('d/a', 'e/c')
        result = nlink.names('d/a', roots='e')
        self.assertEqual((result.names, result.found, result.link_count, result.complete), (('e/b', 'e/c'), 2, 3, False))
        self.assertEqual(result.absence, 'outside-roots')
        self.assertIs(type(result.text), str)
        self.assertNotEqual(result.text, '')

    def test_everywhere(self):
        """Without roots the names are found wherever they are on the file system; with absolute paths."""
        self.make('a')
        os.mkdir('d')
        os.link('a', 'd/b')
        real = os.path.realpath('.')
        for walk in (False, True):
            result = nlink.names('a', walk=walk)
            self.assertEqual(result.names, (real + '/a', real + '/d/b'))
            self.assertTrue(result.complete)
        self.assertFalse(result.told_by_system)

    def test_kind_of_text(self):
        self.make('ä', b'\xff')
        os.symlink('ä', 's')
        for given, names, soft in (('ä', ('./ä',), ('./s',)), ('ä'.encode(), ('./ä'.encode(),), (b'./s',)),
                                   (pathlib.Path('ä'), ('./ä',), ('./s',)), (b'\xff', (b'./\xff',), ()),
                                   ('\udcff', ('./\udcff',), ())):
            result = nlink.names(given, roots='.', soft=True)
            self.assertEqual((result.names, result.soft), (names, soft))
            self.assertEqual(result.path, os.fspath(given))
        mixed = nlink.names(['ä', b'\xff'], roots=[b'.'])
        self.assertEqual([result.names for result in mixed], [('./ä',), (b'./\xff',)])

    def test_result(self):
        self.make('a')
        result = nlink.names('a', roots='.')
        self.assertIsInstance(result, nlink.names_result)
        self.assertEqual(pickle.loads(pickle.dumps(result)), result)
        self.assertRegex(repr(result), r"^nlink\.names_result\(path='a', stat=nlink\.stat_result")
        with self.assertRaises(AttributeError):
            result.names = ()


class Scope(Forest):
    def setUp(self):
        super().setUp()
        os.makedirs('d/e')
        self.make('a')
        for name in ('b', 'd/c', 'd/e/f'):
            os.link('a', name)

    def names(self, **keywords):
        result = nlink.names('a', roots='.', **keywords)
        return list(result.names)

    def test_rules(self):
        self.assertEqual(self.names(), ['./a', './b', './d/c', './d/e/f'])
        self.assertEqual(self.names(exclude='d'), ['./a', './b'])
        self.assertEqual(self.names(include=['c', 'f']), ['./d/c', './d/e/f'])
        self.assertEqual(self.names(rules=['+ /b', '- *']), ['./b'])
        self.assertEqual(self.names(max_depth=2), ['./a', './b', './d/c'])
        self.assertEqual(self.names(min_size=1000), [])
        for keywords in ({'threads': 1}, {'threads': 7}, {'one_file_system': True}, {'max_size': 1}):
            self.assertEqual(self.names(**keywords), self.names())

    def test_directory_descriptor(self):
        fd = self.open_dir('d')
        self.assertEqual(nlink.names('c', roots=['e', '.'], dir_fd=fd, exclude='zip').found, 2)
        self.assertEqual(nlink.names('c', roots='e', dir_fd=fd).names, ('e/f',))

    def test_refused(self):
        for keywords in ({'roots': 3}, {'roots': [3]}, {'progress': 1}, {'zip': 1}, {'listed': True}):
            self.assertRaises(TypeError, nlink.names, 'a', **keywords)
        self.assertRaisesText(ValueError, 'names: roots is empty', nlink.names, 'a', roots=[])
        self.assertRaisesText(TypeError, 'names: paths should be a path or an iterable of paths, not int', nlink.names, 3)
        self.assertRaisesText(TypeError, 'names() takes exactly 1 positional argument (2 given)', nlink.names, 'a', 'b')
        self.assertRaises(TypeError, nlink.names)
        self.assertRaises(ZeroDivisionError, nlink.names, 'a', soft=Truth(ZeroDivisionError()))

    def test_audit(self):
        with Hook() as hook:
            nlink.names('a', roots=['d', '.'])
        self.assertEqual(hook.events, [('os.listdir', ('d',)), ('os.listdir', ('.',))])
        with Hook(refuse=Gone()):
            self.assertRaises(Gone, nlink.names, 'a')


class CalledBack(Forest):
    def test_missing_path(self):
        self.make('a')
        path = 'no' + 'where'
        for call in (lambda: nlink.names(['a', path], roots='.'), lambda: nlink.names(path, roots='.'),
                     lambda: nlink.names('a', roots=path)):
            with self.assertRaises(FileNotFoundError) as caught:
                call()
            self.assertIs(caught.exception.filename, path)

    def test_on_event(self):
        self.make('a')
        told = []
        first, second = nlink.names(['nowhere', 'a'], roots='.', on_event=lambda *event: told.append(event))
        self.assertEqual([(path, error.errno) for path, error in told], [('nowhere', errno.ENOENT)])
        self.assertEqual((first.path, first.stat, first.names, first.found, first.link_count, first.complete),
                         ('nowhere', None, (), 0, 0, False))
        self.assertEqual((second.names, second.complete, second.errors), (('./a',), True, ()))

    def test_exceptions(self):
        self.make('a')
        self.assertRaises(Gone, nlink.names, ['nowhere', 'a'], roots='.', on_event=raiser)

    def test_progress(self):
        self.make('a')
        os.link('a', 'b')
        told = []

        def stop(*numbers):
            told.append(numbers)
            return False

        def call(rules):
            try:
                nlink.names('a', roots='p', soft=True, threads=1, progress=stop, rules=rules)
            except InterruptedError as error:
                self.assertEqual((error.errno, error.status), (errno.EINTR, 'NLINK_CANCELLED'))
                self.assertTrue(told)
            return told
        grow(call)
        os.rename('p', 'q')
        self.assertRaises(Gone, grow, lambda rules: nlink.names('a', roots='p', soft=True, threads=1, progress=raiser, rules=rules) and False)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_errors_further_down(self):
        os.makedirs('d/e')
        self.make('d/a')
        os.link('d/a', 'd/e/b')
        os.chmod('d', 0o755)
        os.chmod('d/e', 0o700)
        said = self.run_as_nobody('r = nlink.names("d/a", roots="d")\n'
                                  '[e] = r.errors\n'
                                  'print(r.names, r.found, r.complete, r.absence, type(e).__name__, e.filename)\n')
        self.assertEqual(said, "('d/a',) 1 False no-permission PermissionError d/e\n")


class Kept(Forest):
    def test_descriptors(self):
        self.make('a')
        os.makedirs('d/e')
        self.assertKeepsNothing(lambda: nlink.names('a', roots='.', soft=True))
        self.assertKeepsNothing(lambda: quietly(nlink.names, 'nowhere', roots='.'))
        self.assertKeepsNothing(lambda: quietly(nlink.names, ['a', 'nowhere'], roots='.', on_event=raiser))

    def test_threads(self):
        root = self.plant(3, 150)
        files = [path for path in below(root) if os.path.isfile(path)]
        expected = nlink.names(files, roots=root)
        wrong = []

        def run():
            try:
                for _ in range(5):
                    if [result.names for result in nlink.names(files, roots=root)] != [result.names for result in expected]:
                        wrong.append('other names')
            except BaseException as error:
                wrong.append(error)
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_memory(self):
        self.make('a')
        os.link('a', 'b')
        os.symlink('a', 's')
        name = 'n' + str(os.getpid())
        bad = Path('missing' + name)

        def one():
            nlink.names('a', roots='.', soft=True)
            nlink.names(['a', b'b'], roots=[Path('.')], exclude=name)
            nlink.names(['a', bad], roots='.', on_event=lambda *event: None)
            quietly(nlink.names, bad, roots='.')
            quietly(nlink.names, ['a', bad], roots='.', on_event=raiser)
            quietly(nlink.names, ['a', 3], roots='.')
            quietly(nlink.names, 'a', roots=['.', 3])
            quietly(nlink.names, 'a', roots='.', rules=name)
            quietly(nlink.names, 'a', roots=[])
        self.assertLosesNothing(one)

    def test_references(self):
        self.make('a')
        path, missing, root = ''.join(('.', '/a')), ''.join(('no', 'where')), ''.join(('.', '/'))
        objects = (path, missing, root, nlink.names_result, nlink.stat_result)

        def some():
            nlink.names(path, roots=root)
            nlink.names([path, missing], roots=root, on_event=lambda *event: None)
            quietly(nlink.names, missing, roots=root)
        self.assertKeepsReferences(objects, some)


if __name__ == '__main__':
    unittest.main()
