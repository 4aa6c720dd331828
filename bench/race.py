# SPDX-License-Identifier: MIT
"""What the benches of whole commands share: run them, let them take turns, tell what came of it.

A result is one JSON object a line, as bench/run reads it: a comparison of two (report), a figure by itself (figure),
why something could not be measured (missing), or the command lines of a race.
"""

import json
import math
import os
import shutil
import signal
import subprocess
import threading
import time

DROP = '/proc/sys/vm/drop_caches'


class Failed(Exception):
    """A command that did not do what it was started for."""


class Runner:
    """A command line as it takes part in a race."""

    def __init__(self, name, command, allowed=(0,)):
        self.name = name
        self.command = command
        self.allowed = allowed  # the statuses that say that the work was done
        self.times = []         # wall time, processor time; in nanoseconds


def program(*names):
    """The path of the first of these programs that is here; None = none is."""
    for name in names:
        found = shutil.which(name, path='/usr/bin:/bin:/usr/local/bin:/usr/sbin:/sbin')
        if found:
            return found
    return None


def environment(locale='C.UTF-8'):
    """The same for all; no home, so that nobody's settings count."""
    return {'PATH': '/usr/bin:/bin', 'LC_ALL': locale, 'HOME': '/nonexistent'}


def run(command, settings, output=os.devnull, allowed=(0,), limit=None):
    """Wall time and processor time in nanoseconds; standard output goes to the file `output`. Ended after `limit` seconds."""
    actions = [(os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
    start = time.perf_counter_ns()
    child = os.posix_spawn(command[0], command, settings, file_actions=actions)
    watch = threading.Timer(limit, os.kill, (child, signal.SIGKILL)) if limit else None
    if watch:
        watch.start()
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter_ns() - start
    if watch:
        watch.cancel()
    if limit and wall >= limit * 1e9:
        raise Failed(f'{" ".join(command)}: ended after {limit} seconds')
    if os.waitstatus_to_exitcode(status) not in allowed:
        raise Failed(f'{" ".join(command)}: the status {os.waitstatus_to_exitcode(status)}')
    return wall, (used.ru_utime + used.ru_stime) * 1e9


def can_drop():
    """Whether this process may empty the system's caches."""
    return os.access(DROP, os.W_OK)


def drop(runner):
    """Empty the system's caches, then warm the program itself again: what is measured is the tree."""
    os.sync()
    with open(DROP, 'w', encoding='ascii') as file:
        file.write('3\n')
    subprocess.run([runner.command[0], '--version'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def race(what, runners, rounds, cold=False):
    """Let all take turns, beginning with another one in each round; the times are in the runners then.

    Those that fail are told and left out; where the first, which is ours, fails, the others need not run. Gives those
    that ran.
    """
    settings = environment()
    racing = []
    for runner in runners:
        try:
            run(runner.command, settings, allowed=runner.allowed)  # fills the caches, too
            racing.append(runner)
        except (Failed, OSError) as trouble:
            missing(', '.join(filter(None, (what, runner.name))), str(trouble))
            if runner is runners[0]:
                return []
    if rounds:
        tell({'commands': [' '.join(runner.command) for runner in racing]})
    for number in range(rounds):
        turn = number % len(racing) if racing else 0
        for runner in racing[turn:] + racing[:turn]:
            if cold:
                drop(runner)
            runner.times.append(run(runner.command, settings, allowed=runner.allowed))
    return racing


def quantile(values, part):
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1) + 0.5)]


def median_time(runner):
    return quantile([wall for wall, _ in runner.times], 0.5)


def tell(result):
    print(json.dumps(result), flush=True)


def report(what, ours, theirs, target):
    """Two rows of times, and the median of the ratios of their pairs with its 95 % interval."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    half = 0.98 / math.sqrt(len(ratios))
    tell({'what': what, 'ours_ns': quantile(ours, 0.5), 'theirs_ns': quantile(theirs, 0.5),
          'ratio': quantile(ratios, 0.5), 'low': quantile(ratios, max(0, 0.5 - half)),
          'high': quantile(ratios, min(1, 0.5 + half)), 'pairs': len(ratios), 'target': target})


def figure(what, measured, target='', met=None):
    """Something that is compared with nothing; both are text, and met is None where there is no target."""
    tell({'what': what, 'measured': measured, 'target': target, 'met': met})


def missing(what, why):
    tell({'what': what, 'missing': why})


def beside_fastest(what, runners, rounds, target, cold=False):
    """Race the first, which is ours, with the others; the target is for the fastest of those alone, told first."""
    racing = race(what, [runner for runner in runners if runner.command[0]], rounds, cold)
    for runner in runners:
        if not runner.command[0] and not cold:
            missing(f'{what}, {runner.name}', 'there is no such program here')
    if len(racing) < 2 or not rounds:
        return
    ours = [wall for wall, _ in racing[0].times]
    others = sorted(racing[1:], key=median_time)
    for place, other in enumerate(others):
        report(f'{what}: {racing[0].name} beside {other.name}', ours, [wall for wall, _ in other.times],
               target if place == 0 else 0)
