# SPDX-License-Identifier: MIT
"""docs/rain.py does what docs/python.md says, which shows the same program."""

import os
import re
import subprocess
import sys
import unittest

import nlink  # noqa: F401  (to fail here, with a plain message, where it is not built)
from place import InPlace

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs')


class Example(InPlace):
    def setUp(self):
        super().setUp()
        with open(os.path.join(DOCS, 'rain.py')) as file:
            self.program = file.read()
        with open(os.path.join(DOCS, 'python.md')) as file:
            self.page = file.read()

    def test_the_page_shows_the_program(self):
        [shown] = re.findall(r'^```python rain\.py\n(.*?)^```$', self.page, re.S | re.M)
        self.assertEqual(shown, self.program)

    def test_output(self):
        with open('rain.py', 'w') as file:
            file.write(self.program)
        result = subprocess.run([sys.executable, 'rain.py'], capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        [said] = re.findall(r'^\$ python3 rain\.py\n(.*?)^```$', self.page, re.S | re.M)
        self.assertEqual(result.stdout, said)
        self.assertIn('Rain.txt is a file with 2 names\nRainLink is a file with 2 names\n', said)
        self.assertSameFile('Rain.txt', 'RainLink')
        self.assertCount(2, 'RainLink')


if __name__ == '__main__':
    unittest.main()
