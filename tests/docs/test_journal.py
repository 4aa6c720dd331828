# SPDX-License-Identifier: MIT
"""A reader that knows of docs/journal.md and nothing else finds in a journal and in a plan what the tree was.

The tables of the page say where each field is; the files are written by the command. Checksums are the one thing that is
not looked at: there is no XXH3 in Python.
"""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.environ.get('NLINK_SOURCE') or os.path.realpath(os.path.join(os.path.dirname(__file__), '..', '..'))
NLINK = os.environ.get('NLINK', '')
SIGNED = {'ctime', 'mtime', 'atime, to be given back', 'mtime, to be given back', 'when it was made', 'when'}
NONE = 0xffffffff


def read_tables():
    """Of each part of the page, where the fields of fixed length are: {part: {what: (at, bytes)}}."""
    tables = {}
    part = None
    with open(os.path.join(SOURCE, 'docs', 'journal.md'), encoding='utf-8') as page:
        for line in page:
            if line.startswith('#'):
                part = tables.setdefault(line.strip('# \n').split(':')[0], {})
            row = re.match(r'\| (\d+) \| (\d+) \| (.*) \|$', line)
            if row and part is not None:
                part[re.split(r'[;:]', row[3])[0]] = (int(row[1]), int(row[2]))
    return tables


def read_types():
    with open(os.path.join(SOURCE, 'docs', 'journal.md'), encoding='utf-8') as page:
        rows = re.findall(r'^\| (\d) \| (\w+) \| (?:one|many) \|', page.read(), re.M)
    return {int(number): word for number, word in rows}


class Reader:
    def __init__(self, path):
        with open(path, 'rb') as file:
            self.bytes = file.read()
        self.tables = read_tables()
        self.types = read_types()
        self.header = self.fields('Header', 0)
        self.records = []
        self.parts = {word: [] for word in self.types.values()}
        self.read_records()

    def fields(self, part, start):
        found = {}
        for what, (at, length) in self.tables[part].items():
            piece = self.bytes[start + at:start + at + length]
            found[what] = int.from_bytes(piece, 'little', signed=what in SIGNED) if length <= 8 else piece
        return found

    def size(self, part):
        return max(at + length for at, length in self.tables[part].values())

    def read_records(self):
        seed = int.from_bytes(self.header['the seed'][:8], 'little')
        at = self.size('Header')
        while at < len(self.bytes):
            mark, kind, length = self.fields('Record', at).values()
            assert mark == seed ^ at, f'the mark at {at}'
            self.records.append(self.types[kind])
            self.read_items(self.types[kind], at + 16, at + 16 + length)
            at += 16 + (length + 7) // 8 * 8 + 8
        assert at == len(self.bytes)

    def text(self, at, length):
        return None if length == NONE else self.bytes[at:at + length]

    def read_items(self, word, at, end):
        part = word.capitalize()
        while at < end:
            item = self.fields(part, at)
            at += self.size(part)
            if word == 'files':
                for text in ('target', 'aim'):
                    length = item[f'length of the {text}']
                    item[text] = self.text(at, length)
                    at += 0 if length == NONE else length
            elif word == 'attributes':
                item['name'] = self.text(at, item['length of the name'])
                at += item['length of the name']
                item['value'] = self.text(at, item['length of the value'])
                at += item['length of the value']
            elif word in ('directories', 'names'):
                item['text'] = self.text(at, item['length'])
                at += item['length']
            self.parts[word].append(item)
        assert at == end, f'{word} end at {at}, not at {end}'

    def path(self, name):
        return os.path.join(self.parts['directories'][name['the directory']]['text'], name['text'])


class Page(unittest.TestCase):
    def setUp(self):
        self.place = os.path.realpath(tempfile.mkdtemp(prefix='nlink-docs-'))
        self.addCleanup(shutil.rmtree, self.place)
        self.tree = os.path.join(self.place, 'tree')
        os.makedirs(os.path.join(self.tree, 'a', 'b'))
        self.before = {}
        for number, (name, contents) in enumerate((('x', 'sun'), ('a/y', 'sun'), ('a/b/z', 'sun'), ('a/m', 'rain' * 3000),
                                                   ('a/b/n', 'rain' * 3000), ('alone', 'wind'))):
            path = os.path.join(self.tree, name)
            with open(path, 'w', encoding='ascii') as file:
                file.write(contents)
            os.chmod(path, 0o640)
            if number == 4:
                os.link(path, path + ' too')
            os.utime(path, ns=(1600000000123456789 + number, 1500000000987654321 + number))
        try:
            for name in ('x', 'a/y', 'a/b/z'):
                os.setxattr(os.path.join(self.tree, name), b'user.nlink', b'v\0alue')
            self.has_attributes = True
        except OSError:
            self.has_attributes = False
        for where, _, names in os.walk(self.tree):
            for name in names:
                path = os.path.join(where, name)
                self.before[os.fsencode(path)] = os.lstat(path)

    def run_nlink(self, *words):
        subprocess.run([NLINK, 'dedupe', '--min-age=0', *words, self.tree], check=True, cwd=self.place,
                       stdout=subprocess.DEVNULL, env=dict(os.environ, XDG_STATE_HOME=self.place))

    def check_task(self, reader):
        counts = reader.parts['task'][0]
        for word, what in (('directories', 'how many directories'), ('files', 'how many files'),
                           ('attributes', 'how many attributes'), ('names', 'how many names'), ('groups', 'how many groups')):
            self.assertEqual(len(reader.parts[word]), counts[what])
        self.assertEqual(reader.header['the verb'].rstrip(b'\0'), b'dedupe')
        names = reader.parts['names']
        self.assertEqual({reader.path(name) for name in names},
                         {path for path in self.before if not path.endswith(b'/alone')})
        for index, file in enumerate(reader.parts['files']):
            own = names[file['the first of its names']:][:file['how many names it has here, at least one']]
            self.assertTrue(all(name['the file'] == index for name in own))
            for name in own:
                self.check_file(file, self.before[reader.path(name)])
            self.check_keep(reader.parts['files'], index)
        for group in reader.parts['groups']:
            files = reader.parts['files'][group['the first of its files']:][:group['how many there are']]
            self.assertEqual({file['size'] for file in files}, {group['size of each of its files']})
        self.assertEqual([item['value'] for item in reader.parts['attributes'] if item['name'] == b'user.nlink'],
                         [b'v\0alue'] * 3 * self.has_attributes)

    def check_file(self, file, stat):
        self.assertEqual(
            (file['inode number'], file['size'], file['what it occupies'], file['link count'], file['ctime'], file['mtime'],
             file['atime, to be given back'], file['mtime, to be given back'], file['owner'], file['group'],
             file['mode, at most 07777'], file['target'], file['aim']),
            (stat.st_ino, stat.st_size, stat.st_blocks * 512, stat.st_nlink, stat.st_ctime_ns, stat.st_mtime_ns,
             stat.st_atime_ns, stat.st_mtime_ns, stat.st_uid, stat.st_gid, 0o640, None, None))

    def check_keep(self, files, index):
        file = files[index]
        keep = file['the file that it is to become, or was compared with']
        self.assertEqual(files[keep]['its group of equal files'], file['its group of equal files'])
        self.assertEqual(file['what is to be done with its names'], 0 if keep == index else 1)

    def test_a_plan(self):
        self.run_nlink('--plan=plan')
        reader = Reader(os.path.join(self.place, 'plan'))
        self.assertEqual(reader.header['1 = a plan, 2 = a journal'], 1)
        self.assertEqual(reader.records[0], 'task')
        self.assertEqual(reader.records[-1], 'ready')
        self.assertEqual(sorted(reader.records, key=list(reader.parts).index), reader.records)
        self.check_task(reader)
        self.assertEqual({name['how it fared'] for name in reader.parts['names']}, {0})

    def test_a_journal(self):
        self.run_nlink('--apply', '--unguarded', '--journal=journal')
        reader = Reader(os.path.join(self.place, 'journal'))
        self.assertEqual(reader.header['1 = a plan, 2 = a journal'], 2)
        self.check_task(reader)
        end = reader.parts['end']
        self.assertEqual((len(end), reader.records[-1], end[0]['2 done, 3 recovered, 4 undone']), (1, 'end', 2))
        self.assertGreaterEqual(end[0]['when'], reader.header['when it was made'])
        done = {outcome['the name'] for outcome in reader.parts['outcomes'] if outcome['how it fared, as in a name'] == 1}
        meant = {number for number, name in enumerate(reader.parts['names'])
                 if reader.parts['files'][name['the file']]['what is to be done with its names'] == 1}
        self.assertEqual(done, meant)
        self.assertEqual(end[0]['how many names were replaced'], len(meant))


if __name__ == '__main__':
    unittest.main()
