# SPDX-License-Identifier: MIT
"""The command called ln, link or unlink, beside GNU's: the same tree, output and exit status.

The command lines are generated from the command's own option table: every set of at most two options, each
with operands of every shape in turn; and, by hand, the places where a stand-in goes wrong. Each one is run
on two equal trees, once with GNU's command and once with ours, both called by the same name.

NLINK_DROP_IN=full runs every set of options with every shape of operands, which takes minutes.
"""

import functools
import itertools
import os
import subprocess
import unittest

import tree

GNU = {name: '/usr/bin/' + name for name in ('ln', 'link', 'unlink')}
VERSIONS = ('(GNU coreutils) 9.0', '(GNU coreutils) 9.1')  # later ones differ: they exit with 1 after a 'no'

# Thousands of small trees come and go: in memory, where there is such a place and nobody chose another.
WHERE = '/dev/shm' if os.access('/dev/shm', os.W_OK) and 'TMPDIR' not in os.environ else None

LONG = 'n' * 255
# One shape of operands each, with what makes it worth a row.
SHAPES = [
    ('a', 'new'), ('a', 'b'), ('a', 'a'), ('a', 'a2'), ('a', './a'), ('a', 'd'), ('a', 'd/'), ('a', 'd/a'),
    ('a', 'd/same'), ('d/a', '.'), ('a',), ('d/a',), ('d',), ('d', 'new'), ('d', 'e'), ('d/', 'new'),
    ('l', 'new'), ('l', 'b'), ('l', 'a'), ('a', 'l'), ('ll', 'd'), ('dl', 'new'), ('dl', 'e'), ('dl/', 'new'),
    ('a', 'dl'), ('a', 'dl/'), ('d/b', 'dl'), ('dl', 'dl'), ('dangling', 'new'), ('a', 'dangling'),
    ('dangling', 'dangling'), ('dangling', 'b'), ('loop', 'new'), ('a', 'loop'), ('a', 'loop/x'),
    ('missing', 'new'), ('missing', 'b'), ('missing', 'd'), ('a', 'missing/new'), ('a', 'a/x'), ('a', 'b/'),
    ('a/', 'new'), ('a', 'new/'), ('', 'new'), ('a', ''), ('', ''), ('fifo', 'new'), ('fifo', 'b'),
    ('a', 'b', 'd'), ('a', 'd/a', 'e'), ('a', 'missing', 'b', 'd'), ('a', 'b', 'dl'), ('a', 'b', 'c'),
    ('a', 'b', 'missing'), ('a', 'a', 'e'), ('a', 'd/a', 'b', 'd/b', 'e'), ('d', 'dl', 'a', 'e'),
    ('sp ace', 'new'), ('new\nline', 'd'), ("it's", 'b'), (b'bad\xff', 'b'), ('ünï', 'd'), ('--', '-dash', 'new'),
    ('--', '-dash', 'd'), ('co:lon', 'b'), ('sp dir', 'new'), ('c:d', 'new'), ('a', 'c:d'), ('back\\slash', 'b'),
    ('tab\there', 'b'), ('e/x', 'b'), ('b', 'e/x'), ('a', 'new', '-v'), ('a', '../new'), ('/', 'e'), ('..', 'e'),
    ('.', 'e'), ('.',), ('/',), ('a', LONG), ('a', LONG + 'n'), ('a', '/proc/nlink'), ('/proc/version', 'new'),
    ('/proc/version', 'b'), ('d/up', 'b'), ('d/gone', 'e'), ('d/sub/deep/../../a', 'e/new'), ('abs', 'new'), (),
]


def option_forms():
    """The options of ln by the table, as words of a command line; None = does not go with the others."""
    out = subprocess.run([tree.TABLE], capture_output=True, text=True, check=True).stdout
    forms = []
    for line in out.splitlines():
        command, letter, name, argument, _ = line.split('\t')
        if command != 'ln' or name in ('help', 'version'):
            continue
        values = {'suffix': '.old', 'target-directory': 'd'}
        if letter != '-':
            forms.append((letter, [f'-{letter}'] + ([values[name]] if argument == 'takes' else [])))
        if name != '-':
            forms.append((letter + '=', [f'--{name}' + (f'={values[name]}' if argument == 'takes' else '')]))
        if argument == 'may-take':
            forms += [(letter + word, [f'--{name}={word}']) for word in ('simple', 't', 'exist', 'off')]
    return forms


def is_otherwise(words, shape):
    """Whether a generated row is of a kind that is in OTHERWISE."""
    return (('.old' in words and shape == ('/proc/version', 'b')) or (shape == ('d/b', 'dl') and '-f-r' in words) or
            (LONG + 'n' in shape and '-r-t' in words))


def generated():
    """Rows (options and operands, locale, answers), each set of options with some of the shapes in turn."""
    full = os.environ.get('NLINK_DROP_IN') == 'full'
    forms = option_forms()
    short = [words for key, words in forms if len(key) == 1]
    sets = [()] + [(words,) for _, words in forms] + list(itertools.combinations(short, 2))
    sets += [tuple(by_letter(forms, letters)) for letters in ('sfr', 'sfn', 'sfT', 'sfv', 'srv', 'fvb', 'svb',
                                                              'ivb',
                                                              'Lfv', 'sfb', 'sni', 'ftv', 'sfrv', 'sfrb', 'fTv',
                                                              'srt')]
    answers = (b'y\n', b'n\n', b'', b'Yes\n', b'\n', b'y\ny\nn\n')
    turn = 0
    for number, chosen in enumerate(sets):
        words = [word for form in chosen for word in form]
        count = len(SHAPES) if full or not chosen else 3
        for step in range(count):
            shape = SHAPES[(turn + step * 11) % len(SHAPES)] if not full and chosen else SHAPES[step]
            locale = ('C.UTF-8', 'C')[(number + step) % 2]
            if is_otherwise(''.join(words), shape):
                continue
            yield words + list(shape), locale, answers[(number + step) % len(answers)]
        turn += 1


def by_letter(forms, letters):
    return [words for letter in letters for key, words in forms if key == letter]


# Where a stand-in goes wrong: by hand, each in both locales. (words, standard input, environment)
BY_HAND = [
    # words that are wrong
    (['-x'],), (['-sx', 'a', 'b'],), (['--foo', 'a'],), (['--foo=bar'],), (['--s'],), (['--no', 'a'],),
    (['--no-t', 'a', 'new'],), (['--force=x', 'a', 'b'],), (['--sym', 'a', 'new'],), (['-S'],), (['--suffix'],),
    (['-t'],),
    (['--target-directory'],), (['--target-directory=', 'a'],), (['--b'],), (['--',],), (['--x\ny', 'a'],),
    (['-\xff', 'a'],),
    (['-t', 'd', '-t', 'e', 'a'],), (['-t', 'missing', '-x'],), (['-t', 'a', '--foo'],), (['-t', 'd', '-x'],),
    (['-t', 'd', '-T', 'a', 'new'],), (['-T', 'a'],), (['-T', 'a', 'b', 'c'],), (['-T'],), (['-r', 'a', 'new'],),
    (['-rt', 'd'],),
    (['-t', 'd'],), (['-t', 'dangling', 'a'],), (['-nt', 'dl', 'a'],), (['-nt', 'dl', '-s', 'a'],),
    (['-t', 'sp dir', 'a', 'b'],),
    # where options stand
    (['a', 'new', '-s'],), (['a', '-s', 'new'],), (['a', '--', '-s'],), (['-s', 'a', '-t', 'd', 'b'],),
    (['a', '-s', 'new'], b'', {'POSIXLY_CORRECT': '1'}), (['a', 'new', '-s'], b'', {'POSIXLY_CORRECT': '1'}),
    (['-svf', 'a', 'b'],), (['-svtd', 'c'],), (['-sS.bak', 'a', 'b'],), (['-sfS', '.bak', '-v', 'a', 'b'],),
    (['-LP', 'l', 'new'],), (['-PL', 'l', 'new'],), (['-fi', 'a', 'b'], b'y\n'), (['-if', 'a', 'b'],),
    (['-fi', 'a', 'b'], b'n\n'),
    # prompts
    (['-i', 'a', 'b'], b'y\n'), (['-i', 'a', 'b'], b'n\n'), (['-i', 'a', 'b'], b''), (['-i', 'a', 'b'], b'Y'),
    (['-i', 'a', 'b'], b' y\n'),
    (['-i', 'a', 'b'], b'yellow\n'), (['-i', 'a', 'new'],), (['-iv', 'a', 'b', 'd/same', 'd'], b'y\nn\ny\n'),
    (['-is', 'a', 'b', 'd/a', 'd'], b'n\ny\n'), (['-i', 'a', 'a'], b'y\n'), (['-i', 'a', 'a2'], b'y\n'),
    (['-iv', 'a', 'a2'], b'y\n'),
    (['-i', 'd', 'b'], b'y\n'), (['-i', 'missing', 'b'], b'y\n'), (['-ib', 'a', 'b'], b'y\n'),
    (['-ib', 'a', 'b'], b'n\n'), (['-i', 'a', 'd/sub'], b'y\n'),
    (['-iT', 'a', 'd'], b'y\n'), (['-is', 'a', 'dangling'], b'y\n'), (['-i', 'a', 'sp ace'], b'n\n'),
    (['-i', 'a', 'new\nline'], b'n\n'), (['-i', 'a', 'ünï'], b'n\n'),
    (['-i', 'a', b'bad\xff'], b'n\n'), (['-isr', 'd/a', 'b'], b'y\n'), (['-i', 'a', 'b/'], b'y\n'),
    # backups
    (['-b', 'a', 'b'],), (['-bv', 'a', 'b'],), (['-bfv', 'a', 'b'],), (['-bsv', 'a', 'b'],),
    (['--backup=numbered', '-v', 'a', 'e/x'],),
    (['--backup=t', 'a', 'e/x', '-v'],), (['--backup=existing', '-v', 'a', 'e/x'],),
    (['--backup=nil', '-v', 'a', 'b'],),
    (['--backup=simple', '-v', 'a', 'e/x'],), (['--backup=never', '-v', 'a', 'b'],),
    (['--backup=none', '-v', 'a', 'b'],),
    (['--backup=off', '-fv', 'a', 'b'],), (['--backup=si', '-v', 'a', 'b'],), (['--backup=nu', '-v', 'a', 'e/x'],),
    (['--backup=', '-v', 'a', 'e/x'],),
    (['--backup=bogus', 'a', 'b', 'd'],), (['--backup=n', 'a', 'd'],), (['--backup=bogus', '-T', 'a', 'new'],),
    (['--backup=BOGUS', 'a', 'b', 'missing'],),
    (['--backup=Simple', 'a', 'd'],), (['--backup=nonesuch', 'a', 'd'],), (["--backup=it's", 'a', 'd'],),
    (['--backup=\u2019', 'a', 'd'],), ([b'--backup=\xff', 'a', 'd'],),
    (['--backup=a\nb\\', 'a', 'd'],), (['--backup=bogus'],),
    (['-bv', 'a', 'b'], b'', {'VERSION_CONTROL': 'numbered'}),
    (['-bv', 'a', 'b'], b'', {'VERSION_CONTROL': 'none'}), (['-v', 'a', 'b'], b'', {'VERSION_CONTROL': 't'}),
    (['-bv', 'a', 'd'], b'', {'VERSION_CONTROL': 'bogus'}), (['-bv', 'a', 'd'], b'', {'VERSION_CONTROL': ''}),
    (['--backup=simple', '-v', 'a', 'b'], b'', {'VERSION_CONTROL': 't'}),
    (['-bv', 'a', 'b'], b'', {'SIMPLE_BACKUP_SUFFIX': '.orig'}),
    (['-bv', 'a', 'b'], b'', {'SIMPLE_BACKUP_SUFFIX': 'x/y'}),
    (['-bv', 'a', 'b'], b'', {'SIMPLE_BACKUP_SUFFIX': ''}),
    (['-bv', '-S', '.old', 'a', 'b'], b'', {'SIMPLE_BACKUP_SUFFIX': '.orig'}), (['-S', '.old', '-v', 'a', 'b'],),
    (['-S', '', '-v', 'a', 'b'],), (['-S', 'x/y', '-v', 'a', 'b'],),
    (['-S', '/x', '-v', 'a', 'b'],), (['-S', '.old', '--backup=t', '-v', 'a', 'b'],), (['-bv', 'a', 'a'],),
    (['-bv', 'a', 'a2'],), (['-bfv', 'a', 'a'],), (['-bsv', 'a', 'a'],),
    (['-bsfv', 'a', 'a'],), (['-bv', 'a', 'd/same'],), (['-bv', 'a', 'dangling'],), (['-bsv', 'a', 'l'],),
    (['-bv', 'a', 'd', '-T'],), (['-bvt', 'd', 'a', 'b'],), (['-bvt', 'e', 'a', 'd/a'],),
    (['-bfvt', 'e', 'a', 'd/a'],), (['--backup=t', '-fvt', 'e', 'a', 'd/a', 'a'],), (['-bv', 'missing', 'b'],),
    (['-bsv', '', 'b'],), (['-bv', 'd', 'b'],), (['-bv', 'a', 'd/b'],),
    (['-bv', '/proc/version', 'b'],), (['-bv', 'a', 'sp ace'],), (['-bsv', 'a', b'bad\xff'],),
    (['-bsv', 'a', 'b', 'd/', ],), (['-b', 'c', 'b.old', '-S', '.old', '-v'],), (['-bv', 'b', 'dl'],),
    (['-bsvT', 'b', 'dl'],), (['-bsvn', 'b', 'dl'],), (['-bsv', 'x' * 4200, 'b'],),
    # just created, the same file
    (['-f', 'a', 'd/a', 'e'],), (['-fv', 'd/a', 'a', 'e'],), (['-sf', 'a', 'd/a', 'e'],), (['-fv', 'a', 'a', 'e'],),
    (['-fv', 'a', 'a2', 'd/same', 'e'],), (['-i', 'a', 'd/a', 'e'], b'y\n'),
    (['-f', 'a', 'a'],), (['-f', 'a', './a'],), (['-f', 'a', 'a2'],), (['-fv', 'a', 'a2'],), (['-f', 'l', 'a'],),
    (['-fL', 'l', 'a'],), (['-f', 'l', 'l'],), (['-sf', 'a', 'a'],), (['-sf', 'a', 'l'],),
    (['-sf', 'l', 'l'],), (['-sf', 'a2', 'a'],), (['-sf', 'd/../a', 'a'],), (['-f', 'c', 'd/../c'],),
    (['-f', 'c', 'sp dir/../c'],), (['-sf', 'c', 'c'],), (['-f', 'dl/a', 'd/a'],), (['-f', 'dl/a', 'd'],),
    # soft links and their targets
    (['-s', 'a', 'd'],), (['-sv', 'a/b/c', 'new'],), (['-sv', '/a/b/', 'd'],), (['-sv', 'missing//'],),
    (['-sr', 'a', 'd/new', '-v'],), (['-srv', 'd/a', 'new'],), (['-srv', 'd/sub', 'e/new'],),
    (['-srv', 'd/../a', 'd/sub/new'],), (['-srv', 'missing/x/../y', 'd/new'],), (['-srv', 'dl/a', 'new'],),
    (['-srv', 'a', 'dl/new'],), (['-srv', 'a', 'dl'],), (['-srvn', 'a', 'new'],), (['-srv', '.', 'd/new'],),
    (['-srv', '..', 'd/new'],), (['-srv', '/', 'd/new'],), (['-srv', '/usr/bin', 'new'],),
    (['-srv', 'a', 'b', 'd'],), (['-srv', 'd', 'd'],), (['-srvt', 'd/sub', 'a', 'e/x', 'd'],),
    (['-srv', 'l', 'd/new'],),
    (['-srv', 'll', 'd/new'],), (['-srv', 'dangling', 'd/new'],), (['-srv', 'd/gone', 'new'],),
    (['-srv', 'loop', 'd/new'],), (['-srv', 'loop/x', 'd/new'],), (['-srv', 'abs/usr', 'd/new'],),
    (['-srv', '', 'new'],), (['-srv', 'a', ''],),
    (['-bL', 'l', 'a'],), (['-bL', 'l', '.'],), (['-bLi', 'l', 'a'], b'y\n'), (['-bLi', 'l', 'a'], b'n\n'),
    (['-bLv', 'l', 'a2'],), (['-bLf', 'll', 'l'],), (['-bLTt', 'd', 'd/up'],), (['-bLt', 'd', 'd/up'],),
    (['-srfv', 'dl/', '.'],), (['-srfvT', 'dl/', 'dl'],), (['-srf', 'c', 'c'],), (['-srf', './c', 'c'],),
    (['-srf', 'd/../c', './c'],), (['-srf', 'l', 'a'],),
    (['-srf', 'll', 'a'],), (['-srf', 'l', 'l'],), (['-srf', 'l', 'a2'],), (['-srf', 'd/up', 'b'],),
    (['-srf', 'loop', 'loop'],),
    (['-srf', 'dangling', 'dangling'],), (['-srfT', 'dl', 'dl'],), (['-srf', 'd/up', 'd/up'],),
    (['-srbv', 'c', 'c'],), (['-srf', 'c', 'd/../c'],),
    (['-sf', 'l', 'a'],), (['-srfv', 'a', 'b'],), (['-srfv', 'd/a', 'b'],), (['-srfv', 'c', 'd/b'],),
    (['-srv', 'a', 'new/'],),
    (['-srv', 'a', 'missing/new'],), (['-srv', 'a', 'b'],), (['-srv', 'a/', 'd/new'],), (['-srv', 'd/', 'e/new'],),
    (['-srv', 'a', './/d///new'],), (['-srv', './/a', 'd/sub/deep/new'],), (['-srbv', 'a', 'd/b'],),
    (['-sv', 'x' * 4095, 'new'],), (['-sv', 'x' * 4096, 'new'],), (['-sv', 'x' * 4096, 'b'],),
    (['-sfv', 'x' * 4096, 'b'],), (['-s', 'a', LONG + 'n'],),
    (['-sfv', 'a', 'dangling'],), (['-sfv', 'b', 'dl'],), (['-sfnv', 'b', 'dl'],), (['-sfTv', 'b', 'dl'],),
    (['-sfn', 'b', 'd'],), (['-sfT', 'b', 'd'],), (['-sn', 'b', 'dl'],), (['-n', 'b', 'dl'],),
    (['-fn', 'b', 'dl'],), (['-fT', 'b', 'dl'],), (['-fnv', 'b', 'dl/'],),
    # hard links of what cannot have them, and far away
    (['-d', 'd', 'new'],), (['-F', 'd', 'new'],), (['-Fv', 'd', 'b', 'e'],), (['-F', 'd', 'd/new'],),
    (['-f', 'd', 'b'],), (['-f', '/proc/version', 'b'],), (['-L', 'loop', 'new'],), (['-L', 'dangling', 'new'],),
    (['-Lv', 'l', 'new'],), (['-Lv', 'll', 'd'],),
    (['-Pv', 'l', 'new'],), (['-Lv', 'dl', 'new'],), (['-f', 'a', 'd'],), (['-fv', 'a', 'd/sub', '-T'],),
    (['-fv', 'e/x', 'b', 'missing', 'd'],), (['-v', 'a', 'new', '-f'],), (['-f', 'a', 'loop'],),
    (['-f', 'a', 'loop/x'],), (['-f', 'a', 'b/x'],), (['-f', 'a', 'b/'],),
    (['-v', 'a', 'new\nname'],), (['-v', 'a', "o'ne"],), (['-v', 'a', 'o"n\'e'],), (['-v', 'a', '$HOME'],),
    (['-v', 'a', '~'],), (['-v', 'a', '#'],), (['-v', 'a', '{'],), (['-v', 'a', 'naïve'],), (['-v', 'a', b'\xc3'],),
    (['-v', 'a', '\x01\x7f'],),
    (['-v', 'a', "\u00e9'"],), (['-v', 'a', 'a b'],), (['-v', 'a', '\u200b'],), (['-v', 'a', '日本語'],),
    (['-v', 'a', '🐢'],), (['-v', 'a', '\u00a0'],), (['-v', 'a', '\u0085'],), (['-v', 'a', '*'],),
    (['-v', 'a', '\\'],), (['-v', 'a', '='],), (['-v', 'a', '!'],),
]

LINK_AND_UNLINK = [
    ('link', words) for words in (
        [], ['a'], ['a', 'new'], ['a', 'b'], ['a', 'a'], ['l', 'new'], ['a', 'd'], ['d', 'new'], ['a', 'b', 'c'],
        ['', 'new'], ['a', ''],
        ['missing', 'new'], ['a', 'missing/new'], ['a/', 'new'], ['a', 'new/'], ['a', 'dangling'],
        ['dangling', 'new'], ['loop', 'new'],
        ['loop/x', 'new'], ['-x'], ['--foo'], ['--foo=bar', 'a'], ['--help=3'], ['--', 'a', 'new'],
        ['a', '--', 'new'], ['a', 'new', '-x'], ['--', '-dash', 'new'],
        ['a', LONG + 'n'], ['/proc/version', 'new'], ['fifo', 'new'], ['sp ace', 'b'], [b'bad\xff', 'b'],
        ["it's", 'b', 'new\nline'], ['ünï'],
        ['new\nline'], [b'bad\xff'], ['a', 'b', '\u2019'], ['a', 'b', "'"], ['a', 'b', 'tab\there'],
        ['a', 'b', 'back\\slash'], ['a', 'b', '\x01\x7f'], ['a', 'new', '--he=1'], ['--h', '--x'][1:])
] + [
    ('unlink', words) for words in (
        [], ['a'], ['a2'], ['l'], ['dl'], ['dl/'], ['dangling'], ['loop'], ['d'], ['d/'], ['a/'], ['missing'],
        ['missing/x'], ['a/x'], [''], ['a', 'b'],
        ['loop/x'], ['fifo'], ['-dash'], ['--', '-dash'], ['-x'], ['--foo'], ['--version=1'], [LONG + 'n'],
        ['/proc/version'], ['new\nline'], [b'bad\xff'], ['.'], ['..'], ['/'],
        ['a', 'sp ace'], ['a', b'bad\xff'], ['a', 'ünï'])
]

# What we do on purpose otherwise: (words, environment, in what it shows, whether our tree stays as it was, why).
OTHERWISE = [
    (['--backup=bogus', 'a', 'new'], {}, {'tree'}, True,
     'GNU makes the link before it finds that the word is wrong; a wrong word makes nothing here'),
    (['-b', 'a', 'new'], {'VERSION_CONTROL': 'x'}, {'tree'}, True, 'the same for the environment'),
    (['-S', '.old', '/proc/version', 'b'], {}, {'tree'}, True,
     'GNU takes b.old for the backup and does not bring it back when the link fails'),
    (['-srf', 'd/b', 'd/b'], {}, {'tree', 'status', 'err'}, True,
     'GNU looks for what it stores from the wrong directory, and replaces d/b by a soft link to itself'),
    (['-srt', 'e', LONG + 'n'], {}, {'err'}, True, 'GNU shows what it would have stored, not what was given'),
    (['-S', 'x/', '-v', 'c', 'b'], {}, {'tree', 'status', 'out', 'err'}, False,
     'GNU takes a suffix with a slash at its end for one, and fails; with a slash elsewhere it uses ~, as here'),
    (['-sr', 'x/' * 2100, 'new'], {}, {'err'}, True, 'GNU says in a line more that the path is too long'),
    (['-v', 'a', '\u202e'], {}, {'out'}, False,
     'GNU prints characters that turn the direction of writing, which can disguise a name'),
    (['-v', 'a', '\u0378'], {}, {'out'}, False,
     'which characters are assigned yet is not looked up; GNU escapes the others'),
    (['-v', 'a', "\x01'\x02"], {}, {'out'}, False, 'GNU writes something that a shell reads back as another name'),
]


@functools.lru_cache(maxsize=None)
def is_gnu(kind):
    try:
        words = subprocess.run([GNU[kind], '--version'], capture_output=True, text=True, check=False).stdout
    except OSError:
        words = ''
    return words.splitlines()[:1] in ([f'{kind} {version}'] for version in VERSIONS)


class Beside(unittest.TestCase):
    """Run both commands and compare."""

    maxDiff = None

    def both(self, kind, words, env=None, stdin=b'', prepare=None, **more):
        if not is_gnu(kind):
            self.skipTest(f'{GNU[kind]} is not of GNU coreutils 9.0 or 9.1: there is nothing to compare with')
        results = []
        ours = tree.for_everybody(self) if 'user' in more else tree.NLINK
        for program in (GNU[kind], ours):
            root = os.path.join(tree.fresh(self, WHERE), b'tree')
            os.mkdir(root)
            tree.build(root)
            if prepare:
                prepare(root)
            outcome = tree.run(program, words, root, called=kind, env=env, stdin=stdin, **more)
            results.append((outcome, tree.look(root)))
        return results

    def same(self, kind, words, **more):
        (gnu, gnu_tree), (ours, our_tree) = self.both(kind, words, **more)
        said = f'{kind} {words!r} {more}'
        self.assertEqual(ours, gnu, said)
        self.assertEqual(our_tree, gnu_tree, said)


class Generated(Beside):
    pass


class ByHand(Beside):
    pass


class LinkAndUnlink(Beside):
    pass


class Otherwise(Beside):
    """The list of what differs on purpose."""

    def test_otherwise(self):
        for words, env, shows, untouched, why in OTHERWISE:
            with self.subTest(words=words, why=why):
                gnu, ours = ({'status': status, 'out': out, 'err': err, 'tree': left}
                             for (status, out, err), left in self.both('ln', words, env=env))
                self.assertEqual({part for part in gnu if gnu[part] != ours[part]}, shows)
                if untouched:
                    self.assertEqual(ours['tree'], self.untouched())
                    self.assertNotEqual(ours['status'], 0)

    def untouched(self):
        root = os.path.join(tree.fresh(self, WHERE), b'tree')
        os.mkdir(root)
        tree.build(root)
        return tree.look(root)


class Streams(Beside):
    """Standard input and output that are closed or full."""

    def test_full_output(self):
        for words in (['-v', 'a', 'new'], ['a', 'new'], ['-v', 'missing', 'new']):
            with self.subTest(words=words):
                self.with_shell('ln', words, '> /dev/full')

    def test_closed(self):
        for redirection in ('>&-', '2>&-', '<&-', '>&- 2>&- <&-'):
            for words in (['-v', 'a', 'new'], ['-sv', 'a', 'd'], ['-i', 'a', 'b'], ['-iv', 'c', 'b', 'd'], ['-x']):
                with self.subTest(words=words, redirection=redirection):
                    self.with_shell('ln', words, redirection)

    def with_shell(self, kind, words, redirection):
        if not is_gnu(kind):
            self.skipTest(f'{GNU[kind]} is not of GNU coreutils 9.0 or 9.1: there is nothing to compare with')
        results = []
        for program in (GNU[kind], tree.NLINK):
            root = os.path.join(tree.fresh(self, WHERE), b'tree')
            os.mkdir(root)
            tree.build(root)
            bin_dir = os.fsdecode(tree.fresh(self))
            os.symlink(program, os.path.join(bin_dir, kind))
            line = f'exec {kind} "$@" {redirection}'
            results.append((tree.run('/bin/sh', ['-c', line, 'sh', *words], root,
                                     env={'PATH': bin_dir + ':/usr/bin:/bin'}), tree.look(root)))
        self.assertEqual(results[1], results[0])

    def test_answers_from_a_directory(self):
        self.with_shell('ln', ['-i', 'a', 'b'], '< .')

    def test_answers_left_for_the_next(self):
        """What follows an answer belongs to whoever reads next."""
        root = tree.fresh(self)
        tree.build(root)
        os.symlink(tree.NLINK, os.path.join(root, b'ln'))
        self.assertEqual(tree.run('/bin/sh', ['-c', './ln -i a b 2>&-; cat'], root, stdin=b'y\nrest\n')[1],
                         b'rest\n')

    def test_called_by_path(self):
        """Messages begin with the name as called."""
        root = tree.fresh(self)
        os.symlink(tree.NLINK, os.path.join(root, b'ln'))
        self.assertEqual(tree.run(b'./ln', ['-x'], root),
                         (1, b'', b"./ln: invalid option -- 'x'\nTry './ln --help' for more information.\n"))


class Injected(Beside):
    """Errors that no small tree brings about, put in the place of the system's answer."""

    ERRORS = ('EMLINK', 'EDQUOT', 'ENOSPC', 'EROFS', 'EIO', 'EPERM', 'EXDEV', 'ENOMEM', 'EACCES', 'EOPNOTSUPP',
              'ENOSYS')
    CALLS = {'ln': 'linkat', 'ln -s': 'symlinkat', 'link': 'link,linkat', 'unlink': 'unlink,unlinkat'}

    def injected(self, kind, calls, error, words):
        results = []
        for program in (GNU[kind], tree.NLINK):
            root = os.path.join(tree.fresh(self, WHERE), b'tree')
            os.mkdir(root)
            tree.build(root)
            bin_dir = os.fsdecode(tree.fresh(self))
            os.symlink(program, os.path.join(bin_dir, kind))
            outcome = tree.run('/usr/bin/strace',
                               ['-qq', '-o', '/dev/null', '-e', f'trace={calls}', '-e',
                                f'inject={calls}:error={error}', kind, *words],
                               root, env={'PATH': bin_dir + ':/usr/bin:/bin', 'ASAN_OPTIONS': 'detect_leaks=0'})
            if b'ptrace' in outcome[2]:
                self.skipTest('strace cannot trace here')
            results.append((outcome, tree.look(root)))
        self.assertEqual(results[1], results[0], (kind, error, words))

    def test_injected(self):
        if not os.path.exists('/usr/bin/strace'):
            self.skipTest('strace is not installed')
        for kind, calls in self.CALLS.items():
            name, *options = kind.split()
            if not is_gnu(name):
                self.skipTest(f'{GNU[name]} is not of GNU coreutils 9.0 or 9.1: there is nothing to compare with')
            for error in self.ERRORS:
                words = [*options, 'c'] if name == 'unlink' else [*options, 'c', 'new']
                with self.subTest(kind=kind, error=error):
                    self.injected(name, calls, error, words)
                if name == 'ln':
                    with self.subTest(kind=kind, error=error, force=True):
                        self.injected(name, calls, error, [*options, '-f', 'c', 'new'])


@unittest.skipUnless(os.geteuid() == 0, 'only root can try as another user')
class AsAnother(Beside):
    """Permissions, which root does not feel."""

    USER = 65534

    def give(self, root):
        os.chmod(os.path.dirname(root), 0o755)
        for here, dirs, files in os.walk(root):
            for name in [b'.'] + dirs + files:
                os.lchown(os.path.join(here, name), self.USER, self.USER)
        os.lchown(os.path.join(root, b'c'), 0, 0)  # another's file
        os.chmod(os.path.join(root, b'e'), 0o555)  # no name can be made in there
        os.chmod(os.path.join(root, b'd/sub'), 0o666)  # nor found in here

    def test_denied(self):
        for words in (['a', 'e'], ['-s', 'a', 'e'], ['-f', 'a', 'e/x'], ['-sf', 'a', 'e/x'], ['-b', 'a', 'e/x'],
                      ['a', 'd/sub/new'], ['-s', 'a', 'd/sub/new'],
                      ['-sr', 'a', 'd/sub/new'], ['-f', 'a', 'd/sub/new'], ['d/sub/x', 'new'],
                      ['-sr', 'd/sub/x/y', 'new'], ['c', 'new'], ['-f', 'c', 'b'], ['-i', 'a', 'e/x'],
                      ['-t', 'd/sub/x', 'a'], ['-t', 'e', 'a', 'b'], ['a', 'b', 'd/sub/x'], ['a', '/new'],
                      ['-f', 'a', '/etc/passwd'], ['-bv', 'c', 'b']):
            with self.subTest(words=words):
                self.same('ln', words, stdin=b'y\n', prepare=self.give, user=self.USER, group=self.USER,
                          extra_groups=[])

    def test_denied_link_and_unlink(self):
        for kind, words in (('link', ['a', 'e/new']), ('link', ['c', 'new']), ('unlink', ['e/x']), ('unlink', ['d/sub/x'])):
            with self.subTest(kind=kind, words=words):
                self.same(kind, words, prepare=self.give, user=self.USER, group=self.USER, extra_groups=[])


def add(case, number, kind, words, **more):
    def test(self):
        self.same(kind, words, **more)
    shown = ' '.join(str(word) if len(word) < 60 else str(word[:20]) + '...' for word in words)
    setattr(case, f'test_{number:04} {kind} {shown}', test)


def fill():
    for number, (words, locale, answers) in enumerate(generated()):
        add(Generated, number, 'ln', words, env={'LC_ALL': locale}, stdin=answers)
    for number, row in enumerate(BY_HAND):
        words, stdin, env = (row + (b'', {}))[:3] if len(row) != 2 else (*row, {})
        for place, locale in enumerate(('C.UTF-8', 'C')):
            add(ByHand, 2 * number + place, 'ln', words, env={'LC_ALL': locale, **env}, stdin=stdin)
    for number, (kind, words) in enumerate(LINK_AND_UNLINK):
        for place, locale in enumerate(('C.UTF-8', 'C')):
            add(LinkAndUnlink, 2 * number + place, kind, words, env={'LC_ALL': locale})


fill()

if __name__ == '__main__':
    unittest.main()
