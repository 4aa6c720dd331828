# SPDX-License-Identifier: MIT
"""What nlink_check() finds in random trees, beside what the model finds."""

import errno
import os
import stat
import unittest

from model import View
from trial import TREES, Trial


class Check(Trial):
    def compare(self, tree, roots):
        view = View(tree.base, roots)
        answer = self.ask('check', base=tree.base, root=roots, threads=tree.rng.choice([0, 1, 2, 4]))
        self.assertEqual((answer.status, answer.events, answer.error), ('OK', [], None))
        found = {}
        for finding in answer.findings:
            found.setdefault(finding['kind'], []).append(finding)
            self.assertTrue(finding['text'])
        for kind, number in answer.counts.items():
            self.assertEqual(number, len(found.get(kind, [])), kind)
        self.compare_soft(view, found)
        self.compare_groups(view, found)

    def compare_soft(self, view, found):
        for kind, error in ('dangles', errno.ENOENT), ('loops', errno.ELOOP):
            told = [finding['path'] for finding in found.get(kind, [])]
            self.assertEqual(sorted(map(view.true, told)), view.soft_links(error), kind)
            for finding in found.get(kind, []):
                self.assertEqual(finding['target'], os.readlink(view.true(finding['path'])))

    def compare_groups(self, view, found):
        groups = view.groups()
        expected = {
            'partly-outside': {file for file, (at, names) in groups.items() if len(names) < at.st_nlink},
            'empty-shared': {file for file, (at, _) in groups.items() if stat.S_ISREG(at.st_mode) and not at.st_size},
            'soft-link-shared': {file for file, (at, _) in groups.items() if stat.S_ISLNK(at.st_mode)},
            'set-id-shared': {file for file, (at, _) in groups.items()
                              if stat.S_ISREG(at.st_mode) and at.st_mode & (stat.S_ISUID | stat.S_ISGID)}}
        for kind, files in expected.items():
            told = {}
            for finding in found.get(kind, []):
                at = os.lstat(view.true(finding['path']))
                told[at.st_dev, at.st_ino] = finding
            self.assertEqual(set(told), files, kind)
            self.assertEqual(len(found.get(kind, [])), len(files), kind)
            for file, finding in told.items():
                at, names = groups[file]
                self.assertEqual(sorted(map(view.true, finding['names'])), sorted(names))
                self.assertEqual(finding['names'], sorted(finding['names']))
                self.assertEqual(finding['path'], finding['names'][0])
                self.assertEqual(finding['link_count'], at.st_nlink)

    def test_one_root(self):
        self.each_tree(lambda tree: self.compare(tree, [tree.rng.choice(tree.directories + [b'.'])]))

    def test_several_roots(self):
        self.each_tree(lambda tree: self.compare(tree, tree.some_roots()))

    def test_everything(self):
        self.each_tree(lambda tree: self.compare(tree, [b'.']), max(1, TREES // 2))


if __name__ == '__main__':
    unittest.main()
