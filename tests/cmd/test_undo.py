# SPDX-License-Identifier: MIT
"""nlink apply, undo, recover and journal: plans that wait, and work that is taken back or mended."""

import os
import shutil
import subprocess
import unittest

import merging
import tree

DONE = '3 files share what is occupied by 2 others: 576 KiB returned.\n'
BACK = '3 names have files of their own again: 576 KiB occupied.\nAll is as it was.\n'
NOT_FOUND = 'No such file or directory'


class Work(merging.Merging):
    """What the tests of these verbs share."""

    def merge(self, *words):
        """Make the equal files one; the name of the journal."""
        before = self.journals()
        code, out, err = self.run_other('dedupe', '--apply', '-q', *words, 'd', 'e')
        self.assertEqual((code, err), (0, b''), out)
        names = [name for name in self.journals() if name not in before]
        return os.fsdecode(names[0]) if names else None

    def changed(self):
        return merging.facts(self.root)


class Apply(Work):
    verb = 'apply'

    def setUp(self):
        super().setUp()
        self.plan = os.fsdecode(os.path.dirname(self.root)) + '/plan'
        code, out, err = self.run_other('dedupe', '-q', '--plan', self.plan, 'd', 'e')
        self.assertEqual((code, err), (0, b''))
        self.assertTrue(out.decode().endswith(f'Nothing was changed; to do it: nlink apply {self.plan}\n'), out)
        self.unchanged()

    def test_plan_is_not_overwritten(self):
        with open(self.plan, 'rb') as file:
            before = file.read()
        code, out, err = self.run_other('dedupe', '-q', '--plan', self.plan, 'd', 'e')
        self.assertEqual((code, out), (3, b''))
        self.assertTrue(err.startswith(f"nlink: cannot save the plan as '{self.plan}': File exists".encode()), err)
        with open(self.plan, 'rb') as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(os.stat(self.plan).st_mode & 0o777, 0o600)

    def test_apply(self):
        code, out, err = self.run_verb(self.plan)
        [name] = self.journals()
        self.assertEqual((code, out.decode(), err), (0, DONE + f'To undo: nlink undo {os.fsdecode(name)}\n', b''))
        self.assertTrue(self.same('d/photo', 'e/copy', 'd/sub/again'))
        self.assertTrue(self.same('d/note', 'e/note'))

    def test_from_elsewhere(self):
        code, _, err = tree.run(tree.NLINK, ['apply', self.plan], '/', env={'XDG_STATE_HOME': os.fsdecode(self.state)})
        self.assertEqual((code, err), (0, b''))
        self.assertTrue(self.same('d/photo', 'e/copy', 'd/sub/again'))

    def test_twice(self):
        self.assertEqual(self.run_verb(self.plan)[0], 0)
        merged = self.changed()
        code, out, err = self.run_verb(self.plan)
        self.assertEqual(code, 0, err)
        self.assertTrue(out.startswith(b'Nothing was replaced.\n3 names were left alone: '), out)
        self.assertEqual(self.changed(), merged)

    def test_dry_run(self):
        for words in (['-n'], ['--dry-run']):
            code, out, err = self.run_verb(*words, self.plan)
            self.assertEqual((code, err), (0, b''))
            self.assertTrue(out.startswith(b'512 KiB to gain: 3 files of 256 KiB\n  keep     '), out)
            self.assertTrue(out.endswith(b'3 files with 3 names would share what is occupied by 2 others, and 576 KiB would '
                                         b'be returned.\nNothing was changed; without --dry-run it is done.\n'), out)
        self.unchanged()
        self.assertEqual(self.journals(), [])

    def test_json(self):
        kinds = self.by_kind(['--json', self.plan], 0)
        self.assertEqual((len(kinds['group']), kinds['summary'][0]['done_names']), (2, 3))
        self.assertTrue(kinds['summary'][0]['journal'].startswith(os.fsdecode(self.state) + '/nlink/'))

    def test_changed_since(self):
        """Also where size and time are as they were."""
        info = os.stat(self.at('e/copy'))
        with open(self.at('e/copy'), 'r+b') as file:
            file.write(b'something else')
        os.utime(self.at('e/copy'), ns=(info.st_atime_ns, info.st_mtime_ns))
        code, out, err = self.run_verb(self.plan)
        self.assertEqual(code, 0)
        self.assertEqual(err.decode(), f"nlink: left alone: '{os.fsdecode(self.at('e/copy'))}': it was changed since it was "
                         'looked at\n')
        self.assertTrue(out.decode().startswith('2 of 3 files share what is occupied by 2 others: 320 KiB returned.\n'
                                                '1 name was left alone: 1 was changed since it was looked at.\n'), out)
        with open(self.at('e/copy'), 'rb') as file:
            self.assertTrue(file.read().startswith(b'something else'))

    def test_gone_since(self):
        os.unlink(self.at('e/note'))
        code, _, err = self.run_verb(self.plan)
        self.assertEqual(code, 0)
        self.assertEqual(err.decode().split(': ')[:3],
                         ['nlink', 'left alone', f"'{os.fsdecode(self.at('e/note'))}'"])
        self.assertTrue(self.same('d/photo', 'e/copy'))
        self.assertFalse(os.path.lexists(self.at('e/note')))

    def test_journals_of_ones_own(self):
        self.assertEqual(self.run_verb('--journal=j', self.plan)[0], 0)
        self.assertEqual(self.journals(), [])
        self.assertTrue(os.path.isfile(self.at('j')))

    def test_no_journal(self):
        self.gives(['--no-journal', '--threads=1', '--unguarded', self.plan], 0,
                   DONE + 'There is no journal: this cannot be undone.\n')

    def test_no_plan(self):
        self.gives(['missing'], 3, '', f"nlink: cannot read the plan 'missing': {NOT_FOUND}\n")
        self.write('text', b'no plan\n')
        for path in ('text', '/dev/null'):
            code, out, err = self.run_verb(path)
            self.assertEqual((code, out), (3, b''))
            self.assertTrue(err.startswith(f"nlink: cannot read the plan '{path}': ".encode()), err)
        with open(self.plan, 'r+b') as file:
            file.seek(100)
            file.write(b'x' * 20)
        code, out, err = self.run_verb(self.plan)
        self.assertEqual((code, out), (3, b''), err)

    def test_usage(self):
        for words, message in (([], 'missing operand'), (['a', 'b'], "extra operand 'b'"),
                               (['--journal=x', '--no-journal', 'a'], '--journal and --no-journal exclude each other'),
                               (['--threads=0', 'a'], "--threads takes a number from 1 on, not '0'"),
                               (['--apply', 'a'], "unrecognized option '--apply'")):
            with self.subTest(words=words):
                self.usage(words, message)


class Undo(Work):
    verb = 'undo'

    def test_by_name(self):
        name = self.merge()
        self.assertNotEqual(self.changed(), self.before)
        self.gives([name], 0, BACK)
        self.unchanged()

    def test_by_path(self):
        name = self.merge()
        self.gives([os.fsdecode(self.state) + '/nlink/' + name], 0, BACK)
        self.unchanged()

    def test_journal_of_ones_own(self):
        self.merge('--journal=../journal')
        self.gives(['../journal'], 0, BACK)
        self.unchanged()

    def test_last(self):
        self.merge('--max-size=64K')
        between = self.changed()
        self.merge()
        self.gives(['--last'], 0, '2 names have files of their own again: 512 KiB occupied.\nAll is as it was.\n')
        self.assertEqual(self.changed(), between)
        self.gives(['--last'], 0, '1 name has a file of its own again: 64.0 KiB occupied.\nAll is as it was.\n')
        self.unchanged()
        self.gives(['--last'], 3, '', 'nlink: there is no journal of work that is done\n')

    def test_attributes(self):
        """Mode, owner, times and extended attributes come back, where the gate was told to ignore them."""
        os.chmod(self.at('e/copy'), 0o640)
        os.chmod(self.at('e/note'), 0o444)
        if os.geteuid() == 0:
            os.chown(self.at('e/copy'), 65534, 65533)
        try:
            os.setxattr(self.at('e/note'), 'user.colour', b'blue\0\xff')
        except OSError:
            pass
        self.before = self.changed()
        held = os.listxattr(self.at('e/note'))
        self.merge('--ignore=mode,owner,group,xattr')
        self.assertTrue(self.same('d/note', 'e/note'))
        self.gives(['--last'], 0, BACK)
        self.unchanged()
        self.assertEqual(os.listxattr(self.at('e/note')), held)
        for name in held:
            if name == 'user.colour':
                self.assertEqual(os.getxattr(self.at('e/note'), name), b'blue\0\xff')

    def test_names_of_one_file(self):
        """They share a file again."""
        os.link(self.at('e/copy'), self.at('e/copy too'))
        self.before = self.changed()
        self.merge('--keep=photo')
        self.assertTrue(self.same('d/photo', 'e/copy', 'e/copy too', 'd/sub/again'))
        code, out, err = self.run_verb('--last')
        self.assertEqual((code, err), (0, b''))
        self.assertTrue(out.startswith(b'4 names have files of their own again: 576 KiB occupied.\n'), out)
        self.unchanged()

    def test_one_file_into_several_directories(self):
        """Whoever gives the first of its names back changes the file's ctime, while others are at its other names."""
        trace = self.trace('-e', 'inject=statx,newfstatat:delay_enter=2000')
        for number in range(4):
            for name in ('d/%d', 'd/%d too', 'e/%d', 'e/%d too'):
                self.write(name % number, b'%d' % number * 5000)
        self.before = self.changed()
        self.merge()
        done = subprocess.run([*trace, tree.NLINK, 'undo', '--last'], cwd=self.root, env=self.environment(),
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b''), done.stdout)
        self.unchanged()

    def test_soft_links(self):
        self.merge('--mode=symlink')
        self.assertEqual(os.readlink(self.at('e/copy')), b'../d/photo')
        self.gives(['--last'], 0, BACK)
        self.unchanged()

    def test_dry_run(self):
        self.merge()
        merged = self.changed()
        self.gives(['-n', '--last'], 0, '3 names would have files of their own again: 576 KiB occupied.\n')
        self.assertEqual(self.changed(), merged)
        self.assertEqual(self.run_verb('--last')[0], 0)
        self.unchanged()

    def test_json(self):
        name = self.merge()
        self.assertEqual(self.by_kind(['--json', name], 0), {'summary': [{
            'journals': 1, 'names': 3, 'finished_names': 0, 'returned_names': 3, 'removed_names': 0, 'missing_names': 0,
            'left_names': 0, 'failed': 0, 'returned_bytes': 589824}]})

    def test_left_alone(self):
        """What was written to since then stays as it is, and so does a name that leads elsewhere."""
        name = self.merge()
        with open(self.at('e/note'), 'ab') as file:
            file.write(b'more')
        os.unlink(self.at('e/copy'))
        os.link(self.at('alone'), self.at('e/copy'))
        code, out, err = self.run_verb(name)
        self.assertEqual(code, 1, err)
        self.assertEqual(len(err.splitlines()), 2)
        self.assertIn(b'1 name has a file of its own again: 256 KiB occupied.\n', out)
        self.assertIn(b'2 names were left alone: ', out)
        self.assertFalse(self.same('d/photo', 'd/sub/again'))
        with open(self.at('e/note'), 'rb') as file:
            self.assertTrue(file.read().endswith(b'more'))

    def test_twice(self):
        name = self.merge()
        self.assertEqual(self.run_verb(name)[0], 0)
        code, _, err = self.run_verb(name)
        self.unchanged()
        self.assertIn(code, (0, 1, 3), err)

    def test_missing(self):
        self.gives(['missing'], 3, '', f"nlink: cannot undo 'missing': {NOT_FOUND}\n")
        code, out, err = self.run_verb('alone')
        self.assertEqual((code, out), (3, b''))
        self.assertTrue(err.startswith(b"nlink: cannot undo 'alone': "), err)

    def test_usage(self):
        for words, message in (([], 'missing operand: a journal, or --last for the newest'),
                               (['a', 'b'], "extra operand 'b'"),
                               (['--last', 'a'], "extra operand 'a': --last finds the journal"),
                               (['-x'], "invalid option -- 'x'")):
            with self.subTest(words=words):
                self.usage(words, message)


class Recover(Work):
    verb = 'recover'

    def test_nothing(self):
        self.gives([], 0, 'nothing to recover\n')
        self.merge()
        merged = self.changed()
        self.gives([], 0, 'nothing to recover\n')
        self.gives(['-n'], 0, 'nothing to recover\n')
        self.assertEqual(self.changed(), merged)
        self.assertEqual(self.by_kind(['--json'], 0)['summary'][0]['journals'], 0)

    def kill(self, call, when):
        """End a command in its middle; False = it ended by itself before."""
        trace = self.trace('-e', f'inject={call}:signal=SIGKILL:when={when}')
        done = subprocess.run([*trace, tree.NLINK, 'dedupe', '--apply', '--threads=1', 'd', 'e'], cwd=self.root,
                              env=self.environment(), capture_output=True, check=False)
        return done.returncode != 0

    def bytes_of(self):
        return {name: fact[4] for name, fact in self.changed().items()}

    def test_after_a_kill(self):
        """Every name has its bytes, before and after."""
        held = {name: fact[4] for name, fact in self.before.items()}
        self.assertTrue(self.kill('renameat2', 2))
        after = self.bytes_of()
        self.assertEqual({name: after.get(name) for name in held}, held)
        [row] = self.lines_of(self.run_other('journal', '--json')[1])
        self.assertEqual(row['state'], 'unfinished')
        code, out, err = self.run_verb('-n')
        self.assertEqual((code, err), (0, b''))
        self.assertTrue(out.startswith(b'1 journal would be mended, with 3 names: '), out)
        self.assertEqual(self.bytes_of(), after)
        code, out, err = self.run_verb()
        self.assertEqual((code, err), (0, b''))
        self.assertTrue(out.startswith(b'1 journal was mended, with 3 names: '), out)
        self.assertTrue(out.endswith(b'\nNo name is missing.\n'), out)
        self.assertEqual(self.bytes_of(), held)
        [row] = self.lines_of(self.run_other('journal', '--json')[1])
        self.assertEqual(row['state'], 'recovered')
        self.gives([], 0, 'nothing to recover\n')
        code, _, err = self.run_other('undo', '--last')
        self.assertIn((code, err), ((0, b''), (3, b'nlink: there is no journal of work that is done\n')))
        self.unchanged()

    def test_by_itself(self):
        """dedupe --apply mends what it meets, says so, and completes the work."""
        self.assertTrue(self.kill('renameat2', 2))
        code, _, err = self.run_other('dedupe', '--apply', 'd', 'e')
        self.assertEqual(code, 0, err)
        self.assertRegex(err.decode(), r'\Anlink: earlier work was left unfinished here, and is mended: '
                         r'\d finished, \d taken back\n\Z')
        self.assertTrue(self.same('d/photo', 'e/copy', 'd/sub/again'))
        self.assertTrue(self.same('d/note', 'e/note'))
        self.assertEqual(self.bytes_of(), {name: fact[4] for name, fact in self.before.items()})

    def test_by_name(self):
        self.assertTrue(self.kill('renameat2', 1))
        [name] = self.journals()
        code, out, err = self.run_verb(os.fsdecode(name))
        self.assertEqual((code, err), (0, b''))
        self.assertTrue(out.startswith(b'1 journal was mended'), out)
        code, out, err = self.run_verb(os.fsdecode(name), 'missing')
        self.assertEqual(code, 1)
        self.assertEqual(err.decode(), f"nlink: cannot recover 'missing': {NOT_FOUND}\n")

    def test_missing(self):
        self.gives(['missing'], 3, '', f"nlink: cannot recover 'missing': {NOT_FOUND}\n")

    def test_usage(self):
        self.usage(['-x'], "invalid option -- 'x'")
        self.usage(['--last'], "unrecognized option '--last'")


class Journal(Work):
    verb = 'journal'

    def test_none(self):
        self.gives([], 0, 'no journals\n')
        self.assertEqual(self.run_verb('--json'), (0, b'', b''))

    def test_table(self):
        first = self.merge('--max-size=64K')
        second = self.merge()
        code, out, err = self.run_verb()
        self.assertEqual((code, err), (0, b''))
        lines = [line.split() for line in out.decode().splitlines()]
        self.assertEqual(lines[0], ['STATE', 'STARTED', 'NAMES', 'DONE', 'GAINED', 'JOURNAL'])
        self.assertEqual([line[0] for line in lines[1:]], ['done', 'done'])
        self.assertEqual({tuple(line[3:]) for line in lines[1:]}, {('1', '1', '64.0', 'KiB', first), ('2', '2', '512', 'KiB', second)})
        self.assertEqual(len({line.rindex(' ') for line in out.decode().splitlines()}), 1)
        self.run_other('undo', second)
        self.assertIn(b'\nundone ', b'\n' + self.run_verb()[1])

    def test_json(self):
        self.merge()
        [row] = self.by_kind(['--json'], 0)['journal']
        self.assertGreater(row.pop('started_ns'), 1700000000 * 10**9)
        [name] = self.journals()
        self.assertEqual(row, {'path': os.fsdecode(os.path.join(self.state, b'nlink', name)), 'state': 'done',
                               'verb': 'dedupe', 'names': 3, 'done_names': 3, 'gained_bytes': 589824})

    def test_one(self):
        inode = os.lstat(self.at('e/copy')).st_ino
        name = self.merge('--min-size=100K')
        path = os.fsdecode(self.state) + '/nlink/' + name
        code, out, err = self.run_verb(name)
        self.assertEqual((code, err), (0, b''))
        here = os.fsdecode(self.root)
        lines = out.decode().splitlines()
        self.assertRegex(lines[0], r'\A' + path + r': dedupe, \d{4}-\d\d-\d\d \d\d:\d\d, done: 2 of 2 names\Z')
        self.assertEqual(set(lines[1:]), {f'  done  {here}/{name} => {here}/d/photo' for name in ('d/sub/again', 'e/copy')})
        kinds = self.by_kind(['--json', path], 0)
        rows = {row['path']: row for row in kinds['name']}
        self.assertEqual(set(rows), {here + '/d/sub/again', here + '/e/copy'})
        self.assertEqual(rows[here + '/e/copy'], {'path': here + '/e/copy', 'with': here + '/d/photo', 'done': True, 'left': None,
                                                  'size_bytes': 262144, 'ino': inode})
        self.assertEqual(len(kinds['journal']), 1)
        code, out, err = self.run_verb(name, 'missing', path)
        self.assertEqual((code, err.decode()), (1, f"nlink: cannot read the journal 'missing': {NOT_FOUND}\n"))
        self.assertEqual(len(out.split(b'\n\n')), 2)

    def test_what_was_left(self):
        with open(self.at('e/copy'), 'ab'):
            code, _, _ = self.run_other('dedupe', '--apply', 'd', 'e')
        self.assertEqual(code, 0)
        [name] = self.journals()
        here = os.fsdecode(self.root)
        self.assertIn(f'\n  left  {here}/e/copy => {here}/d/photo  (a program has it open for writing)\n',
                      self.run_verb(os.fsdecode(name))[1].decode())

    def test_no_journal(self):
        self.merge()
        with open(os.path.join(self.state, b'nlink', b'torn.journal'), 'wb') as file:
            file.write(b'no journal')
        code, out, err = self.run_verb()
        self.assertEqual((code, err), (0, b''))
        self.assertIn(b'\nunreadable  ', out)
        code, out, err = self.run_verb('torn.journal')
        self.assertEqual((code, out), (3, b''))
        self.assertTrue(err.startswith(b"nlink: cannot read the journal 'torn.journal': "), err)
        self.gives(['missing'], 3, '', f"nlink: cannot read the journal 'missing': {NOT_FOUND}\n")

    def test_home(self):
        """Without XDG_STATE_HOME they are below the home directory."""
        home = os.fsdecode(os.path.dirname(self.root))
        env = {'HOME': home}
        code, _, err = tree.run(tree.NLINK, ['dedupe', '--apply', '-q', 'd', 'e'], self.root, env=env)
        self.assertEqual((code, err), (0, b''))
        [name] = os.listdir(home + '/.local/state/nlink')
        self.assertIn(name.encode(), tree.run(tree.NLINK, ['journal'], self.root, env=env)[1])
        self.assertEqual(tree.run(tree.NLINK, ['undo', name], self.root, env=env)[0], 0)
        self.unchanged()

    def test_colours(self):
        self.merge()
        env = {'TERM': 'xterm', 'XDG_STATE_HOME': os.fsdecode(self.state)}
        code, out = tree.run_on_terminal(tree.NLINK, ['journal'], self.root, env=env)
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith(b'\033[1mSTATE'), out)
        self.assertNotIn(b'\033', tree.run_on_terminal(tree.NLINK, ['journal'], self.root, env={**env, 'NO_COLOR': '1'})[1])

    def test_usage(self):
        self.usage(['-n'], "invalid option -- 'n'")
        self.usage(['--wrong'], "unrecognized option '--wrong'")


if __name__ == '__main__':
    unittest.main()
