# SPDX-License-Identifier: MIT
"""The module itself: what it exports, its types, its memory, other interpreters, the global lock."""

import ast
import gc
import inspect
import os
import platform
import subprocess
import sys
import sysconfig
import threading
import tracemalloc
import unittest

import nlink
import nlink._nlink
from place import InPlace, Path

PACKAGE = os.path.dirname(os.path.abspath(nlink.__file__))


class Surface(unittest.TestCase):
    def test_version(self):
        self.assertRegex(nlink.__version__, r'^\d+\.\d+\.\d+$')
        self.assertEqual(nlink.__version__, os.environ.get('NLINK_VERSION', nlink.__version__))

    def test_all(self):
        self.assertEqual(nlink.__all__, sorted(nlink.__all__))
        self.assertEqual({name for name in dir(nlink._nlink) if not name.startswith('_')} | {'__version__'},
                         set(nlink.__all__))
        for name in nlink.__all__:
            self.assertIs(getattr(nlink, name), getattr(nlink._nlink, name))

    def test_documentation(self):
        for name in nlink.__all__:
            if name != '__version__':
                self.assertTrue(inspect.getdoc(getattr(nlink, name)), name)

    def test_signature_begins_as_that_of_os(self):
        for ours, own in ((nlink.link, os.link), (nlink.symlink, os.symlink), (nlink.unlink, os.unlink),
                          (nlink.readlink, os.readlink), (nlink.stat, os.stat)):
            mine = inspect.signature(ours).parameters
            for name, parameter in inspect.signature(own).parameters.items():
                self.assertEqual(mine[name].kind, parameter.kind, name)
                self.assertEqual(mine[name].default, parameter.default, name)

    def test_no_library_beside_it(self):
        """Everything is inside: nothing of libnlink is looked for, and nothing is exported but the initialisation."""
        path = nlink._nlink.__file__
        try:
            needed = subprocess.run(['objdump', '-p', path], capture_output=True, text=True, check=True).stdout
            symbols = subprocess.run(['nm', '-D', '--defined-only', path], capture_output=True, text=True, check=True).stdout
        except OSError as error:
            self.skipTest(str(error))
        self.assertNotIn('libnlink', needed)
        self.assertEqual([line.split()[-1] for line in symbols.splitlines()], ['PyInit__nlink'])

    def test_unseen_by_other_modules(self):
        self.assertNotIn('nlink', sys.builtin_module_names)
        self.assertTrue(os.path.exists(os.path.join(PACKAGE, 'py.typed')))


class Types(unittest.TestCase):
    """The stub file says what the module has."""

    def setUp(self):
        with open(os.path.join(PACKAGE, '_nlink.pyi')) as file:
            self.tree = ast.parse(file.read())

    def test_functions(self):
        stubs = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                stubs.setdefault(node.name, []).append(node)
        built = {name for name in nlink.__all__ if inspect.isbuiltin(getattr(nlink, name))}
        self.assertEqual(set(stubs), built)
        for name, nodes in stubs.items():
            real = inspect.signature(getattr(nlink, name)).parameters
            for node in nodes:
                arguments = node.args
                several = [arguments.vararg] if arguments.vararg else []
                self.assertEqual([a.arg for a in arguments.args + several + arguments.kwonlyargs], list(real), name)
                self.assertEqual([a.arg for a in several],
                                 [p.name for p in real.values() if p.kind is p.VAR_POSITIONAL], name)
                self.assertEqual([a.arg for a in arguments.kwonlyargs],
                                 [p.name for p in real.values() if p.kind is p.KEYWORD_ONLY], name)
                self.assertTrue(all(a.annotation for a in arguments.args + several + arguments.kwonlyargs) and node.returns, name)
            arguments = nodes[0].args
            defaults = dict(zip([a.arg for a in arguments.args][len(arguments.args) - len(arguments.defaults):], arguments.defaults))
            defaults.update((a.arg, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults) if d is not None)
            self.assertEqual({key: ast.literal_eval(value) for key, value in defaults.items()},
                             {p.name: p.default for p in real.values() if p.default is not p.empty}, name)

    def test_classes(self):
        stubs = {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith('_')}
        self.assertEqual(set(stubs), {name for name in nlink.__all__ if isinstance(getattr(nlink, name), type)})
        for name in sorted(stubs):
            kind = getattr(nlink, name)
            if not hasattr(kind, 'n_sequence_fields'):
                continue
            fields = [node.target.id for node in stubs[name].body if isinstance(node, ast.AnnAssign)]
            self.assertEqual(len(fields), kind.n_sequence_fields)
            self.assertEqual(set(fields), {field for field in dir(kind) if inspect.ismemberdescriptor(getattr(kind, field))})
            value = kind(range(len(fields)))
            self.assertEqual([getattr(value, field) for field in fields], list(range(len(fields))))


class Memory(InPlace):
    """A call, good or bad, keeps nothing."""

    def rounds(self):
        fd = self.open_dir('.')
        name = 'n' + str(os.getpid())
        bad = Path('missing' + name)

        def quietly(function, *args, **keywords):
            try:
                function(*args, **keywords)
            except (OSError, TypeError, ValueError, OverflowError, ZeroDivisionError):
                pass

        def one():
            nlink.link('a', name)
            nlink.link(b'a', name, replace=True)
            nlink.link(Path('ä'), name, src_dir_fd=fd, follow_symlinks=False, replace=True)
            quietly(nlink.link, 'a', name)
            quietly(nlink.link, bad, Path(name.encode()))
            quietly(nlink.link, 'ä' + name, 3)
            quietly(nlink.link, Path(3), name)
            quietly(nlink.link, 'a', 'b', src_dir_fd=1.5)
            quietly(nlink.link, 'a', 'b', 'c')
            quietly(nlink.link, 'a', 'b', zip=name)
            quietly(nlink.link, '../x', 'b', beneath=True)
            quietly(nlink.symlink, 'ä', name, relative=True, absolute=True)
            nlink.symlink('ä', 's', replace=True)
            nlink.readlink('s')
            nlink.stat(name)
            nlink.stat(fd)
            quietly(nlink.stat, bad)
            nlink.same_file('a', name)
            nlink.why('a', name)
            nlink.why(Path('/'), '/proc/x')
            nlink.link('a', 's', backup='simple', suffix=b'.x')
            nlink.symlink('a', Path(b's'), backup='none', replace=True)
            quietly(nlink.symlink, 'a', 's', backup='simple', suffix='/')
            quietly(nlink.link, 'a', 's', backup=name)
            quietly(nlink.link, 'a', 's', suffix=name)
            quietly(nlink.link, 'a', 's', backup='existing', suffix=3)
            nlink.quote('ä' * 10)
            nlink.quote(Path(b'\xff' * 1000), needed=True)
            quietly(nlink.quote, bad, zip=name)
            list(nlink.listing(all=True, recursive=True))
            next(nlink.listing(b'.'))
            quietly(nlink.listing, ['a', bad])
            quietly(nlink.listing, ['a', 3])
            with open('a') as file:
                quietly(nlink.link_fd, file, name)
            nlink.unlink(name)
            quietly(nlink.unlink, 'a', keep_last=True)
        return one

    def setUp(self):
        super().setUp()
        self.make('a', 'ä')

    def test_blocks(self):
        one = self.rounds()
        grown = []
        tracemalloc.start()
        try:
            # Python keeps a stock of small objects for later, which fills by and by; a leak grows every time.
            for _ in range(10):
                gc.collect()
                before = tracemalloc.get_traced_memory()[0]
                for _ in range(300):
                    one()
                gc.collect()
                grown.append(tracemalloc.get_traced_memory()[0] - before)
                if grown[-1] < 3000:
                    break
        finally:
            tracemalloc.stop()
        # A single object lost in each round would be fifteen thousand bytes.
        self.assertLess(grown[-1], 3000, grown)

    def counts(self, objects):
        if sys.version_info < (3, 12):
            sys._clear_type_cache()  # each empty place in it is a reference to None
        return [sys.getrefcount(item) for item in objects]

    def test_references(self):
        source, target, missing = (''.join((letter, '_', 'name')) for letter in 'abc')
        fd = self.open_dir('.')
        index = 1000 + fd - 1000
        os.rename('a', source)
        suffix = ''.join(('.', 'old'))
        objects = (source, target, missing, index, None, nlink.stat_result, nlink.obstacle, nlink.Obstacles,
                   nlink.entry, nlink.Listing, suffix)
        for _ in range(2):
            before = self.counts(objects)
            for _ in range(100):
                nlink.link(source, target)
                for bad in (source, missing):
                    try:
                        nlink.link(bad, target, src_dir_fd=index, dst_dir_fd=None)
                    except OSError:
                        pass
                nlink.why(source, target)
                nlink.link(source, target, backup='simple', suffix=suffix)
                nlink.symlink(source, target, backup='simple', suffix=suffix)
                try:
                    nlink.link(source, target, backup=suffix)
                except ValueError:
                    pass
                nlink.quote(source)
                list(nlink.listing([source, target]))
                nlink.stat(source)
                nlink.unlink(target)
            gc.collect()
            after = self.counts(objects)
        for item, first, last in zip(objects, before, after):
            # One reference lost in each round would be a hundred; some of these are shared with all that runs.
            self.assertLess(abs(last - first), 50, item)

    def test_import_again(self):
        """A module loaded anew, and thrown away, leaves the first one whole."""
        import importlib.util
        for _ in range(3):
            spec = importlib.util.spec_from_file_location('nlink._nlink', nlink._nlink.__file__)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self.assertIsNot(module, nlink._nlink)
            self.assertIsNot(module.stat_result, nlink.stat_result)
            listing = module.listing()
            del module
            gc.collect()
            self.assertEqual([type(entry).__name__ for entry in listing], ['entry', 'entry'])
            del listing
            gc.collect()
        nlink.link('a', 'b')
        self.assertEqual(nlink.stat('b').link_count, 2)


try:
    import _testcapi
except ImportError:
    _testcapi = None


@unittest.skipUnless(_testcapi, 'needs _testcapi, which comes with the tests of the standard library')
class MemoryRunsOut(InPlace):
    """Each allocation of a call fails once: the call says so, or does what it does."""

    def outcome(self, call):
        try:
            call()
        except Exception as error:
            return type(error), str(error)
        return None

    def test_every_allocation(self):
        self.make('a', 'ä')
        os.mkdir('d')
        os.link('a', 'd/b')
        os.symlink('x', 'd/s')
        path = Path('ä')
        calls = [
            lambda: nlink.link('a', 'a'), lambda: nlink.link('ä' * 300, 'n'), lambda: nlink.link(path, b'a'),
            lambda: nlink.link('a', 3), lambda: nlink.link('a', 'b', zip=1), lambda: nlink.link('a', 'b', 'c'),
            lambda: nlink.link('../a', 'b', beneath=True), lambda: nlink.link('\ud800', 'b'), lambda: nlink.stat('a'),
            lambda: nlink.stat('x'), lambda: nlink.why('/', 'a'), lambda: list(nlink.listing(['a', '.'], recursive=True)),
            lambda: nlink.listing(['a', 'x']), lambda: nlink.readlink('a'), lambda: nlink.same_file('a', 'x'),
            lambda: nlink.symlink('a', 's', relative=True, absolute=True), lambda: nlink.unlink('x'),
            lambda: nlink.link('a', 'd', backup='simple', suffix='ä' * 50),
            lambda: nlink.link('a', 'b', backup='zip'), lambda: nlink.symlink('a', 's', backup='simple', suffix=''),
            lambda: nlink.link('a', 'b', suffix='x'), lambda: nlink.quote('ä\n'), lambda: nlink.quote(b'\xff' * 1000),
            lambda: nlink.why('a', 'n').remark,
            lambda: list(nlink.walk('.', b'a', stat=True, exclude=['x', 'ä'], rules='- y')), lambda: list(nlink.walk('x', 'a')),
            lambda: nlink.walk('a', max_depth=-1), lambda: nlink.walk('a', zip=1), lambda: nlink.walk(rules='a'),
            lambda: list(nlink.walk('x', 'a', on_event=lambda *event: None)), lambda: nlink.names('a', roots='.', soft=True),
            lambda: nlink.names(['a', b'a'], roots=['.', 'd']), lambda: nlink.names('x', roots='.'), lambda: nlink.names('a', roots=[]),
            lambda: nlink.space(groups=3, threads=1), lambda: nlink.space('d', b'a', holders=True, around='.', depth=3),
            lambda: nlink.space('x'), lambda: nlink.space(order='zip'), lambda: nlink.check(), lambda: nlink.check('x'),
            lambda: nlink.check('.', only=['dangles', 'loops']).errors, lambda: nlink.check(skip='zip'),
            lambda: list(nlink.dedupe('.', min_age=0)), lambda: nlink.dedupe(['a', b'd'], keep=['x', 'oldest'], ignore=['mode']),
            lambda: nlink.dedupe('.', references='d', match='zip'), lambda: nlink.dedupe('x'), lambda: nlink.dedupe('a', min_age=-1),
            lambda: nlink.load_plan('a'), lambda: list(nlink.fix('.', remove=True)), lambda: nlink.fix('x', only='dangles'),
            lambda: list(nlink.journals('d')), lambda: nlink.journal('a'), lambda: nlink.undo('a'), lambda: nlink.undo(3),
            lambda: nlink.recover('x'), lambda: nlink.recover(below='d'),
        ]
        for number, call in enumerate(calls):
            expected = self.outcome(call)
            ran_out = 0
            for k in range(1, 200):
                _testcapi.set_nomemory(k, k + 1)
                try:
                    call()
                    kind = None
                except MemoryError:
                    kind = MemoryError
                except Exception as error:
                    kind = type(error)
                finally:
                    _testcapi.remove_mem_hooks()
                if kind is MemoryError:
                    ran_out += 1
                else:
                    self.assertEqual(kind, expected and expected[0], (number, k))
            self.assertGreater(ran_out, 0, number)
            self.assertEqual(self.outcome(call), expected)
        self.assertNames(['a', 'd', 'ä'])


def interpreters():
    for name in ('_interpreters', '_xxsubinterpreters'):
        try:
            return __import__(name)
        except ImportError:
            pass
    return None


@unittest.skipIf(interpreters() is None, 'this Python has no module for sub-interpreters')
class SubInterpreters(InPlace):
    CODE = ('import sys; sys.path[:0] = %r\n'
            'import os, nlink\n'
            'name = %r\n'
            'for _ in range(50):\n'
            '    nlink.link("a", name)\n'
            '    try: nlink.link("a", name)\n'
            '    except FileExistsError as e: assert e.dst_is_src\n'
            '    assert nlink.stat(name).kind == "regular"\n'
            '    assert "a" in [e.name for e in nlink.listing()]\n'
            '    assert "./a" in [e.path for e in nlink.walk(stat=True, on_event=lambda *e: None)]\n'
            '    assert name in nlink.names(name, roots=["a", name]).names\n'
            '    assert nlink.space("a").rows[0].files == 1\n'
            '    assert nlink.check("a", only="dangles") == ()\n'
            '    nlink.unlink(name)\n')

    def run_in(self, number, own_lock, wrong):
        module = interpreters()
        code = self.CODE % ([os.path.dirname(PACKAGE)], 'n%d' % number)
        try:
            if sys.version_info >= (3, 13):
                identity = module.create('isolated' if own_lock else 'legacy')
            elif sys.version_info >= (3, 12):
                identity = module.create(isolated=own_lock)
            else:
                identity = module.create()
            try:
                failure = module.run_string(identity, code)
            finally:
                module.destroy(identity)
            if failure is not None:
                wrong.append(failure)
        except BaseException as error:
            wrong.append(error)

    def setUp(self):
        super().setUp()
        self.make('a')

    def test_one(self):
        wrong = []
        self.run_in(0, False, wrong)
        self.assertEqual(wrong, [])

    def test_again_and_again(self):
        wrong = []
        for number in range(5):
            self.run_in(number, sys.version_info >= (3, 12), wrong)
        self.assertEqual(wrong, [])
        self.assertEqual(nlink.stat('a').link_count, 1)

    @unittest.skipIf(sys.version_info < (3, 12), 'a lock for each interpreter is of 3.12')
    def test_side_by_side(self):
        wrong = []
        threads = [threading.Thread(target=self.run_in, args=(number, True, wrong)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertNames(['a'])


class WithoutGlobalLock(unittest.TestCase):
    @unittest.skipUnless(sysconfig.get_config_var('Py_GIL_DISABLED'), 'this Python has the global lock')
    def test_stays_off(self):
        code = 'import sys, nlink; sys.exit(sys._is_gil_enabled())'
        self.assertEqual(subprocess.run([sys.executable, '-c', code]).returncode, 0)


# A filter for one thread: linkat is reported to a listener and waits for its answer, all else is allowed.
NUMBERS = {'x86_64': (0xC000003E, 265, 317), 'aarch64': (0xC00000B7, 37, 277)}
GIL_TEST = r'''
import ctypes, os, struct, sys, threading
import nlink

architecture, linkat, seccomp = map(int, sys.argv[1:])
libc = ctypes.CDLL(None, use_errno=True)
RECEIVE, SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND

def statement(code, jt, jf, k):
    return struct.pack('HBBI', code, jt, jf, k)

program = b''.join((
    statement(0x20, 0, 0, 4), statement(0x15, 0, 3, architecture),   # another architecture: allow
    statement(0x20, 0, 0, 0), statement(0x15, 0, 1, linkat),         # the number of the call
    statement(0x06, 0, 0, 0x7FC00000), statement(0x06, 0, 0, 0x7FFF0000)))
text = ctypes.create_string_buffer(program)
header = ctypes.create_string_buffer(struct.pack('HP', len(program) // 8, ctypes.addressof(text)))
listener, outcome, told = [], [], threading.Event()

def caller():
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    fd = libc.syscall(seccomp, 1, 8, header)  # a filter with a listener, for this thread alone
    listener.append((fd, ctypes.get_errno()))
    told.set()
    if fd >= 0:
        try:
            outcome.append(eval(CALL))
        except OSError as error:
            outcome.append(error.errno)

thread = threading.Thread(target=caller)
thread.start()
told.wait()
fd, number = listener[0]
if fd < 0:
    thread.join()
    print('skip', os.strerror(number))
    sys.exit()
# This thread gets to run only when the other has let go of the global lock, for that one sleeps in linkat.
notification = ctypes.create_string_buffer(80)
assert libc.ioctl(fd, ctypes.c_ulong(RECEIVE), notification) == 0, os.strerror(ctypes.get_errno())
waiting = thread.is_alive() and not outcome
answer = ctypes.create_string_buffer(struct.pack('QqiI', struct.unpack_from('Q', notification)[0], 0, 0, 1))
assert libc.ioctl(fd, ctypes.c_ulong(SEND), answer) == 0, os.strerror(ctypes.get_errno())
thread.join()
print(waiting, outcome, os.listdir())
'''


class GlobalLock(InPlace):
    """Another thread runs while this one is inside the system call, shown without a clock: seccomp holds the call."""

    def test_released_in_link(self):
        numbers = NUMBERS.get(platform.machine())
        if numbers is None:
            self.skipTest('numbers of this architecture are not known')
        self.make('a')
        command = [sys.executable, '-c', GIL_TEST.replace('CALL', repr('nlink.link("a", "b")')), *map(str, numbers)]
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            self.fail('no other thread could run: the global lock is held')
        if result.stdout.startswith('skip'):
            self.skipTest('seccomp: ' + result.stdout[5:].strip())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(result.stdout.strip(), ("True [None] ['a', 'b']", "True [None] ['b', 'a']"))


if __name__ == '__main__':
    unittest.main()
