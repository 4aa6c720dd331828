# SPDX-License-Identifier: MIT
"""nlink space: the tables to the letter, with figures that a slow and obvious count arrives at too."""

import os
import re
import stat
import unittest

import tree

COLUMNS = ('freed_bytes', 'once_bytes', 'held_bytes', 'apparent_bytes', 'names', 'files')
HEADS = ('FREED', 'ONCE', 'HELD', 'APPARENT', 'NAMES', 'FILES')


def names_below(paths):
    """Every name, the paths' own and all below: path -> what lstat tells."""
    seen = {}
    for path in paths:
        seen[path] = os.lstat(path)
        for here, dirs, files in os.walk(path):
            for name in dirs + files:
                full = os.path.join(here, name)
                seen[full] = os.lstat(full)
    return seen


def figures(paths):
    """What the paths occupy together, and what deleting them together frees."""
    files = {}
    row = dict.fromkeys(COLUMNS + ('held_files', 'outside_names', 'directories'), 0)
    for info in names_below(paths).values():
        key = (info.st_dev, info.st_ino)
        first = key not in files
        files.setdefault(key, [info, 0])[1] += 1
        row['names'] += not stat.S_ISDIR(info.st_mode)
        row['files'] += first and not stat.S_ISDIR(info.st_mode)
        row['directories'] += stat.S_ISDIR(info.st_mode)
    for info, count in files.values():
        allocated = info.st_blocks * 512
        outside = 0 if stat.S_ISDIR(info.st_mode) else info.st_nlink - count
        row['apparent_bytes'] += info.st_size
        row['once_bytes'] += allocated
        row['held_bytes' if outside else 'freed_bytes'] += allocated
        row['held_files'] += outside > 0
        row['outside_names'] += outside
    return row


def human(size):
    """As du -h writes it: rounded up, one decimal below ten."""
    unit = 0
    divisor = 1
    while unit < 6 and size // divisor >= 1024:
        divisor *= 1024
        unit += 1
    if unit == 0:
        return str(size)
    tenths = -(-size * 10 // divisor)
    if tenths < 100:
        return f'{tenths // 10}.{tenths % 10}{" KMGTPE"[unit]}'
    whole = -(-size // divisor)
    return f'1.0{" KMGTPE"[unit + 1]}' if whole == 1024 else f'{whole}{" KMGTPE"[unit]}'


class Space(tree.Verb):
    verb = 'space'

    def setUp(self):
        super().setUp()
        for name, size in ((b'd/big', 300000), (b'e/y', 70000), (b'd/sub/deep/z', 9000)):
            with open(self.at(name), 'wb') as file:
                file.write(b'x' * size)
        os.link(self.at('d/big'), self.at('e/big'))
        os.link(self.at('e/y'), self.at('e/y2'))
        self.before = tree.look(self.root)
        os.chdir(self.root)
        self.addCleanup(os.chdir, '/')

    def tearDown(self):
        self.assertEqual(tree.look(self.root), self.before)

    def directories(self, root, depth):
        """The directories that have a row, as paths below the root."""
        found = [root]
        for here, dirs, _ in os.walk(root):
            level = 0 if here == root else os.path.relpath(here, root).count('/') + 1
            if level < depth:
                found += [os.path.join(here, name) for name in dirs]
        return found

    def table(self, rows, exact=False, together=None):
        """The text of a table of (path as shown, figures)."""
        rows = list(rows) + ([('together', together)] if together else [])
        cells = [[str(row[key]) if exact else human(row[key]) if key.endswith('bytes') else f'{row[key]:,}'
                  for key in COLUMNS] + [path] for path, row in rows]
        widths = [max(len(line[i]) for line in [HEADS, *cells]) for i in range(6)]
        return ''.join('  '.join([*(line[i].rjust(widths[i]) for i in range(6)), line[6]]) + '\n'
                       for line in [[*HEADS, 'PATH'], *cells])

    def sorted_rows(self, root, depth, column='freed_bytes'):
        rows = [(path, figures([path])) for path in self.directories(root, depth)]
        return sorted(rows, key=lambda row: (-row[1][column], os.fsencode(row[0])))

    def held(self, row, where='', exact=False):
        if row['held_bytes'] == 0:
            return ''
        size = row['held_bytes'] if exact else human(row['held_bytes'])
        return (f"held: {size} in {row['held_files']} file{'s' * (row['held_files'] != 1)} by "
                f"{row['outside_names']} name{'s' * (row['outside_names'] != 1)} outside{where}\n")

    def prints(self, words, text):
        """The text, and then the line about what makes the true figure smaller, which depends on the file system."""
        code, out, err = self.run_verb(*words)
        self.assertEqual((code, err), (0, b''), words)
        said = out.decode()
        endings = [ending for ending in ('Open files and shared extents can make the true figure smaller.\n',
                                         'Open files can make the true figure smaller.\n') if said.endswith(ending)]
        self.assertEqual(len(endings), 1, said)
        self.assertEqual(said[:-len(endings[0])], text)

    # ------------------------------------------------------------ rows

    def test_one_directory(self):
        row = figures(['d'])
        self.assertGreater(row['held_bytes'], 0)
        self.prints(['-d0', 'd'], self.table([('d', row)]) + '\n' + self.held(row))
        self.prints(['-d', '0', '--bytes', 'd'], self.table([('d', row)], True) + '\n' + self.held(row, exact=True))

    def test_this_directory(self):
        self.prints(['-d0'], self.table([('.', figures(['.']))]) + '\n')
        self.prints(['--depth=0', '.'], self.table([('.', figures(['.']))]) + '\n')

    def test_directories_below(self):
        for depth in (0, 1, 2, 3, 9):
            with self.subTest(depth=depth):
                rows = self.sorted_rows('d', depth)
                self.prints(['-d', str(depth), '--bytes', 'd'],
                            self.table(rows, True) + '\n' + self.held(figures(['d']), exact=True))
        rows = self.sorted_rows('d', 1)
        self.prints(['d'], self.table(rows) + '\n' + self.held(figures(['d'])))

    def test_several_paths(self):
        rows = sorted(self.sorted_rows('d', 1) + self.sorted_rows('e', 1),
                      key=lambda row: (-row[1]['freed_bytes'], row[0]))
        held = self.held(figures(['d']), " 'd'") + self.held(figures(['e']), " 'e'")
        self.prints(['d', 'e'], self.table(rows) + '\n' + held)
        held = self.held(figures(['e']), " 'e'") + self.held(figures(['d']), " 'd'")
        self.prints(['e', 'd'], self.table(rows) + '\n' + held)

    def test_set(self):
        rows = sorted(((path, figures([path])) for path in 'de'), key=lambda row: (-row[1]['freed_bytes'], row[0]))
        together = figures(['d', 'e'])
        self.assertGreater(together['freed_bytes'], sum(row['freed_bytes'] for _, row in rows))
        held = (self.held(figures(['d']), " 'd'") + self.held(figures(['e']), " 'e'") +
                self.held(together, ' them all'))
        self.prints(['-d0', '--set', 'd', 'e'], self.table(rows, together=together) + '\n' + held)

    def test_files(self):
        rows = [(path, figures([path])) for path in ('b', 'e/y')]
        rows.sort(key=lambda row: (-row[1]['freed_bytes'], row[0]))
        self.prints(['b', 'e/y'], self.table(rows) + '\n' + self.held(figures(['e/y']), " 'e/y'"))

    def test_sort(self):
        for word in ('freed', 'once', 'held', 'apparent', 'names', 'files'):
            column = word + '_bytes' * (word + '_bytes' in COLUMNS)
            rows = self.sorted_rows('d', 9, column)
            held = '\n' + self.held(figures(['d']))
            with self.subTest(word=word):
                self.prints(['-d9', '--sort', word, 'd'], self.table(rows) + held)
                self.prints(['-d9', f'--sort={word}', '-r', 'd'], self.table(reversed(rows)) + held)
                self.prints(['-d9', f'--sort={word}', '--top=2', 'd'], self.table(rows[:2]) + held)
                self.prints(['-d9', f'--sort={word}', '--top=1', '--reverse', 'd'], self.table(rows[-1:]) + held)
        rows = sorted(self.sorted_rows('d', 9), key=lambda row: os.fsencode(row[0]))
        self.prints(['-d9', '--sort=path', 'd'], self.table(rows) + '\n' + self.held(figures(['d'])))

    def test_paths_given_twice(self):
        row = figures(['d'])
        self.prints(['-d0', 'd', 'd'], self.table([('d', row)]) + '\n' + self.held(row, " 'd'"))
        self.prints(['-d0', '--set', 'd', 'd/sub', 'd'],
                    self.table([('d', row), ('d/sub', figures(['d/sub']))], together=row) + '\n' +
                    self.held(row, " 'd'") + self.held(row, ' them all'))

    def test_odd_names(self):
        self.prints(['-d0', 'sp dir'], self.table([("'sp dir'", figures(['sp dir']))]) + '\n')

    def test_columns_widen(self):
        """A count of more than three digits has its thousands set apart."""
        where = os.fsdecode(tree.fresh(self))
        os.mkdir(where + '/m')
        for i in range(1234):
            os.symlink('x', f'{where}/m/{i}')
        row = figures([where + '/m'])
        self.assertEqual(row['names'], 1234)
        self.prints(['-d0', where + '/m'], self.table([(where + '/m', row)]) + '\n')
        self.assertIn('1,234', self.table([(where, row)]))
        self.prints(['-d0', '--bytes', where + '/m'], self.table([(where + '/m', row)], True) + '\n')

    # ------------------------------------------------------------ series, groups, holders

    def snapshots(self):
        """Three snapshots of five files; in each, one goes and one comes."""
        where = os.fsdecode(tree.fresh(self))
        for i in range(5):
            with open(f'{where}/f{i}', 'wb') as file:
                file.write(b'x' * 10000 * (i + 1))
        for i in range(3):
            os.mkdir(f'{where}/s{i}')
            for j in range(i, i + 3):
                os.link(f'{where}/f{j}', f'{where}/s{i}/f{j}')
        for i in range(5):
            os.unlink(f'{where}/f{i}')
        return [f'{where}/s{i}' for i in range(3)]

    def test_series(self):
        snaps = self.snapshots()
        for show, exact in ((human, []), (str, ['--bytes'])):
            alone = [show(figures([snap])['freed_bytes']) for snap in snaps]
            oldest = [show(figures(snaps[:i + 1])['freed_bytes']) for i in range(3)]
            widths = max(5, *map(len, alone)), max(15, *map(len, oldest))
            lines = [f'{a.rjust(widths[0])}  {o.rjust(widths[1])}  {path}\n'
                     for a, o, path in zip(['ALONE'] + alone, ['OLDEST-TOGETHER'] + oldest, ['PATH'] + snaps)]
            self.prints(['--series', *exact, *snaps], ''.join(lines) + '\n')
            self.prints(['--series', '--top=3', *exact, *snaps], ''.join(lines) + '\n')
        code, out, _ = self.run_verb('--series', '--top=1', *snaps)
        self.assertEqual((code, [snap.encode() in out for snap in snaps]), (0, [True, False, False]))

    def test_series_with_one_missing(self):
        first, _, last = self.snapshots()
        code, out, err = self.run_verb('--series', first, first + 'x', last)
        self.assertEqual(code, 1)
        self.assertRegex(out.decode().splitlines()[2], rf'\A    -  +[0-9.K]+  {first}x\Z')
        self.assertTrue(err.startswith(b'nlink: cannot look at '), err)
        self.assertIn(b'\n1 place could not be looked at: what is there is not in the figures.\n', out)

    def test_groups(self):
        def size(path):
            return human(os.lstat(path).st_blocks * 512)
        big, y, small = size('d/big'), size('e/y'), size('a')
        self.gives(['--groups'], 0, f'{big}  2 names\n  ./d/big\n  ./e/big\n\n{y}  2 names\n  ./e/y\n  ./e/y2\n\n'
                                    f'{small}  3 names\n  ./a\n  ./a2\n  ./d/same\n')
        self.gives(['--groups=1', 'd'], 0, f'{big}  1 of 2 names\n  d/big\n')
        self.gives(['--groups=2', '--bytes', 'e'], 0,
                   f'{os.lstat("d/big").st_blocks * 512}  1 of 2 names\n  e/big\n\n'
                   f'{os.lstat("e/y").st_blocks * 512}  2 names\n  e/y\n  e/y2\n')
        self.gives(['--groups', 'd/sub'], 0, 'no file has several names\n')

    def test_why_not(self):
        big, small = (human(os.lstat(path).st_blocks * 512) for path in ('d/big', 'a'))
        width = max(len(big), len(small))
        row = figures(['d'])
        end = f"\n{self.held(row)}freed: {human(row['freed_bytes'])} of {human(row['once_bytes'])}\n"
        pad = ' ' * (width + 2)
        self.prints(['--why-not', 'd', '.'],
                    f'{big.rjust(width)}  d/big\n{pad}held by ./e/big\n'
                    f'{small.rjust(width)}  d/same\n{pad}held by ./a\n{pad}held by ./a2\n' + end)
        self.prints(['--why-not=d', 'e'],
                    f'{big.rjust(width)}  d/big\n{pad}held by e/big\n'
                    f'{small.rjust(width)}  d/same\n{pad}held by 2 names that were not found\n' + end)
        row = figures(['d/sub'])
        self.prints(['--why-not=d/sub', '.'],
                    'held: nothing, no file in it has a name outside\n'
                    f"freed: {human(row['freed_bytes'])} of {human(row['once_bytes'])}\n")

    # ------------------------------------------------------------ JSON

    def row(self, what, path, depth, kind, row):
        return {'what': what, 'path': path, 'depth': depth, 'kind': kind, **row}

    def test_json(self):
        rows = self.objects(['--json', '-d1', '--set', 'd', 'e/y'], 0)
        doubts = rows.pop()
        self.assertEqual(set(doubts), {'what', 'changed_files', 'wrong_counts', 'unread', 'may_share_extents'})
        self.assertEqual((doubts['what'], doubts['changed_files'], doubts['wrong_counts'], doubts['unread']),
                         ('doubts', 0, 0, 0))
        together = rows.pop()
        self.assertEqual((together['what'], together['path']), ('together', None))
        self.assertEqual({key: together[key] for key in figures(['d'])}, figures(['d', 'e/y']))
        expected = [self.row('row', 'd', 0, 'directory', figures(['d'])),
                    self.row('row', 'd/sub', 1, 'directory', figures(['d/sub'])),
                    self.row('row', 'e/y', 0, 'regular', figures(['e/y']))]
        self.assertEqual(sorted(rows, key=lambda row: row['path']), expected)

    def test_json_series(self):
        snaps = self.snapshots()
        rows = self.objects(['--json', '--series', *snaps], 0)
        self.assertEqual(rows[-1]['what'], 'doubts')
        self.assertEqual(rows[:-1], [{**self.row('series', snap, 0, 'directory', figures([snap])),
                                      'oldest_bytes': figures(snaps[:i + 1])['freed_bytes']}
                                     for i, snap in enumerate(snaps)])

    def test_json_groups(self):
        info = os.lstat('d/big')
        rows = self.objects(['--json', '--groups=1', 'd'], 0)
        self.assertEqual(rows[0], {
            'what': 'group', 'dev': info.st_dev, 'ino': info.st_ino, 'link_count': 2, 'kind': 'regular',
            'size_bytes': 300000, 'allocated_bytes': info.st_blocks * 512, 'name_count': 1, 'outside_names': 1,
            'names': [{'path': 'd/big'}]})
        self.assertEqual([row['what'] for row in rows], ['group', 'doubts'])

    def test_json_of_bytes_that_are_no_text(self):
        where = tree.fresh(self)
        for name in (b'\xff', b'x'):
            with open(where + b'/' + name, 'wb'):
                pass
        os.link(where + b'/x', where + b'/y\xfe')
        [group] = [row for row in self.objects(['--json', '--groups', where], 0) if row['what'] == 'group']
        self.assertEqual(group['names'], [{'path': os.fsdecode(where) + '/x'},
                                          {'path': os.fsdecode(where) + '/y\ufffd',
                                           'path_hex': (where + b'/y\xfe').hex()}])

    def test_json_holders(self):
        info = os.lstat('d/big')
        rows = self.objects(['--json', '--why-not=d', 'e'], 0)
        self.assertEqual([row['what'] for row in rows], ['holder', 'holder', 'together', 'doubts'])
        self.assertEqual(rows[0], {'what': 'holder', 'path': 'e/big', 'inside': 'd/big', 'dev': info.st_dev,
                                   'ino': info.st_ino, 'allocated_bytes': info.st_blocks * 512, 'missing': 0})
        self.assertEqual((rows[1]['path'], rows[1]['inside'], rows[1]['missing']), (None, 'd/same', 2))

    # ------------------------------------------------------------ troubles

    def test_missing_paths(self):
        missing = "nlink: cannot look at 'missing': No such file or directory: 'missing' does not exist\n"
        self.gives(['missing'], 3, '', missing)
        self.gives(['missing', 'missing'], 3, '', missing)
        code, out, err = self.run_verb('-d0', 'missing', 'e')
        self.assertEqual((code, err), (1, missing.encode()))
        self.assertTrue(out.decode().startswith(self.table([('e', figures(['e']))]) + '\n'))

    def test_colours(self):
        """Only on a terminal, and not against NO_COLOR; the columns are as wide as without."""
        plain = self.run_verb('d')[1]
        self.assertEqual(self.run_verb('d', env={'TERM': 'xterm'}), (0, plain, b''))
        code, out = tree.run_on_terminal(tree.NLINK, ['space', 'd'], self.root, env={'TERM': 'xterm'})
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith(b'\033[1m'), out)
        self.assertIn(b'\033[33m', out)
        self.assertEqual(re.sub(rb'\033\[\d+m', b'', out), plain)
        for env in ({'TERM': 'xterm', 'NO_COLOR': '1'}, {'TERM': 'dumb'}):
            self.assertEqual(tree.run_on_terminal(tree.NLINK, ['space', 'd'], self.root, env=env), (0, plain))

    def test_usage(self):
        columns = 'freed, once, held, apparent, names, files or path'
        for words, message in ((['--sort=size'], f"--sort takes {columns}, not 'size'"),
                               (['--sort='], f"--sort takes {columns}, not ''"),
                               (['-d', 'x'], "--depth takes a number, not 'x'"),
                               (['-d-1'], "--depth takes a number, not '-1'"),
                               (['--max-depth=4294967296'], "--depth takes a number, not '4294967296'"),
                               (['--top=0'], "--top takes a number from 1 on, not '0'"),
                               (['--groups=0'], "--groups takes a number from 1 on, not '0'"),
                               (['--groups=x'], "--groups takes a number from 1 on, not 'x'"),
                               (['--set', '--series'], '--set and --series exclude each other'),
                               (['--groups', '--why-not=d'], '--groups and --why-not exclude each other'),
                               (['--why-not=d', '--files-from=-'], '--why-not and --files-from exclude each other'),
                               (['-0', 'd'], '--null goes with --files-from only'),
                               (['--wrong'], "unrecognized option '--wrong'")):
            with self.subTest(words=words):
                self.usage(words, message)


if __name__ == '__main__':
    unittest.main()
