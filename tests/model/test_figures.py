# SPDX-License-Identifier: MIT
"""What directories occupy and what deleting them frees, of random trees, compared with the model figure by figure."""

import os
import tempfile
import unittest

from library import FIGURES, ORDERS
from model import Limits, View
from trees import NAMES, SIZES
from trial import TREES, Trial


def figures_of(row):
    return {key: row[key] for key in FIGURES}


class Figures(Trial):
    def compare(self, tree, roots, *, levels=0, limits=None, groups=0, **more):
        """Ask about these roots; everything that is told has to be what the model says."""
        view = View(tree.base, roots, limits)
        order = tree.rng.randrange(len(ORDERS))
        answer = self.ask('space', base=tree.base, root=roots, levels=levels, order=order, groups=groups,
                          threads=tree.rng.choice([0, 1, 2, 4]), **view.limits.words(), **more)
        self.assertEqual((answer.status, answer.events, answer.error), ('OK', [], None))
        self.compare_rows(view, answer, levels)
        self.compare_order(answer.rows, ORDERS[order])
        self.compare_groups(view, answer, groups)
        self.assertEqual(figures_of(answer.set), view.figures(*roots), 'together')
        self.assertIsNone(answer.set['path'])
        self.assertEqual(len(answer.roots), len(roots))
        for root, row in zip(roots, answer.roots):
            if row is None:
                self.assertEqual(view.below(root), [], root)
            else:
                self.assertEqual(figures_of(row), view.figures(root), root)
        self.assertEqual(answer.oldest, view.oldest(), 'the oldest together')
        self.assertEqual((answer.doubts['changed'], answer.doubts['wrong'], answer.doubts['unread']), (0, 0, 0))
        return answer

    def compare_rows(self, view, answer, levels):
        expected = view.rows(levels)
        told = {}
        for row in answer.rows:
            path = view.true(row['path'])
            self.assertEqual(figures_of(row), view.figures(row['path']), row['path'])
            self.assertEqual(row['kind'], view.seen[path].kind, row['path'])
            told[path] = min(row['depth'], told.get(path, row['depth']))
        self.assertEqual(told, expected, 'the rows and their depths')

    def compare_order(self, rows, order):
        keys = [row[order] for row in rows]
        self.assertEqual(keys, sorted(keys, reverse=order != 'path'), order)

    def compare_groups(self, view, answer, limit):
        expected = view.groups()
        self.assertEqual(len(answer.groups), min(limit, len(expected)), 'how many groups')
        sizes = [group['allocated'] for group in answer.groups]
        self.assertEqual(sizes, sorted((at.st_blocks * 512 for at, _ in expected.values()), reverse=True)[:limit])
        for group in answer.groups:
            at, names = expected.pop(group['file'])
            self.assertEqual(sorted(map(view.true, group['names'])), sorted(names))
            self.assertEqual(group['names'], sorted(group['names']))
            self.assertEqual(
                (group['link_count'], group['size'], group['allocated'], group['outside']),
                (at.st_nlink, at.st_size, at.st_blocks * 512, at.st_nlink - len(names)))

    def test_one_root(self):
        self.each_tree(lambda tree: self.compare(tree, [tree.rng.choice(tree.directories + [b'.'])],
                                                 levels=tree.rng.choice([0, 1, 2, 100])))

    def test_roots_apart(self):
        self.each_tree(lambda tree: self.compare(tree, tree.some_roots(overlapping=False),
                                                 levels=tree.rng.choice([0, 1, 2, 100])))

    def test_roots_that_overlap(self):
        self.each_tree(lambda tree: self.compare(tree, tree.some_roots(), levels=tree.rng.choice([0, 1, 2, 100])))

    def test_many_roots(self):
        """A row of snapshots, with repetitions, in and out of each other."""
        def test(tree):
            roots = [tree.rng.choice(tree.directories + [b'.'] + tree.files[:3])
                     for _ in range(tree.rng.randint(3, 12))]
            self.compare(tree, roots, levels=tree.rng.choice([0, 2]))
        self.each_tree(test, max(1, TREES // 2))

    def test_files_as_roots(self):
        self.each_tree(lambda tree: tree.files and self.compare(
            tree, tree.rng.choices(tree.files, k=tree.rng.randint(1, 5)), levels=tree.rng.choice([0, 1])))

    def test_groups(self):
        self.each_tree(lambda tree: self.compare(tree, tree.some_roots(), groups=tree.rng.choice([1, 3, 1000])))

    def test_holders(self):
        """Which names outside keep bytes: all of them, or those that there are where one looks."""
        def test(tree):
            roots, around = tree.some_roots(), tree.rng.choice([[b'.'], tree.some_roots()])
            view, other = View(tree.base, roots), View(tree.base, around)
            answer = self.ask('space', base=tree.base, root=roots, holders=True, around=around)
            self.assertEqual((answer.status, answer.events), ('OK', []))
            found, missing = {}, {}
            for holder in answer.holders:
                at, names = view.groups()[holder['file']]
                self.assertEqual(holder['allocated'], at.st_blocks * 512)
                self.assertIn(view.true(holder['inside']), names)
                if holder['path'] is None:
                    self.assertNotIn(holder['file'], missing)
                    missing[holder['file']] = holder['missing']
                else:
                    found.setdefault(holder['file'], []).append(view.true(holder['path']))
            held = {file: (at, names) for file, (at, names) in view.groups().items() if len(names) < at.st_nlink}
            outside = {file: sorted(name.path for name in other.seen.values()
                                    if name.file == file and name.path not in view.seen) for file in held}
            self.assertEqual({file: sorted(names) for file, names in found.items()},
                             {file: names for file, names in outside.items() if names})
            left = {file: at.st_nlink - len(names) - len(outside[file]) for file, (at, names) in held.items()}
            self.assertEqual(missing, {file: number for file, number in left.items() if number})
            sizes = [holder['allocated'] for holder in answer.holders]
            self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.each_tree(test)

    def test_limits(self):
        """Depth, sizes, names: what is left out is outside."""
        def test(tree):
            rng = tree.rng
            names = [name for name in NAMES if not any(letter in name for letter in b'*?[]\\')]
            limits = Limits(depth=rng.choice([0, 0, 1, 2, 3]), least=rng.choice([0, 0, *SIZES]),
                            most=rng.choice([0, 0, *SIZES]),
                            excluded=rng.choices([*names, b'a*', b'*.o', b'?', b'[a-c]', b'x[12]'],
                                                 k=rng.choice([0, 0, 1, 3])))
            roots = [root for root in tree.some_roots(overlapping=False, files=False)]
            self.compare(tree, roots, levels=rng.choice([0, 1, 100]), limits=limits, groups=rng.choice([0, 1000]))
        self.each_tree(test)

    def test_the_order_of_the_roots(self):
        """The same figures for the same roots, in whatever order, with whatever limits."""
        def test(tree):
            rng = tree.rng
            roots = tree.some_roots() + tree.some_roots()
            words = {'base': tree.base, 'levels': rng.choice([0, 1, 100]), 'groups': 1000,
                     'depth': rng.choice([0, 0, 1, 2]), 'rule': rng.choice([None, b'- a*', b'- /b', b'- *.o'])}
            first = None
            for _ in range(3):
                answer = self.ask('space', root=roots, threads=rng.choice([1, 2, 3]), **words)
                told = (
                    answer.status, answer.events, {key: answer.set[key] for key in FIGURES},
                    {root: row and figures_of(row) for root, row in zip(roots, answer.roots)},
                    sorted((os.path.realpath(os.path.join(tree.base, row['path'])), *figures_of(row).values())
                           for row in answer.rows if row['kind'] == 'directory'),
                    sorted((group['file'], len(group['names']), group['outside']) for group in answer.groups))
                first = first or told
                self.assertEqual(told, first, roots)
                rng.shuffle(roots)
        self.each_tree(test)

    def test_a_list(self):
        """Nothing is walked: only what is named is there."""
        def test(tree):
            paths = list(dict.fromkeys(tree.rng.choices(tree.files + tree.directories, k=tree.rng.randint(1, 20))))
            answer = self.ask('space', base=tree.base, root=paths, listed=True)
            self.assertEqual((answer.status, answer.events), ('OK', []))
            seen = [os.lstat(tree.at(path)) for path in paths]
            kinds = [path in tree.directories for path in paths]
            files = {(at.st_dev, at.st_ino): at for at, kind in zip(seen, kinds) if not kind}
            whole = files.values()
            directories = [at for at, kind in zip(seen, kinds) if kind]
            freed = [at for key, at in files.items()
                     if sum((one.st_dev, one.st_ino) == key for one in seen) == at.st_nlink]
            expected = {
                'apparent': sum(at.st_size for at in [*whole, *directories]),
                'once': sum(at.st_blocks * 512 for at in [*whole, *directories]),
                'freed': sum(at.st_blocks * 512 for at in [*freed, *directories]),
                'names': len(paths) - len(directories), 'files': len(files), 'directories': len(directories)}
            self.assertEqual({key: answer.set[key] for key in expected}, expected)
        self.each_tree(test, max(1, TREES // 2))

    def test_on_a_disk(self):
        """The directory for temporary files is mostly one; there directories occupy something."""
        with tempfile.TemporaryDirectory(prefix='nlink-model-') as where:
            self.each_tree(lambda tree: self.compare(tree, tree.some_roots(), levels=tree.rng.choice([0, 1, 100])),
                           max(1, TREES // 6), where=os.fsencode(where), settled=True)


if __name__ == '__main__':
    unittest.main()
