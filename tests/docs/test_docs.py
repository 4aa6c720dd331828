# SPDX-License-Identifier: MIT
"""Every command in the pages is run, and has to print what the page says.

In README.md and docs/*.md:

    ```console       Lines that begin with "$ " are commands, "> " goes on with the one before, the rest is what
                     they print, errors included. A block of "# " commands is run where the tests are run by root.
    ```c rain.c      A block whose language is followed by a file name is put into that file.

A page is one story: its blocks are run from top to bottom by one bash in one fresh directory, with umask 022, in
UTC and the C locale. What differs from one machine to the next is compared by its shape only: VARIES has all of it.
The directory is called /data/ann in what is printed. Sizes on a page are chosen so that blocks of directories, which
every file system has in its own way, do not show.

    /usr/bin/python3 tests/docs/test_docs.py --update    (with NLINK and NLINK_BUILD_DIR set)

writes what was really printed into the pages, for somebody to read over.
"""

import functools
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get('NLINK_SOURCE') or os.path.realpath(os.path.join(os.path.dirname(__file__), '..', '..'))
BUILD = os.environ.get('NLINK_BUILD_DIR', '')
NLINK = os.environ.get('NLINK', '')
IS_ROOT = os.geteuid() == 0

HOME = '/data/ann'
OWNER_AND_TIME = re.compile(
    r'^(?P<mode>[-dlbcps][-rwxsStT]{9}) +(?P<links>\d+) \S+ +\S+ +(?P<size>\S+) '
    r'[A-Z][a-z]{2} [ \d]\d (\d\d:\d\d| \d{4}) (?P<name>.*)$'
)
VARIES = [
    (re.compile(r'on [\w.]+ \(device \d+:\d+\)'), 'on TYPE (device N:N)'),
    (re.compile(r'two mounts \(id \d+ and \d+\)'), 'two mounts (id N and N)'),
    (re.compile(r'"dev":\d+,"ino":\d+'), '"dev":N,"ino":N'),
    (re.compile(r'"told_by_system":(true|false)'), '"told_by_system":WHETHER'),
    (re.compile(r'\d{8}T\d{6}Z-(\w+)-\w+\.journal'), r'TIME-\1-RANDOM.journal'),
    (re.compile(r'\b\d{4}-\d\d-\d\d \d\d:\d\d\b'), 'DAY TIME'),
    (re.compile(r'^Open files (and shared extents )?can make'), 'Open files AND WHAT ELSE can make'),
]


def shape(line):
    """A printed line without what differs from machine to machine."""
    match = OWNER_AND_TIME.match(line)
    if match:
        mode, links, size, name = match.group('mode', 'links', 'size', 'name')
        if mode[0] == 'd':  # how large a directory is, and its count, are the file system's affair
            links = size = 'N'
        return f'{mode} {links} OWNER GROUP {size} TIME {name}'
    for pattern, instead in VARIES:
        line = pattern.sub(instead, line)
    return line


# ---------------------------------------------------------------- reading a page


class Command:
    """One command of a block, and the lines that the page says it prints."""

    def __init__(self, text):
        self.text = text
        self.says = []


class Block:
    def __init__(self, line, indent, language, name):
        self.line = line  # of the fence, from 1
        self.indent = indent
        self.language = language
        self.name = name  # the file to write, or ''
        self.lines = []

    @property
    def as_root(self):
        return self.language == 'console' and self.lines[:1] != [] and self.lines[0].startswith('# ')

    def commands(self):
        prompt = '# ' if self.as_root else '$ '
        commands = []
        for line in self.lines:
            if line.startswith(prompt):
                commands.append(Command(line[2:]))
            elif line.startswith('> ') and commands and not commands[-1].says:
                commands[-1].text += '\n' + line[2:]
            elif commands:
                commands[-1].says.append(line)
            else:
                raise ValueError(f'line {self.line + 1}: a block of commands begins with a command')
        return commands


def blocks_of(path):
    """The fenced blocks of a page that are run or written to a file."""
    blocks = []
    inside = None
    with open(path, encoding='utf-8') as page:
        for number, line in enumerate(page.read().split('\n'), 1):
            fence = re.match(r'( *)```(\w*) ?(\S*)$', line)
            if inside is None and fence:
                inside = Block(number, len(fence[1]), fence[2], fence[3])
            elif fence:
                if inside.language == 'console' or inside.name:
                    blocks.append(inside)
                inside = None
            elif inside is not None:
                inside.lines.append(line[inside.indent:])
    if inside is not None:
        raise ValueError(f'{path}: the block of line {inside.line} does not end')
    return blocks


# ---------------------------------------------------------------- running it


def protects_hard_links():
    try:
        with open('/proc/sys/fs/protected_hardlinks', encoding='ascii') as file:
            return file.read().strip() == '1'
    except OSError:
        return False


def works(script):
    """Whether a few commands work in a directory of their own, on the ground that the pages are tried on."""
    with tempfile.TemporaryDirectory(prefix='nlink-docs-') as place:
        return subprocess.run(['sh', '-ec', script], cwd=place, capture_output=True, check=False).returncode == 0


@functools.lru_cache
def can_mount():
    return IS_ROOT and works('unshare -m mount -t tmpfs none .')


@functools.lru_cache
def has_overlay():
    return works('unshare -m sh -ec "mount -t tmpfs none . && cd $PWD && mkdir a b c d && '
                 'mount -t overlay overlay -o lowerdir=a,upperdir=b,workdir=c,index=off d"')


@functools.lru_cache
def has_attributes():
    return works('touch a; chattr +i a; chattr -i a')


def is_elsewhere(path):
    """Whether a directory is on another file system than the pages are tried on."""
    return os.access(path, os.W_OK) and os.stat(path).st_dev != os.stat(tempfile.gettempdir()).st_dev


def missing(block):
    """What the machine lacks to run a block, as a reason to skip it; '' = nothing."""
    text = '\n'.join(block.lines)
    if block.as_root and not IS_ROOT:
        return 'needs root'
    if re.search(r'^# mount\b', text, re.M) and not can_mount():
        return 'cannot mount here'
    if re.search(r'^# mount -t overlay\b', text, re.M) and not has_overlay():
        return 'cannot mount an overlay here'
    if re.search(r'^# setpriv\b', text, re.M) and not protects_hard_links():
        return 'fs.protected_hardlinks is not set'
    if re.search(r'^# chattr\b', text, re.M) and not has_attributes():
        return 'chattr +i does not work here'
    if '--json' in text and subprocess.run([NLINK, 'ls', '--json', '/'], capture_output=True, check=False).returncode:
        return 'this build has no JSON'
    if 'python3 ' in text and not glob.glob(os.path.join(BUILD, 'python', 'nlink', '_nlink*.so')):
        return 'the Python module is not built'
    if '/dev/shm' in text and not is_elsewhere('/dev/shm'):
        return 'there is no /dev/shm, or it is where the pages are tried'
    for tool in ('cc', 'pkg-config'):
        if re.search(rf'\b{tool} ', text) and not shutil.which(tool):
            return f'there is no {tool}'
    return ''


# A function of bash that runs one command with its output in a file, and hands its status to the next.
PRELUDE = '''
status=0
page_run() {
  exec 3>"$1"
  page_command=$2
  set --
  { (exit $status); eval "$page_command"; } >&3 2>&1 3>&- </dev/null
  status=$?
  exec 3>&-
}
'''


def environment(place):
    """A plain one, in which the build directory looks like an installation."""
    tools = os.path.join(place, 'bin')
    os.mkdir(tools)
    shutil.copy(NLINK, os.path.join(tools, 'nlink'))  # a copy, for it must be in reach of every user
    os.symlink(sys.executable, os.path.join(tools, 'python3'))
    return {
        'PATH': tools + ':/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'HOME': place,
        'LC_ALL': 'C.UTF-8',
        'TZ': 'UTC',
        'TERM': 'dumb',
        'LD_LIBRARY_PATH': os.path.join(BUILD, 'src'),
        'PKG_CONFIG_PATH': os.path.join(BUILD, 'meson-uninstalled'),
        'PYTHONPATH': os.path.join(BUILD, 'python'),
        'PYTHONDONTWRITEBYTECODE': '1',
    }


def run_page(blocks):
    """What each command printed: a list of lists of lines, one for each command, a list for each block."""
    with tempfile.TemporaryDirectory(prefix='nlink-docs-') as place:
        place = os.path.realpath(place)
        os.chmod(place, 0o755)
        work = os.path.join(place, 'work')
        said = os.path.join(place, 'said')
        os.mkdir(work)
        os.mkdir(said)
        script = [PRELUDE, 'umask 022', 'cd ' + shlex.quote(work)]
        for b, block in enumerate(blocks):
            if missing(block):
                continue
            if block.name:
                text = '\n'.join(block.lines) + '\n'
                script.append(f'printf %s {shlex.quote(text)} > {shlex.quote(block.name)}')
                continue
            for c, command in enumerate(block.commands()):
                script.append(f'page_run {shlex.quote(os.path.join(said, f"{b}.{c}"))} {shlex.quote(command.text)}')
        shell = ['unshare', '-m', '--propagation', 'private'] if can_mount() else []
        subprocess.run([*shell, 'bash', '--norc'], input='\n'.join(script), text=True, cwd=work,
                       env=environment(place), check=False, timeout=300)
        printed = []
        for b, block in enumerate(blocks):
            printed.append([])
            for c, _ in enumerate(block.commands() if block.language == 'console' else []):
                path = os.path.join(said, f'{b}.{c}')
                text = ''
                if os.path.exists(path):
                    with open(path, encoding='utf-8', errors='backslashreplace') as file:
                        text = file.read().replace(work, HOME)
                printed[-1].append(text.splitlines())
        return printed


# ---------------------------------------------------------------- the tests


class Page(unittest.TestCase):
    """A page; the tests are its blocks."""

    path = None
    blocks = []
    printed = None

    @classmethod
    def setUpClass(cls):
        if cls.path:
            cls.printed = run_page(cls.blocks)

    def check_block(self, number):
        block = self.blocks[number]
        reason = missing(block)
        if reason:
            self.skipTest(reason)
        for command, lines in zip(block.commands(), self.printed[number]):
            self.assertEqual(
                [shape(line) for line in lines],
                [shape(line) for line in command.says],
                f'{self.path}, block of line {block.line}: $ {command.text}',
            )


def pages():
    return [os.path.join(SOURCE, 'README.md'), *sorted(glob.glob(os.path.join(SOURCE, 'docs', '*.md')))]


def add_page(path):
    name = 'Page_' + re.sub(r'\W', '_', os.path.basename(path)[:-3])
    blocks = blocks_of(path)
    tests = {'path': os.path.relpath(path, SOURCE), 'blocks': blocks}
    for number, block in enumerate(blocks):
        if block.language == 'console':
            tests[f'test_line_{block.line:04}'] = lambda self, number=number: self.check_block(number)
    if len(tests) > 2:
        globals()[name] = type(name, (Page,), tests)


for page_path in pages():
    add_page(page_path)


class Links(unittest.TestCase):
    """A link from one page to another file of the project leads somewhere."""

    def test_links(self):
        wrong = []
        for path in sorted({*pages(), *glob.glob(os.path.join(SOURCE, '*.md'))}):
            with open(path, encoding='utf-8') as page:
                text = page.read()
            for target in re.findall(r'\]\(([^)#\s]+)(?:#[^)\s]*)?\)', text):
                if '://' not in target and not os.path.exists(os.path.join(os.path.dirname(path), target)):
                    wrong.append(f'{os.path.relpath(path, SOURCE)}: {target}')
        self.assertEqual(wrong, [])


class Examples(unittest.TestCase):
    """What is written into the pages by --update is true, but it has to be what was meant, too."""

    def test_nothing_broke(self):
        for path in pages():
            for block in blocks_of(path):
                for command in block.commands() if block.language == 'console' else []:
                    with self.subTest(page=os.path.basename(path), command=command.text):
                        self.assertNotRegex('\n'.join(command.says), 'Traceback|command not found|Usage: |for more information')


class Map(unittest.TestCase):
    """The map of the house in docs/architecture.md names every room."""

    def test_rooms(self):
        with open(os.path.join(SOURCE, 'docs', 'architecture.md'), encoding='utf-8') as page:
            told = re.search(r'## The map\n\n```\n(.*?)```', page.read(), re.S)[1]
        for folder in sorted(os.listdir(os.path.join(SOURCE, 'src'))):
            if not os.path.isdir(os.path.join(SOURCE, 'src', folder)):
                continue
            rooms = {name[:-2] for name in os.listdir(os.path.join(SOURCE, 'src', folder)) if name.endswith('.c')}
            with self.subTest(folder=folder):
                lines = re.search(rf'src/{folder}/.*\n(?: .*\n)*', told)[0].splitlines()
                named = ' '.join(line[12:].split('  ')[0] for line in lines)
                self.assertEqual(set(named.split()), rooms)


class Convention(unittest.TestCase):
    """The comparison forgives what varies and nothing else."""

    def test_owner_and_time_vary(self):
        self.assertEqual(shape('-rw-r--r-- 2 ann ann 10 Nov 22 09:16 Rain.txt [1]'),
                         shape('-rw-r--r-- 2 root  root  10 Jan  1  2020 Rain.txt [1]'))

    def test_the_rest_does_not(self):
        line = '-rw-r--r-- 2 ann ann 10 Nov 22 09:16 Rain.txt [1]'
        for other in (line.replace(' 2 ', ' 3 '), line.replace('10', '11'), line.replace('[1]', '[2]'),
                      line.replace('rw-', 'r--'), line.replace('Rain', 'rain')):
            self.assertNotEqual(shape(line), shape(other))

    def test_numbers_in_sentences_count(self):
        self.assertNotEqual(shape('a: 1 name remains'), shape('a: 2 names remain'))


# ---------------------------------------------------------------- writing the pages


def update(path):
    blocks = blocks_of(path)
    printed = run_page(blocks)
    with open(path, encoding='utf-8') as page:
        lines = page.read().split('\n')
    for block, outputs in reversed(list(zip(blocks, printed))):
        if block.language != 'console' or missing(block):
            continue
        prompt = '# ' if block.as_root else '$ '
        fresh = []
        for command, output in zip(block.commands(), outputs):
            fresh.append(prompt + command.text.replace('\n', '\n> '))
            same = [shape(line) for line in output] == [shape(line) for line in command.says]
            fresh += command.says if same else output
        text = '\n'.join(fresh).split('\n')
        lines[block.line:block.line + len(block.lines)] = [(' ' * block.indent + line).rstrip() for line in text]
    with open(path, 'w', encoding='utf-8') as page:
        page.write('\n'.join(lines))


if __name__ == '__main__':
    if sys.argv[1:2] != ['--update']:
        sys.exit(__doc__)
    for page_path in sys.argv[2:] or pages():
        update(page_path)
