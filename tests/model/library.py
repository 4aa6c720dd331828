# SPDX-License-Identifier: MIT
"""The library, as one process that answers any number of questions about trees (driver.c)."""

import os
import subprocess
from urllib.parse import quote_from_bytes, unquote_to_bytes

FIGURES = ('apparent', 'once', 'freed', 'held', 'held_files', 'outside', 'names', 'files', 'directories')
ORDERS = ('freed', 'once', 'apparent', 'held', 'names', 'files', 'path')
KINDS = ('unknown', 'file', 'directory', 'symlink', 'fifo', 'socket', 'character', 'block')


def text(field):
    """A path or a sentence from an answer; None for NULL."""
    return None if field == '!' else unquote_to_bytes(field)


class Answer:
    """What one request gave: `status`, `events`, and by the act's name for each line what it told."""

    def __init__(self):
        self.status = None
        self.error = None
        self.events = []  # (status, path, text)
        self.names = []  # walks: (path, kind, depth[, dev, ino, link count, size, allocated])
        self.tally = None  # walks: names, directories, deepest, bytes of names
        self.files, self.found = [], []  # names: dictionaries; (which file, whether soft, path)
        self.rows, self.roots, self.oldest, self.set = [], [], [], None
        self.groups, self.holders, self.doubts = [], [], None
        self.findings = []
        self.counts = {}  # kind of finding -> how many

    def add(self, line):
        what, *fields = line.split(' ')
        getattr(self, 'add_' + what)(*fields)

    def add_event(self, status, path, words):
        self.events.append((status, text(path), text(words).decode()))

    def add_error(self, words):
        self.error = text(words).decode()

    def add_name(self, *fields):
        self.names.append((text(fields[0]), KINDS[int(fields[1])], *map(int, fields[2:])))

    def add_found(self, number, soft, path):
        self.found.append((int(number), soft == '1', text(path)))

    def add_tally(self, *fields):
        self.tally = tuple(map(int, fields))

    def add_file(self, _number, path, dev, ino, link_count, found, soft_found, told, absence, words):
        self.files.append({'path': text(path), 'file': (int(dev), int(ino)), 'link_count': int(link_count),
                           'found': int(found), 'soft_found': int(soft_found), 'told': told == '1',
                           'absence': absence, 'text': text(words).decode()})

    @staticmethod
    def row(fields):
        if fields == ('!',):
            return None
        path, depth, kind, *figures = fields
        return {'path': text(path), 'depth': int(depth), 'kind': KINDS[int(kind)],
                **dict(zip(FIGURES, map(int, figures), strict=True))}

    def add_row(self, *fields):
        self.rows.append(self.row(fields))

    def add_root(self, *fields):
        self.roots.append(self.row(fields))

    def add_set(self, *fields):
        self.set = self.row(fields)

    def add_oldest(self, number):
        self.oldest.append(int(number))

    def add_group(self, dev, ino, link_count, kind, size, allocated, outside, count, *names):
        assert int(count) == len(names), names
        self.groups.append({'file': (int(dev), int(ino)), 'link_count': int(link_count), 'kind': KINDS[int(kind)],
                            'size': int(size), 'allocated': int(allocated), 'outside': int(outside),
                            'names': list(map(text, names))})

    def add_holder(self, path, inside, dev, ino, allocated, missing):
        self.holders.append({'path': text(path), 'inside': text(inside), 'file': (int(dev), int(ino)),
                             'allocated': int(allocated), 'missing': int(missing)})

    def add_doubts(self, changed, wrong, unread, shared):
        self.doubts = {'changed': int(changed), 'wrong': int(wrong), 'unread': int(unread), 'shared': shared == '1'}

    def add_finding(self, kind, path, target, candidate, words, mend, link_count, _count, *names):
        self.findings.append({'kind': kind, 'path': text(path), 'target': text(target),
                              'candidate': text(candidate), 'text': text(words), 'mend': text(mend),
                              'link_count': int(link_count), 'names': list(map(text, names))})

    def add_count(self, kind, number):
        self.counts[kind] = int(number)


class Library:
    """Starts the driver; how = what subprocess.Popen takes."""

    def __init__(self, program=None, **how):
        self.process = subprocess.Popen([program or os.environ['NLINK_MODEL_DRIVER']], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, **how)
        self.request = None

    def close(self):
        """End the driver; its exit status tells whether a sanitizer found something at the end."""
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()

    def ask(self, act, **words):
        """One request; a list is a word for each of its items, True is 1, None and False nothing at all."""
        parts = [act]
        for key, values in words.items():
            for value in values if isinstance(values, (list, tuple)) else [values]:
                if value is None or value is False:
                    continue
                if not isinstance(value, (bytes, str)):
                    value = str(int(value))
                parts.append(f'{key}={quote_from_bytes(os.fsencode(value))}')
        self.request = ' '.join(parts)
        self.process.stdin.write(self.request.encode() + b'\n')
        self.process.stdin.flush()
        answer = Answer()
        for line in self.process.stdout:
            line = line.decode('ascii').rstrip('\n')
            if line.startswith('done '):
                answer.status = line[5:]
                return answer
            answer.add(line)
        raise AssertionError(f'the driver ended with status {self.process.wait()} during: {self.request}')
