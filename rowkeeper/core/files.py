"""Files written whole or not at all, with the ones before them kept."""

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from rowkeeper.core import clock
from rowkeeper.core.disk.faults import not_written
from rowkeeper.core.disk.own import is_own_file, put_whole, write_new
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.writing import sync
from rowkeeper.core.ids import new_id


def write_whole(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Put ``data`` at ``path``: beside it first, synced, then renamed. ``mode``: its rights, else
    those that the umask leaves. Raises ``DiskError``, or ``UsageError`` where no file can be."""
    ending = f".{new_id()}.part"
    try:
        make_folder(path.parent)
        put_whole(path, data, ending, mode=mode)
        with suppress(OSError):  # some systems can't open a folder
            sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        raise not_written(str(path), error) from error


def write_keeping(path: Path, data: bytes, keep: int) -> None:
    """As ``write_whole``; another content that is there is kept under its time, the newest
    ``keep`` of them. Raises as it does."""
    try:
        if path.is_file() and path.read_bytes() != data:
            _keep(path)
        write_whole(path, data)
        kept = kept_files(path)
        for old in kept[: max(len(kept) - keep, 0)]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise not_written(f"What is kept beside {path}", error) from error


def kept_files(path: Path) -> list[Path]:
    """The earlier contents of ``path``, oldest first."""
    return list(_kept(path).values())


def _kept(path: Path) -> dict[int, Path]:
    """The earlier contents of ``path`` by their moments, as numbers; oldest first."""
    stem, suffix = map(re.escape, (path.stem, path.suffix))
    ours = re.compile(rf"{stem}\.([0-9]{{8}})T([0-9]{{6}})\.([0-9]{{6}})Z{suffix}")
    entries = path.parent.iterdir() if path.parent.is_dir() else iter(())
    named = ((ours.fullmatch(kept.name), kept) for kept in entries)
    kept = {int("".join(name.groups())): kept for name, kept in named if name and is_own_file(kept)}
    return dict(sorted(kept.items()))


def _keep(path: Path) -> None:
    """Give the content of ``path`` a second name, which stays when ``path`` is replaced.

    It has the time in it, or where the clock went back what follows the one before: the newest is
    never taken for the oldest.
    """
    moment = int(clock.now().strftime("%Y%m%d%H%M%S%f"))
    digits = f"{max([moment, *(earlier + 1 for earlier in _kept(path))]):020}"
    name = f"{digits[:8]}T{digits[8:14]}.{digits[14:]}Z"
    kept = path.with_name(f"{path.stem}.{name}{path.suffix}")
    try:
        os.link(path, kept)
    except OSError:
        write_new(kept, path.read_bytes())
        with suppress(OSError):  # some disks set no times and no rights
            shutil.copystat(path, kept)
