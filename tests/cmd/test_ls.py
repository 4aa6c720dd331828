# SPDX-License-Identifier: MIT
"""nlink ls: what is printed, byte for byte, and that it is what ls -l prints where the two mean the same."""

import errno
import json
import os
import re
import socket
import stat
import subprocess
import tempfile
import unittest

NLINK = os.environ.get('NLINK', '')
NLINK_FAULT = os.environ.get('NLINK_FAULT_COMMAND', '')

# 2024-03-05 06:07:08 UTC: long enough ago to be shown with its year.
THEN = 1709618828


class Ls(unittest.TestCase):
    def setUp(self):
        self.root = os.fsencode(tempfile.mkdtemp(prefix='nlink-ls-'))
        self.addCleanup(subprocess.run, ['rm', '-rf', '--', self.root])
        self.user = subprocess.run(['id', '-un'], capture_output=True, check=True).stdout.strip()
        self.group = subprocess.run(['id', '-gn'], capture_output=True, check=True).stdout.strip()

    def at(self, name):
        return os.path.join(self.root, os.fsencode(name))

    def file(self, name, text=b'', mode=0o644):
        with open(self.at(name), 'wb') as file:
            file.write(text)
        os.chmod(self.at(name), mode)
        os.utime(self.at(name), (THEN, THEN))

    def directory(self, name):
        os.mkdir(self.at(name))
        os.chmod(self.at(name), 0o755)
        os.utime(self.at(name), (THEN, THEN))

    def symlink(self, target, name):
        os.symlink(target, self.at(name))
        os.utime(self.at(name), (THEN, THEN), follow_symlinks=False)

    def link(self, old, new):
        os.link(self.at(old), self.at(new))

    def run_ls(self, *args, env=None, command=None, **keywords):
        environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'TZ': 'UTC', **(env or {})}
        done = subprocess.run([command or NLINK, 'ls', *args], cwd=self.root, env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, **keywords)
        return done.returncode, done.stdout, done.stderr

    def lines(self, *args, **keywords):
        """Output of a run without trouble, line by line, owner and group by the words USER and GROUP."""
        status, out, error = self.run_ls(*args, **keywords)
        self.assertEqual((status, error), (0, b''))
        self.assertTrue(out == b'' or out.endswith(b'\n'))
        owners = b' ' + self.user + b' ' + self.group + b' '
        return out.replace(owners, b' USER GROUP ').splitlines()

    # ------------------------------------------------------------ the columns

    def test_columns(self):
        self.file('a', b'12345')
        self.file('b', b'x' * 1234, 0o600)
        self.symlink('a', 'l')
        self.symlink('missing', 'm')
        self.assertEqual(self.lines(), [
            b'-rw-r--r-- 1 USER GROUP    5 Mar  5  2024 a',
            b'-rw------- 1 USER GROUP 1234 Mar  5  2024 b',
            b'lrwxrwxrwx 1 USER GROUP    1 Mar  5  2024 l -> a',
            b'lrwxrwxrwx 1 USER GROUP    7 Mar  5  2024 m -> missing (dangles)',
        ])

    def test_groups_are_marked(self):
        self.directory('d')
        self.file('d/rain')
        self.link('d/rain', 'd/shower')
        self.link('d/rain', 'away')
        self.file('d/alone')
        self.file('d/z')
        self.link('d/z', 'd/z2')
        self.assertEqual(self.lines('d'), [
            b'-rw-r--r-- 1 USER GROUP 0 Mar  5  2024 alone',
            b'-rw-r--r-- 3 USER GROUP 0 Mar  5  2024 rain [1, 1 outside]',
            b'-rw-r--r-- 3 USER GROUP 0 Mar  5  2024 shower [1, 1 outside]',
            b'-rw-r--r-- 2 USER GROUP 0 Mar  5  2024 z [2]',
            b'-rw-r--r-- 2 USER GROUP 0 Mar  5  2024 z2 [2]',
        ])
        self.assertEqual(self.lines('d', 'away')[0], b'-rw-r--r-- 3 USER GROUP 0 Mar  5  2024 away [1]')
        self.assertEqual(self.lines('-d', 'd/rain', './d/../d/rain'), [
            b'-rw-r--r-- 3 USER GROUP 0 Mar  5  2024 ./d/../d/rain [1, 2 outside]',
            b'-rw-r--r-- 3 USER GROUP 0 Mar  5  2024 d/rain [1, 2 outside]',
        ])

    def test_headings(self):
        for name in ('a', 'b', 'b/deep', 'sp ace'):
            self.directory(name)
        for name in ('a/f', 'b/g', 'b/deep/h', 'sp ace/i', 'z'):
            self.file(name)
        os.utime(self.at('b/deep'), (THEN, THEN))
        line = b'-rw-r--r-- 1 USER GROUP 0 Mar  5  2024 '
        self.assertEqual(self.lines('sp ace', 'a', 'z'),
                         [line + b'z', b'', b'a:', line + b'f', b'', b"'sp ace':", line + b'i'])
        self.assertEqual(self.lines('a'), [line + b'f'])
        deep = self.lines('-R', 'b')
        self.assertEqual([deep[0]] + deep[3:], [b'b:', b'', b'b/deep:', line + b'h'])
        self.assertTrue(deep[1].endswith(b' deep') and deep[2].endswith(b' g'))
        self.assertEqual(self.lines('-R')[0], b'.:')

    def test_headings_of_directories_without_names(self):
        for name in ('a', 'b', 'b/c', 'b/d', 'b/d/e', 'b/d/f', 'b/g', 'h', 'i', 'i/j', 'with space'):
            self.directory(name)
        self.file('b/d/f/x')
        self.file('i/.hidden')
        heads = lambda *args: [line for line in self.run_ls(*args)[1].splitlines() if line[-1:] in (b':', b'')]
        for args in (('-R',), ('-R', 'a', 'b'), ('-R', 'h'), ('a', 'b', 'h'), ('b', 'h', 'a', 'b/d/f/x'),
                     ('-R', 'i/'), ('-AR', 'i'), ('a', 'a'), ('-R', 'b', 'b/d', './b')):
            self.assertEqual(heads(*args), [line for line in self.gnu('UTC', '--quoting-style=shell', *args)
                                            if line[-1:] in (b':', b'')], args)
        self.assertEqual(self.run_ls('a', 'h')[1], b'a:\n\nh:\n')
        self.assertEqual(self.run_ls('a')[1], b'')
        self.assertEqual(self.run_ls('--by-file', 'a', 'h')[1], b'')

    def test_a_directory_that_cannot_be_opened_has_no_heading(self):
        if not NLINK_FAULT:
            self.skipTest('needs the command with the fault seam')
        for name in ('a', 'b', 'c'):
            self.directory(name)
        plan = {'NLINK_FAULT_PLAN': 'l:2:%d:opendir' % errno.EIO}
        status, out, error = self.run_ls('a', 'b', 'c', command=NLINK_FAULT, env=plan)
        self.assertEqual((status, out), (1, b'a:\n\nc:\n'))
        self.assertIn(b"cannot read the directory 'b': Input/output error", error)

    def test_hidden_names(self):
        self.file('.hidden')
        self.file('shown')
        names = lambda lines: [line.split()[-1] for line in lines]
        self.assertEqual(names(self.lines()), [b'shown'])
        self.assertEqual(names(self.lines('-a')), [b'.hidden', b'shown'])
        self.assertEqual(names(self.lines('-A')), [b'.hidden', b'shown'])
        self.assertEqual(names(self.lines('-l')), [b'shown'])
        self.assertEqual(names(self.lines('-d', '-a')), [b'.'])

    def test_by_file(self):
        self.directory('d')
        self.file('a')
        self.file('b')
        self.link('b', 'd/also b')
        self.file('c')
        self.link('c', 'd/c')
        names = lambda lines: [line.split(b'2024 ')[-1] for line in lines if b'drw' not in line]
        self.assertEqual(names(self.lines('--by-file', '-R')),
                         [b'./b [1]', b"'./d/also b' [1]", b'./c [2]', b'./d/c [2]', b'./a'])
        self.assertEqual(names(self.lines('--by-file')), [b'b [1, 1 outside]', b'c [2, 1 outside]', b'a'])

    def test_names_are_quoted_where_needed(self):
        for name in (b'plain', b'sp ace', b'new\nline', b'esc\x1b[31m', b"it's", b'bad\xff', '\u202eabc'.encode(),
                     'ünï'.encode(), b'-dash', b'$x'):
            self.file(name)
        names = [line.split(b'2024 ')[-1] for line in self.lines()]
        self.assertEqual(names, [
            b"'$x'", b'-dash', b"'bad'$'\\377'", b"'esc'$'\\033''[31m'", b'"it\'s"', b"'new'$'\\n''line'", b'plain',
            b"'sp ace'", 'ünï'.encode(), b"''$'\\342\\200\\256''abc'"])

    def test_every_byte_comes_back_through_the_shell(self):
        name = bytes(c for c in range(1, 256) if c != ord('/'))
        self.file(name[:200])
        self.file(name[200:])
        for line in self.lines():
            quoted = line.split(b'2024 ', 1)[-1]
            back = subprocess.run(['bash', '-c', b'printf %s ' + quoted], capture_output=True, check=True).stdout
            self.assertIn(back, (name[:200], name[200:]))

    def test_human_sizes(self):
        sizes = {0: b'0', 1023: b'1023', 1024: b'1.0K', 1025: b'1.1K', 10137: b'9.9K', 10138: b'10K',
                 1048575: b'1.0M', 1048576: b'1.0M', 10485761: b'11M', 1073741824: b'1.0G',
                 (1 << 40) - 1: b'1.0T'}
        for number, size in enumerate(sizes):
            self.file('%02d' % number)
            os.truncate(self.at('%02d' % number), size)
        shown = [line.split()[4] for line in self.lines('-h')]
        self.assertEqual(shown, list(sizes.values()))

    def test_numeric_ids(self):
        self.file('a')
        line = b'-rw-r--r-- 1 %d %d 0 Mar  5  2024 a' % (os.geteuid(), os.stat(self.at('a')).st_gid)
        self.assertEqual(self.lines('-n')[0], line)

    def test_times(self):
        self.file('new')
        os.utime(self.at('new'))
        self.file('ahead')
        os.utime(self.at('ahead'), (4102444800, 4102444800))
        self.file('before-1970')
        os.utime(self.at('before-1970'), (-1, -1))
        for zone in ('UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'):
            expected = self.gnu(zone)
            out = self.lines(env={'TZ': zone})
            self.assertEqual([line.split(b'0 ', 1)[1] for line in out],
                             [line.split(b'0 ', 1)[1] for line in expected], zone)

    def gnu(self, zone, *args):
        """What GNU ls -l prints, but for its first line."""
        environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C', 'TZ': zone}
        if b'GNU coreutils' not in subprocess.run(['ls', '--version'], capture_output=True).stdout:
            self.skipTest('needs GNU ls to compare with')
        out = subprocess.run(['ls', '-l', '--quoting-style=literal', *args], cwd=self.root, env=environment,
                             capture_output=True, check=True).stdout
        # A mark behind the mode tells of further rights, which nlink ls does not look for.
        out = re.sub(rb'^([-a-zA-Z]{10})[.+@]', rb'\1', out, flags=re.M)
        return [line for line in out.splitlines() if not line.startswith(b'total ')]

    def test_all_kinds_and_modes_as_gnu(self):
        for number, mode in enumerate((0, 0o777, 0o4755, 0o4644, 0o2755, 0o2644, 0o1777, 0o1666, 0o7777, 0o7000)):
            self.file('f%d' % number, b'x' * 10 ** (number % 5), mode)
            self.directory('d%d' % number)
            os.chmod(self.at('d%d' % number), mode | 0o700)
        os.mkfifo(self.at('fifo'))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.at('socket'))
        for args in ((), ('-h',), ('-n',), ('/dev/null', '/dev/zero', 'f1'), ('-d', 'd0', 'f0'),
                     ('/dev/null', 'f9')):
            self.assertEqual(self.run_ls(*args)[1].splitlines(), self.gnu('UTC', *args))

    def test_large_numbers_as_gnu(self):
        self.file('a')
        self.file('b')
        os.truncate(self.at('b'), 1 << 42)
        for i in range(120):
            self.link('a', 'a%d' % i)
        ours = [line.split(b' [')[0] for line in self.run_ls()[1].splitlines()]
        self.assertEqual(ours, self.gnu('UTC'))

    # ------------------------------------------------------------ other forms

    def test_nul(self):
        self.directory('d')
        self.file(b'd/new\nline')
        self.file('-x')
        self.directory('-y')
        self.file('-y/in')
        self.assertEqual(self.run_ls('-0', 'd', '--', '-x', '-y')[1], b'./-x\0./-y/in\0d/new\nline\0')
        self.assertEqual(self.run_ls('-0')[1], b'./-x\0./-y\0./d\0')
        self.assertEqual(self.run_ls('-0R', 'd/')[1], b'd/new\nline\0')
        listed = self.run_ls('-0R')[1]
        back = subprocess.run(['xargs', '-0', 'stat', '-c', '%n'], input=listed, cwd=self.root, capture_output=True)
        self.assertEqual((back.returncode, back.stderr), (0, b''))
        self.assertEqual(back.stdout, listed.replace(b'\0', b'\n'))

    def test_json(self):
        self.file('a', b'123', 0o4640)
        self.link('a', 'b')
        self.symlink(b'gone\xff', 's')
        self.directory('d')
        objects = [json.loads(line) for line in self.lines('--json')]
        info = os.lstat(self.at('a'))
        self.assertEqual(objects[0], {
            'dir': '.', 'name': 'a', 'kind': 'regular', 'mode': '4640', 'mode_number': 0o4640, 'link_count': 2,
            'uid': info.st_uid, 'gid': info.st_gid, 'owner': self.user.decode(), 'group_name': self.group.decode(),
            'size_bytes': 3, 'allocated_bytes': info.st_blocks * 512, 'mtime_ns': info.st_mtime_ns,
            'dev': info.st_dev, 'ino': info.st_ino, 'target': None, 'dangles': False, 'group': 1,
            'names_inside': 2, 'names_outside': 0})
        self.assertEqual([o['name'] for o in objects], ['a', 'b', 'd', 's'])
        self.assertEqual(objects[2]['kind'], 'directory')
        self.assertEqual(objects[2]['group'], 0)
        self.assertEqual((objects[3]['kind'], objects[3]['dangles']), ('symlink', True))
        self.assertEqual(objects[3]['target'], 'gone\ufffd')
        self.assertEqual(bytes.fromhex(objects[3]['target_hex']), b'gone\xff')

    def test_json_of_names_that_are_no_text(self):
        self.directory(b'd\xfe')
        self.file(b'd\xfe/n\xff\n"')
        entry = json.loads(self.lines('--json', b'd\xfe')[0])
        self.assertEqual(bytes.fromhex(entry['dir_hex']), b'd\xfe')
        self.assertEqual(bytes.fromhex(entry['name_hex']), b'n\xff\n"')
        self.assertEqual(entry['name'], 'n\ufffd\n"')

    def test_json_tells_trouble(self):
        self.file('a')
        status, out, error = self.run_ls('--json', 'a', 'missing')
        objects = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(status, 1)
        self.assertEqual(objects[0]['op'], 'ls')
        self.assertEqual((objects[0]['src'], objects[0]['errno'], objects[0]['status']),
                         ('missing', 'ENOENT', 'not-found'))
        self.assertEqual(objects[1]['name'], 'a')
        self.assertEqual(objects[0]['cause'], 'src-missing')
        self.assertEqual(error, b"nlink: cannot look at 'missing': No such file or directory: "
                                b"'missing' does not exist\n")

    # ------------------------------------------------------------ colours

    def test_colours(self):
        self.directory('d')
        self.file('x', b'', 0o755)
        self.link('x', 'y')
        self.symlink('gone', 'g')
        self.symlink('x', 'l')
        lines = [line.split(b'2024 ')[-1] for line in self.lines('--color=always', 'd', 'g', 'l', 'x', 'y', '-d')]
        self.assertEqual(lines, [
            b'\033[34md\033[0m',
            b'\033[31mg\033[0m -> \033[31mgone (dangles)\033[0m',
            b'\033[36ml\033[0m -> x',
            b'\033[32mx\033[0m \033[36m[1]\033[0m',
            b'\033[32my\033[0m \033[36m[1]\033[0m'])
        for args in (('--color=never',), ('--color=auto',), ()):
            self.assertNotIn(b'\033', self.run_ls(*args)[1])
        self.assertEqual(self.run_ls('--color')[1], self.run_ls('--color=always')[1])

    def test_colours_on_a_terminal(self):
        self.directory('d')
        for env, expected in (({'TERM': 'xterm'}, True), ({'TERM': 'xterm', 'NO_COLOR': '1'}, False),
                              ({'TERM': 'xterm', 'NO_COLOR': ''}, True), ({'TERM': 'dumb'}, False)):
            out = self.on_terminal(env)
            self.assertEqual(b'\033[34md\033[0m' in out, expected, env)
            self.assertTrue(out.rstrip().endswith(b'd\033[0m' if expected else b'd'), out)

    def on_terminal(self, env):
        master, slave = os.openpty()
        try:
            subprocess.run([NLINK, 'ls'], cwd=self.root, stdin=subprocess.DEVNULL, stdout=slave, check=True,
                           env={'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', **env})
            return os.read(master, 65536)
        finally:
            os.close(slave)
            os.close(master)

    # ------------------------------------------------------------ trouble and wrong use

    def test_exit_status(self):
        self.directory('empty')
        self.file('a')
        missing = b"nlink: cannot look at 'missing': No such file or directory: 'missing' does not exist\n"
        self.assertEqual(self.run_ls('empty'), (0, b'', b''))
        self.assertEqual(self.run_ls('missing'), (3, b'', missing))
        self.assertEqual(self.run_ls('missing', 'empty'), (1, b'empty:\n', missing))
        status, out, error = self.run_ls('missing', 'a')
        self.assertEqual((status, error), (1, missing))
        self.assertTrue(out.endswith(b' a\n'))
        self.assertEqual(self.run_ls(''), (
            3, b'', b"nlink: cannot look at '': No such file or directory: the path of the file is empty\n"))
        self.assertEqual(self.run_ls('a/b')[2],
                         b"nlink: cannot look at 'a/b': Not a directory: 'a' is a regular file, not a directory\n")
        self.assertEqual(self.run_ls(b'new\nline')[2],
                         b"nlink: cannot look at 'new'$'\\n''line': No such file or directory: "
                         b"'new'$'\\n''line' does not exist\n")

    def test_wrong_use(self):
        hint = b"Try 'nlink ls --help' for more information.\n"
        for args, message in (
                (['-x'], b"nlink: invalid option -- 'x'\n"),
                (['--nonsense'], b"nlink: unrecognized option '--nonsense'\n"),
                (['--color=maybe'], b"nlink: --color takes always, auto or never, not 'maybe'\n"),
                (['--json', '-0'], b'nlink: --json and --null exclude each other\n'),
                (['--all=x'], b"nlink: option '--all' doesn't allow an argument\n")):
            self.assertEqual(self.run_ls(*args), (2, b'', message + hint), args)

    def test_help(self):
        status, out, error = self.run_ls('--help')
        self.assertEqual((status, error), (0, b''))
        for word in (b'Usage: nlink ls', b'--by-file', b'-0, --null', b'--color', b'--json', b'-R, --recursive'):
            self.assertIn(word, out)

    def test_unreadable_directories(self):
        if os.geteuid() == 0 and subprocess.run(['which', 'setpriv'], capture_output=True).returncode != 0:
            self.skipTest('needs setpriv')
        os.chmod(self.root, 0o755)
        for name in ('blind', 'closed', 'open'):
            self.directory(name)
            self.file(name + '/in')
        self.file('blind/more')
        os.chmod(self.at('blind'), 0o444)
        os.chmod(self.at('closed'), 0)
        self.addCleanup(os.chmod, self.at('blind'), 0o700)
        self.addCleanup(os.chmod, self.at('closed'), 0o700)
        command = [NLINK, 'ls', '-0R']
        if os.geteuid() == 0:
            command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] + command
        done = subprocess.run(command, cwd=self.root, capture_output=True, env={'PATH': os.environ['PATH']})
        if done.returncode == 127 or b'exec' in done.stderr:
            self.skipTest('the other user cannot run the command where it is')
        self.assertEqual(done.stdout, b'./blind\0./closed\0./open\0./open/in\0')
        user = 65534 if os.geteuid() == 0 else os.geteuid()
        self.assertEqual(done.stderr.decode(), "".join(
            f"nlink: cannot look at './blind/{name}': Permission denied: the directory './blind' refuses: "
            f"no search permission for uid {user}\n" for name in ('in', 'more')) +
            "nlink: cannot read the directory './closed': Permission denied: the directory './closed' refuses: "
            f"no read permission for uid {user}\n")
        self.assertEqual(done.returncode, 1)

    def test_a_full_disk(self):
        self.file('a')
        with open('/dev/full', 'wb') as full:
            done = subprocess.run([NLINK, 'ls'], cwd=self.root, stdout=full, stderr=subprocess.PIPE,
                                  env={'LC_ALL': 'C'})
        self.assertEqual((done.returncode, done.stderr), (3, b'nlink: write error: No space left on device\n'))

    def test_memory_that_runs_out(self):
        if not NLINK_FAULT:
            self.skipTest('needs the command with the fault seam')
        self.file('a')
        self.link('a', 'b')
        for k in range(1, 40):
            status, out, error = self.run_ls(command=NLINK_FAULT, env={'NLINK_FAULT_PLAN': 'a:%d:12' % k})
            if status == 0:
                self.assertGreater(k, 5)
                self.assertEqual(error, b'')
                return
            self.assertEqual((status, out, error), (3, b'', b'nlink: cannot list: memory is exhausted\n'))
        self.fail('no end of allocations')

    def test_names_that_vanish(self):
        if not NLINK_FAULT:
            self.skipTest('needs the command with the fault seam')
        for name in 'abc':
            self.file(name)
        # Looks at the path itself and at the opened directory come first.
        plan = {'NLINK_FAULT_PLAN': 'l:4:%d:statx' % errno.ENOENT}
        status, out, error = self.run_ls('-0', command=NLINK_FAULT, env=plan)
        self.assertEqual((status, out), (1, b'./a\0./c\0'))
        self.assertEqual(error, b"nlink: cannot look at './b': No such file or directory\n")

    # ------------------------------------------------------------ large and deep

    def test_deep(self):
        here = os.open(self.root, os.O_RDONLY)
        for _ in range(2500):
            os.mkdir('deep', dir_fd=here)
            below = os.open('deep', os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        status, out, error = self.run_ls('-0R')
        self.assertEqual((status, error), (0, b''))
        self.assertEqual(out.count(b'\0'), 2500)
        self.assertTrue(out.endswith(b'./' + b'deep/' * 2499 + b'deep\0'))

    def test_many(self):
        here = os.open(self.root, os.O_RDONLY)
        for i in range(20000):
            os.mknod('%05d-%d' % (i * 7919 % 20000, i), stat.S_IFREG | 0o644, dir_fd=here)
        for i in range(0, 20000, 100):
            os.link('%05d-%d' % (i * 7919 % 20000, i), 'z%d' % i, src_dir_fd=here, dst_dir_fd=here)
        os.close(here)
        marked = re.compile(rb' \[\d+\]$')
        ours = self.run_ls()[1].splitlines()
        self.assertEqual([marked.sub(b'', line) for line in ours], self.gnu('UTC'))
        self.assertEqual(sum(1 for line in ours if marked.search(line)), 400)


if __name__ == '__main__':
    unittest.main()
