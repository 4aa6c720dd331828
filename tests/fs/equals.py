# SPDX-License-Identifier: MIT
"""Trees with equal files, the programs that make them one, and what must hold afterwards.

NLINK_TOOL names another program to do it (hardlink, jdupes, rdfind, rmlint): a test that tells nothing of what such
a program loses would not tell of nlink, either.
"""

import hashlib
import json
import os
import shlex
import stat
import subprocess

import ground
import interpose

TOOL = os.environ.get('NLINK_TOOL', 'nlink')
NLINK = os.environ.get('NLINK', '')
OLD = 1_500_000_000  # seconds since 1970: when the files of a tree were written last


def command_of(paths, options=(), apply=True):
    """The command line that makes equal files below `paths` one."""
    if TOOL == 'jdupes':
        return ['jdupes', '-q', '-r', '-L', *paths]
    if TOOL == 'hardlink':
        return ['hardlink', '-q', '-t', *paths]
    if TOOL == 'rdfind':
        return ['rdfind', '-makehardlinks', 'true', '-makeresultsfile', 'false', *paths]
    if TOOL == 'rmlint':
        script = os.path.join(ground.home, 'rmlint.sh')
        return ['sh', '-c', f'rmlint -T df -o sh:{script} -c sh:hardlink '
                            f'{" ".join(map(shlex.quote, paths))} >/dev/null && sh {script} -d -q >/dev/null']
    return [NLINK, 'dedupe', '--min-age', '0', *(['--apply'] if apply else []), *options, *paths]


class Name:
    """A name of a tree: what it leads to. Names of one file share one of these."""

    def __init__(self, info, bytes_, target, attributes):
        self.kind = stat.S_IFMT(info.st_mode)
        self.mode = stat.S_IMODE(info.st_mode)
        self.owner = (info.st_uid, info.st_gid)
        self.file = (info.st_dev, info.st_ino)
        self.count = info.st_nlink
        self.size = info.st_size if self.kind == stat.S_IFREG else 0
        self.allocated = info.st_blocks * 512
        self.mtime = info.st_mtime_ns
        self.bytes = bytes_
        self.target = target
        self.attributes = attributes

    def __repr__(self):
        return f'{stat.filemode(self.kind | self.mode)} {self.owner} {self.size} bytes {self.bytes} {self.target or ""}'


def attributes_of(descriptor):
    """The extended attributes of an open file, access control lists and capabilities among them."""
    path = f'/proc/self/fd/{descriptor}'
    try:
        return tuple(sorted((name, os.getxattr(path, name)) for name in os.listxattr(path)))
    except OSError:  # the file system has none
        return ()


def take(root):
    """All names below a directory, however deep: relative path -> Name. Keeps no access times."""
    names, files = {}, {}

    def look(directory, entry, path):
        info = os.stat(entry, dir_fd=directory, follow_symlinks=False)
        if stat.S_ISLNK(info.st_mode):
            return Name(info, '', os.readlink(entry, dir_fd=directory), ())
        if not stat.S_ISREG(info.st_mode):
            return Name(info, '', None, ())
        known = files.get((info.st_dev, info.st_ino))
        if known is None:
            descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME | os.O_NONBLOCK, dir_fd=directory)
            with open(descriptor, 'rb') as file:
                digest = hashlib.blake2b(digest_size=16)
                while piece := file.read(1 << 20):
                    digest.update(piece)
                known = Name(os.fstat(descriptor), digest.hexdigest(), None, attributes_of(descriptor))
            files[known.file] = known
        return known

    def walk(directory, above):
        for entry in sorted(os.listdir(directory)):
            path = os.path.join(above, entry)
            names[path] = look(directory, entry, path)
            if names[path].kind == stat.S_IFDIR:
                descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY, dir_fd=directory)
                try:
                    walk(descriptor, path)
                finally:
                    os.close(descriptor)

    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        walk(top, '')
    finally:
        os.close(top)
    return names


def short(path):
    return path if len(path) <= 80 else f'{path[:40]}...{path[-36:]}'


def losses(before, after, soft=(), extra=False, but=()):
    """What a tree has lost, as sentences; none is good.

    soft: names that may have become soft links to equal bytes. extra: whether names may have been added.
    but: aspects that may change: 'mode', 'owner', 'attributes'.
    """
    found = []
    for path, old in before.items():
        new = after.get(path)
        if new is None:
            found.append(f'the name {short(path)} is gone')
            continue
        if new.kind == stat.S_IFLNK != old.kind and path in soft:
            aim = os.path.normpath(os.path.join(os.path.dirname(path), new.target))
            if aim not in after or (after[aim].kind, after[aim].bytes) != (old.kind, old.bytes):
                found.append(f'{short(path)} has become a soft link to {new.target}, which is not equal')
            continue
        for aspect in ('kind', 'bytes', 'size', 'target', 'mode', 'owner', 'attributes'):
            if aspect not in but and getattr(old, aspect) != getattr(new, aspect):
                found.append(f'{short(path)} has another {aspect}: {old} before, {new} now')
                break
    if not extra:
        found += [f'the name {short(path)} was left behind: {after[path]}' for path in after if path not in before]
    return found


def partition(names):
    """Which names are names of one file: a set of sets."""
    groups = {}
    for path, name in names.items():
        if name.kind == stat.S_IFREG:
            groups.setdefault(name.file, set()).add(path)
    return {frozenset(group) for group in groups.values()}


def differences(before, after, runs=1, but=()):
    """In what a tree is not as it was, everything that undoing gives back compared; none is good.

    runs: how many were undone. Names of one file that two runs replaced, some by each, become names of one file for each
    run. but: names whose times may be others.
    """
    found = losses(before, after)
    found += [f'{short(path)} has another mtime: {old.mtime} before, {after[path].mtime} now'
              for path, old in before.items()
              if path in after and old.kind != stat.S_IFDIR and after[path].mtime != old.mtime and path not in but]
    whole = partition(before)
    if whole != partition(after) and (runs == 1 or any(
            not any(part <= group for group in whole) for part in partition(after))):
        only = [sorted(map(short, group)) for group in partition(before) - partition(after)]
        found.append(f'other names share a file than before: {only} did')
    return found


def apart(names, within=None):
    """Sets of regular files that should be one by the default rules and are not: equal bytes, mode, owner, attributes
    and device. Empty files stay as they are; `within` limits the names that are looked at."""
    kinds = {}
    for path, name in names.items():
        if name.kind == stat.S_IFREG and name.size > 0 and (within is None or within(path)):
            key = (name.bytes, name.size, name.mode, name.owner, name.attributes, name.file[0])
            kinds.setdefault(key, {}).setdefault(name.file, []).append(short(path))
    return [sorted(files.values()) for files in kinds.values() if len(files) > 1]


def put(path, content=b'', mode=0o644, owner=None, attributes=(), when=0, links=()):
    """Make a file, with some more names; `when` is seconds after OLD."""
    with open(path, 'wb') as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    if owner is not None:
        os.chown(path, owner, owner)
    os.chmod(path, mode)
    for name, value in attributes:
        os.setxattr(path, name, value)
    os.utime(path, ns=((OLD + when) * 10**9 + 123456789,) * 2)
    for name in links:
        os.link(path, name)
    return path


def text_of(word, size):
    """Bytes that only this word has."""
    return (word.encode() * (size // len(word) + 1))[:size]


def grow(root, attributes=True, large=True):
    """A tree with every kind of group; without `large`, as quickly made as can be."""
    number = iter(range(10_000))

    def at(*parts):
        path = os.path.join(root, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def file(name, word, size, **how):
        put(at(name), text_of(word, size), when=next(number), links=[at(other) for other in how.pop('links', ())], **how)

    for name in 'pair/a', 'pair/b', 'far/away/c', 'far/d':
        file(name, 'pair', 5000)
    for name in 'x', 'y':  # two files of three names each, in several directories
        file(f'cluster/{name}1', 'cluster', 9000, links=[f'cluster/{name}2', f'cluster/sub/{name}3'])
    for group in range(4 if large else 2):  # several groups in one directory
        for name in 'abc':
            file(f'many/{group}-{name}', f'group {group}', 300 + group)
    for name in ('big/a', 'big/b') if large else ():
        file(name, 'big', 1_200_000)
    for name in 'n' * 255, 'ü' * 127 + 'x', 'new\nline', 'bad\udcff', '-dash', ' ':
        file(os.path.join('names', name), 'names', 777)
    for name, mode in (('a', 0o444), ('b', 0o444), ('c', 0o755), ('d', 0o755), ('e', 0o4711), ('f', 0o4711), ('g', 0)):
        file(f'modes/{name}', 'modes', 4097, mode=mode)
    for name in 'a', 'b', 'c':
        how = [('user.colour', b'red' if name == 'c' else b'blue')] if attributes else []
        file(f'attributes/{name}', 'attributes', 600, attributes=how)
    for name in 'a', 'b':
        with open(at('sparse', name), 'wb') as sparse:
            sparse.truncate(3 << 18)
            sparse.seek(2 << 18)
            sparse.write(b'in the middle')
        os.utime(at('sparse', name), (OLD, OLD))
    if os.geteuid() == 0:
        for name, owner in ('a', 0), ('b', 4242), ('c', 4242):
            file(f'owners/{name}', 'owners', 50, owner=owner)
    for name in 'a', 'b':
        put(at('empty', name))
    put(at('pair', 'b.__jdupes__.tmp'), 'a file of its own')
    put(at('pair', 'b.hardlink-temporary'), text_of('pair', 5000))
    put(at('pair', '.nlink-0123456789abcdef'), text_of('pair', 5000))
    os.symlink('../pair/a', at('soft', 'to-a'))
    os.symlink('nowhere', at('soft', 'nowhere'))
    os.mkfifo(at('soft', 'fifo'))
    for name in 'to-a', 'nowhere', 'fifo':
        os.utime(at('soft', name), (OLD, OLD), follow_symlinks=False)


class Done:
    """How a run of the command ended, and what it told."""

    def __init__(self, ended, command):
        self.status, self.out, self.err = ended.status, ended.out, ended.err
        self.command = command
        self.objects = []
        if b'--json' in [os.fsencode(word) for word in command] and self.out.startswith(b'{'):
            self.objects = [json.loads(line) for line in self.out.decode('utf-8').splitlines()]

    def __repr__(self):
        return (f'{" ".join(os.fsdecode(word) for word in self.command)}: status {self.status}\n'
                f'{self.out.decode(errors="replace")}\n{self.err.decode(errors="replace")}')

    def told(self, what):
        return [row for row in self.objects if row['what'] == what]

    @property
    def summary(self):
        return self.told('summary')[0]


class Case(ground.Case):
    """A tree `self.tree` in a directory of the test's own, and the command run on it."""

    def setUp(self):
        super().setUp()
        self.tree = self.mkdir('tree')
        self.state = os.path.join(ground.home, 'state-' + self.id().rpartition('.')[2])
        os.makedirs(self.state, exist_ok=True)
        self.user = None

    def needs_nlink(self):
        """For what other programs do not even try."""
        if TOOL != 'nlink':
            self.skipTest(f'{TOOL} has nothing like it')

    def file(self, name, content=b'', **how):
        path = os.path.join(self.tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        how['links'] = [os.path.join(self.tree, other) for other in how.get('links', ())]
        return put(path, content, **how)

    def at_tree(self, name):
        return os.path.join(self.tree, name)

    def become(self):
        if self.user is not None:
            os.setgroups([])
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user, self.user, self.user)

    def program(self, words):
        """The command where the user it runs as can reach it."""
        if self.user is None or words[0] != NLINK:
            return words
        copy = os.path.join(ground.home, 'nlink')
        if not os.path.exists(copy):
            with open(NLINK, 'rb') as file, open(copy, 'wb') as out:
                out.write(file.read())
            os.chmod(copy, 0o755)
        os.chmod(self.state, 0o777)
        return [copy, *words[1:]]

    def run_words(self, words, decide=None, calls=interpose.TREE, status=(0,), **extra):
        """Run a command line; with decide(call), each of the system calls named is shown to that first."""
        options = {'cwd': extra.pop('cwd', self.at), 'env': ground.environment(XDG_STATE_HOME=self.state, **extra)}
        words = self.program(words)
        if decide is not None:
            ended = interpose.run(words, calls, decide, prepare=self.become, **options)
        else:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, preexec_fn=self.become,
                                  timeout=300, **options)
            ended = interpose.Ended(done.returncode, done.stdout, done.stderr)
        if ended.out == b'' and ended.err == b'nlink: this build has no JSON\n':
            self.skipTest('this build has no JSON')
        done = Done(ended, words)
        if status is not None and TOOL == 'nlink':
            self.assertIn(done.status, status, done)
        return done

    def dedupe(self, *options, paths=None, **how):
        """nlink dedupe --apply --json, or what NLINK_TOOL names."""
        paths = [self.tree] if paths is None else paths
        return self.run_words(command_of(paths, ['--json', *options]), **how)

    def plan(self, *options, paths=None, **how):
        paths = [self.tree] if paths is None else paths
        return self.run_words(command_of(paths, ['--json', *options], apply=False), **how)

    def verb(self, verb, *words, **how):
        return self.run_words([NLINK, verb, *words], **how)

    def recover(self, *words, **how):
        return self.verb('recover', '--json', *words, **how)

    def journals(self):
        directory = os.path.join(self.state, 'nlink')
        names = os.listdir(directory) if os.path.isdir(directory) else []
        return sorted((os.path.join(directory, name) for name in names), key=lambda path: os.stat(path).st_mtime_ns)

    # What must hold.

    def keeps(self, before, message='', **how):
        """Nothing is lost: every name is there with what it held. Returns the tree as it is now."""
        after = take(self.tree)
        self.assertEqual(losses(before, after, **how), [], message)
        return after

    def merged(self, after, *names):
        """These are names of one file now."""
        self.assertEqual(len({after[name].file for name in names}), 1, f'{names} are not one file')

    def separate(self, after, *names):
        """These are files of their own."""
        self.assertEqual(len({after[name].file for name in names}), len(names), f'{names} are not files of their own')

    def complete(self, after, message='', within=None):
        """All that are equal are one."""
        self.assertEqual(apart(after, within), [], message)

    def left(self, done, **expected):
        """Exactly these names were told to be left alone while acting, with these words."""
        if TOOL != 'nlink':
            return
        told = {os.path.relpath(os.path.join(self.at, row['path']), self.tree): row['left'] for row in done.told('left')}
        self.assertEqual(told, expected, done)

    def planned_left(self, done):
        """What groups tell of files that the plan leaves alone: a name -> (reason, words)."""
        told = {}
        for group in done.told('group'):
            for file in group['files']:
                if file['act'] == 'leave':
                    for name in file['names']:
                        path = os.path.relpath(os.path.join(self.at, name['path']), self.tree)
                        told[path] = (file['left'], tuple(file['differs']))
        return told
