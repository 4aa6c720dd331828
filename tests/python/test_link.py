# SPDX-License-Identifier: MIT
"""nlink.link at work: what it makes, what it tells to audit hooks, what it raises and why."""

import errno
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import threading
import traceback
import unittest

import nlink
from place import Hook, InPlace, Path


class Making(InPlace):
    def test_one_more_name(self):
        self.make('a')
        before = os.stat('a')
        self.assertIsNone(nlink.link('a', 'b'))
        after = os.stat('a')
        self.assertSameFile('a', 'b')
        self.assertEqual((before.st_nlink, after.st_nlink), (1, 2))
        self.assertEqual(before.st_mtime_ns, after.st_mtime_ns)

    def test_names_that_are_no_text(self):
        self.make(b'\xff\xfe', 'a\nb', 'ä', ' ', '-')
        for number, name in enumerate((b'\xff\xfe', 'a\nb', 'ä', ' ', '-')):
            nlink.link(name, 'n%d' % number)
            self.assertSameFile(name, 'n%d' % number)

    def test_fifo_and_socket(self):
        os.mkfifo('f')
        nlink.link('f', 'g')
        self.assertSameFile('f', 'g')

    def test_source_is_gone_meanwhile(self):
        self.make('a')
        nlink.link('a', 'b')
        os.unlink('a')
        with open('b', 'rb') as file:
            self.assertEqual(file.read(), b'a')


class Follow(InPlace):
    """The three cases that CPython 3.14 tests, and the ones beside them."""

    def setUp(self):
        super().setUp()
        self.make('orig')
        os.symlink('orig', 'symlink')
        os.symlink('nowhere', 'dangling')

    def test_default_follows(self):
        nlink.link('symlink', 'new')
        self.assertSameFile('orig', 'new')

    def test_true_follows(self):
        nlink.link('symlink', 'new', follow_symlinks=True)
        self.assertSameFile('orig', 'new')

    def test_false_takes_the_soft_link(self):
        nlink.link('symlink', 'new', follow_symlinks=False)
        self.assertSameFile('symlink', 'new')
        self.assertTrue(os.path.islink('new'))
        self.assertCount(2, 'symlink')

    def test_with_directories_too(self):
        fd = self.open_dir('.')
        for number, keywords in enumerate(({'src_dir_fd': fd}, {'dst_dir_fd': fd}, {'src_dir_fd': fd, 'dst_dir_fd': fd})):
            nlink.link('symlink', 'f%d' % number, **keywords)
            self.assertSameFile('orig', 'f%d' % number)
            nlink.link('symlink', 'n%d' % number, follow_symlinks=False, **keywords)
            self.assertSameFile('symlink', 'n%d' % number)

    def test_dangling(self):
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.link('dangling', 'new')
        self.assertEqual(caught.exception.cause_name, 'src-dangles')
        nlink.link('dangling', 'new', follow_symlinks=False)
        self.assertSameFile('dangling', 'new')

    def test_destination_is_never_followed(self):
        self.assertRaises(FileExistsError, nlink.link, 'orig', 'dangling')
        self.assertNames(['orig', 'symlink', 'dangling'])

    def test_parents_are_followed(self):
        os.mkdir('d')
        os.symlink('d', 'way')
        nlink.link('orig', 'way/new', follow_symlinks=False)
        self.assertSameFile('orig', 'd/new')


class Replace(InPlace):
    def setUp(self):
        super().setUp()
        self.make('a', 'b')

    def test_replaces(self):
        nlink.link('a', 'b', replace=True)
        self.assertSameFile('a', 'b')
        self.assertNames(['a', 'b'])

    def test_new_name(self):
        nlink.link('a', 'c', replace=True)
        self.assertSameFile('a', 'c')
        self.assertNames(['a', 'b', 'c'])

    def test_same_file_is_success(self):
        nlink.link('a', 'c')
        nlink.link('a', 'c', replace=True)
        nlink.link('a', 'a', replace=True)
        self.assertCount(2, 'a')
        self.assertNames(['a', 'b', 'c'])

    def test_directory_is_refused(self):
        os.mkdir('d')
        with self.assertRaises(IsADirectoryError) as caught:
            nlink.link('a', 'd', replace=True)
        self.assertEqual(caught.exception.cause_name, 'dst-is-directory')
        self.assertNames(['a', 'b', 'd'])

    def test_missing_source_leaves_all(self):
        self.assertRaises(FileNotFoundError, nlink.link, 'x', 'b', replace=True)
        with open('b', 'rb') as file:
            self.assertEqual(file.read(), b'b')
        self.assertNames(['a', 'b'])

    def test_not_given(self):
        self.assertRaises(FileExistsError, nlink.link, 'a', 'b')
        self.assertRaises(FileExistsError, nlink.link, 'a', 'b', replace=False)


class Beneath(InPlace):
    def setUp(self):
        super().setUp()
        os.mkdir('d')
        self.make('out', 'd/in')
        os.symlink('../out', 'd/way')
        self.fd = self.open_dir('d')

    def test_inside(self):
        nlink.link('in', 'new', src_dir_fd=self.fd, dst_dir_fd=self.fd, beneath=True)
        self.assertSameFile('d/in', 'd/new')

    def test_outside(self):
        for src, dst in (('../out', 'n'), ('in', '../n'), ('way', 'n'), (os.path.abspath('out'), 'n'),
                         ('in', os.path.abspath('n'))):
            with self.subTest(src=src, dst=dst), self.assertRaises(PermissionError) as caught:
                nlink.link(src, dst, src_dir_fd=self.fd, dst_dir_fd=self.fd, beneath=True)
            error = caught.exception
            self.assertEqual(error.args, (errno.EPERM, 'the path leads out of its directory'))
            self.assertEqual(error.cause_name, 'leaves-directory')
            self.assertEqual((error.filename, error.filename2), (src, dst))
        self.assertNames(['in', 'way'], 'd')
        self.assertNames(['d', 'out'])

    def test_soft_link_itself(self):
        nlink.link('way', 'n', src_dir_fd=self.fd, dst_dir_fd=self.fd, beneath=True, follow_symlinks=False)
        self.assertSameFile('d/way', 'd/n')


class Audit(InPlace):
    def setUp(self):
        super().setUp()
        self.make('a')

    def test_event(self):
        source, target = 'a', 'b'
        with Hook() as hook:
            nlink.link(source, target)
        [(name, args)] = hook.events
        self.assertEqual((name, args), ('os.link', ('a', 'b', -1, -1)))
        self.assertIs(args[0], source)
        self.assertIs(args[1], target)

    def test_values(self):
        fd = self.open_dir('.')
        with Hook() as hook:
            nlink.link(b'a', Path('b'), src_dir_fd=fd, dst_dir_fd=fd, replace=True)
            self.assertRaises(FileExistsError, nlink.link, pathlib.Path('a'), b'b', follow_symlinks=False)
        self.assertEqual(hook.events, [('os.link', (b'a', 'b', fd, fd)), ('os.link', ('a', b'b', -1, -1))])

    def test_hook_prevents_the_call(self):
        refusal = RuntimeError('no')
        with Hook(refuse=refusal), self.assertRaises(RuntimeError) as caught:
            nlink.link('a', 'b')
        self.assertIs(caught.exception, refusal)
        self.assertNames(['a'])

    def test_no_event_for_bad_arguments(self):
        with Hook() as hook:
            self.assertRaises(TypeError, nlink.link, 'a', 1)
            self.assertRaises(ValueError, nlink.link, 'a', 'b\0')
            self.assertRaises(OverflowError, nlink.link, 'a', 'b', dst_dir_fd=2 ** 31)
        self.assertEqual(hook.events, [])


class Failures(InPlace):
    def setUp(self):
        super().setUp()
        self.make('a', 'b')

    def caught(self, kind, *args, **keywords):
        with self.assertRaises(kind) as caught:
            nlink.link(*args, **keywords)
        self.assertIs(type(caught.exception), kind)
        return caught.exception

    def test_classes(self):
        os.mkdir('d')
        os.symlink('loop', 'loop')
        for kind, number, src, dst in (
                (FileExistsError, errno.EEXIST, 'a', 'b'), (FileNotFoundError, errno.ENOENT, 'x', 'n'),
                (FileNotFoundError, errno.ENOENT, 'a', 'x/n'), (FileNotFoundError, errno.ENOENT, '', 'n'),
                (FileNotFoundError, errno.ENOENT, 'a', ''), (NotADirectoryError, errno.ENOTDIR, 'a/x', 'n'),
                (NotADirectoryError, errno.ENOTDIR, 'a', 'b/n'), (PermissionError, errno.EPERM, 'd', 'n'),
                (OSError, errno.ELOOP, 'loop', 'n'), (OSError, errno.ENAMETOOLONG, 'a', 'x' * 256)):
            with self.subTest(src=src, dst=dst):
                error = self.caught(kind, src, dst)
                self.assertEqual(error.args, (number, os.strerror(number)))
                self.assertEqual((error.errno, error.strerror), error.args)
                self.assertIs(error.filename, src)
                self.assertIs(error.filename2, dst)
                self.assertEqual(str(error), '[Errno %d] %s: %r -> %r' % (*error.args, src, dst))

    def test_other_file_system(self):
        elsewhere = '/dev/shm' if os.path.isdir('/dev/shm') else '/run'
        if os.stat(elsewhere).st_dev == os.stat('.').st_dev:
            self.skipTest('no second file system at hand')
        error = self.caught(OSError, 'a', os.path.join(elsewhere, 'nlink-test-%d' % os.getpid()))
        self.assertEqual(error.errno, errno.EXDEV)
        self.assertEqual(error.cause_name, 'other-file-system')

    def test_filenames_are_the_arguments_themselves(self):
        class Text(str):
            pass
        for src, dst in (('x', 'n'), (b'x', b'n'), (Text('x'), Text('n')), ('\udcff', 'é'), ('x', b'n')):
            error = self.caught(FileNotFoundError, src, dst)
            self.assertIs(error.filename, src)
            self.assertIs(error.filename2, dst)

    def test_filename_of_a_path_like_object_is_what_it_gave(self):
        text = ''.join(('no', 'where'))
        error = self.caught(FileNotFoundError, Path(text), Path(b'n'))
        self.assertIs(error.filename, text)
        self.assertEqual(error.filename2, b'n')
        error = self.caught(FileNotFoundError, pathlib.Path('x'), 'n')
        self.assertEqual(error.filename, 'x')
        self.assertIs(type(error.filename), str)

    def test_cause(self):
        error = self.caught(FileExistsError, 'a', 'b')
        self.assertEqual((error.cause_name, error.dst_is_src), ('dst-exists', False))
        self.assertIn("'b'", error.cause)
        nlink.link('a', 'c')
        error = self.caught(FileExistsError, 'a', 'c')
        self.assertEqual((error.cause, error.cause_name, error.dst_is_src),
                         ("'c' is already a name of 'a'", 'dst-is-src', True))

    def test_causes_by_name(self):
        os.mkdir('d')
        for cause, src, dst in (('src-missing', 'x', 'n'), ('src-parent-missing', 'x/a', 'n'),
                                ('dst-parent-missing', 'a', 'x/n'), ('src-is-directory', 'd', 'n'),
                                ('empty-path', '', 'n'), ('dst-slash', 'a', 'n/'), ('too-long', 'a', 'n' * 256),
                                ('not-a-directory', 'a/x', 'n'), ('dst-exists', 'a', 'd')):
            with self.subTest(cause=cause), self.assertRaises(OSError) as caught:
                nlink.link(src, dst)
            self.assertEqual(caught.exception.cause_name, cause)

    def test_unknown_cause_is_none(self):
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.listing('x')
        error = caught.exception
        if error.cause_name == 'unknown':
            self.assertIsNone(error.cause)
            self.assertFalse(hasattr(error, '__notes__'))

    def test_note(self):
        error = self.caught(FileNotFoundError, 'x', 'n')
        self.assertEqual(error.cause, "'x' does not exist")
        if sys.version_info >= (3, 11):
            self.assertEqual(error.__notes__, [error.cause])
            self.assertEqual(traceback.format_exception(error)[-1], "'x' does not exist\n")
        else:
            self.assertFalse(hasattr(error, '__notes__'))

    def test_names_in_the_cause_are_quoted(self):
        error = self.caught(FileNotFoundError, b'\xff\n', 'n')
        self.assertEqual(error.cause, "''$'\\377\\n' does not exist")

    def test_pickle(self):
        error = pickle.loads(pickle.dumps(self.caught(FileNotFoundError, 'x', 'n')))
        self.assertEqual((type(error), error.errno, error.filename, error.filename2, error.cause),
                         (FileNotFoundError, errno.ENOENT, 'x', 'n', "'x' does not exist"))

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_protected_hardlinks(self):
        with open('/proc/sys/fs/protected_hardlinks') as file:
            if file.read().strip() != '1':
                self.skipTest('fs.protected_hardlinks is off')
        os.chmod('a', 0o600)
        os.chmod('.', 0o777)
        code = 'import nlink\ntry: nlink.link("a", "n")\nexcept PermissionError as e: print(e.errno, e.cause_name, e.cause)'
        # The module is loaded as root: its directory may be closed to others.
        code = 'import os, nlink; os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n' + code
        said = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout
        self.assertRegex(said, r'^1 protected-hardlinks fs\.protected_hardlinks=1: ')


class InPlaceOfOs(InPlace):
    """nlink.link where os.link was."""

    def setUp(self):
        super().setUp()
        self.make('a')
        self.own = os.link
        self.addCleanup(self.put_back)
        os.link = nlink.link
        os.supports_dir_fd.add(nlink.link)
        os.supports_follow_symlinks.add(nlink.link)

    def put_back(self):
        os.link = self.own
        os.supports_dir_fd.discard(nlink.link)
        os.supports_follow_symlinks.discard(nlink.link)

    def test_copytree(self):
        os.mkdir('tree')
        nlink.link('a', 'tree/a')
        shutil.copytree('tree', 'copy', copy_function=os.link)
        self.assertCount(3, 'copy/a')

    @unittest.skipIf(sys.version_info < (3, 10), 'Path.hardlink_to is of 3.10')
    def test_pathlib(self):
        pathlib.Path('b').hardlink_to('a')
        self.assertSameFile('a', 'b')


class Threads(InPlace):
    def test_eight_threads_in_one_directory(self):
        self.make('a')
        wrong = []

        def work(number):
            try:
                for turn in range(300):
                    name = 't%d' % number
                    nlink.link('a', name)
                    try:
                        nlink.link('a', name)
                        wrong.append('a second link succeeded')
                    except FileExistsError as error:
                        if not error.dst_is_src:
                            wrong.append(error.cause)
                    if nlink.unlink(name) < 1:
                        wrong.append('no names left')
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertNames(['a'])
        self.assertCount(1, 'a')

    def test_one_of_many_wins(self):
        self.make('a')
        won = []
        barrier = threading.Barrier(8)

        def work():
            barrier.wait()
            try:
                nlink.link('a', 'b')
                won.append(1)
            except FileExistsError:
                pass

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(won, [1])


@unittest.skipUnless(shutil.which('strace'), 'needs strace')
class SystemCalls(InPlace):
    """One system call for one link, counted by strace between two marks."""

    def calls(self, call, before=''):
        code = 'import os, nlink\n%s\nos.umask(0o123)\n%s\nos.umask(0o123)\n' % (before, call)
        result = subprocess.run(['strace', '-f', '-qq', '-o', 'log', sys.executable, '-c', code], capture_output=True, text=True)
        if not os.path.exists('log') or 'ptrace' in result.stderr:
            self.skipTest('strace may not trace here: ' + result.stderr.strip())
        self.assertEqual(result.returncode, 0, result.stderr)
        with open('log') as log:
            lines = [line.split(None, 1)[1].strip() for line in log]
        marks = [number for number, line in enumerate(lines) if line.startswith('umask(0123)')]
        self.assertEqual(len(marks), 2)
        # Memory and locks of the interpreter's own are not the link's.
        return [line for line in lines[marks[0] + 1:marks[1]] if not line.startswith(('mmap', 'munmap', 'brk', 'futex'))]

    def test_link(self):
        self.make('a')
        self.assertEqual(self.calls('nlink.link("a", "b")'),
                         ['linkat(AT_FDCWD, "a", AT_FDCWD, "b", AT_SYMLINK_FOLLOW) = 0'])

    def test_no_follow(self):
        self.make('a')
        self.assertEqual(self.calls('nlink.link("a", "b", follow_symlinks=False)'),
                         ['linkat(AT_FDCWD, "a", AT_FDCWD, "b", 0) = 0'])

    def test_directories(self):
        self.make('a')
        [call] = self.calls('nlink.link("a", b"b", src_dir_fd=fd, dst_dir_fd=fd)', 'fd = os.dup2(os.open(".", 0), 77)')
        self.assertEqual(call, 'linkat(77, "a", 77, "b", AT_SYMLINK_FOLLOW) = 0')


class Signals(InPlace):
    """A call that a signal interrupts: the handler's own exception goes first, and nothing is tried twice."""

    @unittest.skipUnless(shutil.which('strace'), 'needs strace')
    def test_interrupted(self):
        self.make('a')
        code = 'import nlink\ntry: nlink.link("a", "b")\nexcept InterruptedError as e: print(e.errno, e.filename2)'
        command = ['strace', '-f', '-qq', '-o', 'log', '-e', 'trace=link,linkat', '-e', 'inject=link,linkat:error=EINTR',
                   sys.executable, '-c', code]
        result = subprocess.run(command, capture_output=True, text=True)
        if 'ptrace' in result.stderr:
            self.skipTest('strace may not trace here')
        self.assertEqual(result.stdout, '%d b\n' % errno.EINTR, result.stderr)
        with open('log') as log:
            self.assertEqual(log.read().count('linkat('), 1)

    @unittest.skipUnless(shutil.which('strace'), 'needs strace')
    def test_handler_raises(self):
        self.make('a')
        code = ('import signal, nlink\n'
                'def handle(*_): raise ZeroDivisionError\n'
                'signal.signal(signal.SIGUSR1, handle)\n'
                'try: nlink.link("a", "b")\n'
                'except ZeroDivisionError as e: print("handled")')
        command = ['strace', '-f', '-qq', '-o', 'log', '-e', 'trace=link,linkat', '-e',
                   'inject=link,linkat:error=EINTR:signal=SIGUSR1', sys.executable, '-c', code]
        result = subprocess.run(command, capture_output=True, text=True)
        if 'ptrace' in result.stderr:
            self.skipTest('strace may not trace here')
        self.assertEqual(result.stdout, 'handled\n', result.stderr)


if __name__ == '__main__':
    unittest.main()
