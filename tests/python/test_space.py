# SPDX-License-Identifier: MIT
"""space: what directories occupy and what deleting them frees, against a slow and obvious program."""

import errno
import itertools
import os
import pathlib
import pickle
import random
import shutil
import threading
import unittest

import nlink
from forest import Forest, Gone, below, grow, kind_of, quietly, raiser, slow_walk
from place import Hook, Path


class Slow:
    """Everything about some roots, by looking at each name by itself."""

    def __init__(self, *roots):
        self.files, self.counts, self.directories = {}, {}, []
        for path in sorted(set(below(*roots))):
            status = os.lstat(path)
            if os.path.isdir(path) and not os.path.islink(path):
                self.directories.append((path, status))
                continue
            key = status.st_dev, status.st_ino
            self.counts[key] = self.counts.get(key, 0) + 1
            self.files[key] = status
        self.names = sum(self.counts.values())

    def held(self):
        return [key for key, count in self.counts.items() if count < self.files[key].st_nlink]

    def figures(self):
        """The columns of a row, from apparent_bytes on."""
        every = list(self.files.values()) + [status for _, status in self.directories]
        once = sum(status.st_blocks for status in every) * 512
        held = self.held()
        held_bytes = sum(self.files[key].st_blocks for key in held) * 512
        return (sum(status.st_size for status in every), once, once - held_bytes, held_bytes, len(held),
                sum(self.files[key].st_nlink - self.counts[key] for key in held), self.names, len(self.files), len(self.directories))


class SpaceForest(Forest):
    def settled(self, see, call):
        """What call() says while see() says the same before and after: a file system may allocate later."""
        while True:
            before = see()
            result = call()
            if see() == before:
                return before, result


class Figures(SpaceForest):
    def test_beside_a_slow_program(self):
        for seed in range(25):
            root = self.plant(seed, root=b't%d' % seed)
            outside = [path for path in below(root) if kind_of(path) == 'regular'][::7]
            for number, path in enumerate(outside):
                os.link(path, 'outside%d-%d' % (seed, number))
            places = [(path, depth) for path, depth in slow_walk(root)
                      if depth <= 3 and os.path.isdir(path) and not os.path.islink(path)]
            expected, result = self.settled(lambda: {path: Slow(path).figures() for path, _ in places},
                                            lambda: nlink.space(root, depth=3))
            self.assertEqual({row.path: tuple(row[3:]) for row in result.rows}, expected)
            self.assertEqual({(row.path, row.depth) for row in result.rows}, set(places))
            self.assertEqual({row.kind for row in result.rows}, {'directory'})
            self.assertEqual(tuple(result.total[3:]), expected[root])
            self.assertEqual((result.groups, result.holders, result.errors), ((), (), ()))
            self.assertEqual(result.doubts[:3], (0, 0, 0))

    def test_depth(self):
        os.makedirs('t/a/b/c')
        os.makedirs('t/d')
        self.assertEqual(sorted(row.path for row in nlink.space('t', depth=0).rows), ['t'])
        self.assertEqual(sorted(row.path for row in nlink.space('t').rows), ['t', 't/a', 't/d'])
        self.assertEqual(sorted(row.path for row in nlink.space(depth=2).rows), ['.', './t', './t/a', './t/d'])
        self.assertEqual(sorted(row.path for row in nlink.space('t', depth=9).rows), ['t', 't/a', 't/a/b', 't/a/b/c', 't/d'])

    def test_order(self):
        root = self.plant(4, 200)
        fields = {'freed': 'freed_bytes', 'once': 'once_bytes', 'apparent': 'apparent_bytes', 'held': 'held_bytes',
                  'names': 'names', 'files': 'files'}
        for order, field in fields.items():
            figures = [getattr(row, field) for row in nlink.space(root, depth=5, order=order).rows]
            self.assertEqual(figures, sorted(figures, reverse=True), order)
        paths = [row.path for row in nlink.space(root, depth=5, order='path').rows]
        self.assertEqual(paths, sorted(paths))
        self.assertEqual(nlink.space(root).rows, nlink.space(root, order='freed').rows)

    def test_sets_and_series(self):
        """Snapshots that share files: each alone, the oldest together, all together."""
        for seed in range(10):
            choose = random.Random(seed)
            names = ['s%d-%d' % (seed, number) for number in range(4)]
            for before, name in zip([None] + names, names):
                os.mkdir(name)
                for number in range(12):
                    if before and os.path.exists('%s/%d' % (before, number)) and choose.random() < 0.6:
                        os.link('%s/%d' % (before, number), '%s/%d' % (name, number))
                    elif choose.random() < 0.8:
                        with open('%s/%d' % (name, number), 'wb') as file:
                            file.write(bytes(choose.choice([0, 10, 9000])))

            def slow():
                return ([Slow(name).figures()[2] for name in names],
                        [Slow(*names[:count]).figures()[2] for count in range(1, 5)], Slow(*names).figures())
            (alone, together, total), result = self.settled(slow, lambda: nlink.space(*names))
            self.assertEqual([step.alone_bytes for step in result.series], alone)
            self.assertEqual([step.together_bytes for step in result.series], together)
            self.assertEqual(tuple(result.total[3:]), total)
            self.assertIsNone(result.total.path)
            for first, second in result.series:
                self.assertLessEqual(first, second)
            for other in itertools.islice(itertools.permutations(names), 0, 24, 5):
                again = nlink.space(*other)
                self.assertEqual(set(again.rows), set(result.rows))
                self.assertEqual(again.total, result.total)

    def test_really_deleted(self):
        """What is told as freed is what the file system gets back: of the bytes that files occupy."""
        os.makedirs('t/d')
        for name in ('t/a', 't/d/b', 't/d/c'):
            with open(name, 'wb') as file:
                file.write(os.urandom(300000))
        os.link('t/d/c', 'keeps')
        expected, result = self.settled(lambda: os.lstat('t/d/b').st_blocks * 512 + os.lstat('t/d').st_blocks * 512,
                                        lambda: nlink.space('t/d'))
        self.assertEqual(result.rows[0].freed_bytes, expected)
        self.assertEqual(result.rows[0].held_files, 1)
        shutil.rmtree('t')
        self.assertEqual(os.lstat('keeps').st_nlink, 1)

    def test_sparse(self):
        os.mkdir('t')
        with open('t/a', 'wb') as file:
            file.truncate(10 ** 9)
        [row] = nlink.space('t').rows
        self.assertGreaterEqual(row.apparent_bytes, 10 ** 9)
        self.assertLess(row.once_bytes, 10 ** 6)

    def test_file(self):
        self.make('a')
        os.link('a', 'b')
        expected, result = self.settled(lambda: os.lstat('a').st_blocks * 512, lambda: nlink.space('a', 'a', 'b', listed=True))
        self.assertEqual(result.total[4:6], (expected, expected))
        rows = {row.path: row for row in result.rows}
        self.assertEqual((rows['b'].kind, rows['b'].held_files, rows['b'].outside_names, rows['b'].directories), ('regular', 1, 1, 0))


class Parts(SpaceForest):
    def test_groups(self):
        root = self.plant(6, 200)
        result = nlink.space(root, groups=1000)
        sets = {}
        for path in below(root):
            status = os.lstat(path)
            if kind_of(path) != 'directory' and status.st_nlink > 1:
                sets.setdefault((status.st_dev, status.st_ino), []).append(path)
        self.assertEqual({(group.dev, group.ino): list(group.names) for group in result.groups},
                         {key: sorted(paths) for key, paths in sets.items() if len(paths) > 1 or key in
                          {(group.dev, group.ino) for group in result.groups}})
        sizes = [group.allocated_bytes for group in result.groups]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        for group in result.groups:
            self.assertEqual(group.outside_names, group.link_count - len(group.names))
            self.assertEqual((group.size_bytes, group.kind), (os.lstat(group.names[0]).st_size, kind_of(group.names[0])))
        self.assertEqual(nlink.space(root, groups=3).groups, result.groups[:3])

    def test_holders(self):
        os.makedirs('t')
        os.makedirs('o/p')
        for name, size in (('t/a', 100000), ('t/b', 5000), ('t/c', 10)):
            with open(name, 'wb') as file:
                file.write(b'x' * size)
        os.link('t/a', 'o/x')
        os.link('t/a', 'o/p/y')
        os.link('t/b', 'o/z')
        os.link('t/b', 'beyond')
        result = nlink.space('t', holders=True, around='o')
        found = [(holder.path, holder.inside) for holder in result.holders if holder.path is not None]
        self.assertEqual(sorted(found), [('o/p/y', 't/a'), ('o/x', 't/a'), ('o/z', 't/b')])
        [missing] = [holder for holder in result.holders if holder.path is None]
        self.assertEqual((missing.inside, missing.missing), ('t/b', 1))
        self.assertEqual(nlink.space('t').holders, ())
        everywhere = {os.path.basename(holder.path) for holder in nlink.space('t', holders=True).holders}
        self.assertEqual(everywhere, {'x', 'y', 'z', 'beyond'})

    def test_kind_of_text(self):
        root = self.plant(8, 60)
        plain, text = nlink.space(root, groups=5), nlink.space(pathlib.Path(os.fsdecode(root)), groups=5)
        self.assertEqual([os.fsdecode(row.path) for row in plain.rows], [row.path for row in text.rows])
        self.assertEqual([tuple(map(os.fsdecode, group.names)) for group in plain.groups], [group.names for group in text.groups])
        self.assertIsInstance(plain.rows[0].path, bytes)

    def test_result(self):
        self.make('a')
        os.link('a', 'b')
        result = nlink.space('.', groups=1)
        self.assertIsInstance(result, nlink.space_result)
        self.assertEqual(pickle.loads(pickle.dumps(result)), result)
        for part, kind in ((result.rows[0], nlink.space_row), (result.total, nlink.space_row), (result.series[0], nlink.space_step),
                           (result.groups[0], nlink.space_group), (result.doubts, nlink.space_doubts)):
            self.assertIsInstance(part, kind)
        self.assertIs(type(result.doubts.may_share_extents), bool)
        with self.assertRaises(AttributeError):
            result.rows = ()


class Scope(SpaceForest):
    def test_rules(self):
        """What is left out is outside."""
        os.makedirs('t')
        self.make('t/a')
        os.link('t/a', 't/a.o')
        plain, less = nlink.space('t').total, nlink.space('t', exclude='*.o').total
        self.assertEqual((plain.names, plain.outside_names, plain.held_files), (2, 0, 0))
        self.assertEqual((less.names, less.outside_names, less.held_files), (1, 1, 1))
        self.assertEqual(nlink.space('t', include='*.o').total.names, 1)
        self.assertEqual(nlink.space('t', rules=['+ a', '- *']).total.names, 1)
        self.assertEqual(nlink.space('t', min_size=100).total.names, 0)
        for keywords in ({'threads': 1}, {'one_file_system': True}, {'max_size': 100}, {'max_depth': 1}):
            self.assertEqual(nlink.space('t', **keywords).total, plain)
        self.assertEqual(nlink.space('.', dir_fd=self.open_dir('t')).total, plain)

    def test_refused(self):
        self.assertRaisesText(ValueError, "space: order should be 'freed', 'once', 'apparent', 'held', 'names', 'files' or 'path', "
                                          "not 'size'", nlink.space, order='size')
        self.assertRaises(ValueError, nlink.space, order=3)
        self.assertRaisesText(ValueError, 'space: around is for holders, and holders is not given', nlink.space, around='.')
        self.assertRaisesText(ValueError, 'space: around is empty', nlink.space, holders=True, around=[])
        self.assertRaisesText(ValueError, 'space: depth should be from 0 to 4294967295, not -1', nlink.space, depth=-1)
        self.assertRaises(TypeError, nlink.space, groups='3')
        self.assertRaises(TypeError, nlink.space, 3)
        self.assertRaises(TypeError, nlink.space, zip=3)
        self.assertRaises(ValueError, nlink.space, listed=True)

    def test_audit(self):
        os.mkdir('d')
        with Hook() as hook:
            nlink.space()
            nlink.space('d', holders=True, around=[b'.'])
        self.assertEqual(hook.events, [('os.listdir', ('.',)), ('os.listdir', ('d',)), ('os.listdir', (b'.',))])


class CalledBack(SpaceForest):
    def test_missing_path(self):
        os.mkdir('d')
        self.make('a')
        os.link('a', 'd/b')
        path = 'no' + 'where'
        for call in (lambda: nlink.space('.', path), lambda: nlink.space('d', holders=True, around=path)):
            with self.assertRaises(FileNotFoundError) as caught:
                call()
            self.assertIs(caught.exception.filename, path)

    def test_on_event(self):
        os.mkdir('d')
        told = []
        result = nlink.space('nowhere', 'd', on_event=lambda *event: told.append(event))
        self.assertEqual([(path, error.errno) for path, error in told], [('nowhere', errno.ENOENT)])
        self.assertIn('d', [row.path for row in result.rows])
        self.assertIsNone(result.series[0].alone_bytes)
        self.assertEqual(result.series[1].alone_bytes, result.total.freed_bytes)
        self.assertEqual((result.doubts.unread, result.errors), (1, ()))
        self.assertRaises(Gone, nlink.space, 'nowhere', 'd', on_event=raiser)

    def test_progress(self):
        told = []

        def stop(*numbers):
            told.append(numbers)
            return False

        def call(rules):
            try:
                nlink.space('p', threads=1, progress=stop, rules=rules)
            except InterruptedError as error:
                self.assertEqual((error.errno, error.status), (errno.EINTR, 'NLINK_CANCELLED'))
                self.assertTrue(told)
            return told
        grow(call)
        os.rename('p', 'q')
        self.assertRaises(Gone, grow, lambda rules: nlink.space('p', threads=1, progress=raiser, rules=rules) and False)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_errors_further_down(self):
        os.makedirs('d/e')
        os.chmod('d', 0o755)
        os.chmod('d/e', 0o700)
        said = self.run_as_nobody('r = nlink.space("d")\n'
                                  '[e] = r.errors\n'
                                  'print(type(e).__name__, e.filename, r.doubts.unread)\n')
        self.assertEqual(said, 'PermissionError d/e 1\n')


class Kept(SpaceForest):
    def test_descriptors(self):
        root = self.plant(1, 100)
        self.assertKeepsNothing(lambda: nlink.space(root, groups=3, holders=True, around='.'))
        self.assertKeepsNothing(lambda: quietly(nlink.space, 'nowhere'))
        self.assertKeepsNothing(lambda: quietly(nlink.space, root, 'nowhere', on_event=raiser))

    def test_threads(self):
        root = self.plant(2, 200)
        expected, wrong = nlink.space(root, depth=3), []

        def run():
            try:
                for _ in range(10):
                    if nlink.space(root, depth=3).rows != expected.rows:
                        wrong.append('other figures')
            except BaseException as error:
                wrong.append(error)
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_memory(self):
        root = self.plant(3, 30)
        name = 'n' + str(os.getpid())
        bad = Path('missing' + name)
        os.mkdir('o')

        def one():
            nlink.space(root, 't', groups=5, holders=True, around='o')
            nlink.space(root, bad, on_event=lambda *event: None, exclude=name)
            quietly(nlink.space, bad)
            quietly(nlink.space, root, bad, on_event=raiser)
            quietly(nlink.space, root, order=name)
            quietly(nlink.space, root, 3)
            quietly(nlink.space, root, holders=True, around=['o', 3])
            quietly(nlink.space, root, rules=name)
        self.assertLosesNothing(one)

    def test_references(self):
        path, missing = ''.join(('.', '/')), ''.join(('no', 'where'))
        self.make('a')
        os.link('a', 'b')
        objects = (path, missing, nlink.space_result, nlink.space_row, nlink.space_step, nlink.space_group,
                   nlink.space_holder, nlink.space_doubts)

        def some():
            nlink.space(path, groups=2)
            nlink.space(path, missing, on_event=lambda *event: None)
            quietly(nlink.space, missing)
        self.assertKeepsReferences(objects, some)


if __name__ == '__main__':
    unittest.main()
