# SPDX-License-Identifier: MIT
"""Run one fuzz target for a moment, the same inputs each time, and report it in TAP.

    fuzz.py TARGET EXECUTABLE (libfuzzer | drive) RUNS WORD...

The WORDs are what inputs of this target are made of; in one, \\0 stands for a NUL. A WORD that begins with @ is a
command, its arguments parted by NULs, too: it is run with the name of an empty directory behind them, and what it
writes there are inputs to begin with.
"""

import os
import subprocess
import sys
import tempfile


def main():
    target, executable, kind, runs, *words = sys.argv[1:]
    executable = os.path.abspath(executable)
    words = [word.replace('\\0', '\0').encode() for word in words]
    makers = [word[1:].split(b'\0') for word in words if word.startswith(b'@')]
    words = [word for word in words if not word.startswith(b'@')]
    with tempfile.TemporaryDirectory(prefix='nlink-fuzz-') as work:
        corpus = os.path.join(work, 'corpus')
        os.mkdir(corpus)
        for maker in makers:
            subprocess.run([*maker, corpus.encode()], check=True)
        if kind == 'drive':
            # No NUL can be in an argument; the driver puts them between the words.
            plain = [part for word in words for part in word.split(b'\0')]
            seeds = sorted(os.path.join(corpus, name) for name in os.listdir(corpus))
            command = [executable, runs, '1', *plain, *(f'@{seed}' for seed in seeds)]
        else:
            for number, word in enumerate(words):
                with open(os.path.join(corpus, str(number)), 'wb') as file:
                    file.write(b'\3' + word)
            longest = max([512] + [os.path.getsize(os.path.join(corpus, name)) for name in os.listdir(corpus)])
            command = [executable, f'-runs={runs}', '-seed=1', f'-max_len={longest}', '-print_final_stats=1', corpus]
        done = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print('1..1')
    for line in done.stdout.decode('utf-8', 'backslashreplace').splitlines()[-60:]:
        print('#', line)
    print(f'{"ok" if done.returncode == 0 else "not ok"} 1 - {target}: {runs} inputs')
    return 0 if done.returncode == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
