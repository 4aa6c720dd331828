# SPDX-License-Identifier: MIT
"""nlink dedupe on random trees: the plan that it prints, the tree after --apply, and the tree after undo, beside the model."""

import json
import os
import subprocess
import tempfile
import unittest

from equals import EqualTree, Plan, Wish, differences, expected, picture, undone, without_numbers
from model import Limits
from trial import TREES, Trial

SUMMARY = ('names', 'files', 'groups', 'planned_files', 'planned_names', 'gain_bytes', 'left_files')


def path_of(thing):
    """A path from JSON: its bytes are in hex where they are no text."""
    return bytes.fromhex(thing['path_hex']) if 'path_hex' in thing else os.fsencode(thing['path'])


class Dedupe(Trial):
    tree_kind = EqualTree

    def run_command(self, tree, *words, status=0):
        state = self.where + b'/state'
        done = subprocess.run([os.environ['NLINK'], *words], cwd=tree.base, capture_output=True, check=False,
                              env={**os.environ, 'XDG_STATE_HOME': os.fsdecode(state)})
        self.library.request = ' '.join(os.fsdecode(word) for word in words)
        if done.stderr == b'nlink: this build has no JSON\n':
            self.skipTest('this build has no JSON')
        self.assertEqual((done.returncode, done.stderr), (status, b''), words)
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def some_scope(self, tree):
        """Words and the model's limits."""
        rng, limits, words = tree.rng, Limits(), []
        if rng.random() < 0.2:
            limits.depth = rng.randint(1, 3)
            words += ['--max-depth', str(limits.depth)]
        if rng.random() < 0.2:
            limits.least = rng.choice([1, 2, 4096, 5000])
            words += ['--min-size', str(limits.least)]
        if rng.random() < 0.1:
            limits.most = rng.choice([1, 4096, 16384])
            words += ['--max-size', str(limits.most)]
        if rng.random() < 0.2:
            limits.excluded = [rng.choice([b'a', b'x?', b'*.o', b'.*', b'[ab]*'])]
            words += ['--exclude', limits.excluded[0]]
        return words, limits

    def planned(self, tree, wish):
        """The words of the command, and the model's plan."""
        words, limits = self.some_scope(tree)
        roots = tree.some_roots()
        references = tree.some_roots(files=False)[:1] if tree.rng.random() < 0.25 else []
        for reference in references:
            words += ['--reference', reference]
        return [*wish.words, *words, '--', *roots], Plan(tree, wish, roots, references, limits)

    # ------------------------------------------------------------ the plan

    def compare_group(self, tree, told, group):
        by_file = {(file.at.st_dev, file.at.st_ino): file for file in group}
        files = [by_file[file['dev'], file['ino']] for file in told['files']]
        self.assertEqual(len(set(map(id, files))), len(group))
        acts = {'keep': 0, 'replace': 0, 'leave': 1}
        self.assertEqual([acts[file['act']] for file in told['files']], sorted(acts[file['act']] for file in told['files']))
        for number, (row, file) in enumerate(zip(told['files'], files)):
            where = file.names
            self.assertEqual((row['act'], row['left']), (file.act, file.left), where)
            names = list(map(path_of, row['names']))
            self.assertEqual(names, sorted(names))
            self.assertEqual(sorted(os.path.join(os.path.realpath(os.path.dirname(os.path.join(tree.base, name))),
                                                 os.path.basename(name)) for name in names), sorted(file.names))
            self.assertEqual((row['link_count'], row['outside_names']),
                             (file.at.st_nlink, file.at.st_nlink - len(file.names)), where)
            keep = files[row['keep']]
            if file.act != 'leave':
                self.assertIs(keep, file.keep, where)
                self.assertEqual(row['differs'], [], where)
                self.assertLessEqual(row['keep'], number)
            else:
                self.assertTrue(keep.act == 'keep' or keep is file.keep, where)
                self.assertEqual(set(row['differs']), keep.differs(file, self.gate) if file.left == 'differs' else set(), where)
        size = len(group[0].content)
        return size, told['size_bytes']

    def compare_plan(self, tree, things, plan):
        self.gate = plan.gate
        told = [thing for thing in things if thing['what'] == 'group']
        gains = [group['gain_bytes'] for group in told]
        self.assertEqual(gains, sorted(gains, reverse=True))
        groups = {min((file.at.st_dev, file.at.st_ino) for file in files): files for files in plan.groups}
        self.assertEqual(sorted(min((file['dev'], file['ino']) for file in group['files']) for group in told), sorted(groups))
        for group in told:
            files = groups[min((file['dev'], file['ino']) for file in group['files'])]
            self.assertEqual(len(group['files']), len(files))
            self.assertEqual(*self.compare_group(tree, group, files))
            self.assertEqual(group['gain_bytes'], plan.gain(files))
        self.assertEqual(things[-1]['what'], 'summary')
        self.assertEqual({key: things[-1][key] for key in SUMMARY}, plan.report())

    def test_plan(self):
        """With reflinks, too, which a tmpfs does not have."""
        def test(tree):
            before = picture(tree.base)
            words, plan = self.planned(tree, Wish(tree, reflink=tree.rng.random() < 0.1))
            self.compare_plan(tree, self.run_command(tree, 'dedupe', '--json', *words), plan)
            self.assertEqual(differences(picture(tree.base), before), [])
        self.each_tree(test)

    # ------------------------------------------------------------ doing it, and taking it back

    def compare_soft(self, tree, before, plan):
        """Each replaced name is a relative soft link that leads to the kept file; all others are as they were."""
        replaced = {path: file for file in plan.replaced() for path in file.names}
        after = picture(tree.base)
        self.assertEqual(set(after), set(before))
        for path, about in after.items():
            if path not in replaced:
                self.assertEqual(about[:6], before[path][:6], path)
                continue
            self.assertEqual(about[1], 'soft link', path)
            self.assertFalse(about[2].startswith(b'/'), path)
            at = os.stat(path)
            keep = replaced[path].keep.at
            self.assertEqual((at.st_dev, at.st_ino), (keep.st_dev, keep.st_ino), path)

    def apply_and_undo(self, tree):
        before = picture(tree.base)
        wish = Wish(tree)
        words, plan = self.planned(tree, wish)
        journal = os.path.join(self.where, b'journal')
        saved = os.path.join(self.where, b'plan')
        for path in journal, saved:
            self.addCleanup(lambda path=path: os.path.exists(path) and os.unlink(path))
        if tree.rng.random() < 0.3:  # saved, and done later
            self.run_command(tree, 'dedupe', '--json', '--plan', saved, *words)
            things = self.run_command(tree, 'apply', '--json', '--journal', journal, saved)
            os.unlink(saved)
        else:
            things = self.run_command(tree, 'dedupe', '--apply', '--json', '--journal', journal, *words)
        self.assertEqual([thing for thing in things if thing['what'] == 'left'], [])
        report = plan.report()
        self.assertEqual([things[-1][key] for key in ('done_files', 'done_names', 'left_names', 'failed')],
                         [report['planned_files'], report['planned_names'], 0, 0])
        if wish.mode == 'hardlink':
            self.assertEqual(things[-1]['gained_bytes'], report['gain_bytes'])
            self.assertEqual(differences(picture(tree.base), expected(before, plan)), [])
        else:
            self.compare_soft(tree, before, plan)
        if os.path.exists(journal):
            things = self.run_command(tree, 'undo', '--json', journal)
            self.assertEqual([things[-1][key] for key in ('returned_names', 'left_names', 'failed')],
                             [report['planned_names'], 0, 0])
            os.unlink(journal)
        self.assertEqual(differences(without_numbers(picture(tree.base)), undone(before, plan)), [])

    def test_apply_and_undo(self):
        self.each_tree(self.apply_and_undo)

    def test_on_a_disk(self):
        """Where there are journals to be synced, and leases that an open descriptor refuses."""
        with tempfile.TemporaryDirectory(prefix='nlink-model-', dir='/var/tmp') as where:
            self.each_tree(self.apply_and_undo, max(1, TREES // 15), os.fsencode(where))

    def test_again(self):
        """What is left to be done after it was done: nothing, but for what the link limit left."""
        def test(tree):
            wish = Wish(tree)
            if wish.mode != 'hardlink' or wish.max_links or 'name' in wish.match:
                return
            words, plan = self.planned(tree, wish)
            self.run_command(tree, 'dedupe', '--apply', '--json', '--no-journal', *words)
            things = self.run_command(tree, 'dedupe', '--json', *words)
            outside = any(len(file.names) < file.at.st_nlink for file in plan.replaced())
            if not outside:
                self.assertEqual(things[-1]['planned_files'], 0)
        self.each_tree(test, max(1, TREES // 4))


if __name__ == '__main__':
    unittest.main()
