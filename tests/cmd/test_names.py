# SPDX-License-Identifier: MIT
"""nlink names: every name, in each form, and what is said where some are missing."""

import json
import os
import unittest

import tree

MISSING = 'No such file or directory'


class Names(tree.Verb):
    verb = 'names'

    def tearDown(self):
        self.assertEqual(tree.look(self.root), self.before)

    def gives_lines(self, words, status, *lines, **more):
        self.gives(words, status, ''.join(line + '\n' for line in lines), **more)

    def partly(self, words, begin):
        """Some names are missing: what is printed begins so, and ends with the reason on the same line."""
        code, out, err = self.run_verb(*words)
        self.assertEqual((code, err), (1, b''), words)
        text = out.decode()
        self.assertTrue(text.startswith(begin), text)
        reason = text[len(begin):]
        self.assertRegex(reason, r'\A[^\n]{10,}[^.\n]\n\Z')
        return reason

    def test_below_a_directory(self):
        self.gives_lines(['-i', '.', 'a'], 0, './a', './a2', './d/same')
        self.gives_lines(['--in=.', 'd/same'], 0, './a', './a2', './d/same')
        self.gives_lines(['--in', self.root, '--', '-dash'], 0, os.fsdecode(self.root) + '/-dash')
        self.gives_lines(['-i', 'd', '-i', '.', 'b'], 0, './b')

    def test_everywhere(self):
        """Without a place to look in, paths are absolute."""
        here = os.path.realpath(os.fsdecode(self.root))
        code, out, err = self.run_verb('a')
        self.assertEqual(out.decode().splitlines()[:3], [here + '/a', here + '/a2', here + '/d/same'])
        self.assertEqual(code, 0, err)

    def test_some_are_missing(self):
        self.partly(['-i', 'd', 'a'], 'd/same\n1 of 3 names: ')
        self.partly(['-i', 'e', 'a'], '0 of 3 names: ')
        self.partly(['-i', 'e', 'b'], '0 of 1 name: ')
        self.partly(['-i', 'd', '-i', 'e', 'a'], 'd/same\n1 of 3 names: ')

    def test_several_files(self):
        self.gives_lines(['-i', '.', 'a', 'sp ace', 'd/b'], 0, 'a:', './a', './a2', './d/same', '',
                         "'sp ace':", "'./sp ace'", '', 'd/b:', './d/b')
        self.partly(['-i', 'd', 'd/b', 'a'], 'd/b:\nd/b\n\na:\nd/same\n1 of 3 names: ')
        self.gives_lines(['-i', '.', 'b', 'b'], 0, 'b:', './b', '', 'b:', './b')

    def test_odd_names(self):
        self.gives_lines(['-i', '.', 'new\nline'], 0, "'./new'$'\\n''line'")
        self.gives_lines(['-i', '.', b'bad\xff'], 0, "'./bad'$'\\377'")
        self.gives_lines(['-i', '.', 'ünï'], 0, './ünï')

    def test_soft_links(self):
        self.gives_lines(['-i', '.', 'l'], 0, './l')
        self.gives_lines(['-i', '.', '-L', 'l'], 0, './a', './a2', './d/same')
        self.gives_lines(['-i', '.', '--dereference', 'll'], 0, './a', './a2', './d/same')
        self.gives_lines(['-i', '.', '-s', 'a'], 0, './a', './a2', './d/same', './l (soft link)', './ll (soft link)')
        self.gives_lines(['-i', '.', '--soft', 'b'], 0, './b', './d/up (soft link)')
        self.gives_lines(['-i', '.', '-sL', 'd/up'], 0, './b', './d/up (soft link)')
        self.gives_lines(['-i', '.', '-s', 'c'], 0, './c')

    def test_null(self):
        self.gives(['-0', '-i', '.', 'a'], 0, './a\0./a2\0./d/same\0')
        self.gives(['--null', '-i', '.', 'new\nline', b'bad\xff'], 0, b'./new\nline\0./bad\xff\0')
        self.gives(['-0s', '-i', '.', 'b'], 0, './b\0./d/up\0')
        code, out, err = self.run_verb('-0', '-i', 'd', 'b', 'a')
        self.assertEqual((code, out), (1, b'd/same\0'))
        self.assertRegex(err.decode(), r"\Anlink: 'b': 0 of 1 name: .+\nnlink: 'a': 1 of 3 names: .+\n\Z")

    def test_walk(self):
        self.gives_lines(['--walk', '-i', '.', 'a'], 0, './a', './a2', './d/same')

    def test_files_from(self):
        self.gives_lines(['-i', '.', '--files-from=-'], 0, 'a:', './a', './a2', './d/same', '', 'c:', './c',
                         stdin=b'a\n\nc')
        self.gives(['-0', '-i', '.', '--files-from', '-'], 0, './new\nline\0./c\0', stdin=b'new\nline\0c\0')
        self.gives(['--files-from=-'], 0, stdin=b'')
        self.gives(['--files-from=/dev/null'], 0)

    def test_missing_files(self):
        for words, status, out in ((['missing'], 3, b''), (['-i', '.', 'missing', 'b'], 1, b'b:\n./b\n'),
                                   (['-i', '.', 'b', 'missing', 'c'], 1, b'b:\n./b\n\nc:\n./c\n')):
            code, said, err = self.run_verb(*words)
            self.assertEqual((code, said), (status, out))
            self.assertRegex(err.decode(), rf"\Anlink: cannot look at 'missing': {MISSING}.*\n\Z")
        for words, begin in ((['-L', 'dangling'], f"'dangling': {MISSING}"), (['c/x'], "'c/x': Not a directory"),
                             ([''], f"'': {MISSING}")):
            code, out, err = self.run_verb(*words)
            self.assertEqual((code, out), (3, b''))
            self.assertTrue(err.decode().startswith(f'nlink: cannot look at {begin}'), err)

    def test_missing_place(self):
        code, out, err = self.run_verb('-i', 'missing', 'c')
        self.assertEqual(code, 1)
        self.assertRegex(out, rb'\A0 of 1 name: .+\n\Z')
        self.assertEqual(err, f"nlink: cannot look at 'missing': {MISSING}: 'missing' does not exist\n".encode())

    def test_directories(self):
        """A directory has one name, which is known without looking."""
        self.gives_lines(['d/sub'], 0, os.path.realpath(os.fsdecode(self.root)) + '/d/sub')

    def test_json(self):
        info = os.lstat(self.at('a'))
        names = [{'file': 'a', 'path': path, 'soft': soft}
                 for path, soft in (('./a', False), ('./a2', False), ('./d/same', False), ('./l', True), ('./ll', True))]
        self.assertEqual(self.objects(['--json', '-s', '-i', '.', 'a'], 0), names + [
            {'file': 'a', 'dev': info.st_dev, 'ino': info.st_ino, 'link_count': 3, 'found': 3, 'soft_found': 2,
             'told_by_system': False, 'absence': 'none', 'text': ''}])
        found = self.objects(['--json', '-i', 'e', 'a', 'e/x'], 1)
        self.assertEqual([row['file'] for row in found], ['a', 'e/x', 'e/x'])
        self.assertEqual((found[0]['link_count'], found[0]['found'], found[0]['absence']), (3, 0, 'outside-roots'))
        self.assertTrue(found[0]['text'])
        [name, file] = self.objects(['--json', '-i', '.', b'bad\xff'], 0)
        self.assertEqual((name['path_hex'], file['file_hex']), ('./bad'.encode().hex() + 'ff', '626164ff'))
        code, out, err = self.run_verb('--json', 'missing')
        if code != 2:
            self.assertEqual((code, json.loads(out)['link_count']), (3, 0))
            self.assertTrue(err.startswith(b'nlink: cannot look at'))

    def test_many(self):
        """A file with thousands of names; the numbers are written with thousands set apart."""
        where = tree.fresh(self) + b'/many'
        os.mkdir(where)
        os.mkdir(where + b'/d')
        first = where + b'/0'
        with open(first, 'wb'):
            pass
        for i in range(1, 1200):
            os.link(first, where + b'/%d' % i)
        os.link(first, where + b'/d/x')
        code, out, _ = self.run_verb('-i', where + b'/d', first)
        self.assertEqual(code, 1)
        self.assertRegex(out.splitlines()[-1], rb'\A1 of 1,201 names: ')
        code, out, _ = self.run_verb('-0', '-i', where, first)
        self.assertEqual((code, out.split(b'\0')[:-1]),
                         (0, sorted([where + b'/%d' % i for i in range(1200)] + [where + b'/d/x'])))

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
    def test_as_another(self):
        os.chmod(os.path.dirname(self.root), 0o755)
        os.chmod(self.at('d'), 0o700)
        self.before = tree.look(self.root)
        code, out, err = self.run_verb('-i', '.', 'a', user=65534, group=65534, extra_groups=[])
        self.assertEqual(code, 1)
        self.assertTrue(out.startswith(b'./a\n./a2\n2 of 3 names: '), out)
        self.assertTrue(err.startswith(b"nlink: cannot read the directory './d': Permission denied: "), err)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
    def test_as_another_all_found(self):
        """What could not be read on the way to the last name is not told: nothing is missing for it."""
        os.chmod(os.path.dirname(self.root), 0o755)
        os.mkdir(self.at('closed'), 0o700)
        self.before = tree.look(self.root)
        code, out, err = self.run_verb('a', user=65534, group=65534, extra_groups=[])
        self.assertEqual((code, err), (0, b''))
        self.assertEqual(len(out.splitlines()), 3)

    def test_usage(self):
        for words, message in (([], 'missing operand'), (['-x'], 'missing operand'),
                               (['--json', '-0', 'a'], '--json and --null exclude each other'),
                               (['-i'], "option requires an argument -- 'i'"),
                               (['-d', 'a'], "invalid option -- 'd'"),
                               (['--wrong'], "unrecognized option '--wrong'")):
            with self.subTest(words=words):
                self.usage(words, message)


if __name__ == '__main__':
    unittest.main()
