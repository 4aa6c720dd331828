# SPDX-License-Identifier: MIT
"""Killed in the instant before the k-th system call that changes anything, for every k.

Whatever the moment: every name is there with its bytes, mode, owner and attributes, before anybody mends anything;
`nlink recover` leaves no temporary name; one more run completes; and undoing gives back the tree as it was.
NLINK_TOOL puts another program in the place of nlink (tests/fs/equals.py): its losses show here.
"""

import os
import random
import shutil
import sys
import unittest

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fs'))

import equals
import ground
import interpose
from equals import text_of

SEED = int(os.environ.get('NLINK_SEED', '1'))
THOROUGH = int(os.environ.get('NLINK_ROUNDS', '0'))  # 1 = all that is done for some k is done for every k


def setUpModule():
    ground.enter()


class Killed(equals.Case):
    """A tree with every kind of group, on ext4."""

    FEW = 6  # what takes long is done for every so-manyth k

    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount(cls.__name__, 128, 'mkfs.ext4', '-q', '-b', '4096', '-I', '256')

    def setUp(self):
        super().setUp()
        self.fresh()
        self.before = equals.take(self.tree)

    def fresh(self):
        shutil.rmtree(self.tree)
        shutil.rmtree(self.state)
        os.mkdir(self.tree)
        os.mkdir(self.state)
        equals.grow(self.tree, large=False)

    def killed(self, k, words):
        """Run, killed before the k-th change; how many changes there were till then."""
        seen = 0

        def decide(call):
            nonlocal seen
            if not call.changes():
                return None
            seen += 1
            return 'kill' if seen == k else None

        done = self.run_words(words, decide=decide, calls=interpose.CHANGING, status=None)
        if seen < k:
            self.assertEqual(done.status, 0, done)
        return seen

    def each_kill(self, words, prepare=None, first=1):
        """Yield k after each run that was killed before the k-th change; the tree is fresh each time. With `first` not
        every k, but only a few from there on."""
        step = 1 if first == 1 or THOROUGH > 0 else self.FEW
        k = first - step
        while True:
            k += step
            self.fresh()
            if prepare is not None:
                prepare()
            if self.killed(k, words() if callable(words) else words) < k:
                break
            yield k
        self.assertGreater(k, 20)

    def recovered(self, k, soft=()):
        if equals.TOOL != 'nlink':  # has nothing that mends; what it takes for nothing is another test's affair
            return self.keeps(self.before, f'killed before change {k}', but=('mode', 'owner', 'attributes'))
        self.keeps(self.before, f'killed before change {k}', soft=soft, extra=True)
        done = self.recover()
        after = self.keeps(self.before, f'recovered after a kill before change {k}: {done}', soft=soft)
        again = self.verb('recover')
        self.assertEqual(again.out, b'nothing to recover\n', (k, again))
        return after

    def undone(self, k):
        """All journals taken back, the newest first: as nothing had ever been. Some were killed in their first write."""
        journals = [journal for journal in self.journals() if os.stat(journal).st_size > 0]
        for journal in reversed(journals):
            self.verb('undo', journal)
        self.assertEqual(equals.differences(self.before, equals.take(self.tree), runs=len(journals)), [],
                         f'undone after kill {k}')

    def few(self, k):
        return THOROUGH > 0 or k % self.FEW == 0

    DEDUPE = property(lambda self: equals.command_of([self.tree], ['--json', '--threads', '1']))

    def test_dedupe(self):
        for k in self.each_kill(self.DEDUPE):
            self.recovered(k)
            if self.few(k):
                done = self.dedupe()
                self.complete(self.keeps(self.before, done), f'a second run after kill {k}: {done}')
                self.undone(k)

    def test_dedupe_again_without_recovering_first(self):
        """The next run meets the journal, recovers by itself and says so."""
        self.needs_nlink()
        told = 0
        for k in self.each_kill(self.DEDUPE, first=3):
            done = self.dedupe()
            self.complete(self.keeps(self.before, done), f'a second run after kill {k}: {done}')
            told += bool(done.err)
            self.undone(k)
        self.assertGreater(told, 3)

    def test_dedupe_in_threads(self):
        """Killed at any change of several threads at once."""
        chance = random.Random(SEED)
        words = equals.command_of([self.tree], ['--json', '--threads', '4'])
        for _ in range(20 + 10 * THOROUGH):
            self.fresh()
            k = chance.randrange(1, 120)
            self.killed(k, words)
            self.recovered(k)

    def test_dedupe_with_all_marks_torn(self):
        """The end of the journal, how names fared, never reached the disk: cut anywhere, or zeros."""
        self.needs_nlink()
        chance = random.Random(SEED)
        changes = []

        def note(call):
            if call.name in interpose.TREE and not changes:
                changes.append(os.stat(self.journals()[0]).st_size)

        self.dedupe(decide=note, calls=interpose.TREE)
        synced = changes[0]
        for k in self.each_kill(self.DEDUPE, first=5):
            if not self.journals():
                continue
            journal, = self.journals()
            size = os.stat(journal).st_size
            if size > synced:
                cut = chance.randrange(synced, size + 1)
                os.truncate(journal, cut)
                if chance.random() < 0.5:
                    os.truncate(journal, size)
            self.recovered(k)

    def test_dedupe_without_a_journal(self):
        """Nobody knows the temporary names then; no other is hurt."""
        self.needs_nlink()
        for k in self.each_kill([*self.DEDUPE, '--no-journal'], first=2):
            self.keeps(self.before, f'killed before change {k}', extra=True)

    def test_undo(self):
        self.needs_nlink()
        journal = []

        def prepare():
            journal[:] = [self.dedupe().summary['journal']]

        for k in self.each_kill(lambda: [equals.NLINK, 'undo', journal[0]], prepare):
            self.recovered(k)
            self.verb('undo', journal[0])
            self.assertEqual(equals.differences(self.before, equals.take(self.tree)), [], f'undone after kill {k}')

    def test_recover(self):
        """Recovering is killed, too, at each of its changes."""
        self.needs_nlink()
        changes = self.killed(10_000, self.DEDUPE)
        kills = 0
        for first in range(5, changes, max(1, changes // (6 + 20 * THOROUGH))):
            k = 0
            while True:
                k += 1
                self.fresh()
                self.killed(first, self.DEDUPE)
                if self.killed(k, [equals.NLINK, 'recover']) < k:
                    break
                kills += 1
                self.recovered(f'{first}, and of recovering {k}')
        self.assertGreater(kills, 10)

    def test_soft_links(self):
        self.needs_nlink()
        for k in self.each_kill([*self.DEDUPE, '--mode', 'symlink']):
            self.recovered(k, soft=self.before)
            if self.few(k):
                self.dedupe('--mode', 'symlink')
                self.keeps(self.before, f'a second run after kill {k}', soft=self.before)
                self.undone(k)


class KilledSharing(Killed):
    """On XFS, with the blocks shared: no name changes at all."""

    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount(cls.__name__, 320, 'mkfs.xfs', '-q')

    def test_dedupe(self):
        self.needs_nlink()
        for k in self.each_kill([*self.DEDUPE, '--mode', 'reflink']):
            self.assertEqual(equals.differences(self.before, equals.take(self.tree)), [], f'kill {k}')
            if self.few(k):
                self.recovered(k)

    test_dedupe_again_without_recovering_first = None
    test_dedupe_with_all_marks_torn = None
    test_dedupe_without_a_journal = None
    test_dedupe_in_threads = None
    test_undo = None
    test_recover = None
    test_soft_links = None


class KilledMending(Killed):
    """nlink check --fix: each soft link holds what it held or what it is to hold."""

    def fresh(self):
        self.needs_nlink()
        shutil.rmtree(self.tree)
        shutil.rmtree(self.state)
        os.mkdir(self.state)
        for directory in 'a', 'a/deep', 'b':
            os.makedirs(self.at_tree(directory))
        for name in 'a/file', 'a/deep/other', 'b/third':
            self.file(name, text_of(name, 50))
        for name, target in (('b/absolute', self.at_tree('a/file')), ('b/long', '../a/deep/../file'),
                             ('a/moved', 'elsewhere/other'), ('a/deep/also', '../../gone/third'), ('b/dead', 'nothing'),
                             ('b/good', '../a/file'), ('a/deep/absolute', self.at_tree('b/third'))):
            os.symlink(target, self.at_tree(name))
            os.utime(self.at_tree(name), (equals.OLD, equals.OLD), follow_symlinks=False)
        os.link(self.at_tree('b/absolute'), self.at_tree('b/absolute-too'), follow_symlinks=False)

    def fix(self, **how):
        return self.run_words(self.DEDUPE, status=(0, 1), **how)

    DEDUPE = property(lambda self: [equals.NLINK, 'check', '--fix', '--apply', '--remove', '--json', self.tree])

    def targets(self):
        return {path: name.target for path, name in equals.take(self.tree).items() if name.target is not None}

    def test_dedupe(self):
        before = self.targets()
        self.fix()
        wanted = self.targets()
        self.assertGreater(len(set(before.items()) - set(wanted.items())), 4, wanted)
        self.undone('none')
        for k in self.each_kill(self.DEDUPE):
            for step in 'killed', 'recovered':
                if step == 'recovered':
                    self.recover()
                found = self.targets()
                for path, target in before.items():
                    self.assertIn(found.get(path), (target, wanted.get(path)), f'{path}, {step} before change {k}')
            self.assertEqual(set(found) - set(before), set(), f'left over after change {k}')
            self.fix()
            self.assertEqual(self.targets(), wanted, k)
            self.undone(k)

    def test_undo(self):
        before = self.targets()

        def last():
            return [equals.NLINK, 'undo', self.journals()[-1]]

        for k in self.each_kill(last, self.fix):
            self.recover()
            self.assertEqual(set(self.targets()) - set(before), set(), f'left over after change {k}')
            self.verb('undo', self.journals()[0])
            # A removed soft link is made anew first, and given its times then.
            self.assertEqual(equals.differences(self.before, equals.take(self.tree), but=['b/dead']), [],
                             f'undone after kill {k}')

    test_dedupe_again_without_recovering_first = None
    test_dedupe_with_all_marks_torn = None
    test_dedupe_without_a_journal = None
    test_dedupe_in_threads = None
    test_recover = None
    test_soft_links = None


if __name__ == '__main__':
    unittest.main()
