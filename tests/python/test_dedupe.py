# SPDX-License-Identifier: MIT
"""dedupe and load_plan: what the plan says, what is done, what is told back; nothing is kept."""

import errno
import gc
import os
import pickle
import signal
import threading
import unittest

import nlink
from forest import Gone, below, quietly, raiser
from place import Hook, Path
from state import Stateful


def groups(plan):
    """What a plan says, in short: for each group, what is done with which names."""
    return [[(file.act, file.names) for file in group.files] for group in plan]


class Equals(Stateful):
    """t/a and t/b/a are equal, t/c has other bytes of the same size, t/d other bytes; t/e has two names and equals t/f."""

    def setUp(self):
        super().setUp()
        os.makedirs('t/b')
        self.write('t/a', b'x' * 5000)
        self.write('t/b/a', b'x' * 5000)
        self.write('t/c', b'y' * 5000)
        self.write('t/d', b'z')
        self.write('t/e', b'e' * 9000)
        self.write('t/f', b'e' * 9000)
        os.link('t/e', 't/b/e')
        self.write('t/empty-1', b'')
        self.write('t/empty-2', b'')

    def plan(self, paths='t', **keywords):
        keywords.setdefault('min_age', 0)
        return nlink.dedupe(paths, **keywords)

    def picture(self, root='t'):
        return [(path, os.lstat(path)[:3], os.lstat(path).st_mtime_ns) for path in below(root)]


class Plans(Equals):
    def test_groups(self):
        before = self.picture()
        plan = self.plan()
        self.assertIs(type(plan), nlink.Dedupe)
        self.assertEqual(groups(plan), [[('keep', ('t/b/e', 't/e')), ('replace', ('t/f',))],
                                        [('keep', ('t/a',)), ('replace', ('t/b/a',))]])
        self.assertEqual(groups(plan), [[('keep', ('t/b/e', 't/e')), ('replace', ('t/f',))],
                                        [('keep', ('t/a',)), ('replace', ('t/b/a',))]])
        self.assertEqual(self.picture(), before)
        self.assertEqual((plan.names, plan.files, plan.groups), (9, 8, 2))
        self.assertEqual((plan.planned_files, plan.planned_names, plan.left_files), (2, 2, 0))
        self.assertEqual((plan.done_files, plan.done_names, plan.gained_bytes, plan.left_names, plan.failed), (0, 0, 0, 0, 0))
        self.assertEqual(plan.gain_bytes, sum(os.lstat(path).st_blocks * 512 for path in ('t/f', 't/b/a')))
        self.assertGreaterEqual(plan.read_bytes, 28000)
        self.assertEqual((plan.applied, plan.journal, plan.errors, plan.left), (False, None, (), ()))

    def test_fields(self):
        plan = self.plan()
        group = plan[0]
        self.assertIsInstance(group, nlink.dedupe_group)
        self.assertEqual(group.size_bytes, 9000)
        self.assertEqual(group.gain_bytes, os.lstat('t/f').st_blocks * 512)
        keep, replace = group.files
        self.assertIsInstance(keep, nlink.dedupe_file)
        self.assertEqual((keep.left, keep.differs, keep.outside_names), (None, (), 0))
        self.assertEqual((keep.keep, replace.keep), (0, 0))
        seen = os.lstat('t/f')
        self.assertIsInstance(replace.stat, nlink.stat_result)
        self.assertEqual((replace.stat.dev, replace.stat.ino, replace.stat.size_bytes, replace.stat.mtime_ns, replace.stat.kind),
                         (seen.st_dev, seen.st_ino, 9000, seen.st_mtime_ns, 'regular'))
        self.assertEqual(pickle.loads(pickle.dumps(group)), group)
        self.assertRaises(IndexError, lambda: plan[2])
        self.assertRaises(IndexError, lambda: plan[-1])
        self.assertIs(plan[0], group)
        self.assertRaises(AttributeError, setattr, plan, 'files', 3)
        self.assertRaises(TypeError, nlink.Dedupe)
        self.assertRegex(repr(plan), r'^<nlink\.Dedupe: 8 files, 2 groups, 2 to be replaced, 0 replaced>$')

    def test_nothing(self):
        os.mkdir('u')
        plan = self.plan('u')
        self.assertEqual((list(plan), plan.files, plan.groups), ([], 0, 0))
        self.assertTrue(plan)
        self.assertIs(plan.apply(), plan)
        self.assertEqual(plan.done_names, 0)

    def test_several_paths(self):
        self.assertEqual(self.plan(['t/a', 't/b']).planned_files, 1)
        self.assertEqual(self.plan(iter(['t/b', Path('t/a')])).planned_files, 1)
        self.assertEqual(self.plan(('t/a', 't/b/a', 't/c'), listed=True).planned_files, 1)

    def test_kind_of_text(self):
        plan = self.plan(b't')
        self.assertEqual(plan[1].files[0].names, (b't/a',))
        self.write(b't/\xff', b'x' * 5000)
        self.assertIn('t/\udcff', [name for file in self.plan()[0].files for name in file.names])

    def test_keep(self):
        os.utime('t/b/a', ns=(10 ** 18, 10 ** 18))
        self.assertEqual(self.plan()[1].files[0].names, ('t/b/a',))
        self.assertEqual(self.plan(keep='oldest')[1].files[0].names, ('t/b/a',))
        self.assertEqual(self.plan(keep='newest')[1].files[0].names, ('t/a',))
        self.assertEqual(self.plan(keep='first')[1].files[0].names, ('t/a',))
        self.assertEqual(self.plan(keep=['f', 'newest'])[0].files[0].names, ('t/f',))
        self.assertEqual(self.plan(keep=['f', 'newest'])[1].files[0].names, ('t/a',))
        self.assertEqual(self.plan(keep=[b'/b/*', Path('f')])[0].files[0].names, ('t/b/e', 't/e'))
        self.assertEqual(self.plan(keep=[])[1].files[0].names, ('t/b/a',))

    def test_gate(self):
        os.chmod('t/f', 0o600)
        plan = self.plan()
        self.assertEqual((plan.planned_files, plan.left_files), (1, 1))
        [file] = [file for group in plan for file in group.files if file.act == 'leave']
        self.assertEqual((file.left, file.differs, file.names), ('differs', ('mode',), ('t/f',)))
        self.assertEqual(self.plan(ignore='mode').planned_files, 2)
        self.assertEqual(self.plan(ignore=('mode', 'owner')).planned_files, 2)
        self.assertEqual(self.plan(match='name').planned_files, 1)
        os.utime('t/a', ns=(1, 1))
        self.assertEqual(self.plan(match=iter(['mtime'])).planned_files, 0)

    def test_references(self):
        plan = self.plan('t', references='t/b')
        self.assertEqual(plan[1].files[0].names, ('t/b/a',))
        self.assertEqual(self.plan('t/a', references=['t/b']).planned_files, 1)
        self.assertEqual(self.plan('t', references=[]).planned_files, 2)
        with self.assertRaises(FileNotFoundError) as caught:
            self.plan('t', references='no' + 'where')
        self.assertEqual(caught.exception.filename, 'nowhere')

    def test_young(self):
        self.assertEqual(nlink.dedupe('t', min_age=1000).planned_files, 0)
        self.assertEqual({file.left for group in nlink.dedupe('t', min_age=1000.5) for file in group.files if file.act == 'leave'}, {'young'})
        self.assertEqual(nlink.dedupe('t', min_age=0.0).planned_files, 2)

    def test_limits(self):
        self.write('t/g', b'e' * 9000)
        self.assertEqual(self.plan(max_links=2).planned_files, 2)
        self.assertEqual(self.plan(memory=1 << 20).planned_files, 3)
        self.assertEqual(self.plan(min_size=6000).planned_files, 2)
        self.assertEqual(self.plan(max_size=6000).planned_files, 1)
        self.assertEqual(self.plan(exclude=['f', 'g']).planned_files, 1)
        self.assertEqual(self.plan('.', dir_fd=self.open_dir('t'))[1].files[0].names, ('./a',))
        self.assertEqual(self.plan(threads=1).planned_files, 3)

    def test_modes(self):
        plan = self.plan(mode='symlink')
        self.assertEqual(plan.planned_files, 2)
        plan.apply()
        self.assertEqual(os.readlink('t/f'), 'e')
        with open('t/f', 'rb') as file:
            self.assertEqual(file.read(), b'e' * 9000)
        self.assertEqual(self.plan(mode='reflink').planned_files, 0)

    def test_refused(self):
        refused = [({'mode': 'zip'}, "dedupe: mode should be 'hardlink', 'reflink' or 'symlink', not 'zip'"),
                   ({'mode': 3}, "dedupe: mode should be 'hardlink', 'reflink' or 'symlink', not 3"),
                   ({'ignore': 'zip'}, "dedupe: ignore: there is no aspect 'zip'"),
                   ({'match': ['mode', 3]}, 'dedupe: match: there is no aspect 3'),
                   ({'min_age': -1}, 'dedupe: min_age should be seconds from 0 on, not -1'),
                   ({'min_age': float('nan')}, 'dedupe: min_age should be seconds from 0 on, not nan'),
                   ({'max_links': 0}, 'dedupe: max_links should be from 1 to 18446744073709551615, not 0'),
                   ({'memory': 0}, 'dedupe: memory should be from 1 to 18446744073709551615, not 0'),
                   ({'journal': 'j', 'no_journal': True}, 'dedupe: journal is given, and no_journal too')]
        for keywords, text in refused:
            self.assertRaisesText(ValueError, text, nlink.dedupe, 't', **keywords)
        for keywords in ({'min_age': 'x'}, {'max_links': 1.5}, {'journal': 3}, {'on_left': 3}, {'on_progress': 3}, {'progress': print},
                         {'keep': 3}, {'references': 3}, {'ignore': 3}, {'zip': 3}):
            self.assertRaises(TypeError, nlink.dedupe, 't', **keywords)
        self.assertRaises(TypeError, nlink.dedupe)
        self.assertRaises(TypeError, nlink.dedupe, 't', 'u')
        self.assertRaises(ValueError, nlink.dedupe, [])

    def test_audit(self):
        with Hook() as hook:
            self.plan(['t', b't/b'], references='t/b')
        self.assertEqual(hook.events, [('os.listdir', ('t',)), ('os.listdir', (b't/b',)), ('os.listdir', ('t/b',))])


class Applied(Equals):
    def assertDone(self):
        self.assertSameFile('t/a', 't/b/a')
        self.assertSameFile('t/e', 't/f')
        self.assertSameFile('t/e', 't/b/e')
        self.assertCount(3, 't/f')
        self.assertCount(1, 't/c')
        with open('t/b/a', 'rb') as file:
            self.assertEqual(file.read(), b'x' * 5000)
        self.assertEqual(sorted(os.listdir('t')), ['a', 'b', 'c', 'd', 'e', 'empty-1', 'empty-2', 'f'])

    def test_apply(self):
        plan = self.plan()
        gain = plan.gain_bytes
        self.assertIs(plan.apply(), plan)
        self.assertDone()
        self.assertTrue(plan.applied)
        self.assertEqual((plan.done_files, plan.done_names, plan.gained_bytes, plan.left_names, plan.failed), (2, 2, gain, 0, 0))
        self.assertEqual(plan.left, ())
        self.assertTrue(os.path.isabs(plan.journal))
        self.assertEqual(os.path.dirname(plan.journal), self.state_directory())
        self.assertEqual(groups(plan)[1][1], ('replace', ('t/b/a',)))
        self.assertRaises(ValueError, plan.apply)

    def test_at_once(self):
        plan = self.plan(apply=True)
        self.assertDone()
        self.assertEqual((plan.done_files, plan.applied), (2, True))
        again = self.plan(apply=True)
        self.assertEqual((again.planned_files, again.done_files), (0, 0))

    def test_journal(self):
        plan = self.plan().apply(journal=b'j')
        self.assertEqual(plan.journal, os.path.abspath('j'))
        self.assertNoJournals()
        self.write('t/g', b'z')
        with self.assertRaises(FileExistsError) as caught:
            self.plan(apply=True, journal='j')
        self.assertEqual(caught.exception.filename, 'j')
        self.assertIsInstance(caught.exception.report, nlink.Dedupe)
        self.assertCount(1, 't/g')
        plan = self.plan(b't', apply=True, journal='k')
        self.assertEqual(plan.journal, os.path.abspath(b'k'))

    def test_no_journal(self):
        plan = self.plan(apply=True, no_journal=True)
        self.assertDone()
        self.assertIsNone(plan.journal)
        self.assertNoJournals()

    def test_undo(self):
        os.chmod('t/b/a', 0o640)
        os.utime('t/b/a', ns=(10 ** 18 + 5, 10 ** 18 + 7))
        before = [(path, os.lstat(path).st_mode, os.lstat(path).st_mtime_ns) for path in below('t')]
        plan = self.plan(ignore='mode', apply=True)
        self.assertDone()
        result = nlink.undo(plan.journal)
        self.assertIsInstance(result, nlink.repair_result)
        self.assertEqual((result.journals, result.returned_names, result.left_names, result.failed, result.left, result.errors),
                         (1, 2, 0, 0, (), ()))
        self.assertEqual([(path, os.lstat(path).st_mode, os.lstat(path).st_mtime_ns) for path in below('t') if os.path.isfile(path)],
                         [row for row in before if os.path.isfile(row[0])])
        self.assertCount(1, 't/f')
        self.assertCount(2, 't/e')

    def test_changed(self):
        plan = self.plan()
        self.write('t/b/a', b'q' * 5000)
        plan.apply()
        self.assertEqual((plan.done_names, plan.left_names, plan.failed), (1, 1, 0))
        [left] = plan.left
        self.assertIsInstance(left, nlink.left_name)
        self.assertEqual((os.path.basename(left.path), left.left, left.error), ('a', 'changed', None))
        self.assertEqual(left.text, 'it was changed since it was looked at')
        with open('t/b/a', 'rb') as file:
            self.assertEqual(file.read(), b'q' * 5000)

    def test_on_left(self):
        plan = self.plan()
        os.unlink('t/f')
        told = []
        plan.apply(on_left=lambda *left: told.append(left))
        self.assertEqual([(os.path.basename(path), left) for path, left, error in told], [('f', 'vanished')])
        self.assertEqual((plan.left_names, plan.left), (1, ()))

    def test_on_left_raises(self):
        plan = self.plan()
        os.unlink('t/f')
        self.assertRaises(Gone, plan.apply, on_left=raiser)
        self.assertEqual(plan.done_names, 1)
        self.assertSameFile('t/a', 't/b/a')
        self.assertIsNotNone(plan.journal)

    def test_open_for_writing(self):
        with open('t/f', 'r+b'):
            plan = self.plan(apply=True)
        self.assertIn([left.left for left in plan.left], (['open'], ['unguarded']))
        self.assertCount(1, 't/f')

    def test_interrupt(self):
        def interrupt(*ignored):
            signal.raise_signal(signal.SIGINT)
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        plan = self.plan()
        os.unlink('t/f')
        self.assertRaises(KeyboardInterrupt, plan.apply, on_left=interrupt)
        self.assertNames(['a', 'b', 'c', 'd', 'e', 'empty-1', 'empty-2'], 't')
        self.assertNames(['a', 'e'], 't/b')

    def test_while_at_work(self):
        plan = self.plan()
        os.unlink('t/f')
        told = []

        def meddle(*ignored):
            told.append((plan.planned_files, repr(plan)))
            for method in (plan.apply, plan.close, lambda: plan.save('s'), lambda: plan[0]):
                self.assertRaisesText(ValueError, 'the plan is being worked on', method)
        plan.apply(on_left=meddle)
        self.assertEqual(len(told), 1)

    def test_closed(self):
        with self.plan() as plan:
            first = plan[0]
        self.assertEqual(plan.planned_files, 2)
        self.assertIs(plan[0], first)
        for method in (plan.apply, lambda: plan.save('s'), lambda: plan[1]):
            self.assertRaisesText(ValueError, 'the plan is closed', method)
        plan.close()

    def test_refused(self):
        plan = self.plan()
        self.assertRaisesText(ValueError, 'apply: journal is given, and no_journal too', plan.apply, journal='j', no_journal=True)
        self.assertRaises(TypeError, plan.apply, 'j')
        self.assertRaises(TypeError, plan.apply, on_left=3)
        self.assertFalse(plan.applied)
        plan.apply()
        self.assertDone()


class CalledBack(Equals):
    def test_missing_path(self):
        path = 'no' + 'where'
        with self.assertRaises(FileNotFoundError) as caught:
            self.plan(['t', path])
        self.assertIs(caught.exception.filename, path)

    def test_on_event(self):
        told = []
        plan = self.plan(['t', 'nowhere'], on_event=lambda *event: told.append(event))
        self.assertEqual([(path, error.errno) for path, error in told], [('nowhere', errno.ENOENT)])
        self.assertEqual((plan.planned_files, plan.errors), (2, ()))
        self.assertRaises(Gone, self.plan, ['t', 'nowhere'], on_event=raiser)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_errors_further_down(self):
        os.chmod('t/b', 0o700)
        os.chmod('t', 0o755)
        said = self.run_as_nobody('p = nlink.dedupe("t", min_age=0)\n'
                                  '[e] = p.errors\n'
                                  'print(type(e).__name__, e.filename, p.planned_files)\n')
        self.assertEqual(said, 'PermissionError t/b 1\n')

    def test_progress(self):
        told = []

        def stop(progress):
            told.append(progress)
            return False
        self.assertToldOfProgress(lambda rules: self.plan('p', on_progress=stop, rules=rules, threads=1), told)
        self.assertIsInstance(told[0], nlink.progress)
        self.assertIn(told[0].phase, ('looking', 'comparing'))
        os.rename('p', 'q')
        self.assertRaises(Gone, self.assertToldOfProgress,
                          lambda rules: self.plan('p', on_progress=raiser, rules=rules, threads=1), [])


    def test_stopped_while_acting(self):
        told = []

        def stop(progress):
            told.append(progress)
            return False
        for count in (500, 5000, 50000):
            for number in range(count):
                self.write('t/b/%d' % number, b'%d' % (number // 2))
            plan = self.plan('t/b', keep='first')
            try:
                plan.apply(on_progress=stop)
            except InterruptedError as error:
                self.assertEqual(error.status, 'NLINK_CANCELLED')
                break
        self.assertEqual(told[0].phase, 'acting')
        self.assertLess(plan.done_names, plan.planned_names)
        self.assertEqual(plan.done_names + plan.left_names, plan.planned_names)
        self.assertEqual({left.left for left in plan.left} - {'stopped'}, set())
        for number in range(count):
            with open('t/b/%d' % number, 'rb') as file:
                self.assertEqual(file.read(), b'%d' % (number // 2))
        self.assertEqual(len(os.listdir('t/b')), count + 2)
        self.assertEqual(nlink.recover().journals, 0)
        self.assertEqual(nlink.undo(plan.journal).returned_names, plan.done_names)


class Saved(Equals):
    def test_save_and_load(self):
        plan = self.plan()
        self.assertIsNone(plan.save('plan'))
        self.assertEqual(os.lstat('plan').st_mode & 0o777, 0o600)
        loaded = nlink.load_plan('plan')
        self.assertIs(type(loaded), nlink.Dedupe)
        self.assertEqual((loaded.files, loaded.planned_files, loaded.gain_bytes, loaded.errors),
                         (plan.files, plan.planned_files, plan.gain_bytes, ()))
        self.assertEqual([len(group.files) for group in loaded], [2, 2])
        self.assertEqual(loaded[1].files[1].names, (os.path.realpath('t/b/a'),))
        self.write('t/f', b'new')
        loaded.apply()
        self.assertEqual((loaded.done_names, [left.left for left in loaded.left]), (1, ['changed']))
        self.assertSameFile('t/a', 't/b/a')

    def test_paths(self):
        plan, fd = self.plan(), self.open_dir('t')
        plan.save(b'plan', dir_fd=fd)
        self.assertEqual(nlink.load_plan(b'plan', dir_fd=fd)[1].files[1].names, (os.fsencode(os.path.realpath('t/b/a')),))
        with self.assertRaises(FileExistsError) as caught:
            plan.save('t/plan')
        self.assertEqual(caught.exception.filename, 't/plan')
        with self.assertRaises(FileNotFoundError) as caught:
            nlink.load_plan('nowhere')
        self.assertEqual(caught.exception.filename, 'nowhere')
        self.assertRaises(TypeError, plan.save)
        self.assertRaises(TypeError, nlink.load_plan, 3)

    def test_damaged(self):
        self.plan().save('plan')
        with open('plan', 'rb') as file:
            whole = file.read()
        for number, text in enumerate((b'', b'rubbish', whole[:-1], whole[:60] + b'\x00\x01' + whole[62:])):
            self.write('damaged', text)
            self.assertRaises(ValueError, nlink.load_plan, 'damaged')


class Kept(Equals):
    def test_descriptors(self):
        self.assertKeepsNothing(lambda: self.plan())
        self.assertKeepsNothing(lambda: quietly(self.plan, 'nowhere'))
        self.assertKeepsNothing(lambda: quietly(self.plan, ['t', 'nowhere'], on_event=raiser))
        self.assertKeepsNothing(lambda: self.plan(apply=True, no_journal=True))

    def test_threads(self):
        root = self.plant(2, 100, b'q')
        expected, wrong = groups(self.plan(root)), []

        def run():
            try:
                for _ in range(5):
                    if groups(self.plan(root)) != expected:
                        wrong.append('another plan')
            except BaseException as error:
                wrong.append(error)
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_memory(self):
        name = 'n' + str(os.getpid())
        bad = Path('missing' + name)
        self.plan().save('plan')

        def one():
            list(self.plan(keep=[name, 'oldest'], references=['t/b'], ignore=['mode'], exclude=name))
            self.plan('t')[0]
            quietly(self.plan, bad)
            quietly(self.plan, ['t', bad], on_event=raiser)
            quietly(self.plan, 't', mode=name)
            quietly(self.plan, 't', match=['mode', name])
            quietly(self.plan, 't', journal=Path(name), no_journal=True)
            list(nlink.load_plan('plan'))
            quietly(nlink.load_plan, bad)
            quietly(self.plan().save, 'plan')
            self.plan(exclude='?', apply=True, no_journal=True)
        self.assertLosesNothing(one)

    def test_references(self):
        path, missing, word = ''.join(('t', '/')), ''.join(('no', 'where')), ''.join(('mo', 'de'))
        objects = (path, missing, word, nlink.Dedupe, nlink.dedupe_group, nlink.dedupe_file)

        def some():
            list(self.plan(path, ignore=word))
            self.plan([path, missing], references=path, on_event=lambda *event: None)
            quietly(self.plan, missing)
        self.assertKeepsReferences(objects, some)

    def test_report_of_an_exception_dies(self):
        """The exception has the plan, and the plan can have the exception: both are found when nobody needs them."""
        def once():
            plan = self.plan()
            try:
                plan.apply(journal=Path('t/a'))
            except OSError as error:
                error.plan = plan
        def count():
            gc.collect()
            return sum(isinstance(item, nlink.Dedupe) for item in gc.get_objects())
        before = count()
        self.assertKeepsNothing(once)
        self.assertEqual(count(), before)


if __name__ == '__main__':
    unittest.main()
