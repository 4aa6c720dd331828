# SPDX-License-Identifier: MIT
"""All names of a file, told by the file system itself: btrfs, and XFS with parent pointers."""

import collections
import os
import shutil
import socket
import stat
import subprocess
import unittest

import ground

LONG = 'l' * 240  # forty of them in a row are longer than any path that the system takes at once


def setUpModule():
    ground.enter()
    shutil.copy(os.environ['NLINK_FS_NAMES_OF'], ground.home)  # where other users reach it too


def names_of(directory, name, *stop, cwd=None, user=None, status='NLINK_OK', **extra):
    """What the file system tells: pairs of the directory's path (None = out of sight) and the name, as bytes."""

    def before():
        for step in cwd or []:
            os.chdir(step)
        if user is not None:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)

    program = os.path.join(ground.home, os.path.basename(os.environ['NLINK_FS_NAMES_OF']))
    done = subprocess.run([program, directory, name, *stop], preexec_fn=before,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ground.environment(**extra), check=False)
    if (done.returncode, done.stderr.decode().split('\n')[-2:]) != (0, [status, '']):
        raise AssertionError(f'{directory} {name}: status {done.returncode}: {done.stderr.decode()}')
    if extra:
        return int(done.stdout)
    words = done.stdout.split(b'\0')[:-1]
    return [(words[i] or None, words[i + 1]) for i in range(0, len(words), 2)]


def steps_of(path, at_once=10):
    """A path as several, each short enough for the system."""
    words = path.split('/')
    return ['/'.join(words[i:i + at_once]) or '/' for i in range(0, len(words), at_once)]


def make_deep(top, names):
    """Directories one in another; a descriptor of the last, which is the caller's."""
    at = os.open(top, os.O_RDONLY)
    for name in names:
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    return at


class Told:
    """What holds of every file system that can tell; mixed into the cases below."""

    def told(self, names, *others, directory=None, name=None, **how):
        """The file is told to have just these names (paths, or pairs), in any order; each is looked at."""
        expected = [os.path.split(os.fsencode(path)) if isinstance(path, (str, bytes)) else path for path in names]
        directory = directory or os.fsdecode(expected[0][0])
        name = name or expected[0][1]
        told = names_of(directory, name, *others, **how)
        self.assertEqual(collections.Counter(told), collections.Counter(expected))
        return told

    def truly(self, path):
        """The file's names are told, as many as it has, and each is one; the names."""
        told = names_of(os.path.dirname(path), os.path.basename(path))
        file = os.lstat(path)
        self.assertEqual(len(set(told)), file.st_nlink)
        for directory, name in told:
            at = os.lstat(os.path.join(directory, name))
            self.assertEqual((at.st_dev, at.st_ino), (file.st_dev, file.st_ino))
        return told

    def test_one_name(self):
        self.told([self.write('a')])

    def test_names_in_many_directories(self):
        file = self.write('a')
        names = [file]
        for number in range(300):
            directory = self.mkdir(f'd{number}')
            for name in ['x', 'y'] if number % 3 == 0 else ['z']:
                os.makedirs(f'{directory}/e/f')
                os.link(file, f'{directory}/e/f/{name}')
                names.append(f'{directory}/e/f/{name}')
                if number % 3 == 0:
                    os.link(file, f'{directory}/w')
                    names.append(f'{directory}/w')
                    break
        self.told(names)
        self.told(names, directory=self.path('d6'), name='e/f/x')
        self.truly(file)

    def test_three_thousand_names_in_one_directory(self):
        file = self.write('a')
        directory = self.mkdir('d')
        names = [file]
        for number in range(3000):
            names.append(f'{directory}/name-{number:0>20}')
            os.link(file, names[-1])
        self.told(names)
        self.assertEqual(len(names_of(self.at, 'a', '1')), 1)
        self.assertEqual(len(names_of(self.at, 'a', '2999')), 2999)

    def test_sixty_thousand_names(self):
        file = self.write('a')
        names = [file]
        for number in range(16):
            directory = self.mkdir(f'd{number}')
            at = os.open(directory, os.O_RDONLY)
            for inside in range(4095 if number < 15 else 4109):
                os.link(file, f'{inside}', dst_dir_fd=at)
                names.append(f'{directory}/{inside}')
            os.close(at)
        self.assertEqual(os.stat(file).st_nlink, 65535)
        self.told(names)

    def test_every_kind_of_file(self):
        self.mkdir('d')
        os.symlink('nowhere', self.path('soft'))
        os.symlink('d', self.path('soft-to-directory'))
        os.mkfifo(self.path('fifo'))
        os.mknod(self.path('device'), stat.S_IFCHR | 0o600, os.makedev(1, 3))
        os.mknod(self.path('no-driver'), stat.S_IFBLK | 0o600, os.makedev(254, 3))
        with socket.socket(socket.AF_UNIX) as server:
            here = os.getcwd()
            os.chdir(self.at)
            server.bind('socket')
            os.chdir(here)
        self.write('locked', mode=0)
        for name in 'soft', 'soft-to-directory', 'fifo', 'device', 'no-driver', 'socket', 'locked':
            with self.subTest(name=name):
                os.link(self.path(name), self.path('d', name), follow_symlinks=False)
                self.told([self.path(name), self.path('d', name)])
        self.told([self.path('d')])

    def test_a_file_without_a_right_anywhere(self):
        directory = self.mkdir('d', mode=0)
        file = self.write('d/a', mode=0)
        os.link(file, self.path('b'))
        self.told([file, self.path('b')])
        self.assertEqual(stat.S_IMODE(os.stat(directory).st_mode), 0)

    def test_names_of_any_bytes(self):
        every = bytes(byte for byte in range(1, 256) if byte != ord('/'))
        directory = os.fsencode(self.at) + b'/\n\xff '
        os.mkdir(directory)
        file = os.path.join(directory, every)
        with open(file, 'wb'):
            pass
        others = b'\n', b' ', b'\xff\xfe', b'x' * 255, b'-', b'...'
        names = [file] + [os.path.join(directory, name) for name in others]
        for name in names[1:]:
            os.link(file, name)
        self.told(names)

    def test_names_that_come_and_go(self):
        file = self.write('a')
        directory = self.mkdir('d')
        for number in range(1000):
            os.link(file, f'{directory}/{number}')
        for number in range(999):
            os.unlink(f'{directory}/{number}')
        os.rename(f'{directory}/999', f'{directory}/b')
        os.rename(directory, self.path('e'))
        os.rename(file, self.path('c'))
        self.told([self.path('c'), self.path('e/b')])
        for number in range(10):  # the same name over and over, of a file with one name
            os.rename(self.path('c'), self.path(f'c{number}'))
            os.unlink(self.path('e/b'))
            os.rename(self.path(f'c{number}'), self.path('c'))
            self.told([self.path('c')])
            os.link(self.path('c'), self.path('e/b'))

    def test_a_deep_file(self):
        words = [f'{number}{LONG}' for number in range(40)]
        bottom = make_deep(self.at, words)
        self.addCleanup(os.close, bottom)
        top = self.write('a')
        os.link(top, 'b', dst_dir_fd=bottom)
        os.link(top, 'c', dst_dir_fd=bottom)
        half = os.path.join(self.at, *words[:10])
        os.link(top, half + '/d')
        deep = os.path.join(self.at, *words)
        self.assertGreater(len(deep), 2 * 4096)
        pairs = [(os.fsencode(deep), b'b'), (os.fsencode(deep), b'c')]
        # From above, from halfway, and from a place that has no path of its own.
        self.told([top, half + '/d', *pairs])
        self.told([half + '/d', top, *pairs])
        self.told([top, half + '/d', *pairs], directory='.', name='b', cwd=steps_of(deep))

    def test_a_directory_that_was_moved_meanwhile(self):
        """The current directory's path is the one it has now."""
        self.mkdir('d')
        self.write('d/a')
        inside = os.open(self.path('d'), os.O_RDONLY)
        self.addCleanup(os.close, inside)
        os.rename(self.path('d'), self.path('e'))
        self.told([self.path('e/a')], directory='.', name='a', cwd=[inside])

    def test_directories_that_move_all_the_time(self):
        """All names are told whatever happens; a path can be one of an instant, or out of sight."""
        file = self.write('a')
        for name in 'b', 'c', 'b/d', 'c/d', 'b/d/e', 'c/d/e':
            os.link(file, self.mkdir(name) + '/x')
        mover = os.fork()
        if mover == 0:
            try:
                ground.end_with_parent()
                os.chdir(self.at)
                while True:
                    for source, target in ('b/d', 'c/d/f'), ('c/d', 'b/g'), ('b/g/f', 'b/d'), ('b/g', 'c/d'):
                        os.rename(source, target)
            finally:
                os._exit(1)
        try:
            for _ in range(200):
                told = names_of(self.at, 'a')
                self.assertEqual(sorted(name for _, name in told), [b'a'] + [b'x'] * 6)
        finally:
            os.kill(mover, 9)
            os.waitpid(mover, 0)

    def test_a_mount_of_a_part(self):
        self.mkdir('part')
        self.mkdir('part/in')
        self.mkdir('elsewhere')
        file = self.write('part/in/a')
        os.link(file, self.path('part/b'))
        os.link(file, self.path('elsewhere/c'))
        os.link(file, self.path('d'))
        point = os.path.join(ground.home, 'point-' + self._testMethodName + type(self).__name__)
        ground.mount(self.path('part'), point, '--bind')
        self.addCleanup(ground.unmount, point)
        self.told([f'{point}/in/a', f'{point}/b', (None, b'c'), (None, b'd')])
        # On the file system itself, all of it is in sight once more.
        inner = ground.mount(self.path('part'), self.path('point'), '--bind')
        self.told([f'{inner}/in/a', f'{inner}/b', self.path('elsewhere/c'), self.path('d')])
        # A part in a part: what either shows is in sight.
        here = self.mkdir('part/here')
        ground.mount(self.path('elsewhere'), f'{point}/here', '--bind')
        self.addCleanup(ground.unmount, f'{point}/here')
        self.assertEqual(os.listdir(here), [])
        self.told([f'{point}/here/c', f'{point}/in/a', f'{point}/b', (None, b'd')])

    def test_a_file_that_is_a_mount(self):
        first = self.write('a')
        os.link(first, self.path('b'))
        ground.run('mount', '--bind', first, self.write('point'))
        self.addCleanup(ground.unmount, self.path('point'))
        self.told([first, self.path('b')], directory=self.at, name='point')
        # A file of another file system: the directory's knows nothing of it.
        other = ground.write(os.path.join(ground.home, 'other-' + type(self).__name__))
        ground.run('mount', '--bind', other, self.write('point2'))
        self.addCleanup(ground.unmount, self.path('point2'))
        names_of(self.at, 'point2', status='NLINK_NOT_SUPPORTED')

    def test_what_is_not_there(self):
        names_of(self.at, 'a', status='NLINK_NOT_FOUND')
        gone = self.mkdir('gone')
        inside = os.open(gone, os.O_RDONLY)
        self.addCleanup(os.close, inside)
        os.rmdir(gone)
        names_of('.', 'a', cwd=[inside], status='NLINK_NOT_FOUND')
        names_of(self.path(), '..', status='NLINK_OK')

    def test_another_user(self):
        self.write('a', owner=ground.NOBODY)
        os.chown(self.at, ground.NOBODY, ground.NOBODY)
        names_of(self.at, 'a', user=ground.NOBODY, status='NLINK_NOT_PERMITTED')
        os.chmod(self.at, 0o711)
        os.chown(self.at, 0, 0)
        names_of(self.at, 'a', user=ground.NOBODY, status='NLINK_DENIED')

    def test_every_failure_on_the_way(self):
        file = self.write('a')
        for number in range(100):
            os.makedirs(self.path(f'd{number}', 'e'))
            os.link(file, self.path(f'd{number}', 'e', 'x'))
        bottom = make_deep(self.at, [f'{number}{LONG}' for number in range(25)])
        self.addCleanup(os.close, bottom)
        os.link(file, 'b', dst_dir_fd=bottom)
        for directory in self.at, '.':
            tries = names_of(directory, 'a' if directory == self.at else 'b', NAMES_OF_FAULTS='1',
                             cwd=None if directory == self.at else [bottom])
            self.assertGreater(tries, 200)


class Btrfs(Told, ground.Case):
    @classmethod
    def setUpClass(cls):
        ground.need('btrfs')
        cls.root = ground.new_mount('names-btrfs', 512, 'mkfs.btrfs', '-q')

    def subvolume(self, name):
        ground.run('btrfs', 'subvolume', 'create', self.path(name))
        return self.path(name)

    def test_subvolumes(self):
        outer = self.write('a')
        self.mkdir('d')
        self.subvolume('d/s')
        self.mkdir('d/s/e')
        self.subvolume('d/s/e/t')
        middle, inner = self.write('d/s/e/a'), self.write('d/s/e/t/a')
        os.link(outer, self.path('d/b'))
        os.link(middle, self.path('d/s/b'))
        self.mkdir('d/s/e/t/f')
        os.link(inner, self.path('d/s/e/t/f/b'))
        self.assertEqual(os.stat(middle).st_ino, os.stat(inner).st_ino + 1)
        self.told([outer, self.path('d/b')])
        self.told([middle, self.path('d/s/b')])
        self.told([inner, self.path('d/s/e/t/f/b')])
        # The root of a subvolume is the file of another tree than the directory that shows it.
        names_of(self.path('d'), 's', status='NLINK_NOT_SUPPORTED')
        names_of(self.path('d/s/e'), 't/a', status='NLINK_NOT_SUPPORTED')

    def test_snapshots(self):
        self.subvolume('s')
        self.mkdir('s/d')
        file = self.write('s/a')
        os.link(file, self.path('s/d/b'))
        ground.run('btrfs', 'subvolume', 'snapshot', self.path('s'), self.path('t'))
        ground.run('btrfs', 'subvolume', 'snapshot', '-r', self.path('s'), self.path('u'))
        ground.run('btrfs', 'subvolume', 'snapshot', self.path('s'), self.path('t/d/v'))
        os.link(file, self.path('s/c'))
        os.unlink(self.path('t/a'))
        os.rename(self.path('t/d'), self.path('t/e'))
        self.assertEqual(os.stat(file).st_ino, os.stat(self.path('u/a')).st_ino)
        self.told([file, self.path('s/d/b'), self.path('s/c')])
        self.told([self.path('t/e/b')])
        self.told([self.path('u/a'), self.path('u/d/b')])
        self.told([self.path('t/e/v/a'), self.path('t/e/v/d/b')])

    def test_a_mount_of_a_subvolume(self):
        self.subvolume('s')
        self.mkdir('s/d')
        file = self.write('s/d/a')
        os.link(file, self.path('s/b'))
        point = os.path.join(ground.home, 'subvolume')
        inside = os.path.relpath(self.path('s'), self.root)
        ground.mount(ground.run('findmnt', '-no', 'SOURCE', self.root).strip(), point, '-o', f'subvol={inside}')
        self.addCleanup(ground.unmount, point)
        self.told([f'{point}/b', f'{point}/d/a'])

    def test_both_kinds_of_items(self):
        """Many long names in one directory fill its item; those after them are items of their own."""
        file = self.write('a')
        directory = self.mkdir('d')
        names = [file] + [f'{directory}/{number:0>250}' for number in range(200)]
        for name in names[1:]:
            os.link(file, name)
        self.told(names)
        for name in names[1:100]:
            os.unlink(name)
        self.told([file, *names[100:]])

    def test_without_the_second_kind(self):
        root = ground.new_mount('names-small', 256, 'mkfs.btrfs', '-q', '-O', '^extref', '-n', '4096')
        self.addCleanup(ground.unmount, root)
        file = ground.write(os.path.join(root, 'a'))
        for number in range(15):
            os.link(file, f'{root}/{number:0>200}')
        self.truly(file)


class Xfs(Told, ground.Case):
    """With parent pointers, which mkfs.xfs of 6.1 cannot make: the features are written into each superblock."""

    @classmethod
    def setUpClass(cls):
        ground.need('xfs_db')
        image = ground.new_image('names-xfs', 512, 'mkfs.xfs', '-q')
        for group in range(4):
            ground.run('xfs_db', '-x', '-c', f'sb {group}', '-c', 'write -d features_incompat 0xcb', image)
        try:
            cls.root = ground.mount(image, os.path.join(ground.home, 'names-xfs'), '-o', 'loop', kind='xfs')
        except RuntimeError as error:
            raise unittest.SkipTest(f'this kernel has no parent pointers: {error}') from None


class Others(ground.Case):
    def refused(self, root, **how):
        ground.write(os.path.join(root, 'a'))
        names_of(root, 'a', status='NLINK_NOT_SUPPORTED', **how)
        names_of('.', 'a', status='NLINK_NOT_SUPPORTED', cwd=[root])
        names_of(root, 'a', status='NLINK_NOT_SUPPORTED', user=ground.NOBODY)

    def test_xfs_without_parent_pointers(self):
        ground.need('xfs_io')
        root = ground.new_mount('plain-xfs', 320, 'mkfs.xfs', '-q')
        self.addCleanup(ground.unmount, root)
        ground.write(os.path.join(root, 'a'))
        names_of(root, 'a', status='NLINK_NOT_SUPPORTED')
        names_of(root, 'a', status='NLINK_NOT_PERMITTED', user=ground.NOBODY)

    def test_ext4(self):
        root = ground.new_mount('plain-ext4', 16, 'mkfs.ext4', '-q')
        self.addCleanup(ground.unmount, root)
        self.refused(root)

    def test_tmpfs(self):
        self.refused(self.at)

    def test_overlay(self):
        """What lies below may be able to tell, but not of the names above."""
        ground.need('btrfs')
        below = ground.new_mount('below-btrfs', 256, 'mkfs.btrfs', '-q')
        self.addCleanup(ground.unmount, below)
        for name in 'upper', 'work', 'lower':
            os.mkdir(os.path.join(below, name))
        root = ground.mount('overlay', os.path.join(ground.home, 'names-overlay'), '-t', 'overlay', '-o',
                            f'lowerdir={below}/lower,upperdir={below}/upper,workdir={below}/work', kind='overlay')
        self.addCleanup(ground.unmount, root)
        self.refused(root)


if __name__ == '__main__':
    unittest.main()
