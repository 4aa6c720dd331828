#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nlink dedupe beside the tools that find equal files and link them.

    bench/dedupe_bench.py PART BUILD-DIRECTORY [--seconds N] [--cold N] [--scratch DIRECTORY] [--real TREE]

All take turns. A round is one run of each; rounds are added until N seconds are over, and who takes twice as long as
the fastest of the others is not run again after the first, nor who takes longer than --limit. What they print is thrown
away. Those that can compare bytes are asked to; rdfind compares SHA-1 sums. The trees are those of bench/trees.py.

    plan    find what is equal and tell it, with a warm and a cold cache
    apply   find it and make it one, each time on a fresh copy of the tree, made and synced before
    safety  nlink apply of a plan beside a bare link() and rename() of the same names
    memory  the most memory at a time
    large   10 files of 1 GiB, beside cat
    sizes   100,000 different files of one size, beside many sizes
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time

import race
import trees
from race import Failed, Runner, program

TOO_SLOW = 2  # times the fastest of the others: then one round is enough


class Bench:
    def __init__(self, arguments):
        build = os.path.realpath(arguments.build)
        self.nlink = os.path.join(build, 'cli', 'nlink')
        self.bare = os.path.join(build, 'bench', 'bare-bench')
        self.peak = os.path.join(build, 'bench', 'peak-bench')
        self.arguments = arguments
        self.scratch = arguments.scratch
        self.settings = race.environment()
        self.cold = arguments.cold
        if self.cold and not race.can_drop():
            race.missing('dedupe with a cold cache', f'this user may not write {race.DROP}')
            self.cold = 0

    def tree(self, name):
        return trees.make(name, self.scratch)

    def real(self):
        """The path of the real tree, and what it is called in the report."""
        root = os.path.realpath(self.arguments.real) if self.arguments.real else self.tree('real')
        return root, f'{trees.count(root)["files"]:,} files of npm packages'

    # ------------------------------------------------------------ rounds

    def race(self, what, runners, seconds, before=None, after=None, most=9):
        """Rounds until the time is over; `before` and `after` are called with the runner, outside its time."""
        end = time.monotonic() + seconds
        racing = []
        for runner in runners:
            if runner.command[0]:
                racing.append(runner)
            else:
                race.missing(f'{what}, {runner.name}', 'there is no such program here')
        race.tell({'commands': [' '.join(runner.command) for runner in racing]})
        rounds = 0
        while len(racing) > 1 and rounds < most and (rounds == 0 or time.monotonic() < end):
            turn = rounds % len(racing)
            for runner in racing[turn:] + racing[:turn]:
                if not self.run(what, runner, before, after):
                    racing.remove(runner)
                    if runner is runners[0]:
                        return
            fastest = min((race.median_time(runner) for runner in racing[1:]), default=0)
            racing = [runner for runner in racing
                      if runner is runners[0] or race.median_time(runner) <= TOO_SLOW * fastest]
            rounds += 1

    def run(self, what, runner, before, after):
        try:
            if before:
                before(runner)
            runner.times.append(race.run(runner.command, self.settings, allowed=runner.allowed, limit=self.arguments.limit))
            if after:
                after(runner)
        except (Failed, OSError) as trouble:
            race.missing(f'{what}, {runner.name}', str(trouble))
            return False
        return True

    @staticmethod
    def tell(what, runners, target):
        """Ours beside each of the others, the fastest first; the target is for that alone."""
        ours, *others = runners
        for place, other in enumerate(sorted((other for other in others if other.times), key=race.median_time)):
            if ours.times:
                race.report(f'{what}: {ours.name} beside {other.name}', [wall for wall, _ in ours.times],
                            [wall for wall, _ in other.times], target if place == 0 else 0)


# ---------------------------------------------------------------- finding


def finders(bench, root):
    yadf = program('yadf')
    return [
        Runner('nlink dedupe', [bench.nlink, 'dedupe', root]),
        Runner('jdupes -r', [program('jdupes'), '-r', '-q', root]),
        Runner('rdfind -dryrun true', [program('rdfind'), '-dryrun', 'true', '-makeresultsfile', 'false', root]),
        Runner('hardlink -c -n -y memcmp', [program('hardlink'), '-c', '-n', '-q', '-y', 'memcmp', root]),
        Runner('rmlint -p', [program('rmlint'), '-T', 'df', '-p', '-r', '-F', '-o', 'fdupes:stdout', root]),
        Runner('fdupes -r -n', [program('fdupes'), '-r', '-q', '-n', root]),
        Runner('fclones group', [program('fclones'), 'group', '--hidden', '--no-ignore', root]),
        Runner('yadf', [yadf, root]),
    ]


def plan(bench):
    """The cold rounds first: after them everything is in the cache."""
    root, label = bench.real()
    seconds = bench.arguments.seconds or 140
    if bench.cold:
        runners = [runner for runner in finders(bench, root) if runner.command[0]]
        bench.race(f'{label}, cold', runners, seconds / 2, before=race.drop, most=bench.cold)
        bench.tell(f'{label}, cold', runners, 0.35)
    runners = finders(bench, root)
    for path, _, names in os.walk(root):  # where there was no cold round
        for name in names if not bench.cold else ():
            with open(os.path.join(path, name), 'rb', opener=no_follow) as file:
                file.read()
    bench.race(f'{label}, warm', runners, seconds / 2)
    bench.tell(f'{label}, warm', runners, 0.30)


def no_follow(path, flags):
    return os.open(path if not os.path.islink(path) else os.devnull, flags)


# ---------------------------------------------------------------- acting


class Copies:
    """Fresh copies of a tree, one at a time, for as long as this is entered."""

    def __init__(self, bench, root):
        self.root = root
        self.place = os.path.join(bench.scratch, 'dedupe')
        shutil.rmtree(self.place, ignore_errors=True)  # left behind by a run that was killed
        os.makedirs(self.place)
        self.copy = os.path.join(self.place, 'copy')
        self.journal = os.path.join(self.place, 'journal')
        self.plan = os.path.join(self.place, 'plan')

    def __enter__(self):
        return self

    def fresh(self, _runner=None):
        shutil.rmtree(self.copy, ignore_errors=True)
        for path in self.journal, self.plan:
            if os.path.exists(path):
                os.unlink(path)
        subprocess.run(['cp', '-a', '--reflink=never', self.root, self.copy], check=True)
        os.sync()

    def files(self):
        """How many files, inodes that is, the copy has."""
        found, stack = set(), [self.copy]
        while stack:
            with os.scandir(stack.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        found.add(entry.inode())
        return len(found)

    def __exit__(self, *_):
        shutil.rmtree(self.place, ignore_errors=True)


def apply(bench):
    root, label = bench.real()
    with Copies(bench, root) as copies:
        runners = [
            Runner('nlink dedupe --apply',
                   [bench.nlink, 'dedupe', '--apply', '-q', '--min-age', '0', '--journal', copies.journal, copies.copy]),
            Runner('jdupes -r -L', [program('jdupes'), '-r', '-L', '-q', copies.copy]),
            Runner('rdfind -makehardlinks true',
                   [program('rdfind'), '-makehardlinks', 'true', '-makeresultsfile', 'false', copies.copy]),
            Runner('hardlink -c', [program('hardlink'), '-c', '-q', copies.copy]),
        ]
        left = {}
        bench.race(f'{label}, made one', runners, bench.arguments.seconds or 140, before=copies.fresh,
                   after=lambda runner: left.setdefault(runner.name, copies.files()))
        bench.tell(f'{label}, made one', runners, 0.65)
        if left:
            race.figure(f'{label}: files that are left after it',
                        ', '.join(f'{name} {count:,}' for name, count in left.items()))


def planned(bench, copies):
    """Pairs of the kept file's name and a name that is replaced, below the copy, each followed by NUL."""
    done = subprocess.run([bench.nlink, 'dedupe', '--json', '--min-age', '0', copies.copy], stdout=subprocess.PIPE,
                          env=bench.settings, check=True)
    names, length = [], len(copies.copy) + 1
    for line in done.stdout.splitlines():
        group = json.loads(line)
        for file in group['files'] if group['what'] == 'group' else ():
            if file['act'] == 'replace':
                kept = path_of(group['files'][file['keep']]['names'][0])
                names += [kept[length:] + b'\0' + path_of(name)[length:] + b'\0' for name in file['names']]
    return names


def path_of(thing):
    """A path from JSON: its bytes are in hex where they are no text."""
    return bytes.fromhex(thing['path_hex']) if 'path_hex' in thing else os.fsencode(thing['path'])


def safety(bench):
    """Both replace the same names, on a fresh copy each; nlink looks again, compares again, writes its journal and syncs."""
    root, label = bench.real()
    with Copies(bench, root) as copies:
        copies.fresh()
        names = planned(bench, copies)
        names_list = os.path.join(copies.place, 'list')
        with open(names_list, 'wb') as file:
            file.writelines(names)
        runners = [Runner('nlink apply', [bench.nlink, 'apply', '--journal', copies.journal, copies.plan]),
                   Runner('a bare link and rename', [bench.bare, copies.copy, names_list])]

        def before(runner):
            copies.fresh()
            if runner is runners[0]:
                race.run([bench.nlink, 'dedupe', '-q', '--min-age', '0', '--plan', copies.plan, copies.copy], bench.settings)
                os.sync()

        what = f'{len(names):,} names of {label} replaced'
        bench.race(what, runners, bench.arguments.seconds or 50, before=before, most=3)
        bench.tell(what, runners, 0)
        if all(runner.times for runner in runners):
            each = [race.median_time(runner) / len(names) / 1e3 for runner in runners]
            race.figure('what the safety costs for each name', f'{each[0] - each[1]:.1f} µs: {each[0]:.1f} µs instead of '
                        f'{each[1]:.1f} µs')


# ---------------------------------------------------------------- memory


def peak(bench, *command):
    """The most memory that a command had, in bytes."""
    done = subprocess.run([bench.peak, *command], stdout=subprocess.PIPE, text=True, check=False, env=bench.settings)
    result = json.loads(done.stdout) if done.returncode == 0 else {'status': -1}
    if result['status'] != 0:
        raise Failed(f'{" ".join(command)}: the status {result["status"]}')
    return result['peak_bytes']


def enough_of(root, least):
    """The largest directories of a tree that have so many files together; and how many these are."""
    sizes = sorted(((trees.count(os.path.join(root, name))['files'], os.path.join(root, name)) for name in os.listdir(root)
                    if os.path.isdir(os.path.join(root, name))), reverse=True)
    chosen, files = [], 0
    for size, path in sizes:
        if files < least:
            chosen.append(path)
            files += size
    return chosen, files


def memory(bench):
    """Of 150,000 files, or the little more that whole applications have."""
    root, _ = bench.real()
    paths, files = enough_of(root, 150_000)
    mib = 2**20
    for what, words, target in (('with --memory 8M', ['--memory', '8M'], 48), ('as it comes', [], 0)):
        command = [bench.nlink, 'dedupe', '-q', *words, *paths]
        race.tell({'commands': [' '.join([bench.peak, *command])]})
        most = peak(bench, *command)
        race.figure(f'memory for {files:,} files of npm packages, {what}', f'{most / mib:.1f} MiB',
                    'at most 40 MiB and those 8' if target else '', most <= target * mib if target else None)
    less, more = (peak(bench, bench.nlink, 'dedupe', '-q', '--memory', '8M', bench.tree(name))
                  for name in ('linked-tenth', 'linked'))
    race.figure('memory for a million names of 500,000 equal files, beside a tenth of it',
                f'{more / less:.2f} times: {more / mib:.1f} MiB after {less / mib:.1f} MiB', 'at most 10.5', more / less <= 10.5)


# ---------------------------------------------------------------- few large files, many of one size


def large(bench):
    root = bench.tree('large')
    files = sorted(os.path.join(root, name) for name in os.listdir(root))

    def runners():
        return [Runner('nlink dedupe', [bench.nlink, 'dedupe', '-q', root]), Runner('cat', [program('cat'), *files])]

    seconds = bench.arguments.seconds or 50
    for what, target, before in (('cold', 1.25, race.drop), ('warm', 1.25, None)):
        if before and not bench.cold:
            continue
        racing = runners()
        if not before:
            subprocess.run(racing[1].command, stdout=subprocess.DEVNULL, check=True)
        bench.race(f'10 files of 1 GiB in pairs, {what}', racing, seconds / 2, before=before, most=2 if before else 7)
        bench.tell(f'10 files of 1 GiB in pairs, {what}', racing, target)


def sizes(bench):
    runners = [Runner(what, [bench.nlink, 'dedupe', '-q', bench.tree(name)])
               for what, name in (('of 1,000 bytes each', 'one-size'), ('of 501 to 1,500 bytes', 'many-sizes'))]
    for runner in runners:
        race.run(runner.command, bench.settings)
    bench.race('100,000 different files', runners, bench.arguments.seconds or 15, most=15)
    bench.tell('100,000 different files', runners, 1.2)


PARTS = {'plan': plan, 'apply': apply, 'safety': safety, 'memory': memory, 'large': large, 'sizes': sizes}


def main():
    parser = argparse.ArgumentParser(description='Measure nlink dedupe beside the others.')
    parser.add_argument('part', choices=PARTS)
    parser.add_argument('build', metavar='BUILD-DIRECTORY')
    parser.add_argument('--seconds', type=float, default=0, metavar='N', help='for the rounds; 0 = as suits the part')
    parser.add_argument('--cold', type=int, default=2, metavar='N', help='at most so many rounds with a cold cache')
    parser.add_argument('--limit', type=float, default=60, metavar='N', help='seconds that one run may take')
    parser.add_argument('--scratch', default=trees.SCRATCH, metavar='DIRECTORY')
    parser.add_argument('--real', metavar='TREE', help='another tree instead of the real one')
    arguments = parser.parse_args()
    try:
        PARTS[arguments.part](Bench(arguments))
    except (trees.Impossible, Failed, OSError, subprocess.CalledProcessError) as trouble:
        sys.exit(f'dedupe_bench: {trouble}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
