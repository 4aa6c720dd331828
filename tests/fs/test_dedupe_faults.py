# SPDX-License-Identifier: MIT
"""What happens to trees when the system refuses, when it is full or broken, and when the work is interrupted."""

import errno
import os
import signal
import unittest

import equals
import ground
import interpose
from equals import text_of


def setUpModule():
    ground.enter()


class OnExt4(equals.Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount(cls.__name__, 64, 'mkfs.ext4', '-q', '-b', '4096')

    def setUp(self):
        super().setUp()
        self.needs_nlink()

    def fresh(self):
        """A small tree with a pair, a cluster and a directory of several groups; and no journals."""
        for journal in self.journals():
            os.unlink(journal)
        for here, directories, names in os.walk(self.tree, topdown=False):
            for name in names:
                os.unlink(os.path.join(here, name))
            for name in directories:
                os.rmdir(os.path.join(here, name))
        for name in 'a', 'b', 'sub/c':
            self.file(name, text_of('equal', 5000))
        self.file('x', text_of('cluster', 6000), links=['x2', 'sub/x3'])
        self.file('y', text_of('cluster', 6000), links=['y2', 'sub/y3'], when=9)
        return equals.take(self.tree)

    def no_remains(self, before, message):
        """Nothing is lost, nothing left over, and nothing left to be done."""
        self.keeps(before, message)
        done = self.verb('recover')
        self.assertEqual(done.out, b'nothing to recover\n', (message, done))

    def completes(self, before, message=''):
        """One more run reaches what the first would have."""
        self.dedupe()
        self.complete(self.keeps(before, message), message)


class Refusals(OnExt4):
    """The k-th system call that changes something fails, for every k, and all that follow, or not."""

    def refused(self, number, sticky, options=()):
        k, seen = 0, 0
        while seen >= k:
            k += 1
            seen = 0
            before = self.fresh()

            def decide(call):
                nonlocal seen
                if not call.changes():
                    return None
                seen += 1
                return number if seen == k or (sticky and seen > k) else None

            done = self.dedupe('--threads', '1', *options, decide=decide, calls=interpose.CHANGING, status=None)
            message = f'{errno.errorcode[number]} at change {k} of {seen}{" and after" if sticky else ""}: {done}'
            self.assertIn(done.status, (0, 1, 3), message)
            if seen >= k and done.status != 0:  # temporary names, and the journal's end, may be still to be seen to
                self.keeps(before, message, extra=True)
                recovered = self.recover()
                self.assertEqual(recovered.status, 0, (message, recovered))
            self.no_remains(before, message)
            if seen >= k and sticky:
                self.assertNotEqual((done.status, done.err), (0, b''), message)
        self.assertGreater(k, 10)
        self.completes(before)

    def test_an_error_of_the_device(self):
        self.refused(errno.EIO, sticky=False)

    def test_a_device_that_is_gone(self):
        self.refused(errno.EIO, sticky=True)

    def test_no_space(self):
        self.refused(errno.ENOSPC, sticky=False)

    def test_no_space_from_then_on(self):
        self.refused(errno.ENOSPC, sticky=True)

    def test_no_quota(self):
        self.refused(errno.EDQUOT, sticky=False)

    def test_read_only_from_then_on(self):
        self.refused(errno.EROFS, sticky=True)

    def test_no_right(self):
        self.refused(errno.EPERM, sticky=False)

    def test_no_more_links(self):
        """As with a link limit: EMLINK from a link, and only from it."""
        k, seen = 0, 0
        while seen >= k:
            k += 1
            seen = 0
            before = self.fresh()

            def decide(call):
                nonlocal seen
                seen += call.name == 'linkat'
                return errno.EMLINK if call.name == 'linkat' and seen == k else None

            done = self.dedupe('--threads', '1', decide=decide, status=(0, 1))
            self.no_remains(before, f'EMLINK from link {k} of {seen}: {done}')
        self.completes(before)

    def test_undo(self):
        k, seen = 0, 0
        while seen >= k:
            k += 1
            seen = 0
            before = self.fresh()
            journal = self.dedupe().summary['journal']

            def decide(call):
                nonlocal seen
                if not call.changes():
                    return None
                seen += 1
                return errno.ENOSPC if seen == k else None

            done = self.verb('undo', journal, decide=decide, calls=interpose.CHANGING, status=None)
            message = f'ENOSPC at change {k} of {seen}: {done}'
            self.keeps(before, message, extra=True)
            self.recover()
            self.keeps(before, message)
            if done.status != 0:
                self.verb('undo', journal)
            self.assertEqual(equals.differences(before, equals.take(self.tree)), [], message)
        self.assertGreater(k, 10)


class Grounds(equals.Case):
    """The same, from a real file system."""

    def setUp(self):
        super().setUp()
        self.needs_nlink()

    def on(self, kind, size, *mkfs):
        self.root = ground.new_mount(self._testMethodName, size, *mkfs)
        self.tree = os.path.join(self.root, 'tree')
        os.mkdir(self.tree)

    def fill(self, path):
        try:
            with open(path, 'wb', buffering=0) as file:
                while file.write(bytes(1024)):
                    pass
        except OSError as error:
            self.assertIn(error.errno, (errno.ENOSPC, errno.EDQUOT))

    def test_full(self):
        self.on('ext4', '1M', 'mkfs.ext4', '-q', '-b', '1024', '-N', '128', '-O', '^has_journal', '-m', '0')
        for number in range(3):
            # Directories of one block, in which there is no place for another name.
            for name in 'ab':
                self.file(f'{number}/{name:->200}', text_of('equal', 2000 + number))
            while os.stat(self.at_tree(str(number))).st_size == 1024:
                name = f'{number}/{len(os.listdir(self.at_tree(str(number)))):+>150}'
                os.symlink('x', self.at_tree(name))
            os.unlink(self.at_tree(name))
        self.fill(self.at_tree('filler'))
        before = equals.take(self.tree)
        done = self.dedupe(status=(0, 1, 3))
        self.keeps(before)
        if done.status == 0:
            self.complete(equals.take(self.tree))
        os.unlink(self.at_tree('filler'))
        del before['filler']
        self.dedupe()
        self.complete(self.keeps(before))

    def test_no_inode_for_a_name(self):
        """On tmpfs each name takes one."""
        self.root = ground.mount('none', self.path('fs'), '-t', 'tmpfs', '-o', 'nr_inodes=20')
        self.tree = os.path.join(self.root, 'tree')
        os.mkdir(self.tree)
        for name in 'abcdef':
            self.file(name, 'equal')
        made = 0
        try:
            while True:
                os.link(self.at_tree('a'), self.at_tree(f'more-{made}'))
                made += 1
        except OSError as error:
            self.assertEqual(error.errno, errno.ENOSPC)
        before = equals.take(self.tree)
        done = self.dedupe(status=(1, 3))
        self.keeps(before)
        self.assertIn(b'inode', done.err + done.out)
        for number in range(made):
            os.unlink(self.at_tree(f'more-{number}'))
            del before[f'more-{number}']
        self.dedupe()
        self.complete(self.keeps(before))

    def test_no_quota(self):
        ground.need('btrfs')
        self.on('btrfs', 128, 'mkfs.btrfs', '-q')
        ground.run('btrfs', 'subvolume', 'create', self.at_tree('s'))
        for number in range(40):
            for name in 'ab':
                self.file(f's/{name}{number:0>200}', text_of('equal', 5000 + number))
        ground.run('btrfs', 'quota', 'enable', self.root)
        ground.run('btrfs', 'quota', 'rescan', '-w', self.root)
        ground.run('btrfs', 'qgroup', 'limit', '1M', self.at_tree('s'))
        self.fill(self.at_tree('s/filler'))
        before = equals.take(self.tree)
        self.dedupe(status=(0, 1, 3))
        self.keeps(before)
        self.recover()
        self.keeps(before)
        ground.run('btrfs', 'qgroup', 'limit', 'none', self.at_tree('s'))
        self.dedupe()
        self.complete(self.keeps(before))

    def breaking(self, mend, how, options=()):
        """The file system breaks (how) at the third and at a later name; when it is mended nothing is lost."""
        for at in 2, 9, 16:
            for number in range(6):
                for name in 'a', 'b', 'c':
                    self.file(f'{at}/{number}/{name}', text_of('equal', 5000 + number))
            os.sync()
            before = equals.take(self.tree)
            seen = 0

            def decide(call):
                nonlocal seen
                seen += 1
                if seen == at:
                    how()

            done = self.dedupe('--threads', '1', *options, decide=decide, status=(1, 3))
            mend()
            message = f'broken at change {at}: {done}'
            self.keeps(before, message, extra=True)
            recovered = self.recover()
            self.keeps(before, (message, recovered))
            self.dedupe()
            self.complete(self.keeps(before, message), message)

    def test_read_only_all_at_once(self):
        self.on('ext4', 64, 'mkfs.ext4', '-q')
        self.breaking(lambda: ground.run('mount', '-o', 'remount,rw', self.root),
                      lambda: ground.run('mount', '-o', 'remount,ro', self.root))

    def test_shut_down(self):
        """All that follows is EIO; and what was not on the disk then is not there afterwards."""
        ground.need('xfs_io')
        for kind, size in ('ext4', 64), ('xfs', 320):
            with self.subTest(kind):
                self.root = ground.new_mount(f'shut-{kind}', size, f'mkfs.{kind}', '-q')
                self.tree = os.path.join(self.root, 'tree')
                os.mkdir(self.tree)
                image = os.path.join(ground.home, f'shut-{kind}.img')

                def again():
                    ground.run('umount', self.root)
                    ground.run('mount', '-o', 'loop', image, self.root)

                self.breaking(again, lambda: ground.run('xfs_io', '-x', '-c', 'shutdown', self.root))


class TheJournal(OnExt4):
    """Nothing changes before it is on the disk."""

    def test_no_room_for_it(self):
        before = self.fresh()
        state = ground.mount('none', self.path('state'), '-t', 'tmpfs', '-o', 'size=8k')
        with open(os.path.join(state, 'filler'), 'wb') as file:
            file.write(bytes(8192))
        self.state = state
        done = self.dedupe(status=(3,))
        self.assertEqual(equals.differences(before, equals.take(self.tree)), [])
        self.assertNotEqual(done.err, b'')
        os.unlink(os.path.join(state, 'filler'))
        self.assertEqual(self.recover().status, 0)

    def test_nobody_may_write_it(self):
        before = self.fresh()
        self.state = ground.mount('none', self.path('state'), '-t', 'tmpfs', '-o', 'ro')
        self.dedupe(status=(3,))
        self.assertEqual(equals.differences(before, equals.take(self.tree)), [])

    def test_it_exists(self):
        before = self.fresh()
        with open(self.path('journal'), 'w', encoding='utf-8') as file:
            file.write('somebody needs this')
        self.dedupe('--journal', self.path('journal'), status=(3,))
        self.assertEqual(equals.differences(before, equals.take(self.tree)), [])
        with open(self.path('journal'), encoding='utf-8') as file:
            self.assertEqual(file.read(), 'somebody needs this')

    def test_it_is_on_the_disk_first(self):
        """The last sync of the journal, and one of the tree's file system, come before the first change to the tree."""
        self.fresh()
        order = []

        def note(call):
            if call.name in ('fsync', 'fdatasync'):
                order.append('journal' if call.path(0).startswith(self.state) else 'other')
            elif call.name == 'syncfs':
                order.append('tree' if call.path(0).startswith(self.root) else 'other')
            elif call.name == 'write' and call.number(0) > 2 and call.path(0).startswith(self.state):
                order.append('write')
            elif call.name in interpose.TREE and not any(
                    call.number(i) >= 0 and call.path(i).startswith(self.state) for i in (0,) if 'at' in call.name):
                order.append('change')

        self.dedupe(decide=note, calls=[*interpose.TREE, 'fsync', 'fdatasync', 'syncfs', 'write'])
        self.assertIn('change', order)
        first = order[:order.index('change')]
        self.assertIn('journal', first, order)
        self.assertIn('tree', first, order)
        self.assertNotIn('write', first[len(first) - first[::-1].index('journal'):], order)

    def test_its_disk_is_full_afterwards(self):
        """How names fared cannot be noted; recovering looks at the tree itself."""
        before = self.fresh()
        began = []

        def decide(call):
            if call.name in interpose.TREE:
                began.append(call.name)
            elif began and call.changes() and call.name.startswith(('write', 'pwrite')):
                return errno.ENOSPC
            return None

        self.dedupe(decide=decide, calls=interpose.CHANGING, status=(0, 1))
        self.keeps(before)
        self.recover()
        self.complete(self.keeps(before))


class Interrupted(OnExt4):
    """By a signal before the k-th system call, for every k."""

    def interrupted(self, number, status):
        k, seen = 0, 0
        statuses = set()
        while seen >= k:
            k += 1
            seen = 0
            before = self.fresh()

            def decide(call):
                nonlocal seen
                if call.name != 'openat' or call.number(0) >= 0:  # not while the program itself is loaded
                    seen += 1
                    if seen == k:
                        os.kill(call.process.pid, number)

            done = self.dedupe(decide=decide, calls=[*interpose.TREE, 'openat', 'fdatasync', 'syncfs'], status=None)
            message = f'before call {k} of {seen}: {done}'
            self.assertIn(done.status, (0, status, -number), message)
            statuses.add(done.status)
            if done.status == status:
                self.assertTrue(done.told('summary') or done.err.endswith(b': nothing was changed\n'), message)
            self.no_remains(before, message)
        self.assertIn(status, statuses)
        self.completes(before)

    def test_by_a_person(self):
        self.interrupted(signal.SIGINT, 130)

    def test_by_the_system(self):
        self.interrupted(signal.SIGTERM, 143)

    def test_undo(self):
        before = self.fresh()
        journal = self.dedupe().summary['journal']
        sent = []

        def decide(call):
            if not sent:
                sent.append(os.kill(call.process.pid, signal.SIGINT))

        done = self.verb('undo', journal, decide=decide, status=(0, 130))
        self.no_remains(before, done)
        if done.status != 0:
            self.verb('undo', journal)
        self.assertEqual(equals.differences(before, equals.take(self.tree)), [])


class Undone(equals.Case):
    """A tree with every kind of group is as it was, on each file system."""

    def setUp(self):
        super().setUp()
        self.needs_nlink()

    def undone(self, *options, soft=False):
        equals.grow(self.tree)
        before = equals.take(self.tree)
        done = self.dedupe(*options)
        after = self.keeps(before, done, soft=before if soft else ())
        if not options:
            self.complete(after)
        again = self.verb('undo', done.summary['journal'])
        self.assertEqual(equals.differences(before, equals.take(self.tree)), [], again)

    def on(self, kind, size, *options):
        self.tree = os.path.join(ground.new_mount(self._testMethodName, size, f'mkfs.{kind}', '-q', *options), 'tree')
        os.mkdir(self.tree)

    def test_ext4(self):
        self.on('ext4', 64)
        self.undone()

    def test_xfs(self):
        self.on('xfs', 320)
        self.undone()

    def test_btrfs(self):
        self.on('btrfs', 128)
        self.undone()

    def test_tmpfs(self):
        self.undone()

    def test_soft_links(self):
        self.on('ext4', 64)
        self.undone('--mode', 'symlink', soft=True)

    def test_shared_blocks(self):
        for kind, size in ('xfs', 320), ('btrfs', 128):
            with self.subTest(kind):
                self.tree = os.path.join(ground.new_mount(f'share-{kind}', size, f'mkfs.{kind}', '-q'), 'tree')
                os.mkdir(self.tree)
                equals.grow(self.tree)
                before = equals.take(self.tree)
                self.dedupe('--mode', 'reflink', status=(0, 1))
                self.assertEqual(equals.differences(before, equals.take(self.tree)), [])

    def test_behind_a_server(self):
        """bindfs exchanges no names, and a lease does not see who comes by another name."""
        ground.need('bindfs', 'fusermount3')
        self.on('ext4', 64)
        front = self.path('front')
        ground.serve(front, 'bindfs', '-f', self.tree, front)
        self.tree = front
        equals.grow(self.tree, attributes=False)
        before = equals.take(self.tree)
        self.dedupe(status=(0, 1))
        self.keeps(before)
        done = self.dedupe('--unguarded', status=(0, 1))
        self.keeps(before, done)


if __name__ == '__main__':
    unittest.main()
