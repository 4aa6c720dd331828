# SPDX-License-Identifier: MIT
"""journals, journal, recover, undo: what was done, mended, and taken back."""

import os
import pickle
import time
import unittest

import nlink
from forest import Gone, quietly, raiser
from place import Hook, Path
from state import Stateful


class Done(Stateful):
    """t has three equal files, which dedupe() has made one: the journal j tells."""

    def setUp(self):
        super().setUp()
        os.makedirs('t/d')
        for name in ('t/a', 't/b', 't/d/c'):
            self.write(name, b'equal' * 1000)
        self.began = time.time_ns()
        self.done = nlink.dedupe('t', min_age=0, keep='first', apply=True)
        self.here = os.path.realpath('.')

    def assertOne(self):
        self.assertCount(3, 't/a')

    def assertParted(self):
        for name in ('t/a', 't/b', 't/d/c'):
            self.assertCount(1, name)
            with open(name, 'rb') as file:
                self.assertEqual(file.read(), b'equal' * 1000)


class Told(Done):
    def test_journals(self):
        [entry] = nlink.journals()
        self.assertIsInstance(entry, nlink.journal_entry)
        self.assertEqual((entry.path, entry.state, entry.verb, entry.names, entry.done_names, entry.gained_bytes),
                         (self.done.journal, 'done', 'dedupe', 2, 2, self.done.gained_bytes))
        self.assertLess(abs(entry.started_ns - self.began), 60 * 10 ** 9)
        self.assertEqual(pickle.loads(pickle.dumps(entry)), entry)
        self.assertEqual(list(nlink.journals(os.fsencode(self.state_directory())))[0].path, os.fsencode(entry.path))
        self.assertEqual(list(nlink.journals('nlink', dir_fd=self.open_dir('state'))), [entry])
        os.mkdir('empty')
        self.assertEqual(list(nlink.journals('empty')), [])
        journals = nlink.journals()
        self.assertIs(iter(journals), journals)

    def test_no_state_directory(self):
        os.environ['XDG_STATE_HOME'] = os.path.abspath('nowhere')
        self.assertEqual(list(nlink.journals()), [])

    def test_newest_first(self):
        self.write('t/d/e', b'equal' * 1000)
        newer = nlink.dedupe('t', min_age=0, apply=True).journal
        self.assertEqual([entry.path for entry in nlink.journals()], [newer, self.done.journal])

    def test_unreadable(self):
        self.write('state/nlink/rubbish', b'rubbish')
        states = {os.path.basename(entry.path): (entry.state, entry.started_ns) for entry in nlink.journals()
                  if entry.path != self.done.journal}
        self.assertIn(states, ({}, {'rubbish': ('unreadable', None)}))

    def test_journal(self):
        journal = nlink.journal(self.done.journal)
        self.assertIs(type(journal), nlink.Journal)
        self.assertIsInstance(journal, tuple)
        self.assertEqual(journal.about, list(nlink.journals())[0])
        self.assertEqual({(name.path, name.with_, name.done, name.left, name.size_bytes) for name in journal},
                         {(self.here + '/t/b', self.here + '/t/a', True, None, 5000),
                          (self.here + '/t/d/c', self.here + '/t/a', True, None, 5000)})
        self.assertIsInstance(journal[0], nlink.journal_name)
        self.assertEqual(pickle.loads(pickle.dumps(journal)), journal)
        self.assertRaises(AttributeError, setattr, journal, 'about', None)
        self.assertEqual(type(nlink.journal(os.fsencode(self.done.journal))[0].path), bytes)
        self.assertEqual(nlink.journal(os.path.basename(self.done.journal), dir_fd=self.open_dir(self.state_directory())), journal)

    def test_refused(self):
        for function in (nlink.journal, nlink.undo, nlink.recover):
            with self.assertRaises(FileNotFoundError) as caught:
                function('nowhere')
            self.assertEqual(caught.exception.filename, 'nowhere')
        with self.assertRaises(NotADirectoryError) as caught:
            nlink.journals('t/a')
        self.assertEqual(caught.exception.filename, 't/a')
        self.write('rubbish', b'rubbish' * 100)
        self.assertRaises(ValueError, nlink.journal, 'rubbish')
        self.assertRaises(ValueError, nlink.undo, 'rubbish')
        for function in (nlink.journal, nlink.undo):
            self.assertRaises(TypeError, function)
            self.assertRaises(TypeError, function, None)
            self.assertRaises(TypeError, function, 3)
        self.assertRaises(TypeError, nlink.journals, 3)
        self.assertRaises(TypeError, nlink.undo, 'rubbish', on_left=3)
        self.assertRaisesText(ValueError, 'recover: below is for all journals, and one is given', nlink.recover, 'rubbish', below='t')
        self.assertRaisesText(ValueError, 'recover: below is empty', nlink.recover, below=[])

    def test_audit(self):
        with Hook() as hook:
            list(nlink.journals(self.state_directory()))
        self.assertEqual(hook.events, [('os.listdir', (self.state_directory(),))])


class Undone(Done):
    def test_undo(self):
        result = nlink.undo(self.done.journal)
        self.assertParted()
        self.assertIsInstance(result, nlink.repair_result)
        self.assertEqual((result.journals, result.returned_names, result.left_names, result.failed), (1, 2, 0, 0))
        self.assertGreater(result.returned_bytes, 0)
        self.assertEqual(nlink.journal(self.done.journal).about.state, 'undone')
        nlink.dedupe('t', min_age=0, apply=True)
        self.assertOne()

    def test_dry_run(self):
        result = nlink.undo(self.done.journal, dry_run=True)
        self.assertOne()
        self.assertEqual(result.returned_names, 2)
        self.assertEqual(nlink.journal(self.done.journal).about.state, 'done')

    def test_left(self):
        os.mkdir('u')
        for name in ('u/a', 'u/b', 'u/c'):
            self.write(name, b'alike' * 1000)
        os.link('u/b', 'spare')  # so that no new file gets the number of the old one
        done = nlink.dedupe('u', min_age=0, keep='a', apply=True)
        self.assertCount(3, 'u/a')
        os.unlink('u/b')
        self.write('u/b', b'other')
        told = []
        result = nlink.undo(done.journal, on_left=lambda *left: told.append(left))
        self.assertEqual([path for path, left, error in told], [self.here + '/u/b'])
        self.assertIn(told[0][1], ('vanished', 'changed'))  # the new file can have the number of another old one
        self.assertEqual((result.returned_names, result.left_names, result.left), (1, 1, ()))
        with open('u/b', 'rb') as file:
            self.assertEqual(file.read(), b'other')
        result = nlink.undo(done.journal)
        self.assertEqual([(left.path, type(left)) for left in result.left], [(self.here + '/u/b', nlink.left_name)])
        self.assertRaises(Gone, nlink.undo, done.journal, on_left=raiser)


class Recovered(Done):
    def cut(self, path):
        """Make a journal one whose work did not come to its end."""
        with open(path, 'rb') as file:
            whole = file.read()
        self.write(path, whole[:-5])

    def test_nothing(self):
        result = nlink.recover()
        self.assertEqual((result.journals, result.left, result.errors), (0, (), ()))
        self.assertOne()

    def test_unfinished(self):
        self.cut(self.done.journal)
        self.assertEqual(nlink.journal(self.done.journal).about.state, 'unfinished')
        self.assertEqual(nlink.recover(below='state').journals, 0)
        dry = nlink.recover(self.done.journal, dry_run=True)
        self.assertEqual(nlink.journal(self.done.journal).about.state, 'unfinished')
        result = nlink.recover(below=['t/d', 'state'])
        self.assertEqual((result.journals, result.names, result.missing_names, result.left_names), (1, 2, 0, 0))
        self.assertEqual(dry, result)
        self.assertEqual(nlink.journal(self.done.journal).about.state, 'recovered')
        self.assertOne()
        self.assertEqual(nlink.recover().journals, 0)
        nlink.undo(self.done.journal)
        self.assertParted()


class Kept(Done):
    def test_descriptors(self):
        self.assertKeepsNothing(lambda: list(nlink.journals()))
        self.assertKeepsNothing(lambda: nlink.journal(self.done.journal))
        self.assertKeepsNothing(lambda: nlink.undo(self.done.journal, dry_run=True))
        self.assertKeepsNothing(lambda: nlink.recover())
        self.assertKeepsNothing(lambda: quietly(nlink.undo, 't/a'))

    def test_memory(self):
        bad = Path('missing' + str(os.getpid()))

        def one():
            list(nlink.journals())
            nlink.journal(self.done.journal)
            nlink.undo(Path(self.done.journal), dry_run=True)
            nlink.recover(below=['t'])
            quietly(nlink.journals, 't/a')
            quietly(nlink.journal, bad)
            quietly(nlink.journal, 't/a')
            quietly(nlink.undo, bad)
            quietly(nlink.recover, bad, below='t')
            quietly(nlink.recover, 't/a', on_left=3)
        self.assertLosesNothing(one)

    def test_references(self):
        path = ''.join((self.done.journal, ''))
        objects = (path, nlink.journal_entry, nlink.journal_name, nlink.Journal, nlink.repair_result)

        def some():
            nlink.journal(path)
            list(nlink.journals())
            nlink.undo(path, dry_run=True)
        self.assertKeepsReferences(objects, some)


if __name__ == '__main__':
    unittest.main()
