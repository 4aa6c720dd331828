# SPDX-License-Identifier: MIT
"""nlink link: every option, every refusal, exactly."""

import os
import subprocess
import unittest

import tree


class Link(tree.Verb):
    verb = 'link'

    def one_file(self, *names):
        wanted = {os.fsencode(name) for name in names}
        self.assertLessEqual(wanted, set(self.groups()[os.fsencode(names[0])]))

    # ---------------------------------------------------------------- the three forms

    def test_two_names(self):
        self.gives(['b', 'new'], 0)
        self.one_file('b', 'new')
        self.assertEqual(os.stat(self.at('new')).st_nlink, 2)

    def test_into_a_directory(self):
        self.gives(['b', 'c', 'e'], 0)
        self.one_file('b', 'e/b')
        self.one_file('c', 'e/c')

    def test_one_into_a_directory(self):
        self.gives(['c', 'd'], 0)
        self.one_file('c', 'd/c')

    def test_into_a_directory_behind_a_soft_link(self):
        self.gives(['c', 'dl'], 0)
        self.one_file('c', 'd/c')

    def test_slashes_at_the_end(self):
        self.gives(['c', 'd//'], 0)
        self.one_file('c', 'd/c')

    def test_target_directory(self):
        self.gives(['-t', 'e', 'b', 'd/sub/../a'], 0)
        self.one_file('b', 'e/b')
        self.one_file('d/a', 'e/a')

    def test_odd_names(self):
        for name in ('new\nline', b'bad\xff', 'ünï', 'sp ace', "it's", 'back\\slash', 'tab\there', 'fifo'):
            with self.subTest(name=name):
                self.gives([name, 'd'], 0)
                self.one_file(name, os.path.join(b'd', os.fsencode(name)))

    def test_names_that_quoting_makes_longest(self):
        for pair in (b"'\x01", b',\x01'):
            with self.subTest(pair=pair):
                code, out, err = self.run_verb('-v', 'b', pair * 100)
                self.assertEqual((code, err), (0, b''))
                self.assertTrue(out.endswith(b"' => 'b'\n"), out)
                self.assertGreater(len(out), 900)

    def test_leading_dash(self):
        self.gives(['--', '-dash', '-new'], 0)
        self.one_file('-dash', '-new')

    def test_every_byte(self):
        names = [bytes([byte]) + b'x' for byte in range(1, 256) if byte != ord('/')]
        self.gives(['--', 'b', *names[:1]], 0)
        for name in names[1:]:
            self.gives(['-T', '--', names[0], name], 0)
        self.assertEqual(os.stat(self.at('b')).st_nlink, 1 + len(names))

    # ---------------------------------------------------------------- options

    def test_follows_by_default(self):
        self.gives(['l', 'new'], 0)
        self.one_file('a', 'new')

    def test_logical(self):
        self.gives(['-P', '-L', 'll', 'new'], 0)
        self.one_file('a', 'new')

    def test_physical(self):
        self.gives(['-P', 'l', 'new'], 0)
        self.one_file('l', 'new')
        self.assertEqual(os.readlink(self.at('new')), b'a')

    def test_symbolic(self):
        self.gives(['-s', 'any text', 'new'], 0)
        self.assertEqual(os.readlink(self.at('new')), b'any text')

    def test_relative(self):
        self.gives(['-s', '-r', '-v', 'd/../a', 'd/sub/new'], 0, "'d/sub/new' -> '../../a'\n")
        self.assertEqual(os.readlink(self.at('d/sub/new')), b'../../a')

    def test_verbose(self):
        self.gives(['-v', 'a', 'new'], 0, "'new' => 'a'\n")
        self.gives(['-v', 'sp ace', 'new\nline', 'd'], 0,
                   "'d/sp ace' => 'sp ace'\n'd/new'$'\\n''line' => 'new'$'\\n''line'\n")

    def test_force(self):
        self.gives(['-f', 'a', 'b'], 0)
        self.one_file('a', 'b')

    def test_force_on_a_name_of_the_file(self):
        self.gives(['-f', 'a', 'a2'], 0)
        self.gives(['-f', 'a', 'a'], 0)
        self.assertEqual(tree.look(self.root), self.before)

    def test_force_replaces_a_soft_link_itself(self):
        self.gives(['-f', 'b', 'dangling'], 0)
        self.one_file('b', 'dangling')

    def test_no_dereference(self):
        self.gives(['-nf', 'b', 'dl'], 0)
        self.one_file('b', 'dl')

    def test_no_target_directory(self):
        self.gives(['-Tf', 'b', 'dl'], 0)
        self.one_file('b', 'dl')

    def test_interactive(self):
        self.gives(['-i', 'a', 'b'], 0, '', "nlink: replace 'b'? ", stdin=b'y\n')
        self.one_file('a', 'b')

    def test_interactive_declined(self):
        for answer in (b'n\n', b'', b'\n', b' y\n'):
            with self.subTest(answer=answer):
                self.refuses(['-i', 'a', 'c'], 3, "nlink: replace 'c'? ", stdin=answer)

    def test_the_last_of_force_and_interactive(self):
        self.gives(['-if', 'a', 'b'], 0)
        self.refuses(['-fi', 'a', 'c'], 3, "nlink: replace 'c'? ")

    def test_interactive_without_need(self):
        self.gives(['-i', 'a', 'new'], 0)

    def test_backup(self):
        self.gives(['-bv', 'a', 'b'], 0, "'b~' ~ 'b' => 'a'\n")
        self.one_file('a', 'b')
        with open(self.at('b~'), 'rb') as file:
            self.assertEqual(file.read(), b'contents of b')

    def test_backup_kinds(self):
        for words, name in ((['--backup=simple'], 'e/x~'), (['--backup=numbered'], 'e/x.~8~'), (['--backup'], 'e/x.~9~'),
                            (['-S', '.was'], 'e/x.~10~'), (['-S', '.was', '--backup=never'], 'e/x.was'),
                            (['--backup=t'], 'e/x.~11~')):
            with self.subTest(words=words):
                self.gives([*words, '-v', 'a', 'e/x'], 0, f"'{name}' ~ 'e/x' => 'a'\n")

    def test_backup_of_nothing(self):
        self.gives(['-bv', 'a', 'new'], 0, "'new' => 'a'\n")

    def test_backup_by_environment(self):
        self.gives(['-bv', 'a', 'b'], 0, "'b.orig' ~ 'b' => 'a'\n",
                   env={'VERSION_CONTROL': 'simple', 'SIMPLE_BACKUP_SUFFIX': '.orig'})

    def test_backup_of_soft_links(self):
        self.gives(['-sbv', 'b', 'l'], 0, "'l~' ~ 'l' -> 'b'\n")
        self.assertEqual((os.readlink(self.at('l')), os.readlink(self.at('l~'))), (b'b', b'a'))

    def test_beneath(self):
        self.gives(['--beneath', 'd/../b', 'd/sub/new'], 0)
        self.one_file('b', 'd/sub/new')

    # ---------------------------------------------------------------- refusals

    def test_messages(self):
        for words, message in (
                (['a', 'b'], "cannot link 'b' to 'a': File exists: 'b' exists: it is a regular file"),
                (['a', 'a2'], "cannot link 'a2' to 'a': File exists: 'a2' is already a name of 'a'"),
                (['missing', 'new'],
                 "cannot link 'new' to 'missing': No such file or directory: 'missing' does not exist"),
                (['dangling', 'new'], "cannot link 'new' to 'dangling': No such file or directory: "
                                      "'dangling' is a soft link to 'nowhere', which does not exist"),
                (['a', 'missing/new'],
                 "cannot link 'missing/new' to 'a': No such file or directory: 'missing': no such directory"),
                (['d', 'new'], "cannot link 'new' to 'd': Operation not permitted: "
                               "'d' is a directory, and a directory has one name only"),
                (['', 'new'], "cannot link 'new' to '': No such file or directory: the path of the file is empty"),
                (['a', ''], "cannot link '' to 'a': No such file or directory: the path of the new name is empty"),
                (['-T', 'a', 'd'], "cannot link 'd' to 'a': File exists: 'd' exists: it is a directory"),
                (['-Tf', 'a', 'd'], "cannot link 'd' to 'a': Is a directory: 'd' is a directory"),
                (['-n', 'a', 'dl'], "cannot link 'dl' to 'a': File exists: 'dl' exists: it is a soft link"),
                (['-s', 'a', 'b'], "cannot make the soft link 'b': File exists: 'b' exists: it is a regular file"),
                (['-sf', 'a', 'a'], "cannot make the soft link 'a': the soft link would lead to itself, "
                                    "and what it replaces would be lost"),
                (['-sf', '../tree/c', 'c'], "cannot make the soft link 'c': the soft link would lead to itself, "
                                            "and what it replaces would be lost"),
                (['-sf', 'a', 'd/a'], "cannot make the soft link 'd/a': the soft link would lead to itself, "
                                      "and what it replaces would be lost"),
                (['--beneath', 'a', '../new'], "cannot link '../new' to 'a': '../new' leads out of its directory"),
                (['--beneath', 'abs/etc/passwd', 'new'], "cannot link 'new' to 'abs/etc/passwd': "
                                                         "'abs/etc/passwd' leads out of its directory"),
                (['--beneath', '-t', '/', 'a'], "cannot make names in '/': '/' leads out of its directory"),
                (['new\nname', 'x'], "cannot link 'x' to 'new'$'\\n''name': No such file or directory: "
                                     "'new'$'\\n''name' does not exist")):
            with self.subTest(words=words):
                self.refuses(words, 3, f'nlink: {message}\n')

    def test_soft_links_to_themselves(self):
        """No soft link takes the place of what it leads to, by whatever way."""
        for words in (['-sf', 'c', 'c'], ['-sf', './c', 'c'], ['-sf', '../tree/c', 'c'], ['-sf', 'to c', 'c'],
                      ['-sf', 'to to c', 'c'], ['-srf', 'to c', 'c'], ['-srf', 'd/to c', 'c'],
                      ['-sf', 'd/to c', 'c'],
                      ['-srf', 'd/../c', './c'], ['-sf', 'to c', 'to c'], ['-srf', 'd/b', 'd/b'],
                      ['-sf', 'b', 'd/b'],
                      ['-sfT', 'dl', 'dl'], ['-isT', 'c', 'c']):
            asked = "nlink: replace 'c'? " if words[0] == '-isT' else ''
            with self.subTest(words=words):
                for name, target in (('to c', 'c'), ('to to c', 'to c'), ('d/to c', '../c')):
                    if not os.path.lexists(self.at(name)):
                        os.symlink(target, self.at(name))
                self.refuses(words, 3,
                             f"{asked}nlink: cannot make the soft link {words[-1]!r}: the soft link would lead to "
                             "itself, and what it replaces would be lost\n", stdin=b'y\n')

    def test_soft_links_that_only_look_so(self):
        os.symlink('../c', self.at('d/c'))
        for words, held in ((['-srf', 'l', 'l'], b'a'), (['-sf', 'd/c', 'b'], b'd/c'), (['-sf', 'a2', 'a'], b'a2')):
            with self.subTest(words=words):
                self.gives(words, 0)
                self.assertEqual(os.readlink(self.at(words[-1])), held)

    def test_no_directory(self):
        for words, message in ((['a', 'b', 'c'], "'c' is not a directory"), (['-t', 'c', 'a'], "'c' is not a directory"),
                               (['a', 'b', 'missing'], "cannot make names in 'missing': No such file or directory: "
                                                       "'missing' does not exist"),
                               (['-nt', 'dl', 'b'], "'dl' is not a directory")):
            with self.subTest(words=words):
                self.refuses(words, 2, f'nlink: {message}\n')

    def test_usage(self):
        for words, message in (
                ([], 'missing operand'), (['a'], "missing destination after 'a'"),
                (['new\nline'], "missing destination after 'new'$'\\n''line'"),
                (['-T', 'a', 'b', 'c'], "extra operand 'c'"), (['-r', 'a', 'new'], '--relative needs --symbolic'),
                (['-t', 'd'], 'missing operand'),
                (['-t', 'd', '-T', 'a'], '--target-directory and --no-target-directory exclude each other'),
                (['-t', 'd', '-t', 'e', 'a'], 'more than one --target-directory'),
                (['-x'], "invalid option -- 'x'"),
                (['-\n'], "invalid option -- ''$'\\n'"), (['--wrong'], "unrecognized option '--wrong'"),
                (['--w\nx'], "unrecognized option '--w'$'\\n''x'"),
                (['--no'], "option '--no' is ambiguous; possibilities: '--no-target-directory' '--no-dereference'"),
                (['--force=1'], "option '--force' doesn't allow an argument"),
                (['-S'], "option requires an argument -- 'S'"),
                (['--suffix'], "option '--suffix' requires an argument")):
            with self.subTest(words=words):
                self.usage(words, message)

    def test_backup_word(self):
        words = "Valid arguments are:\n  - 'none', 'off'\n  - 'simple', 'never'\n  - 'existing', 'nil'\n  - 'numbered', 't'"
        self.usage(['--backup=bogus', 'a', 'new'], f"invalid argument 'bogus' for 'backup type'\n{words}")
        self.usage(['--backup=n', 'a', 'new'], f"ambiguous argument 'n' for 'backup type'\n{words}")

    def test_done_in_part(self):
        self.gives(['a', 'missing', 'c', 'e'], 1,
                   '', "nlink: cannot link 'e/missing' to 'missing': No such file or directory: 'missing' does not exist\n")
        self.one_file('a', 'e/a')
        self.one_file('c', 'e/c')

    def test_none_of_several(self):
        self.refuses(['missing', 'd', 'e'], 3,
                     "nlink: cannot link 'e/missing' to 'missing': No such file or directory: 'missing' does not exist\n"
                     "nlink: cannot link 'e/d' to 'd': Operation not permitted: "
                     "'d' is a directory, and a directory has one name only\n")

    def test_own_names_are_not_replaced(self):
        for words in (['-f'], ['--backup=simple'], ['-i']):
            with self.subTest(words=words):
                code, out, err = self.run_verb(*words, 'a', 'd/a', 'e', stdin=b'y\ny\n')
                self.assertEqual((code, out), (1, b''))
                self.assertIn(b"nlink: cannot link 'e/a' to 'd/a': this command made that name itself\n", err)
                self.one_file('a', 'e/a')

    @unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
    def test_as_another(self):
        os.chmod(self.root, 0o777)
        os.chmod(os.path.dirname(self.root), 0o755)
        os.chmod(self.at('b'), 0o644)
        other = {'user': 65534, 'group': 65534, 'extra_groups': []}
        with open('/proc/sys/fs/protected_hardlinks', encoding='ascii') as file:
            protected = file.read().strip() == '1'
        if protected:
            before = tree.look(self.root)
            code, out, err = self.run_verb('b', 'new', **other)
            self.assertEqual((code, out), (3, b''))
            self.assertRegex(err,
                             rb"^nlink: cannot link 'new' to 'b': Operation not permitted: fs.protected_hardlinks=1: .*\n$")
            self.assertEqual(tree.look(self.root), before)
        code, out, err = self.run_verb('-s', 'b', 'e/new', **other)
        self.assertEqual((code, out), (3, b''))
        self.assertRegex(err, rb"^nlink: cannot make the soft link 'e/new': Permission denied: .*\n$")

    # ---------------------------------------------------------------- JSON

    KEYS = ['op', 'src', 'dst', 'status', 'errno', 'cause', 'text']

    def test_json_done(self):
        self.assertEqual(self.objects(['--json', 'a', 'new'], 0),
                         [{'op': 'link', 'src': 'a', 'dst': 'new', 'status': 'ok', 'errno': None, 'cause': None,
                           'text': 'done'}])
        self.one_file('a', 'new')

    def test_json_backup(self):
        self.assertEqual(self.objects(['--json', '-sb', 'a', 'b'], 0),
                         [{'op': 'symlink', 'src': 'a', 'dst': 'b', 'status': 'ok', 'errno': None, 'cause': None,
                           'text': 'done',
                           'backup': 'b~'}])

    def test_json_failures(self):
        for words, wanted in (
                (['a', 'b'],
                 {'status': 'exists', 'errno': 'EEXIST', 'cause': 'dst-exists', 'certain': True,
                  'dst_is_src': False}),
                (['a', 'a2'],
                 {'status': 'exists', 'errno': 'EEXIST', 'cause': 'dst-is-src', 'certain': True,
                  'dst_is_src': True}),
                (['missing', 'new'],
                 {'status': 'not-found', 'errno': 'ENOENT', 'cause': 'src-missing', 'certain': True}),
                (['d', 'new'],
                 {'status': 'not-permitted', 'errno': 'EPERM', 'cause': 'src-is-directory', 'certain': True}),
                (['/proc/version', 'new'],
                 {'status': 'cross-device', 'errno': 'EXDEV', 'cause': 'other-file-system'}),
                (['--beneath', 'a', '../new'],
                 {'status': 'escapes', 'cause': 'leads-directory'.replace('leads', 'leaves')}),
                (['-sf', 'a', 'a'], {'status': 'exists', 'errno': None, 'cause': 'dst-is-src'})):
            with self.subTest(words=words):
                before = tree.look(self.root)
                [found] = self.objects(['--json', *words], 3)
                self.assertEqual(list(found)[:3], ['op', 'src', 'dst'])
                self.assertLessEqual(set(self.KEYS), set(found))
                self.assertEqual({key: found[key] for key in wanted}, wanted)
                self.assertTrue(found['text'])
                self.assertEqual(tree.look(self.root), before)

    def test_json_declined(self):
        self.objects(['--json', 'a', 'new'], 0)
        code, out, err = self.run_verb('--json', '-i', 'a', 'b', stdin=b'n\n')
        self.assertEqual((code, err), (3, b"nlink: replace 'b'? "))
        self.assertIn(b'"status":"exists"', out)

    def test_json_of_several(self):
        found = self.objects(['--json', 'a', 'missing', 'c', 'e'], 1)
        self.assertEqual([(line['dst'], line['status']) for line in found],
                         [('e/a', 'ok'), ('e/missing', 'not-found'), ('e/c', 'ok')])

    def test_json_names_are_bytes(self):
        [found] = self.objects(['--json', b'bad\xff', b'\xc3\x28\xf0\x90'], 0)
        self.assertEqual((found['src'], found['src_hex']), ('bad\ufffd', '626164ff'))
        self.assertEqual((found['dst'], found['dst_hex']), ('\ufffd(\ufffd\ufffd', 'c328f090'))
        [found] = self.objects(['--json', 'ünï', 'new\nname'], 0)
        self.assertEqual((found['src'], found['dst']), ('ünï', 'new\nname'))
        self.assertNotIn('src_hex', found)
        self.assertNotIn('dst_hex', found)


class Atomic(tree.Verb):
    """A name that is replaced is there at every instant, also where the command is called ln."""

    def watch(self, words, called):
        trace = tree.fresh(self) + b'/trace'
        done = subprocess.run(['strace', '-f', '-qq', '-o', trace, '-e',
                               'trace=unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat',
                               *([tree.NLINK] if called is None else [called]), *words], cwd=self.root,
                              env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'),  # not possible under strace
                              capture_output=True, check=False)
        if done.returncode == 127 or b'ptrace' in done.stderr:
            self.skipTest('strace cannot trace here')
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(trace, 'rb') as file:
            return file.read()

    def test_never_unlinked(self):
        try:
            subprocess.run(['strace', '-V'], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest('strace is not installed')
        bin_dir = tree.fresh(self)
        called = os.path.join(bin_dir, b'ln')
        os.symlink(tree.NLINK, called)
        for program, first in ((None, ['link']), (called, [])):
            for words in (['-f', 'a', 'b'], ['-sf', 'a', 'b'], ['-b', 'a', 'c'], ['-sb', 'a', 'c']):
                with self.subTest(program=program, words=words):
                    trace = self.watch([*first, *words], program)
                    name = words[-1].encode()
                    for line in trace.splitlines():
                        self.assertNotIn(b'unlink("' + name + b'"', line)
                        self.assertFalse(line.split(b'(')[0].endswith(b'unlinkat') and b'"' + name + b'"' in line,
                                         line)


if __name__ == '__main__':
    unittest.main()
