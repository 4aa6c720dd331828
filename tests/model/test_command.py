# SPDX-License-Identifier: MIT
"""The command itself on random trees: what it prints as JSON, beside the model. One process a question, so fewer trees."""

import json
import os
import subprocess
import unittest

from model import View
from trial import TREES, Trial

KEYS = {'apparent_bytes': 'apparent', 'once_bytes': 'once', 'freed_bytes': 'freed', 'held_bytes': 'held',
        'held_files': 'held_files', 'outside_names': 'outside', 'names': 'names', 'files': 'files',
        'directories': 'directories'}


def path_of(thing, key='path'):
    """A path from JSON: its bytes are in hex where they are no text."""
    return bytes.fromhex(thing[key + '_hex']) if key + '_hex' in thing else os.fsencode(thing[key])


class Command(Trial):
    def run_command(self, tree, *words):
        """The objects that the command prints, and its exit status."""
        done = subprocess.run([os.environ['NLINK'], *words], cwd=tree.base, capture_output=True, check=False)
        self.library.request = words
        if done.stderr == b'nlink: this build has no JSON\n':
            self.skipTest('this build has no JSON')
        self.assertEqual(done.stderr, b'', words)
        return [json.loads(line) for line in done.stdout.decode().splitlines()], done.returncode

    def compare_figures(self, told, view, *paths):
        figures = view.figures(*paths)
        self.assertEqual({KEYS[key]: value for key, value in told.items() if key in KEYS}, figures, paths)

    def test_space(self):
        def test(tree):
            roots = tree.some_roots(overlapping=False)
            view = View(tree.base, roots)
            levels = tree.rng.choice([0, 1, 3])
            things, status = self.run_command(tree, 'space', '--json', '-d', str(levels), '--set', '--', *roots)
            self.assertEqual(status, 0)
            rows = [thing for thing in things if thing['what'] == 'row']
            self.assertEqual({view.true(path_of(row)): row['depth'] for row in rows}, view.rows(levels))
            for row in rows:
                self.compare_figures(row, view, path_of(row))
            together, = (thing for thing in things if thing['what'] == 'together')
            self.compare_figures(together, view, *roots)
            things, _ = self.run_command(tree, 'space', '--json', '--groups=1000', '--', *roots)
            told = {(group['dev'], group['ino']): sorted(view.true(path_of(name)) for name in group['names'])
                    for group in things if group['what'] == 'group'}
            self.assertEqual(told, {file: sorted(names) for file, (_, names) in view.groups().items()})
        self.each_tree(test, max(1, TREES // 6))

    def test_series(self):
        def test(tree):
            roots = list(dict.fromkeys(tree.some_roots(overlapping=False)))
            view = View(tree.base, roots)
            things, status = self.run_command(tree, 'space', '--json', '--series', '--', *roots)
            self.assertEqual(status, 0)
            told = [thing for thing in things if thing['what'] == 'series']
            self.assertEqual([path_of(thing) for thing in told], roots)
            self.assertEqual([thing['oldest_bytes'] for thing in told], view.oldest())
            self.assertEqual([thing['freed_bytes'] for thing in told], [view.figures(root)['freed'] for root in roots])
        self.each_tree(test, max(1, TREES // 10))

    def test_names(self):
        """With NUL after each, too: the bytes as they are."""
        def test(tree):
            if not tree.files:
                return
            path, roots = tree.rng.choice(tree.files), tree.some_roots(overlapping=False)
            view = View(tree.base, roots)
            words = [word for root in roots for word in (b'--in', root)]
            things, status = self.run_command(tree, 'names', '--json', *words, '--', path)
            count, found = os.lstat(tree.at(path)).st_nlink, view.names_of(path)
            self.assertEqual(sorted(view.true(path_of(thing)) for thing in things[:-1]), found)
            self.assertEqual((things[-1]['found'], things[-1]['link_count']), (len(found), count))
            self.assertEqual(status, 0 if len(found) == count else 1)
            done = subprocess.run([os.environ['NLINK'], 'names', '-0', *words, '--', path], cwd=tree.base,
                                  capture_output=True, check=False)
            self.assertEqual(sorted(map(view.true, done.stdout.split(b'\0')[:-1])), found)
            if len(found) == count:
                self.assertEqual(done.stderr, b'')
            else:
                self.assertIn(b': %d of %d name' % (len(found), count), done.stderr)
        self.each_tree(test, max(1, TREES // 6))


if __name__ == '__main__':
    unittest.main()
