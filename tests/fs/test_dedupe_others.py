# SPDX-License-Identifier: MIT
"""That the tests of what is lost would tell: other programs are put in the place of nlink, and have to fail them."""

import os
import sys
import unittest
from unittest import mock

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'crash'))

import equals
import ground
import test_dedupe_losses
import test_dedupe_meanwhile
import test_killed

# Which program fails which test, and what the test says of it.
ROWS = [
    ('jdupes', test_dedupe_losses.TemporaryNames, 'test_fixed_names_that_belong_to_somebody',
     'the name b.__jdupes__.tmp is gone'),
    ('jdupes', test_dedupe_losses.TemporaryNames, 'test_no_name_is_used_twice', 'can be foreseen'),
    ('hardlink', test_dedupe_losses.TemporaryNames, 'test_they_are_files_like_all_others', 'b.hardlink-temporary'),
    ('rdfind', test_dedupe_losses.Unreadable, 'test_two_of_one_size', 'b has another bytes'),
    ('rdfind', test_dedupe_losses.Unreadable, 'test_one_that_breaks_off', 'b has another bytes'),
    ('rdfind', test_dedupe_losses.Clusters, 'test_two_files_of_three_names', 'are not one file'),
    ('rmlint', test_dedupe_losses.LinkLimit, 'test_names_in_one_directory', 'is gone'),
    ('jdupes', test_dedupe_losses.LongNames, 'test_255_bytes', 'are not one file'),
    ('jdupes', test_dedupe_losses.WhatDiffers, 'test_mode', 'b has another mode'),
    ('rdfind', test_dedupe_losses.WhatDiffers, 'test_owner', 'b has another owner'),
    ('hardlink', test_dedupe_losses.WhatDiffers, 'test_an_attribute', 'has another attributes'),
    ('hardlink', test_dedupe_losses.WhatDiffers, 'test_capabilities', 'has another attributes'),
    ('hardlink', test_dedupe_meanwhile.Writing, 'test_appended', 'and should hold 5008 bytes'),
    ('jdupes', test_dedupe_meanwhile.Writing, 'test_rewritten_with_size_and_time_as_before', 'should hold 5000 bytes'),
    ('rdfind', test_dedupe_meanwhile.Writing, 'test_through_a_mapping', 'should hold 5000 bytes'),
    ('jdupes', test_dedupe_meanwhile.Replacing, 'test_by_rename', 'should hold 53 bytes'),
    ('hardlink', test_dedupe_meanwhile.HeldOpen, 'test_to_append', "frozenset"),
    ('jdupes', test_dedupe_meanwhile.HeldOpen, 'test_a_mapping_whose_descriptor_is_closed', "frozenset"),
    ('jdupes', test_killed.Killed, 'test_dedupe', 'is gone'),
    ('rdfind', test_killed.Killed, 'test_dedupe_in_threads', 'was left behind'),
]


def setUpModule():
    ground.enter()


class Others(unittest.TestCase):
    grounds = set()

    def fails(self, tool, kind, name, expected):
        ground.need(tool)
        if kind not in self.grounds:
            self.grounds.add(kind)
            kind.setUpClass()
        result = unittest.TestResult()
        with mock.patch.object(equals, 'TOOL', tool):
            kind(name).run(result)
        told = '\n'.join(text for _, text in result.failures)
        self.assertTrue(result.failures and not result.errors, f'{tool} passes {name}: {result.errors}')
        self.assertIn(expected, told)


def test_of(row):
    return lambda self: self.fails(*row)


for one in ROWS:
    setattr(Others, f'{one[2]}_fails_{one[0]}', test_of(one))

if __name__ == '__main__':
    unittest.main()
