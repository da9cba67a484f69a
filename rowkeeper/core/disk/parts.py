"""Files that grow beside their place, under a name that no other program gives."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from rowkeeper.core.disk.locks import locked, try_lock, unlock

PART = ".rowkeeper.part"
LONGEST = 255
"""Bytes that a name may have on most file systems."""


def part_of(path: Path) -> Path:
    """Where the file for ``path`` grows."""
    name = path.name + PART
    if len(os.fsencode(name)) > LONGEST:
        name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:32] + PART
    return path.with_name(name)


@contextmanager
def growing(path: Path) -> Iterator[BinaryIO]:
    """The part of ``path``, empty and locked; removed in the end if it still is one.

    A second writer waits for the first. Raises ``OSError``.
    """
    part = part_of(path)
    while True:
        with part.open("ab") as file, locked(file):
            if not _is_at(file, part):
                continue  # its writer has renamed or removed it meanwhile
            file.truncate(0)
            try:
                yield file
            finally:
                if _is_at(file, part):
                    part.unlink(missing_ok=True)
            return


def sweep(folder: Path) -> None:
    """Remove the parts below ``folder`` that no writer holds. Raises ``OSError``."""
    for part in folder.rglob(f"*{PART}"):
        with ExitStack() as stack:
            file = stack.enter_context(part.open("rb"))
            if try_lock(file):
                stack.callback(unlock, file)
                if _is_at(file, part):
                    part.unlink()


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
