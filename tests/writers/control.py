#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two commands that show that the harness tells what it should: make equal files of a tree one.

    tests/writers/control.py naive|stopped TREE

naive    compares all, then renames each name away, links, and unlinks, as others do. It must lose something.
stopped  stops the writers, leaves alone what they have open, and lets them go on. It must lose nothing, and merges much.
"""

import os
import signal
import sys


def equal_files(tree):
    """Lists of names with equal contents, of different files."""
    contents = {}
    for here, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(here, name)
            try:
                with open(path, 'rb') as file:
                    contents.setdefault(file.read(), {}).setdefault(os.fstat(file.fileno()).st_ino, []).append(path)
            except FileNotFoundError:
                pass
    return [list(files.items()) for content, files in contents.items() if content and len(files) > 1]


def naive(tree):
    for (_, (first, *_)), *others in equal_files(tree):
        for _, names in others:
            for name in names:
                away = name + '.away'
                try:
                    os.rename(name, away)
                    os.link(first, name)
                    os.unlink(away)
                except OSError:
                    pass


def writers_of(tree):
    """The processes that work in the tree."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.readlink(f'/proc/{pid}/cwd') == os.path.realpath(tree):
                found.append(int(pid))
        except OSError:
            pass
    return found


def is_stopped(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
        return file.read().rpartition(')')[2].split()[0] in 'TZX'


def opened_by(pids):
    """The inodes that they have open or mapped."""
    inodes = set()
    for pid in pids:
        for fd in os.listdir(f'/proc/{pid}/fd'):
            inodes.add(os.stat(f'/proc/{pid}/fd/{fd}').st_ino)
        with open(f'/proc/{pid}/maps', encoding='utf-8', errors='surrogateescape') as lines:
            inodes.update(int(line.split()[4]) for line in lines)
    return inodes


def stopped(tree):
    pids = writers_of(tree)
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        while not all(map(is_stopped, pids)):
            pass
        opened = opened_by(pids)
        for files in equal_files(tree):
            (_, (first, *_)), *others = [file for file in files if file[0] not in opened] or [(0, [''])]
            for _, names in others:
                for name in names:
                    os.link(first, os.path.join(tree, 'merging'))
                    os.rename(os.path.join(tree, 'merging'), name)
    except ProcessLookupError:
        pass  # the writers are ending
    finally:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass


if __name__ == '__main__':
    {'naive': naive, 'stopped': stopped}[sys.argv[1]](sys.argv[2])
