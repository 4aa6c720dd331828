# SPDX-License-Identifier: MIT
"""The power is cut while equal files are made one, or given back: what is on the disk then has every name and byte.

A file system on an image is at work, the image lies on an XFS that shares blocks: a copy of it there is made in one
instant, and holds what had reached the disk by then, and nothing else. Copies are taken at random moments; each is
mounted in the place of the first, as after a start of the machine, `nlink recover` is run, and all is compared. Between
them, somebody else syncs a file now and then, so that the disk gets names whose bytes are still in memory only.

NLINK_SEED and NLINK_ROUNDS (how many copies of each run) are for longer runs.
"""

import os
import random
import shutil
import sys
import unittest
import uuid

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fs'))

import equals
import ground
import interpose
from equals import text_of

SEED = int(os.environ.get('NLINK_SEED', '1'))
ROUNDS = int(os.environ.get('NLINK_ROUNDS', '3'))


def setUpModule():
    ground.enter()


class PowerCut(equals.Case):
    kind = 'ext4'
    size = 48
    mkfs = ('mkfs.ext4', '-q', '-b', '4096')
    options = 'commit=1000'  # nothing is on the disk before somebody wants it there

    @classmethod
    def setUpClass(cls):
        store = os.path.join(ground.home, 'store')
        if not os.path.ismount(store):
            ground.new_mount('store', 1200, 'mkfs.xfs', '-q', '-m', 'reflink=1')
        cls.store = os.path.join(store, cls.kind)
        os.makedirs(cls.store)
        cls.empty = os.path.join(cls.store, 'empty')
        ground.need(cls.mkfs[0])
        ground.run('truncate', '-s', f'{cls.size}M', cls.empty)
        ground.run(*cls.mkfs, cls.empty)
        cls.root = os.path.join(ground.home, cls.kind)
        os.makedirs(cls.root)
        cls.boots = os.path.join(ground.home, 'boot')

    def setUp(self):
        self.disk = os.path.join(self.store, 'disk')
        self.chance = random.Random(f'{SEED} {self.id()}')
        self.addCleanup(self.off)
        self.at = self.root
        self.copies = []

    def on(self, image):
        """Start the machine with this image as its disk."""
        with open(self.boots, 'w', encoding='ascii') as file:
            file.write(f'{uuid.UUID(int=self.chance.getrandbits(128))}\n')
        if os.path.ismount('/proc/sys/kernel/random/boot_id'):
            ground.run('umount', '/proc/sys/kernel/random/boot_id')
        ground.run('mount', '--bind', self.boots, '/proc/sys/kernel/random/boot_id')
        ground.mount(image, self.root, '-o', f'loop,{self.options}' if self.options else 'loop', kind=self.kind)
        self.user = None
        self.tree = os.path.join(self.root, 'tree')

    def off(self):
        if os.path.ismount(self.root):
            ground.run('umount', self.root)

    def begin(self, inside):
        """A fresh disk with a tree: half of it written long ago, half a moment ago and still in memory."""
        ground.run('cp', '--reflink=always', self.empty, self.disk)
        self.on(self.disk)
        os.mkdir(self.tree)
        equals.grow(self.tree, large=False)
        for number in range(12):
            self.file(f'old/{number}', text_of(f'late {number}', 3000 + 4000 * (number % 3)), when=number)
        self.file('noise', 'x')
        os.sync()
        self.safe = equals.take(self.tree)
        for number in range(12):
            # Of more names than the old ones: these are kept.
            self.file(f'new/{number}', text_of(f'late {number}', 3000 + 4000 * (number % 3)),
                      links=[f'new/{number}-too'])
        self.all = equals.take(self.tree)
        self.state = os.path.join(self.root if inside else self.store, 'state')
        shutil.rmtree(self.state, ignore_errors=True)
        os.mkdir(self.state)

    def cut(self):
        """What is on the disk in this instant, and the journals, if they are on another."""
        if self.chance.random() < 0.5:  # somebody syncs a file of its own, and the names of all others with it
            with open(self.at_tree('noise'), 'r+b', buffering=0) as file:
                file.write(b'%d' % self.chance.randrange(10))
                os.fsync(file.fileno())
        copy = os.path.join(self.store, f'copy-{len(self.copies)}')
        ground.run('cp', '--reflink=always', self.disk, copy)
        journals = os.path.join(self.store, f'journals-{len(self.copies)}')
        if not self.state.startswith(self.root):
            shutil.rmtree(journals, ignore_errors=True)
            shutil.copytree(self.state, journals)
        self.copies.append((copy, journals))

    def run_and_cut(self, words):
        """Run it with the power cut at random changes; all changes are counted in a run before."""
        moments = sorted(self.chance.sample(range(1, self.changes + 1), min(ROUNDS, self.changes)))
        seen = 0

        def decide(call):
            nonlocal seen
            if call.changes():
                seen += 1
                if moments and seen >= moments[0]:
                    moments.pop(0)
                    self.cut()

        done = self.run_words(words, decide=decide, calls=interpose.CHANGING)
        self.cut()  # and once when all is done
        return done

    def count(self, words):
        """How many changes a run makes."""
        seen = 0

        def decide(call):
            nonlocal seen
            seen += call.changes()

        self.run_words(words, decide=decide, calls=interpose.CHANGING)
        self.changes = seen

    def compare(self, inside, undoing):
        """Start from each of the copies in turn."""
        self.off()
        for number, (copy, journals) in enumerate(self.copies):
            last = number == len(self.copies) - 1
            message = f'{self.kind}, seed {SEED}, copy {number} of {len(self.copies)}'
            self.on(copy)
            if not inside:
                shutil.rmtree(self.state)
                shutil.copytree(journals, self.state)
            after = self.keeps_what_was_safe(message, undoing, last)
            done = self.recover()
            after = self.keeps_what_was_safe(f'{message}, recovered: {done}', undoing, last)
            strange = set(after) - set(self.all)
            self.assertEqual(strange, set(), f'{message}, recovered: {done}')
            again = self.verb('recover')
            self.assertEqual(again.out, b'nothing to recover\n', message)
            if number % 2 or last:
                done = self.dedupe()
                self.complete(self.keeps_what_was_safe(f'{message}, run again: {done}', undoing, last), message)
            self.off()

    def keeps_what_was_safe(self, message, undoing, last):
        """What was on the disk before is there now; once the run has ended, or was being undone, all is."""
        after = equals.take(self.tree)
        safe = self.all if undoing or last else self.safe
        wanted = {path: name for path, name in safe.items() if path != 'noise'}
        self.assertEqual(equals.losses(wanted, after, extra=True), [], message)
        return after

    def dedupe_words(self):
        return equals.command_of([self.tree], ['--json', '--threads', self.chance.choice('12')])

    def dedupe_cut(self, inside):
        self.begin(inside)
        self.count(self.dedupe_words())
        self.off()
        self.begin(inside)
        self.run_and_cut(self.dedupe_words())
        self.compare(inside, undoing=False)

    def test_journal_on_the_same_disk(self):
        self.dedupe_cut(inside=True)

    def test_journal_on_another_disk(self):
        self.dedupe_cut(inside=False)

    def undo_cut(self, inside):
        self.needs_nlink()
        for counting in True, False:
            self.begin(inside)
            journal = self.run_words(self.dedupe_words()).summary['journal']
            words = [equals.NLINK, 'undo', journal]
            if counting:
                self.count(words)
                self.off()
        self.run_and_cut(words)
        self.compare(inside, undoing=True)

    def test_undo_with_the_journal_on_the_same_disk(self):
        self.undo_cut(inside=True)

    def test_undo_with_the_journal_on_another_disk(self):
        self.undo_cut(inside=False)


class Ext4(PowerCut):
    pass


class Xfs(PowerCut):
    kind = 'xfs'
    size = 320
    mkfs = ('mkfs.xfs', '-q')
    options = ''


class Btrfs(PowerCut):
    kind = 'btrfs'
    size = 128
    mkfs = ('mkfs.btrfs', '-q')
    options = 'commit=300'


del PowerCut  # not a test itself

if __name__ == '__main__':
    unittest.main()
