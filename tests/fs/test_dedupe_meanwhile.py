# SPDX-License-Identifier: MIT
"""What other programs write while equal files are made one is never lost.

Each test steps in exactly before a system call of the run, for every one of them, and does there what another program
could do; or has a file open all the while, in each way in which it can be.
"""

import errno
import mmap
import os
import threading
import unittest

import equals
import ground
import interpose
from equals import text_of

STEPS = interpose.TREE + ('fcntl', 'openat', 'syncfs')


def setUpModule():
    ground.enter()


def in_thread(work):
    """Start a thread and wait until it has ended, or is held up in the kernel. Returns it."""
    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        try:
            with open(f'/proc/self/task/{thread.native_id}/wchan', encoding='ascii') as file:
                if 'lease' in file.read():
                    break
        except OSError:  # it has ended
            pass
        os.sched_yield()
    return thread


def brief(text):
    return f'{len(text)} bytes {text[:12]!r}...{text[-8:]!r}'


class OnExt4(equals.Case):
    SIZE = 5000

    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount(cls.__name__, 64, 'mkfs.ext4', '-q', '-b', '4096')

    @property
    def old(self):
        return text_of('equal', self.SIZE)


class Meanwhile(OnExt4):
    """Three equal files, and a writer that steps in before the k-th system call, for every k."""

    def wanted(self, call):
        """Whether it is a call between which and the one before something can happen that matters here."""
        if call.name == 'fcntl':
            return call.is_lease()
        if call.name == 'openat':
            directory = '' if call.number(0) < 0 else call.path(0)
            return (directory + os.fsdecode(call.text(1))).startswith(self.tree)
        return True

    def acts(self, act, name, calls=STEPS, options=()):
        """For every k: grow the tree, run, and call act(path) before the k-th call; it returns a thread or None.
        Afterwards the file `name` holds what `act` has written there."""
        k, ended = 0, False
        while not ended:
            k += 1
            self.fresh()
            seen, threads = 0, []

            def decide(call):
                nonlocal seen
                if not self.wanted(call):
                    return
                seen += 1
                if seen == k:
                    threads.append(act(self.at_tree(name)))

            self.dedupe(*options, decide=decide, calls=calls, status=None)
            ended = seen < k
            for thread in threads:
                if thread is not None:
                    thread.join()
            yield f'before call {k} of {seen}', not ended
        self.assertGreater(k, 3, 'no call was seen')

    def fresh(self):
        self.remove(self.tree)
        for name in 'a', 'b', 'sub/c':
            self.file(name, self.old, when=ord(name[-1]))

    def remove(self, directory):
        for here, directories, names in os.walk(directory, topdown=False):
            for name in names:
                os.unlink(os.path.join(here, name))
            for name in directories:
                os.rmdir(os.path.join(here, name))

    def names_hold(self, expected, message):
        """Each name holds one of the texts that are told for it."""
        found = {}
        for here, _, names in os.walk(self.tree):
            for name in names:
                path = os.path.join(here, name)
                with open(path, 'rb') as file:
                    found[os.path.relpath(path, self.tree)] = file.read()
        self.assertEqual(sorted(found), sorted(expected), message)
        for name, texts in expected.items():
            self.assertTrue(found[name] in texts, f'{message}: {name} holds {brief(found[name])}, '
                                                  f'and should hold {" or ".join(map(brief, texts))}')

    def nothing_lost(self, act, written, name):
        """What was written to a name is there; the others hold the old bytes, or are names of the same file."""
        for message, acted in self.acts(act, name):
            expected = {other: [self.old] for other in ('a', 'b', 'sub/c')}
            if acted:
                expected[name] = [written]
                file = os.stat(self.at_tree(name)).st_ino
                for other in expected:
                    if other != name and os.stat(self.at_tree(other)).st_ino == file:
                        expected[other] = [written]
            self.names_hold(expected, f'{name}, {message}')

    def for_each_name(self, act, written):
        for name in 'a', 'b', 'sub/c':
            with self.subTest(name=name):
                self.nothing_lost(act, written, name)


class Writing(Meanwhile):
    """Through a descriptor that is opened just then, and waits where a lease says so."""

    @property
    def new(self):
        return text_of('newer', self.SIZE)

    def test_rewritten_with_size_and_time_as_before(self):
        def act(path):
            def work():
                with open(path, 'r+b', buffering=0) as file:
                    info = os.fstat(file.fileno())
                    file.write(self.new)
                    os.utime(file.fileno(), ns=(info.st_atime_ns, info.st_mtime_ns))
            return in_thread(work)

        self.for_each_name(act, self.new)

    def test_rewritten_by_who_does_not_wait(self):
        """Opened without waiting; where a lease refuses that, opened again until it is let go."""
        def act(path):
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            except BlockingIOError:
                return in_thread(lambda: self.write_all(os.open(path, os.O_RDWR)))
            self.write_all(descriptor)
            return None

        self.for_each_name(act, self.new)

    def write_all(self, descriptor):
        with open(descriptor, 'r+b', buffering=0) as file:
            file.write(self.new)

    def test_appended(self):
        def act(path):
            def work():
                with open(path, 'ab') as file:
                    file.write(b'and more')
            return in_thread(work)

        self.for_each_name(act, self.old + b'and more')

    def test_cut(self):
        self.for_each_name(lambda path: in_thread(lambda: os.truncate(path, 10)), self.old[:10])

    def test_through_a_mapping(self):
        def act(path):
            def work():
                with open(path, 'r+b') as file:
                    mapped = mmap.mmap(file.fileno(), self.SIZE)
                mapped[:] = self.new
                mapped.close()
            return in_thread(work)

        self.for_each_name(act, self.new)


class WritingOnTmpfs(Writing):
    """Where a mapping leaves no trace in the times."""

    @classmethod
    def setUpClass(cls):
        cls.root = ground.mount('none', os.path.join(ground.home, cls.__name__), '-t', 'tmpfs')

    test_appended = None
    test_cut = None


class WritingLarge(Writing):
    """Files that nobody wants to compare twice."""

    SIZE = 1_200_000

    test_appended = None
    test_cut = None
    test_rewritten_by_who_does_not_wait = None


class Replacing(Meanwhile):
    """The names themselves change hands."""

    NEW = b'written to a new file and put in the place of the old'

    def test_by_rename(self):
        def act(path):
            with open(self.path('new'), 'wb') as file:
                file.write(self.NEW)
            os.rename(self.path('new'), path)

        self.for_each_name(act, self.NEW)

    def test_by_another_of_the_same_bytes(self):
        """It may become a name of the kept file or not; its bytes are the same."""
        def act(path):
            equals.put(self.path('new'), self.old)
            os.rename(self.path('new'), path)

        self.for_each_name(act, self.old)

    def test_removed(self):
        """A name that was removed stays away, or was back before: it holds the old bytes, and no name else is hurt."""
        def act(path):
            try:
                os.unlink(path)
            except FileNotFoundError:
                pass

        for name in 'a', 'b', 'sub/c':
            for message, acted in self.acts(act, name):
                expected = {other: [self.old] for other in ('a', 'b', 'sub/c')}
                if acted and not os.path.exists(self.at_tree(name)):
                    expected.pop(name)
                self.names_hold(expected, f'{name}, {message}')

    def test_moved_away(self):
        """Whoever moves a file finds it where it was moved to."""
        def act(path):
            os.rename(path, path + '-moved')

        for name in 'a', 'b', 'sub/c':
            for message, acted in self.acts(act, name):
                expected = {other: [self.old] for other in ('a', 'b', 'sub/c')}
                if acted:
                    expected[name + '-moved'] = [self.old]
                    if not os.path.exists(self.at_tree(name)):
                        expected.pop(name)
                self.names_hold(expected, f'{name}, {message}')

    def test_two_that_change_places(self):
        def act(path):
            equals.put(self.path('new'), self.NEW)
            ground.checked(ground.libc.renameat2(-100, os.fsencode(self.path('new')), -100, os.fsencode(path), 2))

        self.for_each_name(act, self.NEW)

    def test_linked(self):
        """A further name of the old file, from elsewhere: it keeps the bytes, whatever becomes of the name."""
        for name in 'a', 'b', 'sub/c':
            def act(path):
                os.link(path, self.path('link'))

            for message, acted in self.acts(act, name):
                self.names_hold({other: [self.old] for other in ('a', 'b', 'sub/c')}, message)
                if acted:
                    with open(self.path('link'), 'rb') as file:
                        self.assertEqual(file.read(), self.old, message)
                    os.unlink(self.path('link'))

    def test_its_directory_is_moved_away(self):
        def act(path):
            os.rename(os.path.dirname(path), self.at_tree('moved'))

        for message, acted in self.acts(act, 'sub/c'):
            name = 'moved/c' if acted else 'sub/c'
            self.names_hold({other: [self.old] for other in ('a', 'b', name)}, message)


class SecondWay(Meanwhile):
    """The ways that are taken where a file system lacks something."""

    def refusing(self, refuse, act, written):
        """As nothing_lost(), while refuse(call) takes some calls away."""
        for name in 'a', 'b', 'sub/c':
            k, ended = 0, False
            while not ended:
                k += 1
                self.fresh()
                seen, threads = 0, []

                def decide(call):
                    nonlocal seen
                    if self.wanted(call):
                        seen += 1
                        if seen == k:
                            threads.append(act(self.at_tree(name)))
                    return refuse(call)

                self.dedupe('--unguarded', decide=decide, calls=STEPS, status=None)
                ended = seen < k
                expected = {other: [self.old] for other in ('a', 'b', 'sub/c')}
                if not ended:
                    file = os.stat(self.at_tree(name)).st_ino
                    for other in expected:
                        if os.stat(self.at_tree(other)).st_ino == file:
                            expected[other] = [written]
                self.names_hold(expected, f'{name}, before call {k} of {seen}')

    def test_without_exchange(self):
        self.needs_nlink()
        self.fresh()
        before = equals.take(self.tree)
        refused = []

        def refuse(call):
            if call.name == 'renameat2' and call.arguments[4]:
                refused.append(call.name)
                return errno.EINVAL
            return None

        self.dedupe(decide=refuse)
        self.assertTrue(refused)
        self.complete(self.keeps(before))

    def test_without_leases(self):
        """Nobody can tell whether a program has them open: left alone, unless that is wanted."""
        self.needs_nlink()
        self.fresh()
        before = equals.take(self.tree)

        def refuse(call):
            return errno.EINVAL if call.is_lease() else None

        done = self.dedupe(decide=refuse, calls=['fcntl'])
        self.assertEqual(equals.differences(before, equals.take(self.tree)), [])
        self.assertEqual([row['left'] for row in done.told('left')], ['unguarded'] * 2, done)
        self.dedupe('--unguarded', decide=refuse, calls=['fcntl'])
        self.complete(self.keeps(before))

    def test_changed_where_nothing_guards(self):
        """Between the last look and the exchange nobody holds a writer off; what came out of the exchange tells it."""
        self.needs_nlink()
        new = text_of('newer', self.SIZE + 3)

        def act(path):
            with open(path, 'wb') as file:
                file.write(new)

        self.refusing(lambda call: errno.EINVAL if call.is_lease() else None, act, new)


class HeldOpen(OnExt4):
    """A program has a file open for writing all the while."""

    def held(self, open_it, let_go, written, name, status=(0,)):
        for other in 'a', 'b', 'c':
            self.file(other, self.old, when=9 if other == name else ord(other) - ord('a'))
        before = equals.take(self.tree)
        holder = open_it(self.at_tree(name))
        done = self.dedupe(status=status)
        after = self.keeps(before)
        self.assertEqual(equals.partition(after), {frozenset({name}), frozenset({'a', 'b', 'c'} - {name})})
        if equals.TOOL == 'nlink':
            told = {os.path.basename(row['path']): row['left'] for row in done.told('left')}
            self.assertEqual(set(told.values()), {'open'}, done)
        let_go(holder)
        with open(self.at_tree(name), 'rb') as file:
            self.assertEqual(file.read(), written)
        for other in {'a', 'b', 'c'} - {name}:
            with open(self.at_tree(other), 'rb') as file:
                self.assertEqual(file.read(), self.old, other)
        for other in 'a', 'b', 'c':
            os.unlink(self.at_tree(other))

    def each(self, open_it, let_go, written):
        """Once as a file that would be replaced, and, as the newest with fewest names, where the other two are kept."""
        for name in 'b', 'c':
            with self.subTest(name=name):
                self.held(open_it, let_go, written, name)

    def test_to_read_and_write(self):
        def let_go(descriptor):
            os.pwrite(descriptor, b'NEWER', 0)
            os.close(descriptor)

        self.each(lambda path: os.open(path, os.O_RDWR), let_go, b'NEWER' + self.old[5:])

    def test_to_append(self):
        def let_go(descriptor):
            os.write(descriptor, b'more')
            os.close(descriptor)

        self.each(lambda path: os.open(path, os.O_WRONLY | os.O_APPEND), let_go, self.old + b'more')

    def mapped(self, path):
        with open(path, 'r+b') as file:
            return mmap.mmap(file.fileno(), self.SIZE)

    def unmap(self, mapped):
        mapped[:5] = b'NEWER'
        mapped.close()

    def test_a_mapping_whose_descriptor_is_closed(self):
        self.each(self.mapped, self.unmap, b'NEWER' + self.old[5:])

    def test_a_mapping_that_was_written_through_before(self):
        """A page that was written through once leaves no time when it is written again."""
        def touched(path):
            info = os.stat(path)
            mapped = self.mapped(path)
            mapped[0] = mapped[0]
            mapped.flush()
            os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
            return mapped

        self.each(touched, self.unmap, b'NEWER' + self.old[5:])

    def test_the_kept_file(self):
        """Whatever is told of it: the writer's bytes are its own, and the others do not get them."""
        self.file('a', self.old, links=[self.path('outside')])  # of most names
        for name in 'b', 'c':
            self.file(name, self.old)
        before = equals.take(self.tree)
        with open(self.at_tree('a'), 'r+b', buffering=0) as file:
            self.dedupe()
            after = self.keeps(before)
            if equals.TOOL == 'nlink':
                self.assertNotIn(after['a'].file, (after['b'].file, after['c'].file))
            file.write(b'NEWER')
        for name in 'b', 'c':
            with open(self.at_tree(name), 'rb') as file:
                self.assertEqual(file.read(), self.old)

    def test_readers_do_no_harm(self):
        for name in 'a', 'b':
            self.file(name, self.old)
        before = equals.take(self.tree)
        with open(self.at_tree('a'), 'rb') as first, open(self.at_tree('b'), 'rb') as second:
            self.dedupe()
            self.merged(self.keeps(before), 'a', 'b')
            self.assertEqual((first.read(), second.read()), (self.old,) * 2)

    def test_a_program_that_runs(self):
        """Its file cannot be opened for writing, and is replaced; the program runs on."""
        for name in 'a', 'b':
            with open('/bin/sleep', 'rb') as program:
                self.file(name, program.read(), mode=0o755)
        before = equals.take(self.tree)
        running = [equals.subprocess.Popen([self.at_tree(name), '600']) for name in ('a', 'b')]
        try:
            self.dedupe()
            self.merged(self.keeps(before), 'a', 'b')
            self.assertEqual([one.poll() for one in running], [None, None])
        finally:
            for one in running:
                one.kill()
                one.wait()

    def test_a_growing_file(self):
        """Nix linked empty files to one that was still to grow. Each of these pieces is there in the end."""
        for name in 'a', 'b', 'c':
            self.file(name, self.old)
        pieces, stop = [], threading.Event()

        def grow():
            while not stop.is_set():
                piece = b'%d\n' % len(pieces)
                with open(self.at_tree('b'), 'ab') as file:
                    file.write(piece)
                pieces.append(piece)

        writer = threading.Thread(target=grow)
        writer.start()
        try:
            for _ in range(10):
                self.dedupe(status=(0, 1))
        finally:
            stop.set()
            writer.join()
        with open(self.at_tree('b'), 'rb') as file:
            self.assertEqual(file.read(), self.old + b''.join(pieces))
        for name in 'a', 'c':
            with open(self.at_tree(name), 'rb') as file:
                self.assertEqual(file.read(), self.old)


class HeldOpenOnTmpfs(HeldOpen):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.mount('none', os.path.join(ground.home, cls.__name__), '-t', 'tmpfs')


if __name__ == '__main__':
    unittest.main()
