# SPDX-License-Identifier: MIT
"""The ground of the tests on real file systems.

A test module enters a mount namespace of its own: nobody else sees its mounts, and when its process ends, in
whatever way, the kernel takes them down, the loop devices with them. All files lie in a tmpfs of that namespace,
images of file systems too, so that nothing is left to remove but one empty directory.
"""

import atexit
import ctypes
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

NOBODY = 65534

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000

libc = ctypes.CDLL(None, use_errno=True)
home = None  # the tmpfs of this process


def checked(result):
    """The result of a call of libc's; OSError where it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def unshare(flags):
    checked(libc.unshare(flags))


def environment(**extra):
    """Our own, where the administrator's commands are found too."""
    return {**os.environ, 'PATH': os.environ.get('PATH', '/usr/bin:/bin') + ':/usr/sbin:/sbin', **extra}


def run(*command, **options):
    """Run a command of the system's; its output, or CalledProcessError with it."""
    options.setdefault('env', environment())
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f'{" ".join(map(str, command))}: status {done.returncode}: {done.stdout.strip()}')
    return done.stdout


def need(*commands):
    """Skip the tests unless each of these commands is there."""
    for command in commands:
        if shutil.which(command, path=environment()['PATH']) is None:
            raise unittest.SkipTest(f'the command {command} is not installed')


def enter():
    """Called once by each module's setUpModule: the namespace, the tmpfs, the probe in it."""
    global home
    if os.geteuid() != 0:
        raise unittest.SkipTest('mounting file systems needs root')
    need('mount', 'umount', 'losetup')
    empty = tempfile.mkdtemp(prefix='nlink-fs-')
    atexit.register(os.rmdir, empty)
    try:
        unshare(CLONE_NEWNS)
        run('mount', '--make-rprivate', '/')
        run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'nlink-test', empty)
        run('losetup', '-f')
    except (OSError, RuntimeError) as error:
        raise unittest.SkipTest(f'no mounts or loop devices of our own: {error}') from None
    home = empty
    atexit.register(leave)
    os.umask(0o022)
    for name in 'NLINK_FS_PROBE', 'NLINK_FS_LIE':
        shutil.copy(os.environ[name], home)


def leave():
    os.chdir('/')
    subprocess.run(['umount', '-l', home], check=False)


def mount(what, where, *options, kind=None):
    """Mount; a kernel without the file system `kind` is a reason to skip, anything else is a failure."""
    os.makedirs(where, exist_ok=True)
    try:
        run('mount', *options, what, where)
    except RuntimeError as error:
        with open('/proc/filesystems', encoding='utf-8') as lines:
            if kind is None or any(line.split()[-1] == kind for line in lines):
                raise
        raise unittest.SkipTest(f'this kernel has no {kind}: {error}') from None
    return where


def new_image(name, size, *mkfs):
    """A file with a new file system in it; size in MiB, or as truncate(1) takes it."""
    need(mkfs[0])
    image = os.path.join(home, name + '.img')
    run('truncate', '-s', f'{size}M' if isinstance(size, int) else size, image)
    run(*mkfs, image)
    return image


def new_mount(name, size, *mkfs, options='loop'):
    """The same, mounted."""
    image = new_image(name, size, *mkfs)
    return mount(image, os.path.join(home, name), '-o', options, kind=mkfs[0].removeprefix('mkfs.'))


def unmount(where):
    subprocess.run(['umount', '-l', where], check=False, stderr=subprocess.DEVNULL)


def serve(where, *command, **extra):
    """Start a FUSE server that ends with us, and wait until its file system stands. Returns the process."""
    os.makedirs(where, exist_ok=True)
    before = os.stat(where).st_dev
    server = subprocess.Popen(command, preexec_fn=end_with_parent, env=environment(**extra),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while os.stat(where).st_dev == before:
        if server.poll() is not None:
            raise unittest.SkipTest(f'{" ".join(command)}: status {server.returncode}')
        os.sched_yield()
    return server


def end_with_parent():
    checked(libc.prctl(1, signal.SIGKILL, 0, 0, 0))  # PR_SET_PDEATHSIG


def snapshot(root, times=True):
    """All that a link could change below a directory: names, files, counts, modes, and, of directories if they
    are asked for, times of change."""
    seen = {}

    def note(path):
        at = os.lstat(path)
        target = os.readlink(path) if stat.S_ISLNK(at.st_mode) else None
        is_directory = stat.S_ISDIR(at.st_mode)
        size = None if is_directory else at.st_size
        time = at.st_mtime_ns if times or not is_directory else None
        seen[os.path.relpath(path, root)] = (
            at.st_ino, at.st_mode, at.st_nlink, at.st_uid, at.st_gid, size, time, target)
        return is_directory

    def walk(directory):
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            if note(path):
                walk(path)

    note(root)
    walk(root)
    return seen


def write(path, text='', mode=0o644, owner=None):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    os.chmod(path, mode)
    if owner is not None:
        os.chown(path, owner, owner)
        os.chmod(path, mode)  # a change of owner takes setuid away
    return path


class Answer:
    """What the probe printed."""

    def __init__(self, text):
        lines = [json.loads(line) for line in text.splitlines()]
        self.call = lines[0]
        self.status = lines[0]['answer'].removeprefix('NLINK_')
        self.errors = lines[1:]
        for error in self.errors:
            error['status'] = error['status'].removeprefix('NLINK_')


def probe(*words, cwd, user=None, prepare=None, confine=None, extra=None, **options):
    """Run the probe in `cwd`: `prepare` is called before it becomes `user`, `confine` after that."""

    def before():
        if prepare is not None:
            prepare()
        if user is not None:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        if confine is not None:
            confine()

    path = os.path.join(home, os.path.basename(os.environ['NLINK_FS_PROBE']))
    done = subprocess.run([path, *words], cwd=cwd, preexec_fn=before, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment(**(extra or {})), text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f'probe {" ".join(words)}: status {done.returncode}: {done.stderr}')
    return Answer(done.stdout)


class Case(unittest.TestCase):
    """A test in a directory `self.at` of its own, on the file system that its class has mounted at `root`."""

    maxDiff = None
    root = None

    def setUp(self):
        self.at = os.path.join(self.root or home, self._testMethodName)
        os.mkdir(self.at, 0o755)
        self.addCleanup(unmount_below, self.at)

    def path(self, *names):
        return os.path.join(self.at, *names)

    def write(self, name, text='', **how):
        return write(self.path(name), text, **how)

    def mkdir(self, name, mode=0o755, owner=None):
        os.mkdir(self.path(name))
        os.chmod(self.path(name), mode)
        if owner is not None:
            os.chown(self.path(name), owner, owner)
        return self.path(name)

    def device(self, name):
        """The number of the device that a file is on, as sentences tell it."""
        number = os.stat(self.path(name)).st_dev
        return f'{os.major(number)}:{os.minor(number)}'

    def done(self, *words, **how):
        """The call succeeds; the answer."""
        how.setdefault('cwd', self.at)
        answer = probe(*words, **how)
        self.assertEqual((answer.status, answer.errors), ('OK', []), words)
        return answer

    def refused(self, *words, foreseen=True, certain=True, dst_is_src=False, step='link', watch=None, **rest):
        """The call fails as told, and nothing changes; `why` says the same, or what `foreseen` tells.

        rest: status, errno, cause, at, text; the others are the probe's. foreseen: True, or None where it is not
        asked, or the cause that comes first, or '' for none.
        """
        expected = {key: rest.pop(key) for key in ('status', 'errno', 'cause', 'at', 'text')}
        expected |= {'certain': certain, 'dst_is_src': dst_is_src, 'step': step}
        rest.setdefault('cwd', self.at)
        watch = watch or self.root or self.at
        times = step not in ('rename', 'exchange', 'backup')  # a temporary name has come and gone
        before = snapshot(watch, times)
        answer = probe(*words, **rest)
        self.assertEqual(answer.errors, [expected], words)
        self.assertEqual(answer.status, expected['status'])
        self.assertEqual(snapshot(watch, times), before, 'the tree has changed')
        before = snapshot(watch)
        if foreseen is None or words[0].partition('+')[0] != 'link':
            return answer
        why = probe('why' + words[0].removeprefix('link'), *words[1:], **rest)
        self.assertEqual(snapshot(watch), before, 'looking has changed the tree')
        if foreseen is True:
            self.assertNotEqual(why.errors, [], 'not foreseen')
            expected['step'] = why.errors[0]['step']
            self.assertEqual(why.errors[0], expected, 'foreseen')
        else:
            first = why.errors[0]['cause'] if why.errors else ''
            self.assertEqual(first, foreseen, why.errors)
        return answer


def unmount_below(path):
    """Take down what a test has mounted in its directory, the last first."""
    with open('/proc/self/mountinfo', encoding='utf-8') as lines:
        points = [line.split()[4] for line in lines]
    for point in reversed(points):
        if point.startswith(path + '/'):
            unmount(point)
