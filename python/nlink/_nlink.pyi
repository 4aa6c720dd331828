# SPDX-License-Identifier: MIT
from os import PathLike
from types import TracebackType
from typing import (
    AnyStr,
    Callable,
    Generic,
    Iterable,
    Iterator,
    List,
    Literal,
    NamedTuple,
    Optional,
    Protocol,
    Tuple,
    Type,
    Union,
    final,
    overload,
)

_Path = Union[str, bytes, PathLike[str], PathLike[bytes]]
_Backup = Literal["none", "simple", "numbered", "existing"]

_StrPath = Union[str, PathLike[str]]
_BytesPath = Union[bytes, PathLike[bytes]]
_Patterns = Union[_Path, Iterable[_Path]]
_Progress = Callable[[int, int], object]
_OnEvent = Callable[[AnyStr, Exception], object]
_Order = Literal["freed", "once", "apparent", "held", "names", "files", "path"]
_Kind = Literal[
    "dangles",
    "loops",
    "absolute-inside",
    "points-out",
    "needlessly-long",
    "partly-outside",
    "near-limit",
    "set-id-shared",
    "writable-and-read-only",
    "empty-shared",
    "soft-link-shared",
]

_Aspect = Literal["device", "owner", "group", "mode", "acl", "xattr", "security", "mtime", "name"]
_OnLeft = Callable[[AnyStr, str, Optional[Exception]], object]

class _HasFileno(Protocol):
    def fileno(self) -> int: ...

class _SupportsIndex(Protocol):
    def __index__(self) -> int: ...

__version__: str

@final
class stat_result(NamedTuple):
    dev: int
    ino: int
    btime_ns: Optional[int]
    link_count: int
    kind: str
    mode: int
    uid: int
    gid: int
    dev_major: int
    dev_minor: int
    rdev_major: int
    rdev_minor: int
    size_bytes: int
    allocated_bytes: int
    atime_ns: int
    mtime_ns: int
    ctime_ns: int
    mount_id: int
    subvolume: int

@final
class obstacle(NamedTuple):
    status: str
    errno: int
    cause_name: str
    text: str
    certain: bool

class Obstacles(Tuple[obstacle, ...]):
    @property
    def remark(self) -> Optional[str]: ...

@final
class entry(NamedTuple, Generic[AnyStr]):
    dir: Optional[AnyStr]
    name: AnyStr
    stat: stat_result
    target: Optional[AnyStr]
    dangles: bool
    group: int
    names_inside: int
    names_outside: int

@final
class Listing(Iterator[entry[AnyStr]]):
    @property
    def errors(self) -> Tuple[Exception, ...]: ...
    def __iter__(self) -> Listing[AnyStr]: ...
    def __next__(self) -> entry[AnyStr]: ...

@final
class walk_entry(NamedTuple, Generic[AnyStr]):
    path: AnyStr
    name: AnyStr
    kind: str
    depth: int
    stat: Optional[stat_result]

@final
class Walk(Iterator[walk_entry[AnyStr]]):
    @property
    def errors(self) -> Tuple[Exception, ...]: ...
    def __iter__(self) -> Walk[AnyStr]: ...
    def __next__(self) -> walk_entry[AnyStr]: ...
    def __enter__(self) -> Walk[AnyStr]: ...
    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None: ...
    def skip(self) -> None: ...
    def close(self) -> None: ...

@final
class names_result(NamedTuple, Generic[AnyStr]):
    path: AnyStr
    stat: Optional[stat_result]
    names: Tuple[AnyStr, ...]
    soft: Tuple[AnyStr, ...]
    found: int
    link_count: int
    complete: bool
    absence: Optional[str]
    text: Optional[str]
    told_by_system: bool
    errors: Tuple[Exception, ...]

@final
class space_row(NamedTuple, Generic[AnyStr]):
    path: Optional[AnyStr]
    depth: int
    kind: str
    apparent_bytes: int
    once_bytes: int
    freed_bytes: int
    held_bytes: int
    held_files: int
    outside_names: int
    names: int
    files: int
    directories: int

@final
class space_step(NamedTuple):
    alone_bytes: Optional[int]
    together_bytes: Optional[int]

@final
class space_group(NamedTuple, Generic[AnyStr]):
    dev: int
    ino: int
    link_count: int
    kind: str
    size_bytes: int
    allocated_bytes: int
    names: Tuple[AnyStr, ...]
    outside_names: int

@final
class space_holder(NamedTuple, Generic[AnyStr]):
    path: Optional[AnyStr]
    inside: AnyStr
    dev: int
    ino: int
    allocated_bytes: int
    missing: int

@final
class space_doubts(NamedTuple):
    changed_files: int
    wrong_counts: int
    unread: int
    may_share_extents: bool

@final
class space_result(NamedTuple, Generic[AnyStr]):
    rows: Tuple[space_row[AnyStr], ...]
    total: space_row[AnyStr]
    series: Tuple[space_step, ...]
    groups: Tuple[space_group[AnyStr], ...]
    holders: Tuple[space_holder[AnyStr], ...]
    doubts: space_doubts
    errors: Tuple[Exception, ...]

@final
class finding(NamedTuple, Generic[AnyStr]):
    kind: str
    path: AnyStr
    target: Optional[AnyStr]
    candidate: Optional[AnyStr]
    names: Tuple[AnyStr, ...]
    link_count: int
    text: str
    mend: Optional[str]

class Findings(Tuple[finding[AnyStr], ...]):
    @property
    def errors(self) -> Tuple[Exception, ...]: ...

@final
class progress(NamedTuple):
    phase: str
    directories: int
    names: int
    files: int
    all_files: int
    bytes: int
    all_bytes: int

_OnProgress = Callable[[progress], object]

@final
class left_name(NamedTuple, Generic[AnyStr]):
    path: AnyStr
    left: str
    text: str
    error: Optional[Exception]

@final
class dedupe_file(NamedTuple, Generic[AnyStr]):
    act: str
    left: Optional[str]
    differs: Tuple[str, ...]
    keep: int
    stat: stat_result
    names: Tuple[AnyStr, ...]
    outside_names: int

@final
class dedupe_group(NamedTuple, Generic[AnyStr]):
    size_bytes: int
    gain_bytes: int
    files: Tuple[dedupe_file[AnyStr], ...]

@final
class Dedupe(Generic[AnyStr]):
    @property
    def names(self) -> int: ...
    @property
    def files(self) -> int: ...
    @property
    def read_bytes(self) -> int: ...
    @property
    def groups(self) -> int: ...
    @property
    def planned_files(self) -> int: ...
    @property
    def planned_names(self) -> int: ...
    @property
    def gain_bytes(self) -> int: ...
    @property
    def left_files(self) -> int: ...
    @property
    def done_files(self) -> int: ...
    @property
    def done_names(self) -> int: ...
    @property
    def gained_bytes(self) -> int: ...
    @property
    def left_names(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def applied(self) -> bool: ...
    @property
    def journal(self) -> Optional[AnyStr]: ...
    @property
    def errors(self) -> Tuple[Exception, ...]: ...
    @property
    def left(self) -> Tuple[left_name[AnyStr], ...]: ...
    def __iter__(self) -> Iterator[dedupe_group[AnyStr]]: ...
    def __getitem__(self, index: int) -> dedupe_group[AnyStr]: ...
    def __enter__(self) -> Dedupe[AnyStr]: ...
    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None: ...
    def apply(
        self,
        *,
        journal: Optional[_Path] = None,
        no_journal: bool = False,
        unguarded: bool = False,
        threads: Optional[_SupportsIndex] = None,
        on_left: Optional[_OnLeft[AnyStr]] = None,
        on_event: Optional[_OnEvent[AnyStr]] = None,
        on_progress: Optional[_OnProgress] = None,
    ) -> Dedupe[AnyStr]: ...
    def save(self, path: _Path, *, dir_fd: Optional[_SupportsIndex] = None) -> None: ...
    def close(self) -> None: ...

@final
class mend(NamedTuple, Generic[AnyStr]):
    path: AnyStr
    target: AnyStr
    aim: Optional[AnyStr]

@final
class Fix(Generic[AnyStr]):
    @property
    def planned_names(self) -> int: ...
    @property
    def done_names(self) -> int: ...
    @property
    def left_names(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def applied(self) -> bool: ...
    @property
    def journal(self) -> Optional[AnyStr]: ...
    @property
    def errors(self) -> Tuple[Exception, ...]: ...
    @property
    def left(self) -> Tuple[left_name[AnyStr], ...]: ...
    def __iter__(self) -> Iterator[mend[AnyStr]]: ...
    def __getitem__(self, index: int) -> mend[AnyStr]: ...
    def __enter__(self) -> Fix[AnyStr]: ...
    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None: ...
    def apply(
        self,
        *,
        journal: Optional[_Path] = None,
        no_journal: bool = False,
        unguarded: bool = False,
        threads: Optional[_SupportsIndex] = None,
        on_left: Optional[_OnLeft[AnyStr]] = None,
        on_event: Optional[_OnEvent[AnyStr]] = None,
        on_progress: Optional[_OnProgress] = None,
    ) -> Fix[AnyStr]: ...
    def close(self) -> None: ...

@final
class journal_entry(NamedTuple, Generic[AnyStr]):
    path: AnyStr
    state: str
    verb: str
    started_ns: Optional[int]
    names: int
    done_names: int
    gained_bytes: int

@final
class journal_name(NamedTuple, Generic[AnyStr]):
    path: AnyStr
    with_: Optional[AnyStr]
    done: bool
    left: Optional[str]
    size_bytes: int
    ino: int

class Journal(Tuple[journal_name[AnyStr], ...]):
    @property
    def about(self) -> journal_entry[AnyStr]: ...

@final
class repair_result(NamedTuple, Generic[AnyStr]):
    journals: int
    names: int
    finished_names: int
    returned_names: int
    removed_names: int
    missing_names: int
    left_names: int
    failed: int
    returned_bytes: int
    left: Tuple[left_name[AnyStr], ...]
    errors: Tuple[Exception, ...]

@overload
def link(
    src: _Path,
    dst: _Path,
    *,
    src_dir_fd: Optional[_SupportsIndex] = None,
    dst_dir_fd: Optional[_SupportsIndex] = None,
    follow_symlinks: bool = True,
    replace: bool = False,
    beneath: bool = False,
    backup: None = None,
    suffix: None = None,
) -> None: ...
@overload
def link(
    src: _Path,
    dst: Union[str, PathLike[str]],
    *,
    src_dir_fd: Optional[_SupportsIndex] = None,
    dst_dir_fd: Optional[_SupportsIndex] = None,
    follow_symlinks: bool = True,
    replace: bool = False,
    beneath: bool = False,
    backup: Optional[_Backup],
    suffix: Union[str, bytes, None] = None,
) -> Optional[str]: ...
@overload
def link(
    src: _Path,
    dst: Union[bytes, PathLike[bytes]],
    *,
    src_dir_fd: Optional[_SupportsIndex] = None,
    dst_dir_fd: Optional[_SupportsIndex] = None,
    follow_symlinks: bool = True,
    replace: bool = False,
    beneath: bool = False,
    backup: Optional[_Backup],
    suffix: Union[str, bytes, None] = None,
) -> Optional[bytes]: ...
def link_fd(
    fd: Union[int, _HasFileno],
    dst: _Path,
    *,
    dst_dir_fd: Optional[_SupportsIndex] = None,
    replace: bool = False,
    beneath: bool = False,
) -> None: ...
@overload
def symlink(
    src: _Path,
    dst: _Path,
    target_is_directory: bool = False,
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    src_dir_fd: Optional[_SupportsIndex] = None,
    relative: bool = False,
    absolute: bool = False,
    replace: bool = False,
    beneath: bool = False,
    backup: None = None,
    suffix: None = None,
) -> None: ...
@overload
def symlink(
    src: _Path,
    dst: Union[str, PathLike[str]],
    target_is_directory: bool = False,
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    src_dir_fd: Optional[_SupportsIndex] = None,
    relative: bool = False,
    absolute: bool = False,
    replace: bool = False,
    beneath: bool = False,
    backup: Optional[_Backup],
    suffix: Union[str, bytes, None] = None,
) -> Optional[str]: ...
@overload
def symlink(
    src: _Path,
    dst: Union[bytes, PathLike[bytes]],
    target_is_directory: bool = False,
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    src_dir_fd: Optional[_SupportsIndex] = None,
    relative: bool = False,
    absolute: bool = False,
    replace: bool = False,
    beneath: bool = False,
    backup: Optional[_Backup],
    suffix: Union[str, bytes, None] = None,
) -> Optional[bytes]: ...
def unlink(
    path: _Path,
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    keep_last: bool = False,
    beneath: bool = False,
) -> int: ...
def stat(
    path: Union[_Path, _SupportsIndex],
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    follow_symlinks: bool = True,
    beneath: bool = False,
) -> stat_result: ...
def same_file(
    a: _Path,
    b: _Path,
    *,
    a_dir_fd: Optional[_SupportsIndex] = None,
    b_dir_fd: Optional[_SupportsIndex] = None,
    follow_symlinks: bool = True,
) -> bool: ...
@overload
def readlink(
    path: Union[str, PathLike[str]],
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    beneath: bool = False,
) -> str: ...
@overload
def readlink(
    path: Union[bytes, PathLike[bytes]],
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    beneath: bool = False,
) -> bytes: ...
def why(
    src: _Path,
    dst: _Path,
    *,
    src_dir_fd: Optional[_SupportsIndex] = None,
    dst_dir_fd: Optional[_SupportsIndex] = None,
    follow_symlinks: bool = True,
    replace: bool = False,
    beneath: bool = False,
) -> Obstacles: ...
@overload
def listing(
    paths: Union[str, PathLike[str], Iterable[Union[str, PathLike[str]]]] = ".",
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    all: bool = False,
    recursive: bool = False,
    by_file: bool = False,
    directories: bool = False,
) -> Listing[str]: ...
@overload
def listing(
    paths: Union[bytes, PathLike[bytes], Iterable[Union[bytes, PathLike[bytes]]]],
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    all: bool = False,
    recursive: bool = False,
    by_file: bool = False,
    directories: bool = False,
) -> Listing[bytes]: ...
@overload
def walk(
    *paths: _StrPath,
    stat: bool = False,
    listed: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[str]] = None,
) -> Walk[str]: ...
@overload
def walk(
    *paths: _BytesPath,
    stat: bool = False,
    listed: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[bytes]] = None,
) -> Walk[bytes]: ...
@overload
def names(  # type: ignore[overload-overlap]
    paths: _StrPath,
    *,
    roots: Union[_Path, Iterable[_Path], None] = None,
    soft: bool = False,
    follow: bool = False,
    walk: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[str]] = None,
) -> names_result[str]: ...
@overload
def names(
    paths: _BytesPath,
    *,
    roots: Union[_Path, Iterable[_Path], None] = None,
    soft: bool = False,
    follow: bool = False,
    walk: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[bytes]] = None,
) -> names_result[bytes]: ...
@overload
def names(
    paths: Iterable[_StrPath],
    *,
    roots: Union[_Path, Iterable[_Path], None] = None,
    soft: bool = False,
    follow: bool = False,
    walk: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[str]] = None,
) -> List[names_result[str]]: ...
@overload
def names(
    paths: Iterable[_BytesPath],
    *,
    roots: Union[_Path, Iterable[_Path], None] = None,
    soft: bool = False,
    follow: bool = False,
    walk: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[bytes]] = None,
) -> List[names_result[bytes]]: ...
@overload
def space(
    *paths: _StrPath,
    depth: _SupportsIndex = 1,
    order: _Order = "freed",
    groups: _SupportsIndex = 0,
    holders: bool = False,
    around: Union[_Path, Iterable[_Path], None] = None,
    listed: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[str]] = None,
) -> space_result[str]: ...
@overload
def space(
    *paths: _BytesPath,
    depth: _SupportsIndex = 1,
    order: _Order = "freed",
    groups: _SupportsIndex = 0,
    holders: bool = False,
    around: Union[_Path, Iterable[_Path], None] = None,
    listed: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[bytes]] = None,
) -> space_result[bytes]: ...
@overload
def check(
    *paths: _StrPath,
    only: Union[_Kind, Iterable[_Kind], None] = None,
    skip: Union[_Kind, Iterable[_Kind], None] = None,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[str]] = None,
) -> Findings[str]: ...
@overload
def check(
    *paths: _BytesPath,
    only: Union[_Kind, Iterable[_Kind], None] = None,
    skip: Union[_Kind, Iterable[_Kind], None] = None,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    progress: Optional[_Progress] = None,
    on_event: Optional[_OnEvent[bytes]] = None,
) -> Findings[bytes]: ...
@overload
def dedupe(
    paths: Union[_StrPath, Iterable[_StrPath]],
    *,
    apply: bool = False,
    mode: Literal["hardlink", "reflink", "symlink"] = "hardlink",
    keep: Union[_Path, Iterable[_Path]] = "most-names",
    references: Union[_Path, Iterable[_Path], None] = None,
    ignore: Union[_Aspect, Iterable[_Aspect], None] = None,
    match: Union[_Aspect, Iterable[_Aspect], None] = None,
    min_age: Optional[float] = 2.0,
    max_links: Optional[_SupportsIndex] = None,
    memory: Optional[_SupportsIndex] = None,
    journal: Optional[_Path] = None,
    no_journal: bool = False,
    unguarded: bool = False,
    on_left: Optional[_OnLeft[str]] = None,
    listed: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    on_progress: Optional[_OnProgress] = None,
    on_event: Optional[_OnEvent[str]] = None,
) -> Dedupe[str]: ...
@overload
def dedupe(
    paths: Union[_BytesPath, Iterable[_BytesPath]],
    *,
    apply: bool = False,
    mode: Literal["hardlink", "reflink", "symlink"] = "hardlink",
    keep: Union[_Path, Iterable[_Path]] = "most-names",
    references: Union[_Path, Iterable[_Path], None] = None,
    ignore: Union[_Aspect, Iterable[_Aspect], None] = None,
    match: Union[_Aspect, Iterable[_Aspect], None] = None,
    min_age: Optional[float] = 2.0,
    max_links: Optional[_SupportsIndex] = None,
    memory: Optional[_SupportsIndex] = None,
    journal: Optional[_Path] = None,
    no_journal: bool = False,
    unguarded: bool = False,
    on_left: Optional[_OnLeft[bytes]] = None,
    listed: bool = False,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    on_progress: Optional[_OnProgress] = None,
    on_event: Optional[_OnEvent[bytes]] = None,
) -> Dedupe[bytes]: ...
@overload
def load_plan(path: _StrPath, *, dir_fd: Optional[_SupportsIndex] = None) -> Dedupe[str]: ...
@overload
def load_plan(path: _BytesPath, *, dir_fd: Optional[_SupportsIndex] = None) -> Dedupe[bytes]: ...
@overload
def fix(
    *paths: _StrPath,
    apply: bool = False,
    remove: bool = False,
    only: Union[_Kind, Iterable[_Kind], None] = None,
    skip: Union[_Kind, Iterable[_Kind], None] = None,
    journal: Optional[_Path] = None,
    no_journal: bool = False,
    unguarded: bool = False,
    on_left: Optional[_OnLeft[str]] = None,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    on_progress: Optional[_OnProgress] = None,
    on_event: Optional[_OnEvent[str]] = None,
) -> Fix[str]: ...
@overload
def fix(
    *paths: _BytesPath,
    apply: bool = False,
    remove: bool = False,
    only: Union[_Kind, Iterable[_Kind], None] = None,
    skip: Union[_Kind, Iterable[_Kind], None] = None,
    journal: Optional[_Path] = None,
    no_journal: bool = False,
    unguarded: bool = False,
    on_left: Optional[_OnLeft[bytes]] = None,
    exclude: Optional[_Patterns] = None,
    include: Optional[_Patterns] = None,
    rules: Optional[_Patterns] = None,
    min_size: Optional[_SupportsIndex] = 0,
    max_size: Optional[_SupportsIndex] = None,
    max_depth: Optional[_SupportsIndex] = None,
    one_file_system: bool = False,
    threads: Optional[_SupportsIndex] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    on_progress: Optional[_OnProgress] = None,
    on_event: Optional[_OnEvent[bytes]] = None,
) -> Fix[bytes]: ...
@overload
def journals(
    path: Optional[_StrPath] = None, *, dir_fd: Optional[_SupportsIndex] = None
) -> Iterator[journal_entry[str]]: ...
@overload
def journals(path: _BytesPath, *, dir_fd: Optional[_SupportsIndex] = None) -> Iterator[journal_entry[bytes]]: ...
@overload
def journal(path: _StrPath, *, dir_fd: Optional[_SupportsIndex] = None) -> Journal[str]: ...
@overload
def journal(path: _BytesPath, *, dir_fd: Optional[_SupportsIndex] = None) -> Journal[bytes]: ...
@overload
def recover(
    journal: Optional[_StrPath] = None,
    *,
    below: Union[_Path, Iterable[_Path], None] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    dry_run: bool = False,
    unguarded: bool = False,
    threads: Optional[_SupportsIndex] = None,
    on_left: Optional[_OnLeft[str]] = None,
    on_event: Optional[_OnEvent[str]] = None,
    on_progress: Optional[_OnProgress] = None,
) -> repair_result[str]: ...
@overload
def recover(
    journal: _BytesPath,
    *,
    below: Union[_Path, Iterable[_Path], None] = None,
    dir_fd: Optional[_SupportsIndex] = None,
    dry_run: bool = False,
    unguarded: bool = False,
    threads: Optional[_SupportsIndex] = None,
    on_left: Optional[_OnLeft[bytes]] = None,
    on_event: Optional[_OnEvent[bytes]] = None,
    on_progress: Optional[_OnProgress] = None,
) -> repair_result[bytes]: ...
@overload
def undo(
    journal: _StrPath,
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    dry_run: bool = False,
    unguarded: bool = False,
    threads: Optional[_SupportsIndex] = None,
    on_left: Optional[_OnLeft[str]] = None,
    on_event: Optional[_OnEvent[str]] = None,
    on_progress: Optional[_OnProgress] = None,
) -> repair_result[str]: ...
@overload
def undo(
    journal: _BytesPath,
    *,
    dir_fd: Optional[_SupportsIndex] = None,
    dry_run: bool = False,
    unguarded: bool = False,
    threads: Optional[_SupportsIndex] = None,
    on_left: Optional[_OnLeft[bytes]] = None,
    on_event: Optional[_OnEvent[bytes]] = None,
    on_progress: Optional[_OnProgress] = None,
) -> repair_result[bytes]: ...
def quote(name: _Path, *, ascii: bool = False, needed: bool = False) -> str: ...
