# SPDX-License-Identifier: MIT
"""Nothing that is written while nlink dedupe --apply runs gets lost, and no name is missing for an instant.

NLINK_WRITERS_SECONDS is how long each command runs against the writers, NLINK_SEED what the writers begin with.
"""

import os
import sys
import unittest

from harness import MUST_BE_NONE, trial

SECONDS = float(os.environ.get('NLINK_WRITERS_SECONDS', '4'))
SEED = int(os.environ.get('NLINK_SEED', '1'))
PROGRAM = os.environ['NLINK_WRITERS_PROGRAM']
CONTROL = [sys.executable, os.path.join(os.path.dirname(os.path.realpath(__file__)), 'control.py')]
MEMORY, DISK = '/dev/shm', '/var/tmp'


class Writers(unittest.TestCase):
    maxDiff = None

    def tried(self, command, where, seconds=SECONDS, ok=(0,)):
        if not os.access(where, os.W_OK | os.X_OK):
            self.skipTest(f'{where} cannot be written to')
        found = trial(PROGRAM, command, seconds, SEED, where, ok)
        self.assertGreater(found['writes'], 100)
        return found

    def assert_nothing_lost(self, found):
        told = '\n'.join(found['details'][:20])
        self.assertEqual({key: found[key] for key in MUST_BE_NONE}, dict.fromkeys(MUST_BE_NONE, 0), told)


class Harness(Writers):
    """The harness itself: it must tell what gets lost, and nothing else."""

    def test_no_command_loses_nothing(self):
        for where in MEMORY, DISK:
            with self.subTest(where=where):
                self.assert_nothing_lost(self.tried([], where, 2))

    def test_names_may_move_while_nobody_writes(self):
        for where in MEMORY, DISK:
            with self.subTest(where=where):
                found = self.tried([*CONTROL, 'stopped', '{}'], where, 3)
                self.assert_nothing_lost(found)
                self.assertGreater(found['moved'], 100)

    def test_what_a_naive_command_loses_is_told(self):
        found = self.tried([*CONTROL, 'naive', '{}'], MEMORY, 3)
        self.assertGreater(found['lost'], 0)
        self.assertGreater(found['absent'], 0)


class Dedupe(Writers):
    """A name that could not be dealt with gives the status 1, or 3 where that was all; the writers take names away all the time."""

    def dedupe(self, where, *words):
        found = self.tried([os.environ['NLINK'], 'dedupe', '--apply', '--min-age', '0', *words, '{}'], where, ok=(0, 1, 3))
        self.assert_nothing_lost(found)
        self.assertGreater(found['moved'], 20)

    def test_in_memory(self):
        self.dedupe(MEMORY)

    def test_on_a_disk(self):
        self.dedupe(DISK)


if __name__ == '__main__':
    unittest.main()
