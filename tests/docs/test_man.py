# SPDX-License-Identifier: MIT
"""The manual pages are well formed, and leave out nothing that the command and the header have."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.environ.get('NLINK_SOURCE') or os.path.realpath(os.path.join(os.path.dirname(__file__), '..', '..'))
NLINK = os.environ.get('NLINK', '')
PAGES = {section: os.path.join(SOURCE, 'man', f'nlink.{section}') for section in ('1', '3')}


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding='utf-8') as file:
        return file.read()


def section(page, heading, kind='Sh'):
    """The source of one section or subsection of a page."""
    found = re.search(rf'^\.{kind} {re.escape(heading)}\n(.*?)(?=^\.Sh |{"^[.]Ss " if kind == "Ss" else "(?!)"}|\Z)',
                      page, re.S | re.M)
    if found is None:
        raise AssertionError(f'there is no section {heading}')
    return found[1]


def items(text, macro):
    """The words after `.It Macro`, several in one line apart."""
    words = []
    for line in re.findall(rf'^\.It {macro} (.*)$', text, re.M):
        words += re.findall(r'[\w-]+', line)
    return words


def run(*arguments, cwd=None):
    # Journals are where the test is.
    env = {**os.environ, 'XDG_STATE_HOME': os.path.join(cwd, 'state')} if cwd else None
    return subprocess.run([NLINK, *arguments], capture_output=True, text=True, cwd=cwd, env=env, check=False)


class Form(unittest.TestCase):
    def lint(self, tool, *command):
        if not shutil.which(tool):
            self.skipTest(f'there is no {tool}')
        for page in PAGES.values():
            done = subprocess.run([*command, page], capture_output=True, text=True, check=False)
            said = done.stderr + (done.stdout if tool == 'mandoc' else '')
            # A database of all pages that was not built yet is no fault of this one.
            faults = [line for line in said.splitlines() if 'mandoc.db' not in line]
            self.assertEqual(faults, [])

    def test_mandoc(self):
        self.lint('mandoc', 'mandoc', '-T', 'lint', '-W', 'warning')

    def test_groff(self):
        self.lint('groff', 'groff', '-mdoc', '-ww', '-z', '-T', 'utf8')

    def test_man(self):
        self.lint('man', 'man', '--warnings', '-E', 'UTF-8', '-Tutf8', '-Z', '-l')


class Command(unittest.TestCase):
    """nlink(1)"""

    @classmethod
    def setUpClass(cls):
        cls.page = read('man', 'nlink.1')

    def verbs(self):
        return re.findall(r'^  (\w+) +[A-Z[]', run('--help').stdout, re.M)

    def test_verbs(self):
        verbs = list(dict.fromkeys(self.verbs()))
        self.assertGreater(len(verbs), 6)
        self.assertEqual(re.findall(r'^\.Ss nlink (\w+)$', self.page, re.M), verbs)

    def test_options(self):
        for verb in sorted(set(self.verbs())):
            with self.subTest(verb=verb):
                text = run(verb, '--help').stdout
                own = text.split('What is looked at, and what is left out:')[0].split('Examples:')[0]
                rows = re.findall(r'^  (?:-(\w)|  )(?:, |  | )?(?:--([\w-]+))?', own, re.M)
                options = {word for row in rows for word in row if word} - {'help'}
                if verb in ('check', 'dedupe'):  # the screen is full: some stand in the help of others, some in lines of their own
                    rows = re.findall(r'(?<![\w-])-(?:(\w)\b|-([\w-]+))', own)
                    options = {word for row in rows for word in row if word} - {'help', 'version'}
                told = re.findall(r'^\.It (Fl .*)$', section(self.page, f'nlink {verb}', 'Ss'), re.M)
                self.assertEqual({word for line in told for word in re.findall(r'Fl -?([\w-]+)', line)}, options)

    def test_scope_options(self):
        told = re.findall(r'^\.It (Fl .*)$', section(self.page, 'Scope', 'Ss'), re.M)
        wanted = {word for line in told for word in re.findall(r'Fl -?([\w-]+)', line)}
        sharing = []
        for verb in sorted(set(self.verbs())):
            lines = re.search(r'^What is looked at, and what is left out:\n((?:  -.*\n)+)', run(verb, '--help').stdout,
                              re.M)
            if lines:
                sharing.append(verb)
                with self.subTest(verb=verb):
                    other = {'max-depth'} if verb == 'space' else set()  # it has one of its own
                    self.assertEqual(set(re.findall(r'(?<![\w-])--?([\w-]+)', lines[1])), wanted - other)
                    self.assertIn('.Sx Scope', section(self.page, f'nlink {verb}', 'Ss'))
        self.assertEqual(sharing, ['check', 'dedupe', 'names', 'space'])

    def test_options_in_the_synopsis(self):
        synopsis = section(self.page, 'SYNOPSIS')
        for verb in sorted(set(self.verbs())):
            with self.subTest(verb=verb):
                text = ''.join(part.split('.Nm')[0] for part in synopsis.split(f'.Nm nlink Cm {verb}\n')[1:])
                short = set(''.join(re.findall(r'Fl (\w+)', text)))
                here = set(re.findall(r'^\.It Fl (\w)\b', section(self.page, f'nlink {verb}', 'Ss'), re.M))
                # -t stands in a line of its own; -l changes nothing.
                self.assertEqual(short | {'t'}, here | {'t'})

    def test_json_keys(self):
        with tempfile.TemporaryDirectory() as place:
            with open(os.path.join(place, 'a'), 'w', encoding='ascii'):
                pass
            os.mkdir(os.path.join(place, 'd'))
            if run('link', '--json', 'a', 'b', cwd=place).returncode == 2:
                self.skipTest('this build has no JSON')
            asked = {
                'link': [['link', '--json', 'a', 'c'], ['link', '--json', 'a', 'c'], ['link', '--json', '-b', 'a', 'b'],
                         ['why', '--json', 'a', 'c'], ['unlink', '--json', 'c'], ['link', 'a', 'd/a']],
                'ls': [['ls', '--json']],
                'names': [['names', '--json', '--in', '.', 'a']],
                'space': [['space', '--json', '--set', '.', 'd'], ['space', '--json', '--series', '.', 'd'],
                          ['space', '--json', '--groups', '.'], ['space', '--json', '--why-not', 'd', '.']],
                'check': [['check', '--json', 'd'], ['check', '--json', '--fix', '--apply', '--journal=k', 'soft']],
                'dedupe': [['dedupe', '--json', 'twins'], ['dedupe', '--json', '--apply', '--journal=j', 'twins']],
                'undo': [['undo', '--json', 'j']],
                'journal': [['journal', '--json', 'j']],
            }
            os.mkdir(os.path.join(place, 'soft'))
            os.symlink('../soft', os.path.join(place, 'soft', 'long'))
            os.mkdir(os.path.join(place, 'twins'))
            for name in ('a', 'b', 'c'):
                with open(os.path.join(place, 'twins', name), 'w', encoding='ascii') as file:
                    file.write('twins\n')
                os.utime(os.path.join(place, 'twins', name), (1, 1))
            writer = os.open(os.path.join(place, 'twins', 'c'), os.O_WRONLY)  # so that something is left alone
            self.addCleanup(os.close, writer)
            keys = {verb: {key for words in calls for line in run(*words, cwd=place).stdout.splitlines()
                           for key in json.loads(line)} for verb, calls in asked.items()}
        keys['link'].add('remark')  # that needs an overlay
        told = re.split(r'^\.Cm (\w+)(?:(?: ,\n\.Cm \w+)?\nand\n\.Cm \w+)?\nprints?\b', section(self.page, 'JSON'), flags=re.M)[1:]
        self.assertEqual(told[::2], list(asked))
        for verb, text in zip(told[::2], told[1::2]):
            with self.subTest(verb=verb):
                self.assertEqual(set(items(text, 'Va')), keys[verb])

    def test_absences_and_findings(self):
        header = read('include', 'nlink.h')
        for name, heading in (('ABSENCE', 'ABSENCES'), ('FINDING', 'FINDINGS'), ('LEFT', 'LEFT ALONE')):
            words = re.findall(r'X\(\w+, "([\w-]+)"', re.search(rf'NLINK_{name}_MAP.*?\n\n', header, re.S)[0])
            with self.subTest(map=name):
                self.assertGreater(len(words), 7)
                self.assertEqual(items(section(self.page, heading), 'Cm'), words)

    def test_kinds(self):
        words = set(re.findall(r'return "([\w-]+)";', read('cli', 'ls_json.c')))
        self.assertEqual([word for word in words if f'.Ql {word}' not in section(self.page, 'JSON')], [])

    def test_causes(self):
        words = re.findall(r'X\(\w+, "([\w-]+)"\)', re.search(r'NLINK_CAUSE_MAP.*?\n\n', read('include', 'nlink.h'),
                                                           re.S)[0])
        self.assertEqual(sorted(items(section(self.page, 'CAUSES'), 'Cm')), sorted(words))

    def test_environment(self):
        asked = set()
        for name in os.listdir(os.path.join(SOURCE, 'cli')):
            if name.endswith('.c'):
                asked |= set(re.findall(r'(?:getenv|sys_environment)\("(\w+)"\)', read('cli', name)))
        told = set(items(section(self.page, 'ENVIRONMENT'), 'Ev'))
        self.assertEqual(asked - told, set())
        # The C library and libnlink read these.
        self.assertEqual(told - asked - {'TZ', 'LC_ALL', 'LC_CTYPE', 'LANG', 'XDG_STATE_HOME', 'HOME'}, set())

    def test_backup_words(self):
        words = re.findall(r'\{"(\w+)", NLINK_BACKUP', read('cli', 'order.c'))
        self.assertEqual(len(words), 8)
        self.assertEqual(sorted(items(section(self.page, 'nlink link', 'Ss'), 'Cm')), sorted(words))

    def test_exit_status(self):
        self.assertEqual(re.findall(r'^\.It (\d)$', section(self.page, 'EXIT STATUS'), re.M), list('0123'))


class Library(unittest.TestCase):
    """nlink(3)"""

    @classmethod
    def setUpClass(cls):
        cls.page = read('man', 'nlink.3')
        cls.header = read('include', 'nlink.h')
        cls.code = re.sub(r'/\*.*?\*/', '', cls.header, flags=re.S)

    def map_rows(self, name):
        return re.search(rf'#define NLINK_{name}_MAP\(X\)(.*?)\n\n', self.header, re.S)[1]

    def test_prototypes(self):
        written = re.findall(r'^NLINK_API ([^;]+);', self.code, re.M)
        header = {re.sub(r'\s+', ' ', text).replace('* ', '*') for text in written}
        header = {re.sub(r'\(void\)', '()', text) for text in header}
        page = set()
        text = section(self.page, 'SYNOPSIS')
        for result, name, arguments in re.findall(r'^\.Ft (.*)\n\.Fo (\w+)\n((?:\.Fa .*\n)+)\.Fc', text, re.M):
            if not result.startswith('typedef'):
                page.add(f'{result} {name}({", ".join(re.findall(chr(34) + "([^" + chr(34) + "]*)" + chr(34), arguments))})')
        for result, name, rest in re.findall(r'^\.Ft (.*)\n\.Fn (\w+) (.*)$', text, re.M):
            page.add(f'{result} {name}({"" if rest == "void" else ", ".join(re.findall(chr(34) + "(.*?)" + chr(34), rest))})')
        page = {text.replace('* ', '*') for text in page}
        self.assertEqual(page, header)

    def test_functions_are_told(self):
        text = section(self.page, 'DESCRIPTION')
        for name in re.findall(r'^NLINK_API [^;(]*?\b(nlink_\w+)\(', self.code, re.M):
            self.assertIn(f'.Fn {name}', text)

    def test_statuses(self):
        rows = re.findall(r'X\((\w+), (-?\d+), "([^"]*)", "(\w*)"\)', self.map_rows('STATUS'))
        wanted = [(name, number, sentence + (f' ({python})' if python else ''))
                  for name, number, sentence, python in rows]
        told = re.findall(r'^\.It Dv NLINK_(\w+) Pq (-?\d+)\n(.*)$', section(self.page, 'RETURN VALUES'), re.M)
        self.assertEqual(told, wanted)

    def test_words(self):
        rows = []
        for name in ('CAUSE', 'STEP', 'ABSENCE', 'FINDING'):
            rows += re.findall(r'X\((\w+), "([^"]*)"', self.map_rows(name))
        self.assertEqual(re.findall(r'^\.It Dv (\w+)\n(.*)$', section(self.page, 'ERRORS'), re.M), rows)

    def test_constants(self):
        names = re.findall(r'^#define (NLINK_[A-Z_]+) ', self.code, re.M)
        names += re.findall(r'\b(NLINK_[A-Z_]+)(?=[,\s}])', ''.join(re.findall(r'enum \w+ \{[^#]*?\}', self.code)))
        names = [name for name in names if name not in ('NLINK_API', 'NLINK_NAME_SIZE')]
        self.assertGreater(len(names), 20)
        self.assertEqual([name for name in names if not re.search(rf'\b{name}\b', self.page)], [])

    def test_fields(self):
        for name, body in re.findall(r'struct (\w+) \{(.*?)\n\};', self.code, re.S):
            for field in re.findall(r'\b(\w+)(?:\[\w+\])?;', body):
                with self.subTest(struct=name, field=field):
                    self.assertTrue(re.search(rf'(?m)^\.(It )?Va (.* )?{field}\b', self.page))


if __name__ == '__main__':
    unittest.main()
