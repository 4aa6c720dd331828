# SPDX-License-Identifier: MIT
"""Stand between a program and the system: see each system call before it is made, and decide what becomes of it.

By seccomp's user notification: the program waits in the kernel while we look, so that whatever we do then happens
exactly before that call, in all its threads, without a tracer and without a clock.
"""

import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

# Their numbers on the two machines that these tests know; those that one of them lacks are left out there.
NUMBERS = {
    'x86_64': {
        'read': 0, 'write': 1, 'open': 2, 'ioctl': 16, 'pread64': 17, 'pwrite64': 18, 'writev': 20, 'sendfile': 40,
        'fcntl': 72, 'fsync': 74, 'fdatasync': 75, 'truncate': 76, 'ftruncate': 77, 'rename': 82, 'mkdir': 83,
        'rmdir': 84, 'creat': 85, 'link': 86, 'unlink': 87, 'symlink': 88, 'chmod': 90, 'fchmod': 91, 'chown': 92,
        'fchown': 93, 'lchown': 94, 'setxattr': 188, 'lsetxattr': 189, 'fsetxattr': 190, 'openat': 257,
        'mkdirat': 258, 'fchownat': 260, 'unlinkat': 263, 'renameat': 264, 'linkat': 265, 'symlinkat': 266,
        'fchmodat': 268, 'utimensat': 280, 'fallocate': 285, 'syncfs': 306, 'renameat2': 316,
        'copy_file_range': 326,
    },
    'aarch64': {
        'read': 63, 'write': 64, 'ioctl': 29, 'pread64': 67, 'pwrite64': 68, 'writev': 66, 'sendfile': 71, 'fcntl': 25,
        'fsync': 82, 'fdatasync': 83, 'truncate': 45, 'ftruncate': 46, 'fchmod': 52, 'fchown': 55, 'setxattr': 5,
        'lsetxattr': 6, 'fsetxattr': 7, 'openat': 56, 'mkdirat': 34, 'fchownat': 54, 'unlinkat': 35, 'renameat': 38,
        'linkat': 37, 'symlinkat': 36, 'fchmodat': 53, 'utimensat': 88, 'fallocate': 47, 'syncfs': 267,
        'renameat2': 276, 'copy_file_range': 285,
    },
}
TREE = ('link', 'linkat', 'symlink', 'symlinkat', 'unlink', 'unlinkat', 'rename', 'renameat', 'renameat2')
CHANGING = TREE + (
    'write', 'pwrite64', 'writev', 'sendfile', 'open', 'openat', 'creat', 'ioctl', 'fsync', 'fdatasync', 'syncfs',
    'truncate', 'ftruncate', 'mkdir', 'mkdirat', 'rmdir', 'chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'lchown',
    'fchownat', 'setxattr', 'lsetxattr', 'fsetxattr', 'utimensat', 'fallocate', 'copy_file_range')
CLONES = (0x40049409, 0x4020940D, 0xC0189436)  # FICLONE, FICLONERANGE, FIDEDUPERANGE
F_SETLEASE, F_GETLEASE = 1024, 1025

SET_MODE_FILTER, NEW_LISTENER = 1, 8
SECCOMP = {'x86_64': 317, 'aarch64': 277}
RECEIVE, SEND = 0xC0502100, 0xC0182101
GO_ON = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE
NOTICE = struct.Struct('=QIIiIQ6Q')
ANSWER = struct.Struct('=QqiI')

libc = ctypes.CDLL(None, use_errno=True)


def filter_of(numbers):
    """The filter's instructions: a call with one of these numbers is told to us, any other is let through."""
    code = [(0x20, 0, 0, 0)]  # load the call's number
    for number in numbers:
        code += [(0x15, 0, 1, number), (0x06, 0, 0, 0x7FC00000)]  # if it is that: SECCOMP_RET_USER_NOTIF
    code += [(0x06, 0, 0, 0x7FFF0000)]  # allow
    return b''.join(struct.pack('=HBBI', *row) for row in code)


class Call:
    """A system call that waits for our answer."""

    def __init__(self, process, thread, name, arguments):
        self.process = process
        self.thread = thread
        self.name = name
        self.arguments = arguments

    def text(self, index):
        """The string that an argument points to."""
        with open(f'/proc/{self.thread}/mem', 'rb', buffering=0) as memory:
            address, found = self.arguments[index], b''
            while b'\0' not in found:
                memory.seek(address)
                piece = memory.read(4096 - address % 4096)
                found, address = found + piece, address + len(piece)
        return found.split(b'\0')[0]

    def number(self, index):
        """An argument that is an int."""
        return ctypes.c_int(self.arguments[index] & 0xFFFFFFFF).value

    def path(self, index):
        """The path of the descriptor that an argument is."""
        return os.readlink(f'/proc/{self.thread}/fd/{self.number(index)}')

    def changes(self):
        """Whether it changes something, other than what the program prints."""
        if self.name in ('write', 'writev', 'pwrite64'):
            return self.number(0) > 2 and not self.path(0).startswith(('pipe:', 'anon_inode:', 'socket:', '/dev/'))
        if self.name in ('openat', 'open'):
            flags = self.number(2 if self.name == 'openat' else 1)
            return flags & os.O_CREAT != 0 or flags & os.O_TMPFILE == os.O_TMPFILE
        return self.name != 'ioctl' or self.arguments[1] & 0xFFFFFFFF in CLONES

    def is_lease(self):
        return self.name == 'fcntl' and self.number(1) in (F_SETLEASE, F_GETLEASE)


class Ended:
    """How a program ended. status: as a shell tells it for signals too, negative for those."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def __repr__(self):
        return f'status {self.status}, out {self.out!r}, err {self.err!r}'


def run(command, calls, decide, prepare=None, **options):
    """Run a program. decide(call) is asked before each of the calls that are named: None = it is made, a number = it
    is not and that is the error, 'kill' = the program ends there, in that instant. prepare() is called in the child
    first. The rest as of subprocess.Popen; how it Ended."""
    machine = platform.machine()
    if machine not in NUMBERS:
        raise unittest.SkipTest(f'the numbers of system calls on {machine} are not known here')
    names = {NUMBERS[machine][name]: name for name in calls if name in NUMBERS[machine]}
    packed = ctypes.create_string_buffer(filter_of(names))
    program = ctypes.create_string_buffer(struct.pack('@HP', (len(packed) - 1) // 8, ctypes.addressof(packed)))
    ours, theirs = socket.socketpair()

    def before():
        if prepare is not None:
            prepare()
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
        listener = libc.syscall(SECCOMP[machine], SET_MODE_FILTER, NEW_LISTENER, program)
        if listener < 0:
            theirs.send(b'-')
        else:
            socket.send_fds(theirs, [b'+'], [listener])
            os.close(listener)

    with ours, theirs, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        # The program's start itself makes calls that are told to us: it needs a thread of its own to wait in.
        started = []

        def start():
            try:
                started.append(subprocess.Popen(command, preexec_fn=before, stdin=subprocess.DEVNULL, stdout=out,
                                                stderr=err, **options))
            except Exception as error:  # told by who waits
                started.append(error)
                theirs.send(b'!')

        starter = threading.Thread(target=start)
        starter.start()
        word, listeners, _, _ = socket.recv_fds(ours, 1, 1)
        try:
            if word == b'+':
                serve(listeners[0], names, decide, started, starter)
        except BaseException:
            if started and isinstance(started[0], subprocess.Popen):
                started[0].kill()
            raise
        finally:
            for listener in listeners:
                os.close(listener)  # who waits for an answer is told that there is no such call
            starter.join()
        if isinstance(started[0], Exception):
            raise started[0]
        status = started[0].wait()
        if word == b'-':
            raise unittest.SkipTest('this system does not let a process see the calls of another (seccomp)')
        out.seek(0)
        err.seek(0)
        return Ended(status, out.read(), err.read())


def serve(listener, names, decide, started, starter):
    """Answer until the last process that the filter holds for has ended."""
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while True:
        events = waiting.poll()
        if not events[0][1] & select.POLLIN:
            return
        notice = bytearray(NOTICE.size)
        try:
            fcntl.ioctl(listener, RECEIVE, notice)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):  # it was killed meanwhile
                continue
            raise
        ident, thread, _, number, _, _, *arguments = NOTICE.unpack(notice)
        if not started and os.readlink(f'/proc/{thread}/exe') != os.readlink('/proc/self/exe'):
            starter.join()
        answer = None
        if started:  # else it is still our own child, on its way to become the program
            answer = decide(Call(started[0], thread, names[number], arguments))
        if answer == 'kill':
            started[0].kill()
            if thread != started[0].pid:
                os.kill(thread, signal.SIGKILL)  # a thread of it, or a process that it started
            continue
        reply = ANSWER.pack(ident, 0, 0, GO_ON) if answer is None else ANSWER.pack(ident, 0, -answer, 0)
        try:
            fcntl.ioctl(listener, SEND, reply)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
