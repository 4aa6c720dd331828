# SPDX-License-Identifier: MIT
"""symlink, unlink, stat, same_file, readlink, why, link_fd, listing and quote."""

import errno
import os
import pathlib
import pickle
import socket
import subprocess
import sys
import unittest

import nlink
from place import Hook, Index, InPlace, Path, Truth


class Symlink(InPlace):
    def test_as_given(self):
        for target in ('a', '../x/', b'a', 'ä', Path('nowhere/at/all')):
            nlink.symlink(target, 's')
            self.assertEqual(os.fsencode(os.readlink('s')), os.fsencode(target))
            os.unlink('s')

    def test_arguments_of_os(self):
        fd = self.open_dir('.')
        nlink.symlink('a', 's', True)
        nlink.symlink(src='a', dst='t', target_is_directory=False, dir_fd=fd)
        self.assertEqual((os.readlink('s'), os.readlink('t')), ('a', 'a'))
        self.assertRaises(ZeroDivisionError, nlink.symlink, 'a', 'u', dir_fd=Index(ZeroDivisionError()))

    def test_relative(self):
        os.makedirs('d/e')
        self.make('a')
        nlink.symlink('a', 'd/e/s', relative=True)
        self.assertEqual(os.readlink('d/e/s'), '../../a')
        nlink.symlink('a', 'd/t', relative=True, src_dir_fd=self.open_dir('d/e'))
        self.assertEqual(os.readlink('d/t'), 'e/a')

    def test_absolute(self):
        self.make('a')
        nlink.symlink('a', 's', absolute=True)
        self.assertEqual(os.readlink('s'), os.path.abspath('a'))

    def test_both(self):
        self.assertRaisesText(ValueError, 'symlink: a soft link is either relative or absolute, not both',
                              nlink.symlink, 'a', 's', relative=True, absolute=True)

    def test_replace(self):
        self.make('s')
        self.assertRaises(FileExistsError, nlink.symlink, 'a', 's')
        nlink.symlink('a', 's', replace=True)
        self.assertEqual(os.readlink('s'), 'a')
        self.assertNames(['s'])

    def test_beneath(self):
        os.mkdir('d')
        with self.assertRaises(PermissionError) as caught:
            nlink.symlink('a', '../s', dir_fd=self.open_dir('d'), beneath=True)
        self.assertEqual(caught.exception.cause_name, 'leaves-directory')
        self.assertNames(['d'])

    def test_failure(self):
        target, name = 'a', 'no/s'
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.symlink(target, name)
        self.assertIs(caught.exception.filename, target)
        self.assertIs(caught.exception.filename2, name)
        self.assertRaises(FileNotFoundError, nlink.symlink, '', 's')

    def test_audit(self):
        fd = self.open_dir('.')
        with Hook() as hook:
            nlink.symlink('a', 's')
            nlink.symlink('a', 't', dir_fd=fd)
        self.assertEqual(hook.events, [('os.symlink', ('a', 's', -1)), ('os.symlink', ('a', 't', fd))])


class Unlink(InPlace):
    def setUp(self):
        super().setUp()
        self.make('a')
        os.link('a', 'b')

    def test_says_how_many_are_left(self):
        os.link('a', 'c')
        self.assertEqual([nlink.unlink(name) for name in ('b', b'c', Path('a'))], [2, 1, 0])
        self.assertNames([])

    def test_keep_last(self):
        self.assertEqual(nlink.unlink('a', keep_last=True), 1)
        with self.assertRaises(PermissionError) as caught:
            nlink.unlink('b', keep_last=True)
        error = caught.exception
        self.assertEqual(error.args, (errno.EPERM, "it is the file's last name"))
        self.assertEqual((error.cause_name, error.filename, error.filename2), ('last-name-kept', 'b', None))
        self.assertNames(['b'])
        self.assertEqual(nlink.unlink('b'), 0)

    def test_soft_link_itself(self):
        os.symlink('a', 's')
        nlink.unlink('s')
        self.assertNames(['a', 'b'])

    def test_directory_descriptor(self):
        os.mkdir('d')
        self.make('d/x')
        fd = self.open_dir('d')
        self.assertRaises(PermissionError, nlink.unlink, '../a', dir_fd=fd, beneath=True)
        self.assertEqual(nlink.unlink('x', dir_fd=fd, beneath=True), 0)
        self.assertNames([], 'd')

    def test_failures(self):
        name = 'x'
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.unlink(name)
        self.assertIs(caught.exception.filename, name)
        self.assertIsNone(caught.exception.filename2)
        os.mkdir('d')
        self.assertRaises(IsADirectoryError, nlink.unlink, 'd')

    def test_audit(self):
        with Hook() as hook:
            nlink.unlink('a')
        self.assertEqual(hook.events, [('os.remove', ('a', -1))])


class Stat(InPlace):
    def compare(self, mine, own):
        self.assertEqual((mine.dev, mine.ino, mine.link_count, mine.mode, mine.uid, mine.gid, mine.size_bytes),
                         (own.st_dev, own.st_ino, own.st_nlink, own.st_mode & 0o7777, own.st_uid, own.st_gid, own.st_size))
        self.assertEqual((mine.atime_ns, mine.mtime_ns, mine.ctime_ns), (own.st_atime_ns, own.st_mtime_ns, own.st_ctime_ns))
        self.assertEqual(mine.allocated_bytes, own.st_blocks * 512)
        self.assertEqual((mine.dev_major, mine.dev_minor), (os.major(own.st_dev), os.minor(own.st_dev)))
        self.assertEqual((mine.rdev_major, mine.rdev_minor), (os.major(own.st_rdev), os.minor(own.st_rdev)))

    def test_beside_os(self):
        self.make('a')
        os.symlink('a', 's')
        os.mkdir('d', 0o711)
        os.truncate('a', 5_000_000_000)
        os.utime('a', ns=(-1, 4_000_000_000_123_456_789))
        for name in ('a', 's', 'd', '/dev/null', b'a', Path('a'), pathlib.Path('d')):
            self.compare(nlink.stat(name), os.stat(name))
            self.compare(nlink.stat(name, follow_symlinks=False), os.lstat(name))
        with open('a') as file:
            self.compare(nlink.stat(file.fileno()), os.stat('a'))
        self.compare(nlink.stat('a', dir_fd=self.open_dir('.')), os.stat('a'))

    def test_kinds(self):
        self.make('a')
        os.symlink('a', 's')
        os.mkfifo('f')
        with socket.socket(socket.AF_UNIX) as server:
            server.bind('k')
        for name, kind in (('a', 'regular'), ('.', 'directory'), ('s', 'symlink'), ('f', 'fifo'), ('k', 'socket'),
                           ('/dev/null', 'character-device')):
            self.assertEqual(nlink.stat(name, follow_symlinks=False).kind, kind)

    def test_birth(self):
        self.make('a')
        birth = nlink.stat('a').btime_ns
        self.assertTrue(birth is None or 0 < birth <= nlink.stat('a').ctime_ns + 10 ** 9)

    def test_result(self):
        self.make('a')
        result = nlink.stat('a')
        self.assertIsInstance(result, nlink.stat_result)
        self.assertEqual(result, pickle.loads(pickle.dumps(result)))
        self.assertRegex(repr(result), r"^nlink\.stat_result\(dev=\d+, ino=\d+, btime_ns=\S+, link_count=1, kind='regular'")
        with self.assertRaises(AttributeError):
            result.ino = 1

    def test_failures(self):
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.stat('x')
        self.assertEqual((caught.exception.filename, caught.exception.cause), ('x', "'x' does not exist"))
        with self.assertRaises(OSError) as caught:
            nlink.stat(9999)
        self.assertEqual((caught.exception.errno, caught.exception.filename), (errno.EBADF, 9999))
        self.assertRaises(PermissionError, nlink.stat, '..', beneath=True)


class SameFile(InPlace):
    def test_same(self):
        self.make('a', 'c')
        os.link('a', 'b')
        os.symlink('a', 's')
        self.assertIs(nlink.same_file('a', b'b'), True)
        self.assertIs(nlink.same_file('a', 's'), True)
        self.assertIs(nlink.same_file('a', 's', follow_symlinks=False), False)
        self.assertIs(nlink.same_file('a', Path('c')), False)

    def test_directories(self):
        os.mkdir('d')
        self.make('a')
        os.link('a', 'd/b')
        self.assertTrue(nlink.same_file('b', 'a', a_dir_fd=self.open_dir('d')))
        self.assertTrue(nlink.same_file('a', 'b', b_dir_fd=self.open_dir('d')))

    def test_which_one_is_missing(self):
        self.make('a')
        for first, second in (('a', 'x'), ('x', 'a')):
            with self.assertRaises(FileNotFoundError) as caught:
                nlink.same_file(first, second)
            self.assertEqual((caught.exception.filename, caught.exception.filename2), ('x', None))


class Readlink(InPlace):
    def test_kind_of_text(self):
        for target in ('a', 'ä', '\udcff', 'x' * 1000):
            os.symlink(target, 's')
            self.assertEqual(nlink.readlink('s'), target)
            self.assertEqual(nlink.readlink(b's'), os.fsencode(target))
            self.assertEqual(nlink.readlink(Path('s')), target)
            self.assertEqual(nlink.readlink('s', dir_fd=self.open_dir('.'), beneath=True), target)
            os.unlink('s')

    def test_failures(self):
        self.make('a')
        with self.assertRaises(OSError) as caught:
            nlink.readlink('a')
        error = caught.exception
        self.assertEqual((error.errno, error.filename, error.cause_name), (errno.EINVAL, 'a', 'not-a-symlink'))
        self.assertRaises(FileNotFoundError, nlink.readlink, 'x')


class Why(InPlace):
    def setUp(self):
        super().setUp()
        self.make('a', 'b')

    def test_nothing(self):
        self.assertEqual(nlink.why('a', 'n'), ())
        self.assertNames(['a', 'b'])

    def test_obstacle(self):
        [obstacle] = nlink.why('a', 'b')
        self.assertIsInstance(obstacle, nlink.obstacle)
        self.assertEqual(obstacle[:3] + obstacle[4:], ('NLINK_EXISTS', errno.EEXIST, 'dst-exists', True))
        self.assertEqual(nlink.why('a', 'b', replace=True), ())

    def test_says_what_link_says(self):
        os.mkdir('d')
        os.symlink('x', 's')
        fd = self.open_dir('d')
        for args, keywords in ((('x', 'n'), {}), (('d', 'n'), {}), (('a', 'x/n'), {}), (('s', 'n'), {}), (('a', 'a'), {}),
                               (('a', 'd'), {'replace': True}), (('../a', 'n'), {'src_dir_fd': fd, 'beneath': True}),
                               (('a', 'n'), {'dst_dir_fd': 9999}), (('', 'n'), {}), (('a', 'n' * 256), {})):
            with self.subTest(args=args, keywords=keywords):
                first = nlink.why(*args, **keywords)[0]
                with self.assertRaises(OSError) as caught:
                    nlink.link(*args, **keywords)
                error = caught.exception
                self.assertEqual((first.errno, first.cause_name, first.text), (error.errno, error.cause_name, error.cause))
        self.assertEqual(nlink.why('s', 'n', follow_symlinks=False), ())

    def test_several(self):
        names = [obstacle.cause_name for obstacle in nlink.why('/', os.path.join(self.place, 'b'))]
        self.assertEqual(names[0], 'dst-exists')
        self.assertIn('src-is-directory', names)

    def test_no_audit_event(self):
        with Hook() as hook:
            nlink.why('a', 'n')
        self.assertEqual(hook.events, [])

    def test_type_of_the_result(self):
        for found in (nlink.why('a', 'n'), nlink.why('a', 'b')):
            self.assertIs(type(found), nlink.Obstacles)
            self.assertIsInstance(found, tuple)
            self.assertIsNone(found.remark)
            self.assertRaises(AttributeError, setattr, found, 'remark', 'mine')
            self.assertEqual(pickle.loads(pickle.dumps(found)), found)
        self.assertEqual(repr(nlink.why('a', 'n')), '()')
        self.assertEqual(hash(nlink.why('a', 'b')), hash(tuple(nlink.why('a', 'b'))))
        self.assertEqual((nlink.Obstacles.__module__, nlink.Obstacles.__qualname__), ('nlink', 'Obstacles'))
        self.assertIsNone(nlink.Obstacles().remark)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_remark(self):
        """An overlay file system parts the names of a file below it, which is no obstacle."""
        code = ('import copy, ctypes, os, pickle, subprocess, nlink\n'
                'if ctypes.CDLL(None, use_errno=True).unshare(0x20000) < 0:  # a mount namespace of our own\n'
                '    exit("skip: " + os.strerror(ctypes.get_errno()))\n'
                'def mount(*arguments):\n'
                '    done = subprocess.run(["mount", *arguments], stderr=subprocess.PIPE, text=True)\n'
                '    if done.returncode: exit("skip: " + done.stderr.strip())\n'
                'mount("--make-rprivate", "/")\n'
                'mount("-t", "tmpfs", "none", "d")\n'
                'os.chdir("d")\n'
                'for name in "lower", "upper", "work", "on": os.mkdir(name)\n'
                'open("lower/\xe4", "w").close(); os.link("lower/\xe4", "lower/b")\n'
                'mount("-t", "overlay", "-o", "lowerdir=lower,upperdir=upper,workdir=work,index=off", "none", "on")\n'
                'free, not_free = nlink.why("on/\xe4", "on/n"), nlink.why("on/\xe4", "on/b")\n'
                'print(len(free), len(not_free), free.remark == not_free.remark)\n'
                'for twin in copy.copy(free), pickle.loads(pickle.dumps(free)):\n'
                '    print(twin.remark == free.remark, type(twin).__name__)\n'
                'print(ascii(free.remark))\n')
        os.mkdir('d')
        done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
        if done.stderr.startswith('skip: '):
            self.skipTest(done.stderr[6:].strip())
        text = "overlay without index=on: if 'on/ä' lies in a lower layer, linking it parts it from its other name"
        self.assertEqual(done.stdout.splitlines(), ['0 1 True', 'True Obstacles', 'True Obstacles', ascii(text)], done.stderr)


class LinkFd(InPlace):
    def setUp(self):
        super().setUp()
        self.make('a')

    def test_open_file(self):
        with open('a') as file:
            nlink.link_fd(file, 'b')
            nlink.link_fd(file.fileno(), b'c', dst_dir_fd=self.open_dir('.'))
        self.assertCount(3, 'a')

    def test_temporary_file(self):
        try:
            fd = os.open('.', os.O_TMPFILE | os.O_RDWR)
        except OSError as error:
            self.skipTest(str(error))
        with open(fd, 'w') as file:
            file.write('text')
            file.flush()
            nlink.link_fd(file, 'b')
        with open('b') as file:
            self.assertEqual(file.read(), 'text')

    def test_soft_link_itself(self):
        os.symlink('a', 's')
        fd = os.open('s', os.O_PATH | os.O_NOFOLLOW)
        self.addCleanup(os.close, fd)
        nlink.link_fd(fd, 't')
        self.assertSameFile('s', 't')

    def test_replace(self):
        self.make('b')
        with open('a') as file:
            self.assertRaises(FileExistsError, nlink.link_fd, file, 'b')
            nlink.link_fd(file, 'b', replace=True)
        self.assertSameFile('a', 'b')
        self.assertNames(['a', 'b'])

    def test_beneath(self):
        os.mkdir('d')
        with open('a') as file:
            self.assertRaises(PermissionError, nlink.link_fd, file, '../b', dst_dir_fd=self.open_dir('d'), beneath=True)

    def test_failures(self):
        with self.assertRaises(OSError) as caught:
            nlink.link_fd(9999, 'b')
        self.assertEqual((caught.exception.errno, caught.exception.filename), (errno.EBADF, 'b'))
        with open('a') as file:
            os.unlink('a')
            with self.assertRaises(FileNotFoundError) as caught:
                nlink.link_fd(file, 'b')
        self.assertEqual(caught.exception.cause_name, 'no-name-left')

    def test_inherited(self):
        with open('a') as file:
            code = 'import nlink; nlink.link_fd(%d, "b")' % file.fileno()
            subprocess.run([sys.executable, '-c', code], check=True, pass_fds=[file.fileno()])
        self.assertSameFile('a', 'b')

    def test_audit(self):
        with open('a') as file, Hook() as hook:
            nlink.link_fd(file, 'b')
            self.assertEqual(hook.events, [('os.link', (file.fileno(), 'b', -1, -1))])


class Listing(InPlace):
    def setUp(self):
        super().setUp()
        os.makedirs('d/e')
        self.make('a', '.hidden', 'd/x')
        os.link('a', 'b')
        os.link('a', 'd/c')
        os.symlink('a', 's')
        os.symlink('x', 'dangling')

    def names(self, *args, **keywords):
        return [entry.name for entry in nlink.listing(*args, **keywords)]

    def test_this_directory(self):
        self.assertEqual(self.names(), ['a', 'b', 'd', 'dangling', 's'])
        self.assertEqual(self.names('.'), self.names())
        self.assertEqual(self.names(all=True), ['.hidden', 'a', 'b', 'd', 'dangling', 's'])
        self.assertEqual(self.names(directories=True), ['.'])

    def test_entries(self):
        a, b, d, dangling, s = nlink.listing()
        self.assertEqual((a.dir, a.name, a.target, a.dangles), ('.', 'a', None, False))
        self.assertEqual(a.stat, nlink.stat('a'))
        self.assertEqual(a.group, b.group)
        self.assertGreater(a.group, 0)
        self.assertEqual((a.names_inside, a.names_outside), (2, 1))
        self.assertEqual((d.group, s.group), (0, 0))
        self.assertEqual((s.target, s.dangles, s.stat.kind), ('a', False, 'symlink'))
        self.assertEqual((dangling.target, dangling.dangles), ('x', True))
        self.assertIsInstance(a, nlink.entry)
        self.assertEqual(a, pickle.loads(pickle.dumps(a)))

    def test_recursive(self):
        entries = list(nlink.listing(recursive=True))
        self.assertEqual([(entry.dir, entry.name) for entry in entries],
                         [('.', 'a'), ('.', 'b'), ('.', 'd'), ('.', 'dangling'), ('.', 's'), ('./d', 'c'), ('./d', 'e'), ('./d', 'x')])
        self.assertEqual((entries[0].names_inside, entries[0].names_outside), (3, 0))

    def test_by_file(self):
        os.link('s', 'z')
        self.assertEqual(self.names(by_file=True), ['a', 'b', 's', 'z', 'd', 'dangling'])

    def test_paths(self):
        self.assertEqual(self.names('d'), ['c', 'e', 'x'])
        self.assertEqual(self.names(['a', 'd']), ['a', 'c', 'e', 'x'])
        self.assertEqual(self.names(pathlib.Path('d')), ['c', 'e', 'x'])
        self.assertEqual(self.names(name for name in ('d',)), ['c', 'e', 'x'])
        self.assertEqual(self.names(dir_fd=self.open_dir('d')), ['c', 'e', 'x'])
        self.assertEqual(self.names([]), [])
        [entry] = nlink.listing('a')
        self.assertEqual((entry.dir, entry.name), (None, 'a'))

    def test_bytes(self):
        entries = list(nlink.listing(b'.'))
        self.assertEqual([entry.name for entry in entries], [b'a', b'b', b'd', b'dangling', b's'])
        self.assertEqual((entries[4].dir, entries[4].target), (b'.', b'a'))

    def test_names_that_are_no_text(self):
        os.mkdir('n')
        self.make(b'n/\xff')
        self.assertEqual(self.names('n'), ['\udcff'])

    def test_missing_path(self):
        path = 'no' + 'where'
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.listing(['a', path])
        self.assertIs(caught.exception.filename, path)

    def test_iterator(self):
        listing = nlink.listing()
        self.assertIs(iter(listing), listing)
        self.assertEqual(len(list(listing)), 5)
        self.assertEqual(list(listing), [])
        self.assertRaises(StopIteration, next, listing)
        self.assertEqual(listing.errors, ())
        with self.assertRaises(AttributeError):
            listing.errors = ()
        self.assertRaises(TypeError, nlink.Listing)

    def test_entry_outlives_the_listing(self):
        listing = nlink.listing()
        entry = next(listing)
        del listing
        self.assertEqual((entry.name, entry.stat.kind), ('a', 'regular'))

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_errors_further_down(self):
        os.chmod('.', 0o755)
        os.chmod('d/e', 0o700)
        code = ('import os, nlink\n'
                'os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n'
                'l = nlink.listing(recursive=True)\n'
                '[e] = l.errors\n'
                'print(type(e).__name__, e.filename, e.errno, len(list(l)))\n'
                'try: nlink.listing("d/e")\n'
                'except PermissionError as e: print(e.filename)\n')
        said = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertEqual(said, 'PermissionError ./d/e 13 8\nd/e\n')

    def test_audit(self):
        with Hook() as hook:
            nlink.listing()
            nlink.listing(['d', b'a'])
        self.assertEqual(hook.events, [('os.listdir', ('.',)), ('os.listdir', ('d',)), ('os.listdir', (b'a',))])
        with Hook(refuse=ZeroDivisionError()):
            self.assertRaises(ZeroDivisionError, nlink.listing)


class Quote(InPlace):
    def test_words(self):
        for name, text in (('a', "'a'"), ('', "''"), ('a b', "'a b'"), ("it's", '"it\'s"'), ('ä', "'ä'"),
                           ('a\n', "'a'$'\\n'"), ('\udcff', "''$'\\377'")):
            for given in (name, os.fsencode(name), Path(name), Path(os.fsencode(name))):
                with self.subTest(given=given):
                    quoted = nlink.quote(given)
                    self.assertIs(type(quoted), str)
                    self.assertEqual(quoted, text)

    def test_flags(self):
        self.assertEqual([nlink.quote(name, needed=True) for name in ('a', 'ä', 'a b', '', '\t')],
                         ['a', 'ä', "'a b'", "''", "''$'\\t'"])
        self.assertEqual(nlink.quote('ä', ascii=True), "''$'\\303\\244'")
        self.assertEqual(nlink.quote('a', ascii=1, needed=[0]), 'a')
        self.assertEqual(nlink.quote(name='a', ascii=False, needed=None), "'a'")
        self.assertRaises(ZeroDivisionError, nlink.quote, 'a', ascii=Truth(ZeroDivisionError()))

    def test_a_shell_reads_it_back(self):
        names = [bytes([byte]) for byte in range(1, 256)] + [b"a'b\n" * 200, b'\xff' * 3000, 'ä€\U0001F600'.encode() * 400, b'-n']
        for flags in ({}, {'ascii': True}, {'needed': True}):
            script = ''.join('printf "%%s\\0" %s\n' % nlink.quote(name, **flags) for name in names)
            said = subprocess.run(['bash'], input=script.encode(), stdout=subprocess.PIPE, check=True).stdout
            self.assertEqual(said.split(b'\0')[:-1], names)

    def test_every_length_around_the_room(self):
        for length in range(1000, 1040):
            self.assertEqual(nlink.quote('x' * length), "'" + 'x' * length + "'")


if __name__ == '__main__':
    unittest.main()
