#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run unittest tests and report them in TAP.

    tests/tap.py [-k WORD]... FILE_OR_MODULE...

A FILE (it ends in .py) is loaded from its place, its directory on sys.path; anything else is a dotted name
as unittest knows it (test.test_os.LinkTests).

The plan is printed first and each line as soon as its test has ended, so that a crash shows as a plan that
was not kept. A test with a failing subtest is a failing test; a test that skipped one of its subtests is
reported as skipped, with the reason, never as passed. What the tests themselves write to standard output
goes to standard error, where it cannot disturb the report.

Exit status: 0 when nothing failed, 1 when something did, 2 when the tests could not be loaded.
"""

import argparse
import importlib.util
import os
import re
import sys
import traceback
import unittest

sys.dont_write_bytecode = True


def flatten(suite):
    """The single tests of a suite, in their order."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def load_file(path):
    """Import a test file from its place, as a module with the file's own name."""
    path = os.path.abspath(path)
    name = os.path.splitext(os.path.basename(path))[0]
    directory = os.path.dirname(path)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load(names, words):
    loader = unittest.TestLoader()
    if words:
        loader.testNamePatterns = [word if '*' in word else f'*{word}*' for word in words]
    suite = unittest.TestSuite()
    for name in names:
        if name.endswith('.py'):
            suite.addTests(loader.loadTestsFromModule(load_file(name)))
        else:
            suite.addTests(loader.loadTestsFromName(name))
    return suite


def one_line(text):
    """Text that can stand in a TAP line."""
    return re.sub(r'\s+', ' ', text).strip()


def tap_name(text):
    """A test's name, without the # that would start a directive."""
    return one_line(text).replace('#', '_')


class TapResult(unittest.TestResult):
    """Turns what unittest tells into TAP lines on `out`."""

    def __init__(self, tests, out):
        super().__init__()
        self.out = out
        self.ids = [test.id() for test in tests]
        self.reported = set()
        self.fixtures = {}  # 'module.Class' or 'module' -> (kind, reason) of a failed or skipped fixture
        self.failed = False
        self.begin()
        self.line(f'1..{len(self.ids)}')
        if not self.ids:
            self.failed = True
            self.note('no test was found')

    def line(self, text):
        self.out.write(text + '\n')
        self.out.flush()

    def note(self, text):
        for row in text.rstrip().splitlines():
            self.line('# ' + row)

    def begin(self):
        self.problems = []
        self.skips = []
        self.expected = None
        self.surprise = False

    def startTest(self, test):
        super().startTest(test)
        self.begin()

    def stopTest(self, test):
        super().stopTest(test)
        self.report(test.id())
        self.begin()

    def report(self, name):
        number = len(self.reported) + 1
        self.reported.add(name)
        for problem in self.problems:
            self.note(problem)
        if self.problems or self.surprise:
            self.failed = True
            if self.surprise:
                self.note('this test was expected to fail and passed')
            self.line(f'not ok {number} - {tap_name(name)}')
        elif self.expected:
            self.line(f'not ok {number} - {tap_name(name)} # TODO {self.expected}')
        elif self.skips:
            self.line(f'ok {number} - {tap_name(name)} # SKIP {"; ".join(self.skips)}')
        else:
            self.line(f'ok {number} - {tap_name(name)}')

    @staticmethod
    def trace(err):
        return ''.join(traceback.format_exception(*err))

    def fixture(self, test, kind, reason):
        """Keep what a setUpClass or setUpModule said, for the tests that did not run because of it."""
        match = re.match(r'(\w+) \((.*)\)$', test.id())
        step, owner = match.groups() if match else ('', test.id())
        if step.startswith('tearDown'):
            self.failed = True  # its tests are reported already; the exit status tells
        self.fixtures[owner] = (kind, reason)

    def addError(self, test, err):
        if self.is_case(test):
            self.problems.append(self.trace(err))
        else:
            self.note(self.trace(err))
            self.fixture(test, 'error', f'{test.id()} failed: {err[1]}')

    @staticmethod
    def is_case(test):
        return type(test).__name__ != '_ErrorHolder'

    def addFailure(self, test, err):
        self.problems.append(self.trace(err))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.problems.append(f'{subtest.id()}\n{self.trace(err)}')

    def addSkip(self, test, reason):
        if not self.is_case(test):
            self.fixture(test, 'skip', one_line(reason))
        elif hasattr(test, 'test_case'):  # a subtest
            self.skips.append(one_line(f'in part: {test._subDescription()}: {reason}'))
        else:
            self.skips.append(one_line(reason) or 'no reason given')

    def addExpectedFailure(self, test, err):
        self.expected = one_line(str(err[1]).splitlines()[0] if str(err[1]) else 'expected failure')

    def addUnexpectedSuccess(self, test):
        self.surprise = True

    def finish(self):
        """Report the tests that never ran, each with what kept it."""
        for name in self.ids:
            if name in self.reported:
                continue
            self.begin()
            owner = name.rpartition('.')[0]
            while owner and owner not in self.fixtures:
                owner = owner.rpartition('.')[0]
            kind, reason = self.fixtures.get(owner, ('error', 'the test did not run'))
            (self.skips if kind == 'skip' else self.problems).append(reason)
            self.report(name)


def main():
    parser = argparse.ArgumentParser(description='Run unittest tests and report them in TAP.')
    parser.add_argument('-k', dest='words', action='append', default=[], help='only tests whose name holds this')
    parser.add_argument('names', nargs='+', metavar='FILE_OR_MODULE')
    arguments = parser.parse_args()

    # Keep the report to ourselves: descriptor 1 of this process and of its children is standard error.
    out = os.fdopen(os.dup(1), 'w', encoding='utf-8', errors='backslashreplace')
    os.dup2(2, 1)
    try:
        suite = load(arguments.names, arguments.words)
    except unittest.SkipTest as skip:
        print(f'1..0 # SKIP {one_line(str(skip))}', file=out, flush=True)
        return 0
    except Exception:
        traceback.print_exc()
        print('Bail out! the tests could not be loaded', file=out, flush=True)
        return 2
    result = TapResult(list(flatten(suite)), out)
    suite.run(result)
    result.finish()
    return 1 if result.failed else 0


if __name__ == '__main__':
    sys.exit(main())
