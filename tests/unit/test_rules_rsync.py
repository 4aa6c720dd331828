# SPDX-License-Identifier: MIT
"""Rules take in what rsync takes in, of one tree, by hundreds of rows of rules made up from a seed.

Left out is what is meant to differ: "+" rules alone, a slash on both sides of "**" (which here is also one slash),
"***" at the end, a backslash in a pattern without a star (which rsync takes for itself), brackets that do not end,
and characters that are not ASCII, of which rsync's "?" takes single bytes.
"""

import os
import random
import shutil
import subprocess
import tempfile
import unittest

RULES_SAY = os.environ['NLINK_RULES_SAY']

DIRECTORIES = ['a', 'a/a', 'a/a/b', 'a/b', 'a/b/a', 'b', 'b/a', 'b/a/b', 'b/ab', 'ab', 'ab/a', 'ab/b', 'ab/b/a.c']
FILES = ['a', 'b', 'ab', 'ba', 'a.c', 'b.c', '.c', 'abc', 'x-y', '[a]']
PIECES = ['a', 'b', 'c', 'ab', '*', '*', '**', '/', '/', '?', '[ab]', '[!a]', '[^b]', '[a-b]', '[[:alpha:]]', '.c', 'x-y', '*.c']


def build(root):
    for directory in ['', *DIRECTORIES]:
        os.makedirs(os.path.join(root, directory), exist_ok=True)
    for directory in ['', *DIRECTORIES]:
        for name in FILES:
            path = os.path.join(root, directory, name)
            if not os.path.isdir(path):
                with open(path, 'wb'):
                    pass


def all_paths(root):
    """Every path below the root, a directory's with a slash at its end, each directory before what is in it."""
    paths = []
    for where, directories, files in os.walk(root):
        below = os.path.relpath(where, root)
        below = '' if below == '.' else below + '/'
        paths += [below + name + '/' for name in directories] + [below + name for name in files]
    return sorted(paths)


def taken_by_us(paths, rules):
    done = subprocess.run([RULES_SAY, *rules], input='\n'.join(paths) + '\n', capture_output=True, text=True, check=True)
    left = []  # directories that are left out, and so is all in them
    taken = []
    for path, answer in zip(paths, done.stdout, strict=True):
        if path.startswith(tuple(left)):
            continue
        if answer == '+':
            taken.append(path)
        elif path.endswith('/'):
            left.append(path)
    return taken


def taken_by_rsync(root, empty, rules):
    filters = [f'--filter={rule}' for rule in rules]
    done = subprocess.run(['rsync', '-rn', '--out-format=%n', *filters, root + '/', empty + '/'], capture_output=True,
                          text=True, check=True, env={**os.environ, 'LC_ALL': 'C'})
    return sorted(line for line in done.stdout.splitlines() if line != './')


def make_pattern(chance):
    while True:
        pattern = ''.join(chance.choices(PIECES, k=chance.randint(1, 5)))
        pattern = chance.choice(['', '', '', '/']) + pattern + chance.choice(['', '', '', '/'])
        if '//' not in pattern and '***' not in pattern and '/**/' not in '/' + pattern and pattern != '/':
            return pattern


@unittest.skipUnless(shutil.which('rsync'), 'there is no rsync')
class BesideRsync(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix='nlink-rules-')
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.empty = tempfile.mkdtemp(prefix='nlink-rules-')
        cls.addClassCleanup(shutil.rmtree, cls.empty)
        build(cls.root)
        cls.paths = all_paths(cls.root)

    def same(self, *rules):
        taken = taken_by_us(self.paths, rules)
        with self.subTest(rules=rules):
            self.assertEqual(taken, taken_by_rsync(self.root, self.empty, rules))
        return taken

    def test_what_people_write(self):
        for rules in (['- *.c'], ['- a/'], ['- a'], ['- /a'], ['- /a/'], ['- a/b'], ['- /a/b'], ['- a/*'], ['- b/**'],
                      ['+ */', '+ *.c', '- *'], ['+ a/', '- *'], ['+ /a/', '+ /a/b/', '+ /a/b/**', '- *'],
                      ['- *.c', '+ a.c'], ['+ a.c', '- *.c'], ['- **/a.c'], ['- **b'], ['- a**c'], ['- *'], ['- **'],
                      ['- /*'], ['- */'], ['- /*/'], ['- ?'], ['- [ab]'], ['- *[!c]'], ['- [[:punct:]]*'],
                      ['- \\[a]*'], ['- [[]a*'], ['- *\\]'], ['- b/a**'], ['- /**.c'], ['- a*/b*/*.c']):
            self.same(*rules)

    def test_made_up(self):
        chance = random.Random(5)
        differing = 0
        for _ in range(300):
            rules = [chance.choice(['-', '-', '+']) + ' ' + make_pattern(chance) for _ in range(chance.randint(1, 4))]
            rules.append(chance.choice(['- *', '- *.c', '- b/', '- a/b']))
            differing += self.same(*rules) not in ([], self.paths)
        self.assertGreater(differing, 150)


if __name__ == '__main__':
    unittest.main()
