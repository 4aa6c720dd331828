# SPDX-License-Identifier: MIT
"""What nlink_check() finds of soft links in trees full of them, beside plain definitions by os.path, and whether the
commands that it proposes mend what they say."""

import errno
import os
import re
import subprocess
import unittest

from model import names_below, Limits
from trial import TREES, Trial

NAMES = [b'a', b'b', b'c', b'd', b'x', b'y', b'lib', b'sp ace', b"it's", b'new\nline', b'-f', b'\xff', b'$x']
KINDS = ['dangles', 'loops', 'points-out', 'absolute-inside', 'needlessly-long']


class Forest:
    """Directories that have names again and again, some files, and soft links by all kinds of ways."""

    def __init__(self, base, rng):
        self.base = os.path.realpath(base)
        self.rng = rng
        self.directories = [self.base]
        self.names = []
        self.links = []
        for _ in range(rng.randint(1, 9)):
            self.put(self.directory)
        for _ in range(rng.randint(0, 6)):
            self.put(self.file)
        for _ in range(rng.randint(1, 16)):
            self.put(self.soft_link)
        for _ in range(rng.randint(0, 2)):
            self.put(self.link)

    def put(self, make):
        path = os.path.join(self.rng.choice(self.directories), self.rng.choice(NAMES))
        if not os.path.lexists(path):
            make(path)
        if os.path.lexists(path) and path not in self.names:
            self.names.append(path)

    def directory(self, path):
        os.mkdir(path)
        self.directories.append(path)

    def file(self, path):
        with open(path, 'wb') as file:
            file.write(path)

    def link(self, path):
        if self.names:
            there = self.rng.choice(self.names)
            if not os.path.isdir(there) or os.path.islink(there):
                os.link(there, path, follow_symlinks=False)

    def soft_link(self, path):
        rng = self.rng
        there = rng.choice(self.names) if self.names and rng.random() < 0.75 else \
            os.path.join(rng.choice(self.directories), rng.choice(NAMES))
        kind = rng.random()
        if kind < 0.2:
            text = there
        elif kind < 0.9:
            text = os.path.relpath(there, os.path.dirname(path))
        else:
            text = rng.choice([b'.', b'..', b'/', b'./', os.path.basename(path), b'/etc/passwd', b'../..', b'a/b/c', b'x/..',
                               b'nowhere/', b'//', b'../' * 20])
        for _ in range(rng.choice([0, 0, 0, 1, 2, 3])):
            text = self.lengthened(text)
        os.symlink(text, path)
        self.links.append(path)

    def lengthened(self, text):
        """Something more on the way; what it does there is a matter of chance."""
        rng = self.rng
        parts = text.split(b'/')
        at = rng.randint(0 if not text.startswith(b'/') else 1, len(parts))
        parts[at:at] = rng.choice([[b'.'], [b''] if at > 0 else [b'.'], [rng.choice(NAMES), b'..'], [b'..', rng.choice(NAMES)],
                                   [rng.choice(NAMES), b'..']])
        return b'/'.join(parts)


def follow(path):
    """The kind of error, or None."""
    try:
        os.stat(path)
    except OSError as error:
        return error.errno
    return None


def stops(path):
    """Where a soft link that leads somewhere comes by: the true path of each further soft link, and of the end."""
    while os.path.islink(path):
        text = os.readlink(path)
        home = os.path.dirname(path)
        last = os.path.basename(text)
        if last in (b'', b'.', b'..'):
            path = os.path.realpath(os.path.join(home, text))
        else:
            path = os.path.join(os.path.realpath(os.path.join(home, os.path.dirname(text))), last)
        yield path


def below(path, root):
    return path == root or path.startswith(root.rstrip(b'/') + b'/')


def shortened(text, home):
    """All texts that are one step shorter: a part less that means nothing, or two that take each other back."""
    lead = b'/' if text.startswith(b'/') else b''
    tail = b'/' if text.endswith(b'/') and text.strip(b'/') else b''
    parts = text[len(lead):len(text) - len(tail)].split(b'/')
    for i, part in enumerate(parts):
        if part in (b'', b'.'):
            yield parts[:i] + parts[i + 1:], lead, tail
        if i == 0:
            continue
        before = os.path.join(home, lead + b'/'.join(parts[:i]))
        if part == b'..' and parts[i - 1] not in (b'', b'.', b'..') and os.path.isdir(before) and not os.path.islink(before):
            yield parts[:i - 1] + parts[i + 1:], lead, tail
        ups = not lead and all(one == b'..' for one in parts[:i])
        above = home.split(b'/')
        if ups and part not in (b'', b'.', b'..') and 0 < i < len(above) and part == above[len(above) - i]:
            yield parts[:i - 1] + parts[i + 1:], lead, tail


def shortest(text, home):
    """The shortest text of the same meaning."""
    seen, todo = {text}, [text]
    while todo:
        for parts, lead, tail in shortened(todo.pop(), home):
            made = lead + b'/'.join(parts) + (tail if parts else b'') or b'.'
            if made not in seen:
                seen.add(made)
                todo.append(made)
    return min(seen, key=len)


class Soft(Trial):
    def each_forest(self, test, count=TREES):
        self.each_tree(test, count)

    def view(self, base, roots):
        """The true paths of all names in the roots, and the true paths of the roots."""
        seen = {}
        for root in roots:
            for name in names_below(os.path.join(base, root), Limits()):
                seen[name.path] = name
        return seen, [os.path.realpath(os.path.join(base, root)) for root in roots]

    def kind_of(self, path, roots):
        number = follow(path)
        if number in (errno.ENOENT, errno.ENOTDIR):
            return 'dangles'
        if number == errno.ELOOP:
            return 'loops'
        text = os.readlink(path)
        if not all(any(below(stop, root) for root in roots) for stop in stops(path)):
            return 'points-out'
        if text.startswith(b'/'):
            return 'absolute-inside'
        short = shortest(text, os.path.dirname(path))
        return 'needlessly-long' if len(short) < len(text) else None

    def ask_about(self, base, roots, **words):
        answer = self.ask('check', base=base, root=roots, **words)
        self.assertEqual((answer.status, answer.events, answer.error), ('OK', [], None))
        soft = [finding for finding in answer.findings if finding['kind'] in KINDS]
        return {os.path.join(os.path.realpath(os.path.dirname(os.path.join(base, finding['path']))),
                             os.path.basename(finding['path'])): finding for finding in soft}, answer

    def some_roots(self, forest):
        rng = forest.rng
        return [os.path.relpath(rng.choice(forest.directories), forest.base) for _ in range(rng.choice([1, 1, 2, 3]))]

    def compare(self, tree):
        os.mkdir(tree.base + b'/deep')
        forest = Forest(tree.base + b'/deep', tree.rng)
        roots = self.some_roots(forest)
        seen, true_roots = self.view(forest.base, roots)
        found, answer = self.ask_about(forest.base, roots, threads=tree.rng.choice([0, 1, 2, 4]))
        expected = {}
        for path, name in seen.items():
            kind = self.kind_of(path, true_roots) if name.kind == 'symlink' else None
            if kind is not None:
                expected[path] = kind
        self.assertEqual({path: finding['kind'] for path, finding in found.items()}, expected)
        self.assertEqual([finding['kind'] for finding in answer.findings],
                         sorted((finding['kind'] for finding in answer.findings), key=list(answer.counts).index))
        for path, finding in found.items():
            self.assertEqual(finding['target'], os.readlink(path))
            if finding['kind'] == 'dangles':
                self.compare_candidate(forest, seen, path, finding)
            elif finding['kind'] == 'needlessly-long':
                told = int(re.search(rb'where (\d+) would do', finding['text']).group(1))
                self.assertLessEqual(told, len(shortest(os.readlink(path), os.path.dirname(path))), finding)
            elif finding['kind'] == 'absolute-inside':
                self.assertNotEqual(finding['mend'], b'')
            else:
                self.assertEqual(finding['mend'], b'')

    def compare_candidate(self, forest, seen, path, finding):
        home, text = os.path.dirname(path), os.readlink(path)
        while True:  # to the last soft link
            at = os.path.join(home, os.path.dirname(text))
            last = os.path.basename(text)
            next_one = os.path.join(os.path.realpath(at), last)
            plain = last not in (b'', b'.', b'..')
            if not plain or not os.path.isdir(at) or not os.path.islink(next_one):
                break
            home, text = os.path.realpath(at), os.readlink(next_one)
        lost = os.path.basename(text.rstrip(b'/'))
        if lost in (b'', b'.', b'..'):
            self.assertEqual((finding['candidate'], finding['mend']), (None, b''))
            return
        expected = os.path.normpath(os.path.join(home, os.path.dirname(text.rstrip(b'/')))).replace(b'//', b'/')
        least = None
        for other in seen:
            if os.path.basename(other) != lost or follow(other) is not None:
                continue
            if text.endswith(b'/') and not os.path.isdir(other) or below(os.path.dirname(path), other):
                continue
            way = os.path.relpath(os.path.dirname(other), expected)
            steps = 0 if way == b'.' else way.count(b'/') + 1
            least = steps if least is None else min(least, steps)
        if least is None:
            self.assertEqual(finding['candidate'], None)
            self.assertTrue(finding['mend'].startswith(b'rm -- '), finding)
            return
        self.assertIsNotNone(finding['candidate'], (finding, least))
        found = os.path.join(forest.base, finding['candidate'])
        way = os.path.relpath(os.path.realpath(os.path.dirname(os.path.normpath(found))), expected)
        self.assertEqual(0 if way == b'.' else way.count(b'/') + 1, least, finding)
        self.assertEqual(os.path.basename(os.path.normpath(found)), lost)

    def mend(self, tree):
        """Each command by itself: what it mends is gone, and nothing but soft links has changed."""
        os.mkdir(tree.base + b'/deep')
        forest = Forest(tree.base + b'/deep', tree.rng)
        roots = self.some_roots(forest)
        found, _ = self.ask_about(forest.base, roots)
        for path in sorted(found):
            finding = found[path]
            if not finding['mend'] or not os.path.islink(path):
                continue
            now = self.ask_about(forest.base, roots)[0].get(path)
            if now is None or now['kind'] != finding['kind'] or not now['mend']:
                continue  # another command has mended it, or it leads somewhere else now
            before, end = files(forest.base), os.path.realpath(path)
            done = subprocess.run(['bash', '-c', now['mend']], cwd=forest.base, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b''), now)
            self.assertEqual(files(forest.base), before)
            after = self.ask_about(forest.base, roots)[0].get(path)
            self.assertTrue(after is None or after['kind'] != now['kind'], (now, after))
            if now['kind'] in ('needlessly-long', 'absolute-inside'):
                self.assertEqual(os.path.realpath(path), end, now)

    def test_soft_links(self):
        self.each_forest(self.compare)

    def test_mends(self):
        self.each_forest(self.mend, max(1, TREES // 4))


def files(base):
    """All that is no soft link, by path: identity and contents do not change by mending soft links."""
    found = {}
    for here, directories, names in os.walk(base):
        for name in directories + names:
            path = os.path.join(here, name)
            if not os.path.islink(path):
                at = os.lstat(path)
                found[path] = at.st_ino, at.st_size if os.path.isfile(path) else 0
    return found


if __name__ == '__main__':
    unittest.main()
