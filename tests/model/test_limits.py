# SPDX-License-Identifier: MIT
"""Trees that are large in one way: names in a directory, directories in each other, names of a file, roots."""

import os
import random
import resource
import unittest

from library import FIGURES, Library
from model import View, true_path
from trees import Tree
from trial import Trial

MILLION = 1_000_000
DEEP = 10_000
WINDOW = os.O_RDONLY | os.O_DIRECTORY


class Large(Trial):
    names = 3 * MILLION

    def setUp(self):
        self.base = os.path.join(self.where, b'base')
        os.mkdir(self.base)
        self.addCleanup(remove_deep, self.base)

    def at(self, *names):
        return os.path.join(self.base, *names)

    def whole(self, act, *roots, status='OK', **words):
        answer = self.ask(act, base=self.base, root=list(roots) or [b'.'], **words)
        self.assertEqual((answer.status, answer.events, answer.error), (status, [], None))
        return answer


class Wide(Large):
    def test_a_million_names_in_one_directory(self):
        files = 20
        os.mkdir(self.at(b'd'))
        directory = os.open(self.at(b'd'), WINDOW)
        self.addCleanup(os.close, directory)
        length = 0
        for number in range(MILLION):
            name = b'%x' % number
            length += len(name)
            if number < files:
                with open(self.at(b'd', name), 'wb') as file:
                    file.write(bytes(number))
            else:
                os.link(b'%x' % (number % files), name, src_dir_fd=directory, dst_dir_fd=directory)
        os.link(self.at(b'd/3'), self.at(b'outside'))
        each = MILLION // files
        for act in 'each', 'walk':
            tally = self.whole(act, b'd', quiet=True).tally
            self.assertEqual(tally, (MILLION + 1, 1, 1, length + 1), act)
        self.assertEqual(self.whole('each', b'd', quiet=True, stat=True).tally[0], MILLION + 1)
        found = self.whole('names', b'd/5', b'd/0', quiet=True, **{'in': [b'd']})
        self.assertEqual([file['found'] for file in found.files], [each, each])
        found = self.whole('names', b'd/3', quiet=True, status='PARTIAL', **{'in': [b'd']})
        self.assertEqual((found.files[0]['found'], found.files[0]['link_count']), (each, each + 1))
        space = self.whole('space', b'd', groups=2)
        facts = {key: space.set[key] for key in ('names', 'files', 'directories', 'outside', 'held_files')}
        self.assertEqual(facts, {'names': MILLION, 'files': files, 'directories': 1, 'outside': 1, 'held_files': 1})
        self.assertEqual([len(group['names']) for group in space.groups], [each, each])
        counts = self.whole('check', b'd', quiet=True).counts
        self.assertEqual((counts['partly-outside'], counts['empty-shared'], counts['dangles']), (1, 1, 0))

    def test_a_file_with_65000_names(self):
        """In ten directories, and one name outside."""
        with open(self.at(b'outside'), 'wb') as file:
            file.write(bytes(5000))
        for number in range(10):
            os.mkdir(self.at(b'd%d' % number))
        for number in range(64_999):
            os.link(self.at(b'outside'), self.at(b'd%d' % (number % 10), b'%d' % number))
        roots = [b'd%d' % number for number in range(10)]
        found = self.whole('names', b'd3/3', status='PARTIAL', **{'in': roots})
        self.assertEqual((found.files[0]['found'], found.files[0]['link_count']), (64_999, 65_000))
        self.assertEqual({path for _, _, path in found.found},
                         {b'd%d/%d' % (number % 10, number) for number in range(64_999)})
        self.assertEqual(self.whole('names', b'd3/3', quiet=True, **{'in': [b'.']}).files[0]['found'], 65_000)
        space = self.whole('space', *roots, groups=1)
        self.assertEqual((space.set['held_files'], space.set['outside'], space.set['files']), (1, 1, 1))
        self.assertEqual([row['outside'] for row in space.roots], [65_000 - 6_500] * 9 + [65_000 - 6_499])
        self.assertEqual(len(space.groups[0]['names']), 64_999)
        self.assertEqual(self.whole('space', *roots, b'outside').oldest[9:], [
            sum(os.stat(self.at(root)).st_blocks * 512 for root in roots),
            sum(os.stat(self.at(root)).st_blocks * 512 for root in [*roots, b'outside'])])
        findings = [finding for finding in self.whole('check', *roots).findings if finding['kind'] == 'partly-outside']
        self.assertEqual([len(finding['names']) for finding in findings], [64_999])

    def test_names_with_every_byte(self):
        """Each byte alone, as the first, in the middle, as the last, and the longest names."""
        letters = [bytes([code]) for code in range(1, 256) if bytes([code]) != b'/']
        names = {*letters, *(letter + b'a' for letter in letters), *(b'a' + letter + b'b' for letter in letters),
                 *(b'a' + letter for letter in letters), *(letter * 255 for letter in letters)} - {b'.', b'..'}
        for home in b'a', b'\xff\n':
            os.mkdir(self.at(home))
        for name in names:
            with open(self.at(b'a', name), 'wb') as file:
                file.write(name)
            os.link(self.at(b'a', name), self.at(b'\xff\n', name))
            os.symlink(b'missing ' + name, self.at(b'\xff\n', b'soft' + name[:200]))
        view = View(self.base, [b'.'])
        for act in 'each', 'walk':
            told = [true_path(self.at(name[0])) for name in self.whole(act).names]
            self.assertEqual(sorted(told), sorted(view.seen))
        for name in random.Random(1).sample(sorted(names), 100):
            found = self.whole('names', os.path.join(b'a', name), **{'in': [b'\xff\n', b'a']})
            self.assertEqual([path for _, _, path in found.found],
                             sorted([os.path.join(b'a', name), os.path.join(b'\xff\n', name)]))
        self.assertEqual({key: self.whole('space').set[key] for key in FIGURES}, view.figures(b'.'))
        told = {finding['path'] for finding in self.whole('check', b'\xff\n').findings
                if finding['kind'] == 'dangles'}
        self.assertEqual(told, {os.path.join(b'\xff\n', b'soft' + name[:200]) for name in names})


class Roots(Large):
    def test_two_hundred_roots(self):
        """Everywhere in a tree, repeated, in each other, spelled in all ways."""
        rng = random.Random(self.id())
        tree = Tree(self.base, rng)
        for _ in range(40):
            tree.directory()
        for _ in range(100):
            tree.file()
            tree.link()
        roots = [tree.respelled(rng.choice(tree.directories + tree.files + [b'.'])) for _ in range(200)]
        view = View(self.base, roots)
        for act in 'each', 'walk':
            told = [true_path(self.at(name[0])) for name in self.whole(act, *roots).names]
            self.assertEqual(sorted(told), sorted(view.seen))
        space = self.whole('space', *roots)
        self.assertEqual({key: space.set[key] for key in FIGURES}, view.figures(*roots))
        for root, row in zip(roots, space.roots, strict=True):
            self.assertEqual({key: row[key] for key in FIGURES}, view.figures(root), root)
        self.assertEqual(space.oldest[::20], [view.figures(*roots[:j + 1])['freed'] for j in range(0, 200, 20)])
        for path in rng.sample(tree.files, 10):
            found = self.whole('names', path, **{'in': roots})
            self.assertEqual(sorted(view.true(name) for _, _, name in found.found), view.names_of(path))
        kinds = [finding['kind'] for finding in self.whole('check', *roots).findings]
        self.assertEqual(kinds.count('dangles'), len(view.soft_links(2)))

    def test_roots_that_are_not_there(self):
        """Each is an event; the others are looked at."""
        os.mkdir(self.at(b'd'))
        with open(self.at(b'd/f'), 'wb') as file:
            file.write(bytes(100))
        roots = [b'gone', b'd', b'd/f/x', b'd/gone']
        for act in 'each', 'walk', 'space', 'check':
            answer = self.ask(act, base=self.base, root=roots)
            self.assertEqual(answer.status, 'PARTIAL', act)
            self.assertEqual(sorted((status, path) for status, path, _ in answer.events), [
                ('NOT_DIRECTORY', b'd/f/x'), ('NOT_FOUND', b'd/gone'), ('NOT_FOUND', b'gone')], act)
        space = self.ask('space', base=self.base, root=roots)
        self.assertEqual([row is None for row in space.roots], [True, False, True, True])
        self.assertEqual(space.set['files'], 1)
        self.assertEqual(space.doubts['unread'], 3)
        found = self.ask('names', base=self.base, root=[b'gone', b'd/f'], **{'in': [b'd']})
        self.assertEqual((found.status, found.events[0][:2]), ('PARTIAL', ('NOT_FOUND', b'gone')))
        self.assertEqual([file['link_count'] for file in found.files], [0, 1])
        self.assertEqual(found.found, [(1, False, b'd/f')])

    def test_wrong_roots(self):
        for words in {'root': []}, {'root': [b'd'], 'listed': True}:
            for act in 'names', 'check':
                self.assertEqual(self.ask(act, base=self.base, **words).status, 'INVALID', (act, words))

    def test_a_stop(self):
        """A progress function may end it: the answer says so, and nothing is left open."""
        for number in range(50):
            os.makedirs(self.at(b'd%d' % number, b'e'))
        for act in 'each', 'walk', 'space', 'check', 'names':
            answer = self.ask(act, base=self.base, root=[b'd1'] if act == 'names' else [b'.'], stop=True)
            self.assertIn(answer.status, ('CANCELLED', 'OK', 'PARTIAL'), act)


class Deep(Large):
    """Ten thousand directories in each other: no path of the system reaches the end."""

    def plant(self, branches):
        """A chain of directories d/d/d..., at each level with so many others beside it, a file at the end."""
        os.mkdir(self.at(b'top'))
        here = os.open(self.at(b'top'), WINDOW)
        for _ in range(DEEP):
            for number in range(branches):
                os.mkdir(b'b%d' % number, dir_fd=here)
            os.mkdir(b'd', dir_fd=here)
            below = os.open(b'd', WINDOW, dir_fd=here)
            os.close(here)
            here = below
        base = os.open(self.base, WINDOW)
        with open(self.at(b'file'), 'wb') as file:
            file.write(bytes(5000))
        os.link(b'file', b'end', src_dir_fd=base, dst_dir_fd=here)
        os.symlink(b'nowhere', b'broken', dir_fd=here)
        os.close(base)
        os.close(here)

    def look(self, branches):
        directories = DEEP * (branches + 1) + 1
        end = b'top' + b'/d' * DEEP + b'/end'
        for act in 'each', 'walk':
            for flag in True, False:
                tally = self.whole(act, b'top', quiet=True, stat=flag).tally
                self.assertEqual(tally[:3], (directories + 2, directories, DEEP + 1), act)
        found = self.whole('names', b'file', **{'in': [b'.']})
        self.assertEqual([path for _, _, path in found.found], [b'./file', b'./' + end])
        found = self.whole('names', b'file', status='PARTIAL', **{'in': [b'top']})
        self.assertEqual([path for _, _, path in found.found], [end])
        space = self.whole('space', b'top', groups=1)
        self.assertEqual((space.set['directories'], space.set['names'], space.set['outside']), (directories, 2, 1))
        self.assertEqual(space.groups[0]['names'], [end])
        self.assertEqual(self.whole('space', b'top', b'file').set['held_files'], 0)
        rows = self.whole('space', b'top', levels=300, order=6).rows
        self.assertEqual(len(rows), 300 * (branches + 1) + 1)
        findings = {finding['kind']: finding for finding in self.whole('check', b'top').findings}
        self.assertEqual(findings['dangles']['path'], end[:-3] + b'broken')
        self.assertEqual(findings['partly-outside']['names'], [end])

    def test_one_below_the_other(self):
        self.plant(0)
        self.look(0)

    def test_with_others_beside(self):
        self.plant(2)
        self.look(2)

    def test_with_few_descriptors(self):
        self.plant(1)
        few = Library(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
        self.addCleanup(few.close)
        self.ask = few.ask
        self.look(1)

    def test_rows_of_every_level(self):
        self.plant(0)
        rows = self.whole('space', b'top', levels=2_000_000_000, order=6).rows
        self.assertEqual([row['depth'] for row in rows], list(range(DEEP + 1)))
        self.assertEqual(rows[-1]['path'], b'top' + b'/d' * DEEP)
        self.assertEqual([row['directories'] for row in rows], list(range(DEEP + 1, 0, -1)))


def remove_deep(path):
    """Remove a tree of any depth: what is in a directory comes to the top before it goes."""
    waiting = [path]
    number = 0
    while waiting:
        directory = waiting.pop()
        for name in os.listdir(directory):
            inside = os.path.join(directory, name)
            if os.path.isdir(inside) and not os.path.islink(inside):
                number += 1
                waiting.append(os.path.join(os.path.dirname(path), b'going%d' % number))
                os.rename(inside, waiting[-1])
            else:
                os.unlink(inside)
        os.rmdir(directory)


if __name__ == '__main__':
    unittest.main()
