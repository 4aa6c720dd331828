# SPDX-License-Identifier: MIT
"""Walks, names, space and check where the ground is uneven: mounts, files that share numbers, directories that may
not be read, servers that tell wrong numbers of names."""

import os
import random
import shutil
import subprocess
import sys
import unittest

import ground

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'model'))
from library import FIGURES, Library
from model import View, true_path
from trees import Tree

library = None


def setUpModule():
    global library
    ground.enter()
    for name in 'NLINK_MODEL_DRIVER', 'NLINK_FS_COUNT':
        shutil.copy(os.environ[name], ground.home)
    library = Library()
    unittest.addModuleCleanup(library.close)


class Case(ground.Case):
    def ask(self, act, *roots, who=None, **words):
        return (who or library).ask(act, base=self.at, root=list(roots), **words)

    def as_nobody(self):
        """The library in a process of another user."""

        def become():
            os.setgroups([])
            os.setresgid(ground.NOBODY, ground.NOBODY, ground.NOBODY)
            os.setresuid(ground.NOBODY, ground.NOBODY, ground.NOBODY)

        other = Library(os.path.join(ground.home, os.path.basename(os.environ['NLINK_MODEL_DRIVER'])),
                        preexec_fn=become)
        self.addCleanup(other.close)
        return other

    def names_told(self, answer):
        """The paths of a walk, each once."""
        paths = sorted(os.fsdecode(name[0]) for name in answer.names)
        self.assertEqual(len(paths), len(set(paths)), 'told twice')
        return paths

    def figures_told(self, answer):
        return {key: answer.set[key] for key in FIGURES}


class Unreadable(Case):
    def setUp(self):
        super().setUp()
        self.mkdir('d')
        self.write('d/a', 'x' * 5000)
        self.mkdir('d/closed', mode=0o700)
        os.link(self.path('d/a'), self.path('d/closed/a'))
        self.write('d/closed/b', 'x')
        self.mkdir('d/listed', mode=0o744)  # names can be read, files not be looked at
        self.write('d/listed/c', 'x')
        self.mkdir('d/open')
        self.write('d/open/d', 'x')

    def test_walks(self):
        """What cannot be read is told; everything else is seen."""
        nobody = self.as_nobody()
        for act in 'each', 'walk':
            for flag in False, True:
                answer = self.ask(act, 'd', who=nobody, stat=flag)
                self.assertEqual(answer.status, 'PARTIAL')
                self.assertIn(('DENIED', b'd/closed'), [event[:2] for event in answer.events])
                paths = self.names_told(answer)
                self.assertEqual(set(paths) - {'d/listed/c'}, {'d', 'd/a', 'd/closed', 'd/listed', 'd/open', 'd/open/d'})

    def test_names(self):
        nobody = self.as_nobody()
        answer = self.ask('names', 'd/a', who=nobody, **{'in': 'd'})
        self.assertEqual([name[2] for name in answer.found], [b'd/a'])
        file = answer.files[0]
        self.assertEqual((answer.status, file['found'], file['link_count']), ('PARTIAL', 1, 2))
        self.assertEqual(file['absence'], 'no-permission')
        self.assertEqual(self.ask('names', 'd/a', **{'in': 'd'}).status, 'OK')

    def test_space(self):
        answer = self.ask('space', 'd', who=self.as_nobody())
        self.assertEqual(answer.status, 'PARTIAL')
        self.assertGreaterEqual(answer.doubts['unread'], 1)
        self.assertEqual((answer.set['held_files'], answer.set['outside']), (1, 1))
        self.assertEqual(self.ask('space', 'd').set['held_files'], 0)

    def test_check(self):
        answer = self.ask('check', 'd', who=self.as_nobody())
        self.assertEqual(answer.status, 'PARTIAL')
        self.assertIn(('DENIED', b'd/closed'), [event[:2] for event in answer.events])
        self.assertEqual(answer.counts['partly-outside'], 1)

    def test_a_root_that_is_closed(self):
        nobody = self.as_nobody()
        for act in 'each', 'walk', 'space', 'check':
            answer = self.ask(act, 'd/closed', 'd/open', who=nobody)
            self.assertEqual(answer.status, 'PARTIAL', act)
            self.assertEqual([event[:2] for event in answer.events], [('DENIED', b'd/closed')], act)


class Mounts(Case):
    def plant(self):
        self.mkdir('d')
        self.mkdir('d/x')
        self.mkdir('d/x/y')
        self.mkdir('d/z')
        self.write('d/a', 'x' * 5000)
        os.link(self.path('d/a'), self.path('d/x/b'))

    def test_a_directory_mounted_into_itself(self):
        """It is there again below itself: told, and not walked a second time."""
        self.plant()
        view = View(os.fsencode(self.at), [b'd'])
        ground.mount(self.path('d'), self.path('d/x/y'), '--bind')
        self.compare_with(view, [b'd/x/y'], [b'd/x/y'])

    def test_many_loops(self):
        """Mounts in mounts, each with its own mounts: still each name once."""
        self.plant()
        view = View(os.fsencode(self.at), [b'd'])
        ground.mount(self.path('d'), self.path('d/x/y'), '--rbind')
        ground.mount(self.path('d'), self.path('d/z'), '--rbind')
        self.compare_with(view, [b'd/x/y', b'd/z'])

    def test_a_directory_mounted_beside_itself(self):
        """Which of the two ways is the first is a matter of chance in parallel, in order it is not."""
        self.plant()
        self.mkdir('d/again')
        view = View(os.fsencode(self.at), [b'd'])
        ground.mount(self.path('d/x'), self.path('d/again'), '--bind')
        self.compare_with(view, [b'd/again'])
        self.assertEqual([event[1] for event in self.ask('walk', 'd').events], [b'd/x'])

    def compare_with(self, view, covered, events=None):
        """The files are those from before the mounts, each name once; the directories those that are not covered."""
        covered = set(map(view.true, covered))
        files = sorted(name.file for name in view.seen.values() if name.kind != 'directory')
        directories = {name.file for name in view.seen.values()
                       if name.kind == 'directory' and name.path not in covered}
        for act in 'each', 'walk':
            answer = self.ask(act, 'd', stat=True)
            self.names_told(answer)
            self.assertEqual(answer.status, 'OK')  # nothing was missed
            self.assertEqual({event[0] for event in answer.events}, {'REPEATED'})
            if events:
                self.assertEqual([event[1] for event in answer.events], events)
            self.assertEqual(sorted((name[3], name[4]) for name in answer.names if name[1] != 'directory'), files)
            again = {event[1] for event in answer.events}  # names all the same
            self.assertLessEqual(again, {name[0] for name in answer.names})
            self.assertEqual(sorted((name[3], name[4]) for name in answer.names
                                    if name[1] == 'directory' and name[0] not in again), sorted(directories))
        space = self.ask('space', 'd')
        self.assertEqual((space.status, {event[0] for event in space.events}), ('OK', {'REPEATED'}))
        figures = view.figures(b'd')
        for key in 'held', 'held_files', 'outside', 'names', 'files':
            self.assertEqual(space.set[key], figures[key], key)
        self.assertEqual(space.set['directories'], len(directories))
        found = self.ask('names', 'd/a', **{'in': 'd'})
        self.assertEqual((found.status, found.files[0]['found']), ('OK', 2))
        check = self.ask('check', 'd')
        self.assertEqual((check.status, check.counts['partly-outside']), ('OK', 0))

    def test_another_file_system_inside(self):
        self.plant()
        ground.mount('none', self.path('d/z'), '-t', 'tmpfs')
        self.write('d/z/a', 'x' * 5000)
        os.link(self.path('d/z/a'), self.path('d/z/b'))
        view = View(os.fsencode(self.at), [b'd'])
        self.assertEqual(self.figures_told(self.ask('space', 'd')), view.figures(b'd'))
        for act in 'each', 'walk':
            self.assertEqual(len(self.names_told(self.ask(act, 'd'))), len(view.seen))
            paths = self.names_told(self.ask(act, 'd', xdev=True))
            self.assertEqual(set(paths) - {'d/z'}, {'d', 'd/a', 'd/x', 'd/x/b', 'd/x/y'})
        self.assertEqual(self.ask('space', 'd', xdev=True).set['files'], 1)
        # A root may be on another one, and is walked; the same directory given twice is so too.
        paths = self.names_told(self.ask('each', 'd', 'd/z', xdev=True))
        self.assertLessEqual({'d/z/a', 'd/z/b'}, set(paths))

    def test_a_file_mounted_over_another(self):
        """The name shows another file, whose names are one fewer than it looks."""
        self.plant()
        self.write('d/over', 'y')
        ground.run('mount', '--bind', self.path('d/a'), self.path('d/over'))
        space = self.ask('space', 'd')
        self.assertIn(space.status, ('OK', 'PARTIAL'))
        self.assertEqual(space.set['once'], os.stat(self.path('d/a')).st_blocks * 512)
        for act in 'each', 'walk', 'check':
            self.assertIn(self.ask(act, 'd').status, ('OK', 'PARTIAL'))
        found = self.ask('names', 'd/a', **{'in': 'd'})
        self.assertGreaterEqual(found.files[0]['found'], 2)


class EqualNumbers(Case):
    """Files on different devices have equal inode numbers: they are different files all the same."""

    def compare(self, *roots):
        view = View(os.fsencode(self.at), list(map(os.fsencode, roots)))
        numbers = [name.at.st_ino for name in view.seen.values() if name.kind == 'file']
        self.assertLess(len(set(numbers)), len({name.file for name in view.seen.values() if name.kind == 'file'}))
        answer = self.ask('space', *roots, groups=1000)
        self.assertEqual((answer.status, answer.events), ('OK', []))
        self.assertEqual(self.figures_told(answer), view.figures(*view.roots))
        for root, row in zip(view.roots, answer.roots):
            self.assertEqual({key: row[key] for key in FIGURES}, view.figures(root))
        groups = view.groups()
        self.assertEqual({group['file'] for group in answer.groups}, set(groups))
        for group in answer.groups:
            self.assertEqual(sorted(map(view.true, group['names'])), sorted(groups[group['file']][1]))
        for path in list(view.seen)[::7]:
            if view.seen[path].kind != 'directory':
                found = self.ask('names', path, **{'in': list(roots)})
                self.assertEqual(sorted(view.true(name) for _, _, name in found.found), view.names_of(path))

    def test_two_file_systems(self):
        for name in 'one', 'two':
            ground.mount('none', self.path(name), '-t', 'tmpfs')
            Tree(os.fsencode(self.path(name)), random.Random(2), soft_links=False)
        self.compare('one', 'two')
        self.compare('.')

    def test_a_snapshot_of_btrfs(self):
        ground.need('btrfs')
        root = ground.new_mount(self.id(), 256, 'mkfs.btrfs', '-q')
        self.addCleanup(ground.unmount, root)
        self.at = root
        ground.run('btrfs', 'subvolume', 'create', self.path('s'))
        Tree(os.fsencode(self.path('s')), random.Random(3))
        ground.run('btrfs', 'subvolume', 'snapshot', self.path('s'), self.path('t'))
        self.compare('s', 't')
        self.compare('.')


class WrongCounts(Case):
    """A server that says a file has so many names, whatever it has."""

    def serve(self, count):
        ground.need('bindfs')
        backing = self.mkdir('backing')
        for name in 'd', 'd/in', 'e':
            self.mkdir('backing/' + name)
        self.write('backing/d/a', 'x' * 9000)
        for name in 'd/b', 'd/in/c':
            os.link(self.path('backing/d/a'), self.path('backing', name))
        self.write('backing/e/one', 'x' * 9000)
        os.symlink('a', self.path('backing/d/soft'))
        root = self.path('fs')
        module = os.path.join(ground.home, os.path.basename(os.environ['NLINK_FS_COUNT']))
        server = ground.serve(root, 'bindfs', '-f', '-o', 'attr_timeout=0,entry_timeout=0,negative_timeout=0',
                              backing, root, LD_PRELOAD=module, NLINK_TEST_COUNT=str(count))
        self.addCleanup(server.wait)
        self.addCleanup(ground.unmount, root)
        self.assertEqual(os.stat(root + '/d/a').st_nlink, count)
        self.assertEqual(os.stat(root + '/d/a').st_ino, os.stat(root + '/d/in/c').st_ino)
        self.at = root

    def everything(self):
        for act in 'each', 'walk', 'check':
            self.assertIn(self.ask(act, 'd', 'e').status, ('OK', 'PARTIAL'), act)
        for soft in False, True:
            found = self.ask('names', 'd/a', 'e/one', soft=soft, **{'in': ['d', 'e']})
            self.assertIn(found.status, ('OK', 'PARTIAL'))
            self.assertLessEqual({b'd/a'}, {name[2] for name in found.found})
        answer = self.ask('space', 'd', 'e', levels=5, groups=10, holders=True, around=['.'])
        self.assertIn(answer.status, ('OK', 'PARTIAL'))
        for row in [*answer.rows, answer.set]:
            self.assertEqual(row['once'], row['freed'] + row['held'])
            self.assertLess(row['outside'], 1 << 32, 'a difference below nothing')
        return answer

    def test_more_names_than_the_count(self):
        """Three are there, two are told: all are inside, it is freed, and the doubt is told."""
        self.serve(2)
        answer = self.everything()
        self.assertGreaterEqual(answer.doubts['wrong'], 1)
        held = os.stat(self.path('e/one')).st_blocks * 512
        self.assertEqual((answer.set['held'], answer.set['held_files']), (held, 2))  # e/one, and the soft link
        self.assertEqual((answer.roots[0]['held_files'], answer.roots[0]['files']), (1, 2))

    def test_one_name_told(self):
        self.serve(1)
        answer = self.everything()
        self.assertEqual(answer.set['held_files'], 0)

    def test_no_name_told(self):
        """Some servers say 0, where they do not know."""
        self.serve(0)
        answer = self.everything()
        self.assertEqual(answer.set['held_files'], 0)

    def test_fewer_names_than_the_count(self):
        self.serve(5)
        answer = self.everything()
        self.assertEqual((answer.set['outside'], answer.set['held_files']), (2 + 4 + 4, 3))
        found = self.ask('names', 'd/a', **{'in': ['d']})
        self.assertEqual((found.status, found.files[0]['found']), ('PARTIAL', 3))


class Changing(Case):
    """Names that come, go and move all the time (tests/thread/test_changing_tree.c), where the file system itself tells
    names, and where the numbers are made up."""

    def look_on(self, root):
        done = subprocess.run([os.environ['NLINK_CHANGING_TREE']], env=ground.environment(TMPDIR=root), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def on_image(self, *mkfs):
        root = ground.new_mount(self.id(), 400, *mkfs)
        self.addCleanup(ground.unmount, root)
        self.look_on(root)

    def test_btrfs(self):
        self.on_image('mkfs.btrfs', '-q')

    def test_xfs(self):
        self.on_image('mkfs.xfs', '-q')

    def test_overlay(self):
        for name in 'lower', 'upper', 'work', 'fs':
            self.mkdir(name)
        options = f'lowerdir={self.path("lower")},upperdir={self.path("upper")},workdir={self.path("work")}'
        self.look_on(ground.mount('overlay', self.path('fs'), '-t', 'overlay', '-o', options, kind='overlay'))


class Layers(Case):
    """overlay: the count is the lower file's, whatever of its names was copied up or removed since."""

    def test_a_group_that_splits(self):
        for name in 'lower', 'upper', 'work', 'fs':
            self.mkdir(name)
        self.mkdir('lower/d')
        self.write('lower/d/a', 'x' * 9000)
        for name in 'b', 'c', 'd':
            os.link(self.path('lower/d/a'), self.path('lower/d', name))
        root = self.path('fs')
        options = f'lowerdir={self.path("lower")},upperdir={self.path("upper")},workdir={self.path("work")}'
        ground.mount('overlay', root, '-t', 'overlay', '-o', options + ',index=off', kind='overlay')
        os.unlink(root + '/d/d')
        with open(root + '/d/c', 'a', encoding='ascii') as file:
            file.write('y')
        self.at = root
        for act in 'each', 'walk', 'check':
            self.assertIn(self.ask(act, 'd').status, ('OK', 'PARTIAL'), act)
        answer = self.ask('space', 'd', groups=10)
        self.assertEqual(answer.set['once'], answer.set['freed'] + answer.set['held'])
        told = [true_path(os.path.join(os.fsencode(root), name[0])) for name in self.ask('each', 'd').names]
        self.assertEqual(len(told), 4)
        self.assertIn(self.ask('names', 'd/a', **{'in': ['d']}).status, ('OK', 'PARTIAL'))


if __name__ == '__main__':
    unittest.main()
