#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nlink.link beside os.link, in one process.

    bench/python_bench.py [--pairs N] [--batch N] [DIRECTORY]

The two take turns: each makes the same names in the same fresh directory below DIRECTORY (/dev/shm), which are then
removed. Only the calls that link are timed. Prints one JSON object a line for each comparison.
"""

import argparse
import gc
import json
import math
import os
import pathlib
import shutil
import tempfile
import time

import nlink

DIRECTORY = '/dev/shm' if os.path.isdir('/dev/shm') else None


def two_paths(function, source, names):
    for name in names:
        function(source, name)


def with_keyword(function, source, names):
    for name in names:
        function(source, name, follow_symlinks=False)


def in_directory(fd):
    def calls(function, source, names):
        for name in names:
            function(source, name, src_dir_fd=fd, dst_dir_fd=fd)
    return calls


def refused(function, source, names):
    for _ in names:
        try:
            function(source, source)
        except FileExistsError:
            pass


def clean(names):
    for name in names:
        try:
            os.unlink(name)
        except FileNotFoundError:
            pass


def batch(function, calls, source, names):
    """Nanoseconds for one call, the mean of a batch."""
    start = time.perf_counter_ns()
    calls(function, source, names)
    taken = time.perf_counter_ns() - start
    clean(names)
    return taken / len(names)


def quantile(values, part):
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1) + 0.5)]


def compare(what, ours, theirs, calls, source, names, pairs, target):
    times = {'ours': [], 'theirs': []}
    turns = [('ours', ours), ('theirs', theirs)]
    for _, function in turns:
        batch(function, calls, source, names)  # fills the caches
    gc.collect()
    gc.disable()
    for _ in range(pairs):
        for which, function in turns:
            times[which].append(batch(function, calls, source, names))
        turns.reverse()
    gc.enable()
    ratios = [a / b for a, b in zip(times['ours'], times['theirs'])]
    half = 0.98 / math.sqrt(pairs)
    print(json.dumps({
        'what': what, 'ours_ns': quantile(times['ours'], 0.5), 'theirs_ns': quantile(times['theirs'], 0.5),
        'ratio': quantile(ratios, 0.5), 'low': quantile(ratios, max(0, 0.5 - half)),
        'high': quantile(ratios, min(1, 0.5 + half)), 'pairs': pairs, 'target': target}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--pairs', type=int, default=3000)
    parser.add_argument('--batch', type=int, default=100)
    parser.add_argument('directory', nargs='?', default=DIRECTORY)
    options = parser.parse_args()
    place = tempfile.mkdtemp(prefix='nlink-bench-', dir=options.directory)
    try:
        os.chdir(place)
        with open('source', 'w'), open('quelle-ä', 'w'):
            pass
        names = ['name-%04d' % number for number in range(options.batch)]
        fd = os.open('.', os.O_RDONLY)
        few = max(options.pairs // 3, 10)
        own = os.link
        compare('os.link beside itself', own, own, two_paths, 'source', names, options.pairs, 0)
        compare('nlink.link(src, dst)', nlink.link, own, two_paths, 'source', names, options.pairs, 1.0)
        compare('bytes', nlink.link, own, two_paths, b'source', [os.fsencode(name) for name in names], few, 1.0)
        compare('beyond ASCII', nlink.link, own, two_paths, 'quelle-ä', [name + '-ß' for name in names], few, 1.0)
        compare('pathlib.Path', nlink.link, own, two_paths, pathlib.Path('source'), [pathlib.Path(name) for name in names],
                few, 1.0)
        compare('follow_symlinks=False', nlink.link, own, with_keyword, 'source', names, few, 1.0)
        compare('two directory descriptors', nlink.link, own, in_directory(fd), 'source', names, few, 1.0)
        compare('a failure, with the look for its cause', nlink.link, own, refused, 'source', names, few // 3, 0)
    finally:
        os.chdir('/')
        shutil.rmtree(place)


if __name__ == '__main__':
    main()
