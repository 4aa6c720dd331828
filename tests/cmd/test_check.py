# SPDX-License-Identifier: MIT
"""nlink check: what is found, how it is told, and that nothing changes."""

import os
import re
import shutil
import unittest

import merging
import tree

HEADINGS = {
    'dangles': 'Soft links that lead nowhere',
    'loops': 'Soft links that lead back to themselves',
    'absolute-inside': 'Absolute soft links to something inside',
    'points-out': 'Soft links that lead out',
    'needlessly-long': 'Soft links with a longer way than they need',
    'partly-outside': 'Files with names inside and outside',
    'near-limit': 'Files with nearly as many names as they can have',
    'set-id-shared': 'Setuid or setgid files with several names',
    'writable-and-read-only': 'Files with names where one may write and where not',
    'empty-shared': 'Empty files with several names',
    'soft-link-shared': 'Soft links with several names',
}


class Check(tree.Verb):
    verb = 'check'

    def setUp(self):
        super().setUp()
        with open(self.at('empty'), 'wb'):
            pass
        os.link(self.at('empty'), self.at('e/empty'))
        os.link(self.at('l'), self.at('l2'), follow_symlinks=False)
        shutil.copyfile(self.at('b'), self.at('tool'))
        os.chmod(self.at('tool'), 0o4755)
        for name in ('d/tool', 'e/tool'):
            os.link(self.at('tool'), self.at(name))
        os.symlink('d/../e/../c', self.at('long'))
        os.symlink(os.path.realpath(self.at('c')), self.at('sp dir/inside'))
        self.before = tree.look(self.root)

    def tearDown(self):
        self.assertEqual(tree.look(self.root), self.before)

    def found(self, *words):
        return self.objects(['--json', *words], 1)

    def where(self, *words):
        """What is found, as (kind, path)."""
        return [(row['kind'], row['path']) for row in self.found(*words)]

    def as_text(self, rows):
        """What people see of these findings."""
        text = ''
        kinds = [row['kind'] for row in rows]
        for i, row in enumerate(rows):
            if kinds.index(row['kind']) == i:
                text += f"{HEADINGS[row['kind']]}: {kinds.count(row['kind'])}\n"
            text += f"  {row['shown']}\n    {row['text']}\n"
            others = [name['path'] for name in row['names'] if name['path'] != row['path']]
            text += ''.join(f'    also: {name}\n' for name in others[:5])
            if len(others) > 5:
                text += f"    and {len(others) - 5:,} more name{'s' * (len(others) > 6)}\n"
            text += f"    mend: {row['mend']}\n" if row['mend'] else ''
            text += '\n' if row['kind'] not in kinds[i + 1:] else ''
        return text + f"{len(rows)} finding{'s' * (len(rows) != 1)}\n"

    def shows(self, *words):
        """The same findings in both forms."""
        rows = self.found(*words)
        for row in rows:
            row['shown'] = f"'{row['path']}'" if ' ' in row['path'] else row['path']
        self.gives(words, 1, self.as_text(rows))

    # ------------------------------------------------------------ what is found

    def test_everything(self):
        self.assertEqual(self.where(), [
            ('dangles', './d/gone'), ('dangles', './dangling'), ('loops', './loop'),
            ('absolute-inside', './sp dir/inside'), ('points-out', './abs'), ('needlessly-long', './long'),
            ('set-id-shared', './d/tool'), ('empty-shared', './e/empty'), ('soft-link-shared', './l')])
        self.shows()
        self.shows('.')

    def test_inside_is_below_any_root(self):
        os.symlink('../e/x', self.at('d/side'))
        self.before = tree.look(self.root)
        self.assertIn(('points-out', 'd/side'), self.where('d'))
        self.assertIn(('partly-outside', 'd/same'), self.where('d'))
        self.assertNotIn(('points-out', 'd/side'), self.where('d', 'e'))
        self.shows('d', 'e')
        self.shows('sp dir', 'd/gone')

    def test_nothing(self):
        self.gives(['b'], 0, 'nothing found\n')
        self.gives(['d/sub', 'c'], 0, 'nothing found\n')
        self.assertIn(self.run_verb('--json', 'b'),
                      ((0, b'', b''), (2, b'', b'nlink: this build has no JSON\n')))

    def test_one(self):
        self.assertEqual(self.where('loop'), [('loops', 'loop')])
        self.shows('loop')

    def test_odd_names(self):
        os.symlink(b'gone\xff', self.at(b'so\xff\nft'))
        self.before = tree.look(self.root)
        [row] = self.found(b'so\xff\nft')
        self.assertEqual((row['path_hex'], row['target_hex']), (b'so\xff\nft'.hex(), b'gone\xff'.hex()))
        code, out, _ = self.run_verb(b'so\xff\nft')
        self.assertEqual(code, 1)
        self.assertTrue(out.startswith(b"Soft links that lead nowhere: 1\n  'so'$'\\377\\n''ft'\n    "), out)

    def test_many_names(self):
        """Five further names are shown, and how many there are beyond."""
        for count, end in ((6, '    also: many/5\n'), (7, '    also: many/5\n    and 1 more name\n'),
                           (1207, '    and 1,201 more names\n')):
            where = self.at('many')
            os.mkdir(where)
            with open(where + b'/0', 'wb'):
                pass
            for i in range(1, count):
                os.link(where + b'/0', where + b'/%d' % i)
            self.before = tree.look(self.root)
            code, out, err = self.run_verb('--only=empty-shared', 'many')
            self.assertEqual((code, err), (1, b''))
            lines = out.decode().splitlines(keepends=True)
            told = [line for line in lines if line.startswith(('    also: ', '    and '))]
            self.assertEqual(len(told), min(count - 1, 6))
            self.assertTrue(''.join(told).endswith(end), told)
            shutil.rmtree(where)
            self.before = tree.look(self.root)

    def test_keys(self):
        rows = self.found()
        for row in rows:
            self.assertEqual(set(row), {'kind', 'path', 'target', 'candidate', 'names', 'link_count', 'text', 'mend'})
        of = {row['path']: row for row in rows}
        self.assertEqual((of['./dangling']['target'], of['./dangling']['candidate'], of['./dangling']['names']),
                         ('nowhere', None, []))
        self.assertEqual((of['./d/tool']['target'], of['./d/tool']['link_count']), (None, 3))
        self.assertEqual(of['./d/tool']['names'], [{'path': './d/tool'}, {'path': './e/tool'}, {'path': './tool'}])

    def test_candidate(self):
        os.symlink('far/x', self.at('lost'))
        self.before = tree.look(self.root)
        [row] = [row for row in self.found('--only=dangles') if row['path'] == './lost']
        self.assertEqual(row['candidate'], './e/x')

    def test_mends_are_commands(self):
        """Run as they are printed, what they mend is found no more."""
        for row in self.found():
            if row['mend'] and row['kind'] != 'dangles':
                code, _, err = tree.run('/bin/sh', ['-c', row['mend']], self.root)
                self.assertEqual((code, err), (0, b''), row)
        self.before = tree.look(self.root)
        kinds = {kind for kind, _ in self.where()}
        self.assertEqual(kinds & {'absolute-inside', 'needlessly-long', 'empty-shared', 'soft-link-shared'}, set())

    # ------------------------------------------------------------ what is looked for

    def test_only_and_skip(self):
        kinds = [kind for kind, _ in self.where()]
        for kind in sorted(set(kinds)):
            with self.subTest(kind=kind):
                self.assertEqual({found for found, _ in self.where('--only', kind)}, {kind})
                self.assertEqual([found for found, _ in self.where(f'--skip={kind}')],
                                 [found for found in kinds if found != kind])
        self.assertEqual(self.where('--only=loops,dangles'), self.where('--only=dangles', '--only', 'loops'))
        self.assertEqual({kind for kind, _ in self.where('--only=loops,dangles', '--skip=dangles')}, {'loops'})
        self.gives(['--only=near-limit'], 0, 'nothing found\n')
        self.gives(['--skip', ','.join(set(kinds))], 0, 'nothing found\n')

    def test_kinds_are_in_the_help(self):
        code, out, _ = self.run_verb('--help')
        self.assertEqual(code, 0)
        for kind in HEADINGS:
            self.assertRegex(out.decode(), rf'[ :]{kind}[,.]')

    # ------------------------------------------------------------ troubles

    def test_missing_paths(self):
        missing = "nlink: cannot look at 'missing': No such file or directory: 'missing' does not exist\n"
        self.gives(['missing'], 3, '', missing)
        self.gives(['missing', 'b'], 1, 'nothing found\n', missing)
        self.gives(['loop', 'missing', '--only=dangles'], 1, 'nothing found\n', missing)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
    def test_as_another(self):
        os.chmod(os.path.dirname(self.root), 0o755)
        os.chmod(self.at('d'), 0o700)
        self.before = tree.look(self.root)
        code, out, err = self.run_verb('--only=loops', user=65534, group=65534, extra_groups=[])
        self.assertEqual(code, 1)
        self.assertTrue(out.endswith(b'\n1 finding\n'), out)
        self.assertTrue(err.startswith(b"nlink: cannot read the directory './d': Permission denied: "), err)

    def test_colours(self):
        plain = self.run_verb('d')[1]
        code, out = tree.run_on_terminal(tree.NLINK, ['check', 'd'], self.root, env={'TERM': 'xterm'})
        self.assertEqual(code, 1)
        self.assertTrue(out.startswith(b'\033[1m'), out)
        self.assertIn(b'mend: \033[32m', out)
        self.assertEqual(re.sub(rb'\033\[\d+m', b'', out), plain)
        self.assertEqual(tree.run_on_terminal(tree.NLINK, ['check', 'd'], self.root,
                                              env={'TERM': 'xterm', 'NO_COLOR': '1'}), (1, plain))

    def test_usage(self):
        kinds = 'takes kinds of findings as the help names them, not'
        for words, message in ((['--only='], f"--only {kinds} ''"), (['--only=dangle'], f"--only {kinds} 'dangle'"),
                               (['--skip=loops,'], f"--skip {kinds} 'loops,'"),
                               (['--skip=,loops'], f"--skip {kinds} ',loops'"),
                               (['--only=loops', '--skip=loops'], '--only and --skip leave nothing to look for'),
                               (['--skip=' + ','.join(HEADINGS)], '--only and --skip leave nothing to look for'),
                               (['--files-from=-'], "unrecognized option '--files-from=-'"),
                               (['-0'], "invalid option -- '0'"), (['--wrong'], "unrecognized option '--wrong'")):
            with self.subTest(words=words):
                self.usage(words, message)


class Fix(merging.Merging):
    """--fix: the plan, the mending, and that it is taken back."""

    verb = 'check'

    def setUp(self):
        super().setUp()
        os.makedirs(self.at('site/pictures/old'))
        self.write('site/pictures/old/sun', b'sun')
        for target, name in (('pictures/sun', 'site/cover'), ('../site/pictures/old', 'site/long'), ('gone', 'site/lost'),
                             ('round', 'site/round'), (self.at('site/pictures'), 'site/whole'), ('../e', 'site/out'),
                             ('pictures/old/sun', 'site/right'), (b'../site/pictures/old/sun', b'site/o\xff\nd')):
            os.symlink(os.fsencode(target), self.at(name))
        self.whole = os.fsdecode(os.path.realpath(self.at('site/pictures')))
        os.unlink(self.at('site/whole'))
        os.symlink(os.fsencode(self.whole), self.at('site/whole'))
        self.before = merging.facts(self.root)

    def plan(self, removed=False):
        gone = 'site/lost: gone -> (removed)\n' if removed else ''
        loop = 'site/round: round -> (removed)\n' if removed else ''
        return ('site/cover: pictures/sun -> pictures/old/sun\n' + gone + loop +
                f'site/whole: {self.whole} -> pictures\n'
                'site/long: ../site/pictures/old -> pictures/old\n'
                "'site/o'$'\\377\\n''d': ../site/pictures/old/sun -> pictures/old/sun\n")

    def target(self, name):
        return os.fsdecode(os.readlink(self.at(name)))

    def test_plan(self):
        self.gives(['--fix', 'site'], 0, self.plan() + '4 soft links would be mended.\nNothing was changed; with --apply it '
                   'is done.\n')
        self.gives(['--fix', '--remove', 'site'], 0, self.plan(True) + '6 soft links would be mended.\nNothing was changed; '
                   'with --apply it is done.\n')
        self.gives(['--fix', '--only=loops', 'site'], 0, 'nothing to mend\n')
        self.gives(['--fix', '--apply', '--skip=dangles', 'e'], 0, 'nothing to mend\n')
        self.unchanged()
        self.assertEqual(self.journals(), [])

    def test_apply(self):
        code, out, err = self.run_verb('--fix', '--apply', 'site')
        [name] = self.journals()
        self.assertEqual((code, out.decode(), err), (0, self.plan() + '4 soft links were mended.\nTo undo: nlink undo '
                                                     + os.fsdecode(name) + '\n', b''))
        self.assertEqual([self.target(name) for name in ('site/cover', 'site/long', 'site/whole', 'site/lost')],
                         ['pictures/old/sun', 'pictures/old', 'pictures', 'gone'])
        self.gives(['--fix', 'site'], 0, 'nothing to mend\n')
        code, out, err = self.run_other('undo', os.fsdecode(name))
        self.assertEqual((code, err), (0, b''))
        self.assertTrue(out.endswith(b'All is as it was.\n'), out)
        self.unchanged()

    def test_remove(self):
        code, out, err = self.run_verb('--fix', '--apply', '--remove', '--only=dangles,loops', 'site')
        self.assertEqual((code, err), (0, b''))
        self.assertIn(b'\n3 soft links were mended.\n', out)
        self.assertFalse(os.path.lexists(self.at('site/lost')) or os.path.lexists(self.at('site/round')))
        self.assertEqual(self.run_other('undo', '--last')[0], 0)
        self.unchanged()

    def test_journals(self):
        code, out, err = self.run_verb('--fix', '--apply', '--only=needlessly-long', '--journal=j', 'site')
        self.assertEqual((code, err), (0, b''))
        here = os.fsdecode(self.root)
        text = self.run_other('journal', './j')[1].decode()
        self.assertRegex(text.splitlines()[0], r'/j: check, .*, done: 2 of 2 names\Z')
        self.assertIn(f'\n  done  {here}/site/long -> pictures/old\n', text)
        os.unlink(self.at('j'))
        code, out, err = self.run_verb('--fix', '--apply', '--only=dangles', '--no-journal', 'site')
        self.assertEqual((code, out.decode(), err), (0, 'site/cover: pictures/sun -> pictures/old/sun\n1 soft link was mended.\n'
                                                     'There is no journal: this cannot be undone.\n', b''))

    def test_json(self):
        kinds = self.by_kind(['--fix', '--remove', '--json', 'site'], 0)
        self.assertEqual(kinds['summary'], [{'planned_names': 6, 'done_names': 0, 'left_names': 0, 'failed': 0, 'journal': None}])
        rows = {row['path']: row for row in kinds['fix']}
        self.assertEqual(rows['site/lost'], {'path': 'site/lost', 'target': 'gone', 'aim': ''})
        self.assertEqual(rows['site/cover'], {'path': 'site/cover', 'target': 'pictures/sun', 'aim': 'pictures/old/sun'})
        kinds = self.by_kind(['--fix', '--apply', '--json', 'site'], 0)
        self.assertEqual((len(kinds['fix']), kinds['summary'][0]['done_names']), (4, 4))
        [name] = self.journals()
        self.assertTrue(kinds['summary'][0]['journal'].endswith('/nlink/' + os.fsdecode(name)))

    def test_missing(self):
        missing = "nlink: cannot look at 'missing': No such file or directory: 'missing' does not exist\n"
        self.gives(['--fix', 'missing'], 3, '', missing)
        self.gives(['--fix', 'missing', 'e'], 1, 'nothing to mend\n', missing)

    def test_usage(self):
        for words, message in ((['--apply'], '--apply goes with --fix only'), (['--remove'], '--remove goes with --fix only'),
                               (['--fix', '--journal=j'], '--journal goes with --fix --apply only'),
                               (['--fix', '--no-journal'], '--no-journal goes with --fix --apply only'),
                               (['--fix', '--apply', '--journal=j', '--no-journal'],
                                '--journal and --no-journal exclude each other')):
            with self.subTest(words=words):
                self.usage(words, message)


if __name__ == '__main__':
    unittest.main()
