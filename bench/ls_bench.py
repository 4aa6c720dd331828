#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nlink ls beside ls -l: one directory of many names, and a tree.

    bench/ls_bench.py NLINK [--pairs N] [--names N] [DIRECTORY...]

Makes the same names in a fresh directory below each DIRECTORY (/dev/shm and /var/tmp), lets the two take turns with
everything in the system's cache, and prints one JSON object a line for each comparison: the time from start to end,
and the processor time, user and system together. What is listed goes to a file. Every seventh name or so is a further
name of an earlier file, times are spread over 15 months, and a few names are soft links.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import race

WORDS = ('report', 'image', 'data', 'x', 'long-name-of-a-file', 'Draft', 'src_main')
ENDINGS = ('.txt', '.c', '.jpg', '', '.tar.gz')
SPAN_S = 40000000


def fill(root, count, branching, seed):
    """Make `count` names below root; a share `branching` of them are directories. How many there are then."""
    chance = random.Random(seed)
    now = time.time()
    directories = [root]
    files = []
    for number in range(count):
        above = chance.choice(directories)
        path = f'{above}/{chance.choice(WORDS)}-{chance.randrange(10**6):06}-{number}{chance.choice(ENDINGS)}'
        kind = chance.random()
        if kind < branching:
            os.mkdir(path)
            directories.append(path)
        elif kind < branching + 0.02:
            os.symlink(f'x-{number % 10}', path)
        elif kind < branching + 0.15 and files:
            os.link(chance.choice(files), path)
        else:
            with open(path, 'wb') as file:
                file.write(b'x' * chance.randrange(3))
            then = now - chance.random() * SPAN_S
            os.utime(path, (then, then))
            files.append(path)
    return len(directories)


def compare(what, nlink, ls, arguments, locale, pairs, output):
    environment = race.environment(locale)
    ours_command = [nlink, 'ls', *arguments]
    theirs_command = [ls, '-l', *arguments]
    ours, theirs = [], []
    for command in (ours_command, theirs_command):
        race.run(command, environment, output)  # fills the caches
    for number in range(pairs):
        turns = ((ours_command, ours), (theirs_command, theirs))
        for command, times in turns if number % 2 == 0 else reversed(turns):
            times.append(race.run(command, environment, output))
    race.report(what, [t[0] for t in ours], [t[0] for t in theirs], 0.5)
    race.report(f'{what}, processor time', [t[1] for t in ours], [t[1] for t in theirs], 0)


def file_system(path):
    done = subprocess.run(['stat', '-f', '-c', '%T', path], capture_output=True, text=True, check=False)
    return done.stdout.strip().replace('ext2/ext3', 'ext4')


def main():
    parser = argparse.ArgumentParser(description='Measure nlink ls beside ls -l.')
    parser.add_argument('nlink', metavar='NLINK')
    parser.add_argument('--pairs', type=int, default=15)
    parser.add_argument('--names', type=int, default=100000)
    parser.add_argument('directories', metavar='DIRECTORY', nargs='*')
    arguments = parser.parse_args()
    nlink = os.path.realpath(arguments.nlink)
    ls = race.program('ls')
    if ls is None:
        sys.exit('there is no ls to compare with')
    places = arguments.directories or [place for place in ('/dev/shm', '/var/tmp') if os.access(place, os.W_OK)]
    for place in places:
        with tempfile.TemporaryDirectory(prefix='nlink-bench-ls-', dir=place) as root:
            flat = os.path.join(root, 'flat')
            tree = os.path.join(root, 'tree')
            output = os.path.join(root, 'output')
            os.mkdir(flat)
            os.mkdir(tree)
            fill(flat, arguments.names, 0, 7)
            where = file_system(root)
            count = f'{arguments.names:,}'
            for locale in ('C.UTF-8', 'C'):
                compare(f'{count} names on {where}, {locale}', nlink, ls, [flat], locale, arguments.pairs, output)
            shutil.rmtree(flat)
            directories = fill(tree, arguments.names * 3 // 2, 0.04, 11)
            compare(f'-R: {arguments.names * 3 // 2:,} names in {directories:,} directories on {where}', nlink, ls,
                    ['-R', tree], 'C.UTF-8', arguments.pairs, output)
    return 0


if __name__ == '__main__':
    sys.exit(main())
