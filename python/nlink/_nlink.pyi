# SPDX-License-Identifier: MIT
from os import PathLike
from typing import (
    AnyStr,
    Generic,
    Iterable,
    Iterator,
    Literal,
    NamedTuple,
    Optional,
    Protocol,
    Tuple,
    Union,
    final,
    overload,
)

_Path = Union[str, bytes, PathLike[str], PathLike[bytes]]
_Backup = Literal["none", "simple", "numbered", "existing"]

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
def quote(name: _Path, *, ascii: bool = False, needed: bool = False) -> str: ...
