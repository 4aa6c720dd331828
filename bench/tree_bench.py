#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nlink on whole trees, beside the tools that people use for the same.

    bench/tree_bench.py PART BUILD-DIRECTORY [--rounds N] [--cold N] [--scratch DIRECTORY]

All that are compared take turns, N rounds of them with everything in the system's cache and N with nothing of it; what
they print is thrown away. The trees are those of bench/trees.py, made where they are not there yet.

    space   nlink space beside du, ncdu, gdu and bfs
    names   nlink names beside find -samefile
    walk    a program that only walks, by nlink.h, beside bfs and fd, looking for a name that nothing has
    check   nlink check; nobody else does the same
    grow    what ten times the names take in time and memory
    large   the same from one million names to ten; as root
    images  nlink names on btrfs and XFS with parent pointers; as root
"""

import argparse
import json
import os
import random
import subprocess
import sys

import race
import trees
from race import Runner, program

NOTHING = 'no-name-is-like-this'
HERE = object()  # in a command line: the path of the tree
PARTIAL = (0, 1)  # nlink names with a name outside, which is so by intent; nlink check with findings


class Bench:
    """What all parts need to know."""

    def __init__(self, arguments):
        build = os.path.realpath(arguments.build)
        self.nlink = os.path.join(build, 'cli', 'nlink')
        self.walker = os.path.join(build, 'bench', 'walk-bench')
        self.peak = os.path.join(build, 'bench', 'peak-bench')
        self.scratch = arguments.scratch
        self.rounds = arguments.rounds
        self.cold = arguments.cold
        self.mounts = arguments.mounts  # this process has mounts of its own
        if self.cold and not race.can_drop():
            race.missing('with a cold cache', f'this user may not write {race.DROP}')
            self.cold = 0

    def tree(self, name):
        """The path of a tree, and what it is called in the report."""
        root = trees.make(name, self.scratch)
        facts = trees.facts(name, self.scratch)
        real = 'of npm packages' if facts['made'].startswith('npm') else 'made up, no real tree'
        return root, {
            'real': f'{facts["names"]:,} names {real}',
            'copies': f'{facts["names"]:,} names, three copies by hard links',
            'million': 'a million empty files'}.get(name, name)

    def beside(self, what, runners, target_warm, target_cold=0.0, only_warm=False):
        """Warm, then cold."""
        race.beside_fastest(f'{what}, warm', runners(), self.rounds, target_warm)
        if self.cold and not only_warm:
            race.beside_fastest(f'{what}, cold', runners(), self.cold, target_cold, cold=True)


# ---------------------------------------------------------------- the parts


def space(bench):
    def runners(root):
        return [
            Runner('nlink space', [bench.nlink, 'space', root]),
            Runner('du -s', [program('du'), '-s', root]),
            Runner('ncdu -0 -o', [program('ncdu'), '-0', '-o', '/dev/null', root]),
            Runner('gdu -npc', [program('gdu'), '-npc', root]),
            Runner('bfs -links +1', [program('bfs'), root, '-links', '+1']),
        ]
    for name, target_warm, target_cold in (('real', 0.5, 0.4), ('million', 0.5, 0.4), ('copies', 0, 0)):
        root, label = bench.tree(name)
        bench.beside(label, lambda root=root: runners(root), target_warm, target_cold, only_warm=name == 'copies')


class Linked:
    """Further names of one file of a tree, for as long as this is entered."""

    PREFIX = 'nlink-bench-name-'

    def __init__(self, root, inside, outside):
        self.root = root
        self.inside = inside
        self.outside = outside
        self.made = []

    def __enter__(self):
        chance = random.Random(5)
        directories = []
        for path, below, names in os.walk(self.root):
            below.sort()
            for name in names:
                if name.startswith(self.PREFIX):
                    os.unlink(os.path.join(path, name))  # left behind by a run that was killed
            directories.append((path, sorted(name for name in names if not name.startswith(self.PREFIX))))
        path, names = chance.choice([found for found in directories if found[1]])
        first = os.path.join(path, chance.choice(names))
        for number in range(self.inside - 1):
            self.link(first, os.path.join(chance.choice(directories)[0], f'{self.PREFIX}{number}'))
        for number in range(self.outside):
            self.link(first, f'{self.root}-{self.PREFIX}{number}')
        return first

    def link(self, first, name):
        if os.path.lexists(name):
            os.unlink(name)
        os.link(first, name, follow_symlinks=False)
        self.made.append(name)

    def __exit__(self, *_):
        for name in self.made:
            os.unlink(name)


def names(bench):
    for name in ('real', 'million'):
        root, label = bench.tree(name)

        def runners(file, root=root):
            return [
                Runner('nlink names --in', [bench.nlink, 'names', file, '--in', root], PARTIAL),
                Runner('find -samefile', [program('find'), root, '-samefile', file]),
            ]
        with Linked(root, 2, 1) as file:
            bench.beside(f'{label}, one more name outside', lambda: runners(file), 0.4, 0.4)
        with Linked(root, 3, 0) as file:
            bench.beside(f'{label}, all 3 names inside', lambda: runners(file), 0.4, only_warm=True)


def walk(bench):
    fd = program('fdfind', 'fd')
    for name in ('real', 'million'):
        root, label = bench.tree(name)

        def runners(root=root):
            return [
                Runner('a walk by nlink.h', [bench.walker, NOTHING, root]),
                Runner('bfs -name', [program('bfs'), root, '-name', NOTHING]),
                Runner('fd -uu', [fd, '-uu', NOTHING, root]),
                Runner('find -name', [program('find'), root, '-name', NOTHING]),
            ]
        bench.beside(label, runners, 0.8, 0.8)


def check(bench):
    for name in ('real', 'million'):
        root, label = bench.tree(name)

        def runners(root=root):
            return [
                Runner('nlink check', [bench.nlink, 'check', root], PARTIAL),
                Runner('find -xtype l', [program('find'), root, '-xtype', 'l']),
            ]
        bench.beside(label, runners, 0, only_warm=True)


# ---------------------------------------------------------------- ten times the names


def at(command, root):
    """A command line for a tree; HERE is where its path goes."""
    return [root if word is HERE else word for word in command]


def times_ten(what, command, small, large, target, rounds):
    """How many times the time the larger tree takes, by pairs."""
    runners = [Runner('', at(command, root), PARTIAL) for root in (large, small)]
    if len(race.race(f'time of {what}', runners, rounds)) < 2 or not rounds:
        return
    ratios = [a[0] / b[0] for a, b in zip(runners[0].times, runners[1].times)]
    ratio = race.quantile(ratios, 0.5)
    race.figure(f'time of {what}', f'{ratio:.2f} times ({race.quantile(ratios, 0.25):.2f} to '
                f'{race.quantile(ratios, 0.75):.2f} in half of {len(ratios)} pairs)',
                f'at most {target}' if target else '', ratio <= target if target else None)


def peak(bench, command):
    """The most memory that a command had, in bytes; None = it failed."""
    done = subprocess.run([bench.peak, *command], capture_output=True, text=True, check=False, env=race.environment())
    result = json.loads(done.stdout) if done.returncode == 0 else {'status': -1}
    return result['peak_bytes'] if result['status'] in PARTIAL else None


def memory(bench, what, command, small, large, target):
    """What the memory is at most, as a multiple, and for each name beyond what a walk of nothing takes."""
    nothing = os.path.join(bench.scratch, 'nothing')
    os.makedirs(nothing, exist_ok=True)
    peaks = [peak(bench, at(command, path)) for path in (nothing, bench.tree(small)[0], bench.tree(large)[0])]
    os.rmdir(nothing)
    if None in peaks:
        race.missing(f'memory of {what}', 'it failed')
        return
    base, less, more = peaks
    facts = trees.facts(large, bench.scratch)
    each = (more - base) / facts['names']
    own = facts['name_bytes'] / facts['names']
    race.figure(f'memory of {what}', f'{more / less:.2f} times: {more / 2**20:.1f} MiB after {less / 2**20:.1f} MiB',
                'at most 10.5' if target else '', more / less <= 10.5 if target else None)
    race.figure(f'memory of {what}, for each name', f'{each:.1f} bytes, where a name has {own:.1f}',
                f'at most {64 + own:.1f}' if target else '', each <= 64 + own if target else None)


def grow(bench, pairs=(('tenth', 'million', 'to a million empty files'),
                       ('linked-tenth', 'linked', 'to a million names, two a file'))):
    ours = [('nlink space', [bench.nlink, 'space', HERE], 10.5),
            ('nlink check', [bench.nlink, 'check', HERE], 10.5)]
    for small, large, what in pairs:
        roots = bench.tree(small)[0], bench.tree(large)[0]
        timed = [*ours, ('du -s', [program('du'), '-s', HERE], 0)]
        if small == 'tenth':
            timed += [('a walk by nlink.h', [bench.walker, NOTHING, HERE], 10.5),
                      ('find -name', [program('find'), HERE, '-name', NOTHING], 0)]
        for name, command, target in timed:
            times_ten(f'{name}, {what}', command, *roots, target, bench.rounds)
        for name, command, target in [*ours, ('du -s', [program('du'), '-s', HERE], 0)]:
            memory(bench, f'{name}, {what}', command, small, large, target)


def large(bench):
    """In a tmpfs of its own: an ordinary one has room for some three million names, and a disk is slow to fill."""
    if not bench.mounts:
        own_mounts('ten million names')
        return
    bench.scratch = os.path.join(bench.scratch, 'large')
    os.makedirs(bench.scratch, exist_ok=True)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'nr_inodes=0,size=75%', 'tmpfs', bench.scratch], check=True)
    try:
        grow(bench, [('linked', 'linked-tenfold', 'to ten million names on tmpfs, two a file')])
    finally:
        subprocess.run(['umount', bench.scratch], check=False)


def own_mounts(what):
    """Run this again, where mounts are seen by nobody else and end with it."""
    if os.geteuid() != 0:
        race.missing(what, 'it takes the superuser to mount something')
    else:
        subprocess.run(['unshare', '-m', sys.executable, *sys.argv, '--mounts'], check=False)


# ---------------------------------------------------------------- file systems that can tell


def images(bench):
    """Each image is mounted, asked, and left as it was."""
    if not bench.mounts:
        for kind in ('btrfs', 'xfs'):
            try:
                trees.make(kind, bench.scratch)
            except trees.Impossible as trouble:
                race.missing(f'nlink names on {kind}', str(trouble))
        own_mounts('nlink names on btrfs and XFS')
        return
    for kind in ('btrfs', 'xfs'):
        facts = trees.facts(kind, bench.scratch)
        if not facts:
            continue
        if subprocess.run(['mount', '-o', 'loop', facts['image'], facts['mount']], check=False).returncode != 0:
            race.missing(f'nlink names on {kind}', 'the image cannot be mounted')
            continue
        try:
            for count in (3, 40, 3000):
                ask_file_system(bench, kind, facts['mount'], count)
        finally:
            subprocess.run(['umount', facts['mount']], check=False)


def ask_file_system(bench, kind, mount, count):
    """How long it takes to be told all names of a file that has `count`, with a million others around."""
    file = os.path.join(mount, 'groups', str(count), 'name-0')
    what = f'{count} names of a file among a million others, {"btrfs" if kind == "btrfs" else "XFS"}'
    command = [bench.nlink, 'names', '-0', file]
    done = subprocess.run(command, capture_output=True, check=False, env=race.environment())
    told = done.stdout.count(b'\0')
    if done.returncode != 0 or told != count:
        race.missing(what, f'it told {told}, with the status {done.returncode}')
        return
    for cold in (False, True)[:1 + bool(bench.cold)]:
        ours = race.race(what, [Runner('nlink names', command)], 3 * (bench.cold if cold else bench.rounds), cold)[0]
        time = race.median_time(ours)
        beside = ''
        if count == 3:
            find = Runner('find -samefile', [program('find'), mount, '-samefile', file])
            race.race(what, [find], 1, cold)
            beside = f'; find -samefile {race.median_time(find) / 1e9:.2f} s'
        race.figure(f'{what}, {"cold" if cold else "warm"}', f'{time / 1e6:.2f} ms{beside}', 'under 10 ms', time < 1e7)


PARTS = {'space': space, 'names': names, 'walk': walk, 'check': check, 'grow': grow, 'large': large, 'images': images}


def main():
    parser = argparse.ArgumentParser(description='Measure nlink on whole trees.')
    parser.add_argument('part', choices=PARTS)
    parser.add_argument('build', metavar='BUILD-DIRECTORY')
    parser.add_argument('--rounds', type=int, default=7, metavar='N', help='with a warm cache')
    parser.add_argument('--cold', type=int, default=3, metavar='N', help='with a cold one')
    parser.add_argument('--scratch', default=trees.SCRATCH, metavar='DIRECTORY')
    parser.add_argument('--mounts', action='store_true', help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    try:
        PARTS[arguments.part](Bench(arguments))
    except (trees.Impossible, race.Failed) as trouble:
        sys.exit(f'tree_bench: {trouble}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
