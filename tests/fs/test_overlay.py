# SPDX-License-Identifier: MIT
"""overlayfs: links within one mount though the devices differ; a link to a lower file splits its group."""

import os
import unittest

import ground


def setUpModule():
    ground.enter()


class Overlay(ground.Case):
    @classmethod
    def setUpClass(cls):
        cls.backing = ground.new_mount('backing', 64, 'mkfs.ext4', '-q')

    def new_overlay(self, *options, upper=None):
        """Lower: a and b, names of one file; d/c. Returns the mount."""
        place = os.path.join(self.backing, self._testMethodName)
        upper = upper or place
        for name in place + '/lower', upper + '/upper', upper + '/work':
            os.makedirs(name)
        lower = os.path.join(place, 'lower')
        ground.write(os.path.join(lower, 'a'), 'text')
        os.link(os.path.join(lower, 'a'), os.path.join(lower, 'b'))
        os.mkdir(os.path.join(lower, 'd'))
        ground.write(os.path.join(lower, 'd', 'c'))
        settings = ','.join((f'lowerdir={lower},upperdir={upper}/upper,workdir={upper}/work', *options))
        return ground.mount('none', self.path('fs'), '-t', 'overlay', '-o', settings, kind='overlay')

    @staticmethod
    def look(root, name):
        at = os.stat(os.path.join(root, name))
        return at.st_dev, at.st_ino, at.st_nlink

    def test_it_links_although_the_devices_differ(self):
        root = self.new_overlay(upper=self.path('on-tmpfs'))  # layers on two file systems
        self.assertNotEqual(os.stat(os.path.join(root, 'd', 'c')).st_dev, os.stat(root).st_dev)
        why = ground.probe('why', 'd/c', 'e', cwd=root)
        self.assertEqual(why.errors, [])
        self.assertEqual(why.call['remark'], '')  # it has one name: there is nothing to split
        self.done('link', 'd/c', 'e', cwd=root)
        self.assertEqual(self.look(root, 'd/c'), self.look(root, 'e'))

    def test_a_lower_group_splits(self):
        root = self.new_overlay('index=off')
        self.assertEqual(self.look(root, 'a'), self.look(root, 'b'))
        before = ground.snapshot(root)
        why = ground.probe('why', 'a', 'e', cwd=root)
        self.assertEqual(ground.snapshot(root), before)
        self.assertEqual(why.errors, [])
        self.assertEqual(why.call['remark'], "overlay without index=on: if 'a' lies in a lower layer, linking it "
                                             'parts it from its other name')
        self.done('link', 'a', 'e', cwd=root)
        self.assertEqual(self.look(root, 'a'), self.look(root, 'e'))
        self.assertNotEqual(self.look(root, 'a')[:2], self.look(root, 'b')[:2])
        self.assertEqual([self.look(root, name)[2] for name in 'abe'], [2, 2, 2])  # the count of b lies
        self.assertEqual(ground.probe('why', 'a', 'f', cwd=root).call['remark'],
                         "overlay without index=on: if 'a' lies in a lower layer, linking it parts it from its "
                         'other name')

    def test_the_remark_counts(self):
        root = self.new_overlay('index=off')
        ground.write(os.path.join(root, 'x'))
        os.link(os.path.join(root, 'x'), os.path.join(root, 'y'))
        os.link(os.path.join(root, 'x'), os.path.join(root, 'z'))
        self.assertEqual(ground.probe('why', 'x', 'f', cwd=root).call['remark'],
                         "overlay without index=on: if 'x' lies in a lower layer, linking it parts it from its 2 "
                         'other names')

    def test_an_upper_group_does_not_split(self):
        root = self.new_overlay('index=off')
        ground.write(os.path.join(root, 'x'))
        os.link(os.path.join(root, 'x'), os.path.join(root, 'y'))
        self.done('link', 'x', 'z', cwd=root)
        self.assertEqual([self.look(root, name)[2] for name in 'xyz'], [3, 3, 3])

    def test_with_an_index_a_lower_group_stays(self):
        root = self.new_overlay('index=on')
        self.done('link', 'a', 'e', cwd=root)
        self.assertEqual([self.look(root, name) for name in 'be'], [self.look(root, 'a')] * 2)
        self.assertEqual(self.look(root, 'a')[2], 3)
        self.assertEqual(ground.probe('why', 'a', 'f', cwd=root).call['remark'], '')

    def test_another_file_system(self):
        self.new_overlay()
        ground.mount('none', self.path('other'), '-t', 'tmpfs')
        self.refused('link', 'fs/a', 'other/b', status='CROSS_DEVICE', errno='EXDEV', cause='other-file-system',
                     at='dst',
                     text=f"two file systems: 'fs/a' is on overlay (device {self.device('fs/a')}), the directory "
                          f"'other' on tmpfs (device {self.device('other')})")

    def test_without_an_upper_layer(self):
        root = self.new_overlay()
        ground.unmount(root)
        lower = os.path.join(self.backing, self._testMethodName, 'lower')
        ground.run('mount', '-t', 'overlay', '-o', f'lowerdir={self.mkdir("empty")}:{lower}', 'none', root)
        self.refused('link', 'a', 'e', cwd=root, status='READ_ONLY', errno='EROFS', cause='read-only-file-system',
                     at='dst', text="the file system (overlay) of the directory '.' is read-only")


if __name__ == '__main__':
    unittest.main()
