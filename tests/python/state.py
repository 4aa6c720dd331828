# SPDX-License-Identifier: MIT
"""What the tests of all that changes trees share: a state directory of their own."""

import os

from forest import Forest, grow


class Stateful(Forest):
    """Each test has a fresh directory, and journals go to `state` in it."""

    def setUp(self):
        super().setUp()
        before = os.environ.get('XDG_STATE_HOME')
        os.environ['XDG_STATE_HOME'] = os.path.join(os.getcwd(), 'state')
        self.addCleanup(self.restore, before)

    @staticmethod
    def restore(before):
        if before is None:
            del os.environ['XDG_STATE_HOME']
        else:
            os.environ['XDG_STATE_HOME'] = before

    def state_directory(self):
        return os.path.join(os.environ['XDG_STATE_HOME'], 'nlink')

    def assertNoJournals(self):
        if os.path.exists(self.state_directory()):
            self.assertNames([], self.state_directory())

    @staticmethod
    def write(path, contents):
        with open(path, 'wb') as file:
            file.write(contents)

    def assertToldOfProgress(self, look, told):
        """look(rules), at a tree p that takes long enough, is told of progress, which stops it."""
        def call(rules):
            try:
                look(rules)
            except InterruptedError as error:
                self.assertEqual(error.status, 'NLINK_CANCELLED')
                self.assertTrue(told)
            return told
        grow(call)


__all__ = ['Stateful']
