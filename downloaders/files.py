"""Files on their way to their final place. A final path means finished.

A file grows in the work folder, ``files/.partial/``, under names that begin with its asset's id,
and is moved from there to its place (``places.py``). What is there may be deleted whenever no run
is under way.
"""

import hashlib
import json
import mimetypes
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from downloaders.base import Fetched, FetchSettings, Request
from rowkeeper.core.disk.own import is_own_folder, new_file
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.stored import FILES, WORK
from rowkeeper.core.disk.writing import finish, write_all
from rowkeeper.core.errors import DiskFullError, PermanentError, RetryLaterError

STALE_S = 30 * 86_400
"""What nobody went on with for so long is removed."""


def root_of(data_dir: Path) -> Path:
    """The folder that all finished files are below."""
    return data_dir / FILES


def partial_folder(data_dir: Path) -> Path:
    """Where files grow, each under names that begin with its asset's id."""
    return root_of(data_dir) / WORK


def write_hashed(chunks: Iterable[bytes], part: Path) -> tuple[int, str]:
    """Write ``chunks`` to ``part`` through to the disk; its size in bytes and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with new_file(part) as stream:
        for chunk in chunks:
            digest.update(chunk)
            size += write_all(stream, chunk)
        finish(stream, size)
    return size, digest.hexdigest()


def commit(part: Path, fetched: Fetched) -> Fetched:
    """Rename ``part``, already on disk, to ``fetched.path``, and hand ``fetched`` back."""
    part.replace(fetched.path)
    return fetched


def commit_listing(
    request: Request, directory: Path, listing: dict[str, Any], **facts: Any
) -> Fetched:
    """Store a folder's or playlist's ``listing`` as a JSON file that depends on nothing else."""
    text = json.dumps(listing, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    body = text.encode("utf-8", "replace")
    path = directory / f"{request.asset_id}.json"
    part = part_of(path)
    size, digest = write_hashed([body], part)
    fetched = Fetched(
        path=path, mime_type="application/json", size_bytes=size, sha256=digest, **facts
    )
    return commit(part, fetched)


def check_room(folder: Path, more: int, settings: FetchSettings) -> None:
    """Raise ``DiskFullError`` if the disk of ``folder`` is full, ``RetryLaterError`` if it would
    be with so many bytes more: a source may say any number, and others still fit."""
    free = shutil.disk_usage(folder).free - settings.download.min_free_bytes
    if free < 0:
        raise no_room(settings)
    if free < more:
        words = f"It states {more:,} bytes, and there is room for {free:,} of them"
        raise RetryLaterError("no_room", f"{words} beyond download.min_free_bytes: free space.")


def no_room(settings: FetchSettings) -> DiskFullError:
    """The error of a disk that is full."""
    return DiskFullError(
        f"The disk of {settings.data_dir} is nearly full: free space or move the data "
        "folder, then run again; download.min_free_bytes says how much is kept free."
    )


def check_size(size: int, settings: FetchSettings) -> None:
    """Raise ``PermanentError`` if a file of so many bytes is larger than is wanted."""
    largest = settings.download.max_bytes
    if 0 < largest < size:
        words = f"It has {size:,} bytes or more; download.max_bytes is {largest:,}."
        raise PermanentError("too_large", words)


def part_of(path: Path) -> Path:
    """Where the file for ``path`` grows."""
    return path.with_name(path.name + ".part")


def forget(request: Request, settings: FetchSettings) -> None:
    """Remove what is left of tries of ``request``; a finished file stays."""
    for path in partial_folder(settings.data_dir).glob(f"{request.asset_id}*"):
        _remove(path)


def sweep(data_dir: Path) -> None:
    """Make the work folder, and remove from it what nobody went on with for thirty days."""
    folder = partial_folder(data_dir)
    make_folder(folder)
    for path in folder.iterdir():
        if path.lstat().st_mtime < time.time() - STALE_S:
            _remove(path)


def _remove(path: Path) -> None:
    if is_own_folder(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def mime_type_of(path: Path) -> str:
    """The media type that an extension stands for."""
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
