# SPDX-License-Identifier: MIT
"""nlink.link beside the interpreter's own os.link: the same calls on equal trees, and everything compared.

Compared are the exception's class, args, message, errno and strerror, whether filename and filename2 are the
very objects that were passed, the warnings, the audit events, and the tree afterwards.

Where CPython's versions differ among themselves, nlink does on each of them what 3.14 does. Every such
difference is one entry of `expected_difference`; anything else that differs is a fault.
"""

import collections
import decimal
import itertools
import os
import pathlib
import random
import shutil
import sys
import tempfile
import unittest
import warnings

import nlink
from place import Hook, Index, Path, Truth

OLD_FOLLOW = sys.version_info < (3, 14)
LATE_MESSAGES = sys.version_info >= (3, 13)


class Text(str):
    pass


class Bytes(bytes):
    pass


class NoPath:
    __fspath__ = None


Case = collections.namedtuple('Case', 'args keywords')

SOURCES = [
    'a', 'soft', 'dangling', 'loop', 'd', 'missing', 'no/a', 'a/', 'a/x', '', '.', 'ä', '\udcff', '\ud800', 'x' * 256,
    'x/' * 3000, 'a\0', '\0', 'ä\0', b'a', b'soft', b'missing', b'\xff', b'a\0b', b'', Text('a'), Text('ä'), Bytes(b'a'),
    Path('a'), Path(b'a'), Path('missing'), Path(3), Path(None), Path(Text('a')), Path(KeyError('k')), Path('a\0'),
    pathlib.Path('a'), pathlib.PurePosixPath('ä'), 1, 0, True, None, 1.5, ['a'], ('a',), object, int,
    decimal.Decimal(1), collections.deque(), bytearray(b'a'), memoryview(b'a'), NoPath(), Path,
]
DESTINATIONS = [
    'new', 'd/new', 'no/new', 'new/', 'b', 'soft', 'dangling', 'd', 'a', '', '.', '..', '/', 'n\0', 'x' * 256, '\ud800',
    '\udcfe', 'é', b'new', b'n\0', b'\xfe', Text('new'), Bytes(b'new'), Path('new'), Path(b'new'), Path(2.5), None, 7,
    bytearray(b'new'), pathlib.Path('d', 'new'), decimal.Decimal(2), NoPath(),
]
DIRECTORIES = [
    None, -1, -2, -100, 9999, 'FD', 'FILE', 'CLOSED', True, False, 1.5, 'x', b'x', 2 ** 31, 2 ** 31 - 1, -2 ** 31,
    -2 ** 31 - 1, 2 ** 80, -2 ** 80, Index(-100), Index(KeyError('i')), Index('no'), Index(True), object(),
    decimal.Decimal(3),
]
TRUTHS = [True, False, None, 0, 1, 2, '', 'no', [], [0], Truth(True), Truth(False), Truth(KeyError('t')), Truth(1)]

SHAPES = [
    Case((), {}), Case(('a',), {}), Case(('a', 'new', 'x'), {}), Case(('a', 'new', 'x', 'y'), {}),
    Case((), {'src': 'a'}), Case((), {'dst': 'new'}), Case((), {'src': 'a', 'dst': 'new'}),
    Case((), {'dst': 'new', 'src': 'a'}), Case(('a',), {'dst': 'new'}), Case(('a',), {'src': 'a'}),
    Case(('a', 'new'), {'src': 'a'}), Case(('a', 'new'), {'dst': 'new'}), Case(('a', 'new'), {'zip': 1}),
    Case(('a',), {'zip': 1}), Case((), {'zip': 1}), Case(('a', 'new'), {'src_dir': 1}),
    Case(('a', 'new'), {'': 1}), Case(('a', 'new'), {'é': 1}), Case(('a', 'new'), {'src_dir_fd': None, 'zip': 1}),
    Case(('a', 'new'), {'zip': 1, 'zap': 2}), Case(('a', 'new'), dict.fromkeys('pqrs')), Case(('a', 'new'), {Text('src_dir_fd'): None}),
    Case(('a', 'new'), {Text('src_dir_fd'): 1.5}), Case((), {Text('src'): 'a', Text('dst'): 'new'}),
    Case(('a', 'new'), {''.join(['follow', '_', 'symlinks']): Truth(KeyError('t'))}),
    Case((1, 2), {'src_dir_fd': 1.5, 'dst_dir_fd': 2.5, 'follow_symlinks': Truth(KeyError('t'))}),
    Case(('a', 2), {'src_dir_fd': 1.5, 'dst_dir_fd': 2.5, 'follow_symlinks': Truth(KeyError('t'))}),
    Case(('a', 'new'), {'src_dir_fd': 1.5, 'dst_dir_fd': b'', 'follow_symlinks': Truth(KeyError('t'))}),
    Case(('a', 'new'), {'dst_dir_fd': b'', 'src_dir_fd': 1.5}),
    Case(('a', 'new'), {'follow_symlinks': Truth(KeyError('t')), 'dst_dir_fd': b''}),
    Case(('a\0', 1), {}), Case((1, 'a\0'), {}), Case(('\ud800', 1), {}),
]


def pairs():
    """Every source with every destination."""
    for pair in itertools.product(SOURCES, DESTINATIONS):
        yield Case(pair, {})


def directories():
    for directory in DIRECTORIES:
        for src, dst in (('a', 'new'), ('soft', 'new'), ('/missing', 'new'), (b'e', b'new'), ('missing', 'new')):
            yield Case((src, dst), {'src_dir_fd': directory})
            yield Case((src, dst), {'dst_dir_fd': directory})
            yield Case((src, dst), {'dst_dir_fd': directory, 'src_dir_fd': 'FD'})


def truths():
    for truth, src in itertools.product(TRUTHS, ('a', 'soft', 'dangling', b'soft', 'loop')):
        yield Case((src, 'new'), {'follow_symlinks': truth})


def mixtures():
    """A sample of everything together, the same one each time."""
    choose = random.Random(20)
    for _ in range(1500):
        keywords = {}
        for name, values in (('src_dir_fd', DIRECTORIES), ('dst_dir_fd', DIRECTORIES), ('follow_symlinks', TRUTHS)):
            if choose.random() < 0.6:
                keywords[name] = choose.choice(values)
        yield Case((choose.choice(SOURCES), choose.choice(DESTINATIONS)), keywords)


class Tree:
    """The tree that each call starts with, and the descriptors that it may use."""

    def __init__(self, root):
        self.root = tempfile.mkdtemp(dir=root)
        os.chdir(self.root)
        os.mkdir('d')
        for name in ('a', 'b', 'ä', os.path.join('d', 'e'), os.path.join('d', 'a')):
            with open(name, 'w') as file:
                file.write(name)
        os.symlink('a', 'soft')
        os.symlink('nowhere', 'dangling')
        os.symlink('loop', 'loop')
        self.fds = {'FD': os.open('d', os.O_RDONLY), 'FILE': os.open('a', os.O_RDONLY), 'CWD': os.open('.', os.O_RDONLY)}
        self.first = self.show()

    def fill(self, keywords):
        """Keywords with this tree's own descriptors in the place of their names."""
        return {
            name: self.fds.get(value, 9998 if value == 'CLOSED' else value)
            if type(value) is str and name.endswith('dir_fd') and value.isupper() else value
            for name, value in keywords.items()
        }

    def show(self):
        """Every name with the names that it shares its file with."""
        files = collections.defaultdict(list)
        for directory in (b'.', b'./d'):
            with os.scandir(directory) as entries:
                for entry in entries:
                    files[entry.inode()].append(entry.path)
        return sorted(sorted(names) for names in files.values())

    def close(self):
        for fd in self.fds.values():
            os.close(fd)
        os.chdir('/')
        shutil.rmtree(self.root)


def outcome(function, case, tree):
    """Everything that can be seen of one call."""
    os.chdir(tree.root)
    seen = {}
    keywords = tree.fill(case.keywords)
    with warnings.catch_warnings(record=True) as caught, Hook() as hook:
        warnings.simplefilter('always')
        try:
            seen['result'] = function(*case.args, **keywords)
        except Exception as error:
            seen['type'] = type(error)
            seen['message'] = str(error)
            seen['args'] = error.args if isinstance(error, OSError) else len(error.args)
            for name in ('errno', 'strerror'):
                seen[name] = getattr(error, name, None)
            for name, place in (('filename', 0), ('filename2', 1)):
                value = getattr(error, name, None)
                passed = case.args[place] if len(case.args) > place else case.keywords.get(('src', 'dst')[place])
                seen[name] = 'the argument' if value is passed else value
    seen['warnings'] = [(w.category, str(w.message)) for w in caught]
    seen['events'] = [(name, [show(value) for value in args]) for name, args in hook.events]
    seen['tree'] = tree.show()
    return seen


def show(value):
    """An audit event's value; descriptors differ between two trees only by chance, so they count as equal."""
    return 'descriptor' if type(value) is int and value >= 0 and value < 9000 else value


def here(value):
    """Whether a descriptor argument stands for the current directory."""
    return value is None or value == -100 or isinstance(value, Index) and value.answer == -100


def own_link(case):
    """os.link as 3.14 has it: before, it followed a soft link only where a descriptor was given."""
    names = ('src_dir_fd', 'dst_dir_fd')
    if not OLD_FOLLOW or len(case.args) != 2 or not set(case.keywords) <= {'follow_symlinks', *names}:
        return os.link
    if not all(here(case.keywords.get(name)) for name in names):
        return os.link
    truth = case.keywords.get('follow_symlinks', True)
    if not (truth.answer if isinstance(truth, Truth) else truth):
        return os.link

    def link(src, dst, **keywords):
        fd = os.open('.', os.O_RDONLY)
        try:
            return os.link(src, dst, **{**keywords, 'src_dir_fd': fd, 'dst_dir_fd': fd})
        finally:
            os.close(fd)

    return link


def expected_difference(case, own, ours):
    """The reason why the two may differ on this version, or None. Each is what 3.14 does."""
    if not LATE_MESSAGES and own.get('message') == 'embedded null byte':
        return ours['type'] is ValueError and ours['message'].startswith('link: embedded null character in ') and 'NUL'
    if not LATE_MESSAGES and own.get('message') == "'NoneType' object is not callable":
        return ours['message'].endswith(', not NoPath') and '__fspath__ is None'
    if not LATE_MESSAGES and len(ours['warnings']) > len(own['warnings']):
        more = [warning for warning in ours['warnings'] if warning not in own['warnings']]
        return set(more) == {(RuntimeWarning, 'bool is used as a file descriptor')} and 'bool as a descriptor'
    if own.get('message') == 'link() takes at most 5 arguments (6 given)':
        return ours['type'] is TypeError and 'nlink.link takes more keywords'
    return None


class Differential(unittest.TestCase):
    def setUp(self):
        self.before = os.getcwd()
        self.root = tempfile.mkdtemp(prefix='nlink-differential-')

        self.trees = {}

    def tearDown(self):
        for tree in self.trees.values():
            tree.close()
        os.chdir(self.before)
        shutil.rmtree(self.root)

    def call(self, name, function, case):
        """On a tree as it was in the beginning; one that the call did not change serves the next call, too."""
        tree = self.trees.get(name) or Tree(self.root)
        self.trees[name] = tree
        seen = outcome(function, case, tree)
        if seen['tree'] != tree.first:
            del self.trees[name]
            tree.close()
        return seen

    def compare(self, case):
        function = own_link(case)
        own = self.call('own', function, case)
        ours = self.call('ours', nlink.link, case)
        if function is not os.link:
            own['events'] = [
                (name, args[:2] + [-1, -1]) for name, args in own['events'] if name == 'os.link'
            ]
        if own == ours:
            return False
        reason = expected_difference(case, own, ours)
        if reason:
            self.reasons[reason] += 1
            return True
        different = {key: (own.get(key), ours.get(key)) for key in set(own) | set(ours) if own.get(key) != ours.get(key)}
        self.fail('%r\n(os.link, nlink.link) differ in %r' % (case, different))

    def compare_all(self, cases, reasons=()):
        """Compare; `reasons` are the expected differences, each of which has to come up where versions differ."""
        self.reasons = collections.Counter()
        for case in cases:
            with self.subTest(case=case):
                self.compare(case)
        self.assertEqual(set(self.reasons), set(reasons))

    def test_shapes(self):
        self.compare_all(SHAPES, {'nlink.link takes more keywords'} | ({'NUL'} if not LATE_MESSAGES else set()))

    def test_every_source_with_every_destination(self):
        self.compare_all(pairs(), set() if LATE_MESSAGES else {'NUL', '__fspath__ is None'})

    def test_directories(self):
        self.compare_all(directories(), set() if LATE_MESSAGES else {'bool as a descriptor'})

    def test_truths(self):
        self.compare_all(truths())

    def test_mixtures(self):
        self.compare_all(mixtures(), set() if LATE_MESSAGES else {'NUL', '__fspath__ is None', 'bool as a descriptor'})


if __name__ == '__main__':
    unittest.main()
