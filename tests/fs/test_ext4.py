# SPDX-License-Identifier: MIT
"""ext4: its limits, flags and encryption, and what it says when it is full or has broken."""

import errno
import fcntl
import os
import struct
import unittest

import ground

LIMIT = 65000


def setUpModule():
    ground.enter()


class Ext4(ground.Case):
    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('ext4', 64, 'mkfs.ext4', '-q', '-b', '4096', '-O', 'encrypt')

    def test_the_limit_of_names(self):
        file = self.write('a')
        names = self.mkdir('names')
        directory = os.open(names, os.O_RDONLY)
        self.addCleanup(os.close, directory)
        for number in range(LIMIT - 1):
            os.link(file, str(number), dst_dir_fd=directory)
        self.refused('link', 'a', 'b', status='TOO_MANY_LINKS', errno='EMLINK', cause='link-limit', at='src',
                     text="65000 names is this file system's limit (ext4)")
        os.unlink('0', dir_fd=directory)
        self.done('link', 'a', 'b')
        # In the place of another name there is no room for one more either, and nothing is left of the try.
        self.write('c', 'old')
        self.refused('link+replace', 'a', 'c', watch=self.at, status='TOO_MANY_LINKS', errno='EMLINK',
                     cause='link-limit', at='src', text="65000 names is this file system's limit (ext4)")
        self.done('link+replace', 'a', 'b')

    def chattr(self, flag, name):
        path = self.path(name)
        ground.run('chattr', '+' + flag, path)
        self.addCleanup(ground.run, 'chattr', '-' + flag, path)

    def test_an_immutable_file(self):
        self.write('a')
        self.chattr('i', 'a')
        self.refused('link', 'a', 'b', status='NOT_PERMITTED', errno='EPERM', cause='immutable', at='src',
                     text="'a' is immutable (chattr +i)")
        self.refused('unlink', '', 'a', step='unlink', status='NOT_PERMITTED', errno='EPERM', cause='immutable',
                     at='dst', text="'a' is immutable (chattr +i)")

    def test_an_append_only_file(self):
        self.write('a')
        self.chattr('a', 'a')
        self.refused('link', 'a', 'b', status='NOT_PERMITTED', errno='EPERM', cause='append-only', at='src',
                     text="'a' is append-only (chattr +a)")
        self.refused('unlink', '', 'a', step='unlink', status='NOT_PERMITTED', errno='EPERM',
                     cause='append-only', at='dst', text="'a' is append-only (chattr +a)")

    def test_an_immutable_name_to_replace(self):
        self.write('a')
        self.write('b', 'old')
        self.chattr('i', 'b')
        self.refused('link+replace', 'a', 'b', step='rename', status='NOT_PERMITTED', errno='EPERM',
                     cause='immutable', at='dst', text="'b' is immutable (chattr +i)")
        self.assertEqual(sorted(os.listdir(self.at)), ['a', 'b'])

    def test_an_immutable_directory(self):
        self.write('a')
        self.mkdir('d')
        self.write('d/b')
        self.chattr('i', 'd')
        self.refused('link', 'a', 'd/c', status='NOT_PERMITTED', errno='EPERM', cause='immutable', at='dst',
                     text="the directory 'd' is immutable (chattr +i)")
        self.refused('unlink', '', 'd/b', step='unlink', status='NOT_PERMITTED', errno='EPERM',
                     cause='immutable', at='dst', text="the directory 'd' is immutable (chattr +i)")
        # A name that stands is reported before the directory, as the system does it.
        self.refused('link', 'a', 'd/b', status='EXISTS', errno='EEXIST', cause='dst-exists', at='dst',
                     text="'d/b' exists: it is a regular file")

    def test_an_append_only_directory(self):
        self.write('a')
        self.mkdir('d')
        self.write('d/b')
        self.chattr('a', 'd')
        self.done('link', 'a', 'd/c')
        self.refused('unlink', '', 'd/b', step='unlink', status='NOT_PERMITTED', errno='EPERM',
                     cause='append-only', at='dst', text="the directory 'd' is append-only (chattr +a)")

    def test_another_encryption(self):
        self.write('a')
        encrypt(self.mkdir('d'), self.root)
        self.refused('link', 'a', 'd/b', certain=False, foreseen='', status='CROSS_DEVICE', errno='EXDEV',
                     cause='encryption', at='dst',
                     text="the directory 'd' is encrypted, and 'a' is not encrypted with the same policy")

    def test_the_longest_target(self):
        self.done('symlink', 'x' * 4095, 'long')
        self.refused('symlink', 'x' * 4096, 'longer', step='symlink', status='NAME_TOO_LONG', errno='ENAMETOOLONG',
                     cause='too-long', at='src', text='the target has 4096 bytes; ext4 holds fewer')

    def test_the_longest_name(self):
        self.write('a')
        self.done('link', 'a', 'n' * 255)
        short = 'n' * 60
        self.refused('link', 'a', 'n' * 256, status='NAME_TOO_LONG', errno='ENAMETOOLONG', cause='too-long', at='dst',
                     text=f"the name '{short}'...'{short}' has 256 bytes; ext4 takes 255")


class Ext2(ground.Case):
    """Where ext4's driver serves ext2, as nearly everywhere, its limit is the one that holds."""

    @classmethod
    def setUpClass(cls):
        cls.root = ground.new_mount('ext2', 64, 'mkfs.ext2', '-q')

    def test_more_names_than_its_own_driver_allows(self):
        file = self.write('a')
        directory = os.open(self.mkdir('names'), os.O_RDONLY)
        self.addCleanup(os.close, directory)
        try:
            for number in range(32000):
                os.link(file, str(number), dst_dir_fd=directory)
        except OSError as error:
            self.skipTest(f'ext2 is served by its own driver: {error}')
        self.assertEqual(ground.probe('why', 'a', 'b', cwd=self.at).errors, [])
        self.done('link', 'a', 'b')


class SmallBlocks(ground.Case):
    """Small file systems, one for each test, because it ends full or broken."""

    def new_root(self, size, *options):
        root = ground.new_mount(self._testMethodName + '.fs', size, 'mkfs.ext4', '-q', *options)
        self.addCleanup(ground.unmount, root)
        ground.write(os.path.join(root, 'a'))
        return root

    def test_full(self):
        root = self.new_root(1, '-b', '1024', '-N', '64', '-m', '0', '-O', '^has_journal')
        with open(os.path.join(root, 'filler'), 'wb', buffering=0) as filler:
            try:
                while filler.write(bytes(1024)):
                    pass
            except OSError as error:
                self.assertEqual(error.errno, errno.ENOSPC)
        made = 0
        while ground.probe('link', 'a', f'{made:0>250}', cwd=root).status == 'OK':
            made += 1
        self.refused('link', 'a', f'{made:0>250}', cwd=root, watch=root, foreseen='', status='NO_SPACE',
                     errno='ENOSPC', cause='full', at='dst',
                     text="the file system (ext4) has no free block left for the directory '.'")
        self.refused('symlink', 'a', f'{made:0>250}', cwd=root, watch=root, step='symlink', status='NO_SPACE',
                     errno='ENOSPC', cause='full', at='dst',
                     text="the file system (ext4) has no free block left for the directory '.'")

    def test_a_directory_that_cannot_grow(self):
        """Its index has two levels of blocks; when they are full, so is the directory, and nothing else."""
        root = self.new_root(64, '-b', '1024', '-O', '^has_journal')
        os.mkdir(os.path.join(root, 'd'))
        directory = os.open(os.path.join(root, 'd'), os.O_RDONLY)
        self.addCleanup(os.close, directory)
        made = 0
        try:
            while made < LIMIT - 2:
                os.link(os.path.join(root, 'a'), f'{made:0>250}', dst_dir_fd=directory)
                made += 1
        except OSError as error:
            self.assertEqual(error.errno, errno.ENOSPC)
        free = os.statvfs(root).f_bavail
        self.assertGreater(free, 1000)
        self.refused('link', 'a', f'd/{made:0>250}', cwd=root, watch=root, foreseen='', certain=False,
                     status='NO_SPACE', errno='ENOSPC', cause='full', at='dst',
                     text=f"the directory 'd' cannot grow on this file system (ext4), though {free} blocks are free")
        self.done('link', 'a', 'b', cwd=root)

    def test_no_inodes(self):
        root = self.new_root(1, '-b', '1024', '-N', '16', '-O', '^has_journal')
        made = 0
        while ground.probe('symlink', 'a', str(made), cwd=root).status == 'OK':
            made += 1
        self.refused('symlink', 'a', str(made), cwd=root, watch=root, step='symlink', status='NO_SPACE',
                     errno='ENOSPC', cause='no-inodes', at='dst',
                     text='the file system (ext4) has no free inode left')
        self.done('link', 'a', 'b', cwd=root)  # a further name needs none

    def test_the_longest_target(self):
        root = self.new_root(1, '-b', '1024')
        self.done('symlink', 'x' * 1023, 'long', cwd=root)
        self.refused('symlink', 'x' * 1024, 'longer', cwd=root, watch=root, step='symlink', status='NAME_TOO_LONG',
                     errno='ENAMETOOLONG', cause='too-long', at='src',
                     text='the target has 1024 bytes; ext4 holds fewer')

    def test_after_a_shutdown(self):
        ground.need('xfs_io')
        root = self.new_root(16)
        ground.run('xfs_io', '-x', '-c', 'shutdown', root)
        self.refused('link', 'a', 'b', cwd=root, watch=root, certain=False, foreseen='', status='IO', errno='EIO',
                     cause='device-failed', at='neither',
                     text='the device failed, or the file system (ext4) has shut down after an error')


def encrypt(directory, root):
    """Give the file system a key, and the directory the policy that asks for it (fscrypt, version 2)."""
    add_key, set_policy = 0xC0506617, 0x800C6613
    # struct fscrypt_add_key_arg: specifier (type 2 = identifier, 32 bytes of answer), raw size, key id, ...
    request = bytearray(struct.pack('=II32sII8I', 2, 0, b'', 32, 0, *[0] * 8) + b'k' * 32)
    where = os.open(root, os.O_RDONLY)
    try:
        fcntl.ioctl(where, add_key, request)
    finally:
        os.close(where)
    identifier = bytes(request[8:24])
    policy = struct.pack('=BBBBB3s16s', 2, 1, 4, 0, 0, b'', identifier)  # AES-256-XTS and -CTS
    where = os.open(directory, os.O_RDONLY)
    try:
        fcntl.ioctl(where, set_policy, policy)
    finally:
        os.close(where)


if __name__ == '__main__':
    unittest.main()
