# SPDX-License-Identifier: MIT
"""nlink why: the answer, each obstacle, and that nothing changes."""

import os
import unittest

import tree


class Why(tree.Verb):
    verb = 'why'

    def tearDown(self):
        self.assertEqual(tree.look(self.root), self.before)

    def test_could_be_made(self):
        self.gives(['a', 'new'], 0, "'new' can be linked to 'a'\n")
        self.gives(['l', 'new'], 0, "'new' can be linked to 'l'\n")
        self.gives(['-P', 'dangling', 'new'], 0, "'new' can be linked to 'dangling'\n")
        self.gives(['-f', 'a', 'b'], 0, "'b' can be linked to 'a'\n")
        self.gives(['--beneath', 'a', 'd/new'], 0, "'d/new' can be linked to 'a'\n")
        self.gives(['c', 'd'], 0, "'d/c' can be linked to 'c'\n")
        self.gives(['b', 'new\nname'], 0, "'new'$'\\n''name' can be linked to 'b'\n")

    def test_obstacles(self):
        for words, text in (
                (['a', 'b'], "'b' cannot be linked to 'a':\n  File exists: 'b' exists: it is a regular file\n"),
                (['d', 'new'],
                 "'new' cannot be linked to 'd':\n  Operation not permitted: "
                                 "'d' is a directory, and a directory has one name only\n"),
                (['missing', 'none/new'],
                 "'none/new' cannot be linked to 'missing':\n  No such file or directory: 'missing' does not exist\n"
                                          "  No such file or directory: 'none': no such directory\n"),
                (['-PL', 'dangling', 'new'], "'new' cannot be linked to 'dangling':\n  No such file or directory: "
                                             "'dangling' is a soft link to 'nowhere', which does not exist\n"),
                (['-T', 'a', 'd'], "'d' cannot be linked to 'a':\n  File exists: 'd' exists: it is a directory\n")):
            with self.subTest(words=words):
                self.gives(words, 1, text)

    def test_says_what_link_says(self):
        """The first obstacle is the status that the attempt gets."""
        for words in (['a', 'b'], ['a', 'a2'], ['missing', 'new'], ['d', 'new'], ['a', 'missing/new'],
                      ['a/', 'new'], ['loop', 'new'], ['a', 'new/'],
                      ['', 'new'], ['a', ''], ['/proc/version', 'new'], ['a', 'n' * 256],
                      ['--beneath', 'a', '../x'], ['dangling', 'new'], ['-T', 'a', 'd']):
            with self.subTest(words=words):
                first = self.objects(['--json', *words], 1)[0]
                code, out, _ = tree.run(tree.NLINK, ['link', '--json', *words], self.root)
                self.assertEqual(code, 3)
                self.assertIn(f'"status":"{first["status"]}"'.encode(), out)

    def test_json(self):
        self.assertEqual(self.objects(['--json', 'a', 'new'], 0),
                         [{'op': 'why', 'src': 'a', 'dst': 'new', 'status': 'ok', 'errno': None, 'cause': None,
                           'text': 'done'}])
        found = self.objects(['--json', 'missing', 'none/new'], 1)
        self.assertEqual([(line['errno'], line['cause'], line['certain']) for line in found],
                         [('ENOENT', 'src-missing', True), ('ENOENT', 'dst-parent-missing', True)])
        [found] = self.objects(['--json', b'bad\xff', b'\xfe'], 0)
        self.assertEqual((found['src_hex'], found['dst_hex']), ('626164ff', 'fe'))

    def test_usage(self):
        for words, message in (([], 'missing operand'), (['a'], "missing destination after 'a'"),
                               (['a', 'b', 'c'], "extra operand 'c'"), (['-x'], "invalid option -- 'x'"),
                               (['-s', 'a', 'b'], "invalid option -- 's'"),
                               (['--wrong'], "unrecognized option '--wrong'"),
                               (['--force=1'], "option '--force' doesn't allow an argument")):
            with self.subTest(words=words):
                self.usage(words, message)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
    def test_as_another(self):
        os.chmod(os.path.dirname(self.root), 0o755)
        code, out, err = self.run_verb('a', 'e/new', user=65534, group=65534, extra_groups=[])
        self.assertEqual((code, err), (1, b''))
        self.assertIn(b'Permission denied', out)


if __name__ == '__main__':
    unittest.main()
