#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What gets lost when files are made one while 8 processes write to them: nlink and the others, side by side.

    bench/writers_bench.py BUILD-DIRECTORY [--seconds N]

Each command runs again and again for N seconds over a tree that tests/writers/writers.c writes to. Prints rows of a table.
"""

import argparse
import json
import os
import sys

import race
from race import program

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'tests', 'writers'))
from harness import MUST_BE_NONE, trial  # noqa: E402

COLUMNS = {'command': None, 'runs': 'runs', 'writes': 'writes', 'names made': 'names_made', 'seen to be merged': 'moved',
           'writes lost': 'lost', 'names missing in the end': 'missing', 'missing for an instant': 'absent',
           'removed names that came back': 'returned', 'names it left behind': 'left', 'target': None}


def main():
    parser = argparse.ArgumentParser(description='Count what commands lose while others write.')
    parser.add_argument('build', metavar='BUILD-DIRECTORY')
    parser.add_argument('--seconds', type=float, default=60)
    arguments = parser.parse_args()
    build = os.path.realpath(arguments.build)
    nlink = [os.path.join(build, 'cli', 'nlink'), 'dedupe', '--apply', '--min-age', '0', '{}']
    disk, memory = os.environ.get('TMPDIR', '/var/tmp'), '/dev/shm'
    for name, command, where in (
            ('nlink dedupe --apply, on the disk', nlink, disk),
            ('nlink dedupe --apply, on tmpfs', nlink, memory),
            ('jdupes -r -L, on the disk', [program('jdupes'), '-r', '-L', '-q', '{}'], disk),
            ('rdfind -makehardlinks true, on the disk',
             [program('rdfind'), '-makehardlinks', 'true', '-makeresultsfile', 'false', '{}'], disk),
            ('hardlink -c, on the disk', [program('hardlink'), '-c', '-q', '{}'], disk)):
        ours = command is nlink
        if not command[0]:
            race.missing(f'writers beside {name}', 'there is no such program here')
            continue
        race.tell({'commands': [' '.join(command).replace('{}', 'TREE')]})
        found = trial(os.path.join(build, 'bench', 'writers-bench'), command, arguments.seconds, where=where, ok=(0, 1, 3),
                      environment=race.environment())
        met = not any(found[key] for key in MUST_BE_NONE)
        cells = [name, *(f'{found[key]:,}' for key in COLUMNS.values() if key),
                 '' if not ours else 'none of these, met' if met else 'none of these, **missed**']
        print(json.dumps({'columns': list(COLUMNS), 'cells': cells}), flush=True)
        for text in found['details'][:10] if ours else ():
            print(text, file=sys.stderr)
    return 0


if __name__ == '__main__':
    sys.exit(main())
