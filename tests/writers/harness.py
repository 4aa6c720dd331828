#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Let 8 processes write to a tree while a command runs over it again and again, and tell what got lost.

    tests/writers/harness.py [--seconds N] [--seed N] [--where DIRECTORY] [--writers PROGRAM] [--ok STATUS]... COMMAND...

Each {} in COMMAND is the tree. Prints one JSON object: runs (of the command), operations, and the counts of what must not
be: lost (writes), missing (names in the end), absent (names that were not there for an instant), returned (names that were
removed and came back), left (names that no writer made), failed (runs with another status than 0 or --ok).
"""

import argparse
import array
import collections
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from ledger import LINK, MAKE, UNLINK, WROTE, CUT, NO_NAME, Ledger, path_of  # noqa: E402

FS_IOC_GETVERSION = 0x80087601
MUST_BE_NONE = ('lost', 'missing', 'absent', 'returned', 'left', 'failed', 'troubles')


def identity(fd):
    """The inode and its generation, as writers.c notes them."""
    generation = array.array('i', [0])
    try:
        fcntl.ioctl(fd, FS_IOC_GETVERSION, generation)
    except OSError:
        generation[0] = 0
    return os.fstat(fd).st_ino, generation[0] & 0xffffffff


def run_again_and_again(command, tree, writers, ok, environment):
    """Until the writers end; gives how many runs there were, and what the failed ones said."""
    runs, failed = 0, []
    words = [word.replace('{}', tree) for word in command]
    while writers.poll() is None:
        if not words:
            writers.wait()
            break
        done = subprocess.run(words, cwd=os.path.dirname(tree), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, env=environment, check=False)
        runs += 1
        if done.returncode not in ok:
            failed.append(f'status {done.returncode}: {done.stderr[-1000:].decode(errors="replace").strip()}')
    return runs, failed


def names_left(tree, ledger):
    """Names that no writer made, or that they removed."""
    expected = {path_of(name) for name in ledger.places}
    found = [os.path.relpath(os.path.join(here, name), tree) for here, _, names in os.walk(tree) for name in names]
    return sorted(set(found) - expected)


def trial(program, command, seconds, seed=1, where=None, ok=(0,), environment=None):
    """One run of all; the counts, and under `details` a sentence for each thing that must not be."""
    scratch = tempfile.mkdtemp(prefix='nlink-writers-', dir=where)
    try:
        tree, logs, state = (os.path.join(scratch, name) for name in ('tree', 'logs', 'state'))
        for path in tree, logs, state:
            os.mkdir(path)
        environment = {**(environment or os.environ), 'XDG_STATE_HOME': state, 'HOME': state}
        with subprocess.Popen([program, tree, logs, str(seconds), str(seed)], stdout=subprocess.PIPE, text=True) as writers:
            if writers.stdout.readline() != 'ready\n':
                raise RuntimeError('the writers did not begin')
            runs, failed = run_again_and_again(command, tree, writers, ok, environment)
            operations = sum(int(line.split()[0]) for line in writers.stdout)
        if writers.returncode != 0:
            raise RuntimeError(f'the writers ended with the status {writers.returncode}')
        ledger = Ledger(logs)
        missing = ledger.close(tree, identity)
        left = names_left(tree, ledger)
        kept = os.environ.get('NLINK_WRITERS_KEEP')
        if kept:
            shutil.copytree(scratch, kept, symlinks=True)
        return summary(ledger, runs, operations, failed, missing, left)
    finally:
        shutil.rmtree(scratch)


def summary(ledger, runs, operations, failed, missing, left):
    def name(number):
        return 'a new file of a writer' if number == NO_NAME else path_of(number)

    details = [f'lost: {record.text()}; {why}' for record, why in ledger.lost.items()]
    details += [f'missing in the end: {name(number)}' for number in missing]
    details += [f'not there for an instant: {name(number)}, {count} times'
                for number, count in collections.Counter(ledger.absent).items()]
    details += [f'removed, and came back: {name(number)}' for number in ledger.returned]
    details += [f'made by no writer: {path}' for path in left]
    details += [f'the command failed: {text}' for text in failed]
    details += [f'a call failed: {name(number)}: {text}' for number, text in ledger.troubles]
    return {'runs': runs, 'operations': operations, 'writes': sum(ledger.counts[kind] for kind in (*WROTE, CUT)),
            'names_made': sum(ledger.counts[kind] for kind in (MAKE, LINK)), 'unlinks': ledger.counts[UNLINK],
            'moved': ledger.moved, 'lost': len(ledger.lost), 'missing': len(missing), 'absent': len(ledger.absent),
            'returned': len(ledger.returned), 'left': len(left), 'failed': len(failed), 'troubles': len(ledger.troubles),
            'details': details}


def main():
    parser = argparse.ArgumentParser(description='What a command loses while others write.')
    parser.add_argument('--seconds', type=float, default=5)
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--where', metavar='DIRECTORY')
    parser.add_argument('--writers', metavar='PROGRAM', default=os.environ.get('NLINK_WRITERS_PROGRAM', 'writers'))
    parser.add_argument('--ok', type=int, action='append', default=[0], metavar='STATUS')
    parser.add_argument('--details', type=int, default=10, metavar='N', help='so many sentences at most')
    parser.add_argument('command', nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    result = trial(arguments.writers, arguments.command, arguments.seconds, arguments.seed, arguments.where, arguments.ok)
    print(json.dumps({**result, 'details': result['details'][:arguments.details]}, indent=1))
    return 1 if any(result[key] for key in MUST_BE_NONE) else 0


if __name__ == '__main__':
    sys.exit(main())
