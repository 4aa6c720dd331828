# SPDX-License-Identifier: MIT
"""What programs that make equal files one have lost, told of them in public: none of it may be lost here.

Other programs can be put in the place of nlink (equals.py); then these tests fail, as they should.
"""

import errno
import os
import shutil
import stat
import unittest

import equals
import ground
import interpose
from equals import OLD, text_of

NOBODY = ground.NOBODY


def setUpModule():
    ground.enter()


class OnExt4(equals.Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount(cls.__name__, 64, 'mkfs.ext4', '-q', '-b', '4096')


class TemporaryNames(OnExt4):
    """jdupes moves a file to a fixed name, and whatever stands there is gone; hardlink stops at it for ever."""

    def test_fixed_names_that_belong_to_somebody(self):
        for name in 'a', 'b':
            self.file(name, 'equal')
        for end in '.__jdupes__.tmp', '.hardlink-temporary', '.tmp', '~':
            self.file('a' + end, f'the own contents of a{end}')
            self.file('b' + end, f'the own contents of b{end}')
        before = equals.take(self.tree)
        self.dedupe()
        self.merged(self.keeps(before), 'a', 'b')

    def test_they_are_files_like_all_others(self):
        for name in 'a', 'b', 'b.__jdupes__.tmp', 'b.hardlink-temporary', '.nlink-0123456789abcdef':
            self.file(name, 'equal')
        before = equals.take(self.tree)
        self.dedupe()
        self.complete(self.keeps(before))

    def temporary_names(self):
        """Names that the program makes and does not leave, when it makes a and b one; they are two again after."""
        made = set()

        def note(call):
            if call.name.startswith(('link', 'rename')):
                made.add(os.path.basename(call.text(1 if call.name in ('link', 'rename') else 3)))

        self.dedupe(decide=note)
        return {os.fsdecode(name) for name in made} - {'a', 'b'}

    def test_no_name_is_used_twice(self):
        names = []
        for _ in range(2):
            for name in 'a', 'b':
                if os.path.exists(self.at_tree(name)):
                    os.unlink(self.at_tree(name))
                self.file(name, 'equal')
            names.append(self.temporary_names())
        self.assertFalse(names[0] & names[1], 'the temporary names can be foreseen')

    def test_somebody_takes_the_temporary_name_first(self):
        for name in 'a', 'b', 'c':
            self.file(name, 'equal')
        before = equals.take(self.tree)
        taken = []

        def take_it(call):
            if not taken and call.name in ('link', 'linkat', 'rename'):
                taken.append(os.fsdecode(os.path.basename(call.text(3 if call.name == 'linkat' else 1))))
                if taken[0] in before:
                    taken.clear()
                else:
                    self.file(taken[0], 'somebody else made this')

        done = self.dedupe(decide=take_it, status=(1, 3))
        self.assertEqual(len(taken), 1)
        with open(self.at_tree(taken[0]), encoding='utf-8') as file:
            self.assertEqual(file.read(), 'somebody else made this')
        os.unlink(self.at_tree(taken[0]))
        self.keeps(before)
        if equals.TOOL == 'nlink':
            self.assertEqual([row['left'] for row in done.told('left')], ['failed'], done)

    def test_what_a_killed_run_left_is_in_nobodys_way(self):
        for name in 'a', 'b':
            self.file(name, 'equal')
        before = equals.take(self.tree)
        self.dedupe('--no-journal', decide=lambda call: 'kill' if call.name.startswith('unlink') else None, status=None)
        left = set(equals.take(self.tree)) - set(before)
        if equals.TOOL == 'nlink':
            self.assertEqual(len(left), 1)
        self.keeps(before, extra=True)
        self.dedupe()
        self.complete(self.keeps(before, extra=True))


class Unreadable(OnExt4):
    """rdfind takes two files of one size that it cannot read for equal."""

    def test_two_of_one_size(self):
        for name in 'a', 'b':
            self.file(name, f'the contents of {name}', mode=0, owner=NOBODY)
        for name in 'c', 'd':
            self.file(name, 'readable', owner=NOBODY)
        os.chown(self.tree, NOBODY, NOBODY)
        before = equals.take(self.tree)
        self.user = NOBODY
        done = self.dedupe(status=(1,))
        after = self.keeps(before)
        self.separate(after, 'a', 'b')
        self.merged(after, 'c', 'd')
        for name in 'a', 'b':
            self.assertIn(os.fsencode(self.at_tree(name)), done.err, done)

    def test_one_that_breaks_off(self):
        """Each has a good beginning, and then the device answers EIO."""
        for name in 'a', 'b':
            self.file(name, text_of('beginning', 300_000) + name.encode())
        for name in 'c', 'd':
            self.file(name, text_of('readable', 300_001))
        before = equals.take(self.tree)

        def break_off(call):
            if call.path(0).startswith(self.tree) and call.path(0).endswith(('/a', '/b')):
                at = call.arguments[3] if call.name == 'pread64' else 1
                return errno.EIO if at > 0 else None
            return None

        done = self.dedupe(decide=break_off, calls=('read', 'pread64'), status=(1,))
        after = self.keeps(before)
        self.separate(after, 'a', 'b')
        self.merged(after, 'c', 'd')
        self.assertNotEqual(done.err, b'')

    def test_one_that_is_cut_while_it_is_read(self):
        for name in 'a', 'b', 'c':
            self.file(name, text_of('equal', 300_000))
        before = equals.take(self.tree)
        cut = []

        def cut_it(call):
            if not cut and call.path(0) == self.at_tree('b'):
                cut.append(os.truncate(self.at_tree('b'), 1000))

        self.dedupe(decide=cut_it, calls=('read', 'pread64'), status=(0, 1))
        self.assertEqual(len(cut), 1)
        before.pop('b')
        after = self.keeps(before, extra=True)
        self.assertEqual((after['b'].size, set(after)), (1000, {'a', 'b', 'c'}))
        self.merged(after, 'a', 'c')


class LinkLimit(equals.Case):
    """rmlint has removed the file when it finds that no link is to be had; hardlink leaves other pairs out."""

    def test_65000_names(self):
        self.root = ground.new_mount('limit', 128, 'mkfs.ext4', '-q', '-b', '4096')
        self.at = os.path.join(self.root, 'at')
        self.tree = os.path.join(self.at, 'tree')
        os.makedirs(self.tree)
        old = self.file('a', text_of('equal', 5000))
        for name in 'b', 'c', 'd', 'e', 'f':
            self.file(name, text_of('equal', 5000), when=5)
        for name in 'x', 'y':
            self.file(name, text_of('other', 5000))
        many = os.open(self.mkdir('many'), os.O_RDONLY)
        self.addCleanup(os.close, many)
        for number in range(64997):
            os.link(old, str(number), dst_dir_fd=many)
        before = equals.take(self.tree)
        self.dedupe(status=(0, 1))
        after = self.keeps(before)
        self.merged(after, 'x', 'y')
        files = [{name for name in 'abcdef' if after[name].file == file} for file in {after[n].file for n in 'abcdef'}]
        self.assertEqual(sorted(map(len, files)), [3, 3], f'two go to the full file, the others are one: {files}')
        self.assertEqual(after['a'].count, 65000)

    def test_names_in_one_directory(self):
        self.root = ground.new_mount('small', 128, 'mkfs.btrfs', '-q', '-O', '^extref', '-n', '4096')
        self.at = os.path.join(self.root, 'at')
        self.tree = os.path.join(self.at, 'tree')
        os.makedirs(self.tree)
        names = [f'{number:0>200}' for number in range(60)]
        for name in names:
            self.file(name, text_of('equal', 9000))
        for name in 'x', 'y':
            self.file(name, text_of('other', 9000))
        before = equals.take(self.tree)
        self.dedupe(status=(0, 1))
        after = self.keeps(before)
        self.merged(after, 'x', 'y')
        self.assertLess(len({after[name].file for name in names}), 8, 'a fresh file is to serve those that follow')

    def test_a_limit_of_ones_own(self):
        self.needs_nlink()
        for name in 'abcdefg':
            self.file(name, 'equal')
        before = equals.take(self.tree)
        self.dedupe('--max-links', '3')
        after = self.keeps(before)
        self.assertEqual(sorted(after[name].count for name in 'abcdefg'), [1, 3, 3, 3, 3, 3, 3])


class AfterThePlan(OnExt4):
    """fclones and rmlint do not see, or do not look, what was changed since their report was written."""

    def setUp(self):
        super().setUp()
        self.needs_nlink()
        for name in 'a', 'b', 'c', 'sub/d':
            self.file(name, text_of('equal', 5000))
        self.saved = self.path('saved')
        self.plan('--plan', self.saved)
        self.assertEqual(stat.S_IMODE(os.stat(self.saved).st_mode), 0o600)

    def apply(self, **how):
        return self.run_words([equals.NLINK, 'apply', '--json', self.saved], **how)

    def changed(self, name, content):
        """Write a file and give it the times that it had."""
        info = os.stat(self.at_tree(name))
        with open(self.at_tree(name), 'r+b') as file:
            file.truncate(0)
            file.write(content)
        os.utime(self.at_tree(name), ns=(info.st_atime_ns, info.st_mtime_ns))

    def only_left(self, words, separate, status=(0,)):
        """What is left alone now: names and reasons; those are files of their own, all others one."""
        before = equals.take(self.tree)
        done = self.apply(status=status)
        after = self.keeps(before)
        self.left(done, **words)
        rest = [name for name in ('a', 'b', 'c', 'sub/d') if name not in separate and name in after]
        self.separate(after, *separate, rest[0])
        self.merged(after, *rest)

    def test_nothing(self):
        self.only_left({}, [])

    def test_same_size_and_times(self):
        self.changed('b', text_of('other', 5000))
        self.only_left({'b': 'changed'}, ['b'])

    def test_same_size_and_times_deeper(self):
        self.changed('sub/d', text_of('other', 5000))
        self.only_left({'sub/d': 'changed'}, ['sub/d'])

    def test_another_size(self):
        self.changed('b', text_of('equal', 5001))
        self.only_left({'b': 'changed'}, ['b'])

    def test_another_mode(self):
        os.chmod(self.at_tree('b'), 0o600)
        self.only_left({'b': 'changed'}, ['b'])

    def test_replaced(self):
        os.rename(self.file('new', text_of('other', 5000)), self.at_tree('b'))
        self.only_left({'b': 'vanished'}, ['b'])

    def test_gone(self):
        os.unlink(self.at_tree('b'))
        self.only_left({'b': 'vanished'}, [])

    def test_a_directory_now(self):
        os.unlink(self.at_tree('b'))
        self.file('b/inside', text_of('equal', 5000))
        before = equals.take(self.tree)
        self.left(self.apply(), b='vanished')
        self.merged(self.keeps(before), 'a', 'c', 'sub/d')

    def test_a_soft_link_now(self):
        os.rename(self.at_tree('b'), self.path('elsewhere'))
        os.symlink('../elsewhere', self.at_tree('b'))
        before = equals.take(self.tree)
        self.left(self.apply(), b='vanished')
        after = self.keeps(before)
        self.assertEqual(after['b'].target, '../elsewhere')
        self.assertEqual(os.stat(self.path('elsewhere')).st_nlink, 1)

    def test_its_directory_leads_elsewhere_now(self):
        os.rename(self.at_tree('sub'), self.path('elsewhere'))
        os.symlink('../elsewhere', self.at_tree('sub'))
        shutil.copy2(self.path('elsewhere/d'), self.path('elsewhere/e'))
        before, outside = equals.take(self.tree), equals.take(self.path('elsewhere'))
        self.apply(status=(0, 1))
        self.merged(self.keeps(before), 'a', 'b', 'c')
        self.assertEqual(equals.losses(outside, equals.take(self.path('elsewhere'))), [])

    def kept(self):
        """The name of the file that the plan keeps."""
        done = self.plan()
        group, = done.told('group')
        name, = [file['names'][0]['path'] for file in group['files'] if file['act'] == 'keep']
        return os.path.relpath(name, self.tree)

    def test_the_kept_file(self):
        kept = self.kept()
        self.changed(kept, text_of('other', 5000))
        before = equals.take(self.tree)
        done = self.apply(status=(0, 1))
        after = self.keeps(before)
        rest = [name for name in ('a', 'b', 'c', 'sub/d') if name != kept]
        self.assertNotIn(after[kept].file, [after[name].file for name in rest])
        self.assertTrue(done.told('left'), done)

    def test_the_kept_file_is_gone(self):
        os.unlink(self.at_tree(self.kept()))
        before = equals.take(self.tree)
        done = self.apply(status=(0, 1, 3))
        self.keeps(before)
        self.assertTrue(done.told('left'), done)

    def test_a_plan_of_another_time(self):
        """Nothing of it is true any more, although some inode numbers may be the same."""
        shutil.rmtree(self.tree)
        for name in 'a', 'b', 'c', 'sub/d':
            self.file(name, text_of(f'now {name}', 5000))
        before = equals.take(self.tree)
        done = self.apply(status=(0, 1, 3))
        self.assertEqual(equals.differences(before, equals.take(self.tree)), [])
        self.assertEqual({row['left'] for row in done.told('left')} - {'vanished', 'changed'}, set(), done)
        self.assertEqual(len(done.told('left')), 3, done)

    def test_no_plan_at_all(self):
        before = equals.take(self.tree)
        for content in b'', b'no plan', os.urandom(4096):
            with open(self.saved, 'wb') as file:
                file.write(content)
            done = self.apply(status=(3,))
            self.assertNotEqual(done.err, b'')
        self.keeps(before)

    def test_a_plan_that_was_cut(self):
        with open(self.saved, 'rb') as file:
            whole = file.read()
        before = equals.take(self.tree)
        for length in range(0, len(whole), max(1, len(whole) // 40)):
            with open(self.saved, 'wb') as file:
                file.write(whole[:length])
            self.apply(status=(3,))
            self.assertEqual(equals.differences(before, equals.take(self.tree)), [], f'{length} of {len(whole)} bytes')


class LongNames(OnExt4):
    """A temporary name that is made by adding to a name of 255 bytes is too long for it."""

    def test_255_bytes(self):
        names = ['n' * 255, 'm' * 255, 'ü' * 127 + 'x', '.' + 'd' * 254]
        for name in names:
            self.file(name, 'equal')
        before = equals.take(self.tree)
        self.dedupe()
        self.merged(self.keeps(before), *names)

    def test_deeper_than_a_path_can_be(self):
        directory = os.open(self.tree, os.O_RDONLY)
        for _ in range(20):
            for name in 'a', 'b', 'n' * 255:
                descriptor = os.open(name, os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=directory)
                os.write(descriptor, b'equal at all depths')
                os.close(descriptor)
                os.utime(name, (OLD, OLD), dir_fd=directory)
            os.mkdir('d' * 250, dir_fd=directory)
            below = os.open('d' * 250, os.O_RDONLY, dir_fd=directory)
            os.close(directory)
            directory = below
        os.close(directory)
        before = equals.take(self.tree)
        self.assertGreater(max(map(len, before)), 4096)
        done = self.dedupe(status=(0, 1))
        after = self.keeps(before)
        shallow = [name for name in before if len(name) < 3500 and before[name].size]
        self.merged(after, *shallow)
        if equals.TOOL == 'nlink' and equals.apart(after):  # not served: then it is told
            self.assertEqual(done.status, 1, done)


class Rights(OnExt4):
    def setUp(self):
        super().setUp()
        os.chown(self.tree, NOBODY, NOBODY)

    def test_read_only_files(self):
        """fclones refuses them, although a name is its directory's affair."""
        for name in 'a', 'b', 'c':
            self.file(name, 'equal', mode=0o444, owner=NOBODY)
        before = equals.take(self.tree)
        self.user = NOBODY
        self.dedupe()
        self.merged(self.keeps(before), 'a', 'b', 'c')

    def test_a_directory_that_one_may_not_change(self):
        for name in 'a', 'b', 'closed/c', 'closed/d':
            self.file(name, 'equal', owner=NOBODY, when=0 if name.startswith('closed') else 9)
        os.chown(self.at_tree('closed'), NOBODY, NOBODY)
        os.chmod(self.at_tree('closed'), 0o555)
        before = equals.take(self.tree)
        self.user = NOBODY
        done = self.dedupe(status=(1,))
        after = self.keeps(before)
        self.merged(after, 'a', 'b')
        self.separate(after, 'closed/c', 'closed/d')
        if equals.TOOL == 'nlink':
            self.assertIn('failed', [row['left'] for row in done.told('left')], done)

    def test_files_of_somebody_else(self):
        for name in 'a', 'b':
            self.file(name, 'equal', mode=0o444)
        for name in 'c', 'd':
            self.file(name, 'equal', owner=NOBODY)
        before = equals.take(self.tree)
        self.user = NOBODY
        done = self.dedupe(status=(0, 1))
        after = self.keeps(before)
        self.merged(after, 'c', 'd')
        self.separate(after, 'a', 'b')
        if equals.TOOL == 'nlink':
            self.assertTrue(done.told('left'), done)

    def test_flags(self):
        for name in 'a', 'b', 'c', 'd', 'fixed/e':
            self.file(name, 'equal')
        for flag, name in ('i', 'b'), ('a', 'c'), ('i', 'fixed'):
            ground.run('chattr', '+' + flag, self.at_tree(name))
            self.addCleanup(ground.run, 'chattr', '-' + flag, self.at_tree(name))
        before = equals.take(self.tree)
        done = self.dedupe(status=(1,))
        after = self.keeps(before)
        self.separate(after, 'a', 'b', 'c', 'fixed/e')
        self.merged(after, 'a', 'd')
        self.left(done, **{'b': 'failed', 'c': 'failed', 'fixed/e': 'failed'})


class Clusters(OnExt4):
    """rdfind needs a run for each further name; fclones tells four times what is gained."""

    def test_two_files_of_three_names(self):
        os.mkdir(self.at_tree('sub'))
        self.file('a1', text_of('equal', 100_000), links=['sub/a2', 'a3'])
        self.file('b1', text_of('equal', 100_000), links=['b2', 'sub/b3'])
        before = equals.take(self.tree)
        gain = before['b1'].allocated
        planned = self.plan() if equals.TOOL == 'nlink' else None
        done = self.dedupe()
        after = self.keeps(before)
        self.merged(after, 'a1', 'sub/a2', 'a3', 'b1', 'b2', 'sub/b3')
        self.assertEqual(after['a1'].count, 6)
        if planned is not None:
            self.assertEqual(planned.summary['gain_bytes'], gain)
            self.assertEqual((done.summary['done_files'], done.summary['done_names']), (1, 3))
            self.assertEqual(done.summary['gained_bytes'], gain)

    def test_names_outside(self):
        """What has a name elsewhere too gives nothing back."""
        self.needs_nlink()
        for name in 'a', 'b':
            os.link(self.file(name, text_of('equal', 50_000)), self.path('outside-' + name))
        before = equals.take(self.tree)
        self.assertEqual(self.plan().summary['gain_bytes'], 0)
        done = self.dedupe()
        self.assertEqual(done.summary['gained_bytes'], 0)
        self.merged(self.keeps(before), 'a', 'b')
        self.assertEqual({os.stat(self.path('outside-' + name)).st_size for name in 'ab'}, {50_000})

    def test_holes(self):
        self.needs_nlink()
        for name in 'a', 'b':
            self.file(name)
            os.truncate(self.at_tree(name), 50 << 20)
            os.utime(self.at_tree(name), (OLD, OLD))
        before = {name: os.stat(self.at_tree(name)) for name in ('a', 'b')}
        self.assertEqual([info.st_blocks for info in before.values()], [0, 0])
        self.assertEqual(self.plan().summary['gain_bytes'], 0)
        self.assertEqual(self.dedupe().summary['gained_bytes'], 0)
        self.assertEqual(os.stat(self.at_tree('b')).st_size, 50 << 20)

    def test_clusters_that_meet_in_no_directory(self):
        for number in range(5):
            os.makedirs(self.at_tree(f'd{number}'))
        for number in range(3):
            self.file(f'd0/{number}', text_of('equal', 7000), links=[f'd{n}/{number}' for n in range(1, 5)])
        before = equals.take(self.tree)
        self.dedupe()
        after = self.keeps(before)
        self.complete(after)
        self.assertEqual(after['d0/0'].count, 15)


class WhatDiffers(OnExt4):
    """hardlink takes what two files have beside their bytes for nothing."""

    def differing(self, words, *options):
        """a and b differ so far, c is as a: b is told, and left alone."""
        before = equals.take(self.tree)
        told = self.planned_left(self.plan(*options)) if equals.TOOL == 'nlink' else None
        self.dedupe(*options)
        after = self.keeps(before)
        self.separate(after, 'a', 'b')
        self.merged(after, 'a', 'c')
        if told is not None:
            self.assertEqual(told, {'b': ('differs', words)})

    def setUp(self):
        super().setUp()
        for name in 'a', 'b', 'c':
            self.file(name, text_of('equal', 5000), when=9 if name == 'b' else 0)

    def test_mode(self):
        os.chmod(self.at_tree('b'), 0o755)
        self.differing(('mode',))

    def test_owner(self):
        os.chown(self.at_tree('b'), 4242, -1)
        self.differing(('owner',))

    def test_group(self):
        os.chown(self.at_tree('b'), -1, 4242)
        self.differing(('group',))

    def test_all_three(self):
        os.chown(self.at_tree('b'), 4242, 4242)
        os.chmod(self.at_tree('b'), 0o600)
        self.differing(('owner', 'group', 'mode'))

    def test_an_attribute(self):
        os.setxattr(self.at_tree('b'), 'user.colour', b'red')
        self.differing(('xattr',))

    def test_the_value_of_an_attribute(self):
        for name in 'a', 'b', 'c':
            os.setxattr(self.at_tree(name), 'user.colour', b'red' if name == 'b' else b'blue')
        self.differing(('xattr',))

    def test_an_access_control_list(self):
        ground.need('setfacl')
        ground.run('setfacl', '-m', 'u:4242:r', self.at_tree('b'))
        for name in 'a', 'c':  # the mode that the list shows
            os.chmod(self.at_tree(name), stat.S_IMODE(os.stat(self.at_tree('b')).st_mode))
        self.differing(('acl',))

    def test_capabilities(self):
        ground.need('setcap')
        ground.run('setcap', 'cap_net_raw+ep', self.at_tree('b'))
        self.differing(('security',))

    def test_times_where_they_are_asked_for(self):
        self.needs_nlink()
        self.differing(('mtime',), '--match', 'mtime')

    def test_names_where_they_are_asked_for(self):
        self.needs_nlink()
        self.file('sub/a', text_of('equal', 5000))
        before = equals.take(self.tree)
        self.dedupe('--match', 'name')
        after = self.keeps(before)
        self.merged(after, 'a', 'sub/a')
        self.separate(after, 'a', 'b', 'c')

    def test_ignored(self):
        self.needs_nlink()
        os.chmod(self.at_tree('b'), 0o755)
        os.chown(self.at_tree('b'), 4242, 4242)
        os.setxattr(self.at_tree('b'), 'user.colour', b'red')
        before = equals.take(self.tree)
        done = self.dedupe('--ignore', 'owner,group,mode,xattr')
        after = self.keeps(before, but=('mode', 'owner', 'attributes'))
        self.merged(after, 'a', 'b', 'c')
        self.verb('undo', done.summary['journal'])
        self.assertEqual(equals.differences(before, equals.take(self.tree)), [])


class NeverTouched(OnExt4):
    def test_empty_files(self):
        """Nix made 8000 empty files one with a file that was still to be written."""
        for name in 'a', 'b', 'c':
            self.file(name)
        before = equals.take(self.tree)
        for options in (), ('--min-size', '0'):
            self.dedupe(*options)
            self.separate(self.keeps(before), 'a', 'b', 'c')

    def test_what_is_no_regular_file(self):
        for name in 'a', 'b':
            os.mkfifo(self.at_tree('fifo-' + name))
            os.symlink('target', self.at_tree('soft-' + name))
            os.mknod(self.at_tree('device-' + name), stat.S_IFBLK | 0o600, os.makedev(7, 250))
        self.file('a', 'equal')
        os.symlink('a', self.at_tree('b'))
        before = equals.take(self.tree)
        self.dedupe()
        after = self.keeps(before)
        self.separate(after, *before)

    def test_young_files(self):
        self.needs_nlink()
        for name in 'a', 'b':
            self.file(name, 'equal')
            os.utime(self.at_tree(name))
        before = equals.take(self.tree)
        done = self.run_words([equals.NLINK, 'dedupe', '--apply', '--json', '--min-age', '3600', self.tree])
        self.separate(self.keeps(before), 'a', 'b')
        self.assertEqual({reason for reason, _ in self.planned_left(done).values()}, {'young'})

    def test_a_reference(self):
        self.needs_nlink()
        golden = self.mkdir('golden')
        for name in 'a', 'b':
            equals.put(os.path.join(golden, name), 'equal', when=99)
        for name in 'c', 'd':
            self.file(name, 'equal')
        before, kept = equals.take(self.tree), equals.take(golden)
        self.dedupe('--reference', golden)
        after, golden_now = self.keeps(before), equals.take(golden)
        self.assertEqual({name: found.file for name, found in golden_now.items()},
                         {name: found.file for name, found in kept.items()})
        self.assertEqual(equals.losses(kept, golden_now), [])
        self.merged(after, 'c', 'd')
        self.assertIn(after['c'].file, [found.file for found in golden_now.values()])

    def test_a_reference_inside(self):
        self.needs_nlink()
        for name in 'golden/a', 'golden/b', 'c', 'd':
            self.file(name, 'equal')
        before = equals.take(self.tree)
        self.dedupe('--reference', self.at_tree('golden'))
        after = self.keeps(before)
        self.assertEqual([after[name].file for name in ('golden/a', 'golden/b')],
                         [before[name].file for name in ('golden/a', 'golden/b')])
        self.merged(after, 'c', 'd')

    def test_without_apply(self):
        self.needs_nlink()
        equals.grow(self.tree)
        before = equals.take(self.tree)
        changed = []
        self.plan(decide=lambda call: changed.append(call.name), calls=interpose.TREE)
        self.assertEqual((equals.differences(before, equals.take(self.tree)), changed), ([], []))


if __name__ == '__main__':
    unittest.main()
