# SPDX-License-Identifier: MIT
"""What all the verbs have in common: help, version, wrong verbs, output that cannot be written."""

import os
import signal
import subprocess
import unittest

import tree

VERBS = ('link', 'unlink', 'ls', 'names', 'space', 'check', 'why', 'dedupe', 'apply', 'undo', 'recover', 'journal')


class Usage(tree.Verb):

    def test_no_verb(self):
        self.refuses([], 2,
                     f"nlink: missing verb: {', '.join(VERBS[:-1])} or {VERBS[-1]}\n"
                     "Try 'nlink --help' for more information.\n")

    def test_unknown_verb(self):
        for word, said in (('lnk', "unknown verb 'lnk'; did you mean 'link'?"),
                           ('unlnk', "unknown verb 'unlnk'; did you mean 'unlink'?"),
                           ('ln', "unknown verb 'ln'; did you mean 'link'?"),
                           ('rm', "unknown verb 'rm'; did you mean 'unlink'?"),
                           ('du', "unknown verb 'du'; did you mean 'space'?"),
                           ('fsck', "unknown verb 'fsck'; did you mean 'check'?"),
                           ('find', "unknown verb 'find'; did you mean 'names'?"),
                           ('name', "unknown verb 'name'; did you mean 'names'?"),
                           ('wyh', "unknown verb 'wyh'; did you mean 'why'?"),
                           ('fdupes', "unknown verb 'fdupes'; did you mean 'dedupe'?"),
                           ('dedup', "unknown verb 'dedup'; did you mean 'dedupe'?"),
                           ('history', "unknown verb 'history'; did you mean 'journal'?"),
                           ('frobnicate', "unknown verb 'frobnicate'"), ('', "unknown verb ''"),
                           ('a\nb', "unknown verb 'a'$'\\n''b'"), (b'\xff', "unknown verb ''$'\\377'"),
                           ('--foo', "unrecognized option '--foo'"), ('-x', "unrecognized option '-x'"),
                           ('x' * 5000, "unknown verb '" + 'x' * 5000 + "'")):
            with self.subTest(word=word):
                self.refuses([word, 'a', 'new'], 2, f"nlink: {said}\nTry 'nlink --help' for more information.\n")

    def test_version(self):
        version = os.environ['NLINK_VERSION']
        for words in (['--version'], *([verb, '--version'] for verb in VERBS)):
            with self.subTest(words=words):
                self.refuses(words, 0, '', f'nlink {version}\n')
        for name in ('ln', 'link', 'unlink'):
            self.assertEqual(tree.run(tree.NLINK, ['--version'], self.root, called=name),
                             (0, f'nlink {version}\n'.encode(), b''))

    def fits_a_screen(self, text):
        lines = text.decode().splitlines()
        self.assertLessEqual(len(lines), 24)
        for line in lines:
            self.assertLessEqual(len(line), 80, line)
        self.assertTrue(lines[0].startswith('Usage: '), lines[0])
        self.assertNotIn('%', text.decode())

    def test_help(self):
        for words in (['--help'], *([verb, '--help'] for verb in VERBS)):
            with self.subTest(words=words):
                code, out, err = self.run_verb(*words)
                self.assertEqual((code, err), (0, b''))
                self.fits_a_screen(out)
                self.assertIn(b'Examples:\n', out)
        for name in ('ln', 'link', 'unlink'):
            with self.subTest(name=name):
                code, out, err = tree.run(tree.NLINK, ['--help'], self.root, called=name)
                self.assertEqual((code, err), (0, b''))
                self.fits_a_screen(out)
                self.assertTrue(out.startswith(f'Usage: {name} '.encode()))

    def test_help_names_every_option(self):
        table = subprocess.run([tree.TABLE], capture_output=True, text=True, check=True).stdout
        for line in table.splitlines():
            command, letter, name, _, _ = line.split('\t')
            words = command.split()[1:] if command.startswith('nlink') else []
            called = None if command.startswith('nlink') else command
            with self.subTest(line=line):
                code, out, _ = tree.run(tree.NLINK, [*words, '--help'], self.root, called=called)
                self.assertEqual(code, 0)
                if letter != '-':
                    self.assertRegex(out, rb'[ ,]-' + letter.encode() + rb'[ ,]')
                if name != '-':
                    self.assertIn(b'--' + name.encode(), out)

    def test_help_comes_where_it_stands(self):
        self.refuses(['link', '--help', '-x'], 0, '', self.run_verb('link', '--help')[1])
        self.refuses(['link', '-x', '--help'], 2,
                     "nlink: invalid option -- 'x'\nTry 'nlink link --help' for more information.\n")

    def test_every_option_is_taken(self):
        """Each row of each table is known to the parser, by letter, name and abbreviation."""
        table = subprocess.run([tree.TABLE], capture_output=True, text=True, check=True).stdout
        rows = [line.split('\t') for line in table.splitlines()]
        for command, letter, name, argument, _ in rows:
            if not command.startswith('nlink ') or name in ('help', 'version'):
                continue
            forms = []
            value = 'd' if name == 'target-directory' else 'auto' if name == 'color' else 'simple'
            if letter != '-':
                forms.append([f'-{letter}'] + ([value] if argument == 'takes' else []))
            if name != '-':
                forms.append([f'--{name}={value}' if argument == 'takes' else f'--{name}'])
            if name != '-' and argument == 'may-take':
                forms.append([f'--{name}={value}'])
            for form in forms:
                with self.subTest(command=command, form=form):
                    code, _, err = self.run_verb(command.split()[1], *form, 'missing', 'missing too')
                    self.assertNotIn(b'option', err)
                    self.assertIn(code, (0, 1, 2, 3))

    def test_full_output(self):
        for words, status in ((['--help'], 3), (['--version'], 3), (['link', '-v', 'a', 'new'], 3),
                              (['unlink', 'a2'], 3), (['why', 'a', 'new2'], 3), (['link', '--help'], 3),
                              (['names', '-i', '.', 'b'], 3), (['space'], 3), (['check'], 3),
                              (['dedupe', '.'], 3)):
            with self.subTest(words=words), open('/dev/full', 'wb') as full:
                done = subprocess.run([tree.NLINK, *words], cwd=self.root, stdout=full, stderr=subprocess.PIPE,
                                      check=False)
                self.assertEqual((done.returncode, done.stderr),
                                 (status, b'nlink: write error: No space left on device\n'))

    def test_closed_output(self):
        code, _, err = tree.run('/bin/sh', ['-c', 'exec "$0" why a new >&-', tree.NLINK], self.root)
        self.assertEqual((code, err), (3, b'nlink: write error: Bad file descriptor\n'))
        code, _, err = tree.run('/bin/sh', ['-c', 'exec "$0" link a new >&-', tree.NLINK], self.root)
        self.assertEqual((code, err), (0, b''))

    def test_broken_pipe(self):
        """Ended by the signal, as every tool in a pipe is."""
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, 'wb') as pipe:
            done = subprocess.run([tree.NLINK, '--help'], stdout=pipe, stderr=subprocess.PIPE, check=False,
                                  restore_signals=True)
        self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, b''))

    def test_one_system_call(self):
        """Between the loader's last call and the exit stands the link and nothing else."""
        if tree.is_sanitized():
            self.skipTest('a sanitizer makes system calls of its own')
        trace = tree.fresh(self) + b'/trace'
        try:
            done = subprocess.run(['strace', '-qq', '-o', trace, tree.NLINK, 'link', 'a', 'new'], cwd=self.root,
                                  capture_output=True, check=False)
        except OSError:
            self.skipTest('strace is not installed')
        if done.returncode != 0:
            self.skipTest('strace cannot trace here')
        with open(trace, encoding='utf-8', errors='replace') as file:
            lines = [line for line in file if not line.startswith(('munmap', '+++', 'prlimit64', 'mprotect',
                                                                   'getrandom', 'brk'))]
        self.assertTrue(lines[-1].startswith('exit_group(0)'), lines[-3:])
        self.assertTrue(lines[-2].startswith('linkat('), lines[-3:])
        self.assertFalse(lines[-3].startswith(('open', 'stat', 'newfstat', 'ioctl')), lines[-3:])
        self.assertFalse([line for line in lines if 'locale' in line or 'nlink.so' in line])

    def test_no_arguments_at_all(self):
        """argc can be 0: execve() with an empty argument list, where the system allows it."""
        script = 'import os, sys\ntry: os.execv(sys.argv[1], [""])\nexcept ValueError: sys.exit(9)'
        code, _, err = tree.run('/usr/bin/python3', ['-c', script, tree.NLINK], self.root)
        self.assertIn((code, err[:12]), ((2, b'nlink: missi'), (9, b'')))


if __name__ == '__main__':
    unittest.main()
