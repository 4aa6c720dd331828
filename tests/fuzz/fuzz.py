# SPDX-License-Identifier: MIT
"""Run one fuzz target for a moment, the same inputs each time, and report it in TAP.

    fuzz.py TARGET EXECUTABLE (libfuzzer | drive) RUNS WORD...

The WORDs are what inputs of this target are made of; in one, \\0 stands for a NUL.
"""

import os
import subprocess
import sys
import tempfile


def main():
    target, executable, kind, runs, *words = sys.argv[1:]
    executable = os.path.abspath(executable)
    words = [word.replace('\\0', '\0').encode() for word in words]
    with tempfile.TemporaryDirectory(prefix='nlink-fuzz-') as work:
        if kind == 'drive':
            # No NUL can be in an argument; the driver puts them between the words.
            plain = [part for word in words for part in word.split(b'\0')]
            command = [executable, runs, '1', *plain]
        else:
            corpus = os.path.join(work, 'corpus')
            os.mkdir(corpus)
            for number, word in enumerate(words):
                with open(os.path.join(corpus, str(number)), 'wb') as file:
                    file.write(b'\3' + word)
            command = [executable, f'-runs={runs}', '-seed=1', '-max_len=512', '-print_final_stats=1', corpus]
        done = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print('1..1')
    for line in done.stdout.decode('utf-8', 'backslashreplace').splitlines()[-60:]:
        print('#', line)
    print(f'{"ok" if done.returncode == 0 else "not ok"} 1 - {target}: {runs} inputs')
    return 0 if done.returncode == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
