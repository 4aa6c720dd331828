# SPDX-License-Identifier: MIT
"""What the writers' logs say has to be in their tree, and what of it is not.

A name leads to a file (an inode), and files are shared: by names that a writer linked, and by names that the command under
test made one. So a write, a reset or a truncation through one name changes all names of that file, and that is no loss.
A line that was written counts as LOST when

  - the name that it was written through leads to another file later, though no writer made the name anew, and in the file
    that was written to, nobody wrote over that line or cut it off. Lines have numbers that occur once, so that no other
    file can be equal to this one, and no command may take the name away from it. (A standard content occurs in many files:
    it is lost only if the file that the name leads to never had it meanwhile, and no other that had was changed since.)
  - the same for every other name of that file that was seen to lead to it after the line was written;
  - the file is there, but the line's bytes are not in it.

Where two operations overlap in time it is not known which was last; then nothing is claimed of what both touch.
"""

import os
import struct
from bisect import bisect_right

ENTRY = struct.Struct('<5Q6I')  # struct entry of writers.c
SEE, APPEND, REWRITE, RESET, CUT, MAKE, LINK, UNLINK, ABSENT, RETURNED, TROUBLE = range(1, 12)
WROTE = (APPEND, REWRITE, RESET)
NO_NAME = 2**32 - 1
DIRECTORIES, LINE = 16, 32
LINES = (1, 16, 128, 200, 40, 40)  # of the standard contents
ALWAYS = float('inf')


def path_of(name):
    return f'd{name % DIRECTORIES:02}/f{name:04}'


def line_of(number):
    return b'%031x\n' % number


def standard_of(which):
    first = which - 1 if which == len(LINES) - 1 else which
    count = LINES[which]
    return b''.join(line_of((which if i + 1 == count else first) << 32 | i) for i in range(count))


class Record:
    """Something that was written: one line, or a standard content."""

    def __init__(self, before, after, file, number, start, length, standard, name, writer):
        self.before, self.after = before, after
        self.file = file
        self.number = number
        self.start, self.end = start, start + length
        self.standard = standard
        self.name = name
        self.writer = writer

    def text(self):
        what = f'the standard content {self.number}' if self.standard else f'the line {self.number:x}'
        through = path_of(self.name) if self.name != NO_NAME else 'a name of its own'
        return f'writer {self.writer} wrote {what} at {self.start} of the file {self.file[0]} by {through}'


class File:
    """An inode: what was written to it and is still there, and what destroyed things in it."""

    def __init__(self):
        self.lines = {}  # offset -> Record
        self.standard = None
        self.destroyers = []  # (after, before, start, end), by `after`
        self.standards = {}  # standard content -> when it was last seen destroyed; ALWAYS = it is there

    def live(self):
        return [*self.lines.values(), *([self.standard] if self.standard else [])]

    def destroyed_meanwhile(self, record, until):
        """Whether something that may have come after the record, and began before `until`, took it."""
        for after, before, start, end in reversed(self.destroyers):
            if after <= record.before:
                return False
            if before < until and start < record.end and record.start < end and before != record.before:
                return True
        return False


class Place:
    """A name that should be there: where it led to when that was last known, and what was written through it since."""

    def __init__(self, file, known, made):
        self.file = file
        self.known = known
        self.made = made
        self.own = []

    def copy(self, made):
        place = Place(self.file, self.known, made)
        place.own = list(self.own)
        return place


class Ledger:
    def __init__(self, logs):
        self.files = {}
        self.places = {}
        self.ends = {}  # standard content -> (after, before) of what destroyed it somewhere
        self.doubts = []  # standard contents that a name does not have: (record, since, until, the other file)
        self.lost = {}  # what is lost -> why
        self.absent = []  # names that were missing when somebody asked
        self.returned = []
        self.troubles = []
        self.moved = 0  # names that were seen to lead to another file, made so by the command
        self.counts = dict.fromkeys(range(1, 12), 0)
        entries = []
        for log in os.listdir(logs):
            with open(os.path.join(logs, log), 'rb') as file:
                writer = int(log.split('.')[0])
                entries += [(*entry, writer) for entry in ENTRY.iter_unpack(file.read())]
        entries.sort(key=lambda entry: entry[1])
        self.last = entries[-1][1] + 1 if entries else 1
        for entry in entries:
            self.counts[entry[8 + 0]] += 1
            self.add(*entry)

    def file(self, which):
        return self.files.setdefault(which, File())

    # ------------------------------------------------------------ one entry after the other

    def add(self, before, after, opened, ino, number, generation, offset, length, kind, name, other, writer):
        which = ino, generation
        if kind == SEE:
            self.see(name, which, before, after)
        elif kind in WROTE:
            self.write(Record(before, after, which, number, offset, length, kind == RESET, name, writer), kind, opened)
        elif kind == CUT:
            self.destroy(which, before, after, offset, ALWAYS)
        elif kind == MAKE:
            self.places[name] = Place(which, after, before)
        elif kind == LINK:
            self.places[other] = self.places[name].copy(before)
        elif kind == UNLINK:
            self.places.pop(name, None)
        elif kind == ABSENT:
            self.absent.append(name)
        elif kind == RETURNED:
            self.returned.append(name)
        else:
            self.troubles.append((name, os.strerror(number)))

    def destroy(self, which, before, after, start, end, but=None):
        file = self.file(which)
        file.destroyers.append((after, before, start, end))
        for at in [at for at in file.lines if start <= at < end]:
            if file.lines[at] is not but:
                del file.lines[at]
        old = file.standard
        if old and old is not but and start < old.end:
            file.standard = None
            file.standards[old.number] = after
            self.ends.setdefault(old.number, []).append((after, before))

    def write(self, record, kind, opened):
        file = self.file(record.file)
        if kind != APPEND:
            self.destroy(record.file, record.before, record.after, record.start, ALWAYS if kind == RESET else record.end)
        doubtful = file.destroyed_meanwhile(record, record.after)
        if not record.standard and not doubtful:
            file.lines[record.start] = record
        elif record.standard:
            file.standards[record.number] = record.after if doubtful else ALWAYS
            if doubtful:
                self.ends.setdefault(record.number, []).append((record.after, record.before))
            else:
                file.standard = record
        place = self.places.get(record.name)
        if place is None or place.made > opened or doubtful:
            return  # the name was unlinked or made anew between the opening and the writing
        if place.file == record.file:
            place.own.append(record)
        else:
            self.judge(record, record.before, record.after, place.file)

    def see(self, name, which, before, after):
        """A name was opened, and led to this file."""
        place = self.places.get(name)
        if place is None:
            return
        if which != place.file:
            self.moved += 1
            own = set(place.own)
            for record in self.file(place.file).live():
                if record.after <= place.known or record in own:
                    self.judge(record, max(place.known, record.before), after, which)
        self.places[name] = Place(which, before, place.made)

    # ------------------------------------------------------------ judging

    def judge(self, record, since, until, other):
        """A name that has to hold this record led to `other` at `until`, and to the record's own file after `since`."""
        if self.file(record.file).destroyed_meanwhile(record, until):
            return
        if not record.standard:
            self.lost[record] = f'then the name led to the file {other[0]}'
        elif self.file(other).standards.get(record.number, 0) <= since:
            self.doubts.append((record, since, until, other))

    def settle(self):
        """Standard contents: the name may have gone by way of a third file that had it, too, and was changed then."""
        for record, since, until, other in self.doubts:
            if self.file(record.file).destroyed_meanwhile(record, until):
                continue
            ends = self.ends.get(record.number, [])
            place = bisect_right(ends, since, key=lambda end: end[0])
            if not any(before < until for _, before in ends[place:place + 64]):
                self.lost[record] = f'then the name led to the file {other[0]}, which never held that'

    def close(self, tree, identity):
        """Compare with the tree as it is in the end; identity(fd) gives what the writers noted. Gives the missing names."""
        contents, missing = {}, []
        for name in list(self.places):
            try:
                fd = os.open(os.path.join(tree, path_of(name)), os.O_RDONLY)
            except FileNotFoundError:
                missing.append(name)
                continue
            which = identity(fd)
            self.see(name, which, self.last, self.last)
            if which not in contents:
                contents[which] = os.read(fd, 1 << 20)
            os.close(fd)
        for name in missing:
            place = self.places[name]
            for record in self.file(place.file).live():
                if record.file not in contents and (record.after <= place.known or record in place.own):
                    self.lost[record] = f'the name {path_of(name)} is gone, and the file with it'
        self.settle()
        for which, content in contents.items():
            self.compare(self.file(which), content)
        return missing

    def compare(self, file, content):
        for record in file.lines.values():
            if content[record.start:record.end] != line_of(record.number):
                self.lost[record] = 'the file is there and the line is not in it'
        if file.standard:
            whole = standard_of(file.standard.number)
            if content[:len(whole)] != whole:
                self.lost[file.standard] = 'the file is there and the content is not in it'
