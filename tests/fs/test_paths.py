# SPDX-License-Identifier: MIT
"""What is wrong with the paths themselves: each answer of the system, in the order in which it gives them."""

import os
import unittest

import ground


def setUpModule():
    ground.enter()


class Paths(ground.Case):
    def setUp(self):
        super().setUp()
        self.write('a')
        self.write('f')
        self.mkdir('d')
        os.symlink('nowhere', self.path('dangling'))
        os.symlink('gone/x', self.path('astray'))
        os.symlink('loop', self.path('loop'))
        os.symlink('a', self.path('s'))

    def exists(self, dst, text, cause='dst-exists', **how):
        self.refused('link', how.pop('src', 'a'), dst, status='EXISTS', errno='EEXIST', cause=cause, at='dst',
                     text=text, **how)

    def missing(self, src, dst, cause, at, text):
        self.refused('link', src, dst, status='NOT_FOUND', errno='ENOENT', cause=cause, at=at, text=text)

    def no_directory(self, src, dst, at, text):
        self.refused('link', src, dst, status='NOT_DIRECTORY', errno='ENOTDIR', cause='not-a-directory', at=at,
                     text=text)

    def test_the_name_exists(self):
        self.exists('f', "'f' exists: it is a regular file")
        self.exists('d', "'d' exists: it is a directory")
        self.exists('.', "'.' exists: it is a directory")
        self.exists('..', "'..' exists: it is a directory")
        self.exists('/', "'/' exists: it is a directory")
        self.exists('d/', "'d/' exists: it is a directory")
        self.exists('s', "'s' exists: it is a soft link")
        self.exists('dangling', "'dangling' is a soft link that dangles; the new name is never put where a soft link "
                                'leads', cause='dst-dangles')
        self.exists('a', "'a' is already a name of 'a'", cause='dst-is-src', dst_is_src=True)
        self.exists('f', "'f' exists: it is a regular file", src='d')  # before what the file is

    def test_the_file_is_missing(self):
        self.missing('x', 'b', 'src-missing', 'src', "'x' does not exist")
        self.missing('dangling', 'b', 'src-dangles', 'src', "'dangling' is a soft link to 'nowhere', which does not "
                                                            'exist')
        self.missing('x/y', 'b', 'src-parent-missing', 'src', "'x': no such directory")
        self.missing('dangling/y', 'b', 'src-parent-missing', 'src', "'dangling' is a soft link that leads nowhere")
        self.missing('d/x/y/z', 'b', 'src-parent-missing', 'src', "'d/x': no such directory")
        self.missing('', 'b', 'empty-path', 'src', 'the path of the file is empty')
        self.missing('x', 'f', 'src-missing', 'src', "'x' does not exist")  # before what is in the way

    def test_the_place_is_missing(self):
        self.missing('a', 'x/b', 'dst-parent-missing', 'dst', "'x': no such directory")
        self.missing('a', 'd/x/b', 'dst-parent-missing', 'dst', "'d/x': no such directory")
        self.missing('a', 'astray/b', 'dst-parent-missing', 'dst', "'astray' is a soft link that leads nowhere")
        self.missing('a', 'x/', 'dst-slash', 'dst', "'x/': no such directory")
        self.missing('a', '', 'empty-path', 'dst', 'the path of the new name is empty')

    def test_no_directory(self):
        self.no_directory('f/x', 'b', 'src', "'f' is a regular file, not a directory")
        self.no_directory('s/x', 'b', 'src', "'s' is a soft link to something else, not a directory")
        self.no_directory('f/', 'b', 'src', "'f/' ends in a slash and is not a directory")
        self.no_directory('a', 'f/b', 'dst', "'f' is a regular file, not a directory")
        self.no_directory('a', 'd/../f/b', 'dst', "'d/../f' is a regular file, not a directory")

    def test_too_many_soft_links(self):
        looping = {'status': 'SYMLINK_LOOP', 'errno': 'ELOOP', 'cause': 'loop'}
        self.refused('link', 'loop', 'b', at='src', **looping,
                     text="the soft links at 'loop' lead round in a circle, or over more than 40")
        self.refused('link', 'loop/x', 'b', at='src', **looping,
                     text="the soft links at 'loop' lead round in a circle, or over more than 40")
        self.refused('link', 'a', 'loop/b', at='dst', **looping,
                     text="the soft links at 'loop' lead round in a circle, or over more than 40")
        self.exists('loop', "'loop' exists: it is a soft link")
        self.done('link+nofollow', 'loop', 'b')
        os.symlink('a', self.path('step0'))
        for number in range(41):
            os.symlink(f'step{number}', self.path(f'step{number + 1}'))
        self.done('link', 'step39', 'c')
        self.refused('link', 'step41', 'd2', at='src', **looping,
                     text="the soft links at 'step41' lead round in a circle, or over more than 40")

    def test_too_long(self):
        long = {'status': 'NAME_TOO_LONG', 'errno': 'ENAMETOOLONG', 'cause': 'too-long'}
        short = f"'{'n' * 60}'...'{'n' * 60}'"
        self.refused('link', 'n' * 256, 'b', at='src', **long,
                     text=f'the name {short} has 256 bytes; the file system takes 255')
        self.refused('link', 'a', 'd/' + 'n' * 256, at='dst', **long,
                     text=f'the name {short} has 256 bytes; tmpfs takes 255')
        path = './' * 2048 + 'b'
        self.refused('link', 'a', path, at='dst', **long, text='the path '
                     f"'{'./' * 30}'...'{'/.' * 29}/b' has 4097 bytes; the system takes 4095")

    def test_names_that_are_no_text(self):
        self.write('new\nline')
        self.refused('link', 'new\nline', 'f', status='EXISTS', errno='EEXIST', cause='dst-exists', at='dst',
                     text="'f' exists: it is a regular file")
        self.exists('new\nline', r"'new'$'\n''line' exists: it is a regular file")

    def test_two_things_at_once(self):
        """Both paths are wrong: what the system says first is the cause, and the forecast names both."""
        self.missing('x', 'y/b', 'src-missing', 'src', "'x' does not exist")
        causes = [error['cause'] for error in ground.probe('why', 'x', 'y/b', cwd=self.at).errors]
        self.assertEqual(causes, ['src-missing', 'dst-parent-missing'])


if __name__ == '__main__':
    unittest.main()
