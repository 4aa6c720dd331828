# SPDX-License-Identifier: MIT
"""nlink dedupe: the plan and the summary in each form, what each option does, and what is left alone."""

import os
import re
import shutil
import signal
import subprocess
import unittest

import merging
import tree

PLAN = '''512 KiB to gain: 3 files of 256 KiB
  keep     d/photo
  replace  e/copy
  replace  d/sub/again

64.0 KiB to gain: 2 files of 64.0 KiB
  keep     d/note
  replace  e/note

'''
SUMMARY = '3 files with 3 names would become names of 2 others, and 576 KiB would be returned.\n'
UNCHANGED = 'Nothing was changed; with --apply it is done.\n'
DONE = '3 files became names of 2 others: 576 KiB returned.\n'


class Plan(merging.Merging):
    verb = 'dedupe'

    def tearDown(self):
        self.unchanged()
        self.assertEqual(self.journals(), [])

    # ------------------------------------------------------------ for people

    def test_plan(self):
        self.gives(['d', 'e'], 0, PLAN + SUMMARY + UNCHANGED)
        self.gives(['--mode=hardlink', '--format=people', '-v', 'e', 'd'], 0, PLAN + SUMMARY + UNCHANGED)

    def test_quiet(self):
        self.gives(['-q', 'd', 'e'], 0, SUMMARY + UNCHANGED)
        self.gives(['--quiet', '.'], 0, SUMMARY + UNCHANGED)

    def test_paths_are_told_as_given(self):
        _, out, _ = self.run_verb('./e', os.fsdecode(self.at('d')))
        self.assertIn(b'  replace  ./e/copy\n', out)
        self.assertIn(b'  keep     ' + self.at('d/photo') + b'\n', out)

    def test_nothing(self):
        self.gives(['alone'], 0, 'Nothing to do: 1 file was looked at, and no two are equal.\n')
        self.gives(['d'], 0, '256 KiB to gain: 2 files of 256 KiB\n  keep     d/photo\n  replace  d/sub/again\n\n'
                   '1 file with 1 name would become a name of 1 other, and 256 KiB would be returned.\n' + UNCHANGED)
        self.gives(['d/note', 'alone'], 0, 'Nothing to do: 2 files were looked at, and no two are equal.\n')

    def test_empty_files_are_left_out(self):
        os.mkdir(self.at('void'))
        for name in ('void/a', 'void/b'):
            self.write(name, b'')
        self.before = merging.facts(self.root)
        code, out, err = self.run_verb('void')
        self.assertEqual((code, err), (0, b''))
        self.assertTrue(out.startswith(b'Nothing to do: '), out)
        self.assertEqual(self.run_verb('--min-size=0', '-q', '.')[1], (SUMMARY + UNCHANGED).encode())

    def test_names_of_one_file(self):
        """They are listed together, and replaced together."""
        os.link(self.at('e/copy'), self.at('e/copy too'))
        self.before = merging.facts(self.root)
        self.gives(['--max-size=300K', '--min-size=100K', '.'], 0, '''512 KiB to gain: 3 files of 256 KiB
  keep     ./e/copy
           './e/copy too'
  replace  ./d/photo
  replace  ./d/sub/again

2 files with 2 names would become names of 1 other, and 512 KiB would be returned.
''' + UNCHANGED)

    def test_names_outside_keep_the_gain(self):
        os.link(self.at('e/note'), self.at('alone too'))
        self.before = merging.facts(self.root)
        self.gives(['--max-size=64K', '--keep=oldest', 'd', 'e'], 0, '''nothing to gain: 2 files of 64.0 KiB
  keep     d/note
  replace  e/note
           and 1 name outside

1 file with 1 name would become a name of 1 other, and nothing would be returned.
''' + UNCHANGED)

    def test_left_alone(self):
        os.chmod(self.at('e/note'), 0o600)
        self.before = merging.facts(self.root)
        code, out, err = self.run_verb('--max-size=64K', 'd', 'e')
        self.assertEqual((code, err), (0, b''))
        self.assertIn('  keep     d/note\n  leave    e/note  (its permissions differ: 0644 and 0600)\n', out.decode())
        self.assertTrue(out.endswith(b'1 equal file is left alone: 1 differs in mode.\n'), out)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can give files away')
    def test_owners(self):
        os.chown(self.at('e/note'), 65534, 65534)
        os.chown(self.at('e/copy'), 54321, 0)
        self.before = merging.facts(self.root)
        text = self.run_verb('d', 'e')[1].decode()
        self.assertIn('  leave    e/note  (its owner differs: root and nobody, its group differs: root and nogroup)\n',
                      text)
        self.assertIn('  leave    e/copy  (its owner differs: root and 54321)\n', text)
        self.assertIn('2 equal files are left alone: 2 have other owners, 1 has another group.\n', text)

    def test_young(self):
        shutil.copyfile(self.at('d/note'), self.at('e/new'))
        os.utime(self.at('e/new'))
        self.before = merging.facts(self.root)
        code, out, _ = self.run_verb('--min-age=1000000', '--max-size=64K', 'd', 'e')
        self.assertEqual(code, 0)
        self.assertIn('(it was changed a moment ago)', out.decode())
        self.assertIn('left alone: ', out.decode())
        self.assertNotIn(b'left alone', self.run_verb('--min-age=0', 'd', 'e')[1])

    def test_odd_names(self):
        with open(self.at('d/note'), 'rb') as file:
            content = file.read()
        names = [b'-dash', b'new\nline', b'bad\xff', 'ünï'.encode(), b'esc\033[31m', b'tab\there', b"it's", b'sp ace',
                 b'x' * 255]
        os.mkdir(self.at('odd'))
        for name in names:
            self.write(b'odd/' + name, content)
        self.before = merging.facts(self.root)
        code, out, err = self.run_verb('odd')
        self.assertEqual((code, err), (0, b''))
        text = out.decode()
        self.assertNotIn('\033', text)
        self.assertEqual(len(text.splitlines()), 1 + len(names) + 1 + 2)
        for shown in ("'odd/new'$'\\n''line'", "'odd/bad'$'\\377'", 'odd/ünï', "'odd/sp ace'", 'odd/-dash'):
            self.assertIn(shown, text)
        self.assertEqual(sorted(self.run_verb('-0', 'odd')[1].split(b'\0')[:-2]), sorted(b'odd/' + name for name in names))
        [group] = self.by_kind(['--json', 'odd'], 0)['group']
        told = [name for file in group['files'] for name in file['names']]
        exact = {bytes.fromhex(name['path_hex']) if 'path_hex' in name else name['path'].encode() for name in told}
        self.assertEqual(exact, {b'odd/' + name for name in names})

    def test_operand_with_a_dash(self):
        os.mkdir(self.at('-d'))
        for name in ('-d/a', '-d/b'):
            shutil.copy2(self.at('d/note'), self.at(name))
        self.before = merging.facts(self.root)
        self.gives(['-q', '--', '-d'], 0, '1 file with 1 name would become a name of 1 other, and 64.0 KiB would be '
                   'returned.\n' + UNCHANGED)

    # ------------------------------------------------------------ for scripts

    def test_null(self):
        self.gives(['-0', 'd', 'e'], 0, 'd/photo\0e/copy\0d/sub/again\0\0d/note\0e/note\0\0')
        self.gives(['-0q', 'd', 'e'], 0, '')
        self.gives(['--null', 'alone'], 0, '')

    def test_fdupes(self):
        self.gives(['--format=fdupes', 'd', 'e'], 0, 'd/photo\ne/copy\nd/sub/again\n\nd/note\ne/note\n\n')
        self.gives(['--format', 'fdupes', 'alone'], 0, '')

    @unittest.skipUnless(shutil.which('fdupes'), 'fdupes is not installed')
    def test_as_fdupes(self):
        """The same sets, whatever the names and the modes."""
        os.chmod(self.at('e/note'), 0o600)
        for i, name in enumerate(('sp ace', 'ünï', '-x', "it's", 'a:b')):
            self.write(name, b'%d' % (i % 2) * 100)
        self.before = merging.facts(self.root)

        def sets(text):
            return {frozenset(group.split('\n')) for group in text.decode().strip('\n').split('\n\n')}
        theirs = subprocess.run(['fdupes', '-r', '-q', '.'], cwd=self.root, capture_output=True, check=True).stdout
        ours = self.run_verb('--format=fdupes', '.')[1]
        self.assertEqual(sets(ours), sets(theirs))
        self.assertEqual(len(sets(ours)), 4)

    def test_json(self):
        kinds = self.by_kind(['--json', 'd', 'e'], 0)
        self.assertEqual(set(kinds), {'group', 'summary'})
        self.assertEqual([(row['size_bytes'], row['gain_bytes']) for row in kinds['group']],
                         [(262144, 524288), (65536, 65536)])
        files = kinds['group'][0]['files']
        self.assertEqual([(file['act'], file['left'], file['differs'], file['keep'], file['names']) for file in files],
                         [('keep', None, [], 0, [{'path': 'd/photo'}]),
                          ('replace', None, [], 0, [{'path': 'e/copy'}]),
                          ('replace', None, [], 0, [{'path': 'd/sub/again'}])])
        for file in files:
            info = os.lstat(self.at(file['names'][0]['path']))
            self.assertEqual((file['dev'], file['ino'], file['link_count'], file['outside_names']),
                             (info.st_dev, info.st_ino, 1, 0))
        [summary] = kinds['summary']
        read = summary.pop('read_bytes')
        self.assertGreaterEqual(read, 3 * 262144 + 2 * 65536)
        self.assertEqual(summary, {
            'names': 5, 'files': 5, 'groups': 2, 'planned_files': 3, 'planned_names': 3, 'gain_bytes': 589824,
            'left_files': 0, 'done_files': 0, 'done_names': 0, 'gained_bytes': 0, 'left_names': 0, 'failed': 0,
            'journal': None})
        self.assertEqual(set(self.by_kind(['--json', '-q', 'd', 'e'], 0)), {'summary'})

    def test_json_of_what_is_left(self):
        os.chmod(self.at('e/note'), 0o600)
        os.link(self.at('alone'), self.at('e/alone'))
        self.before = merging.facts(self.root)
        kinds = self.by_kind(['--json', '--max-size=64K', 'd', 'e'], 0)
        [group] = kinds['group']
        self.assertEqual([(file['act'], file['left'], file['differs']) for file in group['files']],
                         [('keep', None, []), ('leave', 'differs', ['mode'])])
        self.assertEqual((kinds['summary'][0]['left_files'], kinds['summary'][0]['planned_files']), (1, 0))

    # ------------------------------------------------------------ what is looked at

    def test_lists(self):
        self.gives(['-q', '--files-from=-'], 0, '1 file with 1 name would become a name of 1 other, and 256 KiB would be '
                   'returned.\n' + UNCHANGED, stdin=b'd/photo\n\ne/copy\nd/note\n')
        self.gives(['-0', '--files-from=-'], 0, 'd/photo\0e/copy\0\0', stdin=b'd/photo\0e/copy\0d\0')
        self.gives(['--files-from=-'], 0, '', stdin=b'')

    def test_scope(self):
        for words, left in ((['--exclude=note'], [b'd/photo', b'e/copy', b'd/sub/again']),
                            (['--exclude=/sub/'], [b'd/photo', b'e/copy', b'd/note', b'e/note']),
                            (['--max-depth=1', '--min-size=100K'], [b'd/photo', b'e/copy']),
                            (['--max-size=64K', '--threads=1'], [b'd/note', b'e/note']),
                            (['--include=note', '-x'], [b'd/note', b'e/note'])):
            with self.subTest(words=words):
                code, out, err = self.run_verb('-0', *words, 'd', 'e')
                self.assertEqual((code, err), (0, b''))
                self.assertEqual([name for name in out.split(b'\0') if name], left)

    def test_missing(self):
        missing = "nlink: cannot look at 'missing': No such file or directory: 'missing' does not exist\n"
        self.gives(['missing'], 3, '', missing)
        self.gives(['-q', 'missing', 'd', 'e'], 1, SUMMARY + UNCHANGED, missing)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
    def test_as_another(self):
        """What cannot be read is told, and equals nothing."""
        os.chmod(os.path.dirname(self.root), 0o755)
        os.chmod(self.at('e/copy'), 0)
        os.chmod(self.at('d/sub'), 0)
        self.before = merging.facts(self.root)
        code, out, err = self.run_verb('d', 'e', user=65534, group=65534, extra_groups=[])
        self.assertEqual(code, 1)
        self.assertIn(b'  keep     d/note\n  replace  e/note\n', out)
        self.assertNotIn(b'copy', out)
        lines = sorted(err.decode().splitlines())
        self.assertEqual(len(lines), 2, lines)
        self.assertTrue(lines[0].startswith("nlink: cannot read 'e/copy': Permission denied"), lines)
        self.assertTrue(lines[1].startswith("nlink: cannot read the directory 'd/sub': Permission denied"), lines)

    # ------------------------------------------------------------ choosing

    def kept(self, *words):
        """What is kept of the three equal photos."""
        rows = self.by_kind(['--json', '--min-size=100K', *words], 0)['group']
        return [file['names'][0]['path'] for row in rows for file in row['files'] if file['act'] == 'keep']

    def test_keep(self):
        for words, kept in ((['--keep=oldest'], 'd/photo'), (['--keep=newest'], 'd/sub/again'),
                            (['--keep=first'], 'd/photo'), (['--keep=most-names'], 'd/photo'),
                            (['--keep=again'], 'd/sub/again'), (['--keep=/sub/*'], 'd/sub/again'),
                            (['--keep=c*', '--keep=newest'], 'e/copy'), (['--keep=nothing', '--keep=newest'], 'd/sub/again'),
                            (['--keep=nothing', '--keep=copy', '--keep=again'], 'e/copy')):
            with self.subTest(words=words):
                self.assertEqual(self.kept(*words, 'd', 'e'), [kept])
        self.assertEqual(self.kept('--keep=first', 'e', 'd'), ['e/copy'])
        os.link(self.at('d/sub/again'), self.at('e/link'))
        self.before = merging.facts(self.root)
        self.assertEqual(self.kept('d', 'e'), ['d/sub/again'])

    def test_reference(self):
        [row] = self.by_kind(['--json', '--min-size=100K', '--reference=e', 'd'], 0)['group']
        self.assertEqual([(file['act'], file['names'][0]['path']) for file in row['files']],
                         [('keep', 'e/copy'), ('replace', 'd/photo'), ('replace', 'd/sub/again')])
        [row] = self.by_kind(['--json', '--min-size=100K', '--reference=e', '--reference', 'd/sub', 'd'], 0)['group']
        self.assertEqual({file['names'][0]['path']: file['act'] for file in row['files']}['d/photo'], 'replace')
        self.assertNotIn('replace', [file['act'] for file in row['files'] if file['names'][0]['path'] != 'd/photo'])

    def test_ignore_and_match(self):
        os.chmod(self.at('e/note'), 0o600)
        self.before = merging.facts(self.root)

        def acts(*words):
            rows = self.by_kind(['--json', '--max-size=64K', *words, 'd', 'e'], 0)['group']
            return [(file['act'], file['differs']) for row in rows for file in row['files']]
        self.assertEqual(acts(), [('keep', []), ('leave', ['mode'])])
        self.assertEqual([act for act, _ in acts('--ignore=mode')], ['keep', 'replace'])
        self.assertEqual([act for act, _ in acts('--ignore=owner,mode,acl')], ['keep', 'replace'])
        self.assertEqual(acts('--ignore=mode', '--match=mtime'), [('keep', []), ('leave', ['mtime'])])
        self.assertEqual([act for act, _ in acts('--ignore=mode', '--match=name')], ['keep', 'replace'])
        rows = self.by_kind(['--json', '--min-size=100K', '--match=mtime,name', 'd', 'e'], 0)['group']
        self.assertEqual({file['act'] for row in rows for file in row['files']}, {'keep', 'leave'})

    def test_max_links(self):
        for i in range(6):
            shutil.copy2(self.at('d/note'), self.at('d/note%d' % i))
        self.before = merging.facts(self.root)
        rows = self.by_kind(['--json', '--max-size=64K', '--max-links=3', 'd', 'e'], 0)['group']
        acts = [file['act'] for row in rows for file in row['files']]
        self.assertEqual((acts.count('keep'), acts.count('replace')), (3, 5))

    def test_memory(self):
        for size in ('1', '64K', '1G'):
            self.gives([f'--memory={size}', '-q', 'd', 'e'], 0, SUMMARY + UNCHANGED)

    def test_modes(self):
        shares = ('share  ', '3 files would share blocks with 2 others, and ')
        if b'unsupported' in self.run_verb('--mode=reflink', '--json', 'd', 'e')[1]:
            shares = ('leave  ', 'Nothing to do: 5 files were looked at.\n3 equal files are left alone: 3 cannot share blocks')
        for mode, word, text in (('hardlink', 'replace', '3 files with 3 names would become names of 2 others, and '),
                                 ('reflink', *shares),
                                 ('symlink', 'replace', '3 files with 3 names would become soft links to 2 others, and ')):
            with self.subTest(mode=mode):
                code, out, err = self.run_verb(f'--mode={mode}', 'd', 'e')
                self.assertEqual((code, err), (0, b''))
                self.assertRegex(out.decode(), f'\n  {word}  e/copy(  .*)?\n')
                self.assertTrue(out.decode().split('\n\n')[-1].startswith(text), out)

    # ------------------------------------------------------------ the terminal

    def test_colours(self):
        env = {'TERM': 'xterm', 'XDG_STATE_HOME': os.fsdecode(self.state)}
        code, out = tree.run_on_terminal(tree.NLINK, ['dedupe', 'd', 'e'], self.root, env=env)
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith(b'\033[1m512 KiB to gain'), out)
        self.assertEqual(re.sub(rb'\033\[\d+m', b'', out).decode(), PLAN + SUMMARY + UNCHANGED)
        for more in ({'NO_COLOR': '1'}, {'TERM': 'dumb'}):
            self.assertEqual(tree.run_on_terminal(tree.NLINK, ['dedupe', 'd', 'e'], self.root, env={**env, **more}),
                             (0, (PLAN + SUMMARY + UNCHANGED).encode()))
        self.assertNotIn(b'\033', self.run_verb('d', 'e', env={'TERM': 'xterm'})[1])

    def test_usage(self):
        words_of = 'takes words as the help names them, not'
        for words, message in (
                ([], 'missing operand'), (['-q'], 'missing operand'), (['--wrong', 'd'], "unrecognized option '--wrong'"),
                (['--mode=copy', 'd'], "--mode takes hardlink, reflink or symlink, not 'copy'"),
                (['--keep=', 'd'], "--keep takes most-names, oldest, newest, first or a pattern, not ''"),
                (['--ignore=mtime', 'd'], f"--ignore {words_of} 'mtime'"), (['--ignore=', 'd'], f"--ignore {words_of} ''"),
                (['--match=mode', 'd'], f"--match {words_of} 'mode'"), (['--match=name,', 'd'], f"--match {words_of} 'name,'"),
                (['--min-age=x', 'd'], "--min-age takes a number of seconds, not 'x'"),
                (['--min-age=-1', 'd'], "--min-age takes a number of seconds, not '-1'"),
                (['--max-links=0', 'd'], "--max-links takes a number from 1 on, not '0'"),
                (['--memory=0', 'd'], "--memory takes a size such as 64M or 1G, not '0'"),
                (['--memory=lots', 'd'], "--memory takes a size such as 64M or 1G, not 'lots'"),
                (['--format=rmlint', 'd'], "--format takes people or fdupes, not 'rmlint'"),
                (['--plan=', 'd'], "--plan takes the name of a file, not ''"),
                (['--apply', '--journal=', 'd'], "--journal takes the name of a file, not ''"),
                (['--apply', '--plan=p', 'd'], '--plan and --apply exclude each other'),
                (['--apply', '-0', 'd'], '--null and --apply exclude each other'),
                (['--apply', '--format=fdupes', 'd'], '--format=fdupes and --apply exclude each other'),
                (['--json', '-0', 'd'], '--null and --json exclude each other'),
                (['--json', '--format=fdupes', 'd'], '--format=fdupes and --json exclude each other'),
                (['-0', '--format=fdupes', 'd'], '--null and --format=fdupes exclude each other'),
                (['-q', '-v', 'd'], '--quiet and --verbose exclude each other'),
                (['--journal=j', 'd'], '--journal goes with --apply only'),
                (['--no-journal', 'd'], '--no-journal goes with --apply only'),
                (['--unguarded', 'd'], '--unguarded goes with --apply only'),
                (['--apply', '--journal=j', '--no-journal', 'd'], '--journal and --no-journal exclude each other'),
                (['--files-from=x', 'd'], "extra operand 'd': --files-from gives the names")):
            with self.subTest(words=words):
                self.usage(words, message)


class Apply(merging.Merging):
    verb = 'dedupe'

    def journal(self):
        """The one journal there is, and the line that tells it."""
        [name] = self.journals()
        return f'To undo: nlink undo {os.fsdecode(name)}\n'

    def is_merged(self):
        self.assertTrue(self.same('d/photo', 'e/copy', 'd/sub/again'))
        self.assertTrue(self.same('d/note', 'e/note'))
        self.assertEqual({name: fact[4] for name, fact in merging.facts(self.root).items()},
                         {name: fact[4] for name, fact in self.before.items()})
        for _, _, files in os.walk(self.root):
            self.assertEqual([name for name in files if name.startswith(b'.')], [])

    def test_apply(self):
        code, out, err = self.run_verb('--apply', 'd', 'e')
        self.assertEqual((code, out.decode(), err), (0, DONE + self.journal(), b''))
        self.is_merged()
        self.assertEqual(os.lstat(self.at('e/copy')).st_mtime, self.now() - 300)
        self.gives(['--apply', 'd', 'e'], 0, 'Nothing to do: 2 files were looked at, and no two are equal.\n')
        self.assertEqual(len(self.journals()), 1)

    def test_verbose(self):
        code, out, err = self.run_verb('--apply', '-v', 'd', 'e')
        self.assertEqual((code, out.decode(), err), (0, PLAN + DONE + self.journal(), b''))
        self.is_merged()

    def test_json(self):
        kinds = self.by_kind(['--json', '--apply', 'd', 'e'], 0)
        [summary] = kinds['summary']
        [name] = self.journals()
        self.assertEqual(len(kinds['group']), 2)
        self.assertEqual((summary['done_files'], summary['done_names'], summary['gained_bytes'], summary['journal']),
                         (3, 3, 589824, os.fsdecode(os.path.join(self.state, b'nlink', name))))
        self.is_merged()

    def test_journal_of_ones_own(self):
        where = os.fsdecode(os.path.dirname(self.root)) + '/my journal'
        code, out, err = self.run_verb('--apply', '--journal', '../my journal', 'd', 'e')
        self.assertEqual((code, err), (0, b''))
        self.assertEqual(out.decode(), DONE + f"To undo: nlink undo '{where}'\n")
        self.assertEqual(self.journals(), [])
        self.assertTrue(os.path.isfile(where))
        self.write('x', b'x' * merging.BLOCK)
        self.write('y', b'x' * merging.BLOCK)
        before = merging.facts(self.root)
        code, out, err = self.run_verb('--apply', '--journal', '../my journal', '.')
        self.assertEqual(code, 3)
        self.assertTrue(err.startswith(b'nlink: cannot replace names: File exists'), err)
        self.assertEqual(merging.facts(self.root), before)

    def test_no_journal(self):
        self.gives(['--apply', '--no-journal', 'd', 'e'], 0, DONE + 'There is no journal: this cannot be undone.\n')
        self.assertEqual(self.journals(), [])
        self.is_merged()

    def test_list_with_nuls(self):
        """-0 is about the list then."""
        code, out, err = self.run_verb('--apply', '-0', '--files-from=-', stdin=b'd/photo\0e/copy\0')
        self.assertEqual((code, out.decode(), err),
                         (0, '1 file became a name of 1 other: 256 KiB returned.\n' + self.journal(), b''))
        self.assertTrue(self.same('d/photo', 'e/copy'))

    def test_open_for_writing(self):
        with open(self.at('e/copy'), 'ab'):
            code, out, err = self.run_verb('--apply', 'd', 'e')
        self.assertEqual(code, 0)
        self.assertEqual(err.decode(), f"nlink: left alone: '{os.fsdecode(self.at('e/copy'))}': "
                         'a program has it open for writing\n')
        self.assertEqual(out.decode(), '2 of 3 files became names of 2 others: 320 KiB returned.\n'
                         '1 name was left alone: 1 is open for writing.\n' + self.journal())
        self.assertFalse(self.same('d/photo', 'e/copy'))
        self.assertTrue(self.same('d/photo', 'd/sub/again'))

    def test_json_of_names_left(self):
        with open(self.at('e/copy'), 'ab'):
            kinds = self.by_kind(['--json', '--apply', 'd', 'e'], 0)
        self.assertEqual(kinds['left'], [{'path': os.fsdecode(self.at('e/copy')), 'left': 'open',
                                          'text': 'a program has it open for writing'}])
        self.assertEqual(kinds['summary'][0]['left_names'], 1)

    def test_symlinks(self):
        code, out, err = self.run_verb('--apply', '--mode=symlink', 'd', 'e')
        self.assertEqual((code, err), (0, b''))
        self.assertTrue(out.decode().startswith('3 files became soft links to 2 others: '), out)
        self.assertEqual(os.readlink(self.at('e/copy')), b'../d/photo')
        self.assertEqual(os.readlink(self.at('d/sub/again')), b'../photo')
        self.assertEqual(os.readlink(self.at('e/note')), b'../d/note')

    def test_reference_is_not_changed(self):
        before = {name: os.lstat(self.at(name)).st_ino for name in ('e/copy', 'e/note')}
        self.assertEqual(self.run_verb('--apply', '--reference=e', 'd')[0], 0)
        self.is_merged()
        self.assertEqual({name: os.lstat(self.at(name)).st_ino for name in before}, before)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
    def test_refused(self):
        """The system refuses one name: status 1, told with the reason."""
        os.chmod(os.path.dirname(self.root), 0o755)
        os.mkdir(self.state)
        os.chmod(os.path.dirname(self.state), 0o755)
        os.chown(self.state, 65534, 65534)
        for here, _, files in os.walk(self.root):
            os.chown(here, 65534, 65534)
            for name in files:
                os.chown(os.path.join(here, name), 65534, 65534)
        os.chmod(self.at('d/sub'), 0o555)
        code, out, err = self.run_verb('--apply', 'd', 'e', user=65534, group=65534, extra_groups=[])
        self.assertEqual(code, 1)
        self.assertTrue(err.startswith(f"nlink: left alone: '{os.fsdecode(self.at('d/sub/again'))}': the system refused: "
                                       'Permission denied'.encode()), err)
        self.assertEqual(out.decode(), '2 of 3 files became names of 2 others: 320 KiB returned.\n'
                         '1 name was left alone: 1 was refused by the system.\n' + self.journal())

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
    def test_nothing_could_be_done(self):
        os.chmod(os.path.dirname(self.root), 0o755)
        os.mkdir(self.state)
        os.chmod(os.path.dirname(self.state), 0o755)
        os.chown(self.state, 65534, 65534)
        for name in ('e/copy', 'd/photo', 'd/note', 'e/note', 'd/sub/again'):
            os.chown(self.at(name), 65534, 65534)
        code, _, err = self.run_verb('--apply', 'd', 'e', user=65534, group=65534, extra_groups=[])
        self.assertEqual(code, 3)
        self.assertEqual(len(err.splitlines()), 3, err)

    def test_signals(self):
        """Stopped before the first name: nothing is changed, and the status tells which signal it was."""
        env = self.environment()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Who runs this may ignore some, and what is ignored stays so; Python has a way of its own with SIGINT.
            self.addCleanup(signal.signal, number, signal.signal(number, signal.SIG_DFL))
        for name, status in (('INT', 130), ('TERM', 143), ('HUP', 129)):
            # It comes as soon as it is watched for: two calls for each of three signals.
            trace = self.trace('-e', 'trace=rt_sigaction', '-e', f'inject=rt_sigaction:signal=SIG{name}:when=6')
            for words in (['d', 'e'], ['--apply', 'd', 'e'], ['--json', 'd', 'e']):
                with self.subTest(name=name, words=words):
                    done = subprocess.run([*trace, tree.NLINK, 'dedupe', *words], cwd=self.root, env=env,
                                          capture_output=True, check=False)
                    self.assertEqual((done.returncode, done.stdout, done.stderr),
                                     (status, b'', b'nlink: stopped: nothing was changed\n'))
            # And where the plan is made already: the report is written. Two more when it looks for what a crash left, and
            # one before the first name is replaced.
            trace[-1] = f'inject=rt_sigaction:signal=SIG{name}:when=9'
            with self.subTest(name=name):
                done = subprocess.run([*trace, tree.NLINK, 'dedupe', '--apply', 'd', 'e'], cwd=self.root, env=env,
                                      capture_output=True, check=False)
                self.assertEqual(done.returncode, status)
                self.assertRegex(done.stdout, rb'\A([123] (of 3 )?files|Nothing was replaced)')
        held = {name: fact[4] for name, fact in self.before.items()}
        self.assertEqual({name: fact[4] for name, fact in merging.facts(self.root).items()}, held)

    def test_ignored_signals(self):
        """Who starts it in the background lets it go on."""
        code, out, err = tree.run('/bin/sh', ['-c', "trap '' INT HUP; \"$0\" dedupe -q d e & kill -INT $!; wait $!", tree.NLINK],
                                  self.root)
        self.assertEqual((code, out.decode(), err), (0, SUMMARY + UNCHANGED, b''))


if __name__ == '__main__':
    unittest.main()
