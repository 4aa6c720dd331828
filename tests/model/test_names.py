# SPDX-License-Identifier: MIT
"""All names of files in random trees, and the walks themselves, compared with the model."""

import os
import unittest

from model import Limits, View, true_path
from trees import NAMES, SIZES
from trial import TREES, Trial


class Names(Trial):
    def compare(self, tree, paths, roots, *, soft=False, limits=None):
        view = View(tree.base, roots, limits)
        answer = self.ask('names', base=tree.base, root=paths, **{'in': roots}, soft=soft,
                          threads=tree.rng.choice([0, 1, 2, 4]), **view.limits.words())
        self.assertEqual((answer.events, answer.error), ([], None))
        self.assertEqual([file['path'] for file in answer.files], paths)
        whole = True
        for number, (path, file) in enumerate(zip(paths, answer.files)):
            at = os.lstat(tree.at(path))
            hard = [name for index, is_soft, name in answer.found if index == number and not is_soft]
            expected = view.names_of(path)
            self.assertEqual(sorted(map(view.true, hard)), expected, path)
            self.assertEqual(hard, sorted(hard), 'by their bytes')
            self.assertEqual((file['file'], file['link_count'], file['found'], file['told']),
                             ((at.st_dev, at.st_ino), at.st_nlink, len(expected), False))
            self.compare_soft(view, answer, number, path, soft)
            missing = file['found'] < file['link_count']
            self.assertEqual(file['absence'] != 'none', missing, file)
            self.assertEqual(file['text'] != '', missing, file)
            if missing:
                self.assertEqual(file['absence'], 'outside-roots')
                whole = False
        self.assertEqual(answer.status, 'OK' if whole else 'PARTIAL')
        numbers = [(index, is_soft) for index, is_soft, _ in answer.found]
        self.assertEqual(numbers, sorted(numbers), 'by file, hard ones first')

    def compare_soft(self, view, answer, number, path, soft):
        told = [name for index, is_soft, name in answer.found if index == number and is_soft]
        expected = view.soft_names_of(path) if soft else []
        self.assertEqual(sorted(map(view.true, told)), expected, path)
        self.assertEqual(answer.files[number]['soft_found'], len(expected))

    def test_one_file(self):
        self.each_tree(lambda tree: tree.files and self.compare(
            tree, [tree.rng.choice(tree.files)], tree.some_roots(overlapping=False)))

    def test_several_files(self):
        """Also one file twice, and two names of one file."""
        self.each_tree(lambda tree: tree.files and self.compare(
            tree, tree.rng.choices(tree.files, k=tree.rng.randint(1, 6)), tree.some_roots()))

    def test_all_names_are_there(self):
        """The whole tree in view: each file's names are complete, k of n with k = n."""
        def test(tree):
            if tree.files:
                answer = self.ask('names', base=tree.base, root=tree.files, **{'in': [b'.']})
                self.assertEqual((answer.status, answer.events), ('OK', []))
                self.compare(tree, tree.files, [b'.'])
        self.each_tree(test, max(1, TREES // 2))

    def test_soft(self):
        self.each_tree(lambda tree: tree.files and self.compare(
            tree, tree.rng.choices(tree.files, k=tree.rng.randint(1, 3)), tree.some_roots(), soft=True))

    def test_follow(self):
        def test(tree):
            links = [path for path in tree.files if os.path.isfile(tree.at(path))]
            if links:
                path = tree.rng.choice(links)
                answer = self.ask('names', base=tree.base, root=path, follow=True, **{'in': [b'.']})
                at = os.stat(tree.at(path))
                self.assertEqual(answer.status, 'OK')
                self.assertEqual(answer.files[0]['file'], (at.st_dev, at.st_ino))
                view = View(tree.base, [b'.'])
                self.assertEqual(sorted(view.true(name) for _, _, name in answer.found),
                                 view.names_of(os.path.realpath(tree.at(path))))
        self.each_tree(test, max(1, TREES // 2))

    def test_limits(self):
        def test(tree):
            if tree.files:
                rng = tree.rng
                names = [name for name in NAMES if not any(letter in name for letter in b'*?[]\\')]
                limits = Limits(depth=rng.choice([0, 1, 2, 3]), least=rng.choice([0, 0, *SIZES]),
                                most=rng.choice([0, 0, *SIZES]), excluded=rng.choices([*names, b'a*', b'?'], k=1))
                self.compare_within(tree, limits)
        self.each_tree(test)

    def compare_within(self, tree, limits):
        """As compare(), but whatever is missing may be so for one of several reasons."""
        paths = tree.rng.choices(tree.files, k=tree.rng.randint(1, 3))
        roots = tree.some_roots(overlapping=False, files=False)
        view = View(tree.base, roots, limits)
        answer = self.ask('names', base=tree.base, root=paths, **{'in': roots}, **limits.words())
        for number, path in enumerate(paths):
            told = sorted(view.true(name) for index, _, name in answer.found if index == number)
            self.assertEqual(told, view.names_of(path), path)
            file = answer.files[number]
            self.assertEqual(file['absence'] == 'none', file['found'] == file['link_count'])


class Walks(Trial):
    """Each name once, whichever way."""

    def compare(self, tree, roots, limits=None):
        view = View(tree.base, roots, limits)
        words = {'base': tree.base, 'root': roots, 'stat': True, **view.limits.words()}
        each = self.ask('each', threads=tree.rng.choice([0, 1, 2, 4]), **words)
        ordered = self.ask('walk', **words)
        for answer in each, ordered:
            self.assertEqual((answer.status, answer.events), ('OK', []))
            told = {}
            for path, kind, depth, *facts in answer.names:
                true = true_path(os.path.join(tree.base, path))
                self.assertNotIn(true, told, 'seen twice')
                told[true] = (kind, depth, *facts)
            self.assertEqual(set(told), set(view.seen))
            for path, (kind, depth, *facts) in told.items():
                name = view.seen[path]
                self.assertEqual(kind, name.kind, path)
                self.assertEqual(facts, [*name.file, name.at.st_nlink, name.at.st_size, name.allocated], path)
        return view, each, ordered

    def test_roots_apart(self):
        """Order and depth as told, too."""
        def test(tree):
            roots = tree.some_roots(overlapping=False)
            view, each, ordered = self.compare(tree, roots)
            for answer in each, ordered:
                for path, _, depth, *_ in answer.names:
                    self.assertEqual(depth, view.seen[view.true(path)].depth, path)
            expected = [path for root in roots for path in in_order(tree.base, root)]
            self.assertEqual([name[0] for name in ordered.names], expected)
            seen = set()
            for path, kind, *_ in each.names:
                above = os.path.dirname(path)
                self.assertTrue(path in roots or above in seen, path)
                if kind == 'directory':
                    seen.add(path)
        self.each_tree(test)

    def test_roots_that_overlap(self):
        self.each_tree(lambda tree: self.compare(tree, tree.some_roots()))

    def test_roots_that_overlap_and_a_depth(self):
        """A name is in view where one of its roots is near enough, whichever was walked first."""
        self.each_tree(lambda tree: self.compare(tree, tree.some_roots() + tree.some_roots(),
                                                 Limits(depth=tree.rng.choice([1, 2, 3]))))

    def test_limits(self):
        def test(tree):
            rng = tree.rng
            limits = Limits(depth=rng.choice([0, 1, 2, 3]), least=rng.choice([0, 0, *SIZES]),
                            most=rng.choice([0, 0, *SIZES]), excluded=rng.choices([b'a*', b'?', b'x[12]', b'd'], k=1))
            self.compare(tree, tree.some_roots(overlapping=False, files=False), limits)
        self.each_tree(test)


def in_order(base, root):
    """The paths below a root: names by their bytes, a directory before what is in it."""
    yield root
    full = os.path.join(base, root)
    if os.path.isdir(full) and not os.path.islink(full):
        for name in sorted(os.listdir(full)):
            yield from in_order(base, os.path.join(root, name))


if __name__ == '__main__':
    unittest.main()
