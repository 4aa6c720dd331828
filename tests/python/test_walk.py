# SPDX-License-Identifier: MIT
"""walk: against os.walk, with every keyword, called back, cut short, shared by threads; and nothing is kept."""

import errno
import fnmatch
import gc
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import threading
import unittest
import weakref

import nlink
from forest import Forest, Gone, below, descriptors, kind_of, quietly, raiser, slow_walk, spend
from place import Hook, Index, Path, Truth


class Order(Forest):
    def test_beside_a_slow_walk(self):
        for seed in range(40):
            root = self.plant(seed, root=b't%d' % seed)
            expected = list(slow_walk(root))
            entries = list(nlink.walk(root))
            self.assertEqual([(entry.path, entry.depth) for entry in entries], expected)
            self.assertEqual([entry.name for entry in entries], [root] + [os.path.basename(path) for path, _ in expected[1:]])
            self.assertEqual([entry.kind for entry in entries], [kind_of(path) for path, _ in expected])
            self.assertEqual({entry.stat for entry in entries}, {None})

    def test_beside_os_walk(self):
        root = os.fsdecode(self.plant(1, 400))
        seen = set()
        for directory, directories, files in os.walk(root):
            seen.add(directory)
            seen.update(os.path.join(directory, name) for name in directories + files)
        paths = [entry.path for entry in nlink.walk(root)]
        self.assertEqual(len(paths), len(seen))
        self.assertEqual(set(paths), seen)

    def test_stat(self):
        root = self.plant(2, 100)
        for entry in nlink.walk(root, stat=True):
            self.assertEqual(entry.stat, nlink.stat(entry.path, follow_symlinks=False))
        self.assertEqual({entry.stat for entry in nlink.walk(root, stat=Truth(False))}, {None})

    def test_many_names_in_one_directory(self):
        """More than are fetched at once, with directories and long names between them."""
        for number in range(700):
            name = '%03d' % number + 'x' * (number % 250)
            if number % 90 == 0:
                os.makedirs(name + '/in/deeper')
            else:
                self.make(name)
        for options in ({}, {'stat': True}):
            entries = list(nlink.walk(b'.', **options))
            self.assertEqual([(entry.path, entry.depth) for entry in entries], list(slow_walk(b'.')))

    def test_deep(self):
        """Paths beyond what the system takes as one."""
        fds, name = [os.open('.', os.O_RDONLY)], 'n' * 200
        for _ in range(60):
            os.mkdir(name, dir_fd=fds[-1])
            fds.append(os.open(name, os.O_RDONLY, dir_fd=fds[-1]))
        for fd in fds:
            os.close(fd)
        entries = list(nlink.walk(name))
        self.assertEqual([entry.path for entry in entries], ['/'.join([name] * (depth + 1)) for depth in range(60)])
        self.assertEqual([entry.depth for entry in entries], list(range(60)))


class Arguments(Forest):
    def setUp(self):
        super().setUp()
        os.makedirs('d/e')
        self.make('a', 'd/x', 'd/e/y')
        os.symlink('d', 's')

    def paths(self, *args, **keywords):
        return [entry.path for entry in nlink.walk(*args, **keywords)]

    def test_paths(self):
        self.assertEqual(self.paths(), ['.', './a', './d', './d/e', './d/e/y', './d/x', './s'])
        self.assertEqual(self.paths('d'), ['d', 'd/e', 'd/e/y', 'd/x'])
        self.assertEqual(self.paths('d/', 'a'), ['d/', 'd/e', 'd/e/y', 'd/x', 'a'])
        self.assertEqual(self.paths('s'), ['s'])
        self.assertEqual(self.paths(pathlib.Path('d/e')), ['d/e', 'd/e/y'])
        self.assertEqual(self.paths(b'd/e'), [b'd/e', b'd/e/y'])
        self.assertEqual(self.paths(Path(b'd/e'), 'a'), [b'd/e', b'd/e/y', b'a'])
        self.assertEqual(self.paths(self.place + '/d/e'), [self.place + '/d/e', self.place + '/d/e/y'])
        self.assertEqual(self.paths('d', dir_fd=self.open_dir('.')), self.paths('d'))
        self.assertEqual(self.paths('.', dir_fd=self.open_dir('d/e')), ['.', './y'])

    def test_roots_that_overlap(self):
        self.assertEqual(sorted(self.paths('d', 'd')), ['d', 'd/e', 'd/e/y', 'd/x'])
        for roots in (('.', 'd/e'), ('d/e', '.'), ('d', '.', 'd/x')):
            names = [os.path.realpath(path) for path in self.paths(*roots, exclude='s')]
            self.assertEqual(len(names), len(set(names)), roots)
            self.assertEqual(set(names), {os.path.realpath(path) for path in self.paths(exclude='s')}, roots)

    def test_depth(self):
        self.assertEqual(self.paths(max_depth=1), ['.', './a', './d', './s'])
        self.assertEqual(self.paths(max_depth=Index(2)), ['.', './a', './d', './d/e', './d/x', './s'])
        self.assertEqual(self.paths(max_depth=None), self.paths())

    def test_sizes(self):
        for name, size in (('small', 10), ('large', 1000)):
            with open(name, 'wb') as file:
                file.write(bytes(size))
        plain = set(self.paths())
        self.assertEqual(plain - set(self.paths(min_size=11)), {'./a', './d/x', './d/e/y', './small'})
        self.assertEqual(plain - set(self.paths(max_size=999)), {'./large'})
        self.assertEqual(plain - set(self.paths(max_size=2 ** 64 - 1)), set())

    def test_listed(self):
        self.assertEqual(self.paths('d', 'a', listed=True), ['d', 'a'])
        self.assertEqual([entry.kind for entry in nlink.walk('d', 's', listed=True)], ['directory', 'symlink'])
        self.assertEqual(self.paths(listed=True), [])

    def test_rules(self):
        self.make('a.o', 'b.o', 'd/a.o', 'd/c.c')
        self.assertEqual(self.paths(exclude='*.o'), ['.', './a', './d', './d/c.c', './d/e', './d/e/y', './d/x', './s'])
        self.assertEqual(self.paths(exclude=['*.o', b'd']), ['.', './a', './s'])
        self.assertEqual(self.paths(include='*.c'), ['.', './d', './d/c.c', './d/e'])
        self.assertEqual(self.paths(exclude='*.o', include=('a.o',)),
                         ['.', './a', './a.o', './d', './d/a.o', './d/c.c', './d/e', './d/e/y', './d/x', './s'])
        self.assertEqual(self.paths(rules=['+ /a.o', '- *.o', '- d/']), ['.', './a', './a.o', './s'])
        self.assertEqual(self.paths(rules='- *', include='a'), ['.'])
        self.assertEqual(self.paths(rules='- a', include='a', exclude='*'), ['.'])
        self.assertEqual(self.paths(rules=iter(['- d']), exclude=None), ['.', './a', './a.o', './b.o', './s'])
        self.assertEqual(self.paths(exclude=[]), self.paths())

    def test_rules_beside_fnmatch(self):
        root = self.plant(5, 200)
        for pattern in (b'*', b'a*', b'?', b'*[0-4]', b'[!a]*', b'*\xff*', b'.*', b'*\n*'):
            expected = [path for path, depth in slow_walk(root) if depth > 0
                        and not any(fnmatch.fnmatchcase(part.decode('latin-1'), pattern.decode('latin-1'))
                                    for part in path.split(b'/')[1:])]
            self.assertEqual([entry.path for entry in nlink.walk(root, exclude=pattern)][1:], expected, pattern)

    def test_refused(self):
        for text, keywords in (('walk: max_depth should be from 1 to 4294967295, not 0', {'max_depth': 0}),
                               ('walk: max_size should be from 1 to 18446744073709551615, not 0', {'max_size': 0}),
                               ('walk: min_size should be from 0 to 18446744073709551615, not -1', {'min_size': -1}),
                               ('walk: threads should be from 0 to 4294967295, not 4294967296', {'threads': 2 ** 32})):
            self.assertRaisesText(ValueError, text, nlink.walk, **keywords)
        for text, keywords in (('walk: progress should be callable or None, not int', {'progress': 3}),
                               ('walk: on_event should be callable or None, not str', {'on_event': 'x'}),
                               ('walk: exclude should be a path or an iterable of paths, not int', {'exclude': 3}),
                               ('walk: rules should be string, bytes or os.PathLike, not int', {'rules': [3]}),
                               ("'str' object cannot be interpreted as an integer", {'max_depth': '1'}),
                               ('argument should be integer or None, not str', {'dir_fd': '1'})):
            self.assertRaisesText(TypeError, text, nlink.walk, **keywords)
        self.assertRaisesText(TypeError, 'walk: paths should be string, bytes or os.PathLike, not list', nlink.walk, ['a'])
        self.assertRaisesText(ValueError, 'walk: embedded null character in exclude', nlink.walk, exclude='a\0')
        self.assertRaises(TypeError, nlink.walk, zip=1)
        self.assertRaises(ZeroDivisionError, nlink.walk, stat=Truth(ZeroDivisionError()))
        self.assertRaises(ZeroDivisionError, nlink.walk, threads=Index(ZeroDivisionError()))
        self.assertRaises(TypeError, nlink.Walk)
        for rule in ('a', '', '-a', '* a'):
            self.assertRaises(ValueError, nlink.walk, rules=rule)

    def test_audit(self):
        with Hook() as hook:
            nlink.walk()
            nlink.walk('d', b'a')
        self.assertEqual(hook.events, [('os.listdir', ('.',)), ('os.listdir', ('d',)), ('os.listdir', (b'a',))])
        with Hook(refuse=ZeroDivisionError()):
            self.assertRaises(ZeroDivisionError, nlink.walk)


class Iterator(Forest):
    def setUp(self):
        super().setUp()
        self.root = self.plant(7, 150)
        self.all = [path for path, _ in slow_walk(self.root)]

    def test_entries(self):
        entry = next(nlink.walk('t', stat=True))
        self.assertEqual(entry, ('t', 't', 'directory', 0, nlink.stat('t')))
        self.assertIsInstance(entry, nlink.walk_entry)
        self.assertEqual(pickle.loads(pickle.dumps(entry)), entry)
        with self.assertRaises(AttributeError):
            entry.path = 'x'

    def test_end(self):
        walk = nlink.walk(self.root)
        self.assertIs(iter(walk), walk)
        self.assertEqual(len(list(walk)), len(self.all))
        for _ in range(3):
            self.assertRaises(StopIteration, next, walk)
        walk.skip()
        walk.close()
        self.assertEqual(walk.errors, ())

    def test_skip(self):
        """Of the directories whose name ends in an even digit, nothing is walked."""
        walk, got = nlink.walk(self.root), []
        for entry in walk:
            got.append(entry.path)
            if entry.path[-1:] in b'02468':
                self.assertIsNone(walk.skip())  # does nothing for what is no directory
        expected = [path for path in self.all if not any(part[-1:] in b'02468' for part in path.split(b'/')[:-1])]
        self.assertEqual(got, expected)
        self.assertLess(len(got), len(self.all))

    def test_skip_the_root(self):
        walk = nlink.walk(self.root, b'.')
        walk.skip()  # nothing was given yet
        self.assertEqual(next(walk).path, self.root)
        walk.skip()
        walk.skip()
        self.assertEqual(next(walk).path, b'.')

    def test_close(self):
        for count in range(0, 60, 7):
            walk = nlink.walk(self.root)
            for _ in range(count):
                next(walk)
            self.assertIsNone(walk.close())
            self.assertEqual(list(walk), [])
            walk.close()
            walk.skip()

    def test_context(self):
        with nlink.walk(self.root) as walk:
            self.assertIsInstance(walk, nlink.Walk)
            next(walk)
        self.assertEqual(list(walk), [])
        with self.assertRaises(Gone):
            with nlink.walk(self.root) as walk:
                raise Gone
        self.assertEqual(list(walk), [])

    def test_descriptors(self):
        def part(count):
            walk = nlink.walk(self.root, stat=True)
            for _ in range(count):
                next(walk)
            return walk
        before = descriptors()
        held = [part(count) for count in range(1, 100, 9)]
        held[0].close()
        del held
        gc.collect()
        self.assertEqual(descriptors(), before)
        self.assertKeepsNothing(lambda: list(nlink.walk(self.root)))
        self.assertKeepsNothing(lambda: part(50).close())
        self.assertKeepsNothing(lambda: quietly(list, nlink.walk(self.root, progress=raiser)))
        self.assertKeepsNothing(lambda: quietly(list, nlink.walk(self.root, b'missing', on_event=raiser)))

    def test_collected_in_a_circle(self):
        class Holder:
            def __call__(self, *ignored):
                return None
        holder = Holder()
        holder.walk = nlink.walk(self.root, progress=holder, on_event=holder)
        next(holder.walk)
        gone = weakref.ref(holder)
        del holder
        gc.collect()
        self.assertIsNone(gone())

    def test_entry_outlives_the_walk(self):
        walk = nlink.walk(self.root)
        entry = next(walk)
        del walk
        self.assertEqual(entry.path, self.root)


class CalledBack(Forest):
    def test_missing_path(self):
        """A path that was asked for is an exception, after what comes before it."""
        self.make('a', 'b')
        path = 'no' + 'where'
        walk = nlink.walk('a', path, 'b')
        self.assertEqual(next(walk).path, 'a')
        with self.assertRaises(FileNotFoundError) as caught:
            next(walk)
        self.assertIs(caught.exception.filename, path)
        self.assertEqual(caught.exception.status, 'NLINK_NOT_FOUND')
        self.assertEqual(list(walk), [])
        self.assertEqual(walk.errors, ())

    def test_on_event(self):
        self.make('a', 'b')
        told = []
        walk = nlink.walk(b'a', b'nowhere', b'b', on_event=lambda *event: told.append(event))
        self.assertEqual([entry.path for entry in walk], [b'a', b'b'])
        [(path, error)] = told
        self.assertEqual((path, type(error), error.filename, error.errno), (b'nowhere', FileNotFoundError, b'nowhere', errno.ENOENT))
        self.assertEqual(walk.errors, ())

    def test_many_paths(self):
        """An event names the caller's own object, however many paths there are."""
        given = ['n%d' % number for number in range(3000)]
        self.make(*given[::3])
        told = {}
        entries = list(nlink.walk(*given, listed=True, on_event=lambda path, error: told.update({id(path): error})))
        self.assertEqual([entry.path for entry in entries], given[::3])
        missing = [name for number, name in enumerate(given) if number % 3]
        self.assertEqual(set(told), set(map(id, missing)))
        with self.assertRaises(FileNotFoundError) as caught:
            list(nlink.walk(*given))
        self.assertIs(caught.exception.filename, given[1])

    def test_exception_in_on_event(self):
        self.make('a')
        walk = nlink.walk('nowhere', 'a', on_event=raiser)
        try:
            list(walk)
            self.fail('nothing was raised')
        except Gone as error:
            self.assertEqual(error.args[0], 'nowhere')
            self.assertEqual(error.__traceback__.tb_next.tb_frame.f_code.co_name, 'raiser')
        self.assertEqual(list(walk), [])

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_errors_further_down(self):
        os.makedirs('d/e')
        self.make('d/e/x', 'd/f')
        os.chmod('d', 0o755)
        os.chmod('d/e', 0o700)
        said = self.run_as_nobody('w = nlink.walk("d")\n'
                                  'print([e.path for e in w])\n'
                                  '[e] = w.errors\n'
                                  'print(type(e).__name__, e.filename, e.errno, e.status, e.cause_name)\n'
                                  'w = nlink.walk("d", on_event=lambda *e: print(*map(str, e)))\n'
                                  'print(len(list(w)), w.errors)\n'
                                  'try: list(nlink.walk("d/e"))\n'
                                  'except PermissionError as e: print(e.filename)\n')
        first, second, third, fourth, last = said.splitlines()
        self.assertEqual(first, "['d', 'd/e', 'd/f']")
        self.assertEqual(second, 'PermissionError d/e 13 NLINK_DENIED not-readable')
        self.assertEqual(third, "d/e [Errno 13] Permission denied: 'd/e'")
        self.assertEqual((fourth, last), ('3 ()', 'd/e'))

    def progress_of(self, answer):
        """Walk long enough that progress is told; gives the numbers that were."""
        told = []

        def progress(directories, names):
            told.append((directories, names))
            return answer(told) if callable(answer) else answer
        for number in range(30):
            os.makedirs('p/%d' % number, exist_ok=True)
        for number, _ in enumerate(nlink.walk('p', progress=progress)):
            if number % 15 == 0:
                spend()
        return told

    def test_progress(self):
        told = self.progress_of(None)
        self.assertGreaterEqual(len(told), 2)
        self.assertEqual(told, sorted(told))
        self.assertTrue(all(type(number) is int for numbers in told for number in numbers))
        self.assertTrue(all(0 <= numbers[0] <= numbers[1] <= 31 for numbers in told), told)

    def test_progress_stops(self):
        with self.assertRaises(InterruptedError) as caught:
            self.progress_of(False)
        error = caught.exception
        self.assertEqual((error.args, error.status, error.filename),
                         ((errno.EINTR, 'the caller asked to stop'), 'NLINK_CANCELLED', None))

    def test_progress_stops_for_false_alone(self):
        for answer in (None, True, 0, ''):
            with self.subTest(answer=answer):
                self.assertTrue(self.progress_of(answer))

    def test_exception_in_progress(self):
        with self.assertRaises(Gone):
            self.progress_of(raiser)

    def test_signal(self):
        """What a signal's handler raises ends a walk that is on its way."""
        before = signal.signal(signal.SIGUSR1, raiser)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        with self.assertRaises(Gone):
            self.progress_of(lambda told: signal.raise_signal(signal.SIGUSR1))

    def test_walk_in_its_own_callback(self):
        wrong = []

        def on_event(path, error):
            for method in (walk.skip, walk.close, walk.__next__):
                try:
                    method()
                except ValueError as refused:
                    wrong.append(str(refused))
        walk = nlink.walk('nowhere', on_event=on_event)
        self.assertEqual(list(walk), [])
        self.assertEqual(wrong, ['walk already executing'] * 3)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_second_way(self):
        """A bind mount leads to a directory again: told, but no trouble."""
        os.makedirs('d/x')
        os.mkdir('e')
        code = ('import nlink\n'
                'w = nlink.walk(".", on_event=lambda p, e: print(p, type(e).__name__, e.status, e.strerror))\n'
                'print(len(list(w)))\n'
                'w = nlink.walk(".")\n'
                'print(len(list(w)), w.errors)\n')
        done = subprocess.run(['unshare', '-m', 'sh', '-c', 'mount --bind d e || exit 77; exec "$0" -c "$1"', sys.executable, code],
                              capture_output=True, text=True)
        if done.returncode == 77 or 'unshare failed' in done.stderr:
            self.skipTest('cannot mount here: ' + done.stderr.strip())
        self.assertEqual(done.stderr, '')
        event, count, plain = done.stdout.splitlines()
        self.assertEqual(event, "./e OSError NLINK_REPEATED it is the same directory as './d', which was looked at")
        self.assertEqual((count, plain), ('4', '4 ()'))


class Threads(Forest):
    def test_side_by_side(self):
        roots = [self.plant(seed, 200, b't%d' % seed) for seed in range(4)]
        expected = {root: [path for path, _ in slow_walk(root)] for root in roots}
        wrong = []

        def run(number):
            try:
                for turn in range(10):
                    root = roots[(number + turn) % len(roots)]
                    if [entry.path for entry in nlink.walk(root, stat=turn % 2)] != expected[root]:
                        wrong.append(root)
            except BaseException as error:
                wrong.append(error)
        threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_one_walk_for_all(self):
        """Each name is given once, to one of them; or a thread is told that another is at work."""
        root = self.plant(3, 400)
        walk, got, wrong = nlink.walk(root), [], []

        def run():
            while True:
                try:
                    got.append(next(walk).path)
                except StopIteration:
                    return
                except ValueError as error:
                    if str(error) != 'walk already executing':
                        wrong.append(error)
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(sorted(got), sorted(below(root)))

    def test_names_come_and_go(self):
        """Under a writer a walk ends, and gives what stayed all the time."""
        os.makedirs('d/e')
        self.make('d/stays', 'd/e/stays')
        stop = threading.Event()

        def write():
            number = 0
            while not stop.is_set():
                number += 1
                name = 'd/e/n%d' % (number % 50)
                os.mkdir(name)
                os.link('d/stays', name + '/x')
                os.unlink(name + '/x')
                os.rmdir(name)
        thread = threading.Thread(target=write)
        thread.start()
        try:
            for _ in range(100):
                walk = nlink.walk('d', stat=True)
                paths = [entry.path for entry in walk]
                self.assertLessEqual({'d', 'd/e', 'd/stays', 'd/e/stays'}, set(paths))
                self.assertTrue(all(isinstance(error, (FileNotFoundError, NotADirectoryError)) for error in walk.errors))
        finally:
            stop.set()
            thread.join()


class Memory(Forest):
    def rounds(self):
        root = self.plant(11, 40)
        name = 'n' + str(os.getpid())
        bad = Path('missing' + name)

        def one():
            list(nlink.walk(root))
            list(nlink.walk('t', stat=True, exclude=[name, Path('*.o')], include=b'x', rules='- ' + name, on_event=raiser))
            next(nlink.walk(root, b'.'))
            walk = nlink.walk(root, progress=raiser, max_depth=2 ** 20)
            next(walk)
            walk.skip()
            walk.close()
            with nlink.walk('t', bad, on_event=lambda *event: None) as walk:
                list(walk)
            quietly(list, nlink.walk(bad))
            quietly(list, nlink.walk(bad, on_event=raiser))
            quietly(nlink.walk, bad, rules=name)
            quietly(nlink.walk, bad, exclude=[name, 3])
            quietly(nlink.walk, 'ä' + name, max_depth=-(2 ** 70))
            quietly(nlink.walk, bad, 3)
            quietly(nlink.walk, zip=name)
            quietly(nlink.walk, on_event=name)
        return one

    def test_blocks(self):
        self.assertLosesNothing(self.rounds())

    def test_references(self):
        path, missing, pattern = ''.join(('t', '1')), ''.join(('no', 'where')), ''.join(('*', '.o'))
        self.plant(12, 20, os.fsencode(path))

        def on_event(path, error):
            return None
        objects = (path, missing, pattern, on_event, nlink.Walk, nlink.walk_entry, nlink.stat_result, nlink._nlink)

        def some():
            list(nlink.walk(path, missing, exclude=pattern, stat=True, on_event=on_event, progress=on_event))
            quietly(list, nlink.walk(missing, path))
            quietly(nlink.walk, path, rules=pattern)
        self.assertKeepsReferences(objects, some)


if __name__ == '__main__':
    unittest.main()
