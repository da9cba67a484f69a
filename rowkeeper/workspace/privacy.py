"""Who else on this machine may read what rowkeeper keeps: names, e-mails, their files, secrets."""

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rowkeeper.core.settings import Settings, settings_folder
from uploaders.registry import local_folder

SHOWN = 3


def check_privacy(settings: Settings) -> tuple[str, ...]:
    """A sentence on each folder or file that is open to others than ``disk.umask`` allows."""
    lacking = int(settings.disk.umask, 8)
    folders = [settings.data_dir]
    store = local_folder(settings.store.url)
    if store is not None and settings.data_dir not in store.parents:
        folders.append(store)
    said = [_said(folder, lacking) for folder in folders]
    said += [
        f"{path} holds a secret and is open to others: chmod go-rwx {path}."
        for path in _secrets(settings)
        if _mode(path) & 0o077
    ]
    return tuple(filter(None, said))


def _said(folder: Path, lacking: int) -> str | None:
    if not (open_paths := list(islice(_open(folder, lacking), SHOWN))):
        return None
    names = ", ".join(str(path) for path in open_paths)
    return (
        f"{folder} is open to others ({names}…): chmod -R go-rwx {folder}, or set disk.umask if "
        "that is meant; a disk that keeps no rights is mounted with a umask instead."
    )


def _open(path: Path, lacking: int) -> Iterator[Path]:
    """``path`` and what is below it, where it has a right of ``lacking``.

    Below a folder that is shut nobody gets anywhere. Links count where they lead to, if that is
    below as well.
    """
    mode = _mode(path)
    if not mode & lacking:
        return
    yield path
    if stat.S_ISDIR(mode):
        try:
            below = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in below:
            if not entry.is_symlink():
                yield from _open(Path(entry.path), lacking)


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _secrets(settings: Settings) -> Iterator[Path]:
    files = (
        *(settings.sheet.credentials_file, settings.drive.credentials_file),
        *(settings.store.credentials_file, settings.download.cookies_file),
    )
    yield settings_folder() / "secrets.toml"
    yield from (path.expanduser() for path in files if path)
