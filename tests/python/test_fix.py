# SPDX-License-Identifier: MIT
"""fix: what the plan says, how soft links are mended, what is told back, and how it is taken back."""

import os
import pickle
import unittest

import nlink
from forest import Gone, below, quietly, raiser
from place import Hook, Path
from state import Stateful


class Broken(Stateful):
    """Each kind of soft link that can be mended, and each that cannot be."""

    def setUp(self):
        super().setUp()
        os.makedirs('t/d/e')
        self.make('t/d/e/lost', 't/file', 'out')
        self.soft = {
            't/d/dangles': 'lost',
            't/gone': 'nothing/there',
            't/loop': 'loop',
            't/d/absolute': os.path.abspath('t/file'),
            't/d/long': '../d/../file',
            't/d/beyond': '../../out',
            't/good': 'file',
        }
        for path, target in self.soft.items():
            os.symlink(target, path)

    def mended(self, **others):
        return dict(self.soft, **{'t/d/dangles': 'e/lost', 't/d/absolute': '../file', 't/d/long': '../file'}, **others)

    def assertHolds(self, expected):
        found = {os.fsdecode(path): os.readlink(os.fsdecode(path)) for path in below('t') if os.path.islink(path)}
        self.assertEqual(found, expected)


MENDS = [('t/d/dangles', 'lost', 'e/lost'), ('t/d/long', '../d/../file', '../file')]


class Plans(Broken):
    def test_mends(self):
        fix = nlink.fix('t')
        self.assertIs(type(fix), nlink.Fix)
        expected = [MENDS[0], ('t/d/absolute', self.soft['t/d/absolute'], '../file'), MENDS[1]]
        self.assertEqual([tuple(mend) for mend in fix], expected)
        self.assertEqual([tuple(mend) for mend in fix], expected)
        self.assertEqual((fix.planned_names, fix.done_names, fix.left_names, fix.failed), (3, 0, 0, 0))
        self.assertEqual((fix.applied, fix.journal, fix.errors, fix.left), (False, None, (), ()))
        self.assertHolds(self.soft)
        self.assertIsInstance(fix[0], nlink.mend)
        self.assertEqual((fix[0].path, fix[0].target, fix[0].aim), MENDS[0])
        self.assertEqual(pickle.loads(pickle.dumps(fix[0])), fix[0])
        self.assertRaises(IndexError, lambda: fix[3])
        self.assertRaises(IndexError, lambda: fix[-1])
        self.assertRaises(TypeError, nlink.Fix)
        self.assertEqual(repr(fix), '<nlink.Fix: 3 soft links to be mended, 0 mended>')

    def test_it_says_what_check_says(self):
        said = {finding.path: finding.mend for finding in nlink.check('t') if finding.mend}
        for path, target, aim in nlink.fix('t', remove=True):
            if aim is None:
                self.assertEqual(said.get(path, "rm -- '%s'" % path), "rm -- '%s'" % path)
            else:
                self.assertEqual(said.pop(path), "ln -sfn -- '%s' '%s'" % (aim, path))
        self.assertEqual(set(said), {'t/gone'})

    def test_remove(self):
        fix = nlink.fix('t', remove=True)
        self.assertEqual([mend.path for mend in fix if mend.aim is None], ['t/gone', 't/loop'])
        self.assertEqual(fix.planned_names, 5)

    def test_choice(self):
        self.assertEqual([mend.path for mend in nlink.fix('t', only='dangles')], ['t/d/dangles'])
        self.assertEqual([mend.path for mend in nlink.fix('t', skip=['dangles', 'needlessly-long'])], ['t/d/absolute'])
        self.assertEqual([mend.path for mend in nlink.fix('t', exclude=['a*', 'l*'])], [])  # the lost file is left out, too
        self.assertEqual([mend.path for mend in nlink.fix(dir_fd=self.open_dir('t/d'), only='needlessly-long')], ['./long'])
        self.assertEqual([tuple(mend) for mend in nlink.fix(b't', only='dangles')], [(b't/d/dangles', b'lost', b'e/lost')])

    def test_refused(self):
        self.assertRaisesText(ValueError, "fix: only: there is no kind of finding 'zip'", nlink.fix, only='zip')
        self.assertRaisesText(ValueError, 'fix: journal is given, and no_journal too', nlink.fix, journal='j', no_journal=True)
        self.assertRaises(TypeError, nlink.fix, 3)
        self.assertRaises(TypeError, nlink.fix, on_left=3)
        self.assertRaises(TypeError, nlink.fix, progress=print)
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.fix('nowhere')
        self.assertEqual(caught.exception.filename, 'nowhere')

    def test_audit(self):
        with Hook() as hook:
            nlink.fix('t')
        self.assertEqual(hook.events, [('os.listdir', ('t',))])


class Applied(Broken):
    def test_apply(self):
        fix = nlink.fix('t')
        self.assertIs(fix.apply(), fix)
        self.assertHolds(self.mended())
        self.assertEqual((fix.planned_names, fix.done_names, fix.left_names, fix.failed, fix.applied), (3, 3, 0, 0, True))
        self.assertTrue(os.path.samefile('t/d/dangles', 't/d/e/lost'))
        self.assertEqual([mend.path for mend in nlink.fix('t')], [])
        self.assertRaises(ValueError, fix.apply)
        names = {name.path: (name.with_, name.done) for name in nlink.journal(fix.journal)}
        self.assertEqual(names, {os.path.realpath('t/d') + '/dangles': ('e/lost', True),
                                 os.path.realpath('t/d') + '/absolute': ('../file', True),
                                 os.path.realpath('t/d') + '/long': ('../file', True)})

    def test_remove_and_undo(self):
        fix = nlink.fix('t', remove=True, apply=True)
        after = self.mended()
        del after['t/gone'], after['t/loop']
        self.assertHolds(after)
        self.assertEqual(fix.done_names, 5)
        about = nlink.journal(fix.journal).about
        self.assertEqual((about.state, about.verb, about.names, about.done_names), ('done', 'check', 5, 5))
        self.assertEqual({name.path: name.with_ for name in nlink.journal(fix.journal)}[os.path.realpath('t') + '/gone'], None)
        result = nlink.undo(fix.journal)
        self.assertEqual((result.returned_names, result.left_names), (5, 0))
        self.assertHolds(self.soft)

    def test_own(self):
        os.utime('t/d/long', ns=(10 ** 18, 10 ** 18), follow_symlinks=False)
        if os.geteuid() == 0:
            os.lchown('t/d/long', 65534, 65534)
        before = os.lstat('t/d/long')
        fix = nlink.fix('t', apply=True)
        os.utime('t/d/long', follow_symlinks=False)
        nlink.undo(fix.journal)
        after = os.lstat('t/d/long')
        self.assertEqual((after.st_uid, after.st_gid, after.st_mtime_ns), (before.st_uid, before.st_gid, before.st_mtime_ns))

    def test_changed_since(self):
        fix = nlink.fix('t', remove=True)
        os.unlink('t/d/dangles')
        os.symlink('e', 't/d/dangles')
        os.unlink('t/d/long')
        self.make('t/d/long')
        os.unlink('t/gone')
        told = []
        fix.apply(on_left=lambda path, left, error: told.append((os.path.basename(path), left)))
        self.assertEqual({path for path, left in told}, {'dangles', 'long', 'gone'})
        self.assertEqual((fix.done_names, fix.left_names, fix.failed), (2, 3, 0))
        self.assertEqual(os.readlink('t/d/dangles'), 'e')
        self.assertFalse(os.path.islink('t/d/long'))
        self.assertFalse(os.path.lexists('t/gone'))

    def test_several_names(self):
        os.mkdir('t/d/f')
        os.link('t/d/long', 't/d/f/long', follow_symlinks=False)
        os.link('t/d/long', 't/d/e/long', follow_symlinks=False)
        os.link('t/d/absolute', 't/d/second', follow_symlinks=False)
        os.link('t/d/absolute', 't/deeper', follow_symlinks=False)
        fix = nlink.fix('t', apply=True)
        self.assertEqual((fix.left_names, fix.done_names), (0, fix.planned_names))
        self.assertSameFile('t/d/absolute', 't/d/second')
        self.assertEqual((os.readlink('t/d/second'), os.readlink('t/deeper')), ('../file', 'file'))
        nlink.undo(fix.journal)
        for name in ('t/d/absolute', 't/d/second', 't/deeper'):
            self.assertEqual(os.readlink(name), self.soft['t/d/absolute'])
        self.assertSameFile('t/d/absolute', 't/d/second')

    def test_nothing_to_do(self):
        os.mkdir('u')
        fix = nlink.fix('u', apply=True)
        self.assertEqual((fix.planned_names, fix.done_names, fix.journal), (0, 0, None))
        self.assertNoJournals()

    def test_journal(self):
        self.assertEqual(nlink.fix(b't', apply=True, journal='j').journal, os.path.abspath(b'j'))
        os.symlink('lost', 't/d/again')
        with self.assertRaises(FileExistsError) as caught:
            nlink.fix('t', apply=True, journal='j')
        self.assertEqual(caught.exception.filename, 'j')
        self.assertIsInstance(caught.exception.report, nlink.Fix)
        self.assertEqual(os.readlink('t/d/again'), 'lost')
        self.assertIsNone(nlink.fix('t', apply=True, no_journal=True).journal)
        self.assertEqual(os.readlink('t/d/again'), 'e/lost')
        self.assertNoJournals()

    def test_closed(self):
        with nlink.fix('t') as fix:
            pass
        self.assertRaisesText(ValueError, 'the plan is closed', fix.apply)
        self.assertEqual(len(list(fix)), 3)

    def test_on_left_raises(self):
        fix = nlink.fix('t')
        os.unlink('t/d/long')
        self.assertRaises(Gone, fix.apply, on_left=raiser)
        self.assertEqual(fix.done_names, 2)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_not_allowed(self):
        os.chmod('t', 0o755)
        said = self.run_as_nobody('f = nlink.fix("t", apply=True, no_journal=True)\n'
                                  'print(f.done_names, f.left_names, f.failed, {l.left for l in f.left},\n'
                                  '      {type(l.error).__name__ for l in f.left})\n')
        self.assertEqual(said, "0 3 3 {'failed'} {'PermissionError'}\n")
        self.assertHolds(self.soft)


class Kept(Broken):
    def test_descriptors(self):
        self.assertKeepsNothing(lambda: nlink.fix('t'))
        self.assertKeepsNothing(lambda: quietly(nlink.fix, 't', 'nowhere'))
        self.assertKeepsNothing(lambda: nlink.fix('t/good', 't/d', apply=True, no_journal=True))

    def test_memory(self):
        name = 'n' + str(os.getpid())
        bad = Path('missing' + name)

        def one():
            list(nlink.fix('t', remove=True, only=['dangles', 'loops'], exclude=name))
            quietly(nlink.fix, bad)
            quietly(nlink.fix, 't', bad, on_event=raiser)
            quietly(nlink.fix, only=name)
            quietly(nlink.fix, journal=Path(name), no_journal=True)
            nlink.fix('t', exclude='d', apply=True, no_journal=True)
        self.assertLosesNothing(one)

    def test_references(self):
        path, word = ''.join(('t', '/')), ''.join(('dang', 'les'))
        self.assertKeepsReferences((path, word, nlink.Fix, nlink.mend), lambda: list(nlink.fix(path, only=word)))


if __name__ == '__main__':
    unittest.main()
