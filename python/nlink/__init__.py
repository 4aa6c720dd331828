# SPDX-License-Identifier: MIT
"""One file, many names.

link() is os.link() as Python has it since 3.14, on every version, and tells why it failed:

    import nlink

    try:
        nlink.link("report.txt", "/srv/share/report.txt")
    except OSError as error:
        print(error.cause)

It can stand in the place of os.link():

    os.link = nlink.link
    os.supports_dir_fd.add(nlink.link)
    os.supports_follow_symlinks.add(nlink.link)

walk(), names(), space() and check() look at whole trees: every name in order, all names of a
file, what a deletion frees, and what is wrong with the links. dedupe() makes equal files one,
and fix() mends soft links; journals() tells what they did, and undo() takes it back.
"""

from nlink._nlink import (
    Dedupe,
    Findings,
    Fix,
    Journal,
    Listing,
    Obstacles,
    Walk,
    __version__,
    check,
    dedupe,
    dedupe_file,
    dedupe_group,
    entry,
    finding,
    fix,
    journal,
    journal_entry,
    journal_name,
    journals,
    left_name,
    link,
    link_fd,
    listing,
    load_plan,
    mend,
    names,
    names_result,
    obstacle,
    progress,
    quote,
    readlink,
    recover,
    repair_result,
    same_file,
    space,
    space_doubts,
    space_group,
    space_holder,
    space_result,
    space_row,
    space_step,
    stat,
    stat_result,
    symlink,
    undo,
    unlink,
    walk,
    walk_entry,
    why,
)

__all__ = [
    "Dedupe",
    "Findings",
    "Fix",
    "Journal",
    "Listing",
    "Obstacles",
    "Walk",
    "__version__",
    "check",
    "dedupe",
    "dedupe_file",
    "dedupe_group",
    "entry",
    "finding",
    "fix",
    "journal",
    "journal_entry",
    "journal_name",
    "journals",
    "left_name",
    "link",
    "link_fd",
    "listing",
    "load_plan",
    "mend",
    "names",
    "names_result",
    "obstacle",
    "progress",
    "quote",
    "readlink",
    "recover",
    "repair_result",
    "same_file",
    "space",
    "space_doubts",
    "space_group",
    "space_holder",
    "space_result",
    "space_row",
    "space_step",
    "stat",
    "stat_result",
    "symlink",
    "undo",
    "unlink",
    "walk",
    "walk_entry",
    "why",
]
