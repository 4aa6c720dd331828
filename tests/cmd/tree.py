# SPDX-License-Identifier: MIT
"""A tree on disk to try commands on, and what it looks like afterwards."""

import os
import shutil
import stat
import subprocess
import tempfile

NLINK = os.environ.get('NLINK', '')
TABLE = os.environ.get('NLINK_TABLE', '')


def fresh(test):
    """An empty directory that goes with the test; bytes, as names are."""
    path = tempfile.mkdtemp(prefix='nlink-cmd-')
    test.addCleanup(shutil.rmtree, path, ignore_errors=True)
    return os.fsencode(path)


def build(root):
    """One of everything that a link can meet."""
    def at(name):
        return os.path.join(root, name)

    def write(name, text):
        with open(at(name), 'wb') as file:
            file.write(text)

    for name in (b'd', b'd/sub', b'd/sub/deep', b'e', b'sp dir', b'c:d'):
        os.mkdir(at(name))
    for name in (b'a', b'b', b'c', b'd/a', b'd/b', b'e/x', b'e/x.~1~', b'e/x.~7~', b'sp ace', b'new\nline',
                 b'-dash', b"it's", b'bad\xff', 'ünï'.encode(), b'b.old', b'co:lon', b'back\\slash', b'tab\there'):
        write(name, b'contents of ' + name)
    os.link(at(b'a'), at(b'a2'))
    os.link(at(b'a'), at(b'd/same'))
    for name, target in ((b'l', b'a'), (b'dangling', b'nowhere'), (b'loop', b'loop'), (b'dl', b'd'),
                         (b'd/up', b'../b'), (b'd/gone', b'gone too'), (b'abs', b'/'), (b'll', b'l')):
        os.symlink(target, at(name))
    os.mkfifo(at(b'fifo'))


def look(root):
    """Every name below: kind, mode, what it leads to or contains, and the names that share its file."""
    seen = {}
    groups = {}
    for here, dirs, files in os.walk(root):
        for name in dirs + files:
            path = os.path.join(here, name)
            info = os.lstat(path)
            inside = os.path.relpath(path, root)
            groups.setdefault((info.st_dev, info.st_ino), []).append(inside)
            held = b''
            if stat.S_ISLNK(info.st_mode):
                held = os.readlink(path)
            elif stat.S_ISREG(info.st_mode):
                try:
                    with open(path, 'rb') as file:
                        held = file.read()
                except PermissionError:
                    held = b'(unreadable)'
            count = 0 if stat.S_ISDIR(info.st_mode) else info.st_nlink
            seen[inside] = (oct(info.st_mode), held, count, (info.st_dev, info.st_ino))
    return {name: facts[:3] + (tuple(sorted(groups[facts[3]])),) for name, facts in seen.items()}


def run(program, args, cwd, called=None, env=None, stdin=b'', **more):
    """Run a program; (exit status, standard output, standard error). `called` is its argv[0]."""
    environment = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8'}
    environment.update(env or {})
    done = subprocess.run([called or program, *args], executable=program, cwd=cwd, env=environment,
                          input=stdin, capture_output=True, timeout=60, check=False, **more)
    return done.returncode, done.stdout, done.stderr
