# SPDX-License-Identifier: MIT
"""nlink unlink: every option, every refusal, exactly."""

import os
import unittest

import tree


class Unlink(tree.Verb):
    verb = 'unlink'

    def test_says_how_many_remain(self):
        self.gives(['a2', 'd/same', 'a'], 0,
                   'a2: 2 names remain\nd/same: 1 name remains\na: that was the last name\n')
        for name in ('a', 'a2', 'd/same'):
            self.assertFalse(os.path.lexists(self.at(name)))

    def test_odd_names(self):
        self.gives(['--', 'new\nline', b'bad\xff', '-dash', 'sp ace'], 0,
                   "'new'$'\\n''line': that was the last name\n'bad'$'\\377': that was the last name\n"
                   "-dash: that was the last name\n'sp ace': that was the last name\n")

    def test_soft_link_itself(self):
        self.gives(['l', 'dangling'], 0, 'l: that was the last name\ndangling: that was the last name\n')
        self.assertTrue(os.path.exists(self.at('a')))

    def test_quiet(self):
        self.gives(['-q', 'a2'], 0)
        self.assertFalse(os.path.lexists(self.at('a2')))

    def test_keep_last(self):
        self.refuses(['--keep-last', 'c'], 3,
                     "nlink: cannot unlink 'c': 'c' is the file's last name: its contents would go with it\n")
        self.gives(['-k', 'a', 'a2', 'd/same'], 1, 'a: 2 names remain\na2: 1 name remains\n',
                   "nlink: cannot unlink 'd/same': 'd/same' is the file's last name: its contents would go with it\n")
        self.assertTrue(os.path.exists(self.at('d/same')))

    def test_force(self):
        self.refuses(['-f', 'missing', 'missing/x'], 0, '')
        self.gives(['-f', 'missing', 'a2'], 0, 'a2: 2 names remain\n')

    def test_beneath(self):
        self.refuses(['--beneath', '../tree/a'], 3,
                     "nlink: cannot unlink '../tree/a': '../tree/a' leads out of its directory\n")
        self.gives(['--beneath', 'd/../a2'], 0, 'd/../a2: 2 names remain\n')

    def test_refusals(self):
        for words, message in ((['d'], "'d': Is a directory: 'd' is a directory"),
                               (['missing'], "'missing': No such file or directory: 'missing' does not exist")):
            with self.subTest(words=words):
                self.refuses(words, 3, f'nlink: cannot unlink {message}\n')
        for words, begin in (([''], b"nlink: cannot unlink '': No such file or directory"),
                             (['-f', ''], b"nlink: cannot unlink '': No such file or directory"),
                             (['c/'], b"nlink: cannot unlink 'c/': Not a directory"),
                             (['missing/x'], b"nlink: cannot unlink 'missing/x': No such file or directory")):
            with self.subTest(words=words):
                code, out, err = self.run_verb(*words)
                self.assertEqual((code, out), (3, b''))
                self.assertTrue(err.startswith(begin), err)
                self.assertEqual(tree.look(self.root), self.before)

    def test_in_part(self):
        self.gives(['missing', 'a2'], 1, 'a2: 2 names remain\n',
                   "nlink: cannot unlink 'missing': No such file or directory: 'missing' does not exist\n")

    def test_usage(self):
        for words, message in (([], 'missing operand'), (['-x', 'a'], "invalid option -- 'x'"),
                               (['--keep'], 'missing operand'), (['--wrong', 'a'], "unrecognized option '--wrong'"),
                               (['--json=1', 'a'], "option '--json' doesn't allow an argument"),
                               (['-f'], 'missing operand')):
            with self.subTest(words=words):
                self.usage(words, message)

    def test_json(self):
        found = self.objects(['--json', 'a2', 'missing', b'bad\xff'], 1)
        self.assertEqual(found[0],
                         {'op': 'unlink', 'src': 'a2', 'dst': None, 'status': 'ok', 'errno': None, 'cause': None,
                          'text': 'done', 'names_left': 2})
        self.assertEqual({key: found[1][key] for key in ('op', 'src', 'dst', 'status', 'errno', 'cause', 'text')},
                         {'op': 'unlink', 'src': 'missing', 'dst': None, 'status': 'not-found', 'errno': 'ENOENT',
                          'cause': 'src-missing', 'text': "'missing' does not exist"})
        self.assertEqual((found[2]['src'], found[2]['src_hex'], found[2]['names_left']),
                         ('bad\ufffd', '626164ff', 0))

    def test_json_keep_last(self):
        [found] = self.objects(['--json', '-k', 'c'], 3)
        self.assertEqual((found['status'], found['errno'], found['cause']), ('last-name', None, 'last-name-kept'))
        self.assertEqual(tree.look(self.root), self.before)


if __name__ == '__main__':
    unittest.main()
