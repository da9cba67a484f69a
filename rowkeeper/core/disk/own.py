"""Files under names of our own: made anew or gone on with, and never through somebody's link.

Who can write beside a place may plant a link under a name that is made there. A link that has one
of our names is put away, as a rename over it does; what it leads to is not touched. Of a folder a
link is refused in words: all that is below it would go elsewhere.
"""

import errno
import os
import stat
from contextlib import suppress
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TypeVar, cast

from rowkeeper.core.disk.writing import finish, sync, write_all
from rowkeeper.core.errors import DiskError

LINKED = frozenset({errno.ELOOP, errno.EMLINK})
"""What systems answer to a link that is not to be followed."""
TRIES = 3
_File = TypeVar("_File", FileIO, BufferedReader)


def new_file(path: Path) -> FileIO:
    """The file at ``path``, made now, to be read and written; what was there is removed.

    Raises ``OSError``.
    """
    for _ in range(TRIES):
        try:
            return path.open("xb+", buffering=0)
        except FileExistsError:
            with suppress(FileNotFoundError):
                path.unlink()
    raise FileExistsError(errno.EEXIST, "somebody makes it again and again", str(path))


def own_file(path: Path) -> FileIO:
    """The file at ``path``, made if missing, to be read and appended to. Raises ``OSError``."""
    try:
        return _opened(path, "ab+")
    except OSError as error:
        if error.errno not in LINKED:
            raise
    with suppress(FileNotFoundError):
        path.unlink()
    return _opened(path, "ab+")


def standing_file(path: Path) -> FileIO:
    """The file that is at ``path``, to be read and written. Raises ``OSError``, for a link too."""
    return _opened(path, "rb+")


def read_file(path: Path) -> BufferedReader:
    """The file at ``path``, to be read; a pipe or a device, which would make wait, is none.

    Raises ``OSError``. A link to a file is followed.
    """
    return _regular(open(path, "rb", opener=_patient), path)


def require_file(path: Path) -> None:
    """Raise ``DiskError`` if a folder, a pipe or a device stands where a file of ours belongs."""
    if path.exists() and not path.is_file():
        raise DiskError(f"{path} is no file: move it away, then run again.")


def is_own_file(path: Path) -> bool:
    """Is a file at ``path``, and no link to one, no pipe and no device?"""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def is_own_folder(path: Path) -> bool:
    """Is a folder at ``path``, and no link to one?"""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def write_new(path: Path, data: bytes) -> None:
    """As ``write_bytes`` of ``data``, into a new file. Raises ``OSError``."""
    with new_file(path) as file:
        write_all(file, data)


def put_whole(
    path: Path, data: bytes, ending: str = ".new", *, flush: bool = True, mode: int | None = None
) -> None:
    """Put ``data`` at ``path`` whole or not at all: beside it first, then renamed.

    ``flush``: the bytes are on the disk before they have the name; the name itself is flushed with
    the folder. ``mode``: the file's rights, else those that the umask leaves. A killed one leaves
    ``<name><ending>``, in whose place the next one of that ending writes. Raises ``OSError``.
    """
    fresh = path.with_name(path.name + ending)
    with new_file(fresh) as file:
        if mode is not None:
            with suppress(OSError):  # some disks set no rights
                os.fchmod(file.fileno(), mode)
        size = write_all(file, data)
        if flush:
            finish(file, size)
    fresh.replace(path)


def replace_whole(path: Path, data: bytes) -> None:
    """As :func:`put_whole`, with its name on the disk on return; raises ``OSError``."""
    put_whole(path, data)
    sync(path.parent)


def replace_small(path: Path, text: str, ending: str = ".new") -> None:
    """As :func:`put_whole` of ``text``, with few calls to the system; not through to the disk."""
    put_whole(path, text.encode("utf-8", "replace"), ending, flush=False)


def write_small(path: Path, text: str) -> None:
    """Write ``text`` in one go, with few calls to the system; not through to the disk."""
    write_new(path, text.encode("utf-8", "replace"))


def own_folder(path: Path) -> None:
    """Make the work folder ``path`` if missing; links at it and right below it are put away."""
    if path.is_symlink():
        path.unlink()
    path.mkdir(exist_ok=True)
    for below in path.iterdir():
        if below.is_symlink():
            below.unlink()


def first_link(folder: Path, path: Path) -> Path | None:
    """The first link on the way from ``folder`` to ``path``, below it."""
    place = str(folder)
    for part in path.relative_to(folder).parts:
        place = f"{place}{os.sep}{part}"
        if _is_link(place):
            return Path(place)
    return None


def refuse_links(folder: Path, path: Path) -> None:
    """Raise ``DiskError`` if a link is on the way from ``folder`` to ``path``, below it."""
    if (link := first_link(folder, path)) is not None:
        raise linked(link)


def linked(path: Path) -> DiskError:
    """What is said of a link where a folder or a file of ours belongs."""
    return DiskError(
        f"{path} is a link, which is not followed, for nobody knows who put it there: remove it "
        "and put the folder itself there, or mount its disk there; nothing was written through it."
    )


def _is_link(path: str) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (OSError, ValueError):  # a name that the disk can't have is for whoever opens it to say
        return False


def _opened(path: Path, mode: str) -> FileIO:
    return _regular(cast(FileIO, open(path, mode, buffering=0, opener=_opener)), path)


def _regular(file: _File, path: Path) -> _File:
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return file


def _patient(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _opener(path: str, flags: int) -> int:
    """Without a wait, too, for whoever opens the other end of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
