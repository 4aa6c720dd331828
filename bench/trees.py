#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make the trees that nlink is measured on, and keep them.

    bench/trees.py [--scratch DIRECTORY] [--list] [TREE...]

Without TREE, all that `make bench` uses are made where they are not there yet, in /var/tmp/nlink-bench or what
NLINK_BENCH_SCRATCH names. Each lies in a directory of its own; a file TREE.json beside it, written last, tells that it
is whole and what it holds. To make one afresh, remove both.

    real            applications with all their packages, as npm installs them
    copies          the same tree once more and hard links to it, as backups keep them
    million         1,000,000 empty files in 1,000 directories
    tenth           100,000 empty files in 100 directories
    linked-tenth    100,000 names of 50,000 files, two of each, in 100 directories
    linked          1,000,000 names of 500,000 files, two of each, in 1,000 directories
    linked-tenfold  ten times that again; made only when asked for
    large           10 files of 1 GiB, two of each contents
    one-size        100,000 different files of 1,000 bytes, in 100 directories
    many-sizes      the same with 501 to 1,500 bytes, a hundred files of each size
    btrfs, xfs      images with a million names; xfs with parent pointers. Mounted by who wants to look inside
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time

SCRATCH = os.environ.get('NLINK_BENCH_SCRATCH') or '/var/tmp/nlink-bench'

# These are exact versions; what they depend on npm chooses, so the tree can differ a little from machine to machine.
# (npm's --before would pin that too, but mirrors of the registry do not keep its dates.)
NPM_APPLICATIONS = {
    'react': ['react-scripts@5.0.1', 'react@18.3.1', 'react-dom@18.3.1', '@mui/icons-material@5.15.20',
              '@mui/material@5.15.20', '@emotion/react@11.11.4', '@emotion/styled@11.11.5'],
    'gatsby': ['gatsby@5.13.6', 'react@18.3.1', 'react-dom@18.3.1'],
    'angular': ['@angular/cli@17.3.8', '@angular-devkit/build-angular@17.3.8', '@angular/compiler-cli@17.3.12',
                '@angular/core@17.3.12', '@angular/compiler@17.3.12', 'typescript@5.4.5'],
    'next': ['next@14.2.4', 'react@18.3.1', 'react-dom@18.3.1', 'date-fns@3.6.0', 'eslint-config-next@14.2.4',
             'eslint@8.57.0', 'typescript@5.5.3'],
    'nuxt': ['nuxt@3.12.3'],
    'storybook': ['storybook@8.1.11', '@storybook/react-webpack5@8.1.11', '@storybook/addon-essentials@8.1.11',
                  'react@18.3.1', 'react-dom@18.3.1'],
    'expo': ['expo@51.0.18', 'react-native@0.74.3', 'react@18.2.0'],
    'electron': ['electron-builder@24.13.3', 'aws-sdk@2.1650.0', 'webpack@5.92.1', 'jest@29.7.0'],
    'docs': ['@docusaurus/core@3.4.0', '@docusaurus/preset-classic@3.4.0', '@mdx-js/react@3.0.1', 'react@18.3.1',
             'react-dom@18.3.1'],
    'nest': ['@nestjs/cli@10.4.0', '@nestjs/core@10.3.10', '@nestjs/common@10.3.10', 'reflect-metadata@0.2.2',
             'rxjs@7.8.1', 'aws-cdk-lib@2.148.0', 'constructs@10.3.0'],
    'ember': ['ember-cli@5.9.0', 'ember-source@5.9.0', 'ember-data@5.3.3'],
}
REAL_AT_LEAST = 150000
REAL_ENOUGH = 180000  # files; no further application is installed then


class Impossible(Exception):
    """A tree that cannot be made here, and why."""


# ---------------------------------------------------------------- counting


def count(root):
    """What a tree holds; names are all of them, the root itself left out."""
    found = {'files': 0, 'directories': 0, 'symlinks': 0, 'others': 0, 'bytes': 0, 'name_bytes': 0}
    stack = [root]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                found['name_bytes'] += len(os.fsencode(entry.name))
                if entry.is_symlink():
                    found['symlinks'] += 1
                elif entry.is_dir(follow_symlinks=False):
                    found['directories'] += 1
                    stack.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    found['files'] += 1
                    found['bytes'] += entry.stat(follow_symlinks=False).st_size
                else:
                    found['others'] += 1
    found['names'] = found['files'] + found['directories'] + found['symlinks'] + found['others']
    return found


# ---------------------------------------------------------------- a real tree


def npm_install(directory, application, packages):
    """One application with all it depends on; none of the packages' own programs is run."""
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, 'package.json'), 'w', encoding='utf-8') as file:
        json.dump({'name': application, 'version': '1.0.0', 'private': True, 'dependencies': {
            name.rsplit('@', 1)[0]: name.rsplit('@', 1)[1] for name in packages}}, file, indent=2)
    cache = os.path.join(os.path.dirname(os.path.dirname(directory)), 'npm-cache')
    done = subprocess.run(
        ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--loglevel=error',
         f'--cache={cache}'],
        cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        print(f'trees: npm cannot install {application}: {done.stdout.strip()[-500:]}', file=sys.stderr)
        shutil.rmtree(directory, ignore_errors=True)
    return done.returncode == 0


def make_real(root):
    """Applications as npm installs them; where there is no npm or no registry, a tree of that shape."""
    installed = []
    if shutil.which('npm') and subprocess.run(['npm', 'ping'], capture_output=True, check=False).returncode == 0:
        for application, packages in NPM_APPLICATIONS.items():
            if installed and count(root)['files'] >= REAL_ENOUGH:
                break
            if npm_install(os.path.join(root, application), application, packages):
                installed.append(application)
    shutil.rmtree(os.path.join(os.path.dirname(root), 'npm-cache'), ignore_errors=True)
    files = count(root)['files'] if installed else 0
    if files >= REAL_AT_LEAST:
        return {'made': f'npm install of {", ".join(installed)}'}
    print(f'trees: npm gave {files} files; the rest of the {REAL_AT_LEAST} is made up', file=sys.stderr)
    make_like_npm(os.path.join(root, 'made-up'), REAL_AT_LEAST + 10000 - files)
    return {'made': f'made up by bench/trees.py{" beside npm" if installed else ""}; not a real tree'}


def make_like_npm(root, files):
    """A tree of the shape that npm makes: many packages of few files, some large, some with packages within."""
    chance = random.Random(3)
    words = ('index', 'utils', 'core', 'types', 'README', 'package', 'helpers', 'lib', 'esm', 'cjs', 'dist', 'parse')
    endings = ('.js', '.js', '.d.ts', '.js.map', '.json', '.md', '.mjs')
    os.makedirs(root)
    packages = [root]
    left = files
    while left > 0:
        package = os.path.join(chance.choice(packages[:40]), 'node_modules', f'{chance.choice(words)}-{left}')
        os.makedirs(package)
        packages.append(package)
        places = [package]
        for number in range(min(left, int(chance.paretovariate(0.9) * 5) % 3000 + 1)):
            if chance.random() < 0.11:
                places.append(os.path.join(chance.choice(places), f'{chance.choice(words)}{number}'))
                os.mkdir(places[-1])
            path = os.path.join(chance.choice(places), f'{chance.choice(words)}{number}{chance.choice(endings)}')
            with open(path, 'wb') as file:
                file.write(b'x' * min(2000000, int(chance.lognormvariate(6.8, 1.6))))
            left -= 1


def make_copies(root):
    """The real tree copied once, and three further trees of hard links to the copy: what a backup leaves."""
    real = make('real', os.path.dirname(root))
    first = os.path.join(root, '0')
    os.mkdir(root)
    subprocess.run(['cp', '-a', '--reflink=never', real, first], check=True)
    for number in (1, 2, 3):
        subprocess.run(['cp', '-al', first, os.path.join(root, str(number))], check=True)
    return {'made': 'cp -a of the real tree, then cp -al of that three times'}


# ---------------------------------------------------------------- trees of empty files


def make_empty(root, directories, files=1000, linked=False):
    """`directories` directories of `files` names each, of 8 to 30 bytes, the same ones each time.

    All files are empty. `linked`: each has one byte, a hole; the second half of the directories holds a further name of
    each file of the first half, another one than it has there and in other directories.
    """
    chance = random.Random(directories)
    words = ('report', 'img', 'notes-of-the-day', 'x', 'draft', 'measurement', 'IMG', 'a-longer-name-of-it')
    os.makedirs(root, exist_ok=True)
    opened = {}

    def place(number):
        if number not in opened:
            if len(opened) > 500:
                os.close(opened.pop(next(iter(opened))))
            path = os.path.join(root, f'directory-{number:05}')
            os.makedirs(path, exist_ok=True)
            opened[number] = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        return opened[number]

    alone = directories // 2 if linked else directories
    for number in range(alone):
        where = place(number)
        for name in range(files):
            made = f'{chance.choice(words)}-{name:06}-{chance.randrange(1000)}'
            os.mknod(made, 0o644, dir_fd=where)
            if linked:
                os.truncate(f'/proc/self/fd/{where}/{made}', 1)  # empty files of two names would be findings of a check
                there = place(alone + number // 100 * 100 + (number + name) % min(100, alone))
                os.link(made, f'{chance.choice(words)}-{number:05}-{name}', src_dir_fd=where, dst_dir_fd=there)
    for where in opened.values():
        os.close(where)
    return {'made': f'{directories:,} directories of {files:,} {"names" if linked else "empty files"}'
                    f'{", two of each file" if linked else ""}'}


# ---------------------------------------------------------------- files with contents


def make_large(root):
    """Pairs of equal large files; no two blocks of a pair are equal."""
    size = 1 << 30
    os.makedirs(root)
    for pair in range(5):
        chance = random.Random(pair)
        block = chance.randbytes(1 << 20)
        for half in 'ab':
            with open(os.path.join(root, f'{pair}{half}'), 'wb') as file:
                for number in range(size // len(block)):
                    file.write(number.to_bytes(8, 'little') + block[8:])
    return {'made': '10 files of 1 GiB, 5 pairs'}


def make_different(root, sizes):
    """100,000 different files, as many of each of these sizes; they differ in the middle."""
    text = random.Random(1).randbytes(max(sizes)).hex().encode()
    os.makedirs(root)
    for number in range(100_000):
        if number % 1000 == 0:
            os.mkdir(os.path.join(root, f'directory-{number // 1000:02}'))
        size = sizes[number % len(sizes)]
        with open(os.path.join(root, f'directory-{number // 1000:02}', f'file-{number:05}'), 'wb') as file:
            file.write(text[:size // 2] + b'%08d' % number + text[size // 2 + 8:size])
    return {'made': f'100,000 different files of {sizes[0]} {f"to {sizes[-1]} " if len(sizes) > 1 else ""}bytes'}


# ---------------------------------------------------------------- images


def make_image(root, kind):
    """An image with a million names, and beside them files of 3, 40 and 3000 names in directories of their own."""
    os.makedirs(root)
    image = os.path.join(root, 'image')
    mount = os.path.join(root, 'mount')
    os.mkdir(mount)
    try:
        with open(image, 'wb') as file:
            file.truncate(4 << 30)
        format_image(image, kind)
        done = subprocess.run(['unshare', '-m', sys.executable, os.path.realpath(__file__), '--fill', image, mount],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Impossible(done.stderr.strip().rsplit('\n', 1)[-1] or f'no {kind} can be mounted')
    except Impossible:
        shutil.rmtree(root)
        raise
    return {'made': f'{kind}, 1,000 directories of 1,000 empty files', 'image': image, 'mount': mount}


def format_image(image, kind):
    """Make the file system; an XFS with parent pointers."""
    def run(*command):
        found = shutil.which(command[0], path=f'{os.environ["PATH"]}:/usr/sbin:/sbin')
        if not found:
            raise Impossible(f'there is no {command[0]}')
        done = subprocess.run((found, *command[1:]), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Impossible(f'{command[0]} fails: {done.stderr.strip()}')

    if kind != 'xfs':
        run(f'mkfs.{kind}', '-q', image)
        return
    try:
        run('mkfs.xfs', '-q', '-n', 'parent=1', image)
    except Impossible:  # before 6.10 it does not know them, though the kernel may; then they are marked by hand
        run('mkfs.xfs', '-q', '-f', image)
        for group in range(4):
            run('xfs_db', '-x', '-c', f'sb {group}', '-c', 'write -d features_incompat 0xcb', image)


def fill_image(image, mount):
    """Runs where mounts are its own: mount the image, fill it, and go."""
    subprocess.run(['mount', '-o', 'loop', image, mount], check=True)
    make_empty(os.path.join(mount, 'tree'), 1000)
    for names in (3, 40, 3000):
        group = os.path.join(mount, 'groups', str(names))
        os.makedirs(group)
        first = os.path.join(group, 'name-0')
        os.mknod(first, 0o644)
        for number in range(1, names):
            directory = os.path.join(group, f'd{number % 7}', 'deeper')
            os.makedirs(directory, exist_ok=True)
            os.link(first, os.path.join(directory, f'another-name-of-it-{number}'))
    subprocess.run(['umount', mount], check=True)


# ---------------------------------------------------------------- all of them

MAKERS = {
    'real': make_real,
    'copies': make_copies,
    'million': lambda root: make_empty(root, 1000),
    'tenth': lambda root: make_empty(root, 100),
    'linked-tenth': lambda root: make_empty(root, 100, linked=True),
    'linked': lambda root: make_empty(root, 1000, linked=True),
    'linked-tenfold': lambda root: make_empty(root, 10000, linked=True),
    'large': make_large,
    'one-size': lambda root: make_different(root, [1000]),
    'many-sizes': lambda root: make_different(root, range(501, 1501)),
    'btrfs': lambda root: make_image(root, 'btrfs'),
    'xfs': lambda root: make_image(root, 'xfs'),
}
ONLY_WHEN_ASKED = ('linked-tenfold',)


def facts(name, scratch=SCRATCH):
    """What the tree holds; None = it is not there, or was not made to its end."""
    try:
        with open(os.path.join(scratch, name + '.json'), encoding='utf-8') as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def make(name, scratch=SCRATCH):
    """The path of the tree, which is made first where it is not there yet. Raises Impossible."""
    root = os.path.join(scratch, name)
    if facts(name, scratch) is not None and os.path.isdir(root):
        return root
    print(f'trees: making {root}', file=sys.stderr, flush=True)
    os.makedirs(scratch, exist_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    start = time.monotonic()
    found = MAKERS[name](root)
    if 'image' not in found:
        found.update(count(root))
    found['seconds'] = round(time.monotonic() - start)
    os.sync()
    with open(os.path.join(scratch, name + '.json'), 'w', encoding='utf-8') as file:
        json.dump(found, file, indent=1)
    return root


def main():
    parser = argparse.ArgumentParser(description='Make the trees that nlink is measured on.')
    parser.add_argument('--scratch', default=SCRATCH, metavar='DIRECTORY')
    parser.add_argument('--list', action='store_true', help='tell what is there, make nothing')
    parser.add_argument('--fill', nargs=2, help=argparse.SUPPRESS)
    parser.add_argument('trees', metavar='TREE', nargs='*', help=', '.join(MAKERS))
    arguments = parser.parse_args()
    if arguments.fill:
        fill_image(*arguments.fill)
        return 0
    for name in arguments.trees or [name for name in MAKERS if name not in ONLY_WHEN_ASKED]:
        if name not in MAKERS:
            parser.error(f'there is no tree {name!r}')
        try:
            if not arguments.list:
                make(name, arguments.scratch)
            print(f'{name}: {facts(name, arguments.scratch) or "not made"}', flush=True)
        except Impossible as trouble:
            print(f'{name}: not made: {trouble}', flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
