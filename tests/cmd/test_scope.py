# SPDX-License-Identifier: MIT
"""What names, space, check and dedupe have in common: what is looked at, files with patterns and names, the progress."""

import os
import unittest

import tree

VERBS = ('names', 'space', 'check', 'dedupe')


class Scope(tree.Verb):
    verb = 'space'

    def setUp(self):
        super().setUp()
        self.place = tree.fresh(self)
        for name, size in ((b'one', 1), (b'kilo', 1024), (b'more', 1025), (b'ten', 10240)):
            with open(os.path.join(self.place, name), 'wb') as file:
                file.write(b'x' * size)
        os.makedirs(os.path.join(self.place, b'in/side'))
        for name in (b'in/a.o', b'in/a.c', b'in/side/b.o', b'in/side/b.c', b'in/# odd', b'in/- x'):
            with open(os.path.join(self.place, name), 'wb'):
                pass

    def tearDown(self):
        self.assertEqual(tree.look(self.root), self.before)

    def kept(self, *words, **more):
        """How many names space counts below the place."""
        rows = self.objects(['--json', '-d0', *words, self.place], 0, **more)
        return rows[0]['names']

    def write(self, text):
        path = os.path.join(tree.fresh(self), b'list')
        with open(path, 'wb') as file:
            file.write(text)
        return path

    # ------------------------------------------------------------ what is left out

    def test_everything(self):
        self.assertEqual(self.kept(), 10)

    def test_patterns(self):
        for words, count in ((['--exclude=*.o'], 8), (['--exclude', '*.o', '--exclude=*.c'], 6),
                             (['--exclude=side/'], 8), (['--exclude=in/side'], 8), (['--exclude=/side'], 10),
                             (['--exclude=/in'], 4), (['--include=*.o'], 2),
                             (['--include=a.*', '--exclude=*.o'], 9), (['--exclude=*.o', '--include=a.*'], 8),
                             (['--include=*.o', '--exclude=*'], 0)):
            with self.subTest(words=words):
                self.assertEqual(self.kept(*words), count)

    def test_patterns_from_a_file(self):
        for text, count in ((b'*.o\n', 8), (b'*.o', 8), (b'*.o\r\n*.c\r\n', 6), (b'', 10), (b'\n\n', 10),
                            (b'# *\n; *\n*.o\n', 8), (b'- *.o\n+ *.c\n', 8), (b'+ a.o\n*.o\n', 9),
                            (b'- # odd\n- - x\n', 8)):
            with self.subTest(text=text):
                self.assertEqual(self.kept('--exclude-from', self.write(text)), count)
                self.assertEqual(self.kept('--exclude-from=-', stdin=text), count)

    def test_order_of_rules(self):
        """A file's rules stand where the file stands on the command line."""
        keep = self.write(b'+ a.o\n')
        self.assertEqual(self.kept('--exclude-from', keep, '--exclude=*.o'), 9)
        self.assertEqual(self.kept('--exclude=*.o', '--exclude-from', keep), 8)
        self.assertEqual(self.kept('--include=b.o', '--exclude-from', keep, '--exclude=*.o'), 10)

    def test_sizes(self):
        for words, count in ((['--min-size=1'], 4), (['--min-size=1K'], 3), (['--min-size=1k'], 3),
                             (['--min-size=1KiB'], 3), (['--min-size=1025'], 2), (['--min-size=10KB'], 1),
                             (['--min-size=11K'], 0), (['--max-size=1'], 7), (['--max-size=1KB'], 7),
                             (['--max-size=1K'], 8), (['--max-size=1E'], 10), (['--max-size=15EiB'], 10),
                             (['--min-size=1K', '--max-size', '2K'], 2)):
            with self.subTest(words=words):
                self.assertEqual(self.kept(*words), count)

    def test_depth(self):
        """It limits what is looked at, but in space, where it is du's and limits what is shown."""
        os.link(os.path.join(self.place, b'one'), os.path.join(self.place, b'in/side/one'))
        self.verb = 'names'
        for depth, count in ((1, 1), (2, 1), (3, 2), (4000000000, 2)):
            with self.subTest(depth=depth):
                code, told, _ = self.run_verb(f'--max-depth={depth}', '-0', '-i', self.place, os.path.join(self.place, b'one'))
                self.assertEqual((code, told.count(b'\0')), (0 if count == 2 else 1, count))
        self.verb = 'space'
        for depth, count in ((0, 1), (1, 2), (2, 3), (9, 3)):
            with self.subTest(depth=depth):
                rows = self.objects(['--json', f'--max-depth={depth}', self.place], 0)
                self.assertEqual(len([row for row in rows if row['what'] == 'row']), count)
                self.assertEqual(rows[0]['names'], 11)

    def test_other_file_system(self):
        self.assertEqual(self.kept('-x'), 10)
        self.assertEqual(self.kept('--one-file-system'), 10)

    def test_threads(self):
        for threads in (1, 2, 7):
            with self.subTest(threads=threads):
                self.assertEqual(self.kept(f'--threads={threads}'), 10)

    def test_every_verb_takes_them(self):
        rules = self.write(b'*.o\n')
        for verb in VERBS:
            with self.subTest(verb=verb):
                self.verb = verb
                extra = [self.at('a'), '-i', self.place] if verb == 'names' else [self.place]
                code, _, err = self.run_verb('--exclude=x', '--include=*', '--exclude-from', rules, '--min-size=0',
                                             '--max-size=1G', '--max-depth=2', '-x', '--threads=2', *extra)
                self.assertEqual((code, err), (1 if verb == 'names' else 0, b''))

    # ------------------------------------------------------------ lists of names

    def test_list(self):
        """Nothing is walked: a directory stands for itself."""
        rows = self.objects(['--json', '--set', '--files-from=-'], 0, stdin=b'a\nd\nc')
        self.assertEqual([row['path'] for row in rows if row['what'] == 'row' and row['kind'] == 'directory'], ['d'])
        together = [row for row in rows if row['what'] == 'together'][0]
        self.assertEqual((together['names'], together['files'], together['directories']), (2, 2, 1))
        [row] = [row for row in self.objects(['--json', '-0', '--files-from=-'], 0, stdin=b'new\nline\0')
                 if row['what'] == 'row']
        self.assertEqual(row['path'], 'new\nline')
        path = self.write(b'a2\n')
        self.assertEqual(self.objects(['--json', '--files-from', path], 0)[0]['path'], 'a2')

    def test_list_that_is_empty(self):
        for verb in ('names', 'space'):
            self.verb = verb
            self.gives(['--files-from=-'], 0)
            self.gives(['-0', '--files-from=/dev/null'], 0)

    def test_list_with_bytes_that_end_nothing(self):
        for verb in ('names', 'space'):
            self.verb = verb
            self.gives(['--files-from=-'], 2, '',
                       'nlink: the names in standard input are ended by NUL: that needs --null\n', stdin=b'a\0b\0')

    def test_files_that_cannot_be_read(self):
        self.gives(['--files-from=missing'], 3, '', "nlink: cannot read 'missing': No such file or directory\n")
        self.gives(['--files-from', 'd'], 3, '', "nlink: cannot read 'd': Is a directory\n")
        for verb in VERBS:
            self.verb = verb
            self.gives(['--exclude-from=missing', 'a'], 3, '',
                       "nlink: cannot read 'missing': No such file or directory\n")

    # ------------------------------------------------------------ wrong command lines

    def test_usage(self):
        size = 'takes a size such as 4096, 10K or 2MB, not'
        for verb in VERBS:
            self.verb = verb
            for words, message in (
                    (['--min-size=x'], f"--min-size {size} 'x'"), (['--min-size='], f"--min-size {size} ''"),
                    (['--min-size=-1'], f"--min-size {size} '-1'"), (['--min-size=1.5K'], f"--min-size {size} '1.5K'"),
                    (['--max-size=1Kb'], f"--max-size {size} '1Kb'"), (['--max-size=1KBB'], f"--max-size {size} '1KBB'"),
                    (['--max-size=16E'], f"--max-size {size} '16E'"),
                    (['--max-size=18446744073709551616'], f"--max-size {size} '18446744073709551616'"),
                    (['--max-size=0'], "--max-size takes a size of at least 1, not '0'"),
                    (['--max-depth=0'], "--max-depth takes a number from 1 on, not '0'"),
                    (['--max-depth=4294967296'], "--max-depth takes a number from 1 on, not '4294967296'"),
                    (['--threads', ' 1'], "--threads takes a number from 1 on, not ' 1'"),
                    (['--exclude-from=-', '--exclude-from=-'], 'standard input can be read only once'),
                    (['--exclude='], "--exclude takes a pattern, not ''"),
                    (['--include', ''], "--include takes a pattern, not ''"),
                    (['--exclude-from='], "--exclude-from takes the name of a file, not ''"),
                    (['--exclude'], "option '--exclude' requires an argument"),
                    (['--exclud=x'], "option '--exclud=x' is ambiguous; possibilities: '--exclude' '--exclude-from'")):
                if verb == 'space' and words[0].startswith('--max-depth'):
                    continue  # there it is du's, see test_space
                with self.subTest(verb=verb, words=words):
                    self.usage(words, message)

    def test_usage_of_lists(self):
        for verb in ('names', 'space'):
            self.verb = verb
            self.usage(['--files-from=-', '--exclude-from=-'], 'standard input can be read only once')
            self.usage(['--files-from=-', 'a'], "extra operand 'a': --files-from gives the names")
        self.verb = 'check'
        self.usage(['--files-from=-'], "unrecognized option '--files-from=-'")

    # ------------------------------------------------------------ troubles on the way

    def test_a_root_within_a_root(self):
        for verb in ('space', 'check'):
            self.verb = verb
            code, _, err = self.run_verb(self.place, self.place)
            self.assertEqual((code, err), (0, b''))

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
    def test_a_directory_that_is_closed(self):
        os.chmod(self.place, 0o755)
        os.chmod(os.path.join(self.place, b'in'), 0o700)
        inside = os.fsdecode(self.place) + '/in'
        for verb in ('space', 'check'):
            self.verb = verb
            code, out, err = self.run_verb(self.place, user=65534, group=65534, extra_groups=[])
            self.assertEqual(code, 1)
            self.assertTrue(out)
            self.assertTrue(err.decode().startswith(f"nlink: cannot read the directory '{inside}': Permission denied: "),
                            err)
            code, out, err = self.run_verb(inside, user=65534, group=65534, extra_groups=[])
            self.assertEqual((code, out), (3, b''))


if __name__ == '__main__':
    unittest.main()
