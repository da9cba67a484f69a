"""Paths that an event, a note or a table names: data, which leads nowhere but below its folder.

Whoever opens, moves or removes what such a path names asks here first. A link on the way is not
followed: it may have been planted, and what it leads to is nobody's to judge.
"""

from pathlib import Path, PurePosixPath

from rowkeeper.core.disk.own import first_link
from rowkeeper.core.errors import NeedsPersonError
from rowkeeper.core.text import harmless

FILES = "files"
"""Below the data folder: what all files of assets are below."""
WORK = ".partial"
"""Below that: where they grow."""
LONGEST = 4096
LONGEST_PART = 255
"""In bytes: what a disk takes as a path, and as one name of it."""


def is_plain(name: str) -> bool:
    """Is ``name`` relative, without ``.``, ``..``, empty parts or NULs, and fit for a disk?"""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return False
    parts = name.split("/")
    fits = size <= LONGEST and all(len(part.encode()) <= LONGEST_PART for part in parts)
    return fits and "\0" not in name and not {"", ".", ".."} & set(parts)


def stored_path(folder: Path, name: str) -> Path:
    """``name`` below ``folder``; ``NeedsPersonError('path_unsafe')`` if it leads elsewhere."""
    if not is_plain(name):
        raise _unsafe(f"the recorded path {name[:200]!r} leads out of {folder}")
    return unlinked(folder, folder / name)


def asset_path(data_dir: Path, name: str) -> Path:
    """The file of an asset, by its path relative to the data folder; raises as above.

    It is one of the finished files, whatever else the data folder has.
    """
    parts = PurePosixPath(name).parts
    if is_plain(name) and (len(parts) < 2 or parts[0] != FILES or parts[1] == WORK):
        raise _unsafe(f"the recorded path {name[:200]!r} is none of the files in {data_dir}")
    return stored_path(data_dir, name)


def unlinked(folder: Path, path: Path) -> Path:
    """``path``, which is below ``folder``, if no link is on the way to it; raises as above.

    ``folder`` itself may be reached by one: where that is, the user said.
    """
    if (link := first_link(folder, path)) is not None:
        raise _unsafe(f"{link} is a link, which is not followed: put the file itself there")
    return path


def _unsafe(words: str) -> NeedsPersonError:
    return NeedsPersonError("path_unsafe", harmless(words))
