# SPDX-License-Identifier: MIT
"""Run tests of the standard library, with os.link as it is or with nlink.link in its place.

    runner.py own|nlink UID NAME...

Nothing is wrapped: nlink.link itself stands where os.link and posix.link were, also in os.supports_dir_fd and
os.supports_follow_symlinks. Calls are counted by the audit event that both functions raise; that none of them
came from Python's own function is shown by asking the garbage collector who still knows it.

Prints one line of JSON: the outcome of every test, the calls, and whether somebody still had the old function.
"""

import gc
import json
import os
import posix
import sys
import unittest

calls = 0


def count(event, args):
    global calls
    if event == 'os.link':
        calls += 1


class Outcomes(unittest.TestResult):
    """What became of each test, a skip with its reason; a failing subtest fails its test."""

    def __init__(self):
        super().__init__()
        self.seen = {}

    def note(self, test, outcome):
        test = getattr(test, 'test_case', test)
        self.seen.setdefault(test.id(), []).append(outcome)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test, 'ok')

    def addError(self, test, error):
        super().addError(test, error)
        self.note(test, 'error: ' + error[0].__name__)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.note(test, 'failure: ' + error[0].__name__)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, 'skip: ' + reason)

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self.note(test, 'expected failure')

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.note(test, 'unexpected success')

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.note(test, 'subtest: ' + error[0].__name__)


def put_in_place():
    """Give nlink.link every place that os.link has, and return the old function."""
    import nlink

    own = os.link
    os.link = posix.link = nlink.link
    for functions in (os.supports_dir_fd, os.supports_follow_symlinks):
        functions.discard(own)
        functions.add(nlink.link)
    return own


def others_that_know(function, mine):
    """Who refers to a function, but for our own list and what belongs to this very call."""
    gc.collect()
    found = []
    for referrer in gc.get_referrers(function):
        if referrer is not mine and not isinstance(referrer, type(sys._getframe())):
            found.append(type(referrer).__name__)
    return found


def main(which, uid, names):
    mine = []
    if which == 'nlink':
        mine.append(put_in_place())
    if uid != os.geteuid():
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    suite = unittest.TestLoader().loadTestsFromNames(names)
    result = Outcomes()
    sys.addaudithook(count)
    suite.run(result)
    counted = calls
    known = []
    if mine:
        # Its home module keeps no copy; nor may anybody else, or calls could have gone past nlink.
        known = others_that_know(mine[0], mine)
    said = {'tests': result.seen, 'calls': counted, 'known': known, 'failed': [id for id, _ in
            ((test.id(), text) for test, text in result.errors + result.failures)]}
    sys.__stdout__.write('\n@@' + json.dumps(said) + '\n')
    sys.__stdout__.flush()


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
