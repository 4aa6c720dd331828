# SPDX-License-Identifier: MIT
"""The report itself is honest: tests/tap.py and tools/count-results tell failures, skips and crashes as they are."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get('NLINK_SOURCE') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')

CASES = '''
import os
import unittest

class Plain(unittest.TestCase):
    def test_passes(self):
        print('not ok 99 - this is no report')
        os.system('echo not ok 98 - nor is this')
    def test_fails(self):
        self.fail('a # b')
    def test_is_wrong(self):
        raise ValueError('x')
    def test_skips(self):
        self.skipTest('no root')
    def test_fails_in_part(self):
        for number in (1, 2, 3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 2)
    def test_skips_in_part(self):
        with self.subTest(number=1):
            self.skipTest('no xfs')
    @unittest.expectedFailure
    def test_passes_unexpectedly(self):
        pass
    def test_cleans_up_badly(self):
        self.addCleanup(self.fail, 'left behind')

class SkippedClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest('no loop device')
    def test_one(self):
        pass

class BrokenClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError('no disk')
    def test_one(self):
        pass
'''


class Tap(unittest.TestCase):
    def run_tap(self, text, *words):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'cases.py')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
            done = subprocess.run([sys.executable, os.path.join(SOURCE, 'tests', 'tap.py'), *words, path],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(os.listdir(directory), ['cases.py'])
        rows = {}
        for row in done.stdout.splitlines():
            match = re.match(r'(ok|not ok) \d+ - cases\.(\S+)(?: # (.*))?$', row)
            if match:
                rows[match.group(2)] = (match.group(1), match.group(3))
        return done.returncode, done.stdout, rows

    def test_every_outcome(self):
        code, said, rows = self.run_tap(CASES)
        self.assertEqual(code, 1)
        self.assertEqual(said.splitlines()[0], '1..10')
        self.assertEqual(rows, {
            'Plain.test_passes': ('ok', None),
            'Plain.test_fails': ('not ok', None),
            'Plain.test_is_wrong': ('not ok', None),
            'Plain.test_skips': ('ok', 'SKIP no root'),
            'Plain.test_fails_in_part': ('not ok', None),
            'Plain.test_skips_in_part': ('ok', 'SKIP in part: (number=1): no xfs'),
            'Plain.test_passes_unexpectedly': ('not ok', None),
            'Plain.test_cleans_up_badly': ('not ok', None),
            'SkippedClass.test_one': ('ok', 'SKIP no loop device'),
            'BrokenClass.test_one': ('not ok', None),
        })

    def test_what_tests_print_stays_out(self):
        _, said, _ = self.run_tap(CASES, '-k', 'test_passes')
        self.assertNotIn('not ok 9', said)

    def test_all_passed(self):
        code, said, _ = self.run_tap('import unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        pass\n')
        self.assertEqual((code, said), (0, '1..1\nok 1 - cases.A.test_a\n'))

    def test_crash_leaves_the_plan_unkept(self):
        code, said, rows = self.run_tap('import os, unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n'
                                        '        os.abort()\n    def test_b(self):\n        pass\n')
        self.assertNotEqual(code, 0)
        self.assertEqual((said, rows), ('1..2\n', {}))

    def test_no_test_is_a_failure(self):
        self.assertEqual(self.run_tap('x = 1\n')[0], 1)

    def test_file_that_cannot_be_loaded(self):
        code, said, _ = self.run_tap('import nothing_of_this_name\n')
        self.assertEqual((code, said), (2, 'Bail out! the tests could not be loaded\n'))

    def test_module_that_skips_itself(self):
        code, said, _ = self.run_tap('import unittest\nraise unittest.SkipTest("no module")\n')
        self.assertEqual((code, said), (0, '1..0 # SKIP no module\n'))

    def test_teardown_of_a_class_fails(self):
        code, _, rows = self.run_tap('import unittest\nclass A(unittest.TestCase):\n    @classmethod\n'
                                     '    def tearDownClass(cls):\n        raise OSError()\n    def test_a(self):\n'
                                     '        pass\n')
        self.assertEqual((code, rows), (1, {'A.test_a': ('ok', None)}))


class Count(unittest.TestCase):
    """tools/count-results on logs as Meson writes them."""

    def count(self, cases, programs, *words, allowed=None):
        """cases: program -> [(case, tag, reason)]; programs: (name, result, output)."""
        with tempfile.TemporaryDirectory() as directory:
            logs = os.path.join(directory, 'meson-logs')
            os.mkdir(logs)
            with open(os.path.join(logs, 'testlog.junit.xml'), 'w', encoding='utf-8') as file:
                file.write("<?xml version='1.0' encoding='utf-8'?>\n<testsuites>")
                file.write('<testsuite name="nlink"><testcase name="nlink:fs / alone" classname="nlink"/></testsuite>')
                for program, rows in cases.items():
                    file.write(f'<testsuite name="nlink.{program}">')
                    for case, tag, reason in rows:
                        file.write(f'<testcase name="{case}" classname="nlink.{program}">{tag}')
                        file.write(f'<system-out>{reason}</system-out></testcase>')
                    file.write('<system-out>a \x1b that XML forbids</system-out></testsuite>')
                file.write('</testsuites>')
            with open(os.path.join(logs, 'testlog.json'), 'w', encoding='utf-8') as file:
                for name, result, output in programs:
                    file.write(json.dumps({'name': name, 'result': result, 'stdout': output}) + '\n')
            if allowed is not None:
                path = os.path.join(directory, 'allowed')
                with open(path, 'w', encoding='utf-8') as file:
                    file.write(allowed)
                words = (*words, '--skips-allowed', path)
            done = subprocess.run([sys.executable, os.path.join(SOURCE, 'tools', 'count-results'), *words, directory],
                                  capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.strip().splitlines()

    def test_passed(self):
        self.assertEqual(self.count({'nlink:api / link': [('1 - a', '', ''), ('2 - b', '', '')]},
                                    [('nlink:api / link', 'OK', '1..2')]), (0, ['2 passed, 0 failed, 0 skipped']))

    def test_nothing_ran(self):
        self.assertEqual(self.count({}, []), (1, ['0 passed, 0 failed, 0 skipped']))

    def test_no_log(self):
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run([sys.executable, os.path.join(SOURCE, 'tools', 'count-results'), directory],
                                  capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (1, '0 passed, 1 failed, 0 skipped'))

    def test_failed_case(self):
        self.assertEqual(self.count({'nlink:api / link': [('1 - a', '', ''), ('2 - b', '<failure/>', '')]},
                                    [('nlink:api / link', 'ERROR', '')]),
                         (1, ['failed: api/link: b', '1 passed, 1 failed, 0 skipped']))

    def test_crash_after_some_cases(self):
        self.assertEqual(self.count({'nlink:api / link': [('1 - a', '', '')]}, [('nlink:api / link', 'ERROR', '')]),
                         (1, ['failed: api/link: the program as a whole: ERROR', '1 passed, 1 failed, 0 skipped']))

    def test_out_of_time_before_any_case(self):
        self.assertEqual(self.count({}, [('nlink:fs / alone', 'TIMEOUT', '')]),
                         (1, ['failed: fs/alone: the program as a whole: TIMEOUT', '0 passed, 1 failed, 0 skipped']))

    def test_skips_with_their_reasons(self):
        code, said = self.count({'nlink:fs / xfs': [('1 - a', '<skipped/>', 'no root'), ('2 - b', '<skipped/>', 'no root'),
                                                    ('3 - c', '', '')]},
                                [('nlink:fs / xfs', 'OK', ''), ('nlink:fs / alone', 'SKIP', '1..0 # SKIP no loop\n')])
        self.assertEqual((code, said), (0, ['skipped: fs/xfs: a and 1 more: no root', 'skipped: fs/alone: no loop',
                                            '1 passed, 0 failed, 3 skipped']))

    def test_skip_that_is_not_allowed(self):
        cases = {'nlink:fs / xfs': [('1 - a', '<skipped/>', 'no root'), ('2 - b', '', '')]}
        programs = [('nlink:fs / xfs', 'OK', '')]
        self.assertEqual(self.count(cases, programs, allowed='# none\n')[0], 1)
        self.assertEqual(self.count(cases, programs, allowed='fs/xfs: b | no root | why\n')[0], 1)
        self.assertEqual(self.count(cases, programs, allowed='fs/xfs: a | no disk | why\n')[0], 1)
        self.assertEqual(self.count(cases, programs, allowed='fs/*: ? | no * | why\n')[0], 0)

    def test_rule_without_a_reason(self):
        self.assertEqual(self.count({}, [('nlink:fs / a', 'OK', '')], allowed='fs/* | * |\n')[0], 1)


if __name__ == '__main__':
    unittest.main()
