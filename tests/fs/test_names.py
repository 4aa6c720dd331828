# SPDX-License-Identifier: MIT
"""All names of files on real file systems: told, walked for, out of sight, and why some were not found."""

import os
import shutil
import subprocess
import unittest

import ground

LONG = 'l' * 240


def setUpModule():
    ground.enter()
    shutil.copy(os.environ['NLINK_FS_NAMES_ALL'], ground.home)


class Answer:
    """What names_all.c printed."""

    def __init__(self, printed):
        self.events, self.names, self.files = [], [], []
        words = iter(os.fsdecode(word) for word in printed.split(b'\0')[:-1])
        for word in words:
            if word == 'event':
                self.events.append((next(words).removeprefix('NLINK_'), next(words), next(words)))
            elif word == 'name':
                self.names.append((int(next(words)), next(words) == '1', next(words)))
            elif word == 'file':
                self.files.append({'path': next(words), 'count': int(next(words)), 'found': int(next(words)),
                                   'soft': int(next(words)), 'told': next(words) == '1', 'absence': next(words),
                                   'text': next(words)})
            elif word == 'read':
                self.read = int(next(words))
            elif word == 'tries':
                self.tries = int(next(words))
            else:
                self.status = next(words).removeprefix('NLINK_')

    def paths(self, file=0, soft=False):
        return [path for number, is_soft, path in self.names if number == file and is_soft == soft]


def ask(*words, cwd='/', user=None, **extra):
    def before():
        if user is not None:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)

    program = os.path.join(ground.home, os.path.basename(os.environ['NLINK_FS_NAMES_ALL']))
    done = subprocess.run([program, *words], cwd=cwd, preexec_fn=before, stdout=subprocess.PIPE,
                          env=ground.environment(**extra), stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise AssertionError(f'{words}: status {done.returncode}: {done.stderr.decode()}')
    return Answer(done.stdout)


class Case(ground.Case):
    def whole(self, names, *words, told, **how):
        """All names of the file are found, and nothing else; the first is asked for unless the words say otherwise."""
        answer = ask(*(words or [names[0]]), **how)
        self.assertEqual(answer.paths(), sorted(names, key=os.fsencode))
        file = answer.files[0]
        self.assertEqual((answer.status, file['found'], file['told'], file['absence'], file['text']),
                         ('OK', file['count'], told, 'none', ''))
        self.assertEqual(answer.read == 0, told)
        return answer

    def partly(self, names, *words, absence, count, text='', told=False, **how):
        """Just these names are found, and the likely reason for the others is told."""
        answer = ask(*words, **how)
        self.assertEqual(answer.paths(), sorted(names, key=os.fsencode))
        file = answer.files[0]
        self.assertEqual((answer.status, file['found'], file['count'], file['absence'], file['told']),
                         ('PARTIAL', len(names), count, absence, told), file['text'])
        self.assertIn(text, file['text'])
        return answer


class Everywhere:
    """What holds of every file system; mixed into the cases below."""

    told = False

    def test_names_in_many_directories(self):
        file = self.write('a')
        names = [file]
        for number in range(50):
            os.makedirs(self.path(f'd{number}', 'e'))
            names.append(self.path(f'd{number}', 'e', 'x'))
            os.link(file, names[-1])
        self.whole(names, told=self.told)
        self.whole(names, names[7], told=self.told)

    def test_one_name(self):
        """It is what was asked for, and nothing is read."""
        file = self.write('a')
        for words in [file], ['-w', file]:
            answer = ask(*words)
            self.assertEqual((answer.status, answer.paths(), answer.read), ('OK', [file], 0))

    def test_roots(self):
        self.mkdir('d')
        self.mkdir('d/e')
        self.mkdir('f')
        file = self.write('d/a')
        os.link(file, self.path('d/e/b'))
        os.link(file, self.path('f/c'))
        self.whole(['d/a', 'd/e/b', 'f/c'], '-i', 'd', '-i', 'f', 'd/a', told=self.told, cwd=self.at)
        self.whole(['d/a', 'd/e/b', 'f/c'], '-i', 'd', '-i', 'f', '-i', 'd/e', 'd/a', told=self.told, cwd=self.at)
        self.whole(['./d/a', './d/e/b', './f/c'], '-i', '.', 'f/c', told=self.told, cwd=self.at)
        self.whole([f'{self.at}//d/a', f'{self.at}//d/e/b', f'{self.at}//f/c'], '-i', self.at + '//', 'f/c',
                   told=self.told, cwd=self.at)
        outside = {'absence': 'outside-roots', 'count': 3, 'cwd': self.at, 'told': self.told}
        answer = ask('-i', 'none', '-i', 'd/e', 'd/a', cwd=self.at)
        self.assertEqual([event[:2] for event in answer.events], [('NOT_FOUND', 'none')])
        self.assertEqual(answer.paths(), ['d/e/b'])
        # A soft link is never followed: what it leads to is not below it.
        os.symlink('d', self.path('s'))
        self.partly([], '-i', 's', 'd/a', **outside | {'told': False})
        # A root that a mount shows once more: its names are names below it.
        ground.mount(self.path('d'), self.path('f/again'), '--bind')
        answer = ask('-i', 'f', 'd/a', cwd=self.at)
        self.assertEqual(answer.paths(), ['f/again/a', 'f/again/e/b', 'f/c'])
        self.assertEqual(answer.status, 'OK')

    def test_soft_links(self):
        self.mkdir('d')
        file = self.write('a')
        os.link(file, self.path('d/b'))
        os.symlink('../a', self.path('d/s'))
        os.symlink(self.path('d/s'), self.path('t'))
        os.symlink('nowhere', self.path('u'))
        answer = ask('-s', '-i', '.', 'a', 't', 'd', cwd=self.at)
        self.assertEqual(answer.paths(), ['./a', './d/b'])
        self.assertEqual(answer.paths(soft=True), ['./d/s', './t'])
        self.assertEqual((answer.paths(1), answer.paths(1, soft=True)), (['./t'], []))
        self.assertEqual(answer.paths(2), [self.path('d')])
        answer = ask('-s', '-l', 'a', 't', cwd=self.at)
        for number in 0, 1:
            self.assertEqual(answer.paths(number), [file, self.path('d/b')])
            self.assertEqual(answer.paths(number, soft=True), [self.path('d/s'), self.path('t')])
            self.assertEqual(answer.files[number]['soft'], 2)

    def test_a_rule_leaves_names_out(self):
        file = self.write('a')
        os.link(file, self.path('b'))
        self.partly([file], '-x', '- b', file, absence='outside-roots', count=2)

    def test_hidden_by_a_mount(self):
        file = self.write('a')
        self.mkdir('d')
        os.link(file, self.path('d/b'))
        ground.mount('none', self.path('d'), '-t', 'tmpfs')
        self.addCleanup(ground.unmount, self.path('d'))
        self.partly([file], file, absence='hidden', count=2, text=self.path('d'), told=self.told)
        self.partly([file], '-w', file, absence='hidden', count=2, text=self.path('d'))

    def test_a_deep_file(self):
        at = os.open(self.at, os.O_RDONLY)
        file = self.write('a')
        path = self.at
        for number in range(20):
            name = f'{number}{LONG}'
            os.mkdir(name, dir_fd=at)
            below = os.open(name, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = below
            path += '/' + name
        os.link(file, 'b', dst_dir_fd=at)
        os.close(at)
        self.assertGreater(len(path), 4096)
        self.whole([file, path + '/b'], told=self.told)
        answer = ask('-w', '-i', self.at, file)
        self.assertEqual(answer.paths(), [path + '/b', file])


    def test_every_failure_on_the_way(self):
        file = self.write('a')
        for number in range(5):
            self.mkdir(f'd{number}')
            os.link(file, self.path(f'd{number}', 'x'))
        os.symlink('../a', self.path('d0', 's'))
        self.write('b')
        for words in ['-i', '.', '-s'], ['-w', '-i', '.'], ['-i', 'd0', '-i', 'd1', '-i', 'd2', '-i', 'd3', '-i', 'd4']:
            files = ['d4/x'] if len(words) > 3 else ['a', 'b', '.', 'd0/x']
            if len(words) > 3:
                os.unlink(file)
            answer = ask(*words, *files, cwd=self.at, NAMES_ALL_FAULTS='1')
            self.assertGreater(answer.tries, 100)
        os.link(self.path('d0/x'), file)
        if self.told:
            self.assertGreater(ask('a', 'b', cwd=self.at, NAMES_ALL_FAULTS='1').tries, 100)


class Partial:
    """A part of the file system is mounted elsewhere, and the rest is not to be seen."""

    def test_a_mount_of_a_part(self):
        self.mkdir('part')
        file = self.write('part/a')
        os.link(file, self.path('part/b'))
        os.link(file, self.path('c'))
        point = os.path.join(ground.home, 'point-' + type(self).__name__)
        ground.mount(self.path('part'), point, '--bind')
        self.addCleanup(ground.unmount, point)
        self.partly([f'{point}/a', f'{point}/b'], f'{point}/a', absence='other-mount', count=3, text=self.root,
                    told=self.told)
        self.partly([f'{point}/a', f'{point}/b'], '-w', f'{point}/a', absence='other-mount', count=3, text=self.root)
        # Mounted in the file system itself, all of it is above, and is seen.
        inner = ground.mount(self.path('part'), self.path('point'), '--bind')
        self.addCleanup(ground.unmount, inner)
        answer = ask(f'{inner}/a')
        self.assertEqual((answer.status, answer.files[0]['found']), ('OK', 3))


class Ext4(Everywhere, Partial, Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('all-ext4', 64, 'mkfs.ext4', '-q')
        os.rmdir(os.path.join(cls.root, 'lost+found'))  # nobody else may look into it

    def test_another_user(self):
        """Directories that may not be read, and those above."""
        file = self.write('a', owner=ground.NOBODY)
        self.mkdir('closed', mode=0o700)
        os.link(file, self.path('closed/b'))
        answer = self.partly([file], file, absence='no-permission', count=2, text='closed', user=ground.NOBODY)
        self.assertIn(('DENIED', self.path('closed')), [event[:2] for event in answer.events])
        self.whole([file, self.path('closed/b')], told=False)

    def test_names_that_may_be_read_and_not_looked_at(self):
        file = self.write('a', owner=ground.NOBODY)
        self.mkdir('listed', mode=0o744)
        os.link(file, self.path('listed/b'))
        self.partly([file], file, absence='no-permission', count=2, user=ground.NOBODY)

    def test_it_stops_early(self):
        file = self.write('a')
        os.link(file, self.path('b'))
        for number in range(300):
            self.mkdir(f'd{number}')
        answer = self.whole(['./a', './b'], '-i', '.', 'a', told=False, cwd=self.at)
        self.assertLessEqual(answer.read, 10)
        os.unlink(self.path('b'))
        os.link(file, os.path.join(self.root, 'elsewhere'))
        self.addCleanup(os.unlink, os.path.join(self.root, 'elsewhere'))
        self.assertGreaterEqual(ask('-i', '.', 'a', cwd=self.at).read, 300)
        # Soft links are sought to the end.
        self.assertGreaterEqual(ask('-i', '.', '-s', 'a', cwd=self.at).read, 300)

    def test_it_begins_near_the_file(self):
        for number in range(300):
            self.mkdir(f'd{number}')
        self.mkdir('d')
        self.mkdir('d/e')
        file = self.write('d/e/a')
        os.link(file, self.path('d/b'))
        self.assertLessEqual(self.whole([self.path('d/b'), file], '-1', file, told=False).read, 10)
        os.link(file, self.path('c'))
        self.assertLessEqual(self.whole([self.path('c'), self.path('d/b'), file], '-1', file, told=False).read, 10)
        self.whole([self.path('c'), self.path('d/b'), file], self.path('c'), told=False)

    def test_files_of_two_file_systems(self):
        there = ground.mount('none', self.path('there'), '-t', 'tmpfs')
        self.addCleanup(ground.unmount, there)
        names = [self.write('a'), self.write('there/a')]
        os.link(names[0], self.path('b'))
        os.link(names[1], there + '/b')
        answer = ask(*names)
        self.assertEqual(answer.status, 'OK')
        for number, place in enumerate([self.at, there]):
            self.assertEqual(answer.paths(number), [place + '/a', place + '/b'])

    def test_several_files_are_one_walk(self):
        names = []
        for number in range(100):
            self.mkdir(f'd{number}')
            self.write(f'd{number}/a')
            os.link(self.path(f'd{number}/a'), self.path(f'b{number}'))
            names.append(self.path(f'd{number}/a'))
        answer = ask(*names)
        self.assertEqual(answer.status, 'OK')
        for number in range(100):
            self.assertEqual(answer.paths(number), [self.path(f'b{number}'), names[number]])
        everywhere = sum(1 for _ in os.walk(self.root))  # but for those at the end of very long paths
        self.assertLessEqual(answer.read, 2 * everywhere + 100)  # that there is no more is an answer, too


class PlainXfs(Everywhere, Partial, Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('all-xfs', 320, 'mkfs.xfs', '-q')


class Xfs(Everywhere, Partial, Case):
    """With parent pointers, which mkfs.xfs of 6.1 cannot make: the features are written into each superblock."""

    told = True

    @classmethod
    def setUpClass(cls):
        ground.need('xfs_db')
        image = ground.new_image('all-parents', 320, 'mkfs.xfs', '-q')
        for group in range(4):
            ground.run('xfs_db', '-x', '-c', f'sb {group}', '-c', 'write -d features_incompat 0xcb', image)
        try:
            cls.root = ground.mount(image, os.path.join(ground.home, 'all-parents'), '-o', 'loop', kind='xfs')
        except RuntimeError as error:
            raise unittest.SkipTest(f'this kernel has no parent pointers: {error}') from None

    def test_another_user_walks(self):
        file = self.write('a', owner=ground.NOBODY)
        os.link(file, self.path('b'))
        self.whole([file, self.path('b')], told=False, user=ground.NOBODY)


class Btrfs(Everywhere, Partial, Case):
    told = True

    @classmethod
    def setUpClass(cls):
        ground.need('btrfs')
        cls.root = ground.new_mount('all-btrfs', 256, 'mkfs.btrfs', '-q')

    def test_subvolumes_and_snapshots(self):
        ground.run('btrfs', 'subvolume', 'create', self.path('s'))
        self.mkdir('s/d')
        file = self.write('s/a')
        os.link(file, self.path('s/d/b'))
        ground.run('btrfs', 'subvolume', 'snapshot', self.path('s'), self.path('t'))
        for words in [], ['-w']:
            self.whole([file, self.path('s/d/b')], *words, file, told=not words)
            self.whole([self.path('t/a'), self.path('t/d/b')], *words, self.path('t/d/b'), told=not words)
        # Numbers are the same in both: each file has its own names in roots that hold both.
        answer = ask('-w', '-i', '.', 's/a', 't/a', cwd=self.at)
        self.assertEqual((answer.paths(0), answer.paths(1)), (['./s/a', './s/d/b'], ['./t/a', './t/d/b']))

    def test_more_names_than_the_system_tells_at_once(self):
        file = self.write('a')
        names = [file]
        for number in range(3000):
            names.append(self.path(f'{number:0>100}'))
            os.link(file, names[-1])
        self.whole(names, told=True)


class Tmpfs(Everywhere, Partial, Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.mount('none', os.path.join(ground.home, 'all-tmpfs'), '-t', 'tmpfs')


class Overlay(Case):
    @classmethod
    def setUpClass(cls):
        cls.backing = ground.new_mount('all-backing', 64, 'mkfs.ext4', '-q')

    def new_overlay(self, *options):
        place = os.path.join(self.backing, self._testMethodName)
        for name in 'lower/d', 'upper', 'work':
            os.makedirs(os.path.join(place, name))
        lower = os.path.join(place, 'lower')
        ground.write(os.path.join(lower, 'a'), 'text')
        os.link(os.path.join(lower, 'a'), os.path.join(lower, 'd', 'b'))
        settings = ','.join((f'lowerdir={lower},upperdir={place}/upper,workdir={place}/work', *options))
        return ground.mount('none', self.path('fs'), '-t', 'overlay', '-o', settings, kind='overlay')

    def test_a_lower_file(self):
        root = self.new_overlay('index=off')
        self.whole([root + '/a', root + '/d/b'], told=False)

    def test_a_group_that_split(self):
        root = self.new_overlay('index=off')
        os.link(root + '/a', root + '/c')
        self.assertEqual(os.stat(root + '/d/b').st_nlink, 2)
        self.whole([root + '/a', root + '/c'], told=False)
        self.partly([root + '/d/b'], root + '/d/b', absence='wrong-count', count=2, text='overlay')


class Served(Case):
    """bindfs: a process in between, that may tell anything."""

    def serve(self, *options, **environment):
        ground.need('bindfs')
        if not os.path.exists('/dev/fuse'):
            raise unittest.SkipTest('there is no /dev/fuse')
        backing = self.mkdir('backing')
        self.mkdir('backing/d')
        self.write('backing/a')
        os.link(self.path('backing/a'), self.path('backing/d/b'))
        root = self.path('fs')
        server = ground.serve(root, 'bindfs', '-f', '-o', 'attr_timeout=0,entry_timeout=0,negative_timeout=0',
                              *options, backing, root, **environment)
        self.addCleanup(server.wait)
        self.addCleanup(ground.unmount, root)
        return root

    def test_a_server(self):
        root = self.serve()
        self.whole([root + '/a', root + '/d/b'], told=False)

    def test_a_name_that_the_server_does_not_show(self):
        root = self.serve()
        os.link(self.path('backing/a'), self.path('outside'))
        for name, cwd in (root + '/a', '/'), ('a', root), ('b', root + '/d'):
            self.partly([root + '/a', root + '/d/b'], name, absence='wrong-count', count=3, text='fuse', cwd=cwd)

    def test_counts_that_are_too_low(self):
        """The server tells of fewer names than there are: the walk goes on, and finds them all."""
        module = os.path.join(ground.home, 'count.so')
        shutil.copy(os.environ['NLINK_FS_COUNT'], module)
        root = self.serve(LD_PRELOAD=module, NLINK_TEST_COUNT='2')
        os.link(self.path('backing/a'), self.path('backing/c'))
        for name, cwd in (root + '/a', '/'), ('a', root), ('b', root + '/d'):
            answer = ask(name, cwd=cwd)
            self.assertEqual(answer.paths(), [root + '/a', root + '/c', root + '/d/b'])
            self.assertEqual((answer.status, answer.files[0]['count'], answer.files[0]['found']), ('OK', 2, 3))


if __name__ == '__main__':
    unittest.main()
