# SPDX-License-Identifier: MIT
"""check: what is wrong with the links in trees, each kind by itself; called back; nothing is kept."""

import errno
import os
import pickle
import shlex
import subprocess
import threading
import unittest

import nlink
from forest import Forest, Gone, below, grow, quietly, raiser
from place import Hook, Path

KINDS = ['dangles', 'loops', 'absolute-inside', 'points-out', 'needlessly-long', 'partly-outside', 'near-limit',
         'set-id-shared', 'writable-and-read-only', 'empty-shared', 'soft-link-shared']


class Findings(Forest):
    def only(self, kind, *paths, **keywords):
        findings = nlink.check(*paths, only=kind, **keywords)
        self.assertEqual({finding.kind for finding in findings} - {kind}, set())
        return findings

    def test_nothing(self):
        os.makedirs('t/d')
        self.make('t/a')
        os.symlink('a', 't/s')
        findings = nlink.check('t')
        self.assertEqual(findings, ())
        self.assertIs(type(findings), nlink.Findings)
        self.assertIsInstance(findings, tuple)
        self.assertEqual(findings.errors, ())

    def test_dangles(self):
        os.makedirs('t/d/e')
        self.make('t/d/e/lost')
        os.symlink('lost', 't/d/s')
        os.symlink('no-such-name', 't/z')
        first, second = self.only('dangles', 't')
        self.assertEqual((first.path, first.target, first.candidate, first.names), ('t/d/s', 'lost', 't/d/e/lost', ()))
        self.assertEqual((second.path, second.target, second.candidate), ('t/z', 'no-such-name', None))
        for finding in (first, second):
            self.assertIs(type(finding.text), str)
            self.assertNotEqual(finding.text, '')
            self.assertTrue(finding.mend is None or finding.mend)

    def test_a_mend_mends(self):
        os.makedirs("t/d/e f'")
        self.make("t/d/e f'/lo st")
        os.symlink('lo st', 't/d/s')
        [finding] = self.only('dangles', 't')
        self.assertIsNotNone(finding.mend)
        program = shlex.split(finding.mend)[0]
        if program not in ('ln', 'rm', 'mv'):
            self.skipTest('the command is ' + program)
        subprocess.run(['sh', '-c', finding.mend], check=True)
        self.assertEqual(self.only('dangles', 't'), ())

    def test_loops(self):
        os.mkdir('t')
        os.symlink('b', 't/a')
        os.symlink('a', 't/b')
        self.assertEqual([(finding.path, finding.target) for finding in self.only('loops', 't')], [('t/a', 'b'), ('t/b', 'a')])

    def test_soft_links_in_and_out(self):
        os.makedirs('t/d')
        self.make('t/a', 'out')
        os.symlink(os.path.abspath('t/a'), 't/d/absolute')
        os.symlink('../../out', 't/d/beyond')
        os.symlink('../d/../a', 't/d/long')
        self.assertEqual([finding.path for finding in self.only('absolute-inside', 't')], ['t/d/absolute'])
        self.assertEqual([finding.path for finding in self.only('points-out', 't')], ['t/d/beyond'])
        self.assertEqual([finding.path for finding in self.only('needlessly-long', 't')], ['t/d/long'])

    def test_files(self):
        os.makedirs('t')
        self.make('t/a', 't/p')
        os.link('t/a', 'outside')
        os.link('t/p', 't/q')
        os.chmod('t/p', 0o4755)
        with open('t/empty', 'w'):
            os.link('t/empty', 't/void')
        os.symlink('a', 't/s')
        os.link('t/s', 't/r', follow_symlinks=False)
        [finding] = self.only('partly-outside', 't')
        self.assertEqual((finding.path, finding.names, finding.link_count, finding.target), ('t/a', ('t/a',), 2, None))
        [finding] = self.only('set-id-shared', 't')
        self.assertEqual((finding.path, finding.names, finding.link_count), ('t/p', ('t/p', 't/q'), 2))
        [finding] = self.only('empty-shared', 't')
        self.assertEqual(finding.names, ('t/empty', 't/void'))
        [finding] = self.only('soft-link-shared', 't')
        self.assertEqual(finding.link_count, 2)
        self.assertIn(finding.path, ('t/r', 't/s'))

    def test_kind_of_text(self):
        os.mkdir('t')
        os.symlink(b'\xfe', b't/\xff')
        [finding] = nlink.check(b't', only='dangles')
        self.assertEqual((finding.path, finding.target), (b't/\xff', b'\xfe'))
        [finding] = nlink.check('t', only='dangles')
        self.assertEqual((finding.path, finding.target), ('t/\udcff', '\udcfe'))
        self.assertIs(type(finding.text), str)

    def test_result(self):
        os.mkdir('t')
        os.symlink('x', 't/s')
        findings = nlink.check('t')
        self.assertIsInstance(findings[0], nlink.finding)
        self.assertEqual(pickle.loads(pickle.dumps(findings)), findings)
        self.assertRegex(repr(findings), r"^\(nlink\.finding\(kind='dangles', path='t/s', target='x', candidate=None, names=\(\)")
        self.assertRaises(AttributeError, setattr, findings, 'errors', ())
        self.assertRaises(AttributeError, setattr, findings[0], 'path', 'x')
        self.assertEqual(nlink.Findings().errors, ())


class Kinds(Forest):
    def setUp(self):
        super().setUp()
        os.mkdir('t')
        os.symlink('x', 't/s')
        os.symlink('l', 't/l')
        self.make('t/a')
        os.link('t/a', 'outside')

    def kinds(self, **keywords):
        return [finding.kind for finding in nlink.check('t', **keywords)]

    def test_only_and_skip(self):
        self.assertEqual(self.kinds(), ['dangles', 'loops', 'partly-outside'])
        self.assertEqual(self.kinds(only='loops'), ['loops'])
        self.assertEqual(self.kinds(only=['partly-outside', 'loops']), ['loops', 'partly-outside'])
        self.assertEqual(self.kinds(skip='loops'), ['dangles', 'partly-outside'])
        self.assertEqual(self.kinds(skip=iter(['dangles', 'loops'])), ['partly-outside'])
        self.assertEqual(self.kinds(only=['dangles', 'loops'], skip='loops'), ['dangles'])
        self.assertEqual(self.kinds(only=[]), [])
        self.assertEqual(self.kinds(skip=[]), self.kinds())
        self.assertEqual(self.kinds(only=KINDS), self.kinds())
        self.assertEqual(self.kinds(skip=KINDS), [])

    def test_refused(self):
        self.assertRaisesText(ValueError, "check: only: there is no kind of finding 'zip'", nlink.check, only='zip')
        self.assertRaisesText(ValueError, 'check: skip: there is no kind of finding 3', nlink.check, skip=[3])
        self.assertRaises(TypeError, nlink.check, only=3)
        self.assertRaises(TypeError, nlink.check, 3)
        self.assertRaises(TypeError, nlink.check, listed=True)

    def test_scope(self):
        self.assertEqual(self.kinds(exclude='l'), ['dangles', 'partly-outside'])
        self.assertEqual(self.kinds(include='l'), ['loops'])
        self.assertEqual(self.kinds(rules=['- s', '- l']), ['partly-outside'])
        self.assertEqual([finding.path for finding in nlink.check('.', dir_fd=self.open_dir('t'), only='loops')], ['./l'])
        self.assertEqual([finding.path for finding in nlink.check(only='loops')], ['./t/l'])

    def test_audit(self):
        with Hook() as hook:
            nlink.check('t', b'.')
        self.assertEqual(hook.events, [('os.listdir', ('t',)), ('os.listdir', (b'.',))])


class CalledBack(Forest):
    def test_missing_path(self):
        path = 'no' + 'where'
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.check('.', path)
        self.assertIs(caught.exception.filename, path)

    def test_on_event(self):
        os.symlink('x', 's')
        told = []
        findings = nlink.check('nowhere', '.', on_event=lambda *event: told.append(event))
        self.assertEqual([(path, error.errno) for path, error in told], [('nowhere', errno.ENOENT)])
        self.assertEqual([finding.path for finding in findings], ['./s'])
        self.assertEqual(findings.errors, ())
        self.assertRaises(Gone, nlink.check, 'nowhere', '.', on_event=raiser)

    def test_progress(self):
        told = []

        def stop(*numbers):
            told.append(numbers)
            return False

        def call(rules):
            try:
                nlink.check('p', threads=1, progress=stop, rules=rules)
            except InterruptedError as error:
                self.assertEqual((error.errno, error.status), (errno.EINTR, 'NLINK_CANCELLED'))
                self.assertTrue(told)
            return told
        grow(call)
        os.rename('p', 'q')
        self.assertRaises(Gone, grow, lambda rules: nlink.check('p', threads=1, progress=raiser, rules=rules) and False)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_errors_further_down(self):
        os.makedirs('d/e')
        os.symlink('x', 'd/s')
        os.chmod('d', 0o755)
        os.chmod('d/e', 0o700)
        said = self.run_as_nobody('f = nlink.check("d")\n'
                                  '[e] = f.errors\n'
                                  'print(type(e).__name__, e.filename, [g.path for g in f])\n')
        self.assertEqual(said, "PermissionError d/e ['d/s']\n")


class Kept(Forest):
    def test_descriptors(self):
        root = self.plant(1, 100)
        self.assertKeepsNothing(lambda: nlink.check(root))
        self.assertKeepsNothing(lambda: quietly(nlink.check, 'nowhere'))
        self.assertKeepsNothing(lambda: quietly(nlink.check, root, 'nowhere', on_event=raiser))

    def test_changes_nothing(self):
        root = self.plant(2, 100)
        before = [os.lstat(path)[:] for path in below(root)]
        self.assertTrue(nlink.check(root))
        self.assertEqual([os.lstat(path)[:7] for path in below(root)], [status[:7] for status in before])

    def test_threads(self):
        root = self.plant(2, 200)
        expected, wrong = nlink.check(root), []

        def run():
            try:
                for _ in range(10):
                    if nlink.check(root) != expected:
                        wrong.append('other findings')
            except BaseException as error:
                wrong.append(error)
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_memory(self):
        root = self.plant(3, 40)
        name = 'n' + str(os.getpid())
        bad = Path('missing' + name)

        def one():
            nlink.check(root)
            nlink.check('t', bad, on_event=lambda *event: None, only=['dangles', 'loops'], exclude=name)
            quietly(nlink.check, bad)
            quietly(nlink.check, root, bad, on_event=raiser)
            quietly(nlink.check, root, only=['dangles', name])
            quietly(nlink.check, root, skip=3)
            quietly(nlink.check, root, rules=name)
        self.assertLosesNothing(one)

    def test_references(self):
        path, missing, kind = ''.join(('.', '/')), ''.join(('no', 'where')), ''.join(('dang', 'les'))
        os.symlink('x', 's')
        objects = (path, missing, kind, nlink.Findings, nlink.finding)

        def some():
            nlink.check(path, only=kind)
            nlink.check(path, missing, skip=[kind], on_event=lambda *event: None)
            quietly(nlink.check, missing)
        self.assertKeepsReferences(objects, some)


if __name__ == '__main__':
    unittest.main()
