# SPDX-License-Identifier: MIT
"""What the tests of the Python module share: a directory to work in, and hooks that can be taken away."""

import os
import shutil
import sys
import tempfile
import unittest


class InPlace(unittest.TestCase):
    """Each test works in a fresh directory, its current one, and leaves nothing behind."""

    def setUp(self):
        self.before = os.getcwd()
        self.place = tempfile.mkdtemp(prefix='nlink-python-')
        os.chdir(self.place)
        self.addCleanup(self.leave)

    def leave(self):
        os.chdir(self.before)
        shutil.rmtree(self.place)

    def make(self, *names):
        for name in names:
            with open(name, 'wb') as file:
                file.write(os.fsencode(name))

    def open_dir(self, path):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, fd)
        return fd

    def assertSameFile(self, a, b):
        self.assertTrue(os.path.samestat(os.lstat(a), os.lstat(b)), (a, b))

    def assertCount(self, count, name):
        self.assertEqual(os.lstat(name).st_nlink, count, name)

    def assertNames(self, names, directory='.'):
        self.assertEqual(sorted(os.listdir(directory)), sorted(names))

    def assertRaisesText(self, kind, text, function, *args, **keywords):
        """The exception's very class and message; gives the exception."""
        with self.assertRaises(kind) as caught:
            function(*args, **keywords)
        self.assertIs(type(caught.exception), kind)
        self.assertEqual(str(caught.exception), text)
        return caught.exception


class Hook:
    """Audit hooks cannot be removed, so one is installed for good and listens only inside `with`."""

    installed = None

    def __init__(self, refuse=None):
        self.refuse = refuse
        self.events = []

    def __enter__(self):
        if Hook.installed is None:
            Hook.installed = []
            sys.addaudithook(Hook.hear)
        Hook.installed.append(self)
        return self

    def __exit__(self, *exception):
        Hook.installed.remove(self)

    @staticmethod
    def hear(event, args):
        for hook in Hook.installed:
            if event.startswith('os.'):
                hook.events.append((event, args))
                if hook.refuse is not None:
                    raise hook.refuse


class Path:
    """A path-like object that gives what it was told to give, or raises it."""

    def __init__(self, answer):
        self.answer = answer

    def __fspath__(self):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class Index:
    """An object that is as good as an integer, or raises."""

    def __init__(self, answer):
        self.answer = answer

    def __index__(self):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class Truth:
    """An object whose truth can be asked, or cannot."""

    def __init__(self, answer):
        self.answer = answer

    def __bool__(self):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer
