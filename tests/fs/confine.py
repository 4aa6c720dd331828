# SPDX-License-Identifier: MIT
"""Ways in which a process is kept from things, for a child that is about to become the program under test."""

import ctypes
import errno
import os
import platform
import struct
import unittest

import ground

# System calls by name: their numbers on the two machines that these tests know.
CALLS = {
    'x86_64': {'linkat': 265, 'statx': 332, 'openat2': 437, 'file_getattr': 468},
    'aarch64': {'linkat': 37, 'statx': 291, 'openat2': 437, 'file_getattr': 468},
}
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446


def refuse_calls(**errors):
    """A seccomp filter: each call named answers its error number, the others are let through."""
    numbers = CALLS.get(platform.machine())
    if numbers is None:
        raise unittest.SkipTest(f'the numbers of system calls on {platform.machine()} are not known here')
    code = [(0x20, 0, 0, 0)]  # load the call's number
    for name, error in errors.items():
        code += [(0x15, 0, 1, numbers[name]), (0x06, 0, 0, 0x00050000 | error)]  # if it is that: the error
    code += [(0x06, 0, 0, 0x7FFF0000)]  # allow
    packed = ctypes.create_string_buffer(b''.join(struct.pack('=HBBI', *row) for row in code))
    program = ctypes.create_string_buffer(struct.pack('@HP', len(code), ctypes.addressof(packed)))

    def confine():
        ground.checked(ground.libc.prctl(38, 1, 0, 0, 0))  # PR_SET_NO_NEW_PRIVS
        ground.checked(ground.libc.prctl(22, 2, program, 0, 0))  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER

    confine.keep = packed
    return confine


def has_call(name):
    """Whether the kernel knows a system call: it then finds fault with the arguments."""
    number = CALLS.get(platform.machine(), {}).get(name, -1)
    return ground.libc.syscall(number, -1, None, None, 0, 0) == -1 and ctypes.get_errno() != errno.ENOSYS


def landlock(beneath, allowed, handled):
    """A Landlock rule: of the rights `handled`, only those `allowed` remain, and only below a directory."""
    version = ground.libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 2:
        raise unittest.SkipTest(f'this kernel has no Landlock that knows links (its version is {version})')
    ruleset = struct.pack('=Q', handled)

    def confine():
        rules = ground.checked(ground.libc.syscall(LANDLOCK_CREATE_RULESET, ruleset, len(ruleset), 0))
        directory = os.open(beneath, os.O_PATH)
        rule = struct.pack('=Qi', allowed, directory)
        ground.checked(ground.libc.syscall(LANDLOCK_ADD_RULE, rules, 1, rule, 0))
        ground.checked(ground.libc.prctl(38, 1, 0, 0, 0))
        ground.checked(ground.libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0))
        os.close(directory)
        os.close(rules)

    return confine


# Rights of Landlock.
MAKE_REG = 1 << 8
REFER = 1 << 13


def need_user_namespaces():
    """Skip where no user namespace can be entered, as in a chroot and in many containers."""
    child = os.fork()
    if child == 0:
        os._exit(0 if ground.libc.unshare(ground.CLONE_NEWUSER) == 0 else ctypes.get_errno())
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise unittest.SkipTest(f'no user namespaces here: {os.strerror(os.waitstatus_to_exitcode(status))}')


def user_namespace(*users):
    """Enter a user namespace that maps only these users and groups, each to itself."""
    rows = ''.join(f'{user} {user} 1\n' for user in users)

    def prepare():
        ready, go = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:  # from outside: only root there may map any ids
            os.read(ready[0], 1)
            for name in 'uid_map', 'gid_map':
                with open(f'/proc/{os.getppid()}/{name}', 'w', encoding='ascii') as file:
                    file.write(rows)
            os._exit(0)
        ground.unshare(ground.CLONE_NEWUSER)
        os.write(ready[1], b'x')
        _, status = os.waitpid(child, 0)
        for fd in ready + go:
            os.close(fd)
        if status != 0:
            raise OSError('the ids could not be mapped')

    return prepare


def mount_with_ids(source, target, inside, outside, count):
    """Bind-mount a directory so that the ids from `outside` on appear as those from `inside` on, no others."""
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        ground.unshare(ground.CLONE_NEWUSER)
        os.write(ready[1], b'x')
        os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    try:
        for name in 'uid_map', 'gid_map':
            with open(f'/proc/{child}/{name}', 'w', encoding='ascii') as file:
                file.write(f'{outside} {inside} {count}\n')
        namespace = os.open(f'/proc/{child}/ns/user', os.O_RDONLY)
        tree = ground.checked(ground.libc.syscall(OPEN_TREE, -100, source.encode(), 0x80001))  # CLONE, CLOEXEC
        attributes = struct.pack('=QQQQ', 0x00100000, 0, 0, namespace)  # MOUNT_ATTR_IDMAP
        ground.checked(ground.libc.syscall(MOUNT_SETATTR, tree, b'', 0x1000, attributes, len(attributes)))
        os.makedirs(target, exist_ok=True)
        ground.checked(ground.libc.syscall(MOVE_MOUNT, tree, b'', -100, target.encode(), 4))
        os.close(tree)
        os.close(namespace)
    finally:
        os.write(done[1], b'x')
        os.waitpid(child, 0)
        for fd in ready + done:
            os.close(fd)
