# SPDX-License-Identifier: MIT
"""`pip install .` builds and installs the module, whole and alone."""

import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import unittest

from place import InPlace

SOURCE = os.environ.get('NLINK_SOURCE') or os.path.realpath(os.path.join(os.path.dirname(__file__), '..', '..'))
MISSING = [name for name in ('pip', 'mesonpy') if importlib.util.find_spec(name) is None]


@unittest.skipIf(MISSING, 'needs %s' % ' and '.join(MISSING))
class Wheel(InPlace):
    def test_pip_install(self):
        # Of a copy, because the build writes beside the sources.
        os.mkdir('source')
        for name in ('include', 'src', 'python'):
            shutil.copytree(os.path.join(SOURCE, name), os.path.join('source', name))
        os.mkdir('source/docs')
        for name in ('meson.build', 'meson_options.txt', 'pyproject.toml', 'docs/python.md'):
            shutil.copy(os.path.join(SOURCE, name), os.path.join('source', name))
        environment = {name: value for name, value in os.environ.items() if name not in ('PYTHONPATH', 'PYTHONDONTWRITEBYTECODE')}
        environment.update(HOME=self.place, TMPDIR=self.place, PIP_DISABLE_PIP_VERSION_CHECK='1')
        result = subprocess.run(
            [sys.executable, '-m', 'pip', 'install', '--no-build-isolation', '--no-index', '--no-deps', '--no-cache-dir',
             '--target', 'target', './source'], env=environment, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        package = os.listdir('target/nlink')
        self.assertEqual([name for name in ('__init__.py', '_nlink.pyi', 'py.typed') if name not in package], [])
        self.assertEqual(len(glob.glob('target/nlink/_nlink.*.so')), 1)
        # The module and what pip says about it; no library, command or page.
        self.assertEqual(sorted(name.split('-')[0] for name in os.listdir('target')), ['nlink', 'nlink'])
        self.make('a')
        code = 'import nlink; nlink.link("a", "b"); print(nlink.__file__, nlink.__version__, nlink.stat("a").link_count)'
        said = subprocess.run([sys.executable, '-c', code], env=dict(environment, PYTHONPATH=os.path.abspath('target')),
                              capture_output=True, text=True)
        self.assertEqual(said.stdout, '%s %s 2\n' % (os.path.abspath('target/nlink/__init__.py'), os.environ.get('NLINK_VERSION', '0.3.0')), said.stderr)


if __name__ == '__main__':
    unittest.main()
