"""Files written whole or not at all, with the ones before them kept."""

import glob
import os
import shutil
from contextlib import suppress
from pathlib import Path

from rowkeeper.core import clock
from rowkeeper.core.disk.faults import not_written
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.writing import finish, sync, write_all


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: beside it first, synced, then renamed. Raises ``DiskError``, or
    ``UsageError`` where no file can be."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        make_folder(path.parent)
        with part.open("wb") as file:
            finish(file, write_all(file, data))
        part.replace(path)
        with suppress(OSError):  # some systems can't open a folder
            sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
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
    return sorted(path.parent.glob(f"{glob.escape(path.stem)}.*Z{glob.escape(path.suffix)}"))


def _keep(path: Path) -> None:
    """Give the content of ``path`` a second name, which stays when ``path`` is replaced."""
    moment = clock.now().strftime("%Y%m%dT%H%M%S.%fZ")
    kept = path.with_name(f"{path.stem}.{moment}{path.suffix}")
    try:
        os.link(path, kept)
    except OSError:
        shutil.copyfile(path, kept)
        with suppress(OSError):  # some disks set no times and no rights
            shutil.copystat(path, kept)
